"""Engine room: a corpus as training sees it: ids of a model's words, cut into jobs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.encoded import EncodedCorpus
from fastsgns.corpus.spill import Numbers64

#: Sentences that are looked at a time where offsets may be on disk: 8 MB of them.
WINDOW = 1 << 20


class Cuts(NamedTuple):
    """Where sentences are cut into jobs.

    Attributes
    ----------
    starts : int64 (n_jobs + 1,)
        The first sentence of each job, and the end of the last one.
    words_before : int64 (n_jobs + 1,)
        How many raw words come before each of these.
    """

    starts: NDArray[np.int64]
    words_before: NDArray[np.int64]


class CutCorpus(Protocol):
    """What a schedule asks of a corpus.

    Attributes
    ----------
    n_sentences, n_raw_words : int
        With unknown words: what gensim counts. Of a stream: of the epoch so far.
    longest : int
        Words of the longest sentence that may come.
    """

    @property
    def n_sentences(self) -> int:
        """How many sentences there are."""
        ...

    @property
    def n_raw_words(self) -> int:
        """How many words they have, unknown ones included."""
        ...

    @property
    def longest(self) -> int:
        """How many words the longest has."""
        ...

    def begin_epoch(self, batch_words: int) -> Cuts:
        """Begin an epoch: cut it into jobs of `batch_words` raw words, or what there is of it."""
        ...

    def more_cuts(self) -> Cuts | None:
        """Return the jobs that come next, when those before have been taken; None at the end."""
        ...

    def end_epoch(self) -> None:
        """Give up what is left of the epoch. May be called at any time, by any thread."""
        ...


class IdSource(Protocol):
    """What a job is read from."""

    def read(self, start: int, end: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of sentences start..end, and where each begins and the last one ends."""
        ...


class TrainingCorpus(CutCorpus, IdSource, Protocol):
    """What an epoch asks of a corpus."""

    def raw_lengths_of(self, start: int, end: int) -> NDArray[np.int32]:
        """Return how many words sentences start..end had."""
        ...


