"""What cannot be meant as a corpus is refused, with what came and the call that was meant."""

import csv
import io
import pickle
from collections import Counter, OrderedDict, UserDict
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from fastsgns import EncodedCorpus, LineSentence, Word2Vec
from fastsgns.corpus import encode, refusals, scan

OPTIONS = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 1}


@pytest.mark.parametrize(
    ("corpus", "meant"),
    [
        ("a long text of words", "corpus_file="),
        (b"bytes of a text", r"decode\(\)"),
        (bytearray(b"the same"), r"decode\(\)"),
        ({"a": 3, "b": 2}, "build_vocab_from_freq"),
        (sparse.eye_array(3), "RandomWalks.*sparse matrix"),
        (sparse.dok_matrix((2, 2)), "RandomWalks.*sparse matrix"),
        (Counter("aab"), "build_vocab_from_freq"),
        (io.StringIO("a b\nc d\n"), "LineSentence"),
        (io.BytesIO(b"a b\nc d\n"), "LineSentence"),
    ],
)
@pytest.mark.parametrize("read", [scan, lambda corpus: encode(corpus, {"a": 0})])
def test_what_is_iterable_but_no_corpus_is_refused(corpus, meant, read):
    with pytest.raises(TypeError, match=meant) as caught:
        read(corpus)
    assert type(corpus).__name__ in str(caught.value)


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("the cat sat", r"text.split\(\)"),
        (np.str_("the cat"), r"text.split\(\)"),
        (b"the cat", "decode"),
        (OrderedDict(id=1, text="x"), "with a NAME of 'id', 'text'"),
        (UserDict({"text": "x"}), "with a NAME of 'text'"),
        (7, "a list for each sentence"),
        (None, "a list for each sentence"),
        (iter("ab"), "a list for each sentence"),
    ],
)
def test_a_sentence_that_is_no_sequence_of_tokens_is_refused_wherever_it_comes(sentence, meant):
    for n_before in (0, 2):
        with pytest.raises(TypeError, match=meant) as caught:
            scan([["a", "b"]] * n_before + [sentence])
        assert f"as sentence {n_before}" in str(caught.value)
        assert len(str(caught.value)) < 500
    model = Word2Vec([["a", "b"]], **OPTIONS)
    with pytest.raises(TypeError, match=meant):
        model.train([["a"], sentence], total_examples=2, epochs=1)
    with pytest.raises(TypeError, match=meant):
        EncodedCorpus.from_sentences([["a"], sentence])


def test_rows_of_tables_are_refused():
    table = csv.DictReader(io.StringIO("id,text\n1,a b\n"))
    with pytest.raises(TypeError, match="with a NAME of 'id', 'text'"):
        scan(table)
    pd = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match="got a str: 'a b'"):
        scan(pd.Series(["a b", "c"]))
    assert list(scan(pd.Series(["a b", "c"]).str.split()).words) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "name", ["a.csv", "a.TSV", "a.csv.gz", "a.json", "a.jsonl.bz2", "a.parquet", "a.pkl", "a.xml"]
)
def test_a_corpus_file_of_another_kind_is_told_by_its_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"id,text\n1,a b\n")
    for given in (path, tmp_path / "a.*", tmp_path):
        with pytest.raises(ValueError, match="must be text with a sentence a line") as caught:
            Word2Vec(corpus_file=given, **OPTIONS)
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"PAR1\x15\x04", ".parquet"),
        (pickle.dumps([["a"]]), ".pkl"),
        (b"\x93NUMPY\x01\x00", ".npy"),
        (b'{"text": "a b"}\n{"text": "c"}\n', ".jsonl"),
        (b"%PDF-1.7\n", ".pdf"),
        (b"SQLite format 3\x00\x10", ".sqlite"),
    ],
)
def test_a_corpus_file_of_another_kind_is_told_by_its_begin(tmp_path, begin, kind):
    path = tmp_path / "corpus.txt"
    path.write_bytes(begin)
    with pytest.raises(ValueError, match=f"is a {kind} file"):
        EncodedCorpus.from_file(path)
    path.write_bytes(b"{a b\n" + begin[:0] + b"c d\n")
    assert EncodedCorpus.from_file(path).n_raw_words == 4


def test_an_encoded_corpus_as_corpus_file_has_its_own_way_in(tmp_path):
    EncodedCorpus.from_sentences([["a", "b"]]).save(tmp_path / "corpus")
    with pytest.raises(ValueError, match=r"corpus=EncodedCorpus.open\("):
        Word2Vec(corpus_file=tmp_path / "corpus", **OPTIONS)


def test_a_table_may_be_text_to_those_who_say_so(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a b\nc d\n")
    assert list(scan(LineSentence(path)).words) == ["a", "b", "c", "d"]


def test_a_path_in_place_of_sentences_is_told(tmp_path):
    with pytest.raises(TypeError, match="Perhaps you want corpus_file="):
        Word2Vec(Path(tmp_path / "text"), **OPTIONS)


def test_where_gensim_is_patched_its_result_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(refusals, "is_lenient", True)
    assert list(scan([{"id": 1, "text": "x"}]).words) == ["id", "text"]
    assert list(scan(["ab"]).words) == ["a", "b"]
    assert list(scan({"ab": 1}).words) == ["a", "b"]
    (tmp_path / "a.csv").write_bytes(b"a b\n")
    assert EncodedCorpus.from_file(tmp_path / "a.csv").n_raw_words == 2


def test_text_whose_first_line_is_in_braces_is_text(tmp_path):
    path = tmp_path / "text"
    path.write_text("{a b}\nc d\n")
    assert list(EncodedCorpus.from_file(path)) == [["{a", "b}"], ["c", "d"]]
