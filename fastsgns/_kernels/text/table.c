/* Floor: kernels. The word table: see table.h. */
#include "table.h"

#define INITIAL_SLOTS 4096
#define MERGE_AHEAD 16 /* words: rare ones, whose slots are seldom in the cache */
#define HASH_HALF 0xFFFFFFFF00000000u

uint64_t text_hash_long(const uint8_t *word, int64_t nbytes, uint64_t seed)
{
    TextKey block = {0, 0};
    uint64_t hash = seed ^ (uint64_t)nbytes;
    for (; nbytes > 8; word += 8, nbytes -= 8) {
        block.low = text_load64(word);
        hash = text_hash(block, hash);
    }
    uint8_t last[8] = {0};
    memcpy(last, word, (size_t)nbytes);
    block.low = text_load64(last);
    return text_hash(block, hash);
}

int text_table_init(TextTable *table, uint64_t seed)
{
    memset(table, 0, sizeof *table);
    table->seed = seed;
    table->n_slots = INITIAL_SLOTS;
    table->slots = calloc(INITIAL_SLOTS, sizeof *table->slots);
    table->words = text_reserve(NULL, &table->capacity_words, 1, sizeof *table->words);
    table->bytes = text_reserve(NULL, &table->capacity_bytes, 1, 1);
    if (!table->slots || !table->words || !table->bytes) {
        return TEXT_NO_MEMORY;
    }
    /* Row 0 may be compared with before there is a first word: with a length that no key has. */
    table->words[0] = (TextWord){{0, (uint64_t)(TEXT_MAX_SHORT + 1) << 56}, 0, 0};
    return 0;
}

void text_table_free(TextTable *table)
{
    free(table->slots);
    free(table->words);
    free(table->bytes);
    memset(table, 0, sizeof *table);
}

int64_t text_table_nbytes(const TextTable *table)
{
    return table->n_slots * (int64_t)sizeof *table->slots +
           table->capacity_words * (int64_t)sizeof *table->words + table->capacity_bytes;
}

int64_t text_table_find(const TextTable *table, TextKey key, uint64_t hash, const uint8_t *word,
                        int64_t nbytes)
{
    uint64_t mask = (uint64_t)table->n_slots - 1;
    for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
        uint64_t slot = table->slots[at];
        if (slot == 0) {
            return -1;
        }
        if ((slot ^ hash) & HASH_HALF) {
            continue;
        }
        int64_t id = (int64_t)(slot & ~HASH_HALF) - 1;
        const TextWord *found = &table->words[id];
        if (found->key.low == key.low && found->key.high == key.high &&
            (!text_key_is_long(key) ||
             memcmp(table->bytes + found->offset, word, (size_t)nbytes) == 0)) {
            return id;
        }
    }
}

static void fill_slot(uint64_t *slots, uint64_t mask, uint64_t hash, int64_t id)
{
    uint64_t at = hash & mask;
    while (slots[at] != 0) {
        at = (at + 1) & mask;
    }
    slots[at] = (hash & HASH_HALF) | (uint64_t)(id + 1);
}

static int grow_slots(TextTable *table)
{
    int64_t n_slots = table->n_slots * 2;
    uint64_t *slots = calloc((size_t)n_slots, sizeof *slots);
    if (!slots) {
        return TEXT_NO_MEMORY;
    }
    text_ask_for_huge_pages(slots, (size_t)n_slots * sizeof *slots);
    for (int64_t id = 0; id < table->n_words; id++) {
        uint64_t hash = text_hash(table->words[id].key, table->seed);
        fill_slot(slots, (uint64_t)n_slots - 1, hash, id);
    }
    free(table->slots);
    table->slots = slots;
    table->n_slots = n_slots;
    return 0;
}

int64_t text_table_add(TextTable *table, TextKey key, uint64_t hash, const uint8_t *word,
                       int64_t nbytes)
{
    int64_t id = table->n_words;
    if (id >= INT32_MAX - 1) {
        return TEXT_TOO_MANY_WORDS;
    }
    if (id * 2 >= table->n_slots && grow_slots(table) != 0) {
        return TEXT_NO_MEMORY;
    }
    TextWord *words =
        text_reserve(table->words, &table->capacity_words, id + 2, sizeof *table->words);
    if (!words) {
        return TEXT_NO_MEMORY;
    }
    table->words = words;
    int64_t offset = words[id].offset;
    uint8_t *bytes = text_reserve(table->bytes, &table->capacity_bytes, offset + nbytes, 1);
    if (!bytes) {
        return TEXT_NO_MEMORY;
    }
    table->bytes = bytes;
    memcpy(bytes + offset, word, (size_t)nbytes);
    words[id].key = key;
    words[id].count = 0;
    words[id + 1].offset = offset + nbytes;
    table->n_words = id + 1;
    fill_slot(table->slots, (uint64_t)table->n_slots - 1, hash, id);
    return id;
}

int text_table_merge(TextTable *table, const TextWord *words, int64_t n_words, const uint8_t *bytes,
                     int32_t *ids)
{
    for (int64_t i = 0; i < n_words; i++) {
        if (i + MERGE_AHEAD < n_words) {
            uint64_t ahead = text_hash(words[i + MERGE_AHEAD].key, table->seed);
            TEXT_PREFETCH(&table->slots[ahead & ((uint64_t)table->n_slots - 1)]);
        }
        const uint8_t *word = bytes + (words[i].offset - words[0].offset);
        int64_t nbytes = words[i + 1].offset - words[i].offset;
        uint64_t hash = text_hash(words[i].key, table->seed);
        int64_t id = text_table_find(table, words[i].key, hash, word, nbytes);
        if (id < 0) {
            id = text_table_add(table, words[i].key, hash, word, nbytes);
        }
        if (id < 0) {
            return (int)id;
        }
        ids[i] = (int32_t)id;
    }
    return 0;
}
