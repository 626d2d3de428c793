"""Engine room: the attributes of a KeyedVectors, in the native file and in gensim's.

Attributes go in and come out as a dict, under gensim's names. A model's file holds those of its
vectors as well: `pack` and `unpack` are for both.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import (
    _checks,
    gensim_attributes,
    gensim_pickle,
    gensim_writer,
    json_values,
    key_table,
    native,
    npy,
    recognition,
    safetensors,
)
from fastsgns.io.errors import FormatError, TruncatedFileError, damage_of
from fastsgns.io.files import Source, name_of, spooled
from fastsgns.io.settable import BOOKKEEPING

logger = logging.getLogger("fastsgns.keyedvectors")

CLASS_NAME = "KeyedVectors"

# In a native file, the attributes of the keys are arrays of these names.
EXPANDO_PREFIX = "expandos."
# A model's file has these without the prefix, beside arrays of its own.
MODEL_EXPANDOS = ("count", "sample_int")
VECTOR_ARRAYS = ("vectors", "vectors_lockf")
# There, the other arrays of the vectors have names that begin so.
MODEL_VECTORS_PREFIX = "wv."
# What only training needs of a model's arrays.
OUTPUT_LAYERS = ("syn1neg", "syn1")

# Written in another way than as plain values and arrays.
_DERIVED = ("index_to_key", "key_to_index", "expandos")

Packed = tuple[dict[str, Any], list[Any], dict[str, NDArray[Any]]]


# ---------------------------------------------------------------- writing


def write(
    target: str | os.PathLike[str] | IO[bytes],
    attributes: Mapping[str, Any],
    ignore: Collection[str] = (),
) -> None:
    """Write attributes in the native format, less those to `ignore`."""
    header, keys, arrays = pack(attributes, ignore)
    native.write(target, {"class": CLASS_NAME, "keyed_vectors": header}, keys, arrays)


def write_for_gensim(
    target: str | os.PathLike[str] | IO[bytes],
    attributes: Mapping[str, Any],
    ignore: Collection[str],
    *,
    separately: Iterable[str] | None,
    sep_limit: int,
    protocol: int,
) -> None:
    """Write attributes so that gensim 4 loads them as its KeyedVectors."""
    gensim_writer.write(
        target,
        gensim_attributes.stored_vectors(attributes, ignore),
        separately=separately,
        sep_limit=sep_limit,
        ignored=sorted(ignore),
        protocol=protocol,
    )


def write_safetensors(
    target: str | os.PathLike[str] | IO[bytes],
    attributes: Mapping[str, Any],
    ignore: Collection[str] = (),
) -> None:
    """Write the keys, their vectors, and those of their attributes that are numbers."""
    if "vectors" in ignore:
        raise ValueError("ignore=['vectors']: safetensors are written of the vectors")
    arrays = {"vectors": attributes["vectors"]}
    if "expandos" not in ignore:
        arrays |= {
            EXPANDO_PREFIX + attr: values
            for attr, values in attributes["expandos"].items()
            if values.dtype.kind in "biuf"
        }
    safetensors.write(target, attributes["index_to_key"], arrays)


def pack(attributes: Mapping[str, Any], ignore: Collection[str] = ()) -> Packed:
    """Return all that there is to write: plain values for a header, the keys, the arrays."""
    left_out = {*_DERIVED, *BOOKKEEPING, *ignore}
    arrays, plain = taken_apart({n: v for n, v in attributes.items() if n not in left_out})
    objects: dict[str, Any] = {}
    for attr, values in {} if "expandos" in ignore else attributes["expandos"].items():
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
        "none_is_key": None in attributes["key_to_index"],
        "ignored": sorted(ignore),
    }
    return header, attributes["index_to_key"], arrays


def _encoded(name: str, value: Any) -> Any:
    try:
        return json_values.encode(value)
    except TypeError as error:
        raise TypeError(
            f"attribute {name!r} cannot be saved: {error}; ignore=[{name!r}] leaves it out"
        ) from None


def taken_apart(
    attributes: Mapping[str, Any],
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the attributes that are written as arrays, and what stands in JSON for the others.

    Of those that are left out it is warned: objects of classes that only a pickle could bring back,
    and names that no file may set.
    """
    arrays: dict[str, NDArray[Any]] = {}
    plain: dict[str, Any] = {}
    for name, value in attributes.items():
        try:
            if not name.isidentifier():
                raise TypeError("its name is none that Python could write")
            if npy.is_admitted(value):
                arrays[name] = value
            else:
                plain[name] = json_values.encode(value)
        except (TypeError, RecursionError) as error:
            logger.warning(
                "attribute %r is not saved: %s; it will not be there after loading",
                name,
                str(error) or type(error).__name__,
            )
    return arrays, plain


