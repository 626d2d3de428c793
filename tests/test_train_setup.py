"""What must hold before a model can train: it trains, or says what is wrong, and never crashes."""

from __future__ import annotations

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec
from fastsgns._core import available_kernels
from fastsgns.callbacks import CallbackAny2Vec
from fastsgns.word2vec import TrainingDiverged

SENTENCES = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(20)]
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1, "sample": 0, "epochs": 1}
FAST_KERNELS = available_kernels()[1:]  # the first is "blas"
MATRICES = {"wv.vectors": {}, "syn1neg": {}, "syn1": {"hs": 1, "negative": 0}}

# Rows that the kernel pads, rows that it need not pad, and rows trained where they are.
FORMS = [{"kernel": "auto"}, {"kernel": "auto", "vector_size": 16}, {"kernel": "blas"}]


def built(**options) -> Word2Vec:
    model = Word2Vec(**OPTIONS | options)
    model.build_vocab(SENTENCES)
    return model


def get(model: Word2Vec, name: str):
    return model.wv.vectors if name == "wv.vectors" else getattr(model, name)


def put(model: Word2Vec, name: str, matrix) -> None:
    setattr(*((model.wv, "vectors") if name == "wv.vectors" else (model, name)), matrix)


def train(model: Word2Vec) -> tuple[int, int]:
    return model.train(SENTENCES, total_examples=len(SENTENCES), epochs=2)


def read_only(matrix):
    matrix = matrix.copy()
    matrix.setflags(write=False)
    return matrix


def mapped(mode):
    def make(matrix, folder):
        path = folder / "matrix.npy"
        np.save(path, matrix)
        return np.load(path, mmap_mode=mode)

    return make


def misaligned(matrix):
    raw = bytearray(matrix.nbytes + 1)
    view = np.frombuffer(raw, np.uint8)[1:].view(np.float32).reshape(matrix.shape)
    view[...] = matrix
    return view


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.astype(np.float64),
        lambda m: m.astype(">f4"),
        np.asfortranarray,
        lambda m: np.repeat(m, 2, axis=1)[:, ::2],
        lambda m: np.vstack([m, m])[: len(m)],
        read_only,
        lambda m: m.view(np.recarray),
        lambda m: np.ma.masked_array(m),
        misaligned,
        mapped("r"),
        mapped("c"),
    ],
    ids=[
        "float64", "other byte order", "Fortran order", "strided", "view", "read-only", "subclass",
        "masked", "misaligned", "mmap r", "mmap c",
    ],
)  # fmt: skip
@pytest.mark.parametrize("options", FORMS, ids=str)
def test_a_matrix_in_another_form_is_converted_and_trains_to_the_same_bytes(
    name, change, options, tmp_path
):
    options = MATRICES[name] | options
    plain, other = built(**options), built(**options)
    matrix = get(other, name)
    takes_folder = change.__code__.co_argcount == 2 if hasattr(change, "__code__") else False
    given = change(matrix, tmp_path) if takes_folder else change(matrix)
    before = np.array(given)
    put(other, name, given)
    assert train(other) == train(plain)
    for one in MATRICES:
        if hasattr(plain, one) or one == "wv.vectors":
            assert get(other, one).dtype == np.float32
            assert get(other, one).flags.c_contiguous
            assert get(other, one).tobytes() == get(plain, one).tobytes()
    if not given.flags.writeable:
        assert np.array_equal(given, before)  # a private copy was trained


def test_a_matrix_of_integers_is_converted():
    model = built()
    model.wv.vectors = np.zeros((11, 8), np.int64)
    train(model)
    assert model.wv.vectors.dtype == np.float32


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize(
    "change",
    [
        lambda m: None,
        lambda m: m[:-1],
        lambda m: np.vstack([m, m]),
        lambda m: m[:, :-1],
        lambda m: np.hstack([m, m]),
        lambda m: m.T,
        lambda m: m[0],
        lambda m: m[np.newaxis],
        lambda m: "matrix",
    ],
    ids=[
        "none", "too short", "too long", "too narrow", "too wide", "transposed", "vector", "3-d",
        "text",
    ],
)  # fmt: skip
def test_a_matrix_of_another_shape_is_a_runtime_error_that_names_it(name, change):
    model = built(**MATRICES[name])
    put(model, name, change(get(model, name)))
    if name == "wv.vectors" and get(model, name) is None:
        with pytest.raises((RuntimeError, TypeError)):
            train(model)
        return
    with pytest.raises(RuntimeError, match=name) as caught:
        train(model)
    assert "11" in str(caught.value) and "8" in str(caught.value)


