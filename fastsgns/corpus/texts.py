"""Engine room: texts that are to become vectors: the row of each token in a known vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus import refusals
from fastsgns.corpus.encoded import EncodedCorpus
from fastsgns.corpus.keeping import Memory
from fastsgns.corpus.renumbering import known_ids
from fastsgns.corpus.spill import Numbers32
from fastsgns.io import _checks

#: Tokens that are looked at a time.
PIECE = 1 << 14

#: Keys whose type is looked at in the time that one number takes to be looked up.
LOOKED_UP = 100

_TEXT = frozenset({str})


@dataclass(frozen=True)
class Texts:
    """Texts as rows of a vocabulary.

    Attributes
    ----------
    words : sequence
        The words, each once.
    row_of : int32 (n_words,)
        The row of each word, -1 for those that have none.
    ids : int32 (n_tokens,)
        Text after text: indices into these two. In RAM or on disk.
    offsets : int64 (n_texts + 1,)
        Text i is ids[offsets[i]:offsets[i + 1]].
    """

    words: Sequence[Hashable]
    row_of: NDArray[np.int32]
    ids: Numbers32
    offsets: NDArray[np.int64]

    @property
    def n_texts(self) -> int:
        """How many texts there are, empty ones included."""
        return len(self.offsets) - 1

    def pieces(self) -> Iterator[slice]:
        """Cut the texts into pieces of `PIECE` tokens or a few more, and at most as many texts."""
        at = 0
        while at < self.n_texts:
            end = int(np.searchsorted(self.offsets, self.offsets[at] + PIECE))
            end = min(max(end, at + 1), at + PIECE, self.n_texts)
            yield slice(at, end)
            at = end

    def read(self, piece: slice) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the rows of some texts, and where each of them begins and the last one ends."""
        bounds = self.offsets[piece.start : piece.stop + 1]
        return self.row_of[self.ids[int(bounds[0]) : int(bounds[-1])]], bounds - bounds[0]

    def first_unknown(self) -> tuple[int, Hashable] | None:
        """Return the number of the text and the word of the first that has no row, or None."""
        if self.row_of.min(initial=0) >= 0:
            return None
        for piece in self.pieces():
            rows, bounds = self.read(piece)
            if len(found := np.flatnonzero(rows < 0)):
                text = piece.start + int(np.searchsorted(bounds, found[0], side="right")) - 1
                place = int(self.offsets[piece.start] + found[0])
                return text, self.words[int(self.ids[place : place + 1][0])]
        return None


def read_texts(
    texts: Any, key_to_index: Mapping[Any, int], row_of_number: Callable[[Any], int]
) -> Texts:
    """Find the row of each token of texts, which are consumed once.

    Parameters
    ----------
    texts : iterable of token sequences, integer arrays, or EncodedCorpus
        Whatever sentences may be to `Word2Vec`, and integers: an array of shape (n_texts, n), or a
        list of arrays.
    key_to_index : mapping
    row_of_number : callable
        Tokens that are no keys, and no str, may be row numbers: the row, or -1.

    Raises
    ------
    TypeError
        For a str in the place of texts or of a text, for arrays of floats where keys are no
        numbers, and for whatever else is none.
    """
    refusals.check_texts(texts)
    arrays = None
    if not isinstance(next(iter(key_to_index), None), Real):
        _check_not_floats(texts)
    if isinstance(texts, EncodedCorpus):
        words, ids, offsets = texts.words, texts.ids, np.asarray(texts.offsets[:])
    elif (arrays := _arrays_of_numbers(texts)) is not None:
        words, ids, offsets = _numbered(*arrays)
    else:
        from fastsgns.corpus import reading  # the compiled code comes when first used

        text = reading.read(texts, 1, Memory())
        words, ids, offsets = text.words, text.ids, np.asarray(text.offsets)
    if arrays and _are_rows(words, key_to_index):
        numbers = np.array(words)
        row_of = np.where((numbers >= 0) & (numbers < len(key_to_index)), numbers, -1)
        return Texts(words, row_of.astype(np.int32), ids, offsets)
    row_of = known_ids(words, key_to_index)
    if isinstance(words, (list, range)):  # some may be row numbers
        for i in np.flatnonzero(row_of < 0).tolist():
            if not isinstance(words[i], str):
                row_of[i] = row_of_number(words[i])
    return Texts(words, row_of, ids, offsets)


def _are_rows(numbers: Sequence[Hashable], key_to_index: Mapping[Any, int]) -> bool:
    """Say whether integers are rows or nothing, for all keys are texts; of few it is not asked."""
    return LOOKED_UP * len(numbers) > len(key_to_index) and _checks.are_of(key_to_index, _TEXT)


def _check_not_floats(texts: Any) -> None:
    """Raise TypeError for arrays of floats where keys are no numbers: counts, or vectors."""
    first = texts[0] if isinstance(texts, (list, tuple)) and texts else texts
    if isinstance(first, np.ndarray) and first.dtype.kind in "fc":
        raise TypeError(
            "texts must be an iterable of lists of tokens, or of row numbers as integers, got an"
            f" array of {first.dtype}; a matrix of counts is multiplied, matrix @ wv.vectors"
        )


def _arrays_of_numbers(texts: Iterable[Any]) -> tuple[NDArray[Any], NDArray[np.int64]] | None:
    """Return all numbers, and where each text begins, if texts are arrays of integers."""
    if isinstance(texts, np.ndarray) and texts.ndim == 2 and texts.dtype.kind in "iu":
        return texts.ravel(), np.arange(len(texts) + 1, dtype=np.int64) * texts.shape[1]
    if not isinstance(texts, (list, tuple)) or not texts:
        return None
    if not all(isinstance(t, np.ndarray) and t.ndim == 1 and t.dtype.kind in "iu" for t in texts):
        return None
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    return np.concatenate(texts), offsets


def _numbered(
    numbers: NDArray[Any], offsets: NDArray[np.int64]
) -> tuple[Sequence[int], NDArray[np.int32], NDArray[np.int64]]:
    """Return the distinct integers, or a range that has them, and texts as indices of these."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, -1)
    if high - low < 2 * len(numbers):  # as nearly always
        wide = numbers.astype(np.int64) if numbers.dtype.kind == "i" else numbers
        return range(low, high + 1), (wide - low).astype(np.int32), offsets
    words, ids = np.unique(numbers, return_inverse=True)
    return words.tolist(), ids.astype(np.int32), offsets
