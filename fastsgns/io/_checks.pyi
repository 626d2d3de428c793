"""Types of the compiled boundary; see the docstrings in _checks.pyx."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

def crc32(data: bytes | bytearray | memoryview, value: int = 0, /) -> int: ...
def _crc32_of_each_way(data: bytes, /) -> list[int]: ...
def pass_ordinary(
    data: bytes, at: int, end: int, start: int, table: NDArray[np.uint8], numbering: int, /
) -> tuple[int, int]: ...
def are_of(values: Iterable[Any], types: frozenset[type], /) -> bool: ...
def are_in_order(rows: dict[Any, Any], keys: list[Any], /) -> bool: ...
def rows_of(keys: list[Any], /) -> dict[Any, int]: ...
def pairs_in_order(data: bytes, first: int, row: int, /) -> tuple[int, int, bool]: ...
def arrays_in_list(
    data: bytes,
    template: bytes,
    n_numbers: int,
    first: int,
    content: bytearray,
    filler: bytearray,
    places: list[int],
    sizes: list[int],
    /,
) -> int: ...
