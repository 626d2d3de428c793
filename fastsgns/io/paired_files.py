"""Engine room: words in one file, vectors in another: .npy, and tables of the projector.

NAME.npy              the matrix; the words in NAME.vocab, NAME.words, NAME.txt or NAME.json
NAME_tensor.tsv       a row a line, values with tabs between them; NAME_metadata.tsv, a word a line
vectors.tsv           ... and metadata.tsv, as many programs for the projector name them
"""

from __future__ import annotations

import itertools
import os
import re
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import json_values, npy, places, recognition
from fastsgns.io.errors import FormatError, TruncatedFileError, UndecodableTextError, damage_of
from fastsgns.io.files import as_path, compression_of, expanded, is_url, open_binary, unpacked
from fastsgns.io.number_text import as_decimal, parse_rows
from fastsgns.io.short_lines import MAX_LINE_NBYTES
from fastsgns.io.word_counts import MAX_DIGITS

Path = str | os.PathLike[str]

NPY_MAGIC = b"\x93NUMPY"

#: What the names of words beside NAME.npy end with, in the order of looking.
WORD_SUFFIXES = (".vocab", ".words", ".txt", ".json")

#: What tables of vectors and of their words are called, whatever stands before it.
TABLE_NAMES = (("tensor", "metadata"), ("tensors", "metadata"), ("vectors", "metadata"),
               ("vecs", "meta"))  # fmt: skip

_COUNTED = re.compile(rf"(.*)[ \t]([0-9]{{1,{MAX_DIGITS}}})", re.DOTALL)
_N_LINES = 4096  # parsed at a time


class Pair(NamedTuple):
    """The paths of two files that belong together."""

    matrix: str
    words: str


class PairedRows(NamedTuple):
    """What a pair of files holds: words, which may repeat, their rows, and counts if given."""

    words: list[str]
    vectors: NDArray[Any]
    counts: NDArray[np.int64] | None


def is_table(path: Path) -> bool:
    """Say whether a file is named as the projector's tables are."""
    return _stem(path)[1] == ".tsv"


def found(path: Path, vocabulary: Path | None) -> Pair:
    """Return the matrix and the words that belong together.

    Parameters
    ----------
    path : str or path
        The matrix; or a table of words, when its name says that it is one.
    vocabulary : str or path, optional
        The words, if their name does not follow from that of the matrix.

    Raises
    ------
    FileNotFoundError
        The other file is not there.
    """
    name = os.fspath(path)
    if vocabulary is not None:
        return Pair(name, os.fspath(vocabulary))
    stem, suffix = _stem(name)
    if suffix == ".tsv":
        ways = [(t, w) for t, w in TABLE_NAMES if stem.lower().endswith((t, w))]
        for table, words in ways:
            is_words = stem.lower().endswith(words)
            known, other = (words, table) if is_words else (table, words)
            beside = name[: len(stem) - len(known)] + other + name[len(stem) :]
            if as_path(beside).exists():
                return Pair(beside, name) if is_words else Pair(name, beside)
    else:
        for ending in WORD_SUFFIXES:
            if as_path(stem + ending).exists():
                return Pair(name, stem + ending)
    raise FileNotFoundError(
        f"{name}: the words of these vectors are not beside it under a name that says so;"
        " vocabulary= names their file"
    )


def _stem(path: Path) -> tuple[str, str]:
    """Return a name without suffixes, and the last of them that is not of a compression."""
    name = os.fspath(path)
    name = name[: len(name) - len(compression_of(name))]
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 (a URL is no Path)
    return stem, suffix.lower()


def sizes(pair: Pair) -> tuple[int, int, str | None]:
    """Return the numbers of rows and columns, and the type in the file: None for decimals."""
    if is_table(pair.matrix):
        with damage_of(pair.matrix), open_binary(pair.matrix) as file:
            first = file.readline()
            n_lines = sum(1 for line in itertools.chain((first,), file) if line.strip())
        return n_lines, len(first.rstrip(b"\r\n").split(b"\t")), None
    with damage_of(pair.matrix), unpacked(pair.matrix) as file:
        header = _matrix_header(file, pair.matrix)
        return header.shape[0], header.shape[1], str(header.dtype)


def read(pair: Pair, mmap: str | None = None) -> PairedRows:
    """Read two files that belong together.

    Parameters
    ----------
    pair : Pair
    mmap : {None, "r", "c"}
        Map an array into memory.

    Raises
    ------
    FormatError
        One of them is damaged, or they have not as many words as vectors.
    OSError
        `mmap` of decimals, or of what is compressed or remote.
    """
    if mmap not in (None, "r", "c"):
        raise ValueError(f"mmap must be None, 'r' or 'c', got {mmap!r}")
    is_decimals = is_table(pair.matrix)
    if mmap is not None and (is_decimals or compression_of(pair.matrix) or is_url(pair.matrix)):
        raise OSError(
            f"{pair.matrix}: only an .npy that is neither compressed nor remote is mapped"
        )

    def read_both() -> PairedRows:
        vectors = _read_table(pair.matrix) if is_decimals else _read_npy(pair.matrix, mmap)
        words, counts = _words_in(pair.words, len(vectors))
        if len(words) != len(vectors):
            raise FormatError(
                f"{pair.words}: {len(words)} words, for {len(vectors)} vectors in {pair.matrix}"
            )
        return PairedRows(words, vectors, counts)

    if is_url(pair.words):
        return read_both()
    return places.read_as_one(expanded(pair.words), read_both)


