"""Benchmarks, short texts: what one call of train() takes, with a sentence or some.

    python benchmarks/short_texts.py --words 100 2000 20000 200000 --sentences 1 100

Who trains on text as it comes calls train() once for each piece. gensim and fastsgns take the calls
in turn, on vocabularies of random words; a row has the median of each, in milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

N_TOKENS = 20  # a sentence


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table: a row for each size of a vocabulary and of a text."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--words", type=int, nargs="+", default=[100, 2000, 20_000, 200_000])
    parser.add_argument("--sentences", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--size", type=int, default=100, help="default: 100")
    parser.add_argument("--sg", type=int, default=1, choices=(0, 1), help="default: 1")
    parser.add_argument("--hs", type=int, default=0, choices=(0, 1), help="default: 0")
    parser.add_argument("--workers", type=int, default=1, help="default: 1")
    parser.add_argument("--calls", type=int, default=30, help="default: 30")
    options = parser.parse_args(arguments)
    print("| words | sentences | gensim, ms | fastsgns, ms | ratio |")
    print("|---|---|---|---|---|")
    for n_words in options.words:
        models = [made(module, n_words, options) for module in modules()]
        for n_sentences in options.sentences:
            texts = [random_text(n_words, n_sentences, seed) for seed in range(options.calls)]
            theirs, ours = medians(models, texts)
            print(
                f"| {n_words} | {n_sentences} | {theirs:.2f} | {ours:.2f} | {theirs / ours:.2f} |"
            )


def modules() -> list[Any]:
    """Return gensim's module of models, and ours."""
    import gensim.models

    import fastsgns

    return [gensim.models, fastsgns]


def made(module: Any, n_words: int, options: argparse.Namespace) -> Any:
    """Return a model with a vocabulary whose words are as frequent as those of text."""
    counts = {f"w{rank}": 10 * n_words // (rank + 1) + 1 for rank in range(n_words)}
    model = module.Word2Vec(
        vector_size=options.size,
        min_count=1,
        workers=options.workers,
        sg=options.sg,
        hs=options.hs,
        negative=0 if options.hs else 5,
        seed=1,
    )
    model.build_vocab_from_freq(counts)
    return model


def random_text(n_words: int, n_sentences: int, seed: int) -> list[list[str]]:
    """Return sentences of words drawn by Zipf's law."""
    shares = 1 / np.arange(1, n_words + 1)
    drawn = np.random.default_rng(seed).choice(
        n_words, (n_sentences, N_TOKENS), p=shares / shares.sum()
    )
    return [[f"w{word}" for word in sentence] for sentence in drawn.tolist()]


def medians(models: Sequence[Any], texts: Sequence[Any]) -> list[float]:
    """Return what a call takes each model, in milliseconds, in turn."""
    seconds: list[list[float]] = [[] for _ in models]
    for text in [texts[0], *texts]:  # the first call of each is not counted
        for model, taken in zip(models, seconds, strict=True):
            began = time.perf_counter()
            model.train(text, total_examples=len(text), epochs=1)
            taken.append(time.perf_counter() - began)
    return [1000 * statistics.median(taken[1:]) for taken in seconds]


if __name__ == "__main__":
    main()
