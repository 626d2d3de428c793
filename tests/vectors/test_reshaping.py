"""Vectors made of vectors: of fewer dimensions, turned, without what all share, side by side."""

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec


def made(vectors, prefix="w", **extras):
    kv = KeyedVectors(vectors.shape[1])
    kv.add_vectors([f"{prefix}{i}" for i in range(len(vectors))], vectors, extras)
    return kv


def normal(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


def cosines(vectors):
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units @ units.T


def turn(size, seed=7):
    return np.linalg.qr(normal(size, size, seed=seed))[0]


# ---- fewer dimensions ----------------------------------------------------------------------------


def test_truncate_finds_the_plane_that_vectors_lie_in():
    plane = normal(500, 3) * [5, 3, 1]
    kv = made(plane @ turn(10)[:3] + normal(10) * 4 + 1e-3 * normal(500, 10, seed=3))
    short = kv.truncate(3)
    assert short.vector_size == 3 and short.vectors.dtype == np.float32
    centered = plane - plane.mean(axis=0)
    np.testing.assert_allclose(cosines(short.vectors), cosines(centered), atol=0.01)
    spread = short.vectors.var(axis=0)
    assert spread[0] > spread[1] > spread[2]


def test_truncate_to_all_dimensions_keeps_the_distances():
    kv = made(normal(60, 6))
    whole = kv.truncate(6)

    def distances(each):
        return np.linalg.norm(each.vectors[:, np.newaxis] - each.vectors, axis=2)

    np.testing.assert_allclose(distances(whole), distances(kv), atol=1e-5)


def test_truncate_agrees_with_a_singular_value_decomposition():
    kv = made(normal(9000, 12) * np.arange(1, 13))  # more than one block
    centered = kv.vectors.astype(np.float64) - kv.vectors.mean(axis=0, dtype=np.float64)
    axes = np.linalg.svd(centered, full_matrices=False)[2][:4].T
    expected = centered @ axes
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), range(4)])
    np.testing.assert_allclose(kv.truncate(4).vectors, expected * signs, atol=1e-3)


# ---- what all share ------------------------------------------------------------------------------


def test_all_but_the_top_takes_away_what_all_have_in_common():
    meaning = normal(400, 20, seed=2)
    common = normal(2, 20, seed=3)
    shares = normal(400, 2, seed=4) * [20, 10]
    kv = made(meaning + shares @ common + 30 * normal(20, seed=5))
    rest = kv.postprocess("all-but-the-top", n=2)
    np.testing.assert_allclose(rest.vectors.mean(axis=0), 0, atol=1e-5)
    before, wanted = cosines(kv.vectors).ravel(), cosines(meaning).ravel()
    assert np.corrcoef(before, wanted)[0, 1] < 0.3
    assert np.corrcoef(cosines(rest.vectors).ravel(), wanted)[0, 1] > 0.9
    assert np.linalg.matrix_rank(rest.vectors, tol=1e-3) == 18


def test_all_but_the_top_takes_a_hundredth_of_the_dimensions_and_none_when_told():
    kv = made(normal(900, 200))
    assert np.linalg.matrix_rank(kv.postprocess().vectors, tol=1e-3) == 198
    mean_less = kv.postprocess(n=0).vectors
    np.testing.assert_allclose(mean_less, kv.vectors - kv.vectors.mean(axis=0), atol=1e-5)


# ---- turning -------------------------------------------------------------------------------------


def test_align_to_undoes_a_rotation_of_vectors_in_another_order():
    here = made(normal(200, 15))
    order = np.random.default_rng(8).permutation(200)
    there = KeyedVectors(15)
    turned = here.vectors @ turn(15)
    there.add_vectors(
        [f"w{i}" for i in order[:150]] + ["other"], np.vstack([turned[order[:150]], turned[0]])
    )
    aligned = here.align_to(there)
    np.testing.assert_allclose(aligned.vectors, turned, atol=1e-5)  # those not shared, too
    assert aligned.index_to_key == here.index_to_key


def test_align_to_changes_no_cosine_among_the_vectors_and_finds_the_nearest_turn():
    here, there = made(normal(100, 8)), made(normal(100, 8, seed=2))
    aligned = here.align_to(there)
    np.testing.assert_allclose(cosines(aligned.vectors), cosines(here.vectors), atol=1e-5)

    def agreement(vectors):
        return np.diag(cosines(np.vstack([vectors, there.vectors]))[:100, 100:]).sum()

    best = agreement(aligned.vectors)
    for seed in range(20):
        assert agreement(here.vectors @ turn(8, seed)) < best


