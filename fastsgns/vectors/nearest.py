"""Engine room: which rows a question is about, and which of many scores are best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors import search

if TYPE_CHECKING:
    from fastsgns.vectors._search import Rows

#: k rows, best first, and their scores.
Ranked = tuple[NDArray[np.intp], NDArray[Any]]

#: What the cosines of several queries may take at once.
COSINES_NBYTES = 1 << 24


def rows_to_search(
    n_rows: int, clip_start: int, clip_end: int | None, restrict_vocab: int | None
) -> slice:
    """Return the rows that a question is about, of `n_rows`; see `KeyedVectors.most_similar`."""
    if restrict_vocab:
        clip_start, clip_end = 0, restrict_vocab
    # gensim takes a clip_end of 0 for none as well.
    start, stop, _ = slice(clip_start, clip_end or None).indices(n_rows)
    return slice(start, max(start, stop))


class Field(NamedTuple):
    """The rows that are searched: a part of a matrix, or rows of that part in any order.

    Attributes
    ----------
    rows : Rows
        What the search is given; a place of it is a row.
    first_row : int
        Of the part.
    among : list of int or None
        The rows, place by place; None for the whole part.
    """

    rows: Rows
    first_row: int
    among: list[int] | None

    def places_of(self, rows: Iterable[int]) -> list[int]:
        """Return the places of those rows that are searched."""
        if self.among is None:
            places = (row - self.first_row for row in rows)
            return [place for place in places if 0 <= place < self.rows.n]
        wanted = set(rows)
        return [place for place, row in enumerate(self.among) if row in wanted]

    def rows_at(self, places: NDArray[np.int64]) -> list[int]:
        """Return the rows at some places."""
        if self.among is None:
            rows: list[int] = (places + self.first_row).tolist()
            return rows
        return [self.among[place] for place in places.tolist()]


def field(
    vectors: NDArray[Any],
    part: slice,
    among: Iterable[int] | None = None,
    without: Iterable[int] = (),
) -> Field:
    """Return what is searched: a part of the rows, among some of them, without others.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    part : slice
        From `rows_to_search`.
    among, without : iterable of int
        Rows; those outside the part do not matter, and repeated ones count once.
    """
    if among is None:
        whole = Field(search.use_rows(vectors[part]), part.start, None)
        if not (places := whole.places_of(without)):
            return whole
        left_out = np.zeros(whole.rows.n, bool)
        left_out[places] = True
        return Field(search.use_rows(vectors[part], None, left_out), part.start, None)
    unwanted = set(without)
    chosen = [row for row in dict.fromkeys(among) if part.start <= row < part.stop]
    chosen = [row for row in chosen if row not in unwanted]
    return Field(search.use_rows(vectors, np.array(chosen, np.int64)), 0, chosen)


def cosines(field: Field, vectors: NDArray[Any], query: NDArray[Any]) -> NDArray[Any]:
    """Return the cosine of each row of a field with a query of unit length; 0 for zeros.

    Parameters
    ----------
    field : Field
        Of `vectors`.
    vectors : ndarray, shape (n, d)
    query : ndarray, shape (d,)

    Returns
    -------
    ndarray, shape (places,)
        Of float64 if one of the arrays is.
    """
    found: NDArray[Any] = search.compare(field.rows, query[np.newaxis])[0]
    return found.astype(np.result_type(found, vectors, query), copy=False)


def products(
    rows: Rows, positive: Sequence[NDArray[Any]], negative: Sequence[NDArray[Any]]
) -> NDArray[np.float32]:
    """Return the 3CosMul score of each row; see `KeyedVectors.most_similar_cosmul`.

    Parameters
    ----------
    rows : Rows
    positive, negative : sequence of ndarray, each of shape (d,) and unit length
    """
    losses: Any = _product(rows, negative) if negative else np.float32(1)
    scores = _product(rows, positive)
    scores /= losses + np.float32(0.000001)
    return scores


def _product(rows: Rows, queries: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Return the product of (1 + cos) / 2 of each row with each query."""
    product: Any = 1
    n_at_once = max(1, COSINES_NBYTES // (4 * max(rows.n, 1)))
    for begin in range(0, len(queries), n_at_once):
        block = search.compare(rows, np.array(queries[begin : begin + n_at_once], np.float32))
        block += 1
        block /= 2
        for factors in block[1:]:
            block[0] *= factors
        product = block[0] if begin == 0 else product * block[0]
    found: NDArray[np.float32] = product
    return found


def best(scores: NDArray[Any], k: int) -> Ranked:
    """Return the places of the `k` largest scores, largest first, and these scores."""
    places = best_first(scores, k)
    return places, scores[places]


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
