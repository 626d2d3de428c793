"""Engine room: where the ids of a corpus go while it is read: to memory, to disk, or on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.spill import Numbers32, Numbers64, SpillFile, memory_budget

if TYPE_CHECKING:
    from fastsgns.corpus._text import Encoding

#: How much is gathered before it is written to disk, in bytes.
WRITE_NBYTES = 1 << 20


class Keeper(Protocol):
    """Takes ids and sentence ends from an encoding, now and then, while it grows."""

    def take(self, encoding: Encoding) -> None:
        """Look at what is there, and empty it or not."""

    def finish(self, encoding: Encoding) -> tuple[Numbers32, Numbers64]:
        """Return all ids and, for each sentence and for the end, where it begins."""
        ...


class Memory:
    """Leaves the ids where they are."""

    def take(self, encoding: Encoding) -> None:
        """Leave all of it."""

    def finish(self, encoding: Encoding) -> tuple[Numbers32, Numbers64]:
        """Return the encoding's own memory."""
        encoding.ids.shrink()
        encoding.ends.shrink()
        return encoding.ids.array(), np.concatenate([np.zeros(1, np.int64), encoding.ends.array()])


class Disk:
    """Moves ids to a temporary file as soon as they take more than so many bytes of memory."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._files: tuple[SpillFile[np.int32], SpillFile[np.int64]] | None = None

    def take(self, encoding: Encoding) -> None:
        """Write what is there, if it is too much or there is a file by now."""
        limit = self._budget if self._files is None else WRITE_NBYTES
        if 4 * len(encoding.ids) + 8 * len(encoding.ends) > limit:
            self._write(encoding)

    def _write(self, encoding: Encoding) -> None:
        is_first = self._files is None
        if self._files is None:
            self._files = SpillFile(np.int32), SpillFile(np.int64)
            self._files[1].append(np.zeros(1, np.int64))
        for file, numbers in zip(self._files, (encoding.ids, encoding.ends), strict=True):
            file.append(numbers.array())  # type: ignore[attr-defined]
            numbers.clear()
            if is_first:
                numbers.shrink()

    def finish(self, encoding: Encoding) -> tuple[Numbers32, Numbers64]:
        """Return the arrays, wherever they are."""
        if self._files is None:
            return Memory().finish(encoding)
        self._write(encoding)
        return self._files[0].array, self._files[1].array


class Passing:
    """Keeps nothing: hands ids and ends on, and counts.

    Parameters
    ----------
    hand_on : callable, optional
        Called with the encoding (for its words), ids (int32) and ends (int64, counted from the very
        start). The arrays are its own.

    Attributes
    ----------
    n_sentences, n_raw_words, longest : int
        What there has been so far; `longest` in words.
    """

    def __init__(
        self,
        hand_on: Callable[[Encoding, NDArray[np.int32], NDArray[np.int64]], object] | None = None,
    ) -> None:
        self._hand_on = hand_on
        self.n_sentences = self.n_raw_words = self.longest = 0

    def take(self, encoding: Encoding) -> None:
        """Count what is there, hand it on, and empty the encoding."""
        if not len(encoding.ids) and not len(encoding.ends):
            return
        ends = encoding.ends.array().copy()
        if len(ends):
            lengths = np.diff(ends, prepend=self.n_raw_words)
            self.longest = max(self.longest, int(lengths.max()))
            self.n_raw_words = int(ends[-1])
            self.n_sentences += len(ends)
        if self._hand_on is not None:
            self._hand_on(encoding, encoding.ids.array().copy(), ends)
        encoding.ids.clear()
        encoding.ends.clear()

    def finish(self, encoding: Encoding) -> tuple[Numbers32, Numbers64]:
        """Hand on the rest; return an empty corpus."""
        self.take(encoding)
        return np.zeros(0, np.int32), np.zeros(1, np.int64)


def keeper_of(cache: str) -> Keeper:
    """Return who keeps a corpus with this `corpus_cache`: "auto", "memory", "disk" or "off"."""
    if cache == "memory":
        return Memory()
    if cache == "off":
        return Passing()
    return Disk(memory_budget() if cache == "auto" else 0)
