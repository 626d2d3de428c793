"""Engine room: how well vectors answer a file of analogies, as gensim judges it.

"a is to b as c is to ?" is answered with the word nearest by 3CosAdd or 3CosMul (search.py); or, of
each pair in a section, the second word by what the section's other pairs say (relations.py).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors import relations, search
from fastsgns.vectors.evaluate import (
    KnownWords,
    Path,
    known_words,
    lines_of,
    log_section,
    spelled,
)

logger = logging.getLogger("fastsgns.keyedvectors")

Section = dict[str, Any]
Rows = NDArray[np.int64]

#: Methods by the names that `evaluate_word_analogies` knows them by; two are gensim's.
METHODS = {
    "most_similar": "3CosAdd",
    "most_similar_cosmul": "3CosMul",
    "3CosAdd": "3CosAdd",
    "3CosMul": "3CosMul",
    "3CosAvg": "3CosAvg",
    "LRCos": "LRCos",
}
FORMS: dict[str, search.Form] = {"3CosAdd": "add", "3CosMul": "mul"}

# As in gensim: the right word must be among so many nearest when those before it do not count.
N_CANDIDATES = 5


class Questions(NamedTuple):
    """What a file asks: questions of four words, or of a section's pairs.

    Attributes
    ----------
    sections : list of str
    section : list of int
        Of each question.
    words : list of tuple of str
        Spelled as words are compared; the last one is the answer.
    rows : int64 ndarray, shape (n_questions, n_words)
        -1 for words that are not known.
    texts : list of str
        The line of each, for the log.
    numbers : list of int
    """

    sections: list[str]
    section: list[int]
    words: list[tuple[str, ...]]
    rows: Rows
    texts: list[str]
    numbers: list[int]


def judge(
    path: Path,
    keys: Sequence[Any],
    vectors: NDArray[Any],
    *,
    case_insensitive: bool,
    dummy4unknown: bool,
    method: str = "3CosAdd",
    topn: int = 1,
    workers: int = 1,
) -> tuple[float, list[Section]]:
    """Answer the analogies of a file.

    Parameters
    ----------
    path : str or path
    keys : sequence
        The keys of the rows that may be used.
    vectors : ndarray, shape (n, d)
        These rows.
    case_insensitive : bool
        Compare in upper case; of words that differ in case only, the first counts.
    dummy4unknown : bool
        Count questions with unknown words as wrong instead of leaving them out.
    method : str
        Of `METHODS`.
    topn : int
        An answer is right when it is among so many nearest.
    workers : int

    Returns
    -------
    score, sections
        As `KeyedVectors.evaluate_word_analogies` returns them.
    """
    asked = _read(path, case_insensitive)
    words = known_words(keys, set(chain.from_iterable(asked.words)), case_insensitive)
    asked = asked._replace(rows=words.rows_of(asked.words, 4))
    if method in relations.METHODS:
        asked = _pairs(asked)
    known: NDArray[np.bool_] = np.all(asked.rows >= 0, axis=1)
    _log_unknown(asked, known, dummy4unknown)
    found = np.full((len(known), topn), -1)
    if method in relations.METHODS:
        found[known] = _by_section(asked, known, method, (words, vectors, topn, workers))
    else:
        questions = asked.rows[known, :3]
        found[known] = answers(questions, words, vectors, FORMS[method], topn, workers)
    right = known & (found == asked.rows[:, -1:]).any(axis=1)
    if logger.isEnabledFor(logging.DEBUG):
        for i in np.flatnonzero(known & ~right).tolist():
            predicted = words.spelled(keys[found[i, 0]]) if found[i, 0] >= 0 else None
            text = asked.texts[i].strip()
            logger.debug("%s: expected %s, predicted %s", text, asked.words[i][-1], predicted)

    sections: list[Section] = [
        {"section": name, "correct": [], "incorrect": []} for name in asked.sections
    ]
    verdicts = right.tolist()
    for i in np.flatnonzero(known | dummy4unknown).tolist():
        verdict = "correct" if verdicts[i] else "incorrect"
        sections[asked.section[i]][verdict].append(asked.words[i])
    for section in sections:
        log_section(section)
    if not len(known):
        raise ZeroDivisionError(f"{path} holds no analogy: no line has four words")
    logger.info("Quadruplets with out-of-vocabulary words: %.1f%%", 100 * (1 - float(known.mean())))
    if not dummy4unknown:
        logger.info(
            "NB: analogies containing OOV words were skipped from evaluation! "
            'To change this behavior, use "dummy4unknown=True"'
        )
    total: Section = {
        "section": "Total accuracy",
        "correct": [question for section in sections for question in section["correct"]],
        "incorrect": [question for section in sections for question in section["incorrect"]],
    }
    score = log_section(total)
    return score, [*sections, total]


def _read(path: Path, case_insensitive: bool) -> Questions:
    """Read a file in the form of questions-words.txt; the rows of its words are not known yet."""
    asked = Questions([], [], [], np.empty((0, 4), np.int64), [], [])
    for number, line in enumerate(lines_of(path, "utf8")):
        if line.startswith(": "):
            asked.sections.append(line.lstrip(": ").strip())
            continue
        if not asked.sections:
            raise ValueError(f"Missing section header before line #{number} in {path}")
        question = tuple(spelled(line, case_insensitive).split())
        if len(question) != 4:
            logger.info("Skipping invalid line #%i in %s", number, path)
            continue
        asked.section.append(len(asked.sections) - 1)
        asked.words.append(question)
        asked.texts.append(line)
        asked.numbers.append(number)
    return asked


def _pairs(asked: Questions) -> Questions:
    """Return the pairs of each section as questions of their own."""
    pairs = Questions(asked.sections, [], [], np.empty((0, 2), np.int64), [], [])
    there: set[tuple[Any, ...]] = set()
    rows = []
    everything = zip(asked.section, asked.words, asked.rows.tolist(), asked.numbers, strict=True)
    for section, (a, b, c, d), found, number in everything:
        for pair, pair_rows in (((a, b), found[:2]), ((c, d), found[2:])):
            if (section, *pair) not in there:
                there.add((section, *pair))
                pairs.section.append(section)
                pairs.words.append(pair)
                pairs.texts.append(" ".join(pair))
                pairs.numbers.append(number)
                rows.append(pair_rows)
    return pairs._replace(rows=np.array(rows, np.int64).reshape(-1, 2))


def _by_section(
    asked: Questions,
    known: NDArray[np.bool_],
    method: str,
    judged: tuple[KnownWords, NDArray[Any], int, int],
) -> Rows:
    """Return what each known pair of a section is answered with by its other pairs."""
    section = np.array(asked.section)[known]
    rows = asked.rows[known]
    found = np.full((len(rows), judged[2]), -1)
    for number in np.unique(section).tolist():
        of_it = section == number
        found[of_it] = answers_by_pairs(method, rows[of_it], *judged)
    return found


def _log_unknown(asked: Questions, known: NDArray[np.bool_], dummy4unknown: bool) -> None:
    if not logger.isEnabledFor(logging.DEBUG):
        return
    told = "Skipping line #%i with OOV words: %s"
    if dummy4unknown:
        told = "Zero accuracy for line #%d with OOV words: %s"
    for i in np.flatnonzero(~known).tolist():
        logger.debug(told, asked.numbers[i], asked.texts[i].strip())


# ---------------------------------------------------------------- answers


def answers(
    questions: Rows,
    words: KnownWords,
    vectors: NDArray[Any],
    form: search.Form,
    topn: int = 1,
    workers: int = 1,
) -> Rows:
    """Return the best answers to questions (a, b, c).

    Parameters
    ----------
    questions : int64 ndarray, shape (m, 3)
        Rows, each the first of its word's.
    words : KnownWords
    vectors : ndarray, shape (n, d)
        The rows that answers are among.
    form : "add" or "mul"
        3CosAdd or 3CosMul, see `search.answer`.
    topn, workers : int

    Returns
    -------
    int64 ndarray, shape (m, topn)
        The first row of each answer; -1 where there are no more, or none that is a word.
    """
    k = _n_candidates(words, topn)
    found = search.answer(search.use_rows(vectors), vectors, questions, k, form, workers)
    return _answers_among(found, questions, words, topn)


def answers_by_pairs(
    method: str,
    pairs: Rows,
    words: KnownWords,
    vectors: NDArray[Any],
    topn: int = 1,
    workers: int = 1,
) -> Rows:
    """Return the best answers to the first word of each pair, as the other pairs have them.

    Parameters
    ----------
    method : {"3CosAvg", "LRCos"}
    pairs : int64 ndarray, shape (m, 2)
        As of `answers`.

    Returns
    -------
    int64 ndarray, shape (m, topn)
        As of `answers`. With one pair only, nothing is known of it.
    """
    if len(pairs) < 2:
        return np.full((len(pairs), topn), -1)
    k = _n_candidates(words, topn)
    found = relations.METHODS[method](pairs, vectors, k, workers)
    return _answers_among(found, pairs[:, :1], words, topn)


def _n_candidates(words: KnownWords, topn: int) -> int:
    return topn if words.first_rows is None else topn - 1 + N_CANDIDATES


def _answers_among(found: Rows, asked: Rows, words: KnownWords, topn: int) -> Rows:
    """Return the first rows of candidates that are words, and not asked for.

    If none of them is, the last comes first, as gensim has it.
    """
    if words.first_rows is None:
        return found
    candidates = np.where(found >= 0, words.first_rows[found], -1)
    good = (candidates >= 0) & (candidates[:, :, np.newaxis] != asked[:, np.newaxis]).all(axis=2)
    last = np.maximum((found >= 0).sum(axis=1) - 1, 0)
    fallen_back = np.where(good.any(axis=1), -1, candidates[np.arange(len(found)), last])
    order = np.argsort(~good, axis=1, kind="stable")[:, :topn]
    best: Rows = np.where(
        np.take_along_axis(good, order, axis=1), np.take_along_axis(candidates, order, axis=1), -1
    )
    best[:, 0] = np.where(good.any(axis=1), best[:, 0], fallen_back)
    return best
