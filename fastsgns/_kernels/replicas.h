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

#include "platform.h"
#include "prefetch.h"
#include "sgns.h"

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

/* Where a hot row is: the one that all share, a worker's own, and that one's base. */
typedef struct SgnsHotRow {
    float *shared, *own, *base;
} SgnsHotRow;

/* How many rows are due at `level`, of all matrices: outputs, nodes and inputs, in this order. */
static inline int64_t sgns_n_due(const SgnsWeights *weights, int level)
{
    return weights->hot_outputs.n_due[level] + weights->hot_nodes.n_due[level] +
           weights->hot_inputs.n_due[level];
}

/* Number i of them. */
static inline SgnsHotRow sgns_due_row(const SgnsWeights *weights, int64_t worker, int level,
                                      int64_t i)
{
    const int64_t n_outputs = weights->hot_outputs.n_due[level];
    const int64_t n_nodes = weights->hot_nodes.n_due[level];
    float *matrix = weights->input_vectors;
    int64_t row = i - n_outputs - n_nodes, copy = row;
    SgnsHotRow found;

    if (i < n_outputs) {
        matrix = weights->output_vectors;
        row = copy = i;
    } else if (row < 0) {
        matrix = weights->node_vectors;
        row = weights->n_words - 2 - (i - n_outputs);
        copy = row - sgns_first_hot_node(weights);
    }
    found.shared = matrix + row * weights->stride;
    found.own = matrix + (sgns_hot_shift(weights, worker) + copy) * weights->stride;
    found.base = found.own + weights->n_hot * weights->stride;
    return found;
}

/* Brings a row and its copy together. is_first: there is nothing to add yet. Nor is there when the
 * copy was not moved: then what others write meanwhile is surely not written over. */
SGNS_NOINLINE void sgns_merge_row(SgnsHotRow row, int64_t stride, int is_first)
{
    int is_moved = 0;

    for (int64_t i = 0; i < (is_first ? 0 : stride); i++) is_moved |= row.own[i] != row.base[i];
    for (int64_t i = 0; i < (is_moved ? stride : 0); i++) row.shared[i] += row.own[i] - row.base[i];
    for (int64_t i = 0; i < stride; i++) row.own[i] = row.base[i] = row.shared[i];
}

/* All of them: when a job begins (is_first), and when it ends. */
static inline void sgns_merge_replicas(const SgnsWeights *weights, int64_t worker, int is_first)
{
    const int level = SGNS_MERGE_LEVELS - 1;

    for (int64_t i = 0; i < sgns_n_due(weights, level); i++)
        sgns_merge_row(sgns_due_row(weights, worker, level, i), weights->stride, is_first);
}

/* What is brought together while a job runs. Every `every` steps some rows become due, and a few
 * of them at a time have their turn, with the rows of the steps between: each is likely to be with
 * another core, and asked for STEPS_AHEAD before, it is no longer waited for. */
typedef struct SgnsMerging {
    int64_t every, next_time, n_times;
    int level;
    int64_t i, n, at_a_time; /* of the rows due: the next one, how many, and at each step */
} SgnsMerging;

enum { STEPS_AHEAD = 2 };

static inline SgnsMerging sgns_merging(const SgnsWeights *weights, float alpha)
{
    const double never = 9e18;
    SgnsMerging merging = {(int64_t)never, 0, 0, 0, 0, 0, 0};

    if (weights->n_hot > 0 && weights->apart < never * alpha)
        merging.every = weights->apart > alpha ? (int64_t)(weights->apart / alpha) : 1;
    merging.next_time = merging.every;
    return merging;
}

SGNS_NOINLINE void sgns_merge_some(SgnsMerging *merging, const SgnsWeights *weights, int64_t worker,
                                   int64_t n)
{
    const int64_t ahead = STEPS_AHEAD * merging->at_a_time;

    for (const int64_t end = merging->i + n; merging->i < end; merging->i++) {
        if (merging->i + ahead < merging->n)
            sgns_prefetch_row(
                sgns_due_row(weights, worker, merging->level, merging->i + ahead).shared,
                weights->stride);
        if (merging->i >= 0 && merging->i < merging->n)
            sgns_merge_row(sgns_due_row(weights, worker, merging->level, merging->i),
                           weights->stride, 0);
    }
}

/* Called at each step of a job, from 0. */
static inline void sgns_merge_at_step(SgnsMerging *merging, const SgnsWeights *weights,
                                      int64_t worker, int64_t step)
{
    if (SGNS_UNLIKELY(step == merging->next_time)) {
        int64_t n = ++merging->n_times;
        sgns_merge_some(merging, weights, worker, merging->n - merging->i);
        merging->level = 0;
        for (; n % 2 == 0 && merging->level < SGNS_MERGE_LEVELS - 1; n /= 2) merging->level++;
        merging->next_time += merging->every;
        merging->n = sgns_n_due(weights, merging->level);
        merging->at_a_time = merging->n / merging->every + 1;
        merging->i = -STEPS_AHEAD * merging->at_a_time;
    }
    if (SGNS_UNLIKELY(merging->i < merging->n))
        sgns_merge_some(merging, weights, worker, merging->at_a_time);
}

#endif