class KnownCorpus:
    """Base of corpora all of whose sentences are there from the start."""

    def more_cuts(self) -> Cuts | None:
        """Return None: `begin_epoch` has given all."""
        return None

    def end_epoch(self) -> None:
        """Do nothing: there is nothing under way."""

    def equals(self: TrainingCorpus, other: TrainingCorpus | None) -> bool:
        """Say whether both hold the same sentences."""
        if other is self:
            return True
        if (
            not isinstance(other, KnownCorpus)
            or self.n_sentences != other.n_sentences
            or self.n_raw_words != other.n_raw_words
        ):
            return False
        for start in range(0, self.n_sentences, WINDOW // 16):
            end = min(start + WINDOW // 16, self.n_sentences)
            if not np.array_equal(
                self.raw_lengths_of(start, end), other.raw_lengths_of(start, end)
            ):
                return False
            if not all(map(np.array_equal, self.read(start, end), other.read(start, end))):
                return False
        return True


def fingerprint(corpus: CutCorpus) -> str | None:
    """Return what tells a corpus, as a model sees it, from others; None of one that is streamed."""
    if not isinstance(corpus, (RenumberedCorpus, CorpusView)):
        return None
    import hashlib

    digest = hashlib.sha256(str(corpus.n_sentences).encode())
    for start in range(0, corpus.n_sentences, WINDOW // 16):
        end = min(start + WINDOW // 16, corpus.n_sentences)
        ids, bounds = corpus.read(start, end)
        lengths = corpus.raw_lengths_of(start, end).astype(np.int32)
        for numbers in (ids, (bounds - bounds[0]).astype(np.int64), lengths):
            digest.update(numbers.tobytes())
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class RenumberedCorpus(KnownCorpus):
    """Sentences as ids of a model's words, in RAM: four bytes a token, and twelve a sentence.

    Attributes
    ----------
    ids : int32 (n_tokens,)
        Indices into the vocabulary, sentence after sentence. Words outside the vocabulary are gone.
    offsets : int64 (n_sentences + 1,)
        Sentence s is ids[offsets[s]:offsets[s + 1]]; it may be empty.
    raw_lengths : int32 (n_sentences,)
        How many tokens each sentence had, unknown words included: learning-rate decay and job sizes
        count these.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    raw_lengths: NDArray[np.int32]

    @property
    def n_sentences(self) -> int:
        """How many sentences there are, empty ones included."""
        return len(self.raw_lengths)

    @property
    def n_raw_words(self) -> int:
        """How many tokens the sentences had before unknown words were dropped."""
        return self._sizes[0]

    @property
    def longest(self) -> int:
        """How many tokens the longest sentence had."""
        return self._sizes[1]

    @property
    def nbytes(self) -> int:
        """What training on it takes: itself, dropped words included, and where jobs are cut."""
        return 4 * self.n_raw_words + (8 + 4 + 8) * self.n_sentences

    @cached_property
    def _sizes(self) -> tuple[int, int]:
        lengths = self.raw_lengths
        return int(np.sum(lengths, dtype=np.int64)), int(np.max(lengths, initial=0))

    def begin_epoch(self, batch_words: int) -> Cuts:
        """Cut the sentences into jobs."""
        words_before = np.zeros(self.n_sentences + 1, np.int64)
        np.cumsum(self.raw_lengths, out=words_before[1:])
        return cut_jobs(words_before, batch_words)

    def read(self, start: int, end: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of sentences start..end, not copied, and their offsets from 0."""
        offsets = self.offsets[start : end + 1]
        return self.ids[offsets[0] : offsets[-1]], offsets - offsets[0]

    def raw_lengths_of(self, start: int, end: int) -> NDArray[np.int32]:
        """Return how many words sentences start..end had."""
        return self.raw_lengths[start:end]

    def in_memory(self) -> RenumberedCorpus:
        """Return itself."""
        return self

    def __len__(self) -> int:
        return self.n_sentences

    def __repr__(self) -> str:
        return (
            f"RenumberedCorpus<sentences={self.n_sentences}, tokens={len(self.ids)},"
            f" raw_words={self.n_raw_words}>"
        )


@dataclass(frozen=True, eq=False)
class CorpusView(KnownCorpus):
    """An encoded corpus through the vocabulary of one model, renumbered as it is read.

    So the encoding may be shared by many models, and be larger than memory.

    Attributes
    ----------
    encoded : EncodedCorpus
    new_ids : int32 (n_words,)
        For each word of the encoding its id in the model, -1 for words outside the vocabulary.
    """

    encoded: EncodedCorpus
    new_ids: NDArray[np.int32]

    @property
    def n_sentences(self) -> int:
        """How many sentences there are, empty ones included."""
        return self.encoded.n_sentences

    @property
    def n_raw_words(self) -> int:
        """How many tokens the sentences have, unknown words included."""
        return self.encoded.n_raw_words

    @property
    def longest(self) -> int:
        """How many tokens the longest sentence has."""
        return self.encoded.longest

    @property
    def nbytes(self) -> int:
        """What training on it takes, beside the encoding, which others may use as well."""
        return self.new_ids.nbytes

    def begin_epoch(self, batch_words: int) -> Cuts:
        """Cut the sentences into jobs."""
        return cut_jobs(self.encoded.offsets, batch_words)

    def read(self, start: int, end: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of sentences start..end and their offsets from 0, read and renumbered."""
        from fastsgns.corpus._ids import renumber_ids

        offsets = self.encoded.offsets[start : end + 1]
        # Copies: both are changed in place.
        ids = np.array(self.encoded.ids[int(offsets[0]) : int(offsets[-1])], np.int32)
        offsets = offsets - offsets[0]
        n_left = renumber_ids(ids, offsets, self.new_ids)
        return ids[:n_left], offsets

    def raw_lengths_of(self, start: int, end: int) -> NDArray[np.int32]:
        """Return how many words sentences start..end have."""
        return np.diff(self.encoded.offsets[start : end + 1]).astype(np.int32)

    def in_memory(self) -> RenumberedCorpus:
        """Return all of it in RAM."""
        return RenumberedCorpus(
            *self.read(0, self.n_sentences), self.raw_lengths_of(0, self.n_sentences)
        )

    def __len__(self) -> int:
        return self.n_sentences

    def __repr__(self) -> str:
        return f"CorpusView<{self.encoded!r}>"


def cut_jobs(words_before: Numbers64, batch_words: int) -> Cuts:
    """Cut sentences into jobs of at most `batch_words` raw words, or of one longer sentence.

    Parameters
    ----------
    words_before : int64 (n_sentences + 1,), or such an array on disk
        How many raw words come before each sentence, and in all.
    batch_words : int
    """
    n_sentences = len(words_before) - 1
    starts, words = [0], [0]
    at, width = 0, WINDOW
    window = words_before[: width + 1]
    if n_sentences and window[1] > batch_words:
        starts.append(0)  # gensim hands out an empty job first; it costs two random numbers
        words.append(0)
    while starts[-1] < n_sentences:
        limit = words[-1] + batch_words
        if window[-1] <= limit and at + len(window) <= n_sentences:
            # The job may go on behind the window. Empty sentences may be any number, hence wider.
            width = width if starts[-1] > at else 2 * width
            at = starts[-1]
            window = words_before[at : at + width + 1]
            continue
        end = at + int(np.searchsorted(window, limit, side="right")) - 1
        end = max(end, starts[-1] + 1)
        starts.append(end)
        words.append(int(window[end - at]))
    return Cuts(np.array(starts, np.int64), np.array(words, np.int64))
