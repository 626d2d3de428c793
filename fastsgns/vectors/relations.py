"""Engine room: a word's partner in a relation, as the other pairs of the relation tell it.

The set-based methods of Drozd, Gladkova & Matsuoka 2016, "Word Embeddings, Analogies, and Machine
Learning: Beyond King - Man + Woman = Queen", section 3. Each pair (source, target) is left out in
turn, and its target looked for by what the others say; its source is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors import compare, nearest, search

Rows = NDArray[np.int64]
Matrix = NDArray[np.float64]

#: Of random words, which are no targets; the same ones in each run.
SEED = 0
# Scores of all words that are in memory at a time.
_SCORES_NBYTES = 1 << 23


class DistinctPairs:
    """Pairs of words of which each section has each once.

    Of those that were there only a hash stays: 64 bits, which two of a million share in one of
    thirty million files.
    """

    def __init__(self) -> None:
        self._there = np.empty(0, np.int64)

    def new(self, sections: Iterable[int], pairs: Sequence[tuple[str, ...]]) -> list[int]:
        """Return the places of the pairs that were not there, and take them in."""
        named = map(hash, zip(sections, pairs, strict=True))
        hashes = np.fromiter(named, np.int64, len(pairs))
        new, places = np.unique(hashes, return_index=True)
        at = np.searchsorted(self._there, new)
        is_new = np.append(self._there, 0)[at] != new
        is_new[at == len(self._there)] = True
        self._there = np.insert(self._there, at[is_new], new[is_new])
        found: list[int] = np.sort(places[is_new]).tolist()
        return found


def by_average(pairs: Rows, vectors: NDArray[np.float32], k: int, workers: int) -> Rows:
    """Answer by 3CosAvg: nearest to the source and the mean of target - source of the others.

    Parameters
    ----------
    pairs : int64 ndarray, shape (m, 2), m >= 2
        The rows of sources and targets.
    vectors : ndarray, shape (n, d)
    k : int
        How many answers to each.
    workers : int

    Returns
    -------
    int64 ndarray, shape (m, k)
        Rows, the best first; -1 where there are no more.
    """
    sources, targets = (_units(vectors, pairs[:, side]) for side in (0, 1))
    offsets = targets - sources
    queries = sources + (offsets.sum(axis=0) - offsets) / (len(pairs) - 1)
    asked = [[row] for row in pairs[:, 0].tolist()]
    ranked = search.nearest(
        search.use_rows(vectors), compare.unit_rows(queries), k, asked, workers=workers
    )
    found = np.full((len(pairs), k), -1)
    for question, (places, _) in enumerate(ranked):
        found[question, : len(places)] = places
    return found


def by_regression(pairs: Rows, vectors: NDArray[np.float32], k: int, workers: int) -> Rows:
    """Answer by LRCos: largest is P(a target) cos(source, ·).

    The probability is that of a logistic regression on vectors of unit length, which is given the
    other targets as examples, and as counter-examples the other sources and as many random words.
    Both kinds weigh alike, and the penalty is |w|²/2. Parameters and results are `by_average`'s.
    """
    rng = np.random.default_rng(SEED)
    is_other = np.ones(len(vectors), bool)
    is_other[pairs] = False
    others = np.flatnonzero(is_other)
    others = rng.choice(others, min(len(pairs), len(others)), replace=False)
    examples = _units(vectors, np.concatenate([pairs[:, 1], pairs[:, 0], others]))
    is_target = np.arange(len(examples)) < len(pairs)
    start = _regression(
        examples, is_target, np.ones(len(examples)), np.zeros(examples.shape[1] + 1)
    )
    fitted = np.empty((len(pairs), len(start)))
    for question in range(len(pairs)):
        used = np.ones(len(examples))
        used[[question, len(pairs) + question]] = 0
        fitted[question] = _regression(examples, is_target, used, start)
    sources = examples[len(pairs) : 2 * len(pairs)]
    rows = search.use_rows(vectors)
    found = np.full((len(pairs), k), -1)
    step = max(1, _SCORES_NBYTES // (8 * max(rows.n, 1)))
    for begin in range(0, len(pairs), step):
        part = slice(begin, begin + step)
        queries = np.concatenate([fitted[part, :-1], sources[part]]).astype(np.float32)
        evidence, cosines = np.split(search.compare(rows, queries, workers), 2)
        for i, question in enumerate(range(begin, begin + len(cosines))):
            scores = cosines[i] * _probability(evidence[i] + np.float32(fitted[question, -1]))
            scores[pairs[question, 0]] = -np.inf
            best = nearest.best_first(scores, k)
            best = best[np.isfinite(scores[best])]
            found[question, : len(best)] = best
    return found


def _regression(
    examples: Matrix, is_target: NDArray[np.bool_], used: Matrix, start: Matrix
) -> Matrix:
    """Return the weights and the constant of a logistic regression: (d + 1,)."""
    from scipy.optimize import minimize

    signs = np.where(is_target, 1.0, -1.0)
    weights = used / np.where(is_target, used[is_target].sum(), used[~is_target].sum())
    weights *= used.sum() / 2

    # Not by BLAS, whose threads take longer to meet than these products take.
    def evidence(w: Matrix) -> Matrix:
        found: Matrix = np.einsum("ij,j->i", examples, w[:-1]) + w[-1]
        return found

    def back(values: Matrix, w: Matrix) -> Matrix:
        return np.append(np.einsum("i,ij->j", values, examples) + w[:-1], values.sum())

    def cost(w: Matrix) -> float:
        return float(weights @ np.logaddexp(0, -signs * evidence(w)) + w[:-1] @ w[:-1] / 2)

    def slope(w: Matrix) -> Matrix:
        return back(-signs * weights * _probability(-signs * evidence(w)), w)

    def curvature(w: Matrix, direction: Matrix) -> Matrix:
        chance = _probability(evidence(w))
        return back(weights * chance * (1 - chance) * evidence(direction), direction)

    found: Matrix = minimize(cost, start, jac=slope, hessp=curvature, method="Newton-CG").x
    return found


def _probability(evidence: NDArray[np.floating]) -> NDArray[np.floating]:
    from scipy.special import expit

    probability: NDArray[np.floating] = expit(evidence)
    return probability


def _units(vectors: NDArray[np.float32], rows: Rows) -> Matrix:
    return compare.unit_rows(vectors[rows]).astype(np.float64)


METHODS: dict[str, Callable[[Rows, NDArray[np.float32], int, int], Rows]] = {
    "3CosAvg": by_average,
    "LRCos": by_regression,
}
