"""Engine room: from a text of word ids to its (word, context) pairs, on plain arrays.

Windows have their full width here and no word is left out: this is the set D that likelihood.py
scores. Training draws its own, thinner pairs from the same windows in the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = NDArray[np.integer[Any]]
Vectors = NDArray[np.floating[Any]]

# Slices of about this many words: with 300 dimensions CBOW's hidden rows then take 80 MB.
N_BLOCK_WORDS = 32768


def skip_gram_pairs(
    ids: Ids, offsets: Ids, window: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return every (word, context) pair of a text, the multiset D of Goldberg & Levy (2014).

    Parameters
    ----------
    ids : ndarray of int, shape (n_words_in_text,)
        The text as word ids.
    offsets : ndarray of int, shape (n_sentences + 1,)
        Sentence s is ``ids[offsets[s]:offsets[s + 1]]``. Pairs do not cross sentences.
    window : int
        Largest distance between a word and its context, >= 1. Every window has its full width.

    Returns
    -------
    inputs, targets : ndarray of int32, shape (n_pairs,)
        ``inputs[i]`` is w, ``targets[i]`` is c. Sorted by distance, not by position.
    """
    words = np.asarray(ids, dtype=np.int32)
    inputs, targets = [words[:0]], [words[:0]]
    for left, right in _neighbours(offsets, window):
        inputs += [words[left], words[right]]
        targets += [words[right], words[left]]
    return np.concatenate(inputs), np.concatenate(targets)


def cbow_hidden(
    ids: Ids, offsets: Ids, window: int, input_vectors: Vectors, cbow_mean: bool = True
) -> tuple[Floats, NDArray[np.int32]]:
    """Return what CBOW predicts each word of a text from, and the word.

    Parameters
    ----------
    ids, offsets, window
        As in `skip_gram_pairs`.
    input_vectors : ndarray of float, shape (n_words, vector_size)
        The rows that are averaged.
    cbow_mean : bool, default True
        Take the mean of the context's input vectors; their sum if False.

    Returns
    -------
    hidden : ndarray of float64, shape (n_centers, vector_size)
        One row for each center word that has a context, in the order of the text.
    targets : ndarray of int32, shape (n_centers,)
        The center words.
    """
    words = np.asarray(ids, dtype=np.int32)
    hidden: Floats = np.zeros((len(words), input_vectors.shape[1]))
    n_context = np.zeros(len(words), dtype=np.int64)
    for left, right in _neighbours(offsets, window):
        hidden[left] += input_vectors[words[right]]
        hidden[right] += input_vectors[words[left]]
        n_context[left] += 1
        n_context[right] += 1
    seen = n_context > 0
    hidden, n_context = hidden[seen], n_context[seen]
    if cbow_mean:
        hidden /= n_context[:, np.newaxis]
    return hidden, words[seen]


def text_blocks(ids: Ids, offsets: Ids) -> Iterator[tuple[Ids, Ids]]:
    """Cut a text after whole sentences into (ids, offsets) of about N_BLOCK_WORDS words."""
    first, n_sentences = 0, len(offsets) - 1
    while first < n_sentences:
        full = int(np.searchsorted(offsets, offsets[first] + N_BLOCK_WORDS, side="right")) - 1
        last = min(max(full, first + 1), n_sentences)
        part = offsets[first : last + 1]
        yield ids[part[0] : part[-1]], part - part[0]
        first = last


def _neighbours(offsets: Ids, window: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the places (left, right) of one sentence that are 1, 2, .. window words apart."""
    lengths = np.diff(offsets)
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    longest = int(lengths.max()) if len(lengths) else 0
    for distance in range(1, min(window, longest - 1) + 1):
        left = np.flatnonzero(sentence[:-distance] == sentence[distance:])
        yield left, left + distance
