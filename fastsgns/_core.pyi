"""Types of the compiled boundary; see the docstrings in _core.pyx."""

from typing import final

import numpy as np
from numpy.typing import NDArray

def kernel_names() -> tuple[str, ...]: ...
@final
class Task:
    def __init__(
        self,
        *,
        input_vectors: NDArray[np.float32],
        output_vectors: NDArray[np.float32] | None,
        node_vectors: NDArray[np.float32] | None,
        input_locks: NDArray[np.float32],
        noise_table: NDArray[np.uint32] | None,
        path_offsets: NDArray[np.int64] | None,
        path_nodes: NDArray[np.int32] | None,
        path_codes: NDArray[np.uint8] | None,
        skip_gram: bool,
        cbow_mean: bool,
        window: int,
        negative: int,
        compute_loss: bool,
    ) -> None: ...
    def stop(self) -> None: ...

@final
class Worker:
    def __init__(self, task: Task, kernel: str, len_longest_sentence: int) -> None: ...
    @property
    def task(self) -> Task: ...
    @property
    def loss(self) -> float: ...
    @property
    def n_pairs(self) -> int: ...
    @property
    def n_effective(self) -> int: ...
    @property
    def n_sentences(self) -> int: ...
    def train_job(
        self,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        window_cuts: NDArray[np.int32] | None,
        rng: int,
        alpha: float,
    ) -> int: ...

def subsample(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    keep_thresholds: NDArray[np.uint32],
    rng: int,
    kept_ids: NDArray[np.int32],
    kept_offsets: NDArray[np.int64],
) -> tuple[int, int]: ...
