"""Tests: every fast kernel of this machine against reference_fast.py, number by number, one job at
a time."""

from __future__ import annotations

import functools
from typing import Any

import harness
import numpy as np
import pytest
from harness import Model, Trainer
from reference_fast import MAX_DOT, REPEATS, STRETCH, Reference

SIZES = (1, 7, 8, 15, 16, 17, 31, 32, 33, 100, 128, 300, 1000)
MODES: dict[str, dict[str, Any]] = {
    "shared": {"shared": True},
    "fresh": {"shared": False},
    "cbow-mean": {"skip_gram": False},
    "cbow-sum": {"skip_gram": False, "cbow_mean": False},
    "cbow-fresh": {"skip_gram": False, "shared": False},
}
TOLERANCE = 1e-5  # of the largest weight


def corpus(n_words: int, seed: int = 5) -> tuple[harness.Ints, Any]:
    """Sentences of 0 to 25 words with neighbours that repeat."""
    rng = np.random.default_rng(seed)
    lengths = np.array([25, 0, 1, 2, 9, 3])
    ids = np.minimum(rng.geometric(0.15, lengths.sum()) - 1, n_words - 1).astype(np.int32)
    ids[4:8] = ids[4]  # a word beside itself
    return ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def make_model(size: int, n_words: int = 40, scale: float = 1.0, **options: Any) -> Model:
    """A model in the middle of its training: all matrices are filled, scores are a few units at
    most."""
    counts = np.maximum(1000 // np.arange(1, n_words + 1), 1).astype(np.int64)
    model = Model(counts, size, **options)
    rng = np.random.default_rng(size)
    for matrix in (model.input_vectors, model.output_vectors, model.node_vectors):
        if matrix is not None and len(matrix):
            matrix[:, :size] = scale * rng.normal(0, size**-0.25, (len(matrix), size))
    return model


@functools.cache
def expected(size: int, options: tuple[tuple[str, Any], ...], alpha: float) -> Reference:
    model = make_model(size, **dict(options))
    reference = Reference(model)
    reference.run(*corpus(len(model.counts)), rng=11, alpha=alpha)
    return reference


def relative_error(found: Any, wanted: Any) -> float:
    return float(
        np.abs(found - wanted).max(initial=0.0) / max(1e-30, np.abs(wanted).max(initial=0.0))
    )


def compare(kernel: Any, size: int, alpha: float = 0.05, **options: Any) -> None:
    options = {"compute_loss": True, **options}
    reference = expected(size, tuple(sorted(options.items())), alpha)
    model = make_model(size, **options)
    ids, offsets = corpus(len(model.counts))
    tally = Trainer(kernel, model, int(np.diff(offsets).max())).run(ids, offsets, 11, alpha)
    check(model, reference, tally)


def check(model: Model, reference: Reference, tally: Any) -> None:
    size = model.vector_size
    pairs = [(model.input_vectors, reference.inputs)]
    pairs += [(model.output_vectors, reference.outputs)] if model.negative else []
    pairs += [(model.node_vectors, reference.nodes)] if model.hs else []
    for found, wanted in pairs:
        assert relative_error(found[:, :size], wanted) < TOLERANCE
        assert not found[:, size:].any(), "padding has been written"
    assert (tally.n_pairs, tally.n_effective) == (reference.n_pairs, reference.n_effective)
    if model.compute_loss:
        assert tally.loss == pytest.approx(reference.loss, rel=1e-5)
    else:
        assert tally.loss == 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("negative", [1, 5, 15, 20])
@pytest.mark.parametrize("mode", MODES)
def test_negative_sampling_matches_the_reference(
    kernel: Any, mode: str, negative: int, size: int
) -> None:
    compare(kernel, size, negative=negative, **MODES[mode])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("negative", [0, 5])
@pytest.mark.parametrize("mode", MODES)
def test_hierarchical_softmax_matches_the_reference(
    kernel: Any, mode: str, negative: int, size: int
) -> None:
    compare(kernel, size, hs=True, negative=negative, **MODES[mode])


@pytest.mark.parametrize("window", [1, 2, 3, 6, 10, 13, 300])
@pytest.mark.parametrize("shrink_windows", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_windows_of_every_width_are_cut_at_sentence_borders(
    kernel: Any, mode: str, shrink_windows: bool, window: int
) -> None:
    compare(kernel, 33, window=window, shrink_windows=shrink_windows, **MODES[mode])


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.startswith("cbow")])
@pytest.mark.parametrize("negative", [5, 57])
def test_negatives_are_repeated_and_then_new(kernel: Any, mode: str, negative: int) -> None:
    """Three times as many centers as have the same 32 negatives again and again."""
    model = make_model(8, negative=negative, compute_loss=True, **MODES[mode])
    ids, _ = corpus(len(model.counts))
    ids, offsets = np.tile(ids, 20), np.arange(0, 801, 8, dtype=np.int64)
    reference = Reference(model)
    reference.run(ids, offsets, 7, 0.01)
    assert reference.n_pairs == len(ids) > 3 * STRETCH * REPEATS
    check(model, reference, Trainer(kernel, model, 8).run(ids, offsets, 7, 0.01))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("negative", [64, 65, 100])
def test_many_negatives_run_around_the_pool(kernel: Any, mode: str, negative: int) -> None:
    compare(kernel, 20, negative=negative, n_pool=128, **MODES[mode])


