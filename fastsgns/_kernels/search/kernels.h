/* Floor: kernels. The list of search kernels; each is defined where the compiler can build it. */
#ifndef FASTSGNS_SEARCH_KERNELS_H
#define FASTSGNS_SEARCH_KERNELS_H

#include "search.h"

#define SEARCH_MAX_PANEL 32 /* rows that a kernel takes at once, at most */

extern SGNS_HIDDEN const SearchKernel search_kernel_avx512;
extern SGNS_HIDDEN const SearchKernel search_kernel_avx2;
extern SGNS_HIDDEN const SearchKernel search_kernel_neon;
extern SGNS_HIDDEN const SearchKernel search_kernel_scalar;

/* Of single queries, for a kernel and for those with wider vectors. */
#define SEARCH_DIRECTLY(set)                                                                       \
    SGNS_HIDDEN void search_find_directly_##set(const SearchRows *rows, SearchQueries *queries,    \
                                                int64_t first, int64_t stop, float *scratch);      \
    SGNS_HIDDEN void search_compare_directly_##set(                                                \
        const SearchRows *rows, const SearchQueries *queries, int64_t first, int64_t stop,         \
        float *out, int64_t ld, float *scratch);

SEARCH_DIRECTLY(avx2)
SEARCH_DIRECTLY(neon)
SEARCH_DIRECTLY(scalar)

#endif
