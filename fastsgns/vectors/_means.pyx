# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: rows of a matrix, scaled to unit length and summed up, without a copy of them."""
from libc.math cimport sqrt
from libc.stdint cimport int64_t


cdef float length_of(const float *row, int64_t d) noexcept nogil:
    """Return the Euclidean length of a row, summed in double precision; 1 for a row of zeros."""
    cdef double total = 0.0
    cdef int64_t j
    for j in range(d):
        total += <double> row[j] * row[j]
    return <float> sqrt(total) if total != 0.0 else 1.0


cdef int check(
    const float[:, :] vectors, const int64_t[::1] rows, int64_t d
) except -1:
    cdef int64_t i
    if vectors.shape[1] != d or d > 1 and vectors.strides[1] != sizeof(float):
        raise ValueError(f"rows of {d} floats in one piece are needed")
    for i in range(rows.shape[0]):
        if not 0 <= rows[i] < vectors.shape[0]:
            raise ValueError(f"row {rows[i]} is outside 0..{vectors.shape[0] - 1}")
    return 0


def sum_rows(
    const float[:, :] vectors not None,
    const int64_t[::1] rows not None,
    const float[::1] weights not None,
    bint scaled,
    float[::1] total not None,
):
    """Add weights[i] * vectors[rows[i]] to `total`, in this order, with the GIL released.

    Parameters
    ----------
    vectors : float32 (n_stored, d), rows in one piece each.
    rows, weights : int64 and float32 (n,).
    scaled : bool: divide each row by its length first.
    total : float32 (d,), added to. A product is rounded before it is added: what cancels out does
        so without a rest.

    Raises ValueError when something does not fit.
    """
    cdef int64_t i, j, d = total.shape[0]
    cdef float length = 1.0
    cdef const float *row
    check(vectors, rows, d)
    if weights.shape[0] != rows.shape[0]:
        raise ValueError(f"{rows.shape[0]} rows need as many weights, got {weights.shape[0]}")
    if d == 0:
        return
    with nogil:
        for i in range(rows.shape[0]):
            row = &vectors[rows[i], 0]
            if scaled:
                length = length_of(row, d)
            for j in range(d):
                total[j] += weights[i] * (row[j] / length)


def scale_rows(
    const float[:, :] vectors not None,
    const int64_t[::1] rows not None,
    float[:, ::1] scaled not None,
):
    """Write vectors[rows[i]], divided by its length, into scaled[i], with the GIL released.

    Raises ValueError when something does not fit; arrays as for `sum_rows`.
    """
    cdef int64_t i, j, d = scaled.shape[1]
    cdef float length
    cdef const float *row
    check(vectors, rows, d)
    if scaled.shape[0] != rows.shape[0]:
        raise ValueError(f"{rows.shape[0]} rows need as much room, got {scaled.shape[0]}")
    if d == 0:
        return
    with nogil:
        for i in range(rows.shape[0]):
            row = &vectors[rows[i], 0]
            length = length_of(row, d)
            for j in range(d):
                scaled[i, j] = row[j] / length
