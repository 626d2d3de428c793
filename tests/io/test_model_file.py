"""Saving a model and loading it: all of it comes back, and a damaged file never becomes a model."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from processes import run_python

from fastsgns import EncodedCorpus, KeyedVectors, LineSentence, PathLineSentences, Word2Vec
from fastsgns._core import KERNEL_NAMES, available_kernels
from fastsgns.io import native
from fastsgns.io.errors import FormatError

SENTENCES = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(30)]
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1, "sample": 0.05}
SETTINGS = {
    "skip-gram": {"sg": 1},
    "cbow": {},
    "tree": {"hs": 1, "negative": 0},
    "both": {"hs": 1, "sg": 1},
}


def trained(**options) -> Word2Vec:
    return Word2Vec(SENTENCES, **OPTIONS | options)


def weights(model: Word2Vec) -> list[bytes]:
    names = ("syn1neg", "syn1")
    return [model.wv.vectors.tobytes()] + [
        getattr(model, name).tobytes() for name in names if hasattr(model, name)
    ]


def train_on(model: Word2Vec) -> None:
    model.train(SENTENCES, total_examples=30, epochs=2, start_alpha=0.01)


def check_same(one: Word2Vec, other: Word2Vec) -> None:
    """Compare everything that a model has, but its diary, corpus and hash function."""
    left = {"lifecycle_events", "corpus", "hashfxn", "wv", "random"}
    names = {name for name in vars(one) if not name.startswith("_")} - left
    assert names == {name for name in vars(other) if not name.startswith("_")} - left
    for name in names:
        mine, loaded = getattr(one, name), getattr(other, name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == loaded.dtype and np.array_equal(mine, loaded), name
        else:
            assert type(mine) is type(loaded) and mine == loaded, name
    assert set(vars(one.wv)) == set(vars(other.wv))
    assert one.wv.index_to_key == other.wv.index_to_key
    assert one.wv.key_to_index == other.wv.key_to_index
    assert one.wv.next_index == other.wv.next_index
    assert one.wv.vector_size == other.wv.vector_size
    for name in ("vectors", "vectors_lockf"):
        mine, loaded = getattr(one.wv, name), getattr(other.wv, name)
        assert mine.dtype == loaded.dtype and np.array_equal(mine, loaded)
    assert set(one.wv.expandos) == set(other.wv.expandos)
    for name, mine in one.wv.expandos.items():
        loaded = other.wv.expandos[name]
        assert mine.dtype == loaded.dtype
        for a, b in zip(mine, loaded, strict=True):
            assert np.array_equal(a, b), name
    assert one.random.randint(0, 2**30, 5).tolist() == other.random.randint(0, 2**30, 5).tolist()


# ---- there and back ------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("kind", [str, Path])
def test_all_of_a_model_comes_back(tmp_path, setting, kind):
    model = trained(compute_loss=True, comment="mine", **SETTINGS[setting])
    model.save(kind(tmp_path / "model"))
    check_same(model, Word2Vec.load(kind(tmp_path / "model")))


def test_parameters_that_are_not_the_defaults_come_back(tmp_path):
    model = Word2Vec(
        SENTENCES, None, 5, 0.1, 3, 2, 10**6, 2.5, 42, 2, 0.01, 1, 1, 3, 0.5, 0, hash, 2, 1, None,
        0, 77, True, (), ["a", 1], 10**6, False, kernel="blas", shared_negatives=True,
        progress=False,
    )  # fmt: skip
    model.save(tmp_path / "model")
    check_same(model, Word2Vec.load(tmp_path / "model"))


@pytest.mark.parametrize(
    "comment",
    [
        None,
        "text",
        "ünï\ud83d\ude00code",
        5,
        1.5,
        True,
        ["a", 1],
        {"a": [1, None]},
        ("a", 1),
        {1: 2},
    ],
    ids=repr,
)
def test_a_comment_comes_back(tmp_path, comment):
    model = trained(comment=comment)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model").comment
    assert loaded == comment and type(loaded) is type(comment)


def test_a_model_that_is_only_built_comes_back_and_trains(tmp_path):
    model = Word2Vec(**OPTIONS)
    model.build_vocab(SENTENCES)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    for one in (model, loaded):
        one.train(SENTENCES, total_examples=30, epochs=2)
    assert weights(model) == weights(loaded)


def test_a_model_without_a_vocabulary_comes_back(tmp_path):
    Word2Vec(vector_size=5, sg=1).save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert (loaded.vector_size, loaded.sg, len(loaded.wv)) == (5, 1, 0)
    loaded.build_vocab(SENTENCES, min_count=1)
    assert loaded.train(epochs=1)[1] == 360


@pytest.mark.parametrize("kernel", available_kernels())
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("mmap", [None, "r", "c"])
def test_training_on_after_a_load_is_training_on_without_it(tmp_path, kernel, setting, mmap):
    model = trained(kernel=kernel, **SETTINGS[setting])
    model.save(tmp_path / "model")
    on_disk = (tmp_path / "model").read_bytes()
    loaded = Word2Vec.load(tmp_path / "model", mmap=mmap)
    train_on(model)
    train_on(loaded)
    assert weights(model) == weights(loaded)
    assert model.random.randint(0, 10**9) == loaded.random.randint(0, 10**9)
    assert [e["epoch"] for e in loaded.history] == [e["epoch"] for e in model.history]
    assert (tmp_path / "model").read_bytes() == on_disk  # a map was not written through


@pytest.mark.parametrize("kernel", ["auto", *available_kernels()])
@pytest.mark.parametrize("shared_negatives", ["auto", True, False])
def test_kernel_and_shared_negatives_come_back_as_they_were_given(
    tmp_path, kernel, shared_negatives
):
    model = Word2Vec(kernel=kernel, shared_negatives=shared_negatives)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert (loaded.kernel, loaded.shared_negatives) == (kernel, shared_negatives)
    assert type(loaded.shared_negatives) is type(shared_negatives)


@pytest.mark.parametrize("name", sorted(set(KERNEL_NAMES) - set(available_kernels())))
def test_a_model_of_a_kernel_that_is_not_to_be_had_loads_and_says_so_when_it_trains(tmp_path, name):
    """It may come from another machine; its vectors are as good here."""
    model = trained()
    model.kernel = name
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.wv.most_similar("w1")
    before = weights(loaded)
    with pytest.raises(RuntimeError, match=f"lacks the kernel '{name}'"):
        train_on(loaded)
    assert weights(loaded) == before
    loaded.kernel = "auto"
    train_on(loaded)
    assert weights(loaded) != before


def test_an_update_after_a_load_is_an_update_without_it(tmp_path):
    model = trained(hs=1)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    for one in (model, loaded):
        one.build_vocab([["new", "words", "w1", "new"]] * 3, update=True)
        one.train(epochs=2)
    assert model.wv.index_to_key == loaded.wv.index_to_key
    assert weights(model) == weights(loaded)


def test_a_mapped_model_is_read_from_the_file_until_it_is_trained(tmp_path):
    model = trained()
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model", mmap="r")
    assert isinstance(loaded.wv.vectors, np.memmap) and not loaded.wv.vectors.flags.writeable
    assert isinstance(loaded.syn1neg, np.memmap)
    assert loaded.wv.most_similar("w1") == model.wv.most_similar("w1")
    train_on(loaded)
    assert loaded.wv.vectors.flags.writeable and loaded.syn1neg.flags.writeable


def test_a_mapped_model_can_be_saved_over_its_own_file(tmp_path):
    trained().save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model", mmap="r")
    before = weights(loaded)
    loaded.save(tmp_path / "model")
    assert weights(loaded) == before
    assert weights(Word2Vec.load(tmp_path / "model")) == before


def test_the_corpus_is_not_saved(tmp_path):
    model = trained()
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.corpus is None and model.corpus is not None
    with pytest.raises(ValueError, match="total_examples or total_words"):
        loaded.train()


def test_an_interruption_is_not_saved(tmp_path):
    model = trained(epochs=1)
    model.epochs = 4
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    loaded.build_vocab(SENTENCES)
    assert loaded.train()[1] == 4 * 360


def test_the_hash_function_is_not_saved(tmp_path):
    trained(hashfxn=lambda key: 5).save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").hashfxn is hash


KEYS = [
    "plain", "", " ", "ünï", "a\nb", "\0", "\ud800", 5, -(2**70), b"bytes\xff", None, 2.5, True,
    ("a", 1), (1, ("b", None)), float("inf"),
]  # fmt: skip


def test_keys_of_any_kind_come_back(tmp_path):
    model = Word2Vec([KEYS] * 3, **OPTIONS)
    assert len(model.wv) == len(KEYS)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.wv.index_to_key == model.wv.index_to_key
    assert [type(k) for k in loaded.wv.index_to_key] == [type(k) for k in model.wv.index_to_key]
    assert loaded.wv.key_to_index == model.wv.key_to_index


def test_a_key_that_cannot_be_saved_is_a_type_error_that_names_it_and_nothing_is_written(tmp_path):
    class Odd:
        def __repr__(self):
            return "the odd one"

    model = Word2Vec([["a", Odd()]] * 3, **OPTIONS)
    with pytest.raises(TypeError, match="the odd one"):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_attributes_of_the_users_keys_come_back(tmp_path):
    model = trained()
    for i, key in enumerate(model.wv.index_to_key):
        model.wv.set_vecattr(key, "rank", i)
        model.wv.set_vecattr(key, "weight", i / 2)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.wv.get_vecattr("w1", "rank") == model.wv.get_vecattr("w1", "rank")
    assert loaded.wv.expandos["weight"].tolist() == model.wv.expandos["weight"].tolist()


def test_arrays_of_the_users_own_come_back(tmp_path):
    model = trained()
    model.topics = np.arange(6.0).reshape(2, 3)
    model.wv.colours = np.arange(3)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert np.array_equal(loaded.topics, model.topics)
    assert np.array_equal(loaded.wv.colours, model.wv.colours)
    assert np.array_equal(KeyedVectors.load(tmp_path / "model").colours, model.wv.colours)


def test_keys_that_were_added_to_the_vectors_come_back_with_the_model(tmp_path):
    """They have no output vectors."""
    model = trained()
    model.wv.add_vectors(["new", "newer"], np.ones((2, 8)))
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.wv.index_to_key == model.wv.index_to_key
    assert len(loaded.syn1neg) == len(model.syn1neg) == len(model.wv) - 2


def test_lock_factors_come_back_writeable(tmp_path):
    model = trained()
    model.wv.vectors_lockf = np.linspace(0, 1, 11, dtype=np.float32)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model", mmap="r")
    assert np.array_equal(loaded.wv.vectors_lockf, model.wv.vectors_lockf)
    loaded.wv.vectors_lockf[3] = 0.5


@pytest.mark.parametrize("name", ["vectors_lockf", "syn1neg", "cum_table"])
def test_what_a_model_lacks_it_lacks_after_loading(tmp_path, name):
    model = trained()
    delattr(model.wv if name == "vectors_lockf" else model, name)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert getattr(loaded.wv if name == "vectors_lockf" else loaded, name, None) is None


def test_numbers_of_numpy_are_saved_as_plain_ones(tmp_path):
    model = trained(seed=np.int64(3), epochs=np.int32(2))
    model.min_count = np.int64(1)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert (loaded.seed, loaded.epochs, loaded.min_count) == (3, 2, 1)


def test_a_subclass_loads_as_itself(tmp_path):
    class Mine(Word2Vec):
        pass

    Mine(SENTENCES, **OPTIONS).save(tmp_path / "model")
    assert type(Mine.load(tmp_path / "model")) is Mine
    assert type(Word2Vec.load(tmp_path / "model")) is Word2Vec


def test_other_processes_load_it(tmp_path):
    model = trained()
    model.save(tmp_path / "model")
    code = (
        "import sys; from fastsgns import Word2Vec; m = Word2Vec.load(sys.argv[1]);"
        "print(m, float(m.wv['w1'][0]))"
    )
    run = run_python("-c", code, tmp_path / "model")
    assert run.stdout.strip() == f"{model} {float(model.wv['w1'][0])}"


def test_numpy_reads_the_arrays_without_pickle(tmp_path):
    model = trained(hs=1)
    model.save(tmp_path / "model")
    with np.load(tmp_path / "model", allow_pickle=False) as arrays:
        assert np.array_equal(arrays["vectors"], model.wv.vectors)
        assert np.array_equal(arrays["syn1neg"], model.syn1neg)
        assert np.array_equal(arrays["syn1"], model.syn1)
    with zipfile.ZipFile(tmp_path / "model") as archive:
        assert json.loads(archive.read("header.json"))["class"] == "Word2Vec"
        assert b"cnumpy" not in archive.read("header.json")


def test_saving_twice_gives_a_file_of_the_same_model(tmp_path):
    model = trained()
    model.save(tmp_path / "one")
    model.save(tmp_path / "other")
    check_same(Word2Vec.load(tmp_path / "one"), Word2Vec.load(tmp_path / "other"))


def test_saving_changes_nothing_but_the_diary(tmp_path):
    model = trained()
    twin = copy.deepcopy(model)
    model.save(tmp_path / "model")
    check_same(model, twin)
    assert model.lifecycle_events[-1]["event"] == "saving"


# ---- a save that fails ---------------------------------------------------------------------------


def test_when_saving_fails_the_old_file_is_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "model"
    trained().save(path)
    before = path.read_bytes()
    model = trained(seed=2)
    original = native.npy.write
    calls = []

    def failing(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return original(*args, **kwargs)

    monkeypatch.setattr(native.npy, "write", failing)
    with pytest.raises(OSError, match="No space left"):
        model.save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["model"]  # no temporary file is left
    model.save(path)
    assert weights(Word2Vec.load(path)) == weights(model)


def test_a_value_that_json_cannot_hold_is_a_type_error_and_the_old_file_stays(tmp_path):
    path = tmp_path / "model"
    model = trained()
    model.save(path)
    before = path.read_bytes()
    model.comment = object()
    with pytest.raises(TypeError, match=r"header|comment|object"):
        model.save(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        trained().save(tmp_path / "nowhere" / "model")


# ---- what is no model ----------------------------------------------------------------------------


def rewritten(path: Path, change) -> Path:
    """Write the file again after `change(header, keys, arrays)`, which returns what it changed."""
    header, keys, arrays = native.read(path, None)
    header = {k: v for k, v in header.items() if k not in ("format", "version")}
    parts = {"header": header, "keys": keys, "arrays": dict(arrays)}
    parts |= change(**copy.deepcopy(parts))
    native.write(path, parts["header"], parts["keys"], parts["arrays"])
    return path


def without(mapping, key):
    return {k: v for k, v in mapping.items() if k != key}


def emptied(arrays):
    return {n: a if n == "random_state" else a[:0] for n, a in arrays.items()}


def with_parameter(header, **changes):
    return {"header": header | {"parameters": header["parameters"] | changes}}


@pytest.mark.parametrize(
    "change",
    [
        lambda header, keys, arrays: {"header": without(header, "class")},
        lambda header, keys, arrays: {"header": header | {"class": "KeyedVectors"}},
        lambda header, keys, arrays: {"header": without(header, "parameters")},
        lambda header, keys, arrays: {"header": header | {"parameters": [1, 2]}},
        lambda header, keys, arrays: {"header": without(header, "random")},
        lambda header, keys, arrays: {"header": header | {"random": ["MT19937", 1]}},
        lambda header, keys, arrays: {"header": header | {"random": ["PCG64", 1, 0, 0.0]}},
        lambda header, keys, arrays: {"header": header | {"random": 5}},
        lambda header, keys, arrays: {"arrays": without(arrays, "vectors")},
        lambda header, keys, arrays: {"arrays": without(arrays, "random_state")},
        lambda header, keys, arrays: {"arrays": arrays | {"random_state": np.zeros(3, np.uint32)}},
        lambda header, keys, arrays: {"keys": keys[:-1]},
        lambda header, keys, arrays: {"keys": [*keys, "more"]},
        lambda header, keys, arrays: {"keys": [keys[0]] * len(keys)},
        lambda header, keys, arrays: {"arrays": arrays | {"vectors": arrays["vectors"][:, :-1]}},
        lambda header, keys, arrays: {"arrays": arrays | {"vectors": arrays["vectors"][0]}},
        lambda header, keys, arrays: {"arrays": arrays | {"syn1neg": arrays["syn1neg"][:-1]}},
        lambda header, keys, arrays: {"arrays": arrays | {"count": arrays["count"][:-1]}},
        lambda header, keys, arrays: {"arrays": arrays | {"sample_int": arrays["sample_int"][:2]}},
        lambda header, keys, arrays: {"arrays": arrays | {"cum_table": arrays["cum_table"][:2]}},
        lambda header, keys, arrays: with_parameter(header, vector_size="x"),
        lambda header, keys, arrays: with_parameter(header, vector_size=-1),
        lambda header, keys, arrays: with_parameter(header, vector_size=99),
        lambda header, keys, arrays: with_parameter(header, vector_size="x")
        | {"keys": [], "arrays": emptied(arrays)},
        lambda header, keys, arrays: {
            "arrays": arrays | {"vectors": np.full((len(keys), 8), "1")}
        },
        lambda header, keys, arrays: {"header": header | {"own": {"alpha": 1}}},
        lambda header, keys, arrays: {"arrays": arrays | {"own.alpha": np.zeros(3)}},
    ],
    ids=[
        "no class", "another class", "no parameters", "a list of parameters", "no random",
        "short random", "another generator", "random is a number", "no vectors", "no random state",
        "short random state", "a key too few", "a key too many", "one key again and again",
        "narrow vectors", "vectors of one dimension", "short syn1neg", "short counts",
        "short sample_int", "short cum_table", "vector_size a text", "vector_size negative",
        "vector_size another", "vector_size a text, without words", "vectors of text",
        "own value twice", "own array twice",
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_together_is_a_format_error_that_names_it(tmp_path, change):
    path = tmp_path / "model"
    trained().save(path)
    rewritten(path, change)
    with pytest.raises(FormatError, match="model"):
        Word2Vec.load(path)


@pytest.mark.parametrize("name", ["train", "__class__", "_unfinished", "corpus", "wv", "made_up"])
def test_a_file_sets_no_attribute_that_is_not_a_parameter(tmp_path, name):
    path = tmp_path / "model"
    trained().save(path)
    rewritten(path, lambda header, keys, arrays: with_parameter(header, **{name: 5}))
    try:
        loaded = Word2Vec.load(path)
    except FormatError:
        return
    assert getattr(loaded, name, None) != 5


def test_another_class_is_a_format_error_that_says_who_reads_it(tmp_path):
    trained().wv.save(tmp_path / "vectors")
    with pytest.raises(FormatError, match=r"vectors.*KeyedVectors"):
        Word2Vec.load(tmp_path / "vectors")
    assert isinstance(KeyedVectors.load(tmp_path / "vectors"), KeyedVectors)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", b"not a model at all", b"\x80\x04\x95pickle", b"PK\x05\x06" + bytes(18)],
)
def test_what_is_no_model_file_is_a_format_error_that_names_it(tmp_path, data):
    path = tmp_path / "thing"
    path.write_bytes(data)
    with pytest.raises(FormatError, match="thing"):
        Word2Vec.load(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_cut_short_is_a_format_error(tmp_path, share):
    path = tmp_path / "model"
    trained().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(FormatError, match="model"):
        Word2Vec.load(path)


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Word2Vec.load(tmp_path / "nowhere")


@pytest.mark.parametrize("mmap", ["w", "x", 5])
def test_an_unknown_way_of_mapping_is_an_error(tmp_path, mmap):
    trained().save(tmp_path / "model")
    with pytest.raises((ValueError, TypeError)):
        Word2Vec.load(tmp_path / "model", mmap=mmap)


# ---- the vectors of a model's file ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["syn1neg", "syn1"])
def test_vectors_are_loaded_from_a_model_whose_output_layer_is_damaged(tmp_path, name):
    model = trained(hs=1)
    path = tmp_path / "m"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo(f"{name}.npy").header_offset
    data = bytearray(path.read_bytes())
    data[at + 400] ^= 1
    path.write_bytes(data)
    with pytest.raises(FormatError, match=name):
        Word2Vec.load(path)
    assert np.array_equal(KeyedVectors.load(path).vectors, model.wv.vectors)


@pytest.mark.parametrize("names", [["syn1neg"], ["syn1"], ["syn1neg", "syn1"]])
def test_vectors_are_loaded_from_gensims_files_without_the_output_layer(tmp_path, names):
    model = trained(hs=1)
    for name in ("m", "m.gz"):
        model.save(tmp_path / name, format="gensim", sep_limit=1)
        for array in names:
            (tmp_path / f"{name}.{array}.{'npz' if 'gz' in name else 'npy'}").unlink()
        with pytest.raises(FileNotFoundError, match="syn1"):
            Word2Vec.load(tmp_path / name)
        assert np.array_equal(KeyedVectors.load(tmp_path / name).vectors, model.wv.vectors)


def test_files_in_the_home_folder_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    model = trained()
    for chosen in ("native", "gensim"):
        model.save("~/m", format=chosen, sep_limit=1)
        for mmap in (None, "r"):
            assert len(Word2Vec.load("~/m", mmap=mmap).wv) == len(model.wv)
            assert len(KeyedVectors.load("~/m", mmap=mmap)) == len(model.wv)
    corpus = EncodedCorpus.from_sentences([["a", "b"]])
    corpus.save("~/corpus")
    assert list(EncodedCorpus.open("~/corpus")) == [["a", "b"]]
    (tmp_path / "text").write_bytes(b"a b\n")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "1").write_bytes(b"a b\n")
    for given in ("~/text", "~/texts", "~/te*t", "~/texts/*"):
        assert EncodedCorpus.from_file(given).n_raw_words == 2
    assert list(PathLineSentences("~/texts")) == list(LineSentence("~/text")) == [["a", "b"]]
    assert sorted(path.name for path in tmp_path.iterdir() if "~" in path.name) == []


# ---- gensim's arguments --------------------------------------------------------------------------


def test_an_open_file_is_written_and_read():
    model = trained()
    file = io.BytesIO()
    model.save(file)
    file.seek(0)
    check_same(model, Word2Vec.load(file))
    for what in (model, model.wv):
        file = io.BytesIO(b"before")
        file.seek(6)
        what.save(file)
        file.seek(6)
        assert type(what).load(file).__class__ is type(what)
        file.seek(6)
        with pytest.raises(OSError, match="mapped"):
            type(what).load(file, mmap="r")
    with pytest.raises(FormatError, match="the file: not a file"):
        Word2Vec.load(io.BytesIO(b"nothing of the kind"))
    with pytest.raises(TypeError, match="path"):
        Word2Vec.load(5)


def test_what_is_to_be_ignored_is_none_after_loading(tmp_path):
    model = trained(comment="c", hs=1)
    model.save(tmp_path / "m", ignore=["syn1neg", "comment", "vectors", "alpha", "expandos", "no"])
    loaded = Word2Vec.load(tmp_path / "m")
    assert loaded.syn1neg is loaded.comment is loaded.wv.vectors is loaded.alpha is None
    assert loaded.wv.expandos is None and np.array_equal(loaded.syn1, model.syn1)
    assert model.syn1neg is not None and model.wv.vectors is not None
    with pytest.raises(ValueError, match="without its vectors"):
        model.save(tmp_path / "m", ignore=["wv"])


def test_gensims_arguments_change_nothing_of_the_native_file(tmp_path):
    model = trained()
    model.save(tmp_path / "m", ["syn1neg"], 1, frozenset(), 2)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    check_same(model, Word2Vec.load(tmp_path / "m", None, rethrow=True))


def test_load_is_called_on_the_class_only(tmp_path):
    trained().save(tmp_path / "m")
    for model in (trained(), Word2Vec.load(tmp_path / "m"), copy.deepcopy(trained())):
        with pytest.raises(AttributeError, match="should be called on a class object"):
            model.load(tmp_path / "m")


def test_saving_and_loading_are_logged_and_noted(tmp_path, caplog):
    with caplog.at_level("INFO"):
        trained().save(str(tmp_path / "m"))
        model = Word2Vec.load(str(tmp_path / "m"))
    assert "loading Word2Vec object from" in caplog.text and "saved " in caplog.text
    saving, loaded = model.lifecycle_events[-2:]
    assert saving["event"] == "saving" and saving["fname_or_handle"] == str(tmp_path / "m")
    assert saving["ignore"] == [] and saving["separately"] == "None"
    assert loaded["event"] == "loaded" and loaded["fname"] == str(tmp_path / "m")
