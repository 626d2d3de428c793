# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: the kernel "blas": gensim's arithmetic in gensim's order, on SciPy's BLAS.

Portable and right, it is what faster kernels are compared with. All pointers are borrowed from the
task, the job and the scratch memory of the worker. The tokens of its jobs are subsampled before,
here too, because the windows are drawn for what is left of a whole job.
"""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memset

from fastsgns._blas cimport axpy, dot, scal
from fastsgns._types cimport (
    SGNS_READ_FLAG,
    SIGMOID_MAX_X,
    SIGMOID_TABLE_SIZE,
    SgnsJob,
    SgnsKernel,
    SgnsTally,
    SgnsTask,
    sgns_fill_sigmoid_table,
    sgns_find_noise_word,
    sgns_hot_shift,
    sgns_lcg_next,
    sgns_lockstep_enter,
    sgns_lockstep_leave,
    sgns_lockstep_wait,
    sgns_merge_every,
    sgns_merge_in_time,
    sgns_merge_replicas,
    sgns_n_hot,
    sgns_prefetch_row,
    sgns_row_of_node,
    sgns_row_of_word,
    sgns_sigmoid_index,
)

cdef float sigmoid_table[SIGMOID_TABLE_SIZE]
cdef float log_sigmoid_table[SIGMOID_TABLE_SIZE]
sgns_fill_sigmoid_table(sigmoid_table, log_sigmoid_table)


# ---- the kernel "blas": gensim's arithmetic in gensim's order ------------------------------------

cdef struct BlasScratch:
    float *hidden          # (vector_size,)  CBOW: the mean or sum of the context (neu1)
    float *accum           # (vector_size,)  what the input vectors will move by (neu1e)
    int32_t *drawn         # (negative,)  the words drawn for a pair
    int64_t hot_shift      # from a hot word's row to the worker's own: see replicas.h


cdef inline BlasScratch blas_scratch(
    const SgnsTask *task, const SgnsJob *job, void *scratch
) noexcept nogil:
    """Divide the worker's scratch memory."""
    cdef BlasScratch parts
    parts.hot_shift = sgns_hot_shift(&task.weights, job.worker)
    parts.hidden = <float *> scratch
    parts.accum = parts.hidden + task.weights.vector_size
    parts.drawn = <int32_t *> (parts.accum + task.weights.vector_size)
    return parts


cdef int64_t nbytes_scratch(const SgnsTask *task, int64_t len_longest_sentence) noexcept nogil:
    return (
        2 * task.weights.vector_size * <int64_t> sizeof(float)
        + task.negative * <int64_t> sizeof(int32_t)
    )


cdef inline void score_target(
    const SgnsTask *task,
    const float *hidden,      # IN (vector_size,)
    float *target_row,        # INOUT (vector_size,) raced on
    float label,              # IN 1: positive, 0: negative
    float alpha,
    float *accum,             # INOUT (vector_size,)
    SgnsTally *tally,
) noexcept nogil:
    """Move one target row, and note how the hidden vector should move: g = alpha (label - sigma(h .
    o)).

    accum += g o, then o += g h. Pairs with |h . o| >= 6 are skipped, not clamped, as word2vec.c and
    gensim do.
    """
    cdef float x = dot(<int> task.weights.vector_size, hidden, target_row)
    if not -SIGMOID_MAX_X < x < SIGMOID_MAX_X:  # said so that NaN is skipped too: it has no slot
        return
    cdef float g = (label - sigmoid_table[sgns_sigmoid_index(x)]) * alpha
    if task.compute_loss:
        tally.loss -= log_sigmoid_table[sgns_sigmoid_index(x if label == 1.0 else -x)]
    axpy(<int> task.weights.vector_size, g, target_row, accum)
    axpy(<int> task.weights.vector_size, g, hidden, target_row)


cdef inline float *input_row(
    const SgnsTask *task, int64_t word, int64_t hot_shift
) noexcept nogil:
    cdef int64_t row = sgns_row_of_word(word, sgns_n_hot(&task.weights.hot_inputs), hot_shift)
    return task.weights.input_vectors + row * task.weights.stride


cdef inline float *output_row(
    const SgnsTask *task, int64_t word, int64_t hot_shift
) noexcept nogil:
    cdef int64_t row = sgns_row_of_word(word, sgns_n_hot(&task.weights.hot_outputs), hot_shift)
    return task.weights.output_vectors + row * task.weights.stride


