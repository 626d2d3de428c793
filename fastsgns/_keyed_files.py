"""Engine room: KeyedVectors to and from its files: the native one, and gensim's."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from fastsgns import _gensim_files
from fastsgns._keyed_edits import KeyedEdits
from fastsgns._keyed_store import logger
from fastsgns._lifecycle import Lifecycle
from fastsgns.io import gensim_pickle, gensim_writer, json_values, native
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.files import Source, name_of, spooled

Path = str | os.PathLike[str]

CLASS_NAME = "KeyedVectors"

# In a native file, the attributes of the keys are arrays of these names.
EXPANDO_PREFIX = "expandos."
# A model's file has these without the prefix, beside arrays of its own.
MODEL_EXPANDOS = ("count", "sample_int")
VECTOR_ARRAYS = ("vectors", "vectors_lockf")

_DERIVED = ("index_to_key", "key_to_index", "expandos")


class KeyedFiles(KeyedEdits, Lifecycle):
    """What saves and loads a KeyedVectors whole."""

    def add_lifecycle_event(
        self, event_name: str, log_level: int | bool = 20, **event: Any
    ) -> None:
        """Note an event in `lifecycle_events`, which is made when the first one comes."""
        if "lifecycle_events" not in vars(self):
            self.lifecycle_events = []
        super().add_lifecycle_event(event_name, log_level, **event)

    def save(
        self,
        fname_or_handle: Path | IO[bytes],
        separately: Iterable[str] | None = None,
        sep_limit: int = gensim_writer.SEP_LIMIT,
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
        format : {"native", "gensim"}, optional
            "gensim" writes what gensim 4 loads as its KeyedVectors. Not a parameter of gensim.

        Raises
        ------
        TypeError
            A key or an attribute is of a type that the format has no place for.
        """
        chosen = _gensim_files.format_wanted(format)
        self.add_lifecycle_event(
            "saving",
            fname_or_handle=str(fname_or_handle),
            separately=str(separately),
            sep_limit=sep_limit,
            ignore=sorted(ignore),
        )
        if chosen == "gensim":
            gensim_writer.write(
                fname_or_handle,
                _gensim_files.stored_vectors(self, ignore),
                separately=separately,
                sep_limit=sep_limit,
                ignored=sorted(ignore),
                protocol=pickle_protocol,
            )
        else:
            header, keys, arrays = self._pack(ignore)
            full = {"class": CLASS_NAME, "keyed_vectors": header}
            native.write(fname_or_handle, full, keys, arrays)
        logger.info("saved %s", fname_or_handle)

    @classmethod
    def load(cls, fname: Source, mmap: str | None = None) -> Self:
        """Load what `save` wrote, gensim's of any version included, or the vectors of a model.

        Parameters
        ----------
        fname : str, path or binary file
        mmap : {None, "r", "c"}
            Map the vectors into memory: read-only and shared between processes, or copied where
            written to.

        Raises
        ------
        FormatError
            Not such a file, or damaged; or a pickle that names anything but what gensim's Word2Vec
            and KeyedVectors are made of. It is named, and nothing in a file is ever executed.

        Notes
        -----
        differs from gensim: of the file of a model, its vectors are returned, not the model.
        """
        logger.info("loading %s object from %s", cls.__name__, fname)
        with contextlib.ExitStack() as stack:
            source = fname
            if not isinstance(source, (str, os.PathLike)):
                source = stack.enter_context(spooled(source))
            if native.is_native(source):
                loaded = cls._unpack(*native.read(source, mmap), place=name_of(fname))
            else:
                loaded = cls._load_foreign(source, mmap)
        loaded.add_lifecycle_event("loaded", fname=str(fname))
        return loaded

    @classmethod
    def _load_foreign(cls, source: Source, mmap: str | None) -> Self:
        """Load what is not native. The one place for readers of other programs' files."""
        place = name_of(source)
        begin = native.begin_of(source)
        if not begin:
            raise TruncatedFileError(f"{place}: is empty")
        if not gensim_pickle.looks_like_pickle(begin):
            raise FormatError(
                f"{place}: not a file that save() writes, it begins with {begin!r}. "
                "For word2vec's own formats there is load_word2vec_format"
            )
        own = _gensim_files.own_classes(cls, beyond=__name__.partition(".")[0])
        stored = gensim_pickle.read(source, mmap, own)
        try:
            return cls._from_attributes(_gensim_files.vectors_of(stored, place))
        except FormatError:
            raise
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise FormatError(f"{place}: {type(error).__name__}: {error}") from error

    @classmethod
    def _from_attributes(cls, attributes: dict[str, Any]) -> Self:
        """Make an object of the attributes that a file of gensim's has."""
        made = cls.__new__(cls)
        KeyedEdits.__init__(made, 0)
        for name, value in attributes.items():
            made._check_settable(name)
            setattr(made, name, value)
        return made

    def _check_settable(self, name: str) -> None:
        """Raise ValueError for what cannot come out of a file: methods, properties, privates."""
        if name.startswith("_") or (hasattr(type(self), name) and name != "lifecycle_events"):
            raise ValueError(f"{name!r} is no attribute that a file can set")

    def _pack(
        self, ignore: Collection[str] = ()
    ) -> tuple[dict[str, Any], list[Any], dict[str, NDArray[Any]]]:
        """Return all that there is to save: plain values for a header, the keys, the arrays."""
        arrays: dict[str, NDArray[Any]] = {}
        plain: dict[str, Any] = {}
        for name, value in vars(self).items():
            if name in _DERIVED or name in ignore:
                continue
            if isinstance(value, np.ndarray):
                arrays[name] = value
            else:
                plain[name] = _encoded(name, value)
        objects: dict[str, Any] = {}
        for attr, values in {} if "expandos" in ignore else self.expandos.items():
            name = EXPANDO_PREFIX + attr
            if values.dtype != object:
                arrays[name] = values
            elif _is_ragged(values):
                arrays[name + ".values"] = np.concatenate(values.tolist())
                arrays[name + ".lengths"] = np.array([len(row) for row in values], dtype=np.int64)
            else:
                objects[attr] = _encoded(name, values.tolist())
        header = {
            "plain": plain,
            "objects": objects,
            "none_is_key": None in self.key_to_index,
            "ignored": sorted(ignore),
        }
        return header, self.index_to_key, arrays

    @classmethod
    def _unpack(
        cls, header: dict[str, Any], keys: list[Any], arrays: dict[str, NDArray[Any]], place: str
    ) -> Self:
        """Make the object that `_pack` was called on, or the vectors of a model."""
        if "vectors" not in arrays and "vectors" not in header.get("keyed_vectors", {}).get(
            "ignored", ()
        ):
            raise FormatError(f"{place}: there are no vectors in this {header.get('class')!r}")
        if header.get("class") != CLASS_NAME:
            arrays = _vectors_of_model(arrays)
        loaded = cls.__new__(cls)
        KeyedEdits.__init__(loaded, 0)
        vectors = arrays.get("vectors")
        if vectors is not None:
            if vectors.ndim != 2 or len(vectors) != len(keys):
                raise FormatError(f"{place}: vectors of shape {vectors.shape} for {len(keys)} keys")
            loaded.vector_size = vectors.shape[1]
        loaded.index_to_key = keys
        loaded.next_index = len(keys)
        try:
            part = header["keyed_vectors"]
            loaded._take(part, arrays)
            none_is_key = part["none_is_key"]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise FormatError(f"{place}: header.json: {type(error).__name__}: {error}") from error
        loaded.key_to_index = {key: row for row, key in enumerate(keys)}
        if not none_is_key:
            loaded.key_to_index.pop(None, None)
        for attr, values in (loaded.expandos or {}).items():
            if len(values) != len(keys):
                raise FormatError(f"{place}: {len(values)} values of {attr!r} for {len(keys)} keys")
        return loaded

    def _take(self, part: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """Set the attributes from a part of the header and the arrays, as `_pack` made them."""
        for name in (*part["plain"], *arrays, *part["ignored"]):
            self._check_settable(name)
        for name, value in part["plain"].items():
            setattr(self, name, json_values.decode(value))
        for name, array in arrays.items():
            if not name.startswith(EXPANDO_PREFIX):
                setattr(self, name, array)
                continue
            attr = name.removeprefix(EXPANDO_PREFIX)
            if attr.endswith(".values") and name.removesuffix("values") + "lengths" in arrays:
                lengths = arrays[name.removesuffix("values") + "lengths"]
                rows = np.split(np.array(array), np.cumsum(lengths)[:-1])
                self.expandos[attr.removesuffix(".values")] = _objects(rows)
            elif not (
                attr.endswith(".lengths") and name.removesuffix("lengths") + "values" in arrays
            ):
                # A copy: attributes are small, and set_vecattr must work on mapped vectors too.
                self.expandos[attr] = np.array(array)
        for attr, values in part["objects"].items():
            self.expandos[attr] = _objects(json_values.decode(values))
        for name in part["ignored"]:
            setattr(self, name, None)


def _vectors_of_model(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a model's file that belong to its vectors, named as in their own."""
    return {
        EXPANDO_PREFIX + name if name in MODEL_EXPANDOS else name: array
        for name, array in arrays.items()
        if name in MODEL_EXPANDOS + VECTOR_ARRAYS or name.startswith(EXPANDO_PREFIX)
    }


def _encoded(name: str, value: Any) -> Any:
    try:
        return json_values.encode(value)
    except TypeError as error:
        raise TypeError(
            f"attribute {name!r} cannot be saved: {error}; ignore=[{name!r}] leaves it out"
        ) from None


def _is_ragged(values: NDArray[Any]) -> bool:
    """Say whether each value is an array of one dimension, all of one dtype (Huffman codes are)."""
    kinds = {(v.dtype, v.ndim) if isinstance(v, np.ndarray) else None for v in values}
    return (
        len(kinds) == 1
        and None not in kinds
        and not any(k and (k[1] != 1 or k[0].hasobject) for k in kinds)
    )


def _objects(values: list[Any]) -> NDArray[Any]:
    """Return an array of objects, one for each value, whatever their lengths."""
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return array
