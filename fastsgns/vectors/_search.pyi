"""Types of the compiled boundary; see the docstrings in _search.pyx."""

from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

@final
class Rows:
    n: int
    def __init__(
        self,
        data: NDArray[np.uint8],
        dtype: str,
        among: NDArray[np.int64] | None = None,
        left_out: NDArray[np.uint8] | None = None,
    ) -> None: ...
    @property
    def d(self) -> int: ...

@final
class Queries:
    def __init__(
        self,
        vectors: NDArray[np.float32],
        k: int,
        out_offsets: NDArray[np.int64],
        out_places: NDArray[np.int64],
        least: float,
        kernel: str | None = None,
    ) -> None: ...
    def find(self, rows: Rows, first: int, stop: int) -> None: ...
    def merge(self, others: Queries) -> None: ...
    def take(self, places: NDArray[np.int64], scores: NDArray[np.float32]) -> list[int]: ...
    def compare(self, rows: Rows, first: int, stop: int, out: NDArray[np.float32]) -> None: ...

def answer(
    tile: NDArray[np.float32],
    first: int,
    form: Literal["add", "mul"],
    terms: NDArray[np.int32],
    places: NDArray[np.int64],
    scores: NDArray[np.float32],
    found: NDArray[np.int64],
    kernel: str | None = None,
) -> None: ...
def kernel_names() -> list[str]: ...
