"""Benchmarks, reading: how fast a corpus is counted and encoded, beside gensim's `build_vocab`.

    python benchmarks/corpus.py CORPUS [--rounds 3] [--what file-1 file-2 lists] [--memory] [--gil]

CORPUS is a text of a sentence a line. Both systems run `Word2Vec.build_vocab`, with vectors of size
1 to leave the weights out. Ours is then ready to train: every token has become an id, words are
counted, rare ones dropped, and the ids renumbered in order of frequency. gensim's counts, drops and
sorts, and walks the tokens again in every epoch.

The rounds alternate between the systems, and each row gives the best round. Wall and CPU seconds
(of all threads) are given: on a busy machine the ratio of the CPU seconds is what one thread is
worth, and two threads need two idle cores to show in the wall time.

`--memory` measures the peak memory of reading and training, less that of the interpreter and the
libraries: with the ids in RAM, and with the ids on disk for the corpus and for ten times as much
text, of the same words. `--gil` measures how fast another Python thread is while one worker trains.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fastsgns import Word2Vec

MIN_COUNT = 5

# What a row must reach, as a multiple of gensim's speed on the same form of corpus.
BARS = {"file-1": 8.0, "file-2": 14.0, "lists": 2.5}

# How fast another Python thread must be while one worker trains, as a share of its speed alone.
GIL_BAR = 0.9


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


#: What a fresh interpreter runs to measure its own memory (Linux).
MEMORY = """
import json, re, sys
from pathlib import Path
import fastsgns._core, fastsgns.corpus.reading
from fastsgns import Word2Vec

def peak():  # not ru_maxrss: a child inherits its parent's
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) * 1024

options, trains = json.loads(sys.argv[1])
model = Word2Vec(sg=1, epochs=1, **options)
before = peak()
model.build_vocab(corpus_file=sys.argv[2], keep_raw_vocab=True)
raw = model.raw_vocab
n_raw, n_words, n_tokens = len(raw), len(model.wv), model.corpus_total_words
# What anybody needs to have words and counts by name: strings, their dicts, and numbers; and our
# table, with 32 bytes a word, its text and a hash table that is half full at most.
vocabulary = (
    sum(map(sys.getsizeof, raw)) + sys.getsizeof(raw) + 40 * n_raw
    + sys.getsizeof(model.wv.key_to_index) + 40 * n_words
    + sum(len(word.encode()) for word in raw) + 32 * n_raw + 8 * (1 << (2 * n_raw).bit_length())
)
del raw
model.raw_vocab.clear()
if trains:
    model.train()
print(json.dumps([peak() - before, n_tokens, n_words, vocabulary]))
"""


def measure_memory(corpus: Path, cache: str, workers: int, min_count: int, trains: bool) -> bool:
    """Print the peak memory over reading (and training), and say whether it is within the bar."""
    size = 16  # a row of the weights then takes no padding
    options = {
        "vector_size": size,
        "min_count": min_count,
        "workers": workers,
        "corpus_cache": cache,
    }
    run = subprocess.run(
        [sys.executable, "-c", MEMORY, json.dumps([options, trains]), str(corpus)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    peak, n_tokens, n_words, vocabulary = json.loads(run.stdout)
    weights = 2 * 4 * size * n_words
    allowed = weights + vocabulary + (150 if cache == "disk" else 100) * 2**20
    allowed += 0 if cache == "disk" else 4 * n_tokens
    print(
        f"{cache:7} {workers} thread(s), {'trained' if trains else 'read'}: {n_tokens:,} tokens,"
        f" {peak / 2**20:.0f} MB = {weights / 2**20:.0f} weights + {vocabulary / 2**20:.0f}"
        f" vocabulary + {(peak - weights - vocabulary) / 2**20:.0f}"
        f" (ids: {n_tokens / 2**18:.0f}); bar {allowed / 2**20:.0f} MB"
    )
    return bool(peak <= allowed)


def memory_rows(corpus: Path, copies: int) -> bool:
    """Measure the memory of one corpus, and on disk of one that is `copies` times as large."""
    rows = [
        measure_memory(corpus, "memory", workers, MIN_COUNT, trains)
        for workers in (1, 2)
        for trains in (False, True)
    ]
    with tempfile.TemporaryDirectory(dir=corpus.parent) as folder:
        large = Path(folder, "copies.txt")
        with large.open("wb") as target:
            for _ in range(copies):
                with corpus.open("rb") as source:
                    shutil.copyfileobj(source, target, 1 << 20)
        # The same words pass, so that the weights are the same.
        rows += [
            measure_memory(path, "disk", 2, MIN_COUNT * n, trains=True)
            for path, n in ((corpus, 1), (large, copies))
        ]
    return all(rows)


# --- the GIL --------------------------------------------------------------------------------------


def count_until(stop: Callable[[], bool]) -> float:
    """Count in Python, and return how fast."""
    n = 0
    began = time.perf_counter()
    while not stop():
        for _ in range(1000):
            n += 1
    return n / (time.perf_counter() - began)


def gil_share(corpus: Path, kernel: str, seconds_alone: float) -> float:
    """Return how fast a Python thread counts while one worker trains, as a share of its own speed.

    It needs two idle cores: on one, or a busy one, the two share the core whatever holds the GIL.
    """
    model = Word2Vec(vector_size=100, min_count=MIN_COUNT, workers=1, sg=1, epochs=1, kernel=kernel)
    model.build_vocab(corpus_file=corpus)
    until = time.perf_counter() + seconds_alone
    alone = count_until(lambda: time.perf_counter() > until)
    training = threading.Thread(target=model.train)
    training.start()
    beside = count_until(lambda: not training.is_alive())
    until = time.perf_counter() + seconds_alone
    alone = max(alone, count_until(lambda: time.perf_counter() > until))
    return beside / alone


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
    parser.add_argument("--copies", type=int, default=10, help="of the corpus, for --memory")
    parser.add_argument("--gil", action="store_true", help="measure how free the GIL is as well")
    parser.add_argument("--seconds-alone", type=float, default=2.0, help="for --gil")
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
    assert len(set(sizes.values())) <= 1, f"the vocabularies differ: {sizes}"
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
    if options.memory and not memory_rows(options.corpus, options.copies):
        print("MISSED: the memory of a row is above its bar")
    for kernel in ("auto", "blas") if options.gil else ():
        share = gil_share(options.corpus, kernel, options.seconds_alone)
        print(
            f"another thread counts at {100 * share:.1f} % of its speed while kernel={kernel!r}"
            f" trains (bar {100 * GIL_BAR:.0f} %)"
        )


if __name__ == "__main__":
    main()
