# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Boundary: training tasks and workers over the kernel table, and the gensim-exact kernel "blas".

A `Task` holds what stays the same through one call of train(); each thread has a `Worker`, which runs one job a call with the
GIL released. Whoever calls owns every buffer; a Task keeps references so that none goes away while threads read it.
Only the three weight matrices are shared between threads that write (Hogwild: Niu et al. 2011, arXiv:1106.5730).
"""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from fastsgns._blas cimport axpy, dot, scal
from fastsgns._types cimport (
    SIGMOID_MAX_X,
    SIGMOID_TABLE_SIZE,
    SgnsJob,
    SgnsKernel,
    SgnsTally,
    SgnsTask,
    sgns_fill_noise_buckets,
    sgns_fill_sigmoid_table,
    sgns_find_noise_word,
    sgns_lcg_next,
    sgns_sigmoid_index,
)

cdef float sigmoid_table[SIGMOID_TABLE_SIZE]
cdef float log_sigmoid_table[SIGMOID_TABLE_SIZE]
sgns_fill_sigmoid_table(sigmoid_table, log_sigmoid_table)


# ---- the kernel "blas": gensim's arithmetic in gensim's order ----------------------------------------------------------

cdef struct BlasScratch:
    float *hidden          # (vector_size,)  CBOW: the mean or sum of the context (neu1)
    float *accum           # (vector_size,)  what the input vectors will move by (neu1e)


cdef inline BlasScratch blas_scratch(const SgnsTask *task, void *scratch) noexcept nogil:
    """Divide the worker's scratch memory."""
    cdef BlasScratch parts
    parts.hidden = <float *> scratch
    parts.accum = parts.hidden + task.weights.vector_size
    return parts


cdef int64_t blas_nbytes_scratch(const SgnsTask *task, int64_t len_longest_sentence) noexcept nogil:
    return 2 * task.weights.vector_size * <int64_t> sizeof(float)


cdef inline void score_target(
    const SgnsTask *task,
    const float *hidden,      # IN (vector_size,)
    float *target_row,        # INOUT (vector_size,) raced on
    float label,              # IN 1: positive, 0: negative
    float alpha,
    float *accum,             # INOUT (vector_size,)
    SgnsTally *tally,
) noexcept nogil:
    """Move one target row, and note how the hidden vector should move: g = alpha (label - sigma(h . o)).

    accum += g o, then o += g h. Pairs with |h . o| >= 6 are skipped, not clamped, as word2vec.c and gensim do.
    """
    cdef float x = dot(<int> task.weights.vector_size, hidden, target_row)
    if x <= -SIGMOID_MAX_X or x >= SIGMOID_MAX_X:
        return
    cdef float g = (label - sigmoid_table[sgns_sigmoid_index(x)]) * alpha
    if task.compute_loss:
        tally.loss -= log_sigmoid_table[sgns_sigmoid_index(x if label == 1.0 else -x)]
    axpy(<int> task.weights.vector_size, g, target_row, accum)
    axpy(<int> task.weights.vector_size, g, hidden, target_row)


cdef inline void negative_sampling(
    const SgnsTask *task, const float *hidden, int32_t word, float alpha, uint64_t *rng,
    float *accum, SgnsTally *tally,
) noexcept nogil:
    """Score `word` (label 1), then `negative` draws (label 0); a draw that is `word` itself is skipped, not redrawn."""
    cdef const uint32_t *noise_table = task.noise_table
    cdef uint32_t domain = noise_table[task.weights.n_words - 1]
    cdef int64_t stride = task.weights.stride
    cdef int32_t drawn
    cdef int k
    score_target(task, hidden, task.weights.output_vectors + word * stride, 1.0, alpha, accum, tally)
    for k in range(task.negative):
        drawn = sgns_find_noise_word(
            noise_table, task.noise_buckets, task.noise_bucket_shift, sgns_lcg_next(rng) % domain
        )
        if drawn != word:
            score_target(
                task, hidden, task.weights.output_vectors + drawn * stride, 0.0, alpha, accum, tally
            )


cdef inline void hierarchical_softmax(
    const SgnsTask *task, const float *hidden, int32_t word, float alpha, float *accum, SgnsTally *tally
) noexcept nogil:
    """Score each inner node on the Huffman path of `word`; the label of a node is 1 - code (Mikolov et al. 2013b, eq. 3)."""
    cdef int64_t i
    for i in range(task.path_offsets[word], task.path_offsets[word + 1]):
        score_target(
            task, hidden, task.weights.node_vectors + task.path_nodes[i] * task.weights.stride,
            1.0 - task.path_codes[i], alpha, accum, tally,
        )


