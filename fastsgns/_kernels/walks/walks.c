/* Floor: kernels. Random walks, many at a time.
 *
 * A walk is a chain of cache misses: where a node's edges begin, and where the edge that was drawn
 * leads. So WALK_ABREAST walks take turns: each asks for what it needs, and gets it when its turn
 * comes again (as ThunderRW does, Sun et al. 2021, doi:10.14778/3476249.3476257).
 *
 * Weights of edges are met by alias tables. p and q are met by rejection, as in KnightKing (Yang et
 * al. 2019, doi:10.1145/3341301.3359634): there is no table of pairs of edges. An edge is drawn by
 * its weight, and a height below the largest factor, max(1, 1 / q); the edge is taken when its
 * factor is above the height, and which factor it has need not be known below the least one. Where
 * leading back has a larger factor, what is above the others is an area of its own, as wide as
 * the row's largest share. A row where hardly anything is taken is gone through as a whole, once
 * that is cheaper than to go on: whatever p and q, a step takes a time linear in the edges of a
 * node at most, but for the look at those of the node before.
 *
 * Random numbers are splitmix64 with a state of its own for each walk. */
#include "walks.h"

#include <string.h>

#include "../draws.h"
#include "../platform.h"

#define WALK_ABREAST 32
#define WALK_MIN_TRIALS 16
#define WALK_NOWHERE (-1)

/* --- alias tables ------------------------------------------------------------------------------ */

/* Vose 1991 (doi:10.1109/32.92917). Columns that are too low are kept at the front of `pending`,
 * those that are too high at its back; `height` of a column is its weight by the mean weight. */
void walk_fill_row(const double *weights, const int32_t *targets, int64_t n, WalkSlot *slots,
                   float *shares, float *largest, int64_t *pending)
{
    double most = 0, sum = 0;
    int64_t n_low = 0, high = n;

    for (int64_t i = 0; i < n; i++) most = weights[i] > most ? weights[i] : most;
    for (int64_t i = 0; i < n; i++) sum += weights[i] / most; /* a sum of weights may overflow */
    if (shares) {
        for (int64_t i = 0; i < n; i++) shares[i] = (float)(weights[i] / most / sum);
        *largest = (float)(1 / sum);
    }
    for (int64_t i = 0; i < n; i++) {
        slots[i].odds = UINT32_MAX;
        slots[i].alias = targets[i];
        if (weights[i] / most * ((double)n / sum) < 1)
            pending[n_low++] = i;
        else
            pending[--high] = i;
    }
    if (n_low == 0 || high == n) return;

    int64_t giver = pending[high++];
    double height = weights[giver] / most * ((double)n / sum);
    for (int64_t low = 0;;) {
        /* What the giver has left may make it low itself: then it takes from the next one. */
        int64_t taker;
        double has;
        if (height >= 1) {
            if (low == n_low) return;
            taker = pending[low++];
            has = weights[taker] / most * ((double)n / sum);
            height -= 1 - has;
        } else {
            if (high == n) return; /* rounding: it is full but for the last bits */
            taker = giver;
            has = height;
            giver = pending[high++];
            height = weights[giver] / most * ((double)n / sum) - (1 - has);
        }
        slots[taker].odds = (uint32_t)(has * 4294967296.0);
        slots[taker].alias = targets[giver];
    }
}

/* --- one walk ---------------------------------------------------------------------------------- */

typedef struct Walk {
    uint64_t state;                      /* of its random numbers */
    int32_t *ids;                        /* (length,) */
    int64_t number;                      /* which of the walks it is */
    int32_t n;                           /* nodes so far */
    int is_new;                          /* at its node: the edges have not been looked at */
    int64_t begin, degree;               /* the edges of the node that it is at */
    int64_t begin_before, degree_before; /* of the node before */
    int64_t drawn;                       /* an edge, or WALK_NOWHERE: the edge back */
    double height;
    int64_t n_trials;
} Walk;

/* floor(draw * n / 2^64), for n < 2^32, without 128 bits. */
static inline int64_t below(uint64_t draw, int64_t n)
{
    return (int64_t)(((draw >> 32) * (uint64_t)n + (((draw & UINT32_MAX) * (uint64_t)n) >> 32)) >>
                     32);
}

/* In [0, 1). */
static inline double uniform(uint64_t draw)
{
    return (double)(draw >> 11) * 0x1p-53;
}

