# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: lists of texts as JSON and back, and the table by which one of them is found there.

All of them work on JSON as json_values.py writes it: no blanks, UTF-8, ``["a","b"]``. What is
anything else is left to the caller: the answer says so. `texts_in_list` does the same for pickles.
"""
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_Resize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsEncodedString, PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from fastsgns.io._opcodes cimport behind_frame, len_put, number_at

import json
from json.encoder import encode_basestring

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    object PyUnicode_New(Py_ssize_t n, Py_UCS4 most)
    void *PyUnicode_DATA(object text)

# Keys of one checksum that are looked at: of a billion keys, ten have one by chance.
cdef enum:
    MOST_OF_ONE_SUM = 64

# Which bytes cannot be in a text of JSON as they are: those that control, the quote, the backslash.
cdef uint8_t is_special[256]
cdef uint32_t crc_of_byte[256]

cdef void fill_tables() noexcept:
    cdef uint32_t crc
    cdef int byte
    for byte in range(256):
        is_special[byte] = byte < 0x20 or byte == c'"' or byte == c'\\'
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
        crc_of_byte[byte] = crc

fill_tables()


cdef Py_ssize_t end_of_text(const uint8_t *data, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    """Return where the quote is that ends a text of JSON; -1 where none does, or it is damaged."""
    while at < n:
        if is_special[data[at]]:
            if data[at] == c'"':
                return at
            if data[at] != c'\\':
                return -1
            at += 1
        at += 1
    return -1


cdef object text_of(const uint8_t *text, Py_ssize_t size, uint8_t bits):
    """Return the text that UTF-8 is, surrogates too; `bits` are those of all its bytes, or more."""
    if bits >= 0x80 or size < 2:  # of those that are shorter Python has one each
        return PyUnicode_DecodeUTF8(<const char *> text, size, "surrogatepass")
    made = PyUnicode_New(size, 127)
    memcpy(PyUnicode_DATA(made), text, size)
    return made


cdef uint32_t checksum(const uint8_t *data, Py_ssize_t n) noexcept nogil:
    cdef uint32_t crc = 0xFFFFFFFF
    cdef Py_ssize_t i
    for i in range(n):
        crc = crc_of_byte[(crc ^ data[i]) & 0xFF] ^ crc >> 8
    return ~crc


def parsed(const uint8_t[::1] data not None, /):
    """Return the list of texts that JSON is.

    Returns
    -------
    list of str, or None
        None if it is not just that, or not as it is written; nothing is said of why.
    """
    cdef Py_ssize_t n = data.shape[0], at = 1, end
    cdef uint8_t bits
    cdef list keys = []
    cdef object key
    if n < 2 or data[0] != c"[" or data[n - 1] != c"]":
        return None
    if n == 2:
        return keys
    while True:
        if at >= n or data[at] != c'"':
            return None
        at += 1
        end, bits = at, 0
        while end < n and not is_special[data[end]]:
            bits |= data[end]
            end += 1
        try:
            if end < n and data[end] == c'"':
                key = text_of(&data[at], end - at, bits)
            else:
                end = end_of_text(&data[0], end, n)
                if end < 0:
                    return None
                key = json.loads(f'"{text_of(&data[at], end - at, 0xFF)}"')
        except ValueError:
            return None
        keys.append(key)
        if end + 1 >= n:
            return None
        at = end + 2
        if data[end + 1] == c"]":
            return keys if at == n else None
        if data[end + 1] != c",":
            return None


def written(list keys not None, /):
    """Return a list of texts as JSON.

    Returns
    -------
    bytearray, or None
        None if there is anything but str among them, or nothing at all.
    """
    cdef bytearray made = bytearray(64)
    cdef Py_ssize_t at = 1, n, room = 64, i
    cdef const uint8_t *text
    cdef object key, encoded
    cdef bint is_plain
    for key in keys:
        if type(key) is not str:
            return None
        encoded = None
        if PyUnicode_IS_ASCII(key):
            text, n = <const uint8_t *> PyUnicode_DATA(key), PyUnicode_GET_LENGTH(key)
        else:
            encoded = PyUnicode_AsEncodedString(key, "utf-8", "surrogatepass")
            text, n = <const uint8_t *> PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded)
        is_plain = True
        for i in range(n):
            if is_special[text[i]]:
                is_plain = False
                break
        if not is_plain:
            encoded = encode_basestring(key).encode("utf-8", "surrogatepass")  # with its quotes
            text = <const uint8_t *> PyBytes_AS_STRING(encoded) + 1
            n = PyBytes_GET_SIZE(encoded) - 2
        if at + n + 4 > room:
            room = 2 * (at + n + 4)
            PyByteArray_Resize(made, room)
        PyByteArray_AS_STRING(made)[at] = c'"'
        memcpy(PyByteArray_AS_STRING(made) + at + 1, text, n)
        PyByteArray_AS_STRING(made)[at + 1 + n] = c'"'
        PyByteArray_AS_STRING(made)[at + 2 + n] = c","
        at += n + 3
    if at == 1:
        return None
    PyByteArray_AS_STRING(made)[0] = c"["
    PyByteArray_AS_STRING(made)[at - 1] = c"]"
    PyByteArray_Resize(made, at)
    return made


def fill(
    const uint8_t[::1] data not None,
    uint64_t[::1] sums not None,
    uint32_t[::1] begins not None,
    /,
):
    """Note where each text of JSON is, and its checksum.

    Parameters
    ----------
    data : uint8 (n_bytes,), fewer than 4 GiB
    sums : uint64 (n_texts,), OUT
        The CRC-32 of what is between the quotes of each, times 2**32, and its number.
    begins : uint32 (n_texts + 1,), OUT
        Where the quote is that begins each; the length of the data.

    Returns
    -------
    bool
        Whether it is a list of just so many texts. If not, the arrays hold anything.
    """
    cdef Py_ssize_t n_texts = sums.shape[0], n = data.shape[0], at = 0, end, row
    if begins.shape[0] != n_texts + 1 or n > <Py_ssize_t> 0xFFFFFFFF:
        raise ValueError(f"{n_texts} sums, {begins.shape[0]} places of {n} bytes")
    if n_texts == 0 or n < 2 or data[0] != c"[" or data[n - 1] != c"]":
        return False
    with nogil:
        for row in range(n_texts):  # data[at] is the bracket, or a comma
            if data[at] != (c"," if row else c"[") or at + 1 >= n or data[at + 1] != c'"':
                break
            end = end_of_text(&data[0], at + 2, n)
            if end < 0 or end + 1 >= n:
                break
            sums[row] = <uint64_t> checksum(&data[at + 2], end - at - 2) << 32 | <uint64_t> row
            begins[row] = <uint32_t> (at + 1)
            at = end + 1
        else:
            row = n_texts
    begins[n_texts] = <uint32_t> n
    return row == n_texts and at == n - 1


def find(
    const uint8_t[::1] text not None,
    const uint64_t[::1] sums not None,
    const uint32_t[::1] begins not None,
    const uint8_t[::1] data not None,
    /,
):
    """Return the number of a text in JSON, by a table that `fill` made and that was sorted.

    Parameters
    ----------
    text : uint8 (n,)
        What is between its quotes there.
    sums : uint64 (n_texts,), ascending
    begins : uint32 (n_texts + 1,)
    data : uint8 (n_bytes,)

    Returns
    -------
    int
        -1 if it is not there; -2 if so many have its checksum that it was not looked for.

    Raises
    ------
    ValueError
        What the table names is not in the data. None of it is believed: the file may be forged.
    """
    cdef Py_ssize_t n = sums.shape[0], low = 0, high = n, middle, n_text = text.shape[0]
    cdef uint64_t crc = <uint64_t> checksum(&text[0] if n_text else NULL, n_text)
    cdef uint64_t row, begin, end
    if begins.shape[0] != n + 1:
        raise ValueError(f"{begins.shape[0]} places of {n} keys")
    while low < high:
        middle = low + (high - low) // 2
        if sums[middle] < crc << 32:
            low = middle + 1
        else:
            high = middle
    for middle in range(low, min(n, low + MOST_OF_ONE_SUM)):
        if sums[middle] >> 32 != crc:
            return -1
        row = sums[middle] & 0xFFFFFFFF
        if row >= <uint64_t> n:
            raise ValueError(f"row {row} of {n} keys")
        begin, end = begins[row], begins[row + 1]
        if end > <uint64_t> data.shape[0] or end < begin + 3:
            raise ValueError(f"row {row}: bytes {begin} to {end} of {data.shape[0]}")
        if end - begin == <uint64_t> n_text + 3 and (
            n_text == 0 or memcmp(&data[begin + 1], &text[0], n_text) == 0
        ):
            return row
    return -2 if n - low >= MOST_OF_ONE_SUM else -1


def texts_in_list(
    bytes data not None, uint32_t first, list texts not None, bytearray filler not None, /
):
    """Walk over the texts of a list in a pickle, numbered one by one, as far as they are there.

    Parameters
    ----------
    data : bytes
        From behind the mark of the list, or from where a call before has stopped.
    first : int
        The number of the first text of the list.
    texts : list of str
        Those before; more are appended.
    filler : bytearray
        What gives other values their numbers is appended: the opcodes that do. A text of which
        Python has one only, wherever it comes from, is there itself, and taken off the stack.

    Returns
    -------
    at : int
        Where it stopped.
    is_end : bool
        Whether that is behind the list.
    """
    cdef int64_t n = len(data), at = 0, start, begin, end, behind = 0, n_filled = len(filler)
    cdef const uint8_t *here = <const uint8_t *> PyBytes_AS_STRING(data)
    cdef int64_t size, i
    cdef uint8_t bits
    cdef int width
    cdef bint is_end = False
    cdef char *fill
    PyByteArray_Resize(filler, n_filled + 2 * n)
    fill = PyByteArray_AS_STRING(filler)
    while at + 32 <= n:
        start, at = at, behind_frame(here, at)
        if here[at] == c"e":  # after a mark there are more; one may be alone
            behind = at + 1
            at = behind_frame(here, behind)
            if here[at] == c"(":
                at += 1
                continue
            is_end = True
        width, size = 0, 0
        if here[at] == 0x8C:
            begin, size = at + 2, here[at + 1]
        elif here[at] == c"X":
            begin, size = at + 5, number_at(&here[at + 1], 4)
        else:
            begin = at
        end = begin + size
        if end + 32 > n:
            at, is_end = start, False
            break
        if end > at:
            width = len_put(&here[end], first + <uint32_t> len(texts))
        if is_end and here[behind_frame(here, end + width)] != c"a" or not width:
            at = behind if is_end else start
            break
        bits = 0
        for i in range(size):
            bits |= here[begin + i]
        texts.append(text_of(&here[begin], size, bits))
        if size <= 2:
            memcpy(fill + n_filled, &here[at], end - at)
            n_filled += end - at
        memcpy(fill + n_filled, &here[end], width)
        n_filled += width
        if size <= 2:
            fill[n_filled] = c"0"
            n_filled += 1
        at = end + width
        if is_end:
            at = behind_frame(here, at) + 1
            break
    PyByteArray_Resize(filler, n_filled)
    return at, is_end
