"""What a Word2Vec says of what cannot be right: parameters, words, corpora, files."""

import datetime
import enum
import logging

import numpy as np
import pytest

import fastsgns
from fastsgns import KeyedVectors, Word2Vec
from fastsgns.callbacks import CallbackAny2Vec

SENTENCES = [["a", "b", "c", "d"], ["b", "c", "e"], ["a", "e", "d", "b"]] * 10
OPTIONS = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 2}


def trained(sentences=SENTENCES, **options):
    return Word2Vec(sentences, **{**OPTIONS, **options})


def train(model, sentences=SENTENCES, **options):
    return model.train(sentences, **{"total_examples": len(sentences), "epochs": 1, **options})


def warnings_of(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# ---- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("alpha", -0.1, ValueError), ("alpha", None, TypeError), ("min_alpha", np.nan, ValueError),
        ("workers", 0, ValueError), ("workers", "4", TypeError), ("window", 0, ValueError),
        ("negative", -1, ValueError), ("sg", None, TypeError), ("hs", "1", TypeError),
        ("batch_words", 0, ValueError), ("ns_exponent", np.inf, ValueError),
        ("sample", -1, ValueError), ("kernel", "fast", ValueError),
        ("shared_negatives", "yes", ValueError), ("cbow_mean", 0.5, ValueError),
        ("corpus_cache", "ram", ValueError),
    ],
)  # fmt: skip
def test_parameters_that_are_set_later_are_checked_as_the_constructors_are(name, value, kind):
    with pytest.raises(kind) as at_first:
        Word2Vec(**{**OPTIONS, name: value})
    model = trained()
    setattr(model, name, value)
    with pytest.raises(kind) as later:
        train(model)
    assert str(later.value) == str(at_first.value)
    assert name in str(later.value)


@pytest.mark.parametrize("name", ["min_count", "max_vocab_size", "max_final_vocab", "sample"])
def test_parameters_of_the_vocabulary_are_checked_when_it_is_built(name):
    model = Word2Vec(**OPTIONS)
    setattr(model, name, "many")
    with pytest.raises(TypeError, match=f"{name} must be"):
        model.build_vocab(SENTENCES)


@pytest.mark.parametrize(
    ("arguments", "kind", "told"),
    [
        ({"total_examples": -5}, ValueError, "total_examples must be an integer >= 0, got -5"),
        ({"total_words": "9"}, TypeError, "total_words must be an integer, got '9'"),
        ({"epochs": "5"}, TypeError, "epochs must be an integer, got '5'"),
        ({"epochs": 1.5}, ValueError, "epochs must be an integer"),
        ({"start_alpha": -1}, ValueError, "start_alpha must be from 0"),
    ],
)
def test_arguments_of_train_are_named(arguments, kind, told):
    with pytest.raises(kind, match=told):
        train(trained(), **arguments)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("size", "called 'vector_size'"), ("iter", "called 'epochs'"),
        ("window_size", "called 'window'"), ("embedding_dim", "called 'vector_size'"),
        ("learning_rate", "called 'alpha'"), ("corpus_iterable", "called 'sentences'"),
        ("vektor_size", "did you mean 'vector_size'"), ("zzz", "argument 'zzz'$"),
    ],
)  # fmt: skip
def test_other_names_of_parameters_are_told(given, told):
    with pytest.raises(TypeError, match=told):
        Word2Vec(**{given: 5})
    if given in ("size", "iter", "learning_rate"):
        assert hasattr(Word2Vec(), told.split("'")[1])
        with pytest.raises(AttributeError, match=told.split("'")[1]):
            getattr(Word2Vec(), given)


def test_other_names_of_arguments_of_train_are_told():
    with pytest.raises(TypeError, match="called 'epochs'"):
        trained().train(SENTENCES, iter=5)
    with pytest.raises(TypeError, match="called 'corpus_iterable'"):
        trained().train(sentences=SENTENCES)
    with pytest.raises(TypeError, match="called 'vector_size', and given to Word2Vec"):
        trained().train(SENTENCES, size=5)


