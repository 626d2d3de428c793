"""Engine room: from the counts of a scan to the vocabulary of a model: trim, order, extend."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns._params import TrimRule
from fastsgns.vocabulary.counts import WordCounts, final_min_count, frequency_order, kept_words
from fastsgns.vocabulary.huffman import HuffmanPaths
from fastsgns.vocabulary.tables import KeepThresholds, keep_thresholds


class Vocabulary(NamedTuple):
    """The words of a model in their order, and what training derives from their counts.

    Attributes
    ----------
    words : list
        A word's place is its id.
    counts : int64 (n_words,) or None
        None: they are not known, as with vectors that came from elsewhere.
    keep_thresholds : uint32 (n_words,) or None
        What a draw must not exceed for a token to be kept; None: all are kept.
    noise_table : uint32 (n_words,) or None
        Cumulative; None without negative sampling.
    paths : HuffmanPaths or None
        None without hierarchical softmax.
    """

    words: list[Hashable]
    counts: NDArray[np.int64] | None
    keep_thresholds: NDArray[np.uint32] | None
    noise_table: NDArray[np.uint32] | None = None
    paths: HuffmanPaths | None = None


class Trimmed(NamedTuple):
    """What is left of the words that were counted.

    Attributes
    ----------
    raw, kept : WordCounts
        In the order of the scan.
    keep : KeepThresholds
        Of the kept words.
    min_count : int
        What a word had to be seen for; `max_final_vocab` may have raised it.
    """

    raw: WordCounts
    kept: WordCounts
    keep: KeepThresholds
    min_count: int

    def report(self) -> dict[str, Any]:
        """Return what gensim's `prepare_vocab` returns."""
        return {
            "drop_unique": len(self.raw) - len(self.kept),
            "retain_total": int(self.kept.counts.sum()),
            "downsample_unique": self.keep.n_affected_words,
            "downsample_total": int(self.keep.expected_total),
            "num_retained_words": len(self.kept),
        }

    def why_empty(self, min_count: int) -> str:
        """Return a sentence on why no word is left, and what would change it; "" if any is.

        `min_count` is the one that was asked for.
        """
        if len(self.kept):
            return ""
        if not len(self.raw):
            return ": the corpus has no words"
        most = int(self.raw.counts.max())
        if min_count <= most < self.min_count:
            n_most = int((self.raw.counts == most).sum())
            return (
                ": max_final_vocab, which takes equally frequent words all or none, leaves none."
                f" The most frequent comes {most} times, and so do {n_most - 1} others:"
                f" max_final_vocab={n_most} would keep them"
            )
        return (
            f": min_count={self.min_count} (or max_final_vocab, or trim_rule) leaves none of the"
            f" {len(self.raw)} different words of the corpus. The most frequent comes {most} times:"
            f" min_count={most} would keep it"
        )

    def messages(self) -> list[str]:
        """Say how many words and tokens are left."""
        n_words, n_all = len(self.kept), len(self.raw)
        n_kept, total = int(self.kept.counts.sum()), int(self.raw.counts.sum())
        parts = (
            f"retains {n_words} unique words ({percent(n_words, n_all):.2f}% of original {n_all}, "
            f"drops {n_all - n_words})",
            f"leaves {n_kept} word corpus ({percent(n_kept, total):.2f}% of original {total}, "
            f"drops {total - n_kept})",
        )
        return [f"effective_min_count={self.min_count} {part}" for part in parts]

    def limit_message(self, min_count: int, max_final_vocab: int) -> str:
        """Say what became of `min_count` by `max_final_vocab`."""
        calculated = final_min_count(self.raw.counts, 1, max_final_vocab)
        return (
            f"max_final_vocab={max_final_vocab} and min_count={min_count} resulted in "
            f"calc_min_count={calculated}, effective_min_count={self.min_count}"
        )

    def update_message(self, known: Mapping[Any, int]) -> str:
        """Say what these words add to those that are known."""
        n_known = sum(word in known for word in self.kept.words())
        n_new, n_all = len(self.kept) - n_known, len(self.raw)
        return (
            f"added {n_new} new unique words ({percent(n_new, n_all):.2f}% of original {n_all}"
            f") and increased the count of {n_known} pre-existing words "
            f"({percent(n_known, n_all):.2f}% of original {n_all})"
        )

    def sample_message(self) -> str:
        """Say how many tokens subsampling leaves."""
        total = int(self.kept.counts.sum())
        left = self.keep.expected_total
        return (
            f"downsampling leaves estimated {left} word corpus "
            f"({percent(left, total):.1f}% of prior {total})"
        )


