"""Face: the driver of a run: rounds of training, merges, epochs, checkpoints.

The weights are references to shards; the driver itself has words, ledger and, for a checkpoint and
at the end, a shard at a time.
"""

from __future__ import annotations

import copy
import dataclasses
import logging
import math
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.distributed import replica
from fastsgns.distributed.chunks import check_unchanged
from fastsgns.distributed.cluster import Cluster, PartLost
from fastsgns.distributed.ledger import Ledger, put_back
from fastsgns.distributed.replica import Layout
from fastsgns.distributed.state import State
from fastsgns.distributed.trainer import Recipe, Work
from fastsgns.training import Epoch, Lines, Report, Schedule, history_entry
from fastsgns.word2vec import Word2Vec

logger = logging.getLogger(__name__)

#: An epoch has so many rounds at least, where there are chunks for them: of up to two replicas, of
#: up to four, and of more. See docs/scale-out.md.
MIN_ROUNDS = ((2, 3), (4, 10), (math.inf, 30))

#: What a round counts of how fast a worker is, when there is one more.
MEMORY = 0.8


class Replicas:
    """The weights of a run: the shards that all replicas have in common, and those of each.

    A team is formed when all rows have been merged, and trains until they are again. Who of it
    dies has not moved: its replica is as it was. So a mean is that of the whole team.

    Parameters
    ----------
    cluster : Cluster
    layout : Layout
    shards : list
        References.
    merge : str
        In `replica.MERGES`.
    """

    def __init__(self, cluster: Cluster, layout: Layout, shards: list[Any], merge: str) -> None:
        self._merge = replica.MERGES[merge]
        self._cluster = cluster
        self._layout = layout
        self.common = shards
        self.team: dict[int, list[Any]] = {}

    def form(self, workers: Sequence[int]) -> None:
        """Have a replica for each of these workers, unless there is a team."""
        if not self.team:
            self.team = {worker: list(self.common) for worker in workers}

    def merge(self, n_shards: int, scale: float) -> None:
        """Make the first shards of all replicas one; after all of them, the team is dissolved.

        `scale` is what their learning rate was multiplied by.
        """
        own = [[shards[number] for shards in self.team.values()] for number in range(n_shards)]
        # A team of one is at one, and so is what nobody has moved.
        apart = [number for number, shards in enumerate(own) if len(set(shards)) > 1]
        jobs = [[scale, self.common[number], *own[number]] for number in apart]
        merged = dict(zip(apart, self._cluster.map(self._merge, jobs), strict=True))
        self.common[:n_shards] = [
            merged.get(number, shards[0]) for number, shards in enumerate(own)
        ]
        for shards in self.team.values():
            shards[:n_shards] = self.common[:n_shards]
        if n_shards == self._layout.n_shards:
            self.team = {}


class Pace:
    """How many chunks each worker gets in a round, by how fast it has been.

    Parameters
    ----------
    sync_seconds : float
        How long a round should take.
    n_chunks : int
        Of an epoch.
    n_words : float
        Of a chunk, on average.
    n_workers : int, default 2
    """

    def __init__(
        self, sync_seconds: float, n_chunks: int, n_words: float, n_workers: int = 2
    ) -> None:
        n_rounds = next(least for most, least in MIN_ROUNDS if n_workers <= most)
        self._most = max(1.0, n_chunks / n_rounds)
        self._in_time = sync_seconds / max(n_words, 1.0)
        self._done: dict[int, NDArray[np.float64]] = {}  # words and seconds, the older the lighter

    def note(self, worker: int, done: Epoch) -> None:
        """Learn how fast a worker is; one round says little, a short one less."""
        before = self._done.get(worker, 0.0)
        self._done[worker] = MEMORY * before + np.array([done.raw_words, max(done.seconds, 1e-6)])

    def _chunks_in_time(self, worker: int) -> float:
        words, seconds = self._done.get(worker, (0.0, 1.0))
        return max(1.0, self._in_time * words / seconds)

    def shares(self, team: Sequence[int], n_todo: int) -> dict[int, int]:
        """Return how many of the chunks that are to be done each of a team gets now.

        All that is left is divided by whole rounds, so that the last one is no shorter.
        """
        wanted = {worker: self._chunks_in_time(worker) for worker in team}
        if not team:
            return {}
        total = sum(wanted.values())
        n_rounds = max(1, round(n_todo / min(total, max(self._most, len(team)))))
        scale = n_todo / n_rounds / total
        fit = math.ceil if n_rounds == 1 else round
        return {worker: max(1, fit(n * scale)) for worker, n in wanted.items()}


