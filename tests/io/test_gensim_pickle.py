"""Reading gensim's pickles: what a model is made of comes in, and nothing is ever executed."""

from __future__ import annotations

import builtins
import collections
import io
import os
import pickle
import pickletools
import random
import subprocess
import sys
import types

import numpy as np
import pytest

from fastsgns.io import gensim_pickle, gensim_writer
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.gensim_names import CLASSES, KEYED_VECTORS, NAMES, WORD2VEC, Stored, stored_class

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def stored(**attributes) -> Stored:
    made = stored_class(WORD2VEC, "model")()
    vars(made).update(attributes)
    return made


def written(protocol=4, **attributes) -> bytes:
    file = io.BytesIO()
    gensim_writer.write(file, stored(**attributes), protocol=protocol)
    return file.getvalue()


def read(data: bytes, **options) -> Stored:
    return gensim_pickle.read(io.BytesIO(data), **options)


def in_a_model(value: bytes) -> bytes:
    """Make a pickle of a model whose one attribute is made by these opcodes."""
    return (
        b"\x80\x02cgensim.models.word2vec\nWord2Vec\n)\x81}(X\x04\x00\x00\x00held" + value + b"ub."
    )


# ---- what there is comes in ----------------------------------------------------------------------


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_values_and_arrays_come_back(protocol):
    values = {
        "text": "ünï",
        "bytes": b"\x00\xff",
        "empty": b"",
        "numbers": [1, 2.5, -(10**30), True, None],
        "nested": {"a": ({"b"}, frozenset({1})), 3: [()]},
        "counts": collections.defaultdict(int, {"a": 1}),
        "scalar": np.float32(1.5),
        "floats": np.arange(6, dtype=np.float32).reshape(2, 3),
        "swapped": np.arange(3, dtype=">i4"),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "none": np.zeros((0, 4), np.float32),
        "words": np.array(["a", "bcd"]),
        "flags": np.array([True, False]),
        "paths": np.array([np.arange(2, dtype=np.uint8), np.arange(1, dtype=np.uint8)], object),
    }
    back = vars(read(written(protocol, **values)))
    assert set(back) == set(values)
    for name, value in values.items():
        if name == "paths":
            assert [path.tolist() for path in back[name]] == [path.tolist() for path in value]
        elif isinstance(value, np.ndarray):
            assert np.array_equal(back[name], value), name
            assert back[name].dtype == value.dtype.newbyteorder("="), name
            assert back[name].flags.writeable and back[name].shape == value.shape
        else:
            assert back[name] == value, name


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pythons_own_pickles_of_the_same_objects_are_read(protocol):
    """The writer could share a mistake with the reader; here Python's pickler writes."""
    value = {
        "arrays": [np.arange(3, dtype=np.float32), np.array([1, "a", None], object)],
        "random": np.random.RandomState(7),
        "set": {1, 2},
        "bytes": b"\xe9",
        "function": hash,
        "counts": collections.defaultdict(int, a=2),
    }
    data = pickle.dumps(value, protocol)
    start, stop = (2 if protocol >= 2 else 0), -1
    # Without frames, whose lengths would have to be changed.
    frames = [at for opcode, _, at in pickletools.genops(data) if opcode.name == "FRAME"]
    for at in reversed(frames):
        data = data[:at] + data[at + 9 :]
    held = vars(read(in_a_model(data[start:stop])))["held"]
    assert held["set"] == {1, 2} and held["bytes"] == b"\xe9" and held["function"] is hash
    assert held["counts"] == {"a": 2}
    assert held["arrays"][0].tolist() == [0, 1, 2] and held["arrays"][1].tolist() == [1, "a", None]


