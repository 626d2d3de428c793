# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Boundary: sentences of Python objects to integers. Each token is looked at once.

The GIL is held, because the tokens are Python's; after that nothing touches them again.
"""

cimport cython
from cpython.long cimport PyLong_AsLong
from cpython.object cimport PyObject
from cpython.time cimport monotonic
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

import reprlib

import numpy as np

from fastsgns.corpus._arrow cimport ArrowColumn, ArrowText
from fastsgns.corpus._ids cimport Numbers
from fastsgns.corpus._text cimport (
    TEXT_GROUP,
    TEXT_NO_MEMORY,
    TEXT_PREFETCH,
    TEXT_TOO_MANY_WORDS,
    Encoding,
    TextGroup,
    TextTable,
    WordTable,
    check,
    text_add_to_group,
    text_count_group,
    text_is_utf8,
    text_reserve,
    text_to_utf8,
)

cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(dict mapping, object key) except? NULL
    PyObject **PySequence_Fast_ITEMS(PyObject *items)
    bint PyUnicode_CheckExact(PyObject *token)
    bint PyUnicode_IS_COMPACT_ASCII(PyObject *token)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject *token)
    int PyUnicode_KIND(PyObject *token)
    void *PyUnicode_DATA(PyObject *token)

cdef enum:
    # What text_add_to_group() may read before a word.
    SHORT_KEY_NBYTES = 16
    # Sentences, at most, from one look at the clock to the next: a look takes as long as 4 tokens.
    LOOK_EVERY = 32

# How long one call of feed() goes on taking sentences.
cdef double FEED_SECONDS = 0.05


cdef object as_plain(sentence):
    """Return the tokens of an array, a column or a list scalar as str, int...; all else as it is.

    Their own items would be scalars of NumPy or Arrow, which are no good as words: some do not even
    equal the str that they show. A list stays one, whatever its class calls `to_list`.
    """
    if isinstance(sentence, (list, tuple)):
        return sentence
    for name in ("tolist", "to_list", "as_py"):
        method = getattr(sentence, name, None)
        if method is not None:
            return method()
    return sentence


cdef class SentenceEncoder(Encoding):
    """Encode sentences of hashable tokens; equal tokens (``==``) are the same word.

    As long as all tokens are plain str, they are looked up by their UTF-8 in a `WordTable`, in
    groups whose cache misses overlap. (In a dict each token costs four misses, one after the other:
    the index, the entry, the key and the number.) The first token of another type moves all words
    to a dict, for good, because only a dict knows what its `__eq__` and `__hash__` mean.

    Parameters
    ----------
    seed : int, default 0
        Of the hashes.
    judge : callable, optional
        Called with each sentence that is no list or tuple, and its number: raises if it is wrong.

    Attributes
    ----------
    first_type : type or None
        Of the first sentence: str is a mistake worth a warning.
    n_sentences, n_words : int
    """

    cdef WordTable table
    cdef object judge
    cdef dict ids_of  # None: all tokens were plain str so far
    cdef list listed  # the dict's words
    cdef Numbers listed_counts
    cdef uint8_t *utf8
    cdef int64_t capacity_utf8
    cdef readonly type first_type
    cdef readonly int64_t n_sentences
    cdef readonly int64_t n_words
    # The budget of a call of feed().
    cdef int64_t stop_words, stop_sentences, first_sentence, look_at
    cdef double stop_time

    def __cinit__(self, uint64_t seed=0, judge=None):
        self.table = WordTable(seed)
        self.judge = judge

    def __dealloc__(self):
        free(self.utf8)

    def __len__(self):
        return len(self.table) if self.ids_of is None else len(self.listed)

    def word(self, int64_t i):
        """Return word `i`."""
        return self.table.word(i) if self.ids_of is None else self.listed[i]

    def words(self):
        """Return the distinct tokens in first-seen order, as they were first seen: a sequence."""
        return self.table if self.ids_of is None else list(self.listed)

    def counts(self):
        """Return how often each word was seen: int64 (n_words,), a copy."""
        if self.ids_of is None:
            return self.table.counts()
        return np.array(self.listed_counts, np.int64)

    def feed(self, sentences, int64_t n_tokens):
        """Encode the sentences that come next, within a budget; return whether there may be more.

        Parameters
        ----------
        sentences : iterator of token sequences
            Lists and tuples are fastest; anything with a length that can be iterated will do.
            Arrays, columns of pandas or polars and list scalars of Arrow give plain Python objects.
            An `ArrowColumn` of text is read where it lies, without a Python object.
        n_tokens : int
            The budget: so many tokens, as many sentences (they may be empty), and FEED_SECONDS (the
            iterator may be slow). Between two calls signals are seen, results can be taken away and
            a thread can be stopped.

        Raises
        ------
        TypeError
            A sentence has no length or holds an unhashable token; a note names the sentence.
        UnicodeDecodeError
            A token in Arrow's memory is not UTF-8, which Arrow need not check; a note likewise.
        """
        self.set_budget(n_tokens)
        if isinstance(sentences, ArrowColumn):
            return self.feed_arrow(sentences)
        while self.has_budget():
            try:
                sentence = next(sentences)
            except StopIteration:
                return False
            try:
                if self.first_type is None:
                    self.first_type = type(as_plain(sentence))
                self.add(sentence)
            except TypeError as error:
                error.add_note(
                    f"in sentence {self.n_sentences} of the corpus, a {type(sentence).__name__}"
                )
                raise
        return True

    cdef void set_budget(self, int64_t n) noexcept:
        self.stop_words = self.n_words + n
        self.stop_sentences = self.n_sentences + n
        self.stop_time = monotonic() + FEED_SECONDS
        self.first_sentence = self.n_sentences
        self.look_at = self.n_sentences + min(n, 1)

    cdef inline bint has_budget(self) noexcept:
        """Whether this call of `feed` may encode another sentence."""
        return self.n_words < self.stop_words and (
            self.n_sentences < self.look_at or self.has_time()
        )

    cdef bint has_time(self) noexcept:
        """Look at the clock, after 1, 2, 4... sentences: soon if they take long, else seldom."""
        cdef int64_t n_done = self.n_sentences - self.first_sentence
        self.look_at = min(self.n_sentences + min(n_done, LOOK_EVERY), self.stop_sentences)
        return self.n_sentences < self.look_at and monotonic() < self.stop_time

    cdef bint feed_arrow(self, ArrowColumn column) except -1:
        """Encode sentences in Arrow's memory."""
        self.first_type = list
        while self.has_budget():
            try:
                if not column.forward():
                    return False
                if column.is_plain_text and self.ids_of is None:
                    self.add_arrow(column)
                else:
                    self.add(column.sentence())
            except (TypeError, UnicodeDecodeError) as error:
                error.add_note(f"in sentence {self.n_sentences} of the corpus, a list of Arrow")
                raise
        return True

    cdef int add_arrow(self, ArrowColumn column) except -1:
        """Encode the sentence at hand of a column of text."""
        cdef int64_t n = column.end - column.begin
        cdef int64_t i, n_done = 0
        cdef TextGroup group
        cdef ArrowText text
        cdef uint8_t *copy
        cdef int64_t n_known = self.table.table.n_words
        self.ids.reserve(n)
        self.reserve_utf8(TEXT_GROUP * 2 * SHORT_KEY_NBYTES)
        cdef int32_t *ids = <int32_t *> self.ids.data + self.ids.length
        while n_done < n:
            group.n = 0
            copy = self.utf8
            for i in range(n_done, min(n, n_done + TEXT_GROUP)):
                text = column.text(column.begin + i)
                if text.n_readable < SHORT_KEY_NBYTES:  # at the very start of Arrow's memory
                    copy += SHORT_KEY_NBYTES
                    if text.nbytes:
                        memcpy(copy, text.bytes, text.nbytes)
                    text.bytes = copy
                    copy += SHORT_KEY_NBYTES
                text_add_to_group(&group, &self.table.table, text.bytes, text.nbytes)
            check(text_count_group(&self.table.table, &group, ids + n_done))
            n_done += group.n
        if not self.are_utf8(n_known):
            column.sentence()  # raises the error that says which byte it is
        self.ids.length += n
        self.end_sentence(n)
        return 0

    cdef bint are_utf8(self, int64_t first) noexcept:
        """Whether the table's words from `first` on are UTF-8: sentences are if new words are."""
        cdef int64_t i, begin
        for i in range(first, self.table.table.n_words):
            begin = self.table.table.words[i].offset
            if not text_is_utf8(
                self.table.table.bytes + begin, self.table.table.words[i + 1].offset - begin
            ):
                return False
        return True

    cdef int end_sentence(self, int64_t n) except -1:
        """Count a sentence of `n` tokens."""
        self.n_words += n
        self.n_sentences += 1
        self.ends.append(&self.n_words, 1)
        return 0

    cdef int add(self, sentence) except -1:
        """Encode one sentence."""
        # differs from gensim: arrays of tokens hang it.
        if type(sentence) is not list and type(sentence) is not tuple:
            sentence = as_plain(sentence)
            if self.judge is not None:
                self.judge(sentence, self.n_sentences)
            len(sentence)  # as in gensim, a sentence without a length (a generator) is a TypeError
            sentence = list(sentence)
        cdef Py_ssize_t n_done = 0
        cdef int64_t n_before = self.ids.length
        if self.ids_of is None:
            with cython.critical_section(sentence):  # where there is no GIL
                n_done = self.add_strings(sentence)
        if n_done < len(sentence):
            if self.ids_of is None:
                self.move_to_dict()
            try:
                self.add_objects(sentence, n_done)
            except TypeError as error:  # no key of a dict
                place = self.ids.length - n_before
                if place < len(sentence):
                    error.add_note(f"at position {place}: {reprlib.repr(sentence[place])}")
                raise
        self.end_sentence(self.ids.length - n_before)  # some may have been taken away before
        return 0

    cdef Py_ssize_t add_strings(self, sentence) except -1:
        """Encode tokens of a list or tuple up to the first that is no plain str; count them."""
        cdef Py_ssize_t n = len(sentence)
        cdef PyObject **tokens = PySequence_Fast_ITEMS(<PyObject *> sentence)
        cdef Py_ssize_t n_done = 0, n_asked = 0, n_plain
        cdef TextGroup group
        self.ids.reserve(n)
        cdef int32_t *ids = <int32_t *> self.ids.data + self.ids.length
        while n_done < n:
            # Ask for the next group's objects while this one is looked at: the head and the text.
            while n_asked < min(n, n_done + 2 * TEXT_GROUP):
                TEXT_PREFETCH(tokens[n_asked])
                TEXT_PREFETCH(<char *> tokens[n_asked] + 48)
                n_asked += 1
            n_plain = self.fill_group(&group, tokens + n_done, min(n - n_done, TEXT_GROUP))
            check(text_count_group(&self.table.table, &group, ids + n_done))
            self.ids.length += n_plain
            n_done += n_plain
            if n_plain < TEXT_GROUP:
                break
        return n_done

    cdef Py_ssize_t fill_group(
        self,
        TextGroup *group,     # OUT
        PyObject **tokens,    # IN (n,)
        Py_ssize_t n,         # at most TEXT_GROUP
    ) except -1:
        """Fill a group with tokens up to the first that is no plain str; return their number."""
        cdef TextTable *table = &self.table.table
        cdef Py_ssize_t i = 0
        group.n = 0
        while i < n and PyUnicode_CheckExact(tokens[i]) and PyUnicode_IS_COMPACT_ASCII(tokens[i]):
            text_add_to_group(group, table, <uint8_t *> PyUnicode_DATA(tokens[i]),
                              PyUnicode_GET_LENGTH(tokens[i]))
            i += 1
        if i < n:
            self.fill_up(group, tokens + i, n - i)
        return group.n

    cdef int fill_up(
        self,
        TextGroup *group,     # INOUT
        PyObject **tokens,    # IN (n,)
        Py_ssize_t n,         # that the group has room for
    ) except -1:
        """Add tokens, some of which have to be made UTF-8, up to the first that is no plain str."""
        cdef int64_t nbytes_utf8 = 0
        cdef Py_ssize_t i, n_plain = 0
        while n_plain < n and PyUnicode_CheckExact(tokens[n_plain]):
            if not PyUnicode_IS_COMPACT_ASCII(tokens[n_plain]):
                nbytes_utf8 += 4 * PyUnicode_GET_LENGTH(tokens[n_plain]) + SHORT_KEY_NBYTES
            n_plain += 1
        self.reserve_utf8(nbytes_utf8 + 1)
        cdef uint8_t *utf8 = self.utf8
        cdef const uint8_t *word
        cdef int64_t nbytes
        for i in range(n_plain):
            if PyUnicode_IS_COMPACT_ASCII(tokens[i]):
                word = <const uint8_t *> PyUnicode_DATA(tokens[i])
                nbytes = PyUnicode_GET_LENGTH(tokens[i])
            else:
                word = utf8 + SHORT_KEY_NBYTES
                nbytes = text_to_utf8(PyUnicode_DATA(tokens[i]), PyUnicode_KIND(tokens[i]),
                                      PyUnicode_GET_LENGTH(tokens[i]), <uint8_t *> word)
                utf8 = <uint8_t *> word + nbytes
            text_add_to_group(group, &self.table.table, word, nbytes)
        return 0

    cdef int reserve_utf8(self, int64_t nbytes) except -1:
        cdef void *grown = text_reserve(self.utf8, &self.capacity_utf8, nbytes, 1)
        if grown is NULL:
            check(TEXT_NO_MEMORY)
        self.utf8 = <uint8_t *> grown
        return 0

    cdef int move_to_dict(self) except -1:
        """Go on with a dict."""
        self.listed = list(self.table)
        self.listed_counts = Numbers("q")
        cdef const int64_t[::1] counts = self.table.counts()
        if counts.shape[0]:
            self.listed_counts.append(&counts[0], counts.shape[0])
        self.ids_of = {word: i for i, word in enumerate(self.listed)}
        self.table = None
        return 0

    cdef int add_objects(self, sentence, Py_ssize_t first) except -1:
        """Encode tokens of any type, of a list or tuple from index `first` on; count them."""
        cdef Py_ssize_t i = first
        cdef PyObject *found
        cdef int64_t number
        # A list may get longer or shorter while a token's own __hash__ or __eq__ runs.
        while i < len(sentence):
            token = sentence[i]
            found = PyDict_GetItemWithError(self.ids_of, token)
            if found is not NULL:
                number = PyLong_AsLong(<object> found)
            else:
                number = self.list_word(token)
            self.ids.reserve(1)
            (<int32_t *> self.ids.data)[self.ids.length] = <int32_t> number
            self.ids.length += 1
            (<int64_t *> self.listed_counts.data)[number] += 1
            i += 1
        return 0

    cdef int64_t list_word(self, token) except -1:
        """Number a token that was not seen before."""
        cdef int64_t number = len(self.listed)
        cdef int64_t zero = 0
        if number >= INT32_MAX - 1:
            check(TEXT_TOO_MANY_WORDS)
        self.listed_counts.append(&zero, 1)
        self.listed.append(token)
        self.ids_of[token] = number
        return number
