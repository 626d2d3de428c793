"""Engine room: from word counts to everything that training derives from them.

The order of words decides vectors, noise table, Huffman tree and files, so each rule here is
gensim's, to the bit. All functions take plain counts and give plain arrays.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

RULE_DEFAULT = 0
RULE_DISCARD = 1
RULE_KEEP = 2

#: The largest entry of a noise table; a draw of 32 random bits is reduced modulo it.
NOISE_DOMAIN = 2**31 - 1

TrimRule = Callable[[Any, int, int], int]


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


class KeepThresholds(NamedTuple):
    """Subsampling of frequent words: what `keep_thresholds` computes."""

    thresholds: NDArray[np.uint32]
    n_affected_words: int
    expected_total: float


def keep_thresholds(counts: NDArray[np.int64], sample: float) -> KeepThresholds:
    """Return, for each word, the 32-bit number that a draw must not exceed for a token to be kept.

    The probability is (sqrt(n / t) + 1) t / n with t = sample * total, as in word2vec.c (Mikolov et
    al. 2013b, section 2.3, has the simpler 1 - sqrt(t / f)).

    Parameters
    ----------
    counts : int64 (n_words,)
    sample : float
        0 switches subsampling off; below 1 a share of all tokens; from 1 on an absolute count.
    """
    if not len(counts):
        return KeepThresholds(np.zeros(0, np.uint32), 0, 0.0)
    total = int(counts.sum())
    if not sample:
        threshold_count: float = total
    elif sample < 1.0:
        threshold_count = sample * total
    else:
        threshold_count = int(sample * (3 + math.sqrt(5)) / 2)
    n = counts.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        probability = (np.sqrt(n / threshold_count) + 1) * (threshold_count / n)
    affected = probability < 1.0
    probability[~affected] = 1.0
    return KeepThresholds(
        (probability * (2**32 - 1)).astype(np.uint32),
        int(affected.sum()),
        float((probability * n).sum()),
    )


def noise_table(
    counts: NDArray[np.int64], ns_exponent: float, domain: int = NOISE_DOMAIN
) -> NDArray[np.uint32]:
    """Return the cumulative noise distribution: P(word) proportional to count ** ns_exponent.

    0.75 comes from Mikolov et al. 2013b, section 2.2. Entry i is round(domain * P(word index <=
    i)).

    Powers are taken one by one: NumPy's vectorised power may differ from libm's in the last bit,
    and the table must not.
    """
    if not len(counts):
        return np.zeros(0, np.uint32)
    try:
        powers = list(map(pow, counts.astype(np.float64).tolist(), repeat(ns_exponent)))
    except (OverflowError, ZeroDivisionError):
        powers = [math.inf]
    cumulative = np.array(list(accumulate(powers)))
    if not 0 < cumulative[-1] < math.inf:
        raise ValueError(
            f"ns_exponent={ns_exponent}: counts up to {counts.max()} to this power are no floats"
        )
    table: NDArray[np.uint32] = np.rint(cumulative / cumulative[-1] * domain).astype(np.uint32)
    return table


def len_noise_pool(n_words: int) -> int:
    """Return how many negatives are drawn ahead: about 64 a word, a power of two, 16 MB at most."""
    return min(max(1 << (64 * n_words - 1).bit_length(), 1 << 16), 1 << 22)


class HuffmanPaths(NamedTuple):
    """All words' paths in one piece: word w has offsets[w]:offsets[w + 1], root first."""

    offsets: NDArray[np.int64]
    nodes: NDArray[np.int32]
    codes: NDArray[np.uint8]


class _Node(int):
    """A count that knows its node: heapq compares counts only (at C speed), as gensim's does.

    Ties are therefore broken by the heap's own moves, and these must be the same for the same tree
    to come out.
    """

    index: int


def _node(count: int, index: int) -> _Node:
    node = _Node(count)
    node.index = index
    return node


def huffman_paths(counts: NDArray[np.int64]) -> HuffmanPaths:
    """Return each word's path in the Huffman tree (Mikolov et al. 2013b, section 2.1).

    Inner node i (a row of the node vectors) is the i-th that was merged; of the two nodes merged,
    the one popped first gets code 0.
    """
    n_words = len(counts)
    parent = np.zeros(max(2 * n_words - 1, 1), np.int64)
    bit = np.zeros(max(2 * n_words - 1, 1), np.uint8)
    heap = [_node(count, index) for index, count in enumerate(counts.tolist())]
    heapq.heapify(heap)
    for merged in range(n_words, 2 * n_words - 1):
        left, right = heapq.heappop(heap), heapq.heappop(heap)
        heapq.heappush(heap, _node(int(left) + int(right), merged))
        parent[left.index] = parent[right.index] = merged
        bit[right.index] = 1

    root = 2 * n_words - 2
    depth = np.zeros(n_words, np.int64)
    at = np.arange(n_words)
    while (below := at != root).any():
        depth[below] += 1
        at = np.where(below, parent[at], at)

    offsets = np.concatenate([[0], np.cumsum(depth)]).astype(np.int64)
    nodes = np.zeros(offsets[-1], np.int32)
    codes = np.zeros(offsets[-1], np.uint8)
    at = np.arange(n_words)
    words = at[depth > 0]
    entry = offsets[1:] - 1  # paths are walked up from the leaf, so filled from the end
    while len(words):
        codes[entry[words]] = bit[at[words]]
        at[words] = parent[at[words]]
        nodes[entry[words]] = at[words] - n_words
        entry[words] -= 1
        words = words[at[words] != root]
    return HuffmanPaths(offsets, nodes, codes)


def split_paths(paths: HuffmanPaths) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the paths as gensim stores them: (uint8 codes, uint32 points), an array a word."""
    n_words = len(paths.offsets) - 1
    code = np.empty(n_words, object)
    point = np.empty(n_words, object)
    nodes = paths.nodes.astype(np.uint32)
    bounds = paths.offsets.tolist()
    for w in range(n_words):
        code[w] = paths.codes[bounds[w] : bounds[w + 1]]
        point[w] = nodes[bounds[w] : bounds[w + 1]]
    return code, point


def join_paths(code: NDArray[np.object_], point: NDArray[np.object_]) -> HuffmanPaths:
    """Undo `split_paths`: the trainer takes the paths in one piece."""
    offsets = np.zeros(len(code) + 1, np.int64)
    np.cumsum([len(c) for c in code], out=offsets[1:])
    nodes = np.concatenate([*point, np.zeros(0, np.uint32)]).astype(np.int32)
    codes = np.concatenate([*code, np.zeros(0, np.uint8)]).astype(np.uint8)
    return HuffmanPaths(offsets, nodes, codes)
