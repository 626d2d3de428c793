"""Engine room: a corpus as integers. Each token is looked at once, then training walks ids."""

from __future__ import annotations

import logging
from array import array
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

#: How many tokens are renumbered at a time: bounds the temporary memory to a few MB.
RENUMBER_BLOCK = 1 << 20


@dataclass(frozen=True, eq=False)
class EncodedCorpus:
    """Sentences as word ids, in RAM: four bytes a token, and twelve a sentence.

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
        return int(self.raw_lengths.sum(dtype=np.int64))

    def equals(self, other: EncodedCorpus | None) -> bool:
        """Say whether both hold the same sentences."""
        return other is not None and all(
            np.array_equal(a, b)
            for a, b in (
                (self.ids, other.ids),
                (self.offsets, other.offsets),
                (self.raw_lengths, other.raw_lengths),
            )
        )

    def __len__(self) -> int:
        return self.n_sentences

    def __repr__(self) -> str:
        return (
            f"EncodedCorpus<sentences={self.n_sentences}, tokens={len(self.ids)},"
            f" raw_words={self.n_raw_words}>"
        )


class ScannedCorpus(NamedTuple):
    """What one pass over sentences learns: ids in order of first sight, and their words."""

    words: list[Hashable]
    counts: NDArray[np.int64]
    provisional: EncodedCorpus


#: Called every so many sentences with (sentence index, tokens before it, distinct words so far).
Report = Callable[[int, int, int], None]


def _walk(
    sentences: Iterable[Any],
    number_tokens: Callable[[Any], Iterable[int]],
    before_sentence: Callable[[int, Any, int], None],
) -> EncodedCorpus:
    """Number the tokens of all sentences, in C loops within a sentence."""
    ids = array("i")
    offsets = array("q", [0])
    for index, sentence in enumerate(sentences):
        # differs from gensim: arrays of tokens hang it; `tolist` also turns NumPy scalars into
        # plain str and int.
        tokens = sentence.tolist() if isinstance(sentence, np.ndarray) else sentence
        try:
            len(tokens)  # a sentence without a length (a generator) is a TypeError, as in gensim
            before_sentence(index, tokens, len(ids))
            ids.extend(number_tokens(tokens))
        except TypeError as error:
            error.add_note(f"in sentence {index} of the corpus, a {type(sentence).__name__}")
            raise
        offsets.append(len(ids))
    bounds = np.frombuffer(offsets, np.int64)
    return EncodedCorpus(
        np.frombuffer(ids, np.int32) if len(ids) else np.zeros(0, np.int32),
        bounds,
        np.diff(bounds).astype(np.int32),
    )


def scan(
    sentences: Iterable[Any],
    report: Report | None = None,
    report_every: int = 10000,
    before_sentence: Callable[[Any], None] | None = None,
) -> ScannedCorpus:
    """Count and encode sentences in one pass.

    Parameters
    ----------
    sentences : iterable of token sequences
        Tokens may be any hashable. Consumed once.
    report : callable, optional
        Called before every `report_every`-th sentence.
    before_sentence : callable, optional
        Called with the tokens of each sentence, before it is encoded.

    Raises
    ------
    TypeError
        When a sentence has no length or holds an unhashable token; a note names the sentence.
    """
    numbers: defaultdict[Hashable, int] = defaultdict(count().__next__)

    def watch(index: int, tokens: Any, n_tokens: int) -> None:
        if index == 0 and isinstance(tokens, str):
            logger.warning(
                "Each 'sentences' item should be a list of words (usually unicode strings). "
                "First item here is instead plain %s.",
                type(tokens),
            )
        if report is not None and index % report_every == 0:
            report(index, n_tokens, len(numbers))
        if before_sentence is not None:
            before_sentence(tokens)

    corpus = _walk(sentences, lambda tokens: map(numbers.__getitem__, tokens), watch)
    counts = np.bincount(corpus.ids, minlength=len(numbers)).astype(np.int64)
    return ScannedCorpus(list(numbers), counts, corpus)


def encode(sentences: Iterable[Any], key_to_index: Mapping[Any, int]) -> EncodedCorpus:
    """Encode sentences with a known vocabulary in one pass; unknown words are dropped."""
    corpus = _walk(
        sentences,
        lambda tokens: map(key_to_index.get, tokens, repeat(-1)),
        lambda index, tokens, n_tokens: None,
    )
    return _drop_unknown(corpus.ids, corpus)


def renumber(corpus: EncodedCorpus, new_ids: NDArray[np.int32]) -> EncodedCorpus:
    """Replace each id i by new_ids[i]; tokens whose new id is -1 are dropped.

    Parameters
    ----------
    corpus : EncodedCorpus
        With provisional ids.
    new_ids : int32 (n_provisional_ids,)
    """
    ids = np.empty_like(corpus.ids)
    for start in range(0, len(ids), RENUMBER_BLOCK):
        block = slice(start, start + RENUMBER_BLOCK)
        ids[block] = new_ids[corpus.ids[block]]
    return _drop_unknown(ids, corpus)


def _drop_unknown(ids: NDArray[np.int32], corpus: EncodedCorpus) -> EncodedCorpus:
    """Return `ids` without -1, with offsets to match; raw lengths stay."""
    unknown = np.flatnonzero(ids < 0)
    if not len(unknown):
        return EncodedCorpus(ids, corpus.offsets, corpus.raw_lengths)
    offsets = corpus.offsets - np.searchsorted(unknown, corpus.offsets)
    return EncodedCorpus(ids[ids >= 0], offsets, corpus.raw_lengths)
