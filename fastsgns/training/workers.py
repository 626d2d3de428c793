"""Engine room: an epoch is cut into jobs, threads take them, each job is a call without the GIL.

With one worker a run is a pure function of corpus, parameters and seed: jobs are taken in order,
and whatever is random in a job is drawn, in that order and under the lock, before it starts. More
workers draw the same numbers in the same order, and race on nothing but the weight matrices.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.training_corpus import KnownCorpus, TrainingCorpus
from fastsgns.io.interrupts import deferred
from fastsgns.training.draws import Draws, Prepared
from fastsgns.training.schedule import Job

if TYPE_CHECKING:
    from fastsgns import _core

#: How often the calling thread looks up from waiting, in seconds: what a Ctrl-C costs at most.
POLL_SECONDS = 0.1

#: For about how many seconds a worker takes jobs at once, and how many jobs at most. What Python
#: does between two jobs finds nothing of its own in the caches, which are full of rows: up to
#: 60 us, where a job of CBOW takes 1000. For several jobs in a row it takes little more.
TAKEN_SECONDS = 0.01
MOST_TAKEN = 16

#: How long a thread may take from its launch to its first step, in seconds.
LAUNCH_SECONDS = 0.1


@dataclass
class Epoch:
    """What an epoch did, summed over its workers.

    Attributes
    ----------
    n_jobs : int
        How many jobs are done, or parts of interrupted ones.
    first_alpha, last_alpha : float or None
        The learning rates of the first and the latest job; None when there was no job.
    left : list of Job
        What was not trained, because the run was stopped.
    """

    raw_words: int = 0
    examples: int = 0
    effective_words: int = 0
    n_jobs: int = 0
    pairs: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    first_alpha: float | None = None
    last_alpha: float | None = None
    left: list[Job] = field(default_factory=list)

    def after(self, earlier: Epoch | None) -> Epoch:
        """Return what an epoch did in all that had been interrupted before."""
        if earlier is None:
            return self
        return Epoch(
            self.raw_words + earlier.raw_words,
            self.examples + earlier.examples,
            self.effective_words + earlier.effective_words,
            self.n_jobs + earlier.n_jobs,
            self.pairs + earlier.pairs,
            self.loss + earlier.loss,
            self.seconds + earlier.seconds,
            self.first_alpha if earlier.first_alpha is None else earlier.first_alpha,
            earlier.last_alpha if self.last_alpha is None else self.last_alpha,
            self.left,
        )


class Taken(NamedTuple):
    """A job that a worker is going to train, with all that is asked for under the lock."""

    job: Job
    raw_lengths: NDArray[np.int32]
    prepared: Prepared


#: Called now and then by the calling thread with what the epoch has done so far.
Progress = Callable[[Epoch], None]


class EpochRun:
    """One epoch over `jobs`, and those that the corpus has next, on `n_workers` threads.

    Any exception in a worker stops the others and is raised by `run` in the calling thread. When
    `run` is left by an exception, KeyboardInterrupt included, all threads have ended and
    `result.left` holds the jobs that were not trained.
    """

    def __init__(
        self,
        corpus: TrainingCorpus,
        jobs: list[Job],
        task: _core.Task,
        draws: Draws,
        n_workers: int,
        more_jobs: Callable[[], list[Job]] = list,
    ) -> None:
        self.corpus = corpus
        self.task: _core.Task | None = task
        self.draws = draws
        self.n_workers = n_workers
        self.more_jobs = more_jobs
        self.jobs = deque(jobs)
        alpha = jobs[0].alpha if jobs else None
        self.result = Epoch(first_alpha=alpha, last_alpha=alpha, left=jobs)
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)  # of the next two
        self.n_busy = 0
        self.is_held = False
        self.workers: list[_core.Worker] = []
        self.stopped = False
        self.error: BaseException | None = None
        self.n_running = 0
        # Given back by the last one that runs. No Event: what interrupts its wait() may leave it
        # locked, and set() waits for ever then.
        self.ended = threading.Lock()
        self.ended.acquire()

    def run(
        self,
        on_progress: Progress,
        every_seconds: float,
        between: Callable[[], None] = lambda: None,
    ) -> Epoch:
        """Train all jobs; call `on_progress` about every `every_seconds`.

        `between` is called each `POLL_SECONDS`, and may have the workers `held`.
        """
        began = time.perf_counter()
        is_all = isinstance(self.corpus, KnownCorpus)  # more jobs may come of a stream
        n_threads = max(1, min(self.n_workers, len(self.jobs))) if is_all else self.n_workers
        self.n_running = n_threads
        launched: list[threading.Thread] = []
        try:
            with deferred():  # start() waits for the thread, as above
                for index in range(n_threads):
                    self._launch(index, launched)
            next_report = began + every_seconds
            patience = min(POLL_SECONDS, every_seconds)
            while self.n_running and not self.ended.acquire(timeout=patience):
                if time.perf_counter() >= next_report:
                    next_report = time.perf_counter() + every_seconds
                    self._sum_losses()
                    on_progress(self.result)
                between()
        finally:
            self._end(launched)
            self.result.seconds = time.perf_counter() - began
        if self.error is not None:
            raise self.error
        return self.result

    def _launch(self, index: int, threads: list[threading.Thread]) -> None:
        thread = threading.Thread(target=self._work, args=(index,), name=f"fastsgns-worker-{index}")
        threads.append(thread)
        thread.start()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Have all workers wait between two jobs: `jobs`, `result` and the weights belong together.

        Each ends the jobs that it has taken, some milliseconds, before the block begins.
        """
        with deferred(), self.lock:
            self.is_held = True
            try:
                self.changed.wait_for(lambda: self.n_busy == 0)
                self._sum_losses()
                yield
            finally:
                self.is_held = False
                self.changed.notify_all()

    def _end(self, threads: list[threading.Thread]) -> None:
        """Wait for the threads, even through a second signal: they stop within milliseconds."""
        with deferred():
            if self.n_running:
                self.stopped = True
                self._stop()
            self.corpus.end_epoch()  # nobody waits for it any more
            while threads:
                _join(threads.pop())
            self.result.left = sorted(self.jobs, key=lambda job: (-job.alpha, job.start))
            self._sum_losses()
            # An exception that is kept keeps this object: it must not keep the weights as well.
            self.workers.clear()
            self.task = None

    def _work(self, index: int) -> None:
        try:
            self._train_jobs(index)
        except BaseException as error:  # raised once, by `run`, in the thread of the caller
            self.error = error
            self.stopped = True
            self._stop()
        finally:
            with self.lock:
                self.n_running -= 1
                if self.n_running == 0:
                    self.ended.release()

    def _stop(self) -> None:
        task = self.task
        if task is not None:
            task.stop()

    def _train_jobs(self, index: int) -> None:
        longest = self.corpus.longest
        worker = self._hire(index, longest)
        n_words, began = 0, time.perf_counter()
        while taken := self._take_jobs(n_words):
            n_done: list[int] = []  # sentences of each job
            before = worker.n_effective, worker.n_pairs
            try:
                if self.corpus.longest > longest:  # a stream has longer sentences than before
                    longest = self.corpus.longest
                    worker, before = self._hire(index, longest), (0, 0)
                for job, _, prepared in taken:
                    if self.stopped:
                        break
                    n_done.append(worker.train_job(*prepared, job.alpha))
            finally:
                n_effective, n_pairs = worker.n_effective - before[0], worker.n_pairs - before[1]
                self._account(taken, n_done, n_effective, n_pairs)
            ended = time.perf_counter()
            n_words = int(n_effective * TAKEN_SECONDS / max(ended - began, 1e-6))
            began = ended

    def _hire(self, index: int, longest: int) -> _core.Worker:
        from fastsgns._core import Worker

        task = self.task
        assert task is not None  # noqa: S101 (it goes when all threads have ended)
        worker = Worker(task, longest, index)
        with self.lock:
            self.workers.append(worker)
        return worker

    def _take_jobs(self, n_words: int) -> list[Taken]:
        """Return the next jobs, up to so many words, but one at least; [] at the end.

        Jobs may be of very different length, of unknown words for one. Towards the end they are
        taken one by one: others wait for them.
        """
        with self.lock:
            self.changed.wait_for(lambda: not self.is_held)
            if self.stopped:
                return []
            if not self.jobs:
                self.jobs.extend(self.more_jobs())
            most = min(MOST_TAKEN, len(self.jobs) // (2 * self.n_workers))
            taken: list[Taken] = []
            for job in islice(self.jobs, max(most, 1) if self.draws.are_repeatable else 1):
                taken.append(self._prepared(job))
                n_words -= len(taken[-1].prepared[0])
                if n_words <= 0:
                    break
            for _ in taken:  # what could not be prepared is left
                self.result.last_alpha = self.jobs.popleft().alpha
            self.n_busy += bool(taken)
            return taken

    def _prepared(self, job: Job) -> Taken:
        raw_lengths = self.corpus.raw_lengths_of(job.start, job.end)
        return Taken(job, raw_lengths, self.draws.prepare(self.corpus, job))

    def _account(
        self, taken: list[Taken], n_done: list[int], n_effective: int, n_pairs: int
    ) -> None:
        """Put down what a worker has done of the jobs that it took, and give back the others."""
        left = []
        n_raw_words = 0
        none_of_the_others = [0] * (len(taken) - len(n_done))
        for (job, raw_lengths, _), n in zip(taken, n_done + none_of_the_others, strict=True):
            n_raw_words += int(raw_lengths[:n].sum(dtype=np.int64))
            if job.start + n < job.end:
                left.append(Job(job.start + n, job.end, job.alpha))
        with self.lock:
            self.n_busy -= 1
            self.changed.notify_all()
            self.result.effective_words += n_effective
            self.result.n_jobs += len(n_done)
            self.result.pairs += n_pairs
            self.result.examples += sum(n_done)
            self.result.raw_words += n_raw_words
            self.jobs.extendleft(reversed(left))

    def _sum_losses(self) -> None:
        """Add up the workers' float64 losses: none is lost, none is rounded twice.

        Without the lock, so that whoever reports progress never waits for the workers.
        """
        self.result.loss = sum(worker.loss for worker in list(self.workers))


def _join(thread: threading.Thread) -> None:
    # One whose start() was given up may be on its way, and not be alive yet.
    patience = time.perf_counter() + LAUNCH_SECONDS
    while thread.is_alive() or (not thread.ident and time.perf_counter() < patience):
        if thread.ident:
            thread.join()
        else:
            time.sleep(LAUNCH_SECONDS / 100)
