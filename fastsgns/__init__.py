"""Face: word vectors by skip-gram with negative sampling, a drop-in for gensim's Word2Vec.

    from fastsgns import Word2Vec
    model = Word2Vec(sentences, vector_size=100, window=5, min_count=5, sg=1, workers=4)
    model.wv.most_similar("word")

`word2vec` and `keyedvectors` have gensim's shape and all state. They call the rooms, which take
values and give values: `corpus` (sentences become ids), `vocabulary` (counts become tables),
`training` (ids become vectors, by the compiled `_core`, without the GIL), `objective`, `io`.
docs/architecture.md has the whole picture.
"""

import logging

from fastsgns import _old_places as _old_places
from fastsgns import callbacks, keyedvectors, utils, word2vec
from fastsgns.corpus import EncodedCorpus
from fastsgns.corpus.sentences import LineSentence, PathLineSentences, Text8Corpus
from fastsgns.gensim_patch import patch_gensim, unpatch_gensim
from fastsgns.io.verification import verify
from fastsgns.keyedvectors import KeyedVectors
from fastsgns.version import __version__, show_versions
from fastsgns.word2vec import Word2Vec

__all__ = [
    "EncodedCorpus",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "Word2Vec",
    "__version__",
    "callbacks",
    "keyedvectors",
    "patch_gensim",
    "show_versions",
    "unpatch_gensim",
    "utils",
    "verify",
    "word2vec",
]

# As in gensim: our lines go where the program wants logging, and nowhere if it wants none.
logging.getLogger("fastsgns").addHandler(logging.NullHandler())
