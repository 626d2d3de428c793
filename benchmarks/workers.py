"""Benchmarks, workers: what many workers that really run at the same time learn, beside one.

    python benchmarks/workers.py --corpus text.txt --eval folder

On fewer cores than workers the threads take turns, and what goes wrong when all run at once does
not show. So the package is built into benchmarks/results/lockstep with FASTSGNS_LOCKSTEP=1, where
all workers stay within 16 steps of each other (fastsgns/_kernels/lockstep.h). Each setting is
compared with one worker that trains the same jobs in the same order, so that what differs is what
the others do meanwhile. Speed means nothing here.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _runner import CHECKOUT, HERE, ONE_BLAS_THREAD, machine

BUILD = HERE / "results" / "lockstep"
MODES: dict[str, dict[str, Any]] = {
    "shared": {"sg": 1, "shared_negatives": True},
    "fresh": {"sg": 1, "shared_negatives": False},
    "cbow": {"sg": 0, "shared_negatives": True},
    "cbow-fresh": {"sg": 0, "shared_negatives": False},
    "cbow-sum": {"sg": 0, "cbow_mean": 0, "shared_negatives": True},
    "hs": {"sg": 1, "hs": 1, "negative": 0, "shared_negatives": True},
    "cbow-hs": {"sg": 0, "hs": 1, "negative": 0, "shared_negatives": True},
    "cbow-hs-sum": {"sg": 0, "cbow_mean": 0, "hs": 1, "negative": 0, "shared_negatives": True},
    "both": {"sg": 1, "hs": 1, "shared_negatives": True},
    "streamed": {"sg": 1, "shared_negatives": True, "corpus_cache": "off"},
    "blas": {"sg": 1, "kernel": "blas"},
}
N_HOTTEST = 64


def main(arguments: Sequence[str] | None = None) -> None:
    """Build, train every setting, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, required=True, help="one sentence a line")
    parser.add_argument("--eval", type=Path, help="folder of evaluation sets, as for quality.py")
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 3, 4, 8, 16, 32, 64])
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--words", type=int, nargs="+", default=[0, 1000, 1700, 10_000])
    parser.add_argument("--alphas", type=float, nargs="+", default=[0.025, 0.05])
    parser.add_argument("--epochs", type=int, default=2, help="default: 2")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="default: 1")
    options = parser.parse_args(arguments)
    build()
    print(machine())
    print(f"{options.corpus.name}, {options.epochs} epochs; words 0: all; % beside one worker")
    print(f"loss of each epoch; lengths after each: all inputs, {N_HOTTEST} hottest; targets")
    worst = 0.0
    grid = itertools.product(options.modes, options.words, options.alphas, options.seeds)
    for mode, n_words, alpha, seed in grid:
        for n_workers in options.workers:
            task = {
                "corpus": str(options.corpus),
                "eval": str(options.eval) if options.eval else None,
                "regions": n_workers,
                "options": {
                    **MODES[mode], "max_final_vocab": n_words or None, "alpha": alpha, "seed": seed,
                    "epochs": options.epochs, "vector_size": 100,
                },
            }  # fmt: skip
            one, many = (run({**task, "workers": n}) for n in (1, n_workers))
            parts = compare(one["figures"], many["figures"])
            worst = max(worst, *(abs(part) for row in parts.values() for part in row))
            shown = " | ".join(
                f"{name} " + " ".join(f"{part:+5.1f}" for part in row)
                for name, row in parts.items()
            )
            scores = "".join(
                f" {name} {many['scores'][name] - score:+.1f}"
                for name, score in one["scores"].items()
            )
            head = f"{mode:7} {n_words:6} alpha {alpha} seed {seed} workers {n_workers:3}"
            print(f"{head} | {shown}{scores}", flush=True)
    print(f"largest difference: {worst:.1f} %")


def build() -> None:
    """Build the package in lockstep, with what of it is Python, into BUILD."""
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build", "--build-lib", BUILD, "--build-temp",
         BUILD / "temp"],
        cwd=CHECKOUT, env=os.environ | {"FASTSGNS_LOCKSTEP": "1"}, check=True,
    )  # fmt: skip


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Train one model in a process of its own."""
    environment = os.environ | ONE_BLAS_THREAD | {"PYTHONPATH": f"{BUILD}{os.pathsep}{HERE}"}
    done = subprocess.run(
        [sys.executable, __file__, "--job"],
        input=json.dumps(task), capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{task}\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def compare(one: dict[str, list[float]], many: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return by how many percent each figure differs."""
    return {
        name: [100 * (b / a - 1) for a, b in zip(row, many[name], strict=True)]
        for name, row in one.items()
    }


def job() -> None:
    """Train the model that stdin describes; print its figures after each epoch."""
    import numpy as np

    from fastsgns import Word2Vec
    from fastsgns.callbacks import CallbackAny2Vec

    task = json.load(sys.stdin)

    class InRegions(Word2Vec):
        """Takes its jobs from as many parts of the text as the model that it is compared with."""

        def _schedule(self, *arguments: Any) -> Any:
            import dataclasses

            return dataclasses.replace(super()._schedule(*arguments), n_regions=task["regions"])

    figures: dict[str, list[float]] = {"loss": [], "in": [], "in64": [], "out": [], "out64": []}

    class AfterEpochs(CallbackAny2Vec):
        def on_epoch_end(self, model: Any) -> None:
            targets = model.syn1[::-1] if model.hs else model.syn1neg
            for name, rows in (("in", model.wv.vectors), ("out", targets)):
                lengths = np.linalg.norm(np.asarray(rows, np.float64), axis=1)
                figures[name].append(float(lengths.mean()))
                figures[name + "64"].append(float(lengths[:N_HOTTEST].mean()))

    model = InRegions(
        corpus_file=task["corpus"],
        workers=task["workers"],
        compute_loss=True,
        callbacks=[AfterEpochs()],
        **task["options"],
    )
    figures["loss"] = [epoch["loss"] for epoch in model.history]
    scores = {}
    if task["eval"]:
        from _evaluation import evaluate

        found = evaluate(model.wv, Path(task["eval"]))
        scores = {name: each["score"] for name, each in found.items() if each["score"] is not None}
    json.dump({"figures": figures, "scores": scores}, sys.stdout)


if __name__ == "__main__":
    if sys.argv[1:] == ["--job"]:
        job()
    else:
        main()
