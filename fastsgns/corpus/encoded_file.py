"""Engine room: the file of an encoded corpus: the native format, its ids read where they lie."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.spill import DiskArray, Numbers32, Numbers64
from fastsgns.io import native, recognition
from fastsgns.io.errors import FormatError
from fastsgns.io.files import as_path
from fastsgns.io.interrupts import pass_on, suppressed

CLASS_NAME = "EncodedCorpus"
DTYPES = {"ids": np.int32, "offsets": np.int64, "counts": np.int64}


def write_encoded(
    path: str | os.PathLike[str],
    ids: Numbers32,
    offsets: Numbers64,
    words: Sequence[Hashable],
    counts: NDArray[np.int64],
) -> None:
    """Write words as the keys of a native file, and ids, offsets and counts as its arrays."""
    arrays: dict[str, NDArray[Any]] = {
        "counts": counts,
        "offsets": offsets.mapped() if isinstance(offsets, DiskArray) else offsets,
        "ids": ids.mapped() if isinstance(ids, DiskArray) else ids,
    }
    header = {"class": CLASS_NAME, "sentences": len(offsets) - 1, "tokens": len(ids)}
    native.write(path, header, words, arrays)


def read_encoded(
    path: str | os.PathLike[str], in_memory: bool
) -> tuple[Numbers32, Numbers64, list[Hashable], NDArray[np.int64]]:
    """Read what `write_encoded` wrote; ids and offsets stay in the file unless `in_memory`.

    A file that another one replaces meanwhile is read again: all parts are of the same one.

    Raises
    ------
    FormatError
        When the file is none, or its parts do not fit together.
    """
    while True:
        before = _identity(path)
        parts = _read_parts(path, in_memory)
        if in_memory or _identity(path) == before:
            return parts


def _identity(path: str | os.PathLike[str]) -> tuple[int, ...]:
    """Return what tells a file from one that comes to have its name; () for what is no file."""
    with suppressed(OSError):
        found = as_path(path).stat()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
    return ()


def _read_parts(
    path: str | os.PathLike[str], in_memory: bool
) -> tuple[Numbers32, Numbers64, list[Hashable], NDArray[np.int64]]:
    place = os.fspath(path)
    if not native.is_native(path):
        way_out = recognition.hint(native.begin_of(path))
        raise FormatError(f"{place}: not a file that EncodedCorpus.save() writes.{way_out}")
    try:
        header, words, arrays = native.read(path, None if in_memory else "r")
    except OSError as error:
        pass_on(error)
        if error.errno is None and not in_memory:
            error.add_note("EncodedCorpus.open(path, in_memory=True) reads it")
        raise
    if header.get("class") != CLASS_NAME:
        raise FormatError(f"{place}: holds a {header.get('class')}, not an {CLASS_NAME}")
    for name, dtype in DTYPES.items():
        if name not in arrays or arrays[name].dtype != dtype or arrays[name].ndim != 1:
            found = f"{arrays[name].dtype} {arrays[name].shape}" if name in arrays else "missing"
            raise FormatError(f"{place}: {name} must be a flat array of {dtype.__name__}, {found}")
    counts = np.array(arrays["counts"])
    if len(counts) != len(words) or counts.min(initial=0) < 0:
        raise FormatError(f"{place}: {len(words)} words must have as many counts >= 0")
    if len(set(words)) != len(words):
        raise FormatError(f"{place}: {len(words)} words, but only {len(set(words))} different ones")
    ids = _left_in_file(path, arrays["ids"], len(words))
    offsets = _left_in_file(path, arrays["offsets"], None)
    return cast(Numbers32, ids), cast(Numbers64, offsets), words, counts


def _left_in_file(path: str | os.PathLike[str], array: NDArray[Any], below: int | None) -> Any:
    """Return a mapped array as one that is read from its file; others as they are.

    What is read must be less than `below`, if that is given.
    """
    if not isinstance(array, np.memmap):
        return array
    file: Any = as_path(path).open("rb", buffering=0)
    return DiskArray(file, array.dtype.type, len(array), array.offset, below)
