/* Floor: kernels. What a kernel is given and what it gives back: the one signature behind the kernel table.
 *
 * Everything here is borrowed: whoever calls owns the memory and keeps it alive through the call. A kernel neither
 * allocates nor fails on its input, because the boundary (_core.pyx) has checked every shape and every id.
 * Names: the `input` is the word whose input vector moves, the `target` the word (or Huffman node) that it is scored with.
 * Trap: in skip-gram, word2vec.c and gensim take the *context* word as input and the *center* word as target. */
#ifndef FASTSGNS_SGNS_H
#define FASTSGNS_SGNS_H

#include <stdint.h>

/* The weight matrices, float32, row-major, `stride` floats from row to row (stride >= vector_size; what lies between is
 * zero and stays zero). They are the only memory that jobs on different threads may race on (Hogwild, Niu et al. 2011). */
typedef struct SgnsWeights {
    float *input_vectors;     /* (n_words, stride)              gensim: wv.vectors; word2vec.c: syn0 */
    float *output_vectors;    /* (n_words, stride) or NULL      gensim, word2vec.c: syn1neg */
    float *node_vectors;      /* (n_words - 1, stride) or NULL  gensim, word2vec.c: syn1 */
    const float *input_locks; /* (n_input_locks,): row i moves by input_locks[i % n_input_locks] times its step */
    int64_t n_input_locks;    /* >= 1 */
    int64_t n_words;
    int64_t vector_size;
    int64_t stride;
} SgnsWeights;

/* All that stays the same through one call of train(). */
typedef struct SgnsTask {
    SgnsWeights weights;
    int32_t skip_gram;        /* 1: skip-gram, 0: CBOW */
    int32_t cbow_mean;        /* CBOW: 1 means, 0 sums the context vectors */
    int32_t window;           /* >= 1 */
    int32_t shrink_windows;   /* 1: each center draws its window from 1..window */
    int32_t negative;         /* negatives a pair; 0: no negative sampling (output_vectors NULL) */
    int32_t shared_negatives; /* skip-gram. 1: the pairs of a center are taken together, with the correction, and share
                                 their negatives (also hierarchical softmax, alone or beside them); 0: pair by pair */
    int32_t compute_loss;

    /* Subsampling: token w is dropped when keep_thresholds[w] < a 32-bit draw. NULL: every token is kept, or the job's
     * tokens have been subsampled before. */
    const uint32_t *keep_thresholds; /* (n_words,) */

    /* Negative sampling. `noise_table` is gensim's cum_table; noise_buckets[b] is the first word whose entry reaches
     * b << noise_bucket_shift, so that a search starts there (kernel "blas"). `noise_pool` is drawn ahead from the
     * same distribution (fast kernels; NULL for "blas"). */
    const uint32_t *noise_table;   /* (n_words,) ascending, the last is 2^31 - 1 */
    const int32_t *noise_buckets;  /* (2^31 >> noise_bucket_shift) + 1 */
    int32_t noise_bucket_shift;
    const int32_t *noise_pool;     /* (n_noise_pool + 64,) word ids; the last 64 repeat the first */
    int64_t n_noise_pool;          /* a power of two, >= 64 */

    /* Hierarchical softmax: the path of word w is path_nodes[path_offsets[w] .. path_offsets[w + 1]), root first. */
    const int64_t *path_offsets; /* (n_words + 1,) */
    const int32_t *path_nodes;   /* rows of node_vectors */
    const uint8_t *path_codes;   /* 0 or 1; the label of a node is 1 - code */

    const int32_t *stop; /* != 0: return soon; looked at once a sentence at least */
} SgnsTask;

/* A slice of the encoded corpus. Sentence s is ids[offsets[s] .. offsets[s + 1]); windows never cross its borders. */
typedef struct SgnsJob {
    const int32_t *ids;         /* word ids, each in [0, n_words) */
    const int64_t *offsets;     /* (n_sentences + 1,) ascending, into ids */
    int64_t n_sentences;
    const int32_t *window_cuts; /* one for each id, the window shrinks by it (kernel "blas"; the fast ones draw) */
    uint64_t rng;               /* the state of the job's own random stream */
    float alpha;                /* learning rate */
} SgnsJob;

/* Added to, never reset, by a kernel; one for each worker, so nothing is raced on. */
typedef struct SgnsTally {
    double loss;            /* sum of -log sigma over positives, negatives and nodes; 0 unless compute_loss */
    int64_t n_pairs;        /* (center, context) pairs for skip-gram, centers with a context for CBOW */
    int64_t n_effective;    /* tokens left after subsampling */
    int64_t n_sentences;    /* sentences finished: fewer than the job has when `stop` was set */
} SgnsTally;

typedef void (*SgnsTrainJob)(const SgnsTask *task, const SgnsJob *job, void *scratch, SgnsTally *tally);

/* One entry of the kernel table. */
typedef struct SgnsKernel {
    const char *name;                              /* what Word2Vec(kernel=...) names it */
    int64_t (*nbytes_scratch)(const SgnsTask *task, int64_t len_longest_sentence); /* 64-byte aligned, zeroed once,
                                                      one for each worker; its content survives from job to job */
    SgnsTrainJob train_job;
} SgnsKernel;

#endif
