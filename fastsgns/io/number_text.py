"""Engine room: float matrices as decimal text, with the fewest digits that read back the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
    NumPy's own ``str(float32)`` takes 0.8 us a number; compiled code 44 ns (CPU time, Xeon, model
    167).
    """
    from fastsgns.io import _numbers

    if rows.size == 0:
        return [b""] * len(rows)
    if rows.dtype == np.float64:
        return [" ".join(map(repr, row)).encode() for row in rows.tolist()]
    if rows.dtype != np.float32:
        return [" ".join(map(str, row)).encode() for row in rows]
    rows = np.ascontiguousarray(rows)
    lines = _numbers.write_lines([b""] * len(rows), rows, rows).split(b"\n")
    return [line[1:] for line in lines[:-1]]  # a line is its word, here none, a space and numbers
