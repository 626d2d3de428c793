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
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import dropwhile, takewhile
from operator import not_
from pathlib import Path
from typing import Literal, NamedTuple

from fastsgns.io.errors import FormatError, damage_of
from fastsgns.io.files import unpacked
from fastsgns.vectors.asked_words import AskedWords
from fastsgns.vectors.evaluation_items import (
    Categories,
    Items,
    Outliers,
    Questions,
    Relation,
    Similarities,
)
from fastsgns.vectors.evaluation_lines import (
    MOST_CATEGORIES,
    SCORED,
    Forms,
    Row,
    Shape,
    Text,
    forms_of,
    score_of,
)

logger = logging.getLogger("fastsgns.evaluation")

Kind = Literal["similarity", "analogy", "categorisation", "outlier"]
PathLike = str | os.PathLike[str]

#: Each two pairs are a question: so many pairs ask 250,000. A file of BATS has 50 pairs.
_MOST_PAIRS = 500

#: A report tells of each. Google's file has 14.
_MOST_SECTIONS = 1 << 16

#: Characters of lines that are taken in at a time.
_AT_ONCE = 1 << 18

#: Files of BATS: "I01 [noun - plural_reg].txt".
_OF_BATS = re.compile(r"[A-Z]\d\d \[.+\]")


class EvaluationSet(NamedTuple):
    """What one file asks, or the files of a folder together.

    Attributes
    ----------
    name : str
    kind : str
    items : list
        What is asked; analogies may have several of them, the other kinds have one.
    """

    name: str
    kind: Kind
    items: list[Items]

    @property
    def total(self) -> int:
        """Return how much is asked, with what has unknown words."""
        return sum(of_it.total for of_it in self.items)


def check(sources: PathLike | Iterable[PathLike]) -> None:
    """Raise what `read` raises, before there are any words."""
    read(sources, AskedWords((), case_insensitive=False))


def read(sources: PathLike | Iterable[PathLike], asked: AskedWords) -> list[EvaluationSet]:
    """Read files, and the files in folders.

    Parameters
    ----------
    sources : str, path, or iterable of these
        A folder with all below it. What has no known form is left out there, with a warning.
    asked : AskedWords
        Looks up what is asked for.

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
            sets.append(_read_file(source, asked))
            continue
        found = _read_folder(source, asked)
        if not found:
            raise FormatError(f"{source}: no file of a known form is in this folder")
        sets += found
    asked.look_up()
    return sets


def _read_folder(folder: Path, asked: AskedWords) -> list[EvaluationSet]:
    sets: list[EvaluationSet] = []
    of_pairs: dict[Path, EvaluationSet] = {}
    names = sorted(folder.rglob("*"))
    for path in names:
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not path.is_file() or path.suffix == ".answers":
            continue
        try:
            found = _read_file(path, asked)
        except FormatError as error:
            logger.warning("left out: %s", error)
            continue
        if found.kind != "analogy" or not _OF_BATS.match(path.name):
            sets.append(found)
        elif path.parent in of_pairs:  # those of one folder are one set
            of_pairs[path.parent].items.extend(found.items)
        else:
            of_pairs[path.parent] = EvaluationSet(path.parent.name, "analogy", found.items)
            sets.append(of_pairs[path.parent])
    return sets


def _read_file(path: Path, asked: AskedWords) -> EvaluationSet:
    """Read a file twice: first what form it has, then what it asks."""
    with damage_of(path), unpacked(path) as file:
        text = Text(path, file)
        shape = Shape(text)
        found: EvaluationSet | None
        if shape.n_questions:
            found = _analogies(path, text.questions(), shape.n_questions, asked)
        elif shape.are_lists:
            found = EvaluationSet(_name_of(path), "outlier", [_lists(text, shape, asked)])
        else:
            found = _table(path, text, shape.forms, asked)
    if found is None:
        raise FormatError(
            f"{path}: no form of a file to judge word vectors by: word pairs with a score,"
            " analogies of four words, pairs as in BATS, words with a category, or a cluster and"
            " outliers"
        )
    return found


def _name_of(path: Path) -> str:
    return path.name.removesuffix(path.suffix)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield rows, as many at a time as are not much."""
    batch: list[Row] = []
    n_characters = 0
    for row in rows:
        batch.append(row)
        n_characters += len(row) + sum(map(len, row))
        if n_characters > _AT_ONCE:
            yield batch
            batch, n_characters = [], 0
    if batch:
        yield batch


