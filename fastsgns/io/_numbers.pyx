# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: words and numbers, as lines of decimals and as records of bytes, read and written."""
from cpython.ref cimport PyObject, Py_XDECREF
from cpython.unicode cimport PyUnicode_Decode, PyUnicode_DecodeUTF8
from libc.math cimport isfinite
from libc.stdint cimport int64_t
from libc.string cimport memchr, memcpy

cdef extern from "Python.h":
    PyObject *PyBytes_FromStringAndSize(const char *data, Py_ssize_t n_bytes) except NULL
    int _PyBytes_Resize(PyObject **data, Py_ssize_t n_bytes) except -1
    char *PyBytes_AS_STRING(PyObject *data)
    bint PyUnicode_IS_ASCII(object text)
    void *PyUnicode_DATA(object text)


cdef extern from "_kernels/numbers/read.h" nogil:
    enum:
        NUMBERS_READ
        NUMBERS_ODD

    ctypedef struct NumbersLines:
        const char *text
        int64_t begin
        int64_t end
        int64_t n_values
        int64_t most_lines
        int64_t n_lines
        int64_t *words

    int numbers_read_float32(NumbersLines *lines, float *values)
    int numbers_read_float64(NumbersLines *lines, double *values)
    int64_t numbers_count_lines(const char *text, int64_t begin, int64_t end)


cdef extern from "_kernels/numbers/write.h" nogil:
    enum:
        NUMBERS_MOST_NBYTES
    int64_t numbers_write(const float *values, int64_t n, char **text)
    bint numbers_are_finite(const float *values, int64_t n)
    bint numbers_copy(char *to, const float *values, int64_t n)


ctypedef fused real:
    float
    double


def read_lines(
    const unsigned char[::1] text not None,
    int64_t begin,
    int64_t end,
    real[:, ::1] values not None,
    int64_t[:, ::1] words not None,
    /,
):
    """Read lines "word value ... value\\n" of text[begin:end] into rows of `values`.

    Parameters
    ----------
    text : bytes; text[end - 1] is a newline, unless there is nothing to read. Valid UTF-8 is not
        asked for.
    values : float32 or float64 (n, d), overwritten: as many lines are read at most.
    words : int64 (n, 2), overwritten: where the words begin and end.

    Returns
    -------
    n_lines : int
        Lines that were read.
    begin : int
        Where the next line begins.
    is_odd : bool
        That line is out of the ordinary and left to the caller: another number of fields, or
        numbers that are not plain decimals.

    Raises ValueError when begin and end do not fit, or the last line has no end. The GIL is
    released. Values are what float() makes of them, where the locale's point is ".".
    """
    cdef NumbersLines lines
    cdef int status = NUMBERS_READ
    if not 0 <= begin <= end <= text.shape[0] or words.shape[1] != 2:
        raise ValueError(f"text[{begin}:{end}] is not in a text of {text.shape[0]} bytes")
    if words.shape[0] < values.shape[0]:
        raise ValueError(f"room for {values.shape[0]} words is needed, got {words.shape[0]}")
    if begin == end or values.shape[0] == 0:
        return 0, begin, False
    if text[end - 1] != 10:
        raise ValueError(f"text[{begin}:{end}] does not end with a newline")
    lines.text, lines.begin, lines.end = <const char *> &text[0], begin, end
    lines.n_values, lines.most_lines = values.shape[1], values.shape[0]
    lines.n_lines, lines.words = 0, &words[0, 0]
    with nogil:
        if real is float:
            status = numbers_read_float32(&lines, &values[0, 0] if values.shape[1] else NULL)
        else:
            status = numbers_read_float64(&lines, &values[0, 0] if values.shape[1] else NULL)
    return lines.n_lines, lines.begin, status == NUMBERS_ODD


def count_lines(const unsigned char[::1] text not None, int64_t begin, int64_t end, /):
    """Count the newlines in text[begin:end], with the GIL released."""
    cdef int64_t n = 0
    if not 0 <= begin <= end <= text.shape[0]:
        raise ValueError(f"text[{begin}:{end}] is not in a text of {text.shape[0]} bytes")
    if begin < end:
        with nogil:
            n = numbers_count_lines(<const char *> &text[0], begin, end)
    return n


