/* Floor: kernels. The random numbers of a fast kernel: all are a function of job->rng and the task.
 *
 * Nothing is drawn from a running state: draw number i of a stream is a hash of (key, i). So draws
 * of neighbouring tokens do not wait for each other, every instruction set sees the same ones, and
 * NumPy can redraw them (tests/kernels/reference_fast.py does; keep the two alike).
 *
 * state := job->rng; three calls of splitmix64 (Steele, Lea & Flood 2014,
 * doi:10.1145/2660193.2660195) give, in order,
 *   keep_key    token i of the job (from 0, before subsampling) is dropped when
 *               keep_thresholds[word] < sgns_draw(keep_key, i)
 *   window_key  token k of the job that was kept (from 0) has the window
 *               task->window - ((sgns_draw(window_key, k) * task->window) >> 32),
 *               uniform in 1..window
 *   pool_start  (the third number modulo n_noise_pool): negatives are the entries from there on,
 *               cyclically, in the order of the centers that have a context: `negative` entries
 *               for each center (skip-gram with shared negatives, CBOW) or for each pair, contexts
 *               from left to right (skip-gram without)
 * CBOW with shared negatives: center c of the job (from 0) has the entries of center
 *               SGNS_STRETCH * (c / (SGNS_STRETCH * SGNS_REPEATS)) + c % SGNS_STRETCH
 * so a stretch of centers draws, and the stretches after it have the same negatives again, which
 * so are in the caches. Centers that follow each other, whose windows are in great part one, do not
 * share any: that was measured to cost something.
 * Indices are taken modulo 2^32. The mixing of sgns_draw is that of MurmurHash3's 32-bit finalizer
 * (A. Appleby, public domain), with the second half of the key between its two multiplications, so
 * that two jobs differ in 64 bits. */
#ifndef FASTSGNS_DRAWS_H
#define FASTSGNS_DRAWS_H

#include <stdint.h>

/* A stretch's output rows should fit into a core's second cache (160 rows of 300 floats are 0.2 MB),
 * and it should be longer than windows are wide. */
#ifndef SGNS_STRETCH
#define SGNS_STRETCH 32
#endif
#ifndef SGNS_REPEATS
#define SGNS_REPEATS 8
#endif

static inline uint64_t sgns_splitmix64(uint64_t *state)
{
    uint64_t mixed = (*state += UINT64_C(0x9E3779B97F4A7C15));
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

static inline uint32_t sgns_draw(uint64_t key, int64_t index)
{
    uint32_t mixed = ((uint32_t)index * UINT32_C(0x9E3779B9)) ^ (uint32_t)key;
    mixed = (mixed ^ (mixed >> 16)) * UINT32_C(0x85EBCA6B);
    mixed ^= (uint32_t)(key >> 32);
    mixed = (mixed ^ (mixed >> 13)) * UINT32_C(0xC2B2AE35);
    return mixed ^ (mixed >> 16);
}

#endif
