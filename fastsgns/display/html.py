"""Engine room: tables of HTML, as notebooks show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


def pairs(title: str, values: Iterable[tuple[str, Any]]) -> str:
    """Return a title, and below it a row for each name with its value."""
    rows = [
        f"<tr><th style='text-align: left'>{escape(name)}</th>"
        f"<td style='text-align: left'>{escape(str(value))}</td></tr>"
        for name, value in values
    ]
    return _table(title, rows)


def columns(title: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a title, and below it a table whose columns have names."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = [
        "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>"
        for row in rows
    ]
    return _table(title, [f"<tr>{head}</tr>", *body])


def _table(title: str, rows: Iterable[str]) -> str:
    return f"<div><b>{escape(title)}</b><table>{''.join(rows)}</table></div>"
