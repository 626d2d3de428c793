"""Engine room: the weight matrices: first values, and where they are while they are trained."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.interrupts import deferred, pass_on
from fastsgns.training.memory import move, padded_zeros
from fastsgns.training.snapshot import Matrix, Snapshot

logger = logging.getLogger("fastsgns.word2vec")

#: Weights that take no more are kept before each epoch; others when training has taken so many
#: times as long as copying them: 1 % of its time at the most. Measured: 50 epochs of 100,000 words
#: each, with 240 MB of weights, took half as long again when each was kept.
SMALL_NBYTES = 16 << 20
MIN_RATIO = 100


class TrainingDiverged(RuntimeError):  # noqa: N818 -- says what happened, as StopIteration does
    """An epoch left NaN or infinite numbers in the weights: the learning rate is too high."""


class Weights(NamedTuple):
    """The matrices of a model, each float32 (n_words, vector_size), or None if it has none.

    Attributes
    ----------
    input_vectors, output_vectors, node_vectors
        gensim's wv.vectors, syn1neg and syn1.
    """

    input_vectors: Any
    output_vectors: Any
    node_vectors: Any


#: By which names users know the matrices.
NAMES = Weights("wv.vectors", "syn1neg", "syn1")


def with_zero_rows(matrix: Matrix, n_rows: int) -> Matrix:
    """Return a matrix that has grown to `n_rows`; the new ones are zero."""
    grown = padded_zeros(n_rows, matrix.shape[1])
    grown[: len(matrix)] = matrix
    return grown


def not_finite(weights: Mapping[str, Any]) -> str | None:
    """Return the name of a matrix with NaN or infinite numbers, or None if there is none."""
    for name, matrix in weights.items():
        numbers = None if matrix is None else np.asarray(matrix)
        # Integers are finite, and what is no numbers at all is refused where it is placed.
        if numbers is not None and numbers.dtype.kind == "f" and not _is_finite(numbers):
            return name
    return None


def check_finite(weights: Mapping[str, Any]) -> None:
    """Raise TrainingDiverged when weights that are going to be trained are not finite."""
    name = not_finite(weights)
    if name is not None:
        raise TrainingDiverged(f"{name} is not finite before training: it has NaN or inf")


def _is_finite(numbers: NDArray[Any]) -> bool:
    """Say whether all numbers are: their sum is, unless it is beyond their precision."""
    with np.errstate(invalid="ignore", over="ignore"):  # infinities of both signs add up to NaN
        if np.isfinite(np.einsum(numbers, range(numbers.ndim), ())):
            return True
        return bool(np.isfinite(np.max(numbers)) and np.isfinite(np.min(numbers)))


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


class PlacedWeights:
    """A model's matrices while they are trained: `place` moves one to padded rows, `take` back.

    Meanwhile the model has views of the padded rows, so that a callback sees, and may change, what
    is being trained. What is moved is never there twice, if it is in memory of `padded_zeros` and
    nobody else looks at it; else one matrix is at a time. With a stride of None nothing is moved,
    and the matrices are trained where they are, unless there are to be replicas behind them. (A
    stride equal to `vector_size` does move them: NumPy's own memory is aligned to 16 bytes only.)

    Parameters
    ----------
    get, put : callable
        ``get(name)`` is the model's matrix, ``put(name, matrix)`` replaces it.
    n_words, vector_size : int
    stride : int or None
    n_replicas : int, default 0
        Rows behind those of the words, for the workers' own copies (`_kernels/replicas.h`).

    Attributes
    ----------
    rows : dict of str to float32 (n_words + n_replicas, stride)
        What the kernels are given.
    views : dict of str to float32 (n_words, vector_size)
        What is seen of them.
    last_good : Snapshot or None
        Their values when `keep` last took them.
    kept_epoch : int or None
        Before which epoch that was.
    """

    def __init__(
        self,
        get: Callable[[str], Any],
        put: Callable[[str, Any], None],
        n_words: int,
        vector_size: int,
        stride: int | None,
        n_replicas: int = 0,
    ) -> None:
        self._get = get
        self._put = put
        self.n_words = n_words
        self.vector_size = vector_size
        self.stride = stride
        self.n_replicas = n_replicas
        self.rows: dict[str, Matrix] = {}
        self.views: dict[str, Matrix] = {}
        self.last_good: Snapshot | None = None
        self.kept_epoch: int | None = None
        self._can_keep = True
        self._keep_again_at = 0.0

    def place(self, name: str) -> None:
        """Move a matrix, and have the model look at where it is trained."""
        held = [trainable(self._get(name), name, self.n_words, self.vector_size)]
        if self.stride is None and self.n_replicas == 0:
            self.rows[name] = self.views[name] = held[0]
            self._put(name, held[0])
            return
        rows = padded_zeros(self.n_words + self.n_replicas, self.stride or self.vector_size)
        view = rows[: self.n_words, : self.vector_size]
        with deferred():
            self.rows[name], self.views[name] = rows, view
            try:
                self._put(name, view)  # from here on, `held` alone has the old one
            finally:
                move(held, view)

    def snapshot(self) -> Snapshot:
        """Return a copy of the weights as they are now."""
        return Snapshot(self.rows, (self.n_words, self.vector_size))

    def keep(self, epoch: int, is_read: bool = False) -> None:
        """Keep the weights as they are before an epoch, for `bring_back`.

        Unless that took too large a part of the time: then those that were kept last stay. Without
        room for it, training goes on, and a line of the log says so.

        Parameters
        ----------
        epoch : int
        is_read : bool, default False
            Somebody reads those that were kept last.
        """
        began = time.perf_counter()
        nbytes = sum(rows.nbytes for rows in self.rows.values())
        if not self._can_keep or (nbytes > SMALL_NBYTES and began < self._keep_again_at):
            return
        try:
            if self.last_good is None or is_read:
                self._forget()
                self.last_good = self.snapshot()
            else:
                self.last_good.take(self.rows)
        except OSError as error:
            pass_on(error)
            self._can_keep = False
            self._forget()
            logger.warning("the weights of the last good epoch are not kept: %s", error)
            return
        self.kept_epoch = epoch
        ended = time.perf_counter()
        self._keep_again_at = ended + MIN_RATIO * (ended - began)

    def bring_back(self) -> bool:
        """Give the weights the values that were kept; say whether some were."""
        if self.last_good is None:
            return False
        self.last_good.bring_back(self.rows)
        return True

    def _forget(self) -> None:
        if self.last_good is not None:
            self.last_good.close()
            self.last_good = self.kept_epoch = None

    def are_current(self) -> bool:
        """Say whether these are the matrices that were placed: a callback may assign others."""
        return all(self._get(name) is view for name, view in self.views.items())

    def take_all(self) -> None:
        """Have the model look at plain matrices in C order again."""
        self._forget()
        with deferred():
            for name in list(self.views):
                self._take(name)

    def _take(self, name: str) -> None:
        was_moved = self.rows.pop(name) is not self.views[name]
        held = [self.views.pop(name)]
        if not was_moved or self._get(name) is not held[0]:  # or a callback has assigned another
            return
        plain = padded_zeros(self.n_words, self.vector_size)
        try:
            self._put(name, plain)
        finally:
            move(held, plain)
