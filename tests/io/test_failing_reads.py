"""A disk that fails at any reading is told as that, by all that read: no damage, no less data."""

import errno
import gzip
import io
import os

import numpy as np
import pytest

import fastsgns
from fastsgns import (
    EncodedCorpus,
    KeyedVectors,
    LineSentence,
    PathLineSentences,
    Text8Corpus,
    Word2Vec,
)
from fastsgns.scripts.word2vec2tensor import word2vec2tensor

N_WORDS = 300
SENTENCES = [[f"w{i % 30}", f"w{i % 7}"] for i in range(200)]


class FailingFile(io.FileIO):
    """A file of which one reading fails, of all that are counted."""

    n_readings = 0
    failing: int | None = None

    @classmethod
    def count(cls):
        cls.n_readings += 1
        if cls.n_readings == cls.failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def readinto(self, *given):
        self.count()
        return super().readinto(*given)

    def read(self, *given):
        self.count()
        return super().read(*given)

    def readall(self):
        self.count()
        return super().readall()


@pytest.fixture
def disk(monkeypatch):
    """Have files be opened as ones that can fail; say at which reading."""
    as_ever = io.open

    def open_failing(file, mode="r", buffering=-1, *given, **named):
        if "b" not in mode or "r" not in mode or "+" in mode:
            return as_ever(file, mode, buffering, *given, **named)
        raw = FailingFile(file, "r")
        return raw if buffering == 0 else io.BufferedReader(raw)

    monkeypatch.setattr(io, "open", open_failing)

    def fail(n):
        FailingFile.n_readings, FailingFile.failing = 0, n

    yield fail
    fail(None)


def vectors():
    made = KeyedVectors(40)
    rows = np.random.default_rng(1).standard_normal((N_WORDS, 40)).astype(np.float32)
    made.add_vectors([f"w{i}" for i in range(N_WORDS)], rows)
    return made


def model(**options):
    return Word2Vec(SENTENCES, vector_size=40, min_count=1, workers=1, epochs=1, **options)


def written(data, path):
    path.write_bytes(data)
    return path


def text(folder, name="text", pack=bytes):
    return written(pack(b"a b c d\n" * 20_000), folder / name)


def saved(what, path, **options):
    what.save(path, **options)
    return path


def w2v(path, kv=None, **options):
    (kv or vectors()).save_word2vec_format(path, **options)
    return path


def paired(path):
    np.save(path, vectors().vectors)
    path.with_suffix(".txt").write_text("\n".join(vectors().index_to_key) + "\n")
    return path


def projected(folder):
    word2vec2tensor(w2v(folder / "v.vec"), folder / "p")
    return folder / "p_tensor.tsv"


def checkpointed(path):
    model(checkpoint=path)
    return path


def encoded(path):
    EncodedCorpus.from_sentences([["a", "b", "c"]] * 2_000).save(path)
    return path


READERS = {
    "native": (lambda d: saved(vectors(), d / "kv"), KeyedVectors.load),
    "native, verified": (lambda d: saved(vectors(), d / "kv"), fastsgns.verify),
    "native, mapped": (lambda d: saved(vectors(), d / "kv"), lambda p: KeyedVectors.load(p, "r")),
    "native, some": (
        lambda d: saved(vectors(), d / "kv"),
        lambda p: KeyedVectors.load(p, keys=["w1"]),
    ),
    "native, gz": (lambda d: saved(vectors(), d / "kv.gz"), KeyedVectors.load),
    "model": (lambda d: saved(model(), d / "m"), Word2Vec.load),
    "gensim": (lambda d: saved(vectors(), d / "kv", format="gensim"), KeyedVectors.load),
    "gensim, apart": (
        lambda d: saved(vectors(), d / "kv", format="gensim", sep_limit=0),
        KeyedVectors.load,
    ),
    "gensim's model": (lambda d: saved(model(), d / "m", format="gensim"), Word2Vec.load),
    "safetensors": (lambda d: saved(vectors(), d / "kv", format="safetensors"), KeyedVectors.load),
    "word2vec text": (lambda d: w2v(d / "v.vec"), KeyedVectors.load_word2vec_format),
    "word2vec binary": (
        lambda d: w2v(d / "v.bin", binary=True),
        lambda p: KeyedVectors.load_word2vec_format(p, binary=True),
    ),
    "words and counts": (
        lambda d: w2v(d / "v.vec", model().wv, fvocab=d / "counts"),
        lambda p: KeyedVectors.load_word2vec_format(p, p.with_name("counts")),
    ),
    "projector": (projected, KeyedVectors.load_any),
    "checkpoint": (
        lambda d: checkpointed(d / "c"),
        lambda p: Word2Vec.resume(p, SENTENCES),
    ),
    "any": (lambda d: w2v(d / "v.bin", binary=True), KeyedVectors.load_any),
    "no header": (lambda d: w2v(d / "v.vec", write_header=False), KeyedVectors.load_any),
    "gz": (lambda d: w2v(d / "v.gz"), KeyedVectors.load_word2vec_format),
    "bz2": (lambda d: w2v(d / "v.bz2"), KeyedVectors.load_word2vec_format),
    "xz": (lambda d: w2v(d / "v.xz"), KeyedVectors.load_word2vec_format),
    "paired": (lambda d: paired(d / "v.npy"), KeyedVectors.load_any),
    "info": (lambda d: saved(model(), d / "m"), fastsgns.info),
    "text": (text, lambda p: Word2Vec(corpus_file=p, vector_size=4, min_count=1, epochs=1)),
    "LineSentence": (text, lambda p: list(LineSentence(p))),
    "LineSentence, gz": (
        lambda d: text(d, "t.gz", gzip.compress),
        lambda p: list(LineSentence(p)),
    ),
    "folder": (
        lambda d: text(d).parent,
        lambda p: list(PathLineSentences(p)),
    ),
    "text8": (text, lambda p: list(Text8Corpus(p))),
    "corpus of a file": (
        text,
        lambda p: EncodedCorpus.from_file(p),
    ),
    "corpus": (lambda d: encoded(d / "e.npz"), EncodedCorpus.open),
    "corpus in memory": (
        lambda d: encoded(d / "e.npz"),
        lambda p: EncodedCorpus.open(p, in_memory=True),
    ),
    "word pairs": (
        lambda d: written(b"w1 w2 3\nw2 w3 4\nw3 w4 1\n" * 9_000, d / "p"),
        lambda p: vectors().evaluate_word_pairs(p, delimiter=" "),
    ),
    "analogies": (
        lambda d: written(b": x\n" + b"w1 w2 w3 w4\n" * 9_000, d / "q"),
        lambda p: vectors().evaluate_word_analogies(p),
    ),
    "report": (
        lambda d: written(b": x\n" + b"w1 w2 w3 w4\n" * 9_000, d / "q"),
        lambda p: fastsgns.evaluation.report(vectors(), p),
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_a_reading_that_fails_is_told_as_it_is(tmp_path, disk, name):
    make, read = READERS[name]
    path = make(tmp_path)
    read(path)  # imports, too
    disk(None)
    read(path)
    n_readings = FailingFile.n_readings
    assert n_readings
    for n in range(1, n_readings + 1):
        disk(n)
        with pytest.raises(OSError, match="Input/output error") as caught:
            read(path)
        assert caught.value.errno == errno.EIO, (n, caught.value)
