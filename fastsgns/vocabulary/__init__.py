"""Engine room: from the counts of words to all that training derives from them.

In come words with their counts (WordCounts, which a scan or a dict gives), out comes a Vocabulary:
words in order, counts, keep thresholds, noise table, Huffman paths. The order of words decides
vectors, tables, tree and files, so each rule here is gensim's, to the bit; all takes plain counts
and gives plain arrays.

    counts.py    which words stay (min_count, max_final_vocab, a trim rule), and their order
        |
    tables.py    how likely a token is kept, and how likely a word is drawn as noise
    huffman.py   the tree of hierarchical softmax
        |
    building.py  trim -> fresh or extended -> by_frequency: the vocabulary, step by step

Open building.py first.
"""

from fastsgns._params import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP, TrimRule
from fastsgns.vocabulary.building import (
    Trimmed,
    Vocabulary,
    by_frequency,
    extended,
    fitted,
    fresh,
    trim,
    with_word,
)
from fastsgns.vocabulary.counts import (
    WordCounts,
    final_min_count,
    frequency_order,
    keeps_word,
    kept_words,
)
from fastsgns.vocabulary.huffman import HuffmanPaths, huffman_paths, join_paths, pruned, split_paths
from fastsgns.vocabulary.tables import (
    NOISE_DOMAIN,
    KeepThresholds,
    keep_thresholds,
    len_noise_pool,
    noise_table,
)

__all__ = [
    "NOISE_DOMAIN",
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "HuffmanPaths",
    "KeepThresholds",
    "TrimRule",
    "Trimmed",
    "Vocabulary",
    "WordCounts",
    "by_frequency",
    "extended",
    "final_min_count",
    "fitted",
    "frequency_order",
    "fresh",
    "huffman_paths",
    "join_paths",
    "keep_thresholds",
    "keeps_word",
    "kept_words",
    "len_noise_pool",
    "noise_table",
    "pruned",
    "split_paths",
    "trim",
    "with_word",
]
