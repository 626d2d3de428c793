"""Engine room: a look at the opcodes of a pickle, before Python's unpickler believes them.

The unpickler makes room for as many values as the number of one of them says: 5 bytes can ask it
for 32 GB. One byte makes an empty list of 56. And integers that are equal modulo 2**61 - 1 all fall
into the same place of a dict. So numbers are compared with the length of the file, what takes far
more memory than its bytes is counted, and long integers may only be few.
"""

from __future__ import annotations

import os
import pickle
import pickletools
from functools import cache
from typing import IO, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.errors import FormatError, TruncatedFileError

#: Bytes of memory that an opcode takes beyond what those that follow it explain, about.
_COSTS = {
    12: (pickle.EMPTY_TUPLE, pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE, pickle.DUP, pickle.MARK),
    16: (pickle.MEMOIZE,),
    40: (pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3),
    48: (pickle.NEWOBJ, pickle.NEWOBJ_EX, pickle.OBJ, pickle.INST, pickle.REDUCE),
    72: (pickle.EMPTY_LIST, pickle.EMPTY_DICT, pickle.LIST, pickle.DICT),
    224: (pickle.EMPTY_SET, pickle.FROZENSET),
}
# What a word of gensim 3, with its Huffman path in arrays of its own, takes for each of its bytes.
_MOST_COST_PER_BYTE = 6
_ALWAYS_COST = 32 << 20

#: Integers of more than 8 bytes: a random generator holds a few.
_MOST_LONG_INTEGERS = 1000
_LEN_INT64 = 20  # as text

_WINDOW_NBYTES = 1 << 20


class Opcodes(NamedTuple):
    """Of each opcode, what it is followed by; 0 where that is told elsewhere."""

    lengths: list[int]  # of the opcode and what follows, if it is always the same
    len_sizes: list[int]  # bytes of a number that says how many bytes follow
    n_lines: list[int]
    costs: list[int]


@cache
def table() -> Opcodes:
    """Return what is known of each opcode, by its byte."""
    sizes = {
        pickletools.TAKEN_FROM_ARGUMENT1: 1,
        pickletools.TAKEN_FROM_ARGUMENT4: 4,
        pickletools.TAKEN_FROM_ARGUMENT4U: 4,
        pickletools.TAKEN_FROM_ARGUMENT8U: 8,
    }
    made = Opcodes([0] * 256, [0] * 256, [0] * 256, [0] * 256)
    for opcode in pickletools.opcodes:
        code = ord(opcode.code)
        n = opcode.arg.n if opcode.arg is not None else 0
        if n == pickletools.UP_TO_NEWLINE:
            made.n_lines[code] = 2 if opcode.code in ("c", "i") else 1  # a module and a name
        elif n < 0:
            made.len_sizes[code] = sizes[n]
        else:
            made.lengths[code] = 1 + n
    # Looked at one by one.
    for byte in (pickle.STOP, pickle.LONG_BINPUT, pickle.FRAME):
        made.lengths[byte[0]] = 0
    for cost, codes in _COSTS.items():
        for byte in codes:
            made.costs[byte[0]] = cost
    return made


@cache
def _ordinary() -> NDArray[np.uint8]:
    """Return lengths, sizes and costs of what compiled code passes: all but integers and lines."""
    lengths, len_sizes, _, costs = table()
    made = np.array([lengths, len_sizes, costs], np.uint8).T.copy()
    for byte in (pickle.LONG1, pickle.LONG4):
        made[byte[0]] = 0
    return made


def check(file: IO[bytes], path: str, n_bytes_whole: int = 0) -> None:
    """Compare what a pickle asks for with its own length.

    Parameters
    ----------
    file : binary file that can seek
        Read from its begin, a window at a time, and rewound.
    path : str
        What errors call it.
    n_bytes_whole : int, default 0
        Of a pickle that was shortened, how long it was: that explains what memory it takes.

    Raises
    ------
    TruncatedFileError
        It ends before what it announces, or before the opcode that ends it.
    FormatError
        It numbers a value higher than it can have values, takes far more memory than its length, or
        an opcode is none.
    """
    n_bytes = file.seek(0, os.SEEK_END)
    _Check(file, n_bytes, path, max(n_bytes, n_bytes_whole)).run()
    file.seek(0)


