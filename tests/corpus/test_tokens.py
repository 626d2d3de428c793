"""Sentences of Python objects: equal tokens are one word, as in a dict, whatever they are."""

import time
from itertools import chain, repeat

import numpy as np
import pytest

from fastsgns.corpus._arrow import ArrowColumn
from fastsgns.corpus._tokens import SentenceEncoder


def encode_objects(sentences, budget=1 << 20):
    encoder = SentenceEncoder(5)
    iterator = iter(sentences)
    while encoder.feed(iterator, budget):
        pass
    return encoder


def as_expected(encoder, sentences):
    """Compare with a dict, the definition of what equal tokens are."""
    numbers, ids, ends = {}, [], []
    for sentence in sentences:
        ids += [numbers.setdefault(token, len(numbers)) for token in sentence]
        ends.append(len(ids))
    assert list(encoder.words()) == list(numbers)
    assert [type(word) for word in encoder.words()] == [type(word) for word in numbers]
    assert encoder.ids.array().tolist() == ids
    assert encoder.ends.array().tolist() == ends
    assert encoder.counts().tolist() == np.bincount(ids, minlength=len(numbers)).tolist()
    assert (encoder.n_words, encoder.n_sentences) == (len(ids), len(ends))
    assert len(encoder) == len(numbers)
    return True


class Folded(str):
    """Equal to what differs in case only."""

    __slots__ = ()

    def __eq__(self, other):
        return self.lower() == other.lower()

    def __hash__(self):
        return hash(self.lower())


@pytest.mark.parametrize(
    "sentences",
    [
        [],
        [[]],
        [["a", "b", "a"], [], ("c", "a")],
        [["", "a", "", "\x00", "a\x00", "\x00\x00"]],
        [["\ud800", "\udfff\ud800", "\U0001f600", "é", "ﬀ", "日本語", "e\u0301", "\xff"]],
        [[1, 2, 1], (3, 2)],
        [["a", 1, "1", b"1", 1.0, True, None, ("a", 1)], ["a", None, 1.0]],
        [["a", "b"], ["b", Folded("x"), "a", "c"], ["c", Folded("X")]],
        [["x" * n for n in range(40)] * 2],
        [["é" * n for n in range(40)] * 2, ["日" * n for n in range(20)] * 3],
        [[str(i % 97) for i in range(1000)]],
        ["word"],
        [{"one": 1, "two": 2}, frozenset(["three"])],
        [[str(i) for i in range(n)] for n in (31, 32, 33, 63, 64, 65, 96)],
        [[*map(str, range(n)), n] for n in (31, 32, 33)],
    ],
)
def test_equal_tokens_are_one_word_as_in_a_dict(sentences):
    assert as_expected(encode_objects(sentences), [list(s) for s in sentences])
    assert as_expected(encode_objects(sentences, 1), [list(s) for s in sentences])


def test_arrays_give_plain_python_tokens():
    sentences = [np.array(["a", "b", "a"]), np.array([3, 1, 3]), np.array(["a", None], object)]
    encoder = encode_objects(sentences)
    assert list(encoder.words()) == ["a", "b", 3, 1, None]
    assert [type(word) for word in encoder.words()] == [str, str, int, int, type(None)]
    assert encoder.ids.array().tolist() == [0, 1, 0, 2, 3, 2, 0, 4]


def test_numpy_scalars_equal_the_plain_ones():
    assert list(encode_objects([["a", np.str_("a"), np.str_("b"), "b"]]).words()) == ["a", "b"]
    assert encode_objects([[np.int64(1), 1]]).words() == [1]


def test_a_million_tokens_make_one_sentence():
    tokens = [str(i % 1000) for i in range(1_000_000)]
    assert as_expected(encode_objects([tokens]), [tokens])


