"""Tests: the C kernels alone. Compiles them with the C compiler found and calls them through
ctypes, without the package."""

from __future__ import annotations

import ctypes as ct
import heapq
import mmap
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

KERNELS_FOLDER = Path(__file__).parents[2] / "fastsgns" / "_kernels"
SOURCES = (
    "cpu.c",
    "dispatch.c",
    "kernel_avx512.c",
    "kernel_avx2.c",
    "kernel_neon.c",
    "kernel_scalar.c",
)
KERNEL_NAMES = ("avx512", "avx2", "neon", "scalar")
PRESENT, UNKNOWN_NAME, NOT_BUILT, CPU_LACKS_IT = range(4)
NEVER_DROPPED = np.iinfo(np.uint32).max

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


N_LEVELS = 8
HotRows = ct.c_int64 * N_LEVELS


class Weights(ct.Structure):
    _fields_ = [
        ("input_vectors", ct.c_void_p),
        ("output_vectors", ct.c_void_p),
        ("node_vectors", ct.c_void_p),
        ("input_locks", ct.c_void_p),
        ("n_input_locks", ct.c_int64),
        ("n_words", ct.c_int64),
        ("vector_size", ct.c_int64),
        ("stride", ct.c_int64),
        ("n_hot", ct.c_int64),
        ("hot_inputs", HotRows),
        ("hot_outputs", HotRows),
        ("hot_nodes", HotRows),
        ("apart", ct.c_double),
    ]


class Task(ct.Structure):
    _fields_ = [
        ("weights", Weights),
        ("skip_gram", ct.c_int32),
        ("cbow_mean", ct.c_int32),
        ("window", ct.c_int32),
        ("shrink_windows", ct.c_int32),
        ("negative", ct.c_int32),
        ("shared_negatives", ct.c_int32),
        ("compute_loss", ct.c_int32),
        ("keep_thresholds", ct.c_void_p),
        ("noise_table", ct.c_void_p),
        ("noise_buckets", ct.c_void_p),
        ("noise_bucket_shift", ct.c_int32),
        ("noise_pool", ct.c_void_p),
        ("n_noise_pool", ct.c_int64),
        ("path_offsets", ct.c_void_p),
        ("path_nodes", ct.c_void_p),
        ("path_codes", ct.c_void_p),
        ("stop", ct.c_void_p),
    ]


class Job(ct.Structure):
    _fields_ = [
        ("ids", ct.c_void_p),
        ("offsets", ct.c_void_p),
        ("n_sentences", ct.c_int64),
        ("window_cuts", ct.c_void_p),
        ("worker", ct.c_int64),
        ("rng", ct.c_uint64),
        ("alpha", ct.c_float),
    ]


class Tally(ct.Structure):
    _fields_ = [
        ("loss", ct.c_double),
        ("n_pairs", ct.c_int64),
        ("n_effective", ct.c_int64),
        ("n_sentences", ct.c_int64),
    ]


class Kernel(ct.Structure):
    _fields_ = [
        ("name", ct.c_char_p),
        ("nbytes_scratch", ct.CFUNCTYPE(ct.c_int64, ct.POINTER(Task), ct.c_int64)),
        (
            "train_job",
            ct.CFUNCTYPE(None, ct.POINTER(Task), ct.POINTER(Job), ct.c_void_p, ct.POINTER(Tally)),
        ),
    ]


def find_compiler() -> str | None:
    """The C compiler to use: $CC, else the first of cc, gcc, clang that is installed."""
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if name and shutil.which(name.split()[0]):
            return name
    return None