def test_an_empty_matrix_is_gensims_runtime_error():
    model = built()
    model.wv.vectors = np.zeros((0, 8), np.float32)
    with pytest.raises(RuntimeError, match="you must initialize vectors before training"):
        train(model)


@pytest.mark.parametrize("name", ["syn1neg", "syn1"])
def test_a_missing_matrix_is_a_runtime_error_that_names_it(name):
    model = built(**MATRICES[name])
    delattr(model, name)
    with pytest.raises(RuntimeError, match=name):
        train(model)


def test_a_matrix_of_text_is_an_error_not_a_crash():
    model = built()
    model.wv.vectors = np.full((11, 8), "x")
    with pytest.raises((ValueError, TypeError)):
        train(model)


# ---- lock factors --------------------------------------------------------------------------------


def test_missing_lock_factors_are_ones():
    plain, other = built(), built()
    del other.wv.vectors_lockf
    assert train(other) == train(plain)
    assert np.array_equal(other.wv.vectors, plain.wv.vectors)
    assert other.wv.vectors_lockf.tolist() == [1.0]


@pytest.mark.parametrize("factors", [[0], np.zeros(11), np.zeros(11, np.float32), 0.0])
def test_zeros_freeze_the_input_vectors(factors):
    model = built()
    before = model.wv.vectors.copy()
    model.wv.vectors_lockf = np.array(factors)
    train(model)
    assert np.array_equal(model.wv.vectors, before)
    assert model.syn1neg.any()


def test_no_lock_factor_at_all_is_a_value_error_that_names_them():
    model = built()
    model.wv.vectors_lockf = np.zeros(0, np.float32)
    with pytest.raises(ValueError, match="vectors_lockf"):
        train(model)


# ---- replaced vectors ----------------------------------------------------------------------------


def replacement(n_words: int = 11, size: int = 8) -> KeyedVectors:
    kv = KeyedVectors(size)
    kv.index_to_key = [f"w{i}" for i in range(n_words)]
    kv.key_to_index = {word: i for i, word in enumerate(kv.index_to_key)}
    kv.next_index = n_words
    kv.vectors = np.random.default_rng(3).random((n_words, size), np.float32)
    return kv


def test_replaced_vectors_of_the_same_words_train():
    model = built()
    order = model.wv.index_to_key
    vectors = replacement()
    vectors.index_to_key = list(order)
    vectors.key_to_index = dict(model.wv.key_to_index)
    vectors.expandos = dict(model.wv.expandos)
    model.wv = vectors
    before = vectors.vectors.copy()
    assert train(model)[1] == 2 * 240
    assert not np.array_equal(model.wv.vectors, before)


def test_replaced_vectors_without_counts_train_when_nothing_needs_them():
    model = built()  # sample=0, and the noise table is there
    model.wv = replacement()
    assert train(model)[1] == 2 * 240


def test_replaced_vectors_without_keep_probabilities_are_a_runtime_error_that_says_so():
    model = built(sample=1e-3)
    model.wv = replacement()
    with pytest.raises(RuntimeError, match="sample_int"):
        train(model)


@pytest.mark.parametrize("options", [{}, {"hs": 1, "negative": 0}])
@pytest.mark.parametrize("size", [(10, 8), (12, 8), (11, 9)])
def test_replaced_vectors_of_another_size_are_a_runtime_error(options, size):
    model = built(**options)
    model.wv = replacement(*size)
    with pytest.raises(RuntimeError, match=r"syn1|vectors"):
        train(model)
    with pytest.raises(RuntimeError, match=r"syn1|vectors|vocabulary"):
        model.train(epochs=1)


