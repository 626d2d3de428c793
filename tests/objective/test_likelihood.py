"""The likelihood functions against the formulas written out with loops and plain float64."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fastsgns import Word2Vec
from fastsgns.objective import likelihood, pairs

N_WORDS, SIZE, WINDOW, NEGATIVE = 23, 6, 3, 4


def sigma(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


class Model:
    """Two random matrices, a noise table and a text, small enough for the double loop."""

    def __init__(self, scale: float = 1.0) -> None:
        rng = np.random.default_rng(11)
        self.input_vectors = (scale * rng.normal(size=(N_WORDS, SIZE))).astype(np.float32)
        self.output_vectors = (scale * rng.normal(size=(N_WORDS, SIZE))).astype(np.float32)
        weights = np.cumsum(rng.integers(1, 50, N_WORDS) ** 0.75)
        self.noise_table = np.rint(weights / weights[-1] * (2**31 - 1)).astype(np.uint32)
        self.noise = np.diff(self.noise_table.astype(float), prepend=0.0) / (2**31 - 1)
        sentences = [rng.integers(0, N_WORDS, n) for n in (5, 1, 0, 12, 2, 30)]
        self.ids = np.concatenate(sentences).astype(np.int32)
        self.offsets = np.cumsum([0] + [len(sentence) for sentence in sentences])

    def score(self, w: int, c: int) -> float:
        return float(self.output_vectors[c].astype(float) @ self.input_vectors[w].astype(float))

    def pairs(self) -> list[tuple[int, int]]:
        inputs, targets = pairs.skip_gram_pairs(self.ids, self.offsets, WINDOW)
        return list(zip(inputs.tolist(), targets.tolist(), strict=True))

    def log_likelihood(self, objective: str, **changes: object) -> float:
        arguments: dict[str, object] = {
            "objective": objective,
            "window": WINDOW,
            "skip_gram": True,
            "cbow_mean": True,
            "noise_table": self.noise_table,
            "negative": NEGATIVE,
        }
        return likelihood.text_log_likelihood(
            self.ids, self.offsets, self.input_vectors, self.output_vectors, **(arguments | changes)
        )


def negative_sampling_by_hand(model: Model, hidden: np.ndarray, target: int) -> float:
    scores = model.output_vectors.astype(float) @ hidden
    noise = sum(p * math.log(sigma(-x)) for p, x in zip(model.noise, scores, strict=True))
    return math.log(sigma(scores[target])) + NEGATIVE * noise


def softmax_by_hand(model: Model, hidden: np.ndarray, target: int) -> float:
    scores = model.output_vectors.astype(float) @ hidden
    return math.log(math.exp(scores[target]) / sum(map(math.exp, scores)))


BY_HAND = {"negative-sampling": negative_sampling_by_hand, "softmax": softmax_by_hand}


def test_noise_probabilities_are_the_steps_of_the_table() -> None:
    table = np.array([2, 2, 8, 10], dtype=np.uint32)
    assert likelihood.noise_probabilities(table).tolist() == [0.2, 0.0, 0.6, 0.2]


def test_pair_probability_is_sigma_of_the_dot_product() -> None:
    model = Model()
    got = likelihood.pair_probability(
        model.input_vectors, model.output_vectors, np.array([3, 0]), np.array([5, 22])
    )
    assert got == pytest.approx([sigma(model.score(3, 5)), sigma(model.score(0, 22))], rel=1e-12)


def test_pair_probability_neither_overflows_nor_warns() -> None:
    huge = np.array([[1e3], [-1e3]])
    with np.errstate(all="raise", under="ignore"):
        got = likelihood.pair_probability(huge, huge, np.array([0, 0]), np.array([0, 1]))
    assert got.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("objective", BY_HAND)
def test_skip_gram_is_the_mean_of_the_formula_over_pairs(objective: str) -> None:
    model = Model()
    terms = [
        BY_HAND[objective](model, model.input_vectors[w].astype(float), c) for w, c in model.pairs()
    ]
    assert model.log_likelihood(objective) == pytest.approx(np.mean(terms), rel=1e-12)


@pytest.mark.parametrize("cbow_mean", [True, False])
@pytest.mark.parametrize("objective", BY_HAND)
def test_cbow_is_the_mean_of_the_formula_over_centers(objective: str, cbow_mean: bool) -> None:
    model = Model(scale=0.5)
    hidden, targets = pairs.cbow_hidden(
        model.ids, model.offsets, WINDOW, model.input_vectors, cbow_mean
    )
    terms = [BY_HAND[objective](model, h, c) for h, c in zip(hidden, targets, strict=True)]
    got = model.log_likelihood(objective, skip_gram=False, cbow_mean=cbow_mean)
    assert got == pytest.approx(np.mean(terms), rel=1e-12)


@pytest.mark.parametrize("objective", BY_HAND)
def test_the_functions_on_pairs_agree_with_the_one_on_texts(objective: str) -> None:
    model = Model()
    inputs, targets = np.array(model.pairs()).T
    arrays = (model.input_vectors, model.output_vectors, inputs, targets)
    got = (
        likelihood.softmax_log_likelihood(*arrays)
        if objective == "softmax"
        else likelihood.negative_sampling_log_likelihood(*arrays, model.noise, NEGATIVE)
    )
    assert got == pytest.approx(model.log_likelihood(objective), rel=1e-12)


@pytest.mark.parametrize("skip_gram", [True, False])
@pytest.mark.parametrize("objective", BY_HAND)
def test_the_size_of_a_block_changes_nothing(
    objective: str, skip_gram: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model()
    expected = model.log_likelihood(objective, skip_gram=skip_gram)
    monkeypatch.setattr(likelihood, "N_BLOCK_INPUTS", 4)
    monkeypatch.setattr(likelihood, "N_BLOCK_OUTPUTS", 5)
    monkeypatch.setattr(likelihood, "N_BLOCK_PAIRS", 6)
    monkeypatch.setattr(pairs, "N_BLOCK_WORDS", 7)
    got = model.log_likelihood(objective, skip_gram=skip_gram)
    assert got == pytest.approx(expected, rel=1e-12)


def test_softmax_probabilities_of_all_contexts_sum_to_one() -> None:
    model = Model(scale=3.0)
    scores = model.input_vectors.astype(float) @ model.output_vectors.astype(float).T
    log_z = likelihood.log_partition(model.input_vectors, model.output_vectors)
    assert np.exp(scores - log_z[:, np.newaxis]).sum(axis=1) == pytest.approx(1.0, rel=1e-12)


def test_softmax_is_exact_where_exp_alone_would_overflow() -> None:
    vectors = np.array([[1.0], [-1.0]])
    with np.errstate(all="raise", under="ignore"):
        log_z = likelihood.log_partition(vectors, np.array([[5000.0], [5000.0], [-9000.0]]))
    assert log_z == pytest.approx([5000.0 + math.log(2.0), 9000.0], rel=1e-15)


def test_noise_expectation_is_exact_for_very_large_and_very_small_scores() -> None:
    with np.errstate(all="raise", under="ignore"):
        got = likelihood.expected_noise_log_likelihood(
            np.array([[1.0]]), np.array([[5000.0], [-5000.0], [0.0]]), np.array([0.5, 0.25, 0.25])
        )
    assert got == pytest.approx([-0.5 * 5000.0 - 0.25 * math.log(2.0)], rel=1e-15)


def test_an_untrained_model_knows_nothing() -> None:
    model = Model()
    model.output_vectors[:] = 0.0
    assert model.log_likelihood("softmax") == pytest.approx(-math.log(N_WORDS))
    expected = -(1 + NEGATIVE) * math.log(2.0)
    assert model.log_likelihood("negative-sampling") == pytest.approx(expected)


def test_without_negatives_only_the_positive_term_is_left() -> None:
    model = Model()
    expected = np.mean([math.log(sigma(model.score(w, c))) for w, c in model.pairs()])
    assert model.log_likelihood("negative-sampling", negative=0) == pytest.approx(expected)


@pytest.mark.parametrize("negative", [0, NEGATIVE])
def test_gradient_is_that_of_central_finite_differences(negative: int) -> None:
    model = Model(scale=0.5)
    inputs, targets = np.array(model.pairs()).T
    matrices = [model.input_vectors.astype(float), model.output_vectors.astype(float)]

    def value() -> float:
        return likelihood.negative_sampling_log_likelihood(
            *matrices, inputs, targets, model.noise, negative
        )

    gradients = likelihood.negative_sampling_gradient(
        *matrices, inputs, targets, model.noise, negative
    )
    step = 1e-5
    for matrix, gradient in zip(matrices, gradients, strict=True):
        differences = np.empty_like(matrix)
        for place in np.ndindex(matrix.shape):
            kept = matrix[place]
            matrix[place] = kept + step
            above = value()
            matrix[place] = kept - step
            differences[place] = (above - value()) / (2 * step)
            matrix[place] = kept
        np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-9)


def test_an_unknown_objective_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'negative-sampling' or 'softmax', got 'hs'"):
        Model().log_likelihood("hs")


@pytest.mark.parametrize("skip_gram", [True, False])
def test_a_text_without_pairs_is_refused(skip_gram: bool) -> None:
    model = Model()
    model.ids, model.offsets = np.array([3, 4], dtype=np.int32), np.array([0, 1, 2])
    with pytest.raises(ValueError, match=r"no \(word, context\) pair: none of their 2 known"):
        model.log_likelihood("softmax", skip_gram=skip_gram)


# --- the two methods of Word2Vec ------------------------------------------------------------------

TEXT = [["sun", "moon", "sky", "star"], ["bread", "salt", "oven"], ["moon", "star", "sun"]] * 200
SETTINGS = {"vector_size": 8, "window": 2, "min_count": 1, "sample": 0, "workers": 1, "alpha": 0.05}
ARCHITECTURES = [{"sg": 1}, {"sg": 0, "cbow_mean": 1}, {"sg": 0, "cbow_mean": 0}]


@pytest.mark.parametrize("objective", BY_HAND)
@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=str)
def test_a_model_computes_the_formula_over_the_full_windows_of_a_text(
    architecture: dict[str, int], objective: str
) -> None:
    model = Word2Vec(TEXT, **SETTINGS, **architecture, negative=NEGATIVE)
    by_hand = Model()
    by_hand.output_vectors = model.syn1neg
    by_hand.noise = np.diff(model.cum_table.astype(float), prepend=0.0) / (2**31 - 1)
    terms = []
    for sentence in TEXT[:3]:
        ids = [model.wv.key_to_index[word] for word in sentence]
        vectors = model.wv.vectors[ids].astype(float)
        for i, center in enumerate(ids):
            context = [j for j in range(len(ids)) if 0 < abs(i - j) <= 2]
            if model.sg:
                found = [(vectors[i], ids[j]) for j in context]
            else:
                rows = vectors[context]
                found = [(rows.mean(axis=0) if model.cbow_mean else rows.sum(axis=0), center)]
            terms += [BY_HAND[objective](by_hand, hidden, target) for hidden, target in found]
    got = model.log_likelihood(TEXT[:3], objective=objective)
    assert got == pytest.approx(np.mean(terms), rel=1e-12)


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=str)
def test_training_raises_the_likelihood_of_a_text_and_unlike_text_is_less_likely(
    architecture: dict[str, int],
) -> None:
    model = Word2Vec(**SETTINGS, **architecture)
    model.build_vocab(TEXT)
    untrained = model.log_likelihood(TEXT)
    model.train(TEXT, total_examples=len(TEXT), epochs=5)
    trained = model.log_likelihood(TEXT)
    assert trained > untrained + 1
    assert model.log_likelihood([["sun", "salt", "star", "bread"]]) < trained - 0.3


def test_words_that_a_model_does_not_know_are_dropped_before_pairing() -> None:
    model = Word2Vec(TEXT, **SETTINGS, sg=1)
    known, mixed = [["sun", "moon"]], [["new", "sun", "words", "moon", "here"], ["none"]]
    assert model.log_likelihood(mixed) == model.log_likelihood(known)
    with pytest.raises(ValueError, match=r"no \(word, context\) pair"):
        model.log_likelihood([["sun", "unknown"], ["moon"]])


def test_two_calls_give_the_same_figure_and_leave_training_as_it_was() -> None:
    first, second = (Word2Vec(TEXT, **SETTINGS, sg=1) for _ in range(2))
    assert first.log_likelihood(TEXT) == first.log_likelihood(TEXT)
    for model in (first, second):
        model.train(TEXT, total_examples=len(TEXT), epochs=1)
    assert np.array_equal(first.wv.vectors, second.wv.vectors)


def test_the_probability_of_a_pair_is_that_of_input_word_and_output_context() -> None:
    model = Word2Vec(TEXT, **SETTINGS, sg=1)
    v_w, v_c = model.wv["sun"], model.syn1neg[model.wv.key_to_index["salt"]]
    assert model.pair_probability("sun", "salt") == pytest.approx(sigma(float(v_c @ v_w)), rel=1e-6)
    assert model.pair_probability("sun", "moon") > model.pair_probability("sun", "salt")
    with pytest.raises(KeyError, match="unknown"):
        model.pair_probability("sun", "unknown")


def test_a_model_without_output_vectors_says_that_it_has_none() -> None:
    model = Word2Vec(TEXT, **SETTINGS, hs=1, negative=0)
    with pytest.raises(RuntimeError, match="negative"):
        model.log_likelihood(TEXT)
    with pytest.raises(RuntimeError, match="negative"):
        model.pair_probability("sun", "moon")
