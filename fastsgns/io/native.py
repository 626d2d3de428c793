"""Engine room: the native file: header, keys and arrays in one uncompressed zip, without pickle.

    header.json   {"format": "fastsgns", "version": 1, ...}
    keys.json     the keys in order; str as they are, others as {"int": 5} (see json_values.py)
    NAME.npy      one array each, its data at a multiple of 64 bytes, so that it can be mapped

The file is an .npz too: ``numpy.load(path, allow_pickle=False)[NAME]`` reads an array.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, BinaryIO, Literal, NamedTuple, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from fastsgns.io import json_values
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.files import (
    Source,
    as_path,
    compression_of,
    is_url,
    name_of,
    open_binary,
    replacing,
)

FORMAT = "fastsgns"
VERSION = 1
ALIGNMENT = 64
MAGIC = b"PK\x03\x04"

MmapMode = Literal["r", "c"]

_LOCAL_HEADER_NBYTES = 30
_ZIP64_EXTRA_NBYTES = 20
_PADDING_ID = 0xFA57  # an extra field that no zip program knows is skipped by all of them
_COPY_NBYTES = 1 << 22
_MAX_NPY_HEADER_NBYTES = 10_000


class NativeFile(NamedTuple):
    """What a native file holds."""

    header: dict[str, Any]
    keys: list[Any]
    arrays: dict[str, NDArray[Any]]


# ---------------------------------------------------------------- writing


def write(
    target: str | os.PathLike[str] | IO[bytes],
    header: Mapping[str, Any],
    keys: Sequence[Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write a native file.

    Parameters
    ----------
    target : str, path or binary file
        A file of that name is replaced when all is on the disk; a suffix such as .gz compresses
        (then nothing can be mapped). A binary file is written to from where it stands.
    header : mapping
        What JSON can say. ``format`` and ``version`` are added.
    keys : sequence
        Of str, int, float, bool, bytes, None, and tuples of these.
    arrays : mapping of str to ndarray
        Of numbers, bool or fixed-length text; no objects.

    Raises
    ------
    TypeError
        A key, a header value or an array that the format has no place for, named. Nothing is
        written then.
    """
    full_header = {"format": FORMAT, "version": VERSION, **header}
    members = {"header.json": _json_bytes(full_header, "header")}
    members["keys.json"] = _json_bytes(json_values.encode_keys(keys), "keys")
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"array {name!r} holds objects, only numbers and text can be saved")
    with contextlib.ExitStack() as stack:
        to_path = isinstance(target, (str, os.PathLike))
        file: Any = stack.enter_context(replacing(target)) if to_path else target  # type: ignore[arg-type]
        if to_path and not compression_of(target) and not is_url(target):  # type: ignore[arg-type]
            _write_members(file, members, arrays)
            return
        # zipfile goes back and forth from the start of its file. A codec cannot, and a file that
        # was handed in need not stand there.
        spool = stack.enter_context(tempfile.TemporaryFile())
        _write_members(cast(BinaryIO, spool), members, arrays)
        spool.seek(0)
        shutil.copyfileobj(spool, file, _COPY_NBYTES)


def _json_bytes(value: Any, what: str) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise TypeError(f"the {what} cannot be written as JSON: {error}") from error
    return text.encode("utf-8", "surrogatepass")


