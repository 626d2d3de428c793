"""Engine room: how long vectors are, and how alike: cosines, means, Word Mover's Distance."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastsgns.vectors import _rows

# One name for all that answers for KeyedVectors, so that one line of logging setup finds it.
logger = logging.getLogger("fastsgns.keyedvectors")

#: A shorter vector has squares so small that float32 holds few of their digits.
LEAST_NORM = 1e-15


#: From so many rows on the search is faster, which takes longer to begin.
MANY_ROWS = 200

FLOAT32 = np.dtype(np.float32)

#: What weights in a list are, most often: no array needs to be made of them.
NUMBERS = frozenset((float, int))


def are_rows(vectors: NDArray[Any]) -> bool:
    """Say whether compiled code can read a matrix: float32, each row in one piece."""
    return vectors.dtype == FLOAT32 and vectors.strides[1] == 4


def are_numbers(vector: NDArray[Any]) -> bool:
    """Say whether compiled code can read a vector: float32, of one dimension, in one piece."""
    return vector.dtype == FLOAT32 and vector.ndim == 1 and vector.flags.c_contiguous


def wide_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the type that vectors of a type are compared in: float32 at least.

    differs from gensim: there float16 is, whose squares overflow above 256 and vanish below 2e-4.
    """
    return np.result_type(dtype, np.float32)


