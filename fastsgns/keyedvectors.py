"""Face: KeyedVectors, gensim's store of word vectors, and what else its module has.

All state is here, under gensim's names. What is computed from it is in the room `vectors`, and what
is read from files and written to them in `io`.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from abc import ABCMeta
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import count, islice, repeat
from operator import index as as_index
from types import NoneType
from typing import IO, TYPE_CHECKING, Any, NoReturn, Protocol, Self, TypeVar, cast, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastsgns import _params
from fastsgns._atomic import all_or_nothing
from fastsgns._lifecycle import noted_event, put_slots, slots_of
from fastsgns._old_names import removed_from_vectors
from fastsgns._shown import shown
from fastsgns._warning import warn
from fastsgns.io.errors import OtherModelError, damage_of
from fastsgns.io.files import AnySource, Source, name_of
from fastsgns.io.interrupts import deferred
from fastsgns.io.settable import BOOKKEEPING, is_settable
from fastsgns.vectors import compare, edits, nearest, query, search
from fastsgns.vectors.edits import REAL, SCALE, prep_vectors, pseudorandom_weak_vector
from fastsgns.vectors.query import SINGLE_KEY_TYPES
from fastsgns.vectors.unknown import UnknownKeyError

if TYPE_CHECKING:
    from fastsgns.io.keyed_word2vec import KeyedRows
    from fastsgns.neighbours import NeighbourIndex

__all__ = [
    "REAL",
    "CompatVocab",
    "Doc2VecKeyedVectors",
    "EuclideanKeyedVectors",
    "FastTextKeyedVectors",
    "KeyedVectors",
    "Vocab",
    "Word2VecKeyedVectors",
    "load_word2vec_format",
    "prep_vectors",
    "pseudorandom_weak_vector",
]

logger = logging.getLogger(__name__)

Path = str | os.PathLike[str]
Neighbours = list[tuple[Any, float]]

_INTEGERS = (int, np.integer)


class Indexer(Protocol):
    """An index of the vectors, such as gensim's Annoy wrapper: asked instead of computing."""

    def most_similar(self, vector: NDArray[Any], num_neighbors: int, /) -> Any:
        """Return the neighbours of a unit vector."""


class RowsByKey(Protocol):
    """What knows the row of each key: a dict, or what looks it up."""

    def get(self, key: Any, default: Any = ..., /) -> Any:
        """Return the row of a key, or the default."""

    def __contains__(self, key: Any, /) -> bool: ...


