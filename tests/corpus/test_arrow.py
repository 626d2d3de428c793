"""Columns of lists in Arrow's memory are read where they lie."""

from __future__ import annotations

import ctypes
from itertools import pairwise

import pytest
from processes import run_python

from fastsgns import EncodedCorpus, Word2Vec
from fastsgns.corpus import scan
from fastsgns.corpus._arrow import ArrowColumn

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")
pa = pytest.importorskip("pyarrow")

# Lengths around what a view holds inline (12), what a word's key is read from (16), and more.
words = st.sampled_from(["", "a", "b", "ü", "x" * 12, "y" * 13, "z" * 15, "w" * 16, "v" * 40, "\0"])
sentences_of_words = st.lists(st.lists(words, max_size=40), max_size=12)

TEXTS = [
    pa.string(),
    pa.large_string(),
    *([pa.string_view()] if hasattr(pa, "string_view") else []),
]
BINARIES = [
    pa.binary(),
    pa.large_binary(),
    *([pa.binary_view()] if hasattr(pa, "string_view") else []),
]
LISTS = [pa.list_, pa.large_list]
LISTS += [getattr(pa, name) for name in ("list_view", "large_list_view") if hasattr(pa, name)]


def check_same(column, sentences) -> None:
    """Compare with what the plain lists give, and with a walk over Python objects."""
    scanned, expected = scan(column), scan(sentences)
    assert list(scanned.words) == list(expected.words)
    assert scanned.counts.tolist() == expected.counts.tolist()
    assert scanned.encoded.ids.tolist() == expected.encoded.ids.tolist()
    assert scanned.encoded.offsets.tolist() == expected.encoded.offsets.tolist()
    assert list(ArrowColumn(column)) == sentences


def chunked(sentences, kind, cuts):
    """Make a column of chunks, each a slice out of the middle of an array."""
    bounds = [0, *sorted(cut % (len(sentences) + 1) for cut in cuts), len(sentences)]
    around = [["before", "a"]]
    chunks = [
        pa.array(around + sentences[a:b] + around, kind).slice(1, b - a)
        for a, b in pairwise(bounds)
    ]
    return pa.chunked_array(chunks, kind)


@hypothesis.given(
    sentences_of_words,
    st.sampled_from(LISTS),
    st.sampled_from(TEXTS),
    st.lists(st.integers(0, 12), max_size=3),
)
def test_text_of_any_kind_is_read_as_lists(sentences, make_list, text, cuts):
    column = chunked(sentences, make_list(text), cuts)
    check_same(column, sentences)
    check_same(pa.table({"words": column}), sentences)


