"""Types of the compiled boundary; see the docstrings in _scores.pyx."""

from typing import final

import numpy as np
from numpy.typing import NDArray

@final
class Scorer:
    def __init__(
        self,
        *,
        input_vectors: NDArray[np.float32],
        node_vectors: NDArray[np.float32],
        path_offsets: NDArray[np.int64],
        path_nodes: NDArray[np.int32],
        path_codes: NDArray[np.uint8],
        window: int,
        skip_gram: bool,
        cbow_mean: bool,
    ) -> None: ...
    def score(
        self, ids: NDArray[np.int32], offsets: NDArray[np.int64], scores: NDArray[np.float32]
    ) -> None: ...
