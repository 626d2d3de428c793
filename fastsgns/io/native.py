"""Engine room: the native file: header, keys and arrays in one uncompressed zip, without pickle.

    header.json   {"format": "fastsgns", "version": 2, ...}
    keys.json     the keys in order; str as they are, others as json_values.py says
    keys.table    where each key is, if all are str: see key_table.py
    NAME.npy      one array each, its data at a multiple of 64 bytes, so that it can be mapped

The file is an .npz too: ``numpy.load(path, allow_pickle=False)[NAME]`` reads an array.

Version 1 is read as well: what is not str is written in another way there, see json_values_1.py.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, BinaryIO, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import _checks, json_values, key_table, npy
from fastsgns.io.errors import FormatError, TruncatedFileError, damage_of
from fastsgns.io.files import (
    Source,
    as_path,
    check_target,
    compression_of,
    is_url,
    name_of,
    open_binary,
    replacing,
    temporary_file,
    unpacked,
)
from fastsgns.io.native_json import FORMAT, VERSION, header_of, keys_of
from fastsgns.io.zip_members import Writer, members_of

ALIGNMENT = npy.ALIGNMENT_OF_DATA
MAGIC = b"PK\x03\x04"

_LOCAL_HEADER_NBYTES = 30
_COPY_NBYTES = 1 << 22

Decoded = TypeVar("Decoded")


class NativeFile(NamedTuple):
    """What a native file holds."""

    header: dict[str, Any]
    keys: list[Any]
    arrays: dict[str, NDArray[Any]]


class MappedFile(NamedTuple):
    """A native file of which only the header was read. `read_keys` raises what `read` does."""

    header: dict[str, Any]
    read_keys: Callable[[], list[Any]]
    arrays: dict[str, NDArray[Any]]
    keys_json: NDArray[np.uint8]
    keys_table: NDArray[np.uint8] | None


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
    check_target(target)
    full_header = {"format": FORMAT, "version": VERSION, **header}
    keys_json = json_values.dumps_keys(keys)
    members = {"header.json": json_values.dumps(full_header, "header"), "keys.json": keys_json}
    if (table := key_table.made_of(keys_json, len(keys))) is not None:
        members[key_table.MEMBER] = table.to_bytes()
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
        spool = stack.enter_context(temporary_file())
        _write_members(cast(BinaryIO, spool), members, arrays)
        spool.seek(0)
        shutil.copyfileobj(spool, file, _COPY_NBYTES)


def _write_members(
    file: BinaryIO, members: Mapping[str, bytes | bytearray], arrays: Mapping[str, NDArray[Any]]
) -> None:
    archive = Writer(file)
    for name, data in members.items():
        archive.add(name, lambda member, data=data: member.write(data), ALIGNMENT)  # type: ignore[misc]
    for name, array in arrays.items():
        archive.add(f"{name}.npy", lambda member, a=array: npy.write(member, a), ALIGNMENT)  # type: ignore[misc]
    archive.close()


# ---------------------------------------------------------------- reading


def begin_of(source: Source, n_bytes: int = len(MAGIC)) -> bytes:
    """Return the first bytes of a file, by which its format is told; an open one is rewound."""
    if isinstance(source, (str, os.PathLike)):
        with damage_of(source), open_binary(source) as file:
            return file.read(n_bytes)
    begin = source.read(n_bytes)
    source.seek(0)
    return begin


def is_native(source: Source) -> bool:
    """Say whether the file begins as a native one does."""
    return begin_of(source) == MAGIC


def read(
    path: Source,
    mmap: str | None = None,
    verify: bool = False,
    wanted: Callable[[str], bool] | None = None,
) -> NativeFile:
    """Read a native file. Nothing in it is ever executed, and no size in it is believed unchecked.

    Parameters
    ----------
    path : str, path or binary file
        A binary file is read from its begin, and must be able to seek.
    mmap : {None, "r", "c"}
        Map the arrays into memory instead of reading them: read-only, or copied where written to.
        No mode writes to the file, for its checksums would no longer be right.
    verify : bool, default False
        Compare the checksums of what is mapped too; those of what is read always are.
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
    if not isinstance(path, (str, os.PathLike)):
        if mmap is not None:
            raise OSError("an open file cannot be mapped; give its path, or use mmap=None")
        with damage_of(name_of(path)):
            return _Reader(name_of(path), cast(BinaryIO, path), None, verify).read(wanted)
    check_mappable(path, mmap)
    with damage_of(path), unpacked(path) as file:
        return _Reader(path, file, cast(npy.MmapMode | None, mmap), verify).read(wanted)


