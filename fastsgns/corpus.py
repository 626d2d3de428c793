"""Engine room: a corpus as integers. Each token is looked at once, then training walks ids."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.sentences import TextFiles, as_text

if TYPE_CHECKING:
    from fastsgns._reading import EncodedText

logger = logging.getLogger("fastsgns.word2vec")


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
    """What one pass over sentences learns.

    Attributes
    ----------
    words : list
        The distinct words; a word's index is its provisional id.
    vocabulary : int32 (n,)
        The provisional ids of the words that count, in gensim's order: of first sight, but for what
        `max_vocab_size` had forgotten on the way. Without it these are all of them.
    counts : int64 (n,)
        How often each of `vocabulary` was seen.
    provisional : EncodedCorpus
        For `renumber`.
    """

    words: list[Hashable]
    vocabulary: NDArray[np.int32]
    counts: NDArray[np.int64]
    provisional: EncodedCorpus


#: Called every so many sentences with (sentence index, tokens before it, distinct words so far).
Report = Callable[[int, int, int], object]


def _read(sentences: Iterable[Any] | TextFiles, workers: int, **options: Any) -> EncodedText:
    """Encode sentences provisionally: text files on threads, all else token by token."""
    from fastsgns import _reading  # the compiled code comes when first used

    text = as_text(sentences)
    if not isinstance(text, TextFiles):
        return _reading.encode_sentences(text, **options)
    options.pop("on_first", None)  # a line of text is no str in place of a list
    return _reading.encode_text(
        text.paths,
        workers=workers,
        max_sentence_length=text.max_sentence_length,
        limit=text.limit,
        **options,
    )


def _as_corpus(encoded: EncodedText) -> EncodedCorpus:
    """Take over the arrays of an encoding, ids provisional; all tokens are still there."""
    lengths = np.diff(encoded.offsets)
    if lengths.max(initial=0) > np.iinfo(np.int32).max:
        raise ValueError(
            f"sentences may have 2**31 - 1 tokens, sentence {lengths.argmax()} of the corpus has"
            f" {lengths.max()}"
        )
    return EncodedCorpus(encoded.ids, encoded.offsets, lengths.astype(np.int32))


def scan(
    sentences: Iterable[Any] | TextFiles,
    report: Report | None = None,
    report_every: int = 10000,
    *,
    max_vocab_size: int | None = None,
    trim_rule: Callable[[Any, int, int], int] | None = None,
    workers: int = 1,
) -> ScannedCorpus:
    """Count and encode sentences in one pass.

    Parameters
    ----------
    sentences : iterable of token sequences, or TextFiles
        Tokens may be any hashable. Consumed once. A `LineSentence` or `PathLineSentences` over
        paths is read as the text files that it stands for.
    report : callable, optional
        Called before every `report_every`-th sentence.
    max_vocab_size : int, optional
        Forget rare words on the way, when there are more. The encoding keeps them.
    trim_rule : callable, optional
        rule(word, count, limit) for this forgetting, as gensim's.
    workers : int, default 1
        Threads for text files. The result does not depend on it.

    Raises
    ------
    TypeError
        When a sentence has no length or holds an unhashable token; a note names the sentence.
    UnicodeDecodeError
        When a text file is not UTF-8; the message names line and byte.
    """

    def judge(kind: type) -> None:
        if issubclass(kind, str):
            logger.warning(
                "Each 'sentences' item should be a list of words (usually unicode strings). "
                "First item here is instead plain %s.",
                kind,
            )

    encoded = _read(
        sentences,
        workers,
        max_vocab_size=max_vocab_size,
        trim_rule=trim_rule,
        report=report,
        report_every=report_every,
        on_first=judge,
    )
    return ScannedCorpus(encoded.words, encoded.vocabulary, encoded.counts, _as_corpus(encoded))


def encode(
    sentences: Iterable[Any] | TextFiles, key_to_index: Mapping[Any, int], workers: int = 1
) -> EncodedCorpus:
    """Encode sentences with a known vocabulary in one pass; unknown words are dropped.

    Each distinct word is looked up in `key_to_index` once, and not each token: see `scan` for what
    sentences may be.
    """
    encoded = _read(sentences, workers)
    return renumber(_as_corpus(encoded), known_ids(encoded.words, key_to_index))


def known_ids(words: list[Hashable], key_to_index: Mapping[Any, int]) -> NDArray[np.int32]:
    """Return the index of each word, -1 for unknown ones: int32 (n_words,)."""
    return np.fromiter(map(key_to_index.get, words, repeat(-1)), np.int32, len(words))


def renumber(corpus: EncodedCorpus, new_ids: NDArray[np.int32]) -> EncodedCorpus:
    """Replace each id i by new_ids[i], in place; tokens whose new id is -1 are dropped.

    Parameters
    ----------
    corpus : EncodedCorpus
        With provisional ids. Its arrays go into the result: it is of no use any more. (A copy would
        hold the ids twice at the moment when memory is shortest; what is dropped stays allocated
        behind the result instead.)
    new_ids : int32 (n_provisional_ids,)
    """
    from fastsgns._ids import renumber_ids

    n_left = renumber_ids(corpus.ids, corpus.offsets, new_ids)
    return EncodedCorpus(corpus.ids[:n_left], corpus.offsets, corpus.raw_lengths)
