"""A round is a function of shards, chunks, learning rate and seed; a mean is a mean."""

import numpy as np
import pytest

from fastsgns import Word2Vec
from fastsgns.distributed import replica
from fastsgns.distributed.replica import (
    FREE_SCALE,
    LocalReplica,
    adasum,
    layout_of,
    mean,
    put_shard,
    shard_of,
)
from fastsgns.word2vec import TrainingDiverged

SENTENCES = [[f"w{(3 * i + j) % 40}" for j in range(12)] for i in range(300)]


def model_of(**options):
    model = Word2Vec(vector_size=12, min_count=1, workers=1, **options)
    model.build_vocab(SENTENCES)
    return model


def shards_of(model, layout):
    return [shard_of(model._matrices(), layout, i) for i in range(layout.n_shards)]


def round_of(local, *given):
    """Return copies of what a round gives: the next one writes into it."""
    trained, done = local.round(*given)
    return [shard.copy() for shard in trained], done


@pytest.mark.parametrize(
    "options",
    [
        {"sg": 1},
        {"sg": 0},
        {"sg": 1, "hs": 1, "negative": 0},
        {"hs": 1},
        {"sg": 1, "kernel": "blas"},
        {"sg": 1, "kernel": "scalar"},
    ],
    ids=str,
)
def test_a_round_is_a_function_of_what_it_is_given(options):
    model = model_of(**options)
    layout = layout_of(model, 3)
    shards = shards_of(model, layout)
    local = LocalReplica(model, layout, 7)
    first, done = round_of(local, shards, [model.corpus], 0.05, [1, 0, 0])
    other, _ = round_of(local, first, [model.corpus], 0.05, [1, 0, 1])
    again, _ = round_of(LocalReplica(model, layout, 7), shards, [model.corpus], 0.05, [1, 0, 0])
    assert done.raw_words == model.corpus_total_words
    assert done.pairs > 0
    assert all(map(np.array_equal, first, again))
    assert not any(map(np.array_equal, first, other))


def test_a_round_trains_as_train_does():
    model = model_of(sg=1, seed=5, compute_loss=True, alpha=0.1)
    layout = layout_of(model, 2)
    local = LocalReplica(model, layout, 7)
    shards, losses = shards_of(model, layout), []
    for number in range(30):
        shards, done = round_of(local, shards, [model.corpus], 0.1, [5, 0, number])
        losses.append(done.loss / done.pairs)
    model.train(epochs=30, start_alpha=0.1, end_alpha=0.1)
    of_train = [epoch["loss"] for epoch in model.history]
    # One epoch is 2000 pairs, whose mean loss varies by 2 %; that of twenty by 0.4 %.
    assert np.mean(losses[10:]) == pytest.approx(np.mean(of_train[10:]), rel=0.01)


def test_chunks_of_a_round_are_trained_as_one_text():
    model = model_of(sg=1)
    layout = layout_of(model, 1)
    local = LocalReplica(model, layout, 7)
    half = model.corpus.n_sentences // 2
    parts = []
    for start, end in ((0, half), (half, model.corpus.n_sentences)):
        ids, offsets = model.corpus.read(start, end)
        parts.append(type(model.corpus)(ids, offsets, model.corpus.raw_lengths_of(start, end)))
    whole, _ = round_of(local, shards_of(model, layout), [model.corpus], 0.05, [1])
    joined, _ = round_of(local, shards_of(model, layout), parts, 0.05, [1])
    assert all(map(np.array_equal, whole, joined))


def test_several_threads_train_a_replica():
    model = model_of(sg=1, compute_loss=True, batch_words=100)
    model.workers = 3
    layout = layout_of(model, 2)
    _, done = LocalReplica(model, layout, 7).round(
        shards_of(model, layout), [model.corpus], 0.05, [1]
    )
    assert done.raw_words == model.corpus_total_words


def test_weights_that_are_no_longer_finite_are_not_returned():
    model = model_of(sg=1)
    layout = layout_of(model, 2)
    shards = shards_of(model, layout)
    shards[1][0, 0, 0] = np.nan
    with pytest.raises(TrainingDiverged, match="no longer finite"):
        LocalReplica(model, layout, 7).round(shards, [model.corpus], 0.05, [1])


@pytest.mark.parametrize("n_parts", [1, 2, 3, 7, 40, 100])
def test_shards_are_all_rows_of_all_matrices(n_parts):
    model = model_of(hs=1)
    layout = layout_of(model, n_parts)
    assert layout.names == ("wv.vectors", "syn1neg", "syn1")
    assert layout.n_shards == min(n_parts, len(model.wv))
    twin = {name: np.zeros_like(matrix) for name, matrix in model._matrices().items()}
    for number, shard in enumerate(shards_of(model, layout)):
        put_shard(twin, layout, number, shard)
    assert all(np.array_equal(twin[name], of) for name, of in model._matrices().items())


