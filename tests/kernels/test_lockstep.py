"""Tests: many workers that really run at the same time, on however few cores (lockstep.h).

What goes wrong when workers train hot rows apart for too long shows only with as many cores as
workers; in lockstep it shows here. benchmarks/workers.py does the same for whole models, real text
and more settings.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import threading
from typing import Any

import harness
import numpy as np
import pytest
from harness import Model, Trainer

from fastsgns.training import Replicas, Settings, plan_replicas
from fastsgns.vocabulary import HuffmanPaths, Vocabulary

N_WORDS, N_TOPICS = 1700, 40
N_SENTENCES, LEN_SENTENCE, LEN_JOB = 12_000, 20, 40  # sentences, words, sentences
ALPHA = 0.025
N_HOTTEST = 64
MODES: dict[str, dict[str, Any]] = {
    "shared": {"shared": True},
    "fresh": {"shared": False},
    "cbow": {"skip_gram": False},
    "cbow-fresh": {"skip_gram": False, "shared": False},
    "hs": {"shared": True, "hs": True, "negative": 0},
}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The fastest kernel of this machine, in lockstep."""
    if harness.find_compiler() is None:
        pytest.skip("no C compiler is installed: kernels cannot be compiled alone")
    if os.name == "nt":
        pytest.skip("lockstep yields as POSIX threads do")
    library = harness.build(tmp_path_factory.mktemp("lockstep"), ("-DSGNS_LOCKSTEP",))
    return library.sgns_best_kernel().contents


@pytest.fixture(scope="module")
def text() -> harness.Ints:
    """Sentences, a row each, of words whose frequencies fall as in texts; a third of each sentence
    is about its topic."""
    rng = np.random.default_rng(8)
    zipf = 1 / np.arange(1, N_WORDS + 1)
    ids = rng.choice(N_WORDS, (N_SENTENCES, LEN_SENTENCE), p=zipf / zipf.sum())
    topics = rng.integers(0, N_TOPICS, (N_SENTENCES, 1))
    about = ids - ids % N_TOPICS + topics
    is_about = (rng.random(ids.shape) < 1 / 3) & (ids >= 100) & (about < N_WORDS)
    ids = np.where(is_about, about, ids)
    order = np.argsort(-np.bincount(ids.ravel(), minlength=N_WORDS), kind="stable")
    return np.argsort(order)[ids].astype(np.int32)


def plan(model: Model, n_workers: int) -> Replicas:
    """The rule, for a model of the harness."""
    settings = Settings(
        kernel="scalar",
        vector_size=model.vector_size,
        window=model.window,
        negative=model.negative,
        workers=n_workers,
        skip_gram=model.skip_gram,
        hierarchical=model.hs,
        cbow_mean=model.cbow_mean,
        shrink_windows=model.shrink_windows,
        compute_loss=True,
        shared_negatives=model.shared,
    )
    noise = np.cumsum(model.counts**0.75)
    vocabulary = Vocabulary(
        words=list(range(N_WORDS)),
        counts=model.counts,
        keep_thresholds=model.keep,
        noise_table=(noise / noise[-1] * 2**31).astype(np.uint32) if model.negative else None,
        paths=HuffmanPaths(*model.paths) if model.hs else None,
    )
    return plan_replicas(settings, vocabulary, (ALPHA, ALPHA))


def trained(kernel: Any, text: harness.Ints, mode: str, n_workers: int, **changes: Any) -> Any:
    """Train an epoch; return the loss a pair, the mean lengths of input and target rows, and those
    of the hottest. `changes` are made to what the rule says of replicas."""
    counts = np.bincount(text.ravel(), minlength=N_WORDS).astype(np.int64)
    options = {"sample": 1e-3, "compute_loss": True, "n_workers": n_workers, "n_pool": 1 << 16}
    replicas = plan(Model(counts, 32, **options, **MODES[mode]), n_workers)
    replicas = dataclasses.replace(replicas, **changes)
    model = Model(
        counts,
        32,
        hot_inputs=replicas.inputs,
        hot_outputs=replicas.outputs,
        hot_nodes=replicas.nodes,
        apart=replicas.apart,
        **options,
        **MODES[mode],
    )
    tallies = train(kernel, model, text, n_workers)
    loss = sum(tally.loss for tally in tallies) / sum(tally.n_pairs for tally in tallies)
    targets = model.node_vectors[::-1] if model.hs else model.output_vectors
    lengths = [np.linalg.norm(rows, axis=1) for rows in (model.input_vectors, targets)]
    means = [each.mean() for each in lengths]
    return np.array([loss, *means, *(each[:N_HOTTEST].mean() for each in lengths)])


