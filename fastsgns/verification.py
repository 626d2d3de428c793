"""Face: whether a saved file is as it was written, and would be loaded."""

from __future__ import annotations

import os

from fastsgns.io.errors import FormatError, WrongClassError
from fastsgns.keyedvectors import KeyedVectors
from fastsgns.word2vec import Word2Vec

__all__ = ["verify"]


def verify(path: str | os.PathLike[str]) -> None:
    """Load a saved file, and compare all its checksums; return when it is whole.

    Parameters
    ----------
    path : str or path
        Of a model, word vectors or an encoded corpus, in the native format, whose every part has a
        checksum (CRC-32). Those of gensim's files and safetensors have none, except for what is
        compressed: they are loaded, and their sizes compared.

    Raises
    ------
    FormatError
        It is damaged, cut off, or none of these, or what `load` refuses: parts that do not fit
        together. The message names the part.

    Examples
    --------
    >>> import tempfile
    >>> import fastsgns
    >>> model = fastsgns.Word2Vec([["to", "be"]] * 5, min_count=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/model")
    ...     fastsgns.verify(f"{folder}/model")
    """
    from fastsgns.io import gensim_pickle, native, safetensors  # come when first used

    if native.is_native(path):
        _verify_native(path)
    elif safetensors.is_one(path):
        KeyedVectors.load(path)
    elif gensim_pickle.looks_like_pickle(native.begin_of(path)):
        try:
            Word2Vec.load(path)
        except WrongClassError:
            KeyedVectors.load(path)
    else:
        raise FormatError(f"{os.fspath(path)}: not a file that save() writes")


def _verify_native(path: str | os.PathLike[str]) -> None:
    from fastsgns.corpus import EncodedCorpus
    from fastsgns.io import native

    name = native.describe(path)[0].get("class")
    mmap = "r" if native.is_mappable(path) else None
    if name == "Word2Vec":
        Word2Vec.load(path, mmap, verify=True)
    elif name == "KeyedVectors":
        KeyedVectors.load(path, mmap, verify=True)
    else:
        native.verify(path)
    if name == "EncodedCorpus":
        EncodedCorpus.open(path, in_memory=True)
