"""Benchmarks, queries: what is asked of vectors and how their files are read, beside gensim.

    python benchmarks/queries.py --words 73000 --size 100

Both packages hold the same random vectors and run the same calls in turn, in one process with one
BLAS thread. Figures are CPU seconds of a call (of all threads), the median of some runs, and
gensim's divided by ours. Batches stand beside gensim's loop over single calls, and beside the bare
product of matrices that they contain.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice, permutations
from pathlib import Path
from typing import Any

from _runner import CHECKOUT, ONE_BLAS_THREAD, OPENBLAS_OVERRIDES

Call = Callable[[Any], Any]

N_KEYS = (1, 10, 1000)  # of calls that take lists of them
PAIRS = 38  # of a section of questions, on average in Google's file
MIN_SECONDS = 0.5  # of all calls of a task
N_LOOPED = 50  # calls of a loop that are measured, of those that it stands for


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure in a process of its own, which must know of its one thread before it has NumPy."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--words", type=int, default=73_000, help="default: 73000")
    parser.add_argument("--size", type=int, default=100, help="default: 100")
    parser.add_argument("--questions", type=int, default=2000, help="analogies (default: 2000)")
    parser.add_argument("--keys", type=int, default=1000, help="of a batch (default: 1000)")
    parser.add_argument("--texts", type=int, default=100_000, help="of transform (default: 100000)")
    parser.add_argument("--runs", type=int, default=3, help="default: 3")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        measure(options)
        return
    environment = {k: v for k, v in os.environ.items() if k not in OPENBLAS_OVERRIDES}
    paths = [str(CHECKOUT), environment.get("PYTHONPATH", "")]
    environment |= {**ONE_BLAS_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    given = [f"--{name}={getattr(options, name)}" for name in vars(options) if name != "inside"]
    command = [sys.executable, "-W", "ignore", __file__, "--inside", *given]
    subprocess.run(command, env=environment, check=True)


def measure(options: argparse.Namespace) -> None:
    """Print the table."""
    import numpy as np

    import fastsgns.keyedvectors as ours

    packages = {"fastsgns": ours}
    if importlib.util.find_spec("gensim"):
        import gensim.models.keyedvectors as theirs

        packages["gensim"] = theirs
    vectors = np.random.default_rng(1).standard_normal(
        (options.words, options.size), dtype=np.float32
    )
    stores = {}
    for name, package in packages.items():
        made = package.KeyedVectors(options.size)
        made.add_vectors([f"w{i}" for i in range(options.words)], vectors)
        stores[name] = reloaded(made)
        stores[name].fill_norms()
    print("| task | " + " | ".join(f"{name}, CPU s" for name in stores) + " | ratio |")
    print("|---|" + "---|" * (len(stores) + 1))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for task, calls, n_times in tasks(options, Path(folder)):
            bound = [
                partial(calls[min(i, len(calls) - 1)], store)
                for i, store in enumerate(stores.values())
            ]
            took = [
                seconds * n for seconds, n in zip(costs(bound, options.runs), n_times, strict=False)
            ]
            ratio = f"{took[-1] / took[0]:.2f}" if len(took) > 1 else "-"
            print(f"| {task} | " + " | ".join(f"{each:.3g}" for each in took) + f" | {ratio} |")
    queries = vectors[: options.keys].copy()
    keys = [f"w{i}" for i in range(len(queries))]
    product, batch = costs(
        [lambda: queries @ vectors.T, lambda: stores["fastsgns"].most_similar_batch(keys)],
        options.runs,
    )
    print(f"\nA batch of {len(keys)} keys takes {batch / product:.2f} times its matrix product.")
    print_narrow(stores["fastsgns"], keys, options)
    print_texts(stores, options)


def print_narrow(kv: Any, keys: list[str], options: argparse.Namespace) -> None:
    """Print what searches of smaller numbers cost."""
    for kind in ("float16", "int8"):
        narrow = kv.astype(kind)
        one = cost(lambda kv: kv.most_similar("w5"), narrow, options.runs)
        batch = cost(lambda kv: kv.most_similar_batch(keys), narrow, options.runs)
        print(f"As {kind}, one key takes {one * 1e3:.3g} ms and the batch {batch * 1e3:.3g} ms.")


def reloaded(kv: Any) -> Any:
    """Return vectors as they are used: read from a file (Python reads attributes slower then)."""
    with tempfile.TemporaryDirectory() as folder:
        kv.save(f"{folder}/kv")
        return type(kv).load(f"{folder}/kv")


def print_texts(stores: dict[str, Any], options: argparse.Namespace) -> None:
    """Print what vectors of texts cost: beside loops, and for each row that is read."""
    import numpy as np

    kv = stores["fastsgns"]
    rng = np.random.default_rng(3)
    rarity = 1 / np.arange(1, options.words + 1)  # Zipf's law
    for name, shares in (("by Zipf's law", rarity / rarity.sum()), ("all alike", None)):
        rows = rng.choice(options.words, (options.texts // 5, 3), p=shares)
        texts = [[f"w{i}" for i in row] for row in rows.tolist()]
        ours = cost(lambda kv, t=texts: kv.transform(t, workers=1), kv, options.runs)
        loops = {
            package: cost(lambda kv, t=texts: [kv.get_mean_vector(x) for x in t], store, 1)
            for package, store in stores.items()
        }
        times = ", ".join(f"{package}'s {loop / ours:.1f}" for package, loop in loops.items())
        print(
            f"transform of {len(texts)} texts of 3 words, {name}: {ours * 1e3:.2f} ms, times that"
            f" for a loop over get_mean_vector: {times}."
        )
    rows = rng.integers(0, options.words, (options.texts, 100))
    tokens = [[kv.index_to_key[i] for i in row] for row in rows.tolist()]
    for name, texts in (("row numbers", rows), ("lists of str", tokens)):
        seconds = cost(lambda kv, t=texts: kv.transform(t, workers=1), kv, options.runs)
        print(
            f"transform of {len(texts)} texts of 100 words, {name}: {seconds:.2f} s, "
            f"{seconds / rows.size * 1e9:.1f} ns a word of {4 * options.size} bytes."
        )


def calls_of_one_key() -> dict[str, Call]:
    """Return what both packages answer about one key or two."""
    return {
        "key in kv": lambda kv: "w5" in kv,
        "no key in kv": lambda kv: "none" in kv,
        "kv[key]": lambda kv: kv["w5"],
        "get_index": lambda kv: kv.get_index("w5"),
        "has_index_for": lambda kv: kv.has_index_for("w5"),
        "get_vector": lambda kv: kv.get_vector("w5"),
        "get_vector, norm": lambda kv: kv.get_vector("w5", norm=True),
        "similarity": lambda kv: kv.similarity("w5", "w6"),
        "distance": lambda kv: kv.distance("w5", "w6"),
        "set_vecattr": lambda kv: kv.set_vecattr("w5", "count", 3),
        "get_vecattr": lambda kv: kv.get_vecattr("w5", "count"),
        "similar_by_vector": lambda kv: kv.similar_by_vector(kv.vectors[5]),
        "relative_cosine_similarity": lambda kv: kv.relative_cosine_similarity("w5", "w6"),
        "closer_than": lambda kv: kv.closer_than("w5", "w6"),
    }


def calls_of_keys(first: list[str], second: list[str], size: int) -> dict[str, Call]:
    """Return what both packages answer about lists of keys, or take of them."""
    import numpy as np

    matrix = np.random.default_rng(3).standard_normal((len(first), size), dtype=np.float32)
    return {
        "kv[keys]": lambda kv: kv[first],
        "most_similar": lambda kv: kv.most_similar(first),
        "get_mean_vector": lambda kv: kv.get_mean_vector(first),
        "n_similarity": lambda kv: kv.n_similarity(first, second),
        "doesnt_match": lambda kv: kv.doesnt_match(first),
        "rank_by_centrality": lambda kv: kv.rank_by_centrality(first),
        "most_similar_to_given": lambda kv: kv.most_similar_to_given("w5", first),
        "distances": lambda kv: kv.distances("w5", first),
        "cosine_similarities": lambda kv: kv.cosine_similarities(matrix[0], matrix),
        "vectors_for_all": lambda kv: kv.vectors_for_all(first),
        "add_vectors to none": lambda kv: type(kv)(size).add_vectors(first, matrix),
    }


def own_file(kv: Any, folder: Path, kind: str = "kv") -> str:
    """Return the path of a package's own file."""
    return str(folder / f"{kind}-{type(kv).__module__}")


