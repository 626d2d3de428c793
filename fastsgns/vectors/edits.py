"""Engine room: how keys, vectors and attributes of keys are added, ordered and started."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastsgns._shown import shown

REAL = np.float32

#: The attribute of keys that vectors of int8 are multiplied with; see narrow.py.
SCALE = "int8_scale"

#: Rows of a matrix that are drawn at a time: 100 kB of the usual ones.
ROWS_AT_A_TIME = 256


# ---------------------------------------------------------------- keys and vectors


class Placement(NamedTuple):
    """Where keys that are added go.

    Attributes
    ----------
    new_keys : dict
        Row of each key that was not there, in the order of the rows.
    n_rows : int
        Rows that there are with them.
    rows, places : list of int
        Row ``rows[i]`` is filled with what comes with the key at ``places[i]`` of those given.
    """

    new_keys: dict[Any, int]
    n_rows: int
    rows: list[int]
    places: list[int]


def placement(
    keys: Sequence[Hashable], known: Mapping[Any, int], n_rows: int, *, replace: bool
) -> Placement:
    """Place `keys` behind `n_rows` rows, `known` keys in their rows.

    With `replace`, keys that are there already, or come twice, are filled with what comes last;
    otherwise they keep what they have.
    """
    # differs from gensim: a key that comes twice gets one row; there it gets two.
    new_keys: dict[Any, int] = {}
    sources: dict[int, int] = {}  # row -> place among the keys that it is filled from
    for place, key in enumerate(keys):
        row = known.get(key, new_keys.get(key, -1))
        if row < 0:
            row = new_keys[key] = n_rows
            n_rows += 1
            sources[row] = place
        elif replace:
            sources[row] = place
    return Placement(new_keys, n_rows, list(sources), list(sources.values()))


def with_rows(vectors: NDArray[Any], placed: Placement, values: NDArray[Any]) -> NDArray[Any]:
    """Return `vectors` with `values` where they go: in place, or a copy with rows for new keys."""
    if placed.n_rows == len(vectors) and vectors.flags.writeable:
        # differs from gensim: it copies the matrix for each vector that is set.
        vectors[placed.rows] = values[placed.places]
        return vectors
    if len(placed.new_keys) == len(values) == placed.n_rows - len(vectors):  # all are new
        return np.concatenate((vectors, values))
    grown = np.zeros((placed.n_rows, vectors.shape[1]), dtype=vectors.dtype)
    grown[: len(vectors)] = vectors
    grown[placed.rows] = values[placed.places]
    return grown


def check_matrix(index_to_key: Sequence[Any], vectors: Any) -> None:
    """Raise ValueError unless `vectors` is a matrix with a row for each key."""
    if getattr(vectors, "ndim", None) != 2:
        raise ValueError(f"vectors must be a matrix, a row for each key, got {shown(vectors)}")
    if len(vectors) != len(index_to_key):
        raise ValueError(
            f"{len(index_to_key)} keys in index_to_key, but vectors has {len(vectors)} rows:"
            " add_vectors() changes both"
        )


def check_rows(
    index_to_key: Sequence[Any], key_to_index: Mapping[Any, int], vectors: NDArray[Any] | None
) -> None:
    """Raise ValueError unless keys, their rows and the matrix, of real numbers, fit together.

    They come apart where they are changed by hand, one without the others.
    """
    n_keys = len(index_to_key)
    if vectors is not None:
        check_matrix(index_to_key, vectors)
        if vectors.dtype.kind not in "fiu" or isinstance(vectors, np.ma.MaskedArray):
            raise ValueError(f"vectors must be an array of real numbers, got {shown(vectors)}")
    from fastsgns.io import _checks

    are_usual = type(key_to_index) is dict and type(index_to_key) is list
    if are_usual and _checks.are_in_order(key_to_index, index_to_key):  # type: ignore[arg-type]
        return  # as good as always, and in a fraction of the time of what follows
    n_known = sum(map(operator.is_not, map(key_to_index.get, index_to_key), repeat(None)))
    n_empty = 0 if None in key_to_index else sum(map(operator.is_, index_to_key, repeat(None)))
    if n_known == n_keys - n_empty == len(key_to_index):
        rows = map(key_to_index.get, index_to_key)
        wrong = next((i for i, row in enumerate(rows) if row not in (i, None)), None)
        if wrong is None:
            return
        told = f"{shown(index_to_key[wrong])} of row {wrong} has another there"
    elif len(key_to_index) > n_known:
        told = f"{len(key_to_index)} keys are there"
    else:
        told = "not all of index_to_key are there"
    raise ValueError(
        f"key_to_index must have the row of each of the {n_keys} keys in index_to_key: {told}."
        " After changes by hand, {key: row for row, key in enumerate(index_to_key)} makes it anew"
    )


def descending_order(counts: NDArray[Any]) -> NDArray[np.intp] | None:
    """Return the order of descending `counts`, equal ones reversed; None if they are in order."""
    # differs from gensim: nothing flips when called again (its issue 3196).
    if (counts[1:] <= counts[:-1]).all():
        return None
    return np.argsort(counts, kind="stable")[::-1]


# ---------------------------------------------------------------- attributes of keys


def attribute_dtype(wanted: DTypeLike) -> np.dtype[Any]:
    """Return the dtype that an attribute of type `wanted` is stored with."""
    if wanted is int:
        return np.dtype(np.int64)
    if isinstance(wanted, type) and not issubclass(wanted, (float, bool, complex, np.generic)):
        # differs from gensim: bytes are objects, not cut to their first byte.
        return np.dtype(object)
    dtype = np.dtype(wanted)
    return np.dtype(object) if dtype.kind in "US" else dtype


def attribute(
    name: str, wanted: DTypeLike, prior: NDArray[Any] | None, n_keys: int
) -> NDArray[Any]:
    """Return the values of an attribute for `n_keys` keys: the `prior` ones, then zeros.

    Raises
    ------
    TypeError
        There are values of another type than `wanted`.
    """
    dtype = attribute_dtype(wanted)
    if prior is None:
        return np.zeros(n_keys, dtype=dtype)
    if dtype != prior.dtype and not np.issubdtype(dtype, prior.dtype):
        raise TypeError(
            f"Can't allocate type {wanted} for attribute {name}, "
            f"conflicts with its existing type {prior.dtype}"
        )
    if len(prior) == n_keys:
        return prior
    values = np.zeros(n_keys, dtype=prior.dtype)
    if len(prior) and all(isinstance(value, np.ndarray) for value in prior):
        for row in range(n_keys):  # Huffman codes: new keys have none, and not 0
            values[row] = prior[0][:0]
    n_kept = min(len(prior), n_keys)
    values[:n_kept] = prior[:n_kept]
    return values


def checked_attributes(
    given: Mapping[str, ArrayLike], n_keys: int, there: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Return attributes of `n_keys` keys as arrays, of the dtypes of those that are `there`.

    Raises
    ------
    ValueError
        Not as many values as keys.
    TypeError
        Values of another kind than those that are there.
    """
    # differs from gensim: extras work; there any but an empty dict raises.
    columns = {}
    for name, values in given.items():
        column = np.asarray(values)
        prior = there.get(name)
        dtype = attribute_dtype(column.dtype) if prior is None else prior.dtype
        if column.shape != (n_keys,):
            raise ValueError(
                f"extras[{name!r}] must hold a value for each of the {n_keys} keys, "
                f"got shape {column.shape}"
            )
        columns[name] = column.astype(dtype, casting="same_kind")
    return columns


