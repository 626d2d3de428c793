"""Which format a file is in, what it says of itself, and vectors of whatever format."""

import gzip
import json

import numpy as np
import pytest

import fastsgns
from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec
from fastsgns.io import paired_files
from fastsgns.io.errors import FormatError
from fastsgns.scripts.word2vec2tensor import word2vec2tensor

WORDS = ["the", "New York", "über", ","]
ROWS = np.array([[0.5, -1, 2], [1, 0, 0], [-0.25, 3, 1e-3], [4, 5, 6]], np.float32)
SENTENCES = [["a", "b", "c", "d"], ["c", "b", "e"]] * 5


@pytest.fixture
def kv():
    made = KeyedVectors(3)
    made.add_vectors(WORDS, ROWS, {"count": [9, 7, 5, 3]})
    return made


@pytest.fixture
def model():
    return Word2Vec(SENTENCES, vector_size=3, min_count=1, workers=1)


def text(header=True):
    lines = [f"{word} {' '.join(map(str, row))}" for word, row in zip(WORDS, ROWS, strict=True)]
    return "\n".join([*(["4 3"] if header else []), *lines]).encode() + b"\n"


LINES = "\n".join(WORDS) + "\n"


def write_npy(folder, words=LINES, name="v.txt"):
    np.save(folder / "v.npy", ROWS)
    (folder / name).write_text(words, encoding="utf-8")
    return folder / "v.npy"


def write_projector(kv, folder):
    kv.save_word2vec_format(folder / "w2v")
    word2vec2tensor(folder / "w2v", folder / "p")
    return folder / "p_tensor.tsv"


def write_words(folder, data, name="file"):
    (folder / name).write_bytes(data)
    return folder / name


#: How a file of each format is made of the vectors.
WRITERS = {
    "native": lambda kv, d: (kv.save(d / "kv"), d / "kv")[1],
    "gensim": lambda kv, d: (kv.save(d / "kv", format="gensim"), d / "kv")[1],
    "safetensors": lambda kv, d: (kv.save(d / "kv", format="safetensors"), d / "kv")[1],
    "word2vec text": lambda _, d: write_words(d, text(), "v.vec"),
    "word2vec binary": lambda kv, d: (
        KeyedVectors.save_word2vec_format(without_spaces(kv), d / "v.bin", binary=True),
        d / "v.bin",
    )[1],
    "text without header": lambda _, d: write_words(d, text(header=False), "glove.txt"),
    "npy": lambda _, d: write_npy(d),
    "projector": write_projector,
}


def without_spaces(kv):
    made = KeyedVectors(3)
    made.add_vectors([word.replace(" ", "_") for word in kv.index_to_key], kv.vectors)
    return made


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_says_what_it_holds_and_is_loaded(kv, tmp_path, name):
    path = WRITERS[name](kv, tmp_path)
    found = fastsgns.info(path)
    assert (found.format, found.content, found.path) == (name, "KeyedVectors", str(path))
    assert (found.n_keys, found.vector_size) == (4, 3)
    assert found.dtype == ("float32" if "text" not in name and name != "projector" else None)
    lengths = [path.stat().st_size] + [(tmp_path / p).stat().st_size for p in found.beside]
    assert found.n_bytes == sum(lengths)
    loaded = KeyedVectors.load_any(path)
    assert [key.replace("_", " ") for key in loaded.index_to_key] == WORDS
    assert np.array_equal(loaded.vectors, ROWS) and loaded.vectors.dtype == np.float32
    assert loaded.key_to_index == {key: row for row, key in enumerate(loaded.index_to_key)}


@pytest.mark.parametrize("name", ["native", "word2vec text", "text without header", "npy"])
def test_what_is_compressed_is_told_and_loaded_too(kv, tmp_path, name):
    path = WRITERS[name](kv, tmp_path)
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert fastsgns.info(packed)[1:6] == fastsgns.info(path)[1:6]
    assert np.array_equal(KeyedVectors.load_any(packed).vectors, ROWS)


def test_a_file_is_told_by_its_content_whatever_its_name(kv, tmp_path):
    kv.save(tmp_path / "vectors.txt")
    assert fastsgns.info(tmp_path / "vectors.txt").format == "native"
    assert fastsgns.info(write_words(tmp_path, text(), "v.kv")).format == "word2vec text"


def test_words_like_the_begin_of_a_pickle_are_text(tmp_path):
    for word in ("c", "(", "]", "}", "("):
        path = write_words(tmp_path, f"{word} 1 2\nb 3 4\n".encode())
        assert fastsgns.info(path).format == "text without header"
        assert KeyedVectors.load_any(path).index_to_key == [word, "b"]


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "\n" * (3 << 20)])
def test_blank_lines_at_the_end_are_not_counted(tmp_path, end):
    path = write_words(tmp_path, b"a 1 2\nb 3 4\nc 5 6" + end.encode())
    assert fastsgns.info(path).n_keys == len(KeyedVectors.load_any(path)) == 3


