"""Files of each version of the native format are read for ever.

Those in tests/data are never written again: what cannot read them is wrong.
"""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

import fastsgns
from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec
from fastsgns.io import json_values_1, native

DATA = Path(__file__).parent.parent / "data"
FILES = sorted(DATA.glob("native-*"))
SENTENCE = ["to", "be", "or", "not", "to", "be", "ü"]


def same(a, b):
    return repr(a) == repr(b)  # 1 is not True, and NaN is NaN


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_checksums_of_a_file_are_right_and_its_arrays_can_be_mapped(path):
    fastsgns.verify(path)
    read, mapped = native.read(path), native.read(path, mmap="r")
    assert same(read.header, mapped.header) and same(read.keys, mapped.keys)
    assert read.arrays.keys() == mapped.arrays.keys() != set()
    for name, array in mapped.arrays.items():
        assert isinstance(array, np.memmap) and np.array_equal(array, read.arrays[name])


@pytest.mark.parametrize(
    ("version", "weights", "draws"),
    [(1, 0.052622005, [413825, 966604]), (2, 0.09022725, [128896, 323900])],
)
@pytest.mark.parametrize("mmap", [None, "r"])
def test_a_model_is_read_and_can_be_trained_on(version, weights, draws, mmap):
    model = Word2Vec.load(DATA / f"native-{version}.model", mmap=mmap)
    assert model.wv.index_to_key == ["be", "to", "ü", "not", "or"]
    assert model.wv.get_vecattr("be", "count") == 20 and model.comment == ("a", 1)
    assert isinstance(model.wv.vectors, np.memmap) == (mmap is not None)
    assert float(np.abs(model.syn1neg).sum()) == pytest.approx(weights)
    assert model.random.randint(10**6, size=2).tolist() == draws
    assert [event["event"] for event in model.lifecycle_events[-3:]] == [
        "created",
        "saving",
        "loaded",
    ]
    if mmap is None:
        model.train([["to", "be"]], total_examples=1, epochs=1)


@pytest.mark.parametrize("mmap", [None, "r"])
def test_keys_and_attributes_of_all_types_are_read_from_a_model_of_version_1(mmap):
    model = Word2Vec.load(DATA / "native-1-keys.model", mmap=mmap)
    keys = ["1", 1, -0.0, ("x", (3, None)), b"q", 2.5]
    assert same(model.wv.index_to_key, keys)
    assert model.wv.key_to_index == {key: row for row, key in enumerate(keys)}
    assert model.wv.vectors[1].tolist() == pytest.approx([0.25516748, 0.45046365])
    assert (model.sg, model.hs, model.negative, model.syn1.shape) == (1, 1, 0, (6, 2))
    assert model.wv.get_vecattr("1", "code").tolist() == [0, 0]
    assert same(model.comment, {"of": [1.5, {True: {2}, "f": frozenset()}]})
    raw = {1: 4, 2.5: 3, b"q": 3, ("x", (3, None)): 3, "1": 4, -0.0: 3}
    assert same(dict(model.raw_vocab), raw) and model.raw_vocab["new"] == 0
    assert same(model.wv.own, {"int": 5}) and same(model.wv.list, [math.inf, None, b"\0"])
    assert model.wv.expandos["list"].tolist() == [0, ("u",), 0, 0, 0, 0]
    (noted,) = [event for event in model.lifecycle_events if event["event"] == "noted"]
    assert noted["int"] == {"int": 1} and noted["tag"] == {"tuple": [1]}
    assert math.isnan(noted["nan"])
    assert model.random.randint(10**6, size=2).tolist() == [791624, 491263]
    if mmap is None:
        model.train([keys], total_examples=1, epochs=1)
    vectors = KeyedVectors.load(DATA / "native-1-keys.model", mmap=mmap)
    assert same(vectors.index_to_key, keys) and same(vectors.own, {"int": 5})


@pytest.mark.parametrize("mmap", [None, "r"])
def test_vectors_of_version_1_are_read(mmap):
    vectors = KeyedVectors.load(DATA / "native-1-keys.kv", mmap=mmap)
    keys = [1, "1", 2.5, (1, "x"), b"q", None, math.inf, -(10**30)]
    assert same(vectors.index_to_key, keys)
    assert vectors.key_to_index == {key: row for row, key in enumerate(keys)}
    assert vectors.vectors.tolist() == [[float(row)] for row in range(8)]
    assert same(vectors.list, {"int": 5})
    assert [event["event"] for event in vectors.lifecycle_events] == ["saving", "loaded"]


