"""What is drawn for a job, and in which order."""

from __future__ import annotations

import numpy as np

from fastsgns._blas_kernel import subsample
from fastsgns.corpus import RenumberedCorpus, encode
from fastsgns.training import Job
from fastsgns.training.draws import KernelDraws, LegacyDraws

SENTENCES = [["a", "b", "a"], [], ["c", "x", "b", "a"]]
CORPUS = encode(SENTENCES, {"a": 0, "b": 1, "c": 2})
JOB = Job(0, 3, 0.025)


# ---- of the kernel "blas" ------------------------------------------------------------------------


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


# ---- of the other kernels ------------------------------------------------------------------------


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
