# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: checks of what files hold, which take longer than reading it in Python."""
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_Resize
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.dict cimport PyDict_Next
from cpython.long cimport PyLong_AsSsize_t, PyLong_CheckExact
from cpython.object cimport PyObject_Hash
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from fastsgns.io._opcodes cimport behind_frame, len_get, len_put, number_at

import zlib

cdef extern from "_kernels/checks/crc32.h" nogil:
    ctypedef enum Crc32Way:
        CRC32_NOT, CRC32_16_BYTES, CRC32_64_BYTES
    Crc32Way crc32_way_here()
    int64_t crc32_bring_in(Crc32Way way, const uint8_t *data, int64_t n, uint32_t *crc)

cdef extern from *:
    """
    #if defined(__GNUC__)
    #define PREFETCH(address) __builtin_prefetch(address)
    #else
    #define PREFETCH(address) ((void)(address))
    #endif

    /* Asks for the place of a hash in a dict. Where that lies is Python's own affair, and the same
     * from 3.11 to 3.14: the sizes, as powers of two, of the table and of it in bytes, are 8 bytes
     * behind its begin, and the table 32. Nothing comes of it if that is wrong, but that it is not
     * fast: what is asked for need not be there. */
    static inline void prefetch_place(PyObject *dict, Py_hash_t hash)
    {
        const uint8_t *table = (const uint8_t *)((PyDictObject *)dict)->ma_keys;
        size_t place = (size_t)hash & (((size_t)1 << (table[8] & 31)) - 1);
        PREFETCH((const char *)table + 32 + (place << ((table[9] - table[8]) & 3)));
    }
    """
    # Cython's own name for what makes a dict that need not grow, where Python has that.
    dict __Pyx_PyDict_NewPresized(Py_ssize_t n)
    PyObject *PyList_GET_ITEM(list values, Py_ssize_t i)
    void PREFETCH(const void *address)
    void prefetch_place(dict values, Py_hash_t hash)

# Keys that are hashed before one is looked for, and as many whose texts are asked for before that.
# Of 73,000 that have left the cache, 8 save a third of the time, 4 and 32 less.
cdef enum:
    N_AHEAD = 8

cdef Crc32Way way_here = crc32_way_here()


def crc32(const unsigned char[::1] data not None, uint32_t value=0, /):
    """Return what `zlib.crc32` does, with the GIL released."""
    cdef int64_t n = 0
    cdef uint32_t crc = value
    if data.shape[0]:
        with nogil:
            n = crc32_bring_in(way_here, &data[0], data.shape[0], &crc)
    return zlib.crc32(data[n:], crc) if n < data.shape[0] else crc


def _crc32_of_each_way(const unsigned char[::1] data not None, /):
    """For tests: what each way that runs here makes of data, 16 bytes at a time, 256 or more."""
    cdef uint32_t crc
    cdef Crc32Way way
    made = []
    for way in (CRC32_16_BYTES, CRC32_64_BYTES):
        crc = 0
        if way <= way_here and crc32_bring_in(way, &data[0], data.shape[0], &crc) == data.shape[0]:
            made.append(crc)
    return made


