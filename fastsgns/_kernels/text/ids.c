/* Floor: kernels. Counting with pruning, renumbering: see ids.h. */
#include "ids.h"

int64_t text_renumber(int32_t *ids, int64_t *offsets, int64_t n_sentences, const int32_t *new_ids,
                      int64_t n_words)
{
    int64_t n_kept = 0, at = offsets[0], last = offsets[n_sentences];
    offsets[0] = 0;
    for (int64_t sentence = 0; sentence < n_sentences; sentence++) {
        if (offsets[sentence + 1] < at || offsets[sentence + 1] > last) {
            return -1;
        }
        for (int64_t end = offsets[sentence + 1]; at < end; at++) {
            if (ids[at] < 0 || ids[at] >= n_words) {
                return -1;
            }
            int32_t id = new_ids[ids[at]];
            ids[n_kept] = id; /* overwritten by the next one if it is to be dropped: n_kept <= at */
            n_kept += id >= 0;
        }
        offsets[sentence + 1] = n_kept;
    }
    return n_kept;
}

int text_count(int64_t *counts, int64_t n_words, const int32_t *ids, int64_t n_ids)
{
    for (int64_t i = 0; i < n_ids; i++) {
        if (ids[i] < 0 || ids[i] >= n_words) {
            return TEXT_OUT_OF_RANGE;
        }
        counts[ids[i]]++;
    }
    return 0;
}

static int count_word(TextPruner *pruner, int32_t id)
{
    if (id < 0) {
        return TEXT_OUT_OF_RANGE;
    }
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
        int32_t *live =
            text_reserve(pruner->live, &pruner->capacity_live, pruner->n_live + 1, sizeof *live);
        if (!live) {
            pruner->counts[id] = 0;
            return TEXT_NO_MEMORY;
        }
        pruner->live = live;
        live[pruner->n_live++] = id;
    }
    return 0;
}

int text_count_until_prune(TextPruner *pruner, const int32_t *ids, int64_t n_ids,
                           const int64_t *ends, int64_t n_ends, int64_t *position,
                           int64_t *sentence)
{
    for (; *sentence <= n_ends; ++*sentence) {
        int64_t end = *sentence < n_ends ? ends[*sentence] : n_ids;
        if (end < *position || end > n_ids) {
            return TEXT_OUT_OF_RANGE;
        }
        for (; *position < end; ++*position) {
            int status = count_word(pruner, ids[*position]);
            if (status != 0) {
                return status;
            }
        }
        if (*sentence < n_ends && pruner->n_live > pruner->max_n_words) {
            ++*sentence;
            return 1;
        }
    }
    return 0;
}

void text_prune(TextPruner *pruner, int64_t min_count, const uint8_t *keep)
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
