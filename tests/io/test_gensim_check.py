"""What gensim's format is given is what load() gives back; the rest is known before."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import io
import pathlib
import pickle
import uuid

import numpy as np
import pytest
import scipy.sparse

from fastsgns.io import gensim_attributes, gensim_check, gensim_pickle, gensim_writer
from fastsgns.io.errors import FormatError

UTC = datetime.timezone.utc  # noqa: UP017 (a timezone with a name of its own is below)
VALUES = {
    "counter": collections.Counter("banana"),
    "ordered": collections.OrderedDict(b=1, a=[2.5]),
    "deque": collections.deque([1, ("a",)], maxlen=5),
    "endless": collections.deque("ab"),
    "of ints": collections.defaultdict(int, a=3),
    "of lists": collections.defaultdict(list, a=[3]),
    "of sets": collections.defaultdict(set, a={3}),
    "of none": collections.defaultdict(None, a=3),
    "path": pathlib.Path("a/b c"),
    "pure": pathlib.PurePosixPath("/x"),
    "windows": pathlib.PureWindowsPath("C:/x"),
    "date": datetime.date(2024, 5, 17),
    "time": datetime.datetime(2024, 5, 17, 12, 30, 1, 5),
    "zone": datetime.datetime(2024, 5, 17, tzinfo=UTC),
    "named zone": datetime.time(1, tzinfo=datetime.timezone(datetime.timedelta(hours=-2), "home")),
    "delta": datetime.timedelta(days=-3, microseconds=7),
    "range": range(3, 30, 4),
    "complex": 1 - 2j,
    "slice": slice(1, None, 2),
    "decimal": decimal.Decimal("1.10"),
    "fraction": fractions.Fraction(-1, 3),
    "uuid": uuid.UUID(int=5),
    "by uuid": {uuid.UUID(int=7): uuid.UUID(int=8)},
    "bytes": bytearray(b"ab\xff"),
    "float": np.float32(1.5),
    "count": np.int64(3),
    "array": np.arange(3.0),
    "objects": np.array(["a", None, (1, 2)], dtype=object),
    "nested": [{"a": (collections.Counter("a"), {1, 2}, frozenset("b"))}],
}


def same(found, value):
    assert type(found) is type(value)
    if isinstance(value, np.ndarray):
        assert found.dtype == value.dtype and found.tolist() == value.tolist()
    else:
        assert found == value
    if isinstance(value, collections.deque):
        assert found.maxlen == value.maxlen
    if isinstance(value, collections.defaultdict):
        assert found.default_factory is value.default_factory


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("protocol", [0, 2, 3, 5])
def test_values_come_out_of_a_pickle_as_they_went_in(name, protocol):
    same(gensim_pickle.read_value(pickle.dumps(VALUES[name], protocol)), VALUES[name])
    assert gensim_check.gives_back(VALUES[name])


@pytest.mark.parametrize("name", VALUES)
def test_attributes_of_a_file_are_as_they_were(name):
    stored = gensim_attributes.stored_vectors({"index_to_key": [], "own": VALUES[name]})
    file = io.BytesIO()
    gensim_writer.write(file, stored)
    file.seek(0)
    same(vars(gensim_pickle.read(file))["own"], VALUES[name])


class Colour(enum.Enum):
    RED = 1


class Text(str):
    __slots__ = ()


class Graph:
    pass


Point = collections.namedtuple("Point", "x y")
REFUSED = {
    "enum": Colour.RED,
    "text": Text("a"),
    "point": Point(1, 2),
    "graph": Graph(),
    "function": same,
    "sparse": scipy.sparse.csr_matrix(np.eye(2)),
    "generator": np.random.default_rng(1),
    "matrix": np.eye(2).view(np.matrix),
    "inside": {"a": [Graph()]},
    "ndarray of datetime64[D]": np.zeros(2, "M8[D]"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_refused_is_named_before(name):
    assert not gensim_check.gives_back(REFUSED[name])
    left_out = gensim_check.unreadable({name: REFUSED[name], "plain": 5}, ())
    if name == "matrix":  # its numbers are kept, as an array
        assert left_out == {}
        return
    assert list(left_out) == [name]
    assert type(REFUSED[name]).__qualname__ in left_out[name]
    assert name in left_out[name]
    assert "left out" in left_out[name]
    assert gensim_check.unreadable({name: REFUSED[name]}, [name]) == {}


def test_what_cannot_be_pickled_is_an_error_that_says_how_to_go_on():
    with pytest.raises(TypeError, match=r"'act' cannot be pickled: .* ignore=\['act'\]"):
        gensim_check.unreadable({"act": lambda: 0})


@pytest.mark.parametrize("name", ["enum", "point"])
def test_keys_that_would_be_refused_are_an_error(name):
    keys = ["a", 5, ("a", 1), datetime.date(2024, 5, 17), REFUSED["text"], REFUSED[name]]
    gensim_check.unreadable({"index_to_key": keys[:-1]})
    with pytest.raises(TypeError, match="cannot be saved") as refusal:
        gensim_check.unreadable({"index_to_key": keys})
    assert type(REFUSED[name]).__qualname__ in str(refusal.value)
    assert gensim_check.unreadable({"index_to_key": keys}, ["index_to_key"]) == {}


def test_what_is_mapped_is_kept_as_the_array_that_it_is(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3.0))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert gensim_check.unreadable({"inside": {"a": [mapped]}, "itself": mapped}) == {}


@pytest.mark.parametrize("bits", [np.random.MT19937(3), np.random.PCG64(3)])
def test_random_generators_are_read_or_refused(bits):
    generator = np.random.RandomState(bits)
    generator.random(7)
    attributes = {"index_to_key": [], "vectors": np.zeros((0, 2)), "own": generator}
    is_refused = isinstance(bits, np.random.PCG64)
    assert list(gensim_check.unreadable(attributes)) == ["own"] * is_refused
    file = io.BytesIO()
    gensim_writer.write(file, gensim_attributes.stored_vectors(attributes))
    file.seek(0)
    stored = gensim_pickle.read(file)
    if is_refused:
        with pytest.raises(FormatError, match="'own' is a random generator of another kind"):
            gensim_attributes.vectors_of(stored, "place")
    else:
        found = gensim_attributes.vectors_of(stored, "place")["own"]
        assert found.random() == generator.random()


@pytest.mark.parametrize(
    "call",
    [
        b"cbuiltins\nbytearray\n(J\xff\xff\xff\x7ftR.",
        b"cfractions\nFraction\n(X\x0b\x00\x00\x001e999999999tR.",
        b"ccollections\ndeque\n(X\x01\x00\x00\x00atR.",
        b"cbuiltins\nrange\n(X\x01\x00\x00\x00atR.",
        b"cpathlib\nPosixPath\n(K\x05tR.",
    ],
)
def test_values_are_made_of_what_their_pickles_have(call):
    with pytest.raises(ValueError, match=r"not admitted|no fraction"):
        gensim_pickle.read_value(b"\x80\x03" + call)
