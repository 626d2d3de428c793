"""How an epoch is cut into jobs, what is drawn for them, and the threads that train them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from waiting import wait_until

from fastsgns import Word2Vec, _core
from fastsgns._blas_kernel import subsample
from fastsgns._core import available_kernels
from fastsgns._train import Draws, EpochRun, Job, KernelDraws, LegacyDraws, Schedule
from fastsgns.corpus import CorpusView, EncodedCorpus, RenumberedCorpus, encode

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

NEVER = 1e6  # seconds to a report: whoever waited for it would hang


def corpus_of(lengths) -> RenumberedCorpus:
    return encode([["a"] * n for n in lengths], {"a": 0})


def schedule(**changes) -> Schedule:
    defaults = {
        "n_epochs": 1,
        "start_alpha": 0.5,
        "end_alpha": 0.1,
        "batch_words": 10,
        "total_examples": None,
        "total_words": None,
    }
    return Schedule(**defaults | changes)


# ---- jobs ----------------------------------------------------------------------------------------


@hypothesis.given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 50))
def test_jobs_take_whole_sentences_in_order_up_to_batch_words(lengths, batch_words):
    jobs = schedule(batch_words=batch_words, total_words=max(sum(lengths), 1)).jobs(
        corpus_of(lengths), 0
    )
    assert [job.start for job in jobs] == [0, *(job.end for job in jobs)][: len(jobs)]
    assert (jobs[-1].end if jobs else 0) == len(lengths)
    for job in jobs:
        n_words = sum(lengths[job.start : job.end])
        # One sentence alone may be longer; nothing is ever cut.
        assert n_words <= batch_words or job.end - job.start == 1
    for job, following in pairwise(jobs):
        full = sum(lengths[job.start : job.end]) + lengths[following.start]
        first_is_empty = job.end == job.start
        assert full > batch_words or (first_is_empty and lengths[0] > batch_words)


def test_a_first_sentence_that_is_too_long_comes_after_an_empty_job_as_in_gensim():
    jobs = schedule(total_examples=3).jobs(corpus_of([20, 3, 4]), 0)
    assert [(job.start, job.end) for job in jobs] == [(0, 0), (0, 1), (1, 3)]


def test_an_empty_corpus_has_no_jobs():
    assert schedule(total_words=1).jobs(corpus_of([]), 0) == []


@hypothesis.given(
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    st.integers(1, 4),
    st.booleans(),
)
def test_alpha_falls_linearly_with_what_was_handed_out_before(lengths, n_epochs, by_words):
    corpus = corpus_of(lengths)
    totals = {"total_words": max(sum(lengths), 1)} if by_words else {"total_examples": len(lengths)}
    plan = schedule(n_epochs=n_epochs, **totals)
    for epoch in range(n_epochs):
        for job in plan.jobs(corpus, epoch):
            done = sum(lengths[: job.start]) if by_words else job.start
            progress = (epoch + done / next(iter(totals.values()))) / n_epochs
            assert job.alpha == pytest.approx(0.5 - 0.4 * progress, abs=1e-12)


@hypothesis.given(
    st.lists(st.integers(0, 30), max_size=60), st.integers(1, 5), st.booleans(), st.booleans()
)
def test_several_workers_get_jobs_from_all_over_the_text(lengths, n_regions, by_words, on_disk):
    corpus = corpus_of(lengths)
    if on_disk:
        ids, offsets = np.zeros(sum(lengths), np.int32), np.cumsum([0, *lengths])
        corpus = CorpusView(EncodedCorpus.from_ids(ids, offsets, ["a"]), np.zeros(1, np.int32))
    totals = {"total_words": max(sum(lengths), 1)} if by_words else {"total_examples": len(lengths)}
    in_order = schedule(**totals).jobs(corpus, 0)
    jobs = schedule(n_regions=n_regions, **totals).jobs(corpus, 0)
    assert sorted((job.start, job.end) for job in jobs) == [job[:2] for job in in_order]
    n_each = -(-len(jobs) // n_regions)
    places = [in_order.index(next(j for j in in_order if j[:2] == job[:2])) for job in jobs]
    assert places == [p for first in range(n_each) for p in range(first, len(jobs), n_each)]
    done = 0
    for job in jobs:
        progress = done / next(iter(totals.values()))
        assert job.alpha == pytest.approx(0.5 - 0.4 * progress, abs=1e-12)
        done += sum(lengths[job.start : job.end]) if by_words else job.end - job.start


def test_alpha_never_falls_below_its_end_when_the_total_was_too_small():
    jobs = schedule(total_examples=1, batch_words=1).jobs(corpus_of([1] * 5), 0)
    assert [job.alpha for job in jobs] == pytest.approx([0.5, 0.1, 0.1, 0.1, 0.1])


def test_each_epoch_begins_where_the_one_before_has_ended():
    plan = schedule(n_epochs=4, total_examples=2)
    firsts = [plan.jobs(corpus_of([1, 1]), epoch)[0].alpha for epoch in range(4)]
    assert firsts == pytest.approx([0.5, 0.4, 0.3, 0.2])


def test_examples_count_when_both_totals_are_given():
    plan = schedule(total_examples=2, total_words=1000, batch_words=5)
    assert [job.alpha for job in plan.jobs(corpus_of([5, 5]), 0)] == pytest.approx([0.5, 0.3])


@pytest.mark.parametrize("totals", ["examples", "words", "too few", "too many"])
@pytest.mark.parametrize("batch_words", [1, 7, 40, 10_000])
def test_jobs_and_alphas_are_gensims(totals, batch_words):
    word2vec = pytest.importorskip("gensim.models.word2vec")
    seen: list[tuple[int, float]] = []

    class Spy(word2vec.Word2Vec):
        def _do_train_job(self, sentences, alpha, inits):
            seen.append((len(sentences), alpha))
            return super()._do_train_job(sentences, alpha, inits)

    rng = np.random.default_rng(1)
    lengths = [60, *rng.integers(0, 15, 40), 0, 50, 0, 0, 3]
    sentences = [[f"w{i}" for i in rng.integers(0, 9, n)] for n in lengths]
    n_words = int(sum(lengths))
    given = {
        "examples": {"total_examples": len(sentences)},
        "words": {"total_words": n_words},
        "too few": {"total_words": n_words // 3},
        "too many": {"total_examples": 4 * len(sentences)},
    }[totals]
    theirs = Spy(
        vector_size=3, min_count=1, workers=1, batch_words=batch_words, alpha=0.05, min_alpha=0.01
    )
    theirs.build_vocab(sentences)
    theirs.train(sentences, epochs=3, **given)
    plan = Schedule(
        3, 0.05, 0.01, batch_words, given.get("total_examples"), given.get("total_words")
    )
    corpus = encode(sentences, theirs.wv.key_to_index)
    ours = [
        (job.end - job.start, job.alpha) for epoch in range(3) for job in plan.jobs(corpus, epoch)
    ]
    assert [n for n, _ in ours] == [n for n, _ in seen]
    assert [alpha for _, alpha in ours] == [alpha for _, alpha in seen]


# ---- draws of the kernel "blas" ------------------------------------------------------------------

SENTENCES = [["a", "b", "a"], [], ["c", "x", "b", "a"]]
CORPUS = encode(SENTENCES, {"a": 0, "b": 1, "c": 2})
JOB = Job(0, 3, 0.025)


def draws(seed: int = 1, **changes) -> tuple[np.random.RandomState, LegacyDraws]:
    random = np.random.RandomState(seed)
    defaults = {"needs_lcg": True, "keep_thresholds": None, "window": 5, "shrink_windows": True}
    return random, LegacyDraws(random, **defaults | changes)


def test_a_job_draws_its_state_then_its_windows():
    random, drawn = draws()
    ids, offsets, cuts, rng = drawn.prepare(CORPUS, JOB)
    same = np.random.RandomState(1)
    high = int(same.randint(0, 2**24))
    assert rng == 2**24 * high + int(same.randint(0, 2**24))
    assert cuts.tolist() == same.randint(0, 5, 6).tolist()
    assert (ids.dtype, offsets.dtype, cuts.dtype) == (np.int32, np.int64, np.int32)
    assert ids.tolist() == [0, 1, 0, 2, 1, 0]
    assert offsets.tolist() == [0, 3, 3, 6]
    assert random.randint(0, 10**6) == same.randint(0, 10**6)  # nothing else was drawn


def test_without_negatives_and_subsampling_no_state_is_drawn():
    _, drawn = draws(needs_lcg=False)
    *_, cuts, rng = drawn.prepare(CORPUS, JOB)
    assert rng == 0
    assert cuts.tolist() == np.random.RandomState(1).randint(0, 5, 6).tolist()


def test_full_windows_draw_nothing():
    random, drawn = draws(needs_lcg=False, shrink_windows=False)
    assert drawn.prepare(CORPUS, JOB)[2] is None
    assert random.randint(0, 10**6) == np.random.RandomState(1).randint(0, 10**6)


def test_subsampling_comes_before_the_windows_and_moves_the_state_on():
    thresholds = np.array([2**31, 2**32 - 1, 0], np.uint32)
    _, drawn = draws(keep_thresholds=thresholds)
    ids, offsets, cuts, rng = drawn.prepare(CORPUS, JOB)
    same = np.random.RandomState(1)
    state = 2**24 * int(same.randint(0, 2**24)) + int(same.randint(0, 2**24))
    kept, kept_offsets = np.empty(6, np.int32), np.empty(4, np.int64)
    n_kept, state = subsample(CORPUS.ids, CORPUS.offsets, thresholds, state, kept, kept_offsets)
    assert rng == state
    assert ids.tolist() == kept[:n_kept].tolist()
    assert offsets.tolist() == kept_offsets.tolist()
    assert cuts.tolist() == same.randint(0, 5, n_kept).tolist()


def test_a_job_in_the_middle_begins_at_0():
    _, drawn = draws()
    ids, offsets, _, _ = drawn.prepare(CORPUS, Job(1, 3, 0.025))
    assert ids.tolist() == [2, 1, 0]
    assert offsets.tolist() == [0, 0, 3]


def test_an_empty_job_draws_its_state_only():
    random, drawn = draws()
    ids, offsets, _cuts, _ = drawn.prepare(CORPUS, Job(0, 0, 0.025))
    assert (ids.tolist(), offsets.tolist()) == ([], [0])
    same = np.random.RandomState(1)
    same.randint(0, 2**24, 2)
    assert random.randint(0, 10**6) == same.randint(0, 10**6)


# ---- draws of the other kernels ------------------------------------------------------------------


def test_a_job_is_given_its_tokens_as_they_are_and_a_state():
    ids, offsets, cuts, rng = KernelDraws(1, 0).prepare(CORPUS, Job(1, 3, 0.025))
    assert (ids.tolist(), offsets.tolist(), cuts) == ([2, 1, 0], [0, 0, 3], None)
    assert (ids.dtype, offsets.dtype) == (np.int32, np.int64)
    assert type(rng) is int and 0 <= rng < 2**64
    ids, offsets, _, _ = KernelDraws(1, 0).prepare(CORPUS, Job(0, 0, 0.025))
    assert (ids.tolist(), offsets.tolist()) == ([], [0])


def state(seed: int, epoch: int, start: int) -> int:
    corpus = RenumberedCorpus(np.zeros(0, np.int32), np.zeros(start + 2, np.int64), ())
    return KernelDraws(seed, epoch).prepare(corpus, Job(start, start + 1, 0.025))[3]


def test_a_state_is_a_function_of_seed_epoch_and_job():
    drawn = KernelDraws(5, 2)
    backwards = [
        drawn.prepare(CORPUS, Job(i, 3, alpha))[3] for i, alpha in ((2, 1), (1, 2), (0, 3))
    ]
    assert backwards == [state(5, 2, 2), state(5, 2, 1), state(5, 2, 0)]
    assert backwards == [KernelDraws(5, 2).prepare(CORPUS, Job(i, i, 0))[3] for i in (2, 1, 0)]


def test_no_two_jobs_epochs_or_seeds_have_the_same_state():
    places = [(s, e, j) for s in (0, 1, 2**31 - 1) for e in range(20) for j in range(0, 400, 4)]
    assert len({state(*place) for place in places}) == len(places)


def splitmix64_steps(rng: int, n: int) -> list[int]:
    """Return the next states of the generator that a kernel seeds from its job's state."""
    return [(rng + i * 0x9E3779B97F4A7C15) % 2**64 for i in range(1, n + 1)]


