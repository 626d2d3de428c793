"""gensim's files: models of all its versions are loaded, and what is saved for it, it loads."""

from __future__ import annotations

import collections
import datetime
import io
import pathlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from processes import run_python

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.io import gensim_attributes, gensim_pickle, gensim_writer
from fastsgns.io.errors import FormatError, WrongClassError
from fastsgns.io.gensim_names import KEYED_VECTORS, WORD2VEC, stored_class

SENTENCES = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(30)]
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1, "sample": 0.05}
SETTINGS = {
    "skip-gram": {"sg": 1},
    "cbow": {},
    "tree": {"hs": 1, "negative": 0},
    "both": {"hs": 1, "sg": 1},
}
# What gensim keeps of its own bookkeeping, of older versions and of what it no longer reads.
NOT_OURS = {
    "__ignoreds",
    "__numpys",
    "__recursive_saveloads",
    "__scipys",
    "callbacks",
    "load_word2vec_format",
    "model_trimmed_post_training",
    "syn0_lockf",
    "syn0norm",
}
# What gensim leaves unset on loading an old model.
SET_HERE = {"comment", "compute_loss", "effective_min_count", "running_training_loss"}
ONLY_OURS = {"corpus", "corpus_cache", "history", "kernel", "progress", "shared_negatives"}


@pytest.fixture(scope="module")
def gensim():
    return pytest.importorskip("gensim", exc_type=ImportError)


@pytest.fixture(scope="module")
def test_data(gensim):
    folder = Path(gensim.__file__).parent / "test" / "test_data"
    if not (folder / "word2vec_3.3").exists():
        pytest.skip("gensim was installed without its test data")
    return folder


def stored_model_of(model):
    vectors = gensim_attributes.stored_vectors(vars(model.wv))
    return gensim_attributes.stored_model(vars(model), vectors)


def train_on(model):
    return model.train(SENTENCES, total_examples=30, epochs=2, start_alpha=0.01)


def check_same_vectors(ours, theirs):
    assert ours.index_to_key == theirs.index_to_key
    assert ours.key_to_index == theirs.key_to_index
    assert np.array_equal(ours.vectors, theirs.vectors)
    assert ours.vectors.dtype == theirs.vectors.dtype
    assert ours.vector_size == theirs.vectors.shape[1]
    assert set(ours.expandos) == set(theirs.expandos)
    for name, values in theirs.expandos.items():
        assert [np.asarray(v).tolist() for v in ours.expandos[name]] == [
            np.asarray(v).tolist() for v in values
        ]
    if len(ours) > 1:
        key = ours.index_to_key[0]
        one, other = ours.most_similar(key, topn=5), theirs.most_similar(key, topn=5)
        assert [k for k, _ in one] == [k for k, _ in other]
        np.testing.assert_allclose([s for _, s in one], [s for _, s in other], atol=1e-6)


def check_same_model(ours, theirs):
    check_same_vectors(ours.wv, theirs.wv)
    names = {name for name in vars(ours) if not name.startswith("_")}
    left = NOT_OURS | SET_HERE | (set() if theirs.negative else {"cum_table"})
    assert names - ONLY_OURS - left == set(vars(theirs)) - left
    for name, value in vars(theirs).items():
        if name in NOT_OURS | {"lifecycle_events", "wv", "load", "hashfxn", "random"}:
            continue
        mine = getattr(ours, name, None)
        if isinstance(value, np.ndarray):
            assert np.array_equal(mine, value) and mine.dtype == value.dtype, name
        else:
            assert mine == value, name
    if isinstance(theirs.random, np.random.RandomState):
        assert ours.random.randint(2**31) == theirs.random.randint(2**31)


# ---- models of all ages --------------------------------------------------------------------------

