"""A corpus as training sees it."""

from __future__ import annotations

import numpy as np
import pytest

import fastsgns.corpus.training_corpus
from fastsgns.corpus import CorpusView, EncodedCorpus, RenumberedCorpus, encode
from fastsgns.corpus.training_corpus import cut_jobs

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")


def cut_plainly(lengths, batch_words):
    """Cut as gensim fills its jobs: a sentence at a time."""
    starts, begin, n = [0], 0, 0
    for i, length in enumerate(lengths):
        if n + length > batch_words:
            if i > begin or i == 0:
                starts.append(i)
            begin, n = i, 0
        n += length
    return [*starts, len(lengths)] if lengths else [0]


@hypothesis.given(
    st.lists(st.integers(0, 12), max_size=60), st.integers(1, 20), st.sampled_from([1, 2, 5, 1000])
)
def test_jobs_are_cut_the_same_wherever_the_offsets_are(lengths, batch_words, width):
    offsets = np.cumsum([0, *lengths])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastsgns.corpus.training_corpus, "WINDOW", width)
        starts, words = cut_jobs(offsets, batch_words)
    assert starts.tolist() == cut_plainly(lengths, batch_words)
    assert words.tolist() == offsets[starts].tolist()


def views(sentences, index_of):
    """Give the same corpus in all ways."""
    shared = EncodedCorpus.from_sentences(sentences)
    return [
        encode(sentences, index_of),
        encode(sentences, index_of, cache="disk"),
        encode(shared, index_of),
        encode(shared, index_of).in_memory(),
    ]


SENTENCES = [["a", "b", "x"], [], ["x"], ["b"] * 5, ["a"]]


def test_all_ways_give_the_same_sentences():
    corpora = views(SENTENCES, {"a": 1, "b": 0})
    assert [type(corpus) for corpus in corpora] == [
        RenumberedCorpus,
        CorpusView,
        CorpusView,
        RenumberedCorpus,
    ]
    for corpus in corpora:
        assert (corpus.n_sentences, corpus.n_raw_words, corpus.longest) == (5, 10, 5)
        assert len(corpus) == 5
        ids, offsets = corpus.read(0, 5)
        assert (ids.tolist(), offsets.tolist()) == ([1, 0, 0, 0, 0, 0, 0, 1], [0, 2, 2, 2, 7, 8])
        assert (ids.dtype, offsets.dtype) == (np.int32, np.int64)
        assert [part.tolist() for part in corpus.read(3, 5)] == [[0, 0, 0, 0, 0, 1], [0, 5, 6]]
        assert [part.tolist() for part in corpus.read(2, 2)] == [[], [0]]
        assert corpus.raw_lengths_of(0, 5).tolist() == [3, 0, 1, 5, 1]
        assert corpus.raw_lengths_of(0, 5).dtype == np.int32


def test_equal_corpora_are_equal_whatever_holds_them(monkeypatch):
    index_of = {"a": 1, "b": 0}
    others = [
        None,
        *views(SENTENCES, {"a": 0, "b": 1}),  # other ids
        *views([["a", "b", "b"], *SENTENCES[1:]], index_of),
        *views(SENTENCES[:-1], index_of),
        *views([["a", "b", "x", "x"], [], [], ["b"] * 5, ["a"]], index_of),  # other raw lengths
    ]
    for window in (1 << 20, 16):  # sixteenths of it are compared at a time
        monkeypatch.setattr(fastsgns.corpus.training_corpus, "WINDOW", window)
        for one in views(SENTENCES, index_of):
            assert one.equals(one)
            assert all(one.equals(other) for other in views(SENTENCES, index_of))
            assert not any(one.equals(other) for other in others)


def test_a_view_says_what_it_is_of():
    corpus = encode(EncodedCorpus.from_sentences(SENTENCES), {})
    assert repr(corpus) == "CorpusView<EncodedCorpus<sentences=5, tokens=10, words=3>>"


def test_a_view_leaves_its_encoding_as_it_is():
    shared = EncodedCorpus.from_sentences(SENTENCES)
    before = shared.ids.tolist(), shared.offsets.tolist()
    view = encode(shared, {"b": 0})
    view.read(0, 5)
    view.read(0, 1)[0][:] = 9
    assert (shared.ids.tolist(), shared.offsets.tolist()) == before
