"""Engine room: from sentences, columns, ids and files of text to integers, a token looked at once.

In come sentences of any kind, or the names of files, and how many threads may read; out come ids.
No word count is judged here: all words are numbered, in the order in which they were first seen.

    sentences.py      what files there are, and gensim's readers: LineSentence, Text8Corpus, ...
        |             (refusals.py: what cannot be meant as a corpus; progress.py: how far it is;
        |             tables.py: a column of CSV, JSON lines or Parquet)
        |
    reading.py        one pass: words -> ids. Text on threads (text_source, text_threads, _text),
        |             Python's sentences token by token (columns, _tokens, _arrow)
        |  ids go to keeping.py while they come: to RAM, to a file (spill.py, free_memory.py), or on
        |
    encoded.py        EncodedCorpus: words, ids, offsets. For any number of models; encoded_file.py
        |
    scanning.py       scan: what a vocabulary is made of; encode: the words are known already
        |
    renumbering.py    ids of the scan -> ids of a model
        |
    training_corpus.py   what an epoch asks of a corpus: RenumberedCorpus (RAM), CorpusView (shared
                      or on disk); streaming.py: StreamedCorpus, read anew in each epoch;
                      changing.py: whether that would make a difference; batches.py: sentences
                      as they are, for hooks of the user's

Sentences that are made as ids of known words (numbered.py: walks over a graph) are only counted.
texts.py is another way out of reading.py: texts that are to become vectors.

Open scanning.py first. A scan's ids and words may be taken apart (ScannedCorpus); who only wants
integers takes EncodedCorpus.
"""

from fastsgns.corpus.batches import SentenceBatches
from fastsgns.corpus.encoded import EncodedCorpus
from fastsgns.corpus.renumbering import known_ids, renumber
from fastsgns.corpus.scanning import ScannedCorpus, encode, given_corpus, scan
from fastsgns.corpus.training_corpus import (
    CorpusView,
    RenumberedCorpus,
    TrainingCorpus,
    fingerprint,
)

__all__ = [
    "CorpusView",
    "EncodedCorpus",
    "RenumberedCorpus",
    "ScannedCorpus",
    "SentenceBatches",
    "TrainingCorpus",
    "encode",
    "fingerprint",
    "given_corpus",
    "known_ids",
    "renumber",
    "scan",
]
