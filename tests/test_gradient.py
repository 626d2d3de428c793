"""The kernel's step is the gradient of the objective, by central finite differences in float64.

A model with random weights trains one epoch on a few words with a tiny alpha. What its matrices
moved by, over alpha, has to be the slope of sum log sigma(+-score) over the very pairs, negatives
and Huffman nodes that the epoch met.
"""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from fastsgns import Word2Vec
from tests.reference import SIGMOID_TABLE, JobRandom, sigmoid_slot

SENTENCES = [["a", "b", "c", "a", "d"], ["b", "a"], ["c"], ["d", "e", "a", "b"]]
ALPHA = 1e-4
STEP = 1e-5
# float32 weights near 0.5, over alpha; and what the earlier steps of the epoch, each of alpha's
# size, change in the slopes of the later ones.
ROUNDING = 0.005
# The kernel looks sigma up in a table of 1000 entries, off by as much as this.
TABLE_ERROR = max(
    abs(float(SIGMOID_TABLE[sigmoid_slot(np.float32(x))]) - 1 / (1 + np.exp(-x)))
    for x in np.linspace(-5.999, 5.999, 100_001)
)


@dataclass
class Example:
    """Input rows that make h, and each (matrix, row, label) that h is scored with."""

    inputs: list[int]
    targets: list[tuple[str, int, int]]


def windows(model: Word2Vec) -> Iterator[tuple[int, list[int]]]:
    for sentence in SENTENCES:
        ids = [model.wv.key_to_index[word] for word in sentence]
        for i, center in enumerate(ids):
            yield center, ids[max(0, i - model.window) : i] + ids[i + 1 : i + 1 + model.window]


def examples(model: Word2Vec) -> list[Example]:
    """What the coming epoch trains on, its draws included. The model itself draws nothing here."""
    random = copy.deepcopy(model.random)
    draws = JobRandom(random.randint(0, 2**24), random.randint(0, 2**24))
    codes, points = (model.wv.expandos.get(name) for name in ("code", "point"))

    def targets(word: int) -> list[tuple[str, int, int]]:
        found = []
        if model.hs:
            path = zip(points[word], codes[word], strict=True)
            found += [("syn1", int(node), 1 - int(code)) for node, code in path]
        if model.negative:
            found.append(("syn1neg", word, 1))
        for _ in range(model.negative):
            noise = bisect_left(model.cum_table, draws.draw() % int(model.cum_table[-1]))
            if noise != word:
                found.append(("syn1neg", noise, 0))
        return found

    if model.sg:  # the context is the input, the center the target
        return [
            Example([c], targets(center)) for center, context in windows(model) for c in context
        ]
    # A center without context is trained against h = 0: nothing moves, but its negatives are drawn.
    return [Example(context, targets(center)) for center, context in windows(model)]


Weights = dict[str, np.ndarray]


def hidden(model: Word2Vec, weights: Weights, example: Example) -> np.ndarray:
    h = weights["vectors"][example.inputs].sum(axis=0)
    mean = model.cbow_mean and not model.sg and example.inputs
    return h / len(example.inputs) if mean else h


def objective(model: Word2Vec, weights: Weights, example: Example) -> float:
    h = hidden(model, weights, example)
    scores = [(weights[matrix][row] @ h, label) for matrix, row, label in example.targets]
    return float(-sum(np.logaddexp(0, -x if label else x) for x, label in scores))


def finite_differences(model: Word2Vec, weights: Weights, example: Example) -> Weights:
    slopes = {}
    for name, matrix in weights.items():
        slopes[name] = np.zeros_like(matrix)
        for place in np.ndindex(matrix.shape):
            kept = matrix[place]
            matrix[place] = kept + STEP
            above = objective(model, weights, example)
            matrix[place] = kept - STEP
            slopes[name][place] = (above - objective(model, weights, example)) / (2 * STEP)
            matrix[place] = kept
    return slopes


def input_share(model: Word2Vec, example: Example) -> float:
    """How many times its slope an input vector moves by.

    For CBOW, word2vec.c moves each context word by the whole slope of their mean h, and gensim
    keeps that; for their sum, gensim moves each by its share. Both are along the gradient.
    """
    if model.sg or not example.inputs:
        return 1.0
    return len(example.inputs) if model.cbow_mean else 1 / len(example.inputs)


def magnitudes(model: Word2Vec, weights: Weights, example: Example) -> Weights:
    """What a step would be if every factor of (label - sigma) were 1, and no terms cancelled."""
    found = {name: np.zeros_like(matrix) for name, matrix in weights.items()}
    h = hidden(model, weights, example)
    divisor = 1 if model.sg or model.cbow_mean else max(1, len(example.inputs))
    for matrix, row, _ in example.targets:
        found[matrix][row] += np.abs(h)
        np.add.at(found["vectors"], example.inputs, np.abs(weights[matrix][row]) / divisor)
    return found


@pytest.mark.parametrize("window", [1, 3])
@pytest.mark.parametrize("outputs", [{"negative": 3}, {"hs": 1}, {"hs": 1, "negative": 2}], ids=str)
@pytest.mark.parametrize(
    "architecture", [{"sg": 1}, {"sg": 0, "cbow_mean": 1}, {"sg": 0, "cbow_mean": 0}], ids=str
)
def test_an_epoch_moves_the_weights_by_alpha_times_the_gradient(
    architecture: dict[str, int], outputs: dict[str, int], window: int
) -> None:
    settings = {"negative": 0} | architecture | outputs
    model = Word2Vec(
        **settings,
        vector_size=4,
        window=window,
        shrink_windows=False,
        sample=0,
        min_count=1,
        workers=1,
        alpha=ALPHA,
        min_alpha=ALPHA,
    )
    model.build_vocab(SENTENCES)
    matrices = {"vectors": model.wv.vectors}
    matrices |= {name: getattr(model, name) for name in ("syn1", "syn1neg") if hasattr(model, name)}
    rng = np.random.default_rng(7)
    for matrix in matrices.values():
        matrix[:] = rng.uniform(-0.7, 0.7, size=matrix.shape)
    before = {name: matrix.astype(np.float64) for name, matrix in matrices.items()}

    expected = {name: np.zeros_like(matrix) for name, matrix in before.items()}
    magnitude = {name: np.zeros_like(matrix) for name, matrix in before.items()}
    for example in examples(model):
        slopes = finite_differences(model, before, example)
        slopes["vectors"] *= input_share(model, example)
        for name, sizes in magnitudes(model, before, example).items():
            expected[name] += slopes[name]
            magnitude[name] += sizes

    model.train(SENTENCES, total_examples=len(SENTENCES), epochs=1)
    for name, matrix in matrices.items():
        step = (matrix.astype(np.float64) - before[name]) / ALPHA
        allowed = TABLE_ERROR * magnitude[name] + ROUNDING
        assert np.all(np.abs(step - expected[name]) <= allowed), name
        # The bound is no formality: the step itself is much longer than what it may be off by.
        assert np.linalg.norm(expected[name]) > 5 * np.linalg.norm(allowed), name


def test_the_table_error_is_as_small_as_the_bound_needs() -> None:
    assert 0.005 < TABLE_ERROR < 0.01
