"""Engine room: the memory of weights: aligned, in huge pages if any, moved page by page."""

from __future__ import annotations

import mmap
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.interrupts import pass_on, suppressed

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
    try:
        if hasattr(mmap, "MAP_PRIVATE"):
            # Private: what is shared between processes (the default) gets no huge pages on Linux.
            pages = mmap.mmap(-1, nbytes + NBYTES_HUGE_PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        else:
            pages = mmap.mmap(-1, nbytes + NBYTES_HUGE_PAGE)
    except (OSError, OverflowError, ValueError) as error:
        pass_on(error)
        raise MemoryError(
            f"no memory for a matrix of {n_rows} x {stride} floats, {nbytes} bytes: {error}"
        ) from error
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppressed(OSError):  # a kernel without huge pages: slower, not wrong
            pages.madvise(mmap.MADV_HUGEPAGE)
    address = np.frombuffer(pages, np.uint8).__array_interface__["data"][0]
    offset = -address % NBYTES_HUGE_PAGE
    return np.frombuffer(pages, np.float32, n_rows * stride, offset).reshape(n_rows, stride)


#: Bytes that are moved at a time.
_MOVED_NBYTES = 4 << 20


def move(held: list[Any], target: NDArray[np.float32]) -> None:
    """Copy a matrix into another one, and give its memory back as it goes.

    So both together take no more than one. Only if nobody else looks at the matrix, and it is in
    memory of `padded_zeros`: else it is only copied.

    Parameters
    ----------
    held : list of one matrix (n_rows, n_columns)
        The only reference to it; the list is empty afterwards.
    target : float32 (n_rows, n_columns)

    Notes
    -----
    Whatever interrupts it, KeyboardInterrupt included, is raised when all has been moved: half of
    the matrix would be in one place, half in the other.
    """
    pages = _pages_of(held)
    source = held.pop()
    n_rows = len(source)
    n_at_a_time = max(1, _MOVED_NBYTES // max(1, source[:1].nbytes))
    n_moved, interrupt = 0, None
    while n_moved < n_rows:
        try:
            stop = min(n_moved + n_at_a_time, n_rows)
            target[n_moved:stop] = source[n_moved:stop]
            n_moved = stop
            if pages is not None:
                _give_back(pages, source[:n_moved])
        except KeyboardInterrupt as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt


def _pages_of(held: list[Any]) -> mmap.mmap | None:
    """Return the memory of a matrix if it can be given back: nobody else looks at it."""
    owner = getattr(getattr(held[0], "base", None), "base", None)
    pages = getattr(owner, "obj", None)
    if not isinstance(pages, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):
        return None
    # How a reference is counted differs between versions of Python: compare with one that is alone.
    return pages if _n_references(held) == _n_references([padded_zeros(1, 1)]) else None


def _n_references(held: list[Any]) -> tuple[int, int]:
    return sys.getrefcount(held[0]), sys.getrefcount(held[0].base)


def _give_back(pages: mmap.mmap, rows: NDArray[Any]) -> None:
    """Give back the whole pages in which rows lie, from the begin of the memory on."""
    begin = np.frombuffer(pages, np.uint8).__array_interface__["data"][0]
    end = rows.__array_interface__["data"][0] + (len(rows) - 1) * rows.strides[0]
    n_whole = (end - begin) // mmap.PAGESIZE * mmap.PAGESIZE
    if n_whole > 0:
        with suppressed(OSError):
            pages.madvise(mmap.MADV_DONTNEED, 0, n_whole)
