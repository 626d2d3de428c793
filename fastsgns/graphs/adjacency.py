"""Engine room: the edges of a graph in a row for each node, and what walks need of them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown
from fastsgns.graphs.edges import Edges

if TYPE_CHECKING:
    from fastsgns.graphs._walks import WalkedGraph

#: Edges whose tables are made at a time: some 20 ms, after which Ctrl-C is seen.
EDGES_AT_ONCE = 1 << 20

#: Slots, shares and largest shares: see `WalkedGraph`.
Tables = tuple[NDArray[np.uint32] | None, NDArray[np.float32] | None, NDArray[np.float32] | None]

MAX_NODES = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Each edge once, by the node that it leaves and by the one that it leads to.

    Attributes
    ----------
    offsets : int64 (n_rows + 1,)
        Row r is targets[offsets[r]:offsets[r + 1]]. There is a row for each node, or, by types, for
        each node and type: row v * n_types + t has the edges from v to nodes of type t.
    targets : int32 (n_edges,)
        Where the edges lead, ascending within a row.
    weights : float64 (n_edges,) or None
        > 0 and finite; None: all are the same.
    n_types : int, default 1
    """

    offsets: NDArray[np.int64]
    targets: NDArray[np.int32]
    weights: NDArray[np.float64] | None
    n_types: int = 1

    @classmethod
    def of(cls, edges: Edges) -> Adjacency:
        """Sort edges: both ways if they are undirected; weights of parallel edges are added.

        Raises
        ------
        ValueError
            For a weight that is negative, NaN or infinite, alone or as such a sum, and for more
            nodes than int32 can number.
        """
        from scipy.sparse import csr_array

        n_nodes = len(edges.names)
        if n_nodes > MAX_NODES:
            raise ValueError(f"a graph may have {MAX_NODES} nodes, got {n_nodes}")
        check_weights(edges)
        sources, targets, weights = edges.sources, edges.targets, edges.weights
        if weights is None:
            weights = np.ones(len(sources), np.int32 if len(sources) < 2**31 else np.int64)
        if not edges.is_directed:
            is_loop = sources == targets  # is the same both ways
            sources, targets, weights = (
                np.concatenate([sources, targets[~is_loop]]),
                np.concatenate([targets, sources[~is_loop]]),
                np.concatenate([weights, weights[~is_loop]]),
            )
        rows = csr_array((weights, (sources, targets)), shape=(n_nodes, n_nodes))
        rows.sum_duplicates()
        rows.eliminate_zeros()
        if not np.isfinite(rows.data).all():
            at = int(np.argmin(np.isfinite(rows.data)))
            source = int(np.searchsorted(rows.indptr, at, side="right")) - 1
            names = edges.names[source], edges.names[int(rows.indices[at])]
            raise ValueError(f"the weights of the edges {_arrow(*names)} are too large to be added")
        is_even = not len(rows.data) or bool((rows.data == rows.data[0]).all())
        return cls(
            rows.indptr.astype(np.int64),
            rows.indices.astype(np.int32, copy=False),
            None if is_even else rows.data.astype(np.float64, copy=False),
        )

    @property
    def n_nodes(self) -> int:
        """How many nodes there are, those without edges included."""
        return (len(self.offsets) - 1) // self.n_types

    def by_types(self, types: NDArray[np.int32], n_types: int) -> Adjacency:
        """Sort the edges of each node by the type of where they lead.

        Parameters
        ----------
        types : int32 (n_nodes,)
            Of each node, 0..n_types - 1, or -1: edges that lead there are left out.
        n_types : int
        """
        of_targets = types[self.targets]
        sources = np.repeat(np.arange(self.n_nodes), np.diff(self.offsets))
        rows = sources * n_types + of_targets
        kept = np.flatnonzero(of_targets >= 0)
        kept = kept[np.argsort(rows[kept], kind="stable")]
        offsets = np.zeros(self.n_nodes * n_types + 1, np.int64)
        np.cumsum(np.bincount(rows[kept], minlength=len(offsets) - 1), out=offsets[1:])
        weights = None if self.weights is None else self.weights[kept]
        return Adjacency(offsets, self.targets[kept], weights, n_types)

    @cached_property
    def _tables(self) -> dict[bool, Tables]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_tables"}

    def walked(self, is_biased: bool) -> WalkedGraph:
        """Return the edges as walks take them; tables of weights are made once.

        Parameters
        ----------
        is_biased : bool
            Whether p or q is not 1.
        """
        from fastsgns.graphs._walks import WalkedGraph

        if is_biased not in self._tables:
            self._tables[is_biased] = self._make_tables(is_biased)
        return WalkedGraph(self.offsets, self.targets, *self._tables[is_biased], self.n_types)

    def _make_tables(self, is_biased: bool) -> Tables:
        """Make the alias tables of all rows, some at a time."""
        from fastsgns.graphs._walks import fill_slots

        if self.weights is None:
            return None, None, None
        n_rows, n_edges = len(self.offsets) - 1, len(self.targets)
        slots = np.zeros((n_edges, 2), np.uint32)
        shares = np.zeros(n_edges, np.float32) if is_biased else None
        largest = np.zeros(n_rows, np.float32) if is_biased else None
        first = 0
        while first < n_rows:
            stop = self.offsets[first] + EDGES_AT_ONCE
            last = max(first + 1, int(np.searchsorted(self.offsets, stop, side="right")) - 1)
            fill_slots(
                self.offsets, self.targets, self.weights, first, last, slots, shares, largest
            )
            first = last
        return slots, shares, largest


def check_weights(edges: Edges) -> None:
    """Raise ValueError for the first weight that is negative, NaN or infinite."""
    if edges.weights is None:
        return
    is_wrong = ~((edges.weights >= 0) & np.isfinite(edges.weights))
    if is_wrong.any():
        at = int(is_wrong.argmax())
        names = edges.names[int(edges.sources[at])], edges.names[int(edges.targets[at])]
        raise ValueError(
            "weights must be finite and >= 0 (an edge of weight 0 is left out), that of the edge"
            f" {_arrow(*names)} is {edges.weights[at]:g}"
        )


def _arrow(source: Hashable, target: Hashable) -> str:
    return f"{shown(source, 40)} -> {shown(target, 40)}"
