"""Sentences in a column of CSV, TSV, JSON lines and Parquet."""

import gzip
import json
import sys

import pytest

from fastsgns.corpus.tables import TableColumn
from fastsgns.io.errors import FormatError

SENTENCES = [["the", "sun"], ["über", "sea", "sun"], ["a,b", 'x"y']]


def read(path, column="text"):
    sentences = TableColumn([str(path)], column)
    first, second = list(sentences), list(sentences)
    assert first == second, "it begins anew"
    return first


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "T.CSV", "none"])
def test_rows_of_csv_are_texts(name, tmp_path):
    between = "\t" if name.endswith("tsv") else ","
    quoted = [f'1{between}"{" ".join(s).replace(chr(34), chr(34) * 2)}"' for s in SENTENCES]
    text = "\r\n".join([f"\ufeffid{between}text", *quoted, "", "2", ""])
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert read(tmp_path / name) == SENTENCES, "a row without the column is no sentence"


@pytest.mark.parametrize("name", ["t.jsonl", "t.ndjson.gz", "none"])
def test_rows_of_json_are_texts_or_lists(name, tmp_path):
    values = [" ".join(SENTENCES[0]), SENTENCES[1], None, SENTENCES[2]]
    data = "".join(json.dumps({"id": 1, "text": value}) + "\n\n" for value in values).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert read(tmp_path / name) == SENTENCES


def test_rows_of_parquet_are_texts_or_lists(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    texts = [" ".join(sentence) for sentence in SENTENCES]
    table = pyarrow.table({"text": [*texts, None], "words": [*SENTENCES, None]})
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    assert read(tmp_path / "t.parquet") == SENTENCES
    assert read(tmp_path / "t.parquet", "words") == SENTENCES
    with pytest.raises(FormatError, match=r"no column 'id', the columns are text, words"):
        TableColumn([str(tmp_path / "t.parquet")], "id")
    (tmp_path / "no.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(FormatError, match=r"no\.parquet: no Parquet file"):
        TableColumn([str(tmp_path / "no.parquet")], "text")


def test_without_pyarrow_a_file_of_parquet_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"t\.parquet, install pyarrow"):
        TableColumn([str(tmp_path / "t.parquet")], "text")


def test_a_file_that_has_lost_its_column_is_refused_when_it_is_read(tmp_path):
    """So is a pipe, of which nothing can be looked at before."""
    (tmp_path / "t.csv").write_text("text\na\n")
    column = TableColumn([str(tmp_path / "t.csv")], "text")
    (tmp_path / "t.csv").write_text("id,title\n1,a\n")
    with pytest.raises(FormatError, match=r"t\.csv: no column 'text', the columns are id, title"):
        list(column)


def test_long_texts_are_read(tmp_path):
    (tmp_path / "t.csv").write_text("text\n" + "word " * 100_000 + "\n")
    assert [len(sentence) for sentence in read(tmp_path / "t.csv")] == [100_000]


@pytest.mark.parametrize(
    ("name", "data", "complaint"),
    [
        ("t.jsonl", '{"text": "a"}\n{"text": \n', r"t\.jsonl, line 2: no JSON"),
        ("t.jsonl", '{"text": "a"}\n["a"]\n', r"line 2: no object with columns: \['a'\]"),
        ("t.jsonl", '{"text": "a"}\n{"title": "b"}\n', r"line 2: no 'text' there"),
        ("t.jsonl", '{"text": 7}\n', r"line 1: neither text nor a list of words: 7"),
        ("t.jsonl", '{"text": [["a"]]}\n', r"line 1: neither text nor a list of words"),
        ("t.csv", 'text\n"a\n', r"t\.csv, line 2: no CSV"),
    ],
)
def test_a_row_that_is_none_is_named_with_its_line(name, data, complaint, tmp_path):
    (tmp_path / name).write_text(data)
    with pytest.raises(FormatError, match=complaint):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "data"), [("t.csv", ""), ("t.csv", "id,title\n"), ("t.jsonl", "")]
)
def test_a_table_without_the_column_is_refused_at_once(name, data, tmp_path):
    (tmp_path / name).write_text(data)
    with pytest.raises(FormatError, match=r"no column 'text', the columns are (none|id, title)"):
        TableColumn([str(tmp_path / name)], "text")
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nowhere.csv")
