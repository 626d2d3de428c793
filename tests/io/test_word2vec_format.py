"""word2vec.c's formats: what is written is read; what cannot be right is refused with its place."""

import bz2
import gzip
import io
import locale
import lzma
import os
import tracemalloc

import numpy as np
import pytest

from fastsgns import _params
from fastsgns.io import word2vec_format, word_counts
from fastsgns.io.errors import FormatError, TruncatedFileError, UndecodableTextError


def floats(*values):
    return np.array(values, dtype="<f4").tobytes()


def read(tmp_path, data, name="vectors", **options):
    path = tmp_path / name
    path.write_bytes(data)
    words, vectors = word2vec_format.read(path, **options)
    return words, vectors.tolist()


ROWS = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("data", "words", "rows"),
    [
        (b"2 2\na 1 2\nb 3 4\n", ["a", "b"], ROWS),
        (b"2 2\na 1 2\nb 3 4", ["a", "b"], ROWS),
        (b"2 2\r\na 1 2\r\nb 3 4\r\n", ["a", "b"], ROWS),
        (b"2 2\na 1 2 \nb 3 4 \n", ["a", "b"], ROWS),
        (b" 2\t2 \na 1 2\nb 3 4\n", ["a", "b"], ROWS),
        (b"2 2\na 1 2\nb 3 4\nc 5 6\n\nanything", ["a", "b"], ROWS),
        (b"2 2\na 1 2\na 3 4\n", ["a", "a"], ROWS),
        (b"2 2\nnew york 1 2\nb 3 4\n", ["new york", "b"], ROWS),
        (b"2 2\na 1 1 2\nb 3 4\n", ["a 1", "b"], ROWS),
        (b"2 2\na  1 2\n 3 4\n", ["a ", ""], ROWS),
        (b"2 2\n a 1 2\n  3 4\n", [" a", " "], ROWS),
        (b"1 2\n 1 2\n", [""], ROWS[:1]),
        (b"1 2\na\tb 1 2\n", ["a\tb"], ROWS[:1]),
        (b"1 2\na\rb 1 2\n", ["a\rb"], ROWS[:1]),
        ("1 2\na\xa0b 1 2\n".encode(), ["a\xa0b"], ROWS[:1]),
        ("1 2\n\x85a\u2028 1 2\xa0\n".encode(), ["\x85a\u2028"], ROWS[:1]),
        (b"1 2\na 1e0 +2.0E+0\n", ["a"], ROWS[:1]),
        (b"1 1\na 5\n", ["a"], [[5.0]]),
        (b"1 0\na\n", ["a"], [[]]),
        (b"0 2\n", [], []),
        (b"0 0\n", [], []),
        (b"0 2", [], []),
    ],
)
def test_text_is_read(tmp_path, data, words, rows):
    for chunk_size in (1, 5, 1 << 20):
        assert read(tmp_path, data, chunk_size=chunk_size) == (words, rows)


@pytest.mark.parametrize(
    ("data", "words", "rows"),
    [
        (b"2 2\na " + floats(1, 2) + b"b " + floats(3, 4), ["a", "b"], ROWS),
        (b"2 2\na " + floats(1, 2) + b"\nb " + floats(3, 4) + b"\n", ["a", "b"], ROWS),
        (b"2 2\n\n\na " + floats(1, 2) + b"b " + floats(3, 4) + b"\r\n\n", ["a", "b"], ROWS),
        (b"1 2\n\r\na " + floats(1, 2), ["\r\na"], ROWS[:1]),
        (b"1 2\na\nb " + floats(1, 2), ["a\nb"], ROWS[:1]),
        (b"1 2\n " + floats(1, 2), [""], ROWS[:1]),
        ("1 2\nä\xa0 ".encode() + floats(1, 2), ["ä\xa0"], ROWS[:1]),
        (b"1 0\na ", ["a"], [[]]),
        (b"0 2\n", [], []),
    ],
)
def test_binary_is_read(tmp_path, data, words, rows):
    for chunk_size in (1, 5, 16, 1 << 20):
        assert read(tmp_path, data, binary=True, chunk_size=chunk_size) == (words, rows)