def test_the_mean_is_of_all_replicas_and_changes_none():
    shards = [np.full((2, 3, 4), value, np.float32) for value in (1, 2, 6)]
    assert (mean(1.0, np.zeros((2, 3, 4), np.float32), *shards) == 3).all()
    assert [shard[0, 0, 0] for shard in shards] == [1, 2, 6]
    assert mean(1.0, *shards).dtype == np.float32


@pytest.mark.parametrize("n", [2, 3, 4, 7, 8])
def test_adasum_takes_the_mean_of_equal_moves_and_the_sum_of_those_at_right_angles(n):
    start = np.random.default_rng(1).standard_normal((2, 700, 16)).astype(np.float32)
    before = start.copy()
    equal = [start + 1] * n
    np.testing.assert_allclose(adasum(1.0, start, *equal), start + 1, rtol=0, atol=1e-5)
    apart = [start + 3 * np.eye(16, dtype=np.float32)[i] for i in range(n)]
    moved = start + 3 * np.eye(16, dtype=np.float32)[:n].sum(axis=0)
    np.testing.assert_allclose(adasum(1.0, start, *apart), moved, rtol=0, atol=1e-5)
    assert np.array_equal(start, before)
    assert adasum(1.0, start, *apart).dtype == np.float32


def test_adasum_leaves_whole_what_only_one_replica_has_moved():
    start = np.ones((1, 1000, 4), np.float32)
    for size in (1e-30, 1e-12, 1.0, 1e12):
        moved = start.copy()
        moved[:, ::3] *= 1 + np.float32(size)
        assert np.array_equal(adasum(1.0, start, start, moved, start), moved)
    assert np.array_equal(adasum(1.0, start, start, start), start)


def test_adasum_of_two_is_that_of_the_paper():
    rng = np.random.default_rng(2)
    start, first, second = rng.standard_normal((3, 2, 5, 8))
    a, b = first - start, second - start
    product = (a * b).sum(-1, keepdims=True)
    expected = a * (1 - product / (2 * (a * a).sum(-1, keepdims=True)))
    expected += b * (1 - product / (2 * (b * b).sum(-1, keepdims=True)))
    found = adasum(1.0, *(x.astype(np.float32) for x in (start, first, second)))
    np.testing.assert_allclose(found - start, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n", [2, 3, 4, 7, 8])
def test_of_input_vectors_what_is_not_common_is_divided(n):
    start = np.random.default_rng(1).standard_normal((3, 700, 16)).astype(np.float32)
    equal = [start + 1] * n
    np.testing.assert_allclose(adasum(2.0, start, *equal), start + 1, rtol=0, atol=1e-5)
    apart = [start + 3 * np.eye(16, dtype=np.float32)[i] for i in range(n)]
    moved = 3 * np.eye(16, dtype=np.float32)[:n].sum(axis=0)
    of_each = np.float32([2.0 / FREE_SCALE, 1, 1])[:, None, None]
    found = adasum(2.0, start, *apart)
    np.testing.assert_allclose(found, start + moved / of_each, rtol=0, atol=1e-5)
    in_between = [start + 1 + 3 * np.eye(16, dtype=np.float32)[i] for i in range(n)]
    divided, whole = (adasum(scale, start, *in_between) for scale in (2.0, 1.0))
    shares = (divided - start)[0] / (whole - start)[0]
    assert FREE_SCALE / 2.0 < shares.min() < shares.max() < 1.0
    assert np.array_equal(divided[1:], whole[1:])


def test_at_the_scale_of_two_replicas_adasum_is_that_of_the_paper():
    start, *shards = np.random.default_rng(4).standard_normal((3, 2, 30, 8)).astype(np.float32)
    whole = adasum(1.0, start, *shards)
    assert np.array_equal(adasum(2 ** (1 / 3), start, *shards), whole)


def test_rows_that_do_not_fit_are_refused():
    from fastsgns.vectors._rows import adasum_rows

    rows = np.zeros((3, 4), np.float32)
    with pytest.raises(ValueError, match="3 x 4 rows became 3 x 5"):
        adasum_rows(rows, [rows, np.zeros((3, 5), np.float32)], 1.0, rows.copy())
    with pytest.raises(ValueError, match="3 x 4 rows became 2 x 4"):
        adasum_rows(rows, [rows], 1.0, rows[:2].copy())


def test_a_small_model_is_merged_whole_after_each_round():
    layout = layout_of(model_of(), 4)
    assert [layout.n_due(number) for number in range(1, 9)] == [4] * 8


def test_of_a_large_model_frequent_words_are_merged_more_often(monkeypatch):
    monkeypatch.setattr(replica, "LARGE_NBYTES", 0)
    monkeypatch.setattr(replica, "N_HOT", 4)
    layout = layout_of(model_of(), 2)
    assert layout.bounds == (0, 4, 8, 16, 20, 32, 40)
    due = [layout.bounds[layout.n_due(number)] for number in range(1, 65)]
    # 4 * 2**k rows every 2**k-th round, as far as there are rows; all of them now and then.
    assert due[:8] == [4, 8, 4, 16, 4, 8, 4, 32]
    assert due[15] == due[31] == 40
    assert due[63] == 40
