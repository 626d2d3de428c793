"""Face: what gensim 4 removed from the models of gensim 3, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

#: By the names on a model. What is `wv.name` there is `name` of the vectors themselves.
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
    "vocab": "wv.key_to_index, and wv.get_vecattr(word, 'count') for counts",
    "vocabulary": "raw_vocab, cum_table and the other attributes of the model itself",
    "wmdistance": "wv.wmdistance",
}


def missing(owner: object, name: str, *, of_vectors: bool = False) -> AttributeError:
    """Return the error for an attribute that is not there: of gensim 3's, it says what is instead.

    Parameters
    ----------
    owner : object
    name : str
    of_vectors : bool, default False
        `owner` is what a model has as `wv`.
    """
    message = f"{type(owner).__name__!r} object has no attribute {name!r}"
    if name in REPLACED:
        instead = REPLACED[name].replace("wv.", "") if of_vectors else REPLACED[name]
        message += f": since gensim 4 there is {instead} instead"
    return AttributeError(message, name=name, obj=owner)


def removed_from_vectors(name: str, setter: Callable[[Any, Any], None] | None = None) -> property:
    """Return a property that raises `missing` when it is read, and when it is set without a setter.

    gensim's vectors have such properties: programs look for them, and old files set them.
    """

    def get(self: object, _: object = None) -> NoReturn:
        raise missing(self, name, of_vectors=True)

    return property(get, setter or get, doc=f"Gone: {REPLACED[name].replace('wv.', '')}.")
