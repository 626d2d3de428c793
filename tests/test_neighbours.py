"""Approximate neighbours: found by an index, judged by the vectors."""

import logging

import numpy as np
import pytest

import fastsgns
from fastsgns import KeyedVectors
from fastsgns.io.errors import FormatError, WrongClassError

pytest.importorskip("usearch.index", reason="needs usearch", exc_type=ImportError)


def made(n=600, size=20, seed=1):
    kv = KeyedVectors(size)
    vectors = np.random.default_rng(seed).standard_normal((n, size))
    kv.add_vectors([f"w{i}" for i in range(n)], vectors)
    return kv


@pytest.fixture
def kv():
    return made()


def assert_same(found, expected):
    assert [key for key, _ in found] == [key for key, _ in expected]
    scores = [[score for _, score in each] for each in (found, expected)]
    np.testing.assert_allclose(*scores, rtol=1e-6)


def thorough(kv, **options):
    """Make an index that looks so far that it misses nothing of so few vectors."""
    return kv.build_index(
        connectivity=32, expansion_add=1000, expansion_search=1000, workers=1, **options
    )


def test_answers_are_those_without_an_index(kv):
    index = thorough(kv)
    assert len(index) == 600 and index.recall > 0.999
    questions = [
        (["w3"], {}),
        ("w3", {"topn": 25}),
        (["w3", "w5"], {"negative": ["w7"]}),
        ([("w3", 2.0), "w4"], {}),
        ([np.ones(20)], {}),
        ("w9", {"without": [key for key, _ in kv.most_similar("w9", topn=3)]}),
        ("w9", {"min_similarity": 0.5, "topn": 50}),
    ]
    for positive, options in questions:
        found = kv.most_similar(positive, indexer=index, **options)
        assert_same(found, kv.most_similar(positive, **options))


def test_a_batch_asks_the_index(kv):
    index = thorough(kv)
    queries = ["w1", np.ones(20), (["w2", "w3"], ["w4"]), "nowhere", 17]
    for options in ({}, {"topn": 3, "without": ["w5"]}, {"workers": 1}):
        found = kv.most_similar_batch(queries, unknown="skip", indexer=index, **options)
        expected = kv.most_similar_batch(queries, unknown="skip", **options)
        assert found[3] == []
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    with pytest.raises(KeyError, match="nowhere"):
        kv.most_similar_batch(queries, indexer=index)
    assert kv.most_similar_batch([], indexer=index) == []
    whole = kv.most_similar_batch(["w1"], topn=None, indexer=index)
    np.testing.assert_array_equal(whole, kv.most_similar_batch(["w1"], topn=None))


def test_an_index_answers_as_gensims_does(kv):
    index = thorough(kv)
    found = index.most_similar(kv["w3"], 4)
    assert found[0][0] == "w3" and found[0][1] == pytest.approx(1)
    assert_same(found[1:], kv.most_similar("w3", topn=3))


def test_an_indexer_of_any_kind_answers_a_batch(kv):
    class Annoy:
        def most_similar(self, vector, num_neighbors):
            return [("found", float(vector @ vector), num_neighbors)]

    (answer,) = kv.most_similar_batch(["w1"], topn=7, indexer=Annoy())
    assert answer[0][0] == "found" and answer[0][1] == pytest.approx(1) and answer[0][2] == 7


def test_the_recall_is_measured_and_told(caplog):
    kv = made(3000, 60)
    with caplog.at_level(logging.INFO, "fastsgns.neighbours"):
        index = kv.build_index(connectivity=2, expansion_add=2, expansion_search=1, sample=200)
    assert 0 < index.recall < 0.9
    assert f"{100 * index.recall:.1f}% of the 10 nearest" in caplog.text
    hits = 0
    for key in kv.index_to_key[::30]:
        exact = {near for near, _ in kv.most_similar(key)}
        hits += len(exact & {near for near, _ in kv.most_similar(key, indexer=index)})
    assert hits / 1000 == pytest.approx(index.recall, abs=0.15)
    assert f"recall {index.recall:.3f}" in repr(index)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8"])
def test_vectors_of_every_type_and_mapped_ones_have_an_index(tmp_path, dtype):
    made().astype(dtype).save(tmp_path / "v.kv")
    kv = KeyedVectors.load(tmp_path / "v.kv", mmap="r")
    index = kv.build_index(
        tmp_path / "v.index", connectivity=32, expansion_add=1000, expansion_search=1000, workers=1
    )
    assert_same(kv.most_similar("w8", indexer=index), kv.most_similar("w8"))
    again = KeyedVectors.load(tmp_path / "v.kv").load_index(tmp_path / "v.index")
    assert again.recall == index.recall > 0.99
    assert_same(again.wv.most_similar("w8", indexer=again), kv.most_similar("w8"))
    told = fastsgns.info(tmp_path / "v.index")
    assert (told.content, told.n_keys, told.vector_size) == ("NeighbourIndex", 600, 20)
    fastsgns.verify(tmp_path / "v.index")


