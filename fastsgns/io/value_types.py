"""Engine room: types of values beyond those of JSON, by name, and what is written for them.

What is written consists of what JSON can say; a file can make nothing else of it than these types.
"""

from __future__ import annotations

import base64
import datetime
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

#: What a defaultdict may make.
_FACTORIES = {"None": None} | {kind.__name__: kind for kind in (int, float, str, list, dict, set)}

#: Kinds of NumPy's types whose arrays are numbers and text.
_ARRAY_KINDS = "biufcSUMm"


def plainer(value: Any) -> Any:
    """Return what a value of a subclass is saved as; the value itself if it has no plainer form.

    A str, number or scalar of NumPy of a class of its own (an enum, a word of some library) is
    saved as the str or number that it is.
    """
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str) and type(value) is not str:
        return str.__str__(value)  # whatever its class makes of str()
    for kind in (int, float):  # bool has no subclasses
        if isinstance(value, kind) and type(value) not in (kind, bool):
            return kind(value)
    return value


def _of_array(array: NDArray[Any]) -> list[Any]:
    if array.dtype.kind not in _ARRAY_KINDS:
        raise TypeError(f"an array of {array.dtype} cannot be saved")
    data = np.ascontiguousarray(array).tobytes()
    return [array.dtype.str, list(array.shape), base64.b64encode(data).decode()]


def _array(content: list[Any]) -> NDArray[Any]:
    dtype, shape, text = content
    made = np.dtype(str(dtype))
    if made.kind not in _ARRAY_KINDS:
        raise ValueError(f"an array of {made}")
    data = base64.b64decode(text, validate=True)
    return np.frombuffer(data, made).reshape([int(length) for length in shape]).copy()


def _of_scalar(value: Any) -> list[Any]:
    return [value.dtype.str, int(value.astype(np.int64))]


def _scalar(content: list[Any]) -> Any:
    dtype, number = content
    if np.dtype(str(dtype)).kind not in "Mm":
        raise ValueError(f"a scalar of {dtype!r}")
    return np.int64(number).astype(str(dtype))


def _of_default_dict(value: defaultdict[Any, Any]) -> list[Any]:
    name = next((n for n, kind in _FACTORIES.items() if kind is value.default_factory), None)
    if name is None:
        raise TypeError(f"a defaultdict of {value.default_factory!r:.100} cannot be saved")
    return [name, dict(value)]


def _named_tuple(content: list[Any]) -> Any:
    name, fields, values = content
    return namedtuple(name, fields)(*values)


#: By type: its name, what is written, and how it is made of that again.
TYPES: dict[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    complex: ("complex", lambda v: [v.real, v.imag], lambda c: complex(*c)),
    bytearray: ("bytearray", bytes, bytearray),
    range: ("range", lambda v: [v.start, v.stop, v.step], lambda c: range(*c)),
    Decimal: ("Decimal", str, Decimal),
    Fraction: ("Fraction", lambda v: [v.numerator, v.denominator], lambda c: Fraction(*c)),
    UUID: ("UUID", str, UUID),
    datetime.date: ("date", datetime.date.isoformat, datetime.date.fromisoformat),
    datetime.datetime: ("datetime", datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    datetime.time: ("time", datetime.time.isoformat, datetime.time.fromisoformat),
    datetime.timedelta: (
        "timedelta",
        lambda v: [v.days, v.seconds, v.microseconds],
        lambda c: datetime.timedelta(*c),
    ),
    Counter: ("Counter", dict, Counter),
    OrderedDict: ("OrderedDict", lambda v: list(map(list, v.items())), OrderedDict),
    defaultdict: (
        "defaultdict",
        _of_default_dict,
        lambda c: defaultdict(_FACTORIES[c[0]], c[1]),
    ),
    deque: ("deque", lambda v: [list(v), v.maxlen], lambda c: deque(c[0], c[1])),
    np.ndarray: ("ndarray", _of_array, _array),
    np.datetime64: ("scalar", _of_scalar, _scalar),
    np.timedelta64: ("scalar", _of_scalar, _scalar),
}
_NAMED_TUPLE: tuple[str, Callable[[Any], Any], Callable[[Any], Any]] = (
    "namedtuple",
    lambda v: [type(v).__name__, list(v._fields), list(v)],
    _named_tuple,
)
_PATH: tuple[str, Callable[[Any], Any], Callable[[Any], Any]] = ("Path", str, Path)

_MAKERS: dict[str, Callable[[Any], Any]] = {
    name: make for name, _, make in (*TYPES.values(), _NAMED_TUPLE, _PATH)
}


def written(value: Any) -> tuple[str, Any] | None:
    """Return the name of a value's type and what is written for it; None for other types.

    Raises
    ------
    TypeError
        It holds what has no place in a file.
    """
    found = TYPES.get(type(value))
    if found is None and isinstance(value, tuple) and hasattr(value, "_fields"):
        found = _NAMED_TUPLE
    if found is None and isinstance(value, PurePath):
        found = _PATH
    return None if found is None else (found[0], found[1](value))


def is_known(name: str) -> bool:
    """Say whether `written` gives this name."""
    return name in _MAKERS


def made(name: str, content: Any) -> Any:
    """Return the value for which `written` gave this name and content.

    Raises
    ------
    ValueError
        It gives no such thing.
    """
    try:
        return _MAKERS[name](content)
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise ValueError(f"no {name}: {error!s:.100}") from None
