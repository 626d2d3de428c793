"""Engine room: a corpus as integers. Each token is looked at once, then training walks ids."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns._encoded import (
    BLOCK,
    EncodedCorpus,
    blocks,
    check_offsets,
    count_ids,
    with_listed_words,
)
from fastsgns._training_corpus import CorpusView, RenumberedCorpus, TrainingCorpus
from fastsgns.sentences import TextFiles, as_text

if TYPE_CHECKING:
    from fastsgns._keeping import Keeper
    from fastsgns._reading import EncodedText

__all__ = [
    "CorpusView",
    "EncodedCorpus",
    "RenumberedCorpus",
    "ScannedCorpus",
    "TrainingCorpus",
    "encode",
    "known_ids",
    "renumber",
    "scan",
]

logger = logging.getLogger("fastsgns.word2vec")


class ScannedCorpus(NamedTuple):
    """What one pass over sentences learns.

    Attributes
    ----------
    encoded : EncodedCorpus
        All words and sentences; with the cache off, words only.
    vocabulary : int32 (n,)
        The ids of the words that count, in gensim's order: of first sight, but for what
        `max_vocab_size` had forgotten on the way. Without it these are all of them.
    counts : int64 (n,)
        How often each of `vocabulary` was seen.
    n_sentences, n_raw_words, longest : int
        `longest` is the number of tokens of the longest sentence.
    is_shared : bool
        Others may look at the encoding: it must not be changed.
    """

    encoded: EncodedCorpus
    vocabulary: NDArray[np.int32]
    counts: NDArray[np.int64]
    n_sentences: int
    n_raw_words: int
    longest: int
    is_shared: bool

    @property
    def words(self) -> Sequence[Hashable]:
        """The distinct words; a word's index is its id."""
        return self.encoded.words


#: Called every so many sentences with (sentence index, tokens before it, distinct words so far).
Report = Callable[[int, int, int], object]


def read(
    sentences: Iterable[Any] | TextFiles, workers: int, keeper: Keeper, **options: Any
) -> EncodedText:
    """Encode sentences provisionally: text files on threads, all else token by token."""
    from fastsgns import _reading  # the compiled code comes when first used

    text = as_text(sentences)
    if not isinstance(text, TextFiles):
        return _reading.encode_sentences(text, keeper=keeper, **options)
    options.pop("on_first", None)  # a line of text is no str in place of a list
    return _reading.encode_text(
        text.paths,
        workers=workers,
        keeper=keeper,
        max_sentence_length=text.max_sentence_length,
        limit=text.limit,
        **options,
    )


def _as_corpus(text: EncodedText) -> EncodedCorpus:
    """Take over the arrays of an encoding."""
    check_offsets(text.offsets, len(text.ids))
    return EncodedCorpus(text.ids, text.offsets, text.words, text.word_counts)


def scan(
    sentences: Iterable[Any] | TextFiles,
    report: Report | None = None,
    report_every: int = 10000,
    *,
    max_vocab_size: int | None = None,
    trim_rule: Callable[[Any, int, int], int] | None = None,
    workers: int = 1,
    cache: str = "memory",
) -> ScannedCorpus:
    """Count and encode sentences in one pass.

    Parameters
    ----------
    sentences : iterable of token sequences, TextFiles, or EncodedCorpus
        Tokens may be any hashable. Consumed once. A `LineSentence` or `PathLineSentences` over
        paths is read as the text files that it stands for. What is encoded is left as it is.
    report : callable, optional
        Called before every `report_every`-th sentence.
    max_vocab_size : int, optional
        Forget rare words on the way, when there are more. The encoding keeps them.
    trim_rule : callable, optional
        rule(word, count, limit) for this forgetting, as gensim's.
    workers : int, default 1
        Threads for text files. The result does not depend on it.
    cache : {"memory", "disk", "auto", "off"}
        Where the ids go; "off": nowhere.

    Raises
    ------
    TypeError
        When a sentence has no length or holds an unhashable token; a note names the sentence.
    UnicodeDecodeError
        When a text file is not UTF-8; the message names line and byte.
    """
    if isinstance(sentences, EncodedCorpus):
        return _scan_encoded(sentences, max_vocab_size, trim_rule)

    def judge(kind: type) -> None:
        if issubclass(kind, str):
            logger.warning(
                "Each 'sentences' item should be a list of words (usually unicode strings). "
                "First item here is instead plain %s.",
                kind,
            )

    from fastsgns._keeping import Passing, keeper_of

    keeper = keeper_of(cache)
    text = read(
        sentences,
        workers,
        keeper=keeper,
        max_vocab_size=max_vocab_size,
        trim_rule=trim_rule,
        report=report,
        report_every=report_every,
        on_first=judge,
    )
    encoded = _as_corpus(text)
    seen = keeper if isinstance(keeper, Passing) else encoded
    return ScannedCorpus(
        encoded,
        text.vocabulary,
        text.counts,
        seen.n_sentences,
        seen.n_raw_words,
        seen.longest,
        is_shared=False,
    )


