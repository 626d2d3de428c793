"""Engine room: files are given the places of others, by a note that is the lock, too.

The note says which temporary file takes which place, and is on the disk before any is renamed.
Whoever finds it does what a killed process has left to do. Under its lock the files of two writers
never mix; whoever reads several files reads them again when they were replaced meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from fastsgns.io.interrupts import deferred, pass_on, suppressed

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment, unused-ignore]

_T = TypeVar("_T")

_GIVING = threading.Lock()  # where files have no locks
_MAX_NAME_NBYTES = 200  # most file systems take 255
_MAX_NOTE_NBYTES = 1 << 20
_POLL_SECONDS = 0.005
_MAX_WAIT_SECONDS = 60.0  # taking places is renaming: whoever needs as long has been stopped
_MAX_READINGS = 20

# ---------------------------------------------------------------- names


def real(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that is no link, whose name there need not be."""
    with deferred():  # realpath passes over each OSError, that of a signal's handler too
        return Path(os.path.realpath(path))


def prefix_of(target: str) -> str:
    """Return what the names of files begin with that are to take the place of another."""
    if len(os.fsencode(target)) > _MAX_NAME_NBYTES:
        target = hashlib.sha256(os.fsencode(target)).hexdigest()[:32]
    return f".{target}."


def is_temporary(name: str, target: str) -> bool:
    """Say whether a file has the name of one that is to take the place of another."""
    prefix = prefix_of(target)
    return name.startswith(prefix) and bool(
        re.fullmatch(r"[0-9a-f]{12}\.tmp", name.removeprefix(prefix))
    )


def belongs(target: Path, main: Path) -> bool:
    """Say whether a file is part of another: beside it, and named for it."""
    return target.parent == main.parent and (
        target.name.startswith(f"{main.name}.") or target.stem == main.stem
    )


# ---------------------------------------------------------------- the note


def note_of(target: Path) -> Path:
    """Return where the note is of what takes the places of a file and of those named for it."""
    return target.with_name(f"{prefix_of(target.name)}replacing")


def write_note(file: io.FileIO, main: Path, pairs: Sequence[tuple[Path, Path]]) -> None:
    """Say which file takes which place; what is cut short by a kill says nothing."""
    text = json.dumps([[name.name, target.name] for name, target in pairs])
    with naming(main):
        left = memoryview(text.encode("utf-8", "surrogateescape"))
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())
    sync_folder(main.parent)


def alone(target: Path, take: Callable[[io.FileIO], None] | None = None) -> None:
    """Give files the places that a note says; then call `take`, and do what that has written.

    Nobody else gives files their places meanwhile. Handlers of signals wait: what they raise would
    keep the lock for as long as somebody keeps the exception.

    Parameters
    ----------
    target : path
        The file by which the others are read.
    take : function, optional
        It is given the note, empty. Without it no note is made where there is none.

    Raises
    ------
    TimeoutError
        Another process has been at it for a minute.
    PermissionError
        So has another user's, or it was killed: its note cannot be opened.
    """
    note = note_of(target)
    last = time.monotonic() + _MAX_WAIT_SECONDS
    refused: BaseException | None = None
    while time.monotonic() < last:
        with deferred():
            try:
                file = _open_note(note, target, may_make=take is not None)
            except BlockingIOError as error:
                refused = error.__cause__
            else:
                if file is None or _have_taken(file, note, target, take):
                    return
        time.sleep(_POLL_SECONDS)
    raise refused or TimeoutError(
        errno.ETIMEDOUT,
        f"another process has been replacing it for {_MAX_WAIT_SECONDS:.0f} s",
        os.fspath(target),
    )


def _have_taken(
    file: io.FileIO, note: Path, target: Path, take: Callable[[io.FileIO], None] | None
) -> bool:
    """Do what `alone` does, unless another is at it; return whether it is done."""
    with file, _locked(file) as is_ours:
        if is_ours:
            _give_places(file, target)
            try:
                if take is not None:
                    file.truncate(0)
                    take(file)
            finally:
                try:
                    _give_places(file, target)
                except OSError:
                    _withdraw(file, target)
                    raise
                if os.name == "nt":  # what is open cannot be removed there
                    file.close()
                with suppressed(OSError):  # it says nothing any more
                    note.unlink()
        return is_ours


def _open_note(note: Path, target: Path, *, may_make: bool) -> io.FileIO | None:
    """Open a note, to be written too if need be; return None if there is none.

    Raises
    ------
    BlockingIOError
        It is another user's: its cause is a PermissionError.
    """
    while True:
        try:
            return io.FileIO(_open(note, os.O_RDWR), "r+b")
        except (FileNotFoundError, NotADirectoryError):
            if not may_make:
                return None
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            if not may_make:
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    return io.FileIO(_open(note, os.O_RDONLY), "rb")
                if not os.path.lexists(note):  # or nobody may know: reading says so
                    return None
            error.add_note("another user is replacing the model, or was killed while doing so")
            raise BlockingIOError from error
        with contextlib.suppress(FileExistsError):
            old = standing(target)
            mode = 0o666 if old is None else old.st_mode & 0o666  # for who reads it at once
            with naming(target):
                made = _open(note, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
            file = io.FileIO(made, "r+b")
            if old is not None:
                dress(made, note, old)
            return file


def _open(note: Path, flags: int, mode: int = 0) -> int:
    """Open a note, but nothing that a link there leads to: others may write to the folder."""
    return os.open(note, flags | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0), mode)


