/* Floor: kernels. Asking for memory before it is needed. A hint: it changes no result. */
#ifndef FASTSGNS_PREFETCH_H
#define FASTSGNS_PREFETCH_H

#include <stdint.h>

/* Ask for the n floats of a row that will be read and written soon. */
static inline void sgns_prefetch_row(const float *row, int64_t n)
{
#if defined(__GNUC__)
    for (int64_t i = 0; i < n; i += 16) __builtin_prefetch(row + i, 1, 3);
#else
    (void)row;
    (void)n;
#endif
}

#endif