def _scan_encoded(
    corpus: EncodedCorpus,
    max_vocab_size: int | None,
    trim_rule: Callable[[Any, int, int], int] | None,
) -> ScannedCorpus:
    """Learn from an encoding what a pass over its sentences would."""
    from fastsgns._reading import pruner_of

    n_words = len(corpus.words)
    pruner = None
    if max_vocab_size and max_vocab_size < n_words:
        pruner = pruner_of(max_vocab_size, trim_rule, corpus.words.__getitem__)
    if pruner is None:
        vocabulary = np.flatnonzero(corpus.counts).astype(np.int32)
        counts = corpus.counts[vocabulary]
    else:
        for _, bounds in blocks(corpus.offsets, 1):
            at, n_ended = int(bounds[0]), 1
            while n_ended < len(bounds):
                stop = min(at + BLOCK, int(bounds[-1]))
                n = int(np.searchsorted(bounds, stop, side="right"))
                pruner.feed(corpus.ids[at:stop], bounds[n_ended:n] - at)
                at, n_ended = stop, max(n, n_ended)
        vocabulary, counts = pruner.live()
        if not np.array_equal(count_ids(corpus.ids, n_words), corpus.counts):
            # They were given, of another text, in which nothing is forgotten.
            vocabulary = vocabulary[corpus.counts[vocabulary] > 0]
            counts = corpus.counts[vocabulary]
    return ScannedCorpus(
        corpus,
        vocabulary,
        counts,
        corpus.n_sentences,
        corpus.n_raw_words,
        corpus.longest,
        is_shared=True,
    )


def encode(
    sentences: Iterable[Any] | TextFiles,
    key_to_index: Mapping[Any, int],
    workers: int = 1,
    cache: str = "memory",
) -> RenumberedCorpus | CorpusView:
    """Encode sentences with a known vocabulary in one pass; unknown words are dropped.

    Each distinct word is looked up in `key_to_index` once, and not each token: see `scan` for what
    sentences and `cache` may be.
    """
    if isinstance(sentences, EncodedCorpus):
        return CorpusView(sentences, known_ids(sentences.words, key_to_index))
    from fastsgns._keeping import keeper_of

    encoded = _as_corpus(read(sentences, workers, keeper=keeper_of(cache)))
    return renumber(encoded, known_ids(encoded.words, key_to_index))


def known_ids(words: Iterable[Hashable], key_to_index: Mapping[Any, int]) -> NDArray[np.int32]:
    """Return the index of each word, -1 for unknown ones: int32 (n_words,).

    differs from gensim: words of other types than str, in the vocabulary of a text file, are just
    never met; there they are a TypeError.
    """
    from fastsgns._text import WordTable

    if not isinstance(words, WordTable):
        return np.fromiter(map(key_to_index.get, words, repeat(-1)), np.int32)
    # The other way round: a vocabulary is smaller than its text.
    indices = np.full(len(words), -1, np.int32)
    places = words.places_of(key_to_index)
    is_there = places >= 0
    indices[places[is_there]] = np.fromiter(key_to_index.values(), np.int32)[is_there]
    return indices


def renumber(
    corpus: EncodedCorpus, new_ids: NDArray[np.int32], is_shared: bool = False
) -> RenumberedCorpus | CorpusView:
    """Replace each id i by new_ids[i]; tokens whose new id is -1 are dropped.

    Parameters
    ----------
    corpus : EncodedCorpus
        In RAM and not shared, its arrays go into the result: it is of no use any more. (A copy
        would hold the ids twice at the moment when memory is shortest; what is dropped stays
        allocated behind the result instead.)
    new_ids : int32 (n_words,)
    is_shared : bool, default False
        The corpus must not be changed: it is renumbered while it is read, as one on disk is.
    """
    from fastsgns._ids import renumber_ids

    if is_shared:
        return CorpusView(corpus, new_ids)
    if corpus.is_on_disk:
        return CorpusView(with_listed_words(corpus), new_ids)
    ids, offsets = cast(Any, corpus.ids), cast(Any, corpus.offsets)
    raw_lengths = np.diff(offsets).astype(np.int32)
    n_left = renumber_ids(ids, offsets, new_ids)
    return RenumberedCorpus(ids[:n_left], offsets, raw_lengths)


def given_corpus(corpus: Any, sentences: Any, corpus_file: Any) -> EncodedCorpus:
    """Return the encoded corpus that is given in place of sentences and file.

    Raises
    ------
    TypeError
        When it is none, or not the only source.
    """
    if sentences is not None or corpus_file is not None:
        other = "sentences" if sentences is not None else "corpus_file"
        raise TypeError(f"give one of sentences, corpus_file and corpus, got corpus and {other}")
    if not isinstance(corpus, EncodedCorpus):
        raise TypeError(f"corpus must be an EncodedCorpus, got {type(corpus).__name__}")
    return corpus
