"""Engine room: what a question to most_similar and its like may be, and what it means."""

from __future__ import annotations

from collections.abc import Container, Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np

from fastsgns._shown import shown

#: Programs that cannot be edited get what gensim does, which takes a text for its characters:
#: `patch_gensim` sets it.
is_lenient = False

#: What stands for one key, where several may stand as well.
SINGLE_KEY_TYPES = (str, bytes, int, np.integer)

#: What nobody means as a list of keys.
TEXTS = (str, bytes, bytearray)


def check_topn(topn: Any) -> None:
    """Raise TypeError unless `topn` is an int or None."""
    if topn is not None and not isinstance(topn, (int, Integral)):
        raise TypeError(f"topn must be an int or None, got {shown(topn)}")


def is_key(item: Any, known: Container[Any]) -> bool:
    """Say whether an item can only be one key: a str, a number, or what is among the known ones."""
    if isinstance(item, SINGLE_KEY_TYPES):
        return True
    try:
        return item in known
    except TypeError:  # it has no hash, or is a tuple with what has none
        return False


def check_filters(topn: Any, without: list[Any], min_similarity: Any) -> None:
    """Raise unless `topn` is an int or None, and goes with the filters of `most_similar`."""
    check_topn(topn)
    if min_similarity is not None:
        if not isinstance(min_similarity, (Real, np.floating)):
            raise TypeError(f"min_similarity must be a number or None, got {shown(min_similarity)}")
        if min_similarity != min_similarity:
            raise ValueError("min_similarity must be a number or None, got nan")
    if topn is None and (min_similarity is not None or without):
        raise ValueError(
            "topn=None gives the similarities of all: without and min_similarity need a topn, "
            "such as len(wv)"
        )


def items_of(argument: Any, name: str, known: Container[Any] = ()) -> list[Any]:
    """Return what the argument `name` of a question holds: keys, vectors, pairs with a weight."""
    if argument is None:
        return []
    if isinstance(argument, list):
        return argument
    if is_key(argument, known):
        return [argument]
    if isinstance(argument, np.ndarray) and argument.ndim:
        if argument.ndim > 2:
            raise ValueError(f"{name} must be an array of 1 or 2 dimensions, got {argument.ndim}")
        return [argument] if argument.ndim == 1 else list(argument)
    raise TypeError(f"{name} must be a key, a vector or a list of these, got {shown(argument)}")


def weighted_items(
    positive: Any, negative: Any, known: Container[Any]
) -> tuple[list[Any], list[float]]:
    """Return the keys and vectors of a question, and their weights.

    Parameters
    ----------
    positive, negative : key, row number, vector, or list of these
        As `most_similar` takes them.
    known : container of keys
        Keys of any type, which need no guess at what they are.
    """
    items, weights = [], []
    for argument, name, sign in ((positive, "positive", 1.0), (negative, "negative", -1.0)):
        for item in items_of(argument, name, known):
            # A tuple that is a key is a key, and no pair.
            if isinstance(item, (str, np.ndarray)) or is_key(item, known):
                items.append(item)
                weights.append(sign)
            elif isinstance(item, (tuple, list)) and len(item) >= 2:
                items.append(item[0])
                weights.append(float(item[1]))
            else:
                raise TypeError(
                    f"a query must be a key, a vector or a pair with a weight, got {shown(item)}"
                )
    return items, weights


def check_keys(keys: str | bytes | bytearray, name: str, known: Container[Any]) -> str | None:
    """Raise TypeError for a text in the place of several keys; return a warning of one that may be.

    Only a text all of whose characters are keys may be meant, as of sequences of amino acids: there
    gensim's meaning stays.
    """
    if is_lenient:
        return None
    told = (
        f"{name} must be a list of keys, got the text {shown(keys, 40)}: its words are in"
        f" {name}.split(); of one key alone make [{name}], of its characters list({name})"
    )
    if not keys or not isinstance(keys, str) or not all(letter in known for letter in keys):
        raise TypeError(told)
    return f"{told}. All of these are keys, and are taken"


def one_or_many(keys: Any) -> Iterable[Any]:
    """Return several keys as they are, and one key as a list of it."""
    return [keys] if isinstance(keys, SINGLE_KEY_TYPES) else keys


def items_listed(keys: Any) -> list[Any]:
    """Return one or several keys as a list; what is neither is a TypeError."""
    several = one_or_many(keys)
    if not isinstance(several, (tuple, list, Iterable)):
        raise TypeError(f"keys must be a key or several, got {shown(keys)}")
    return list(several)


def batch_item(item: Any, known: Container[Any]) -> tuple[Any, Any]:
    """Return what one query of a batch asks for: what to be near to, and what to be far from."""
    if isinstance(item, tuple):
        if is_key(item, known):
            return [(item, 1.0)], None
        if len(item) != 2:
            raise TypeError(f"a pair of a query is (positive, negative), got {shown(item)}")
        return item
    if isinstance(item, (list, set, dict)):
        raise TypeError(
            f"a query must be a key, a vector or a pair (positive, negative), got {shown(item)}"
        )
    return [item], None
