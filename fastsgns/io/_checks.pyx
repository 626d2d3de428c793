# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: checks of what files hold, which take longer than reading it in Python."""
from cpython.dict cimport PyDict_Next
from cpython.long cimport PyLong_AsSsize_t, PyLong_CheckExact
from cpython.object cimport PyObject_Hash
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

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


def crc32(const unsigned char[::1] data not None, uint32_t value=0):
    """Return what `zlib.crc32` does, with the GIL released."""
    cdef int64_t n = 0
    cdef uint32_t crc = value
    if data.shape[0]:
        with nogil:
            n = crc32_bring_in(way_here, &data[0], data.shape[0], &crc)
    return zlib.crc32(data[n:], crc) if n < data.shape[0] else crc


def _crc32_of_each_way(const unsigned char[::1] data not None):
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


def are_of(values not None, frozenset types not None):
    """Say whether the type of each of many values, a list or a view, is one of these."""
    cdef object last = None, value
    for value in values:
        if type(value) is not last:
            if type(value) not in types:
                return False
            last = type(value)
    return True


def are_in_order(dict rows not None, list keys not None):
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


def rows_of(list keys not None):
    """Return the place of each key, of equal ones the last: a dict, as {key: place} makes it."""
    cdef Py_ssize_t i, n = len(keys)
    cdef dict rows = __Pyx_PyDict_NewPresized(n)
    for i in range(n):
        if i + 2 * N_AHEAD < n:
            PREFETCH(PyList_GET_ITEM(keys, i + 2 * N_AHEAD))
            prefetch_place(rows, PyObject_Hash(keys[i + N_AHEAD]))
        rows[keys[i]] = i
    return rows
