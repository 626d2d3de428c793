"""A corpus as integers."""

from __future__ import annotations

import copy
import logging
import pickle
from collections import Counter, deque
from itertools import pairwise

import numpy as np
import pytest

from fastsgns import LineSentence, PathLineSentences
from fastsgns.corpus import (
    EncodedCorpus,
    RenumberedCorpus,
    encode,
    known_ids,
    refusals,
    renumber,
    scan,
)
from fastsgns.corpus.encoded import taken_over
from fastsgns.corpus.reading import EncodedText
from fastsgns.corpus.sentences import TextFiles

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

tokens = st.sampled_from(["a", "b", "cc", "ü", "", "d", 1, 2, b"a", ("a", 1), None, 2.5, True])
corpora = st.lists(st.lists(tokens, max_size=12), max_size=15)


def sentences_of(corpus: EncodedCorpus | RenumberedCorpus) -> list[list[int]]:
    bounds = corpus.offsets.tolist()
    return [corpus.ids[a:b].tolist() for a, b in pairwise(bounds)]


def raw_lengths_of(corpus: EncodedCorpus | RenumberedCorpus) -> list[int]:
    if isinstance(corpus, EncodedCorpus):
        return np.diff(corpus.offsets).tolist()
    assert corpus.raw_lengths.dtype == np.int32
    return corpus.raw_lengths.tolist()


def check_form(corpus: EncodedCorpus | RenumberedCorpus) -> None:
    assert (corpus.ids.dtype, corpus.offsets.dtype) == (np.int32, np.int64)
    assert corpus.offsets[0] == 0 and corpus.offsets[-1] == len(corpus.ids)
    assert len(corpus.offsets) == corpus.n_sentences + 1 == len(corpus) + 1
    assert (np.diff(corpus.offsets) >= 0).all()
    assert (np.diff(corpus.offsets) <= raw_lengths_of(corpus)).all()
    assert corpus.longest == max(raw_lengths_of(corpus), default=0)


@hypothesis.given(corpora)
def test_a_scan_counts_and_encodes_like_plain_python(sentences):
    scanned = scan(sentences)
    check_form(scanned.encoded)
    counts = Counter(token for sentence in sentences for token in sentence)  # first-seen order
    assert list(zip(scanned.words, scanned.counts.tolist(), strict=True)) == list(counts.items())
    assert scanned.counts.dtype == np.int64
    decoded = [[scanned.words[i] for i in ids] for ids in sentences_of(scanned.encoded)]
    assert decoded == sentences
    assert raw_lengths_of(scanned.encoded) == [len(s) for s in sentences]
    assert scanned.encoded.n_raw_words == scanned.n_raw_words == sum(map(len, sentences))
    assert scanned.n_sentences == len(sentences) and scanned.longest == scanned.encoded.longest
    assert list(scanned.encoded) == sentences


@hypothesis.given(corpora, st.sets(tokens))
def test_encoding_drops_unknown_words_and_keeps_raw_lengths(sentences, vocabulary):
    index_of = {word: i for i, word in enumerate(sorted(vocabulary, key=repr))}
    corpus = encode(sentences, index_of)
    check_form(corpus)
    assert sentences_of(corpus) == [
        [index_of[token] for token in sentence if token in index_of] for sentence in sentences
    ]
    assert corpus.raw_lengths.tolist() == [len(s) for s in sentences]


def counted_plainly(sentences, max_vocab_size, trim_rule):
    """Count as gensim does: rare words are forgotten after a sentence, ever more strictly."""
    counts: dict[object, int] = {}
    limit = 1
    for sentence in sentences:
        for token in sentence:
            counts[token] = counts.get(token, 0) + 1
        if len(counts) > max_vocab_size:
            for word, count in list(counts.items()):
                verdict = trim_rule(word, count, limit) if trim_rule else 0
                if verdict == 1 or (verdict != 2 and count < limit):
                    del counts[word]
            limit += 1
    return counts


