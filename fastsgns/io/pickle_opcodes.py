"""Engine room: a look at the opcodes of a pickle, before Python's unpickler believes them.

The unpickler makes room for as many values as the number of one of them says: 5 bytes can ask it
for 32 GB. So the numbers are compared with the length of the file first.
"""

from __future__ import annotations

import pickle
import pickletools
from functools import cache
from typing import NamedTuple, NoReturn

from fastsgns.io.errors import FormatError, TruncatedFileError


class _Opcodes(NamedTuple):
    """Of each opcode, what it is followed by; 0 where that is told elsewhere."""

    lengths: list[int]  # of the opcode and what follows, if it is always the same
    len_sizes: list[int]  # bytes of a number that says how many bytes follow
    n_lines: list[int]


@cache
def _opcodes() -> _Opcodes:
    sizes = {
        pickletools.TAKEN_FROM_ARGUMENT1: 1,
        pickletools.TAKEN_FROM_ARGUMENT4: 4,
        pickletools.TAKEN_FROM_ARGUMENT4U: 4,
        pickletools.TAKEN_FROM_ARGUMENT8U: 8,
    }
    table = _Opcodes([0] * 256, [0] * 256, [0] * 256)
    for opcode in pickletools.opcodes:
        code = ord(opcode.code)
        n = opcode.arg.n if opcode.arg is not None else 0
        if n == pickletools.UP_TO_NEWLINE:
            table.n_lines[code] = 2 if opcode.code in ("c", "i") else 1  # a module and a name
        elif n < 0:
            table.len_sizes[code] = sizes[n]
        else:
            table.lengths[code] = 1 + n
    # Looked at one by one.
    table.lengths[pickle.STOP[0]] = table.lengths[pickle.LONG_BINPUT[0]] = 0
    return table


def check(data: bytes, path: str) -> None:
    """Compare the lengths and numbers in a pickle with its own length.

    Raises
    ------
    TruncatedFileError
        It ends before what it announces, or before the opcode that ends it.
    FormatError
        It numbers a value higher than it can have values, or an opcode is none.
    """
    lengths, len_sizes, n_lines = _opcodes()
    stop, long_binput, put = pickle.STOP[0], pickle.LONG_BINPUT[0], pickle.PUT[0]
    position, end = 0, len(data)
    while position < end:
        opcode = data[position]
        if length := lengths[opcode]:
            position += length
        elif size := len_sizes[opcode]:
            first = position + 1 + size
            position = first + int.from_bytes(data[position + 1 : first], "little")
        elif opcode == long_binput:
            if int.from_bytes(data[position + 1 : position + 5], "little") > position:
                _refuse_number(data[position + 1 : position + 5], position, path)
            position += 5
        elif n_lines[opcode]:
            begin = position
            for _ in range(n_lines[opcode]):
                position = data.find(b"\n", position) + 1 or end + 1
            if opcode == put:
                number = data[begin + 1 : position].strip()
                if len(number) > 20 or not number.isdigit() or int(number) > begin:
                    _refuse_number(number, begin, path)
        elif opcode == stop:
            return
        else:
            raise FormatError(
                f"{path}: no pickle: byte {position} is {data[position : position + 1]!r}"
            )
    raise TruncatedFileError(f"{path}: the pickle is cut off, byte {end} is not its end")


def _refuse_number(number: bytes, position: int, path: str) -> NoReturn:
    """Raise FormatError: each value that was numbered before took a byte at least."""
    raise FormatError(f"{path}: byte {position} numbers a value {number[:20]!r}")
