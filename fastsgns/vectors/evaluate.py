"""Engine room: how well vectors agree with word pairs that people have scored.

analogies.py judges by analogies.
"""

from __future__ import annotations

import logging
import math
import os
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastsgns.io.number_text import as_decimal
from fastsgns.io.short_lines import blocks_of
from fastsgns.vectors.asked_words import AskedWords, spelled

logger = logging.getLogger("fastsgns.keyedvectors")

Path = str | os.PathLike[str]


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

    asked = AskedWords(keys, case_insensitive)
    gold, found = array("d"), array("d")
    n_unknown = 0
    for first, lines in blocks_of(path, encoding):
        words, scores, places = _pairs_in(lines, first, path, delimiter, case_insensitive)
        rows = asked.rows_of(words, len(words))
        asked.look_up()
        pairs = rows.reshape(-1, 2).tolist()
        for (a, b), judged, place in zip(pairs, scores, places, strict=True):
            if a >= 0 and b >= 0:
                gold.append(judged)
                found.append(float(similarity(a, b)))
                continue
            n_unknown += 1
            line = lines[place].strip()
            if dummy4unknown:
                logger.debug("Zero similarity for line #%d with OOV words: %s", first + place, line)
                gold.append(judged)
                found.append(0.0)
            else:
                logger.info("Skipping line #%d with OOV words: %s", first + place, line)
    if not gold:
        raise ValueError(
            f"No valid similarity judgements found in {path}: either invalid format or all are "
            f"out-of-vocabulary among {len(keys)} words"
        )
    if _are_equal(gold) or _are_equal(found):
        raise ValueError(
            f"{path}: too little to correlate: {len(gold)} pairs of known words ({n_unknown} have"
            f" unknown ones), with {len(np.unique(gold))} different scores and"
            f" {len(np.unique(found))} different similarities, where two of each are needed;"
            " dummy4unknown=True takes unknown words in"
        )
    columns = np.frombuffer(gold), np.frombuffer(found)
    spearman = stats.spearmanr(*columns)
    pearson = stats.pearsonr(*columns)
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


def _pairs_in(
    lines: Sequence[str], first: int, path: Path, delimiter: str, case_insensitive: bool
) -> tuple[list[str], list[float], list[int]]:
    """Return both words, the score and the place among these lines of each pair."""
    words: list[str] = []
    scores, places = [], []
    for place, line in enumerate(lines):
        if line.startswith("#"):
            continue
        try:
            a, b, score = spelled(line, case_insensitive).split(delimiter)
            if not math.isfinite(value := as_decimal(score)):
                raise ValueError
        except ValueError:
            logger.info("Skipping invalid line #%d in %s", first + place, path)
        else:
            words += a, b
            scores.append(value)
            places.append(place)
    return words, scores, places


def _are_equal(values: Sequence[float]) -> bool:
    return all(value == values[0] for value in values)


def log_word_pairs(
    pearson: Sequence[float], spearman: Sequence[float], oov: float, pairs: object
) -> None:
    """Log both correlations and the share of pairs with unknown words, in per cent."""
    logger.info("Pearson correlation coefficient against %s: %.4f", pairs, pearson[0])
    logger.info("Spearman rank-order correlation coefficient against %s: %.4f", pairs, spearman[0])
    logger.info("Pairs with unknown words ratio: %.1f%%", oov)
