"""Engine room: values in messages, cut so that none fills a screen."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from typing import Any

#: Characters of a value that a message shows, by default.
WIDTH = 100


class _Short(reprlib.Repr):
    """`reprlib`, which looks at the first items of a container only, however long it is."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.maxstring = self.maxother = width
        self.maxlong = 60

    def repr_bytes(self, value: bytes, level: int) -> str:  # noqa: ARG002
        """Show the begin of bytes: they may be a whole file."""
        return repr(value) if len(value) <= self.maxstring else f"{value[: self.maxstring]!r}..."

    def repr_str(self, x: str, level: int) -> str:  # noqa: ARG002
        """Show the begin of a str: how it ends, after a million characters, says nothing."""
        return repr(x) if len(x) <= self.maxstring else f"{x[: self.maxstring]!r}..."


def shown(value: Any, width: int = WIDTH) -> str:
    """Return what `repr` gives, cut to about `width` characters.

    >>> shown(list(range(1_000_000)))
    '[0, 1, 2, 3, 4, 5, ...]'
    """
    text = _Short(width).repr(value)
    return text if len(text) <= width + 10 else f"{text[:width]}..."


def listed(values: Iterable[Any], n: int = 5, width: int = 30) -> str:
    """Return the first `n` values with commas between them, and how many more there are.

    >>> listed("abcdefg", 3)
    "'a', 'b', 'c' and 4 more"
    """
    values = list(values)
    text = ", ".join(shown(value, width) for value in values[:n])
    return text if len(values) <= n else f"{text} and {len(values) - n} more"
