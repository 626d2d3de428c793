# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Boundary: words to integers. Text, or sentences of Python objects, become provisional ids.

A provisional id is a word's place in first-seen order. Each token is looked at once: the pass that
counts also encodes. What there is:

- `WordTable`, `TextBlock` and `TextJoiner` for text: each thread encodes blocks with a table of its
  own, without the GIL, and one thread joins them in the order of the text. The result depends
  neither on the number of threads nor on where the blocks were cut.
- `SentenceEncoder` for sentences of Python objects.
- `PruningCounter`, which does to the counts what gensim does with `max_vocab_size`.
- `renumber_ids`, from provisional to final ids.

Whoever calls sees to it that an object is used by one thread at a time.
"""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND
from cpython.long cimport PyLong_AsLong
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport INT32_MAX, INT64_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

import numpy as np

cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(dict mapping, object key) except? NULL
    Py_ssize_t PyList_GET_SIZE(PyObject *items)
    PyObject *PyList_GET_ITEM(PyObject *items, Py_ssize_t i)
    Py_ssize_t PyTuple_GET_SIZE(PyObject *items)
    PyObject *PyTuple_GET_ITEM(PyObject *items, Py_ssize_t i)

# The white space that a block of text may be cut after: a word never goes across.
cdef bytes CUTS = b" \n\t\r\x0b\x0c\x1c\x1d\x1e\x1f"
cdef type ndarray = np.ndarray

# Tokens between asking the memory for an object and looking at it: about 100 ns at 8 ns a token.
cdef enum:
    TOKENS_AHEAD = 12


cdef int check(int status) except -1:
    """Raise what a kernel's status stands for; TEXT_INVALID is the caller's to explain."""
    if status == TEXT_NO_MEMORY:
        raise MemoryError("no memory left for the words and their ids")
    if status == TEXT_TOO_MANY_WORDS:
        raise OverflowError(f"more than {INT32_MAX - 1} distinct words: ids are int32")
    return 0


cdef class Numbers:
    """A growing array of int32 or int64, which NumPy sees through the buffer protocol.

    It does not move while it is looked at: growing then raises BufferError. Memory beyond its
    length is asked for but not touched, so it costs nothing on systems that commit on first use.
    """

    cdef void *data
    cdef int64_t capacity
    cdef Py_ssize_t length
    cdef Py_ssize_t item_nbytes
    cdef int n_views
    cdef bytes format

    def __cinit__(self, str kind):
        self.item_nbytes = {"i": 4, "q": 8}[kind]
        self.format = kind.encode()

    def __dealloc__(self):
        free(self.data)

    def __len__(self):
        return self.length

    cdef int reserve(self, int64_t n_more) except -1:
        """Make room; growing by half makes appending linear in total."""
        cdef void *data
        if self.length + n_more <= self.capacity and self.data is not NULL:
            return 0
        if self.n_views:
            raise BufferError("the array is being looked at and cannot grow")
        data = text_reserve(self.data, &self.capacity, self.length + n_more, self.item_nbytes)
        if data is NULL:
            raise MemoryError(f"no memory for {self.length + n_more} numbers")
        self.data = data
        return 0

    cdef int append(self, const void *data, int64_t n) except -1:
        self.reserve(n)
        if n:
            memcpy(<char *> self.data + self.length * self.item_nbytes, data, n * self.item_nbytes)
        self.length += n
        return 0

    def clear(self):
        """Empty the array; its memory stays for what comes next."""
        if self.n_views:
            raise BufferError("the array is being looked at and cannot be emptied")
        self.length = 0

    def shrink(self):
        """Give back the memory beyond the length."""
        cdef void *data
        if self.n_views or self.length == 0 or self.length == self.capacity:
            return
        data = realloc(self.data, self.length * self.item_nbytes)
        if data is not NULL:
            self.data = data
            self.capacity = self.length

    def __getbuffer__(self, Py_buffer *view, int flags):
        self.reserve(0)
        view.buf = self.data
        view.obj = self
        view.len = self.length * self.item_nbytes
        view.itemsize = self.item_nbytes
        view.readonly = 0
        view.ndim = 1
        view.format = <char *> self.format if flags & PyBUF_FORMAT else NULL
        view.shape = &self.length if flags & PyBUF_ND else NULL
        view.strides = &self.item_nbytes if flags & PyBUF_ND else NULL
        view.suboffsets = NULL
        view.internal = NULL
        self.n_views += 1

    def __releasebuffer__(self, Py_buffer *view):
        self.n_views -= 1


cdef class WordTable:
    """Words and how often they were seen, in first-seen order.

    Parameters
    ----------
    seed : int
        Of the hash, 64 bits; tables whose blocks are joined need the same one. Ids and counts do
        not depend on it. A secret seed keeps hostile texts from making look-ups slow.
    """

    cdef TextTable table
    # In the hands of whoever joins: the joined ids of this table's words so far.
    cdef Numbers joined_ids

    def __cinit__(self, uint64_t seed=0):
        self.joined_ids = Numbers("i")
        check(text_table_init(&self.table, seed))

    def __dealloc__(self):
        text_table_free(&self.table)

    def __len__(self):
        return self.table.n_words

    @property
    def seed(self):
        """The seed of the hash."""
        return self.table.seed

    @property
    def nbytes(self):
        """The memory that the table takes, in bytes."""
        return text_table_nbytes(&self.table)

    def counts(self):
        """Return how often each word was seen: int64 (n_words,), a copy."""
        counts = np.empty(self.table.n_words, np.int64)
        cdef int64_t[::1] out = counts
        cdef int64_t i
        for i in range(self.table.n_words):
            out[i] = self.table.words[i].count
        return counts

    def words(self):
        """Return the words in first-seen order: list of str."""
        cdef int64_t i
        return [self.word(i) for i in range(self.table.n_words)]

    cpdef str word(self, int64_t i):
        """Return word `i`."""
        if not 0 <= i < self.table.n_words:
            raise IndexError(f"the word must be in [0, {self.table.n_words}), got {i}")
        cdef int64_t begin = self.table.words[i].offset
        cdef int64_t nbytes = self.table.words[i + 1].offset - begin
        return PyUnicode_DecodeUTF8(<char *> self.table.bytes + begin, nbytes, NULL)


cdef class TextBlock:
    """A block of text as ids of a `WordTable`, to be joined by a `TextJoiner`.

    It may be encoded again and again; its memory is used again.
    """

    cdef TextBlockC block
    cdef WordTable table
    cdef bint is_copy  # the ids are those of a thread's table, not of the joined one

    def __dealloc__(self):
        text_block_free(&self.block)

    def __len__(self):
        return self.block.n_ids

    @property
    def n_lines(self):
        """The number of line ends."""
        return self.block.n_lines

    def encode(
        self,
        const uint8_t[::1] text,
        WordTable table,
        str errors="strict",
        bint is_copy=False,
        str scanner=None,
    ):
        r"""Count and encode a text with a table, without the GIL.

        Parameters
        ----------
        text : bytes-like
            UTF-8. Words are those of ``str.split()``, lines end at "\n". The text is cut after
            white space: its last word is whole.
        table : WordTable
            The joined table, or one of the calling thread; new words and counts are added.
        errors : {"strict", "ignore", "replace"}
            What to do about bytes that are not UTF-8: as Python's error handlers.
        is_copy : bool
            The table is not the joined one: the block keeps a copy of the new words.
        scanner : {"avx2", "portable"}, optional
            Default: the fastest that the machine has.

        Returns
        -------
        None or (begin, end)
            With errors="strict": the bytes of the first word that is not UTF-8, if there is one.
            The block is then of no use.
        """
        cdef TextErrors handler = {
            "strict": TEXT_STRICT, "ignore": TEXT_IGNORE, "replace": TEXT_REPLACE
        }[errors]
        name = scanner.encode() if scanner is not None else None
        cdef TextScanner scan = text_scanner(<char *> name if name is not None else NULL)
        if scan is NULL:
            raise RuntimeError(f"this machine has no scanner {scanner!r}")
        cdef const uint8_t *data = &text[0] if text.shape[0] else NULL
        cdef int status
        self.table = table
        self.is_copy = is_copy
        with nogil:
            status = text_encode(
                &self.block, &table.table, data, text.shape[0], handler, scan, is_copy
            )
        if status == TEXT_INVALID:
            return self.block.error_begin, self.block.error_end
        check(status)
        return None


cdef class Encoding:
    """Provisional ids and sentence ends, as they come in.

    Attributes
    ----------
    ids : Numbers of int32
    ends : Numbers of int64
        For each sentence the number of tokens up to its end, counted from the very start. Both may
        be looked at and emptied at any time (to write them elsewhere).
    """

    cdef readonly Numbers ids
    cdef readonly Numbers ends

    def __cinit__(self, *args, **kwargs):
        self.ids = Numbers("i")
        self.ends = Numbers("q")


cdef class TextJoiner(Encoding):
    """Put encoded blocks together in the order of the text.

    Parameters
    ----------
    table : WordTable
        Gets all words in first-seen order.
    max_sentence_length : int, optional
        Lines of more words are cut into sentences of so many. Default: lines stay whole.
    """

    cdef readonly WordTable table
    cdef TextSentences sentences

    def __cinit__(self, WordTable table, max_sentence_length=None):
        self.table = table
        self.sentences.max_nwords = INT64_MAX
        if max_sentence_length is not None:
            if max_sentence_length < 1:
                raise ValueError(f"max_sentence_length must be >= 1, got {max_sentence_length}")
            self.sentences.max_nwords = max_sentence_length

    def __dealloc__(self):
        free(self.sentences.ends)

    @property
    def n_words(self):
        """The number of tokens so far."""
        return self.sentences.n_words

    def join(self, TextBlock block, bint last=False):
        """Add the block that comes next; with `last`, the sentence ends that has not ended yet."""
        cdef int status
        cdef int64_t n_joined = self.ids.length
        cdef int64_t n_ids = block.block.n_ids
        if block.is_copy:
            self.join_new_words(block)
        self.ids.reserve(n_ids)
        cdef int32_t *joined = <int32_t *> self.ids.data + n_joined
        cdef const int32_t *new_ids = <int32_t *> block.table.joined_ids.data
        with nogil:
            if block.is_copy:
                text_translate(block.block.ids, n_ids, new_ids, joined)
            elif n_ids:
                memcpy(joined, block.block.ids, n_ids * sizeof(int32_t))
            self.sentences.n = 0
            status = text_add_sentences(
                &self.sentences, block.block.line_ends, block.block.n_lines, n_ids, last
            )
        check(status)
        self.ids.length = n_joined + n_ids
        self.ends.append(self.sentences.ends, self.sentences.n)

    cdef int join_new_words(self, TextBlock block) except -1:
        """Give the joined table the words that the block brings along."""
        cdef Numbers joined_ids = block.table.joined_ids
        cdef int64_t n_new = block.block.n_new_words
        joined_ids.reserve(n_new)
        cdef int32_t *new_ids = <int32_t *> joined_ids.data + joined_ids.length
        cdef int status
        with nogil:
            status = text_table_merge(
                &self.table.table, block.block.new_words, n_new, block.block.new_bytes, new_ids
            )
        check(status)
        joined_ids.length += n_new
        return 0

    def add_counts(self, WordTable table):
        """Add the counts of a thread's table, all of whose blocks have been joined."""
        if table is self.table:
            return
        if table.joined_ids.length != table.table.n_words:
            raise RuntimeError(
                f"{table.joined_ids.length} of the table's {table.table.n_words} words were joined"
            )
        cdef const int32_t *new_ids = <int32_t *> table.joined_ids.data
        cdef int64_t i
        for i in range(table.table.n_words):
            self.table.table.words[new_ids[i]].count += table.table.words[i].count


