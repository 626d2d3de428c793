"""Types of the kernel "blas", which `_core` reaches from C, and of its subsampling."""

import numpy as np
from numpy.typing import NDArray

def subsample(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    keep_thresholds: NDArray[np.uint32],
    rng: int,
    kept_ids: NDArray[np.int32],
    kept_offsets: NDArray[np.int64],
) -> tuple[int, int]: ...
