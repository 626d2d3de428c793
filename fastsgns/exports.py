"""Face: word vectors for other programs: a function for each, which loads its package when called.

What `KeyedVectors` writes itself is not repeated here: ``wv.save(path, format="safetensors")``,
``wv.save_word2vec_format(path)`` and, for tables, ``wv.to_frame()``.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastsgns._shown import shown
from fastsgns.io.files import as_path, replacing_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastsgns.keyedvectors import KeyedVectors

__all__ = [
    "to_faiss",
    "to_model2vec",
    "to_numpy",
    "to_projector",
    "to_safetensors",
    "to_spacy",
    "to_torch",
    "to_usearch",
]


def to_torch(wv: KeyedVectors, *, freeze: bool = True) -> Any:
    """Return a ``torch.nn.Embedding``: row i is the vector of ``wv.index_to_key[i]``.

    Parameters
    ----------
    wv : KeyedVectors
    freeze : bool, default True
        The weights are not trained any further.
    """
    torch = _package("torch", "torch")
    return torch.nn.Embedding.from_pretrained(
        torch.from_numpy(_floats(wv, copy=True)), freeze=freeze
    )


def to_spacy(wv: KeyedVectors, vocab: Any = None) -> Any:
    """Return ``spacy.vectors.Vectors``.

    Parameters
    ----------
    wv : KeyedVectors
    vocab : spacy.vocab.Vocab, optional
        Its strings learn the keys, and its vectors become these: ``to_spacy(wv, nlp.vocab)``.
    """
    spacy_strings = _package("spacy.strings", "spacy")
    keys = _texts(wv, "spaCy")
    strings = spacy_strings.StringStore(keys) if vocab is None else vocab.strings
    for key in keys:
        strings.add(key)
    vectors = _package("spacy.vectors", "spacy").Vectors(
        strings=strings,
        data=_floats(wv, copy=True),
        keys=np.array([spacy_strings.get_string_id(key) for key in keys], np.uint64),
        name="fastsgns",
    )
    if vocab is not None:
        vocab.vectors = vectors
    return vectors


def to_projector(wv: KeyedVectors, folder: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Write ``vectors.tsv`` and ``metadata.tsv``, which projector.tensorflow.org loads.

    Parameters
    ----------
    wv : KeyedVectors
        Its attribute "count" becomes a second column of the metadata.
    folder : str or path
        It is made if it is not there.

    Returns
    -------
    (path, path)
        Of both files.
    """
    blanks = dict.fromkeys(map(ord, "\t\n\r"), " ")
    names = [str(key).translate(blanks) or " " for key in wv.index_to_key]
    lines = names
    if (counts := wv.expandos.get("count")) is not None:
        pairs = zip(names, counts.tolist(), strict=True)
        lines = ["word\tcount", *(f"{name}\t{count}" for name, count in pairs)]
    paths = _in(folder, "vectors.tsv"), _in(folder, "metadata.tsv")
    with replacing_all(paths) as (vectors, metadata):
        np.savetxt(vectors, _floats(wv), fmt="%.7g", delimiter="\t")
        metadata.write(_lines(lines))
    return paths


