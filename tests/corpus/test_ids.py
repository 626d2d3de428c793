"""Ids once they are there: growing arrays, pruned counts, renumbering."""

import itertools

import numpy as np
import pytest

from fastsgns.corpus._ids import Numbers, PruningCounter, renumber_ids
from fastsgns.corpus._tokens import SentenceEncoder


def filled(n=3):
    """Make an array of the ids 0 to n - 1."""
    encoder = SentenceEncoder()
    encoder.feed(iter([[str(i) for i in range(n)]]), 1)
    return encoder.ids


def test_numpy_sees_numbers_without_a_copy():
    numbers = filled()
    view = numbers.array()
    assert view.dtype == np.int32
    assert view.tolist() == [0, 1, 2]
    view[0] = 7
    assert numbers.array().tolist() == [7, 1, 2]
    assert Numbers("q").array().dtype == np.int64
    assert len(Numbers("q")) == 0


def test_numbers_stay_where_they_are_while_they_are_looked_at():
    encoder = SentenceEncoder()
    encoder.feed(iter([["a"]]), 1)
    view = encoder.ids.array()
    with pytest.raises(BufferError, match="looked at and cannot grow"):
        encoder.feed(iter([["a"] * 100_000]), 1)
    with pytest.raises(BufferError, match="looked at and cannot be emptied"):
        encoder.ids.clear()
    assert view.tolist() == [0]
    del view
    encoder.ids.clear()
    assert len(encoder.ids) == 0


def test_shrinking_keeps_the_numbers():
    numbers = filled(5000)
    numbers.shrink()
    assert numbers.array().tolist() == list(range(5000))
    Numbers("i").shrink()


# --- pruning --------------------------------------------------------------------------------------


def prune_in_python(sentences, max_vocab_size, keep=None):
    """Count as gensim does with max_vocab_size, in plain Python."""
    counts, limit = {}, 1
    for sentence in sentences:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
        if len(counts) > max_vocab_size:
            counts = {
                word: count
                for word, count in counts.items()
                if (count >= limit if keep is None else keep(word, count, limit))
            }
            limit += 1
    return counts


def as_ids(sentences):
    ids = np.array([word for sentence in sentences for word in sentence], np.int32)
    return ids, np.cumsum([len(sentence) for sentence in sentences], dtype=np.int64)


@pytest.mark.parametrize("max_vocab_size", [1, 2, 5, 20, 1000])
@pytest.mark.parametrize("n_pieces", [1, 7])
def test_words_are_forgotten_as_in_gensim(max_vocab_size, n_pieces):
    rng = np.random.default_rng(max_vocab_size)
    sentences = [rng.zipf(1.5, rng.integers(0, 12)).clip(0, 300).tolist() for _ in range(400)]
    counter = PruningCounter(max_vocab_size)
    ids, ends = as_ids(sentences)
    cuts = np.linspace(0, len(ids), n_pieces + 1).astype(int)
    for begin, end in itertools.pairwise(cuts):
        # A sentence that ends where a piece ends is fed with that piece.
        here = ends[(ends > begin) & (ends <= end)] - begin
        if begin == 0:
            here = np.concatenate([np.zeros(np.sum(ends == 0), np.int64), here])
        counter.feed(ids[begin:end], here)
    words, counts = counter.live()
    expected = prune_in_python(sentences, max_vocab_size)
    assert dict(zip(words.tolist(), counts.tolist(), strict=True)) == expected
    assert words.tolist() == list(expected)  # a word that comes back goes to the end
    assert len(counter) == len(expected)


def test_an_empty_sentence_can_prune_again():
    sentences = [[0, 1, 2], [], [], [0]]
    counter = PruningCounter(2)
    counter.feed(*as_ids(sentences))
    assert counter.limit == 3
    assert counter.live()[0].tolist() == list(prune_in_python(sentences, 2)) == [0]


def test_a_rule_decides_what_is_kept():
    sentences = [[0, 1, 1], [2, 2, 3], [0, 4], [5, 1]]
    calls = []

    def keep(ids, counts, limit):
        calls.append((ids.tolist(), counts.tolist(), limit))
        return ids % 2 == 1

    counter = PruningCounter(2, keep)
    counter.feed(*as_ids(sentences))
    assert calls == [([0, 1, 2, 3], [1, 2, 2, 1], 1), ([1, 3, 0, 4], [2, 1, 1, 1], 2),
                     ([1, 3, 5], [3, 1, 1], 3)]  # fmt: skip
    ids, counts = counter.live()
    assert (ids.tolist(), counts.tolist()) == ([1, 3, 5], [3, 1, 1])


@pytest.mark.parametrize(
    ("ids", "ends"), [([0, -1], [2]), ([0, 1], [3]), ([0, 1], [2, 1]), ([0, 1], [-1])]
)
def test_what_cannot_be_counted_is_refused(ids, ends):
    with pytest.raises(ValueError, match=r"ids must be >= 0; ends must not descend, .* \[0, 2\]"):
        PruningCounter(9).feed(np.array(ids, np.int32), np.array(ends, np.int64))


def test_a_rule_must_decide_about_every_word():
    counter = PruningCounter(1, lambda ids, counts, limit: ids[:1] > 0)
    with pytest.raises(ValueError, match="keep must have 2 entries, got 1"):
        counter.feed(*as_ids([[0, 1]]))


# --- renumbering ----------------------------------------------------------------------------------


def test_ids_are_renumbered_and_unknown_ones_taken_out():
    ids = np.array([3, 0, 1, 1, 2, 0], np.int32)
    offsets = np.array([0, 2, 2, 4, 6], np.int64)
    n_left = renumber_ids(ids, offsets, np.array([5, -1, 0, 9], np.int32))
    assert ids[:n_left].tolist() == [9, 5, 0, 5]
    assert offsets.tolist() == [0, 2, 2, 2, 4]


def test_nothing_is_renumbered_in_an_empty_corpus():
    assert renumber_ids(np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0, np.int32)) == 0


@pytest.mark.parametrize(
    ("ids", "offsets", "message"),
    [
        ([0, 2], [0, 2], r"ids must be in \[0, 2\)"),
        ([0, -1], [0, 2], r"ids must be in \[0, 2\)"),
        ([0, 1], [0, 2, 1], "offsets must not descend"),
        ([0, 1], [0, 3], r"offsets must lie in \[0, 2\]"),
        ([0, 1], [-1, 2], r"offsets must lie in \[0, 2\]"),
        ([0, 1], [0, 9, 2], "offsets must not descend"),
        ([0, 1], [], r"offsets must lie in \[0, 2\]"),
    ],
)
def test_ids_and_offsets_out_of_range_are_refused(ids, offsets, message):
    with pytest.raises(ValueError, match=message):
        renumber_ids(
            np.array(ids, np.int32), np.array(offsets, np.int64), np.array([0, 1], np.int32)
        )
