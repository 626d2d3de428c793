"""Engine room: RandomWalks, a corpus of walks over a graph."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._params import as_int, as_workers, available_cores
from fastsgns._shown import shown
from fastsgns.corpus.numbered import Blocks, NumberedSentences
from fastsgns.graphs.adjacency import Adjacency
from fastsgns.graphs.inputs import WEIGHT, Wanted, edges_of, node_attribute
from fastsgns.graphs.metapaths import Route, routes_of, types_of
from fastsgns.io.threads import Task, Threads

#: Nodes of walks that a thread makes at a time: some ms of work, and in the L2 cache.
BLOCK_NODES = 1 << 17

Block = tuple[NDArray[np.int32], NDArray[np.int64]]

_counting = threading.Lock()  # guards `passes` of all objects: one of their own could not be copied


class RandomWalks(NumberedSentences):
    """Random walks over a graph, as a corpus: a walk is a sentence, a node a word.

    ``Word2Vec(RandomWalks(graph), sg=1)`` gives vectors of nodes as DeepWalk does, and with p and q
    as node2vec does. Walks are made by compiled code on several threads, and go to training as
    integers. Each node is the start of `n_walks` walks; rounds from all nodes, in random order,
    come one after the other.

    Each pass over the object walks anew: with ``corpus_cache="off"`` each epoch trains other walks,
    else all epochs train those of one pass. Pass number k of objects with the same graph and the
    same parameters is the same, whatever `workers`.

    Parameters
    ----------
    graph : object
        A graph of networkx (multigraphs too) or igraph; a square scipy.sparse array, row i having
        the edges from node i; a mapping of each node to its neighbours, or to a mapping of these to
        weights. Or edges: an iterable of (source, target) or (source, target, weight); an array
        of two or three columns; a tuple of two or three flat arrays; a frame of pandas, polars or
        Arrow with the columns source, target and, maybe, weight (or with two or three of any name);
        the path of a text file, such columns in each line, compressed or not.
    n_walks : int, default 10
        Walks from each node in a pass; with metapaths, along each from each node where it begins.
    length : int, default 80
        Nodes of a walk. It ends earlier where no edge leads on: a node without edges is a walk of
        one node.
    p, q : float, default 1.0
        Of node2vec: coming from t, an edge to x is taken with its weight times 1 / p if x is t,
        times 1 if there is an edge from t to x, else times 1 / q.
    seed : int or None, default 1
        >= 0. None: another one each time.
    workers : int, optional
        Threads; -1 for all cores. Default: as many as the model that is trained has.
    weight : str or None, default "weight"
        The attribute of edges (networkx, igraph), or the column of a frame, that is their weight;
        edges without it have 1. None: all edges have the same weight, whatever comes with them.
    directed : bool, optional
        Default: what the graph says; a sparse array or a mapping is taken as it is, row to column
        and node to neighbour; edges alone lead both ways. False: all edges lead both ways.
    names : sequence of hashables, optional
        Of the rows of a sparse array. Default: their numbers.
    node_types : mapping of nodes to types, or sequence, or str, optional
        For metapaths: the type of each node, as a mapping, in the order of `nodes`, or as an
        attribute of nodes (networkx, igraph).
    metapaths : list of lists of types, optional
        Walks go through nodes of these types only, again and again, as in metapath2vec: such as
        ``[["author", "paper", "author"]]``. Each ends with the type with which it begins. p and q
        must be 1.

    Attributes
    ----------
    nodes : list
        The names of the nodes, which are the words: in the order of the graph; of integers in edges
        in ascending order; else as they were first seen.
    passes : int
        How many passes have begun. May be set: with 0, the first one comes again.

    Raises
    ------
    TypeError
        For what is no graph, and for parameters of a wrong type.
    ValueError
        For weights that are negative, NaN or infinite, edges without a node, a graph without nodes,
        parameters out of range. What is wrong is named with its place.
    FileNotFoundError

    Notes
    -----
    Weights of parallel edges are added, so that an edge that is listed twice is taken twice as
    often. An edge of weight 0 is left out; its nodes stay. A loop is an edge as any other, and is
    one way.

    A step takes about the same time whatever the degree of a node, and the memory is that of the
    edges: 4 bytes for each way, and 16 more (20 with p or q) with weights.

    References
    ----------
    Perozzi et al. 2014, DeepWalk, doi:10.1145/2623330.2623732; Grover & Leskovec 2016, node2vec,
    doi:10.1145/2939672.2939754; Dong et al. 2017, metapath2vec, doi:10.1145/3097983.3098036; Yang
    et al. 2019, KnightKing, doi:10.1145/3341301.3359634.

    Examples
    --------
    >>> from fastsgns.graphs import RandomWalks
    >>> walks = RandomWalks([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")], n_walks=2, length=5)
    >>> walks
    RandomWalks<nodes=4, walks=8, length=5, p=1, q=1>
    >>> sorted(walk[0] for walk in walks)
    ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd']
    """

    def __init__(
        self,
        graph: Any,
        n_walks: int = 10,
        length: int = 80,
        p: float = 1.0,
        q: float = 1.0,
        *,
        seed: int | None = 1,
        workers: int | None = None,
        weight: str | None = WEIGHT,
        directed: bool | None = None,
        names: Sequence[Hashable] | None = None,
        node_types: Any = None,
        metapaths: Sequence[Sequence[Hashable]] | None = None,
    ) -> None:
        self.n_walks = as_int("n_walks", n_walks, at_least=1)
        self.length = as_int("length", length, at_least=1)
        self.p = _as_factor("p", p)
        self.q = _as_factor("q", q)
        self.seed = _as_seed(seed)
        self.workers = None if workers is None else as_workers(workers)
        self.passes = 0
        if (node_types is None) != (metapaths is None):
            raise ValueError("node_types and metapaths go together: give both, or neither")
        if metapaths is not None and not self.p == self.q == 1:
            raise ValueError(f"with metapaths, p and q must be 1, got {self.p:g} and {self.q:g}")
        if isinstance(node_types, str):
            node_types = node_attribute(graph, node_types)
        n_threads = self.workers or available_cores()
        wanted = Wanted(_as_directed(directed), _as_weight(weight), names, n_threads)
        edges = edges_of(graph, wanted)
        if not len(edges.names):
            raise ValueError(f"the graph has no nodes: {shown(graph)}")
        self._adjacency = Adjacency.of(edges)
        self.nodes = list(edges.names)
        every = np.arange(len(self.nodes), dtype=np.int32)
        self._routes = [Route(every, np.zeros(1, np.int32))]
        if metapaths is not None:
            types = types_of(self.nodes, node_types)
            self._routes, numbers, n_types = routes_of(types, metapaths)
            self._adjacency = self._adjacency.by_types(numbers, n_types)

    @property
    def words(self) -> Sequence[Hashable]:
        """The nodes."""
        return self.nodes

    def blocks(self, workers: int) -> Blocks:
        """Begin a pass; give walks as ids, in blocks.

        Parameters
        ----------
        workers : int
            Threads, if the object has no number of its own. Walks do not depend on it.

        Yields
        ------
        ids : int32 (n_ids,)
            Indices into `nodes`, walk after walk.
        ends : int64 (n,)
            Where each ends, as indices into these ids.
        """
        with _counting:
            number = self.passes
            self.passes += 1
        return self._walk(number, self.workers or workers)

    def _walk(self, number: int, n_threads: int) -> Blocks:
        from fastsgns.graphs._walks import WalkRules

        graph = self._adjacency.walked(is_biased=not self.p == self.q == 1)
        (key,) = np.random.SeedSequence((self.seed, number)).generate_state(1, np.uint64).tolist()
        rules = [WalkRules(self.length, self.p, self.q, route.types) for route in self._routes]
        stop = np.zeros(1, np.int32)
        n_at_once = max(1, BLOCK_NODES // self.length)

        def jobs() -> Iterator[Callable[[], Block]]:
            first = 0
            for route, starts in self._starts(number, n_at_once):
                for begin in range(0, len(starts), n_at_once):
                    some = starts[begin : begin + n_at_once]
                    yield _job(graph.walk, rules[route], key, first + begin, some, stop)
                first += len(starts)

        yield from in_order(jobs(), n_threads, stop)

    def _starts(self, number: int, n_at_once: int) -> Iterator[tuple[int, NDArray[np.int32]]]:
        """Give a route and nodes to start from: of some rounds, each in an order of its own."""
        random = np.random.default_rng((self.seed, number, 1))
        n_most = max(len(route.starts) for route in self._routes)
        n_rounds = max(1, n_at_once // max(n_most, 1))
        for begin in range(0, self.n_walks, n_rounds):
            for number_of, route in enumerate(self._routes):
                rounds = range(begin, min(begin + n_rounds, self.n_walks))
                yield number_of, np.concatenate([random.permutation(route.starts) for _ in rounds])

    def __len__(self) -> int:
        return self.n_walks * sum(len(route.starts) for route in self._routes)

    def __repr__(self) -> str:
        return (
            f"RandomWalks<nodes={len(self.nodes)}, walks={len(self)}, length={self.length},"
            f" p={self.p:g}, q={self.q:g}>"
        )


def _job(walk: Callable[..., Block], *arguments: Any) -> Callable[[], Block]:
    return lambda: walk(*arguments)


def in_order(
    jobs: Iterator[Callable[[], Block]], n_threads: int, stop: NDArray[np.int32]
) -> Blocks:
    """Do jobs on threads; give what they return in their order, few of them ahead of time.

    At the end, be it by an error, `stop` is set, for jobs that have begun.
    """
    pool = Threads(n_threads, "fastsgns-walks")
    pending: deque[Task[Block]] = deque()
    try:
        for job in jobs:
            pending.append(pool.begin(job))
            if len(pending) > 2 * n_threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        stop[0] = 1
        pool.shutdown(cancel_futures=True)


# --- parameters -----------------------------------------------------------------------------------


def _as_factor(name: str, value: Any) -> float:
    """Return p or q: finite and > 0, and so must be one divided by it."""
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {shown(value)}") from None
    if not 0 < number < math.inf or not 1 / number < math.inf or not 1 / number > 0:
        raise ValueError(f"{name} must be > 0 and finite, got {shown(value)}")
    return number


def _as_seed(seed: Any) -> int:
    """Return a seed >= 0 of any size; for None one of the system's."""
    if seed is None:
        return int(np.random.SeedSequence().entropy)  # type: ignore[arg-type]
    if not isinstance(seed, (int, np.integer)):
        raise TypeError(f"seed must be an integer or None, got {shown(seed)}")
    if seed < 0:
        raise ValueError(f"seed must be >= 0, got {shown(seed)}")
    return int(seed)


def _as_directed(directed: Any) -> bool | None:
    if directed is not None and not isinstance(directed, (bool, np.bool_)):
        raise TypeError(f"directed must be True, False or None, got {shown(directed)}")
    return None if directed is None else bool(directed)


def _as_weight(weight: Any) -> str | None:
    if weight is not None and not isinstance(weight, str):
        raise TypeError(
            f"weight must be the name of an attribute or a column, or None, got {shown(weight)}"
        )
    return weight
