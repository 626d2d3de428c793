"""Engine room: KeyedVectors, gensim's store of word vectors, and what else its module has.

The parts, each on top of the one before: `_keyed_store` (look up), `_keyed_edits` (add), then
`_similarity` and `_comparisons` (ask), `_keyed_files` and `_keyed_formats` (save, load).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastsgns import _keyed_formats, evaluation
from fastsgns._comparisons import Comparisons
from fastsgns._keyed_edits import prep_vectors, pseudorandom_weak_vector
from fastsgns._keyed_formats import KeyedFormats
from fastsgns._keyed_store import REAL, logger

__all__ = [
    "REAL",
    "CompatVocab",
    "Doc2VecKeyedVectors",
    "EuclideanKeyedVectors",
    "KeyedVectors",
    "Vocab",
    "Word2VecKeyedVectors",
    "load_word2vec_format",
    "prep_vectors",
    "pseudorandom_weak_vector",
]

Path = str | os.PathLike[str]

_MIGRATING = "https://github.com/RaRe-Technologies/gensim/wiki/Migrating-from-Gensim-3.x-to-4"


class KeyedVectors(Comparisons, KeyedFormats):
    """Word vectors by key, with the methods of gensim 4's class of that name.

    Parameters
    ----------
    vector_size : int
        Length of a vector.
    count : int, default 0
        Rows to allocate ahead, to be filled by `add_vector`.
    dtype : dtype, default float32
        Type of the vectors.
    mapfile_path : str, optional
        Kept, not used; as in gensim.

    Examples
    --------
    >>> import numpy as np
    >>> kv = KeyedVectors(vector_size=2)
    >>> kv.add_vectors(["north", "east", "northeast"], np.array([[0, 1], [1, 0], [1, 1]]))
    >>> kv.most_similar("north", topn=1)[0][0]
    'northeast'
    >>> float(kv.similarity("north", "east"))
    0.0
    """

    def vectors_for_all(
        self, keys: Iterable[Hashable], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> KeyedVectors:
        """Return a new KeyedVectors with the vectors of `keys`, in their order.

        Parameters
        ----------
        keys : iterable of hashable
            Repeated keys count once; those that are not there are left out.
        allow_inference : bool, default True
            Keys that a subclass finds a vector for, though they are not stored, count as there.
        copy_vecattrs : bool, default False
            Take the attributes of the keys along. Otherwise counts are made up: n, n - 1, ..., 1.
        """
        wanted = list(dict.fromkeys(keys))
        # differs from gensim: int keys stay keys; there they become None.
        there = self.__contains__ if allow_inference else self.key_to_index.__contains__
        found = [key for key in wanted if there(key)]
        chosen = KeyedVectors(self.vector_size, 0, dtype=self.vectors.dtype)
        if not found:
            return chosen
        chosen.add_vectors(found, np.stack([self.get_vector(key) for key in found]))
        chosen.next_index = len(found)
        if not copy_vecattrs:
            chosen.expandos["count"] = np.arange(len(found), 0, -1)
            return chosen
        for attr in self.expandos:
            values = [self.get_vecattr(key, attr) for key in found]
            chosen.allocate_vecattrs([attr], [self.expandos[attr].dtype])
            for row, value in enumerate(values):
                chosen.expandos[attr][row] = value
        return chosen

    # ---------------------------------------------------------------- judging

    def evaluate_word_analogies(
        self,
        analogies: Path,
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",  # noqa: ARG002
    ) -> tuple[float, list[dict[str, Any]]]:
        """Answer the analogies of a file and count the right answers.

        "a is to b as c is to ?" is answered with the word nearest to b + c - a that is none of the
        three (Mikolov et al. 2013, "Efficient Estimation of Word Representations in Vector Space").

        Parameters
        ----------
        analogies : str or path
            A file in the form of questions-words.txt: four words a line, ": name" before a section.
        restrict_vocab : int or None, default 300000
            Use the first so many words only; lines with others are left out.
        case_insensitive : bool, default True
            Compare in upper case; of words that differ in case only, the first counts.
        dummy4unknown : bool, default False
            Count lines with unknown words as wrong instead of leaving them out.
        similarity_function : str
            Without effect, as in gensim: it is always `most_similar`.

        Returns
        -------
        score : float
            The share of right answers.
        sections : list of dict
            Of "section", "correct" and "incorrect"; the last is the total.

        Raises
        ------
        ValueError
            An analogy comes before the first section.
        ZeroDivisionError
            There are no analogies in the file.
        """
        return evaluation.evaluate_word_analogies(
            self, analogies, restrict_vocab, case_insensitive, dummy4unknown
        )

    def evaluate_word_pairs(
        self,
        pairs: Path,
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Any, Any, float]:
        """Correlate the similarities of word pairs with the scores that people gave them.

        Parameters
        ----------
        pairs : str or path
            A file with two words and a score a line; lines that begin with # are left out.
        delimiter : str, default tab
            What is between them.
        encoding : str, default "utf8"
        restrict_vocab, case_insensitive
            As for `evaluate_word_analogies`.
        dummy4unknown : bool, default False
            Take the similarity of unknown words as 0 instead of leaving the pair out.

        Returns
        -------
        pearson, spearman
            SciPy's results: statistic and p-value.
        oov_ratio : float
            Per cent of the pairs with an unknown word.

        Raises
        ------
        ValueError
            There is no pair to judge by.
        """
        return evaluation.evaluate_word_pairs(
            self, pairs, delimiter, encoding, restrict_vocab, case_insensitive, dummy4unknown
        )

    @staticmethod
    def log_accuracy(section: dict[str, Any]) -> None:
        """Log how many analogies of a section were right."""
        evaluation.log_section(section)

    @staticmethod
    def _log_evaluate_word_analogies(section: dict[str, Any]) -> float:
        return evaluation.log_section(section)

    @staticmethod
    def log_evaluate_word_pairs(
        pearson: Sequence[float], spearman: Sequence[float], oov: float, pairs: object
    ) -> None:
        """Log what `evaluate_word_pairs` found."""
        evaluation.log_word_pairs(pearson, spearman, oov, pairs)

    # ---------------------------------------------------------------- names of gensim 3

    def word_vec(self, *args: Any, **kwargs: Any) -> NDArray[Any]:
        """Call `get_vector`; deprecated."""
        _deprecated("word_vec", "Use get_vector instead")
        return self.get_vector(*args, **kwargs)

    def words_closer_than(self, word1: Hashable, word2: Hashable) -> list[Any]:
        """Call `closer_than`; deprecated."""
        _deprecated("words_closer_than", "Use closer_than instead")
        return self.closer_than(word1, word2)

    def init_sims(self, replace: bool = False) -> None:
        """Call `fill_norms`, or with `replace` `unit_normalize_all`; deprecated."""
        _deprecated("init_sims", f"Use fill_norms() instead. See {_MIGRATING}")
        self.fill_norms()
        if replace:
            logger.warning(
                "destructive init_sims(replace=True) deprecated & no longer required "
                "for space-efficiency"
            )
            self.unit_normalize_all()

    def similarity_unseen_docs(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise NotImplementedError: only Doc2Vec models know it."""
        raise NotImplementedError("Call similarity_unseen_docs on a Doc2Vec model instead.")

    @property
    def vectors_norm(self) -> NoReturn:
        """Gone: there is `get_normed_vectors`."""
        raise AttributeError(
            "The `.vectors_norm` attribute is computed dynamically since Gensim 4.0.0. "
            f"Use `.get_normed_vectors()` instead.\nSee {_MIGRATING}"
        )

    @vectors_norm.setter
    def vectors_norm(self, _: Any) -> None:
        """Drop what an old file holds: it is computed when needed."""

    @property
    def index2entity(self) -> NoReturn:
        """Gone: there is `index_to_key`."""
        raise AttributeError(_replaced("index2entity"))

    @index2entity.setter
    def index2entity(self, value: list[Any]) -> None:
        self.index_to_key = value

    @property
    def index2word(self) -> NoReturn:
        """Gone: there is `index_to_key`."""
        raise AttributeError(_replaced("index2word"))

    @index2word.setter
    def index2word(self, value: list[Any]) -> None:
        self.index_to_key = value

    @property
    def vocab(self) -> NoReturn:
        """Gone: there are `key_to_index`, `index_to_key`, `get_vecattr` and `set_vecattr`."""
        raise AttributeError(
            "The vocab attribute was removed from KeyedVector in Gensim 4.0.0.\n"
            "Use KeyedVector's .key_to_index dict, .index_to_key list, and methods "
            ".get_vecattr(key, attr) and .set_vecattr(key, attr, new_val) instead.\n"
            f"See {_MIGRATING}"
        )

    @vocab.setter
    def vocab(self, _: Any) -> None:
        self.vocab()  # raises, with the hint


def _replaced(name: str) -> str:
    hint = f"The {name} attribute has been replaced by index_to_key since Gensim 4.0.0."
    return f"{hint}\nSee {_MIGRATING}"


def _deprecated(name: str, hint: str) -> None:
    warnings.warn(
        f"Call to deprecated `{name}` ({hint}).", category=DeprecationWarning, stacklevel=3
    )


class CompatVocab:
    """What gensim 3 kept of each word, for programs and files that still hold such things.

    Parameters
    ----------
    **kwargs
        Become attributes; `count` is 0 by default.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.count = 0
        self.__dict__.update(kwargs)

    def __lt__(self, other: CompatVocab) -> bool:
        return self.count < other.count

    def __str__(self) -> str:
        values = ", ".join(f"{key}:{self.__dict__[key]!r}" for key in sorted(self.__dict__))
        return f"{type(self).__name__}<{values}>"


Vocab = CompatVocab
Word2VecKeyedVectors = KeyedVectors
Doc2VecKeyedVectors = KeyedVectors
EuclideanKeyedVectors = KeyedVectors

load_word2vec_format = KeyedVectors.load_word2vec_format
# gensim's tests call it by this name.
_load_word2vec_format = _keyed_formats.load_word2vec_format
