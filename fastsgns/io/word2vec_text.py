"""Engine room: reading word2vec.c's text format.

After the header (which GloVe's files lack) comes a line a word: the word, and vector_size values
with one space before each. The last vector_size fields are the vector, so that the word may hold
spaces itself ("New York", ". . ." of GloVe's 840B).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import recognition
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.number_text import parse_rows
from fastsgns.io.vector_reader import MAX_VECTOR_SIZE, MAX_WORD_NBYTES, Block, VectorReader, logger


class TextReader(VectorReader):
    """A file of words and vectors in the text format."""

    _is_limited = True  # without a header, all lines are words
    _all_have_more = True  # numbers than the header says

    def _least_nbytes(self, n_words: int) -> int:
        # An empty word, a space and a digit a value, a newline, which the last line may do without.
        return max(n_words * (1 + 2 * self.vector_size) - 1, 0)

    def _check_format(self) -> None:
        # What is binary is no text in its first line, or soon after, which has the place.
        if recognition.is_binary(self._first_rows(), self.vector_size):
            self._hint = ". It looks like the binary format: binary=True reads that"

    def _measure_first_line(self) -> None:
        line = self._source.look_at_line(MAX_WORD_NBYTES + 64 * MAX_VECTOR_SIZE).rstrip()
        if not line:
            raise FormatError(f"{self.name}: line 1 is empty, a word and its vector must be there")
        if self._source.buffer.startswith(recognition.BOM):
            logger.warning(
                "%s begins with a byte order mark, which is now part of its first word; "
                "encoding='utf-8-sig' takes it away",
                self.name,
            )
        # A word may end with a number (". . 5"), but hardly that of most lines.
        lines = self._source.buffer.rpartition(b"\n")[0].split(b"\n")
        sizes = Counter(map(recognition.n_values, filter(bytes.strip, lines)))
        most = max(sizes.values(), default=0)
        self.vector_size = max(
            (size for size, n in sizes.items() if n == most),
            default=recognition.n_values(line),
        )
        if not self.vector_size:
            self.vector_size = line.count(b" ")
            self._hint = recognition.hint(self._source.buffer)

    def blocks(self) -> Iterator[Block]:
        """Yield (words, matrix) until all words are read; see `VectorReader.blocks`."""
        n_left = self.n_words if self.n_words is not None else self.limit
        for lines in self._line_blocks():
            surplus: list[bytes] = []
            if n_left is not None:
                surplus = lines[n_left:]
                del lines[n_left:]
                n_left -= len(lines)
            if lines:
                yield self._parse(lines)
                self._n_lines += len(lines)
            if n_left == 0:
                if not self._is_limited:
                    self._refuse_wrong_size()
                    self._check_end(surplus)
                return
        if self.n_words and n_left:
            raise TruncatedFileError(
                f"{self.name}: unexpected end of input after line {self._n_lines}, "
                f"{n_left} of {self.n_words} words are missing{self._hint}"
            )

    def _refuse_wrong_size(self) -> None:
        """Raise FormatError when all lines have more numbers than the header says."""
        if self.n_words and self._all_have_more:
            raise FormatError(
                f"{self.name}: line 1 announces vectors of {self.vector_size} values, but more"
                " numbers follow the word in every line: is line 1 right?"
            )

    def _check_end(self, surplus: list[bytes]) -> None:
        """Look at what follows the last word: the lines at hand, or what comes next."""
        rest = b"".join(line + b"\n" for line in surplus)
        if not rest.strip():
            rest += self._first_rows()
        begin = rest.lstrip()
        number = self._n_lines + 1 + rest.count(b"\n", 0, len(rest) - len(begin))
        is_row = recognition.is_row(begin.partition(b"\n")[0], self.vector_size)
        self._refuse_surplus(begin, f"line {number}", is_row=is_row)

    def _line_blocks(self) -> Iterator[list[bytes]]:
        """Yield lists of whole lines, about a chunk each, until the end of the file."""
        max_line = MAX_WORD_NBYTES + 64 * self.vector_size
        source = self._source
        while True:
            # Blank lines are kept for the next block: at the end of the file they say nothing.
            len_text = len(source.buffer.rstrip())
            end = source.buffer.find(b"\n", len_text) + 1 if len_text else 0
            end = end or source.buffer.rfind(b"\n", 0, len_text) + 1
            if 2 * end < source.chunk_size or not end:
                if not end and len(source.buffer) > max_line:
                    raise FormatError(
                        f"{self.name}: line {self._n_lines + 1} is longer than {max_line} bytes"
                        f"{self._hint}"
                    )
                if source.more():
                    continue
                break
            lines = source.buffer[: end - 1].split(b"\n")
            source.pass_(end)
            yield lines
        lines = source.buffer.split(b"\n")
        source.pass_(len(source.buffer))
        while lines and not lines[-1].strip():  # blank lines at the end of the file say nothing
            lines.pop()
        yield lines

    def _line(self, i: int) -> str:
        """Name the place of line i of those that are being parsed."""
        return f"line {self._n_lines + 1 + i}"

    def _parse(self, lines: list[bytes]) -> Block:
        parts = list(map(self._split, lines))
        numbers = [part[1] for part in parts]
        words = self._decoded([part[0] for part in parts], self._line)
        with np.errstate(over="ignore"):  # told below
            rows = self._parse_fast(numbers)
            if rows is None:
                rows = self._parse_line_by_line(numbers)
            rows = rows.astype(self.dtype, copy=False)
        self._refuse_not_finite(rows, self._line)
        return words, rows

    def _split(self, line: bytes) -> tuple[bytes, bytes]:
        """Return the word of a line, and its values."""
        line = line.rstrip()
        if line.count(b" ") == self.vector_size:  # nearly always
            word, _, numbers = line.partition(b" ")
            self._all_have_more = False
            return word, numbers
        word = line.rsplit(b" ", self.vector_size)[0]
        self._all_have_more &= recognition.ends_with_number(word)
        return word, line[len(word) + 1 :]

    def _parse_fast(self, numbers: list[bytes]) -> NDArray[Any] | None:
        """Parse the values of many lines in one call; None when any is out of the ordinary."""
        dtype = np.float32 if self.dtype == np.float32 else np.float64
        return parse_rows(numbers, self.vector_size, dtype)

    def _parse_line_by_line(self, numbers: list[bytes]) -> NDArray[Any]:
        rows = np.empty((len(numbers), self.vector_size))
        for i, text in enumerate(self._decoded(numbers, self._line)):
            values = text.split(" ") if self.vector_size else []
            # differs from gensim: a row of one value is not stretched to all of them.
            if len(values) != self.vector_size or "" in values:
                n_given = sum(map(bool, values))
                raise FormatError(
                    f"{self.name}: {self._line(i)}: {self.vector_size} values must follow the "
                    f"word, one space before each, got {n_given}"
                    f"{self._hint or '. Is this the text format?'}"
                )
            try:
                rows[i] = [float(value) for value in values]
            except ValueError as error:
                raise FormatError(
                    f"{self.name}: {self._line(i)}: {error!s:.200}{self._hint}"
                ) from None
        return rows
