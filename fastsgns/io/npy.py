"""Engine room: arrays in NumPy's .npy form, with every size checked before it is believed."""

from __future__ import annotations

import io
import itertools
import math
import os
from collections.abc import Callable, Iterable
from typing import IO, Any, Literal, NamedTuple, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.interrupts import pass_on

MmapMode = Literal["r", "c"]

#: NumPy's own limit: its parser takes time and stack for more.
MAX_HEADER_NBYTES = 10_000

#: Numbers, bool and text; no objects, structures, dates.
ADMITTED_KINDS = "biufcSU"

#: What begins there can be mapped as numbers of any type.
ALIGNMENT_OF_DATA = 64

# Small enough that a checksum finds the bytes still in the cache.
_PIECE_NBYTES = 1 << 20
_MAX_CODE_POINT = 0x10FFFF


class Header(NamedTuple):
    """What stands before the data of an array."""

    shape: tuple[int, ...]
    order: Literal["C", "F"]
    dtype: np.dtype[Any]
    length: int

    @property
    def data_nbytes(self) -> int:
        """Return how long the data must be; Python's integers do not overflow."""
        return math.prod(self.shape) * self.dtype.itemsize


def header_of(head: bytes, place: str, n_bytes: int) -> Header:
    """Return the header that an array begins with.

    Parameters
    ----------
    head : bytes
        The begin of the array, `MAX_HEADER_NBYTES` of it if there are so many.
    place : str
        What errors call the array.
    n_bytes : int
        How long header and data are together.

    Raises
    ------
    FormatError
        There is no header, its type is not admitted, or it does not fit `n_bytes`.
    """
    stream = io.BytesIO(head)
    try:
        read_header = {
            (1, 0): npy.read_array_header_1_0,
            (2, 0): npy.read_array_header_2_0,
        }[npy.read_magic(stream)]
        shape, fortran, dtype = read_header(stream, max_header_size=MAX_HEADER_NBYTES)
    except Exception as error:  # NumPy parses what it is given in many ways
        pass_on(error)
        raise FormatError(
            f"{place}: no header of an array: {type(error).__name__}: {error}"
        ) from error
    header = Header(shape, "F" if fortran else "C", dtype, stream.tell())
    check_header(header, place, n_bytes)
    return header


def is_admitted(value: object) -> bool:
    """Say whether this is an array that is read back as it is written."""
    return (
        isinstance(value, np.ndarray)
        and not isinstance(value, np.ma.MaskedArray)  # its mask would be lost
        and _is_admitted_type(value.dtype)
    )


def _is_admitted_type(dtype: np.dtype[Any]) -> bool:
    # Of an empty type any number of rows would take no bytes.
    return dtype.kind in ADMITTED_KINDS and dtype.itemsize > 0


def check_header(header: Header, place: str, n_bytes: int) -> None:
    """Raise FormatError for an array that is not admitted, or does not end at `n_bytes`."""
    shape, dtype = header.shape, header.dtype
    fits = (
        _is_admitted_type(dtype)
        and len(shape) <= 32
        and all(type(length) is int and 0 <= length <= np.iinfo(np.intp).max for length in shape)
    )
    if not fits:
        raise FormatError(f"{place}: an array of {dtype} {shape} is not admitted")
    n_there = n_bytes - header.length
    if header.data_nbytes != n_there:
        kind = TruncatedFileError if header.data_nbytes > n_there else FormatError
        raise kind(
            f"{place}: {shape} of {dtype} take {header.data_nbytes} bytes, {n_there} are there"
        )


def read_data(
    file: IO[bytes],
    header: Header,
    place: str,
    see: Callable[[memoryview], None] = lambda piece: None,
) -> NDArray[Any]:
    """Read the data of an array from where the file stands.

    Piece by piece: memory is touched only as far as data comes, whatever the header says.

    Parameters
    ----------
    see : callable
        Called with each piece, for checksums.

    Raises
    ------
    TruncatedFileError
        The file ends before.
    FormatError
        Truth values other than 0 and 1, or text that is not Unicode.
    """
    flat = np.empty(math.prod(header.shape), header.dtype)
    view = memoryview(flat.view(np.uint8)) if flat.size else memoryview(b"")  # type: ignore[arg-type]
    for begin in range(0, len(view), _PIECE_NBYTES):
        piece = view[begin : begin + _PIECE_NBYTES]
        n_read = 0
        while n_read < len(piece):
            n = cast(Any, file).readinto(piece[n_read:])
            if not n:
                raise TruncatedFileError(
                    f"{place}: ends after {begin + n_read} of {header.data_nbytes} bytes"
                )
            n_read += n
        see(piece)
    array = flat.reshape(header.shape, order=header.order)
    check_content(array, place)
    return array


