"""Values of many types to JSON and back, types kept; what a file may not make of them."""

import collections
import datetime
import enum
import uuid
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from fastsgns.io import json_values

UTC = datetime.UTC
Event = collections.namedtuple("Event", "page action")


class Colour(str, enum.Enum):  # noqa: UP042
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Word(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value",
    [
        1j, bytearray(b"ab"), range(3, 9, 2), Decimal("1.10"), Fraction(1, 3), uuid.UUID(int=5),
        datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4, 5, 6),
        datetime.datetime(2024, 1, 2, tzinfo=UTC), datetime.time(1, 2, 3),
        datetime.timedelta(days=-1, seconds=5), collections.Counter("aab"),
        collections.OrderedDict([("b", 1), ("a", 2)]), collections.defaultdict(int, a=1),
        collections.defaultdict(list, a=[1]), collections.deque([1, 2], 5), Path("a") / "b",
        np.datetime64("2024-01-02"), np.timedelta64(5, "s"),
        {datetime.date(2024, 1, 2): [uuid.UUID(int=1), (Decimal(1),)]},
    ],
    ids=repr,
)  # fmt: skip
def test_values_come_back_with_their_types(value):
    back = json_values.loads(json_values.dumps(json_values.encode(value), "value"))
    assert back == value
    assert type(back) is type(value)
    assert getattr(back, "default_factory", 0) == getattr(value, "default_factory", 0)
    assert getattr(back, "maxlen", 0) == getattr(value, "maxlen", 0)


@pytest.mark.parametrize(
    "array", [np.arange(6).reshape(2, 3), np.zeros((0, 4), "f2"), np.array("a"), np.array([1j])]
)
def test_arrays_within_other_values_come_back(array):
    back = json_values.loads(json_values.dumps(json_values.encode({"idf": array}), "value"))["idf"]
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert np.array_equal(back, array)
    assert back.flags.writeable


def test_named_tuples_come_back_with_their_names():
    back = json_values.loads(json_values.dumps(json_values.encode(Event("p", ("c", 1))), "value"))
    assert back == Event("p", ("c", 1))
    assert (back.page, type(back).__name__, hash(back)) == (
        "p",
        "Event",
        hash(Event("p", ("c", 1))),
    )


@pytest.mark.parametrize(
    ("value", "plain"),
    [(Colour.RED, "red"), (Word("cat"), "cat"), (Level.LOW, 1), (np.float64(0.5), 0.5)],
)
def test_texts_and_numbers_of_other_classes_are_saved_as_what_they_are(value, plain):
    back = json_values.loads(json_values.dumps(json_values.encode(value), "value"))
    assert back == plain
    assert type(back) is type(plain)


@pytest.mark.parametrize(
    "value",
    [object(), lambda: 0, collections.defaultdict(lambda: 5), np.array([None]), enum, [object()]],
    ids=["object", "lambda", "defaultdict of a lambda", "array of objects", "module", "list"],
)
def test_what_only_a_pickle_could_bring_back_is_refused(value):
    with pytest.raises(TypeError, match="cannot be saved"):
        json_values.encode(value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("date", "yesterday"), ("UUID", "5"), ("Decimal", "x"), ("range", [1, 2, 0]),
        ("Fraction", [1, 0]), ("ndarray", ["|O", [1], ""]), ("ndarray", ["<f4", [9], "AAAA"]),
        ("scalar", ["<i8", 5]), ("defaultdict", ["eval", {}]), ("complex", ["a", 1]),
        ("namedtuple", ["Event", ["__import__('os')"], [1]]), ("namedtuple", ["a b", ["x"], [1]]),
    ],
)  # fmt: skip
def test_what_is_not_written_is_a_value_error(name, content):
    with pytest.raises(ValueError, match=name):
        json_values.loads(json_values.dumps({f"={name}": json_values.encode(content)}, "value"))