def _write_members(
    file: BinaryIO, members: Mapping[str, bytes], arrays: Mapping[str, NDArray[Any]]
) -> None:
    position = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy")
            position = archive.start_dir
            taken = _LOCAL_HEADER_NBYTES + _ZIP64_EXTRA_NBYTES + len(info.filename.encode()) + 4
            n_padding = -(position + taken) % ALIGNMENT
            info.extra = struct.pack("<HH", _PADDING_ID, n_padding) + bytes(n_padding)
            with archive.open(info, "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


# ---------------------------------------------------------------- reading


def begin_of(source: Source, n_bytes: int = len(MAGIC)) -> bytes:
    """Return the first bytes of a file, by which its format is told; an open one is rewound."""
    if isinstance(source, (str, os.PathLike)):
        with open_binary(source) as file:
            return file.read(n_bytes)
    begin = source.read(n_bytes)
    source.seek(0)
    return begin


def is_native(source: Source) -> bool:
    """Say whether the file begins as a native one does."""
    return begin_of(source) == MAGIC


def read(
    path: Source, mmap: str | None = None, wanted: Callable[[str], bool] | None = None
) -> NativeFile:
    """Read a native file. Nothing in it is ever executed, and no size in it is believed unchecked.

    Parameters
    ----------
    path : str, path or binary file
        A binary file is read from its begin, and must be able to seek.
    mmap : {None, "r", "c"}
        Map the arrays into memory instead of reading them: read-only, or copied where written to.
        The checksums of what is mapped are not compared, and no mode writes to the file, for its
        checksums would no longer be right.
    wanted : callable, optional
        Says of the name of an array whether to read it. By default all are read.

    Raises
    ------
    FormatError
        The file is not one of ours, or damaged, with the member concerned.
    TruncatedFileError
        It ends early.
    OSError
        `mmap` of a compressed or open file.
    """
    if mmap not in (None, "r", "c"):
        raise ValueError(f"mmap must be None, 'r' or 'c', got {mmap!r}")
    if not isinstance(path, (str, os.PathLike)):
        if mmap is not None:
            raise OSError("an open file cannot be mapped; give its path, or use mmap=None")
        return _Reader(name_of(path), cast(BinaryIO, path), None).read(wanted)
    if compression_of(path) or is_url(path):
        if mmap is not None:
            raise OSError(f"{path}: what is compressed or remote cannot be mapped; use mmap=None")
        with tempfile.TemporaryFile() as spool, open_binary(path) as file:
            _decompress(path, file, cast(IO[bytes], spool))
            return _Reader(path, cast(BinaryIO, spool), None).read(wanted)
    with as_path(path).open("rb") as file:
        return _Reader(path, file, cast(MmapMode | None, mmap)).read(wanted)


def _decompress(path: object, source: BinaryIO, target: IO[bytes]) -> None:
    while True:
        try:
            chunk = source.read(_COPY_NBYTES)
        except EOFError as error:
            raise TruncatedFileError(f"{path}: the compressed stream is cut off") from error
        except Exception as error:
            if getattr(error, "errno", None) is not None:
                raise
            raise FormatError(f"{path}: cannot be decompressed: {error}") from error
        if not chunk:
            return
        target.write(chunk)


class _Reader:
    def __init__(self, path: str | os.PathLike[str], file: BinaryIO, mmap: MmapMode | None) -> None:
        self.path = path
        self.file = file
        self.mmap: MmapMode | None = mmap
        self.n_bytes = file.seek(0, os.SEEK_END)

    def read(self, wanted: Callable[[str], bool] | None) -> NativeFile:
        members = self._members()
        header = self._json(members, "header.json")
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise FormatError(f"{self.path}: header.json: not a file of {FORMAT}")
        if header.get("version") != VERSION:
            raise FormatError(
                f"{self.path}: header.json: version {header.get('version')!r}, "
                f"this program reads {VERSION}"
            )
        try:
            keys = json_values.decode_keys(self._json(members, "keys.json"))
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{self.path}: keys.json: {error}") from error
        arrays = {
            name.removesuffix(".npy"): self._array(info)
            for name, info in members.items()
            if name.endswith(".npy") and (wanted is None or wanted(name.removesuffix(".npy")))
        }
        return NativeFile(header, keys, arrays)

    def _members(self) -> dict[str, zipfile.ZipInfo]:
        self.file.seek(0)
        begin = self.file.read(len(MAGIC))
        if begin != MAGIC:
            if len(begin) < len(MAGIC):
                raise TruncatedFileError(f"{self.path}: ends after {len(begin)} bytes")
            raise FormatError(f"{self.path}: not a file of {FORMAT}, it begins with {begin!r}")
        try:
            with zipfile.ZipFile(self.file) as archive:
                infos = archive.infolist()
        except (
            zipfile.BadZipFile,
            ValueError,
            NotImplementedError,
            struct.error,
            OSError,
        ) as error:
            raise TruncatedFileError(
                f"{self.path}: no directory at its end, byte {self.n_bytes}: "
                f"cut off or damaged ({error})"
            ) from error
        members = {info.filename: info for info in infos}
        if len(members) != len(infos):
            raise FormatError(f"{self.path}: a member is there twice")
        for info in infos:
            if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
                raise FormatError(f"{self.path}: {info.filename}: must be stored, not compressed")
        # Members that overlap could ask for more memory than the file is long.
        if sum(info.file_size for info in infos) > self.n_bytes:
            raise TruncatedFileError(
                f"{self.path}: its members are longer than its {self.n_bytes} bytes"
            )
        return members

    def _start_of(self, info: zipfile.ZipInfo) -> int:
        """Return where the data of a member begins, leaving the file there."""
        if info.header_offset < 0:
            raise FormatError(f"{self.path}: {info.filename}: at byte {info.header_offset}")
        self.file.seek(info.header_offset)
        fixed = self.file.read(_LOCAL_HEADER_NBYTES)
        if len(fixed) < _LOCAL_HEADER_NBYTES or not fixed.startswith(MAGIC):
            raise FormatError(
                f"{self.path}: {info.filename}: no member at byte {info.header_offset}"
            )
        len_name, len_extra = struct.unpack("<HH", fixed[26:30])
        start: int = info.header_offset + _LOCAL_HEADER_NBYTES + len_name + len_extra
        if start + info.file_size > self.n_bytes:
            raise TruncatedFileError(
                f"{self.path}: {info.filename}: needs bytes {start} to {start + info.file_size}, "
                f"the file has {self.n_bytes}"
            )
        self.file.seek(start)
        return start

    def _json(self, members: Mapping[str, zipfile.ZipInfo], name: str) -> Any:
        if name not in members:
            raise FormatError(f"{self.path}: {name} is missing")
        info = members[name]
        self._start_of(info)
        data = self.file.read(info.file_size)
        self._check_crc(info, zlib.crc32(data))
        try:
            return json.loads(data.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{self.path}: {name}: {error}") from error

    def _check_crc(self, info: zipfile.ZipInfo, crc: int) -> None:
        if crc != info.CRC:
            raise FormatError(
                f"{self.path}: {info.filename}: damaged, "
                f"checksum {crc:08x} instead of {info.CRC:08x}"
            )

    def _array(self, info: zipfile.ZipInfo) -> NDArray[Any]:
        start = self._start_of(info)
        head = self.file.read(min(info.file_size, _MAX_NPY_HEADER_NBYTES))
        shape, fortran, dtype, len_head = self._npy_header(info, head)
        n_items = 1
        for length in shape:
            n_items *= length
        # Python's integers do not overflow: the product is compared before anything is allocated.
        if n_items * dtype.itemsize != info.file_size - len_head:
            raise FormatError(
                f"{self.path}: {info.filename}: {shape} of {dtype} take "
                f"{n_items * dtype.itemsize} bytes, {info.file_size - len_head} are there"
            )
        order: Literal["F", "C"] = "F" if fortran else "C"
        if self.mmap is not None and n_items and shape:
            return np.memmap(  # of this very file: another may have its name by now
                self.file,
                dtype=dtype,
                mode=self.mmap,
                offset=start + len_head,
                shape=shape,
                order=order,
            )
        self.file.seek(start + len_head)
        flat = np.empty(n_items, dtype=dtype)
        view = (
            memoryview(cast(Any, flat.view(np.uint8)))
            if n_items and dtype.itemsize
            else memoryview(b"")
        )
        crc = zlib.crc32(head[:len_head])
        # Piece by piece, so that the checksum finds the bytes still in the cache.
        for begin in range(0, len(view), _COPY_NBYTES):
            piece = view[begin : begin + _COPY_NBYTES]
            if self.file.readinto(piece) != len(piece):  # type: ignore[attr-defined]
                raise TruncatedFileError(f"{self.path}: {info.filename}: the file ends early")
            crc = zlib.crc32(piece, crc)
        self._check_crc(info, crc)
        return flat.reshape(shape, order=order)

    def _npy_header(
        self, info: zipfile.ZipInfo, head: bytes
    ) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
        stream = io.BytesIO(head)
        try:
            version = npy.read_magic(stream)
            read_header = {
                (1, 0): npy.read_array_header_1_0,
                (2, 0): npy.read_array_header_2_0,
            }[version]
            shape, fortran, dtype = read_header(stream, max_header_size=_MAX_NPY_HEADER_NBYTES)
        except Exception as error:  # NumPy parses what it is given in many ways
            raise FormatError(f"{self.path}: {info.filename}: no array header: {error}") from error
        if dtype.hasobject or dtype.kind not in "biufcSU" or any(length < 0 for length in shape):
            raise FormatError(
                f"{self.path}: {info.filename}: array of {dtype} {shape} is not admitted"
            )
        return shape, fortran, dtype, stream.tell()
