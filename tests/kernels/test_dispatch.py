"""Tests: how a kernel is found by name, and what is said when it is not."""

from __future__ import annotations

import ctypes
import platform
from pathlib import Path

import harness
import pytest


def test_an_unknown_name_is_told_from_a_missing_kernel(library: ctypes.CDLL) -> None:
    assert harness.find_kernel(library, "avx1024") == (None, harness.UNKNOWN_NAME)
    for name in harness.KERNEL_NAMES:
        record, why = harness.find_kernel(library, name)
        assert why in (harness.PRESENT, harness.NOT_BUILT, harness.CPU_LACKS_IT)
        assert (record is not None) == (why == harness.PRESENT)
        assert (why != harness.NOT_BUILT) == harness.is_built_here(name)
        if record is not None:
            assert record.name.decode() == name


def test_the_scalar_kernel_is_everywhere_and_the_best_is_the_first_present(
    library: ctypes.CDLL,
) -> None:
    present = [
        name
        for name in harness.KERNEL_NAMES
        if harness.find_kernel(library, name)[1] == harness.PRESENT
    ]
    assert present[-1] == "scalar"
    assert library.sgns_best_kernel().contents.name.decode() == present[0]


@pytest.mark.skipif(platform.system() != "Linux", reason="needs /proc/cpuinfo")
def test_the_processor_is_asked_rightly(library: ctypes.CDLL) -> None:
    words = set(Path("/proc/cpuinfo").read_text().split())
    needs = {
        "avx512": {"avx512f", "avx512dq", "avx512bw", "avx512vl"},
        "avx2": {"avx2", "fma", "f16c"},
        "neon": {"asimd"},
    }
    for name, flags in needs.items():
        if harness.is_built_here(name):
            assert (harness.find_kernel(library, name)[1] == harness.PRESENT) == (flags <= words)


def test_rows_are_whole_cache_lines_apart(library: ctypes.CDLL) -> None:
    assert [library.sgns_stride(size) for size in (1, 16, 17, 100, 300)] == [16, 16, 32, 112, 304]
