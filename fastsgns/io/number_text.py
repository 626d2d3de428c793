"""Engine room: float matrices to decimal text, in the fewest digits, and back again."""

from __future__ import annotations

import locale
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastsgns._shown import shown


def decimal_lines(text: bytes, words: NDArray[np.int64], rows: NDArray[Any]) -> tuple[bytes, bool]:
    """Write lines of a word and numbers, one space before each number, as ``str`` writes them.

    Parameters
    ----------
    text : bytes
    words : int64 ndarray, shape (n, 2)
        Where the words begin and end in it.
    rows : ndarray of float16, float32 or float64, shape (n, d)

    Returns
    -------
    lines : bytes
    are_finite : bool
        Whether no number is NaN or inf.

    Notes
    -----
    NumPy's own ``str(float32)`` takes 0.8 us a number; compiled code 10 ns (CPU time, Xeon, model
    167).
    """
    from fastsgns.io import _numbers

    if rows.dtype == np.float32:
        rows = np.ascontiguousarray(rows)
        return _numbers.write_lines(text, words, rows, rows)
    if rows.dtype == np.float64:
        texts = [" ".join(map(repr, row)) for row in rows.tolist()]
    else:
        texts = [" ".join(map(str, row)) for row in rows]
    lines = b"".join(
        b"%b %b\n" % (text[begin:end], numbers.encode())
        for (begin, end), numbers in zip(words.tolist(), texts, strict=True)
    )
    return lines, are_finite(rows)


def are_finite(rows: NDArray[Any]) -> bool:
    """Say whether no number of a matrix is NaN or inf."""
    from fastsgns.io import _numbers

    if rows.dtype == np.float32 and rows.flags.c_contiguous:
        return _numbers.are_finite(rows)
    # The least of all numbers is NaN when one of them is, and found without a copy.
    return not rows.size or bool(np.isfinite(rows.min()) and np.isfinite(rows.max()))


def as_decimal(text: str | bytes) -> float:
    """Return the number that text is, with blanks around it or not.

    Raises
    ------
    ValueError
        It is none, or one that only Python reads: 1_000, digits of other scripts.
    """
    stripped = text.strip()
    if not stripped.isascii() or ("_" if isinstance(text, str) else b"_") in text:  # type: ignore[operator]
        raise ValueError(f"no decimal number: {shown(text)}")
    return float(stripped)


def parse_rows(texts: Sequence[bytes], n_values: int, dtype: DTypeLike) -> NDArray[Any] | None:
    """Read rows of decimals, with one space between them, as `as_decimal` reads them.

    Parameters
    ----------
    texts : sequence of bytes
        A row each.
    n_values : int
        Of a row.
    dtype : float32 or float64
        What they are rounded to.

    Returns
    -------
    ndarray, shape (len(texts), n_values)
        None when a row has another number of values, or one that is no plain decimal (inf, 1_000).
    """
    from fastsgns.io import _numbers

    rows = np.empty((len(texts), n_values), dtype)
    # What is beyond exact arithmetic is read by C's strtod, which keeps to the locale.
    if not n_values or locale.localeconv()["decimal_point"] != ".":
        return None
    text = b"".join(b" %b\n" % row for row in texts)  # lines with an empty word
    words = np.empty((len(rows), 2), np.int64)
    n_read, _, is_odd = _numbers.read_lines(text, 0, len(text), rows, words)
    is_plain = not is_odd and n_read == len(rows) and bool((words[:, 0] == words[:, 1]).all())
    return rows if is_plain else None
