"""The ledger: each chunk once an epoch, whoever dies."""

import random

import pytest

from fastsgns.distributed import ChunkFails
from fastsgns.distributed.ledger import MAX_FAILURES, Ledger, put_back


def test_chunks_are_given_once_and_come_back_from_the_dead():
    ledger = Ledger([10] * 5, n_epochs=1)
    assert ledger.take("a", 2) == [0, 1]
    assert ledger.take("b", 2) == [2, 3]
    assert ledger.fail("a") == []
    assert ledger.finish("b") == [2, 3]
    assert ledger.take("b", 9) == [0, 1, 4]
    assert ledger.n_todo == 0


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_each_chunk_is_done_once_an_epoch(seed):
    draw = random.Random(seed)
    ledger = Ledger([1] * 30, n_epochs=3)
    n_done = 0
    while not ledger.is_finished:
        busy = {}
        while ledger.n_todo or busy:
            who = draw.randrange(4)
            if who not in busy:
                busy[who] = ledger.take(who, draw.randrange(1, 4))
                if not busy[who]:
                    del busy[who]
            elif draw.random() < 0.1:
                ledger.fail(who)
                del busy[who]
            else:
                n_done += len(ledger.finish(who))
                del busy[who]
        assert ledger.done == set(range(30))
        ledger.next_epoch()
    assert n_done == 90


def test_progress_counts_the_words_of_finished_chunks_only():
    ledger = Ledger([10, 30], n_epochs=2)
    ledger.take("a", 1)
    assert ledger.progress == 0
    ledger.finish("a")
    assert ledger.progress == 10 / 80
    ledger.take("a", 1)
    ledger.finish("a")
    ledger.next_epoch()
    assert ledger.progress == 40 / 80


def test_an_epoch_does_not_end_before_all_is_done():
    ledger = Ledger([1, 1], n_epochs=1)
    ledger.take("a", 2)
    with pytest.raises(RuntimeError, match="epoch 0"):
        ledger.next_epoch()


def test_a_ledger_that_was_written_down_goes_on_where_it_was():
    ledger = Ledger([1] * 4, n_epochs=2, epoch=1, done=[0, 2])
    assert ledger.take("a", 9) == [1, 3]
    assert ledger.progress == 6 / 8


def test_a_chunk_that_all_die_of_is_named():
    ledger = Ledger([1, 1], n_epochs=1)
    for _ in range(MAX_FAILURES - 1):
        ledger.take("a", 1)
        put_back(ledger, "a", ["text.txt, bytes 0 to 9", "other"])
    ledger.take("a", 1)
    with pytest.raises(ChunkFails, match=r"text\.txt, bytes 0 to 9"):
        put_back(ledger, "a", ["text.txt, bytes 0 to 9", "other"])


def test_a_chunk_that_was_done_after_all_has_no_past():
    ledger = Ledger([1], n_epochs=2)
    for _ in range(2):
        for _ in range(MAX_FAILURES - 1):
            ledger.take("a", 1)
            assert ledger.fail("a") == []
        ledger.take("a", 1)
        ledger.finish("a")
        ledger.next_epoch()
    assert ledger.is_finished
