"""The compiled boundary: whatever it is given, it trains or raises, and touches nothing aside."""

from __future__ import annotations

import platform

import numpy as np
import pytest

from fastsgns import vocabulary
from fastsgns._core import (
    KERNEL_NAMES,
    Task,
    Worker,
    available_kernels,
    resolve_kernel,
    row_stride,
)
from fastsgns.training.memory import padded_zeros

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")
npst = pytest.importorskip("hypothesis.extra.numpy")

N_WORDS, SIZE = 6, 5
KERNELS = available_kernels()
FAST_KERNELS = KERNELS[1:]
COUNTS = np.array([9, 7, 4, 2, 2, 1], np.int64)
REFUSED = (ValueError, TypeError, BufferError)


def rows(kernel, values):
    """Return a matrix as the kernel takes it: padded and aligned, but for "blas"."""
    n_rows, size = values.shape
    matrix = padded_zeros(n_rows, row_stride(kernel, size))
    matrix[:, :size] = values
    return matrix


def arguments(n_words: int = N_WORDS, size: int = SIZE, kernel: str = "blas", **changes):
    """Return arguments for a Task with negative sampling and hierarchical softmax."""
    counts = np.resize(COUNTS, n_words)
    paths = vocabulary.huffman_paths(counts)
    rng = np.random.default_rng(0)
    return {
        "kernel": kernel,
        "vector_size": size,
        "input_vectors": rows(kernel, rng.uniform(-0.5, 0.5, (n_words, size))),
        "output_vectors": rows(kernel, np.zeros((n_words, size))),
        "node_vectors": rows(kernel, np.zeros((max(n_words - 1, 1), size))),
        "input_locks": np.ones(1, np.float32),
        "noise_table": vocabulary.noise_table(counts, 0.75),
        "path_offsets": paths.offsets,
        "path_nodes": paths.nodes,
        "path_codes": paths.codes,
        "keep_thresholds": None,
        "skip_gram": True,
        "cbow_mean": True,
        "window": 3,
        "shrink_windows": False,
        "negative": 4,
        "shared_negatives": False,
        "n_noise_pool": 0 if kernel == "blas" else 1 << 10,
        "noise_seed": 7,
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


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("skip_gram", [True, False])
@pytest.mark.parametrize("objective", ["negative", "hs", "both"])
def test_a_job_moves_the_weights_of_its_objective_and_counts_what_it_did(
    kernel, shared, skip_gram, objective
):
    given = arguments(kernel=kernel, skip_gram=skip_gram, shared_negatives=shared)
    if objective == "negative":
        given |= dict.fromkeys(("node_vectors", "path_offsets", "path_nodes", "path_codes"))
    if objective == "hs":
        given |= {"output_vectors": None, "noise_table": None, "negative": 0}
    before = [None if w is None else w.copy() for w in weights(given)]
    # A first step from zero outputs leaves the inputs where they are: the second one moves them.
    worker = Worker(Task(**given), 6)
    for _ in range(2):
        assert worker.train_job(*job(lengths=[4, 0, 2]), 1, 0.1) == 3
    for old, new in zip(before, weights(given), strict=True):
        assert (old is None and new is None) or not np.array_equal(old, new)
    assert worker.n_sentences == 6
    assert worker.n_effective == 12
    assert worker.n_pairs == 2 * ((4 * 3 + 2) if skip_gram else 6)
    assert np.isfinite(worker.loss) and worker.loss > 0


@pytest.mark.parametrize("kernel", KERNELS)
def test_without_compute_loss_the_loss_is_0(kernel):
    worker = Worker(Task(**arguments(kernel=kernel, compute_loss=False)), 6)
    worker.train_job(*job(), 1, 0.1)
    assert worker.loss == 0.0 and worker.n_pairs > 0


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("skip_gram", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_a_rate_of_0_moves_nothing_and_counts_the_loss(kernel, skip_gram, shared):
    given = arguments(kernel=kernel, skip_gram=skip_gram, shared_negatives=shared)
    given["output_vectors"][:, :SIZE] = 0.5
    before = [w.copy() for w in weights(given)]
    worker = Worker(Task(**given), 6)
    worker.train_job(*job(), 1, 0.0)
    assert worker.loss > 0
    for old, new in zip(before, weights(given), strict=True):
        assert np.array_equal(old, new)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("skip_gram", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_a_lock_of_0_freezes_its_input_rows_and_locks_repeat(kernel, skip_gram, shared):
    given = arguments(
        kernel=kernel,
        skip_gram=skip_gram,
        shared_negatives=shared,
        input_locks=np.array([1, 0], np.float32),
    )
    before = given["input_vectors"].copy()
    worker = Worker(Task(**given), 6)
    for _ in range(2):
        worker.train_job(*job(), 1, 0.1)
    moved = (given["input_vectors"] != before).any(axis=1)
    assert moved.tolist() == [True, False] * 3
    assert (given["output_vectors"] != 0).any(axis=1).all()  # only input rows are locked


@pytest.mark.parametrize("kernel", KERNELS)
def test_windows_never_cross_a_border(kernel):
    given = arguments(kernel=kernel, node_vectors=None, negative=1)
    worker = Worker(Task(**given), 6)
    worker.train_job(*job(lengths=[1] * 6), 1, 0.1)
    assert worker.n_pairs == 0 and worker.n_effective == 6
    assert not given["output_vectors"].any()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("window", [1, 2, 3, 5, 8, 11, 40])
@pytest.mark.parametrize("skip_gram", [True, False])
def test_the_pairs_are_those_within_window_and_sentence(kernel, window, skip_gram):
    lengths = [1, 7, 0, 2, 30, 1, 13]
    worker = Worker(Task(**arguments(kernel=kernel, window=window, skip_gram=skip_gram)), 30)
    worker.train_job(*job(np.arange(sum(lengths)) % N_WORDS, lengths), 1, 0.01)
    contexts = [min(n, i + 1 + window) - max(0, i - window) - 1 for n in lengths for i in range(n)]
    # differs from gensim: a center without a context moves nothing, and the fast kernels skip it.
    n_centers = len(contexts) if kernel == "blas" else np.count_nonzero(contexts)
    assert worker.n_pairs == (sum(contexts) if skip_gram else n_centers)


@pytest.mark.parametrize("kernel", FAST_KERNELS)
def test_a_kernel_that_draws_windows_draws_each_size_equally_often(kernel):
    """In an endless sentence a center has twice as many pairs as its window is wide."""
    n, window = 30_000, 4
    given = arguments(kernel=kernel, window=window, shrink_windows=True)
    worker = Worker(Task(**given), n)
    worker.train_job(*job(np.arange(n) % N_WORDS), 1, 0.0)
    mean, spread = 2 * (1 + window) / 2, 2 * np.sqrt((window**2 - 1) / 12)
    assert worker.n_pairs / n == pytest.approx(mean, abs=5 * spread / np.sqrt(n))


@pytest.mark.parametrize("kernel", FAST_KERNELS)
def test_a_kernel_that_subsamples_keeps_a_word_as_often_as_its_threshold_says(kernel):
    n = 60_000
    thresholds = np.array([0, 2**30, 2**31, 3 * 2**30, 2**32 - 1, 2**32 - 1], np.uint32)
    worker = Worker(Task(**arguments(kernel=kernel, keep_thresholds=thresholds, window=1)), n)
    for word, share in enumerate([0, 0.25, 0.5, 0.75, 1, 1]):
        before = worker.n_effective
        worker.train_job(*job(np.full(n, word)), 10 + word, 0.0)
        kept = (worker.n_effective - before) / n
        allowed = 5 * np.sqrt(share * (1 - share) / n) + 1e-9
        assert kept == pytest.approx(share, abs=allowed), word


@pytest.mark.parametrize(("cuts", "n_pairs"), [((), 24), ((0,) * 6, 24), ((2,) * 6, 10)])
def test_cuts_shrink_the_window_of_each_center(cuts, n_pairs):
    worker = Worker(Task(**arguments()), 6)
    worker.train_job(*job(cuts=cuts), 1, 0.1)
    assert worker.n_pairs == n_pairs


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("shared", [True, False])
def test_the_same_job_gives_the_same_bytes(kernel, shared):
    results = []
    for rng in (12345, 12345, 12346):
        given = arguments(kernel=kernel, shared_negatives=shared)
        worker = Worker(Task(**given), 6)
        worker.train_job(*job(), rng, 0.1)
        worker.train_job(*job(), rng, 0.1)
        results.append([w.tobytes() for w in weights(given)])
    assert results[0] == results[1] != results[2]


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_a_worker_did_before_does_not_change_a_job(kernel):
    results = []
    for before in (0, 3):
        given = arguments(kernel=kernel, shared_negatives=True)
        task = Task(**given)
        worker = Worker(task, 9)
        for rng in range(before):
            worker.train_job(*job(np.arange(rng + 4) % N_WORDS), rng, 0.0)
        worker.train_job(*job(), 77, 0.1)
        results.append([w.tobytes() for w in weights(given)])
    assert results[0] == results[1]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 128, 300, 1000])
@pytest.mark.parametrize("n_words", [1, 2, 3, 50])
@pytest.mark.parametrize("mode", ["shared", "fresh", "cbow"])
def test_odd_sizes_stay_within_their_rows(kernel, size, n_words, mode):
    """Each matrix lies between guards of NaN: reading aside spreads NaN, writing aside kills it."""
    given = arguments(
        n_words, size, kernel, skip_gram=mode != "cbow", shared_negatives=mode == "shared"
    )
    guarded = {}
    for name in ("input_vectors", "output_vectors", "node_vectors"):
        matrix = given[name]
        room = padded_zeros(len(matrix) + 2, matrix.shape[1])
        room[[0, -1]] = np.nan
        room[1:-1] = matrix
        guarded[name] = room
        given[name] = room[1:-1]
    worker = Worker(Task(**given), 30)
    ids = np.arange(40) % n_words
    worker.train_job(*job(ids, lengths=[9, 1, 0, 30]), 2**48 - 1, 0.05)
    for room in guarded.values():
        assert np.isnan(room[[0, -1]]).all()
        assert np.isfinite(room[1:-1]).all()
        assert not room[1:-1, size:].any()  # the padding stays zero
    assert worker.n_sentences == 4


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    "changes",
    [
        {"window": 1},
        {"window": 50},
        {"window": 2**31 - 1},
        {"negative": 1},
        {"negative": 6},
        {"negative": 15},
        {"negative": 200},
        {"shrink_windows": True, "window": 2**31 - 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("mode", ["shared", "fresh", "cbow"])
def test_any_window_and_number_of_negatives_train(kernel, changes, mode):
    given = arguments(
        kernel=kernel, skip_gram=mode != "cbow", shared_negatives=mode == "shared", **changes
    )
    worker = Worker(Task(**given), 30)
    for rng in range(4):
        worker.train_job(*job(np.arange(40) % N_WORDS, [30, 10]), rng, 0.025)
    assert all(np.isfinite(w).all() for w in weights(given))
    assert given["output_vectors"].any() and worker.n_sentences == 8


@pytest.mark.parametrize("kernel", KERNELS)
def test_after_stop_no_sentence_is_trained(kernel):
    given = arguments(kernel=kernel)
    task = Task(**given)
    worker = Worker(task, 6)
    before = [w.copy() for w in weights(given)]
    task.stop()
    assert worker.train_job(*job(lengths=[3, 3]), 1, 0.1) == 0
    for old, new in zip(before, weights(given), strict=True):
        assert np.array_equal(old, new)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_task_keeps_its_arrays_alive(kernel):
    task = Task(**arguments(kernel=kernel))  # nobody else holds them
    ballast = [np.full((N_WORDS, SIZE), np.nan, np.float32) for _ in range(50)]
    worker = Worker(task, 6)
    for _ in range(3):
        worker.train_job(*job(), 1, 0.1)
    assert np.isfinite(worker.loss) and len(ballast) == 50
    assert worker.task is task


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n_sentences", [0, 1, 3])
def test_empty_sentences_are_done_at_once(kernel, n_sentences):
    worker = Worker(Task(**arguments(kernel=kernel)), 0)
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
@pytest.mark.parametrize("kernel", ["blas", "scalar"])
def test_a_task_refuses_a_matrix_that_is_not_float32_in_c_order_and_writeable(kernel, name, spoil):
    given = arguments(kernel=kernel)
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
        ({"keep_thresholds": np.zeros(N_WORDS - 1, np.uint32)}, "keep thresholds"),
        ({"keep_thresholds": np.zeros(N_WORDS + 1, np.uint32)}, "keep thresholds"),
        ({"vector_size": 0}, "input vectors"),
        ({"vector_size": -1}, "input vectors"),
        ({"vector_size": SIZE + 16}, "input vectors"),
        ({"kernel": "simd"}, "kernel"),
        ({"window": 0}, "window"),
        ({"window": -1}, "window"),
        ({"negative": -1}, "negative"),
    ],
)
def test_a_task_refuses_what_does_not_fit_together_and_says_what(changes, names):
    with pytest.raises(ValueError, match=names):
        Task(**arguments(**changes))


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize("n_pool", [-64, 0, 1, 32, 63, 65, 96, 1000])
def test_a_task_refuses_a_noise_pool_that_is_no_power_of_two_of_64_or_more(kernel, n_pool):
    with pytest.raises(
        ValueError, match=f"n_noise_pool must be a power of two >= 64, got {n_pool}"
    ):
        Task(**arguments(kernel=kernel, n_noise_pool=n_pool))


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize("name", ["input_vectors", "output_vectors", "node_vectors"])
def test_a_task_refuses_rows_that_are_not_aligned_or_not_padded(kernel, name):
    given = arguments(kernel=kernel)
    matrix = given[name]
    room = padded_zeros(len(matrix) + 1, matrix.shape[1]).reshape(-1)
    aside = room[8 : 8 + matrix.size].reshape(matrix.shape)
    with pytest.raises(ValueError, match="must start at a multiple of 64 bytes"):
        Task(**given | {name: aside})
    narrow = rows("blas", np.zeros((len(matrix), SIZE)))
    with pytest.raises(ValueError, match=f"must be {len(matrix)} x 16, got {len(matrix)} x 5"):
        Task(**given | {name: narrow})


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


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_large_noise_table_finds_its_words(kernel):
    """More words than the smallest index has buckets; only word 40,000 is ever drawn."""
    n_words = 70_000
    table = np.zeros(n_words, np.uint32)
    table[40_000:] = 2**31 - 1
    given = arguments(2, 3, kernel) | {
        "input_vectors": rows(kernel, np.full((n_words, 3), 0.1)),
        "output_vectors": rows(kernel, np.zeros((n_words, 3))),
        "noise_table": table,
        "node_vectors": None,
    }
    Worker(Task(**given), 2).train_job(*job([0, 1]), 2**47 + 12345, 0.1)
    assert np.flatnonzero(given["output_vectors"].any(axis=1)).tolist() == [0, 1, 40_000]


# ---- what a worker refuses -----------------------------------------------------------------------


@pytest.mark.parametrize("bad", [None, 5, "task", object()])
def test_a_worker_needs_a_task(bad):
    with pytest.raises(TypeError):
        Worker(bad, 6)


def test_a_worker_needs_the_length_of_the_longest_sentence():
    with pytest.raises(TypeError):
        Worker(Task(**arguments()), None)
    with pytest.raises(TypeError):
        Worker(Task(**arguments()))


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_sentence_longer_than_the_worker_was_told_is_refused(kernel):
    given = arguments(kernel=kernel)
    worker = Worker(Task(**given), 5)
    with pytest.raises(ValueError, match="in steps of at most 5"):
        worker.train_job(*job(), 1, 0.1)
    assert not given["output_vectors"].any() and worker.n_sentences == 0
    assert worker.train_job(*job(lengths=[5, 1]), 1, 0.1) == 2


@pytest.mark.parametrize("kernel", KERNELS)
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
def test_a_worker_refuses_a_job_out_of_range_before_any_weight_moves(kernel, ids, offsets, cuts):
    given = arguments(kernel=kernel)
    before = [w.copy() for w in weights(given)]
    worker = Worker(Task(**given), 6)
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
    worker = Worker(Task(**arguments()), 6)
    with pytest.raises(REFUSED):
        worker.train_job(ids, offsets, cuts, 1, 0.1)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_job_without_offsets_is_no_job(kernel):
    worker = Worker(Task(**arguments(kernel=kernel)), 6)
    assert worker.train_job(np.zeros(0, np.int32), np.zeros(0, np.int64), None, 1, 0.1) == 0
    assert worker.train_job(np.zeros(0, np.int32), np.zeros(1, np.int64), None, 1, 0.1) == 0


@pytest.mark.parametrize(
    ("ids", "offsets"),
    [([0, 1], []), ([0, 1], [0]), ([], [0, 5]), ([], [3, 0])],
)
def test_tokens_and_offsets_that_disagree_are_refused_even_when_one_is_empty(ids, offsets):
    worker = Worker(Task(**arguments()), 6)
    with pytest.raises(ValueError, match="offsets"):
        worker.train_job(np.array(ids, np.int32), np.array(offsets, np.int64), None, 1, 0.1)


@pytest.mark.parametrize("rng", [-1, 2**64, "x", None])
def test_a_state_that_is_no_64_bit_number_is_refused(rng):
    worker = Worker(Task(**arguments()), 6)
    with pytest.raises((TypeError, OverflowError)):
        worker.train_job(*job(), rng, 0.1)


@hypothesis.given(
    npst.arrays(np.int32, st.integers(0, 8), elements=st.integers(-2, N_WORDS + 1)),
    npst.arrays(np.int64, st.integers(0, 5), elements=st.integers(-2, 10)),
    st.none() | npst.arrays(np.int32, st.integers(0, 9), elements=st.integers(-1, 4)),
    st.integers(0, 2**64 - 1),
    st.booleans(),
    st.booleans(),
    st.sampled_from(KERNELS),
)
def test_any_job_is_trained_or_refused(ids, offsets, cuts, rng, skip_gram, shared, kernel):
    given = arguments(kernel=kernel, skip_gram=skip_gram, shared_negatives=shared)
    worker = Worker(Task(**given), 8)
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


# ---- the table of kernels ------------------------------------------------------------------------


def test_blas_and_scalar_run_everywhere_and_blas_is_listed_first():
    assert KERNELS[:2] == ("blas", "scalar")
    assert set(KERNELS) <= set(KERNEL_NAMES) == {"blas", "scalar", "avx2", "avx512", "neon"}


def test_auto_is_the_fastest_kernel_that_runs_here():
    by_speed = ("avx512", "neon", "avx2", "scalar")
    assert resolve_kernel("auto") == next(name for name in by_speed if name in KERNELS)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_that_runs_here_resolves_to_itself_and_names_its_tasks(kernel):
    assert resolve_kernel(kernel) == kernel
    assert Task(**arguments(kernel=kernel)).kernel == kernel


@pytest.mark.parametrize("name", ["", "simd", "AVX2", "avx512 ", "blas\0"])
@pytest.mark.parametrize("function", [resolve_kernel, lambda name: row_stride(name, 5)])
def test_an_unknown_kernel_is_a_value_error_that_lists_what_is_allowed(function, name):
    with pytest.raises(ValueError, match="kernel must be one of") as caught:
        function(name)
    assert repr(name) in str(caught.value)
    assert all(repr(known) in str(caught.value) for known in ("auto", *KERNEL_NAMES))


@pytest.mark.parametrize("name", sorted(set(KERNEL_NAMES) - set(KERNELS)))
def test_a_kernel_that_is_not_to_be_had_is_a_runtime_error_that_says_why(name):
    of_arm = platform.machine().lower() in ("arm64", "aarch64")
    lacks = "this processor lacks" if (name == "neon") == of_arm else "this build lacks"
    with pytest.raises(RuntimeError, match=f"{lacks} the kernel '{name}'; it has blas, scalar"):
        resolve_kernel(name)


@pytest.mark.parametrize("name", [None, 5, b"blas"])
def test_a_kernel_that_is_no_str_is_a_type_error(name):
    with pytest.raises(TypeError):
        resolve_kernel(name)


@pytest.mark.parametrize("size", [1, 15, 16, 17, 100, 112, 300, 1000])
def test_rows_are_padded_to_64_bytes_but_for_blas(size):
    assert row_stride("blas", size) == size
    for kernel in FAST_KERNELS:
        stride = row_stride(kernel, size)
        assert stride % 16 == 0 and size <= stride < size + 16


# ---- the noise pool ------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", FAST_KERNELS)
@pytest.mark.parametrize("shared", [True, False])
def test_negatives_are_drawn_as_often_as_the_noise_table_says(kernel, shared):
    """Each draw from zero outputs moves its row by alpha / 2 of the input, whatever it is.

    The input row is all ones and locked, alpha so small that a score stays 0: a row's move counts
    how often it was drawn.
    """
    n_words, n, negative, alpha = 50, 4000, 5, 1e-7
    counts = (1e6 / np.arange(1, n_words + 1)).astype(np.int64)
    given = arguments(n_words, 1, kernel) | {
        "input_vectors": rows(kernel, np.ones((n_words, 1))),
        "output_vectors": rows(kernel, np.zeros((n_words, 1))),
        "node_vectors": None,
        "input_locks": np.zeros(1, np.float32),
        "noise_table": vocabulary.noise_table(counts, 0.75),
        "window": 1,
        "negative": negative,
        "shared_negatives": shared,
        "n_noise_pool": 1 << 18,
    }
    worker = Worker(Task(**given), 2)
    center = n_words - 1  # the rarest: its own row also moves up
    for rng in range(25):
        worker.train_job(*job(np.full(2 * n, center), [2] * n), rng, alpha)
    n_drawn = -given["output_vectors"][:center, 0] / (alpha / 2)
    p = counts**0.75 / (counts**0.75).sum()
    n_draws = negative * worker.n_pairs
    expected = p[:center] * n_draws
    # Jobs start anywhere in the pool, and may pass the same stretch of it again.
    deviation = np.sqrt(expected * 4)
    assert np.abs(n_drawn - expected).max() < (5 * deviation + 0.001 * expected).max()
    assert (np.abs(n_drawn - expected) < 5 * deviation + 0.001 * expected).all()
    assert np.corrcoef(n_drawn, expected)[0, 1] > 0.999


@pytest.mark.parametrize("kernel", FAST_KERNELS)
def test_the_noise_pool_is_a_function_of_its_seed(kernel):
    results = []
    for seed in (1, 1, 2):
        given = arguments(kernel=kernel, noise_seed=seed)
        worker = Worker(Task(**given), 6)
        for rng in range(3):
            worker.train_job(*job(), rng, 0.1)
        results.append(given["output_vectors"].tobytes())
    assert results[0] == results[1] != results[2]