def map_file(
    path: str | os.PathLike[str], mmap: str, wanted: Callable[[str], bool] | None = None
) -> MappedFile:
    """Map a native file, its keys too; parameters and errors are those of `read`."""
    check_mappable(path, mmap)
    with damage_of(path), as_path(path).open("rb") as file:
        return _Reader(path, file, cast(npy.MmapMode, mmap), verify=False).map_file(wanted)


def is_mappable(source: Source) -> bool:
    """Say whether this is the path of a native file that can be mapped."""
    if not isinstance(source, (str, os.PathLike)) or compression_of(source) or is_url(source):
        return False
    return is_native(source)


def check_mappable(path: str | os.PathLike[str], mmap: str | None) -> None:
    """Raise OSError for what is compressed or remote, ValueError for what is no mode."""
    if mmap not in (None, "r", "c"):
        raise ValueError(f"mmap must be None, 'r' or 'c', got {mmap!r}")
    if mmap is not None and (compression_of(path) or is_url(path)):
        raise OSError(f"{path}: what is compressed or remote cannot be mapped; use mmap=None")


def describe(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], dict[str, npy.Header]]:
    """Return the header of a native file, and those of its arrays, of which none is read."""
    with damage_of(path), unpacked(path) as file:
        return _Reader(path, file, None, verify=False).describe()


def verify(path: Source) -> None:
    """Compare all checksums of a native file; see `fastsgns.verify`."""
    is_plain = isinstance(path, (str, os.PathLike)) and not (compression_of(path) or is_url(path))
    read(path, "r" if is_plain else None, verify=True)


