"""Engine room: files take the place of others when all of them are whole, or not at all.

They are written beside the old ones, brought to the disk, and take their places then: see places.
"""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

try:
    import fcntl
except ImportError:  # Windows, where nobody can remove what is open
    fcntl = None  # type: ignore[assignment, unused-ignore]

from fastsgns.io.interrupts import deferred, pass_on, suppressed
from fastsgns.io.places import (
    alone,
    belongs,
    dress,
    finish,
    is_noted,
    is_temporary,
    naming,
    prefix_of,
    real,
    standing,
    sync_folder,
    write_note,
)

logger = logging.getLogger("fastsgns.io")

_COPY_NBYTES = 1 << 22


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
    main = real(paths[-1])
    made: list[_Temporary] = []
    try:
        for path in paths:
            made.append(_Temporary(path, main))
            made[-1].begin()
        yield [temporary.file for temporary in made]
        for temporary in made:
            temporary.complete()
        _take_places(made)
    finally:
        with deferred():  # a second one
            for temporary in made:
                temporary.close()
            for temporary in made:
                if not is_noted(temporary.name, main):  # else a reader gives it its place
                    temporary.name.unlink(missing_ok=True)


class _Temporary:
    """A file that is to take the place of another, beside it until then.

    It has a name before it is there, by which a Ctrl-C at any time finds it to remove.
    """

    file: BinaryIO

    def __init__(self, path: str | os.PathLike[str], main: Path) -> None:
        self.path = path
        self._main = main
        # A link keeps pointing where it did: what it points to is replaced.
        self.target = real(path)
        if self.target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
        # differs from gensim, which writes in place: so it meets the protection.
        # There before and after: it may have come, or gone, in between.
        exists = self.target.exists
        if exists() and not os.access(self.target, os.W_OK) and exists():
            raise PermissionError(errno.EACCES, "the file is write-protected", os.fspath(path))
        self.name = _new_name(self.target)

    def begin(self) -> None:
        """Make it, empty."""
        _remove_abandoned(self.target, self._main)
        try:
            with deferred():
                descriptor = _create(self.name, self.target)
                self.file = cast(BinaryIO, io.BufferedRandom(_NamedFile(descriptor, self.path)))
        except OSError as error:  # named for the file that the caller knows of
            pass_on(error)
            named = type(error)(error.errno, error.strerror, os.fspath(self.path))
            named.add_note(f"it is written beside the old one first, in {self.target.parent}")
            raise named from None

    def complete(self) -> None:
        """Bring the content to the disk."""
        self.file.flush()
        with naming(self.path):
            os.fsync(self.file.fileno())
        if os.name == "nt":  # what is open cannot be renamed there
            self.file.close()

    def close(self) -> None:
        """Close it, if it was made; what is in its buffer meets a full disk again."""
        with suppressed(OSError, AttributeError):
            self.file.close()


class _NamedFile(io.FileIO):
    """A file whose errors name the one whose place it is to take."""

    def __init__(self, descriptor: int, path: str | os.PathLike[str]) -> None:
        super().__init__(descriptor, "w+b")
        self._path = path

    def write(self, data: Any) -> int:
        with naming(self._path):
            return super().write(data)


def _new_name(target: Path) -> Path:
    """Return the name of a file that is to be beside another."""
    return target.with_name(f"{prefix_of(target.name)}{secrets.token_hex(6)}.tmp")


def _create(name: Path, target: Path) -> int:
    """Make a new file, with the owner and permissions of another, and lock it."""
    old = standing(target)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        descriptor = os.open(name, flags, 0o666 if old is None else 0o600)
        try:
            if _hold(descriptor):
                if old is not None:
                    dress(descriptor, name, old)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # somebody else took it for abandoned, before it was locked


def _hold(descriptor: int) -> bool:
    """Lock a new file, so that nobody takes it for abandoned; return whether it is still there."""
    if fcntl is None:  # what is open cannot be removed there
        return True
    with suppressed(OSError):  # some network file systems have no locks
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return bool(os.fstat(descriptor).st_nlink)


def _remove_abandoned(target: Path, main: Path) -> None:
    """Remove what killed processes left: those that live hold a lock."""
    prefix = prefix_of(target.name)  # a folder may have very many files
    with suppressed(OSError), os.scandir(target.parent) as entries:
        for entry in [entry for entry in entries if entry.name.startswith(prefix)]:
            if is_temporary(entry.name, target.name):
                with suppressed(OSError):
                    _remove_unless_locked(Path(entry.path), main)


def _remove_unless_locked(path: Path, main: Path) -> None:
    if fcntl is None:
        path.unlink()
        return
    with path.open("r+b") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        # One without a name was removed before it was locked: another file may have the name now.
        # And who wrote this one may have been killed since it was noted.
        if os.fstat(file.fileno()).st_nlink and not is_noted(path, main):
            path.unlink()


# ---------------------------------------------------------------- taking places


def _take_places(made: Sequence[_Temporary]) -> None:
    """Rename files that are whole; of several, after a note that says so is on the disk."""
    pairs = [(temporary.name, temporary.target) for temporary in made]
    main = pairs[-1][1]
    mounted: list[tuple[Path, Path]] = []

    def take(note: io.FileIO) -> None:
        if len(pairs) > 1 and all(belongs(target, main) for _, target in pairs):
            write_note(note, main, pairs)
            return
        for name, target in pairs:
            try:
                name.replace(target)
            except OSError as error:
                if error.errno not in (errno.EBUSY, errno.EXDEV):
                    raise
                mounted.append((name, target))
        for folder in {target.parent for _, target in pairs}:
            sync_folder(folder)

    alone(main, take)
    for name, target in mounted:
        _overwrite(name, target)


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
