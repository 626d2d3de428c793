# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Boundary: what is done with ids: growing arrays of them, counting with pruning, renumbering.

Whoever calls sees to it that an object is used by one thread at a time.
"""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

import numpy as np

cdef extern from "_kernels/text/ids.h" nogil:
    int TEXT_NO_MEMORY, TEXT_OUT_OF_RANGE
    ctypedef struct TextPruner:
        int64_t *counts
        int32_t *live
        int64_t n_live
        int64_t max_n_words
    int text_count(int64_t *counts, int64_t n_words, const int32_t *ids, int64_t n_ids)
    int64_t text_renumber(int32_t *ids, int64_t *offsets, int64_t n_sentences,
                          const int32_t *new_ids, int64_t n_words)
    int text_count_until_prune(TextPruner *pruner, const int32_t *ids, int64_t n_ids,
                               const int64_t *ends, int64_t n_ends, int64_t *position,
                               int64_t *sentence)
    void text_prune(TextPruner *pruner, int64_t min_count, const uint8_t *keep)
    void *text_reserve(void *array, int64_t *capacity, int64_t needed, int64_t item_nbytes)
    void text_ask_for_huge_pages(void *array, size_t nbytes)

# What grows beyond the first is asked for room for the second at once, in bytes: it costs nothing
# until it is touched, and what does not move can be in huge pages.
cdef int64_t LARGE_NBYTES = 4 << 20
cdef int64_t ROOM_NBYTES = 256 << 20


cdef class Numbers:
    """A growing array of int32 or int64, which NumPy sees through the buffer protocol.

    It does not move while it is looked at: growing then raises BufferError. Memory beyond its
    length is asked for but not touched, so it costs nothing on systems that commit on first use.
    """

    def __cinit__(self, str kind not None):
        self.item_nbytes = {"i": 4, "q": 8}[kind]
        self.format = kind.encode()

    def __dealloc__(self):
        free(self.data)

    def __len__(self):
        return self.length

    cdef int reserve(self, int64_t n_more) except -1:
        """Make room; growing by half makes appending linear in total."""
        cdef void *data
        if self.data is not NULL and self.length + n_more <= self.capacity:
            return 0
        if self.n_views:
            raise BufferError("the array is being looked at and cannot grow")
        cdef int64_t needed = self.length + n_more
        cdef int64_t room = ROOM_NBYTES // self.item_nbytes
        if LARGE_NBYTES // self.item_nbytes < needed < room:
            data = text_reserve(self.data, &self.capacity, room, self.item_nbytes)
            if data is not NULL:
                text_ask_for_huge_pages(data, self.capacity * self.item_nbytes)
                self.data = data
                return 0
        data = text_reserve(self.data, &self.capacity, needed, self.item_nbytes)
        if data is NULL:
            raise MemoryError(f"no memory for {needed} numbers")
        self.data = data
        return 0

    cdef int append(self, const void *data, int64_t n) except -1:
        self.reserve(n)
        if n:
            memcpy(<char *> self.data + self.length * self.item_nbytes, data, n * self.item_nbytes)
        self.length += n
        return 0

    def array(self):
        """Return the numbers as an array of NumPy, without a copy."""
        return np.asarray(self)

    def extend(self, numbers not None):
        """Add the numbers of an array of the same type."""
        cdef const int32_t[::1] narrow
        cdef const int64_t[::1] wide
        if self.item_nbytes == 4:
            narrow = numbers
            if narrow.shape[0]:
                self.append(&narrow[0], narrow.shape[0])
        else:
            wide = numbers
            if wide.shape[0]:
                self.append(&wide[0], wide.shape[0])

    def clear(self):
        """Empty the array; its memory stays for what comes next."""
        if self.n_views:
            raise BufferError("the array is being looked at and cannot be emptied")
        self.length = 0

    def shrink(self):
        """Give back the memory beyond the length."""
        cdef void *data
        if self.n_views or self.length == self.capacity:
            return
        if self.length == 0:
            free(self.data)
            self.data = NULL
            self.capacity = 0
            return
        data = realloc(self.data, self.length * self.item_nbytes)
        if data is not NULL:
            self.data = data
            self.capacity = self.length

    def __getbuffer__(self, Py_buffer *view, int flags):
        self.reserve(0)
        view.buf = self.data
        view.obj = self
        view.len = self.length * self.item_nbytes
        view.itemsize = self.item_nbytes
        view.readonly = 0
        view.ndim = 1
        view.format = <char *> self.format if flags & PyBUF_FORMAT else NULL
        view.shape = &self.length if flags & PyBUF_ND else NULL
        view.strides = &self.item_nbytes if flags & PyBUF_ND else NULL
        view.suboffsets = NULL
        view.internal = NULL
        self.n_views += 1

    def __releasebuffer__(self, Py_buffer *view):
        self.n_views -= 1


cdef class PruningCounter:
    """Count words as gensim does with `max_vocab_size`.

    After a sentence, when more than `max_vocab_size` words have a count, words seen fewer times
    than a limit are forgotten (a word that comes back starts from 0 and goes to the end of the
    order), and the limit, which starts at 1, rises by 1. So the first pruning drops nothing.

    Parameters
    ----------
    max_vocab_size : int
    keep : callable, optional
        ``keep(ids, counts, limit)`` decides instead, for int32 and int64 arrays in vocabulary
        order: bool (n,).
    """

    cdef TextPruner pruner
    cdef object keep
    cdef readonly int64_t limit

    def __cinit__(self, int64_t max_vocab_size, keep=None):
        self.pruner.max_n_words = max_vocab_size
        self.keep = keep
        self.limit = 1

    def __dealloc__(self):
        free(self.pruner.counts)
        free(self.pruner.live)

    def __len__(self):
        return self.pruner.n_live

    def feed(self, const int32_t[::1] ids not None, const int64_t[::1] ends not None):
        """Count what comes next.

        Parameters
        ----------
        ids : int32 (n,)
        ends : int64 (n_sentences,)
            Where sentences end, as indices into `ids`, ascending. What follows the last end belongs
            to a sentence that ends later.

        Raises
        ------
        ValueError
            For ids and ends out of range; the counts are then of no use.
        """
        cdef int64_t position = 0, sentence = 0
        cdef int status = 1
        cdef const int32_t *first_id = &ids[0] if ids.shape[0] else NULL
        cdef const int64_t *first_end = &ends[0] if ends.shape[0] else NULL
        while True:
            with nogil:
                status = text_count_until_prune(
                    &self.pruner, first_id, ids.shape[0], first_end, ends.shape[0],
                    &position, &sentence,
                )
            if status == TEXT_NO_MEMORY:
                raise MemoryError(f"no memory to count {self.pruner.n_live} words")
            if status == TEXT_OUT_OF_RANGE:
                raise ValueError(
                    f"ids must be >= 0; ends must not descend, and lie in [0, {ids.shape[0]}]"
                )
            if status == 0:
                return
            self.prune()

    cdef int prune(self) except -1:
        cdef const uint8_t[::1] mask
        if self.keep is None:
            text_prune(&self.pruner, self.limit, NULL)
        else:
            keep = np.ascontiguousarray(self.keep(*self.live(), self.limit), np.bool_)
            if len(keep) != self.pruner.n_live:
                raise ValueError(f"keep must have {self.pruner.n_live} entries, got {len(keep)}")
            mask = keep.view(np.uint8)
            text_prune(&self.pruner, self.limit, &mask[0])
        self.limit += 1
        return 0

    def live(self):
        """Return the ids that have a count, in vocabulary order, and the counts.

        Returns
        -------
        int32 (n,), int64 (n,)
        """
        ids = np.empty(self.pruner.n_live, np.int32)
        counts = np.empty(self.pruner.n_live, np.int64)
        cdef int32_t[::1] out_ids = ids
        cdef int64_t[::1] out_counts = counts
        cdef int64_t i
        for i in range(self.pruner.n_live):
            out_ids[i] = self.pruner.live[i]
            out_counts[i] = self.pruner.counts[self.pruner.live[i]]
        return ids, counts


def renumber_ids(
    int32_t[::1] ids not None,
    int64_t[::1] offsets not None,
    const int32_t[::1] new_ids not None,
):
    """Replace each id i by new_ids[i], in place; tokens whose new id is < 0 are taken out.

    Parameters
    ----------
    ids : int32 (n_tokens,)
        Overwritten; what lies behind the returned number of tokens is left over.
    offsets : int64 (n_sentences + 1,)
        Sentence s is ids[offsets[s]:offsets[s + 1]]; overwritten to match.
    new_ids : int32 (n_words,)

    Returns
    -------
    int
        The number of tokens left.

    Raises
    ------
    ValueError
        For ids and offsets out of range; both arrays are then of no use.
    """
    cdef int64_t n_left
    cdef const int32_t *table = &new_ids[0] if new_ids.shape[0] else NULL
    cdef int32_t *first = &ids[0] if ids.shape[0] else NULL
    cdef int64_t n_sentences = offsets.shape[0] - 1
    if n_sentences < 0 or offsets[0] < 0 or offsets[n_sentences] > ids.shape[0]:
        raise ValueError(f"offsets must lie in [0, {ids.shape[0]}]")
    with nogil:
        n_left = text_renumber(first, &offsets[0], n_sentences, table, new_ids.shape[0])
    if n_left < 0:
        raise ValueError(f"ids must be in [0, {new_ids.shape[0]}) and offsets must not descend")
    return n_left


def add_counts(int64_t[::1] counts not None, const int32_t[::1] ids not None):
    """Add to the counts how often each id is there.

    Parameters
    ----------
    counts : int64 (n_words,)
        Changed in place.
    ids : int32 (n,)

    Raises
    ------
    ValueError
        For ids outside the counts, which are then of no use.
    """
    cdef int status = 0
    if ids.shape[0] == 0:
        return
    with nogil:
        status = text_count(
            &counts[0] if counts.shape[0] else NULL, counts.shape[0], &ids[0], ids.shape[0]
        )
    if status == TEXT_OUT_OF_RANGE:
        raise ValueError(f"ids must be in [0, {counts.shape[0]})")
