"""Engine room: whether load() will give back what save() is about to write in gensim's format."""

from __future__ import annotations

import pickle
import reprlib
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from fastsgns.io import npy, value_types
from fastsgns.io.gensim_attributes import OURS
from fastsgns.io.gensim_pickle import read_value
from fastsgns.io.interrupts import pass_on, suppressed

#: Attributes that are looked at on their own, or are not written as they are.
PARTS = frozenset(
    {"expandos", "hashfxn", "index_to_key", "key_to_index", "random", "raw_vocab", "wv"}
)
PLAIN_TYPES = frozenset({str, int, float, bool, bytes, complex, type(None)})


def unreadable(attributes: Mapping[str, Any], ignore: Collection[str] = ()) -> dict[str, str]:
    """Say of the attributes that load() would refuse, by their names, what is lost with them.

    Parameters
    ----------
    attributes : mapping
        Of a Word2Vec or a KeyedVectors.
    ignore : collection of str
        Attributes that are not to be written.

    Raises
    ------
    TypeError
        A key is such; or an attribute cannot even be pickled.
    """
    found = {}
    for name, value in attributes.items():
        is_left_out = name in ignore or name in OURS or name.startswith("_")
        if is_left_out or name in PARTS or type(value) in PLAIN_TYPES:
            continue
        if not npy.is_admitted(value) and not _is_generator(value) and not _gives_back(name, value):
            found[name] = (
                f"attribute {name!r} is left out, and is None after loading: load() would have to "
                f"run code of the type {_name_of(value)}"
            )
    if "index_to_key" not in ignore:
        _check_keys(attributes.get("index_to_key", ()))
    return found


def _check_keys(keys: Sequence[Any]) -> None:
    for kind, key in {type(key): key for key in keys}.items():
        plain = value_types.plainer(key)  # as it is written
        if kind not in PLAIN_TYPES and not _can_be_key(plain):
            raise TypeError(
                f"key {reprlib.repr(key)} cannot be saved: load() would have to run code of the "
                f"type {_name_of(key)}. Use str, int or tuples of them"
            )


def _can_be_key(key: Any) -> bool:
    with suppressed(Exception):  # a class of a function has no name by which pickle would find it
        return gives_back(key)
    return False


def _name_of(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{type(value).__module__}.{type(value).__qualname__} of {value.dtype}"
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _is_generator(value: Any) -> bool:
    """Say whether this is a random generator that is read as such."""
    return (
        type(value) is np.random.RandomState
        and value.get_state(legacy=False)["bit_generator"] == "MT19937"
    )


def _gives_back(name: str, value: Any) -> bool:
    try:
        return gives_back(value)
    except Exception as error:
        pass_on(error)
        raise TypeError(
            f"attribute {name!r} cannot be pickled: {error}; ignore=[{name!r}] leaves it out"
        ) from error


def gives_back(value: Any) -> bool:
    """Say whether a value comes out of a pickle as it went in, when it is read here.

    What `pickle` itself raises for it is raised.
    """
    data = pickle.dumps(value, 3)
    with suppressed(Exception):  # what is refused, in as many ways as there are opcodes
        return _is_same(read_value(data), value)
    return False


def _is_same(read: Any, value: Any) -> bool:
    """Compare types all the way down; the values are right where these are."""
    if isinstance(value, np.memmap):
        return type(read) is np.ndarray
    if type(read) is not type(value):
        return False
    match value:
        case dict():
            return _is_same([*read, *read.values()], [*value, *value.values()])
        case list() | tuple() | deque():
            return all(map(_is_same, read, value))
        case np.ndarray() if value.dtype.hasobject:
            return all(map(_is_same, read.ravel(), value.ravel()))
    return True
