"""Engine room: the sentences in a column of tables: CSV, TSV, JSON lines, Parquet."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from fastsgns._shown import shown
from fastsgns.io.errors import FormatError
from fastsgns.io.files import COMPRESSED_SUFFIXES, as_path, open_binary
from fastsgns.io.interrupts import deferred

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")

#: Rows of a Parquet file that are read at a time.
_BATCH_ROWS = 1 << 12

#: The longest text in a field of CSV; the csv module has 128 kB.
_MAX_FIELD = 2**31 - 1


def suffix_of(path: str) -> str:
    """Return the suffix that says what table a file is, below that of a compression; or ""."""
    known = Path(path)
    if known.suffix.lower() in COMPRESSED_SUFFIXES:
        known = known.with_suffix("")
    return known.suffix.lower() if known.suffix.lower() in SUFFIXES else ""


def is_table(path: str) -> bool:
    """Say whether a file is a table by its name."""
    return bool(suffix_of(path))


class TableColumn:
    """The texts of one column as sentences: lists of tokens, again and again.

    Parameters
    ----------
    paths : sequence of str
        Tables, told by their suffix, under that of a compression. What has none of `SUFFIXES`, such
        as a pipe, is JSON lines if it begins with a brace, else CSV.
    column : str
        A name. Rows are texts, which are split at white space, or (JSON, Parquet) lists of tokens;
        those that have nothing there are no sentences.

    Raises
    ------
    FileNotFoundError
    FormatError
        A file has no such column; the message says which it has. While iterating also a row that
        is none, with its line.
    """

    def __init__(self, paths: Sequence[str], column: str = "") -> None:
        self.paths = list(paths)
        self.column = column
        if column:
            for path in self.paths:
                if as_path(path).is_file():  # of a pipe, what is looked at would be lost
                    self._check(path)

    def __iter__(self) -> Iterator[list[Any]]:
        for path in self.paths:
            if suffix_of(path) == ".parquet":
                values = self._of_parquet(path)
            else:
                values = self._of_lines(path)
            for place, value in values:
                if value is not None:
                    yield self._tokens(value, f"{path}, {place}")

    def refuse_without_column(self) -> None:
        """Raise ValueError: there are columns, and none was chosen."""
        names = ", ".join(self._names(self.paths[0]))
        raise ValueError(
            f"{self.paths[0]} is a table: say in which column its text is, --column NAME ({names})"
        )

    def _check(self, path: str) -> None:
        names = self._names(path)
        if self.column not in names:
            listed = ", ".join(names) or "none"
            raise FormatError(f"{path}: no column {shown(self.column)}, the columns are {listed}")

    def _names(self, path: str) -> list[str]:
        if suffix_of(path) == ".parquet":
            return list(_parquet(path).schema_arrow.names)
        with _text(path) as lines:
            if _is_json(path, lines):
                first = next(iter(_json_rows(path, lines)), (0, {}))
                return list(first[1])
            return next(_csv_rows(path, lines), (0, []))[1]

    def _of_lines(self, path: str) -> Iterator[tuple[str, Any]]:
        with _text(path) as lines:
            if _is_json(path, lines):
                for number, row in _json_rows(path, lines):
                    if self.column not in row:
                        raise FormatError(f"{path}, line {number}: no {shown(self.column)} there")
                    yield f"line {number}", row[self.column]
                return
            rows = _csv_rows(path, lines)
            names = next(rows, (0, []))[1]
            if self.column not in names:
                listed = ", ".join(names) or "none"
                raise FormatError(
                    f"{path}: no column {shown(self.column)}, the columns are {listed}"
                )
            at = names.index(self.column)
            for number, fields in rows:
                yield f"line {number}", fields[at] if at < len(fields) else None

    def _of_parquet(self, path: str) -> Iterator[tuple[str, Any]]:
        row = 0
        for batch in _parquet(path).iter_batches(_BATCH_ROWS, columns=[self.column]):
            for value in batch.column(0).to_pylist():
                yield f"row {row}", value
                row += 1

    def _tokens(self, value: Any, place: str) -> list[Any]:
        if isinstance(value, str):
            return value.split()
        if isinstance(value, list) and all(isinstance(token, (str, int)) for token in value):
            return value
        raise FormatError(f"{place}: neither text nor a list of words: {shown(value)}")


def _text(path: str) -> io.TextIOWrapper:
    file = cast(io.RawIOBase, open_binary(path))
    with deferred():  # it asks where the file stands, and passes over what is raised then
        buffered = io.BufferedReader(file)
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", newline="")


def _is_json(path: str, lines: io.TextIOWrapper) -> bool:
    """Say whether these are lines of JSON, by the suffix or else by the first character."""
    suffix = suffix_of(path)
    if suffix:
        return suffix in (".jsonl", ".ndjson")
    begin: bytes = lines.buffer.peek(64)  # type: ignore[attr-defined]
    return begin.lstrip()[:1] == b"{"


def _json_rows(path: str, lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise FormatError(f"{path}, line {number}: no JSON: {error}") from None
        if not isinstance(row, dict):
            raise FormatError(f"{path}, line {number}: no object with columns: {shown(row)}")
        yield number, row


def _csv_rows(path: str, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_MAX_FIELD)
    rows = csv.reader(lines, delimiter="\t" if suffix_of(path) == ".tsv" else ",", strict=True)
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise FormatError(f"{path}, line {rows.line_num}: no CSV: {error}") from None
        if row is None:
            return
        if row:
            yield rows.line_num, row


def _parquet(path: str | os.PathLike[str]) -> Any:
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        raise ImportError(f"to read {path}, install pyarrow") from error
    try:
        return parquet.ParquetFile(as_path(path))
    except ArrowInvalid as error:
        raise FormatError(f"{path}: no Parquet file: {error}") from None
