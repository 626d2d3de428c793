"""The Huffman tree, and each word's path in it."""

from __future__ import annotations

import heapq
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from fastsgns import vocabulary

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

counts_lists = st.lists(st.integers(1, 10**6), min_size=1, max_size=60)
small_counts_lists = st.lists(st.integers(1, 6), min_size=1, max_size=40)


def as_counts(values) -> np.ndarray:
    return np.array(values, np.int64)


def codes_of(values) -> list[tuple[int, ...]]:
    paths = vocabulary.huffman_paths(as_counts(values))
    bounds = paths.offsets.tolist()
    return [tuple(paths.codes[bounds[w] : bounds[w + 1]].tolist()) for w in range(len(values))]


def optimal_cost(values) -> int:
    """The least total of count x code length: the sum of all merges of the two lightest."""
    heap = list(values)
    heapq.heapify(heap)
    cost = 0
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        cost += merged
        heapq.heappush(heap, merged)
    return cost


@hypothesis.given(st.one_of(counts_lists, small_counts_lists))
def test_huffman_codes_are_prefix_free_complete_and_of_optimal_length(values):
    codes = codes_of(values)
    if len(values) > 1:
        assert sum(Fraction(1, 2 ** len(code)) for code in codes) == 1  # Kraft, with equality
    ordered = sorted(codes)
    for first, second in pairwise(ordered):
        assert second[: len(first)] != first  # no code begins another
    total = sum(n * len(code) for n, code in zip(values, codes, strict=True))
    assert total == optimal_cost(values)


@hypothesis.given(st.one_of(counts_lists, small_counts_lists))
def test_huffman_paths_run_from_the_root_along_one_tree(values):
    paths = vocabulary.huffman_paths(as_counts(values))
    assert (paths.offsets.dtype, paths.nodes.dtype, paths.codes.dtype) == (
        np.int64,
        np.int32,
        np.uint8,
    )
    child: dict[tuple[int, int], int] = {}
    for word in range(len(values)):
        steps = slice(paths.offsets[word], paths.offsets[word + 1])
        nodes, codes = paths.nodes[steps].tolist(), paths.codes[steps].tolist()
        if nodes:
            assert nodes[0] == len(values) - 2  # the root was merged last
        for at, bit, to in zip(nodes, codes, [*nodes[1:], -1 - word], strict=False):
            assert child.setdefault((at, bit), to) == to
    assert len(child) == 2 * (len(values) - 1)  # every inner node has two children


def test_a_word_alone_has_an_empty_code():
    assert codes_of([7]) == [()]


def test_no_words_have_no_paths():
    paths = vocabulary.huffman_paths(as_counts([]))
    assert (paths.offsets.tolist(), len(paths.nodes), len(paths.codes)) == ([0], 0, 0)


def test_of_two_merged_nodes_the_rarer_gets_code_0():
    assert codes_of([9, 4, 1]) == [(1,), (0, 1), (0, 0)]


@hypothesis.given(small_counts_lists)
def test_paths_survive_being_split_by_word_and_joined(values):
    paths = vocabulary.huffman_paths(as_counts(values))
    code, point = vocabulary.split_paths(paths)
    assert len(code) == len(point) == len(values)
    assert all(
        c.dtype == np.uint8 and p.dtype == np.uint32 for c, p in zip(code, point, strict=True)
    )
    for given in ((code, point), (list(code), list(point))):
        joined = vocabulary.join_paths(*given)
        for before, after in zip(paths, joined, strict=True):
            assert before.dtype == after.dtype
            assert before.tolist() == after.tolist()
    some = np.arange(len(values))[1::2]
    left = vocabulary.split_paths(vocabulary.join_paths(code, point, some))
    for parts, wanted in zip(left, (code, point), strict=True):
        for word, (part, whole) in enumerate(zip(parts, wanted, strict=True)):
            assert part.tolist() == (whole.tolist() if word in some else [])
