"""Where a model's matrices are while it trains, and that they come back as plain arrays."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from fastsgns import Word2Vec
from fastsgns._core import available_kernels
from fastsgns.callbacks import CallbackAny2Vec
from fastsgns.training.weights import PlacedWeights, not_finite, trainable

KERNELS = available_kernels()
SENTENCES = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(20)]
NAMES = ["wv.vectors", "syn1neg", "syn1"]
# Padded rows, and rows that are as long as the kernels want them.
SIZES = [5, 16, 100, 112]


def model_of(vector_size: int = 5, **options) -> Word2Vec:
    defaults = {"min_count": 1, "workers": 1, "sample": 0, "hs": 1, "epochs": 3}
    model = Word2Vec(vector_size=vector_size, **defaults | options)
    model.build_vocab(SENTENCES)
    return model


def get_matrix(model: Word2Vec, name: str) -> np.ndarray:
    return model.wv.vectors if name == "wv.vectors" else getattr(model, name)


def assert_plain(model: Word2Vec, is_plain: bool = True) -> None:
    """What gensim's users rely on between calls to train."""
    for name in NAMES:
        matrix = get_matrix(model, name)
        assert type(matrix) is np.ndarray and matrix.dtype == np.float32, name
        assert matrix.shape == (len(model.wv), model.vector_size), name
        assert matrix.flags.c_contiguous and matrix.flags.writeable, name
        assert matrix.flags.c_contiguous or not is_plain, name
        assert matrix.tobytes() == memoryview(matrix).tobytes(), name


# ---- PlacedWeights -------------------------------------------------------------------------------


def drawn(vector_size: int = 5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=(11, vector_size)).astype(np.float32) for name in NAMES}


def place(matrices: dict[str, np.ndarray], stride: int | None, names=NAMES) -> PlacedWeights:
    """Put views in the place of matrices, one after the other."""
    get, put = matrices.__getitem__, matrices.__setitem__
    placed = PlacedWeights(get, put, 11, matrices[NAMES[0]].shape[1], stride)
    for name in names:
        placed.place(name)
    return placed


def take_back(placed: PlacedWeights, matrices: dict[str, np.ndarray]) -> None:
    placed.take_all()


@pytest.mark.parametrize("vector_size", SIZES)
def test_rows_are_padded_with_zeros_and_a_view_looks_at_them(vector_size):
    matrices = drawn(vector_size)
    placed = place(matrices, 112)
    assert list(placed.rows) == NAMES
    for name, rows in placed.rows.items():
        assert (rows.shape, rows.dtype) == ((11, 112), np.float32)
        assert rows.__array_interface__["data"][0] % 64 == 0
        assert np.array_equal(rows[:, :vector_size], drawn(vector_size)[name])
        assert not rows[:, vector_size:].any()
        matrix = matrices[name]
        assert np.shares_memory(matrix, rows) and matrix.shape == (11, vector_size)
        rows[3, 2] = 7
        assert matrix[3, 2] == 7
    assert placed.are_current()


@pytest.mark.parametrize("vector_size", SIZES)
def test_what_is_taken_back_is_plain_and_has_what_was_trained(vector_size):
    matrices = drawn(vector_size)
    placed = place(matrices, 112)
    kept = dict(placed.rows)
    for number, rows in enumerate(kept.values()):
        rows[:, :vector_size] = number + 1
    take_back(placed, matrices)
    for number, name in enumerate(NAMES):
        matrix = matrices[name]
        assert type(matrix) is np.ndarray and matrix.shape == (11, vector_size)
        assert matrix.flags.c_contiguous and matrix.flags.writeable
        assert (matrix == number + 1).all()
        assert not np.shares_memory(matrix, kept[name])
    assert not placed.rows and not placed.views


def test_without_a_stride_the_matrices_are_trained_where_they_are():
    matrices = drawn()
    before = dict(matrices)
    placed = place(matrices, None)
    for name in NAMES:
        assert placed.rows[name] is before[name] is matrices[name]
    take_back(placed, matrices)
    for name in NAMES:
        assert matrices[name] is before[name]


def test_there_may_be_rows_behind_those_of_the_words():
    matrices = {"syn1": np.ones((11, 5), np.float32)}
    get, put = matrices.__getitem__, matrices.__setitem__
    placed = PlacedWeights(get, put, 11, 5, None, n_replicas=4)
    placed.place("syn1")
    view = matrices["syn1"]
    assert (placed.rows["syn1"].shape, view.shape) == ((15, 5), (11, 5))
    assert not placed.rows["syn1"][11:].any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stride", [None, 16])
