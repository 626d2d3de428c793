"""Engine room: checkpoints: how far a run has come, as plain values, and when to write it down."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from fastsgns import _params
from fastsgns._shown import shown
from fastsgns.corpus.training_corpus import CutCorpus, KnownCorpus
from fastsgns.io.interrupts import deferred, pass_on
from fastsgns.training.run import Run, Unfinished
from fastsgns.training.schedule import Job, Schedule
from fastsgns.training.snapshot import Matrix, Snapshot
from fastsgns.training.weights import PlacedWeights, not_finite
from fastsgns.training.workers import Epoch, EpochRun

logger = logging.getLogger("fastsgns.word2vec")

#: One at a time, in the order in which they were begun: none takes the place of a later one.
_writing = threading.Lock()


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a run has come, between two epochs or two jobs.

    Attributes
    ----------
    schedule : Schedule
    epoch : int
        The number of the next one, or of that under way; that of all when there is none.
    seed : int
        Of what is drawn by the kernels.
    fingerprint : str or None
        Of the corpus; None for one that is read anew in each epoch.
    every : "epoch" or float
        When checkpoints are written.
    n_left : int or None
        How many jobs are left of the epoch; None: all.
    first : list of Job
        The first of these: one, or up to where the others are as the schedule has them. An
        interruption cuts jobs in two, and leaves those out of order that workers had taken.
    done : Epoch or None
        What the epoch has done so far.
    """

    schedule: Schedule
    epoch: int
    seed: int
    fingerprint: str | None
    every: Any
    n_left: int | None = None
    first: list[Job] = dataclasses.field(default_factory=list)
    done: Epoch | None = None

    def unfinished(self, corpus: CutCorpus) -> Unfinished | None:
        """Return where the run goes on over its corpus; None if it was at its end.

        Raises
        ------
        ValueError
            What is left is no part of the epoch.
        """
        if self.epoch >= self.schedule.n_epochs:
            return None
        return Unfinished(self.schedule, self.epoch, self._left(corpus), self.seed, self.done)

    def _left(self, corpus: CutCorpus) -> list[Job] | None:
        if self.n_left is None:
            return None
        jobs = self.schedule.jobs(corpus, self.epoch)
        n_whole = self.n_left - len(self.first)
        if not 0 <= n_whole <= len(jobs) or not all(
            0 <= job.start <= job.end <= corpus.n_sentences for job in self.first
        ):
            raise ValueError(f"the {self.n_left} jobs that are left are not of this corpus")
        return self.first + jobs[len(jobs) - n_whole :]

    def as_plain(self) -> dict[str, Any]:
        """Return what JSON can hold: all but who is asked for learning rates."""
        schedule = dataclasses.replace(self.schedule, next_alpha=None)
        plain = dataclasses.asdict(dataclasses.replace(self, schedule=schedule))
        del plain["schedule"]["next_alpha"]
        plain["first"] = [list(job) for job in self.first]
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Progress:
        """Return what `as_plain` was called on.

        Raises
        ------
        TypeError, ValueError
            This is none.
        """
        done = plain.get("done")
        rebuilt = {
            "schedule": Schedule(**plain["schedule"]),
            "first": [Job(*job) for job in plain.get("first", [])],
            "done": None if done is None else Epoch(**done),
        }
        found = cls(**{**plain, **rebuilt})
        _check_schedule(found.schedule)
        check_whole(found.epoch, found.seed)
        for job in found.first:
            check_whole(job.start, job.end)
            _check_alphas(job.alpha)
        if found.n_left is not None:
            check_whole(found.n_left)
        if found.done is not None:
            check_done(found.done)
        is_under_way = found.n_left is not None or found.first or found.done is not None
        if is_under_way and found.epoch >= found.schedule.n_epochs:
            raise ValueError(f"epoch {found.epoch} of {found.schedule.n_epochs} is under way")
        if not isinstance(found.fingerprint, (str, type(None))):
            raise TypeError(f"no fingerprint: {shown(found.fingerprint)}")
        as_every(found.every)
        return found


def n_last_alike(jobs: list[Job], planned: list[Job]) -> int:
    """Return how many of the last jobs are those that were planned, in their order."""
    pairs = zip(reversed(jobs), reversed(planned), strict=False)
    alike = itertools.takewhile(lambda pair: pair[0][:2] == pair[1][:2], pairs)
    return sum(1 for _ in alike)


def check_whole(*values: Any, least: int = 0) -> None:
    """Raise ValueError for what is no int from `least` on that 64 bits hold."""
    for value in values:
        if type(value) is not int or not least <= value < 2**63:
            raise ValueError(f"no whole number from {least} on: {shown(value)}")


def _check_alphas(*values: Any) -> None:
    for value in values:
        if type(value) not in (int, float) or not 0 <= value <= 100:
            raise ValueError(f"no learning rate: {shown(value)}")


def _check_schedule(schedule: Schedule) -> None:
    check_whole(schedule.n_epochs, schedule.batch_words, schedule.n_regions, least=1)
    _params.as_workers(schedule.n_regions)
    totals = schedule.total_examples, schedule.total_words
    check_whole(*(total for total in totals if total is not None))
    _check_alphas(schedule.start_alpha, schedule.end_alpha)


