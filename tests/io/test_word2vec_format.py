"""word2vec.c's formats: what is written is read; what cannot be right is refused with its place."""

import bz2
import gzip
import io
import lzma
import os
import tracemalloc

import numpy as np
import pytest

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
        (b"1 2\n 1 2\n", [""], ROWS[:1]),
        (b"1 2\na\tb 1 2\n", ["a\tb"], ROWS[:1]),
        (b"1 2\na\rb 1 2\n", ["a\rb"], ROWS[:1]),
        ("1 2\na\xa0b 1 2\n".encode(), ["a\xa0b"], ROWS[:1]),
        ("1 2\n\x85a\u2028 1 2\xa0\n".encode(), ["\x85a\u2028"], ROWS[:1]),
        (b"1 2\na 1e0 +2.0E+0\n", ["a"], ROWS[:1]),
        (b"1 2\na inf -1e39\n", ["a"], [[np.inf, -np.inf]]),
        (b"1 1\na 5\n", ["a"], [[5.0]]),
        (b"1 0\na\n", ["a"], [[]]),
        (b"0 2\n", [], []),
        (b"0 0\n", [], []),
        (b"0 2", [], []),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_text_is_read(tmp_path, data, words, rows):
    for chunk_size in (1, 5, 1 << 20):
        assert read(tmp_path, data, chunk_size=chunk_size) == (words, rows)


@pytest.mark.parametrize(
    ("data", "words", "rows"),
    [
        (b"2 2\na " + floats(1, 2) + b"b " + floats(3, 4), ["a", "b"], ROWS),
        (b"2 2\na " + floats(1, 2) + b"\nb " + floats(3, 4) + b"\n", ["a", "b"], ROWS),
        (b"2 2\n\n\na " + floats(1, 2) + b"b " + floats(3, 4) + b"more", ["a", "b"], ROWS),
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
    (b"2 2\na 1 2 5\nb 3 4\n", "line 2"),
    (b"2 2\na 1 2\nb 3 4 5\n", "line 3"),
    (b"2 2\na  1 2\nb 3 4\n", "line 2"),
    (b"2 2\na 1  2\nb 3 4\n", "line 2"),
    (b"2 2\na\t1\t2\nb 3 4\n", "line 2"),
    (b"2 2\n a 1 2\nb 3 4\n", "line 2"),
    (b"2 2\na 1 2\n\nb 3 4\n", "line 3"),
    (b"2 2\na 1 x\nb 3 4\n", "line 2"),
    (b"2 2\na 1 2\nb 3 4.5.6\n", "line 3"),
    (b"1 2\na 0x1p3 1\n", "line 2"),
    (b"1 2\na 1,5 2\n", "line 2"),
    (b"1 2\na 1 --2\n", "line 2"),
    (b"2 2\na nan 2\nb 1 2\n", "NaN in the vector at line 2"),
    (b"2 2\na 1 2\nb 1 NaN\n", "NaN in the vector at line 3"),
    (b"1 2\nnew york 1 2\n", "line 2"),
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
    with pytest.raises(UnicodeEncodeError):
        word2vec_format.write(path, ["\ud800"], np.zeros((1, 1)))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208


def test_counts_are_written_and_read(tmp_path):
    path = tmp_path / "counts.gz"
    word_counts.write(path, [("a", 5), ("ü", 3)])
    assert gzip.decompress(path.read_bytes()) == "a 5\nü 3\n".encode()
    assert word_counts.read(path) == {"a": 5, "ü": 3}


@pytest.mark.parametrize("line", [b"a x\n", b"a\n", b"a 1 2\n", b"\n", b"a 1.5\n"])
def test_bad_lines_of_counts_are_refused_with_their_number(tmp_path, line):
    (tmp_path / "a").write_bytes(b"b 1\n" + line)
    with pytest.raises(FormatError, match="line 2"):
        word_counts.read(tmp_path / "a")


def test_counts_that_cannot_be_decoded_are_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"b 1\n\xff 2\n")
    with pytest.raises(UnicodeDecodeError, match="line 2"):
        word_counts.read(tmp_path / "a")
    assert word_counts.read(tmp_path / "a", errors="replace") == {"b": 1, "\ufffd": 2}


def test_a_file_object_is_a_type_error():
    with pytest.raises(TypeError, match="must be given by its path"):
        word2vec_format.read(io.BytesIO(b"1 1\na 1\n"))