def test_an_assigned_matrix_is_noticed_and_not_overwritten(name, stride):
    matrices = drawn()
    placed = place(matrices, stride)
    other = matrices[name] = np.full((11, 5), 9, np.float32)
    assert not placed.are_current()
    take_back(placed, matrices)
    assert matrices[name] is other and (other == 9).all()


def test_only_what_has_been_placed_is_looked_at():
    matrices = drawn()
    placed = place(matrices, 16, ["wv.vectors", "syn1neg"])
    assert "syn1" not in placed.rows
    matrices["syn1"] = np.zeros((11, 5), np.float32)
    assert placed.are_current()


def test_a_matrix_is_let_go_before_the_next_one_is_moved():
    """One is there twice at the most: large models must fit."""
    held = []
    n_alive = []

    class Watching(Word2Vec):
        def _put_matrix(self, name, matrix):
            super()._put_matrix(name, matrix)
            n_alive.append(sum(one() is not None for one in held))

    model = Watching(vector_size=5, min_count=1, workers=1, hs=1, epochs=1, kernel="scalar")
    model.build_vocab(SENTENCES)
    held += [weakref.ref(get_matrix(model, name)) for name in NAMES]
    n_alive.clear()
    model.train()
    assert n_alive[:3] == [3, 2, 1], "the one that is moved, and those that are not yet"
    assert not any(one() for one in held)


# ---- trainable -----------------------------------------------------------------------------------


def test_a_matrix_that_is_as_it_should_be_is_taken_as_it_is():
    matrix = np.zeros((3, 2), np.float32)
    assert trainable(matrix, "syn1", 3, 2) is matrix


@pytest.mark.parametrize(
    ("matrix", "got"),
    [
        (None, "NoneType"),
        ("text", "str"),
        (np.zeros(3), "ndarray"),
        (np.zeros((1, 3, 2)), "ndarray"),
        (np.zeros((2, 2)), "2 x 2"),
        (np.zeros((3, 3)), "3 x 3"),
    ],
)
def test_a_matrix_of_another_shape_is_refused_with_both_shapes(matrix, got):
    with pytest.raises(RuntimeError, match=f"syn1 must be .*3 x 2.* got {got}"):
        trainable(matrix, "syn1", 3, 2)


# ---- through Word2Vec ----------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("vector_size", SIZES)
def test_after_training_the_matrices_are_plain(kernel, vector_size):
    model = model_of(vector_size, kernel=kernel)
    assert_plain(model)
    model.train()
    assert_plain(model)
    model.train(epochs=1)
    assert_plain(model)


class Raising(CallbackAny2Vec):
    def __init__(self, when: str) -> None:
        setattr(self, when, self.act)

    def act(self, model):
        raise InterruptedError


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("vector_size", [5, 16])
@pytest.mark.parametrize(
    "when", ["on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end"]
)
def test_after_an_exception_the_matrices_are_plain(kernel, vector_size, when):
    model = model_of(vector_size, kernel=kernel)
    with pytest.raises(InterruptedError):
        model.train(callbacks=[Raising(when)])
    assert_plain(model)
    model.train()
    assert_plain(model)


@pytest.mark.parametrize("kernel", KERNELS)
def test_after_a_refused_matrix_the_others_are_plain_and_as_they_were(kernel):
    model = model_of(kernel=kernel)
    before = model.wv.vectors.copy()
    model.syn1neg = np.zeros((10, 5), np.float32)
    with pytest.raises(RuntimeError, match="syn1neg"):
        model.train()
    assert model.wv.vectors.flags.c_contiguous
    assert np.array_equal(model.wv.vectors, before)
    model.syn1neg = np.zeros((11, 5), np.float32)
    model.train()
    assert_plain(model)


@pytest.mark.parametrize("kernel", KERNELS)
def test_pretrained_vectors_assigned_before_training_are_where_it_starts(kernel):
    pretrained = np.random.default_rng(0).normal(size=(11, 5)).astype(np.float32)
    model = model_of(kernel=kernel, alpha=1e-6, min_alpha=1e-6, epochs=1)
    model.wv.vectors = pretrained.copy()
    model.train()
    moved = np.abs(model.wv.vectors - pretrained).max()
    assert moved < 1e-3
    frozen = model_of(kernel=kernel)
    frozen.wv.vectors[:] = pretrained
    frozen.wv.vectors_lockf = np.zeros(11, np.float32)
    frozen.wv.vectors_lockf[4] = 1
    frozen.train()
    assert np.array_equal(np.delete(frozen.wv.vectors, 4, 0), np.delete(pretrained, 4, 0))
    assert (frozen.wv.vectors[4] != pretrained[4]).any()
    assert frozen.syn1neg.any()


