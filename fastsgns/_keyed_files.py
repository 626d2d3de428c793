"""Engine room: KeyedVectors to and from the native file."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from fastsgns._keyed_edits import KeyedEdits
from fastsgns._keyed_store import logger
from fastsgns._lifecycle import Lifecycle
from fastsgns.io import json_values, native
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.io.files import open_binary

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
        sep_limit: int = 10 * 1024**2,
        ignore: Collection[str] = frozenset(),
        pickle_protocol: int = 4,  # noqa: ARG002
    ) -> None:
        """Save in the native format: one file, without pickle, replaced only when all is written.

        Parameters
        ----------
        fname_or_handle : str, path or binary file
            A suffix .gz, .bz2, .xz or .zst compresses.
        separately, sep_limit, pickle_protocol
            Taken as in gensim and of no effect: there is one file, and `load` can map it.
        ignore : collection of str
            Attributes to leave out; they are None after loading.

        Raises
        ------
        TypeError
            A key or an attribute is of a type that the format has no place for.
        """
        self.add_lifecycle_event(
            "saving",
            fname_or_handle=str(fname_or_handle),
            separately=str(separately),
            sep_limit=sep_limit,
            ignore=sorted(ignore),
        )
        header, keys, arrays = self._pack(ignore)
        native.write(fname_or_handle, {"class": CLASS_NAME, "keyed_vectors": header}, keys, arrays)
        logger.info("saved %s", fname_or_handle)

    @classmethod
    def load(cls, fname: Path, mmap: str | None = None) -> Self:
        """Load what `save` wrote, or the vectors of a model saved by ``Word2Vec.save``.

        Parameters
        ----------
        fname : str or path
        mmap : {None, "r", "c"}
            Map the vectors into memory: read-only and shared between processes, or copied where
            written to.

        Raises
        ------
        FormatError
            Not such a file, or damaged.
        """
        logger.info("loading %s object from %s", cls.__name__, fname)
        if not native.is_native(fname):
            return cls._load_foreign(fname, mmap)
        loaded = cls._unpack(*native.read(fname, mmap), place=os.fspath(fname))
        loaded.add_lifecycle_event("loaded", fname=str(fname))
        return loaded

    @classmethod
    def _load_foreign(cls, fname: Path, mmap: str | None) -> Self:  # noqa: ARG003
        """Refuse what is not native. The one place for readers of other programs' files."""
        with open_binary(fname) as file:
            begin = file.read(2)
        if not begin:
            raise TruncatedFileError(f"{fname}: is empty")
        # Protocols 2 to 5 begin with \x80; 0 and 1, of Python 2, with a class, a mark or a dict.
        if begin[:1] in (b"\x80", b"c", b"(", b"}"):
            raise FormatError(
                f"{fname}: looks like a pickle, as gensim's save() writes it, and is not read, for "
                "a pickle can run any code. In gensim, write the vectors with "
                "save_word2vec_format(path, binary=True); load_word2vec_format(path, binary=True) "
                "reads them"
            )
        raise FormatError(
            f"{fname}: not a file that save() writes, it begins with {begin!r}. "
            "For word2vec's own formats there is load_word2vec_format"
        )

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
            # Nothing but data can come out of a file: no method, no property, nothing private.
            if name.startswith("_") or (hasattr(type(self), name) and name != "lifecycle_events"):
                raise ValueError(f"{name!r} is no attribute that a file can set")
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
