"""Engine room: what the readers of word2vec.c's two formats share: buffer, header, checks."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastsgns.io.errors import FormatError, TruncatedFileError, UndecodableTextError
from fastsgns.io.files import compression_of, is_url, open_binary

# What is made of a chunk stays in the cache: 256 kB are read 1.7 times as fast as 8 MB.
CHUNK_SIZE = 1 << 18
MAX_VECTOR_SIZE = 1 << 24
MAX_WORD_NBYTES = 1 << 20
MAX_HEADER_NBYTES = 1024

Block = tuple[list[str], NDArray[Any]]


class VectorReader(ABC):
    """An open file of vectors, of which the header has been read and checked.

    Parameters
    ----------
    path : str or path
        Compressed or not, by suffix; or a URL.
    encoding, errors : str
        How words are decoded, as for `bytes.decode`.
    limit : int, optional
        Read so many words at most; None and 0 mean all.
    datatype : dtype
        Type of the vectors given out: one of the float types.
    no_header : bool
        The first line (text only) is a word already: there are as many words as lines.
    chunk_size : int
        Bytes read at a time.

    Attributes
    ----------
    n_words : int or None
        Words that will be given out; None with `no_header`.
    vector_size : int
    sizes_are_safe : bool
        The length of the file admits n_words x vector_size.

    Raises
    ------
    FormatError
        The header is none, or announces more than the file can hold.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        encoding: str = "utf8",
        errors: str = "strict",
        limit: int | None = None,
        datatype: DTypeLike = np.float32,
        no_header: bool = False,
        chunk_size: int = CHUNK_SIZE,
    ) -> None:
        if limit is not None and limit < 0:
            raise ValueError(f"limit must be >= 0 or None, got {limit}")
        if chunk_size < 1:
            raise ValueError(f"chunk_size must be >= 1, got {chunk_size}")
        self.dtype = np.dtype(datatype)
        if self.dtype.kind != "f":
            raise TypeError(f"datatype must be a float type, got {datatype!r}")
        self.path = path
        self.encoding = encoding
        self.errors = errors
        self.limit = limit or None
        self.n_words: int | None = None
        self.sizes_are_safe = False
        self._chunk_size = chunk_size
        self._file: BinaryIO = open_binary(path)
        self._buffer = b""
        self._n_passed = 0  # bytes before the buffer
        self._n_lines = 0  # lines before the buffer (text)
        try:
            if no_header:
                self._measure_first_line()
            else:
                self._read_header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """Yield (words, matrix of shape (len(words), vector_size)) until all words are read.

        Raises
        ------
        TruncatedFileError
            The file ends before the last word.
        UndecodableTextError
            A word cannot be decoded.
        FormatError
            Anything else that cannot be right, with the place.
        """

    @abstractmethod
    def _least_nbytes(self, n_words: int) -> int:
        """Return the bytes that so many words and their vectors take at least."""

    def _more(self) -> bool:
        """Read another chunk into the buffer; say whether there was one."""
        try:
            # Little at first, for small files. At least as much as there is, so that a long row is
            # not copied once a chunk.
            n_wanted = min(self._chunk_size, max(1 << 16, 4 * self._n_passed))
            chunk = self._file.read(max(n_wanted, len(self._buffer)))
        except EOFError as error:
            raise TruncatedFileError(f"{self.path}: the compressed stream is cut off") from error
        except Exception as error:
            if not compression_of(self.path) or getattr(error, "errno", None) is not None:
                raise
            raise FormatError(f"{self.path}: cannot be decompressed: {error}") from error
        self._buffer += chunk
        return bool(chunk)

    def _pass(self, n_bytes: int) -> None:
        self._buffer = self._buffer[n_bytes:]
        self._n_passed += n_bytes

    def _first_line(self, max_nbytes: int) -> bytes:
        while b"\n" not in self._buffer and len(self._buffer) <= max_nbytes and self._more():
            pass
        line = self._buffer.partition(b"\n")[0]
        if len(line) > max_nbytes:
            raise FormatError(f"{self.path}: line 1 is longer than {max_nbytes} bytes")
        return line

    def _read_header(self) -> None:
        line = self._first_line(MAX_HEADER_NBYTES)
        fields = line.split()
        if len(fields) != 2 or not all(field.isdigit() for field in fields):
            raise FormatError(
                f"{self.path}: line 1 must be two whole numbers, the words and the vector size, "
                f"got {line[:100]!r}"
            )
        n_announced, self.vector_size = int(fields[0]), int(fields[1])
        if self.vector_size > MAX_VECTOR_SIZE:
            raise FormatError(
                f"{self.path}: line 1 announces vectors of {self.vector_size} values, "
                f"at most {MAX_VECTOR_SIZE} are read"
            )
        self.n_words = min(n_announced, self.limit or n_announced)
        self._pass(min(len(line) + 1, len(self._buffer)))
        self._n_lines = 1
        self._check_size(self.n_words)

    def _check_size(self, n_words: int) -> None:
        """Compare what the header announces with the file's length, before allocating anything."""
        if is_url(self.path) or compression_of(self.path) or not self._file.seekable():
            return
        n_bytes = os.fstat(self._file.fileno()).st_size - self._n_passed
        least = self._least_nbytes(n_words)
        if least > n_bytes:
            raise TruncatedFileError(
                f"{self.path}: line 1 announces {n_words} words of {self.vector_size} values, "
                f"which take at least {least} bytes; {n_bytes} follow. "
                "Is the count wrong or the file damaged?"
            )
        self.sizes_are_safe = True

    def _measure_first_line(self) -> None:
        line = self._first_line(MAX_WORD_NBYTES + 64 * MAX_VECTOR_SIZE).rstrip()
        if not line:
            raise FormatError(f"{self.path}: line 1 is empty, a word and its vector must be there")
        self.vector_size = line.count(b" ")

    def _refuse_nan(self, rows: NDArray[Any], place_of: Callable[[int], str]) -> None:
        """Raise FormatError for a vector with NaN; `place_of` says where a row came from."""
        # The least of all numbers is NaN when one of them is, and found without a copy.
        if rows.size and np.isnan(rows.min()):
            place = place_of(int(np.flatnonzero(np.isnan(rows).any(axis=1))[0]))
            # differs from gensim: NaN is refused.
            raise FormatError(f"{self.path}: NaN in the vector at {place}")

    def _decoded(self, words: list[bytes], place_of: Callable[[int], str]) -> list[str]:
        """Decode words; `place_of` says where a word came from."""
        encoding, errors = self.encoding, self.errors
        texts: list[str] = []
        try:
            for word in words:
                texts.append(word.decode(encoding, errors))
        except UnicodeDecodeError as error:
            raise UndecodableTextError(self.path, place_of(len(texts)), error) from None
        return texts
