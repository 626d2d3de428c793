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
from importlib import import_module
from typing import TYPE_CHECKING

from fastsgns import _old_places as _old_places
from fastsgns.version import __version__, show_versions

if TYPE_CHECKING:
    from fastsgns import callbacks, keyedvectors, utils, word2vec
    from fastsgns.corpus import EncodedCorpus
    from fastsgns.corpus.sentences import LineSentence, PathLineSentences, Text8Corpus
    from fastsgns.gensim_patch import patch_gensim, unpatch_gensim
    from fastsgns.io.formats import info
    from fastsgns.keyedvectors import KeyedVectors
    from fastsgns.verification import verify
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
    "info",
    "keyedvectors",
    "patch_gensim",
    "show_versions",
    "unpatch_gensim",
    "utils",
    "verify",
    "word2vec",
]

#: The modules of the names that are no modules. They are imported when one is first asked for: the
#: command line says what it can do before NumPy would be there.
_HOMES = {
    "EncodedCorpus": "corpus",
    "KeyedVectors": "keyedvectors",
    "LineSentence": "corpus.sentences",
    "PathLineSentences": "corpus.sentences",
    "Text8Corpus": "corpus.sentences",
    "Word2Vec": "word2vec",
    "info": "io.formats",
    "patch_gensim": "gensim_patch",
    "unpatch_gensim": "gensim_patch",
    "verify": "verification",
}

if not TYPE_CHECKING:  # or any name would do, to a type checker

    def __getattr__(name: str) -> object:
        """Import what has not been asked for before, and with the first name all rooms."""
        place = f"{__name__}.{_HOMES.get(name, name)}"
        if not name.startswith("_"):
            import_module(f"{__name__}.word2vec")
            try:
                module = import_module(place)
            except ModuleNotFoundError as error:
                if error.name != place:
                    raise
            else:
                globals()[name] = getattr(module, name) if name in _HOMES else module
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


# As in gensim: our lines go where the program wants logging, and nowhere if it wants none.
logging.getLogger("fastsgns").addHandler(logging.NullHandler())
