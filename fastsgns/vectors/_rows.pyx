# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: rows of a matrix by their numbers: their mean, their lengths, their cosines.

One call does all that a question about a few keys needs: NumPy takes longer to be called some ten
times than for the arithmetic. Vectors are float32; sums of products are in double precision. The
GIL is released where there may be many rows.
"""
from libc.math cimport sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

import numpy as np

cdef extern from "_kernels/rows/rows.h" nogil:
    double rows_product(const float *first, const float *second, int64_t d, double *squares)
    double rows_length(const float *row, int64_t d)
    void rows_unit(const float *row, int64_t d, float *unit)
    void rows_divide(const float *row, float divisor, int64_t d, float *result)
    void rows_add(float *total, const float *row, float weight, float length, int64_t d)
    void rows_adasum(
        const float *start, const float *const *moved, int64_t n, int64_t d, float *moves,
        float *row
    )

cdef object empty = np.empty, zeros = np.zeros, float32 = np.float32


cdef int check_pieces(const float[:, :] vectors) except -1:
    if vectors.shape[1] > 1 and vectors.strides[1] != sizeof(float):
        raise ValueError("the floats of a row must lie in one piece")
    return 0


cdef int64_t *picked(const float[:, :] vectors, list rows) except NULL:
    """Return the numbers of some rows, which are checked; to be freed.

    Raises ValueError for one that is not there, and for rows that are not in one piece each.
    """
    cdef int64_t i, row, n = len(rows)
    cdef int64_t *numbers = <int64_t *> malloc(max(n, 1) * sizeof(int64_t))
    if numbers == NULL:
        raise MemoryError(f"no memory for {n} numbers of rows")
    try:
        check_pieces(vectors)
        for i in range(n):
            row = rows[i]
            if not 0 <= row < vectors.shape[0]:
                raise ValueError(f"row {row} is outside 0..{vectors.shape[0] - 1}")
            numbers[i] = row
    except BaseException:
        free(numbers)
        raise
    return numbers


def sum_rows(
    const float[:, :] vectors not None,
    list rows not None,
    const float[::1] weights,
    bint scaled,
):
    """Return the sum of weights[i] * vectors[rows[i]], in this order.

    Parameters
    ----------
    vectors : float32 (n_stored, d), rows in one piece each.
    rows : list of n int.
    weights : float32 (n,), or None: 1.
    scaled : bool: divide each row by its length first.

    Returns
    -------
    float32 (d,). A product is rounded before it is added: what cancels out does so without a rest.

    Raises ValueError when something does not fit.
    """
    cdef int64_t i, n = len(rows), d = vectors.shape[1]
    cdef int64_t *numbers
    cdef float weight = 1.0, length = 1.0
    cdef const float *row
    cdef object made = zeros(d, float32)
    cdef float[::1] total = made
    if weights is not None and weights.shape[0] != n:
        raise ValueError(f"{n} rows need as many weights, got {weights.shape[0]}")
    numbers = picked(vectors, rows)
    if d:
        with nogil:
            for i in range(n):
                row = &vectors[numbers[i], 0]
                if scaled:
                    length = <float> rows_length(row, d)
                if weights is not None:
                    weight = weights[i]
                rows_add(&total[0], row, weight, length, d)
    free(numbers)
    return made


def scale_rows(const float[:, :] vectors not None, list rows not None):
    """Return vectors[rows], each divided by its length, as float32 (n, d).

    Raises ValueError when something does not fit; arrays as for `sum_rows`.
    """
    cdef int64_t i, n = len(rows), d = vectors.shape[1]
    cdef int64_t *numbers
    cdef const float *row
    cdef object made = empty((n, d), float32)
    cdef float[:, ::1] scaled = made
    numbers = picked(vectors, rows)
    if d:
        with nogil:
            for i in range(n):
                row = &vectors[numbers[i], 0]
                rows_divide(row, <float> rows_length(row, d), d, &scaled[i, 0])
    free(numbers)
    return made


def unit_vector(const float[::1] vector not None):
    """Return a vector divided by its length in double precision; zeros stay zeros."""
    cdef object made = empty(vector.shape[0], float32)
    cdef float[::1] unit = made
    if vector.shape[0]:
        rows_unit(&vector[0], vector.shape[0], &unit[0])
    return made


def unit_rows(const float[:, ::1] matrix not None):
    """Return each row as `unit_vector` does."""
    cdef int64_t i, d = matrix.shape[1]
    cdef object made = empty((matrix.shape[0], d), float32)
    cdef float[:, ::1] units = made
    if d:
        with nogil:
            for i in range(matrix.shape[0]):
                rows_unit(&matrix[i, 0], d, &units[i, 0])
    return made


def cosine(const float[::1] first not None, const float[::1] second not None):
    """Return the cosine between two vectors; 0 for a vector of zeros.

    Raises ValueError when one is longer than the other.
    """
    cdef int64_t d = first.shape[0]
    cdef double product, squares
    if second.shape[0] != d:
        raise ValueError(f"shapes ({d},) and ({second.shape[0]},) have no cosine")
    if d == 0:
        return 0.0
    product = rows_product(&first[0], &second[0], d, &squares)
    return product / (rows_length(&first[0], d) * sqrt(squares)) if squares != 0.0 else 0.0


def cosines(
    const float[:, :] vectors not None, list rows, const float[::1] query not None
):
    """Return the cosines between vectors[rows] and a query, as float32 (n,); 0 for zeros.

    Without `rows` of all. Raises ValueError when something does not fit; arrays as for `sum_rows`.
    """
    cdef int64_t i, n = vectors.shape[0] if rows is None else len(rows), d = vectors.shape[1]
    cdef int64_t *numbers = NULL
    cdef const float *row
    cdef double length, product, squares
    cdef object made = zeros(n, float32)
    cdef float[::1] found = made
    if query.shape[0] != d:
        raise ValueError(f"rows of {d} numbers have no cosine with {query.shape[0]}")
    check_pieces(vectors)
    if rows is not None:
        numbers = picked(vectors, rows)
    if d:
        with nogil:
            length = rows_length(&query[0], d)
            for i in range(n):
                row = &vectors[i if numbers == NULL else numbers[i], 0]
                product = rows_product(&query[0], row, d, &squares)
                if squares != 0.0:
                    found[i] = <float> (product / (sqrt(squares) * length))
    free(numbers)
    return made


def adasum_rows(const float[:, ::1] start not None, list moved not None):
    """Return where the Adasum of n moves brings each row, added up in pairs: a tree in their order.

    See Maleki et al. 2021, arXiv:2006.02924.

    Parameters
    ----------
    start : float32 (n_rows, d)
    moved : list of n float32 (n_rows, d), at least one
        Where each has brought the rows.

    Raises ValueError when the shapes differ.
    """
    cdef int64_t i, row, n = len(moved), n_rows = start.shape[0], d = start.shape[1]
    cdef const float[:, ::1] rows
    cdef object made = empty((n_rows, d), float32)
    cdef float[:, ::1] together = made, moves = empty((n, d), float32)
    cdef const float **at
    for each in moved:
        rows = each
        if rows.shape[0] != n_rows or rows.shape[1] != d:
            raise ValueError(f"{n_rows} x {d} rows became {rows.shape[0]} x {rows.shape[1]}")
    if not n_rows * d:
        return made
    at = <const float **> malloc(n * sizeof(float *))
    if at == NULL:
        raise MemoryError(f"no memory for {n} places of rows")
    for i in range(n):
        rows = moved[i]
        at[i] = &rows[0, 0]
    with nogil:
        for row in range(n_rows):
            rows_adasum(&start[row, 0], at, n, d, &moves[0, 0], &together[row, 0])
            for i in range(n):
                at[i] += d
    free(at)
    return made
