"""Benchmarks, approximate neighbours: from what size an index pays.

    python benchmarks/neighbours.py vectors.kv --words 73000 400000

Vectors in any format; for more words than there are, each of the others is one of them with random
numbers of half its length added. CPU seconds of all threads: of making the index once, and of a key
out of 1,000, ten neighbours each, one by one and in a batch, on one thread, the least of some runs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fastsgns import KeyedVectors


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("vectors", help="a file of vectors, in any format")
    parser.add_argument("--words", type=int, nargs="+", default=[73_000], help="default: 73000")
    parser.add_argument("--keys", type=int, default=1000, help="asked for (default: 1000)")
    parser.add_argument("--runs", type=int, default=3, help="default: 3")
    options = parser.parse_args(arguments)
    trained = KeyedVectors.load_any(options.vectors)
    print(
        "| words | made in | file | recall | one key, exact | by index | batch, exact | by index |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for n_words in options.words:
        print("| " + " | ".join(row(enlarged(trained, n_words), options)) + " |", flush=True)


def enlarged(trained: KeyedVectors, n_words: int) -> KeyedVectors:
    rng = np.random.default_rng(1)
    more = rng.integers(0, len(trained), max(0, n_words - len(trained)))
    vectors = trained.vectors[more]
    noise = rng.standard_normal(vectors.shape, dtype=np.float32)
    noise *= np.linalg.norm(vectors, axis=1, keepdims=True) / np.linalg.norm(
        noise, axis=1, keepdims=True
    )
    made = KeyedVectors(trained.vector_size)
    made.add_vectors(
        range(n_words), np.concatenate([trained.vectors[:n_words], vectors + noise / 2])
    )
    return made


def row(kv: KeyedVectors, options: argparse.Namespace) -> list[str]:
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        index = kv.build_index(Path(folder) / "index")
        seconds = time.process_time() - began
        nbytes = (Path(folder) / "index").stat().st_size
        keys = np.random.default_rng(2).integers(0, len(kv), options.keys).tolist()
        some = keys[:100]
        calls: list[tuple[Callable[..., Any], int]] = [
            (lambda **by: [kv.most_similar(key, **by) for key in some], len(some)),
            (lambda **by: kv.most_similar_batch(keys, workers=1, **by), len(keys)),
        ]
        times = [
            f"{1e6 * cost(call, by, options.runs) / n:.0f} µs"
            for call, n in calls
            for by in ({}, {"indexer": index})
        ]
    figures = [f"{seconds:.0f} s", f"{nbytes / 1e6:.0f} MB", f"{index.recall:.3f}"]
    return [f"{len(kv):,}", *figures, *times]


def cost(call: Callable[..., Any], by: dict[str, Any], n_runs: int) -> float:
    least = float("inf")
    for _ in range(n_runs):
        began = time.process_time()
        call(**by)
        least = min(least, time.process_time() - began)
    return least


if __name__ == "__main__":
    main()
