"""Files that belong together take their places alone, and are read as they belong together."""

import errno
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


def noted_later(monkeypatch, paths, data):
    """Have another process note new files, and be killed, after this one has looked for a note."""
    finish = places.finish
    notes = []

    def finished(path):
        finish(path)
        if not notes:
            for path in paths:
                temporary = path.with_name(f"{places.prefix_of(path.name)}{'0' * 12}.tmp")
                temporary.write_bytes(data)
                notes.append([temporary.name, path.name])
            places.note_of(paths[-1]).write_text(json.dumps(notes))

    monkeypatch.setattr(places, "finish", finished)


def test_files_that_are_noted_before_they_are_read_get_their_places_first(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in ("m.x.npy", "m")]
    write_all(paths, b"old")
    noted_later(monkeypatch, paths, b"new")
    readings = []

    def read():
        readings.append([path.read_bytes() for path in paths])
        return readings[-1]

    assert places.read_as_one(paths[-1], read) == [b"new"] * 2
    assert len(readings) == 1 and names(tmp_path) == ["m", "m.x.npy"]


@posix
def test_a_file_that_is_removed_while_it_is_read_is_looked_for_again(tmp_path):
    path = tmp_path / "m"
    write(path, b"old")

    def read():
        content = path.read_bytes()
        path.unlink()
        return content

    with pytest.raises(FileNotFoundError) as caught:
        places.read_as_one(path, read)
    assert caught.value.filename == str(path)


def test_a_note_that_cannot_be_read_may_say_anything(tmp_path):
    """Nothing is removed then, and what is read is not taken for settled."""
    temporary = tmp_path / ".m.000000000000.tmp"
    temporary.write_bytes(b"noted, perhaps")
    places.note_of(tmp_path / "m").mkdir()
    assert places.is_noted(temporary, tmp_path / "m")
    places.note_of(tmp_path / "m").rmdir()
    assert not places.is_noted(temporary, tmp_path / "m")


@pytest.fixture
def another_users_note(tmp_path, monkeypatch):
    """Return the note of a file, which may be read and not written to; and what is done then."""
    note, meanwhile = places.note_of(tmp_path / "m"), []
    os_open = os.open

    def refusing(name, flags, *args):
        if name == note and flags & os.O_RDWR and note.exists():
            for act in meanwhile:
                act()
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(name))
        return os_open(name, flags, *args)

    write(tmp_path / "m", b"old")
    note.write_bytes(b"")
    monkeypatch.setattr(os, "open", refusing)
    return note, meanwhile


@posix
@pytest.mark.parametrize("ends", [False, True])
def test_whoever_reads_needs_no_right_to_write_a_note(tmp_path, another_users_note, ends):
    """Also of one that is removed before it is opened."""
    note, meanwhile = another_users_note
    if ends:
        meanwhile.append(note.unlink)
    assert places.read_as_one(tmp_path / "m", (tmp_path / "m").read_bytes) == b"old"
    assert names(tmp_path) == ["m"], "who gets the lock may remove what says nothing"


@posix
def test_whoever_writes_is_told_of_another_users_note(tmp_path, another_users_note, monkeypatch):
    """Of one that was made after this one had looked for it."""
    note, _ = another_users_note
    monkeypatch.setattr(replacement, "finish", lambda _: None)
    monkeypatch.setattr(places, "_MAX_WAIT_SECONDS", 0.05)
    with pytest.raises(PermissionError) as caught:
        write(tmp_path / "m", b"new")
    assert caught.value.filename == str(note) and "another user" in caught.value.__notes__[0]
    assert (tmp_path / "m").read_bytes() == b"old" and names(tmp_path) == [note.name, "m"]


@posix
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_where_a_file_system_has_no_locks_files_are_replaced_without(tmp_path, monkeypatch, number):
    def refused(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(places.fcntl, "flock", refused)
    paths = [tmp_path / name for name in ("m.x.npy", "m")]
    for data in (b"old", b"new"):
        write_all(paths, data)
        assert places.read_as_one(paths[-1], paths[-1].read_bytes) == data
    assert names(tmp_path) == ["m", "m.x.npy"]


@pytest.mark.parametrize("number", [None, pytest.param(errno.ENOLCK, marks=posix)])
def test_where_files_have_no_locks_threads_take_turns(tmp_path, monkeypatch, number):
    """As on Windows, and on some network file systems."""

    def refused(*_):
        raise OSError(number, os.strerror(number))

    if number is None:
        monkeypatch.setattr(places, "fcntl", None)
        monkeypatch.setattr(replacement, "fcntl", None)
    else:
        monkeypatch.setattr(places.fcntl, "flock", refused)
    path = tmp_path / "m"
    write(path, b"old")
    with monkeypatch.context() as patch, places._GIVING:
        patch.setattr(places, "_MAX_WAIT_SECONDS", 0.05)
        with pytest.raises(TimeoutError, match="another process"):
            write(path, b"new")
    assert path.read_bytes() == b"old"
    write(path, b"new")
    assert path.read_bytes() == b"new" and names(tmp_path) == ["m"]


@posix
@pytest.mark.parametrize("reads", [False, True])
def test_another_users_note_is_waited_for(tmp_path, monkeypatch, reads):
    """It is there for a moment only, and may be nobody else's to open."""
    path = tmp_path / "m"
    write(path, b"old")
    note = places.note_of(path)
    note.write_bytes(b"")
    os_open, n_tried = os.open, []

    def refusing(name, flags, *args):
        if name == note and note.exists():
            n_tried.append(name)
            if len(n_tried) == 6:
                note.unlink()
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(name))
        return os_open(name, flags, *args)

    monkeypatch.setattr(os, "open", refusing)
    if reads:
        assert places.read_as_one(path, path.read_bytes) == b"old"
    else:
        write(path, b"new")
        assert path.read_bytes() == b"new"
    assert len(n_tried) == 6 and names(tmp_path) == ["m"]


