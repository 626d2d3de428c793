"""Benchmarks, one job: train one model in a process of its own.

A task arrives as JSON on stdin, and its result leaves on stdout. A task holds ``system``,
``setting``, ``corpus`` (path), ``seed``, ``measure`` ("loop": `train` alone, the vocabulary built
before; "call": the constructor, corpus to vectors), ``evaluation`` (folder, or null for none).
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from _systems import Setting, System, corpus_arguments, parse_system, word2vec_class

WARM_UP_CORPUS = [["a", "b", "c", "d"], ["a", "b", "c", "d"]]


def main() -> None:
    """Do the task on stdin."""
    json.dump(run(json.load(sys.stdin)), sys.stdout)


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Train, measure, and (when asked) evaluate; return numbers only."""
    system = parse_system(task["system"])
    setting = Setting(**task["setting"])
    keywords = setting.keywords() | {"seed": task["seed"]} | system.options
    word2vec = word2vec_class(system.package)
    warm_up(word2vec, keywords)
    corpus = corpus_arguments(system.package, task["corpus"], setting.corpus_form)
    effective = None
    load_before = load_average()
    rss_before, _ = resident_megabytes()
    if task["measure"] == "call":
        started = clocks()
        model = word2vec(**corpus, **keywords)
        ended = clocks()
    else:
        model = word2vec(**keywords)
        vocabulary_corpus = {
            name.replace("sentences", "corpus_iterable"): value for name, value in corpus.items()
        }
        model.build_vocab(**vocabulary_corpus)
        training = training_arguments(system, model, vocabulary_corpus)
        started = clocks()
        effective, _ = model.train(**training)
        ended = clocks()
    _, peak = resident_megabytes()
    norms = mean_norms(model)
    check_trained(norms)
    result = {
        "wall_seconds": ended[0] - started[0],
        "cpu_seconds": ended[1] - started[1],
        "rss_before_mb": rss_before,
        "peak_rss_mb": peak,
        "load_average": load_before,
        "vocabulary": len(model.wv),
        "effective_words": effective,
        "kernel_used": getattr(model, "kernel_used", None),
        "norms": norms,
        "environment": environment(system.package),
    }
    if task.get("evaluation"):
        # Imported late: a speed job must not carry the evaluation's modules in its memory figures.
        from _evaluation import evaluate

        result["evaluation"] = evaluate(model.wv, Path(task["evaluation"]))
    return result


def warm_up(word2vec: Any, keywords: dict[str, Any]) -> None:
    """Train on eight words, so that what is imported or prepared on first use is not measured."""
    logging.disable(logging.CRITICAL)
    word2vec(WARM_UP_CORPUS, **(keywords | {"min_count": 1, "epochs": 1, "sample": 0}))
    logging.disable(logging.NOTSET)


def training_arguments(system: System, model: Any, corpus: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `train`.

    fastsgns remembers the corpus that `build_vocab` encoded and trains on it; gensim has to be
    given the corpus again.
    """
    if system.package == "fastsgns":
        return {}
    if "corpus_file" in corpus:
        return corpus | {"total_words": model.corpus_total_words, "epochs": model.epochs}
    return corpus | {"total_examples": model.corpus_count, "epochs": model.epochs}


def clocks() -> tuple[float, float]:
    """Return wall seconds, and CPU seconds of all threads of this process."""
    return time.perf_counter(), time.process_time()


def load_average() -> float | None:
    """Return the machine's load over the last minute, None where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def resident_megabytes() -> tuple[float | None, float | None]:
    """Return resident memory now and at its peak, in 10^6 bytes; None where it cannot be known.

    On Linux not from getrusage, whose peak is inherited from the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        now, peak = (int(fields[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
        return now, peak
    try:
        import resource
    except ImportError:  # Windows
        return None, None
    unit = 1 if sys.platform == "darwin" else 1024
    return None, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def mean_norms(model: Any) -> dict[str, float]:
    """Return the mean length of the rows of each weight matrix.

    It is what a kernel that trades exactness for speed changes first.
    """
    import numpy as np

    matrices = {"input": model.wv.vectors}
    for name, attribute in (("output", "syn1neg"), ("node", "syn1")):
        if getattr(model, attribute, None) is not None:
            matrices[name] = getattr(model, attribute)
    return {name: float(np.linalg.norm(matrix, axis=1).mean()) for name, matrix in matrices.items()}


def check_trained(norms: dict[str, float]) -> None:
    """Raise when all output and node vectors are the zeros that they begin as: no words, no time.

    Raises
    ------
    RuntimeError
        If nothing was trained.
    """
    if not any(norms[name] for name in norms if name != "input"):
        raise RuntimeError("nothing was trained: the output vectors are still zero")


def environment(package: str) -> dict[str, Any]:
    """Return versions, and the BLAS libraries in this process with their kernels."""
    versions = {"Python": platform.python_version()}
    for name in ("numpy", "scipy", package):
        module = importlib.import_module(name)
        versions[name] = getattr(module, "__version__", "of unknown version")
    return {"versions": versions, "blas": blas_libraries()}


def blas_libraries() -> list[str] | None:
    """Describe each BLAS in this process; None when threadpoolctl is not installed."""
    try:
        threadpoolctl = importlib.import_module("threadpoolctl")
    except ImportError:
        return None
    return sorted(
        f"{library['internal_api']} {library['version']} of {owner_of(library['filepath'])}, "
        f"{library.get('architecture', 'unknown')} kernels, {library['num_threads']} thread(s)"
        for library in threadpoolctl.threadpool_info()
        if library["user_api"] == "blas"
    )


def owner_of(path: str) -> str:
    """Name the package that ships a library in its wheel (``numpy.libs``), else "the system"."""
    folder = Path(path).parent.name.removeprefix(".")
    return folder.removesuffix(".libs") if folder.endswith(".libs") else "the system"


if __name__ == "__main__":
    main()
