# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Boundary: the characters of words: which are spelled nearly alike, and what n-grams they have.

The distance of spellings counts characters that are inserted, left out, replaced or swapped with
their neighbour; case does not count. It is computed by bit vectors, a few instructions a character:
Myers 1999, "A fast bit-vector algorithm for approximate string matching based on dynamic
programming", doi:10.1145/316542.316550, with the swaps of Hyyrö 2003, "A bit-vector algorithm for
computing Levenshtein and Damerau edit distances".

The vectors of words from those of their n-grams are made as fastText makes them.
"""

from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.object cimport PyObject
from libc.stdint cimport int8_t, int64_t, uint32_t, uint64_t
from libc.string cimport memset

from fastsgns.corpus._text cimport TEXT_PREFETCH

cdef extern from "Python.h":
    bint PyUnicode_Check(PyObject *item)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject *item)
    int PyUnicode_KIND(PyObject *item)
    void *PyUnicode_DATA(PyObject *item)
    uint32_t PyUnicode_READ(int kind, void *data, Py_ssize_t i) nogil

cdef enum:
    # Bits of a vector: a word that is longer has no near spellings here.
    MAX_LENGTH = 64
    # Twice as many as characters that a word of 64 can have, in both cases.
    N_SLOTS = 256
    MAX_FOUND = 16
    # Words that are asked for ahead of time: they lie anywhere in memory.
    N_AHEAD = 16

cdef enum:
    FNV_OFFSET = 2166136261u
    FNV_PRIME = 16777619

cdef struct Pattern:
    Py_ssize_t length
    uint32_t characters[N_SLOTS]  # 0: the slot is free
    uint64_t places[N_SLOTS]      # bit i: the character is at place i of the word
    uint32_t letters              # bit c % 32 for each character c, in which both cases often meet


# Spelled nearly alike -----------------------------------------------------------------------------


cdef inline int slot_of(const Pattern *pattern, uint32_t character) noexcept nogil:
    """Return the slot of a character, or the free one where it belongs."""
    cdef int slot = character % N_SLOTS
    while pattern.characters[slot] and pattern.characters[slot] != character:
        slot = (slot + 1) % N_SLOTS
    return slot


cdef int n_strange(const Pattern *pattern, int kind, void *data, Py_ssize_t n) noexcept nogil:
    """Return how many characters of a text, at least, the word does not have."""
    cdef uint32_t letters = 0
    cdef Py_ssize_t i
    cdef int count = 0
    for i in range(n):
        letters |= <uint32_t> 1 << (PyUnicode_READ(kind, data, i) % 32)
    letters &= ~pattern.letters
    while letters:
        letters &= letters - 1
        count += 1
    return count


cdef int distance(
    const Pattern *pattern,  # IN
    int kind,
    void *data,              # IN, the text, of `kind` bytes a character
    Py_ssize_t n,            # its length
) noexcept nogil:
    """Return the number of edits between the word of the pattern and a text."""
    cdef uint64_t last = <uint64_t> 1 << (pattern.length - 1)
    cdef uint64_t positive = ~<uint64_t> 0, negative = 0  # where the distance rises and falls
    cdef uint64_t diagonal = 0, before = 0, here, swapped, rises, falls
    cdef int edits = <int> pattern.length
    cdef Py_ssize_t i
    for i in range(n):
        here = pattern.places[slot_of(pattern, PyUnicode_READ(kind, data, i))]
        swapped = ((~diagonal & here) << 1) & before
        diagonal = (((here & positive) + positive) ^ positive) | here | negative | swapped
        rises = negative | ~(diagonal | positive)
        falls = diagonal & positive
        edits += (rises & last) != 0
        edits -= (falls & last) != 0
        rises = (rises << 1) | 1
        positive = (falls << 1) | ~(diagonal | rises)
        negative = rises & diagonal
        before = here
    return edits


def near_spellings(word not None, list words, int most, int n):
    """Find the words that are spelled most like a word, best first.

    Parameters
    ----------
    word : str
        Of 1 to 64 characters; else nothing is near. Subclasses, as NumPy's, are welcome.
    words : list
        What is no str in it is passed over.
    most : int
        Edits, at most.
    n : int
        Words to return, at most 16.

    Returns
    -------
    list of (int, int)
        Edits, and the index of the word; of equal ones, the first. 0 edits: only case differs.
    """
    cdef Pattern pattern
    cdef int edits[MAX_FOUND]
    cdef Py_ssize_t rows[MAX_FOUND]
    cdef Py_ssize_t i, at, length
    cdef int found = 0, kind, d
    cdef PyObject *item
    if not 1 <= len(word) <= MAX_LENGTH:
        return []
    n = min(n, <int> MAX_FOUND)
    memset(&pattern, 0, sizeof(Pattern))
    pattern.length = len(word)
    for i, letter in enumerate(word):
        for case in {letter, letter.lower(), letter.upper()}:
            if len(case) == 1 and case != "\0":
                at = slot_of(&pattern, ord(case))
                pattern.characters[at] = ord(case)
                pattern.places[at] |= <uint64_t> 1 << i
                pattern.letters |= <uint32_t> 1 << (ord(case) % 32)

    for i in range(PyList_GET_SIZE(words)):
        if i + N_AHEAD < PyList_GET_SIZE(words):
            TEXT_PREFETCH(PyList_GET_ITEM(words, i + N_AHEAD))
        item = <PyObject *> PyList_GET_ITEM(words, i)
        if not PyUnicode_Check(item):
            continue
        length = PyUnicode_GET_LENGTH(item)
        if length > pattern.length + most or length < pattern.length - most:
            continue
        kind = PyUnicode_KIND(item)
        # A quarter of the time of the distance, and nearly all words have others.
        if n_strange(&pattern, kind, PyUnicode_DATA(item), length) > most:
            continue
        d = distance(&pattern, kind, PyUnicode_DATA(item), length)
        if d > most:
            continue
        at = found if found < n else n - 1
        while at > 0 and edits[at - 1] > d:
            edits[at] = edits[at - 1]
            rows[at] = rows[at - 1]
            at -= 1
        edits[at] = d
        rows[at] = i
        found = min(found + 1, n)
        if found == n:  # from now on only what is better
            most = edits[n - 1] - 1
    return [(edits[i], rows[i]) for i in range(found)]


# N-grams ------------------------------------------------------------------------------------------


cdef inline bint continues(unsigned char byte) noexcept nogil:
    """Say whether a byte goes on with a character of UTF-8."""
    return byte & 0xC0 == 0x80


cdef int64_t add_ngrams_of(
    const unsigned char *word, int64_t n_bytes, int min_n, int max_n,
    const float[:, ::1] buckets, float *total
) noexcept nogil:
    """Add the vectors of the n-grams of a word to `total`, and return how many they are.

    An n-gram has min_n to max_n characters, less the first and the last one alone; its bucket is
    its 32-bit FNV-1a hash, with bytes taken as signed, modulo the number of buckets.
    """
    cdef int64_t i, j, k, n, count = 0, d = buckets.shape[1]
    cdef uint32_t hashed
    cdef const float *row
    for i in range(n_bytes):
        if continues(word[i]):
            continue
        hashed = FNV_OFFSET
        j, n = i, 1
        while j < n_bytes and n <= max_n:
            hashed = (hashed ^ <uint32_t> <int8_t> word[j]) * FNV_PRIME
            j += 1
            while j < n_bytes and continues(word[j]):
                hashed = (hashed ^ <uint32_t> <int8_t> word[j]) * FNV_PRIME
                j += 1
            if n >= min_n and not (n == 1 and (i == 0 or j == n_bytes)):
                row = &buckets[<int64_t> (hashed % <uint32_t> buckets.shape[0]), 0]
                for k in range(d):
                    total[k] += row[k]
                count += 1
            n += 1
    return count


def mean_with_ngrams(
    list words not None,
    float[:, ::1] vectors not None,
    const float[:, ::1] buckets not None,
    int min_n,
    int max_n,
    bint counts_itself,
):
    """Make each of some rows the mean of itself and the vectors of its word's n-grams.

    Parameters
    ----------
    words : list of n bytes, UTF-8, each between "<" and ">"; b"" has no n-grams.
    vectors : float32 (n, d), overwritten.
    buckets : float32 (n_buckets, d).
    counts_itself : bool: whether the row is one of those that the mean is of.

    Returns
    -------
    n_summed : int
        How many vectors the last mean is of.

    Raises ValueError when shapes do not fit. The GIL is released, word by word.
    """
    cdef int64_t i, k, n_bytes, count = 0, d = vectors.shape[1]
    cdef bytes word
    cdef const unsigned char *text
    if len(words) != vectors.shape[0] or buckets.shape[1] != d:
        raise ValueError(
            f"{len(words)} words, rows ({vectors.shape[0]}, {d}), buckets of {buckets.shape[1]}"
        )
    for i in range(vectors.shape[0]):
        word = words[i]
        text, n_bytes = word, len(word)
        count = counts_itself
        if d == 0:
            continue
        with nogil:
            if buckets.shape[0]:
                count += add_ngrams_of(text, n_bytes, min_n, max_n, buckets, &vectors[i, 0])
            for k in range(d):
                vectors[i, k] /= <float> (count if count else 1)
    return count
