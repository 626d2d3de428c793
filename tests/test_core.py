"""The compiled boundary: whatever it is given, it trains or raises, and touches nothing aside."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from fastsgns import vocabulary
from fastsgns._core import Task, Worker, kernel_names, subsample

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")
npst = pytest.importorskip("hypothesis.extra.numpy")

N_WORDS, SIZE = 6, 5
COUNTS = np.array([9, 7, 4, 2, 2, 1], np.int64)
REFUSED = (ValueError, TypeError, BufferError)


def arguments(n_words: int = N_WORDS, size: int = SIZE, **changes):
    """Return arguments for a Task with negative sampling and hierarchical softmax."""
    counts = np.resize(COUNTS, n_words)
    paths = vocabulary.huffman_paths(counts)
    rng = np.random.default_rng(0)
    return {
        "input_vectors": rng.uniform(-0.5, 0.5, (n_words, size)).astype(np.float32),
        "output_vectors": np.zeros((n_words, size), np.float32),
        "node_vectors": np.zeros((max(n_words - 1, 1), size), np.float32),
        "input_locks": np.ones(1, np.float32),
        "noise_table": vocabulary.noise_table(counts, 0.75),
        "path_offsets": paths.offsets,
        "path_nodes": paths.nodes,
        "path_codes": paths.codes,
        "skip_gram": True,
        "cbow_mean": True,
        "window": 3,
        "negative": 4,
        "compute_loss": True,
    } | changes


def job(ids=(0, 1, 2, 3, 4, 5), lengths=None, cuts=()):
    ids = np.array(ids, np.int32)
    lengths = [len(ids)] if lengths is None else lengths
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return ids, offsets, np.array(cuts, np.int32) if len(cuts) else None


def weights(task_arguments):
    return [task_arguments[f"{name}_vectors"] for name in ("input", "output", "node")]


# ---- what is trained -----------------------------------------------------------------------------


@pytest.mark.parametrize("skip_gram", [True, False])
@pytest.mark.parametrize("objective", ["negative", "hs", "both"])
def test_a_job_moves_the_weights_of_its_objective_and_counts_what_it_did(skip_gram, objective):
    given = arguments(skip_gram=skip_gram)
    if objective == "negative":
        given |= dict.fromkeys(("node_vectors", "path_offsets", "path_nodes", "path_codes"))
    if objective == "hs":
        given |= {"output_vectors": None, "noise_table": None, "negative": 0}
    before = [None if w is None else w.copy() for w in weights(given)]
    # A first step from zero outputs leaves the inputs where they are: the second one moves them.
    worker = Worker(Task(**given), "blas", 6)
    for _ in range(2):
        assert worker.train_job(*job(lengths=[4, 0, 2]), 1, 0.1) == 3
    for old, new in zip(before, weights(given), strict=True):
        assert (old is None and new is None) or not np.array_equal(old, new)
    assert worker.n_sentences == 6
    assert worker.n_effective == 12
    assert worker.n_pairs == 2 * ((4 * 3 + 2) if skip_gram else 6)
    assert np.isfinite(worker.loss) and worker.loss > 0


def test_without_compute_loss_the_loss_is_0():
    worker = Worker(Task(**arguments(compute_loss=False)), "blas", 6)
    worker.train_job(*job(), 1, 0.1)
    assert worker.loss == 0.0 and worker.n_pairs > 0


def test_a_rate_of_0_moves_nothing():
    given = arguments()
    before = [w.copy() for w in weights(given)]
    Worker(Task(**given), "blas", 6).train_job(*job(), 1, 0.0)
    for old, new in zip(before, weights(given), strict=True):
        assert np.array_equal(old, new)


def test_a_lock_of_0_freezes_its_input_rows_and_locks_repeat():
    given = arguments(input_locks=np.array([1, 0], np.float32))
    before = given["input_vectors"].copy()
    worker = Worker(Task(**given), "blas", 6)
    for _ in range(2):
        worker.train_job(*job(), 1, 0.1)
    moved = (given["input_vectors"] != before).any(axis=1)
    assert moved.tolist() == [True, False] * 3
    assert (given["output_vectors"] != 0).any(axis=1).all()  # only input rows are locked


def test_windows_never_cross_a_border():
    given = arguments(node_vectors=None, negative=1)
    worker = Worker(Task(**given), "blas", 6)
    worker.train_job(*job(lengths=[1] * 6), 1, 0.1)
    assert worker.n_pairs == 0 and worker.n_effective == 6
    assert not given["output_vectors"].any()


@pytest.mark.parametrize(("cuts", "n_pairs"), [((), 24), ((0,) * 6, 24), ((2,) * 6, 10)])
def test_cuts_shrink_the_window_of_each_center(cuts, n_pairs):
    worker = Worker(Task(**arguments()), "blas", 6)
    worker.train_job(*job(cuts=cuts), 1, 0.1)
    assert worker.n_pairs == n_pairs


def test_the_same_job_gives_the_same_bytes():
    results = []
    for _ in range(2):
        given = arguments()
        Worker(Task(**given), "blas", 6).train_job(*job(), 12345, 0.1)
        results.append([w.tobytes() for w in weights(given)])
    assert results[0] == results[1]


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 100, 300])
@pytest.mark.parametrize("n_words", [1, 2, 3, 50])
@pytest.mark.parametrize("skip_gram", [True, False])
def test_odd_sizes_stay_within_their_rows(size, n_words, skip_gram):
    """Each matrix lies between guards of NaN: reading aside spreads NaN, writing aside kills it."""
    given = arguments(n_words, size, skip_gram=skip_gram)
    guarded = {}
    for name in ("input_vectors", "output_vectors", "node_vectors"):
        matrix = given[name]
        room = np.full((len(matrix) + 2, size), np.nan, np.float32)
        room[1:-1] = matrix
        guarded[name] = room
        given[name] = room[1:-1]
    worker = Worker(Task(**given), "blas", 9)
    ids = np.arange(40) % n_words
    worker.train_job(*job(ids, lengths=[9, 1, 0, 30]), 2**48 - 1, 0.05)
    for room in guarded.values():
        assert np.isnan(room[[0, -1]]).all()
        assert np.isfinite(room[1:-1]).all()
    assert worker.n_sentences == 4


def test_after_stop_no_sentence_is_trained():
    given = arguments()
    task = Task(**given)
    worker = Worker(task, "blas", 6)
    before = [w.copy() for w in weights(given)]
    task.stop()
    assert worker.train_job(*job(lengths=[3, 3]), 1, 0.1) == 0
    for old, new in zip(before, weights(given), strict=True):
        assert np.array_equal(old, new)


def test_a_task_keeps_its_arrays_alive():
    task = Task(**arguments())  # nobody else holds them
    ballast = [np.full((N_WORDS, SIZE), np.nan, np.float32) for _ in range(50)]
    worker = Worker(task, "blas", 6)
    for _ in range(3):
        worker.train_job(*job(), 1, 0.1)
    assert np.isfinite(worker.loss) and len(ballast) == 50
    assert worker.task is task


@pytest.mark.parametrize("n_sentences", [0, 1, 3])
def test_empty_sentences_are_done_at_once(n_sentences):
    worker = Worker(Task(**arguments()), "blas", 0)
    assert worker.train_job(*job([], [0] * n_sentences), 1, 0.1) == n_sentences
    assert worker.n_effective == 0


# ---- what a task refuses -------------------------------------------------------------------------


def in_columns(matrix):
    return np.asfortranarray(matrix)


def read_only(matrix):
    copy = matrix.copy()
    copy.setflags(write=False)
    return copy


@pytest.mark.parametrize("name", ["input_vectors", "output_vectors", "node_vectors"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda m: m.astype(np.float64),
        lambda m: m.astype(np.int32),
        lambda m: m.astype(">f4"),
        lambda m: np.repeat(m, 2, axis=1)[:, ::2],
        lambda m: m[:, :-1],
        lambda m: m[0],
        lambda m: m[:0],
        lambda m: m.astype(object),
        lambda m: m.tolist(),
        lambda m: 5,
        in_columns,
        read_only,
    ],
    ids=[
        "float64", "int32", "other byte order", "strided", "narrow view", "vector", "no rows",
        "objects", "lists", "number", "Fortran order", "read-only",
    ],
)  # fmt: skip
def test_a_task_refuses_a_matrix_that_is_not_float32_in_c_order_and_writeable(name, spoil):
    given = arguments()
    with pytest.raises(REFUSED):
        Task(**given | {name: spoil(given[name])})


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"input_vectors": np.zeros((0, SIZE), np.float32)}, "input vectors"),
        ({"input_vectors": np.zeros((N_WORDS, 0), np.float32)}, "input vectors"),
        ({"input_locks": np.zeros(0, np.float32)}, "lockf"),
        ({"output_vectors": None}, "output vectors"),
        ({"noise_table": None}, "noise table"),
        ({"output_vectors": np.zeros((N_WORDS - 1, SIZE), np.float32)}, "output vectors"),
        ({"output_vectors": np.zeros((N_WORDS, SIZE + 1), np.float32)}, "output vectors"),
        ({"noise_table": np.arange(1, N_WORDS, dtype=np.uint32)}, "noise table"),
        ({"noise_table": np.arange(1, N_WORDS + 2, dtype=np.uint32)}, "noise table"),
        ({"noise_table": np.zeros(N_WORDS, np.uint32)}, "noise table"),
        ({"node_vectors": np.zeros((N_WORDS - 2, SIZE), np.float32)}, "node vectors"),
        ({"node_vectors": np.zeros((N_WORDS - 1, SIZE - 1), np.float32)}, "node vectors"),
        ({"path_offsets": np.zeros(N_WORDS, np.int64)}, "Huffman"),
        ({"path_offsets": None}, "Huffman"),
        ({"path_nodes": None}, "Huffman"),
        ({"path_codes": None}, "Huffman"),
        ({"path_codes": np.zeros(3, np.uint8)}, "Huffman"),
        ({"window": 0}, "window"),
        ({"window": -1}, "window"),
        ({"negative": -1}, "negative"),
    ],
)
def test_a_task_refuses_what_does_not_fit_together_and_says_what(changes, names):
    with pytest.raises(ValueError, match=names):
        Task(**arguments(**changes))


def test_a_task_refuses_a_noise_table_that_does_not_ascend():
    table = arguments()["noise_table"].copy()
    table[0] = table[-1]
    with pytest.raises(ValueError, match="noise table"):
        Task(**arguments(noise_table=table))


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float64])
def test_a_task_refuses_a_noise_table_of_another_type(dtype):
    with pytest.raises(REFUSED):
        Task(**arguments(noise_table=arguments()["noise_table"].astype(dtype)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda o: o + 1,
        lambda o: o[::-1].copy(),
        lambda o: np.where(np.arange(len(o)) == 1, o[-1] + 1, o),
        lambda o: np.where(np.arange(len(o)) == 1, -1, o),
    ],
)
def test_a_task_refuses_huffman_offsets_that_do_not_ascend_to_the_end(spoil):
    with pytest.raises(ValueError, match="Huffman"):
        Task(**arguments(path_offsets=spoil(arguments()["path_offsets"])))


@pytest.mark.parametrize("node", [-1, N_WORDS - 1, 2**31 - 1])
def test_a_task_refuses_a_huffman_node_that_is_no_row(node):
    nodes = arguments()["path_nodes"].copy()
    nodes[3] = node
    with pytest.raises(ValueError, match="Huffman"):
        Task(**arguments(path_nodes=nodes))


def test_every_argument_of_a_task_is_needed():
    for name in arguments():
        given = arguments()
        del given[name]
        with pytest.raises(TypeError, match=name):
            Task(**given)


def test_a_large_noise_table_finds_its_words():
    """More words than the smallest index has buckets; only word 40,000 is ever drawn."""
    n_words = 70_000
    table = np.zeros(n_words, np.uint32)
    table[40_000:] = 2**31 - 1
    given = arguments(2) | {
        "input_vectors": np.full((n_words, 3), 0.1, np.float32),
        "output_vectors": np.zeros((n_words, 3), np.float32),
        "noise_table": table,
        "node_vectors": None,
    }
    Worker(Task(**given), "blas", 2).train_job(*job([0, 1]), 2**47 + 12345, 0.1)
    assert np.flatnonzero(given["output_vectors"].any(axis=1)).tolist() == [0, 1, 40_000]


# ---- what a worker refuses -----------------------------------------------------------------------


def test_the_kernels_are_listed_and_an_unknown_one_is_an_error_that_lists_them():
    assert "blas" in kernel_names()
    with pytest.raises(ValueError, match=r"blas.*got 'simd'"):
        Worker(Task(**arguments()), "simd", 6)


@pytest.mark.parametrize("bad", [(None, "blas", 6), (5, "blas", 6), ("task", None, 6)])
def test_a_worker_needs_a_task_and_the_name_of_a_kernel(bad):
    task, kernel, longest = bad
    with pytest.raises(TypeError):
        Worker(Task(**arguments()) if task == "task" else task, kernel, longest)


@pytest.mark.parametrize(
    ("ids", "offsets", "cuts"),
    [
        ([0, -1], [0, 2], None),
        ([0, N_WORDS], [0, 2], None),
        ([0, 2**31 - 1], [0, 2], None),
        ([0, -(2**31)], [0, 2], None),
        ([0, 1], [1, 2], None),
        ([0, 1], [0, 1], None),
        ([0, 1], [0, 3], None),
        ([0, 1], [0, 2, 1, 2], None),
        ([0, 1], [0, -5, 2], None),
        ([0, 1], [0, 2**62, 2], None),
        ([0, 1], [0, 2], [0, 3]),
        ([0, 1], [0, 2], [-1, 0]),
        ([0, 1], [0, 2], [0]),
        ([0, 1], [0, 2], []),
    ],
)
def test_a_worker_refuses_a_job_out_of_range_before_any_weight_moves(ids, offsets, cuts):
    given = arguments()
    before = [w.copy() for w in weights(given)]
    worker = Worker(Task(**given), "blas", 6)
    cut_array = None if cuts is None else np.array(cuts, np.int32)
    with pytest.raises(ValueError, match="window cuts"):
        worker.train_job(np.array(ids, np.int32), np.array(offsets, np.int64), cut_array, 1, 0.1)
    for old, new in zip(before, weights(given), strict=True):
        assert np.array_equal(old, new)
    assert (worker.n_sentences, worker.n_pairs, worker.loss) == (0, 0, 0.0)


@pytest.mark.parametrize(
    ("ids", "offsets", "cuts"),
    [
        (np.zeros(2, np.int64), np.array([0, 2]), None),
        (np.zeros(2, np.float32), np.array([0, 2]), None),
        (np.zeros(4, np.int32)[::2], np.array([0, 2]), None),
        (np.zeros((2, 1), np.int32), np.array([0, 2]), None),
        (None, np.array([0, 2]), None),
        ([0, 1], np.array([0, 2]), None),
        (np.zeros(2, np.int32), np.array([0, 2], np.int32), None),
        (np.zeros(2, np.int32), None, None),
        (np.zeros(2, np.int32), np.array([0, 2]), np.zeros(2, np.int64)),
    ],
)
def test_a_worker_refuses_a_job_of_another_type(ids, offsets, cuts):
    worker = Worker(Task(**arguments()), "blas", 6)
    with pytest.raises(REFUSED):
        worker.train_job(ids, offsets, cuts, 1, 0.1)


def test_a_job_without_offsets_is_no_job():
    worker = Worker(Task(**arguments()), "blas", 6)
    assert worker.train_job(np.zeros(0, np.int32), np.zeros(0, np.int64), None, 1, 0.1) == 0
    assert worker.train_job(np.zeros(0, np.int32), np.zeros(1, np.int64), None, 1, 0.1) == 0


@pytest.mark.parametrize(
    ("ids", "offsets"),
    [([0, 1], []), ([0, 1], [0]), ([], [0, 5]), ([], [3, 0])],
)
def test_tokens_and_offsets_that_disagree_are_refused_even_when_one_is_empty(ids, offsets):
    worker = Worker(Task(**arguments()), "blas", 6)
    with pytest.raises(ValueError, match="offsets"):
        worker.train_job(np.array(ids, np.int32), np.array(offsets, np.int64), None, 1, 0.1)


@pytest.mark.parametrize("rng", [-1, 2**64, "x", None])
def test_a_state_that_is_no_64_bit_number_is_refused(rng):
    worker = Worker(Task(**arguments()), "blas", 6)
    with pytest.raises((TypeError, OverflowError)):
        worker.train_job(*job(), rng, 0.1)


@hypothesis.given(
    npst.arrays(np.int32, st.integers(0, 8), elements=st.integers(-2, N_WORDS + 1)),
    npst.arrays(np.int64, st.integers(0, 5), elements=st.integers(-2, 10)),
    st.none() | npst.arrays(np.int32, st.integers(0, 9), elements=st.integers(-1, 4)),
    st.integers(0, 2**64 - 1),
    st.booleans(),
)
def test_any_job_is_trained_or_refused(ids, offsets, cuts, rng, skip_gram):
    given = arguments(skip_gram=skip_gram)
    worker = Worker(Task(**given), "blas", 8)
    in_range = (
        len(offsets) >= 1
        and offsets[0] == 0
        and offsets[-1] == len(ids)
        and (np.diff(offsets) >= 0).all()
        and ((ids >= 0) & (ids < N_WORDS)).all()
        and (
            cuts is None or (len(cuts) >= len(ids) and ((cuts >= 0) & (cuts < 3))[: len(ids)].all())
        )
    )
    if in_range:
        assert worker.train_job(ids, offsets, cuts, rng, 0.1) == len(offsets) - 1
        assert worker.n_effective == len(ids)
    elif len(ids) or len(offsets) > 1:
        with pytest.raises(ValueError, match="window cuts"):
            worker.train_job(ids, offsets, cuts, rng, 0.1)
        assert worker.n_effective == 0
    assert all(np.isfinite(w).all() for w in weights(given))


# ---- subsampling ---------------------------------------------------------------------------------


def subsampled(ids, offsets, thresholds, rng):
    """Subsample in plain Python: one draw of the LCG a token."""
    kept, kept_offsets = [], [0]
    for start, end in pairwise(offsets):
        for token in ids[start - offsets[0] : end - offsets[0]]:
            draw = rng >> 16 & 0xFFFFFFFF
            rng = (rng * 25214903917 + 11) & (2**48 - 1)
            if thresholds[token] >= draw:
                kept.append(token)
        kept_offsets.append(len(kept))
    return kept, kept_offsets, rng


@hypothesis.given(
    st.lists(st.lists(st.integers(0, 3), max_size=8), max_size=6),
    st.integers(0, 2**48 - 1),
    st.integers(0, 1000),
)
def test_subsampling_is_one_draw_a_token(sentences, rng, base):
    ids = np.array([i for s in sentences for i in s], np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in sentences])]).astype(np.int64) + base
    thresholds = np.array([0, 2**30, 2**31, 2**32 - 1], np.uint32)
    kept = np.full(len(ids), -7, np.int32)
    kept_offsets = np.full(len(offsets), -7, np.int64)
    n_kept, state = subsample(ids, offsets, thresholds, rng, kept, kept_offsets)
    expected = subsampled(ids.tolist(), offsets.tolist(), thresholds.tolist(), rng)
    assert (kept[:n_kept].tolist(), kept_offsets.tolist(), state) == expected


def test_a_threshold_equal_to_the_draw_keeps_the_token():
    rng = 5 << 16
    for threshold, n_expected in ((5, 1), (4, 0)):
        n_kept, _ = subsample(
            np.zeros(1, np.int32),
            np.array([0, 1]),
            np.array([threshold], np.uint32),
            rng,
            np.empty(1, np.int32),
            np.empty(2, np.int64),
        )
        assert n_kept == n_expected


@pytest.mark.parametrize(
    ("ids", "offsets", "n_room", "n_offset_room"),
    [
        ([0, 1], [0, 2], 1, 2),
        ([0, 1], [0, 2], 2, 1),
        ([0, 1], [0, 3], 2, 2),
        ([0, 1], [0, 1], 2, 2),
        ([0, 9], [0, 2], 2, 2),
        ([0, -1], [0, 2], 2, 2),
        ([0, 1], [5, 6], 2, 2),
        ([0, 1], [0, 5, 2], 2, 3),
        ([0, 1], [0, -5, 2], 2, 3),
        ([0, 1], [0, 2**62, 2], 2, 3),
        ([0, 1], [0, 2, 0, 2], 2, 4),
        ([], [], 0, 0),
        ([], [], 5, 5),
    ],
)
def test_subsampling_refuses_what_is_out_of_range(ids, offsets, n_room, n_offset_room):
    with pytest.raises(ValueError, match=r"token|offset"):
        subsample(
            np.array(ids, np.int32),
            np.array(offsets, np.int64),
            np.full(3, 2**32 - 1, np.uint32),
            1,
            np.empty(n_room, np.int32),
            np.empty(n_offset_room, np.int64),
        )
