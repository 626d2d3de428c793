"""Engine room: text whose lines are short, or it is none of its kind."""

from __future__ import annotations

import os
from collections.abc import Iterator

from fastsgns.io.errors import FormatError
from fastsgns.io.files import unpacked

#: No word of a text that people have judged is longer, nor a line of such words.
MAX_LINE_NBYTES = 1 << 20


def numbered_lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, bytes]]:
    """Yield number, from 1, and bytes of each line of a file of short ones.

    Raises
    ------
    FormatError
        A line is longer than `MAX_LINE_NBYTES`, or the file unpacks to far more than its size.
    """
    with unpacked(path) as file:
        lines = iter(lambda: file.readline(MAX_LINE_NBYTES + 1), b"")
        for number, line in enumerate(lines, start=1):
            if len(line) > MAX_LINE_NBYTES:
                raise FormatError(f"{path}: line {number} is longer than {MAX_LINE_NBYTES} bytes")
            yield number, line


def refuse_long_lines(data: bytes, path: str | os.PathLike[str]) -> None:
    """Raise FormatError for a line longer than twice `MAX_LINE_NBYTES`, of all of a file."""
    for at in range(0, len(data) - MAX_LINE_NBYTES, MAX_LINE_NBYTES):
        if data.find(b"\n", at, at + MAX_LINE_NBYTES) < 0:
            number = data.count(b"\n", 0, at) + 1
            raise FormatError(f"{path}: line {number} is longer than {MAX_LINE_NBYTES} bytes")
