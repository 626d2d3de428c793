"""Face: a replica of the weights. A round of it is a function of shards, chunks and learning rate.

No engine is known here: `cluster.py` has Ray call these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus import RenumberedCorpus
from fastsgns.training import (
    NAMES,
    Epoch,
    EpochRun,
    Replicas,
    Schedule,
    TrainingDiverged,
    padded_zeros,
)
from fastsgns.training.replicas import MAX_HOT
from fastsgns.training.task import make_draws, make_task
from fastsgns.word2vec import Word2Vec

if TYPE_CHECKING:
    from fastsgns import _core

#: The rows of one part of the vocabulary: float32 (n_matrices, n_rows, vector_size).
Shard = NDArray[np.float32]

#: From this size on, not all rows of a model are merged after each round.
LARGE_NBYTES = 1 << 30

#: How many of the most frequent words are, then; the next as many every second round, and so on
#: (Ji et al. 2016, arXiv:1604.04661, section 3.3).
N_HOT = 1024

#: Moves of input vectors that are at right angles are divided by what the learning rate was scaled
#: by beyond this, that of two replicas, which learn what one does without it (measured, see
#: docs/scale-out.md).
FREE_SCALE = 2 ** (1 / 3)

#: All rows are merged every so many rounds at least.
MAX_PERIOD = 64


class Layout(NamedTuple):
    """How the matrices of a model are cut into shards.

    Attributes
    ----------
    names : tuple of str
        The matrices that are trained, by their names in `training.NAMES`.
    bounds : tuple of int, n_shards + 1 long
        The row at which each shard begins, and how many rows there are.
    is_large : bool
        Whether frequent words are merged more often than others.
    """

    names: tuple[str, ...]
    bounds: tuple[int, ...]
    is_large: bool

    @property
    def n_shards(self) -> int:
        """How many shards there are."""
        return len(self.bounds) - 1

    def n_due(self, number: int) -> int:
        """Return how many shards, from the first one on, are merged after a round (from 1 on)."""
        if not self.is_large or number % MAX_PERIOD == 0:
            return self.n_shards
        n_rows = N_HOT * (number & -number)
        return sum(end <= n_rows for end in self.bounds[1:])


def layout_of(model: Word2Vec, n_parts: int) -> Layout:
    """Cut a model into at least `n_parts` shards, if it has as many words."""
    is_trained = (True, bool(model.negative), bool(model.hs))
    names = tuple(name for name, trained in zip(NAMES, is_trained, strict=True) if trained)
    n_words = len(model.wv.index_to_key)
    bounds = set(np.linspace(0, n_words, n_parts + 1).astype(int).tolist())
    is_large = 4 * len(names) * n_words * model.vector_size > LARGE_NBYTES
    if is_large:
        bounds |= {N_HOT << k for k in range(MAX_PERIOD.bit_length()) if N_HOT << k < n_words}
    return Layout(names, tuple(sorted(bounds)), is_large)


def shard_of(
    matrices: Mapping[str, Any], layout: Layout, number: int, out: Shard | None = None
) -> Shard:
    """Return a copy of a shard of a model's matrices, in new memory or in that of another one."""
    begin, end = layout.bounds[number : number + 2]
    return np.stack([matrices[name][begin:end] for name in layout.names], out=out)


def put_shard(matrices: Mapping[str, Any], layout: Layout, number: int, shard: Shard) -> None:
    """Write a shard into a model's matrices."""
    begin, end = layout.bounds[number : number + 2]
    for name, rows in zip(layout.names, shard, strict=True):
        matrices[name][begin:end] = rows


def mean(_scale: float, _start: Shard, *shards: Shard) -> Shard:
    """Return the mean of what replicas have made of a shard."""
    total = shards[0].copy()
    for shard in shards[1:]:
        total += shard
    total /= len(shards)
    return total


def adasum(scale: float, start: Shard, *shards: Shard) -> Shard:
    """Return what replicas have made of a shard together: rows moved by the Adasum of their moves.

    Of two moves a and b that is (1 - a.b / 2|a|^2) a + (1 - a.b / 2|b|^2) b: their mean where they
    are the same, their sum where they are at right angles, and the one where the other is zero. A
    frequent word's row, which all replicas have brought to the same place, is not thrown beyond it;
    what only one of them has learned of a rare word is not divided by their number. More than two
    are added up in pairs: a tree in the order of the replicas (Maleki et al. 2021,
    arXiv:2006.02924).

    Replicas train with `scale` times the learning rate, since what is common to them is divided by
    N. What is not common would move input vectors by as much too far: see `FREE_SCALE`.

    Parameters
    ----------
    scale : float
        What the learning rate of the replicas was multiplied by.
    start : float32 (n_matrices, n_rows, vector_size)
        Where all replicas began: input vectors, and others.
    shards : float32, the same shape
        What each has made of it.

    Returns
    -------
    float32, the same shape
    """
    from fastsgns.vectors._rows import adasum_rows  # the compiled code comes when first used

    together = np.empty_like(start)
    for i, rows in enumerate(start):
        divisor = max(1.0, scale / FREE_SCALE) if i == 0 else 1.0
        adasum_rows(rows, [shard[i] for shard in shards], divisor, together[i])
    return together