@pytest.mark.parametrize("mmap", [None, "r"])
def test_vectors_with_a_table_of_their_keys_are_read(mmap):
    vectors = KeyedVectors.load(DATA / "native-2-table.kv", mmap=mmap)
    keys = ["to", "ü", "日本", '"\\', "a\tb", "日"]
    for row, key in enumerate(keys):
        assert vectors.get_index(key) == row and vectors.get_vecattr(key, "count") == 6 - row
    assert "本" not in vectors
    assert vectors.index_to_key == keys
    assert vectors.vectors.tolist() == [[2 * row, 2 * row + 1] for row in range(6)]
    some = KeyedVectors.load(DATA / "native-2-table.kv", keys=["日", "ü"])
    assert sorted(some.index_to_key) == ["ü", "日"] and some["日"].tolist() == [10, 11]


@pytest.mark.parametrize("dtype", ["float16", "int8"])
@pytest.mark.parametrize("mmap", [None, "r"])
def test_smaller_vectors_are_read(dtype, mmap):
    vectors = KeyedVectors.load(DATA / f"native-2-{dtype}.kv", mmap=mmap)
    assert vectors.vectors.dtype == dtype
    assert vectors["日本"].tolist() == pytest.approx([4, 5], rel=0.01)


@pytest.mark.parametrize("mmap", [None, "r"])
def test_a_model_with_huffman_paths_is_read_and_can_be_trained_on(mmap):
    model = Word2Vec.load(DATA / "native-2-table.model", mmap=mmap)
    assert model.wv.get_vecattr("to", "code").tolist() == [1, 0]
    assert model.wv.get_vecattr("to", "point").tolist() == [3, 2]
    assert float(np.abs(model.syn1).sum()) == pytest.approx(0.9788712)
    if mmap is None:
        model.train([SENTENCE], total_examples=1, epochs=1)


def test_a_checkpoint_is_gone_on_with(tmp_path):
    shutil.copy(DATA / "native-2-checkpoint.model", tmp_path / "run.model")
    model = Word2Vec.resume(tmp_path / "run.model", [SENTENCE] * 10)
    assert [epoch["epoch"] for epoch in model.history] == [1, 2, 3, 4]
    assert float(np.abs(model.syn1neg).sum()) == pytest.approx(2.1656365, rel=1e-4)
    assert model.wv["to"].tolist() == pytest.approx([0.4486546, 1.3083804], rel=1e-4)


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_corpus_is_read(in_memory):
    old = EncodedCorpus.open(DATA / "native-1.corpus", in_memory=in_memory)
    assert same(list(old), [[1, b"b", (3, 4)], ["1"]])
    assert next(iter(EncodedCorpus.open(DATA / "native-2.corpus", in_memory=in_memory))) == SENTENCE


@pytest.mark.parametrize(
    "name", ["native-1.model", "native-1-keys.model", "native-1-keys.kv", "native-1.kv"]
)
def test_what_is_read_of_version_1_is_the_same_when_it_is_saved_as_version_2(tmp_path, name):
    cls = Word2Vec if name.endswith("model") else KeyedVectors
    old = cls.load(DATA / name)
    for event in getattr(old, "lifecycle_events", None) or ():
        event.pop("nan", None)  # version 2 has no NaN there, and `save` says so
    old.save(tmp_path / "new")
    assert native.read(tmp_path / "new").header["version"] == 2
    new = cls.load(tmp_path / "new")
    parts = [(old, new)] if cls is KeyedVectors else [(old, new), (old.wv, new.wv)]
    for before, after in parts:
        assert vars(before).keys() == vars(after).keys()
        for attribute in vars(before).keys() - {"lifecycle_events", "wv", "random", "load"}:
            values = [getattr(each, attribute) for each in (before, after)]
            if attribute == "expandos":  # version 1 has no Huffman paths: they come last there
                values = [dict(sorted(each.items())) for each in values]
            assert same(*values), attribute


def test_brackets_in_words_are_no_lists_in_version_1():
    words = ["[{x}]"] * 10**6
    assert json_values_1.keys(b"[" + b",".join([b'"[{x}]"'] * 10**6) + b"]") == words


def test_many_keys_of_version_1_are_read():
    """Version 2 writes integers in fewer bytes; the memory allowed for a file is by its length."""
    n = 10**6
    data = b"[" + b",".join(b'{"tuple":[{"int":%d},{"int":1}]}' % i for i in range(n)) + b"]"
    assert json_values_1.keys(data) == [(i, 1) for i in range(n)]
    counts = b",".join(b'["w%d",{"int":1}]' % i for i in range(n))
    begin = b'{"format":"fastsgns","version":1,"raw_vocab":{"dict":['
    header = json_values_1.header(begin + counts + b"]}}")
    assert header["raw_vocab"] == {f"w{i}": 1 for i in range(n)}
