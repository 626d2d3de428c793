"""Engine room: which attributes of a Word2Vec go into its file, and how they come back."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown
from fastsgns.io import (
    gensim_attributes,
    gensim_pickle,
    json_values,
    keyed_file,
    native,
    random_state,
)
from fastsgns.io.errors import FormatError, WrongClassError, damage_of
from fastsgns.io.files import Source, name_of, spooled
from fastsgns.io.keyed_file import MODEL_EXPANDOS

CLASS_NAME = "Word2Vec"

#: Attributes that are plain values and are saved as they are.
PLAIN = (
    "vector_size",
    "layer1_size",
    "workers",
    "epochs",
    "train_count",
    "total_train_time",
    "batch_words",
    "sg",
    "alpha",
    "min_alpha",
    "window",
    "shrink_windows",
    "hs",
    "negative",
    "ns_exponent",
    "cbow_mean",
    "compute_loss",
    "running_training_loss",
    "min_alpha_yet_reached",
    "corpus_count",
    "corpus_total_words",
    "max_final_vocab",
    "max_vocab_size",
    "min_count",
    "effective_min_count",
    "sample",
    "sorted_vocab",
    "null_word",
    "seed",
    "progress",
    "kernel",
    "shared_negatives",
    "corpus_cache",
    "history",
    "lifecycle_events",
)

#: Arrays of the model itself.
ARRAYS = ("syn1neg", "syn1", "cum_table")

#: All attributes that are saved, less the vectors.
SAVED = (*PLAIN, *ARRAYS, "comment", "random", "raw_vocab")

#: In a file, the arrays of the user's own have names that begin so.
OWN_PREFIX = "own."

#: What a model has that was saved before gensim had it, beside the defaults of the parameters.
AT_FIRST: dict[str, Any] = {
    "comment": None,
    "corpus_count": 0,
    "running_training_loss": 0.0,
    "total_train_time": 0.0,
    "train_count": 0,
}


class StoredModel(NamedTuple):
    """What a file holds of a model.

    Attributes
    ----------
    place : str
        The file, for messages.
    attributes : dict
        Of the model, less `wv`.
    vectors : dict
        The attributes of `wv`.
    progress : dict or None
        Of a checkpoint, as `write` was given it.
    has_tables : bool
        Whether the tables of noise are as the file has them, and not to be made anew.
    """

    place: str
    attributes: dict[str, Any]
    vectors: dict[str, Any]
    has_tables: bool
    progress: dict[str, Any] | None = None


def write(
    target: str | os.PathLike[str] | IO[bytes],
    attributes: Mapping[str, Any],
    vectors: Mapping[str, Any],
    ignore: Collection[str] = (),
    own: Mapping[str, Any] | None = None,
    progress: Mapping[str, Any] | None = None,
) -> None:
    """Write a model in the native format; what can be derived is left out.

    Parameters
    ----------
    target : str, path or binary file
    attributes : mapping
        Those of `SAVED` that there are.
    vectors : mapping
        The attributes of `wv`.
    ignore : collection of str
        Attributes to leave out.
    own : mapping, optional
        Attributes of the user's, or of a subclass. Those that cannot be written are told.
    progress : mapping, optional
        Of a checkpoint: how far training has come, plain values.
    """
    if "wv" in ignore:
        raise ValueError("ignore=['wv']: a model is not saved without its vectors")
    vectors_header, keys, vectors_arrays = keyed_file.pack(vectors, ignore)
    random = attributes["random"].get_state(legacy=False)
    kept = {name: value for name, value in attributes.items() if name not in ignore}
    of_user = {name: value for name, value in (own or {}).items() if name not in ignore}
    own_arrays, own_plain = keyed_file.taken_apart(of_user)
    header = {
        "class": CLASS_NAME,
        "parameters": {name: plain(kept[name]) for name in PLAIN if name in kept},
        "comment": json_values.encode(kept.get("comment")),
        "raw_vocab": json_values.encode(dict(kept.get("raw_vocab", ()))),
        "random": [
            random["bit_generator"],
            int(random["state"]["pos"]),
            int(random["has_gauss"]),
            float(random["gauss"]),
        ],
        "keyed_vectors": vectors_header,
        "own": own_plain,
        "ignored": sorted(name for name in ignore if name in PLAIN + ARRAYS),
    }
    if progress is not None:
        header["progress"] = json_values.encode(dict(progress))
    arrays = {
        keyed_file.name_in_model(name): array
        for name, array in vectors_arrays.items()
        if name != "norms"  # they follow from the vectors
    }
    arrays["random_state"] = random["state"]["key"]
    arrays |= {name: kept[name] for name in ARRAYS if kept.get(name) is not None}
    arrays |= {OWN_PREFIX + name: array for name, array in own_arrays.items()}
    native.write(target, header, keys, arrays)


def read(
    source: Source,
    mmap: str | None,
    own: Collection[str],
    defaults: Mapping[str, Any],
    verify: bool = False,
) -> StoredModel:
    """Read a file that `write` or gensim wrote.

    Parameters
    ----------
    source : str, path or binary file
    mmap : {None, "r", "c"}
    own : collection of str
        Names of classes that a file of gensim's may hold in place of its Word2Vec.
    defaults : mapping
        Of the parameters, for models from before they were there.
    verify : bool
        Compare the checksums of what is mapped too.

    Raises
    ------
    FormatError
        When the file is none, or its parts do not fit together.
    """
    with contextlib.ExitStack() as stack:
        if not isinstance(source, (str, os.PathLike)):
            source = stack.enter_context(spooled(source))
        if native.is_native(source):
            return _read_native(source, mmap, verify)
        return _read_gensim(source, mmap, own, defaults)


def _read_native(source: Source, mmap: str | None, verify: bool) -> StoredModel:
    place = name_of(source)
    header, keys, arrays = native.read(source, mmap, verify)
    if header.get("class") != CLASS_NAME:
        raise WrongClassError(
            f"{place}: holds a {header.get('class')}, not a {CLASS_NAME};"
            " KeyedVectors.load reads word vectors"
        )
    with damage_of(place):
        attributes = dict(header["parameters"])
        for name in attributes:
            if name not in PLAIN:
                raise ValueError(f"{name!r} is no parameter of a model")
        attributes["comment"] = header["comment"]
        attributes["raw_vocab"] = defaultdict(int, header["raw_vocab"])
        name, position, has_gauss, gauss = header["random"]
        attributes["random"] = random_state.restored(
            arrays["random_state"], position, has_gauss, gauss, name
        )
        attributes |= {name: arrays[name] for name in ARRAYS if name in arrays}
        for name in header.get("ignored", ()):
            if name not in PLAIN + ARRAYS:
                raise ValueError(f"{name!r} is no part of a model")
            attributes[name] = None
        own = dict(header.get("own", {}))
        for name in [name for name in arrays if name.startswith(OWN_PREFIX)]:
            own[name.removeprefix(OWN_PREFIX)] = arrays.pop(name)
        for name in own:
            if name in SAVED:
                raise ValueError(f"{name!r} is there twice")
        attributes |= own
        vectors = keyed_file.unpack(header, keys, arrays, place)
    progress = header.get("progress")
    if not isinstance(progress, (dict, type(None))):
        raise FormatError(f"{place}: progress is {shown(progress)}")
    return StoredModel(place, attributes, vectors, has_tables=True, progress=progress)


def _read_gensim(
    source: Source, mmap: str | None, own: Collection[str], defaults: Mapping[str, Any]
) -> StoredModel:
    place = name_of(source)
    begin = native.begin_of(source)
    if not gensim_pickle.looks_like_pickle(begin):
        raise FormatError(
            f"{place}: not a file that Word2Vec.save() writes, it begins with {begin!r}. "
            "KeyedVectors.load_word2vec_format reads word2vec's own formats"
        )
    stored = gensim_pickle.read(source, mmap, own)
    if not gensim_attributes.is_model(stored):
        raise WrongClassError(
            f"{place}: holds a {stored.class_name}, not a {CLASS_NAME}; KeyedVectors.load reads it"
        )
    with damage_of(place):
        attributes = at_first(defaults)
        for name, value in gensim_attributes.parameters_of(stored).items():
            attributes[name] = plain(value) if name in PLAIN else value
        # gensim notes a set among its events, which JSON has no place for.
        if attributes["lifecycle_events"] is not None:
            attributes["lifecycle_events"] = _without_sets(list(attributes["lifecycle_events"]))
        vectors = gensim_attributes.vectors_of(stored, place)
    return StoredModel(place, attributes, vectors, has_tables=False)


def _without_sets(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, (list, tuple)):
        return [_without_sets(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_sets(item) for key, item in value.items()}
    return value


def at_first(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model has that was saved before gensim, or without ours, had it.

    Parameters
    ----------
    defaults : mapping
        Of the parameters.
    """
    made = {name: value for name, value in defaults.items() if name in PLAIN} | AT_FIRST
    return made | {"history": [], "lifecycle_events": []}


