/* Floor: kernels. The choice of a search kernel, and what is the same for all: see search.h. */
#include "search.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "../cpu.h"
#include "heap.h"
#include "kernels.h"

typedef struct Entry {
    const SearchKernel *kernel;
    SgnsCpuSet need;
} Entry;

/* Fastest first. */
static const Entry TABLE[] = {
#if defined(__x86_64__) || defined(_M_X64)
    {&search_kernel_avx512, SGNS_CPU_AVX512},
    {&search_kernel_avx2, SGNS_CPU_AVX2},
#elif defined(__aarch64__) || defined(_M_ARM64)
    {&search_kernel_neon, SGNS_CPU_ANY},
#endif
    {&search_kernel_scalar, SGNS_CPU_ANY},
};

const SearchKernel *search_kernel(const char *name)
{
    for (size_t i = 0; i < sizeof TABLE / sizeof TABLE[0]; i++) {
        if (*name && strcmp(name, TABLE[i].kernel->name) != 0) continue;
        if (sgns_cpu_has(TABLE[i].need)) return TABLE[i].kernel;
    }
    return NULL;
}

int64_t search_n_scratch(int64_t d)
{
    /* converted rows, the same in panels, and room for the ends to be aligned */
    return 2 * SEARCH_MAX_PANEL * d + 64;
}

static int64_t n_groups(const SearchKernel *kernel, int64_t n)
{
    return (n + kernel->n_group - 1) / kernel->n_group;
}

int64_t search_n_packed(const SearchKernel *kernel, int64_t n, int64_t d)
{
    return n_groups(kernel, n) * kernel->n_group * d;
}

void search_pack(const SearchKernel *kernel, const float *vectors, int64_t n, int64_t d,
                 float *packed)
{
    int64_t n_group = kernel->n_group;

    for (int64_t q = 0; q < n_groups(kernel, n) * n_group; q++) {
        float *goal = packed + q / n_group * n_group * d + q % n_group;
        for (int64_t j = 0; j < d; j++) goal[j * n_group] = q < n ? vectors[q * d + j] : 0.0f;
    }
}

void search_begin(SearchQueries *queries, int64_t d, double least)
{
    const double unit_roundoff = 1.0 / (1 << 24);
    float limit = (float)least;

    if (limit < least) limit = nextafterf(limit, INFINITY);
    for (int64_t q = 0; q < queries->n; q++) {
        double square = 0.0;
        for (int64_t j = 0; j < d; j++) {
            double x = queries->vectors[q * d + j];
            square += x * x;
        }
        /* The errors of d products and d sums, in q . r and in |r| (Higham 2002, Accuracy and
         * Stability of Numerical Algorithms, section 3.1), and some for the few operations after
         * them. */
        queries->margins[q] = (float)((2.0 * (double)d + 16.0) * unit_roundoff * sqrt(square));
        queries->n_kept[q] = 0;
        queries->floors[q] = least != least ? 0 : ((uint64_t)order_of(limit) << 32) - 1;
        queries->bounds[q] = limit - queries->margins[q];
    }
}

void search_merge(SearchQueries *queries, const SearchQueries *others)
{
    for (int64_t q = 0; q < queries->n; q++)
        for (int64_t i = 0; i < others->n_kept[q]; i++) {
            uint64_t key = others->heaps[q * others->k + i];
            if (key > queries->floors[q]) keep(queries, q, key);
        }
}

int64_t search_take(SearchQueries *queries, int64_t q, int64_t *places, float *scores)
{
    uint64_t *heap = queries->heaps + q * queries->k;
    int64_t n = queries->n_kept[q];

    for (int64_t last = n - 1; last >= 0; last--) { /* the least of the rest goes to its end */
        places[last] = place_of(heap[0]);
        scores[last] = score_of(heap[0]);
        heap[0] = heap[last];
        if (last > 0) sift_down(heap, last, 0);
    }
    queries->n_kept[q] = 0;
    return n;
}

void search_rank(SearchQueries *queries, const float *scores, int64_t n)
{
    for (int64_t place = 0; place < n; place++) {
        uint64_t key;

        if (scores[place] < queries->bounds[0]) continue;
        key = key_of(scores[place], place);
        if (key > queries->floors[0] && !is_excluded(queries, 0, place)) keep(queries, 0, key);
    }
}

/* product *= (1 + cosine) / 2 */
static void multiply(float *product, const float *cosines, int64_t n)
{
    for (int64_t j = 0; j < n; j++) product[j] *= (cosines[j] + 1.0f) / 2.0f;
}

void search_multiply(const float *tile, int64_t ld, int64_t n_queries, int64_t n_positive,
                     int64_t n, float *losses, float *products)
{
    for (int64_t j = 0; j < n; j++) losses[j] = products[j] = 1.0f;
    for (int64_t q = 0; q < n_queries; q++)
        multiply(q < n_positive ? products : losses, tile + q * ld, n);
    for (int64_t j = 0; j < n; j++) products[j] /= losses[j] + 1e-6f;
}
