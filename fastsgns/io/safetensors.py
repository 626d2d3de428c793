"""Engine room: word vectors as safetensors, which many programs read.

    8 bytes         length of the header, little-endian
    header          {"vectors": {"dtype": "F32", "shape": [n, d], "data_offsets": [0, end]}, ...,
                     "__metadata__": {"format": "fastsgns", "keys": "[...]"}}
    data            the arrays, one behind the other

The keys are JSON in the metadata, which may only be text (see json_values.py). The attributes of
the keys that are numbers are arrays named "expandos.NAME". See https://github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping, Sequence
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import json_values, npy
from fastsgns.io.errors import FormatError, TruncatedFileError, damage_of
from fastsgns.io.files import (
    Source,
    check_target,
    compression_of,
    is_url,
    name_of,
    open_binary,
    replacing,
    unpacked,
)

#: The format's own limit on its header.
MAX_HEADER_NBYTES = 100_000_000

METADATA = "__metadata__"

DTYPES = {
    "BOOL": "|b1", "U8": "|u1", "I8": "|i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip
_NAMES = {np.dtype(code): name for name, code in DTYPES.items()}


def begins_so(begin: bytes) -> bool:
    """Say whether a file that begins with these 9 bytes is one."""
    return (
        len(begin) >= 9
        and begin[8:9] == b"{"
        and struct.unpack("<Q", begin[:8])[0] <= MAX_HEADER_NBYTES
    )


def is_one(source: Source) -> bool:
    """Say whether the file begins as one does; an open one is rewound."""
    if isinstance(source, (str, os.PathLike)):
        with damage_of(source), open_binary(source) as file:
            return begins_so(file.read(9))
    begin = source.read(9)
    source.seek(0)
    return begins_so(begin)


def write(
    target: str | os.PathLike[str] | IO[bytes],
    keys: Sequence[Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write keys and arrays of numbers.

    Raises
    ------
    TypeError
        A key or an array that the format has no place for, named.
    ValueError
        The keys are too many for its header.
    """
    check_target(target)
    try:
        listed = json_values.dumps_keys(keys).decode("utf-8")
    except UnicodeDecodeError as error:
        raise TypeError(
            f"a key is no text, and other programs could not read it: {error}"
        ) from None
    header: dict[str, Any] = {METADATA: {"format": "fastsgns", "keys": listed}}
    ready = {name: _little(name, array) for name, array in arrays.items()}
    position = 0
    for name, array in ready.items():
        end = position + array.nbytes
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [position, end],
        }
        position = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % npy.ALIGNMENT_OF_DATA)
    if len(text) > MAX_HEADER_NBYTES:
        raise ValueError(
            f"the header takes {len(text)} bytes, safetensors has room for {MAX_HEADER_NBYTES}:"
            f" {len(keys)} keys are too many"
        )
    if isinstance(target, (str, os.PathLike)):
        with replacing(target) as file:
            _write(cast("IO[bytes]", file), text, ready)
    else:
        _write(target, text, ready)


def _little(name: str, array: NDArray[Any]) -> NDArray[Any]:
    made = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    if made.dtype not in _NAMES:
        raise TypeError(f"array {name!r} is {array.dtype}, which safetensors has no place for")
    return made


def _write(file: IO[bytes], text: bytes, arrays: Mapping[str, NDArray[Any]]) -> None:
    file.write(struct.pack("<Q", len(text)) + text)
    for array in arrays.values():
        npy.write_data(file, array)


def read(source: Source, mmap: str | None = None) -> tuple[list[Any], dict[str, NDArray[Any]]]:
    """Return the keys and the arrays of a file that `write` wrote.

    Raises
    ------
    FormatError
        It has no keys, is damaged, or its parts overlap or leave gaps.
    OSError
        `mmap` of what is compressed, remote or open.
    """
    if mmap not in (None, "r", "c"):
        raise ValueError(f"mmap must be None, 'r' or 'c', got {mmap!r}")
    place = name_of(source)
    if not isinstance(source, (str, os.PathLike)):
        if mmap is not None:
            raise OSError("an open file cannot be mapped; give its path, or use mmap=None")
        with damage_of(place):
            return _read(source, place, None)
    if mmap is not None and (compression_of(source) or is_url(source)):
        raise OSError(f"{place}: what is compressed or remote cannot be mapped; use mmap=None")
    with damage_of(place), unpacked(source) as file:
        return _read(file, place, cast("npy.MmapMode | None", mmap))


def describe(source: str | os.PathLike[str]) -> dict[str, npy.Header]:
    """Return the headers of the arrays of a file that `write` wrote, of which none is read.

    Raises
    ------
    FormatError
        As of `read`; or there are no vectors.
    """
    place = name_of(source)
    with damage_of(place), unpacked(source) as file:
        headers = _headers(file, place)[1]
        if "vectors" not in headers or len(headers["vectors"].shape) != 2:
            raise FormatError(f"{place}: there is no matrix named vectors among its arrays")
        return headers


def _read(
    file: IO[bytes], place: str, mmap: npy.MmapMode | None
) -> tuple[list[Any], dict[str, NDArray[Any]]]:
    listed, headers = _headers(file, place)
    keys = json_values.loads_keys(listed.encode())
    arrays = {}
    for name, header in headers.items():
        mapped = npy.map_data(file, header, header.length, mmap) if mmap is not None else None
        if mapped is None:
            file.seek(header.length)
            mapped = npy.read_data(file, header, f"{place}: {name}")
        arrays[name] = mapped
    return keys, arrays


def _headers(file: IO[bytes], place: str) -> tuple[str, dict[str, npy.Header]]:
    """Return the keys as JSON, and of each array what its header says and where its data begin."""
    n_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    begin = file.read(8)
    length = struct.unpack("<Q", begin)[0] if len(begin) == 8 else n_bytes
    if 8 + length > n_bytes or length > MAX_HEADER_NBYTES:
        raise TruncatedFileError(f"{place}: a header of {length} bytes in a file of {n_bytes}")
    header = json_values.loads(file.read(length))
    metadata = header.pop(METADATA, {})
    if not isinstance(metadata.get("keys"), str):
        raise FormatError(
            f"{place}: no keys in its metadata: these are arrays, but not word vectors of ours"
        )
    headers, position = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin_at, end = entry["data_offsets"]
        whole = npy.Header(
            tuple(entry["shape"]), "C", np.dtype(DTYPES[entry["dtype"]]), 8 + length + position
        )
        npy.check_header(whole, f"{place}: {name}", 8 + length + end)
        if type(begin_at) is not int or begin_at != position or 8 + length + end > n_bytes:
            raise TruncatedFileError(
                f"{place}: {name}: bytes {begin_at} to {end} of the data, where {position} is next"
                f" and {n_bytes - 8 - length} are there"
            )
        headers[name] = whole
        position = end
    if 8 + length + position != n_bytes:
        raise FormatError(
            f"{place}: {n_bytes - 8 - length} bytes of data, its arrays take {position}"
        )
    return metadata["keys"], headers
