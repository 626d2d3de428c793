"""Engine room: from what gensim's files of any age hold to today's attributes, and back."""

from __future__ import annotations

import os
import reprlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import npy, random_state, value_types
from fastsgns.io.errors import FormatError, OtherModelError
from fastsgns.io.gensim_names import KEYED_VECTORS, WORD2VEC, Held, Stored, stored_class
from fastsgns.io.gensim_writer import ClassName

#: Names of gensim before 4.0 (before 3.3 and 1.0, syn0 and its like) and today's.
OLD_VECTORS_NAMES = {
    "index2entity": "index_to_key",
    "index2word": "index_to_key",
    "syn0": "vectors",
}
OLD_MODEL_NAMES = {"iter": "epochs", "size": "vector_size"}
#: What a model held itself before gensim 1.0, when it had no `wv`.
ONCE_OF_THE_MODEL = ("index2word", "syn0", "vocab")
#: What is computed when needed, or is no more.
GONE = frozenset(
    {
        "callbacks",
        "cum_table",
        "load",
        "load_word2vec_format",
        "model_trimmed_post_training",
        "neg_labels",
        "norms",
        "syn0norm",
        "table",
        "trainables",
        "vectors_norm",
        "vocab",
        "vocabulary",
    }
)
#: What a model of ours has, and gensim's has not.
OURS = frozenset(
    {
        "corpus",
        "corpus_cache",
        "cum_table",
        "history",
        "kernel",
        "load",
        "progress",
        "shared_negatives",
    }
)

#: What save() writes unless told; `patch_gensim` changes it, for programs whose files others read.
default_format = "native"

#: What loads gensim's other models from a path; `patch_gensim` sets it, for gensim is there then.
other_loader: Callable[[str, str | None], Any] | None = None

_MAX_SAMPLE_INT = 2**32 - 1

# Words may lack an attribute that others have, within what memory a file can ask for: so many
# values for each that is there, and so many in any case.
_MOST_HOLES = 8
_ALWAYS_HOLES = 1 << 20


def format_wanted(format: str | None) -> str:  # noqa: A002
    """Return "native", "gensim" or "safetensors"; None is the default."""
    if format is None:
        return default_format
    if format not in ("native", "gensim", "safetensors"):
        raise ValueError(f"format must be 'native', 'gensim' or 'safetensors', got {format!r}")
    return format


def load_other(refusal: OtherModelError, source: Any, mmap: str | None) -> Any:
    """Return gensim's own object of a file of its other models, while `patch_gensim` holds.

    As gensim does: its load() gives whatever the file holds, whose class it is called on.
    """
    if other_loader is None or not isinstance(source, (str, os.PathLike)):
        raise refusal
    return other_loader(os.fspath(source), mmap)


# ---------------------------------------------------------------- reading


def own_classes(cls: type, *, beyond: str) -> list[str]:
    """Name a class and its bases, less those of the package `beyond`: a file may hold them."""
    return [
        f"{base.__module__}.{base.__qualname__}"
        for base in cls.__mro__
        if base.__module__.partition(".")[0] not in (beyond, "builtins", "typing", "abc")
    ]


def is_model(stored: Stored) -> bool:
    """Say whether this is a Word2Vec; a subclass is told by what it has."""
    return stored.kind == "model" or (stored.kind == "own" and "hs" in vars(stored))


def has_paths(expandos: dict[str, NDArray[Any]]) -> bool:
    """Say whether each word has its Huffman path."""
    from fastsgns.io import _checks

    return all(
        name in expandos and _checks.are_of(expandos[name].tolist(), frozenset({np.ndarray}))
        for name in ("code", "point")
    )


def vectors_of(stored: Stored, place: str) -> dict[str, Any]:
    """Return today's attributes of a KeyedVectors, from those of one, or of a model of any age.

    Raises
    ------
    FormatError
        When there are no vectors, or they do not fit the keys.
    """
    attributes = vars(stored) | stored.bookkeeping
    inner = attributes.get("wv")
    if is_model(stored):
        locks = _first(
            attributes.get("syn0_lockf"), _part(attributes, "trainables").get("vectors_lockf")
        )
        if isinstance(inner, Stored):
            attributes = vars(inner) | inner.bookkeeping
        else:
            attributes = {
                name: value for name, value in attributes.items() if name in ONCE_OF_THE_MODEL
            }
        if locks is not None:
            attributes.setdefault("vectors_lockf", locks)
    for old, new in OLD_VECTORS_NAMES.items():
        if old in attributes:
            attributes.setdefault(new, attributes.pop(old))
    words = attributes.get("vocab")
    attributes = _with_generators({n: value for n, value in attributes.items() if n not in GONE})
    keys = attributes.setdefault("index_to_key", [])
    if not isinstance(keys, list):
        raise FormatError(f"{place}: index_to_key is a {type(keys).__name__}, not a list")
    if isinstance(words, dict):
        attributes["expandos"] = _attributes_of_words(keys, words, place)
        attributes["key_to_index"] = {key: row for row, key in enumerate(keys)}
    _check_vectors(attributes, place)
    return attributes


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _part(attributes: dict[str, Any], name: str) -> dict[str, Any]:
    part = attributes.get(name)
    return dict(vars(part)) if isinstance(part, Stored) else {}


