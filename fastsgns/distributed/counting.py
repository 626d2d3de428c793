"""Face: the words of a corpus are counted chunk by chunk, each word at one of several places."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.sentences import MAX_SENTENCE_LENGTH
from fastsgns.distributed.chunks import Chunk, open_chunk


class Counts(NamedTuple):
    """Words, how often each was seen, and where first.

    Attributes
    ----------
    words : list of str
    counts : int64 (n_words,)
    firsts : int64 (n_words,)
        The number of the chunk, times 2**32, and the word's own number in it.
    """

    words: list[str]
    counts: NDArray[np.int64]
    firsts: NDArray[np.int64]

    def some(self, which: NDArray[np.intp]) -> Counts:
        """Return some of the words, in the wanted order."""
        words = list(map(self.words.__getitem__, which.tolist()))
        return Counts(words, self.counts[which], self.firsts[which])


class Size(NamedTuple):
    """How much there is in a chunk, and what tells its text from another."""

    n_raw_words: int
    n_sentences: int
    fingerprint: str


def count(
    chunks: Iterable[tuple[int, Chunk]], n_parts: int, n_threads: int, max_vocab_size: int | None
) -> tuple[list[Counts], list[Size]]:
    """Count the words of chunks, that come with their numbers.

    Parameters
    ----------
    chunks : iterable of (number, Chunk)
    n_parts : int
        By a hash of its own, each word goes to one of so many parts, the same for all chunks.
    n_threads : int
    max_vocab_size : int or None
        As of `Word2Vec`; of each chunk.
    """
    counted, sizes = [], []
    for number, chunk in chunks:
        found, size = _count(chunk, number, n_threads, max_vocab_size)
        counted.append(found)
        sizes.append(size)
    total = added(*counted)
    part_of = np.fromiter((crc32(word.encode()) % n_parts for word in total.words), np.int64)
    return [total.some(np.flatnonzero(part_of == part)) for part in range(n_parts)], sizes


def _count(
    chunk: Chunk, number: int, n_threads: int, max_vocab_size: int | None
) -> tuple[Counts, Size]:
    from fastsgns.corpus.keeping import Passing
    from fastsgns.corpus.reading import encode_text  # the compiled code comes when first used

    passing = Passing()
    with open_chunk(chunk) as text:
        found = encode_text(
            [text],
            workers=n_threads,
            max_sentence_length=MAX_SENTENCE_LENGTH,
            max_vocab_size=max_vocab_size,
            keeper=passing,
        )
        size = Size(passing.n_raw_words, passing.n_sentences, text.fingerprint)
    words = cast(list[str], list(map(found.words.__getitem__, found.vocabulary.tolist())))
    firsts = (number << 32) + np.arange(len(words), dtype=np.int64)
    return Counts(words, np.asarray(found.counts, np.int64), firsts), size


def added(*parts: Counts) -> Counts:
    """Add up what was counted of the same words in several chunks."""
    counts: dict[str, int] = {}
    firsts: dict[str, int] = {}
    for part in parts:
        numbers = zip(part.words, part.counts.tolist(), part.firsts.tolist(), strict=True)
        for word, n_seen, first in numbers:
            counts[word] = counts.get(word, 0) + n_seen
            firsts[word] = min(first, firsts.get(word, first))
    n_words = len(counts)
    return Counts(
        list(counts),
        np.fromiter(counts.values(), np.int64, n_words),
        np.fromiter(firsts.values(), np.int64, n_words),
    )


def at_least(counts: Counts, min_count: int) -> Counts:
    """Return the words that were seen so often."""
    return counts.some(np.flatnonzero(counts.counts >= min_count))


def by_first_sight(parts: Sequence[Counts]) -> dict[Hashable, int]:
    """Return all words with their counts, in the order in which one reader would have met them."""
    firsts = np.concatenate([part.firsts for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    words = [word for part in parts for word in part.words]
    order = np.argsort(firsts)
    return dict(zip(map(words.__getitem__, order.tolist()), counts[order].tolist(), strict=True))
