"""Engine room: the threads that turn blocks of text into ids.

The calling thread reads blocks (cut after white space, so that no word and no character is torn
apart) and joins them in the order of the text; the others count and encode them without the GIL,
each with a table of its own, and the calling one helps them when it would have to wait. So a plain
file, a compressed one and a pipe take the same path; ids, counts and their order are those of one
thread; a file of one line keeps all threads busy; what looks at the result along the way (progress,
trim rules) runs in the caller's thread, and so does all that may wait for ever, where Ctrl-C finds
it.

Blocks are read, not memory-mapped: copying 1 MB into the cache costs less than faulting its pages
in, a file that somebody cuts short is no bus error, and the file is not counted as our memory.

differs from gensim: its threads each begin somewhere in the file, be it within a word, and read on
until they have their share of the words, so that small files are trained in part twice.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Literal

from fastsgns.corpus._text import TextJoiner, WordTable
from fastsgns.corpus.text_source import Block, TextSource
from fastsgns.io.interrupts import pass_on
from fastsgns.io.threads import Task, Threads

#: Bytes of text that are read and encoded at a time: some 5 ms of work, and in the L2 cache.
BLOCK_NBYTES = 1 << 20

#: Blocks for each thread: one that it works on, and one that waits. More are out of the L2 cache
#: when their turn comes.
BLOCKS_PER_WORKER = 2

#: A thread's table is only a cache in front of the joined one; it starts anew beyond so many words.
MAX_WORDS_PER_WORKER = 1 << 20

Errors = Literal["strict", "ignore", "replace"]

_DONE: Task[None] = Task(lambda: None)
_DONE.do()


class Crew:
    """The threads that encode blocks; the calling one is one of them, and reads and joins as well.

    Parameters
    ----------
    source : TextSource
    joiner : TextJoiner
        Gets the ids; complete after `run`.
    look : callable
        Called after each block that was joined, in the calling thread.
    errors : {"strict", "ignore", "replace"}
    workers : int, >= 1
        Threads that encode, the calling one among them.
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
        self._workers = workers
        self._block_nbytes = block_nbytes
        self._tables: list[WordTable] = []  # the threads' own
        self._own = threading.local()
        self._n_lines = 0  # of the current source, before the next block

    def run(self) -> None:
        """Encode and join all there is."""
        try:
            if self._workers == 1:
                self._run_alone()
            else:
                self._run_with_threads()
        finally:
            self._source.close()

    def _run_alone(self) -> None:
        block = self._new_block()
        while self._source.fill(block):
            self._encode(block, self._joiner.table)
            self._join(block)

    def _run_with_threads(self) -> None:
        free = [self._new_block() for _ in range(BLOCKS_PER_WORKER * self._workers)]
        pending: deque[tuple[Block, Task[None]]] = deque()  # in the order of the text
        failure = None
        is_read = False
        with Threads(self._workers - 1, "fastsgns-text") as pool:
            try:
                while pending or not is_read:
                    if pending and pending[0][1].is_done:
                        block, task = pending.popleft()
                        task.result()
                        free.append(self._join(block))
                    elif free and not is_read:
                        block = free.pop()
                        try:
                            is_read = not self._source.fill(block)
                        except Exception as error:
                            pass_on(error)
                            failure = error  # after what may be wrong in the text before it
                            is_read = True
                        if not is_read:
                            task = pool.begin(self._encode_with_own_table, block)
                            pending.append((block, task))
                    else:
                        self._help(pending)
            finally:
                for _, task in pending:
                    task.cancel()
        if failure is not None:
            raise failure
        while self._tables:
            self._retire(self._tables[-1])

    def _help(self, pending: deque[tuple[Block, Task[None]]]) -> None:
        """Encode the next block that no thread has begun with, or wait for the first one."""
        for i, (block, task) in enumerate(pending):
            if task.cancel():
                self._encode_with_own_table(block)
                pending[i] = block, _DONE
                return
        pending[0][1].wait()

    def _new_block(self) -> Block:
        return Block(bytearray(self._block_nbytes))

    def _encode_with_own_table(self, block: Block) -> None:
        """Encode a block with the table of the thread that runs this.

        A thread gets its blocks in the order of the text, in which they are joined.
        """
        table: WordTable | None = getattr(self._own, "table", None)
        if table is None:
            self._own.table = table = WordTable(self._joiner.table.seed)
            self._tables.append(table)
        self._encode(block, table)
        if len(table) > MAX_WORDS_PER_WORKER:
            block.ends_table = table
            self._own.table = None

    def _encode(self, block: Block, table: WordTable) -> None:
        is_copy = table is not self._joiner.table
        with memoryview(block.buffer)[: block.nbytes] as text:
            block.invalid = block.encoded.encode(text, table, self._errors, is_copy)

    def _join(self, block: Block) -> Block:
        """Join the block that comes next, and look at it; return it for other text."""
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
        return block

    def _retire(self, table: WordTable) -> None:
        """Take over the counts of a table, all of whose blocks have been joined."""
        self._tables.remove(table)
        self._joiner.add_counts(table)


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
