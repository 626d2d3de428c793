"""Engine room: what the readers of word2vec.c's two formats share: header, limits, checks."""

from __future__ import annotations

import logging
import operator
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastsgns._shown import shown
from fastsgns.io import recognition
from fastsgns.io.byte_source import ByteSource
from fastsgns.io.errors import FormatError, TruncatedFileError, UndecodableTextError
from fastsgns.io.number_text import are_finite

MAX_VECTOR_SIZE = 1 << 24
MAX_WORD_NBYTES = 1 << 20

# What is looked at to tell binary from text, beside a row or two.
_LOOK_NBYTES = 1 << 12

logger = logging.getLogger("fastsgns.keyedvectors")

Block = tuple[list[str], NDArray[Any]]


class VectorReader(ABC):
    """A file of vectors, of which the header has been read and checked.

    Parameters
    ----------
    source : ByteSource
        At its begin.
    encoding, errors : str
        How words are decoded, as for `bytes.decode`.
    limit : int, optional
        Read so many words at most, whatever comes after them; None and 0 mean all.
    datatype : dtype
        Type of the vectors given out: one of the float types.
    no_header : bool
        The first line (text only) is a word already: there are as many words as lines.

    Attributes
    ----------
    n_words : int or None
        Words that will be given out; None with `no_header`.
    vector_size : int
    is_binary : bool
    sizes_are_safe : bool
        The length of the file admits n_words x vector_size.

    Raises
    ------
    FormatError
        The header is none, or announces more than the file can hold.
    """

    is_binary = False

    #: Bytes of a file that are read at a time. What is made of them stays in the cache: 256 kB are
    #: read 1.7 times as fast as 8 MB.
    CHUNK_SIZE = 1 << 18

    #: What might read the file, for errors.
    _hint = ""

    def __init__(
        self,
        source: ByteSource,
        *,
        encoding: str = "utf8",
        errors: str = "strict",
        limit: int | None = None,
        datatype: DTypeLike = np.float32,
        no_header: bool = False,
    ) -> None:
        self.dtype = np.dtype(datatype)
        if self.dtype.kind != "f":
            raise TypeError(f"datatype must be a float type, got {shown(datatype)}")
        self.encoding = encoding
        self.errors = errors
        self.limit = as_limit(limit)
        self.n_words: int | None = None
        self.sizes_are_safe = False
        self._source = source
        self._n_lines = 0  # lines before the buffer (text)
        self._take_byte_order_mark()
        if no_header:
            self._measure_first_line()
        else:
            self._read_header()

    @property
    def name(self) -> str:
        """What errors call the file."""
        return self._source.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._source.close()

    @abstractmethod
    def blocks(self, into: NDArray[Any] | None = None) -> Iterator[Block]:
        """Yield (words, matrix of shape (len(words), vector_size)) until all words are read.

        Parameters
        ----------
        into : ndarray of `dtype`, shape (n_words, vector_size), optional
            Overwritten: the vectors, which are views of its rows then.

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

    @abstractmethod
    def _check_format(self) -> None:
        """Raise FormatError when what follows the header is in the other format."""

    @abstractmethod
    def _measure_first_line(self) -> None:
        """Find the vector size in a file without header."""

    def _take_byte_order_mark(self) -> None:
        """Take it away, if there is one, when the encoding says so (every word would lose one)."""
        begin = self._source.look(len(recognition.BOM))
        if self._source.is_text:  # decoded by whoever opened it
            self.encoding = "utf-8"
        if self.encoding.lower().replace("_", "-") in ("utf-8-sig", "utf8-sig"):
            self.encoding = "utf-8"
            if begin == recognition.BOM:
                self._source.pass_(len(begin))

    def _read_header(self) -> None:
        line = self._source.look_at_line(recognition.MAX_HEADER_NBYTES)
        if not recognition.is_header(line):
            most = recognition.MAX_HEADER_NBYTES
            what = f"is longer than {most} bytes" if len(line) > most else ""
            raise FormatError(
                f"{self.name}: line 1 must be two whole numbers, the words and the vector size, "
                f"{what or 'got ' + shown(line)}.{recognition.hint(self._source.buffer)}"
            )
        n_announced, self.vector_size = map(int, line.split())
        if self.vector_size > MAX_VECTOR_SIZE:
            raise FormatError(
                f"{self.name}: line 1 announces vectors of {shown(self.vector_size)} values, "
                f"at most {MAX_VECTOR_SIZE} are read"
            )
        self._is_limited = self.limit is not None and self.limit <= n_announced
        self.n_words = min(n_announced, self.limit or n_announced)
        self._source.pass_(min(len(line) + 1, len(self._source.buffer)))
        self._n_lines = 1
        if self.n_words:
            self._check_format()
        self._check_size(self.n_words)

    def _first_rows(self) -> bytes:
        """Return the begin of what follows the header: a row of text, if it is text, or more."""
        return self._source.look(_LOOK_NBYTES + 32 * min(self.vector_size, 1 << 16))

    def _check_size(self, n_words: int) -> None:
        """Compare what the header announces with the file's length, before allocating anything."""
        if not self._source.is_plain_file or not self._source.file.seekable():
            return
        n_bytes = os.fstat(self._source.file.fileno()).st_size - self._source.n_passed
        least = self._least_nbytes(n_words)
        if least > n_bytes:
            raise TruncatedFileError(
                f"{self.name}: line 1 announces {shown(n_words)} words of {self.vector_size} "
                f"values, which take at least {shown(least)} bytes; {n_bytes} follow. "
                "Is the count wrong or the file damaged?"
            )
        self.sizes_are_safe = True

    def _refuse_surplus(self, begin: bytes, place: str, *, is_row: bool) -> None:
        """Say so when a file goes on behind the last word that its header announces.

        Parameters
        ----------
        begin : bytes
            What comes behind the last row; blanks say nothing.
        place : str
        is_row : bool
            It is one more row: the count is wrong, as of files that were put together.

        Raises
        ------
        FormatError
            It is something else.
        """
        if not begin.strip():
            return
        told = (
            f"{self.name}: line 1 announces {self.n_words} words, and more follows behind them, "
            f"at {place}: {shown(begin[:40])}"
        )
        if is_row or recognition.is_header(begin.partition(b"\n")[0]):
            # differs from gensim: it says nothing.
            logger.warning("%s. It is left out. Correct the count, or give limit=", told)
        else:
            raise FormatError(
                f"{told}. The file is damaged, or of another format; limit={self.n_words} reads"
                " the words before it"
            )

    def _refuse_not_finite(self, rows: NDArray[Any], place_of: Callable[[int], str]) -> None:
        """Raise FormatError for a vector with NaN or inf; `place_of` says where a row came from."""
        if are_finite(rows):
            return
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        what = "NaN" if np.isnan(rows[row]).any() else f"inf, or a number beyond {self.dtype},"
        # differs from gensim: these are refused.
        raise FormatError(f"{self.name}: {what} in the vector at {place_of(row)}")

    def _decode(
        self,
        text: bytes,
        places: NDArray[np.int64],
        words: list[str],
        place_of: Callable[[int], str],
    ) -> None:
        """Append the words at some places of a text; `place_of` says where the i-th came from."""
        from fastsgns.io import _numbers

        try:
            _numbers.decode_words(text, places, self.encoding, self.errors, words)
        except UnicodeDecodeError as error:
            raise self._undecodable(place_of(len(words)), error) from None

    def _undecodable(self, place: str, error: UnicodeDecodeError) -> UndecodableTextError:
        way_out = self._hint or ". encoding= or unicode_errors= may read it"
        return UndecodableTextError(self.name, f"{place}{way_out}", error)


def as_limit(limit: Any) -> int | None:
    """Return how many words to read at most, None for all.

    Raises
    ------
    TypeError, ValueError
    """
    if limit is None:
        return None
    try:
        number = operator.index(limit)
    except TypeError:
        raise TypeError(f"limit must be an integer >= 0 or None, got {shown(limit)}") from None
    if number < 0:
        raise ValueError(f"limit must be an integer >= 0 or None, got {shown(limit)}")
    return number or None
