"""Engine room: what must hold before a model can train, and the task that its kernels are given."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastsgns import _params, vocabulary
from fastsgns._building import VocabularyBuilding
from fastsgns._train import Draws, KernelDraws, LegacyDraws
from fastsgns._weights import TrainingWeights, get_matrix

if TYPE_CHECKING:
    from fastsgns import _core

logger = logging.getLogger("fastsgns.word2vec")

#: Where shared_negatives="auto" shares. Judgement from quality runs, not fitted.
SHARED_MIN_WORDS = 10_000
SHARED_MAX_ALPHA = 0.05
SHARED_MAX_WINDOW = 10

#: How many of the hottest rows each worker has for itself when there are several (of targets half
#: as many), how many centers all of them together train before they bring these rows together, and
#: how many each of them at least; inputs are brought together every fourth time. English, 73,265
#: words, two workers of a Xeon (model 207): without, they take 24 % more CPU time than one, so 7 %;
#: the output vectors come out 1.7 % longer after an epoch, and with twice the centers 3 %.
MAX_HOT = 64
CENTERS_APART = 512
MIN_CENTERS_APART = 64

#: With fewer words all rows are hot, and what two workers learn apart is too much of the whole: the
#: hierarchical softmax of 20 words diverged at alpha 0.25.
REPLICAS_MIN_WORDS = 1_000


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
    kernel: str
    shared_negatives: bool | str

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

    def _count_hot(self, n_raw_words: int) -> int:
        """Return how many rows each worker trains in copies of its own: replicas.h says why.

        None with one thread, nor for a corpus of one job: what it gives does not depend on
        `workers`, as in gensim.
        """
        several = self.workers > 1 and n_raw_words > self.batch_words
        enough = len(self.wv.index_to_key) >= REPLICAS_MIN_WORDS
        return MAX_HOT if several and enough and self.sorted_vocab else 0

    def _place_weights(self, n_hot: int = 0) -> TrainingWeights:
        from fastsgns._core import row_stride

        names = ["wv.vectors"]
        if self.negative:
            names.append("syn1neg")
        if self.hs:
            names.append("syn1")
        kernel = self._kernel_name()
        stride = None if kernel == "blas" else row_stride(kernel, self.vector_size)
        return TrainingWeights(self, names, stride, n_hot, self.workers)

    def _kernel_name(self) -> str:
        from fastsgns._core import resolve_kernel

        return resolve_kernel(_params.kernel_wanted(self.kernel))

    def _shares_negatives(self, alpha: float) -> bool:
        """Say whether the pairs of a center share their negatives.

        "auto" shares where it was measured to cost nothing: small vocabularies (Cora walks: -0.7
        micro-F1) and high learning rates do better with negatives of their own.
        """
        if self.shared_negatives != "auto":
            return bool(self.sg and self.shared_negatives)
        return bool(
            self.sg
            and len(self.wv.index_to_key) >= SHARED_MIN_WORDS
            and alpha <= SHARED_MAX_ALPHA
            and self.window <= SHARED_MAX_WINDOW
        )

    def _make_task(self, weights: TrainingWeights, alpha: float, seed: int) -> _core.Task:
        from fastsgns._core import Task

        if self.hs and "point" not in self.wv.expandos:
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
        kernel = self._kernel_name()
        return Task(
            kernel=kernel,
            vector_size=self.vector_size,
            input_vectors=weights.rows["wv.vectors"],
            output_vectors=weights.rows.get("syn1neg"),
            node_vectors=weights.rows.get("syn1"),
            input_locks=np.ascontiguousarray(locks, np.float32),
            noise_table=self._noise_table() if self.negative else None,
            path_offsets=paths.offsets if paths else None,
            path_nodes=paths.nodes if paths else None,
            path_codes=paths.codes if paths else None,
            keep_thresholds=None if kernel == "blas" else self._keep_thresholds(),
            skip_gram=bool(self.sg),
            cbow_mean=bool(self.cbow_mean),
            window=self.window,
            shrink_windows=bool(self.shrink_windows),
            negative=self.negative,
            shared_negatives=self._shares_negatives(alpha),
            n_noise_pool=vocabulary.len_noise_pool(len(self.wv.index_to_key)),
            noise_seed=seed,
            compute_loss=self.compute_loss,
            n_hot=weights.n_hot,
            merge_every=max(MIN_CENTERS_APART, CENTERS_APART // self.workers),
            n_workers=self.workers,
        )

    def _noise_table(self) -> NDArray[np.uint32]:
        """Return `cum_table`; one that does not fit the vocabulary is made anew."""
        if self.cum_table is None or len(self.cum_table) != len(self.wv.index_to_key):
            self.make_cum_table()
        return np.ascontiguousarray(self.cum_table, np.uint32)

    def _keep_thresholds(self) -> NDArray[np.uint32] | None:
        if not self.sample:
            return None
        if "sample_int" not in self.wv.expandos:
            raise RuntimeError(
                "the vocabulary has no keep probabilities (wv.expandos['sample_int']): "
                "build the vocabulary, or set model.sample = 0"
            )
        return np.ascontiguousarray(self.wv.expandos["sample_int"], np.uint32)

    def _draw_seed(self) -> int:
        """Return the seed of a run. "blas" draws from `self.random` itself, in gensim's order."""
        return 0 if self._kernel_name() == "blas" else int(self.random.randint(2**31))

    def _make_draws(self, seed: int, epoch: int) -> Draws:
        if self._kernel_name() != "blas":
            return KernelDraws(seed, epoch)
        return LegacyDraws(
            self.random,
            needs_lcg=bool(self.negative or self.sample),
            keep_thresholds=self._keep_thresholds(),
            window=self.window,
            shrink_windows=bool(self.shrink_windows),
        )

    def _check_finite(self, epoch: int) -> None:
        for name in ("wv.vectors", "syn1neg", "syn1"):
            matrix = get_matrix(self, name)
            if matrix is None:
                continue
            with np.errstate(invalid="ignore"):  # infinities of both signs add up to NaN
                total = np.add.reduce(matrix, axis=None, dtype=np.float64)
            if not np.isfinite(total):
                raise TrainingDiverged(
                    f"{name} is no longer finite after epoch {epoch + 1}: alpha={self.alpha} is"
                    " too high (0.025 is usual), or the weights were not finite before"
                )
