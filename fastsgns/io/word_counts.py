"""Engine room: word2vec.c's vocabulary files: a word and its count a line."""

from __future__ import annotations

import os
from collections.abc import Iterable

from fastsgns.io.errors import FormatError, UndecodableTextError
from fastsgns.io.files import open_binary, replacing


def read(
    path: str | os.PathLike[str], *, encoding: str = "utf8", errors: str = "strict"
) -> dict[str, int]:
    """Return the count of each word.

    Raises
    ------
    FormatError
        A line that is not a word and a whole number, with blanks between them.
    """
    counts: dict[str, int] = {}
    with open_binary(path) as file:
        for number, line in enumerate(file, start=1):
            place = f"line {number}"
            try:
                fields = line.decode(encoding, errors).strip().split()
            except UnicodeDecodeError as error:
                raise UndecodableTextError(path, place, error) from None
            try:
                word, count = fields
                counts[word] = int(count)
            except ValueError:
                raise FormatError(
                    f"{path}: {place}: a word and its count must be there, got {line[:100]!r}"
                ) from None
    return counts


def write(path: str | os.PathLike[str], counts: Iterable[tuple[str, object]]) -> None:
    """Write words and their counts, in the order given."""
    with replacing(path) as file:
        for word, count in counts:
            file.write(f"{word} {count}\n".encode())
