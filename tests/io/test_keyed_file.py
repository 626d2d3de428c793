"""The attributes of vectors go into a file as values, and come back as such."""

import copy
import io
import pickle

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.io import keyed_file, native
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.settable import BOOKKEEPING


def attributes(**more):
    counts = np.array([5, 3], np.int64)
    paths = np.empty(2, dtype=object)
    paths[:] = [np.array([1], np.uint8), np.array([0, 1], np.uint8)]
    return {
        "vectors": np.arange(4, dtype=np.float32).reshape(2, 2),
        "vector_size": 2,
        "index_to_key": ["a", ("b", 1)],
        "next_index": 1,
        "key_to_index": {"a": 0, ("b", 1): 1},
        "norms": None,
        "expandos": {"count": counts, "code": paths, "note": np.array(["x", None], dtype=object)},
        "mapfile_path": None,
        **more,
    }


def same(found, wanted):
    assert set(found) == set(wanted)
    for name, value in wanted.items():
        if isinstance(value, dict):
            same(found[name], value)
        elif isinstance(value, np.ndarray):
            assert found[name].dtype == value.dtype
            assert all(np.array_equal(a, b) for a, b in zip(found[name], value, strict=True))
        else:
            assert found[name] == value


def written(values, ignore=()):
    file = io.BytesIO()
    keyed_file.write(file, values, ignore)
    file.seek(0)
    return file


def test_all_attributes_come_back():
    values = attributes(own={"x": (1, 2)}, vectors_lockf=np.ones(2, np.float32))
    same(keyed_file.read(written(values), None), values)


def test_what_is_ignored_comes_back_as_none():
    found = keyed_file.read(written(attributes(), ["vectors", "expandos", "next_index"]), None)
    same(found, attributes(vectors=None, expandos=None, next_index=None))


def test_a_row_without_a_key_is_told_from_the_key_none():
    values = attributes(index_to_key=["a", None], key_to_index={"a": 0})
    assert keyed_file.read(written(values), None)["key_to_index"] == {"a": 0}
    values["key_to_index"][None] = 1
    assert keyed_file.read(written(values), None)["key_to_index"] == {"a": 0, None: 1}


def test_gensims_file_gives_the_same_attributes(tmp_path):
    values = attributes()
    keyed_file.write_for_gensim(
        tmp_path / "kv", values, (), separately=["vectors"], sep_limit=1, protocol=4
    )
    found = keyed_file.read(tmp_path / "kv", None)
    values["next_index"] = 2  # gensim leaves it at 0: rows that have a key are taken
    bookkeeping = {name: found.pop(name) for name in BOOKKEEPING}
    assert bookkeeping == {name: [] for name in BOOKKEEPING} | {"__numpys": ["vectors"]}
    same(found, values)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"keyed_vectors": 5},
        {"keyed_vectors": {}},
        {"keyed_vectors": {"ignored": 5}},
        {"class": "KeyedVectors", "keyed_vectors": {"plain": [], "objects": {}, "ignored": []}},
    ],
)
@pytest.mark.parametrize("arrays", [{}, {"vectors": np.zeros((1, 3))}])
def test_a_header_of_something_else_is_a_format_error(header, arrays):
    with pytest.raises(FormatError, match="place"):
        keyed_file.unpack(header, ["a"], arrays, "place")


@pytest.mark.parametrize(("content", "error"), [(b"", TruncatedFileError), (b"hello", FormatError)])
def test_other_files_are_named(tmp_path, content, error):
    (tmp_path / "kv").write_bytes(content)
    with (tmp_path / "kv").open("rb") as file, pytest.raises(error, match="kv: "):
        keyed_file.read(file, None)


# ---- keys of mapped files ------------------------------------------------------------------------


@pytest.fixture
def mapped(tmp_path):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", ("b", 1), 5], np.arange(6, dtype=np.float32).reshape(3, 2))
    kv.set_vecattr("a", "count", 7)
    kv.save(tmp_path / "kv")
    return KeyedVectors.load(tmp_path / "kv", mmap="r")


def has_read_keys(kv):
    return type(kv) in (KeyedVectors, Lenient)


def test_keys_of_a_mapped_file_are_read_when_they_are_asked_for(mapped):
    assert mapped.vectors.shape == (3, 2)
    assert not has_read_keys(mapped)
    assert mapped[("b", 1)].tolist() == [2, 3]
    assert has_read_keys(mapped)
    assert mapped.get_vecattr("a", "count") == 7


