"""Engine room: what the boundary makes of settings, vocabulary and weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fastsgns.training.draws import Draws, KernelDraws, LegacyDraws
from fastsgns.training.replicas import Replicas
from fastsgns.training.settings import Settings
from fastsgns.training.snapshot import Matrix
from fastsgns.vocabulary import Vocabulary, len_noise_pool

if TYPE_CHECKING:
    from fastsgns import _core


def make_task(
    settings: Settings,
    vocabulary: Vocabulary,
    rows: Mapping[str, Matrix],
    locks: NDArray[np.float32],
    replicas: Replicas,
    alpha: float,
    seed: int,
    n_drawn: int | None = None,
) -> _core.Task:
    """Return what all workers of a run are given.

    Parameters
    ----------
    settings : Settings
    vocabulary : Vocabulary
    rows : mapping of str to float32 (n_words + n_replicas, stride)
        As of `PlacedWeights`: "wv.vectors", and "syn1neg" or "syn1" or both.
    locks : float32 (n_words,) or (1,)
        What the steps of each input vector are multiplied by.
    replicas : Replicas
    alpha : float
        Of the first job.
    seed : int
        Of the noise.
    n_drawn : int, optional
        Of how many draws the noise table was made: that of an excerpt.
    """
    from fastsgns._core import Task

    n_words = len(vocabulary.words)
    paths = vocabulary.paths
    return Task(
        kernel=settings.kernel,
        vector_size=settings.vector_size,
        input_vectors=rows["wv.vectors"],
        output_vectors=rows.get("syn1neg"),
        node_vectors=rows.get("syn1"),
        input_locks=np.ascontiguousarray(locks, np.float32),
        noise_table=vocabulary.noise_table,
        path_offsets=paths.offsets if paths else None,
        path_nodes=paths.nodes if paths else None,
        path_codes=paths.codes if paths else None,
        # "blas" is given the tokens that are left.
        keep_thresholds=None if settings.kernel == "blas" else vocabulary.keep_thresholds,
        skip_gram=settings.skip_gram,
        cbow_mean=settings.cbow_mean,
        window=settings.window,
        shrink_windows=settings.shrink_windows,
        negative=settings.negative,
        shared_negatives=settings.shares_negatives(n_words, alpha),
        n_noise_pool=len_noise_pool(n_words, n_drawn),
        noise_seed=seed,
        compute_loss=settings.compute_loss,
        replicas=replicas,
        n_workers=settings.workers,
    )


def make_draws(
    settings: Settings,
    vocabulary: Vocabulary,
    random: np.random.RandomState,
    seed: int,
    epoch: int,
) -> Draws:
    """Return who draws the random numbers of an epoch's jobs: for "blas", from `random`."""
    if settings.kernel != "blas":
        return KernelDraws(seed, epoch)
    return LegacyDraws(
        random,
        needs_lcg=bool(settings.negative or vocabulary.keep_thresholds is not None),
        keep_thresholds=vocabulary.keep_thresholds,
        window=settings.window,
        shrink_windows=settings.shrink_windows,
    )
