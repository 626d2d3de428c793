"""Benchmarks, evaluation: the scores of one set of vectors, by the same code for every system.

The conventions are those of gensim's `evaluate_word_pairs` and `evaluate_word_analogies`, and
tests/test_benchmarks.py compares: words match whatever their case, the more frequent variant first;
what is not in the vocabulary is left out. It is code of its own, not fastsgns', so that a mistake
in the package under test cannot hide itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _sets import Labels, Pair, Question, read_sets
from numpy.typing import NDArray
from scipy.stats import spearmanr

# Most work on analogies leaves rare words out; and all of them are asked as well.
FREQUENT_WORDS = 30_000

# How many neighbours vote on a word's label.
NEIGHBOURS = 10

# Rows of the score matrix that exist at a time: 256 × 73,000 float32 are 75 MB.
QUESTIONS_AT_ONCE = 256

Vectors = NDArray[np.float32]


def evaluate(wv: Any, folder: Path) -> dict[str, dict[str, Any]]:
    """Score the vectors of `wv`, which has `index_to_key` and `vectors`, on each set in `folder`.

    Returns
    -------
    dict
        For each set's name, ``score`` (Spearman's correlation or accuracy, × 100; None when too
        little of the set is in the vocabulary), ``used`` and ``of`` (pairs or questions).
    """
    unit = unit_rows(wv.vectors)
    rows = first_rows(wv.index_to_key)
    scores: dict[str, dict[str, Any]] = {}
    for name, content in read_sets(folder).items():
        if isinstance(content, list):
            scores[name] = score_pairs(unit, rows, content)
            continue
        if isinstance(content, Labels):
            scores[name] = score_labels(unit, wv.index_to_key, content)
            continue
        for limit, label in (
            (FREQUENT_WORDS, f"{FREQUENT_WORDS:,} words"),
            (len(unit), "all words"),
        ):
            scores |= {
                f"{name}, {label}{kind}": score
                for kind, score in score_analogies(unit, rows, content, limit)
            }
    return scores


def unit_rows(vectors: Any) -> Vectors:
    """Return the rows of `vectors` (V, D) at length 1; a row of zeros stays."""
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(norms, np.finfo(np.float32).tiny)
    return unit


def first_rows(words: Sequence[str]) -> dict[str, int]:
    """Return the row of each upper-cased word; of several variants the first, most frequent one."""
    rows: dict[str, int] = {}
    for row, word in enumerate(words):
        rows.setdefault(word.upper(), row)
    return rows


def score_pairs(unit: Vectors, rows: dict[str, int], pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return Spearman's correlation × 100 between cosines and people's scores."""
    known = [
        (rows[first.upper()], rows[second.upper()], score)
        for first, second, score in pairs
        if first.upper() in rows and second.upper() in rows
    ]
    result: dict[str, Any] = {"score": None, "used": len(known), "of": len(pairs)}
    if len(known) > 1:
        left, right, people = zip(*known, strict=True)
        cosines = np.einsum("pd,pd->p", unit[list(left)], unit[list(right)])
        result["score"] = 100 * float(spearmanr(people, cosines).statistic)
    return result


def score_labels(unit: Vectors, words: Sequence[str], labels: Labels) -> dict[str, Any]:
    """Return for how many words × 100 the label is that of most of the nearest labelled words."""
    known = [row for row, word in enumerate(words) if word in labels.of]
    result: dict[str, Any] = {"score": None, "used": len(known), "of": len(labels.of)}
    if len(known) > NEIGHBOURS:
        names, label_of = np.unique([labels.of[words[row]] for row in known], return_inverse=True)
        matrix = unit[known]
        n_right = 0
        for start in range(0, len(known), QUESTIONS_AT_ONCE):
            block = np.arange(start, min(start + QUESTIONS_AT_ONCE, len(known)))
            scores = matrix[block] @ matrix.T
            scores[np.arange(len(block)), block] = -np.inf
            nearest = np.argpartition(-scores, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
            votes = np.apply_along_axis(np.bincount, 1, label_of[nearest], minlength=len(names))
            n_right += int((votes.argmax(axis=1) == label_of[block]).sum())
        result["score"] = 100 * n_right / len(known)
    return result


def score_analogies(
    unit: Vectors, rows: dict[str, int], sections: dict[str, list[Question]], limit: int
) -> list[tuple[str, dict[str, Any]]]:
    """Return the accuracy × 100 over all, semantic and syntactic questions.

    Only the `limit` most frequent words are asked for, and can be answers.
    """
    candidates = {word: row for word, row in rows.items() if row < limit}
    # Of the cases of a word (Turkey, turkey) only the first is a candidate, asked or answered.
    position = {word: at for at, word in enumerate(candidates)}
    matrix = unit[list(candidates.values())]
    right: dict[str, list[bool]] = {"": [], ", semantic": [], ", syntactic": []}
    asked = dict.fromkeys(right, 0)
    for name, questions in sections.items():
        kind = ", syntactic" if name.startswith("gram") else ", semantic"
        known = [
            [position[word.upper()] for word in question]
            for question in questions
            if all(word.upper() in position for word in question)
        ]
        answers = are_right(matrix, np.array(known, dtype=np.intp).reshape(-1, 4))
        for part in ("", kind):
            asked[part] += len(questions)
            right[part] += answers
    return [
        (
            kind,
            {
                "score": 100 * sum(found) / len(found) if found else None,
                "used": len(found),
                "of": asked[kind],
            },
        )
        for kind, found in right.items()
    ]


def are_right(matrix: Vectors, questions: NDArray[np.intp]) -> list[bool]:
    """Say for each question (a, b, c, d) whether d is nearest to b - a + c, save a, b and c."""
    right: list[bool] = []
    for start in range(0, len(questions), QUESTIONS_AT_ONCE):
        block = questions[start : start + QUESTIONS_AT_ONCE]
        a, b, c, d = block.T
        scores = (matrix[b] - matrix[a] + matrix[c]) @ matrix.T
        np.put_along_axis(scores, block[:, :3], -np.inf, axis=1)
        right += (scores.argmax(axis=1) == d).tolist()
    return right
