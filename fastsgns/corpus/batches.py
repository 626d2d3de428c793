"""Engine room: sentences as they are, in batches, for who wants to see them before training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from fastsgns.corpus.training_corpus import Cuts


class SentenceBatches:
    """Sentences that are read anew in each epoch, a batch of so many words at a time.

    Parameters
    ----------
    sentences : iterable of token sequences
    count_words : callable
        Given a list of sentences, how many words they have.

    Attributes
    ----------
    n_sentences, n_raw_words : int
        What the epoch has handed out so far: after its end, all of it.
    longest : int
        Always 0: not known.
    """

    longest = 0

    def __init__(self, sentences: Iterable[Any], count_words: Callable[[list[Any]], int]) -> None:
        self._sentences = sentences
        self._count_words = count_words
        self._coming: Iterator[Any] = iter(())
        self._batches: dict[int, list[Any]] = {}
        self._batch_words = 1
        self._left_over: list[Any] = []  # one sentence, that the last batch had no room for
        self.n_sentences = self.n_raw_words = 0

    def begin_epoch(self, batch_words: int) -> Cuts:
        """Begin to read; return the first batch."""
        from fastsgns.corpus.columns import one_by_one  # the compiled code comes when first used

        self.end_epoch()
        self._batch_words = batch_words
        self.n_sentences = self.n_raw_words = 0
        self._coming = one_by_one(self._sentences)
        nothing = np.zeros(1, np.int64)
        return self.more_cuts() or Cuts(nothing, nothing)

    def more_cuts(self) -> Cuts | None:
        """Return the next batch; None at the end. Raises whatever the iterator raises."""
        batch, self._left_over = self._left_over, []
        n_words = self._count_words(batch)
        for sentence in self._coming:
            n_more = self._count_words([sentence])
            if batch and n_words + n_more > self._batch_words:
                self._left_over = [sentence]
                break
            batch.append(sentence)
            n_words += n_more
        if not batch:
            return None
        first, words_before = self.n_sentences, self.n_raw_words
        self._batches[first] = batch
        self.n_sentences += len(batch)
        self.n_raw_words += n_words
        return Cuts(np.array([first, self.n_sentences]), np.array([words_before, self.n_raw_words]))

    def take(self, first: int) -> list[Any]:
        """Return the batch that begins with sentence number `first`, once."""
        return self._batches.pop(first)

    def end_epoch(self) -> None:
        """Give up what is left of the epoch."""
        self._coming = iter(())
        self._batches.clear()
        self._left_over = []
