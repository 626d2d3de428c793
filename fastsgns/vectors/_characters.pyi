"""Types of the compiled boundary; see the docstrings in _characters.pyx."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

def near_spellings(word: str, words: list[Any], most: int, n: int) -> list[tuple[int, int]]: ...
def mean_with_ngrams(
    words: list[bytes],
    vectors: NDArray[np.float32],
    buckets: NDArray[np.float32],
    min_n: int,
    max_n: int,
    counts_itself: bool,
) -> int: ...
