"""Engine room: the threads that turn blocks of text into ids.

Under a lock, a thread takes the next block of the source (cut after white space, so that no word
and no character is torn apart), then counts and encodes it without the GIL, with a table of its
own. The calling thread does the same, and joins the blocks in the order of the text. So a plain
file, a compressed one and a pipe take the same path; ids, counts and their order are those of one
thread; a file of one line keeps all threads busy; and what looks at the result along the way
(progress, trim rules) runs in the caller's thread.

Blocks are read, not memory-mapped: copying 1 MB into the cache costs less than faulting its pages
in, a file that somebody cuts short is no bus error, and the file is not counted as our memory.

differs from gensim: its threads each begin somewhere in the file, be it within a word, and read on
until they have their share of the words, so that small files are trained in part twice.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Literal

from fastsgns._text import TextJoiner, WordTable
from fastsgns._text_source import Block, TextSource

#: Bytes of text that are read and encoded at a time: some 5 ms of work, and in the L2 cache.
BLOCK_NBYTES = 1 << 20

#: Blocks for each thread: one that it works on, and some that wait to be joined.
BLOCKS_PER_WORKER = 3

#: A thread's table is only a cache in front of the joined one; it starts anew beyond so many words.
MAX_WORDS_PER_WORKER = 1 << 20

Errors = Literal["strict", "ignore", "replace"]


class Crew:
    """The threads that encode blocks; the calling one is one of them, and the only one that joins.

    Parameters
    ----------
    source : TextSource
    joiner : TextJoiner
        Gets the ids; complete after `run`.
    look : callable
        Called after each block that was joined, in the calling thread.
    errors : {"strict", "ignore", "replace"}
    workers : int, >= 1
    block_nbytes : int, >= 1
    """

    def __init__(
        self,
        source: TextSource,
        joiner: TextJoiner,
        look: Callable[[], None],
        errors: Errors,
        workers: int,
        block_nbytes: int,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers must be >= 1, got {workers}")
        if errors not in ("strict", "ignore", "replace"):
            raise ValueError(f"errors must be 'strict', 'ignore' or 'replace', got {errors!r}")
        if block_nbytes < 1:
            raise ValueError(f"block_nbytes must be >= 1, got {block_nbytes}")
        self._source = source
        self._joiner = joiner
        self._look = look
        self._errors = errors
        self._n_helpers = workers - 1
        self._reading = threading.Lock()  # guards the source
        self._changed = threading.Condition()  # guards what follows
        n_blocks = BLOCKS_PER_WORKER * workers if workers > 1 else 1
        self._block_nbytes = block_nbytes
        self._free = [Block(bytearray(block_nbytes)) for _ in range(n_blocks)]
        self._done: dict[int, Block] = {}
        self._tables: list[WordTable] = []  # the threads' own
        self._n_taken = 0
        self._is_exhausted = False
        self._failure: BaseException | None = None
        self._n_joined = 0
        self._n_lines = 0  # of the current source, before the next block

    def run(self) -> None:
        """Encode and join all there is."""
        helpers = [
            threading.Thread(target=self._help, name=f"fastsgns-text-{i}", daemon=True)
            for i in range(self._n_helpers)
        ]
        try:
            for helper in helpers:
                helper.start()
            self._lead()
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            for helper in helpers:
                if helper.ident is not None:
                    helper.join()

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()

    def _help(self) -> None:
        """Encode blocks until there are none left."""
        try:
            table = self._new_table()
            while (block := self._take(wait=True)) is not None:
                table = self._encode(block, table)
        except BaseException as error:  # raised again by the calling thread
            self._fail(error)

    def _lead(self) -> None:
        """Join blocks whenever the next one is done, and encode in between."""
        table = self._new_table() if self._n_helpers else self._joiner.table
        while True:
            self._join_done()
            block = self._take(wait=False)
            if block is not None:
                table = self._encode(block, table)
                continue
            with self._changed:
                if self._failure is not None:
                    raise self._failure
                if self._is_exhausted and self._n_joined == self._n_taken:
                    break
                if self._n_joined not in self._done:
                    self._changed.wait()
        for own in list(self._tables):
            self._retire(own)

    def _join_done(self) -> None:
        """Join what is done and comes next."""
        while True:
            with self._changed:
                block = self._done.pop(self._n_joined, None)
            if block is None:
                return
            if block.begins_source:
                self._n_lines = 0
            if block.invalid is not None:
                raise _decode_error(block, self._n_lines)
            self._joiner.join(block.encoded)
            self._n_lines += block.encoded.n_lines
            if block.ends_table is not None:
                self._retire(block.ends_table)
                block.ends_table = None
            if len(block.buffer) > self._block_nbytes:  # it had to hold a very long word
                block.buffer = bytearray(self._block_nbytes)
            self._look()
            with self._changed:
                self._n_joined += 1
                self._free.append(block)
                self._changed.notify_all()

    def _new_table(self) -> WordTable:
        """Make a thread's own table."""
        table = WordTable(self._joiner.table.seed)
        with self._changed:
            self._tables.append(table)
        return table

    def _retire(self, table: WordTable) -> None:
        """Take over the counts of a table, all of whose blocks have been joined."""
        with self._changed:
            self._tables.remove(table)
        self._joiner.add_counts(table)

    def _take(self, wait: bool) -> Block | None:
        """Get the next block of text; None when there is none, or no free block and no waiting."""
        with self._changed:
            while wait and not self._free and not self._is_exhausted and self._failure is None:
                self._changed.wait()
            if not self._free or self._is_exhausted or self._failure is not None:
                return None
            block = self._free.pop()
        with self._reading:
            return block if self._fill(block) else None

    def _fill(self, block: Block) -> bool:
        """Put the next text into a block, or note that there is none left. Under `_reading`."""
        if not self._is_exhausted and self._source.fill(block):
            with self._changed:
                self._n_taken += 1
            return True
        with self._changed:
            self._is_exhausted = True
            self._free.append(block)
            self._changed.notify_all()
        return False

    def _encode(self, block: Block, table: WordTable) -> WordTable:
        """Encode a block and hand it on; return the table for the next one."""
        is_copy = table is not self._joiner.table
        with memoryview(block.buffer)[: block.nbytes] as text:
            block.invalid = block.encoded.encode(text, table, self._errors, is_copy)
        if is_copy and len(table) > MAX_WORDS_PER_WORKER:
            block.ends_table = table
            table = self._new_table()
        with self._changed:
            self._done[block.number] = block
            self._changed.notify_all()
        return table


def _decode_error(block: Block, n_lines: int) -> UnicodeDecodeError:
    """Say what is not UTF-8, and where; `n_lines` of the source come before the block."""
    begin, end = block.invalid or (0, 0)
    word = bytes(block.buffer[begin:end])
    line = n_lines + block.buffer.count(b"\n", 0, begin) + 1
    source = block.source
    name = source if isinstance(source, os.PathLike) else getattr(source, "name", source)
    try:
        # With the white space behind it: an end that is missing is then told from a bad one.
        block.buffer[begin : end + 1].decode("utf-8")
    except UnicodeDecodeError as error:
        place = f"line {line}, byte {block.offset + begin + error.start} of {name}"
        return UnicodeDecodeError(
            error.encoding, word, error.start, error.end, f"{error.reason} ({place})"
        )
    raise AssertionError(f"{word!r} is UTF-8")
