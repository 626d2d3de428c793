/* Floor: kernels. Blocks and sentences put together: see join.h. */
#include "join.h"

static int
add_end(TextSentences *sentences, int64_t end)
{
    int64_t *ends =
        text_reserve(sentences->ends, &sentences->capacity, sentences->n + 1, sizeof *ends);
    if (!ends) {
        return TEXT_NO_MEMORY;
    }
    sentences->ends = ends;
    ends[sentences->n++] = end;
    sentences->begin = end;
    return 0;
}

/* Ends sentences until at most max_nwords words are left before `at`. */
static int
cut_until(TextSentences *sentences, int64_t at)
{
    int status = 0;
    while (status == 0 && at - sentences->begin > sentences->max_nwords) {
        status = add_end(sentences, sentences->begin + sentences->max_nwords);
    }
    return status;
}

int
text_add_sentences(TextSentences *sentences, const int64_t *line_ends, int64_t n_lines,
                   int64_t n_words, int last)
{
    int status = 0;
    for (int64_t i = 0; i < n_lines && status == 0; i++) {
        int64_t end = sentences->n_words + line_ends[i];
        status = cut_until(sentences, end);
        if (status == 0 && end > sentences->begin) {
            status = add_end(sentences, end);
        }
    }
    sentences->n_words += n_words;
    if (status == 0) {
        status = cut_until(sentences, sentences->n_words);
    }
    if (status == 0 && last && sentences->n_words > sentences->begin) {
        status = add_end(sentences, sentences->n_words);
    }
    return status;
}

void
text_translate(const int32_t *ids, int64_t n_ids, const int32_t *new_ids, int32_t *translated)
{
    for (int64_t i = 0; i < n_ids; i++) {
        translated[i] = new_ids[ids[i]];
    }
}

int64_t
text_renumber(int32_t *ids, int64_t *offsets, int64_t n_sentences, const int32_t *new_ids)
{
    int64_t n_kept = 0, at = offsets[0];
    offsets[0] = 0;
    for (int64_t sentence = 0; sentence < n_sentences; sentence++) {
        for (int64_t end = offsets[sentence + 1]; at < end; at++) {
            int32_t id = new_ids[ids[at]];
            ids[n_kept] = id; /* overwritten by the next one if it is to be dropped: n_kept <= at */
            n_kept += id >= 0;
        }
        offsets[sentence + 1] = n_kept;
    }
    return n_kept;
}

static int
count_word(TextPruner *pruner, int32_t id)
{
    if (id >= pruner->capacity) {
        int64_t before = pruner->capacity;
        int64_t *counts =
            text_reserve(pruner->counts, &pruner->capacity, (int64_t)id + 1, sizeof *counts);
        if (!counts) {
            return TEXT_NO_MEMORY;
        }
        memset(counts + before, 0, (size_t)(pruner->capacity - before) * sizeof *counts);
        pruner->counts = counts;
    }
    if (pruner->counts[id]++ == 0) {
        int32_t *live = text_reserve(pruner->live, &pruner->capacity_live, pruner->n_live + 1,
                                     sizeof *live);
        if (!live) {
            pruner->counts[id] = 0;
            return TEXT_NO_MEMORY;
        }
        pruner->live = live;
        live[pruner->n_live++] = id;
    }
    return 0;
}

int
text_count_until_prune(TextPruner *pruner, const int32_t *ids, int64_t n_ids, const int64_t *ends,
                       int64_t n_ends, int64_t *position, int64_t *sentence)
{
    for (; *sentence <= n_ends; ++*sentence) {
        int64_t end = *sentence < n_ends ? ends[*sentence] : n_ids;
        for (; *position < end; ++*position) {
            if (count_word(pruner, ids[*position]) != 0) {
                return TEXT_NO_MEMORY;
            }
        }
        if (*sentence < n_ends && pruner->n_live > pruner->max_n_words) {
            ++*sentence;
            return 1;
        }
    }
    return 0;
}

void
text_prune(TextPruner *pruner, int64_t min_count, const uint8_t *keep)
{
    int64_t n_kept = 0;
    for (int64_t i = 0; i < pruner->n_live; i++) {
        int32_t id = pruner->live[i];
        if (keep ? keep[i] : pruner->counts[id] >= min_count) {
            pruner->live[n_kept++] = id;
        } else {
            pruner->counts[id] = 0;
        }
    }
    pruner->n_live = n_kept;
}