@pytest.mark.parametrize("binary", [False, True])
def test_a_limit_reads_the_first_words_of_a_file_that_may_be_cut_off_behind_them(tmp_path, binary):
    if binary:
        data = b"9 2\na " + floats(1, 2) + b"b " + floats(3, 4) + b"c " + floats(5)
    else:
        data = b"9 2\na 1 2\nb 3 4\nc 5"
    for limit in (1, 2):
        assert read(tmp_path, data, binary=binary, limit=limit) == (
            ["a", "b"][:limit],
            ROWS[:limit],
        )
    for limit in (None, 0, 3):
        with pytest.raises(TruncatedFileError if binary or limit != 3 else FormatError):
            read(tmp_path, data, binary=binary, limit=limit)


def test_a_negative_limit_is_named(tmp_path):
    for limit in (1.0, "1", [1]):
        with pytest.raises(TypeError, match="limit must be an integer >= 0 or None"):
            read(tmp_path, b"1 1\na 1\n", limit=limit)
    with pytest.raises(ValueError, match="got -1"):
        read(tmp_path, b"1 1\na 1\n", limit=-1)
    with pytest.raises(ValueError, match="chunk_size must be >= 1, got 0"):
        read(tmp_path, b"1 1\na 1\n", chunk_size=0)


@pytest.mark.parametrize(
    ("data", "limit", "n"),
    [(b"a 1 2\nb 3 4\n", None, 2), (b"a 1 2\nb 3 4", 1, 1), (b"a 1 2\nb 3 4\n\n\r\n", None, 2)],
)
def test_without_header_there_are_as_many_words_as_lines(tmp_path, data, limit, n):
    for chunk_size in (1, 1 << 20):
        options = {"no_header": True, "limit": limit, "chunk_size": chunk_size}
        assert read(tmp_path, data, **options) == (["a", "b"][:n], ROWS[:n])


def test_without_header_binary_cannot_be_read(tmp_path):
    with pytest.raises(NotImplementedError, match="no_header only available for text"):
        read(tmp_path, b"a 1 2\n", no_header=True, binary=True)


@pytest.mark.parametrize("datatype", [np.float16, np.float32, np.float64, "float32"])
@pytest.mark.parametrize("binary", [False, True])
def test_vectors_have_the_type_asked_for(tmp_path, datatype, binary):
    path = tmp_path / "a"
    path.write_bytes(b"1 2\na " + (floats(0.1, 1 / 3) if binary else b"0.1 0.3333333333333333\n"))
    vectors = word2vec_format.read(path, binary=binary, datatype=datatype)[1]
    assert vectors.dtype == np.dtype(datatype)
    exact = np.array([[0.1, 1 / 3]])
    expected = exact.astype(np.float32) if binary else exact
    assert np.array_equal(vectors, expected.astype(datatype))


@pytest.mark.parametrize("datatype", [int, object, "S4", complex])
def test_types_other_than_floats_are_refused(tmp_path, datatype):
    with pytest.raises(TypeError, match="must be a float type"):
        read(tmp_path, b"1 1\na 1\n", datatype=datatype)