def test_the_streams_of_jobs_do_not_overlap():
    """Whatever a kernel derives from the state of a job, it derives for no other job."""
    states = [state(1, epoch, job) for epoch in range(5) for job in range(200)]
    steps = [step for rng in states for step in splitmix64_steps(rng, 8)]
    assert len(set(steps)) == len(steps)


def test_the_bits_of_states_are_balanced_and_those_of_neighbours_independent():
    n = 4000
    states = np.array([state(1, 0, job) for job in range(n)], np.uint64)
    bits = np.unpackbits(states.view(np.uint8).reshape(n, 8), axis=1)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(n)
    flipped = bits[1:] != bits[:-1]
    assert np.abs(flipped.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(n)


# ---- threads -------------------------------------------------------------------------------------


def epoch_run(n_workers: int, n_jobs: int = 12, kernel: str = "auto") -> EpochRun:
    model = Word2Vec(vector_size=4, min_count=1, sample=0, workers=n_workers, kernel=kernel)
    model.build_vocab([["a", "b", "c", "d"]] * (2 * n_jobs))
    jobs = [Job(2 * i, 2 * i + 2, 0.01) for i in range(n_jobs)]
    task = model._make_task(model._place_weights(), 0.01, 1)
    return EpochRun(model.corpus, jobs, task, model._make_draws(1, 0), n_workers)


@pytest.mark.parametrize("kernel", available_kernels())
@pytest.mark.parametrize("n_workers", [1, 2, 8, 40])
def test_all_jobs_are_trained_once(kernel, n_workers):
    result = epoch_run(n_workers, kernel=kernel).run(lambda so_far, alpha: None, 1.0)
    assert (result.examples, result.raw_words, result.effective_words) == (24, 96, 96)
    assert result.left == []
    assert result.seconds > 0


def test_no_more_threads_than_jobs_are_started(monkeypatch):
    run = epoch_run(8, n_jobs=3)
    started = []
    original = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda t: started.append(t.name) or original(t))
    run.run(lambda so_far, alpha: None, 1.0)
    assert started == ["fastsgns-worker-0", "fastsgns-worker-1", "fastsgns-worker-2"]


