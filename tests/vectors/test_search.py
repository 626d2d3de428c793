"""Tests: the search among rows, against sums in double precision."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastsgns.vectors import _search, search

NAN = float("nan")


@pytest.fixture(params=["avx512", "avx2", "neon", "scalar"])
def kernel(request: pytest.FixtureRequest) -> str:
    """Each instruction set that runs here."""
    if request.param not in _search.kernel_names():
        pytest.skip(f"{request.param} does not run here")
    return str(request.param)


def random_rows(n: int, d: int, dtype: str = "float32", seed: int = 1) -> NDArray[Any]:
    rows = np.random.default_rng(seed).standard_normal((n, d))
    if dtype == "int8":
        return np.clip(rows * 40, -127, 127).astype(np.int8)
    return rows.astype(dtype)


def unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    wide = vectors.astype(np.float64)
    scaled: NDArray[np.float32] = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(
        np.float32
    )
    return scaled


def slow_scores(rows: NDArray[Any], queries: NDArray[Any]) -> NDArray[np.float32]:
    """q . r / |r| in double precision, rounded once."""
    wide = rows.astype(np.float32).astype(np.float64)
    with np.errstate(invalid="ignore"):
        scores: NDArray[np.float32] = (
            queries.astype(np.float64) @ wide.T / np.linalg.norm(wide, axis=1)
        ).astype(np.float32)
    return scores


def slow_nearest(
    scores: NDArray[np.float32], k: int, out: tuple[int, ...] = ()
) -> tuple[list[int], list[float]]:
    """The best by similarity, then by place, NaN last."""
    order = np.lexsort((np.arange(len(scores)), -scores))
    places = [int(i) for i in order if i not in out][:k]
    return places, scores[places].tolist()


def assert_found(
    found: list[tuple[NDArray[np.int64], NDArray[np.float32]]],
    rows: NDArray[Any],
    queries: NDArray[Any],
    k: int,
) -> None:
    """The reference sums in another order: a last bit may differ, and near-equals change places."""
    scores = slow_scores(rows, queries)
    assert len(found) == len(queries)
    for (places, similarities), row in zip(found, scores, strict=True):
        expected = slow_nearest(row, k)
        assert len(set(places.tolist())) == len(places) == len(expected[0])
        np.testing.assert_allclose(similarities, expected[1], rtol=1.2e-7, atol=1e-12)
        np.testing.assert_allclose(similarities, row[places], rtol=1.2e-7, atol=1e-12)


@pytest.mark.parametrize("d", [1, 7, 8, 15, 16, 17, 31, 100, 300])
@pytest.mark.parametrize("n_queries", [1, 3, 4, 13, 40])
def test_the_best_are_found_in_order(kernel: str, d: int, n_queries: int) -> None:
    rows = random_rows(203, d)
    queries = unit(random_rows(n_queries, d, seed=2))
    for k in (1, 10, 203, 500):
        found = search.nearest(search.use_rows(rows), queries, k, kernel=kernel)
        assert_found(found, rows, queries, k)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8"])
@pytest.mark.parametrize("n_queries", [1, 20])
def test_rows_of_every_type_are_searched(kernel: str, dtype: str, n_queries: int) -> None:
    rows = random_rows(150, 33, dtype)
    queries = unit(random_rows(n_queries, 33, seed=2))
    assert_found(
        search.nearest(search.use_rows(rows), queries, 10, kernel=kernel), rows, queries, 10
    )


def test_every_float16_is_read_as_numpy_reads_it(kernel: str) -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves) & (halves != 0)]
    rows = np.stack([halves, np.ones_like(halves)], axis=1)
    query = np.array([[1, 0]], np.float32)
    scores = search.compare(search.use_rows(rows), query, kernel=kernel)
    np.testing.assert_allclose(scores, slow_scores(rows, query), rtol=1.2e-7)


def every_half(d: int) -> NDArray[np.float16]:
    """All 65,536 numbers of 16 bits, and zeros."""
    rows = np.zeros((-(-(1 << 16) // d), d), np.float16)
    rows.reshape(-1)[: 1 << 16] = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    return rows


@pytest.mark.parametrize("n_queries", [1, 3, 20])
@pytest.mark.parametrize("d", [1, 3, 5, 8, 17, 100])
def test_rows_of_any_type_are_to_the_bit_the_floats_that_they_stand_for(
    kernel: str, d: int, n_queries: int
) -> None:
    queries = unit(random_rows(n_queries, d, seed=2))
    all_bytes = np.arange(-128, 128).astype(np.int8)
    for rows in (
        every_half(d),
        np.resize(all_bytes, (256, d)),
        random_rows(70, d, "float16"),
        random_rows(70, d, "int8"),
        random_rows(70, d, "float64"),
    ):
        used, as_floats = search.use_rows(rows), search.use_rows(rows.astype(np.float32))
        for (places, scores), (expected_places, expected_scores) in zip(
            search.nearest(used, queries, 20, kernel=kernel),
            search.nearest(as_floats, queries, 20, kernel=kernel),
            strict=True,
        ):
            assert places.tolist() == expected_places.tolist()
            assert scores.tobytes() == expected_scores.tobytes()
        found, expected = (
            np.nan_to_num(search.compare(each, queries, kernel=kernel), nan=9)
            for each in (used, as_floats)
        )
        assert found.tobytes() == expected.tobytes()


def test_of_equal_rows_the_first_comes_first_for_one_query_and_for_many(kernel: str) -> None:
    rows = np.tile(random_rows(5, 100), (40, 1))
    queries = unit(rows[[3] * 30])
    many = search.nearest(search.use_rows(rows), queries, 50, kernel=kernel)
    one = search.nearest(search.use_rows(rows), queries[:1], 50, kernel=kernel)
    assert one[0][0][:40].tolist() == list(range(3, 200, 5))
    for places, scores in many:
        assert places.tolist() == one[0][0].tolist()
        assert scores.tobytes() == one[0][1].tobytes()


def test_answers_do_not_depend_on_company_threads_pieces_or_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = search.use_rows(random_rows(2000, 50))
    queries = unit(random_rows(64, 50, seed=2))
    expected = search.nearest(rows, queries, 20)
    ways: list[list[Any]] = [
        [search.nearest(rows, queries[i : i + 1], 20)[0] for i in range(64)],
        *[search.nearest(rows, queries, 20, kernel=name) for name in _search.kernel_names()],
    ]
    monkeypatch.setattr(search, "PRODUCTS_A_THREAD", 1)
    monkeypatch.setattr(search, "PRODUCTS_A_PIECE", 100_000)
    monkeypatch.setattr(search, "PACKED_NBYTES", 4000)
    ways += [search.nearest(rows, queries, 20, workers=workers) for workers in (1, 2, 7, 100)]
    for found in ways:
        for (places, scores), (expected_places, expected_scores) in zip(
            found, expected, strict=True
        ):
            assert places.tolist() == expected_places.tolist()
            assert scores.tobytes() == expected_scores.tobytes()


def test_places_that_are_no_answer_are_left_out(kernel: str) -> None:
    rows = random_rows(300, 20)
    queries = unit(rows[:8])
    excluded = [[i, (i * 7) % 300] for i in range(8)]
    left_out = np.zeros(300, bool)
    left_out[::3] = True
    found = search.nearest(
        search.use_rows(rows, left_out=left_out), queries, 250, excluded, kernel=kernel
    )
    scores = slow_scores(rows, queries)
    for i, (places, similarities) in enumerate(found):
        out = (*excluded[i], *np.flatnonzero(left_out).tolist())
        expected = slow_nearest(scores[i], 250, out)
        assert sorted(places.tolist()) == sorted(expected[0])
        np.testing.assert_allclose(similarities, expected[1], rtol=1.2e-7, atol=1e-12)


@pytest.mark.parametrize("n_queries", [1, 9])
def test_only_the_rows_asked_for_are_searched(kernel: str, n_queries: int) -> None:
    rows = random_rows(500, 24)
    among = np.sort(np.random.default_rng(3).choice(500, 77, replace=False)).astype(np.int64)
    queries = unit(random_rows(n_queries, 24, seed=2))
    found = search.nearest(search.use_rows(rows, among), queries, 10, kernel=kernel)
    assert_found(found, rows[among], queries, 10)


@pytest.mark.parametrize("least", [-2.0, 0.1, 0.9999999, 2.0])
@pytest.mark.parametrize("n_queries", [1, 9])
def test_nothing_less_similar_than_asked_is_found(
    kernel: str, least: float, n_queries: int
) -> None:
    rows = random_rows(400, 12)
    rows[5] = 0
    queries = unit(rows[10 : 10 + n_queries])
    found = search.nearest(search.use_rows(rows), queries, 400, least=least, kernel=kernel)
    everything = search.nearest(search.use_rows(rows), queries, 400, kernel=kernel)
    for (places, scores), (all_places, all_scores) in zip(found, everything, strict=True):
        keep = all_scores.astype(np.float64) >= least
        assert places.tolist() == all_places[keep].tolist()
        assert scores.tolist() == all_scores[keep].tolist()


@pytest.mark.parametrize("n_queries", [1, 9])
def test_rows_of_zeros_are_like_nothing_and_those_without_numbers_come_last(
    kernel: str, n_queries: int
) -> None:
    rows = random_rows(100, 20)
    rows[[3, 50, 98]] = 0
    rows[60] = np.inf
    rows[70, 3] = np.nan
    queries = unit(random_rows(n_queries, 20, seed=2))
    for places, scores in search.nearest(search.use_rows(rows), queries, 100, kernel=kernel):
        assert places[-2:].tolist() == [60, 70]
        assert np.isnan(scores[-2:]).all()
        assert places[:-2][scores[:-2] == 0].tolist() == [3, 50, 98]
        assert (np.diff(scores[:-2]) <= 0).all()


@pytest.mark.parametrize("scale", [1e-38, 1e-25, 1e-18, 1e18, 1e25, 1e38])
@pytest.mark.parametrize("n_queries", [1, 9])
def test_lengths_far_from_one_change_no_similarity(
    kernel: str, scale: float, n_queries: int
) -> None:
    rows = (unit(random_rows(100, 20)).astype(np.float64) * scale).astype(np.float32)
    rows[::2] = unit(rows[::2].astype(np.float64) / scale)
    queries = unit(random_rows(n_queries, 20, seed=2))
    found = search.nearest(search.use_rows(rows), queries, 10, kernel=kernel)
    assert_found(found, rows, queries, 10)


@pytest.mark.parametrize("n_queries", [1, 9])
def test_rows_in_rising_order_are_all_looked_at(kernel: str, n_queries: int) -> None:
    angles = np.linspace(0.1, 1.5, 3000)
    rows = np.stack([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
    queries = np.repeat(np.array([[1, 0]], np.float32), n_queries, axis=0)
    for places, _ in search.nearest(search.use_rows(rows), queries, 25, kernel=kernel):
        assert places.tolist() == list(range(2999, 2974, -1))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_rows_may_lie_at_any_byte_and_in_either_order_of_bytes(kernel: str, dtype: str) -> None:
    aligned = random_rows(50, 20, dtype)
    room = np.empty(aligned.nbytes + 1, np.uint8)[1:]
    moved = room.view(np.dtype(dtype).newbyteorder("=")).reshape(aligned.shape)
    moved[:] = aligned
    queries = unit(random_rows(5, 20, seed=2))
    for rows in (moved, aligned.astype(np.dtype(dtype).newbyteorder(">"))):
        assert_found(
            search.nearest(search.use_rows(rows), queries, 10, kernel=kernel), aligned, queries, 10
        )


def test_rows_may_lie_apart_or_across(kernel: str) -> None:
    wide = random_rows(120, 64)
    queries = unit(random_rows(6, 40, seed=2))
    for rows in (wide[:, :40], wide[::2, :40], np.asfortranarray(wide[:, :40]), wide[::-1, :40]):
        found = search.nearest(search.use_rows(rows), queries, 10, kernel=kernel)
        assert_found(found, np.ascontiguousarray(rows), queries, 10)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8"])
def test_one_query_on_this_thread_is_answered_as_many_are(dtype: str) -> None:
    rows = random_rows(500, 33, dtype)
    rows[7:90:5] = rows[6]
    rows[100:104] = 0
    searched = search.use_rows(rows, left_out=np.arange(500) % 9 == 0)
    queries = unit(random_rows(6, 33, seed=2))
    for k, out, least in ((1, [], NAN), (20, [6, 8], NAN), (600, list(range(50)), 0.01)):
        expected = search.nearest(searched, queries, k, [out] * 6, least)
        for query, (places, scores) in zip(queries, expected, strict=True):
            found = searched.nearest(query[np.newaxis], k, out, least)
            assert found == (places.tolist(), scores.tolist())
    similarities = search.compare(searched, queries[:3])
    for query, row in zip(queries, similarities, strict=False):
        assert searched.compare(query[np.newaxis])[0].tolist() == row.tolist()


@pytest.mark.parametrize(("n_positive", "n_negative"), [(1, 0), (2, 1), (3, 4)])
def test_similarities_are_multiplied_and_divided(n_positive: int, n_negative: int) -> None:
    rows = random_rows(9000, 12)  # more than one tile
    queries = unit(random_rows(n_positive + n_negative, 12, seed=2))
    halves = (1 + slow_scores(rows, queries).astype(np.float64)) / 2
    wanted = halves[:n_positive].prod(axis=0) / (halves[n_positive:].prod(axis=0) + 1e-6)
    found = search.use_rows(rows).multiply(queries, n_positive)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)
    assert not len(search.use_rows(rows[:0]).multiply(queries, n_positive))


@pytest.mark.parametrize("k", [1, 3, 8, 100])
def test_the_best_of_scores_are_in_order(k: int) -> None:
    scores = np.array([1, NAN, 3, 1, 3, NAN, -np.inf, 2, 0, -0.0], np.float32)
    expected = [2, 4, 7, 0, 3, 8, 9, 6, 1, 5]
    places, found = search.best(scores, k)
    assert places == expected[:k]
    assert str(found) == str((scores[places] + 0.0).tolist())
    left = [place for place in expected if place not in (4, 3)]
    assert search.best(scores, k, [4, 3])[0] == left[:k]
    assert search.best(scores[:0], k) == search.best(scores, 0) == ([], [])


def test_nothing_is_found_where_nothing_is() -> None:
    empty = search.use_rows(np.zeros((0, 5), np.float32))
    queries = unit(random_rows(6, 5))
    assert [len(places) for places, _ in search.nearest(empty, queries, 3)] == [0] * 6
    assert search.nearest(search.use_rows(random_rows(9, 5)), queries[:0], 3) == []
    assert [len(places) for places, _ in search.nearest(empty, queries, 0)] == [0] * 6
    assert search.compare(empty, queries).shape == (6, 0)


@pytest.mark.parametrize("n_queries", [1, 3, 4, 30])
def test_all_similarities_are_given(kernel: str, n_queries: int) -> None:
    rows = random_rows(333, 60)
    queries = unit(random_rows(n_queries, 60, seed=2))
    scores = search.compare(search.use_rows(rows), queries, kernel=kernel)
    assert scores.shape == (n_queries, 333)
    # of single precision: 60 roundings, of which most cancel
    np.testing.assert_allclose(scores, slow_scores(rows, queries), rtol=0, atol=60 * 2**-24)


@pytest.mark.parametrize("n_queries", [1, 3, 4])
@pytest.mark.parametrize("d", [3, 37])
def test_each_row_is_looked_at_and_nothing_else_whatever_their_number(
    kernel: str, d: int, n_queries: int
) -> None:
    queries = unit(random_rows(n_queries, d, seed=2))
    for n in range(1, 70):
        rows = random_rows(n, d, seed=n)
        rows[n // 2] *= np.float32(1e-20)  # single precision cannot square it
        used = search.use_rows(rows)
        assert_found(search.nearest(used, queries, n, kernel=kernel), rows, queries, n)
        out = np.full((n_queries, n + 40), 7, np.float32)
        _search.Queries(queries, kernel=kernel).compare(used, 0, n, out[:, :n])
        np.testing.assert_allclose(
            out[:, :n], slow_scores(rows, queries), rtol=0, atol=(d + 4) * 2**-24
        )
        assert (out[:, n:] == 7).all()


@pytest.mark.parametrize("n_queries", [1, 9])
def test_equal_rows_are_equally_similar_wherever_they_stand(kernel: str, n_queries: int) -> None:
    rows = np.tile(random_rows(7, 61), (30, 1))
    queries = unit(random_rows(n_queries, 61, seed=2))
    scores = search.compare(search.use_rows(rows), queries, kernel=kernel)
    assert (scores.reshape(n_queries, 30, 7) == scores[:, np.newaxis, :7]).all()


@pytest.mark.parametrize("n_queries", [1, 3, 4, 30])
@pytest.mark.parametrize("scale", [1e-38, 1e-18, 1e18, 1e38])
def test_lengths_far_from_one_change_no_similarity_of_all(
    kernel: str, scale: float, n_queries: int
) -> None:
    rows = (unit(random_rows(30, 20)).astype(np.float64) * scale).astype(np.float32)
    queries = unit(random_rows(n_queries, 20, seed=2))
    scores = search.compare(search.use_rows(rows), queries, kernel=kernel)
    np.testing.assert_allclose(scores, slow_scores(rows, queries), rtol=0, atol=20 * 2**-24)


@pytest.mark.parametrize("n_queries", [1, 3, 4, 30])
def test_rows_of_zeros_are_like_nothing_of_all(kernel: str, n_queries: int) -> None:
    rows = random_rows(70, 20)
    rows[[0, 33, 69]] = 0
    queries = unit(random_rows(n_queries, 20, seed=2))
    scores = search.compare(search.use_rows(rows), queries, kernel=kernel)
    assert not scores[:, [0, 33, 69]].any() and np.count_nonzero(scores) == 67 * n_queries
    products = search.use_rows(rows).multiply(queries, 1)
    assert products[33] == pytest.approx(0.5 / (0.5 ** (n_queries - 1) + 1e-6))


def slow_answers(
    rows: NDArray[Any], questions: NDArray[np.int64], k: int, form: str
) -> tuple[NDArray[np.float64], list[list[int]]]:
    units = unit(rows).astype(np.float64)
    a, b, c = (units[questions[:, i]] @ units.T for i in range(3))
    if form == "mul":
        a, b, c = ((1 + x) / 2 for x in (a, b, c))
        scores = b * c / (a + 1e-6)
    else:
        scores = b + c - a
    best = []
    for row, question in zip(scores, questions, strict=True):
        order = np.lexsort((np.arange(len(row)), -row))
        best.append([int(i) for i in order if i not in question][:k])
    return scores, best


@pytest.mark.parametrize("form", ["add", "mul"])
@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("workers", [1, 3])
def test_analogies_are_answered(
    kernel: str, form: Any, k: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PRODUCTS_A_THREAD", 1)
    monkeypatch.setattr(search, "TILE_NBYTES", 1 << 14)
    rows = random_rows(700, 30)
    questions = np.random.default_rng(5).integers(0, 60, (200, 3))
    found = search.answer(search.use_rows(rows), rows, questions, k, form, workers, kernel)
    scores, expected = slow_answers(rows, questions, k, form)
    for question, places, row, wanted in zip(questions, found, scores, expected, strict=True):
        assert not set(places.tolist()) & set(question.tolist())
        np.testing.assert_allclose(row[places], row[wanted], rtol=1e-6, atol=1e-6)


def test_analogies_of_more_words_than_fit_are_answered_in_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = random_rows(300, 16)
    questions = np.random.default_rng(5).integers(0, 300, (100, 3))
    whole = search.answer(search.use_rows(rows), rows, questions, 3)
    monkeypatch.setattr(search, "MAX_TERMS", 30)
    assert search.answer(search.use_rows(rows), rows, questions, 3).tolist() == whole.tolist()


def test_of_equal_answers_to_an_analogy_the_lower_place_is_taken(kernel: str) -> None:
    rows = np.tile(random_rows(7, 20), (30, 1))
    questions = np.array([[0, 1, 2], [3, 4, 5]])
    found = search.answer(search.use_rows(rows), rows, questions, 2, "add", 1, kernel)
    _, expected = slow_answers(rows[:14], questions, 1, "add")
    assert found[:, 0].tolist() == [places[0] for places in expected]
    assert (found[:, 1] == found[:, 0] + 7).all()


def test_a_row_without_direction_answers_no_analogy(kernel: str) -> None:
    rows = random_rows(50, 20)
    rows[10:48] = 0
    questions = np.array([[0, 1, 2]])
    found = search.answer(search.use_rows(rows), rows, questions, 20, "add", 1, kernel)
    assert set(found[0].tolist()) == {-1, *range(3, 10), 48, 49}


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak that Linux counts, in KiB")
@pytest.mark.parametrize(
    "ask", ["nearest(rows, queries, 10)", "nearest(rows, queries[:40], 50_000)"]
)
def test_little_memory_is_used_whatever_is_asked(ask: str) -> None:
    program = f"""