@pytest.mark.parametrize("options", [{"hs": 1, "negative": 0}, {}])
def test_replaced_vectors_without_what_the_objective_needs_are_a_runtime_error(options):
    model = built(**options)
    if model.negative:
        del model.cum_table
    model.wv = replacement()
    with pytest.raises(RuntimeError, match=r"count|Huffman|code|noise"):
        train(model)


def test_a_lost_noise_table_is_made_again():
    plain, other = built(), built()
    del other.cum_table
    assert train(other) == train(plain)
    assert np.array_equal(other.wv.vectors, plain.wv.vectors)


def test_lost_huffman_codes_are_made_again():
    plain, other = built(hs=1, negative=0), built(hs=1, negative=0)
    del other.wv.expandos["code"], other.wv.expandos["point"]
    assert train(other) == train(plain)
    assert np.array_equal(other.wv.vectors, plain.wv.vectors)


# ---- divergence ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_found_before_they_spoil_the_others(name, value):
    model = built(**MATRICES[name])
    get(model, name)[3, 2] = value
    with pytest.raises(TrainingDiverged, match=f"{name} is not finite before training"):
        train(model)
    assert model.history == []
    assert np.isnan(get(model, name)).sum() + np.isinf(get(model, name)).sum() == 1


@pytest.mark.parametrize("name", MATRICES)
def test_weights_that_become_infinite_are_found_at_the_end_of_the_epoch(name):
    class Spoiling(CallbackAny2Vec):
        def on_epoch_begin(self, model):
            get(model, name)[3, 2] = np.inf

    model = built(**MATRICES[name])
    with pytest.raises(TrainingDiverged, match="no longer finite after epoch 1"):
        model.train(SENTENCES, total_examples=len(SENTENCES), epochs=2, callbacks=[Spoiling()])
    assert len(model.history) == 1


def test_infinities_of_both_signs_do_not_cancel():
    model = built()
    model.wv.vectors[3, 2], model.wv.vectors[4, 2] = np.inf, -np.inf
    with pytest.raises(TrainingDiverged):
        train(model)


def test_large_finite_weights_are_not_taken_for_divergence():
    model = built(kernel="blas")
    model.wv.vectors[:] = 3e38
    model.wv.vectors_lockf = np.zeros(1, np.float32)
    train(model)
    assert np.isfinite(model.wv.vectors).all()


@pytest.mark.parametrize("kernel", available_kernels())
def test_large_weights_that_are_not_trained_are_not_taken_for_divergence(kernel):
    """Their sum is no float32."""
    model = built(kernel=kernel)
    model.wv.vectors[:] = 3e38
    model.train([["unknown"]] * 20, total_examples=20, epochs=1)
    assert (model.wv.vectors == np.float32(3e38)).all()


def test_divergence_is_a_runtime_error():
    assert issubclass(TrainingDiverged, RuntimeError)


# ---- shared negatives ----------------------------------------------------------------------------


def sized(n_words: int, **options) -> Word2Vec:
    model = Word2Vec(**{"sg": 1, "vector_size": 1, "min_count": 1} | options)
    model.build_vocab_from_freq({str(i): 1 for i in range(n_words)})
    return model


@pytest.mark.parametrize(
    ("n_words", "options", "alpha", "shares"),
    [
        (10_000, {}, 0.025, True),
        (10_000, {"window": 10}, 0.05, True),
        (9_999, {}, 0.025, False),
        (10_000, {"window": 11}, 0.025, False),
        (10_000, {}, 0.0501, False),
        (10_000, {"sg": 0}, 0.025, True),
        (9_999, {"sg": 0}, 0.025, False),
        (20_000, {"alpha": 1.0}, 0.025, True),  # what counts is the alpha of the run
    ],
)
def test_auto_shares_negatives_of_large_vocabularies_small_steps_and_windows(
    n_words, options, alpha, shares
):
    assert sized(n_words, **options)._settings().shares_negatives(n_words, alpha) is shares
    assert (
        sized(n_words, shared_negatives="auto", **options)
        ._settings()
        .shares_negatives(n_words, alpha)
        is shares
    )


