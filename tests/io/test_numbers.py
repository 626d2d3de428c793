"""Tests: lines of a word and decimals, read as float() reads them and written as str() does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastsgns.io import _numbers


def read(
    text: bytes, n_values: int, dtype: Any = np.float64, n_lines: int = 1000
) -> tuple[list[bytes], NDArray[Any], int, bool]:
    values = np.full((n_lines, n_values), np.nan, dtype)
    words = np.zeros((n_lines, 2), np.int64)
    n, begin, is_odd = _numbers.read_lines(text, 0, len(text), values, words)
    return [text[a:b] for a, b in words[:n].tolist()], values[:n], begin, is_odd


def assert_read_as_float_does(texts: list[str]) -> None:
    expected = [float(text) for text in texts]
    line = ("w " + " ".join(texts) + "\n").encode()
    for dtype in (np.float64, np.float32):
        _, values, _, is_odd = read(line, len(texts), dtype)
        assert not is_odd
        with np.errstate(over="ignore"):
            wanted = np.array([expected], np.float64).astype(dtype)
        wrong = np.flatnonzero(values.view(np.uint8) != wanted.view(np.uint8))
        assert not len(wrong), texts[wrong[0] // values.itemsize]


@pytest.mark.parametrize("form", ["%.6f", "%.17g", "%.18e", "%g", "%.9g", "%.30f", "%.3e", "%d"])
@pytest.mark.parametrize("scale", [1e-300, 1e-40, 1e-7, 1e-3, 1, 1e6, 1e20, 1e38, 1e300])
def test_decimals_of_every_form_and_size_are_read_to_the_bit(form: str, scale: float) -> None:
    numbers = np.random.default_rng(1).standard_normal(2000) * scale
    assert_read_as_float_does([form % number for number in numbers])


def test_any_bits_are_read_back() -> None:
    bits = np.random.default_rng(2).integers(0, 2**64, 5000, dtype=np.uint64)
    doubles = bits.view(np.float64)
    assert_read_as_float_does([repr(x) for x in doubles[np.isfinite(doubles)].tolist()])
    singles = bits.view(np.uint32).view(np.float32)
    assert_read_as_float_does([str(x) for x in singles[np.isfinite(singles)]])


def test_decimals_at_the_borders_of_float32_are_rounded_twice_as_numpy_does() -> None:
    singles = np.random.default_rng(3).standard_normal(500).astype(np.float32)
    texts = []
    for x in singles:
        middle = (float(x) + float(np.nextafter(x, np.float32(2)))) / 2  # exact in float64
        texts += [f"{y:.17g}" for y in (middle, np.nextafter(middle, 9), np.nextafter(middle, -9))]
    assert_read_as_float_does(texts)


def test_decimals_of_every_shape_are_read() -> None:
    texts = ["0", "-0", "+1", "1.", ".5", "-.5e1", "00012.500", "1e5", "1E+05", "1e-05", "0e999"]
    texts += ["1e400", "-1e400", "1e-400", "0.00000000000000000000000000000123456789012345678901"]
    texts += ["123456789012345678901234567890", "9" * 25 + "." + "9" * 25, "0." + "0" * 400 + "1"]
    texts += ["9007199254740993", "9007199254740992.5", "18446744073709551615", "1" * 400]
    texts += ["1e00000000000000000005", "1e99999999999999999999", "0.000000012345678901234567"]
    texts += ["1" + "0" * n for n in range(40)] + ["0." + "0" * n + "7" for n in range(40)]
    assert_read_as_float_does(texts)


def test_signs_and_digits_of_every_number_around_the_point_are_read() -> None:
    """What has 16 characters at most is read at once, wherever it ends and whatever follows."""
    digits = "9182736450918273645"
    shapes = [
        f"{sign}{digits[:n]}.{digits[n : n + m]}{exponent}"
        for sign in ("", "-", "+")
        for n in range(12)
        for m in range(14)
        for exponent in ("", "e5")
        if n or m
    ]
    assert_read_as_float_does(shapes)
    for shape in shapes:  # the last of a line, and of a text
        for behind in ("\n", " \r\n", "\nb 0.12345678\n"):
            _, values, _, is_odd = read(f"a 1.5 {shape}{behind}".encode(), 2, n_lines=1)
            assert not is_odd and values[0].tolist() == [1.5, float(shape)], shape


def test_values_are_found_wherever_lines_and_texts_end() -> None:
    """64 characters are looked at together."""
    rng = np.random.default_rng(7)
    for size in range(1, 150):
        text = b""
        rows = rng.standard_normal((4, 1 + size % 9)).round(size % 7 + 1)
        for row in rows.tolist():
            text += b"w" * (size % 40) + b" " + b" ".join(b"%r" % value for value in row)
            text += b" " * (size % 3) + b"\n"
        for tail in (b"", b"x" * size):
            whole = np.frombuffer(b" 9.5\n" + text + tail, np.uint8)
            values, words = np.full(rows.shape, np.nan), np.zeros((4, 2), np.int64)
            end = 5 + len(text)
            assert _numbers.read_lines(whole, 5, end, values, words) == (4, end, False)
            assert np.array_equal(values, rows)
            assert (words[:, 1] - words[:, 0] == size % 40).all()


@pytest.mark.parametrize("tail", ["c 5 6\n", "c 5.12345678 6.12345678\n"])
@pytest.mark.parametrize(
    "value",
    [
        "inf",
        "nan",
        "-inf",
        "1_0",
        "0x10",
        "1e",
        "1e+",
        "",
        ".",
        "-",
        "+-1",
        "1.2.3",
        "1,5",
        "-.",
        "+.",
        "1.5x",
        "0.1234567x",
        "x.5",
        "1:5",
        "1/5",
        "--1.5",
        "1.-5",
        "\u0661.5",
        "1.5\x00",
        "1.5\t2",
        "0.12345678901234x",
    ],
)
def test_what_is_no_plain_decimal_is_left_to_the_caller(value: str, tail: str) -> None:
    text = f"a 1 2\nb 3 {value}\n{tail}".encode()
    words, values, begin, is_odd = read(text, 2)
    assert (words, values.tolist(), begin, is_odd) == ([b"a"], [[1, 2]], 6, True)


@pytest.mark.parametrize(
    "line", ["b 3", "b", "", "b  3 4", "b 3  4", "b 3\t4", "b 3 4 5", "b c 1 2 3"]
)
def test_a_line_with_another_number_of_fields_is_left_to_the_caller(line: str) -> None:
    text = f"a 1 2\n{line}\nc 5 6\n".encode()
    words, _, begin, is_odd = read(text, 2)
    assert (words, begin, is_odd) == ([b"a"], 6, True)


def test_words_may_have_spaces_and_lines_blanks_at_their_end() -> None:
    text = "a b 1 2\nc  d 3 4 \r\n é\u00a0 5 6\t\n 7 8\n".encode()
    words, values, _, is_odd = read(text, 2)
    assert not is_odd
    assert words == [b"a b", b"c  d", " é\u00a0".encode(), b""]
    assert values.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_no_more_lines_are_read_than_there_is_room_for() -> None:
    text = b"a 1\nb 2\nc 3\n"
    assert read(text, 1, n_lines=2)[0::2] == ([b"a", b"b"], 8)
    assert read(text, 1, n_lines=0)[2:] == (0, False)
    assert read(b"", 1)[2:] == (0, False)
    words, values, _, is_odd = read(b"a\nb c\n", 0)
    assert (words, values.shape, is_odd) == ([b"a", b"b c"], (2, 0), False)


def test_a_part_of_a_text_is_read() -> None:
    text = np.frombuffer(b"a 1\nb 2\nc 3\n", np.uint8)
    values, words = np.zeros((9, 1), np.float32), np.zeros((9, 2), np.int64)
    assert _numbers.read_lines(text, 4, 8, values, words) == (1, 8, False)
    assert values[0, 0] == 2
    assert _numbers.count_lines(text, 0, 12) == 3
    assert _numbers.count_lines(text, 3, 7) == 1
    for begin, end in ((-1, 4), (4, 13), (8, 4)):
        with pytest.raises(ValueError, match="text of 12 bytes"):
            _numbers.read_lines(text, begin, end, values, words)
        with pytest.raises(ValueError, match="text of 12 bytes"):
            _numbers.count_lines(text, begin, end)
    with pytest.raises(ValueError, match="does not end with a newline"):
        _numbers.read_lines(text, 0, 7, values, words)
    with pytest.raises(ValueError, match="room for 9 words"):
        _numbers.read_lines(text, 0, 8, values, words[:3])


def test_words_are_decoded_up_to_the_first_that_cannot_be() -> None:
    text = "a é 語".encode() + b"\xff"
    words = np.array([[0, 1], [2, 4], [0, 0], [5, 8], [8, 9]])
    decoded: list[str] = []
    with pytest.raises(UnicodeDecodeError):
        _numbers.decode_words(text, words, "utf8", "strict", decoded)
    assert decoded == ["a", "é", "", "語"]
    _numbers.decode_words(text, words[4:], "utf8", "replace", decoded)
    assert decoded[-1] == "\ufffd"
    with pytest.raises(ValueError, match="word 0 is outside the text"):
        _numbers.decode_words(text, np.array([[3, 10]]), "utf8", "strict", decoded)
    with pytest.raises(LookupError):
        _numbers.decode_words(text, words, "utf-7-or-so", "strict", decoded)


def found(words: list[str]) -> tuple[bytes, NDArray[np.int64]]:
    """Return the UTF-8 of words, one behind the other, and where each begins and ends."""
    places = np.full((len(words), 2), -1, np.int64)
    return _numbers.utf8_of(words, places), places


def written(rows: NDArray[np.float32]) -> list[list[str]]:
    text, are_finite = _numbers.write_lines(
        *found(["w"] * len(rows)), np.ascontiguousarray(rows), rows
    )
    assert are_finite == np.isfinite(rows).all()
    lines = text.decode().split("\n")
    assert lines.pop() == ""
    return [line.split(" ")[1:] if rows.shape[1] else [] for line in lines]


@pytest.mark.parametrize("scale", 10.0 ** np.arange(-40, 38, 3))
def test_numbers_of_every_size_are_written_as_str_writes_them(scale: float) -> None:
    rows = (np.random.default_rng(4).standard_normal((40, 50)) * scale).astype(np.float32)
    assert written(rows) == [[str(value) for value in row] for row in rows]


def test_numbers_of_any_bits_and_borderline_numbers_are_written_as_str_writes_them() -> None:
    bits = np.random.default_rng(5).integers(0, 2**32, 20_000, dtype=np.uint32).view(np.float32)
    tens, twos = 10.0 ** np.arange(-45, 39), 2.0 ** np.arange(-149, 128)
    halves = np.arange(1, 3000) / 256
    exact = np.concatenate([tens, -tens, twos, halves, [0, -0.0, np.inf, -np.inf, np.nan]])
    values = exact.astype(np.float32)
    around = [np.nextafter(values, np.float32(0)), np.nextafter(values, np.float32(np.inf))]
    rows = np.concatenate([bits, values, *around])[np.newaxis]
    assert written(rows) == [[str(value) for value in rows[0]]]


def test_whole_numbers_are_written_as_str_writes_them() -> None:
    rng = np.random.default_rng(6)
    sizes = [rng.integers(0, 10**n, 500) for n in range(1, 19)]
    rows = np.stack(sizes).astype(np.float32)
    assert written(rows) == [[str(value) for value in row] for row in rows]


def test_words_are_found_in_their_utf8() -> None:
    words = ["a", "", "né", "\u0800\uffff", "\U00010000b", "\x7f\x80\u07ff"]
    text, places = found(words)
    assert text == "".join(words).encode()
    assert [text[a:b].decode() for a, b in places.tolist()] == words
    with pytest.raises(UnicodeEncodeError):
        found(["a", "b\ud800", "c"])
    assert found([])[1].shape == (0, 2)
    with pytest.raises(ValueError, match="2 rows need as many words, got 1"):
        _numbers.utf8_of(["a", "b"], places[:1])


def test_every_row_has_its_word() -> None:
    rows = np.array([[1, 2], [3, 4]], np.float32)
    two = found(["a b", ""])
    assert _numbers.write_lines(*two, rows, rows) == (b"a b 1.0 2.0\n 3.0 4.0\n", True)
    assert _numbers.write_lines(two[0], two[1][::-1].copy(), rows, rows)[0][:5] == b" 1.0 "
    assert _numbers.write_lines(*found(["a"]), rows[:1, :0], rows[:1, :0]) == (b"a \n", True)
    assert _numbers.write_lines(*found([]), rows[:0], rows[:0]) == (b"", True)
    odd = np.array([[np.inf, 1], [2, np.nan], [np.inf, np.nan]], np.float32)
    text = _numbers.write_lines(*found(["a", "b", "c"]), odd, odd)
    assert text == (b"a inf 1.0\nb 2.0 nan\nc inf nan\n", False)
    with pytest.raises(ValueError, match="2 rows need as many words, got 1"):
        _numbers.write_lines(*found(["a"]), rows, rows)
    for begin, end in ((-1, 1), (2, 1), (0, 4)):
        with pytest.raises(ValueError, match="word 0 is outside the text"):
            _numbers.write_lines(b"abc", np.array([[begin, end], [0, 1]]), rows, rows)


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan, -np.nan])
def test_numbers_that_are_not_finite_are_found(odd: float) -> None:
    values = np.random.default_rng(8).standard_normal((7, 11), dtype=np.float32)
    values[0, :3] = np.finfo(np.float32).max, -np.finfo(np.float32).max, 1e-45
    assert _numbers.are_finite(values)
    for place in range(values.size):
        with_one = values.copy()
        with_one.flat[place] = odd
        assert not _numbers.are_finite(with_one)
        assert not _numbers.write_records(*found(["w"] * 7), with_one)[1]
    assert _numbers.are_finite(values[:0])
    assert _numbers.are_finite(np.empty((3, 0), np.float32))


def test_records_are_words_and_rows_of_bytes() -> None:
    rows = np.arange(12, dtype=np.uint8).reshape(3, 4) + 32  # a space among them
    words = [b"a", b"", b"word"]
    values = rows.view("<f4").astype(np.float32)
    records, are_finite = _numbers.write_records(*found(["a", "", "word"]), values)
    assert (records, are_finite) == (b'a  !"#' + b" $%&'" + b"word ()*+", True)
    read, places = np.zeros((5, 4), np.uint8), np.zeros((5, 2), np.int64)
    for cut, n, begin in ((0, 3, 20), (1, 2, 11), (9, 2, 11), (10, 1, 6), (20, 0, 0)):
        text = records[: len(records) - cut]
        assert _numbers.read_records(text, 100, read, places) == (n, begin)
        assert [text[a:b] for a, b in places[:n].tolist()] == words[:n]
        assert np.array_equal(read[:n], rows[:n])
    assert _numbers.read_records(records, 100, read[:1], places) == (1, 6)
    assert _numbers.read_records(records[11:], 4, read, places) == (0, 0)  # no space in four bytes
    none = np.zeros((2, 0), np.uint8)
    without, _ = _numbers.write_records(*found(["a", "b"]), np.zeros((2, 0), np.float32))
    assert (without, _numbers.read_records(without, 9, none, places)[0]) == (b"a b ", 2)
    ended = b'\n\na  !"#\n ' + b"$%&'"  # word2vec.c ends vectors with a newline
    assert _numbers.read_records(ended, 100, read, places) == (2, 14)
    assert places[:2].tolist() == [[2, 3], [9, 9]]
    with pytest.raises(ValueError, match="3 rows need as many words, got 1"):
        _numbers.write_records(*found(["a"]), values)
    with pytest.raises(ValueError, match="room for 5 words"):
        _numbers.read_records(records, 100, read, places[:4])
