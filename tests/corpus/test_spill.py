"""Numbers on disk, and the temporary files that they are in."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import signal
import sys
import tempfile
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from processes import run_python

import fastsgns
import fastsgns.corpus.spill
from fastsgns.corpus.spill import DiskArray, SpillFile, memory_budget, spill_folder

NUMBERS = np.arange(1000, dtype=np.int64) * 2**33


def spilled(numbers, n_pieces: int = 3) -> DiskArray:
    file = SpillFile(numbers.dtype.type)
    for piece in np.array_split(numbers, n_pieces):
        file.append(piece)
    return file.array


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_slices_are_those_of_the_array(dtype):
    numbers = np.arange(100, dtype=dtype)
    array = spilled(numbers)
    assert (len(array), array.shape, array.dtype, array.ndim) == (100, (100,), dtype, 1)
    assert array.nbytes == numbers.nbytes
    for part in (
        slice(None),
        slice(3, 7),
        slice(7, 3),
        slice(-5, None),
        slice(90, 200),
        slice(0, 0),
    ):
        assert array[part].tolist() == numbers[part].tolist()
        assert array[part].dtype == dtype
    assert np.asarray(array).tolist() == numbers.tolist()
    assert np.asarray(array, np.float64).tolist() == numbers.tolist()
    assert array.mapped().tolist() == numbers.tolist()


def test_what_is_read_is_the_callers():
    array = spilled(NUMBERS)
    array[2:4][:] = 0
    assert array[2:4].tolist() == NUMBERS[2:4].tolist()
    with pytest.raises(ValueError, match="by being copied"):
        array.__array__(copy=False)


def test_only_whole_slices_are_read():
    array = spilled(NUMBERS)
    with pytest.raises(TypeError, match=r"in slices, got \[3\]"):
        array[3]
    with pytest.raises(ValueError, match="step 1, got 2"):
        array[::2]


def test_an_empty_array_is_one():
    array = SpillFile(np.int32).array
    assert array[:].tolist() == [] and array.mapped().tolist() == [] and len(array) == 0


def test_threads_read_at_the_same_time():
    array = spilled(NUMBERS)
    wrong = []

    def read(seed):
        rng = np.random.default_rng(seed)
        for begin in rng.integers(0, 900, 300).tolist():
            if array[begin : begin + 50].tolist() != NUMBERS[begin : begin + 50].tolist():
                wrong.append(begin)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_array_in_the_middle_of_a_file_and_a_file_cut_short(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(b"head" + NUMBERS.tobytes())
    array = DiskArray(path.open("rb", buffering=0), np.int64, len(NUMBERS), 4)
    assert array[5:9].tolist() == NUMBERS[5:9].tolist()
    os.truncate(path, 104)
    with pytest.raises(OSError, match=f"{path}: cut short, ends at byte 104 and not at 8004"):
        array[5:20]


def test_copies_share_the_file_and_a_pickle_has_the_numbers():
    array = spilled(NUMBERS)
    assert copy.copy(array) is array and copy.deepcopy(array) is array
    assert pickle.loads(pickle.dumps(array)).tolist() == NUMBERS.tolist()


def test_the_file_is_closed_with_the_last_reference():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        file = SpillFile(np.int32)
        inner = file.array._file
        array = file.array
        del file
        gc.collect()
        assert not inner.closed
        del array
        gc.collect()
        assert inner.closed


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX removes the name at once")
def test_the_file_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(fastsgns.corpus.spill, "spill_folder", lambda: str(tmp_path))
    array = spilled(NUMBERS)
    assert list(tmp_path.iterdir()) == []
    assert array[:].tolist() == NUMBERS.tolist()


KILLED = """
import os, signal, sys
from fastsgns import Word2Vec
from fastsgns.callbacks import CallbackAny2Vec

class Kill(CallbackAny2Vec):
    def on_epoch_end(self, model):
        assert model.corpus.encoded.is_on_disk
        os.kill(os.getpid(), signal.SIGKILL)

