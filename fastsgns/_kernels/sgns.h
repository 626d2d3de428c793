/* Floor: kernels. What a kernel is given and what it gives back: one signature for all of them.
 *
 * Everything here is borrowed: whoever calls owns the memory and keeps it alive through the call. A
 * kernel neither allocates nor fails on its input, because the boundary (_core.pyx) has checked
 * every shape and every id.
 *
 * Names: the `input` is the word whose input vector moves, the `target` the word (or Huffman node)
 * that it is scored with. Trap: in skip-gram, word2vec.c and gensim take the *context* word as
 * input and the *center* word as target. */
#ifndef FASTSGNS_SGNS_H
#define FASTSGNS_SGNS_H

#include <stdint.h>

enum { SGNS_MERGE_LEVELS = 8 };

/* The hottest rows of a matrix, which each worker trains in copies of its own (replicas.h). When
 * copies are brought together for the n-th time and 2^level divides n, it is those of the
 * n_due[level] hottest rows, n_due[0] <= n_due[1] <= ...; the last entry is how many there are. */
typedef struct SgnsHotRows {
    int64_t n_due[SGNS_MERGE_LEVELS];
} SgnsHotRows;

/* The weight matrices, float32, row-major, `stride` floats from row to row (stride >= vector_size;
 * what lies between is zero and stays zero). They are the only memory that jobs on different
 * threads may race on (Hogwild: Niu et al. 2011, arXiv:1106.5730). */
typedef struct SgnsWeights {
    float *input_vectors;  /* (n_words, stride)              gensim: wv.vectors; word2vec.c: syn0 */
    float *output_vectors; /* (n_words, stride) or NULL      gensim, word2vec.c: syn1neg */
    float *node_vectors;   /* (n_words - 1, stride) or NULL  gensim, word2vec.c: syn1 */

    /* (n_input_locks,), at least one: row i moves by input_locks[i % n_input_locks] of its step */
    const float *input_locks;
    int64_t n_input_locks;

    int64_t n_words;
    int64_t vector_size;
    int64_t stride;

    /* Room for the copies of hot rows: from row n_words on, every matrix has 2 * n_hot rows more
     * for each worker. 0: no copies. */
    int64_t n_hot;
    SgnsHotRows hot_inputs, hot_outputs, hot_nodes; /* at most n_hot each */
    /* From one time that copies are brought together to the next: steps of a worker times learning
     * rate. A step is a center; a pair where a kernel other than "blas" trains pair by pair. */
    double apart;
} SgnsWeights;

/* All that stays the same through one call of train(). */
typedef struct SgnsTask {
    SgnsWeights weights;
    int32_t skip_gram;      /* 1: skip-gram, 0: CBOW */
    int32_t cbow_mean;      /* CBOW: 1 means, 0 sums the context vectors */
    int32_t window;         /* >= 1 */
    int32_t shrink_windows; /* 1: each center draws its window from 1..window */
    int32_t negative;       /* negatives a pair; 0: no negative sampling, no output_vectors */

    /* Skip-gram. 1: the pairs of a center are taken together, with the correction, and share their
     * negatives (also hierarchical softmax, alone or beside them); 0: pair by pair.
     * CBOW. 1: some centers have the same negatives (draws.h); 0: each draws its own. */
    int32_t shared_negatives;
    int32_t compute_loss;

    /* Subsampling, (n_words,): token w is dropped when keep_thresholds[w] < a 32-bit draw. NULL:
     * every token is kept, or the job's tokens have been subsampled before. */
    const uint32_t *keep_thresholds;

    /* Negative sampling. noise_table (n_words,) is gensim's cum_table, ascending. A search in it
     * starts at noise_buckets[b], the first word whose entry reaches b << noise_bucket_shift
     * (kernel "blas").
     * noise_pool (n_noise_pool + 64,), n_noise_pool a power of two, holds words drawn ahead, the
     * last 64 repeating the first; NULL for the kernel "blas". */
    const uint32_t *noise_table;
    const int32_t *noise_buckets;
    int32_t noise_bucket_shift;
    const int32_t *noise_pool;
    int64_t n_noise_pool;

    /* Hierarchical softmax: word w has entries path_offsets[w] .. path_offsets[w + 1], root first.
     * path_nodes are rows of node_vectors; the label of a node is 1 - code. */
    const int64_t *path_offsets; /* (n_words + 1,) */
    const int32_t *path_nodes;
    const uint8_t *path_codes;

    const int32_t *stop; /* != 0: return soon, within a sentence too; looked at often */
} SgnsTask;

/* A slice of the corpus. Sentence s is ids[offsets[s] .. offsets[s + 1]]; windows end there. */
typedef struct SgnsJob {
    const int32_t *ids;     /* word ids, each in [0, n_words) */
    const int64_t *offsets; /* (n_sentences + 1,) ascending from 0 */
    int64_t n_sentences;

    /* One for each id: its window shrinks by so much (kernel "blas"). NULL: the kernel draws. */
    const int32_t *window_cuts;

    int64_t worker; /* whose replicas are used: jobs that run at a time have different ones */

    uint64_t rng; /* the state of the job's own random stream */
    float alpha;  /* learning rate */
} SgnsJob;

/* Added to, never reset, by a kernel; one for each worker, so nothing is raced on. */
typedef struct SgnsTally {
    double loss; /* sum of -log sigma over all targets; 0 unless compute_loss */

    /* (center, context) pairs for skip-gram, centers for CBOW: with "blas" also those that have no
     * context, which gensim counts in its loss, with the other kernels only those that have one */
    int64_t n_pairs;

    int64_t n_effective; /* tokens left after subsampling */
    int64_t n_sentences; /* sentences finished: fewer than the job has when `stop` was set */
} SgnsTally;

typedef void (*SgnsTrainJob)(const SgnsTask *task, const SgnsJob *job, void *scratch,
                             SgnsTally *tally);

/* One entry of the kernel table. */
typedef struct SgnsKernel {
    const char *name; /* as in Word2Vec(kernel=...) */

    /* How much scratch memory a worker needs: 64-byte aligned, zeroed once, kept from job to job */
    int64_t (*nbytes_scratch)(const SgnsTask *task, int64_t len_longest_sentence);

    SgnsTrainJob train_job;
} SgnsKernel;

#endif
