"""Engine room: pictures: the loss of a training, and vectors as points of a plane."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown
from fastsgns.vectors.compare import unit_rows

METHODS = ("pca", "tsne", "umap")

#: Of t-SNE and UMAP, which begin at random.
SEED = 0


def new_axes(size: tuple[float, float] = (6.4, 4.8)) -> Any:
    """Return axes in a figure of their own.

    Raises ImportError when matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError("plotting needs matplotlib: pip install matplotlib") from error
    return pyplot.subplots(figsize=size, layout="constrained")[1]


def loss_curve(history: Sequence[Mapping[str, Any]], axes: Any = None) -> Any:
    """Draw the loss of each epoch; return the axes.

    Parameters
    ----------
    history : sequence of mapping
        Each with "epoch" and "loss"; a loss of None is left out.
    axes : optional
        Where to draw.

    Raises
    ------
    ValueError
        There is no loss.
    """
    points = [(entry["epoch"], entry["loss"]) for entry in history if entry["loss"] is not None]
    if not points:
        raise ValueError(
            f"none of the {len(history)} epochs has a loss: train with compute_loss=True"
        )
    axes = new_axes() if axes is None else axes
    axes.plot(*zip(*points, strict=True), marker="o", markersize=4)
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean loss a pair")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    return axes


def points(vectors: NDArray[Any], labels: Sequence[str], method: str, axes: Any = None) -> Any:
    """Draw vectors as labelled points of a plane; return the axes.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        They are scaled to unit length: directions are compared, and long ones would fill the plane.
    labels : sequence of str, length n
    method : {"pca", "tsne", "umap"}
        How they come to be in a plane.
    axes : optional
        Where to draw.

    Raises
    ------
    ValueError
        Another method; less than 3 vectors.
    ImportError
        The package of the method is not installed.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {METHODS}, got {shown(method)}")
    if len(vectors) < 3:
        raise ValueError(f"a picture needs 3 words or more, got {len(vectors)}")
    plane, names = _in_plane(unit_rows(np.asarray(vectors)).astype(np.float64), method)
    axes = new_axes((8, 6)) if axes is None else axes
    axes.scatter(*plane.T, s=12)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    axes.margins(0.08)
    if importlib.util.find_spec("adjustText") is not None:
        _put_apart(axes, plane, labels)
        return axes
    for label, point in zip(labels, plane, strict=True):
        axes.annotate(label, point, xytext=(3, 3), textcoords="offset points", fontsize=9)
    return axes


def _put_apart(axes: Any, plane: NDArray[np.float64], labels: Sequence[str]) -> None:
    """Write labels where they do not lie on each other."""
    from adjustText import adjust_text

    texts = [
        axes.text(x, y, label, fontsize=9) for (x, y), label in zip(plane, labels, strict=True)
    ]
    axes.figure.draw_without_rendering()  # it is known then how large a label is
    line = {"arrowstyle": "-", "color": "0.6", "lw": 0.5}
    adjust_text(texts, *plane.T, ax=axes, arrowprops=line)


def _in_plane(
    vectors: NDArray[np.float64], method: str
) -> tuple[NDArray[np.float64], tuple[str, str]]:
    """Return points (n, 2), and what the axes are called."""
    if method == "pca":
        return _principal(vectors)
    try:
        if method == "tsne":
            from sklearn.manifold import TSNE

            perplexity = min(30.0, (len(vectors) - 1) / 3)
            reducer = TSNE(perplexity=perplexity, init="pca", random_state=SEED)
        else:
            from umap import UMAP

            n_neighbors = min(15, len(vectors) - 1)
            reducer = UMAP(n_neighbors=n_neighbors, metric="cosine", random_state=SEED, n_jobs=1)
    except ImportError as error:
        package = {"tsne": "scikit-learn", "umap": "umap-learn"}[method]
        raise ImportError(f"method={method!r} needs {package}: pip install {package}") from error
    name = {"tsne": "t-SNE", "umap": "UMAP"}[method]
    plane: NDArray[np.float64] = reducer.fit_transform(vectors).astype(np.float64)
    return plane, (f"{name} 1", f"{name} 2")


def _principal(vectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[str, str]]:
    """Return the first two principal components, and what part of the variance each has."""
    centered = vectors - vectors.mean(axis=0)
    left, lengths, _ = np.linalg.svd(centered, full_matrices=False)
    plane = np.zeros((len(vectors), 2))
    plane[:, : min(2, len(lengths))] = left[:, :2] * lengths[:2]
    # A direction and its opposite are as good: the point that is farthest out is on the right.
    signs = np.sign(plane[np.abs(plane).argmax(axis=0), [0, 1]])
    plane *= np.where(signs == 0, 1, signs)
    shares = np.append(lengths**2, [0.0, 0.0])[:2] / max(float(np.sum(lengths**2)), 1e-300)
    first, second = (f"component {i} ({share:.0%})" for i, share in enumerate(shares, 1))
    return plane, (first, second)