def test_a_subclass_may_have_parameters_of_such_names():
    class Sized(Word2Vec):
        def __init__(self, *args, size=5, **options):
            super().__init__(*args, vector_size=size, **options)

    assert Sized(SENTENCES, size=7, min_count=1, workers=1).wv.vector_size == 7


def test_no_message_is_longer_than_a_screen():
    for given in (["a"] * 10**6, "x" * 10**6, {str(i): i for i in range(10**5)}):
        for name in ("corpus_file", "window", "alpha", "sample", "kernel", "workers"):
            with pytest.raises((TypeError, ValueError, OSError)) as caught:
                Word2Vec(**{name: given})
            assert len(str(caught.value)) < 500, name
        with pytest.raises(KeyError) as unknown:
            trained().wv[str(given)]
        assert len(str(unknown.value)) < 500


# ---- what trains nothing -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentences", "options", "told"),
    [
        ([["a", "b"], ["a"]], {"min_count": 3}, "none of the 2 different words.*comes 2 times"),
        ([[], []], {}, "the corpus has no words"),
        ([], {}, "the corpus has no words"),
        ([["a", "b"]], {"max_final_vocab": 0, "min_count": 1}, "most frequent comes 1 times"),
    ],
)
def test_an_empty_vocabulary_says_why(sentences, options, told):
    with pytest.raises(RuntimeError, match=f"first build vocabulary.*{told}"):
        trained(sentences, **options)


@pytest.mark.parametrize(
    ("sentences", "options"),
    [([[1, 2, 3]] * 5, {}), ([["x"]] * 5, {}), (SENTENCES, {"sample": 1e-12})],
)
def test_training_nothing_is_warned_of(caplog, sentences, options):
    model = trained(**options)
    caplog.clear()
    train(model, sentences)
    assert any("nothing was trained: of the" in text for text in warnings_of(caplog))


def test_training_something_is_not_warned_of(caplog):
    model = trained()
    caplog.clear()
    train(model)
    model.train(SENTENCES, total_examples=30, epochs=2)
    assert not warnings_of(caplog)


def test_a_generator_that_build_vocab_has_read_is_trained_from_what_it_remembers():
    given = (sentence for sentence in SENTENCES)
    model = Word2Vec(**OPTIONS)
    model.build_vocab(given)
    assert model.train(given, total_examples=30, epochs=2)[1] == 2 * 110
    again = (sentence for sentence in SENTENCES)
    assert train(model, again_list := list(again))[1] == sum(map(len, again_list))
    for used_up in (again, iter([]), map(list, [])):
        with pytest.raises(ValueError, match="no sentence came from the"):
            model.train(used_up, total_examples=30, epochs=1)


# ---- what it says of itself ----------------------------------------------------------------------


def test_training_again_without_a_learning_rate_is_no_warning(caplog):
    with caplog.at_level(logging.INFO):
        model = trained()
        train(model)
    assert "Effective 'alpha' higher" in caplog.text
    assert not warnings_of(caplog)
    model.alpha = 0.05
    train(model)
    assert "Effective 'alpha' higher than previous training cycles" in warnings_of(caplog)
    caplog.clear()
    train(model, start_alpha=0.06)
    assert warnings_of(caplog)


def test_the_loss_that_the_constructor_was_asked_for_is_computed_by_train():
    model = Word2Vec(compute_loss=True, **OPTIONS)
    model.build_vocab(SENTENCES)
    train(model)
    assert model.get_latest_training_loss() > 0
    assert model.history[-1]["loss"] > 0


def test_the_kernel_that_ran_is_told(caplog):
    model = Word2Vec(**OPTIONS, kernel="scalar", sg=1, shared_negatives=True)
    assert model.kernel_used is None
    model.build_vocab(SENTENCES)
    with caplog.at_level(logging.INFO):
        train(model)
    assert model.kernel_used == "scalar, negatives shared"
    assert "training with the kernel scalar, negatives shared" in caplog.text
    assert trained(kernel="blas").kernel_used == "blas"
    assert trained(kernel="scalar", sg=1).kernel_used == "scalar"


def test_a_model_shows_what_it_is():
    assert repr(trained()) == "Word2Vec<vocab=5, vector_size=4, alpha=0.025>"
    assert repr(trained().wv) == "KeyedVectors<vector_size=4, 5 keys>"


