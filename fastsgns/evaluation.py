"""Engine room: judging word vectors by analogies and by word pairs that people have scored."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastsgns._keyed_store import logger
from fastsgns.io.errors import UndecodableTextError
from fastsgns.io.files import open_binary

if TYPE_CHECKING:
    from fastsgns._similarity import SimilarityQueries

Path = str | os.PathLike[str]
Section = dict[str, Any]

# Similarities computed at a time.
BLOCK_NBYTES = 1 << 26
# As in gensim: the right word must be among so many nearest when those before it do not count.
N_CANDIDATES = 5


# ---------------------------------------------------------------- analogies


def evaluate_word_analogies(
    kv: SimilarityQueries,
    analogies: Path,
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> tuple[float, list[Section]]:
    """Answer "a is to b as c is to ?" for each line of a file; see `KeyedVectors`."""
    logger.info(
        "Evaluating word analogies for top %s words in the model on %s", restrict_vocab, analogies
    )
    known = _known_words(kv, restrict_vocab, case_insensitive)
    sections: list[Section] = []
    asked: list[tuple[Section, tuple[str, ...], str]] = []  # in the order of the file
    n_unknown = 0
    for number, line in _lines(analogies, "utf8"):
        if line.startswith(": "):
            sections.append({"section": line.lstrip(": ").strip(), "correct": [], "incorrect": []})
            continue
        if not sections:
            raise ValueError(f"Missing section header before line #{number} in {analogies}")
        words = tuple((line.upper() if case_insensitive else line).split())
        if len(words) != 4:
            logger.info("Skipping invalid line #%i in %s", number, analogies)
            continue
        text = line.strip()
        if all(word in known for word in words):
            asked.append((sections[-1], words, text))
            continue
        n_unknown += 1
        if dummy4unknown:
            asked.append((sections[-1], words, ""))
            logger.debug("Zero accuracy for line #%d with OOV words: %s", number, text)
        else:
            logger.debug("Skipping line #%i with OOV words: %s", number, text)

    answerable = [words for _, words, text in asked if text]
    answers = iter(
        _answers(kv, [words[:3] for words in answerable], known, restrict_vocab, case_insensitive)
    )
    for section, words, text in asked:
        expected = words[3]
        answer = next(answers) if text else None
        if text and answer != expected:
            logger.debug("%s: expected %s, predicted %s", text, expected, answer)
        section["correct" if text and answer == expected else "incorrect"].append(words)
    for section in sections:
        log_section(section)

    n_asked = n_unknown + len(answerable)
    if not n_asked:
        raise ZeroDivisionError(f"{analogies} holds no analogy: no line has four words")
    logger.info("Quadruplets with out-of-vocabulary words: %.1f%%", 100 * n_unknown / n_asked)
    if not dummy4unknown:
        logger.info(
            "NB: analogies containing OOV words were skipped from evaluation! "
            'To change this behavior, use "dummy4unknown=True"'
        )
    total: Section = {
        "section": "Total accuracy",
        "correct": [words for section in sections for words in section["correct"]],
        "incorrect": [words for section in sections for words in section["incorrect"]],
    }
    score = log_section(total)
    return score, [*sections, total]


def log_section(section: Section) -> float:
    """Log how many analogies of a section were right; return their share, 0 when there are none."""
    n_correct, n_incorrect = len(section["correct"]), len(section["incorrect"])
    n_all = n_correct + n_incorrect
    if n_all == 0:
        return 0.0
    score = n_correct / n_all
    logger.info("%s: %.1f%% (%i/%i)", section["section"], 100 * score, n_correct, n_all)
    return score


def _known_words(
    kv: SimilarityQueries, restrict_vocab: int | None, case_insensitive: bool
) -> dict[Any, int]:
    """Return the row of each word that questions may use; of variants in case, the first row's."""
    rows = list(enumerate(kv.index_to_key[:restrict_vocab]))
    if case_insensitive:
        return {key.upper(): row for row, key in reversed(rows) if isinstance(key, str)}
    return {key: row for row, key in reversed(rows)}


