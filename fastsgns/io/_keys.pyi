"""Types of the compiled boundary; see the docstrings in _keys.pyx."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Bytes = bytes | bytearray | memoryview | NDArray[np.uint8]

def parsed(data: _Bytes) -> list[str] | None: ...
def written(keys: list[Any]) -> bytearray | None: ...
def fill(data: _Bytes, sums: NDArray[np.uint64], begins: NDArray[np.uint32]) -> bool: ...
def find(
    text: _Bytes, sums: NDArray[np.uint64], begins: NDArray[np.uint32], data: _Bytes
) -> int: ...
def texts_in_list(
    data: bytes, first: int, texts: list[str], filler: bytearray
) -> tuple[int, bool]: ...
def pairs_in_order(data: bytes, first: int, row: int) -> tuple[int, int, bool]: ...
def arrays_in_list(
    data: bytes,
    template: bytes,
    first: int,
    content: bytearray,
    filler: bytearray,
    places: list[int],
    sizes: list[int],
) -> int: ...
