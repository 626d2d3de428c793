"""Engine room: the written list of names that a gensim model may hold, and what stands for each.

No name in a file is ever looked up in a module. A class of gensim becomes a `Stored`, which holds
attributes and has no behaviour; arrays are made here, after their parts have been checked; the rest
is held as it is. So what a file can run are the few functions of this file.
"""

from __future__ import annotations

import datetime
import math
import re
import reprlib
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.npy import check_content, objects

WORD2VEC = "gensim.models.word2vec.Word2Vec"
KEYED_VECTORS = "gensim.models.keyedvectors.KeyedVectors"

#: Classes, by the names that gensim 0.12 to 4.4 gave them, and what they are here.
CLASSES = {
    WORD2VEC: "model",
    "gensim.models.deprecated.word2vec.Word2Vec": "model",
    # gensim's own classes say so while `patch_gensim` gives their name to ours.
    "gensim.models.doc2vec.Word2Vec": "model",
    "gensim.models.doc2vec.KeyedVectors": "vectors",
    KEYED_VECTORS: "vectors",
    "gensim.models.keyedvectors.EuclideanKeyedVectors": "vectors",
    "gensim.models.keyedvectors.Word2VecKeyedVectors": "vectors",
    "gensim.models.keyedvectors.WordEmbeddingsKeyedVectors": "vectors",
    "gensim.models.deprecated.keyedvectors.EuclideanKeyedVectors": "vectors",
    "gensim.models.deprecated.keyedvectors.KeyedVectors": "vectors",
    "gensim.models.keyedvectors.CompatVocab": "word",
    "gensim.models.keyedvectors.SimpleVocab": "word",
    "gensim.models.keyedvectors.Vocab": "word",
    "gensim.models.word2vec.Vocab": "word",
    "gensim.models.deprecated.keyedvectors.Vocab": "word",
    "gensim.models.deprecated.word2vec.Vocab": "word",
    "gensim.models.word2vec.Word2VecTrainables": "part",
    "gensim.models.word2vec.Word2VecVocab": "part",
}

#: Classes of the models that gensim 4 builds on these, and of their parts. Only it loads them.
OTHER_CLASSES = frozenset(
    f"gensim.models.{name}"
    for name in (
        "doc2vec.Doc2Vec",
        "doc2vec.Doc2VecTrainables",
        "doc2vec.Doc2VecVocab",
        "doc2vec.Doctag",
        "fasttext.FastText",
        "fasttext.FastTextKeyedVectors",
        "fasttext.FastTextTrainables",
        "fasttext.FastTextVocab",
        "keyedvectors.Doc2VecKeyedVectors",
        "keyedvectors.FastTextKeyedVectors",
        "poincare.PoincareKeyedVectors",
    )
)


_MOST_DIMENSIONS = 32  # of NumPy 1


class _Sealed(type):
    """A class whose attributes a pickle cannot set."""

    def __setattr__(cls, name: str, value: Any) -> None:
        raise TypeError(f"{cls.__name__}.{name} cannot be set")


class Stored(metaclass=_Sealed):
    """An object as it lies in a file: the name of its class, and its attributes in `vars`.

    Attributes
    ----------
    class_name : str
        As the file has it, of the type of the object.
    kind : str
        Of the values of `CLASSES`, or "own": a class that the caller has allowed.
    bookkeeping : dict
        What the file has of `BOOKKEEPING`.
    """

    __slots__ = ("bookkeeping",)

    class_name = ""
    kind = ""
    bookkeeping: dict[str, Any]

    def __new__(cls) -> Stored:
        """Take no arguments: what a file wants to call with some is no class of ours."""
        made = object.__new__(cls)
        made.bookkeeping = {}
        return made


def stored_class(class_name: str, kind: str) -> type[Stored]:
    """Return the class that stands for a class of a file."""
    made = _Sealed(
        class_name.rpartition(".")[2], (Stored,), {"class_name": class_name, "kind": kind}
    )
    return cast(type[Stored], made)


class _Fixed(metaclass=_Sealed):
    """What no state can be set on."""

    def __setstate__(self, state: object) -> None:
        raise TypeError("a name cannot have a state")


class Named(_Fixed):
    """A function or class that a file names, and that is never called: `value` stands for it."""

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value


class Call(_Fixed):
    """A function of this file that a file may call; `kind` is the class that it stands for."""

    __slots__ = ("_function", "kind")

    def __init__(self, function: Callable[..., Any], kind: type | None = None) -> None:
        self._function = function
        self.kind = kind

    def __call__(self, *args: Any) -> Any:
        """Call it."""
        return self._function(*args)


