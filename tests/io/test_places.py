"""Files that belong together take their places alone, and are read as they belong together."""

import json
import multiprocessing
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fastsgns.io import places, replacement

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX locks")


def write(path, data):
    write_all([path], data)


def write_all(paths, data):
    with replacement.writing(paths) as files:
        for file in files:
            file.write(data)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def rewriting_on_threads(paths, seed, n_rounds, errors):
    """Write files and read them, each time all of them, on threads of a process."""
    try:

        def write_often(thread):
            for n in range(n_rounds):
                write_all(paths, b"%d %d %d" % (seed, thread, n))

        def read_often(_):
            for _ in range(n_rounds):
                found = places.read_as_one(paths[-1], lambda: {path.read_bytes() for path in paths})
                assert len(found) == 1, found

        with ThreadPoolExecutor(6) as pool:
            tasks = [pool.submit(write_often, n) for n in range(4)]
            tasks += [pool.submit(read_often, n) for n in range(2)]
            for task in tasks:
                task.result()
        errors.put(None)
    except BaseException as error:
        errors.put(repr(error))


@posix
@pytest.mark.parametrize("files", [["a"], ["m.x.npy", "m.y.npy", "m"], ["v.npy", "v.vocab"]])
def test_threads_and_processes_that_write_the_same_files_do_not_mix_them(tmp_path, files):
    paths = [tmp_path / name for name in files]
    write_all(paths, b"old")
    context = multiprocessing.get_context("fork" if sys.platform != "darwin" else "spawn")
    errors = context.Queue()
    children = [
        context.Process(target=rewriting_on_threads, args=(paths, seed, 60, errors))
        for seed in range(3)
    ]
    for child in children:
        child.start()
    assert [errors.get(timeout=120) for _ in children] == [None] * 3
    for child in children:
        child.join()
    assert len({path.read_bytes() for path in paths}) == 1
    assert names(tmp_path) == sorted(files)


def test_files_that_are_replaced_while_they_are_read_are_read_again(tmp_path):
    paths = [tmp_path / name for name in ("m.x.npy", "m")]
    write_all(paths, b"0")
    readings = []

    def read():
        main = paths[1].read_bytes()
        if len(readings) < 3:  # another saves between the reading of one and the other
            write_all(paths, b"%d" % (len(readings) + 1))
        readings.append((main, paths[0].read_bytes()))
        if len(readings) == 2:
            raise ValueError("parts that do not fit")
        return readings[-1]

    assert places.read_as_one(paths[1], read) == (b"3", b"3")
    assert readings == [(b"0", b"1"), (b"1", b"2"), (b"2", b"3"), (b"3", b"3")]


def test_what_is_wrong_with_files_that_nobody_replaces_is_said_at_once(tmp_path):
    (tmp_path / "m").write_bytes(b"damaged")
    readings = []

    def read():
        readings.append(0)
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        places.read_as_one(tmp_path / "m", read)
    assert readings == [0]
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(OSError, match=r"No such file|directory") as caught:
            places.read_as_one(path, path.read_bytes)
        assert caught.value.filename == str(path)


def test_files_that_are_always_replaced_are_given_up(tmp_path):
    path = tmp_path / "m"
    write(path, b"old")
    with pytest.raises(OSError, match="replaced while it was read, 20 times") as caught:
        places.read_as_one(path, lambda: write(path, b"new"))
    assert caught.value.filename == str(path)


@posix
def test_whoever_replaces_for_too_long_is_not_waited_for(tmp_path, monkeypatch):
    """A process that was stopped, as by Ctrl-Z."""
    path = tmp_path / "m"
    write(path, b"old")
    note = places.note_of(path)
    monkeypatch.setattr(places, "_MAX_WAIT_SECONDS", 0.05)
    with note.open("wb") as file:
        places.fcntl.flock(file, places.fcntl.LOCK_EX)
        for act in (lambda: write(path, b"new"), lambda: places.finish(path)):
            with pytest.raises(TimeoutError, match="another process") as caught:
                act()
            assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    write(path, b"new")  # the lock went with the process
    assert path.read_bytes() == b"new" and names(tmp_path) == ["m"]


@posix
def test_a_note_that_was_cut_short_by_a_kill_goes(tmp_path):
    write(tmp_path / "m", b"old")
    places.note_of(tmp_path / "m").write_bytes(b'[["m.x')
    places.finish(tmp_path / "m")
    assert names(tmp_path) == ["m"] and (tmp_path / "m").read_bytes() == b"old"


def test_what_a_note_gives_a_place_is_not_taken_for_abandoned(tmp_path, monkeypatch):
    """Another process noted it and was killed, after this one had looked for a note."""
    paths = [tmp_path / name for name in ("m.x.npy", "m")]
    write_all(paths, b"old")
    temporary = tmp_path / ".m.x.npy.000000000000.tmp"
    temporary.write_bytes(b"noted")
    note = places.note_of(paths[1])
    note.write_text(json.dumps([[temporary.name, "m.x.npy"]]))
    replacement._remove_abandoned(paths[0], paths[1])
    assert temporary.exists() or os.name == "nt"
    places.finish(paths[1])
    assert paths[0].read_bytes() == b"noted" or os.name == "nt"


def test_signals_wait_while_files_take_their_places(tmp_path, monkeypatch):
    """What they raise would keep the lock for as long as somebody keeps the exception."""
    path = tmp_path / "m"
    write(path, b"old")
    replace = Path.replace

    def interrupted(self, target):
        signal.raise_signal(signal.SIGINT)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            write(path, b"new")
    finally:
        signal.signal(signal.SIGINT, before)
        monkeypatch.undo()
    assert path.read_bytes() == b"new"
    write(path, b"newer")
    assert path.read_bytes() == b"newer" and names(tmp_path) == ["m"]
    del caught


@posix
def test_a_pipe_is_read_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_bytes, b"content")
        assert places.read_as_one(pipe, pipe.read_bytes) == b"content"
        assert written.result() == 7
