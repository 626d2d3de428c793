/* Floor: kernels. Blocks and sentences put together: global ids, sentence borders, pruned counts. */
#ifndef FASTSGNS_TEXT_JOIN_H
#define FASTSGNS_TEXT_JOIN_H

#include "encode.h"

/* Where sentences end, across blocks. A line's words make a sentence; a line without a word makes
 * none; one of more than max_nwords words is cut into sentences of that many (and a rest). */
typedef struct TextSentences {
    int64_t *ends; /* (n,): number of words up to the end of each sentence, from the first block's start */
    int64_t n;
    int64_t capacity;
    int64_t begin; /* where the sentence that has not ended yet begins */
    int64_t n_words; /* of all blocks so far */
    int64_t max_nwords; /* INT64_MAX: lines are not cut */
} TextSentences;

/* Adds a block's words and lines; with `last` the sentence that has not ended yet does.
 * Returns 0 or TEXT_NO_MEMORY. */
int text_add_sentences(TextSentences *sentences, const int64_t *line_ends, int64_t n_lines,
                       int64_t n_words, int last);

/* ids[i] = new_ids[ids[i]], in place or not. */
void text_translate(const int32_t *ids, int64_t n_ids, const int32_t *new_ids, int32_t *translated);

/* ids become new_ids[ids], and those < 0 are taken out, in place; offsets (n_sentences + 1,) keep
 * pointing at each sentence's first word. Returns the number of words left. */
int64_t text_renumber(int32_t *ids, int64_t *offsets, int64_t n_sentences, const int32_t *new_ids);

/* Counts as gensim keeps them with max_vocab_size: when more than that many words have a count after
 * a sentence, those below a limit are forgotten, and the limit rises by 1. */
typedef struct TextPruner {
    int64_t *counts; /* (capacity,): by id, 0 for a word that is forgotten or was never seen */
    int64_t capacity;
    int32_t *live; /* (n_live,): words with a count, in the order in which they got it */
    int64_t n_live;
    int64_t capacity_live;
    int64_t max_n_words;
} TextPruner;

/* Counts ids[position:] up to the first sentence end after which there are too many words, or to
 * the end of the ids. `ends` are relative to `ids`. `position` and `sentence` say where counting starts and
 * are set to where it stopped. Returns 1 when it is time to prune, 0 at the end, TEXT_NO_MEMORY. */
int text_count_until_prune(TextPruner *pruner, const int32_t *ids, int64_t n_ids,
                           const int64_t *ends, int64_t n_ends, int64_t *position,
                           int64_t *sentence);

/* Forgets the live words i with keep[i] == 0, or, without `keep`, with a count below min_count. */
void text_prune(TextPruner *pruner, int64_t min_count, const uint8_t *keep);

#endif
