"""Vectors of texts: what `transform` makes of them, beside NumPy and `get_mean_vector`."""

import collections
import gzip

import numpy as np
import pytest

from fastsgns import EncodedCorpus, KeyedVectors, LineSentence, Word2Vec
from fastsgns.corpus import texts as corpus_texts

KEYS = [*(f"w{i}" for i in range(60)), "Straße", "\N{SNOWMAN}", "x" * 300]
D = 19


@pytest.fixture
def kv():
    vectors = np.random.default_rng(1).standard_normal((len(KEYS), D), dtype=np.float32)
    store = KeyedVectors(D)
    store.add_vectors(KEYS, vectors, extras={"count": np.arange(len(KEYS), 0, -1) * 7})
    return store


def random_texts(n, longest=9, seed=2, words=(*KEYS, "unknown", "other")):
    rng = np.random.default_rng(seed)
    return [
        [words[i] for i in rng.integers(0, len(words), rng.integers(0, longest))] for _ in range(n)
    ]


def by_hand(kv, texts, weight_of, pool, by_number=False, count_unknown=False):
    """Compute in double precision, a word at a time."""
    out = np.zeros((len(texts), kv.vector_size))
    for i, text in enumerate(texts):
        there = [word for word in text if word in kv or count_unknown]
        terms = [weight_of(w) * kv[w].astype(float) if w in kv else np.zeros(D) for w in there]
        if not there:
            continue
        if pool == "max":
            out[i] = np.max(terms, axis=0)
        else:
            masses = [1 if by_number or w not in kv else abs(weight_of(w)) for w in there]
            out[i] = np.sum(terms, axis=0) / (sum(masses) if pool == "mean" else 1)
    return out


@pytest.mark.parametrize("pre_normalize", [False, True])
def test_a_mean_is_to_the_bit_what_get_mean_vector_gives_for_each_text(kv, pre_normalize):
    texts = [*random_texts(300), ["w1"] * 1000]
    found = kv.transform(texts, pre_normalize=pre_normalize)
    assert found.dtype == np.float32
    for text, vector in zip(texts, found, strict=True):
        expected = kv.get_mean_vector(text, pre_normalize=pre_normalize) if text else np.zeros(D)
        assert np.array_equal(vector, expected)


@pytest.mark.parametrize("count_unknown", [False, True])
@pytest.mark.parametrize("pool", ["mean", "sum", "max"])
@pytest.mark.parametrize("scheme", [None, "idf", "sif", "mapping"])
def test_weights_and_pools_are_what_numpy_makes_of_their_formulas(kv, scheme, pool, count_unknown):
    texts = random_texts(200)
    n_with = collections.Counter(word for text in texts for word in set(text))
    counts = dict(zip(KEYS, kv.expandos["count"].tolist(), strict=True))
    weight_of = {
        None: lambda word: 1.0,
        "idf": lambda word: np.log((1 + len(texts)) / (1 + n_with[word])) + 1,
        "sif": lambda word: 1e-3 / (1e-3 + counts[word] / sum(counts.values())),
        "mapping": lambda word: len(word) - 2.5,
    }[scheme]
    weights = {word: weight_of(word) for word in KEYS} if scheme == "mapping" else scheme
    found = kv.transform(texts, weights, pool, "zero" if count_unknown else "skip")
    expected = by_hand(kv, texts, weight_of, pool, scheme == "sif", count_unknown)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_an_unknown_word_is_skipped_or_counts_as_zeros_or_is_named(kv):
    texts = [["w0", "w1"], ["w0", "nowhere", "w1"], ["nowhere"], []]
    skipped = kv.transform(texts)
    assert np.array_equal(skipped[0], skipped[1])
    assert not skipped[2:].any()
    zero = kv.transform(texts, unknown="zero")
    np.testing.assert_allclose(zero[1], skipped[0] * 2 / 3, rtol=1e-6)
    assert not zero[2:].any()
    assert (kv.transform(texts, pool="max", unknown="zero")[1] >= 0).all()
    with pytest.raises(KeyError, match="'nowhere' not present, in text 1"):
        kv.transform(texts, unknown="error")
    assert np.array_equal(kv.transform(texts[:1], unknown="error"), skipped[:1])