def _lists(text: Text, shape: Shape, asked: AskedWords) -> Outliers:
    """Read a cluster, and behind a blank line what does not belong to it."""
    found = Outliers(asked, shape.n_cluster, shape.n_outliers)
    lines = dropwhile(not_, text)
    for part, are_outliers in ((takewhile(bool, lines), False), (filter(None, lines), True)):
        for batch in _batches([line] for line in part):
            found.add([word for (word,) in batch], are_outliers=are_outliers)
    return found


def _table(path: Path, text: Text, forms: Forms, asked: AskedWords) -> EvaluationSet | None:
    """Read rows of fields, if enough of them have one of the forms."""
    if scored := _of_form(path, text.rows, forms, SCORED):
        similarities = Similarities(asked, forms.n_of[SCORED])
        for batch in _batches(scored):
            similarities.add([(row[0], row[1], score_of(row) or 0.0) for row in batch])
        return EvaluationSet(_name_of(path), "similarity", [similarities])
    if of_two := _of_form(path, text.rows, forms, 2):
        if _OF_BATS.match(path.name) or not _are_categories(path, forms):
            return EvaluationSet(_name_of(path), "analogy", [_relation(path, of_two, forms, asked)])
        categories = Categories(asked, forms.n_of[2])
        for batch in _batches(of_two):
            categories.add([word for word, _ in batch], [category for _, category in batch])
        return EvaluationSet(_name_of(path), "categorisation", [categories])
    with _with_answers(path, text, forms) as (rows, forms):
        if of_five := _of_form(path, rows, forms, 5):
            return _analogies(path, of_five, forms.n_of[5], asked)
        if of_four := _of_form(path, rows, forms, 4):
            return _analogies(
                path, ([_name_of(path), *row] for row in of_four), forms.n_of[4], asked
            )
    return None


def _of_form(
    path: Path, rows: Callable[[], Iterator[Row]], forms: Forms, form: int
) -> Iterator[Row] | None:
    """Return the rows that have a form, if they are enough.

    Of those that are left out there is a warning, but for a first one: it names the columns.
    """
    n = forms.n_of[form]
    if not forms.are_most(n):
        return None
    if n_left_out := forms.n - n - (form not in forms_of(forms.first)):
        logger.warning("%s: %d lines left out, of another form than the others", path, n_left_out)
    return (row for row in rows() if form in forms_of(row))


def _analogies(path: Path, rows: Iterator[Row], n: int, asked: AskedWords) -> EvaluationSet:
    """Read n analogies of a section and four words each."""
    found = Questions(asked, n)
    for batch in _batches(rows):
        found.add(batch)
        if len(found.sections) > _MOST_SECTIONS:
            raise FormatError(
                f"{path}: analogies of more than {_MOST_SECTIONS} sections: a file may have so many"
            )
    return EvaluationSet(_name_of(path), "analogy", [found])


@contextlib.contextmanager
def _with_answers(
    path: Path, text: Text, forms: Forms
) -> Iterator[tuple[Callable[[], Iterator[Row]], Forms]]:
    """Put the answers to NAME.questions behind these, and their sections before, if there are."""
    beside = path.with_suffix(".answers")
    if path.suffix != ".questions" or not beside.is_file():
        yield text.rows, forms
        return
    with damage_of(beside), unpacked(beside) as file:
        answers = Text(beside, file)
        n_answers = sum(1 for _ in answers.rows())
        if n_answers != forms.n:
            raise FormatError(f"{beside}: {n_answers} answers to {forms.n} questions")

        def joined() -> Iterator[Row]:
            for row, answer in zip(text.rows(), answers.rows(), strict=True):
                yield [*answer[:-1], *row, answer[-1]]

        yield joined, Forms(joined())


def _relation(path: Path, rows: Iterator[Row], forms: Forms, asked: AskedWords) -> Relation:
    """Read pairs of which each two ask a question; the second names the answers."""
    n = forms.n_of[2]
    if n > _MOST_PAIRS:
        raise FormatError(
            f"{path}: {n} pairs of words would ask {n * (n - 1)} analogies, each two pairs one; a"
            f" file may have {_MOST_PAIRS} pairs"
        )
    return Relation(asked, _name_of(path), [(word, others.split("/")) for word, others in rows])


def _are_categories(path: Path, forms: Forms) -> bool:
    """Say whether the second words of pairs are few: those of a category are two at least."""
    are_few = 2 * len(forms.second) <= forms.n_of[2]
    if are_few and len(forms.second) > MOST_CATEGORIES:
        raise FormatError(
            f"{path}: {forms.n_of[2]} pairs of words with more than {MOST_CATEGORIES} different"
            f" second ones: a file may have so many categories of words, or {_MOST_PAIRS} pairs of"
            " which each two are an analogy"
        )
    return are_few
