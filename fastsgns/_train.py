"""Engine room: an epoch is cut into jobs, threads take them, each job is a call without the GIL.

With one worker a run is a pure function of corpus, parameters and seed: jobs are taken in order,
and whatever is random in a job is drawn, in that order and under the lock, before it starts. More
workers draw the same numbers in the same order, and race on nothing but the weight matrices.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fastsgns._training_corpus import KnownCorpus, TrainingCorpus

if TYPE_CHECKING:
    from fastsgns import _core

logger = logging.getLogger(__name__)

#: How often the calling thread looks up from waiting, in seconds: what a Ctrl-C costs at most.
POLL_SECONDS = 0.1

#: How long a thread may take from its launch to its first step, in seconds.
LAUNCH_SECONDS = 0.1


class Job(NamedTuple):
    """Sentences start..end of the corpus, trained with one learning rate."""

    start: int
    end: int
    alpha: float


@dataclass(frozen=True)
class Schedule:
    """How alpha falls: linearly with what has been handed out of `n_epochs`, to `end_alpha`.

    gensim's rule: a job gets the alpha of the progress before it, counted in sentences when
    `total_examples` is given, else in raw words.

    `n_regions`, one for each worker: jobs come from as many parts of the text in turn. What stands
    side by side is often about one subject, and workers that train it at the same time wait for
    each other's rows: two are 3 % faster apart. differs from gensim: there it is so only with
    corpus_file, as in word2vec.c.
    """

    n_epochs: int
    start_alpha: float
    end_alpha: float
    batch_words: int
    total_examples: int | None
    total_words: int | None
    n_regions: int = 1

    def alpha(self, epoch: int, share_of_epoch: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the learning rate at each share (0..1) of `epoch` (0-based)."""
        progress = (epoch + share_of_epoch) / self.n_epochs
        falling = self.start_alpha - (self.start_alpha - self.end_alpha) * progress
        return np.maximum(self.end_alpha, falling)

    def jobs(self, corpus: TrainingCorpus, epoch: int) -> list[Job]:
        """Cut an epoch into jobs of at most `batch_words` raw words, or of one longer sentence."""
        return corpus.jobs(self, epoch)

    def jobs_at(
        self,
        epoch: int,
        starts: NDArray[np.int64],
        words_before: NDArray[np.int64],
        n_regions: int = 1,
    ) -> list[Job]:
        """Return the jobs that begin at sentences `starts`; the last entry only ends one."""
        order = in_turn(len(starts) - 1, n_regions)
        done = starts if self.total_examples else words_before
        sizes = np.diff(done)[order]
        shares = (done[0] + np.cumsum(sizes) - sizes) / (
            self.total_examples or float(self.total_words or 1)
        )
        alphas = self.alpha(epoch, shares).tolist()
        return list(map(Job, starts[order].tolist(), starts[order + 1].tolist(), alphas))


def in_turn(n_jobs: int, n_regions: int) -> NDArray[np.intp]:
    """Return the order in which jobs come from each of `n_regions` equal parts of them in turn."""
    n_each = -(-n_jobs // n_regions)
    order = np.arange(n_each * n_regions).reshape(n_regions, n_each).T.ravel()
    return order[order < n_jobs]


@dataclass
class Epoch:
    """What an epoch did, summed over its workers."""

    raw_words: int = 0
    examples: int = 0
    effective_words: int = 0
    pairs: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    left: list[Job] = field(default_factory=list)  # not trained, because the run was stopped


#: The tokens, offsets, window cuts and random state that `Worker.train_job` takes.
Prepared = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32] | None, int]


class Draws(Protocol):
    """What is random in jobs; asked under the lock, in the order of the jobs."""

    def prepare(self, corpus: TrainingCorpus, job: Job) -> Prepared:
        """Return what `Worker.train_job` takes."""
        ...