class _Check:
    """One walk through the opcodes of a pickle."""

    def __init__(self, file: IO[bytes], n_bytes: int, path: str, n_bytes_whole: int) -> None:
        self.file = file
        self.n_bytes = n_bytes
        self.path = path
        self.n_bytes_whole = n_bytes_whole
        self.cost = 0
        self.n_long_integers = 0

    def run(self) -> None:
        position: int | None = 0
        while position is not None:
            if position >= self.n_bytes:
                raise TruncatedFileError(
                    f"{self.path}: the pickle is cut off, byte {self.n_bytes} is not its end"
                )
            position = self._pass_window(position)
            if self.cost > _MOST_COST_PER_BYTE * self.n_bytes_whole + _ALWAYS_COST:
                raise FormatError(
                    f"{self.path}: so many empty lists, dicts, sets or the like that they take"
                    f" over {self.cost} bytes of memory, for a file of {self.n_bytes}"
                )

    def _pass_window(self, start: int) -> int | None:
        """Walk on from an opcode to one in another window; None at the end of the pickle."""
        from fastsgns.io import _checks

        _, len_sizes, n_lines, costs = table()
        ordinary = _ordinary()
        stop, long_binput, frame = pickle.STOP[0], pickle.LONG_BINPUT[0], pickle.FRAME[0]
        longs = (pickle.LONG1[0], pickle.LONG4[0])
        self.file.seek(start)
        data = self.file.read(_WINDOW_NBYTES)
        # Opcodes with a number are looked at while all of it is in the window.
        end = len(data) - 9 if len(data) == _WINDOW_NBYTES else len(data)
        at, cost = 0, 0
        while at < end:
            at, cost_passed = _checks.pass_ordinary(data, at, end, start, ordinary, long_binput)
            cost += cost_passed
            if at >= end:
                break
            opcode = data[at]
            cost += costs[opcode]
            if size := len_sizes[opcode]:
                first = at + 1 + size
                n = int.from_bytes(data[at + 1 : first], "little")
                if opcode in longs and n > 8:
                    self._count_long_integer(start + at)
                at = first + n
            elif opcode == long_binput:
                self._check_number(data[at + 1 : at + 5], start + at)
                at += 5
            elif opcode == frame:  # of what follows, which the unpickler reads at once
                at += 9
                n = int.from_bytes(data[at - 8 : at], "little")
                if start + at + n > self.n_bytes:
                    raise TruncatedFileError(
                        f"{self.path}: byte {start + at - 9} announces {n} bytes,"
                        f" the file ends at {self.n_bytes}"
                    )
            elif n_lines[opcode]:
                at = self._end_of_lines(start + at, n_lines[opcode]) - start
            elif opcode == stop:
                return None
            else:
                raise FormatError(
                    f"{self.path}: no pickle: byte {start + at} is {data[at : at + 1]!r}"
                )
        self.cost += cost
        return start + at

    def _check_number(self, number: bytes, position: int) -> None:
        if int.from_bytes(number, "little") > position:
            self._refuse_number(number, position)

    def _end_of_lines(self, position: int, n_lines: int) -> int:
        """Return where the lines that belong to an opcode end; they may be as long as the file."""
        self.file.seek(position)
        opcode, *rest = self.file.readline()
        line = bytes(rest)
        end = position + 1 + len(line)
        if n_lines == 2:
            end += len(self.file.readline())
        if opcode == pickle.PUT[0]:
            number = line.strip()
            if len(number) > _LEN_INT64 or not number.isdigit() or int(number) > position:
                self._refuse_number(number, position)
        elif opcode in (pickle.INT[0], pickle.LONG[0]) and len(line) > _LEN_INT64:
            self._count_long_integer(position)
        return end if line.endswith(b"\n") else self.n_bytes

    def _count_long_integer(self, position: int) -> None:
        self.n_long_integers += 1
        if self.n_long_integers > _MOST_LONG_INTEGERS:
            raise FormatError(
                f"{self.path}: byte {position}: more than {_MOST_LONG_INTEGERS} integers of over"
                " 64 bits"
            )

    def _refuse_number(self, number: bytes, position: int) -> NoReturn:
        """Raise FormatError: each value that was numbered before took a byte at least."""
        raise FormatError(f"{self.path}: byte {position} numbers a value {number[:20]!r}")