@hypothesis.given(sentences_of_words, st.sampled_from([pa.int8(), pa.uint16(), pa.int64()]))
def test_a_dictionary_of_text_is_read_as_its_text(sentences, index):
    kind = pa.list_(pa.dictionary(index, pa.string()))
    flat = pa.array([w for s in sentences for w in s], pa.string()).dictionary_encode()
    flat = flat.cast(pa.dictionary(index, pa.string()))
    offsets = [0]
    for sentence in sentences:
        offsets.append(offsets[-1] + len(sentence))
    column = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)
    check_same(pa.chunked_array([column], kind), sentences)
    check_same(
        pa.chunked_array([column.slice(len(sentences) // 2)], kind),
        sentences[len(sentences) // 2 :],
    )


@pytest.mark.parametrize(
    "kind",
    [
        pa.int8(),
        pa.uint8(),
        pa.int16(),
        pa.uint16(),
        pa.int32(),
        pa.uint32(),
        pa.int64(),
        pa.uint64(),
    ],
    ids=str,
)
def test_integers_are_plain_ints(kind):
    most = {"int8": 127, "uint8": 255, "int64": 2**63 - 1, "uint64": 2**64 - 1}.get(str(kind), 300)
    sentences = [[1, most], [], [0, 1]]
    check_same(pa.chunked_array([pa.array(sentences, pa.list_(kind))]), sentences)
    signed = [[-1, -5]]
    if str(kind)[0] == "i":
        check_same(pa.chunked_array([pa.array(signed, pa.list_(kind))]), signed)


def test_lists_of_a_fixed_size_are_sentences():
    sentences = [["a", "b"], ["c", "a"], ["d", "d"]]
    column = pa.array(sentences, pa.list_(pa.string(), 2))
    check_same(pa.chunked_array([column]), sentences)
    check_same(pa.chunked_array([column.slice(1)]), sentences[1:])


def test_missing_tokens_are_none_as_in_lists():
    for kind in (pa.string(), pa.int16()):
        tokens = ["a", None, "b"] if kind == pa.string() else [1, None, 2]
        sentences = [tokens[:1], tokens, tokens[2:]]
        check_same(pa.chunked_array([pa.array(sentences, pa.list_(kind))]), sentences)
        # Chunks with and without: the words stay the same ones.
        column = pa.chunked_array([[tokens[:1]], [tokens], [tokens[2:]]], pa.list_(kind))
        check_same(column, sentences)
    flat = pa.array(["a", None, "b"]).dictionary_encode()
    column = pa.ListArray.from_arrays(pa.array([0, 3], pa.int32()), flat)
    check_same(pa.chunked_array([column]), [["a", None, "b"]])
    flat = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array(["a", None]))
    column = pa.ListArray.from_arrays(pa.array([0, 2], pa.int32()), flat)
    check_same(pa.chunked_array([column]), [["a", None]])


def test_a_missing_sentence_is_an_error_that_names_it():
    column = pa.chunked_array([[["a"], ["b"]], [["c"], None]])
    for corpus in (column, pa.table({"words": column})):
        with pytest.raises(TypeError, match="sentence is missing") as caught:
            scan(corpus)
        assert caught.value.__notes__ == ["in sentence 3 of the corpus, a list of Arrow"]
    rows = pa.StructArray.from_arrays(
        [pa.array([["a"], ["b"]])], ["words"], mask=pa.array([False, True])
    )
    with pytest.raises(TypeError, match="sentence is missing"):
        list(ArrowColumn(pa.chunked_array([rows])))


def test_a_table_of_slices_is_read_from_where_it_begins():
    rows = pa.StructArray.from_arrays([pa.array([["a"], ["b"], ["c", "d"]])], ["words"])
    assert list(ArrowColumn(pa.chunked_array([rows.slice(1)]))) == [["b"], ["c", "d"]]


def test_one_column_of_a_table_must_be_named():
    table = pa.table({"id": [1], "words": [["a"]]})
    with pytest.raises(TypeError, match=r"give one column of a table, .*\['id', 'words'\]"):
        Word2Vec(table, min_count=1)
    assert list(EncodedCorpus.from_sentences(table["words"])) == [["a"]]
    assert list(EncodedCorpus.from_sentences(table.select(["words"]))) == [["a"]]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["a b"], "lists of text or integers, got text"),
        ([1], "lists of text or integers, got the Arrow format 'l'"),
        ([[1.5]], "text or integers, got float64"),
        ([[[1]]], "text or integers, got list of the Arrow format 'l'"),
        ([[b"a"]], "text or integers, got binary"),
    ],
)
def test_a_table_of_anything_else_is_refused(column, message):
    with pytest.raises(TypeError, match=message):
        scan(pa.table({"words": column}))
    with pytest.raises(TypeError, match=message):
        ArrowColumn(pa.chunked_array([column]))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"words": [[b"a"]]}, "tokens must be text or integers, got binary"),
        ({"words": ["a b"]}, "sentences must be lists of text or integers, got text"),
        ({"id": [1], "words": [["a"]]}, r"give one column of a table, .*\['id', 'words'\]"),
    ],
)
def test_batches_of_a_table_are_no_sentences(table, message):
    """What cannot be read is not gone through as Python objects, which are then rows or columns."""
    table = pa.table(table)
    for corpus in (table, table.to_reader(), *table.to_batches()):
        with pytest.raises(TypeError, match=message) as caught:
            scan(corpus)
        assert not hasattr(caught.value, "__notes__")  # no sentence was looked at


def test_tokens_of_other_types_are_walked_as_python_objects():
    for sentences in ([[1.5, 2.5], [1.5]], [[b"a", b"b"], [b"a"]]):
        expected = scan(sentences)
        scanned = scan(pa.chunked_array([sentences]))
        assert (list(scanned.words), scanned.counts.tolist()) == (
            list(expected.words),
            expected.counts.tolist(),
        )


