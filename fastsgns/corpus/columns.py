"""Engine room: the sentences of a table: a column of Arrow's, of pandas, or of a dataset."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastsgns.corpus._arrow import ArrowColumn


def one_by_one(sentences: Iterable[Any]) -> Iterator[Any]:
    """Go through sentences; through those of a column of Arrow's, where they lie in memory.

    What pandas has is gone through as it is: unless Arrow holds it, its stream is a copy.
    """
    if hasattr(sentences, "iloc"):
        # As a table for Arrow it would have a column more, its index.
        is_table = getattr(sentences, "ndim", 0) == 2
        return iter(_only_column(sentences) if is_table else sentences)
    if not hasattr(sentences, "__arrow_c_stream__"):
        return _rows(sentences) if hasattr(sentences, "column_names") else iter(sentences)
    try:
        return ArrowColumn(sentences)
    except TypeError:
        # What is in a column may still be tokens to Python. The columns of a table never are, and a
        # reader has been used up by asking: it gives batches of a table, and has no length.
        is_column = hasattr(sentences, "__len__") and hasattr(sentences, "__getitem__")
        if not is_column or hasattr(sentences, "columns"):
            raise
        return iter(sentences)


def _only_column(frame: Any) -> Any:
    """Return the column of a frame of pandas that has only one."""
    if frame.shape[1] != 1:
        raise _not_one_column(frame.columns)
    return frame.iloc[:, 0]


def _rows(dataset: Any) -> Iterator[Any]:
    """Go through a dataset of Hugging Face, whose rows are dicts by the names of the columns.

    Whatever else has the attribute `column_names` is gone through as it is.
    """
    rows = iter(dataset)
    first = list(itertools.islice(rows, 1))
    # The names of these would be trained as words; with some formats a row is a table.
    is_dict = bool(first) and isinstance(first[0], Mapping)
    if is_dict and len(first[0]) == 1:
        (name,) = first[0]
        return (row[name] for row in itertools.chain(first, rows))
    if is_dict or any(hasattr(row, "columns") for row in first):
        raise _not_one_column(first[0] if is_dict else dataset.column_names)
    return itertools.chain(first, rows)


def _not_one_column(names: Iterable[Any]) -> TypeError:
    return TypeError(
        f"give one column of a table, the one with the sentences; it has {list(names)}"
    )