def build(folder: Path, flags: tuple[str, ...] = ()) -> ct.CDLL:
    """Compile the kernels into a shared library in `folder` and load it.

    $SGNS_CFLAGS is added to the flags: -fsanitize=address,undefined, for instance.
    """
    compiler = find_compiler()
    assert compiler, "no C compiler"
    library = folder / "kernels.so"
    extra = os.environ.get("SGNS_CFLAGS", "").split()
    processes, objects = [], []
    for source in SOURCES:
        objects.append(str(folder / (source + ".o")))
        command = [*compiler.split(), "-std=c11", "-O3", "-fPIC", "-Wall", "-Wextra", "-Werror"]
        command += [*extra, *flags, "-c", str(KERNELS_FOLDER / source), "-o", objects[-1]]
        processes.append(subprocess.Popen(command))
    assert all(process.wait() == 0 for process in processes), "the kernels do not compile"
    link = [*compiler.split(), "-shared", *extra, *objects, "-lm", "-o", str(library)]
    subprocess.run(link, check=True)
    loaded = ct.CDLL(str(library))
    loaded.sgns_find_kernel.restype = ct.POINTER(Kernel)
    loaded.sgns_find_kernel.argtypes = [ct.c_char_p, ct.POINTER(ct.c_int)]
    loaded.sgns_best_kernel.restype = ct.POINTER(Kernel)
    loaded.sgns_stride.restype = ct.c_int64
    loaded.sgns_stride.argtypes = [ct.c_int64]
    return loaded


def find_kernel(library: ct.CDLL, name: str) -> tuple[Any, int]:
    """The kernel's record, or None, and the reason."""
    why = ct.c_int(-1)
    pointer = library.sgns_find_kernel(name.encode(), ct.byref(why))
    return (pointer.contents if pointer else None), why.value


@dataclass
class Emulated:
    """A kernel that this processor cannot run: each job is a process of its own, see run_job.c."""

    name: str
    command: list[str]


def build_emulated_neon(folder: Path) -> Emulated | None:
    """Cross-compile the kernels for 64-bit ARM; None where the tools for it are missing.

    On Debian: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
    """
    compiler, emulator = shutil.which("aarch64-linux-gnu-gcc"), shutil.which("qemu-aarch64")
    if compiler is None or emulator is None:
        return None
    program = folder / "run_job"
    sources = [str(KERNELS_FOLDER / source) for source in SOURCES]
    sources.append(str(Path(__file__).with_name("run_job.c")))
    flags = ["-std=c11", "-O3", "-static", "-Wall", "-Wextra", "-Werror", f"-I{KERNELS_FOLDER}"]
    subprocess.run([compiler, *flags, *sources, "-lm", "-o", str(program)], check=True)
    return Emulated("neon", [emulator, str(program), "neon"])


def is_built_here(name: str) -> bool:
    is_arm = platform.machine().lower() in ("aarch64", "arm64")
    is_x86 = platform.machine().lower() in ("x86_64", "amd64")
    return {"neon": is_arm, "avx2": is_x86, "avx512": is_x86}.get(name, True)


def aligned_zeros(n_rows: int, n_columns: int) -> Floats:
    """Float32 rows at the start of huge pages, as the boundary hands them to a kernel."""
    n_bytes = max(1, n_rows * n_columns * 4)
    huge = 1 << 21
    private = (
        {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    )
    pages = mmap.mmap(-1, n_bytes + 2 * huge, **private)  # shared memory gets no huge pages
    if hasattr(mmap, "MADV_HUGEPAGE") and n_bytes > huge:
        pages.madvise(mmap.MADV_HUGEPAGE)
    raw = np.frombuffer(pages, np.uint8)
    start = -raw.ctypes.data % huge if n_bytes > huge else -raw.ctypes.data % 64
    return raw[start : start + n_rows * n_columns * 4].view(np.float32).reshape(n_rows, n_columns)


def huffman(
    counts: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], Ints, npt.NDArray[np.uint8]]:
    """(path_offsets, path_nodes, path_codes), root first; nodes numbered in the order they are
    made."""
    n_words = len(counts)
    heap = [(int(count), word) for word, count in enumerate(counts)]
    heapq.heapify(heap)
    parents, bits = np.zeros(2 * n_words, np.int64), np.zeros(2 * n_words, np.uint8)
    for node in range(n_words, 2 * n_words - 1):
        (count_0, child_0), (count_1, child_1) = heapq.heappop(heap), heapq.heappop(heap)
        parents[child_0] = parents[child_1] = node
        bits[child_1] = 1
        heapq.heappush(heap, (count_0 + count_1, node))
    offsets, nodes, codes = [0], [], []
    for word in range(n_words):
        path, at = [], word
        while at != 2 * n_words - 2:
            path.append((parents[at] - n_words, bits[at]))
            at = parents[at]
        nodes += [node for node, _ in reversed(path)]
        codes += [bit for _, bit in reversed(path)]
        offsets.append(len(nodes))
    return np.array(offsets, np.int64), np.array(nodes, np.int32), np.array(codes, np.uint8)


