"""Keys, vectors and counts to and from word2vec.c's formats, as values."""

import numpy as np
import pytest

from fastsgns import KeyedVectors
from fastsgns.io import keyed_word2vec, word2vec_format, word_counts
from fastsgns.io.errors import FormatError


def read(path, counts_path=None, **options):
    return keyed_word2vec.read(path, counts_path, encoding="utf8", errors="strict", **options)


@pytest.mark.parametrize("binary", [False, True])
def test_words_come_with_their_rows_and_counts(tmp_path, binary):
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    word2vec_format.write(tmp_path / "v", ["a", "b", "a"], vectors, binary=binary)
    found = read(tmp_path / "v", binary=binary)
    assert found.index_to_key == ["a", "b"]
    assert found.key_to_index == {"a": 0, "b": 1}
    assert found.vectors.tolist() == [[0, 1], [2, 3]]
    assert found.counts.tolist() == [2, 1]


def test_counts_are_those_of_their_file(tmp_path):
    (tmp_path / "v").write_bytes(b"2 1\na 1\nb 2\n")
    lines = keyed_word2vec.count_lines(["b", "x"], np.array([7, 5]), np.array([1, 0]))
    word_counts.write_lines(tmp_path / "c", lines)
    assert (tmp_path / "c").read_bytes() == b"x 5\nb 7\n"
    counts = read(tmp_path / "v", tmp_path / "c").counts
    assert (counts.tolist(), counts.dtype) == ([0, 7], np.int64)


@pytest.mark.parametrize("known", [{"c": 0, "a": 5}, {}])
def test_known_words_are_picked_in_the_order_of_the_file(tmp_path, known):
    (tmp_path / "v").write_bytes(b"3 2\na 1 2\nb 3 4\nc 5 6\n")
    rows, vectors = keyed_word2vec.read_known(tmp_path / "v", known, 2, binary=False)
    assert rows == [row for word in "ac" for row in [known.get(word)] if row is not None]
    assert vectors.tolist() == ([[1, 2], [5, 6]] if known else [])
    assert vectors.shape == (len(known), 2)


def test_only_texts_and_numbers_are_keys_of_such_a_file(tmp_path):
    assert keyed_word2vec.key_texts(["a", 5, np.int64(6)], "p_") == ["p_a", "p_5", "p_6"]
    with pytest.raises(TypeError, match=r"the key of row 1 is \('a', 1\)"):
        keyed_word2vec.key_texts(["a", ("a", 1)], "")


@pytest.mark.parametrize("binary", [False, True])
def test_only_the_keys_that_are_wanted_are_loaded(tmp_path, binary, caplog):
    kv = KeyedVectors(2)
    kv.add_vectors([f"w{i}" for i in range(9)], np.arange(18, dtype=np.float32).reshape(9, 2))
    kv.save_word2vec_format(tmp_path / "file", binary=binary)
    loaded = KeyedVectors.load_word2vec_format(
        tmp_path / "file", binary=binary, keys=["w7", "w2", "no"]
    )
    assert loaded.index_to_key == ["w2", "w7"]
    assert loaded.vectors.tolist() == [[4, 5], [14, 15]]
    assert "1 of the keys wanted are not in" in caplog.text
    assert len(KeyedVectors.load_word2vec_format(tmp_path / "file", binary=binary, keys=[])) == 0
    with pytest.raises(TypeError, match="keys must be a collection"):
        KeyedVectors.load_word2vec_format(tmp_path / "file", binary=binary, keys="w7")


@pytest.mark.parametrize("keys", [[1, "1"], ["x", True, "True"], [np.int64(7), 8, "7"]])
@pytest.mark.parametrize("binary", [False, True])
def test_keys_that_are_written_alike_are_refused_before_anything_is_written(tmp_path, keys, binary):
    vectors = KeyedVectors(2)
    vectors.add_vectors(keys, np.arange(2.0 * len(keys)).reshape(-1, 2))
    with pytest.raises(ValueError, match=r"several keys are written as '(1|True|7)'"):
        vectors.save_word2vec_format(tmp_path / "v", binary=binary)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("line", ["a -4\n", "a -0\n", "a 4.5\n", "a\n", "a +-1\n"])
def test_a_count_is_a_whole_number_from_0_on(tmp_path, line):
    (tmp_path / "c").write_text("b 2\n" + line)
    with pytest.raises(FormatError, match="c: line 2: a word and its count must be there"):
        word_counts.read(tmp_path / "c")
