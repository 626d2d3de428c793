"""Engine room: edges as numbers, and the names of what they join."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown
from fastsgns.corpus import EncodedCorpus

#: Floats below it that are integers are exact ones.
MAX_EXACT = 2.0**53


#: Integers are looked up in a table unless it would be this many times as long as they are many.
SPARSEST = 4


class Edges(NamedTuple):
    """The edges of a graph, in any order, parallel ones and loops among them.

    Attributes
    ----------
    names : sequence
        Of the nodes; the index of a name is the number of its node.
    sources, targets : int (n_edges,)
        Numbers of nodes.
    weights : float64 (n_edges,) or None
        As given: not checked. None: all are the same.
    is_directed : bool
        False: each edge leads both ways.
    """

    names: Sequence[Hashable]
    sources: NDArray[Any]
    targets: NDArray[Any]
    weights: NDArray[np.float64] | None
    is_directed: bool


def of_columns(sources: Any, targets: Any, weights: Any, is_directed: bool) -> Edges:
    """Number the names in two columns: integers in their order, all else by first sight.

    Parameters
    ----------
    sources, targets : arrays or lists of hashables
    weights : array or list of numbers, or None
    is_directed : bool

    Raises
    ------
    ValueError
        For columns of different lengths, and an edge with a None or NaN in place of a node.
    TypeError
        For a node that is not hashable, and weights that are no numbers.
    """
    if len(sources) != len(targets):
        raise ValueError(f"there are {len(sources)} sources of edges and {len(targets)} targets")
    if weights is not None and len(weights) != len(sources):
        raise ValueError(f"there are {len(sources)} edges and {len(weights)} weights")
    ends: list[Any] = [_as_integers(column) for column in (sources, targets)]
    names: Sequence[Hashable]
    if all(end is not None for end in ends) and np.result_type(*ends).kind in "iu":
        names, numbers = _in_ascending_order(np.concatenate(ends))
    else:
        lists = [_as_list(column) for column in (sources, targets)]
        _check_nodes(*lists)
        corpus = EncodedCorpus.from_sentences(lists, cache="memory")
        names, numbers = corpus.words, np.asarray(corpus.ids)
    weights = None if weights is None else as_weights(weights)
    return Edges(names, numbers[: len(sources)], numbers[len(sources) :], weights, is_directed)


def as_weights(weights: Any) -> NDArray[np.float64]:
    """Return weights as numbers; TypeError names the first that is none."""
    array = np.asarray(weights)
    if array.dtype.kind not in "biuf" or np.ma.is_masked(weights):
        items = _as_list(weights)
        for number, item in enumerate(items):
            is_number = hasattr(item, "__float__") or hasattr(item, "__index__")
            if isinstance(item, str) or not is_number:
                raise TypeError(
                    f"weights must be numbers, that of edge {number} is {shown(item)}, a"
                    f" {type(item).__name__}"
                )
        array = np.array([float(item) for item in items])
    return array.astype(np.float64, copy=False)


def _in_ascending_order(given: NDArray[Any]) -> tuple[list[int], NDArray[Any]]:
    """Return the integers that there are, and the place of each given one among them."""
    low, high = (int(given.min()), int(given.max())) if len(given) else (0, -1)
    if high - low >= SPARSEST * len(given) + 1024 or high >= 2**63:
        unique, numbers = np.unique(given, return_inverse=True)
        return unique.tolist(), numbers
    is_there = np.zeros(high - low + 1, bool)  # the usual numbers, without sorting
    places = given.astype(np.int64) - low
    is_there[places] = True
    numbers_of = np.cumsum(is_there, dtype=np.int32 if len(given) < 2**31 else np.int64) - 1
    return (np.flatnonzero(is_there) + low).tolist(), numbers_of[places]


def _as_integers(column: Any) -> NDArray[Any] | None:
    """Return an array of integers, be they given as floats; None for what holds anything else."""
    if isinstance(column, list) or np.ma.is_masked(column):
        return None
    array = np.asarray(column)
    if array.dtype.kind == "f" and (np.abs(array) < MAX_EXACT).all() and (array % 1 == 0).all():
        array = array.astype(np.int64)
    return array if array.dtype.kind in "iu" else None


def _as_list(column: Any) -> list[Any]:
    """Return the items of a column as Python's."""
    for name in ("tolist", "to_list", "to_pylist"):
        if hasattr(column, name):
            return list(getattr(column, name)())
    return list(column)


def _check_nodes(sources: list[Any], targets: list[Any]) -> None:
    """Raise what is wrong with the first edge that has no node at one of its ends."""
    for what, column in (("source", sources), ("target", targets)):
        for number, item in enumerate(column):
            if item is None or type(item).__name__ in ("NAType", "NaTType") or is_nan(item):
                raise ValueError(f"edge {number} has no {what}, but {item!r}")
            try:
                hash(item)
            except TypeError:
                raise TypeError(
                    f"nodes must be hashable, the {what} of edge {number} is {shown(item)}, a"
                    f" {type(item).__name__}"
                ) from None


def is_nan(item: Any) -> bool:
    """Say whether a value is a float that is NaN."""
    return isinstance(item, float) and item != item