cdef inline float input_lock(const SgnsTask *task, int32_t word) noexcept nogil:
    return task.weights.input_locks[word % task.weights.n_input_locks]


cdef void train_pair(
    const SgnsTask *task, int32_t center, int32_t context, float alpha, uint64_t *rng,
    BlasScratch scratch, SgnsTally *tally,
) noexcept nogil:
    """Skip-gram: the *context* word is the input and the *center* word the target, as in word2vec.c and gensim."""
    cdef int64_t size = task.weights.vector_size
    cdef float *input_row = task.weights.input_vectors + context * task.weights.stride
    if task.path_nodes != NULL:
        memset(scratch.accum, 0, size * sizeof(float))
        hierarchical_softmax(task, input_row, center, alpha, scratch.accum, tally)
        axpy(<int> size, input_lock(task, context), scratch.accum, input_row)
    if task.negative:
        memset(scratch.accum, 0, size * sizeof(float))
        negative_sampling(task, input_row, center, alpha, rng, scratch.accum, tally)
        axpy(<int> size, input_lock(task, context), scratch.accum, input_row)
    tally.n_pairs += 1


cdef void train_window(
    const SgnsTask *task, const int32_t *sentence, int64_t start, int64_t center, int64_t end,
    float alpha, uint64_t *rng, BlasScratch scratch, SgnsTally *tally,
) noexcept nogil:
    """CBOW: the mean (or sum) of the window's input vectors predicts the center word.

    A center without context is trained against the zero vector, as in gensim: no weight moves, but draws are consumed.
    """
    cdef int64_t size = task.weights.vector_size
    cdef int64_t n_context = end - start - 1
    cdef float inverse = <float> 1.0 / n_context if n_context > 0 else <float> 1.0
    cdef int mode
    cdef int64_t j
    for mode in range(2):  # hierarchical softmax, then negative sampling, each with a fresh hidden vector
        if (task.path_nodes == NULL) if mode == 0 else (task.negative == 0):
            continue
        memset(scratch.hidden, 0, size * sizeof(float))
        for j in range(start, end):
            if j != center:
                axpy(<int> size, 1.0, task.weights.input_vectors + sentence[j] * task.weights.stride, scratch.hidden)
        if task.cbow_mean:
            scal(<int> size, inverse, scratch.hidden)
        memset(scratch.accum, 0, size * sizeof(float))
        if mode == 0:
            hierarchical_softmax(task, scratch.hidden, sentence[center], alpha, scratch.accum, tally)
        else:
            negative_sampling(task, scratch.hidden, sentence[center], alpha, rng, scratch.accum, tally)
        if not task.cbow_mean:
            # word2vec.c adds the whole step to every context row of a sum; gensim, and so we, divide it among them.
            scal(<int> size, inverse, scratch.accum)
        for j in range(start, end):
            if j != center:
                axpy(
                    <int> size, input_lock(task, sentence[j]), scratch.accum,
                    task.weights.input_vectors + sentence[j] * task.weights.stride,
                )
    tally.n_pairs += 1


cdef void blas_train_job(const SgnsTask *task, const SgnsJob *job, void *scratch, SgnsTally *tally) noexcept nogil:
    """Train a job whose tokens have been subsampled before; `job.window_cuts` says how far each window shrinks."""
    cdef BlasScratch parts = blas_scratch(task, scratch)
    cdef uint64_t rng = job.rng
    cdef int64_t s, i, j, start, end, n, reach
    cdef const int32_t *sentence
    for s in range(job.n_sentences):
        if task.stop[0]:
            return
        sentence = job.ids + job.offsets[s]
        n = job.offsets[s + 1] - job.offsets[s]
        for i in range(n):
            reach = task.window
            if job.window_cuts != NULL:
                reach -= job.window_cuts[job.offsets[s] + i]
            start = i - reach if i > reach else 0
            end = i + reach + 1 if i + reach + 1 < n else n
            if task.skip_gram:
                for j in range(start, end):
                    if j != i:
                        train_pair(task, sentence[i], sentence[j], job.alpha, &rng, parts, tally)
            else:
                train_window(task, sentence, start, i, end, job.alpha, &rng, parts, tally)
        tally.n_effective += n
        tally.n_sentences += 1


