"""The attributes of vectors go into a file as values, and come back as such."""

import io

import numpy as np
import pytest

from fastsgns.io import keyed_file
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
