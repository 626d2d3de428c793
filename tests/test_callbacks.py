"""Callbacks of training."""

from __future__ import annotations

import inspect
import threading

import numpy as np
import pytest

from fastsgns import Word2Vec
from fastsgns._core import resolve_kernel
from fastsgns.callbacks import CallbackAny2Vec

SENTENCES = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(30)]
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 2, "sample": 0}
MOMENTS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")


@pytest.fixture(autouse=True, params=["blas", resolve_kernel("auto")])
def kernel(request, monkeypatch):
    """Train with gensim's arithmetic, and with the fastest."""
    monkeypatch.setenv("FASTSGNS_KERNEL", request.param)


class Recorder(CallbackAny2Vec):
    def __init__(self, log: list, name: str = "") -> None:
        self.log, self.name = log, name

    def note(self, moment, model):
        self.log.append((self.name + moment, model, threading.current_thread(), len(model.history)))

    def on_train_begin(self, model):
        self.note("train begins", model)

    def on_epoch_begin(self, model):
        self.note("epoch begins", model)

    def on_epoch_end(self, model):
        self.note("epoch ends", model)

    def on_train_end(self, model):
        self.note("train ends", model)


def raising(moment: str, at: int = 1) -> CallbackAny2Vec:
    class Raising(CallbackAny2Vec):
        n = 0

    def method(self, model):
        self.n += 1
        if self.n == at:
            raise InterruptedError(f"{moment} {at}")

    setattr(Raising, moment, method)
    return Raising()


def test_the_base_class_does_nothing_and_has_gensims_methods():
    callbacks = pytest.importorskip("gensim.models.callbacks")
    base = CallbackAny2Vec()
    for moment in MOMENTS:
        assert getattr(base, moment)(None) is None
        theirs = inspect.signature(getattr(callbacks.CallbackAny2Vec, moment))
        assert list(inspect.signature(getattr(CallbackAny2Vec, moment)).parameters) == list(
            theirs.parameters
        )


def test_callbacks_come_in_gensims_order_with_the_model_in_the_callers_thread():
    log: list = []
    model = Word2Vec(SENTENCES, epochs=2, callbacks=[Recorder(log)], **OPTIONS)
    assert [entry[0] for entry in log] == [
        "train begins", "epoch begins", "epoch ends", "epoch begins", "epoch ends", "train ends",
    ]  # fmt: skip
    assert all(entry[1] is model for entry in log)
    assert {entry[2] for entry in log} == {threading.current_thread()}


def test_at_the_end_of_an_epoch_its_history_is_there():
    log: list = []
    Word2Vec(SENTENCES, epochs=2, callbacks=[Recorder(log)], **OPTIONS)
    assert [entry[3] for entry in log] == [0, 0, 1, 1, 2, 2]


def test_several_callbacks_come_in_the_order_given():
    log: list = []
    callbacks = (Recorder(log, name) for name in ("first ", "second "))  # any iterable
    Word2Vec(SENTENCES, epochs=1, callbacks=callbacks, **OPTIONS)
    assert [entry[0] for entry in log] == [
        f"{name} {moment}"
        for moment in ("train begins", "epoch begins", "epoch ends", "train ends")
        for name in ("first", "second")
    ]


def test_no_training_is_under_way_while_a_callback_runs():
    class Watch(CallbackAny2Vec):
        def on_epoch_end(self, model):
            assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns")]
            before = model.wv.vectors.copy()
            assert np.array_equal(before, model.wv.vectors)

    Word2Vec(SENTENCES, epochs=2, callbacks=[Watch()], **OPTIONS)


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_exception_of_a_callback_reaches_the_caller(moment):
    model = Word2Vec(**OPTIONS)
    model.build_vocab(SENTENCES)
    with pytest.raises(InterruptedError, match=moment):
        model.train(
            SENTENCES, total_examples=30, epochs=2, callbacks=[raising(moment)], compute_loss=True
        )
    n_epochs = {"on_train_begin": 0, "on_epoch_begin": 0, "on_epoch_end": 1, "on_train_end": 2}
    assert len(model.history) == n_epochs[moment]
    assert model.train(SENTENCES, total_examples=30, epochs=1)[1] == 360  # as good as new


def test_an_exception_of_a_callback_leaves_what_was_trained():
    model = Word2Vec(**OPTIONS)
    model.build_vocab(SENTENCES)
    before = model.wv.vectors.copy()
    with pytest.raises(InterruptedError):
        model.train(epochs=5, callbacks=[raising("on_epoch_end", at=3)])
    assert len(model.history) == 3
    assert not np.array_equal(model.wv.vectors, before)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_callback_that_lacks_a_method_is_an_attribute_error(moment):
    class Duck:
        pass

    for other in MOMENTS:
        if other != moment:
            setattr(Duck, other, lambda self, model: None)
    model = Word2Vec(**OPTIONS)
    model.build_vocab(SENTENCES)
    with pytest.raises(AttributeError, match=moment):
        model.train(epochs=1, callbacks=[Duck()])


def test_a_duck_with_all_methods_is_a_callback():
    class Duck:
        n = 0

        def count(self, model):
            self.n += 1

        on_train_begin = on_epoch_begin = on_epoch_end = on_train_end = count

    duck = Duck()
    Word2Vec(SENTENCES, epochs=3, callbacks=[duck], **OPTIONS)
    assert duck.n == 8


def test_most_similar_in_a_callback_uses_the_vectors_of_its_epoch():
    found = []

    class Ask(CallbackAny2Vec):
        def on_epoch_end(self, model):
            found.append(dict(model.wv.most_similar("w1", topn=3)))
            row = model.wv.vectors[model.wv.key_to_index["w1"]]
            for word, score in found[-1].items():
                other = model.wv.vectors[model.wv.key_to_index[word]]
                cosine = row @ other / np.linalg.norm(row) / np.linalg.norm(other)
                assert score == pytest.approx(float(cosine), abs=1e-5)

    model = Word2Vec(SENTENCES, epochs=3, alpha=0.5, callbacks=[Ask()], **OPTIONS)
    assert len(found) == 3
    assert found[0] != found[-1]
    assert dict(model.wv.most_similar("w1", topn=3)) == pytest.approx(found[-1])


def test_without_a_corpus_callbacks_are_not_kept_and_a_warning_says_so(caplog):
    log: list = []
    model = Word2Vec(callbacks=[Recorder(log)], **OPTIONS)
    assert "Callbacks" in caplog.text
    model.build_vocab(SENTENCES)
    model.train(epochs=1)
    assert log == []


def test_a_callback_may_change_the_learning_rate_of_the_model_only_for_the_next_train():
    class Halve(CallbackAny2Vec):
        def on_epoch_end(self, model):
            model.alpha /= 2

    model = Word2Vec(SENTENCES, epochs=2, alpha=0.04, min_alpha=0.0, callbacks=[Halve()], **OPTIONS)
    assert [entry["alpha_first"] for entry in model.history] == pytest.approx([0.04, 0.02])
    assert model.alpha == 0.01


def test_the_loss_grows_from_epoch_to_epoch_as_a_callback_sees_it():
    seen = []

    class Look(CallbackAny2Vec):
        def on_epoch_end(self, model):
            seen.append(model.get_latest_training_loss())

    model = Word2Vec(SENTENCES, epochs=4, compute_loss=True, callbacks=[Look()], **OPTIONS)
    assert seen == sorted(seen) and seen[0] > 0
    steps = np.diff(seen, prepend=0)
    means = [entry["loss"] * entry["pairs"] for entry in model.history]
    assert steps == pytest.approx(means)
