"""Engine room: reading models of fastText, its .bin files, of which the input vectors are taken.

All numbers are little-endian, in this order (fastText's args.cc, dictionary.cc, densematrix.cc):

    magic, version                     2 int32: 793712314; 11 or 12
    dim, ws, epoch, minCount, neg,     12 int32
    wordNgrams, loss, model, bucket,
    minn, maxn, lrUpdateRate
    t                                  float64
    size, nwords, nlabels              3 int32
    ntokens, pruneidx_size             2 int64
    each of `size` entries             UTF-8, a zero byte, its count (int64), 1 for a label (int8)
    quantised                          1 byte, 0: what is 1 (.ftz) is not read
    rows, dim                          2 int64: nwords + bucket rows
    the input vectors                  float32, row by row: of the words, then of the buckets

What follows, the output vectors, is not looked at.
"""

from __future__ import annotations

import os
import struct
from typing import IO, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import npy
from fastsgns.io.errors import FormatError, TruncatedFileError, UndecodableTextError, damage_of
from fastsgns.io.files import compression_of, is_url, open_binary

MAGIC = struct.pack("<i", 793712314)

MAX_VECTOR_SIZE = 1 << 24
MAX_WORD_NBYTES = 1 << 20
#: An n-gram may have so many characters: with more, few bytes would take long.
MAX_N = 64

_HEAD = struct.Struct("<2i12id3i2q")
_ENTRY = struct.Struct("<qb")
_SHAPE = struct.Struct("<?qq")
_CHUNK_NBYTES = 1 << 20
_SUPERVISED = 3


class FastTextFile(NamedTuple):
    """What is read of a model of fastText.

    Attributes
    ----------
    words : list of str
    counts : int64 ndarray, shape (n_words,)
    matrix : float32 ndarray, shape (n_words + n_buckets, vector_size)
        The input vectors of the words, then those of the buckets that n-grams fall in.
    min_n, max_n : int
        How many characters an n-gram has.
    """

    words: list[str]
    counts: NDArray[np.int64]
    matrix: NDArray[np.float32]
    min_n: int
    max_n: int


class Head(NamedTuple):
    """What stands before the words, as far as it is needed."""

    vector_size: int
    n_buckets: int
    min_n: int
    max_n: int
    n_entries: int
    n_words: int


def is_one(begin: bytes) -> bool:
    """Say whether a file that begins so is a model of fastText."""
    return begin.startswith(MAGIC)


def read(path: str | os.PathLike[str], encoding: str = "utf-8") -> FastTextFile:
    """Read the words and the input vectors of a model of fastText.

    Raises
    ------
    FormatError
        It is none, quantised, or damaged, with the place.
    """
    place = os.fspath(path)
    with damage_of(place), open_binary(path) as file:
        is_plain = not (compression_of(path) or is_url(path))
        n_bytes = os.fstat(file.fileno()).st_size if is_plain else None
        head = read_head(file, place)
        entries = _Entries(file, place)
        words, counts = entries.words(head, encoding)
        is_quantised, n_rows, size = entries.shape()
        if is_quantised:
            raise FormatError(f"{place}: a quantised model (.ftz), of which no vectors are kept")
        if (n_rows, size) != (head.n_words + head.n_buckets, head.vector_size):
            raise FormatError(
                f"{place}: input vectors of shape ({n_rows}, {size}) for {head.n_words} words and"
                f" {head.n_buckets} buckets of {head.vector_size} numbers"
            )
        header = npy.Header((n_rows, size), "C", np.dtype("<f4"), 0)
        if n_bytes is not None and header.data_nbytes > n_bytes - entries.at:
            raise TruncatedFileError(
                f"{place}: input vectors of {header.data_nbytes} bytes at byte {entries.at}, the"
                f" file has {n_bytes}"
            )
        matrix = entries.read_matrix(header)
        if matrix.size and not (np.isfinite(matrix.min()) and np.isfinite(matrix.max())):
            row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
            raise FormatError(f"{place}: NaN or inf in input vector {row}")
        return FastTextFile(
            words, counts, matrix.astype(np.float32, copy=False), head.min_n, head.max_n
        )


