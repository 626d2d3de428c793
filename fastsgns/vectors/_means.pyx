# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: the rows of many texts, pooled without a copy of them."""
from libc.stdint cimport int32_t, int64_t

import numpy as np

from fastsgns.corpus._text cimport TEXT_PREFETCH

cdef extern from "_kernels/rows/rows.h" nogil:
    double rows_length(const float *row, int64_t d)
    void rows_divide(const float *row, float divisor, int64_t d, float *result)
    void rows_add(float *total, const float *row, float weight, float length, int64_t d)
    void rows_take_largest(
        float *total, const float *row, float weight, float length, int64_t d, bint is_first
    )


cdef enum:
    # What stands in the place of the row of a word that has none: leave it out, or take zeros.
    LEFT_OUT = -1
    ZEROS = -2
    # Tokens from the one whose row is asked for to the one whose row is added.
    N_AHEAD = 12


cdef inline void ask_for(const float *row, int64_t d) noexcept nogil:
    cdef int64_t j
    for j in range(0, d, 16):  # a line of the cache has 16 floats
        TEXT_PREFETCH(row + j)


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
                ask_for(&vectors[rows[i + N_AHEAD], 0], d)
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
                    ask_for(&vectors[rows[t + N_AHEAD], 0], d)
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