# ---- the kernel table ---------------------------------------------------------------------------------------------------

cdef SgnsKernel blas_kernel
blas_kernel.name = b"blas"
blas_kernel.nbytes_scratch = blas_nbytes_scratch
blas_kernel.train_job = blas_train_job


cdef const SgnsKernel *find_kernel(str name) except NULL:
    if name == "blas":
        return &blas_kernel
    raise ValueError(f"kernel must be one of {kernel_names()}, got {name!r}")


def kernel_names():
    """Return the names of the kernels that this build has."""
    return ("blas",)


# ---- tasks and workers --------------------------------------------------------------------------------------------------

cdef class Task:
    """What stays the same through one call of train(): weights, options, tables, and the stop flag.

    Parameters
    ----------
    input_vectors : float32 (n_words, vector_size), C-contiguous; moved by training, raced on.
    output_vectors : float32 (n_words, vector_size) or None; needed when negative > 0; moved, raced on.
    node_vectors : float32 (n_words - 1, vector_size) or None: hierarchical softmax; moved, raced on.
    input_locks : float32 (n,), n >= 1: row i moves by input_locks[i % n] times its step.
    noise_table : uint32 (n_words,) or None: cumulative noise distribution, the last entry its whole.
    path_offsets, path_nodes, path_codes : int64 (n_words + 1,), int32, uint8, or None: Huffman paths, root first.
    skip_gram, cbow_mean, compute_loss : bool.
    window, negative : int.

    Raises ValueError when shapes or table entries do not fit together, and BufferError or ValueError on a wrong dtype, order
    or a read-only matrix. The arrays stay the caller's; the Task keeps them alive.
    """
    cdef SgnsTask task
    cdef float[:, ::1] input_vectors, output_vectors, node_vectors
    cdef const float[::1] input_locks
    cdef const uint32_t[::1] noise_table
    cdef const int64_t[::1] path_offsets
    cdef const int32_t[::1] path_nodes
    cdef const uint8_t[::1] path_codes
    cdef int32_t *noise_buckets
    cdef int32_t stop_flag

    def __cinit__(self):
        self.noise_buckets = NULL

    def __init__(
        self,
        *,
        float[:, ::1] input_vectors not None,
        float[:, ::1] output_vectors,
        float[:, ::1] node_vectors,
        const float[::1] input_locks not None,
        const uint32_t[::1] noise_table,
        const int64_t[::1] path_offsets,
        const int32_t[::1] path_nodes,
        const uint8_t[::1] path_codes,
        bint skip_gram,
        bint cbow_mean,
        int window,
        int negative,
        bint compute_loss,
    ):
        self.stop_flag = 0
        self.task.stop = &self.stop_flag
        self.task.skip_gram = skip_gram
        self.task.cbow_mean = cbow_mean
        self.task.window = window
        self.task.compute_loss = compute_loss
        self._set_inputs(input_vectors, input_locks)
        if negative > 0:
            self._set_negative_sampling(output_vectors, noise_table, negative)
        if node_vectors is not None:
            self._set_hierarchical_softmax(node_vectors, path_offsets, path_nodes, path_codes)

    def __dealloc__(self):
        free(self.noise_buckets)

    cdef int _set_inputs(self, float[:, ::1] input_vectors, const float[::1] input_locks) except -1:
        if input_vectors.shape[0] < 1 or input_vectors.shape[1] < 1:
            raise ValueError(
                f"the input vectors must have a row and a column, got {input_vectors.shape[0]} x {input_vectors.shape[1]}"
            )
        if input_locks.shape[0] < 1:
            raise ValueError("vectors_lockf must hold at least one factor, got none")
        self.input_vectors = input_vectors
        self.input_locks = input_locks
        self.task.weights.input_vectors = &input_vectors[0, 0]
        self.task.weights.n_words = input_vectors.shape[0]
        self.task.weights.vector_size = self.task.weights.stride = input_vectors.shape[1]
        self.task.weights.input_locks = &input_locks[0]
        self.task.weights.n_input_locks = input_locks.shape[0]
        return 0

    cdef int _set_negative_sampling(
        self, float[:, ::1] output_vectors, const uint32_t[::1] noise_table, int negative
    ) except -1:
        cdef int64_t n_words = self.task.weights.n_words
        cdef int64_t n_buckets
        cdef int shift = 31
        if output_vectors is None or noise_table is None:
            raise ValueError(f"negative={negative} needs output vectors and a noise table")
        self._check_rows("output vectors", output_vectors, n_words)
        if noise_table.shape[0] != n_words or noise_table[n_words - 1] == 0:
            raise ValueError(
                f"the noise table must have {n_words} ascending entries and end above 0, got {noise_table.shape[0]}"
            )
        # About one word a bucket: the search then takes 0 or 1 steps, and the index stays in the L2 cache.
        while shift > 11 and (<int64_t> 1 << (31 - shift)) < n_words:
            shift -= 1
        n_buckets = (<int64_t> noise_table[n_words - 1] >> shift) + 1
        self.noise_buckets = <int32_t *> malloc((n_buckets + 1) * sizeof(int32_t))
        if self.noise_buckets == NULL:
            raise MemoryError(f"no memory for {n_buckets + 1} noise buckets")
        sgns_fill_noise_buckets(&noise_table[0], n_words, self.noise_buckets, n_buckets, shift)
        self.output_vectors = output_vectors
        self.noise_table = noise_table
        self.task.negative = negative
        self.task.weights.output_vectors = &output_vectors[0, 0]
        self.task.noise_table = &noise_table[0]
        self.task.noise_buckets = self.noise_buckets
        self.task.noise_bucket_shift = shift
        return 0

    cdef int _set_hierarchical_softmax(
        self, float[:, ::1] node_vectors, const int64_t[::1] path_offsets, const int32_t[::1] path_nodes,
        const uint8_t[::1] path_codes,
    ) except -1:
        cdef int64_t n_words = self.task.weights.n_words
        cdef int64_t i, length = path_nodes.shape[0]
        if path_offsets.shape[0] != n_words + 1 or path_codes.shape[0] != length:
            raise ValueError(f"Huffman paths must be given for {n_words} words")
        if path_offsets[0] != 0 or path_offsets[n_words] != length:
            raise ValueError(f"Huffman path offsets must run from 0 to {length}")
        self._check_rows("node vectors", node_vectors, max(n_words - 1, 1))
        for i in range(n_words):
            if path_offsets[i] > path_offsets[i + 1]:
                raise ValueError(f"the Huffman path of word {i} has a negative length")
        for i in range(length):
            if path_nodes[i] < 0 or path_nodes[i] >= node_vectors.shape[0]:
                raise ValueError(f"Huffman node {path_nodes[i]} is outside 0..{node_vectors.shape[0] - 1}")
        self.node_vectors = node_vectors
        self.path_offsets = path_offsets
        self.path_nodes = path_nodes
        self.path_codes = path_codes
        self.task.weights.node_vectors = &node_vectors[0, 0]
        self.task.path_offsets = &path_offsets[0]
        self.task.path_nodes = &path_nodes[0] if length else <const int32_t *> &self.stop_flag  # a path of no node
        self.task.path_codes = &path_codes[0] if length else NULL
        return 0

    cdef int _check_rows(self, str what, float[:, ::1] matrix, int64_t n_rows) except -1:
        if matrix.shape[0] < n_rows or matrix.shape[1] != self.task.weights.vector_size:
            raise ValueError(
                f"the {what} must be {n_rows} x {self.task.weights.vector_size},"
                f" got {matrix.shape[0]} x {matrix.shape[1]}"
            )
        return 0

    def stop(self):
        """Ask every worker to return after its current sentence."""
        self.stop_flag = 1


