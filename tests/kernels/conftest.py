"""Tests: the kernels' library, compiled once a session."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import harness


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if harness.find_compiler() is None:
        pytest.skip("no C compiler is installed: kernels cannot be compiled alone")
    return harness.build(tmp_path_factory.mktemp("kernels"))
