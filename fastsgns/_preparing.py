"""Engine room: the part of Word2Vec that makes a vocabulary of counts: trim, order, derive."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Hashable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns import vocabulary
from fastsgns._first_weights import FirstWeights
from fastsgns.vocabulary import TrimRule, WordCounts

logger = logging.getLogger("fastsgns.word2vec")


class VocabularyPreparing(FirstWeights):
    """Base of Word2Vec: from the counts of words to a vocabulary and its tables."""

    cum_table: NDArray[np.uint32] | None = None
    min_count: int
    effective_min_count: int
    max_final_vocab: int | None
    sample: float
    sorted_vocab: int
    null_word: int
    ns_exponent: float
    # What a scan has counted, while `build_vocab` runs and nobody has asked for `raw_vocab`.
    _counted: WordCounts | None = None

    @cached_property
    def raw_vocab(self) -> defaultdict[Any, int]:
        """How often each word was seen; empty again when the vocabulary has been made of it.

        It is made when somebody asks for it: of most words that were counted, nobody wants a str.
        """
        return defaultdict(int, () if self._counted is None else self._counted.items())

    def _hold_counts(self, counted: WordCounts) -> None:
        """Have `raw_vocab` be what was counted."""
        vars(self).pop("raw_vocab", None)
        self._counted = counted

    def _raw_counts(self) -> WordCounts:
        """Return what `raw_vocab` holds."""
        if self._counted is not None and "raw_vocab" not in vars(self):
            return self._counted
        return WordCounts.of(self.raw_vocab)

    def _settle_counts(self) -> None:
        """Let go of the scan: from now on `raw_vocab` is a dict."""
        if self._counted is not None:
            vars(self).setdefault("raw_vocab", self.raw_vocab)
            del self._counted

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
        raw = self._raw_counts()
        self.effective_min_count = self._final_min_count(raw.counts, min_count)
        retained = vocabulary.kept_words(raw, self.effective_min_count, trim_rule)
        keep = vocabulary.keep_thresholds(retained.counts, sample)
        if update:
            logger.info("Updating model with new vocabulary")
            self._report_update(retained)
        else:
            logger.info("Creating a fresh vocabulary")
            self._report_trimming(raw.counts, retained.counts)
        if not dry_run:
            if update:  # as in gensim, min_count and sample then hold for this call only
                self._extend_vocabulary(retained, keep.thresholds)
            else:
                self.min_count, self.sample = min_count, sample
                self._set_vocabulary(retained, keep.thresholds)
        report = {
            "drop_unique": len(raw) - len(retained),
            "retain_total": int(retained.counts.sum()),
            "downsample_unique": keep.n_affected_words,
            "downsample_total": int(keep.expected_total),
            "num_retained_words": len(retained),
        }
        if not dry_run and not keep_raw_vocab:
            logger.info("deleting the raw counts dictionary of %i items", len(raw))
            self.raw_vocab = defaultdict(int)
        logger.info("sample=%g downsamples %i most-common words", sample, keep.n_affected_words)
        self.add_lifecycle_event(
            "prepare_vocab",
            msg=(
                f"downsampling leaves estimated {keep.expected_total} word corpus "
                f"({_percent(keep.expected_total, report['retain_total']):.1f}% of prior "
                f"{report['retain_total']})"
            ),
        )
        if not dry_run:
            self._derive_from_counts()
        return report

    def _final_min_count(self, counts: NDArray[np.int64], min_count: int) -> int:
        """Return `min_count`, or what `max_final_vocab` raises it to."""
        effective = vocabulary.final_min_count(counts, min_count, self.max_final_vocab)
        if self.max_final_vocab is not None:
            calculated = vocabulary.final_min_count(counts, 1, self.max_final_vocab)
            self.add_lifecycle_event(
                "prepare_vocab",
                msg=(
                    f"max_final_vocab={self.max_final_vocab} and min_count={min_count} resulted in "
                    f"calc_min_count={calculated}, effective_min_count={effective}"
                ),
            )
        return effective

    def _report_trimming(self, raw: NDArray[np.int64], retained: NDArray[np.int64]) -> None:
        n_words, n_all = len(retained), len(raw)
        kept, total = int(retained.sum()), int(raw.sum())
        for message in (
            f"retains {n_words} unique words ({_percent(n_words, n_all):.2f}% of original {n_all}, "
            f"drops {n_all - n_words})",
            f"leaves {kept} word corpus ({_percent(kept, total):.2f}% of original {total}, "
            f"drops {total - kept})",
        ):
            self.add_lifecycle_event(
                "prepare_vocab", msg=f"effective_min_count={self.effective_min_count} {message}"
            )

    def _report_update(self, retained: WordCounts) -> None:
        n_known = sum(word in self.wv.key_to_index for word in retained.words())
        n_new, n_all = len(retained) - n_known, len(self.raw_vocab)
        self.add_lifecycle_event(
            "prepare_vocab",
            msg=(
                f"added {n_new} new unique words ({_percent(n_new, n_all):.2f}% of original {n_all}"
                f") and increased the count of {n_known} pre-existing words "
                f"({_percent(n_known, n_all):.2f}% of original {n_all})"
            ),
        )

    def _set_vocabulary(
        self,
        retained: WordCounts,
        thresholds: NDArray[np.uint32],
    ) -> None:
        self.wv.expandos = {"count": retained.counts, "sample_int": thresholds}
        words = retained.words()
        if self.null_word:
            self._set_keys(words)
            self.add_null_word()
        if self.sorted_vocab:
            order = vocabulary.frequency_order(self.wv.expandos["count"])
            self.wv.expandos = {name: of[order] for name, of in self.wv.expandos.items()}
            words = list(map(words.__getitem__, order.tolist()))
        self._set_keys(words)
        self.wv.next_index = len(self.wv.index_to_key)

    def _set_keys(self, words: list[Hashable]) -> None:
        self.wv.index_to_key = words
        self.wv.key_to_index = dict(zip(words, range(len(words)), strict=True))

    def add_null_word(self) -> None:
        r"""Append the word "\0" with a count of 1, unless it is there; see `null_word`."""
        # differs from gensim: a second call there appends the key again, as another row.
        if "\0" in self.wv.key_to_index:
            return
        self.wv.key_to_index["\0"] = len(self.wv.index_to_key)
        self.wv.index_to_key.append("\0")
        self._fit_expandos()
        self.wv.expandos["count"][-1] = 1

    def _extend_vocabulary(self, retained: WordCounts, thresholds: NDArray[np.uint32]) -> None:
        """Append the new words of an online update in the order of the scan; add up the counts.

        As in gensim, known words are counted however rare they are in the new text, and the keep
        thresholds of the words that pass `min_count` in it come from it alone.
        """
        index_of = self.wv.key_to_index
        known = {word: count for word, count in self.raw_vocab.items() if word in index_of}
        words = retained.words()
        for word in words:
            if word not in index_of:
                index_of[word] = len(self.wv.index_to_key)
                self.wv.index_to_key.append(word)
        self.wv.next_index = len(self.wv.index_to_key)
        self._fit_expandos()
        for word, count in (known | dict(retained.items())).items():
            self.wv.expandos["count"][index_of[word]] += count
        retained_rows = np.array([index_of[word] for word in words], np.int64)
        self.wv.expandos["sample_int"][retained_rows] = thresholds

    def _fit_expandos(self) -> None:
        """Give counts and keep thresholds a row for each word; new rows are 0."""
        n_words = len(self.wv.index_to_key)
        for name, dtype in (("count", np.int64), ("sample_int", np.uint32)):
            grown = np.zeros(n_words, dtype)
            old = self.wv.expandos.get(name, grown[:0])
            grown[: len(old)] = old
            self.wv.expandos[name] = grown

    def _derive_from_counts(self) -> None:
        if self.hs:
            self.create_binary_tree()
        if self.negative:
            self.make_cum_table()

    def create_binary_tree(self) -> None:
        """Build the Huffman tree of the counts: vocabulary attributes 'code' and 'point'."""
        counts = self._counts()
        logger.info("constructing a huffman tree from %i words", len(counts))
        depth = 0
        if len(counts):
            paths = vocabulary.huffman_paths(counts)
            self.wv.expandos["code"], self.wv.expandos["point"] = vocabulary.split_paths(paths)
            depth = int(np.diff(paths.offsets).max())
        logger.info("built huffman tree with maximum node depth %i", depth)

    def make_cum_table(self, domain: int = vocabulary.NOISE_DOMAIN) -> None:
        """Build `cum_table`, the cumulative noise distribution: uint32 (n_words,)."""
        self.cum_table = vocabulary.noise_table(self._counts(), self.ns_exponent, domain)

    def _counts(self) -> NDArray[np.int64]:
        # differs from gensim: rows are rows; there a row number that is also a word (of integer
        # tokens) is looked up as the word, so that its tables have the counts of others.
        if "count" not in self.wv.expandos and len(self.wv.index_to_key):
            raise RuntimeError(
                "the vocabulary has no word counts (wv.expandos['count']): build the vocabulary,"
                " or set them with wv.set_vecattr(word, 'count', n)"
            )
        return self.wv.expandos.get("count", np.zeros(0, np.int64))


def _percent(part: float, whole: float) -> float:
    return 100.0 * part / max(whole, 1)
