"""Engine room: the words that questions ask for, and their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import count, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import _checks

#: So many different words wait, at most, until they are looked up among all keys.
_MOST_WAITING = 1 << 16
#: And so many characters of words that `ask` has been given.
_MOST_CHARACTERS = 1 << 20

_TEXT = frozenset({str})


class KnownWords(NamedTuple):
    """The words of some questions that are known, spelled as they are compared.

    Attributes
    ----------
    rows : dict of str to int
        The row of each; of variants in case, the first row's.
    case_insensitive : bool
        They are compared in upper case.
    first_rows : int32 ndarray, shape (n,), or None
        For each row the first one of its word if questions use it, or else the row; -1 for a key
        that is no word. None: each row stands for itself.
    """

    rows: dict[str, int]
    case_insensitive: bool
    first_rows: NDArray[np.int32] | None

    def spelled(self, text: str) -> str:
        """Return a text as its words are compared."""
        return spelled(text, self.case_insensitive)


def spelled(text: str, case_insensitive: bool) -> str:
    """Return a text as its words are compared."""
    return text.upper() if case_insensitive else text


class AskedWords:
    """The rows of words: of a file that asks for millions, only these stay in memory.

    Of all other keys nothing is kept: 300,000 of them in upper case, with their dict, would be
    38 MB. So words wait for others, and are looked up together.

    Parameters
    ----------
    keys : sequence
        The keys of the rows that questions are about.
    case_insensitive : bool
        Compare in upper case; of variants, the first row counts.
    """

    def __init__(self, keys: Sequence[Any], case_insensitive: bool) -> None:
        self.case_insensitive = case_insensitive
        self._keys = keys
        self._are_all_words = not case_insensitive or _checks.are_of(keys, _TEXT)
        self._rows: dict[str, int] = {}
        self._variants: list[tuple[int, str]] = []
        self._wait_for_words()

    def _wait_for_words(self) -> None:
        self._waiting: defaultdict[str, int] = defaultdict(count().__next__)
        self._numbers: list[NDArray[np.int32]] = []
        self._told: list[tuple[Callable[[NDArray[np.int32]], None], NDArray[np.int32]]] = []
        self._n_characters = 0

    def rows_of(self, words: Iterable[str], n: int) -> NDArray[np.int32]:
        """Return the rows of `n` words, spelled as they are compared; -1 for unknown ones.

        They are there when `look_up` has been called.
        """
        rows = np.fromiter(map(self._waiting.__getitem__, words), np.int32, n)
        self._numbers.append(rows)
        if len(self._waiting) > _MOST_WAITING:
            self.look_up()
        return rows

    def ask(self, words: Sequence[str], then: Callable[[NDArray[np.int32]], None]) -> None:
        """Call `then` with the rows of words, spelled as files have them, when they are looked up.

        Words of small files wait for those of others.
        """
        rows = self.rows_of([spelled(word, self.case_insensitive) for word in words], len(words))
        self._told.append((then, rows))
        self._n_characters += sum(map(len, words))
        if self._n_characters > _MOST_CHARACTERS:
            self.look_up()

    def look_up(self) -> None:
        """Put the rows into all arrays that `rows_of` has returned, and tell who has asked."""
        self._find(self._waiting.keys() - self._rows.keys())
        found = map(self._rows.get, self._waiting, repeat(-1))
        rows = np.fromiter(found, np.int32, len(self._waiting))
        for numbers in self._numbers:
            numbers[:] = rows[numbers]
        told = self._told
        self._wait_for_words()
        for then, of_words in told:
            then(of_words)

    def _find(self, words: set[str]) -> None:
        if not words:
            return
        labels: Iterable[Any] = self._keys
        if not self._are_all_words:
            labels = (key.upper() if isinstance(key, str) else None for key in self._keys)
        elif self.case_insensitive:
            labels = map(str.upper, self._keys)
        for row, label in [(row, label) for row, label in enumerate(labels) if label in words]:
            if self._rows.setdefault(label, row) != row:
                self._variants.append((row, label))

    def known(self) -> KnownWords:
        """Return the words that were looked up and found."""
        first_rows = None
        if self._variants or not self._are_all_words:
            first_rows = np.arange(len(self._keys), dtype=np.int32)
            for row, word in self._variants:
                first_rows[row] = self._rows[word]
            if not self._are_all_words:
                is_text = np.fromiter(map(isinstance, self._keys, repeat(str)), bool)
                first_rows[~is_text] = -1
        return KnownWords(self._rows, self.case_insensitive, first_rows)
