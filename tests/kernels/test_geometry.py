"""Tests: what one job cannot show. Training on a text keeps the norms of one-pair-at-a-time, and
does not diverge.

Taking many pairs at once without correcting them moves norm from the input to the output vectors
(and more: the vectors' neighbours change), though every single update looks right. A vocabulary of
100 words shows it in a second.
"""

from __future__ import annotations

import functools
from typing import Any

import harness
import numpy as np
import pytest
from harness import Model, Trainer

N_TOKENS, LEN_SENTENCE, LEN_JOB = 300_000, 30, 20
WHOLE_WINDOW: dict[str, dict[str, Any]] = {
    "shared": {},
    "hierarchical": {"hs": True, "negative": 0},
    "both": {"hs": True},
    "fifteen-negatives": {"negative": 15},
    "wide-window": {"window": 12},
}


@functools.cache
def text(n_words: int) -> tuple[harness.Ints, Any, Any]:
    """Tokens with Zipf's frequencies; each sentence has a topic, whose words are 8 times as
    likely."""
    rng = np.random.default_rng(7)
    weights = 1.0 / np.arange(1, n_words + 1)
    n_topics, n_sentences = max(2, n_words // 10), N_TOKENS // LEN_SENTENCE
    topics = rng.integers(0, n_topics, n_words)
    sentences = np.empty((n_sentences, LEN_SENTENCE), np.int64)
    for topic, rows in enumerate(np.array_split(np.arange(n_sentences), n_topics)):
        likely = weights * np.where(topics == topic, 8.0, 1.0)
        sentences[rows] = rng.choice(n_words, (len(rows), LEN_SENTENCE), p=likely / likely.sum())
    rng.shuffle(sentences)
    counts = np.bincount(sentences.ravel(), minlength=n_words)
    order = np.argsort(-counts, kind="stable")
    ranks = np.empty(n_words, np.int32)
    ranks[order] = np.arange(n_words)
    offsets = np.arange(0, N_TOKENS + 1, LEN_SENTENCE, dtype=np.int64)
    return ranks[sentences].ravel(), offsets, np.maximum(counts[order], 1)


def train(
    kernel: Any, n_words: int, alpha: float, sample: float, size: int = 100, **options: Any
) -> Model:
    """One epoch with falling alpha, in jobs of LEN_JOB sentences."""
    if isinstance(kernel, harness.Emulated):
        pytest.skip(
            "hundreds of jobs take too long in an emulator; test_kernels.py compares its numbers"
        )
    ids, offsets, counts = text(n_words)
    model = Model(counts, size, sample=sample, n_pool=1 << 16, **options)
    trainer = Trainer(kernel, model, LEN_SENTENCE)
    starts = range(0, len(offsets) - 1, LEN_JOB)
    for number, start in enumerate(starts):
        falling = max(1e-4, alpha * (1 - number / len(starts)))
        trainer.run(ids, offsets[start : start + LEN_JOB + 1], number, falling)
    return model


def matrices(model: Model) -> list[harness.Floats]:
    return [
        m for m in (model.input_vectors, model.output_vectors, model.node_vectors) if m is not None
    ]


def mean_norms(model: Model) -> Any:
    return np.array([np.linalg.norm(matrix, axis=1).mean() for matrix in matrices(model)])


@pytest.mark.parametrize("options", WHOLE_WINDOW.values(), ids=WHOLE_WINDOW.keys())
def test_whole_windows_keep_the_norms_of_single_pairs(kernel: Any, options: dict[str, Any]) -> None:
    together = mean_norms(train(kernel, 100, 0.025, 1e-3, shared=True, **options))
    one_by_one = mean_norms(train(kernel, 100, 0.025, 1e-3, shared=False, **options))
    assert together == pytest.approx(one_by_one, rel=0.05)


@pytest.mark.parametrize("options", WHOLE_WINDOW.values(), ids=WHOLE_WINDOW.keys())
@pytest.mark.parametrize("shared", [True, False])
def test_a_large_alpha_without_subsampling_does_not_diverge(
    kernel: Any, shared: bool, options: dict[str, Any]
) -> None:
    model = train(kernel, 2000, 0.1, 0.0, size=48, shared=shared, **options)
    assert max(np.linalg.norm(matrix, axis=1).max() for matrix in matrices(model)) < 20


def test_twenty_words_at_a_huge_alpha_do_not_diverge_one_by_one(kernel: Any) -> None:
    model = train(kernel, 20, 0.25, 0.0, shared=False)
    assert max(np.linalg.norm(matrix, axis=1).max() for matrix in matrices(model)) < 20


@pytest.mark.parametrize("cbow_mean", [True, False])
def test_cbow_with_shared_negatives_keeps_the_norms(kernel: Any, cbow_mean: bool) -> None:
    options = {"skip_gram": False, "cbow_mean": cbow_mean}
    shared = mean_norms(train(kernel, 100, 0.025, 1e-3, shared=True, **options))
    fresh = mean_norms(train(kernel, 100, 0.025, 1e-3, shared=False, **options))
    assert shared == pytest.approx(fresh, rel=0.05)


def test_cbow_does_not_diverge(kernel: Any) -> None:
    for options in ({}, {"shared": False}, {"hs": True, "negative": 0}, {"cbow_mean": False}):
        model = train(kernel, 2000, 0.1, 0.0, size=48, skip_gram=False, **options)
        assert max(np.linalg.norm(matrix, axis=1).max() for matrix in matrices(model)) < 20
