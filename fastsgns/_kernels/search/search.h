/* Floor: kernels. Which rows of a matrix are most like which queries.
 *
 * The similarity of a query q and a row r is q . r / |r|, their cosine when q has unit length. What
 * is answered does not depend on the instruction set, nor on how rows and queries are cut into
 * calls: single precision only sorts out rows that cannot be among the best, by a bound that no
 * rounding gets past; each of the others is judged by `search_exact`'s sum in double precision. */
#ifndef FASTSGNS_SEARCH_H
#define FASTSGNS_SEARCH_H

#include <stdint.h>

#include "../platform.h"

enum SearchType { SEARCH_FLOAT32, SEARCH_FLOAT64, SEARCH_FLOAT16, SEARCH_INT8 };

/* The rows that are searched. Place i is row i, or row among[i]. */
typedef struct SearchRows {
    const void *data; /* (rows, d), `stride` elements from row to row */
    int64_t stride;
    int64_t d;
    int32_t type;            /* SearchType: all arithmetic is on float32 */
    const int64_t *among;    /* NULL: all */
    const uint8_t *left_out; /* (places,): 1 where a row is no answer to any query; NULL: nowhere */
} SearchRows;

/* Some queries at once, and the best of each so far. */
typedef struct SearchQueries {
    const float *vectors; /* (n, d) */
    const float *packed;  /* by search_pack */
    int64_t n;
    const int64_t *out_offsets; /* (n + 1,): places that are no answer to query q are */
    const int64_t *out_places;  /* out_places[out_offsets[q]:out_offsets[q + 1]] */
    int64_t k;
    uint64_t *heaps;  /* (n, k): keys (below), the least first */
    int64_t *n_kept;  /* (n,) */
    uint64_t *floors; /* (n,): what is kept is above */
    float *margins;   /* (n,): what single precision may be wrong by */
    float *bounds;    /* (n,): what single precision finds below is not looked at; NaN: none is */
} SearchQueries;

/* Sums and products of rows of similarities: the forms of 3CosAdd and 3CosMul. */
enum SearchForm {
    SEARCH_ADD, /* (b - a) + c */
    SEARCH_MUL, /* b / (a + 1e-6) c, of (1 + cos) / 2 */
};

/* Questions "a is to b as c is to ?" over a tile of similarities. */
typedef struct SearchQuestions {
    const int32_t *terms;  /* (n, 3): which rows of the tile a, b and c are */
    const int64_t *places; /* (n, 3): where they are, which is no answer */
    int64_t n;
    int64_t k;
    float *scores;  /* INOUT (n, k), the best first; -inf and -1 where nothing is yet */
    int64_t *found; /* INOUT (n, k): places */
} SearchQuestions;

/* Brings places first..stop-1 into the heaps of the queries. */
typedef void (*SearchFind)(const SearchRows *rows, SearchQueries *queries, int64_t first,
                           int64_t stop, float *scratch);

/* out (n, ld): similarities of the queries with places first..stop-1, in single precision. */
typedef void (*SearchCompare)(const SearchRows *rows, const SearchQueries *queries, int64_t first,
                              int64_t stop, float *out, int64_t ld, float *scratch);

/* Answers from a tile (terms, ld) with places first..stop-1, of which NaN are no answer. */
typedef void (*SearchAnswer)(const float *tile, int64_t ld, int64_t first, int64_t stop, int form,
                             SearchQuestions *questions);

typedef struct SearchKernel {
    const char *name;
    int64_t n_group; /* queries in a group of `packed`, which is (groups, d, n_group) */
    SearchFind find;
    SearchFind find_directly; /* when there are too few queries to be worth a panel */
    SearchCompare compare;
    SearchCompare compare_directly;
    SearchAnswer answer;
} SearchKernel;

/* The kernel of that name, or the fastest for ""; NULL if this machine does not have it. */
const SearchKernel *search_kernel(const char *name);

/* Floats of scratch memory that a call needs; of `packed` for n queries. */
int64_t search_n_scratch(int64_t d);
int64_t search_n_packed(const SearchKernel *kernel, int64_t n, int64_t d);

void search_pack(const SearchKernel *kernel, const float *vectors, int64_t n, int64_t d,
                 float *packed);

/* Makes `queries` ready for the first call: nothing kept, and nothing wanted below `least` (NaN: no
 * such limit). */
void search_begin(SearchQueries *queries, int64_t d, double least);

/* Brings what `others` has kept of the same queries into `queries`. */
void search_merge(SearchQueries *queries, const SearchQueries *others);

/* Sorts what query q has kept, the best first, into k places and scores, and forgets it. Returns how
 * many there are. */
int64_t search_take(SearchQueries *queries, int64_t q, int64_t *places, float *scores);

/* Brings n scores, of places 0..n-1, into the heap of the first query. */
void search_rank(SearchQueries *queries, const float *scores, int64_t n);

/* products (n,): of the similarities s = (1 + cos) / 2 of the first n_positive queries of a tile
 * (n_queries, ld), by that of the others plus 1e-6. `losses` (n,) is room. */
void search_multiply(const float *tile, int64_t ld, int64_t n_queries, int64_t n_positive,
                     int64_t n, float *losses, float *products);

#endif