def test_no_job_is_no_work():
    run = epoch_run(2, n_jobs=1)
    run.jobs.clear()
    result = run.run(lambda so_far, alpha: None, 1.0)
    assert (result.raw_words, result.effective_words, result.pairs) == (0, 0, 0)


class FailingDraws:
    """Draws that fail at a job."""

    def __init__(self, inner: Draws, fail_at: int) -> None:
        self.inner, self.fail_at, self.n = inner, fail_at, 0

    def prepare(self, corpus, job):
        self.n += 1
        if self.n == self.fail_at:
            raise ZeroDivisionError(f"job {self.n}")
        return self.inner.prepare(corpus, job)


class HeldDraws:
    """Draws that give two jobs at once, and the others when something has come true."""

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
    run.run(lambda so_far, alpha: told.append((so_far.raw_words, alpha)), 0.01)
    words = [n for n, _ in told]
    assert words == sorted(words) and words[-1] <= 96
    assert {alpha for _, alpha in told} == {0.01}


@pytest.mark.parametrize("n_workers", [1, 2, 8])
@pytest.mark.parametrize("fail_at", [1, 2, 7, 12])
def test_what_a_worker_raises_is_raised_once_by_run(n_workers, fail_at):
    run = epoch_run(n_workers)
    run.draws = FailingDraws(run.draws, fail_at)
    with pytest.raises(ZeroDivisionError, match=f"job {fail_at}"):
        run.run(lambda so_far, alpha: None, NEVER)
    assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns")]