# ---------------------------------------------------------------- vectors


def _matrix_header(file: Any, place: str) -> npy.Header:
    n_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    header = npy.header_of(file.read(npy.MAX_HEADER_NBYTES), place, n_bytes)
    if len(header.shape) != 2 or not header.shape[1] or header.dtype.kind not in "fiu":
        raise FormatError(f"{place}: {header.dtype} {header.shape} is no matrix of numbers")
    return header


def _read_npy(path: str, mmap: str | None) -> NDArray[Any]:
    with damage_of(path), unpacked(path) as file:
        header = _matrix_header(file, path)
        if mmap is not None:
            mapped = npy.map_data(file, header, header.length, cast(npy.MmapMode, mmap))
            if mapped is not None:
                return mapped
        file.seek(header.length)
        matrix = npy.read_data(file, header, path)
    is_right = np.isfinite(matrix).all(axis=1)
    if not is_right.all():
        raise FormatError(f"{path}: row {int(is_right.argmin())}: NaN or inf")
    return matrix


def _read_table(path: str) -> NDArray[np.float32]:
    blocks: list[NDArray[np.float32]] = []
    n_values = n_before = 0
    with damage_of(path), open_binary(path) as file:
        while lines := list(itertools.islice(file, _N_LINES)):
            n_values = n_values or lines[0].count(b"\t") + 1
            for i, line in enumerate(lines):
                if len(line) > MAX_LINE_NBYTES + 64 * n_values:
                    raise FormatError(f"{path}: line {n_before + i + 1} has {len(line)} bytes")
            rows = [line.rstrip(b"\r\n") for line in lines]
            if not n_before:
                rows[0] = rows[0].removeprefix(recognition.BOM)
            while rows and not rows[-1]:  # blank lines at the end say nothing; others are no rows
                rows.pop()
            blocks.append(_parsed(rows, n_values, path, n_before))
            n_before += len(lines)
    if not n_before:
        raise TruncatedFileError(f"{path}: is empty")
    return np.concatenate(blocks)


def _parsed(rows: list[bytes], n_values: int, path: str, n_before: int) -> NDArray[np.float32]:
    """Parse lines of values with tabs between them; `n_before` lines were before them."""
    values = parse_rows([row.replace(b"\t", b" ") for row in rows], n_values, np.float32)
    if values is not None and np.isfinite(values).all():
        return cast("NDArray[np.float32]", values)
    values = np.empty((len(rows), n_values), np.float32)
    for i, row in enumerate(rows):
        place = f"{path}: line {n_before + i + 1}"
        try:
            numbers = list(map(as_decimal, row.split(b"\t")))
        except ValueError as error:
            raise FormatError(f"{place}: {error!s:.200}") from None
        if len(numbers) != n_values:
            raise FormatError(f"{place}: {len(numbers)} values, {n_values} are in line 1")
        with np.errstate(over="ignore"):
            values[i] = numbers
        if not np.isfinite(values[i]).all():
            raise FormatError(f"{place}: NaN, inf, or a number beyond float32")
    return values


# ---------------------------------------------------------------- words


def _words_in(path: str, n_rows: int) -> tuple[list[str], NDArray[np.int64] | None]:
    with damage_of(path), open_binary(path) as file:
        data = file.read()
    is_json = _stem(path)[1] == ".json"
    if not is_json and (n_lines := data.count(b"\n")) > n_rows + 1:  # of names of columns
        raise FormatError(f"{path}: {n_lines} words, for {n_rows} vectors")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise UndecodableTextError(path, f"line {number}", error) from None
    if is_json:
        return _words_of_json(data.removeprefix(recognition.BOM), path), None
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines and not lines[-1]:  # behind the last end of a line
        lines.pop()
    if is_table(path):
        return _words_of_table(lines, n_rows), None
    parts = [_COUNTED.fullmatch(line) for line in lines]
    if parts and all(parts):
        found = [cast("re.Match[str]", part).groups() for part in parts]
        return [word for word, _ in found], np.array([int(n) for _, n in found], np.int64)
    return lines, None


def _words_of_json(data: bytes, path: str) -> list[str]:
    with damage_of(path):
        words = json_values.loads(data)
        if isinstance(words, dict):
            rows = [row for row in words.values() if type(row) is int]
            if sorted(rows) == list(range(len(words))):
                words = sorted(words, key=words.__getitem__)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise FormatError(f"{path}: neither a list of words nor each word's row")
        return words


def _words_of_table(lines: list[str], n_rows: int) -> list[str]:
    """Return the first column; a table of several has their names in its first line."""
    has_names = len(lines) == n_rows + 1 and "\t" in lines[0]
    return [line.partition("\t")[0] for line in lines[has_names:]]
