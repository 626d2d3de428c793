"""Engine room: the first weights of a vocabulary, their growth with it, and their size."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastsgns._lifecycle import Lifecycle
from fastsgns.keyedvectors import KeyedVectors

logger = logging.getLogger("fastsgns.word2vec")


class FirstWeights(Lifecycle):
    """Base of Word2Vec: the weight matrices before they are trained."""

    wv: KeyedVectors
    syn1: NDArray[np.float32]
    syn1neg: NDArray[np.float32]
    vector_size: int
    layer1_size: int
    hs: int
    negative: int
    seed: Any

    def prepare_weights(self, update: bool = False) -> None:
        """Draw first weights for a new vocabulary, or grow the ones there are."""
        if update:
            self.update_weights()
        else:
            self.init_weights()

    def init_weights(self) -> None:
        """Draw the input vectors from [-1, 1) / vector_size, set the others to zero."""
        logger.info("resetting layer weights")
        # differs from gensim: all rows are drawn; there those of an old vocabulary stay, and stand
        # for whatever words now have their indices.
        self.wv.vectors = np.zeros((0, self.vector_size), np.float32)
        self.wv.resize_vectors(seed=self.seed)
        self.wv.vectors_lockf = np.ones(1, np.float32)
        n_words = len(self.wv.index_to_key)
        if self.hs:
            self.syn1 = np.zeros((n_words, self.layer1_size), np.float32)
        if self.negative:
            self.syn1neg = np.zeros((n_words, self.layer1_size), np.float32)

    def update_weights(self) -> None:
        """Add rows for new words: drawn for the input vectors, zero for the others."""
        logger.info("updating layer weights")
        if not len(self.wv.vectors):
            self._refuse_update()
        self.wv.resize_vectors(seed=self.seed)
        n_new = len(self.wv.index_to_key)
        if self.hs:
            self.syn1 = _with_zero_rows(self.syn1, n_new)
        if self.negative:
            self.syn1neg = _with_zero_rows(self.syn1neg, n_new)

    def _check_has_vocabulary(self) -> None:
        # differs from gensim: it finds out only after it has changed the vocabulary.
        if not len(self.wv.index_to_key):
            self._refuse_update()

    def _refuse_update(self) -> NoReturn:
        raise RuntimeError(
            "You cannot do an online vocabulary-update of a model which has no prior "
            "vocabulary: call build_vocab() without update first"
        )

    def estimate_memory(
        self, vocab_size: int | None = None, report: dict[str, int] | None = None
    ) -> dict[str, int]:
        """Estimate the bytes that a model of `vocab_size` words needs, by gensim's formula.

        Returns
        -------
        dict
            vocab, vectors, syn1 (hierarchical softmax), syn1neg (negative sampling), total.
        """
        n_words = vocab_size or len(self.wv.index_to_key)
        report = {} if report is None else report
        nbytes_matrix = n_words * self.vector_size * np.dtype(np.float32).itemsize
        report["vocab"] = n_words * (700 if self.hs else 500)
        report["vectors"] = nbytes_matrix
        if self.hs:
            report["syn1"] = nbytes_matrix
        if self.negative:
            report["syn1neg"] = nbytes_matrix
        report["total"] = sum(report.values())
        logger.info(
            "estimated required memory for %i words and %i dimensions: %i bytes",
            n_words,
            self.vector_size,
            report["total"],
        )
        return report


def _with_zero_rows(matrix: NDArray[np.float32], n_rows: int) -> NDArray[np.float32]:
    grown = np.zeros((n_rows, matrix.shape[1]), np.float32)
    grown[: len(matrix)] = matrix
    return grown
