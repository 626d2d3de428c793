"""What one set of questions says of vectors: as plain NumPy finds it, and with how much work."""

import numpy as np
import pytest

from fastsgns import KeyedVectors, evaluation
from fastsgns.vectors import compare, evaluation_judges


def vectors(n, shared, seed=2):
    """Return vectors of n words that have a part in common."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, 20)) + shared * rng.standard_normal(20)
    kv = KeyedVectors(20)
    kv.add_vectors([f"w{i}" for i in range(n)], rows.astype(np.float32))
    return kv


def judged(kv, path, cluster, outliers):
    path.write_text("\n".join([*cluster, "", *outliers]), encoding="utf-8")
    (result,) = evaluation.report(kv, path, n_resamples=2).results
    assert result.kind == "outlier"
    return result


@pytest.mark.parametrize("shared", [0, 0.3, 3])
@pytest.mark.parametrize("at_once", [1 << 8, 1 << 20])
def test_outliers_are_ranked_as_by_comparing_each_with_all(tmp_path, monkeypatch, shared, at_once):
    monkeypatch.setattr(evaluation_judges, "_AT_ONCE", at_once)
    kv = vectors(160, shared)
    words = kv.index_to_key
    # Some are repeated, and some are in both.
    cluster, outliers = (
        [*words[:90], *words[:30], words[0]],
        [*words[90:], *words[20:50], words[99]],
    )
    result = judged(kv, tmp_path / "o", cluster, outliers)
    units = kv.vectors.astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    inner = units[[kv.get_index(word) for word in cluster]]
    shares = []
    for word in outliers:
        apart = kv.get_index(word)
        outer = units[apart]
        likeness = inner @ (inner.sum(axis=0) + outer) - 1
        # A word that is in both is as like the others as it is itself, up to rounding.
        others = np.array([kv.get_index(each) != apart for each in cluster])
        shares.append(np.mean((likeness > outer @ inner.sum(axis=0)) & others))
    assert result.covered == len(outliers)
    assert result.score == pytest.approx(np.mean(np.array(shares) == 1))
    assert result.details["opp"] == pytest.approx(np.mean(shares), abs=1e-9)
    assert 0.01 < result.details["opp"] < 0.99


def test_each_outlier_is_compared_with_the_words_that_are_nearly_as_like_only(
    tmp_path, monkeypatch
):
    """Not with all: tens of thousands of known words would take hours."""
    n_rows = []
    unit_rows = compare.unit_rows

    def counted(rows, *args, **kwargs):
        n_rows[-1] += len(rows)
        return unit_rows(rows, *args, **kwargs)

    monkeypatch.setattr(compare, "unit_rows", counted)
    for n in (1000, 4000):
        words = (kv := vectors(n, 1)).index_to_key
        n_rows.append(0)
        judged(kv, tmp_path / "o", words[: n // 2], words[n // 2 :])
    assert n_rows[1] < 6 * n_rows[0] < 6 * 40 * 1000
    n_rows.append(0)  # and words that are repeated are compared once
    judged(kv, tmp_path / "o", words[:20] * 100, words[20:40] * 100)
    assert n_rows[2] < 1000


@pytest.mark.parametrize(
    "text",
    [
        "w0\tw1\t1\nw2\tw3\t2\nw1\tw3\t3\n",
        "w0 w1 w2 w3\n",
        ": s\nw1 w0 w2 w3\n",
        "w0 x\nw1 x\nw2 y\nw3 y\n",
        "w0\nw1\n\nw2\nw3\n",
        "w0\nw1\n\nw3\nw2\n",
    ],
)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_is_judged_by_vectors_that_are_not_finite(tmp_path, text, value):
    kv = vectors(6, 1)
    (tmp_path / "file").write_text(text, encoding="utf-8")
    kv.vectors[5, 0] = value
    evaluation.report(kv, tmp_path / "file", n_resamples=2)  # w5 is not asked for
    kv.vectors[2, 3] = value
    with pytest.raises(ValueError, match=r"row 2 of the vectors .* not finite"):
        evaluation.report(kv, tmp_path / "file", n_resamples=2)


def test_pairs_of_words_that_are_not_finite_are_named(tmp_path):
    kv = vectors(6, 1)
    folder = tmp_path / "BATS"
    folder.mkdir()
    (folder / "I01 [a - b].txt").write_text("w0\tw1\nw2\tw3\nw4\tw5\n", encoding="utf-8")
    kv.vectors[3, 3] = np.nan
    with pytest.raises(ValueError, match="row 3 of the vectors"):
        evaluation.report(kv, folder, n_resamples=2)
