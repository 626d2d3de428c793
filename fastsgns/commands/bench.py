"""Face: ``fastsgns bench``: how fast this machine trains, beside gensim and fastText."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastsgns import _params
from fastsgns._core import available_kernels
from fastsgns.commands import checks
from fastsgns.commands.parameters import workers
from fastsgns.commands.program import say
from fastsgns.corpus.encoded import EncodedCorpus
from fastsgns.demo import docstring_sentences
from fastsgns.utils import save_as_line_sentence
from fastsgns.version import __version__
from fastsgns.word2vec import Word2Vec

DESCRIPTION = """\
Measure how fast this machine trains: an epoch with each kernel, beside gensim and fastText where
they are installed, on text that every machine has: the docstrings of what is installed with this
Python.

The best of some rounds counts, in which all take turns. Reading and the vocabulary are not counted,
but for fastText, which does all in one call."""

USAGE = ""

EXAMPLES = """\
  fastsgns bench --words 20000 --rounds 1
  fastsgns bench --words 20000 --rounds 1 --workers 2 --json
"""

MODES = {"skip-gram": 1, "CBOW": 0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `bench`."""
    add = parser.add_argument
    count = checks.integer
    add("--words", type=count("words", 1), default=500_000, metavar="N", help="default 500,000")
    add("--workers", type=workers, default=1, metavar="N", help="threads; default 1, -1: all cores")
    add("--rounds", type=count("rounds", 1), default=3, metavar="N", help="default 3")
    add(
        "--vector-size",
        type=count("vector_size", 1),
        default=100,
        metavar="N",
        help="default 100",
    )
    add("--json", action="store_true", help="the figures as JSON")


def run(options: argparse.Namespace) -> None:
    """Measure, and print a table."""
    n_rounds = options.rounds
    setting = {
        "vector_size": options.vector_size,
        "workers": options.workers,
        "epochs": 1,
        "seed": 1,
    }
    sentences = list(docstring_sentences(max_words=options.words))
    measured: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text")
        save_as_line_sentence(sentences, text)
        for number in range(n_rounds):
            for name, trained in _systems(sentences, text):
                if not options.json:
                    say(f"round {number + 1} of {n_rounds}: {name}")
                for mode, sg in MODES.items():
                    speeds = measured.setdefault(name, {})
                    speeds[mode] = max(speeds.get(mode, 0.0), trained(setting | {"sg": sg}))
    report = {
        "machine": _machine(),
        "words": sum(map(len, sentences)),
        "setting": setting,
        "words_per_second": measured,
    }
    if options.json:
        print(json.dumps(report))
    else:
        print("\n".join(_table(report)))


def _systems(
    sentences: list[list[str]], text: Path
) -> Iterator[tuple[str, Callable[[dict[str, Any]], float]]]:
    """Yield what trains here: a name, and what trains with a setting and returns raw words/s."""
    corpus = EncodedCorpus.from_sentences(sentences)

    def of_kernel(kernel: str) -> Callable[[dict[str, Any]], float]:
        return lambda setting: _speed_of_ours(corpus, setting | {"kernel": kernel})

    for kernel in available_kernels():
        yield f"fastsgns, {kernel}", of_kernel(kernel)
    if find_spec("gensim") is not None:
        version = importlib.metadata.version("gensim")
        yield f"gensim {version}", lambda setting: _speed_of_gensim(sentences, setting)
    if find_spec("fasttext") is not None:
        n_words = sum(map(len, sentences))
        yield (
            "fastText, with its reading",
            lambda setting: _speed_of_fasttext(text, n_words, setting),
        )


def _speed_of_ours(corpus: EncodedCorpus, setting: dict[str, Any]) -> float:
    speed: float = Word2Vec(corpus=corpus, **setting).history[0]["words_per_second"]
    return speed


def _speed_of_gensim(sentences: list[list[str]], setting: dict[str, Any]) -> float:
    from gensim.models import Word2Vec as Theirs

    model = Theirs(**setting)
    model.build_vocab(sentences)
    began = time.perf_counter()
    _, n_raw_words = model.train(sentences, total_examples=model.corpus_count, epochs=1)
    return float(n_raw_words / (time.perf_counter() - began))


def _speed_of_fasttext(text: Path, n_words: int, setting: dict[str, Any]) -> float:
    import fasttext

    began = time.perf_counter()
    fasttext.train_unsupervised(
        str(text),
        model="skipgram" if setting["sg"] else "cbow",
        dim=setting["vector_size"],
        thread=setting["workers"],
        epoch=1,
        lr=0.025,
        ws=5,
        neg=5,
        t=1e-3,
        minCount=5,
        maxn=0,  # words only, without their parts
        verbose=0,
    )
    return n_words / (time.perf_counter() - began)


def _machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": _params.available_cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "fastsgns": __version__,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _table(report: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a table in Markdown: words/s, and how many times gensim's where it is."""
    machine, setting = report["machine"], report["setting"]
    yield f"{machine['processor']}, {machine['cores']} cores, {machine['system']}"
    yield (
        f"{report['words']:,} words of docstrings, {setting['vector_size']} dimensions, window 5,"
        f" 5 negatives, {setting['workers']} worker(s); words/s of an epoch"
    )
    measured: dict[str, dict[str, float]] = report["words_per_second"]
    reference = next((speeds for name, speeds in measured.items() if name[:6] == "gensim"), None)
    heads = list(MODES)
    if reference is not None:
        heads += [f"{mode}, gensim = 1" for mode in MODES]
    rows = [["", *heads]]
    for name, speeds in measured.items():
        rows.append([name, *(f"{speeds[mode]:,.0f}" for mode in MODES)])
        if reference is not None:
            rows[-1] += [f"{speeds[mode] / reference[mode]:.1f}" for mode in MODES]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    yield ""
    for first, *cells in rows:
        padded = (f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
        yield f"| {first:{widths[0]}} | {' | '.join(padded)} |"
