/* Floor: kernels. The sigmoid table of word2vec.c, as gensim fills and indexes it.
 *
 * Entry i approximates sigma(x) for x in (-6, 6) with i = (int)((x + 6) * 83). The exact factor
 * would be 1000 / 12 = 83.33; word2vec.c divides integers, gensim copied that, and so must whoever
 * wants their vectors. The price is an error of up to 0.0091 in sigma (measured, at x = 0.217),
 * below the noise of the sampled negatives. */
#ifndef FASTSGNS_SIGMOID_TABLE_H
#define FASTSGNS_SIGMOID_TABLE_H

#include <math.h>

#define SIGMOID_TABLE_SIZE 1000
#define SIGMOID_MAX_X 6
#define SIGMOID_TABLE_FACTOR                                                                       \
    (SIGMOID_TABLE_SIZE / SIGMOID_MAX_X / 2) /* 83: integer division on purpose */

/* Fill both tables, SIGMOID_TABLE_SIZE floats each: sigma(x) and log sigma(x). i / 1000 is a float
 * division, all that follows is double, each result is rounded once: gensim's bits depend on it. */
static inline void sgns_fill_sigmoid_table(float *sigmoid_table, float *log_sigmoid_table)
{
    for (int i = 0; i < SIGMOID_TABLE_SIZE; i++) {
        float fraction = (float)i / (float)SIGMOID_TABLE_SIZE;
        float e = (float)exp((fraction * 2.0 - 1.0) * (double)SIGMOID_MAX_X);
        sigmoid_table[i] = (float)(e / (e + 1.0));
        log_sigmoid_table[i] = (float)log(sigmoid_table[i]);
    }
}

/* The index of x; only for |x| < SIGMOID_MAX_X. In double, as gensim computes it: in float a dot
 * of -1e-7 would round up to the entry of 0, which is enough to leave gensim's bits (measured: 22
 * of 48 settings equal instead of 48). */
static inline int sgns_sigmoid_index(float x)
{
    return (int)(((double)x + (double)SIGMOID_MAX_X) * (double)SIGMOID_TABLE_FACTOR);
}

#endif
