"""Engine room: zip files, read within bounds, and written so that what interrupts is told."""

from __future__ import annotations

import contextlib
import os
import struct
import zipfile
from collections.abc import Iterator
from typing import IO

from fastsgns.io.errors import FormatError, TruncatedFileError

_END_NBYTES = 22
_ZIP64_END_NBYTES = 56 + 20
# An entry of 50 bytes becomes an object of 600.
_MAX_DIRECTORY_NBYTES = 2 << 20


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
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError) as error:
        raise TruncatedFileError(f"{missing} ({error})") from error
    members = {info.filename: info for info in infos}
    if len(members) != len(infos):
        raise FormatError(f"{place}: a member is there twice")
    return members


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
