"""Lengths, means and cosines, on arrays."""

import numpy as np
import pytest

from fastsgns.vectors import compare


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (7, 0), (3, 60_000), (1000, 300)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_row_norms_are_numpys(shape, dtype):
    rows = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    found = compare.row_norms(rows)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, np.linalg.norm(rows, axis=1), rtol=1e-5)


@pytest.mark.parametrize("d", [1, 7, 8, 9, 50, 128, 129, 136, 257, 300, 1000])
def test_lengths_of_float32_are_numpys_to_the_bit(d):
    wide = np.random.default_rng(0).standard_normal((40, 2 * d), dtype=np.float32)
    for rows in (wide[:, :d], wide[::-3, d:]):
        assert compare.row_norms(rows).tolist() == np.linalg.norm(rows, axis=1).tolist()


@pytest.mark.parametrize("scale", [1e-44, 1e-30, 1e-16, 1e19, 1e37])
def test_lengths_far_from_one_lose_no_digits(scale):
    rows = (np.random.default_rng(0).standard_normal((9, 20)) * scale).astype(np.float32)
    wanted = np.linalg.norm(rows.astype(np.float64), axis=1).astype(np.float32)
    assert compare.row_norms(rows).tolist() == wanted.tolist()


def test_a_unit_vector_keeps_its_dtype_and_zeros_stay():
    found = compare.unit_vector(np.array([3, 4], np.float32))
    assert found.dtype == np.float32
    assert found.tolist() == pytest.approx([0.6, 0.8])
    assert compare.unit_vector(np.zeros(2)).tolist() == [0, 0]
    assert compare.cosine(np.zeros(2), np.ones(2)) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mean_is_divided_by_the_absolute_weights(dtype):
    vectors, weights = np.array([[5, 5], [1, 0], [0, 3]], dtype), np.array([2.0, -1.0], dtype)
    wanted = pytest.approx([2 / 3, -1])
    assert compare.weighted_mean(vectors, [1, 2], weights).tolist() == wanted
    given = zip(weights, vectors[1:], strict=True)
    assert compare.weighted_mean(vectors, [], weights[:0], given).tolist() == wanted
    given = [(-1.0, vectors[2])]
    assert compare.weighted_mean(vectors, [1], weights[:1], given).tolist() == wanted
    scaled = compare.weighted_mean(vectors, [1, 2], weights, scaled=True)
    assert scaled.tolist() == pytest.approx([2 / 3, -1 / 3])
    assert compare.weighted_mean(vectors, [], weights[:0]).tolist() == [0, 0]


@pytest.mark.parametrize("dtype", ["i1", "u1", "f2", "f4", "i8"])
@pytest.mark.parametrize("weight", [-1, 2, 300, 1e5])
def test_given_vectors_of_narrow_numbers_are_multiplied_in_wide_ones(dtype, weight):
    for vectors in (np.eye(2, 3, dtype=np.float32), np.eye(2, 3, dtype=np.float64)):
        given = [(weight, np.array([100, 1, 0], dtype))]
        wanted = (vectors[1] + weight * np.array([100.0, 1, 0])) / (1 + abs(weight))
        found = compare.weighted_mean(vectors, [1], [1], given)
        assert found.dtype == vectors.dtype
        assert found.tolist() == pytest.approx(wanted.tolist())


def test_what_cancels_out_leaves_nothing():
    vectors = np.random.default_rng(0).standard_normal((1, 50)).astype(np.float32)
    weights = np.array([0.1, -0.1], np.float32)
    for scaled in (False, True):
        assert not compare.weighted_mean(vectors, [0, 0], weights, scaled=scaled).any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rows_are_divided_by_their_lengths_wherever_they_lie(dtype):
    wide = np.random.default_rng(0).standard_normal((9, 14)).astype(dtype)
    for vectors in (wide, wide[:, :5], wide[::-2], np.asfortranarray(wide)):
        wanted = vectors[[3, 0, 3]].astype(np.float64)
        wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
        found = compare.scaled_rows(vectors, [3, 0, 3])
        assert found.dtype == np.result_type(dtype, np.float32)
        np.testing.assert_allclose(found, wanted, rtol=2e-3 if dtype == np.float16 else 1e-6)


