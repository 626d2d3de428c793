"""Pictures: what they show, and where."""

import importlib.util

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.display import plots

pytest.importorskip("matplotlib", reason="needs matplotlib").use("Agg")
pyplot = pytest.importorskip("matplotlib.pyplot")

SENTENCES = [[f"w{(i * j) % 17}" for j in range(12)] for i in range(30)]
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1}


@pytest.fixture(autouse=True)
def _close_all():
    yield
    pyplot.close("all")


@pytest.fixture
def kv():
    store = KeyedVectors(6)
    vectors = np.random.default_rng(1).standard_normal((80, 6), dtype=np.float32)
    store.add_vectors([f"w{i}" for i in range(80)], vectors)
    return store


def test_the_loss_of_each_epoch_is_a_point():
    model = Word2Vec(SENTENCES, epochs=4, compute_loss=True, **OPTIONS)
    axes = model.plot_loss()
    x, y = axes.lines[0].get_data()
    assert list(x) == [1, 2, 3, 4]
    assert list(y) == [entry["loss"] for entry in model.history]
    model.train(SENTENCES, total_examples=30, epochs=1, compute_loss=True)
    assert model.plot_loss(axes) is axes
    assert len(axes.lines) == 2


@pytest.mark.parametrize("epochs", [0, 2])
def test_a_loss_that_was_not_computed_is_an_error_that_says_how(epochs):
    model = Word2Vec(SENTENCES, epochs=epochs, **OPTIONS) if epochs else Word2Vec()
    with pytest.raises(ValueError, match=rf"none of the {epochs} epochs.*compute_loss=True"):
        model.plot_loss()


def test_words_are_labelled_points_at_their_principal_components(kv):
    words = ["w3", "w5", "w7", "w60"]
    axes = kv.plot(words)
    assert [text.get_text() for text in axes.texts] == words
    unit = kv.vectors[[3, 5, 7, 60]].astype(float)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    centered = unit - unit.mean(axis=0)
    expected = np.linalg.svd(centered)[1]
    found = axes.collections[0].get_offsets()
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), expected[:2], rtol=1e-5)
    share = expected[0] ** 2 / (expected**2).sum()
    assert axes.get_xlabel() == f"component 1 ({share:.0%})"


def test_by_default_the_first_fifty_words_are_drawn(kv):
    axes = kv.plot()
    assert {text.get_text() for text in axes.texts} == {f"w{i}" for i in range(50)}


def test_axes_that_are_given_are_drawn_in(kv):
    axes = pyplot.subplots()[1]
    assert kv.plot(["w1", "w2", "w3"], axes=axes) is axes
    assert len(pyplot.get_fignums()) == 1


@pytest.mark.parametrize(
    ("method", "package"),
    [("tsne", "sklearn"), pytest.param("umap", "umap", marks=pytest.mark.slow)],  # it compiles
)
def test_other_ways_into_the_plane_put_neighbours_beside_each_other(method, package, monkeypatch):
    if importlib.util.find_spec(package) is None:
        kv = KeyedVectors(2)
        kv.add_vectors(["a", "b", "c"], np.ones((3, 2)))
        with pytest.raises(ImportError, match=f"method='{method}' needs"):
            kv.plot(method=method)
        pytest.skip(f"needs {package}")
    rng = np.random.default_rng(1)
    kv = KeyedVectors(10)
    centers = np.repeat(rng.standard_normal((2, 10)), 15, axis=0)
    kv.add_vectors([f"w{i}" for i in range(30)], centers + 0.1 * rng.standard_normal((30, 10)))
    if package == "umap":  # it has a bar of tqdm's, whose monitor would be left
        monkeypatch.setattr(pytest.importorskip("tqdm").tqdm, "monitor_interval", 0)
    plane = kv.plot(method=method).collections[0].get_offsets()
    within = np.linalg.norm(plane[:15] - plane[:15].mean(axis=0), axis=1).max()
    between = np.linalg.norm(plane[:15].mean(axis=0) - plane[15:].mean(axis=0))
    assert between > within


@pytest.mark.parametrize(
    ("error", "arguments", "message"),
    [
        (KeyError, {"words": ["w1", "w2", "nowhere"]}, "nowhere"),
        (ValueError, {"words": ["w1", "w2"]}, "3 words or more, got 2"),
        (ValueError, {"words": "w1"}, "got 1"),
        (ValueError, {"method": "mds"}, r"method must be one of .* got 'mds'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(kv, error, arguments, message):
    with pytest.raises(error, match=message):
        kv.plot(**arguments)


def test_equal_vectors_and_vectors_of_one_number_are_drawn():
    kv = KeyedVectors(1)
    kv.add_vectors(["a", "b", "c"], np.ones((3, 1)))
    offsets = kv.plot().collections[0].get_offsets()
    assert np.isfinite(offsets).all()
    assert plots.points(np.zeros((3, 4)), ["a", "b", "c"], "pca") is not None
