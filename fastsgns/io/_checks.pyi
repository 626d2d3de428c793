"""Types of the compiled boundary; see the docstrings in _checks.pyx."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

def pass_ordinary(
    data: bytes, at: int, end: int, start: int, table: NDArray[np.uint8], numbering: int
) -> tuple[int, int]: ...
def are_of(values: Iterable[Any], types: frozenset[type]) -> bool: ...
def are_in_order(rows: dict[Any, Any], keys: list[Any]) -> bool: ...