def test_a_stream_can_be_read_once():
    table = pa.table({"words": [["a", "b"]]})
    reader = table.to_reader()
    assert list(EncodedCorpus.from_sentences(reader)) == [["a", "b"]]
    stream = Exported(table.__arrow_c_stream__())
    assert list(ArrowColumn(stream)) == [["a", "b"]]
    with pytest.raises(ValueError, match="the stream of this Exported has been read before"):
        ArrowColumn(stream)
    assert list(ArrowColumn(table)) == list(ArrowColumn(table))


def test_an_error_of_the_stream_comes_through():
    schema = pa.schema([("words", pa.list_(pa.string()))])

    def batches():
        yield pa.record_batch([pa.array([["a"]])], schema=schema)
        raise ZeroDivisionError("in the reader")

    reader = pa.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(OSError, match=r"the Arrow stream cannot be read: .*in the reader"):
        list(ArrowColumn(reader))


class Exported:
    """Gives what was exported before."""

    def __init__(self, capsule):
        self.capsule = capsule

    def __arrow_c_stream__(self, requested_schema=None):
        return self.capsule


class Schema(ctypes.Structure):
    """The start of an ArrowSchema."""


Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_void_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(Schema))),
]


def test_columns_need_no_names():
    """Names may be NULL, says Arrow's C data interface."""
    get_schema = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(Schema))
    pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
    pointer_of.restype = ctypes.POINTER(ctypes.c_void_p)
    pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]

    def without_names(table):
        capsule = table.__arrow_c_stream__()
        stream = pointer_of(capsule, b"arrow_array_stream")  # its first field is get_schema
        original = get_schema(stream[0])

        @get_schema
        def unnamed(stream, schema):
            status = original(stream, schema)
            for i in range(schema.contents.n_children):
                schema.contents.children[i].contents.name = None
                schema.contents.children[i].contents.metadata = None
            return status

        stream[0] = ctypes.cast(unnamed, ctypes.c_void_p).value
        kept.append(unnamed)
        return Exported(capsule)

    kept = []
    assert list(ArrowColumn(without_names(pa.table({"words": [["a"]]})))) == [["a"]]
    with pytest.raises(TypeError, match=r"give one column of a table, .*\['', ''\]"):
        ArrowColumn(without_names(pa.table({"id": [1], "words": [["a"]]})))
    with pytest.raises(TypeError, match="got float64"):
        ArrowColumn(without_names(pa.table({"words": [[1.5]]})))


# Arrow's own thread runs the generator, for which it needs the GIL, and we wait for that thread.
# In another process, because with the GIL held nothing in this one would notice the hang.
OF_ANOTHER_THREAD = """
import time
import pyarrow as pa
from pyarrow import dataset
from fastsgns.corpus._arrow import ArrowColumn

def batches():
    for _ in range(20):
        time.sleep(0.01)
        yield pa.record_batch([pa.array([["a", "b"]])], schema=schema)

schema = pa.schema([("words", pa.list_(pa.string()))])
print(len(list(ArrowColumn(dataset.Scanner.from_batches(batches(), schema=schema).to_reader()))))
"""


def test_a_stream_may_need_the_gil_in_another_thread():
    pytest.importorskip("pyarrow.dataset")
    assert run_python("-c", OF_ANOTHER_THREAD).stdout == "20\n"


NOT_UTF8 = [b"\xff", b"a\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"x" * 20 + b"\x80"]


@pytest.mark.parametrize("first", [b"a", None])  # with None, all words are in a dict
@pytest.mark.parametrize("word", NOT_UTF8, ids=ascii)
def test_text_that_is_not_utf8_is_an_error_that_names_the_sentence(word, first):
    """Arrow does not look at bytes that it is told are text."""
    tokens = [first, b"fine", b"also fine, and longer", word, b"fine"]
    for text, binary in zip(TEXTS, BINARIES, strict=True):
        flat = pa.array(tokens, binary).view(text)
        indices = pa.array(range(5), pa.int8())
        for values in (flat, pa.DictionaryArray.from_arrays(indices, flat)):
            column = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3, 5], pa.int32()), values)
            with pytest.raises(UnicodeDecodeError) as caught:
                Word2Vec(pa.chunked_array([column]), min_count=2)
            assert caught.value.__notes__ == ["in sentence 3 of the corpus, a list of Arrow"]
            assert caught.value.object == word


