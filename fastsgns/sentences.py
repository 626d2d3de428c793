"""Face: readers of text files, as gensim's. They are made in `fastsgns.corpus`."""

from fastsgns.corpus.sentences import (
    MAX_SENTENCE_LENGTH,
    BrownCorpus,
    LineSentence,
    PathLineSentences,
    Text8Corpus,
    TextFiles,
    as_sentences,
    as_text,
    corpus_files,
)

__all__ = [
    "MAX_SENTENCE_LENGTH",
    "BrownCorpus",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "TextFiles",
    "as_sentences",
    "as_text",
    "corpus_files",
]
