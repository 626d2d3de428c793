"""Benchmarks, reading: how fast a corpus is counted and encoded, beside gensim's `build_vocab`.

    python benchmarks/corpus.py CORPUS [--rounds 3] [--lines N] [--what file-1 file-2 lists]

CORPUS is a text of a sentence a line. Both systems run `Word2Vec.build_vocab`, with vectors of size
1 to leave the weights out. Ours is then ready to train: every token has become an id, words are
counted, rare ones dropped, and the ids renumbered in order of frequency. gensim's counts, drops and
sorts, and walks the tokens again in every epoch.

The rounds alternate between the systems, and each row gives the best round. Wall and CPU seconds
(of all threads) are given: on a busy machine the ratio of the CPU seconds is what one thread is
worth, and two threads need two idle cores to show in the wall time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fastsgns import Word2Vec

MIN_COUNT = 5

# What a row must reach, as a multiple of gensim's speed on the same form of corpus.
BARS = {"file-1": 8.0, "file-2": 14.0, "lists": 2.5}


def our_vocabulary(workers: int = 1, **corpus: Any) -> int:
    """Build a vocabulary and the encoded corpus."""
    model = Word2Vec(vector_size=1, min_count=MIN_COUNT, workers=workers)
    model.build_vocab(**corpus)
    return len(model.wv)


def gensim_vocabulary(**corpus: Any) -> int:
    """Let gensim build its vocabulary."""
    from gensim.models import Word2Vec

    model = Word2Vec(vector_size=1, min_count=MIN_COUNT)
    model.build_vocab(**corpus)
    return len(model.wv)


def seconds(function: Callable[[], int]) -> tuple[float, float, int]:
    """Return wall seconds, CPU seconds and the result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def peak_megabytes(corpus: Path, workers: int) -> float:
    """Return the peak memory of reading the corpus, less the interpreter and NumPy (Linux)."""
    code = (
        "import json, re\n"
        "from pathlib import Path\n"
        "from fastsgns import Word2Vec\n"
        # Not ru_maxrss: a child inherits its parent's.
        "status = Path('/proc/self/status').read_text\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', status())[1]) / 1024\n"
        f"model = Word2Vec(vector_size=1, min_count={MIN_COUNT}, workers={workers})\n"
        "before = peak()\n"
        f"model.build_vocab(corpus_file={str(corpus)!r})\n"
        "print(json.dumps([peak() - before, model.corpus_total_words, len(model.wv)]))\n"
    )
    path = os.pathsep.join(p for p in sys.path if p)
    run = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    megabytes, n_tokens, n_words = json.loads(run.stdout)
    print(
        f"peak memory, {workers} thread(s): {megabytes:.0f} MB"
        f" = {n_tokens * 4 / 2**20:.0f} MB of ids + {megabytes - n_tokens * 4 / 2**20:.0f} MB"
        f" for {n_words:,} words and the rare ones before them, their table and buffers"
    )
    return float(megabytes)


def systems(corpus: Path, what: list[str]) -> dict[str, Callable[[], int]]:
    """Name what is measured, gensim's way of reading before ours."""
    found: dict[str, Callable[[], int]] = {}
    if {"file-1", "file-2"} & set(what):
        found["gensim, file"] = lambda: gensim_vocabulary(corpus_file=str(corpus))
    for workers in (1, 2):
        if f"file-{workers}" in what:
            found[f"file-{workers}"] = lambda n=workers: our_vocabulary(n, corpus_file=corpus)
    if "lists" in what:
        lists = [line.split() for line in corpus.read_text("utf-8").split("\n")]
        lists = [tokens for tokens in lists if tokens]
        found["gensim, lists"] = lambda: gensim_vocabulary(corpus_iterable=lists)
        found["lists"] = lambda: our_vocabulary(corpus_iterable=lists)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--what", nargs="*", choices=list(BARS), default=list(BARS))
    parser.add_argument("--memory", action="store_true", help="measure the peak memory as well")
    options = parser.parse_args()

    n_tokens = sum(len(line.split()) for line in options.corpus.open("rb"))
    print(
        f"{options.corpus.name}: {n_tokens:,} tokens; {platform.machine()}, {os.cpu_count()} CPUs"
    )
    best: dict[str, tuple[float, float]] = {}
    sizes: dict[str, int] = {}
    measured = systems(options.corpus, options.what)
    for _, (name, function) in itertools.product(range(options.rounds), measured.items()):
        wall, cpu, sizes[name] = seconds(function)
        before = best.get(name, (np.inf, np.inf))
        best[name] = (min(before[0], wall), min(before[1], cpu))
    assert len(set(sizes.values())) == 1, f"the vocabularies differ: {sizes}"
    for name, (wall, cpu) in best.items():
        line = (
            f"{name:14} {wall:7.3f} s wall {cpu:7.3f} s CPU {n_tokens / wall / 1e6:7.1f} M tokens/s"
        )
        if name in BARS:
            gensim_wall, gensim_cpu = best[f"gensim, {name.split('-')[0]}"]
            line += (
                f"   x{gensim_wall / wall:.1f} wall, x{gensim_cpu / cpu:.1f} CPU (bar {BARS[name]})"
            )
        print(line)
    if options.memory:
        for workers in (1, 2):
            peak_megabytes(options.corpus, workers)


if __name__ == "__main__":
    main()
