"""Engine room: the part of Word2Vec that answers to names of gensim 3, or says what to use."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fastsgns._copying import Copying
from fastsgns.vectors.edits import pseudorandom_weak_vector

#: What gensim 4 removed from its Word2Vec, and what to write instead.
REPLACED = {
    "accuracy": "wv.evaluate_word_analogies",
    "clear_sims": "wv.fill_norms(force=True)",
    "delete_temporary_training_data": "wv, which is all that queries need",
    "doesnt_match": "wv.doesnt_match",
    "evaluate_word_analogies": "wv.evaluate_word_analogies",
    "evaluate_word_pairs": "wv.evaluate_word_pairs",
    "index2entity": "wv.index_to_key",
    "index2word": "wv.index_to_key",
    "intersect_word2vec_format": "wv.intersect_word2vec_format",
    "iter": "epochs",
    "load_word2vec_format": "KeyedVectors.load_word2vec_format",
    "log_accuracy": "wv.log_accuracy",
    "most_similar": "wv.most_similar",
    "most_similar_cosmul": "wv.most_similar_cosmul",
    "n_similarity": "wv.n_similarity",
    "save_word2vec_format": "wv.save_word2vec_format",
    "similar_by_vector": "wv.similar_by_vector",
    "similar_by_word": "wv.similar_by_word",
    "similarity": "wv.similarity",
    "size": "vector_size",
    "syn0": "wv.vectors",
    "syn0_lockf": "wv.vectors_lockf",
    "syn0norm": "wv.get_normed_vectors()",
    "trainables": "syn1neg and syn1 of the model itself",
    "vectors_norm": "wv.get_normed_vectors()",
    "vocab": "wv.key_to_index",
    "vocabulary": "raw_vocab, cum_table and the other attributes of the model itself",
    "wmdistance": "wv.wmdistance",
}


class OldNames(Copying):
    """Base of Word2Vec: deprecated and removed names."""

    hashfxn: Any

    if not TYPE_CHECKING:  # or any name would do, to a type checker

        def __getattr__(self, name: str) -> NoReturn:
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            if name in REPLACED:
                message += f": since gensim 4 there is {REPLACED[name]} instead"
            raise AttributeError(message, name=name, obj=self)

    def init_sims(self, replace: bool = False) -> None:
        """Call `wv.init_sims`; deprecated, and there is nothing to call: norms come when needed."""
        warnings.warn(
            "Call to deprecated `init_sims` (norms are computed when they are needed).",
            category=DeprecationWarning,
            stacklevel=2,
        )
        self.wv.init_sims(replace)

    def seeded_vector(self, seed_string: Any, vector_size: int) -> NDArray[np.float32]:
        """Return a small random vector that depends on `seed_string` and `hashfxn`; deprecated.

        Returns
        -------
        float32 (vector_size,)
            Uniform in [-0.5 / vector_size, 0.5 / vector_size).
        """
        warnings.warn(
            "Call to deprecated `seeded_vector` "
            "(Use fastsgns.keyedvectors.pseudorandom_weak_vector() directly).",
            category=DeprecationWarning,
            stacklevel=2,
        )
        return pseudorandom_weak_vector(vector_size, seed_string, self.hashfxn)
