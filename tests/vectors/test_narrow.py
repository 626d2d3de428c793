"""Vectors of float16 and int8: searched, edited and saved as what they stand for."""

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.callbacks import CallbackAny2Vec
from fastsgns.vectors import narrow

SENTENCES = [["a", "b", "c", "d"], ["b", "c", "e"], ["d", "e", "a"]] * 20


def made(n=300, size=20, seed=1, dtype=np.float32):
    """Make vectors of many lengths."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, size)) * rng.uniform(0.01, 5, (n, 1))
    kv = KeyedVectors(size, dtype=dtype)
    kv.add_vectors([f"w{i}" for i in range(n)], vectors, {"count": np.arange(n, 0, -1)})
    return kv


@pytest.fixture(params=["float16", "int8"])
def pair(request):
    """Give vectors and the same in fewer bytes."""
    kv = made()
    return kv, kv.astype(request.param)


#: By how much of the largest number of a vector one of its numbers may be off.
OFF = {"float16": 2.0**-11, "int8": 1 / 254}


def assert_near(narrow_kv, kv, keys=None):
    for key in kv.index_to_key if keys is None else keys:
        largest = np.abs(kv[key]).max()
        off = OFF[narrow_kv.vectors.dtype.name] * largest * 1.001
        np.testing.assert_allclose(narrow_kv[key].astype(np.float32), kv[key], rtol=0, atol=off)


def test_vectors_take_a_half_or_a_quarter_of_the_bytes_and_keep_their_numbers(pair):
    kv, small = pair
    assert (
        small.vectors.nbytes
        == kv.vectors.nbytes / {"float16": 2, "int8": 4}[str(small.vectors.dtype)]
    )
    assert small.index_to_key == kv.index_to_key and small.key_to_index == kv.key_to_index
    assert small.get_vecattr("w3", "count") == kv.get_vecattr("w3", "count")
    assert_near(small, kv)
    assert_near(small, small.astype("float32"))


def test_queries_are_answered_as_of_the_numbers_that_are_stood_for(pair):
    small = pair[1]
    plain = small.astype("float32")
    keys = ["w3", "w4", "w5"]
    asked = {
        "most_similar": lambda kv: [s for _, s in kv.most_similar("w3")],
        "an analogy": lambda kv: [s for _, s in kv.most_similar(["w3", "w5"], ["w4"])],
        "cosmul": lambda kv: [s for _, s in kv.most_similar_cosmul(["w3", "w5"], ["w4"])],
        "batch": lambda kv: [s for row in kv.most_similar_batch(keys) for _, s in row],
        "topn=None": lambda kv: kv.most_similar("w3", topn=None),
        "similarity": lambda kv: kv.similarity("w3", "w4"),
        "distances": lambda kv: kv.distances("w3", keys),
        "n_similarity": lambda kv: kv.n_similarity(keys[:2], keys[1:]),
        "mean": lambda kv: kv.get_mean_vector(keys, pre_normalize=False),
        "mean of directions": lambda kv: kv.get_mean_vector(keys, [1, -2, 0.5]),
        "centrality": lambda kv: [s for s, _ in kv.rank_by_centrality(keys, use_norm=False)],
        "lengths": lambda kv: kv.norms if kv.fill_norms() is None else None,
        "normed": lambda kv: kv.get_normed_vectors(),
        "unit": lambda kv: kv.get_vector("w3", norm=True),
        "several": lambda kv: kv[keys],
        "transform": lambda kv: kv.transform([keys, ["w9"]]),
        "for all": lambda kv: kv.vectors_for_all(keys).vectors,
        "frame": lambda kv: kv.to_frame().to_numpy() if pytest.importorskip("pandas") else None,
    }
    for name, ask in asked.items():
        got = np.asarray(ask(small), np.float64)
        np.testing.assert_allclose(got, ask(plain), rtol=2e-3, atol=2e-6, err_msg=name)
    assert [k for k, _ in small.most_similar("w3")] == [k for k, _ in plain.most_similar("w3")]
    assert small.rank("w3", "w4") == plain.rank("w3", "w4")


def test_everything_that_edits_vectors_edits_these(pair):
    kv, small = pair
    rng = np.random.default_rng(5)
    given = rng.standard_normal((3, 20)) * [[0.01], [1], [100]]
    for each in (kv, small):
        each.add_vectors(["x", "y"], given[:2], {"count": [1000, 5]})
        each["w7"] = given[2]
        with pytest.warns(UserWarning, match="batches"):
            each.add_vector("z", given[1])
        each.sort_by_descending_frequency()
        each.remove(["w1", "w2"])
        each.restrict(["w7", "x", "z", "y", "w9", "not there"])
    assert small.index_to_key == kv.index_to_key == ["x", "w7", "w9", "y", "z"]
    assert small.vectors.dtype != np.float32
    assert_near(small, kv)
    small.unit_normalize_all()
    np.testing.assert_allclose([np.linalg.norm(small[k]) for k in small.index_to_key], 1, rtol=2e-3)
    np.testing.assert_allclose(small.norms, 1)


def test_rows_allocated_ahead_are_filled(pair):
    kv = KeyedVectors(20, count=2, dtype=np.float32).astype(pair[1].vectors.dtype)
    kv.add_vector("a", np.full(20, 0.5))
    assert len(kv) == 2 and kv.index_to_key == ["a", None]
    np.testing.assert_allclose(kv["a"], 0.5, rtol=1e-6)


def test_vectors_of_a_file_replace_these(pair, tmp_path):
    kv, small = pair
    other = made(5, seed=9)
    other.save_word2vec_format(tmp_path / "v.txt")
    for each in (kv, small):
        each.intersect_word2vec_format(tmp_path / "v.txt")
    assert_near(small, kv)
    assert_near(small, other, other.index_to_key)


@pytest.mark.parametrize("mmap", [None, "r", "c"])
def test_the_native_file_keeps_them_as_they_are(pair, tmp_path, mmap):
    small = pair[1]
    small.save(tmp_path / "v.kv")
    loaded = KeyedVectors.load(tmp_path / "v.kv", mmap=mmap)
    assert loaded.vectors.dtype == small.vectors.dtype
    assert loaded.vectors.tobytes() == small.vectors.tobytes()
    assert loaded["w5"].tobytes() == small["w5"].tobytes()
    assert loaded.most_similar("w5") == small.most_similar("w5")


@pytest.mark.parametrize("form", ["gensim", "safetensors", "text", "binary", "npy"])
def test_other_files_have_the_numbers_that_are_stood_for(pair, tmp_path, form):
    from fastsgns import exports

    small, path = pair[1], tmp_path / "v.npy"
    if form in ("text", "binary"):
        small.save_word2vec_format(path, binary=form == "binary")
        loaded = KeyedVectors.load_word2vec_format(path, binary=form == "binary")
    elif form == "npy":
        exports.to_numpy(small, path)
        loaded = KeyedVectors.load_any(path)
    else:
        small.save(path, format=form)
        loaded = KeyedVectors.load(path)
    assert loaded.vectors.dtype.kind == "f"
    for key in small.index_to_key:
        np.testing.assert_allclose(loaded[key], small[key], rtol=1e-3)
    assert small.vectors.dtype != np.float32


def test_a_file_of_int8_without_its_scales_is_refused(tmp_path):
    with pytest.raises(ValueError, match="int8_scale"):
        made().astype("int8").save(tmp_path / "v.kv", ignore=["expandos"])
    assert not (tmp_path / "v.kv").exists()


def test_int8_is_given_back_by_itself_and_scales_belong_to_int8_only():
    small = made().astype("int8")
    again = small.astype("int8")
    assert again.vectors.tobytes() == small.vectors.tobytes()
    assert again["w3"].tobytes() == small["w3"].tobytes()
    assert "int8_scale" not in small.astype("float32").expandos
    copied = small.vectors_for_all(["w3"], copy_vecattrs=True)
    assert copied["w3"].tobytes() == small["w3"].tobytes() and "int8_scale" not in copied.expandos


def test_zeros_stay_zeros():
    kv = made(5)
    kv["w2"] = np.zeros(20)
    for dtype in narrow.DTYPES:
        assert not kv.astype(dtype)["w2"].any()


@pytest.mark.parametrize("dtype", ["int16", "complex64", "bfloat16", None, "<U3", object])
def test_another_type_is_refused_by_name(dtype):
    with pytest.raises(ValueError, match=r"float16, float32, float64, int8, got"):
        made(3).astype(dtype)


def test_what_a_type_cannot_hold_is_refused_and_changes_nothing():
    kv = made(3)
    kv["w1"] = np.full(20, 1e6)
    with pytest.raises(ValueError, match="float16 cannot hold"):
        kv.astype("float16")
    half, ints = made(3, dtype=np.float16), KeyedVectors(2, dtype=np.int8)
    with pytest.raises(ValueError, match="float16 cannot hold"):
        half.add_vectors(["x"], np.full((1, 20), 1e6))
    ints.add_vectors(["a"], [[1, -3]])
    for wrong in (0.5, 300, float("nan")):
        with pytest.raises(ValueError, match="int8 cannot hold"):
            ints.add_vectors(["b"], [[wrong, 1]])
    assert len(half) == 3 and len(ints) == 1
    kv["w1"] = np.full(20, np.nan)
    with pytest.raises(ValueError, match="row 1"):
        kv.astype("int8")
    with pytest.raises(ValueError, match="row 0"):
        made(3).astype("int8").add_vectors(["x"], np.full((1, 20), np.inf))
    with pytest.raises(TypeError, match="int8"):
        made(3).astype("int8").resize_vectors()


def test_a_model_with_int8_vectors_answers_and_is_saved_but_is_not_trained(tmp_path):
    model = Word2Vec(SENTENCES, vector_size=8, min_count=1, seed=1)
    before = model.predict_output_word(["a"], topn=None)
    model.wv = model.wv.astype("int8")
    after = dict(model.predict_output_word(["a"], topn=None))
    assert all(after[word] == pytest.approx(p, rel=0.02) for word, p in before)
    for form in ("native", "gensim"):
        model.save(tmp_path / "m", format=form)
        loaded = Word2Vec.load(tmp_path / "m")
        np.testing.assert_allclose(loaded.wv["a"], model.wv["a"], rtol=1e-6)
    with pytest.raises(RuntimeError, match="int8"):
        model.train(SENTENCES, total_examples=3, epochs=1)
    model.wv = model.wv.astype("float32")
    model.train(SENTENCES, total_examples=3, epochs=1)


def test_quantizing_is_exact_to_half_a_step():
    matrix = np.random.default_rng(2).standard_normal((5000, 7)) * 1e-20
    integers, scales = narrow.quantized(matrix)
    assert np.abs(integers).max(axis=1).min() == 127
    off = np.abs(integers * scales[:, np.newaxis].astype(np.float64) - matrix)
    assert (off <= np.abs(matrix).max(axis=1, keepdims=True) / 254 * 1.0001).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("power", [-36, -40, -44, -300, -310, -323])
def test_rows_of_the_smallest_numbers_are_kept_or_are_zeros_in_all_that_is_said_of_them(
    dtype, power
):
    with np.errstate(under="ignore"):
        rows = np.array([[1, -0.5], [0.25, 1]]) * 10.0**power
        integers, scales = narrow.quantized(rows.astype(dtype))
    assert np.array_equal(integers.any(axis=1), scales > 0)
    wanted = [[127, -64], [32, 127]] if scales.all() else [[0, 0], [0, 0]]
    if power != -44:  # some quanta are left of it
        assert np.abs(integers - wanted).max() <= 1
    assert power < -40 or scales.all()


def test_int8_that_a_callback_gives_a_model_is_not_trained_on():
    class Narrowing(CallbackAny2Vec):
        def on_epoch_end(self, model):
            model.wv = model.wv.astype("int8")

    with pytest.raises(RuntimeError, match="vectors of int8 cannot be trained"):
        Word2Vec(SENTENCES, vector_size=8, min_count=1, epochs=2, callbacks=[Narrowing()])
