"""Engine room: reading word2vec.c's binary format.

After the header come the words: each is its bytes, one space, then vector_size little-endian
float32. word2vec.c ends a vector with a newline, gensim does not; both are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import recognition
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.vector_reader import MAX_WORD_NBYTES, Block, VectorReader


class BinaryReader(VectorReader):
    """A file of words and vectors in the binary format."""

    is_binary = True

    def _least_nbytes(self, n_words: int) -> int:
        return n_words * (1 + 4 * self.vector_size)

    def _measure_first_line(self) -> NoReturn:
        raise NotImplementedError("no_header only available for text-format files")

    def _check_format(self) -> None:
        if self._source.is_text:
            raise TypeError(
                f"{self.name}: the binary format is not text: open the file with mode 'rb'"
            )
        if recognition.is_text(self._first_rows(), self.vector_size):
            raise FormatError(
                f"{self.name}: line 2 is a word and its vector as text, not the binary format:"
                " binary=False reads it"
            )

    def blocks(self, into: NDArray[Any] | None = None) -> Iterator[Block]:
        """Yield (words, matrix) until all words are read; see `VectorReader.blocks`."""
        n_left = n_all = cast(int, self.n_words)
        while n_left:
            block = self._take(n_left, None if into is None else into[n_all - n_left :])
            if block is not None:
                n_left -= len(block[0])
                yield block
            elif not self._source.more():
                raise TruncatedFileError(
                    f"{self.name}: unexpected end of input at byte "
                    f"{self._source.n_passed + len(self._source.buffer)}, {n_left} of {n_all} "
                    "words are missing"
                )
        if not self._is_limited:
            self._check_end()

    def _check_end(self) -> None:
        rest = self._source.look(MAX_WORD_NBYTES + 4 * self.vector_size)
        begin = rest.lstrip(b"\r\n")
        space = begin.find(b" ")
        row = begin[space + 1 :][: 4 * self.vector_size]
        values = np.frombuffer(row[: len(row) // 4 * 4], "<f4")
        is_row = (
            space >= 0
            and len(row) == 4 * self.vector_size > 0
            and bool(np.isfinite(values).all())
            and not any(byte < 32 for byte in begin[:space])
        )
        place = f"byte {self._source.n_passed + len(rest) - len(begin)}"
        self._refuse_surplus(begin, place, is_row=is_row)

    def _take(self, n_most: int, into: NDArray[Any] | None) -> Block | None:
        """Take the whole records at the head of the buffer out of it; None when there are none."""
        from fastsgns.io import _numbers

        buffer, n_passed = self._source.buffer, self._source.n_passed
        row_nbytes = 4 * self.vector_size
        n_most = min(n_most, len(buffer) // (row_nbytes + 1))
        places = np.empty((n_most, 2), np.int64)
        rows = np.empty((n_most, self.vector_size), self.dtype) if into is None else into[:n_most]
        as_in_file = rows if self.dtype == "<f4" else np.empty(rows.shape, "<f4")
        # Not a view as it is: of rows without values there is none.
        data = as_in_file.view(np.uint8) if rows.size else np.empty((n_most, row_nbytes), np.uint8)
        n, begin = _numbers.read_records(buffer, MAX_WORD_NBYTES, data, places)
        if not n:
            end = buffer.find(b" ", 0, MAX_WORD_NBYTES)
            if end < 0 and len(buffer) >= MAX_WORD_NBYTES:
                raise FormatError(
                    f"{self.name}: no space ends the word at byte {n_passed} "
                    f"within {MAX_WORD_NBYTES} bytes. Is this the binary format?"
                )
            return None
        rows = rows[:n]
        if self.dtype != "<f4":
            with np.errstate(over="ignore"):  # told below
                rows[...] = as_in_file[:n]
        self._refuse_not_finite(rows, lambda i: f"byte {n_passed + places[i, 1] + 1}")
        words: list[str] = []
        self._decode(buffer, places[:n], words, lambda i: f"word at byte {n_passed + places[i, 0]}")
        self._source.pass_(begin)
        return words, rows
