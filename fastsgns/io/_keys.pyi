"""Types of the compiled boundary; see the docstrings in _keys.pyx."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Bytes = bytes | bytearray | memoryview | NDArray[np.uint8]

def parsed(data: _Bytes, /) -> list[str] | None: ...
def written(keys: list[Any], /) -> bytearray | None: ...
def fill(data: _Bytes, sums: NDArray[np.uint64], begins: NDArray[np.uint32], /) -> bool: ...
def find(
    text: _Bytes, sums: NDArray[np.uint64], begins: NDArray[np.uint32], data: _Bytes, /
) -> int: ...
def texts_in_list(
    data: bytes, first: int, texts: list[str], filler: bytearray, /
) -> tuple[int, bool]: ...
