"""Engine room: numbers on disk that are used as arrays, and whether they need to be there."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.free_memory import free_nbytes, nbytes_of
from fastsgns.io.errors import FormatError
from fastsgns.io.files import temporary_file

#: The part of the free memory that an encoded corpus takes with corpus_cache="auto", by default:
#: weights, vocabulary and whoever else is on the machine need the rest.
DEFAULT_SHARE = "25%"

#: The environment variable that sets it: "2G", "500M", "10%".
BUDGET_VARIABLE = "FASTSGNS_CORPUS_MEMORY"

#: Where temporary files go when TMPDIR does not say: /tmp is often memory (tmpfs), and /var/tmp is
#: there for large files (Filesystem Hierarchy Standard 3.0, section 5.15).
LARGE_FILES = "/var/tmp"  # noqa: S108 (the file has no name there)

#: Bytes of a file that are read at a time.
_READ_NBYTES = 16 << 20

#: What closes files as their arrays go. In C, where no signal comes between: what a handler raises
#: would be lost, and the file stay open, as with `weakref.finalize`.
_closing: set[weakref.ref[Any]] = set()

Number = TypeVar("Number", np.int32, np.int64)


def memory_budget() -> int:
    """Return how many bytes an encoded corpus may take in RAM with corpus_cache="auto".

    Raises
    ------
    ValueError
        When the environment variable FASTSGNS_CORPUS_MEMORY is no size.
    """
    wanted = os.environ.get(BUDGET_VARIABLE) or DEFAULT_SHARE
    try:
        return nbytes_of(wanted, free_nbytes)
    except ValueError as error:
        raise ValueError(f"the environment variable {BUDGET_VARIABLE}: {error}") from None


class DiskArray(Generic[Number]):
    """An array in a file: slices of it are read when they are asked for.

    Read and not memory-mapped: what has been read is the caller's, so the memory of a process that
    goes through a file of any size stays small; and a file that somebody cuts short is an error and
    no bus error.

    Parameters
    ----------
    file : unbuffered binary file
        Owned by the array, and closed with the last reference to it.
    dtype : int32 or int64
    length : int
    offset : int, default 0
        Where in the file the numbers begin, in bytes.
    below : int, optional
        Of a file that is not one's own: what is read must be from 0 to this, exclusive.
    """

    ndim = 1

    def __init__(
        self,
        file: Any,
        dtype: type[Number],
        length: int,
        offset: int = 0,
        below: int | None = None,
    ) -> None:
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._file = file
        self._length = length
        self._offset = offset
        self._below = below
        self._lock = threading.Lock()  # of the position in the file, for those who move it
        _closing.difference_update([each for each in _closing.copy() if each() is None])
        _closing.add(weakref.ref(self, file.__exit__))

    @property
    def shape(self) -> tuple[int]:
        """(length,)."""
        return (self._length,)

    @property
    def nbytes(self) -> int:
        """How large the numbers are, in bytes of the file."""
        return self._length * int(self.dtype.itemsize)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> NDArray[Number]:
        if not isinstance(part, slice):
            raise TypeError(f"numbers on disk are read in slices, got [{part!r}]")
        begin, end, step = part.indices(self._length)
        if step != 1:
            raise ValueError(f"numbers on disk are read in slices of step 1, got {step}")
        numbers = np.empty(max(end - begin, 0), self.dtype)
        view = numbers.view(np.uint8)
        position = self._offset + begin * self.dtype.itemsize
        n_read = 0
        while n_read < len(view):
            n = self._read_into(view[n_read : n_read + _READ_NBYTES], position + n_read)
            if not n:
                raise OSError(
                    f"{self._file.name}: cut short, ends at byte {position + n_read} and not"
                    f" at {self._offset + self.nbytes}"
                )
            n_read += n
        if self._below is not None:
            self._check(numbers, begin)
        return numbers

    def _check(self, numbers: NDArray[Number], begin: int) -> None:
        # Negative ones are the highest without a sign.
        unsigned = numbers.view(f"u{numbers.itemsize}")
        if unsigned.max(initial=0) >= max(self._below or 0, 1):
            at = int(unsigned.argmax())
            raise FormatError(
                f"{self._file.name}: its numbers must be from 0 to {self._below}, exclusive: number"
                f" {begin + at} is {numbers[at]}"
            )

    def _read_into(self, view: NDArray[np.uint8], position: int) -> int:
        """Read what comes at a position of the file; return how many bytes."""
        if sys.platform == "win32":
            with self._lock:
                self._file.seek(position)
                return int(self._file.readinto(view))
        # Processes that were forked share the file's position, and no lock.
        data = os.pread(self._file.fileno(), len(view), position)
        view[: len(data)] = np.frombuffer(data, np.uint8)
        return len(data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("numbers on disk become an array by being copied")
        numbers = self[:]
        return numbers if dtype is None else numbers.astype(dtype, copy=False)

    def __copy__(self) -> DiskArray[Number]:
        return self  # nobody writes to it

    def __deepcopy__(self, memo: Any) -> DiskArray[Number]:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return np.asarray, (self[:],)

    def mapped(self) -> NDArray[Number]:
        """Return the same numbers as an array that is mapped from the file, read-only."""
        if not self._length:
            return np.empty(0, self.dtype)
        with self._lock:  # it moves the position
            return np.memmap(self._file, self.dtype, "r", self._offset, (self._length,))

    def _append(self, numbers: NDArray[Number]) -> None:
        view = np.ascontiguousarray(numbers, self.dtype).view(np.uint8)
        n_written = 0
        with self._lock:
            self._file.seek(self._offset + self.nbytes)
            while n_written < len(view):
                n_written += self._file.write(view[n_written:])
        self._length += len(numbers)


#: What an encoded corpus holds its numbers in.
Numbers32 = NDArray[np.int32] | DiskArray[np.int32]
Numbers64 = NDArray[np.int64] | DiskArray[np.int64]


class SpillFile(Generic[Number]):
    """A growing array in a temporary file, which goes away with it, or with the process.

    On POSIX the file has no name any more when the first byte is written; Windows deletes it when
    it is closed, by whomever.

    Parameters
    ----------
    dtype : int32 or int64

    Attributes
    ----------
    array : DiskArray
        What has been appended so far.
    """

    def __init__(self, dtype: type[Number]) -> None:
        folder = spill_folder()
        try:
            file = temporary_file(mode="w+b", buffering=0, prefix="fastsgns-", dir=folder)
        except OSError as error:
            error.add_note(_help(folder))
            raise
        self.array: DiskArray[Number] = DiskArray(file, dtype, 0)

    def append(self, numbers: NDArray[Number]) -> None:
        """Write numbers behind those that are there.

        Raises
        ------
        OSError
            When the disk is full; a note says which folder it is and how to choose another.
        """
        try:
            self.array._append(numbers)
        except OSError as error:
            error.add_note(_help(spill_folder()))
            raise


def spill_folder() -> str | None:
    """Return where temporary files go: as TMPDIR says, else where large files may lie.

    tempfile goes by what TMPDIR was when somebody first asked.
    """
    named = filter(None, map(os.environ.get, ("TMPDIR", "TEMP", "TMP")))
    folders = [*named, LARGE_FILES] if sys.platform != "win32" else list(named)
    return next((f for f in folders if Path(f).is_dir() and os.access(f, os.W_OK)), None)


def _help(folder: str | None) -> str:
    import tempfile

    return (
        f"while the encoded corpus was written to a temporary file in"
        f" {folder or tempfile.gettempdir()}: the environment variable TMPDIR names another folder,"
        ' corpus_cache="memory" keeps the corpus in RAM, "off" reads it again in each epoch'
    )
