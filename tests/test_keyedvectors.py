"""KeyedVectors: what test_keyedvectors_parity.py cannot compare, and what differs from gensim."""

import base64
import copy
import gc
import io
import pickle
import re
import sys
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest

import fastsgns
from fastsgns import keyedvectors
from fastsgns.io import keyed_file, native, word2vec_format
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.keyedvectors import KeyedVectors

WORDS = ["a", "b", "c", "d", "e", "f"]
ATTRIBUTES = {
    "vector_size",
    "index_to_key",
    "key_to_index",
    "vectors",
    "norms",
    "expandos",
    "next_index",
    "mapfile_path",
}


@pytest.fixture
def kv():
    kv = KeyedVectors(4)
    kv.add_vectors(WORDS, np.random.default_rng(0).standard_normal((6, 4)))
    for i, word in enumerate(WORDS):
        kv.set_vecattr(word, "count", 100 - i)
    return kv


def random_kv(n=2000, size=20, seed=0):
    kv = KeyedVectors(size)
    vectors = np.random.default_rng(seed).standard_normal((n, size))
    kv.add_vectors([f"w{i}" for i in range(n)], vectors)
    return kv


def same(found, wanted):
    assert type(found) is type(wanted)
    assert found.index_to_key == wanted.index_to_key
    assert [type(key) for key in found.index_to_key] == [type(k) for k in wanted.index_to_key]
    assert found.key_to_index == wanted.key_to_index
    assert found.vector_size == wanted.vector_size
    assert found.vectors.dtype == wanted.vectors.dtype
    assert np.array_equal(found.vectors, wanted.vectors)
    assert set(found.expandos) == set(wanted.expandos)
    for attr, values in wanted.expandos.items():
        assert found.expandos[attr].dtype == values.dtype
        assert all(np.array_equal(a, b) for a, b in zip(found.expandos[attr], values, strict=True))


def test_it_is_one_class():
    assert KeyedVectors.__mro__ == (KeyedVectors, object)


def test_instance_attributes_are_gensims(kv):
    assert set(vars(kv)) == ATTRIBUTES
    assert set(vars(KeyedVectors(3, 2))) == ATTRIBUTES


def test_an_object_can_be_rebuilt_from_its_attributes(kv):
    rebuilt = KeyedVectors.__new__(KeyedVectors)
    rebuilt.__dict__.update(vars(kv))
    assert rebuilt.most_similar("a") == kv.most_similar("a")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_it_pickles_and_copies(kv, protocol):
    kv.fill_norms()
    for again in (pickle.loads(pickle.dumps(kv, protocol)), copy.deepcopy(kv)):
        same(again, kv)
        again.vectors[0] = 0
        assert kv.vectors[0].any()


def test_vectors_looked_up_cannot_be_written_to(kv):
    with pytest.raises(ValueError, match="read-only"):
        kv["a"][0] = 1
    with pytest.raises(ValueError, match="read-only"):
        kv.get_vector("a", norm=True)[0] = 1
    kv.vectors[0] = 1
    assert kv["a"].tolist() == [1, 1, 1, 1]


# ---------------------------------------------------------------- queries


def naive(kv, query, n_rows=None):
    """Rank by the definition, in float64: [(key, cosine)], best first."""
    vectors = kv.vectors[:n_rows].astype(np.float64)
    cosines = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    order = np.argsort(-cosines, kind="stable")
    return [(kv.index_to_key[i], cosines[i]) for i in order]


@pytest.mark.parametrize("restrict", [None, 500])
@pytest.mark.parametrize("topn", [1, 10, 700, 5000])
def test_most_similar_ranks_by_cosine(topn, restrict):
    kv = random_kv()
    units = kv.get_normed_vectors().astype(np.float64)
    query = units[3] + units[8] - units[700]
    found = kv.most_similar(["w3", "w8"], ["w700"], topn=topn, restrict_vocab=restrict)
    wanted = [(k, s) for k, s in naive(kv, query, restrict) if k not in ("w3", "w8", "w700")]
    assert [key for key, _ in found] == [key for key, _ in wanted[:topn]]
    assert np.allclose([s for _, s in found], [s for _, s in wanted[:topn]], atol=1e-6)


def test_of_equal_similarities_the_lower_row_comes_first():
    kv = KeyedVectors(2)
    kv.add_vectors([str(i) for i in range(50)], np.tile([[1.0, 0.0], [0.0, 1.0]], (25, 1)))
    found = [key for key, _ in kv.most_similar("0", topn=30)]
    assert found == [str(i) for i in [*range(2, 50, 2), 1, 3, 5, 7, 9, 11]]


def test_keys_of_clipped_rows_are_right_when_counted_from_the_end(kv):
    everything = dict(kv.most_similar("a", topn=10))
    found = kv.most_similar("a", clip_start=-3)
    assert {key for key, _ in found} == {"d", "e", "f"}
    assert all(similarity == pytest.approx(everything[key]) for key, similarity in found)
    assert [key for key, _ in kv.most_similar("f", clip_start=-2)] == ["e"]


@pytest.mark.parametrize("queries", ["words", "rows", "vectors", "mixed"])
@pytest.mark.parametrize("restrict", [None, 300])
def test_most_similar_batch_answers_like_most_similar(queries, restrict, monkeypatch):
    kv = random_kv()
    batch = {
        "words": [f"w{i}" for i in range(250, 350)],
        "rows": list(range(40)),
        "vectors": kv.vectors[5:25] * 3,
        "mixed": ["w1", 2, kv.vectors[3], ("w4", 2.0)[0]],
    }[queries]
    wanted = [kv.most_similar([query], topn=7, restrict_vocab=restrict) for query in batch]
    for block in (1, 100_000, 1 << 26):
        monkeypatch.setattr("fastsgns.vectors.search.PACKED_NBYTES", block)
        found = kv.most_similar_batch(batch, topn=7, restrict_vocab=restrict)
        assert found == wanted


def test_most_similar_batch_of_little(kv):
    assert kv.most_similar_batch([]) == []
    assert kv.most_similar_batch(["a", "b"], topn=0) == [[], []]
    with pytest.raises(KeyError, match="missing"):
        kv.most_similar_batch(["a", "missing"])
    with pytest.raises(TypeError, match="must be a key, a vector or a pair"):
        kv.most_similar_batch([["a", "b"]])
    with pytest.raises(TypeError, match=r"topn must be an int or None, got 2\.5"):
        kv.most_similar_batch(["a"], topn=2.5)


def test_a_single_key_is_a_batch_of_one(kv):
    assert kv.most_similar_batch("abc"[:1], topn=3) == [kv.most_similar("a", topn=3)]
    assert kv.most_similar_batch(2, topn=3) == [kv.most_similar(2, topn=3)]


def test_a_batch_may_ask_for_analogies():
    kv = random_kv()
    pairs = [(["w1", "w2"], ["w3"]), ("w4", "w5"), ([("w6", 2.0), kv.vectors[7]], None)]
    wanted = [kv.most_similar(positive, negative, topn=5) for positive, negative in pairs]
    assert kv.most_similar_batch(pairs, topn=5) == wanted
    with pytest.raises(TypeError, match=r"a pair of a query is \(positive, negative\)"):
        kv.most_similar_batch([("w1", "w2", "w3")])


