# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Boundary: a graph's edges in rows, and random walks along them, with the GIL released."""

from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint32_t, uint64_t

import numpy as np


cdef extern from "_kernels/walks/walks.h" nogil:
    ctypedef struct WalkSlot:
        uint32_t odds
        int32_t alias

    ctypedef struct WalkGraph:
        int64_t n_nodes
        int64_t n_types
        const int64_t *offsets
        const int32_t *targets
        const WalkSlot *slots
        const float *shares
        const float *largest

    ctypedef struct WalkRule:
        double back
        double away
        const int32_t *types
        int64_t n_types_of_walk
        int32_t length

    void walk_fill_row(
        const double *weights, const int32_t *targets, int64_t n, WalkSlot *slots, float *shares,
        float *largest, int64_t *pending,
    )
    int64_t walk_all(
        const WalkGraph *graph, const WalkRule *rule, const int32_t *starts, int64_t first,
        int64_t n, uint64_t key, int32_t *ids, int64_t *ends, const int32_t *stop,
    )


cdef class WalkedGraph:
    """The edges of a graph, ready to be walked along.

    Parameters
    ----------
    offsets : int64 (n_nodes * n_types + 1,)
        Row v * n_types + t, which has the edges from node v to nodes of type t, is
        targets[offsets[row]:offsets[row + 1]].
    targets : int32 (n_edges,)
        Where edges lead, ascending within a row.
    slots : uint32 (n_edges, 2), optional
        Alias tables of the rows, from `fill_slots`. Default: all edges weigh the same.
    shares : float32 (n_edges,), optional
        Weights by the sum of their row: needed beside slots where p or q is not 1.
    largest : float32 (n_rows,), optional
        The largest share of each row: there if shares are.
    n_types : int, default 1

    The arrays stay the caller's; kept alive, and not to be changed.

    Raises
    ------
    ValueError
        When offsets do not run from 0 to n_edges, targets are no nodes, or shapes do not fit.
    """
    cdef WalkGraph graph
    cdef object kept  # what the pointers point into

    def __init__(
        self,
        const int64_t[::1] offsets not None,
        const int32_t[::1] targets not None,
        const uint32_t[:, ::1] slots=None,
        const float[::1] shares=None,
        const float[::1] largest=None,
        int64_t n_types=1,
    ):
        cdef int64_t i, n_rows = offsets.shape[0] - 1, n_edges = targets.shape[0]
        cdef bint is_right = True
        if n_types < 1 or n_rows < 0 or n_rows % n_types or n_rows // n_types > INT32_MAX:
            raise ValueError(f"{n_rows} rows are not {n_types} for each of at most 2**31 - 1 nodes")
        if slots is not None and (slots.shape[0] != n_edges or slots.shape[1] != 2):
            raise ValueError(f"slots must have the shape ({n_edges}, 2)")
        if (shares is None) != (largest is None) or shares is not None and (
            slots is None or shares.shape[0] != n_edges or largest.shape[0] != n_rows
        ):
            raise ValueError(f"shares must be {n_edges}, and largest {n_rows}, beside slots")
        self.kept = offsets, targets, slots, shares, largest
        self.graph.n_nodes = n_rows // n_types
        self.graph.n_types = n_types
        self.graph.offsets = &offsets[0]
        self.graph.targets = &targets[0] if n_edges else NULL
        if slots is not None and n_edges:
            self.graph.slots = <const WalkSlot *> &slots[0, 0]
        self.graph.shares = &shares[0] if shares is not None and n_edges else NULL
        self.graph.largest = &largest[0] if largest is not None and n_rows else NULL
        with nogil:
            is_right = offsets[0] == 0 and offsets[n_rows] == n_edges
            for i in range(n_rows):
                is_right &= offsets[i] <= offsets[i + 1]
            for i in range(n_edges):
                is_right &= 0 <= targets[i] < self.graph.n_nodes
                if self.graph.slots != NULL:
                    is_right &= 0 <= self.graph.slots[i].alias < self.graph.n_nodes
        if not is_right:
            raise ValueError("offsets must run from 0 to n_edges, targets must be nodes")

    def walk(
        self,
        WalkRules rules not None,
        uint64_t key,
        int64_t first,
        const int32_t[::1] starts not None,
        const int32_t[::1] stop not None,
    ):
        """Walk from each of some nodes.

        Parameters
        ----------
        rules : WalkRules
        key : uint64
            Of the random numbers: walk number `first` + i depends on it, on that number and on
            its start only.
        first : int
        starts : int32 (n,)
        stop : int32 (1,)
            Another thread may set it: what is returned is of no use then.

        Returns
        -------
        ids : int32 (n_ids,)
            Walk after walk.
        ends : int64 (n,)
            Where each ends, as indices into `ids`.
        """
        cdef int64_t i, n_ids, n = starts.shape[0]
        if stop.shape[0] < 1:
            raise ValueError("stop must be one number")
        if rules.n_types > self.graph.n_types:
            raise ValueError(f"a walk has {rules.n_types} types, the graph {self.graph.n_types}")
        if rules.is_biased and self.graph.slots != NULL and self.graph.shares == NULL:
            raise ValueError("p and q need the shares of the edges")
        if rules.is_biased and self.graph.n_types > 1:
            raise ValueError("p and q must be 1 where walks go by types")
        for i in range(n):
            if not 0 <= starts[i] < self.graph.n_nodes:
                raise ValueError(f"starts[{i}] is {starts[i]}, of {self.graph.n_nodes} nodes")
        ids = np.empty(n * rules.rule.length, np.int32)
        ends = np.empty(n, np.int64)
        if n == 0:
            return ids, ends
        cdef int32_t[::1] out_ids = ids
        cdef int64_t[::1] out_ends = ends
        with nogil:
            n_ids = walk_all(
                &self.graph, &rules.rule, &starts[0], first, n, key, &out_ids[0], &out_ends[0],
                &stop[0],
            )
        return ids[:n_ids], ends


