/* Floor: kernels. Draws from the noise distribution exactly as gensim makes them, and the
 * generator behind them.
 *
 * The generator is the 48-bit linear congruential one of java.util.Random and drand48: a draw is
 * the upper 32 bits of the state, then the state moves on. The noise table is cumulative, and a
 * draw is the first word whose entry reaches it. gensim bisects the whole table for each draw (17
 * cold steps at 73,000 words); a bucket index narrows the search to one or two words without
 * changing the word that is found. */
#ifndef FASTSGNS_NOISE_TABLE_H
#define FASTSGNS_NOISE_TABLE_H

#include <stdint.h>

#define SGNS_LCG_MULTIPLIER 25214903917ULL
#define SGNS_LCG_INCREMENT 11ULL
#define SGNS_LCG_MASK ((1ULL << 48) - 1)

/* The next 32 random bits of a 48-bit state. */
static inline uint32_t sgns_lcg_next(uint64_t *state)
{
    uint32_t draw = (uint32_t)(*state >> 16);
    *state = (*state * SGNS_LCG_MULTIPLIER + SGNS_LCG_INCREMENT) & SGNS_LCG_MASK;
    return draw;
}

/* Fill buckets[b] = the first word whose entry is >= b << shift, for b in 0 .. n_buckets;
 * n_buckets << shift must exceed the last entry. A bucket that begins beyond the last entry gets
 * the last word. */
static inline void sgns_fill_noise_buckets(const uint32_t *noise_table, int64_t n_words,
                                           int32_t *buckets, int64_t n_buckets, int shift)
{
    int64_t word = 0;
    for (int64_t b = 0; b <= n_buckets; b++) {
        while (word < n_words - 1 && noise_table[word] < ((uint64_t)b << shift)) word++;
        buckets[b] = (int32_t)word;
    }
}

/* The first word whose entry is >= draw, for draw <= the last entry. */
static inline int32_t sgns_find_noise_word(const uint32_t *noise_table, const int32_t *buckets,
                                           int shift, uint32_t draw)
{
    int32_t low = buckets[draw >> shift];
    int32_t high = buckets[(draw >> shift) + 1];
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (noise_table[middle] < draw)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
