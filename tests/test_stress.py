"""Many threads train, query, save and load at once: each gets what it would have got alone.

It holds on Python with its lock and without (PYTHON_GIL=0 on a free-threaded build).
"""

import copy
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import numpy as np
import pytest
from processes import run_python

from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec
from fastsgns.callbacks import CallbackAny2Vec

N_THREADS = 8
ROUNDS = 3
WORDS = [f"word{i}" for i in range(60)] + ["zwölf", "двенадцать", "十二"]


def sentences(seed):
    rng = np.random.default_rng(seed)
    return [[WORDS[i] for i in rng.integers(0, len(WORDS), 12)] for _ in range(80)]


def train(corpus, **options):
    options = {"vector_size": 24, "min_count": 1, "workers": 1, "seed": 3, "epochs": 2} | options
    return Word2Vec(corpus, **options)


def at_once(*tasks):
    """Run each task on threads of its own, all starting together; return what each gave."""
    start = Barrier(N_THREADS * len(tasks))

    def run(task, i):
        start.wait(timeout=60)
        return [task(i) for _ in range(ROUNDS)]

    with ThreadPoolExecutor(start.parties) as pool:
        runs = [[pool.submit(run, task, i) for i in range(N_THREADS)] for task in tasks]
        return [[result for future in futures for result in future.result()] for futures in runs]


@pytest.fixture(scope="module")
def model():
    return train(sentences(0))


def asked(vectors, i):
    """What a program asks of vectors, each thread for another word first."""
    words = WORDS[i:] + WORDS[:i]
    return {
        "nearest": {word: vectors.most_similar(word, topn=5) for word in words},
        "analogy": vectors.most_similar(positive=words[:2], negative=words[2:3], topn=3),
        "batch": vectors.most_similar_batch(words[:4], topn=3),
        "similarity": vectors.similarity(words[0], words[1]),
        "odd": vectors.doesnt_match(words[:4]),
        "mean": vectors.get_mean_vector(words[:3]).tobytes(),
    }


def test_threads_that_query_the_same_vectors_get_what_one_gets(model):
    expected = [asked(model.wv, i) for i in range(N_THREADS)]
    # Lengths and tables are made when first asked for: by all threads together.
    fresh = KeyedVectors(model.vector_size)
    fresh.add_vectors(model.wv.index_to_key, model.wv.vectors)
    (results,) = at_once(lambda i: asked(fresh, i))
    assert results == [answers for answers in expected for _ in range(ROUNDS)]


def test_threads_that_train_query_save_and_load_at_once_do_not_disturb_each_other(model, tmp_path):
    corpora = [sentences(i) for i in range(N_THREADS)]
    expected = [train(corpus, sg=i % 2).wv.vectors.tobytes() for i, corpus in enumerate(corpora)]
    answers = [asked(model.wv, i) for i in range(N_THREADS)]

    def saved(i):
        path = str(tmp_path / f"{i}.model")
        model.save(path)
        loaded = Word2Vec.load(path)
        assert loaded.wv.index_to_key == model.wv.index_to_key
        return loaded.wv.vectors.tobytes()

    trained, queried, kept = at_once(
        lambda i: train(corpora[i], sg=i % 2).wv.vectors.tobytes(),
        lambda i: asked(model.wv, i),
        saved,
    )
    assert trained == [weights for weights in expected for _ in range(ROUNDS)]
    assert queried == [result for result in answers for _ in range(ROUNDS)]
    assert set(kept) == {model.wv.vectors.tobytes()}


def test_threads_that_save_to_one_path_leave_a_whole_model(model, tmp_path):
    path = str(tmp_path / "one.model")
    others = [train(sentences(i), epochs=1) for i in range(N_THREADS)]
    at_once(lambda i: others[i].save(path))
    assert Word2Vec.load(path).wv.vectors.tobytes() in {
        other.wv.vectors.tobytes() for other in others
    }


def test_models_of_one_encoded_corpus_can_be_trained_on_threads():
    corpus = EncodedCorpus.from_sentences(sentences(5))
    expected = [train(corpus, seed=i).wv.vectors.tobytes() for i in range(N_THREADS)]
    (results,) = at_once(lambda i: train(corpus, seed=i).wv.vectors.tobytes())
    assert results == [weights for weights in expected for _ in range(ROUNDS)]


class Waiting(CallbackAny2Vec):
    """Holds an epoch's end until another thread has tried to train the model."""

    def __init__(self):
        self.has_begun, self.may_end = Event(), Event()

    def on_epoch_end(self, model):
        self.has_begun.set()
        assert self.may_end.wait(60)


def test_a_second_thread_that_trains_a_model_under_way_is_refused_and_disturbs_nothing():
    corpus, expected = sentences(6), train(sentences(6))
    expected.train(corpus, total_examples=len(corpus), epochs=2)
    model, waiting = train(corpus), Waiting()
    with ThreadPoolExecutor(1, thread_name_prefix="first") as pool:
        first = pool.submit(
            model.train, corpus, total_examples=len(corpus), epochs=2, callbacks=[waiting]
        )
        assert waiting.has_begun.wait(60)
        try:
            for _ in range(2):
                more, others = iter(corpus), {"start_alpha": 0.5, "end_alpha": 0.1}
                with pytest.raises(RuntimeError, match="being trained in another thread, 'first"):
                    model.train(more, total_examples=1, epochs=7, compute_loss=True, **others)
                assert next(more) == corpus[0], "nothing was read"
            copied = copy.deepcopy(model)
            copied.train(corpus, total_examples=len(corpus), epochs=1)
        finally:
            waiting.may_end.set()
        first.result()
    for name in ("alpha", "min_alpha", "epochs", "compute_loss"):
        assert getattr(model, name) == getattr(expected, name)
    assert model.wv.vectors.tobytes() == expected.wv.vectors.tobytes()
    model.train(corpus, total_examples=len(corpus), epochs=1)
    assert pickle.loads(pickle.dumps(model)).wv.index_to_key == model.wv.index_to_key


def test_a_callback_may_train_its_model():
    corpus = sentences(7)

    class Inner(CallbackAny2Vec):
        def on_epoch_end(self, model):
            model.train(corpus[:5], total_examples=5, epochs=1)

    model = train(corpus, callbacks=[Inner()])
    assert np.isfinite(model.wv.vectors).all()
    model.train(corpus, total_examples=len(corpus), epochs=1)


def test_importing_starts_no_thread():
    run = run_python("-c", "import threading, fastsgns._core; print(threading.active_count())")
    assert run.stdout.split() == ["1"]


FORKED = """
import os, sys
from fastsgns import Word2Vec
sentences = [[f"w{(i * j) % 50}" for j in range(20)] for i in range(200)]
options = {"vector_size": 16, "min_count": 1, "workers": 2, "epochs": 2}
parent = Word2Vec(sentences, **options)
child = os.fork()
if child == 0:
    parent.train(sentences, total_examples=200, epochs=1)
    parent.wv.most_similar_batch(["w1", "w2"])
    Word2Vec(sentences, **options)
    os._exit(7)
parent.train(sentences, total_examples=200, epochs=1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_child_of_fork_trains_and_queries_while_its_parent_does():
    assert run_python("-c", FORKED).stdout.split() == ["7"]
