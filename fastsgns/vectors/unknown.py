"""Engine room: what to say of a key that is not there: which ones look like it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from fastsgns._shown import shown

#: Near spellings that an error names.
N_SHOWN = 3


class UnknownKeyError(KeyError):
    """A key is not there. Its message names keys that are spelled nearly so.

    They are looked for when the message is read: programs that pass over unknown words, catching
    this error a million times, do not pay for it.
    """

    def __init__(
        self, key: Any, index_to_key: Sequence[Any], key_to_index: Container[Any], where: str = ""
    ) -> None:
        name = key if isinstance(key, str) and len(key) <= 100 else shown(key).strip("'")
        super().__init__(f"Key '{name}' not present{where}")
        self._asked = key, index_to_key, key_to_index

    def __str__(self) -> str:
        try:
            return f"{self.args[0]}{hint(*self._asked)}"
        except (OSError, ValueError):  # the keys are in a file that is damaged, or changed since
            return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return KeyError, (str(self),)  # without all the keys


def hint(key: Any, index_to_key: Sequence[Any], key_to_index: Container[Any]) -> str:
    """Return a sentence on the keys that may be meant, or ""."""
    for other in _as_other_types(key):
        if other in key_to_index:
            return f". There is {shown(other)}, of type {type(other).__name__}"
    if not isinstance(key, str):
        return ""
    from fastsgns.vectors._characters import near_spellings

    found = near_spellings(key, list(index_to_key), (len(key) + 2) // 4, 2 * N_SHOWN)
    same = [index_to_key[row] for edits, row in found if not edits]
    near = [index_to_key[row] for edits, row in found if edits]
    told = ""
    if same:
        told = f". In another case there is {_listed(same)}"
    if near:
        told += f". Spelled nearly so: {_listed(near)}"
    return told


def _listed(words: list[str]) -> str:
    return ", ".join(shown(word, 40) for word in words[:N_SHOWN])


def _as_other_types(key: Any) -> list[Any]:
    """Return what the key is as text, or as a number."""
    if not isinstance(key, str):
        return [str(key)]
    try:
        return [int(key)]
    except ValueError:
        return []
