"""Engine room: how well vectors agree with word pairs that people have scored; what words count.

analogies.py judges by analogies.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.errors import UndecodableTextError
from fastsgns.io.files import unpacked
from fastsgns.io.number_text import as_decimal
from fastsgns.io.short_lines import refuse_long_lines

logger = logging.getLogger("fastsgns.keyedvectors")

Path = str | os.PathLike[str]


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
    first_rows : int64 ndarray, shape (n,), or None
        For each row the first one of its word, -1 for a key that is none. None: each row has a word
        of its own.
    """

    rows: dict[Any, int]
    labels: list[Any]
    case_insensitive: bool
    first_rows: NDArray[np.int64] | None

    def rows_of(self, questions: Sequence[Sequence[Any]], n: int) -> NDArray[np.int64]:
        """Return the rows of the `n` words of each question, -1 for those that are not known."""
        words = chain.from_iterable(questions)
        rows = np.fromiter(map(self.rows.get, words, repeat(-1)), np.int64, n * len(questions))
        return rows.reshape(-1, n)

    def spelled(self, text: str) -> str:
        """Return a text as its words are compared."""
        return text.upper() if self.case_insensitive else text


def known_words(keys: Sequence[Any], case_insensitive: bool) -> KnownWords:
    """Return the words among `keys`, the keys of the rows that questions are about."""
    labels = list(keys)
    if case_insensitive:
        try:
            labels = list(map(str.upper, keys))
        except TypeError:  # not all keys are str
            labels = [key.upper() if isinstance(key, str) else None for key in keys]
    rows = dict(zip(reversed(labels), range(len(labels) - 1, -1, -1), strict=True))
    if case_insensitive:
        rows.pop(None, None)
    first_rows = None
    if len(rows) < len(labels):
        first_rows = np.fromiter(map(rows.get, labels, repeat(-1)), np.int64, len(labels))
    return KnownWords(rows, labels, case_insensitive, first_rows)


def log_section(section: dict[str, Any]) -> float:
    """Log how many analogies of a section were right; return their share, 0 when there are none."""
    n_correct, n_incorrect = len(section["correct"]), len(section["incorrect"])
    n_all = n_correct + n_incorrect
    if n_all == 0:
        return 0.0
    score = n_correct / n_all
    logger.info("%s: %.1f%% (%i/%i)", section["section"], 100 * score, n_correct, n_all)
    return score


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
    for place, line in enumerate(lines_of(path, encoding)):
        if line.startswith("#"):
            continue
        try:
            a, b, score = (line.upper() if case_insensitive else line).split(delimiter)
            if not math.isfinite(value := as_decimal(score)):
                raise ValueError
            pairs.append((place, line.strip(), a, b, value))
        except ValueError:
            logger.info("Skipping invalid line #%d in %s", place, path)
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


def lines_of(path: Path, encoding: str) -> list[str]:
    """Return the lines of a file, without their ends.

    Raises
    ------
    UndecodableTextError
        It is not of this encoding; the message names the line.
    FormatError
        It has lines that are no pairs or questions, so long are they.
    """
    with unpacked(path) as file:
        data = file.read()
    refuse_long_lines(data, path)
    try:
        lines = data.decode(encoding).split("\n")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise UndecodableTextError(path, f"line {number}", error) from None
    return lines if lines[-1] else lines[:-1]
