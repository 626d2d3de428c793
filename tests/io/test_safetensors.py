"""Vectors as safetensors: the format's own rules, and nothing in a file is believed."""

import io
import json
import struct

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.io import safetensors
from fastsgns.io.errors import FormatError


@pytest.fixture
def kv():
    made = KeyedVectors(3)
    made.add_vectors(["a", "b c", 5], np.arange(9, dtype=np.float32).reshape(3, 3))
    made.set_vecattr("a", "count", 7)
    return made


def file_of(header, data=b"", length=None):
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return struct.pack("<Q", len(text) if length is None else length) + text + data


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_vectors_keys_and_counts_come_back(kv, tmp_path, suffix):
    path = tmp_path / f"kv.safetensors{suffix}"
    kv.save(path, format="safetensors")
    back = KeyedVectors.load(path)
    assert back.key_to_index == kv.key_to_index
    assert np.array_equal(back.vectors, kv.vectors)
    assert back.get_vecattr("a", "count") == 7
    file = io.BytesIO()
    kv.save(file, format="safetensors")
    assert KeyedVectors.load(io.BytesIO(file.getvalue())).index_to_key == kv.index_to_key


def test_they_can_be_mapped(kv, tmp_path):
    kv.save(tmp_path / "kv", format="safetensors")
    back = KeyedVectors.load(tmp_path / "kv", mmap="r")
    assert isinstance(back.vectors, np.memmap) and np.array_equal(back.vectors, kv.vectors)


def test_the_layout_is_that_of_the_format(kv, tmp_path):
    """A length, a header in JSON whose offsets follow one another, the data."""
    kv.save(tmp_path / "kv", format="safetensors")
    data = (tmp_path / "kv").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    assert header["vectors"] == {"dtype": "F32", "shape": [3, 3], "data_offsets": [0, 36]}
    assert header["expandos.count"]["dtype"] == "I64"
    assert header["expandos.count"]["data_offsets"] == [36, 60]
    assert len(data) == 8 + length + 60
    assert data[8 + length :][:36] == kv.vectors.tobytes()
    assert all(isinstance(value, str) for value in header["__metadata__"].values())


def test_others_read_what_is_written_and_it_reads_theirs(kv, tmp_path):
    theirs = pytest.importorskip("safetensors.numpy")
    kv.save(tmp_path / "kv", format="safetensors")
    assert np.array_equal(theirs.load_file(tmp_path / "kv")["vectors"], kv.vectors)
    theirs.save_file({"vectors": kv.vectors}, tmp_path / "b", {"keys": '["a","b",5]'})
    assert np.array_equal(KeyedVectors.load(tmp_path / "b").vectors, kv.vectors)


def test_what_is_open_or_compressed_cannot_be_mapped(kv, tmp_path):
    kv.save(tmp_path / "kv.gz", format="safetensors")
    with pytest.raises(OSError, match=r"kv\.gz: what is compressed or remote cannot be mapped"):
        KeyedVectors.load(tmp_path / "kv.gz", mmap="r")
    kv.save(tmp_path / "kv", format="safetensors")
    with (tmp_path / "kv").open("rb") as file, pytest.raises(OSError, match="open file"):
        KeyedVectors.load(file, mmap="r")


def test_attributes_are_left_out_that_are_to_be_ignored(kv, tmp_path):
    kv.save(tmp_path / "kv", format="safetensors", ignore=["expandos"])
    back = KeyedVectors.load(tmp_path / "kv")
    assert back.index_to_key == kv.index_to_key and back.expandos == {}


def test_what_is_no_file_is_a_type_error(kv):
    with pytest.raises(TypeError, match=r"must be given by its path, .* got 5"):
        kv.save(5, format="safetensors")


def test_more_keys_than_its_header_holds_are_an_error(kv, tmp_path, monkeypatch):
    monkeypatch.setattr(safetensors, "MAX_HEADER_NBYTES", 100)
    with pytest.raises(ValueError, match="room for 100: 3 keys are too many"):
        kv.save(tmp_path / "kv", format="safetensors")
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_place_is_an_error(kv, tmp_path):
    with pytest.raises(ValueError, match="is for vectors"):
        Word2Vec(vector_size=3).save(tmp_path / "m", format="safetensors")
    with pytest.raises(ValueError, match="written of the vectors"):
        kv.save(tmp_path / "m", format="safetensors", ignore=["vectors"])
    kv.vectors = kv.vectors.astype(complex)
    with pytest.raises(ValueError, match="must be an array of real numbers"):
        kv.save(tmp_path / "m", format="safetensors")
    kv.vectors = kv.vectors.real.astype(np.float32)
    kv.set_vecattr("a", "share", np.longdouble(1))
    with pytest.raises(TypeError, match=r"'expandos\.share' is .* which safetensors has no place"):
        kv.save(tmp_path / "m", format="safetensors")
    odd = KeyedVectors(1)
    odd.add_vectors(["\ud800"], [[1]])
    with pytest.raises(TypeError, match="no text"):
        odd.save(tmp_path / "m", format="safetensors")
    assert list(tmp_path.iterdir()) == []


KEYS = {"keys": '["a","b"]'}
VECTORS = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}


@pytest.mark.parametrize(
    "data",
    [
        file_of({"__metadata__": KEYS}),
        file_of({"vectors": VECTORS}, bytes(16)),
        file_of({"__metadata__": KEYS, "vectors": VECTORS}, bytes(15)),
        file_of({"__metadata__": KEYS, "vectors": VECTORS}, length=10**6),
        file_of({"__metadata__": KEYS, "vectors": {**VECTORS, "dtype": "F8"}}, bytes(16)),
        file_of({"__metadata__": KEYS, "vectors": {**VECTORS, "shape": [2**62, 4]}}, bytes(16)),
        file_of({"__metadata__": KEYS, "vectors": {**VECTORS, "shape": [-1, -4]}}, bytes(16)),
        file_of({"__metadata__": KEYS, "vectors": {**VECTORS, "shape": "ab"}}, bytes(16)),
        file_of({"__metadata__": KEYS, "vectors": {**VECTORS, "shape": [3, 2]}}, bytes(16)),
        file_of({"__metadata__": KEYS, "vectors": {**VECTORS, "data_offsets": [8, 24]}}, bytes(24)),
        file_of({"__metadata__": KEYS, "vectors": {**VECTORS, "data_offsets": [-8, 8]}}, bytes(24)),
        file_of({"__metadata__": KEYS, "vectors": {"dtype": "F32"}}, bytes(24)),
        file_of({"__metadata__": KEYS, "vectors": VECTORS, "more": VECTORS}, bytes(16)),
        file_of({"__metadata__": {"keys": "["}, "vectors": VECTORS}, bytes(16)),
        file_of({"__metadata__": {"keys": '["a","a"]'}, "vectors": VECTORS}, bytes(16)),
        file_of({"__metadata__": {"keys": 5}, "vectors": VECTORS}, bytes(16)),
        file_of({"__metadata__": {**KEYS}, "save": VECTORS, "vectors": VECTORS}, bytes(16)),
        file_of(b"{"),
        file_of(b"{" + b'"a":' * 10**5),
    ],
    ids=range(19),
)
def test_what_is_wrong_is_a_format_error_with_the_name(tmp_path, data):
    (tmp_path / "kv").write_bytes(data)
    for mmap in (None, "r"):
        with pytest.raises(FormatError, match="kv"):
            KeyedVectors.load(tmp_path / "kv", mmap=mmap)
    assert safetensors.begins_so(data[:9])