def find_cut(const uint8_t[::1] text):
    """Return where a text can be cut: after its last ASCII white space, 0 if there is none."""
    cdef int64_t end = text.shape[0]
    while end > 0 and text[end - 1] not in CUTS:
        end -= 1
    return end


cdef class SentenceEncoder(Encoding):
    """Encode sentences of hashable tokens; equal tokens (``==``) are the same word.

    Attributes
    ----------
    words : list
        The distinct tokens in first-seen order, as they were first seen.
    first_type : type or None
        Of the first sentence: str is a mistake worth a warning.
    """

    cdef dict ids_of
    cdef Numbers word_counts
    cdef readonly list words
    cdef readonly type first_type
    cdef readonly int64_t n_sentences
    cdef readonly int64_t n_words

    def __cinit__(self):
        self.ids_of = {}
        self.words = []
        self.word_counts = Numbers("q")

    def counts(self):
        """Return how often each word was seen: int64 (n_words,), a copy."""
        return np.array(self.word_counts, np.int64)

    def feed(self, sentences, int64_t n_tokens):
        """Encode sentences until there are `n_tokens` tokens more; return whether there are more.

        Parameters
        ----------
        sentences : iterator of token sequences
            Lists and tuples are fastest; anything with a length that can be iterated will do.
            Arrays are taken as their ``tolist()``.
        n_tokens : int
            A budget: between two calls signals are seen and results can be taken away.

        Raises
        ------
        TypeError
            A sentence has no length or holds an unhashable token; a note names the sentence.
        """
        cdef int64_t stop = self.n_words + n_tokens
        while self.n_words < stop:
            try:
                sentence = next(sentences)
            except StopIteration:
                return False
            if self.first_type is None:
                self.first_type = type(sentence)
            try:
                self.add(sentence)
            except TypeError as error:
                error.add_note(
                    f"in sentence {self.n_sentences} of the corpus, a {type(sentence).__name__}"
                )
                raise
        return True

    cdef int add(self, sentence) except -1:
        """Encode one sentence."""
        # differs from gensim: arrays of tokens hang it; `tolist` also turns NumPy scalars into
        # plain str and int.
        if isinstance(sentence, ndarray):
            sentence = sentence.tolist()
        if type(sentence) is not list and type(sentence) is not tuple:
            len(sentence)  # as in gensim, a sentence without a length (a generator) is a TypeError
            sentence = list(sentence)
        cdef bint is_list = type(sentence) is list
        cdef PyObject *items = <PyObject *> sentence
        cdef PyObject *ahead
        cdef Py_ssize_t i = 0
        cdef Py_ssize_t n = PyList_GET_SIZE(items) if is_list else PyTuple_GET_SIZE(items)
        self.ids.reserve(n)
        # A list may get longer or shorter while a token's own __hash__ or __eq__ runs.
        while i < n:
            if i + TOKENS_AHEAD < n:
                ahead = (PyList_GET_ITEM(items, i + TOKENS_AHEAD) if is_list
                         else PyTuple_GET_ITEM(items, i + TOKENS_AHEAD))
                TEXT_PREFETCH(ahead)
            self.add_token(<object> (PyList_GET_ITEM(items, i) if is_list
                                     else PyTuple_GET_ITEM(items, i)))
            i += 1
            if is_list:
                n = PyList_GET_SIZE(items)
        self.n_words += n
        self.n_sentences += 1
        self.ends.append(&self.n_words, 1)
        return 0

    cdef inline int add_token(self, object token) except -1:
        """Count and encode one token."""
        cdef PyObject *found = PyDict_GetItemWithError(self.ids_of, token)
        cdef int64_t number
        if found is not NULL:
            number = PyLong_AsLong(<object> found)
        else:
            number = self.add_word(token)
        self.ids.reserve(1)
        (<int32_t *> self.ids.data)[self.ids.length] = <int32_t> number
        self.ids.length += 1
        (<int64_t *> self.word_counts.data)[number] += 1
        return 0

    cdef int64_t add_word(self, object token) except -1:
        """Number a token that was not seen before."""
        cdef int64_t number = len(self.words)
        cdef int64_t zero = 0
        if number >= INT32_MAX - 1:
            check(TEXT_TOO_MANY_WORDS)
        self.word_counts.append(&zero, 1)
        self.words.append(token)
        self.ids_of[token] = number
        return number


