"""Engine room: correlations of many pairs of numbers, and of pairs that are drawn from them.

They take little memory: arrays of int32 for all pairs, and of others a piece at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Pairs that are worked on at a time.
_AT_ONCE = 1 << 18


def pieces(n: int, step: int) -> list[slice]:
    """Return pieces of n items, of `step` each, but of one at least."""
    step = max(1, step)
    return [slice(begin, begin + step) for begin in range(0, n, step)]


class Ranked(NamedTuple):
    """Where values stand in order.

    Attributes
    ----------
    places : int32 ndarray, shape (n_items,)
        Of each among the different ones.
    n : int
        So many are different.
    """

    places: NDArray[np.int32]
    n: int

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Ranked:
        """Return where some values stand."""
        different = np.unique(values)
        places = np.empty(len(values), np.int32)
        for part in pieces(len(values), _AT_ONCE):
            places[part] = np.searchsorted(different, values[part])
        return cls(places, len(different))

    def centered(self, drawn: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return twice the rank of each different value among drawn items, less twice the mean one.

        Equal values have the mean of their ranks.

        Parameters
        ----------
        drawn : int32 ndarray, shape (m, n_items)
            As of `rank_correlations`.

        Returns
        -------
        int32 ndarray, shape (m, n)
        """
        counts = np.zeros((len(drawn), self.n), np.int32)
        begins = self.n * np.arange(len(drawn))[:, np.newaxis]
        for part in pieces(drawn.shape[1], _AT_ONCE):
            np.add.at(counts.reshape(-1), (self.places[drawn[:, part]] + begins).ravel(), 1)
        ranks = np.cumsum(counts, axis=1, dtype=np.int32)
        ranks *= 2
        ranks -= counts
        ranks -= drawn.shape[1]
        return ranks


def drawn_items(rng: np.random.Generator, n: int, n_items: int) -> Iterator[NDArray[np.int32]]:
    """Yield (some, n_items) numbers of items, drawn with replacement, n rows in all."""
    for some in pieces(n, _AT_ONCE // n_items):
        drawn = np.empty((len(range(n)[some]), n_items), np.int32)
        flat = drawn.reshape(-1)
        for part in pieces(len(flat), _AT_ONCE):
            flat[part] = rng.integers(0, n_items, len(flat[part]))
        yield drawn


def rank_correlations(ranked: Sequence[Ranked], drawn: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return Spearman's correlation of two values of drawn items; NaN where all are equal.

    What is summed up are whole numbers: below 300,000 items their order does not matter to the bit.

    Parameters
    ----------
    ranked : two Ranked
    drawn : int32 ndarray, shape (m, n_items)
        Numbers of items, drawn m times.

    Returns
    -------
    float64 ndarray, shape (m,)
    """
    ranks = [of.centered(drawn) for of in ranked]
    sums = np.zeros((3, len(drawn)))
    for part in pieces(drawn.shape[1], _AT_ONCE):
        a, b = (
            np.take_along_axis(table, of.places[drawn[:, part]], axis=1).astype(np.float64)
            for table, of in zip(ranks, ranked, strict=True)
        )
        sums += _sums_of_products(a, b)
    return _divided(sums)


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return Pearson's correlation; NaN where all values are equal, or none are there."""
    if not len(a):
        return float("nan")
    means = a.mean(), b.mean()
    sums = np.zeros(3)
    for part in pieces(len(a), _AT_ONCE):
        sums += _sums_of_products(a[part] - means[0], b[part] - means[1])
    return float(_divided(sums))


def _sums_of_products(a: NDArray[np.float64], b: NDArray[np.float64]) -> list[Any]:
    return [(a * b).sum(axis=-1), (a * a).sum(axis=-1), (b * b).sum(axis=-1)]


def _divided(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[np.float64] = sums[0] / np.sqrt(sums[1] * sums[2])
    return found