cdef inline void negative_sampling(
    const SgnsTask *task, const float *hidden, int32_t word, float alpha, uint64_t *rng,
    BlasScratch scratch, SgnsTally *tally,
) noexcept nogil:
    """Score `word` (label 1), then draws (label 0); a draw of `word` is skipped, not redrawn.

    All draws come first: their rows are mostly cold, and so are on their way while others are used.
    """
    cdef const uint32_t *noise_table = task.noise_table
    cdef uint32_t domain = noise_table[task.weights.n_words - 1]
    cdef int64_t shift = scratch.hot_shift
    cdef float *target_row
    cdef int k
    for k in range(task.negative):
        scratch.drawn[k] = sgns_find_noise_word(
            noise_table, task.noise_buckets, task.noise_bucket_shift, sgns_lcg_next(rng) % domain
        )
        sgns_prefetch_row(output_row(task, scratch.drawn[k], shift), task.weights.vector_size)
    target_row = output_row(task, word, shift)
    score_target(task, hidden, target_row, 1.0, alpha, scratch.accum, tally)
    for k in range(task.negative):
        if scratch.drawn[k] != word:
            target_row = output_row(task, scratch.drawn[k], shift)
            score_target(task, hidden, target_row, 0.0, alpha, scratch.accum, tally)


cdef inline void hierarchical_softmax(
    const SgnsTask *task, const float *hidden, int32_t word, float alpha, BlasScratch scratch,
    SgnsTally *tally,
) noexcept nogil:
    """Score each inner node on the Huffman path of `word`; the label of a node is 1 - code (Mikolov
    et al. 2013b, eq. 3)."""
    cdef int64_t i, row
    for i in range(task.path_offsets[word], task.path_offsets[word + 1]):
        row = sgns_row_of_node(task.path_nodes[i], &task.weights, scratch.hot_shift)
        score_target(
            task, hidden, task.weights.node_vectors + row * task.weights.stride,
            1.0 - task.path_codes[i], alpha, scratch.accum, tally,
        )


cdef inline float input_lock(const SgnsTask *task, int32_t word) noexcept nogil:
    return task.weights.input_locks[word % task.weights.n_input_locks]


cdef void train_pair(
    const SgnsTask *task, int32_t center, int32_t context, float alpha, uint64_t *rng,
    BlasScratch scratch, SgnsTally *tally,
) noexcept nogil:
    """Skip-gram: the *context* word is the input and the *center* word the target, as in word2vec.c
    and gensim."""
    cdef int64_t size = task.weights.vector_size
    cdef float *hidden = input_row(task, context, scratch.hot_shift)
    if task.path_nodes != NULL:
        memset(scratch.accum, 0, size * sizeof(float))
        hierarchical_softmax(task, hidden, center, alpha, scratch, tally)
        axpy(<int> size, input_lock(task, context), scratch.accum, hidden)
    if task.negative:
        memset(scratch.accum, 0, size * sizeof(float))
        negative_sampling(task, hidden, center, alpha, rng, scratch, tally)
        axpy(<int> size, input_lock(task, context), scratch.accum, hidden)
    tally.n_pairs += 1


cdef void train_window(
    const SgnsTask *task, const int32_t *sentence, int64_t start, int64_t center, int64_t end,
    float alpha, uint64_t *rng, BlasScratch scratch, SgnsTally *tally,
) noexcept nogil:
    """CBOW: the mean (or sum) of the window's input vectors predicts the center word.

    A center without context is trained against the zero vector, as in gensim: no weight moves, but
    draws are consumed.
    """
    cdef int size = <int> task.weights.vector_size
    cdef int64_t shift = scratch.hot_shift
    cdef int64_t n_context = end - start - 1
    cdef float inverse = <float> 1.0 / n_context if n_context > 0 else <float> 1.0
    cdef int mode
    cdef int64_t j
    for mode in range(2):  # hierarchical softmax, then negative sampling, each on a fresh hidden
        if (task.path_nodes == NULL) if mode == 0 else (task.negative == 0):
            continue
        memset(scratch.hidden, 0, size * sizeof(float))
        for j in range(start, end):
            if j != center:
                axpy(size, 1.0, input_row(task, sentence[j], shift), scratch.hidden)
        if task.cbow_mean:
            scal(size, inverse, scratch.hidden)
        memset(scratch.accum, 0, size * sizeof(float))
        if mode == 0:
            hierarchical_softmax(
                task, scratch.hidden, sentence[center], alpha, scratch, tally
            )
        else:
            negative_sampling(
                task, scratch.hidden, sentence[center], alpha, rng, scratch, tally
            )
        if not task.cbow_mean:
            # word2vec.c adds the whole step to each row of a sum; gensim, and so we, divide it.
            scal(size, inverse, scratch.accum)
        for j in range(start, end):
            if j != center:
                axpy(
                    size, input_lock(task, sentence[j]), scratch.accum,
                    input_row(task, sentence[j], shift),
                )
    tally.n_pairs += 1


