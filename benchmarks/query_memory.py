"""Benchmarks, memory of queries: what each takes at its peak above the vectors, on Linux.

    python benchmarks/query_memory.py --words 300000 --size 300

Each query runs in a process of its own that has loaded random vectors of one kind, and has run it
before on few of them. Some of the words differ in case only. A result is counted with the rest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from _runner import CHECKOUT
from queries import PAIRS, questions_of

N_FEW = 5000
N_VARIANTS = 1000
KINDS = ("float32", "float16", "int8")

#: What has been freed is given back at once, so that the next call does not take it unnoticed.
TRIMMED = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}

Call = Callable[[Any, Path], Any]


def keys(n: int, first: int = 0) -> list[str]:
    return [f"w{i}" for i in range(first, first + n)]


def analogies(method: str, topn: int = 1) -> Call:
    return lambda kv, folder: kv.evaluate_word_analogies(
        folder / "questions", None, similarity_function=method, topn=topn
    )


def report(kv: Any, folder: Path) -> Any:
    from fastsgns import evaluation

    return evaluation.report(kv, folder, restrict_vocab=None)


CALLS: dict[str, Call] = {
    "most_similar, one key": lambda kv, _: kv.most_similar("w5"),
    "most_similar, 1,000 keys": lambda kv, _: kv.most_similar(keys(1000)),
    "most_similar, topn=None": lambda kv, _: kv.most_similar("w5", topn=None),
    "most_similar_cosmul": lambda kv, _: kv.most_similar_cosmul(["w5", "w6"], ["w7"]),
    "most_similar_batch, 1,000 keys": lambda kv, _: kv.most_similar_batch(keys(1000)),
    "distances to all": lambda kv, _: kv.distances("w5"),
    "rank": lambda kv, _: kv.rank("w5", "w6"),
    "closer_than": lambda kv, _: kv.closer_than("w5", "w6"),
    "doesnt_match, 1,000 keys": lambda kv, _: kv.doesnt_match(keys(1000)),
    "n_similarity, 1,000 keys": lambda kv, _: kv.n_similarity(keys(1000), keys(1000, 1000)),
    "mean of 2,000 keys": lambda kv, _: kv.get_mean_vector(keys(2000)),
    "analogies, 3CosAdd": analogies("3CosAdd"),
    "analogies, 3CosAdd, five answers": analogies("3CosAdd", 5),
    "analogies, 3CosMul": analogies("3CosMul"),
    "analogies, 3CosAvg": analogies("3CosAvg"),
    "analogies, LRCos": analogies("LRCos"),
    "3,000 word pairs": lambda kv, folder: kv.evaluate_word_pairs(
        folder / "pairs", " ", "utf8", None
    ),
    "evaluation.report of both files": report,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table: a row for each query, a column for each kind of number."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--words", type=int, default=300_000, help="default: 300000")
    parser.add_argument("--size", type=int, default=300, help="default: 300")
    parser.add_argument("--questions", type=int, default=19_000, help="default: 19000")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="default: all")
    parser.add_argument("--queries", nargs="+", choices=CALLS, default=CALLS, help="default: all")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        measure(*options.inside)
        return
    environment = os.environ | TRIMMED | {"PYTHONPATH": str(CHECKOUT)}
    print("| query, MB above the vectors | " + " | ".join(options.kinds) + " |")
    print("|---|" + "---:|" * len(options.kinds))
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), options)
        for name in options.queries:
            cells = []
            for kind in options.kinds:
                command = [sys.executable, "-W", "ignore", __file__, "--inside", name, kind, folder]
                told = subprocess.run(command, env=environment, check=True, capture_output=True)
                cells.append(f"{int(told.stdout) / 1e6:.1f}")
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def measure(name: str, kind: str, folder: str) -> None:
    """Print the bytes that a query takes at its peak."""
    from fastsgns.keyedvectors import KeyedVectors

    asked = Path(folder) / "asked"
    CALLS[name](KeyedVectors.load(f"{folder}/few-{kind}"), asked)
    kv = KeyedVectors.load(f"{folder}/all-{kind}")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what there is now
    before = resident("VmHWM")
    CALLS[name](kv, asked)
    print(resident("VmHWM") - before)


def resident(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition(f"{field}:")[2].split()[0])


def write_files(folder: Path, options: argparse.Namespace) -> None:
    """Write vectors, few and all of each kind, and what is asked of them."""
    import numpy as np

    sys.path.insert(0, str(CHECKOUT))
    from fastsgns.keyedvectors import KeyedVectors

    rng = np.random.default_rng(1)
    for name, n_words in (("few", N_FEW), ("all", options.words)):
        kv = KeyedVectors(options.size)
        words = [*keys(n_words - N_VARIANTS), *(f"W{i}" for i in range(N_VARIANTS))]
        kv.add_vectors(words, rng.standard_normal((n_words, options.size), dtype=np.float32))
        for kind in options.kinds:
            (kv if kind == "float32" else kv.astype(kind)).save(str(folder / f"{name}-{kind}"))
    of_section = PAIRS * (PAIRS - 1)
    n_sections = -(-options.questions // of_section)
    drawn = rng.integers(0, N_FEW - N_VARIANTS, (n_sections * PAIRS, 2)).tolist()
    lines = []
    for number, question in enumerate(islice(questions_of(drawn), options.questions)):
        if number % of_section == 0:
            lines.append(f": section {number // of_section}")
        lines.append(" ".join(f"w{i}" for i in question))
    (folder / "asked").mkdir()
    (folder / "asked" / "questions").write_text("\n".join(lines))
    pairs = rng.integers(0, N_FEW - N_VARIANTS, (3000, 2)).tolist()
    scored = [f"w{a} w{b} {i % 10}.5" for i, (a, b) in enumerate(pairs)]
    (folder / "asked" / "pairs").write_text("\n".join(scored))


if __name__ == "__main__":
    main()