HUGE = 2**62
BAD_HEADERS = [
    b"", b"\n", b"2\n", b"x y\n", b"2 2 2\na 1 2\n", b"-1 2\n", b"1 -2\n", b"1.0 2\n", b"0x1 2\n",
    b"1e3 2\n", b"1_0 2\n", b"\n2 2\na 1 2\n", b"\xef\xbb\xbf1 1\na 1\n", "١ ٢\n".encode(), b"\xff",
    b"1" * 5000, b"1" * 5000 + b"\n", "1 1\na 1\n".encode("utf-16"), bytes(2000), b"nan inf\n",
]  # fmt: skip
TOO_SHORT_TEXT = [
    b"3 2\na 1 2\nb 3 4\n", b"1 2\n", b"1 2", b"1000000000 300\na 1 2\n", b"9 1\na 1\n",
    b"2 2\na 1 2        \n", b"1 16777216\na 1\n", b"99999999999999999999 2\na 1 2\n",
    b"4611686018427387904 2\na 1 2\n",
]  # fmt: skip
BAD_SIZES = [b"%d %d\n" % (HUGE, HUGE), b"1 %d\n" % HUGE, b"0 %d\n" % HUGE, b"1 16777217\na 1\n"]
BAD_TEXT = [
    (b"2 2\na 1\nb 3 4\n", "line 2"),
    (b"2 2\na 1 2\nb 3\n", "line 3"),
    (b"2 2\na 1 2 5\nb 3 4 5\n", "line 1"),
    (b"2 2\na 1  2\nb 3 4\n", "line 2"),
    (b"2 2\na\t1\t2\nb 3 4\n", "line 2"),
    (b"2 2\na 1 2\n\nb 3 4\n", "line 3"),
    (b"2 2\na 1 x\nb 3 4\n", "line 2"),
    (b"2 2\na 1 2\nb 3 4.5.6\n", "line 3"),
    (b"1 2\na 0x1p3 1\n", "line 2"),
    (b"1 2\na 1,5 2\n", "line 2"),
    (b"1 2\na 1 --2\n", "line 2"),
    (b"2 2\na nan 2\nb 1 2\n", "NaN in the vector at line 2"),
    (b"2 2\na 1 2\nb 1 NaN\n", "NaN in the vector at line 3"),
    (b"1 2\na inf 2\n", "inf, or a number beyond float32, in the vector at line 2"),
    (b"2 2\na 1 2\nb -1e39 1\n", "beyond float32, in the vector at line 3"),
    (b"2 3\na 1 2  \nb 1\t2 3 4\n", "line 2"),
    (b"2 3\na 1\t9 2 4\nb 1 2\n ", "line 2"),
    (b"1 2\na 1\0 2\n", "line 2"),
    (b"1 2\na " + floats(1, 2), "line"),
]
BAD_BINARY = [
    b"2 2\na " + floats(1, np.nan) + b"b " + floats(3, 4),
    b"1 2\na " + floats(np.nan, 1),
]
TOO_SHORT_BINARY = [
    b"1 2\n", b"1 2", b"1 2\naaaaaaaaaaaaaaaaa", b"2 2\na " + floats(1, 2),
    b"1000000000 300\n" + bytes(40),
    b"2 2\na " + floats(1, 2) + b"b " + floats(3), b"2 2\na " + floats(1, 2) + b"b" + bytes(7),
    b"1 1\n" + b"word" * 100, b"2 1\nab " + floats(1) + b"c " + bytes(3),
]  # fmt: skip


def refused(path, data, kind=FormatError, match=None, **options):
    """Expect an error that names the file, and return the most memory that was taken meanwhile."""
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(kind, match=match) as caught:
            word2vec_format.read(path, **options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, FormatError)
    return peak


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("data", BAD_HEADERS + BAD_SIZES, ids=range(24))
def test_bad_headers_are_refused(tmp_path, data, binary):
    refused(tmp_path / "a", data, match="line 1", binary=binary)


@pytest.mark.parametrize("data", TOO_SHORT_TEXT, ids=range(len(TOO_SHORT_TEXT)))
def test_text_that_is_too_short_is_a_truncated_file(tmp_path, data):
    refused(tmp_path / "a", data, EOFError)


@pytest.mark.parametrize("data", TOO_SHORT_BINARY, ids=range(len(TOO_SHORT_BINARY)))
def test_binary_that_is_too_short_is_a_truncated_file(tmp_path, data):
    refused(tmp_path / "a", data, EOFError, binary=True)


@pytest.mark.parametrize(("data", "place"), BAD_TEXT)
def test_bad_lines_are_refused_with_their_number(tmp_path, data, place):
    for chunk_size in (1, 1 << 20):
        refused(tmp_path / "a", data, match=place, chunk_size=chunk_size)


@pytest.mark.parametrize("data", BAD_BINARY)
def test_bad_binary_rows_are_refused_with_their_place(tmp_path, data):
    for chunk_size in (1, 1 << 20):
        match = "NaN in the vector at byte 6"
        refused(tmp_path / "a", data, match=match, binary=True, chunk_size=chunk_size)


@pytest.mark.parametrize(("data", "place"), [(b"a 1 2\nb 3\n", "line 2"), (b"\na 1\n", "line 1")])
def test_bad_files_without_header_are_refused(tmp_path, data, place):
    refused(tmp_path / "a", data, match=place, no_header=True)
    refused(tmp_path / "b", b"", match="line 1 is empty", no_header=True)