def _attributes_of_words(
    keys: list[Any], words: dict[Any, Any], place: str
) -> dict[str, NDArray[Any]]:
    """Return, as arrays over the keys, what gensim 3 kept in an object for each word."""
    objects = [vars(words[key]) if key in words else {} for key in keys]
    names = dict.fromkeys(name for item in objects for name in item)
    n_values = sum(map(len, objects))
    if len(names) * len(keys) > _MOST_HOLES * n_values + _ALWAYS_HOLES:
        raise FormatError(
            f"{place}: {len(keys)} words have {len(names)} attributes of different names, each only"
            " some of them"
        )
    made: dict[str, NDArray[Any]] = {}
    for name in names:
        values = [item.get(name) for item in objects]
        if name in ("count", "index"):
            made[name] = np.array([int(value or 0) for value in values], np.int64)
        elif name == "sample_int":
            # Old ones go to 2**32, one more than a draw can be.
            kept = [min(int(value or 0), _MAX_SAMPLE_INT) for value in values]
            made[name] = np.array(kept, np.uint32)
        else:
            made[name] = npy.objects(values, len(values))
    return made


def _check_vectors(attributes: dict[str, Any], place: str) -> None:
    from fastsgns.io import _checks

    keys, rows = attributes["index_to_key"], attributes.get("key_to_index")
    are_in_order = isinstance(rows, dict) and _checks.are_in_order(rows, keys)  # nearly always
    if not are_in_order:
        _check_different(keys, place)
    if rows is None:  # left out by who saved; None in a list of keys is a row that waits for one
        rows = {key: row for row, key in enumerate(keys) if key is not None}
    vectors = attributes.get("vectors")
    if vectors is not None or "vectors" not in attributes:
        shape = getattr(vectors, "shape", None)
        if not _is_matrix(vectors) or shape is None or shape[0] != len(keys):
            raise FormatError(f"{place}: vectors of shape {shape} for {len(keys)} keys")
        attributes["vector_size"] = int(shape[1])
    checked: dict[Any, int] = rows
    if not are_in_order:
        checked = with_numbers(keys, _checked_rows(rows, keys, place))
    attributes["key_to_index"] = checked
    attributes["expandos"] = {
        name: _checked_attribute(name, values, len(keys), place)
        for name, values in _dict(attributes.get("expandos"), "expandos", place).items()
    }
    attributes["next_index"] = count_taken(keys, checked)
    attributes["norms"] = None
    locks = attributes.get("vectors_lockf")
    if locks is not None:
        if not isinstance(locks, np.ndarray) or locks.ndim != 1:
            raise FormatError(f"{place}: vectors_lockf is no array of one dimension")
        attributes["vectors_lockf"] = np.array(locks, np.float32)


def _check_different(keys: list[Any], place: str) -> None:
    try:
        n_different = len(set(keys)) + max(0, keys.count(None) - 1)
    except TypeError as error:
        raise FormatError(f"{place}: index_to_key: {error}") from None
    if n_different != len(keys):
        raise FormatError(f"{place}: {len(keys)} keys, but only {n_different} different ones")


def with_numbers(keys: list[Any], rows: dict[Any, int]) -> dict[Any, int]:
    """Return the row of each key that has one, also of those that are its number.

    gensim's document vectors leave these out of key_to_index: it takes numbers for rows anyway.
    """
    return {
        key: row
        for row, key in enumerate(keys)
        if key in rows or (isinstance(key, int) and key == row)
    }


def count_taken(keys: list[Any], rows: dict[Any, int]) -> int:
    """Count the rows that have a key: gensim leaves next_index at 0 when a model is built."""
    n_taken = len(keys)
    while n_taken and keys[n_taken - 1] is None and None not in rows:
        n_taken -= 1
    return n_taken


