/* Floor: kernels. Text to word ids: see encode.h. */
#include "encode.h"

/* Bytes that are scanned before their words are looked up: text, bounds and keys stay in L1. */
#define SEGMENT 2048

/* --- UTF-8 ------------------------------------------------------------------------------------ */

/* The size of the character at the start, or minus the number of bytes that Python's decoder takes
 * for one error: the longest start of a valid character, at least 1 (Unicode 15, section 3.9:
 * table 3-7 and "U+FFFD Substitution of Maximal Subparts"). */
static int character_nbytes(const uint8_t *bytes, int64_t nbytes)
{
    uint8_t lead = bytes[0];
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return -1;
    }
    int size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    /* Some leads narrow the second byte: no overlong forms, no surrogates, nothing > 10FFFF. */
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (int i = 1; i < size; i++) {
        if (i >= nbytes || bytes[i] < low || bytes[i] > high) {
            return -i;
        }
        low = 0x80;
        high = 0xBF;
    }
    return size;
}

int text_is_utf8(const uint8_t *bytes, int64_t nbytes)
{
    while (nbytes > 0) {
        int size = character_nbytes(bytes, nbytes);
        if (size < 0) {
            return 0;
        }
        bytes += size;
        nbytes -= size;
    }
    return 1;
}

int64_t text_clean_utf8(const uint8_t *bytes, int64_t nbytes, TextErrors errors, uint8_t *clean)
{
    uint8_t *end = clean;
    while (nbytes > 0) {
        int size = character_nbytes(bytes, nbytes);
        if (size > 0) {
            memcpy(end, bytes, (size_t)size);
            end += size;
        } else {
            size = -size;
            if (errors == TEXT_REPLACE) {
                memcpy(end, "\xEF\xBF\xBD", 3); /* U+FFFD */
                end += 3;
            }
        }
        bytes += size;
        nbytes -= size;
    }
    return end - clean;
}

int64_t text_to_utf8(const void *points, int point_nbytes, int64_t n, uint8_t *utf8)
{
    uint8_t *end = utf8;
    for (int64_t i = 0; i < n; i++) {
        uint32_t point = point_nbytes == 1   ? ((const uint8_t *)points)[i]
                         : point_nbytes == 2 ? ((const uint16_t *)points)[i]
                                             : ((const uint32_t *)points)[i];
        if (point < 0x80) {
            *end++ = (uint8_t)point;
            continue;
        }
        if (point < 0x800) {
            *end++ = (uint8_t)(0xC0 | point >> 6);
        } else {
            if (point < 0x10000) {
                *end++ = (uint8_t)(0xE0 | point >> 12);
            } else {
                *end++ = (uint8_t)(0xF0 | point >> 18);
                *end++ = (uint8_t)(0x80 | (point >> 12 & 0x3F));
            }
            *end++ = (uint8_t)(0x80 | (point >> 6 & 0x3F));
        }
        *end++ = (uint8_t)(0x80 | (point & 0x3F));
    }
    return end - utf8;
}

/* --- words to ids ----------------------------------------------------------------------------- */

typedef struct Encoder {
    TextBlock *block;
    TextTable *table;
    const uint8_t *text;
    int64_t nbytes;
    TextErrors errors;
    int64_t n_dropped; /* words of which nothing is left with TEXT_IGNORE: id -1 for now */
} Encoder;

static TextKey make_key(const uint8_t *word, int64_t nbytes, uint64_t seed)
{
    uint8_t padded[TEXT_MAX_SHORT + 1] = {0};
    if (nbytes > TEXT_MAX_SHORT) {
        return text_long_key(word, nbytes, seed);
    }
    memcpy(padded, word, (size_t)nbytes);
    return text_short_key(padded, nbytes);
}

#define NOTHING_LEFT INT64_MIN

/* A word that is not in the table: valid UTF-8 makes it a new one. Validity is a matter of new
 * words only, because a text is valid exactly if its words are. */