@pytest.mark.parametrize("n_words", [1, 2, 3])
@pytest.mark.parametrize("hs", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_tiny_vocabularies_make_copies_and_hits(
    kernel: Any, mode: str, hs: bool, n_words: int
) -> None:
    compare(kernel, 20, n_words=n_words, hs=hs, **MODES[mode])
    compare(kernel, 20, n_words=n_words, hs=True, negative=0, **MODES[mode])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample", [1e-1, 1e-2])
def test_subsampling_drops_what_the_reference_drops(kernel: Any, mode: str, sample: float) -> None:
    compare(kernel, 20, sample=sample, **MODES[mode])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("hs", [False, True])
def test_alpha_zero_moves_nothing_but_counts_the_loss(kernel: Any, mode: str, hs: bool) -> None:
    compare(kernel, 20, alpha=0.0, hs=hs, **MODES[mode])
    model, fresh = make_model(20, hs=hs, **MODES[mode]), make_model(20, hs=hs, **MODES[mode])
    ids, offsets = corpus(len(model.counts))
    Trainer(kernel, model, 25).run(ids, offsets, 1, 0.0)
    assert (model.input_vectors == fresh.input_vectors).all()
    assert (model.output_vectors == fresh.output_vectors).all()


@pytest.mark.parametrize("mode", MODES)
def test_locks_scale_or_stop_the_moves_of_input_rows(kernel: Any, mode: str) -> None:
    locks = np.array([1.0, 0.0, 0.5], np.float32)
    model = make_model(33, locks=locks, **MODES[mode])
    reference, before = Reference(model), model.input_vectors.copy()
    ids, offsets = corpus(len(model.counts))
    reference.run(ids, offsets, 3, 0.05)
    tally = Trainer(kernel, model, 25).run(ids, offsets, 3, 0.05)
    check(model, reference, tally)
    assert (model.input_vectors[1::3] == before[1::3]).all(), "a lock of 0 must not change a bit"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("hs", [False, True])
def test_scores_beyond_the_limit_are_left_alone(kernel: Any, mode: str, hs: bool) -> None:
    model = make_model(33, scale=4.0, hs=hs, compute_loss=True, **MODES[mode])
    reference = Reference(model)
    ids, offsets = corpus(len(model.counts))
    offsets = offsets[:2]
    reference.run(ids, offsets, 3, 1e-4)
    assert reference.largest_dot > 3 * MAX_DOT
    tally = Trainer(kernel, model, 25).run(ids, offsets, 3, 1e-4)
    check(model, reference, tally)


@pytest.mark.parametrize("mode", MODES)
def test_the_loss_of_large_scores_is_finite(kernel: Any, mode: str) -> None:
    model = make_model(33, scale=100.0, compute_loss=True, **MODES[mode])
    reference = Reference(model)
    ids, offsets = corpus(len(model.counts))
    reference.run(ids, offsets, 3, 0.0)
    tally = Trainer(kernel, model, 25).run(ids, offsets, 3, 0.0)
    assert tally.loss == pytest.approx(reference.loss, rel=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_without_compute_loss_the_weights_are_the_same_bytes(kernel: Any, mode: str) -> None:
    results = []
    for compute_loss in (False, True):
        model = make_model(33, compute_loss=compute_loss, **MODES[mode])
        ids, offsets = corpus(len(model.counts))
        tally = Trainer(kernel, model, 25).run(ids, offsets, 3, 0.05)
        assert (tally.loss > 0) == compute_loss
        results.append(model.input_vectors.tobytes() + model.output_vectors.tobytes())
    assert results[0] == results[1]


@pytest.mark.parametrize("mode", MODES)
def test_jobs_depend_on_their_own_stream_alone(kernel: Any, mode: str) -> None:
    def train(numbers: list[int]) -> bytes:
        model = make_model(33, **MODES[mode])
        ids, offsets = corpus(len(model.counts))
        trainer = Trainer(kernel, model, 25)
        for number in numbers:
            trainer.run(ids, offsets, number, 0.05)
        return model.input_vectors.tobytes()

    assert train([1, 2]) == train([1, 2])
    assert train([1]) != train([2])


def test_a_long_sentence_is_left_when_told_to_stop(kernel: Any) -> None:
    model = make_model(16)
    before = model.input_vectors.copy()
    ids, offsets = corpus(len(model.counts))
    trainer = Trainer(kernel, model, 25)
    model.stop[0] = 1
    tally = trainer.run(ids, offsets, 1, 0.05)
    assert (tally.n_pairs, tally.n_sentences) == (0, 0)
    assert (model.input_vectors == before).all()
    model.stop[0] = 0
    assert trainer.run(ids, offsets, 1, 0.05).n_sentences == len(offsets) - 1


def test_a_job_of_no_sentences_does_nothing(kernel: Any) -> None:
    model = make_model(16)
    tally = Trainer(kernel, model, 0).run(np.zeros(1, np.int32), np.zeros(1, np.int64), 1, 0.05)
    assert (tally.n_pairs, tally.n_effective, tally.n_sentences) == (0, 0, 0)


def test_the_order_of_thresholds_does_not_matter(kernel: Any) -> None:
    model = make_model(16, sample=1e-2)
    model.keep = np.full(40, harness.NEVER_DROPPED, np.uint32)
    model.keep[[3, 1, 38]] = [1 << 31, 1 << 30, 0]
    reference = Reference(model)
    ids, offsets = corpus(len(model.counts))
    reference.run(ids, offsets, 9, 0.05)
    assert 0 < reference.n_effective < len(ids)
    check(model, reference, Trainer(kernel, model, 25).run(ids, offsets, 9, 0.05))
