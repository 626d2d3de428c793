"""Benchmarks, training on a cluster: what replicas learn, how fast they are, what kills cost.

    python benchmarks/scale_out.py quality --corpus text.txt --eval folder
    python benchmarks/scale_out.py speed --corpus text.txt
    python benchmarks/scale_out.py faults --corpus text.txt --eval folder
    python benchmarks/scale_out.py driver --corpus text.txt --eval folder
    python benchmarks/scale_out.py nodes --words-per-second 3.9e6 --bandwidth 1.25e9

quality trains N replicas one after the other in this process: what they learn does not depend on
where they run. speed, faults and driver start a Ray on this machine. nodes puts constants into the
model of docs/scale-out.md. Results are lines of JSON.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

OPTIONS: dict[str, Any] = {"sg": 1, "vector_size": 100, "workers": 1}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    whats = {"quality": quality, "speed": speed, "faults": faults, "driver": driver, "nodes": nodes}
    parser.add_argument("what", choices=whats)
    parser.add_argument("--corpus", type=Path, help="one sentence a line")
    parser.add_argument("--eval", type=Path, help="folder of evaluation sets, as for quality.py")
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--rounds", type=int, nargs="+", default=[3], help="of an epoch")
    parser.add_argument("--merge", nargs="+", choices=["adasum", "mean"], default=["adasum"])
    parser.add_argument("--lr-scale", nargs="+", default=["auto"], help="auto, linear, none, 1.5")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--kills", type=int, default=3, help="of workers, an epoch")
    parser.add_argument("--words-per-second", type=float, default=3.9e6, help="of a node")
    parser.add_argument("--bandwidth", type=float, default=1.25e9, help="of a node, bytes a second")
    parser.add_argument("--copying", type=float, default=1.4e9, help="the same within a node")
    parser.add_argument("--vocabulary", type=int, default=1_000_000)
    parser.add_argument("--sync-seconds", type=float, default=2.0)
    options = parser.parse_args(arguments)
    whats[options.what](options)


def say(**figures: Any) -> None:
    """Print a result."""
    print(json.dumps(figures), flush=True)


# --- quality --------------------------------------------------------------------------------------


def quality(options: argparse.Namespace) -> None:
    """Train each number of replicas with each setting and seed, and score the vectors."""
    for seed in options.seeds:
        for n_replicas in options.replicas:
            # One replica is the ordinary trainer: none of these change anything about it.
            ways: Any = [(None, None, None)]
            if n_replicas > 1:
                ways = itertools.product(options.rounds, options.merge, options.lr_scale)
            for n_rounds, merge, scale in ways:
                began = time.process_time()
                model = trained(options, seed, n_replicas, n_rounds, merge, scale)
                seconds = time.process_time() - began
                say(
                    replicas=n_replicas, rounds=n_rounds, merge=merge, lr_scale=scale, seed=seed,
                    cpu_seconds=round(seconds, 1), **scores(model, options.eval),
                )  # fmt: skip


def scores(model: Any, folder: Path) -> dict[str, float]:
    """Return what the vectors score on each set."""
    from _evaluation import evaluate

    found = evaluate(model.wv, folder)
    return {name: round(each["score"], 2) for name, each in found.items() if each["score"]}


def trained(
    options: argparse.Namespace,
    seed: int,
    n_replicas: int,
    n_rounds: int | None,
    merge: Any,
    scale: Any,
) -> Any:
    """Return a model whose replicas were trained in turn, and merged `n_rounds` times an epoch."""
    from fastsgns import Word2Vec
    from fastsgns.corpus import RenumberedCorpus
    from fastsgns.distributed.replica import MERGES, LocalReplica, layout_of, put_shard, shard_of
    from fastsgns.distributed.state import Options

    model = Word2Vec(**OPTIONS, seed=seed, epochs=options.epochs)
    model.build_vocab(corpus_file=options.corpus)
    if n_rounds is None:
        model.train()
        return model
    rule = Options(n_replicas, 1.0, number_or_name(scale), "epoch", merge).checked()
    text = model.corpus.in_memory()
    cuts = np.linspace(0, text.n_sentences, n_replicas * n_rounds + 1).astype(int)
    layout = layout_of(model, 1)
    shard = shard_of(model._matrices(), layout, 0)
    local = LocalReplica(copy.copy(model), layout, seed)
    schedule = model._schedule(options.epochs, None, text.n_raw_words)
    for epoch in range(options.epochs):
        for number in range(n_rounds):
            alpha = float(schedule.alpha(epoch, np.array([number / n_rounds]))[0])
            lr_scale, moved = rule.scale(alpha, n_replicas), []
            for chunk in range(number * n_replicas, (number + 1) * n_replicas):
                start, end = cuts[chunk : chunk + 2]
                part = RenumberedCorpus(*text.read(start, end), text.raw_lengths_of(start, end))
                own_alpha, seeds = alpha * lr_scale, [epoch, chunk]
                (trained_shard,), _ = local.round([shard], [part], own_alpha, seeds)
                moved.append(trained_shard.copy())
            shard = MERGES[merge](lr_scale, shard, *moved)
    put_shard(model._matrices(), layout, 0, shard)
    model.wv.norms = None
    return model


def number_or_name(scale: str) -> str | float:
    """Return a scale as `DistributedWord2Vec` takes it."""
    try:
        return float(scale)
    except ValueError:
        return scale


# --- Ray ------------------------------------------------------------------------------------------


def speed(options: argparse.Namespace) -> None:
    """Time epochs of two worker processes with a thread each, and of one thread."""
    from fastsgns import Word2Vec
    from fastsgns.distributed import DistributedWord2Vec

    began = time.perf_counter()
    model = DistributedWord2Vec(
        str(options.corpus), num_workers=2, sync_seconds=options.sync_seconds,
        epochs=options.epochs, **OPTIONS,
    ).train()  # fmt: skip
    whole = time.perf_counter() - began
    seconds = [epoch["seconds"] for epoch in model.history]
    history = Word2Vec(corpus_file=options.corpus, epochs=3, **OPTIONS).history
    alone = [epoch["seconds"] for epoch in history]
    say(
        epochs_of_two=[round(each, 2) for each in seconds],
        epochs_of_one=[round(each, 2) for each in alone],
        ratios=[round(float(np.mean(alone)) / each, 2) for each in seconds],
        all_seconds=round(whole, 1),
    )  # fmt: skip


def faults(options: argparse.Namespace) -> None:
    """Kill workers at random moments of each epoch; count chunks, time rounds, score vectors."""
    from fastsgns.distributed import DistributedWord2Vec, driver

    for seed in options.seeds:
        draw, kills, rounds, applied = random.Random(seed), [], [], []
        with Noting(driver, rounds, applied) as noting:
            thread = threading.Thread(target=kill, args=(options, noting, draw, kills), daemon=True)
            thread.start()
            model = DistributedWord2Vec(
                str(options.corpus), num_workers=2, sync_seconds=options.sync_seconds, seed=seed,
                epochs=options.epochs, **OPTIONS,
            ).train()  # fmt: skip
            noting.is_over = True
        figures = scores(model, options.eval) if options.eval else {}
        say(
            seed=seed, kills=len(kills), chunks=len(set(applied)),
            applied_twice=len(applied) - len(set(applied)),
            raw_words=[epoch["raw_words"] for epoch in model.history],
            longest_round=round(max(rounds), 2), median_round=round(float(np.median(rounds)), 2),
            **figures,
        )  # fmt: skip


def driver(options: argparse.Namespace) -> None:
    """Kill the driver of a run that is half done; go on from its checkpoint; score vectors."""
    from fastsgns.distributed import DistributedWord2Vec
    from fastsgns.distributed.state import State

    program = (
        "import json, sys; from fastsgns.distributed import DistributedWord2Vec as D;"
        "D(**json.loads(sys.argv[1])).train()"
    )
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.fsgns"
            given = {
                **OPTIONS, "corpus": str(options.corpus), "num_workers": 2, "seed": seed,
                "sync_seconds": options.sync_seconds, "epochs": options.epochs,
                "checkpoint": str(path), "checkpoint_every": 1.0,
            }  # fmt: skip
            with subprocess.Popen([sys.executable, "-c", program, json.dumps(given)]) as process:
                while process.poll() is None and epochs_in(path) < options.epochs // 2:
                    time.sleep(0.2)
                process.kill()
            state = State.read(path)
            model = DistributedWord2Vec.resume(path)
            say(
                seed=seed, killed_after_epochs=state.epoch, and_chunks=len(state.done),
                raw_words=[epoch["raw_words"] for epoch in model.history],
                **scores(model, options.eval),
            )  # fmt: skip


def epochs_in(path: Path) -> int:
    """Return how many epochs a checkpoint has, 0 when there is none."""
    from fastsgns.distributed.state import State

    return State.read(path).epoch if path.exists() else 0


def kill(
    options: argparse.Namespace, noting: Noting, draw: random.Random, kills: list[int]
) -> None:
    """Kill workers at random moments, so many in each epoch."""
    for number in range(options.epochs * options.kills):
        noting.wait_for(number // options.kills)
        time.sleep(draw.uniform(0.0, 0.8))
        while not noting.is_over and len(kills) <= number:
            for place in list(noting.driver._cluster.places.values())[:1]:
                if place.process not in kills:
                    os.kill(place.process, signal.SIGKILL)
                    kills.append(place.process)
            time.sleep(0.05)


class Noting:
    """Notes how long rounds take and which chunks are applied, while a driver runs."""

    def __init__(self, module: Any, rounds: list[float], applied: list[Any]) -> None:
        self.module, self.rounds, self.applied = module, rounds, applied
        self.driver: Any = None
        self.is_over = False

    def wait_for(self, epoch: int) -> None:
        """Wait until an epoch is under way."""
        while not self.is_over and (self.driver is None or self.driver._ledger.epoch < epoch):
            time.sleep(0.05)

    def __enter__(self) -> Noting:
        noting, module = self, self.module
        self._round, self._finish = module.Driver._round, module.Ledger.finish

        def timed_round(driver: Any) -> None:
            noting.driver = driver
            began = time.perf_counter()
            noting._round(driver)
            noting.rounds.append(time.perf_counter() - began)

        def noted_finish(ledger: Any, who: Any) -> Any:
            chunks = noting._finish(ledger, who)
            if ledger.n_epochs > 1:  # and not the one of counting words
                noting.applied += [(ledger.epoch, chunk) for chunk in chunks]
            return chunks

        module.Driver._round, module.Ledger.finish = timed_round, noted_finish
        return self

    def __exit__(self, *_: object) -> None:
        self.module.Driver._round, self.module.Ledger.finish = self._round, self._finish


# --- the model of docs/scale-out.md ---------------------------------------------------------------


def nodes(options: argparse.Namespace) -> None:
    """Print how many times as fast as one N nodes are, by the model, for two sizes of models."""
    nbytes = 2 * options.vocabulary * OPTIONS["vector_size"] * 4
    print(f"a model of {nbytes / 1e6:.0f} MB, rounds of {options.sync_seconds:g} s")
    print("| nodes | a round averages in, s | times one node |\n| ---: | ---: | ---: |")
    for n_nodes in (1, 2, 4, 8, 16, 32, 64):
        # Each node copies its replica out and the mean in, and sends and gets all shards but its
        # own, twice: its replica's to those who average them, and the means.
        over_the_wire = 2 * nbytes * (1 - 1 / n_nodes) / options.bandwidth
        copies = 2 * nbytes / options.copying if n_nodes > 1 else 0.0
        seconds = over_the_wire + copies
        times = n_nodes * options.sync_seconds / (options.sync_seconds + seconds)
        print(f"| {n_nodes} | {seconds:.2f} | {times:.1f} |")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    main()