def test_large_arrays_are_in_files_of_their_own(tmp_path):
    matrix = np.arange(12, dtype=np.float32).reshape(3, 4)
    inner = stored_class(KEYED_VECTORS, "vectors")()
    vars(inner).update(vectors=matrix, few=matrix[0])
    for name, kind in (("m", "npy"), ("m.gz", "npz"), ("m.bz2", "npz")):
        model = stored(syn1neg=matrix * 2, wv=inner)
        gensim_writer.write(tmp_path / name, model, sep_limit=12)
        arrays = {f"{name}.syn1neg.{kind}", f"{name}.wv.vectors.{kind}"}
        assert arrays <= {path.name for path in tmp_path.iterdir()}
        back = gensim_pickle.read(tmp_path / name)
        assert np.array_equal(back.syn1neg, matrix * 2)
        assert np.array_equal(back.wv.vectors, matrix) and back.wv.few.tolist() == [0, 1, 2, 3]
        assert not [name for name in vars(back) if name.startswith("__")]


def test_arrays_beside_a_plain_file_are_mapped(tmp_path):
    matrix = np.arange(12, dtype=np.float32).reshape(3, 4)
    gensim_writer.write(tmp_path / "m", stored(syn1neg=matrix), sep_limit=1)
    shared = gensim_pickle.read(tmp_path / "m", mmap="r").syn1neg
    assert isinstance(shared, np.memmap) and not shared.flags.writeable
    assert gensim_pickle.read(tmp_path / "m", mmap="c").syn1neg.flags.writeable
    gensim_writer.write(tmp_path / "m.gz", stored(syn1neg=matrix), sep_limit=1)
    for source in (tmp_path / "m.gz", io.BytesIO(b"")):
        with pytest.raises(OSError, match="mapped"):
            gensim_pickle.read(source, mmap="r")
    with pytest.raises(ValueError, match="mmap"):
        gensim_pickle.read(tmp_path / "m", mmap="w+")


def test_attributes_to_be_written_separately_can_be_named(tmp_path):
    arrays = {"a": np.zeros(2), "b": np.zeros(20)}
    gensim_writer.write(tmp_path / "m", stored(**arrays), separately=["a"], sep_limit=5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "m.a.npy"]


def test_an_array_over_4_gib_is_pickled_by_length_of_8_bytes():
    assert b"\x8e" + (12).to_bytes(8, "little") in written(a=np.arange(3, dtype=np.int32))
    assert b"\x8e" not in written(3, a=np.arange(3, dtype=np.int32))


def test_words_are_in_the_pickle_once():
    words = [f"word{i}" for i in range(50)]
    data = written(index_to_key=words, key_to_index={word: i for i, word in enumerate(words)})
    assert data.count(b"word49") == 1


def test_what_cannot_be_pickled_is_named():
    with pytest.raises(TypeError, match=r"'act' cannot be pickled.*ignore=\['act'\]"):
        written(act=lambda: 0)
    with pytest.raises(ValueError, match="pickle_protocol must be from 0"):
        written(9)


def test_generators_are_read_whichever_numpy_wrote_them():
    """NumPy 1.26 gives the generator's constructor a name and a function, NumPy 2 an object."""
    key = np.arange(624, dtype=np.uint32)
    state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 5}}
    opcodes = pickle.dumps(state, 2)[2:-1]
    for arguments in (
        b")",
        b"(X\x07\x00\x00\x00MT19937t",
        b"(X\x07\x00\x00\x00MT19937cnumpy.random._pickle\n__bit_generator_ctor\nt",
        b"(cnumpy.random._pickle\n__bit_generator_ctor\n(cnumpy.random._mt19937\nMT19937\ntRt",
    ):
        made = b"cnumpy.random._pickle\n__randomstate_ctor\n" + arguments + b"R" + opcodes + b"b"
        held = read(in_a_model(made)).held
        assert held.state["state"]["pos"] == 5 and np.array_equal(held.state["state"]["key"], key)


# ---- nothing is executed -------------------------------------------------------------------------


class Hostile:
    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


