"""From a text of ids to its pairs, against the plain double loop."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from fastsgns.objective import pairs


def text(*sentences: list[int]) -> tuple[np.ndarray, np.ndarray]:
    lengths = [len(sentence) for sentence in sentences]
    ids = np.array([word for sentence in sentences for word in sentence], dtype=np.int32)
    return ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def windows(sentence: list[int], window: int) -> list[tuple[int, list[int]]]:
    """Each center of a sentence and its context, written as the definition says it."""
    return [
        (center, sentence[max(0, i - window) : i] + sentence[i + 1 : i + 1 + window])
        for i, center in enumerate(sentence)
    ]


def random_text(n_sentences: int = 30) -> list[list[int]]:
    rng = np.random.default_rng(5)
    return [rng.integers(0, 9, rng.integers(0, 8)).tolist() for _ in range(n_sentences)]


@pytest.mark.parametrize("window", [1, 2, 5, 50])
def test_pairs_are_those_of_every_full_window(window: int) -> None:
    sentences = random_text()
    expected = Counter(
        (center, context)
        for sentence in sentences
        for center, contexts in windows(sentence, window)
        for context in contexts
    )
    inputs, targets = pairs.skip_gram_pairs(*text(*sentences), window)
    assert Counter(zip(inputs.tolist(), targets.tolist(), strict=True)) == expected
    assert inputs.dtype == targets.dtype == np.int32


def test_pairs_are_the_same_set_with_word_and_context_exchanged() -> None:
    inputs, targets = pairs.skip_gram_pairs(*text(*random_text()), 3)
    one_way = Counter(zip(inputs.tolist(), targets.tolist(), strict=True))
    assert one_way == Counter(zip(targets.tolist(), inputs.tolist(), strict=True))


@pytest.mark.parametrize("cbow_mean", [True, False])
@pytest.mark.parametrize("window", [1, 3])
def test_cbow_hidden_rows_are_means_or_sums_of_the_context(window: int, cbow_mean: bool) -> None:
    sentences = random_text()
    vectors = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
    combine = np.mean if cbow_mean else np.sum
    expected = [
        (center, combine(vectors[contexts].astype(np.float64), axis=0))
        for sentence in sentences
        for center, contexts in windows(sentence, window)
        if contexts
    ]
    hidden, targets = pairs.cbow_hidden(*text(*sentences), window, vectors, cbow_mean)
    assert targets.tolist() == [center for center, _ in expected]
    np.testing.assert_allclose(hidden, [row for _, row in expected], rtol=1e-12, atol=1e-12)


def test_no_pairs_in_empty_texts_and_in_sentences_of_one_word() -> None:
    for sentences in ([], [[]], [[3], [], [4]]):
        inputs, targets = pairs.skip_gram_pairs(*text(*sentences), 5)
        assert len(inputs) == len(targets) == 0
        hidden, centers = pairs.cbow_hidden(*text(*sentences), 5, np.ones((9, 4)))
        assert hidden.shape == (0, 4)
        assert len(centers) == 0


@pytest.mark.parametrize("n_block_words", [1, 7, 1000])
def test_blocks_are_whole_sentences_that_make_up_the_text(
    n_block_words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "N_BLOCK_WORDS", n_block_words)
    sentences = random_text()
    seen = [
        ids[start:end].tolist()
        for ids, offsets in pairs.text_blocks(*text(*sentences))
        for start, end in pairwise(offsets)
    ]
    assert seen == sentences
    blocks = [ids for ids, _ in pairs.text_blocks(*text(*sentences))]
    longest = max(map(len, sentences))
    assert max(map(len, blocks)) <= max(n_block_words, longest)