def test_rows_that_are_not_there_are_refused():
    vectors = np.ones((3, 2), np.float32)
    for row in (3, -1):
        with pytest.raises(ValueError, match=rf"row {row} is outside 0\.\.2"):
            compare.scaled_rows(vectors, [0, row])
        with pytest.raises(ValueError, match=rf"row {row} is outside 0\.\.2"):
            compare.weighted_mean(vectors, [row], np.ones(1, np.float32))


def test_rows_are_scaled_as_single_vectors_are():
    rows = np.random.default_rng(0).standard_normal((40, 33)).astype(np.float32)
    rows[3] = 0
    assert compare.unit_rows(rows).tolist() == [compare.unit_vector(row).tolist() for row in rows]


@pytest.mark.parametrize("d", [1, 7, 8, 9, 100])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_cosines_are_those_of_double_precision(d, dtype):
    rows = np.random.default_rng(0).standard_normal((30, 2 * d)).astype(dtype)
    rows[7] = 0
    for matrix in (rows[:, :d], np.asfortranarray(rows[:, :d]), rows[:, ::2]):
        wide = matrix.astype(np.float64)
        lengths = np.linalg.norm(wide, axis=1)
        lengths[7] = 1
        wanted = wide @ wide[3] / lengths / lengths[3]
        near = {"rtol": 0, "atol": 3e-7}
        np.testing.assert_allclose(compare.cosines_with(matrix[3], matrix), wanted, **near)
        found = compare.cosines_of_rows(matrix, [9, 7, 9], matrix[3])
        np.testing.assert_allclose(found, wanted[[9, 7, 9]], **near)
        assert compare.cosine(matrix[3], matrix[9]) == pytest.approx(wanted[9], abs=3e-7)


def test_a_vector_is_like_itself():
    rows = np.random.default_rng(0).standard_normal((50, 33), dtype=np.float32)
    assert {compare.cosine(row, row) for row in rows * np.float32(1e-30)} == {1}


@pytest.mark.parametrize("vector", [np.ones(3, np.float32), np.ones((1, 2), np.float32)])
def test_vectors_of_other_shapes_have_no_cosine(vector):
    with pytest.raises(ValueError, match="shape"):
        compare.cosine(np.ones(2, np.float32), vector)
    with pytest.raises(ValueError, match="rows of 2 numbers"):
        compare._rows.cosines(np.ones((2, 2), np.float32), None, np.ones(3, np.float32))


def test_a_mean_is_as_wide_as_an_array_of_weights():
    vectors = np.random.default_rng(0).standard_normal((5, 9), dtype=np.float32)
    listed = compare.weighted_mean(vectors, [1, 4], [2, -0.5])
    assert listed.dtype == np.float32
    for dtype, wide in ((np.float16, np.float32), (np.float32, np.float32), (int, np.float64)):
        found = compare.weighted_mean(vectors, [1, 4], np.array([2, -3], dtype))
        assert found.dtype == wide
        np.testing.assert_allclose(found, (2 * vectors[1] - 3 * vectors[4]) / 5, rtol=1e-6)


def test_weights_are_one_a_key():
    assert compare.checked_weights((1, 2), 2, np.float32).dtype == np.float32
    assert compare.checked_weights([1, 2.5], 2, np.float32) == [1, 2.5]
    assert compare.checked_weights([True, np.float64(2)], 2, np.float32).tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"got 3 keys and weights of shape \(2,\)"):
        compare.checked_weights([1, 2], 3, np.float32)


def test_the_most_central_comes_first():
    vectors = np.array([[1, 0], [1, 0.1], [0, 1]], np.float32)
    found = compare.by_centrality(vectors, ["a", "b", "c"])
    assert [key for _, key in found] == ["b", "a", "c"]
