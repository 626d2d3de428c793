"""Engine room: sentences that are ids from the start, of words that are known beforehand."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Generator, Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

#: Ids, and where sentences end, as indices into these.
Blocks = Generator[tuple[NDArray[np.int32], NDArray[np.int64]], None, None]


class NumberedSentences(ABC):
    """Base of what makes sentences as ids, block by block: no token of them is ever looked at.

    It can be gone through any number of times, and iterates over its sentences as lists of words.
    """

    @property
    @abstractmethod
    def words(self) -> Sequence[Hashable]:
        """The distinct words; a word's index is its id. Some may be in no sentence."""

    @abstractmethod
    def blocks(self, workers: int) -> Blocks:
        """Begin a pass; give ids and where sentences end, as indices into these ids.

        Parameters
        ----------
        workers : int, >= 1
            Threads that may be taken. What comes does not depend on it.
        """

    def __iter__(self) -> Iterator[list[Hashable]]:
        words = self.words
        for ids, ends in self.blocks(1):
            tokens = list(map(words.__getitem__, ids.tolist()))
            for begin, end in itertools.pairwise([0, *ends.tolist()]):
                yield tokens[begin:end]
