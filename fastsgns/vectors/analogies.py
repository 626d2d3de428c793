"""Engine room: how well vectors answer a file of analogies, as gensim judges it.

"a is to b as c is to ?" is answered with the word nearest by 3CosAdd or 3CosMul (search.py); or, of
each pair in a section, the second word by what the section's other pairs say (relations.py).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress
from operator import not_
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.io.short_lines import blocks_of
from fastsgns.vectors import relations, search
from fastsgns.vectors.asked_words import AskedWords, KnownWords
from fastsgns.vectors.evaluate import Path, log_section

logger = logging.getLogger("fastsgns.keyedvectors")

Section = dict[str, Any]
Rows = NDArray[np.int64]

#: Methods by the names that `evaluate_word_analogies` knows them by; two are gensim's.
METHODS = {
    "most_similar": "3CosAdd",
    "most_similar_cosmul": "3CosMul",
    "3CosAdd": "3CosAdd",
    "3CosMul": "3CosMul",
    "3CosAvg": "3CosAvg",
    "LRCos": "LRCos",
}
FORMS: dict[str, search.Form] = {"3CosAdd": "add", "3CosMul": "mul"}

# As in gensim: the right word must be among so many nearest when those before it do not count.
N_CANDIDATES = 5

# Questions whose row numbers are objects of Python at a time.
_PIECE = 1 << 14


class Block(NamedTuple):
    """What some lines of a file ask: questions of four words, or the pairs of these.

    Attributes
    ----------
    words : list of str
        Of all questions, spelled as words are compared; the last one of each is the answer.
    rows : int32 ndarray, shape (n_questions, n_words)
        -1 for words that are not known.
    section : int32 ndarray, shape (n_questions,)
        Of each question.
    numbers : int64 ndarray, shape (n_questions,)
        Of their lines, for the log.
    texts : list of str
    """

    words: list[str]
    rows: NDArray[np.int32]
    section: NDArray[np.int32]
    numbers: NDArray[np.int64]
    texts: list[str]


class Questions(NamedTuple):
    """What a file asks that can be answered, or counts as wrong.

    Attributes
    ----------
    sections : list of str
    section : int32 ndarray, shape (n_questions,)
        Of each question.
    rows : int32 ndarray, shape (n_questions, n_words)
        -1 for words that are not known.
    unknown : list of tuple of str
        The questions that have such words, where they count.
    texts : list of str
        The lines of those that have none, some in each text, if wrong answers are logged.
    n_all : int
        As many questions the file has, with those that are left out.
    """

    sections: list[str]
    section: NDArray[np.int32]
    rows: NDArray[np.int32]
    unknown: list[tuple[str, ...]]
    texts: list[str]
    n_all: int


def judge(
    path: Path,
    keys: Sequence[Any],
    vectors: NDArray[Any],
    *,
    case_insensitive: bool,
    dummy4unknown: bool,
    method: str = "3CosAdd",
    topn: int = 1,
    workers: int = 1,
) -> tuple[float, list[Section]]:
    """Answer the analogies of a file.

    Parameters
    ----------
    path : str or path
    keys : sequence
        The keys of the rows that may be used.
    vectors : ndarray, shape (n, d)
        These rows.
    case_insensitive : bool
        Compare in upper case; of words that differ in case only, the first counts.
    dummy4unknown : bool
        Count questions with unknown words as wrong instead of leaving them out.
    method : str
        Of `METHODS`.
    topn : int
        An answer is right when it is among so many nearest.
    workers : int

    Returns
    -------
    score, sections
        As `KeyedVectors.evaluate_word_analogies` returns them.
    """
    by_pairs = method in relations.METHODS
    asking = AskedWords(keys, case_insensitive)
    asked = _read(path, asking, by_pairs=by_pairs, keeps_unknown=dummy4unknown)
    words = asking.known()
    known: NDArray[np.bool_] = np.all(asked.rows >= 0, axis=1)
    rows = asked.rows[known].astype(np.int64)
    if by_pairs:
        found = _by_section(asked.section[known], rows, method, (words, vectors, topn, workers))
    else:
        found = answers(rows[:, :3], words, vectors, FORMS[method], topn, workers)
    right = np.zeros(len(known), bool)
    right[known] = (found == rows[:, -1:]).any(axis=1)
    questions = _in_words(asked, known, words)
    if logger.isEnabledFor(logging.DEBUG):
        _log_wrong(asked, found, right[known], list(compress(questions, known)), (words, keys))
    verdicts = right.tolist()
    ends = np.searchsorted(asked.section, np.arange(len(asked.sections)), "right").tolist()
    sections: list[Section] = []
    for name, begin, end in zip(asked.sections, [0, *ends], ends, strict=False):
        of_it, are_right = questions[begin:end], verdicts[begin:end]
        correct = list(compress(of_it, are_right))
        incorrect = list(compress(of_it, map(not_, are_right)))
        sections.append({"section": name, "correct": correct, "incorrect": incorrect})
    for section in sections:
        log_section(section)
    if not asked.n_all:
        raise ZeroDivisionError(f"{path} holds no analogy: no line has four words")
    share = len(rows) / asked.n_all
    logger.info("Quadruplets with out-of-vocabulary words: %.1f%%", 100 * (1 - share))
    if not dummy4unknown:
        logger.info(
            "NB: analogies containing OOV words were skipped from evaluation! "
            'To change this behavior, use "dummy4unknown=True"'
        )
    total: Section = {
        "section": "Total accuracy",
        "correct": [question for section in sections for question in section["correct"]],
        "incorrect": [question for section in sections for question in section["incorrect"]],
    }
    score = log_section(total)
    return score, [*sections, total]


def _read(path: Path, asking: AskedWords, *, by_pairs: bool, keeps_unknown: bool) -> Questions:
    """Read a file in the form of questions-words.txt; what is not known is only counted."""
    sections: list[str] = []
    section = [np.empty(0, np.int32)]
    rows = [np.empty((0, 2 if by_pairs else 4), np.int32)]
    unknown: list[tuple[str, ...]] = []
    texts = []
    n_all = 0
    logs = logger.isEnabledFor(logging.DEBUG)
    blocks = _blocks(path, sections, asking)
    for block in _pairs(blocks) if by_pairs else blocks:
        n_all += len(block.rows)
        known: NDArray[np.bool_] = np.all(block.rows >= 0, axis=1)
        if logs:
            _log_unknown(block, known, keeps_unknown)
            if known.any():
                texts.append("\n".join(compress(block.texts, known)))
        if keeps_unknown:
            unknown += compress(_by(block.rows.shape[1], block.words), ~known)
            known[:] = True
        section.append(block.section[known])
        rows.append(block.rows[known])
    return Questions(sections, np.concatenate(section), np.concatenate(rows), unknown, texts, n_all)


def _blocks(path: Path, sections: list[str], asking: AskedWords) -> Iterator[Block]:
    """Yield what pieces of a file ask; the names of its sections come into `sections`."""
    for first, lines in blocks_of(path, "utf8"):
        asked: list[str] = []
        places: list[int] = []
        begins = [0]  # of the sections among the questions
        n_before = len(sections)
        texts = map(str.upper, lines) if asking.case_insensitive else lines
        for place, (line, words) in enumerate(zip(lines, map(str.split, texts), strict=True)):
            if line.startswith(": "):
                sections.append(line.lstrip(": ").strip())
                begins.append(len(places))
            elif not sections:
                raise ValueError(f"Missing section header before line #{first + place} in {path}")
            elif len(words) == 4:
                asked += words
                places.append(place)
            else:
                logger.info("Skipping invalid line #%i in %s", first + place, path)
        rows = asking.rows_of(asked, len(asked))
        asking.look_up()
        lengths = np.diff([*begins, len(places)])
        section = np.repeat(np.arange(n_before - 1, len(sections), dtype=np.int32), lengths)
        numbers = np.array(places, np.int64) + first
        yield Block(asked, rows.reshape(-1, 4), section, numbers, [lines[i] for i in places])


def _pairs(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the pairs of each section as questions of their own, each once."""
    distinct = relations.DistinctPairs()
    for block in blocks:
        pairs: list[tuple[str, ...]] = list(_by(2, block.words))
        section, numbers = np.repeat(block.section, 2), np.repeat(block.numbers, 2)
        places = distinct.new(section.tolist(), pairs)
        yield Block(
            [word for place in places for word in pairs[place]],
            block.rows.reshape(-1, 2)[places],
            section[places],
            numbers[places],
            [" ".join(pairs[place]) for place in places],
        )