def _answers(
    kv: SimilarityQueries,
    questions: Sequence[tuple[str, ...]],
    known: dict[Any, int],
    restrict_vocab: int | None,
    case_insensitive: bool,
) -> Iterator[str | None]:
    """Yield the word nearest to b + c - a for each question (a, b, c), in blocks of questions.

    The same as ``most_similar(positive=[b, c], negative=[a], topn=5)`` and the first of its words
    that is known and not in the question.
    """
    rows = kv._rows_to_search(0, None, restrict_vocab)
    labels = [
        (key.upper() if isinstance(key, str) else None) if case_insensitive else key
        for key in kv.index_to_key[rows]
    ]
    with np.errstate(invalid="ignore"):
        units = kv.vectors[rows] / kv._norms()[rows, np.newaxis]
    no_direction = np.flatnonzero(np.isnan(units).any(axis=1))
    n_at_once = max(1, BLOCK_NBYTES // (4 * max(len(units), 1)))
    for begin in range(0, len(questions), n_at_once):
        block = questions[begin : begin + n_at_once]
        asked = np.array([[known[word] for word in question] for question in block])
        a, b, c = asked.T
        similarities = (units[b] + units[c] - units[a]) @ units.T
        undefined = np.isnan(similarities).all(axis=1)
        similarities[:, no_direction] = -np.inf
        similarities[undefined] = 0
        similarities[np.arange(len(block))[:, np.newaxis], asked] = -np.inf
        for question, row in zip(block, similarities, strict=True):
            yield _first_answer(row, labels, question)


def _first_answer(
    similarities: NDArray[Any], labels: list[Any], question: tuple[str, ...]
) -> Any | None:
    label = None
    for _ in range(N_CANDIDATES):
        best = int(np.argmax(similarities))
        if similarities[best] == -np.inf:
            break
        label = labels[best]
        if label is not None and label not in question:
            break
        similarities[best] = -np.inf
    return label


# ---------------------------------------------------------------- pairs


def evaluate_word_pairs(
    kv: SimilarityQueries,
    pairs: Path,
    delimiter: str = "\t",
    encoding: str = "utf8",
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> tuple[Any, Any, float]:
    """Correlate similarities with people's scores of word pairs; see `KeyedVectors`."""
    from scipy import stats

    known = _known_words(kv, restrict_vocab, case_insensitive)
    gold: list[float] = []
    found: list[float] = []
    n_unknown = 0
    for number, line in _lines(pairs, encoding):
        if line.startswith("#"):
            continue
        try:
            a, b, score = (line.upper() if case_insensitive else line).split(delimiter)
            judged = float(score)
        except ValueError:
            logger.info("Skipping invalid line #%d in %s", number, pairs)
            continue
        if a in known and b in known:
            gold.append(judged)
            found.append(float(kv.similarity(known[a], known[b])))  # type: ignore[attr-defined]
            continue
        n_unknown += 1
        if dummy4unknown:
            logger.debug("Zero similarity for line #%d with OOV words: %s", number, line.strip())
            gold.append(judged)
            found.append(0.0)
        else:
            logger.info("Skipping line #%d with OOV words: %s", number, line.strip())
    if not gold:
        raise ValueError(
            f"No valid similarity judgements found in {pairs}: either invalid format or all are "
            f"out-of-vocabulary in {kv}"
        )
    spearman = stats.spearmanr(gold, found)
    pearson = stats.pearsonr(gold, found)
    n_all = len(gold) if dummy4unknown else len(gold) + n_unknown
    oov_ratio = n_unknown / n_all * 100
    logger.debug("Pearson correlation coefficient against %s: %f with p-value %f", pairs, *pearson)
    logger.debug(
        "Spearman rank-order correlation coefficient against %s: %f with p-value %f",
        pairs,
        *spearman,
    )
    logger.debug("Pairs with unknown words: %d", n_unknown)
    log_word_pairs(pearson, spearman, oov_ratio, pairs)
    return pearson, spearman, oov_ratio


def log_word_pairs(
    pearson: Sequence[float], spearman: Sequence[float], oov: float, pairs: object
) -> None:
    """Log both correlations and the share of pairs with unknown words, in per cent."""
    logger.info("Pearson correlation coefficient against %s: %.4f", pairs, pearson[0])
    logger.info("Spearman rank-order correlation coefficient against %s: %.4f", pairs, spearman[0])
    logger.info("Pairs with unknown words ratio: %.1f%%", oov)


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield (number from 0, text) of the lines of a file."""
    with open_binary(path) as file:
        for number, line in enumerate(file):
            try:
                yield number, line.decode(encoding)
            except UnicodeDecodeError as error:
                raise UndecodableTextError(path, f"line {number + 1}", error) from None