class Held(metaclass=_Sealed):
    """The result of a call that is not made: a random generator with its state."""

    __slots__ = ("state",)

    def __init__(self, *_: Any) -> None:
        # The arguments are functions and classes, others with each version of NumPy.
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class DType(metaclass=_Sealed):
    """An array's type: numbers, bool, text or objects; no structures, subarrays, dates."""

    __slots__ = ("code", "order")

    def __init__(self, code: Any, *_: Any) -> None:
        if isinstance(code, bytes):  # a str of Python 2
            code = code.decode("latin1")
        if not isinstance(code, str) or not re.fullmatch(r"[biufcSU]\d{1,9}|[bO?]|O8", code):
            raise ValueError(f"arrays of type {reprlib.repr(code)} are not admitted")
        self.code = code
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        _version, order, subarray, names, fields, *_ = state
        if order not in ("<", ">", "|", "=") or any(
            part is not None for part in (subarray, names, fields)
        ):
            raise ValueError("arrays of structures are not admitted")
        self.order = order

    def dtype(self) -> np.dtype[Any]:
        """Return NumPy's own."""
        return np.dtype(self.code).newbyteorder(self.order)  # type: ignore[arg-type]


class Array(metaclass=_Sealed):
    """An array that is being unpickled; `array` when all of it is there."""

    __slots__ = ("array",)

    def __init__(self, array: NDArray[Any] | None = None) -> None:
        self.array = array

    def __setstate__(self, state: Any) -> None:
        _version, shape, dtype, fortran, data = state
        if not isinstance(dtype, DType):
            raise ValueError(f"the type of an array is {reprlib.repr(dtype)}")
        if not isinstance(data, list):
            self.array = _from_bytes(data, dtype, shape, "F" if fortran else "C")
            return
        if dtype.code not in ("O", "O8") or _n_items(shape) != len(data):
            raise ValueError(f"an array of {shape} has {len(data)} objects")
        self.array = objects(data, len(data)).reshape(shape, order="F" if fortran else "C")


def _n_items(shape: Any) -> int:
    if (
        not isinstance(shape, tuple)
        or len(shape) > _MOST_DIMENSIONS
        or not set(map(type, shape)) <= {int}
        or min(shape, default=0) < 0
    ):
        raise ValueError(f"{reprlib.repr(shape)} is no shape of an array")
    return math.prod(shape)


