"""Engine room: the weights of one instant, out of the way of those that are trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.spill import spill_folder
from fastsgns.io.files import temporary_file
from fastsgns.io.interrupts import deferred

Matrix = NDArray[np.float32]

#: Matrices that take no more together are copied within memory: files and threads are slower then.
SMALL_NBYTES = 4 << 20

#: Bytes that are written at a time: how long an interrupt waits.
_PIECE_NBYTES = 16 << 20


class Snapshot:
    """Copies of matrices: large ones each in a temporary file, moved on a thread for each.

    In files: so they lie in memory that nobody needs, if there is some, and on the disk otherwise,
    and the system knows best. Copying takes as long as within memory (measured: 122 MB in 0.2 s).

    Parameters
    ----------
    rows : mapping of str to float32 (n_rows, stride), in C order
    shape : (n_words, vector_size)
        What is of interest: the first rows, and columns.

    Raises
    ------
    OSError
        There is no room for the files.
    """

    def __init__(self, rows: Mapping[str, Matrix], shape: tuple[int, int]) -> None:
        self._shape = shape
        self._files: dict[str, Any] = {}
        self._copies: dict[str, Matrix] = {}
        self._is_abandoned = False
        if sum(matrix.nbytes for matrix in rows.values()) <= SMALL_NBYTES:
            self._copies = {
                name: np.empty((shape[0], matrix.shape[1]), np.float32)
                for name, matrix in rows.items()
            }
            self.take(rows)
            return
        try:
            for name in rows:
                self._files[name] = temporary_file(dir=spill_folder())
            self.take(rows)
        except BaseException:
            self.close()
            raise

    def take(self, rows: Mapping[str, Matrix]) -> None:
        """Copy the matrices as they are now, over what there was."""
        for name, copy in self._copies.items():
            copy[:] = rows[name][: len(copy)]
        self._on_threads(self._write, rows)

    def bring_back(self, rows: Mapping[str, Matrix]) -> None:
        """Copy into the matrices; an interrupt waits until all is back."""
        with deferred():
            for name, copy in self._copies.items():
                rows[name][: len(copy)] = copy
        self._on_threads(self._read, rows)

    def matrices(self) -> dict[str, Matrix]:
        """Return the copies, (n_words, vector_size), read-only; large ones mapped from files."""
        n_words, vector_size = self._shape
        mapped = {name: np.memmap(file, np.float32, "r") for name, file in self._files.items()}
        copies = {
            name: copy.reshape(n_words, -1)[:, :vector_size]
            for name, copy in (mapped | self._copies).items()
        }
        for copy in copies.values():
            copy.flags.writeable = False
        return copies

    def close(self) -> None:
        """Remove the files; matrices that were mapped from them stay."""
        for file in self._files.values():
            file.close()

    def _on_threads(self, move: Callable[[str, memoryview], None], rows: Any) -> None:
        if not self._files:
            return
        from fastsgns.io.threads import Threads

        n_words = self._shape[0]
        views = {name: memoryview(rows[name][:n_words]).cast("B") for name in self._files}
        with Threads(len(views)) as pool:
            try:
                for task in [pool.begin(move, name, view) for name, view in views.items()]:
                    task.result()
            except BaseException:
                self._is_abandoned = True
                raise

    def _write(self, name: str, data: memoryview) -> None:
        file = self._files[name]
        file.seek(0)
        for begin in range(0, len(data), _PIECE_NBYTES):
            if self._is_abandoned:
                return
            file.write(data[begin : begin + _PIECE_NBYTES])
        file.flush()

    def _read(self, name: str, data: memoryview) -> None:
        file = self._files[name]
        file.seek(0)
        file.readinto(data)