def pass_ordinary(
    const unsigned char[::1] data not None,
    int64_t at,
    int64_t end,
    int64_t start,
    const uint8_t[:, ::1] table not None,
    int numbering,
    /,
):
    """Walk over opcodes from data[at], as long as they are ordinary.

    Parameters
    ----------
    data : bytes; at least 8 more than `end`, unless nothing comes behind them
    at, end : where the first opcode is, and from where on none is looked at
    start : where data[0] is in the file
    table : uint8 (256, 3): of each opcode its length with what follows, or else how many bytes say
        how many follow, 0 for both where it is not ordinary; and what it costs
    numbering : the opcode LONG_BINPUT, whose number must not be above its place

    Returns
    -------
    at : int
        Where the first opcode is that is not ordinary, or the first from `end` on, which may be
        behind the data.
    cost : int
        Of those that were passed.

    Raises ValueError when what is asked for is not in `data` or `table`. The GIL is released.
    """
    cdef int64_t cost = 0, n_bytes = data.shape[0]
    cdef uint64_t n
    cdef int length, size, i
    if not 0 <= at or end > n_bytes or table.shape[0] != 256 or table.shape[1] != 3:
        raise ValueError(f"opcodes {at} to {end} of {n_bytes} bytes, a table of {table.shape[0]}")
    with nogil:
        while at < end:
            length, size = table[data[at], 0], table[data[at], 1]
            if length:
                cost += table[data[at], 2]
                at += length
                continue
            if at + 9 > n_bytes:
                break
            if size:
                n = 0
                for i in range(size):
                    n |= <uint64_t> data[at + 1 + i] << 8 * i
                if n > <uint64_t> 1 << 62:
                    break
                cost += table[data[at], 2]
                at += 1 + size + <int64_t> n
            elif data[at] == numbering:
                n = 0
                for i in range(4):
                    n |= <uint64_t> data[at + 1 + i] << 8 * i
                if n > <uint64_t> (start + at):
                    break
                at += 5
            else:
                break
    return at, cost


def are_of(values not None, frozenset types not None, /):
    """Say whether the type of each of many values, a list or a view, is one of these."""
    cdef object last = None, value
    for value in values:
        if type(value) is not last:
            if type(value) not in types:
                return False
            last = type(value)
    return True


def are_in_order(dict rows not None, list keys not None, /):
    """Say whether `rows` has the keys, in their order, and their places: 0, 1, 2...

    Keys are compared by identity: False may be said of equal ones.
    """
    cdef Py_ssize_t at = 0, i = 0, n = len(keys)
    cdef PyObject *key
    cdef PyObject *value
    if len(rows) != n:
        return False
    while PyDict_Next(rows, &at, &key, &value):
        if key != <PyObject *> keys[i] or not PyLong_CheckExact(<object> value):
            return False
        try:
            if PyLong_AsSsize_t(<object> value) != i:
                return False
        except OverflowError:
            return False
        i += 1
    return i == n


def rows_of(list keys not None, /):
    """Return the place of each key, of equal ones the last: a dict, as {key: place} makes it."""
    cdef Py_ssize_t i, n = len(keys)
    cdef dict rows = __Pyx_PyDict_NewPresized(n)
    for i in range(n):
        if i + 2 * N_AHEAD < n:
            PREFETCH(PyList_GET_ITEM(keys, i + 2 * N_AHEAD))
            prefetch_place(rows, PyObject_Hash(keys[i + N_AHEAD]))
        rows[keys[i]] = i
    return rows


def pairs_in_order(bytes data not None, uint32_t first, uint32_t row, /):
    """Walk over the pairs of a dict in a pickle: values numbered one by one, and 0, 1, 2...

    Parameters
    ----------
    data : bytes
        From behind the mark of the dict, or from where a call before has stopped.
    first : int
        The number of the first.
    row : int
        How many there were before.

    Returns
    -------
    at : int
        Where it stopped.
    row : int
        How many there are.
    is_end : bool
        Whether that is behind the dict.
    """
    cdef int64_t n = len(data), at = 0, start, behind = 0
    cdef const uint8_t *here = <const uint8_t *> PyBytes_AS_STRING(data)
    cdef int size
    cdef bint is_end = False
    while at + 64 <= n:
        start, at = at, behind_frame(here, at)
        if here[at] == c"u":
            behind = at + 1
            at = behind_frame(here, behind)
            if here[at] == c"(":
                at += 1
                continue
            is_end = True
        size = len_get(&here[at])
        if size and number_at(&here[at + 1], size) == first + row:
            at = behind_frame(here, at + 1 + size)
            size = 1 if here[at] == c"K" else 2 if here[at] == c"M" else 0
            if here[at] == c"J":
                size = 4
            if size and number_at(&here[at + 1], size) == row:
                at += 1 + size
                if not is_end:
                    row += 1
                    continue
                at = behind_frame(here, at)
                if here[at] == c"s":
                    return at + 1, row + 1, True
        return (behind if is_end else start), row, is_end
    return at, row, False


