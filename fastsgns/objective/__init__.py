"""Engine room: what a trained model says of a text: how likely it is, exactly.

In come ids with their sentences' offsets, the matrices and Settings; out come numbers. Nothing is
trained, sampled or approximated here, but for the table of sigmoids by which `score` matches
gensim's.

    pairs.py        a text of ids -> its (word, context) pairs, with full windows
        |
    likelihood.py   the objectives of negative sampling and softmax, and their gradient
    scoring.py      the score of a sentence under hierarchical softmax (_scores, on threads); the
                    words that a context makes likely

Open likelihood.py first: docs/derivation.md walks through it.
"""