def test_words_of_arrow_meet_those_of_python():
    """Once a token was no text, all words are in a dict: also those that Arrow holds."""
    column = pa.chunked_array([[["a", "b"]], [[None, "a"]], [["b", "c"]]])
    scanned = scan(column)
    assert list(scanned.words) == ["a", "b", None, "c"]
    assert scanned.counts.tolist() == [2, 2, 1, 1]


def test_a_model_of_a_column_is_that_of_its_lists():
    sentences = [[f"w{i * j % 23}" for j in range(i % 12)] for i in range(900)]
    column = pa.chunked_array([sentences[:400], sentences[400:]])
    for cache in ("memory", "disk", "off"):
        options = {"vector_size": 4, "workers": 1, "min_count": 2, "corpus_cache": cache}
        models = [Word2Vec(corpus, **options) for corpus in (sentences, column)]
        assert models[0].wv.vectors.tobytes() == models[1].wv.vectors.tobytes()


def test_columns_and_tables_of_polars_are_read():
    pl = pytest.importorskip("polars")
    sentences = [["a", "b" * 20, "a"], [], ["ü", "b"]]
    check_same(pl.Series(sentences), sentences)
    check_same(pl.DataFrame({"words": sentences}), sentences)
    check_same(pl.Series(sentences)[1:], sentences[1:])
    check_same(pl.Series([[1, 2], [1]]), [[1, 2], [1]])
    with pytest.raises(TypeError, match="give one column"):
        scan(pl.DataFrame({"words": sentences, "id": [1, 2, 3]}))
    categories = pl.Series(sentences).cast(pl.List(pl.Categorical))
    assert list(scan(categories).words) == ["a", "b" * 20, "ü", "b"]


def read(sentences):
    """Return sentences as a model gets to see them."""
    return list(EncodedCorpus.from_sentences(sentences))


def test_a_dataset_is_no_column(monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr("tqdm.std.tqdm.monitor_interval", 0)  # a thread that its bars leave behind
    sentences = [["a", "b"], ["c"]]
    table = pa.table({"words": sentences, "id": [1, 2]})
    dataset = datasets.Dataset(table, fingerprint="words")
    streamed = dataset.to_iterable_dataset()
    unknown = streamed.map(dict)
    assert unknown.column_names is None
    for given in (dataset, streamed, unknown, dataset.with_format("numpy")):
        with pytest.raises(TypeError, match=r"give one column of a table, .*\['words', 'id'\]"):
            scan(given)
        assert read(given["words"]) == read(given.select_columns(["words"])) == sentences
    for name in ("arrow", "pandas"):  # each row is a table then
        given = dataset.with_format(name)
        with pytest.raises(TypeError, match=r"give one column of a table, .*\['words', 'id'\]"):
            scan(given)
        assert read(given["words"]) == sentences


def test_a_table_of_pandas_is_read():
    pd = pytest.importorskip("pandas")
    sentences = [["a", "b"], [], ["a"]]
    frame = pd.DataFrame({"words": sentences, "language": ["en", "de", "en"]})
    assert read(frame["words"]) == read(frame[["words"]]) == sentences
    # With an index that has to be kept, too, which is another column to Arrow.
    assert read(frame[frame["language"] == "en"][["words"]]) == [["a", "b"], ["a"]]
    assert read(frame.set_index("language")) == sentences
    with pytest.raises(TypeError, match=r"give one column of a table, .*\['words', 'language'\]"):
        scan(frame)


def test_text_that_is_not_cut_into_words_is_refused():
    for column in (pa.array(["ab"]), pa.chunked_array([["ab"]])):
        with pytest.raises(TypeError, match="must be a list of tokens, got a str: 'ab', as sent"):
            scan(column)


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = None
import polars
from fastsgns import EncodedCorpus, Word2Vec
model = Word2Vec(polars.Series([["a", "b"]] * 9), min_count=1, vector_size=2, workers=1)
print(model.wv.index_to_key)
"""


def test_polars_needs_no_pyarrow():
    pytest.importorskip("polars")
    assert run_python("-c", WITHOUT_PYARROW).stdout == "['b', 'a']\n"
