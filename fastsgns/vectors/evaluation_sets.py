"""Engine room: files to judge word vectors by, of whatever layout, recognised by their form.

    similarity        two words and a score a line, which is the third or fourth field
    analogy           ": section" lines and four words a line (Google's); four words, or a section
                      and four words (MSR's); NAME.questions of three words beside NAME.answers;
                      a folder of files with pairs, whose second field may be "one/other" (BATS)
    categorisation    a word and its category a line
    outlier           words of a cluster, a blank line, words that do not belong to it

Fields have tabs between them, or else semicolons, commas or blanks. Lines that begin with # say
nothing, and so does a first line with the names of columns.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import os
import re
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Literal, NamedTuple

from fastsgns.io.errors import FormatError, UndecodableTextError, damage_of
from fastsgns.io.short_lines import numbered_lines

logger = logging.getLogger("fastsgns.evaluation")

Kind = Literal["similarity", "analogy", "categorisation", "outlier"]
PathLike = str | os.PathLike[str]

#: So many of the lines must have the form, of those that are not blank.
_ENOUGH = 0.8

#: So many lines are read before one knows whether any form is possible.
_N_FIRST = 10_000

#: Each two pairs are a question: so many pairs ask 250,000. A file of BATS has 50 pairs.
_MOST_PAIRS = 500

#: Files of BATS: "I01 [noun - plural_reg].txt".
_OF_BATS = re.compile(r"[A-Z]\d\d \[.+\]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Analogy(NamedTuple):
    """a is to b as c is to one of `answers`."""

    section: str
    words: tuple[str, str, str]
    answers: tuple[str, ...]


class Outliers(NamedTuple):
    """Words that belong together, and some of which each one does not."""

    cluster: tuple[str, ...]
    outliers: tuple[str, ...]


class EvaluationSet(NamedTuple):
    """What one file asks, or the files of a folder together.

    Attributes
    ----------
    name : str
    kind : str
    items : list
        Of (word, word, score), `Analogy`, (word, category) or `Outliers`.
    """

    name: str
    kind: Kind
    items: list[tuple[str, str, float]] | list[Analogy] | list[tuple[str, str]] | list[Outliers]


def words_of(one: EvaluationSet) -> Iterator[str]:
    """Yield the words that a set asks about."""
    for item in one.items:
        if isinstance(item, Analogy):
            yield from (*item.words, *item.answers)
        elif isinstance(item, Outliers):
            yield from (*item.cluster, *item.outliers)
        elif len(item) == 3:
            yield from item[:2]
        else:
            yield item[0]


def read(sources: PathLike | Iterable[PathLike]) -> list[EvaluationSet]:
    """Read files, and the files in folders.

    Parameters
    ----------
    sources : str, path, or iterable of these
        A folder with all below it. What has no known form is left out there, with a warning.

    Raises
    ------
    FormatError
        A file that was named has no known form, or there is none in a folder.
    """
    if isinstance(sources, (str, os.PathLike)):
        sources = [sources]
    sets: list[EvaluationSet] = []
    for source in map(Path, sources):
        if not source.is_dir():
            sets.append(_read_file(source))
            continue
        found = _read_folder(source)
        if not found:
            raise FormatError(f"{source}: no file of a known form is in this folder")
        sets += found
    return sets


def _read_folder(folder: Path) -> list[EvaluationSet]:
    sets: list[EvaluationSet] = []
    of_pairs: dict[Path, list[Analogy]] = defaultdict(list)
    names = sorted(folder.rglob("*"))
    for path in names:
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not path.is_file() or path.suffix == ".answers":
            continue
        try:
            found = _read_file(path)
        except FormatError as error:
            logger.warning("left out: %s", error)
            continue
        if _OF_BATS.match(path.name):  # those of one folder are one set
            if path.parent not in of_pairs:
                sets.append(EvaluationSet(path.parent.name, "analogy", of_pairs[path.parent]))
            of_pairs[path.parent] += found.items  # type: ignore[arg-type]
        else:
            sets.append(found)
    return sets


def _read_file(path: Path) -> EvaluationSet:
    lines = _lines(path)
    name = path.name.removesuffix(path.suffix)
    has_sections = any(line.startswith(": ") for line in lines)
    if has_sections and (asked := _sections(lines)):
        return EvaluationSet(name, "analogy", asked)
    rows = [] if has_sections else [_fields(line) for line in lines if line]
    if (outliers := _outliers(lines)) is not None:
        return EvaluationSet(name, "outlier", [outliers])
    if scored := _of_form(path, rows, lambda row: _score(row) is not None):
        judged = [(row[0], row[1], score) for row in scored if (score := _score(row)) is not None]
        return EvaluationSet(name, "similarity", judged)
    if of_two := _of_form(path, rows, lambda row: len(row) == 2):
        pairs = [(row[0], row[1]) for row in of_two]
        if not _OF_BATS.match(path.name) and _are_categories(pairs):
            return EvaluationSet(name, "categorisation", pairs)
        return EvaluationSet(name, "analogy", _of_pairs(path, pairs))
    if analogies := _fixed_analogies(path, name, rows):
        return EvaluationSet(name, "analogy", analogies)
    raise FormatError(
        f"{path}: no form of a file to judge word vectors by: word pairs with a score, analogies of"
        " four words, pairs as in BATS, words with a category, or a cluster and outliers"
    )


def _of_form(
    path: Path, rows: list[list[str]], has_form: Callable[[list[str]], bool]
) -> list[list[str]]:
    """Return the rows that have a form, if they are enough; none otherwise.

    Of those that are left out there is a warning, but for a first one: it names the columns.
    """
    if not _most(rows, has_form):
        return []
    if n_left_out := sum(not has_form(row) for row in rows[1:]):
        logger.warning("%s: %d lines left out, of another form than the others", path, n_left_out)
    return [row for row in rows if has_form(row)]


def _lines(path: Path) -> list[str]:
    """Return the lines of a file, stripped, without comments; blank ones between others stay.

    Of a file whose first lines have no form, no more are read.
    """
    with damage_of(path), contextlib.closing(_decoded(path)) as decoded:
        lines = _stripped(list(itertools.islice(decoded, _N_FIRST)))
        if _may_have_form(lines):
            lines += decoded
    return _stripped(lines)


def _stripped(lines: list[str]) -> list[str]:
    """Leave out blank lines at the begin and the end."""
    with_text = [number for number, line in enumerate(lines) if line]
    return lines[with_text[0] : with_text[-1] + 1] if with_text else []


def _decoded(path: Path) -> Generator[str]:
    for number, line in numbered_lines(path):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise UndecodableTextError(path, f"line {number}", error) from None
        yield from (part for part in map(str.strip, text.splitlines()) if not part.startswith("#"))


def _may_have_form(lines: list[str]) -> bool:
    """Say whether lines may be the first of a file with one of the forms."""
    rows = [_fields(line) for line in lines if line]
    return (
        "" in lines
        or any(line.startswith(": ") for line in lines)
        or _most(rows, lambda row: 2 <= len(row) <= 5)
        or _most(rows, lambda row: _score(row) is not None)
    )


def _fields(line: str) -> list[str]:
    for delimiter in ("\t", ";", ","):
        if delimiter in line:
            return [field.strip().strip('"') for field in line.split(delimiter)]
    return line.split()


def _most(rows: Sequence[list[str]], has_form: Callable[[list[str]], bool]) -> bool:
    return bool(rows) and sum(map(has_form, rows)) >= _ENOUGH * len(rows)


# ---------------------------------------------------------------- the forms


def _score(row: list[str]) -> float | None:
    """Return the score of two words: the first number behind them, at the third or fourth place."""
    for field in row[2:4]:
        if _NUMBER.fullmatch(field) and math.isfinite(score := float(field)):
            return score
    return None


def _sections(lines: list[str]) -> list[Analogy]:
    section, found = "", []
    for line in lines:
        words = line.split()
        if line.startswith(": "):
            section = line[2:].strip()
        elif len(words) == 4:
            found.append(Analogy(section, (words[0], words[1], words[2]), (words[3],)))
        elif words:
            logger.warning("left out: %r, which is no analogy of four words", line)
    return found


def _fixed_analogies(path: Path, name: str, rows: list[list[str]]) -> list[Analogy]:
    """Return analogies of four words, with a section before them or without; [] if none."""
    answers = path.with_suffix(".answers")
    if path.suffix == ".questions" and answers.is_file():
        told = [_fields(line) for line in _lines(answers) if line]
        if len(told) != len(rows):
            raise FormatError(f"{answers}: {len(told)} answers to {len(rows)} questions")
        rows = [[*answer[:-1], *row, answer[-1]] for row, answer in zip(rows, told, strict=True)]
    for n_fields in (4, 5):
        if found := _of_form(path, rows, lambda row: len(row) == n_fields):  # noqa: B023 (called at once)
            return [
                Analogy(row[0] if n_fields == 5 else name, (row[-4], row[-3], row[-2]), (row[-1],))
                for row in found
            ]
    return []


def _of_pairs(path: Path, pairs: list[tuple[str, str]]) -> list[Analogy]:
    """Return the questions that each two pairs ask, of which the second names the answers."""
    if len(pairs) > _MOST_PAIRS:
        raise FormatError(
            f"{path}: {len(pairs)} pairs of words would ask {len(pairs) * (len(pairs) - 1)}"
            f" analogies, each two pairs one; a file may have {_MOST_PAIRS} pairs"
        )
    section = path.name.removesuffix(path.suffix)
    listed = [(word, tuple(others.split("/"))) for word, others in pairs]
    return [
        Analogy(section, (a, b[0], c), answers) for (a, b), (c, answers) in permutations(listed, 2)
    ]


def _are_categories(pairs: list[tuple[str, str]]) -> bool:
    """Say whether the second words of pairs are few: those of a category are two at least."""
    return 2 * len({category for _, category in pairs}) <= len(pairs)


def _outliers(lines: list[str]) -> Outliers | None:
    """Return what belongs together and what does not, if a blank line is between two lists."""
    if "" not in lines or any("\t" in line or _score(_fields(line)) for line in lines):
        return None
    end = lines.index("")
    cluster, outliers = lines[:end], [line for line in lines[end:] if line]
    return Outliers(tuple(cluster), tuple(outliers)) if len(cluster) > 1 and outliers else None
