"""Copies of models, and models that borrow from others."""

import copy
import io
import pickle
import threading

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.callbacks import CallbackAny2Vec

SENTENCES = [["a", "b", "c", "d", "e"] * 2, ["c", "b", "f"] * 3] * 10
OTHERS = [["x", "y", "z", "x"]] * 5


def made(sentences=SENTENCES, **options):
    return Word2Vec(sentences, vector_size=6, min_count=1, workers=1, **options)


def test_a_deep_copy_shares_the_corpus_and_nothing_that_training_changes():
    model = made()
    twin = copy.deepcopy(model)
    assert type(twin) is Word2Vec
    assert twin.corpus is model.corpus
    before = model.wv.vectors.copy(), model.syn1neg.copy(), str(model.history)
    twin.train(epochs=2)
    np.testing.assert_array_equal(model.wv.vectors, before[0])
    np.testing.assert_array_equal(model.syn1neg, before[1])
    assert str(model.history) == before[2]
    assert not np.array_equal(twin.wv.vectors, before[0])
    twin.wv.index_to_key.append("new")
    assert "new" not in model.wv.index_to_key


def test_a_deep_copy_of_something_around_a_model_keeps_what_is_one_object():
    model = made()
    around = copy.deepcopy({"first": model, "second": model, "words": model.wv.index_to_key})
    assert around["first"] is around["second"]
    assert around["words"] is around["first"].wv.index_to_key
    assert around["first"] is not model


def test_a_deep_copy_without_a_corpus_has_none_either():
    model = made()
    del model.corpus
    assert copy.deepcopy(model).corpus is None
    assert copy.deepcopy(Word2Vec()).corpus is None


class Named(Word2Vec):
    def __init__(self, *args, name, **kwargs):
        self.name = name
        super().__init__(*args, **kwargs)


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_copies_of_a_subclass_are_of_the_subclass(duplicate):
    twin = duplicate(Named(SENTENCES, name="mine", min_count=1, vector_size=6))
    assert type(twin) is Named
    assert twin.name == "mine"
    assert str(twin) == "Named<vocab=6, vector_size=6, alpha=0.025>"


class WithSlots(KeyedVectors):
    __slots__ = ("of_mine",)


# ---- what subclasses keep in slots ---------------------------------------------------------------


def with_slots(base):
    """Return a class with slots, and one that is made of it and has more."""

    class Inner(base):
        __slots__ = ("__hidden", "empty", "of_both", "of_inner")

        def hide(self, value):
            self.__hidden = value

        def hidden(self):
            return self.__hidden

        @property
        def doubled(self):
            return 2 * self.of_inner

    class Outer(Inner):
        __slots__ = ("__hidden", "of_both", "of_outer")

        def hide_more(self, value):
            self.__hidden = value

        def hidden_more(self):
            return self.__hidden

    Inner.__qualname__, Outer.__qualname__ = f"{base.__name__}Inner", f"{base.__name__}Outer"
    return Inner, Outer


KeyedVectorsInner, KeyedVectorsOuter = with_slots(KeyedVectors)
Word2VecInner, Word2VecOuter = with_slots(Word2Vec)


def filled(cls):
    if issubclass(cls, KeyedVectors):
        thing = cls(2)
        thing.add_vectors(["a", "b"], np.eye(2))
    else:
        thing = cls(SENTENCES, vector_size=6, min_count=1, workers=1)
    thing.of_inner, thing.of_both, thing.others = 7, [1, 2], {"a": 1}
    thing.hide("first")
    if hasattr(cls, "hide_more"):
        thing.of_outer = np.arange(3)
        thing.hide_more("second")
    return thing


def saved_and_loaded(thing):
    file = io.BytesIO()
    thing.save(file)
    file.seek(0)
    return type(thing).load(file)


