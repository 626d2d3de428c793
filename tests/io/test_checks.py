"""Checks of what a pickle holds, in compiled code: what they pass, and what they leave."""

import pickle
import zlib

import numpy as np
import pytest

from fastsgns.io import _checks, pickle_opcodes

NUMBERING = pickle.LONG_BINPUT[0]


def passed(data, at=0, end=None, start=0):
    table = pickle_opcodes._ordinary()
    end = len(data) if end is None else end
    return _checks.pass_ordinary(data + bytes(9), at, end, start, table, NUMBERING)


def test_ordinary_opcodes_are_passed_with_what_follows_them():
    word = pickle.SHORT_BINUNICODE + b"\x03abc"
    data = word + pickle.BININT1 + b"\x05" + pickle.BINUNICODE + b"\x02\0\0\0xy" + pickle.MEMOIZE
    assert passed(data) == (len(data), 16)
    assert passed(pickle.EMPTY_LIST * 3) == (3, 3 * 72)
    assert passed(data, at=len(word), end=len(word) + 1)[0] == len(word) + 2


def test_what_is_behind_the_data_is_said_to_be_there():
    assert passed(pickle.BINUNICODE + b"\xff\xff\xff\x7f")[0] == 5 + 0x7FFFFFFF


@pytest.mark.parametrize(
    "opcode", [pickle.STOP, pickle.FRAME, pickle.LONG1, pickle.LONG4, pickle.GLOBAL, b"\xff"]
)
def test_others_are_left_to_the_caller(opcode):
    assert passed(pickle.NONE + opcode + b"\x01" * 9, end=10) == (1, 12)


def test_a_number_above_its_place_is_left_to_the_caller():
    data = pickle.LONG_BINPUT + b"\x07\0\0\0"
    assert passed(data, start=6) == (0, 0)
    assert passed(data, start=7) == (5, 0)


def test_lengths_that_no_file_has_are_left_to_the_caller():
    assert passed(pickle.BINUNICODE8 + b"\xff" * 8) == (0, 0)


def test_places_outside_the_data_are_errors():
    with pytest.raises(ValueError, match="opcodes -1 to 1"):
        _checks.pass_ordinary(b"N", -1, 1, 0, pickle_opcodes._ordinary(), NUMBERING)
    with pytest.raises(ValueError, match="opcodes 0 to 2"):
        _checks.pass_ordinary(b"N", 0, 2, 0, pickle_opcodes._ordinary(), NUMBERING)
    with pytest.raises(ValueError, match="a table of 3"):
        _checks.pass_ordinary(b"N", 0, 1, 0, np.zeros((3, 3), np.uint8), NUMBERING)


def test_types_are_told_exactly():
    class Text(str):
        pass

    types = frozenset({str, int})
    assert _checks.are_of([], types) and _checks.are_of(["a", 1, "b"], types)
    assert _checks.are_of({"a": 1}.values(), types)
    for odd in (True, None, Text(), [], 1.0):
        assert not _checks.are_of(["a", odd], types)


def test_rows_in_order_are_those_of_a_list():
    keys = ["a", ("b", 1), None]
    assert _checks.are_in_order({key: row for row, key in enumerate(keys)}, keys)
    assert _checks.are_in_order({}, [])
    a, b, c = keys
    for rows in (
        {a: 0, b: 1},
        {a: 0, c: 1, b: 2},
        {a: 0, b: 2, c: 1},
        {a: 0, b: True, c: 2},
        {a: 0, b: 1, c: 2**70},
        {a: 0, b: 1, c: "2"},
        {a: 0, b: 1, "d": 2},
    ):
        assert not _checks.are_in_order(rows, keys)
    assert not _checks.are_in_order({"a": 0}, ["a", "a"])


def test_a_checksum_is_zips_in_every_way_of_this_processor():
    data = np.random.default_rng(1).integers(0, 256, 1 << 16, np.uint8).tobytes()
    for n in (256, 272, 496, 512, 528, 768, 4096, 65520, 65536):
        for begin in (0, 1, 3):
            part = data[begin : begin + n]
            if len(part) == n:
                found = _checks._crc32_of_each_way(part)
                assert found == [zlib.crc32(part)] * len(found)
