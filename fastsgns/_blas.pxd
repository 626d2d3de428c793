# Floor: boundary. The one façade over SciPy's BLAS: by value, for contiguous vectors. Results
# depend on the BLAS that SciPy ships, as gensim's do.
from scipy.linalg cimport cython_blas

from fastsgns._types cimport blas_int

# Cython takes `blas_int` for an int, whatever _kernels/blas_int.h makes of it, and would refuse its
# pointers where an ILP64 SciPy declares int64_t. The casts say what setup.py has read from the same
# declaration.
ctypedef float (*sdot_t)(blas_int *, float *, blas_int *, float *, blas_int *) noexcept nogil
ctypedef void (*saxpy_t)(
    blas_int *, float *, float *, blas_int *, float *, blas_int *
) noexcept nogil
ctypedef void (*sscal_t)(blas_int *, float *, float *, blas_int *) noexcept nogil


cdef inline float dot(blas_int n, const float *x, const float *y) noexcept nogil:
    """Return x . y.

    differs from gensim: -1.0 is a product like any other; gensim's pointers to BLAS take it for the
    sign of an error, and score 0 in its place.
    """
    cdef blas_int one = 1
    return (<sdot_t> cython_blas.sdot)(&n, <float *> x, &one, <float *> y, &one)


cdef inline void axpy(blas_int n, float a, const float *x, float *y) noexcept nogil:
    """Add a * x to y."""
    cdef blas_int one = 1
    (<saxpy_t> cython_blas.saxpy)(&n, &a, <float *> x, &one, y, &one)


cdef inline void scal(blas_int n, float a, float *x) noexcept nogil:
    """Multiply x by a."""
    cdef blas_int one = 1
    (<sscal_t> cython_blas.sscal)(&n, &a, x, &one)
