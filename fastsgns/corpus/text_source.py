"""Engine room: files and streams of text as a sequence of blocks that end after white space."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from stat import S_ISREG
from typing import Any

from fastsgns.corpus._text import TextBlock, WordTable, find_cut
from fastsgns.io.errors import FormatError, damage_of
from fastsgns.io.files import as_path, compression_of, open_binary
from fastsgns.io.interrupts import pass_on, suppressed

#: No word of a text is longer: what is, is no text, or a bomb.
MAX_WORD_NBYTES = 1 << 22


@dataclass
class Block:
    """A piece of text that is on its way from its file to ids.

    Attributes
    ----------
    buffer : bytearray
        The text is buffer[:nbytes].
    source : object
        Where the text is from, as it was given: for messages.
    offset : int
        The position in the (uncompressed) source that the text is from, in bytes.
    begins_source : bool
    invalid : (begin, end) or None
        The first word of the text that is not UTF-8, if that is an error.
    ends_table : WordTable or None
        The table of its thread, when this is the last block that was encoded with it.
    """

    buffer: bytearray
    encoded: TextBlock = field(default_factory=TextBlock)
    nbytes: int = 0
    source: Any = None
    offset: int = 0
    begins_source: bool = False
    invalid: tuple[int, int] | None = None
    ends_table: WordTable | None = None


class _Lines(io.RawIOBase):
    """Anything that iterates over lines, str or bytes, as a stream of bytes.

    Each item is a line, whatever ends it: a text file that was opened with ``newline=""`` may have
    lines that end in a carriage return.
    """

    def __init__(self, lines: Iterable[Any]) -> None:
        self._lines = iter(lines)
        self._rest = b""

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            line = next(self._lines, None)
            if line is None:
                return 0
            raw = line.encode("utf-8") if isinstance(line, str) else bytes(line)
            self._rest = raw if raw.endswith(b"\n") else raw + b"\n"
        n = min(len(buffer), len(self._rest))
        buffer[:n] = self._rest[:n]
        self._rest = self._rest[n:]
        return n


def _open(source: Any) -> AbstractContextManager[Any]:
    """Open a path; borrow a file object, from its start where it can be rewound."""
    if isinstance(source, (str, os.PathLike)):
        return open_binary(source)
    if hasattr(source, "seek"):
        try:
            source.seek(0)
        except (OSError, io.UnsupportedOperation) as error:
            pass_on(error)
            if getattr(source, "seekable", lambda: True)():
                raise
    is_binary = isinstance(source, (io.RawIOBase, io.BufferedIOBase))
    return nullcontext(source if is_binary else _Lines(source))


class TextSource:
    """Cut sources of text into blocks, one after the other.

    Not thread-safe: `fill` is called under a lock.

    Parameters
    ----------
    sources : iterable of str, path or file object
        Paths may be compressed, or URLs (see `open_binary`); objects are binary files, or give
        lines of str or bytes. Each source ends its last line.
    limit : int, optional
        Read only so many lines of each source.
    """

    def __init__(self, sources: Iterable[Any], limit: int | None = None) -> None:
        listed = tuple(sources)
        self._sources = iter(listed)
        self._limit = limit
        self._nbytes = None if limit is not None else _nbytes_of(listed)
        self._n_read = 0  # of the sources that have been read to their end
        self._stream: Any = None
        self._pieces: Generator[None, None, None] = (None for _ in ())
        self._block: Block

    def fill(self, block: Block) -> bool:
        """Put the next text into a block; False when there is none left.

        Errors of reading have a note with the source: of many, the codec of one may fail.
        """
        self._block = block
        while next(self._pieces, self) is self:
            source = next(self._sources, self)
            if source is self:
                return False
            self._pieces = self._cut(source)
        return True

    def share(self) -> float | None:
        """Return what part of all sources has been read, None unless all are plain files."""
        if not self._nbytes:
            return None
        return min((self._n_read + _position(self._stream)) / self._nbytes, 1.0)

    def close(self) -> None:
        """Close the source that is being read."""
        self._pieces.close()

    def _cut(self, source: Any) -> Generator[None, None, None]:
        """Fill the block at hand each time, until the source has come to its end."""
        rest = b""
        offset = 0
        n_lines_left = self._limit
        with _open(source) as stream:
            is_first, is_last, in_line = True, False, False
            self._stream = stream
            while not is_last:
                block = self._block
                block.source, block.offset, block.begins_source = source, offset, is_first
                try:
                    with _reading(source):
                        n, is_last = _read(stream, block.buffer, rest)
                        cut = n if is_last else find_cut(memoryview(block.buffer)[:n])
                        while not cut and not is_last:  # one word, longer than the buffer
                            _check_word(n, offset, source)
                            n, is_last = _read(stream, block.buffer, block.buffer[:n])
                            cut = n if is_last else find_cut(memoryview(block.buffer)[:n])
                except Exception as error:
                    error.add_note(f"while {source!s:.200} was read")
                    raise
                rest = bytes(memoryview(block.buffer)[cut:n])
                if n_lines_left is not None:
                    cut, n_lines_left = _first_lines(block.buffer, cut, n_lines_left)
                    is_last = is_last or n_lines_left == 0
                offset += cut
                block.nbytes = cut
                if cut:
                    in_line = block.buffer[cut - 1] != 0x0A
                if is_last and in_line:  # the end of a file ends its last line and word
                    block.buffer[cut : cut + 1] = b"\n"
                    block.nbytes = cut + 1
                is_first = False
                if is_last and self._nbytes:
                    self._n_read, self._stream = self._n_read + _position(stream), None
                yield


def _nbytes_of(sources: Iterable[Any]) -> int | None:
    """Return how long all sources are, as they are on disk; None unless all are files there."""
    with suppressed(OSError, TypeError, ValueError):
        known = [as_path(source).stat() for source in sources]
        return sum(of.st_size for of in known) if all(S_ISREG(of.st_mode) for of in known) else None
    return None


def _position(stream: Any) -> int:
    """Return how much has been read of a file, compressed or not, in bytes."""
    if stream is None:
        return 0
    return int(stream.packed_tell() if hasattr(stream, "packed_tell") else stream.tell())


def _reading(source: Any) -> AbstractContextManager[None]:
    """Name a compressed file in what its codec raises; what else raises has its own words."""
    is_packed = isinstance(source, (str, os.PathLike)) and compression_of(source)
    return damage_of(source) if is_packed else nullcontext()


def _check_word(n: int, offset: int, source: Any) -> None:
    if n > MAX_WORD_NBYTES:
        raise FormatError(
            f"{source!s:.200}: a word of more than {MAX_WORD_NBYTES} bytes at byte {offset}"
        )


def _read(stream: Any, buffer: bytearray, rest: bytes | bytearray) -> tuple[int, bool]:
    """Fill a buffer: `rest` first, then what the stream has; say how much and whether that was all.

    The buffer becomes twice as large as `rest` if that fills it.
    """
    n = len(rest)
    if n >= len(buffer):
        buffer.extend(bytes(2 * n - len(buffer)))
    with memoryview(buffer) as view:
        view[:n] = rest
        while n < len(view):
            n_read = stream.readinto(view[n:])
            if not n_read:
                return n, True
            n += n_read
    return n, False


def _first_lines(buffer: bytearray, nbytes: int, n_lines: int) -> tuple[int, int]:
    """Where the first `n_lines` lines of buffer[:nbytes] end, and how many lines are then left."""
    n_there = buffer.count(b"\n", 0, nbytes)
    if n_there < n_lines:
        return nbytes, n_lines - n_there
    end = 0
    for _ in itertools.repeat(None, n_lines):
        end = buffer.index(b"\n", end) + 1
    return end, 0
