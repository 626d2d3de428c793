"""Engine room: word2vec.c's text and binary formats: words and a matrix in and out.

Both begin with a line "n_words vector_size"; what follows is described in word2vec_text.py and
word2vec_binary.py.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown
from fastsgns.io import recognition
from fastsgns.io.byte_source import ByteSource
from fastsgns.io.files import (
    AnySource,
    as_path,
    is_decoding,
    is_path,
    is_replaced,
    is_url,
    name_of,
    written_to,
)
from fastsgns.io.number_text import are_finite, decimal_lines
from fastsgns.io.vector_reader import MAX_WORD_NBYTES, Block, VectorReader
from fastsgns.io.word2vec_binary import BinaryReader
from fastsgns.io.word2vec_text import TextReader

# Small enough for what is made of a block to stay in the cache, large enough for the system to take
# it at once.
_BLOCK_NBYTES = 1 << 19
_MEAN_NBYTES = 12  # of a number as text


def open_reader(
    source: AnySource,
    *,
    binary: bool | None = False,
    no_header: bool = False,
    chunk_size: int | None = None,
    **options: Any,
) -> VectorReader:
    """Open a file of vectors for reading block by block; more options are `VectorReader`'s.

    Parameters
    ----------
    source : str, path or open file
    binary : bool or None
        None: the format is told by what the file begins with, the header's absence too.
    no_header : bool
    chunk_size : int, optional
        Bytes read at a time; by default the reader's `CHUNK_SIZE`.

    Raises
    ------
    NotImplementedError
        `no_header` with `binary`: only a line tells the vector size then.
    """
    opened = ByteSource(source, VectorReader.CHUNK_SIZE if chunk_size is None else chunk_size)
    try:
        if binary is None:
            binary, no_header = _told_by_begin(opened, no_header)
        reader = BinaryReader if binary else TextReader
        opened.chunk_size = reader.CHUNK_SIZE if chunk_size is None else chunk_size
        return reader(opened, no_header=no_header, **options)
    except BaseException:
        opened.close()
        raise


def _told_by_begin(source: ByteSource, no_header: bool) -> tuple[bool, bool]:
    """Return whether a file is binary, and whether it has no header."""
    line = source.look_at_line(MAX_WORD_NBYTES).removeprefix(recognition.BOM)
    if no_header or not recognition.is_header(line):
        return False, no_header or bool(recognition.n_values(line))
    vector_size = min(int(line.split()[1]), 1 << 16)
    head = source.look(len(line) + 1 + (1 << 12) + 32 * vector_size)
    rows = head.partition(b"\n")[2]
    is_binary = recognition.is_binary(rows, vector_size)
    return is_binary and not recognition.is_text(rows, vector_size), False


def read(source: AnySource, *, wanted: Collection[str] | None = None, **options: Any) -> Block:
    """Read a whole file: all words in order, repeated ones too, and their vectors.

    Parameters
    ----------
    source : str, path or open file
    wanted : collection of str, optional
        Keep these words only: of the others' vectors there is never more than a block.
    **options
        As for `open_reader`.

    Returns
    -------
    words : list of str
    vectors : ndarray, shape (len(words), vector_size)
    """
    with open_reader(source, **options) as reader:
        words: list[str] = []
        size = reader.vector_size
        # A stream's length is not known: its rows are believed when they are there.
        n_rows = reader.n_words if reader.sizes_are_safe and reader.n_words is not None else 0
        if wanted is not None:
            wanted = frozenset(wanted)
            n_rows = min(n_rows, len(wanted))
        vectors = np.empty((n_rows, size), dtype=reader.dtype)
        is_all = wanted is None and n_rows == reader.n_words
        for block_words, rows in reader.blocks(vectors if is_all else None):
            if wanted is not None:
                kept = [i for i, word in enumerate(block_words) if word in wanted]
                block_words, rows = [block_words[i] for i in kept], rows[kept]
            n_needed = len(words) + len(rows)
            if n_needed > len(vectors):
                n_rows = max(n_needed, len(vectors) * 3 // 2)
                vectors.resize((min(n_rows, reader.n_words or n_rows), size), refcheck=False)
            if not is_all:
                vectors[len(words) : n_needed] = rows
            words += block_words
    if len(vectors) > len(words):
        vectors.resize((len(words), size), refcheck=False)
    return words, vectors


def write(
    target: AnySource,
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
    target : str, path or open file
        Paths that end in .gz, .bz2, .xz and .zst are compressed.
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

    Raises
    ------
    ValueError
        What cannot be read back: as many words as vectors there must be, each word must be one that
        the format can hold, each number finite. Nothing has been written then.
    """
    n_words = len(words)
    if vectors.ndim != 2 or len(vectors) != n_words:
        raise ValueError(f"{n_words} words must have as many vectors, got shape {vectors.shape}")
    n_written = n_words if order is None else len(order)
    if order is not None and np.array_equal(order, np.arange(n_words)):
        order = None  # as nearly always: nothing needs to be copied
    count = n_written if header_count is None else header_count
    if write_header and count < n_written:
        raise ValueError(f"a header of {count} words cannot stand before {n_written}")
    if write_header and append and is_path(target) and not is_url(target) and _holds(target):
        raise ValueError(
            f"{name_of(target)} has vectors already: a header behind them would be taken for a"
            " word. Append with write_header=False, and give total_vec where the file is begun"
        )
    encoded = _encoded(words, binary)
    # Where the old file stays if anything is wrong, numbers are looked at when they are written;
    # else all of them come first.
    is_late = vectors.dtype == np.float32 and is_path(target) and not append and is_replaced(target)
    if not is_late:
        _refuse_not_finite(words, vectors, binary)
    with written_to(target, append=append) as file:
        if binary and is_decoding(file):
            raise TypeError(
                f"{name_of(target)}: the binary format is not text: open the file with mode 'wb'"
            )
        if write_header:
            file.write(f"{count} {vectors.shape[1]}\n".encode())
        for chunk, is_right in _chunks(*encoded, vectors, order, binary):
            if not is_right:
                _refuse_not_finite(words, vectors, binary)
            file.write(chunk)


