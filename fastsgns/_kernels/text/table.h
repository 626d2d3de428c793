/* Floor: kernels. The word table: which word is which id, and how often it was seen.
 *
 * Three arrays. `slots` is the hash table (open addressing, linear probing, at most half full): 8
 * bytes each, the upper half of the hash beside the id, so that a probe almost never looks at a
 * wrong word. `words` holds 32 bytes a word in first-seen order; since frequent words are seen
 * early, the busy part of it stays in the cache, and finding, comparing and counting a word touch
 * one cache line there. `bytes` is the arena with the words' UTF-8, one after the other.
 *
 * A word's 16-byte key: words of up to 15 bytes are their own key (zero-padded, the length in the
 * last byte, so that NUL bytes inside a word are told from the padding) and equal keys are equal
 * words; longer words have a 64-bit hash and the length there, and are compared in the arena.
 *
 * Nothing here is thread-safe: a table has one thread at a time. */
#ifndef FASTSGNS_TEXT_TABLE_H
#define FASTSGNS_TEXT_TABLE_H

#include "reserve.h"

#define TEXT_TOO_MANY_WORDS (-2) /* ids are int32 */

#define TEXT_MAX_SHORT 15 /* bytes; a word of at most so many is its own key */

#if defined(__GNUC__)
#define TEXT_PREFETCH(address) __builtin_prefetch(address)
#else
#define TEXT_PREFETCH(address) ((void)(address))
#endif

typedef struct TextKey {
    uint64_t low;
    uint64_t high; /* the length of a short word, or 0xFF, in the top 8 bits */
} TextKey;

typedef struct TextWord {
    TextKey key;
    int64_t count;
    int64_t offset; /* into the arena; the word ends where the next one starts */
} TextWord;

typedef struct TextTable {
    uint64_t *slots; /* (n_slots,): hash >> 32 << 32 | id + 1, 0 is empty */
    int64_t n_slots; /* a power of two */
    TextWord *words; /* (n_words + 1,): the last one only says where the arena ends */
    int64_t n_words;
    int64_t capacity_words;
    uint8_t *bytes; /* (words[n_words].offset,) */
    int64_t capacity_bytes;
    uint64_t seed; /* of the hash; ids and counts do not depend on it */
} TextTable;

/* Returns 0 or TEXT_NO_MEMORY; the table may be freed in both cases. */
int text_table_init(TextTable *table, uint64_t seed);
void text_table_free(TextTable *table);

/* The id of the word with that key, or -1. `word` is looked at only if the key is a long word's. */
int64_t text_table_find(const TextTable *table, TextKey key, uint64_t hash, const uint8_t *word,
                        int64_t nbytes);

/* Adds a word that is not there, with count 0. Returns its id, TEXT_NO_MEMORY or
 * TEXT_TOO_MANY_WORDS; after an error the table is as it was. */
int64_t text_table_add(TextTable *table, TextKey key, uint64_t hash, const uint8_t *word,
                       int64_t nbytes);

/* Finds or adds `n_words` words, taken from another table with the same seed in its order: their
 * ids go to `ids`. Counts are left alone. Returns 0 or an error as text_table_add does. */
int text_table_merge(TextTable *table, const TextWord *words, int64_t n_words, const uint8_t *bytes,
                     int32_t *ids);

int64_t text_table_nbytes(const TextTable *table);

uint64_t text_hash_long(const uint8_t *word, int64_t nbytes, uint64_t seed);

/* Loads are little-endian everywhere, so that the padding lies in the same bits. */
static inline uint64_t text_load64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

/* The key of a word of at most TEXT_MAX_SHORT bytes: reads 16 bytes, whatever the length. */
static inline TextKey text_short_key(const uint8_t *word, int64_t nbytes)
{
    uint64_t low = text_load64(word), high = text_load64(word + 8);
    /* A shift by 64 is undefined, hence two shifts; compilers make selections of the branches. */
    uint64_t bits = (uint64_t)nbytes * 8;
    uint64_t low_mask = nbytes >= 8 ? ~(uint64_t)0 : ~(~(uint64_t)0 << (bits & 63));
    uint64_t high_mask = nbytes > 8 ? ~(~(uint64_t)0 << ((bits - 64) & 63)) : 0;
    TextKey key = {low & low_mask, (high & high_mask) | (uint64_t)nbytes << 56};
    return key;
}

/* The same for a word that has 16 readable bytes before its end, as those of a Python str have (the
 * object's head is longer). Reads those 16 bytes and nothing behind the word. */
static inline TextKey text_short_key_from_end(const uint8_t *word, int64_t nbytes)
{
    uint64_t low = text_load64(word + nbytes - 16), high = text_load64(word + nbytes - 8);
    TextKey key = {0, (uint64_t)nbytes << 56};
    if (nbytes > 8) {
        uint64_t shift = (uint64_t)(16 - nbytes) * 8; /* 8 to 56 */
        key.low = low >> shift | high << (64 - shift);
        key.high |= high >> shift;
    } else if (nbytes > 0) {
        key.low = high >> (uint64_t)(8 - nbytes) * 8;
    }
    return key;
}

static inline TextKey text_long_key(const uint8_t *word, int64_t nbytes, uint64_t seed)
{
    TextKey key = {text_hash_long(word, nbytes, seed),
                   (uint64_t)0xFF << 56 | ((uint64_t)nbytes & 0xFFFFFFFFFFFFFF)};
    return key;
}

/* The key of any word with 16 readable bytes before its end. */
static inline TextKey text_key_from_end(const uint8_t *word, int64_t nbytes, uint64_t seed)
{
    return nbytes <= TEXT_MAX_SHORT ? text_short_key_from_end(word, nbytes)
                                    : text_long_key(word, nbytes, seed);
}

static inline int text_key_is_long(TextKey key)
{
    return key.high >> 56 == 0xFF;
}

/* Multiplications that the CPU overlaps from word to word; no 128-bit product, which not every
 * compiler has. The constants are odd and random: the fractions of sqrt(2) and sqrt(3). */
static inline uint64_t text_hash(TextKey key, uint64_t seed)
{
    uint64_t hash = (key.low ^ seed) * 0x6A09E667F3BCC909u;
    hash ^= hash >> 32;
    hash = (hash + key.high) * 0xBB67AE8584CAA73Bu;
    hash ^= hash >> 29;
    hash *= 0x6A09E667F3BCC909u;
    return hash ^ hash >> 32;
}

#endif
