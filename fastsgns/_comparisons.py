"""Engine room: how similar given keys are; the part of KeyedVectors that compares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastsgns._keyed_store import REAL, SINGLE_KEY_TYPES, logger, row_norms, unit_vector
from fastsgns._similarity import SimilarityQueries


class Comparisons(SimilarityQueries):
    """What compares given keys, lists of keys or documents."""

    @staticmethod
    def cosine_similarities(vector_1: ArrayLike, vectors_all: ArrayLike) -> NDArray[Any]:
        """Return the cosine between one vector and each row of a matrix.

        Parameters
        ----------
        vector_1 : array_like, shape (d,)
        vectors_all : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
            NaN where a vector is zero, with NumPy's RuntimeWarning.
        """
        vector, matrix = np.asarray(vector_1), np.asarray(vectors_all)
        if vector.ndim != 1 or matrix.ndim != 2 or matrix.shape[1] != len(vector):
            raise ValueError(
                f"shapes (d,) and (n, d) are needed, got {vector.shape} and {matrix.shape}"
            )
        lengths = np.linalg.norm(vector) * row_norms(matrix)
        cosines: NDArray[Any] = (matrix @ vector) / lengths
        return cosines

    def similarity(self, w1: Any, w2: Any) -> np.float32:
        """Return the cosine between the vectors of two keys; 0 for a vector of zeros."""
        cosine: np.float32 = np.dot(unit_vector(self[w1]), unit_vector(self[w2]))
        return cosine

    def distance(self, w1: Any, w2: Any) -> np.float32:
        """Return ``1 - similarity(w1, w2)``."""
        return 1 - self.similarity(w1, w2)

    def distances(
        self, word_or_vector: Any, other_words: Iterable[Any] | None = ()
    ) -> NDArray[Any]:
        """Return the cosine distances from a key or vector to other keys.

        Parameters
        ----------
        word_or_vector : key, row number or ndarray of shape (vector_size,)
        other_words : iterable of keys, optional
            By default all keys, in order.

        Returns
        -------
        ndarray, shape (n_words,)
        """
        if isinstance(word_or_vector, SINGLE_KEY_TYPES):
            vector = self.get_vector(word_or_vector)
        else:
            vector = self._checked_vector(np.asarray(word_or_vector))
        # differs from gensim: an array of words will do; there its truth value is asked for.
        others = [] if other_words is None else list(other_words)
        rows = [self.get_index(word) for word in others]
        vectors = self.vectors[rows] if rows else self.vectors
        return 1 - self.cosine_similarities(vector, vectors)

    def n_similarity(self, ws1: Any, ws2: Any) -> np.float32:
        """Return the cosine between the means of the vectors of two lists of keys.

        Keys that are not there are left out; a list without any that are gives 0.

        Raises
        ------
        ZeroDivisionError
            A list is empty.
        """
        ws1, ws2 = _listed(ws1), _listed(ws2)
        if not (len(ws1) and len(ws2)):
            raise ZeroDivisionError("At least one of the passed list is empty.")
        means = (self.get_mean_vector(words, pre_normalize=False) for words in (ws1, ws2))
        mean1, mean2 = map(unit_vector, means)
        cosine: np.float32 = np.dot(mean1, mean2)
        return cosine

    def rank_by_centrality(
        self, words: Iterable[Any], use_norm: bool = True
    ) -> list[tuple[np.float32, Any]]:
        """Rank keys by the cosine with the mean of them all.

        Parameters
        ----------
        words : iterable of keys
            Keys that are not there are left out, with a warning in the log.
        use_norm : bool, default True
            Scale the vectors to unit length first.

        Returns
        -------
        list of (similarity, key), best first

        Raises
        ------
        ValueError
            None of the keys is there.
        """
        words = list(words)
        used = [word for word in words if word in self]
        if len(used) < len(words):
            missing = set(words) - set(used)
            logger.warning(
                "vectors for words %s are not present in the model, ignoring these words", missing
            )
        if not used:
            raise ValueError("cannot select a word from an empty list")
        vectors = np.vstack([self.get_vector(word, norm=use_norm) for word in used]).astype(REAL)
        mean = unit_vector(vectors.mean(axis=0))
        pairs = list(zip(vectors @ mean, used, strict=True))
        try:
            return sorted(pairs, reverse=True)
        except TypeError:  # keys of several types have no order
            return sorted(pairs, key=lambda pair: pair[0], reverse=True)

    def doesnt_match(self, words: Iterable[Any]) -> Any:
        """Return the key that is least like the mean of them all; see `rank_by_centrality`."""
        return self.rank_by_centrality(words)[-1][1]

    def most_similar_to_given(self, key1: Any, keys_list: Sequence[Any]) -> Any:
        """Return the key of `keys_list` that is most similar to `key1`.

        Raises
        ------
        ValueError
            `keys_list` is empty.
        """
        keys = list(keys_list)
        if not keys:
            raise ValueError("keys_list must hold at least one key, got none")
        return keys[int(np.argmax([self.similarity(key1, key) for key in keys]))]

    def closer_than(self, key1: Hashable, key2: Hashable) -> list[Any]:
        """Return all keys that are closer to `key1` than `key2` is, in the order of the rows."""
        row1, row2 = self.get_index(key1), self.get_index(key2)
        distances = self.distances(key1)
        closer = np.flatnonzero(distances < distances[row2])
        return [self.index_to_key[row] for row in closer.tolist() if row != row1]

    def rank(self, key1: Hashable, key2: Hashable) -> int:
        """Return the rank of `key2` among the neighbours of `key1`, 1 for the nearest."""
        return len(self.closer_than(key1, key2)) + 1

    def relative_cosine_similarity(self, wa: Any, wb: Any, topn: int = 10) -> float:
        """Return the similarity of two keys relative to that of the first one's neighbours.

        Above ``1 / topn``, `wb` is more similar to `wa` than its neighbours are on average
        (Leeuwenberg et al. 2016, "A Minimally Supervised Approach for Synonym Extraction with Word
        Embeddings").

        Parameters
        ----------
        wa, wb : key
        topn : int, default 10
            Neighbours of `wa` to compare with.

        Raises
        ------
        ValueError
            There are no neighbours to compare with.
        """
        if topn is None:
            raise ValueError("topn must be an int >= 1, got None")
        neighbours = self.similar_by_word(wa, topn)
        if not neighbours:
            raise ValueError(
                "Cannot calculate relative cosine similarity without any similar words."
            )
        return float(self.similarity(wa, wb)) / sum(similarity for _, similarity in neighbours)

    def wmdistance(
        self, document1: Iterable[Any], document2: Iterable[Any], norm: bool = True
    ) -> float:
        """Return the Word Mover's Distance between two documents.

        The least it takes to move the words of one, weighted by how often they come, onto those of
        the other, where moving costs the Euclidean distance of the vectors (Kusner et al. 2015,
        "From Word Embeddings To Document Distances"). Needs the package POT.

        Parameters
        ----------
        document1, document2 : iterable of keys
            Keys that are not there are left out.
        norm : bool, default True
            Scale the vectors to unit length first.

        Returns
        -------
        float
            inf when a document has no known word, or when all distances are 0 without the words
            being the same, as in gensim.

        Raises
        ------
        ImportError
            POT is not installed.
        """
        from ot import emd2  # type: ignore[import-untyped, import-not-found, unused-ignore]

        given = [list(document1), list(document2)]
        known = [[word for word in words if word in self] for words in given]
        n_missing = [len(all_) - len(some) for all_, some in zip(given, known, strict=True)]
        if any(n_missing):
            logger.info(
                "Removed %d and %d OOV words from document 1 and 2 (respectively).", *n_missing
            )
        if not all(known):
            logger.warning(
                "At least one of the documents had no words that were in the vocabulary."
            )
            return float("inf")
        counts = [Counter(words) for words in known]
        words = list(dict.fromkeys(known[0] + known[1]))
        if len(words) == 1:
            return 0.0

        vectors = np.array([self.get_vector(word, norm=norm) for word in words], dtype=np.float64)
        costs = np.zeros((len(words), len(words)))
        columns = [column for column, word in enumerate(words) if word in counts[1]]
        for row, word in enumerate(words):
            if word in counts[0]:
                costs[row, columns] = np.linalg.norm(vectors[columns] - vectors[row], axis=1)
        if abs(costs.sum()) < 1e-8:
            logger.info("The distance matrix is all zeros. Aborting (returning inf).")
            return float("inf")
        first, second = (
            np.array([count[word] for word in words]) / len(document)
            for count, document in zip(counts, known, strict=True)
        )
        distance: Any = emd2(first, second, costs)  # an array for several documents, typed so
        return float(distance)


def _listed(words: Any) -> Any:
    return words if isinstance(words, (Sequence, np.ndarray)) else list(words)