def noise_pool(counts: npt.NDArray[np.int64], n_pool: int, seed: int = 1) -> Ints:
    """Word ids drawn with probability count^0.75, the last 64 repeating the first."""
    weights = counts**0.75
    rng = np.random.default_rng(seed)
    edges = np.cumsum(weights / weights.sum())
    drawn = np.searchsorted(edges, rng.random(n_pool), side="right").clip(max=len(counts) - 1)
    pool = drawn.astype(np.int32)
    return np.concatenate([pool, np.resize(pool, 64)])


def keep_thresholds(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.uint32]:
    """gensim's sample_int: 2^32 times the probability to keep a word; the maximum for words never
    dropped."""
    if sample == 0:
        return np.full(len(counts), NEVER_DROPPED, np.uint32)
    ratio = counts / (sample * counts.sum())
    keep = (np.sqrt(ratio) + 1) / ratio
    thresholds: npt.NDArray[np.uint32] = np.minimum(keep * 2.0**32, NEVER_DROPPED).astype(np.uint32)
    return thresholds


@dataclass
class Model:
    """Weights, tables and parameters of one training; `weights` hold the padding that kernels ask
    for."""

    counts: npt.NDArray[np.int64]
    vector_size: int
    window: int = 5
    negative: int = 5
    hs: bool = False
    skip_gram: bool = True
    shared: bool = True
    cbow_mean: bool = True
    shrink_windows: bool = True
    sample: float = 0.0
    compute_loss: bool = False
    n_pool: int = 1 << 12
    seed: int = 1
    hot_inputs: tuple[int, ...] = (0,) * N_LEVELS
    hot_outputs: tuple[int, ...] = (0,) * N_LEVELS
    hot_nodes: tuple[int, ...] = (0,) * N_LEVELS
    apart: float = 0.0
    n_workers: int = 1
    locks: Floats = field(default_factory=lambda: np.ones(1, np.float32))

    def __post_init__(self) -> None:
        n_words, size = len(self.counts), self.vector_size
        self.n_hot = max(self.hot_inputs[-1], self.hot_outputs[-1], self.hot_nodes[-1])
        self.stride = (size + 15) // 16 * 16
        rng = np.random.default_rng(self.seed)
        self.input_vectors = self.new_matrix(n_words)
        self.input_vectors[:, :size] = (rng.random((n_words, size), np.float32) - 0.5) / size
        self.output_vectors = self.new_matrix(n_words) if self.negative else None
        self.node_vectors = self.new_matrix(max(0, n_words - 1)) if self.hs else None
        self.keep = keep_thresholds(self.counts, self.sample)
        self.pool: Any = noise_pool(self.counts, self.n_pool) if self.negative else None
        self.paths: Any = huffman(self.counts) if self.hs else (None, None, None)
        self.stop = np.zeros(1, np.int32)
        self.tally = Tally()

    def new_matrix(self, n_rows: int) -> Floats:
        """Rows, and behind the last word's those that each worker has for itself."""
        n_behind = len(self.counts) - n_rows + 2 * self.n_hot * self.n_workers if self.n_hot else 0
        return aligned_zeros(n_rows + n_behind, self.stride)[:n_rows]

    def task(self) -> Task:
        def address(array: npt.NDArray[Any] | None) -> int | None:
            return None if array is None else array.ctypes.data

        weights = Weights(
            address(self.input_vectors),
            address(self.output_vectors),
            address(self.node_vectors),
            address(self.locks),
            len(self.locks),
            len(self.counts),
            self.vector_size,
            self.stride,
            self.n_hot,
            HotRows(*self.hot_inputs),
            HotRows(*self.hot_outputs),
            HotRows(*self.hot_nodes),
            self.apart,
        )
        path_offsets, path_nodes, path_codes = self.paths
        return Task(
            weights=weights,
            skip_gram=self.skip_gram,
            cbow_mean=self.cbow_mean,
            window=self.window,
            shrink_windows=self.shrink_windows,
            negative=self.negative,
            shared_negatives=self.shared,
            compute_loss=self.compute_loss,
            keep_thresholds=address(self.keep) if self.sample else None,
            noise_pool=address(self.pool),
            n_noise_pool=self.n_pool,
            path_offsets=address(path_offsets),
            path_nodes=address(path_nodes),
            path_codes=address(path_codes),
            stop=address(self.stop),
        )