def train(kernel: Any, model: Model, text: harness.Ints, n_workers: int) -> list[harness.Tally]:
    """Train the sentences of `text` in jobs; return what each worker has done."""
    jobs: queue.SimpleQueue[int] = queue.SimpleQueue()
    for job in range(N_SENTENCES // LEN_JOB):
        jobs.put(job)
    offsets = np.arange(LEN_JOB + 1, dtype=np.int64) * LEN_SENTENCE
    trainers = [Trainer(kernel, model, LEN_SENTENCE, harness.Tally()) for _ in range(n_workers)]
    # On a machine with much else to do, the first could have done all before the last is there.
    all_there = threading.Barrier(n_workers)

    def work(worker: int) -> None:
        all_there.wait()
        with contextlib.suppress(queue.Empty):
            while True:
                job = jobs.get_nowait()
                ids = text[job * LEN_JOB : (job + 1) * LEN_JOB].ravel()
                trainers[worker].run(ids, offsets, job, ALPHA, worker)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(n_workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [trainer.tally for trainer in trainers]


@pytest.fixture(scope="module")
def of_one_worker(kernel: Any, text: harness.Ints) -> dict[str, Any]:
    return {mode: trained(kernel, text, mode, 1) for mode in MODES}


@pytest.mark.parametrize("n_workers", [2, 3, 4, 8, 12, 16, 32, 64])
@pytest.mark.parametrize("mode", MODES)
def test_workers_that_run_at_the_same_time_learn_what_one_does(
    kernel: Any, text: harness.Ints, of_one_worker: dict[str, Any], mode: str, n_workers: int
) -> None:
    apart = trained(kernel, text, mode, n_workers) / of_one_worker[mode] - 1
    assert np.abs(apart[:3]).max() < 0.03
    assert np.abs(apart[3:]).max() < 0.05  # of few rows: 0.027 at the most in four runs of each


@pytest.mark.parametrize("mode", MODES)
def test_without_replicas_lockstep_is_like_one_worker(
    kernel: Any, text: harness.Ints, of_one_worker: dict[str, Any], mode: str
) -> None:
    none = (0,) * harness.N_LEVELS
    found = trained(kernel, text, mode, 16, inputs=none, outputs=none, nodes=none)
    apart = found / of_one_worker[mode] - 1
    assert np.abs(apart[:3]).max() < 0.03
    assert np.abs(apart[3:]).max() < 0.05


@pytest.mark.parametrize("mode", MODES)
def test_lockstep_shows_rows_that_are_apart_for_too_long(
    kernel: Any, text: harness.Ints, of_one_worker: dict[str, Any], mode: str
) -> None:
    """The rule before: 64 input rows and 32 of targets, each worker 64 centers apart at the least,
    and inputs four times that. With two cores and no lockstep nobody saw what it did."""
    targets, none = (32,) * harness.N_LEVELS, (0,) * harness.N_LEVELS
    found = trained(
        kernel,
        text,
        mode,
        16,
        inputs=(0, 0, *(64,) * (harness.N_LEVELS - 2)),
        outputs=none if mode == "hs" else targets,
        nodes=targets if mode == "hs" else none,
        apart=64 * ALPHA * (1 if MODES[mode].get("shared") else 5),
    )
    # Not numbers any more, now and then: that is apart too.
    assert not np.allclose(found, of_one_worker[mode], rtol=0.2, atol=0)