class _Reader:
    def __init__(
        self, path: str | os.PathLike[str], file: BinaryIO, mmap: npy.MmapMode | None, verify: bool
    ) -> None:
        self.path = path
        self.file = file
        self.mmap: npy.MmapMode | None = mmap
        self.verify = verify
        self.n_bytes = file.seek(0, os.SEEK_END)

    def read(self, wanted: Callable[[str], bool] | None) -> NativeFile:
        members = self._members()
        header = self._json(members, "header.json", header_of)
        arrays = self._arrays(members, wanted)  # before the keys, whose dict is made next
        keys = self._json(members, "keys.json", keys_of(header))
        if self.verify:
            self._check_table(members, len(keys))
        return NativeFile(header, keys, arrays)

    def map_file(self, wanted: Callable[[str], bool] | None) -> MappedFile:
        members = self._members()
        header = self._json(members, "header.json", header_of)
        info = self._member(members, "keys.json")
        keys_json = self._mapped(info)

        def read_keys() -> list[Any]:
            npy.check_mapped(keys_json)
            with damage_of(self.path):
                return self._loaded(info, keys_json.tobytes(), keys_of(header))

        table = members.get(key_table.MEMBER)
        keys_table = None if table is None else self._mapped(table)
        return MappedFile(header, read_keys, self._arrays(members, wanted), keys_json, keys_table)

    def _mapped(self, info: zipfile.ZipInfo) -> NDArray[np.uint8]:
        """Map all of a member."""
        whole = npy.Header((info.file_size,), "C", np.dtype(np.uint8), 0)
        mapped = npy.map_data(self.file, whole, self._start_of(info), cast(npy.MmapMode, self.mmap))
        return np.empty(0, np.uint8) if mapped is None else mapped

    def _check_table(self, members: Mapping[str, zipfile.ZipInfo], n_keys: int) -> None:
        """Compare the table of the keys with what it should be, and its checksum."""
        if key_table.MEMBER in members:
            found = self._json(members, key_table.MEMBER, bytes)
            keys_json = self._json(members, "keys.json", bytes)
            key_table.check(found, keys_json, n_keys, f"{self.path}: {key_table.MEMBER}")

    def _arrays(
        self, members: Mapping[str, zipfile.ZipInfo], wanted: Callable[[str], bool] | None
    ) -> dict[str, NDArray[Any]]:
        return {
            name.removesuffix(".npy"): self._array(info)
            for name, info in members.items()
            if name.endswith(".npy") and (wanted is None or wanted(name.removesuffix(".npy")))
        }

    def describe(self) -> tuple[dict[str, Any], dict[str, npy.Header]]:
        members = self._members()
        header = self._json(members, "header.json", header_of)
        arrays = {
            name.removesuffix(".npy"): self._array_header(info)[0]
            for name, info in members.items()
            if name.endswith(".npy")
        }
        return header, arrays

    def _members(self) -> dict[str, zipfile.ZipInfo]:
        self.file.seek(0)
        begin = self.file.read(len(MAGIC))
        if begin != MAGIC:
            if len(begin) < len(MAGIC):
                raise TruncatedFileError(f"{self.path}: ends after {len(begin)} bytes")
            raise FormatError(f"{self.path}: not a file of {FORMAT}, it begins with {begin!r}")
        members = members_of(self.file, self.path)
        infos = members.values()
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

    def _json(
        self,
        members: Mapping[str, zipfile.ZipInfo],
        name: str,
        loads: Callable[[bytes], Decoded],
    ) -> Decoded:
        info = self._member(members, name)
        self._start_of(info)
        return self._loaded(info, self.file.read(info.file_size), loads)

    def _member(self, members: Mapping[str, zipfile.ZipInfo], name: str) -> zipfile.ZipInfo:
        if name not in members:
            raise FormatError(f"{self.path}: {name} is missing")
        return members[name]

    def _loaded(
        self, info: zipfile.ZipInfo, data: bytes, loads: Callable[[bytes], Decoded]
    ) -> Decoded:
        self._check_crc(info, _checks.crc32(data))
        try:
            return loads(data)
        except ValueError as error:
            raise FormatError(f"{self.path}: {info.filename}: {error}") from error

    def _crc_at(self, start: int, n_bytes: int) -> int:
        self.file.seek(start)
        crc = 0
        while n_bytes:
            piece = self.file.read(min(n_bytes, _COPY_NBYTES))
            if not piece:
                raise TruncatedFileError(f"{self.path}: the file ends early")
            crc = _checks.crc32(piece, crc)
            n_bytes -= len(piece)
        return crc

    def _check_crc(self, info: zipfile.ZipInfo, crc: int) -> None:
        if crc != info.CRC:
            raise FormatError(
                f"{self.path}: {info.filename}: damaged, "
                f"checksum {crc:08x} instead of {info.CRC:08x}"
            )

    def _array_header(self, info: zipfile.ZipInfo) -> tuple[npy.Header, int, bytes]:
        """Return the header of an array, where its data begin, and the bytes before them."""
        start = self._start_of(info)
        head = self.file.read(min(info.file_size, npy.MAX_HEADER_NBYTES))
        header = npy.header_of(head, f"{self.path}: {info.filename}", info.file_size)
        return header, start + header.length, head[: header.length]

    def _array(self, info: zipfile.ZipInfo) -> NDArray[Any]:
        place = f"{self.path}: {info.filename}"
        header, start, head = self._array_header(info)
        if self.mmap is not None:
            mapped = npy.map_data(self.file, header, start, self.mmap)
            if mapped is not None:
                if self.verify:
                    self._check_crc(info, self._crc_at(start - header.length, info.file_size))
                return mapped
        crc = _checks.crc32(head)

        def add(piece: memoryview) -> None:
            nonlocal crc
            crc = _checks.crc32(piece, crc)

        self.file.seek(start)
        array = npy.read_data(self.file, header, place, add)
        self._check_crc(info, crc)
        return array
