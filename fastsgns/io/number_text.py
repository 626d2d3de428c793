"""Engine room: float matrices as decimal text, with the fewest digits that read back the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# What the fast way covers: 0, and sizes from 1e-4 to below 1e6, which NumPy writes without an
# exponent. With 9 digits at most they are whole numbers of 1e-12, and below 2**63 as such.
_DECADES = 10.0 ** np.arange(-4, 7)
_TENS = 10.0 ** np.arange(0, 13)
_WHOLE_TENS = 10 ** np.arange(0, 13, dtype=np.int64)
_ONE = 10**12

# Columns of the buffer that a number is laid out in: sign, 8 places, point, 12 places, separator.
_N_INTEGER, _N_FRACTION = 8, 12
_POINT = 1 + _N_INTEGER
_SEPARATOR = _POINT + 1 + _N_FRACTION
_COLUMNS = np.arange(_SEPARATOR + 1, dtype=np.uint8)


def _four_digits() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Return the four digits of each of 0..9999, as text in one uint32, and its trailing zeros."""
    numbers = np.arange(10_000)
    digits = np.stack([numbers // 1000, numbers // 100 % 10, numbers // 10 % 10, numbers % 10], 1)
    texts = (digits + ord("0")).astype(np.uint8).view(np.uint32).ravel()
    zeros = sum((numbers % 10**n == 0).astype(np.uint8) for n in (1, 2, 3, 4))
    return texts, np.asarray(zeros, dtype=np.uint8)


_FOUR_DIGITS, _TRAILING_ZEROS = _four_digits()


def decimal_rows(rows: NDArray[Any]) -> list[bytes]:
    """Write each row as numbers with one space between them, each as ``str`` writes it.

    Parameters
    ----------
    rows : ndarray of float16, float32 or float64, shape (n, d)

    Returns
    -------
    list of n bytes

    Notes
    -----
    NumPy's own ``str(float32)`` takes 0.8 us a number. Here all float32 of a block are written at
    once: their shortest digits are found, laid out in columns, and what is not needed is cut out.
    """
    if rows.size == 0:
        return [b""] * len(rows)
    if rows.dtype == np.float64:
        return [" ".join(map(repr, row)).encode() for row in rows.tolist()]
    if rows.dtype != np.float32:
        return [" ".join(map(str, row)).encode() for row in rows]
    flat = np.ascontiguousarray(rows).ravel()
    buffer, kept = _laid_out(flat)
    lengths = kept.reshape(len(rows), -1).sum(axis=1)
    ends = np.cumsum(lengths).tolist()
    text = buffer[kept].tobytes()
    begins = [0, *ends[:-1]]
    return [text[begin : end - 1] for begin, end in zip(begins, ends, strict=True)]


def _laid_out(flat: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return a row of characters for each number, a space last, and which of them to keep."""
    with np.errstate(invalid="ignore"):  # signalling NaN
        size = np.abs(flat.astype(np.float64))
    ordinary = ((size >= _DECADES[0]) & (size < _DECADES[-1])) | (size == 0)
    units = _shortest_units(np.where(ordinary, size, 0.0), np.abs(flat))
    whole, fraction = units // _ONE, units % _ONE
    groups = [
        whole // 10_000,
        whole % 10_000,
        fraction // 100_000_000,
        fraction // 10_000 % 10_000,
        fraction % 10_000,
    ]
    buffer = np.empty((len(flat), len(_COLUMNS)), dtype=np.uint8)
    buffer[:, 0] = ord("-")
    for i, group in enumerate(groups):
        at = 1 + 4 * i + (i >= 2)
        buffer[:, at : at + 4] = _FOUR_DIGITS[group].view(np.uint8).reshape(-1, 4)
    buffer[:, _POINT] = ord(".")
    buffer[:, _SEPARATOR] = ord(" ")

    n_whole = np.ones(len(flat), dtype=np.uint8)
    for power in range(1, 6):
        n_whole += whole >= 10**power
    zeros = _TRAILING_ZEROS[groups[4]]
    zeros = zeros + np.where(zeros == 4, _TRAILING_ZEROS[groups[3]], 0).astype(np.uint8)
    zeros = zeros + np.where(zeros == 8, _TRAILING_ZEROS[groups[2]], 0).astype(np.uint8)
    end = _SEPARATOR - np.minimum(zeros, _N_FRACTION - 1)
    kept = ((_POINT - n_whole)[:, np.newaxis] <= _COLUMNS) & (end[:, np.newaxis] > _COLUMNS)
    kept[:, 0] = np.signbit(flat)
    for i in np.flatnonzero(~ordinary).tolist():
        text = np.frombuffer(str(flat[i]).encode(), dtype=np.uint8)
        buffer[i, : len(text)] = text
        kept[i] = len(text) > _COLUMNS
    kept[:, _SEPARATOR] = True
    return buffer, kept


def _shortest_units(size: NDArray[np.float64], exact: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the decimal with the fewest digits, 6 to 9, that rounds to each float32, in 1e-12.

    Nine digits tell any two float32 apart, and if n do, the nearest decimal of n digits does. With
    six, no two decimals round to the same float32, so that fewer need not be tried.
    """
    exponent = np.zeros(len(size), dtype=np.int8)  # of the decade, from -4 on
    for decade in _DECADES[1:]:
        exponent += size >= decade
    units = np.zeros(len(size), dtype=np.int64)
    todo = np.ones(len(size), dtype=bool)
    for n_digits in (6, 7, 8, 9):
        shift = n_digits + 3 - exponent  # digits behind the point
        scale = _TENS[shift]
        # Exact enough: whole numbers of 9 digits and powers of ten to 1e12 are exact in float64.
        digits = np.rint(size * scale)
        right = todo & ((digits / scale).astype(np.float32) == exact)
        if n_digits == 9:
            right = todo
        np.copyto(units, digits.astype(np.int64) * _WHOLE_TENS[12 - shift], where=right)
        todo &= ~right
    return units
