"""Engine room: from the ids that a scan gave to those of a model's words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import repeat
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.encoded import EncodedCorpus, with_listed_words
from fastsgns.corpus.training_corpus import CorpusView, RenumberedCorpus


def known_ids(words: Iterable[Hashable], key_to_index: Mapping[Any, int]) -> NDArray[np.int32]:
    """Return the index of each word, -1 for unknown ones: int32 (n_words,).

    differs from gensim: words of other types than str, in the vocabulary of a text file, are just
    never met; there they are a TypeError.
    """
    from fastsgns.corpus._text import WordTable

    if isinstance(words, WordTable) and type(key_to_index) is dict:
        return words.numbers_in(key_to_index)
    return np.fromiter(map(key_to_index.get, words, repeat(-1)), np.int32)


def renumber(
    corpus: EncodedCorpus, new_ids: NDArray[np.int32], is_shared: bool = False
) -> RenumberedCorpus | CorpusView:
    """Replace each id i by new_ids[i]; tokens whose new id is -1 are dropped.

    Parameters
    ----------
    corpus : EncodedCorpus
        In RAM and not shared, its arrays go into the result: it is of no use any more. (A copy
        would hold the ids twice at the moment when memory is shortest; what is dropped stays
        allocated behind the result instead.)
    new_ids : int32 (n_words,)
    is_shared : bool, default False
        The corpus must not be changed: it is renumbered while it is read, as one on disk is.
    """
    from fastsgns.corpus._ids import renumber_ids

    if is_shared:
        return CorpusView(corpus, new_ids)
    if corpus.is_on_disk:
        return CorpusView(with_listed_words(corpus), new_ids)
    ids, offsets = cast(Any, corpus.ids), cast(Any, corpus.offsets)
    raw_lengths = np.diff(offsets).astype(np.int32)
    n_left = renumber_ids(ids, offsets, new_ids)
    return RenumberedCorpus(ids[:n_left], offsets, raw_lengths)
