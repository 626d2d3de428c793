"""Engine room: what is asked of word vectors, and how they are edited.

What comes in are arrays (`vectors`, one row a key; `norms`, their lengths; queries), keys and dicts
of keys. What goes out are rows with their scores, numbers, or arrays that take the place of old
ones. Nothing here knows of KeyedVectors: that is the face, which looks keys up and gives rows their
keys again.

    query.py      what a question may be made of
    search.py     the search: (rows, queries, k) -> (places, scores), on threads, over _search.pyx
                  and _kernels/search/. Open this one first
    nearest.py    the rows that a question is about, and what is best of many scores
    approximate.py    candidates for the nearest out of a graph, by usearch
    compare.py    lengths, means and cosines of given vectors, over _rows.pyx; Word Mover's Distance
    evaluate.py   files of scored pairs, judged as gensim does; analogies.py: files of analogies
    asked_words.py    the words that questions ask for, and their rows
    relations.py  analogies by all pairs of a relation: 3CosAvg and LRCos
    evaluation_sets.py    files of more kinds, recognised by the form of their lines
                  (evaluation_lines.py); evaluation_items.py keeps what they ask as rows,
                  evaluation_judges.py judges by each kind, with correlations of ranks.py, and
                  evaluation_report.py makes a table with intervals of confidence
    tables.py     vectors as frames of pandas and polars, and tables of Arrow
    narrow.py     vectors of float16 and int8
    reshaping.py  vectors made of vectors: principal components, all-but-the-top, rotations
    pooling.py    vectors of texts, from those of their words
    subwords.py   vectors of words from those of their n-grams, over _characters.pyx
    edits.py      keys and vectors added, ordered and started; attributes of keys
    unknown.py    what to say of a key that is not there; _characters.pyx finds those like it

This room is private: programs use fastsgns.keyedvectors.
"""
