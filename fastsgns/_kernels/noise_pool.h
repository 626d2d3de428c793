/* Floor: kernels. Draws from the noise distribution for the fast kernels, many ahead.
 *
 * An alias table (Walker 1977, doi:10.1145/355744.355749) gives a draw for one look-up and no branch
 * that depends on it: 4 ns, where a search in the cumulative table takes 14. A slot of the table is
 * drawn uniformly; it stands for its own word with probability odds / 2^32, else for its alias. */
#ifndef FASTSGNS_NOISE_POOL_H
#define FASTSGNS_NOISE_POOL_H

#include <stdint.h>

typedef struct SgnsNoiseSlot {
    uint32_t odds;
    int32_t alias;
} SgnsNoiseSlot;

/* Fill an alias table of n_words slots; `rest` (n_words,) is scratch memory.
 *
 * In units of 1 / (n_words * last entry) the words' shares are whole numbers and a slot holds `last
 * entry` of them: every word that does not fill its slot gives the rest to one that has too much.
 * `from` passes over the former, `to` over the latter, each once; a word that has given so much away
 * that it no longer fills its slot is next, if `from` has passed it before. */
static inline void sgns_fill_noise_slots(const uint32_t *noise_table, int64_t n_words,
                                         SgnsNoiseSlot *slots, uint64_t *rest)
{
    const uint64_t full = noise_table[n_words - 1];
    int64_t from = 0, to = 0, word;

    for (word = 0; word < n_words; word++) {
        const uint32_t before = word > 0 ? noise_table[word - 1] : 0;
        rest[word] = (uint64_t)(noise_table[word] - before) * (uint64_t)n_words;
        slots[word].alias = (int32_t)word;
    }
    while (from < n_words && rest[from] >= full) from++;
    while (to < n_words && rest[to] < full) to++;
    word = from;
    while (word < n_words && to < n_words) {
        slots[word].alias = (int32_t)to;
        rest[to] -= full - rest[word];
        if (rest[to] < full && to < from) {
            word = to;
        } else {
            do from++;
            while (from < n_words && rest[from] >= full);
            word = from;
        }
        while (to < n_words && rest[to] < full) to++;
    }
    for (word = 0; word < n_words; word++) {
        const uint64_t odds = (rest[word] << 32) / full;
        slots[word].odds = odds < UINT32_MAX ? (uint32_t)odds : UINT32_MAX;
    }
}

/* Fill a pool of n_pool draws, n_pool a power of two >= 64, and repeat its first 64 after it.
 * Kernels take consecutive entries from a random start. 64 random bits a draw come from splitmix64
 * (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195): the upper half chooses the slot, the
 * lower half between its two words. */
static inline void sgns_fill_noise_pool(const SgnsNoiseSlot *slots, int64_t n_words, uint64_t rng,
                                        int32_t *pool, int64_t n_pool)
{
    for (int64_t i = 0; i < n_pool; i++) {
        uint64_t mixed = (rng += UINT64_C(0x9E3779B97F4A7C15));
        mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
        mixed ^= mixed >> 31;
        const int32_t slot = (int32_t)(((mixed >> 32) * (uint64_t)n_words) >> 32);
        const int32_t is_own = -(int32_t)((uint32_t)mixed < slots[slot].odds);
        pool[i] = (slot & is_own) | (slots[slot].alias & ~is_own);
    }
    for (int64_t i = 0; i < 64; i++) pool[n_pool + i] = pool[i];
}

#endif
