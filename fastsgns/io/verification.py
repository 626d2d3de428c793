"""Engine room: whether a saved file is as it was written."""

from __future__ import annotations

import os


def verify(path: str | os.PathLike[str]) -> None:
    """Read all of a saved file, and compare its checksums; return when it is whole.

    Parameters
    ----------
    path : str or path
        Of a model, word vectors or an encoded corpus, in the native format, whose every part has a
        checksum (CRC-32). Those of gensim's files and safetensors have none, except for what is
        compressed: they are read, and their sizes compared.

    Raises
    ------
    FormatError
        It is damaged, cut off, or none of these; the message names the part.

    Examples
    --------
    >>> import tempfile
    >>> import fastsgns
    >>> model = fastsgns.Word2Vec([["to", "be"]] * 5, min_count=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/model")
    ...     fastsgns.verify(f"{folder}/model")
    """
    from fastsgns.io import gensim_pickle, native, safetensors
    from fastsgns.io.errors import FormatError

    if native.is_native(path):
        native.verify(path)
    elif safetensors.is_one(path):
        safetensors.read(path)
    elif gensim_pickle.looks_like_pickle(native.begin_of(path)):
        gensim_pickle.read(path)
    else:
        raise FormatError(f"{os.fspath(path)}: not a file that save() writes")
