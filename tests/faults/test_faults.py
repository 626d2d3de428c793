"""What goes wrong from outside: iterators that raise, Ctrl-C, kill -9, full disks, no memory.

A few of each here; `make faults` sets FASTSGNS_FAULTS=long for as many as docs/reliability.md says.
"""

import contextlib
import errno
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import child

import fastsgns
from fastsgns import Word2Vec
from fastsgns.io import places, replacement

LONG = os.environ.get("FASTSGNS_FAULTS") == "long"
N_POSITIONS, WORKERS = (50, (1, 2, 8)) if LONG else (4, (1, 2))
N_INTERRUPTS = 50 if LONG else 2
N_KILLS = 200 if LONG else 4

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
SENTENCES = child.text(400)


# ---- iterators -----------------------------------------------------------------------------------


class Broken(Exception):
    """What the user's iterator raises."""


class Breaking:
    """Sentences that raise at one of them, counted through all passes."""

    def __init__(self, at):
        self.n_left = at

    def __iter__(self):
        for sentence in SENTENCES:
            if self.n_left == 0:
                raise Broken
            self.n_left -= 1
            yield sentence


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("position", range(N_POSITIONS))
def test_the_users_iterator_raises_in_any_epoch(position, workers):
    """The same exception, at once, no thread left, and the model is whole."""
    options = child.OPTIONS | {"workers": workers, "epochs": 3, "corpus_cache": "off"}
    at = position * 4 * len(SENTENCES) // N_POSITIONS
    n_threads = threading.active_count()
    with pytest.raises(Broken):
        Word2Vec(Breaking(at), **options)
    model = Word2Vec(SENTENCES, **options)
    began = time.perf_counter()
    with pytest.raises(Broken):
        model.train(Breaking(at * 3 // 4), total_examples=len(SENTENCES), epochs=3)
    assert time.perf_counter() - began < 5, "it surfaces at once; slow machines are slow"
    assert threading.active_count() == n_threads
    assert np.isfinite(model.wv.vectors).all()
    model.train(SENTENCES, total_examples=len(SENTENCES), epochs=1)


# ---- signals -------------------------------------------------------------------------------------


@contextlib.contextmanager
def started(work, folder):
    root = Path(fastsgns.__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("child.py")), work.__name__, str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


@posix
@pytest.mark.parametrize("work", child.INTERRUPTED, ids=lambda work: work.__name__)
def test_ctrl_c_comes_back_at_once_with_all_in_order(work, tmp_path):
    """No thread is left, what it was about is whole, and it can be done again."""
    rng = random.Random(work.__name__)
    for n in range(N_INTERRUPTS):
        folder = tmp_path / str(n)
        folder.mkdir()
        with started(work, folder) as process:
            time.sleep(rng.uniform(0, 0.3))
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
            ended = json.loads(out)
        assert process.returncode == 0
        assert ended["threads"] == 0
        assert ended["seconds"] < 2, "back in half a second where the cores are free"


@posix
@pytest.mark.parametrize("work", child.KILLED, ids=lambda work: work.__name__)
def test_a_save_that_is_killed_leaves_the_old_model_or_the_new(work, tmp_path):
    """Of one time in all its files, and nothing of it is left after the next save."""
    save, load = work(tmp_path)
    kv = child.vectors(1)
    save(kv)
    names = sorted(path.name for path in tmp_path.iterdir())
    rng = random.Random(work.__name__)
    for _ in range(N_KILLS):
        with started(work, tmp_path) as process:
            time.sleep(rng.uniform(0, 0.1))
            process.kill()
        loaded = load()
        assert np.all(loaded.vectors == loaded.vectors[0, 0])
        assert len(loaded) == child.STATES[int(loaded.vectors[0, 0])]
    save(kv)
    assert sorted(path.name for path in tmp_path.iterdir()) == names


@posix
def test_a_run_that_is_killed_at_any_time_goes_on_from_its_checkpoint(tmp_path):
    """While one is written, too: to the bits of a run that nobody killed."""
    sentences = child.text(2000)
    whole = Word2Vec(sentences, **child.CHECKPOINTED, epochs=40)
    rng = random.Random(0)
    for _ in range(N_KILLS):
        with started(child.checkpointing, tmp_path) as process:
            time.sleep(rng.uniform(0, 1.0))
            process.kill()
        resumed = Word2Vec.resume(tmp_path / "checkpoint", sentences)
        assert np.array_equal(resumed.wv.vectors, whole.wv.vectors)
        assert np.array_equal(resumed.syn1neg, whole.syn1neg)


# ---- disks ---------------------------------------------------------------------------------------


def full_disk(save):
    """Save; return the error of a full disk, or None if it was not."""
    try:
        save(child.vectors(2, 2500))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return error
        raise
    return None


@pytest.mark.parametrize("work", child.KILLED, ids=lambda work: work.__name__)
def test_a_disk_that_is_full_at_any_write_leaves_the_old_model(work, tmp_path, monkeypatch):
    save, load = work(tmp_path)
    save(child.vectors(1))
    names = sorted(path.name for path in tmp_path.iterdir())
    original = replacement._NamedFile.write
    n_left = 0

    def write(self, data):
        nonlocal n_left
        n_left -= 1
        if n_left < 0:
            with places.naming(self._path):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(self, data)

    monkeypatch.setattr(replacement._NamedFile, "write", write)
    for n in range(1000):
        n_left = n
        failed = full_disk(save)
        if failed is None:
            break
        assert Path(failed.filename).name in names
        assert sorted(path.name for path in tmp_path.iterdir()) == names
        assert len(load()) == 4000
    assert len(load()) == 2500 and n > 0


# ---- memory --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def failing_malloc(tmp_path_factory):
    """A library that has the n-th allocation fail."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if not sys.platform.startswith("linux") or platform.libc_ver()[0] != "glibc" or not compiler:
        pytest.skip("needs glibc, whose malloc can be replaced, and a C compiler")
    library = tmp_path_factory.mktemp("malloc") / "failing_malloc.so"
    source = Path(__file__).with_name("failing_malloc.c")
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    return library


def test_an_allocation_that_fails_is_a_memory_error_and_changes_nothing(failing_malloc):
    """Each of the package's compiled code, and each of NumPy's arrays, of calls of every kind."""
    root = Path(fastsgns.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("allocations.py"))],
        env={**os.environ, "PYTHONPATH": str(root), "LD_PRELOAD": str(failing_malloc)},
        stdout=subprocess.PIPE,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, "it crashed"
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == 13
    assert [line for line in said if line["wrong"]] == []
    assert all(line["failed"] > 0 for line in said if line["call"].startswith(("build", "train")))
