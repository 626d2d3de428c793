"""Engine room: keys and other plain values as JSON and back, types kept.

What JSON has is itself: str, int, float, true, null, lists, and objects for dicts whose keys are
str. Everything else is an object with one member, named for its type: {"=bytes": "ff00"},
{"=tuple": [...]}, {"=set": [...]}, {"=frozenset": [...]}, {"=dict": [key, value, key, value...]},
{"=float": "nan"}.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any, NoReturn

import numpy as np

from fastsgns._shown import shown
from fastsgns.io import _checks, _keys, value_types

#: So deep may values lie in one another.
MAX_DEPTH = 100

_TOO_DEEP = f"values lie more than {MAX_DEPTH} deep in one another"
_BOXES = frozenset({list, tuple, set, frozenset, dict})

#: Bytes of memory that a list, a dict and a set take at least, each from two bytes of JSON.
NBYTES_LIST, NBYTES_DICT, NBYTES_SET = 72, 200, 224
# As of pickles: the text explains six times its length.
_MOST_COST_PER_BYTE = 6
_ALWAYS_COST = 32 << 20

_WINDOW_NBYTES = 1 << 20

#: So many different keys of one hash are chance: hashes have 61 bits.
_MOST_OF_ONE_HASH = 100

_SEQUENCES: dict[str, type] = {"tuple": tuple, "set": set, "frozenset": frozenset}


def dumps(value: Any, what: str) -> bytes:
    """Return JSON for a value that consists of what `encode` returns.

    Raises
    ------
    TypeError
        JSON has no place for it, or `loads` would refuse it; `what` says what it is.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data = text.encode("utf-8", "surrogatepass")
        check_cost(data, _cost)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"the {what} cannot be written as JSON: {error}") from error
    return data


def loads(data: bytes) -> Any:
    """Return the value that `encode` and `dumps` were given.

    Raises
    ------
    ValueError
        This is not what `dumps` writes: no JSON, a name twice in an object, NaN, more lists than
        its length explains, keys that collide, a type that is unknown.
    """
    check_cost(data, _cost)
    try:
        value = json.loads(
            data.decode("utf-8", "surrogatepass"),
            object_pairs_hook=_decode,
            parse_float=_finite,
            parse_constant=_refuse,
        )
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    check_depth(value, data)
    return value


def check_depth(value: Any, data: bytes) -> None:
    """Raise ValueError for a list or object, of JSON, in which values lie too deep in one another.

    How deep the parser goes is different from Python to Python.
    """
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    boxes = [value]
    for _ in range(MAX_DEPTH + 2):  # the value itself is none of those that lie in it
        boxes = [item for box in boxes for item in _items(box) if type(item) in _BOXES]
        if not boxes:
            return
    raise ValueError(_TOO_DEEP)


def _items(box: Any) -> Iterable[Any]:
    return itertools.chain(box, box.values()) if type(box) is dict else box


def check_cost(data: bytes, cost: Callable[[bytes, int, int], int]) -> None:
    """Raise ValueError when the lists and objects in JSON take far more memory than its length.

    `cost` says how many bytes, given the JSON and how many lists and objects are in it.
    """
    allowed = _MOST_COST_PER_BYTE * len(data) + _ALWAYS_COST
    n_lists, n_objects = data.count(b"["), data.count(b"{")
    if cost(data, n_lists, n_objects) <= allowed:
        return
    n_lists -= _count_quoted(data, b"[")
    n_objects -= _count_quoted(data, b"{")
    if cost(data, n_lists, n_objects) > allowed:
        raise ValueError(f"it has {n_lists + n_objects} lists and objects in {len(data)} bytes")


def _cost(data: bytes, n_lists: int, n_objects: int) -> int:
    n_tagged = data.count(b'{"=')  # in text the quote would have a backslash before it
    return (
        NBYTES_LIST * n_lists
        + NBYTES_DICT * (n_objects - n_tagged)
        + NBYTES_SET * data.count(b'{"=set')
    )


def _count_quoted(data: bytes, bracket: bytes) -> int:
    """Return how often a bracket is in the text of JSON, a window at a time."""
    if b"\\" in data:
        data = data.replace(rb"\\", b"").replace(rb"\"", b"")
    n, is_inside = 0, False
    for begin in range(0, len(data), _WINDOW_NBYTES):
        parts = data[begin : begin + _WINDOW_NBYTES].split(b'"')
        n += sum(part.count(bracket) for part in parts[not is_inside :: 2])
        is_inside ^= len(parts) % 2 == 0
    return n


