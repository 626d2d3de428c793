# Floor: boundary. The C number types and structs of _kernels/, declared once for every .pyx.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "_kernels/blas_int.h" nogil:
    ctypedef int blas_int


cdef extern from "_kernels/sigmoid_table.h" nogil:
    enum:
        SIGMOID_TABLE_SIZE
        SIGMOID_MAX_X
    void sgns_fill_sigmoid_table(float *sigmoid_table, float *log_sigmoid_table)
    int sgns_sigmoid_index(float x)


cdef extern from "_kernels/noise_table.h" nogil:
    uint32_t sgns_lcg_next(uint64_t *state)
    void sgns_fill_noise_buckets(
        const uint32_t *noise_table, int64_t n_words, int32_t *buckets, int64_t n_buckets, int shift
    )
    int32_t sgns_find_noise_word(
        const uint32_t *noise_table, const int32_t *buckets, int shift, uint32_t draw
    )


cdef extern from "_kernels/noise_pool.h" nogil:
    ctypedef struct SgnsNoiseSlot:
        uint32_t odds
        int32_t alias

    void sgns_fill_noise_slots(
        const uint32_t *noise_table, int64_t n_words, SgnsNoiseSlot *slots, uint64_t *rest
    )
    void sgns_fill_noise_pool(
        const SgnsNoiseSlot *slots, int64_t n_words, uint64_t rng, int32_t *pool, int64_t n_pool
    )


cdef extern from "_kernels/platform.h" nogil:
    int32_t SGNS_READ_FLAG(const int32_t *flag)
    void SGNS_SET_FLAG(int32_t *flag)


cdef extern from "_kernels/prefetch.h" nogil:
    void sgns_prefetch_row(const float *row, int64_t n)


cdef extern from "_kernels/sgns.h" nogil:
    enum:
        SGNS_MERGE_LEVELS

    ctypedef struct SgnsHotRows:
        int64_t *n_due

    ctypedef struct SgnsWeights:
        float *input_vectors
        float *output_vectors
        float *node_vectors
        const float *input_locks
        int64_t n_input_locks
        int64_t n_words
        int64_t vector_size
        int64_t stride
        int64_t n_hot
        SgnsHotRows hot_inputs
        SgnsHotRows hot_outputs
        SgnsHotRows hot_nodes
        double apart

    ctypedef struct SgnsTask:
        SgnsWeights weights
        int32_t skip_gram
        int32_t cbow_mean
        int32_t window
        int32_t shrink_windows
        int32_t negative
        int32_t shared_negatives
        int32_t compute_loss
        const uint32_t *keep_thresholds
        const uint32_t *noise_table
        const int32_t *noise_buckets
        int32_t noise_bucket_shift
        const int32_t *noise_pool
        int64_t n_noise_pool
        const int64_t *path_offsets
        const int32_t *path_nodes
        const uint8_t *path_codes
        const int32_t *stop

    ctypedef struct SgnsJob:
        const int32_t *ids
        const int64_t *offsets
        int64_t n_sentences
        const int32_t *window_cuts
        int64_t worker
        uint64_t rng
        float alpha

    ctypedef struct SgnsTally:
        double loss
        int64_t n_pairs
        int64_t n_effective
        int64_t n_sentences

    ctypedef void (*SgnsTrainJob)(
        const SgnsTask *task, const SgnsJob *job, void *scratch, SgnsTally *tally
    ) noexcept

    ctypedef struct SgnsKernel:
        const char *name
        int64_t (*nbytes_scratch)(const SgnsTask *task, int64_t len_longest_sentence) noexcept
        SgnsTrainJob train_job


cdef extern from "_kernels/lockstep.h" nogil:
    void sgns_lockstep_enter(int64_t worker)
    void sgns_lockstep_leave(int64_t worker)
    void sgns_lockstep_wait(int64_t worker, int64_t step, const int32_t *stop)


cdef extern from "_kernels/replicas.h" nogil:
    int64_t sgns_hot_shift(const SgnsWeights *weights, int64_t worker)
    int64_t sgns_row_of_word(int64_t word, int64_t n_hot, int64_t hot_shift)
    int64_t sgns_row_of_node(int64_t node, const SgnsWeights *weights, int64_t hot_shift)
    int64_t sgns_n_hot(const SgnsHotRows *hot)
    void sgns_merge_replicas(const SgnsWeights *weights, int64_t worker, int is_first)
    int64_t sgns_merge_every(const SgnsWeights *weights, float alpha)
    void sgns_merge_in_time(const SgnsWeights *weights, int64_t worker, int64_t n)


cdef extern from "_kernels/kernels.h" nogil:
    enum SgnsMissing:
        SGNS_PRESENT
        SGNS_UNKNOWN_NAME
        SGNS_NOT_BUILT
        SGNS_CPU_LACKS_IT

    const SgnsKernel *sgns_find_kernel(const char *name, int *why_missing)
    const SgnsKernel *sgns_best_kernel()
    int64_t sgns_stride(int64_t vector_size)
