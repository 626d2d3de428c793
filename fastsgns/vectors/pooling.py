"""Engine room: from the vectors of words to those of texts: sums, means, maxima of thousands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown
from fastsgns.corpus.texts import Texts
from fastsgns.io.threads import Threads

POOLS = ("sum", "mean", "max")  # as in _rows.pyx
UNKNOWNS = ("skip", "zero", "error")
SCHEMES = ("idf", "sif")

# What stands in the place of the row of an unknown word, as in _rows.pyx.
LEFT_OUT, ZEROS = -1, -2

#: Texts that are looked at a time, in the cache.
BLOCK = 4096

#: A thread that has fewer pieces of the texts costs more than it saves.
PIECES_A_THREAD = 8

#: a of the weight a / (a + p(word)): Arora et al. 2017, section 4.1.
SIF_A = 1e-3


class Weighting(NamedTuple):
    """What each row counts.

    Attributes
    ----------
    weights : float32 (n_rows,) or None
        What it is multiplied by; None: 1.
    masses : float32 (n_rows,) or None
        What the mean is divided by, summed up; None: 1.
    """

    weights: NDArray[np.float32] | None = None
    masses: NDArray[np.float32] | None = None


def check_choices(pool: Any, unknown: Any, weights: Any) -> None:
    """Raise ValueError or TypeError unless these are what `KeyedVectors.transform` takes."""
    for name, given, allowed in (("pool", pool, POOLS), ("unknown", unknown, UNKNOWNS)):
        if given not in allowed:
            raise ValueError(f"{name} must be one of {allowed}, got {shown(given)}")
    if isinstance(weights, str) and weights not in SCHEMES:
        raise ValueError(f"weights must be None, a mapping or one of {SCHEMES}, got {weights!r}")
    if not (weights is None or isinstance(weights, str) or is_mapping(weights)):
        raise TypeError(
            f"weights must be None, a mapping of words to numbers or one of {SCHEMES}, got"
            f" {shown(weights)}"
        )


def is_mapping(weights: Any) -> bool:
    """Say whether words can be looked up: in a Mapping or, for example, a Series of pandas."""
    return isinstance(weights, Mapping) or (
        hasattr(weights, "keys") and hasattr(weights, "__getitem__")
    )


def weighting(
    weights: Any, texts: Texts, keys: Sequence[Any], counts: NDArray[Any] | None
) -> Weighting:
    """Return what each row counts; see `KeyedVectors.transform`.

    Parameters
    ----------
    weights : None, "idf", "sif" or mapping
    texts : Texts
    keys : sequence of length n_rows
    counts : int (n_rows,) or None
        How often each key was seen, for "sif".

    Raises
    ------
    ValueError
        "sif" without counts; a weight that is no finite number.
    KeyError
        A mapping that has no weight for a word that is in the texts.
    """
    if weights is None:
        return Weighting()
    if not isinstance(weights, str):
        return by_mapping(weights, texts, keys)
    if weights == "idf":
        idf = inverse_document_frequencies(texts, len(keys)).astype(np.float32)
        return Weighting(idf, idf)
    if counts is None:
        raise ValueError(
            "weights='sif' needs the counts of the words, the attribute \"count\" of the keys: give"
            " it, as in set_vecattr(key, 'count', n), or a mapping"
        )
    # Divided by the number of words, as in the source, and not by the weights.
    return Weighting((SIF_A / (SIF_A + counts / max(counts.sum(), 1))).astype(np.float32))


def document_frequencies(texts: Texts, n_rows: int) -> NDArray[np.int64]:
    """Return in how many texts each row is."""
    from fastsgns.vectors import _rows

    last, df = np.full(n_rows, -1, np.int64), np.zeros(n_rows, np.int64)
    for piece in texts.pieces():
        _rows.count_texts(*texts.read(piece), piece.start, last, df)
    return df


def inverse_document_frequencies(texts: Texts, n_rows: int) -> NDArray[np.float64]:
    """Return ln((1 + n) / (1 + df)) + 1 for each row: the smoothed idf of scikit-learn."""
    idf: NDArray[np.float64] = 1 + np.log(
        (1 + texts.n_texts) / (1 + document_frequencies(texts, n_rows))
    )
    return idf


def by_mapping(given: Any, texts: Texts, keys: Sequence[Any]) -> Weighting:
    """Weigh rows by what a mapping says of the keys that are in the texts."""
    weights = np.zeros(len(keys))
    for row in np.flatnonzero(document_frequencies(texts, len(keys))).tolist():
        try:
            weight = given[keys[row]]
        except KeyError:
            raise KeyError(f"weights has none for {shown(keys[row])}") from None
        if not isinstance(weight, (Real, np.number)) or not math.isfinite(weight):
            raise ValueError(
                f"a weight must be a finite number, got {shown(weight)} for {shown(keys[row])}"
            )
        weights[row] = weight
    cast = weights.astype(np.float32)
    return Weighting(cast, np.abs(cast))


def pooled(
    texts: Texts,
    vectors: NDArray[Any],
    weighting: Weighting,
    pool: str,
    *,
    count_unknown: bool = False,
    scaled: bool = False,
    workers: int = 1,
) -> NDArray[np.float32]:
    """Return a vector for each text: float32 (n_texts, d).

    Parameters
    ----------
    texts : Texts
        Of rows of `vectors`.
    vectors : ndarray, shape (n_rows, d)
    weighting : Weighting
    pool : {"sum", "mean", "max"}
        "mean": the sum of weight x vector, divided by the sum of the masses. A text of which no
        word counts becomes zeros.
    count_unknown : bool, default False
        An unknown word is a vector of zeros, with the weight 1. Otherwise it is left out.
    scaled : bool, default False
        Divide each row by its length first.
    workers : int, default 1
        Threads. The result does not depend on it.
    """
    from fastsgns.vectors import _rows

    out = np.zeros((texts.n_texts, vectors.shape[1]), np.float32)
    weights, masses = weighting
    how = POOLS.index(pool)
    lengths = np.ones(len(vectors), np.float32) if scaled else None
    if lengths is not None:  # once for each word: most of a text's come again and again
        _rows.row_lengths(vectors, texts.row_of, lengths)

    def work(piece: slice) -> None:
        rows, bounds = texts.read(piece)
        if count_unknown:
            rows = np.where(rows < 0, np.int32(ZEROS), rows)
        _rows.pool_rows(vectors, rows, bounds, weights, masses, lengths, how, out[piece])

    pieces = list(texts.pieces())
    n_threads = min(workers, len(pieces) // PIECES_A_THREAD)
    if n_threads <= 1:
        for piece in pieces:
            work(piece)
        return out
    threads = Threads(n_threads, "fastsgns-transform")
    try:
        for done in [threads.begin(work, piece) for piece in pieces]:
            done.result()
    finally:  # after an error or a Ctrl-C, no piece is begun any more
        threads.shutdown(cancel_futures=True)
    return out


def as_floats(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Return vectors as float32, each in one piece: as they are, or a copy."""
    floats = vectors.astype(np.float32, copy=False)
    in_pieces = floats.shape[1] < 2 or floats.strides[1] == floats.itemsize
    return floats if in_pieces else np.ascontiguousarray(floats)


