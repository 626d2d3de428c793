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


def back_from(value):
    return json_values.loads(json_values.dumps(json_values.encode(value), "value"))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_with_its_type(value):
    back = back_from(value)
    assert back == value
    assert type(back) is type(value)
    assert repr(back) == repr(value)


def test_nan_comes_back():
    assert math.isnan(back_from(math.nan))


@pytest.mark.parametrize(
    ("value", "plain"),
    [(np.int64(5), 5), (np.float32(0.5), 0.5), (np.str_("a"), "a"), (np.bool_(True), True)],
)
def test_numpy_scalars_become_python_values(value, plain):
    back = back_from(value)
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
        json_values.dumps_keys(["a", object()])


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "NaN", "[Infinity]", "1e999", '{"a":1,"a":2}', '{"=int":5}', '{"=bytes":"zz"}',
        '{"=float":"0"}', '{"=float":1}', '{"=tuple":"ab"}', '{"=dict":[1]}', '{"=dict":[[],1]}',
        '{"=set":[[]]}', '{"=set":[],"a":1}', '{"a":1,"=b":2}', "[" * 100_000, '{"=":1}',
        "[" + "[]," * 10**6 + "1]", "[" + "{}," * 10**6 + "1]", "[" + '{"=set":[]},' * 10**6 + "1]",
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_not_written_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        json_values.loads(text.encode())


@pytest.mark.parametrize("values", [{}, "ab", [[]], [{}]], ids=repr)
def test_what_are_no_keys_is_a_value_error(values):
    with pytest.raises(ValueError, match=r"."):
        json_values.check_keys(values)


def tuple_of(depth):
    made = ()
    for _ in range(depth):
        made = (made,)
    return made


def test_what_could_not_be_read_back_is_not_written():
    deep = []
    for _ in range(json_values.MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(TypeError, match="more than 100 deep"):
        json_values.encode(deep)
    assert back_from(deep[0]) == deep[0]
    assert json_values.loads(json_values.dumps_keys([tuple_of(100)])) == [tuple_of(100)]
    with pytest.raises(TypeError, match="the value cannot be written"):
        json_values.dumps([[]] * 10**6, "value")


@pytest.mark.parametrize("depth", [103, 1000, 100_000])
@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}"), ('{"=tuple":[', "]}")])
def test_what_is_deeper_than_what_is_written_is_a_value_error(begin, end, depth):
    text = begin * depth + "[]" + end * depth
    with pytest.raises(ValueError, match=f"more than {json_values.MAX_DEPTH} deep"):
        json_values.loads(text.encode())


def test_brackets_in_words_are_no_lists():
    for word in ("[x]", '"[x', "\\{"):
        words = [word] * 10**6
        assert json_values.loads(json_values.dumps(words, "words")) == words


@pytest.mark.parametrize("wrap", [int, lambda key: (key,), lambda key: ("a", (key,))])
def test_keys_that_collide_are_refused_and_equal_ones_are_not(wrap):
    keys = [wrap(key) for key in range(0, (2**61 - 1) * 1000, 2**61 - 1)]
    with pytest.raises(ValueError, match="the same hash"):
        json_values.check_keys(keys)
    with pytest.raises(ValueError, match="the same hash"):
        json_values.loads(json_values.dumps(json_values.encode(dict.fromkeys(keys)), "keys"))
    json_values.check_keys([*keys[:100], *[None] * 1000, *range(10**5)])


def test_keys_come_back_in_order():
    keys = ["b", "a", 3, None, b"x", ("a", 1), 1.5, True]
    data = json_values.dumps_keys(keys)
    back = json_values.check_keys(json_values.loads(data))
    assert back == keys
    assert [type(key) for key in back] == [type(key) for key in keys]


@pytest.mark.parametrize(
    "keys",
    [
        ["a"],
        ["a", "b c", "", "é", "\u2028", "\ud800", "\x7f"],
        ['a"', '","'],
        ["\\"],
        ["a\nb"],
        [""],
        [],
    ],
)
def test_texts_are_written_as_json_writes_them(keys):
    text = json.dumps(keys, ensure_ascii=False, separators=(",", ":"))
    assert json_values.dumps_keys(keys) == text.encode("utf-8", "surrogatepass")
