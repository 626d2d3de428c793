"""Engine room: reading word2vec.c's text format.

After the header (which GloVe's files lack) comes a line a word: the word, and vector_size values
with one space before each. The last vector_size fields are the vector, so that the word may hold
spaces itself ("New York", ". . ." of GloVe's 840B).
"""

from __future__ import annotations

import itertools
import locale
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns import _params
from fastsgns.io import recognition
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.number_text import as_decimal
from fastsgns.io.threads import Task, Threads
from fastsgns.io.vector_reader import MAX_VECTOR_SIZE, MAX_WORD_NBYTES, Block, VectorReader, logger


class _Piece(NamedTuple):
    """Whole lines at the begin of a text, to be read into rows; so many lines came before them."""

    text: bytes
    end: int
    rows: NDArray[Any]
    n_before: int


class TextReader(VectorReader):
    """A file of words and vectors in the text format."""

    # What one thread reads and another parses: of a quarter of that, they wait for each other so
    # often that it takes a sixth more CPU time.
    CHUNK_SIZE = 1 << 20

    _rest = b""  # what is behind the last word, of what has been read

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
        most = MAX_WORD_NBYTES + 64 * line.count(b" ")
        if len(line) > most:
            raise FormatError(f"{self.name}: line 1 is longer than {most} bytes")
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

    def blocks(self, into: NDArray[Any] | None = None) -> Iterator[Block]:
        """Yield (words, matrix) until all words are read; see `VectorReader.blocks`."""
        n_left = self.n_words if self.n_words is not None else self.limit
        for block in self._parsed(self._pieces(n_left, into)):
            if n_left is not None:
                n_left -= len(block[0])
            yield block
        if self.n_words and n_left:
            raise TruncatedFileError(
                f"{self.name}: unexpected end of input after line {self._n_lines}, "
                f"{n_left} of {self.n_words} words are missing{self._hint}"
            )
        if n_left == 0 and not self._is_limited:
            self._refuse_wrong_size()
            self._check_end(self._rest)

    def _parsed(self, pieces: Iterator[_Piece]) -> Iterator[Block]:
        """Yield what pieces hold, in their order, parsed on all cores."""
        yield from map(self._parse, itertools.islice(pieces, 1))  # of a small file this is all
        n_workers = _params.available_cores()
        if n_workers == 1:
            yield from map(self._parse, pieces)
            return
        pool = Threads(n_workers, "fastsgns-read")
        waiting: deque[Task[Block]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.begin(self._parse, piece))
                if len(waiting) > 2 * n_workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _refuse_wrong_size(self) -> None:
        """Raise FormatError when all lines have more numbers than the header says."""
        if self.n_words and self._all_have_more:
            raise FormatError(
                f"{self.name}: line 1 announces vectors of {self.vector_size} values, but more"
                " numbers follow the word in every line: is line 1 right?"
            )

    def _check_end(self, rest: bytes) -> None:
        """Look at what follows the last word: the bytes at hand, or what comes next."""
        if not rest.strip():
            rest += self._first_rows()
        begin = rest.lstrip()
        number = self._n_lines + 1 + rest.count(b"\n", 0, len(rest) - len(begin))
        is_row = recognition.is_row(begin.partition(b"\n")[0], self.vector_size)
        self._refuse_surplus(begin, f"line {number}", is_row=is_row)

    def _pieces(self, n_left: int | None, into: NDArray[Any] | None) -> Iterator[_Piece]:
        """Yield whole lines, about a chunk each: all, or so many; keep what is behind them."""
        from fastsgns.io import _numbers

        if n_left == 0:
            return
        for text, end in self._texts():
            n_lines = _numbers.count_lines(text, 0, end)
            is_last = n_left is not None and n_lines >= n_left
            if is_last:
                n_lines = cast(int, n_left)
                self._rest = text[:end].split(b"\n", n_lines)[n_lines]
            if into is None:
                rows = np.empty((n_lines, self.vector_size), self.dtype)
            else:
                rows, into = into[:n_lines], into[n_lines:]
            yield _Piece(text, end, rows, self._n_lines)
            self._n_lines += n_lines
            if is_last:
                return
            if n_left is not None:
                n_left -= n_lines

    def _texts(self) -> Iterator[tuple[bytes, int]]:
        """Yield texts and where their whole lines end, about a chunk, until the end of the file."""
        max_line = MAX_WORD_NBYTES + 64 * self.vector_size
        source = self._source
        while True:
            # Blank lines are kept for the next block: at the end of the file they say nothing.
            len_text = _len_before_blanks(source.buffer)
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
            text = source.buffer  # not cut at `end`, which would be a copy
            source.pass_(end)
            yield text, end
        text = source.buffer
        source.pass_(len(text))
        end = len(text.rstrip())  # blank lines at the end of the file say nothing
        if end:
            end = text.find(b"\n", end) + 1
            yield (text, end) if end else (text + b"\n", len(text) + 1)

    def _parse(self, piece: _Piece) -> Block:
        from fastsgns.io import _numbers

        text, n_lines = piece.text, len(piece.rows)
        is_wide = self.dtype not in (np.float32, np.float64)
        rows = np.empty(piece.rows.shape, np.float64) if is_wide else piece.rows
        places = np.empty((n_lines, 2), np.int64)
        # What is beyond exact arithmetic is read by C's strtod, which keeps to the locale.
        is_plain = locale.localeconv()["decimal_point"] == "."
        n_read = begin = 0
        words: list[str] = []

        def line(i: int) -> str:
            return f"line {piece.n_before + 1 + i}"

        with np.errstate(over="ignore"):  # told below
            while n_read < n_lines:
                n = 0
                if is_plain:
                    n, begin, _ = _numbers.read_lines(
                        text, begin, piece.end, rows[n_read:], places[n_read:]
                    )
                    self._decode(text, places[n_read : n_read + n], words, line)
                    n_read += n
                if n:
                    self._all_have_more = False
                if n_read < n_lines:  # a line that is out of the ordinary
                    end = text.index(b"\n", begin)
                    word, rows[n_read] = self._parse_line(text[begin:end], line(n_read))
                    words.append(word)
                    n_read, begin = n_read + 1, end + 1
            if is_wide:
                piece.rows[...] = rows
        self._refuse_not_finite(piece.rows, line)
        return words, piece.rows

    def _parse_line(self, line: bytes, place: str) -> tuple[str, NDArray[np.float64]]:
        """Parse a line of any numbers that `as_decimal` reads."""
        line = line.rstrip()
        if line.count(b" ") == self.vector_size:
            raw, _, numbers = line.partition(b" ")
        else:
            raw = line.rsplit(b" ", self.vector_size)[0]
            numbers = line[len(raw) + 1 :]
        if not recognition.ends_with_number(raw):
            self._all_have_more = False
        both: list[str] = []
        n_raw, n_line = len(raw), len(line)
        places = np.array([(0, n_raw), (n_line - len(numbers), n_line)])
        self._decode(line, places, both, lambda _: place)
        word, text = both
        values = text.split(" ") if self.vector_size else []
        # differs from gensim: a row of one value is not stretched to all of them.
        if len(values) != self.vector_size or "" in values:
            n_given = sum(map(bool, values))
            raise FormatError(
                f"{self.name}: {place}: {self.vector_size} values must follow the "
                f"word, one space before each, got {n_given}"
                f"{self._hint or '. Is this the text format?'}"
            )
        try:
            return word, np.array(list(map(as_decimal, values)))
        except ValueError as error:
            raise FormatError(f"{self.name}: {place}: {error!s:.200}{self._hint}") from None


def _len_before_blanks(text: bytes) -> int:
    """Return the length of a text without the blanks at its end; does not copy all of it."""
    end = text[-64:]
    blanks = len(end) - len(end.rstrip())
    return len(text) - blanks if blanks < len(end) else len(text.rstrip())
