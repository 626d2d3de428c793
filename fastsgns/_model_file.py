"""Engine room: which parts of a Word2Vec go into its file, and how they come back."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import IO, TYPE_CHECKING, Any, NoReturn

import numpy as np

from fastsgns.io import (
    gensim_attributes,
    gensim_pickle,
    gensim_writer,
    json_values,
    keyed_file,
    native,
)
from fastsgns.io.errors import FormatError, WrongClassError
from fastsgns.io.files import Source, name_of, spooled
from fastsgns.io.keyed_file import EXPANDO_PREFIX, MODEL_EXPANDOS
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
    "kernel",
    "shared_negatives",
    "corpus_cache",
    "history",
    "lifecycle_events",
)

#: Arrays of the model itself.
ARRAYS = ("syn1neg", "syn1", "cum_table")

#: What is derived from the counts again: the Huffman paths.
DERIVED_EXPANDOS = ("code", "point")


#: What a model has that was saved before gensim had it, beside the defaults of the parameters.
AT_FIRST: dict[str, Any] = {
    "corpus_count": 0,
    "lifecycle_events": (),
    "running_training_loss": 0.0,
    "total_train_time": 0.0,
    "train_count": 0,
}


def call_on_class_only(*args: Any, **kwargs: Any) -> NoReturn:  # noqa: ARG001
    """Raise AttributeError: what `load` is on a model, since it would not change the model."""
    raise AttributeError("This method should be called on a class object.")


def write_model(
    model: Word2Vec, target: str | os.PathLike[str] | IO[bytes], ignore: Collection[str] = ()
) -> None:
    """Write a model in the native format; what can be derived is left out."""
    if "wv" in ignore:
        raise ValueError("ignore=['wv']: a model is not saved without its vectors")
    vectors_header, keys, vectors_arrays = keyed_file.pack(vars(model.wv), ignore)
    random = model.random.get_state(legacy=False)
    header = {
        "class": CLASS_NAME,
        "parameters": {
            name: plain(getattr(model, name))
            for name in PLAIN
            if hasattr(model, name) and name not in ignore
        },
        "comment": json_values.encode(None if "comment" in ignore else model.comment),
        "raw_vocab": json_values.encode({} if "raw_vocab" in ignore else dict(model.raw_vocab)),
        "random": [
            random["bit_generator"],
            int(random["state"]["pos"]),
            int(random["has_gauss"]),
            float(random["gauss"]),
        ],
        "keyed_vectors": vectors_header,
        "ignored": sorted(name for name in ignore if name in PLAIN + ARRAYS),
    }
    arrays = {
        name.removeprefix(EXPANDO_PREFIX) if is_model_expando(name) else name: array
        for name, array in vectors_arrays.items()
        if not is_derived(name)
    }
    arrays["random_state"] = random["state"]["key"]
    arrays |= {
        name: getattr(model, name)
        for name in ARRAYS
        if has_array(model, name) and name not in ignore
    }
    native.write(target, header, keys, arrays)


def write_for_gensim(
    model: Word2Vec,
    target: str | os.PathLike[str] | IO[bytes],
    separately: Iterable[str] | None,
    sep_limit: int,
    ignore: Collection[str],
    protocol: int,
) -> None:
    """Write a model so that gensim 4 loads it as its own."""
    gensim_writer.write(
        target,
        gensim_attributes.stored_model(
            vars(model), gensim_attributes.stored_vectors(vars(model.wv), ignore), ignore
        ),
        separately=separately,
        sep_limit=sep_limit,
        ignored=sorted({"cum_table", *ignore}),
        protocol=protocol,
    )


def read_model(
    model: Word2Vec, source: Source, mmap: str | None, defaults: Mapping[str, Any]
) -> None:
    """Fill `model`, made by `__new__`, from a file that `write_model` or gensim wrote.

    Parameters
    ----------
    model : Word2Vec
    source : str, path or binary file
    mmap : {None, "r", "c"}
    defaults : mapping
        Of the parameters, for models from before they were there.

    Raises
    ------
    FormatError
        When the file is none, or its parts do not fit together.
    """
    with contextlib.ExitStack() as stack:
        if not isinstance(source, (str, os.PathLike)):
            source = stack.enter_context(spooled(source))
        if native.is_native(source):
            read_native(model, source, mmap)
        else:
            read_gensim(model, source, mmap, defaults)
    vars(model)["load"] = call_on_class_only


def read_native(model: Word2Vec, source: Source, mmap: str | None) -> None:
    """Fill a model from a file that `write_model` wrote."""
    place = name_of(source)
    header, keys, arrays = native.read(source, mmap)
    if header.get("class") != CLASS_NAME:
        raise WrongClassError(
            f"{place}: holds a {header.get('class')}, not a {CLASS_NAME};"
            " KeyedVectors.load reads word vectors"
        )
    model.hashfxn = hash
    try:
        model.wv = KeyedVectors._from_attributes(keyed_file.unpack(header, keys, arrays, place))
        if hasattr(model.wv, "vectors_lockf"):
            model.wv.vectors_lockf = np.array(model.wv.vectors_lockf)  # small, to be written to
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
        for name in header.get("ignored", ()):
            if name not in PLAIN + ARRAYS:
                raise ValueError(f"{name!r} is no part of a model")
            setattr(model, name, None)
        check_shapes(model)
    except FormatError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise FormatError(f"{place}: {type(error).__name__}: {error}") from error
    if model.hs and "count" in (model.wv.expandos or {}):
        model.create_binary_tree()


def read_gensim(
    model: Word2Vec, source: Source, mmap: str | None, defaults: Mapping[str, Any]
) -> None:
    """Fill a model from a file that gensim's Word2Vec.save wrote, of any version."""
    place = name_of(source)
    begin = native.begin_of(source)
    if not gensim_pickle.looks_like_pickle(begin):
        raise FormatError(
            f"{place}: not a file that Word2Vec.save() writes, it begins with {begin!r}. "
            "KeyedVectors.load_word2vec_format reads word2vec's own formats"
        )
    own = gensim_attributes.own_classes(type(model), beyond=__name__.partition(".")[0])
    stored = gensim_pickle.read(source, mmap, own)
    if not gensim_attributes.is_model(stored):
        raise WrongClassError(
            f"{place}: holds a {stored.class_name}, not a {CLASS_NAME}; KeyedVectors.load reads it"
        )
    values = {name: value for name, value in defaults.items() if name in PLAIN} | AT_FIRST
    try:
        values |= gensim_attributes.parameters_of(stored)
        model.hashfxn = hash
        model.comment = None
        model.history = []
        model.wv = KeyedVectors._from_attributes(gensim_attributes.vectors_of(stored, place))
        for name, value in values.items():
            if name.startswith("_") or callable(getattr(type(model), name, None)):
                raise ValueError(f"{name!r} is no attribute that a file can set")
            setattr(model, name, value)
        if model.lifecycle_events is not None:
            model.lifecycle_events = list(model.lifecycle_events)
        check_shapes(model)
    except FormatError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise FormatError(f"{place}: {type(error).__name__}: {error}") from error
    if "count" in model.wv.expandos:
        if model.negative and model.negative > 0:
            model.make_cum_table()
        if model.hs and not gensim_attributes.has_paths(model.wv.expandos):
            model.create_binary_tree()


def check_shapes(model: Word2Vec) -> None:
    """Raise ValueError when the parts of a model that was read do not fit together."""
    keys = model.wv.index_to_key
    size: Any = model.vector_size  # as the file has it
    if len(model.wv.key_to_index) != len(keys):
        raise ValueError(f"{len(keys)} keys, but only {len(model.wv.key_to_index)} different ones")
    vectors: Any = model.wv.vectors  # None if it was ignored on saving
    if len(keys) and vectors is not None and not vectors.shape[1] == model.layer1_size == size:
        raise ValueError(
            f"vector_size is {size!r}, but the vectors have {vectors.shape[1]} dimensions"
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