@hypothesis.given(
    corpora,
    st.integers(1, 8),
    st.sampled_from([None, lambda word, count, limit: {"a": 2, "b": 1}.get(word, 0)]),
)
def test_words_are_forgotten_as_in_plain_python(sentences, max_vocab_size, trim_rule):
    scanned = scan(sentences, max_vocab_size=max_vocab_size, trim_rule=trim_rule)
    counts = counted_plainly(sentences, max_vocab_size, trim_rule)
    assert [scanned.words[i] for i in scanned.vocabulary] == list(counts)
    assert scanned.counts.tolist() == list(counts.values())
    decoded = [[scanned.words[i] for i in ids] for ids in sentences_of(scanned.encoded)]
    assert decoded == sentences  # forgotten or not


@hypothesis.given(corpora, st.randoms(use_true_random=False))
def test_renumbering_replaces_ids_and_drops_minus_one(sentences, random):
    scanned = scan(sentences)
    new_ids = np.array([random.randint(-1, 5) for _ in scanned.words], np.int32)
    expected = [
        [int(new_ids[i]) for i in ids if new_ids[i] >= 0] for ids in sentences_of(scanned.encoded)
    ]
    corpus = renumber(scanned.encoded, new_ids)
    check_form(corpus)
    assert sentences_of(corpus) == expected
    assert corpus.raw_lengths.tolist() == [len(s) for s in sentences]


def test_renumbering_takes_no_second_copy_of_the_ids():
    scanned = scan([list("abracadabra"), [], list("xyz")])
    corpus = renumber(scanned.encoded, known_ids(scanned.words, {"b": 0, "z": 1}))
    assert sentences_of(corpus) == [[0, 0], [], [1]]
    assert np.shares_memory(corpus.ids, scanned.encoded.ids)
    assert corpus.offsets is scanned.encoded.offsets


def test_known_ids_are_those_of_the_mapping_and_else_minus_one():
    ids = known_ids(["a", 1, None, ("b",)], {"a": 3, None: 0, 1.0: 7})
    assert (ids.tolist(), ids.dtype) == ([3, 7, 0, -1], np.int32)
    assert known_ids([], {}).tolist() == []


def test_a_sentence_too_long_for_its_length_is_an_error_that_names_it():
    nothing = np.zeros(0, np.int32)
    ids = np.broadcast_to(np.zeros(1, np.int32), 2**31 + 6)  # takes no memory
    bounds = np.array([0, 5, 2**31 + 5, 2**31 + 6])
    text = EncodedText(["a"], nothing, nothing, ids, bounds, nothing)
    with pytest.raises(ValueError, match=f"sentence 1 of the corpus has {2**31}"):
        taken_over(text)


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
    assert list(scanned.words) == ["a", "b"]
    assert scanned.counts.tolist() == [3, 3]


@pytest.mark.parametrize("wrap", [list, tuple, deque, np.array])
def test_any_sized_sequence_of_tokens_is_a_sentence(wrap):
    scanned = scan([wrap(["a", "b", "a"]), wrap(["c", "a", "b"])])
    assert list(scanned.words) == ["a", "b", "c"]
    assert all(type(word) is str for word in scanned.words)
    assert scanned.counts.tolist() == [3, 2, 1]


class Tokens(list):
    """Tokens that a program can show."""

    def tolist(self):
        return "|".join(self)

    def to_list(self, separator):
        raise AssertionError(separator)


class Rows:
    """A reader of a table of the user's own: its rows are lists."""

    column_names = ("first", "second")

    def __iter__(self):
        return iter([["a", "b"], ["a", "c"]])


def test_what_merely_looks_like_another_librarys_is_taken_as_it_is():
    assert list(scan([Tokens(["a", "b"])]).words) == ["a", "b"]
    assert list(scan(Rows()).words) == ["a", "b", "c"]


