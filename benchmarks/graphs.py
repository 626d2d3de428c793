"""Benchmarks, graphs: walks of `RandomWalks` beside networkx in plain Python and PecanPy.

    python benchmarks/graphs.py [--nodes 5000] [--degree 20] [--rounds 3] [--check]

The graph is a planted partition (`walks.py`), with as many neighbours inside of a community as
outside. All walk with one thread, through numbers of nodes (plain Python: nodes of networkx), with
p = q = 1 and with p = 0.5, q = 2:

- networkx: `random.choice` among the neighbours; with p and q `random.choices` with the weights of
  node2vec, as people write it.
- PecanPy: SparseOTF, its compiled `_random_walks` alone, compiled before the clock starts. With
  p = q = 1 also FirstOrderUnweighted, which it has for that case.
- fastsgns: `RandomWalks.blocks`, which is what training gets.

What is not installed is left out. CPU seconds are given, the best of the rounds, which alternate.
Then what training takes for the same walks: `Word2Vec` with its defaults, one epoch, one worker.

`--check` compares steps of our walks on small graphs with the transition probabilities that PecanPy
and node2vec compute, by chi-square.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from _runner import cpu_name
from numpy.typing import NDArray
from walks import planted_graph

from fastsgns import Word2Vec
from fastsgns.graphs import RandomWalks

LENGTH = 80
OTHERS = ["networkx", "pecanpy"]
BARS = {"networkx": 20.0, "PecanPy SparseOTF": 1.0}
SETTINGS = ((1.0, 1.0), (0.5, 2.0))


def edges_of(n_nodes: int, degree: float) -> NDArray[np.int64]:
    """Return the edges of a planted partition, each once."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, max(n_nodes // 100, 1), n_nodes)
    starts, near = planted_graph(labels, degree / 2, degree / 2, rng)
    sources = np.repeat(np.arange(n_nodes), np.diff(starts))
    pairs = np.sort(np.column_stack([sources, near]), axis=1)
    pairs = np.unique(pairs, axis=0)
    return pairs[pairs[:, 0] != pairs[:, 1]]


# --- who walks ------------------------------------------------------------------------------------


def of_networkx(edges: NDArray[np.int64], p: float, q: float, n_walks: int) -> Callable[[], int]:
    """Walk in plain Python."""
    import networkx as nx

    graph = nx.Graph(edges.tolist())

    def step(path: list[Any]) -> Any:
        choices = list(graph.neighbors(path[-1]))
        if p == q == 1 or len(path) == 1:
            return random.choice(choices)
        before = path[-2]
        weights = [
            1 / p if node == before else 1 if graph.has_edge(before, node) else 1 / q
            for node in choices
        ]
        return random.choices(choices, weights)[0]

    def walk() -> int:
        n_nodes = 0
        for _ in range(n_walks):
            starts = list(graph.nodes)
            random.shuffle(starts)
            for start in starts:
                path = [start]
                while len(path) < LENGTH:
                    path.append(step(path))
                n_nodes += len(path)
        return n_nodes

    return walk


def of_pecanpy(
    kind: str, edges: NDArray[np.int64], p: float, q: float, n_walks: int
) -> Callable[[], int]:
    """Walk with PecanPy; compiled here."""
    import numba
    from numba_progress import ProgressBar
    from pecanpy import pecanpy

    numba.set_num_threads(1)
    graph = getattr(pecanpy, kind)(p, q, workers=1, verbose=False, random_state=1)
    graph.set_node_ids([str(node) for node in range(int(edges.max()) + 1)])
    indptr, indices = _rows(edges)
    graph.indptr, graph.indices = indptr.astype(np.uint32), indices.astype(np.uint32)
    graph.data = np.ones(len(indices), np.float32)
    graph.preprocess_transition_probs()
    functions = graph.get_has_nbrs(), graph.get_move_forward()

    def walk(n_rounds: int = n_walks) -> int:
        starts = np.tile(np.arange(len(indptr) - 1, dtype=np.uint32), n_rounds)
        np.random.shuffle(starts)  # noqa: NPY002 (as PecanPy does)
        with ProgressBar(total=len(starts), disable=True) as bar:
            walks = graph._random_walks(len(starts), LENGTH - 1, 1, starts, *functions, bar)
        return int(walks[:, -1].sum())

    walk(1)
    return walk