def test_versions_are_shown(capsys):
    fastsgns.show_versions()
    told = capsys.readouterr().out
    assert f"fastsgns: {fastsgns.__version__}" in told
    assert "numpy: " + np.__version__ in told
    assert "scalar" in told


# ---- what is saved -------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", ["native", "gensim"])
@pytest.mark.parametrize("options", [{}, {"sg": 1}, {"hs": 1, "negative": 0}, {"hs": 1}])
def test_words_that_are_added_to_the_vectors_are_saved_with_the_model(tmp_path, chosen, options):
    model = trained(**options)
    model.wv.add_vectors(["<unk>", "<pad>"], np.ones((2, 4)))
    model.wv["<s>"] = np.zeros(4)
    model.save(tmp_path / "m", format=chosen)
    loaded = Word2Vec.load(tmp_path / "m")
    assert loaded.wv.index_to_key == model.wv.index_to_key
    assert np.array_equal(loaded.wv.vectors, model.wv.vectors)
    assert loaded.wv.expandos["count"].tolist() == model.wv.expandos["count"].tolist()
    for name in ("syn1neg", "syn1"):
        assert hasattr(loaded, name) == hasattr(model, name)
        assert np.array_equal(getattr(loaded, name, 0), getattr(model, name, 0))
    for name in ("code", "point"):
        for mine, other in zip(
            model.wv.expandos.get(name, ()), loaded.wv.expandos.get(name, ()), strict=True
        ):
            assert np.array_equal(mine, other)
    model.wv.save(tmp_path / "k", format=chosen)
    assert KeyedVectors.load(tmp_path / "k").index_to_key == model.wv.index_to_key


def test_a_model_whose_vocabulary_was_cut_is_not_saved(tmp_path):
    model = trained()
    model.wv = model.wv.vectors_for_all(["a", "b"])
    for chosen in ("native", "gensim"):
        with pytest.raises(ValueError, match=r"syn1neg has shape \(5, 4\), not \(2, 4\)"):
            model.save(tmp_path / "m", format=chosen)
    assert not list(tmp_path.iterdir())
    model.wv.save(tmp_path / "k")


class Walks(Word2Vec):
    shared = ("of", "the", "class")

    def __init__(self, p=1.0, **options):
        self.p = p
        self._private = {"q": 2}
        super().__init__(**options)


def test_attributes_of_a_subclass_or_of_ones_own_are_saved(tmp_path, caplog):
    model = Walks(p=0.5, sentences=SENTENCES, **OPTIONS)
    model.idf = np.arange(5.0)
    model.since = datetime.date(2024, 5, 6)
    model.shared = [1]
    model.wv.notes = {"labels": [1, 2], "weights": np.ones(2)}
    model.graph = object()
    model.save(tmp_path / "m")
    assert ["attribute 'graph' is not saved" in text for text in warnings_of(caplog)] == [True]
    loaded = Walks.load(tmp_path / "m")
    assert (loaded.p, loaded._private, loaded.shared) == (0.5, {"q": 2}, [1])
    assert loaded.since == datetime.date(2024, 5, 6)
    assert loaded.idf.tolist() == [0, 1, 2, 3, 4]
    assert loaded.wv.notes["weights"].tolist() == [1, 1]
    assert not hasattr(loaded, "graph")
    loaded.save(tmp_path / "m", ignore=["idf", "p"])
    assert not hasattr(Word2Vec.load(tmp_path / "m"), "idf")


def test_words_that_no_file_can_hold_are_told_before_the_training(caplog, tmp_path):
    class Thing:
        pass

    model = Word2Vec([[Thing(), "x"]], **OPTIONS)
    (told,) = [text for text in warnings_of(caplog) if "save() will refuse" in text]
    assert "Thing" in told
    with pytest.raises(TypeError, match="of type Thing cannot be saved"):
        model.save(tmp_path / "m")
    assert not list(tmp_path.iterdir())
    caplog.clear()
    Word2Vec([[datetime.date(2024, 1, 2), ("a", 1), 5, "x"]], **OPTIONS).save(tmp_path / "m")
    assert not any("refuse" in text for text in warnings_of(caplog))
    assert datetime.date(2024, 1, 2) in Word2Vec.load(tmp_path / "m").wv


