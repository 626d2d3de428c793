/* Benchmark: what one core of a machine can do at best of the two things that training consists of.
 *
 *     cc -O3 -march=native benchmarks/limits.c -o limits && ./limits
 * Multiplications and additions of floats in registers; and rows of 100 floats (padded to 112) that lie at random in
 * as much memory as the weights take, each read, changed and written. CPU time, best of five. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

/* The widest vectors of the processor, and as many independent sums as hide the latency of one and fit, with the two
 * operands, into its registers. Wider vectors, or more sums, would live in memory. */
#if defined(__AVX512F__)
#define ISA "AVX-512"
#define LANES 16
#define CHAINS 24
#elif defined(__AVX2__) && defined(__FMA__)
#define ISA "AVX2"
#define LANES 8
#define CHAINS 12
#elif defined(__aarch64__)
#define ISA "NEON"
#define LANES 4
#define CHAINS 24
#else
#define ISA "portable C"
#define LANES 4
#define CHAINS 8
#endif
#define LEN_ROW 112

typedef float Vec __attribute__((vector_size(4 * LANES)));

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static double gflops(void)
{
    const int64_t n = 20000000;
    double best = 0;
    Vec sums[CHAINS], factor = {0}, term = {0};

    factor += 0.999f;
    term += 1e-4f;
    for (int i = 0; i < CHAINS; i++) sums[i] = term * (float)i;
    for (int round = 0; round < 5; round++) {
        const double began = seconds();
        for (int64_t step = 0; step < n; step++) {
#pragma GCC unroll 24
            for (int i = 0; i < CHAINS; i++) sums[i] = sums[i] * factor + term;
        }
        const double rate = 2e-9 * CHAINS * LANES * (double)n / (seconds() - began);
        best = rate > best ? rate : best;
    }
    float total = 0;
    for (int i = 0; i < CHAINS; i++) total += sums[i][0];
    return total == 0.5f ? 0 : best; /* the sums are used */
}

static double ns_a_row(int64_t n_rows)
{
    const int64_t n = 4000000, nbytes = n_rows * LEN_ROW * 4;
    const int64_t nbytes_all = (nbytes / (2 << 20) + 1) * (2 << 20);
    float *rows = aligned_alloc(2 << 20, (size_t)nbytes_all);
    int32_t *places = malloc((size_t)n * sizeof *places);
    uint64_t state = 1;
    double best = 1e9;

    if (rows == NULL || places == NULL) exit(1);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    (void)madvise(rows, (size_t)nbytes_all, MADV_HUGEPAGE);
#endif
    memset(rows, 0, (size_t)nbytes_all);
    for (int64_t i = 0; i < n; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        places[i] = (int32_t)((state >> 33) % (uint64_t)n_rows);
    }
    for (int round = 0; round < 5; round++) {
        const double began = seconds();
        for (int64_t i = 0; i < n; i++) {
            float *row = rows + (int64_t)places[i] * LEN_ROW;
            for (int k = 0; k < LEN_ROW; k++) row[k] += 1e-9f;
        }
        const double ns = 1e9 * (seconds() - began) / (double)n;
        best = ns < best ? ns : best;
    }
    free(rows);
    free(places);
    return best;
}

int main(void)
{
    printf("%.0f GFLOP/s, vectors of %d floats (%s)\n", gflops(), LANES, ISA);
    for (int64_t n_rows = 50; n_rows < 200000; n_rows *= n_rows < 2000 ? 40 : 73)
        printf("%6.1f ns a row, of %lld (%.1f MB)\n", ns_a_row(n_rows), (long long)n_rows,
               (double)n_rows * LEN_ROW * 4e-6);
    return 0;
}
