"""Engine room: the lines of a file to judge word vectors by, and what forms they may have."""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from fastsgns.io.short_lines import blocks_in

logger = logging.getLogger("fastsgns.evaluation")

Row = list[str]

#: So many of the lines must have the form, of those that are not blank.
_ENOUGH = 0.8

#: So many lines are read before one knows whether any form is possible.
_N_FIRST = 10_000

#: Each word is compared with each category some hundred times. Battig's file has 56.
MOST_CATEGORIES = 1000

#: No form has more fields: what is behind these is the last one of a row.
_MOST_FIELDS = 5

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Text:
    """The lines of a file, stripped, without comments, as often as they are wanted."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    def __iter__(self) -> Iterator[str]:
        self._file.seek(0)
        for _, lines in blocks_in(self._file, self._path, "utf-8-sig"):
            for line in lines:
                if not line:
                    yield line
                    continue
                parts = map(str.strip, f"{line}\n".splitlines())  # at other ends of lines too
                yield from (part for part in parts if not part.startswith("#"))

    def rows(self) -> Iterator[Row]:
        """Yield the fields of each line that is not blank."""
        return map(_fields, filter(None, self))

    def questions(self) -> Iterator[Row]:
        """Yield section and words of each analogy behind ": section" lines."""
        section = ""
        for line in filter(None, self):
            if line.startswith(": "):
                section = line[2:].strip()
            elif words := _four_words(line):
                yield [section, *words]
            else:
                logger.warning("left out: %r, which is no analogy of four words", line)


def _four_words(line: str) -> Row | None:
    words = line.split(None, 4)
    return words if len(words) == 4 else None


def _fields(line: str) -> Row:
    for delimiter in ("\t", ";", ","):
        if delimiter in line:
            return [field.strip().strip('"') for field in line.split(delimiter, _MOST_FIELDS)]
    return line.split(None, _MOST_FIELDS)


def score_of(row: Row) -> float | None:
    """Return the score of two words: the first number behind them, at the third or fourth place."""
    for field in row[2:4]:
        if _NUMBER.fullmatch(field) and math.isfinite(score := float(field)):
            return score
    return None


#: The form of a row that has a score, beside its number of fields.
SCORED = -1


def forms_of(row: Row) -> tuple[int, ...]:
    """Return the number of fields of a row, and `SCORED` if it has a score."""
    return (len(row),) if score_of(row) is None else (len(row), SCORED)


class Forms:
    """How many rows have which form.

    Attributes
    ----------
    n : int
        Rows.
    n_of : Counter
        Of each form that `forms_of` tells.
    first : list of str
        The first row: it may name the columns.
    second : set of str
        The second fields where there are two, up to one more than there may be categories.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.n = 0
        self.n_of: Counter[int] = Counter()
        self.first: Row = []
        self.second: set[str] = set()
        for row in rows:
            self.count(row)

    def count(self, row: Row) -> None:
        """Count a row."""
        self.n += 1
        if self.n == 1:
            self.first = row
        for form in forms_of(row):
            self.n_of[form] += 1
        if len(row) == 2 and len(self.second) <= MOST_CATEGORIES:
            self.second.add(row[1])

    def are_most(self, n: int) -> bool:
        """Say whether so many rows are enough of all."""
        return 0 < n >= _ENOUGH * self.n

    def are_possible(self) -> bool:
        """Say whether enough of the rows may be of a form."""
        of_fields = sum(self.n_of[n] for n in range(2, _MOST_FIELDS + 1))
        return self.are_most(of_fields) or self.are_most(self.n_of[SCORED])


class Shape:
    """What is to be known of all lines of a text to recognise its form.

    Of a text whose first lines have no form, no more are read.

    Attributes
    ----------
    forms : Forms
        Of its rows; there are none if there are sections.
    n_questions : int
        Analogies of four words, if there are sections.
    n_cluster, n_outliers : int
        Lines before the first blank one between others, and behind it.
    are_lists : bool
        They are a cluster and outliers.
    """

    def __init__(self, text: Text) -> None:
        self.forms = Forms()
        n_sections = n_four = n_tabs = 0
        self.n_cluster = self.n_outliers = 0
        is_behind = False
        for number, line in enumerate(text):
            if number == _N_FIRST and not (
                n_sections or self.n_outliers or self.forms.are_possible()
            ):
                break
            if not line:
                is_behind = self.n_cluster > 0
                continue
            self.forms.count(_fields(line))
            n_sections += line.startswith(": ")
            n_four += _four_words(line) is not None and not line.startswith(": ")
            n_tabs += "\t" in line
            self.n_outliers += is_behind
            self.n_cluster += not is_behind
        is_table = n_tabs or self.forms.n_of[SCORED]
        self.are_lists = self.n_cluster > 1 and self.n_outliers > 0 and not is_table
        self.n_questions = n_four if n_sections else 0
        if n_sections:
            self.forms = Forms()