def of_fastsgns(edges: NDArray[np.int64], p: float, q: float, n_walks: int) -> Callable[[], int]:
    """Walk with RandomWalks."""
    walks = RandomWalks(edges, n_walks, LENGTH, p, q, workers=1)
    return lambda: sum(len(ids) for ids, _ in walks.blocks(1))


def _rows(edges: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    both = np.concatenate([edges, edges[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    return np.searchsorted(both[:, 0], np.arange(int(edges.max()) + 2)), both[:, 1]


# --- measuring ------------------------------------------------------------------------------------


def systems_of(
    names: list[str], edges: NDArray[np.int64], p: float, q: float, n_walks: int
) -> dict[str, Callable[[], int]]:
    """Return who walks, by name, of all that is wanted and installed."""
    found: dict[str, Callable[[], int]] = {}
    with contextlib.suppress(ImportError):
        if "networkx" in names:  # one walk from each node takes long enough
            found["networkx"] = of_networkx(edges, p, q, 1)
    with contextlib.suppress(ImportError):
        if "pecanpy" in names:
            for kind in ["SparseOTF", *(["FirstOrderUnweighted"] if p == q == 1 else [])]:
                found[f"PecanPy {kind}"] = of_pecanpy(kind, edges, p, q, n_walks)
    found["fastsgns"] = of_fastsgns(edges, p, q, n_walks)
    return found


def measure(edges: NDArray[np.int64], names: list[str], n_walks: int, n_rounds: int) -> None:
    """Print how long a node of a walk takes, and how much faster ours is."""
    print(
        "| p, q | | ns a node | fastsgns is faster by | bar |\n| --- | --- | ---: | ---: | ---: |"
    )
    for p, q in SETTINGS:
        systems = systems_of(names, edges, p, q, n_walks)
        best = dict.fromkeys(systems, np.inf)
        for _ in range(n_rounds):
            for name, walk in systems.items():
                begin = time.process_time()
                n_nodes = walk()
                seconds = time.process_time() - begin
                best[name] = min(best[name], seconds / n_nodes)
        for name, seconds in best.items():
            ratio = "" if name == "fastsgns" else f"{seconds / best['fastsgns']:.1f}"
            bar = f"{BARS[name]:g}" if name in BARS else ""
            print(f"| {p:g}, {q:g} | {name} | {1e9 * seconds:.0f} | {ratio} | {bar} |")


def measure_training(edges: NDArray[np.int64], n_walks: int, n_rounds: int) -> None:
    """Print what walking and training take, in CPU seconds."""
    print("\n| p, q | walking | training of an epoch | walking / training |")
    print("| --- | ---: | ---: | ---: |")
    for p, q in SETTINGS:
        best = [np.inf, np.inf]
        for _ in range(n_rounds):
            walks = RandomWalks(edges, n_walks, LENGTH, p, q)
            model = Word2Vec(workers=1, epochs=1)
            begin = time.process_time()
            sum(len(ids) for ids, _ in walks.blocks(1))
            middle = time.process_time()
            best[0] = min(best[0], middle - begin)
            model.build_vocab(walks)
            begin = time.process_time()
            model.train(epochs=1)
            best[1] = min(best[1], time.process_time() - begin)
        print(f"| {p:g}, {q:g} | {best[0]:.2f} s | {best[1]:.2f} s | {best[0] / best[1]:.2f} |")


# --- checking -------------------------------------------------------------------------------------


def check() -> None:
    """Print how well our steps fit the transition probabilities of other packages."""
    from scipy.stats import chi2

    rng = np.random.default_rng(3)
    print("\n| graph | p, q | beside | rows | p-value |\n| --- | --- | --- | ---: | ---: |")
    for is_directed in (False, True):
        for is_weighted in (False, True):
            pairs = np.unique(rng.integers(0, 14, (70, 2)), axis=0)
            if not is_directed:
                pairs = np.unique(np.sort(pairs, axis=1), axis=0)
            pairs = pairs[pairs[:, 0] != pairs[:, 1]]
            weights = rng.integers(1, 9, len(pairs)) if is_weighted else np.ones(len(pairs), int)
            edges = np.column_stack([pairs, weights])
            for p, q in ((0.5, 2.0), (4.0, 0.25)):
                counts = steps(RandomWalks(edges, 2000, LENGTH, p, q, directed=is_directed))
                for name, shares_of in (("pecanpy", by_pecanpy), ("node2vec", by_node2vec)):
                    try:
                        shares = shares_of(edges, p, q, is_directed)
                    except ImportError:
                        continue
                    statistic = n_free = n_rows = 0
                    for place, row in counts.items():
                        if place in shares:
                            one, n = chi_square(row, shares[place])
                            statistic, n_free, n_rows = statistic + one, n_free + n, n_rows + 1
                    kind = ("directed" if is_directed else "undirected") + (
                        ", weighted" if is_weighted else ""
                    )
                    fit = chi2.sf(statistic, n_free)
                    print(f"| {kind} | {p:g}, {q:g} | {name} | {n_rows} | {fit:.3f} |")


def steps(walks: RandomWalks) -> dict[tuple[int, int], Counter[int]]:
    """Count what comes after each pair of nodes."""
    counts: dict[tuple[int, int], Counter[int]] = {}
    for walk in walks:
        for before, here, after in zip(walk, walk[1:], walk[2:], strict=False):
            counts.setdefault((before, here), Counter())[after] += 1
    return counts


def chi_square(row: Counter[int], shares: dict[int, float]) -> tuple[float, int]:
    """Return the statistic and its degrees of freedom."""
    n = sum(row.values())
    assert set(row) <= {node for node, share in shares.items() if share > 0}
    cells = [(row.get(node, 0), n * share) for node, share in shares.items() if n * share >= 5]
    if len(cells) < 2 or len(cells) < len(shares):
        return 0.0, 0
    return sum((seen - mean) ** 2 / mean for seen, mean in cells), len(cells) - 1


def by_pecanpy(
    edges: NDArray[np.int64], p: float, q: float, is_directed: bool
) -> dict[tuple[int, int], dict[int, float]]:
    """Return what PecanPy says of each step."""
    from pecanpy import pecanpy

    graph = pecanpy.SparseOTF(p, q, workers=1, random_state=1)
    both = edges if is_directed else np.concatenate([edges, edges[:, [1, 0, 2]]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))].astype(np.int64)
    n_nodes = int(edges[:, :2].max()) + 1
    data, indices = both[:, 2].astype(np.float32), both[:, 1].astype(np.uint32)
    indptr = np.searchsorted(both[:, 0], np.arange(n_nodes + 1)).astype(np.uint32)
    shares = {}
    for before, here in both[:, :2].tolist():
        near = indices[indptr[here] : indptr[here + 1]].tolist()
        if near:
            row = graph.get_normalized_probs(data, indices, indptr, p, q, here, before, None)
            shares[before, here] = dict(zip(near, row.tolist(), strict=True))
    return shares


def by_node2vec(
    edges: NDArray[np.int64], p: float, q: float, is_directed: bool
) -> dict[tuple[int, int], dict[int, float]]:
    """Return what the package node2vec says of each step."""
    import networkx as nx
    from node2vec import Node2Vec

    graph = nx.DiGraph() if is_directed else nx.Graph()
    graph.add_weighted_edges_from(edges.tolist())
    walker = Node2Vec(graph, num_walks=0, p=p, q=q, quiet=True)
    shares = {}
    for here, known in walker.d_graph.items():
        for before, row in known.get("probabilities", {}).items():
            shares[before, here] = dict(zip(known["neighbors"], row.tolist(), strict=True))
    return shares


def main() -> None:
    """Measure, and check."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nodes", type=int, default=5000, help="default: 5000")
    parser.add_argument("--degree", type=float, default=20.0, help="on average (default: 20)")
    parser.add_argument("--walks", type=int, default=10, help="from each node (default: 10)")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument(
        "--beside", nargs="*", choices=OTHERS, default=OTHERS, help="default: networkx pecanpy"
    )
    parser.add_argument("--check", action="store_true", help="beside other packages' probabilities")
    options = parser.parse_args()
    edges = edges_of(options.nodes, options.degree)
    print(f"{cpu_name()}, {options.nodes} nodes, {len(edges)} edges\n")
    measure(edges, options.beside, options.walks, options.rounds)
    measure_training(edges, options.walks, options.rounds)
    if options.check:
        check()


if __name__ == "__main__":
    main()