def _by(n: int, words: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Return the words of questions, `n` each."""
    return zip(*[iter(words)] * n, strict=True)


def _by_section(
    section: NDArray[np.int32],
    rows: Rows,
    method: str,
    judged: tuple[KnownWords, NDArray[Any], int, int],
) -> Rows:
    """Return what each pair of a section is answered with by its other pairs."""
    found = np.full((len(rows), judged[2]), -1)
    for number in np.unique(section).tolist():
        of_it = section == number
        found[of_it] = answers_by_pairs(method, rows[of_it], *judged)
    return found


def _in_words(
    asked: Questions, known: NDArray[np.bool_], words: KnownWords
) -> list[tuple[str, ...]]:
    """Return the words of the questions: texts that all of them share."""
    word_of = {row: word for word, row in words.rows.items()}
    rows = asked.rows[known]
    pieces = (
        rows[begin : begin + _PIECE].ravel().tolist() for begin in range(0, len(rows), _PIECE)
    )
    flat = map(word_of.__getitem__, chain.from_iterable(pieces))
    questions = list(_by(rows.shape[1], flat))
    if not asked.unknown:
        return questions
    answered, left_out = iter(questions), iter(asked.unknown)
    return [next(answered if is_known else left_out) for is_known in known.tolist()]


def _log_unknown(block: Block, known: NDArray[np.bool_], dummy4unknown: bool) -> None:
    told = "Skipping line #%i with OOV words: %s"
    if dummy4unknown:
        told = "Zero accuracy for line #%d with OOV words: %s"
    for i in np.flatnonzero(~known).tolist():
        logger.debug(told, int(block.numbers[i]), block.texts[i].strip())


def _log_wrong(
    asked: Questions,
    found: Rows,
    right: NDArray[np.bool_],
    questions: Iterable[tuple[str, ...]],
    named: tuple[KnownWords, Sequence[Any]],
) -> None:
    words, keys = named
    texts = chain.from_iterable(text.split("\n") for text in asked.texts)
    for text, question, row, is_right in zip(
        texts, questions, found[:, 0].tolist(), right.tolist(), strict=True
    ):
        if not is_right:
            predicted = words.spelled(keys[row]) if row >= 0 else None
            logger.debug("%s: expected %s, predicted %s", text.strip(), question[-1], predicted)


# ---------------------------------------------------------------- answers


def answers(
    questions: Rows,
    words: KnownWords,
    vectors: NDArray[Any],
    form: search.Form,
    topn: int = 1,
    workers: int = 1,
) -> Rows:
    """Return the best answers to questions (a, b, c).

    Parameters
    ----------
    questions : int64 ndarray, shape (m, 3)
        Rows, each the first of its word's.
    words : KnownWords
    vectors : ndarray, shape (n, d)
        The rows that answers are among.
    form : "add" or "mul"
        3CosAdd or 3CosMul, see `search.answer`.
    topn, workers : int

    Returns
    -------
    int64 ndarray, shape (m, topn)
        The first row of each answer; -1 where there are no more, or none that is a word.
    """
    k = _n_candidates(words, topn)
    found = search.answer(search.use_rows(vectors), vectors, questions, k, form, workers)
    return _answers_among(found, questions, words, topn)


def answers_by_pairs(
    method: str,
    pairs: Rows,
    words: KnownWords,
    vectors: NDArray[Any],
    topn: int = 1,
    workers: int = 1,
) -> Rows:
    """Return the best answers to the first word of each pair, as the other pairs have them.

    Parameters
    ----------
    method : {"3CosAvg", "LRCos"}
    pairs : int64 ndarray, shape (m, 2)
        As of `answers`.

    Returns
    -------
    int64 ndarray, shape (m, topn)
        As of `answers`. With one pair only, nothing is known of it.
    """
    if len(pairs) < 2:
        return np.full((len(pairs), topn), -1)
    k = _n_candidates(words, topn)
    found = relations.METHODS[method](pairs, vectors, k, workers)
    return _answers_among(found, pairs[:, :1], words, topn)


def _n_candidates(words: KnownWords, topn: int) -> int:
    return topn if words.first_rows is None else topn - 1 + N_CANDIDATES


def _answers_among(found: Rows, asked: Rows, words: KnownWords, topn: int) -> Rows:
    """Return the first rows of candidates that are words, and not asked for.

    If none of them is, the last comes first, as gensim has it.
    """
    if words.first_rows is None:
        return found
    candidates = np.where(found >= 0, words.first_rows[found], -1)
    good = (candidates >= 0) & (candidates[:, :, np.newaxis] != asked[:, np.newaxis]).all(axis=2)
    last = np.maximum((found >= 0).sum(axis=1) - 1, 0)
    fallen_back = np.where(good.any(axis=1), -1, candidates[np.arange(len(found)), last])
    order = np.argsort(~good, axis=1, kind="stable")[:, :topn]
    best: Rows = np.where(
        np.take_along_axis(good, order, axis=1), np.take_along_axis(candidates, order, axis=1), -1
    )
    best[:, 0] = np.where(good.any(axis=1), best[:, 0], fallen_back)
    return best
