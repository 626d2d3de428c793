"""Engine room: a corpus that is read anew in each epoch, by a thread that keeps ahead of training.

For corpora that are not the same each time (fresh random walks, augmented text): with
corpus_cache="off" nothing is kept of an epoch but what is under way.
"""

from __future__ import annotations

import os
import stat
import threading
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.keeping import Passing
from fastsgns.corpus.numbered import NumberedSentences
from fastsgns.corpus.sentences import TextFiles, as_text
from fastsgns.corpus.training_corpus import Cuts, RenumberedCorpus, cut_jobs
from fastsgns.io.interrupts import deferred, suppressed

if TYPE_CHECKING:
    from fastsgns.corpus._text import Encoding

#: Batches that wait for training: one is trained, one is ready, one is being made.
N_READY = 2

#: Raw words of a batch at least: some 30 ms of training on a thread.
BATCH_WORDS = 1 << 17

#: How often a thread looks up from waiting, in seconds (on Windows no signal wakes it up).
POLL_SECONDS = 0.1

#: How long the end of an epoch waits for the reader, in seconds. It ends at once, unless the user's
#: own iterator takes long for one sentence; then it ends after that, by itself.
PATIENCE_SECONDS = 0.25


class Batch(NamedTuple):
    """Whole jobs: sentences from number `first` of the epoch on."""

    first: int
    sentences: RenumberedCorpus
    cuts: Cuts


class _Stopped(BaseException):
    """Nobody wants the rest of the epoch."""


def check_repeatable(sentences: Iterable[Any] | TextFiles, n_passes: int) -> None:
    """Refuse what can be read once only, where it has to be read more often.

    Raises
    ------
    ValueError
    """
    if n_passes <= 1:
        return
    text = as_text(sentences)
    what = ""
    if isinstance(text, TextFiles):
        pipes = [path for path in text.paths if _is_pipe(path)]
        if pipes:
            what = f"the pipe {os.fspath(pipes[0])}"
    elif isinstance(text, Iterator):
        what = f"a {type(text).__name__}"
    if what:
        raise ValueError(
            f'corpus_cache="off" reads the corpus {n_passes} times, and {what} can be read once'
            ' only: give an object whose __iter__ begins anew, or corpus_cache="auto"'
        )


def _is_pipe(path: str | os.PathLike[str]) -> bool:
    with suppressed(OSError, ValueError):  # missing, which reading will say, or a URL
        kind = os.stat(path).st_mode  # noqa: PTH116 (URLs are no Path)
        return stat.S_ISFIFO(kind) or stat.S_ISCHR(kind) or stat.S_ISSOCK(kind)
    return False


