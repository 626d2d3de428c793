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
 *               for each center (shared negatives, CBOW) or for each pair, contexts from left to
 *               right (fresh negatives)
 * Indices are taken modulo 2^32. The mixing of sgns_draw is that of MurmurHash3's 32-bit finalizer
 * (A. Appleby, public domain), with the second half of the key between its two multiplications, so
 * that two jobs differ in 64 bits. */
#ifndef FASTSGNS_DRAWS_H
#define FASTSGNS_DRAWS_H

#include <stdint.h>

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
