/* Floor: kernels. Blocks put together: see join.h. */
#include "join.h"

static int add_end(TextSentences *sentences, int64_t end)
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
static int cut_until(TextSentences *sentences, int64_t at)
{
    int status = 0;
    while (status == 0 && at - sentences->begin > sentences->max_nwords) {
        status = add_end(sentences, sentences->begin + sentences->max_nwords);
    }
    return status;
}

int text_add_sentences(TextSentences *sentences, const int64_t *line_ends, int64_t n_lines,
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

void text_translate(const int32_t *ids, int64_t n_ids, const int32_t *new_ids, int32_t *translated)
{
    for (int64_t i = 0; i < n_ids; i++) {
        translated[i] = new_ids[ids[i]];
    }
}