def read_head(file: IO[bytes], place: str) -> Head:
    """Read what stands before the words, from the begin of a file."""
    data = file.read(_HEAD.size)
    if not is_one(data):
        raise FormatError(f"{place}: no model of fastText, it begins with {data[:4]!r}")
    if len(data) < _HEAD.size:
        raise TruncatedFileError(f"{place}: ends after {len(data)} bytes, within its settings")
    (_, version, size, _, _, _, _, _, _, model, n_buckets, min_n, max_n, _, _,
     n_entries, n_words, n_labels, _, n_pruned) = _HEAD.unpack(data)  # fmt: skip
    if version not in (11, 12):
        raise FormatError(f"{place}: version {version} of fastText's files, 11 and 12 are read")
    if version == 11 and model == _SUPERVISED:
        max_n = 0  # of that version these have none
    if max_n <= 0 or n_pruned == 0:
        min_n = max_n = 0
    fits = (
        0 <= size <= MAX_VECTOR_SIZE
        and n_buckets >= 0 <= n_words
        and n_entries == n_words + n_labels
        and n_labels >= 0 <= min_n <= max_n <= MAX_N
        and n_pruned <= 0
    )
    if not fits:
        raise FormatError(
            f"{place}: settings that cannot be: vectors of {size} numbers, {n_buckets} buckets,"
            f" n-grams of {min_n} to {max_n} characters, {n_entries} entries, {n_words} words,"
            f" {n_labels} labels, {n_pruned} n-grams kept"
        )
    return Head(size, n_buckets, min_n, max_n, n_entries, n_words)


class _Entries:
    """What comes behind the settings, read a chunk at a time."""

    def __init__(self, file: IO[bytes], place: str) -> None:
        self._file = file
        self._place = place
        self._buffer = b""
        self._used = 0
        self._n_passed = _HEAD.size

    @property
    def at(self) -> int:
        """Return the place in the file."""
        return self._n_passed + self._used

    def _more(self, what: str) -> None:
        chunk = self._file.read(_CHUNK_NBYTES)
        if not chunk:
            raise TruncatedFileError(
                f"{self._place}: ends at byte {self._n_passed + len(self._buffer)}, within {what}"
            )
        self._n_passed += self._used
        self._buffer, self._used = self._buffer[self._used :] + chunk, 0

    def words(self, head: Head, encoding: str) -> tuple[list[str], NDArray[np.int64]]:
        """Return the words, which come before the labels, and their counts."""
        words: list[str] = []
        counts: list[int] = []
        for entry in range(head.n_entries):
            what = f"entry {entry} of {head.n_entries}"
            end = self._buffer.find(b"\0", self._used)
            while end < 0 or end + _ENTRY.size >= len(self._buffer):
                if end < 0 and len(self._buffer) - self._used > MAX_WORD_NBYTES:
                    raise FormatError(
                        f"{self._place}: {what} is longer than {MAX_WORD_NBYTES} bytes"
                    )
                self._more(what)
                end = self._buffer.find(b"\0", self._used)
            count, kind = _ENTRY.unpack_from(self._buffer, end + 1)
            if kind != (entry >= head.n_words) or count < 0:
                raise FormatError(
                    f"{self._place}: byte {self.at}: {what} is of kind {kind}, with the count"
                    f" {count}; {head.n_words} words come first, then labels"
                )
            if entry < head.n_words:
                try:
                    words.append(self._buffer[self._used : end].decode(encoding))
                except UnicodeDecodeError as error:
                    raise UndecodableTextError(self._place, f"byte {self.at}", error) from None
                counts.append(count)
            self._used = end + 1 + _ENTRY.size
        if len(set(words)) < len(words):
            raise FormatError(f"{self._place}: a word is there twice")
        return words, np.array(counts, np.int64)

    def shape(self) -> tuple[bool, int, int]:
        """Return whether the input vectors are quantised, and their shape."""
        while len(self._buffer) - self._used < _SHAPE.size:
            self._more("the shape of its input vectors")
        quantised, n_rows, size = _SHAPE.unpack_from(self._buffer, self._used)
        self._used += _SHAPE.size
        return quantised, n_rows, size

    def read_matrix(self, header: npy.Header) -> NDArray[np.float32]:
        """Return the input vectors: what has been read of them, and the rest."""
        begun = self._buffer[self._used :]
        self._buffer = b""
        joined = cast("IO[bytes]", _Joined(begun, self._file))
        return npy.read_data(joined, header, f"{self._place}: input vectors")


class _Joined:
    """Bytes, and then a file."""

    def __init__(self, begun: bytes, file: IO[bytes]) -> None:
        self._begun = memoryview(begun)
        self._file = file

    def readinto(self, goal: memoryview) -> int:
        if not self._begun:
            n: int = self._file.readinto(goal)  # type: ignore[attr-defined]
            return n
        n = min(len(goal), len(self._begun))
        goal[:n] = self._begun[:n]
        self._begun = self._begun[n:]
        return n
