"""Engine room: vectors made of vectors: of fewer dimensions, turned, without what all share.

Sums over rows are d x d matrices in double precision, added up from blocks of rows: beside the
result no more than a block is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors import compare

ROWS_AT_ONCE = 4096

#: What `KeyedVectors.postprocess` knows.
METHODS = ("all-but-the-top",)


def principal_axes(matrix: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of rows, and the axes along which they vary most about it.

    Parameters
    ----------
    matrix : ndarray, shape (n, d), n >= 1

    Returns
    -------
    mean : float64 ndarray, shape (d,)
    axes : float64 ndarray, shape (d, d)
        A column each, of unit length, that of the largest variance first; the largest number of
        each is positive, so that they do not depend on who has computed them.

    Raises
    ------
    ValueError
        A number is not finite, or too large to be squared.
    """
    d = matrix.shape[1]
    products = np.zeros((d, d))
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.asarray(np.mean(matrix, axis=0, dtype=np.float64))
        for block in _blocks(matrix):
            centered = block - mean
            products += centered.T @ centered
    _check_finite(products, matrix)
    axes: NDArray[np.float64] = np.linalg.eigh(products)[1][:, ::-1]  # it sorts upwards
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(d)]
    return mean, axes * np.where(largest < 0, -1.0, 1.0)


def truncated(matrix: NDArray[Any], dims: int) -> NDArray[Any]:
    """Return rows less their mean in the `dims` axes along which they vary most: (n, dims)."""
    mean, axes = principal_axes(matrix)
    return _by_blocks(matrix, dims, lambda block: (block - mean) @ axes[:, :dims])


def without_top(matrix: NDArray[Any], n: int) -> NDArray[Any]:
    """Return rows less their mean and what they have in the first `n` axes: (rows, d)."""
    mean, axes = principal_axes(matrix)
    top = axes[:, :n]

    def rest(block: NDArray[np.float64]) -> NDArray[np.float64]:
        centered = block - mean
        return centered - centered @ top @ top.T

    return _by_blocks(matrix, matrix.shape[1], rest)


def rotation(
    matrix: NDArray[Any], rows: Sequence[int], target: NDArray[Any], target_rows: Sequence[int]
) -> NDArray[np.float64]:
    """Return the orthogonal matrix R that turns some rows r to others t: largest is Σ cos(r R, t).

    With rows of unit length, that is least squares ‖A R - B‖, whose solution is U Vᵀ of the
    singular value decomposition Aᵀ B = U S Vᵀ (Schönemann 1966).

    Parameters
    ----------
    matrix, target : ndarray, shape (n, d) and (m, d)
    rows, target_rows : sequences of int, of one length
        Row rows[i] of one is to come to row target_rows[i] of the other.

    Raises
    ------
    ValueError
        A number of these rows is not finite.
    """
    products = np.zeros((matrix.shape[1], target.shape[1]))
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        ours = compare.scaled_rows(matrix, rows[part])
        theirs = compare.scaled_rows(target, target_rows[part])
        products += ours.T.astype(np.float64) @ theirs.astype(np.float64)
    _check_finite(products, matrix, target)
    left, _, right = np.linalg.svd(products)
    turned: NDArray[np.float64] = left @ right
    return turned


def turned(matrix: NDArray[Any], by: NDArray[np.float64]) -> NDArray[Any]:
    """Return ``matrix @ by``."""
    return _by_blocks(matrix, by.shape[1], lambda block: block @ by)


def side_by_side(
    first: NDArray[Any], rows: Sequence[int], second: NDArray[Any], second_rows: Sequence[int]
) -> NDArray[Any]:
    """Return rows of two matrices, each at unit length, beside each other: (n, d1 + d2)."""
    dtype = np.result_type(compare.wide_dtype(first.dtype), compare.wide_dtype(second.dtype))
    made = np.empty((len(rows), first.shape[1] + second.shape[1]), dtype)
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        made[part, : first.shape[1]] = compare.scaled_rows(first, rows[part])
        made[part, first.shape[1] :] = compare.scaled_rows(second, second_rows[part])
    return made


def _check_finite(products: NDArray[np.float64], *matrices: NDArray[Any]) -> None:
    """Raise ValueError unless sums over the rows of matrices are finite; name a row that is not."""
    if np.isfinite(products).all():
        return
    for matrix in matrices:
        finite = np.isfinite(matrix).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"row {finite.argmin()} of the vectors has a number that is not finite"
            )
    raise ValueError("the vectors have numbers that are too large to be squared")


def _blocks(matrix: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    for begin in range(0, len(matrix), ROWS_AT_ONCE):
        yield matrix[begin : begin + ROWS_AT_ONCE].astype(np.float64)


def _by_blocks(
    matrix: NDArray[Any], d: int, change: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[Any]:
    """Return rows that were changed, (n, d), in float32 at least."""
    made = np.empty((len(matrix), d), compare.wide_dtype(matrix.dtype))
    for place, block in enumerate(_blocks(matrix)):
        made[place * ROWS_AT_ONCE : (place + 1) * ROWS_AT_ONCE] = change(block)
    return made