def test_of_an_encoded_corpus_words_that_are_in_no_text_are_no_error(kv):
    corpus = EncodedCorpus.from_ids([0, 0], [0, 1, 2], ["w3", "elsewhere"])
    assert np.array_equal(kv.transform(corpus, unknown="error"), kv[["w3", "w3"]])
    assert np.array_equal(kv.transform(corpus, {"w3": 2}, "sum"), 2 * kv[["w3", "w3"]])
    late = EncodedCorpus.from_ids([0, 1, 0], [0, 1, 1, 3], ["w3", "elsewhere"])
    with pytest.raises(KeyError, match="'elsewhere' not present, in text 2"):
        kv.transform(late, unknown="error")


def test_texts_come_in_every_form_that_sentences_may_have(kv, tmp_path):
    texts = [text or ["w5"] for text in random_texts(100, words=KEYS[:60])]
    expected = kv.transform(texts)
    corpus = EncodedCorpus.from_sentences(texts)
    corpus.save(tmp_path / "corpus.npz")
    with gzip.open(tmp_path / "lines.gz", "wt") as file:
        file.writelines(" ".join(text) + "\n" for text in texts)
    rows = [np.array([kv.get_index(word) for word in text]) for text in texts]
    forms = {
        "tuples": tuple(map(tuple, texts)),
        "generator": (text for text in texts),
        "arrays of str": [np.array(text) for text in texts],
        "arrays of objects": [np.array(text, object) for text in texts],
        "np.str_": [[np.str_(word) for word in text] for text in texts],
        "encoded": corpus,
        "on disk": EncodedCorpus.open(tmp_path / "corpus.npz"),
        "file": LineSentence(str(tmp_path / "lines.gz")),
        "rows": rows,
        "rows, small": [row.astype(np.uint8) for row in rows],
        "rows of Python": [row.tolist() for row in rows],
        "far apart": [*rows[:-1], np.append(rows[-1], 10**12)],
    }
    for name, form in forms.items():
        assert np.array_equal(kv.transform(form), expected), name


def test_columns_of_tables_are_texts(kv):
    pandas, pyarrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    texts = random_texts(50)
    expected = kv.transform(texts)
    assert np.array_equal(kv.transform(pandas.Series(texts, index=range(7, 57))), expected)
    assert np.array_equal(kv.transform(pyarrow.array(texts)), expected)


def test_a_matrix_of_rows_may_be_padded_with_what_is_no_row(kv):
    rows = np.array([[3, 4, -1], [5, -1, -1], [-1, -1, -1]])
    expected = np.vstack([kv.get_mean_vector([3, 4], pre_normalize=False), kv["w5"], np.zeros(D)])
    assert np.array_equal(kv.transform(rows), expected)
    assert kv.transform(np.empty((4, 0), int)).shape == (4, D)
    assert kv.transform([]).shape == kv.transform(np.empty((0, 3), int)).shape == (0, D)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i8", "u8"])
def test_row_numbers_may_be_of_any_type_and_as_far_apart_as_it_allows(kv, dtype):
    info = np.iinfo(dtype)
    rows = np.array([[info.min, info.max, 5]] * 200, dtype)
    expected = np.mean([kv[row] for row in rows[0].tolist() if row in kv], axis=0)
    for texts in (rows, list(rows), rows.tolist()):
        np.testing.assert_allclose(kv.transform(texts)[199], expected, rtol=1e-5)


def test_integers_that_are_keys_are_keys_and_no_rows():
    kv = KeyedVectors(3)
    kv.add_vectors([10, 0, 5], np.eye(3))
    expected = kv.get_mean_vector([10, 5], pre_normalize=False)
    for texts in ([[10, 5, 1]], np.array([[10, 5, 1]]), [np.array([10, 5, 1])]):
        assert np.array_equal(kv.transform(texts)[0], expected)


def test_the_result_does_not_depend_on_threads_nor_on_pieces(kv, monkeypatch):
    texts = [*random_texts(500), ["w1"] * 200, *[[]] * 50]
    expected = {pool: kv.transform(texts, "idf", pool, workers=1) for pool in ("mean", "max")}
    for n in (1, 7, 64):
        monkeypatch.setattr(corpus_texts, "PIECE", n)
        for pool, vectors in expected.items():
            assert np.array_equal(kv.transform(texts, "idf", pool, workers=3), vectors)
        with pytest.raises(KeyError, match="in text 499"):
            kv.transform([*[["w1", "w2"]] * 499, ["w1", "no"]], unknown="error")


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_vectors_of_other_types_and_layouts_are_pooled_as_float32(kv, dtype):
    texts = random_texts(30)
    expected = kv.transform(texts)
    other = KeyedVectors(D)
    other.index_to_key, other.key_to_index = kv.index_to_key, kv.key_to_index
    other.vectors = kv.vectors.astype(dtype)
    found = other.transform(texts)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6 if dtype == np.float64 else 1e-2)
    other.vectors = np.asfortranarray(kv.vectors)
    assert np.array_equal(other.transform(texts), expected)


