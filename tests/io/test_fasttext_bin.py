"""Models of fastText: read as gensim reads them, and refused where they are damaged."""

import gzip
import logging
import struct

import numpy as np
import pytest

import fastsgns
from fastsgns.io import fasttext_bin
from fastsgns.io.errors import FormatError, TruncatedFileError
from fastsgns.keyedvectors import FastTextKeyedVectors, KeyedVectors

N_BUCKETS, SIZE = 50, 4
WORDS = ["</s>", "ab", "straße", "語"]


def model(
    words=WORDS,
    labels=(),
    version=12,
    kind=2,
    ns=(2, 3),
    n_pruned=-1,
    quantised=0,
    rows=None,
    n=None,
):
    """Return the bytes of a model, and its input vectors."""
    n_rows = len(words) + N_BUCKETS if rows is None else rows
    matrix = np.random.default_rng(0).standard_normal((n_rows, SIZE)).astype("<f4")
    entries = [*words, *labels]
    head = struct.pack(
        "<2i12id3i2q", 793712314, version, SIZE, 5, 1, 1, 5, 1, 2, kind, N_BUCKETS, *ns, 100, 1e-4,
        len(entries) if n is None else n, len(words), len(labels), 99, n_pruned,
    )  # fmt: skip
    listed = b"".join(
        word.encode() + b"\0" + struct.pack("<qb", max(9 - i, 1), i >= len(words))
        for i, word in enumerate(entries)
    )
    shape = struct.pack("<?qq", quantised, n_rows, SIZE)
    return head + listed + shape + matrix.tobytes() + b"what follows", matrix


def hashed(ngram):
    value = 2166136261
    for byte in ngram.encode():
        value = ((value ^ (byte | (0xFFFFFF00 if byte > 127 else 0))) * 16777619) % 2**32
    return value % N_BUCKETS


def ngrams_of(word, least=2, most=3):
    text = f"<{word}>"
    places = [(i, i + n) for i in range(len(text)) for n in range(least, most + 1)]
    return [text[begin:end] for begin, end in places if end <= len(text)]


@pytest.fixture
def path(tmp_path):
    (tmp_path / "model.bin").write_bytes(model()[0])
    return tmp_path / "model.bin"


def test_vectors_are_means_with_those_of_the_ngrams(path):
    matrix = model()[1]
    kv = KeyedVectors.load_any(path)
    assert type(kv) is FastTextKeyedVectors
    assert kv.index_to_key == WORDS
    assert kv.expandos["count"].tolist() == [9, 8, 7, 6]
    for row, word in enumerate(WORDS):
        buckets = [] if word == "</s>" else [len(WORDS) + hashed(g) for g in ngrams_of(word)]
        wanted = matrix[[row, *buckets]].mean(axis=0)
        np.testing.assert_allclose(kv[word], wanted, rtol=1e-5, atol=1e-6)
    unknown = matrix[[len(WORDS) + hashed(g) for g in ngrams_of("über")]].mean(axis=0)
    np.testing.assert_allclose(kv["über"], unknown, rtol=1e-5, atol=1e-6)
    assert "über" in kv and 17 not in kv
    assert {key for key, _ in kv.most_similar("über", topn=9)} == set(WORDS)


def test_what_was_read_is_saved_and_loaded(path, tmp_path):
    kv = FastTextKeyedVectors.load_facebook_vectors(path)
    kv.save(tmp_path / "kv")
    again = FastTextKeyedVectors.load(tmp_path / "kv")
    assert np.array_equal(again["unseen"], kv["unseen"])
    assert np.array_equal(again["ab"], kv["ab"])


@pytest.mark.parametrize("form", ["native", "gensim"])
@pytest.mark.parametrize("options", [{}, {"mmap": "r"}, {"keys": ["ab"]}], ids=str)
def test_files_of_such_vectors_give_them_back_to_whoever_loads_them(path, tmp_path, form, options):
    kv = KeyedVectors.load_any(path)
    kv.save(tmp_path / "kv", format=form)
    loads = [KeyedVectors.load] if "keys" in options else [KeyedVectors.load, KeyedVectors.load_any]
    for load in loads:
        again = load(tmp_path / "kv", **options)
        assert np.array_equal(again["unseen"], kv["unseen"])
        assert "ab" in again.key_to_index and isinstance(again, FastTextKeyedVectors)


def test_only_keys_have_a_row(path):
    kv = KeyedVectors.load_any(path)
    assert "unseen" in kv and not kv.has_index_for("unseen") and kv.get_index("unseen", -1) == -1
    assert "ab" in kv and kv.has_index_for("ab") and kv.has_index_for(1)


