/* Floor: kernels. Text to word ids: see encode.h. */
#include "encode.h"

#include <stdlib.h>

/* Bytes that are scanned before their words are looked up: text, bounds and keys stay in L1. */
#define SEGMENT 2048
/* Words that are looked up together, so that their cache misses overlap. */
#define GROUP 32

/* --- UTF-8 -------------------------------------------------------------------------------------- */

/* The size of the character at the start, or minus the number of bytes that Python's decoder takes
 * for one error: the longest start of a valid character, at least 1 (Unicode 15, section 3.9, table 3-7
 * and "U+FFFD Substitution of Maximal Subparts"). */
static int
character_nbytes(const uint8_t *bytes, int64_t nbytes)
{
    uint8_t lead = bytes[0];
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return -1;
    }
    int size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    /* The second byte has a narrower range after some leads: overlong forms, surrogates, > 10FFFF. */
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

int
text_is_utf8(const uint8_t *bytes, int64_t nbytes)
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

int64_t
text_clean_utf8(const uint8_t *bytes, int64_t nbytes, TextErrors errors, uint8_t *clean)
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

/* --- words to ids ------------------------------------------------------------------------------- */

typedef struct Encoder {
    TextBlock *block;
    TextTable *table;
    const uint8_t *text;
    int64_t nbytes;
    TextErrors errors;
    int64_t n_dropped; /* words of which nothing is left with TEXT_IGNORE: id -1 for now */
} Encoder;

static TextKey
make_key(const uint8_t *word, int64_t nbytes, uint64_t seed)
{
    uint8_t padded[TEXT_MAX_SHORT + 1] = {0};
    if (nbytes > TEXT_MAX_SHORT) {
        return text_long_key(word, nbytes, seed);
    }
    memcpy(padded, word, (size_t)nbytes);
    return text_short_key(padded, nbytes);
}

/* A word that is not in the table: valid UTF-8 makes it a new one. Validity is a matter of new
 * words only, because a text is valid exactly if its words are. */
static int64_t
add_word(Encoder *encoder, TextKey key, uint64_t hash, const uint8_t *word, int64_t nbytes)
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
    return nbytes > 0 ? id : INT64_MIN; /* nothing left */
}

/* Makes sure that the word is in the table, whatever it takes. Returns its id or as add_word(). */
static int64_t
find_or_add(Encoder *encoder, TextKey key, uint64_t hash, const int64_t *bounds)
{
    const uint8_t *word = encoder->text + bounds[0];
    int64_t nbytes = bounds[1] - bounds[0];
    int64_t id = text_table_find(encoder->table, key, hash, word, nbytes);
    return id >= 0 ? id : add_word(encoder, key, hash, word, nbytes);
}

/* Looks up at most GROUP words in three steps, so that their cache misses overlap: hash and ask for
 * the slot; look at the slot and ask for the word; compare and count. The last step deals with the
 * common case by itself: a short word that is where its hash says. */
static int
encode_group(Encoder *encoder, const int64_t *bounds, int n)
{
    TextTable *table = encoder->table;
    TextKey keys[GROUP];
    uint64_t hashes[GROUP];
    uint32_t guesses[GROUP];
    const uint64_t *slots = table->slots;
    uint64_t mask = (uint64_t)table->n_slots - 1;

    for (int i = 0; i < n; i++) {
        const uint8_t *word = encoder->text + bounds[2 * i];
        int64_t nbytes = bounds[2 * i + 1] - bounds[2 * i];
        if (nbytes <= TEXT_MAX_SHORT && bounds[2 * i] + 16 <= encoder->nbytes) {
            keys[i] = text_short_key(word, nbytes);
        } else {
            keys[i] = make_key(word, nbytes, table->seed);
        }
        hashes[i] = text_hash(keys[i], table->seed);
        TEXT_PREFETCH(&slots[hashes[i] & mask]);
    }
    for (int i = 0; i < n; i++) {
        /* An empty slot's guess is word 0: as good as any, since the keys are compared. */
        uint32_t id_plus_1 = (uint32_t)slots[hashes[i] & mask];
        guesses[i] = id_plus_1 - (id_plus_1 != 0);
        TEXT_PREFETCH(&table->words[guesses[i]]);
    }
    int32_t *ids = encoder->block->ids + encoder->block->n_ids;
    for (int i = 0; i < n; i++) {
        TextWord *guess = &table->words[guesses[i]];
        if (guess->key.low == keys[i].low && guess->key.high == keys[i].high &&
            !text_key_is_long(keys[i])) {
            guess->count++;
            ids[i] = (int32_t)guesses[i];
            continue;
        }
        int64_t id = find_or_add(encoder, keys[i], hashes[i], bounds + 2 * i);
        if (id == INT64_MIN) {
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
    encoder->block->n_ids += n;
    return 0;
}

static int
reserve_block(TextBlock *block, int64_t n_ids, int64_t n_lines)
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
static void
drop_words(TextBlock *block)
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

static int
keep_new_words(TextBlock *block, const TextTable *table, int64_t first)
{
    int64_t n = table->n_words - first;
    int64_t offset = table->words[first].offset;
    int64_t nbytes = table->words[table->n_words].offset - offset;
    TextWord *words = text_reserve(block->new_words, &block->capacity_new_words, n + 1, sizeof *words);
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

int
text_encode(TextBlock *block, TextTable *table, const uint8_t *text, int64_t nbytes,
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
        for (int64_t i = 0; i < n_words; i += GROUP) {
            int n = n_words - i < GROUP ? (int)(n_words - i) : GROUP;
            int status = encode_group(&encoder, bounds + 2 * i, n);
            if (status != 0) {
                return status;
            }
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

void
text_block_free(TextBlock *block)
{
    free(block->ids);
    free(block->line_ends);
    free(block->new_words);
    free(block->new_bytes);
    memset(block, 0, sizeof *block);
}
