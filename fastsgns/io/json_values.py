"""Engine room: keys and other plain values as JSON and back, types kept.

A str is itself. Everything else is an object with one member, named for its type: {"int": 5},
{"bytes": "ff00"}, {"tuple": [...]}, {"list": [...]}, {"dict": [[key, value], ...]},
{"float": "0x1.8p+1"}, {"bool": true}, {"none": null}.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastsgns._shown import shown
from fastsgns.io import value_types


def encode(value: Any) -> Any:
    """Return what stands for `value` in JSON.

    Parameters
    ----------
    value : str, int, float, bool, bytes, None, a NumPy number
        Or one of the types of value_types.py, or a tuple, list, set, frozenset or dict of these.

    Raises
    ------
    TypeError
        For any other type.
    """
    value = value_types.plainer(value)
    # Other subclasses would come back as something else.
    match value:
        case str():
            return value
        case None:
            return {"none": None}
        case bool():
            return {"bool": value}
        case int() if type(value) is int:
            return {"int": value}
        case float() if type(value) is float:
            return {"float": value.hex()}
        case bytes() if type(value) is bytes:
            return {"bytes": value.hex()}
        case dict() if type(value) is dict:
            return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
        case tuple() | list() | set() | frozenset() if type(value) in _SEQUENCES.values():
            return {type(value).__name__: [encode(item) for item in value]}
    found = value_types.written(value)
    if found is not None:
        return {found[0]: encode(found[1])}
    raise TypeError(f"{shown(value)} of type {type(value).__name__} cannot be saved")


_SEQUENCES: dict[str, type] = {"tuple": tuple, "list": list, "set": set, "frozenset": frozenset}


def decode(value: Any) -> Any:
    """Return the value that `encode` was given.

    Raises
    ------
    ValueError
        `encode` writes no such thing.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        ((name, content),) = value.items()
        try:
            return _decode_tagged(name, content)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{value!r:.100}: {error}") from error
    raise ValueError(f"{value!r:.100} is no value")


def _decode_tagged(name: str, content: Any) -> Any:
    match name, content:
        case "none", None:
            return None
        case "bool", bool():
            return content
        case "int", int() if type(content) is int:
            return content
        case "float", str():
            return float.fromhex(content)
        case "bytes", str():
            return bytes.fromhex(content)
        case "dict", list():
            return {decode(key): decode(item) for key, item in content}
        case _, list() if name in _SEQUENCES:
            return _SEQUENCES[name](decode(item) for item in content)
        case _ if value_types.is_known(name):
            return value_types.made(name, decode(content))
    raise ValueError("unknown type or content of another type")


def encode_keys(keys: Iterable[Any]) -> list[Any]:
    """Encode a list of keys; an error names the key and its place.

    Raises
    ------
    TypeError
        A key of another type than `encode` knows.
    """
    encoded = []
    for place, key in enumerate(keys):
        if type(key) is str:  # nearly always
            encoded.append(key)
            continue
        try:
            encoded.append(encode(key))
        except TypeError as error:
            raise TypeError(f"key {place}: {error}") from None
    return encoded


def decode_keys(values: Any) -> list[Any]:
    """Return the keys that `encode_keys` was given.

    Raises
    ------
    ValueError
        Not a list, or something in it that `encode_keys` does not write.
    """
    if not isinstance(values, list):
        raise ValueError(f"a list of keys must be here, got {values!r:.100}")
    keys = [value if type(value) is str else decode(value) for value in values]
    for place, key in enumerate(keys):
        if type(key) is not str:
            try:
                hash(key)
            except TypeError:
                raise ValueError(f"key {place}: {key!r:.100} cannot be a key") from None
    return keys
