# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Boundary: text to integers. Each token is looked at once: the pass that counts also encodes.

A provisional id is a word's place in first-seen order. Each thread encodes blocks (`TextBlock`)
with a `WordTable` of its own, without the GIL, and one thread joins them (`TextJoiner`) in the
order of the text. The result depends neither on the number of threads nor on where the blocks were
cut. Whoever calls sees to it that an object is used by one thread at a time.
"""

from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

import numpy as np

from fastsgns.corpus._ids cimport Numbers

cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(dict mapping, object key) except? NULL
    int PyDict_Next(dict mapping, Py_ssize_t *at, PyObject **key, PyObject **value)
    bint PyUnicode_IS_COMPACT_ASCII(object token)
    Py_ssize_t PyUnicode_GET_LENGTH(object token)
    void *PyUnicode_DATA(object token)

cdef enum:
    # So many words of a dict are looked up in a table in the time of one of the table in the dict.
    N_DICT_WORDS = 6

# The white space that a block of text may be cut after: a word never goes across.
cdef bytes CUTS = b" \n\t\r\x0b\x0c\x1c\x1d\x1e\x1f"


cdef TextScanner find_scanner(str scanner) except NULL:
    """Look up a scanner by name."""
    if scanner not in (None, "avx2", "portable"):
        raise ValueError(f"scanner must be avx2 or portable, got {scanner!r}")
    cdef bytes name = scanner.encode() if scanner is not None else b""
    cdef TextScanner scan = text_scanner(<char *> name if name else NULL)
    if scan is NULL:
        raise RuntimeError(f"this machine has no scanner {scanner!r}")
    return scan


cdef class WordTable:
    """A sequence of the words that were seen, in first-seen order, with their counts.

    A word's str is made when it is asked for: of the words of a text, few stay in a vocabulary.

    Parameters
    ----------
    seed : int
        Of the hash, 64 bits; tables whose blocks are joined need the same one. Ids and counts do
        not depend on it. A secret seed keeps hostile texts from making look-ups slow.
    """

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

    def __iter__(self):
        cdef int64_t i
        return iter([self.word(i) for i in range(self.table.n_words)])

    def __getitem__(self, int64_t i):
        return self.word(i)

    def select(self, const int32_t[::1] ids not None):
        """Return the words of some ids, int32 (n,): a list of str."""
        cdef Py_ssize_t i
        cdef list words = [None] * ids.shape[0]
        for i in range(ids.shape[0]):
            words[i] = self.word(ids[i])
        return words

    def numbers_in(self, dict number_of not None):
        """Return what a dict says of each word of the table, -1 for those that it has not.

        The words of the dict are looked up in the table: that makes no str, and their memory is
        asked for ahead. Where the dict is so much larger, those of the table in the dict.

        Parameters
        ----------
        number_of : dict of hashables to int
            What is no str is not in the table.

        Returns
        -------
        int32 (n_words,)
        """
        numbers = np.full(self.table.n_words, -1, np.int32)
        cdef int32_t[::1] out = numbers
        cdef PyObject *word
        cdef PyObject *number
        cdef PyObject *asked_for
        cdef int64_t i
        if len(number_of) > N_DICT_WORDS * self.table.n_words:
            for i in range(self.table.n_words):
                number = PyDict_GetItemWithError(number_of, self.word(i))
                if number is not NULL:
                    out[i] = <object> number
            return numbers
        cdef PyObject *numbers_of_group[TEXT_GROUP]
        cdef Py_ssize_t at = 0, ahead = 0
        cdef TextGroup group
        cdef list alive = []  # what the group points to, besides the words
        group.n = 0
        for _ in range(TEXT_GROUP):
            PyDict_Next(number_of, &ahead, &asked_for, NULL)
        while PyDict_Next(number_of, &at, &word, &number):
            if PyDict_Next(number_of, &ahead, &asked_for, NULL):
                TEXT_PREFETCH(<char *> asked_for + 48)  # behind the head
            if isinstance(<object> word, str):
                numbers_of_group[group.n] = number
                self.ask(&group, <object> word, alive)
            if group.n == TEXT_GROUP:
                self.find_numbers(&group, numbers_of_group, out)
                alive.clear()
        self.find_numbers(&group, numbers_of_group, out)
        return numbers

    cdef int ask(self, TextGroup *group, object word, list alive) except -1:
        """Add a str to a group; its UTF-8, if that is not its own, to what has to stay."""
        cdef bytes utf8
        # The 16 bytes before a word's end are read: the objects have longer heads.
        if PyUnicode_IS_COMPACT_ASCII(word):
            text_add_to_group(group, &self.table, <uint8_t *> PyUnicode_DATA(word),
                              PyUnicode_GET_LENGTH(word))
        else:
            utf8 = str.encode(word, "utf-8", "surrogatepass")  # of a subclass of str too
            alive.append(utf8)
            text_add_to_group(group, &self.table, <uint8_t *> <char *> utf8, len(utf8))
        return 0

    cdef int find_numbers(
        self, TextGroup *group, PyObject **numbers, int32_t[::1] out
    ) except -1:
        """Put the numbers of those words of a group that the table has in their places."""
        cdef int64_t found[TEXT_GROUP]
        cdef int j
        text_find_group(&self.table, group, found)
        for j in range(group.n):
            if found[j] >= 0:
                out[found[j]] = <object> numbers[j]
        group.n = 0
        return 0

    cdef str word(self, int64_t i):
        if not 0 <= i < self.table.n_words:
            raise IndexError(f"the word must be in [0, {self.table.n_words}), got {i}")
        cdef int64_t begin = self.table.words[i].offset
        cdef int64_t nbytes = self.table.words[i + 1].offset - begin
        # Python's str may hold lone surrogates; words from texts never do.
        return PyUnicode_DecodeUTF8(<char *> self.table.bytes + begin, nbytes, b"surrogatepass")


cdef class TextBlock:
    """A block of text as ids of a `WordTable`, to be joined by a `TextJoiner`.

    It may be encoded again and again; its memory is used again.
    """

    cdef TextBlockC block
    cdef WordTable table
    cdef bint is_copy  # the ids are those of a thread's table, not of the joined one
    cdef int64_t n_words_before  # of the table

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
        const uint8_t[::1] text not None,
        WordTable table not None,
        str errors not None="strict",
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
            With errors="strict": where the first word is that is not UTF-8, if there is one. The
            block is then of no use.

        Raises
        ------
        ValueError
            For an unknown `errors` or `scanner`.
        RuntimeError
            For a scanner that this machine does not have.
        """
        handlers = {"strict": TEXT_STRICT, "ignore": TEXT_IGNORE, "replace": TEXT_REPLACE}
        if errors not in handlers:
            raise ValueError(f"errors must be one of {', '.join(handlers)}, got {errors!r}")
        cdef TextErrors handler = handlers[errors]
        cdef TextScanner scan = find_scanner(scanner)
        cdef const uint8_t *data = &text[0] if text.shape[0] else NULL
        cdef int status
        self.table = table
        self.is_copy = is_copy
        self.n_words_before = table.table.n_words
        with nogil:
            status = text_encode(
                &self.block, &table.table, data, text.shape[0], handler, scan, is_copy
            )
        if status != 0:
            self.table = None  # so that it cannot be joined
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

    def __cinit__(self, WordTable table not None, max_sentence_length=None):
        self.table = table
        self.sentences.max_nwords = INT64_MAX
        if max_sentence_length is not None:
            if max_sentence_length < 1:
                raise ValueError(f"max_sentence_length must be >= 1, got {max_sentence_length}")
            self.sentences.max_nwords = min(max_sentence_length, INT64_MAX)

    def __dealloc__(self):
        free(self.sentences.ends)

    @property
    def n_words(self):
        """The number of tokens so far."""
        return self.sentences.n_words

    def word(self, int64_t i):
        """Return word `i`."""
        return self.table.word(i)

    def join(self, TextBlock block not None, bint last=False):
        """Add the block that comes next; with `last`, the sentence ends that has not ended yet.

        Raises
        ------
        RuntimeError
            The block was not encoded with a table that fits, or not in this order.
        """
        if block.table is None or not (block.is_copy or block.table is self.table):
            raise RuntimeError("the block was encoded with another table, or not at all")
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
        if block.n_words_before != joined_ids.length or block.table.seed != self.table.seed:
            raise RuntimeError(
                "a table's blocks are joined in the order in which it encoded them, each once, and"
                f" its seed is the joined table's: {joined_ids.length} words joined,"
                f" {block.n_words_before} came before this block"
            )
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

    def add_counts(self, WordTable table not None):
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
            if new_ids[i] >= self.table.table.n_words:
                raise RuntimeError("the table's blocks were joined to another table")
            self.table.table.words[new_ids[i]].count += table.table.words[i].count


def find_cut(const uint8_t[::1] text not None):
    """Return where a text can be cut: after its last ASCII white space, 0 if there is none."""
    cdef int64_t end = text.shape[0]
    while end > 0 and text[end - 1] not in CUTS:
        end -= 1
    return end
