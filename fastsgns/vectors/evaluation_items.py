"""Engine room: what files ask of word vectors, as numbers of rows.

Each class takes what is in a file, some lines at a time. Of these stay the rows of known words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors.asked_words import AskedWords
from fastsgns.vectors.relations import DistinctPairs

#: The others tell a word's partner if a relation has so many pairs at most: each is looked for by
#: a regression on all of them.
MOST_RELATED = 2000

# Questions that are answered at a time.
_QUESTIONS = 1 << 14

Rows = NDArray[np.int64]
IsRight = Callable[[Rows], NDArray[np.bool_]]


class _Column:
    """Numbers that come one after the other, `most` at most; what does not come takes no memory."""

    def __init__(self, most: int, width: int, dtype: type[np.generic] = np.int32) -> None:
        self._values: NDArray[Any] = np.empty((most, width) if width > 1 else most, dtype)
        self._n = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Put numbers behind the others."""
        self._values[self._n : self._n + len(values)] = values
        self._n += len(values)

    def __call__(self) -> NDArray[Any]:
        """Return what has come."""
        return self._values[: self._n]


class Similarities:
    """Pairs of words with a score.

    Parameters
    ----------
    asked : AskedWords
    total : int
        So many there are.
    """

    def __init__(self, asked: AskedWords, total: int) -> None:
        self.total = total
        self._asked = asked
        self._rows = _Column(total, 2)
        self._scores = _Column(total, 1, np.float64)

    def add(self, pairs: Sequence[tuple[str, str, float]]) -> None:
        """Take pairs in."""
        scores = np.array([score for _, _, score in pairs])

        def take(rows: NDArray[np.int32]) -> None:
            both = rows.reshape(-1, 2)
            known = (both >= 0).all(axis=1)
            self._rows.extend(both[known])
            self._scores.extend(scores[known])

        _ask_by_spellings(self._asked, [word for pair in pairs for word in pair[:2]], take)

    def handed_over(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return rows (n, 2) and scores (n,) of the pairs of known words, and keep them no more."""
        found = self._rows(), self._scores()
        del self._rows, self._scores
        return found


class Categories:
    """Words with a category.

    Parameters
    ----------
    asked : AskedWords
    total : int
        So many there are.
    """

    def __init__(self, asked: AskedWords, total: int) -> None:
        self.total = total
        self._asked = asked
        self._names: dict[str, int] = {}
        self._rows = _Column(total, 1)
        self._categories = _Column(total, 1)

    def add(self, words: Sequence[str], categories: Sequence[str]) -> None:
        """Take words in."""
        numbers = _numbered(categories, self._names)

        def take(rows: NDArray[np.int32]) -> None:
            self._rows.extend(rows[rows >= 0])
            self._categories.extend(numbers[rows >= 0])

        _ask_by_spellings(self._asked, words, take)

    def known(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the row and the number of the category of each known word."""
        return self._rows(), self._categories()


class Outliers:
    """Words that belong together, and some of which each one does not.

    Parameters
    ----------
    asked : AskedWords
    n_cluster, total : int
        So many belong together, and so many do not.
    """

    def __init__(self, asked: AskedWords, n_cluster: int, total: int) -> None:
        self.total = total
        self._asked = asked
        self._cluster = _Column(n_cluster, 1)
        self._outliers = _Column(total, 1)

    def add(self, words: Sequence[str], *, are_outliers: bool) -> None:
        """Take words in."""
        into = self._outliers if are_outliers else self._cluster
        _ask_by_spellings(self._asked, words, lambda rows: into.extend(rows[rows >= 0]))

    def known(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the rows of the cluster, and those of the outliers."""
        return self._cluster(), self._outliers()


class Block(NamedTuple):
    """Analogies of known words.

    Attributes
    ----------
    section : int32 ndarray, shape (m,)
        Its number.
    rows : int64 ndarray, shape (m, 3)
        a is to b as c is to what is asked for.
    is_right : callable
        Of rows that are found, (m, k): which of them are answers.
    """

    section: NDArray[np.int32]
    rows: Rows
    is_right: IsRight


class Related(NamedTuple):
    """The pairs of a section that has fewer of them than questions.

    Attributes
    ----------
    total : int
        With those of unknown words.
    rows : int64 ndarray, shape (m, 2)
        The known ones.
    is_right : callable
        As of `Block`, of what answers their first words.
    """

    total: int
    rows: Rows
    is_right: IsRight


class Questions:
    """Analogies of four words, in sections.

    Parameters
    ----------
    asked : AskedWords
    total : int
        So many there are.
    """

    def __init__(self, asked: AskedWords, total: int) -> None:
        self.total = total
        self._asked = asked
        self._names: dict[str, int] = {}
        self._totals = np.zeros(0, np.int64)
        self._rows = _Column(total, 4)
        self._section = _Column(total, 1)
        self._distinct = DistinctPairs()
        self._n_pairs = np.zeros(0, np.int64)
        self._pairs = _Column(2 * total, 2)
        self._section_of_pair = _Column(2 * total, 1)

    @property
    def sections(self) -> Collection[str]:
        """Return their names."""
        return self._names.keys()

    @property
    def totals(self) -> NDArray[np.int64]:
        """Return the number of questions of each section, with those of unknown words."""
        return self._totals

    def add(self, questions: Sequence[Sequence[str]]) -> None:
        """Take questions in: a section and four words each."""
        numbers = _numbered([question[0] for question in questions], self._names)
        words = [word for question in questions for word in question[1:]]
        self._totals = self._counted(self._totals, numbers)
        of_pairs = np.repeat(numbers, 2)
        pairs = list(zip(words[::2], words[1::2], strict=True))
        self._n_pairs = self._counted(self._n_pairs, of_pairs[:0])
        few = np.flatnonzero(self._n_pairs[of_pairs] <= MOST_RELATED)
        places = few[self._distinct.new(of_pairs[few].tolist(), [pairs[i] for i in few.tolist()])]
        of_pairs = of_pairs[places]
        self._n_pairs = self._counted(self._n_pairs, of_pairs)

        def take(rows: NDArray[np.int32]) -> None:
            four, two = rows.reshape(-1, 4), rows.reshape(-1, 2)[places]
            known = (four >= 0).all(axis=1)
            self._rows.extend(four[known])
            self._section.extend(numbers[known])
            known = (two >= 0).all(axis=1)
            self._pairs.extend(two[known])
            self._section_of_pair.extend(of_pairs[known])

        self._asked.ask(words, take)

    def _counted(self, counts: NDArray[np.int64], numbers: NDArray[np.int32]) -> NDArray[np.int64]:
        found: NDArray[np.int64] = np.bincount(numbers, minlength=len(self._names))
        found[: len(counts)] += counts
        return found

    def blocks(self) -> Iterator[Block]:
        """Yield those of known words."""
        rows, section = self._rows(), self._section()
        for begin in range(0, len(rows), _QUESTIONS):
            some = rows[begin : begin + _QUESTIONS].astype(np.int64)
            yield Block(section[begin : begin + _QUESTIONS], some[:, :3], _only(some[:, 3]))

    def related(self) -> Iterator[Related]:
        """Yield the pairs of each section that has more questions than pairs."""
        pairs, section = self._pairs(), self._section_of_pair()
        order = np.argsort(section, kind="stable")
        ends = np.searchsorted(section[order], np.arange(len(self._names)), "right")
        has_few = (self._n_pairs < self._totals) & (self._n_pairs <= MOST_RELATED)
        for number in np.flatnonzero(has_few).tolist():
            begin = ends[number - 1] if number else 0
            some = pairs[order[begin : ends[number]]].astype(np.int64)
            yield Related(int(self._n_pairs[number]), some, _only(some[:, 1]))


class Relation:
    """Pairs of which each two ask a question, a section of its own.

    Parameters
    ----------
    asked : AskedWords
    section : str
    pairs : list of (str, list of str)
        A word, and those of which each is an answer.
    """

    def __init__(
        self, asked: AskedWords, section: str, pairs: Sequence[tuple[str, list[str]]]
    ) -> None:
        self.sections = [section]
        self.total = len(pairs) * (len(pairs) - 1)
        lengths = [1 + len(answers) for _, answers in pairs]
        # Of a pair that is there twice, the answers count that are asked for last.
        told = {(word, answers[0]): i for i, (word, answers) in enumerate(pairs)}
        for i in (*range(len(pairs))[-1:], *range(len(pairs) - 1)):
            told[pairs[i][0], pairs[i][1][0]] = i
        self._distinct = list(told.values())
        self._rows: list[NDArray[np.int32]] = []

        def take(rows: NDArray[np.int32]) -> None:
            self._rows = np.split(rows, np.cumsum(lengths)[:-1])

        asked.ask([word for one, answers in pairs for word in (one, *answers)], take)

    @property
    def totals(self) -> NDArray[np.int64]:
        """Return the number of questions, with those of unknown words."""
        return np.array([self.total], np.int64)

    def blocks(self) -> Iterator[Block]:
        """Yield the questions of known words."""
        first = [rows[:2] for rows in self._rows]
        begins = [i for i, rows in enumerate(first) if (rows >= 0).all()]
        ends = np.array([i for i, rows in enumerate(self._rows) if _is_known(rows)], np.int64)
        if not begins:
            return
        asked = np.array([first[i] for i in begins], np.int64)
        sources = np.array([rows[0] for rows in self._rows], np.int64)
        step = max(1, _QUESTIONS // len(ends))
        for begin in range(0, len(begins), step):
            a, c = np.meshgrid(np.arange(len(begins))[begin : begin + step], ends, indexing="ij")
            is_two = np.array(begins)[a] != c
            a, c = a[is_two], c[is_two]
            rows = np.column_stack([asked[a], sources[c]])
            yield Block(np.zeros(len(rows), np.int32), rows, self._any_of(c))

    def related(self) -> Iterator[Related]:
        """Yield the pairs, if they are fewer than the questions."""
        if len(self._distinct) >= self.total:
            return
        known = [i for i in self._distinct if _is_known(self._rows[i])]
        pairs = [
            (rows[0], rows[1:][rows[1:] >= 0][0]) for rows in map(self._rows.__getitem__, known)
        ]
        rows = np.array(pairs, np.int64).reshape(-1, 2)
        yield Related(len(self._distinct), rows, self._any_of(np.array(known, np.int64)))

    def _any_of(self, asked: Rows) -> IsRight:
        """Return what says which rows are an answer to the pairs of these numbers."""
        answers = [(i << 32) + rows[1:][rows[1:] >= 0].astype(np.int64)
                   for i, rows in enumerate(self._rows)]  # fmt: skip
        right = np.concatenate(answers)

        def is_right(found: Rows) -> NDArray[np.bool_]:
            return np.isin((asked[:, np.newaxis] << 32) + found, right) & (found >= 0)

        return is_right


Items = Similarities | Categories | Outliers | Questions | Relation


def _is_known(rows: NDArray[np.int32]) -> bool:
    """Say whether a word is known, and one of the answers behind it."""
    return bool(rows[0] >= 0 and (rows[1:] >= 0).any())


def _only(answers: Rows) -> IsRight:
    return lambda found: found == answers[:, np.newaxis]


def _ask_by_spellings(
    asked: AskedWords, words: Sequence[str], then: Callable[[NDArray[np.int32]], None]
) -> None:
    """Ask for words as they are or, if none is known, with underscores between their parts."""
    n = len(words)
    spelled = [*words, *(word.replace(" ", "_") for word in words)]
    asked.ask(spelled, lambda rows: then(np.where(rows[:n] >= 0, rows[:n], rows[n:])))


def _numbered(names: Sequence[str], numbers: dict[str, int]) -> NDArray[np.int32]:
    """Return the number of each name, and give new ones one."""
    found = [numbers.setdefault(name, len(numbers)) for name in names]
    return np.array(found, np.int32)
