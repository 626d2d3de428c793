"""Engine room: a pickle of gensim's, without what its dict of rows says again.

gensim pickles ``index_to_key``, a list, and ``key_to_index``, which has its texts again with their
places, in the same order. The unpickler makes that dict in half of the time that all takes, for it
does not know how large it will be. So the pairs between the first and the last are left out of what
it reads, where they are as they always are, and the dict is made of the list.
"""

from __future__ import annotations

import io
import mmap
import pickle
import re
import struct
from typing import IO, Any, NamedTuple, cast

from fastsgns.io import _checks

_NAME = b"key_to_index"
# The number of what was before, an empty dict, its number, the begin of its pairs.
_BEGIN = re.compile(rb"key_to_index(?:\x94|q.|r.{4})\}(?:\x94|q.|r.{4})\(", re.DOTALL)
_FIRST_NBYTES = 1 << 21
_MOST_NBYTES = 1 << 27  # 5 million keys
_MOST_NAMES = 1000  # a key may be called so too
_MIN_KEYS = 1000  # of fewer it makes no difference
_FRAME_NBYTES = 9


class Shortened(NamedTuple):
    """A pickle in which the dict has two pairs: a stream that can seek; how many there were."""

    stream: IO[bytes]
    n_keys: int


class _Joined(io.RawIOBase):
    """Parts of a file, and bytes, one behind the other."""

    def __init__(self, file: IO[bytes], parts: list[tuple[int, int] | bytes]) -> None:
        self._file = file
        self._parts = parts
        self._lengths = [len(p) if isinstance(p, bytes) else p[1] - p[0] for p in parts]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: sum(self._lengths)}[whence]
        self._at = begin + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        at = self._at
        number = 0
        while number < len(self._parts) and at >= self._lengths[number]:
            at -= self._lengths[number]
            number += 1
        if number == len(self._parts):
            return 0
        part = self._parts[number]
        view = memoryview(buffer)[: self._lengths[number] - at]
        if isinstance(part, bytes):
            view[:] = part[at : at + len(view)]
            n = len(view)
        else:
            self._file.seek(part[0] + at)
            n = cast(Any, self._file).readinto(view)
        self._at += n
        return n


def shortened(file: IO[bytes]) -> Shortened | None:
    """Return a pickle without most of the pairs of ``key_to_index``; None if they are not usual.

    Parameters
    ----------
    file : binary file that can seek
        It must stay open, and must not be read by others.
    """
    n_bytes = file.seek(0, io.SEEK_END)
    if (found := _found(file, n_bytes)) is None:
        return None
    first, last, n_keys, frame = found
    head: list[tuple[int, int] | bytes] = [(0, first)]
    if frame:
        # It ends now where the pairs are cut; what follows has none.
        begin = frame + _FRAME_NBYTES
        head = [(0, frame), pickle.FRAME + struct.pack("<Q", first - begin), (begin, first)]
    joined = _Joined(file, [*head, (last, n_bytes)])
    return Shortened(cast("IO[bytes]", io.BufferedReader(joined, 1 << 17)), n_keys)


def _found(file: IO[bytes], n_bytes: int) -> tuple[int, int, int, int] | None:
    """Return what `_pairs_in` does, and the frame around the first pair; None if that is no use."""
    n_read = min(n_bytes, _FIRST_NBYTES)
    while n_read:
        # Pages of its own: what malloc gets back of such a size, it keeps.
        with mmap.mmap(-1, n_read) as data:
            file.seek(0)
            if cast(Any, file).readinto(data) < n_read:
                return None
            if (pairs := _pairs_in(data)) is not None:
                frame = _frame_around(data, pairs[0])
                return None if frame is None or pairs[2] < _MIN_KEYS else (*pairs, frame)
        n_read = 0 if n_read in (n_bytes, _MOST_NBYTES) else min(n_bytes, 2 * n_read)
    return None


def _pairs_in(data: mmap.mmap) -> tuple[int, int, int] | None:
    """Return where the first pair ends, where the last one begins, and how many there are."""
    at = -1
    for _ in range(_MOST_NAMES):
        at = data.find(_NAME, at + 1)
        begun = _BEGIN.match(data, at) if at >= 0 else None
        found = None if begun is None else _checks.pairs_in_order(data, begun.end())
        if found is not None or at < 0:
            return found
    return None


def _frame_around(data: mmap.mmap, end: int) -> int | None:
    """Return where the frame begins that a place lies in; 0 if there are none, None if unknown."""
    at, frame = 2, 0
    while at < end:
        if data[at : at + 1] != pickle.FRAME:
            return None if frame else 0
        frame = at
        at += _FRAME_NBYTES + int.from_bytes(data[at + 1 : at + _FRAME_NBYTES], "little")
    return frame


def complete(attributes: dict[str, Any], short: Shortened) -> bool:
    """Make the dict of rows whole; False if keys and rows are not what was expected."""
    n_keys = short.n_keys
    keys, rows = attributes.get("index_to_key"), attributes.get("key_to_index")
    if type(keys) is not list or len(keys) != n_keys or type(rows) is not dict:
        return False
    if not _checks.are_of(keys, frozenset({str})) or rows != {keys[0]: 0, keys[-1]: n_keys - 1}:
        return False
    made = _checks.rows_of(keys)
    attributes["key_to_index"] = made
    return len(made) == n_keys