def _is_ragged(values: NDArray[Any]) -> bool:
    """Say whether each value is an array of one dimension, all of one dtype (Huffman codes are)."""
    kinds = {(v.dtype, v.ndim) if isinstance(v, np.ndarray) else None for v in values}
    return (
        len(kinds) == 1
        and None not in kinds
        and not any(k and (k[1] != 1 or k[0].hasobject) for k in kinds)
    )


# ---------------------------------------------------------------- reading


def read(
    source: Source, mmap: str | None, own: Collection[str] = (), verify: bool = False
) -> dict[str, Any]:
    """Return the attributes in a file that `write` or gensim wrote, of vectors or of a model.

    Parameters
    ----------
    source : str, path or binary file
    mmap : {None, "r", "c"}
        Map the arrays into memory, read-only or copied where written to.
    own : collection of str
        Classes in full that a pickle of gensim's may hold beside gensim's own.
    verify : bool
        Compare the checksums of what is mapped too.

    Raises
    ------
    FormatError
        Neither, or damaged.
    """
    place = name_of(source)
    with contextlib.ExitStack() as stack:
        if not isinstance(source, (str, os.PathLike)):
            source = stack.enter_context(spooled(source))
        if native.is_native(source):
            if mmap is not None and not verify and isinstance(source, (str, os.PathLike)):
                return _unpack_mapped(native.map_file(source, mmap, _is_of_vectors), place)
            return unpack(*native.read(source, mmap, verify, _is_of_vectors), place=place)
        if safetensors.is_one(source):
            keys, arrays = safetensors.read(source, mmap)
            part = {"plain": {}, "objects": {}, "none_is_key": None in keys, "ignored": []}
            return unpack({"class": CLASS_NAME, "keyed_vectors": part}, keys, arrays, place)
        return _read_foreign(source, mmap, own, place)


def _is_of_vectors(name: str) -> bool:
    return name not in OUTPUT_LAYERS


def _unpack_mapped(file: native.MappedFile, place: str) -> dict[str, Any]:
    """Return what `unpack` does; in the place of the keys, as "stored_keys", what reads them."""
    if "vectors" not in file.arrays or file.arrays["vectors"].ndim != 2:
        return unpack(file.header, file.read_keys(), file.arrays, place)
    n_keys = len(file.arrays["vectors"])
    attributes, none_is_key = _values(file.header, n_keys, file.arrays, place)
    table = None
    if file.keys_table is not None:
        table = key_table.table_in(file.keys_table, n_keys, f"{place}: {key_table.MEMBER}")

    def read_keys() -> list[Any]:
        keys = file.read_keys()
        if len(keys) != n_keys:
            raise FormatError(f"{place}: {n_keys} vectors for {len(keys)} keys")
        return keys

    stored_keys = key_table.StoredKeys(
        n_keys,
        file.keys_json,
        table,
        read_keys,
        lambda keys: _rows_by_key(keys, none_is_key, place),
        place,
    )
    return attributes | {"stored_keys": stored_keys}


def _read_foreign(
    source: Source, mmap: str | None, own: Collection[str], place: str
) -> dict[str, Any]:
    """Read what is not native. The one place for readers of other programs' files."""
    begin = native.begin_of(source)
    if not begin:
        raise TruncatedFileError(f"{place}: is empty")
    if not gensim_pickle.looks_like_pickle(begin):
        way_out = recognition.hint(native.begin_of(source, 100))
        raise FormatError(
            f"{place}: not a file that save() writes, it begins with {begin!r}. "
            f"For word2vec's own formats there is load_word2vec_format.{way_out}"
        )
    stored = gensim_pickle.read(source, mmap, own, unwanted=OUTPUT_LAYERS)
    with damage_of(place):
        return gensim_attributes.vectors_of(stored, place)


