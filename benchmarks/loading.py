"""Benchmarks, loading: the memory that it takes at its peak, beside what it leaves.

    python benchmarks/loading.py --words 400000 --size 100

Each format is loaded in a process of its own that has loaded a small file of it before. What is
left are the matrix, and the keys: the list, the dict, the texts, the row numbers and the counts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from _runner import CHECKOUT

FORMS = ("native", "gensim", "safetensors", "text", "binary", "npy")

LOAD = """
import sys
from pathlib import Path
from fastsgns.keyedvectors import KeyedVectors

def peak():  # that of resource.getrusage may be the parent's
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])

KeyedVectors.load_any(sys.argv[1])
before = peak()
kv = KeyedVectors.load_any(sys.argv[2])
taken = peak() - before
keys = sys.getsizeof(kv.index_to_key) + sys.getsizeof(kv.key_to_index)
keys += sum(map(sys.getsizeof, kv.index_to_key)) + sum(map(sys.getsizeof, range(len(kv))))
keys += sum(values.nbytes for values in kv.expandos.values())
print(taken, kv.vectors.nbytes, keys)
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table: a row for each format."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--words", type=int, default=400_000, help="default: 400000")
    parser.add_argument("--size", type=int, default=100, help="default: 100")
    options = parser.parse_args(arguments)
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    print("| format | peak, MB | matrix, MB | keys, MB | ratio |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for form in FORMS:
            paths = [
                write(form, Path(folder) / f"{form}{n}", n, options.size)
                for n in (50, options.words)
            ]
            command = [sys.executable, "-W", "ignore", "-c", LOAD, *paths]
            told = subprocess.run(command, env=environment, check=True, capture_output=True)
            taken, matrix, keys = map(int, told.stdout.split())
            sizes = " | ".join(f"{n / 1e6:.0f}" for n in (taken, matrix, keys))
            print(f"| {form} | {sizes} | {taken / (matrix + keys):.2f} |")


def write(form: str, path: Path, n_words: int, size: int) -> str:
    """Write random vectors, and return the path of what `load_any` reads."""
    import numpy as np

    from fastsgns.keyedvectors import KeyedVectors

    kv = KeyedVectors(size)
    vectors = np.random.default_rng(1).standard_normal((n_words, size), dtype=np.float32)
    kv.add_vectors([f"w{i}" for i in range(n_words)], vectors)
    if form in ("text", "binary"):
        kv.save_word2vec_format(str(path), binary=form == "binary")
    elif form == "npy":
        np.save(path.with_suffix(".npy"), vectors)
        path.with_suffix(".vocab").write_text("\n".join(kv.index_to_key))
        return str(path.with_suffix(".npy"))
    else:
        kv.save(str(path), format=form)
    return str(path)


if __name__ == "__main__":
    main()
