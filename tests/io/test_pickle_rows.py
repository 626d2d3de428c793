"""Gensim's pickles are read without their keys, rows and paths, which compiled code takes."""

import io
import pickle
import sys
import types

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec, info
from fastsgns.io import _checks, _keys, gensim_pickle, gensim_writer, pickle_rows
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
        vars(vectors).update({"norms": None, "expandos": {}, "mapfile_path": "x" * 3000} | more)
        return pickle.dumps(vectors, protocol)

    return make


def read_both_ways(data, monkeypatch):
    """Return what a pickle gives; it must be what it gives as it stands."""
    short = gensim_pickle.read(io.BytesIO(data))
    with monkeypatch.context() as patch:
        patch.setattr(pickle_rows, "shortened", lambda file: None)
        whole = gensim_pickle.read(io.BytesIO(data))
    assert list(short.key_to_index.items()) == list(whole.key_to_index.items())
    assert said(vars(short)) == said(vars(whole))
    return short


def said(value, known=None):
    """Return all that there is to say of a value: types, content, and which values are the same."""
    known = {} if known is None else known
    if isinstance(value, (str, bytes, int, float, type(None))):
        return (
            value if type(value) in (str, bytes, int, float, type(None)) else (type(value), value)
        )
    if id(value) in known:
        return known[id(value)]
    known[id(value)] = len(known)
    if isinstance(value, np.ndarray):
        content = value.tolist()
        if value.dtype.hasobject:
            content = [said(item, known) for item in value.ravel()]
        return "array", value.dtype.str, value.shape, value.flags.writeable, content
    if isinstance(value, dict):
        return dict, [(said(key, known), said(item, known)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [said(item, known) for item in value]
    return type(value).__name__, said(vars(value), known)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("n", [1000, 1001, 1999, 2000, 2001, 70_000])
def test_the_rows_of_usual_files_are_made_of_their_keys(pickled, monkeypatch, protocol, n):
    data = pickled(WORDS[:n], protocol=protocol)
    short = pickle_rows.shortened(io.BytesIO(data))
    assert short.keys == WORDS[:n]
    assert len(short.stream.read()) < 0.5 * len(data)
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
    assert pickle_rows.shortened(file).keys == WORDS
    assert read_both_ways(file.getvalue(), monkeypatch).key_to_index == rows
    model = Word2Vec([WORDS[:3000]] * 2, vector_size=2, min_count=1, workers=1)
    model.save(tmp_path / "m", format="gensim", pickle_protocol=protocol)
    with (tmp_path / "m").open("rb") as whole:
        assert len(pickle_rows.shortened(whole).keys) == 3000
    assert Word2Vec.load(tmp_path / "m").wv.key_to_index == model.wv.key_to_index
    assert KeyedVectors.load(tmp_path / "m").key_to_index == model.wv.key_to_index


@pytest.mark.parametrize("protocol", range(6))
def test_what_python_pickled_is_told_and_read_whatever_the_protocol(pickled, protocol, tmp_path):
    (tmp_path / "kv").write_bytes(pickled(WORDS[:3], protocol=protocol))
    assert info(tmp_path / "kv").format == "gensim"
    assert KeyedVectors.load_any(tmp_path / "kv").index_to_key == WORDS[:3]


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
        [*WORDS[:2000], "a" * 600_000],
        [f"ü{word}" for word in WORDS[:2000]],
        [*WORDS[:1500], *map(chr, range(1, 300)), "", "\ud800", "😀", "<", "|"][:-2],
        [*WORDS[:2000], "u", "e", "a", "s"],
        [f"key_to_index{i}" for i in range(2000)],
    ],
    ids=[
        "tuples",
        "numbers",
        "the name",
        "another name",
        "few",
        "long",
        "longer",
        "not ASCII",
        "characters",
        "opcodes",
        "the names",
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_keys_of_any_kind_come_back(pickled, monkeypatch, words, protocol):
    for given in (words, [sys.intern(word) if isinstance(word, str) else word for word in words]):
        read = read_both_ways(pickled(given, protocol=protocol), monkeypatch)
        assert read.index_to_key == given


def test_texts_that_look_like_the_keys_are_looked_at_as_often_as_is_sensible(pickled, monkeypatch):
    fake = pickle.SHORT_BINUNICODE + b"\x12index_to_keyq\1]q\1(" + pickle.POP
    data = pickled(WORDS[:1500], protocol=2)
    begin = data.index(pickle.EMPTY_DICT) + 3
    for n, is_taken in ((900, True), (1001, False)):
        with_fakes = data[:begin] + n * fake + data[begin:]
        assert (pickle_rows.shortened(io.BytesIO(with_fakes)) is not None) == is_taken
        read_both_ways(with_fakes, monkeypatch)


def test_keys_twice_are_an_error_as_ever(pickled):
    again = "".join(["w", "5"])  # equal, and another object
    words = [*WORDS[:2000], again]
    data = pickled(words, dict.fromkeys(words, 0) | {w: i for i, w in enumerate(words)})
    with pytest.raises(FormatError, match="2001 keys, but only 2000 different ones"):
        KeyedVectors.load(io.BytesIO(data))


def test_damage_gives_what_it_gives_as_it_stands(pickled, monkeypatch):
    draw = np.random.default_rng(3)
    good = pickled(WORDS[:1500], expandos={"code": codes(1500)})
    for _ in range(300):
        data = bytearray(good)
        begin = int(draw.choice([0, good.index(b"key_to_index"), good.index(b"expandos")]))
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
                    told.append(said(vars(read) | {"lifecycle_events": None}))
                except Exception as error:
                    told.append((type(error), str(error)))
        assert told[0] == told[1]


def test_a_frame_that_does_not_fit_is_an_error_as_it_stands(pickled):
    data = pickled(WORDS[:2000])
    at = data.index(b"w1700") - 1
    lost = data[:at] + b"\4x700" + data[at + 6 :]  # a byte, and all is a pickle yet
    with pytest.raises(FormatError, match="byte 2 announces"):
        KeyedVectors.load(io.BytesIO(lost))


class Short(io.BytesIO):
    """A file that gives less than it is asked for, as an unbuffered one may."""

    def readinto(self, buffer):
        return super().readinto(memoryview(buffer)[:1000])


def test_a_file_that_gives_less_than_it_is_asked_for_is_read_too(pickled):
    data = pickled(WORDS[:2000])
    assert KeyedVectors.load(Short(data)).index_to_key == WORDS[:2000]


@pytest.mark.parametrize("n_bytes", [0, 100, 1 << 21, (1 << 21) + 1, 5 << 20])
def test_what_has_no_such_dict_is_read_to_its_end_and_no_further(n_bytes):
    assert pickle_rows.shortened(io.BytesIO(bytes(n_bytes))) is None


@pytest.mark.parametrize("walk", [_keys.texts_in_list, _checks.pairs_in_order])
def test_texts_and_pairs_are_walked_over_a_piece_at_a_time(walk):
    frame = b"\x95" + bytes(8)
    texts = [b"\x8c\x03wo%c\x94" % (48 + i) for i in range(9)]
    pairs = [b"h" + bytes([i + 3]) + b"K" + bytes([i]) for i in range(9)]
    parts, end = (texts, b"e") if walk is _keys.texts_in_list else (pairs, b"u")
    alone = b"a" if end == b"e" else b"s"
    batches = frame.join([*parts[:4], end + b"(", *parts[4:8], end])
    for tail, n_left in ((b"N" + bytes(99), 0), (parts[8] + frame + alone + bytes(99), 1)):
        data = batches + tail
        for n in (len(data), 90, 70):
            n_done, position, is_end, texts, filler = 0, 0, False, [], bytearray()
            while not is_end:
                piece = data[position : position + n]
                if walk is _keys.texts_in_list:
                    at, is_end = walk(piece, 3, texts, filler)
                    n_done = len(texts)
                else:
                    at, n_done, is_end = walk(piece, 3, n_done)
                assert at or is_end
                position += at
            assert n_done == 8 + n_left
            assert position == len(data) - 99 - (n_left == 0)
        assert len(filler) == len(texts)
    for n in range(40):
        assert not walk(data[:n], 3, *(([], bytearray()) if end == b"e" else (0,)))[-1]


# ---------------------------------------------------------------- paths


def objects(values):
    array = np.empty(len(values), object)
    for i, value in enumerate(values):
        array[i] = value
    return array


def codes(n, dtype=np.uint8):
    """Make a different array for each word, of 2 to 20 values."""
    draw = np.random.default_rng(n)
    return objects([draw.integers(0, 2, size).astype(dtype) for size in draw.integers(2, 20, n)])


def points(n):
    """Make an array for each word, and the same for some: leaves that have one parent."""
    made = codes(n, np.uint32)
    made[1:-1:3] = made[2::3][: len(made[1:-1:3])]
    return made


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("n", [1000, 1001, 2000, 2001, 20_000])
def test_paths_come_back_as_they_are(pickled, monkeypatch, protocol, n):
    counts = np.arange(n, dtype=np.uint32)
    given = {"count": counts, "code": codes(n), "point": points(n), "last": objects([None] * n)}
    data = pickled(WORDS[:n], expandos=given, protocol=protocol)
    short = pickle_rows.shortened(io.BytesIO(data))
    if protocol == 4:  # of gensim 4
        assert len(short.paths) == 2
        assert all(n - 100 < len(paths.places) < n for paths in short.paths.values())
        assert len(short.stream.read()) < 0.5 * len(data)
    read = read_both_ways(data, monkeypatch)
    assert said(read.expandos) == said(given)
    read.expandos["code"][5][:] = 1


@pytest.mark.parametrize("protocol", [3, 4])
def test_so_do_those_that_we_write(monkeypatch, protocol, tmp_path):
    model = Word2Vec([WORDS[:3000]] * 2, vector_size=2, min_count=1, workers=1, hs=1, negative=0)
    model.save(tmp_path / "m", format="gensim", pickle_protocol=protocol)
    data = (tmp_path / "m").read_bytes()
    short = pickle_rows.shortened(io.BytesIO(data))
    assert [len(paths.places) > 2900 for paths in short.paths.values()] == [True, True]
    expected = said(model.wv.expandos)
    assert said(Word2Vec.load(tmp_path / "m").wv.expandos) == expected
    monkeypatch.setattr(pickle_rows, "shortened", lambda file: None)
    assert said(Word2Vec.load(tmp_path / "m").wv.expandos) == expected


def odd_paths():
    """Yield what is not usual among arrays, each in the midst of 1200."""
    for name, odd in {
        "none": np.array([], np.uint8),
        "one value": np.array([1], np.uint8),
        "many values": np.ones(300, np.uint8),
        "another type": np.ones(3, np.uint16),
        "text": np.array(["ab", "c"]),
        "two dimensions": np.ones((2, 3), np.uint8),
        "columns": np.asfortranarray(np.ones((2, 3), np.uint8)),
        "no array": b"ab",
        "a list": [1, 2],
        "nothing": None,
    }.items():
        for place in (0, 1, 2, 600, 1199):
            given = codes(1200)
            given[place] = odd
            yield pytest.param(given, id=f"{name} at {place}")


@pytest.mark.parametrize("given", [*odd_paths()])
def test_what_is_odd_among_paths_comes_back_too(pickled, monkeypatch, given):
    data = pickled(WORDS[:1200], expandos={"code": given})
    assert said(read_both_ways(data, monkeypatch).expandos["code"]) == said(given)


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("place", [1, 2, 600])
def test_an_array_that_is_in_several_places_is_taken_out_with_the_others(
    pickled, monkeypatch, place, protocol
):
    given = codes(1200)
    given[[place + 1, place + 5, 700, 1100]] = objects([given[place]] * 4)
    data = pickled(WORDS[:1200], protocol=protocol, expandos={"code": given})
    read_both_ways(data, monkeypatch)
    readings, read_root = [], gensim_pickle._root_of
    monkeypatch.setattr(
        gensim_pickle, "_root_of", lambda *given: (readings.append(1), read_root(*given))[1]
    )
    found = gensim_pickle.read(io.BytesIO(data)).expandos["code"]
    assert len(readings) == 1, "and it was not read again as it stands"
    assert found[1100] is found[place] and np.array_equal(found[place], given[place])


@pytest.mark.parametrize("place", [0, 1, 2, 700])
def test_an_array_that_another_attribute_has_too_is_the_same_there(pickled, monkeypatch, place):
    given = codes(1200)
    for more in (
        {"other": given[place]},
        {"others": [given[place]] * 2},
        {"last": (given[place],)},
    ):
        read_both_ways(pickled(WORDS[:1200], expandos={"code": given}, **more), monkeypatch)


def test_arrays_that_are_elsewhere_are_read_as_they_stand(pickled, monkeypatch):
    for given in (list(codes(500)), tuple(codes(500)), dict(enumerate(codes(500))), codes(500)):
        for more in ({}, {"expandos": {"code": codes(1200)}}):
            read_both_ways(pickled(WORDS[:1200], other=given, **more), monkeypatch)
    read_both_ways(pickled(WORDS[:1200], other=codes(500), expandos=None), monkeypatch)


def test_keys_that_are_elsewhere_are_read_as_they_stand(pickled, monkeypatch):
    other = sys.modules["gensim.models.keyedvectors"].KeyedVectors()
    other.index_to_key = WORDS[5000:7000]
    other.key_to_index = {word: row for row, word in enumerate(other.index_to_key)}
    read = read_both_ways(pickled(WORDS[:2000], vector_size=other), monkeypatch)
    assert read.vector_size.index_to_key == WORDS[5000:7000]


def test_a_key_that_an_attribute_is_named_by_too_is_the_same_there(pickled, monkeypatch):
    words = [sys.intern(word) for word in ("norms", "code", "<", "|", *WORDS[:2000])]
    read_both_ways(pickled(words, expandos={"code": codes(len(words))}), monkeypatch)
    read_both_ways(pickled(words, more=[words[0], {words[1]: words[-1]}]), monkeypatch)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("name", ["index_to_key", "key_to_index"])
def test_what_another_attribute_has_too_is_whole_there(pickled, monkeypatch, name, protocol):
    rows = usual()
    shared = {"index_to_key": [*rows], "key_to_index": rows}[name]
    for more in ({"more": shared}, {"more": [shared, {"again": shared}]}):
        given = {"index_to_key": [*rows], "key_to_index": rows} | {name: shared} | more
        data = pickled(given["index_to_key"], rows, protocol=protocol, **more)
        read = read_both_ways(data, monkeypatch)
        again = read.more if read.more is getattr(read, name) else read.more[0]
        assert again is getattr(read, name) and again == shared


@pytest.mark.parametrize("protocol", [3, 4])
def test_numbers_of_values_may_have_the_bytes_of_opcodes(pickled, monkeypatch, protocol):
    # Those of NumPy's function and of an array's type come soon after the keys.
    for n in range(0x494 - 30, 0x494):
        given = codes(n)
        given[150] = given[7]
        data = pickled(WORDS[:n], expandos={"code": given}, protocol=protocol)
        (paths,) = pickle_rows.shortened(io.BytesIO(data)).paths.values()
        assert len(paths.places) > n - 10
        read_both_ways(data, monkeypatch)


def test_truth_values_of_paths_are_looked_at(pickled):
    given = codes(1200, bool)
    data = pickled(WORDS[:1200], expandos={"code": given})
    assert KeyedVectors.load(io.BytesIO(data)).expandos["code"][7].dtype == bool
    bad = data.replace(given[700].tobytes(), b"\2" * len(given[700]))
    with pytest.raises(FormatError, match="a truth value is 2"):
        KeyedVectors.load(io.BytesIO(bad))


def test_arrays_are_walked_over_within_their_bytes(pickled):
    data = pickled(WORDS[:1500], expandos={"code": codes(1500)})
    file = io.BytesIO(data)
    whole = pickle_rows.shortened(file)
    (paths,) = whole.paths.values()
    for n_bytes in (3000, 5000, 1 << 14):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pickle_rows, "_WINDOW_NBYTES", n_bytes)
            short = pickle_rows.shortened(file)
        assert list(short.paths.values()) == [paths]
        assert short.keys == whole.keys