def common_direction(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the first right singular vector of a matrix of vectors: float32 (d,), length 1.

    Not centered, as in Arora et al. 2017. From the d x d products of the columns, summed up in
    double precision: a decomposition of all texts takes as much memory as they, and longer.
    """
    d = vectors.shape[1]
    products = np.zeros((d, d))
    for begin in range(0, len(vectors), BLOCK):
        block = vectors[begin : begin + BLOCK].astype(np.float64)
        products += block.T @ block
    direction: NDArray[np.float32] = np.linalg.eigh(products)[1][:, -1].astype(np.float32)
    return direction


def as_direction(given: Any, d: int) -> bool | NDArray[np.float32]:
    """Return what is to be removed: nothing (False), what is common (True), or this, at length 1.

    Raises ValueError when it is no direction.
    """
    if isinstance(given, (bool, np.bool_)):
        return bool(given)
    direction = np.asarray(given)
    if direction.shape != (d,) or direction.dtype.kind not in "fiu":
        raise ValueError(
            f"remove_common must be True, False or numbers of shape ({d},), got {shown(given)}"
        )
    length = np.linalg.norm(direction.astype(np.float64))
    if not 0 < length < np.inf:
        raise ValueError(f"remove_common must be a direction, got one of length {length:g}")
    unit: NDArray[np.float32] = (direction / length).astype(np.float32)
    return unit


def remove_common(vectors: NDArray[np.float32], direction: bool | NDArray[np.float32]) -> None:
    """Subtract from each vector, in place, its projection on what `as_direction` gave."""
    if direction is False:
        return
    if direction is True:
        if len(vectors) == 1:
            raise ValueError(
                "remove_common=True needs several texts, of one alone nothing is left: give the"
                " direction that others have in common"
            )
        direction = common_direction(vectors)
    for begin in range(0, len(vectors), BLOCK):
        block = vectors[begin : begin + BLOCK]
        block -= np.outer(block @ direction, direction)
