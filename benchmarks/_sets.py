"""Benchmarks, evaluation sets: which file of a folder is which, and how they are read.

Word similarity: a line holds word, word, score, apart by a tab or by spaces; lines that start with
# are skipped. Analogies: a line holds four words, and a line that starts with a colon begins a
section (Google's questions-words.txt). Labels: a line holds a word, which may be a node of a graph,
and its label. Nothing of the sets is kept here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ANALOGIES = "Google analogies"
LABELS = "Labels of neighbours"

# The name that tables show, and what a file's lower-case name contains.
FILE_PATTERNS = {
    "WordSim-353": r"(ws|wordsim)[-_]?353",
    "SimLex-999": r"simlex",
    "MEN": r"(?<![a-z])men(?![a-z])",
    "MTurk-771": r"mturk[-_]?771",
    ANALOGIES: r"questions[-_]words",
    LABELS: r"labels",
}

Pair = tuple[str, str, float]
Question = tuple[str, str, str, str]


@dataclass(frozen=True)
class Labels:
    """Each word's label."""

    of: dict[str, str]


def find_sets(folder: Path) -> dict[str, Path]:
    """Return the files of `folder` that are evaluation sets, by the sets' names.

    Raises
    ------
    ValueError
        If two files are the same set.
    """
    found: dict[str, Path] = {}
    for name, pattern in FILE_PATTERNS.items():
        for path in sorted(folder.iterdir()):
            if path.is_file() and re.search(pattern, path.name.lower()):
                if name in found:
                    raise ValueError(f"both {found[name]} and {path} look like {name}: leave one")
                found[name] = path
    return found


def read_sets(folder: Path) -> dict[str, list[Pair] | dict[str, list[Question]] | Labels]:
    """Return all sets of `folder` by name: pairs, sections of questions, or labels."""
    readers = {ANALOGIES: read_analogies, LABELS: read_labels}
    return {name: readers.get(name, read_pairs)(path) for name, path in find_sets(folder).items()}


def read_labels(path: Path) -> Labels:
    """Return the label of each word.

    Raises
    ------
    ValueError
        If a line is not word, label; the message names file and line.
    """
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split()
        if len(fields) != 2:
            raise ValueError(f"{path}, line {number}: expected word, label, got {line!r}")
        found[fields[0]] = fields[1]
    return Labels(found)


def read_pairs(path: Path) -> list[Pair]:
    """Return the pairs and scores of a similarity set.

    Raises
    ------
    ValueError
        If a line is not word, word, score; the message names file and line.
    """
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            first, second, score = line.split("\t") if "\t" in line else line.split()
            pairs.append((first, second, float(score)))
        except ValueError:
            raise ValueError(
                f"{path}, line {number}: expected word, word, score, got {line!r}"
            ) from None
    return pairs


def read_analogies(path: Path) -> dict[str, list[Question]]:
    """Return the questions (a is to b as c is to d) of each section.

    Raises
    ------
    ValueError
        If a line is neither a section nor four words in one; the message names file and line.
    """
    sections: dict[str, list[Question]] = {}
    questions: list[Question] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.split()
        if line.startswith(":"):
            questions = sections.setdefault(line[1:].strip(), [])
        elif words:
            if questions is None or len(words) != 4:
                raise ValueError(
                    f"{path}, line {number}: expected ': section' or 4 words in one, got {line!r}"
                )
            a, b, c, d = words
            questions.append((a, b, c, d))
    return sections
