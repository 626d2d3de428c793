"""The native file: everything comes back, nothing in it is executed, nothing in it is believed."""

import gc
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

import fastsgns
from fastsgns.io import native, zip_members
from fastsgns.io.errors import FormatError

KEYS = ["a", "b", 3, None, b"x", ("a", 1), 1.5, True, "ü", "\ud800"]


def example():
    rng = np.random.default_rng(0)
    return {
        "vectors": rng.standard_normal((10, 7)).astype(np.float32),
        "counts": np.arange(10),
        "empty": np.zeros((0, 5), np.float32),
        "fortran": np.asfortranarray(rng.standard_normal((3, 4))),
        "big_endian": np.arange(5, dtype=">i4"),
        "text": np.array(["ab", "c"]),
        "flags": np.array([True, False]),
        "scalar": np.array(5.0),
    }


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.kv"
    native.write(path, {"class": "Example", "parameters": {"window": 5}}, KEYS, example())
    return path


def same(arrays):
    assert set(arrays) == set(example())
    for name, array in example().items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert np.array_equal(arrays[name], array)


def test_everything_comes_back(path):
    header, keys, arrays = native.read(path)
    assert header["class"] == "Example"
    assert header["parameters"] == {"window": 5}
    assert keys == KEYS
    assert [type(key) for key in keys] == [type(key) for key in KEYS]
    same(arrays)
    arrays["vectors"][0] = 0  # one's own, to be changed


def test_it_is_an_npz_that_numpy_reads_without_pickle(path):
    with np.load(path, allow_pickle=False) as archive:
        assert np.array_equal(archive["vectors"], example()["vectors"])
    assert zipfile.ZipFile(path).testzip() is None


def test_data_is_aligned_for_mapping(path):
    data = path.read_bytes()
    for name, array in example().items():
        if array.size > 4:
            at = data.index(array.tobytes(order="A"))
            assert at % native.ALIGNMENT == 0, name


@pytest.mark.parametrize("mode", ["r", "c"])
def test_mapped_arrays_are_equal_and_written_to_as_the_mode_says(path, mode):
    arrays = native.read(path, mmap=mode).arrays
    same(arrays)
    assert isinstance(arrays["vectors"], np.memmap)
    assert arrays["vectors"].flags.writeable == (mode != "r")
    if mode != "r":
        arrays["counts"][0] = 77
        del arrays
        same(native.read(path).arrays)


def test_an_unknown_mmap_mode_is_named(path):
    for mode in ("w", "r+"):
        with pytest.raises(ValueError, match="mmap must be None, 'r' or 'c'"):
            native.read(path, mmap=mode)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_compressed_files_are_read_but_not_mapped(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    native.write(path, {}, KEYS, example())
    same(native.read(path).arrays)
    with pytest.raises(OSError, match="cannot be mapped"):
        native.read(path, mmap="r")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FormatError):
        native.read(path)
    path.write_bytes(b"no such stream")
    with pytest.raises(FormatError):
        native.read(path)


def test_a_file_object_is_written_to_from_where_it_stands(tmp_path, path):
    target = io.BytesIO()
    target.write(b"before")
    native.write(target, {}, KEYS, example())
    assert target.getvalue()[:6] == b"before"
    (tmp_path / "b").write_bytes(target.getvalue()[6:])
    same(native.read(tmp_path / "b").arrays)


@pytest.mark.parametrize(
    ("header", "keys", "arrays", "named"),
    [
        ({}, [], {"objects": np.array([{}, 1], dtype=object)}, "objects"),
        ({}, ["a", object()], {}, "key 1"),
        ({"a": object()}, [], {}, "header"),
    ],
)
def test_what_has_no_place_is_named_and_the_old_file_kept(path, header, keys, arrays, named):
    before = path.read_bytes()
    with pytest.raises(TypeError, match=named):
        native.write(path, header, keys, arrays)
    assert path.read_bytes() == before


def test_a_file_cut_off_anywhere_is_a_format_error(path):
    data = path.read_bytes()
    for length in {0, 1, 3, 4, 100, *range(0, len(data), 97), len(data) - 1}:
        path.write_bytes(data[:length])
        with pytest.raises(FormatError, match=re.escape(str(path))):
            native.read(path)


