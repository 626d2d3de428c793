"""What the tests of faults run in processes of their own: python child.py WORK FOLDER.

SIGINT: it prints a line when a step begins, and after the signal one of JSON that says how the step
ended. SIGKILL: it writes over and over.
"""

import json
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec
from fastsgns.io.files import open_binary

OPTIONS = {"vector_size": 24, "min_count": 1, "workers": 2, "epochs": 1, "seed": 1}


def text(n_sentences):
    rng = np.random.default_rng(0)
    ids = rng.zipf(1.3, (n_sentences, 12)) % 2000
    return [[f"w{number}" for number in sentence] for sentence in ids.tolist()]


def vectors(value, n=4000):
    kv = KeyedVectors(24)
    kv.add_vectors([f"w{i}" for i in range(n)], np.full((n, 24), value, np.float32))
    return kv


# ---- Ctrl-C: each returns what is to be done again and again, and a check that all is well -------


def reading(folder):
    path = folder / "text"
    path.write_text("\n".join(map(" ".join, text(20_000))))

    def check():
        assert len(EncodedCorpus.from_file(path, workers=2)) == 20_000

    return lambda: EncodedCorpus.from_file(path, workers=2), check


def reading_sentences(folder):
    sentences = text(20_000)

    def check():
        assert len(EncodedCorpus.from_sentences(sentences)) == 20_000

    return lambda: EncodedCorpus.from_sentences(iter(sentences)), check


def training(folder, **options):
    sentences = text(3000)
    model = Word2Vec(sentences, **(OPTIONS | options))

    def check():
        before = model.wv.vectors.copy()
        model.train(sentences, total_examples=3000, epochs=1)
        assert np.isfinite(model.wv.vectors).all() and (model.wv.vectors != before).any()

    return lambda: model.train(sentences, total_examples=3000, epochs=20), check


def training_in_passes(folder):
    return training(folder, corpus_cache="off")


def saving(folder, **options):
    model = Word2Vec(text(3000), **OPTIONS)
    path = folder / "model"
    model.save(path, **options)

    def check():
        assert np.array_equal(Word2Vec.load(path).wv.vectors, model.wv.vectors)
        assert not list(folder.glob(".*tmp")), "a temporary file is left"

    return lambda: model.save(path, **options), check


def saving_for_gensim(folder):
    return saving(folder, format="gensim", sep_limit=100)


def evaluating(folder):
    kv = vectors(0)
    kv.vectors[:] = np.random.default_rng(0).standard_normal(kv.vectors.shape)
    path = folder / "analogies"
    with open_binary(path, "wb") as file:
        file.write(b": section\n")
        rows = np.random.default_rng(1).integers(len(kv), size=(3000, 4))
        file.writelines(b"w%d w%d w%d w%d\n" % tuple(row) for row in rows.tolist())

    def check():
        assert kv.evaluate_word_analogies(path)[0] >= 0

    return lambda: kv.evaluate_word_analogies(path), check


def querying(folder):
    kv = evaluating(folder)[0].__closure__[0].cell_contents
    words = kv.index_to_key[:2000]

    def check():
        assert len(kv.most_similar_batch(words[:10])) == 10

    return lambda: kv.most_similar_batch(words), check


INTERRUPTED = [
    reading, reading_sentences, training, training_in_passes, saving, saving_for_gensim, evaluating,
    querying,
]  # fmt: skip


def be_interrupted(work, folder):
    step, check = work(folder)
    step_began = False
    came = 0.0

    def handler(*_):
        nonlocal came
        came = time.perf_counter()
        if step_began:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, handler)
    n_threads = threading.active_count()
    print("ready", flush=True)
    try:
        step_began = True
        while not came:
            step()
        step_began = False
    except KeyboardInterrupt:
        step_began = False
    back = time.perf_counter() - came
    # A signal in the midst of joining leaves a thread that ends by itself, with nothing to do.
    until = time.monotonic() + 2
    while (n_left := threading.active_count() - n_threads) and time.monotonic() < until:
        time.sleep(0.01)
    check()
    print(json.dumps({"seconds": back, "threads": n_left}), flush=True)


