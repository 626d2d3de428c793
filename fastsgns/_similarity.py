"""Engine room: which keys are most similar to what; the part of KeyedVectors that searches."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from numbers import Integral
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from fastsgns._keyed_edits import KeyedEdits
from fastsgns._keyed_store import SINGLE_KEY_TYPES

Neighbours = list[tuple[Any, float]]

# Similarities computed at a time by most_similar_batch.
BLOCK_NBYTES = 1 << 26


class Indexer(Protocol):
    """An index of the vectors, such as gensim's Annoy wrapper: asked instead of computing."""

    def most_similar(self, vector: NDArray[Any], num_neighbors: int, /) -> Any:
        """Return the neighbours of a unit vector."""


class SimilarityQueries(KeyedEdits):
    """What asks a KeyedVectors for the nearest keys."""

    @overload
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Indexer | None = None,
    ) -> Neighbours: ...
    @overload
    def most_similar(
        self,
        positive: Any,
        negative: Any,
        topn: None,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Indexer | None = None,
    ) -> NDArray[Any]: ...
    @overload
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        *,
        topn: None,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Indexer | None = None,
    ) -> NDArray[Any]: ...
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Indexer | None = None,
    ) -> Neighbours | NDArray[Any]:
        """Find the keys whose vectors are nearest, by cosine, to a mean of vectors.

        Each key is scaled to unit length, `positive` counts +1 and `negative` -1, and the
        similarity of row i is ``cos(mean, vectors[i])`` (3CosAdd of Levy & Goldberg 2014,
        "Linguistic Regularities in Sparse and Explicit Word Representations", eq. 3).

        Parameters
        ----------
        positive, negative : key, row number, vector, or list of these, optional
            In a list, a pair ``(key or vector, weight)`` gives its own weight, sign included. A
            2-D array is a list of vectors.
        topn : int or None, default 10
            How many; < 1 gives ``[]``, None all similarities.
        clip_start, clip_end : int, default 0 and None
            Search these rows only.
        restrict_vocab : int, optional
            Search the first so many rows only, whatever the clips say. 0 is all rows.
        indexer : optional
            Asked for the neighbours instead, with the mean and `topn`.

        Returns
        -------
        list of (key, float)
            Best first, without the keys asked for. Of equal similarities, the lower row first.
        ndarray, shape (rows searched,)
            With ``topn=None``.

        Raises
        ------
        KeyError
            A key is not there.
        ValueError
            Nothing is asked for, or a vector has another length.
        TypeError
            `positive` or `negative` is a tuple or a set, for one cannot tell what it means.
        """
        if isinstance(topn, Integral) and topn < 1:
            return []
        _check_topn(topn)
        keys, weights = _split_query(self, positive, negative)
        mean = self.get_mean_vector(
            keys, weights, pre_normalize=True, post_normalize=True, ignore_missing=False
        )
        if indexer is not None and isinstance(topn, int):
            # An index answers as it likes; what it returns is passed on.
            found: Neighbours = indexer.most_similar(mean, topn)
            return found

        rows = self._rows_to_search(clip_start, clip_end, restrict_vocab)
        with np.errstate(
            invalid="ignore"
        ):  # of 0/0, told by get_mean_vector for the keys asked for
            similarities: NDArray[Any] = (self.vectors[rows] @ mean) / self._norms()[rows]
        if topn is None:
            return similarities
        return self._best(similarities, int(topn), rows.start, self._rows_of(keys))

    def _rows_to_search(
        self, clip_start: int, clip_end: int | None, restrict_vocab: int | None
    ) -> slice:
        if restrict_vocab:
            clip_start, clip_end = 0, restrict_vocab
        # gensim takes a clip_end of 0 for none as well.
        start, stop, _ = slice(clip_start, clip_end or None).indices(len(self.vectors))
        return slice(start, max(start, stop))

    def _rows_of(self, keys: Sequence[Any]) -> set[int]:
        return {self.get_index(key) for key in keys if not isinstance(key, np.ndarray)}

    def _best(
        self, similarities: NDArray[Any], topn: int, first_row: int, left_out: set[int]
    ) -> Neighbours:
        """Return the `topn` best (key, similarity), without the rows left out."""
        best = best_first(similarities, topn + len(left_out))
        found = [
            (self.index_to_key[first_row + i], similarity)
            for i, similarity in zip(best.tolist(), similarities[best].tolist(), strict=True)
            if first_row + i not in left_out
        ]
        return found[:topn]

    def most_similar_batch(
        self,
        queries: Sequence[Any] | NDArray[Any],
        topn: int = 10,
        restrict_vocab: int | None = None,
    ) -> list[Neighbours]:
        """Answer many `most_similar` questions at once, through products of matrices.

        Not in gensim. The answers are those of ``most_similar(query, topn=topn)`` for each query,
        up to the rounding of float32.

        Parameters
        ----------
        queries : sequence of keys, row numbers or vectors, or ndarray of shape (n, vector_size)
        topn : int, default 10
        restrict_vocab : int, optional
            Search the first so many rows only. 0 is all rows.

        Returns
        -------
        list of list of (key, float)
            One list a query; a query that is a key is not in its own.

        Notes
        -----
        Beside the vectors, some 64 MB are used, however many queries there are.
        """
        _check_topn(topn)
        rows = self._rows_to_search(0, None, restrict_vocab)
        norms = self._norms()[rows]
        answers: list[Neighbours] = []
        n_at_once = max(1, BLOCK_NBYTES // (4 * max(len(norms), 1)))
        for begin in range(0, len(queries), n_at_once):
            block = [_single(query) for query in queries[begin : begin + n_at_once]]
            means = [
                self.get_mean_vector([q], post_normalize=True, ignore_missing=False) for q in block
            ]
            with np.errstate(invalid="ignore"):
                similarities = np.stack(means) @ self.vectors[rows].T / norms
            answers += [
                self._best(row, topn, 0, self._rows_of([query])) if topn > 0 else []
                for query, row in zip(block, similarities, strict=True)
            ]
        return answers

    @overload
    def similar_by_key(
        self, key: Any, topn: int = 10, restrict_vocab: int | None = None
    ) -> Neighbours: ...
    @overload
    def similar_by_key(
        self, key: Any, topn: None, restrict_vocab: int | None = None
    ) -> NDArray[Any]: ...
    def similar_by_key(
        self, key: Any, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | NDArray[Any]:
        """Find the keys nearest to `key`: ``most_similar([key], ...)``."""
        return self.most_similar(positive=[key], topn=topn, restrict_vocab=restrict_vocab)

    @overload
    def similar_by_word(
        self, word: Any, topn: int = 10, restrict_vocab: int | None = None
    ) -> Neighbours: ...
    @overload
    def similar_by_word(
        self, word: Any, topn: None, restrict_vocab: int | None = None
    ) -> NDArray[Any]: ...
    def similar_by_word(
        self, word: Any, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | NDArray[Any]:
        """Find the keys nearest to `word`: another name of `similar_by_key`."""
        return self.similar_by_key(word, topn, restrict_vocab)

    @overload
    def similar_by_vector(
        self, vector: Any, topn: int = 10, restrict_vocab: int | None = None
    ) -> Neighbours: ...
    @overload
    def similar_by_vector(
        self, vector: Any, topn: None, restrict_vocab: int | None = None
    ) -> NDArray[Any]: ...
    def similar_by_vector(
        self, vector: Any, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | NDArray[Any]:
        """Find the keys nearest to `vector`, of shape (vector_size,)."""
        return self.most_similar(positive=[vector], topn=topn, restrict_vocab=restrict_vocab)

    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Neighbours | NDArray[Any]:
        """Find the keys with the best product of similarities instead of their sum.

        With similarities s = (1 + cos) / 2 in [0, 1], the score of a row is the product of its s to
        `positive` over the product of its s to `negative` plus 1e-6 (3CosMul of Levy & Goldberg
        2014, eq. 4). One large term cannot dominate as it does in the sum.

        Parameters
        ----------
        positive, negative : key, row number, vector, or list of these
            Vectors are taken as they are: scale them to unit length yourself.
        topn : int or None, default 10
            As for `most_similar`.
        restrict_vocab : int, optional
            Search the first so many rows only. 0 is all rows.

        Returns
        -------
        list of (key, float), or ndarray of shape (rows searched,) with ``topn=None``

        Raises
        ------
        KeyError
            A key is not there.
        ValueError
            Nothing positive, or an item that has a weight.
        """
        if isinstance(topn, Integral) and topn < 1:
            return []
        _check_topn(topn)
        given = [_as_query_list(positive, "positive"), _as_query_list(negative, "negative")]
        if not given[0]:
            raise ValueError("cannot compute similarity with no input: positive is empty")
        # differs from gensim: restrict_vocab is honoured, row numbers work as keys.
        rows = self._rows_to_search(0, None, restrict_vocab)
        rewards, penalties = (
            [self._half_cosine(rows, self._cosmul_vector(item)) for item in items]
            for items in given
        )
        scores: NDArray[Any] = np.prod(rewards, axis=0) / (np.prod(penalties, axis=0) + 0.000001)
        if topn is None:
            return scores
        keys = [item for items in given for item in items]
        return self._best(scores, int(topn), rows.start, self._rows_of(keys))

    def _half_cosine(self, rows: slice, vector: NDArray[Any]) -> NDArray[Any]:
        """Return (1 + cos) / 2 of each row, for a vector of unit length."""
        with np.errstate(invalid="ignore"):
            halves: NDArray[Any] = (1 + (self.vectors[rows] @ vector) / self._norms()[rows]) / 2
        return halves

    def _cosmul_vector(self, item: Any) -> NDArray[Any]:
        if isinstance(item, np.ndarray):
            return self._checked_vector(item)
        if isinstance(item, (tuple, list)) and item not in self.key_to_index:
            raise ValueError(f"most_similar_cosmul knows no weights, got {item!r}")
        key: Any = item
        return self.get_vector(key, norm=True)


def best_first(values: NDArray[Any], n: int) -> NDArray[np.intp]:
    """Return the places of the `n` largest values, largest first.

    Of equal values, the first comes first. NaN comes last.
    Takes one pass of selection over the values and sorts only what it selects.
    """
    size = len(values)
    if n >= size:
        return np.argsort(-values, kind="stable")
    negated = -values
    bound = np.partition(negated, n - 1)[n - 1]
    if np.isnan(bound):  # fewer than n numbers: NaN is equal to nothing
        return np.argsort(negated, kind="stable")[:n]
    candidates = np.flatnonzero(negated <= bound)
    return candidates[np.argsort(negated[candidates], kind="stable")][:n]


def _check_topn(topn: Any) -> None:
    if topn is not None and not isinstance(topn, Integral):
        raise TypeError(f"topn must be an int or None, got {topn!r}")


def _as_query_list(items: Any, name: str) -> list[Any]:
    """Return the items of an argument of most_similar as a list."""
    if items is None:
        return []
    if isinstance(items, SINGLE_KEY_TYPES) or (isinstance(items, np.ndarray) and items.ndim == 1):
        return [items]
    if isinstance(items, np.ndarray) and items.ndim == 2:
        return list(items)
    if not isinstance(items, list):
        if isinstance(items, np.ndarray) and items.ndim:
            raise ValueError(f"{name} must be an array of 1 or 2 dimensions, got {items.ndim}")
        raise TypeError(f"{name} must be a key, a vector or a list of these, got {items!r}")
    return items


def _single(query: Any) -> Any:
    if isinstance(query, (list, set, dict)):
        raise TypeError(f"a query must be a key or a vector, got {query!r}")
    return query


def _split_query(kv: KeyedEdits, positive: Any, negative: Any) -> tuple[list[Any], list[float]]:
    """Return the keys and vectors of a question, and their weights."""
    keys, weights = [], []
    for items, name, sign in ((positive, "positive", 1.0), (negative, "negative", -1.0)):
        for key, weight in _weighted(kv, _as_query_list(items, name), sign):
            keys.append(key)
            weights.append(weight)
    return keys, weights


def _weighted(kv: KeyedEdits, items: list[Any], sign: float) -> Iterator[tuple[Any, float]]:
    for item in items:
        if isinstance(item, (*SINGLE_KEY_TYPES, np.ndarray)):
            yield item, sign
        elif isinstance(item, (tuple, list)) and len(item) >= 2:
            yield item[0], float(item[1])
        elif not isinstance(item, list) and isinstance(item, Hashable) and item in kv.key_to_index:
            yield item, sign
        else:
            raise TypeError(
                f"a query must be a key, a vector or a pair with a weight, got {item!r}"
            )
