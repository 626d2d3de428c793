"""Input on which gensim hangs, crashes or lies: here it works, or is refused at once.

A test, or more, for each such input that is known. None runs gensim, which might not come back.
"""

import logging
from collections import Counter

import numpy as np
import pytest
from reference import SIGMOID_TABLE, sigmoid_slot

from fastsgns import KeyedVectors, Word2Vec
from fastsgns._core import available_kernels

SENTENCES = [["a", "b", "c", "d", "e"] * 2, ["c", "b", "f"] * 3] * 10
KERNELS = ["blas", *[name for name in available_kernels() if name != "blas"][-1:]]


def made(sentences=SENTENCES, **options):
    return Word2Vec(sentences, **({"vector_size": 6, "min_count": 1, "workers": 2} | options))


def trained(model, **options):
    return model.train(SENTENCES, **({"total_examples": 20, "epochs": 2} | options))


@pytest.fixture(params=KERNELS)
def kernel(request):
    return request.param


# ---- sentences -----------------------------------------------------------------------------------


def test_sentences_that_are_numpy_arrays_train_as_lists_do(kernel):
    arrays = [np.array(sentence) for sentence in SENTENCES]
    found, expected = (made(s, kernel=kernel, workers=1) for s in (arrays, SENTENCES))
    assert found.wv.index_to_key == expected.wv.index_to_key
    np.testing.assert_array_equal(found.wv.vectors, expected.wv.vectors)
    assert trained(found, epochs=1)[1] == trained(expected, epochs=1)[1] == 190
    found.train(arrays, total_examples=20, epochs=1)


class Raising:
    """Sentences that raise in their n-th pass."""

    def __init__(self, n):
        self.n_left = n

    def __iter__(self):
        self.n_left -= 1
        yield from SENTENCES[:10]
        if self.n_left == 0:
            raise OSError("the disk is gone")
        yield from SENTENCES[10:]


@pytest.mark.parametrize(("n", "cache"), [(1, "memory"), (1, "off"), (2, "off"), (4, "off")])
def test_an_iterator_that_raises_during_an_epoch_reaches_the_caller(kernel, n, cache):
    with pytest.raises(OSError, match="the disk is gone"):
        made(Raising(n), kernel=kernel, corpus_cache=cache)
    model = made(kernel=kernel)
    with pytest.raises(OSError, match="the disk is gone"):
        model.train(Raising(1), total_examples=20, epochs=2)
    assert trained(model)[1] == 2 * 190, "the model is whole"


def test_a_generator_trains_every_epoch_of_the_constructor():
    model = made(iter(SENTENCES), epochs=3, compute_loss=True)
    assert [epoch["raw_words"] for epoch in model.history] == [190] * 3


def test_a_sentence_of_more_than_10000_tokens_is_trained_whole(kernel):
    model = made([["a", "b"] * 12_500], epochs=1, sample=0, kernel=kernel)
    assert model.train(epochs=1) == (25_000, 25_000)


def test_jobs_of_more_than_10000_words_lose_none(kernel):
    sentences = [["a"]] * 30_000
    model = made(sentences, batch_words=100_000, epochs=1, sample=0, kernel=kernel)
    assert model.train(epochs=1) == (30_000, 30_000)


def test_integer_tokens_have_their_own_counts_in_the_tables():
    sentences = [[1, 2, 3, 1], [2, (3, 4), None, "word"]] * 9
    model = made(sentences, hs=1)
    as_text = made([[str(token) for token in sentence] for sentence in sentences], hs=1)
    assert [str(token) for token in model.wv.index_to_key] == as_text.wv.index_to_key
    np.testing.assert_array_equal(model.cum_table, as_text.cum_table)
    for found, expected in zip(model.wv.expandos["code"], as_text.wv.expandos["code"], strict=True):
        np.testing.assert_array_equal(found, expected)


# ---- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [0, -1])
@pytest.mark.parametrize("shrink_windows", [True, False])
def test_a_window_below_one_is_refused(window, shrink_windows, kernel):
    with pytest.raises(ValueError, match=f"window must be an integer >= 1, got {window}"):
        made(window=window, shrink_windows=shrink_windows)
    model = made(kernel=kernel, shrink_windows=shrink_windows)
    model.window = window
    with pytest.raises(ValueError, match=f"window must be an integer >= 1, got {window}"):
        trained(model)


