/* Floor: kernels. The list of search kernels; each is defined where the compiler can build it. */
#ifndef FASTSGNS_SEARCH_KERNELS_H
#define FASTSGNS_SEARCH_KERNELS_H

#include "search.h"

#define SEARCH_MAX_PANEL 32 /* rows that a kernel takes at once, at most */

extern SGNS_HIDDEN const SearchKernel search_kernel_avx512;
extern SGNS_HIDDEN const SearchKernel search_kernel_avx2;
extern SGNS_HIDDEN const SearchKernel search_kernel_neon;
extern SGNS_HIDDEN const SearchKernel search_kernel_scalar;

#endif
