# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: rows of a matrix, queries, and which rows are most like which queries.

`Queries` work a piece at a time, with the GIL released: the caller cuts the rows, for one thread or
several, and looks between two pieces whether anybody wants to stop. What is asked of one thread and
of few queries is one call of `Rows`, which looks itself.
"""
from cpython.buffer cimport PyBUF_STRIDED_RO, PyBuffer_Release, PyObject_GetBuffer
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport NAN
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc

import numpy as np

cdef object empty = np.empty, int64 = np.int64, float32 = np.float32


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
    void search_rank(SearchQueries *queries, const float *scores, int64_t n)
    void search_multiply(
        const float *tile, int64_t ld, int64_t n_queries, int64_t n_positive, int64_t n,
        float *losses, float *products
    )


cdef dict TYPES = {
    "f": (SEARCH_FLOAT32, 4),
    "d": (SEARCH_FLOAT64, 8),
    "e": (SEARCH_FLOAT16, 2),
    "b": (SEARCH_INT8, 1),
}
cdef dict FORMS = {"add": SEARCH_ADD, "mul": SEARCH_MUL}

cdef enum:
    # Products between two looks for a Ctrl-C, and similarities that are multiplied at once.
    N_PRODUCTS = 1 << 27
    N_TILE = 1 << 13
    ROWS_AT_ONCE = 32

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


cdef int64_t n_rows_at_once(int64_t n, int64_t n_a_row):
    """Return how many rows come to some n products, or numbers: whole panels."""
    return (n // max(n_a_row, 1) // ROWS_AT_ONCE + 1) * ROWS_AT_ONCE


cdef void *allocate(int64_t n, int64_t nbytes) except NULL:
    cdef void *memory = malloc(max(n * nbytes, 1))
    if memory == NULL:
        raise MemoryError(f"no memory for {n} numbers of {nbytes} bytes")
    return memory


cdef class Rows:
    """The rows that are searched; place i is row i, or row among[i].

    Parameters
    ----------
    vectors : float32, float64, float16 or int8 (n_stored, d), rows in one piece each. All
        arithmetic is on float32.
    dtype : what NumPy calls the type in one character: "f", "d", "e" or "b".
    among : int64 (n,), optional: rows, each in 0..n_stored - 1.
    left_out : bool (n,), optional: True where a place is no answer to any query.

    Raises ValueError when shapes or rows do not fit. The arrays stay the caller's; kept alive.
    """
    cdef SearchRows rows
    cdef Py_buffer matrix
    cdef const int64_t[::1] among
    cdef const uint8_t[::1] left_out
    cdef readonly int64_t n

    def __init__(
        self, vectors not None, str dtype not None, const int64_t[::1] among=None, left_out=None
    ):
        cdef int64_t i, n_stored, d, itemsize
        self.rows.type, itemsize = TYPES[dtype]
        PyObject_GetBuffer(vectors, &self.matrix, PyBUF_STRIDED_RO)
        if self.matrix.ndim != 2 or self.matrix.itemsize != itemsize:
            raise ValueError(f"only a matrix of type {dtype} can be searched as such")
        n_stored, d = self.matrix.shape[0], self.matrix.shape[1]
        if d > 1 and self.matrix.strides[1] != itemsize or self.matrix.strides[0] % itemsize:
            raise ValueError("the numbers of a row must lie in one piece, rows whole ones apart")
        self.n = n_stored if among is None else among.shape[0]
        # A place is 32 bits of a key, of which one value stands for none.
        if self.n >= (1LL << 32) - 1:
            raise ValueError(f"at most 2**32 - 2 rows can be searched, got {self.n}")
        if among is not None:
            for i in range(self.n):
                if not 0 <= among[i] < n_stored:
                    raise ValueError(f"row {among[i]} is outside 0..{n_stored - 1}")
            self.among = among
            self.rows.among = &among[0] if self.n else NULL
        if left_out is not None:
            self.left_out = left_out.view("u1")
            if self.left_out.shape[0] != self.n:
                raise ValueError(
                    f"left_out must have {self.n} places, got {self.left_out.shape[0]}"
                )
            self.rows.left_out = &self.left_out[0] if self.n else NULL
        self.rows.data = self.matrix.buf
        self.rows.stride = self.matrix.strides[0] // itemsize
        self.rows.d = d

    def __dealloc__(self):
        PyBuffer_Release(&self.matrix)

    @property
    def d(self):
        return self.rows.d

    def nearest(
        self,
        const float[:, ::1] query not None,
        int64_t k,
        excluded=(),
        double least=NAN,
    ):
        """Return the k places that are most similar to one query, on this thread.

        Parameters
        ----------
        query : float32 (1, d)
        k : int
        excluded : list of int: places that are no answer.
        least : float: as for `Queries`.

        Returns
        -------
        list of int, list of float
            Places and similarities, the best first: k, or what there is.
        """
        cdef int64_t first
        cdef int64_t step = n_rows_at_once(N_PRODUCTS, self.rows.d)
        cdef Queries asked
        if query.shape[0] != 1:
            raise ValueError("one query is needed")
        if min(k, self.n) < 1:
            return [], []
        asked = Queries(query, min(k, self.n), [excluded], least)
        for first in range(0, self.n, step):
            asked.find(self, first, min(first + step, self.n))
            PyErr_CheckSignals()
        return asked.best()

    def compare(self, const float[:, ::1] queries not None):
        """Return the similarities of a few queries with all places, on this thread.

        Parameters
        ----------
        queries : float32 (m, d)

        Returns
        -------
        float32 (m, n). These are sums in single precision.
        """
        cdef int64_t first
        cdef int64_t step = n_rows_at_once(N_PRODUCTS, queries.shape[0] * self.rows.d)
        cdef object made = empty((queries.shape[0], self.n), float32)
        cdef float[:, ::1] out = made
        cdef Queries asked = Queries(queries)
        for first in range(0, self.n, step):
            asked.write(self, first, min(first + step, self.n), &out[0, first], self.n)
            PyErr_CheckSignals()
        return made

    def multiply(self, const float[:, ::1] queries not None, int64_t n_positive):
        """Return products of the similarities s = (1 + cos) / 2 of queries with all places.

        Parameters
        ----------
        queries : float32 (m, d)
        n_positive : int, 1..m: the product of the s of these is divided by that of the others,
            plus 1e-6: 3CosMul.

        Returns
        -------
        float32 (n,)
        """
        cdef int64_t first, stop, m = queries.shape[0]
        cdef int64_t step = n_rows_at_once(N_TILE, m)
        cdef object made = empty(self.n, float32)
        cdef float[::1] out = made
        cdef float[:, ::1] tile
        cdef Queries asked = Queries(queries)
        if not 1 <= n_positive <= m:
            raise ValueError("n_positive must be at least 1, and at most all")
        tile = empty((m + 1, min(step, self.n)), float32)
        for first in range(0, self.n, step):
            stop = min(first + step, self.n)
            asked.write(self, first, stop, &tile[0, 0], tile.shape[1])
            search_multiply(
                &tile[0, 0], tile.shape[1], m, n_positive, stop - first, &tile[m, 0], &out[first]
            )
            PyErr_CheckSignals()
        return made

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
    excluded : sequence of n lists of int, optional: places that are no answer to a query.
    least : float: nothing with a lower score is kept. NaN: no limit, and NaN is kept, last.
    kernel : str, optional: an instruction set, for tests. None: the fastest.

    Uses n (8 k + 4 d) bytes and a few. Raises ValueError when shapes do not fit.
    """
    cdef SearchQueries queries
    cdef const SearchKernel *kernel
    cdef const float[:, ::1] vectors
    cdef int64_t *out
    cdef float *scratch

    def __cinit__(self):
        self.scratch = NULL
        self.out = NULL

    def __init__(
        self,
        const float[:, ::1] vectors not None,
        int64_t k=1,
        excluded=None,
        double least=NAN,
        str kernel=None,
    ):
        cdef int64_t n_packed
        cdef int64_t n = vectors.shape[0]
        cdef int64_t d = vectors.shape[1]
        if n < 1 or k < 1:
            raise ValueError("a query and a k >= 1 are needed")
        self.kernel = find_kernel(kernel)
        self.vectors = vectors
        self.queries.vectors = &vectors[0, 0] if d else NULL
        self.queries.n, self.queries.k = n, k
        self.exclude([()] * n if excluded is None else list(excluded))
        n_packed = search_n_packed(self.kernel, n, d) if n >= FEWEST_FOR_PANELS else 0
        self.scratch = <float *> allocate(n_packed + search_n_scratch(d) + 2 * n, sizeof(float))
        self.queries.packed = self.scratch + search_n_scratch(d)
        self.queries.margins = <float *> self.queries.packed + n_packed
        self.queries.bounds = self.queries.margins + n
        self.queries.heaps = <uint64_t *> allocate(n * (k + 2), sizeof(uint64_t))
        self.queries.floors = self.queries.heaps + n * k
        self.queries.n_kept = <int64_t *> (self.queries.floors + n)
        with nogil:
            if n_packed:
                search_pack(self.kernel, self.queries.vectors, n, d, <float *> self.queries.packed)
            search_begin(&self.queries, d, least)

    cdef int exclude(self, list places) except -1:
        """Note the places that are no answer to each query, behind where each query's begin."""
        cdef int64_t q, i, n = self.queries.n
        if len(places) != n:
            raise ValueError("each query needs a list of places")
        self.out = <int64_t *> allocate(n + 1 + sum(map(len, places)), sizeof(int64_t))
        self.queries.out_offsets, self.queries.out_places = self.out, self.out + n + 1
        i = 0
        for q in range(n):
            self.out[q] = i
            for place in places[q]:
                self.out[n + 1 + i] = place
                i += 1
        self.out[n] = i
        return 0

    def __dealloc__(self):
        free(self.scratch)
        free(self.out)
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

    def take(self):
        """Return what was found, the best first: int64 places and float32 scores of each query."""
        cdef int64_t q, n, k = self.queries.k
        cdef object places = empty((self.queries.n, k), int64)
        cdef object scores = empty((self.queries.n, k), float32)
        cdef int64_t[:, ::1] to_places = places
        cdef float[:, ::1] to_scores = scores
        cdef list found = []
        for q in range(self.queries.n):
            n = search_take(&self.queries, q, &to_places[q, 0], &to_scores[q, 0])
            found.append((places[q, :n], scores[q, :n]))
        return found

    cdef tuple best(self):
        """Return places and scores of the first query, the best first, and forget them."""
        cdef int64_t i, n = self.queries.n_kept[0]
        cdef int64_t *places = <int64_t *> allocate(n, sizeof(int64_t) + sizeof(float))
        cdef float *scores = <float *> (places + n)
        search_take(&self.queries, 0, places, scores)
        try:
            return [places[i] for i in range(n)], [scores[i] for i in range(n)]
        finally:
            free(places)

    def compare(
        self, Rows rows not None, int64_t first, int64_t stop, float[:, :] out not None
    ):
        """Write the scores of places first..stop-1 into `out`, float32 (n, stop - first).

        These are sums in single precision.
        """
        if out.shape[0] != self.queries.n or out.shape[1] != stop - first:
            raise ValueError(f"an array of ({self.queries.n}, {stop - first}) is needed")
        if out.strides[1] != sizeof(float) or out.strides[0] % sizeof(float):
            raise ValueError("the floats of a row must lie in one piece")
        self.write(rows, first, stop, &out[0, 0], out.strides[0] // <int64_t> sizeof(float))

    cdef int write(
        self, Rows rows, int64_t first, int64_t stop, float *out, int64_t ld
    ) except -1:
        """Write the scores of places first..stop-1 into `out`, `ld` floats from query to query."""
        cdef SearchCompare compare = self.kernel.compare
        rows.check(first, stop, self.vectors.shape[1])
        if self.queries.n < FEWEST_FOR_PANELS:
            compare = self.kernel.compare_directly
        with nogil:
            compare(&rows.rows, &self.queries, first, stop, out, ld, self.scratch)
        return 0


def best(const float[::1] scores not None, int64_t k, excluded=()):
    """Return the k places of the highest scores, and these scores, the best first.

    Of equal ones the lower place, and NaN last. `excluded` are places that are no answer.
    """
    cdef Queries kept
    if min(k, scores.shape[0]) < 1:
        return [], []
    kept = Queries(empty((1, 0), float32), min(k, scores.shape[0]), [excluded])
    search_rank(&kept.queries, &scores[0], scores.shape[0])
    return kept.best()


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
    return [name for name in ("avx512", "avx2", "neon", "scalar") if has_kernel(name)]