def test_no_workers_are_refused():
    with pytest.raises(ValueError, match="workers must be >= 1, or -1 for all cores, got 0"):
        made(workers=0)


def test_totals_of_zero_are_refused_since_no_learning_rate_falls_by_them():
    model = Word2Vec(vector_size=4, min_count=1)
    model.build_vocab_from_freq({"a": 5, "b": 4})
    with pytest.raises(ValueError, match="total_examples or total_words"):
        trained(model, total_examples=model.corpus_count)


# ---- weights -------------------------------------------------------------------------------------


def test_reset_from_and_then_train(kernel):
    model = made([["x", "y"]] * 5, kernel=kernel)
    model.reset_from(made())
    before = model.wv.vectors.copy()
    assert trained(model)[1] == 2 * 190
    assert not np.array_equal(model.wv.vectors, before)


def test_vectors_replaced_by_loaded_ones_and_then_train(kernel, tmp_path):
    model = made(kernel=kernel)
    model.wv.save_word2vec_format(tmp_path / "vectors.bin", binary=True)
    model.wv = KeyedVectors.load_word2vec_format(tmp_path / "vectors.bin", binary=True)
    assert not hasattr(model.wv, "vectors_lockf")
    model.sample = 0
    before = model.wv.vectors.copy()
    assert trained(model)[1] == 2 * 190
    assert not np.array_equal(model.wv.vectors, before)


def test_vectors_replaced_by_loaded_ones_say_what_is_missing(tmp_path):
    model = made()
    model.wv.save_word2vec_format(tmp_path / "vectors.txt")
    model.wv = KeyedVectors.load_word2vec_format(tmp_path / "vectors.txt")
    with pytest.raises(RuntimeError, match=r"sample_int.*model\.sample = 0"):
        trained(model)


