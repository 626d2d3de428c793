# cython: language_level=3, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""Boundary: the log probabilities of sentences under hierarchical softmax, as gensim's score().

The windows and the arithmetic are those of the kernel "blas", and nothing is written but the
scores.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from fastsgns._blas cimport axpy, dot, scal
from fastsgns._types cimport (
    SIGMOID_MAX_X,
    SIGMOID_TABLE_SIZE,
    sgns_fill_sigmoid_table,
    sgns_sigmoid_index,
)

cdef float sigmoid_table[SIGMOID_TABLE_SIZE]
cdef float log_sigmoid_table[SIGMOID_TABLE_SIZE]
sgns_fill_sigmoid_table(sigmoid_table, log_sigmoid_table)


cdef struct Scoring:
    const float *input_vectors
    const float *node_vectors
    int64_t n_words
    int64_t vector_size
    const int64_t *path_offsets
    const int32_t *path_nodes
    const uint8_t *path_codes
    int64_t window
    bint skip_gram
    bint cbow_mean


cdef class Scorer:
    """A model as `score` needs it. It holds no scratch memory, so threads may share it.

    Parameters
    ----------
    input_vectors : float32 (n_words, vector_size), in C order.
    node_vectors : float32 (n_nodes, vector_size), in C order.
    path_offsets : int64 (n_words + 1,): where each word's Huffman path begins.
    path_nodes, path_codes : int32 and uint8 (n,): the paths, root first.
    window : int, >= 1. Every window has its full width.
    skip_gram, cbow_mean : bool.

    Raises ValueError when shapes or paths do not fit together, or on a wrong dtype or order. The
    arrays stay the caller's; the Scorer keeps them alive.
    """
    cdef Scoring model
    cdef const float[:, ::1] input_vectors, node_vectors
    cdef const int64_t[::1] path_offsets
    cdef const int32_t[::1] path_nodes
    cdef const uint8_t[::1] path_codes

    def __init__(
        self,
        *,
        const float[:, ::1] input_vectors not None,
        const float[:, ::1] node_vectors not None,
        const int64_t[::1] path_offsets not None,
        const int32_t[::1] path_nodes not None,
        const uint8_t[::1] path_codes not None,
        int64_t window,
        bint skip_gram,
        bint cbow_mean,
    ):
        cdef int64_t n_words = input_vectors.shape[0]
        if n_words < 1 or input_vectors.shape[1] < 1 or window < 1:
            raise ValueError(
                "scores need a word, a dimension and a window >= 1,"
                f" got {n_words} x {input_vectors.shape[1]} and window={window}"
            )
        if node_vectors.shape[1] != input_vectors.shape[1]:
            raise ValueError(
                f"input vectors have {input_vectors.shape[1]} dimensions,"
                f" node vectors {node_vectors.shape[1]}"
            )
        check_paths(n_words, node_vectors.shape[0], path_offsets, path_nodes, path_codes)
        self.input_vectors, self.node_vectors = input_vectors, node_vectors
        self.path_offsets, self.path_nodes = path_offsets, path_nodes
        self.path_codes = path_codes
        self.model.input_vectors = &input_vectors[0, 0]
        self.model.node_vectors = &node_vectors[0, 0] if node_vectors.shape[0] else NULL
        self.model.n_words = n_words
        self.model.vector_size = input_vectors.shape[1]
        self.model.path_offsets = &path_offsets[0]
        self.model.path_nodes = &path_nodes[0] if path_nodes.shape[0] else NULL
        self.model.path_codes = &path_codes[0] if path_codes.shape[0] else NULL
        self.model.window = window
        self.model.skip_gram = skip_gram
        self.model.cbow_mean = cbow_mean

    def score(
        self,
        const int32_t[::1] ids not None,
        const int64_t[::1] offsets not None,
        float[::1] scores not None,
    ):
        """Write the log probability of each sentence to `scores`, with the GIL released.

        Parameters
        ----------
        ids : int32 (n,), word ids in [0, n_words).
        offsets : int64 (n_sentences + 1,), from 0 to n: sentence s is ids[offsets[s]:offsets[s +
        1]].
        scores : float32 (n_sentences,), overwritten.

        Raises ValueError, before anything is written, when an id or an offset is out of range.
        """
        cdef int64_t n_sentences = scores.shape[0]
        cdef int64_t s
        cdef const int32_t *tokens = &ids[0] if ids.shape[0] else NULL
        cdef float *hidden
        if offsets.shape[0] != n_sentences + 1 or not ids_fit(ids, offsets, self.model.n_words):
            raise ValueError(
                f"ids must be in 0..{self.model.n_words - 1}, and {n_sentences + 1} offsets ascend"
                f" from 0 to {ids.shape[0]}"
            )
        hidden = <float *> malloc(self.model.vector_size * sizeof(float))
        if hidden == NULL:
            raise MemoryError(f"no memory for {self.model.vector_size} floats")
        with nogil:
            for s in range(n_sentences):
                scores[s] = <float> score_sentence(
                    &self.model, tokens, offsets[s], offsets[s + 1], hidden
                )
        free(hidden)


