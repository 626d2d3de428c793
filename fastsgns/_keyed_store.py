"""Engine room: keys, their vectors and what is looked up by key; the ground under KeyedVectors."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from operator import index as as_index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

REAL = np.float32
SINGLE_KEY_TYPES = (str, int, np.integer)

# One name for all the files behind KeyedVectors, so that one line of logging setup finds them.
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
    vectors_lockf: NDArray[np.float32]  # only those of a model have it

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
            # differs from gensim: True is row 1; there it makes NumPy give a 3-D array.
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
        # differs from gensim: any iterable of keys and any sequence of weights will do; generators
        # and tuples of weights fail there.
        if not isinstance(keys, (Sequence, np.ndarray)):
            keys = list(keys)
        if len(keys) == 0:
            raise ValueError("cannot compute mean with no input")
        if weights is None:
            weights = np.ones(len(keys), dtype=self.vectors.dtype)
        elif not isinstance(weights, np.ndarray):
            weights = np.asarray(weights, dtype=self.vectors.dtype)
        if weights.shape != (len(keys),):
            raise ValueError(
                "keys and weights array must have same number of elements, "
                f"got {len(keys)} keys and weights of shape {weights.shape}"
            )

        total = np.zeros(self.vector_size, self.vectors.dtype)
        total_weight = self.vectors.dtype.type(0)
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
        return unit_vector(mean).astype(REAL) if post_normalize else mean

    def fill_norms(self, force: bool = False) -> None:
        """Compute the lengths of all vectors into `norms`, unless they are there.

        Call it with ``force=True`` after writing into `vectors`.
        """
        if self.norms is None or force or len(self.norms) != len(self.vectors):
            self.norms = row_norms(self.vectors)

    def get_normed_vectors(self) -> NDArray[Any]:
        """Return a copy of all vectors, each scaled to unit length, shape (n_keys, vector_size)."""
        normed: NDArray[Any] = self.vectors / self._norms()[:, np.newaxis]
        return normed

    def unit_normalize_all(self) -> None:
        """Scale all vectors to unit length, in place and for good."""
        self.fill_norms()
        self.vectors /= self._norms()[:, np.newaxis]
        self.norms = np.ones(len(self.vectors))

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


def row_norms(matrix: NDArray[Any]) -> NDArray[Any]:
    """Return the Euclidean length of each row.

    In blocks that stay in the cache: NumPy squares the whole matrix into a copy otherwise.
    """
    n_rows = max(1, 50_000 // max(matrix.shape[1], 1))
    blocks = [matrix[begin : begin + n_rows] for begin in range(0, len(matrix), n_rows)]
    if len(blocks) <= 1:
        blocks = [matrix]
    norms: NDArray[Any] = np.concatenate([np.linalg.norm(block, axis=1) for block in blocks])
    return norms


def unit_vector(vector: NDArray[Any]) -> NDArray[Any]:
    """Return `vector` divided by its Euclidean length; zeros stay zeros."""
    # In float64, as in gensim: the cosine of a vector with itself is then nearly always exactly 1.
    wide = vector.astype(np.float64)
    length = np.linalg.norm(wide)
    if length == 0:
        return vector
    scaled: NDArray[Any] = (wide / length).astype(vector.dtype)
    return scaled
