"""Engine room: the part of Word2Vec that makes a vocabulary of sentences."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns import _params, vocabulary
from fastsgns._first_weights import FirstWeights
from fastsgns.corpus import EncodedCorpus, ScannedCorpus, known_ids, renumber, scan
from fastsgns.sentences import MAX_SENTENCE_LENGTH, TextFiles, as_sentences
from fastsgns.vocabulary import TrimRule

logger = logging.getLogger("fastsgns.word2vec")


class VocabularyBuilding(FirstWeights):
    """Base of Word2Vec: everything from raw sentences to a vocabulary with weights."""

    corpus: EncodedCorpus | None = None
    raw_vocab: defaultdict[Any, int]
    cum_table: NDArray[np.uint32] | None = None
    workers: int
    batch_words: int
    min_count: int
    effective_min_count: int
    max_vocab_size: int | None
    max_final_vocab: int | None
    sample: float
    sorted_vocab: int
    null_word: int
    ns_exponent: float
    corpus_count: int
    corpus_total_words: int
    # How many epochs the remembered corpus has been trained, and where a run over it stopped.
    _trained_epochs: int = 0
    _unfinished: Any = None

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
        if update and not len(self.wv.index_to_key):
            # differs from gensim: it finds out only after it has changed the vocabulary.
            raise RuntimeError(
                "You cannot do an online vocabulary-update of a model which has no prior "
                "vocabulary: call build_vocab() without update first"
            )
        sentences = as_sentences(corpus_iterable, corpus_file)
        scanned = self._scan(sentences, progress_per, trim_rule, self.workers)
        self.corpus_count = scanned.provisional.n_sentences
        self.corpus_total_words = scanned.provisional.n_raw_words
        self._warn_of_a_long_sentence(scanned.provisional)
        report_values = self.prepare_vocab(
            update=update, keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, **kwargs
        )
        report_values["memory"] = self.estimate_memory(
            vocab_size=report_values["num_retained_words"]
        )
        self.prepare_weights(update=update)
        new_ids = known_ids(scanned.words, self.wv.key_to_index)
        self._remember(renumber(scanned.provisional, new_ids))
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
        return scanned.provisional.n_raw_words, scanned.provisional.n_sentences

    def _remember(self, corpus: EncodedCorpus | None) -> None:
        self.corpus = corpus
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
            report,
            _params.as_int("progress_per", progress_per, at_least=1),
            max_vocab_size=self.max_vocab_size,
            trim_rule=trim_rule,
            workers=workers,
        )
        counted = map(scanned.words.__getitem__, scanned.vocabulary.tolist())
        self.raw_vocab = defaultdict(int, zip(counted, scanned.counts.tolist(), strict=True))
        logger.info(
            "collected %i word types from a corpus of %i raw words and %i sentences",
            len(self.raw_vocab),
            scanned.provisional.n_raw_words,
            scanned.provisional.n_sentences,
        )
        return scanned

    def _warn_of_a_long_sentence(self, corpus: EncodedCorpus) -> None:
        """Say so when one sentence is one job and a good part of the corpus: text8, for example."""
        longest = int(corpus.raw_lengths.max(initial=0))
        if longest > self.batch_words and 10 * longest > corpus.n_raw_words:
            logger.warning(
                "a sentence has %i of the %i words of the corpus: it is trained whole, with one "
                "learning rate and on one thread; Text8Corpus and LineSentence cut such text into "
                "sentences of %i words",
                longest,
                corpus.n_raw_words,
                MAX_SENTENCE_LENGTH,
            )

    def prepare_vocab(
        self,
        update: bool = False,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        min_count: int | None = None,
        sample: float | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Turn `raw_vocab` into the vocabulary: trim, order, and derive what training needs.

        Parameters
        ----------
        min_count, sample : optional
            Replace the model's, unless they are 0 or None; with `update`, for this call only.
        dry_run : bool, default False
            Only report what would remain.

        Returns
        -------
        dict
            drop_unique, retain_total, downsample_unique, downsample_total, num_retained_words.
        """
        min_count = min_count or self.min_count
        sample = sample or self.sample
        effective = vocabulary.final_min_count(self.raw_vocab, min_count, self.max_final_vocab)
        retained = vocabulary.kept_words(self.raw_vocab, effective, trim_rule)
        counts = np.fromiter(retained.values(), np.int64, len(retained))
        keep = vocabulary.keep_thresholds(counts, sample)
        if not dry_run:
            self.effective_min_count = effective
            if update:  # as in gensim, min_count and sample then hold for this call only
                self._extend_vocabulary(retained, keep.thresholds)
            else:
                self.min_count, self.sample = min_count, sample
                self._set_vocabulary(retained, counts, keep.thresholds)
        total = sum(self.raw_vocab.values())
        self._report_trimming(retained, effective, total, keep)
        report = {
            "drop_unique": len(self.raw_vocab) - len(retained),
            "retain_total": int(counts.sum()),
            "downsample_unique": keep.n_affected_words,
            "downsample_total": int(keep.expected_total),
            "num_retained_words": len(retained),
        }
        if not dry_run and not keep_raw_vocab:
            self.raw_vocab = defaultdict(int)
        return report

    def _report_trimming(
        self,
        retained: Mapping[Any, int],
        effective_min_count: int,
        total: int,
        keep: vocabulary.KeepThresholds,
    ) -> None:
        kept_total = sum(retained.values())
        dropped = total - kept_total
        for message in (
            f"effective_min_count={effective_min_count} retains {len(retained)} unique words "
            f"({100 * len(retained) / max(len(self.raw_vocab), 1):.2f}% of original "
            f"{len(self.raw_vocab)}, drops {len(self.raw_vocab) - len(retained)})",
            f"effective_min_count={effective_min_count} leaves {kept_total} word corpus "
            f"({100 * kept_total / max(total, 1):.2f}% of original {total}, drops {dropped})",
            f"downsampling leaves estimated {keep.expected_total:.1f} word corpus "
            f"({100 * keep.expected_total / max(kept_total, 1):.1f}% of prior {kept_total})",
        ):
            self.add_lifecycle_event("prepare_vocab", msg=message)

    def _set_vocabulary(
        self,
        retained: Mapping[Hashable, int],
        counts: NDArray[np.int64],
        thresholds: NDArray[np.uint32],
    ) -> None:
        words = list(retained)
        if self.null_word and "\0" not in retained:
            words.append("\0")
            counts = np.append(counts, 1)
            thresholds = np.append(thresholds, np.uint32(0))
        if self.sorted_vocab:
            order = vocabulary.frequency_order(counts)
            words = list(map(words.__getitem__, order.tolist()))
            counts, thresholds = counts[order], thresholds[order]
        self.wv.index_to_key = words
        self.wv.key_to_index = dict(zip(words, range(len(words)), strict=True))
        self.wv.next_index = len(words)
        self.wv.expandos = {"count": counts, "sample_int": thresholds}
        self._derive_from_counts()

    def _extend_vocabulary(
        self, retained: Mapping[Hashable, int], thresholds: NDArray[np.uint32]
    ) -> None:
        """Append the new words of an online update in the order of the scan; add up the counts.

        As in gensim, known words are counted however rare they are in the new text, and the keep
        thresholds of the words that pass `min_count` in it come from it alone.
        """
        index_of = self.wv.key_to_index
        known = {word: count for word, count in self.raw_vocab.items() if word in index_of}
        for word in retained:
            if word not in index_of:
                index_of[word] = len(self.wv.index_to_key)
                self.wv.index_to_key.append(word)
        n_words = len(self.wv.index_to_key)
        self.wv.next_index = n_words
        for name, dtype in (("count", np.int64), ("sample_int", np.uint32)):
            old = self.wv.expandos[name]
            self.wv.expandos[name] = np.append(old, np.zeros(n_words - len(old), dtype)).astype(
                dtype
            )
        for word, count in (known | dict(retained)).items():
            self.wv.expandos["count"][index_of[word]] += count
        retained_rows = np.array([index_of[word] for word in retained], np.int64)
        self.wv.expandos["sample_int"][retained_rows] = thresholds
        self._derive_from_counts()

    def _derive_from_counts(self) -> None:
        if self.hs:
            self.create_binary_tree()
        if self.negative:
            self.make_cum_table()

    def create_binary_tree(self) -> None:
        """Build the Huffman tree of the counts: vocabulary attributes 'code' and 'point'."""
        logger.info("constructing a huffman tree from %i words", len(self.wv.index_to_key))
        paths = vocabulary.huffman_paths(self.wv.expandos["count"])
        self.wv.expandos["code"], self.wv.expandos["point"] = vocabulary.split_paths(paths)

    def make_cum_table(self, domain: int = vocabulary.NOISE_DOMAIN) -> None:
        """Build `cum_table`, the cumulative noise distribution: uint32 (n_words,)."""
        self.cum_table = vocabulary.noise_table(self.wv.expandos["count"], self.ns_exponent, domain)