def test_keys_that_are_tuples_are_keys_in_a_batch():
    kv = KeyedVectors(2)
    kv.add_vectors(["a", ("a", "b"), "b"], np.array([[1, 0], [1, 1], [0, 1]]))
    wanted = kv.most_similar([(("a", "b"), 1.0)], topn=2)
    assert [key for key, _ in wanted] == ["a", "b"]
    assert kv.most_similar_batch([("a", "b")], topn=2) == [wanted]


def test_queries_of_a_batch_may_come_one_by_one(monkeypatch):
    kv = random_kv()
    monkeypatch.setattr("fastsgns.vectors.search.PACKED_NBYTES", 1)
    words = [f"w{i}" for i in range(9)]
    assert kv.most_similar_batch(iter(words), topn=4) == kv.most_similar_batch(words, topn=4)
    assert kv.most_similar_batch(dict.fromkeys(words), topn=4) == kv.most_similar_batch(words, 4)


def test_a_batch_gives_all_similarities():
    kv = random_kv()
    for words in (["w3", 5], [f"w{i}" for i in range(30)]):
        found = kv.most_similar_batch(words, topn=None, restrict_vocab=200)
        wanted = [kv.most_similar(word, topn=None, restrict_vocab=200) for word in words]
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert kv.most_similar_batch([], topn=None).shape == (0, len(kv))


def test_unknown_queries_of_a_batch_can_be_skipped_in_their_places(kv):
    batch = ["a", "missing", (["b"], ["gone"]), "c"]
    found = kv.most_similar_batch(batch, topn=2, unknown="skip")
    assert found == [kv.most_similar("a", topn=2), [], [], kv.most_similar("c", topn=2)]
    everything = kv.most_similar_batch(batch, topn=None, unknown="skip")
    assert np.isnan(everything).all(axis=1).tolist() == [False, True, True, False]
    with pytest.raises(KeyError, match="gone"):
        kv.most_similar_batch(batch[2:])
    with pytest.raises(ValueError, match="unknown must be 'error' or 'skip', got 'ignore'"):
        kv.most_similar_batch(batch, unknown="ignore")


def test_only_the_keys_asked_for_are_found():
    kv = random_kv()
    everything = kv.most_similar("w1", topn=len(kv))
    among = ["w9", "w1", "w300", "w4", "w9"]
    wanted = [pair for pair in everything if pair[0] in among]
    assert kv.most_similar("w1", among=among) == wanted
    assert kv.most_similar_batch(["w1"] * 6, among=among) == [wanted] * 6
    assert kv.most_similar("w1", among=among, topn=1) == wanted[:1]
    assert kv.most_similar("w1", among=among, restrict_vocab=100) == [
        pair for pair in wanted if pair[0] != "w300"
    ]
    in_order = kv.most_similar("w1", topn=None, among=iter(among))
    assert in_order.tolist() == kv.most_similar("w1", topn=None)[[9, 1, 300, 4]].tolist()
    assert kv.most_similar("w1", among=[]) == []
    with pytest.raises(KeyError, match="missing"):
        kv.most_similar("w1", among=["missing"])


def test_keys_can_be_left_out_of_the_answers():
    kv = random_kv()
    everything = kv.most_similar("w1", topn=len(kv))
    without = [key for key, _ in everything[:3]]
    assert kv.most_similar("w1", without=iter(without), topn=5) == everything[3:8]
    assert kv.most_similar("w1", without=without[0], topn=2) == everything[1:3]
    assert kv.most_similar_batch(["w1", "w1"], 5, without=without) == [everything[3:8]] * 2
    among = [key for key, _ in everything[1:6]]
    assert kv.most_similar("w1", among=among, without=without) == everything[3:6]


def test_answers_can_be_asked_to_be_similar():
    kv = random_kv()
    everything = kv.most_similar("w1", topn=len(kv))
    least = everything[6][1]
    assert kv.most_similar("w1", topn=100, min_similarity=least) == everything[:7]
    assert kv.most_similar("w1", topn=3, min_similarity=least) == everything[:3]
    assert kv.most_similar_batch(["w1"], 100, min_similarity=np.float32(least)) == [everything[:7]]
    assert kv.most_similar("w1", min_similarity=1.5) == []
    for filters in ({"min_similarity": 0.5}, {"without": ["w2"]}):
        with pytest.raises(ValueError, match="need a topn"):
            kv.most_similar("w1", topn=None, **filters)
    with pytest.raises(TypeError, match="min_similarity must be a number or None, got 'high'"):
        kv.most_similar("w1", min_similarity="high")
    with pytest.raises(ValueError, match="got nan"):
        kv.most_similar("w1", min_similarity=float("nan"))


def test_vectors_that_were_changed_or_replaced_are_searched_as_they_are():
    kv = random_kv()
    kv.fill_norms()
    kv.vectors[5] *= 40
    kv.vectors[6] = kv.vectors[1] * 3
    assert kv.most_similar("w1", topn=1) == [("w6", pytest.approx(1))]
    fresh = KeyedVectors(kv.vector_size)
    fresh.add_vectors(kv.index_to_key, kv.vectors)
    for ask in (
        lambda kv: kv.most_similar(["w1", "w5"], ["w6"]),
        lambda kv: kv.most_similar_batch(["w5", "w2"]),
        lambda kv: kv.most_similar_cosmul("w5"),
        lambda kv: kv.get_mean_vector(["w1", "w5"]).tolist(),
    ):
        assert ask(kv) == ask(fresh)
    kv.vectors = kv.vectors[::-1].copy()
    fresh.vectors = kv.vectors.copy()
    fresh.norms = None
    assert kv.most_similar(["w1", "w5"]) == fresh.most_similar(["w1", "w5"])


def test_analogies_are_answered_by_the_function_asked_for(tmp_path):
    kv = random_kv()
    rng = np.random.default_rng(0)
    questions, right = [], {"most_similar": 0, "most_similar_cosmul": 0}
    for a, b, c in rng.integers(0, len(kv), (60, 3)).tolist():
        answers = {
            name: getattr(kv, name)([f"w{b}", f"w{c}"], [f"w{a}"], topn=1)[0][0] for name in right
        }
        for name in right:
            right[name] += answers["most_similar_cosmul"] == answers[name]
        questions.append(f"w{a} w{b} w{c} {answers['most_similar_cosmul']}")
    (tmp_path / "q").write_text("\n".join([": all", *questions]))
    for name, n_right in right.items():
        score, _ = kv.evaluate_word_analogies(tmp_path / "q", similarity_function=name)
        assert score == n_right / 60
    assert right["most_similar"] < 60
    with pytest.raises(ValueError, match="similarity_function must be one of"):
        kv.evaluate_word_analogies(tmp_path / "q", similarity_function="3CosSum")


def test_cosmul_is_the_product_of_similarities(kv):
    def half(word):
        return (1 + kv.get_normed_vectors() @ kv.get_vector(word, norm=True)) / 2

    wanted = half("a") * half("b") / (half("c") + 1e-6)
    found = kv.most_similar_cosmul(["a", "b"], ["c"], topn=None)
    assert np.allclose(found, wanted, atol=1e-6)


