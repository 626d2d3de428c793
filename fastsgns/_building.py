"""Engine room: the part of Word2Vec that counts the words of sentences."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastsgns import _params
from fastsgns._preparing import VocabularyPreparing
from fastsgns.corpus import (
    CorpusView,
    RenumberedCorpus,
    ScannedCorpus,
    known_ids,
    renumber,
    scan,
)
from fastsgns.sentences import MAX_SENTENCE_LENGTH, TextFiles, as_sentences
from fastsgns.vocabulary import TrimRule, WordCounts

logger = logging.getLogger("fastsgns.word2vec")


class VocabularyBuilding(VocabularyPreparing):
    """Base of Word2Vec: everything from raw sentences to a vocabulary with weights."""

    corpus: RenumberedCorpus | CorpusView | None = None
    corpus_cache: str = "auto"
    workers: int
    batch_words: int
    max_vocab_size: int | None
    corpus_count: int
    corpus_total_words: int
    # How many epochs the remembered corpus has been trained, and where a run over it stopped.
    _trained_epochs: int = 0
    _unfinished: Any = None
    # What `scan_vocab` has read, while `build_vocab` waits for it.
    _scans: list[ScannedCorpus] | None = None
    # The words by which the remembered corpus is numbered: `wv.index_to_key` of then.
    _corpus_keys: list[Any] | None = None

    def build_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Any = None,
        update: bool = False,
        progress_per: int = 10000,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        **kwargs: Any,
    ) -> None:
        """Build the vocabulary from sentences, and remember them as integers for `train()`.

        Parameters
        ----------
        corpus_iterable : iterable of lists of str, optional
            The sentences; consumed once, so a generator is fine. Tokens may be any hashable.
        corpus_file : str or path, optional
            UTF-8 text with one sentence of any length a line, tokens separated by white space: a
            file (plain, .gz, .bz2, .xz, .zst), a pipe, a folder, whose files are read by name, or a
            pattern such as ``texts/*.gz``. Read on `workers` threads. Give one of the two.
        update : bool, default False
            Add the words of these sentences to an existing vocabulary, and go on from the existing
            weights.
        progress_per : int, default 10000
            Log a line every so many sentences.
        keep_raw_vocab : bool, default False
            Keep the counts of all words, trimmed ones too, in `raw_vocab`.
        trim_rule : callable, optional
            (word, count, min_count) -> RULE_DEFAULT, RULE_DISCARD or RULE_KEEP of
            `fastsgns.vocabulary`.
        **kwargs
            `min_count` and `sample` replace the model's; with `update`, for this call only.

        Raises
        ------
        TypeError
            When none or both of the sources are given, or a sentence holds unhashable tokens.
        UnicodeDecodeError
            For text that is not UTF-8, naming line and byte.
        RuntimeError
            When `update` is asked for and there is no vocabulary yet.
        """
        if update:
            self._check_has_vocabulary()
        self._scans = []
        try:  # through the public methods, which a subclass may have overridden
            self.corpus_total_words, self.corpus_count = self.scan_vocab(
                corpus_iterable=corpus_iterable,
                corpus_file=corpus_file,
                progress_per=progress_per,
                trim_rule=trim_rule,
            )
            scanned = self._scans[-1] if self._scans else None
            if scanned is not None:
                self._warn_of_a_long_sentence(scanned)
            report_values = self.prepare_vocab(
                update=update, keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, **kwargs
            )
        finally:
            del self._scans
            self._settle_counts()
        report_values["memory"] = self.estimate_memory(
            vocab_size=report_values["num_retained_words"]
        )
        if scanned is None or self.workers == 1:
            self.prepare_weights(update=update)
            self._remember(None if scanned is None else self._renumbered(scanned))
        else:  # neither needs the other, and both let the GIL go
            with ThreadPoolExecutor(1, "fastsgns-renumber") as pool:
                renumbered = pool.submit(self._renumbered, scanned)
                self.prepare_weights(update=update)
                self._remember(renumbered.result())
        self.add_lifecycle_event("build_vocab", update=update, trim_rule=str(trim_rule))

    def build_vocab_from_freq(
        self,
        word_freq: Mapping[Any, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: TrimRule | None = None,
        update: bool = False,
    ) -> None:
        """Build the vocabulary from a mapping of words to counts.

        Parameters
        ----------
        word_freq : mapping of word to int
        keep_raw_vocab, trim_rule, update
            As in `build_vocab`.
        corpus_count : int, optional
            The number of sentences that the counts come from.

        Notes
        -----
        No sentences have been seen, so `train` needs a corpus and `total_examples` or
        `total_words`.
        """
        if update:
            self._check_has_vocabulary()
        logger.info("Processing provided word frequencies")
        self.raw_vocab = defaultdict(int, word_freq)
        logger.info(
            "collected %i unique word types, with total frequency of %i",
            len(self.raw_vocab),
            sum(self.raw_vocab.values()),
        )
        self.corpus_count = corpus_count or 0
        self._remember(None)
        report_values = self.prepare_vocab(
            keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, update=update
        )
        report_values["memory"] = self.estimate_memory(
            vocab_size=report_values["num_retained_words"]
        )
        self.prepare_weights(update=update)

    def scan_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Any = None,
        progress_per: int = 10000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> tuple[int, int]:
        """Count the words of sentences into `raw_vocab`; return (tokens, sentences)."""
        workers = self.workers if workers is None else _params.as_workers(workers)
        sentences = as_sentences(corpus_iterable, corpus_file)
        scanned = self._scan(sentences, progress_per, trim_rule, workers)
        if self._scans is not None:
            self._scans.append(scanned)
        else:
            self._settle_counts()
        return scanned.n_raw_words, scanned.n_sentences

    def _renumbered(self, scanned: ScannedCorpus) -> RenumberedCorpus | CorpusView | None:
        """Return what is kept of a corpus: with the cache off nothing, unless it is encoded."""
        if self.corpus_cache == "off" and not scanned.is_shared:
            return None
        new_ids = known_ids(scanned.words, self.wv.key_to_index)
        return renumber(scanned.encoded, new_ids, scanned.is_shared)

    def _remember(self, corpus: RenumberedCorpus | CorpusView | None) -> None:
        self.corpus = corpus
        self._corpus_keys = self.wv.index_to_key
        vars(self).pop("_built_from", None)  # what the constructor was given is another corpus now
        self._trained_epochs = 0
        self._unfinished = None

    def _scan(
        self,
        sentences: Iterable[Any] | TextFiles,
        progress_per: int,
        trim_rule: TrimRule | None,
        workers: int,
    ) -> ScannedCorpus:
        logger.info("collecting all words and their counts")

        def report(*so_far: int) -> None:
            logger.info(
                "PROGRESS: at sentence #%i, processed %i words, keeping %i word types", *so_far
            )

        scanned = scan(
            sentences,
            report if logger.isEnabledFor(logging.INFO) else None,
            _params.as_int("progress_per", progress_per, at_least=1),
            max_vocab_size=self.max_vocab_size,
            trim_rule=trim_rule,
            workers=workers,
            cache=self.corpus_cache,
        )
        self._hold_counts(WordCounts(scanned.words, scanned.vocabulary, scanned.counts))
        logger.info(
            "collected %i word types from a corpus of %i raw words and %i sentences",
            len(scanned.counts),
            scanned.n_raw_words,
            scanned.n_sentences,
        )
        return scanned

    def _warn_of_a_long_sentence(self, scanned: ScannedCorpus) -> None:
        """Say so when one sentence is one job and a good part of the corpus: text8, for example."""
        longest = scanned.longest
        if longest > self.batch_words and 10 * longest > scanned.n_raw_words:
            logger.warning(
                "a sentence has %i of the %i words of the corpus: it is trained whole, with one "
                "learning rate and on one thread; Text8Corpus and LineSentence cut such text into "
                "sentences of %i words",
                longest,
                scanned.n_raw_words,
                MAX_SENTENCE_LENGTH,
            )
