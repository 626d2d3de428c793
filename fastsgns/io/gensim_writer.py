"""Engine room: the files of gensim's save(), written without gensim.

A pickle refers to a class by name, and Python's pickler insists on finding the class there. So the
few opcodes around classes are written here, and the pickler is left the values between them. Its
protocols up to 3 can be put together so: no frames, and each value's number in the memo is written
out. A later protocol adds long arrays, whose opcode is written here too.
"""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns._params import SEP_LIMIT
from fastsgns.io import npy
from fastsgns.io.files import check_target, compression_of, replacing_all
from fastsgns.io.gensim_names import Stored
from fastsgns.io.interrupts import pass_on
from fastsgns.io.zip_members import archive_in

_PLAIN_PROTOCOL = 3


class ClassName:
    """An attribute whose value is a class or function, given by name."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name


def write(
    target: str | os.PathLike[str] | IO[bytes],
    stored: Stored,
    *,
    separately: Iterable[str] | None = None,
    sep_limit: int = SEP_LIMIT,
    ignored: Iterable[str] = (),
    protocol: int = 4,
) -> None:
    """Write an object and its large arrays as gensim 4's save() does.

    Parameters
    ----------
    target : str, path or binary file
        Of a path that ends in .gz or .bz2, all files are compressed. A binary file gets one pickle
        with all arrays in it.
    stored : Stored
        Its attributes may be `Stored` themselves; all other values are pickled as they are.
    separately : iterable of str, optional
        The attributes of `stored` to write to files of their own, whatever their size.
    sep_limit : int
        Arrays with so many elements or more get files of their own; with `separately`, only those
        of the objects inside.
    ignored : iterable of str
        Names to note as left out; they are None after loading.
    protocol : int, default 4
        0 and 1 are written as 2.

    Notes
    -----
    The files replace their predecessors together, when all of them are whole.
    """
    if not 0 <= protocol <= pickle.HIGHEST_PROTOCOL:
        raise ValueError(
            f"pickle_protocol must be from 0 to {pickle.HIGHEST_PROTOCOL}, got {protocol!r}"
        )
    check_target(target)
    protocol = max(protocol, 2)
    path = os.fspath(target) if isinstance(target, (str, os.PathLike)) else None
    if path is None:
        separately, sep_limit = (), np.iinfo(np.int64).max
    stored, arrays = _taken_apart(stored, separately, sep_limit, list(ignored), path or "")
    if path is None:
        _Writer(cast("IO[bytes]", target), protocol).write(stored)
        return
    is_compressed = compression_of(path) in (".gz", ".bz2")
    names = [f"{name}.{'npz' if is_compressed else 'npy'}" for name, _ in arrays]
    with replacing_all([*names, path]) as files:
        for file, (_, array) in zip(files, arrays, strict=False):
            if is_compressed:
                _write_npz(file, np.asarray(array))
            else:
                npy.write(file, np.asarray(array))
        _Writer(files[-1], protocol).write(stored)


def _write_npz(file: IO[bytes], array: NDArray[Any]) -> None:
    """Write what `numpy.savez_compressed(file, val=array)` does."""
    archive_of = archive_in(file, zipfile.ZIP_DEFLATED)
    with archive_of as archive, archive.open("val.npy", "w", force_zip64=True) as member:
        npy.write(member, array)


def _taken_apart(
    stored: Stored,
    separately: Iterable[str] | None,
    sep_limit: int,
    ignored: list[str],
    prefix: str,
) -> tuple[Stored, list[tuple[str, NDArray[Any]]]]:
    """Return an object without the arrays of other files, noted in it, and their files' names."""
    attributes = dict(vars(stored))
    # An array of objects in a file of its own would be a pickle too; gensim writes none.
    found = {
        name: value
        for name, value in attributes.items()
        if isinstance(value, np.ndarray) and not value.dtype.hasobject
    }
    if separately is None:
        chosen = [name for name, array in found.items() if array.size >= sep_limit]
    else:
        wanted = set(separately)
        chosen = [name for name in found if name in wanted]
    files = [(f"{prefix}.{name}", attributes.pop(name)) for name in chosen]
    parts = [name for name, value in attributes.items() if isinstance(value, Stored)]
    for name in parts:
        attributes[name], more = _taken_apart(
            attributes[name], None, sep_limit, [], f"{prefix}.{name}"
        )
        files += more
    attributes |= {
        "__numpys": chosen,
        "__scipys": [],
        "__ignoreds": ignored,
        "__recursive_saveloads": parts,
    }
    apart = type(stored)()
    vars(apart).update(attributes)
    return apart, files


class _Writer:
    """A pickle that is put together."""

    def __init__(self, file: IO[bytes], protocol: int) -> None:
        self._file = file
        self._protocol = protocol
        self._buffer = io.BytesIO()
        # One pickler, and so one memo: a word is written once, the list and the dict share it.
        self._pickler = pickle.Pickler(self._buffer, min(protocol, _PLAIN_PROTOCOL))

    def write(self, stored: Stored) -> None:
        self._file.write(pickle.PROTO + bytes([self._protocol]))
        for piece in self._object(stored):
            self._file.write(piece)
        self._file.write(pickle.STOP)

    def _object(self, stored: Stored) -> Iterator[bytes]:
        module, _, name = stored.class_name.rpartition(".")
        yield _global(module, name)
        yield pickle.EMPTY_TUPLE + pickle.NEWOBJ + pickle.EMPTY_DICT + pickle.MARK
        for attribute, value in vars(stored).items():
            yield self._plain(attribute)
            yield from self._value(attribute, value)
        yield pickle.SETITEMS + pickle.BUILD

    def _value(self, attribute: str, value: Any) -> Iterator[bytes]:
        if isinstance(value, Stored):
            yield from self._object(value)
        elif isinstance(value, ClassName):
            yield _global(value.module, value.name)
        elif isinstance(value, np.ndarray) and not value.dtype.hasobject and self._protocol >= 4:
            yield from self._array(np.asarray(value))
        else:
            if npy.is_admitted(value):  # of whatever class: what is mapped, a matrix
                value = np.asarray(value)
            try:
                piece = self._plain(value)
            except Exception as error:
                pass_on(error)
                raise TypeError(
                    f"attribute {attribute!r} cannot be pickled: {error}; "
                    f"ignore=[{attribute!r}] leaves it out"
                ) from error
            yield piece

    def _plain(self, value: Any) -> bytes:
        """Pickle a value, without the opcodes at the begin and the end of a pickle."""
        self._buffer.seek(0)
        self._buffer.truncate()
        self._pickler.dump(value)
        return self._buffer.getvalue()[2:-1]

    def _array(self, array: NDArray[Any]) -> Iterator[bytes]:
        """Pickle an array as NumPy does, however long: protocol 3 ends at 4 GiB."""
        function, args, (version, shape, dtype, fortran, data) = cast(Any, array).__reduce__()
        yield self._plain(function) + self._plain(args) + pickle.REDUCE + pickle.MARK
        yield b"".join(map(self._plain, (version, shape, dtype, fortran)))
        yield pickle.BINBYTES8 + len(data).to_bytes(8, "little")
        yield data
        yield pickle.TUPLE + pickle.BUILD


def _global(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()