def test_zeros_and_rows_without_a_key_are_nobodys_neighbours():
    kv = KeyedVectors(5, count=40)
    for i in range(30):
        kv.add_vector(f"w{i}", np.random.default_rng(i).standard_normal(5) * (i != 7))
    index = kv.build_index(sample=10)
    assert len(index) == 29
    found = kv.most_similar("w1", topn=100, indexer=index)
    assert len(found) == 28 and not {"w7", None} & {key for key, _ in found}
    nothing = KeyedVectors(5, count=3).build_index()
    assert len(nothing) == 0 and nothing.most_similar(np.ones(5), 2) == []


def test_an_index_of_other_vectors_is_refused(kv, tmp_path):
    index = kv.build_index(tmp_path / "i", sample=10)
    kv.add_vectors(["more"], np.ones((1, 20)))
    for ask in (kv.most_similar, lambda key, **options: kv.most_similar_batch([key], **options)):
        with pytest.raises(ValueError, match=r"no index of KeyedVectors.*601 keys.*build_index"):
            ask("w1", indexer=index)
    with pytest.raises(ValueError, match="no index of"):
        made(seed=2).most_similar("w1", indexer=index)
    for other in (kv, made(seed=2), made(size=21), made(n=599)):
        with pytest.raises(FormatError, match="600 other vectors of 20 dimensions"):
            other.load_index(tmp_path / "i")


def test_what_is_no_index_is_refused(kv, tmp_path):
    kv.save(tmp_path / "v.kv")
    with pytest.raises(WrongClassError, match="holds a 'KeyedVectors', not an index"):
        kv.load_index(tmp_path / "v.kv")
    kv.build_index(tmp_path / "i", sample=10)
    data = (tmp_path / "i").read_bytes()
    (tmp_path / "i").write_bytes(data[: len(data) // 2])
    with pytest.raises(FormatError, match="i"):
        kv.load_index(tmp_path / "i")
    with pytest.raises(FormatError, match="NeighbourIndex"):
        KeyedVectors.load(tmp_path / "v.kv").build_index(tmp_path / "j") and KeyedVectors.load(
            tmp_path / "j"
        )


@pytest.mark.parametrize(
    "options",
    [{"restrict_vocab": 5}, {"among": ["w1"]}, {"clip_start": 1}, {"clip_end": 9}],
    ids=str,
)
def test_a_part_of_the_vectors_has_no_index(kv, options):
    index = kv.build_index(sample=10)
    with pytest.raises(ValueError, match="an index searches all keys"):
        kv.most_similar("w1", indexer=index, **options)


@pytest.mark.parametrize("name", ["connectivity", "expansion_add", "expansion_search", "sample"])
def test_parameters_that_cannot_be_are_errors(kv, name):
    with pytest.raises(ValueError, match=f"{name} must be an integer >= [12], got 0"):
        kv.build_index(**{name: 0})
    with pytest.raises(ValueError, match="there are no vectors"):
        KeyedVectors(3).build_index()


@pytest.mark.parametrize("change", ["exchange", "sort", "other length"])
def test_an_index_is_refused_when_rows_have_other_keys_or_another_length(change):
    kv = made()
    kv.allocate_vecattrs(["count"], [int])
    kv.expandos["count"][:] = np.arange(600)
    index = kv.build_index(sample=10)
    kv["w3"] = -kv["w3"]  # the same rows
    kv.most_similar("w1", indexer=index)
    if change == "exchange":
        kv.remove("w0")
        kv.add_vectors(["new"], np.ones((1, 20)))
    elif change == "sort":
        kv.sort_by_descending_frequency()
    else:
        kv.vectors = np.ones((600, 7), np.float32)
    with pytest.raises(ValueError, match=r"no index of KeyedVectors.*build_index"):
        kv.most_similar("w1", indexer=index)


def test_equal_neighbours_and_rows_without_a_direction_do_not_count_as_missed(tmp_path):
    equal = KeyedVectors(4)
    equal.add_vectors([f"w{i}" for i in range(50)], np.ones((50, 4)))
    assert equal.build_index().recall == 1
    rows = np.random.default_rng(3).standard_normal((300, 4))
    rows[::2] = 0
    rows[1] = np.nan
    half = KeyedVectors(4)
    half.add_vectors([f"w{i}" for i in range(300)], rows)
    assert thorough(half).recall == 1
    nothing = KeyedVectors(4, count=3)
    index = nothing.build_index(tmp_path / "i")
    assert len(index) == 0 and index.most_similar(np.ones(4), 2) == []


def test_a_damaged_index_is_refused_before_it_is_walked(kv, tmp_path):
    kv.build_index(tmp_path / "i", sample=10)
    data = (tmp_path / "i").read_bytes()
    places = np.random.default_rng(1).integers(0, len(data), 200).tolist()
    refused = 0
    for place in places:
        damaged = bytearray(data)
        damaged[place : place + 8] = b"\xff" * len(damaged[place : place + 8])
        (tmp_path / "j").write_bytes(damaged)
        try:
            index = kv.load_index(tmp_path / "j")
        except FormatError:
            refused += 1
        else:  # in the gaps that no checksum is of
            assert_same(index.most_similar(kv["w1"], 3), kv.most_similar([kv["w1"]], topn=3))
    assert refused > 150