cdef void train_job(
    const SgnsTask *task, const SgnsJob *job, void *scratch, SgnsTally *tally
) noexcept nogil:
    sgns_lockstep_enter(job.worker)
    sgns_merge_replicas(&task.weights, job.worker, 1)
    train_sentences(task, job, scratch, tally)
    sgns_merge_replicas(&task.weights, job.worker, 0)
    sgns_lockstep_leave(job.worker)


cdef void train_sentences(
    const SgnsTask *task, const SgnsJob *job, void *scratch, SgnsTally *tally
) noexcept nogil:
    """Train a job whose tokens have been subsampled before; window_cuts says how windows shrink.

    A sentence in which `stop` is seen does not count as finished.
    """
    cdef int64_t n_centers = 0
    cdef int64_t merge_every = sgns_merge_every(&task.weights, job.alpha)
    cdef BlasScratch parts = blas_scratch(task, job, scratch)
    cdef uint64_t rng = job.rng
    cdef int64_t s, i, j, start, end, n, reach
    cdef const int32_t *sentence
    for s in range(job.n_sentences):
        sentence = job.ids + job.offsets[s]
        n = job.offsets[s + 1] - job.offsets[s]
        for i in range(n):
            if SGNS_READ_FLAG(task.stop):
                return
            sgns_lockstep_wait(job.worker, n_centers, task.stop)
            if n_centers > 0 and n_centers % merge_every == 0:
                sgns_merge_in_time(&task.weights, job.worker, n_centers // merge_every)
            n_centers += 1
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


cdef SgnsKernel kernel
kernel.name = b"blas"
kernel.nbytes_scratch = nbytes_scratch
kernel.train_job = train_job


cdef const SgnsKernel *blas_kernel() noexcept:
    return &kernel


def subsample(
    const int32_t[::1] ids not None,
    const int64_t[::1] offsets not None,
    const uint32_t[::1] keep_thresholds not None,
    uint64_t rng,
    int32_t[::1] kept_ids not None,
    int64_t[::1] kept_offsets not None,
):
    """Drop frequent tokens as gensim does: token w goes when keep_thresholds[w] < a 32-bit draw of
    the LCG.

    Parameters
    ----------
    ids : int32 (n,); offsets : int64 (n_sentences + 1,), starting anywhere: only differences count.
    keep_thresholds : uint32 (n_words,).
    rng : 48-bit state.
    kept_ids : int32 (>= n,), overwritten; kept_offsets : int64 (>= n_sentences + 1,), overwritten,
    from 0.

    Returns (number of tokens kept, the state after n draws). Raises ValueError when a buffer is too
    small or an id unknown.
    """
    cdef int64_t n_sentences = offsets.shape[0] - 1
    cdef int64_t base = offsets[0] if n_sentences >= 0 else 0
    cdef int64_t s, i, n_kept = 0
    cdef bint fits = True
    if n_sentences < 0:
        raise ValueError("there must be an offset more than there are sentences, got none")
    if kept_ids.shape[0] < ids.shape[0] or kept_offsets.shape[0] <= n_sentences:
        raise ValueError(
            f"subsampling {ids.shape[0]} tokens needs as much room, got {kept_ids.shape[0]}"
        )
    if offsets[n_sentences] - base != ids.shape[0]:
        raise ValueError(
            f"the offsets span {offsets[n_sentences] - base} tokens, but {ids.shape[0]} are given"
        )
    for s in range(n_sentences):
        if offsets[s] > offsets[s + 1]:
            raise ValueError(
                f"offsets must ascend, but sentence {s} is {offsets[s]} to {offsets[s + 1]}"
            )
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
