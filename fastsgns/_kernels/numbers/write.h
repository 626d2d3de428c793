/* Floor: kernels. Float32 become decimals of the fewest digits that read back the same. */
#ifndef FASTSGNS_NUMBERS_WRITE_H
#define FASTSGNS_NUMBERS_WRITE_H

#include <stdint.h>

#define NUMBERS_MOST_NBYTES 24 /* of a number and the space before it */

/* Writes numbers from `values`, one space before each, as Python's str(numpy.float32) does. Stops
 * before the first number that is out of the ordinary (inf, nan, outside 1e-12 to 1e6, or too near
 * a half between two decimals) and returns how many were written; `text` is moved behind them. It
 * must have room for NUMBERS_MOST_NBYTES a number. */
int64_t numbers_write(const float *values, int64_t n, char **text);

/* Whether none is inf or nan. */
int numbers_are_finite(const float *values, int64_t n);

/* Copies them, the lowest byte first, and says the same. */
int numbers_copy(char *to, const float *values, int64_t n);

#endif
