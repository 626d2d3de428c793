"""Sentences that are ids from the start."""

from __future__ import annotations

import numpy as np
import pytest

from fastsgns import EncodedCorpus, Word2Vec
from fastsgns.corpus._ids import Numbers, add_counts
from fastsgns.corpus.numbered import NumberedSentences
from fastsgns.corpus.scanning import encode, scan

WORDS = ["a", "b", "c", "never", "d"]
SENTENCES = [[0, 1, 2], [], [1], [4, 4, 4, 4, 0], [1, 0]]


class Blocks(NumberedSentences):
    """The sentences in blocks of two, or an error after the first."""

    words = WORDS

    def __init__(self, fails=False):
        self.fails = fails
        self.n_ended = 0

    def blocks(self, workers):
        try:
            for begin in range(0, len(SENTENCES), 2):
                some = SENTENCES[begin : begin + 2]
                ends = np.cumsum([len(sentence) for sentence in some])
                yield (
                    np.array([i for sentence in some for i in sentence], np.int32),
                    ends.astype(np.int64),
                )
                if self.fails:
                    raise OSError("the graph is gone")
        finally:
            self.n_ended += 1


def as_words():
    return [[WORDS[i] for i in sentence] for sentence in SENTENCES]


def test_they_iterate_as_lists_of_words():
    assert list(Blocks()) == as_words()


def test_their_ids_and_words_stay_what_they_are():
    corpus = EncodedCorpus.from_sentences(Blocks())
    assert corpus.words == WORDS
    assert list(corpus) == as_words()
    assert corpus.counts.tolist() == [3, 3, 1, 0, 4]


@pytest.mark.parametrize("cache", ["memory", "disk", "off"])
def test_a_word_in_no_sentence_is_not_in_the_vocabulary(cache):
    scanned = scan(Blocks(), cache=cache)
    assert [WORDS[i] for i in scanned.vocabulary] == ["a", "b", "c", "d"]
    assert scanned.counts.tolist() == [3, 3, 1, 4]
    assert (scanned.n_sentences, scanned.n_raw_words, scanned.longest) == (5, 11, 5)


def test_progress_is_reported_as_for_other_sentences():
    reports = []
    scan(Blocks(), lambda *so_far: reports.append(so_far[:2]), 2)
    assert reports == [(0, 0), (2, 3), (4, 9)]


def test_words_may_be_forgotten_on_the_way():
    counts = dict(scan(Blocks(), max_vocab_size=2)._asdict())
    plain = dict(scan(as_words(), max_vocab_size=2)._asdict())
    assert counts["counts"].tolist() == plain["counts"].tolist()


def test_a_known_vocabulary_is_looked_up_a_word_once():
    encoded = encode(Blocks(), {"d": 0, "b": 1})
    assert encoded.ids.tolist() == [1, 1, 0, 0, 0, 0, 1]
    assert encoded.raw_lengths.tolist() == [3, 0, 1, 5, 2]


@pytest.mark.parametrize("cache", ["memory", "off"])
def test_a_model_is_that_of_the_words(cache):
    options = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 2}
    of_words = Word2Vec(as_words(), **options)
    of_ids = Word2Vec(Blocks(), corpus_cache=cache, **options)
    assert of_ids.wv.index_to_key == of_words.wv.index_to_key
    assert (of_ids.wv.vectors == of_words.wv.vectors).all()


@pytest.mark.parametrize("cache", ["memory", "off"])
def test_what_makes_them_is_ended_by_an_error(cache):
    blocks = Blocks(fails=True)
    with pytest.raises(OSError, match="the graph is gone"):
        Word2Vec(blocks, vector_size=4, corpus_cache=cache)
    assert blocks.n_ended == 1


def test_ids_that_are_no_words_are_refused():
    with pytest.raises(ValueError, match=r"ids must be in \[0, 2\)"):
        add_counts(np.zeros(2, np.int64), np.array([0, 2], np.int32))
    with pytest.raises(ValueError, match=r"ids must be in \[0, 2\)"):
        add_counts(np.zeros(2, np.int64), np.array([-1], np.int32))


@pytest.mark.parametrize(("kind", "dtype"), [("i", np.int32), ("q", np.int64)])
def test_arrays_are_added_to_a_growing_one(kind, dtype):
    numbers = Numbers(kind)
    for part in ([], [1, -2], [2**31 - 1], []):
        numbers.extend(np.array(part, dtype))
    assert numbers.array().tolist() == [1, -2, 2**31 - 1]
    with pytest.raises(ValueError, match="Buffer dtype mismatch"):
        numbers.extend(np.zeros(2, np.float64))
