"""From counts to everything that training derives from them."""

from __future__ import annotations

import heapq
import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from fastsgns import vocabulary
from fastsgns.vocabulary import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP, WordCounts

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

counts_lists = st.lists(st.integers(1, 10**6), min_size=1, max_size=60)
small_counts_lists = st.lists(st.integers(1, 6), min_size=1, max_size=40)


def as_counts(values) -> np.ndarray:
    return np.array(values, np.int64)


# ---- order ---------------------------------------------------------------------------------------


def test_words_are_ordered_by_falling_count_and_of_equal_counts_the_last_seen_comes_first():
    order = vocabulary.frequency_order(as_counts([2, 5, 2, 9, 5, 2]))
    assert order.tolist() == [3, 4, 1, 5, 2, 0]


@hypothesis.given(small_counts_lists)
def test_order_is_a_permutation_sorted_by_count_then_by_reverse_first_sight(values):
    order = vocabulary.frequency_order(as_counts(values)).tolist()
    assert order == sorted(range(len(values)), key=lambda i: (-values[i], -i))


def test_no_words_have_an_empty_order():
    assert vocabulary.frequency_order(as_counts([])).tolist() == []


# ---- which words stay ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "verdict", "stays"),
    [
        (5, None, True),
        (4, None, False),
        (5, RULE_DEFAULT, True),
        (4, RULE_DEFAULT, False),
        (1, RULE_KEEP, True),
        (99, RULE_DISCARD, False),
    ],
)
def test_a_trim_rule_decides_or_leaves_it_to_min_count(count, verdict, stays):
    asked = []

    def rule(word, n, min_count):
        asked.append((word, n, min_count))
        return verdict

    assert vocabulary.keeps_word("word", count, 5, None if verdict is None else rule) is stays
    assert asked == ([] if verdict is None else [("word", count, 5)])


def test_kept_words_are_those_that_the_rule_or_the_count_keeps_in_their_order():
    plain = {"c": 3, "a": 9, "b": 2, ("d",): 4}
    counts = WordCounts.of(plain)
    assert list(vocabulary.kept_words(counts, 3, None).items()) == [("c", 3), ("a", 9), (("d",), 4)]
    assert dict(vocabulary.kept_words(counts, 0, None).items()) == plain
    assert len(vocabulary.kept_words(WordCounts.of({}), 0, None)) == 0

    def rule(word, count, min_count):
        return {"a": RULE_DISCARD, "b": RULE_KEEP}.get(word, RULE_DEFAULT)

    assert vocabulary.kept_words(counts, 4, rule).words() == ["b", ("d",)]


def test_the_rules_have_gensims_numbers():
    assert (RULE_DEFAULT, RULE_DISCARD, RULE_KEEP) == (0, 1, 2)


@pytest.mark.parametrize(
    ("limit", "min_count", "expected"),
    [
        (None, 5, 5),  # no limit
        (4, 1, 1),  # all four words fit
        (3, 1, 3),  # "b" and "c" tie at 2... the fourth has 2, so 3 is needed
        (2, 1, 3),
        (1, 1, 8),  # the second has 7
        (0, 1, 10),  # the first has 9: nothing remains
        (3, 5, 5),  # min_count asks for more
    ],
)
def test_max_final_vocab_raises_the_threshold_until_the_words_fit(limit, min_count, expected):
    counts = np.array([9, 2, 2, 7])
    assert vocabulary.final_min_count(counts, min_count, limit) == expected


@hypothesis.given(small_counts_lists, st.integers(0, 40), st.integers(1, 4))
def test_max_final_vocab_is_the_smallest_threshold_that_fits(values, limit, min_count):
    counts = np.array(values, np.int64)

    def n_left(threshold: int) -> int:
        return sum(n >= threshold for n in values)

    threshold = vocabulary.final_min_count(counts, min_count, limit)
    assert threshold >= min_count
    assert n_left(threshold) <= limit
    assert threshold == min_count or n_left(threshold - 1) > limit


# ---- subsampling ---------------------------------------------------------------------------------


def keep_probability(count: int, threshold: float) -> float:
    return min(1.0, (math.sqrt(count / threshold) + 1) * (threshold / count))


