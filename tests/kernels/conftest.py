"""Tests: the kernels' library, compiled once a session."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import harness


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if harness.find_compiler() is None:
        pytest.skip("no C compiler is installed: kernels cannot be compiled alone")
    return harness.build(tmp_path_factory.mktemp("kernels"))


@pytest.fixture(scope="session")
def emulated_neon(tmp_path_factory: pytest.TempPathFactory) -> harness.Emulated | None:
    """NEON in qemu, when FASTSGNS_TEST_EMULATED asks for it (it takes a minute or two)."""
    if not os.environ.get("FASTSGNS_TEST_EMULATED"):
        return None
    return harness.build_emulated_neon(tmp_path_factory.mktemp("neon"))


@pytest.fixture(params=harness.KERNEL_NAMES)
def kernel(
    request: pytest.FixtureRequest, library: ctypes.CDLL, emulated_neon: harness.Emulated | None
) -> Any:
    """Each kernel of ours that runs here: on the processor, or, NEON, in an emulator."""
    record, why = harness.find_kernel(library, request.param)
    if why == harness.NOT_BUILT and request.param == "neon" and emulated_neon is not None:
        return emulated_neon
    if why == harness.NOT_BUILT:
        pytest.skip(
            f"{request.param} is for another kind of processor, and no emulator was asked for"
        )
    if why == harness.CPU_LACKS_IT:
        pytest.skip(f"this processor lacks {request.param}")
    assert why == harness.PRESENT
    return record
