# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: rows of a matrix, queries, and which rows are most like which queries.

Everything here works a piece at a time, with the GIL released: the caller cuts the rows, and looks
between two pieces whether anybody wants to stop.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc


cdef extern from "_kernels/search/search.h" nogil:
    enum:
        SEARCH_FLOAT32
        SEARCH_FLOAT64
        SEARCH_FLOAT16
        SEARCH_INT8
        SEARCH_ADD
        SEARCH_MUL

    ctypedef struct SearchRows:
        const void *data
        int64_t stride
        int64_t d
        int32_t type
        const int64_t *among
        const uint8_t *left_out

    ctypedef struct SearchQueries:
        const float *vectors
        const float *packed
        int64_t n
        const int64_t *out_offsets
        const int64_t *out_places
        int64_t k
        uint64_t *heaps
        int64_t *n_kept
        uint64_t *floors
        float *margins
        float *bounds

    ctypedef struct SearchQuestions:
        const int32_t *terms
        const int64_t *places
        int64_t n
        int64_t k
        float *scores
        int64_t *found

    ctypedef void (*SearchFind)(
        const SearchRows *rows, SearchQueries *queries, int64_t first, int64_t stop, float *scratch
    ) noexcept nogil
    ctypedef void (*SearchCompare)(
        const SearchRows *rows, const SearchQueries *queries, int64_t first, int64_t stop,
        float *out, int64_t ld, float *scratch,
    ) noexcept nogil

    ctypedef struct SearchKernel:
        const char *name
        int64_t n_group
        SearchFind find
        SearchFind find_directly
        SearchCompare compare
        SearchCompare compare_directly
        void (*answer)(
            const float *tile, int64_t ld, int64_t first, int64_t stop, int form,
            SearchQuestions *questions,
        ) noexcept nogil

    const SearchKernel *search_kernel(const char *name)
    int64_t search_n_scratch(int64_t d)
    int64_t search_n_packed(const SearchKernel *kernel, int64_t n, int64_t d)
    void search_pack(
        const SearchKernel *kernel, const float *vectors, int64_t n, int64_t d, float *packed
    )
    void search_begin(SearchQueries *queries, int64_t d, double least)
    void search_merge(SearchQueries *queries, const SearchQueries *others)
    int64_t search_take(SearchQueries *queries, int64_t q, int64_t *places, float *scores)


cdef dict TYPES = {
    "f": (SEARCH_FLOAT32, 4),
    "d": (SEARCH_FLOAT64, 8),
    "e": (SEARCH_FLOAT16, 2),
    "b": (SEARCH_INT8, 1),
}
cdef dict FORMS = {"add": SEARCH_ADD, "mul": SEARCH_MUL}

# With fewer queries a row is compared with each as it comes, without a transposed copy.
cdef int64_t FEWEST_FOR_PANELS = 4


# Asking the processor takes a virtual machine up to 0.1 ms.
cdef const SearchKernel *fastest = search_kernel("")


cdef const SearchKernel *find_kernel(str name) except NULL:
    if name is None:
        return fastest
    cdef bytes wanted = name.encode()
    cdef const SearchKernel *kernel = search_kernel(wanted)
    if kernel == NULL:
        raise ValueError(f"this machine has no search kernel {name!r}")
    return kernel


cdef bint has_kernel(str name):
    cdef bytes wanted = name.encode()
    return search_kernel(wanted) != NULL


cdef void *allocate(int64_t n, int64_t nbytes) except NULL:
    cdef void *memory = malloc(max(n * nbytes, 1))
    if memory == NULL:
        raise MemoryError(f"no memory for {n} numbers of {nbytes} bytes")
    return memory