def trim(
    raw: WordCounts,
    min_count: int,
    sample: float,
    max_final_vocab: int | None = None,
    trim_rule: TrimRule | None = None,
) -> Trimmed:
    """Choose the words that stay, and how often their tokens are kept.

    Parameters
    ----------
    raw : WordCounts
    min_count, max_final_vocab
        As in `final_min_count`.
    sample : float
        As in `keep_thresholds`.
    trim_rule : callable, optional
        As in `kept_words`.
    """
    effective = final_min_count(raw.counts, min_count, max_final_vocab)
    kept = kept_words(raw, effective, trim_rule)
    return Trimmed(raw, kept, keep_thresholds(kept.counts, sample), effective)


def fresh(trimmed: Trimmed) -> Vocabulary:
    """Return the vocabulary of the words that stayed, in the order of the scan."""
    return Vocabulary(trimmed.kept.words(), trimmed.kept.counts, trimmed.keep.thresholds)


def by_frequency(vocabulary: Vocabulary) -> Vocabulary:
    """Return a vocabulary in gensim's order: the most frequent words first."""
    counts, thresholds = fitted(vocabulary, len(vocabulary.words))
    order = frequency_order(counts)
    words = list(map(vocabulary.words.__getitem__, order.tolist()))
    return Vocabulary(words, counts[order], thresholds[order])


def with_word(vocabulary: Vocabulary, word: Hashable, count: int) -> Vocabulary:
    """Return a vocabulary with a word more, behind the others; its tokens are never kept."""
    words = [*vocabulary.words, word]
    counts, thresholds = fitted(vocabulary, len(words))
    counts[-1] = count
    return Vocabulary(words, counts, thresholds)


def extended(vocabulary: Vocabulary, index_of: Mapping[Any, int], trimmed: Trimmed) -> Vocabulary:
    """Append the new words of an online update in the order of the scan; add up the counts.

    As in gensim, known words are counted however rare they are in the new text, and the keep
    thresholds of the words that pass `min_count` in it come from it alone.

    Parameters
    ----------
    vocabulary : Vocabulary
    index_of : mapping of word to int
        The index of each of its words.
    trimmed : Trimmed
        Of the new text.
    """
    kept = trimmed.kept.words()
    words = vocabulary.words + [word for word in kept if word not in index_of]
    index_of = dict(index_of) | {
        word: i for i, word in enumerate(words[len(vocabulary.words) :], len(vocabulary.words))
    }
    counts, thresholds = fitted(vocabulary, len(words))
    in_text = dict(trimmed.kept.items())
    in_text |= {word: count for word, count in trimmed.raw.items() if word in index_of}
    for word, count in in_text.items():
        counts[index_of[word]] += count
    rows = np.array([index_of[word] for word in kept], np.int64)
    thresholds[rows] = trimmed.keep.thresholds
    return Vocabulary(words, counts, thresholds)


def fitted(vocabulary: Vocabulary, n_words: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return copies of the counts and keep thresholds with a row for each word; new rows are 0."""
    counts, thresholds = np.zeros(n_words, np.int64), np.zeros(n_words, np.uint32)
    if vocabulary.counts is not None:
        counts[: len(vocabulary.counts)] = vocabulary.counts
    if vocabulary.keep_thresholds is not None:
        thresholds[: len(vocabulary.keep_thresholds)] = vocabulary.keep_thresholds
    return counts, thresholds


def percent(part: float, whole: float) -> float:
    """Return a share in per cent; of nothing, 0."""
    return 100.0 * part / max(whole, 1)
