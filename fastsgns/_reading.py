"""Engine room: read a corpus once. Files, streams and sentences become provisional ids.

Text goes block by block through `fastsgns._text`: under a lock, a thread takes the next block (cut
after white space, so that no word and no character is torn apart), then counts and encodes it without
the GIL, on its own; the calling thread joins the blocks in the order of the text. So a plain file,
a compressed one and a pipe take the same path; ids, counts and their order are those of one thread
whatever the number of threads; a file of one line keeps all of them busy; and callbacks run in the caller's thread.

Blocks are read, not memory-mapped: copying 1 MB into the cache costs less than faulting its pages in,
a file that is cut short by somebody else is no bus error, and the file does not count as our memory.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns._text import (
    Encoding,
    PruningCounter,
    SentenceEncoder,
    TextJoiner,
    WordTable,
)
from fastsgns._text_source import Block, TextSource

#: Bytes of text that are read and encoded at a time: some 5 ms of work, and in the L2 cache.
BLOCK_NBYTES = 1 << 20

#: Blocks for each thread: one that it works on, and some that wait to be joined.
BLOCKS_PER_WORKER = 3

#: A thread's table is only a cache in front of the joined one; it starts anew beyond so many words.
MAX_WORDS_PER_WORKER = 1 << 20

#: Tokens of a Python corpus that are encoded at a time.
FEED_TOKENS = 1 << 17

Errors = Literal["strict", "ignore", "replace"]

#: Called before every so many sentences with (sentence index, tokens before it, distinct words).
Report = Callable[[int, int, int], object]

#: gensim's rule(word, count, limit): 1 forgets the word, 2 keeps it, anything else leaves it to the count.
TrimRule = Callable[[Any, int, int], int]


class EncodedText(NamedTuple):
    """What one pass over a corpus learns.

    Attributes
    ----------
    words : list
        The distinct words; a word's index is its provisional id.
    vocabulary : int32 (n,)
        The provisional ids of the words that count, in the order of gensim's `raw_vocab`. Without
        `max_vocab_size` that is all of them in first-seen order.
    counts : int64 (n,)
        How often each of `vocabulary` was seen (since it was last forgotten).
    ids : int32 (n_tokens,)
        Provisional ids, sentence after sentence.
    offsets : int64 (n_sentences + 1,)
        Sentence s is ids[offsets[s]:offsets[s + 1]].
    """

    words: list[Hashable]
    vocabulary: NDArray[np.int32]
    counts: NDArray[np.int64]
    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]


# --- what is the same for texts and sentences ------------------------------------------------------


class _Watch:
    """Looks at the ids as they come in: prunes the counts, and reports progress as gensim does."""

    def __init__(
        self,
        encoding: Encoding,
        word_of: Callable[[int], Any],
        max_vocab_size: int | None,
        trim_rule: TrimRule | None,
        report: Report | None,
        report_every: int,
    ) -> None:
        self.pruner: PruningCounter | None = None
        if max_vocab_size:
            keep = None if trim_rule is None else self._keep
            self.pruner = PruningCounter(max_vocab_size, keep)
        self._encoding = encoding
        self._word_of = word_of
        self._rule = trim_rule
        self._report = report
        self._report_every = report_every
        self._n_ids = 0
        self._n_sentences = 0
        self._n_types = 0
        # A sentence is reported before it is counted, but only if it turns out to exist.
        self._held: tuple[int, int, int] | None = (0, 0, 0)

    def _keep(
        self, ids: NDArray[np.int32], counts: NDArray[np.int64], limit: int
    ) -> NDArray[np.bool_]:
        """Ask the trim rule about all words that have a count."""
        keep = counts >= limit
        for i, (number, count) in enumerate(zip(ids.tolist(), counts.tolist(), strict=True)):
            verdict = self._rule(self._word_of(number), count, limit)  # type: ignore[misc]
            if verdict in (1, 2):
                keep[i] = verdict == 2
        return keep

    def look(self) -> None:
        """Look at what has come in since the last time."""
        if self.pruner is None and self._report is None:
            return
        ids = np.asarray(self._encoding.ids)[self._n_ids :]
        ends = np.asarray(self._encoding.ends)[self._n_sentences :] - self._n_ids
        if len(ids) or len(ends):
            self._say()
        position = sentence = 0
        every = self._report_every
        if self._report is not None:
            for s in range(every - self._n_sentences % every, len(ends) + 1, every):
                end = int(ends[s - 1])
                self._count(ids[position:end], ends[sentence:s] - position)
                position, sentence = end, s
                self._held = (self._n_sentences + s, self._n_ids + end, self._n_types)
                if end < len(ids) or s < len(ends):
                    self._say()
        self._count(ids[position:], ends[sentence:] - position)
        self._n_ids += len(ids)
        self._n_sentences += len(ends)

    def _say(self) -> None:
        if self._held is not None and self._report is not None:
            self._report(*self._held)
        self._held = None

    def _count(self, ids: NDArray[np.int32], ends: NDArray[np.int64]) -> None:
        if self.pruner is not None:
            self.pruner.feed(ids, ends)
            self._n_types = len(self.pruner)
        elif len(ids):
            # Ids are given in first-seen order: the highest says how many words there are.
            self._n_types = max(self._n_types, int(ids.max()) + 1)


def _finish(
    encoding: Encoding, words: list[Hashable], counts: NDArray[np.int64], watch: _Watch
) -> EncodedText:
    vocabulary = np.arange(len(words), dtype=np.int32)
    if watch.pruner is not None:
        vocabulary, counts = watch.pruner.live()
    encoding.ids.shrink()
    encoding.ends.shrink()
    offsets = np.concatenate([np.zeros(1, np.int64), np.asarray(encoding.ends)])
    return EncodedText(words, vocabulary, counts, np.asarray(encoding.ids), offsets)


def encode_sentences(
    sentences: Iterable[Any],
    *,
    max_vocab_size: int | None = None,
    trim_rule: TrimRule | None = None,
    report: Report | None = None,
    report_every: int = 10000,
) -> EncodedText:
    """Count and encode sentences of Python objects in one pass.

    Parameters
    ----------
    sentences : iterable of token sequences
        Tokens may be any hashable. Consumed once.
    max_vocab_size, trim_rule, report, report_every
        As in `encode_text`.

    Raises
    ------
    TypeError
        When a sentence has no length or holds an unhashable token; a note names the sentence.
    """
    encoder = SentenceEncoder()
    watch = _Watch(
        encoder, encoder.words.__getitem__, max_vocab_size, trim_rule, report, report_every
    )
    iterator = iter(sentences)
    more = True
    while more:
        more = encoder.feed(iterator, FEED_TOKENS)
        watch.look()
    return _finish(encoder, encoder.words, encoder.counts(), watch)


# --- text ------------------------------------------------------------------------------------------


def encode_text(
    sources: Iterable[Any],
    *,
    workers: int = 1,
    errors: Errors = "strict",
    max_sentence_length: int | None = None,
    limit: int | None = None,
    max_vocab_size: int | None = None,
    trim_rule: TrimRule | None = None,
    report: Report | None = None,
    report_every: int = 10000,
    block_nbytes: int = BLOCK_NBYTES,
) -> EncodedText:
    r"""Count and encode text in one pass: a sentence a line, tokens as of ``str.split()``.

    Parameters
    ----------
    sources : iterable of str, path or file object
        Read one after the other; the end of each ends its last line. Paths may be compressed (.gz,
        .bz2, .xz, .zst) or pipes. Lines end at "\n" only; lines without a token are no sentences.
    workers : int, default 1
        Threads. The result does not depend on it.
    errors : {"strict", "ignore", "replace"}
        What to do about bytes that are not UTF-8.
    max_sentence_length : int, optional
        Longer lines are cut into sentences of so many tokens. Default: a line stays whole.
    limit : int, optional
        Read only so many lines of each source.
    max_vocab_size : int, optional
        Forget rare words on the way, as gensim does: see `PruningCounter`. The encoding keeps
        their ids, so that words that come back are not lost to training.
    trim_rule : callable, optional
        rule(word, count, limit) for this forgetting: 1 forgets, 2 keeps, else the count decides.
    report : callable, optional
        Called before every `report_every`-th sentence with (sentence index, tokens before it,
        distinct words before it), in the calling thread.
    block_nbytes : int, default 1 MiB
        The result does not depend on it.

    Raises
    ------
    UnicodeDecodeError
        With errors="strict": the message names the source, the line and the byte in it.
    """
    table = WordTable(secrets.randbits(64))
    joiner = TextJoiner(table, max_sentence_length)
    watch = _Watch(joiner, table.word, max_vocab_size, trim_rule, report, report_every)
    source = TextSource(sources, limit)
    crew = _Crew(source, joiner, watch, errors, workers, block_nbytes)
    try:
        crew.run()
    finally:
        source.close()
    return _finish(joiner, list(table.words()), table.counts(), watch)


class _Crew:
    """The threads that encode blocks. The calling thread is one of them, and the only one to join."""

    def __init__(
        self,
        source: TextSource,
        joiner: TextJoiner,
        watch: _Watch,
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
        self._watch = watch
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
            self._watch.look()
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
            is_filled = not self._is_exhausted and self._source.fill(block)
            with self._changed:
                if is_filled:
                    self._n_taken += 1
                else:
                    self._is_exhausted = True
                    self._free.append(block)
                    self._changed.notify_all()
        return block if is_filled else None

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
    name = getattr(block.source, "name", block.source)
    try:
        word.decode("utf-8")
    except UnicodeDecodeError as error:
        place = f"line {line}, byte {block.offset + begin + error.start} of {name}"
        return UnicodeDecodeError(
            error.encoding, word, error.start, error.end, f"{error.reason} ({place})"
        )
    raise AssertionError(f"{word!r} is UTF-8")