/* The place of `node` in ascending targets (n,), or -1. */
static inline int64_t place_of(int32_t node, const int32_t *targets, int64_t n)
{
    const int32_t *first = targets;

    if (n == 0) return -1;
    for (; n > 1; n -= n / 2) first += first[n / 2] <= node ? n / 2 : 0;
    return *first == node ? first - targets : -1;
}

/* The factor of an edge to `node`, coming from `before`. */
static inline double factor(const WalkGraph *graph, const WalkRule *rule, const Walk *walk,
                            int32_t before, int32_t node)
{
    if (node == before) return rule->back;
    return place_of(node, graph->targets + walk->begin_before, walk->degree_before) >= 0
               ? 1
               : rule->away;
}

/* Goes through all edges of a node: an exact draw, for when hardly any edge that is drawn is taken. */
SGNS_NOINLINE int32_t choose_of_all(const WalkGraph *graph, const WalkRule *rule, Walk *walk,
                                    int32_t before)
{
    double sum = 0, rest;
    int32_t chosen = graph->targets[walk->begin];

    for (int64_t i = walk->begin; i < walk->begin + walk->degree; i++)
        sum += factor(graph, rule, walk, before, graph->targets[i]) *
               (graph->shares ? graph->shares[i] : 1.0);
    rest = uniform(sgns_splitmix64(&walk->state)) * sum;
    for (int64_t i = walk->begin; i < walk->begin + walk->degree; i++) {
        double area = factor(graph, rule, walk, before, graph->targets[i]) *
                      (graph->shares ? graph->shares[i] : 1.0);
        if (area > 0) chosen = graph->targets[i];
        rest -= area;
        if (rest < 0) break;
    }
    return chosen;
}

static void begin_walk(Walk *walk, const WalkRule *rule, uint64_t key, int64_t first,
                       int64_t number, int32_t start, int32_t *ids)
{
    uint64_t seed = key + (uint64_t)(first + number);

    walk->state = sgns_splitmix64(&seed);
    walk->ids = ids + number * (int64_t)rule->length;
    walk->ids[0] = start;
    walk->number = number;
    walk->n = 1;
    walk->is_new = 1;
    walk->degree = 0;
}

static inline int64_t row_of(const WalkGraph *graph, const WalkRule *rule, const Walk *walk)
{
    int64_t node = walk->ids[walk->n - 1];

    if (graph->n_types == 1) return node;
    return node * graph->n_types + rule->types[walk->n % rule->n_types_of_walk];
}

static inline void ask_for_row(const WalkGraph *graph, int64_t row, int has_largest)
{
    SGNS_PREFETCH(graph->offsets + row);
    if (has_largest) SGNS_PREFETCH(graph->largest + row);
}

/* Draws an edge of the node that the walk is at. Returns 0 when there is none. */
SGNS_INLINE int draw_edge(const WalkGraph *graph, const WalkRule *rule, Walk *walk,
                          const int is_weighted, const int is_biased)
{
    if (walk->is_new) {
        int64_t row = row_of(graph, rule, walk);
        walk->begin_before = walk->begin;
        walk->degree_before = walk->degree;
        walk->begin = graph->offsets[row];
        walk->degree = graph->offsets[row + 1] - walk->begin;
        walk->is_new = 0;
        walk->n_trials = 0;
        if (walk->degree == 0) return 0;
    }
    if (is_biased && walk->n > 1) {
        double most = rule->away > 1 ? rule->away : 1, extra = 0;
        if (rule->back > most) {
            int64_t row = walk->ids[walk->n - 1];
            extra = is_weighted ? graph->largest[row] : 1 / (double)walk->degree;
            extra *= rule->back - most;
        }
        walk->height = uniform(sgns_splitmix64(&walk->state)) * (most + extra);
        if (walk->height >= most) {
            walk->drawn = WALK_NOWHERE;
            return 1;
        }
        SGNS_PREFETCH(graph->targets + walk->begin_before + walk->degree_before / 2);
    }
    walk->drawn = walk->begin + below(sgns_splitmix64(&walk->state), walk->degree);
    SGNS_PREFETCH(graph->targets + walk->drawn);
    if (is_weighted) SGNS_PREFETCH(graph->slots + walk->drawn);
    return 1;
}

/* Whether the walk goes back, in the area that only the edge back has: as wide as the largest
 * share of the row, while that edge may have less, or not be there. */