cdef class Rows:
    """The rows that are searched; place i is row i, or row among[i].

    Parameters
    ----------
    data : uint8 (n_stored, d * itemsize): the bytes of the matrix, rows in one piece each.
    dtype : what NumPy calls the type in one character: "f", "d", "e" or "b". All arithmetic is on
        float32.
    among : int64 (n,), optional: rows, each in 0..n_stored - 1.
    left_out : uint8 (n,), optional: 1 where a place is no answer to any query.

    Raises ValueError when shapes or rows do not fit. The arrays stay the caller's; kept alive.
    """
    cdef SearchRows rows
    cdef const uint8_t[:, :] data
    cdef const int64_t[::1] among
    cdef const uint8_t[::1] left_out
    cdef readonly int64_t n

    def __init__(
        self,
        const uint8_t[:, :] data not None,
        str dtype not None,
        const int64_t[::1] among=None,
        const uint8_t[::1] left_out=None,
    ):
        cdef int64_t i, itemsize
        self.rows.type, itemsize = TYPES[dtype]
        if data.shape[1] > 1 and data.strides[1] != 1:
            raise ValueError("the bytes of a row must lie in one piece")
        if data.shape[1] % itemsize or data.strides[0] % itemsize:
            raise ValueError(f"rows of {data.shape[1]} bytes hold no numbers of type {dtype}")
        self.n = data.shape[0] if among is None else among.shape[0]
        # A place is 32 bits of a key, of which one value stands for none.
        if self.n >= (1LL << 32) - 1:
            raise ValueError(f"at most 2**32 - 2 rows can be searched, got {self.n}")
        if among is not None:
            for i in range(self.n):
                if not 0 <= among[i] < data.shape[0]:
                    raise ValueError(f"row {among[i]} is outside 0..{data.shape[0] - 1}")
        if left_out is not None and left_out.shape[0] != self.n:
            raise ValueError(f"left_out must have {self.n} places, got {left_out.shape[0]}")
        self.data, self.among, self.left_out = data, among, left_out
        self.rows.data = &data[0, 0] if data.shape[0] and data.shape[1] else NULL
        self.rows.stride = data.strides[0] // itemsize
        self.rows.d = data.shape[1] // itemsize
        self.rows.among = &among[0] if among is not None and self.n else NULL
        self.rows.left_out = &left_out[0] if left_out is not None and self.n else NULL

    @property
    def d(self):
        return self.rows.d

    cdef int check(self, int64_t first, int64_t stop, int64_t d) except -1:
        if not 0 <= first <= stop <= self.n:
            raise ValueError(f"places {first}..{stop} are outside 0..{self.n}")
        if d != self.rows.d:
            raise ValueError(f"queries have {d} dimensions, rows {self.rows.d}")
        return 0


cdef class Queries:
    """Queries, and the best of each so far: for one thread.

    Parameters
    ----------
    vectors : float32 (n, d). Scores are q . r / |r|: cosines when q has unit length.
    k : int, >= 1: how many are kept of each.
    out_offsets, out_places : int64 (n + 1,) and (m,): places
        out_places[out_offsets[q]:out_offsets[q + 1]] are no answer to query q.
    least : float: nothing with a lower score is kept. NaN: no limit, and NaN is kept, last.
    kernel : str, optional: an instruction set, for tests. None: the fastest.

    Uses n (8 k + 4 d) bytes and a few. Raises ValueError when shapes do not fit.
    """
    cdef SearchQueries queries
    cdef const SearchKernel *kernel
    cdef const float[:, ::1] vectors
    cdef const int64_t[::1] out_offsets, out_places
    cdef double least
    cdef float *scratch

    def __cinit__(self):
        self.scratch = NULL

    def __init__(
        self,
        const float[:, ::1] vectors not None,
        int64_t k,
        const int64_t[::1] out_offsets not None,
        const int64_t[::1] out_places not None,
        double least,
        str kernel=None,
    ):
        cdef int64_t i, n_packed
        cdef int64_t n = vectors.shape[0]
        cdef int64_t d = vectors.shape[1]
        if n < 1 or k < 1:
            raise ValueError(f"a query and a k >= 1 are needed, got {n} and k={k}")
        if (
            out_offsets.shape[0] != n + 1 or out_offsets[0] != 0
            or out_offsets[n] != out_places.shape[0]
        ):
            raise ValueError(f"{n + 1} offsets must run from 0 to {out_places.shape[0]}")
        for i in range(n):
            if out_offsets[i] > out_offsets[i + 1]:
                raise ValueError(f"the places left out of query {i} have a negative number")
        self.kernel = find_kernel(kernel)
        self.vectors, self.out_offsets, self.out_places = vectors, out_offsets, out_places
        self.least = least
        self.queries.vectors = &vectors[0, 0] if d else NULL
        self.queries.n, self.queries.k = n, k
        self.queries.out_offsets = &out_offsets[0]
        self.queries.out_places = &out_places[0] if out_places.shape[0] else NULL
        n_packed = search_n_packed(self.kernel, n, d)
        self.scratch = <float *> allocate(n_packed + search_n_scratch(d) + 2 * n, sizeof(float))
        self.queries.packed = self.scratch + search_n_scratch(d)
        self.queries.margins = <float *> self.queries.packed + n_packed
        self.queries.bounds = self.queries.margins + n
        self.queries.heaps = <uint64_t *> allocate(n * (k + 2), sizeof(uint64_t))
        self.queries.floors = self.queries.heaps + n * k
        self.queries.n_kept = <int64_t *> (self.queries.floors + n)
        with nogil:
            search_pack(self.kernel, self.queries.vectors, n, d, <float *> self.queries.packed)
            search_begin(&self.queries, d, least)

    def __dealloc__(self):
        free(self.scratch)
        free(self.queries.heaps)

    def find(self, Rows rows not None, int64_t first, int64_t stop):
        """Bring places first..stop-1 of `rows` in."""
        cdef SearchFind find = self.kernel.find
        rows.check(first, stop, self.vectors.shape[1])
        if self.queries.n < FEWEST_FOR_PANELS:
            find = self.kernel.find_directly
        with nogil:
            find(&rows.rows, &self.queries, first, stop, self.scratch)

    def merge(self, Queries others not None):
        """Bring in what another thread has found for the same queries."""
        if others.queries.n != self.queries.n or others.queries.k != self.queries.k:
            raise ValueError("only what was found for the same queries can be brought together")
        with nogil:
            search_merge(&self.queries, &others.queries)

    def take(self, int64_t[:, ::1] places not None, float[:, ::1] scores not None):
        """Write what was found, the best first, into (n, k) arrays, and forget it.

        Returns a list of how many there are of each query; what is beyond is left as it was.
        """
        cdef int64_t q
        cdef list counts = []
        if (
            places.shape[0] != self.queries.n or places.shape[1] != self.queries.k
            or scores.shape[0] != self.queries.n or scores.shape[1] != self.queries.k
        ):
            raise ValueError(f"arrays of ({self.queries.n}, {self.queries.k}) are needed")
        for q in range(self.queries.n):
            counts.append(search_take(&self.queries, q, &places[q, 0], &scores[q, 0]))
        with nogil:
            search_begin(&self.queries, self.vectors.shape[1], self.least)
        return counts

    def compare(
        self, Rows rows not None, int64_t first, int64_t stop, float[:, :] out not None
    ):
        """Write the scores of places first..stop-1 into `out`, float32 (n, stop - first).

        These are sums in single precision.
        """
        cdef SearchCompare compare = self.kernel.compare
        rows.check(first, stop, self.vectors.shape[1])
        if out.shape[0] != self.queries.n or out.shape[1] != stop - first:
            raise ValueError(f"an array of ({self.queries.n}, {stop - first}) is needed")
        if first == stop:
            return
        if out.strides[1] != sizeof(float) or out.strides[0] % sizeof(float):
            raise ValueError("the floats of a row must lie in one piece")
        if self.queries.n < FEWEST_FOR_PANELS:
            compare = self.kernel.compare_directly
        with nogil:
            compare(
                &rows.rows, &self.queries, first, stop, &out[0, 0],
                out.strides[0] // <int64_t> sizeof(float), self.scratch,
            )