cdef int check_paths(
    int64_t n_words, int64_t n_nodes, const int64_t[::1] path_offsets,
    const int32_t[::1] path_nodes, const uint8_t[::1] path_codes,
) except -1:
    cdef int64_t i
    cdef int64_t length = path_nodes.shape[0]
    if path_offsets.shape[0] != n_words + 1 or path_codes.shape[0] != length:
        raise ValueError(f"Huffman paths must be given for {n_words} words")
    if path_offsets[0] != 0 or path_offsets[n_words] != length:
        raise ValueError(f"Huffman path offsets must run from 0 to {length}")
    for i in range(n_words):
        if path_offsets[i] > path_offsets[i + 1]:
            raise ValueError(f"the Huffman path of word {i} has a negative length")
    for i in range(length):
        if not 0 <= path_nodes[i] < n_nodes:
            raise ValueError(f"Huffman node {path_nodes[i]} is outside 0..{n_nodes - 1}")
    return 0


cdef bint ids_fit(
    const int32_t[::1] ids, const int64_t[::1] offsets, int64_t n_words
) noexcept nogil:
    """Whether everything that will be used as an index is in range."""
    cdef int64_t i
    cdef int64_t last = offsets.shape[0] - 1
    if offsets[0] != 0 or offsets[last] != ids.shape[0]:
        return False
    for i in range(last):
        if offsets[i] > offsets[i + 1]:
            return False
    for i in range(ids.shape[0]):
        if not 0 <= ids[i] < n_words:
            return False
    return True


cdef double score_path(
    const Scoring *model, const float *hidden, int32_t word
) noexcept nogil:
    """Return the log probability of `word` given `hidden`: the sum of log sigma(+- h . node) along
    its path (Mikolov et al. 2013b, eq. 3). Nodes with |h . node| >= 6 count nothing, as in
    gensim."""
    cdef double total = 0.0
    cdef float x
    cdef int64_t i
    for i in range(model.path_offsets[word], model.path_offsets[word + 1]):
        x = dot(
            <int> model.vector_size, hidden,
            model.node_vectors + model.path_nodes[i] * model.vector_size,
        )
        if model.path_codes[i]:
            x = -x
        if -SIGMOID_MAX_X < x < SIGMOID_MAX_X:  # said so that NaN is left out too: it has no slot
            total += log_sigmoid_table[sgns_sigmoid_index(x)]
    return total


cdef double score_sentence(
    const Scoring *model, const int32_t *ids, int64_t start, int64_t end,
    float *hidden,            # OUT (vector_size,) scratch
) noexcept nogil:
    """Return the log probability of ids[start:end], every window at its full width.

    Skip-gram: as in training, the *context* word is the input and the *center* the target. CBOW: a
    center without context is predicted from the zero vector.
    """
    cdef int64_t size = model.vector_size
    cdef double total = 0.0
    cdef int64_t center, context, first, stop
    for center in range(start, end):
        first = max(start, center - model.window)
        stop = min(end, center + 1 + model.window)
        if not model.skip_gram:
            memset(hidden, 0, size * sizeof(float))
        for context in range(first, stop):
            if context == center:
                continue
            if model.skip_gram:
                total += score_path(
                    model, model.input_vectors + ids[context] * size, ids[center]
                )
            else:
                axpy(<int> size, 1.0, model.input_vectors + ids[context] * size, hidden)
        if not model.skip_gram:
            if model.cbow_mean and stop - first > 1:
                scal(<int> size, <float> (1.0 / (stop - first - 1)), hidden)
            total += score_path(model, hidden, ids[center])
    return total
