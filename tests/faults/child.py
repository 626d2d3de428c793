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


KILLED = [
    native, native_compressed, gensim, gensim_apart, gensim_apart_compressed, word2vec_text,
    word2vec_binary,
]  # fmt: skip
STATES = {1: 4000, 2: 2500}  # the values of the vectors, and how many there are


def be_killed(work, folder):
    save, _ = work(folder)
    states = [vectors(value, n) for value, n in STATES.items()]
    print("ready", flush=True)
    while True:
        for kv in states:
            save(kv)


if __name__ == "__main__":
    name, path = sys.argv[1:]
    works = {work.__name__: work for work in INTERRUPTED + KILLED}
    run = be_interrupted if works[name] in INTERRUPTED else be_killed
    run(works[name], Path(path))
