"""Types of the compiled boundary; see the docstrings in _means.pyx."""

import numpy as np
from numpy.typing import NDArray

def row_lengths(
    vectors: NDArray[np.float32], rows: NDArray[np.int32], lengths: NDArray[np.float32]
) -> None: ...
def pool_rows(
    vectors: NDArray[np.float32],
    rows: NDArray[np.int32],
    offsets: NDArray[np.int64],
    weights: NDArray[np.float32] | None,
    masses: NDArray[np.float32] | None,
    lengths: NDArray[np.float32] | None,
    how: int,
    pooled: NDArray[np.float32],
) -> None: ...
def count_texts(
    rows: NDArray[np.int32],
    offsets: NDArray[np.int64],
    first: int,
    last: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None: ...
