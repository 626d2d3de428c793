"""What a question may be made of."""

import numpy as np
import pytest

from fastsgns.vectors import query

VECTOR = np.ones(3)


@pytest.mark.parametrize(
    ("argument", "items"),
    [
        (None, []),
        ("a", ["a"]),
        (7, [7]),
        (np.int64(7), [7]),
        (["a", 7], ["a", 7]),
        ([], []),
        (VECTOR, [VECTOR]),
        (np.ones((2, 3)), [VECTOR, VECTOR]),
    ],
)
def test_one_or_several_become_a_list(argument, items):
    found = query.items_of(argument, "positive")
    assert len(found) == len(items)
    assert all(np.array_equal(a, b) for a, b in zip(found, items, strict=True))


@pytest.mark.parametrize(
    ("argument", "error", "message"),
    [
        (("a", 2.0), TypeError, r"negative must be a key, .* got \('a', 2.0\)"),
        ({"a"}, TypeError, "negative must be a key"),
        (np.float32(2), TypeError, "negative must be a key"),
        (np.array(2.0), TypeError, "negative must be a key"),
        (np.ones((1, 2, 3)), ValueError, "negative must be an array of 1 or 2 dimensions, got 3"),
    ],
)
def test_what_is_neither_is_refused_by_name(argument, error, message):
    with pytest.raises(error, match=message):
        query.items_of(argument, "negative")


def test_items_have_the_sign_of_their_side_or_a_weight_of_their_own():
    found = query.weighted_items(["a", ("b", 0.5), ["c", -2]], "d", set())
    assert found == (["a", "b", "c", "d"], [1.0, 0.5, -2.0, -1.0])


def test_keys_of_any_type_are_known_by_looking():
    assert query.weighted_items([None, 2.5, b"x"], None, {None, 2.5, b"x"})[0] == [None, 2.5, b"x"]
    with pytest.raises(TypeError, match=r"a pair with a weight, got 2\.5"):
        query.weighted_items([2.5], None, set())


@pytest.mark.parametrize("topn", [2.5, "10", [1]])
def test_topn_is_a_number_of_answers(topn):
    with pytest.raises(TypeError, match="topn must be an int or None, got"):
        query.check_topn(topn)