def run_emulated(
    kernel: Emulated,
    model: Model,
    longest: int,
    ids: Ints,
    offsets: Any,
    rng: int,
    alpha: float,
    worker: int,
) -> None:
    """Run one job in the emulator; the model's weights and tally become those that it answers."""
    path_offsets, path_nodes, path_codes = model.paths
    numbers = [len(model.counts), model.vector_size, model.stride, model.skip_gram, model.cbow_mean]
    numbers += [
        model.window,
        model.shrink_windows,
        model.negative,
        model.shared,
        model.compute_loss,
    ]
    numbers += [
        len(model.locks),
        bool(model.sample),
        model.n_pool,
        len(path_nodes) if model.hs else -1,
    ]
    numbers += [len(ids), len(offsets) - 1, longest, int(model.stop[0])]
    numbers += [model.n_hot, *model.hot_inputs, *model.hot_outputs, *model.hot_nodes, worker, rng]
    thresholds = model.keep if model.sample else None
    matrices = [
        m for m in (model.input_vectors, model.output_vectors, model.node_vectors) if m is not None
    ]
    arrays = [
        *matrices,
        model.locks,
        thresholds,
        model.pool,
        path_offsets,
        path_nodes,
        path_codes,
        ids,
        offsets,
    ]
    request = np.array(numbers, np.int64).tobytes() + np.array([alpha, model.apart]).tobytes()
    request += b"".join(array.tobytes() for array in arrays if array is not None)
    answer = subprocess.run(kernel.command, input=request, capture_output=True, check=True).stdout
    tally = Tally.from_buffer_copy(answer)
    for name in ("loss", "n_pairs", "n_effective", "n_sentences"):
        setattr(model.tally, name, getattr(model.tally, name) + getattr(tally, name))
    rows = np.frombuffer(answer, np.float32, offset=ct.sizeof(Tally)).reshape(-1, model.stride)
    starts = np.cumsum([0] + [len(matrix) for matrix in matrices])
    for matrix, start in zip(matrices, starts, strict=False):
        matrix[:] = rows[start : start + len(matrix)]


class Trainer:
    """Runs jobs of one model on one kernel."""

    def __init__(
        self, kernel: Any, model: Model, len_longest_sentence: int, tally: Tally | None = None
    ) -> None:
        self.kernel, self.model, self.task = kernel, model, model.task()
        self.tally = tally  # of its own, for one of several at a time
        self.longest, self.scratch = len_longest_sentence, None
        if isinstance(kernel, Emulated):
            return
        n_bytes = kernel.nbytes_scratch(ct.byref(self.task), len_longest_sentence)
        # Exactly as long as asked for, so that a sanitizer sees the first byte beyond.
        self.libc = ct.CDLL(None)
        self.libc.aligned_alloc.restype = ct.c_void_p
        self.libc.aligned_alloc.argtypes = [ct.c_size_t, ct.c_size_t]
        self.libc.free.argtypes = [ct.c_void_p]
        self.scratch = self.libc.aligned_alloc(64, n_bytes)
        ct.memset(self.scratch, 0, n_bytes)

    def __del__(self) -> None:
        if self.scratch is not None:
            self.libc.free(self.scratch)

    def run(
        self, ids: Ints, offsets: npt.NDArray[np.int64], rng: int, alpha: float, worker: int = 0
    ) -> Tally:
        """One job; returns the tally of all jobs so far."""
        if isinstance(self.kernel, Emulated):
            run_emulated(self.kernel, self.model, self.longest, ids, offsets, rng, alpha, worker)
            return self.model.tally
        job = Job(ids.ctypes.data, offsets.ctypes.data, len(offsets) - 1, None, worker, rng, alpha)
        tally = self.tally or self.model.tally
        self.kernel.train_job(ct.byref(self.task), ct.byref(job), self.scratch, ct.byref(tally))
        return tally