@pytest.mark.parametrize(
    "attributes_of", [vars, lambda kv: kv.__dict__, lambda kv: vars(copy.copy(kv))]
)
def test_the_attributes_of_mapped_vectors_have_the_keys(mapped, attributes_of):
    assert not has_read_keys(mapped)
    attributes = attributes_of(mapped)
    assert has_read_keys(mapped)
    assert attributes["index_to_key"] == ["a", ("b", 1), 5]
    assert attributes["key_to_index"] == {"a": 0, ("b", 1): 1, 5: 2}
    assert attributes.keys() >= {"vectors", "norms", "expandos"}
    assert "stored_keys" not in attributes
    assert attributes_of(mapped).keys() == attributes.keys()


def test_mapped_vectors_are_themselves_after_a_change_that_fails(tmp_path, monkeypatch):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b"], np.eye(2))
    kv.set_vecattr("a", "count", 7)
    kv.save(tmp_path / "kv")
    kv = KeyedVectors.load(tmp_path / "kv", mmap="r")

    def fail():
        _ = kv.index_to_key  # it reads all keys, and then there is no memory
        raise MemoryError

    monkeypatch.setattr(kv, "allocate_vecattrs", fail)
    with pytest.raises(MemoryError):
        kv.restrict(["b"])
    monkeypatch.undo()
    assert kv.index_to_key == ["a", "b"]
    assert kv.key_to_index == {"a": 0, "b": 1}
    kv.restrict(["b"])
    assert kv.index_to_key == ["b"]
    assert kv["b"].tolist() == [0, 1]


class Text(str):
    """Equal to a text, and of another class."""

    __slots__ = ()


def test_a_key_is_looked_up_by_what_it_is_equal_to(mapped, tmp_path):
    assert mapped.get_index(Text("a")) == 0 and Text("b") not in mapped
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b"], np.ones((2, 2)))
    kv.save(tmp_path / "texts")
    found = KeyedVectors.load(tmp_path / "texts", mmap="r")
    assert found.get_index(Text("b")) == 1 and Text("c") not in found


def test_fewer_keys_than_vectors_of_a_mapped_file_are_an_error_when_they_are_read(mapped, tmp_path):
    header, keys, arrays = native.read(tmp_path / "kv", None)
    header = {name: part for name, part in header.items() if name not in ("format", "version")}
    native.write(tmp_path / "few", header, keys[:-1], arrays)
    with pytest.raises(FormatError, match="few: 3 vectors for 2 keys"):
        KeyedVectors.load(tmp_path / "few", mmap="r").index_to_key  # noqa: B018
    with pytest.raises(FormatError, match="few: "):
        KeyedVectors.load(tmp_path / "few")


class Lenient(KeyedVectors):
    def __getattr__(self, name):
        if name == "made_up":
            return 7
        raise AttributeError(name)


def test_mapped_vectors_are_of_their_class_whatever_it_looks_up(mapped, tmp_path):
    mapped.save(tmp_path / "again")
    for cls in (KeyedVectors, Lenient):
        found = cls.load(tmp_path / "again", mmap="r")
        assert isinstance(found, cls)
        assert type(found).__name__ == cls.__name__
        with pytest.raises(AttributeError, match="no_such"):
            _ = found.no_such
        assert getattr(found, "made_up", None) == (7 if cls is Lenient else None)
        assert not has_read_keys(found)
        assert 5 in found
        assert type(found) is cls
    assert Lenient.load(tmp_path / "again", mmap="r").key_to_index["a"] == 0


@pytest.mark.parametrize(
    "twin_of",
    [copy.copy, copy.deepcopy, lambda kv: pickle.loads(pickle.dumps(kv)), lambda kv: kv],
    ids=["copy", "deepcopy", "pickle", "save"],
)
def test_copies_and_files_of_mapped_vectors_have_the_keys(mapped, tmp_path, twin_of):
    twin = twin_of(mapped)
    twin.save(tmp_path / "again")
    assert KeyedVectors.load(tmp_path / "again").index_to_key == ["a", ("b", 1), 5]
    assert twin.most_similar("a", topn=1) == mapped.most_similar("a", topn=1)


def test_a_model_with_mapped_vectors_is_saved(tmp_path):
    model = Word2Vec([["a", "b"]] * 5, vector_size=2, min_count=1, workers=1)
    model.wv.save(tmp_path / "kv")
    model.wv = KeyedVectors.load(tmp_path / "kv", mmap="r")
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").wv.index_to_key == model.wv.index_to_key


