"""The reference against facts worked out by hand, and against gensim."""

from __future__ import annotations

import ctypes
import math
import platform
from pathlib import Path

import numpy as np
import pytest
import reference
import scipy
from reference import Decay, JobRandom, Parameters
from training_settings import SETTINGS, trained_reference, zipf_sentences

# ---- the facts, by hand --------------------------------------------------------------------------


def test_words_come_by_falling_count_and_ties_in_reverse_order_of_first_sight():
    sentences = [list("bac"), [], list("adcr"), list("cadbb")]  # r is too rare
    vocabulary = reference.build_vocabulary(sentences, Parameters(min_count=2))
    assert vocabulary.index_to_key == ["c", "a", "b", "d"]
    assert vocabulary.counts == [3, 3, 3, 2]


def test_unsorted_words_stay_in_the_order_of_first_sight():
    vocabulary = reference.build_vocabulary([list("abbc")], Parameters(min_count=1, sorted_vocab=0))
    assert vocabulary.index_to_key == ["a", "b", "c"]


def test_null_word_stands_before_the_words_seen_once_and_is_never_kept():
    vocabulary = reference.build_vocabulary([list("abb")], Parameters(min_count=1, null_word=1))
    assert vocabulary.index_to_key == ["b", "\0", "a"]
    assert vocabulary.sample_int[1] == 0


def test_keep_threshold_is_the_square_root_rule():
    # A word that is 1/10 of 1000 tokens, sample 1/1000: (sqrt(100) + 1) / 100 = 0.11.
    assert reference.keep_threshold(100, 1000, 1e-3) == pytest.approx(0.11 * (2**32 - 1), rel=1e-9)
    assert reference.keep_threshold(1, 1000, 1e-3) == 2**32 - 1
    assert reference.keep_threshold(900, 1000, 0) == 2**32 - 1
    # Counts: int(10 * 2.618) = 26 occurrences; (sqrt(104 / 26) + 1) * 26 / 104 = 0.75.
    assert reference.keep_threshold(104, 1000, 10) == int(0.75 * (2**32 - 1))
    assert reference.keep_threshold(26, 1000, 10) == 2**32 - 1


def test_noise_table_cumulates_powers_of_the_counts():
    assert reference.noise_table([9, 4, 1], 0.5) == [
        round(3 / 6 * (2**31 - 1)),
        round(5 / 6 * (2**31 - 1)),
        2**31 - 1,
    ]
    assert reference.noise_table([9, 4], 0.0)[0] == 2**30  # 1073741823.5, to the even neighbour


def test_huffman_tree_of_four_words():
    # 1 + 1 = node 0 (2); then 2 + node 0 = node 1 (4), the leaf popped first; then 4 + 5 = node 2.
    codes, points = reference.huffman_paths([5, 2, 1, 1])
    assert points == [[2], [2, 1], [2, 1, 0], [2, 1, 0]]
    assert codes[0] == [1]
    assert sorted(codes) == [[0, 0], [0, 1, 0], [0, 1, 1], [1]]


def test_tree_gives_a_probability_distribution():
    counts = [2**i for i in range(6)] + [7] * 20
    codes, points = reference.huffman_paths(counts)
    scores = np.random.default_rng(0).normal(size=len(counts))
    total = sum(
        math.prod(1 / (1 + math.exp(-(1 - 2 * c) * scores[p])) for c, p in zip(*path, strict=True))
        for path in zip(codes, points, strict=True)
    )
    assert total == pytest.approx(1, abs=1e-12)


def test_only_word_has_no_way_to_go():
    assert reference.huffman_paths([3]) == ([[]], [[]])


def test_initial_vectors_lie_within_one_over_the_size_and_come_row_by_row():
    vectors = reference.initial_vectors(50, 10, seed=1)
    assert vectors.dtype == np.float32
    assert -0.1 <= vectors.min() < -0.09 and 0.09 < vectors.max() < 0.1
    np.testing.assert_array_equal(vectors[:20], reference.initial_vectors(20, 10, seed=1))


