"""Engine room: word2vec.c's text and binary formats: words and a matrix in and out.

Both begin with a line "n_words vector_size"; what follows is described in word2vec_text.py and
word2vec_binary.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.files import open_binary, replacing
from fastsgns.io.number_text import decimal_rows
from fastsgns.io.vector_reader import Block, VectorReader
from fastsgns.io.word2vec_binary import BinaryReader
from fastsgns.io.word2vec_text import TextReader

# Small enough for what is made of a block to stay in the cache.
_BLOCK_NBYTES = 1 << 18


def open_reader(
    path: str | os.PathLike[str], *, binary: bool = False, no_header: bool = False, **options: Any
) -> VectorReader:
    """Open a file of vectors for reading block by block; the options are `VectorReader`'s.

    Raises
    ------
    NotImplementedError
        `no_header` with `binary`: only a line tells the vector size then.
    """
    if not binary:
        return TextReader(path, no_header=no_header, **options)
    if no_header:
        raise NotImplementedError("no_header only available for text-format files")
    return BinaryReader(path, **options)


def read(path: str | os.PathLike[str], **options: Any) -> Block:
    """Read a whole file: all words in order, repeated ones too, and their vectors.

    Parameters
    ----------
    path : str or path
    **options
        As for `open_reader`.

    Returns
    -------
    words : list of str
    vectors : ndarray, shape (len(words), vector_size)
    """
    with open_reader(path, **options) as reader:
        words: list[str] = []
        size = reader.vector_size
        # A stream's length is not known: its rows are believed when they are there.
        n_rows = reader.n_words if reader.sizes_are_safe and reader.n_words is not None else 0
        vectors = np.empty((n_rows, size), dtype=reader.dtype)
        for block_words, rows in reader.blocks():
            n_needed = len(words) + len(rows)
            if n_needed > len(vectors):
                n_rows = max(n_needed, len(vectors) * 3 // 2)
                vectors.resize((min(n_rows, reader.n_words or n_rows), size), refcheck=False)
            vectors[len(words) : n_needed] = rows
            words += block_words
    if len(vectors) > len(words):
        vectors.resize((len(words), size), refcheck=False)
    return words, vectors


def write(
    path: str | os.PathLike[str],
    words: Sequence[str],
    vectors: NDArray[Any],
    order: NDArray[np.intp] | None = None,
    *,
    binary: bool = False,
    header_count: int | None = None,
    write_header: bool = True,
    append: bool = False,
) -> None:
    """Write words and their vectors; an old file is replaced only when all is written.

    Parameters
    ----------
    path : str or path
        .gz, .bz2, .xz and .zst are compressed.
    words : sequence of str, length n
    vectors : ndarray, shape (n, vector_size)
        Binary: written as float32. Text: as many digits as tell the value from its neighbours.
    order : ndarray of int, optional
        Rows in the order of writing; by default 0, 1, 2, ...
    binary : bool, default False
    header_count : int, optional
        The number of words in the header; by default the number of words written.
    write_header : bool, default True
    append : bool, default False
        Write behind what the file holds, in place.
    """
    if order is None:
        order = np.arange(len(words))
    opened = open_binary(path, "ab") if append else replacing(path)
    with opened as file:
        if write_header:
            count = len(order) if header_count is None else header_count
            file.write(f"{count} {vectors.shape[1]}\n".encode())
        for chunk in _chunks(words, vectors, order, binary):
            file.write(chunk)


def _chunks(
    words: Sequence[str], vectors: NDArray[Any], order: NDArray[np.intp], binary: bool
) -> Iterator[bytes]:
    """Yield the bytes of the words and vectors, a block at a time."""
    n_rows = max(1, _BLOCK_NBYTES // (4 * max(vectors.shape[1], 1)))
    for begin in range(0, len(order), n_rows):
        picked = order[begin : begin + n_rows]
        rows = vectors[picked]
        keys = list(map(words.__getitem__, cast("list[int]", picked.tolist())))
        if binary:
            data, n = rows.astype("<f4").tobytes(), 4 * rows.shape[1]
            yield b"".join(
                b"%b %b" % (key.encode(), data[i * n : (i + 1) * n]) for i, key in enumerate(keys)
            )
        else:
            texts = zip(keys, decimal_rows(rows), strict=True)
            yield b"".join(b"%b %b\n" % (key.encode(), text) for key, text in texts)
