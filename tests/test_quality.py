"""What every kernel learns: planted neighbours, vectors as long as gensim's, and the loss it says.

The kernels draw different numbers, so nothing here is compared to the bit.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from fastsgns import Word2Vec
from fastsgns._core import available_kernels
from fastsgns.demo import docstring_sentences
from fastsgns.objective import likelihood, pairs

KERNELS = available_kernels()
FAST_KERNELS = KERNELS[1:]

OBJECTIVES: dict[str, dict[str, int]] = {
    "negatives": {},
    "tree": {"hs": 1, "negative": 0},
    "both": {"hs": 1},
}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "shared": {"sg": 1, "shared_negatives": True},
    "fresh": {"sg": 1, "shared_negatives": False},
    "cbow": {"sg": 0},
    "shared-cbow": {"sg": 0, "shared_negatives": True},
}
MODES = {
    f"{architecture}-{objective}": ARCHITECTURES[architecture] | OBJECTIVES[objective]
    for architecture in ARCHITECTURES
    for objective in OBJECTIVES
    if not (architecture.startswith("shared") and objective == "tree")  # nothing to share
}


# ---- planted clusters ----------------------------------------------------------------------------

N_CLUSTERS, N_MEMBERS = 8, 6


@cache
def clustered_sentences() -> list[list[str]]:
    """Sentences of ten words of one cluster, every fourth of them a word of none."""
    rng = np.random.default_rng(0)
    sentences = []
    for cluster in rng.integers(0, N_CLUSTERS, 1500):
        words = [f"{cluster}-{member}" for member in rng.integers(0, N_MEMBERS, 10)]
        for place in np.flatnonzero(rng.random(10) < 0.25):
            words[place] = f"common{rng.integers(5)}"
        sentences.append(words)
    return sentences


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", [{}, {"workers": 2, "vector_size": 33, "window": 10}], ids=str)
def test_words_of_a_planted_cluster_are_neighbours(kernel, mode, options):
    defaults = {"vector_size": 24, "window": 5, "workers": 1, "sample": 0}
    model = Word2Vec(
        clustered_sentences(),
        **defaults | MODES[mode] | options,
        min_count=1,
        epochs=8,
        alpha=0.05,
        batch_words=1000,
        kernel=kernel,
    )
    found = [
        neighbour[0] == cluster
        for cluster in map(str, range(N_CLUSTERS))
        for member in range(N_MEMBERS)
        for neighbour, _ in model.wv.most_similar(f"{cluster}-{member}", topn=N_MEMBERS - 1)
    ]
    assert np.mean(found) >= 0.97  # by chance: 0.10


# ---- geometry ------------------------------------------------------------------------------------

PACKAGES = [
    "_pydecimal", "argparse", "asyncio", "concurrent", "configparser", "datetime", "difflib",
    "doctest", "email", "fractions", "http", "importlib", "inspect", "json", "logging",
    "multiprocessing", "optparse", "pathlib", "random", "shutil", "statistics", "subprocess",
    "tarfile", "threading", "turtle", "typing", "unittest", "urllib", "xml", "zipfile",
]  # fmt: skip


@cache
def english(n_words: int = 100) -> list[list[str]]:
    """About 70,000 tokens of docstrings, cut to their most frequent words.

    On a full vocabulary a text this short shows nothing: no word is met often enough.
    """
    sentences = list(docstring_sentences(PACKAGES))
    counts = Counter(word for sentence in sentences for word in sentence)
    kept = {word for word, _ in counts.most_common(n_words)}
    return [[word for word in sentence if word in kept] for sentence in sentences]


GEOMETRY_OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "wide window": {"window": 10},
    "many negatives": {"negative": 15},
    "300 dimensions": {"vector_size": 300, "epochs": 4},
    "17 dimensions": {"vector_size": 17},
}
GEOMETRIES = [(mode, "plain") for mode in MODES]
GEOMETRIES += [
    (mode, options)
    for mode in ("shared-negatives", "fresh-negatives", "cbow-negatives")
    for options in GEOMETRY_OPTIONS
    if options != "plain"
]


@cache
def trained_on_english(kernel: str, mode: str, options: str) -> Word2Vec:
    settings = {"vector_size": 100, "epochs": 8} | MODES[mode] | GEOMETRY_OPTIONS[options]
    return Word2Vec(english(), min_count=1, workers=1, kernel=kernel, **settings)


def mean_norms(model: Word2Vec) -> dict[str, float]:
    matrices = {"input": model.wv.vectors}
    if model.negative:
        matrices["output"] = model.syn1neg
    if model.hs:
        matrices["node"] = model.syn1[:-1]  # a tree of n words has n - 1 nodes
    return {name: float(np.linalg.norm(m, axis=1).mean()) for name, m in matrices.items()}


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize(("mode", "options"), GEOMETRIES)
def test_vectors_are_as_long_as_those_of_gensims_arithmetic(kernel, mode, options):
    """A window taken at once, uncorrected, moves norm from input to output vectors."""
    expected = mean_norms(trained_on_english("blas", mode, options))
    got = mean_norms(trained_on_english(kernel, mode, options))
    assert got == pytest.approx(expected, rel=0.05)


# ---- stress --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize("mode", MODES)
def test_a_high_learning_rate_does_not_diverge(kernel, mode):
    model = Word2Vec(
        english(2000), min_count=1, workers=1, kernel=kernel, sample=0, alpha=0.1, epochs=2,
        **MODES[mode],
    )  # fmt: skip
    assert np.linalg.norm(model.wv.vectors, axis=1).max() < 20


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize("mode", [mode for mode in MODES if not mode.startswith("shared")])
def test_few_words_and_a_very_high_learning_rate_do_not_diverge(kernel, mode):
    """Without sharing, as "auto" has it for so few words."""
    options = MODES[mode] | ({"shared_negatives": "auto"} if "fresh" in mode else {})
    model = Word2Vec(
        english(20),
        min_count=1,
        workers=1,
        kernel=kernel,
        sample=0,
        alpha=0.25,
        epochs=3,
        **options,
    )
    assert np.linalg.norm(model.wv.vectors, axis=1).max() < 20


# ---- loss ----------------------------------------------------------------------------------------

WINDOW = 3


def scored(kernel: str, **options: Any) -> Word2Vec:
    """Return a trained model that has then gone over its corpus with a rate of 0."""
    model = Word2Vec(
        clustered_sentences(), vector_size=20, min_count=1, workers=1, sample=0, window=WINDOW,
        shrink_windows=False, epochs=3, alpha=0.02, kernel=kernel, **options,
    )  # fmt: skip
    model.alpha = model.min_alpha = 0.0
    model.train(epochs=1, compute_loss=True)
    return model


def encoded(model: Word2Vec) -> tuple[np.ndarray, np.ndarray]:
    return model.corpus.ids, model.corpus.offsets


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    return -np.logaddexp(0, -x)


def inputs_and_targets(model: Word2Vec) -> tuple[np.ndarray, np.ndarray]:
    """Return h of every pair (of every center, in CBOW), and the word that it predicts."""
    ids, offsets = encoded(model)
    vectors = model.wv.vectors.astype(np.float64)
    if model.sg:
        inputs, targets = pairs.skip_gram_pairs(ids, offsets, WINDOW)
        return vectors[inputs], targets
    means = []
    for start, end in pairwise(offsets):
        for i in range(start, end):
            context = [*range(max(start, i - WINDOW), i), *range(i + 1, min(end, i + 1 + WINDOW))]
            means.append(vectors[ids[context]].mean(axis=0))
    return np.array(means), ids


def tree_loss(model: Word2Vec) -> float:
    hidden, targets = inputs_and_targets(model)
    nodes = model.syn1.astype(np.float64)
    total = 0.0
    for word in range(len(model.wv)):
        h = hidden[targets == word]
        path = model.wv.expandos["point"][word].astype(int)
        sign = 1 - 2.0 * model.wv.expandos["code"][word]
        total -= log_sigmoid((h @ nodes[path].T) * sign).sum()
    return total


def negatives_loss(model: Word2Vec) -> float:
    """The expectation over the negatives; one that is the target is skipped."""
    hidden, targets = inputs_and_targets(model)
    scores = hidden @ model.syn1neg.astype(np.float64).T
    noise = likelihood.noise_probabilities(model.cum_table)
    of_noise = log_sigmoid(-scores) * noise
    of_target = of_noise[np.arange(len(targets)), targets]
    positive = log_sigmoid(scores[np.arange(len(targets)), targets])
    return float(-(positive + model.negative * (of_noise.sum(axis=1) - of_target)).sum())


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize("sg", [0, 1])
def test_the_loss_of_the_tree_is_the_sum_of_minus_log_sigma(kernel, sg):
    model = scored(kernel, sg=sg, hs=1, negative=0)
    assert model.get_latest_training_loss() == pytest.approx(tree_loss(model), rel=1e-4)


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize("mode", ["shared-negatives", "fresh-negatives", "cbow-negatives"])
@pytest.mark.parametrize("negative", [1, 5, 12])
def test_the_loss_of_negatives_is_the_sum_of_minus_log_sigma(kernel, mode, negative):
    """Over 75,000 pairs or 15,000 centers, drawn from a pool of 65,536 negatives."""
    model = scored(kernel, **MODES[mode] | {"negative": negative})
    assert model.get_latest_training_loss() == pytest.approx(negatives_loss(model), rel=0.01)


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize("mode", ["shared-both", "fresh-both", "cbow-both"])
def test_the_losses_of_tree_and_negatives_add_up(kernel, mode):
    model = scored(kernel, **MODES[mode])
    expected = tree_loss(model) + negatives_loss(model)
    assert model.get_latest_training_loss() == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("mode", MODES)
def test_the_loss_of_gensims_arithmetic_is_a_few_per_cent_higher(mode):
    """It looks -log sigma up at the lower edge of each entry of its table."""
    model = scored("blas", **MODES[mode])
    exact = 0.0
    if model.hs:
        exact += tree_loss(model)
    if model.negative:
        exact += negatives_loss(model)
    assert 0.99 * exact < model.get_latest_training_loss() < 1.06 * exact


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize("mode", MODES)
def test_computing_the_loss_changes_no_weight(kernel, mode):
    def weights(compute_loss):
        model = Word2Vec(
            clustered_sentences()[:300], vector_size=20, min_count=1, workers=1, epochs=2,
            kernel=kernel, compute_loss=compute_loss, **MODES[mode],
        )  # fmt: skip
        return [
            model.wv.vectors,
            *(getattr(model, n) for n in ("syn1", "syn1neg") if hasattr(model, n)),
        ]

    for with_loss, without in zip(weights(True), weights(False), strict=True):
        assert np.array_equal(with_loss, without)