def test_a_byte_order_mark_is_no_part_of_a_word(tmp_path):
    for header in (True, False):
        path = write_words(tmp_path, b"\xef\xbb\xbf" + text(header))
        assert fastsgns.info(path).n_keys == 4
        assert KeyedVectors.load_any(path).index_to_key == WORDS


def test_the_words_of_an_array_may_be_anywhere(tmp_path):
    matrix = write_npy(tmp_path, name="words.txt")
    words = (tmp_path / "words.txt").as_uri()
    loaded = KeyedVectors.load_any(matrix, vocabulary=words)
    assert loaded.index_to_key == WORDS and np.array_equal(loaded.vectors, ROWS)


@pytest.mark.parametrize("protocol", range(6))
def test_gensims_files_are_told_whatever_their_protocol(kv, tmp_path, protocol):
    kv.save(tmp_path / "kv", format="gensim", pickle_protocol=protocol)
    assert fastsgns.info(tmp_path / "kv").format == "gensim"
    assert KeyedVectors.load_any(tmp_path / "kv").index_to_key == WORDS


def test_a_model_says_what_it_is(model, tmp_path):
    model.save(tmp_path / "model")
    found = fastsgns.info(tmp_path / "model")
    assert (found.format, found.content) == ("native", "Word2Vec")
    assert (found.n_keys, found.vector_size, found.dtype) == (5, 3, "float32")
    assert found.details["parameters"]["window"] == model.window
    assert found.details["arrays"]["syn1neg"] == "float32 (5, 3)"
    assert np.array_equal(KeyedVectors.load_any(tmp_path / "model").vectors, model.wv.vectors)


def test_a_model_of_gensims_counts_the_files_beside_it(model, tmp_path):
    model.save(tmp_path / "model", format="gensim", sep_limit=1)
    found = fastsgns.info(tmp_path / "model")
    assert (found.format, found.content, found.n_keys) == ("gensim", "Word2Vec", 5)
    assert set(found.beside) == {str(p) for p in tmp_path.iterdir()} - {found.path}
    assert found.n_bytes == sum(p.stat().st_size for p in tmp_path.iterdir())
    assert found.details["class"] == "gensim.models.word2vec.Word2Vec"


def test_a_checkpoint_says_how_far_it_is(tmp_path):
    path = tmp_path / "run"
    Word2Vec(SENTENCES, vector_size=3, min_count=1, workers=1, epochs=2, checkpoint=path)
    found = fastsgns.info(path)
    assert found.content == "checkpoint"
    assert found.details["epochs trained"] == "2 of 2"
    assert len(KeyedVectors.load_any(path)) == 5


def test_an_encoded_corpus_says_how_long_it_is(tmp_path):
    EncodedCorpus.from_sentences(SENTENCES).save(tmp_path / "corpus")
    found = fastsgns.info(tmp_path / "corpus")
    assert (found.content, found.n_keys, found.vector_size) == ("EncodedCorpus", 5, None)
    assert (found.details["sentences"], found.details["tokens"]) == (10, 35)
    assert "\n  5 words\n" in str(found)
    with pytest.raises(FormatError, match="no vectors in this 'EncodedCorpus'"):
        KeyedVectors.load_any(tmp_path / "corpus")


def test_vectors_that_were_left_out_are_told(model, tmp_path):
    model.wv.save(tmp_path / "kv", ignore=["vectors"])
    found = fastsgns.info(tmp_path / "kv")
    assert (found.n_keys, found.vector_size) == (5, None)


def test_it_is_a_value_for_people_and_for_json(kv, tmp_path):
    kv.save(tmp_path / "kv")
    found = fastsgns.info(tmp_path / "kv")
    with pytest.raises(AttributeError):
        found.n_keys = 3
    assert json.loads(json.dumps(found.as_dict()))["n_keys"] == 4
    assert found.as_dict()["details"]["version"] == 2
    lines = str(found).splitlines()
    assert lines[0] == f"{tmp_path / 'kv'}: KeyedVectors, native, {found.n_bytes / 1000:.1f} kB"
    assert lines[1] == "  4 keys, vectors of 3 (float32)"