def test_align_to_takes_vectors_of_any_type():
    here = made(normal(100, 8))
    there = made(here.vectors @ turn(8))
    for dtype in ("float16", "int8"):
        turned = here.astype(dtype).align_to(there.astype(dtype))
        np.testing.assert_allclose(turned.vectors, there.vectors, atol=0.05)


# ---- side by side --------------------------------------------------------------------------------


def test_cosines_of_concatenated_vectors_are_the_means_of_both():
    first, second = made(normal(50, 6) * 3), made(normal(40, 9, seed=2))
    both = first.concatenate(second)
    assert both.vector_size == 15 and both.index_to_key == first.index_to_key[:40]
    for a, b in (("w1", "w2"), ("w30", "w4")):
        mean = (first.similarity(a, b) + second.similarity(a, b)) / 2
        assert both.similarity(a, b) == pytest.approx(mean, abs=1e-6)


# ---- all of them ---------------------------------------------------------------------------------

CALLS = {
    "astype": lambda kv: kv.astype("float16"),
    "truncate": lambda kv: kv.truncate(3),
    "postprocess": lambda kv: kv.postprocess(n=1),
    "align_to": lambda kv: kv.align_to(made(normal(20, 5, seed=6))),
    "concatenate": lambda kv: kv.concatenate(made(normal(20, 5, seed=6))),
}


@pytest.mark.parametrize("name", CALLS)
def test_keys_and_attributes_come_along_and_the_old_vectors_stay(name, tmp_path):
    kv = made(normal(20, 5), count=np.arange(20, 0, -1), tag=np.array(list("abcdefghijklmnopqrst")))
    before = kv.vectors.copy()
    new = CALLS[name](kv)
    assert new.index_to_key == kv.index_to_key and new.key_to_index == kv.key_to_index
    assert new.get_vecattr("w4", "count") == 16 and new.get_vecattr("w4", "tag") == "e"
    new.set_vecattr("w4", "count", 5)
    new.add_vectors(["new"], np.ones((1, new.vector_size)))
    new.vectors[:] = 0
    assert kv.get_vecattr("w4", "count") == 16 and len(kv) == 20
    assert kv.vectors.tobytes() == before.tobytes()
    new.save(tmp_path / "v")
    assert KeyedVectors.load(tmp_path / "v").vectors.shape == new.vectors.shape


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda kv: kv.truncate(0), ValueError, "dims must be an integer >= 1, got 0"),
        (lambda kv: kv.truncate(6), ValueError, "dims must be an integer >= 1 and <= 5, got 6"),
        (lambda kv: kv.truncate("3"), TypeError, "dims must be an integer"),
        (lambda kv: kv.postprocess("top"), ValueError, "'all-but-the-top', got 'top'"),
        (lambda kv: kv.postprocess(n=5), ValueError, "n must be an integer >= 0 and <= 4, got 5"),
        (lambda kv: kv.align_to(made(normal(9, 4))), ValueError, "5 dimensions .* 4"),
        (lambda kv: kv.align_to(made(normal(9, 5), "x")), ValueError, "no key is shared"),
        (lambda kv: kv.concatenate(made(normal(9, 5), "x")), ValueError, "no key is shared"),
        (lambda kv: KeyedVectors(5).truncate(2), ValueError, "there are no vectors"),
        (lambda kv: KeyedVectors(5).postprocess(), ValueError, "there are no vectors"),
        (lambda kv: kv.align_to(None), TypeError, "other must be a KeyedVectors, got None$"),
        (lambda kv: kv.concatenate("x"), TypeError, "other must be a KeyedVectors, got 'x'"),
        (lambda kv: kv.align_to(Word2Vec(vector_size=5)), TypeError, r"give other\.wv"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call, error, told):
    with pytest.raises(error, match=told):
        call(made(normal(20, 5)))


def test_too_few_shared_keys_are_told():
    with pytest.warns(UserWarning, match="2 shared keys"):
        made(normal(20, 5)).align_to(made(normal(2, 5)))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_row_that_is_not_finite_is_named_and_does_not_become_all_rows(number):
    rows = normal(20, 5)
    kv = made(rows)
    rows[7, 2] = number
    broken = made(rows)
    for call in (
        lambda: broken.truncate(2),
        lambda: broken.postprocess(),
        lambda: broken.postprocess(n=2),
        lambda: broken.align_to(kv),
        lambda: kv.align_to(broken),
    ):
        with pytest.raises(ValueError, match="row 7 of the vectors has a number that is not"):
            call()
    huge = KeyedVectors(5, dtype=np.float64)
    huge.add_vectors(kv.index_to_key, normal(20, 5) * 1e200)
    with pytest.raises(ValueError, match="too large to be squared"):
        huge.truncate(2)