cdef class PruningCounter:
    """Count words as gensim does with `max_vocab_size`.

    After a sentence, when more than `max_vocab_size` words have a count, words seen fewer times
    than a limit are forgotten (a word that comes back starts from 0 and goes to the end of the
    order), and the limit, which starts at 1, rises by 1. So the first pruning drops nothing.

    Parameters
    ----------
    max_vocab_size : int
    keep : callable, optional
        ``keep(ids, counts, limit)`` decides instead, for int32 and int64 arrays in vocabulary
        order: bool (n,).
    """

    cdef TextPruner pruner
    cdef object keep
    cdef readonly int64_t limit

    def __cinit__(self, int64_t max_vocab_size, keep=None):
        self.pruner.max_n_words = max_vocab_size
        self.keep = keep
        self.limit = 1

    def __dealloc__(self):
        free(self.pruner.counts)
        free(self.pruner.live)

    def __len__(self):
        return self.pruner.n_live

    def feed(self, const int32_t[::1] ids, const int64_t[::1] ends):
        """Count what comes next.

        Parameters
        ----------
        ids : int32 (n,)
        ends : int64 (n_sentences,)
            Where sentences end, as indices into `ids`, ascending. What follows the last end belongs
            to a sentence that ends later.
        """
        cdef int64_t position = 0, sentence = 0
        cdef int status = 1
        cdef const int32_t *first_id = &ids[0] if ids.shape[0] else NULL
        cdef const int64_t *first_end = &ends[0] if ends.shape[0] else NULL
        while True:
            with nogil:
                status = text_count_until_prune(
                    &self.pruner, first_id, ids.shape[0], first_end, ends.shape[0],
                    &position, &sentence,
                )
            check(status)
            if status == 0:
                return
            self.prune()

    cdef int prune(self) except -1:
        cdef const uint8_t[::1] mask
        if self.keep is None:
            text_prune(&self.pruner, self.limit, NULL)
        else:
            keep = np.ascontiguousarray(self.keep(*self.live(), self.limit), np.bool_)
            if len(keep) != self.pruner.n_live:
                raise ValueError(f"keep must have {self.pruner.n_live} entries, got {len(keep)}")
            mask = keep.view(np.uint8)
            text_prune(&self.pruner, self.limit, &mask[0])
        self.limit += 1
        return 0

    def live(self):
        """Return the ids that have a count, in vocabulary order, and the counts.

        Returns
        -------
        int32 (n,), int64 (n,)
        """
        ids = np.empty(self.pruner.n_live, np.int32)
        counts = np.empty(self.pruner.n_live, np.int64)
        cdef int32_t[::1] out_ids = ids
        cdef int64_t[::1] out_counts = counts
        cdef int64_t i
        for i in range(self.pruner.n_live):
            out_ids[i] = self.pruner.live[i]
            out_counts[i] = self.pruner.counts[self.pruner.live[i]]
        return ids, counts


