/* Floor: kernels. Products and lengths of rows of float32, summed in double precision. */
#ifndef FASTSGNS_ROWS_H
#define FASTSGNS_ROWS_H

#include <math.h>
#include <stdint.h>

#include "platform.h"

enum { ROWS_SIDE_BY_SIDE = 8 }; /* sums: each has to wait for its last addition */

/* Returns the sum of first[j] * second[j], and writes that of the squares of the second. */
SGNS_INLINE double rows_product(const float *first, const float *second, int64_t d, double *squares)
{
    double products[ROWS_SIDE_BY_SIDE] = {0}, squared[ROWS_SIDE_BY_SIDE] = {0};
    double product = 0.0, square = 0.0;
    int64_t j = 0;

    for (; j + ROWS_SIDE_BY_SIDE <= d; j += ROWS_SIDE_BY_SIDE)
        for (int i = 0; i < ROWS_SIDE_BY_SIDE; i++) {
            products[i] += (double)first[j + i] * (double)second[j + i];
            squared[i] += (double)second[j + i] * (double)second[j + i];
        }
    for (; j < d; j++) {
        product += (double)first[j] * (double)second[j];
        square += (double)second[j] * (double)second[j];
    }
    for (int i = 0; i < ROWS_SIDE_BY_SIDE; i++) {
        product += products[i];
        square += squared[i];
    }
    *squares = square;
    return product;
}

/* The Euclidean length of a row; 1 for a row of zeros. */
SGNS_INLINE double rows_length(const float *row, int64_t d)
{
    double squares;

    rows_product(row, row, d, &squares);
    return squares != 0.0 ? sqrt(squares) : 1.0;
}

#endif
