"""The kernel "blas", through Word2Vec with one worker, against the reference: equal to the bit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference
from processes import run_python
from training_settings import SETTINGS, trained_reference, zipf_sentences

from fastsgns import Word2Vec
from fastsgns._blas_kernel import subsample

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")


def train(sentences: Sequence[Any], **parameters: Any) -> Word2Vec:
    parameters = {"kernel": "blas", "workers": 1, "compute_loss": True, **parameters}
    return Word2Vec(sentences, **parameters)


def weights_of(model: Word2Vec) -> dict[str, Any]:
    weights = {"vectors": model.wv.vectors}
    if model.negative:
        weights["syn1neg"] = model.syn1neg
    if model.hs:
        weights["syn1"] = model.syn1
    return weights


def digest(model: Word2Vec) -> str:
    """Return the SHA-256 of all weights and the loss."""
    parts = [weight.tobytes() for weight in weights_of(model).values()]
    parts.append(str(model.get_latest_training_loss()).encode())
    return hashlib.sha256(b"".join(parts)).hexdigest()


def assert_equal_bits(model: Word2Vec, expected: reference.ReferenceModel) -> None:
    assert model.wv.index_to_key == expected.index_to_key
    for name, weight in weights_of(model).items():
        assert weight.dtype == np.float32
        bits = weight.view(np.uint32), getattr(expected, name).view(np.uint32)
        np.testing.assert_array_equal(*bits, err_msg=name)
    assert model.get_latest_training_loss() == expected.loss


def assert_trains_as_the_reference(sentences: Sequence[Any], **parameters: Any) -> Word2Vec:
    """Compare a model of its own kind for each objective and architecture; return the last."""
    for sg in (0, 1):
        for objective in ({"hs": 0}, {"hs": 1, "negative": 0}, {"hs": 1}):
            settings = {"vector_size": 5, "min_count": 1, "sg": sg, **parameters, **objective}
            model = train(sentences, **settings)
            expected = reference.train(sentences, compute_loss=True, **settings)
            assert_equal_bits(model, expected)
            assert model.history[-1]["effective_words"] == expected.epochs[-1].effective_words
    return model


# ---- the 24 settings -----------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("setting", SETTINGS)
def test_weights_and_loss_equal_the_reference_to_the_bit(setting, epochs):
    model = train(zipf_sentences(), **SETTINGS[setting], epochs=epochs)
    assert_equal_bits(model, trained_reference(setting, epochs))


@pytest.mark.parametrize("setting", SETTINGS)
def test_large_steps_equal_the_reference_to_the_bit(setting):
    model = train(zipf_sentences(), **SETTINGS[setting], epochs=1, alpha=0.2)
    assert_equal_bits(model, trained_reference(setting, 1, 0.2))


@pytest.mark.parametrize("setting", SETTINGS)
def test_history_says_what_the_reference_counted(setting):
    model = train(zipf_sentences(), **SETTINGS[setting], epochs=3)
    for entry, epoch in zip(model.history, trained_reference(setting, 3).epochs, strict=True):
        assert entry["pairs"] == epoch.pairs
        assert entry["raw_words"] == epoch.raw_words
        assert entry["effective_words"] == epoch.effective_words
        assert entry["loss"] == epoch.loss / epoch.pairs
        assert (entry["alpha_first"], entry["alpha_last"]) == (epoch.alphas[0], epoch.alphas[-1])


@pytest.mark.parametrize("vector_size", [1, 2, 8, 15, 31, 32, 64, 65, 127, 300])
def test_every_tail_of_a_row_equals_the_reference(vector_size):
    sentences = zipf_sentences(150)
    settings = {"vector_size": vector_size, "min_count": 1, "hs": 1, "sg": 1, "alpha": 0.1}
    expected = reference.train(sentences, compute_loss=True, epochs=1, **settings)
    assert_equal_bits(train(sentences, epochs=1, **settings), expected)


@pytest.mark.parametrize("sg", [0, 1])
def test_training_in_parts_equals_the_reference(sg):
    """Later calls go on with the random stream, and may decay by words and from other rates."""
    sentences = zipf_sentences()
    settings = {"vector_size": 9, "batch_words": 100, "sg": sg, "compute_loss": True}
    model = Word2Vec(kernel="blas", workers=1, **settings)
    model.build_vocab(sentences)
    expected = reference.ReferenceModel(sentences, **settings)
    n_words = sum(map(len, sentences))
    for call in (
        {"epochs": 2, "total_examples": len(sentences)},
        {"epochs": 1, "total_words": n_words, "start_alpha": 0.05, "end_alpha": 0.01},
        {"epochs": 1, "total_examples": 7, "total_words": n_words, "start_alpha": 0.1},
    ):
        known = len(expected.epochs)
        counts = expected.train(
            sentences, **{"start_alpha": model.alpha, "end_alpha": model.min_alpha, **call}
        )
        assert model.train(sentences, compute_loss=True, **call) == counts
        expected_loss = sum(epoch.loss for epoch in expected.epochs[known:])
        assert model.get_latest_training_loss() == expected_loss
        np.testing.assert_array_equal(model.wv.vectors, expected.vectors)
    for mine, theirs in zip(model.random.get_state(), expected.random.get_state(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


# ---- edges ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_words", [1, 2, 3])
def test_smallest_vocabularies_equal_the_reference(n_words):
    words = [chr(ord("a") + i) for i in range(n_words)]
    assert_trains_as_the_reference([words * 4, words[:1] * 3], sample=0)


@pytest.mark.parametrize("sg", [0, 1])
def test_negative_that_is_the_target_is_skipped(sg):
    """With one word each draw is it, and what is left of a pair is its positive score."""
    sentences = [["a"] * 6]
    settings = {"vector_size": 4, "min_count": 1, "sample": 0, "epochs": 1, "sg": sg}
    model = train(sentences, negative=20, **settings)
    few = train(sentences, negative=1, **settings)
    assert_equal_bits(model, reference.train(sentences, negative=20, compute_loss=True, **settings))
    assert model.get_latest_training_loss() <= 0.75 * model.history[0]["pairs"]
    assert model.history[0]["pairs"] == few.history[0]["pairs"]


def test_word_repeated_within_its_own_window_equals_the_reference():
    assert_trains_as_the_reference([list("aabaaacabbba")] * 3, sample=0, alpha=0.2)


def test_sentences_of_one_word_equal_the_reference():
    assert_trains_as_the_reference([["a"], ["b"], ["a", "b"], ["c"]], sample=0)


def test_empty_and_unknown_sentences_equal_the_reference():
    sentences = [[], list("abab"), [], ["rare"], [], list("bbaa"), ["rare2", "a", "rare3"], []]
    assert_trains_as_the_reference(sentences, min_count=2, batch_words=4)


def test_sentence_longer_than_a_job_equals_the_reference():
    words = zipf_sentences()[1]
    sentences = [["w0", "w1"], words * 3, ["w1"], [], words * 2, ["w0"]]
    assert_trains_as_the_reference(sentences, batch_words=20)


def test_long_first_sentence_costs_the_draws_of_an_empty_job():
    sentences = [zipf_sentences()[1] * 3, ["w0", "w1"]]
    assert_trains_as_the_reference(sentences, batch_words=20)


def test_sentence_longer_than_10000_words_is_trained_whole():
    # differs from gensim: it drops what comes after the 10,000th word left.
    words = np.random.default_rng(5).integers(0, 9, 25_000).tolist()
    settings = {"vector_size": 3, "window": 1, "negative": 1, "epochs": 1, "sample": 0}
    model = train([words, [1, 2]], **settings)
    assert_equal_bits(model, reference.train([words, [1, 2]], compute_loss=True, **settings))
    assert model.history[0]["effective_words"] == 25_002


def test_jobs_of_more_than_10000_words_are_trained_whole():
    # differs from gensim: the same limit, for batch_words beyond it.
    sentences = [[i % 7, i % 5] for i in range(6_000)]
    settings = {"vector_size": 3, "window": 1, "negative": 1, "epochs": 1, "sample": 0}
    settings["batch_words"] = 50_000
    model = train(sentences, **settings)
    assert_equal_bits(model, reference.train(sentences, compute_loss=True, **settings))
    assert model.history[0]["effective_words"] == 12_000


@pytest.mark.parametrize("sg", [0, 1])
def test_null_word_takes_part_in_the_noise_and_the_tree(sg):
    sentences = zipf_sentences(200)
    settings = {"vector_size": 6, "min_count": 1, "null_word": 1, "hs": 1, "sg": sg}
    model = train(sentences, **settings)
    assert_equal_bits(model, reference.train(sentences, compute_loss=True, **settings))
    assert model.wv.get_vecattr("\0", "count") == 1


def test_strong_subsampling_equals_the_reference():
    model = assert_trains_as_the_reference(zipf_sentences(), sample=1e-5, batch_words=50)
    assert model.history[-1]["effective_words"] < 0.5 * model.history[-1]["raw_words"]


@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("objective", [{"hs": 0}, {"hs": 1, "negative": 0}, {"hs": 1}])
def test_alpha_0_moves_nothing_and_counts_the_loss(sg, objective):
    sentences = zipf_sentences(200)
    settings = {"vector_size": 6, "alpha": 0.0, "min_alpha": 0.0, "sg": sg, **objective}
    model = train(sentences, **settings)
    assert_equal_bits(model, reference.train(sentences, compute_loss=True, **settings))
    n_words = len(model.wv)
    np.testing.assert_array_equal(model.wv.vectors, reference.initial_vectors(n_words, 6, seed=1))
    assert model.get_latest_training_loss() > 0


@pytest.mark.parametrize("sg", [0, 1])
def test_scores_beyond_6_are_skipped(sg):
    """With such steps most dots leave the table, so that the weights stand still for long."""
    sentences = [list("abcdefghij") * 3] * 10
    settings = {"vector_size": 8, "min_count": 1, "alpha": 5.0, "min_alpha": 1.0, "hs": 1, "sg": sg}
    model = train(sentences, **settings)
    assert_equal_bits(model, reference.train(sentences, compute_loss=True, **settings))
    assert np.abs(model.wv.vectors @ model.syn1neg.T).max() > 6


@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("locks", [[0.0], [1.0, 0.0, 0.5]])
def test_lock_factors_scale_the_steps_of_input_vectors(sg, locks):
    sentences = zipf_sentences()
    settings = {"vector_size": 6, "hs": 1, "sg": sg}
    model = Word2Vec(kernel="blas", workers=1, **settings)
    model.build_vocab(sentences)
    model.wv.vectors_lockf = np.array(locks, dtype=np.float32)
    model.train(sentences, total_examples=len(sentences), epochs=2, compute_loss=True)
    expected = reference.ReferenceModel(sentences, compute_loss=True, **settings)
    expected.vectors_lockf = np.array(locks, dtype=np.float32)
    expected.train(sentences, epochs=2)
    assert_equal_bits(model, expected)
    frozen = np.resize(np.array(locks), len(model.wv)) == 0
    initial = reference.initial_vectors(len(model.wv), 6, seed=1)
    np.testing.assert_array_equal(model.wv.vectors[frozen], initial[frozen])
    assert (model.wv.vectors[~frozen] != initial[~frozen]).any(axis=1).all()
    assert model.syn1neg.any(axis=1).all()


def test_loss_is_not_computed_unless_asked_for():
    sentences = zipf_sentences(200)
    silent = train(sentences, compute_loss=False, vector_size=6)
    assert silent.get_latest_training_loss() == 0
    assert silent.history[-1]["loss"] is None
    counted = train(sentences, vector_size=6)
    np.testing.assert_array_equal(silent.wv.vectors, counted.wv.vectors)


# ---- the same bytes each time --------------------------------------------------------------------

REPEATED = {"vector_size": 21, "batch_words": 100, "hs": 1, "alpha": 0.1, "sg": 1, "min_count": 1}

IN_ANOTHER_PROCESS = """
import sys
sys.path.insert(0, sys.argv[1])
import test_blas_kernel as tests
print(tests.digest(tests.train(tests.zipf_sentences(), **tests.REPEATED)))
"""


def test_same_seed_gives_the_same_bytes_again():
    digests = {digest(train(zipf_sentences(), **REPEATED)) for _ in range(3)}
    assert len(digests) == 1
    assert digest(train(zipf_sentences(), **REPEATED, seed=2)) not in digests


@pytest.mark.parametrize("hash_seed", ["1", "12345"])
def test_same_seed_gives_the_same_bytes_in_another_process(hash_seed):
    here = digest(train(zipf_sentences(), **REPEATED))
    folder = Path(__file__).parent
    done = run_python("-c", IN_ANOTHER_PROCESS, folder, env={"PYTHONHASHSEED": hash_seed})
    assert done.stdout.strip() == here


@pytest.mark.parametrize("setting", ["skip-gram-both-plain", "cbow-both-plain"])
def test_corpus_of_one_job_gives_the_same_with_any_number_of_workers(setting):
    expected = trained_reference(setting, 3)
    for workers in (2, 4):
        model = train(zipf_sentences(), **SETTINGS[setting], epochs=3, workers=workers)
        assert_equal_bits(model, expected)


@pytest.mark.parametrize("container", [tuple, lambda words: np.array(words, dtype=object)])
def test_container_of_a_sentence_changes_nothing(container):
    plain = train(zipf_sentences(200), vector_size=6)
    other = train([container(words) for words in zipf_sentences(200)], vector_size=6)
    assert digest(plain) == digest(other)


# ---- subsampling ---------------------------------------------------------------------------------


def subsampled(ids, offsets, thresholds, rng):
    """Subsample in plain Python: one draw of the LCG a token."""
    kept, kept_offsets = [], [0]
    for start, end in pairwise(offsets):
        for token in ids[start - offsets[0] : end - offsets[0]]:
            draw = rng >> 16 & 0xFFFFFFFF
            rng = (rng * 25214903917 + 11) & (2**48 - 1)
            if thresholds[token] >= draw:
                kept.append(token)
        kept_offsets.append(len(kept))
    return kept, kept_offsets, rng


@hypothesis.given(
    st.lists(st.lists(st.integers(0, 3), max_size=8), max_size=6),
    st.integers(0, 2**48 - 1),
    st.integers(0, 1000),
)
def test_subsampling_is_one_draw_a_token(sentences, rng, base):
    ids = np.array([i for s in sentences for i in s], np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in sentences])]).astype(np.int64) + base
    thresholds = np.array([0, 2**30, 2**31, 2**32 - 1], np.uint32)
    kept = np.full(len(ids), -7, np.int32)
    kept_offsets = np.full(len(offsets), -7, np.int64)
    n_kept, state = subsample(ids, offsets, thresholds, rng, kept, kept_offsets)
    expected = subsampled(ids.tolist(), offsets.tolist(), thresholds.tolist(), rng)
    assert (kept[:n_kept].tolist(), kept_offsets.tolist(), state) == expected


def test_a_threshold_equal_to_the_draw_keeps_the_token():
    rng = 5 << 16
    for threshold, n_expected in ((5, 1), (4, 0)):
        n_kept, _ = subsample(
            np.zeros(1, np.int32),
            np.array([0, 1]),
            np.array([threshold], np.uint32),
            rng,
            np.empty(1, np.int32),
            np.empty(2, np.int64),
        )
        assert n_kept == n_expected


@pytest.mark.parametrize(
    ("ids", "offsets", "n_room", "n_offset_room"),
    [
        ([0, 1], [0, 2], 1, 2),
        ([0, 1], [0, 2], 2, 1),
        ([0, 1], [0, 3], 2, 2),
        ([0, 1], [0, 1], 2, 2),
        ([0, 9], [0, 2], 2, 2),
        ([0, -1], [0, 2], 2, 2),
        ([0, 1], [5, 6], 2, 2),
        ([0, 1], [0, 5, 2], 2, 3),
        ([0, 1], [0, -5, 2], 2, 3),
        ([0, 1], [0, 2**62, 2], 2, 3),
        ([0, 1], [0, 2, 0, 2], 2, 4),
        ([], [], 0, 0),
        ([], [], 5, 5),
    ],
)
def test_subsampling_refuses_what_is_out_of_range(ids, offsets, n_room, n_offset_room):
    with pytest.raises(ValueError, match=r"token|offset"):
        subsample(
            np.array(ids, np.int32),
            np.array(offsets, np.int64),
            np.full(3, 2**32 - 1, np.uint32),
            1,
            np.empty(n_room, np.int32),
            np.empty(n_offset_room, np.int64),
        )
