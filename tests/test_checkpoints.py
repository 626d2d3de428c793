"""A run that was interrupted goes on where its checkpoint says, equal to one that was not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastsgns
from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec
from fastsgns._core import available_kernels
from fastsgns.io.errors import FormatError

RNG = np.random.default_rng(0)
SENTENCES = [[f"w{n}" for n in row] for row in (RNG.zipf(1.3, (300, 12)) % 500).tolist()]
MODES = [{"sg": 1}, {"sg": 0, "negative": 3}, {"sg": 1, "hs": 1, "negative": 0}]
OPTIONS = {"vector_size": 12, "min_count": 1, "workers": 1, "epochs": 4, "seed": 5}


class Stopping:
    """Ends the run at the begin of an epoch, or in its midst."""

    def __init__(self, epoch):
        self.n_left = epoch

    def on_train_begin(self, model):
        pass

    def on_epoch_begin(self, model):
        if self.n_left == 0:
            raise KeyboardInterrupt
        self.n_left -= 1

    def on_epoch_end(self, model):
        pass

    def on_train_end(self, model):
        pass


def equal(model, other):
    pairs = zip(model._weights(), other._weights(), strict=True)
    return all((a is None and b is None) or np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("kernel", available_kernels())
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("epoch", [0, 1, 3])
def test_a_resumed_run_is_equal_to_the_bit_to_one_that_went_through(kernel, mode, epoch, tmp_path):
    options = OPTIONS | mode | {"kernel": kernel}
    whole = Word2Vec(SENTENCES, **options)
    path = tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(SENTENCES, checkpoint=path, callbacks=[Stopping(epoch)], **options)
    resumed = Word2Vec.resume(path, SENTENCES)
    assert equal(resumed, whole)
    assert resumed.random.randint(10**9) == whole.random.randint(10**9)
    assert len(resumed.history) == 4
    assert resumed.train() == (0, 0), "there is nothing left to train"
    assert equal(Word2Vec.resume(path, SENTENCES), whole), "it was at its end"
    assert equal(Word2Vec.load(path), whole)
    assert np.array_equal(KeyedVectors.load(path, mmap="r").vectors, whole.wv.vectors)


@pytest.mark.parametrize("how", ["file", "corpus", "stream"])
def test_the_corpus_may_be_given_in_any_way(how, tmp_path):
    text = tmp_path / "text"
    text.write_text("\n".join(map(" ".join, SENTENCES)))
    path = tmp_path / "checkpoint"
    given = {
        "file": {"corpus_file": text},
        "corpus": {"corpus": EncodedCorpus.from_sentences(SENTENCES)},
        "stream": {"sentences": SENTENCES},
    }[how]
    options = OPTIONS | ({"corpus_cache": "off"} if how == "stream" else {})
    whole = Word2Vec(**given, **options)
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(**given, checkpoint=path, callbacks=[Stopping(2)], **options)
    assert equal(Word2Vec.resume(path, **given), whole)


def test_another_corpus_or_file_is_refused(tmp_path):
    path = tmp_path / "checkpoint"
    model = Word2Vec(SENTENCES, checkpoint=path, **OPTIONS)
    with pytest.raises(ValueError, match="checkpoint of another corpus"):
        Word2Vec.resume(path, SENTENCES[1:])
    with pytest.raises(ValueError, match="checkpoint of another corpus"):
        Word2Vec.resume(path, [*SENTENCES[:-1], ["w1"] * 12])
    model.save(tmp_path / "model")
    with pytest.raises(FormatError, match="model: a model, but no checkpoint"):
        Word2Vec.resume(tmp_path / "model", SENTENCES)
    with pytest.raises(FileNotFoundError):
        Word2Vec.resume(tmp_path / "none", SENTENCES)


@pytest.mark.parametrize("every", ["epochs", -1, None, True, "5", float("nan")])
def test_when_to_write_is_checked(every, tmp_path):
    with pytest.raises(ValueError, match="checkpoint_every must be"):
        Word2Vec(checkpoint=tmp_path / "c", checkpoint_every=every)


def test_checkpoints_may_be_seconds_apart(tmp_path, monkeypatch):
    written = []
    original = Word2Vec._write_native

    def write(self, target, ignore=(), progress=None):
        written.append(progress["epoch"])
        original(self, target, ignore, progress)

    monkeypatch.setattr(Word2Vec, "_write_native", write)
    for every, expected in ((1e6, [0, 4]), (0, [0, 1, 2, 3, 4]), ("epoch", [0, 1, 2, 3, 4])):
        written.clear()
        Word2Vec(SENTENCES, checkpoint=tmp_path / "c", checkpoint_every=every, **OPTIONS)
        assert written == expected


KILLED = """
import os, signal, sys
from fastsgns import Word2Vec
sys.path[:0] = [sys.argv[2]]
from test_checkpoints import OPTIONS, SENTENCES, Stopping

class Dying(Stopping):
    def on_epoch_begin(self, model):
        if self.n_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.n_left -= 1

Word2Vec(SENTENCES, checkpoint=sys.argv[1], callbacks=[Dying(2)], **OPTIONS)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_killed_run_is_resumed_to_the_same_bits(tmp_path):
    path = tmp_path / "checkpoint"
    root = Path(fastsgns.__file__).parent.parent
    run = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(Path(__file__).parent)],
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    assert equal(Word2Vec.resume(path, SENTENCES), Word2Vec(SENTENCES, **OPTIONS))
