"""Engine room: the search: which rows of a matrix are nearest to a query.

Vectors, their lengths, a query and a number k go in; rows, best first, and their scores come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: k rows, best first, and their scores.
Ranked = tuple[NDArray[np.intp], NDArray[Any]]

#: Cosines computed at a time for many queries.
BLOCK_NBYTES = 1 << 26


def rows_to_search(
    n_rows: int, clip_start: int, clip_end: int | None, restrict_vocab: int | None
) -> slice:
    """Return the rows that a question is about, of `n_rows`; see `KeyedVectors.most_similar`."""
    if restrict_vocab:
        clip_start, clip_end = 0, restrict_vocab
    # gensim takes a clip_end of 0 for none as well.
    start, stop, _ = slice(clip_start, clip_end or None).indices(n_rows)
    return slice(start, max(start, stop))


def cosines(vectors: NDArray[Any], norms: NDArray[Any], query: NDArray[Any]) -> NDArray[Any]:
    """Return the cosine of each row with a query of unit length.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    norms : ndarray, shape (n,)
        The lengths of the rows, 1 for those of zeros, so that 0 comes out.
    query : ndarray, shape (d,)
    """
    found: NDArray[Any] = (vectors @ query) / norms
    return found


def nearest(vectors: NDArray[Any], norms: NDArray[Any], query: NDArray[Any], k: int) -> Ranked:
    """Return the `k` rows with the largest cosine; parameters as for `cosines`."""
    return best(cosines(vectors, norms, query), k)


def nearest_to_each(
    vectors: NDArray[Any], norms: NDArray[Any], queries: Iterable[NDArray[Any]], k: int
) -> Iterator[Ranked]:
    """Yield what `nearest` returns for each query, through products of matrices.

    Queries are taken as they are needed, some at a time: beside them and the vectors, there are
    `BLOCK_NBYTES` of cosines.
    """
    waiting = iter(queries)
    n_at_once = max(1, BLOCK_NBYTES // (4 * max(len(norms), 1)))
    while block := list(islice(waiting, n_at_once)):
        found = np.stack(block) @ vectors.T / norms
        for row in found:
            yield best(row, k)


def products(
    vectors: NDArray[Any],
    norms: NDArray[Any],
    positive: Sequence[NDArray[Any]],
    negative: Sequence[NDArray[Any]],
) -> NDArray[Any]:
    """Return the 3CosMul score of each row; see `KeyedVectors.most_similar_cosmul`.

    Parameters
    ----------
    vectors, norms
        As for `cosines`.
    positive, negative : sequence of ndarray, each of shape (d,) and unit length
    """
    rewards, penalties = (
        np.prod([(1 + cosines(vectors, norms, query)) / 2 for query in queries], axis=0)
        for queries in (positive, negative)
    )
    scores: NDArray[Any] = rewards / (penalties + 0.000001)
    return scores


def best(scores: NDArray[Any], k: int) -> Ranked:
    """Return the places of the `k` largest scores, largest first, and these scores."""
    places = best_first(scores, k)
    return places, scores[places]


def best_first(values: NDArray[Any], n: int) -> NDArray[np.intp]:
    """Return the places of the `n` largest values, largest first.

    Of equal values, the first comes first. NaN comes last.
    Takes one pass of selection over the values and sorts only what it selects.
    """
    size = len(values)
    if n >= size:
        return np.argsort(-values, kind="stable")
    negated = -values
    bound = np.partition(negated, n - 1)[n - 1]
    if np.isnan(bound):  # fewer than n numbers: NaN is equal to nothing
        return np.argsort(negated, kind="stable")[:n]
    candidates = np.flatnonzero(negated <= bound)
    return candidates[np.argsort(negated[candidates], kind="stable")][:n]
