"""Engine room: what the JSON in a native file says, of whatever version it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastsgns.io import json_values, json_values_1

FORMAT = "fastsgns"
VERSION = 2


def header_of(data: bytes) -> dict[str, Any]:
    """Return what a header.json of any version says; ValueError if it is none."""
    if json_values_1.is_header(data):
        return json_values_1.header(data)
    header = json_values.loads(data)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"not a file of {FORMAT}")
    if header.get("version") != VERSION:
        raise ValueError(f"version {header.get('version')!r}, this program reads 1 and {VERSION}")
    return header


def keys_of(header: Mapping[str, Any]) -> Callable[[bytes], list[Any]]:
    """Return what reads the keys.json beside a header; it raises ValueError."""
    loads = json_values_1.keys if header["version"] == 1 else json_values.loads
    return lambda data: json_values.loads_keys(data, loads)
