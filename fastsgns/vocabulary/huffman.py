"""Engine room: the Huffman tree of the counts, and each word's path in it."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


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


def join_paths(
    code: NDArray[np.object_],
    point: NDArray[np.object_],
    words: NDArray[np.integer] | None = None,
) -> HuffmanPaths:
    """Undo `split_paths`: what computes with the paths takes them in one piece.

    Parameters
    ----------
    code, point : object ndarray, shape (n_words,)
    words : int ndarray, optional
        In ascending order: only these words have their paths, the others empty ones.
    """
    offsets = np.zeros(len(code) + 1, np.int64)
    if words is None:
        words, codes, nodes = np.arange(len(code)), list(code), list(point)
    else:
        codes, nodes = [code[word] for word in words], [point[word] for word in words]
    offsets[words + 1] = [len(path) for path in codes]
    return HuffmanPaths(
        np.cumsum(offsets, out=offsets),
        np.concatenate([np.zeros(0, np.uint32), *nodes], dtype=np.int32, casting="unsafe"),
        np.concatenate([np.zeros(0, np.uint8), *codes], dtype=np.uint8, casting="unsafe"),
    )


def pruned(paths: HuffmanPaths) -> tuple[HuffmanPaths, NDArray[np.int64]]:
    """Return the paths of words whose tree had others, too, and the inner nodes that stay.

    A node with words on one side only decides nothing and is left out. The probability of a word
    becomes what it was on condition that each of the nodes left out decides for that side.

    Returns
    -------
    HuffmanPaths
        With the nodes that stay numbered anew.
    int64 ndarray, shape (n_words - 1,)
        Their old numbers, in order.
    """
    n_nodes = int(paths.nodes.max(initial=-1)) + 1
    decides = np.ones(n_nodes, bool)
    for code in (0, 1):
        decides &= np.bincount(paths.nodes[paths.codes == code], minlength=n_nodes) > 0
    kept = decides[paths.nodes]
    n_before = np.concatenate([[0], np.cumsum(kept)])
    numbers = np.cumsum(decides) - 1
    left = HuffmanPaths(
        n_before[paths.offsets].astype(np.int64),
        numbers[paths.nodes[kept]].astype(np.int32),
        paths.codes[kept],
    )
    return left, np.flatnonzero(decides)
