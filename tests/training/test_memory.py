"""The memory that weights are trained in: zeros, aligned, in huge pages if there are any."""

from __future__ import annotations

import gc
import mmap
import re
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

from fastsgns.training import memory
from fastsgns.training.memory import NBYTES_HUGE_PAGE, move, padded_zeros


def address(array) -> int:
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("n_rows", [1, 2, 3, 1000, 20_000])
@pytest.mark.parametrize("stride", [1, 5, 16, 112])
def test_rows_are_zeros_of_float32_in_c_order_at_the_start_of_a_huge_page(n_rows, stride):
    rows = padded_zeros(n_rows, stride)
    assert (rows.shape, rows.dtype) == ((n_rows, stride), np.float32)
    assert rows.flags.c_contiguous and rows.flags.writeable and rows.flags.aligned
    assert address(rows) % NBYTES_HUGE_PAGE == 0
    assert not rows.any()


@pytest.mark.parametrize("shape", [(0, 16), (5, 0), (0, 0)])
def test_no_rows_are_no_memory(shape):
    assert padded_zeros(*shape).shape == shape


def test_every_byte_may_be_written_and_belongs_to_one_matrix_only():
    one, other = padded_zeros(5000, 112), padded_zeros(5000, 112)
    one[:] = 1
    assert not other.any()
    other[:] = 2
    assert (one == 1).all() and (other == 2).all()


def test_the_memory_goes_with_its_last_view(monkeypatch):
    made = []

    class Pages(mmap.mmap):
        def __new__(cls, *args, **kwargs):
            pages = super().__new__(cls, *args, **kwargs)
            made.append(weakref.ref(pages))
            return pages

    monkeypatch.setattr(memory.mmap, "mmap", Pages)
    rows = padded_zeros(100, 16)
    column = rows[:, 3]
    del rows
    gc.collect()
    assert made[0]() is not None and not column.any()
    del column
    gc.collect()
    assert made[0]() is None


needs_huge_pages = pytest.mark.skipif(
    not hasattr(mmap, "MADV_HUGEPAGE"), reason="no madvise(MADV_HUGEPAGE) on this system"
)


class Recording(mmap.mmap):
    """An mmap that keeps what it is asked for."""

    requests: list[tuple[str, object]]

    def __new__(cls, fileno, length, flags=0):
        pages = super().__new__(cls, fileno, length, flags)
        cls.requests.append(("flags", flags))
        return pages

    def madvise(self, option, *rest):
        self.requests.append(("madvise", option))
        super().madvise(option, *rest)


@needs_huge_pages
def test_huge_pages_are_asked_for_and_the_memory_is_private(monkeypatch):
    """Linux gives no huge pages to memory that processes share, which is mmap's default."""
    monkeypatch.setattr(Recording, "requests", [], raising=False)
    monkeypatch.setattr(memory.mmap, "mmap", Recording)
    padded_zeros(10, 16)
    (_, flags), advice = Recording.requests
    assert flags & mmap.MAP_PRIVATE and not flags & mmap.MAP_SHARED
    assert advice == ("madvise", mmap.MADV_HUGEPAGE)


@needs_huge_pages
def test_a_system_that_refuses_huge_pages_gives_plain_ones(monkeypatch):
    class Refusing(mmap.mmap):
        def madvise(self, option, *rest):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(memory.mmap, "mmap", Refusing)
    rows = padded_zeros(10, 16)
    assert address(rows) % NBYTES_HUGE_PAGE == 0 and not rows.any()


def test_a_system_without_the_call_gives_plain_pages(monkeypatch):
    monkeypatch.delattr(memory.mmap, "MADV_HUGEPAGE", raising=False)
    rows = padded_zeros(10, 16)
    assert address(rows) % NBYTES_HUGE_PAGE == 0 and not rows.any()


def test_more_than_there_is_raises_and_does_not_crash():
    with pytest.raises((OSError, MemoryError, OverflowError, ValueError)):
        padded_zeros(2**56, 112)


# ---- moving --------------------------------------------------------------------------------------


def filled(n_rows, n_columns, stride=None):
    rows = padded_zeros(n_rows, stride or n_columns)[:, :n_columns]
    rows[:] = np.arange(n_rows)[:, np.newaxis] + 1
    return rows


@pytest.mark.parametrize(("begin", "end"), [(300, 304), (304, 300), (7, 7)])
def test_what_is_moved_has_all_its_rows(begin, end):
    n_columns = min(begin, end)
    target = padded_zeros(5000, end)[:, :n_columns]
    move([filled(5000, n_columns, begin)], target)
    assert np.array_equal(target, filled(5000, n_columns))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")
def test_what_is_moved_is_never_there_twice():
    def memory(line):
        text = Path("/proc/self/status").read_text()
        return int(re.search(rf"^{line}:\s+(\d+)", text, re.MULTILINE)[1]) << 10

    held = [filled(40_000, 300)]
    nbytes = held[0].nbytes
    target = padded_zeros(40_000, 304)[:, :300]
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    move(held, target)
    assert memory("VmHWM") - before < nbytes / 2


def test_what_somebody_else_looks_at_is_only_copied():
    matrix = filled(5000, 300)
    view = matrix[10:20]
    target = padded_zeros(5000, 300)
    held = [matrix]
    del matrix
    move(held, target)
    assert (view == np.arange(10, 20)[:, np.newaxis] + 1).all()
    assert np.array_equal(target, filled(5000, 300))


def test_an_interrupted_move_is_finished_first():
    class Interrupting(np.ndarray):
        n_left = 2

        def __setitem__(self, place, values):
            super().__setitem__(place, values)
            Interrupting.n_left -= 1
            if Interrupting.n_left >= 0:
                raise KeyboardInterrupt

    target = padded_zeros(20_000, 300).view(Interrupting)
    with pytest.raises(KeyboardInterrupt):
        move([filled(20_000, 300)], target)
    assert np.array_equal(np.asarray(target), filled(20_000, 300))
