"""Engine room: how well vectors answer analogies and word pairs that people have scored."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.errors import UndecodableTextError
from fastsgns.io.files import open_binary
from fastsgns.vectors import search

logger = logging.getLogger("fastsgns.keyedvectors")

Path = str | os.PathLike[str]
Section = dict[str, Any]
Question = tuple[str, ...]

# As in gensim: the right word must be among so many nearest when those before it do not count.
N_CANDIDATES = 5


class KnownWords(NamedTuple):
    """The words that questions may use, spelled as they are compared.

    Attributes
    ----------
    rows : dict of str to int
        The row of each; of variants in case, the first row's.
    labels : list
        The word of each row; None for a key that is none.
    case_insensitive : bool
        They are compared in upper case.
    """

    rows: dict[Any, int]
    labels: list[Any]
    case_insensitive: bool

    def spelled(self, text: str) -> str:
        """Return a text as its words are compared."""
        return text.upper() if self.case_insensitive else text


def known_words(keys: Sequence[Any], case_insensitive: bool) -> KnownWords:
    """Return the words among `keys`, the keys of the rows that questions are about."""
    labels = list(keys)
    if case_insensitive:
        labels = [key.upper() if isinstance(key, str) else None for key in keys]
    rows = dict(zip(reversed(labels), range(len(labels) - 1, -1, -1), strict=True))
    if case_insensitive:
        rows.pop(None, None)
    return KnownWords(rows, labels, case_insensitive)


# ---------------------------------------------------------------- analogies


def judge_analogies(
    path: Path,
    words: KnownWords,
    vectors: NDArray[Any],
    *,
    dummy4unknown: bool,
    form: search.Form = "add",
    workers: int = 1,
) -> tuple[float, list[Section]]:
    """Answer "a is to b as c is to ?" for each line of a file.

    Parameters
    ----------
    path : str or path
    words : KnownWords
    vectors : ndarray, shape (n, d)
        The vectors of these words.
    dummy4unknown : bool
        Count lines with unknown words as wrong instead of leaving them out.
    form, workers
        As for `search.answer`.

    Returns
    -------
    score, sections
        As `KeyedVectors.evaluate_word_analogies` returns them.
    """
    sections, asked, n_unknown = _read_analogies(path, words, dummy4unknown)
    answerable = [question for _, question, text in asked if text]
    questions = [question[:3] for question in answerable]
    found = answers(questions, words, vectors, form, workers)
    for section, question, text in asked:
        expected = question[3]
        answer = next(found) if text else None
        if text and answer != expected:
            logger.debug("%s: expected %s, predicted %s", text, expected, answer)
        section["correct" if text and answer == expected else "incorrect"].append(question)
    for section in sections:
        log_section(section)

    n_asked = n_unknown + len(answerable)
    if not n_asked:
        raise ZeroDivisionError(f"{path} holds no analogy: no line has four words")
    logger.info("Quadruplets with out-of-vocabulary words: %.1f%%", 100 * n_unknown / n_asked)
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


def _read_analogies(
    path: Path, words: KnownWords, dummy4unknown: bool
) -> tuple[list[Section], list[tuple[Section, Question, str]], int]:
    """Return the sections of a file, empty; its questions, in order; how many were left out.

    A question comes with its section and its line. The line is empty if it cannot be answered, but
    counts.
    """
    sections: list[Section] = []
    asked: list[tuple[Section, Question, str]] = []
    n_unknown = 0
    known = words.rows
    for number, line in _lines(path, "utf8"):
        if line.startswith(": "):
            sections.append({"section": line.lstrip(": ").strip(), "correct": [], "incorrect": []})
            continue
        if not sections:
            raise ValueError(f"Missing section header before line #{number} in {path}")
        question = tuple(words.spelled(line).split())
        if len(question) != 4:
            logger.info("Skipping invalid line #%i in %s", number, path)
            continue
        text = line.strip()
        if all(word in known for word in question):
            asked.append((sections[-1], question, text))
            continue
        n_unknown += 1
        if dummy4unknown:
            asked.append((sections[-1], question, ""))
            logger.debug("Zero accuracy for line #%d with OOV words: %s", number, text)
        else:
            logger.debug("Skipping line #%i with OOV words: %s", number, text)
    return sections, asked, n_unknown


def log_section(section: Section) -> float:
    """Log how many analogies of a section were right; return their share, 0 when there are none."""
    n_correct, n_incorrect = len(section["correct"]), len(section["incorrect"])
    n_all = n_correct + n_incorrect
    if n_all == 0:
        return 0.0
    score = n_correct / n_all
    logger.info("%s: %.1f%% (%i/%i)", section["section"], 100 * score, n_correct, n_all)
    return score


def answers(
    questions: Sequence[Question],
    words: KnownWords,
    vectors: NDArray[Any],
    form: search.Form,
    workers: int,
) -> Iterator[Any]:
    """Yield the answer to each question (a, b, c): None if there is none.

    It is the first of the nearest words that is a word and not in the question; if none of them
    is, the last.
    """
    rows, labels = words.rows, words.labels
    asked = np.array([[rows[word] for word in question] for question in questions], np.int64)
    found = search.answer(
        search.use_rows(vectors), vectors, asked.reshape(-1, 3), N_CANDIDATES, form, workers
    )
    for question, places in zip(questions, found.tolist(), strict=True):
        label = None
        for place in places:
            if place < 0:
                break
            label = labels[place]
            if label is not None and label not in question:
                break
        yield label


# ---------------------------------------------------------------- pairs


def judge_pairs(
    path: Path,
    keys: Sequence[Any],
    similarity: Callable[[int, int], Any],
    *,
    case_insensitive: bool,
    delimiter: str,
    encoding: str,
    dummy4unknown: bool,
) -> tuple[Any, Any, float]:
    """Correlate similarities with people's scores of word pairs.

    Parameters
    ----------
    path : str or path
    keys : sequence
        The keys of the rows that may be used.
    similarity : callable
        Of two rows.
    case_insensitive : bool
        Compare in upper case; of words that differ in case only, the first counts.
    delimiter, encoding : str
    dummy4unknown : bool
        Take the similarity of unknown words as 0 instead of leaving the pair out.

    Returns
    -------
    pearson, spearman, oov_ratio
        As `KeyedVectors.evaluate_word_pairs` returns them.
    """
    from scipy import stats

    pairs = _read_pairs(path, delimiter, encoding, case_insensitive)
    rows = _rows_of_words(
        {word for pair in pairs for word in (pair[2], pair[3])}, keys, case_insensitive
    )
    gold: list[float] = []
    found: list[float] = []
    n_unknown = 0
    for number, line, a, b, judged in pairs:
        if a in rows and b in rows:
            gold.append(judged)
            found.append(float(similarity(rows[a], rows[b])))
            continue
        n_unknown += 1
        if dummy4unknown:
            logger.debug("Zero similarity for line #%d with OOV words: %s", number, line)
            gold.append(judged)
            found.append(0.0)
        else:
            logger.info("Skipping line #%d with OOV words: %s", number, line)
    if not gold:
        raise ValueError(
            f"No valid similarity judgements found in {path}: either invalid format or all are "
            f"out-of-vocabulary among {len(keys)} words"
        )
    if len(gold) < 2 or len(set(gold)) < 2 or len(set(found)) < 2:
        raise ValueError(
            f"{path}: too little to correlate: {len(gold)} pairs of known words ({n_unknown} have"
            f" unknown ones), with {len(set(gold))} different scores and {len(set(found))}"
            " different similarities, where two of each are needed; dummy4unknown=True takes"
            " unknown words in"
        )
    spearman = stats.spearmanr(gold, found)
    pearson = stats.pearsonr(gold, found)
    n_all = len(gold) if dummy4unknown else len(gold) + n_unknown
    oov_ratio = n_unknown / n_all * 100
    logger.debug("Pearson correlation coefficient against %s: %f with p-value %f", path, *pearson)
    logger.debug(
        "Spearman rank-order correlation coefficient against %s: %f with p-value %f",
        path,
        *spearman,
    )
    logger.debug("Pairs with unknown words: %d", n_unknown)
    log_word_pairs(pearson, spearman, oov_ratio, path)
    return pearson, spearman, oov_ratio


def _read_pairs(
    path: Path, delimiter: str, encoding: str, case_insensitive: bool
) -> list[tuple[int, str, str, str, float]]:
    """Return the number of a line, its text, both words and their score, for each pair."""
    pairs = []
    for number, line in _lines(path, encoding):
        if line.startswith("#"):
            continue
        try:
            a, b, score = (line.upper() if case_insensitive else line).split(delimiter)
            if not math.isfinite(float(score)):
                raise ValueError
            pairs.append((number, line.strip(), a, b, float(score)))
        except ValueError:
            logger.info("Skipping invalid line #%d in %s", number, path)
    return pairs


def _rows_of_words(words: set[str], keys: Sequence[Any], case_insensitive: bool) -> dict[str, int]:
    """Return the first row of each word that is among the keys."""
    rows: dict[str, int] = {}
    for row, key in enumerate(keys):
        if isinstance(key, str):
            word = key.upper() if case_insensitive else key
            if word in words:
                rows.setdefault(word, row)
    return rows


def log_word_pairs(
    pearson: Sequence[float], spearman: Sequence[float], oov: float, pairs: object
) -> None:
    """Log both correlations and the share of pairs with unknown words, in per cent."""
    logger.info("Pearson correlation coefficient against %s: %.4f", pairs, pearson[0])
    logger.info("Spearman rank-order correlation coefficient against %s: %.4f", pairs, spearman[0])
    logger.info("Pairs with unknown words ratio: %.1f%%", oov)


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield (number from 0, text) of the lines of a file."""
    with open_binary(path) as file:
        for number, line in enumerate(file):
            try:
                yield number, line.decode(encoding)
            except UnicodeDecodeError as error:
                raise UndecodableTextError(path, f"line {number + 1}", error) from None