static int64_t add_word(Encoder *encoder, TextKey key, uint64_t hash, const uint8_t *word,
                        int64_t nbytes)
{
    if (text_is_utf8(word, nbytes)) {
        return text_table_add(encoder->table, key, hash, word, nbytes);
    }
    if (encoder->errors == TEXT_STRICT) {
        encoder->block->error_begin = word - encoder->text;
        encoder->block->error_end = word - encoder->text + nbytes;
        return TEXT_INVALID;
    }
    uint8_t *clean = malloc((size_t)nbytes * 3);
    if (!clean) {
        return TEXT_NO_MEMORY;
    }
    int64_t id = -1;
    nbytes = text_clean_utf8(word, nbytes, encoder->errors, clean);
    if (nbytes > 0) {
        key = make_key(clean, nbytes, encoder->table->seed);
        hash = text_hash(key, encoder->table->seed);
        id = text_table_find(encoder->table, key, hash, clean, nbytes);
        if (id < 0) {
            id = text_table_add(encoder->table, key, hash, clean, nbytes);
        }
    }
    free(clean);
    return nbytes > 0 ? id : NOTHING_LEFT;
}

/* Looks up a group in three steps, so that the cache misses overlap: hash and ask for the slot;
 * look at the slot and ask for the word; compare and count. The last step deals with the common
 * case by itself: a short word that is where its hash says.
 * `encoder` is NULL for words that are taken as they are. */
static inline int count_group(TextTable *table, const TextGroup *group, int32_t *ids,
                              Encoder *encoder)
{
    uint64_t hashes[TEXT_GROUP];
    uint32_t guesses[TEXT_GROUP];
    const uint64_t *slots = table->slots;
    uint64_t mask = (uint64_t)table->n_slots - 1;
    int n = group->n;

    for (int i = 0; i < n; i++) {
        hashes[i] = text_hash(group->keys[i], table->seed);
        TEXT_PREFETCH(&slots[hashes[i] & mask]);
    }
    for (int i = 0; i < n; i++) {
        /* An empty slot's guess is word 0: as good as any, since the keys are compared. */
        uint32_t id_plus_1 = (uint32_t)slots[hashes[i] & mask];
        guesses[i] = id_plus_1 - (id_plus_1 != 0);
        TEXT_PREFETCH(&table->words[guesses[i]]);
    }
    for (int i = 0; i < n; i++) {
        TextWord *guess = &table->words[guesses[i]];
        TextKey key = group->keys[i];
        if (guess->key.low == key.low && guess->key.high == key.high && !text_key_is_long(key)) {
            guess->count++;
            ids[i] = (int32_t)guesses[i];
            continue;
        }
        const uint8_t *word = group->words[i];
        int64_t nbytes = group->nbytes[i];
        int64_t id = text_table_find(table, key, hashes[i], word, nbytes);
        if (id < 0) {
            id = encoder ? add_word(encoder, key, hashes[i], word, nbytes)
                         : text_table_add(table, key, hashes[i], word, nbytes);
        }
        if (id == NOTHING_LEFT) {
            ids[i] = -1;
            encoder->n_dropped++;
            continue;
        }
        if (id < 0) {
            return (int)id;
        }
        table->words[id].count++;
        ids[i] = (int32_t)id;
    }
    return 0;
}

int text_count_group(TextTable *table, const TextGroup *group, int32_t *ids)
{
    return count_group(table, group, ids, NULL);
}

void text_find_group(const TextTable *table, const TextGroup *group, int64_t *ids)
{
    uint64_t hashes[TEXT_GROUP];
    uint64_t mask = (uint64_t)table->n_slots - 1;
    for (int i = 0; i < group->n; i++) {
        hashes[i] = text_hash(group->keys[i], table->seed);
        TEXT_PREFETCH(&table->slots[hashes[i] & mask]);
    }
    for (int i = 0; i < group->n; i++) {
        uint32_t id_plus_1 = (uint32_t)table->slots[hashes[i] & mask];
        TEXT_PREFETCH(&table->words[id_plus_1 - (id_plus_1 != 0)]);
    }
    for (int i = 0; i < group->n; i++) {
        ids[i] =
            text_table_find(table, group->keys[i], hashes[i], group->words[i], group->nbytes[i]);
    }
}

