"""Engine room: edges in a text file, an edge a line: source, target and, maybe, weight."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown
from fastsgns.corpus import EncodedCorpus
from fastsgns.corpus.sentences import TextFiles
from fastsgns.graphs.edges import Edges
from fastsgns.io.files import COMPRESSED_SUFFIXES, open_binary
from fastsgns.io.number_text import as_decimal

#: Lines that begin so are comments.
COMMENTS = ("#", "%")

#: Files of tables, whose columns white space does not separate.
OF_TABLES = (".csv", ".parquet", ".feather", ".arrow", ".json", ".jsonl", ".xlsx")


def read_edge_file(
    path: str | os.PathLike[str], is_directed: bool, is_weighted: bool, workers: int
) -> Edges:
    """Read edges; names are str.

    Parameters
    ----------
    path : str or path
        UTF-8, plain or .gz, .bz2, .xz, .zst; columns separated by white space. Empty lines and
        those that begin with # or % are left out.
    is_directed : bool
    is_weighted : bool
        False: a third column is left out.
    workers : int
        Threads.

    Raises
    ------
    ValueError
        For a line that has not two columns, or three as the others have, or no number as its
        weight; with its number.
    """
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if suffixes and suffixes[-1] in COMPRESSED_SUFFIXES:
        suffixes.pop()
    if suffixes and suffixes[-1] in OF_TABLES:
        raise ValueError(
            f"{os.fspath(path)} is a table: read it with pandas or polars, and give its frame."
            " A file of edges is text with two columns, or three, separated by white space"
        )
    text = EncodedCorpus.from_sentences(TextFiles((path,)), workers=workers, cache="memory")
    ids, offsets, words = np.asarray(text.ids), np.asarray(text.offsets), text.words
    lengths = np.diff(offsets)
    starts_comment = np.fromiter((str(word)[0] in COMMENTS for word in words), bool, len(words))
    is_edge = ~starts_comment[ids[offsets[:-1]]]
    n_columns = int(lengths[is_edge][0]) if is_edge.any() else 2
    is_right = ~is_edge | (lengths == n_columns)
    if n_columns not in (2, 3) or not is_right.all():
        at = int(np.argmin(is_right)) if n_columns in (2, 3) else int(np.argmax(is_edge))
        raise _error(
            path,
            at,
            f"an edge has 2 columns, or 3 with its weight, as all others have, not {lengths[at]}",
        )
    first = offsets[:-1][is_edge]
    weights = None
    if n_columns == 3 and is_weighted:
        of_weights: NDArray[np.int32] = ids[first + 2]
        weights = _as_numbers(words, of_weights)
        is_number = np.isfinite(weights)
        if not is_number.all():
            edge = int(np.argmin(is_number))
            at, word = int(np.flatnonzero(is_edge)[edge]), words[of_weights[edge]]
            raise _error(path, at, f"a weight must be a finite number, got {shown(word)}")
    return Edges(*_renumbered(words, ids[first], ids[first + 1]), weights, is_directed)


def _as_numbers(words: Any, ids: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the number that each word stands for, NaN for those that are none."""
    used, places = np.unique(ids, return_inverse=True)
    values = np.full(len(used), np.nan)
    for i, word in enumerate(used.tolist()):
        try:
            values[i] = as_decimal(words[word])
        except ValueError:
            continue
    return values[places]


def _renumbered(
    words: Any, sources: NDArray[np.int32], targets: NDArray[np.int32]
) -> tuple[list[Any], NDArray[Any], NDArray[Any]]:
    """Leave out the words that name no node: weights and comments."""
    is_node = np.zeros(len(words), bool)
    is_node[sources] = is_node[targets] = True
    numbers = np.cumsum(is_node) - 1
    names = [words[i] for i in np.flatnonzero(is_node).tolist()]
    return names, numbers[sources], numbers[targets]


def _error(path: str | os.PathLike[str], sentence: int, message: str) -> ValueError:
    """Say what is wrong with the line that has a number of those that are not empty."""
    with open_binary(path) as file:
        lines = (n for n, line in enumerate(file, start=1) if line.decode("utf-8").split())
        line = next(itertools.islice(lines, sentence, None))
    return ValueError(f"{os.fspath(path)}, line {line}: {message}")
