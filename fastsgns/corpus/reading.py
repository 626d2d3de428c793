"""Engine room: a corpus is read once: files, streams and sentences become provisional ids."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import closing
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns._params import RULE_DISCARD, RULE_KEEP, TrimRule
from fastsgns.corpus import refusals
from fastsgns.corpus._ids import PruningCounter, add_counts
from fastsgns.corpus._text import Encoding, TextJoiner, WordTable
from fastsgns.corpus._tokens import SentenceEncoder
from fastsgns.corpus.columns import one_by_one
from fastsgns.corpus.keeping import Keeper, Memory
from fastsgns.corpus.numbered import NumberedSentences
from fastsgns.corpus.progress import Show
from fastsgns.corpus.sentences import TextFiles, as_text
from fastsgns.corpus.spill import Numbers32, Numbers64
from fastsgns.corpus.text_source import TextSource
from fastsgns.corpus.text_threads import BLOCK_NBYTES, Crew, Errors

logger = logging.getLogger("fastsgns.word2vec")

#: Tokens of a Python corpus that are encoded at a time.
FEED_TOKENS = 1 << 17

#: Called before every so many sentences with (sentence index, tokens before it, distinct words).
Report = Callable[[int, int, int], object]


class EncodedText(NamedTuple):
    """What one pass over a corpus learns.

    Attributes
    ----------
    words : sequence
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
    word_counts : int64 (n_words,)
        How often each of `words` was seen in all.
    """

    words: Sequence[Hashable]
    vocabulary: NDArray[np.int32]
    counts: NDArray[np.int64]
    ids: Numbers32
    offsets: Numbers64
    word_counts: NDArray[np.int64]


def read(
    sentences: Iterable[Any] | TextFiles, workers: int, keeper: Keeper, **options: Any
) -> EncodedText:
    """Encode sentences provisionally: text files on threads, all else token by token.

    Those that are ids from the start stay what they are.
    """
    text = as_text(sentences)
    if isinstance(text, NumberedSentences):
        options.pop("on_first", None)
        return take_numbered(text, workers, keeper, **options)
    if not isinstance(text, TextFiles):
        refusals.check_corpus(text)
        return encode_sentences(text, keeper=keeper, **options)
    options.pop("on_first", None)  # a line of text is no str in place of a list
    return encode_text(
        text.paths,
        workers=workers,
        keeper=keeper,
        max_sentence_length=text.max_sentence_length,
        limit=text.limit,
        **options,
    )


def warn_of_str(kind: type) -> None:
    """Say so when the first sentence is a str, which would be read as a list of its letters."""
    if issubclass(kind, str):
        logger.warning(
            "Each 'sentences' item should be a list of words (usually unicode strings). "
            "First item here is instead plain %s.",
            kind,
        )


# --- what texts and sentences share ---------------------------------------------------------------


class _Watch:
    """Looks at the ids as they come in: prunes the counts, and reports progress as gensim does.

    What it has looked at goes to the keeper.

    Attributes
    ----------
    share : callable
        Returns what part of the corpus has come in, or None.
    """

    share: Callable[[], float | None] = staticmethod(lambda: None)

    def __init__(
        self,
        encoding: TextJoiner | SentenceEncoder | _Numbered,
        max_vocab_size: int | None,
        trim_rule: TrimRule | None,
        report: Report | None,
        report_every: int,
        keeper: Keeper,
        show: Show | None,
    ) -> None:
        self.pruner = pruner_of(max_vocab_size, trim_rule, encoding.word)
        self.keeper = keeper
        self._encoding = encoding
        self._report = report
        self._report_every = report_every
        self._n_ids = 0
        self._n_sentences = 0
        self._at = 0, 0  # what the keeper has left of both that had been looked at before
        self._n_types = 0
        self._show = show
        self._n_seen = 0
        # A sentence is reported before it is counted, but only if it turns out to exist.
        self._held: tuple[int, int, int] | None = (0, 0, 0)

    def look(self) -> None:
        """Look at what has come in since the last time."""
        if self.pruner is not None or self._report is not None:
            ids = self._encoding.ids.array()[self._at[0] :]
            self._look_at(ids, self._encoding.ends.array()[self._at[1] :] - self._n_ids)
            del ids  # what is looked at cannot be emptied
        self._n_seen += len(self._encoding.ids) - self._at[0]
        if self._show is not None:
            self._show(self._n_seen, self.share())
        self.keeper.take(self._encoding)
        self._at = len(self._encoding.ids), len(self._encoding.ends)

    def _look_at(self, ids: NDArray[np.int32], ends: NDArray[np.int64]) -> None:
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
            # Ids are given in first-seen order: the highest says how many words there are. (Of
            # sentences that are ids from the start it says how many there may be.)
            self._n_types = max(self._n_types, int(ids.max()) + 1)


def pruner_of(
    max_vocab_size: int | None, trim_rule: TrimRule | None, word_of: Callable[[int], Any]
) -> PruningCounter | None:
    """Return what counts words with `max_vocab_size`, or None without it."""

    def keep(ids: NDArray[np.int32], counts: NDArray[np.int64], limit: int) -> NDArray[np.bool_]:
        """Ask the trim rule about all words that have a count."""
        kept = counts >= limit
        for i, (number, count) in enumerate(zip(ids.tolist(), counts.tolist(), strict=True)):
            verdict = trim_rule(word_of(number), count, limit)  # type: ignore[misc]
            if verdict in (RULE_DISCARD, RULE_KEEP):
                kept[i] = verdict == RULE_KEEP
        return kept

    if not max_vocab_size:
        return None
    return PruningCounter(max_vocab_size, None if trim_rule is None else keep)


def _finish(
    encoding: Encoding, words: Sequence[Hashable], word_counts: NDArray[np.int64], watch: _Watch
) -> EncodedText:
    if watch.pruner is None:
        vocabulary = np.flatnonzero(word_counts).astype(np.int32)
        counts = word_counts[vocabulary]
    else:
        vocabulary, counts = watch.pruner.live()
    ids, offsets = watch.keeper.finish(encoding)
    return EncodedText(words, vocabulary, counts, ids, offsets, word_counts)


def encode_sentences(
    sentences: Iterable[Any],
    *,
    max_vocab_size: int | None = None,
    trim_rule: TrimRule | None = None,
    report: Report | None = None,
    report_every: int = 10000,
    on_first: Callable[[type], object] | None = None,
    keeper: Keeper | None = None,
    show: Show | None = None,
) -> EncodedText:
    """Count and encode sentences of Python objects in one pass.

    Parameters
    ----------
    sentences : iterable of token sequences
        Tokens may be any hashable. Consumed once.
    max_vocab_size, trim_rule, report, report_every, keeper, show
        As in `encode_text`.
    on_first : callable, optional
        Called with the type of the first sentence when that has been read.

    Raises
    ------
    TypeError
        When a sentence has no length or holds an unhashable token; a note names the sentence.
    """
    encoder = SentenceEncoder(secrets.randbits(64), refusals.check_sentence)
    keeper = keeper or Memory()
    watch = _Watch(encoder, max_vocab_size, trim_rule, report, report_every, keeper, show)
    iterator = one_by_one(sentences)
    more = encoder.feed(iterator, 1)  # what there is to say of the first sentence is said at once
    if on_first is not None and encoder.first_type is not None:
        on_first(encoder.first_type)
    watch.look()
    while more:
        more = encoder.feed(iterator, FEED_TOKENS)
        watch.look()
    return _finish(encoder, encoder.words(), encoder.counts(), watch)


# --- ids ------------------------------------------------------------------------------------------


class _Numbered(Encoding):
    """Sentences that are ids from the start, as they come in."""

    def __init__(self, words: Sequence[Hashable]) -> None:
        self.words = words
        self.counts = np.zeros(len(words), np.int64)
        self._n_ids = 0

    def word(self, i: int) -> Hashable:
        return self.words[i]

    def add(self, ids: NDArray[np.int32], ends: NDArray[np.int64]) -> None:
        self.ids.extend(ids)
        self.ends.extend(ends + self._n_ids)
        self._n_ids += len(ids)
        add_counts(self.counts, ids)


def take_numbered(
    sentences: NumberedSentences,
    workers: int,
    keeper: Keeper,
    *,
    max_vocab_size: int | None = None,
    trim_rule: TrimRule | None = None,
    report: Report | None = None,
    report_every: int = 10000,
    show: Show | None = None,
) -> EncodedText:
    """Count sentences that are ids from the start, in one pass.

    Parameters
    ----------
    sentences : NumberedSentences
        Begun anew.
    workers : int
        Threads that make them.
    keeper, max_vocab_size, trim_rule, report, report_every, show
        As in `encode_text`.
    """
    encoding = _Numbered(sentences.words)
    watch = _Watch(encoding, max_vocab_size, trim_rule, report, report_every, keeper, show)
    with closing(sentences.blocks(workers)) as blocks:  # an error ends what makes them
        for ids, ends in blocks:
            encoding.add(ids, ends)
            watch.look()
    return _finish(encoding, encoding.words, encoding.counts, watch)


# --- text -----------------------------------------------------------------------------------------


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
    keeper: Keeper | None = None,
    show: Show | None = None,
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
    keeper : Keeper, optional
        Where ids and sentence ends go. Default: they stay in memory.
    show : callable, optional
        Called now and then, in the calling thread: see `Show`.

    Raises
    ------
    UnicodeDecodeError
        With errors="strict": the message names the source, the line and the byte in it.
    """
    table = WordTable(secrets.randbits(64))
    joiner = TextJoiner(table, max_sentence_length)
    keeper = keeper or Memory()
    watch = _Watch(joiner, max_vocab_size, trim_rule, report, report_every, keeper, show)
    source = TextSource(sources, limit)
    watch.share = source.share
    Crew(source, joiner, watch.look, errors, workers, block_nbytes).run()
    return _finish(joiner, cast(Sequence[Hashable], table), table.counts(), watch)
