"""Engine room: the sentences of a table: a column of Arrow's, of pandas, or of a dataset."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from fastsgns._shown import shown
from fastsgns.corpus._arrow import ArrowColumn


class Column:
    """One column of a table of several, as sentences: a table, batches of one, or rows.

    Parameters
    ----------
    table : frame of pandas or polars (lazy ones too), Arrow table or reader, dataset of Hugging
            Face, iterable of record batches or of mappings
    name : str
    """

    def __init__(self, table: Any, name: str) -> None:
        self.table = table
        self.name = name

    def __iter__(self) -> Iterator[Any]:
        return one_by_one(self)


def column_of(table: Any, name: str) -> Any:
    """Return a column of a table as sentences. What can be gone through once stays so."""
    if table is None:
        raise TypeError(f"column={name!r} is that of sentences, which are not given")
    is_stream = isinstance(table, Iterator) and not hasattr(table, "__arrow_c_stream__")
    return _of_each(table, name) if is_stream else Column(table, name)


def one_by_one(sentences: Iterable[Any]) -> Iterator[Any]:
    """Go through sentences; through those of a column of Arrow's, where they lie in memory.

    What pandas has is gone through as it is: unless Arrow holds it, its stream is a copy.
    """
    if isinstance(sentences, Column):
        sentences = _chosen(sentences.table, sentences.name)
    if hasattr(sentences, "collect") and hasattr(sentences, "collect_schema"):
        sentences = cast(Any, sentences).collect()  # a lazy frame of polars
    if hasattr(sentences, "ngroups"):
        return _groups(sentences)
    if hasattr(sentences, "iloc"):
        # As a table for Arrow it would have a column more, its index.
        is_table = getattr(sentences, "ndim", 0) == 2
        return iter(_only_column(sentences) if is_table else sentences)
    if not hasattr(sentences, "__arrow_c_stream__"):
        if hasattr(sentences, "column_names"):
            return _rows(sentences)
        return _with_batches(sentences) if isinstance(sentences, Iterator) else iter(sentences)
    try:
        return ArrowColumn(sentences)
    except TypeError:
        # What is in a column may still be tokens to Python. The columns of a table never are, and a
        # reader has been used up by asking: it gives batches of a table, and has no length.
        is_column = hasattr(sentences, "__len__") and hasattr(sentences, "__getitem__")
        if not is_column or hasattr(sentences, "columns"):
            raise
        return iter(sentences)


def _chosen(table: Any, name: str) -> Any:
    """Return one column of whatever has several."""
    names = _names_of(table)
    if names is None:
        return _of_each(iter(table), name)
    if name not in names:
        raise _no_such_column(name, names)
    if hasattr(table, "iloc"):
        return table[name]
    for method in ("select_columns", "select"):  # datasets; polars and Arrow
        if hasattr(table, method):
            return getattr(table, method)([name])
    return (batch.select([name]) for batch in table)  # a reader of Arrow's


def _names_of(table: Any) -> list[str] | None:
    """Return the names of the columns, or None for what has none as a whole."""
    if hasattr(table, "collect_schema"):
        return list(table.collect_schema().names())
    for attribute in ("columns", "column_names"):
        if getattr(table, attribute, None) is not None and not hasattr(table, "schema"):
            return list(getattr(table, attribute))
    schema = getattr(table, "schema", None)
    return None if schema is None else list(schema.names)


def _of_each(rows: Iterator[Any], name: str) -> Iterator[Any]:
    """Choose a column of batches or of rows."""
    for row in rows:
        if isinstance(row, Mapping):
            if name not in row:
                raise _no_such_column(name, row)
            yield row[name]
        elif _is_batch(row):
            if name not in row.schema.names:
                raise _no_such_column(name, row.schema.names)
            yield row.select([name])
        else:
            raise TypeError(
                f"column={name!r} needs a table, or rows that are mappings, got {shown(row, 40)}"
            )


def _is_batch(item: Any) -> bool:
    """Say whether it is a record batch or a table of Arrow's."""
    return (
        hasattr(item, "schema") and hasattr(item, "__arrow_c_stream__") and hasattr(item, "select")
    )


def _with_batches(sentences: Iterator[Any]) -> Iterator[Any]:
    """Go through what comes once: sentences, or batches of them as Parquet files are read in."""
    first = list(itertools.islice(sentences, 1))
    rest = itertools.chain(first, sentences)
    if not first or not _is_batch(first[0]):
        return rest
    import pyarrow

    schema = first[0].schema
    if len(schema.names) != 1:
        raise _not_one_column(schema.names)
    return ArrowColumn(pyarrow.RecordBatchReader.from_batches(schema, rest))


def _groups(grouped: Any) -> Iterator[Any]:
    """Go through the groups of a grouped series of pandas: each is a sentence."""
    if getattr(grouped.obj, "ndim", 1) != 1:
        raise _not_one_column(grouped.obj.columns)
    return (group.tolist() for _, group in grouped)


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


def _no_such_column(name: str, names: Iterable[Any]) -> ValueError:
    return ValueError(f"there is no column {name!r}; there are {list(names)}")


def _not_one_column(names: Iterable[Any]) -> TypeError:
    return TypeError(
        f"give one column of a table, the one with the sentences, or its name as column=; it has"
        f" {list(names)}"
    )
