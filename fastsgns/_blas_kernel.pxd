# Floor: boundary. The entry of the kernel "blas" in the kernel table.
from fastsgns._types cimport SgnsKernel


cdef const SgnsKernel *blas_kernel() noexcept
