"""Engine room: one call of `train()`: its epochs, each of which the face asks for.

The loop over the epochs is the face's: what the user's callbacks do between them is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.batches import SentenceBatches
from fastsgns.corpus.training_corpus import TrainingCorpus
from fastsgns.training.hooked import HookedRun, Hooks
from fastsgns.training.replicas import Replicas
from fastsgns.training.report import Report
from fastsgns.training.schedule import Job, Schedule
from fastsgns.training.settings import Settings
from fastsgns.training.snapshot import Matrix
from fastsgns.training.task import make_draws, make_task
from fastsgns.training.workers import Epoch, EpochRun
from fastsgns.vocabulary import Vocabulary

if TYPE_CHECKING:
    from fastsgns import _core


class Unfinished(NamedTuple):
    """Where a run was interrupted, or is between two epochs."""

    schedule: Schedule
    epoch: int
    jobs: list[Job] | None  # what is left of the epoch; None: all of it
    seed: int  # of what is drawn by the kernels
    done: Epoch | None = None  # what the epoch has done so far, if it was interrupted


class Run:
    """The epochs of one call of `train()`.

    Parameters
    ----------
    corpus : TrainingCorpus or SentenceBatches
        The latter with `hooks`.
    schedule : Schedule
    seed : int
        Of what is drawn by the kernels.
    resumed : Unfinished, optional
        Where to go on.
    hooks : Hooks, optional
        What is called with each batch of sentences, in the place of training.

    Attributes
    ----------
    epochs : range
        The numbers of the epochs to train.
    totals : Epoch
        What all epochs have done so far: raw and effective words.
    unfinished : Unfinished or None
        Where the run would go on, once an epoch has begun.
    """

    def __init__(
        self,
        corpus: TrainingCorpus | SentenceBatches,
        schedule: Schedule,
        seed: int,
        resumed: Unfinished | None,
        hooks: Hooks | None = None,
    ) -> None:
        self.corpus = corpus
        self.hooks = hooks
        self.schedule = schedule
        self.seed = seed
        self.unfinished = resumed
        self.epochs = range(resumed.epoch if resumed else 0, schedule.n_epochs)
        self.totals = Epoch()
        self._task: _core.Task | None = None

    @property
    def is_prepared(self) -> bool:
        """Whether there is a task: `prepare` has been called, and not `forget` since."""
        return self._task is not None

    @property
    def done_earlier(self) -> Epoch | None:
        """What the epoch under way had done before it was interrupted."""
        return self.unfinished.done if self.unfinished else None

    def prepare(
        self,
        settings: Settings,
        vocabulary: Vocabulary,
        rows: Mapping[str, Matrix],
        locks: NDArray[np.float32],
        replicas: Replicas,
        n_drawn: int | None = None,
    ) -> None:
        """Make the task of the epochs to come: see `make_task`."""
        self._settings, self._vocabulary = settings, vocabulary
        alpha = self.schedule.start_alpha
        of_run = settings, vocabulary, rows, locks, replicas
        self._task = make_task(*of_run, alpha, self.seed, n_drawn)

    def forget(self) -> None:
        """Let go of the weights: others are going to be trained."""
        self._task = None

    def begin(self, epoch: int, random: np.random.RandomState) -> EpochRun:
        """Return an epoch that is about to begin: its first jobs, and who draws for them."""
        assert self._task is not None  # noqa: S101 (prepare comes first)
        schedule, corpus = self.schedule, self.corpus
        left = self.unfinished.jobs if self.unfinished else None
        jobs = schedule.jobs(corpus, epoch) if left is None else left
        draws = make_draws(self._settings, self._vocabulary, random, self.seed, epoch)

        def more_jobs() -> list[Job]:
            return schedule.more_jobs(corpus, epoch)

        of_run = self._task, draws, self._settings.workers, more_jobs
        if isinstance(corpus, SentenceBatches):
            assert self.hooks is not None  # noqa: S101 (who gives batches gives hooks)
            return HookedRun(corpus, jobs, *of_run, hooks=self.hooks)
        return EpochRun(corpus, jobs, *of_run)

    def train(
        self,
        under_way: EpochRun,
        epoch: int,
        report: Report,
        between: Callable[[], None] = lambda: None,
    ) -> Epoch:
        """Train an epoch that has begun; return what it did, before an interruption too.

        Whatever ends it, `unfinished` says what is left. `between`: see `EpochRun.run`.
        """
        earlier = self.done_earlier
        report.begin_epoch(epoch, self.totals.raw_words)
        try:
            done = under_way.run(report.progress, report.every, between)
        except BaseException:
            so_far = under_way.result.after(earlier)
            self.unfinished = Unfinished(self.schedule, epoch, so_far.left, self.seed, so_far)
            raise
        is_last = epoch + 1 == self.schedule.n_epochs
        following = Unfinished(self.schedule, epoch + 1, None, self.seed)
        self.unfinished = None if is_last else following
        self.totals.raw_words += done.raw_words
        self.totals.effective_words += done.effective_words
        self.totals.n_jobs += done.n_jobs
        return done.after(earlier)
