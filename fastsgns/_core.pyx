# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: training tasks and workers over the kernel table.

A `Task` holds what stays the same through one call of train(); each thread has a `Worker`, which
runs one job a call with the GIL released. Whoever calls owns every buffer; a Task keeps references
so that none goes away while threads read it. Only the three weight matrices are shared between
threads that write (Hogwild: Niu et al. 2011, arXiv:1106.5730).
"""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc

from fastsgns._blas_kernel cimport blas_kernel
from fastsgns._types cimport (
    SGNS_CPU_LACKS_IT,
    SGNS_MERGE_LEVELS,
    SGNS_PRESENT,
    SGNS_SET_FLAG,
    SgnsHotRows,
    SgnsJob,
    SgnsKernel,
    SgnsNoiseSlot,
    SgnsTally,
    SgnsTask,
    SgnsWeights,
    sgns_best_kernel,
    sgns_fill_noise_buckets,
    sgns_fill_noise_pool,
    sgns_fill_noise_slots,
    sgns_find_kernel,
    sgns_n_hot,
    sgns_stride,
)

#: Bytes that rows start at multiples of, for every kernel but "blas".
cdef enum:
    ALIGNMENT = 64

# ---- the kernel table ----------------------------------------------------------------------------

#: Every kernel there is, on any machine; "auto" stands for the fastest that runs here.
KERNEL_NAMES = ("blas", "scalar", "avx2", "avx512", "neon")


cdef const SgnsKernel *find_kernel(str name) except NULL:
    cdef int why_missing = SGNS_PRESENT
    cdef const SgnsKernel *kernel
    if name == "auto":
        return sgns_best_kernel()
    if name == "blas":
        return blas_kernel()
    if name not in KERNEL_NAMES:
        raise ValueError(f"kernel must be one of {('auto', *KERNEL_NAMES)}, got {name!r}")
    kernel = sgns_find_kernel(name.encode(), &why_missing)
    if kernel == NULL:
        lacks = "this processor lacks" if why_missing == SGNS_CPU_LACKS_IT else "this build lacks"
        raise RuntimeError(
            f"{lacks} the kernel {name!r}; it has {', '.join(available_kernels())}"
        )
    return kernel


def available_kernels():
    """Return the names of the kernels that run here, "blas" first."""
    cdef int why_missing = SGNS_PRESENT
    return ("blas",) + tuple(
        name for name in KERNEL_NAMES[1:] if sgns_find_kernel(name.encode(), &why_missing) != NULL
    )


def resolve_kernel(str name not None):
    """Return the name of the kernel that `name` stands for: "auto" is the fastest that runs here.

    Raises ValueError for an unknown name, RuntimeError for a kernel that is not to be had, saying
    whether the build or the processor lacks it.
    """
    return find_kernel(name).name.decode()


def row_stride(str kernel not None, int64_t vector_size):
    """Return how many floats a row of the weights takes for this kernel."""
    find_kernel(kernel)
    return vector_size if kernel == "blas" else sgns_stride(vector_size)


# ---- tasks and workers ---------------------------------------------------------------------------

cdef class Task:
    """What stays the same through one call of train(): weights, options, tables, and the stop flag.

    Parameters
    ----------
    kernel : str, resolved before.
    vector_size : int, >= 1.
    input_vectors : float32 (n_words, row_stride(kernel, vector_size)), in C order; moved by
        training, raced on. Columns beyond vector_size are zero and stay so. For every kernel but
        "blas" a matrix starts at a multiple of 64 bytes.
    output_vectors : the same or None: negative sampling.
    node_vectors : the same, (n_words - 1) rows or more, or None: hierarchical softmax.
    input_locks : float32 (n,), n >= 1: row i moves by input_locks[i % n] times its step.
    noise_table : uint32 (n_words,) or None: cumulative noise distribution.
    path_offsets : int64 (n_words + 1,) or None: where each word's Huffman path begins.
    path_nodes, path_codes : int32 and uint8 (n,) or None: the paths, root first.
    keep_thresholds : uint32 (n_words,) or None: subsampling in the kernel; None for "blas".
    n_noise_pool : int, a power of two >= 64, or 0 for "blas"; the pool is drawn with `noise_seed`.
    skip_gram, cbow_mean, shrink_windows, shared_negatives, compute_loss : bool.
    window, negative : int.
    replicas : training.replicas.Replicas or None: which hot rows each worker trains in copies of
        its own (replicas.h). Every matrix then has 2 * replicas.n_rows * n_workers rows more than
        there are words.
    n_workers : int, default 1: how many Workers there may be.

    Raises ValueError when shapes or table entries do not fit together, and BufferError or
    ValueError on a wrong dtype, order or a read-only matrix. The arrays stay the caller's; the Task
    keeps them alive.
    """
    cdef SgnsTask task
    cdef float[:, ::1] input_vectors, output_vectors, node_vectors
    cdef const float[::1] input_locks
    cdef const uint32_t[::1] noise_table
    cdef const int64_t[::1] path_offsets
    cdef const int32_t[::1] path_nodes
    cdef const uint8_t[::1] path_codes
    cdef const uint32_t[::1] keep_thresholds
    cdef readonly str kernel
    cdef int32_t *noise_buckets
    cdef int32_t *noise_pool
    cdef int32_t stop_flag
    cdef readonly int n_workers

    def __cinit__(self):
        self.noise_buckets = NULL
        self.noise_pool = NULL

    def __init__(
        self,
        *,
        str kernel not None,
        int64_t vector_size,
        float[:, ::1] input_vectors not None,
        float[:, ::1] output_vectors,
        float[:, ::1] node_vectors,
        const float[::1] input_locks not None,
        const uint32_t[::1] noise_table,
        const int64_t[::1] path_offsets,
        const int32_t[::1] path_nodes,
        const uint8_t[::1] path_codes,
        const uint32_t[::1] keep_thresholds,
        bint skip_gram,
        bint cbow_mean,
        int window,
        bint shrink_windows,
        int negative,
        bint shared_negatives,
        int64_t n_noise_pool,
        uint64_t noise_seed,
        bint compute_loss,
        replicas=None,
        int n_workers=1,
    ):
        find_kernel(kernel)
        self.kernel = kernel
        if window < 1 or negative < 0:
            raise ValueError(
                f"window must be >= 1 and negative >= 0, got window={window}, negative={negative}"
            )
        self.stop_flag = 0
        self.task.stop = &self.stop_flag
        self.task.skip_gram = skip_gram
        self.task.cbow_mean = cbow_mean
        self.task.window = window
        self.task.shrink_windows = shrink_windows
        self.task.shared_negatives = shared_negatives
        self.task.compute_loss = compute_loss
        if n_workers < 1:
            raise ValueError(f"n_workers must be >= 1, got {n_workers}")
        self.n_workers = n_workers
        if replicas is not None and replicas.n_rows > 0:
            self._set_replicas(replicas)
        self._set_inputs(vector_size, input_vectors, input_locks, keep_thresholds)
        if negative > 0:
            self._set_negative_sampling(output_vectors, noise_table, negative)
        if negative > 0 and kernel == "blas":
            self._fill_noise_buckets()
        elif negative > 0:
            self._draw_noise_pool(n_noise_pool, noise_seed)
        if node_vectors is not None:
            self._set_hierarchical_softmax(node_vectors, path_offsets, path_nodes, path_codes)
        self._check_hot_rows_have_a_matrix()

    def __dealloc__(self):
        free(self.noise_buckets)
        free(self.noise_pool)

    cdef int _set_replicas(self, replicas) except -1:
        set_hot_rows(&self.task.weights.hot_inputs, replicas.inputs)
        set_hot_rows(&self.task.weights.hot_outputs, replicas.outputs)
        set_hot_rows(&self.task.weights.hot_nodes, replicas.nodes)
        self.task.weights.n_hot = replicas.n_rows
        self.task.weights.apart = replicas.apart
        if not replicas.apart > 0:
            raise ValueError(f"replicas must have apart > 0, got {replicas.apart}")
        return 0

    cdef int _set_inputs(
        self, int64_t vector_size, float[:, ::1] input_vectors, const float[::1] input_locks,
        const uint32_t[::1] keep_thresholds,
    ) except -1:
        cdef int64_t n_hot = self.task.weights.n_hot
        cdef int64_t n_words = input_vectors.shape[0] - 2 * n_hot * self.n_workers
        if n_words < 1 or vector_size < 1:
            raise ValueError(
                f"the input vectors must have a row and a column, got {n_words} x {vector_size}"
            )
        if n_hot >= n_words:
            raise ValueError(f"replicas must be of fewer than the {n_words} words, got {n_hot}")
        if input_locks.shape[0] < 1:
            raise ValueError("vectors_lockf must hold at least one factor, got none")
        self.task.weights.vector_size = vector_size
        self.task.weights.stride = row_stride(self.kernel, vector_size)
        self.task.weights.n_words = n_words
        self._check_rows("input vectors", input_vectors, n_words)
        if keep_thresholds is not None:
            if keep_thresholds.shape[0] != n_words:
                raise ValueError(
                    f"{n_words} words need as many keep thresholds, got {keep_thresholds.shape[0]}"
                )
            self.keep_thresholds = keep_thresholds
            self.task.keep_thresholds = &keep_thresholds[0]
        self.input_vectors = input_vectors
        self.input_locks = input_locks
        self.task.weights.input_vectors = &input_vectors[0, 0]
        self.task.weights.input_locks = &input_locks[0]
        self.task.weights.n_input_locks = input_locks.shape[0]
        return 0

    cdef int _set_negative_sampling(
        self, float[:, ::1] output_vectors, const uint32_t[::1] noise_table, int negative
    ) except -1:
        cdef int64_t n_words = self.task.weights.n_words
        cdef int64_t word
        if output_vectors is None or noise_table is None:
            raise ValueError(f"negative={negative} needs output vectors and a noise table")
        self._check_rows("output vectors", output_vectors, n_words)
        if noise_table.shape[0] != n_words or noise_table[n_words - 1] == 0:
            raise ValueError(
                f"the noise table must have {n_words} ascending entries and end above 0,"
                f" got {noise_table.shape[0]}"
            )
        for word in range(1, n_words):
            if noise_table[word] < noise_table[word - 1]:
                raise ValueError(f"the noise table must ascend, but entry {word} is lower")
        self.output_vectors = output_vectors
        self.noise_table = noise_table
        self.task.negative = negative
        self.task.weights.output_vectors = &output_vectors[0, 0]
        self.task.noise_table = &noise_table[0]
        return 0

    cdef int _fill_noise_buckets(self) except -1:
        cdef const uint32_t *noise_table = self.task.noise_table
        cdef int64_t n_words = self.task.weights.n_words
        cdef int64_t n_buckets
        cdef int shift = 31
        # About one word a bucket: the search then takes 0 or 1 steps, and the index stays in the L2
        # cache.
        while shift > 11 and (<int64_t> 1 << (31 - shift)) < n_words:
            shift -= 1
        n_buckets = (<int64_t> noise_table[n_words - 1] >> shift) + 1
        self.noise_buckets = <int32_t *> malloc((n_buckets + 1) * sizeof(int32_t))
        if self.noise_buckets == NULL:
            raise MemoryError(f"no memory for {n_buckets + 1} noise buckets")
        sgns_fill_noise_buckets(noise_table, n_words, self.noise_buckets, n_buckets, shift)
        self.task.noise_buckets = self.noise_buckets
        self.task.noise_bucket_shift = shift
        return 0

    cdef int _draw_noise_pool(self, int64_t n_pool, uint64_t seed) except -1:
        cdef int64_t n_words = self.task.weights.n_words
        cdef SgnsNoiseSlot *slots
        cdef uint64_t *rest
        if n_pool < 64 or n_pool & (n_pool - 1):
            raise ValueError(f"n_noise_pool must be a power of two >= 64, got {n_pool}")
        self.noise_pool = <int32_t *> malloc((n_pool + 64) * sizeof(int32_t))
        slots = <SgnsNoiseSlot *> malloc(n_words * sizeof(SgnsNoiseSlot))
        rest = <uint64_t *> malloc(n_words * sizeof(uint64_t))
        try:
            if self.noise_pool == NULL or slots == NULL or rest == NULL:
                raise MemoryError(f"no memory for a pool of {n_pool} negatives")
            with nogil:
                sgns_fill_noise_slots(self.task.noise_table, n_words, slots, rest)
                sgns_fill_noise_pool(slots, n_words, seed, self.noise_pool, n_pool)
        finally:
            free(slots)
            free(rest)
        self.task.noise_pool = self.noise_pool
        self.task.n_noise_pool = n_pool
        return 0

    cdef int _set_hierarchical_softmax(
        self, float[:, ::1] node_vectors, const int64_t[::1] path_offsets,
        const int32_t[::1] path_nodes, const uint8_t[::1] path_codes,
    ) except -1:
        cdef int64_t n_words = self.task.weights.n_words
        cdef int64_t i, length
        length = path_nodes.shape[0] if path_nodes is not None else 0
        if (
            path_offsets is None or path_nodes is None or path_codes is None
            or path_offsets.shape[0] != n_words + 1 or path_codes.shape[0] != length
        ):
            raise ValueError(f"Huffman paths must be given for {n_words} words")
        if path_offsets[0] != 0 or path_offsets[n_words] != length:
            raise ValueError(f"Huffman path offsets must run from 0 to {length}")
        self._check_rows("node vectors", node_vectors, max(n_words - 1, 1))
        for i in range(n_words):
            if path_offsets[i] > path_offsets[i + 1]:
                raise ValueError(f"the Huffman path of word {i} has a negative length")
        for i in range(length):
            if path_nodes[i] < 0 or path_nodes[i] >= n_words - 1:
                raise ValueError(f"Huffman node {path_nodes[i]} is outside 0..{n_words - 2}")
        self.node_vectors = node_vectors
        self.path_offsets = path_offsets
        self.path_nodes = path_nodes
        self.path_codes = path_codes
        self.task.weights.node_vectors = &node_vectors[0, 0]
        self.task.path_offsets = &path_offsets[0]
        # A vocabulary of one word has a path of no node: any pointer but NULL, which says no hs.
        self.task.path_nodes = &path_nodes[0] if length else <const int32_t *> &self.stop_flag
        self.task.path_codes = &path_codes[0] if length else NULL
        return 0

    cdef int _check_hot_rows_have_a_matrix(self) except -1:
        cdef SgnsWeights *weights = &self.task.weights
        cdef int64_t n_outputs = sgns_n_hot(&weights.hot_outputs)
        cdef int64_t n_nodes = sgns_n_hot(&weights.hot_nodes)
        if (n_outputs and weights.output_vectors == NULL) or (
            n_nodes and weights.node_vectors == NULL
        ):
            raise ValueError("replicas of output or node vectors need that matrix")
        return 0

    cdef int _check_rows(self, str what, float[:, ::1] matrix, int64_t n_rows) except -1:
        cdef int64_t n_hot = self.task.weights.n_hot
        if n_hot > 0:
            n_rows = self.task.weights.n_words + 2 * n_hot * self.n_workers
        if matrix.shape[0] < n_rows or matrix.shape[1] != self.task.weights.stride:
            raise ValueError(
                f"the {what} must be {n_rows} x {self.task.weights.stride},"
                f" got {matrix.shape[0]} x {matrix.shape[1]}"
            )
        if self.kernel != "blas" and <size_t> &matrix[0, 0] % ALIGNMENT:
            raise ValueError(f"the {what} must start at a multiple of {ALIGNMENT} bytes")
        return 0

    def stop(self):
        """Ask every worker to return after its current sentence."""
        SGNS_SET_FLAG(&self.stop_flag)


cdef int set_hot_rows(SgnsHotRows *hot, n_due) except -1:
    cdef int64_t before = 0
    cdef int level
    if len(n_due) != SGNS_MERGE_LEVELS:
        raise ValueError(f"hot rows must have {SGNS_MERGE_LEVELS} levels, got {len(n_due)}")
    for level in range(SGNS_MERGE_LEVELS):
        hot.n_due[level] = n_due[level]
        if hot.n_due[level] < before:
            raise ValueError(f"the hot rows of levels must ascend from 0, got {n_due}")
        before = hot.n_due[level]
    return 0


cdef class Worker:
    """One thread's scratch memory and tallies.

    Attributes
    ----------
    loss : float, sum of -log sigma over all scored targets (0 unless compute_loss).
    n_pairs, n_effective, n_sentences : int, what has been trained so far.
    """
    cdef readonly Task task
    cdef readonly int index
    cdef const SgnsKernel *kernel
    cdef int64_t len_longest_sentence
    cdef void *memory   # as it was allocated
    cdef void *scratch  # aligned
    cdef SgnsTally tally

    def __cinit__(self):
        self.memory = NULL

    def __init__(self, Task task not None, int64_t len_longest_sentence, int index=0):
        if not 0 <= index < task.n_workers:
            raise ValueError(f"index must be in 0..{task.n_workers - 1}, got {index}")
        self.task = task
        self.index = index
        self.kernel = find_kernel(task.kernel)
        self.len_longest_sentence = len_longest_sentence
        cdef int64_t nbytes = self.kernel.nbytes_scratch(&task.task, len_longest_sentence)
        self.memory = calloc(nbytes + 2 * ALIGNMENT, 1)  # no cache line shared at either end
        if self.memory == NULL:
            raise MemoryError(f"no memory for {nbytes} bytes of scratch")
        self.scratch = <char *> self.memory + (-<size_t> self.memory) % ALIGNMENT

    def __dealloc__(self):
        free(self.memory)

    @property
    def loss(self):
        return self.tally.loss

    @property
    def n_pairs(self):
        return self.tally.n_pairs

    @property
    def n_effective(self):
        return self.tally.n_effective

    @property
    def n_sentences(self):
        return self.tally.n_sentences

    def train_job(
        self,
        const int32_t[::1] ids not None,
        const int64_t[::1] offsets not None,
        const int32_t[::1] window_cuts,
        uint64_t rng,
        float alpha,
    ):
        """Train one job with the GIL released; return how many of its sentences were finished.

        Parameters
        ----------
        ids : int32 (n,), word ids in [0, n_words).
        offsets : int64 (n_sentences + 1,), from 0 to n: sentence s is ids[offsets[s]:offsets[s +
        1]].
        window_cuts : int32 (n,) in [0, window), or None: how far each center's window shrinks.
        rng : state of the job's random stream.
        alpha : learning rate.

        Raises ValueError, before any weight has moved, when an id, an offset or a cut is out of
        range.
        """
        cdef SgnsJob job
        cdef int64_t n_before = self.tally.n_sentences
        # On this thread's stack: two workers' tallies in one cache line would slow both down.
        cdef SgnsTally tally = self.tally
        cdef bint fits
        if window_cuts is not None and window_cuts.shape[0] < ids.shape[0]:
            raise ValueError(
                f"{ids.shape[0]} tokens need as many window cuts, got {window_cuts.shape[0]}"
            )
        if ids.shape[0] == 0 and offsets.shape[0] == 0:
            return 0
        job.ids = &ids[0] if ids.shape[0] else NULL
        job.offsets = &offsets[0] if offsets.shape[0] else NULL
        job.n_sentences = offsets.shape[0] - 1
        job.window_cuts = NULL
        if window_cuts is not None and ids.shape[0]:
            job.window_cuts = &window_cuts[0]
        job.worker = self.index
        job.rng = rng
        job.alpha = alpha
        with nogil:
            fits = job_fits(&self.task.task, &job, ids.shape[0], self.len_longest_sentence)
            if fits:
                self.kernel.train_job(&self.task.task, &job, self.scratch, &tally)
        if not fits:
            raise ValueError(
                f"a job must have ids in 0..{self.task.task.weights.n_words - 1}, offsets ascending"
                f" from 0 to {ids.shape[0]} in steps of at most {self.len_longest_sentence}, and"
                f" window cuts in 0..{self.task.task.window - 1}"
            )
        self.tally = tally
        return self.tally.n_sentences - n_before


cdef bint job_fits(
    const SgnsTask *task, const SgnsJob *job, int64_t n_ids, int64_t len_longest_sentence
) noexcept nogil:
    """Whether everything that a kernel will use as an index is in range."""
    cdef int64_t i
    if job.offsets == NULL or job.offsets[0] != 0 or job.offsets[job.n_sentences] != n_ids:
        return False
    for i in range(job.n_sentences):
        if not 0 <= job.offsets[i + 1] - job.offsets[i] <= len_longest_sentence:
            return False
    for i in range(n_ids):
        if job.ids[i] < 0 or job.ids[i] >= task.weights.n_words:
            return False
        if job.window_cuts != NULL and not 0 <= job.window_cuts[i] < task.window:
            return False
    return True