def encode(value: Any, depth: int = 0) -> Any:
    """Return what stands for `value` in JSON.

    Parameters
    ----------
    value : str, int, float, bool, bytes, None, a NumPy number
        Or one of the types of value_types.py, or a tuple, list, set, frozenset or dict of these.

    Raises
    ------
    TypeError
        For any other type, and values more than `MAX_DEPTH` deep in one another.
    """
    if depth > MAX_DEPTH:
        raise TypeError(f"values more than {MAX_DEPTH} deep in one another cannot be saved")
    value = value_types.plainer(value)
    kind = type(value)
    # Other subclasses would come back as something else.
    if value is None or kind in (bool, int):
        return value
    if kind is str:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"=float": repr(value)}
    if kind is bytes:
        return {"=bytes": value.hex()}
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    if kind in _SEQUENCES.values():
        return {f"={kind.__name__}": [encode(item, depth + 1) for item in value]}
    if kind is dict:
        if all(type(key) is str and key[:1] != "=" for key in value):
            return {key: encode(item, depth + 1) for key, item in value.items()}
        return {"=dict": [encode(part, depth + 1) for item in value.items() for part in item]}
    found = value_types.written(value)
    if found is not None:
        return {f"={found[0]}": encode(found[1], depth + 1)}
    raise TypeError(f"{shown(value)} of type {kind.__name__} cannot be saved")


def _decode(pairs: list[tuple[str, Any]]) -> Any:
    """Return what an object of JSON stands for; those within it have been decoded."""
    if len(pairs) == 1 and pairs[0][0][:1] == "=":
        ((tag, content),) = pairs
        try:
            return _decode_tagged(tag[1:], content)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{tag!r:.20} of {content!r:.100}: {error}") from None
    made = dict(pairs)
    if len(made) < len(pairs):
        again = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the name {again!r:.100} is there twice")
    for name in made:
        if name[:1] == "=":
            raise ValueError(f"the name {name!r:.100} begins with =")
    return made


def _decode_tagged(name: str, content: Any) -> Any:
    match name, content:
        case "float", ("nan" | "inf" | "-inf"):
            return float(content)
        case "bytes", str():
            return bytes.fromhex(content)
        case "dict", list():
            if len(content) % 2:
                raise ValueError("a key without a value")
            check_hashes(content[::2])
            return dict(zip(content[::2], content[1::2], strict=True))
        case _, list() if name in _SEQUENCES:
            if name != "tuple":
                check_hashes(content)
            return _SEQUENCES[name](content)
        case _ if value_types.is_known(name):
            return value_types.made(name, content)
    raise ValueError("unknown type or content of another type")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text:.30} is no float")
    return number


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no value of JSON")


def check_hashes(keys: Collection[Any]) -> None:
    """Raise ValueError for keys that a dict or a set could not hold, or only in hours.

    The hashes of str and bytes are secret; integers that are equal modulo 2**61 - 1 share theirs,
    and each is compared with all before it.
    """
    if _checks.are_of(keys, frozenset({str})):
        return
    others = [key for key in keys if type(key) is not str]
    hashes = np.fromiter(map(_hash, others), np.int64, len(others))
    ordered, n = np.sort(hashes), _MOST_OF_ONE_HASH
    for shared in np.unique(ordered[n:][ordered[n:] == ordered[:-n]]) if len(others) > n else ():
        group = [others[i] for i in np.flatnonzero(hashes == shared)]
        if sum(key != group[0] for key in group) >= n:  # one key many times is no harm
            raise ValueError(f"more than {n} different keys have the same hash")


def _hash(key: Any) -> int:
    try:
        return hash(key)
    except TypeError:
        raise ValueError(f"{key!r:.100} cannot be a key") from None


def dumps_keys(keys: Collection[Any]) -> bytes | bytearray:
    """Return JSON for a list of keys; an error names the key and its place.

    Raises
    ------
    TypeError
        A key of another type than `encode` knows.
    """
    if (written := _keys.written(list(keys))) is not None:  # as `dumps`, in a fifth of the time
        return written
    encoded = []
    for place, key in enumerate(keys):
        try:
            encoded.append(encode(key))
        except TypeError as error:
            raise TypeError(f"key {place}: {error}") from None
    return dumps(encoded, "keys")


def loads_keys(data: bytes, loads: Callable[[bytes], Any] = loads) -> list[Any]:
    """Return the keys that `dumps_keys` was given; `loads` reads what is not just a list of str.

    Raises
    ------
    ValueError
        As `loads` and `check_keys`.
    """
    parsed = _keys.parsed(data)
    return check_keys(loads(data)) if parsed is None else parsed


def check_keys(keys: Any) -> list[Any]:
    """Return what `loads` made of a list of keys.

    Raises
    ------
    ValueError
        It is no list, or something in it cannot be a key.
    """
    if not isinstance(keys, list):
        raise ValueError(f"a list of keys must be here, got {keys!r:.100}")
    check_hashes(keys)
    return keys