def row_norms(matrix: NDArray[Any]) -> NDArray[Any]:
    """Return the Euclidean length of each row, in float32 at least.

    In blocks that stay in the cache: NumPy squares the whole matrix into a copy otherwise.
    """
    if are_rows(matrix):
        return _rows.norms(matrix)
    n_rows = max(1, 50_000 // max(matrix.shape[1], 1))
    blocks = [matrix[begin : begin + n_rows] for begin in range(0, len(matrix), n_rows)]
    return np.concatenate([_norms(block) for block in blocks or [matrix]])


def _norms(matrix: NDArray[Any]) -> NDArray[Any]:
    wide = matrix.astype(wide_dtype(matrix.dtype), copy=False)
    with np.errstate(over="ignore", under="ignore"):
        norms: NDArray[Any] = np.sqrt(np.add.reduce(wide * wide, axis=1))
    # Squares that overflow, or lose their digits towards 1e-38, do not in float64.
    doubtful = np.flatnonzero((norms < LEAST_NORM) | np.isinf(norms))
    if len(doubtful):
        norms[doubtful] = np.linalg.norm(wide[doubtful].astype(np.float64), axis=1)
    return norms


def divisors(norms: NDArray[Any]) -> NDArray[Any]:
    """Return lengths to divide by: 1 in the place of 0, so that vectors of zeros stay zeros.

    differs from gensim: there these become NaN, and so does all that has to do with them.
    """
    if np.count_nonzero(norms) == len(norms):
        return norms
    return np.where(norms == 0, norms.dtype.type(1), norms)


def unit_vector(vector: NDArray[Any]) -> NDArray[Any]:
    """Return `vector` divided by its Euclidean length, in float32 at least; zeros stay zeros."""
    if are_numbers(vector):
        return _rows.unit_vector(vector)
    # In float64, as in gensim: the cosine of a vector with itself is then nearly always exactly 1.
    wide = vector.astype(np.float64)
    numbers = wide.ravel()  # several vectors are scaled as one, as in gensim
    length = math.sqrt(numbers.dot(numbers))
    scaled: NDArray[Any] = (wide / (length or 1)).astype(wide_dtype(vector.dtype))
    return scaled


def checked_weights(
    weights: ArrayLike, n_keys: int, dtype: DTypeLike
) -> list[float] | NDArray[Any]:
    """Return one weight for each of `n_keys` keys: Python's numbers, or an array.

    Others than these become one, of float32 at least.

    Raises
    ------
    ValueError
        Not as many weights as keys.
    """
    if (
        isinstance(weights, list)
        and len(weights) == n_keys
        and NUMBERS.issuperset(map(type, weights))
    ):
        return weights
    if not isinstance(weights, np.ndarray):
        weights = np.asarray(weights, dtype=wide_dtype(dtype))
    if weights.shape != (n_keys,):
        raise ValueError(
            "keys and weights array must have same number of elements, "
            f"got {n_keys} keys and weights of shape {weights.shape}"
        )
    return weights


def scaled_rows(vectors: NDArray[Any], rows: Sequence[int]) -> NDArray[Any]:
    """Return some rows of a matrix, each divided by its length; zeros stay zeros."""
    if are_rows(vectors):
        return _rows.scale_rows(vectors, list(rows))
    chosen = vectors[rows]
    scaled: NDArray[Any] = chosen / divisors(row_norms(chosen))[:, np.newaxis]
    return scaled


def weighted_mean(
    vectors: NDArray[Any],
    rows: list[int],
    weights: list[float] | NDArray[Any] | None = None,
    given: Iterable[tuple[Any, NDArray[Any]]] = (),
    *,
    scaled: bool = False,
) -> NDArray[Any]:
    """Return the sum of weight x vector, divided by the sum of abs(weight).

    Products are rounded before they are added up, one after the other: what cancels out does so
    without a rest.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    rows : list of m int
        The rows that are summed up.
    weights : list of m float, or ndarray of shape (m,), optional
        By default 1. An array of wider numbers than the rows makes the mean as wide.
    given : iterable of (weight, vector), optional
        More of them.
    scaled : bool, default False
        Divide each of the rows by its length first.

    Returns
    -------
    ndarray, shape (d,)
        Zeros when there is nothing to sum up.
    """
    listed = weights.tolist() if isinstance(weights, np.ndarray) else weights
    total_weight = len(rows) if listed is None else sum(map(abs, listed))
    if are_rows(vectors):
        total: NDArray[Any] = _rows.sum_rows(vectors, rows, listed, scaled)
    else:
        chosen = scaled_rows(vectors, rows) if scaled else vectors[rows]
        chosen = chosen.astype(wide_dtype(chosen.dtype), copy=False)
        terms = chosen if listed is None else np.array(listed, chosen.dtype)[:, np.newaxis] * chosen
        total = np.add.reduce(terms, axis=0)
    wide = wide_dtype(vectors.dtype)
    for weight, vector in given:
        total += weight * vector.astype(np.promote_types(vector.dtype, wide), copy=False)
        total_weight += abs(weight)
    if isinstance(weights, np.ndarray):
        total = total.astype(np.promote_types(total.dtype, weights.dtype), copy=False)
    if total_weight not in (0, 1):
        total /= total_weight
    return total


def unit_rows(matrix: NDArray[Any]) -> NDArray[np.float32]:
    """Return each row scaled to unit length, to the bit what `unit_vector` makes of it."""
    if matrix.dtype == FLOAT32:
        return _rows.unit_rows(np.ascontiguousarray(matrix))
    wide = matrix.astype(np.float64)
    lengths = np.sqrt(np.array([row.dot(row) for row in wide]))
    lengths[lengths == 0] = 1
    scaled: NDArray[np.float32] = (wide / lengths[:, np.newaxis]).astype(np.float32)
    return scaled


def cosine(first: NDArray[Any], second: NDArray[Any]) -> np.float32:
    """Return the cosine between two vectors; 0 for a vector of zeros."""
    if are_numbers(first) and are_numbers(second):
        return np.float32(_rows.cosine(first, second))
    found: np.float32 = np.dot(unit_vector(first), unit_vector(second))
    return found


def cosines_of_rows(
    vectors: NDArray[Any], rows: list[int] | None, query: NDArray[Any]
) -> NDArray[Any]:
    """Return the cosine between some rows of a matrix, or all, and a vector; 0 for zeros."""
    if are_rows(vectors) and are_numbers(query):
        if rows is None and len(vectors) >= MANY_ROWS:
            from fastsgns.vectors import search

            found: NDArray[Any] = search.use_rows(vectors).compare(unit_vector(query)[np.newaxis])[
                0
            ]
            return found
        return _rows.cosines(vectors, rows, query)
    matrix = vectors if rows is None else vectors[rows]
    matrix = matrix.astype(wide_dtype(matrix.dtype), copy=False)
    query = query.astype(wide_dtype(query.dtype), copy=False)
    cosines: NDArray[Any] = matrix @ unit_vector(query)
    cosines /= divisors(row_norms(matrix))
    return cosines


def cosines_with(vector_1: ArrayLike, vectors_all: ArrayLike) -> NDArray[Any]:
    """Return the cosine between one vector and each row of a matrix; 0 for a vector of zeros."""
    vector, matrix = np.asarray(vector_1), np.asarray(vectors_all)
    if vector.ndim != 1 or matrix.ndim != 2 or matrix.shape[1] != len(vector):
        raise ValueError(
            f"shapes (d,) and (n, d) are needed, got {vector.shape} and {matrix.shape}"
        )
    return cosines_of_rows(matrix, None, vector)


def by_centrality(vectors: NDArray[Any], keys: Sequence[Any]) -> list[tuple[np.float32, Any]]:
    """Return (similarity to the mean of all vectors, key), best first.

    Parameters
    ----------
    vectors : ndarray of float, shape (n, d)
    keys : sequence of length n
    """
    mean = unit_vector(np.add.reduce(vectors, axis=0) / len(vectors))
    pairs = list(zip(vectors @ mean, keys, strict=True))
    try:
        return sorted(pairs, reverse=True)
    except TypeError:  # keys of several types have no order
        return sorted(pairs, key=lambda pair: pair[0], reverse=True)


def word_movers_distance(
    document1: Sequence[Hashable],
    document2: Sequence[Hashable],
    words: Sequence[Hashable],
    vectors: NDArray[Any],
) -> float:
    """Return the Word Mover's Distance of two lists of words; see `KeyedVectors.wmdistance`.

    Parameters
    ----------
    document1, document2 : sequence of keys
    words : sequence of n keys
        Those of both, each once.
    vectors : ndarray, shape (n, d)
    """
    from ot import emd2  # type: ignore[import-untyped, import-not-found, unused-ignore]

    documents = (document1, document2)
    if not all(documents):
        logger.warning("At least one of the documents had no words that were in the vocabulary.")
        return float("inf")
    counts = [Counter(document) for document in documents]
    if len(words) == 1:
        return 0.0

    from scipy.spatial.distance import cdist

    points = vectors.astype(np.float64)
    places = [[place for place, word in enumerate(words) if word in count] for count in counts]
    costs = cdist(points[places[0]], points[places[1]])
    total = float(costs.sum())
    if not np.isfinite(total):  # of vectors that are not
        return total
    if total < 1e-8:
        logger.info("The distance matrix is all zeros. Aborting (returning inf).")
        return float("inf")
    first, second = (
        np.array([count[words[place]] for place in part]) / len(document)
        for count, part, document in zip(counts, places, documents, strict=True)
    )
    distance: Any = emd2(first, second, costs)  # an array for several documents, typed so
    return float(distance)
