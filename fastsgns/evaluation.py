"""Face: judging word vectors, as functions of a KeyedVectors."""

from __future__ import annotations

from typing import Any

from fastsgns.keyedvectors import KeyedVectors
from fastsgns.vectors.evaluate import log_section, log_word_pairs

__all__ = ["evaluate_word_analogies", "evaluate_word_pairs", "log_section", "log_word_pairs"]


def evaluate_word_analogies(
    kv: KeyedVectors, *args: Any, **kwargs: Any
) -> tuple[float, list[dict[str, Any]]]:
    """Call `KeyedVectors.evaluate_word_analogies`."""
    return kv.evaluate_word_analogies(*args, **kwargs)


def evaluate_word_pairs(kv: KeyedVectors, *args: Any, **kwargs: Any) -> tuple[Any, Any, float]:
    """Call `KeyedVectors.evaluate_word_pairs`."""
    return kv.evaluate_word_pairs(*args, **kwargs)