def test_a_large_file_is_not_loaded(tmp_path):
    """Its arrays are 100 MB of nothing on the disk, which reading would have to make."""
    import tracemalloc

    path = tmp_path / "big.npy"
    np.lib.format.open_memmap(path, "w+", np.float32, (250_000, 100)).flush()
    (tmp_path / "big.txt").write_text("\n".join(map(str, range(250_000))))
    tracemalloc.start()
    assert fastsgns.info(path).n_keys == 250_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


# ---- words and vectors in two files --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("v.vocab", "the\nNew York\nüber\n,"),
        ("v.words", "the\r\nNew York\r\nüber\r\n,\r\n"),
        ("v.txt", "\ufeffthe\nNew York\nüber\n,\n"),
        ("v.json", json.dumps(WORDS)),
        ("v.json", json.dumps({word: row for row, word in reversed(list(enumerate(WORDS)))})),
    ],
)
def test_words_are_found_beside_an_array(tmp_path, name, words):
    loaded = KeyedVectors.load_any(write_npy(tmp_path, words, name))
    assert loaded.index_to_key == WORDS
    assert loaded.expandos["count"].tolist() == [4, 3, 2, 1]


def test_counts_behind_all_words_are_their_counts(tmp_path):
    path = write_npy(tmp_path, "the 90\nNew York 80\nüber\t70\n, 60\n")
    loaded = KeyedVectors.load_any(path)
    assert loaded.index_to_key == WORDS and loaded.get_vecattr("New York", "count") == 80
    loaded = KeyedVectors.load_any(write_npy(tmp_path, "route 66\na\nb\nc\n"))
    assert loaded.index_to_key == ["route 66", "a", "b", "c"]


def test_words_under_another_name_are_given(tmp_path):
    path = write_npy(tmp_path, name="elsewhere")
    with pytest.raises(FileNotFoundError, match="vocabulary= names their file"):
        KeyedVectors.load_any(path)
    loaded = KeyedVectors.load_any(path, vocabulary=tmp_path / "elsewhere")
    assert loaded.index_to_key == WORDS
    assert fastsgns.info(path, tmp_path / "elsewhere").beside == (str(tmp_path / "elsewhere"),)


def test_words_for_what_has_words_are_an_error(kv, tmp_path):
    kv.save(tmp_path / "kv")
    with pytest.raises(ValueError, match="has its words"):
        KeyedVectors.load_any(tmp_path / "kv", vocabulary="words.txt")


def test_a_table_is_loaded_by_either_name(kv, tmp_path):
    for name in ("p_tensor.tsv", "p_metadata.tsv"):
        write_projector(kv, tmp_path)
        assert KeyedVectors.load_any(tmp_path / name).index_to_key == WORDS
    (tmp_path / "p_tensor.tsv").rename(tmp_path / "vectors.tsv")
    columns = "Word\tcount\n" + "".join(f"{word}\t{i}\n" for i, word in enumerate(WORDS))
    (tmp_path / "metadata.tsv").write_text(columns, encoding="utf-8")
    for name in ("vectors.tsv", "metadata.tsv"):
        loaded = KeyedVectors.load_any(tmp_path / name)
        assert loaded.index_to_key == WORDS and np.array_equal(loaded.vectors, ROWS)
        assert fastsgns.info(tmp_path / name).n_keys == 4


def test_a_table_of_one_column_is_one(tmp_path):
    (tmp_path / "vectors.tsv").write_text("1\n2.5\n")
    (tmp_path / "metadata.tsv").write_text("a\nb\n")
    assert KeyedVectors.load_any(tmp_path / "vectors.tsv").vectors.tolist() == [[1], [2.5]]


def test_arrays_are_mapped_and_text_is_not(kv, tmp_path):
    for name in ("native", "npy", "safetensors"):
        loaded = KeyedVectors.load_any(WRITERS[name](kv, tmp_path), mmap="r")
        assert isinstance(loaded.vectors, np.memmap)
    for name in ("word2vec text", "text without header", "projector"):
        with pytest.raises(OSError, match=r"mapped|\.npy"):
            KeyedVectors.load_any(WRITERS[name](kv, tmp_path), mmap="r")


def test_a_word_that_comes_again_is_left_out(tmp_path, caplog):
    loaded = KeyedVectors.load_any(write_npy(tmp_path, "a 4\nb 3\na 2\nc 1\n"))
    assert loaded.index_to_key == ["a", "b", "c"]
    assert loaded.vectors.tolist() == ROWS[[0, 1, 3]].tolist()
    assert loaded.expandos["count"].tolist() == [4, 3, 1]
    assert "duplicate word" in caplog.text


