"""Types of the compiled boundary; see the docstrings in _rows.pyx."""

import numpy as np
from numpy.typing import NDArray

def sum_rows(
    vectors: NDArray[np.float32],
    rows: list[int],
    weights: list[float] | None,
    scaled: bool,
) -> NDArray[np.float32]: ...
def scale_rows(vectors: NDArray[np.float32], rows: list[int]) -> NDArray[np.float32]: ...
def unit_vector(vector: NDArray[np.float32]) -> NDArray[np.float32]: ...
def unit_rows(matrix: NDArray[np.float32]) -> NDArray[np.float32]: ...
def norms(vectors: NDArray[np.float32]) -> NDArray[np.float32]: ...
def cosine(first: NDArray[np.float32], second: NDArray[np.float32]) -> float: ...
def cosines(
    vectors: NDArray[np.float32], rows: list[int] | None, query: NDArray[np.float32]
) -> NDArray[np.float32]: ...
def adasum_rows(
    start: NDArray[np.float32],
    moved: list[NDArray[np.float32]],
    divisor: float,
    together: NDArray[np.float32],
) -> None: ...
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