OLD_MODELS = [
    *(f"old_w2v_models/w2v_{v}.mdl" for v in ("0.13.4", "1.0.0", "1.0.1", "2.0.0", "2.1.0")),
    *(f"old_w2v_models/w2v_{v}.mdl" for v in ("2.2.0", "2.3.0", "3.0.0", "3.1.0", "3.2.0")),
    *(f"old_w2v_models/w2v_{v}.mdl" for v in ("3.3.0", "3.4.0")),
    "word2vec_3.3",
    "word2vec_old",
    "word2vec_old_sep",
    "model-from-gensim-3.8.0.w2v",
]
# gensim 4 itself fails on these, from before there was a KeyedVectors.
OLDER_MODELS = [
    *(f"old_w2v_models/w2v_0.12.{n}.mdl" for n in range(5)),
    *(f"old_w2v_models/w2v_0.13.{n}.mdl" for n in range(4)),
    "w2v-lee-v0.12.0",
    *(f"word2vec_pre_kv_{kind}" for kind in ("py2", "py3", "py3_4")),
    *(f"word2vec_pre_kv_sep_{kind}" for kind in ("py2", "py3", "py3_4")),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of gensim, about its old models
@pytest.mark.parametrize("name", OLD_MODELS)
def test_an_old_model_is_loaded_as_gensim_loads_it(gensim, test_data, name):
    ours = Word2Vec.load(test_data / name)
    theirs = gensim.models.Word2Vec.load(str(test_data / name))
    check_same_model(ours, theirs)
    vectors = KeyedVectors.load(test_data / name)
    assert type(vectors) is KeyedVectors
    check_same_vectors(vectors, theirs.wv)


@pytest.mark.parametrize("name", OLD_MODELS + OLDER_MODELS)
def test_an_old_model_trains_on_and_is_saved(test_data, name, tmp_path):
    model = Word2Vec.load(test_data / name)
    words = model.wv.index_to_key
    assert len(words) >= 3 and model.wv.get_vecattr(words[0], "count") >= 1
    before = model.wv.vectors.copy()
    model.sample = 0
    model.train([words] * 20, total_examples=20, epochs=2)
    assert not np.array_equal(model.wv.vectors, before)
    model.build_vocab([["new", words[0]]] * 10, update=True)
    assert "new" in model.wv
    for form in ("native", "gensim"):
        model.save(tmp_path / form, format=form)
        assert np.array_equal(Word2Vec.load(tmp_path / form).wv.vectors, model.wv.vectors)


def test_old_vectors_are_loaded_as_gensim_loads_them(gensim, test_data):
    name = test_data / "old_keyedvectors_320.dat"
    check_same_vectors(KeyedVectors.load(name), gensim.models.KeyedVectors.load(str(name)))


@pytest.mark.parametrize("name", ["ft_kv_3.6.0.model.gz", "doc2vec_old", "d2v-lee-v0.13.0"])
def test_models_of_other_kinds_are_refused_by_name(test_data, name):
    for load in (Word2Vec.load, KeyedVectors.load):
        with pytest.raises(FormatError, match=r"names gensim\.models\..*save_word2vec_format"):
            load(test_data / name)


SAVED = {
    "plain": ("m", {}),
    "beside": ("m", {"sep_limit": 1}),
    "gz": ("m.gz", {"sep_limit": 1}),
    "bz2": ("m.bz2", {"sep_limit": 1}),
    "xz": ("m.xz", {"sep_limit": 1}),
    "named": ("m", {"separately": ["syn1neg", "syn1"]}),
    **{f"protocol {p}": ("m", {"pickle_protocol": p}) for p in (0, 1, 2, 3, 5)},
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("saved", SAVED)
def test_what_gensim_saves_is_loaded(gensim, tmp_path, saved, setting):
    theirs = gensim.models.Word2Vec(SENTENCES, comment="c", **OPTIONS | SETTINGS[setting])
    name, options = SAVED[saved]
    theirs.save(str(tmp_path / name), **options)
    check_same_model(Word2Vec.load(tmp_path / name), theirs)
    theirs.wv.save(str(tmp_path / f"kv{name}"), **options)
    check_same_vectors(KeyedVectors.load(tmp_path / f"kv{name}"), theirs.wv)
    with pytest.raises(WrongClassError, match=r"holds a gensim.*KeyedVectors\.load reads it"):
        Word2Vec.load(tmp_path / f"kv{name}")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_gensims_user_pickled_is_loaded(gensim, tmp_path, protocol):
    theirs = gensim.models.Word2Vec(SENTENCES, **OPTIONS)
    (tmp_path / "m").write_bytes(pickle.dumps(theirs, protocol))
    check_same_model(Word2Vec.load(tmp_path / "m"), theirs)
    check_same_model(Word2Vec.load(io.BytesIO(pickle.dumps(theirs, protocol))), theirs)


@pytest.mark.parametrize("mmap", ["r", "c"])
def test_mapped_arrays_of_gensims_are_trained_on_a_copy(gensim, tmp_path, mmap):
    gensim.models.Word2Vec(SENTENCES, **OPTIONS).save(str(tmp_path / "m"), sep_limit=1)
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    model = Word2Vec.load(tmp_path / "m", mmap=mmap)
    assert isinstance(model.wv.vectors, np.memmap) and isinstance(model.syn1neg, np.memmap)
    other = Word2Vec.load(tmp_path / "m")
    train_on(model)
    train_on(other)
    assert np.array_equal(model.wv.vectors, other.wv.vectors)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files


@pytest.mark.usefixtures("exact_process")
@pytest.mark.parametrize("setting", SETTINGS)
def test_gensims_training_goes_on_bit_by_bit(tmp_path, setting):
    """With its own arithmetic, a model that gensim saved trains on as it would have there."""
    import gensim

    theirs = gensim.models.Word2Vec(SENTENCES, **OPTIONS | SETTINGS[setting])
    theirs.save(str(tmp_path / "m"))
    ours = Word2Vec.load(tmp_path / "m")
    ours.kernel = "blas"
    assert train_on(theirs) == train_on(ours)
    check_same_vectors(ours.wv, theirs.wv)
    for name in ("syn1neg", "syn1"):
        assert hasattr(ours, name) == hasattr(theirs, name)
        np.testing.assert_array_equal(getattr(ours, name, None), getattr(theirs, name, None))


def test_a_model_that_gensim_only_built_or_made_is_loaded(gensim, tmp_path):
    theirs = gensim.models.Word2Vec(**OPTIONS)
    theirs.save(str(tmp_path / "made"))
    theirs.build_vocab(SENTENCES)
    theirs.save(str(tmp_path / "built"))
    made = Word2Vec.load(tmp_path / "made")
    assert len(made.wv) == 0 and made.vector_size == 8
    made.build_vocab(SENTENCES)
    built = Word2Vec.load(tmp_path / "built")
    assert train_on(built)[1] == train_on(made)[1] == 720


def test_what_gensim_left_out_is_none(gensim, tmp_path):
    gensim.models.Word2Vec(SENTENCES, **OPTIONS).save(
        str(tmp_path / "m"), ignore=["syn1neg", "vectors"]
    )
    model = Word2Vec.load(tmp_path / "m")
    assert model.syn1neg is None and model.wv.vectors is None


def test_keys_that_gensim_added_without_attributes_are_loaded(gensim, tmp_path):
    theirs = gensim.models.Word2Vec(SENTENCES, **OPTIONS).wv
    theirs.add_vectors(["new"], np.ones((1, 8), np.float32))
    theirs.norms = None
    theirs.save(str(tmp_path / "kv"))
    ours = KeyedVectors.load(tmp_path / "kv")
    assert ours.get_vecattr("new", "count") == 0
    found, wanted = (kv.most_similar("new", topn=2) for kv in (ours, theirs))
    assert [key for key, _ in found] == [key for key, _ in wanted]
    # The last bits of a sum are gensim's BLAS' own.
    assert [score for _, score in found] == pytest.approx([score for _, score in wanted], abs=1e-6)
    ours.add_vectors(["newer"], np.ones((1, 8)))
    assert ours.get_index("newer") == 12


def test_rows_that_gensim_allocated_ahead_are_loaded(gensim, tmp_path):
    theirs = gensim.models.KeyedVectors(3, count=4)
    theirs.add_vector("a", np.ones(3))
    theirs.save(str(tmp_path / "kv"))
    ours = KeyedVectors.load(tmp_path / "kv")
    assert (len(ours), ours.next_index, ours.add_vector("b", np.ones(3))) == (4, 1, 1)


# ---- subclasses ----------------------------------------------------------------------------------


class Mine(Word2Vec):
    def __init__(self, flavour, **options):
        self.flavour = flavour
        super().__init__(**options)


class MyVectors(KeyedVectors):
    pass


def pickled_subclass(cls, base, **attributes) -> bytes:
    """Pickle a model of gensim's as a subclass of the same name does, without gensim."""
    model = Word2Vec(SENTENCES, **OPTIONS)
    of_gensim = (
        stored_model_of(model)
        if base is WORD2VEC
        else gensim_attributes.stored_vectors(vars(model.wv))
    )
    stored = stored_class(f"{cls.__module__}.{cls.__qualname__}", "own")()
    vars(stored).update(vars(of_gensim) | attributes)
    file = io.BytesIO()
    gensim_writer.write(file, stored)
    return file.getvalue()


def test_a_subclass_in_a_file_is_loaded_by_that_class():
    data = pickled_subclass(Mine, WORD2VEC, flavour="sweet")
    model = Mine.load(io.BytesIO(data))
    assert type(model) is Mine and model.flavour == "sweet" and train_on(model)[1] == 720
    with pytest.raises(FormatError, match=r"Mine, which is not on the list.*derives from"):
        Word2Vec.load(io.BytesIO(data))
    data = pickled_subclass(MyVectors, KEYED_VECTORS, flavour="sour")
    vectors = MyVectors.load(io.BytesIO(data))
    assert type(vectors) is MyVectors and vectors.flavour == "sour" and "w1" in vectors


@pytest.mark.parametrize(
    "name", ["train", "save", "_encode", "_unfinished", "corpus", "build_vocab"]
)
def test_a_file_cannot_replace_what_a_model_does(name):
    with pytest.raises(FormatError, match=f"'{name}' is no attribute"):
        Mine.load(io.BytesIO(pickled_subclass(Mine, WORD2VEC, **{name: "x"})))


@pytest.mark.parametrize("name", ["most_similar", "save", "_norms", "vocab_of"])
def test_a_file_cannot_replace_what_vectors_do(name):
    data = pickled_subclass(MyVectors, KEYED_VECTORS, **{name: "x"})
    if name == "vocab_of":  # no attribute of the class: a plain value of the user's
        assert MyVectors.load(io.BytesIO(data)).vocab_of == "x"
        return
    with pytest.raises(FormatError, match=f"'{name}' is no attribute"):
        MyVectors.load(io.BytesIO(data))


def with_keys(keys):
    attributes = dict(vars(Word2Vec(SENTENCES, **OPTIONS).wv))
    attributes |= {"index_to_key": keys, "key_to_index": {key: i for i, key in enumerate(keys)}}
    return gensim_attributes.stored_vectors(attributes)


@pytest.mark.parametrize(
    "change",
    [
        {"syn1neg": np.zeros((3, 8), np.float32)},
        {"vector_size": "8"},
        {"vector_size": 9},
        {"vector_size": 8.0},
        {"wv": 5},
        {"wv": with_keys(["w1"] * 11)},
        {"lifecycle_events": 5},
        {"raw_vocab": 5},
        {"seed": -5, "random": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_parts_that_do_not_fit_are_format_errors(change):
    stored = stored_model_of(Word2Vec(SENTENCES, **OPTIONS))
    vars(stored).update(change)
    file = io.BytesIO()
    gensim_writer.write(file, stored)
    file.seek(0)
    with pytest.raises(FormatError):
        Word2Vec.load(file)


@pytest.mark.parametrize("keys", [["a", "b"], [3, "b"], ["a", None]], ids=repr)
def test_rows_that_were_left_out_are_made_of_the_keys(keys):
    kv = KeyedVectors(2, 2)
    kv.index_to_key = keys
    stored = gensim_attributes.stored_vectors(vars(kv))
    del vars(stored)["key_to_index"]
    file = io.BytesIO()
    gensim_writer.write(file, stored)
    file.seek(0)
    rows = {key: row for row, key in enumerate(keys) if key is not None}
    assert KeyedVectors.load(file).key_to_index == rows


@pytest.mark.parametrize("form", ["native", "gensim"])
@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ([0, 1, 2], {}),
        ([0, 1, "tag"], {"tag": 2}),
        (["tag", 1, 0], {"tag": 0, 0: 2}),
        ([0, 1, None], {1: 1}),
        ([0, True, "x"], {"x": 2}),
    ],
    ids=repr,
)
def test_numbers_of_rows_that_are_keys_need_no_row_of_their_own(tmp_path, keys, rows, form):
    """gensim leaves out the integer tags of document vectors."""
    kv = KeyedVectors(2, 3)
    kv.index_to_key, kv.vectors = keys, np.arange(6, dtype=np.float32).reshape(3, 2)
    stored = gensim_attributes.stored_vectors(vars(kv) | {"key_to_index": rows})
    with (tmp_path / "kv").open("wb") as file:
        gensim_writer.write(file, stored)
    loaded = KeyedVectors.load(tmp_path / "kv")
    assert loaded.index_to_key == keys
    wanted = {key: row for row, key in enumerate(keys) if key is not None}
    assert loaded.key_to_index == wanted
    loaded.save(tmp_path / "again", format=form)
    again = KeyedVectors.load(tmp_path / "again")
    assert (again.index_to_key, again.key_to_index) == (keys, wanted)
    again.add_vectors(keys[:1], [[7, 7]], replace=True)
    assert len(again) == 3 and again[keys[0]].tolist() == [7, 7]


def test_document_vectors_with_integer_tags_are_loaded_and_saved(gensim, tmp_path):
    docs = [gensim.models.doc2vec.TaggedDocument(["a", "b"] * 3, [i]) for i in range(5)]
    docs.append(gensim.models.doc2vec.TaggedDocument(["a"], ["doc", 6]))
    theirs = gensim.models.Doc2Vec(docs, vector_size=4, min_count=1, epochs=1).dv
    assert theirs.key_to_index == {"doc": 7}
    theirs.save(str(tmp_path / "theirs"))
    loaded = [KeyedVectors.load(tmp_path / "theirs"), KeyedVectors.__new__(KeyedVectors)]
    loaded[1].__setstate__(dict(vars(theirs)))  # as where a pickle of gensim's is read as ours
    for number, ours in enumerate(loaded):
        assert ours.index_to_key == [0, 1, 2, 3, 4, 5, 6, "doc"]
        for form in ("native", "gensim"):
            path = tmp_path / f"ours.{number}.{form}"
            ours.save(path, format=form)
            again = KeyedVectors.load(path)
            assert again.key_to_index == {key: row for row, key in enumerate(ours.index_to_key)}
            assert np.array_equal(again.vectors, theirs.vectors)
        back = gensim.models.KeyedVectors.load(str(path))
        for key in (3, 6, "doc"):
            assert back.most_similar(key, topn=3) == theirs.most_similar(key, topn=3)
            assert back.get_index(key) == ours.get_index(key) == theirs.get_index(key)
        ours.save_word2vec_format(tmp_path / "text")
        assert (tmp_path / "text").read_text().count("\n") == 9


@pytest.mark.parametrize(
    "change",
    [
        {"vectors": np.zeros((3, 8), np.float32)},
        {"vectors": np.zeros(11, np.float32)},
        {"vectors": "none"},
        {"index_to_key": 5},
        {"key_to_index": {"w1": 11}},
        {"key_to_index": {"w1": "x"}},
        {"key_to_index": []},
        {"expandos": {"count": np.zeros(12)}},
        {"expandos": {"count": [1] * 11}},
        {"expandos": 5},
        {"vectors_lockf": 5},
    ],
    ids=repr,
)
def test_vectors_that_do_not_fit_are_format_errors(change):
    stored = gensim_attributes.stored_vectors(vars(Word2Vec(SENTENCES, **OPTIONS).wv))
    vars(stored).update(change)
    file = io.BytesIO()
    gensim_writer.write(file, stored)
    file.seek(0)
    with pytest.raises(FormatError):
        KeyedVectors.load(file)


NO_STATE = np.zeros(624, np.uint32)


class HostileState:
    """Pickles as a RandomState that has drawn so many numbers."""

    def __init__(self, position, key=NO_STATE):
        self.state = ("MT19937", key, position, 0, 0.0)

    def __reduce__(self):
        return (np.random.RandomState().__reduce__()[0], ("MT19937",), self.state)


@pytest.mark.parametrize("state", [(10**6,), (-1,), (1, np.zeros(3, np.uint32)), (1, None)])
def test_a_state_of_the_generator_that_would_read_beyond_its_end_is_refused(state):
    stored = stored_model_of(Word2Vec(SENTENCES, **OPTIONS))
    vars(stored)["random"] = HostileState(*state)
    file = io.BytesIO()
    gensim_writer.write(file, stored)
    file.seek(0)
    with pytest.raises(FormatError, match="MT19937"):
        Word2Vec.load(file)


# ---- for gensim ----------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("saved", SAVED)
def test_what_is_saved_for_gensim_it_loads_and_trains(gensim, tmp_path, saved, setting):
    ours = Word2Vec(SENTENCES, comment="c", **OPTIONS | SETTINGS[setting])
    name, options = SAVED[saved]
    ours.save(tmp_path / name, format="gensim", **options)
    theirs = gensim.models.Word2Vec.load(str(tmp_path / name))
    assert type(theirs) is gensim.models.Word2Vec
    assert type(theirs.wv) is gensim.models.KeyedVectors
    check_same_model(ours, theirs)
    theirs = gensim.models.Word2Vec.load(str(tmp_path / name))
    check_same_model(Word2Vec.load(tmp_path / name), theirs)
    assert theirs.train(SENTENCES, total_examples=30, epochs=2)[1] == 720
    with pytest.raises(AttributeError):
        theirs.load(str(tmp_path / name))
    ours.wv.save(tmp_path / f"kv{name}", format="gensim", **options)
    check_same_vectors(ours.wv, gensim.models.KeyedVectors.load(str(tmp_path / f"kv{name}")))


def test_files_for_gensim_are_named_as_gensims(gensim, tmp_path):
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    ours = Word2Vec(SENTENCES, **OPTIONS | {"hs": 1})
    theirs = gensim.models.Word2Vec(SENTENCES, **OPTIONS | {"hs": 1})
    for name in ("m", "m.gz", "m.bz2"):
        ours.save(tmp_path / "ours" / name, sep_limit=1, format="gensim")
        theirs.save(str(tmp_path / "theirs" / name), sep_limit=1)
    names = [sorted(p.name for p in (tmp_path / who).iterdir()) for who in ("ours", "theirs")]
    assert set(names[1]) - set(names[0]) == {"m.wv.vectors_lockf.npy"} - set(names[0])
    loaded = gensim.models.Word2Vec.load(str(tmp_path / "ours" / "m"))
    assert set(vars(loaded)) == set(vars(gensim.models.Word2Vec.load(str(tmp_path / "theirs/m"))))


def test_gensim_maps_what_is_saved_for_it(gensim, tmp_path):
    Word2Vec(SENTENCES, **OPTIONS).save(tmp_path / "m", sep_limit=1, format="gensim")
    theirs = gensim.models.Word2Vec.load(str(tmp_path / "m"), mmap="r")
    assert isinstance(theirs.wv.vectors, np.memmap)


def test_models_are_saved_for_gensim_where_there_is_none(tmp_path):
    code = """
import sys
sys.modules["gensim"] = None
from fastsgns import Word2Vec
model = Word2Vec([["a", "b"]] * 20, vector_size=4, min_count=1, workers=1)
model.save(sys.argv[1], format="gensim", sep_limit=1)
print(Word2Vec.load(sys.argv[1]).wv.index_to_key)
"""
    assert run_python("-c", code, tmp_path / "m").stdout == "['b', 'a']\n"


def test_python_unpickles_what_is_saved_for_gensim(gensim):
    model = Word2Vec(SENTENCES, **OPTIONS)
    file = io.BytesIO()
    model.save(file, format="gensim")
    theirs = pickle.loads(file.getvalue())
    assert np.array_equal(theirs.wv.vectors, model.wv.vectors)


def test_what_only_the_users_program_knows_is_saved_for_gensim_too(gensim, tmp_path):
    model = Mine("sweet", sentences=SENTENCES, **OPTIONS)
    model.save(tmp_path / "m", format="gensim")
    assert gensim.models.Word2Vec.load(str(tmp_path / "m")).flavour == "sweet"
    model.act = lambda: 0
    with pytest.raises(TypeError, match=r"ignore=\['act'\]"):
        model.save(tmp_path / "m", format="gensim")
    model.save(tmp_path / "m", format="gensim", ignore=["act", "syn1neg"])
    theirs = gensim.models.Word2Vec.load(str(tmp_path / "m"))
    assert theirs.act is None and theirs.syn1neg is None


class Graph:
    """What a program may hang on a model, and no file may bring to life."""


@pytest.mark.parametrize("what", ["model", "vectors"])
def test_attributes_are_kept_or_named_in_a_warning(gensim, tmp_path, what, caplog):
    model = Word2Vec(SENTENCES, **OPTIONS)
    saved = model if what == "model" else model.wv
    kept = {
        "counter": collections.Counter("banana"),
        "home": pathlib.PurePosixPath("a/b"),
        "made": datetime.datetime(2024, 5, 17),
        "share": np.float32(0.5),
        "by_word": collections.defaultdict(list, a=[1]),
        "drawn": np.random.RandomState(3),
    }
    vars(saved).update(kept, graph=Graph())
    with pytest.warns(UserWarning, match=r"'graph' is left out.*Graph") as warned:
        saved.save(tmp_path / "m", format="gensim")
    assert len(warned) == 1 and warned[0].filename == __file__
    assert any("'graph' is left out" in record.getMessage() for record in caplog.records)
    theirs = gensim.models.Word2Vec if what == "model" else gensim.models.KeyedVectors
    for loaded in (type(saved).load(tmp_path / "m"), theirs.load(str(tmp_path / "m"))):
        assert loaded.graph is None
        for name, value in kept.items():
            found = getattr(loaded, name)
            assert type(found) is type(value)
            assert name == "drawn" or found == value
        assert loaded.by_word["new"] == [] and loaded.drawn.random() == kept["drawn"].random()
        kept["drawn"] = np.random.RandomState(3)


def test_keys_that_cannot_be_read_again_are_refused_before_anything_is_written(tmp_path):
    Point = collections.namedtuple("Point", "x y")
    model = Word2Vec([[Point(1, 2), Point(3, 4)]] * 9, **OPTIONS)
    for saved in (model, model.wv):
        with pytest.raises(TypeError, match=r"key Point\(x=\d, y=\d\) cannot be"):
            saved.save(tmp_path / "m", format="gensim", sep_limit=1)
    assert not list(tmp_path.iterdir())


def test_loaded_models_have_gensims_attributes_and_no_more_than_the_file(gensim, tmp_path):
    theirs = gensim.models.Word2Vec(SENTENCES, **OPTIONS)
    theirs.save(str(tmp_path / "m"))
    loaded = Word2Vec.load(tmp_path / "m")
    assert (
        vars(loaded.wv).keys() == vars(gensim.models.Word2Vec.load(str(tmp_path / "m")).wv).keys()
    )
    del theirs.wv.mapfile_path  # of gensim 4.0
    theirs.save(str(tmp_path / "m"))
    again = Word2Vec.load(tmp_path / "m")
    assert not hasattr(again.wv, "mapfile_path")
    for kind in ("gensim", "native"):
        again.save(tmp_path / "again", format=kind)
        assert Word2Vec.load(tmp_path / "again").wv.most_similar("w1") == again.wv.most_similar(
            "w1"
        )
        again.wv.save(tmp_path / "again", format=kind)
        assert "w1" in KeyedVectors.load(tmp_path / "again")


def test_a_mapped_model_is_saved_for_gensim(gensim, tmp_path):
    Word2Vec(SENTENCES, **OPTIONS).save(tmp_path / "native")
    model = Word2Vec.load(tmp_path / "native", mmap="r")
    model.save(tmp_path / "m", format="gensim")
    check_same_model(model, gensim.models.Word2Vec.load(str(tmp_path / "m")))


@pytest.mark.parametrize("part", ["wv", "hashfxn", "lifecycle_events"])
def test_a_part_may_be_left_out_of_what_gensim_reads(tmp_path, part):
    model = Word2Vec(SENTENCES, **OPTIONS)
    model.save(tmp_path / "m", format="gensim", ignore=[part])
    stored = gensim_pickle.read(tmp_path / "m")
    assert getattr(stored, part, None) is None
    if part == "wv":
        with pytest.raises(FormatError, match="m: "):
            Word2Vec.load(tmp_path / "m")
    else:
        assert Word2Vec.load(tmp_path / "m").wv.index_to_key == model.wv.index_to_key


def test_a_model_without_a_diary_is_saved_and_loaded(tmp_path):
    model = Word2Vec(SENTENCES, **OPTIONS)
    model.lifecycle_events = None
    model.save(tmp_path / "m", format="gensim")
    assert Word2Vec.load(tmp_path / "m").lifecycle_events is None


def test_formats_are_three(tmp_path):
    model = Word2Vec(SENTENCES, **OPTIONS)
    for save in (model.save, model.wv.save):
        with pytest.raises(ValueError, match="format must be 'native', 'gensim' or 'safetensors'"):
            save(tmp_path / "m", format="json")
    assert not list(tmp_path.iterdir())