@pytest.mark.parametrize(
    "cls", [KeyedVectorsInner, KeyedVectorsOuter, Word2VecInner, Word2VecOuter]
)
@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, saved_and_loaded]
    + [lambda thing, n=n: pickle.loads(pickle.dumps(thing, n)) for n in (2, 5)],
    ids=["copy", "deepcopy", "save", "pickle 2", "pickle 5"],
)
def test_copies_have_what_a_subclass_keeps_in_slots(duplicate, cls):
    thing = filled(cls)
    twin = duplicate(thing)
    assert type(twin) is cls
    assert (twin.of_inner, twin.doubled, twin.of_both) == (7, 14, [1, 2])
    assert twin.hidden() == "first" and twin.others == {"a": 1}
    assert not hasattr(twin, "empty")
    assert "of_inner" not in vars(twin)
    if hasattr(cls, "hide_more"):
        assert twin.hidden_more() == "second"
        np.testing.assert_array_equal(twin.of_outer, [0, 1, 2])
    assert (twin.of_both is thing.of_both) == (duplicate is copy.copy)
    twin.of_inner = 8
    assert thing.of_inner == 7
    vectors = [getattr(of, "wv", of).vectors for of in (thing, twin)]
    np.testing.assert_array_equal(*vectors)


def test_what_is_one_object_in_slots_and_attributes_is_one_in_a_deep_copy():
    model = filled(Word2VecOuter)
    model.of_outer = model.others = [model, model.wv]
    twin = copy.deepcopy(model)
    assert twin.of_outer is twin.others and twin.others == [twin, twin.wv]
    assert pickle.loads(pickle.dumps(model)).of_outer[0].hidden_more() == "second"


@pytest.mark.parametrize("kind", ["KeyedVectors", "Word2Vec"])
def test_a_slot_that_the_class_has_no_more_is_an_attribute_of_what_a_pickle_holds(
    monkeypatch, kind
):
    pickled = pickle.dumps(filled(globals()[f"{kind}Outer"]))

    class Later(globals()[kind]):
        pass

    Later.__qualname__ = f"{kind}Outer"
    monkeypatch.setitem(globals(), f"{kind}Outer", Later)
    twin = pickle.loads(pickled)
    assert type(twin) is Later and vars(twin)["of_inner"] == 7


def test_vectors_with_slots_may_be_mapped(tmp_path):
    filled(KeyedVectorsOuter).save(tmp_path / "kv")
    for duplicate in (copy.copy, copy.deepcopy, lambda kv: pickle.loads(pickle.dumps(kv))):
        twin = duplicate(KeyedVectorsOuter.load(tmp_path / "kv", mmap="r"))
        assert (twin.of_inner, twin.hidden_more()) == (7, "second")
        np.testing.assert_array_equal(twin["b"], [0, 1])


def test_an_attribute_that_is_a_property_by_now_is_no_obstacle_to_a_pickle(monkeypatch):
    vectors = WithSlots(2)
    vectors.since = 1
    pickled = pickle.dumps(vectors)
    monkeypatch.setattr(WithSlots, "since", property(lambda self: 2), raising=False)
    assert pickle.loads(pickled).since == 2


def test_reset_from_takes_the_vocabulary_and_draws_its_own_weights():
    model, other = made(OTHERS, seed=3), made()
    model.reset_from(other)
    fresh = Word2Vec(vector_size=6, min_count=1, workers=1, seed=3)
    fresh.build_vocab(SENTENCES)
    assert model.wv.index_to_key is other.wv.index_to_key
    assert model.wv.key_to_index is other.wv.key_to_index
    assert model.wv.expandos is other.wv.expandos
    assert model.cum_table is other.cum_table
    assert (model.corpus_count, model.corpus_total_words) == (20, 190)
    np.testing.assert_array_equal(model.wv.vectors, fresh.wv.vectors)
    assert not model.syn1neg.any()
    assert model.wv.vectors_lockf.tolist() == [1]