def test_wmdistance_without_pot_is_an_import_error(kv, monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(ImportError):
        kv.wmdistance(["a"], ["b"])


DOCUMENTS = [
    (["a"], ["b"]),
    (["a", "c"], ["b", "missing", "b"]),
    (["a", "a", "b"], ["b", "c"]),
    (["a", "b"], ["b", "a"]),
    (["a"], ["a"]),
    (["a", "b", "c"], ["c", "d", "e"]),
    (["missing"], ["a"]),
    ([], ["a"]),
]


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("documents", DOCUMENTS)
def test_wmdistance_is_gensims(kv, documents, norm):
    pytest.importorskip("ot")
    gensim = pytest.importorskip("gensim")
    theirs = gensim.models.KeyedVectors(4)
    theirs.add_vectors(kv.index_to_key, kv.vectors)
    found, wanted = (x.wmdistance(*documents, norm=norm) for x in (kv, theirs))
    assert type(found) is float
    assert found == pytest.approx(wanted, abs=1e-6)


def test_wmdistance_of_words_with_the_same_vector_is_infinite_as_in_gensim():
    pytest.importorskip("ot")
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b"], np.ones((2, 2)))
    assert kv.wmdistance(["a"], ["b"]) == float("inf")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_wmdistance_to_vectors_that_are_not_finite_is_not_finite(value):
    pytest.importorskip("ot")
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b", "c"], np.array([[0, 1], [1, 0], [value, 0]]))
    assert not np.isfinite(kv.wmdistance(["a", "b"], ["c"], norm=False))
    assert np.isnan(kv.wmdistance(["a", "b"], ["c"]))
    assert kv.wmdistance(["a"], ["b"]) == pytest.approx(2**0.5)


def test_any_key_can_be_asked_for_in_a_list():
    kv = KeyedVectors(2)
    kv.add_vectors([b"x", 1.5, None, "a"], [[1, 0], [1, 0.1], [1, 0.2], [0, 1]])
    for key in (b"x", 1.5, None):
        found = kv.most_similar([key])
        assert {k for k, _ in found} == {b"x", 1.5, None, "a"} - {key}
    with pytest.raises(TypeError, match="must be a key, a vector or a pair"):
        kv.most_similar([2.5])


def test_vectors_of_zeros_are_as_far_as_those_at_a_right_angle():
    kv = KeyedVectors(2)
    kv.add_vectors(list("abcdef"), [[1, 0], [0, 0], [1, 1], [0, 0], [0, 1], [-1, 0]])
    assert [key for key, _ in kv.most_similar("a", topn=5)] == ["c", "b", "d", "e", "f"]


def test_cosines_of_matrices_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"got \(2,\) and \(3, 4\)"):
        KeyedVectors.cosine_similarities(np.ones(2), np.ones((3, 4)))


def test_attributes_of_keys_added_by_hand_are_unset(kv):
    kv.key_to_index["new"] = len(kv)
    kv.index_to_key.append("new")
    assert kv.get_vecattr("new", "count") == 0


# ---------------------------------------------------------------- native files


def odd_kv():
    kv = KeyedVectors(3, dtype=np.float64, mapfile_path="somewhere")
    keys = ["a", "ü", 7, None, b"x", ("t", 1), 2.5, True and "true"]
    kv.add_vectors(keys, np.random.default_rng(0).standard_normal((8, 3)))
    kv.allocate_vecattrs(["count", "note", "weight"], [int, str, float])
    kv.set_vecattr("a", "count", 5)
    kv.set_vecattr("a", "note", "text")
    kv.set_vecattr("ü", "note", None)
    kv.expandos["code"] = np.empty(8, dtype=object)
    for row in range(8):
        kv.expandos["code"][row] = np.arange(row, dtype=np.uint8)
    return kv


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_everything_is_saved(tmp_path, suffix):
    kv = odd_kv()
    kv.fill_norms()
    kv.vectors_lockf = np.ones(1, np.float32)
    kv.remark = {"of": ("some", 1)}
    kv.save(tmp_path / f"kv{suffix}")
    loaded = KeyedVectors.load(str(tmp_path / f"kv{suffix}"))
    same(loaded, kv)
    assert loaded.mapfile_path == "somewhere"
    assert loaded.remark == {"of": ("some", 1)}
    assert np.array_equal(loaded.norms, kv.norms)
    assert np.array_equal(loaded.vectors_lockf, kv.vectors_lockf)
    assert [event["event"] for event in loaded.lifecycle_events] == ["saving", "loaded"]
    assert set(vars(loaded)) == ATTRIBUTES | {"lifecycle_events", "vectors_lockf", "remark"}


def test_rows_allocated_ahead_survive_saving(tmp_path):
    kv = KeyedVectors(2, 3)
    kv.add_vector("a", [1, 2])
    kv.save(tmp_path / "kv")
    loaded = KeyedVectors.load(tmp_path / "kv")
    same(loaded, kv)
    assert loaded.next_index == 1
    assert loaded.add_vector("b", [3, 4]) == 1


def test_an_empty_object_is_saved(tmp_path):
    KeyedVectors(5).save(tmp_path / "kv")
    loaded = KeyedVectors.load(tmp_path / "kv")
    assert (len(loaded), loaded.vector_size, loaded.vectors.shape) == (0, 5, (0, 5))


def test_gensims_arguments_of_save_are_accepted(tmp_path, kv):
    path = tmp_path / "kv"
    kv.fill_norms()
    kv.save(str(path), separately=["vectors"], sep_limit=1, ignore=["norms"], pickle_protocol=2)
    kv.save(fname_or_handle=str(path), ignore={"norms", "expandos"})
    loaded = KeyedVectors.load(path)
    assert loaded.norms is None
    assert loaded.expandos is None
    assert [p.name for p in tmp_path.iterdir()] == ["kv"]
    with pytest.raises(TypeError, match="unexpected keyword"):
        kv.save(fname=str(path))


def test_vectors_can_be_left_out(tmp_path, kv):
    kv.save(tmp_path / "kv", ignore=["vectors"])
    loaded = KeyedVectors.load(tmp_path / "kv")
    assert loaded.vectors is None
    assert loaded.index_to_key == WORDS


def test_saving_to_an_open_file(kv, tmp_path):
    handle = io.BytesIO()
    kv.save(handle)
    (tmp_path / "kv").write_bytes(handle.getvalue())
    same(KeyedVectors.load(tmp_path / "kv"), kv)


def test_mapped_vectors_are_shared_and_answer(tmp_path, kv):
    kv.fill_norms()
    kv.save(tmp_path / "kv")
    mapped = KeyedVectors.load(tmp_path / "kv", mmap="r")
    assert isinstance(mapped.vectors, np.memmap)
    assert not mapped.vectors.flags.writeable
    assert isinstance(mapped.norms, np.memmap)
    assert mapped.most_similar("a") == kv.most_similar("a")
    assert np.array_equal(mapped["a"], kv["a"])
    mapped.set_vecattr("a", "count", 5)
    mapped.add_vectors(["new"], np.ones((1, 4)))
    assert len(mapped) == 7
    writable = KeyedVectors.load(tmp_path / "kv", mmap="c")
    writable.vectors[0] = 0
    same(KeyedVectors.load(tmp_path / "kv"), kv)


