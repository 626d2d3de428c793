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

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fastsgns.vectors._search import Queries, Rows

Places = NDArray[np.int64]
Scores = NDArray[np.float32]
Form = Literal["add", "mul"]

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
    from fastsgns.vectors._search import Rows

    dtype = vectors.dtype
    if dtype.char not in "fdeb" or not dtype.isnative:
        vectors = vectors.astype(np.float32)
    if vectors.shape[1] > 1 and vectors.strides[1] != vectors.itemsize:
        vectors = np.ascontiguousarray(vectors)
    data = vectors.view(np.uint8) if vectors.size else np.empty((len(vectors), 0), np.uint8)
    return Rows(
        data, vectors.dtype.char, among, None if left_out is None else left_out.view(np.uint8)
    )


def n_queries_at_once(d: int, k: int, workers: int) -> int:
    """Return how many queries are answered in one pass over the rows."""
    return max(1, min(PACKED_NBYTES // (4 * max(d, 1)), BEST_NBYTES // (8 * max(k, 1) * workers)))


def nearest(
    rows: Rows,
    queries: Scores,
    k: int,
    excluded: Sequence[Iterable[int]] | None = None,
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
    excluded : sequence of iterables of int, optional
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
    from fastsgns.vectors._search import Queries

    k = min(k, rows.n)
    if k < 1:
        return [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    found: list[tuple[Places, Scores]] = []
    step = n_queries_at_once(rows.d, k, workers)
    for begin in range(0, len(queries), step):
        block = np.ascontiguousarray(queries[begin : begin + step], np.float32)
        offsets = np.zeros(len(block) + 1, np.int64)
        out: list[int] = []
        for q, places in enumerate(excluded[begin : begin + step] if excluded else ()):
            out += places
            offsets[q + 1] = len(out)
        out_places = np.array(out, np.int64)

        def search(
            first: int, stop: int, kept: list[Queries], args: Any = (block, offsets, out_places)
        ) -> None:
            if not kept:
                kept.append(Queries(args[0], k, args[1], args[2], least, kernel))
            kept[0].find(rows, first, stop)

        parts = _over_rows(search, rows.n, len(block) * rows.d, workers)
        best = parts[0][0]
        for others in parts[1:]:
            best.merge(others[0])
        places = np.empty((len(block), k), np.int64)
        scores = np.empty((len(block), k), np.float32)
        counts = best.take(places, scores)
        found += [(places[q, :n], scores[q, :n]) for q, n in enumerate(counts)]
    return found


def compare(rows: Rows, queries: Scores, workers: int = 1, kernel: str | None = None) -> Scores:
    """Return the similarities of the queries with all places, float32 of shape (m, places).

    These are sums in single precision: the last bits may differ from those of `nearest`.
    """
    from fastsgns.vectors._search import Queries

    similarities = np.empty((len(queries), rows.n), np.float32)
    step = n_queries_at_once(rows.d, 1, workers)
    for begin in range(0, len(queries), step):
        block = np.ascontiguousarray(queries[begin : begin + step], np.float32)
        out = similarities[begin : begin + step]
        none = np.zeros(len(block) + 1, np.int64)

        def write(
            first: int, stop: int, kept: list[Queries], args: Any = (block, none, out)
        ) -> None:
            if not kept:
                kept.append(Queries(args[0], 1, args[1], args[1][:0], float("nan"), kernel))
            kept[0].compare(rows, first, stop, args[2][:, first:stop])

        _over_rows(write, rows.n, len(block) * rows.d, workers)
    return similarities


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
    from fastsgns.vectors import _search

    rows, zeros = searched
    n_terms, has_zeros = len(units), bool(zeros.any())
    n_rows = max(TILE_NBYTES // (4 * n_terms) // ROWS_AT_ONCE, 1) * ROWS_AT_ONCE
    none = np.zeros(n_terms + 1, np.int64)

    def search(first: int, stop: int, kept: list[Any]) -> None:
        if not kept:
            kept += [
                _search.Queries(units, 1, none, none[:0], float("nan"), kernel),
                np.full((len(terms), k), -np.inf, np.float32),
                np.full((len(terms), k), -1, np.int64),
                _aligned(n_terms * n_rows),
            ]
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
            _search.answer(tile, begin, form, terms, places, scores, found, kernel)

    n_products = n_terms * rows.d + 8 * len(terms)
    parts = _over_rows(search, rows.n, n_products, workers)
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
    search: Callable[[int, int, list[Any]], None], n_rows: int, n_products_a_row: int, workers: int
) -> list[list[Any]]:
    """Call ``search(first, stop, kept)`` for pieces of all rows, on threads.

    Each thread has a list of its own to keep things in; these are returned, in the order of rows.
    A Ctrl-C, or any other error, ends all threads after the piece they are at.
    """
    n_products = n_products_a_row * n_rows
    n_threads = max(1, min(workers, n_products // PRODUCTS_A_THREAD, n_rows // ROWS_AT_ONCE))
    step = max(1, PRODUCTS_A_PIECE // max(n_products_a_row, 1) // ROWS_AT_ONCE) * ROWS_AT_ONCE
    bounds = [i * n_rows // n_threads for i in range(n_threads + 1)]
    is_over = False

    def work(thread: int) -> list[Any]:
        kept: list[Any] = []
        for first in range(bounds[thread], bounds[thread + 1], step):
            if is_over:
                break
            search(first, min(first + step, bounds[thread + 1]), kept)
        return kept

    if n_threads == 1:
        return [work(0)]
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(n_threads - 1, "fastsgns-search")
    try:
        others = [pool.submit(work, thread) for thread in range(1, n_threads)]
        return [work(0), *(other.result() for other in others)]
    finally:
        is_over = True
        pool.shutdown()
