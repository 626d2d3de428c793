"""What the theory says must come out of training, and does.

Levy & Goldberg (2014): with as many dimensions as words, v_w . v_c becomes PMI(w, c) - log k.
Goldberg & Levy (2014): without negatives, every pair's probability becomes 1.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from fastsgns import Word2Vec
from fastsgns._core import available_kernels, resolve_kernel
from fastsgns.objective import likelihood, pairs

WINDOW = 2
SETTINGS = {
    "sg": 1,
    "window": WINDOW,
    "shrink_windows": False,
    "sample": 0,
    "min_count": 1,
    "workers": 1,
    "seed": 1,
}


@cache
def topics(n_words: int = 12, n_sentences: int = 3000) -> list[list[str]]:
    """Sentences of eight words drawn from one of four topics: pairs of every PMI."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(n_words)])
    distributions = rng.dirichlet(np.full(n_words, 0.5), size=4)
    return [
        rng.choice(words, size=8, p=distributions[rng.integers(4)]).tolist()
        for _ in range(n_sentences)
    ]


def encoded(model: Word2Vec, sentences: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    ids = [model.wv.key_to_index[word] for sentence in sentences for word in sentence]
    return np.array(ids), np.cumsum([0] + [len(sentence) for sentence in sentences])


def pair_counts(model: Word2Vec, sentences: list[list[str]]) -> np.ndarray:
    """#(w, c) for every word and context, shape (n_words, n_words)."""
    counts = np.zeros((len(model.wv), len(model.wv)))
    np.add.at(counts, pairs.skip_gram_pairs(*encoded(model, sentences), WINDOW), 1)
    return counts


def scores(model: Word2Vec) -> np.ndarray:
    """v_w . v_c for every word and context."""
    return model.wv.vectors.astype(np.float64) @ model.syn1neg.astype(np.float64).T


#: Every kernel with negatives of each pair's own, as the theory has it; and, of the fastest one,
#: the negatives that the pairs of a center share.
KERNELS = [(kernel, False) for kernel in available_kernels()] + [(resolve_kernel("auto"), True)]


@cache
def converged(
    negative: int, ns_exponent: float, kernel: str = "blas", shared_negatives: bool = False
) -> Word2Vec:
    return Word2Vec(
        topics(),
        **SETTINGS,
        vector_size=16,
        negative=negative,
        ns_exponent=ns_exponent,
        epochs=50,
        alpha=0.05,
        kernel=kernel,
        shared_negatives=shared_negatives,
    )


@pytest.mark.parametrize(("kernel", "shared"), KERNELS)
@pytest.mark.parametrize("negative", [1, 5])
def test_dot_products_become_pmi_less_log_k(negative: int, kernel: str, shared: bool) -> None:
    model = converged(negative, 1.0, kernel, shared)
    counts = pair_counts(model, topics())
    words = counts.sum(axis=1)
    pmi = np.log(counts * counts.sum() / np.outer(words, words))
    often = counts >= 50
    assert often.sum() >= 100
    expected, got = (pmi - np.log(negative))[often], scores(model)[often]
    assert np.corrcoef(expected, got)[0, 1] >= 0.98
    # Not only in proportion. 0.15 is 1 - p(c|w) in logarithms, see the next test.
    assert np.abs(expected - got).mean() < 0.15


@pytest.mark.parametrize(("kernel", "shared"), KERNELS)
@pytest.mark.parametrize("ns_exponent", [1.0, 0.75, 0.0])
@pytest.mark.parametrize("negative", [1, 5])
def test_dot_products_become_exactly_the_log_odds_of_text_against_noise(
    negative: int, ns_exponent: float, kernel: str, shared: bool
) -> None:
    """The fixed point of what the kernel does, negatives that equal the target skipped.

    For w it draws k negatives a pair, and c is a negative in the #(w) - #(w, c) pairs whose target
    it is not. With ns_exponent 0 the noise is uniform and the formula far from symmetric: it holds
    only for v_w an input and v_c an output vector.
    """
    model = converged(negative, ns_exponent, kernel, shared)
    counts = pair_counts(model, topics())
    noise = likelihood.noise_probabilities(model.cum_table)
    n_noise = negative * (counts.sum(axis=1, keepdims=True) - counts) * noise
    often = counts >= 50
    expected, got = np.log(counts[often] / n_noise[often]), scores(model)[often]
    assert np.corrcoef(expected, got)[0, 1] >= 0.99
    assert np.abs(expected - got).mean() < 0.06


@pytest.mark.parametrize(("kernel", "shared"), KERNELS)
def test_no_other_vectors_explain_the_text_much_better(kernel: str, shared: bool) -> None:
    """Training ends near the maximum of the objective that it is said to climb."""
    model = converged(5, 0.75, kernel, shared)
    ids, offsets = encoded(model, topics())
    inputs, targets = pairs.skip_gram_pairs(ids, offsets, WINDOW)
    noise = likelihood.noise_probabilities(model.cum_table)
    counts = pair_counts(model, topics())
    # The unconstrained maximum, each v_w . v_c chosen for itself: v_w = e_w, v_c its scores.
    best = np.log(np.maximum(counts, 1e-12) / (5 * counts.sum(axis=1, keepdims=True) * noise))
    one_hot = np.eye(len(model.wv))
    maximum = likelihood.negative_sampling_log_likelihood(
        one_hot, best.T, inputs, targets, noise, 5
    )
    got = model.log_likelihood(topics())
    untrained = -6 * np.log(2)
    assert got <= maximum
    assert maximum - got < 0.01 * (maximum - untrained)


def all_probabilities(model: Word2Vec, words: list[str]) -> np.ndarray:
    return np.array([[model.pair_probability(w, c) for c in words] for w in words])


@pytest.mark.parametrize(("kernel", "shared"), KERNELS)
def test_positive_pairs_alone_drive_every_probability_to_one(kernel: str, shared: bool) -> None:
    """The trivial solution, by the kernel: all noise is one word that stands in no pair."""
    settings = SETTINGS | {"vector_size": 16, "alpha": 0.05, "epochs": 30}
    model = Word2Vec(null_word=1, kernel=kernel, shared_negatives=shared, **settings)
    model.build_vocab(topics())
    null = model.wv.key_to_index["\0"]
    model.cum_table = np.where(np.arange(len(model.wv)) < null, 0, 2**31 - 1).astype(np.uint32)
    model.train(topics(), total_examples=model.corpus_count, epochs=model.epochs)
    words = [word for word in model.wv.index_to_key if word != "\0"]
    assert all_probabilities(model, words).min() > 0.99


@pytest.mark.parametrize(("kernel", "shared"), KERNELS)
def test_negatives_keep_probabilities_from_becoming_one(kernel: str, shared: bool) -> None:
    model = converged(5, 0.75, kernel, shared)
    probabilities = all_probabilities(model, model.wv.index_to_key)
    counts = pair_counts(model, topics())
    assert probabilities.max() < 0.9
    # Over the pairs of the text and their noise, one in k + 1 is a pair of the text.
    assert np.average(probabilities, weights=counts) < 0.5


def climb(negative: int, n_steps: int = 3000) -> np.ndarray:
    """Plain gradient ascent in float64; return p(D=1|w,c) for every pair."""
    model = converged(5, 0.75)
    ids, offsets = encoded(model, topics()[:50])
    inputs, targets = pairs.skip_gram_pairs(ids, offsets, WINDOW)
    noise = likelihood.noise_probabilities(model.cum_table)
    rng = np.random.default_rng(3)
    v_w, v_c = rng.normal(scale=0.1, size=(2, len(model.wv), 16))
    for _ in range(n_steps):
        d_w, d_c = likelihood.negative_sampling_gradient(v_w, v_c, inputs, targets, noise, negative)
        v_w += 5.0 * d_w
        v_c += 5.0 * d_c
    everything = np.indices((len(v_w), len(v_c))).reshape(2, -1)
    return likelihood.pair_probability(v_w, v_c, *everything)


def test_gradient_ascent_finds_the_trivial_solution_too() -> None:
    assert climb(negative=0).min() > 0.99
    assert climb(negative=5).max() < 0.9
