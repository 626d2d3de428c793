"""Types of the compiled boundary; see the docstrings in _numbers.pyx."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Text = bytes | bytearray | memoryview | NDArray[np.uint8]

def read_lines(
    text: _Text,
    begin: int,
    end: int,
    values: NDArray[np.float32] | NDArray[np.float64],
    words: NDArray[np.int64],
    /,
) -> tuple[int, int, bool]: ...
def count_lines(text: _Text, begin: int, end: int, /) -> int: ...
def decode_words(
    text: _Text, words: NDArray[np.int64], encoding: str, errors: str, decoded: list[str], /
) -> None: ...
def utf8_of(words: list[str], places: NDArray[np.int64], /) -> bytes: ...
def write_lines(
    text: _Text, words: NDArray[np.int64], values: NDArray[np.float32], rows: NDArray[Any], /
) -> tuple[bytes, bool]: ...
def are_finite(values: NDArray[np.float32], /) -> bool: ...
def write_records(
    text: _Text, words: NDArray[np.int64], values: NDArray[np.float32], /
) -> tuple[bytes, bool]: ...
def read_records(
    text: _Text, most_nbytes_word: int, rows: NDArray[np.uint8], words: NDArray[np.int64], /
) -> tuple[int, int]: ...