class KernelDraws:
    """One random state a job; all else is drawn in the kernel, as a function of it.

    The state of a job is a function of (seed, epoch, the job's first sentence) and of nothing that
    was drawn before: a run that is resumed goes on with the numbers that it would have had. Within
    an epoch no two sentences have the same state.

    Parameters
    ----------
    seed, epoch : int, >= 0
    """

    def __init__(self, seed: int, epoch: int) -> None:
        self.key = int(np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0])

    def prepare(self, corpus: TrainingCorpus, job: Job) -> Prepared:
        """Return the job's tokens as they are, and its state."""
        ids, offsets = corpus.read(job.start, job.end)
        return ids, offsets, None, mixed(self.key + job.start)


def mixed(number: int) -> int:
    """Return another 64-bit number for each 64-bit number, without a pattern between neighbours.

    The finalizer of Stafford's variant 13 (Steele et al. 2014, 10.1145/2660193.2660195, splitmix).
    """
    number &= 2**64 - 1
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & 2**64 - 1
    number = (number ^ number >> 27) * 0x94D049BB133111EB & 2**64 - 1
    return number ^ number >> 31


class LegacyDraws:
    """The random numbers of jobs for the kernel "blas", as gensim draws them.

    A job takes, from the model's legacy generator, two `randint(0, 2**24)` for the state of its LCG
    (if it needs one), one LCG draw a token for subsampling, and one `randint(0, window, n)` for the
    windows of the n tokens that are left.
    """

    def __init__(
        self,
        random: np.random.RandomState,
        *,
        needs_lcg: bool,
        keep_thresholds: NDArray[np.uint32] | None,
        window: int,
        shrink_windows: bool,
    ) -> None:
        self.random = random
        self.needs_lcg = needs_lcg
        self.keep_thresholds = keep_thresholds
        self.window = window
        self.shrink_windows = shrink_windows

    def prepare(self, corpus: TrainingCorpus, job: Job) -> Prepared:
        """Return the tokens that subsampling leaves, their window cuts and the state of the LCG."""
        from fastsgns._blas_kernel import subsample

        ids, offsets = corpus.read(job.start, job.end)
        rng = 0
        if self.needs_lcg:
            high = int(self.random.randint(0, 2**24))
            rng = 2**24 * high + int(self.random.randint(0, 2**24))
        if self.keep_thresholds is not None:
            kept = np.empty(len(ids), np.int32)
            kept_offsets = np.empty(len(offsets), np.int64)
            n_kept, rng = subsample(ids, offsets, self.keep_thresholds, rng, kept, kept_offsets)
            ids, offsets = kept[:n_kept], kept_offsets
        cuts = None
        if self.shrink_windows:
            cuts = self.random.randint(0, self.window, len(ids)).astype(np.int32)
        return ids, offsets, cuts, rng


