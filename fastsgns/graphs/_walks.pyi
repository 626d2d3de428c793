"""Types of the compiled boundary; see the docstrings in _walks.pyx."""

from typing import Self, final

import numpy as np
from numpy.typing import NDArray

@final
class WalkedGraph:
    def __new__(
        cls,
        offsets: NDArray[np.int64],
        targets: NDArray[np.int32],
        slots: NDArray[np.uint32] | None = None,
        shares: NDArray[np.float32] | None = None,
        largest: NDArray[np.float32] | None = None,
        n_types: int = 1,
    ) -> Self: ...
    def walk(
        self,
        rules: WalkRules,
        key: int,
        first: int,
        starts: NDArray[np.int32],
        stop: NDArray[np.int32],
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]: ...

@final
class WalkRules:
    def __new__(
        cls, length: int, p: float = 1, q: float = 1, types: NDArray[np.int32] | None = None
    ) -> Self: ...

def fill_slots(
    offsets: NDArray[np.int64],
    targets: NDArray[np.int32],
    weights: NDArray[np.float64],
    first: int,
    last: int,
    slots: NDArray[np.uint32],
    shares: NDArray[np.float32] | None = None,
    largest: NDArray[np.float32] | None = None,
) -> None: ...
