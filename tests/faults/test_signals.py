"""A time limit that comes at any step of reading or writing files: it is raised as it is.

And nothing is left: no temporary file, no open one, and the file is the old one or the new.
"""

import gc
import random
import signal
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import fastsgns
from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec, exports
from fastsgns.corpus import free_memory
from fastsgns.io import pickle_rows

pytestmark = [
    pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm on this system"),
    # What is interrupted before it knows its file closes it when it goes.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PACKAGE = str(Path(fastsgns.__file__).parent)
DESCRIPTORS = Path("/proc/self/fd")
N_INSTANTS = 8
SENTENCES = [[f"w{i}", f"w{i % 7}", "word"] for i in range(40)]


class TooLongError(Exception):
    """A time limit of a program's own."""


class Alarm:
    """Counts the instructions of ours that are run, and sends SIGALRM before the `at`-th."""

    def __init__(self, at):
        self.n, self.at = 0, at

    def __call__(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            self.n += 1
            if self.n == self.at:
                sys.settrace(None)
                signal.raise_signal(signal.SIGALRM)
        return self


def traced(call, at=0):
    """Call, with a signal before the `at`-th instruction; return how many were run."""
    before, alarm = sys.gettrace(), Alarm(at)
    sys.settrace(alarm)
    try:
        call()
    finally:
        sys.settrace(before)
    return alarm.n


def vectors(value):
    kv = KeyedVectors(4)
    kv.add_vectors(["a", "b", "c"], np.full((3, 4), value, np.float32))
    kv.set_vecattr("a", "count", 3)
    return kv


def native(path):
    return lambda kv: kv.save(path), lambda: KeyedVectors.load(path)


def compressed(path):
    return native(path.with_suffix(".gz"))


def mapped(path):
    return lambda kv: kv.save(path), lambda: KeyedVectors.load(path, mmap="r")


def gensim(path):
    return lambda kv: kv.save(path, format="gensim"), lambda: KeyedVectors.load(path)


def gensim_apart(path):
    def save(kv):
        kv.save(path, format="gensim", sep_limit=1)

    return save, lambda: KeyedVectors.load(path)


def text(path):
    return lambda kv: kv.save_word2vec_format(path), lambda: KeyedVectors.load_any(path)


def safetensors(path):
    return lambda kv: kv.save(path, format="safetensors"), lambda: KeyedVectors.load_any(path)


def numpy(path):
    path = path.with_suffix(".npy")
    return lambda kv: exports.to_numpy(kv, path), lambda: KeyedVectors.load_any(path)


FORMATS = [native, compressed, mapped, gensim, gensim_apart, text, safetensors, numpy]


def open_files():
    gc.collect()
    return sum(1 for _ in DESCRIPTORS.iterdir()) if DESCRIPTORS.is_dir() else 0


@pytest.fixture(params=[TimeoutError, TooLongError])
def time_limit(request):
    def expired(number, frame):
        raise request.param

    before = signal.signal(signal.SIGALRM, expired)
    yield request.param
    signal.signal(signal.SIGALRM, before)


def interrupt_often(call, error):
    call()  # modules come
    n, n_files = traced(call), open_files()
    for at in random.Random(0).sample(range(1, n), min(N_INSTANTS, n - 1)):
        with pytest.raises(error) as raised:
            traced(call, at)
        assert raised.type is error, f"instruction {at} of {n}"
        del raised
    assert open_files() == n_files


@pytest.mark.parametrize("at_path", FORMATS)
def test_a_time_limit_while_a_file_is_read_is_raised_as_it_is(at_path, tmp_path, time_limit):
    save, load = at_path(tmp_path / "vectors")
    save(vectors(1))
    interrupt_often(load, time_limit)
    assert (load().vectors == 1).all()


@pytest.mark.parametrize("at_path", FORMATS)
def test_a_time_limit_while_a_file_is_written_leaves_nothing(at_path, tmp_path, time_limit):
    save, load = at_path(tmp_path / "vectors")
    save(vectors(1))
    names, new = sorted(tmp_path.iterdir()), vectors(2)
    interrupt_often(lambda: save(new), time_limit)
    assert sorted(tmp_path.iterdir()) == names
    assert load().vectors[0, 0] in (1, 2)


def test_a_time_limit_while_a_corpus_is_opened_is_raised_as_it_is(tmp_path, time_limit):
    path = tmp_path / "corpus"
    EncodedCorpus.from_sentences(SENTENCES).save(path)
    interrupt_often(lambda: EncodedCorpus.open(path), time_limit)


def test_a_time_limit_while_a_checkpoint_is_resumed_is_raised_as_it_is(tmp_path, time_limit):
    path = tmp_path / "checkpoint"
    Word2Vec(SENTENCES, vector_size=4, min_count=1, workers=1, checkpoint=path)
    interrupt_often(lambda: Word2Vec.resume(path, SENTENCES), time_limit)


def test_a_time_limit_while_the_free_memory_is_looked_at_is_raised_as_it_is(time_limit):
    interrupt_often(free_memory.free_nbytes, time_limit)


def test_a_time_limit_while_a_corpus_on_disk_is_trained_leaves_no_file(time_limit):
    def train():
        Word2Vec(SENTENCES, vector_size=4, min_count=1, workers=1, corpus_cache="disk")

    interrupt_often(train, time_limit)


@pytest.mark.parametrize(
    ("at_path", "where", "name"),
    [(native, zipfile.ZipFile, "__del__"), (gensim, pickle_rows._Joined, "seek")],
    ids=["__del__ of zipfile", "seek for io.BufferedReader"],
)
def test_a_time_limit_where_python_passes_over_errors(
    at_path, where, name, tmp_path, time_limit, monkeypatch
):
    save, load = at_path(tmp_path / "vectors")
    save(vectors(1))
    original = getattr(where, name)

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGALRM)
        return original(*arguments)

    monkeypatch.setattr(where, name, interrupted)
    monkeypatch.setattr(pickle_rows, "_MIN_KEYS", 1)
    with pytest.raises(time_limit):
        load()
