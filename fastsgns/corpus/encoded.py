"""Engine room: EncodedCorpus, a corpus as integers, with its words, for one model or for many."""

from __future__ import annotations

import itertools
import os
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastsgns._params import as_workers
from fastsgns.corpus.keeping import keeper_of
from fastsgns.corpus.progress import showing
from fastsgns.corpus.sentences import corpus_files
from fastsgns.corpus.spill import DiskArray, Numbers32, Numbers64
from fastsgns.io.errors import FormatError

if TYPE_CHECKING:
    from fastsgns.corpus.reading import EncodedText

Number = TypeVar("Number", np.int32, np.int64)

#: Numbers that are looked at a time where they may be on disk.
BLOCK = 1 << 20


@dataclass(frozen=True, eq=False, repr=False)
class EncodedCorpus:
    """Sentences as integers, with the words that they stand for: read once, trained many times.

    Made by `from_sentences`, `from_file`, `from_ids` or `open`, and given to
    ``Word2Vec(corpus=...)`` in place of sentences. It has all words, rare ones too, so that each
    model applies its own `min_count`, `sample`, `max_final_vocab`, `trim_rule`... A model changes
    nothing in it: many may be trained from it, at the same time too. It iterates over its sentences
    as lists of words.

    Attributes
    ----------
    ids : int32 (n_tokens,)
        Indices into `words`, sentence after sentence; on disk an array of which slices can be read.
    offsets : int64 (n_sentences + 1,)
        Sentence s is ids[offsets[s]:offsets[s + 1]]; it may be empty. In RAM or on disk.
    words : list
        The distinct words, in the order in which they were first seen.
    counts : int64 (n_words,)
        How often each word occurs.

    Examples
    --------
    >>> from fastsgns import EncodedCorpus, Word2Vec
    >>> corpus = EncodedCorpus.from_sentences([["to", "be", "or", "not", "to", "be"]] * 50)
    >>> corpus
    EncodedCorpus<sentences=50, tokens=300, words=4>
    >>> models = [Word2Vec(corpus=corpus, vector_size=n, workers=1) for n in (10, 20)]
    >>> models[1].wv.index_to_key
    ['be', 'to', 'not', 'or']
    """

    ids: Numbers32
    offsets: Numbers64
    words: Sequence[Hashable]
    counts: NDArray[np.int64]

    @classmethod
    def from_sentences(
        cls,
        sentences: Iterable[Any],
        *,
        workers: int = 1,
        cache: str = "auto",
        column: str | None = None,
        progress: bool = False,
    ) -> EncodedCorpus:
        """Encode sentences; they are consumed once.

        Parameters
        ----------
        sentences : iterable of lists of str
            All that `Word2Vec` takes.
        workers : int, default 1
            Threads, for text files (`LineSentence`, `PathLineSentences`); -1 for all cores. The
            result does not depend on it.
        cache : {"auto", "memory", "disk"}, default "auto"
            Where the ids are: in RAM, in a temporary file that goes away with the object, or, with
            "auto", in RAM as long as they take a quarter of the free memory at most (or as much as
            the environment variable FASTSGNS_CORPUS_MEMORY says: "2G", "10%").
        column : str, optional
            Of a table of several columns, or rows that are mappings: the one with the sentences.
        progress : bool, default False
            Show how far reading is, as `Word2Vec` does.

        Raises
        ------
        TypeError
            When a sentence has no length or holds an unhashable token; a note names the sentence.
        UnicodeDecodeError
            When a text file is not UTF-8; the message names line and byte.
        """
        from fastsgns.corpus import reading  # the compiled code comes when first used

        if cache not in ("auto", "memory", "disk"):
            raise ValueError(f'cache must be "auto", "memory" or "disk", got {cache!r}')
        n_threads = as_workers(workers)
        if column is not None:
            from fastsgns.corpus.columns import column_of

            sentences = column_of(sentences, column)
        if isinstance(sentences, EncodedCorpus):
            return with_listed_words(sentences)
        keeper = keeper_of(cache)
        with showing(progress) as show:
            text = reading.read(
                sentences, n_threads, keeper, on_first=reading.warn_of_str, show=show
            )
        return with_listed_words(taken_over(text))

    @classmethod
    def from_file(
        cls,
        corpus_file: str | os.PathLike[str],
        *,
        workers: int = 1,
        cache: str = "auto",
        progress: bool = False,
    ) -> EncodedCorpus:
        """Encode text with one sentence a line: a file, a folder, a pattern, a pipe, a URL.

        Parameters
        ----------
        corpus_file : str or path
            As of `Word2Vec`: lines of more than 10,000 tokens are cut into sentences of so many.
        workers, cache, progress
            As in `from_sentences`.
        """
        files = corpus_files(corpus_file)
        return cls.from_sentences(files, workers=workers, cache=cache, progress=progress)

    @classmethod
    def from_ids(
        cls, ids: Any, offsets: Any, words: Iterable[Hashable], counts: Any = None
    ) -> EncodedCorpus:
        """Take over a corpus that is encoded already.

        Parameters
        ----------
        ids : int (n_tokens,)
            Indices into `words`, sentence after sentence. An int32 array, mapped from a file or
            not, is taken as it is and must not be changed afterwards; others are copied.
        offsets : int (n_sentences + 1,)
            Sentence s is ids[offsets[s]:offsets[s + 1]]: from 0 to n_tokens, not descending.
        words : iterable
            The distinct words, any hashables. Where a model orders words of equal counts, they
            count as first seen in this order.
        counts : int (n_words,), optional
            How often each word occurs, for `min_count`, subsampling and negatives, if not as often
            as it is in `ids`: those of a larger text, for example. Words with the count 0 are in no
            vocabulary.

        Raises
        ------
        TypeError
            For arrays that are not of integers, and unhashable words.
        ValueError
            For ids outside `words`, offsets that descend or do not run from 0 to n_tokens, a word
            that is there twice, and counts that do not fit; with the place and the value.
        """
        listed = list(words)
        checked_ids = _as_numbers("ids", ids, np.int32)
        checked_offsets = _as_numbers("offsets", offsets, np.int64)
        n_words = len(listed)
        if len(set(listed)) != n_words:
            seen: set[Hashable] = set()
            again = next(word for word in listed if word in seen or seen.add(word))  # type: ignore[func-returns-value]
            raise ValueError(f"the word {again!r} is there twice")
        _check_ids(checked_ids, n_words)
        check_offsets(checked_offsets, len(checked_ids))
        if counts is None:
            checked_counts = count_ids(checked_ids, n_words)
        else:
            checked_counts = np.array(_as_numbers("counts", counts, np.int64))
            if checked_counts.shape != (n_words,) or checked_counts.min(initial=0) < 0:
                raise ValueError(
                    f"counts must be {n_words} integers >= 0, one for each word, got"
                    f" {len(checked_counts)}, the least {checked_counts.min(initial=0)}"
                )
        return cls(checked_ids, checked_offsets, listed, checked_counts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the corpus to a file, without pickle; an old one stays until it is complete.

        Parameters
        ----------
        path : str or path
            An .npz that NumPy can open too. A suffix such as .gz compresses it; `open` must then
            read it into RAM.

        Raises
        ------
        TypeError
            For words other than str, int, float, bool, bytes, None and tuples of these.
        """
        from fastsgns.corpus.encoded_file import write_encoded  # comes when first used

        write_encoded(path, self.ids, self.offsets, self.words, self.counts)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, in_memory: bool = False) -> EncodedCorpus:
        """Open a corpus that `save` wrote.

        Parameters
        ----------
        path : str or path
        in_memory : bool, default False
            False: ids and offsets stay in the file, and training reads them from there piece by
            piece: the corpus may be larger than memory, and processes that train from the same
            file share the system's cache of it. True: read all of it, and compare its checksums.

        Raises
        ------
        FormatError
            When the file is none, or damaged; a ValueError.
        FileNotFoundError
        """
        from fastsgns.corpus.encoded_file import read_encoded

        parts = read_encoded(path, in_memory)
        corpus = cls(*parts)
        try:
            check_offsets(corpus.offsets, len(corpus.ids))
            if not corpus.is_on_disk:
                _check_ids(corpus.ids, len(corpus.words))
        except ValueError as error:
            raise FormatError(f"{os.fspath(path)}: {error}") from error
        return corpus

    @property
    def n_sentences(self) -> int:
        """How many sentences there are, empty ones included."""
        return len(self.offsets) - 1

    @property
    def n_raw_words(self) -> int:
        """How many tokens there are."""
        return len(self.ids)

    @cached_property
    def longest(self) -> int:
        """How many tokens the longest sentence has."""
        return max(
            (int(np.diff(block).max(initial=0)) for _, block in blocks(self.offsets, 1)), default=0
        )

    @property
    def is_on_disk(self) -> bool:
        """Whether the ids are in a file and not in RAM."""
        return isinstance(self.ids, DiskArray)

    def __len__(self) -> int:
        return self.n_sentences

    def __iter__(self) -> Iterator[list[Hashable]]:
        for _, bounds in blocks(self.offsets, 1):
            for start in range(0, len(bounds) - 1, 1024):
                some = bounds[start : start + 1025]
                ids = self.ids[int(some[0]) : int(some[-1])]
                words = list(map(self.words.__getitem__, ids.tolist()))
                ends = (some - some[0]).tolist()
                for begin, end in itertools.pairwise(ends):
                    yield words[begin:end]

    def __repr__(self) -> str:
        where = ", on disk" if self.is_on_disk else ""
        return (
            f"EncodedCorpus<sentences={self.n_sentences}, tokens={self.n_raw_words},"
            f" words={len(self.words)}{where}>"
        )


def taken_over(text: EncodedText) -> EncodedCorpus:
    """Return the corpus that has the arrays of an encoding."""
    check_offsets(text.offsets, len(text.ids))
    return EncodedCorpus(text.ids, text.offsets, text.words, text.word_counts)


def with_listed_words(corpus: EncodedCorpus) -> EncodedCorpus:
    """Return a corpus that is going to stay, whose words are a list and not the scan's table."""
    return replace(corpus, words=list(corpus.words))


# --- checks ---------------------------------------------------------------------------------------


def blocks(
    numbers: NDArray[Number] | DiskArray[Number], overlap: int = 0
) -> Iterator[tuple[int, NDArray[Number]]]:
    """Go through an array in pieces, in RAM or not, with the index at which each begins.

    A piece begins with the last `overlap` numbers of the one before.
    """
    for start in range(0, len(numbers), BLOCK):
        begin = max(start - overlap, 0)
        yield begin, numbers[begin : start + BLOCK]


def _as_numbers(name: str, given: Any, dtype: type[Number]) -> Any:
    """Return a flat array of integers as one of this type; on disk or mapped, it stays there."""
    if isinstance(given, DiskArray) and given.dtype == dtype:
        return given
    array = np.asanyarray(given)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a flat array, got the shape {array.shape}")
    if array.dtype.kind not in "iu" and len(array):
        raise TypeError(f"{name} must be integers, got {array.dtype}")
    if array.dtype != dtype and len(array):
        limits = np.iinfo(dtype)
        low, high = int(array.min()), int(array.max())
        if low < limits.min or high > limits.max:
            raise ValueError(
                f"{name} must be in {limits.min}..{limits.max}, got {low if low < 0 else high}"
            )
    return np.ascontiguousarray(array, dtype)


def _check_ids(ids: Numbers32, n_words: int, first: int = 0) -> None:
    """Raise ValueError unless these ids, from number `first` of the corpus on, are words."""
    for begin, block in blocks(ids):
        wrong = (block < 0) | (block >= n_words)
        if wrong.any():
            at = int(wrong.argmax())
            raise ValueError(
                f"ids must be in 0..{n_words - 1}, the words that there are:"
                f" ids[{first + begin + at}] is {block[at]}"
            )


def check_offsets(offsets: Numbers64, n_ids: int) -> None:
    """Raise ValueError unless offsets run from 0 to `n_ids`, with sentences that training takes."""
    if not len(offsets):
        raise ValueError("offsets must have an entry more than there are sentences, got none")
    first, last = int(offsets[:1][0]), int(offsets[len(offsets) - 1 :][0])
    if first != 0 or last != n_ids:
        raise ValueError(f"offsets must run from 0 to {n_ids}, the tokens, got {first} to {last}")
    for begin, block in blocks(offsets, 1):
        lengths = np.diff(block)
        if lengths.min(initial=0) < 0:
            at = int(lengths.argmin())
            raise ValueError(
                f"offsets must not descend: offsets[{begin + at + 1}] is {block[at + 1]},"
                f" after {block[at]}"
            )
        if lengths.max(initial=0) > np.iinfo(np.int32).max:
            at = int(lengths.argmax())
            raise ValueError(
                f"sentences may have 2**31 - 1 tokens, sentence {begin + at} of the corpus has"
                f" {lengths[at]}"
            )


def count_ids(ids: Numbers32, n_words: int) -> NDArray[np.int64]:
    """Return how often each id occurs: int64 (n_words,)."""
    from fastsgns.corpus._ids import add_counts

    counts = np.zeros(n_words, np.int64)
    for _, block in blocks(ids):
        add_counts(counts, block)
    return counts
