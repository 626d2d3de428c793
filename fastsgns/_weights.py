"""Engine room: the weight matrices of a model, and where they are while they are trained."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._memory import padded_zeros

Matrix = NDArray[np.float32]


def get_matrix(model: Any, name: str) -> Any:
    """Return a model's matrix by name: "wv.vectors", "syn1neg" or "syn1"; None if it has none."""
    return model.wv.vectors if name == "wv.vectors" else getattr(model, name, None)


def set_matrix(model: Any, name: str, matrix: Matrix) -> None:
    """Replace a model's matrix."""
    if name == "wv.vectors":
        model.wv.vectors = matrix
    else:
        setattr(model, name, matrix)


def trainable(matrix: Any, name: str, n_words: int, vector_size: int) -> Matrix:
    """Return a matrix as training needs it: float32, in C order, writeable, of the right shape.

    differs from gensim: it trains on garbage when a matrix has another dtype or order, and crashes
    on a read-only one.

    Raises
    ------
    RuntimeError
        When it is no matrix, or its shape is not (n_words, vector_size).
    """
    if matrix is None or np.ndim(matrix) != 2:
        raise RuntimeError(
            f"{name} must be a matrix of {n_words} x {vector_size},"
            f" got {type(matrix).__name__}: build the vocabulary again, or assign it"
        )
    if matrix.shape != (n_words, vector_size):
        raise RuntimeError(
            f"{name} must be {n_words} x {vector_size} (words x vector_size),"
            f" got {' x '.join(map(str, matrix.shape))}"
        )
    if isinstance(matrix, np.memmap):
        return np.array(matrix, np.float32)
    return np.require(matrix, np.float32, ["C", "W", "A"])


class TrainingWeights:
    """A model's matrices while it is trained: moved to padded, aligned rows, and back by `release`.

    Meanwhile the model's attributes are views of the padded rows, so that a callback sees, and may
    change, what is being trained. One matrix is moved at a time: at the most one is there twice.
    With a stride of None nothing is moved, and the matrices are trained where they are, unless
    there are to be replicas behind them. (A stride equal to `vector_size` does move them: NumPy's
    own memory is aligned to 16 bytes only.)

    Attributes
    ----------
    rows : dict of str to float32 (n_words + n_replicas, stride)
        What the kernels are given.
    n_hot : int
        How many of the rows each worker trains in copies of its own (`_kernels/replicas.h`).
    """

    def __init__(
        self, model: Any, names: list[str], stride: int | None, n_hot: int = 0, n_workers: int = 1
    ) -> None:
        self.model = model
        self.n_hot = n_hot
        self.n_replicas = 2 * n_hot * n_workers
        self.rows: dict[str, Matrix] = {}
        self.views: dict[str, Matrix] = {}
        try:
            for name in names:
                self._move(name, stride)
        except BaseException:
            self.release()
            raise

    def _move(self, name: str, stride: int | None) -> None:
        n_words, vector_size = len(self.model.wv.index_to_key), self.model.vector_size
        matrix = trainable(get_matrix(self.model, name), name, n_words, vector_size)
        if stride is None and self.n_replicas == 0:
            self.rows[name] = self.views[name] = matrix
        else:
            rows = padded_zeros(n_words + self.n_replicas, stride or vector_size)
            view = rows[:n_words, :vector_size]
            view[:] = matrix
            self.rows[name], self.views[name] = rows, view
        set_matrix(self.model, name, self.views[name])

    def are_current(self) -> bool:
        """Say whether the model still has these matrices: a callback may have assigned others."""
        return all(get_matrix(self.model, name) is view for name, view in self.views.items())

    def release(self) -> None:
        """Give the model plain matrices: (n_words, vector_size) in C order, in their own memory."""
        for name in list(self.views):
            was_moved = self.rows.pop(name) is not self.views[name]
            view = self.views.pop(name)
            if was_moved and get_matrix(self.model, name) is view:
                set_matrix(self.model, name, np.array(view, order="C"))