def mapped_file(kv: Any, folder: Path) -> str:
    """Return a file of each package's own that can be mapped."""
    path = own_file(kv, folder, "mapped")
    if not Path(path).exists():
        kv.save(path, sep_limit=0)
    return path


def gensims_file(kv: Any, path: str, sep_limit: int) -> str:
    """Return a file that gensim has saved, of the same vectors."""
    if not Path(path).exists():
        import gensim.models.keyedvectors as theirs

        made = theirs.KeyedVectors(kv.vector_size)
        made.add_vectors(kv.index_to_key, kv.vectors)
        made.save(path, sep_limit=sep_limit)
    return path


def model_of(kv: Any) -> Any:
    """Return the class of models that vectors of a package belong to."""
    name = type(kv).__module__.rpartition(".")[0]
    return importlib.import_module(name).Word2Vec


def gensims_model(kv: Any, path: str) -> str:
    """Return a file of a model with Huffman paths that gensim has saved, of the same keys."""
    if not Path(path).exists():
        from gensim.models import Word2Vec

        made = Word2Vec(vector_size=kv.vector_size, hs=1, negative=0, min_count=1)
        n_words = len(kv)
        made.build_vocab_from_freq({f"w{i}": n_words // (i + 1) + 1 for i in range(n_words)})
        made.save(path)
    return path


def costs(calls: Sequence[Callable[[], Any]], n_runs: int) -> list[float]:
    """Return the CPU seconds of each of some calls, made in turn: of all runs the median.

    In turn, so that a machine that is slow for a second is so for all. The least is no better: the
    clock of the CPU has runs that are too short. Calls of less than 10 ms are repeated in a run;
    where runs are short there are more of them.
    """
    n_repeats, seconds = [], 0.0
    for call in calls:
        began = time.process_time()
        call()  # loads what is loaded when it is first used
        first = max(time.process_time() - began, 1e-6)
        n_repeats.append(max(1, int(0.01 / first)))
        seconds += max(0.01, first)
    took: list[list[float]] = [[] for _ in calls]
    for _ in range(max(n_runs, int(MIN_SECONDS / seconds))):
        for i, call in enumerate(calls):
            began = time.process_time()
            for _ in range(n_repeats[i]):
                call()
            took[i].append((time.process_time() - began) / n_repeats[i])
    return [statistics.median(each) for each in took]


def cost(call: Call, argument: Any, n_runs: int) -> float:
    """Return the CPU seconds of a call."""
    return costs([lambda: call(argument)], n_runs)[0]


def questions_of(pairs: list[list[int]]) -> Iterator[list[int]]:
    """Yield questions as in Google's file: each two of the pairs of a section."""
    for begin in range(0, len(pairs), PAIRS):
        for a, b in permutations(pairs[begin : begin + PAIRS], 2):
            yield [*a, *b]


def tasks(
    options: argparse.Namespace, folder: Path
) -> Iterator[tuple[str, list[Call], tuple[float, float]]]:
    """Yield tasks: a name, our call and gensim's if it is another, and how often each counts."""
    import numpy as np

    def keys(n: int, first: int = 0) -> list[str]:
        return [f"w{i % options.words}" for i in range(first, first + n)]

    def once(name: str, call: Call) -> tuple[str, list[Call], tuple[float, float]]:
        return name, [call], (1, 1)

    yield once("most_similar, one key", lambda kv: kv.most_similar("w5"))
    yield once("most_similar, an analogy", lambda kv: kv.most_similar(["w5", "w6"], ["w7"]))
    yield once("most_similar, topn=None", lambda kv: kv.most_similar("w5", topn=None))
    yield once("most_similar_cosmul", lambda kv: kv.most_similar_cosmul(["w5", "w6"], ["w7"]))
    for n in (1, 10):
        yield once(
            f"most_similar_cosmul, {n} keys", lambda kv, n=n: kv.most_similar_cosmul(keys(n))
        )
    for n in (10, options.keys):
        n_looped = min(n, N_LOOPED)
        yield (
            f"{n} keys",
            [
                lambda kv, n=n: kv.most_similar_batch(keys(n)),
                lambda kv, n=n_looped: [kv.most_similar(key) for key in keys(n)],
            ],
            (1, n / n_looped),
        )
    rng = np.random.default_rng(2)
    words = rng.integers(0, min(options.words, 30_000), (options.questions // PAIRS + 2, 2))
    quads = np.array(list(islice(questions_of(words.tolist()), options.questions)))
    lines = [": all", *(" ".join(f"w{i}" for i in row) for row in quads.tolist())]
    (folder / "questions").write_text("\n".join(lines))
    for restrict in (30_000, options.words):
        yield once(
            f"{options.questions} analogies, {restrict} words",
            lambda kv, n=restrict: kv.evaluate_word_analogies(folder / "questions", n),
        )
    pairs = [f"w{a}\tw{b}\t{i % 10}" for i, (a, b, *_) in enumerate(quads[:350].tolist())]
    (folder / "pairs").write_text("\n".join(pairs))
    yield once("350 word pairs", lambda kv: kv.evaluate_word_pairs(folder / "pairs"))
    yield once("distances to all", lambda kv: kv.distances("w5"))
    yield once("rank", lambda kv: kv.rank("w5", "w6"))
    yield once("row norms", lambda kv: kv.fill_norms(force=True))
    yield once("mean of 2000 keys", lambda kv: kv.get_mean_vector(keys(2000)))
    for name, call in calls_of_one_key().items():
        yield once(name, call)
    for n in N_KEYS:
        for name, call in calls_of_keys(keys(n), keys(n, n), options.size).items():
            yield once(f"{name}, {n} keys", call)
    if importlib.util.find_spec("ot"):
        for n in (10, 150, 300):
            half = n // 2
            yield once(
                f"wmdistance of {n}",
                lambda kv, n=half: kv.wmdistance(keys(n), keys(n, n)),
            )
    for kind, binary in (("text", False), ("binary", True)):
        path = str(folder / kind)
        yield once(
            f"save {kind}", lambda kv, p=path, b=binary: kv.save_word2vec_format(p, binary=b)
        )
        yield once(
            f"load {kind}",
            lambda kv, p=path, b=binary: type(kv).load_word2vec_format(p, binary=b),
        )
    yield once("save", lambda kv: kv.save(own_file(kv, folder)))
    yield once("load", lambda kv: type(kv).load(own_file(kv, folder)))
    yield once("open, mapped", lambda kv: type(kv).load(mapped_file(kv, folder), mmap="r"))
    yield once(
        "open, mapped, and one key",
        lambda kv: type(kv).load(mapped_file(kv, folder), mmap="r").get_vector("w5"),
    )
    if importlib.util.find_spec("gensim"):
        for name, sep_limit in (("with arrays beside it", 0), ("with all in it", 1 << 62)):
            path = str(folder / f"gensim{sep_limit}")
            yield (
                f"load gensim's file {name}",
                [lambda kv, p=path, n=sep_limit: type(kv).load(gensims_file(kv, p, n))],
                (1, 1),
            )
        path = str(folder / "gensim-hs")
        yield once(
            "load gensim's model with Huffman paths",
            lambda kv: model_of(kv).load(gensims_model(kv, path)),
        )


if __name__ == "__main__":
    main()
