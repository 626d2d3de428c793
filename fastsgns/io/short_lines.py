"""Engine room: text whose lines are short, or it is none of its kind."""

from __future__ import annotations

import codecs
import os
from collections.abc import Generator
from typing import BinaryIO

from fastsgns.io.errors import FormatError, UndecodableTextError
from fastsgns.io.files import unpacked

#: No word of a text that people have judged is longer, nor a line of such words.
MAX_LINE_NBYTES = 1 << 20


def blocks_of(path: str | os.PathLike[str], encoding: str) -> Generator[tuple[int, list[str]]]:
    """Yield lines without their ends, those of a piece of a file at a time, and the first's number.

    They are numbered from 0. Only these lines are in memory, and half a line of the next piece.

    Raises
    ------
    UndecodableTextError
        It is not of this encoding; the message names the line.
    FormatError
        A line is longer than twice `MAX_LINE_NBYTES`, or the file unpacks to far more than
        its size.
    """
    with unpacked(path) as file:
        yield from blocks_in(file, path, encoding)


def blocks_in(
    file: BinaryIO, path: str | os.PathLike[str], encoding: str
) -> Generator[tuple[int, list[str]]]:
    """Yield what `blocks_of` does, of a file that is open."""
    decoder = codecs.getincrementaldecoder(encoding)()
    number, n_read, rest = 0, 0, ""
    piece = file.read(MAX_LINE_NBYTES)
    while piece:
        following = file.read(MAX_LINE_NBYTES)
        if following and b"\n" not in piece:
            raise FormatError(f"{path}: line {n_read + 1} is longer than {MAX_LINE_NBYTES} bytes")
        try:
            lines = (rest + decoder.decode(piece, final=not following)).split("\n")
        except UnicodeDecodeError as error:
            place = n_read + error.object.count(b"\n", 0, error.start) + 1
            raise UndecodableTextError(path, f"line {place}", error) from None
        rest = lines.pop()
        if rest and not following:
            lines.append(rest)
        yield number, lines
        number += len(lines)
        n_read += piece.count(b"\n")
        piece = following