@pytest.mark.parametrize("sample", [1e-5, 1e-3, 0.1, 0.999])
def test_keep_thresholds_of_a_share_follow_the_formula(sample):
    counts = as_counts([100_000, 31_337, 1000, 17, 2, 1])
    keep = vocabulary.keep_thresholds(counts, sample)
    t = sample * int(counts.sum())
    expected = [keep_probability(n, t) for n in counts.tolist()]
    assert keep.thresholds.tolist() == [int(p * (2**32 - 1)) for p in expected]
    assert keep.thresholds.dtype == np.uint32
    assert keep.n_affected_words == sum(p < 1 for p in expected)
    assert keep.expected_total == pytest.approx(
        sum(p * n for p, n in zip(expected, counts.tolist(), strict=True))
    )


@pytest.mark.parametrize("sample", [1, 1.0, 2.5, 1000])
def test_keep_thresholds_of_a_count_follow_the_formula(sample):
    counts = as_counts([100_000, 3000, 1000, 5, 1])
    t = int(sample * (3 + math.sqrt(5)) / 2)
    expected = [int(keep_probability(n, t) * (2**32 - 1)) for n in counts.tolist()]
    assert vocabulary.keep_thresholds(counts, sample).thresholds.tolist() == expected


def test_without_subsampling_every_token_is_kept():
    keep = vocabulary.keep_thresholds(as_counts([100_000, 10, 1]), 0)
    assert keep.thresholds.tolist() == [2**32 - 1] * 3
    assert keep.n_affected_words == 0
    assert keep.expected_total == 100_011


def test_no_words_have_no_thresholds():
    keep = vocabulary.keep_thresholds(as_counts([]), 1e-3)
    assert (len(keep.thresholds), keep.n_affected_words, keep.expected_total) == (0, 0, 0.0)


@hypothesis.given(counts_lists, st.sampled_from([0, 1e-4, 1e-2, 0.5, 1, 3, 50]))
def test_more_frequent_words_are_never_kept_more_often(values, sample):
    values.sort()
    thresholds = vocabulary.keep_thresholds(as_counts(values), sample).thresholds.tolist()
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] > 0


# ---- noise ---------------------------------------------------------------------------------------


@hypothesis.given(counts_lists, st.sampled_from([0.75, 1.0, 0.0, -0.5, 2.0]))
def test_the_noise_table_is_the_rounded_cumulative_distribution(values, exponent):
    table = vocabulary.noise_table(as_counts(values), exponent)
    powers = [float(n) ** exponent for n in values]
    running = total = 0.0
    for power in powers:
        total += power
    expected = []
    for power in powers:
        running += power
        expected.append(round(running / total * (2**31 - 1)))
    assert table.dtype == np.uint32
    assert table.tolist() == expected
    assert table[-1] == 2**31 - 1


def test_the_share_of_the_noise_table_is_the_share_of_the_distribution():
    values = [1000, 100, 10, 1]
    table = vocabulary.noise_table(as_counts(values), 0.75)
    shares = np.diff(table.astype(float), prepend=0) / (2**31 - 1)
    powers = np.array(values) ** 0.75
    assert shares == pytest.approx(powers / powers.sum(), abs=1e-9)


def test_another_domain_ends_the_table():
    assert vocabulary.noise_table(as_counts([3, 1]), 1.0, domain=100).tolist() == [75, 100]


def test_no_words_have_an_empty_noise_table():
    assert vocabulary.noise_table(as_counts([]), 0.75).tolist() == []


@pytest.mark.parametrize(
    ("counts", "exponent"),
    [([5, 3], 1e4), ([1000, 1000], -400.0), ([10**6], -60.0), ([1000] * 9, 102.7), ([0, 4], -1.0)],
    ids=["overflow", "underflow", "underflow of one", "the sum overflows", "division by zero"],
)
def test_an_exponent_beyond_floats_is_a_value_error_that_names_it(counts, exponent):
    with pytest.raises(ValueError, match=f"ns_exponent={exponent}"):
        vocabulary.noise_table(as_counts(counts), exponent)


# ---- Huffman codes -------------------------------------------------------------------------------


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
    joined = vocabulary.join_paths(code, point)
    for before, after in zip(paths, joined, strict=True):
        assert before.dtype == after.dtype
        assert before.tolist() == after.tolist()