@pytest.mark.parametrize("binary", [False, True])
def test_words_that_cannot_be_decoded_are_refused_with_their_place(tmp_path, binary):
    tail = [floats(1), floats(2)] if binary else [b"1\n", b"2\n"]
    data = b"2 1\na " + tail[0] + b"\xff\xfe " + tail[1]
    place = "word at byte 10" if binary else "line 3"
    for kind in (UndecodableTextError, UnicodeDecodeError, ValueError):
        refused(tmp_path / "a", data, kind, match=place, binary=binary)
    for errors, word in (("ignore", ""), ("replace", "\ufffd\ufffd")):
        assert read(tmp_path, data, binary=binary, errors=errors)[0] == ["a", word]
    assert read(tmp_path, data, binary=binary, encoding="latin1")[0] == ["a", "ÿþ"]


def test_a_header_of_gigabytes_is_refused_at_once_and_without_memory(tmp_path):
    peak = refused(tmp_path / "a", b"1000000000 300\n" + bytes(40), binary=True)
    assert peak < 20_000_000


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("binary", [False, True])
def test_compressed_files_are_read_and_their_headers_not_believed(tmp_path, compress, binary):
    suffix = {gzip: ".gz", bz2: ".bz2", lzma: ".xz"}[__import__(compress.__module__.lstrip("_"))]
    path = tmp_path / f"a{suffix}"
    rows = (b"a " + floats(1, 2) + b"b " + floats(3, 4)) if binary else b"a 1 2\nb 3 4\n"
    path.write_bytes(compress(b"2 2\n" + rows))
    words, vectors = word2vec_format.read(path, binary=binary)
    assert (words, vectors.tolist()) == (["a", "b"], ROWS)
    whole = path.read_bytes()
    for header in (b"3 2\n", b"1000000000 300\n", b"%d 2\n" % HUGE):
        peak = refused(path, compress(header + rows), binary=binary, kind=FormatError)
        assert peak < 80_000_000
    refused(path, whole[: len(whole) // 2], binary=binary)
    refused(path, b"no such stream at all", binary=binary)


def test_words_and_lines_without_end_are_refused(tmp_path):
    endless = b"x" * (3 << 20)
    refused(tmp_path / "a", b"1 1\n" + endless, match="no space ends the word", binary=True)
    refused(tmp_path / "b", b"1 1\n" + endless, match="line 2 is longer")


@pytest.mark.parametrize("where", ["one core", "decimal comma"])
def test_text_is_read_the_same_wherever(tmp_path, monkeypatch, where):
    """In C's locale of a program, the point of numbers may be a comma."""
    data = b"900 2\n" + b"".join(b"w%d %d.25 -1e-%d\n" % (i, i, i % 30) for i in range(900))
    expected = read(tmp_path, data, chunk_size=1000)
    if where == "one core":
        monkeypatch.setattr(_params, "available_cores", lambda: 1)
    else:
        monkeypatch.setattr(locale, "localeconv", lambda: {"decimal_point": ","})
    assert read(tmp_path, data, chunk_size=1000) == expected
    assert expected[1][7] == [7.25, float(np.float32(-1e-7))]


def test_a_byte_order_mark_is_told_where_it_becomes_part_of_a_word(tmp_path, caplog):
    data = b"\xef\xbb\xbfa 1 2\nb 3 4\n"
    assert read(tmp_path, data, no_header=True)[0] == ["\ufeffa", "b"]
    assert "begins with a byte order mark" in caplog.text
    assert read(tmp_path, data, no_header=True, encoding="utf-8-sig")[0] == ["a", "b"]


def test_lines_without_numbers_are_refused_with_what_they_may_be(tmp_path):
    page = b"<!DOCTYPE html>\n<body>\n"
    refused(tmp_path / "a", page, match=r"line 1: .* It is a page of HTML", no_header=True)


@pytest.mark.parametrize("binary", [False, True])
def test_any_bytes_are_read_or_refused(tmp_path, binary):
    """Random damage to a good file: an error of ours or a matrix, and nothing else."""
    rng = np.random.default_rng(0)
    path = tmp_path / "a"
    word2vec_format.write(path, ["aa", "b", "ccc"], rng.standard_normal((3, 4)), binary=binary)
    good = path.read_bytes()
    n_refused = 0
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(int(rng.integers(1, 4))):
            at = int(rng.integers(len(data)))
            kind = rng.integers(3)
            if kind == 0:
                data[at] = int(rng.integers(256))
            elif kind == 1:
                del data[at : at + int(rng.integers(1, 5))]
            else:
                data[at:at] = rng.choice([b"\n", b" ", b"0", b"-", b"\xff", b"9" * 20])
            if not data:
                break
        path.write_bytes(data)
        try:
            words, vectors = word2vec_format.read(path, binary=binary)
        except FormatError:
            n_refused += 1
        else:
            assert len(words) == len(vectors)
    assert 200 < n_refused < 2000


# ---------------------------------------------------------------- writing


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz"])
def test_what_is_written_is_read_back_to_the_bit(tmp_path, binary, suffix):
    rng = np.random.default_rng(0)
    vectors = (rng.standard_normal((500, 33)) * 10.0 ** rng.integers(-6, 6, (500, 1))).astype("f4")
    words = [f"wörd{i}" for i in range(500)]
    path = tmp_path / f"a{suffix}"
    word2vec_format.write(path, words, vectors, binary=binary)
    read_words, read_vectors = word2vec_format.read(path, binary=binary, chunk_size=1000)
    assert read_words == words
    assert np.array_equal(read_vectors, vectors)


def test_bytes_written(tmp_path):
    vectors = np.array([[1, 0.1], [2, -1 / 3]], np.float32)
    path = tmp_path / "a"

    def written(**options):
        word2vec_format.write(path, ["a", "b"], vectors, **options)
        return path.read_bytes()

    rows = b"a 1.0 0.1\nb 2.0 -0.33333334\n"
    assert written() == b"2 2\n" + rows
    assert written(write_header=False) == rows
    assert written(header_count=9) == b"9 2\n" + rows
    assert written(order=np.array([1, 0])) == b"2 2\nb 2.0 -0.33333334\na 1.0 0.1\n"
    assert written(binary=True) == b"2 2\na " + floats(1, 0.1) + b"b " + floats(2, -1 / 3)
    written()
    assert written(append=True, write_header=False) == b"2 2\n" + rows + rows


def test_text_is_large_enough_for_many_blocks(tmp_path):
    vectors = np.random.default_rng(0).standard_normal((3000, 100)).astype(np.float32)
    words = [str(i) for i in range(3000)]
    word2vec_format.write(tmp_path / "a", words, vectors)
    for chunk_size in (1000, 100_003, 1 << 23):
        back = word2vec_format.read(tmp_path / "a", chunk_size=chunk_size)
        assert back[0] == words
        assert np.array_equal(back[1], vectors)


def test_a_failure_while_writing_keeps_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match=r"key '\\ud800' of row 0"):
        word2vec_format.write(path, ["\ud800"], np.zeros((1, 1)))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208


def test_counts_are_written_and_read(tmp_path):
    path = tmp_path / "counts.gz"
    word_counts.write(path, [("a", 5), ("ü", 3)])
    assert gzip.decompress(path.read_bytes()) == "a 5\nü 3\n".encode()
    assert word_counts.read(path) == {"a": 5, "ü": 3}
    assert word_counts.read(path, known={"a", "b"}) == {"a": 5}


def test_counts_are_written_to_a_file_that_takes_text():
    text = io.StringIO()
    word_counts.write(text, [("a", 5), ("ü", 3)])
    assert text.getvalue() == "a 5\nü 3\n"


def test_counts_are_split_at_the_last_blank_only(tmp_path):
    words = ["10\xa0000", "\u3000", "a\u2028b", "a\x85b", "", "new york", " ", "a\rb", "\tx"]
    word_counts.write(tmp_path / "a", [(word, 3) for word in words])
    assert word_counts.read(tmp_path / "a") == dict.fromkeys(words, 3)
    (tmp_path / "b").write_bytes("\ufeff</s> 0\r\n10\xa0000\t7\n".encode())
    assert word_counts.read(tmp_path / "b", encoding="utf-8-sig") == {"</s>": 0, "10\xa0000": 7}
    for word in ("a\nb", "\ud800"):
        with pytest.raises(ValueError, match="cannot be written in a file of words and counts"):
            word_counts.write(tmp_path / "a", [("ok", 1), (word, 3)])


@pytest.mark.parametrize("line", [b"a x\n", b"a\n", b"a 1 x\n", b"\n", b"a 1.5\n"])
def test_bad_lines_of_counts_are_refused_with_their_number(tmp_path, line):
    (tmp_path / "a").write_bytes(b"b 1\n" + line)
    with pytest.raises(FormatError, match="line 2"):
        word_counts.read(tmp_path / "a")


def test_counts_that_cannot_be_decoded_are_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"b 1\n\xff 2\n")
    with pytest.raises(UnicodeDecodeError, match="line 2"):
        word_counts.read(tmp_path / "a")
    assert word_counts.read(tmp_path / "a", errors="replace") == {"b": 1, "\ufffd": 2}