def test_no_changed_byte_goes_unseen_or_raises_anything_else(path):
    """A byte of the file, changed, is found out, or is one that says nothing (padding, dates)."""
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    n_found = 0
    for place in rng.permutation(len(data))[:1000].tolist():
        changed = bytearray(data)
        changed[place] ^= int(rng.integers(1, 256))
        path.write_bytes(changed)
        try:
            header, keys, arrays = native.read(path)
        except FormatError:
            n_found += 1
        else:
            assert keys == KEYS
            assert header["class"] == "Example"
            assert all(
                np.array_equal(arrays[name], a) for name, a in example().items() if name in arrays
            )
    assert n_found > 300


def npy(header, data=b"", version=b"\x01\x00"):
    text = header.encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data


def zipped(path, members, compression=zipfile.ZIP_STORED, names=None):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


GOOD = {
    "header.json": json.dumps({"format": "fastsgns", "version": 2}),
    "keys.json": "[]",
}


def array_of(descr, shape, n_bytes=0):
    """Give the bytes of an .npy file that says so of itself."""
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}}}"
    return npy(header, b"\0" * n_bytes)


BAD_HEADERS = [
    "{", "[]", "{}", '{"format": "other", "version": 2}', '{"format": "fastsgns", "version": 3}',
    '{"format": "fastsgns"}', b"\xff\xfe", "[" * 100_000, "1" * 10_000,
]  # fmt: skip
BAD_KEYS = [
    "5", '[{"=object": 1}]', "[[]]", '[{"=tuple": ' * 5000 + "[]" + "}]" * 5000,
]  # fmt: skip
BAD_ARRAYS = [
    b"",
    b"\x93NUMPY",
    npy("{}"),
    npy("__import__('os').system('echo hostile')"),
    npy("(" * 5000),
    npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}", version=b"\x09\x00"),
    array_of("|O", (1,), 8),
    array_of([("a", "O")], (0,)),
    array_of("|V8", (1,), 8),
    array_of("<f4", (2,), 4),
    array_of("<f4", (1,), 8),
    array_of("<f4", (2**62, 2**62)),
    array_of("<f4", (2**62, 4)),
    array_of("<f4", (-1, -1), 4),
    array_of("<f4", "x"),
]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"header.json": GOOD["header.json"]},
        {"keys.json": "[]"},
        *({**GOOD, "header.json": bad} for bad in BAD_HEADERS),
        *({**GOOD, "keys.json": bad} for bad in BAD_KEYS),
        *({**GOOD, "a.npy": bad} for bad in BAD_ARRAYS),
    ],
    ids=range(31),
)
def test_malformed_members_are_format_errors(tmp_path, members):
    path = tmp_path / "a"
    zipped(path, members)
    with pytest.raises(FormatError, match=re.escape(str(path))):
        native.read(path)


def test_compressed_members_are_refused(tmp_path):
    zipped(tmp_path / "a", GOOD, zipfile.ZIP_DEFLATED)
    with pytest.raises(FormatError, match="must be stored"):
        native.read(tmp_path / "a")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        for _ in range(2):
            archive.writestr("header.json", GOOD["header.json"])
    with pytest.raises(FormatError, match="twice"):
        native.read(tmp_path / "a")


