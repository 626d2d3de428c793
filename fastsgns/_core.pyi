"""Types of the compiled boundary; see the docstrings in _core.pyx."""

from typing import Protocol, final, type_check_only

import numpy as np
from numpy.typing import NDArray

@type_check_only
class Replicas(Protocol):
    """What `training.replicas.Replicas` is: this floor does not know the rooms."""

    @property
    def inputs(self) -> tuple[int, ...]: ...
    @property
    def outputs(self) -> tuple[int, ...]: ...
    @property
    def nodes(self) -> tuple[int, ...]: ...
    @property
    def apart(self) -> float: ...
    @property
    def n_rows(self) -> int: ...

KERNEL_NAMES: tuple[str, ...]

def available_kernels() -> tuple[str, ...]: ...
def resolve_kernel(name: str) -> str: ...
def row_stride(kernel: str, vector_size: int) -> int: ...

@final
class Task:
    def __init__(
        self,
        *,
        kernel: str,
        vector_size: int,
        input_vectors: NDArray[np.float32],
        output_vectors: NDArray[np.float32] | None,
        node_vectors: NDArray[np.float32] | None,
        input_locks: NDArray[np.float32],
        noise_table: NDArray[np.uint32] | None,
        path_offsets: NDArray[np.int64] | None,
        path_nodes: NDArray[np.int32] | None,
        path_codes: NDArray[np.uint8] | None,
        keep_thresholds: NDArray[np.uint32] | None,
        skip_gram: bool,
        cbow_mean: bool,
        window: int,
        shrink_windows: bool,
        negative: int,
        shared_negatives: bool,
        n_noise_pool: int,
        noise_seed: int,
        compute_loss: bool,
        replicas: Replicas | None = None,
        n_workers: int = 1,
    ) -> None: ...
    @property
    def kernel(self) -> str: ...
    @property
    def n_workers(self) -> int: ...
    def stop(self) -> None: ...

@final
class Worker:
    def __init__(self, task: Task, len_longest_sentence: int, index: int = 0) -> None: ...
    @property
    def task(self) -> Task: ...
    @property
    def index(self) -> int: ...
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