def test_words_without_ngrams_are_unknown(tmp_path):
    for ns, version, kind, n_pruned in (
        ((0, 0), 12, 2, -1),
        ((2, 3), 11, 3, -1),
        ((2, 3), 12, 2, 0),
    ):
        data = model(ns=ns, version=version, kind=kind, n_pruned=n_pruned)
        (tmp_path / "m.bin").write_bytes(data[0])
        kv = FastTextKeyedVectors.load_facebook_vectors(tmp_path / "m.bin")
        assert np.array_equal(kv["ab"], data[1][1])
        assert "unseen" not in kv
        with pytest.raises(KeyError, match="unseen"):
            kv["unseen"]


def test_labels_are_passed(tmp_path):
    (tmp_path / "m.bin").write_bytes(model(labels=["__label__a"], kind=3)[0])
    kv = FastTextKeyedVectors.load_facebook_vectors(tmp_path / "m.bin")
    assert kv.index_to_key == WORDS
    assert fastsgns.info(tmp_path / "m.bin").n_keys == len(WORDS)


def test_gensim_reads_the_same(tmp_path):
    fasttext = pytest.importorskip("gensim.models.fasttext")
    text = [["the", "quick", "brown", "füchse"], ["jump", "over", "the", "lazy", "dog"]] * 3
    trained = fasttext.FastText(text, vector_size=7, min_count=1, bucket=100, workers=1, epochs=1)
    path = str(tmp_path / "model.bin")
    fasttext.save_facebook_model(trained, path)
    theirs = fasttext.load_facebook_vectors(path)
    kv = FastTextKeyedVectors.load_facebook_vectors(path)
    assert kv.index_to_key == theirs.index_to_key
    np.testing.assert_allclose(kv.vectors, theirs.vectors, rtol=1e-4, atol=1e-6)
    for word in ("unseen", "füchsin", "x"):
        np.testing.assert_allclose(kv[word], theirs[word], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            kv.similarity(word, "dog"), theirs.similarity(word, "dog"), atol=1e-5
        )
    found = [key for key, _ in kv.most_similar("unseen", topn=3)]
    assert found == [key for key, _ in theirs.most_similar("unseen", topn=3)]


DAMAGED = {
    "version 13": model(version=13)[0],
    "quantised": model(quantised=1)[0],
    "n-grams of 3 to 2": model(ns=(3, 2))[0],
    "3 to 100 characters": model(ns=(3, 100))[0],
    "n-grams kept": model(n_pruned=3)[0],
    "9 entries, 4 words": model(n=9)[0],
    r"shape \(7, 4\) for 4 words": model(rows=7)[0],
    "there twice": model(words=["a", "a"])[0],
    "no model of fastText": b"PK" + model()[0],
    "is of kind": model()[0].replace(
        b"ab\0" + struct.pack("<qb", 8, 0), b"ab\0" + struct.pack("<qb", 8, 1)
    ),
    "longer than 1048576 bytes": model(words=["</s>", "a" * (3 << 20)])[0],
    "invalid start byte.*byte": model()[0].replace("ß".encode(), b"\xff\xff"),
    "NaN or inf in input vector 53": model()[0][:-12][:-4] + struct.pack("<f", np.inf),
}


@pytest.mark.parametrize("told", DAMAGED)
def test_what_cannot_be_is_named(told, tmp_path):
    (tmp_path / "m.bin").write_bytes(DAMAGED[told])
    with pytest.raises(FormatError, match=told):
        fasttext_bin.read(tmp_path / "m.bin")


def test_a_matrix_longer_than_what_is_read_at_once_is_read(tmp_path):
    data, matrix = model(words=[f"w{i}" for i in range(150_000)])
    (tmp_path / "m.bin").write_bytes(data)
    found = fasttext_bin.read(tmp_path / "m.bin")
    np.testing.assert_array_equal(found.matrix, matrix)
    assert len(found.words) == 150_000


def test_a_compressed_model_that_is_cut_off_is_told(tmp_path):
    """Its length is not known before."""
    (tmp_path / "m.bin.gz").write_bytes(gzip.compress(model()[0][:-50]))
    with pytest.raises(TruncatedFileError, match=r"m\.bin\.gz: input vectors: ends after"):
        fasttext_bin.read(tmp_path / "m.bin.gz")


def test_what_is_cut_off_is_told_wherever(tmp_path):
    data = model()[0][: -len("what follows")]
    for n in range(4, len(data), 7):
        (tmp_path / "m.bin").write_bytes(data[:n])
        with pytest.raises(TruncatedFileError, match=r"m\.bin"):
            fasttext_bin.read(tmp_path / "m.bin")


def test_the_log_says_what_is_loaded(path, caplog):
    with caplog.at_level(logging.INFO, "fastsgns.keyedvectors"):
        FastTextKeyedVectors.load_facebook_vectors(path)
    assert "fastText" in caplog.text
