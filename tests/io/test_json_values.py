"""Keys and plain values keep their types through JSON."""

import json
import math

import numpy as np
import pytest

from fastsgns.io import json_values

VALUES = [
    "word", "", "\ud800", "\0", 0, -1, 2**70, True, False, None, 0.1, -0.0, math.inf, b"",
    b"\x00\xff", (), ("a", 1), ("a", ("b", None)), [1, "x"], {"a": 1, 2: b"c"}, {1, 2},
    frozenset({"a"}),
    [[], {}],
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_with_its_type(value):
    text = json.dumps(json_values.encode(value))
    back = json_values.decode(json.loads(text))
    assert back == value
    assert type(back) is type(value)
    assert repr(back) == repr(value)


def test_nan_comes_back():
    assert math.isnan(json_values.decode(json_values.encode(math.nan)))


@pytest.mark.parametrize(
    ("value", "plain"),
    [(np.int64(5), 5), (np.float32(0.5), 0.5), (np.str_("a"), "a"), (np.bool_(True), True)],
)
def test_numpy_scalars_become_python_values(value, plain):
    back = json_values.decode(json_values.encode(value))
    assert back == plain
    assert type(back) is type(plain)


class Sub(str):
    __slots__ = ()


@pytest.mark.parametrize("value", [object(), Sub, np.array([None]), [object()], lambda: 0])
def test_what_would_not_come_back_is_refused(value):
    with pytest.raises(TypeError, match="cannot be saved"):
        json_values.encode(value)


def test_a_key_that_cannot_be_saved_is_named_with_its_place():
    with pytest.raises(TypeError, match=r"key 1: .* of type object cannot be saved"):
        json_values.encode_keys(["a", object()])


@pytest.mark.parametrize(
    "value",
    [
        5, None, True, [], {}, {"int": "5"}, {"int": True}, {"int": 1, "str": 2}, {"what": 1},
        {"bool": 1}, {"bytes": "zz"}, {"float": "x"}, {"tuple": "ab"}, {"dict": [1]}, {"none": 1},
        {"set": [{"list": []}]}, {"tuple": [5]},
    ],
    ids=repr,
)  # fmt: skip
def test_what_encode_does_not_write_is_a_value_error(value):
    with pytest.raises(ValueError, match=r"."):
        json_values.decode(value)


@pytest.mark.parametrize("values", [{}, "ab", [{"list": []}], [5]], ids=repr)
def test_what_are_no_keys_is_a_value_error(values):
    with pytest.raises(ValueError, match=r"."):
        json_values.decode_keys(values)


def test_keys_come_back_in_order():
    keys = ["b", "a", 3, None, b"x", ("a", 1), 1.5, True]
    back = json_values.decode_keys(json.loads(json.dumps(json_values.encode_keys(keys))))
    assert back == keys
    assert [type(key) for key in back] == [type(key) for key in keys]