def test_damaged_keys_of_a_mapped_file_are_an_error_when_they_are_read(mapped, tmp_path):
    data = (tmp_path / "kv").read_bytes()
    (tmp_path / "bad").write_bytes(data.replace(b'["a",{', b'["c",{'))
    broken = KeyedVectors.load(tmp_path / "bad", mmap="r")
    with pytest.raises(FormatError, match=r"bad: keys\.json: damaged"):
        broken.index_to_key  # noqa: B018
    with pytest.raises(FormatError, match=r"bad: keys\.json: damaged"):
        "a" in broken  # noqa: B015
    with pytest.raises(FormatError, match=r"keys\.json: damaged"):
        KeyedVectors.load(tmp_path / "bad", mmap="r", verify=True)


def test_a_mapped_file_that_was_changed_in_place_gives_no_keys(mapped, tmp_path):
    with (tmp_path / "kv").open("r+b") as file:
        file.truncate(10)
    with pytest.raises(OSError, match="changed in place"):
        mapped.index_to_key  # noqa: B018


def test_names_that_are_none_keep_their_errors(mapped):
    with pytest.raises(AttributeError, match="nothing"):
        mapped.nothing  # noqa: B018
    with pytest.raises(AttributeError, match="key_to_index"):
        mapped.vocab  # noqa: B018


# ---- some keys only ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["native", "gensim", "safetensors", "compressed", "open"])
def test_some_keys_are_loaded_with_their_rows(form, tmp_path, caplog):
    kv = KeyedVectors(3)
    kv.add_vectors([f"w{i}" for i in range(50)], np.arange(150, dtype=np.float32).reshape(50, 3))
    for i in range(50):
        kv.set_vecattr(f"w{i}", "count", 100 + i)
    path = tmp_path / ("kv.gz" if form == "compressed" else "kv")
    kv.save(path, format=form if form in ("gensim", "safetensors") else "native")
    source = path.open("rb") if form == "open" else path
    found = KeyedVectors.load(source, keys=["w7", "none", "w3", 3])
    assert found.index_to_key == ["w3", "w7"]
    assert found.key_to_index == {"w3": 0, "w7": 1}
    assert found.vectors.tolist() == [[9, 10, 11], [21, 22, 23]]
    assert type(found.vectors) is np.ndarray and found.vectors.flags.writeable
    assert found.expandos["count"].tolist() == [103, 107]
    assert "2 of the keys wanted are not in" in caplog.text
    if form == "open":
        source.close()


def test_keys_to_load_are_several_and_not_mapped(tmp_path):
    KeyedVectors(2).save(tmp_path / "kv")
    with pytest.raises(ValueError, match="maps all rows"):
        KeyedVectors.load(tmp_path / "kv", mmap="r", keys=["a"])
    with pytest.raises(TypeError, match="keys must be a collection of keys, got 'ab'"):
        KeyedVectors.load(tmp_path / "kv", keys="ab")
    for odd in (b"ab", 3, 1.5, [["a"]], [{}]):
        with pytest.raises(TypeError, match="keys must be a collection of keys, "):
            KeyedVectors.load(tmp_path / "kv", keys=odd)
        with pytest.raises(TypeError, match="keys must be a collection of keys, "):
            KeyedVectors.load_word2vec_format(tmp_path / "kv", keys=odd)


@pytest.mark.parametrize("form", ["native", "gensim", "safetensors"])
@pytest.mark.parametrize("dtype", ["c8", "?", "O", "U1", "M8[s]", "masked"])
def test_vectors_that_no_load_would_give_back_are_not_saved(form, dtype, tmp_path):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b"], np.ones((2, 2)))
    kv.vectors = (
        np.ma.masked_array(kv.vectors, [[True, False], [False, False]])
        if dtype == "masked"
        else kv.vectors.astype(np.int64).astype(dtype)
    )
    with pytest.raises(ValueError, match="vectors must be an array of real numbers, got"):
        kv.save(tmp_path / "kv", format=form)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["native", "gensim", "safetensors"])
def test_vectors_of_a_class_derived_from_arrays_are_saved(form, tmp_path):
    class Rows(np.ndarray):
        pass

    for derived in (np.matrix, Rows):
        kv = KeyedVectors(2)
        kv.add_vectors(["a", "b"], np.array([[1, 2], [3, 4]]))
        kv.vectors = kv.vectors.view(derived)
        kv.save(tmp_path / "kv", format=form)
        assert KeyedVectors.load_any(tmp_path / "kv").vectors.tolist() == [[1, 2], [3, 4]]
