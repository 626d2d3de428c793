"""Where keys that are added go, and what becomes of their attributes."""

import numpy as np
import pytest

from fastsgns.vectors import edits

KNOWN = {"a": 0, "b": 1}


def test_new_keys_go_behind_and_known_ones_keep_what_they_have():
    placed = edits.placement(["b", "x", "y", "x"], KNOWN, 5, replace=False)
    assert placed == edits.Placement({"x": 5, "y": 6}, 7, rows=[5, 6], places=[1, 2])


def test_with_replace_what_comes_last_is_taken():
    placed = edits.placement(["b", "x", "b", "x"], KNOWN, 2, replace=True)
    assert placed.new_keys == {"x": 2}
    assert dict(zip(placed.rows, placed.places, strict=True)) == {1: 2, 2: 3}


def test_rows_grow_by_the_new_keys():
    vectors = np.arange(4.0).reshape(2, 2)
    placed = edits.placement(["b", "x"], KNOWN, 2, replace=True)
    grown = edits.with_rows(vectors, placed, np.array([[7.0, 7], [8, 8]]))
    assert grown.tolist() == [[0, 1], [7, 7], [8, 8]]
    assert vectors.tolist() == [[0, 1], [2, 3]]


def test_an_order_of_equal_counts_is_reversed_but_one_that_descends_is_left():
    assert edits.descending_order(np.array([5, 9, 5, 9])).tolist() == [3, 1, 2, 0]
    assert edits.descending_order(np.array([9, 9, 5, 5])) is None
    assert edits.descending_order(np.array([])) is None


@pytest.mark.parametrize(
    ("wanted", "dtype"),
    [
        (int, np.int64),
        (float, np.float64),
        (bool, np.bool_),
        (np.float32, np.float32),
        (str, object),
        (bytes, object),
        (list, object),
        ("U5", object),
        (np.dtype("i4"), np.int32),
    ],
)
def test_attributes_are_stored_as_what_holds_any_value_of_their_type(wanted, dtype):
    assert edits.attribute_dtype(wanted) == np.dtype(dtype)


def test_an_attribute_is_made_as_long_as_the_keys():
    assert edits.attribute("n", int, None, 2).tolist() == [0, 0]
    prior = np.array([4, 5])
    assert edits.attribute("n", int, prior, 2) is prior
    assert edits.attribute("n", int, prior, 3).tolist() == [4, 5, 0]
    assert edits.attribute("n", int, prior, 1).tolist() == [4]
    with pytest.raises(TypeError, match="attribute n, conflicts with its existing type int64"):
        edits.attribute("n", float, prior, 2)


def test_attributes_given_must_fit_the_keys():
    there = {"n": np.zeros(4, np.int32)}
    found = edits.checked_attributes({"n": [1, 2], "m": ["x", "y"]}, 2, there)
    assert found["n"].dtype == np.int32
    assert found["m"].tolist() == ["x", "y"]
    with pytest.raises(ValueError, match=r"extras\['m'\].* each of the 2 keys, got shape \(3,\)"):
        edits.checked_attributes({"m": [1, 2, 3]}, 2, there)
    with pytest.raises(TypeError):
        edits.checked_attributes({"n": ["x", "y"]}, 2, there)
