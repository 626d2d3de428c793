"""Engine room: the memory that weights are trained in: aligned rows, in huge pages if any."""

from __future__ import annotations

import contextlib
import mmap

import numpy as np
from numpy.typing import NDArray

#: The size of a huge page on x86-64 and most 64-bit ARM systems, and a multiple of any alignment
#: that a kernel asks for.
NBYTES_HUGE_PAGE = 2 << 20


def padded_zeros(n_rows: int, stride: int) -> NDArray[np.float32]:
    """Return a float32 matrix of zeros that starts at a multiple of 2 MiB.

    Training jumps from row to row at random, and with pages of 4 KiB most jumps miss the TLB. The
    memory goes back to the system with the last view of it.
    """
    nbytes = n_rows * stride * np.dtype(np.float32).itemsize
    if nbytes == 0:
        return np.zeros((n_rows, stride), np.float32)
    if hasattr(mmap, "MAP_PRIVATE"):
        # Private: what is shared between processes (the default) gets no huge pages on Linux.
        pages = mmap.mmap(-1, nbytes + NBYTES_HUGE_PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    else:
        pages = mmap.mmap(-1, nbytes + NBYTES_HUGE_PAGE)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without huge pages: slower, not wrong
            pages.madvise(mmap.MADV_HUGEPAGE)
    address = np.frombuffer(pages, np.uint8).__array_interface__["data"][0]
    offset = -address % NBYTES_HUGE_PAGE
    return np.frombuffer(pages, np.float32, n_rows * stride, offset).reshape(n_rows, stride)
