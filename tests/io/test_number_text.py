"""Decimals are those of str(), to the digit, and read back as the same number."""

import numpy as np
import pytest

from fastsgns.io.number_text import decimal_lines, parse_rows


def decimal_rows(rows):
    lines = decimal_lines(b"w", np.tile(np.array([[0, 1]]), (len(rows), 1)), rows)[0].split(b"\n")
    assert lines.pop() == b"" and all(line.startswith(b"w ") for line in lines)
    return [line[2:] for line in lines]


def same_as_str(rows):
    written = [row.decode().split(" ") if rows.shape[1] else [] for row in decimal_rows(rows)]
    assert written == [[str(value) for value in row] for row in rows]


@pytest.mark.parametrize("scale", [1e-40, 1e-6, 1e-4, 1e-3, 0.1, 1, 100, 1e5, 1e7, 1e30])
def test_float32_of_every_size_are_written_as_str_writes_them(scale):
    rng = np.random.default_rng(0)
    same_as_str((rng.standard_normal((30, 70)) * scale).astype(np.float32))


def test_any_bits_are_written_as_str_writes_them():
    bits = np.random.default_rng(1).integers(0, 2**32, (60, 50), dtype=np.uint32)
    same_as_str(bits.view(np.float32))


def test_special_and_borderline_numbers_are_written_as_str_writes_them():
    tens = 10.0 ** np.arange(-6, 8)
    twos = 2.0 ** np.arange(-20, 25)
    special = [0, -0.0, 1, -1, 0.5, np.inf, -np.inf, np.nan, 1e-45, 3.4e38, 0.99999994, 999999.94]
    values = np.concatenate([special, tens, -tens, twos]).astype(np.float32)
    around = [values, np.nextafter(values, np.float32(0)), np.nextafter(values, np.float32(np.inf))]
    same_as_str(np.stack(around))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_all_float_types_read_back_as_they_were(dtype):
    rows = np.random.default_rng(2).standard_normal((20, 30)).astype(dtype)
    same_as_str(rows)
    back = [[dtype(text) for text in row.split()] for row in decimal_rows(rows)]
    assert np.array_equal(np.array(back, dtype), rows)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (2, 1)])
def test_small_shapes(shape):
    same_as_str(np.ones(shape, np.float32))


def test_rows_that_are_not_contiguous_are_written_in_their_order():
    matrix = np.arange(12, dtype=np.float32).reshape(3, 4)
    same_as_str(matrix.T)
    same_as_str(matrix[::-1, ::2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_read_as_float_reads_them(dtype):
    texts = ["0.1 -2.5e-3 7", "1e300 .5 123456789012345678901"]
    wanted = np.array([[float(value) for value in text.split()] for text in texts])
    with np.errstate(over="ignore"):
        wanted = wanted.astype(dtype)
    found = parse_rows([text.encode() for text in texts], 3, dtype)
    assert found.dtype == dtype
    assert found.tolist() == wanted.tolist()


@pytest.mark.parametrize(
    "row", ["1 2", "1 2 3 4", "1 2 inf", "1  2", "a 1 2 3", "", " 1 2 3", "1 2 3 "]
)
def test_rows_out_of_the_ordinary_are_left_to_others(row):
    found = parse_rows([b"1 2 3", row.encode()], 3, np.float64)
    if row.endswith(" "):  # blanks at the end of a line say nothing
        assert found.tolist() == [[1, 2, 3]] * 2
    else:
        assert found is None


def test_numbers_are_not_read_where_the_locale_has_a_comma(monkeypatch):
    monkeypatch.setattr("locale.localeconv", lambda: {"decimal_point": ","})
    assert parse_rows([b"1.5"], 1, np.float64) is None