class StreamedCorpus:
    """Sentences that are read, and encoded with a known vocabulary, anew in each epoch.

    Parameters
    ----------
    sentences : iterable of token sequences, or TextFiles
        Iterated once an epoch, in a thread of its own.
    key_to_index : mapping of word to int
    workers : int
        Threads that train; text files are read on one for each four of them.

    Attributes
    ----------
    n_sentences, n_raw_words : int
        What the epoch has handed out so far: after its end, all of it.
    longest : int
        No sentence was longer so far, rounded up so that it seldom changes.
    """

    def __init__(
        self,
        sentences: Iterable[Any] | TextFiles,
        key_to_index: Mapping[Any, int],
        workers: int,
    ) -> None:
        self._sentences = sentences
        self._key_to_index = key_to_index
        self._workers = workers
        self.n_sentences = 0
        self.n_raw_words = 0
        self.longest = 1024
        self._reader: _Reader | None = None
        self._batch: Batch | None = None

    def begin_epoch(self, batch_words: int) -> Cuts:
        """Begin to read; return the first jobs."""
        self.end_epoch()
        self.n_sentences = self.n_raw_words = 0
        self._reader = _Reader(self._sentences, self._key_to_index, self._workers, batch_words)
        try:
            self._reader.start()
            return self.more_cuts() or cut_jobs(np.zeros(1, np.int64), batch_words)
        except BaseException:
            self.end_epoch()
            raise

    def more_cuts(self) -> Cuts | None:
        """Return the jobs of the next batch, waiting for it if it must be; None at the end.

        Raises whatever the sentences' iterator has raised.
        """
        batch = self._reader.next_batch() if self._reader is not None else None
        if batch is None:
            return None
        self._batch = batch
        self.n_sentences = batch.first + batch.sentences.n_sentences
        self.n_raw_words += batch.sentences.n_raw_words
        while batch.sentences.longest > self.longest:
            self.longest *= 2
        return batch.cuts

    def read(self, start: int, end: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of sentences start..end of the batch at hand, and their offsets from 0."""
        batch = self._at_hand()
        return batch.sentences.read(start - batch.first, end - batch.first)

    def raw_lengths_of(self, start: int, end: int) -> NDArray[np.int32]:
        """Return how many words sentences start..end had."""
        batch = self._at_hand()
        return batch.sentences.raw_lengths_of(start - batch.first, end - batch.first)

    def _at_hand(self) -> Batch:
        if self._batch is None:
            raise RuntimeError("nothing has been read: begin_epoch() comes first")
        return self._batch

    def end_epoch(self) -> None:
        """Stop reading; the reader's thread ends."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop()


class _Reader:
    """The thread that reads an epoch ahead."""

    def __init__(
        self,
        sentences: Iterable[Any] | TextFiles,
        key_to_index: Mapping[Any, int],
        workers: int,
        batch_words: int,
    ) -> None:
        self._sentences = sentences
        self._key_to_index = key_to_index
        self._workers = workers
        self._batch_words = batch_words
        self._lock = threading.RLock()  # guards the next five
        self._changed = threading.Condition(self._lock)
        self._ready: deque[Batch] = deque()
        self._is_finished = False
        self._is_stopped = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="fastsgns-reader", daemon=True)
        # The reading thread's own.
        self._new_ids = array("i")  # of the encoding's words so far
        self._ids: list[NDArray[np.int32]] = []
        self._ends: list[NDArray[np.int64]] = []  # counted from the start of the epoch
        self._n_gathered = 0  # raw words since the last batch
        self._n_words = 0  # raw words in batches
        self._n_sentences = 0

    def start(self) -> None:
        with deferred():
            self._thread.start()

    def next_batch(self) -> Batch | None:
        """Wait for the next batch; None when there is none."""
        with self._lock:
            while not (self._ready or self._is_finished or self._is_stopped or self._failure):
                with deferred():
                    self._changed.wait(POLL_SECONDS)
            if self._failure is not None:
                raise self._failure
            batch = self._ready.popleft() if self._ready and not self._is_stopped else None
            self._changed.notify_all()
            return batch

    def stop(self) -> None:
        with deferred(), self._lock:
            self._is_stopped = True
            self._ready.clear()
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        from fastsgns.corpus import reading

        try:
            keeper = Passing(self._gather)
            n_threads = max(1, self._workers // 4)
            if isinstance(self._sentences, NumberedSentences):
                n_threads = self._workers  # they make no more than training takes
            reading.read(self._sentences, n_threads, keeper)
            self._make_batch(is_last=True)
        except _Stopped:
            pass
        except BaseException as error:  # raised by whoever waits for the next batch
            self._failure = error
        finally:
            with self._changed:
                self._is_finished = True
                self._changed.notify_all()

    def _gather(self, encoding: Encoding, ids: NDArray[np.int32], ends: NDArray[np.int64]) -> None:
        """Take what has been encoded: look up its new words, and make a batch when it is enough."""
        if self._is_stopped:
            raise _Stopped
        n_words = int(ids.max(initial=-1)) + 1  # ids are given in first-seen order
        new_words = map(encoding.word, range(len(self._new_ids), n_words))  # type: ignore[attr-defined]
        self._new_ids.extend(map(self._key_to_index.get, new_words, repeat(-1)))
        self._ids.append(ids)
        self._ends.append(ends)
        self._n_gathered += len(ids)
        if self._n_gathered >= max(BATCH_WORDS, 2 * self._workers * self._batch_words):
            self._make_batch()

    def _make_batch(self, is_last: bool = False) -> None:
        """Cut what has come in into jobs, and hand on those that are complete."""
        from fastsgns.corpus._ids import renumber_ids

        ends = np.concatenate([np.zeros(1, np.int64), *self._ends])
        ends[1:] -= self._n_words
        starts, words = cut_jobs(ends, self._batch_words)
        if self._n_sentences:  # the empty job before a long sentence comes once an epoch
            starts, words = _without_empty_first(starts, words)
        if not is_last:
            starts, words = starts[:-1], words[:-1]  # the last job may go on
        if not len(starts) or starts[-1] == 0:  # no sentence has ended
            self._n_gathered = 0
            return
        n_sentences, n_words = int(starts[-1]), int(words[-1])
        ids = np.concatenate(self._ids)
        offsets = ends[: n_sentences + 1].copy()
        raw_lengths = np.diff(offsets).astype(np.int32)
        self._ids, self._ends = [ids[n_words:].copy()], [ends[n_sentences + 1 :] + self._n_words]
        n_left = renumber_ids(ids[:n_words], offsets, np.array(self._new_ids, np.int32))
        sentences = RenumberedCorpus(ids[:n_left], offsets, raw_lengths)
        cuts = Cuts(starts + self._n_sentences, words + self._n_words)
        batch = Batch(self._n_sentences, sentences, cuts)
        self._n_sentences += n_sentences
        self._n_words += n_words
        self._n_gathered = 0
        self._hand_on(batch)

    def _hand_on(self, batch: Batch) -> None:
        with self._changed:
            while len(self._ready) >= N_READY and not self._is_stopped:
                self._changed.wait(POLL_SECONDS)
            if self._is_stopped:
                raise _Stopped
            self._ready.append(batch)
            self._changed.notify_all()


def _without_empty_first(
    starts: NDArray[np.int64], words: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    is_empty = len(starts) > 1 and starts[1] == 0
    return (starts[1:], words[1:]) if is_empty else (starts, words)
