"""Engine room: how well vectors agree with word pairs that people have scored; what words count.

analogies.py judges by analogies.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Collection, Iterable, Sequence
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

    def rows_of(self, questions: Sequence[Sequence[Any]], n: int) -> NDArray[np.int64]:
        """Return the rows of the `n` words of each question, -1 for those that are not known."""
        words = chain.from_iterable(questions)
        rows = np.fromiter(map(self.rows.get, words, repeat(-1)), np.int64, n * len(questions))
        return rows.reshape(-1, n)

    def spelled(self, text: str) -> str:
        """Return a text as its words are compared."""
        return spelled(text, self.case_insensitive)


def spelled(text: str, case_insensitive: bool) -> str:
    """Return a text as its words are compared."""
    return text.upper() if case_insensitive else text


def known_words(keys: Sequence[Any], asked: Collection[str], case_insensitive: bool) -> KnownWords:
    """Look up words among `keys`, the keys of the rows that questions are about.

    The words asked for are spelled as they are compared. Of all other keys nothing is kept: 300,000
    of them in upper case, with their dict, would be 38 MB.
    """
    is_text = np.fromiter(map(isinstance, keys, repeat(str)), bool, len(keys))
    all_words = not case_insensitive or bool(is_text.all())
    labels: Iterable[Any] = keys
    if not all_words:
        labels = (key.upper() if isinstance(key, str) else None for key in keys)
    elif case_insensitive:
        labels = map(str.upper, keys)
    words = frozenset(asked)
    found = [(row, label) for row, label in enumerate(labels) if label in words]
    rows = {word: row for row, word in reversed(found)}
    first_rows = None
    if len(rows) < len(found) or not all_words:
        first_rows = np.arange(len(keys), dtype=np.int32)
        for row, word in found:
            first_rows[row] = rows[word]
        if not all_words:
            first_rows[~is_text] = -1
    return KnownWords(rows, case_insensitive, first_rows)


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
    words = {word for pair in pairs for word in (pair[2], pair[3])}
    rows = known_words(keys, words, case_insensitive).rows
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
            a, b, score = spelled(line, case_insensitive).split(delimiter)
            if not math.isfinite(value := as_decimal(score)):
                raise ValueError
            pairs.append((place, line.strip(), a, b, value))
        except ValueError:
            logger.info("Skipping invalid line #%d in %s", place, path)
    return pairs


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
