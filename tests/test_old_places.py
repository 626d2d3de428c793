"""Pickles name classes by their modules: those that were made before the rooms still load."""

import pickle

import numpy as np
import pytest

from fastsgns import EncodedCorpus, LineSentence, Word2Vec
from fastsgns.corpus import CorpusView, RenumberedCorpus, encode
from fastsgns.word2vec import TrainingDiverged

SENTENCES = [["a", "b", "a"], [], ["c", "b"]]


def as_of_old(thing, new: str, old: str):
    """Pickle a thing, put the old name of a module in the place of the new one, and load it."""
    pickled = pickle.dumps(thing, protocol=2)  # in which names are lines
    assert f"cfastsgns.{new}\n".encode() in pickled
    return pickle.loads(pickled.replace(f"fastsgns.{new}\n".encode(), f"fastsgns.{old}\n".encode()))


@pytest.mark.parametrize("cache", ["memory", "disk"])
def test_an_encoded_corpus_of_old_loads(cache):
    corpus = EncodedCorpus.from_sentences(SENTENCES, cache=cache)
    loaded = as_of_old(corpus, "corpus.encoded", "_encoded")
    assert type(loaded) is EncodedCorpus and list(loaded) == SENTENCES


def test_a_corpus_of_a_models_words_of_old_loads():
    known = {"a": 1, "b": 0}
    for corpus, kind in (
        (encode(SENTENCES, known), RenumberedCorpus),
        (encode(EncodedCorpus.from_sentences(SENTENCES), known), CorpusView),
    ):
        loaded = as_of_old(corpus, "corpus.training_corpus", "_training_corpus")
        assert type(loaded) is kind and loaded.equals(corpus)


def test_a_model_of_old_loads_and_trains_on(monkeypatch):
    model = Word2Vec(SENTENCES * 20, vector_size=4, min_count=1, workers=1)
    today = Word2Vec.__getstate__
    monkeypatch.setattr(  # once, `load` was pickled too
        Word2Vec, "__getstate__", lambda self: {**today(self), "load": vars(self)["load"]}
    )
    loaded = as_of_old(model, "utils", "_model_file")  # call_on_class_only, its `load`
    assert np.array_equal(loaded.wv.vectors, model.wv.vectors)
    with pytest.raises(AttributeError, match="class object"):
        loaded.load("anything")
    loaded.train(SENTENCES, total_examples=3, epochs=1)


def test_an_error_of_old_loads():
    error = TrainingDiverged("wv.vectors")
    assert type(as_of_old(error, "training.weights", "_setup")) is TrainingDiverged


def test_a_reader_of_old_loads():
    loaded = as_of_old(LineSentence("text.txt"), "corpus.sentences", "sentences")
    assert type(loaded) is LineSentence and loaded.source == "text.txt"
