"""Engine room: a pickle of gensim's, without what its keys, their rows and their paths make long.

gensim pickles ``index_to_key``, a list of texts; ``key_to_index``, a dict that has them again with
their places, in the same order; and, of hierarchical softmax, two arrays for each word: its path.
The unpickler takes most of its time for these, for it makes each value by opcodes that could say
anything. Where they say what they nearly always do, compiled code takes the values, and the
unpickler gets a pickle in which something short is in their place.

What else is in the pickle may name any of these values by its number. So each number is given to a
function that is no value: whoever names it is refused, and the whole pickle is read as it stands.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import re
import secrets
from functools import cache
from typing import IO, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import _checks, _keys, npy, pickle_opcodes
from fastsgns.io.interrupts import deferred

_MIN_KEYS = 1000  # of fewer it makes no difference
_MIN_ARRAYS = 100
_WINDOW_NBYTES = 1 << 18
_LEN_FRAME = 9
# A function that a file may name, and that is not admitted as a value.
_NO_VALUE = pickle.GLOBAL + b"_codecs\nencode\n"

_PUT, _GET = rb"(?:\x94|q.|r.{4})", rb"(?:h.|j.{4})"
# An array of few numbers: NumPy's function and its arguments; a shape, a type and the content.
_ARRAY = re.compile(
    rb"(%b%b)K\x00\x85%b(%b)\x87%bR%b\(K\x01K(.)\x85%b(%b)\x89C(.)"
    % (_GET, _GET, _PUT, _GET, _PUT, _PUT, _PUT, _GET),
    re.DOTALL,
)
_END_OF_ARRAY = re.compile(rb"%bt(%b)b" % (_PUT, _PUT), re.DOTALL)
_LIKE_ARRAY = b"%bK\0\x85\x94%b\x87\x94R\x94(K\1\xfe%c\x85\x94%b\x89\xff\x94t\x94b"
_N_NUMBERED_OF_ARRAY = _LIKE_ARRAY.count(pickle.MEMOIZE)
_IN_ARRAY = b"(K\1K"
_ARRAY_NBYTES = 50  # at most, without its content
# A file may have other things that look like arrays.
_MOST_TRIES = 1000
_MOST_LISTS = 255


class Paths(NamedTuple):
    """Arrays of one type, one behind the other, and which of them each place of a list has."""

    content: bytearray
    sizes: list[int]
    places: list[int]


class Shortened(NamedTuple):
    """A pickle with marks in place of keys and paths: a stream that can seek, and what is left out.

    Attributes
    ----------
    n_bytes : int
        Of the whole pickle.
    mark : bytes
        In place of the keys, and with a number behind it, of some paths.
    """

    stream: IO[bytes]
    n_bytes: int
    mark: bytes
    keys: list[str]
    rows: dict[str, int]
    paths: dict[bytes, Paths]


class _Joined(io.RawIOBase):
    """Parts of a file, and bytes, one behind the other."""

    def __init__(self, file: IO[bytes], parts: list[tuple[int, int] | bytes]) -> None:
        self._file = file
        self._parts = parts
        self._lengths = [len(p) if isinstance(p, bytes) else p[1] - p[0] for p in parts]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: sum(self._lengths)}[whence]
        self._at = begin + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        at = self._at
        number = 0
        while number < len(self._parts) and at >= self._lengths[number]:
            at -= self._lengths[number]
            number += 1
        if number == len(self._parts):
            return 0
        part = self._parts[number]
        view = memoryview(buffer)[: self._lengths[number] - at]
        if isinstance(part, bytes):
            view[:] = part[at : at + len(view)]
            n = len(view)
        else:
            self._file.seek(part[0] + at)
            n = cast(Any, self._file).readinto(view)
        self._at += n
        return n


def shortened(file: IO[bytes]) -> Shortened | None:
    """Return a pickle without keys, their rows and paths; None if keys and rows are not usual.

    Parameters
    ----------
    file : binary file that can seek
        It must stay open, and must not be read by others.
    """
    walk = _Walk(file)
    try:
        walk.pass_keys()
        walk.pass_rows()
    except _Unusual:
        return None
    with contextlib.suppress(_Unusual):
        walk.pass_paths()
    with deferred():  # it asks where the file stands, and passes over what is raised then
        stream = cast("IO[bytes]", io.BufferedReader(_Joined(file, walk.joined()), 1 << 17))
    return Shortened(stream, walk.n_bytes, walk.mark, walk.keys, walk.rows, walk.paths)


class _Unusual(Exception):  # noqa: N818
    """What is looked for is not there, or not as it nearly always is."""


class _Walk:
    """One walk through the opcodes of a pickle, in which some are replaced by others."""

    def __init__(self, file: IO[bytes]) -> None:
        self.n_bytes = file.seek(0, io.SEEK_END)
        self.mark = secrets.token_bytes(16)  # of which no file knows
        self.keys: list[str] = []
        self.rows: dict[str, int] = {}
        self.paths: dict[bytes, Paths] = {}
        self._file = file
        self._at = 0
        self._n_numbered = 0  # by opcodes that do not say the number
        self._first = 0  # the number of the first key
        self._parts: list[tuple[int, int] | bytes] = []
        self._kept = 0  # where in the file what is not in the parts begins

    def joined(self) -> list[tuple[int, int] | bytes]:
        """Return what the shortened pickle consists of."""
        return [*self._parts, (self._kept, self.n_bytes)]

    def pass_keys(self) -> None:
        """Take the texts out of the list of keys."""
        put = self._pass_to(b"index_to_key", pickle.EMPTY_LIST)
        self._first = self._number_behind(put)
        begin, filler, is_end = self._at, bytearray(), False
        while not is_end:
            at, is_end = _keys.texts_in_list(self._window(), self._first, self.keys, filler)
            self._go_on(at)
        if len(self.keys) < _MIN_KEYS:
            raise _Unusual
        self._n_numbered += len(self.keys)
        self._replace(begin, _without_value(filler) + _pickled(self.mark) + pickle.APPENDS)

    def pass_rows(self) -> None:
        """Take the pairs out of the dict of rows."""
        self._pass_to(b"key_to_index", pickle.EMPTY_DICT)
        begin, row, is_end = self._at, 0, False
        while not is_end:
            at, row, is_end = _checks.pairs_in_order(self._window(), self._first, row)
            self._go_on(at)
        # Before the vectors are read, while the keys are in the processor's cache.
        self.rows = _checks.rows_of(self.keys)
        if not row == len(self.keys) == len(self.rows):
            raise _Unusual
        self._replace(begin, pickle.SETITEMS)

    def pass_paths(self) -> None:
        """Take small arrays of one type out, wherever many are one behind the other."""
        n_tries = 0
        while n_tries < _MOST_TRIES and len(self.paths) < _MOST_LISTS:
            window, begin, at = self._window(), self._at, -1
            found = None
            while found is None and n_tries < _MOST_TRIES:
                at, n_tries = window.find(_IN_ARRAY, at + 1), n_tries + 1
                if at < 0:
                    break
                found = _ARRAY.search(window, max(0, at - _ARRAY_NBYTES), at + _ARRAY_NBYTES)
            self._pass(window, len(window) if found is None else found.start())
            if found is not None and self._at == begin + found.start():  # and not inside of others
                self._pass_arrays()

    def _pass_arrays(self) -> None:
        """Take those out that are behind an array, and of its type."""
        window = self._window()
        found = _ARRAY.match(window)
        end = None if found is None else _END_OF_ARRAY.match(window, found.end() + found[5][0])
        if found is None or end is None or not found[3][0]:
            self._pass(window, 1)
            return
        self._pass(window, end.end())
        itemsize = found[5][0] // found[3][0]
        first = self._number_behind(end[1])
        template = _LIKE_ARRAY % (found[1], found[2], itemsize, found[4])
        begin, filler, paths = self._at, bytearray(), Paths(bytearray(), [], [])
        while at := _checks.arrays_in_list(
            self._window(),
            template,
            _N_NUMBERED_OF_ARRAY,
            first,
            paths.content,
            filler,
            paths.places,
            paths.sizes,
        ):
            self._at += at
        if len(paths.places) < _MIN_ARRAYS:
            self._at = begin
            return
        self._n_numbered += _N_NUMBERED_OF_ARRAY * len(paths.sizes)
        mark = self.mark + bytes([len(self.paths)])
        self.paths[mark] = paths
        nothing = pickle.NONE * (len(paths.places) - 1)
        self._replace(begin, _without_value(filler) + _pickled(mark) + nothing)

    def _pass_to(self, name: bytes, container: bytes) -> bytes:
        """Walk into an attribute, a list or a dict; return the opcode that numbered it."""
        looked_for = re.compile(
            b"%b%b(%b(%b)\\()" % (re.escape(name), _PUT, re.escape(container), _PUT), re.DOTALL
        )
        n_tries = 0
        while n_tries < _MOST_TRIES:
            window, begin = self._window(), self._at
            found = looked_for.search(window)
            end = len(window) if found is None else found.start() + len(name)
            self._pass(window, end)
            if found is not None and self._at == begin + end:  # and it is not in a text
                self._at = begin + found.end()
                numbered = container + pickle.MARK
                self._replace(begin + found.start(1), _without_value(found[2]) + numbered)
                self._n_numbered += 2
                return found[2]
            n_tries += found is not None
        raise _Unusual

    def _pass(self, window: bytes, end: int) -> None:
        """Walk over opcodes until one begins at `end` or behind it."""
        at, end = 0, min(end, len(window) - _LEN_FRAME)
        while at < end:
            at, n_numbered = _checks.pass_ordinary(window, at, end, 0, _lengths(), -1)
            self._n_numbered += n_numbered
            if at >= end:
                break
            opcode = window[at : at + 1]
            if opcode == pickle.FRAME:  # is shorter now, or longer
                n_framed = int.from_bytes(window[at + 1 : at + _LEN_FRAME], "little")
                if self._at + at + _LEN_FRAME + n_framed > self.n_bytes:  # bytes were lost
                    raise _Unusual
                self._parts.append((self._kept, self._at + at))
                at += _LEN_FRAME
                self._kept = self._at + at
            elif opcode == pickle.GLOBAL and (line := window.find(b"\n", at)) >= 0:
                at = window.find(b"\n", line + 1) + 1 or end
            else:
                raise _Unusual
        self._at += at

    def _go_on(self, at: int) -> None:
        if not at:
            raise _Unusual
        self._at += at

    def _number_behind(self, put: bytes) -> int:
        """Return the number of the next value that has one, behind that of an opcode."""
        if put == pickle.MEMOIZE:
            return self._n_numbered
        return int.from_bytes(put[1:], "little") + 1

    def _window(self) -> bytes:
        """Return what is next in the file; the last few bytes are none."""
        self._file.seek(self._at)
        window = self._file.read(_WINDOW_NBYTES)
        if len(window) <= _LEN_FRAME:
            raise _Unusual
        return window

    def _replace(self, begin: int, new: bytes | bytearray) -> None:
        """Have something else in the place of what was passed since a place."""
        self._parts += [(self._kept, begin), bytes(new)]
        self._kept = self._at


def _without_value(numbering: bytes | bytearray) -> bytes:
    """Return opcodes that number something, with nothing left of it."""
    return _NO_VALUE + numbering + pickle.POP


def _pickled(mark: bytes) -> bytes:
    return pickle.SHORT_BINBYTES + bytes([len(mark)]) + mark


@cache
def _lengths() -> NDArray[np.uint8]:
    """Return the table of opcodes for `pass_ordinary`, which counts those that number a value."""
    lengths, len_sizes, *_ = pickle_opcodes.table()
    counts = [0] * 256
    counts[pickle.MEMOIZE[0]] = 1
    made = np.array([lengths, len_sizes, counts], np.uint8).T.copy()
    made[pickle.LONG_BINPUT[0], 0] = 5
    return made


def complete(attributes: dict[str, Any], short: Shortened) -> bool:
    """Put keys, rows and paths in their places; False where the marks are not there."""
    keys, rows = attributes.get("index_to_key"), attributes.get("key_to_index")
    if type(keys) is not list or keys != [short.mark] or type(rows) is not dict or rows:
        return False
    expandos = attributes.get("expandos") if short.paths else {}
    if type(expandos) is not dict:
        return False
    n_found = sum(_filled(values, short.paths) for values in expandos.values())
    attributes["index_to_key"] = short.keys
    attributes["key_to_index"] = short.rows
    return n_found == len(short.paths)


def _filled(values: Any, paths: dict[bytes, Paths]) -> bool:
    """Put paths into an array of objects, where a mark is; say whether there is one."""
    if not isinstance(values, np.ndarray) or not values.dtype.hasobject or values.ndim != 1:
        return False
    for place in range(1, min(4, len(values))):
        if type(values[place]) is bytes and (found := paths.get(values[place])) is not None:
            before = values[place - 1]
            content = np.frombuffer(found.content, before.dtype)
            npy.check_content(content, "an array")
            pieces = npy.split(content, found.sizes)
            pieces.append(before)  # of the number -1
            end = place + len(found.places)
            values[place:end] = npy.objects(map(pieces.__getitem__, found.places), end - place)
            return True
    return False
