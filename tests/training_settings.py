"""The corpora and the 24 settings on which kernel, reference and gensim are compared."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import reference


@cache
def zipf_sentences(n_tokens: int = 600, n_words: int = 60, seed: int = 0) -> list[list[str]]:
    """Return sentences of 0 to 30 words whose shares fall as 1 / rank. Cached: leave them alone."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, n_words + 1)
    share /= share.sum()
    sentences: list[list[str]] = []
    while sum(map(len, sentences)) < n_tokens:
        drawn = rng.choice(n_words, int(rng.integers(0, 31)), p=share)
        sentences.append([f"w{word}" for word in drawn])
    return sentences


#: Objectives and architectures...
_OBJECTIVES = {
    "negatives": {"hs": 0},
    "tree": {"hs": 1, "negative": 0},
    "both": {"hs": 1},
}
_ARCHITECTURES = {"skip-gram": {"sg": 1}, "cbow": {"sg": 0}}
#: ... and, of everything else, each value somewhere: sizes beside the lanes of a SIMD register, one
#: and many jobs an epoch, subsampling off, as a share and as a count.
_OTHERS: dict[str, dict[str, Any]] = {
    "plain": {"vector_size": 16, "min_count": 2},
    "sum": {
        "vector_size": 7,
        "window": 3,
        "min_count": 1,
        "sample": 0,
        "batch_words": 100,
        "cbow_mean": 0,
        "negative": 3,
    },
    "fixed-window": {
        "vector_size": 33,
        "window": 2,
        "min_count": 3,
        "sample": 1e-2,
        "batch_words": 25,
        "shrink_windows": False,
        "ns_exponent": -0.5,
        "negative": 9,
        "seed": 7,
    },
    "one-negative": {
        "vector_size": 100,
        "window": 8,
        "min_count": 2,
        "sample": 5,
        "batch_words": 200,
        "cbow_mean": 0,
        "null_word": 1,
        "sorted_vocab": 0,
        "negative": 1,
        "seed": 123,
    },
}

SETTINGS: dict[str, dict[str, Any]] = {
    "-".join(names): {**_OTHERS[names[2]], **_ARCHITECTURES[names[0]], **_OBJECTIVES[names[1]]}
    for names in itertools.product(_ARCHITECTURES, _OBJECTIVES, _OTHERS)
}


@cache
def trained_reference(setting: str, epochs: int, alpha: float = 0.025) -> reference.ReferenceModel:
    """Return the reference after training, loss included. Cached: leave it alone."""
    return reference.train(
        zipf_sentences(), **SETTINGS[setting], epochs=epochs, alpha=alpha, compute_loss=True
    )
