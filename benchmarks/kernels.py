"""Benchmark: the C kernels alone, on ids in memory, one thread, CPU seconds.

    python benchmarks/kernels.py NAME [--kernels avx512,avx2] [--modes shared,fresh,cbow,hs]
    [--sizes 100,300] ...

A mode that ends with +loss computes the loss, too.
NAME.ids (int32, -1 ends a sentence) and NAME.counts (int64, in order of frequency) hold the corpus.
For every kernel, mode and size it prints million raw words a second and ns a pair; the --repeats
passes of all settings take turns, so that a busy machine slows all of them alike. --beside COMMAND
runs another trainer in turn and shows the number that the regular expression --pattern finds in its
output.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "kernels"))
import itertools

import harness

MODES: dict[str, dict[str, bool | int]] = {
    "shared": {},
    "fresh": {"shared": False},
    "cbow": {"skip_gram": False},
    "hs": {"hs": True, "negative": 0},
    "cbow-hs": {"skip_gram": False, "hs": True, "negative": 0},
    "pair-hs": {"shared": False, "hs": True, "negative": 0},
}
LEN_JOB = 20_000  # tokens; about 5 ms, less than a time slice of a busy machine


def read_corpus(name: str, limit: int) -> tuple[harness.Ints, np.ndarray, np.ndarray]:
    marked = np.fromfile(name + ".ids", np.int32, count=limit or -1)
    counts = np.fromfile(name + ".counts", np.int64)
    ends = np.flatnonzero(marked < 0)
    offsets = np.concatenate([[0], ends - np.arange(len(ends))]).astype(np.int64)
    return marked[: ends[-1]][marked[: ends[-1]] >= 0], offsets, counts


def jobs_of(offsets: np.ndarray) -> list[np.ndarray]:
    starts = np.searchsorted(offsets, np.arange(0, offsets[-1], LEN_JOB))
    borders = np.unique(np.append(starts, len(offsets) - 1))
    return [offsets[i : j + 1] for i, j in itertools.pairwise(borders)]


def one_pass(
    trainer: harness.Trainer, ids: harness.Ints, jobs: list[np.ndarray]
) -> list[tuple[float, float]]:
    """Of each job of an epoch, (CPU seconds a token, CPU seconds a pair)."""
    found = []
    for number, offsets in enumerate(jobs):
        trainer.model.tally = harness.Tally()
        began = time.process_time()
        n_pairs = trainer.run(ids, offsets, number, 0.025).n_pairs
        seconds = time.process_time() - began
        found.append((seconds / (offsets[-1] - offsets[0]), seconds / n_pairs))
    return found


def describe(seconds: list[float]) -> str:
    """Million a second: the median job, and one in ten that the machine's other work disturbed
    least."""
    best, middle = (1e-6 / np.quantile(seconds, q) for q in (0.1, 0.5))
    return f"{middle:7.3f} (undisturbed {best:.3f}) M raw words/s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", metavar="NAME")
    parser.add_argument("--kernels", default="avx512")
    parser.add_argument("--modes", default="shared,fresh,cbow,hs")
    parser.add_argument("--sizes", default="100")
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--sample", type=float, default=1e-3)
    parser.add_argument("--limit", type=int, default=3_000_000, help="first ids to use, 0: all")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cflags", action="append", default=[], help="a build of its own for each")
    parser.add_argument("--beside", action="append", default=[], help="command of another trainer")
    parser.add_argument("--pattern", default=r"raw ([\d.]+)")
    arguments = parser.parse_args()

    ids, offsets, counts = read_corpus(arguments.corpus, arguments.limit)
    jobs = jobs_of(offsets)
    longest = int(np.diff(offsets).max())
    settings: dict[str, harness.Trainer] = {}
    for flags in arguments.cflags or [""]:
        library = harness.build(Path(tempfile.mkdtemp()), tuple(flags.split()))
        for size in arguments.sizes.split(","):
            for mode in arguments.modes.split(","):
                for name in arguments.kernels.split(","):
                    kernel, _ = harness.find_kernel(library, name)
                    base, _, extra = mode.partition("+")
                    options = {"negative": arguments.negative} | MODES[base]
                    model = harness.Model(
                        counts,
                        int(size),
                        window=arguments.window,
                        sample=arguments.sample,
                        compute_loss=extra == "loss",
                        n_pool=1 << 22,
                        **options,
                    )
                    label = f"{name} {mode} d{size} {flags}"
                    settings[label] = harness.Trainer(kernel, model, longest)
    by_token: dict[str, list[float]] = {label: [] for label in [*settings, *arguments.beside]}
    by_pair: dict[str, list[float]] = {label: [] for label in settings}
    for _ in range(arguments.repeats):
        for label, trainer in settings.items():
            times = one_pass(trainer, ids, jobs)
            by_token[label] += [token for token, _ in times]
            by_pair[label] += [pair for _, pair in times]
        for command in arguments.beside:
            output = subprocess.run(
                command.split(), capture_output=True, text=True, check=True
            ).stdout
            match = re.search(arguments.pattern, output)
            assert match, f"no {arguments.pattern!r} in {output!r}"
            by_token[command].append(1e-6 / float(match[1]))
    for label, seconds in by_token.items():
        pair = f"{np.quantile(by_pair[label], 0.1) * 1e9:7.1f} ns/pair" if label in by_pair else ""
        print(f"{describe(seconds)} {pair}  {label}")


if __name__ == "__main__":
    main()
