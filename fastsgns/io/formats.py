"""Engine room: which of the formats a file is in, and what one of each says of itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastsgns.io import (
    fasttext_bin,
    gensim_attributes,
    gensim_pickle,
    native,
    npy,
    paired_files,
    recognition,
    safetensors,
    word2vec_format,
)
from fastsgns.io.errors import FormatError, TruncatedFileError, damage_of
from fastsgns.io.file_info import FileInfo
from fastsgns.io.files import as_path, compression_of, is_url, open_binary

Path = str | os.PathLike[str]

NATIVE, GENSIM, SAFETENSORS = "native", "gensim", "safetensors"
WORD2VEC_TEXT, WORD2VEC_BINARY = "word2vec text", "word2vec binary"
WITHOUT_HEADER = "text without header"
NPY, PROJECTOR = "npy", "projector"
FASTTEXT = "fastText"

#: What `load` reads, what `load_word2vec_format` does, and what is in two files.
SAVED = (NATIVE, GENSIM, SAFETENSORS)
OF_WORD2VEC = (WORD2VEC_TEXT, WORD2VEC_BINARY, WITHOUT_HEADER)
PAIRED = (NPY, PROJECTOR)

#: Of text: a byte order mark is no part of the first word.
ENCODING = "utf-8-sig"

_LOOK_NBYTES = 1 << 16
_CHUNK_NBYTES = 1 << 20


class _Found(NamedTuple):
    """What a format says: the fields of a `FileInfo` less those that all have alike."""

    content: str
    n_keys: int
    vector_size: int | None
    dtype: str | None
    details: dict[str, Any]
    beside: tuple[str, ...] = ()


def format_of(path: Path) -> str:
    """Return the name of the format that a file is in, told by its begin; of tables by its name.

    Raises
    ------
    FormatError
        It is none that is read.
    """
    with open_binary(path) as file, damage_of(path):
        begin = file.read(_LOOK_NBYTES)
    if begin.startswith(native.MAGIC):
        return NATIVE
    if safetensors.begins_so(begin[:9]):  # before pickles: its length may begin as one
        return SAFETENSORS
    if begin.startswith(b"\x80"):
        return GENSIM
    if begin.startswith(paired_files.NPY_MAGIC):
        return NPY
    if fasttext_bin.is_one(begin):
        return FASTTEXT
    line = begin.removeprefix(recognition.BOM).partition(b"\n")[0]
    if paired_files.is_table(path) and (b"\t" in line or not recognition.is_header(line)):
        return PROJECTOR
    if recognition.is_header(line):
        with word2vec_format.open_reader(path, binary=None, encoding=ENCODING) as reader:
            return WORD2VEC_BINARY if reader.is_binary else WORD2VEC_TEXT
    if recognition.n_values(line):
        return WITHOUT_HEADER
    if gensim_pickle.looks_like_pickle(begin):
        return GENSIM  # of protocol 0, or 1
    if not begin:
        raise TruncatedFileError(f"{os.fspath(path)}: is empty")
    raise FormatError(
        f"{os.fspath(path)}: in none of the formats that are read, it begins with"
        f" {begin[:20]!r}.{recognition.hint(begin)}"
    )


def info(
    path: str | os.PathLike[str], vocabulary: str | os.PathLike[str] | None = None
) -> FileInfo:
    """Say what a file holds, without loading it.

    Parameters
    ----------
    path : str or path
        Of any format that is read: what `save` writes, checkpoints and encoded corpora included,
        gensim's files, safetensors, word2vec's text and binary (fastText's .vec too), fastText's
        .bin, text without a header as GloVe's, NumPy's .npy beside a vocabulary, tables of the
        embedding projector. Compressed by suffix, or a URL.
    vocabulary : str or path, optional
        The file with the words of an .npy or a table, where it is not found beside it by its name;
        see `KeyedVectors.load_any`.

    Returns
    -------
    FileInfo

    Raises
    ------
    FormatError
        It is none of these, or damaged where it was looked at. Vectors are not read; of gensim's
        files the pickle is, and of text without a header the ends of the lines.

    Examples
    --------
    >>> import tempfile
    >>> import fastsgns
    >>> model = fastsgns.Word2Vec([["to", "be"]] * 5, min_count=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/model")
    ...     found = fastsgns.info(f"{folder}/model")
    >>> found.content, found.n_keys, found.vector_size
    ('Word2Vec', 2, 100)
    """
    name = format_of(path)
    if name in PAIRED:
        pair = paired_files.found(path, vocabulary)
        n_keys, size, dtype = paired_files.sizes(pair)
        beside = pair.matrix if os.fspath(path) == pair.words else pair.words
        found = _Found("KeyedVectors", n_keys, size, dtype, {}, (beside,))
    else:
        found = _DESCRIBED[name](path)
    sizes = [] if is_url(path) else [as_path(p).stat().st_size for p in (path, *found.beside)]
    return FileInfo(
        os.fspath(path),
        name,
        found.content,
        found.n_keys,
        found.vector_size,
        found.dtype,
        sum(sizes) if sizes else None,
        found.beside,
        found.details,
    )


def _describe_native(path: Path) -> _Found:
    header, arrays = native.describe(path)
    details = {"version": header["version"], "arrays": _shapes(arrays)}
    content = str(header.get("class"))
    with damage_of(f"{os.fspath(path)}: header.json"):
        if content == "EncodedCorpus":
            told = {name: header[name] for name in ("sentences", "tokens") if name in header}
            return _Found(content, arrays["counts"].shape[0], None, None, details | told)
        if content == "NeighbourIndex":
            details["recall"] = header["recall"]
            return _Found(content, header["n_vectors"], header["vector_size"], "float16", details)
        if "parameters" in header:
            details["parameters"] = _plain(header["parameters"])
        if header.get("progress") is not None:
            content = "checkpoint"
            schedule = header["progress"]["schedule"]
            details["epochs trained"] = f"{header['progress']['epoch']} of {schedule['n_epochs']}"
        if "vectors" not in arrays:  # left out when it was saved
            keys = native.read(path, wanted=lambda name: False).keys
            return _Found(content, len(keys), None, None, details)
        vectors = arrays["vectors"]
        return _Found(content, vectors.shape[0], vectors.shape[1], str(vectors.dtype), details)


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a model less what was noted while it was trained."""
    noted = ("history", "lifecycle_events")
    return {name: value for name, value in parameters.items() if name not in noted}


def _describe_gensim(path: Path) -> _Found:
    is_plain = not (compression_of(path) or is_url(path))
    stored = gensim_pickle.read(path, "r" if is_plain else None)
    is_model = gensim_attributes.is_model(stored)
    parts = gensim_attributes.vectors_of(stored, os.fspath(path))
    vectors = parts["vectors"]
    return _Found(
        "Word2Vec" if is_model else "KeyedVectors",
        len(parts["index_to_key"]),
        None if vectors is None else vectors.shape[1],
        None if vectors is None else str(vectors.dtype),
        {"class": stored.class_name},
        tuple(gensim_pickle.files_beside(path, stored)),
    )


def _describe_safetensors(path: Path) -> _Found:
    headers = safetensors.describe(path)
    (n_keys, size), dtype = headers["vectors"].shape, headers["vectors"].dtype
    return _Found("KeyedVectors", n_keys, size, str(dtype), {"arrays": _shapes(headers)})


def _describe_fasttext(path: Path) -> _Found:
    with damage_of(path), open_binary(path) as file:
        head = fasttext_bin.read_head(file, os.fspath(path))
    details = {"buckets": head.n_buckets, "n-grams": f"{head.min_n} to {head.max_n} characters"}
    return _Found("KeyedVectors", head.n_words, head.vector_size, "float32", details)


def _shapes(headers: Mapping[str, npy.Header]) -> dict[str, str]:
    return {name: f"{array.dtype} {array.shape}" for name, array in headers.items()}


def _describe_word2vec(path: Path) -> _Found:
    with word2vec_format.open_reader(path, binary=None, encoding=ENCODING) as reader:
        n_words = reader.n_words if reader.n_words is not None else _count_lines(path)
        dtype = "float32" if reader.is_binary else None
        return _Found("KeyedVectors", n_words, reader.vector_size, dtype, {})


def _count_lines(path: Path) -> int:
    """Return the number of lines of a file, less blank ones at its end."""
    n_passed = n_lines = 0
    with damage_of(path), open_binary(path) as file:
        for chunk in iter(lambda: file.read(_CHUNK_NBYTES), b""):
            text = chunk.rstrip()
            if text:
                n_lines = n_passed + text.count(b"\n") + 1
            n_passed += chunk.count(b"\n")
    return n_lines


_DESCRIBED: dict[str, Callable[[Path], _Found]] = {
    NATIVE: _describe_native,
    GENSIM: _describe_gensim,
    SAFETENSORS: _describe_safetensors,
    FASTTEXT: _describe_fasttext,
    **dict.fromkeys(OF_WORD2VEC, _describe_word2vec),
}
