# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Boundary: words to integers. Text, or sentences of Python objects, become provisional ids.

A provisional id is a word's place in first-seen order. Each token is looked at once: the pass that
counts also encodes. What there is:

- `WordTable`, `TextBlock` and `TextJoiner` for text: a thread encodes a block with its own table
  and no GIL, one thread joins the blocks in the order of the text. The result does not depend on
  the number of threads or on where the blocks were cut.
- `SentenceEncoder` for sentences of Python objects.
- `PruningCounter`, which repeats on the ids what gensim does to the counts with `max_vocab_size`.
- `renumber_ids`, which brings the ids from provisional to final ones.

The checks are off because the loops are over buffers whose sizes were taken from themselves.
"""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBuffer_FillInfo
from cpython.dict cimport PyDict_SetItem
from cpython.exc cimport PyErr_Occurred
from cpython.long cimport PyLong_AsLong
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport INT32_MAX, INT64_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memset

import numpy as np


cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(dict mapping, object key) except? NULL
    Py_ssize_t PyList_GET_SIZE(list items)
    PyObject *PyList_GET_ITEM(list items, Py_ssize_t i)
    Py_ssize_t PyTuple_GET_SIZE(tuple items)
    PyObject *PyTuple_GET_ITEM(tuple items, Py_ssize_t i)


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
    ctypedef struct TextPruner:
        int64_t *counts
        int64_t capacity
        int32_t *live
        int64_t n_live
        int64_t max_n_words
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
    int64_t text_renumber(int32_t *ids, int64_t *offsets, int64_t n_sentences,
                          const int32_t *new_ids)
    int text_count_until_prune(TextPruner *pruner, const int32_t *ids, int64_t n_ids,
                               const int64_t *ends, int64_t n_ends, int64_t *position,
                               int64_t *sentence)
    void text_prune(TextPruner *pruner, int64_t min_count, const uint8_t *keep)
    void *text_reserve(void *array, int64_t *capacity, int64_t needed, int64_t item_nbytes)
