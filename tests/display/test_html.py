"""What notebooks show of models and vectors."""

import numpy as np

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.display import html

SENTENCES = [["<b>", "a&b", "c"], ["c", "d"]] * 20


def test_a_model_shows_its_size_parameters_training_loss_and_kernel():
    model = Word2Vec(
        SENTENCES, vector_size=12, min_count=1, sg=1, sample=0, compute_loss=True, epochs=3
    )
    shown = model._repr_html_()
    for text in ("Word2Vec", "vector_size", ">12<", ">4<", "skip-gram, 5 negatives", "3 epochs"):
        assert text in shown
    assert f"{model.history[-1]['loss']:.4f}" in shown
    assert model.kernel_used in shown
    assert "40 sentences, 100 words" in shown


def test_a_model_without_vocabulary_or_loss_shows_that():
    shown = Word2Vec(hs=1, negative=0)._repr_html_()
    for text in ("CBOW, hierarchical softmax", "0 epochs", "not computed", "none yet"):
        assert text in shown


def test_vectors_show_their_first_rows_and_escape_what_is_html():
    wv = Word2Vec(SENTENCES, vector_size=12, min_count=1).wv
    shown = wv._repr_html_()
    assert "4 keys, 12 numbers of float32" in shown
    assert "&lt;b&gt;" in shown and "<b>c" not in shown
    assert "a&amp;b" in shown
    assert f"{wv.vectors[0, 0]:.4g}" in shown
    assert shown.count("<tr>") == 5
    assert "count" in shown


def test_few_many_and_no_vectors_are_shown():
    assert "0 keys" in KeyedVectors(3)._repr_html_()
    kv = KeyedVectors(2, dtype=np.float64)
    kv.add_vectors([f"k{i}" for i in range(100)], np.ones((100, 2)))
    shown = kv._repr_html_()
    assert "100 keys, 2 numbers of float64" in shown
    assert shown.count("<tr>") == 6 and "..." not in shown and "count" not in shown
    kv.add_vectors(["x" * 10_000], np.ones((1, 2)))
    kv.index_to_key[0] = "x" * 10_000
    assert len(kv._repr_html_()) < 2000


def test_names_and_values_are_escaped():
    assert "&lt;i&gt;" in html.pairs("title", [("<i>", 1)])
    assert "&lt;i&gt;" in html.columns("<i>", ["a"], [[1]])
