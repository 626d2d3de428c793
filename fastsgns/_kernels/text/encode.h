/* Floor: kernels. Text to word ids: counts and encodes a block of text in one pass.
 *
 * Blocks may be encoded by several threads, each with a table of its own (a cache in front of the
 * global one), and are then taken over by the global table in the order of the text. That gives
 * the ids and counts of a sequential pass: the first block that has a word is the first of its own
 * thread's blocks that has it, so it brings the word along as a new one. */
#ifndef FASTSGNS_TEXT_ENCODE_H
#define FASTSGNS_TEXT_ENCODE_H

#include "scan.h"
#include "table.h"

/* What to do about words that are not valid UTF-8: as Python's error handlers of these names. */
typedef enum TextErrors { TEXT_STRICT, TEXT_IGNORE, TEXT_REPLACE } TextErrors;

#define TEXT_INVALID (-3) /* TEXT_STRICT, and a word is not valid UTF-8: see error_begin */

/* A block's words. `ids` are the ones of the table that it was encoded with. */
typedef struct TextBlock {
    int32_t *ids; /* (n_ids,) */
    int64_t n_ids;
    int64_t capacity_ids;
    int64_t *line_ends; /* (n_lines,): for each "\n" the number of words before it in the block */
    int64_t n_lines;
    int64_t capacity_lines;
    /* The words that the block added to the table, in its order; `offset`s as in the table. */
    TextWord *new_words; /* (n_new_words + 1,) */
    int64_t n_new_words;
    int64_t capacity_new_words;
    uint8_t *new_bytes;
    int64_t capacity_new_bytes;
    int64_t error_begin, error_end; /* the word that is not valid UTF-8, as bytes of the text */
} TextBlock;

/* Counts and encodes text[:nbytes] with `table`: fills `block`, from empty. A word never goes on in
 * the next block. With `keep_new` the block gets copies of the words that it added.
 * Returns 0, TEXT_NO_MEMORY, TEXT_TOO_MANY_WORDS or TEXT_INVALID. */
int text_encode(TextBlock *block, TextTable *table, const uint8_t *text, int64_t nbytes,
                TextErrors errors, TextScanner scan, int keep_new);

/* Words that are looked up together, so that their cache misses overlap. */
#define TEXT_GROUP 32
typedef struct TextGroup {
    int n;
    TextKey keys[TEXT_GROUP];
    const uint8_t *words[TEXT_GROUP];
    int64_t nbytes[TEXT_GROUP];
} TextGroup;

/* Finds or adds the words of a group, which are taken as they are, and counts them.
 * Returns 0 or an error as text_table_add(). */
int text_count_group(TextTable *table, const TextGroup *group, int32_t *ids);

/* Finds the words of a group: their ids, -1 for those that are not there. */
void text_find_group(const TextTable *table, const TextGroup *group, int64_t *ids);

/* Puts a word with 16 readable bytes before its end into a group with room for it. */
static inline void text_add_to_group(TextGroup *group, const TextTable *table, const uint8_t *word,
                                     int64_t nbytes)
{
    int i = group->n++;
    group->words[i] = word;
    group->nbytes[i] = nbytes;
    group->keys[i] = text_key_from_end(word, nbytes, table->seed);
}

/* Writes the UTF-8 of `n` code points of 1, 2 or 4 bytes each (surrogates as if they were
 * characters); room for 4 * n. Returns its size. */
int64_t text_to_utf8(const void *points, int point_nbytes, int64_t n, uint8_t *utf8);

void text_block_free(TextBlock *block);

/* Whether the bytes are valid UTF-8 as Python's decoder sees it: shortest forms, no surrogates. */
int text_is_utf8(const uint8_t *bytes, int64_t nbytes);

/* Writes to `clean` what bytes.decode(errors=...).encode() would give; room for 3 * nbytes.
 * Returns its size. */
int64_t text_clean_utf8(const uint8_t *bytes, int64_t nbytes, TextErrors errors, uint8_t *clean);

#endif
