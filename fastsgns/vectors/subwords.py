"""Engine room: vectors of words from those of their character n-grams, as fastText makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 4096
_END_OF_SENTENCE = "</s>"  # has no n-grams


def _bounded(word: str) -> bytes:
    if word == _END_OF_SENTENCE:
        return b""
    return f"<{word}>".encode("utf-8", "surrogatepass")


def add_ngrams(
    words: Sequence[str], vectors: NDArray[Any], ngrams: NDArray[Any], min_n: int, max_n: int
) -> None:
    """Make the vector of each word the mean of itself and those of its n-grams.

    Parameters
    ----------
    words : sequence of n str
    vectors : float32 ndarray, shape (n, d)
        Overwritten.
    ngrams : float32 ndarray, shape (n_buckets, d)
    min_n, max_n : int
        How many characters an n-gram has.
    """
    from fastsgns.vectors import _characters

    for begin in range(0, len(words), _AT_ONCE):
        some = [_bounded(word) for word in words[begin : begin + _AT_ONCE]]
        rows = vectors[begin : begin + _AT_ONCE]
        _characters.mean_with_ngrams(some, rows, ngrams, min_n, max_n, True)


def vector_of(
    word: str, ngrams: NDArray[Any], min_n: int, max_n: int
) -> NDArray[np.float32] | None:
    """Return the mean of the vectors of the n-grams of a word; None if it has none."""
    from fastsgns.vectors import _characters

    found = np.zeros((1, ngrams.shape[1]), np.float32)
    n = _characters.mean_with_ngrams([_bounded(word)], found, ngrams, min_n, max_n, False)
    return found[0] if n else None
