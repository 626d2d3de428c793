"""Face: what programs around Word2Vec import from gensim.utils."""

from __future__ import annotations

import itertools
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from fastsgns.io.files import open_binary
from fastsgns.vocabulary import (
    RULE_DEFAULT,
    RULE_DISCARD,
    RULE_KEEP,
    TrimRule,
    keeps_word,
)

__all__ = [
    "PAT_ALPHABETIC",
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "ClippedCorpus",
    "RepeatCorpus",
    "RepeatCorpusNTimes",
    "any2unicode",
    "any2utf8",
    "call_on_class_only",
    "deaccent",
    "keep_vocab_item",
    "prune_vocab",
    "save_as_line_sentence",
    "simple_preprocess",
    "simple_tokenize",
    "to_unicode",
    "to_utf8",
    "tokenize",
]

#: A token: letters of any script and underscores, no digits.
PAT_ALPHABETIC = re.compile(r"([^\W\d]+)")


# ---------------------------------------------------------------- vocabularies


def keep_vocab_item(
    word: Any, count: int, min_count: int, trim_rule: TrimRule | None = None
) -> bool:
    """Say whether a word stays in the vocabulary.

    Parameters
    ----------
    word : hashable
    count : int
    min_count : int
        Words seen less often go, unless `trim_rule` says otherwise.
    trim_rule : callable, optional
        (word, count, min_count) -> RULE_KEEP, RULE_DISCARD, or RULE_DEFAULT for the rule above.
    """
    return keeps_word(word, count, min_count, trim_rule)


def prune_vocab(vocab: dict[Any, int], min_reduce: int, trim_rule: TrimRule | None = None) -> int:
    """Take the words out of a dict of counts that are seen less than `min_reduce` times.

    Parameters
    ----------
    vocab : dict of word to int
        Changed.
    min_reduce : int
    trim_rule : callable, optional
        As for `keep_vocab_item`.

    Returns
    -------
    int
        The sum of the counts that were taken out.
    """
    pruned = [word for word in vocab if not keeps_word(word, vocab[word], min_reduce, trim_rule)]
    return sum(vocab.pop(word) for word in pruned)


# ---------------------------------------------------------------- text


def any2unicode(text: str | bytes, encoding: str = "utf8", errors: str = "strict") -> str:
    """Return text as str: bytes are decoded."""
    return text if isinstance(text, str) else str(text, encoding, errors)


def any2utf8(text: str | bytes, errors: str = "strict", encoding: str = "utf8") -> bytes:
    """Return text as UTF-8: bytes are taken to be in `encoding`."""
    return any2unicode(text, encoding, errors).encode("utf8")


to_unicode = any2unicode
to_utf8 = any2utf8


def deaccent(text: str | bytes) -> str:
    """Return text without the accents of its letters.

    >>> deaccent("Šéf chomutovských komunistů")
    'Sef chomutovskych komunistu'
    """
    parts = unicodedata.normalize("NFD", any2unicode(text))
    kept = "".join(part for part in parts if unicodedata.category(part) != "Mn")
    return unicodedata.normalize("NFC", kept)


def tokenize(
    text: str | bytes,
    lowercase: bool = False,
    deacc: bool = False,
    encoding: str = "utf8",
    errors: str = "strict",
    to_lower: bool = False,
    lower: bool = False,
) -> Iterator[str]:
    """Yield the tokens of a text: runs of letters and underscores, without digits.

    Parameters
    ----------
    text : str or bytes
    lowercase, to_lower, lower : bool, default False
        Any of them turns the text to lower case.
    deacc : bool, default False
        Take the accents off.
    encoding, errors : str
        Of bytes.

    Examples
    --------
    >>> list(tokenize("Nic nemůže letět rychlostí 300000 km/s", deacc=True))
    ['Nic', 'nemuze', 'letet', 'rychlosti', 'km', 's']
    """
    plain = any2unicode(text, encoding, errors)
    if lowercase or to_lower or lower:
        plain = plain.lower()
    return simple_tokenize(deaccent(plain) if deacc else plain)


def simple_tokenize(text: str) -> Iterator[str]:
    """Yield the runs of letters and underscores of a text."""
    for match in PAT_ALPHABETIC.finditer(text):
        yield match.group()


def simple_preprocess(
    doc: str | bytes, deacc: bool = False, min_len: int = 2, max_len: int = 15
) -> list[str]:
    """Return the tokens of a text in lower case, without very short and very long ones.

    Parameters
    ----------
    doc : str or bytes
        Bytes that are no UTF-8 are left out.
    deacc : bool, default False
        Take the accents off.
    min_len, max_len : int, default 2 and 15
        The lengths to keep, in characters.

    Examples
    --------
    >>> simple_preprocess("The quick, brown fox: 3 jumps")
    ['the', 'quick', 'brown', 'fox', 'jumps']
    """
    tokens = tokenize(doc, lower=True, deacc=deacc, errors="ignore")
    return [t for t in tokens if min_len <= len(t) <= max_len and not t.startswith("_")]


def save_as_line_sentence(
    corpus: Iterable[Iterable[str]], filename: str | os.PathLike[str]
) -> None:
    """Write sentences as text that LineSentence and corpus_file read: a line each, in UTF-8.

    Parameters
    ----------
    corpus : iterable of iterables of str
        Tokens, which must hold no white space to be the same when read.
    filename : str or path
        The suffixes .gz, .bz2, .xz and .zst compress.
    """
    with open_binary(filename, "wb") as file:
        for sentence in corpus:
            file.write(" ".join(sentence).encode("utf8") + b"\n")


# ---------------------------------------------------------------- parts and multiples of a corpus


class ClippedCorpus:
    """The first `max_docs` sentences of a corpus, again and again; None is all of them."""

    def __init__(self, corpus: Any, max_docs: int | None = None) -> None:
        self.corpus = corpus
        self.max_docs = max_docs

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(self.corpus, self.max_docs)

    def __len__(self) -> int:
        # differs from gensim: without max_docs it raises a TypeError.
        length = len(self.corpus)
        return length if self.max_docs is None else min(self.max_docs, length)


class RepeatCorpus:
    """`reps` sentences of a corpus, which begins anew whenever it ends.

    >>> list(RepeatCorpus([["a"], ["b"]], 3))
    [['a'], ['b'], ['a']]
    """

    def __init__(self, corpus: Any, reps: int) -> None:
        self.corpus = corpus
        self.reps = reps

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(itertools.cycle(self.corpus), self.reps)


class RepeatCorpusNTimes:
    """A corpus `n` times over.

    >>> list(RepeatCorpusNTimes([["a"], ["b"]], 2))
    [['a'], ['b'], ['a'], ['b']]
    """

    def __init__(self, corpus: Any, n: int) -> None:
        self.corpus = corpus
        self.n = n

    def __iter__(self) -> Iterator[Any]:
        for _ in range(self.n):
            yield from self.corpus


# ---------------------------------------------------------------- classes


def call_on_class_only(*args: Any, **kwargs: Any) -> NoReturn:  # noqa: ARG001
    """Raise AttributeError: what `load` is on a model, since it would not change the model."""
    raise AttributeError("This method should be called on a class object.")
