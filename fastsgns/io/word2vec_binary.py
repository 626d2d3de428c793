"""Engine room: reading word2vec.c's binary format.

After the header come the words: each is its bytes, one space, then vector_size little-endian
float32. word2vec.c ends a vector with a newline, gensim does not; both are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn, cast

import numpy as np

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

    def blocks(self) -> Iterator[Block]:
        """Yield (words, matrix) until all words are read; see `VectorReader.blocks`."""
        n_left = n_all = cast(int, self.n_words)
        while n_left:
            block = self._take(n_left)
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

    def _take(self, n_most: int) -> Block | None:
        """Take the whole records at the head of the buffer out of it; None when there are none."""
        buffer, n_passed = self._source.buffer, self._source.n_passed
        row_nbytes = 4 * self.vector_size
        words: list[bytes] = []
        starts: list[int] = []  # of the vectors
        begin = 0
        while len(words) < n_most:
            space = buffer.find(b" ", begin, begin + MAX_WORD_NBYTES)
            start = space + 1
            if space < 0 or start + row_nbytes > len(buffer):
                if space < 0 and len(buffer) - begin >= MAX_WORD_NBYTES:
                    raise FormatError(
                        f"{self.name}: no space ends the word at byte {n_passed + begin} "
                        f"within {MAX_WORD_NBYTES} bytes. Is this the binary format?"
                    )
                break
            words.append(buffer[begin:space])
            starts.append(start)
            begin = start + row_nbytes
        if not words:
            return None

        source = memoryview(buffer)
        gathered = bytearray(len(words) * row_nbytes)
        for i, start in enumerate(starts):
            gathered[i * row_nbytes : (i + 1) * row_nbytes] = source[start : start + row_nbytes]
        rows = np.frombuffer(gathered, dtype="<f4").reshape(len(words), self.vector_size)
        with np.errstate(over="ignore"):  # told below
            rows = rows.astype(self.dtype, copy=False)
        self._refuse_not_finite(rows, lambda i: f"byte {n_passed + starts[i]}")
        texts = self._decoded(
            [word.lstrip(b"\n") for word in words],
            lambda i: f"word at byte {n_passed + starts[i] - 1 - len(words[i])}",
        )
        self._source.pass_(begin)
        return texts, rows
