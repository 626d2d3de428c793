/* Floor: kernels. The list of fast kernels, and how one is found. */
#ifndef FASTSGNS_KERNELS_H
#define FASTSGNS_KERNELS_H

#include "platform.h"
#include "sgns.h"

/* Each is defined where the compiler can build it (dispatch.c knows where). */
extern SGNS_HIDDEN const SgnsKernel sgns_kernel_avx512;
extern SGNS_HIDDEN const SgnsKernel sgns_kernel_avx2;
extern SGNS_HIDDEN const SgnsKernel sgns_kernel_neon;
extern SGNS_HIDDEN const SgnsKernel sgns_kernel_scalar;

enum SgnsMissing {
    SGNS_PRESENT = 0,
    SGNS_UNKNOWN_NAME = 1,
    /* a kernel of ours, for another kind of processor than this library was built for */
    SGNS_NOT_BUILT = 2,
    SGNS_CPU_LACKS_IT = 3
};

/* The kernel of that name, or NULL with the reason in `why_missing` (SgnsMissing). */
const SgnsKernel *sgns_find_kernel(const char *name, int *why_missing);

/* The fastest kernel that this processor runs; never NULL. */
const SgnsKernel *sgns_best_kernel(void);

/* Floats from row to row that the fast kernels ask for: vector_size rounded up to 16. Rows must
 * start at multiples of 64 bytes, and the floats between vector_size and the stride must be zero
 * (they stay zero). */
int64_t sgns_stride(int64_t vector_size);

#endif