def renumber_ids(int32_t[::1] ids, int64_t[::1] offsets, const int32_t[::1] new_ids):
    """Replace each id i by new_ids[i], in place; tokens whose new id is < 0 are taken out.

    Parameters
    ----------
    ids : int32 (n_tokens,)
        Overwritten; what lies behind the returned number of tokens is left over.
    offsets : int64 (n_sentences + 1,)
        Sentence s is ids[offsets[s]:offsets[s + 1]]; overwritten to match.
    new_ids : int32 (n_words,)

    Returns
    -------
    int
        The number of tokens left.
    """
    cdef int64_t n_left
    cdef const int32_t *table = &new_ids[0] if new_ids.shape[0] else NULL
    cdef int32_t *first = &ids[0] if ids.shape[0] else NULL
    if offsets.shape[0] < 1 or offsets[0] < 0 or offsets[offsets.shape[0] - 1] > ids.shape[0]:
        raise ValueError(f"offsets must lie in [0, {ids.shape[0]}]")
    if ids.shape[0] and not 0 <= np.min(ids) <= np.max(ids) < new_ids.shape[0]:
        raise ValueError(f"ids must be in [0, {new_ids.shape[0]})")
    with nogil:
        n_left = text_renumber(first, &offsets[0], offsets.shape[0] - 1, table)
    return n_left
