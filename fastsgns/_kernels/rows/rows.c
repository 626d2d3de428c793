/* Floor: kernels. Arithmetic on rows; see rows.h. */
#include "rows.h"

#include <math.h>

enum { SIDE_BY_SIDE = 8 }; /* sums: each has to wait for its last addition */

/* A shorter row has squares so small that single precision holds few of their digits. */
#define LEAST_NORM 1e-15f

double rows_product(const float *first, const float *second, int64_t d, double *squares)
{
    double products[SIDE_BY_SIDE] = {0}, squared[SIDE_BY_SIDE] = {0};
    double product = 0.0, square = 0.0;
    int64_t j = 0;

    for (; j + SIDE_BY_SIDE <= d; j += SIDE_BY_SIDE)
        for (int i = 0; i < SIDE_BY_SIDE; i++) {
            products[i] += (double)first[j + i] * (double)second[j + i];
            squared[i] += (double)second[j + i] * (double)second[j + i];
        }
    for (; j < d; j++) {
        product += (double)first[j] * (double)second[j];
        square += (double)second[j] * (double)second[j];
    }
    for (int i = 0; i < SIDE_BY_SIDE; i++) {
        product += products[i];
        square += squared[i];
    }
    *squares = square;
    return product;
}

/* Sums in the order of rows_product: the cosine of a row with itself is 1. */
double rows_length(const float *row, int64_t d)
{
    double squared[SIDE_BY_SIDE] = {0}, square = 0.0;
    int64_t j = 0;

    for (; j + SIDE_BY_SIDE <= d; j += SIDE_BY_SIDE)
        for (int i = 0; i < SIDE_BY_SIDE; i++)
            squared[i] += (double)row[j + i] * (double)row[j + i];
    for (; j < d; j++) square += (double)row[j] * (double)row[j];
    for (int i = 0; i < SIDE_BY_SIDE; i++) square += squared[i];
    return square != 0.0 ? sqrt(square) : 1.0;
}

/* The sum of squares in single precision, in pairs: what numpy.add.reduce makes of them, to the bit. */
static float squares_in_pairs(const float *row, int64_t d)
{
    float squares[SIDE_BY_SIDE] = {0}, square = 0.0f;
    int64_t j = 0;

    if (d > 128) {
        int64_t half = d / 2 / SIDE_BY_SIDE * SIDE_BY_SIDE;
        return squares_in_pairs(row, half) + squares_in_pairs(row + half, d - half);
    }
    for (; j + SIDE_BY_SIDE <= d; j += SIDE_BY_SIDE)
        for (int i = 0; i < SIDE_BY_SIDE; i++) squares[i] += row[j + i] * row[j + i];
    for (int n = 1; n < SIDE_BY_SIDE; n *= 2)
        for (int i = 0; i < SIDE_BY_SIDE; i += 2 * n) squares[i] += squares[i + n];
    for (square = squares[0]; j < d; j++) square += row[j] * row[j];
    return square;
}

float rows_norm(const float *row, int64_t d)
{
    double squares;
    float norm = sqrtf(squares_in_pairs(row, d));

    if (!(norm < LEAST_NORM || isinf(norm))) return norm;
    rows_product(row, row, d, &squares);
    return (float)sqrt(squares);
}

void rows_ask_for(const float *row, int64_t d)
{
    for (int64_t j = 0; j < d; j += 16) SGNS_PREFETCH(row + j); /* a line of the cache: 16 floats */
}

void rows_unit(const float *row, int64_t d, float *unit)
{
    const double length = rows_length(row, d);

    for (int64_t j = 0; j < d; j++) unit[j] = (float)(row[j] / length);
}

void rows_divide(const float *row, float divisor, int64_t d, float *result)
{
    for (int64_t j = 0; j < d; j++) result[j] = row[j] / divisor;
}

void rows_add(float *total, const float *row, float weight, float length, int64_t d)
{
    if (length == 1.0f) /* the same, without a division */
        for (int64_t j = 0; j < d; j++) total[j] += weight * row[j];
    else
        for (int64_t j = 0; j < d; j++) total[j] += weight * (row[j] / length);
}

void rows_take_largest(float *total, const float *row, float weight, float length, int64_t d,
                       int is_first)
{
    for (int64_t j = 0; j < d; j++) {
        const float value = weight * (row[j] / length);
        total[j] = is_first || value > total[j] ? value : total[j];
    }
}

/* Replaces a move a by its Adasum with another one, b: (1 - a.b / 2|a|^2) a + (1 - a.b / 2|b|^2) b,
 * or the one where the other is zero. */
static void adasum(float *move, const float *other, int64_t d)
{
    double squares, other_squares, product;
    float share = 0.0f, other_share = 1.0f;

    rows_product(move, move, d, &squares);
    product = rows_product(move, other, d, &other_squares);
    if (squares > 0.0) share = (float)(1.0 - product / (2.0 * squares));
    if (other_squares > 0.0) other_share = (float)(1.0 - product / (2.0 * other_squares));
    for (int64_t j = 0; j < d; j++) move[j] = share * move[j] + other_share * other[j];
}

/* Returns 1 for n equal moves, 0 for those at right angles. `together` is the square of their Adasum,
 * `apart` the sum of their squares. */
static double common_share(double together, double apart, int64_t n)
{
    double share;

    if (n == 1 || together == 0.0) return 1.0;
    share = (apart / together - 1.0) / (double)(n - 1);
    return share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
}

void rows_adasum(const float *start, const float *const *moved, int64_t n, int64_t d,
                 double divisor, float *moves, float *row)
{
    const int is_divided = divisor != 1.0; /* or two more products for nothing */
    double squares, all_squares = 0.0;
    float factor = 1.0f;

    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < d; j++) moves[i * d + j] = moved[i][j] - start[j];
        if (is_divided) {
            rows_product(moves + i * d, moves + i * d, d, &squares);
            all_squares += squares;
        }
    }
    for (int64_t apart = 1; apart < n; apart *= 2) /* a tree, in their order */
        for (int64_t i = 0; i + apart < n; i += 2 * apart)
            adasum(moves + i * d, moves + (i + apart) * d, d);
    if (is_divided) {
        rows_product(moves, moves, d, &squares);
        factor = (float)(1.0 / (divisor + (1.0 - divisor) * common_share(squares, all_squares, n)));
    }
    for (int64_t j = 0; j < d; j++) row[j] = start[j] + factor * moves[j];
}
