# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: rows of a matrix by their numbers: sums, lengths, cosines, those of many texts pooled.

One call does all that a question about a few keys needs: NumPy takes longer to be called some ten
times than for the arithmetic. Vectors are float32; sums of products are in double precision. The
GIL is released where there may be many rows.
"""
from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc

import numpy as np

cdef extern from "_kernels/rows/rows.h" nogil:
    double rows_product(const float *first, const float *second, int64_t d, double *squares)
    float rows_norm(const float *row, int64_t d)
    double rows_length(const float *row, int64_t d)
    void rows_ask_for(const float *row, int64_t d)
    void rows_unit(const float *row, int64_t d, float *unit)
    void rows_divide(const float *row, float divisor, int64_t d, float *result)
    void rows_add(float *total, const float *row, float weight, float length, int64_t d)
    void rows_take_largest(
        float *total, const float *row, float weight, float length, int64_t d, bint is_first
    )
    void rows_adasum(
        const float *start, const float *const *moved, int64_t n, int64_t d, double divisor,
        float *moves, float *row
    )

cdef enum:
    # What stands in the place of the row of a word that has none: leave it out, or take zeros.
    LEFT_OUT = -1
    ZEROS = -2
    # Tokens from the one whose row is asked for to the one whose row is added.
    N_AHEAD = 12

cdef object empty = np.empty, zeros = np.zeros, float32 = np.float32


cdef int check_pieces(const float[:, :] vectors) except -1:
    if vectors.shape[1] > 1 and vectors.strides[1] != sizeof(float):
        raise ValueError("the floats of a row must lie in one piece")
    return 0


cdef int64_t *picked(const float[:, :] vectors, list rows, list weights=None) except NULL:
    """Return the numbers of some rows, which are checked; to be freed. Behind them, the weights.

    Raises ValueError for one that is not there, and for rows that are not in one piece each.
    """
    cdef int64_t i, row, n = len(rows)
    cdef int64_t *numbers = <int64_t *> malloc(max(n, 1) * (sizeof(int64_t) + sizeof(float)))
    if numbers == NULL:
        raise MemoryError(f"no memory for {n} numbers of rows")
    try:
        check_pieces(vectors)
        for i in range(n):
            row = rows[i]
            if not 0 <= row < vectors.shape[0]:
                raise ValueError(f"row {row} is outside 0..{vectors.shape[0] - 1}")
            numbers[i] = row
            if weights is not None:
                (<float *> (numbers + n))[i] = weights[i]
    except BaseException:
        free(numbers)
        raise
    return numbers


def sum_rows(
    const float[:, :] vectors not None,
    list rows not None,
    list weights,
    bint scaled,
):
    """Return the sum of weights[i] * vectors[rows[i]], in this order.

    Parameters
    ----------
    vectors : float32 (n_stored, d), rows in one piece each.
    rows : list of n int.
    weights : list of n float, which are rounded to float32, or None: 1.
    scaled : bool: divide each row by its length first.

    Returns
    -------
    float32 (d,). A product is rounded before it is added: what cancels out does so without a rest.

    Raises ValueError when something does not fit.
    """
    cdef int64_t i, n = len(rows), d = vectors.shape[1]
    cdef int64_t *numbers
    cdef float *listed
    cdef float weight = 1.0, length = 1.0
    cdef const float *row
    cdef object made = zeros(d, float32)
    cdef float[::1] total = made
    if weights is not None and len(weights) != n:
        raise ValueError(f"{n} rows need as many weights, got {len(weights)}")
    numbers = picked(vectors, rows, weights)
    listed = NULL if weights is None else <float *> (numbers + n)
    if d:
        with nogil:
            for i in range(n):
                row = &vectors[numbers[i], 0]
                if scaled:
                    length = <float> rows_length(row, d)
                if listed != NULL:
                    weight = listed[i]
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


def norms(const float[:, :] vectors not None):
    """Return the Euclidean lengths of all rows, as float32 (n,); arrays as for `sum_rows`."""
    cdef int64_t i, n = vectors.shape[0], d = vectors.shape[1]
    cdef object made = zeros(n, float32)
    cdef float[::1] found = made
    check_pieces(vectors)
    if d:
        with nogil:
            for i in range(n):
                found[i] = rows_norm(&vectors[i, 0], d)
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


def adasum_rows(
    const float[:, ::1] start not None,
    list moved not None,
    double divisor,
    float[:, ::1] together not None,
):
    """Write where the Adasum of n moves brings each row, added up in pairs: a tree in their order.

    See Maleki et al. 2021, arXiv:2006.02924.

    Parameters
    ----------
    start : float32 (n_rows, d)
    moved : list of n float32 (n_rows, d), at least one
        Where each has brought the rows.
    divisor : float, at least 1
        Of the Adasum of moves at right angles to each other; that of equal moves is left whole.
    together : float32 (n_rows, d)
        Written to.

    Raises ValueError when the shapes differ.
    """
    cdef int64_t i, row, n = len(moved), n_rows = start.shape[0], d = start.shape[1]
    cdef const float[:, ::1] rows
    cdef float[:, ::1] moves = empty((n, d), float32)
    cdef const float **at
    for each in [*moved, together]:
        rows = each
        if rows.shape[0] != n_rows or rows.shape[1] != d:
            raise ValueError(f"{n_rows} x {d} rows became {rows.shape[0]} x {rows.shape[1]}")
    if not n_rows * d:
        return
    at = <const float **> malloc(n * sizeof(float *))
    if at == NULL:
        raise MemoryError(f"no memory for {n} places of rows")
    for i in range(n):
        rows = moved[i]
        at[i] = &rows[0, 0]
    with nogil:
        for row in range(n_rows):
            rows_adasum(&start[row, 0], at, n, d, divisor, &moves[0, 0], &together[row, 0])
            for i in range(n):
                at[i] += d
    free(at)


cdef int check_texts(
    const int32_t[::1] rows, const int64_t[::1] offsets, int64_t first, int64_t n_rows
) except -1:
    cdef int64_t i
    if not offsets.shape[0] or offsets[0] != 0 or offsets[offsets.shape[0] - 1] != rows.shape[0]:
        raise ValueError(f"offsets must run from 0 to {rows.shape[0]}, the tokens")
    for i in range(offsets.shape[0] - 1):
        if offsets[i] > offsets[i + 1]:
            raise ValueError(f"offsets must not descend, as after offsets[{i}]")
    for i in range(rows.shape[0]):
        if not first <= rows[i] < n_rows:
            raise ValueError(f"row {rows[i]} is outside {first}..{n_rows - 1}")
    return 0


def row_lengths(
    const float[:, :] vectors not None,  # IN (n_stored, d), rows in one piece each
    const int32_t[::1] rows not None,    # IN (n,): of vectors, or LEFT_OUT
    float[::1] lengths not None,         # OUT (n_stored,): at these rows
):
    """Write the Euclidean lengths of some rows, 1 for those of zeros, with the GIL released.

    Raises ValueError when something does not fit.
    """
    cdef int64_t i, d = vectors.shape[1], n_stored = vectors.shape[0]
    if d > 1 and vectors.strides[1] != sizeof(float):
        raise ValueError(f"rows of {d} floats in one piece are needed")
    if lengths.shape[0] != n_stored:
        raise ValueError(f"{n_stored} rows need as many lengths, got {lengths.shape[0]}")
    for i in range(rows.shape[0]):
        if not LEFT_OUT <= rows[i] < n_stored:
            raise ValueError(f"row {rows[i]} is outside {LEFT_OUT}..{n_stored - 1}")
    if d == 0:
        return
    with nogil:
        for i in range(rows.shape[0]):
            if i + N_AHEAD < rows.shape[0] and rows[i + N_AHEAD] >= 0:
                rows_ask_for(&vectors[rows[i + N_AHEAD], 0], d)
            if rows[i] >= 0:
                lengths[rows[i]] = <float> rows_length(&vectors[rows[i], 0], d)


def pool_rows(
    const float[:, :] vectors not None,    # IN (n_stored, d), rows in one piece each
    const int32_t[::1] rows not None,      # IN (n_tokens,): of vectors, LEFT_OUT or ZEROS
    const int64_t[::1] offsets not None,   # IN (n_texts + 1,)
    const float[::1] weights,              # IN (n_stored,) or None: 1
    const float[::1] masses,               # IN (n_stored,) or None: 1
    const float[::1] lengths,              # IN (n_stored,) or None: 1
    int how,                               # 0: sum, 1: mean, 2: max
    float[:, ::1] pooled not None,         # OUT (n_texts, d), zeros
):
    """Write the sum, mean or maximum of the rows of each text, with the GIL released.

    Text i is rows[offsets[i]:offsets[i + 1]]. A row r counts weights[r] * vectors[r] / lengths[r],
    divided first; ZEROS a vector of zeros with a weight and a mass of 1. A mean is their
    sum divided by the sum of the masses, if that is not 0. A text without rows stays zeros.

    Raises ValueError when something does not fit.
    """
    cdef int64_t i, t, n_stored = vectors.shape[0], n_tokens = rows.shape[0], d = pooled.shape[1]
    cdef int32_t row
    cdef double mass
    cdef float weight, length = 1.0
    cdef bint is_first
    cdef const float *source
    cdef const float[::1] zeros = np.zeros(max(d, 1), np.float32)
    check_texts(rows, offsets, ZEROS, n_stored)
    if vectors.shape[1] != d or d > 1 and vectors.strides[1] != sizeof(float):
        raise ValueError(f"rows of {d} floats in one piece are needed")
    if pooled.shape[0] != offsets.shape[0] - 1:
        raise ValueError(f"{offsets.shape[0] - 1} texts need as many rows, got {pooled.shape[0]}")
    if (
        weights is not None and weights.shape[0] != n_stored
        or masses is not None and masses.shape[0] != n_stored
        or lengths is not None and lengths.shape[0] != n_stored
    ):
        raise ValueError(f"{n_stored} rows need as many weights, masses and lengths")
    if d == 0:
        return
    with nogil:
        for i in range(pooled.shape[0]):
            mass, is_first = 0.0, True
            for t in range(offsets[i], offsets[i + 1]):
                if t + N_AHEAD < n_tokens and rows[t + N_AHEAD] >= 0:
                    rows_ask_for(&vectors[rows[t + N_AHEAD], 0], d)
                row = rows[t]
                if row == LEFT_OUT:
                    continue
                source = &zeros[0] if row == ZEROS else &vectors[row, 0]
                weight = weights[row] if weights is not None and row >= 0 else 1.0
                length = lengths[row] if lengths is not None and row >= 0 else 1.0
                if how == 2:
                    rows_take_largest(&pooled[i, 0], source, weight, length, d, is_first)
                else:
                    rows_add(&pooled[i, 0], source, weight, length, d)
                mass += masses[row] if masses is not None and row >= 0 else 1.0
                is_first = False
            if how == 1 and mass > 0.0:
                rows_divide(&pooled[i, 0], <float> mass, d, &pooled[i, 0])


def count_texts(
    const int32_t[::1] rows not None,     # IN (n_tokens,): less than 0 counts nowhere
    const int64_t[::1] offsets not None,  # IN (n_texts + 1,)
    int64_t first,                        # the number of the first text
    int64_t[::1] last not None,           # INOUT (n_stored,): the last text with each row, or -1
    int64_t[::1] counts not None,         # INOUT (n_stored,): added to
):
    """Count in how many texts each row is, with the GIL released.

    Raises ValueError when something does not fit.
    """
    cdef int64_t i, t
    cdef int32_t row
    check_texts(rows, offsets, ZEROS, min(last.shape[0], counts.shape[0]))
    with nogil:
        for i in range(offsets.shape[0] - 1):
            for t in range(offsets[i], offsets[i + 1]):
                row = rows[t]
                if row >= 0 and last[row] != first + i:
                    last[row] = first + i
                    counts[row] += 1