HOSTILE = [
    (os.system, "touch executed"),
    (subprocess.Popen, ["touch", "executed"]),
    (builtins.eval, "open('executed', 'w')"),
    (builtins.exec, "open('executed', 'w')"),
    (builtins.open, "executed", "w"),
    (builtins.getattr, "", "format"),
    (builtins.__import__, "os"),
    (np.load, "executed"),
    (np.save, "executed", np.zeros(1)),
    (np.fromfile, "executed"),
    (np.memmap, "executed", "u1", "w+", 0, (1,)),
    (np.vectorize, os.system),
    (pickle.loads, b"."),
    (io.FileIO, "executed", "w"),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("call", HOSTILE, ids=lambda call: getattr(call[0], "__name__", "?"))
def test_a_hostile_pickle_is_refused_by_name(tmp_path, monkeypatch, call, protocol):
    monkeypatch.chdir(tmp_path)
    hostile = Hostile(*call)
    for data in (pickle.dumps(hostile, protocol), pickle.dumps([{"a": hostile}], protocol)):
        with pytest.raises(FormatError) as caught:
            read(data)
        if call[0] is not np.memmap:  # a name of the list: the type of an array, never called
            assert call[0].__name__ in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "names",
    [
        "numpy.testing._private.utils runstring",
        "numpy.f2py compile",
        "numpy.core.multiarray fromstring",
        "numpy.core.multiarray __builtins__",
        "gensim.utils smart_open",
        "gensim.models.word2vec Word2Vec.load",
        "gensim.models.word2vec os.system",
        "gensim.models.fasttext FastText",
        "collections namedtuple",
        "copyreg __newobj__",
        "__main__ Model",
    ],
)
def test_a_name_that_is_not_on_the_list_is_refused(names):
    module, name = names.split()
    for opcodes in (
        b"c%b\n%b\n." % (module.encode(), name.encode()),
        b"\x80\x04\x8c%c%b\x8c%c%b\x93." % (len(module), module.encode(), len(name), name.encode()),
        b"(i%b\n%b\n." % (module.encode(), name.encode()),
    ):
        with pytest.raises(FormatError, match=f"{module}.{name}, which is not on the list"):
            read(opcodes)


def test_the_error_says_what_to_do():
    with pytest.raises(FormatError, match=r"which derives from fastsgns'.*plain value"):
        read(b"cmine\nModel\n.")
    with pytest.raises(FormatError, match="save_word2vec_format"):
        read(b"cgensim.models.doc2vec\nDoc2Vec\n.")
    with pytest.raises(FormatError, match=r"pickle\.load reads"):
        read(b"cfastsgns.word2vec\nWord2Vec\n.")


def test_classes_of_the_caller_are_read_as_data():
    data = b"\x80\x02cmine\nModel\n)\x81}X\x01\x00\x00\x00aK\x05sb."
    with pytest.raises(FormatError, match=r"mine\.Model"):
        read(data)
    model = read(data, own_classes=["mine.Model"])
    assert (model.class_name, model.kind, model.a) == ("mine.Model", "own", 5)


STATES = [
    b"}X\x01\x00\x00\x00aK\x01s",
    b"N}X\x0a\x00\x00\x00class_nameX\x01\x00\x00\x00xs\x86",
    b"K\x01",
]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", [*NAMES, *CLASSES])
def test_a_state_cannot_be_set_on_a_name(name, state):
    """The opcode BUILD sets attributes on whatever lies on the stack."""
    module, _, last = name.rpartition(".")
    before = {key: repr(value) for key, value in NAMES.items()}
    with pytest.raises(FormatError):
        read(in_a_model(b"c%b\n%b\n" % (module.encode(), last.encode()) + state + b"b"))
    assert {key: repr(value) for key, value in NAMES.items()} == before
    assert Stored.class_name == ""
    assert vars(read(written(a=1))) == {"a": 1}


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR"


def dtype(
    code: bytes, state: bytes = b"(K\x03C\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"
) -> bytes:
    return (
        b"cnumpy\ndtype\n(U%c%bK\x00K\x01tR" % (len(code), code)
        + state.replace(b"C\x01<", b"X\x01\x00\x00\x00<")
        + b"b"
    )


def array(shape: bytes, kind: bytes, data: bytes) -> bytes:
    return in_a_model(ARRAY + b"(K\x01" + shape + kind + b"\x89" + data + b"tb")


