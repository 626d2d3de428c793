"""SentenceBatches: sentences as they are, a batch at a time."""

from __future__ import annotations

import pandas as pd
import pytest

from fastsgns.corpus.batches import SentenceBatches

SENTENCES = [["a"], ["b", "c"], [], ["d"] * 7, ["e", "f"], ["g"]]


def count(sentences):
    return sum(map(len, sentences))


def epoch(batches, batch_words):
    cuts, found = batches.begin_epoch(batch_words), []
    while cuts is not None and len(cuts.starts) > 1:
        first, end = cuts.starts.tolist()
        batch = batches.take(first)
        assert end - first == len(batch)
        assert cuts.words_before[1] - cuts.words_before[0] == count(batch)
        found.append(batch)
        cuts = batches.more_cuts()
    return found


@pytest.mark.parametrize("make", [list, tuple, pd.Series, iter])
@pytest.mark.parametrize(
    ("batch_words", "sizes"), [(3, [3, 1, 2]), (1, [1, 1, 1, 1, 1, 1]), (100, [6])]
)
def test_batches_hold_as_many_sentences_as_fit(make, batch_words, sizes):
    batches = SentenceBatches(make(SENTENCES), count)
    found = epoch(batches, batch_words)
    assert [sentence for batch in found for sentence in batch] == SENTENCES
    assert [len(batch) for batch in found] == sizes
    assert all(count(batch) <= batch_words or len(batch) == 1 for batch in found)
    assert (batches.n_sentences, batches.n_raw_words) == (6, 13)


def test_each_epoch_begins_anew_wherever_the_last_one_ended():
    batches = SentenceBatches(SENTENCES, count)
    batches.begin_epoch(3)
    assert epoch(batches, 3) == epoch(batches, 3)
    batches.end_epoch()
    assert batches.more_cuts() is None


def test_no_sentences_are_no_batch():
    assert epoch(SentenceBatches([], count), 3) == []


def test_what_the_iterator_raises_is_raised():
    def failing():
        yield ["a"]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        epoch(SentenceBatches(failing(), count), 1)