def _from_bytes(data: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
    if isinstance(data, str):  # bytes of Python 2
        data = data.encode("latin1")
    if not isinstance(dtype, DType) or not isinstance(data, (bytes, bytearray)):
        given = f"a {type(dtype).__name__} and a {type(data).__name__}"
        raise ValueError(f"an array is made of a type and bytes, not of {given}")
    admitted = dtype.dtype()
    if admitted.hasobject:
        raise ValueError("an array of objects is not made of bytes")
    # Python's integers do not overflow; nothing is allocated before they are compared.
    if _n_items(shape) * admitted.itemsize != len(data):
        raise ValueError(f"an array of {shape} of {admitted} has {len(data)} bytes")
    if admitted.kind in "bU" and len(data):  # of others any bytes are values
        check_content(np.frombuffer(data, admitted), "an array")
    # NumPy's own way takes many bytes over instead of copying them, and turns their order.
    made: Any = np.ndarray(0, admitted)
    made.__setstate__((1, shape, admitted, order == "F", bytes(data)))
    return cast("NDArray[Any]", made)


def _reconstruct(_array_type: Any, _shape: Any, _code: Any) -> Array:
    return Array()


def _frombuffer(data: Any, dtype: Any, shape: Any, order: Any, *_: Any) -> Array:
    return Array(_from_bytes(data, dtype, shape, "F" if order == "F" else "C"))


def _scalar(dtype: Any, data: Any) -> Any:
    return _from_bytes(data, dtype, (), "C")[()]


def _default_dict(factory: Any = None) -> defaultdict[Any, Any]:
    return defaultdict(
        factory.kind if isinstance(factory, Call) else getattr(factory, "value", None)
    )


def _fraction(*parts: Any) -> Fraction:
    if isinstance(parts[0], str) and not re.fullmatch(r"-?\d+(/\d+)?", parts[0]):
        # An exponent makes a number of any length.
        raise ValueError(f"{reprlib.repr(parts[0])} is no fraction")
    return Fraction(*parts)


class Identifier(metaclass=_Sealed):
    """A UUID that is being unpickled; `uuid` when its number is there."""

    __slots__ = ("uuid",)

    def __setstate__(self, state: Any) -> None:
        self.uuid = UUID(int=state["int"])


def _taking(function: Callable[..., Any], *types: type, kind: Any = None) -> Call:
    """Admit calls with arguments of these types: a length, say, could ask for all of memory."""

    def checked(*args: Any) -> Any:
        values = [arg.value if isinstance(arg, Named) else arg for arg in args]
        if not all(type(value) in types for value in values):
            raise ValueError(f"{function.__name__} of {reprlib.repr(args)} is not admitted")
        return function(*values)

    return Call(checked, kind or cast(type, function))


#: Values that attributes of one's own may have, and what their pickles call to make them.
VALUES = {
    "collections.Counter": _taking(Counter, dict),
    "collections.OrderedDict": _taking(OrderedDict, list),
    "collections.deque": _taking(deque, tuple, list, int),
    "datetime.date": _taking(datetime.date, bytes, str),
    "datetime.datetime": _taking(datetime.datetime, bytes, str, datetime.timezone),
    "datetime.time": _taking(datetime.time, bytes, str, datetime.timezone),
    "datetime.timedelta": _taking(datetime.timedelta, int),
    "datetime.timezone": _taking(datetime.timezone, datetime.timedelta, str),
    "decimal.Decimal": _taking(Decimal, str),
    "fractions.Fraction": _taking(_fraction, str, int, kind=Fraction),
    "uuid.UUID": Identifier,
} | {
    f"{module}.{name}": _taking(kind, str)
    for module in ("pathlib", "pathlib._local")
    for name, kind in {
        "PosixPath": Path,
        "WindowsPath": Path,
        "PurePosixPath": PurePosixPath,
        "PureWindowsPath": PureWindowsPath,
    }.items()
}


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """Make bytes, which protocols before 3 write as a call of _codecs.encode."""
    if encoding != "latin1":
        raise ValueError(f"bytes are written as latin1, not {reprlib.repr(encoding)}")
    return text.encode("latin1")


def _bytes() -> bytes:
    return b""


def _reconstructor(cls: Any, base: Any, state: Any) -> Stored | Identifier:
    """Make an object as protocols 0 and 1 do."""
    if not (isinstance(cls, type) and issubclass(cls, (Stored, Identifier))) or state is not None:
        raise ValueError(
            f"an object of {reprlib.repr(cls)} on {reprlib.repr(base)} is not admitted"
        )
    return cls()


#: All other names, as "module.name" of Python 2 and 3, and of every NumPy.
NAMES: dict[str, Any] = {
    **VALUES,
    "gensim.utils.call_on_class_only": Named(),
    "_codecs.encode": Call(_encode),
    "UserString.defaultdict": Call(_default_dict),  # so Python 3.4 wrote it for Python 2
    "collections.defaultdict": Call(_default_dict),
    "copy_reg._reconstructor": Call(_reconstructor),
    "copyreg._reconstructor": Call(_reconstructor),
    "numpy.random.__RandomState_ctor": Call(Held),
    "numpy.random._mt19937.MT19937": Named(),
    "numpy.random._pcg64.PCG64": Named(),
    "numpy.random._pickle.__bit_generator_ctor": Call(Held),
    "numpy.random._pickle.__generator_ctor": Call(Held),
    "numpy.random._pickle.__randomstate_ctor": Call(Held),
    "numpy.random.bit_generator.SeedSequence": Named(),
    "numpy.random.bit_generator.__pyx_unpickle_SeedSequence": Call(Held),
    "numpy.dtype": Call(DType),
    "numpy.ndarray": Named(np.ndarray),
    "numpy.memmap": Named(np.ndarray),
}
for _python in ("__builtin__", "builtins"):
    NAMES |= {
        f"{_python}.bool": Named(bool),
        f"{_python}.bytearray": _taking(bytearray, bytes),
        f"{_python}.bytes": Call(_bytes),
        f"{_python}.complex": _taking(complex, float),
        f"{_python}.dict": Named(dict),
        f"{_python}.float": Named(float),
        f"{_python}.frozenset": Call(frozenset, frozenset),
        f"{_python}.hash": Named(hash),
        f"{_python}.int": Named(int),
        f"{_python}.list": Named(list),
        f"{_python}.long": Named(int),
        f"{_python}.object": Named(object),
        f"{_python}.range": _taking(range, int),
        f"{_python}.set": Call(set, set),
        f"{_python}.slice": _taking(slice, int, type(None)),
        f"{_python}.str": Named(str),
        f"{_python}.xrange": _taking(range, int),
    }
for _numpy in ("numpy.core", "numpy._core"):
    NAMES |= {
        f"{_numpy}.memmap.memmap": Named(np.ndarray),
        f"{_numpy}.multiarray._reconstruct": Call(_reconstruct),
        f"{_numpy}.multiarray.scalar": Call(_scalar),
        f"{_numpy}.numeric._frombuffer": Call(_frombuffer),
    }
