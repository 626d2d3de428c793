# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Boundary: columns of lists in Arrow's memory, of whatever library, without that of Arrow.

Libraries hand on such columns through the Arrow PyCapsule interface: an object's
`__arrow_c_stream__` gives a stream of chunks in the C data interface
(https://arrow.apache.org/docs/format/CDataInterface.html), whose buffers are read where they lie.
"""

from cpython.pycapsule cimport PyCapsule_GetPointer
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport (
    int8_t,
    int16_t,
    int32_t,
    int64_t,
    uint8_t,
    uint16_t,
    uint32_t,
    uint64_t,
)
from libc.string cimport memset, strcmp

#: Names of formats for messages.
cdef dict NAMES = {
    "n": "null", "b": "bool", "e": "float16", "f": "float32", "g": "float64", "z": "binary",
    "Z": "large binary", "vz": "binary view", "u": "text", "U": "large text", "vu": "text view",
    "+s": "struct", "+m": "map",
}


cdef str as_str(const char *text):
    """Decode what Arrow says, for messages. NULL is "": it may leave names and reasons out."""
    return text.decode("utf-8", "replace") if text is not NULL else ""


cdef str name_of(const ArrowSchema *schema):
    cdef str format = as_str(schema.format)
    if schema.dictionary is not NULL:
        return f"dictionary of {name_of(schema.dictionary)}"
    if schema.format[0] == b"+" and schema.n_children == 1:
        return f"list of {name_of(schema.children[0])}"
    return NAMES.get(format, f"the Arrow format {format!r}")


cdef char kind_of_text(const char *format) noexcept:
    """Return u, U or v (view) for formats of text, else 0."""
    if strcmp(format, b"u") == 0 or strcmp(format, b"U") == 0:
        return format[0]
    return c"v" if strcmp(format, b"vu") == 0 else 0


cdef char kind_of_integer(const char *format) noexcept:
    """Return the format of integers, else 0."""
    return format[0] if format[0] in b"cCsSiIlL" and format[1] == 0 else 0


cdef bint is_missing(const ArrowArray *array, int64_t i) noexcept:
    """Whether entry `i`, counted without the array's offset, is null."""
    cdef const uint8_t *valid
    if array.null_count == 0 or array.n_buffers == 0 or array.buffers[0] is NULL:
        return False
    valid = <const uint8_t *> array.buffers[0]
    i += array.offset
    return not (valid[i >> 3] >> (i & 7)) & 1


cdef int64_t integer_at(char kind, const void *buffer, int64_t i) noexcept:
    """Read an integer of any of Arrow's types but uint64."""
    if kind == c"c":
        return (<const int8_t *> buffer)[i]
    if kind == c"C":
        return (<const uint8_t *> buffer)[i]
    if kind == c"s":
        return (<const int16_t *> buffer)[i]
    if kind == c"S":
        return (<const uint16_t *> buffer)[i]
    if kind == c"i":
        return (<const int32_t *> buffer)[i]
    if kind == c"I":
        return (<const uint32_t *> buffer)[i]
    return (<const int64_t *> buffer)[i]


cdef ArrowText text_at(char kind, const ArrowArray *array, int64_t i) noexcept:
    """Find text number `i`, counted without the array's offset."""
    cdef ArrowText text
    cdef const int32_t *view
    cdef int64_t begin
    i += array.offset
    if kind == c"v":
        # 16 bytes each: the length, then the text, or four bytes of it, a buffer and an offset.
        view = <const int32_t *> array.buffers[1] + 4 * i
        text.nbytes = view[0]
        if text.nbytes <= 12:
            text.bytes = <const uint8_t *> (view + 1)
            text.n_readable = 16 * i + 4 + text.nbytes
        else:
            text.bytes = <const uint8_t *> array.buffers[2 + view[2]] + view[3]
            text.n_readable = view[3] + text.nbytes
        return text
    if kind == c"u":
        begin = (<const int32_t *> array.buffers[1])[i]
        text.nbytes = (<const int32_t *> array.buffers[1])[i + 1] - begin
    else:
        begin = (<const int64_t *> array.buffers[1])[i]
        text.nbytes = (<const int64_t *> array.buffers[1])[i + 1] - begin
    text.bytes = <const uint8_t *> array.buffers[2] + begin
    text.n_readable = begin + text.nbytes
    return text


cdef class ArrowColumn:
    """Sentences of a column of lists, in order, once.

    Parameters
    ----------
    exporter : object with `__arrow_c_stream__`
        Its chunks are lists (of 32 or 64 bits, of a fixed size, or views) of text (of 32 or 64
        bits, views, or a dictionary of these) or of integers; or tables with one such column.

    Raises
    ------
    TypeError
        For columns of anything else, and tables of more columns, naming what they are.
    """

    def __init__(self, exporter):
        cdef ArrowSchema schema
        cdef ArrowArrayStream *exported
        cdef int status
        memset(&schema, 0, sizeof(ArrowSchema))
        capsule = exporter.__arrow_c_stream__()
        exported = <ArrowArrayStream *> PyCapsule_GetPointer(capsule, "arrow_array_stream")
        if exported.release is NULL:
            raise ValueError(f"the stream of this {type(exporter).__name__} has been read before")
        # Ours from here on: a capsule would release it with the GIL held.
        self.stream = exported[0]
        exported.release = NULL
        with nogil:
            status = self.stream.get_schema(&self.stream, &schema)
        if status != 0:
            self.fail()
        try:
            self.look_at(&schema)
        finally:
            if schema.release is not NULL:
                with nogil:
                    schema.release(&schema)

    def __dealloc__(self):
        self.let_go()
        if self.stream.release is not NULL:
            with nogil:
                self.stream.release(&self.stream)

    cdef int let_go(self) except -1:
        """Release the chunk at hand."""
        if self.array.release is not NULL:
            with nogil:
                self.array.release(&self.array)
        memset(&self.array, 0, sizeof(ArrowArray))
        return 0

    cdef int fail(self) except -1:
        """Raise what the stream says that went wrong."""
        cdef const char *message
        with nogil:
            message = self.stream.get_last_error(&self.stream)
        raise OSError(f"the Arrow stream cannot be read: {as_str(message) or 'no reason'}")

    cdef int look_at(self, const ArrowSchema *schema) except -1:
        """Find out what kind of column it is."""
        cdef const ArrowSchema *lists = schema
        cdef const ArrowSchema *tokens
        cdef bytes format
        self.in_struct = strcmp(schema.format, b"+s") == 0
        if self.in_struct:
            if schema.n_children != 1:
                names = [as_str(schema.children[i].name) for i in range(schema.n_children)]
                raise TypeError(
                    f"give one column of a table, the one with the sentences; it has {names}"
                )
            lists = schema.children[0]
        format = lists.format
        self.width = 0
        if format in (b"+l", b"+L"):
            self.kind_lists = format[1]
        elif format in (b"+vl", b"+vL"):
            self.kind_lists = c"v" if format == b"+vl" else c"V"
        elif format.startswith(b"+w:"):
            self.kind_lists = c"w"
            self.width = int(format[3:])
        else:
            raise TypeError(f"sentences must be lists of text or integers, got {name_of(lists)}")
        tokens = lists.children[0]
        self.kind_text = 0
        self.kind_tokens = kind_of_text(tokens.format)
        if self.kind_tokens == 0:
            self.kind_tokens = kind_of_integer(tokens.format)
        if tokens.dictionary is not NULL:
            self.kind_text = kind_of_text(tokens.dictionary.format)
            if self.kind_text == 0:
                self.kind_tokens = 0
        if self.kind_tokens == 0:
            raise TypeError(f"tokens must be text or integers, got {name_of(tokens)}")
        return 0

    cdef bint forward(self) except -1:
        """Go to the next sentence; say whether there is one."""
        cdef int status
        self.position += 1
        while self.array.release is NULL or self.position >= self.array.length:
            self.let_go()
            with nogil:
                status = self.stream.get_next(&self.stream, &self.array)
            if status != 0:
                self.fail()
            if self.array.release is NULL:
                return False
            self.open_chunk()
        if self.in_struct and is_missing(&self.array, self.position):
            raise TypeError("the sentence is missing (null)")
        cdef int64_t i = self.position + (self.array.offset if self.in_struct else 0)
        if is_missing(self.lists, i):
            raise TypeError("the sentence is missing (null)")
        i += self.lists.offset
        cdef const void *bounds = self.lists.buffers[1] if self.kind_lists != c"w" else NULL
        if self.kind_lists == c"w":
            self.begin, self.end = i * self.width, (i + 1) * self.width
        elif self.kind_lists == c"l":
            self.begin, self.end = (<int32_t *> bounds)[i], (<int32_t *> bounds)[i + 1]
        elif self.kind_lists == c"L":
            self.begin, self.end = (<int64_t *> bounds)[i], (<int64_t *> bounds)[i + 1]
        elif self.kind_lists == c"v":
            self.begin = (<int32_t *> bounds)[i]
            self.end = self.begin + (<int32_t *> self.lists.buffers[2])[i]
        else:
            self.begin = (<int64_t *> bounds)[i]
            self.end = self.begin + (<int64_t *> self.lists.buffers[2])[i]
        return True

    cdef int open_chunk(self) except -1:
        """Begin with the chunk at hand."""
        self.position = 0
        self.lists = self.array.children[0] if self.in_struct else &self.array
        self.tokens = self.lists.children[0]
        self.is_plain_text = self.kind_tokens in b"uUv" or self.kind_text
        if self.tokens.null_count != 0 and self.tokens.buffers[0] is not NULL:
            self.is_plain_text = False
        if self.kind_text and self.tokens.dictionary.null_count != 0:
            self.is_plain_text = False
        return 0

    cdef ArrowText text(self, int64_t token) noexcept:
        """Find a token of plain text."""
        cdef int64_t i
        if self.kind_text == 0:
            return text_at(self.kind_tokens, self.tokens, token)
        i = integer_at(self.kind_tokens, self.tokens.buffers[1], token + self.tokens.offset)
        return text_at(self.kind_text, self.tokens.dictionary, i)

    cdef object token(self, int64_t i):
        """Return a token as str, int or None."""
        cdef ArrowText text
        if is_missing(self.tokens, i):
            return None
        if self.kind_tokens in b"uUv" or self.kind_text:
            if self.kind_text and is_missing(
                self.tokens.dictionary,
                integer_at(self.kind_tokens, self.tokens.buffers[1], i + self.tokens.offset),
            ):
                return None
            text = self.text(i)
            return PyUnicode_DecodeUTF8(<const char *> text.bytes, text.nbytes, NULL)
        i += self.tokens.offset
        if self.kind_tokens == c"L":
            return (<const uint64_t *> self.tokens.buffers[1])[i]
        return integer_at(self.kind_tokens, self.tokens.buffers[1], i)

    cdef list sentence(self):
        """Return the sentence at hand as a list of str, int or None."""
        cdef int64_t i
        return [self.token(i) for i in range(self.begin, self.end)]

    def __iter__(self):
        return self

    def __next__(self):
        if not self.forward():
            raise StopIteration
        return self.sentence()
