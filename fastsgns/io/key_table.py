"""Engine room: the keys of a native file, of which as few are read as are asked for.

Beside keys.json, a list of texts, lies keys.table, all of it little-endian:

    4 bytes        "KEYS"
    uint32         the version of the table, 1
    uint64         how many keys there are, n
    uint64 (n,)    the sums, ascending: the CRC-32 of a key as JSON has it between the quotes, in
                   the upper half, the row of the key in the lower
    uint32 (n+1,)  where in keys.json the quote is that begins each key, by row; the length of that

A key is found by its checksum, among the few that share it by its text. Nothing of that is
believed: a table that was forged gives an error, or a row whose key it is not.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from json.encoder import encode_basestring
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import _keys, npy
from fastsgns.io.errors import FormatError

MEMBER = "keys.table"

_MAGIC = b"KEYS"
_VERSION = 1
_HEAD = struct.Struct("<4sIQ")
_MAX_NBYTES = 0xFFFFFFFF  # of keys.json

# A key is found in the table in 2 us; the dict costs 0.3 to 0.8 us a key, once.
_LOOKUPS_PER_KEY = 1 / 8
_MIN_LOOKUPS = 1000

_TEXT = frozenset({str, np.str_})
# What is equal to no str, whatever its value.
_NEVER_TEXT = frozenset(
    {int, float, bool, bytes, tuple, type(None)}
    | {np.dtype(code).type for code in np.typecodes["AllInteger"] + np.typecodes["Float"]}
)


class KeyTable(NamedTuple):
    """Where each key is, and in which order their checksums are."""

    sums: NDArray[np.uint64]
    begins: NDArray[np.uint32]

    def to_bytes(self) -> bytes:
        """Return the content of keys.table."""
        head = _HEAD.pack(_MAGIC, _VERSION, len(self.sums))
        return head + self.sums.astype("<u8").tobytes() + self.begins.astype("<u4").tobytes()


def made_of(data: bytes | bytearray, n_keys: int) -> KeyTable | None:
    """Return the table of a keys.json; None if it has more than texts, or none, or 4 GiB."""
    if len(data) > _MAX_NBYTES:
        return None
    table = KeyTable(np.empty(n_keys, np.uint64), np.empty(n_keys + 1, np.uint32))
    if not _keys.fill(data, *table):
        return None
    table.sums.sort()
    return table


def table_in(member: NDArray[np.uint8], n_keys: int, place: str) -> KeyTable | None:
    """Return the table that a member holds; None if it is of another version.

    Parameters
    ----------
    member : uint8 (n_bytes,)
    n_keys : int
        As many keys as there are vectors.
    place : str
        What errors call the member.

    Raises
    ------
    FormatError
        It is no table, or not of so many keys.
    """
    if len(member) < _HEAD.size:
        raise FormatError(f"{place}: {len(member)} bytes are no table")
    magic, version, n = _HEAD.unpack(member[: _HEAD.size].tobytes())
    if magic != _MAGIC:
        raise FormatError(f"{place}: a table begins with {_MAGIC!r}, not {magic!r}")
    if version != _VERSION:
        return None
    if n != n_keys or len(member) != _HEAD.size + 8 * n + 4 * (n + 1):
        raise FormatError(f"{place}: {len(member)} bytes, for {n} keys, and {n_keys} vectors")
    # Copied where the file was packed anew, or where the machine has another byte order.
    end = _HEAD.size + 8 * n_keys
    sums = np.require(member[_HEAD.size : end].view("<u8"), np.uint64, "A")
    begins = np.require(member[end:].view("<u4"), np.uint32, "A")
    return KeyTable(sums, begins)


def check(member: bytes, keys_json: bytes, n_keys: int, place: str) -> None:
    """Raise FormatError unless a table, of a known version, is that of a keys.json."""
    if table_in(np.frombuffer(member, np.uint8), n_keys, place) is not None:
        expected = made_of(keys_json, n_keys)
        if expected is None or member != expected.to_bytes():
            raise FormatError(f"{place}: it is not the table of the keys in keys.json")
        keys = _keys.parsed(np.frombuffer(keys_json, np.uint8))
        if keys is None or bytes(_keys.written(keys) or b"") != keys_json:
            raise FormatError(f"{place}: keys.json has escapes that a key is not looked for with")


class StoredKeys(Sequence[Any]):
    """The keys of a file, by row, and the row of each: both are read as far as they are asked for.

    Parameters
    ----------
    n_keys : int
    data : uint8 (n_bytes,)
        keys.json, mapped.
    table : KeyTable, optional
        Without one, all keys are read when the first is asked for.
    read : callable
        Returns all keys.
    rows_of : callable
        Returns the row of each of them, a dict.
    place : str
        What errors call the file.
    """

    def __init__(
        self,
        n_keys: int,
        data: NDArray[np.uint8],
        table: KeyTable | None,
        read: Callable[[], list[Any]],
        rows_of: Callable[[list[Any]], dict[Any, int]],
        place: str,
    ) -> None:
        self._n_keys = n_keys
        self._data = np.asarray(data)
        self._mapped = data  # knows of its file
        self._table = table
        self._read = read
        self._rows_of = rows_of
        self._place = place
        self._n_asked = 0
        self._are_places_checked = False
        self._keys: list[Any] | None = None
        self._rows: dict[Any, int] | None = None

    @property
    def can_look_up(self) -> bool:
        """Whether a key is looked up in the file: there is a table, and no dict yet."""
        return self._table is not None and self._rows is None

    def all(self) -> tuple[list[Any], dict[Any, int]]:
        """Return the list of all keys, and the row of each."""
        if self._rows is None:
            self._rows = self._rows_of(self.listed())
        return self.listed(), self._rows

    def listed(self) -> list[Any]:
        """Return the list of all keys."""
        if self._keys is None:
            self._keys = self._read()
        return self._keys

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the row of a key, as the `get` of a dict does."""
        if (table := self._table) is not None and self._rows is None:
            if type(key) in _TEXT:
                self._n_asked += 1
                if self._n_asked <= max(_MIN_LOOKUPS, self._n_keys * _LOOKUPS_PER_KEY):
                    row = self._found(encode_basestring(str(key)), table)
                    if row >= -1:
                        return default if row < 0 else row
            else:
                hash(key)  # an array has none, of which a dict would tell
                if type(key) in _NEVER_TEXT:
                    return default
        return self.all()[1].get(key, default)

    def _found(self, quoted: str, table: KeyTable) -> int:
        npy.check_mapped(self._mapped)
        text = quoted.encode("utf-8", "surrogatepass")[1:-1]
        try:
            return _keys.find(text, *table, self._data)
        except ValueError as error:
            raise FormatError(f"{self._place}: {MEMBER}: damaged, {error}") from None

    def __contains__(self, key: Any) -> bool:
        return self.get(key) is not None

    def __len__(self) -> int:
        return self._n_keys

    def __iter__(self) -> Iterator[Any]:
        return iter(self.listed())

    @overload
    def __getitem__(self, row: int) -> Any: ...

    @overload
    def __getitem__(self, row: slice) -> list[Any]: ...

    def __getitem__(self, row: Any) -> Any:
        if self._keys is not None or self._table is None:
            return self.listed()[row]
        if isinstance(row, slice):
            rows = range(self._n_keys)[row]
            if len(rows) > self._n_keys * _LOOKUPS_PER_KEY:
                return self.listed()[row]
            return [self._key_at(i, self._table) for i in rows]
        return self._key_at(range(self._n_keys)[row], self._table)

    def _key_at(self, row: int, table: KeyTable) -> str:
        npy.check_mapped(self._mapped)
        self._check_places(table)
        begin, end = int(table.begins[row]), int(table.begins[row + 1]) - 1
        text = self._data[begin:end].tobytes()
        try:
            if text[:1] != b'"':
                raise ValueError(f"{text[:40]!r} is no text")
            key: str = json.loads(text.decode("utf-8", "surrogatepass"))
        except ValueError as error:
            raise FormatError(f"{self._place}: {MEMBER}: row {row}: {error}") from None
        return key

    def _check_places(self, table: KeyTable) -> None:
        """Raise FormatError where keys overlap: together they could be any times the file."""
        if not self._are_places_checked:
            begins = table.begins
            if not (begins[:-1] + 2 < begins[1:]).all():
                raise FormatError(f"{self._place}: {MEMBER}: damaged, keys overlap in keys.json")
            self._are_places_checked = True