def test_what_is_neither_a_path_nor_open_is_a_type_error():
    for given in (5, b"vectors", None, ["vectors"]):
        with pytest.raises(TypeError, match="must be given by its path, or open"):
            word2vec_format.read(given)
        with pytest.raises(TypeError, match="must be given by its path, or open"):
            word2vec_format.write(given, ["a"], np.ones((1, 1)))
        with pytest.raises(TypeError, match="must be given by its path, or open"):
            word_counts.read(given)


# ---------------------------------------------------------------- which format it is

TEXT = b"2 2\nnew york 1 2\nb 3 4\n"
BINARY = b"2 2\na " + floats(1, 2) + b"\nb " + floats(3, 4) + b"\n"
GLOVE = b"the 1 2\n. . . 3 4\nof 5 6\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [(TEXT, ["new york", "b"]), (BINARY, ["a", "b"]), (GLOVE, ["the", ". . .", "of"])],
)
def test_the_format_is_told_by_what_a_file_begins_with(tmp_path, data, words):
    for chunk_size in (1, 1 << 20):
        assert read(tmp_path, data, binary=None, chunk_size=chunk_size)[0] == words
    assert read(tmp_path, gzip.compress(data), "a.gz", binary=None)[0] == words
    assert word2vec_format.read(io.BytesIO(data), binary=None)[0] == words