Word2Vec([["a", "b"]] * 1000, min_count=1, corpus_cache="disk", callbacks=[Kill()])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_nothing_is_left_on_the_disk_when_the_process_is_killed(tmp_path):
    run_python("-c", KILLED, expects=-signal.SIGKILL, env={"TMPDIR": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_that_says_what_to_do(monkeypatch):
    file = SpillFile(np.int32)

    class Full:
        def seek(self, position):
            pass

        def write(self, data):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(file.array, "_file", Full())
    with pytest.raises(OSError, match="No space left") as caught:
        file.append(np.zeros(5, np.int32))
    assert "TMPDIR" in caught.value.__notes__[0] and len(file.array) == 0


def test_a_folder_that_is_not_there_is_an_error_that_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(fastsgns.corpus.spill, "spill_folder", lambda: str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError) as caught:
        SpillFile(np.int32)
    assert f"temporary file in {tmp_path / 'none'}" in caught.value.__notes__[0]


def test_a_write_may_come_in_pieces(monkeypatch):
    file = SpillFile(np.int64)
    inner = file.array._file

    class Slow:
        def seek(self, position):
            return inner.seek(position)

        def write(self, data):
            return inner.write(data[:7])

    monkeypatch.setattr(file.array, "_file", Slow())
    file.append(NUMBERS)
    monkeypatch.setattr(file.array, "_file", inner)
    assert file.array[:].tolist() == NUMBERS.tolist()


def test_a_read_may_come_in_pieces(monkeypatch):
    file = SpillFile(np.int64)
    file.append(NUMBERS)
    read = file.array._read_into
    monkeypatch.setattr(file.array, "_read_into", lambda view, at: read(view[:5], at))
    assert file.array[:].tolist() == NUMBERS.tolist()


FORKED = """
import multiprocessing, sys
import numpy as np
from fastsgns.corpus.spill import SpillFile

file = SpillFile(np.int32)
file.append(np.arange(100_000, dtype=np.int32))
array = file.array

def n_wrong(_):
    starts = range(0, len(array), 10)
    return sum(not np.array_equal(array[i : i + 10], range(i, i + 10)) for i in starts)

with multiprocessing.get_context("fork").Pool(4) as pool:
    sys.exit(sum(pool.map(n_wrong, range(8), chunksize=1)) > 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX")
def test_forked_processes_read_the_same_file_at_the_same_time():
    """They share its position."""
    run_python("-W", "ignore", "-c", FORKED)


def test_a_file_is_closed_with_its_array_where_no_signal_comes():
    for in_cycle in (False, True):
        array = SpillFile(np.int32).array
        file, calls = array._file, []
        if in_cycle:
            array.itself = array
        sys.setprofile(lambda frame, *_, calls=calls: calls.append(frame.f_globals["__name__"]))
        del array
        gc.collect()
        sys.setprofile(None)
        assert file.closed
        assert not {"weakref", fastsgns.corpus.spill.__name__}.intersection(calls)


def test_large_files_go_where_large_files_go(monkeypatch, tmp_path):
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform != "win32" and Path("/var/tmp").is_dir():
        assert spill_folder() == "/var/tmp"
    monkeypatch.setattr(fastsgns.corpus.spill, "LARGE_FILES", "/no/such/folder")
    assert spill_folder() is None
    monkeypatch.undo()
    # Also when it is set in a running process: tempfile goes on with what it found first.
    assert tempfile.gettempdir() != str(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert spill_folder() == str(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    monkeypatch.setenv("TMP", str(tmp_path))
    assert spill_folder() == str(tmp_path)


def test_the_budget_is_a_share_of_the_free_memory_or_what_the_variable_says(monkeypatch):
    monkeypatch.setattr(fastsgns.corpus.spill, "free_nbytes", lambda: 1000)
    monkeypatch.delenv("FASTSGNS_CORPUS_MEMORY", raising=False)
    assert memory_budget() == 250
    for text, expected in (("10%", 100), ("2K", 2048), ("0", 0), ("", 250)):
        monkeypatch.setenv("FASTSGNS_CORPUS_MEMORY", text)
        assert memory_budget() == expected
    monkeypatch.setenv("FASTSGNS_CORPUS_MEMORY", "much")
    with pytest.raises(ValueError, match=r"variable FASTSGNS_CORPUS_MEMORY: a size must .*'much'"):
        memory_budget()
