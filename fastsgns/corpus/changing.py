"""Engine room: notices sentences that are others in each pass, where only one pass is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import FunctionType
from typing import Any

from fastsgns.corpus.sentences import as_text
from fastsgns.corpus.training_corpus import TrainingCorpus
from fastsgns.io.interrupts import pass_on

#: Whether to look. `patch_gensim` sets it: sentences are for gensim to be read again in each epoch,
#: while our own promise is to read them once.
looks_again = False

#: How many sentences of a second pass are looked at.
N_SENTENCES = 16

#: What has its own way to be read, and is data, not a program that makes sentences.
_OF_TABLES = ("__arrow_c_stream__", "column_names", "iloc")

MESSAGE = (
    "the sentences are others in a second pass than in the first, and all %i epochs train the "
    'first. If they are meant to change (random walks, augmented text), corpus_cache="off" reads '
    "them anew in each epoch, as gensim does; so does the environment variable "
    "FASTSGNS_CORPUS_CACHE=off in programs that cannot be edited. If not, "
    'corpus_cache="memory" says so'
)


def changes(sentences: Any, corpus: TrainingCorpus, key_to_index: Mapping[Any, int]) -> bool:
    """Say whether a second pass over sentences begins with others than those that were encoded.

    Asked while gensim is patched, and only of objects of classes that are written in Python and
    begin anew in `__iter__`. What else there is, lists, files, columns, does not change by itself,
    or can be read once only.
    """
    if not looks_again or not _may_change(sentences):
        return False
    try:
        for number, sentence in enumerate(islice(sentences, N_SENTENCES)):
            if number >= corpus.n_sentences or _differs(sentence, number, corpus, key_to_index):
                return True
    except Exception as error:  # whatever it raises: it is read once only, and has been
        pass_on(error)
        return False
    return False


def _may_change(sentences: Any) -> bool:
    iterate = getattr(type(sentences), "__iter__", None)
    return (
        isinstance(iterate, FunctionType)
        and iterate.__module__ != as_text.__module__
        and not isinstance(sentences, Iterator)
        and not any(hasattr(sentences, name) for name in _OF_TABLES)
    )


def _differs(
    sentence: Iterable[Any],
    number: int,
    corpus: TrainingCorpus,
    key_to_index: Mapping[Any, int],
) -> bool:
    tokens = list(sentence)
    known = [key_to_index[token] for token in tokens if token in key_to_index]
    ids, _ = corpus.read(number, number + 1)
    (raw_length,) = corpus.raw_lengths_of(number, number + 1).tolist()
    return bool(len(tokens) != raw_length or known != ids.tolist())
