"""The search, on arrays: ranked by the definition, however large the blocks are."""

import numpy as np
import pytest

from fastsgns.vectors import nearest


def matrix(n=300, size=12, seed=0):
    vectors = np.random.default_rng(seed).standard_normal((n, size)).astype(np.float32)
    return vectors, np.linalg.norm(vectors, axis=1)


def queries(n=40, size=12):
    vectors, norms = matrix(n, size, seed=1)
    return vectors / norms[:, np.newaxis]


@pytest.mark.parametrize("k", [1, 2, 17, 299, 300, 1000])
def test_the_nearest_rows_are_those_with_the_largest_cosine(k):
    vectors, norms = matrix()
    query = queries()[0]
    wanted = vectors.astype(np.float64) @ query / np.linalg.norm(vectors.astype(np.float64), axis=1)
    rows, scores = nearest.nearest(vectors, norms, query, k)
    assert rows.tolist() == np.argsort(-wanted, kind="stable")[:k].tolist()
    np.testing.assert_allclose(scores, wanted[rows], atol=1e-6)


@pytest.mark.parametrize("nbytes", [1, 5_000, 1 << 26])
def test_many_queries_are_answered_as_one_by_one_whatever_the_blocks(monkeypatch, nbytes):
    monkeypatch.setattr(nearest, "BLOCK_NBYTES", nbytes)
    vectors, norms = matrix()
    found = list(nearest.nearest_to_each(vectors, norms, iter(queries()), 5))
    assert len(found) == 40
    for query, (rows, scores) in zip(queries(), found, strict=True):
        wanted_rows, wanted_scores = nearest.nearest(vectors, norms, query, 5)
        assert rows.tolist() == wanted_rows.tolist()
        np.testing.assert_allclose(scores, wanted_scores, atol=1e-6)


def test_queries_are_taken_when_they_are_needed(monkeypatch):
    vectors, norms = matrix()
    monkeypatch.setattr(nearest, "BLOCK_NBYTES", 4 * len(norms) * 3)
    taken = []
    found = nearest.nearest_to_each(
        vectors, norms, (taken.append(i) or q for i, q in enumerate(queries())), 1
    )
    next(found)
    assert taken == [0, 1, 2]


@pytest.mark.parametrize("n", range(1, 8))
def test_of_equal_values_the_first_comes_first_and_nan_last(n):
    values = np.array([1.0, np.nan, 3.0, 1.0, 3.0, np.nan, -np.inf])
    assert nearest.best_first(values, n).tolist() == [2, 4, 0, 3, 6, 1, 5][:n]


@pytest.mark.parametrize("size", [0, 1])
def test_more_can_be_asked_for_than_there_is(size):
    vectors, norms = np.ones((size, 3), np.float32), np.full(size, 3**0.5, np.float32)
    rows, scores = nearest.nearest(vectors, norms, np.ones(3, np.float32), 4)
    assert rows.tolist() == list(range(size))
    assert len(scores) == size


def test_products_are_gains_over_losses():
    vectors, norms = matrix()
    a, b, c = queries()[:3]
    halves = [(1 + vectors @ q / norms) / 2 for q in (a, b, c)]
    found = nearest.products(vectors, norms, [a, b], [c])
    np.testing.assert_allclose(found, halves[0] * halves[1] / (halves[2] + 1e-6), rtol=1e-5)
    np.testing.assert_allclose(nearest.products(vectors, norms, [a], []), halves[0], rtol=1e-5)


@pytest.mark.parametrize(
    ("clips", "wanted"),
    [
        ((0, None, None), (0, 9)),
        ((2, 5, None), (2, 5)),
        ((2, 0, None), (2, 9)),
        ((-3, None, None), (6, 9)),
        ((0, -2, None), (0, 7)),
        ((5, 2, None), (5, 5)),
        ((20, None, None), (9, 9)),
        ((3, 4, 7), (0, 7)),
        ((3, 4, 0), (3, 4)),
        ((0, None, 99), (0, 9)),
    ],
)
def test_rows_to_search_are_within_the_matrix(clips, wanted):
    rows = nearest.rows_to_search(9, *clips)
    assert (rows.start, rows.stop) == wanted