static int goes_back(const WalkGraph *graph, Walk *walk, int32_t before, const int is_weighted)
{
    int64_t place = place_of(before, graph->targets + walk->begin, walk->degree);

    if (place < 0) return 0;
    if (!is_weighted) return 1;
    return uniform(sgns_splitmix64(&walk->state)) * graph->largest[walk->ids[walk->n - 1]] <
           graph->shares[walk->begin + place];
}

/* Takes the edge that was drawn, or not. Returns the node that it leads to, or WALK_NOWHERE. */
SGNS_INLINE int32_t take_edge(const WalkGraph *graph, const WalkRule *rule, Walk *walk,
                              const int is_weighted, const int is_biased)
{
    int32_t before = walk->n > 1 ? walk->ids[walk->n - 2] : WALK_NOWHERE;
    int32_t node;
    double least = rule->away < 1 ? rule->away : 1;

    if (is_biased && walk->drawn == WALK_NOWHERE) {
        if (goes_back(graph, walk, before, is_weighted)) return before;
    } else {
        node = graph->targets[walk->drawn];
        if (is_weighted) {
            WalkSlot slot = graph->slots[walk->drawn];
            if ((uint32_t)(sgns_splitmix64(&walk->state) >> 32) >= slot.odds) node = slot.alias;
        }
        if (!is_biased || before == WALK_NOWHERE) return node;
        if (node == before
                ? walk->height < rule->back
                : walk->height < least || walk->height < factor(graph, rule, walk, before, node))
            return node;
    }
    if (++walk->n_trials < WALK_MIN_TRIALS + walk->degree) return WALK_NOWHERE;
    return choose_of_all(graph, rule, walk, before);
}

SGNS_INLINE void walk_abreast(const WalkGraph *graph, const WalkRule *rule, const int32_t *starts,
                              int64_t first, int64_t n, uint64_t key, int32_t *ids, int64_t *ends,
                              const int32_t *stop, const int is_weighted, const int is_biased)
{
    Walk walks[WALK_ABREAST];
    const int has_largest = is_weighted && is_biased;
    int64_t n_begun = 0, n_abreast = 0;

    memset(walks, 0, sizeof walks);
    while (!SGNS_READ_FLAG(stop)) {
        for (; n_abreast < WALK_ABREAST && n_begun < n; n_begun++, n_abreast++) {
            Walk *walk = &walks[n_abreast];
            begin_walk(walk, rule, key, first, n_begun, starts[n_begun], ids);
            ask_for_row(graph, row_of(graph, rule, walk), has_largest);
        }
        if (n_abreast == 0) return;
        for (int64_t i = 0; i < n_abreast; i++) {
            Walk *walk = &walks[i];
            if (walk->n == rule->length || !draw_edge(graph, rule, walk, is_weighted, is_biased)) {
                ends[walk->number] = walk->n;
                *walk = walks[--n_abreast];
                i--; /* the one that has come here has not had its turn */
            }
        }
        for (int64_t i = 0; i < n_abreast; i++) {
            Walk *walk = &walks[i];
            int32_t node = take_edge(graph, rule, walk, is_weighted, is_biased);
            if (node == WALK_NOWHERE) continue;
            walk->ids[walk->n++] = node;
            walk->is_new = 1;
            ask_for_row(graph, row_of(graph, rule, walk), has_largest);
        }
    }
}

int64_t walk_all(const WalkGraph *graph, const WalkRule *rule, const int32_t *starts, int64_t first,
                 int64_t n, uint64_t key, int32_t *ids, int64_t *ends, const int32_t *stop)
{
    const int is_biased = rule->back != 1 || rule->away != 1;
    int64_t n_ids = 0;

    /* Each is compiled by itself. */
    if (graph->slots && is_biased)
        walk_abreast(graph, rule, starts, first, n, key, ids, ends, stop, 1, 1);
    else if (graph->slots)
        walk_abreast(graph, rule, starts, first, n, key, ids, ends, stop, 1, 0);
    else if (is_biased)
        walk_abreast(graph, rule, starts, first, n, key, ids, ends, stop, 0, 1);
    else
        walk_abreast(graph, rule, starts, first, n, key, ids, ends, stop, 0, 0);
    if (SGNS_READ_FLAG(stop)) return 0;
    for (int64_t i = 0; i < n; i++) { /* those that have ended early leave gaps */
        int64_t length = ends[i];
        memmove(ids + n_ids, ids + i * (int64_t)rule->length, (size_t)length * sizeof *ids);
        n_ids += length;
        ends[i] = n_ids;
    }
    return n_ids;
}