def test_a_directory_that_promises_more_than_the_file_holds_is_refused_before_allocating(tmp_path):
    """The sizes of a member are raised to 1 GB in the directory and in the array's header."""
    n = 1 << 28
    path = tmp_path / "a"
    data = npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({n},)}}", b"\0" * 64)
    zipped(path, {**GOOD, "a.npy": data})
    changed = path.read_bytes().replace(
        struct.pack("<I", len(data)), struct.pack("<I", 4 * n + len(data) - 64)
    )
    path.write_bytes(changed)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            native.read(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_members_that_overlap_are_refused(tmp_path):
    """Many directory entries for the same bytes would ask for many times the file's size."""
    data = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (100000,)}", bytes(100_000))
    crc = zlib.crc32(data)
    body = io.BytesIO()
    offsets = []
    for name, member in [*((k, v.encode()) for k, v in GOOD.items()), ("0.npy", data)]:
        offsets.append(body.tell())
        head = (20, 0, 0, 0, 0x21, zlib.crc32(member), len(member), len(member), len(name), 0)
        body.write(b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", *head) + name.encode() + member)
    start = body.tell()
    entries = [(k, v.encode(), o) for (k, v), o in zip(GOOD.items(), offsets, strict=False)]
    entries += [(f"{i}.npy", data, offsets[2]) for i in range(50)]
    for name, member, offset in entries:
        sizes = (crc if member is data else zlib.crc32(member), len(member), len(member))
        body.write(
            b"PK\x01\x02"
            + struct.pack(
                "<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 0x21, *sizes, len(name), 0, 0, 0, 0, 0, offset
            )
            + name.encode()
        )
    end = (0, 0, len(entries), len(entries), body.tell() - start, start, 0)
    body.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", *end))
    (tmp_path / "a").write_bytes(body.getvalue())
    with pytest.raises(FormatError):
        native.read(tmp_path / "a")


@pytest.mark.parametrize("what", ["header", "keys", "array"])
def test_a_changed_bit_in_the_data_is_found_by_its_checksum(path, what):
    data = bytearray(path.read_bytes())
    needle = {
        "header": b"parameters",
        "keys": b"\xc3\xbc",
        "array": example()["vectors"].tobytes(),
    }[what]
    data[data.index(needle)] ^= 1
    path.write_bytes(data)
    with pytest.raises(FormatError, match="checksum"):
        native.read(path)


def moved(path, member, offset):
    """Point the directory's entry for a member elsewhere."""
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    while data[entry + 46 : entry + 46 + len(member)] != member:
        entry = data.index(b"PK\x01\x02", entry + 4)
    data[entry + 42 : entry + 46] = struct.pack("<I", offset)
    path.write_bytes(data)


def test_members_that_are_elsewhere_are_refused(path):
    good = path.read_bytes()
    for offset in (1, len(good) - 40, len(good) - 10):
        path.write_bytes(good)
        moved(path, b"header.json", offset)
        with pytest.raises(FormatError, match=re.escape(str(path))):
            native.read(path)
    # The local header of the last member, but longer than what is left of the file.
    path.write_bytes(good)
    moved(path, b"vectors.npy", good.rindex(b"PK\x03\x04"))
    with pytest.raises(FormatError, match=re.escape(str(path))):
        native.read(path)


def test_bytes_missing_in_front_are_refused(path):
    """The directory is whole, but everything is nearer to the beginning than it says."""
    path.write_bytes(b"PK\x03\x04" + path.read_bytes()[200:])
    with pytest.raises(FormatError, match=re.escape(str(path))):
        native.read(path)


def test_a_file_is_known_by_its_beginning(tmp_path, path):
    assert native.is_native(path)
    (tmp_path / "other").write_bytes(b"\x80\x04")
    assert not native.is_native(tmp_path / "other")


WRITER = """
import sys
import numpy as np
from fastsgns.keyedvectors import KeyedVectors
kv = KeyedVectors(50)
kv.add_vectors([str(i) for i in range(20_000)], np.full((20_000, 50), 2, np.float32))
print("ready", flush=True)
while True:
    kv.save(sys.argv[1])
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new(tmp_path):
    """SIGKILL at ten random instants while one file is written over and over."""
    path = tmp_path / "vectors.kv"
    kv = fastsgns.KeyedVectors(50)
    kv.add_vectors([str(i) for i in range(1000)], np.full((1000, 50), 1, np.float32))
    kv.save(path)
    rng = np.random.default_rng()
    root = Path(fastsgns.__file__).parent.parent
    for _ in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(root)},
        ) as writer:
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(float(rng.uniform(0, 0.15)))
            writer.send_signal(signal.SIGKILL)
        loaded = fastsgns.KeyedVectors.load(path)
        assert (len(loaded), loaded.vectors[0, 0]) in {(1000, 1), (20_000, 2)}
        assert (loaded.vectors == loaded.vectors[0, 0]).all()


@pytest.mark.parametrize("where", ["add", "close"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError(28, "full")])
def test_what_interrupts_writing_is_what_is_raised(where, error, tmp_path, monkeypatch, recwarn):
    """And not that the zip file cannot be closed; the old file stays, and nothing beside it."""
    path = tmp_path / "file"
    native.write(path, {}, ["old"], {})
    before = path.read_bytes()
    original = getattr(zip_members.Writer, where)

    def interrupted(*args, **options):
        original(*args, **options)
        raise error

    monkeypatch.setattr(zip_members.Writer, where, interrupted)
    with pytest.raises(error if isinstance(error, type) else type(error)):
        native.write(path, {}, ["new"], {"a": np.zeros(3)})
    gc.collect()
    assert not recwarn.list
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