def answer(
    const float[:, ::1] tile not None,
    int64_t first,
    str form not None,
    const int32_t[:, ::1] terms not None,
    const int64_t[:, ::1] places not None,
    float[:, ::1] scores not None,
    int64_t[:, ::1] found not None,
    str kernel=None,
):
    """Bring a tile of similarities into the answers to questions "a is to b as c is to ?".

    Parameters
    ----------
    tile : float32 (n_terms, n): similarities of the terms with places first..first + n - 1.
    form : "add": b + c - a (3CosAdd). "mul": b c / (a + 1e-6) (3CosMul, of (1 + cos) / 2).
    terms : int32 (n_questions, 3): rows of the tile.
    places : int64 (n_questions, 3): where the terms are, which is no answer.
    scores, found : float32 and int64 (n_questions, k): the best so far, the best first; -inf and -1
        where there is none yet. Of equal ones the lower place, if tiles come in order.

    Raises ValueError when shapes or terms do not fit.
    """
    cdef const SearchKernel *chosen = find_kernel(kernel)
    cdef SearchQuestions questions
    cdef int64_t i, t, n = terms.shape[0]
    cdef int chosen_form = FORMS[form]
    if terms.shape[1] != 3 or places.shape[0] != n or places.shape[1] != 3:
        raise ValueError(f"questions have three terms, got {terms.shape[1]}")
    if (
        scores.shape[0] != n or found.shape[0] != n or scores.shape[1] != found.shape[1]
        or scores.shape[1] < 1
    ):
        raise ValueError(f"answers to {n} questions are needed")
    for i in range(n):
        for t in range(3):
            if not 0 <= terms[i, t] < tile.shape[0]:
                raise ValueError(f"term {terms[i, t]} is outside 0..{tile.shape[0] - 1}")
    if n == 0 or tile.shape[1] == 0:
        return
    questions.terms, questions.places, questions.n = &terms[0, 0], &places[0, 0], n
    questions.k, questions.scores, questions.found = scores.shape[1], &scores[0, 0], &found[0, 0]
    with nogil:
        chosen.answer(
            &tile[0, 0], tile.shape[1], first, first + tile.shape[1], chosen_form, &questions
        )


def kernel_names():
    """List the instruction sets that run here, the fastest first."""
    return [
        name
        for name in ("avx512", "avx2", "neon", "scalar")
        if has_kernel(name)
    ]
