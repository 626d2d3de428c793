"""Engine room: the part of Word2Vec that copies and borrows: what models may share."""

from __future__ import annotations

import copy
from typing import Any, Self

from fastsgns._scoring import Scoring
from fastsgns.keyedvectors import KeyedVectors


class Copying(Scoring):
    """Base of Word2Vec: copies of a model, and a model from another's vocabulary."""

    def reset_from(self, other_model: Any) -> None:
        """Take over the vocabulary of another model, and begin with weights of one's own.

        Parameters
        ----------
        other_model : Word2Vec
            Its words, counts, tables and remembered corpus are shared from now on, not copied.

        Notes
        -----
        The weights are drawn anew, with this model's `vector_size`, `seed`, `hs` and `negative`.
        """
        other: KeyedVectors = other_model.wv
        self.wv = KeyedVectors(self.vector_size)
        self.wv.index_to_key = other.index_to_key
        self.wv.key_to_index = other.key_to_index
        self.wv.expandos = other.expandos
        self.wv.next_index = len(other.index_to_key)
        self.cum_table = getattr(other_model, "cum_table", None)
        self.corpus_count = other_model.corpus_count
        # differs from gensim: it leaves the words of another corpus beside this one's sentences.
        self.corpus_total_words = other_model.corpus_total_words
        self._remember(getattr(other_model, "corpus", None))
        # The words may have been reordered since the other model read it.
        self._corpus_keys = getattr(other_model, "_corpus_keys", None)
        # differs from gensim: vectors_lockf is drawn with the weights; without it train() hangs.
        self.init_weights()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        if self.corpus is not None:
            memo[id(self.corpus)] = self.corpus  # nobody writes into it: both can have it
        twin.__dict__.update(copy.deepcopy(self._what_stays(), memo))
        return twin

    def __copy__(self) -> Self:
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self._what_stays())
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: all but the remembered corpus, as in `save` and in gensim."""
        about_corpus = {"corpus", "_corpus_keys", "_trained_epochs", "_unfinished"}
        return {name: of for name, of in self._what_stays().items() if name not in about_corpus}

    def _what_stays(self) -> dict[str, Any]:
        """Return the attributes without what is the constructor's while it runs.

        Callbacks take copies then; the sentences may be a generator, or large.
        """
        return {name: value for name, value in self.__dict__.items() if name != "_built_from"}
