"""Benchmarks, analogies: what a file of them costs, beside gensim, and how it is answered.

    taskset -c 0 python benchmarks/analogies.py vectors.kv questions-words.txt

Vectors in any format. Both packages hold the same ones and run in turn in one process with one BLAS
thread; figures are CPU seconds of a call, the least of some runs (of gensim one), and verdicts are
compared. The second table has the answers by each method.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from _runner import CHECKOUT, ONE_BLAS_THREAD, OPENBLAS_OVERRIDES


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("vectors", help="a file of vectors, in any format")
    parser.add_argument("questions", help="in the form of questions-words.txt")
    parser.add_argument("--restrict", type=int, default=30_000, help="words (default: 30000)")
    parser.add_argument("--runs", type=int, default=6, help="default: 6")
    options = parser.parse_args(arguments)
    for name in OPENBLAS_OVERRIDES:
        os.environ.pop(name, None)
    os.environ |= ONE_BLAS_THREAD  # before anything has loaded NumPy
    sys.path.insert(0, str(CHECKOUT))
    from fastsgns import KeyedVectors

    kv = KeyedVectors.load_any(options.vectors)
    print("| words | questions | fastsgns, CPU s | gensim, CPU s | ratio | same verdicts |")
    print("|---:|---:|---:|---:|---:|---|")
    for n_words in (options.restrict, len(kv)):
        print("| " + " | ".join(row(kv, options, n_words)) + " |", flush=True)
    print_methods(kv, options.questions)


def row(kv: Any, options: argparse.Namespace, n_words: int) -> list[str]:
    ours, found = judged(kv, options.questions, n_words, options.runs)
    asked = len(found["correct"]) + len(found["incorrect"])
    cells = [str(n_words), str(asked), f"{ours:.3g}"]
    if not importlib.util.find_spec("gensim"):
        return [*cells, "-", "-", "-"]
    from gensim.models import KeyedVectors

    store = KeyedVectors(kv.vector_size)
    store.add_vectors(kv.index_to_key, kv.vectors)
    store.fill_norms()
    theirs, expected = judged(store, options.questions, n_words, 1)
    same = "yes" if found == expected else "no"
    return [*cells, f"{theirs:.3g}", f"{theirs / ours:.1f}", same]


def judged(kv: Any, questions: str, n_words: int, n_runs: int) -> tuple[float, dict[str, Any]]:
    """Return the least CPU seconds of a call, and what it found in all sections."""
    least = float("inf")
    for _ in range(n_runs):
        began = time.process_time()
        _, sections = kv.evaluate_word_analogies(questions, n_words)
        least = min(least, time.process_time() - began)
    return least, sections[-1]


def print_methods(kv: Any, questions: str) -> None:
    from fastsgns import evaluation

    judged = evaluation.report(kv, questions, restrict_vocab=None)
    print("\n| method | right | right among five | asked |")
    print("|---|---:|---:|---:|")
    for method, found in judged.results[0].details["methods"].items():
        print(f"| {method} | {found['score']:.1%} | {found['top5']:.1%} | {found['covered']} |")


if __name__ == "__main__":
    main()