@pytest.mark.parametrize("kernel", KERNELS)
def test_vectors_that_a_callback_changes_are_trained_on(kernel):
    """In place or by assignment, in any form that can be converted: all the same."""
    new = np.random.default_rng(0).normal(size=(11, 5)).astype(np.float32)

    class Change(CallbackAny2Vec):
        def __init__(self, change):
            self.change, self.epoch = change, 0

        def on_epoch_end(self, model):
            self.epoch += 1
            if self.epoch == 2:
                self.change(model)

    def in_place(model):
        model.wv.vectors[:] = new

    def by_assignment(model):
        model.wv.vectors = new.copy()

    def in_another_form(model):
        model.wv.vectors = np.asfortranarray(new.astype(np.float64))

    results = []
    for change in (in_place, by_assignment, in_another_form):
        model = model_of(kernel=kernel)
        model.train(callbacks=[Change(change)])
        assert_plain(model)
        results.append([get_matrix(model, name).tobytes() for name in NAMES])
    assert results[0] == results[1] == results[2]
    untouched = model_of(kernel=kernel)
    untouched.train()
    assert untouched.wv.vectors.tobytes() != results[0][0]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_matrix_assigned_after_the_last_epoch_stays(kernel):
    class Assign(CallbackAny2Vec):
        def on_epoch_end(self, model):
            model.syn1neg = np.full((11, 5), 3, np.float32)

    model = model_of(kernel=kernel, epochs=1)
    model.train(callbacks=[Assign()])
    assert (model.syn1neg == 3).all()
    assert_plain(model)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("vector_size", [5, 16])
@pytest.mark.parametrize("when", ["on_train_begin", "on_epoch_begin", "on_epoch_end"])
def test_a_model_is_of_use_inside_callbacks(kernel, vector_size, when, tmp_path):
    """What it answers and saves there is what a plain copy of its matrices would."""

    class Use(CallbackAny2Vec):
        n = 0

        def use(self, model):
            self.n += 1
            plain = np.array(model.wv.vectors, order="C")
            similar = model.wv.most_similar("w1", topn=3)
            unit = plain / np.linalg.norm(plain, axis=1, keepdims=True)
            cosines = unit @ unit[model.wv.key_to_index["w1"]]
            for word, cosine in similar:
                assert cosine == pytest.approx(cosines[model.wv.key_to_index[word]], abs=1e-5)
            assert np.array_equal(model.wv["w2"], plain[model.wv.key_to_index["w2"]])
            model.save(tmp_path / "model")
            model.wv.save(tmp_path / "vectors")
            model.wv.save_word2vec_format(tmp_path / "vectors.bin", binary=True)
            loaded = Word2Vec.load(tmp_path / "model")
            for name in NAMES:
                assert np.array_equal(get_matrix(loaded, name), get_matrix(model, name))
            vectors = type(model.wv).load(tmp_path / "vectors")
            assert np.array_equal(vectors.vectors, plain)
            read = type(model.wv).load_word2vec_format(tmp_path / "vectors.bin", binary=True)
            assert np.array_equal(read.vectors, plain)

    callback = Use()
    setattr(callback, when, callback.use)
    model = model_of(vector_size, kernel=kernel)
    quiet = model_of(vector_size, kernel=kernel)
    model.train(callbacks=[callback])
    quiet.train()
    assert callback.n == (1 if when == "on_train_begin" else 3)
    for name in NAMES:
        assert get_matrix(model, name).tobytes() == get_matrix(quiet, name).tobytes()


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_model_saved_in_a_callback_trains_on_after_it_is_loaded(kernel, tmp_path):
    class Save(CallbackAny2Vec):
        def on_epoch_end(self, model):
            model.save(tmp_path / "model")

    model = model_of(kernel=kernel)
    model.train(callbacks=[Save()])
    loaded = Word2Vec.load(tmp_path / "model")
    assert np.array_equal(loaded.wv.vectors, model.wv.vectors)
    assert loaded.train(SENTENCES, total_examples=20, epochs=1)[1] == 240
    assert_plain(loaded, is_plain=False)  # "blas" trains in what was read from the file


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_numbers_are_finite_though_their_sum_is_beyond_their_precision(dtype):
    large = np.full((30, 7), np.finfo(dtype).max / 2, dtype)
    assert not_finite({"large": large}) is None
    for odd in (np.nan, np.inf, -np.inf):
        spoilt = large.copy()
        spoilt[-1, -1] = odd
        spoilt[0, 0] = -np.inf
        assert not_finite({"large": large, "spoilt": spoilt}) == "spoilt"