def test_a_subclass_loads_as_itself(tmp_path, kv):
    class Mine(KeyedVectors):
        pass

    kv.save(tmp_path / "kv")
    loaded = Mine.load(tmp_path / "kv")
    assert type(loaded) is Mine
    assert str(loaded) == "Mine<vector_size=4, 6 keys>"


@pytest.mark.parametrize("hs", [0, 1])
def test_the_file_of_a_model_gives_its_vectors(tmp_path, hs):
    sentences = [["a", "b", "c"], ["a", "b"], ["a", "d"]] * 5
    model = fastsgns.Word2Vec(sentences, vector_size=8, min_count=1, workers=1, hs=hs)
    model.save(tmp_path / "model")
    loaded = KeyedVectors.load(tmp_path / "model")
    assert type(loaded) is KeyedVectors
    assert loaded.index_to_key == model.wv.index_to_key
    assert loaded.key_to_index == model.wv.key_to_index
    assert np.array_equal(loaded.vectors, model.wv.vectors)
    assert loaded.get_vecattr("b", "count") == 10
    assert not hasattr(loaded, "syn1neg")
    assert not hasattr(loaded, "random_state")
    loaded.save(tmp_path / "vectors")
    same(KeyedVectors.load(tmp_path / "vectors"), loaded)


@pytest.mark.parametrize(
    ("header", "keys", "arrays"),
    [
        ({}, ["a"], {}),
        ({}, ["a"], {"vectors": np.zeros((2, 3))}),
        ({}, ["a"], {"vectors": np.zeros(3)}),
        ({}, ["a"], {"vectors": np.zeros((1, 3)), "count": np.zeros(2)}),
        ({"keyed_vectors": {}}, ["a"], {"vectors": np.zeros((1, 3))}),
        ({"keyed_vectors": {"plain": 5}}, ["a"], {"vectors": np.zeros((1, 3))}),
        ({"keyed_vectors": 5}, ["a"], {"vectors": np.zeros((1, 3))}),
        (
            {
                "keyed_vectors": {
                    "plain": {"save": 1},
                    "objects": {},
                    "none_is_key": 0,
                    "ignored": [],
                }
            },
            ["a"],
            {"vectors": np.zeros((1, 3))},
        ),
    ],
)
def test_native_files_of_something_else_are_format_errors(tmp_path, header, keys, arrays):
    native.write(tmp_path / "kv", header, keys, arrays)
    with pytest.raises(FormatError, match=re.escape(str(tmp_path / "kv"))):
        KeyedVectors.load(tmp_path / "kv")


def test_a_file_cannot_replace_methods(tmp_path, kv):
    header, keys, arrays = keyed_file.pack(vars(kv))
    for name in ("most_similar", "vocab", "__class__", "_norms"):
        for part in ("plain", "arrays"):
            bad_header = {**header, "plain": {**header["plain"]}}
            bad_arrays = dict(arrays)
            if part == "plain":
                bad_header["plain"][name] = "nothing"
            else:
                bad_arrays[name] = np.zeros(3)
            full = {"class": "KeyedVectors", "keyed_vectors": bad_header}
            native.write(tmp_path / "kv", full, keys, bad_arrays)
            with pytest.raises(FormatError, match=name):
                KeyedVectors.load(tmp_path / "kv")


@pytest.mark.parametrize("content", [b"hello", b"3 4\na 1 2 3 4\n", b"PK\x05\x06"])
def test_other_files_are_format_errors(tmp_path, content):
    (tmp_path / "kv").write_bytes(content)
    with pytest.raises(FormatError, match=re.escape(str(tmp_path / "kv"))):
        KeyedVectors.load(tmp_path / "kv")


def test_an_empty_file_is_a_truncated_file(tmp_path):
    (tmp_path / "kv").write_bytes(b"")
    with pytest.raises(TruncatedFileError):
        KeyedVectors.load(tmp_path / "kv")


class Hostile:
    def __reduce__(self):
        return (sys.exit, ("the pickle was executed",))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_never_executed_and_the_error_says_what_to_do(tmp_path, protocol):
    (tmp_path / "kv").write_bytes(pickle.dumps(Hostile(), protocol))
    with pytest.raises(FormatError, match=r"the pickle names sys\.exit.*set the attribute to"):
        KeyedVectors.load(tmp_path / "kv")


def test_what_cannot_be_saved_is_named(tmp_path, kv, caplog):
    kv.thing = object()
    kv.save(tmp_path / "kv")
    assert "attribute 'thing' is not saved" in caplog.text
    kv.save(tmp_path / "kv", ignore=["thing"])
    kv.expandos["odd"] = np.array([object()] * 6, dtype=object)
    with pytest.raises(TypeError, match=r"expandos\.odd"):
        kv.save(tmp_path / "kv", ignore=["thing"])


# What 0.x wrote when the class was put together from seven: compressed, and as base64.
DATA = Path(__file__).with_name("data")
OLD_PICKLE = (
    "eNp1kE9Lw0AQxZPY2moritBeRLzWS08eehAq9OZCBQ/eJKTJ1oQ2u2F3I60o1IPVwtw63v0ifjadJFL/YIckMJM3u+/3"
    "ZqXXnmPlBY2hp42+Ebo94lMe3HLfSKUR6ixrr77aJR4/4gO2oLISNEUaJ9O260vF23E6NpGnlDelTVdxXwptVOob2oRy"
    "rkSoiKCQLJFZT9izB/iMl9hiNnOYM8dwC8qBmSY8W3KGJ7h4Kf5vgH2K/X7//IMq/zDL4GDR27OsWZcozuihd3aGNIZa"
    "4dHV0R1H5kA9EgGfuEa6hIjXRGF7CHQ7s+fIYVvwiXFzDfmCOokybTEg5vCQWeERs1MCkSrWGFbDWgYQ7qzsU9NY9Krv"
    "B7tk462wUeWTxBOB1HlwZV+mwqzZ3Qcn6nzjhs1/YcvW78pvKQlp+PpjLzo/U7z/k2I3OzgLpGQoA6LnNEihHnvJMBpz"
    "N/FMiH3YVDz21Ig4wJFDhJKWMc/T0+mg/Qnj0OBs"
)


@pytest.mark.parametrize("form", ["pickle", "native-1.kv", "native-2.kv"])
def test_what_was_written_before_is_read(form):
    if form == "pickle":
        old = pickle.loads(zlib.decompress(base64.b64decode(OLD_PICKLE)))
    else:
        old = KeyedVectors.load(DATA / form)
    assert type(old) is KeyedVectors
    assert old.key_to_index == {"a": 0, ("b", 1): 1}
    assert old.vectors.tolist() == [[1, 2], [3, 4]]
    assert old.norms.tolist() == pytest.approx([5**0.5, 5.0])
    assert (old.get_vecattr("a", "count"), old.get_vecattr("a", "note")) == (5, "text")
    assert old.remark == {"of": ("some", 1)}
    assert old.most_similar("a") == [(("b", 1), pytest.approx(11 / 125**0.5))]


