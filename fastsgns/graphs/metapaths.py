"""Engine room: walks by the types of nodes, along metapaths."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import listed, shown


class Route(NamedTuple):
    """Where walks begin, and which types of nodes they go through.

    Attributes
    ----------
    starts : int32 (n,)
        Nodes.
    types : int32 (n_types_of_walk,)
        Node i of a walk has the type types[i % n_types_of_walk].
    """

    starts: NDArray[np.int32]
    types: NDArray[np.int32]


def types_of(nodes: Sequence[Hashable], node_types: Any) -> list[Any]:
    """Return the type of each node.

    Parameters
    ----------
    nodes : sequence
    node_types : mapping of nodes to types, or a sequence of a type for each node

    Raises
    ------
    TypeError, ValueError
        It is neither, or a node has no type, or one that is not hashable.
    """
    if isinstance(node_types, Mapping):
        types = [node_types.get(node) for node in nodes]
    elif hasattr(node_types, "tolist"):
        types = list(node_types.tolist())
    elif isinstance(node_types, Sequence) and not isinstance(node_types, (str, bytes)):
        types = list(node_types)
    else:
        raise TypeError(
            "node_types must be a mapping of nodes to types, a type for each node, or the name of"
            f" an attribute of nodes, got {shown(node_types)}"
        )
    if len(types) != len(nodes):
        raise ValueError(f"node_types must be {len(nodes)}, one for each node, got {len(types)}")
    for node, kind in zip(nodes, types, strict=True):
        if kind is None:
            raise ValueError(f"the node {shown(node)} has no type in node_types")
        if type(kind).__hash__ is None:
            raise TypeError(f"types must be hashable, that of {shown(node)} is {shown(kind)}")
    return types


def routes_of(types: list[Any], metapaths: Any) -> tuple[list[Route], NDArray[np.int32], int]:
    """Return the routes of metapaths.

    Parameters
    ----------
    types : list
        Of each node.
    metapaths : sequence of sequences of types
        Each ends with the type with which it begins, and so can be gone through again and again.

    Returns
    -------
    routes : list
    numbers : int32 (n_nodes,)
        Of the type of each node: 0..n_types - 1, -1 for types that are in no metapath.
    n_types : int

    Raises
    ------
    TypeError, ValueError
        A metapath is none, or has a type that no node has.
    """
    if not isinstance(metapaths, Sequence) or isinstance(metapaths, (str, bytes)) or not metapaths:
        raise TypeError(f"metapaths must be a list of lists of types, got {shown(metapaths)}")
    known = dict.fromkeys(types)
    numbers_of: dict[Any, int] = {}
    for path in metapaths:
        if not isinstance(path, (list, tuple)):
            raise TypeError(
                f"a metapath must be a list of types, got {shown(path)}. Perhaps you want"
                f" metapaths=[{shown(metapaths)}]"
            )
        if len(path) < 2 or path[0] != path[-1]:
            raise ValueError(
                "a metapath must have two types at least, and end with that with which it begins,"
                f" to go on from there: got {shown(path)}"
            )
        for kind in path:
            if kind not in known:
                raise ValueError(
                    f"no node has the type {shown(kind)} of the metapath {shown(path)}; there are"
                    f" {listed(known, 10)}"
                )
            numbers_of.setdefault(kind, len(numbers_of))
    numbers = np.array([numbers_of.get(kind, -1) for kind in types], np.int32)
    routes = []
    for path in metapaths:
        of_path = np.array([numbers_of[kind] for kind in path[:-1]], np.int32)
        starts = np.flatnonzero(numbers == of_path[0]).astype(np.int32)
        routes.append(Route(starts, of_path))
    return routes, numbers, len(numbers_of)
