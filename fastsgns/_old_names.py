"""Face: other names of parameters and attributes of Word2Vec, and what to write instead."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

from fastsgns._shown import shown

#: What parameters are called elsewhere: in gensim 3, in word2vec.c and in other libraries.
PARAMETERS = {
    "batch_size": "batch_words",
    "cbow": "sg",
    "context_size": "window",
    "corpus_path": "corpus_file",
    "dim": "vector_size",
    "dimensions": "vector_size",
    "docs": "sentences",
    "embedding_dim": "vector_size",
    "embedding_size": "vector_size",
    "iter": "epochs",
    "iterations": "epochs",
    "learning_rate": "alpha",
    "lr": "alpha",
    "max_vocab": "max_final_vocab",
    "min_freq": "min_count",
    "min_frequency": "min_count",
    "min_learning_rate": "min_alpha",
    "min_word_count": "min_count",
    "n_dim": "vector_size",
    "n_epochs": "epochs",
    "n_iter": "epochs",
    "n_jobs": "workers",
    "n_workers": "workers",
    "neg": "negative",
    "negative_samples": "negative",
    "num_epochs": "epochs",
    "num_negative": "negative",
    "num_workers": "workers",
    "random_state": "seed",
    "size": "vector_size",
    "skip_gram": "sg",
    "skipgram": "sg",
    "subsample": "sample",
    "texts": "sentences",
    "threads": "workers",
    "vec_size": "vector_size",
    "walks": "sentences",
    "window_size": "window",
}

#: What gensim 4 removed from the models of gensim 3, by the names on a model. What is `wv.name`
#: there is `name` of the vectors themselves.
REPLACED = PARAMETERS | {
    "accuracy": "wv.evaluate_word_analogies",
    "clear_sims": "wv.fill_norms(force=True)",
    "delete_temporary_training_data": "wv, which is all that queries need",
    "doesnt_match": "wv.doesnt_match",
    "evaluate_word_analogies": "wv.evaluate_word_analogies",
    "evaluate_word_pairs": "wv.evaluate_word_pairs",
    "index2entity": "wv.index_to_key",
    "index2word": "wv.index_to_key",
    "index_to_key": "wv.index_to_key",
    "intersect_word2vec_format": "wv.intersect_word2vec_format",
    "key_to_index": "wv.key_to_index",
    "load_word2vec_format": "KeyedVectors.load_word2vec_format",
    "log_accuracy": "wv.log_accuracy",
    "most_similar": "wv.most_similar",
    "most_similar_cosmul": "wv.most_similar_cosmul",
    "n_similarity": "wv.n_similarity",
    "save_word2vec_format": "wv.save_word2vec_format",
    "similar_by_vector": "wv.similar_by_vector",
    "similar_by_word": "wv.similar_by_word",
    "similarity": "wv.similarity",
    "syn0": "wv.vectors",
    "syn0_lockf": "wv.vectors_lockf",
    "syn0norm": "wv.get_normed_vectors()",
    "trainables": "syn1neg and syn1 of the model itself",
    "vectors": "wv.vectors",
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


P = ParamSpec("P")
T = TypeVar("T")


def knowing_other_names(method: Callable[P, T]) -> Callable[P, T]:
    """Have a method say, of a parameter that it does not have, what it is called here."""
    allowed = list(inspect.signature(method).parameters)[1:]

    @functools.wraps(method)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        for name in kwargs:
            if name not in allowed:
                raise TypeError(_unexpected(method.__name__, name, allowed))
        return method(*args, **kwargs)

    return checked


def _unexpected(method: str, name: str, allowed: list[str]) -> str:
    told = f"{method}() got an unexpected keyword argument {shown(name, 60)}"
    corpus = next((name for name in ("sentences", "corpus_iterable") if name in allowed), "")
    meant = PARAMETERS.get(name, name)
    if meant in ("sentences", "corpus_iterable"):
        meant = corpus
    if meant in allowed:
        return f"{told}: in gensim 4, and here, it is called {meant!r}"
    if meant != name:
        return f"{told}: it is called {meant!r}, and given to Word2Vec()"
    import difflib

    near = difflib.get_close_matches(name, allowed, n=1)
    return f"{told}: did you mean {near[0]!r}?" if near else told
