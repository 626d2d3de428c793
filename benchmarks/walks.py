"""Benchmarks, walks: a graph with known communities, as a text of node walks and a set of labels.

    python benchmarks/walks.py FOLDER
    python benchmarks/quality.py --corpus FOLDER/walks.txt --eval FOLDER --window 10 --min-count 1

The graph is a planted partition (Condon & Karp 2001, doi:10.1002/1098-2418(200103)18:2): nodes of
one community are joined more often than others. Walks are those of DeepWalk (Perozzi et al. 2014,
doi:10.1145/2623330.2623732): from each node some, each to a random neighbour in every step.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def main(arguments: Sequence[str] | None = None) -> None:
    """Write FOLDER/walks.txt, a walk a line, and FOLDER/labels.txt, a node and its community."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=3000, help="default: 3000")
    parser.add_argument("--communities", type=int, default=30, help="default: 30")
    parser.add_argument("--inside", type=float, default=6.0, help="joins within (default: 6)")
    parser.add_argument("--outside", type=float, default=6.0, help="and outside (default: 6)")
    parser.add_argument("--walks", type=int, default=20, help="from each node (default: 20)")
    parser.add_argument("--steps", type=int, default=40, help="nodes of a walk (default: 40)")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    labels = rng.integers(0, options.communities, options.nodes)
    starts, neighbours = planted_graph(labels, options.inside, options.outside, rng)
    options.folder.mkdir(parents=True, exist_ok=True)
    with (options.folder / "labels.txt").open("w", encoding="utf-8") as file:
        file.writelines(f"n{node} c{label}\n" for node, label in enumerate(labels))
    with (options.folder / "walks.txt").open("w", encoding="utf-8") as file:
        for _ in range(options.walks):
            for walk in random_walks(starts, neighbours, options.steps, rng):
                file.write(" ".join(f"n{node}" for node in walk) + "\n")


def planted_graph(
    labels: NDArray[np.int64], inside: float, outside: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each node's neighbours begin (n + 1,), and the neighbours.

    A node has `inside` neighbours of its own community and `outside` others, on average. Those that
    have none are joined to a random node.
    """
    n = len(labels)
    n_pairs = int(n * outside / 2)
    pairs = [rng.integers(0, n, (n_pairs, 2))]
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        pairs.append(rng.choice(members, (int(len(members) * inside / 2), 2)))
    lonely = np.setdiff1d(np.arange(n), np.concatenate(pairs))
    pairs.append(np.stack([lonely, (lonely + rng.integers(1, n, len(lonely))) % n], axis=1))
    joined = np.concatenate(pairs)
    ends = np.concatenate([joined, joined[:, ::-1]])
    ends = ends[np.argsort(ends[:, 0], kind="stable")]
    return np.searchsorted(ends[:, 0], np.arange(n + 1)), ends[:, 1]


def random_walks(
    starts: NDArray[np.int64],
    neighbours: NDArray[np.int64],
    n_steps: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return a walk from each node, in random order, (n, n_steps)."""
    walks = np.empty((len(starts) - 1, n_steps), np.int64)
    walks[:, 0] = rng.permutation(len(walks))
    for step in range(1, n_steps):
        here = walks[:, step - 1]
        n_choices = starts[here + 1] - starts[here]
        walks[:, step] = neighbours[starts[here] + rng.integers(0, n_choices)]
    return walks


if __name__ == "__main__":
    main()
