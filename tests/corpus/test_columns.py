"""Sentences out of tables that several columns, batches, groups and lazy frames make up."""

import numpy as np
import pytest

from fastsgns import EncodedCorpus, Word2Vec

TEXTS = [["a", "b", "c"], ["b", "c"], [], ["a"]] * 3
OPTIONS = {"vector_size": 4, "min_count": 1, "workers": 1, "epochs": 2}


def columns():
    return {"id": list(range(len(TEXTS))), "text": TEXTS}


def tables():
    """Give (name, what makes a table of two columns)."""

    def pandas():
        return pytest.importorskip("pandas").DataFrame(columns())

    def polars():
        return pytest.importorskip("polars").DataFrame(columns())

    def arrow():
        return pytest.importorskip("pyarrow").table(columns())

    def reader():
        return arrow().to_reader(max_chunksize=5)

    def batches():
        return iter(arrow().to_batches(max_chunksize=5))

    def dataset():
        return pytest.importorskip("datasets").Dataset.from_dict(columns())

    return {
        "pandas": pandas,
        "polars": polars,
        "a lazy frame": lambda: polars().lazy(),
        "arrow": arrow,
        "a reader": reader,
        "batches": batches,
        "a dataset": dataset,
        "a stream": lambda: dataset().to_iterable_dataset(),
        "rows": lambda: [{"id": i, "text": text} for i, text in enumerate(TEXTS)],
        "rows that come once": lambda: ({"id": 0, "text": text} for text in TEXTS),
    }


@pytest.fixture(params=list(tables()))
def table(request):
    return tables()[request.param]


def test_one_column_of_a_table_is_a_corpus(table):
    corpus = EncodedCorpus.from_sentences(table(), column="text")
    assert list(corpus) == TEXTS
    model = Word2Vec(table(), column="text", **OPTIONS)
    assert np.array_equal(model.wv.vectors, Word2Vec(TEXTS, **OPTIONS).wv.vectors)


def test_a_column_that_is_not_there_is_named_with_those_that_are(table):
    with pytest.raises(ValueError, match=r"no column 'txt'; there are \['id', 'text'\]"):
        EncodedCorpus.from_sentences(table(), column="txt")


def test_a_table_of_several_columns_says_how_to_choose_one(table):
    rows = table()
    if isinstance(rows, list) or (hasattr(rows, "send")):
        pytest.skip("rows that are dicts say so themselves")
    with pytest.raises(TypeError, match=r"one column.*\['id', 'text'\]"):
        EncodedCorpus.from_sentences(rows)


def test_lazy_frames_and_batches_of_one_column_are_corpora(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    polars = pytest.importorskip("polars")
    path = tmp_path / "texts.parquet"
    parquet.write_table(pyarrow.table(columns()), path)
    batches = parquet.ParquetFile(path).iter_batches(batch_size=5, columns=["text"])
    assert list(EncodedCorpus.from_sentences(batches)) == TEXTS
    assert list(EncodedCorpus.from_sentences(polars.scan_parquet(path).select("text"))) == TEXTS
    model = Word2Vec(polars.scan_parquet(path), column="text", corpus_cache="off", **OPTIONS)
    assert model.corpus_count == len(TEXTS)
    assert list(EncodedCorpus.from_sentences(iter([]))) == []


def test_each_group_of_a_series_is_a_sentence():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"doc": [2, 1, 1, 2], "word": ["x", "y", "z", "w"]})
    corpus = EncodedCorpus.from_sentences(frame.groupby("doc")["word"])
    assert list(corpus) == [["y", "z"], ["x", "w"]]
    with pytest.raises(TypeError, match=r"one column.*\['doc', 'word'\]"):
        EncodedCorpus.from_sentences(frame.groupby("doc"))


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (None, "column='text' is that of sentences"),
        ([["a", "b"]], r"needs a table, or rows that are mappings, got \['a', 'b'\]"),
    ],
)
def test_a_column_of_what_has_none_is_refused(sentences, message):
    with pytest.raises(TypeError, match=message):
        Word2Vec(sentences, column="text", **OPTIONS)
