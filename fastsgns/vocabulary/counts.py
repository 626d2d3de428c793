"""Engine room: words and how often they were seen: which of them stay, and in which order."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._params import RULE_DISCARD, RULE_KEEP, TrimRule
from fastsgns._shown import shown


@dataclass(frozen=True, eq=False)
class WordCounts:
    """Words that were counted, in the order of the scan. A word is made when it is asked for.

    Attributes
    ----------
    source : sequence
        Has the words, and others.
    ids : int32 (n,)
        Where in `source` the words are.
    counts : int64 (n,)
        How often each was seen.
    """

    source: Sequence[Hashable]
    ids: NDArray[np.int32]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, counts: Mapping[Any, int]) -> WordCounts:
        """Return the words and counts of a mapping."""
        n_words = len(counts)
        return cls(
            list(counts),
            np.arange(n_words, dtype=np.int32),
            np.fromiter(counts.values(), np.int64, n_words),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, which: NDArray[Any]) -> WordCounts:
        """Return some of the words: a mask, or indices in the wanted order."""
        return WordCounts(self.source, self.ids[which], self.counts[which])

    def words(self) -> list[Hashable]:
        """Return the words."""
        select = getattr(self.source, "select", None)  # a table makes many at a third of the cost
        if select is not None:
            return list(select(self.ids))
        return list(map(self.source.__getitem__, self.ids.tolist()))

    def items(self) -> Iterator[tuple[Hashable, int]]:
        """Go through words and counts, as through a dict's."""
        return zip(self.words(), self.counts.tolist(), strict=True)


def keeps_word(word: Hashable, count: int, min_count: int, trim_rule: TrimRule | None) -> bool:
    """Say whether a word stays: `trim_rule` decides, or leaves it to `min_count`."""
    if trim_rule is not None:
        verdict = trim_rule(word, count, min_count)
        if verdict == RULE_KEEP:
            return True
        if verdict == RULE_DISCARD:
            return False
    return count >= min_count


def kept_words(counts: WordCounts, min_count: int, trim_rule: TrimRule | None) -> WordCounts:
    """Return the words that `keeps_word` keeps, with their counts, in the same order."""
    if trim_rule is None:  # the usual case, without a line of Python a word
        return counts[counts.counts >= min_count]
    if not callable(trim_rule):
        raise TypeError(
            f"trim_rule must be a function of word, count and min_count, got {shown(trim_rule)}"
        )
    kept = (keeps_word(word, count, min_count, trim_rule) for word, count in counts.items())
    return counts[np.fromiter(kept, np.bool_, len(counts))]


def final_min_count(counts: NDArray[np.int64], min_count: int, max_final_vocab: int | None) -> int:
    """Return the smallest threshold >= `min_count` that leaves at most `max_final_vocab` words.

    Words that tie with the first one beyond the limit go with it, as in gensim.
    """
    if max_final_vocab is None or max_final_vocab >= len(counts):
        return min_count
    first_beyond = int(np.sort(counts)[::-1][max_final_vocab])
    return max(first_beyond + 1, min_count)


def frequency_order(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order of descending count, ties in *reverse* order of first sight (gensim's)."""
    return np.lexsort((-np.arange(len(counts)), -counts))