class KeyedVectors(metaclass=ABCMeta):  # patch_gensim registers gensim's own
    """Word vectors by key, with the methods of gensim 4's class of that name.

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
        Those of int8 that `astype` makes are multiplied with the attribute "int8_scale" of their
        keys to be what they stand for.
    norms : ndarray, shape (n_keys,), or None
        Euclidean lengths of the rows, None until they are needed.
    expandos : dict of str to ndarray, each of shape (n_keys,)
        Attributes of the keys, such as ``"count"``.
    next_index : int
        The row that `add_vector` fills next.

    Examples
    --------
    >>> import numpy as np
    >>> kv = KeyedVectors(vector_size=2)
    >>> kv.add_vectors(["north", "east", "northeast"], np.array([[0, 1], [1, 0], [1, 1]]))
    >>> kv.most_similar("north", topn=1)[0][0]
    'northeast'
    >>> float(kv.similarity("north", "east"))
    0.0
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
    lifecycle_events: list[dict[str, Any]] | None = None

    # What is changed together. Nothing that is called often or first asks for vars(): once it was
    # asked for, Python 3.11 and 3.12 read all attributes of the object at half the speed.
    _changed_together = (
        "vectors",
        "vector_size",
        "index_to_key",
        "key_to_index",
        "stored_keys",
        "next_index",
        "norms",
        "expandos",
        "vectors_lockf",
    )

    # ---------------------------------------------------------------- look up

    # What is asked of a few keys is asked of these: of a mapped file they look up as little.
    @property
    def _keys_by_row(self) -> Sequence[Any]:
        return self.index_to_key

    @property
    def _rows_by_key(self) -> RowsByKey:
        return self.key_to_index

    def _put_keys(self, keys: list[Any], rows: dict[Any, int]) -> None:
        self.index_to_key = keys
        self.key_to_index = rows

    def __init__(
        self,
        vector_size: int,
        count: int = 0,
        dtype: DTypeLike = np.float32,
        mapfile_path: str | None = None,
    ) -> None:
        vectors = np.zeros((count, vector_size), dtype=dtype)
        self._begin(vectors, vector_size, [None] * count, {}, 0, mapfile_path)

    def _begin(
        self,
        vectors: NDArray[Any],
        vector_size: int,
        keys: list[Any],
        rows: dict[Any, int],
        next_index: int,
        mapfile_path: str | None = None,
    ) -> None:
        """Have the attributes that a new object has."""
        put = object.__setattr__  # past our own, which is slower
        put(self, "vectors", vectors)
        put(self, "vector_size", vector_size)
        put(self, "index_to_key", keys)
        put(self, "next_index", next_index)
        put(self, "key_to_index", rows)
        put(self, "norms", None)
        put(self, "expandos", {})
        put(self, "mapfile_path", mapfile_path)

    def _put(self, /, **attributes: Any) -> None:
        """Set attributes past `__setattr__`, as vars(self).update() does."""
        for name, value in attributes.items():
            try:
                object.__setattr__(self, name, value)
            except AttributeError:  # a subclass has a property of that name by now
                vars(self)[name] = value

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "vectors":
            # differs from gensim: there the lengths of the old ones are divided by.
            object.__setattr__(self, "norms", None)
        object.__setattr__(self, name, value)

    def __str__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    def __repr__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    def _repr_html_(self) -> str:
        """Return the first rows, for notebooks."""
        from fastsgns.display import html

        n_rows, n_numbers = min(5, len(self)), min(6, self.vector_size)
        counts = self.expandos.get("count")
        names = ["key", *(["count"] if counts is not None else []), *map(str, range(n_numbers))]
        more = ["..."] if n_numbers < self.vector_size else []
        rows = [
            [
                shown(self._keys_by_row[row], 40).strip("'"),
                *([counts[row]] if counts is not None else []),
                *(f"{number:.4g}" for number in self._floats(row)[:n_numbers].tolist()),
                *more,
            ]
            for row in range(n_rows)
        ]
        of_type = f"{self.vector_size} numbers of {self.vectors.dtype}"
        title = f"{type(self).__name__}: {len(self)} keys, {of_type}"
        return html.columns(title, [*names, *more], rows)

    def plot(
        self, words: Iterable[Any] | None = None, *, method: str = "pca", axes: Any = None
    ) -> Any:
        """Draw the vectors of some words as labelled points of a plane, with matplotlib.

        Not in gensim.

        Parameters
        ----------
        words : iterable of keys, optional
            By default the first 50.
        method : {"pca", "tsne", "umap"}, default "pca"
            How they come to be in a plane: their first two principal components; t-SNE, which
            needs scikit-learn; UMAP by cosine, which needs umap-learn.
        axes : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        KeyError
            A word is not there.
        ValueError
            Another method, or less than 3 words.

        Notes
        -----
        With the package adjustText, labels are moved until they do not lie on each other.
        """
        from fastsgns.display import plots

        keys = self._keys_by_row[:50] if words is None else query.items_listed(words)
        rows = [self.get_index(key) for key in keys]
        return plots.points(self._floats(rows), [str(key) for key in keys], method, axes)

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, key: Hashable) -> bool:
        return self.has_index_for(key)

    def __iter__(self) -> Iterator[Any]:
        # differs from gensim: there iterating gives vectors, and ends with a KeyError.
        return iter(self.index_to_key)

    def __getitem__(self, key_or_keys: Any) -> NDArray[Any]:
        """Return the vector of a key (read-only), or a copy of the vectors of several, one a row.

        Raises
        ------
        KeyError
            For a key that is not there.
        ValueError
            For an empty list.
        TypeError
            For what is neither a key nor several.
        """
        if isinstance(key_or_keys, SINGLE_KEY_TYPES):
            return self.get_vector(key_or_keys)
        keys = key_or_keys
        if not isinstance(keys, list):
            if query.is_key(keys, self._rows_by_key):
                return self.get_vector(keys)
            if not isinstance(keys, Iterable):
                raise TypeError(
                    f"a key is a str or an integer, or one that is there; got {shown(keys)}"
                )
            keys = list(keys)
        if not keys:
            raise ValueError("need at least one key to look up vectors, got an empty sequence")
        if (rows := self._rows_if_known(keys)) is not None:
            return self._gathered(rows)
        return np.vstack([self.get_vector(key) for key in keys])

    def get_index(self, key: Hashable, default: int | None = None) -> int:
        """Return the row of `key`.

        Parameters
        ----------
        key : hashable
            A key, or an int that is none and lies in ``range(len(self))``: a row. Where keys are
            ints, an int is a key only.
        default : int, optional
            What to return when there is no such key.

        Raises
        ------
        KeyError
            When there is no such key and no default.
        """
        row = self.key_to_index.get(key, -1)
        if row >= 0:
            return row
        if default is None or isinstance(key, _INTEGERS):
            return self._index_of_number(key, default)
        return default  # most often what is asked of is a text that is no key

    def _index_of_number(self, key: Hashable, default: int | None) -> int:
        """Return what `get_index` does for what is no key."""
        keys = self._keys_by_row
        if isinstance(key, _INTEGERS) and 0 <= key < len(keys):
            # differs from gensim: True is row 1; there it makes NumPy give a 3-D array. And where
            # the row has a number for a key, a number that is no key is none; there it is a row.
            place = as_index(key)
            there = keys[place]
            if isinstance(there, str) or there == place or not isinstance(there, _INTEGERS):
                return place
        if default is not None:
            return default
        raise self._unknown(key)

    def _check_keys(self, keys: Any, name: str) -> None:
        """Raise TypeError, or warn, when a text stands where a list of keys belongs."""
        if isinstance(keys, query.TEXTS):
            told = query.check_keys(keys, name, self._rows_by_key)
            if told is not None:
                warn(logger, told)

    def _unknown(self, key: Any, where: str = "") -> UnknownKeyError:
        return UnknownKeyError(key, self._keys_by_row, self._rows_by_key, where)

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
            Scale it to unit length. A vector of zeros stays one.

        Returns
        -------
        ndarray, shape (vector_size,)
        """
        row = self.get_index(key)
        vector: NDArray[Any] = self.vectors[row]
        if vector.dtype.char == "b":
            vector = self._floats(row)
        if norm:
            norms = self.norms
            if norms is None or type(self.vectors) is not np.ndarray:
                norms = self._norms()
            vector = vector / (norms[row] or 1)
        vector.setflags(False)  # type: ignore[call-arg]  # by its name it takes twice as long
        return vector

    def _scales(self) -> NDArray[np.float32] | None:
        """Return what each row of int8 is multiplied with; None where rows are what they say."""
        scales = self.expandos.get(SCALE)
        if scales is None:
            return None
        # What stands in for vectors while they are looked at need not be an array.
        is_int8 = getattr(getattr(self.vectors, "dtype", None), "char", "") == "b"
        return scales if is_int8 else None

    def _floats(self, rows: Any = slice(None)) -> NDArray[Any]:
        """Return rows of `vectors`, those of int8 as the numbers that they stand for."""
        chosen: NDArray[Any] = self.vectors[rows]
        scales = self._scales()
        return chosen if scales is None else chosen * scales[rows, ..., np.newaxis]

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
        self._check_keys(keys, "keys")
        if not isinstance(keys, (list, Sequence, np.ndarray)):
            keys = list(keys)
        if len(keys) == 0:
            raise ValueError("cannot compute mean with no input")
        if weights is not None:
            weights = compare.checked_weights(weights, len(keys), self.vectors.dtype)
        rows, row_weights, given = self._looked_up(keys, weights, pre_normalize, ignore_missing)
        # Lengths are computed of these rows here: `norms` may be older than the vectors.
        vectors, added = self._to_add_up(rows)
        mean = compare.weighted_mean(vectors, added, row_weights, given, scaled=pre_normalize)
        return compare.unit_vector(mean).astype(REAL, copy=False) if post_normalize else mean

    def _to_add_up(self, rows: list[int]) -> tuple[NDArray[Any], list[int]]:
        """Return a matrix of numbers and which of its rows are meant: `vectors`, if it is one."""
        if self._scales() is None:
            return self.vectors, rows
        return self._floats(rows), list(range(len(rows)))

    def _rows_if_known(self, keys: Iterable[Any]) -> list[int] | None:
        """Return the row of each key when all of them are there, as they nearly always are."""
        try:
            rows = list(map(self._rows_by_key.get, keys))
        except TypeError:  # arrays
            return None
        return None if None in rows else rows

    def _gathered(self, rows: list[int]) -> NDArray[Any]:
        """Return a copy of some rows, as numbers."""
        if self._scales() is not None:
            return self._floats(rows)
        return np.asarray(self.vectors).take(rows, 0)

    def _looked_up(
        self,
        keys: Any,
        weights: list[float] | NDArray[Any] | None,
        norm: bool,
        ignore_missing: bool,
    ) -> tuple[list[int], list[float] | NDArray[Any] | None, list[tuple[Any, NDArray[Any]]]]:
        """Return the rows of keys and their weights, and (weight, vector) of what has no row."""
        if (known := self._rows_if_known(keys)) is not None:
            return known, weights, []
        rows, used, given = [], [], []
        for key, weight in zip(keys, repeat(1) if weights is None else weights, strict=False):
            if isinstance(key, np.ndarray):
                given.append((weight, self._checked_vector(key)))
            elif (row := self.get_index(key, -1)) >= 0:
                rows.append(row)
                used.append(weight)
            elif key in self:  # a subclass finds a vector for it
                given.append((weight, self.get_vector(key, norm=norm)))
            elif not ignore_missing:
                raise self._unknown(key, " in vocabulary")
        if isinstance(weights, np.ndarray):
            return rows, np.array(used, weights.dtype), given
        return rows, None if weights is None else used, given

    def _checked_vector(self, vector: NDArray[Any]) -> NDArray[Any]:
        if vector.shape != (self.vector_size,):
            raise ValueError(
                f"a vector must have shape ({self.vector_size},), got {tuple(vector.shape)}"
            )
        return vector

    def transform(
        self,
        texts: Any,
        weights: Any = None,
        pool: str = "mean",
        unknown: str = "skip",
        *,
        pre_normalize: bool = False,
        remove_common: bool | ArrayLike = False,
        workers: int = -1,
    ) -> NDArray[np.float32]:
        """Return a vector for each of many texts, computed at once.

        Not in gensim. By default it is the mean of the vectors of the words: what `get_mean_vector`
        gives for each text with the same `pre_normalize`.

        Parameters
        ----------
        texts : iterable of token sequences, integer arrays, or EncodedCorpus
            All that `Word2Vec` takes as sentences, consumed once. Integers are row numbers, unless
            they are keys: an array of shape (n_texts, n), or a list of arrays.
        weights : None, "idf", "sif" or mapping of key to float
            What the vector of a word is multiplied by. "idf": ln((1 + n) / (1 + df)) + 1, where df
            of these n texts have the word. "sif": 1e-3 / (1e-3 + p), where p is the share of the
            word in the attribute "count" of all keys. A mapping needs each word that is there.
        pool : {"mean", "sum", "max"}, default "mean"
            The mean divides the sum by that of the absolute weights; with "sif", as its source, by
            the number of words. "max" takes the largest of each number.
        unknown : {"skip", "zero", "error"}, default "skip"
            A word that is not there is left out, is a vector of zeros with the weight 1, or a
            KeyError that names the text.
        pre_normalize : bool, default False
            Scale the vector of each word to unit length first.
        remove_common : bool or array_like of shape (vector_size,), default False
            Subtract from the vector of each text its projection on one direction: True, the one
            that all have most in common, the first singular vector of the matrix of them
            (Arora et al. 2017, algorithm 1); or the direction given, such as that of other texts:
            ``numpy.linalg.svd(vectors, full_matrices=False)[2][0]``.
        workers : int, default -1
            Threads; -1 is all cores. The result does not depend on it.

        Returns
        -------
        ndarray of float32, shape (n_texts, vector_size)
            Zeros for a text of which no word counts.

        Raises
        ------
        TypeError
            A str in the place of texts or of a text, and whatever else is none.
        ValueError
            For an argument that can't be; for "sif" without counts.
        KeyError
            An unknown word with ``unknown="error"``, a word without a weight.

        References
        ----------
        Arora, Liang & Ma 2017, A Simple but Tough-to-Beat Baseline for Sentence Embeddings, ICLR.
        """
        from fastsgns.corpus.texts import read_texts
        from fastsgns.vectors import pooling

        pooling.check_choices(pool, unknown, weights)
        n_threads = _params.as_workers(workers)
        direction = pooling.as_direction(remove_common, self.vector_size)
        read = read_texts(texts, self.key_to_index, lambda token: self.get_index(token, -1))
        if unknown == "error" and (found := read.first_unknown()):
            raise self._unknown(found[1], f", in text {found[0]}")
        self._check_mapped()
        pooled = pooling.pooled(
            read,
            pooling.as_floats(self._floats()),
            pooling.weighting(weights, read, self.index_to_key, self.expandos.get("count")),
            pool,
            count_unknown=unknown == "zero",
            scaled=pre_normalize,
            workers=n_threads,
        )
        pooling.remove_common(pooled, direction)
        return pooled

    def to_frame(self) -> Any:
        """Return the vectors as a frame of pandas: the index has the keys, a column each number.

        Not in gensim, nor are the next two. All are copies.
        """
        from fastsgns.vectors import tables

        return tables.pandas_frame(self.index_to_key, self._floats())

    def to_polars(self) -> Any:
        """Return the vectors as a frame of polars: columns "key" and "vector", an array each."""
        from fastsgns.vectors import tables

        return tables.polars_frame(self.index_to_key, self._floats())

    def to_arrow(self) -> Any:
        """Return the vectors as a table of Arrow: columns "key" and "vector", a list each.

        Raises
        ------
        TypeError
            Arrow has no one type for all keys.
        """
        from fastsgns.vectors import tables

        return tables.arrow_table(self.index_to_key, self._floats())

    def vectors_for_all(
        self, keys: Iterable[Hashable], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> KeyedVectors:
        """Return a new KeyedVectors with the vectors of `keys`, in their order.

        Parameters
        ----------
        keys : iterable of hashable
            Repeated keys count once; those that are not there are left out.
        allow_inference : bool, default True
            Keys that a subclass finds a vector for, though they are not stored, count as there.
        copy_vecattrs : bool, default False
            Take the attributes of the keys along. Otherwise counts are made up: n, n - 1, ..., 1.
        """
        # differs from gensim: int keys stay keys; there they become None.
        self._check_keys(keys, "keys")
        listed = list(dict.fromkeys(keys))
        rows = self._rows_if_known(listed)
        if rows is None:
            there = self.__contains__ if allow_inference else self.key_to_index.__contains__
            listed = [key for key in listed if there(key)]
        if not listed:
            return KeyedVectors(self.vector_size, 0, dtype=self._floats(slice(0)).dtype)
        if rows is not None:
            vectors = self._gathered(rows)
        else:  # into their places: a list of them would be as large again
            vectors = np.empty((len(listed), self.vector_size), self._floats(slice(0)).dtype)
            for row, key in enumerate(listed):
                vectors[row] = self.get_vector(key)
        found = dict(zip(listed, count()))
        chosen = KeyedVectors.__new__(KeyedVectors)
        chosen._begin(vectors, self.vector_size, listed, found, len(listed))
        if not copy_vecattrs:
            chosen.expandos["count"] = np.arange(len(found), 0, -1)
            return chosen
        for attr in self.expandos.keys() - ({SCALE} if self._scales() is not None else set()):
            chosen.allocate_vecattrs([attr], [self.expandos[attr].dtype])
            for key, row in found.items():
                chosen.expandos[attr][row] = self.get_vecattr(key, attr)
        return chosen

    # ---------------------------------------------------------------- lengths

    def fill_norms(self, force: bool = False) -> None:
        """Compute the lengths of all vectors into `norms`, unless they are there.

        Assigning `vectors` has them computed anew. Call it with ``force=True`` after writing into
        the array.
        """
        if self.norms is None or force or len(self.norms) != len(self.vectors):
            scales = self._scales()
            norms = compare.row_norms(self.vectors)
            self.norms = norms if scales is None else norms * scales

    def get_normed_vectors(self) -> NDArray[Any]:
        """Return a copy of all vectors, each scaled to unit length, shape (n_keys, vector_size).

        Vectors of zeros stay zeros.
        """
        normed: NDArray[Any] = self._floats() / compare.divisors(self._norms())[:, np.newaxis]
        return normed

    def unit_normalize_all(self) -> None:
        """Scale all vectors to unit length, in place and for good; vectors of zeros stay zeros."""
        if self.vectors.dtype.kind == "f":
            self._divide_by_norms()
            return
        with all_or_nothing(self, only=("vectors", "norms", "expandos")):
            norms = self._norms()
            if (scales := self._scales()) is not None:
                self.expandos[SCALE] = (scales / compare.divisors(norms)).astype(np.float32)
            else:
                self.vectors = self.get_normed_vectors()
            self.norms = (norms != 0).astype(np.float64)

    def _divide_by_norms(self) -> None:
        before, row, held = self.norms, 0, None
        units = np.empty(0)
        try:
            norms = self._norms()
            units = (norms != 0).astype(np.float64)
            dtype = compare.wide_dtype(self.vectors.dtype)  # after a first call `norms` are wider
            columns = compare.divisors(norms).astype(dtype, copy=False)[:, np.newaxis]
            if len(columns):  # the row that changes most
                row = int(np.argmax(np.nan_to_num(np.abs(columns - 1))))
            held = self.vectors[row : row + 1].tobytes()
            np.divide(self.vectors, columns, self.vectors, casting="same_kind")
            self.norms = units
        except BaseException:  # what was divided stays so, and its lengths go with it
            with deferred():
                is_done = held not in (None, self.vectors[row : row + 1].tobytes())
                self.norms = units if is_done else before
            raise

    def _check_mapped(self) -> None:
        """Raise OSError when all vectors are about to be read, out of a file that was changed."""
        if type(self.vectors) is not np.ndarray:
            from fastsgns.io.npy import check_mapped  # comes when first used

            check_mapped(self.vectors)

    def _norms(self) -> NDArray[Any]:
        """Return `norms`, computed if need be; all vectors are about to be read."""
        self._check_mapped()
        norms = self.norms
        if norms is None or len(norms) != len(self.vectors):
            self.fill_norms(force=True)
        return cast("NDArray[Any]", self.norms)

    # ---------------------------------------------------------------- add and order

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
        values = self._checked_vector(np.asarray(vector))
        row = self.next_index
        if row < len(self) and self.index_to_key[row] is None:
            self._put_in_row(row, key, values)
        else:
            warnings.warn(
                "Adding single vectors to a KeyedVectors which grows by one each time can be "
                "costly. Consider adding in batches or preallocating to the required size.",
                UserWarning,
                stacklevel=2,
            )
            row, before = len(self), self.next_index
            try:
                self.next_index = row + 1
                self.add_vectors([key], values[np.newaxis])
            except BaseException:
                if row == len(self):  # it was not added
                    self.next_index = before
                raise
        return row

    def _put_in_row(self, row: int, key: Hashable, values: NDArray[Any]) -> None:
        """Have a key in a row that is allocated and has none."""
        before = {"norms": self.norms, "next_index": self.next_index}
        held = self.vectors[row].copy()
        scale = None if self._scales() is None else self.expandos[SCALE][row]
        try:
            self._put_rows(slice(row, row + 1), values[np.newaxis])
            self.index_to_key[row] = key
            self.key_to_index[key] = row
            self.next_index = row + 1
        except BaseException:
            with deferred():
                self.index_to_key[row] = None
                self.key_to_index.pop(key, None)
                self._put(**before)
                if scale is not None:
                    self.expandos[SCALE][row] = scale
                if self.vectors.flags.writeable:
                    self.vectors[row] = held
            raise

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
            Not as many vectors or attributes as keys, vectors of another length, or numbers that
            the type of the vectors cannot hold. Nothing has been added then.
        """
        if isinstance(keys, SINGLE_KEY_TYPES):
            keys = [keys]
            weights = np.asarray(weights).reshape(1, -1)
        keys = list(keys)
        values = np.asarray(weights)
        if not keys and not values.size:
            return
        # differs from gensim: all is checked before anything is changed; there a wrong vector size
        # leaves keys without vectors.
        if values.shape != (len(keys), self.vector_size):
            raise ValueError(
                f"the vectors of {len(keys)} keys must have shape "
                f"({len(keys)}, {self.vector_size}), got {values.shape}"
            )
        values, scale = self._stored(values)
        given = (extras or {}) | scale
        columns = edits.checked_attributes(given, len(keys), self.expandos) if given else {}
        placed = edits.placement(keys, self.key_to_index, len(self), replace=replace)
        n_before = len(self)
        before = {"vectors": self.vectors, "norms": self.norms, "expandos": self.expandos}
        in_place = placed.n_rows == len(self.vectors) and self.vectors.flags.writeable
        replaced = self.vectors.take(placed.rows, axis=0) if in_place else None
        try:
            self.vectors = edits.with_rows(self.vectors, placed, values)
            self.index_to_key.extend(placed.new_keys)
            self.key_to_index.update(placed.new_keys)
            # differs from gensim: lengths are forgotten and attributes grow; there the next
            # most_similar or set_vecattr fails (its issues 2532, 3224, 3320).
            self.norms = None
            if self.expandos or columns:
                self.expandos = edits.with_attributes(self.expandos, columns, placed)
        except BaseException:  # what was not there is taken away: copies of all keys take longer
            with deferred():
                del self.index_to_key[n_before:]
                for key in placed.new_keys:
                    self.key_to_index.pop(key, None)
                self._put(**before)
                if replaced is not None:
                    self.vectors[placed.rows] = replaced
            raise

    def _stored(self, values: NDArray[Any]) -> tuple[NDArray[Any], dict[str, NDArray[np.float32]]]:
        """Return rows as `vectors` holds them, and the attributes that go with them."""
        if values.dtype == self.vectors.dtype != np.int8:
            return values, {}
        from fastsgns.vectors import narrow

        if self._scales() is None:
            return narrow.stored(values, self.vectors.dtype), {}
        integers, scales = narrow.quantized(values)
        return integers, {SCALE: scales}

    def _put_rows(
        self, rows: slice | Sequence[int] | NDArray[np.intp], values: NDArray[Any]
    ) -> None:
        """Replace rows of `vectors`; the caller sees to it that they are put back."""
        stored, attributes = self._stored(values)
        self.vectors[rows] = stored
        for attr, column in attributes.items():
            self.expandos[attr][rows] = column
        if self.norms is not None:
            self.norms = None

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
        order = edits.descending_order(self.expandos["count"])
        if order is None:
            return
        if len(self.vectors):
            logger.warning("sorting after vectors have been allocated is expensive & error-prone")
        self._take_rows(order)

    def remove(self, keys: Any) -> None:
        """Remove keys, with everything that goes with them. Not in gensim, nor is the next.

        Of a model, use its own `remove`, which keeps its other matrices in step.

        Parameters
        ----------
        keys : key or iterable of keys

        Raises
        ------
        KeyError
            A key is not there. Nothing has been removed then.
        """
        self._take_rows(self._rows_without(keys))

    def restrict(self, keys: Any) -> None:
        """Keep some keys only, in the order of the rows, with everything that goes with them.

        Of a model, use its own `restrict`, which keeps its other matrices in step.

        Parameters
        ----------
        keys : key or iterable of keys
            Those that are not there do not matter; the log has their number.
        """
        self._take_rows(self._rows_of_known(keys))

    def _rows_without(self, keys: Any) -> NDArray[np.intp]:
        kept = np.ones(len(self), bool)
        kept[[self.get_index(key) for key in query.items_listed(keys)]] = False
        return np.flatnonzero(kept)

    def _rows_of_known(self, keys: Any) -> NDArray[np.intp]:
        wanted = set(query.items_listed(keys))
        rows = [row for row in (self.get_index(key, -1) for key in wanted) if row >= 0]
        logger.info("%d of %d keys stay, of %d wanted", len(set(rows)), len(self), len(wanted))
        return np.unique(np.array(rows, np.intp))

    def _take_rows(self, order: NDArray[np.intp]) -> None:
        """Have these rows, in this order, with everything that goes with them."""
        n_keys = len(self)
        with all_or_nothing(self):
            self.allocate_vecattrs()
            keys = [self._keys_by_row[row] for row in order.tolist()]
            known = self._rows_by_key  # rows allocated ahead have no key
            rows = {key: row for row, key in enumerate(keys) if key in known}
            self.expandos = {attr: values[order] for attr, values in self.expandos.items()}
            self.next_index = int((order < self.next_index).sum())
            norms = self.norms
            if len(self.vectors):
                self.vectors = self.vectors[order]
            # differs from gensim: the lengths of the vectors move along with them.
            if norms is not None:
                self.norms = norms[order]
            locks = getattr(self, "vectors_lockf", None)
            if locks is not None and len(locks) == n_keys > 1:  # one stands for all
                self.vectors_lockf = locks[order]
            self._put_keys(keys, rows)

    def resize_vectors(self, seed: int = 0) -> None:
        """Make `vectors` as long as `index_to_key`, new rows random as in `prep_vectors`.

        Raises
        ------
        TypeError
            They are int8: random rows are floats.
        """
        if self.vectors.dtype.kind != "f":
            raise TypeError(f"random vectors are floats, got vectors of {self.vectors.dtype}")
        with all_or_nothing(self, only=("vectors", "norms", "expandos")):
            self.vectors = prep_vectors(
                (len(self.index_to_key), self.vector_size), prior_vectors=self.vectors, seed=seed
            )
            self.allocate_vecattrs()

    # ---------------------------------------------------------------- other vectors of these

    def astype(self, dtype: DTypeLike) -> KeyedVectors:
        """Return a copy whose vectors are of another type, which takes less memory or is exacter.

        Not in gensim, nor are the next four. What is asked of it is computed in float32 at least.

        Parameters
        ----------
        dtype : {"float16", "float32", "float64", "int8"}
            A half and a quarter of the memory of float32 are float16, exact to 1/2048 of a number,
            and int8, to 1/254 of the largest of its vector. Of int8, ``vectors`` holds integers
            from -127 to 127, and the attribute "int8_scale" of a key what its row is multiplied
            with; all methods do so.

        Raises
        ------
        ValueError
            Another type; a number is beyond the type's, or not finite and the type is int8.

        Notes
        -----
        A scale for each vector loses less than one for all, as for the rows of a matrix in Dettmers
        et al. 2022, "LLM.int8()", section 3.1. docs/benchmarks.md has what is lost.
        """
        from fastsgns.vectors import narrow

        chosen = narrow.as_dtype(dtype)
        if chosen != np.int8:
            return self._made_of(np.array(narrow.stored(self._floats(), chosen), order="C"))
        known = self._scales()
        integers, scales = narrow.quantized(self.vectors)
        made = self._made_of(integers if known is None else self.vectors.copy())
        made.expandos[SCALE] = scales if known is None else known.copy()
        return made

    def truncate(self, dims: int) -> KeyedVectors:
        """Return vectors of fewer dimensions: those along which the vectors vary most.

        Principal components (Pearson 1901, "On lines and planes of closest fit to systems of points
        in space"): the mean of all vectors is subtracted, so that cosines are about it. The first
        number of a vector says most. Raunak et al. 2019, "Effective Dimensionality Reduction for
        Word Embeddings", call `postprocess` before and after.

        Parameters
        ----------
        dims : int
            From 1 to `vector_size`.
        """
        from fastsgns.vectors import reshaping

        self._check_some()
        dims = _params.as_int("dims", dims, at_least=1, at_most=self.vector_size)
        return self._made_of(reshaping.truncated(self._floats(), dims))

    def postprocess(self, method: str = "all-but-the-top", *, n: int | None = None) -> KeyedVectors:
        """Return vectors without what they all share, which says little of any word.

        Parameters
        ----------
        method : {"all-but-the-top"}
            Subtract the mean of all vectors, and what is left of each along the first `n` principal
            components (Mu & Viswanath 2018, "All-but-the-Top: Simple and Effective Postprocessing
            for Word Representations", algorithm 1).
        n : int, optional
            By default a hundredth of `vector_size`, as there; 0 subtracts the mean only.
        """
        from fastsgns.vectors import reshaping

        if method not in reshaping.METHODS:
            known = ", ".join(map(repr, reshaping.METHODS))
            raise ValueError(f"method must be one of {known}, got {shown(method)}")
        self._check_some()
        n = self.vector_size // 100 if n is None else n
        n = _params.as_int("n", n, at_least=0, at_most=self.vector_size - 1)
        return self._made_of(reshaping.without_top(self._floats(), n))

    def align_to(self, other: KeyedVectors) -> KeyedVectors:
        """Return the vectors turned so that those of shared keys come near to another's.

        Vectors of two trainings cannot be compared: each has axes of its own. The rotation (or
        reflection) that makes the sum of the cosines of the shared keys largest changes no cosine
        among the vectors themselves (orthogonal Procrustes: Schönemann 1966, "A generalized
        solution of the orthogonal Procrustes problem"; of unit vectors, as in Xing et al. 2015,
        "Normalized Word Embedding and Orthogonal Transform for Bilingual Word Translation").

        Parameters
        ----------
        other : KeyedVectors
            Of the same `vector_size`.

        Raises
        ------
        ValueError
            Another `vector_size`, or no shared keys.

        Warns
        -----
        UserWarning
            Fewer keys are shared than there are dimensions: the rest of the rotation is arbitrary.
        """
        from fastsgns.vectors import reshaping

        _check_vectors("other", other)
        if other.vector_size != self.vector_size:
            raise ValueError(
                f"vectors of {self.vector_size} dimensions cannot be turned to those of"
                f" {other.vector_size}: truncate() the longer ones"
            )
        rows, others = self._shared_rows(other)
        if len(rows) < self.vector_size:
            warn(
                logger,
                f"{len(rows)} shared keys do not say how to turn {self.vector_size} dimensions",
            )
        by = reshaping.rotation(self.vectors, rows, other.vectors, others)
        return self._made_of(reshaping.turned(self._floats(), by))

    def concatenate(self, other: KeyedVectors) -> KeyedVectors:
        """Return the vectors of shared keys, each behind its other one, both at unit length.

        Their cosines are the means of the two (CONC of Yin & Schütze 2016, "Learning Word
        Meta-Embeddings", with equal weights).

        Parameters
        ----------
        other : KeyedVectors
            Of any `vector_size`.

        Returns
        -------
        KeyedVectors
            Of both sizes together, with the order and the attributes that the keys have here.

        Raises
        ------
        ValueError
            No keys are shared.
        """
        from fastsgns.vectors import reshaping

        _check_vectors("other", other)
        rows, others = self._shared_rows(other)
        return self._made_of(
            reshaping.side_by_side(self.vectors, rows, other.vectors, others), rows
        )

    def _check_some(self) -> None:
        self._check_mapped()
        if not len(self.vectors):
            raise ValueError("there are no vectors")

    def _shared_rows(self, other: KeyedVectors) -> tuple[list[int], list[int]]:
        """Return the rows of the keys that both have, here and there, in the order of ours."""
        keys = [key for key in self.index_to_key if key in self.key_to_index]
        shared = [key for key in keys if key in other.key_to_index]
        if not shared:
            raise ValueError(
                f"no key is shared: {shown(keys[:3])} ... here,"
                f" {shown(list(other.key_to_index)[:3])} ... there"
            )
        return [self.key_to_index[k] for k in shared], [other.key_to_index[k] for k in shared]

    def _made_of(self, vectors: NDArray[Any], rows: list[int] | None = None) -> KeyedVectors:
        """Return other vectors of our keys, or of the keys of some rows, with their attributes."""
        edits.check_matrix(self.index_to_key if rows is None else rows, vectors)
        chosen = slice(None) if rows is None else rows
        made = KeyedVectors(vectors.shape[1], 0, dtype=vectors.dtype)
        made.vectors = vectors
        keys = self.index_to_key
        made.index_to_key = keys[:] if rows is None else [keys[row] for row in rows]
        known = self.key_to_index
        made.key_to_index = {k: row for row, k in enumerate(made.index_to_key) if k in known}
        made.next_index = self.next_index if rows is None else len(rows)
        self.allocate_vecattrs()
        left_out = SCALE if self._scales() is not None else None
        made.expandos = {
            attr: values[chosen].copy()
            for attr, values in self.expandos.items()
            if attr != left_out
        }
        return made

    # ---------------------------------------------------------------- attributes of the keys

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
        made: dict[str, NDArray[Any]] = {}
        for attr, wanted in zip(attrs, types, strict=False):
            prior = made.get(attr, self.expandos.get(attr))
            made[attr] = edits.attribute(attr, wanted, prior, len(self))
        self.expandos.update(made)  # all of them, or none

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
        prior = self.expandos.get(attr)
        values = edits.attribute(attr, type(val), prior, len(self))
        values[row] = val
        if values is not prior:
            self.expandos[attr] = values

    def get_vecattr(self, key: Hashable, attr: str) -> Any:
        """Return attribute `attr` of `key`.

        Raises
        ------
        KeyError
            No such key or no such attribute.
        """
        row = self.get_index(key)
        try:
            return self.expandos[attr][row]
        except IndexError:  # keys were added to index_to_key by hand after it was allocated
            self.allocate_vecattrs()
            return self.expandos[attr][row]

    # ---------------------------------------------------------------- search

    @overload
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Indexer | None = None,
        *,
        among: Iterable[Any] | None = None,
        without: Iterable[Any] = (),
        min_similarity: float | None = None,
    ) -> Neighbours: ...
    @overload
    def most_similar(
        self,
        positive: Any,
        negative: Any,
        topn: None,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Indexer | None = None,
        *,
        among: Iterable[Any] | None = None,
    ) -> NDArray[Any]: ...
    @overload
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        *,
        topn: None,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Indexer | None = None,
        among: Iterable[Any] | None = None,
    ) -> NDArray[Any]: ...
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Indexer | None = None,
        *,
        among: Iterable[Any] | None = None,
        without: Iterable[Any] = (),
        min_similarity: float | None = None,
    ) -> Neighbours | NDArray[Any]:
        """Find the keys whose vectors are nearest, by cosine, to a mean of vectors.

        Each key is scaled to unit length, `positive` counts +1 and `negative` -1, and the
        similarity of row i is ``cos(mean, vectors[i])`` (3CosAdd of Levy & Goldberg 2014,
        "Linguistic Regularities in Sparse and Explicit Word Representations", eq. 3).

        Parameters
        ----------
        positive, negative : key, row number, vector, or list of these, optional
            In a list, a pair ``(key or vector, weight)`` gives its own weight, sign included. A
            2-D array is a list of vectors.
        topn : int or None, default 10
            How many; < 1 gives ``[]``, None all similarities.
        clip_start, clip_end : int, default 0 and None
            Search these rows only.
        restrict_vocab : int, optional
            Search the first so many rows only, whatever the clips say. 0 is all rows.
        indexer : optional
            What `build_index` or `load_index` gives: finds nearly all of the nearest, in less time,
            with their similarities as without it. Or gensim's AnnoyIndexer, or the like: it is
            asked for the neighbours instead, with the mean and `topn`, and answers as it likes.
        among : iterable of keys, optional
            Search these only. Not in gensim, nor are the next two.
        without : iterable of keys, optional
            Leave these out of the answer.
        min_similarity : float, optional
            Leave out what is less similar.

        Returns
        -------
        list of (key, float)
            Best first, without the keys asked for. Of equal similarities, the lower row first (with
            `among`, what stands there first).
        ndarray, shape (rows searched,)
            With ``topn=None``; with `among` in its order.

        Raises
        ------
        KeyError
            A key is not there.
        ValueError
            Nothing is asked for, or a vector has another length.
        TypeError
            `positive` or `negative` is a tuple or a set, for one cannot tell what it means.

        Notes
        -----
        Similarities are summed in double precision and rounded once, so that they do not depend on
        how many queries there are, nor on the processor. The lengths of the rows are computed on
        the way: after changes to `vectors`, nothing needs to be told to forget old ones.
        """
        without = query.items_listed(without)
        query.check_filters(topn, without, min_similarity)
        if topn is not None and topn < 1:
            return []
        items, weights = query.weighted_items(positive, negative, self._rows_by_key)
        mean = self.get_mean_vector(
            items, weights, pre_normalize=True, post_normalize=True, ignore_missing=False
        )
        if indexer is not None and isinstance(topn, int):
            if clip_start or clip_end:
                raise ValueError("an index searches all keys: not with clip_start or clip_end")
            asked = [self._rows_of(items)]
            found = self._found_by(
                indexer, mean[np.newaxis], asked, topn,
                (restrict_vocab, among, without, min_similarity), 1,
            )  # fmt: skip
            return found[0]
        part = nearest.rows_to_search(len(self.vectors), clip_start, clip_end, restrict_vocab)
        field = self._field(part, among, without)
        if topn is None:
            return nearest.cosines(field, self.vectors, mean)
        excluded = field.places_of(self._rows_of(items))
        least = np.nan if min_similarity is None else float(min_similarity)
        k = min(topn, field.rows.n)
        places, scores = field.rows.nearest(mean[np.newaxis], k, excluded, least)
        return field.keys_at(places, scores, self._keys_by_row)

    def _rows_of(self, items: list[Any]) -> list[int]:
        """Return the rows of those items of a question that have one."""
        if (known := self._rows_if_known(items)) is not None:
            return known
        keys = [item for item in items if not isinstance(item, np.ndarray)]
        return [row for key in keys if (row := self.get_index(key, -1)) >= 0]

    def _field(
        self, part: slice, among: Iterable[Any] | None, without: Iterable[Any]
    ) -> nearest.Field:
        """Return what is searched, given keys."""
        self._check_mapped()
        edits.check_matrix(self._keys_by_row, self.vectors)
        if among is not None:
            among = [self.get_index(key) for key in query.items_listed(among)]
        return nearest.field(self.vectors, part, among, [self.get_index(key) for key in without])

    def _found_by(
        self,
        indexer: Indexer,
        units: NDArray[np.float32],
        asked: list[list[int]],
        k: int,
        filters: tuple[int | None, Iterable[Any] | None, list[Any], float | None],
        workers: int,
    ) -> list[Neighbours]:
        """Return what an index finds near to unit vectors, less the rows that each asks for."""
        candidates = getattr(indexer, "candidates", None)
        if candidates is None:  # gensim's, or the user's
            return [indexer.most_similar(unit, k) for unit in units]
        from fastsgns.vectors import approximate

        restrict_vocab, among, without, least = filters
        if restrict_vocab or among is not None:
            raise ValueError("an index searches all keys: not with restrict_vocab or among")
        self._check_mapped()
        everywhere = [self.get_index(key) for key in without]
        left_out = [{*own, *everywhere} for own in asked]
        rows = candidates(self, units, k + max(map(len, left_out), default=0), workers)
        keys, answers = self._keys_by_row, []
        ranked = approximate.ranked(self.vectors, units, rows)
        for unwanted, (near, scores) in zip(left_out, ranked, strict=True):
            found = [
                (keys[row], score)
                for row, score in zip(near.tolist(), scores.tolist(), strict=True)
                if row not in unwanted and (least is None or score >= least)
            ]
            answers.append(found[:k])
        return answers

    @overload
    def most_similar_batch(
        self,
        queries: Any,
        topn: int = 10,
        restrict_vocab: int | None = None,
        *,
        among: Iterable[Any] | None = None,
        without: Iterable[Any] = (),
        min_similarity: float | None = None,
        unknown: str = "error",
        workers: int = -1,
        indexer: Indexer | None = None,
    ) -> list[Neighbours]: ...
    @overload
    def most_similar_batch(
        self,
        queries: Any,
        topn: None,
        restrict_vocab: int | None = None,
        *,
        among: Iterable[Any] | None = None,
        unknown: str = "error",
        workers: int = -1,
        indexer: Indexer | None = None,
    ) -> NDArray[np.float32]: ...
    def most_similar_batch(
        self,
        queries: Any,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        among: Iterable[Any] | None = None,
        without: Iterable[Any] = (),
        min_similarity: float | None = None,
        unknown: str = "error",
        workers: int = -1,
        indexer: Indexer | None = None,
    ) -> list[Neighbours] | NDArray[np.float32]:
        """Answer many `most_similar` questions at once, in few passes over the vectors.

        Not in gensim. The answers are those of `most_similar` for each query, to the bit.

        Parameters
        ----------
        queries : iterable
            Each is a key, a row number, a vector, or a pair ``(positive, negative)`` of what
            `most_similar` takes by these names. One str is one query. An iterator is read as far as
            it is answered.
        topn : int or None, default 10
            How many; < 1 gives empty lists, None all similarities.
        restrict_vocab, among, without, min_similarity
            As for `most_similar`.
        unknown : {"error", "skip"}, default "error"
            What becomes of a query with a key that is not there: a KeyError, or an empty answer, so
            that answers stay beside their queries (with ``topn=None``, a row of NaN).
        workers : int, default -1
            Threads; -1 is all cores. The answers do not depend on it.
        indexer : optional
            As for `most_similar`; of no effect with ``topn=None``.

        Returns
        -------
        list of list of (key, float)
            One list a query, without the keys that it asks for.
        ndarray of float32, shape (n_queries, rows searched)
            With ``topn=None``. Sums in single precision: the last bits may differ from those of the
            lists.

        Notes
        -----
        Beside the vectors and the answers, less than 32 MB are used, however many queries there
        are.
        """
        without = query.items_listed(without)
        query.check_filters(topn, without, min_similarity)
        if unknown not in ("error", "skip"):
            raise ValueError(f"unknown must be 'error' or 'skip', got {unknown!r}")
        n_threads = _params.as_workers(workers)
        part = nearest.rows_to_search(len(self.vectors), 0, None, restrict_vocab)
        field = self._field(part, among, without)
        k = field.rows.n if topn is None else max(0, int(topn))
        least = np.nan if min_similarity is None else float(min_similarity)
        waiting = iter(query.one_or_many(queries))
        n_at_once = search.n_queries_at_once(self.vector_size, k, n_threads)
        answers: list[Neighbours] = []
        similarities = [np.empty((0, field.rows.n), np.float32)]
        while block := list(islice(waiting, n_at_once)):
            means, asked, known = self._directions(block, unknown == "skip")
            if topn is None:
                similarities.append(search.compare(field.rows, means, n_threads))
                similarities[-1][~known] = np.nan
                continue
            if indexer is not None:
                filters = restrict_vocab, among, without, min_similarity
                found = self._found_by(indexer, means, asked, k, filters, n_threads)
                answers += [
                    near if is_known else []
                    for near, is_known in zip(found, known.tolist(), strict=True)
                ]
                continue
            excluded = [field.places_of(rows) for rows in asked]
            ranked = search.nearest(field.rows, means, k, excluded, least, n_threads)
            for (places, scores), is_known in zip(ranked, known.tolist(), strict=True):
                near = places.tolist(), scores.tolist(), self._keys_by_row
                answers.append(field.keys_at(*near) if is_known else [])
        return np.concatenate(similarities) if topn is None else answers

    def _directions(
        self, queries: list[Any], skip_unknown: bool
    ) -> tuple[NDArray[np.float32], list[list[int]], NDArray[np.bool_]]:
        """Return the unit vector of each query, the rows it asks for, and whether these are there.

        A key alone, as most queries are, is what `get_mean_vector` makes of it, for all at once.
        """
        means = np.zeros((len(queries), self.vector_size), np.float32)
        asked: list[list[int]] = [[] for _ in queries]
        known = np.ones(len(queries), bool)
        places, rows = [], []
        for place, item in enumerate(queries):
            if isinstance(item, str) and (row := self._rows_by_key.get(item, -1)) >= 0:
                places.append(place)
                rows.append(row)
                asked[place].append(row)
                continue
            try:
                positive, negative = query.batch_item(item, self._rows_by_key)
                items, weights = query.weighted_items(positive, negative, self._rows_by_key)
                asked[place] = self._rows_of(items)
                means[place] = self.get_mean_vector(
                    items, weights, post_normalize=True, ignore_missing=False
                )
            except KeyError:
                if not skip_unknown:
                    raise
                known[place] = False
        if rows:
            means[places] = compare.unit_rows(compare.scaled_rows(self.vectors, rows))
        return means, asked, known

    def build_index(
        self,
        path: Path | None = None,
        *,
        connectivity: int = 16,
        expansion_add: int = 128,
        expansion_search: int = 64,
        sample: int = 1000,
        workers: int = -1,
    ) -> NeighbourIndex:
        """Make an index, with which `most_similar` and its batch take less time in large stores.

        It finds nearly all of the nearest: how many is measured, logged, and its `recall`. Needs
        the package usearch, the extra ``fastsgns[ann]``. Not in gensim, nor is the next.

        Parameters
        ----------
        path : str or path, optional
            Save it there, and look at it where it lies in the file (mapped) from then on.
        connectivity, expansion_add, expansion_search : int, default 16, 128, 64
            M, efConstruction and ef of HNSW: more of them find more, and take longer, in memory, to
            make and to search (Malkov & Yashunin 2018, "Efficient and robust approximate nearest
            neighbor search using Hierarchical Navigable Small World graphs").
        sample : int, default 1000
            Keys whose neighbours are searched with it and without it, to measure the recall.
        workers : int, default -1
            Threads; -1 is all cores. With one, the same vectors give the same index.

        Returns
        -------
        NeighbourIndex

        Raises
        ------
        ImportError
            usearch is not installed.
        ValueError
            There are no vectors, or a number is too small.

        Notes
        -----
        It is an index of the vectors as they are now, and refused when keys have been added,
        removed or sorted; what it finds is judged by the vectors as they are when it is asked.
        """
        from fastsgns.neighbours import NeighbourIndex

        self._check_some()
        made = NeighbourIndex._built(
            self,
            connectivity=connectivity,
            expansion_add=expansion_add,
            expansion_search=expansion_search,
            sample=sample,
            workers=workers,
        )
        if path is None:
            return made
        made.save(path)
        return self.load_index(path)

    def load_index(self, path: Path) -> NeighbourIndex:
        """Open an index of these vectors that was saved; processes share the file's memory.

        Its checksum is compared. It is trusted then: a forged one may end the process.

        Raises
        ------
        FormatError
            It is no index, is damaged, or is one of other vectors.
        ImportError
            usearch is not installed.
        """
        from fastsgns.neighbours import NeighbourIndex

        return NeighbourIndex._loaded(self, path)

    def similar_by_key(
        self, key: Any, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | Any:
        """Find the keys nearest to `key`: ``most_similar([key], ...)``."""
        return self.most_similar(positive=[key], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_word(
        self, word: Any, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | Any:
        """Find the keys nearest to `word`: another name of `similar_by_key`."""
        return self.similar_by_key(word, topn, restrict_vocab)

    def similar_by_vector(
        self, vector: Any, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | Any:
        """Find the keys nearest to `vector`, of shape (vector_size,)."""
        return self.most_similar(positive=[vector], topn=topn, restrict_vocab=restrict_vocab)

    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Neighbours | NDArray[Any]:
        """Find the keys with the best product of similarities instead of their sum.

        With similarities s = (1 + cos) / 2 in [0, 1], the score of a row is the product of its s to
        `positive` over the product of its s to `negative` plus 1e-6 (3CosMul of Levy & Goldberg
        2014, eq. 4). One large term cannot dominate as it does in the sum.

        Parameters
        ----------
        positive, negative : key, row number, vector, or list of these
            Vectors are taken as they are: scale them to unit length yourself.
        topn : int or None, default 10
            As for `most_similar`.
        restrict_vocab : int, optional
            Search the first so many rows only. 0 is all rows.

        Returns
        -------
        list of (key, float), or ndarray of shape (rows searched,) with ``topn=None``

        Raises
        ------
        KeyError
            A key is not there.
        ValueError
            Nothing positive, or an item that has a weight.
        """
        query.check_topn(topn)
        if topn is not None and topn < 1:
            return []
        rewarded = query.items_of(positive, "positive", self._rows_by_key)
        penalised = query.items_of(negative, "negative", self._rows_by_key)
        if not rewarded:
            raise ValueError("cannot compute similarity with no input: positive is empty")
        # differs from gensim: restrict_vocab is honoured, row numbers work as keys.
        part = nearest.rows_to_search(len(self.vectors), 0, None, restrict_vocab)
        field = self._field(part, None, ())
        asked = rewarded + penalised
        scores = field.rows.multiply(self._unit_vectors_of(asked), len(rewarded))
        if topn is None:  # without losses of float64, as in gensim
            return scores if penalised else scores.astype(np.float64)
        excluded = field.places_of(self._rows_of(asked))
        places, best = search.best(scores, min(topn, len(scores)), excluded)
        return field.keys_at(places, best, self._keys_by_row)

    def _unit_vectors_of(self, items: list[Any]) -> NDArray[np.float32]:
        """Return the vector of each key, scaled to unit length; vectors as they are."""
        if (rows := self._rows_if_known(items)) is not None:
            return compare.scaled_rows(self.vectors, rows).astype(np.float32, copy=False)
        return np.array([self._unit_vector_of(item) for item in items], np.float32)

    def _unit_vector_of(self, item: Any) -> NDArray[Any]:
        """Return the vector of a key, scaled to unit length; a vector as it is."""
        if isinstance(item, np.ndarray):
            return self._checked_vector(item)
        if isinstance(item, (tuple, list)) and not query.is_key(item, self._rows_by_key):
            raise ValueError(f"most_similar_cosmul knows no weights, got {shown(item)}")
        return self.get_mean_vector([item], pre_normalize=True, ignore_missing=False)

    # ---------------------------------------------------------------- compare

    @staticmethod
    def cosine_similarities(vector_1: ArrayLike, vectors_all: ArrayLike) -> NDArray[Any]:
        """Return the cosine between one vector and each row of a matrix.

        Parameters
        ----------
        vector_1 : array_like, shape (d,)
        vectors_all : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
            0 where a vector is zero.
        """
        return compare.cosines_with(vector_1, vectors_all)

    def similarity(self, w1: Any, w2: Any) -> np.float32:
        """Return the cosine between the vectors of two keys; 0 for a vector of zeros."""
        return compare.cosine(self[w1], self[w2])

    def distance(self, w1: Any, w2: Any) -> np.float32:
        """Return ``1 - similarity(w1, w2)``."""
        return 1 - self.similarity(w1, w2)

    def distances(
        self, word_or_vector: Any, other_words: Iterable[Any] | None = ()
    ) -> NDArray[Any]:
        """Return the cosine distances from a key or vector to other keys.

        Parameters
        ----------
        word_or_vector : key, row number or ndarray of shape (vector_size,)
        other_words : iterable of keys, optional
            By default all keys, in order.

        Returns
        -------
        ndarray, shape (n_words,)
        """
        self._check_keys(other_words, "other_words")
        if query.is_key(word_or_vector, self._rows_by_key):
            vector = self.get_vector(word_or_vector)
        else:
            vector = self._checked_vector(np.asarray(word_or_vector))
        # differs from gensim: an array of words will do; there its truth value is asked for.
        others = [] if other_words is None else list(other_words)
        if not others:
            field = nearest.field(self.vectors, slice(0, len(self.vectors)))
            return 1 - nearest.cosines(field, self.vectors, compare.unit_vector(vector))
        rows = self._rows_if_known(others)
        if rows is None:
            rows = [self.get_index(word) for word in others]
        return 1 - compare.cosines_of_rows(self.vectors, rows, vector)

    def n_similarity(self, ws1: Any, ws2: Any) -> np.float32:
        """Return the cosine between the means of the vectors of two lists of keys.

        Keys that are not there are left out; a list without any that are gives 0.

        Raises
        ------
        ZeroDivisionError
            A list is empty.
        """
        self._check_keys(ws1, "ws1")
        self._check_keys(ws2, "ws2")
        if isinstance(ws1, str) or not isinstance(ws1, (Sequence, np.ndarray)):
            ws1 = list(ws1)
        if isinstance(ws2, str) or not isinstance(ws2, (Sequence, np.ndarray)):
            ws2 = list(ws2)
        if not (len(ws1) and len(ws2)):
            raise ZeroDivisionError("At least one of the passed list is empty.")
        mean1 = self.get_mean_vector(ws1, pre_normalize=False)
        return compare.cosine(mean1, self.get_mean_vector(ws2, pre_normalize=False))

    def rank_by_centrality(
        self, words: Iterable[Any], use_norm: bool = True
    ) -> list[tuple[np.float32, Any]]:
        """Rank keys by the cosine with the mean of them all.

        Parameters
        ----------
        words : iterable of keys
            Keys that are not there are left out, with a warning in the log.
        use_norm : bool, default True
            Scale the vectors to unit length first.

        Returns
        -------
        list of (similarity, key), best first

        Raises
        ------
        ValueError
            None of the keys is there.
        """
        self._check_keys(words, "words")
        words = list(words)
        used = words
        if self._rows_if_known(words) is None:
            used = [word for word in words if word in self]
        if len(used) < len(words):
            missing = set(words) - set(used)
            logger.warning(
                "vectors for words %s are not present in the model, ignoring these words",
                shown(missing),
            )
        if not used:
            raise ValueError("cannot select a word from an empty list")
        vectors = self[used].astype(REAL, copy=False)
        if use_norm:
            vectors = compare.scaled_rows(vectors, list(range(len(used))))
        return compare.by_centrality(vectors, used)

    def doesnt_match(self, words: Iterable[Any]) -> Any:
        """Return the key that is least like the mean of them all; see `rank_by_centrality`."""
        return self.rank_by_centrality(words)[-1][1]

    def most_similar_to_given(self, key1: Any, keys_list: Sequence[Any]) -> Any:
        """Return the key of `keys_list` that is most similar to `key1`.

        Raises
        ------
        ValueError
            `keys_list` is empty.
        """
        self._check_keys(keys_list, "keys_list")
        keys = list(keys_list)
        if not keys:
            raise ValueError("keys_list must hold at least one key, got none")
        return keys[int(np.argmax([self.similarity(key1, key) for key in keys]))]

    def closer_than(self, key1: Hashable, key2: Hashable) -> list[Any]:
        """Return all keys that are closer to `key1` than `key2` is, in the order of the rows."""
        row1, row2 = self.get_index(key1), self.get_index(key2)
        distances = self.distances(key1)
        closer = np.flatnonzero(distances < distances[row2])
        return [self._keys_by_row[row] for row in closer.tolist() if row != row1]

    def rank(self, key1: Hashable, key2: Hashable) -> int:
        """Return the rank of `key2` among the neighbours of `key1`, 1 for the nearest."""
        return len(self.closer_than(key1, key2)) + 1

    def relative_cosine_similarity(self, wa: Any, wb: Any, topn: int = 10) -> float:
        """Return the similarity of two keys relative to that of the first one's neighbours.

        Above ``1 / topn``, `wb` is more similar to `wa` than its neighbours are on average
        (Leeuwenberg et al. 2016, "A Minimally Supervised Approach for Synonym Extraction with Word
        Embeddings").

        Parameters
        ----------
        wa, wb : key
        topn : int, default 10
            Neighbours of `wa` to compare with.

        Raises
        ------
        ValueError
            There are no neighbours to compare with.
        """
        if topn is None:
            raise ValueError("topn must be an int >= 1, got None")
        neighbours = self.similar_by_word(wa, topn)
        if not neighbours:
            raise ValueError(
                "Cannot calculate relative cosine similarity without any similar words."
            )
        total = sum(similarity for _, similarity in neighbours)
        return float(self.similarity(wa, wb)) / total if total else 0.0  # of a vector of zeros

    def wmdistance(
        self, document1: Iterable[Any], document2: Iterable[Any], norm: bool = True
    ) -> float:
        """Return the Word Mover's Distance between two documents.

        The least it takes to move the words of one, weighted by how often they come, onto those of
        the other, where moving costs the Euclidean distance of the vectors (Kusner et al. 2015,
        "From Word Embeddings To Document Distances"). Needs the package POT.

        Parameters
        ----------
        document1, document2 : iterable of keys
            Keys that are not there are left out.
        norm : bool, default True
            Scale the vectors to unit length first.

        Returns
        -------
        float
            inf when a document has no known word, or when all distances are 0 without the words
            being the same, as in gensim.

        Raises
        ------
        ImportError
            POT is not installed.
        """
        self._check_keys(document1, "document1")
        self._check_keys(document2, "document2")
        documents = [list(document1), list(document2)]
        n_given = [len(document) for document in documents]
        if any(self._rows_if_known(document) is None for document in documents):
            documents = [[word for word in document if word in self] for document in documents]
        n_missing = [n - len(known) for n, known in zip(n_given, documents, strict=True)]
        if any(n_missing):
            logger.info(
                "Removed %d and %d OOV words from document 1 and 2 (respectively).", *n_missing
            )
        words = list(dict.fromkeys([*documents[0], *documents[1]]))
        vectors = self[words] if words else self.vectors[:0]
        if norm:
            vectors = compare.scaled_rows(vectors, list(range(len(words))))
        return compare.word_movers_distance(documents[0], documents[1], words, vectors)

    # ---------------------------------------------------------------- judge

    def evaluate_word_analogies(
        self,
        analogies: Path,
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
        *,
        topn: int = 1,
    ) -> tuple[float, list[dict[str, Any]]]:
        """Answer the analogies of a file and count the right answers.

        "a is to b as c is to ?" is answered with the word nearest to b + c - a that is none of the
        three (Mikolov et al. 2013, "Efficient Estimation of Word Representations in Vector Space").

        Parameters
        ----------
        analogies : str or path
            A file in the form of questions-words.txt: four words a line, ": name" before a section.
        restrict_vocab : int or None, default 300000
            Use the first so many words only; lines with others are left out.
        case_insensitive : bool, default True
            Compare in upper case; of words that differ in case only, the first counts.
        dummy4unknown : bool, default False
            Count lines with unknown words as wrong instead of leaving them out.
        similarity_function : str, default "most_similar"
            "most_similar" or "3CosAdd": the nearest to b + c - a. "most_similar_cosmul" or
            "3CosMul": see `most_similar_cosmul`. "3CosAvg" and "LRCos" ask for the second word of
            each pair of a section, once, by what the section's other pairs say: nearest to the
            first and the mean of their differences; or, times the cosine with the first, the
            probability of being a second word by a logistic regression on them. Only the first word
            itself is no answer then (Drozd et al. 2016, "Word Embeddings, Analogies, and Machine
            Learning: Beyond King - Man + Woman = Queen").
        topn : int, default 1
            An answer is right when it is among so many nearest. Not in gensim.

        Returns
        -------
        score : float
            The share of right answers.
        sections : list of dict
            Of "section", and of "correct" and "incorrect", lists of questions: four words, or two.
            The last is the total.

        Raises
        ------
        ValueError
            An analogy comes before the first section.
        ZeroDivisionError
            There are no analogies in the file.
        """
        logger.info(
            "Evaluating word analogies for top %s words in the model on %s",
            restrict_vocab,
            analogies,
        )
        # differs from gensim: similarity_function counts; there it is always most_similar.
        from fastsgns.vectors import analogies as judging  # comes when first used

        if similarity_function not in judging.METHODS:
            raise ValueError(
                f"similarity_function must be one of {', '.join(map(repr, judging.METHODS))}, "
                f"got {similarity_function!r}"
            )
        return judging.judge(
            analogies,
            self.index_to_key[:restrict_vocab],
            self.vectors[:restrict_vocab],
            case_insensitive=case_insensitive,
            dummy4unknown=dummy4unknown,
            method=judging.METHODS[similarity_function],
            topn=_params.as_int("topn", topn, at_least=1),
            workers=_params.available_cores(),
        )

    def evaluate_word_pairs(
        self,
        pairs: Path,
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Any, Any, float]:
        """Correlate the similarities of word pairs with the scores that people gave them.

        Parameters
        ----------
        pairs : str or path
            A file with two words and a score a line; lines that begin with # are left out.
        delimiter : str, default tab
            What is between them.
        encoding : str, default "utf8"
        restrict_vocab, case_insensitive
            As for `evaluate_word_analogies`.
        dummy4unknown : bool, default False
            Take the similarity of unknown words as 0 instead of leaving the pair out.

        Returns
        -------
        pearson, spearman
            SciPy's results: statistic and p-value.
        oov_ratio : float
            Per cent of the pairs with an unknown word.

        Raises
        ------
        ValueError
            There is no pair to judge by.
        """
        from fastsgns.vectors import evaluate

        keys = self.index_to_key
        return evaluate.judge_pairs(
            pairs,
            keys[:restrict_vocab],
            # By key: the number of a row may be another row's key.
            lambda row1, row2: self.similarity(keys[row1], keys[row2]),
            case_insensitive=case_insensitive,
            delimiter=delimiter,
            encoding=encoding,
            dummy4unknown=dummy4unknown,
        )

    @staticmethod
    def log_accuracy(section: dict[str, Any]) -> None:
        """Log how many analogies of a section were right."""
        from fastsgns.vectors import evaluate

        evaluate.log_section(section)

    @staticmethod
    def _log_evaluate_word_analogies(section: dict[str, Any]) -> float:
        from fastsgns.vectors import evaluate

        return evaluate.log_section(section)

    @staticmethod
    def log_evaluate_word_pairs(
        pearson: Sequence[float], spearman: Sequence[float], oov: float, pairs: object
    ) -> None:
        """Log what `evaluate_word_pairs` found."""
        from fastsgns.vectors import evaluate

        evaluate.log_word_pairs(pearson, spearman, oov, pairs)

    # ---------------------------------------------------------------- save and load

    def add_lifecycle_event(
        self, event_name: str, log_level: int | bool = logging.INFO, **event: Any
    ) -> None:
        """Note an event in `lifecycle_events`, which is made when the first one comes.

        Parameters and notes are those of `Word2Vec.add_lifecycle_event`.
        """
        noted = noted_event(type(self).__name__, event_name, log_level, event)
        if self.lifecycle_events is None and "lifecycle_events" not in vars(self):
            self.lifecycle_events = []
        if self.lifecycle_events is not None:
            self.lifecycle_events.append(noted)

    def __setstate__(self, state: dict[str, Any] | tuple[dict[str, Any], dict[str, Any]]) -> None:
        from fastsgns.io import gensim_attributes  # comes when first used

        attributes, slots = state if isinstance(state, tuple) else (state, {})  # of a subclass
        self._put(**attributes)
        put_slots(self, slots)
        # Of gensim's, where such a pickle is read as ours.
        if len(self.key_to_index) < len(self.index_to_key):
            self.key_to_index = gensim_attributes.with_numbers(self.index_to_key, self.key_to_index)
        self.next_index = gensim_attributes.count_taken(self.index_to_key, self.key_to_index)

    def save(
        self,
        fname_or_handle: Path | IO[bytes],
        separately: Iterable[str] | None = None,
        sep_limit: int = _params.SEP_LIMIT,
        ignore: Collection[str] = frozenset(),
        pickle_protocol: int = 4,
        *,
        format: str | None = None,  # noqa: A002
    ) -> None:
        """Save in the native format: one file, without pickle, replaced only when all is written.

        Parameters
        ----------
        fname_or_handle : str, path or binary file
            A suffix .gz, .bz2, .xz or .zst compresses.
        separately : iterable of str, optional
        sep_limit : int, default 10 * 1024**2
        pickle_protocol : int, default 4
            As in gensim, for its format: attributes to write to files of their own, or else the
            elements of an array that gets one; the version of the pickle. Of no effect on the
            native format: there is one file, and `load` can map it.
        ignore : collection of str
            Attributes to leave out; they are None after loading.
        format : {"native", "gensim", "safetensors"}, optional
            "gensim" writes what gensim 4 loads as its KeyedVectors; "safetensors" the keys, the
            vectors and those attributes of the keys that are numbers, for programs that read that
            format. Not a parameter of gensim. Both hold vectors that `astype` made int8 as float32.

        Raises
        ------
        TypeError
            A key is of a type that the format has no place for.
        ValueError
            Keys and vectors do not fit together, or "expandos" is ignored, which has the scales of
            int8. Nothing has been written then.

        Warns
        -----
        UserWarning
            In gensim's format, for an attribute of yours that load() would refuse. Natively, the
            log names those that are left out.
        """
        from fastsgns.io import gensim_attributes, gensim_check, keyed_file  # when first used

        chosen = gensim_attributes.format_wanted(format)
        self._check_rows(ignore)
        self.add_lifecycle_event(
            "saving",
            fname_or_handle=str(fname_or_handle),
            separately=str(separately),
            sep_limit=sep_limit,
            ignore=sorted(ignore),
        )
        attributes = self._attributes() if chosen == "native" else self._attributes_of_floats()
        if chosen == "gensim":
            for message in (left_out := gensim_check.unreadable(attributes, ignore)).values():
                warn(logger, message)
            ignore = {*ignore, *left_out}
            keyed_file.write_for_gensim(
                fname_or_handle,
                attributes,
                ignore,
                separately=separately,
                sep_limit=sep_limit,
                protocol=pickle_protocol,
            )
        elif chosen == "safetensors":
            keyed_file.write_safetensors(fname_or_handle, attributes, ignore)
        else:
            keyed_file.write(fname_or_handle, attributes, ignore)
        logger.info("saved %s", fname_or_handle)

    def _check_rows(self, ignore: Collection[str] = ()) -> None:
        """Raise ValueError when keys and rows do not fit together, and files would not hold them.

        Attributes of the keys are made as long as these, as `set_vecattr` does.
        """
        if self.vectors is None and "vectors" not in ignore:
            raise ValueError("there is nothing to save: vectors is None")
        edits.check_rows(self.index_to_key, self.key_to_index, self.vectors)
        if self._scales() is not None and "expandos" in ignore and "vectors" not in ignore:
            raise ValueError(f"ignore=['expandos']: vectors of int8 need their {SCALE!r}")
        if self.expandos:
            self.allocate_vecattrs()

    def _attributes_of_floats(self) -> dict[str, Any]:
        """Return the attributes for programs that do not know of int8."""
        if self._scales() is None:
            return self._attributes()
        _ = self.index_to_key  # of a mapped file they are read now
        expandos = {attr: values for attr, values in self.expandos.items() if attr != SCALE}
        return self._attributes() | {"vectors": self._floats(), "expandos": expandos}

    def _attributes(self) -> dict[str, Any]:
        """Return all attributes, with those that a subclass keeps in slots."""
        return vars(self) | slots_of(self)

    @classmethod
    def load(
        cls,
        fname: Source,
        mmap: str | None = None,
        *,
        verify: bool = False,
        keys: Collection[Any] | None = None,
    ) -> Self:
        """Load what `save` wrote, gensim's of any version included, or the vectors of a model.

        Parameters
        ----------
        fname : str, path or binary file
        mmap : {None, "r", "c"}
            Map the vectors into memory: read-only and shared between processes, or copied where
            written to. Of the native format as few keys are read as are asked for, until that is
            index_to_key or key_to_index, or many.
        verify : bool, default False
            Compare the checksums of what is mapped too; those of what is read always are.
        keys : collection of keys, optional
            Load these only, in the order of the file; the log counts those that are not there. Of a
            native file that can be mapped, only their rows are read, and the checksum of the arrays
            is compared with `verify`. Not with `mmap`. Neither this nor `verify` are gensim's.

        Raises
        ------
        FormatError
            Not such a file, or damaged; or a pickle that names anything but what gensim's Word2Vec
            and KeyedVectors are made of. It is named, and nothing in a file is ever executed.

        Notes
        -----
        differs from gensim: of the file of a model, its vectors are returned, not the model.
        Vectors that know n-grams come back as `FastTextKeyedVectors`.
        """
        from fastsgns.io import gensim_attributes, keyed_file

        if keys is not None:
            return cls._load_some(fname, mmap, verify, keys)
        logger.info("loading %s object from %s", cls.__name__, fname)
        own = gensim_attributes.own_classes(cls, beyond=__name__.partition(".")[0])
        try:
            attributes = keyed_file.read(fname, mmap, own, verify)
        except OtherModelError as refusal:
            return cast(Self, gensim_attributes.load_other(refusal, fname, mmap))
        with damage_of(name_of(fname)):
            loaded = cls._from_attributes({"lifecycle_events": [], **attributes})
        loaded.add_lifecycle_event("loaded", fname=str(fname))
        return loaded

    @classmethod
    def _load_some(
        cls, fname: Source, mmap: str | None, verify: bool, keys: Collection[Any]
    ) -> Self:
        from fastsgns.io import native

        if mmap is not None:
            raise ValueError(f"mmap={mmap!r} maps all rows, and keys= reads some: give one of them")
        keys = _checked_keys(keys)
        can_map = native.is_mappable(fname)
        loaded = cls.load(fname, "r" if can_map else None, verify=verify)
        known = [key for key in keys if key in loaded._rows_by_key]
        if n_missing := len(set(keys)) - len(set(known)):
            logger.warning("%d of the keys wanted are not in %s", n_missing, name_of(fname))
        loaded.restrict(known)
        return loaded

    @classmethod
    def load_any(
        cls,
        fname: Path,
        mmap: str | None = None,
        *,
        vocabulary: Path | None = None,
    ) -> Self:
        """Load vectors of whatever format a file is in; `fastsgns.info` says which.

        Parameters
        ----------
        fname : str or path
            What `load` reads: `save`'s files, gensim's, safetensors, models and checkpoints. What
            `load_word2vec_format` reads, with a header or without: word2vec's text and binary,
            fastText's .vec, GloVe. fastText's .bin, of which a `FastTextKeyedVectors` is made.
            NumPy's NAME.npy, with the words beside it, one a line, in
            NAME.vocab, NAME.words or NAME.txt (there may be a count behind each), or NAME.json (a
            list, or each word's row). The tables of the embedding projector, NAME_tensor.tsv and
            NAME_metadata.tsv or vectors.tsv and metadata.tsv, by either name.
        mmap : {None, "r", "c"}
            Map the vectors into memory, where they are not text and not compressed.
        vocabulary : str or path, optional
            The file with the words of an .npy or a table, if it is called otherwise.

        Raises
        ------
        FormatError
            It is none of these, or damaged.
        FileNotFoundError
            The words of an .npy or a table are not found.
        OSError
            `mmap` of what cannot be mapped.
        """
        from fastsgns.io import formats, keyed_word2vec, paired_files  # come when first used

        name = formats.format_of(fname)
        if vocabulary is not None and name not in formats.PAIRED:
            raise ValueError(f"vocabulary={vocabulary!r}, but {fname}, {name}, has its words")
        if name in formats.SAVED:
            return cls.load(fname, mmap)
        if name in formats.PAIRED:
            words_and_rows = paired_files.read(paired_files.found(fname, vocabulary), mmap)
            return cls._from_rows(keyed_word2vec.rows_by_key(*words_and_rows), "load_any", fname)
        if name == formats.FASTTEXT and mmap is None:
            return cast(Self, FastTextKeyedVectors.load_facebook_vectors(fname))
        if mmap is not None:
            raise OSError(f"{fname}: {name} cannot be mapped; use mmap=None, and save() for a copy")
        return cls.load_word2vec_format(fname, binary=None, encoding=formats.ENCODING)

    @classmethod
    def _from_rows(cls, read: KeyedRows, event: str, source: AnySource, **notes: Any) -> Self:
        loaded = cls(read.vectors.shape[1], 0, dtype=read.vectors.dtype)
        loaded.index_to_key = read.index_to_key
        loaded.key_to_index = read.key_to_index
        loaded.vectors = read.vectors
        loaded.next_index = len(read.index_to_key)
        loaded.expandos["count"] = read.counts
        loaded.lifecycle_events = []
        matrix = f"{read.vectors.shape} matrix of type {read.vectors.dtype}"
        loaded.add_lifecycle_event(event, msg=f"loaded {matrix} from {name_of(source)}", **notes)
        return loaded

    @classmethod
    def _from_attributes(cls, attributes: Mapping[str, Any]) -> Self:
        """Make an object of the attributes that a file holds; of those with n-grams, one of these.

        Raises
        ------
        ValueError
            One of them cannot come out of a file: a method, a property, a private one.
        """
        kind: Any = cls
        if cls is KeyedVectors and FastTextKeyedVectors.__annotations__.keys() <= attributes.keys():
            kind = FastTextKeyedVectors
        made = kind.__new__(kind)
        KeyedVectors.__init__(made, 0)
        del made.mapfile_path  # old files have none
        if "stored_keys" in attributes:
            del made.index_to_key, made.key_to_index
            made.__class__ = _without_keys(kind)
        for name, value in attributes.items():
            if name == "lifecycle_events" and not isinstance(value, (list, NoneType)):
                raise ValueError(f"lifecycle_events must be a list or None, got {shown(value)}")
            if name in BOOKKEEPING or name in ("lifecycle_events", "stored_keys"):
                made._put(**{name: value})
                continue
            if not is_settable(kind, name):
                raise ValueError(f"{name!r} is no attribute that a file can set")
            setattr(made, name, value)
        return cast(Self, made)

    def save_word2vec_format(
        self,
        fname: AnySource,
        fvocab: AnySource | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",
    ) -> None:
        """Write the vectors in the format of word2vec.c.

        Parameters
        ----------
        fname : str, path or open file
            The suffix .gz, .bz2, .xz or .zst of a path compresses.
        fvocab : str, path or open file, optional
            Write the keys and their `sort_attr` to this file.
        binary : bool, default False
        total_vec : int, optional
            The number of vectors in the header, when more are appended later: not less than there
            are.
        write_header : bool, default True
        prefix : str
            Put before each key.
        append : bool, default False
            Write behind what `fname` holds.
        sort_attr : str, default "count"
            Write in descending order of this attribute; without it, in the order of the rows.

        Raises
        ------
        TypeError
            A key is neither a str nor an int.
        ValueError
            What could not be read back: a key that the format cannot hold (a space in binary, the
            end of a line in text, half a surrogate pair), NaN or inf in a vector, a header behind
            other vectors, keys and vectors that do not fit together. Or `fvocab` without the
            attribute. Nothing has been written then.
        """
        from fastsgns.io import keyed_word2vec, word2vec_format, word_counts  # when first used

        self._check_rows()
        keys = keyed_word2vec.key_texts(self.index_to_key, prefix)
        order = np.arange(len(self))
        if sort_attr in self.expandos:
            order = np.argsort(-self.expandos[sort_attr].astype(np.float64), kind="stable")
        elif fvocab is not None:
            raise ValueError(
                f"Cannot store vocabulary with '{sort_attr}' because that attribute does not exist"
            )
        else:
            logger.warning(
                "attribute %s not present in %s; will store in internal index_to_key order",
                sort_attr,
                self,
            )
        counts = None
        if fvocab is not None:
            counts = keyed_word2vec.count_lines(keys, self.expandos[sort_attr], order)
        count = len(self) if total_vec is None else total_vec
        logger.info(
            "storing %sx%s projection weights into %s", count, self.vector_size, name_of(fname)
        )
        # differs from gensim: int keys are written once; there those that begin the list as
        # 0, 1, 2... come twice, and as many of the last vectors are lost on loading.
        word2vec_format.write(
            fname,
            keys,
            self._floats(),
            order,
            binary=binary,
            header_count=count,
            write_header=write_header,
            append=append,
        )
        if fvocab is not None and counts is not None:
            logger.info("storing vocabulary in %s", fvocab)
            word_counts.write_lines(fvocab, counts)

    @classmethod
    def load_word2vec_format(
        cls,
        fname: AnySource,
        fvocab: AnySource | None = None,
        binary: bool | None = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: DTypeLike = np.float32,
        no_header: bool = False,
        *,
        keys: Collection[str] | None = None,
    ) -> Self:
        """Load vectors in the format of word2vec.c (with `no_header`, GloVe's).

        Parameters
        ----------
        fname : str, path or open file
            A path is decompressed by suffix; a URL needs smart_open. A file is read from where it
            stands, and left open.
        fvocab : str, path or open file, optional
            The counts of the words, as `save_word2vec_format` writes them. Without it, the counts
            are made up: n, n - 1, ..., 1.
        binary : bool or None, default False
            None tells the format, and whether there is a header, by what the file begins with.
        encoding, unicode_errors : str
            As for `bytes.decode`. "utf-8-sig" takes a byte order mark away.
        limit : int, optional
            Load the first so many words only, whatever comes after them; None or 0 means all.
        datatype : dtype, default float32
            Type of the vectors in memory.
        no_header : bool, default False
            The file (text only) begins with the first word.
        keys : collection of str, optional
            Load these words only, in the order of the file; the log counts those that are not
            there. Memory is taken for these alone. Not a parameter of gensim.

        Raises
        ------
        FormatError
            The file is not what it should be; the message names the place, and what would read the
            file. A TruncatedFileError is an EOFError too, an UndecodableTextError a
            UnicodeDecodeError.

        Notes
        -----
        In text, the last `vector_size` fields of a line are the vector: words may hold spaces.
        """
        keys = None if keys is None else _checked_keys(keys)
        loaded = _load_word2vec_format(
            cls, fname, fvocab, binary, encoding, unicode_errors, limit, datatype, no_header,
            wanted=keys,
        )  # fmt: skip
        if keys is not None and (n_missing := len(set(keys) - loaded.key_to_index.keys())):
            logger.warning("%d of the keys wanted are not in %s", n_missing, name_of(fname))
        return loaded

    def intersect_word2vec_format(
        self,
        fname: AnySource,
        lockf: float = 0.0,
        binary: bool | None = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> None:
        """Replace the vectors of those keys that a file in the format of word2vec.c has, too.

        Parameters
        ----------
        fname : str, path or open file
        lockf : float, default 0.0
            What the steps of training are multiplied by for the vectors that were replaced:
            0 keeps them, 1 lets them be trained on.
        binary : bool or None, default False
        encoding, unicode_errors : str
            As for `bytes.decode`.

        Raises
        ------
        ValueError
            The vectors of the file have another size. Nothing has been replaced then.
        """
        from fastsgns.io import keyed_word2vec

        rows, vectors = keyed_word2vec.read_known(
            fname,
            self.key_to_index,
            self.vector_size,
            binary=binary,
            encoding=encoding,
            errors=unicode_errors,
        )
        # differs from gensim: each key has its lock afterwards; there, the one lock that stands for
        # all keys is set, or indexed beyond its end (its issue 3094).
        locks = getattr(self, "vectors_lockf", np.ones(1, np.float32))
        locks = np.resize(locks, len(self)).astype(np.float32)
        locks[rows] = lockf
        written = [self.vectors] if self.vectors.flags.writeable else []
        if self._scales() is not None:
            written.append(self.expandos[SCALE])
        places = [(array, rows) for array in written]
        with all_or_nothing(self, only=("norms", "vectors_lockf"), places=places):
            self._put_rows(rows, vectors)
            self.vectors_lockf = locks
        self.add_lifecycle_event(
            "intersect_word2vec_format",
            msg=(
                f"merged {len(rows)} vectors into {self.vectors.shape} matrix from {name_of(fname)}"
            ),
            binary=binary,
            encoding=encoding,
        )

    # ---------------------------------------------------------------- names of gensim 3

    def word_vec(self, *args: Any, **kwargs: Any) -> NDArray[Any]:
        """Call `get_vector`; deprecated."""
        _deprecated("word_vec", "Use get_vector instead")
        return self.get_vector(*args, **kwargs)

    def words_closer_than(self, word1: Hashable, word2: Hashable) -> list[Any]:
        """Call `closer_than`; deprecated."""
        _deprecated("words_closer_than", "Use closer_than instead")
        return self.closer_than(word1, word2)

    def init_sims(self, replace: bool = False) -> None:
        """Call `fill_norms`, or with `replace` `unit_normalize_all`; deprecated."""
        _deprecated("init_sims", "Use fill_norms() instead")
        if not replace:
            self.fill_norms()
            return
        logger.warning(
            "destructive init_sims(replace=True) deprecated & no longer required "
            "for space-efficiency"
        )
        self.unit_normalize_all()

    def similarity_unseen_docs(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise NotImplementedError: only Doc2Vec models know it."""
        raise NotImplementedError("Call similarity_unseen_docs on a Doc2Vec model instead.")

    def _set_keys(self, keys: list[Any]) -> None:
        self.index_to_key = keys

    index2entity = removed_from_vectors("index2entity", _set_keys)
    index2word = removed_from_vectors("index2word", _set_keys)
    vectors_norm = removed_from_vectors("vectors_norm", lambda self, _: None)  # computed if needed
    vocab = removed_from_vectors("vocab")


def _checked_keys(keys: Any) -> list[Any]:
    """Return the keys that are to be loaded; one alone is a TypeError, as is what cannot be one."""
    if isinstance(keys, (str, bytes)) or not isinstance(keys, Iterable):
        raise TypeError(f"keys must be a collection of keys, got {shown(keys)}")
    listed = list(keys)
    if (odd := next((key for key in listed if not isinstance(key, Hashable)), None)) is not None:
        raise TypeError(f"keys must be a collection of keys, which {shown(odd)} cannot be")
    return listed


def _check_vectors(name: str, given: Any) -> None:
    """Raise TypeError for what has no keys and vectors; gensim's are as welcome as ours."""
    if not all(hasattr(given, part) for part in ("key_to_index", "vectors", "vector_size")):
        hint = f": give {name}.wv" if hasattr(given, "wv") else ""
        raise TypeError(f"{name} must be a KeyedVectors, got {shown(given)}{hint}")


def _deprecated(name: str, hint: str) -> None:
    warnings.warn(
        f"Call to deprecated `{name}` ({hint}).", category=DeprecationWarning, stacklevel=3
    )


class FastTextKeyedVectors(KeyedVectors):
    """The vectors of a model of fastText: those of its words, and of any other word by its n-grams.

    Read with `load_facebook_vectors`; nothing is trained. `save` and `load` keep all of it.

    Attributes
    ----------
    vectors : float32 ndarray, shape (n_keys, vector_size)
        Of each word, the mean of its own input vector and those of its n-grams, as fastText's
        .vec file has it.
    vectors_ngrams : float32 ndarray, shape (n_buckets, vector_size)
        The input vectors of the buckets that the hashes of n-grams fall in.
    min_n, max_n : int
        How many characters an n-gram has, with the < and > around the word.

    References
    ----------
    Bojanowski et al. 2017, Enriching Word Vectors with Subword Information, TACL 5.
    """

    vectors_ngrams: NDArray[np.float32]
    min_n: int
    max_n: int

    @classmethod
    def load_facebook_vectors(cls, path: Path, encoding: str = "utf-8") -> Self:
        """Load the words and input vectors of a model of fastText, a .bin file, as gensim does.

        Parameters
        ----------
        path : str or path
            A suffix .gz, .bz2, .xz or .zst is decompressed.
        encoding : str, default "utf-8"
            Of the words.

        Raises
        ------
        FormatError
            It is no such model, quantised (.ftz), or damaged.
        """
        from fastsgns.io import fasttext_bin, keyed_word2vec
        from fastsgns.vectors import subwords

        logger.info("loading the vectors of a fastText model from %s", path)
        read = fasttext_bin.read(path, encoding)
        n_words = len(read.words)
        vectors, ngrams = read.matrix[:n_words], read.matrix[n_words:]
        subwords.add_ngrams(read.words, vectors, ngrams, read.min_n, read.max_n)
        rows = keyed_word2vec.rows_by_key(read.words, vectors, read.counts)
        loaded = cls._from_rows(rows, "load_facebook_vectors", path)
        loaded.vectors_ngrams, loaded.min_n, loaded.max_n = ngrams, read.min_n, read.max_n
        return loaded

    def __contains__(self, key: Hashable) -> bool:
        """Say whether there is a vector for `key`: it is a key, or a text with n-grams."""
        return self.has_index_for(key) or self._by_ngrams(key) is not None

    def get_vector(self, key: Hashable, norm: bool = False) -> NDArray[Any]:
        """Return the vector of a word, read-only; of one that is no key, the mean of its n-grams'.

        Raises
        ------
        KeyError
            It is no key, and has no n-grams.
        """
        if self.has_index_for(key) or (vector := self._by_ngrams(key)) is None:
            return super().get_vector(key, norm)
        found = compare.unit_vector(vector) if norm else vector
        found.setflags(write=False)
        return found

    def _by_ngrams(self, key: Any) -> NDArray[np.float32] | None:
        from fastsgns.vectors import subwords

        if not isinstance(key, str):
            return None
        return subwords.vector_of(key, self.vectors_ngrams, self.min_n, self.max_n)


# Objects have places for the names that the first few have, for others a dict: read more slowly.
KeyedVectors(0)._put(**dict.fromkeys((*KeyedVectors.__annotations__, *BOOKKEEPING)))

_Vectors = TypeVar("_Vectors", bound=KeyedVectors)

_attributes_of = vars(KeyedVectors)["__dict__"].__get__  # of mapped vectors, less their keys


@cache
def _without_keys(cls: type[_Vectors]) -> type[_Vectors]:
    """Return what mapped vectors are until their keys are asked for: a `cls` that reads them then.

    A class with `__getattr__` has all its attributes read at a third of the speed: only those
    objects have it, and only so long. Who asks for `vars` finds the keys there as well.
    """

    def put_keys(self: _Vectors, keys: list[Any], rows: dict[Any, int]) -> None:
        _attributes_of(self).update(index_to_key=keys, key_to_index=rows)
        _attributes_of(self).pop("stored_keys", None)  # another thread may have been as fast
        self.__class__ = cls

    def read_keys(self: _Vectors) -> None:
        if (stored_keys := _attributes_of(self).get("stored_keys")) is not None:
            put_keys(self, *stored_keys.all())

    def attributes(self: _Vectors) -> dict[str, Any]:
        read_keys(self)
        return cast("dict[str, Any]", _attributes_of(self))

    def get(self: _Vectors, name: str) -> Any:
        if name in ("index_to_key", "key_to_index"):
            read_keys(self)
            return getattr(self, name)
        if hasattr(cls, "__getattr__"):  # of a subclass
            return cls.__getattr__(self, name)  # type: ignore[attr-defined]
        return object.__getattribute__(self, name)  # its own error

    def put(self: _Vectors, name: str, value: Any) -> None:
        if name in ("index_to_key", "key_to_index"):
            read_keys(self)
        cls.__setattr__(self, name, value)

    def reduce(self: _Vectors, protocol: Any) -> Any:
        read_keys(self)
        return self.__reduce_ex__(protocol)

    shown_as = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    methods = {
        "__getattr__": get,
        "__setattr__": put,
        "__reduce_ex__": reduce,
        "__dict__": property(attributes),
        "_put_keys": put_keys,
        **_lookups_of_file(cls, read_keys),
    }
    metaclass: Any = type(cls)
    return cast("type[_Vectors]", metaclass(cls.__name__, (cls,), {**shown_as, **methods}))


def _lookups_of_file(cls: type[_Vectors], read_keys: Callable[[_Vectors], None]) -> dict[str, Any]:
    """Return the methods that look keys up where they are stored, as long as that pays."""

    def stored(self: _Vectors) -> Any:
        """Return what looks keys up in the file; None when that has come to an end."""
        stored_keys = _attributes_of(self).get("stored_keys")
        if stored_keys is None or stored_keys.can_look_up:
            return stored_keys
        read_keys(self)
        return None

    def by_row(self: _Vectors) -> Sequence[Any]:
        return self.index_to_key if (keys := stored(self)) is None else keys

    def by_key(self: _Vectors) -> RowsByKey:
        return self.key_to_index if (keys := stored(self)) is None else keys

    def get_index(self: _Vectors, key: Hashable, default: int | None = None) -> int:
        row: int = by_key(self).get(key, -1)
        return row if row >= 0 else self._index_of_number(key, default)

    methods: dict[str, Any] = {"_keys_by_row": property(by_row), "_rows_by_key": property(by_key)}
    if cls.get_index is KeyedVectors.get_index:  # what a subclass has of its own is kept
        methods["get_index"] = get_index
    if cls.__len__ is KeyedVectors.__len__:
        methods["__len__"] = lambda self: len(by_row(self))
    return methods


class CompatVocab:
    """What gensim 3 kept of each word, for programs and files that still hold such things.

    Parameters
    ----------
    **kwargs
        Become attributes; `count` is 0 by default.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.count = 0
        self.__dict__.update(kwargs)

    def __lt__(self, other: CompatVocab) -> bool:
        return self.count < other.count

    def __str__(self) -> str:
        values = ", ".join(f"{key}:{self.__dict__[key]!r}" for key in sorted(self.__dict__))
        return f"{type(self).__name__}<{values}>"


Vocab = CompatVocab
Word2VecKeyedVectors = KeyedVectors
Doc2VecKeyedVectors = KeyedVectors
EuclideanKeyedVectors = KeyedVectors


# gensim's tests call it by this name.
def _load_word2vec_format(
    cls: type[_Vectors],
    fname: AnySource,
    fvocab: AnySource | None = None,
    binary: bool | None = False,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    limit: int | None = sys.maxsize,
    datatype: DTypeLike = np.float32,
    no_header: bool = False,
    binary_chunk_size: int | None = None,
    wanted: Collection[str] | None = None,
) -> _Vectors:
    """Load vectors into a new `cls`; see `KeyedVectors.load_word2vec_format`.

    `binary_chunk_size` is the number of bytes read at a time, None for what is fastest.
    """
    from fastsgns.io import keyed_word2vec

    read = keyed_word2vec.read(
        fname,
        fvocab,
        encoding=encoding,
        errors=unicode_errors,
        binary=binary,
        limit=limit,
        datatype=datatype,
        no_header=no_header,
        chunk_size=binary_chunk_size,
        wanted=wanted,
    )
    return cls._from_rows(read, "load_word2vec_format", fname, binary=binary, encoding=encoding)


load_word2vec_format = KeyedVectors.load_word2vec_format
