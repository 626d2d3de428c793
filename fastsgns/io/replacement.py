"""Engine room: files take the place of others when all of them are whole, or not at all.

One file: it is written beside the old one, brought to the disk, and renamed. Several that belong
together: all are written, then a note says which takes which place, then they are renamed, then the
note goes. Whoever finds a note goes on where a killed process stopped.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

try:
    import fcntl
except ImportError:  # Windows, where nobody can remove what is open
    fcntl = None  # type: ignore[assignment, unused-ignore]

logger = logging.getLogger("fastsgns.io")

_COPY_NBYTES = 1 << 22
_MAX_NAME_NBYTES = 200  # most file systems take 255
_MAX_NOTE_NBYTES = 1 << 20


@contextlib.contextmanager
def writing(paths: Sequence[str | os.PathLike[str]]) -> Iterator[list[BinaryIO]]:
    """Write files so that whoever looks finds the old ones or the new ones, whole.

    After an exception, or when the process is killed, the old files are as they were; what a killed
    one leaves beside them is removed by the next that writes there.

    Parameters
    ----------
    paths : list of str or path
        Of several, the last is the one by which they are read.

    Yields
    ------
    list of binary files, open for writing and seeking

    Raises
    ------
    OSError
        Also for a file that is write-protected: renaming would not ask.
    """
    finish(paths[-1])
    made: list[_Temporary] = []
    try:
        for path in paths:
            made.append(_Temporary(path))
            made[-1].begin()
        yield [temporary.file for temporary in made]
        for temporary in made:
            temporary.complete()
        _take_places(made)
    finally:
        for temporary in made:
            temporary.close()
        if made and not _note_of(made[-1].target).exists():  # else a reader gives them their places
            for temporary in made:
                temporary.name.unlink(missing_ok=True)


@contextlib.contextmanager
def _naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Name the file in what the system says without one: a full disk, a limit."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, error.strerror, os.fspath(path)) from error


class _Temporary:
    """A file that is to take the place of another, beside it until then.

    It has a name before it is there, by which a Ctrl-C at any time finds it to remove.
    """

    file: BinaryIO

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        # A link keeps pointing where it did: what it points to is replaced.
        self.target = Path(os.path.realpath(path))
        if self.target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
        # differs from gensim, which writes in place: so it meets the protection.
        if self.target.exists() and not os.access(self.target, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is write-protected", os.fspath(path))
        self.name = _new_name(self.target)

    def begin(self) -> None:
        """Make it, empty."""
        _remove_abandoned(self.target)
        try:
            descriptor = _create(self.name, self.target)
        except OSError as error:  # named for the file that the caller knows of
            named = type(error)(error.errno, error.strerror, os.fspath(self.path))
            named.add_note(f"it is written beside the old one first, in {self.target.parent}")
            raise named from None
        self.file = cast(BinaryIO, io.BufferedRandom(_NamedFile(descriptor, self.path)))

    def complete(self) -> None:
        """Bring the content to the disk."""
        self.file.flush()
        with _naming(self.path):
            os.fsync(self.file.fileno())
        if os.name == "nt":  # what is open cannot be renamed there
            self.file.close()

    def close(self) -> None:
        """Close it, if it was made; what is in its buffer meets a full disk again."""
        with contextlib.suppress(OSError, AttributeError):
            self.file.close()


class _NamedFile(io.FileIO):
    """A file whose errors name the one whose place it is to take."""

    def __init__(self, descriptor: int, path: str | os.PathLike[str]) -> None:
        super().__init__(descriptor, "w+b")
        self._path = path

    def write(self, data: Any) -> int:
        with _naming(self._path):
            return super().write(data)


def _new_name(target: Path) -> Path:
    """Return the name of a file that is to be beside another."""
    return target.with_name(f"{_prefix(target.name)}{secrets.token_hex(6)}.tmp")


def _create(name: Path, target: Path) -> int:
    """Make a new file, with the owner and permissions of another, and lock it."""
    old = target.stat() if target.exists() else None
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        descriptor = os.open(name, flags, 0o666 if old is None else 0o600)
        try:
            if _hold(descriptor):
                if old is not None:
                    _dress(descriptor, name, old)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # somebody else took it for abandoned, before it was locked


def _hold(descriptor: int) -> bool:
    """Lock a new file, so that nobody takes it for abandoned; return whether it is still there."""
    if fcntl is None:  # what is open cannot be removed there
        return True
    with contextlib.suppress(OSError):  # some network file systems have no locks
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return bool(os.fstat(descriptor).st_nlink)


def _dress(descriptor: int, name: Path, old: os.stat_result) -> None:
    """Give a new file the owner and the permissions of the old one."""
    if hasattr(os, "fchown"):
        new = os.fstat(descriptor)
        if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            with contextlib.suppress(PermissionError):  # only root may give files away
                os.fchown(descriptor, old.st_uid, old.st_gid)
    name.chmod(old.st_mode & 0o7777)


def _prefix(target: str) -> str:
    if len(os.fsencode(target)) > _MAX_NAME_NBYTES:
        target = hashlib.sha256(os.fsencode(target)).hexdigest()[:32]
    return f".{target}."


def _is_temporary(name: str, target: str) -> bool:
    """Say whether a file has the name of one that is to take the place of another."""
    prefix = _prefix(target)
    return name.startswith(prefix) and bool(
        re.fullmatch(r"[0-9a-f]{12}\.tmp", name.removeprefix(prefix))
    )


def _remove_abandoned(target: Path) -> None:
    """Remove what killed processes left: those that live hold a lock."""
    prefix = _prefix(target.name)  # a folder may have very many files
    with contextlib.suppress(OSError), os.scandir(target.parent) as entries:
        for entry in [entry for entry in entries if entry.name.startswith(prefix)]:
            if _is_temporary(entry.name, target.name):
                with contextlib.suppress(OSError):
                    _remove_unless_locked(Path(entry.path))


def _remove_unless_locked(path: Path) -> None:
    if fcntl is None:
        path.unlink()
        return
    with path.open("r+b") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


# ---------------------------------------------------------------- taking places


def _take_places(made: Sequence[_Temporary]) -> None:
    """Rename files that are whole; of several, after a note that says so is on the disk."""
    pairs = [(temporary.name, temporary.target) for temporary in made]
    main = pairs[-1][1]
    if len(pairs) > 1 and all(_belongs(target, main) for _, target in pairs):
        try:
            _write_note(_note_of(main), pairs)
        finally:
            finish(main)
        return
    for name, target in pairs:
        try:
            name.replace(target)
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.EXDEV):
                raise
            _overwrite(name, target)
    for folder in {target.parent for _, target in pairs}:
        _sync_folder(folder)


def _belongs(target: Path, main: Path) -> bool:
    """Say whether a file is part of another: beside it, and named for it."""
    return target == main or (
        target.parent == main.parent and target.name.startswith(f"{main.name}.")
    )


def _overwrite(name: Path, target: Path) -> None:
    """Copy a file over one that cannot be replaced: a mount point, as containers have them."""
    logger.warning(
        "%s is a mount point and cannot be replaced: it is overwritten, and is not whole until"
        " that is done",
        target,
    )
    with name.open("rb") as source, target.open("r+b") as file:
        shutil.copyfileobj(source, file, _COPY_NBYTES)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _note_of(target: Path) -> Path:
    return target.with_name(f"{_prefix(target.name)}replacing")


def _write_note(note: Path, pairs: Sequence[tuple[Path, Path]]) -> None:
    final = pairs[-1][1]
    written = _new_name(final)  # what is removed if it is left
    try:
        with os.fdopen(
            _create(written, final), "w", encoding="utf-8", errors="surrogateescape"
        ) as file:
            json.dump([[name.name, target.name] for name, target in pairs], file)
            file.flush()
            os.fsync(file.fileno())
            if os.name != "nt":  # under its lock, where what is open can be renamed
                written.replace(note)
        if os.name == "nt":
            written.replace(note)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    _sync_folder(note.parent)


def finish(path: str | os.PathLike[str]) -> None:
    """Finish what a killed process has begun: give files that belong together their places.

    Raises
    ------
    OSError
        The folder cannot be written to, and what is there is neither the old nor the new.
    """
    target = Path(os.path.realpath(path))
    note = _note_of(target)
    if not note.exists():
        return
    for name, final in _pairs_of(note, target):
        with contextlib.suppress(FileNotFoundError):  # this one is in its place already
            target.with_name(name).replace(target.with_name(final))
    _sync_folder(target.parent)
    note.unlink(missing_ok=True)


def _pairs_of(note: Path, target: Path) -> list[tuple[str, str]]:
    """Return what a note says; nothing if it is none of ours, for it could move any file."""
    try:
        with note.open("rb") as file:
            found: Any = json.loads(file.read(_MAX_NOTE_NBYTES).decode("utf-8", "surrogateescape"))
        pairs = [(str(name), str(final)) for name, final in found]
    except (ValueError, TypeError, RecursionError):
        return []
    are_ours = all(
        Path(final).name == final != ""
        and _belongs(target.with_name(final), target)
        and _is_temporary(name, final)
        for name, final in pairs
    )
    return pairs if are_ours else []


def _sync_folder(folder: Path) -> None:
    """Bring a renaming to the disk, where the system can (Windows cannot open a folder)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems know no fsync of a folder.
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
