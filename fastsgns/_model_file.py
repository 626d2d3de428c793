"""Engine room: which parts of a Word2Vec go into its file, and how they come back."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from fastsgns.io import native
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
    "comment",
    "progress",
    "history",
    "lifecycle_events",
)

#: Arrays of the model itself, and what its vocabulary knows of each word.
ARRAYS = ("syn1neg", "syn1", "cum_table")
VOCABULARY_ARRAYS = ("count", "sample_int")


def write_model(model: Word2Vec, path: str | os.PathLike[str]) -> None:
    """Write a model in the native format; what can be derived (Huffman codes) is left out."""
    wv = model.wv
    name, state, position, has_gauss, cached_gaussian = model.random.get_state(legacy=True)
    header: dict[str, Any] = {
        "class": CLASS_NAME,
        "parameters": {key: plain(getattr(model, key)) for key in PLAIN if hasattr(model, key)},
        "random": [name, int(position), int(has_gauss), float(cached_gaussian)],
    }
    arrays = {"vectors": wv.vectors, "random_state": state}
    if hasattr(wv, "vectors_lockf"):
        arrays["vectors_lockf"] = wv.vectors_lockf
    arrays |= {key: getattr(model, key) for key in ARRAYS if getattr(model, key, None) is not None}
    arrays |= {key: wv.expandos[key] for key in VOCABULARY_ARRAYS if key in wv.expandos}
    native.write(path, header, wv.index_to_key, arrays)


def read_model(model: Word2Vec, path: str | os.PathLike[str], mmap: str | None) -> None:
    """Fill `model`, made by `__new__`, from a file that `write_model` wrote."""
    header, keys, arrays = native.read(path, mmap)
    if header.get("class") != CLASS_NAME:
        raise FormatError(
            f"{os.fspath(path)}: holds a {header.get('class')}, not a {CLASS_NAME};"
            " KeyedVectors.load reads word vectors"
        )
    for key, value in header["parameters"].items():
        setattr(model, key, value)
    model.hashfxn = hash
    model.raw_vocab = defaultdict(int)
    name, position, has_gauss, cached_gaussian = header["random"]
    model.random = np.random.RandomState()
    model.random.set_state((name, arrays["random_state"], position, has_gauss, cached_gaussian))

    wv = model.wv = KeyedVectors(model.vector_size)
    wv.index_to_key = list(keys)
    wv.key_to_index = {key: i for i, key in enumerate(wv.index_to_key)}
    wv.next_index = len(wv.index_to_key)
    wv.vectors = arrays["vectors"]
    if "vectors_lockf" in arrays:
        wv.vectors_lockf = np.array(arrays["vectors_lockf"])
    wv.expandos = {key: np.array(arrays[key]) for key in VOCABULARY_ARRAYS if key in arrays}
    for key in ARRAYS:
        if key in arrays:
            setattr(model, key, arrays[key])
    if model.hs and "count" in wv.expandos:
        model.create_binary_tree()


def plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python number that JSON can hold; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value
