# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: vectors of words from those of their character n-grams, as fastText makes them."""
from libc.stdint cimport int8_t, int64_t, uint32_t

cdef enum:
    FNV_OFFSET = 2166136261u
    FNV_PRIME = 16777619


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