def test_one_number_a_vector_is_enough_to_tell_the_format(tmp_path):
    rng = np.random.default_rng(3)
    words, vectors = [f"w{i}" for i in range(20)], rng.standard_normal((20, 1)).astype("f4")
    for binary in (False, True):
        word2vec_format.write(tmp_path / "a", words, vectors, binary=binary)
        back = word2vec_format.read(tmp_path / "a", binary=None)
        assert back[0] == words
        assert np.array_equal(back[1], vectors)


def test_text_is_not_read_as_binary_nor_binary_as_text(tmp_path):
    rows = b"".join(b"word%d 0.25 -1.5e-3 7\n" % i for i in range(50))
    refused(tmp_path / "a", b"50 3\n" + rows, match="binary=False reads it", binary=True)
    refused(tmp_path / "b", BINARY, match="binary=True reads that")
    refused(tmp_path / "c", b"1 3\n\xc3\xa9t\xc3\xa9 1 2 3\n", match="binary=False", binary=True)


@pytest.mark.parametrize(
    ("begin", "way_out"),
    [
        (b"the 0.5 -1 2\nof 1 2 3\n", "no_header=True"),
        (b"\x80\x03cgensim", r"load\(\)"),
        (b"PK\x03\x04", r"load\(\)"),
        (gzip.compress(TEXT, mtime=0), "ends in .gz"),
        (lzma.compress(TEXT), "ends in .xz"),
        (b"\xef\xbb\xbf" + TEXT, "utf-8-sig"),
        (TEXT.decode().encode("utf-16"), "UTF-16"),
        (b"\xba\x16O/\x0c", "fastText"),
        (b"<!DOCTYPE html>", "download"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_an_error_of_a_file_says_what_would_read_it(tmp_path, begin, way_out):
    refused(tmp_path / "a", begin, match=way_out)


def test_words_that_cannot_be_decoded_have_a_way_out(tmp_path):
    refused(tmp_path / "a", b"1 1\n\xe9t\xe9 1\n", match="encoding= or unicode_errors=")


# ---------------------------------------------------------------- what is left over


@pytest.mark.parametrize(
    ("data", "binary"),
    [
        (BINARY + b"c", True),
        (BINARY + b"c " + floats(5), True),
        (BINARY + bytes(12), True),
        (BINARY + b"c " + floats(5, np.nan), True),
        (TEXT + b"c 5\n", False),
        (TEXT + b"\n \nthe end", False),
        (b"0 2\nabc", False),
    ],
)
def test_a_rest_that_is_no_row_is_refused(tmp_path, data, binary):
    for chunk_size in (1, 1 << 20):
        path = tmp_path / "a"
        refused(path, data, match="more follows", binary=binary, chunk_size=chunk_size)
    if not data.startswith(b"0"):
        assert len(read(tmp_path, data, binary=binary, limit=2)[0]) == 2


@pytest.mark.parametrize(
    ("data", "binary"),
    [
        (BINARY + b"c " + floats(5, 6), True),
        (BINARY + BINARY, True),
        (TEXT + b"c 5 6\n", False),
        (TEXT + TEXT, False),
        (TEXT + b"\n\nlos angeles 5 6", False),
    ],
)
def test_rows_beyond_the_count_are_left_out_with_a_warning(tmp_path, caplog, data, binary):
    for chunk_size in (1, 1 << 20):
        caplog.clear()
        assert len(read(tmp_path, data, binary=binary, chunk_size=chunk_size)[0]) == 2
        assert "line 1 announces 2 words, and more follows" in caplog.text
    caplog.clear()
    assert len(read(tmp_path, data, binary=binary, limit=2)[0]) == 2
    assert not caplog.text


def test_more_numbers_than_the_header_says_in_all_lines_are_a_wrong_header(tmp_path):
    refused(tmp_path / "a", b"2 2\na 1 2 3\nb 4 5 6\n", match="line 1 announces vectors of 2")
    with pytest.raises(ValueError, match="ends with a number, as all do"):
        word2vec_format.write(tmp_path / "b", ["route 66", "area 51"], np.ones((2, 2)))
    assert not (tmp_path / "b").exists()
    words = ["route 66", "area 51", "usa"]
    word2vec_format.write(tmp_path / "b", words, np.ones((3, 2)))
    assert word2vec_format.read(tmp_path / "b")[0] == words


# ---------------------------------------------------------------- open files


def test_open_files_are_read_from_where_they_stand_and_left_open(tmp_path):
    file = io.BytesIO(b"skipped\n" + BINARY)
    file.readline()
    assert word2vec_format.read(file, binary=True)[0] == ["a", "b"]
    assert not file.closed
    assert word2vec_format.read(io.StringIO(TEXT.decode()))[0] == ["new york", "b"]
    (tmp_path / "latin").write_bytes("1 1\nété 5\n".encode("latin1"))
    with (tmp_path / "latin").open(encoding="latin1") as text:
        assert word2vec_format.read(text)[0] == ["été"]
    with gzip.open(tmp_path / "no suffix", "wb") as coded:
        coded.write(BINARY)
    with gzip.open(tmp_path / "no suffix") as coded:
        assert word2vec_format.read(coded, binary=True)[0] == ["a", "b"]


def test_binary_needs_a_file_that_was_opened_as_such():
    with pytest.raises(TypeError, match="mode 'rb'"):
        word2vec_format.read(io.StringIO(TEXT.decode()), binary=True)
    with pytest.raises(TypeError, match="mode 'wb'"):
        word2vec_format.write(io.StringIO(), ["a"], np.ones((1, 1)), binary=True)


def test_open_files_are_written_to(tmp_path):
    vectors = np.array([[1, 2], [3, 4]], np.float32)
    for binary in (False, True):
        file = io.BytesIO()
        word2vec_format.write(file, ["ü", "b"], vectors, binary=binary)
        file.seek(0)
        assert word2vec_format.read(file, binary=binary)[0] == ["ü", "b"]
    text = io.StringIO()
    word2vec_format.write(text, ["ü", "b"], vectors)
    assert text.getvalue() == "2 2\nü 1.0 2.0\nb 3.0 4.0\n"
    counts = io.BytesIO()
    word_counts.write(counts, [("new york", 3), ("\u3000", 2), ("", 1)])
    counts.seek(0)
    assert word_counts.read(counts) == {"new york": 3, "\u3000": 2, "": 1}


def test_home_folders_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    word2vec_format.write("~/a.gz", ["a"], np.ones((1, 1)))
    assert (tmp_path / "a.gz").exists()
    assert word2vec_format.read("~/a.gz")[0] == ["a"]
    word_counts.write("~/counts", [("a", 1)])
    assert word_counts.read("~/counts") == {"a": 1}


# ---------------------------------------------------------------- what cannot be written


@pytest.mark.parametrize(
    ("word", "binary"),
    [
        ("a b", True), ("\na", True), ("a\nb", False), ("\ud83d", True), ("\udc80", False),
        ("x" * (1 << 20), True), ("x" * (1 << 20), False),
    ],
)  # fmt: skip
def test_words_that_could_not_be_read_back_are_refused_by_name(tmp_path, word, binary):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(ValueError, match="of row 1 cannot be written") as caught:
        word2vec_format.write(tmp_path / "a", ["ok", word], np.ones((2, 1)), binary=binary)
    assert len(str(caught.value)) < 500
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_line_may_end_within_a_word_of_the_binary_format(tmp_path):
    words = ["a\nb", "c"]
    word2vec_format.write(tmp_path / "a", words, np.ones((2, 1)), binary=True)
    assert word2vec_format.read(tmp_path / "a", binary=True)[0] == words


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_numbers_that_could_not_be_read_back_are_refused(tmp_path, value):
    vectors = np.array([[1, 2], [3, value]])
    with pytest.raises(ValueError, match="the vector of 'b', row 1, holds NaN, inf"):
        word2vec_format.write(tmp_path / "a", ["a", "b"], vectors, binary=True)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("way", ["replaced", "appended", "open"])
def test_nothing_is_written_when_one_of_many_numbers_is_none(tmp_path, binary, way):
    vectors = np.ones((70_000, 3), np.float32)
    vectors[69_000, 1] = np.nan
    words = [f"w{i}" for i in range(len(vectors))]
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with path.open("r+b") as file, pytest.raises(ValueError, match="of 'w69000', row 69000, holds"):
        word2vec_format.write(
            file if way == "open" else path,
            words,
            vectors,
            np.arange(len(words))[::-1],
            binary=binary,
            write_header=way != "appended",
            append=way == "appended",
        )
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("data", "n"), [(TEXT, 3), (b"2 1\na 1\na 2\n", 2)])
def test_a_file_is_not_rewritten_under_a_header_that_would_be_wrong(tmp_path, data, n):
    (tmp_path / "from").write_bytes(data)
    (tmp_path / "to").write_bytes(b"old")
    assert not word2vec_format.rewrite(tmp_path / "from", tmp_path / "to", n, binary=False)
    assert (tmp_path / "to").read_bytes() == b"old"
    rewritten = word2vec_format.rewrite(tmp_path / "from", tmp_path / "to", n - 1, binary=False)
    assert rewritten == (n > 2)


def test_a_header_says_how_many_rows_there_are(tmp_path):
    path, rows = tmp_path / "a", np.ones((2, 1))
    with pytest.raises(ValueError, match="3 words must have as many vectors"):
        word2vec_format.write(path, ["a", "b", "c"], rows)
    with pytest.raises(ValueError, match="a header of 1 words cannot stand before 2"):
        word2vec_format.write(path, ["a", "b"], rows, header_count=1)
    word2vec_format.write(path, ["a", "b"], rows, header_count=3)
    with pytest.raises(ValueError, match="has vectors already"):
        word2vec_format.write(path, ["c", "d"], rows, append=True)
    word2vec_format.write(path, ["c"], rows[:1], append=True, write_header=False)
    assert word2vec_format.read(path)[0] == ["a", "b", "c"]