def rewrite(source: AnySource, target: AnySource, n_words: int, *, binary: bool) -> bool:
    """Write the rows of one file to another, some at a time; return whether that could be done.

    Parameters
    ----------
    source, target : str, path or open file
        Told by its begin; written as `write` does.
    n_words : int
        The words of `source`.
    binary : bool
        The format of `target`.

    Returns
    -------
    bool
        False when a word is there twice: the second would be left out on reading, and the header
        be wrong. Nothing has been written then.
    """
    seen: set[str] = set()
    try:
        with (
            open_reader(source, binary=None, encoding="utf-8-sig") as reader,
            written_to(target) as file,
        ):
            file.write(f"{n_words} {reader.vector_size}\n".encode())
            for words, rows in reader.blocks():
                n_before = len(seen)
                seen.update(words)
                if len(seen) != n_before + len(words):
                    raise _RepeatedWord
                encoded = _encoded(words, binary)
                _refuse_not_finite(words, rows, binary)
                for chunk, _ in _chunks(*encoded, rows, None, binary):
                    file.write(chunk)
            if len(seen) != n_words:
                raise _RepeatedWord
    except _RepeatedWord:
        return False
    return True


class _RepeatedWord(Exception):  # noqa: N818
    """A word is in a file twice."""


def _holds(path: str | os.PathLike[str]) -> bool:
    """Say whether a file is there, with something in it."""
    known = as_path(path)
    return known.is_file() and known.stat().st_size > 0


def _encoded(words: Sequence[str], binary: bool) -> tuple[bytes, NDArray[np.int64]]:
    """Return the UTF-8 of words, one behind the other, and where each begins and ends.

    Raises
    ------
    ValueError
        A word cannot be told again from what is around it, or is no text.
    """
    from fastsgns.io import _numbers

    places = np.empty((len(words), 2), np.int64)
    try:
        text = _numbers.utf8_of(words if type(words) is list else list(words), places)
    except UnicodeEncodeError:
        row = next(i for i, word in enumerate(words) if not _has_utf8(word))
        why = "holds half a surrogate pair, which is no text"
        raise _unwritable(row, words[row], why) from None
    end = " " if binary else "\n"
    may_be_long = len(text) >= MAX_WORD_NBYTES and np.ptp(places, axis=1).max() >= MAX_WORD_NBYTES
    if end.encode() in text or b"\n" in text or may_be_long:
        for row, word in enumerate(words):
            if end in word:
                what = "a space: binary=False holds it" if binary else "the end of a line"
                raise _unwritable(row, word, f"holds {what}")
            if len(word.encode()) >= MAX_WORD_NBYTES:
                why = f"is longer than the {MAX_WORD_NBYTES} bytes read"
                raise _unwritable(row, word, why)
            if binary and word.startswith("\n"):
                why = "begins with the end of a line, which is not read"
                raise _unwritable(row, word, why)
    if not binary and words and all(recognition.ends_with_number(word.encode()) for word in words):
        # The reader cannot tell them from the words of a file whose header is wrong.
        raise _unwritable(0, words[0], "ends with a number, as all do: they look like values")
    return text, places


def _has_utf8(word: str) -> bool:
    """Say whether there is UTF-8 of a word."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unwritable(row: int, word: str, why: str) -> ValueError:
    return ValueError(
        f"the key {shown(word)} of row {row} cannot be written in word2vec's formats: it {why}."
        " save() holds any key"
    )


def _refuse_not_finite(words: Sequence[str], vectors: NDArray[Any], binary: bool) -> None:
    """Raise ValueError for a number that reading would refuse."""
    if vectors.dtype == np.float32 and are_finite(vectors):
        return
    most = np.finfo(np.float32 if binary else vectors.dtype).max if vectors.size else 0
    n_rows = max(1, _BLOCK_NBYTES // max(vectors[:1].nbytes, 1))
    for begin in range(0, len(vectors), n_rows):
        block = vectors[begin : begin + n_rows]
        if not (block.size == 0 or (-most <= block.min() and block.max() <= most)):
            wrong = ~(np.abs(block) <= most).all(axis=1)
            row = begin + int(wrong.argmax())
            raise ValueError(
                f"the vector of {shown(words[row])}, row {row}, holds NaN, inf or a number beyond"
                f" {np.float32.__name__ if binary else vectors.dtype}: it could not be read back"
            )


def _chunks(
    text: bytes,
    words: NDArray[np.int64],
    vectors: NDArray[Any],
    order: NDArray[np.intp] | None,
    binary: bool,
) -> Iterator[tuple[bytes, bool]]:
    """Yield the bytes of the words, at places of a text, and vectors, a block at a time.

    Beside those of each, whether all its numbers are finite.
    """
    from fastsgns.io import _numbers

    n_bytes = (4 if binary else _MEAN_NBYTES) * vectors.shape[1]
    n_rows = max(1, _BLOCK_NBYTES // max(n_bytes, 1))
    for begin in range(0, len(words) if order is None else len(order), n_rows):
        picked = slice(begin, begin + n_rows) if order is None else order[begin : begin + n_rows]
        places, rows = words[picked], vectors[picked]
        if binary:
            yield _numbers.write_records(text, places, np.ascontiguousarray(rows, np.float32))
        else:
            yield decimal_lines(text, places, rows)