def test_the_common_component_is_the_first_singular_vector_and_is_gone_afterwards(kv):
    kv.vectors += 3 * kv.vectors[0]
    texts = [text or ["w1"] for text in random_texts(200)]
    plain = kv.transform(texts, "sif")
    first = np.linalg.svd(plain.astype(float), full_matrices=False)[2][0]
    expected = plain - np.outer(plain @ first, first)
    np.testing.assert_allclose(
        kv.transform(texts, "sif", remove_common=True), expected, rtol=1e-3, atol=1e-4
    )
    found = kv.transform(texts, "sif", remove_common=5 * first)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    assert np.abs(found @ first).max() < 1e-4 * np.abs(plain).max() * D


@pytest.mark.parametrize(
    ("error", "options", "message"),
    [
        (ValueError, {"pool": "min"}, "pool must be one of .*got 'min'"),
        (ValueError, {"unknown": None}, "unknown must be one of .*got None"),
        (ValueError, {"weights": "tfidf"}, "weights must be None.*got 'tfidf'"),
        (TypeError, {"weights": [1.0, 2.0]}, "weights must be None"),
        (KeyError, {"weights": {"w1": 1}}, "weights has none for 'w0'"),
        (ValueError, {"weights": dict.fromkeys(KEYS, float("nan"))}, "finite number, got nan"),
        (ValueError, {"weights": dict.fromkeys(KEYS, "a")}, "finite number, got 'a' for 'w"),
        (ValueError, {"remove_common": np.ones(3)}, r"shape \(19,\)"),
        (ValueError, {"remove_common": np.zeros(D)}, "direction"),
        (ValueError, {"workers": 0}, "workers"),
        (ValueError, {"remove_common": True}, "several texts"),
    ],
)
def test_arguments_that_cannot_be_are_refused_with_what_is_allowed(kv, error, options, message):
    with pytest.raises(error, match=message):
        kv.transform([["w0", "w1"]], **options)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("a text", r"texts must be .* got a str: 'a text'. Perhaps you want \[text.split"),
        (b"bytes", "got a bytes"),
        ({"a": ["w1"]}, "values"),
        (7, "got a int: 7"),
        (None, "got a NoneType"),
        (["a text"], "as sentence 0"),
        ([["w1"], "a text"], "as sentence 1"),
        ([["w1"], 3], "as sentence 1"),
        ([[["w1"]]], "unhashable"),
        (np.arange(3), "as sentence 0"),
        (np.ones((2, 3)), r"row numbers as integers, got an array of float64.*matrix @ wv.vectors"),
        ([np.ones(3, np.float32)], "row numbers as integers"),
    ],
)
def test_what_is_no_list_of_token_lists_is_refused_by_name(kv, texts, message):
    with pytest.raises(TypeError, match=message):
        kv.transform(texts)


def test_a_sparse_matrix_is_refused_by_name(kv):
    sparse = pytest.importorskip("scipy.sparse")
    for matrix in (sparse.eye_array(3), sparse.dok_matrix((2, 2))):
        with pytest.raises(TypeError, match=r"texts must be .* matrix @ wv.vectors"):
            kv.transform(matrix)


def test_sif_without_counts_says_what_is_missing(kv):
    kv.expandos.clear()
    with pytest.raises(ValueError, match="count"):
        kv.transform([["w0"]], "sif")


def test_the_vectors_of_a_trained_model_tell_texts_apart():
    sentences = [["sun", "sea", "sand"], ["code", "bug", "test"]] * 200
    model = Word2Vec(sentences, vector_size=8, sample=0, workers=1, seed=1, sg=1, epochs=20)
    texts = [["sun", "sand"], ["sea"], ["code", "test"], ["bug"]]
    for weights in (None, "sif", "idf"):
        vectors = model.wv.transform(texts, weights)
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        cosines = unit @ unit.T
        assert min(cosines[0, 1], cosines[2, 3]) > max(cosines[0, 2], cosines[1, 3])
