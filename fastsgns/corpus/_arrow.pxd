# Floor: boundary. A column of lists in Arrow's memory: _arrow.pyx opens it, _tokens.pyx walks it.
from libc.stdint cimport int32_t, int64_t, uint8_t


# The structures of the Arrow C data and C stream interfaces, as these fix them. What they call may
# wait for a thread that needs the GIL (a producer that reads files through Python): never call it
# with the GIL held.
ctypedef struct ArrowSchema:
    const char *format
    const char *name
    const char *metadata
    int64_t flags
    int64_t n_children
    ArrowSchema **children
    ArrowSchema *dictionary
    void (*release)(ArrowSchema *) noexcept nogil
    void *private_data

ctypedef struct ArrowArray:
    int64_t length
    int64_t null_count
    int64_t offset
    int64_t n_buffers
    int64_t n_children
    const void **buffers
    ArrowArray **children
    ArrowArray *dictionary
    void (*release)(ArrowArray *) noexcept nogil
    void *private_data

ctypedef struct ArrowArrayStream:
    int (*get_schema)(ArrowArrayStream *, ArrowSchema *) noexcept nogil
    int (*get_next)(ArrowArrayStream *, ArrowArray *) noexcept nogil
    const char *(*get_last_error)(ArrowArrayStream *) noexcept nogil
    void (*release)(ArrowArrayStream *) noexcept nogil
    void *private_data


# Text in Arrow's memory.
ctypedef struct ArrowText:
    const uint8_t *bytes
    int64_t nbytes
    int64_t n_readable  # bytes up to the end of the text that may be read, its own included


cdef class ArrowColumn:
    cdef ArrowArrayStream stream    # or released
    cdef ArrowArray array           # the chunk at hand, or released
    cdef ArrowArray *lists          # (n_sentences,): of it
    cdef ArrowArray *tokens         # all tokens of the chunk
    cdef bint in_struct             # the lists are the one column of a table
    cdef char kind_lists            # l, L, w, v (view, 32 bits), V (view, 64 bits)
    cdef int64_t width              # of each list, for w
    cdef char kind_tokens           # the format of Arrow's: u, U, v (view); c, C, s, S, i, I, l, L
    cdef char kind_text             # of the dictionary's words, or 0 without a dictionary
    cdef bint is_plain_text         # no token of the chunk is missing, all are text
    cdef int64_t position           # the sentence at hand
    cdef int64_t begin, end         # its tokens

    cdef int let_go(self) except -1
    cdef int fail(self) except -1
    cdef int look_at(self, const ArrowSchema *schema) except -1
    cdef int open_chunk(self) except -1
    cdef object token(self, int64_t i)
    cdef bint forward(self) except -1
    cdef list sentence(self)
    cdef ArrowText text(self, int64_t token) noexcept