@pytest.mark.parametrize(
    ("lengths", "jobs"),
    [
        ([], []),
        ([4, 6, 1], [(0, 2), (2, 3)]),
        ([4, 7, 3], [(0, 1), (1, 3)]),
        ([4, 11, 0, 3], [(0, 1), (1, 2), (2, 4)]),
        ([11, 3], [(0, 0), (0, 1), (1, 2)]),
        ([0, 11], [(0, 1), (1, 2)]),
        ([10, 0, 0], [(0, 3)]),
    ],
    ids=["none", "full", "over", "long", "long-first", "empty-first", "empty-last"],
)
def test_jobs_hold_as_many_sentences_as_fit(lengths, jobs):
    assert list(reference.plan_jobs(lengths, batch_words=10)) == jobs


def test_alpha_falls_with_what_was_handed_out():
    by_sentences = Decay(0.5, 0.1, epochs=2, total_examples=4, total_words=100)
    assert by_sentences.alpha(0, 0, 0) == 0.5
    assert by_sentences.alpha(1, 2, 99) == pytest.approx(0.5 - 0.4 * 0.75)
    assert by_sentences.alpha(1, 5, 0) == 0.1
    by_words = Decay(0.5, 0.1, epochs=2, total_examples=None, total_words=100)
    assert by_words.alpha(0, 3, 50) == pytest.approx(0.5 - 0.4 * 0.25)


def test_job_random_is_a_48_bit_lcg_whose_draw_is_taken_before_the_step():
    random = JobRandom(1, 2)
    assert random.state == 2**24 + 2
    assert random.draw() == 2**8
    assert random.state == ((2**24 + 2) * 0x5DEECE66D + 11) % 2**48
    assert random.draw() == ((2**24 + 2) * 0x5DEECE66D + 11) % 2**48 // 2**16


def test_sigmoid_table_is_within_its_error():
    for x in np.linspace(-5.999, 5.999, 2001, dtype=np.float32):
        slot = reference.sigmoid_slot(x)
        assert abs(reference.SIGMOID_TABLE[slot] - 1 / (1 + math.exp(-x))) < 0.01
    assert reference.SIGMOID_TABLE[500] == 0.5
    assert reference.LOG_SIGMOID_TABLE[500] == np.float32(math.log(0.5))


def test_sigmoid_slot_counts_in_83rds_and_keeps_the_sign_of_a_tiny_score():
    assert reference.sigmoid_slot(np.float32(0)) == 498
    assert reference.sigmoid_slot(np.float32(-1e-9)) == 497
    assert reference.sigmoid_slot(np.float32(-5.9999)) == 0
    assert reference.sigmoid_slot(np.float32(5.9999)) == 995


def test_two_pairs_by_hand():
    """One node decides between two words. Pair (a, b) finds it at 0: only the node can move."""
    alpha = 0.5
    model = reference.train(
        [["a", "b"]],
        min_count=1,
        vector_size=3,
        sg=1,
        hs=1,
        negative=0,
        window=1,
        sample=0,
        epochs=1,
        alpha=alpha,
        compute_loss=True,
    )
    # heapify turns two equals round, so that a is on the left.
    assert (model.index_to_key, model.codes) == (["b", "a"], [[1], [0]])
    b, a = reference.initial_vectors(2, 3, seed=1).astype(float)
    sigma_of_0 = float(reference.SIGMOID_TABLE[498])
    node = alpha * (1 - sigma_of_0) * b  # center a, code 0; h is b's vector
    x = a @ node
    step = alpha * (0 - float(reference.SIGMOID_TABLE[int((x + 6) * 83)]))  # center b, code 1
    np.testing.assert_allclose(model.vectors, [b, a + step * node], rtol=1e-6)
    np.testing.assert_allclose(model.syn1[0], node + step * a, rtol=1e-6)
    assert model.loss == pytest.approx(2 * math.log(2), abs=0.05)
    assert model.epochs[0].pairs == 2


def test_words_without_a_neighbour_train_nothing():
    for sg in (0, 1):
        model = reference.train([["a"], [], ["b"]], min_count=1, vector_size=3, sg=sg)
        np.testing.assert_array_equal(model.vectors, reference.initial_vectors(2, 3, seed=1))
        assert not model.syn1neg.any()


def test_training_again_goes_on_with_the_random_stream():
    sentences = zipf_sentences(200)
    twice = reference.ReferenceModel(sentences, vector_size=5, alpha=0.03, min_alpha=0.03)
    assert twice.train(sentences, epochs=1)[1] == twice.train(sentences, epochs=1)[1]
    once = reference.train(sentences, vector_size=5, alpha=0.03, min_alpha=0.03, epochs=2)
    np.testing.assert_array_equal(twice.vectors, once.vectors)


