"""Types of the compiled boundary; see the docstrings in _subwords.pyx."""

import numpy as np
from numpy.typing import NDArray

def mean_with_ngrams(
    words: list[bytes],
    vectors: NDArray[np.float32],
    buckets: NDArray[np.float32],
    min_n: int,
    max_n: int,
    counts_itself: bool,
) -> int: ...