@pytest.mark.parametrize("n_workers", [1, 2, 8])
def test_after_a_failure_what_was_not_trained_is_left(n_workers):
    run = epoch_run(n_workers)
    run.draws = FailingDraws(run.draws, 5)
    with pytest.raises(ZeroDivisionError):
        run.run(lambda so_far, alpha: None, 1.0)
    left = run.result.left
    assert sum(job.end - job.start for job in left) + run.result.examples == 24
    assert len({sentence for job in left for sentence in range(job.start, job.end)}) == sum(
        job.end - job.start for job in left
    )


def test_an_exception_in_the_report_stops_the_workers():
    run = epoch_run(2, n_jobs=12)
    run.draws = HeldDraws(run.draws, lambda: run.stopped)

    def report(so_far, alpha):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(report, 0.01)
    assert len(run.result.left) >= 9  # two were given, and one was under way
    assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns")]
    assert sum(job.end - job.start for job in run.result.left) + run.result.examples == 24


def test_a_second_ctrl_c_while_the_workers_end_changes_nothing(monkeypatch):
    run = epoch_run(2, n_jobs=12)
    run.draws = HeldDraws(run.draws, lambda: run.stopped)
    original = threading.Thread.join
    interrupts = [KeyboardInterrupt("second"), KeyboardInterrupt("third")]

    def join(thread, timeout=None):
        if interrupts and thread.name.startswith("fastsgns"):
            raise interrupts.pop()
        original(thread, timeout)

    def report(so_far, alpha):
        raise KeyboardInterrupt("first")

    monkeypatch.setattr(threading.Thread, "join", join)
    with pytest.raises(KeyboardInterrupt):
        run.run(report, 0.01)
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
        epoch_run(4).run(lambda so_far, alpha: None, 1.0)
    assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns")]


def test_a_worker_that_cannot_be_made_is_an_error_of_the_caller(monkeypatch):
    def refuse(task, len_longest_sentence, index):
        raise MemoryError("no memory for a worker")

    run = epoch_run(2)
    monkeypatch.setattr(_core, "Worker", refuse)
    with pytest.raises(MemoryError, match="no memory for a worker"):
        run.run(lambda so_far, alpha: None, 1.0)
    assert len(run.result.left) == 12
