"""What is searched and what is best, on arrays. The search itself is in test_search.py."""

import numpy as np
import pytest

from fastsgns.vectors import nearest


def matrix(n=300, size=12, seed=0):
    vectors = np.random.default_rng(seed).standard_normal((n, size)).astype(np.float32)
    return vectors, np.linalg.norm(vectors, axis=1)


def queries(n=40, size=12):
    vectors, norms = matrix(n, size, seed=1)
    return vectors / norms[:, np.newaxis]


@pytest.mark.parametrize("n", range(1, 8))
def test_of_equal_values_the_first_comes_first_and_nan_last(n):
    values = np.array([1.0, np.nan, 3.0, 1.0, 3.0, np.nan, -np.inf])
    assert nearest.best_first(values, n).tolist() == [2, 4, 0, 3, 6, 1, 5][:n]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cosines_have_the_type_of_what_goes_in(dtype):
    vectors, norms = matrix()
    query = queries()[0].astype(dtype)
    field = nearest.field(vectors, slice(20, 300))
    found = nearest.cosines(field, vectors, query)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, (vectors @ query / norms)[20:], atol=1e-6)


def searched(field):
    """Give the rows of a field that answer a query, in order, by looking at all."""
    found = field.rows.nearest(queries()[:1], 1000)
    return sorted(row for row, _ in field.keys_at(*found, range(300)))


def test_a_part_of_the_rows_is_searched():
    vectors, _ = matrix()
    field = nearest.field(vectors, slice(100, 110))
    assert searched(field) == list(range(100, 110))
    assert field.places_of([99, 105, 110, 100]) == [5, 0]
    without = nearest.field(vectors, slice(100, 110), without=[3, 105, 105, 109])
    assert searched(without) == [100, 101, 102, 103, 104, 106, 107, 108]
    assert searched(nearest.field(vectors, slice(100, 110), without=[3])) == searched(field)


def test_chosen_rows_of_a_part_are_searched_once_each():
    vectors, _ = matrix()
    field = nearest.field(vectors, slice(0, 200), among=[7, 150, 7, 250, 3], without=[150, 9])
    assert field.among == [7, 3]
    assert searched(field) == [3, 7]
    assert field.places_of([3, 150]) == [1]
    assert field.keys_at([1, 0], [0.5, 0.25], range(300)) == [(3, 0.5), (7, 0.25)]
    assert searched(nearest.field(vectors, slice(0, 200), among=[])) == []


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