# ---------------------------------------------------------------- differs from gensim


def test_differs_from_gensim_true_is_row_1(kv):
    assert np.array_equal(kv[True], kv["b"])
    assert kv.most_similar(True) == kv.most_similar("b")


def test_differs_from_gensim_generators_and_tuples_of_weights_work(kv):
    wanted = kv.get_mean_vector(["a", "b"], weights=[1, 2])
    assert np.array_equal(kv.get_mean_vector((w for w in "ab"), weights=(1, 2)), wanted)
    assert kv.rank_by_centrality(w for w in "abc") == kv.rank_by_centrality(list("abc"))
    assert kv.n_similarity((w for w in "ab"), ["c"]) == kv.n_similarity(["a", "b"], ["c"])
    assert kv.most_similar_to_given("a", (w for w in "bc")) in "bc"


def test_differs_from_gensim_add_vector_knows_keys_that_are_there(kv):
    before = kv["a"].copy()
    assert kv.add_vector("a", np.ones(4)) == 0
    assert np.array_equal(kv["a"], before)
    assert len(kv) == 6
    ahead = KeyedVectors(1, 2)
    assert [ahead.add_vector(key, [1]) for key in "xxy"] == [0, 0, 1]
    assert ahead.index_to_key == ["x", "y"]


@pytest.mark.parametrize(
    ("keys", "weights", "extras"),
    [
        (["x"], np.ones((1, 3)), None),
        (["x", "y"], np.ones((1, 4)), None),
        (["x"], np.ones((2, 4)), None),
        (["x"], np.ones(4), None),
        ("x", np.ones(3), None),
        (["x"], np.ones((1, 4)), {"count": [1, 2]}),
        (["x", ["y"]], np.ones((2, 4)), None),
        (["x"], [["text"] * 4], None),
        (["x"], np.ones((1, 4)), {"count": ["text"]}),
    ],
)
def test_differs_from_gensim_a_failing_add_vectors_changes_nothing(kv, keys, weights, extras):
    before = copy.deepcopy(kv)
    with pytest.raises((ValueError, TypeError)):
        kv.add_vectors(keys, weights, extras=extras)
    same(kv, before)


def test_differs_from_gensim_most_similar_works_after_add_vectors(kv):
    kv.most_similar("a")
    kv.add_vectors(["x"], kv.vectors[:1] * 2)
    assert kv.most_similar("a", topn=1)[0] == ("x", pytest.approx(1))
    kv["x"] = kv.vectors[1] * 2
    assert kv.most_similar("b", topn=1)[0] == ("x", pytest.approx(1))
    ahead = KeyedVectors(2, 2)
    ahead.add_vector("a", [1, 0])
    ahead.fill_norms()
    ahead.add_vector("b", [2, 0])
    assert ahead.most_similar("a") == [("b", 1.0)]


def test_differs_from_gensim_attributes_grow_with_add_vectors(kv):
    kv.add_vectors(["x"], np.ones((1, 4)))
    assert kv.get_vecattr("x", "count") == 0
    kv.set_vecattr("x", "count", 7)
    assert kv.expandos["count"].tolist() == [100, 99, 98, 97, 96, 95, 7]


def test_differs_from_gensim_extras_of_add_vectors_work(kv):
    extras = {"count": [7, 8], "note": ["of a", "of x"], "weight": np.array([0.5, 1.5])}
    kv.add_vectors(["a", "x"], np.ones((2, 4)), extras=extras)
    assert kv.get_vecattr("x", "count") == 8
    assert kv.get_vecattr("x", "note") == "of x"
    assert kv.get_vecattr("x", "weight") == 1.5
    assert kv.get_vecattr("a", "count") == 100  # kept, like its vector
    kv.add_vectors(["a"], np.ones((1, 4)), extras={"count": [7]}, replace=True)
    assert kv.get_vecattr("a", "count") == 7
    assert kv.expandos["count"].dtype == np.int64


def test_differs_from_gensim_a_key_given_twice_gets_one_row(kv):
    kv.add_vectors(["x", "x"], np.array([[1] * 4, [2] * 4]))
    assert kv.index_to_key == [*WORDS, "x"]
    assert kv["x"].tolist() == [1] * 4
    kv.add_vectors(["y", "y"], np.array([[1] * 4, [2] * 4]), replace=True)
    assert kv["y"].tolist() == [2] * 4


def test_differs_from_gensim_lists_can_be_assigned_and_nothing_can_be_added(kv):
    kv["x"] = [1, 2, 3, 4]
    assert kv["x"].tolist() == [1, 2, 3, 4]
    kv.add_vectors([], [])
    kv.add_vectors((key for key in "yz"), np.ones((2, 4)))
    assert kv.index_to_key == [*WORDS, "x", "y", "z"]


def test_differs_from_gensim_sorting_again_changes_nothing():
    kv = KeyedVectors(2)
    kv.add_vectors(list("abcd"), np.arange(8).reshape(4, 2))
    for word, count in zip("abcd", (5, 9, 5, 9), strict=True):
        kv.set_vecattr(word, "count", count)
    kv.fill_norms()
    for _ in range(3):
        kv.sort_by_descending_frequency()
        assert kv.index_to_key == ["d", "b", "c", "a"]
        assert kv.key_to_index == {"d": 0, "b": 1, "c": 2, "a": 3}
        assert kv.expandos["count"].tolist() == [9, 9, 5, 5]
        kv.fill_norms()
        assert np.array_equal(kv.norms, np.linalg.norm(kv.vectors, axis=1))
        assert kv["a"].tolist() == [0, 1]


def test_differs_from_gensim_cosmul_restricts_the_vocabulary_and_knows_rows(kv):
    found = kv.most_similar_cosmul("f", restrict_vocab=3)
    assert {key for key, _ in found} == {"a", "b", "c"}
    assert len(kv.most_similar_cosmul("f", topn=None, restrict_vocab=2)) == 2
    assert kv.most_similar_cosmul(0) == kv.most_similar_cosmul("a")
    assert kv.most_similar_cosmul([0, np.int64(1)], [2]) == kv.most_similar_cosmul(
        ["a", "b"], ["c"]
    )


def test_differs_from_gensim_distances_to_an_array_of_words(kv):
    wanted = kv.distances("a", ["b", "c"])
    assert np.array_equal(kv.distances("a", np.array(["b", "c"])), wanted)


def test_differs_from_gensim_ranking_keys_of_several_types():
    kv = KeyedVectors(2)
    kv.add_vectors(["a", 1, ("b", 2)], np.ones((3, 2)))
    assert len(kv.rank_by_centrality(["a", 1, ("b", 2)])) == 3


def test_differs_from_gensim_bytes_attributes_are_kept_whole(kv):
    kv.set_vecattr("a", "raw", b"abc")
    assert kv.get_vecattr("a", "raw") == b"abc"