def test_an_array_of_integers_gives_plain_ints():
    scanned = scan([np.array([3, 1, 3]), np.array([], np.int32), np.array([1], np.uint8)])
    assert list(scanned.words) == [3, 1]
    assert all(type(word) is int for word in scanned.words)
    assert sentences_of(scanned.encoded) == [[0, 1, 0], [], [1]]


def test_an_object_array_is_a_sentence_too():
    scanned = scan([np.array(["a", 1, None], object)])
    assert list(scanned.words) == ["a", 1, None]


def test_a_matrix_is_a_corpus_of_its_rows():
    scanned = scan(np.array([[1, 2], [2, 3]]))
    assert list(scanned.words) == [1, 2, 3]
    assert sentences_of(scanned.encoded) == [[0, 1], [1, 2]]


def test_empty_corpora_and_empty_sentences_are_fine():
    nothing = scan([])
    check_form(nothing.encoded)
    assert (list(nothing.words), nothing.encoded.n_sentences) == ([], 0)
    empty = scan([[], [], []]).encoded
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


def test_where_gensim_is_patched_strings_are_characters_with_its_warning(caplog, monkeypatch):
    monkeypatch.setattr(refusals, "is_lenient", True)
    with caplog.at_level(logging.WARNING):
        scanned = scan(["aba", "ac"])
    assert list(scanned.words) == ["a", "b", "c"]
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1  # for the first sentence only
    assert (
        "Each 'sentences' item should be a list of words (usually unicode strings)." in warnings[0]
    )
    assert "str" in warnings[0]


def test_only_the_first_sentence_is_warned_of(caplog, monkeypatch):
    monkeypatch.setattr(refusals, "is_lenient", True)
    with caplog.at_level(logging.WARNING):
        scan([["a"], "ab"])
    assert not caplog.records


def test_a_report_comes_before_every_nth_sentence():
    reports: list[tuple[int, int, int]] = []
    scan([["a", "b"], ["a"], [], ["c", "d"], ["e"]], lambda *at: reports.append(at), report_every=2)
    assert reports == [(0, 0, 0), (2, 3, 2), (4, 5, 4)]


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
    assert repr(corpus) == "RenumberedCorpus<sentences=2, tokens=2, raw_words=3>"
    assert len(corpus) == 2


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_a_corpus_can_be_copied_and_pickled(copied):
    corpus = encode([["a", "b", "x"], []], {"a": 0, "b": 1})
    assert copied(corpus).equals(corpus)


def test_raw_words_are_counted_in_64_bits():
    corpus = RenumberedCorpus(
        np.zeros(0, np.int32), np.zeros(4, np.int64), np.full(3, 2**31 - 1, np.int32)
    )
    assert corpus.n_raw_words == 3 * (2**31 - 1)


# ---- text files ----------------------------------------------------------------------------------

pieces = st.sampled_from([b"a", b"b", b"\xc3\xbc", b" ", b"  ", b"\t", b"\r", b"\n", b"\0"])


def check_same_scan(one, other):
    assert list(one.words) == list(other.words)
    assert one.vocabulary.tolist() == other.vocabulary.tolist()
    assert one.counts.tolist() == other.counts.tolist()
    check_form(one.encoded)
    assert one.encoded.ids.tolist() == other.encoded.ids.tolist()
    assert one.encoded.offsets.tolist() == other.encoded.offsets.tolist()


@pytest.fixture(scope="module")
def shared_path(tmp_path_factory):
    return tmp_path_factory.mktemp("texts") / "text.txt"


@hypothesis.given(
    st.lists(pieces).map(b"".join),
    st.integers(1, 4),
    st.none() | st.integers(0, 5),
    st.none() | st.integers(1, 3),
    st.integers(1, 3),
)
def test_a_line_sentence_is_read_as_the_list_of_its_sentences(
    shared_path, text, longest, limit, max_vocab_size, workers
):
    shared_path.write_bytes(text)
    reader = LineSentence(shared_path, longest, limit)
    options = {"max_vocab_size": max_vocab_size, "report_every": 2}
    reports: tuple[list, list] = ([], [])
    fast = scan(reader, lambda *at: reports[0].append(at), workers=workers, **options)
    check_same_scan(fast, scan(list(reader), lambda *at: reports[1].append(at), **options))
    assert reports[0] == reports[1]
    index_of = {"b": 0, "a": 1}
    assert encode(reader, index_of, workers).equals(encode(list(reader), index_of))