#: Called now and then by the calling thread with (raw words, examples, effective words, alpha) of
#: the epoch so far.
Progress = Callable[[Epoch, float], None]


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
    ) -> None:
        self.corpus = corpus
        self.task = task
        self.draws = draws
        self.n_workers = n_workers
        self.jobs = deque(jobs)
        self.result = Epoch(left=jobs)
        self.first_alpha = self.alpha = jobs[0].alpha if jobs else 0.0
        self.lock = threading.Lock()
        self.workers: list[_core.Worker] = []
        self.stopped = False
        self.error: BaseException | None = None
        self.n_running = 0
        self.finished = threading.Event()

    def run(self, on_progress: Progress, every_seconds: float) -> Epoch:
        """Train all jobs; call `on_progress` about every `every_seconds`."""
        began = time.perf_counter()
        is_all = isinstance(self.corpus, KnownCorpus)  # more jobs may come of a stream
        n_threads = max(1, min(self.n_workers, len(self.jobs))) if is_all else self.n_workers
        threads = [
            threading.Thread(target=self._work, args=(i,), name=f"fastsgns-worker-{i}")
            for i in range(n_threads)
        ]
        self.n_running = n_threads
        launched: list[threading.Thread] = []
        try:
            for thread in threads:
                launched.append(thread)
                thread.start()
            next_report = began + every_seconds
            while not self.finished.wait(min(POLL_SECONDS, every_seconds)):
                if time.perf_counter() >= next_report:
                    next_report = time.perf_counter() + every_seconds
                    self._sum_losses()
                    on_progress(self.result, self.alpha)
        finally:
            self._end(launched)
            self.result.seconds = time.perf_counter() - began
        if self.error is not None:
            raise self.error
        return self.result

    def _end(self, threads: list[threading.Thread]) -> None:
        """Wait for the threads, even through a second Ctrl-C: they stop within milliseconds."""
        if not self.finished.is_set():
            self.stopped = True
            self.task.stop()
        self.corpus.end_epoch()  # nobody waits for it any more
        interrupt = None
        for thread in threads:
            # One whose start() was interrupted may be on its way, and not be alive yet.
            patience = time.perf_counter() + LAUNCH_SECONDS
            while thread.is_alive() or (not thread.ident and time.perf_counter() < patience):
                try:
                    if thread.ident:
                        thread.join()
                    else:
                        time.sleep(LAUNCH_SECONDS / 100)
                except KeyboardInterrupt as again:
                    interrupt = again
        self.result.left = sorted(self.jobs, key=lambda job: (-job.alpha, job.start))
        self._sum_losses()
        if interrupt is not None:
            raise interrupt

    def _work(self, index: int) -> None:
        try:
            longest = self.corpus.longest
            worker = self._hire(index, longest)
            for job, raw_lengths, (ids, offsets, cuts, rng) in self._take_jobs():
                before = worker.n_effective, worker.n_pairs
                n_done = 0
                try:
                    if self.corpus.longest > longest:  # a stream has longer sentences than before
                        longest = self.corpus.longest
                        worker, before = self._hire(index, longest), (0, 0)
                    n_done = worker.train_job(ids, offsets, cuts, rng, job.alpha)
                finally:
                    self._account(
                        job,
                        n_done,
                        int(raw_lengths[:n_done].sum(dtype=np.int64)),
                        worker.n_effective - before[0],
                        worker.n_pairs - before[1],
                    )
        except BaseException as error:  # raised once, by `run`, in the thread of the caller
            self.error = error
            self.stopped = True
            self.task.stop()
        finally:
            with self.lock:
                self.n_running -= 1
                if self.n_running == 0:
                    self.finished.set()

    def _hire(self, index: int, longest: int) -> _core.Worker:
        from fastsgns._core import Worker

        worker = Worker(self.task, longest, index)
        with self.lock:
            self.workers.append(worker)
        return worker

    def _take_jobs(self) -> Iterator[tuple[Job, NDArray[np.int32], Prepared]]:
        while True:
            with self.lock:
                if self.stopped:
                    return
                if not self.jobs:
                    self.jobs.extend(self.corpus.more_jobs())
                if not self.jobs:
                    return
                job = self.jobs[0]
                raw_lengths = self.corpus.raw_lengths_of(job.start, job.end)
                prepared = self.draws.prepare(self.corpus, job)
                self.jobs.popleft()  # what could not be prepared is left
                self.alpha = job.alpha
            yield job, raw_lengths, prepared

    def _account(
        self, job: Job, n_done: int, n_raw_words: int, n_effective: int, n_pairs: int
    ) -> None:
        end = job.start + n_done
        with self.lock:
            self.result.effective_words += n_effective
            self.result.pairs += n_pairs
            self.result.examples += n_done
            self.result.raw_words += n_raw_words
            if end < job.end:
                self.jobs.appendleft(Job(end, job.end, job.alpha))

    def _sum_losses(self) -> None:
        """Add up the workers' float64 losses: none is lost, none is rounded twice.

        Without the lock, so that whoever reports progress never waits for the workers.
        """
        self.result.loss = sum(worker.loss for worker in list(self.workers))