def check_shapes(
    attributes: Mapping[str, Any],
    keys: list[Any],
    vectors: Any,
    expandos: Mapping[str, Any] | None,
) -> None:
    """Raise ValueError when the parts of a model do not fit together.

    The last keys may be such as were added to the vectors only (`wv.add_vectors`): they have no
    counts, and no rows in the other matrices.

    Parameters
    ----------
    attributes : mapping
        Of the model, less `wv`.
    keys, expandos
        Of `wv`, which fit together.
    vectors : float (n_keys, vector_size) or None
        None if they were left out on saving.
    """
    size = attributes["vector_size"]  # as the file has it
    if (
        len(keys)
        and vectors is not None
        and not vectors.shape[1] == attributes["layer1_size"] == size
    ):
        raise ValueError(
            f"vector_size is {size!r}, but the vectors have {vectors.shape[1]} dimensions"
        )
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"vector_size is {size!r}, not an integer >= 1")
    for name in MODEL_EXPANDOS:
        values = (expandos or {}).get(name)
        if values is not None and len(values) and not _are_counts(values):
            raise ValueError(f"{name} must be numbers >= 0, got {values.dtype} {values.shape}")
    n_trained = _n_counted((expandos or {}).get("count"), len(keys))
    for name in ARRAYS:
        expected = (len(keys),) if name == "cum_table" else (len(keys), size)
        array = attributes.get(name)
        if array is None:
            continue
        if array.dtype.kind not in "fiu":
            raise ValueError(f"{name} is {array.dtype}, not numbers")
        fits = array.shape[1:] == expected[1:] and n_trained <= len(array) < len(keys)
        if array.shape != expected and not fits:
            raise ValueError(f"{name} has shape {array.shape}, not {expected}")


def _n_counted(counts: Any, n_keys: int) -> int:
    """Return how many keys there are without those at the end that were never counted."""
    while counts is not None and n_keys and counts[n_keys - 1] == 0:
        n_keys -= 1
    return n_keys


def _are_counts(values: NDArray[Any]) -> bool:
    """Say whether these are numbers from 0 on, one for each key."""
    return values.ndim == 1 and values.dtype.kind in "iuf" and bool(values.min() >= 0)


def plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python number that JSON can hold; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value