def test_feeding_stops_at_the_budget():
    encoder = SentenceEncoder()
    iterator = iter([["a", "b", "c"], ["d"], ["e"]])
    assert encoder.feed(iterator, 2)
    assert (encoder.n_sentences, encoder.n_words) == (1, 3)
    assert encoder.feed(iterator, 2)
    assert not encoder.feed(iterator, 2)
    assert encoder.n_sentences == 3


def test_empty_sentences_use_up_the_budget_too():
    encoder = SentenceEncoder()
    iterator = repeat([])
    for n_sentences in (1000, 2000):
        assert encoder.feed(iterator, 1000)
        assert (encoder.n_sentences, encoder.n_words) == (n_sentences, 0)
    assert encoder.feed(chain([["a", "b"], [], []], iterator), 3)
    assert (encoder.n_sentences, encoder.n_words) == (2003, 2)


def test_empty_sentences_of_arrow_use_up_the_budget_too():
    pa = pytest.importorskip("pyarrow")
    column = ArrowColumn(pa.chunked_array([[[]] * 250], pa.list_(pa.string())))
    encoder = SentenceEncoder()
    assert encoder.feed(column, 100)
    assert encoder.n_sentences == 100
    assert encoder.feed(column, 100)
    assert not encoder.feed(column, 100)
    assert encoder.n_sentences == 250


def slowly(seconds):
    while True:
        time.sleep(seconds)
        yield ["a"]


# The clock is looked at after 1, 2, 4, 8, 16, 32, 64... sentences.
@pytest.mark.parametrize(("seconds", "most"), [(0.1, 1), (0.02, 4), (0.005, 16), (0.002, 64)])
def test_feeding_from_a_slow_iterator_stops_soon(seconds, most):
    encoder = SentenceEncoder()
    iterator = slowly(seconds)
    for _ in range(2):
        n_before = encoder.n_sentences
        assert encoder.feed(iterator, 1 << 20)
        assert 1 <= encoder.n_sentences - n_before <= most


def test_feeding_stops_soon_when_an_iterator_becomes_slow():
    encoder = SentenceEncoder()
    assert encoder.feed(chain([["a"]] * 1000, slowly(0.01)), 1 << 20)
    assert encoder.n_sentences <= 1064


def test_feeding_from_a_slow_arrow_stream_stops_soon():
    pa = pytest.importorskip("pyarrow")
    schema = pa.schema([("words", pa.list_(pa.string()))])
    batches = (pa.record_batch([[words]], schema=schema) for words in slowly(0.01))
    encoder = SentenceEncoder()
    assert encoder.feed(ArrowColumn(pa.RecordBatchReader.from_batches(schema, batches)), 1 << 20)
    assert 1 <= encoder.n_sentences <= 8


def test_the_first_sentence_says_what_it_is():
    assert encode_objects([]).first_type is None
    assert encode_objects(["words", ["a"]]).first_type is str


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ([["a"], 5], "has no len"),
        ([["a"], (token for token in "ab")], "has no len"),
        ([["a"], ["b", ["c"]]], "unhashable type: 'list'"),
        ([[1], [2, {}]], "unhashable type: 'dict'"),
    ],
)
def test_a_sentence_that_cannot_be_encoded_is_named(sentences, message):
    with pytest.raises(TypeError, match=message) as error:
        encode_objects(sentences)
    kind = type(sentences[1]).__name__
    *places, sentence = error.value.__notes__
    assert sentence == f"in sentence 1 of the corpus, a {kind}"
    assert places == ([f"at position 1: {sentences[1][1]}"] if kind == "list" else [])


def test_an_error_of_the_callers_iterator_comes_through():
    def sentences():
        yield ["a"]
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        encode_objects(sentences())


def test_a_sentence_may_shrink_while_its_tokens_are_compared():
    class Spoiler:
        def __hash__(self):
            sentence.clear()
            return 1

    sentence = ["a", 1, Spoiler(), "b", "c"]
    encoder = encode_objects([sentence])
    assert len(encoder) == 3
    assert encoder.n_words == 3
