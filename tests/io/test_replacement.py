"""Files take the place of others whole, together, and with what belonged to the old ones."""

import contextlib
import errno
import json
import logging
import multiprocessing
import os
import signal
import stat
import sys
import time
from pathlib import Path

import pytest

from fastsgns.io import places, replacement

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions, owners and locks")


def write(path, data):
    with replacement.writing([path]) as (file,):
        file.write(data)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_the_new_file_has_the_permissions_of_the_old_from_its_first_byte(tmp_path, mode):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode | stat.S_IWUSR)
    with replacement.writing([path]) as (file,):
        file.write(b"secret")
        file.flush()
        (temporary,) = set(tmp_path.iterdir()) - {path}
        assert stat.S_IMODE(temporary.stat().st_mode) == mode | stat.S_IWUSR
    assert stat.S_IMODE(path.stat().st_mode) == mode | stat.S_IWUSR


@posix
def test_a_first_file_has_the_permissions_that_the_system_gives(tmp_path):
    write(tmp_path / "a", b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root gives files away")
def test_what_root_writes_keeps_its_owner(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    os.chown(path, 1234, 5678)
    write(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 5678)


def test_a_write_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write whatever the mode says
    with pytest.raises(PermissionError, match="write-protected") as caught:
        write(path, b"new")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a"]


@pytest.mark.parametrize("before", [b"old", None], ids=["goes", "comes"])
def test_a_file_that_comes_or_goes_meanwhile_is_not_called_write_protected(
    tmp_path, monkeypatch, before
):
    path = tmp_path / "a"
    if before is not None:
        path.write_bytes(before)

    def access(*_):
        path.write_bytes(b"another's") if before is None else path.unlink(missing_ok=True)
        return False

    monkeypatch.setattr(os, "access", access)
    write(path, b"new")
    assert path.read_bytes() == b"new" and names(tmp_path) == ["a"]


@posix
def test_what_a_killed_save_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    path = tmp_path / "a"
    left = tmp_path / f".a.{'0' * 12}.tmp"
    left.write_bytes(b"left by one that was killed")
    other = tmp_path / ".b.000000000000.tmp"
    other.write_bytes(b"of another file")
    with replacement.writing([path]) as (file,):
        file.write(b"first")
        write(path, b"second, meanwhile")
        assert path.read_bytes() == b"second, meanwhile"
    assert path.read_bytes() == b"first"
    assert names(tmp_path) == sorted([other.name, "a"])


def test_a_full_disk_is_named_with_the_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    write(path, b"old")

    def full(self, data):
        with places.naming(self._path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(replacement._NamedFile, "write", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write(path, b"new" * 10**6)
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == str(path)
    monkeypatch.undo()
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a"]


def limited(path, n_bytes, result):
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))
    try:
        write(path, bytes(10**6))
    except OSError as error:
        result.put((error.errno, error.filename))


@posix
@pytest.mark.parametrize("n_bytes", [0, 1, 8192, 10**6 - 1])
def test_a_limit_of_the_system_leaves_the_old_file(tmp_path, n_bytes):
    path = tmp_path / "a"
    write(path, b"old")
    context = multiprocessing.get_context("fork")
    result = context.Queue()
    child = context.Process(target=limited, args=(path, n_bytes, result))
    child.start()
    assert result.get(timeout=30) == (errno.EFBIG, str(path))
    child.join()
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a"]


def test_a_mount_point_is_overwritten_with_a_warning(tmp_path, monkeypatch, caplog):
    """As containers have them: the kernel refuses to rename over one."""
    path = tmp_path / "a"
    path.write_bytes(b"a longer old file")
    inode = path.stat().st_ino

    def busy(self, target):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(target))

    monkeypatch.setattr(Path, "replace", busy)
    with caplog.at_level(logging.WARNING, logger="fastsgns.io"):
        write(path, b"new")
    assert "mount point" in caplog.text and str(path) in caplog.text
    assert path.read_bytes() == b"new" and path.stat().st_ino == inode
    assert names(tmp_path) == ["a"]


def test_a_folder_is_no_place_for_a_file(tmp_path):
    with pytest.raises(IsADirectoryError) as caught:
        write(tmp_path, b"new")
    assert caught.value.filename == str(tmp_path)


@posix
def test_a_name_as_long_as_the_system_takes_is_replaced_like_any_other(tmp_path):
    """That of the temporary file would be too long."""
    path = tmp_path / ("ü" * 127)
    write(path, b"old")
    write(path, b"new")
    assert path.read_bytes() == b"new" and names(tmp_path) == [path.name]


@posix
@pytest.mark.parametrize(("owner", "method"), [(os, "fchmod"), (Path, "replace")])
def test_what_the_system_refuses_leaves_the_old_file_alone(tmp_path, monkeypatch, owner, method):
    path = tmp_path / "a"
    write(path, b"old")

    def refused(*_):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(owner, method, refused)
    with pytest.raises(PermissionError):
        write(path, b"new")
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a"]


class Interrupted:
    """A Ctrl-C before the n-th instruction of the module, as a tracer of the interpreter."""

    def __init__(self, n):
        self.n_left = n

    def __call__(self, frame, event, _):
        if frame.f_code.co_filename not in (replacement.__file__, places.__file__):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            self.n_left -= 1
            if not self.n_left:
                sys.settrace(None)
                signal.raise_signal(signal.SIGINT)
        return self


# A file that nobody has yet when it comes is closed by the interpreter, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("files", "step"), [(["a"], 1), (["a.b", "a"], 5)], ids=["one", "two"])
def test_ctrl_c_at_any_instruction_leaves_all_old_or_all_new_and_nothing_else(
    files, step, tmp_path
):
    paths = [tmp_path / name for name in files]
    before = sys.gettrace()
    n, is_done = 1, False
    while not is_done:
        for path in paths:
            path.write_bytes(b"old")
        sys.settrace(Interrupted(n))
        try:
            with replacement.writing(paths) as made:
                for file in made:
                    file.write(b"new")
            is_done = True
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        places.finish(paths[-1])
        assert names(tmp_path) == sorted(files), n
        assert len({path.read_bytes() for path in paths}) == 1, n
        n += step
    assert n > 300


@posix
def test_a_file_that_is_removed_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    """By another that writes there, and takes it for what a killed process left."""
    path = tmp_path / "a"
    hold = replacement._hold
    removed = []

    def late(descriptor):
        if len(removed) < 2:
            removed.append(names(tmp_path))
            replacement._remove_abandoned(path, path)
        return hold(descriptor)

    monkeypatch.setattr(replacement, "_hold", late)
    write(path, b"new")
    assert path.read_bytes() == b"new" and names(tmp_path) == ["a"]
    assert [len(found) for found in removed] == [1, 1], "and what was removed was there"


class LateLock:
    """Locks before each of which something happens."""

    def __init__(self, locks, before):
        self._locks = locks
        self._before = before

    def __getattr__(self, name):
        return getattr(self._locks, name)

    def flock(self, descriptor, operation):
        self._before()
        self._locks.flock(descriptor, operation)


@posix
def test_a_file_made_again_under_the_name_of_an_abandoned_one_is_not_removed(tmp_path, monkeypatch):
    """Between the opening and the locking of the old one, which a third has removed."""
    temporary = tmp_path / ".a.000000000000.tmp"
    temporary.write_bytes(b"abandoned")

    def make_again():
        temporary.unlink()
        temporary.write_bytes(b"new")

    monkeypatch.setattr(replacement, "fcntl", LateLock(replacement.fcntl, make_again))
    replacement._remove_abandoned(tmp_path / "a", tmp_path / "a")
    assert temporary.read_bytes() == b"new"


def test_without_locks_and_owners_files_are_replaced_and_what_was_left_goes(tmp_path, monkeypatch):
    """As on Windows, where nobody can remove what is open."""
    monkeypatch.setattr(replacement, "fcntl", None)
    monkeypatch.setattr(places, "fcntl", None)
    for name in ("fchmod", "fchown"):
        monkeypatch.delattr(os, name, raising=False)
    path = tmp_path / "a"
    write(path, b"old")
    (tmp_path / ".a.000000000000.tmp").write_bytes(b"left")
    write(path, b"new")
    assert path.read_bytes() == b"new" and names(tmp_path) == ["a"]


# ---- several files -------------------------------------------------------------------------------


def write_all(paths, data, stop=None):
    with replacement.writing(paths) as files:
        for n, file in enumerate(files):
            if n == stop:
                raise KeyboardInterrupt
            file.write(data)


def test_several_files_are_replaced_together_or_not_at_all(tmp_path):
    paths = [tmp_path / name for name in ("m.x.npy", "m.y.npy", "m")]
    write_all(paths, b"old")
    for stop in range(3):
        with pytest.raises(KeyboardInterrupt):
            write_all(paths, b"new", stop)
        assert [path.read_bytes() for path in paths] == [b"old"] * 3
    write_all(paths, b"new")
    assert [path.read_bytes() for path in paths] == [b"new"] * 3
    assert names(tmp_path) == ["m", "m.x.npy", "m.y.npy"]


def test_a_disk_that_is_full_when_the_note_is_written_leaves_the_old_files(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in ("m.x.npy", "m")]
    write_all(paths, b"old")

    dumps = json.dumps

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def cut(pairs):
        """Bring half of the note to the disk, which is full then."""
        monkeypatch.setattr(os, "fsync", full)
        text = dumps(pairs)
        return text[: len(text) // 2]

    monkeypatch.setattr(json, "dumps", cut)
    with pytest.raises(OSError, match="No space left"):
        write_all(paths, b"new")
    assert [path.read_bytes() for path in paths] == [b"old"] * 2
    assert names(tmp_path) == ["m", "m.x.npy"]


@pytest.mark.parametrize("stop", range(9))
def test_what_is_interrupted_while_they_take_their_places_is_finished(tmp_path, monkeypatch, stop):
    """Whatever renaming or removal is the last that a killed process does."""
    paths = [tmp_path / name for name in ("m.x.npy", "m.y.npy", "m")]
    write_all(paths, b"old")
    n_left = stop
    originals = {name: getattr(Path, name) for name in ("replace", "unlink")}

    def dying(name):
        def method(self, *args, **kwargs):
            nonlocal n_left
            n_left -= 1
            if n_left < 0:
                raise SystemExit("killed")  # from here on nothing is done
            return originals[name](self, *args, **kwargs)

        return method

    for name in originals:
        monkeypatch.setattr(Path, name, dying(name))
    with contextlib.suppress(SystemExit):
        write_all(paths, b"new")
    monkeypatch.undo()
    places.finish(paths[-1])
    assert {path.read_bytes() for path in paths} in ({b"old"}, {b"new"})
    write_all(paths, b"last")
    assert names(tmp_path) == ["m", "m.x.npy", "m.y.npy"]


@pytest.mark.parametrize(
    "note",
    [
        b"", b"{", b"5", b"[5]", b'[["a","b"]]', b"[" * 100_000, b"\xff", b'[[1,2,3]]',
        json.dumps([[".other.000000000000.tmp", "other"]]).encode(),
        json.dumps([[".m..x.000000000000.tmp", "m./../x"]]).encode(),
        json.dumps([["../.m.000000000000.tmp", "m"]]).encode(),
        json.dumps([["/etc/passwd", "m"]]).encode(),
        json.dumps([["other", "m"]]).encode(),
    ],
)  # fmt: skip
def test_a_note_that_is_none_of_ours_moves_nothing(tmp_path, note):
    for name in ("m", "other", ".other.000000000000.tmp"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / ".m.replacing").write_bytes(note)
    places.finish(tmp_path / "m")
    for name in ("m", "other", ".other.000000000000.tmp"):
        assert (tmp_path / name).read_bytes() == name.encode()


def rewriting(paths, ready):
    n = 0
    while True:
        n += 1
        write_all(paths, b"%d" % n * 20_000)
        ready.set()


@posix
def test_several_files_of_a_killed_process_are_of_one_time(tmp_path):
    paths = [tmp_path / name for name in ("m.x.npy", "m.y.npy", "m")]
    context = multiprocessing.get_context("fork" if sys.platform != "darwin" else "spawn")
    for n in range(10):
        ready = context.Event()
        child = context.Process(target=rewriting, args=(paths, ready))
        child.start()
        assert ready.wait(30)
        time.sleep(0.01 * n)
        child.kill()
        child.join()
        places.finish(paths[-1])
        assert len({path.read_bytes() for path in paths}) == 1
