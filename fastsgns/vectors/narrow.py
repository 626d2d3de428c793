"""Engine room: vectors in fewer bytes: float16, and int8 with a scale for each row.

A row of int8 is multiplied with its scale to be what it was, to 1/254 of its largest number. Its
direction is that of the integers: what compares directions, as searches do, needs no scale.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown

#: What vectors may be of.
DTYPES = ("float16", "float32", "float64", "int8")

_LARGEST = 127
_ROWS_AT_ONCE = 4096


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """Return one of `DTYPES`; anything else is a ValueError."""
    try:
        name = "" if dtype is None else np.dtype(dtype).name  # NumPy takes None for float64
    except TypeError:
        name = ""
    if name not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, got {shown(dtype)}")
    return np.dtype(name)


def quantized(matrix: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return rows as int8, the largest number of each as ±127, and what to multiply each with.

    Parameters
    ----------
    matrix : ndarray, shape (n, d)

    Returns
    -------
    int8 ndarray, shape (n, d); float32 ndarray, shape (n,)
        Both 0 for a row of zeros, or of numbers so small that float32 has no scale for them.

    Raises
    ------
    ValueError
        A number is not finite.
    """
    integers = np.empty(matrix.shape, np.int8)
    scales = np.empty(len(matrix), np.float32)
    for begin in range(0, len(matrix), _ROWS_AT_ONCE):
        rows = matrix[begin : begin + _ROWS_AT_ONCE].astype(np.float64)
        largest = np.abs(rows).max(axis=1, initial=0)
        if not np.isfinite(largest).all():
            row = begin + int(np.argmin(np.isfinite(largest)))
            raise ValueError(f"row {row} has a number that is not finite: int8 has no place for it")
        with np.errstate(over="ignore", under="ignore"):
            scales[begin : begin + len(rows)] = largest / _LARGEST
        if np.isinf(scales[begin : begin + len(rows)]).any():
            raise ValueError(f"numbers up to {largest.max():g} are beyond those of float32")
        # Numbers beneath those of float32 become 0, as in any array of it.
        has_scale = scales[begin : begin + len(rows)] > 0
        rows *= np.where(has_scale, _LARGEST / np.where(has_scale, largest, 1), 0)[:, np.newaxis]
        integers[begin : begin + len(rows)] = np.rint(rows, out=rows)
    return integers, scales


def stored(values: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return numbers as an array of a type that can hold them.

    Raises
    ------
    ValueError
        One is beyond what the type holds, or no integer where the type is one of integers.
    """
    given = np.asarray(values)
    try:
        with np.errstate(over="raise", invalid="raise"):
            cast = given.astype(dtype, copy=False)
    except FloatingPointError:
        cast = None
    if cast is None or (dtype.kind in "iu" and given.dtype != dtype and (cast != given).any()):
        raise ValueError(
            f"vectors of {dtype} cannot hold these numbers, {shown(given)}: "
            'wv.astype("float32") makes vectors that can'
        )
    return cast