def decode_words(
    const unsigned char[::1] text not None,
    const int64_t[:, ::1] words not None,
    str encoding not None,
    str errors not None,
    list decoded not None,
    /,
):
    """Decode text[words[i, 0]:words[i, 1]] for each i, and append it to `decoded`.

    What could be decoded before an error (UnicodeDecodeError) stays appended.
    """
    cdef bytes encoding_text = encoding.encode(), errors_text = errors.encode()
    cdef const char *encoding_name = encoding_text
    cdef const char *errors_name = errors_text
    cdef const char *start = ""
    cdef bint is_utf8 = encoding.lower() in ("utf8", "utf-8")
    cdef char *word
    cdef int64_t i, n_bytes
    if text.shape[0]:
        start = <const char *> &text[0]
    for i in range(words.shape[0]):
        if not 0 <= words[i, 0] <= words[i, 1] <= text.shape[0]:
            raise ValueError(f"word {i} is outside the text")
        word, n_bytes = <char *> (start + words[i, 0]), words[i, 1] - words[i, 0]
        if is_utf8:  # without looking the codec up for each word
            decoded.append(PyUnicode_DecodeUTF8(word, n_bytes, <char *> errors_name))
        else:
            decoded.append(
                PyUnicode_Decode(word, n_bytes, <char *> encoding_name, <char *> errors_name)
            )


def utf8_of(list words not None, int64_t[:, ::1] places not None, /):
    """Return the UTF-8 of words, one behind the other.

    Parameters
    ----------
    words : list of str
    places : int64 (len(words), 2), overwritten: where the words begin and end.

    Raises UnicodeEncodeError for half a surrogate pair.
    """
    cdef int64_t i, end = 0
    cdef Py_UCS4 char
    cdef str word
    cdef bytes encoded
    cdef PyObject *made
    check_words(len(words), places)
    for i in range(len(words)):
        word = words[i]
        places[i, 0] = end
        if PyUnicode_IS_ASCII(word):
            end += len(word)
        else:
            for char in word:
                end += 1 + (char > 0x7F) + (char > 0x7FF) + (char > 0xFFFF)
        places[i, 1] = end
    made = PyBytes_FromStringAndSize(NULL, end)
    text = <object> made
    Py_XDECREF(made)
    for i in range(len(words)):
        word = words[i]
        if PyUnicode_IS_ASCII(word):
            memcpy(PyBytes_AS_STRING(made) + places[i, 0], PyUnicode_DATA(word), len(word))
        else:
            encoded = word.encode()
            memcpy(PyBytes_AS_STRING(made) + places[i, 0], <const char *> encoded, len(encoded))
    return text


cdef int64_t nbytes_of(const unsigned char[::1] text, const int64_t[:, ::1] words) except -1:
    """Return how many bytes the words at some places of a text have."""
    cdef int64_t i, n_bytes = 0
    for i in range(words.shape[0]):
        if not 0 <= words[i, 0] <= words[i, 1] <= text.shape[0]:
            raise ValueError(f"word {i} is outside the text")
        n_bytes += words[i, 1] - words[i, 0]
    return n_bytes


cdef int check_words(int64_t n, const int64_t[:, ::1] words) except -1:
    """Raise ValueError unless there are places of so many words."""
    if words.shape[0] != n or words.shape[1] != 2:
        raise ValueError(f"{n} rows need as many words, got {words.shape[0]}")
    return 0


cdef inline char *put_word(
    char *at, const unsigned char[::1] text, int64_t begin, int64_t end
) noexcept nogil:
    """Write a word and a space; return what is behind them."""
    if begin < end:
        memcpy(at, &text[begin], end - begin)
    at += end - begin
    at[0] = 32
    return at + 1


