"""Engine room: zip files, read within bounds, and written so that what interrupts is told."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO, cast

from fastsgns.io import _checks
from fastsgns.io.errors import FormatError, TruncatedFileError, is_of_system
from fastsgns.io.interrupts import deferred

_END_NBYTES = 22
_ZIP64_END_NBYTES = 56 + 20
# An entry of 50 bytes becomes an object of 600.
_MAX_DIRECTORY_NBYTES = 2 << 20
# What zipfile raises for it.
_DAMAGE = (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError)

# What a zip file consists of (APPNOTE 4.3): headers of members, their extra fields, entries of the
# directory, its end.
_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_EXTRA = struct.Struct("<HH")
_ZIP64_SIZES = struct.Struct("<HHQQ")
_ZIP64_PLACE = struct.Struct("<HHQQQ")
_ZIP64_END = struct.Struct("<4sQHHLLQQQQ")
_ZIP64_END_PLACE = struct.Struct("<4sLQL")
_END = struct.Struct("<4sHHHHLLH")
_VERSION = 45  # of the format: zip64
_MADE_BY = 3 << 8 | _VERSION  # on Unix
_UTF_8 = 1 << 11  # names are
_DATE = 1 << 5 | 1  # the first of January 1980
_OWNER_ONLY = 0o600 << 16
_MAX_32 = 0xFFFFFFFF
_PADDING_ID = 0xFA57  # an extra field that no zip program knows is skipped by all of them


def members_of(file: IO[bytes], place: object) -> dict[str, zipfile.ZipInfo]:
    """Return the members of a zip file, by name.

    Raises
    ------
    TruncatedFileError
        There is no directory at its end.
    FormatError
        It is larger than that of any model, or names a member twice.
    """
    n_bytes = file.seek(0, os.SEEK_END)
    missing = f"{place}: no directory at its end, byte {n_bytes}: cut off or damaged"
    file.seek(max(0, n_bytes - _END_NBYTES - _ZIP64_END_NBYTES))
    tail = file.read()
    end, before = tail[-_END_NBYTES:], tail[:-_END_NBYTES]
    if len(end) < _END_NBYTES or not end.startswith(b"PK\x05\x06"):
        raise TruncatedFileError(missing)
    (size,) = struct.unpack("<I", end[12:16])
    if before.startswith(b"PK\x06\x06"):
        (size,) = struct.unpack("<Q", before[40:48])
    if size > _MAX_DIRECTORY_NBYTES:
        raise FormatError(
            f"{place}: a directory of {size} bytes, at most {_MAX_DIRECTORY_NBYTES} are read"
        )
    # What a signal's handler raises there, zipfile takes for damage or, in its __del__, loses.
    with deferred():
        handled = sys.exception()  # by a caller: none of ours
        try:
            infos = _infos_of(file)
        except _DAMAGE as error:
            for each in (error, error.__context__):  # zipfile hides the system's error in its own
                if each is not None and each is not handled and is_of_system(each):
                    raise each from None
            raise TruncatedFileError(f"{missing} ({error})") from error
    members = {info.filename: info for info in infos}
    if len(members) != len(infos):
        raise FormatError(f"{place}: a member is there twice")
    return members


def _infos_of(file: IO[bytes]) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(file) as archive:
        return archive.infolist()


@contextlib.contextmanager
def archive_in(file: IO[bytes], compression: int) -> Iterator[zipfile.ZipFile]:
    """Open a zip file to be written, and close it unless an exception gives it up.

    `with ZipFile` closes it then too, and says in place of the exception that a member is open.
    """
    archive = zipfile.ZipFile(file, "w", compression)
    try:
        yield archive
        archive.close()
    except BaseException:
        archive.fp = None
        raise


class Writer:
    """A zip file that is written, its members as they are.

    Each has the extra field of zip64 (APPNOTE 4.5.3), so that its header can be written before its
    length is known, whatever that will be.

    Parameters
    ----------
    file : binary file that can seek, at its begin
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._directory: list[bytes] = []
        self._at = 0

    def add(
        self, name: str, write: Callable[[IO[bytes]], object], alignment: int | None = None
    ) -> None:
        """Add a member that `write` writes into the file it is given, at a multiple of bytes."""
        encoded, begin = name.encode(), self._at
        extra = b""
        if alignment is not None:
            taken = _LOCAL.size + len(encoded) + _ZIP64_SIZES.size + _EXTRA.size
            n_padding = -(begin + taken) % alignment
            extra = _EXTRA.pack(_PADDING_ID, n_padding) + bytes(n_padding)
        member = _Summed(self._file)
        header = self._local(encoded, extra, member)
        self._file.write(header)
        write(cast("IO[bytes]", member))
        self._at += len(header) + member.n_bytes
        self._file.seek(begin)
        self._file.write(self._local(encoded, extra, member))
        self._file.seek(self._at)
        sizes = _ZIP64_PLACE.pack(1, 24, member.n_bytes, member.n_bytes, begin)
        central = _CENTRAL.pack(
            b"PK\1\2", _MADE_BY, _VERSION, _UTF_8, 0, 0, _DATE, member.crc, _MAX_32, _MAX_32,
            len(encoded), len(sizes), 0, 0, 0, _OWNER_ONLY, _MAX_32,
        )  # fmt: skip
        self._directory.append(central + encoded + sizes)

    def _local(self, encoded: bytes, extra: bytes, member: _Summed) -> bytes:
        sizes = _ZIP64_SIZES.pack(1, 16, member.n_bytes, member.n_bytes)
        header = _LOCAL.pack(
            b"PK\3\4", _VERSION, _UTF_8, 0, 0, _DATE, member.crc, _MAX_32, _MAX_32,
            len(encoded), len(sizes) + len(extra),
        )  # fmt: skip
        return header + encoded + sizes + extra

    def close(self) -> None:
        """Write the directory. Without it the file is none."""
        directory, n, begin = b"".join(self._directory), len(self._directory), self._at
        n_bytes = len(directory)
        end = _ZIP64_END.pack(
            b"PK\6\6", _ZIP64_END.size - 12, _MADE_BY, _VERSION, 0, 0, n, n, n_bytes, begin
        )
        end += _ZIP64_END_PLACE.pack(b"PK\6\7", 0, begin + n_bytes, 1)
        end += _END.pack(b"PK\5\6", 0, 0, n, n, n_bytes, min(begin, _MAX_32), 0)
        self._file.write(directory + end)


class _Summed:
    """A file that is written to, and the length and the checksum of that."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.n_bytes = self.crc = 0

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self.crc = _checks.crc32(view, self.crc)
        self.n_bytes += len(view)
        return self._file.write(view)