@pytest.mark.parametrize("owner", ["model", "wv"])
def test_arrays_of_ones_own_survive_on_the_model_and_on_its_vectors(tmp_path, owner):
    model = trained()
    arrays = {
        "idf": np.arange(5.0), "labels": np.array(["x", "yy"]), "flags": np.array([True]),
        "count": np.arange(3), "vectors2": np.zeros((0, 3)),
        "days": np.array(["2020-01-01"], "M8[D]"),
    }  # fmt: skip
    vars(model if owner == "model" else model.wv).update(arrays)
    model.save(tmp_path / "m")
    loaded = Word2Vec.load(tmp_path / "m")
    found = vars(loaded if owner == "model" else loaded.wv)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert list(loaded.wv.expandos["count"]) == list(model.wv.expandos["count"])
    alone = KeyedVectors.load(tmp_path / "m")
    assert [name for name in arrays if hasattr(alone, name)] == (
        list(arrays) if owner == "wv" else []
    )


@pytest.mark.parametrize(
    "value",
    [
        np.ma.array([1, 2], mask=[0, 1]), np.array([(1, 2.0)], [("a", int), ("b", float)]),
        np.rec.array([(1, 2.0)]), np.array([object()]), np.zeros(3, "V2"), np.zeros(2, "M8[s]"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chosen", ["native", "gensim"])
@pytest.mark.filterwarnings("ignore:attribute:UserWarning")
def test_arrays_that_no_file_would_give_back_are_named_in_a_warning(
    tmp_path, caplog, chosen, value
):
    model = trained()
    model.mine = model.wv.of_wv = value
    model.save(tmp_path / "m", format=chosen)
    loaded = Word2Vec.load(tmp_path / "m")
    told = [text for text in warnings_of(caplog) if "'mine'" in text or "'of_wv'" in text]
    kept = getattr(loaded, "mine", None), getattr(loaded.wv, "of_wv", None)
    if value.dtype.kind == "M" and chosen == "native":
        assert not told
        assert all((one == value).all() for one in kept)
    else:
        assert len(told) == 2
        assert kept == (None, None)


@pytest.mark.parametrize("name", ["min-count", "own.idf", "a b", "", "x/y"])
def test_names_that_no_file_may_set_are_left_out_with_a_warning(tmp_path, caplog, name):
    model = trained()
    vars(model)[name] = 5
    vars(model.wv)[name] = np.ones(2)
    model.save(tmp_path / "m")
    assert len([text for text in warnings_of(caplog) if f"{name!r} is not saved" in text]) == 2
    assert len(Word2Vec.load(tmp_path / "m").wv) == 5


@pytest.mark.parametrize("vectors", [None, [[1.0]] * 5, np.ones(5, np.float32)])
@pytest.mark.parametrize("chosen", ["native", "gensim"])
def test_vectors_that_are_no_matrix_are_not_saved(tmp_path, chosen, vectors):
    model = trained()
    model.wv.vectors = vectors
    for save in (model.save, model.wv.save):
        with pytest.raises(ValueError, match=r"vectors (is None|must be a matrix)"):
            save(tmp_path / "m", format=chosen)
    with pytest.raises(ValueError, match=r"vectors (is None|must be a matrix)"):
        model.wv.save_word2vec_format(tmp_path / "m")
    assert not list(tmp_path.iterdir())


class Word(str):
    __slots__ = ()


class Tag(str, enum.Enum):  # noqa: UP042 -- its str() is not its value
    NOUN = "noun"
    VERB = "verb"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@pytest.mark.parametrize("chosen", ["native", "gensim"])
@pytest.mark.parametrize("keys", [[Word("a"), Word("b")], list(Tag), list(Level)])
def test_words_of_derived_classes_are_saved_as_the_text_or_number_that_they_are(
    tmp_path, chosen, keys
):
    model = trained([keys] * 20)
    model.save(tmp_path / "m", format=chosen)
    found = Word2Vec.load(tmp_path / "m").wv.index_to_key
    assert {type(key) for key in found} <= {str, int}
    assert found == model.wv.index_to_key
    assert found[0] in model.wv


@pytest.mark.parametrize(
    ("callbacks", "told"),
    [
        (5, "iterable of callbacks, got 5"), ([5], "on_epoch_end, on_train_end, got 5"),
        (CallbackAny2Vec(), "iterable of callbacks, got <"), ("now", "on_train_begin, .* got 'n'"),
        ([CallbackAny2Vec], "got the class CallbackAny2Vec"),
    ],
)  # fmt: skip
def test_what_is_no_callback_is_told_before_anything_is_read(callbacks, told):
    with pytest.raises((TypeError, AttributeError), match=told):
        trained(iter(int, 1), callbacks=callbacks)
    with pytest.raises((TypeError, AttributeError), match=told):
        train(trained(), callbacks=callbacks)


@pytest.mark.parametrize(("seed", "kind"), [("x", TypeError), (-1, ValueError), (1.5, TypeError)])
def test_a_seed_that_cannot_be_is_named(seed, kind):
    with pytest.raises(kind, match="seed must be an integer from 0 to"):
        trained(seed=seed)


def test_a_number_of_epochs_that_is_no_integer_is_told_without_a_bound():
    with pytest.raises(ValueError, match=r"^epochs must be an integer, got 1\.5$"):
        trained(epochs=1.5)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_a_max_final_vocab_that_equal_counts_empty_is_named(most):
    sentences = [["a", "b", "c", "d"]] * 5 + [["e"]]
    with pytest.raises(RuntimeError, match="max_final_vocab=4 would keep them"):
        trained(sentences, max_final_vocab=most)
    assert len(trained(sentences, max_final_vocab=4).wv) == 4


@pytest.mark.parametrize("rule", [5, "keep", {"a": 1}])
def test_a_trim_rule_that_is_no_function_is_named(rule):
    with pytest.raises(TypeError, match="trim_rule must be a function of word, count and min_cou"):
        trained(trim_rule=rule)


@pytest.mark.parametrize("protocol", [0, 2, 3, 4, 5])
def test_arrays_of_any_class_are_arrays_in_gensims_format(tmp_path, protocol):
    model = trained()
    model.save(tmp_path / "m")
    mapped = Word2Vec.load(tmp_path / "m", mmap="r")
    np.save(tmp_path / "a.npy", np.arange(3))
    mapped.wv.mine = np.load(tmp_path / "a.npy", mmap_mode="r")
    mapped.squares = np.ones((2, 2)).view(Square)
    mapped.save(tmp_path / "g", format="gensim", pickle_protocol=protocol)
    loaded = Word2Vec.load(tmp_path / "g")
    assert (loaded.wv.vectors == model.wv.vectors).all()
    assert [type(a) for a in (loaded.wv.mine, loaded.squares)] == [np.ndarray, np.ndarray]
    assert (loaded.squares == 1).all()


class Square(np.ndarray):
    pass


@pytest.mark.parametrize("n_rows", [0, 3, 4, 6, 100])
def test_vectors_of_another_number_of_rows_than_keys_are_not_searched(n_rows):
    wv = trained().wv
    wv.vectors = np.ones((n_rows, 4), np.float32)
    with pytest.raises(ValueError, match=f"5 keys in index_to_key, but vectors has {n_rows} rows"):
        wv.similar_by_vector(np.ones(4))


def test_lengths_of_vectors_are_not_saved_with_a_model(tmp_path):
    model = trained()
    model.wv.fill_norms()
    model.save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m").wv.norms is None


@pytest.mark.parametrize(
    ("count", "kind"),
    [(-3, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("4", TypeError),
     (None, TypeError)],
)  # fmt: skip
def test_counts_that_cannot_be_are_named_with_their_word(count, kind):
    model = Word2Vec(**OPTIONS)
    with pytest.raises(kind, match="the count of 'bad' must be"):
        model.build_vocab_from_freq({"good": 5, "bad": count})
    assert not len(model.wv)
    model.build_vocab_from_freq({"good": np.int64(5), "half": 2.5, "few": True})
    assert model.wv.index_to_key[0] == "good"