def unread(monkeypatch):
    def fail(self):
        pytest.fail("read by Python")

    monkeypatch.setattr(LineSentence, "__iter__", fail)
    monkeypatch.setattr(PathLineSentences, "__iter__", fail)


def test_our_readers_give_no_python_lists_on_the_way(tmp_path, monkeypatch):
    for name in "ab":
        (tmp_path / name).write_text(f"{name} c\n" * 3)
    expected = [["a", "c"]] * 3, [["b", "c"]] * 3
    unread(monkeypatch)
    check_same_scan(scan(LineSentence(tmp_path / "a"), workers=2), scan(expected[0]))
    check_same_scan(scan(PathLineSentences(tmp_path)), scan(expected[0] + expected[1]))
    assert encode(PathLineSentences(tmp_path, limit=1), {"b": 0}).raw_lengths.tolist() == [2, 2]


def test_a_reader_of_ones_own_is_asked_for_its_sentences(tmp_path):
    class Shouting(LineSentence):
        def __iter__(self):
            return ([token.upper() for token in sentence] for sentence in super().__iter__())

    path = tmp_path / "text"
    path.write_text("a b\n")
    assert list(scan(Shouting(path)).words) == ["A", "B"]


def test_the_lines_of_text_files_are_never_judged_as_strings(tmp_path, caplog):
    path = tmp_path / "text"
    path.write_text("a b\n")
    assert list(scan(TextFiles((path,))).words) == ["a", "b"]
    assert not caplog.records


# ---- columns of other libraries ------------------------------------------------------------------

COLUMN = [["a", "b", "a"], [], ["ü", "b"]]
NUMBERS = [[1, 2], [], [2]]


def columns():
    """List the ways in which a data frame may hold sentences, for the libraries that are here."""

    def pandas(sentences):
        return pytest.importorskip("pandas").Series(sentences)

    def pandas_of_series(sentences):
        series = pytest.importorskip("pandas").Series
        return series([series(s, dtype=object if not s else None) for s in sentences])

    def pandas_of_arrays(sentences):
        return pandas([np.array(s) for s in sentences])

    def polars(sentences):
        return pytest.importorskip("polars").Series(sentences)

    def polars_of_arrow(sentences):
        return pytest.importorskip("polars").Series(sentences).to_arrow()

    def arrow(sentences):
        return pytest.importorskip("pyarrow").array(sentences)

    def arrow_chunks(sentences):
        return pytest.importorskip("pyarrow").chunked_array([sentences[:1], sentences[1:]])

    def arrow_of_arrays(sentences):
        pa = pytest.importorskip("pyarrow")
        return [pa.array(s, pa.string() if not s else None) for s in sentences]

    def datasets(sentences):
        dataset = pytest.importorskip("datasets").Dataset
        table = pytest.importorskip("pyarrow").table({"words": sentences})
        # Without a name it would pickle the table's types, which fails with some versions of Arrow.
        return dataset(table, fingerprint="words")["words"]

    def lists_of_scalars(sentences):
        return [list(np.array(s)) for s in sentences]

    return [value for name, value in locals().items()]


@pytest.mark.parametrize("make", columns(), ids=lambda make: make.__name__)
@pytest.mark.parametrize("sentences", [COLUMN, NUMBERS], ids=["words", "numbers"])
def test_columns_of_other_libraries_are_read_as_lists(make, sentences):
    scanned = scan(make(sentences))
    check_same_scan(scanned, scan(sentences))
    if make.__name__ != "lists_of_scalars":  # those are the caller's own words
        assert {type(word) for word in scanned.words} == {type(sentences[0][0])}