# ---- gensim --------------------------------------------------------------------------------------


def train_gensim(setting: str, epochs: int, alpha: float):
    gensim_models = pytest.importorskip("gensim.models")
    return gensim_models.Word2Vec(
        zipf_sentences(),
        **SETTINGS[setting],
        workers=1,
        epochs=epochs,
        alpha=alpha,
        compute_loss=True,
    )


def weights_of(model, setting):
    """Yield gensim's or the reference's weight matrices, by name."""
    yield "vectors", model.wv.vectors if hasattr(model, "wv") else model.vectors
    if SETTINGS[setting].get("negative", 5):
        yield "syn1neg", model.syn1neg
    if SETTINGS[setting]["hs"]:
        yield "syn1", model.syn1


def largest_difference(ours, theirs, setting):
    pairs = zip(weights_of(ours, setting), weights_of(theirs, setting), strict=True)
    return max(float(np.abs(a - b).max()) for (_, a), (_, b) in pairs)


@pytest.mark.parametrize("setting", SETTINGS)
def test_vocabulary_and_its_tables_are_those_of_gensim(setting):
    theirs = train_gensim(setting, 1, 0.025)
    ours = trained_reference(setting, 1)
    assert ours.index_to_key == theirs.wv.index_to_key
    assert ours.counts == theirs.wv.expandos["count"].tolist()
    assert ours.sample_int == theirs.wv.expandos["sample_int"].tolist()
    if theirs.negative:
        assert ours.cum_table == theirs.cum_table.tolist()
    if theirs.hs:
        assert ours.codes == [code.tolist() for code in theirs.wv.expandos["code"]]
        assert ours.points == [point.tolist() for point in theirs.wv.expandos["point"]]


@pytest.mark.usefixtures("exact_process")
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("alpha", [0.025, 0.2])
def test_weights_are_those_of_gensim_to_the_bit_where_it_reads_its_dot_product(setting, alpha):
    theirs = train_gensim(setting, 3, alpha)
    ours = trained_reference(setting, 3, alpha)
    assert largest_difference(ours, theirs, setting) == 0
    assert ours.epochs[-1].alphas[-1] == theirs.min_alpha_yet_reached
    # It adds the loss up in float32, which rounds each sum by half a unit in its last place.
    pairs = sum(epoch.pairs for epoch in ours.epochs)
    terms_of_a_pair = 1 + theirs.negative + (max(map(len, ours.codes)) if theirs.hs else 0)
    theirs_within = pytest.approx(
        theirs.get_latest_training_loss(), rel=pairs * terms_of_a_pair * 2.0**-24
    )
    assert ours.loss == theirs_within


def gensim_dot():
    """Return the dot product of gensim's wheels: SciPy's sdot, its register read as a double."""
    libraries = list(Path(scipy.__file__).parent.with_name("scipy.libs").glob("libscipy_openblas*"))
    if platform.system() != "Linux" or platform.machine() != "x86_64" or not libraries:
        pytest.skip("knows how gensim's dot product goes wrong on Linux x86-64 only")
    read_as_double = ctypes.CDLL(str(libraries[0])).scipy_sdot_
    read_as_double.restype = ctypes.c_double
    one = ctypes.byref(ctypes.c_int(1))

    def dot(x, y):
        n = ctypes.byref(ctypes.c_int(len(x)))
        x_row, y_row = (ctypes.c_void_p(row.ctypes.data) for row in (x, y))
        return read_as_double(n, x_row, one, y_row, one)

    if abs(dot(np.float32([10]), np.float32([0.01])) - 0.1) > 1e-4:
        pytest.skip("here sdot's register does not pass for a double, so gensim sees through it")
    return dot


@pytest.mark.parametrize("alpha", [0.025, 0.2])
@pytest.mark.parametrize("setting", SETTINGS)
def test_weights_are_those_of_gensim_to_the_bit_with_its_dot_product(setting, alpha, monkeypatch):
    theirs = train_gensim(setting, 1, alpha)
    monkeypatch.setattr(reference, "sdot", gensim_dot())
    ours = reference.train(zipf_sentences(), **SETTINGS[setting], epochs=1, alpha=alpha)
    assert largest_difference(ours, theirs, setting) == 0
