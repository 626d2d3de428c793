"""Engine room: reading word2vec.c's text format.

After the header (which GloVe's files lack) comes a line a word: the word, and vector_size values
with one space before each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.number_text import parse_rows
from fastsgns.io.vector_reader import MAX_WORD_NBYTES, Block, VectorReader


class TextReader(VectorReader):
    """A file of words and vectors in the text format."""

    def _least_nbytes(self, n_words: int) -> int:
        # An empty word, a space and a digit a value, a newline, which the last line may do without.
        return max(n_words * (1 + 2 * self.vector_size) - 1, 0)

    def blocks(self) -> Iterator[Block]:
        """Yield (words, matrix) until all words are read; see `VectorReader.blocks`."""
        n_left = self.n_words if self.n_words is not None else self.limit
        for lines in self._line_blocks():
            if n_left is not None:
                del lines[n_left:]
                n_left -= len(lines)
            if lines:
                yield self._parse(lines)
                self._n_lines += len(lines)
            if n_left == 0:
                return
        if self.n_words and n_left:
            raise TruncatedFileError(
                f"{self.path}: unexpected end of input after line {self._n_lines}, "
                f"{n_left} of {self.n_words} words are missing"
            )

    def _line_blocks(self) -> Iterator[list[bytes]]:
        """Yield lists of whole lines, about a chunk each, until the end of the file."""
        max_line = MAX_WORD_NBYTES + 64 * self.vector_size
        while True:
            # Blank lines are kept for the next block: at the end of the file they say nothing.
            len_text = len(self._buffer.rstrip())
            end = self._buffer.find(b"\n", len_text) + 1 if len_text else 0
            end = end or self._buffer.rfind(b"\n", 0, len_text) + 1
            if 2 * end < self._chunk_size or not end:
                if not end and len(self._buffer) > max_line:
                    raise FormatError(
                        f"{self.path}: line {self._n_lines + 1} is longer than {max_line} bytes"
                    )
                if self._more():
                    continue
                break
            lines = self._buffer[: end - 1].split(b"\n")
            self._pass(end)
            yield lines
        lines = self._buffer.split(b"\n")
        while lines and not lines[-1].strip():  # blank lines at the end of the file say nothing
            lines.pop()
        yield lines

    def _line(self, i: int) -> str:
        """Name the place of line i of those that are being parsed."""
        return f"line {self._n_lines + 1 + i}"

    def _parse(self, lines: list[bytes]) -> Block:
        parts = [line.rstrip().partition(b" ") for line in lines]
        rows = self._parse_fast([part[2] for part in parts])
        if rows is None:
            words, rows = self._parse_line_by_line(lines)
        else:
            words = self._decoded([part[0] for part in parts], self._line)
        self._refuse_nan(rows, self._line)
        return words, rows

    def _parse_fast(self, numbers: list[bytes]) -> NDArray[Any] | None:
        """Parse the values of many lines in one call; None when any is out of the ordinary."""
        dtype = np.float32 if self.dtype == np.float32 else np.float64
        rows = parse_rows(numbers, self.vector_size, dtype)
        return None if rows is None else rows.astype(self.dtype, copy=False)

    def _parse_line_by_line(self, lines: list[bytes]) -> Block:
        rows = np.empty((len(lines), self.vector_size), dtype=self.dtype)
        words = []
        for i, text in enumerate(self._decoded([line.rstrip() for line in lines], self._line)):
            word, *values = text.split(" ")
            # differs from gensim: a row of one value is not stretched to all of them.
            if len(values) != self.vector_size:
                raise FormatError(
                    f"{self.path}: {self._line(i)}: {self.vector_size} values must follow the "
                    f"word, one space before each, got {len(values)}. Is this the text format?"
                )
            try:
                rows[i] = [float(value) for value in values]
            except ValueError as error:
                raise FormatError(f"{self.path}: {self._line(i)}: {error}") from None
            words.append(word)
        return words, rows
