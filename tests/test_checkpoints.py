"""A run that was interrupted goes on where its checkpoint says, equal to one that was not."""

import _thread
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from waiting import wait_until

import fastsgns
from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec
from fastsgns._core import available_kernels
from fastsgns.io import native
from fastsgns.io.errors import FormatError
from fastsgns.training import TrainingDiverged, weights, workers

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
    for every, expected in ((1e6, [0, 4]), ("epoch", [0, 1, 2, 3, 4])):
        written.clear()
        Word2Vec(SENTENCES, checkpoint=tmp_path / "c", checkpoint_every=every, **OPTIONS)
        assert written == expected


# ---- within an epoch -----------------------------------------------------------------------------


class Recorder:
    """Has checkpoints written as often as can be, and keeps each; some of them end the run.

    Parameters
    ----------
    n : int
        How many within epochs there are before `end` is called.
    end : callable, optional
        What happens then, in the thread that writes.
    """

    def __init__(self, path, patch, n=-1, end=None):
        self.path, self.n_left, self.end = path, n, end
        self.within, self.threads = [], set()
        write, account = Word2Vec._write_native, workers.EpochRun._account

        def recorded(model, target, ignore=(), progress=None):
            write(model, target, ignore, progress)
            self.threads.add(threading.current_thread().name)
            if progress["n_left"] is not None:
                self.keep()

        def slow(run, *args):
            time.sleep(0.005)  # that the polls of the calling thread come within epochs
            account(run, *args)

        patch(Word2Vec, "_write_native", recorded)
        patch(workers.EpochRun, "_account", slow)
        patch(workers, "POLL_SECONDS", 0.001)

    def keep(self):
        self.within.append(self.path.with_name(f"c{len(self.within)}"))
        shutil.copy(self.path, self.within[-1])
        self.n_left -= 1
        if self.n_left == 0 and self.end is not None:
            self.end()


def nobody_writes():
    return not any(thread.name == "fastsgns-checkpoint" for thread in threading.enumerate())


OFTEN = {"checkpoint_every": 0, "batch_words": 100}


@pytest.mark.parametrize("kernel", available_kernels())
@pytest.mark.parametrize("mode", MODES)
def test_a_checkpoint_within_an_epoch_goes_on_to_the_same_bits(kernel, mode, tmp_path, monkeypatch):
    options = OPTIONS | mode | {"kernel": kernel, "batch_words": 100, "compute_loss": True}
    whole = Word2Vec(SENTENCES, **options)
    with monkeypatch.context() as patch:
        seen = Recorder(tmp_path / "c", patch.setattr)
        through = Word2Vec(SENTENCES, checkpoint=seen.path, checkpoint_every=0, **options)
    assert equal(through, whole), "writing them changes nothing"
    assert "fastsgns-checkpoint" in seen.threads and seen.within
    next_number = whole.random.randint(10**9)
    for path in seen.within[:: max(1, len(seen.within) - 1)]:
        resumed = Word2Vec.resume(path, SENTENCES)
        assert equal(resumed, whole)
        assert resumed.random.randint(10**9) == next_number
        assert [h["raw_words"] for h in resumed.history] == [h["raw_words"] for h in whole.history]
        expected = whole.get_latest_training_loss()
        assert resumed.get_latest_training_loss() == pytest.approx(expected, rel=1e-12)


def test_several_workers_leave_out_no_job_and_repeat_none(tmp_path, monkeypatch):
    options = OPTIONS | {"workers": 3, "batch_words": 100}
    with monkeypatch.context() as patch:
        seen = Recorder(tmp_path / "c", patch.setattr)
        Word2Vec(SENTENCES, checkpoint=seen.path, checkpoint_every=0, **options)
    resumed = Word2Vec.resume(seen.within[-1], SENTENCES)
    n_words = sum(map(len, SENTENCES))
    assert [entry["raw_words"] for entry in resumed.history] == 4 * [n_words]


def test_ctrl_c_within_an_epoch_is_resumed_to_the_same_bits(tmp_path, monkeypatch):
    whole = Word2Vec(SENTENCES, **OPTIONS | OFTEN)
    with monkeypatch.context() as patch:
        seen = Recorder(tmp_path / "c", patch.setattr, 2, _thread.interrupt_main)
        with pytest.raises(KeyboardInterrupt):
            Word2Vec(SENTENCES, checkpoint=seen.path, **OPTIONS | OFTEN)
    wait_until(nobody_writes)
    assert equal(Word2Vec.resume(seen.path, SENTENCES), whole)


def test_jobs_that_an_interrupted_call_has_left_out_of_order_are_written_down(
    tmp_path, monkeypatch
):
    """Workers take several jobs at a time, and some leave theirs where others have done theirs."""
    model = Word2Vec(checkpoint=tmp_path / "c", **OPTIONS | OFTEN)
    model.build_vocab(SENTENCES)
    with monkeypatch.context() as patch:
        Recorder(tmp_path / "c", patch.setattr, 2, _thread.interrupt_main)
        with pytest.raises(KeyboardInterrupt):
            model.train()
    wait_until(nobody_writes)
    left = model._unfinished.jobs
    del left[12:14], left[8:10], left[3:6]  # done by others
    with monkeypatch.context() as patch:
        seen = Recorder(tmp_path / "c", patch.setattr)
        model.train()
    assert len(seen.within) > 3
    for path in seen.within[:4]:
        assert equal(Word2Vec.resume(path, SENTENCES), model)


