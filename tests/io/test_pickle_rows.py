"""Gensim's pickles are read without the dict that says again what their list of keys does."""

import io
import pickle
import sys
import types

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.io import _checks, gensim_pickle, gensim_writer, pickle_rows
from fastsgns.io.errors import FormatError
from fastsgns.io.gensim_names import KEYED_VECTORS, stored_class

WORDS = [f"w{i}" for i in range(70_000)]


@pytest.fixture
def pickled(monkeypatch):
    """Pickle vectors by Python's pickler, under gensim's name: in frames, as gensim does."""
    module = types.ModuleType("gensim.models.keyedvectors")
    module.KeyedVectors = type("KeyedVectors", (), {"__module__": module.__name__})
    for name in ("gensim", "gensim.models"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def make(words, rows=None, protocol=4, n_rows=None, **more):
        vectors = module.KeyedVectors()
        vectors.vector_size = 1
        vectors.index_to_key = words
        vectors.key_to_index = {w: i for i, w in enumerate(words)} if rows is None else rows
        vectors.vectors = np.arange(len(words), dtype=np.float32).reshape(-1, 1)
        vars(vectors).update(norms=None, expandos={}, mapfile_path="x" * 40, **more)
        return pickle.dumps(vectors, protocol)

    return make


def read_both_ways(data, monkeypatch):
    """Return what a pickle gives; it must be what it gives as it stands."""
    short = gensim_pickle.read(io.BytesIO(data))
    with monkeypatch.context() as patch:
        patch.setattr(pickle_rows, "shortened", lambda file: None)
        whole = gensim_pickle.read(io.BytesIO(data))
    assert list(short.key_to_index.items()) == list(whole.key_to_index.items())
    assert short.index_to_key == whole.index_to_key
    assert np.array_equal(short.vectors, whole.vectors)
    assert vars(short).keys() == vars(whole).keys()
    return short


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("n", [1000, 1001, 1999, 2000, 2001, 70_000])
def test_the_rows_of_usual_files_are_made_of_their_keys(pickled, monkeypatch, protocol, n):
    data = pickled(WORDS[:n], protocol=protocol)
    short = pickle_rows.shortened(io.BytesIO(data))
    assert short.n_keys == n
    assert len(short.stream.read()) < 0.75 * len(data)
    read = read_both_ways(data, monkeypatch)
    assert read.key_to_index == {word: row for row, word in enumerate(WORDS[:n])}
    assert KeyedVectors.load(io.BytesIO(data)).get_index(WORDS[n - 1]) == n - 1


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_so_are_those_that_we_write(monkeypatch, protocol, tmp_path):
    stored = stored_class(KEYED_VECTORS, "vectors")()
    rows = {word: row for row, word in enumerate(WORDS)}
    vectors = np.ones((len(WORDS), 2), np.float32)
    vars(stored).update(index_to_key=WORDS, key_to_index=rows, vectors=vectors, expandos={})
    file = io.BytesIO()
    gensim_writer.write(file, stored, protocol=protocol)
    assert pickle_rows.shortened(file).n_keys == len(WORDS)
    assert read_both_ways(file.getvalue(), monkeypatch).key_to_index == rows
    model = Word2Vec([WORDS[:3000]] * 2, vector_size=2, min_count=1, workers=1)
    model.save(tmp_path / "m", format="gensim", pickle_protocol=protocol)
    with (tmp_path / "m").open("rb") as whole:
        assert pickle_rows.shortened(whole).n_keys == 3000
    assert Word2Vec.load(tmp_path / "m").wv.key_to_index == model.wv.key_to_index
    assert KeyedVectors.load(tmp_path / "m").key_to_index == model.wv.key_to_index


def usual():
    return {word: row for row, word in enumerate(WORDS[:2000])}


@pytest.mark.parametrize(
    "rows",
    [
        dict(reversed(usual().items())),
        usual() | {"w7": 8, "w8": 7},
        {word: row for word, row in usual().items() if row != 5},
        usual() | {"more": 5},
        dict(list(usual().items())[:-1]),
    ],
    ids=["another order", "exchanged", "one is missing", "one more", "the last is missing"],
)
def test_what_is_not_usual_is_read_as_it_stands(pickled, monkeypatch, rows):
    data = pickled(WORDS[:2000], rows)
    assert read_both_ways(data, monkeypatch).key_to_index == rows


@pytest.mark.parametrize(
    "words",
    [
        [("a", i) for i in range(2000)],
        [*range(2000)],
        ["key_to_index", *WORDS[:2000]],
        [*WORDS[:1500], "vectors", *WORDS[1500:2000]],
        WORDS[:999],
        [*WORDS[:2000], "a" * 200_000],
        [f"ü{word}" for word in WORDS[:2000]],
        [f"key_to_index{i}" for i in range(2000)],
    ],
    ids=["tuples", "numbers", "the name", "another name", "few", "long", "not ASCII", "the names"],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_keys_of_any_kind_come_back(pickled, monkeypatch, words, protocol):
    for given in (words, [sys.intern(word) if isinstance(word, str) else word for word in words]):
        read = read_both_ways(pickled(given, protocol=protocol), monkeypatch)
        assert read.index_to_key == given


def test_keys_twice_are_an_error_as_ever(pickled):
    again = "".join(["w", "5"])  # equal, and another object
    words = [*WORDS[:2000], again]
    data = pickled(words, dict.fromkeys(words, 0) | {w: i for i, w in enumerate(words)})
    with pytest.raises(FormatError, match="2001 keys, but only 2000 different ones"):
        KeyedVectors.load(io.BytesIO(data))


def test_damage_gives_what_it_gives_as_it_stands(pickled, monkeypatch):
    draw = np.random.default_rng(3)
    good = pickled(WORDS[:1500])
    begin = good.index(b"key_to_index")
    for _ in range(150):
        data = bytearray(good)
        for at in draw.integers(begin, len(data), 2).tolist():
            data[at] = int(draw.integers(256))
        data = bytes(data[: int(draw.integers(begin, 2 * len(data)))])
        told = []
        for whole in (False, True):
            with monkeypatch.context() as patch:
                if whole:
                    patch.setattr(pickle_rows, "shortened", lambda file: None)
                try:
                    read = KeyedVectors.load(io.BytesIO(data))
                    told.append((read.index_to_key, read.key_to_index, read.vectors.tolist()))
                except Exception as error:
                    told.append((type(error), str(error)))
        assert told[0] == told[1]


class Short(io.BytesIO):
    """A file that gives less than it is asked for, as an unbuffered one may."""

    def readinto(self, buffer):
        return super().readinto(memoryview(buffer)[:1000])


def test_a_file_that_gives_less_than_it_is_asked_for_is_read_as_it_stands(pickled):
    data = pickled(WORDS[:2000])
    assert pickle_rows.shortened(io.BytesIO(data)) is not None
    assert pickle_rows.shortened(Short(data)) is None
    assert KeyedVectors.load(Short(data)).index_to_key == WORDS[:2000]


@pytest.mark.parametrize("n_bytes", [0, 100, 1 << 21, (1 << 21) + 1, 5 << 20])
def test_what_has_no_such_dict_is_read_to_its_end_and_no_further(n_bytes):
    assert pickle_rows.shortened(io.BytesIO(bytes(n_bytes))) is None


def test_pairs_are_walked_over_within_their_bytes():
    pairs = b"".join(b"h" + bytes([i + 3]) + b"K" + bytes([i]) for i in range(5))
    data = pairs + b"u" + bytes(40)
    assert _checks.pairs_in_order(data, 0) == (4, 16, 5)
    for n in range(len(pairs) + 20):
        assert _checks.pairs_in_order(data[:n], 0) is None
    assert _checks.pairs_in_order(data, 10**6) is None
    with pytest.raises(ValueError, match="byte -1"):
        _checks.pairs_in_order(data, -1)