def _is_matrix(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype.kind in "fiu"


def _dict(value: Any, name: str, place: str) -> dict[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FormatError(f"{place}: {name} is a {type(value).__name__}, not a dict")
    return value


def _checked_rows(rows: Any, keys: list[Any], place: str) -> dict[Any, int]:
    checked: dict[Any, int] = {}
    given = _dict(rows, "key_to_index", place)
    try:
        for key, row in given.items():
            if not 0 <= int(row) < len(keys):
                raise ValueError(
                    f"key {reprlib.repr(key)} has row {reprlib.repr(row)} of {len(keys)}"
                )
            there = keys[int(row)]
            if there is not key and there != key:  # some may have been taken out
                raise ValueError(
                    f"key {reprlib.repr(key)} has the row of {reprlib.repr(there)} in index_to_key"
                )
            checked[key] = int(row)
    except (TypeError, ValueError) as error:
        raise FormatError(f"{place}: key_to_index: {error}") from error
    return checked


def _checked_attribute(name: Any, values: Any, n_keys: int, place: str) -> NDArray[Any]:
    if not isinstance(name, str) or not isinstance(values, np.ndarray) or values.ndim != 1:
        raise FormatError(
            f"{place}: attribute {reprlib.repr(name)} of the keys is no array of one dimension"
        )
    if len(values) > n_keys:
        raise FormatError(f"{place}: {len(values)} values of {name!r:.100} for {n_keys} keys")
    # gensim's add_vector adds no attributes: the last keys have none.
    if n_keys * values.itemsize > _MOST_HOLES * values.nbytes + 8 * _ALWAYS_HOLES:
        raise FormatError(
            f"{place}: {len(values)} values of {name!r:.100}, of {values.itemsize} bytes each, for"
            f" {n_keys} keys"
        )
    grown = np.zeros(n_keys, values.dtype)
    grown[: len(values)] = values
    return grown


def parameters_of(stored: Stored) -> dict[str, Any]:
    """Return today's attributes of a Word2Vec, less `wv`, from those of one of any age.

    Attributes that gensim came to have later are not among them, unless they follow from others.
    """
    attributes = vars(stored) | stored.bookkeeping
    # Between 3.3 and 3.8 parts of a model were objects of their own.
    merged = _part(attributes, "vocabulary") | _part(attributes, "trainables") | attributes
    for old, new in OLD_MODEL_NAMES.items():
        if old in merged:
            merged.setdefault(new, merged.pop(old))
    left_out = GONE | {*ONCE_OF_THE_MODEL, "hashfxn", "syn0_lockf", "vectors_lockf", "wv"}
    made = {name: value for name, value in merged.items() if name not in left_out}
    made["raw_vocab"] = defaultdict(int, made.get("raw_vocab") or {})
    made["random"] = _random_state(made.get("random"), made.get("seed", 1))
    made.setdefault("layer1_size", made.get("vector_size"))
    made.setdefault("effective_min_count", made.get("min_count"))
    made.setdefault("min_alpha_yet_reached", made.get("alpha"))
    made.setdefault("corpus_total_words", None)  # not known, as in gensim
    return _with_generators(made)


def _with_generators(attributes: dict[str, Any]) -> dict[str, Any]:
    """Make the random generators among the attributes; those of another kind cannot be made."""
    for name, value in attributes.items():
        if isinstance(value, Held):
            if _mersenne_twister(value) is None:
                raise FormatError(f"attribute {name!r} is a random generator of another kind")
            attributes[name] = _random_state(value, 0)
    return attributes


def _random_state(held: Any, seed: Any) -> np.random.RandomState:
    """Return the generator of a file; of one that is none, or of another kind, a new one."""
    state = _mersenne_twister(held)
    if state is None:
        return np.random.RandomState(seed)
    name, key, position, has_gauss, gauss = state
    return random_state.restored(key, position, has_gauss, gauss, name)


def _mersenne_twister(held: Any) -> tuple[Any, ...] | None:
    """Return the state of a generator of a file, as `RandomState.set_state` takes it."""
    state = held.state if isinstance(held, Held) else None
    if isinstance(state, dict):
        inner = state.get("state")
        state = (
            state.get("bit_generator"),
            *((inner.get("key"), inner.get("pos")) if isinstance(inner, dict) else (None, None)),
            state.get("has_gauss", 0),
            state.get("gauss", 0.0),
        )
    if isinstance(state, tuple) and len(state) == 5 and state[0] in ("MT19937", b"MT19937"):
        return state
    return None


# ---------------------------------------------------------------- writing


def stored_vectors(attributes: Mapping[str, Any], ignore: Collection[str] = ()) -> Stored:
    """Return the attributes of a KeyedVectors as gensim 4 pickles them."""
    stored = stored_class(KEYED_VECTORS, "vectors")()
    vars(stored).update((name, value) for name, value in attributes.items() if name not in ignore)
    keys = attributes["index_to_key"]
    if not set(map(type, keys)) <= {str, int} and not {"index_to_key", "key_to_index"} & {*ignore}:
        # A str of another class is saved as the str that it is, whose class a file need not name.
        plain = [value_types.plainer(key) for key in keys]
        new = dict(zip(keys, plain, strict=True))
        rows = {new.get(key, key): row for key, row in attributes["key_to_index"].items()}
        vars(stored).update(index_to_key=plain, key_to_index=rows)
    return stored


def stored_model(attributes: Mapping[str, Any], vectors: Stored, ignore: Any = ()) -> Stored:
    """Return a Word2Vec as gensim 4 pickles it, without what only ours has.

    Parameters
    ----------
    attributes : mapping
        Of the model.
    vectors : Stored
        Its `wv`.
    ignore : collection of str
        Attributes to leave out.
    """
    stored = stored_class(WORD2VEC, "model")()
    held = vars(stored)
    for name, value in attributes.items():
        if name not in OURS and name not in ignore and not name.startswith("_"):
            held[name] = value
    if "wv" not in ignore:
        held["wv"] = vectors
    if "hashfxn" not in ignore:
        held["hashfxn"] = hash
    held["load"] = ClassName("gensim.utils", "call_on_class_only")
    return stored
