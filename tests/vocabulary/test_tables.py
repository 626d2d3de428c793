"""The tables of subsampling and of noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fastsgns import vocabulary

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

counts_lists = st.lists(st.integers(1, 10**6), min_size=1, max_size=60)


def as_counts(values) -> np.ndarray:
    return np.array(values, np.int64)


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