#: How replicas are made one, by name.
MERGES: dict[str, Callable[..., Shard]] = {"adasum": adasum, "mean": mean}


class LocalReplica:
    """Weights that are trained on some chunks, in the process that this is in.

    Between two rounds nothing is kept that matters: the memory is, since new memory costs a worker
    more time than a merge.

    Parameters
    ----------
    model : Word2Vec
        With its vocabulary; the weights come with each round.
    layout : Layout
    seed : int, >= 0
        Of the run.
    """

    def __init__(self, model: Word2Vec, layout: Layout, seed: int) -> None:
        model._check_memory()
        self.model = model
        self.layout = layout
        self._seed = seed
        self._settings, self._vocabulary = model._settings(), model._vocabulary()
        n_words = layout.bounds[-1]
        n_rows = n_words + (2 * MAX_HOT * model.workers if model.workers > 1 else 0)
        stride = self._settings.stride() or model.vector_size
        self._rows = {name: padded_zeros(n_rows, stride) for name in layout.names}
        self._views = {
            name: rows[:n_words, : model.vector_size] for name, rows in self._rows.items()
        }
        self._trained = [shard_of(self._views, layout, i) for i in range(layout.n_shards)]
        self._prepared: tuple[Any, _core.Task] | None = None

    def round(
        self,
        shards: Sequence[Shard],
        corpora: Iterable[RenumberedCorpus],
        alpha: float,
        seed: Sequence[int],
    ) -> tuple[list[Shard], Epoch]:
        """Train all chunks with one learning rate; return the shards, and what was done.

        The shards are the replica's: its next round writes into them.

        Parameters
        ----------
        shards : list of float32 (n_matrices, n_rows, vector_size)
        corpora : iterable of RenumberedCorpus
            What the chunks hold.
        alpha : float
        seed : list of int, >= 0
            Of this round.

        Raises
        ------
        TrainingDiverged
        """
        for number, shard in enumerate(shards):
            put_shard(self._views, self.layout, number, shard)
        done = self._train(joined(corpora), alpha, [self._seed, *seed])
        for number, shard in enumerate(self._trained):
            shard_of(self._views, self.layout, number, out=shard)
        with np.errstate(invalid="ignore", over="ignore"):
            are_finite = all(np.isfinite(shard.sum()) for shard in self._trained)
        if not are_finite:
            raise TrainingDiverged(
                f"the weights of a replica are no longer finite: its learning rate, {alpha:g}, is"
                " too high"
            )
        return self._trained, done

    def _train(self, corpus: RenumberedCorpus, alpha: float, seed: Sequence[int]) -> Epoch:
        model, n_words = self.model, max(corpus.n_raw_words, 1)
        schedule = Schedule(1, alpha, alpha, model.batch_words, None, n_words, model.workers)
        task = self._task(alpha, model._replicas(n_words, schedule))
        drawn = int(np.random.SeedSequence(seed).generate_state(1)[0])
        random = np.random.RandomState(drawn)
        draws = make_draws(self._settings, self._vocabulary, random, drawn, 0)
        run = EpochRun(corpus, schedule.jobs(corpus, 0), task, draws, model.workers)
        return run.run(lambda so_far: None, 60.0)

    def _task(self, alpha: float, replicas: Replicas) -> _core.Task:
        """Return what the threads are given: as in `train`, its noise is drawn once for many."""
        key = self._settings.shares_negatives(self.layout.bounds[-1], alpha), replicas
        if self._prepared is None or self._prepared[0] != key:
            n_rows = self.layout.bounds[-1] + 2 * replicas.n_rows * self.model.workers
            rows = {name: matrix[:n_rows] for name, matrix in self._rows.items()}
            of_run = self._settings, self._vocabulary, rows, self.model._locks(), replicas
            self._prepared = key, make_task(*of_run, alpha, self._seed)
        return self._prepared[1]


def joined(corpora: Iterable[RenumberedCorpus]) -> RenumberedCorpus:
    """Return one corpus with the sentences of many."""
    parts = list(corpora)
    if len(parts) == 1:
        return parts[0]
    begins = np.cumsum([0, *(len(part.ids) for part in parts)])
    offsets = [part.offsets[:-1] + begin for part, begin in zip(parts, begins, strict=False)]
    return RenumberedCorpus(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([*offsets, begins[-1:]]),
        np.concatenate([part.raw_lengths for part in parts]),
    )
