"""Which words stay, and their order."""

from __future__ import annotations

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
