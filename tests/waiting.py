"""Tests of threads wait for what they need to have happened, and never for a time to pass."""

from __future__ import annotations

import time
from collections.abc import Callable

from processes import PATIENCE


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Return as soon as something is true; TimeoutError if it does not become so at all."""
    deadline = time.monotonic() + seconds * PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for has not come")
        time.sleep(0.001)
