"""Engine room: the tables that training draws from: subsampling and noise, of plain counts."""

from __future__ import annotations

import math
from itertools import accumulate, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: The largest entry of a noise table; a draw of 32 random bits is reduced modulo it.
NOISE_DOMAIN = 2**31 - 1


class KeepThresholds(NamedTuple):
    """Subsampling of frequent words: what `keep_thresholds` computes."""

    thresholds: NDArray[np.uint32]
    n_affected_words: int
    expected_total: float


def keep_thresholds(counts: NDArray[np.int64], sample: float) -> KeepThresholds:
    """Return, for each word, the 32-bit number that a draw must not exceed for a token to be kept.

    The probability is (sqrt(n / t) + 1) t / n with t = sample * total, as in word2vec.c (Mikolov et
    al. 2013b, section 2.3, has the simpler 1 - sqrt(t / f)).

    Parameters
    ----------
    counts : int64 (n_words,)
    sample : float
        0 switches subsampling off; below 1 a share of all tokens; from 1 on an absolute count.
    """
    if not len(counts):
        return KeepThresholds(np.zeros(0, np.uint32), 0, 0.0)
    total = int(counts.sum())
    if not sample:
        threshold_count: float = total
    elif sample < 1.0:
        threshold_count = sample * total
    else:
        threshold_count = int(sample * (3 + math.sqrt(5)) / 2)
    n = counts.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        probability = (np.sqrt(n / threshold_count) + 1) * (threshold_count / n)
    affected = probability < 1.0
    probability[~affected] = 1.0
    return KeepThresholds(
        (probability * (2**32 - 1)).astype(np.uint32),
        int(affected.sum()),
        float((probability * n).sum()),
    )


def noise_table(
    counts: NDArray[np.int64], ns_exponent: float, domain: int = NOISE_DOMAIN
) -> NDArray[np.uint32]:
    """Return the cumulative noise distribution: P(word) proportional to count ** ns_exponent.

    0.75 comes from Mikolov et al. 2013b, section 2.2. Entry i is round(domain * P(word index <=
    i)).

    Powers are taken one by one: NumPy's vectorised power may differ from libm's in the last bit,
    and the table must not.
    """
    if not len(counts):
        return np.zeros(0, np.uint32)
    try:
        powers = list(map(pow, counts.astype(np.float64).tolist(), repeat(ns_exponent)))
    except (OverflowError, ZeroDivisionError):
        powers = [math.inf]
    cumulative = np.array(list(accumulate(powers)))
    if not 0 < cumulative[-1] < math.inf:
        raise ValueError(
            f"ns_exponent={ns_exponent}: counts up to {counts.max()} to this power are no floats"
        )
    table: NDArray[np.uint32] = np.rint(cumulative / cumulative[-1] * domain).astype(np.uint32)
    return table


def len_noise_pool(n_words: int, n_drawn: int | None = None) -> int:
    """Return how many negatives are drawn ahead: about 64 a word, a power of two, 16 MB at most.

    From a table that was itself made of `n_drawn` draws: about 16 of each at the most.
    """
    n_wanted = 64 * n_words if n_drawn is None else min(64 * n_words, 16 * n_drawn)
    return min(max(1 << (n_wanted - 1).bit_length(), 1 << 16), 1 << 22)
