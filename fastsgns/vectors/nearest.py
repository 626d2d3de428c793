"""Engine room: which rows a question is about, and which of many scores are best."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors import search

if TYPE_CHECKING:
    from fastsgns.vectors._search import Rows


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
        first, n = self.first_row, self.rows.n
        if self.among is None:
            return [row - first for row in rows if 0 <= row - first < n]
        wanted = set(rows)
        return [place for place, row in enumerate(self.among) if row in wanted]

    def keys_at(
        self, places: list[int], scores: list[float], keys: Sequence[Any]
    ) -> list[tuple[Any, float]]:
        """Return the keys, of which there is one a row, at some places, with their scores."""
        first, among = self.first_row, self.among
        if among is None:
            found = [keys[place + first] for place in places]
        else:
            found = [keys[among[place]] for place in places]
        return list(zip(found, scores, strict=True))


def field(
    vectors: NDArray[Any],
    part: slice,
    among: Iterable[int] | None = None,
    without: Collection[int] = (),
) -> Field:
    """Return what is searched: a part of the rows, among some of them, without others.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    part : slice
        From `rows_to_search`.
    among : iterable of int, optional
    without : collection of int
        Rows; those outside the part do not matter, and repeated ones count once.
    """
    if among is None:
        whole = Field(search.use_rows(vectors[part]), part.start, None)
        if not without or not (places := whole.places_of(without)):
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
    unit = query.astype(np.float32, copy=False)[np.newaxis]
    found: NDArray[Any] = field.rows.compare(unit)[0]
    return found.astype(np.promote_types(vectors.dtype, query.dtype), copy=False)


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