@contextlib.contextmanager
def _locked(file: io.FileIO) -> Iterator[bool]:
    """Lock a note, and yield whether it is ours now: nobody else's, and still there."""
    if fcntl is None:
        with _in_turn() as is_ours:
            yield is_ours
        return
    turn: contextlib.AbstractContextManager[bool] = contextlib.nullcontext(True)
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    except OSError:  # some network file systems have no locks
        turn = _in_turn()
    with turn as is_ours:
        try:
            yield is_ours and bool(os.fstat(file.fileno()).st_nlink)
        finally:  # by name, for processes that were forked meanwhile have the file open too
            with suppressed(OSError):
                fcntl.flock(file.fileno(), fcntl.LOCK_UN)


@contextlib.contextmanager
def _in_turn() -> Iterator[bool]:
    """Take the lock that the threads of this process have, and yield whether it is ours now."""
    is_ours = _GIVING.acquire(blocking=False)
    try:
        yield is_ours
    finally:
        if is_ours:
            _GIVING.release()


def _give_places(file: io.FileIO, target: Path) -> None:
    """Rename files as a note says."""
    file.seek(0)
    pairs = _pairs_in(file.read(_MAX_NOTE_NBYTES), target)
    file.seek(0)
    for name, final in pairs:
        with contextlib.suppress(FileNotFoundError):  # this one is in its place already
            target.with_name(name).replace(target.with_name(final))
    if pairs:
        sync_folder(target.parent)


def _withdraw(file: io.FileIO, target: Path) -> None:
    """Have a note say nothing if no file has its place yet: nobody else is to give it one later."""
    file.seek(0)
    pairs = _pairs_in(file.read(_MAX_NOTE_NBYTES), target)
    if all(target.with_name(name).exists() for name, _ in pairs):
        file.truncate(0)


def finish(path: str | os.PathLike[str]) -> None:
    """Finish what a killed process has begun: give files that belong together their places.

    Raises
    ------
    OSError
        The folder cannot be written to, and what is there is neither the old nor the new.
    """
    alone(real(path))


def read_as_one(path: str | os.PathLike[str], read: Callable[[], _T]) -> _T:
    """Read files that belong together, again if they are replaced meanwhile.

    Parameters
    ----------
    path : str or path
        The one by which they are read.
    read : function
        Reads all of them.

    Raises
    ------
    OSError
        They were replaced each of twenty times.
    """
    target = real(path)
    for _ in range(_MAX_READINGS):
        finish(target)
        if not target.is_file():
            return read()  # which says so, or reads a pipe
        with target.open("rb") as file:  # open, so that no other file gets its inode meanwhile
            held = os.fstat(file.fileno())
            if not _is_settled(target, held):
                continue
            try:
                result = read()
            except Exception as error:  # of parts that do not fit, perhaps
                pass_on(error)
                if _is_settled(target, held):
                    raise
            else:
                if _is_settled(target, held):
                    return result
    raise OSError(
        errno.EBUSY,
        f"it was replaced while it was read, {_MAX_READINGS} times in a row",
        os.fspath(path),
    )


def _is_settled(target: Path, held: os.stat_result) -> bool:
    """Say whether a file still has its place, and no other is about to get that of another."""
    with suppressed(OSError):
        # In this order: what has been done before the first was done under a note, or is seen.
        return not _noted(target) and os.path.samestat(target.stat(), held)
    return False


def is_noted(name: Path, main: Path) -> bool:
    """Say whether a note gives a temporary file a place, or may do so."""
    with suppressed(OSError):
        return name.name in dict(_noted(main))
    return True


def _noted(main: Path) -> list[tuple[str, str]]:
    """Return what a note says: which temporary file takes which place."""
    try:
        with note_of(main).open("rb") as file:
            return _pairs_in(file.read(_MAX_NOTE_NBYTES), main)
    except FileNotFoundError:
        return []


def _pairs_in(content: bytes, target: Path) -> list[tuple[str, str]]:
    """Return what a note says; nothing if it is none of ours, for it could move any file."""
    try:
        found: Any = json.loads(content.decode("utf-8", "surrogateescape"))
        pairs = [(str(name), str(final)) for name, final in found]
    except (ValueError, TypeError, RecursionError):
        return []
    are_ours = all(
        Path(final).name == final != ""
        and belongs(target.with_name(final), target)
        and is_temporary(name, final)
        for name, final in pairs
    )
    return pairs if are_ours else []


def sync_folder(folder: Path) -> None:
    """Bring a renaming to the disk, where the system can (Windows cannot open a folder)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems know no fsync of a folder.
        with suppressed(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def standing(target: Path) -> os.stat_result | None:
    """Return what is known of a file, or None: it may have gone just now."""
    try:
        return target.stat()
    except OSError as error:
        pass_on(error)
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise
        return None


def dress(descriptor: int, name: Path, old: os.stat_result) -> None:
    """Give a new file the owner and the permissions of the old one, as far as can be."""
    new = os.fstat(descriptor)
    if hasattr(os, "fchown"):
        # Only root may give files away, and others to groups that they are in. Within a container
        # there may be no such owner.
        if new.st_gid != old.st_gid:
            with suppressed(OSError):
                os.fchown(descriptor, -1, old.st_gid)
        if new.st_uid != old.st_uid:
            with suppressed(OSError):
                os.fchown(descriptor, old.st_uid, -1)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, old.st_mode & 0o7777)
    else:
        name.chmod(old.st_mode & 0o7777)


@contextlib.contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Name the file in what the system says without one: a full disk, a limit."""
    try:
        yield
    except OSError as error:
        pass_on(error)
        raise type(error)(error.errno, error.strerror, os.fspath(path)) from error