def map_data(file: IO[bytes], header: Header, start: int, mode: MmapMode) -> NDArray[Any] | None:
    """Map the data of an array that begin at `start` of a file; None if that cannot be.

    Nothing has no pages, and compiled code reads numbers at multiples of their size only.
    """
    if not header.data_nbytes or not header.shape or start % header.dtype.alignment:
        return None
    # Of this very file: another may have its name by now.
    mapped = np.memmap(cast(Any, file), header.dtype, mode, start, header.shape, header.order)
    cast(Any, mapped).stamp = _stamp(os.fstat(file.fileno()))
    return mapped


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def check_mapped(array: Any) -> None:
    """Raise OSError when the file of a mapped array was changed in place since it was mapped.

    Reading what has been cut off would end the process. A file that took its place is no harm.
    """
    then = getattr(array, "stamp", None)
    path = getattr(array, "filename", None)
    if then is None or path is None:
        return
    try:
        now = _stamp(os.stat(path))  # noqa: PTH116
    except OSError as error:  # removed: what is mapped stays until it is let go
        pass_on(error)
        return
    if now[:2] == then[:2] and now != then:
        raise OSError(f"{path} was changed in place since it was mapped: load it again")


def check_content(array: NDArray[Any], place: str) -> None:
    """Raise FormatError for what is no value of the array's type, on which NumPy may fail later."""
    if array.dtype.kind == "b" and array.view(np.uint8).max(initial=0) > 1:
        raise FormatError(f"{place}: a truth value is {array.view(np.uint8).max()}")
    if array.dtype.kind == "U" and array.size:
        codes = np.ascontiguousarray(array).view(array.dtype.str[0] + "u4")
        if codes.max() > _MAX_CODE_POINT:
            raise FormatError(f"{place}: text with the character {int(codes.max()):#x}")


def write(file: IO[bytes], array: NDArray[Any]) -> None:
    """Write an array as `numpy.save` does, through the file's own `write`.

    NumPy writes plain files past Python, and a full disk is then an error without its number.
    """
    order: Literal["C", "F"] = (
        "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    )
    npy.write_array_header_1_0(
        cast(Any, file),
        {
            "shape": array.shape,
            "fortran_order": order == "F",
            "descr": npy.dtype_to_descr(array.dtype),
        },
    )
    write_data(file, array)


def write_data(file: IO[bytes], array: NDArray[Any]) -> None:
    """Write the elements of an array as they lie in memory; of a view, row by row."""
    array = np.asarray(array)  # a subclass, such as a matrix, may have no vectors
    if not array.flags.forc:
        # Rows of a view: copied a piece at a time.
        n_rows = max(1, _PIECE_NBYTES // max(1, array[:1].nbytes))
        for begin in range(0, len(array), n_rows):
            file.write(np.ascontiguousarray(array[begin : begin + n_rows]).tobytes())
        return
    flat = array.reshape(-1, order="A")
    view = memoryview(flat.view(np.uint8)) if flat.nbytes else memoryview(b"")  # type: ignore[arg-type]
    for begin in range(0, len(view), _PIECE_NBYTES):
        file.write(view[begin : begin + _PIECE_NBYTES])


def objects(values: Iterable[Any], n: int) -> NDArray[Any]:
    """Return an array of n objects, one for each value, whatever their lengths."""
    return np.fromiter(values, object, n)


def split(array: NDArray[Any], lengths: Iterable[int]) -> list[NDArray[Any]]:
    """Return views of an array, one behind the other; `numpy.split` takes eight times as long."""
    ends = list(itertools.accumulate(lengths))
    return [array[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
