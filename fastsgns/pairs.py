"""Face: from a text of word ids to its (word, context) pairs; see docs/derivation.md."""

from fastsgns.objective.pairs import cbow_hidden, skip_gram_pairs, text_blocks

__all__ = ["cbow_hidden", "skip_gram_pairs", "text_blocks"]
