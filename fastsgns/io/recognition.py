"""Engine room: what a file is, told by how it begins, so that an error says what would read it."""

from __future__ import annotations

import re

from fastsgns.io.number_text import as_decimal

MAX_HEADER_NBYTES = 1024

#: Begins of files that are no word2vec format, and what to do with such a file.
BEGINS = (
    (b"PK\x03\x04", "a zip, as save() writes it: load() reads that (or open its member)"),
    (b"\x80\x02", "a pickle, as gensim's save() writes it: load() reads that"),
    (b"\x80\x03", "a pickle, as gensim's save() writes it: load() reads that"),
    (b"\x80\x04", "a pickle, as gensim's save() writes it: load() reads that"),
    (b"\x80\x05", "a pickle, as gensim's save() writes it: load() reads that"),
    (b"\x1f\x8b", "compressed by gzip: give it a name that ends in .gz, or open it with gzip.open"),
    (b"BZh", "compressed by bzip2: give it a name that ends in .bz2, or open it with bz2.open"),
    (b"\xfd7zXZ", "compressed by xz: give it a name that ends in .xz, or open it with lzma.open"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd: give it a name that ends in .zst"),
    (b"\x93NUMPY", "an array of NumPy: numpy.load reads it, and add_vectors() takes keys and it"),
    (b"\x89HDF", "an HDF5 file: h5py reads it"),
    (b"\xba\x16O/", "a model of fastText: KeyedVectors.load_any() reads that"),
    (b"\xef\xbb\xbf", "text that begins with a byte order mark: encoding='utf-8-sig' reads it"),
    (b"\xff\xfe", "text in UTF-16: convert it to UTF-8"),
    (b"\xfe\xff", "text in UTF-16: convert it to UTF-8"),
    (b"version https://git-lfs", "a pointer of Git LFS: git lfs pull fetches the file itself"),
    (b"<!DOCTYPE", "a page of HTML: the download went wrong"),
    (b"<html", "a page of HTML: the download went wrong"),
)

BOM = b"\xef\xbb\xbf"

#: Rows at the begin of a file that are looked at.
N_ROWS = 10

_NOT_TEXT = re.compile(rb"[^\t\n\r -~]")


def hint(begin: bytes) -> str:
    """Return a sentence on what a file is that begins so, or ""."""
    for magic, what in BEGINS:
        if begin.startswith(magic):
            return f" It is {what}."
    line = begin.partition(b"\n")[0]
    if is_header(line):
        return " It begins as word2vec's formats do: load_word2vec_format() reads these."
    if n_values(line):
        return (
            " It begins as text with a word and its vector a line, without a header:"
            " load_word2vec_format(..., no_header=True) reads that."
        )
    return ""


def is_header(line: bytes) -> bool:
    """Say whether a line is the header of word2vec's formats: two whole numbers."""
    fields = line.split() if len(line) <= MAX_HEADER_NBYTES else []
    return len(fields) == 2 and all(field.isdigit() for field in fields)


def is_row(line: bytes, vector_size: int) -> bool:
    """Say whether a line of text is a word and so many values."""
    fields = line.rstrip().rsplit(b" ", vector_size)
    return len(fields) == vector_size + 1 and all(map(_is_number, fields[1:]))


def ends_with_number(word: bytes) -> bool:
    """Say whether a word of several parts ends with a number: "route 66"."""
    _, space, end = word.rpartition(b" ")
    return bool(space) and _is_number(end)


def n_values(line: bytes) -> int:
    """Return how many numbers a line of text ends with, of those behind its first field."""
    n = 0
    for field in reversed(line.rstrip().split(b" ")[1:]):
        if not _is_number(field):
            break
        n += 1
    return n


def _is_number(field: bytes) -> bool:
    try:
        as_decimal(field)
    except ValueError:
        return False
    return field.strip() == field


def is_text(rows: bytes, vector_size: int) -> bool:
    """Say whether a file goes on with rows of text behind its header.

    Parameters
    ----------
    rows : bytes
        The begin of what follows the header: some rows, or all that there is.
    vector_size : int
    """
    if not vector_size:
        return False
    *lines, last = rows.split(b"\n")[: N_ROWS + 1]
    lines = [line for line in lines or [last] if line.strip()]
    return bool(lines) and all(is_row(line, vector_size) for line in lines)


def is_binary(rows: bytes, vector_size: int) -> bool:
    """Say whether a file goes on with binary rows: among the vectors there is what no text has."""
    begin = 0
    for _ in range(N_ROWS):
        space = rows.find(b" ", begin)
        if space < 0:
            break
        begin = space + 1 + 4 * vector_size
        if _NOT_TEXT.search(rows, space + 1, begin):
            return True
    return False
