"""Odd texts, from the file to the model: each is trained, or refused with its place."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from fastsgns import EncodedCorpus, LineSentence, Word2Vec

CACHES = ["memory", "disk", "off"]

TEXTS = {
    "no final newline": b"a b a\nb a",
    "CRLF": b"a b\r\na c\r\n\r\nb\r\n",
    "NUL bytes": b"a\0 \0 a\0\0 a\n\0\na \0\n",
    "byte order mark": b"\xef\xbb\xbfa b\na b\n",
    "blank lines": b"\n\n \t \na b\n\n\nb a\n\xc2\xa0\n",
    "other white space": b"a\xc2\xa0b\x1cc\xe3\x80\x80a\x0bb\x0cc\ra\n",
    "one word": b"a",
    "a long word": b"x" * 3_000_000 + b" a\n" + b"x" * 3_000_000 + b" a",
    "one long line": b"a b c d e " * 5_000,
    "astral": "\U0001f600 \U0001f600 é\n".encode(),
}


def trained(workers=1, **options) -> Word2Vec:
    return Word2Vec(**{"vector_size": 2, "min_count": 1, "sample": 0, "workers": workers} | options)


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("name", TEXTS)
def test_a_file_gives_the_model_of_its_lines(tmp_path, name, cache):
    path = tmp_path / "text"
    path.write_bytes(TEXTS[name])
    sentences = list(LineSentence(path))
    expected = trained(sentences=sentences)
    model = trained(corpus_file=path, corpus_cache=cache)
    assert model.wv.index_to_key == expected.wv.index_to_key
    assert model.wv.vectors.tobytes() == expected.wv.vectors.tobytes()
    assert model.history[0]["effective_words"] == sum(map(len, sentences))
    assert list(EncodedCorpus.from_file(path, workers=2)) == sentences


@pytest.mark.parametrize("name", TEXTS)
def test_the_vocabulary_is_gensims(tmp_path, name):
    gensim = pytest.importorskip("gensim")
    path = tmp_path / "text"
    path.write_bytes(TEXTS[name])
    theirs = gensim.models.Word2Vec(vector_size=2, min_count=1, workers=1)
    theirs.build_vocab(corpus_file=str(path))
    ours = trained()
    ours.build_vocab(corpus_file=path)
    assert ours.wv.index_to_key == theirs.wv.index_to_key
    assert (ours.corpus_count, ours.corpus_total_words) == (
        theirs.corpus_count,
        theirs.corpus_total_words,
    )


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("text", [b"", b"\n \n"])
def test_a_text_without_words_is_no_corpus(tmp_path, text, cache):
    path = tmp_path / "text"
    path.write_bytes(text)
    with pytest.raises(RuntimeError, match="you must first build vocabulary"):
        trained(corpus_file=path, corpus_cache=cache)
    assert list(EncodedCorpus.from_file(path)) == []


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_line_of_a_million_tokens_is_trained_whole(tmp_path, cache, workers):
    numbers = np.random.default_rng(0).integers(0, 1000, 1_000_000)
    text = " ".join(f"w{n}" for n in numbers.tolist())
    path = tmp_path / "text"
    path.write_text(text)
    options = {"workers": workers, "epochs": 1, "window": 1, "corpus_cache": cache}
    # From a file it is cut as LineSentence cuts it, and nothing is left out.
    model = trained(corpus_file=path, **options)
    assert (model.corpus_count, model.corpus_total_words) == (100, 1_000_000)
    assert model.history[0]["effective_words"] == 1_000_000
    # As a sentence it stays one.
    model = trained(sentences=[text.split()], **options)
    assert (model.corpus_count, model.corpus_total_words) == (1, 1_000_000)
    assert model.history[0]["effective_words"] == 1_000_000


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize(
    ("bad", "byte"), [(b"\xff", 9), (b"x\xe9x", 10), (b"\xed\xa0\x80", 9), (b"\xc3", 9)]
)
def test_bytes_that_are_not_utf8_are_an_error_with_line_and_byte(tmp_path, cache, bad, byte):
    path = tmp_path / "text"
    path.write_bytes(b"a b\nc\n a " + bad + b" d\nb\n")
    with pytest.raises(UnicodeDecodeError, match=rf"line 3, byte {byte} of .*text"):
        trained(corpus_file=path, corpus_cache=cache)


def test_a_file_that_goes_bad_between_epochs_is_an_error_with_line_and_byte(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"a b\n" * 9)
    model = trained(corpus_cache="off")
    model.build_vocab(corpus_file=path)
    path.write_bytes(b"a b\n" * 9 + b"\xff\n")
    with pytest.raises(UnicodeDecodeError, match=r"line 10, byte 36 of .*text"):
        model.train(corpus_file=path, total_examples=9, epochs=2)
    path.unlink()
    with pytest.raises(TypeError, match="corpus_file must be the path of a file"):
        model.train(corpus_file=path, total_examples=9, epochs=2)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
@pytest.mark.parametrize("cache", ["auto", "memory", "disk"])
def test_a_pipe_is_read_once_and_trained_in_all_epochs(tmp_path, cache):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"a b c\n" * 1000,))
    writer.start()
    model = trained(corpus_file=path, corpus_cache=cache, epochs=3)
    writer.join()
    assert [entry["effective_words"] for entry in model.history] == [3000] * 3


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_five_million_distinct_words_are_told_apart(tmp_path, workers):
    n_words = 5_000_000
    path = tmp_path / "text"
    with path.open("w") as target:
        for first in range(0, n_words, 10_000):
            target.write(" ".join(map(str, range(first, first + 10_000))) + "\n")
        target.write("0 0 4999999 777\n")
    model = trained(workers, min_count=2, corpus_cache="disk")
    model.build_vocab(corpus_file=path, keep_raw_vocab=True)
    assert model.corpus_total_words == n_words + 4
    assert len(model.raw_vocab) == n_words
    assert all(map(str.__eq__, model.raw_vocab, map(str, range(n_words))))
    assert model.wv.index_to_key == ["0", "4999999", "777"]
    assert model.train(epochs=1) == (7, n_words + 4)


# ---- arrays --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "corpus",
    [
        np.array([["a", "b"], ["b", "c"]]),
        np.array([["a", "b"], ["b", "c"]], object),
        np.array([list("ab"), list("bc"), []], object),
        [np.array(["a", "b"]), np.array(["b", "c"])],
        (("a", "b"), ("b", "c")),
        np.array([[0, 1], [1, 2]]),
        np.array([[0, 1], [1, 2]], np.uint8),
        [np.array([0, 1], np.int16), np.array([1, 2])],
    ],
    ids=repr,
)
@pytest.mark.parametrize("cache", CACHES)
def test_arrays_of_tokens_are_trained_as_plain_ones(corpus, cache):
    plain = [np.asarray(row).tolist() for row in corpus]
    model = trained(sentences=corpus, corpus_cache=cache)
    expected = trained(sentences=plain)
    assert model.wv.index_to_key == expected.wv.index_to_key
    assert [type(word) for word in model.wv.index_to_key] == [type(plain[0][0])] * 3
    assert model.wv.vectors.tobytes() == expected.wv.vectors.tobytes()
