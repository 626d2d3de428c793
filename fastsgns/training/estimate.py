"""Engine room: how much memory a model takes while it is trained, before it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fastsgns.training.memory import NBYTES_HUGE_PAGE
from fastsgns.training.replicas import MAX_HOT
from fastsgns.training.settings import Settings
from fastsgns.vocabulary import len_noise_pool

#: Bytes of an int that counts rows, of an array that looks at a part of another one, and of a str
#: of 8 to 14 letters: CPython and NumPy on 64 bits.
NBYTES_INT, NBYTES_VIEW, NBYTES_STR = 32, 128, 64

#: How many words are measured.
N_MEASURED = 1000

#: Mean length of paths in a Huffman tree, by the logarithm of how many there are: of English text.
DEPTH = 1.2

T = TypeVar("T")


def weights_nbytes(settings: Settings, n_words: int) -> dict[str, int]:
    """Return what training allocates, by gensim's names of the matrices, and "noise".

    Rows are padded as the kernel wants them, workers have copies of the hottest ones, and memory
    comes in huge pages. Each matrix is there once.

    Parameters
    ----------
    settings : Settings
    n_words : int
    """
    n_rows = n_words + (2 * MAX_HOT * settings.workers if settings.workers > 1 else 0)
    nbytes = 4 * n_rows * (settings.stride() or settings.vector_size)
    nbytes_matrix = -(-nbytes // NBYTES_HUGE_PAGE) * NBYTES_HUGE_PAGE
    parts = {"vectors": nbytes_matrix}
    if settings.hierarchical:
        parts["syn1"] = nbytes_matrix
    if settings.negative:
        parts["syn1neg"] = nbytes_matrix
        parts["noise"] = 4 * len_noise_pool(n_words) if n_words and settings.stride() else 0
    return parts


def vocabulary_nbytes(
    n_words: int,
    words: Sequence[Hashable],
    are_shared: bool,
    codes: Sequence[NDArray[np.uint8]] | None,
) -> int:
    """Return what words, their rows, counts and tables take.

    Parameters
    ----------
    n_words : int
        How many there are, or are going to be.
    words : sequence
        Some of which are measured; without any they are taken for str of 8 to 14 letters.
    are_shared : bool
        An encoded corpus has the words in memory already.
    codes : sequence of uint8 arrays, or None
        With hierarchical softmax: words' paths, of which some are measured as well. They are there
        once for each word, and once in one piece for training.
    """
    nbytes_word = NBYTES_INT + 8.0 + 8 + 4 + 4  # row; lists, counts, keep thresholds, noise
    if not are_shared:
        sizes = [-(-sys.getsizeof(word) // 16) * 16 for word in _some(words)]
        nbytes_word += float(np.mean(sizes or [NBYTES_STR]))
    if codes is not None:
        lengths = [len(code) for code in _some(codes)]
        depth = float(np.mean(lengths)) if lengths else DEPTH * np.log2(n_words + 1)
        # Code and point, 5 bytes a step, have lists and lengths beside them while they are joined.
        nbytes_word += 2 * (8 + NBYTES_VIEW) + 4 * 8 + 2 * 5 * depth
    return _dict_nbytes(n_words) + int(n_words * nbytes_word)


def _some(items: Sequence[T]) -> Sequence[T]:
    return items[:: len(items) // N_MEASURED + 1]


def _dict_nbytes(n_items: int) -> int:
    """Return what CPython takes for a dict of str: places, and an entry for two thirds of them."""
    n_places = 1 << max(3, (3 * n_items // 2).bit_length())
    nbytes_place = next(n for n in (1, 2, 4, 8) if n_places < 1 << (8 * n))
    return n_places * nbytes_place + 2 * n_places // 3 * 16
