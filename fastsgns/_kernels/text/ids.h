/* Floor: kernels. What is done to ids once they are there: counting with pruning, renumbering. */
#ifndef FASTSGNS_TEXT_IDS_H
#define FASTSGNS_TEXT_IDS_H

#include "reserve.h"

#define TEXT_OUT_OF_RANGE (-4)

/* ids become new_ids[ids], and those < 0 are taken out, in place; offsets (n_sentences + 1,) keep
 * pointing at each sentence's first word. Returns the number of words left,
 * or -1, with the arrays half done, when offsets descend or an id is not in [0, n_words). */
int64_t text_renumber(int32_t *ids, int64_t *offsets, int64_t n_sentences, const int32_t *new_ids,
                      int64_t n_words);

/* Adds to counts (n_words,) how often each id is there. Returns 0, or TEXT_OUT_OF_RANGE, with the
 * counts half done, for an id that is not in [0, n_words). */
int text_count(int64_t *counts, int64_t n_words, const int32_t *ids, int64_t n_ids);

/* Counts as gensim keeps them with max_vocab_size: when more than that many words have a count
 * after a sentence, those below a limit are forgotten, and the limit rises by 1. */
typedef struct TextPruner {
    int64_t *counts; /* (capacity,): by id, 0 for a word that is forgotten or was never seen */
    int64_t capacity;
    int32_t *live; /* (n_live,): words with a count, in the order in which they got it */
    int64_t n_live;
    int64_t capacity_live;
    int64_t max_n_words;
} TextPruner;

/* Counts ids[position:] up to the first sentence end after which there are too many words, or to
 * the end of the ids. `ends` are relative to `ids`. `position` and `sentence` say where counting
 * starts and are set to where it stopped. Returns 1 when it is time to prune, 0 at the end,
 * TEXT_NO_MEMORY, or TEXT_OUT_OF_RANGE for an id < 0 or ends that descend or lie beyond n_ids. */
int text_count_until_prune(TextPruner *pruner, const int32_t *ids, int64_t n_ids,
                           const int64_t *ends, int64_t n_ends, int64_t *position,
                           int64_t *sentence);

/* Forgets the live words i with keep[i] == 0, or, without `keep`, with a count below min_count. */
void text_prune(TextPruner *pruner, int64_t min_count, const uint8_t *keep);

#endif
