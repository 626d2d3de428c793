"""Correlations of many pairs, and of those that are drawn from them."""

import numpy as np
import pytest

from fastsgns.vectors import ranks

rng = np.random.default_rng(3)
NUMBERS = {
    "all different": rng.standard_normal(500),
    "few different": rng.integers(0, 4, 500).astype(float),
    "signed zeros": np.where(rng.random(500) < 0.5, 0.0, -0.0) + (rng.random(500) < 0.2),
}


@pytest.mark.parametrize("at_once", [64, 499, 1 << 18])
@pytest.mark.parametrize("first", NUMBERS)
@pytest.mark.parametrize("second", NUMBERS)
def test_correlations_of_drawn_items_are_scipys(first, second, at_once, monkeypatch):
    from scipy import stats

    monkeypatch.setattr(ranks, "_AT_ONCE", at_once)
    a, b = NUMBERS[first], NUMBERS[second]
    ranked = [ranks.Ranked.of(values) for values in (a, b)]
    found = []
    drawn = list(ranks.drawn_items(np.random.default_rng(1), 30, 500))
    for some in drawn:
        found += ranks.rank_correlations(ranked, some).tolist()
    every = np.concatenate(drawn)
    np.testing.assert_array_equal(every, np.random.default_rng(1).integers(0, 500, (30, 500)))
    expected = [stats.spearmanr(a[of], b[of]).statistic for of in every]
    np.testing.assert_allclose(found, expected, atol=1e-14)
    assert ranks.correlation(a, b) == pytest.approx(stats.pearsonr(a, b).statistic, abs=1e-14)


def test_of_equal_values_there_is_no_correlation():
    same = ranks.Ranked.of(np.ones(5)), ranks.Ranked.of(np.arange(5.0))
    assert np.isnan(ranks.rank_correlations(same, np.arange(5, dtype=np.int32)[np.newaxis])).all()
    assert np.isnan(ranks.correlation(np.ones(5), np.arange(5.0)))
    assert np.isnan(ranks.correlation(np.empty(0), np.empty(0)))