def with_attributes(
    there: Mapping[str, NDArray[Any]], columns: Mapping[str, NDArray[Any]], placed: Placement
) -> dict[str, NDArray[Any]]:
    """Return attributes of all keys, those that are placed too, for which there are `columns`."""
    grown = {
        name: attribute(name, values.dtype, there.get(name), placed.n_rows)
        for name, values in {**there, **columns}.items()
    }
    for name, column in columns.items():
        grown[name] = grown[name].copy()
        grown[name][placed.rows] = column[placed.places]
    return grown


# ---------------------------------------------------------------- start vectors


def draw_vectors(vectors: NDArray[Any], seed: int) -> None:
    """Fill a float32 or float64 matrix (n, D) with start vectors: see `prep_vectors`."""
    generator = np.random.default_rng(seed)
    for start in range(0, len(vectors), ROWS_AT_A_TIME):
        rows = vectors[start : start + ROWS_AT_A_TIME]  # in the cache until they are done
        generator.random(out=rows, dtype=vectors.dtype)
        rows *= 2.0
        rows -= 1.0
        rows /= vectors.shape[1]


def prep_vectors(
    target_shape: tuple[int, int],
    prior_vectors: NDArray[Any] | None = None,
    seed: int = 0,
    dtype: DTypeLike = REAL,
) -> NDArray[Any]:
    """Return a matrix of start vectors, uniform in [-1/D, 1/D), keeping those that are there.

    The stream is NumPy's ``default_rng(seed)``, drawn for the full shape, so that the new rows do
    not depend on how many old ones there are. Equal to gensim's to the bit.

    Parameters
    ----------
    target_shape : (int, int)
        Keys and vector size D.
    prior_vectors : ndarray, optional
        Copied over the top left corner. When it has the shape already, it is returned itself.
    seed : int, default 0
    dtype : dtype, default float32
        float32 or float64.

    Returns
    -------
    ndarray, shape `target_shape`
    """
    if prior_vectors is None:
        prior_vectors = np.zeros((0, 0), dtype=dtype)
    if prior_vectors.shape == tuple(target_shape):
        return prior_vectors
    vectors: NDArray[Any] = np.empty(target_shape, dtype)
    draw_vectors(vectors, seed)
    vectors[: prior_vectors.shape[0], : prior_vectors.shape[1]] = prior_vectors
    return vectors


def pseudorandom_weak_vector(
    size: int,
    seed_string: Hashable | None = None,
    hashfxn: Callable[[Any], int] = hash,
) -> NDArray[np.float32]:
    """Return a random vector, uniform in [-0.5/size, 0.5/size), shape (size,), float32.

    With a `seed_string` (and a `hashfxn` that does not change from run to run) always the same one.
    """
    if seed_string:
        rng = np.random.Generator(np.random.SFC64(hashfxn(seed_string) & 0xFFFFFFFF))
    else:
        rng = np.random.default_rng()
    return (rng.random(size).astype(REAL) - REAL(0.5)) / REAL(size)
