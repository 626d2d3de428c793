"""Engine room: keys, their vectors and what is looked up by key; the ground under KeyedVectors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from operator import index as as_index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

REAL = np.float32
SINGLE_KEY_TYPES = (str, int, np.integer)

# One name for all the files behind KeyedVectors, so that one line of a user's logging setup finds them.
logger = logging.getLogger("fastsgns.keyedvectors")


class KeyedStore:
    """Keys, one vector a key, and named attributes of the keys (`expandos`).

    The instance attributes are gensim's, name by name, because programs read and rebuild
    ``vars(kv)``.

    Parameters
    ----------
    vector_size : int
        Length of a vector, >= 0.
    count : int, default 0
        Rows to allocate ahead, to be filled by `add_vector`.
    dtype : dtype, default float32
        Type of the vectors.
    mapfile_path : str, optional
        Kept, not used; as in gensim.

    Attributes
    ----------
    index_to_key : list
        Keys by row. Rows allocated ahead have None.
    key_to_index : dict
        Row of each key.
    vectors : ndarray, shape (n_keys, vector_size)
    norms : ndarray, shape (n_keys,), or None
        Euclidean lengths of the rows, None until they are needed.
    expandos : dict of str to ndarray, each of shape (n_keys,)
        Attributes of the keys, such as ``"count"``.
    next_index : int
        The row that `add_vector` fills next.
    """

    vector_size: int
    index_to_key: list[Any]
    key_to_index: dict[Any, int]
    vectors: NDArray[Any]
    norms: NDArray[Any] | None
    expandos: dict[str, NDArray[Any]]
    next_index: int
    mapfile_path: str | None

    def __init__(
        self,
        vector_size: int,
        count: int = 0,
        dtype: DTypeLike = np.float32,
        mapfile_path: str | None = None,
    ) -> None:
        self.vectors = np.zeros((count, vector_size), dtype=dtype)
        self.vector_size = vector_size
        self.index_to_key = [None] * count
        self.next_index = 0
        self.key_to_index = {}
        self.norms = None
        self.expandos = {}
        self.mapfile_path = mapfile_path

    def __str__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, key: Hashable) -> bool:
        return self.has_index_for(key)

    # No __iter__, as in gensim: iterating falls back on kv[0], kv[1], ... and ends with a KeyError.
    def __getitem__(self, key_or_keys: Any) -> NDArray[Any]:
        """Return the vector of a key (read-only), or a copy of the vectors of several, one a row.

        Raises
        ------
        KeyError
            For a key that is not there.
        ValueError
            For an empty list.
        """
        if isinstance(key_or_keys, SINGLE_KEY_TYPES):
            return self.get_vector(key_or_keys)
        vectors = [self.get_vector(key) for key in key_or_keys]
        if not vectors:
            raise ValueError("need at least one key to look up vectors, got an empty sequence")
        return np.vstack(vectors)

    def get_index(self, key: Hashable, default: int | None = None) -> int:
        """Return the row of `key`.

        Parameters
        ----------
        key : hashable
            A key, or an int that is not itself a key and lies in ``range(len(self))``: a row.
        default : int, optional
            What to return when there is no such key.

        Raises
        ------
        KeyError
            When there is no such key and no default.
        """
        row = self.key_to_index.get(key)
        if row is not None and row >= 0:
            return row
        if isinstance(key, (int, np.integer)) and 0 <= key < len(self):
            # differs from gensim: True is row 1 here; there it indexes with a bool and gives a 3-D array.
            return as_index(key)
        if default is not None:
            return default
        raise KeyError(f"Key '{key}' not present")

    def has_index_for(self, key: Hashable) -> bool:
        """Say whether `key` is a key or a valid row number."""
        return self.get_index(key, -1) >= 0

    def get_vector(self, key: Hashable, norm: bool = False) -> NDArray[Any]:
        """Return the vector of `key`, read-only.

        Parameters
        ----------
        key : hashable
            A key or a row number.
        norm : bool, default False
            Scale it to unit length. A vector of zeros becomes NaN, with NumPy's RuntimeWarning.

        Returns
        -------
        ndarray, shape (vector_size,)
        """
        row = self.get_index(key)
        if norm:
            vector: NDArray[Any] = self.vectors[row] / self._norms()[row]
        else:
            vector = self.vectors[row]
        vector.setflags(write=False)
        return vector

    def get_mean_vector(
        self,
        keys: Any,
        weights: ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> NDArray[Any]:
        """Return the weighted mean of the vectors of `keys`.

        Parameters
        ----------
        keys : iterable of hashable or ndarray
            Keys, row numbers, or vectors, which are taken as they are. A str is its characters.
        weights : sequence of float, optional
            One a key; 1 by default. The sum is divided by the sum of their absolute values.
        pre_normalize : bool, default True
            Scale the vector of each key to unit length first (not the vectors given as such).
        post_normalize : bool, default False
            Scale the mean to unit length.
        ignore_missing : bool, default True
            Leave out keys that are not there.

        Returns
        -------
        ndarray, shape (vector_size,)
            Zeros when no key was found.

        Raises
        ------
        ValueError
            No keys; not as many weights as keys; a vector of another length.
        KeyError
            A missing key, unless `ignore_missing`.
        """
        # differs from gensim: any iterable of keys and any sequence of weights will do, there generators
        # and tuples of weights fail.
        if not isinstance(keys, (Sequence, np.ndarray)):
            keys = list(keys)
        if len(keys) == 0:
            raise ValueError("cannot compute mean with no input")
        if weights is None:
            weights = np.ones(len(keys), dtype=REAL)
        elif not isinstance(weights, np.ndarray):
            weights = np.asarray(weights, dtype=REAL)
        if weights.shape != (len(keys),):
            raise ValueError(
                "keys and weights array must have same number of elements, "
                f"got {len(keys)} keys and weights of shape {weights.shape}"
            )

        total = np.zeros(self.vector_size, self.vectors.dtype)
        total_weight = REAL(0)
        for key, weight in zip(keys, weights, strict=True):
            if isinstance(key, np.ndarray):
                total += weight * self._checked_vector(key)
            elif key in self:
                total += weight * self.get_vector(key, norm=pre_normalize)
            elif ignore_missing:
                continue
            else:
                raise KeyError(f"Key '{key}' not present in vocabulary")
            total_weight += abs(weight)

        mean: NDArray[Any] = total / total_weight if total_weight > 0 else total
        return unit_vector(mean) if post_normalize else mean

    def fill_norms(self, force: bool = False) -> None:
        """Compute the lengths of all vectors into `norms`, unless they are there.

        Call it with ``force=True`` after writing into `vectors`.
        """
        if self.norms is None or force or len(self.norms) != len(self.vectors):
            self.norms = np.linalg.norm(self.vectors, axis=1)

    def get_normed_vectors(self) -> NDArray[Any]:
        """Return a copy of all vectors, each scaled to unit length, shape (n_keys, vector_size)."""
        normed: NDArray[Any] = self.vectors / self._norms()[:, np.newaxis]
        return normed

    def unit_normalize_all(self) -> None:
        """Scale all vectors to unit length, in place and for good."""
        self.fill_norms()
        self.vectors /= self._norms()[:, np.newaxis]
        self.norms = np.ones(len(self.vectors))

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

    def _norms(self) -> NDArray[Any]:
        """Return `norms`, computed if need be."""
        self.fill_norms()
        assert self.norms is not None  # noqa: S101
        return self.norms

    def _checked_vector(self, vector: NDArray[Any]) -> NDArray[Any]:
        if vector.shape != (self.vector_size,):
            raise ValueError(
                f"a vector must have shape ({self.vector_size},), got {tuple(vector.shape)}"
            )
        return vector


def _attribute_dtype(wanted: DTypeLike) -> np.dtype[Any]:
    """Return the dtype that an attribute of type `wanted` is stored with."""
    if wanted is int:
        return np.dtype(np.int64)
    if isinstance(wanted, type) and not issubclass(wanted, (float, bool, complex, np.generic)):
        return np.dtype(object)
    dtype = np.dtype(wanted)
    return np.dtype(object) if dtype.kind in "US" else dtype


def unit_vector(vector: NDArray[Any]) -> NDArray[Any]:
    """Return `vector` divided by its Euclidean length; zeros stay zeros."""
    length = np.linalg.norm(vector)
    if length == 0:
        return vector
    scaled: NDArray[Any] = (vector / length).astype(vector.dtype, copy=False)
    return scaled


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
    vectors: NDArray[Any] = np.random.default_rng(seed).random(target_shape, dtype=dtype)  # type: ignore[arg-type]
    vectors *= 2.0
    vectors -= 1.0
    vectors /= target_shape[1]
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