class Driver:
    """Trains a run to its end.

    Parameters
    ----------
    cluster : Cluster
    state : State
    checkpoint : str, path or None
    """

    def __init__(
        self, cluster: Cluster, state: State, checkpoint: str | os.PathLike[str] | None
    ) -> None:
        self._cluster = cluster
        self._checkpoint = checkpoint
        self._layout = replica.layout_of(state.model, cluster.n_workers)
        self._begin(state)
        recipe = Recipe(state.run, _without_weights(state.model), self._layout, state.seed)
        self._recipe = cluster.share(recipe)

    def _begin(self, state: State) -> None:
        """Go on from a state whose model has all weights."""
        self.state = state
        model, text = state.model, state.text
        shards = [
            self._cluster.share(replica.shard_of(model._matrices(), self._layout, number))
            for number in range(self._layout.n_shards)
        ]
        self._replicas = Replicas(self._cluster, self._layout, shards, state.options.merge)
        sizes = [size.n_raw_words for size in text.sizes]
        self._ledger = Ledger(sizes, model.epochs, state.epoch, state.done)
        n_words = text.n_raw_words / max(len(sizes), 1)
        n_workers = self._cluster.n_workers
        self._pace = Pace(state.options.sync_seconds, len(sizes), n_words, n_workers)
        self._schedule = Schedule(
            model.epochs, model.alpha, model.min_alpha, model.batch_words, None, text.n_raw_words
        )

    def train(self, report: Report, bar: Any) -> None:
        """Train all epochs that are left."""
        self._report, self._bar = report, bar
        self._written = time.monotonic()
        while not self._ledger.is_finished:
            try:
                self._epoch()
            except PartLost as error:
                self._cluster.give_up()
                if self._checkpoint is None:
                    error.add_note("with checkpoint=, training would go on from before")
                    raise
                logger.warning("going on from %s: %s", self._checkpoint, error)
                self._begin(State.read(self._checkpoint))

    # --- epochs -----------------------------------------------------------------------------------

    def _epoch(self) -> None:
        state, ledger = self.state, self._ledger
        began = time.perf_counter() - state.so_far.seconds
        self._report.begin_epoch(ledger.epoch, ledger.epoch * state.text.n_raw_words)
        while ledger.n_todo:
            self._round()
            state.so_far.seconds = time.perf_counter() - began
            if ledger.n_todo and self._is_due():
                self._collect()
                self._write()
        check_unchanged(state.text.files)
        is_last = ledger.epoch + 1 == ledger.n_epochs
        is_due = is_last or self._is_due() or state.options.checkpoint_every == "epoch"
        if is_due:
            self._collect()
        self._end_epoch(state.so_far)
        ledger.next_epoch()
        state.so_far = Epoch()
        if is_due:
            self._write()

    def _end_epoch(self, done: Epoch) -> None:
        model, text = self.state.model, self.state.text
        self._report.progress(done)
        number = len(model.history) + 1
        model.history.append(history_entry(number, done, model.compute_loss))
        model.running_training_loss += done.loss
        model._log_epoch_end(
            self._ledger.epoch,
            done.examples,
            text.n_sentences,
            done.raw_words,
            text.n_raw_words,
            done.effective_words,
            done.seconds,
            True,
        )

    # --- rounds -----------------------------------------------------------------------------------

    def _round(self) -> None:
        """Train every replica of the team for a while, and merge what is due."""
        ledger, state, replicas = self._ledger, self.state, self._replicas
        ready = self._cluster.ready()
        replicas.form(ready[: ledger.n_todo])
        team = [worker for worker in ready if worker in replicas.team]
        alpha = self._alpha()
        scale = state.options.scale(alpha, len(replicas.team))
        for worker, n_chunks in self._pace.shares(team, ledger.n_todo).items():
            chunks = ledger.take(worker, n_chunks)
            if chunks:
                job = [self._recipe], self._work(chunks, alpha * scale), *replicas.team[worker]
                self._cluster.start(worker, "round", self._layout.n_shards + 1, *job)
        while self._cluster.is_busy:
            for worker, result in self._cluster.finished():
                if result is None:
                    put_back(ledger, worker, state.text.chunks)
                    continue
                ledger.finish(worker)
                *replicas.team[worker], done = result
                self._pace.note(worker, done)
                done = dataclasses.replace(done, first_alpha=alpha, last_alpha=alpha)
                state.so_far = done.after(state.so_far)
            self._show()
        state.n_rounds += 1
        # A team that has died, an epoch's end and a checkpoint need all rows.
        is_all = not team or not ledger.n_todo or self._is_due()
        n_due = self._layout.n_shards if is_all else self._layout.n_due(state.n_rounds)
        replicas.merge(n_due, scale)

    def _work(self, numbers: list[int], alpha: float) -> Work:
        text = self.state.text
        chunks = [(i, text.chunks[i], text.sizes[i].fingerprint) for i in numbers]
        return Work(chunks, alpha, [self._ledger.epoch, numbers[0]])

    def _alpha(self) -> float:
        """Return the learning rate by what is done of all epochs."""
        share = self._ledger.progress * self._schedule.n_epochs - self._ledger.epoch
        return float(self._schedule.alpha(self._ledger.epoch, np.array([share]))[0])

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.figures = {
                "workers": str(len(self._cluster.places)),
                "rounds": str(self.state.n_rounds),
            }
        self._report.progress(self.state.so_far)

    # --- checkpoints ------------------------------------------------------------------------------

    def _is_due(self) -> bool:
        every = self.state.options.checkpoint_every
        if self._checkpoint is None or every == "epoch":
            return False
        return time.monotonic() - self._written >= float(every)

    def _write(self) -> None:
        if self._checkpoint is None:
            return
        self.state.epoch, self.state.done = self._ledger.epoch, sorted(self._ledger.done)
        self.state.write(self._checkpoint)
        self._written = time.monotonic()

    def _collect(self) -> None:
        """Fetch the weights, shard by shard, into the model."""
        matrices = self.state.model._matrices()
        for number, shard in enumerate(self._replicas.common):
            replica.put_shard(matrices, self._layout, number, self._cluster.value(shard))


def _without_weights(model: Word2Vec) -> Word2Vec:
    """Return a model for workers: vocabulary and parameters."""
    bare = copy.copy(model)
    bare.wv = copy.copy(model.wv)
    bare.wv.vectors = np.zeros((0, model.vector_size), np.float32)
    for name in ("syn1", "syn1neg"):
        vars(bare).pop(name, None)
    bare.progress = False
    bare.lifecycle_events = None
    return bare


def lines_of(model: Word2Vec) -> Lines:
    """Return who writes the lines of the log."""
    return Lines(model._log_progress, model._log_epoch_end)
