"""Engine room: which rows of a matrix are most like which queries, on threads and in little memory.

The similarity of a query q and a row r is ``q . r / |r|``: their cosine, when q has unit length.
Lengths are computed as the rows are read, so that none can be out of date: beside what is read from
memory anyway they cost nothing that can be measured (a batch computes them once for hundreds of
queries).

Similarities of `nearest` are sums in double precision, rounded to float32. They depend on the query
and the row only: not on the other queries, the number of threads or the processor. Of equal ones
the lower place comes first, and NaN comes last. A row of zeros is like nothing: 0.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fastsgns.vectors._search import Queries, Rows

Places = NDArray[np.int64]
Scores = NDArray[np.float32]
Form = Literal["add", "mul"]
Kept = TypeVar("Kept")

# What queries may take in the cache (transposed), and their best rows in memory, over all threads.
PACKED_NBYTES = 1 << 20
BEST_NBYTES = 1 << 24
# Similarities of the words of analogies with a tile of rows, in the cache; and in how many words.
TILE_NBYTES = 1 << 19
MAX_TERMS = 1 << 12
# Products between two looks at the stop flag, and below which a thread is not worth its start:
# 50 ms on a slow processor, 0.1 ms on a fast one.
PRODUCTS_A_PIECE = 1 << 27
PRODUCTS_A_THREAD = 1 << 23
ROWS_AT_ONCE = 32


@cache
def _compiled() -> Any:
    """Return the compiled search, which comes when it is first used."""
    from fastsgns.vectors import _search

    return _search


def use_rows(
    vectors: NDArray[Any], among: Places | None = None, left_out: NDArray[np.bool_] | None = None
) -> Rows:
    """Say which rows of a matrix are searched.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        Of float32, float64, float16 or int8. One whose rows are not in one piece each, or of
        another type, is copied.
    among : int64 ndarray, optional
        Search these rows only; a place is an index of it. By default place i is row i.
    left_out : bool ndarray, shape (places,), optional
        Places that are no answer to any query.
    """
    dtype = vectors.dtype
    if dtype.char not in "fdeb" or not dtype.isnative:
        vectors = vectors.astype(np.float32)
    if vectors.shape[1] > 1 and vectors.strides[1] != vectors.itemsize:
        vectors = np.ascontiguousarray(vectors)
    rows: Rows = _compiled().Rows(vectors, vectors.dtype.char, among, left_out)
    return rows


def best(scores: Scores, k: int, excluded: Collection[int] = ()) -> tuple[list[int], list[float]]:
    """Return the k places of the highest scores, and these, as `nearest` orders them."""
    found: tuple[list[int], list[float]] = _compiled().best(scores, k, excluded)
    return found


def n_queries_at_once(d: int, k: int, workers: int) -> int:
    """Return how many queries are answered in one pass over the rows."""
    return max(1, min(PACKED_NBYTES // (4 * max(d, 1)), BEST_NBYTES // (8 * max(k, 1) * workers)))


def nearest(
    rows: Rows,
    queries: Scores,
    k: int,
    excluded: Sequence[Collection[int]] | None = None,
    least: float = float("nan"),
    workers: int = 1,
    kernel: str | None = None,
) -> list[tuple[Places, Scores]]:
    """Find the k places that are most similar to each query.

    Parameters
    ----------
    rows : Rows, from `use_rows`
    queries : float32 ndarray, shape (m, d)
    k : int
    excluded : sequence of lists of int, optional
        For each query, places that are no answer to it.
    least : float, default NaN
        Leave out whatever is less similar. NaN: nothing.
    workers : int, default 1
        Threads; fewer where there is too little to do.
    kernel : str, optional
        An instruction set, for tests. By default the fastest that runs here.

    Returns
    -------
    list of (int64 ndarray, float32 ndarray)
        Of each query places and similarities, the best first: k, or what there is.
    """
    k = min(k, rows.n)
    if k < 1:
        return [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    found: list[tuple[Places, Scores]] = []
    step = n_queries_at_once(rows.d, k, workers)
    for begin in range(0, len(queries), step):
        block = slice(begin, begin + step)
        out = excluded[block] if excluded else None
        found += _nearest(rows, queries[block], k, out, least, workers, kernel)
    return found


def _nearest(
    rows: Rows,
    queries: Scores,
    k: int,
    excluded: Sequence[Collection[int]] | None,
    least: float,
    workers: int,
    kernel: str | None,
) -> list[tuple[Places, Scores]]:
    """Return what `nearest` does, in one pass over the rows."""
    queries = np.ascontiguousarray(queries, np.float32)

    def begin() -> Queries:
        made: Queries = _compiled().Queries(queries, k, excluded, least, kernel)
        return made

    def search(best: Queries, first: int, stop: int) -> None:
        best.find(rows, first, stop)

    best, *others = _over_rows(begin, search, rows.n, queries.size, workers)
    for other in others:
        best.merge(other)
    return best.take()


def compare(rows: Rows, queries: Scores, workers: int = 1, kernel: str | None = None) -> Scores:
    """Return the similarities of the queries with all places, float32 of shape (m, places).

    These are sums in single precision: the last bits may differ from those of `nearest`.
    """
    similarities = np.empty((len(queries), rows.n), np.float32)
    step = n_queries_at_once(rows.d, 1, workers)
    for begin in range(0, len(queries), step):
        block = slice(begin, begin + step)
        _compare(rows, queries[block], similarities[block], workers, kernel)
    return similarities


def _compare(
    rows: Rows, queries: Scores, similarities: Scores, workers: int, kernel: str | None
) -> None:
    """Write what `compare` returns, in one pass over the rows."""
    queries = np.ascontiguousarray(queries, np.float32)

    def begin() -> Queries:
        made: Queries = _compiled().Queries(queries, kernel=kernel)
        return made

    def write(asked: Queries, first: int, stop: int) -> None:
        asked.compare(rows, first, stop, similarities[:, first:stop])

    _over_rows(begin, write, rows.n, queries.size, workers)


def answer(
    rows: Rows,
    vectors: Scores,
    questions: NDArray[np.int64],
    k: int,
    form: Form = "add",
    workers: int = 1,
    kernel: str | None = None,
) -> Places:
    """Answer questions "a is to b as c is to ?".

    Parameters
    ----------
    rows : Rows, from `use_rows`
    vectors : float32 ndarray, shape (n_stored, d)
        Row i of it, scaled to unit length, is the word at place i.
    questions : int64 ndarray, shape (m, 3)
        The places of a, b and c, which are no answer.
    k : int
        How many answers to each.
    form : "add" or "mul"
        What is largest for the best: cos(b) + cos(c) - cos(a), or, of s = (1 + cos) / 2,
        s(b) s(c) / (s(a) + 1e-6): 3CosAdd and 3CosMul of Levy & Goldberg 2014.
    workers : int, default 1

    Returns
    -------
    int64 ndarray, shape (m, k)
        Places, the best first; -1 where there are no more.

    Notes
    -----
    A question shares its words with many: similarities of each word with a tile of rows are
    computed once, what a and b give once for all questions behind each other that share them, and
    a question costs an addition a row.
    """
    found = np.empty((len(questions), k), np.int64)
    zeros: NDArray[np.bool_] = np.logical_not(
        np.any(vectors, axis=1)
    )  # like nothing, and so no answer
    for block in _blocks_of_questions(questions):
        words, terms = np.unique(questions[block], return_inverse=True)
        units = _unit_rows(vectors[words])
        found[block] = _answer_block(
            (rows, zeros),
            units,
            np.ascontiguousarray(terms.reshape(-1, 3), np.int32),
            np.ascontiguousarray(questions[block]),
            k,
            form,
            workers,
            kernel,
        )
    return found


def _blocks_of_questions(questions: NDArray[np.int64]) -> Iterable[slice]:
    """Cut questions where they hold too many words; most files hold a thousand altogether."""
    is_small = len(np.unique(questions)) <= MAX_TERMS
    step = max(len(questions), 1) if is_small else MAX_TERMS // 3
    return [slice(begin, begin + step) for begin in range(0, len(questions), step)]


def _answer_block(
    searched: tuple[Rows, NDArray[np.bool_]],
    units: Scores,
    terms: NDArray[np.int32],
    places: Places,
    k: int,
    form: Form,
    workers: int,
    kernel: str | None,
) -> Places:
    rows, zeros = searched
    n_terms, has_zeros = len(units), bool(zeros.any())
    n_rows = max(TILE_NBYTES // (4 * n_terms) // ROWS_AT_ONCE, 1) * ROWS_AT_ONCE

    def start() -> tuple[Queries, Scores, Places, Scores]:
        return (
            _compiled().Queries(units, kernel=kernel),
            np.full((len(terms), k), -np.inf, np.float32),
            np.full((len(terms), k), -1, np.int64),
            _aligned(n_terms * n_rows),
        )

    def search(kept: tuple[Queries, Scores, Places, Scores], first: int, stop: int) -> None:
        words, scores, found, room = kept
        for begin in range(first, stop, n_rows):
            end = min(begin + n_rows, stop)
            tile = room[: n_terms * (end - begin)].reshape(n_terms, -1)
            words.compare(rows, begin, end, tile)
            if has_zeros:
                tile[:, zeros[begin:end]] = np.nan
            if form == "mul":
                tile += 1
                tile *= 0.5
            _compiled().answer(tile, begin, form, terms, places, scores, found, kernel)

    n_products = n_terms * rows.d + 8 * len(terms)
    parts = _over_rows(start, search, rows.n, n_products, workers)
    scores = np.concatenate([part[1] for part in parts], axis=1)
    found = np.concatenate([part[2] for part in parts], axis=1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]  # parts are in the order of places
    return np.take_along_axis(found, order, axis=1)


def _aligned(n: int) -> Scores:
    """Return n floats from a cache line's beginning on."""
    room = np.empty(n + 16, np.float32)
    begin = -room.ctypes.data % 64 // 4
    return room[begin : begin + n]