cdef class WalkRules:
    """How walks go.

    Parameters
    ----------
    length : int, 1..2**31 - 1
        Nodes of a walk.
    p, q : float, > 0, finite
        Of node2vec.
    types : int32 (n,), optional
        Node i of a walk has the type types[i % n]. Default: all have type 0.
    """
    cdef WalkRule rule
    cdef const int32_t[::1] types
    cdef int64_t n_types
    cdef bint is_biased

    def __init__(self, int32_t length, double p=1, double q=1, const int32_t[::1] types=None):
        if length < 1 or not 0 < 1 / p < np.inf or not 0 < 1 / q < np.inf:
            raise ValueError("length must be >= 1, p and q > 0 and finite, and so must be 1 / p")
        self.types = np.zeros(1, np.int32) if types is None else types
        if self.types.shape[0] < 1 or min(self.types) < 0:
            raise ValueError("types must be one at least, and >= 0")
        self.n_types = 1 + <int64_t> max(self.types)
        self.is_biased = p != 1 or q != 1
        self.rule.length = length
        self.rule.back = 1 / p
        self.rule.away = 1 / q
        self.rule.types = &self.types[0]
        self.rule.n_types_of_walk = self.types.shape[0]


def fill_slots(
    const int64_t[::1] offsets not None,
    const int32_t[::1] targets not None,
    const double[::1] weights not None,
    int64_t first,
    int64_t last,
    uint32_t[:, ::1] slots not None,
    float[::1] shares=None,
    float[::1] largest=None,
):
    """Make the alias tables of rows first..last.

    Parameters
    ----------
    offsets : int64 (n_rows + 1,)
    targets : int32 (n_edges,)
    weights : float64 (n_edges,), > 0, finite
    first, last : int
    slots : uint32 (n_edges, 2)
        Overwritten: of these rows the odds of each edge, and the node that it is alias to.
    shares : float32 (n_edges,), largest : float32 (n_rows,), optional
        Overwritten: weights by the sum of their row, and the largest of these.
    """
    cdef int64_t row, begin, degree, most = 0
    if not 0 <= first <= last < offsets.shape[0]:
        raise ValueError(f"rows {first}..{last} of {offsets.shape[0] - 1}")
    if not targets.shape[0] == weights.shape[0] == slots.shape[0] or slots.shape[1] != 2:
        raise ValueError("targets, weights and slots must be as many")
    if shares is not None and (
        largest is None
        or shares.shape[0] != targets.shape[0]
        or largest.shape[0] != offsets.shape[0] - 1
    ):
        raise ValueError("shares must be as many as edges, largest as many as rows")
    for row in range(first, last):
        if not 0 <= offsets[row] <= offsets[row + 1] <= targets.shape[0]:
            raise ValueError(f"row {row} is {offsets[row]}..{offsets[row + 1]}")
        most = max(most, offsets[row + 1] - offsets[row])
    cdef int64_t[::1] pending = np.empty(max(most, 1), np.int64)
    with nogil:
        for row in range(first, last):
            begin = offsets[row]
            degree = offsets[row + 1] - begin
            if degree:
                walk_fill_row(
                    &weights[begin], &targets[begin], degree, <WalkSlot *> &slots[begin, 0],
                    &shares[begin] if shares is not None else NULL,
                    &largest[row] if shares is not None else NULL, &pending[0],
                )