cdef class Worker:
    """One thread's scratch memory and tallies.

    Attributes
    ----------
    loss : float, sum of -log sigma over all scored targets (0 unless compute_loss).
    n_pairs, n_effective, n_sentences : int, what has been trained so far.
    """
    cdef readonly Task task
    cdef const SgnsKernel *kernel
    cdef void *scratch
    cdef SgnsTally tally

    def __cinit__(self):
        self.scratch = NULL

    def __init__(self, Task task not None, str kernel not None, int64_t len_longest_sentence):
        self.task = task
        self.kernel = find_kernel(kernel)
        cdef int64_t nbytes = self.kernel.nbytes_scratch(&task.task, len_longest_sentence)
        self.scratch = malloc(nbytes)
        if self.scratch == NULL:
            raise MemoryError(f"no memory for {nbytes} bytes of scratch")
        memset(self.scratch, 0, nbytes)

    def __dealloc__(self):
        free(self.scratch)

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
        offsets : int64 (n_sentences + 1,), from 0 to n: sentence s is ids[offsets[s]:offsets[s + 1]].
        window_cuts : int32 (n,) in [0, window), or None: how far each center's window shrinks.
        rng : state of the job's random stream.
        alpha : learning rate.

        Raises ValueError, before any weight has moved, when an id, an offset or a cut is out of range.
        """
        cdef SgnsJob job
        cdef int64_t n_before = self.tally.n_sentences
        cdef bint fits
        if window_cuts is not None and window_cuts.shape[0] < ids.shape[0]:
            raise ValueError(f"{ids.shape[0]} tokens need as many window cuts, got {window_cuts.shape[0]}")
        if ids.shape[0] == 0 or offsets.shape[0] < 2:
            return max(offsets.shape[0] - 1, 0)
        job.ids = &ids[0]
        job.offsets = &offsets[0]
        job.n_sentences = offsets.shape[0] - 1
        job.window_cuts = &window_cuts[0] if window_cuts is not None else NULL
        job.rng = rng
        job.alpha = alpha
        with nogil:
            fits = job_fits(&self.task.task, &job, ids.shape[0])
            if fits:
                self.kernel.train_job(&self.task.task, &job, self.scratch, &self.tally)
        if not fits:
            raise ValueError(
                f"a job must have ids in 0..{self.task.task.weights.n_words - 1}, offsets ascending from 0 to"
                f" {ids.shape[0]} and window cuts in 0..{self.task.task.window - 1}"
            )
        return self.tally.n_sentences - n_before


cdef bint job_fits(const SgnsTask *task, const SgnsJob *job, int64_t n_ids) noexcept nogil:
    """Whether everything that a kernel will use as an index is in range."""
    cdef int64_t i
    if job.offsets[0] != 0 or job.offsets[job.n_sentences] != n_ids:
        return False
    for i in range(job.n_sentences):
        if job.offsets[i] > job.offsets[i + 1]:
            return False
    for i in range(n_ids):
        if job.ids[i] < 0 or job.ids[i] >= task.weights.n_words:
            return False
        if job.window_cuts != NULL and not 0 <= job.window_cuts[i] < task.window:
            return False
    return True


def subsample(
    const int32_t[::1] ids not None,
    const int64_t[::1] offsets not None,
    const uint32_t[::1] keep_thresholds not None,
    uint64_t rng,
    int32_t[::1] kept_ids not None,
    int64_t[::1] kept_offsets not None,
):
    """Drop frequent tokens as gensim does: token w goes when keep_thresholds[w] < a 32-bit draw of the LCG.

    Parameters
    ----------
    ids : int32 (n,); offsets : int64 (n_sentences + 1,), starting anywhere: only differences count.
    keep_thresholds : uint32 (n_words,).
    rng : 48-bit state.
    kept_ids : int32 (>= n,), overwritten; kept_offsets : int64 (>= n_sentences + 1,), overwritten, from 0.

    Returns (number of tokens kept, the state after n draws). Raises ValueError when a buffer is too small or an id unknown.
    """
    cdef int64_t n_sentences = offsets.shape[0] - 1
    cdef int64_t base = offsets[0]
    cdef int64_t s, i, n_kept = 0
    cdef bint fits = True
    if kept_ids.shape[0] < ids.shape[0] or kept_offsets.shape[0] <= n_sentences:
        raise ValueError(f"subsampling {ids.shape[0]} tokens needs as much room, got {kept_ids.shape[0]}")
    if offsets[n_sentences] - base != ids.shape[0]:
        raise ValueError(f"the offsets span {offsets[n_sentences] - base} tokens, but {ids.shape[0]} are given")
    with nogil:
        kept_offsets[0] = 0
        for s in range(n_sentences):
            for i in range(offsets[s] - base, offsets[s + 1] - base):
                if not 0 <= ids[i] < keep_thresholds.shape[0]:
                    fits = False
                    break
                if keep_thresholds[ids[i]] >= sgns_lcg_next(&rng):
                    kept_ids[n_kept] = ids[i]
                    n_kept += 1
            kept_offsets[s + 1] = n_kept
    if not fits:
        raise ValueError(f"a token id is outside 0..{keep_thresholds.shape[0] - 1}")
    return n_kept, rng
