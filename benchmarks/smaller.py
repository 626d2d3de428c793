"""Benchmarks, smaller vectors: what word similarity loses, or gains, by each way to change vectors.

    python benchmarks/smaller.py text.txt wordsim.txt simlex.txt --size 300

Skip-gram is trained with some seeds; the vectors of each are changed, and judged beside themselves.
Figures are Spearman's correlations x 100 over the seeds: mean ± standard deviation, and the mean,
least and largest difference to the vectors as they were trained.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import fastsgns
from fastsgns import evaluation


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", help="text, a sentence a line")
    parser.add_argument("sets", nargs="+", help="files of word pairs with scores")
    parser.add_argument("--size", type=int, default=300, help="default: 300")
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    options = parser.parse_args(arguments)
    trained = [
        fastsgns.Word2Vec(
            corpus_file=options.corpus, vector_size=options.size, sg=1, seed=seed, workers=1
        ).wv
        for seed in range(1, options.seeds + 1)
    ]
    scores: dict[str, list[list[float]]] = {}
    for wv, other in pairwise([*trained, trained[0]]):
        for name, vectors in changed(wv, other):
            found = evaluation.report(vectors, options.sets, n_resamples=1).results
            scores.setdefault(name, []).append([100 * result.score for result in found])
    print("| vectors | " + " | ".join(Path(name).stem for name in options.sets) + " |")
    print("| --- |" + " ---: |" * len(options.sets))
    plain = np.array(scores["as trained, float32"])
    for name, per_seed in scores.items():
        print(f"| {name} | " + " | ".join(cells(np.array(per_seed), plain)) + " |")
    aligned = trained[0].align_to(trained[-1])
    print(f"\nMean cosine of a word with itself in another training: {agreement(aligned, trained)}")


def changed(wv: Any, other: Any) -> list[tuple[str, Any]]:
    """Return vectors made of vectors, by name."""
    sizes = sorted({wv.vector_size * n // 6 for n in (4, 3, 2, 1)} - {0}, reverse=True)
    third = max(1, wv.vector_size // 3)
    return [
        ("as trained, float32", wv),
        ("`astype('float16')`", wv.astype("float16")),
        ("`astype('int8')`", wv.astype("int8")),
        *((f"`truncate({size})`", wv.truncate(size)) for size in sizes),
        (f"`truncate({third})`, then int8", wv.truncate(third).astype("int8")),
        ("`postprocess(n=0)`: without the mean", wv.postprocess(n=0)),
        ("`postprocess()`", wv.postprocess()),
        (
            f"`postprocess()`, `truncate({third})`, `postprocess()`",
            wv.postprocess().truncate(third).postprocess(),
        ),
        ("`concatenate` with another seed's", wv.concatenate(other)),
        (
            f"the same, `truncate({wv.vector_size})`",
            wv.concatenate(other).truncate(wv.vector_size),
        ),
    ]


def cells(scores: Any, plain: Any) -> list[str]:
    spread = scores.std(axis=0, ddof=1) if len(scores) > 1 else np.zeros(scores.shape[1])
    off = scores - plain
    return [
        f"{scores[:, i].mean():.2f} ± {spread[i]:.2f}"
        + (f" ({off[:, i].mean():+.2f}: {off[:, i].min():+.2f} to {off[:, i].max():+.2f})")
        for i in range(scores.shape[1])
    ]


def agreement(aligned: Any, trained: Sequence[Any]) -> str:
    """Say how near frequent words of the first training are to those of the last."""
    first, last = trained[0], trained[-1]
    words = first.index_to_key[:5000]
    target = last.vectors_for_all(words).get_normed_vectors()
    before, after = (
        float((each.vectors_for_all(words).get_normed_vectors() * target).sum(axis=1).mean())
        for each in (first, aligned)
    )
    return f"{before:.3f}; after `align_to`, {after:.3f} ({len(words)} most frequent words)"


if __name__ == "__main__":
    main()
