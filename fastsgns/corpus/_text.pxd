# Floor: boundary. What _text.pyx and _tokens.pyx use of _kernels/text/ and share.
from cpython.object cimport PyObject
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint64_t

from fastsgns.corpus._ids cimport Numbers


cdef extern from "_kernels/text/join.h" nogil:
    int TEXT_NO_MEMORY, TEXT_TOO_MANY_WORDS, TEXT_INVALID
    ctypedef enum TextErrors:
        TEXT_STRICT, TEXT_IGNORE, TEXT_REPLACE
    ctypedef void (*TextScanner)(void *, const uint8_t *, int64_t, int64_t, int64_t)
    ctypedef struct TextWord:
        int64_t count
        int64_t offset
    ctypedef struct TextTable:
        TextWord *words
        int64_t n_words
        uint8_t *bytes
        uint64_t seed
    ctypedef struct TextBlockC "TextBlock":
        int32_t *ids
        int64_t n_ids
        int64_t *line_ends
        int64_t n_lines
        TextWord *new_words
        int64_t n_new_words
        uint8_t *new_bytes
        int64_t error_begin, error_end
    ctypedef struct TextSentences:
        int64_t *ends
        int64_t n
        int64_t begin
        int64_t n_words
        int64_t max_nwords
    enum:
        TEXT_GROUP
    ctypedef struct TextGroup:
        int n
    void TEXT_PREFETCH(const void *address)
    TextScanner text_scanner(const char *name)
    int text_table_init(TextTable *table, uint64_t seed)
    void text_table_free(TextTable *table)
    int64_t text_table_nbytes(const TextTable *table)
    int text_table_merge(TextTable *table, const TextWord *words, int64_t n_words,
                         const uint8_t *bytes, int32_t *ids)
    int text_encode(TextBlockC *block, TextTable *table, const uint8_t *text, int64_t nbytes,
                    TextErrors errors, TextScanner scan, int keep_new)
    void text_block_free(TextBlockC *block)
    int text_add_sentences(TextSentences *sentences, const int64_t *line_ends, int64_t n_lines,
                           int64_t n_words, int last)
    void text_translate(const int32_t *ids, int64_t n_ids, const int32_t *new_ids,
                        int32_t *translated)
    void text_find_group(const TextTable *table, const TextGroup *group, int64_t *ids)
    int text_count_group(TextTable *table, const TextGroup *group, int32_t *ids)
    void text_add_to_group(TextGroup *group, const TextTable *table, const uint8_t *word,
                           int64_t nbytes)
    void *text_reserve(void *array, int64_t *capacity, int64_t needed, int64_t item_nbytes)
    int text_is_utf8(const uint8_t *bytes, int64_t nbytes)
    int64_t text_to_utf8(const void *points, int point_nbytes, int64_t n, uint8_t *utf8)


cdef inline int check(int status) except -1:
    """Raise what a kernel's status stands for; TEXT_INVALID is the caller's to explain."""
    if status == TEXT_NO_MEMORY:
        raise MemoryError("no memory left for the words and their ids")
    if status == TEXT_TOO_MANY_WORDS:
        raise OverflowError(f"more than {INT32_MAX - 1} distinct words: ids are int32")
    return 0


cdef class WordTable:
    cdef TextTable table
    # In the hands of whoever joins: the joined ids of this table's words so far.
    cdef Numbers joined_ids

    cdef str word(self, int64_t i)
    cdef int ask(self, TextGroup *group, object word, list alive) except -1
    cdef int find_numbers(self, TextGroup *group, PyObject **numbers, int32_t[::1] out) except -1


cdef class Encoding:
    cdef readonly Numbers ids
    cdef readonly Numbers ends
