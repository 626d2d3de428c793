"""Which rows each worker trains in copies of its own, and how often they are brought together."""

from __future__ import annotations

import numpy as np
import pytest

from fastsgns import Word2Vec
from fastsgns.training.replicas import (
    APART,
    APART_OF_MEANS,
    MAX_HOT,
    MIN_TOUCHES,
    N_LEVELS,
    Replicas,
    plan_replicas,
)

MODES = {
    "shared": {"sg": 1, "shared_negatives": True},
    "fresh": {"sg": 1, "shared_negatives": False},
    "cbow": {"sg": 0},
    "hs": {"sg": 1, "hs": 1, "negative": 0, "shared_negatives": True},
}


def with_words(n_words, **options):
    model = Word2Vec(min_count=1, vector_size=4, **options)
    model.build_vocab_from_freq({str(i): 1 + 1_000_000 // (i + 1) for i in range(n_words)})
    return model


def plan(model, alphas=(0.025, 0.0001)):
    return plan_replicas(model._settings(), model._vocabulary(), alphas)


def of_targets(replicas, mode):
    return replicas.nodes if mode == "hs" else replicas.outputs


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("n_words", [MAX_HOT + 1, 2000])
def test_few_workers_have_copies_of_the_hottest_rows(n_words, workers, mode):
    replicas = plan(with_words(n_words, workers=workers, **MODES[mode]))
    assert replicas.inputs[-1] == of_targets(replicas, mode)[-1] == MAX_HOT == replicas.n_rows
    assert replicas.apart > 0


@pytest.mark.parametrize("mode", MODES)
def test_many_workers_have_none(mode):
    assert plan(with_words(2000, workers=64, **MODES[mode])) == Replicas()


def test_a_high_learning_rate_leaves_them_out():
    model = with_words(2000, workers=2, **MODES["shared"])
    assert plan(model, (0.05, 0.05)) != Replicas()
    assert plan(model, (0.5, 0.5)) == Replicas()


def test_rows_are_apart_longer_where_targets_meet_means_of_contexts():
    of_means, of_sums = (
        plan(with_words(2000, workers=2, sg=0, hs=1, negative=0, cbow_mean=mean))
        for mean in (True, False)
    )
    # Twice as long as other rows; and a move by a sum counts twice.
    assert of_sums.apart == pytest.approx(of_means.apart / 4)
    # So with three workers they would be touched less than three times in between.
    replicas = plan(with_words(2000, workers=3, sg=0, cbow_mean=0))
    assert replicas.outputs[-1] == 0 and replicas.inputs[-1] == MAX_HOT


def test_one_worker_or_few_words_have_none():
    assert plan(with_words(2000, workers=1)) == Replicas()
    assert plan(with_words(MAX_HOT, workers=2)) == Replicas()


def test_words_without_counts_have_none():
    model = with_words(2000, workers=2)
    vocabulary = model._vocabulary()._replace(counts=None)
    assert plan_replicas(model._settings(), vocabulary, (0.025, 0.025)) == Replicas()


def test_nobody_trains_in_copies_what_is_one_job():
    model = with_words(2000, workers=2, batch_words=900)
    schedule = model._schedule(1, 100, None)
    assert model._replicas(901, schedule).n_rows == MAX_HOT
    assert model._replicas(900, schedule) == Replicas()
    model.workers = 1
    assert model._replicas(901, schedule) == Replicas()


@pytest.mark.parametrize("sample", [0, 1e-3])
@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("mode", ["shared", "cbow"])
def test_no_row_is_moved_more_by_others_than_the_rule_allows(mode, workers, sample):
    model = with_words(2000, workers=workers, sample=sample, **MODES[mode])
    vocabulary, replicas = model._vocabulary(), plan(model)
    counts = np.asarray(vocabulary.counts, np.float64)
    kept = counts * (1 if sample == 0 else vocabulary.keep_thresholds / 2**32)
    words, noise = kept / kept.sum(), counts**0.75 / (counts**0.75).sum()
    n_contexts = model.window + 1
    longer = APART_OF_MEANS if mode == "cbow" else 1.0
    for due, apart, moves in (
        (
            replicas.outputs,
            longer * APART["outputs"],
            n_contexts * (words + model.negative * noise),
        ),
        (replicas.inputs, longer * APART["inputs"], n_contexts * words * (1 + model.negative)),
    ):
        levels = np.searchsorted(due, np.arange(due[-1]), side="right")
        found = replicas.apart * 2.0**levels * moves[: due[-1]] * (workers - 1)
        assert found.max() <= apart * 1.001
        # Not much less either, or nothing would be gained; the last level is as late as it gets.
        assert found[levels < N_LEVELS - 1].min() > apart / 2.001


def test_the_nodes_next_to_the_root_are_the_hottest():
    model = with_words(2000, workers=2, **MODES["hs"])
    due = plan(model).nodes
    assert 1 <= due[0] < due[-1] == MAX_HOT
    # The root is on every path: its period is the shortest.
    assert plan(model).apart == pytest.approx(APART["nodes"] / (model.window + 1))


def test_pairs_are_counted_where_the_kernel_trains_pair_by_pair():
    shared, fresh, blas = (
        plan(with_words(2000, workers=2, sg=1, **options)).apart
        for options in (
            {"shared_negatives": True, "kernel": "scalar"},
            {"shared_negatives": False, "kernel": "scalar"},
            {"kernel": "blas"},
        )
    )
    assert fresh == pytest.approx(6 * shared)  # window + 1 pairs a center
    assert blas == pytest.approx(shared)  # it counts centers


def test_copies_are_touched_several_times_before_they_are_brought_together():
    model = with_words(2000, workers=3, **MODES["shared"])
    mean_alpha = 0.0125
    n_touches = APART["outputs"] / 2 / (mean_alpha * (model.window + 1))
    assert n_touches >= MIN_TOUCHES  # so there are copies
    assert plan(model, (0.0125, 0.0125)).outputs[-1] == MAX_HOT