@pytest.mark.parametrize(
    ("words", "name", "error"),
    [
        ("a\nb\n", "v.txt", "2 words, for 4 vectors"),
        ("a\nb\nc\nd\ne\n", "v.txt", "5 words, for 4 vectors"),
        ("[1, 2, 3, 4]", "v.json", "neither a list of words"),
        ('{"a": 0, "b": 2}', "v.json", "neither a list of words"),
        ("[" * 100_000, "v.json", "v.json: damaged"),
        ("", "v.txt", "0 words, for 4"),
    ],
)
def test_words_that_do_not_fit_are_an_error(tmp_path, words, name, error):
    with pytest.raises(FormatError, match=error):
        KeyedVectors.load_any(write_npy(tmp_path, words, name))


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("1\t2\n3\n", "line 2: 1 values, 2 are in line 1"),
        ("1\t2\n3\tx\n", "line 2: could not convert"),
        ("1\t2\n3\tnan\n", "line 2: NaN, inf"),
        ("1\t2\n3\t1e99\n", "line 2: NaN, inf"),
        ("1\t2\n\n3\t4\n", "line 2"),
        ("", "empty"),
    ],
)
def test_a_table_that_cannot_be_right_is_an_error(tmp_path, table, error):
    (tmp_path / "vectors.tsv").write_text(table)
    (tmp_path / "metadata.tsv").write_text("a\nb\n")
    with pytest.raises(FormatError, match=error):
        KeyedVectors.load_any(tmp_path / "vectors.tsv")


def test_a_table_longer_than_what_is_read_at_once_is_read(tmp_path):
    n = paired_files._N_LINES + 5
    (tmp_path / "vectors.tsv").write_text("".join(f"{i}\t{i}.5\n" for i in range(n)))
    (tmp_path / "metadata.tsv").write_text("".join(f"w{i}\n" for i in range(n)))
    loaded = KeyedVectors.load_any(tmp_path / "vectors.tsv")
    assert loaded.vectors.tolist() == [[i, i + 0.5] for i in range(n)]
    assert loaded.index_to_key[-1] == f"w{n - 1}"


def test_numbers_of_a_table_may_be_written_in_any_way_that_decimals_are(tmp_path):
    (tmp_path / "vectors.tsv").write_text("+1\t 2 \n3\t0004.\n")
    (tmp_path / "metadata.tsv").write_text("a\nb\n")
    assert KeyedVectors.load_any(tmp_path / "vectors.tsv").vectors.tolist() == [[1, 2], [3, 4]]


def test_a_table_without_its_words_is_an_error_that_says_how_to_give_them(tmp_path):
    (tmp_path / "vectors.tsv").write_text("1\t2\n")
    with pytest.raises(FileNotFoundError, match=r"vectors\.tsv: the words.* vocabulary= names"):
        KeyedVectors.load_any(tmp_path / "vectors.tsv")


def test_nothing_is_mapped_of_an_array_without_rows(tmp_path):
    np.save(tmp_path / "v.npy", np.zeros((0, 3), np.float32))
    (tmp_path / "v.txt").write_text("")
    loaded = KeyedVectors.load_any(tmp_path / "v.npy", mmap="r")
    assert loaded.vectors.shape == (0, 3) and loaded.index_to_key == []


def test_an_unknown_way_of_mapping_is_an_error(kv, tmp_path):
    for name in ("npy", "safetensors", "gensim", "native"):
        with pytest.raises(ValueError, match="mmap must be None, 'r' or 'c', got 'w'"):
            KeyedVectors.load_any(WRITERS[name](kv, tmp_path), mmap="w")


def test_an_array_that_is_no_matrix_is_an_error(tmp_path):
    write_npy(tmp_path)
    for array in (np.zeros(4), np.zeros((2, 2, 2)), np.array([["a"]])):
        np.save(tmp_path / "v.npy", array)
        with pytest.raises(FormatError, match="no matrix of numbers"):
            KeyedVectors.load_any(tmp_path / "v.npy")


# ---- what is none --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "is empty"),
        (b"hello world\n", "none of the formats"),
        (b"<!DOCTYPE html>", "page of HTML"),
        (gzip.compress(b"1 1\na 1\n", mtime=0), r"ends in \.gz"),
        (b"PK\x03\x04rest", "File is not a zip file|damaged"),
        (b"\x80\x04\x95", "file"),
        (b"\x93NUMPY\x01\x00", "file"),
    ],
)
def test_what_is_none_is_an_error_that_says_what_it_may_be(tmp_path, data, error):
    path = write_words(tmp_path, data)
    (tmp_path / "file.txt").write_text("a\n")
    for read in (fastsgns.info, KeyedVectors.load_any):
        with pytest.raises(FormatError, match=error):
            read(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    for read in (fastsgns.info, KeyedVectors.load_any):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none")
        with pytest.raises(TypeError):
            read(5)
