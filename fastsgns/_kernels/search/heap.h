/* Floor: kernels. The best of a query: a heap of keys, the least on top.
 *
 * A key is a similarity and a place in one number: the greater, the better; of equal similarities
 * the lower place, and NaN below all numbers. */
#ifndef FASTSGNS_SEARCH_HEAP_H
#define FASTSGNS_SEARCH_HEAP_H

#include <math.h>
#include <string.h>

#include "search.h"

SGNS_INLINE uint32_t order_of(float score)
{
    uint32_t bits;

    if (score != score) return 0;
    score += 0.0f; /* -0 is 0 */
    memcpy(&bits, &score, sizeof bits);
    return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

SGNS_INLINE uint64_t key_of(float score, int64_t place)
{
    return (uint64_t)order_of(score) << 32 | (uint32_t)~(uint32_t)place;
}

SGNS_INLINE float score_of(uint64_t key)
{
    uint32_t order = (uint32_t)(key >> 32);
    uint32_t bits = order >> 31 ? order & ~(UINT32_C(1) << 31) : ~order;
    float score;

    if (order == 0) return NAN;
    memcpy(&score, &bits, sizeof score);
    return score;
}

SGNS_INLINE int64_t place_of(uint64_t key)
{
    return (int64_t)(uint32_t)~(uint32_t)key;
}

static void sift_down(uint64_t *heap, int64_t n, int64_t i)
{
    uint64_t key = heap[i];

    for (int64_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heap[child + 1] < heap[child]) child++;
        if (heap[child] >= key) break;
        heap[i] = heap[child];
    }
    heap[i] = key;
}

/* Whether a place is no answer to query q. */
static int is_excluded(const SearchQueries *queries, int64_t q, int64_t place)
{
    for (int64_t i = queries->out_offsets[q]; i < queries->out_offsets[q + 1]; i++)
        if (queries->out_places[i] == place) return 1;
    return 0;
}

/* Keeps a key that is above the floor of query q; once k are kept, the least of them is the floor.
 */
static void keep(SearchQueries *queries, int64_t q, uint64_t key)
{
    uint64_t *heap = queries->heaps + q * queries->k;
    int64_t n = queries->n_kept[q];

    if (n < queries->k) {
        int64_t i = n;
        for (; i > 0 && heap[(i - 1) / 2] > key; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
        heap[i] = key;
        queries->n_kept[q] = n + 1;
        if (n + 1 < queries->k) return;
    } else {
        heap[0] = key;
        sift_down(heap, n, 0);
    }
    queries->floors[q] = heap[0];
    queries->bounds[q] = score_of(heap[0]) - queries->margins[q];
}

#endif