@pytest.mark.parametrize("code", [dtype(b"i2"), dtype(b"i2").replace(b"(U", b"(C")], ids=["", "2"])
def test_a_handwritten_array_is_read(code):
    """Python 2 wrote its text as bytes."""
    model = read(array(b"(K\x02t", code, b"C\x04\x01\x00\x02\x00"))
    assert model.held.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"cnumpy.core.multiarray\n_reconstruct\n", "a function as a value"),
        (
            b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00utf-8\x86R",
            "as latin1, not 'utf-8'",
        ),
        (b"ccopy_reg\n_reconstructor\nK\x05c__builtin__\nobject\nN\x87R", "an object of 5 on"),
    ],
    ids=["function", "encoding", "reconstructor"],
)
def test_calls_that_gensim_does_not_write_are_refused(value, told):
    with pytest.raises(FormatError, match=told):
        read(in_a_model(value))


def test_a_remote_file_is_read(monkeypatch):
    asked = []

    def opened(url, mode):
        asked.append((url, mode))
        return io.BytesIO(written(epochs=5))

    monkeypatch.setitem(sys.modules, "smart_open", types.SimpleNamespace(open=opened))
    assert gensim_pickle.read("s3://bucket/model").epochs == 5
    assert asked == [("s3://bucket/model", "rb")]


def test_parts_that_are_none_have_no_files_beside_them(tmp_path):
    """gensim lists what it took out; a value that is no object of its own has no arrays."""
    path = tmp_path / "m"
    lists = b"X\x15\x00\x00\x00__recursive_saveloads](X\x02\x00\x00\x00wve"
    path.write_bytes(in_a_model(b"NX\x02\x00\x00\x00wvK\x05" + lists))
    model = gensim_pickle.read(path)
    assert model.wv == 5
    assert gensim_pickle.files_beside(path, model) == []


@pytest.mark.parametrize(
    "data",
    [
        array(b"(K\x03t", dtype(b"i2"), b"C\x04\x01\x00\x02\x00"),
        array(b"(J\x00\x00\x00\x7fJ\x00\x00\x00\x7fJ\x00\x00\x00\x7ft", dtype(b"f8"), b"C\x00"),
        array(b"(J\xff\xff\xff\xfft", dtype(b"i2"), b"C\x00"),
        array(b"(K\x01t", dtype(b"O8"), b"C\x08\x01\x02\x03\x04\x05\x06\x07\x08"),
        array(b"(K\x02t", dtype(b"O8"), b"]"),
        array(b"(K\x01t", dtype(b"i2,i2"), b"C\x04\x01\x00\x02\x00"),
        array(b"(K\x01t", dtype(b"V4"), b"C\x04\x01\x00\x02\x00"),
        array(b"(K\x01t", dtype(b"M8"), b"C\x08\x01\x00\x02\x00\x01\x00\x02\x00"),
        array(b"K\x02", dtype(b"i2"), b"C\x04\x01\x00\x02\x00"),
        in_a_model(ARRAY),
        in_a_model(b"cnumpy.core.multiarray\nscalar\n(" + dtype(b"O8") + b"C\x01atR"),
    ],
    ids=[
        "short",
        "overflow",
        "negative",
        "objects",
        "objectless",
        "structure",
        "void",
        "date",
        "shapeless",
        "empty",
        "scalar",
    ],
)
def test_arrays_whose_parts_do_not_fit_are_refused(data):
    with pytest.raises(FormatError):
        read(data)


@pytest.mark.parametrize("names", [["../../etc/passwd"], ["a/b"], "ab", [5], None])
def test_lists_of_files_can_only_name_attributes(tmp_path, names):
    data = io.BytesIO()
    writer = gensim_writer._Writer(data, 4)
    writer.write(stored(__numpys=names))
    (tmp_path / "m").write_bytes(data.getvalue())
    with pytest.raises(FormatError, match="__numpys"):
        gensim_pickle.read(tmp_path / "m")


