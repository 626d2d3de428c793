"""A corpus as integers."""

from __future__ import annotations

import copy
import logging
import pickle
from collections import Counter, deque
from itertools import pairwise

import numpy as np
import pytest

from fastsgns import corpus as corpus_module
from fastsgns.corpus import EncodedCorpus, encode, renumber, scan

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

tokens = st.sampled_from(["a", "b", "cc", "ü", "", "d", 1, 2, b"a", ("a", 1), None, 2.5, True])
corpora = st.lists(st.lists(tokens, max_size=12), max_size=15)


def sentences_of(corpus: EncodedCorpus) -> list[list[int]]:
    bounds = corpus.offsets.tolist()
    return [corpus.ids[a:b].tolist() for a, b in pairwise(bounds)]


def check_form(corpus: EncodedCorpus) -> None:
    assert (corpus.ids.dtype, corpus.offsets.dtype, corpus.raw_lengths.dtype) == (
        np.int32,
        np.int64,
        np.int32,
    )
    assert corpus.offsets[0] == 0 and corpus.offsets[-1] == len(corpus.ids)
    assert len(corpus.offsets) == corpus.n_sentences + 1 == len(corpus) + 1
    assert (np.diff(corpus.offsets) >= 0).all()
    assert (np.diff(corpus.offsets) <= corpus.raw_lengths).all()


@hypothesis.given(corpora)
def test_a_scan_counts_and_encodes_like_plain_python(sentences):
    scanned = scan(sentences)
    check_form(scanned.provisional)
    counts = Counter(token for sentence in sentences for token in sentence)  # first-seen order
    assert list(zip(scanned.words, scanned.counts.tolist(), strict=True)) == list(counts.items())
    assert scanned.counts.dtype == np.int64
    decoded = [[scanned.words[i] for i in ids] for ids in sentences_of(scanned.provisional)]
    assert decoded == sentences
    assert scanned.provisional.raw_lengths.tolist() == [len(s) for s in sentences]
    assert scanned.provisional.n_raw_words == sum(map(len, sentences))


@hypothesis.given(corpora, st.sets(tokens))
def test_encoding_drops_unknown_words_and_keeps_raw_lengths(sentences, vocabulary):
    index_of = {word: i for i, word in enumerate(sorted(vocabulary, key=repr))}
    corpus = encode(sentences, index_of)
    check_form(corpus)
    assert sentences_of(corpus) == [
        [index_of[token] for token in sentence if token in index_of] for sentence in sentences
    ]
    assert corpus.raw_lengths.tolist() == [len(s) for s in sentences]


@hypothesis.given(corpora, st.randoms(use_true_random=False))
def test_renumbering_replaces_ids_and_drops_minus_one(sentences, random):
    scanned = scan(sentences)
    new_ids = np.array([random.randint(-1, 5) for _ in scanned.words], np.int32)
    corpus = renumber(scanned.provisional, new_ids)
    check_form(corpus)
    assert sentences_of(corpus) == [
        [int(new_ids[i]) for i in ids if new_ids[i] >= 0]
        for ids in sentences_of(scanned.provisional)
    ]
    assert corpus.raw_lengths.tolist() == [len(s) for s in sentences]


def test_renumbering_in_blocks_changes_nothing(monkeypatch):
    scanned = scan([list("abracadabra"), list("simsalabim"), [], list("xyz")] * 5)
    new_ids = np.arange(len(scanned.words), dtype=np.int32)[::-1].copy()
    new_ids[2] = -1
    whole = renumber(scanned.provisional, new_ids)
    monkeypatch.setattr(corpus_module, "RENUMBER_BLOCK", 7)
    assert renumber(scanned.provisional, new_ids).equals(whole)


def test_a_corpus_is_consumed_in_one_pass():
    class Once:
        n_passes = n_given = 0

        def __iter__(self):
            self.n_passes += 1
            for sentence in (["a", "b"], ["b"]):
                self.n_given += 1
                yield sentence

    once = Once()
    scan(once)
    assert (once.n_passes, once.n_given) == (1, 2)
    encode(once, {"a": 0})
    assert (once.n_passes, once.n_given) == (2, 4)


def test_a_generator_is_enough():
    scanned = scan(["a", "b"] for _ in range(3))
    assert scanned.words == ["a", "b"]
    assert scanned.counts.tolist() == [3, 3]


@pytest.mark.parametrize("wrap", [list, tuple, deque, np.array])
def test_any_sized_sequence_of_tokens_is_a_sentence(wrap):
    scanned = scan([wrap(["a", "b", "a"]), wrap(["c", "a", "b"])])
    assert scanned.words == ["a", "b", "c"]
    assert all(type(word) is str for word in scanned.words)
    assert scanned.counts.tolist() == [3, 2, 1]


