# Floor: boundary. Opcodes of pickles, as _checks.pyx and _keys.pyx look at them.
from libc.stdint cimport int64_t, uint8_t, uint32_t


cdef inline int64_t behind_frame(const uint8_t *data, int64_t at) noexcept nogil:
    """Return where what follows begins, if a frame of a pickle begins here: it says nothing."""
    return at + 9 if data[at] == 0x95 else at


cdef inline uint32_t number_at(const uint8_t *at, int n_bytes) noexcept nogil:
    cdef uint32_t number = 0
    cdef int i
    for i in range(n_bytes):
        number |= <uint32_t> at[i] << 8 * i
    return number


cdef inline int len_put(const uint8_t *at, uint32_t number) noexcept nogil:
    """Return how long the opcode is that gives a value this number, the next; 0 if it is none."""
    if at[0] == 0x94:
        return 1
    if at[0] == c"q" and at[1] == number:
        return 2
    return 5 if at[0] == c"r" and number_at(at + 1, 4) == number else 0


cdef inline int len_get(const uint8_t *at) noexcept nogil:
    """Return how long the number is of an opcode that takes a numbered value; 0 if it is none."""
    return 1 if at[0] == c"h" else 4 if at[0] == c"j" else 0