import numpy as np, resource
from fastsgns.vectors import search
matrix = np.random.default_rng(1).standard_normal((50_000, 64), np.float32)
rows, queries = search.use_rows(matrix), matrix[:5000].copy()
search.nearest(rows, queries[:5], 10)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = search.{ask}
answers = sum(places.nbytes + scores.nbytes for places, scores in found)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 - answers)
"""
    root = Path(search.__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert int(run.stdout) < 32 << 20


def test_many_threads_may_query_at_once() -> None:
    rows = search.use_rows(random_rows(3000, 40))
    queries = unit(random_rows(40, 40, seed=2))
    expected = search.nearest(rows, queries, 10)
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(search.nearest, rows, queries, 10, workers=2) for _ in range(24)]
    for run in runs:
        for (places, _), (expected_places, _) in zip(run.result(), expected, strict=True):
            assert places.tolist() == expected_places.tolist()


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
@pytest.mark.parametrize("workers", [1, 3])
def test_an_interrupt_ends_a_search_at_once(workers: int) -> None:
    rows = search.use_rows(random_rows(20_000, 100))
    queries = unit(random_rows(40_000, 100, seed=2))  # a minute and more
    n_threads = threading.active_count()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    # Test runners may have switched it off in their processes.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            search.nearest(rows, queries, 2000, workers=workers)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 5  # 0.3 s and a piece, on a busy machine
    timer.join()
    assert threading.active_count() == n_threads


def test_what_does_not_fit_is_refused() -> None:
    rows = random_rows(10, 4)
    with pytest.raises(ValueError, match="queries have 5 dimensions, rows 4"):
        search.nearest(search.use_rows(rows), unit(random_rows(2, 5)), 3)
    with pytest.raises(ValueError, match=r"row 10 is outside 0\.\.9"):
        search.use_rows(rows, np.array([3, 10]))
    with pytest.raises(ValueError, match="left_out must have 10 places, got 9"):
        search.use_rows(rows, left_out=np.zeros(9, bool))
    with pytest.raises(ValueError, match="no search kernel 'sse9'"):
        search.nearest(search.use_rows(rows), unit(rows), 3, kernel="sse9")
    queries = _search.Queries(unit(rows), 3)
    with pytest.raises(ValueError, match=r"places 0\.\.11 are outside 0\.\.10"):
        queries.find(search.use_rows(rows), 0, 11)
    with pytest.raises(ValueError, match="each query needs a list of places"):
        _search.Queries(unit(rows), 3, [[2]])
    for unusual in (rows.astype(np.int16), rows[0], rows.T):
        with pytest.raises(ValueError, match=r"only a matrix of type f|in one piece"):
            _search.Rows(unusual, "f")
    with pytest.raises(ValueError, match="n_positive must be at least 1, and at most all"):
        search.use_rows(rows).multiply(unit(rows), 11)
    with pytest.raises(ValueError, match="one query is needed"):
        search.use_rows(rows).nearest(unit(rows), 3)
    with pytest.raises(ValueError, match=r"term 3 is outside 0\.\.2"):
        _search.answer(
            np.zeros((3, 5), np.float32),
            0,
            "add",
            np.full((1, 3), 3, np.int32),
            np.zeros((1, 3), np.int64),
            np.zeros((1, 1), np.float32),
            np.zeros((1, 1), np.int64),
        )
