"""The threads that train the jobs of an epoch."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import numpy as np
import pytest
from waiting import wait_until

from fastsgns import Word2Vec, _core
from fastsgns._core import available_kernels
from fastsgns.training import EpochRun, Job, Replicas, workers
from fastsgns.training.draws import Draws
from fastsgns.training.task import make_draws, make_task

NEVER = 1e6  # seconds to a report: whoever waited for it would hang


def epoch_run(n_workers: int, n_jobs: int = 12, kernel: str = "auto") -> EpochRun:
    model = Word2Vec(vector_size=4, min_count=1, sample=0, workers=n_workers, kernel=kernel)
    model.build_vocab([["a", "b", "c", "d"]] * (2 * n_jobs))
    jobs = [Job(2 * i, 2 * i + 2, 0.01) for i in range(n_jobs)]
    replicas = Replicas()
    rows = model._place_weights(replicas).rows
    alpha, seed, locks = 0.01, 1, np.ones(1, np.float32)
    task = make_task(model._settings(), model._vocabulary(), rows, locks, replicas, alpha, seed)
    draws = make_draws(model._settings(), model._vocabulary(), model.random, seed, 0)
    return EpochRun(model.corpus, jobs, task, draws, n_workers)


@pytest.mark.parametrize("kernel", available_kernels())
@pytest.mark.parametrize("n_workers", [1, 2, 8, 40])
def test_all_jobs_are_trained_once(kernel, n_workers):
    result = epoch_run(n_workers, kernel=kernel).run(lambda so_far: None, 1.0)
    assert (result.examples, result.raw_words, result.effective_words) == (24, 96, 96)
    assert result.left == []
    assert result.seconds > 0


def test_no_more_threads_than_jobs_are_started(monkeypatch):
    run = epoch_run(8, n_jobs=3)
    started = []
    original = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda t: started.append(t.name) or original(t))
    run.run(lambda so_far: None, 1.0)
    assert started == ["fastsgns-worker-0", "fastsgns-worker-1", "fastsgns-worker-2"]


def test_no_job_is_no_work():
    run = epoch_run(2, n_jobs=1)
    run.jobs.clear()
    result = run.run(lambda so_far: None, 1.0)
    assert (result.raw_words, result.effective_words, result.pairs) == (0, 0, 0)


def test_short_jobs_are_taken_several_at_once_and_singly_at_the_end(monkeypatch):
    run = epoch_run(1, n_jobs=200)
    n_taken = []
    account = EpochRun._account
    monkeypatch.setattr(
        EpochRun,
        "_account",
        lambda self, taken, *rest: n_taken.append(len(taken)) or account(self, taken, *rest),
    )
    monkeypatch.setattr(workers, "TAKEN_SECONDS", NEVER)
    result = run.run(lambda so_far: None, NEVER)
    assert (result.n_jobs, result.examples, sum(n_taken)) == (200, 400, 200)
    assert n_taken[0] == 1 and n_taken[1] == workers.MOST_TAKEN and n_taken[-1] == 1


def test_after_jobs_that_took_no_time_no_more_words_are_taken_than_before(monkeypatch):
    run = epoch_run(1, n_jobs=200)
    for i in range(100):  # none of their words is known
        run.jobs[i] = Job(0, 0, 0.01)
    n_taken, account = [], EpochRun._account
    monkeypatch.setattr(
        EpochRun,
        "_account",
        lambda self, taken, *rest: n_taken.append(len(taken)) or account(self, taken, *rest),
    )
    run.run(lambda so_far: None, NEVER)
    assert n_taken[:101] == [1] * 101


@pytest.mark.parametrize(("kernel", "seconds"), [("auto", 0.0), ("blas", NEVER)])
def test_long_jobs_and_those_with_gensims_draws_are_taken_singly(kernel, seconds, monkeypatch):
    run = epoch_run(1, n_jobs=20, kernel=kernel)
    monkeypatch.setattr(workers, "TAKEN_SECONDS", seconds)
    n_prepared, prepare = [], run.draws.prepare
    monkeypatch.setattr(
        run.draws, "prepare", lambda *given: n_prepared.append(run.result.n_jobs) or prepare(*given)
    )
    run.run(lambda so_far: None, NEVER)
    assert n_prepared == list(range(20))


def test_jobs_that_were_taken_and_not_begun_are_left_in_order(monkeypatch):
    run = epoch_run(1, n_jobs=100)
    monkeypatch.setattr(workers, "TAKEN_SECONDS", NEVER)

    class Stopping(_core.Worker):
        def train_job(self, *given):
            n_done = super().train_job(*given)
            run.stopped = self.n_sentences == 10
            return n_done

    monkeypatch.setattr(_core, "Worker", Stopping)
    result = run.run(lambda so_far: None, NEVER)
    assert (result.n_jobs, result.examples, result.raw_words) == (5, 10, 40)
    assert result.left == [Job(2 * i, 2 * i + 2, 0.01) for i in range(5, 100)]


class FailingDraws:
    """Draws that fail at a job."""

    are_repeatable = True

    def __init__(self, inner: Draws, fail_at: int) -> None:
        self.inner, self.fail_at, self.n = inner, fail_at, 0

    def prepare(self, corpus, job):
        self.n += 1
        if self.n == self.fail_at:
            raise ZeroDivisionError(f"job {self.n}")
        return self.inner.prepare(corpus, job)


class HeldDraws:
    """Draws that give two jobs at once, and the others when something has come true."""

    are_repeatable = True

    def __init__(self, inner: Draws, condition: Callable[[], object]) -> None:
        self.inner, self.condition, self.n = inner, condition, 0

    def prepare(self, corpus, job):
        self.n += 1
        if self.n > 2:
            wait_until(self.condition)
        return self.inner.prepare(corpus, job)


def test_progress_is_told_while_the_epoch_runs():
    told = []
    run = epoch_run(2)
    run.draws = HeldDraws(run.draws, lambda: len(told) >= 3)
    run.run(lambda so_far: told.append((so_far.raw_words, so_far.last_alpha)), 0.01)
    words = [n for n, _ in told]
    assert words == sorted(words) and words[-1] <= 96
    assert {alpha for _, alpha in told} == {0.01}


@pytest.mark.parametrize("n_workers", [1, 2, 8])
@pytest.mark.parametrize("fail_at", [1, 2, 7, 12])
def test_what_a_worker_raises_is_raised_once_by_run(n_workers, fail_at):
    run = epoch_run(n_workers)
    run.draws = FailingDraws(run.draws, fail_at)
    with pytest.raises(ZeroDivisionError, match=f"job {fail_at}"):
        run.run(lambda so_far: None, NEVER)
    assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns")]


@pytest.mark.parametrize("n_workers", [1, 2, 8])
def test_after_a_failure_what_was_not_trained_is_left(n_workers):
    run = epoch_run(n_workers)
    run.draws = FailingDraws(run.draws, 5)
    with pytest.raises(ZeroDivisionError):
        run.run(lambda so_far: None, 1.0)
    left = run.result.left
    assert sum(job.end - job.start for job in left) + run.result.examples == 24
    assert len({sentence for job in left for sentence in range(job.start, job.end)}) == sum(
        job.end - job.start for job in left
    )


def test_an_exception_in_the_report_stops_the_workers():
    run = epoch_run(2, n_jobs=12)
    run.draws = HeldDraws(run.draws, lambda: run.stopped)

    def report(so_far):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(report, 0.01)
    assert len(run.result.left) >= 9  # two were given, and one was under way
    assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns")]
    assert sum(job.end - job.start for job in run.result.left) + run.result.examples == 24


def test_a_second_signal_while_the_workers_end_changes_nothing(monkeypatch):
    run = epoch_run(2, n_jobs=12)
    run.draws = HeldDraws(run.draws, lambda: run.stopped)
    original = threading.Thread.join

    def expired(number, frame):
        raise TimeoutError

    def join(thread, timeout=None):
        signal.raise_signal(signal.SIGINT)
        original(thread, timeout)

    def report(so_far):
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", join)
    before = signal.signal(signal.SIGINT, expired)
    try:
        with pytest.raises(TimeoutError):
            run.run(report, 0.01)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns")]
    left = run.result.left
    assert sum(job.end - job.start for job in left) + run.result.examples == 24
    assert left == sorted(left)


def test_a_thread_that_cannot_be_started_is_an_error_and_the_others_end(monkeypatch):
    original = threading.Thread.start

    def start(thread):
        if thread.name == "fastsgns-worker-1":
            raise RuntimeError("can't start new thread")
        original(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        epoch_run(4).run(lambda so_far: None, 1.0)
    assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns")]


def test_a_worker_that_cannot_be_made_is_an_error_of_the_caller(monkeypatch):
    def refuse(task, len_longest_sentence, index):
        raise MemoryError("no memory for a worker")

    run = epoch_run(2)
    monkeypatch.setattr(_core, "Worker", refuse)
    with pytest.raises(MemoryError, match="no memory for a worker"):
        run.run(lambda so_far: None, 1.0)
    assert len(run.result.left) == 12