def test_what_goes_wrong_while_training_goes_on_is_logged_and_training_ends_well(
    tmp_path, monkeypatch, caplog
):
    """The first says at once that nothing can be written there."""
    write = Word2Vec._write_native

    def full(model, target, ignore=(), progress=None):
        if progress["epoch"] in (1, 2):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(model, target, ignore, progress)

    monkeypatch.setattr(Word2Vec, "_write_native", full)
    path = tmp_path / "c"
    model = Word2Vec(SENTENCES, checkpoint=path, **OPTIONS)
    assert caplog.text.count("no checkpoint was written, the one before stays: [Errno 28]") == 2
    assert equal(Word2Vec.load(path), model)
    with pytest.raises(FileNotFoundError):
        Word2Vec(SENTENCES, checkpoint=tmp_path / "none" / "c", **OPTIONS)


def test_without_room_for_a_copy_the_checkpoint_before_stays(tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(weights.PlacedWeights, "snapshot", full)
    path = tmp_path / "c"
    model = Word2Vec(SENTENCES, checkpoint=path, checkpoint_every=0, **OPTIONS)
    assert "no checkpoint was written, the one before stays: [Errno 28]" in caplog.text
    assert equal(Word2Vec.load(path), model), "the first and the last need no copy"


def test_a_corpus_that_is_read_in_each_epoch_has_checkpoints_between_epochs(tmp_path, monkeypatch):
    """Within one, nobody could tell again where its sentences were."""
    path = tmp_path / "c"
    seen = Recorder(path, monkeypatch.setattr)
    options = OPTIONS | {"corpus_cache": "off", "batch_words": 100}
    model = Word2Vec(SENTENCES, checkpoint=path, checkpoint_every=0, **options)
    assert seen.within == []
    assert equal(Word2Vec.load(path), model)


def test_weights_that_are_not_finite_take_the_place_of_no_checkpoint(tmp_path, caplog):
    class Spoiling(Stopping):
        def on_epoch_end(self, model):
            model.wv.vectors[:] = np.nan

    path = tmp_path / "c"
    with pytest.raises(TrainingDiverged):
        Word2Vec(SENTENCES, checkpoint=path, callbacks=[Spoiling(9)], **OPTIONS)
    wait_until(nobody_writes)
    assert (
        "no checkpoint was written, the one before stays: wv.vectors is not finite" in caplog.text
    )
    assert np.isfinite(Word2Vec.load(path).wv.vectors).all()


@pytest.mark.parametrize(
    "change",
    [
        {"n_left": 10**6},
        {"n_left": -1},
        {"n_left": 0},
        {"n_left": "3"},
        {"first": [[0, 10**9, 0.02]]},
        {"first": [[5, 2, 0.02]]},
        {"first": [[0, 2, float("nan")]]},
        {"first": [[0, 2, 1e9]]},
        {"first": [[0, 2]]},
        {"first": 3},
        {"done": {"n_words": 3}},
        {"done": 3},
        {"epoch": 10**30},
        {"every": "often"},
        {"schedule": {}},
    ],
)
def test_progress_that_cannot_be_is_an_error_with_the_file(change, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        seen = Recorder(tmp_path / "c", patch.setattr)
        Word2Vec(SENTENCES, checkpoint=seen.path, **OPTIONS | OFTEN)
    damaged = tmp_path / "damaged"
    model = Word2Vec.load(seen.within[0])
    progress = native.read(seen.within[0]).header["progress"]
    assert progress["n_left"] > len(progress["first"]) == 1
    model._write_native(damaged, progress=progress | change)
    with pytest.raises(FormatError, match="damaged"):
        Word2Vec.resume(damaged, SENTENCES)


KILLED_WITHIN = """
import os, signal, sys
from pathlib import Path
from fastsgns import Word2Vec
sys.path[:0] = [sys.argv[2]]
from test_checkpoints import OFTEN, OPTIONS, SENTENCES, Recorder

path = Path(sys.argv[1])
Recorder(path, setattr, 2, lambda: os.kill(os.getpid(), signal.SIGKILL))
Word2Vec(SENTENCES, checkpoint=path, **OPTIONS | OFTEN)
"""


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
@pytest.mark.parametrize("program", [KILLED, KILLED_WITHIN], ids=["between", "within"])
def test_a_killed_run_is_resumed_to_the_same_bits(program, tmp_path):
    path = tmp_path / "checkpoint"
    root = Path(fastsgns.__file__).parent.parent
    run = subprocess.run(
        [sys.executable, "-c", program, str(path), str(Path(__file__).parent)],
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    options = OPTIONS | ({"batch_words": 100} if program is KILLED_WITHIN else {})
    assert equal(Word2Vec.resume(path, SENTENCES), Word2Vec(SENTENCES, **options))