def test_a_model_loaded_with_mmap_trains_on_a_copy(kernel, tmp_path):
    model = made(kernel=kernel)
    model.save(tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    mapped = Word2Vec.load(str(tmp_path / "model"), mmap="r")
    before = np.array(mapped.wv.vectors)
    assert trained(mapped)[1] == 2 * 190
    assert not np.array_equal(mapped.wv.vectors, before)
    assert (tmp_path / "model").read_bytes() == content


@pytest.mark.parametrize(
    "change",
    [lambda a: a.astype(np.float64), np.asfortranarray, lambda a: np.repeat(a, 2, axis=1)[:, ::2]],
    ids=["float64", "fortran", "strided"],
)
def test_vectors_of_another_type_or_order_train_as_float32_in_c_order_do(kernel, change):
    plain, changed = (made(kernel=kernel, workers=1) for _ in range(2))
    for name in ("vectors", "syn1neg"):
        at = changed.wv if name == "vectors" else changed
        setattr(at, name, change(getattr(at, name)))
    trained(plain)
    trained(changed)
    assert changed.wv.vectors.dtype == np.float32
    np.testing.assert_array_equal(changed.wv.vectors, plain.wv.vectors)
    np.testing.assert_array_equal(changed.syn1neg, plain.syn1neg)


@pytest.mark.parametrize("x", [-1.0, 1.0])
def test_a_dot_of_exactly_minus_one_is_a_dot_like_any_other(kernel, x):
    """Two words, one dimension: the first step can be told by hand."""
    model = Word2Vec(
        vector_size=1, min_count=1, hs=1, negative=0, sg=1, window=1, sample=0, kernel=kernel
    )
    model.build_vocab([["a", "b"]])
    model.wv.vectors[:] = [[1], [0]]  # only the first word's dot is not 0
    model.syn1[:] = x
    inputs, target = model.wv.index_to_key
    label = 1 - int(model.wv.expandos["code"][1][0])  # the other word is the target
    model.wv.vectors_lockf[:] = 0
    model.train([[inputs, target]], total_examples=1, epochs=1, start_alpha=0.5, end_alpha=0.5)
    # The second pair's input is 0, and moves the node by nothing.
    sigmoid = float(SIGMOID_TABLE[sigmoid_slot(np.float32(x))])
    assert model.syn1[0, 0] == pytest.approx(x + 0.5 * (label - sigmoid), rel=1e-2)
    wrong = x + 0.5 * (label - 0.5)
    assert abs(model.syn1[0, 0] - wrong) > 0.05


def test_a_second_vocabulary_begins_with_weights_of_its_own():
    model = made(workers=1)
    model.build_vocab([["x", "y", "z"]] * 3)
    fresh = Word2Vec(vector_size=6, min_count=1, workers=1)
    fresh.build_vocab([["x", "y", "z"]] * 3)
    np.testing.assert_array_equal(model.wv.vectors, fresh.wv.vectors)
    model = made(workers=1)
    model.init_weights()
    assert abs(model.wv.vectors).max() <= 1 / 6
    fresh.build_vocab(SENTENCES)
    np.testing.assert_array_equal(model.wv.vectors, fresh.wv.vectors)


def test_the_loss_neither_sticks_nor_is_it_lost_between_workers(kernel):
    one, many = (
        made(kernel=kernel, compute_loss=True, workers=workers, batch_words=20, sample=0)
        for workers in (1, 3)
    )
    assert many.get_latest_training_loss() == pytest.approx(
        one.get_latest_training_loss(), rel=0.05
    )
    many.running_training_loss = 2.0**27
    many.train(epochs=1, compute_loss=True)
    assert 0 < many.get_latest_training_loss() < 2**27


# ---- corpus_file ---------------------------------------------------------------------------------


@pytest.fixture
def nine_lines(tmp_path):
    path = tmp_path / "corpus.txt"
    lines = ["a b c", "d", "a long-word-that-a-border-may-cut e", "", "b c d e", "a a a", "b"]
    path.write_text("\n".join([*lines, "c d e f g h i", "a b c d e"]) + "\n")
    return path


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_a_small_corpus_file_is_trained_once_an_epoch_by_many_workers(nine_lines, workers, kernel):
    words = nine_lines.read_text().split()
    model = Word2Vec(
        corpus_file=str(nine_lines), vector_size=4, min_count=1, workers=workers, sample=0,
        kernel=kernel, batch_words=5,
    )  # fmt: skip
    assert model.corpus_total_words == len(words)
    counts = {word: model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key}
    assert counts == Counter(words), "no word is cut in two"
    found = model.train(corpus_file=str(nine_lines), total_words=model.corpus_total_words, epochs=3)
    assert found == (3 * len(words), 3 * len(words))


def test_a_corpus_file_may_be_a_path(nine_lines, kernel):
    options = {"vector_size": 4, "min_count": 1, "workers": 1, "kernel": kernel}
    found, expected = (
        Word2Vec(corpus_file=name, **options) for name in (nine_lines, str(nine_lines))
    )
    np.testing.assert_array_equal(found.wv.vectors, expected.wv.vectors)
    n_words = found.corpus_total_words
    assert found.train(corpus_file=nine_lines, total_words=n_words, epochs=1)[1] == n_words


def test_a_corpus_file_trains_a_vocabulary_that_has_integers(nine_lines, kernel):
    model = made([["a", 1, 2, "b", (3, 4)]] * 5, kernel=kernel, sample=0)
    effective, raw = model.train(corpus_file=str(nine_lines), total_words=29, epochs=1)
    words = nine_lines.read_text().split()
    assert (effective, raw) == (words.count("a") + words.count("b"), len(words))


# ---- and what is said of it ----------------------------------------------------------------------


def test_norms_that_a_callback_asks_for_are_those_of_its_epoch(kernel):
    class Compares:
        def __init__(self):
            self.similarities = []

        def on_epoch_end(self, model):
            self.similarities.append(model.wv.most_similar("a", topn=1)[0][1])
            exact = model.wv.similarity("a", model.wv.most_similar("a", topn=1)[0][0])
            assert self.similarities[-1] == pytest.approx(float(exact), abs=1e-5)

        def on_train_begin(self, model): ...

        def on_train_end(self, model): ...

        def on_epoch_begin(self, model): ...

    callback = Compares()
    made(callbacks=[callback], epochs=4, alpha=0.05, sample=0, kernel=kernel)
    assert len(set(callback.similarities)) == 4


def test_counts_that_differ_are_told_in_the_right_order(caplog):
    model = made()
    with caplog.at_level(logging.WARNING, "fastsgns"):
        trained(model, total_examples=7, epochs=1)
    assert "supplied example count (20) did not equal expected count (7)" in caplog.text