def arrays_in_list(
    bytes data not None,
    bytes template not None,
    uint32_t n_numbers,
    uint32_t first,
    bytearray content not None,
    bytearray filler not None,
    list places not None,
    list sizes not None,
    /,
):
    """Walk over small arrays of a list in a pickle, all of one type, as far as they are there.

    Parameters
    ----------
    data : bytes
        From behind an array of that type, or from where a call before has stopped.
    template : bytes
        The opcodes of such an array: MEMOIZE for all that number, 0xFE and the bytes of a value in
        the place of the length, 0xFF in that of the content.
    n_numbers : int
        How many MEMOIZE it has: its other bytes may be the same.
    first : int
        The number of the first value of the first array.
    content : bytearray
        The content of the arrays is appended.
    filler : bytearray
        What gives other values the numbers of theirs is appended: the opcodes that do.
    places : list of int
        The number of each array of the list is appended, from 0 on. What is the array before them
        has -1, and one that is there twice has its number again.
    sizes : list of int
        How many values each array has is appended.

    Returns
    -------
    int
        Where it stopped.
    """
    cdef int64_t n = len(data), at = 0, n_content = len(content), n_filled = len(filler), known
    cdef const uint8_t *here = <const uint8_t *> PyBytes_AS_STRING(data)
    cdef int64_t i, start, p, begin = 0, n_template = len(template)
    cdef const uint8_t *ops = <const uint8_t *> PyBytes_AS_STRING(template)
    cdef uint32_t number
    cdef int size, width, n_values = 0
    PyByteArray_Resize(content, n_content + n)
    PyByteArray_Resize(filler, n_filled + n)
    while at + 2048 <= n:
        start, at = at, behind_frame(here, at)
        if here[at] == c"e":
            at = behind_frame(here, at + 1)
            if here[at] != c"(":
                at = start
                break
            at += 1
            continue
        size = len_get(&here[at])
        number = number_at(&here[at + 1], size)
        if size and number + n_numbers >= first:
            known = <int64_t> ((number + n_numbers - first) // n_numbers) - 1
            if (number + n_numbers - first) % n_numbers != 2 or known >= <int64_t> len(sizes):
                at = start
                break
            places.append(known)
            at += 1 + size
            continue
        number = first + n_numbers * <uint32_t> len(sizes)
        known = n_filled
        p, i = at, 0
        while i < n_template:
            p = behind_frame(here, p)
            width = 1
            if ops[i] == 0x94:
                width = len_put(&here[p], number)
                if not width:
                    break
                memcpy(PyByteArray_AS_STRING(filler) + known, &here[p], width)
                known += width
                number += 1
                i += 1
            elif ops[i] == 0xFE:
                if here[p] != c"K":
                    break
                n_values, size, width = here[p + 1], ops[i + 1], 2
                i += 2
            elif ops[i] == 0xFF:
                if here[p] != c"C" or here[p + 1] != n_values * size or here[p + 1] < 2:
                    break
                begin, size = p + 2, here[p + 1]
                width = 2 + size
                i += 1
            else:
                width = 2 if ops[i] == c"K" else 1 + len_get(&ops[i])
                if memcmp(&here[p], &ops[i], width) != 0:
                    break
                i += width
            p += width
        if i < n_template:
            at = start
            break
        memcpy(PyByteArray_AS_STRING(content) + n_content, &here[begin], size)
        n_content += size
        n_filled = known
        places.append(len(sizes))
        sizes.append(n_values)
        at = p
    PyByteArray_Resize(content, n_content)
    PyByteArray_Resize(filler, n_filled)
    return at
