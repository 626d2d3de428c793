"""Engine room: JSON of version 1 of the native file, which is read and no longer written.

All of keys.json, and in header.json comment, raw_vocab and the attributes of vectors, are values: a
str is itself, everything else an object with one name: {"int": 5}, {"bytes": "ff00"},
{"tuple": [...]}, {"list": [...]}, {"set": [...]}, {"frozenset": [...]}, {"bool": true},
{"dict": [[key, value], ...]}, {"float": "0x1.8p+1"}, {"none": null}. The rest of header.json is
JSON as it stands, NaN and Infinity included.

What is returned is what json_values.py returns for version 2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from fastsgns.io import json_values

_BEGIN = re.compile(rb'\s*\{\s*"format"\s*:\s*"fastsgns"\s*,\s*"version"\s*:\s*1\s*[,}]')

_SEQUENCES: dict[str, type] = {"tuple": tuple, "list": list, "set": set, "frozenset": frozenset}
_TAGS = ("none", "bool", "int", "float", "bytes", "dict", *_SEQUENCES)
_BEGINS_OF_TAGGED = [b'{"%b":' % tag.encode() for tag in _TAGS]

#: Bytes of memory that a tuple of two takes.
_NBYTES_PAIR = 72
#: So many objects may look like values, which take less memory, and be none.
_MOST_LOOKALIKES = 100_000

_Pairs = list[tuple[str, Any]]


def is_header(data: bytes) -> bool:
    """Say whether a header.json is of version 1."""
    return _BEGIN.match(data) is not None


def keys(data: bytes) -> Any:
    """Return what a keys.json says. Numbers that are not in an object are taken for themselves.

    Raises
    ------
    ValueError
        It is not what version 1 wrote.
    """
    return _loads(data, _value_of, nbytes_tagged=0)


def header(data: bytes) -> dict[str, Any]:
    """Return what a header.json says; ValueError as `keys`."""
    return _Header().read(data)


def _loads(data: bytes, hook: Callable[[_Pairs], Any], nbytes_tagged: int) -> Any:
    def cost(data: bytes, n_lists: int, n_objects: int) -> int:
        n_tagged = sum(map(data.count, _BEGINS_OF_TAGGED))
        return (
            json_values.NBYTES_LIST * n_lists
            + json_values.NBYTES_DICT * (n_objects - n_tagged)
            + json_values.NBYTES_SET * data.count(b'{"set":')
            + nbytes_tagged * n_tagged
        )

    json_values.check_cost(data, cost)
    try:
        return json.loads(data.decode("utf-8", "surrogatepass"), object_pairs_hook=hook)
    except RecursionError:
        raise ValueError("values lie too deep in one another") from None


def _value_of(pairs: _Pairs) -> Any:
    """Return the value of an object; those within it have been decoded."""
    if len(pairs) != 1:
        raise ValueError(f"{dict(pairs)!r:.100} is no value")
    ((tag, content),) = pairs
    try:
        return _tagged(tag, content)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{tag!r:.20} of {content!r:.100}: {error}") from None


def _tagged(tag: str, content: Any) -> Any:
    match tag, content:
        case ("none", None) | ("bool", bool()):
            return content
        case "int", int() if type(content) is int:
            return content
        case "float", str():
            return float.fromhex(content)
        case "bytes", str():
            return bytes.fromhex(content)
        case "dict", list():
            json_values.check_hashes([key for key, _ in content])
            return dict(content)
        case "list", list():
            return content
        case _, list() if tag in _SEQUENCES:
            if tag != "tuple":
                json_values.check_hashes(content)
            return _SEQUENCES[tag](content)
    raise ValueError("unknown type or content of another type")


class _Header:
    """A reader of header.json. An object with one name is a pair until its place says what it is.

    Lists and dicts are changed in place, so that nothing is there twice.
    """

    def __init__(self) -> None:
        self.n_lookalikes = 0

    def read(self, data: bytes) -> dict[str, Any]:
        parts = _members(_loads(data, self._pair_or_dict, _NBYTES_PAIR))
        try:
            for name, part in parts.items():
                if name in ("comment", "raw_vocab"):
                    parts[name] = _decoded(part)
                elif name == "keyed_vectors":
                    parts[name] = self._vectors(part)
                else:
                    parts[name] = self._plain(part)
        except RecursionError:  # pragma: no cover (the parser goes deeper than calls from 3.12 on)
            raise ValueError("values lie too deep in one another") from None
        return parts

    def _pair_or_dict(self, pairs: _Pairs) -> tuple[str, Any] | dict[str, Any]:
        if len(pairs) == 1:
            return pairs[0]
        if pairs:
            self._count_lookalike(pairs[0][0])
        return dict(pairs)

    def _count_lookalike(self, first_name: str) -> None:
        self.n_lookalikes += first_name in _TAGS
        if self.n_lookalikes > _MOST_LOOKALIKES:
            raise ValueError(f"more than {_MOST_LOOKALIKES} objects begin as values do")

    def _vectors(self, part: Any) -> dict[str, Any]:
        parts = _members(part)
        for name, inner in parts.items():
            if name in ("plain", "objects"):
                parts[name] = {attr: _decoded(item) for attr, item in _members(inner).items()}
            else:
                parts[name] = self._plain(inner)
        return parts

    def _plain(self, parsed: Any) -> Any:
        if isinstance(parsed, tuple):
            name, content = parsed
            self._count_lookalike(name)
            return {name: self._plain(content)}
        if isinstance(parsed, dict):
            for name, item in parsed.items():
                parsed[name] = self._plain(item)
        elif isinstance(parsed, list):
            for i, item in enumerate(parsed):
                parsed[i] = self._plain(item)
        return parsed


def _decoded(parsed: Any) -> Any:
    """Return a value, which is a str or a pair of its type and what stands for it."""
    if isinstance(parsed, str):
        return parsed
    if not isinstance(parsed, tuple):
        raise ValueError(f"{parsed!r:.100} is no value")
    tag, content = parsed
    if isinstance(content, list):
        for items in content if tag == "dict" else [content]:
            for i, item in enumerate(items):
                items[i] = _decoded(item)
    return _value_of([(tag, content)])


def _members(parsed: Any) -> dict[str, Any]:
    """Return an object of the header itself as a dict."""
    if isinstance(parsed, tuple):
        return dict([parsed])
    if isinstance(parsed, dict):
        return parsed
    raise ValueError(f"an object must be here, got {parsed!r:.100}")
