/* Floor: kernels. Each worker trains the hottest rows in copies of its own, its replicas.
 *
 * A few words make a large part of every text. When two threads move the same row in turns, its
 * cache lines go from core to core, and each journey takes longer than the update: two threads
 * trained 1.3 to 1.55 times as fast as one. So a worker copies the hottest rows, trains its copies,
 * and every now and then adds what they have moved by to the rows that all share, and takes those
 * over: row := row + (own - base), own := base := row.
 *
 * How long may a row be apart? Say that K workers start from one row o and each makes n moves of a
 * row that is drawn to where its gradient vanishes, o*: o moves by the learning rate alpha times
 * -H (o - o*), H the mean of sigma'(x.o) x x^T over the inputs x that it meets. In a direction
 * where H is h, n moves leave the share c^n of the distance, c = 1 - alpha h. One after the other,
 * K n moves leave c^(K n); apart, each takes away 1 - c^n, and what is added up is K (1 - c^n):
 *     n alpha h small  K (1 - c^n) = K n alpha h (1 - n alpha h / 2 ...), as one after the other
 *     n alpha h large  K (1 - c^n) -> K: it overshoots K times, and grows without bound from K = 3
 * The difference begins with the square of alpha h (K - 1) n: what the *others* have moved the row
 * by while one did not know of it. So that is what is bounded, for each row, whatever the number of
 * workers: learning rate times moves of the row by all other workers, from one time that it is
 * brought together to the next. Hot rows are brought together often, cooler ones seldom, after the
 * same number of touches; this is also what costs the least for a given sum of errors. (Averaging
 * instead of adding, or adding less, is right only where n alpha h is large: in all other
 * directions the row then learns up to K times too slowly.)
 *
 * What a target learns late makes targets longer and inputs shorter, as in a batch (window.inc);
 * what an input learns late, the other way round. So both have a bound; training/replicas.py has
 * their values, and leaves replicas out where a row would come to be brought together as often as
 * it is touched: then plain Hogwild (Niu et al. 2011), which is right for any number of workers.
 *
 * Row i of the hot rows of worker k is row n_words + 2 * k * n_hot + i of each matrix; its base, the
 * row as it was when it was last taken over, is n_hot rows further. Hot are the first words, which
 * are the most frequent ones, and the last nodes, which are the nearest to the root. */
#ifndef FASTSGNS_REPLICAS_H
#define FASTSGNS_REPLICAS_H

#include <string.h>

#include "platform.h"
#include "prefetch.h"
#include "sgns.h"

enum { SGNS_ROWS_AHEAD = 3 };

/* How many rows of a matrix have copies. */
static inline int64_t sgns_n_hot(const SgnsHotRows *hot)
{
    return hot->n_due[SGNS_MERGE_LEVELS - 1];
}

/* What is added to the row of a hot word. */
static inline int64_t sgns_hot_shift(const SgnsWeights *weights, int64_t worker)
{
    return weights->n_words + 2 * worker * weights->n_hot;
}

static inline int64_t sgns_row_of_word(int64_t word, int64_t n_hot, int64_t hot_shift)
{
    return word + (word < n_hot ? hot_shift : 0);
}

/* The first hot node; there are n_words - 1 nodes, the hottest are the last. */
static inline int64_t sgns_first_hot_node(const SgnsWeights *weights)
{
    return weights->n_words - 1 - sgns_n_hot(&weights->hot_nodes);
}

static inline int64_t sgns_row_of_node(int64_t node, const SgnsWeights *weights, int64_t hot_shift)
{
    const int64_t first = sgns_first_hot_node(weights);

    return node >= first ? node - first + hot_shift : node;
}

/* Brings n rows from `shared` on and their copies, from `own` on, together; the copies' bases are
 * n_hot rows further. is_first: there is nothing to add yet. Half of the shared rows are with another
 * core: asked for a few rows before, one journey does not wait for the end of another. */
SGNS_NOINLINE void sgns_merge_rows(float *shared, float *own, int64_t n, int64_t n_hot,
                                   int64_t stride, int is_first)
{
    for (int64_t row = 0; row < n; row++) {
        float *all = shared + row * stride, *mine = own + row * stride;
        float *base = mine + n_hot * stride;
        if (row + SGNS_ROWS_AHEAD < n) sgns_prefetch_row(all + SGNS_ROWS_AHEAD * stride, stride);
        if (!is_first && memcmp(mine, base, (size_t)stride * sizeof *mine) != 0)
            for (int64_t i = 0; i < stride; i++) all[i] += mine[i] - base[i];
        memcpy(mine, all, (size_t)stride * sizeof *mine);
        memcpy(base, mine, (size_t)stride * sizeof *mine);
    }
}

/* Brings the hottest rows of each matrix together, as many as are due at `level`. */
static inline void sgns_merge_level(const SgnsWeights *weights, int64_t worker, int level,
                                    int is_first)
{
    const int64_t stride = weights->stride, n_words = weights->n_words, n_hot = weights->n_hot;
    const int64_t own = sgns_hot_shift(weights, worker);
    const int64_t n_inputs = weights->hot_inputs.n_due[level];
    const int64_t n_outputs = weights->hot_outputs.n_due[level];
    const int64_t n_nodes = weights->hot_nodes.n_due[level];

    sgns_merge_rows(weights->input_vectors, weights->input_vectors + own * stride, n_inputs, n_hot,
                    stride, is_first);
    if (n_outputs > 0)
        sgns_merge_rows(weights->output_vectors, weights->output_vectors + own * stride, n_outputs,
                        n_hot, stride, is_first);
    if (n_nodes > 0) {
        const int64_t node = n_words - 1 - n_nodes;
        sgns_merge_rows(weights->node_vectors + node * stride,
                        weights->node_vectors + sgns_row_of_node(node, weights, own) * stride,
                        n_nodes, n_hot, stride, is_first);
    }
}

/* All of them: when a job begins (is_first), and when it ends. */
static inline void sgns_merge_replicas(const SgnsWeights *weights, int64_t worker, int is_first)
{
    if (weights->n_hot > 0) sgns_merge_level(weights, worker, SGNS_MERGE_LEVELS - 1, is_first);
}

/* After how many steps of a job copies are brought together; a number never reached: not at all. */
static inline int64_t sgns_merge_every(const SgnsWeights *weights, float alpha)
{
    const double never = 9e18;

    if (weights->n_hot == 0 || weights->apart >= never * alpha) return (int64_t)never;
    return weights->apart > alpha ? (int64_t)(weights->apart / alpha) : 1;
}

/* Brings together what is due at the n-th time, n from 1. */
static inline void sgns_merge_in_time(const SgnsWeights *weights, int64_t worker, int64_t n)
{
    int level = 0;

    for (; n % 2 == 0 && level < SGNS_MERGE_LEVELS - 1; n /= 2) level++;
    sgns_merge_level(weights, worker, level, 0);
}

#endif
