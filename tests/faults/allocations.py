"""Has each allocation of a call fail once: LD_PRELOAD=failing_malloc.so python allocations.py.

One line of JSON for each call: how many of its allocations have failed, and what went wrong.
"""

import ctypes
import gc
import json
import logging
import tempfile
from pathlib import Path

import child
import numpy as np

from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec

SENTENCES = child.text(600)
MORE = [[f"new{n}" for n in range(40)]] * 3
OPTIONS = {"vector_size": 16, "min_count": 1, "seed": 1}
MOST = 5000  # no call here has as many


#: Of which modules allocations fail, and from how many bytes on. NumPy itself crashes when one of
#: the few thousand bytes fails that it takes for iterators (2.4: a[indices]); arrays are larger.
CHOSEN = {"/fastsgns/": 0, "/numpy/": 8192}


def ranges():
    """Return where the code of the chosen modules is, and from how many bytes on."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        address, mode, *_, path = line.split(maxsplit=5) + [""] * (len(line.split()) < 6)
        for part, least in CHOSEN.items():
            if "x" in mode and path.endswith(".so") and part in path:
                yield (*(int(end, 16) for end in address.split("-")), least)


def state(model):
    """Return what a call that fails must leave as it was."""
    wv = model.wv
    arrays = [wv.vectors, getattr(model, "syn1neg", None), model.cum_table, *wv.expandos.values()]
    return (
        list(wv.index_to_key), dict(wv.key_to_index),
        [None if a is None else (a.shape, a.tobytes()) for a in arrays],
        model.corpus_count, model.corpus_total_words,
    )  # fmt: skip


def built():
    model = Word2Vec(**OPTIONS, workers=2)
    model.build_vocab(SENTENCES)
    return model


def calls(folder):
    """Give name, what makes the subject, the call, and whether failing may leave it changed."""
    text = folder / "text"
    text.write_text("\n".join(map(" ".join, SENTENCES)))
    model = built()
    files = {name: folder / name for name in ("native", "gensim", "words", "binary", "tensors")}
    model.save(files["native"])
    model.save(files["gensim"], format="gensim")
    model.wv.save(files["tensors"], format="safetensors")
    model.wv.save_word2vec_format(files["words"])
    model.wv.save_word2vec_format(files["binary"], binary=True)
    EncodedCorpus.from_sentences(SENTENCES).save(folder / "corpus")

    def empty():
        return Word2Vec(**OPTIONS, workers=2)

    yield "build_vocab", empty, lambda m: m.build_vocab(SENTENCES), False
    yield "build_vocab of a file", empty, lambda m: m.build_vocab(corpus_file=text), False
    yield "update", built, lambda m: m.build_vocab(MORE, update=True), False
    yield "train", built, lambda m: m.train(), True
    yield "train anew", built, lambda m: m.train(SENTENCES, total_examples=600, epochs=2), True
    for name in ("native", "gensim"):
        yield f"load {name}", built, lambda m, path=files[name]: Word2Vec.load(path), False
    yield "load tensors", built, lambda m: KeyedVectors.load_any(files["tensors"]), False
    read = KeyedVectors.load_word2vec_format
    yield "load words", built, lambda m: read(files["words"]), False
    yield "load binary", built, lambda m: read(files["binary"], binary=True), False
    yield "open corpus", built, lambda m: list(EncodedCorpus.open(folder / "corpus")), False
    yield "save", built, lambda m: m.save(files["native"]), False
    yield "query", built, lambda m: m.wv.most_similar_batch(m.wv.index_to_key[:20]), False


def fail_each(make, call, may_change, fail_at):
    """Return how many allocations have failed, and what was wrong then."""
    call(make())  # imports, caches
    for n in range(1, MOST):
        subject = make()
        before = state(subject)
        gc.collect()
        said = "nothing"
        fail_at(n)
        try:
            call(subject)
        except MemoryError:
            said = "MemoryError"
        except BaseException as error:
            said = repr(error)
        if fail_at(0) > 0:
            return n - 1, None if said == "nothing" else said
        # What NumPy and Python do without, when there is no memory, is no error.
        if said not in ("MemoryError", "nothing"):
            return n, said
        if not may_change and said == "MemoryError" and state(subject) != before:
            return n, "it has changed"
        call(subject if said == "MemoryError" else make())
        if not np.isfinite(subject.wv.vectors).all():
            return n, "weights that are not finite"
    return MOST, "it never ends"


def main():
    logging.disable()
    library = ctypes.CDLL(None)
    library.fail_at.argtypes, library.fail_at.restype = [ctypes.c_long], ctypes.c_long
    library.choose.argtypes = [ctypes.c_size_t] * 3
    with tempfile.TemporaryDirectory() as folder:
        of_calls = list(calls(Path(folder)))
        for _, make, call, _ in of_calls:
            call(make())  # all modules are there
        for chosen in ranges():
            library.choose(*chosen)
        for name, make, call, may_change in of_calls:
            n_failed, wrong = fail_each(make, call, may_change, library.fail_at)
            print(json.dumps({"call": name, "failed": n_failed, "wrong": wrong}), flush=True)


if __name__ == "__main__":
    main()
