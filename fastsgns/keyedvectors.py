"""Engine room: KeyedVectors, gensim's store of word vectors and what one asks of it."""

from __future__ import annotations

from fastsgns._keyed_store import REAL, KeyedStore, prep_vectors, pseudorandom_weak_vector

__all__ = ["REAL", "KeyedVectors", "prep_vectors", "pseudorandom_weak_vector"]


class KeyedVectors(KeyedStore):
    """Word vectors by key."""
