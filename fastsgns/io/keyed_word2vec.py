"""Engine room: keys, their vectors and their counts, in the formats of word2vec.c."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import word2vec_format, word_counts

# One name for all that answers for KeyedVectors, so that one line of logging setup finds it.
logger = logging.getLogger("fastsgns.keyedvectors")

Path = str | os.PathLike[str]


@dataclass(frozen=True)
class KeyedRows:
    """What a file holds: words, none of them twice, and their rows.

    Attributes
    ----------
    index_to_key : list of str
    key_to_index : dict of str to int
    vectors : ndarray, shape (n, vector_size)
    counts : int64 ndarray, shape (n,)
    """

    index_to_key: list[str]
    key_to_index: dict[str, int]
    vectors: NDArray[Any]
    counts: NDArray[np.int64]


def read(
    path: Path, counts_path: Path | None, *, encoding: str, errors: str, **options: Any
) -> KeyedRows:
    """Read a file of vectors, and a file of counts if there is one.

    Parameters
    ----------
    path : str or path
    counts_path : str or path, optional
        Without it, the counts are n, n - 1, ..., 1.
    encoding, errors : str
        As for `bytes.decode`, for both files.
    **options
        As for `word2vec_format.open_reader`.
    """
    counts: dict[str, int] | None = None
    if counts_path is not None:
        logger.info("loading word counts from %s", counts_path)
        counts = word_counts.read(counts_path, encoding=encoding, errors=errors)
    logger.info("loading projection weights from %s", path)
    words, vectors = word2vec_format.read(path, encoding=encoding, errors=errors, **options)
    rows = dict(zip(words, range(len(words)), strict=True))
    if len(rows) < len(words):
        # differs from gensim: no rows without a key stay behind.
        words, vectors = _without_repeats(words, vectors)
        rows = dict(zip(words, range(len(words)), strict=True))
    made_up = np.arange(len(words), 0, -1)
    return KeyedRows(words, rows, vectors, made_up if counts is None else _listed(counts, words))


def _without_repeats(words: list[str], vectors: NDArray[Any]) -> tuple[list[str], NDArray[Any]]:
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        if first.setdefault(word, row) != row:
            logger.warning("duplicate word '%s' in word2vec file, ignoring all but first", word)
    return list(first), vectors[list(first.values())]


def _listed(counts: Mapping[str, int], words: list[str]) -> NDArray[np.int64]:
    for word in words:
        if word not in counts:
            # differs from gensim: counted 0; there, TypeError after the warning.
            logger.warning("vocabulary file is incomplete: '%s' is missing", word)
    return np.array([counts.get(word, 0) for word in words], dtype=np.int64)


def read_known(
    path: Path, known: Mapping[Any, int], vector_size: int, **options: Any
) -> tuple[list[int], NDArray[Any]]:
    """Read the vectors of those words of a file that are known, too.

    Parameters
    ----------
    path : str or path
    known : mapping
        The row of each known word.
    vector_size : int
    **options
        As for `word2vec_format.open_reader`.

    Returns
    -------
    rows : list of int
        Those of the words found, in the order of the file.
    vectors : ndarray, shape (len(rows), vector_size)

    Raises
    ------
    ValueError
        The vectors of the file have another size.
    """
    logger.info("loading projection weights from %s", path)
    rows: list[int] = []
    with word2vec_format.open_reader(path, **options) as reader:
        if reader.vector_size != vector_size:
            raise ValueError(
                f"incompatible vector size {reader.vector_size} in file {path}, "
                f"these vectors have {vector_size}"
            )
        found = [np.empty((0, vector_size), reader.dtype)]
        for words, vectors in reader.blocks():
            places = [i for i, word in enumerate(words) if word in known]
            rows += [known[words[i]] for i in places]
            found.append(vectors[places])
    return rows, np.concatenate(found)


def key_texts(keys: Iterable[Any], prefix: str, path: Path) -> list[str]:
    """Return keys as they are written to `path`, `prefix` before each; log what spoils the file.

    Raises
    ------
    TypeError
        A key is neither a str nor an int.
    """
    texts = [_key_text(key, row, prefix) for row, key in enumerate(keys)]
    n_blank = sum(1 for text in texts if " " in text or "\n" in text)
    if n_blank:
        logger.warning(
            "%d keys hold a space or a newline, so that %s cannot be read back", n_blank, path
        )
    return texts


def _key_text(key: Any, row: int, prefix: str) -> str:
    if not isinstance(key, (str, int, np.integer)):
        raise TypeError(
            f"only str and int keys can be written in word2vec's formats, the key of row {row} "
            f"is {key!r}"
        )
    return f"{prefix}{key}"


def write_counts(
    path: Path, keys: Sequence[str], counts: NDArray[Any], order: NDArray[np.intp]
) -> None:
    """Write keys and their counts, the rows in `order`."""
    logger.info("storing vocabulary in %s", path)
    rows = cast("list[int]", order.tolist())
    word_counts.write(path, ((keys[row], counts[row]) for row in rows))