@posix
def test_a_folder_that_cannot_be_looked_into_is_said_by_who_reads(tmp_path, monkeypatch):
    def refused(name, *_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(name))

    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(os, "lstat", refused)
    places.finish(tmp_path / "m")


# ---- what else may be there ----------------------------------------------------------------------


@posix
def test_what_a_link_in_the_place_of_a_note_leads_to_is_left_alone(tmp_path, monkeypatch):
    """Whoever may write to the folder could have others empty any file of theirs."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"content")
    write(tmp_path / "m", b"old")
    note = places.note_of(tmp_path / "m")
    note.symlink_to(precious)
    monkeypatch.setattr(replacement, "finish", lambda _: None)  # it was made afterwards
    with pytest.raises(OSError, match="symbolic link") as caught:
        write(tmp_path / "m", b"new")
    assert caught.value.filename == str(note)
    assert precious.read_bytes() == b"content" and (tmp_path / "m").read_bytes() == b"old"


@posix
def test_a_note_on_what_can_only_be_read_is_read(tmp_path, monkeypatch):
    """As in a copy of a folder in which a save was killed: it says nothing, or an error follows."""
    paths = [tmp_path / name for name in ("m.x.npy", "m")]
    write_all(paths, b"old")
    note = places.note_of(paths[1])
    note.write_bytes(b"")
    os_open, unlink = os.open, Path.unlink

    def refuse(name):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fspath(name))

    monkeypatch.setattr(
        os, "open", lambda name, flags, *a: refuse(name) if flags & 3 else os_open(name, flags, *a)
    )
    monkeypatch.setattr(Path, "unlink", lambda self, **_: refuse(self))
    monkeypatch.setattr(Path, "replace", lambda self, _: refuse(self))
    assert places.read_as_one(paths[1], paths[1].read_bytes) == b"old"
    monkeypatch.setattr(Path, "unlink", unlink)
    (tmp_path / ".m.x.npy.000000000000.tmp").write_bytes(b"new")
    note.write_text(json.dumps([[".m.x.npy.000000000000.tmp", "m.x.npy"]]))
    with pytest.raises(OSError, match="Read-only"):
        places.read_as_one(paths[1], paths[1].read_bytes)


def test_errors_of_a_note_name_the_file_that_was_asked_for(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"Not a directory|No such file") as caught:
        write(tmp_path / "file" / "m", b"new")
    assert caught.value.filename == str(tmp_path / "file" / "m")
    os_open = os.open

    def full(name, flags, *args):
        if name == places.note_of(tmp_path / "m") and flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(name))
        return os_open(name, flags, *args)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write(tmp_path / "m", b"new")
    assert caught.value.filename == str(tmp_path / "m")
    assert names(tmp_path) == ["file"]


@posix
@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL])
def test_a_new_file_keeps_the_group_where_it_cannot_keep_the_owner(tmp_path, monkeypatch, number):
    """Only root gives files away; and within a container there may be no such owner."""
    given = []

    def fchown(_, user, group):
        if user != -1:
            raise OSError(number, os.strerror(number))
        given.append(group)

    monkeypatch.setattr(os, "fchown", fchown)
    old = os.stat_result([0o100640, 0, 0, 1, os.getuid() + 1, os.getgid() + 1, 0, 0, 0, 0])
    with (tmp_path / "m").open("wb") as file:
        places.dress(file.fileno(), tmp_path / "m", old)
        assert os.fstat(file.fileno()).st_mode == old.st_mode
    assert given == [old.st_gid]


def test_a_file_that_is_removed_before_it_is_replaced_is_made(tmp_path, monkeypatch):
    path = tmp_path / "m"
    write(path, b"old")

    def gone(*_):
        path.unlink(missing_ok=True)
        return False

    monkeypatch.setattr(os, "access", gone)
    write(path, b"new")
    assert path.read_bytes() == b"new"


@posix
def test_a_file_that_is_not_there_is_told_from_one_that_cannot_be_looked_at(tmp_path):
    (tmp_path / "m").write_bytes(b"")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for gone in (tmp_path / "none", tmp_path / "m" / "below", loop):
        assert places.standing(gone) is None
    with pytest.raises(OSError, match="too long") as caught:
        places.standing(tmp_path / ("m" * 300))
    assert caught.value.errno == errno.ENAMETOOLONG and "mmm" in str(caught.value.filename)


@pytest.mark.parametrize("n_given", [0, 1])
def test_files_that_are_refused_their_places_are_given_none_later(tmp_path, monkeypatch, n_given):
    """As in a folder where only their owner replaces files; else the owner could not load them."""
    paths = [tmp_path / name for name in ("m.x.npy", "m")]
    write_all(paths, b"old")
    replace, given = Path.replace, []

    def refusing(self, target):
        if len(given) == n_given:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), os.fspath(self))
        given.append(target)
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refusing)
        with pytest.raises(PermissionError):
            write_all(paths, b"new")
    found = places.read_as_one(paths[1], lambda: {path.read_bytes() for path in paths})
    assert found == ({b"old"} if n_given == 0 else {b"new"})
    assert names(tmp_path) == ["m", "m.x.npy"]
