"""The memory that weights are trained in: zeros, aligned, in huge pages if there are any."""

from __future__ import annotations

import gc
import mmap
import weakref

import numpy as np
import pytest

from fastsgns.training import memory
from fastsgns.training.memory import NBYTES_HUGE_PAGE, padded_zeros


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