def unpack(
    header: Mapping[str, Any], keys: list[Any], arrays: Mapping[str, NDArray[Any]], place: str
) -> dict[str, Any]:
    """Return the attributes that `pack` was given, or those of the vectors of a model.

    Raises
    ------
    FormatError
        The parts do not fit together.
    """
    attributes, none_is_key = _values(header, len(keys), arrays, place)
    rows = _rows_by_key(keys, none_is_key, place)
    return attributes | {"index_to_key": keys, "key_to_index": rows}


def _values(
    header: Mapping[str, Any], n_keys: int, arrays: Mapping[str, NDArray[Any]], place: str
) -> tuple[dict[str, Any], bool]:
    """Return the attributes less the keys, and whether None is one of these."""
    with damage_of(f"{place}: header.json"):
        part = header.get("keyed_vectors", {})
        if "vectors" not in arrays and "vectors" not in part.get("ignored", ()):
            raise FormatError(f"{place}: there are no vectors in this {header.get('class')!r}")
        if header.get("class") != CLASS_NAME:
            arrays = _vectors_of_model(arrays)
        plain, objects = part["plain"], part["objects"]
        attributes: dict[str, Any] = {"next_index": n_keys}
        attributes |= plain
        decoded = {attr: _listed(values) for attr, values in objects.items()}
        ignored = dict.fromkeys(part["ignored"])
        none_is_key = part["none_is_key"]
    vectors = arrays.get("vectors")
    if vectors is not None:
        if vectors.ndim != 2 or len(vectors) != n_keys or vectors.dtype.kind not in "fiu":
            raise FormatError(
                f"{place}: vectors of shape {vectors.shape}, {vectors.dtype}, for {n_keys} keys"
            )
        attributes.setdefault("vector_size", vectors.shape[1])
    expandos = dict(_expandos(arrays)) | {
        attr: npy.objects(v, len(v)) for attr, v in decoded.items()
    }
    for attr, values in expandos.items():
        if values.shape[:1] != (n_keys,):
            raise FormatError(
                f"{place}: values of shape {values.shape} of {attr!r} for {n_keys} keys"
            )
    attributes |= {n: array for n, array in arrays.items() if not n.startswith(EXPANDO_PREFIX)}
    return attributes | {"expandos": expandos} | ignored, none_is_key


def _rows_by_key(keys: list[Any], none_is_key: bool, place: str) -> dict[Any, int]:
    rows = _checks.rows_of(keys)
    n_unnamed = 0  # rows that were allocated and have no key yet
    if not none_is_key and None in rows:
        n_unnamed = keys.count(None)
        del rows[None]
    if len(rows) + n_unnamed != len(keys):
        raise FormatError(f"{place}: {len(keys)} keys, but only {len(rows)} different ones")
    return rows


def _expandos(arrays: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the attributes of the keys that are arrays, by name."""
    for name, array in arrays.items():
        attr = name.removeprefix(EXPANDO_PREFIX)
        if attr == name:
            continue
        if attr.endswith(".values") and name.removesuffix("values") + "lengths" in arrays:
            lengths = arrays[name.removesuffix("values") + "lengths"]
            rows = npy.split(np.array(array), lengths.tolist())
            yield attr.removesuffix(".values"), npy.objects(rows, len(rows))
        elif not (attr.endswith(".lengths") and name.removesuffix("lengths") + "values" in arrays):
            # A copy: attributes are small, and set_vecattr must work on mapped vectors too.
            yield attr, np.array(array)


def _vectors_of_model(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a model's file that belong to its vectors, named as in their own."""
    named = {name_in_vectors(name): array for name, array in arrays.items()}
    return {name: array for name, array in named.items() if name is not None}


def name_in_model(name: str) -> str:
    """Return what an array of the vectors' own file is called in a model's."""
    if name in VECTOR_ARRAYS:
        return name
    if name.startswith(EXPANDO_PREFIX):
        attr = name.removeprefix(EXPANDO_PREFIX)
        return attr if attr in MODEL_EXPANDOS else name
    return MODEL_VECTORS_PREFIX + name


def name_in_vectors(name: str) -> str | None:
    """Undo `name_in_model`; None for an array that is not of the vectors."""
    if name in MODEL_EXPANDOS:
        return EXPANDO_PREFIX + name
    if name.startswith(MODEL_VECTORS_PREFIX):
        return name.removeprefix(MODEL_VECTORS_PREFIX)
    return name if name in VECTOR_ARRAYS or name.startswith(EXPANDO_PREFIX) else None


def _listed(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise TypeError(f"the values of an attribute are a {type(values).__name__}, not a list")
    return values
