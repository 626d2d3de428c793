"""Engine room: reading word2vec.c's binary format.

After the header come the words: each is its bytes, one space, then vector_size little-endian
float32. word2vec.c ends a vector with a newline, gensim does not; both are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np

from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.vector_reader import MAX_WORD_NBYTES, Block, VectorReader


class BinaryReader(VectorReader):
    """A file of words and vectors in the binary format."""

    def _least_nbytes(self, n_words: int) -> int:
        return n_words * (1 + 4 * self.vector_size)

    def blocks(self) -> Iterator[Block]:
        """Yield (words, matrix) until all words are read; see `VectorReader.blocks`."""
        n_left = n_all = cast(int, self.n_words)
        while n_left:
            block = self._take(n_left)
            if block is not None:
                n_left -= len(block[0])
                yield block
            elif not self._more():
                raise TruncatedFileError(
                    f"{self.path}: unexpected end of input at byte "
                    f"{self._n_passed + len(self._buffer)}, {n_left} of {n_all} words are missing"
                )

    def _take(self, n_most: int) -> Block | None:
        """Take the whole records at the head of the buffer out of it; None when there are none."""
        buffer = self._buffer
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
                        f"{self.path}: no space ends the word at byte {self._n_passed + begin} "
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
        n_passed = self._n_passed
        self._refuse_nan(rows, lambda i: f"byte {n_passed + starts[i]}")
        texts = self._decoded(
            [word.lstrip(b"\n") for word in words],
            lambda i: f"word at byte {n_passed + starts[i] - 1 - len(words[i])}",
        )
        self._pass(begin)
        return texts, rows.astype(self.dtype, copy=False)