def _unit_rows(vectors: NDArray[Any]) -> Scores:
    wide = vectors.astype(np.float64)
    with np.errstate(invalid="ignore"):
        wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    return wide.astype(np.float32)


def _over_rows(
    begin: Callable[[], Kept],
    search: Callable[[Kept, int, int], None],
    n_rows: int,
    n_products_a_row: int,
    workers: int,
) -> list[Kept]:
    """Call ``search(begin(), first, stop)`` for pieces of all rows, on threads.

    What `begin` returns is kept by a thread; returned are those of all, in the order of rows.
    A Ctrl-C, or any other error, ends all threads after the piece they are at.
    """
    n_threads = 1
    if workers > 1:
        n_products = n_products_a_row * n_rows
        n_threads = max(1, min(workers, n_products // PRODUCTS_A_THREAD, n_rows // ROWS_AT_ONCE))
    step = (PRODUCTS_A_PIECE // (n_products_a_row or 1) // ROWS_AT_ONCE or 1) * ROWS_AT_ONCE
    is_over = False

    def work(thread: int) -> Kept:
        kept = begin()
        stop = (thread + 1) * n_rows // n_threads
        for first in range(thread * n_rows // n_threads, stop, step):
            if is_over:
                break
            search(kept, first, min(first + step, stop))
        return kept

    if n_threads == 1:
        return [work(0)]
    from fastsgns.io.threads import Threads

    pool = Threads(n_threads - 1, "fastsgns-search")
    try:
        others = [pool.begin(work, thread) for thread in range(1, n_threads)]
        return [work(0), *(other.result() for other in others)]
    finally:
        is_over = True
        pool.shutdown()
