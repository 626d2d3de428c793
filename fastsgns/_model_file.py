"""Engine room: which parts of a Word2Vec go into its file, and how they come back."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from fastsgns._keyed_files import EXPANDO_PREFIX, MODEL_EXPANDOS
from fastsgns.io import json_values, native
from fastsgns.io.errors import FormatError
from fastsgns.keyedvectors import KeyedVectors

if TYPE_CHECKING:
    from fastsgns.word2vec import Word2Vec

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
    "history",
    "lifecycle_events",
)

#: Arrays of the model itself.
ARRAYS = ("syn1neg", "syn1", "cum_table")

#: What is derived from the counts again: the Huffman paths.
DERIVED_EXPANDOS = ("code", "point")


def write_model(model: Word2Vec, path: str | os.PathLike[str]) -> None:
    """Write a model in the native format; what can be derived is left out."""
    vectors_header, keys, vectors_arrays = model.wv._pack()
    random = model.random.get_state(legacy=False)
    header = {
        "class": CLASS_NAME,
        "parameters": {name: plain(getattr(model, name)) for name in PLAIN if hasattr(model, name)},
        "comment": json_values.encode(model.comment),
        "raw_vocab": json_values.encode(dict(model.raw_vocab)),
        "random": [
            random["bit_generator"],
            int(random["state"]["pos"]),
            int(random["has_gauss"]),
            float(random["gauss"]),
        ],
        "keyed_vectors": vectors_header,
    }
    arrays = {
        name.removeprefix(EXPANDO_PREFIX) if is_model_expando(name) else name: array
        for name, array in vectors_arrays.items()
        if not is_derived(name)
    }
    arrays["random_state"] = random["state"]["key"]
    arrays |= {name: getattr(model, name) for name in ARRAYS if has_array(model, name)}
    native.write(path, header, keys, arrays)


def read_model(model: Word2Vec, path: str | os.PathLike[str], mmap: str | None) -> None:
    """Fill `model`, made by `__new__`, from a file that `write_model` wrote.

    Raises
    ------
    FormatError
        When the file is none, or its parts do not fit together.
    """
    place = os.fspath(path)
    if not native.is_native(path):
        raise FormatError(f"{place}: not a file that Word2Vec.save() writes")
    header, keys, arrays = native.read(path, mmap)
    if header.get("class") != CLASS_NAME:
        raise FormatError(
            f"{place}: holds a {header.get('class')}, not a {CLASS_NAME};"
            " KeyedVectors.load reads word vectors"
        )
    model.wv = KeyedVectors._unpack(header, keys, arrays, place)
    if hasattr(model.wv, "vectors_lockf"):
        model.wv.vectors_lockf = np.array(model.wv.vectors_lockf)  # small, and to be written to
    model.hashfxn = hash
    try:
        for name, value in header["parameters"].items():
            if name not in PLAIN:
                raise ValueError(f"{name!r} is no parameter of a model")
            setattr(model, name, value)
        model.comment = json_values.decode(header["comment"])
        model.raw_vocab = defaultdict(int, json_values.decode(header["raw_vocab"]))
        name, position, has_gauss, gauss = header["random"]
        model.random = np.random.RandomState()
        model.random.set_state((name, arrays["random_state"], position, has_gauss, gauss))
        for name in ARRAYS:
            if name in arrays:
                setattr(model, name, arrays[name])
        check_shapes(model)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise FormatError(f"{place}: {type(error).__name__}: {error}") from error
    if model.hs and "count" in model.wv.expandos:
        model.create_binary_tree()


def check_shapes(model: Word2Vec) -> None:
    """Raise ValueError when the parts of a model that was read do not fit together."""
    keys = model.wv.index_to_key
    size: Any = model.vector_size  # as the file has it
    if len(model.wv.key_to_index) != len(keys):
        raise ValueError(f"{len(keys)} keys, but only {len(model.wv.key_to_index)} different ones")
    if len(keys) and (model.wv.vectors.shape[1] != size or model.layer1_size != size):
        raise ValueError(
            f"vector_size is {size!r}, but the vectors have {model.wv.vectors.shape[1]} dimensions"
        )
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"vector_size is {size!r}, not an integer >= 1")
    for name in ARRAYS:
        expected = (len(keys),) if name == "cum_table" else (len(keys), size)
        if has_array(model, name) and getattr(model, name).shape != expected:
            raise ValueError(f"{name} has shape {getattr(model, name).shape}, not {expected}")


def has_array(model: Word2Vec, name: str) -> bool:
    """Say whether the model has this array."""
    return getattr(model, name, None) is not None


def is_model_expando(name: str) -> bool:
    """Say whether an array of the vectors' file has no prefix in the model's."""
    return name.removeprefix(EXPANDO_PREFIX) in MODEL_EXPANDOS


def is_derived(name: str) -> bool:
    """Say whether an array of the vectors' file is not saved: it follows from the counts."""
    return name.startswith(tuple(EXPANDO_PREFIX + expando + "." for expando in DERIVED_EXPANDOS))


def plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python number that JSON can hold; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value
