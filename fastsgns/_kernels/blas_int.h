/* Floor: kernels. The integer that SciPy's BLAS takes: setup.py asks the SciPy it builds against
 * and defines FASTSGNS_BLAS_INT (int for LP64, int64_t for ILP64). */
#ifndef FASTSGNS_BLAS_INT_H
#define FASTSGNS_BLAS_INT_H

#include <stdint.h>

#ifndef FASTSGNS_BLAS_INT
#define FASTSGNS_BLAS_INT int
#endif

typedef FASTSGNS_BLAS_INT blas_int;

#endif
