"""Engine room: keys, their vectors and their counts, in the formats of word2vec.c."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown
from fastsgns.io import _checks, word2vec_format, word_counts
from fastsgns.io.files import AnySource, name_of

# One name for all that answers for KeyedVectors, so that one line of logging setup finds it.
logger = logging.getLogger("fastsgns.keyedvectors")


class KeyedRows(NamedTuple):
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
    path: AnySource, counts_path: AnySource | None, *, encoding: str, errors: str, **options: Any
) -> KeyedRows:
    """Read a file of vectors, and a file of counts if there is one.

    Parameters
    ----------
    path : str, path or open file
    counts_path : str, path or open file, optional
        Without it, the counts are n, n - 1, ..., 1.
    encoding, errors : str
        As for `bytes.decode`, for both files.
    **options
        As for `word2vec_format.open_reader`.
    """
    logger.info("loading projection weights from %s", path)
    words, vectors = word2vec_format.read(path, encoding=encoding, errors=errors, **options)
    made = rows_by_key(words, vectors)
    if counts_path is None:
        return made
    logger.info("loading word counts from %s", counts_path)
    rows = made.key_to_index
    counts = word_counts.read(counts_path, known=rows, encoding=encoding, errors=errors)
    return made._replace(counts=_listed(counts, rows))


def rows_by_key(
    words: list[str], vectors: NDArray[Any], counts: NDArray[np.int64] | None = None
) -> KeyedRows:
    """Return words and their vectors, of a word that comes again the first only.

    Without counts these are n, n - 1, ..., 1.
    """
    rows = _checks.rows_of(words)
    if len(rows) < len(words):
        # differs from gensim: no rows without a key stay behind.
        kept = _first_rows(words)
        words, vectors = list(kept), vectors[list(kept.values())]
        counts = None if counts is None else counts[list(kept.values())]
        rows = _checks.rows_of(words)
    made_up = np.arange(len(words), 0, -1)
    return KeyedRows(words, rows, vectors, made_up if counts is None else counts)


def _first_rows(words: list[str]) -> dict[str, int]:
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        if first.setdefault(word, row) != row:
            logger.warning(
                "duplicate word %s in word2vec file, ignoring all but first", shown(word)
            )
    return first


def _listed(counts: Mapping[str, int], words: Collection[str]) -> NDArray[np.int64]:
    for word in words:
        if word not in counts:
            # differs from gensim: counted 0; there, TypeError after the warning.
            logger.warning("vocabulary file is incomplete: %s is missing", shown(word))
    return np.array([counts.get(word, 0) for word in words], dtype=np.int64)


def read_known(
    path: AnySource, known: Mapping[Any, int], vector_size: int, **options: Any
) -> tuple[list[int], NDArray[Any]]:
    """Read the vectors of those words of a file that are known, too.

    Parameters
    ----------
    path : str, path or open file
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
                f"incompatible vector size {reader.vector_size} in file {name_of(path)}, "
                f"these vectors have {vector_size}"
            )
        found = [np.empty((0, vector_size), reader.dtype)]
        for words, vectors in reader.blocks():
            places = [i for i, word in enumerate(words) if word in known]
            rows += [known[words[i]] for i in places]
            found.append(vectors[places])
    return rows, np.concatenate(found)


def key_texts(keys: Collection[Any], prefix: str) -> list[str]:
    """Return keys, none of them twice, as they are written, `prefix` before each.

    Raises
    ------
    TypeError
        A key is neither a str nor an int.
    ValueError
        Two keys, such as 1 and "1", are written alike: the second would be left out on reading.
    """
    if not prefix and _checks.are_of(keys, frozenset({str})):
        return keys if type(keys) is list else list(keys)
    texts = [_key_text(key, row, prefix) for row, key in enumerate(keys)]
    if len(set(texts)) < len(texts):
        text = next(text for text, n in Counter(texts).items() if n > 1)
        raise ValueError(
            f"several keys are written as {shown(text)} in word2vec's formats, and only the first"
            " would be read: give all keys one type. save() holds them as they are"
        )
    return texts


def _key_text(key: Any, row: int, prefix: str) -> str:
    if isinstance(key, str):
        return prefix + str.__str__(key)  # a subclass may show itself as something else
    if not isinstance(key, (int, np.integer)):
        raise TypeError(
            f"only str and int keys can be written in word2vec's formats, the key of row {row} "
            f"is {shown(key)}"
        )
    return f"{prefix}{key}"


def count_lines(keys: Sequence[str], counts: NDArray[Any], order: NDArray[np.intp]) -> list[bytes]:
    """Return the lines of a file of words and counts, the rows in `order`."""
    rows = cast("list[int]", order.tolist())
    return word_counts.lines((keys[row], counts[row]) for row in rows)
