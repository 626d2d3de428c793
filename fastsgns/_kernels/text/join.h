/* Floor: kernels. Blocks put together: joined ids and the ends of sentences. */
#ifndef FASTSGNS_TEXT_JOIN_H
#define FASTSGNS_TEXT_JOIN_H

#include "encode.h"

/* Where sentences end, across blocks. A line's words make a sentence; a line without a word makes
 * none; one of more than max_nwords words is cut into sentences of that many (and a rest). */
typedef struct TextSentences {
    int64_t *ends; /* (n,): the number of words up to the end of each, from the very start */
    int64_t n;
    int64_t capacity;
    int64_t begin;      /* where the sentence that has not ended yet begins */
    int64_t n_words;    /* of all blocks so far */
    int64_t max_nwords; /* INT64_MAX: lines are not cut */
} TextSentences;

/* Adds a block's words and lines; with `last` the sentence that has not ended yet does.
 * Returns 0 or TEXT_NO_MEMORY. */
int text_add_sentences(TextSentences *sentences, const int64_t *line_ends, int64_t n_lines,
                       int64_t n_words, int last);

/* ids[i] = new_ids[ids[i]], never in place. */
void text_translate(const int32_t *ids, int64_t n_ids, const int32_t *new_ids, int32_t *translated);

#endif
