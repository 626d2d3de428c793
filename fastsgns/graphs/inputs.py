"""Engine room: what may be given as a graph, and which edges it has.

Nothing is imported to recognise a graph: what it is shows by its attributes.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import listed, shown
from fastsgns.graphs.edge_file import read_edge_file
from fastsgns.graphs.edges import Edges, as_weights, of_columns
from fastsgns.io.files import is_path

#: The attribute or column of weights that is taken if it is there.
WEIGHT = "weight"

KINDS = (
    "a graph of networkx or igraph, a square scipy.sparse array, a mapping of nodes to neighbours,"
    " a list of edges, an array of two or three columns, a tuple of two or three such columns, a"
    " frame of pandas, polars or Arrow, or the path of a file of edges"
)


@dataclass(frozen=True)
class Wanted:
    """How a graph is to be understood.

    Attributes
    ----------
    directed : bool or None
        None: as the graph says itself. Of edges alone: they lead both ways.
    weight : str or None
        The attribute, or column, of the weights; None: all edges weigh the same.
    names : sequence or None
        Of the rows of a sparse array.
    workers : int
        Threads that read a file.
    """

    directed: bool | None = None
    weight: str | None = WEIGHT
    names: Sequence[Hashable] | None = None
    workers: int = 1


def edges_of(graph: Any, wanted: Wanted) -> Edges:
    """Return the edges of a graph, whatever it is.

    Raises
    ------
    TypeError
        When it is nothing of that kind, with what may be given.
    ValueError
        For edges that are none, with the first of them.
    """
    is_sparse = hasattr(graph, "tocoo") and hasattr(graph, "shape")
    if wanted.names is not None and not is_sparse:
        raise TypeError(
            f"names are for the rows of a sparse array, a {type(graph).__name__} has its own"
        )
    if is_sparse:
        return _of_sparse(graph, wanted)
    if is_path(graph):
        read = wanted.weight is not None
        return read_edge_file(os.fspath(graph), bool(wanted.directed), read, wanted.workers)
    if hasattr(graph, "is_directed") and hasattr(graph, "adj") and hasattr(graph, "edges"):
        return _of_networkx(graph, wanted)
    if hasattr(graph, "is_directed") and hasattr(graph, "get_edgelist"):
        return _of_igraph(graph, wanted)
    if hasattr(graph, "collect"):  # a LazyFrame of polars
        graph = graph.collect()
    if hasattr(graph, "columns") or hasattr(graph, "column_names"):
        return _of_frame(graph, wanted)
    if isinstance(graph, Mapping):
        return _of_mapping(graph, wanted)
    if isinstance(graph, tuple) and graph and all(hasattr(part, "__array__") for part in graph):
        return _of_parts(graph, wanted)
    if hasattr(graph, "__array__"):
        is_masked = isinstance(graph, np.ma.MaskedArray)
        return _of_array(graph if is_masked else np.asarray(graph), wanted)
    if isinstance(graph, Iterable) and not isinstance(graph, (bytes, bytearray, memoryview)):
        return _of_iterable(graph, wanted)
    raise TypeError(f"graph must be {KINDS}; got {shown(graph)}, a {type(graph).__name__}")


# --- graphs that have nodes of their own ----------------------------------------------------------


def _of_networkx(graph: Any, wanted: Wanted) -> Edges:
    found = list(graph.edges() if wanted.weight is None else graph.edges(data=wanted.weight))
    weights = None if wanted.weight is None else [edge[2] for edge in found]
    is_directed = _direction(graph.is_directed(), wanted)
    return _of_named(list(graph.nodes), found, _with_ones(weights, wanted), is_directed)


def _of_igraph(graph: Any, wanted: Wanted) -> Edges:
    has_names = "name" in graph.vs.attributes()
    names = graph.vs["name"] if has_names else list(range(graph.vcount()))
    names = _as_names(names, len(names))
    has_weights = wanted.weight in graph.es.attributes()
    weights = graph.es[wanted.weight] if has_weights else [None] * graph.ecount()
    ends = np.array(graph.get_edgelist(), np.int64).reshape(-1, 2)
    is_directed = _direction(graph.is_directed(), wanted)
    return Edges(names, ends[:, 0], ends[:, 1], _with_ones(weights, wanted), is_directed)


def _of_mapping(graph: Mapping[Any, Any], wanted: Wanted) -> Edges:
    """Take each node with its neighbours, or with a mapping of these to weights."""
    found: list[Any] = []
    weights: list[Any] = []
    for node, near in graph.items():
        if isinstance(near, (str, bytes)) or not isinstance(near, Iterable):
            raise TypeError(
                f"a mapping must give an iterable of neighbours for each node, that of"
                f" {shown(node)} is {shown(near)}, a {type(near).__name__}"
            )
        near = near if isinstance(near, Mapping) else list(near)
        found += [(node, other) for other in near]
        weights += near.values() if isinstance(near, Mapping) else [None] * len(near)
    names = list(dict.fromkeys(itertools.chain(graph, (target for _, target in found))))
    is_directed = wanted.directed is None or wanted.directed
    return _of_named(names, found, _with_ones(weights, wanted), is_directed)


def _of_sparse(graph: Any, wanted: Wanted) -> Edges:
    if len(graph.shape) != 2 or graph.shape[0] != graph.shape[1]:
        raise ValueError(f"a sparse array of edges must be square, got the shape {graph.shape}")
    if graph.dtype.kind not in "biuf":
        raise TypeError(f"a sparse array must have numbers as weights, got {graph.dtype}")
    entries = graph.tocoo()
    n_nodes = graph.shape[0]
    names = range(n_nodes) if wanted.names is None else _as_names(wanted.names, n_nodes)
    is_edge = entries.data != 0
    sources, targets = entries.row[is_edge], entries.col[is_edge]
    weights = None if wanted.weight is None else entries.data[is_edge].astype(np.float64)
    return Edges(names, sources, targets, weights, wanted.directed is None or wanted.directed)


def _of_named(
    names: list[Any], found: list[Any], weights: NDArray[np.float64] | None, is_directed: bool
) -> Edges:
    """Return the edges between nodes that are known, pairs at least."""
    numbers = {name: number for number, name in enumerate(names)}
    sources, targets = (
        np.fromiter((numbers[edge[end]] for edge in found), np.int64, len(found)) for end in (0, 1)
    )
    return Edges(names, sources, targets, weights, is_directed)


def _direction(is_directed: bool, wanted: Wanted) -> bool:
    if wanted.directed and not is_directed:
        raise ValueError("directed is True, but the graph is an undirected one")
    return is_directed if wanted.directed is None else wanted.directed


def _with_ones(weights: list[Any] | None, wanted: Wanted) -> NDArray[np.float64] | None:
    """Return weights, 1 where an edge has none; None when no edge has one."""
    if wanted.weight is None or weights is None:
        return None
    if all(weight is None for weight in weights):
        if wanted.weight != WEIGHT and weights:
            raise ValueError(f"no edge has the attribute {shown(wanted.weight)} that weight names")
        return None
    return as_weights([1 if weight is None else weight for weight in weights])


def _as_names(given: Any, n_nodes: int) -> list[Hashable]:
    """Return the names of nodes as a list.

    Raises
    ------
    TypeError, ValueError
        They are no names, too few or too many, or one is there twice.
    """
    if not isinstance(given, Iterable):
        raise TypeError(f"names must be a sequence of a name for each row, got {shown(given)}")
    names: list[Any] = list(getattr(given, "tolist", given.__iter__)())
    if len(names) != n_nodes:
        raise ValueError(f"names must be {n_nodes}, one for each row, got {len(names)}")
    seen = set()
    for name in names:
        if type(name).__hash__ is None:
            raise TypeError(f"names must be hashable, got {shown(name)}, a {type(name).__name__}")
        if name in seen:
            raise ValueError(f"the name {shown(name)} is there twice")
        seen.add(name)
    return names


# --- edges alone ----------------------------------------------------------------------------------


def _of_frame(frame: Any, wanted: Wanted) -> Edges:
    labels = list(frame.column_names if hasattr(frame, "column_names") else frame.columns)
    weight = wanted.weight if wanted.weight in labels else None
    if {"source", "target"} <= set(labels):
        ends = ["source", "target"]
    else:
        ends = [label for label in labels if label != weight]
        if len(ends) == 3 and weight is None:
            *ends, weight = ends
    if len(ends) != 2:
        raise TypeError(
            "a frame must have the columns source, target and, maybe, weight, or two or three"
            f" columns in this order; it has {listed(labels, 10)}"
        )
    if wanted.weight not in (None, WEIGHT, weight):
        raise ValueError(
            f"no column is called {shown(wanted.weight)}, as weight says; there are"
            f" {listed(labels, 10)}"
        )
    sources, targets = (_column(frame, labels.index(label), label) for label in ends)
    weights = None
    if weight is not None and wanted.weight is not None:
        weights = _column(frame, labels.index(weight), weight)
    return of_columns(sources, targets, weights, bool(wanted.directed))


def _column(frame: Any, number: int, label: Any) -> Any:
    if hasattr(frame, "iloc"):
        return frame.iloc[:, number]
    for name in ("to_series", "column"):  # polars, Arrow
        if hasattr(frame, name):
            return getattr(frame, name)(number)
    return frame[label]


def _of_parts(parts: tuple[Any, ...], wanted: Wanted) -> Edges:
    shapes = [np.shape(part) for part in parts]
    if len(parts) not in (2, 3) or any(len(shape) != 1 for shape in shapes):
        raise ValueError(
            "a tuple of arrays must be (sources, targets) or (sources, targets, weights), each"
            f" flat; got shapes {listed(shapes)}"
        )
    weights = parts[2] if len(parts) == 3 and wanted.weight is not None else None
    return of_columns(parts[0], parts[1], weights, bool(wanted.directed))


def _of_array(array: NDArray[Any], wanted: Wanted) -> Edges:
    if array.ndim != 2 or array.shape[1] not in (2, 3):
        what = ""
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            what = ". Of a matrix of weights, give scipy.sparse.csr_array(matrix)"
        elif array.ndim == 2 and array.shape[0] in (2, 3):
            what = ". Perhaps you want its transpose, array.T"
        raise ValueError(
            "an array must have an edge in each row, source, target and, maybe, weight: the shape"
            f" (n_edges, 2) or (n_edges, 3), got {array.shape}{what}"
        )
    return _of_parts(tuple(array.T), wanted)


def _of_iterable(graph: Iterable[Any], wanted: Wanted) -> Edges:
    found = list(graph)
    if not found:
        raise ValueError(f"the graph has no edges: the {type(graph).__name__} is empty")
    n_columns = len(found[0]) if _is_edge(found[0]) else 0
    for number, edge in enumerate(found):
        if not _is_edge(edge) or len(edge) != n_columns:
            raise ValueError(
                "edges must be pairs (source, target), or all (source, target, weight); edge"
                f" {number} is {shown(edge)}"
            )
    columns = list(zip(*found, strict=True))
    weights = columns[2] if n_columns == 3 and wanted.weight is not None else None
    return of_columns(list(columns[0]), list(columns[1]), weights, bool(wanted.directed))


def _is_edge(edge: Any) -> bool:
    return not isinstance(edge, (str, bytes)) and hasattr(edge, "__len__") and len(edge) in (2, 3)


# --- nodes ----------------------------------------------------------------------------------------


def node_attribute(graph: Any, name: str) -> list[Any]:
    """Return an attribute of each node of a graph of networkx or igraph, None where it has none.

    Raises
    ------
    TypeError
        For all that has no attributes of nodes.
    """
    if hasattr(graph, "nodes") and hasattr(graph, "adj"):
        return [value for _, value in graph.nodes(data=name)]
    if hasattr(graph, "vs"):
        return list(graph.vs[name]) if name in graph.vs.attributes() else [None] * graph.vcount()
    raise TypeError(
        f"node_types is {shown(name)}, but a {type(graph).__name__} has no attributes of nodes:"
        " give a mapping of nodes to types"
    )
