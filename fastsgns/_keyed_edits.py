"""Engine room: adding keys, vectors and attributes; the part of KeyedVectors that edits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastsgns._keyed_store import REAL, SINGLE_KEY_TYPES, KeyedStore, logger

#: Rows of a matrix that are drawn at a time: 100 kB of the usual ones.
ROWS_AT_A_TIME = 256


class KeyedEdits(KeyedStore):
    """What changes the keys, the vectors and the attributes of a KeyedVectors."""

    def add_vector(self, key: Hashable, vector: ArrayLike) -> int:
        """Add a key and its vector, in a row allocated ahead if there is one.

        Parameters
        ----------
        key : hashable
            A key that is there already keeps its vector, as in `add_vectors`.
        vector : array_like, shape (vector_size,)

        Returns
        -------
        int
            The row of the key.

        Warns
        -----
        UserWarning
            When all vectors had to be copied to make room for one.
        """
        known = self.key_to_index.get(key)
        if known is not None:
            # differs from gensim: there the key gets a second row, or a row that does not exist.
            return known
        values = self._checked_vector(np.asarray(vector, dtype=self.vectors.dtype))
        row = self.next_index
        if row < len(self) and self.index_to_key[row] is None:
            self.index_to_key[row] = key
            self.key_to_index[key] = row
            self.vectors[row] = values
            self.norms = None
        else:
            warnings.warn(
                "Adding single vectors to a KeyedVectors which grows by one each time can be "
                "costly. Consider adding in batches or preallocating to the required size.",
                UserWarning,
                stacklevel=2,
            )
            row = len(self)
            self.add_vectors([key], values[np.newaxis])
        self.next_index = row + 1
        return row

    def add_vectors(
        self,
        keys: Any,
        weights: ArrayLike,
        extras: dict[str, ArrayLike] | None = None,
        replace: bool = False,
    ) -> None:
        """Add keys and their vectors behind those that are there.

        Parameters
        ----------
        keys : hashable or iterable of hashable
            A str or an int is one key.
        weights : array_like, shape (n_keys, vector_size)
            Or (vector_size,) for one key.
        extras : dict of str to array_like, each of shape (n_keys,), optional
            Attributes of the keys, for those that are added or replaced.
        replace : bool, default False
            Give keys that are there already the new vectors. By default they keep theirs. The same
            goes for a key that comes twice.

        Raises
        ------
        ValueError
            Not as many vectors or attributes as keys, or vectors of another length. Nothing has
            been added then.
        """
        if isinstance(keys, SINGLE_KEY_TYPES):
            keys = [keys]
            weights = np.asarray(weights, dtype=self.vectors.dtype).reshape(1, -1)
        keys = list(keys)
        values = np.asarray(weights, dtype=self.vectors.dtype)
        if not keys and not values.size:
            return
        # differs from gensim: all is checked before anything is changed; there a wrong vector size
        # leaves keys without vectors.
        if values.shape != (len(keys), self.vector_size):
            raise ValueError(
                f"the vectors of {len(keys)} keys must have shape "
                f"({len(keys)}, {self.vector_size}), got {values.shape}"
            )
        columns = self._checked_extras(extras or {}, len(keys))

        # differs from gensim: a key that comes twice gets one row; there it gets two.
        rows: dict[Hashable, int] = {}
        sources: dict[int, int] = {}  # row -> place among the keys that it is filled from
        n_old = n_rows = len(self)
        for place, key in enumerate(keys):
            row = self.key_to_index.get(key, rows.get(key, -1))
            if row < 0:
                row = rows[key] = n_rows
                n_rows += 1
                sources[row] = place
            elif replace:
                sources[row] = place

        grown = np.zeros((n_rows, self.vector_size), dtype=self.vectors.dtype)
        grown[:n_old] = self.vectors
        filled, places = list(sources), list(sources.values())
        grown[filled] = values[places]
        self.vectors = grown
        self.index_to_key.extend(rows)
        self.key_to_index.update(rows)
        # differs from gensim: lengths are forgotten and attributes grow; there the next
        # most_similar or set_vecattr fails (its issues 2532, 3224, 3320).
        self.norms = None
        self.allocate_vecattrs()
        self.allocate_vecattrs(columns, [column.dtype for column in columns.values()])
        for attr, column in columns.items():
            self.expandos[attr][filled] = column[places]

    def _checked_extras(self, extras: dict[str, ArrayLike], n_keys: int) -> dict[str, NDArray[Any]]:
        # differs from gensim: extras work; there any but an empty dict raises.
        columns = {}
        for attr, given in extras.items():
            column = np.asarray(given)
            prior = self.expandos.get(attr)
            dtype = _attribute_dtype(column.dtype) if prior is None else prior.dtype
            if column.shape != (n_keys,):
                raise ValueError(
                    f"extras[{attr!r}] must hold a value for each of the {n_keys} keys, "
                    f"got shape {column.shape}"
                )
            columns[attr] = column.astype(dtype, casting="same_kind")
        return columns

    def __setitem__(self, keys: Any, weights: Any) -> None:
        """Add or replace the vector of a key, or those of a list of keys."""
        if not isinstance(keys, list):
            keys = [keys]
            # differs from gensim: a list of numbers will do; there it must be an array.
            weights = np.asarray(weights).reshape(1, -1)
        self.add_vectors(keys, weights, replace=True)

    def sort_by_descending_frequency(self) -> None:
        """Order the keys by descending attribute ``"count"``, with everything that goes with them.

        Equal counts come in reverse order, as in gensim. Keys that are in descending order already
        stay as they are.

        Raises
        ------
        KeyError
            There is no ``"count"``.
        """
        if not len(self):
            return
        counts = self.expandos["count"]
        # differs from gensim: nothing flips when called again (its issue 3196), and the lengths of
        # the vectors move along with them.
        if (counts[1:] <= counts[:-1]).all():
            return
        if len(self.vectors):
            logger.warning("sorting after vectors have been allocated is expensive & error-prone")
        order = np.argsort(counts, kind="stable")[::-1]
        self.index_to_key = [self.index_to_key[row] for row in order.tolist()]
        known = self.key_to_index  # rows allocated ahead have no key
        self.key_to_index = {k: row for row, k in enumerate(self.index_to_key) if k in known}
        self.expandos = {attr: values[order] for attr, values in self.expandos.items()}
        if len(self.vectors):
            self.vectors = self.vectors[order]
        if self.norms is not None:
            self.norms = self.norms[order]

    def resize_vectors(self, seed: int = 0) -> None:
        """Make `vectors` as long as `index_to_key`, new rows random as in `prep_vectors`."""
        self.vectors = prep_vectors(
            (len(self.index_to_key), self.vector_size), prior_vectors=self.vectors, seed=seed
        )
        self.allocate_vecattrs()
        self.norms = None

    def allocate_vecattrs(
        self, attrs: Iterable[str] | None = None, types: Iterable[DTypeLike] | None = None
    ) -> None:
        """Make room for attributes of the keys, one value a key.

        Parameters
        ----------
        attrs : iterable of str, optional
            Names; by default those that exist, which are made as long as the keys.
        types : iterable of type, optional
            One a name. int is stored as int64, str as object.

        Raises
        ------
        TypeError
            An attribute exists with another type, or `types` is missing.
        """
        if attrs is None:
            attrs = list(self.expandos)
            types = [self.expandos[attr].dtype for attr in attrs]
        elif types is None:
            raise TypeError(
                f"types must name a type for each of the attributes {list(attrs)}, got None"
            )
        for attr, wanted in zip(attrs, types, strict=False):
            dtype = _attribute_dtype(wanted)
            prior = self.expandos.get(attr)
            if prior is not None and not np.issubdtype(dtype, prior.dtype):
                raise TypeError(
                    f"Can't allocate type {wanted} for attribute {attr}, "
                    f"conflicts with its existing type {prior.dtype}"
                )
            if prior is not None and len(prior) == len(self):
                continue
            values = np.zeros(len(self), dtype=dtype if prior is None else prior.dtype)
            if prior is not None:
                n_kept = min(len(prior), len(self))
                values[:n_kept] = prior[:n_kept]
            self.expandos[attr] = values

    def set_vecattr(self, key: Hashable, attr: str, val: Any) -> None:
        """Set attribute `attr` of `key`. The first value fixes the type of the attribute.

        Raises
        ------
        KeyError
            No such key.
        TypeError
            The attribute has another type.
        """
        row = self.get_index(key)
        self.allocate_vecattrs(attrs=[attr], types=[type(val)])
        self.expandos[attr][row] = val

    def get_vecattr(self, key: Hashable, attr: str) -> Any:
        """Return attribute `attr` of `key`.

        Raises
        ------
        KeyError
            No such key or no such attribute.
        """
        row = self.get_index(key)
        values = self.expandos[attr]
        # Keys were added to index_to_key by hand after the attribute was allocated.
        if row >= len(values):
            self.allocate_vecattrs()
            values = self.expandos[attr]
        return values[row]


def _attribute_dtype(wanted: DTypeLike) -> np.dtype[Any]:
    """Return the dtype that an attribute of type `wanted` is stored with."""
    if wanted is int:
        return np.dtype(np.int64)
    if isinstance(wanted, type) and not issubclass(wanted, (float, bool, complex, np.generic)):
        # differs from gensim: bytes are objects, not cut to their first byte.
        return np.dtype(object)
    dtype = np.dtype(wanted)
    return np.dtype(object) if dtype.kind in "US" else dtype


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
    generator = np.random.default_rng(seed)
    vectors: NDArray[Any] = np.empty(target_shape, dtype)
    for start in range(0, len(vectors), ROWS_AT_A_TIME):
        rows = vectors[start : start + ROWS_AT_A_TIME]  # in the cache until they are done
        generator.random(out=rows, dtype=dtype)  # type: ignore[arg-type]
        rows *= 2.0
        rows -= 1.0
        rows /= target_shape[1]
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
