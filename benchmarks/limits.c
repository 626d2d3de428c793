/* Benchmark: what one core of a machine can do at best of the two things that training consists of, and what that
 * makes of each mode.
 *
 *     cc -O3 -march=native benchmarks/limits.c -lm -o limits && ./limits [SIZE [WINDOW [NEGATIVE [WORDS]]]]
 *
 * Multiplications and additions of floats in registers; and rows of floats that lie at random in memory, each read,
 * changed and written. CPU time, best of all rounds. A mode cannot take less time than its multiplications and
 * additions do, nor less than its rows: those that come new with a center, drawn from the matrices as training draws
 * them (words by Zipf's law, 1 / (rank + 2.7), subsampled with 1e-3; negatives by its power 3/4; nodes of their
 * Huffman tree) and asked for ahead. */
#include <math.h>
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

enum {
    /* CBOW with shared negatives: so many centers draw, so often all draws are used; see
     * fastsgns/_kernels/draws.h */
    STRETCH = 32,
    REPEATS = 8,
    MAX_CHUNK = 5, /* inputs that are corrected for each other; see fastsgns/_kernels/window.inc */
    MAX_ABREAST = 7,
    N_ROUNDS = 3,
    N_CENTERS = 100000 /* whose rows are drawn */
};

typedef float Vec __attribute__((vector_size(4 * LANES), may_alias));

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void *allocate(int64_t n, size_t nbytes_item)
{
    const size_t huge = 2 << 20, nbytes = ((size_t)n * nbytes_item / huge + 1) * huge;
    void *memory = aligned_alloc(huge, nbytes);

    if (memory == NULL) {
        fprintf(stderr, "limits: no %zu bytes of memory\n", nbytes);
        exit(1);
    }
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    (void)madvise(memory, nbytes, MADV_HUGEPAGE);
#endif
    memset(memory, 0, nbytes);
    return memory;
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

static double gflops(void)
{
    const int64_t n = 20000000;
    double best = 0;
    Vec sums[CHAINS], factor = {0}, term = {0};

    factor += 0.999f;
    term += 1e-4f;
    for (int i = 0; i < CHAINS; i++) sums[i] = term * (float)i;
    for (int round = 0; round < N_ROUNDS; round++) {
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

/* ---- rows ------------------------------------------------------------------------------------ */

static uint64_t drawn = 1;

static double draw(void)
{
    drawn = drawn * 6364136223846793005u + 1442695040888963407u;
    return (double)(drawn >> 11) / 9007199254740992.0;
}

/* Some rows at a time, line by line, each beside the same line of a row to come: asked for all at once they fill the
 * line buffers. */
static inline __attribute__((always_inline)) void pass(float *rows, int64_t stride,
                                                       const int32_t *places, int64_t n,
                                                       int64_t ahead, int abreast, int for_write)
{
    const Vec step = (Vec){0} + 1e-9f;
    float *now[MAX_ABREAST], *later[MAX_ABREAST];

    for (int64_t i = 0; i + abreast <= n; i += abreast) {
#pragma GCC unroll 8
        for (int r = 0; r < abreast; r++) {
            now[r] = rows + places[i + r] * stride;
            later[r] = rows + places[i + r + ahead < n ? i + r + ahead : i + r] * stride;
        }
        for (int64_t line = 0; line < stride; line += 16)
#pragma GCC unroll 8
            for (int r = 0; r < abreast; r++) {
                if (for_write)
                    __builtin_prefetch(later[r] + line, 1, 3);
                else
                    __builtin_prefetch(later[r] + line, 0, 3);
                for (int k = 0; k < 16; k += LANES) *(Vec *)(now[r] + line + k) += step;
            }
    }
}

typedef void (*Pass)(float *rows, int64_t stride, const int32_t *places, int64_t n, int64_t ahead);

#define PASS(name, abreast, for_write)                                                             \
    static void name(float *rows, int64_t stride, const int32_t *places, int64_t n, int64_t ahead) \
    {                                                                                              \
        pass(rows, stride, places, n, ahead, abreast, for_write);                                  \
    }

PASS(read_1, 1, 0)
PASS(read_3, 3, 0)
PASS(read_7, 7, 0)
PASS(write_1, 1, 1)
PASS(write_3, 3, 1)
PASS(write_7, 7, 1)

/* Nanoseconds a row, in the best of some ways: which it is, is a matter of the processor. */
static double ns_a_row(float *rows, int64_t stride, const int32_t *places, int64_t n)
{
    static const Pass passes[] = {read_1, read_3, read_7, write_1, write_3, write_7};
    static const int64_t distances[] = {2, 4, 8, 16};
    double best = 1e9;

    for (int way = 0; way < 6 * 4 * N_ROUNDS; way++) {
        const double began = seconds();
        passes[way % 6](rows, stride, places, n, distances[way / 6 % 4]);
        const double ns = 1e9 * (seconds() - began) / (double)n;
        best = ns < best ? ns : best;
    }
    return best;
}

static double ns_of_random_rows(float *rows, int64_t stride, int32_t *places, int64_t n_rows)
{
    for (int64_t i = 0; i < N_CENTERS; i++) places[i] = (int32_t)(draw() * (double)n_rows);
    return ns_a_row(rows, stride, places, N_CENTERS);
}

/* ---- words, negatives, nodes ----------------------------------------------------------------- */

typedef struct Text {
    int64_t n_words;
    double *words, *noise; /* cumulated probabilities */
    int32_t *parents;      /* of the Huffman tree's leaves and nodes: 2 * n_words */
} Text;

/* The Huffman tree of ascending counts, leaves from the last word on: two queues (van Leeuwen 1976). */
static void make_tree(const double *counts, int64_t n, int32_t *parents)
{
    double *made = allocate(n, sizeof *made);
    int64_t leaf = n - 1, node = 0;

    for (int64_t next = 0; next < n - 1; next++)
        for (int child = 0; child < 2; child++) {
            const int is_leaf = leaf >= 0 && (node == next || counts[leaf] <= made[node]);
            made[next] += is_leaf ? counts[leaf] : made[node];
            parents[is_leaf ? leaf-- : n + node++] = (int32_t)next;
        }
    free(made);
}

static Text make_text(int64_t n_words)
{
    Text text = {n_words, allocate(n_words, 8), allocate(n_words, 8), allocate(2 * n_words, 4)};
    double *counts = allocate(n_words, 8);
    double total = 0, kept = 0, noise = 0;

    for (int64_t i = 0; i < n_words; i++) total += counts[i] = 1 / ((double)i + 2.7);
    for (int64_t i = 0; i < n_words; i++) {
        const double ratio = counts[i] / total / 1e-3, keep = (sqrt(ratio) + 1) / ratio;
        text.words[i] = kept += counts[i] * (keep < 1 ? keep : 1);
        text.noise[i] = noise += pow(counts[i], 0.75);
    }
    make_tree(counts, n_words, text.parents);
    free(counts);
    return text;
}

static int32_t find(const double *cumulated, int64_t n)
{
    const double wanted = draw() * cumulated[n - 1];
    int64_t low = 0, high = n - 1;

    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (cumulated[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return (int32_t)low;
}

typedef struct Mode {
    const char *name;
    double n_products; /* of a center: a multiplication and an addition for each float of a row */
    int with_path;
    int64_t n_negatives; /* that come with a center */
    int64_t repeats;     /* how often they do */
} Mode;

/* The rows that come with each center, input rows first in memory, then the targets'. Returns how many. */
static int64_t draw_places(const Text *text, const Mode *mode, int32_t *places, int64_t n_places)
{
    const int32_t n = (int32_t)text->n_words;
    const int64_t a_stretch_before = STRETCH * (2 + mode->n_negatives);
    int64_t used = 0;

    for (int64_t center = 0; center < N_CENTERS && used + 64 + mode->n_negatives < n_places;
         center++) {
        const int are_new = center / STRETCH % mode->repeats == 0;
        const int32_t word = find(text->words, n);
        places[used++] = find(text->words, n);
        if (mode->with_path)
            for (int32_t node = text->parents[word]; used < n_places;
                 node = text->parents[n + node]) {
                places[used++] = n + node;
                if (node == n - 2) break; /* the root */
            }
        else
            places[used++] = n + word;
        for (int64_t i = 0; i < mode->n_negatives; i++, used++)
            places[used] = are_new ? n + find(text->noise, n) : places[used - a_stretch_before];
    }
    return used;
}

static double length_of_paths(const Text *text)
{
    double total = 0;
    const int n = 100000;

    for (int i = 0; i < n; i++) {
        int32_t node = text->parents[find(text->words, text->n_words)];
        for (total++; node != text->n_words - 2; total++)
            node = text->parents[text->n_words + node];
    }
    return total / n;
}

/* ---- modes ----------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    const int64_t size = argc > 1 ? atoll(argv[1]) : 100, window = argc > 2 ? atoll(argv[2]) : 5;
    const int64_t negative = argc > 3 ? atoll(argv[3]) : 5,
                  n_words = argc > 4 ? atoll(argv[4]) : 73265;

    if (size < 1 || window < 1 || negative < 0 || n_words < 2) {
        fprintf(stderr, "limits: SIZE and WINDOW must be >= 1, NEGATIVE >= 0, WORDS >= 2\n");
        return 1;
    }
    const int64_t stride = (size + 15) / 16 * 16, len_row = (size + LANES - 1) / LANES * LANES;
    const int64_t n_places = N_CENTERS * (int64_t)64;
    const double rate = gflops(), n_contexts = (double)window + 1, n_targets = (double)negative + 1;
    float *rows = allocate(2 * n_words * stride, sizeof *rows);
    int32_t *places = allocate(n_places, sizeof *places);

    printf("%.0f GFLOP/s, vectors of %d floats (%s)\n", rate, LANES, ISA);
    for (int64_t n_rows = 2 * n_words; n_rows >= 20; n_rows /= 54)
        printf("%6.1f ns a row, of %lld at random (%.1f MB)\n",
               ns_of_random_rows(rows, stride, places, n_rows), (long long)n_rows,
               (double)(n_rows * stride) * 4e-6);

    const Text text = make_text(n_words);
    const double len_path = length_of_paths(&text);
    /* A target's dot, and the moves of both, are three products; the Gram matrix of a chunk of inputs is one for each
     * two of them; CBOW adds up the inputs and moves them. */
    const double len_chunk = n_contexts / ceil(n_contexts / MAX_CHUNK);
    const double gram = n_contexts * (len_chunk - 1) / 2;
    const double window_of = n_contexts * 3 * n_targets, path_of = n_contexts * 3 * len_path;
    const Mode modes[] = {
        {"shared", window_of + gram, 0, negative, 1},
        {"fresh", window_of, 0, (window + 1) * negative, 1},
        {"hs", path_of + gram, 1, 0, 1},
        {"cbow-shared", 2 * n_contexts + 3 * n_targets, 0, negative, REPEATS},
        {"cbow-fresh", 2 * n_contexts + 3 * n_targets, 0, negative, 1},
        {"cbow-hs", 2 * n_contexts + 3 * len_path, 1, 0, 1},
    };
    printf("least ns a center: arithmetic, memory; a pair (%g contexts)\n", n_contexts);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const Mode *mode = modes + i;
        const int64_t n = draw_places(&text, mode, places, n_places);
        const double n_rows = 1 + (mode->with_path ? len_path : 1 + (double)mode->n_negatives);
        const double memory = n_rows * ns_a_row(rows, stride, places, n);
        const double arithmetic = mode->n_products * 2 * (double)len_row / rate;
        const double least = arithmetic > memory ? arithmetic : memory;
        printf("%-12s %7.1f %7.1f", mode->name, arithmetic, memory);
        if (strncmp(mode->name, "cbow", 4) != 0) printf("; %6.1f", least / n_contexts);
        printf("\n");
    }
    return 0;
}