def test_differs_from_gensim_rows_as_keys_of_vectors_for_all(kv):
    chosen = kv.vectors_for_all([2, 0])
    assert chosen.key_to_index == {2: 0, 0: 1}
    assert np.array_equal(chosen.vectors, kv.vectors[[2, 0]])


def test_vectors_for_all_asks_a_subclass_for_keys_that_are_not_stored(kv):
    class Guessing(KeyedVectors):
        def __contains__(self, key):
            return True

        def get_vector(self, key, norm=False):
            known = KeyedVectors.__contains__(self, key)
            return super().get_vector(key, norm) if known else np.zeros(4, np.float32)

    guessing = Guessing.__new__(Guessing)
    guessing.__dict__.update(vars(kv))
    assert guessing.vectors_for_all(["a", "new"]).index_to_key == ["a", "new"]
    assert guessing.vectors_for_all(["a", "new"], allow_inference=False).index_to_key == ["a"]


def test_differs_from_gensim_repeated_words_leave_no_empty_rows(tmp_path, caplog):
    (tmp_path / "a").write_bytes(b"4 2\na 1 2\na 3 4\nb 5 6\na 7 8\n")
    kv = KeyedVectors.load_word2vec_format(tmp_path / "a")
    assert kv.index_to_key == ["a", "b"]
    assert kv.vectors.tolist() == [[1, 2], [5, 6]]
    assert kv.expandos["count"].tolist() == [2, 1]
    message = "duplicate word 'a' in word2vec file, ignoring all but first"
    assert [record.getMessage() for record in caplog.records] == [message] * 2


def test_differs_from_gensim_words_without_a_count_count_0(tmp_path, caplog):
    (tmp_path / "a").write_bytes(b"2 1\na 1\nb 2\n")
    (tmp_path / "counts").write_bytes(b"a 5\n")
    kv = KeyedVectors.load_word2vec_format(tmp_path / "a", tmp_path / "counts")
    assert kv.expandos["count"].tolist() == [5, 0]
    assert "vocabulary file is incomplete: 'b' is missing" in caplog.text


