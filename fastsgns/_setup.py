"""Engine room: what must hold before a model can train, and the task that its kernels are given."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastsgns import _params, vocabulary
from fastsgns._building import VocabularyBuilding
from fastsgns._train import Draws

if TYPE_CHECKING:
    from fastsgns import _core

logger = logging.getLogger("fastsgns.word2vec")


class TrainingDiverged(RuntimeError):  # noqa: N818 -- says what happened, as StopIteration does
    """An epoch left NaN or infinite numbers in the weights: the learning rate is too high."""


class TrainingSetup(VocabularyBuilding):
    """Base of Word2Vec: the parameters of training, and what the boundary makes of them."""

    alpha: float
    min_alpha: float
    min_alpha_yet_reached: float
    window: int
    shrink_windows: bool
    sg: int
    cbow_mean: int
    workers: int
    epochs: int
    batch_words: int
    compute_loss: bool
    progress: bool
    running_training_loss: float
    random: np.random.RandomState
    train_count: int
    total_train_time: float
    history: list[dict[str, Any]]
    kernel: str = "blas"

    def _check_ready(
        self, total_examples: int | None, total_words: int | None, epochs: int | None
    ) -> int:
        """Check, in gensim's order, that there is something to train; return the epochs."""
        if not self.hs and not self.negative:
            raise ValueError(
                "You must set either 'hs' or 'negative' to be positive for proper training: "
                "with hs=0 and negative=0 nothing would be trained"
            )
        if self.hs and self.negative:
            logger.warning(
                "Both hierarchical softmax and negative sampling are activated. "
                "This is probably a mistake: set either 'hs' or 'negative' to 0."
            )
        if self.alpha > self.min_alpha_yet_reached:
            logger.warning("Effective 'alpha' higher than previous training cycles")
        if not self.wv.key_to_index:
            raise RuntimeError("you must first build vocabulary before training the model")
        if not len(self.wv.vectors):
            raise RuntimeError("you must initialize vectors before training the model")
        if not total_words and not total_examples:
            raise ValueError(
                "You must specify either total_examples or total_words, by which the learning rate "
                "falls: model.corpus_count if the vocabulary was built from the same corpus"
            )
        if epochs is None or epochs <= 0:
            raise ValueError(
                "You must specify an explicit epochs count >= 1, usually epochs=model.epochs,"
                f" got {epochs!r}"
            )
        return _params.as_int("epochs", epochs, at_least=1)

    def _trainable(self, name: str, matrix: Any) -> NDArray[np.float32]:
        """Return a weight matrix as the kernels need it: float32, in C order, writeable.

        differs from gensim: it trains on garbage when a matrix has another dtype or order, and
        crashes on a read-only one.
        """
        n_words = len(self.wv.index_to_key)
        if matrix is None or np.ndim(matrix) != 2:
            raise RuntimeError(
                f"{name} must be a matrix of {n_words} x {self.vector_size},"
                f" got {type(matrix).__name__}: build the vocabulary again, or assign it"
            )
        if matrix.shape != (n_words, self.vector_size):
            raise RuntimeError(
                f"{name} must be {n_words} x {self.vector_size} (words x vector_size),"
                f" got {' x '.join(map(str, matrix.shape))}"
            )
        if isinstance(matrix, np.memmap):
            return np.array(matrix, np.float32)
        return np.require(matrix, np.float32, ["C", "W"])

    def _make_task(self) -> _core.Task:
        from fastsgns._core import Task

        self.wv.vectors = self._trainable("wv.vectors", self.wv.vectors)
        if self.negative:
            self.syn1neg = self._trainable("syn1neg", getattr(self, "syn1neg", None))
        if self.hs:
            self.syn1 = self._trainable("syn1", getattr(self, "syn1", None))
            if "point" not in self.wv.expandos:
                self._check_counts()
                self.create_binary_tree()
        locks = getattr(self.wv, "vectors_lockf", None)
        if locks is None:
            # differs from gensim: after reset_from(), or with vectors that were loaded, its train()
            # hangs here.
            locks = self.wv.vectors_lockf = np.ones(1, np.float32)
        paths = (
            vocabulary.join_paths(self.wv.expandos["code"], self.wv.expandos["point"])
            if self.hs
            else None
        )
        return Task(
            input_vectors=self.wv.vectors,
            output_vectors=self.syn1neg if self.negative else None,
            node_vectors=self.syn1 if self.hs else None,
            input_locks=np.ascontiguousarray(locks, np.float32),
            noise_table=self._noise_table() if self.negative else None,
            path_offsets=paths.offsets if paths else None,
            path_nodes=paths.nodes if paths else None,
            path_codes=paths.codes if paths else None,
            skip_gram=bool(self.sg),
            cbow_mean=bool(self.cbow_mean),
            window=self.window,
            negative=self.negative,
            compute_loss=self.compute_loss,
        )

    def _noise_table(self) -> NDArray[np.uint32]:
        """Return `cum_table`; one that does not fit the vocabulary is made anew."""
        if self.cum_table is None or len(self.cum_table) != len(self.wv.index_to_key):
            self._check_counts()
            self.make_cum_table()
        return np.ascontiguousarray(self.cum_table, np.uint32)

    def _check_counts(self) -> None:
        if "count" not in self.wv.expandos:
            raise RuntimeError(
                "the vocabulary has no word counts (wv.expandos['count']): build the vocabulary,"
                " or set them with wv.set_vecattr(word, 'count', n)"
            )

    def _make_draws(self) -> Draws:
        if self.sample and "sample_int" not in self.wv.expandos:
            raise RuntimeError(
                "the vocabulary has no keep probabilities (wv.expandos['sample_int']): "
                "build the vocabulary, or set model.sample = 0"
            )
        return Draws(
            self.random,
            needs_lcg=bool(self.negative or self.sample),
            keep_thresholds=self.wv.expandos["sample_int"] if self.sample else None,
            window=self.window,
            shrink_windows=bool(self.shrink_windows),
        )

    def _check_finite(self, epoch: int) -> None:
        for name in ("wv.vectors", "syn1neg", "syn1"):
            matrix = self.wv.vectors if name == "wv.vectors" else getattr(self, name, None)
            if matrix is None:
                continue
            with np.errstate(invalid="ignore"):  # infinities of both signs add up to NaN
                total = np.add.reduce(matrix, axis=None, dtype=np.float64)
            if not np.isfinite(total):
                raise TrainingDiverged(
                    f"{name} is no longer finite after epoch {epoch + 1}: alpha={self.alpha} is"
                    " too high (0.025 is usual), or the weights were not finite before"
                )
