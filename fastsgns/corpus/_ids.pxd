# Floor: boundary. The growing array that _ids.pyx makes and _text.pyx fills.
from libc.stdint cimport int64_t


cdef class Numbers:
    cdef void *data              # (length,), room for `capacity`
    cdef int64_t capacity
    cdef Py_ssize_t length
    cdef Py_ssize_t item_nbytes
    cdef int n_views
    cdef bytes format

    cdef int reserve(self, int64_t n_more) except -1
    cdef int append(self, const void *data, int64_t n) except -1
