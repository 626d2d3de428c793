"""Vectors as tables of pandas, polars and Arrow."""

import numpy as np
import pytest

from fastsgns import KeyedVectors


@pytest.fixture
def kv():
    store = KeyedVectors(3)
    store.add_vectors(["a", "b", "\N{SNOWMAN}"], np.arange(9, dtype=np.float32).reshape(3, 3))
    return store


def test_a_frame_of_pandas_has_the_keys_as_its_index(kv):
    pytest.importorskip("pandas")
    frame = kv.to_frame()
    assert frame.index.name == "key"
    assert frame.loc["b"].tolist() == [3, 4, 5]
    assert frame.to_numpy().dtype == np.float32
    frame.iloc[0, 0] = 100
    assert kv["a"][0] == 0


def test_tables_of_polars_and_arrow_have_a_column_of_vectors(kv):
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    frame, table = kv.to_polars(), kv.to_arrow()
    assert frame.schema == {"key": polars.String, "vector": polars.Array(polars.Float32, 3)}
    assert table.schema.field("vector").type == pyarrow.list_(pyarrow.float32(), 3)
    assert table["key"].to_pylist() == frame["key"].to_list() == kv.index_to_key
    assert table["vector"].to_pylist() == kv.vectors.tolist()
    assert np.array_equal(frame["vector"].to_numpy(), kv.vectors)


def test_keys_may_be_numbers_and_tuples_where_a_table_has_a_type_for_them():
    pytest.importorskip("pandas")
    for keys in ([3, 1], [("a", 1), ("b", 2)]):
        kv = KeyedVectors(2)
        kv.add_vectors(keys, np.eye(2))
        assert kv.to_frame().index.tolist() == keys


def test_keys_of_several_types_are_refused_where_a_column_has_one():
    pytest.importorskip("pyarrow")
    kv = KeyedVectors(2)
    kv.add_vectors(["a", ("b", 1)], np.eye(2))
    for method in (kv.to_arrow, kv.to_polars):
        with pytest.raises(TypeError, match=r"one type.* got str, tuple"):
            method()


def test_no_vectors_are_a_table_without_rows():
    pytest.importorskip("pandas"), pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    kv = KeyedVectors(4)
    assert kv.to_frame().shape == (0, 4)
    assert kv.to_arrow().num_rows == len(kv.to_polars()) == 0