def test_differs_from_gensim_int_keys_are_written_once(tmp_path):
    kv = KeyedVectors(1)
    kv.add_vectors([0, 1, "x"], np.array([[5], [6], [7]]))
    kv.save_word2vec_format(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"3 1\n0 5.0\n1 6.0\nx 7.0\n"


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("locks", [None, [1.0], [1.0] * 6, [0.5, 0.25]])
def test_differs_from_gensim_intersect_word2vec_format_works(tmp_path, kv, binary, locks):
    before = kv.vectors.copy()
    new = np.arange(12, dtype=np.float32).reshape(3, 4)
    word2vec_format.write(tmp_path / "a", ["e", "other", "b"], new, binary=binary)
    if locks is not None:
        kv.vectors_lockf = np.array(locks, dtype=np.float32)
    kv.fill_norms()
    kv.intersect_word2vec_format(tmp_path / "a", lockf=0.75, binary=binary)
    assert np.array_equal(kv.vectors[[4, 1]], new[[0, 2]])
    assert np.array_equal(kv.vectors[[0, 2, 3, 5]], before[[0, 2, 3, 5]])
    wanted = np.resize(np.array(locks or [1.0], np.float32), 6)
    wanted[[4, 1]] = 0.75
    assert np.array_equal(kv.vectors_lockf, wanted)
    assert kv.index_to_key == WORDS
    kv.fill_norms()
    assert np.array_equal(kv.norms, np.linalg.norm(kv.vectors, axis=1))


def test_intersecting_with_vectors_of_another_size_changes_nothing(tmp_path, kv):
    before = kv.vectors.copy()
    (tmp_path / "a").write_bytes(b"1 2\na 1 2\n")
    with pytest.raises(ValueError, match="incompatible vector size 2"):
        kv.intersect_word2vec_format(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"2 4\na 1 2 3 4\nb 1 2 3\n")
    with pytest.raises(FormatError, match="line 3"):
        kv.intersect_word2vec_format(tmp_path / "a")
    assert np.array_equal(kv.vectors, before)


def test_differs_from_gensim_paths_are_accepted_everywhere(tmp_path, kv):
    kv.save(tmp_path / "native")
    kv.save_word2vec_format(tmp_path / "text", fvocab=tmp_path / "counts")
    assert KeyedVectors.load(tmp_path / "native").index_to_key == WORDS
    loaded = KeyedVectors.load_word2vec_format(tmp_path / "text", fvocab=tmp_path / "counts")
    assert loaded.expandos["count"].tolist() == kv.expandos["count"].tolist()


def test_keys_that_a_word2vec_file_cannot_hold_are_refused_before_anything_is_written(tmp_path):
    kv = KeyedVectors(1)
    kv.add_vectors(["new york", "b"], np.ones((2, 1)))
    kv.set_vecattr("b", "count", 5)
    with pytest.raises(ValueError, match="'new york' of row 0 cannot be written"):
        kv.save_word2vec_format(tmp_path / "a", tmp_path / "c", binary=True)
    assert not list(tmp_path.iterdir())
    kv.save_word2vec_format(tmp_path / "a", tmp_path / "c")
    back = KeyedVectors.load_word2vec_format(tmp_path / "a", tmp_path / "c")
    assert back.index_to_key == ["b", "new york"]
    assert back.expandos["count"].tolist() == [5, 0]


def test_events_are_noted_when_they_happen(kv):
    assert not hasattr(KeyedVectors(3), "x")
    kv.add_lifecycle_event("tested", detail=5)
    (event,) = kv.lifecycle_events
    assert event["event"] == "tested"
    assert event["detail"] == 5
    assert KeyedVectors(3).lifecycle_events is None


def test_the_module_has_gensims_names():
    assert keyedvectors.load_word2vec_format.__func__ is KeyedVectors.load_word2vec_format.__func__
    for name in keyedvectors.__all__:
        assert hasattr(keyedvectors, name)


# ---------------------------------------------------------------- nothing silently wrong


def test_vectors_of_zeros_stay_zeros_and_are_never_nan():
    kv = KeyedVectors(2)
    kv.add_vectors(["<pad>", "a", "b"], [[0, 0], [3, 4], [4, 3]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kv.get_vector("<pad>", norm=True).tolist() == [0, 0]
        assert kv.get_normed_vectors()[0].tolist() == [0, 0]
        assert np.allclose(kv.get_mean_vector(["a", "<pad>"]), [0.3, 0.4])
        assert kv.most_similar(["a", "<pad>"], topn=1)[0][0] == "b"
        assert kv.most_similar("<pad>") == [("a", 0.0), ("b", 0.0)]
        assert kv.most_similar_batch(["<pad>", "a"])[0] == [("a", 0.0), ("b", 0.0)]
        assert np.isfinite(kv.most_similar_cosmul("a", "<pad>", topn=None)).all()
        assert kv.distances("<pad>").tolist() == [1, 1, 1]
        assert kv.doesnt_match(["a", "b", "<pad>"]) == "<pad>"
        assert kv.similarity("<pad>", "a") == kv.n_similarity(["<pad>"], ["a"]) == 0
        assert KeyedVectors.cosine_similarities([0, 0], kv.vectors).tolist() == [0, 0, 0]
        kv.unit_normalize_all()
        assert np.allclose(kv.vectors, [[0, 0], [0.6, 0.8], [0.8, 0.6]])
        assert kv.norms.tolist() == [0, 1, 1]


@pytest.mark.parametrize("dtype", ["f2", "i1", "i4", "u2", "i8"])
def test_vectors_of_any_number_are_compared_as_float32_would_be(dtype):
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 100, (20, 30)).astype(dtype)
    narrow, wide = KeyedVectors(30, dtype=dtype), KeyedVectors(30)
    for kv in (narrow, wide):
        kv.add_vectors([f"w{i}" for i in range(20)], numbers)
    assert narrow.vectors.dtype == dtype
    for ask in (
        lambda kv: kv.most_similar(["w0", "w1"], topn=None),
        lambda kv: kv.distances("w3"),
        lambda kv: kv.get_mean_vector(["w1", "w2"]),
        lambda kv: kv.get_vector("w5", norm=True),
        lambda kv: kv.similarity("w0", "w1"),
        lambda kv: kv.n_similarity(["w0"], ["w1", "w2"]),
        lambda kv: kv.get_normed_vectors(),
    ):
        assert np.allclose(ask(narrow), ask(wide), atol=1e-5)
    narrow.unit_normalize_all()
    assert np.allclose(np.linalg.norm(narrow.vectors.astype("f4"), axis=1), 1, atol=2e-3)


@pytest.mark.parametrize("scale", [1e-30, 1e-22, 1e20, 1e30])
def test_lengths_neither_vanish_nor_overflow(scale):
    vectors = np.random.default_rng(0).standard_normal((6, 5)).astype("f4")
    plain, scaled = KeyedVectors(5), KeyedVectors(5)
    plain.add_vectors(list("abcdef"), vectors)
    scaled.add_vectors(list("abcdef"), vectors * np.float32(scale))
    for ask in (
        lambda kv: kv.most_similar("a", topn=None),
        lambda kv: kv.distances("b"),
        lambda kv: kv.similarity("a", "c"),
        lambda kv: kv.get_normed_vectors(),
    ):
        assert np.allclose(ask(scaled), ask(plain), atol=1e-4)


def test_vectors_that_are_assigned_have_lengths_of_their_own(kv):
    for change in (
        lambda: setattr(kv, "vectors", kv.vectors * np.arange(1, len(kv) + 1)[:, np.newaxis]),
        lambda: setattr(kv, "vectors", kv.vectors - kv.vectors.mean(axis=0)),
        lambda: kv.__setitem__("a", np.ones(kv.vector_size)),
        lambda: kv.add_vectors(["a", "b"], np.eye(2, kv.vector_size) * 9, replace=True),
        lambda: kv.resize_vectors(),
    ):
        kv.most_similar("a")
        change()
        found = kv.most_similar("a", topn=None)
        kv.fill_norms(force=True)
        assert np.array_equal(found, kv.most_similar("a", topn=None))


def test_known_keys_are_set_in_place(kv):
    before = kv.vectors
    kv["a"] = np.ones(kv.vector_size)
    kv[["b", "c"]] = np.ones((2, kv.vector_size))
    kv.add_vectors(["a"], np.zeros((1, kv.vector_size)), replace=True)
    assert kv.vectors is before
    assert kv["a"].tolist() == [0] * kv.vector_size
    kv.vectors.setflags(write=False)  # as those that are mapped
    kv["a"] = np.ones(kv.vector_size)
    assert kv["a"].tolist() == [1] * kv.vector_size


def test_numbers_are_rows_only_where_keys_are_none():
    kv = KeyedVectors(1)
    kv.add_vectors([10, 20, 5, 1], [[0], [1], [2], [3]])
    assert kv[1].tolist() == [3]
    for ask in (kv.get_index, kv.get_vector, kv.most_similar, kv.__getitem__, kv.distances):
        for key in (0, 2, 3, np.int64(2)):
            with pytest.raises(KeyError, match="not present"):
                ask(key)
    assert 2 not in kv and 20 in kv and kv.get_index(3, -5) == -5
    texts = KeyedVectors(1)
    texts.add_vectors(["a", "b"], [[0], [1]])
    assert texts[1].tolist() == [1] and 1 in texts


def test_a_tuple_that_is_a_key_is_a_key():
    kv = KeyedVectors(2)
    kv.add_vectors([("a", "b"), "a", "b", ("a", 2.0)], [[1, 0], [0, 1], [1, 1], [1, 2]])
    assert kv["a", "b"].tolist() == [1, 0]
    assert kv["b", "a"].tolist() == [[1, 1], [0, 1]]  # no key: two of them
    assert kv.most_similar(("a", "b"), topn=1)[0][0] == "b"
    assert (
        kv.most_similar([("a", 2.0)], topn=None).tolist()
        != kv.most_similar([("b", 2.0)], topn=None).tolist()
    )
    assert kv.similarity(("a", "b"), ("a", "b")) == 1
    assert kv.distances(("a", "b"))[0] == 0


def test_going_through_vectors_gives_their_keys(kv):
    assert list(kv) == kv.index_to_key
    assert [word for word in kv if word in kv] == kv.index_to_key
    assert repr(kv) == str(kv) == f"KeyedVectors<vector_size={kv.vector_size}, {len(kv)} keys>"


def test_an_unknown_key_names_those_like_it():
    kv = KeyedVectors(1)
    kv.add_vectors(["Paris", "parsley", "london"], np.ones((3, 1)))
    for ask in (kv.get_vector, kv.most_similar, lambda key: kv.similarity("london", key)):
        with pytest.raises(KeyError, match="In another case there is 'Paris'"):
            ask("paris")
    with pytest.raises(KeyError, match=r"present in vocabulary\. Spelled nearly so: 'parsley'"):
        kv.get_mean_vector(["parsly"], ignore_missing=False)


def by_hand(change):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b", "c"], [[1, 2], [3, 4], [5, 6]])
    kv.set_vecattr("a", "count", 5)
    change(kv)
    return kv


def append(kv):
    kv.key_to_index["<unk>"] = len(kv)
    kv.index_to_key.append("<unk>")
    kv.vectors = np.vstack([kv.vectors, np.ones((1, 2), np.float32)])


def cut(kv):
    kv.index_to_key = kv.index_to_key[:2]
    kv.key_to_index = {key: row for row, key in enumerate(kv.index_to_key)}
    kv.vectors = kv.vectors[:2]


def reorder(kv):
    kv.index_to_key.reverse()
    kv.key_to_index = {key: row for row, key in enumerate(kv.index_to_key)}
    kv.vectors = kv.vectors[::-1]


@pytest.mark.parametrize("change", [append, cut, reorder])
def test_a_vocabulary_that_was_changed_by_hand_is_saved_whole(tmp_path, change):
    def same(loaded):
        kv = by_hand(change)
        return {key: loaded[key].tolist() for key in loaded} == {
            key: kv[key].tolist() for key in kv
        }

    for chosen in ("native", "gensim"):
        by_hand(change).save(tmp_path / "k", format=chosen)
        assert same(KeyedVectors.load(tmp_path / "k"))
    for binary in (False, True):
        by_hand(change).save_word2vec_format(tmp_path / "v", tmp_path / "c", binary=binary)
        assert same(KeyedVectors.load_word2vec_format(tmp_path / "v", tmp_path / "c", binary))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda kv: kv.index_to_key.append("d"), "4 keys in index_to_key, but vectors has 3 rows"),
        (lambda kv: setattr(kv, "vectors", kv.vectors[:2]), "but vectors has 2 rows"),
        (lambda kv: kv.key_to_index.pop("b"), "not all of index_to_key are there"),
        (lambda kv: kv.key_to_index.update(d=3), "4 keys are there"),
        (lambda kv: kv.key_to_index.update(a=1), "'a' of row 0 has another there"),
        (lambda kv: kv.index_to_key.__setitem__(2, "b"), "key_to_index must have the row"),
    ],
)
def test_a_vocabulary_that_came_apart_is_not_saved(tmp_path, change, told):
    kv = by_hand(change)
    for save in (
        lambda: kv.save(tmp_path / "k"),
        lambda: kv.save(tmp_path / "k", format="gensim"),
        lambda: kv.save_word2vec_format(tmp_path / "k", tmp_path / "c"),
    ):
        with pytest.raises(ValueError, match=told):
            save()
    assert not list(tmp_path.iterdir())