def check_done(epoch: Epoch) -> None:
    """Raise ValueError when a file says what no epoch has done."""
    counts = epoch.raw_words, epoch.examples, epoch.effective_words, epoch.n_jobs, epoch.pairs
    check_whole(*counts)
    for value in (epoch.loss, epoch.seconds):
        if type(value) not in (int, float) or not math.isfinite(value):
            raise ValueError(f"no number: {shown(value)}")
    alphas = epoch.first_alpha, epoch.last_alpha
    _check_alphas(*(alpha for alpha in alphas if alpha is not None))
    if epoch.left != []:
        raise ValueError(f"no list of jobs: {shown(epoch.left)}")


def as_every(value: Any) -> Any:
    """Return when checkpoints are written: "epoch", or at least so many seconds apart."""
    if value == "epoch" and isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9:
        return value
    raise ValueError(f"checkpoint_every must be 'epoch' or a number of seconds, got {value!r}")


#: Given how far a run has come and the weights of that instant (None: as they are now), returns
#: what writes them, with all else of the model as it is now: on any thread, at any later time.
Capture = Callable[[Progress, Mapping[str, Matrix] | None], Callable[[], None]]


class Checkpoints:
    """Those of one call of `train()`.

    The first and the last are written while training waits; so it shows at once whether they can
    be. Those between are copied while it waits, and written by a thread while it goes on; what goes
    wrong there is logged, and the one before stays.

    Parameters
    ----------
    capture : Capture or None
        None: there are to be none.
    fingerprint : str or None
    every : "epoch" or float
    """

    def __init__(self, capture: Capture | None, fingerprint: str | None, every: Any) -> None:
        self._capture = capture
        self._fingerprint = fingerprint
        self._every = every
        self._begun = 0.0
        self._has_first = False
        self._thread: threading.Thread | None = None

    @property
    def is_writing(self) -> bool:
        """Whether a thread writes one."""
        return self._thread is not None and self._thread.is_alive()

    def before_epoch(self, run: Run, epoch: int, placed: PlacedWeights) -> None:
        """Write a checkpoint before an epoch if it is time; surely the first.

        From the weights that are kept of this instant, if they are.
        """
        if self._capture is None:
            return
        left = run.unfinished if run.unfinished and run.unfinished.epoch == epoch else None
        jobs = left.jobs if left is not None else None
        progress = self._progress(run, epoch, jobs, len(jobs or ()), left and left.done)
        if not self._has_first:
            self._has_first = True
            self._write_now(self._capture(progress, None))
            return
        if self._every == "epoch":
            self._wait()
        elif not self._is_time():
            return
        kept = placed.last_good if placed.kept_epoch == epoch else None
        self._write_later(progress, kept, placed)

    def within_epoch(
        self, run: Run, epoch: int, under_way: EpochRun, placed: PlacedWeights
    ) -> None:
        """Write a checkpoint within an epoch if it is time: where the corpus is kept."""
        if self._capture is None or self._every == "epoch" or not self._is_time():
            return
        if not isinstance(run.corpus, KnownCorpus):
            return
        planned = dataclasses.replace(run.schedule, next_alpha=None).jobs(run.corpus, epoch)
        with under_way.held():
            jobs = list(under_way.jobs)
            if jobs:  # else the next epoch is about to begin
                n_cut = max(1, len(jobs) - n_last_alike(jobs, planned))
                done = under_way.result.after(run.done_earlier)
                progress = self._progress(run, epoch, jobs, n_cut, done)
                self._write_later(progress, None, placed)

    def finish(self, run: Run) -> None:
        """Write the last one."""
        if self._capture is not None:
            self._wait()
            self._write_now(self._capture(self._progress(run, run.epochs.stop), None))

    def _progress(
        self,
        run: Run,
        epoch: int,
        jobs: list[Job] | None = None,
        n_cut: int = 0,
        done: Epoch | None = None,
    ) -> Progress:
        return Progress(
            run.schedule,
            epoch,
            run.seed,
            self._fingerprint,
            self._every,
            None if jobs is None else len(jobs),
            [] if jobs is None else jobs[:n_cut],
            None if done is None else dataclasses.replace(done, left=[]),
        )

    def _is_time(self) -> bool:
        return not self.is_writing and time.monotonic() - self._begun >= self._every

    def _write_now(self, write: Callable[[], None]) -> None:
        self._begun = time.monotonic()
        with _writing:
            write()

    def _write_later(
        self, progress: Progress, kept: Snapshot | None, placed: PlacedWeights
    ) -> None:
        """Write the weights as they are now; `kept` has them, if it is there."""
        assert self._capture is not None  # noqa: S101 (who calls has looked)
        self._begun = time.monotonic()
        try:
            if kept is not None:
                matrices = kept.matrices()
            else:
                with contextlib.closing(placed.snapshot()) as snapshot:
                    matrices = snapshot.matrices()
        except OSError as error:
            pass_on(error)
            _say_why_not(error)
            return
        write = self._capture(progress, matrices)
        with deferred():
            self._thread = threading.Thread(
                target=_write_if_finite, args=(write, matrices), name="fastsgns-checkpoint"
            )
            self._thread.start()

    def _wait(self) -> None:
        if self._thread is not None:
            self._thread.join()


def _write_if_finite(write: Callable[[], None], matrices: Mapping[str, Matrix]) -> None:
    try:
        broken = not_finite(matrices)
        if broken is not None:
            raise ValueError(f"{broken} is not finite")
        with _writing:
            write()
    except Exception as error:  # nobody waits for it: the run goes on
        _say_why_not(error)


def _say_why_not(error: Exception) -> None:
    logger.warning("no checkpoint was written, the one before stays: %s", error)
