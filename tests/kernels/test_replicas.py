"""Tests: rows that each worker trains in copies of its own, and brings together now and then."""

from __future__ import annotations

import threading
import time
from typing import Any

import harness
import numpy as np
import pytest
from harness import Trainer
from test_kernels import MODES, TOLERANCE, corpus, make_model, relative_error


def skip_emulated(kernel: Any) -> None:
    if isinstance(kernel, harness.Emulated):
        pytest.skip("an emulated job has the weights for itself")


def replicas(n_hot: int, merge_every: int, alpha: float, **options: Any) -> dict[str, Any]:
    """Options of a model whose hottest row is brought together after `merge_every` steps, half of
    the rows half as often, and all of them every fourth time."""
    due = (min(n_hot, 1), n_hot // 2, *(n_hot,) * (harness.N_LEVELS - 2))
    none = (0,) * harness.N_LEVELS
    return {
        "hot_inputs": due,
        "hot_outputs": due if options.get("negative", 5) else none,
        "hot_nodes": due if options.get("hs") else none,
        "apart": merge_every * alpha * 1.001,
        **options,
    }


def matrices(model: harness.Model) -> list[harness.Floats]:
    return [
        m for m in (model.input_vectors, model.output_vectors, model.node_vectors) if m is not None
    ]


@pytest.mark.parametrize("n_hot", [1, 6, 39])
@pytest.mark.parametrize("merge_every", [1, 7, 1000])
@pytest.mark.parametrize("hs", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_replicas_of_one_worker_change_nothing(
    kernel: Any, mode: str, hs: bool, merge_every: int, n_hot: int
) -> None:
    ids, offsets = corpus(40)
    found = []
    for hot in (0, n_hot):
        options = replicas(hot, merge_every, 0.05, hs=hs, n_workers=2, **MODES[mode])
        model = make_model(33, **options)
        trainer = Trainer(kernel, model, 25)
        for job in range(3):
            trainer.run(ids, offsets, job, 0.05, worker=job % 2)
        found.append(matrices(model))
    for without, with_replicas in zip(*found, strict=True):
        assert relative_error(with_replicas, without) < TOLERANCE


@pytest.mark.parametrize("mode", MODES)
def test_locks_hold_for_rows_with_replicas(kernel: Any, mode: str) -> None:
    locks = np.linspace(0, 1, 7, dtype=np.float32)
    ids, offsets = corpus(40)
    found = []
    for n_hot in (0, 10):
        model = make_model(16, **replicas(n_hot, 7, 0.05, locks=locks, n_workers=3, **MODES[mode]))
        before = model.input_vectors.copy()
        Trainer(kernel, model, 25).run(ids, offsets, 1, 0.05, worker=2)
        found.append(matrices(model))
        assert np.array_equal(model.input_vectors[::7], before[::7])  # their factor is 0
    for without, with_replicas in zip(*found, strict=True):
        assert relative_error(with_replicas, without) < TOLERANCE


@pytest.mark.parametrize("mode", MODES)
def test_what_others_move_meanwhile_is_not_overwritten(kernel: Any, mode: str) -> None:
    skip_emulated(kernel)
    ids = np.tile(corpus(40)[0], 1000)
    ids[ids == 3] = 5
    offsets = np.arange(0, len(ids) + 1, 40, dtype=np.int64)
    model = make_model(300, **replicas(8, 10, 1e-3, n_workers=2, **MODES[mode]))
    before = model.input_vectors[:8].copy()
    trainer = Trainer(kernel, model, 40)
    job = threading.Thread(target=trainer.run, args=(ids, offsets, 1, 1e-3, 1))
    job.start()
    time.sleep(0.01)  # the job takes longer; if it does not, this test shows less, but holds
    model.input_vectors[3] += 1.0
    job.join()
    assert np.array_equal(model.input_vectors[3], before[3] + np.float32(1.0))
    assert not np.array_equal(model.input_vectors[5], before[5])


@pytest.mark.parametrize("mode", MODES)
def test_two_workers_at_once_learn_what_one_does(kernel: Any, mode: str) -> None:
    skip_emulated(kernel)
    ids = np.tile(corpus(40)[0], 200)
    offsets = np.arange(0, len(ids) + 1, 40, dtype=np.int64)
    losses = []
    for n_hot, n_workers in ((0, 1), (8, 2)):
        options = replicas(n_hot, 10, 0.002, n_workers=n_workers, compute_loss=True)
        model = make_model(32, **options, **MODES[mode])
        trainers = [Trainer(kernel, model, 40) for _ in range(n_workers)]

        def work(worker: int, trainers: list[Trainer] = trainers) -> None:
            for job in range(worker, 4, len(trainers)):
                trainers[worker].run(ids, offsets, job, 0.002, worker)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(n_workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        model.tally = harness.Tally()
        losses.append(trainers[0].run(ids, offsets, 99, 0.0).loss)
        assert all(np.isfinite(matrix).all() for matrix in matrices(model))
    assert losses[1] == pytest.approx(losses[0], rel=0.05)  # measured: 0.015
