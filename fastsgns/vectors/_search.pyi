"""Types of the compiled boundary; see the docstrings in _search.pyx."""

from collections.abc import Collection, Iterable
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

@final
class Rows:
    n: int
    def __init__(
        self,
        vectors: NDArray[Any],
        dtype: str,
        among: NDArray[np.int64] | None = None,
        left_out: NDArray[np.bool_] | None = None,
    ) -> None: ...
    @property
    def d(self) -> int: ...
    def nearest(
        self,
        query: NDArray[np.float32],
        k: int,
        excluded: Collection[int] = (),
        least: float = ...,
    ) -> tuple[list[int], list[float]]: ...
    def compare(self, queries: NDArray[np.float32]) -> NDArray[np.float32]: ...
    def multiply(self, queries: NDArray[np.float32], n_positive: int) -> NDArray[np.float32]: ...

@final
class Queries:
    def __init__(
        self,
        vectors: NDArray[np.float32],
        k: int = 1,
        excluded: Iterable[Collection[int]] | None = None,
        least: float = ...,
        kernel: str | None = None,
    ) -> None: ...
    def find(self, rows: Rows, first: int, stop: int) -> None: ...
    def merge(self, others: Queries) -> None: ...
    def take(self) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]: ...
    def compare(self, rows: Rows, first: int, stop: int, out: NDArray[np.float32]) -> None: ...

def best(
    scores: NDArray[np.float32], k: int, excluded: Collection[int] = ()
) -> tuple[list[int], list[float]]: ...
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
