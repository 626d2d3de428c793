/* Floor: kernels. Arithmetic on rows of d float32. Sums of products are in double precision; what
 * is multiplied is rounded before it is added. */
#ifndef FASTSGNS_ROWS_H
#define FASTSGNS_ROWS_H

#include <stdint.h>

#include "../platform.h"

/* Returns the sum of first[j] * second[j], and writes that of the squares of the second. */
SGNS_HIDDEN double rows_product(const float *first, const float *second, int64_t d,
                                double *squares);

/* The Euclidean length of a row: numpy.linalg.norm's, to the bit, where its squares are no larger or
 * smaller than single precision holds. */
SGNS_HIDDEN float rows_norm(const float *row, int64_t d);

/* The length in double precision, to divide by; 1 for a row of zeros. */
SGNS_HIDDEN double rows_length(const float *row, int64_t d);

/* Asks for a row that is needed soon. */
SGNS_HIDDEN void rows_ask_for(const float *row, int64_t d);

/* unit = row / its length, divided in double precision. */
SGNS_HIDDEN void rows_unit(const float *row, int64_t d, float *unit);

/* result = row / divisor; it may be the row. */
SGNS_HIDDEN void rows_divide(const float *row, float divisor, int64_t d, float *result);

/* total += weight * (row / length) */
SGNS_HIDDEN void rows_add(float *total, const float *row, float weight, float length, int64_t d);

/* total = max(total, weight * (row / length)), each number; the first is taken as it is. */
SGNS_HIDDEN void rows_take_largest(float *total, const float *row, float weight, float length,
                                   int64_t d, int is_first);

/* Where the Adasum of n moves brings the row `start`, which they have brought to moved[i]. What is at
 * right angles is divided by `divisor`, what is common to all is not. `moves` is room for n rows.
 * (Maleki et al. 2021, arXiv:2006.02924, where nothing is divided) */
SGNS_HIDDEN void rows_adasum(const float *start, const float *const *moved, int64_t n, int64_t d,
                             double divisor, float *moves, float *row);

#endif