# ---- kill -9: each returns what writes a state, and what reads it back ---------------------------


def native(folder):
    return lambda kv: kv.save(folder / "kv"), lambda: KeyedVectors.load(folder / "kv")


def native_compressed(folder):
    return lambda kv: kv.save(folder / "kv.gz"), lambda: KeyedVectors.load(folder / "kv.gz")


def gensim(folder):
    def save(kv):
        kv.save(folder / "kv", format="gensim")

    return save, lambda: KeyedVectors.load(folder / "kv")


def gensim_apart(folder):
    def save(kv):
        kv.save(folder / "kv", format="gensim", sep_limit=100)

    return save, lambda: KeyedVectors.load(folder / "kv")


def gensim_apart_compressed(folder):
    def save(kv):
        kv.save(folder / "kv.gz", format="gensim", sep_limit=100)

    return save, lambda: KeyedVectors.load(folder / "kv.gz")


def word2vec_text(folder):
    def save(kv):
        kv.save_word2vec_format(folder / "kv.txt")

    return save, lambda: KeyedVectors.load_word2vec_format(folder / "kv.txt")


def word2vec_binary(folder):
    def save(kv):
        kv.save_word2vec_format(folder / "kv.bin", binary=True)

    return save, lambda: KeyedVectors.load_word2vec_format(folder / "kv.bin", binary=True)


def safetensors(folder):
    def save(kv):
        kv.save(folder / "kv.safetensors", format="safetensors")

    return save, lambda: KeyedVectors.load_any(folder / "kv.safetensors")


def encoded_corpus(folder):
    """As many sentences as there are vectors, each of one word: their value."""

    def save(kv):
        EncodedCorpus.from_sentences([[f"{kv.vectors[0, 0]:.0f}"]] * len(kv)).save(
            folder / "corpus"
        )

    def load():
        sentences = list(EncodedCorpus.open(folder / "corpus"))
        (words,) = set(map(tuple, sentences))
        return vectors(int(*words), len(sentences))

    return save, load


KILLED = [
    native, native_compressed, gensim, gensim_apart, gensim_apart_compressed, word2vec_text,
    word2vec_binary, safetensors, encoded_corpus,
]  # fmt: skip
STATES = {1: 4000, 2: 2500}  # the values of the vectors, and how many there are


def be_killed(work, folder):
    save, _ = work(folder)
    states = [vectors(value, n) for value, n in STATES.items()]
    print("ready", flush=True)
    while True:
        for kv in states:
            save(kv)


# ---- kill -9 of a run with checkpoints -----------------------------------------------------------

CHECKPOINTED = {"vector_size": 24, "min_count": 1, "workers": 1, "seed": 1, "batch_words": 500}


class Ready:
    """Says when the first checkpoint has been written."""

    def __init__(self):
        self.has_said = False

    def on_epoch_begin(self, model):
        if not self.has_said:
            print("ready", flush=True)
        self.has_said = True

    def on_train_begin(self, model):
        pass

    on_epoch_end = on_train_end = on_train_begin


def checkpointing(folder):
    path = folder / "checkpoint"
    Word2Vec(
        text(2000),
        checkpoint=path,
        checkpoint_every=0,
        callbacks=[Ready()],
        **CHECKPOINTED,
        epochs=40,
    )


if __name__ == "__main__":
    name, path = sys.argv[1:]
    works = {work.__name__: work for work in INTERRUPTED + KILLED}
    if name == checkpointing.__name__:
        checkpointing(Path(path))
    elif works[name] in INTERRUPTED:
        be_interrupted(works[name], Path(path))
    else:
        be_killed(works[name], Path(path))