def to_safetensors(wv: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write the vectors as safetensors, as ``wv.save(path, format="safetensors")`` does."""
    wv.save(path, format="safetensors")


def to_numpy(wv: KeyedVectors, path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Write the vectors as .npy, and beside it the keys, a line each, as .vocab.

    `KeyedVectors.load_any` loads them.

    Parameters
    ----------
    wv : KeyedVectors
        Its keys are str, without line ends.
    path : str or path
        Of the .npy, which is put behind a name without it; the other file has the same name with
        .vocab in its place.

    Returns
    -------
    (path, path)
    """
    keys = _texts(wv, "a file with a key a line")
    bad = next((key for key in keys if len(key.splitlines()) != 1), None)
    if bad is not None:
        raise ValueError(f"a file with a key a line cannot hold the key {shown(bad)}")
    target = as_path(path)
    if target.suffix != ".npy":
        target = target.with_name(f"{target.name}.npy")
    paths = target, target.with_suffix(".vocab")
    with replacing_all(paths) as (matrix, words):
        np.save(matrix, wv._floats())
        words.write(_lines(keys))
    return paths


def to_faiss(wv: KeyedVectors) -> Any:
    """Return an index of faiss that finds by cosine: place i is ``wv.index_to_key[i]``.

    ``index.search(queries, k)`` wants queries of unit length.
    """
    index = _package("faiss", "faiss-cpu").IndexFlatIP(wv.vector_size)
    index.add(_units(wv))
    return index


def to_usearch(wv: KeyedVectors, **options: Any) -> Any:
    """Return an index of usearch that finds by cosine: label i is ``wv.index_to_key[i]``.

    Parameters
    ----------
    wv : KeyedVectors
    **options
        Of ``usearch.index.Index``, such as ``dtype="f16"`` or ``connectivity=32``.
    """
    options = {"ndim": wv.vector_size, "metric": "cos", "dtype": "f32", **options}
    from fastsgns.vectors import approximate

    index = _package("usearch.index", "usearch").Index(**options)
    approximate.add(index, np.arange(len(wv)), _floats(wv))
    return index


def to_model2vec(
    wv: KeyedVectors,
    folder: str | os.PathLike[str],
    *,
    weights: NDArray[Any] | None = None,
    lowercase: bool = False,
) -> Path:
    """Write a folder that model2vec and the Hugging Face hub know as a static embedding model.

    It has ``model.safetensors``, ``tokenizer.json`` (words at white space and punctuation) and
    ``config.json``: ``model2vec.StaticModel.from_pretrained(folder)`` loads it.

    Parameters
    ----------
    wv : KeyedVectors
        Its keys are str.
    folder : str or path
        It is made if it is not there.
    weights : ndarray, shape (n_keys,), optional
        What each vector is multiplied by, such as those of SIF.
    lowercase : bool, default False
        Have the tokenizer make texts lower case, as the keys must be.

    Returns
    -------
    path
        The folder.

    Notes
    -----
    An unknown word is the token "[UNK]", a vector of zeros in the last row, if that is no key.
    """
    from fastsgns.io import safetensors

    keys, vectors = _texts(wv, "a tokenizer"), _floats(wv)
    if weights is not None:
        factors = np.asarray(weights, np.float32)
        if factors.shape != (len(keys),):
            raise ValueError(
                f"weights must be {len(keys)}, one for each key, got shape {factors.shape}"
            )
        vectors = vectors * factors[:, np.newaxis]
    if "[UNK]" not in wv.key_to_index:
        keys, vectors = [*keys, "[UNK]"], np.vstack([vectors, np.zeros(wv.vector_size, np.float32)])
    config = {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "hidden_dim": wv.vector_size,
        "seq_length": 1_000_000,
        "normalize": True,
    }
    safetensors.write(_in(folder, "model.safetensors"), keys, {"embeddings": vectors})
    _in(folder, "tokenizer.json").write_text(_json(_tokenizer(keys, lowercase)), encoding="utf-8")
    _in(folder, "config.json").write_text(_json(config), encoding="utf-8")
    return as_path(folder)


def _tokenizer(keys: Sequence[str], lowercase: bool) -> dict[str, Any]:
    """Return what the package tokenizers reads: each word is a token."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if lowercase else None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {key: row for row, key in enumerate(keys)},
            "unk_token": "[UNK]",
        },
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _package(module: str, package: str) -> Any:
    """Return a module of another package; the error names what to install."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(f"this needs {package}: pip install {package}") from error


def _in(folder: str | os.PathLike[str], name: str) -> Path:
    made = as_path(folder)
    made.mkdir(parents=True, exist_ok=True)
    return made / name


def _floats(wv: KeyedVectors, *, copy: bool = False) -> NDArray[np.float32]:
    """Return the vectors as float32, in one piece."""
    if copy:  # np.ascontiguousarray gives a view of a mapped matrix
        return np.array(wv._floats(), np.float32, order="C")
    return np.ascontiguousarray(wv._floats(), np.float32)


def _units(wv: KeyedVectors) -> NDArray[np.float32]:
    """Return the vectors at unit length; those of zeros stay zeros."""
    return np.ascontiguousarray(wv.get_normed_vectors(), np.float32)


def _texts(wv: KeyedVectors, what: str) -> list[str]:
    """Return the keys, which must be str."""
    other = next((key for key in wv.index_to_key if not isinstance(key, str)), "")
    if not isinstance(other, str):
        raise TypeError(f"{what} needs keys that are str, got {shown(other)}")
    return list(wv.index_to_key)
