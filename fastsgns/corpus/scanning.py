"""Engine room: one pass over sentences: `scan` with all words, `encode` with a model's."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns._params import TrimRule
from fastsgns.corpus.encoded import BLOCK, EncodedCorpus, blocks, count_ids, taken_over
from fastsgns.corpus.keeping import Passing, keeper_of
from fastsgns.corpus.progress import Show
from fastsgns.corpus.renumbering import known_ids, renumber
from fastsgns.corpus.sentences import MAX_SENTENCE_LENGTH, TextFiles
from fastsgns.corpus.training_corpus import CorpusView, RenumberedCorpus

if TYPE_CHECKING:
    from fastsgns.corpus.reading import Report

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


def log_progress(*so_far: int) -> None:
    """Log how far a scan is: a `Report`."""
    logger.info("PROGRESS: at sentence #%i, processed %i words, keeping %i word types", *so_far)


def warn_of_long_sentence(scanned: ScannedCorpus, batch_words: int) -> None:
    """Say so when one sentence is one job and a good part of the corpus: text8, for example."""
    longest = scanned.longest
    if longest > batch_words and 10 * longest > scanned.n_raw_words:
        logger.warning(
            "a sentence has %i of the %i words of the corpus: it is trained whole, with one "
            "learning rate and on one thread; Text8Corpus and LineSentence cut such text into "
            "sentences of %i words",
            longest,
            scanned.n_raw_words,
            MAX_SENTENCE_LENGTH,
        )


def scan(
    sentences: Iterable[Any] | TextFiles,
    report: Report | None = None,
    report_every: int = 10000,
    *,
    max_vocab_size: int | None = None,
    trim_rule: TrimRule | None = None,
    workers: int = 1,
    cache: str = "memory",
    show: Show | None = None,
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

    from fastsgns.corpus import reading  # the compiled code comes when first used

    keeper = keeper_of(cache)
    text = reading.read(
        sentences,
        workers,
        keeper=keeper,
        max_vocab_size=max_vocab_size,
        trim_rule=trim_rule,
        report=report,
        report_every=report_every,
        show=show,
        on_first=reading.warn_of_str,
    )
    encoded = taken_over(text)
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
    trim_rule: TrimRule | None,
) -> ScannedCorpus:
    """Learn from an encoding what a pass over its sentences would."""
    from fastsgns.corpus.reading import pruner_of

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
    show: Show | None = None,
) -> RenumberedCorpus | CorpusView:
    """Encode sentences with a known vocabulary in one pass; unknown words are dropped.

    Each distinct word is looked up in `key_to_index` once, and not each token: see `scan` for what
    sentences and `cache` may be.
    """
    if isinstance(sentences, EncodedCorpus):
        return CorpusView(sentences, known_ids(sentences.words, key_to_index))
    from fastsgns.corpus import reading

    encoded = taken_over(reading.read(sentences, workers, keeper_of(cache), show=show))
    return renumber(encoded, known_ids(encoded.words, key_to_index))


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