def write_lines(
    const unsigned char[::1] text not None,
    const int64_t[:, ::1] words not None,
    const float[:, ::1] values not None,
    rows,
    /,
):
    """Return lines "word value ... value\\n", each value as ``str(numpy.float32)`` writes it.

    Beside them, whether no value is inf or nan.

    Parameters
    ----------
    text : bytes
    words : int64 (n, 2): where the words begin and end in the text.
    values : float32 (n, d)
    rows : sequence of n rows of numpy.float32, the same values: asked for those that are out of the
        ordinary (inf, nan, and numbers far from 1).

    Uses 24 bytes a value and the words' for a moment: give it a block at a time.
    """
    cdef int64_t i = 0, j = 0, n = values.shape[0], d = values.shape[1], n_bytes
    cdef PyObject *lines
    cdef bytes spelled
    cdef bint are_finite = True
    cdef char *at
    check_words(n, words)
    n_bytes = nbytes_of(text, words) + n * (d * NUMBERS_MOST_NBYTES + 2)
    lines = PyBytes_FromStringAndSize(NULL, n_bytes)
    try:
        at = PyBytes_AS_STRING(lines)
        while i < n:
            with nogil:
                while i < n:
                    if j == 0:
                        at = put_word(at, text, words[i, 0], words[i, 1])
                        at -= d > 0  # numbers bring their spaces with them
                    if j < d:
                        j += numbers_write(&values[i, j], d - j, &at)
                        if j < d:
                            break
                    at[0] = 10
                    at += 1
                    i, j = i + 1, 0
            if i < n:  # a number that is out of the ordinary
                are_finite = are_finite and isfinite(values[i, j])
                spelled = f" {rows[i][j]!s}".encode()
                memcpy(at, <const char *> spelled, len(spelled))
                at += len(spelled)
                j += 1
        _PyBytes_Resize(&lines, at - PyBytes_AS_STRING(lines))  # what is left over is given back
        return <object> lines, are_finite
    finally:
        Py_XDECREF(lines)


def are_finite(const float[:, ::1] values not None, /):
    """Say whether no number is inf or nan, with the GIL released."""
    cdef bint found = True
    if values.shape[0] and values.shape[1]:
        with nogil:
            found = numbers_are_finite(&values[0, 0], values.shape[0] * values.shape[1])
    return found


def write_records(
    const unsigned char[::1] text not None,
    const int64_t[:, ::1] words not None,
    const float[:, ::1] values not None,
    /,
):
    """Return records: a word, from its place in the text, a space and its values, little-endian.

    Beside them, whether no value is inf or nan.
    """
    cdef int64_t i, n = values.shape[0], d = values.shape[1]
    cdef bint are_finite = True
    cdef PyObject *records
    cdef char *at
    check_words(n, words)
    records = PyBytes_FromStringAndSize(NULL, nbytes_of(text, words) + n * (4 * d + 1))
    at = PyBytes_AS_STRING(records)
    with nogil:
        for i in range(n):
            at = put_word(at, text, words[i, 0], words[i, 1])
            if d:
                are_finite &= numbers_copy(at, &values[i, 0], d)
            at += 4 * d
    made = <object> records
    Py_XDECREF(records)
    return made, are_finite


def read_records(
    const unsigned char[::1] text not None,
    int64_t most_nbytes_word,
    unsigned char[:, ::1] rows not None,
    int64_t[:, ::1] words not None,
    /,
):
    """Read records "word row" from the begin of a text, as many as there are whole.

    Before a word there may be newlines, as word2vec.c ends vectors.

    Parameters
    ----------
    text : bytes
    most_nbytes_word : int
        The space behind a word is looked for within so many bytes.
    rows : uint8 (n, bytes of a row), overwritten: as many records are read at most.
    words : int64 (n, 2), overwritten: where the words begin, behind newlines, and end.

    Returns
    -------
    n_records : int
    begin : int
        Where the next record begins.

    Raises ValueError when there is less room for words than for rows. The GIL is released.
    """
    cdef int64_t n = 0, begin = 0, end = text.shape[0], d = rows.shape[1], most
    cdef const char *start = ""
    cdef const char *space
    if words.shape[0] < rows.shape[0] or words.shape[1] != 2:
        raise ValueError(f"room for {rows.shape[0]} words is needed, got {words.shape[0]}")
    if end:
        start = <const char *> &text[0]
    with nogil:
        while n < rows.shape[0] and begin < end:
            most = min(most_nbytes_word, end - begin)
            space = <const char *> memchr(start + begin, 32, most)
            if space == NULL or end - (space + 1 - start) < d:
                break
            while start[begin] == 10:  # a vector before may end so
                begin += 1
            words[n, 0], words[n, 1] = begin, space - start
            if d:
                memcpy(&rows[n, 0], space + 1, d)
            begin = space + 1 - start + d
            n += 1
    return n, begin