def test_an_array_of_integers_gives_plain_ints():
    scanned = scan([np.array([3, 1, 3]), np.array([], np.int32), np.array([1], np.uint8)])
    assert scanned.words == [3, 1]
    assert all(type(word) is int for word in scanned.words)
    assert sentences_of(scanned.provisional) == [[0, 1, 0], [], [1]]


def test_an_object_array_is_a_sentence_too():
    scanned = scan([np.array(["a", 1, None], object)])
    assert scanned.words == ["a", 1, None]


def test_a_matrix_is_a_corpus_of_its_rows():
    scanned = scan(np.array([[1, 2], [2, 3]]))
    assert scanned.words == [1, 2, 3]
    assert sentences_of(scanned.provisional) == [[0, 1], [1, 2]]


def test_empty_corpora_and_empty_sentences_are_fine():
    nothing = scan([])
    check_form(nothing.provisional)
    assert (nothing.words, nothing.provisional.n_sentences) == ([], 0)
    empty = scan([[], [], []]).provisional
    check_form(empty)
    assert (empty.n_sentences, empty.n_raw_words) == (3, 0)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (["a", ["b"]], "list"),
        (("a", {}), "tuple"),
        (np.array([["a", "b"], ["c", "d"]]), "ndarray"),
        (7, "int"),
        (None, "NoneType"),
        ((c for c in "ab"), "generator"),
        (np.array(5), "ndarray"),
    ],
)
@pytest.mark.parametrize("read", [scan, lambda sentences: encode(sentences, {"a": 0})])
def test_a_sentence_that_cannot_be_read_is_a_type_error_that_names_it(bad, kind, read):
    with pytest.raises(TypeError) as caught:
        read([["a"], ["b"], bad, ["c"]])
    assert any(
        "sentence 2" in note and kind in note for note in getattr(caught.value, "__notes__", [])
    )


def test_an_exception_of_the_iterable_comes_through_as_it_is():
    def broken():
        yield ["a"]
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        scan(broken())
    with pytest.raises(KeyError, match="mine"):
        encode(broken(), {})


def test_strings_in_place_of_token_lists_are_characters_with_gensims_warning(caplog):
    with caplog.at_level(logging.WARNING):
        scanned = scan(["aba", "ac"])
    assert scanned.words == ["a", "b", "c"]
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1  # for the first sentence only
    assert (
        "Each 'sentences' item should be a list of words (usually unicode strings)." in warnings[0]
    )
    assert "str" in warnings[0]


def test_only_the_first_sentence_is_judged(caplog):
    with caplog.at_level(logging.WARNING):
        scan([["a"], "ab"])
    assert not caplog.records


def test_a_report_comes_before_every_nth_sentence():
    reports: list[tuple[int, int, int]] = []
    scan([["a", "b"], ["a"], [], ["c", "d"], ["e"]], lambda *at: reports.append(at), report_every=2)
    assert reports == [(0, 0, 0), (2, 3, 2), (4, 5, 4)]


def test_each_sentence_is_shown_before_it_is_encoded():
    seen: list[list[str]] = []
    scan([["a", "b"], [], np.array(["c"])], before_sentence=seen.append)
    assert seen == [["a", "b"], [], ["c"]]


def test_equal_corpora_are_equal_and_others_are_not():
    sentences = [["a", "b"], ["c"]]
    index_of = {"a": 0, "b": 1, "c": 2}
    corpus = encode(sentences, index_of)
    assert corpus.equals(encode(sentences, index_of))
    assert not corpus.equals(None)
    assert not corpus.equals(encode([["a", "b", "c"]], index_of))
    assert not corpus.equals(encode([["a", "b", "x"], ["c"]], index_of))  # raw lengths differ
    assert not corpus.equals(encode([["a", "b"], ["b"]], index_of))


def test_a_corpus_says_how_large_it_is():
    corpus = encode([["a", "b", "x"], []], {"a": 0, "b": 1})
    assert repr(corpus) == "EncodedCorpus<sentences=2, tokens=2, raw_words=3>"
    assert len(corpus) == 2


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_a_corpus_can_be_copied_and_pickled(copied):
    corpus = encode([["a", "b", "x"], []], {"a": 0, "b": 1})
    assert copied(corpus).equals(corpus)


def test_raw_words_are_counted_in_64_bits():
    corpus = EncodedCorpus(
        np.zeros(0, np.int32), np.zeros(4, np.int64), np.full(3, 2**31 - 1, np.int32)
    )
    assert corpus.n_raw_words == 3 * (2**31 - 1)
