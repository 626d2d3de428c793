"""Engine room: approximate neighbours: a graph of near vectors, made and walked by usearch.

HNSW, Malkov & Yashunin 2018, "Efficient and robust approximate nearest neighbor search using
Hierarchical Navigable Small World graphs". The graph gives candidates only; what is answered are
their cosines, computed of the vectors themselves.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.interrupts import deferred
from fastsgns.vectors import compare, search

Rows = NDArray[np.int64]

_ROWS_AT_ONCE = 1 << 13
#: Candidates beyond those wanted: in float16, the last ones may stand in another order.
_N_SPARE = 8
#: By how much two ways of computing a cosine in float32 may differ.
_ROUNDING = 1e-6
#: Rows whose bytes say whether a graph is that of some vectors.
_N_COMPARED = 256


def graph_of(
    vectors: NDArray[Any],
    *,
    connectivity: int,
    expansion_add: int,
    expansion_search: int,
    workers: int,
    done: Callable[[int], None],
) -> Any:
    """Make a graph of the directions of rows, in float16; rows of zeros are not in it.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    connectivity, expansion_add, expansion_search : int
        M, efConstruction and ef of Malkov & Yashunin.
    workers : int
        Threads; with more than one, no two graphs are the same.
    done : callable
        Is told how many rows are in it.

    Returns
    -------
    usearch.index.Index
    """
    graph = _usearch().Index(
        ndim=vectors.shape[1],
        metric="cos",
        dtype="f16",
        connectivity=connectivity,
        expansion_add=expansion_add,
        expansion_search=expansion_search,
    )
    for begin in range(0, len(vectors), _ROWS_AT_ONCE):
        rows = np.arange(begin, min(begin + _ROWS_AT_ONCE, len(vectors)))
        units = compare.unit_rows(vectors[rows])
        directed = _directed(units)
        if directed.any():
            add(graph, rows[directed], units[directed], threads=workers)
        done(int(rows[-1]) + 1)
    return graph


def add(graph: Any, rows: NDArray[np.int64], vectors: NDArray[Any], **options: Any) -> None:
    """Add vectors to an index of usearch, by row numbers."""
    with _ended_by_signals() as go_on:
        graph.add(rows.astype(np.uint64), vectors, progress=go_on, **options)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[Callable[[int, int], bool]]:
    """Give what usearch is to ask whether to go on.

    It ends for a signal by itself too, with a RuntimeError in the place of what the handler raises.
    """
    with deferred() as waiting:

        def go_on(_done: int, _total: int) -> bool:
            return not waiting

        # usearch looks at the types.
        go_on.__annotations__ = {
            "_done": int,
            "_total": int,
            "return": bool,
        }
        yield go_on


def opened(stored: NDArray[np.uint8], expansion_search: int) -> Any:
    """Return the graph in bytes that ``graph.save()`` gave.

    They are looked at where they are, and must be there as long as it is used.

    Raises
    ------
    ValueError
        There is none in them.
    """
    graph = _usearch().Index.restore(stored.data, view=True)
    if graph is None:
        raise ValueError("there is no graph of usearch in it")
    graph.expansion_search = expansion_search
    return graph


def candidates(graph: Any, units: NDArray[np.float32], k: int, workers: int) -> Rows:
    """Return more than k rows near to each query, (m, more than k); -1 where there are no more."""
    k = min(k + _N_SPARE, graph.size)
    if k < 1:
        return np.empty((len(units), 0), np.int64)
    with _ended_by_signals() as go_on:
        found = graph.search(np.ascontiguousarray(units), k, threads=workers, progress=go_on)
    keys = np.asarray(found.keys).astype(np.int64)
    if keys.ndim == 1:  # of one query: those that there are
        return keys[np.newaxis]
    return np.where(np.arange(k) < np.asarray(found.counts)[:, np.newaxis], keys, -1)


def ranked(
    vectors: NDArray[Any], units: NDArray[np.float32], rows: Rows
) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
    """Yield the rows near to each query in order, with their cosines; equal ones by row.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    units : float32 ndarray, shape (m, d)
        Queries of unit length.
    rows : int64 ndarray, shape (m, k)
        From `candidates`.
    """
    for unit, near in zip(units, rows, strict=True):
        known = near[near >= 0]
        wide = vectors[known].astype(np.float64)
        lengths = compare.divisors(np.sqrt(np.einsum("ij,ij->i", wide, wide)))
        cosines = (np.einsum("ij,j->i", wide, unit.astype(np.float64)) / lengths).astype(np.float32)
        order = np.lexsort((known, -cosines))
        yield known[order], cosines[order]


def recall(graph: Any, vectors: NDArray[Any], k: int, n: int, workers: int) -> float:
    """Return the share of the `k` nearest rows that are found, of a sample of `n` rows.

    Rows without a direction have no nearest ones and are not asked for; a row as near as the last
    of the nearest is as good as that one.
    """
    sample = np.random.default_rng(0).permutation(len(vectors))[:n]
    units = compare.unit_rows(vectors[sample])
    units = units[_directed(units)]
    if not len(units) or not graph.size:
        return 1.0  # nothing is missed
    exact = search.nearest(search.use_rows(vectors), units, k, workers=workers)
    found = ranked(vectors, units, candidates(graph, units, k, workers))
    shares = [
        np.count_nonzero(near[:k] >= np.nanmin(best) - _ROUNDING) / np.isfinite(best).sum()
        for (_, near), (_, best) in zip(found, exact, strict=True)
    ]
    return float(np.mean(shares))


def _directed(units: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Say which rows have a direction: those of zeros, NaN or inf have none."""
    return np.asarray(np.isfinite(units).all(axis=1) & units.any(axis=1))


def checksum(vectors: NDArray[Any]) -> int:
    """Return a number that tells some vectors from others, by rows from all over them."""
    places = np.linspace(0, max(len(vectors) - 1, 0), min(_N_COMPARED, len(vectors)))
    rows = np.ascontiguousarray(compare.unit_rows(vectors[places.astype(np.int64)]))
    return zlib.crc32(rows.tobytes(), len(vectors))


def _usearch() -> Any:
    try:
        from usearch import index
    except ImportError as error:
        raise ImportError("this needs usearch: pip install fastsgns[ann]") from error
    return index