def test_an_array_of_objects_beside_the_file_is_not_unpickled(tmp_path):
    gensim_writer.write(tmp_path / "m", stored(a=np.zeros(3)), sep_limit=1)
    np.save(tmp_path / "m.a.npy", np.array([Hostile(os.system, "true")], object))
    with pytest.raises(FormatError, match=r"m\.a\.npy"):
        gensim_pickle.read(tmp_path / "m")
    gensim_writer.write(tmp_path / "m.gz", stored(a=np.zeros(3)), sep_limit=1)
    for content in (b"no zip", b""):
        (tmp_path / "m.gz.a.npz").write_bytes(content)
        with pytest.raises(FormatError, match=r"m\.gz\.a\.npz"):
            gensim_pickle.read(tmp_path / "m.gz")


def test_a_missing_file_beside_is_named(tmp_path):
    gensim_writer.write(tmp_path / "m", stored(a=np.zeros(3)), sep_limit=1)
    (tmp_path / "m.a.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"m\.a\.npy"):
        gensim_pickle.read(tmp_path / "m")
    with pytest.raises(FormatError, match="in another file"):
        read((tmp_path / "m").read_bytes())


# ---- damage --------------------------------------------------------------------------------------


def example() -> bytes:
    return written(
        text="a",
        floats=np.arange(6, dtype=np.float32).reshape(2, 3),
        paths=np.array([np.arange(2), np.arange(3)], object),
        counts=collections.defaultdict(int, a=1),
        random=np.random.RandomState(1),
    )


def test_a_file_cut_off_anywhere_is_a_format_error():
    data = example()
    for length in [*range(400), *range(400, len(data), 97)]:
        with pytest.raises(FormatError):
            read(data[:length])
    with pytest.raises(TruncatedFileError):
        read(data[:-1])


def test_changed_bytes_are_a_format_error_or_other_values():
    data = example()
    draw = random.Random(3)
    refused = 0
    for _ in range(3000):
        damaged = bytearray(data)
        for _ in range(draw.choice((1, 1, 3))):
            damaged[draw.choice((draw.randrange(400), draw.randrange(len(data))))] = draw.randrange(
                256
            )
        try:
            read(bytes(damaged))
        except FormatError:
            refused += 1
    assert refused > 500


@pytest.mark.parametrize("data", [b"\x80\x04K\x05.", b"].", b"}.", b"\x80\x04N."])
def test_a_pickle_of_something_else_is_a_format_error(data):
    with pytest.raises(FormatError, match="holds a"):
        read(data)


@pytest.mark.parametrize(
    "opcodes",
    [
        b"Nr\xff\xff\xff\x7f",
        b"Np2147483647\n",
        b"Np-1\n",
        b"NpX\n",
        b"C\xff",
        b"B\xff\xff\xff\x7f",
        b"\x8e" + b"\xff" * 7 + b"\x7f",
        b"X\xff\xff\xff\xff",
        b"I5",
    ],
)
def test_numbers_and_lengths_are_compared_with_the_length_of_the_file(opcodes):
    """Python's unpickler would make room for 2**31 values, which are not there."""
    with pytest.raises(FormatError, match=r"numbers a value|cut off"):
        read(in_a_model(opcodes))


@pytest.mark.parametrize("kind", ["tuple", "list"])
def test_what_is_there_many_times_is_looked_at_once(kind):
    """60 levels, each holding the one before twice: 2**60 values, if each were looked at."""
    opcodes = b")" if kind == "tuple" else b"]"
    for level in range(60):
        memo = bytes([level])
        twice = b"h" + memo + b"h" + memo
        opcodes += (
            b"q" + memo + b"0" + (twice + b"\x86" if kind == "tuple" else b"](" + twice + b"e")
        )
    value, depth = read(in_a_model(opcodes)).held, 0
    while value:
        value, depth = value[0], depth + 1
    assert depth == 60
    lists = in_a_model(opcodes).replace(b"X\x04\x00\x00\x00held", b"X\x08\x00\x00\x00__numpys")
    with pytest.raises(FormatError, match="__numpys"):
        read(lists)


def test_a_value_within_itself_is_read():
    value = read(in_a_model(b"]q\x00h\x00a")).held
    assert value[0] is value