def test_the_vectors_of_some_keys_take_little_memory_beside_them():
    kv = KeyedVectors(200)
    kv.add_vectors([str(i) for i in range(20000)], np.ones((20000, 200), np.float32))
    keys = [str(i) for i in range(0, 20000, 2)]
    tracemalloc.start()
    chosen = kv.vectors_for_all(keys)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * chosen.vectors.nbytes
    assert chosen.index_to_key == keys


# ---------------------------------------------------------------- a text is no list of keys

ASKED_WITH_A_TEXT = {
    "n_similarity": lambda kv, text: kv.n_similarity(["a"], text),
    "n_similarity, the first": lambda kv, text: kv.n_similarity(text, ["a"]),
    "doesnt_match": lambda kv, text: kv.doesnt_match(text),
    "rank_by_centrality": lambda kv, text: kv.rank_by_centrality(text),
    "most_similar_to_given": lambda kv, text: kv.most_similar_to_given("a", text),
    "wmdistance": lambda kv, text: kv.wmdistance(text, ["a"]),
    "wmdistance, the second": lambda kv, text: kv.wmdistance(["a"], text),
    "distances": lambda kv, text: kv.distances("a", text),
    "get_mean_vector": lambda kv, text: kv.get_mean_vector(text),
    "vectors_for_all": lambda kv, text: kv.vectors_for_all(text),
}


@pytest.mark.parametrize("asked", ASKED_WITH_A_TEXT.values(), ids=ASKED_WITH_A_TEXT)
@pytest.mark.parametrize(
    "text", ["ab c", "ad", "", b"ab"], ids=["words", "a word", "none", "bytes"]
)
def test_a_text_is_no_list_of_keys_and_the_error_says_what_is(asked, text):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b", "c"], np.eye(3, 2))
    with pytest.raises(TypeError, match=r"must be a list of keys, got the text .*\.split\(\)"):
        asked(kv, text)


@pytest.mark.parametrize("asked", ASKED_WITH_A_TEXT.values(), ids=ASKED_WITH_A_TEXT)
def test_a_text_whose_characters_are_all_keys_is_warned_of(asked):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b", "c"], np.eye(3, 2))
    with pytest.warns(UserWarning, match=r"must be a list of keys, got the text 'bc'.*are taken"):
        of_text = asked(kv, "bc")
    of_list = asked(kv, ["b", "c"])
    if isinstance(of_list, KeyedVectors):
        of_text, of_list = of_text.vectors, of_list.vectors
    assert np.array_equal(of_text, of_list)


def test_a_vector_of_zeros_is_relatively_similar_to_nothing():
    kv = KeyedVectors(2)
    kv.add_vectors(["zero", "a", "b"], np.array([[0, 0], [1, 2], [2, 1]], np.float32))
    assert kv.relative_cosine_similarity("zero", "a") == 0
    assert kv.relative_cosine_similarity("a", "zero") == 0


@pytest.mark.parametrize("key", [None, 1.5, slice(2), object()])
def test_what_is_neither_a_key_nor_several_is_named(key):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b"], np.eye(2))
    with pytest.raises(TypeError, match=r"a key is a str or an integer, .*got"):
        kv[key]


def test_bytes_are_one_key_and_not_the_numbers_of_rows():
    kv = KeyedVectors(2)
    kv.add_vectors([f"w{i}" for i in range(200)], np.ones((200, 2)))
    for asked in (
        lambda: kv[b"w1"],
        lambda: kv.similarity("w2", b"w1"),
        lambda: kv.most_similar_batch(b"w1"),
        lambda: kv.most_similar("w2", negative=b"w1"),
    ):
        with pytest.raises(KeyError, match="w1"):
            asked()
    kv[b"w1"] = [3, 4]
    assert kv[b"w1"].tolist() == [3, 4]


# ---- where Python keeps the attributes -----------------------------------------------------------


def grown():
    kv = KeyedVectors(3)
    kv.add_vectors(["a", "b"], np.ones((2, 3)))
    kv["c"] = np.ones(3)
    kv.set_vecattr("a", "count", 3)
    kv.most_similar("a")
    kv.sort_by_descending_frequency()
    kv.remove("a")
    return kv


def loaded(path, **options):
    grown().save(path, **options)
    return KeyedVectors.load(path)


def text_loaded(path):
    grown().save_word2vec_format(path)
    return KeyedVectors.load_word2vec_format(path)


def updated():
    model = fastsgns.Word2Vec([["a", "b", "c"]] * 3, min_count=1, vector_size=2)
    model.build_vocab([["x", "y"]], update=True)
    model.train([["x", "y"]], total_examples=1, epochs=1)
    return model


def model_loaded(path):
    updated().save(path)
    return fastsgns.Word2Vec.load(path)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has a dict for each object")
@pytest.mark.parametrize(
    "make",
    made := {
        "grown": lambda path: grown(),
        "chosen": lambda path: grown().vectors_for_all(["b"]),
        "narrow": lambda path: grown().astype("float16"),
        "loaded": loaded,
        "loaded from gensim's": lambda path: loaded(path, format="gensim"),
        "loaded from text": text_loaded,
        "copied": lambda path: copy.copy(grown()),
        "pickled": lambda path: pickle.loads(pickle.dumps(grown())),
        "trained": lambda path: updated().wv,
        "loaded with a model": lambda path: model_loaded(path).wv,
    }.values(),
    ids=made,
)
def test_attributes_are_where_python_finds_them_without_a_dict(make, tmp_path):
    kv = make(tmp_path / "saved")
    has_dict = [of for of in gc.get_referents(kv) if type(of) is dict and "key_to_index" in of]
    assert not has_dict
    if sys.version_info < (3, 13):
        vars(kv)  # makes one
        assert any(of is vars(kv) for of in gc.get_referents(kv))