@pytest.mark.parametrize("options", [{}, {"hs": 1, "negative": 0}, {"hs": 1}])
@pytest.mark.parametrize("others", [{}, {"hs": 1, "negative": 0}])
def test_reset_from_trains_whatever_the_objectives_are(options, others):
    model, other = made(OTHERS, **options), made(**others)
    drawn = model.wv.vectors
    model.reset_from(other)
    _effective, raw = model.train(
        SENTENCES, total_examples=model.corpus_count, epochs=2, start_alpha=0.025
    )
    assert raw == 2 * 190
    assert model.wv.vectors.shape == (6, 6)
    assert model.wv.vectors is not drawn


def test_reset_from_trains_the_corpus_that_the_other_remembers():
    model, other = made(OTHERS), made()
    model.reset_from(other)
    assert model.corpus is other.corpus
    assert model.train()[1] == 5 * 190


def test_reset_from_an_empty_model_leaves_an_empty_one():
    model = made()
    model.reset_from(Word2Vec())
    assert len(model.wv) == 0
    with pytest.raises(RuntimeError, match="first build vocabulary"):
        model.train(SENTENCES, total_examples=1, epochs=1)


def test_a_vocabulary_that_has_changed_does_not_train_the_remembered_corpus():
    """Its numbers are those of the words as they were."""
    model = made(sorted_vocab=0)
    model.wv.sort_by_descending_frequency()
    with pytest.raises(RuntimeError, match="no longer the one that the remembered corpus"):
        model.train(epochs=1)
    model.train(SENTENCES, total_examples=model.corpus_count, epochs=1)
    model = made()
    model.scan_vocab(OTHERS)
    model.prepare_vocab()
    model.prepare_weights()
    with pytest.raises(RuntimeError, match="no longer the one that the remembered corpus"):
        model.train(epochs=1)


def test_a_vocabulary_that_has_grown_still_trains_the_remembered_corpus():
    model = made()
    model.scan_vocab(OTHERS)
    model.prepare_vocab(update=True)
    model.prepare_weights(update=True)
    assert model.train(epochs=1)[1] == 190


def test_a_corpus_read_before_the_words_were_reordered_is_not_handed_on():
    sentences = [["rare", "a", "b", "b", "b", "c", "c"], ["b", "c"]] * 20
    model = made(sentences, sorted_vocab=0)
    model.wv.sort_by_descending_frequency()
    other = Word2Vec(vector_size=6, min_count=1, workers=1)
    other.reset_from(model)
    for each in (model, other):
        with pytest.raises(RuntimeError, match="no longer the one"):
            each.train(epochs=1)


# ---- copies that callbacks take while the constructor trains -------------------------------------


class Held:
    """Sentences that cannot be copied."""

    def __init__(self):
        self.lock = threading.Lock()

    def __iter__(self):
        return iter(SENTENCES)


class Keeping(CallbackAny2Vec):
    """Keeps copies of the model, as one does of the best epoch."""

    def __init__(self):
        self.copies = []

    def on_epoch_end(self, model):
        self.copies += [copy.deepcopy(model), copy.copy(model), pickle.loads(pickle.dumps(model))]


@pytest.mark.parametrize("sentences", [lambda: iter(SENTENCES), Held, lambda: SENTENCES])
def test_callbacks_may_copy_a_model_whatever_it_is_trained_from(sentences):
    keeping = Keeping()
    model = made(sentences(), callbacks=[keeping], epochs=2)
    assert len(keeping.copies) == 6
    for twin in keeping.copies:
        assert vars(twin).keys() <= vars(model).keys()
        assert twin.train(SENTENCES, total_examples=20, epochs=1)[1] == 20 * 9.5


def test_sentences_given_again_after_another_vocabulary_was_built_are_those_that_are_trained():
    class More(CallbackAny2Vec):
        n_trained = None

        def on_train_end(self, model):
            if self.n_trained is None:
                self.n_trained = 0
                model.build_vocab(OTHERS, update=True)
                self.n_trained = model.train(SENTENCES, total_examples=20, epochs=1)[1]

    more = More()
    made(SENTENCES, callbacks=[more])
    assert more.n_trained == sum(map(len, SENTENCES))