static int encode_words(Encoder *encoder, const int64_t *bounds, int64_t n_words)
{
    TextGroup group;
    for (int64_t first = 0; first < n_words; first += TEXT_GROUP, bounds += 2 * TEXT_GROUP) {
        group.n = n_words - first < TEXT_GROUP ? (int)(n_words - first) : TEXT_GROUP;
        for (int i = 0; i < group.n; i++) {
            int64_t begin = bounds[2 * i], nbytes = bounds[2 * i + 1] - begin;
            const uint8_t *word = encoder->text + begin;
            group.words[i] = word;
            group.nbytes[i] = nbytes;
            /* A short key reads 16 bytes: not beyond the end of the text. */
            if (nbytes <= TEXT_MAX_SHORT && begin + 16 <= encoder->nbytes) {
                group.keys[i] = text_short_key(word, nbytes);
            } else {
                group.keys[i] = make_key(word, nbytes, encoder->table->seed);
            }
        }
        int32_t *ids = encoder->block->ids + encoder->block->n_ids;
        int status = count_group(encoder->table, &group, ids, encoder);
        if (status != 0) {
            return status;
        }
        encoder->block->n_ids += group.n;
    }
    return 0;
}

static int reserve_block(TextBlock *block, int64_t n_ids, int64_t n_lines)
{
    int32_t *ids = text_reserve(block->ids, &block->capacity_ids, n_ids, sizeof *ids);
    if (ids) {
        block->ids = ids;
    }
    int64_t *line_ends =
        text_reserve(block->line_ends, &block->capacity_lines, n_lines, sizeof *line_ends);
    if (line_ends) {
        block->line_ends = line_ends;
    }
    return ids && line_ends ? 0 : TEXT_NO_MEMORY;
}

/* Takes the words out again that TEXT_IGNORE has left nothing of. */
static void drop_words(TextBlock *block)
{
    int64_t n_kept = 0, line = 0;
    for (int64_t i = 0; i <= block->n_ids; i++) {
        while (line < block->n_lines && block->line_ends[line] == i) {
            block->line_ends[line++] = n_kept;
        }
        if (i < block->n_ids && block->ids[i] >= 0) {
            block->ids[n_kept++] = block->ids[i];
        }
    }
    block->n_ids = n_kept;
}

static int keep_new_words(TextBlock *block, const TextTable *table, int64_t first)
{
    int64_t n = table->n_words - first;
    int64_t offset = table->words[first].offset;
    int64_t nbytes = table->words[table->n_words].offset - offset;
    TextWord *words =
        text_reserve(block->new_words, &block->capacity_new_words, n + 1, sizeof *words);
    if (!words) {
        return TEXT_NO_MEMORY;
    }
    block->new_words = words;
    uint8_t *bytes = text_reserve(block->new_bytes, &block->capacity_new_bytes, nbytes + 1, 1);
    if (!bytes) {
        return TEXT_NO_MEMORY;
    }
    block->new_bytes = bytes;
    memcpy(words, table->words + first, (size_t)(n + 1) * sizeof *words);
    memcpy(bytes, table->bytes + offset, (size_t)nbytes);
    block->n_new_words = n;
    return 0;
}

int text_encode(TextBlock *block, TextTable *table, const uint8_t *text, int64_t nbytes,
                TextErrors errors, TextScanner scanner, int keep_new)
{
    int64_t bounds[SEGMENT + TEXT_BOUNDS_SLACK];
    Encoder encoder = {block, table, text, nbytes, errors, 0};
    TextScan scan = {.in_space = 1, .bounds = bounds};
    int64_t n_words_before = table->n_words;
    block->n_ids = block->n_lines = block->n_new_words = 0;

    for (int64_t begin = 0; begin < nbytes; begin += SEGMENT) {
        int64_t end = begin + SEGMENT < nbytes ? begin + SEGMENT : nbytes;
        if (reserve_block(block, block->n_ids + SEGMENT / 2 + 1, block->n_lines + SEGMENT) != 0) {
            return TEXT_NO_MEMORY;
        }
        scan.line_ends = block->line_ends;
        scan.n_lines = block->n_lines;
        scan.n_words = block->n_ids;
        scanner(&scan, text, begin, end, nbytes);
        block->n_lines = scan.n_lines;

        int64_t n_words = scan.n_bounds / 2;
        int status = encode_words(&encoder, bounds, n_words);
        if (status != 0) {
            return status;
        }
        /* A word that goes on in the next segment. */
        if (scan.n_bounds & 1) {
            bounds[0] = bounds[2 * n_words];
        }
        scan.n_bounds &= 1;
    }
    if (encoder.n_dropped > 0) {
        drop_words(block);
    }
    return keep_new ? keep_new_words(block, table, n_words_before) : 0;
}

void text_block_free(TextBlock *block)
{
    free(block->ids);
    free(block->line_ends);
    free(block->new_words);
    free(block->new_bytes);
    memset(block, 0, sizeof *block);
}