@pytest.mark.parametrize("n_words", [5, 10_000])
@pytest.mark.parametrize("alpha", [0.025, 1.0])
@pytest.mark.parametrize("sg", [0, 1])
def test_true_and_false_are_what_is_done(n_words, alpha, sg):
    for shared in (True, False):
        settings = sized(n_words, shared_negatives=shared, sg=sg)._settings()
        assert settings.shares_negatives(n_words, alpha) is shared


@pytest.mark.parametrize("kernel", available_kernels())
def test_sharing_changes_what_is_drawn_but_for_blas(kernel):
    def vectors(**options):
        model = built(kernel=kernel, **options)
        train(model)
        return model.wv.vectors.tobytes()

    for sg in (0, 1):
        shared, fresh = (vectors(sg=sg, shared_negatives=shared) for shared in (True, False))
        assert (shared == fresh) == (kernel == "blas")
        assert vectors(sg=sg) == fresh  # "auto", of 11 words


@pytest.mark.parametrize("kernel", FAST_KERNELS)
def test_auto_trains_a_large_vocabulary_with_shared_negatives(kernel):
    rng = np.random.default_rng(0)
    words = np.concatenate([np.arange(10_000), rng.integers(0, 10_000, 2000)])
    sentences = [[str(word) for word in part] for part in np.array_split(words, 1000)]
    options = {"sg": 1, "min_count": 1, "workers": 1, "vector_size": 4, "epochs": 1, "window": 3}
    options |= {"kernel": kernel}
    auto, shared, fresh = (
        Word2Vec(sentences, shared_negatives=value, **options).wv.vectors.tobytes()
        for value in ("auto", True, False)
    )
    assert auto == shared != fresh


# ---- rows of a worker's own ----------------------------------------------------------------------


@pytest.mark.parametrize("kernel", available_kernels())
@pytest.mark.parametrize("mode", [{"sg": 1}, {"sg": 0}, {"sg": 1, "hs": 1, "negative": 0}])
def test_two_workers_learn_vectors_as_long_as_those_of_one(kernel, mode):
    rng = np.random.default_rng(3)
    weights = 1 / np.arange(1, 1501)
    drawn = rng.choice(1500, (4000, 20), p=weights / weights.sum())
    sentences = [[str(word) for word in row] for row in (*drawn, *np.arange(1500).reshape(-1, 20))]
    norms = []
    for workers in (1, 2):
        model = Word2Vec(
            sentences, kernel=kernel, workers=workers, vector_size=16, min_count=1, epochs=2,
            batch_words=1000, **mode,
        )  # fmt: skip
        schedule = model._schedule(2, model.corpus_count, None)
        assert model._replicas(80_000, schedule).n_rows == (64 if workers > 1 else 0)
        targets = model.syn1 if mode.get("hs") else model.syn1neg
        norms.append([np.linalg.norm(m, axis=1).mean() for m in (model.wv.vectors, targets)])
        assert model.wv.vectors.shape == (1500, 16)
        assert model.wv.vectors.base.size == 1500 * 16, "the copies of rows are gone"
    assert norms[1] == pytest.approx(norms[0], rel=0.03)


# ---- the draws of a run --------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", available_kernels())
def test_each_run_draws_anew_and_a_seed_decides_all_of_them(kernel):
    one, other = built(kernel=kernel), built(kernel=kernel)
    for model in (one, other):
        train(model)
        train(model)
    assert np.array_equal(one.wv.vectors, other.wv.vectors)
    twice = built(kernel=kernel)
    train(twice)
    first = twice.wv.vectors.copy()
    twice.build_vocab(SENTENCES)  # the same weights and corpus again
    train(twice)
    assert not np.array_equal(twice.wv.vectors, first)


@pytest.mark.parametrize("kernel", FAST_KERNELS)
def test_a_run_of_a_fast_kernel_takes_one_number_from_the_models_generator(kernel):
    model = built(kernel=kernel)
    train(model)
    expected = np.random.RandomState(1)
    expected.randint(2**31)
    assert model.random.randint(10**9) == expected.randint(10**9)
