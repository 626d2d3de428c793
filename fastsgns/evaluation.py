"""Face: judging word vectors, as functions of a KeyedVectors."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from fastsgns import _params
from fastsgns.keyedvectors import KeyedVectors, Path
from fastsgns.vectors.evaluate import log_section, log_word_pairs

if TYPE_CHECKING:
    from fastsgns.vectors.evaluation_report import Report

__all__ = [
    "evaluate_word_analogies",
    "evaluate_word_pairs",
    "log_section",
    "log_word_pairs",
    "report",
]


def evaluate_word_analogies(
    kv: KeyedVectors, *args: Any, **kwargs: Any
) -> tuple[float, list[dict[str, Any]]]:
    """Call `KeyedVectors.evaluate_word_analogies`."""
    return kv.evaluate_word_analogies(*args, **kwargs)


def evaluate_word_pairs(kv: KeyedVectors, *args: Any, **kwargs: Any) -> tuple[Any, Any, float]:
    """Call `KeyedVectors.evaluate_word_pairs`."""
    return kv.evaluate_word_pairs(*args, **kwargs)


def report(
    kv: KeyedVectors,
    sources: Path | Iterable[Path],
    *,
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    confidence: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
    methods: Collection[str] = ("3CosAdd", "3CosMul", "3CosAvg", "LRCos"),
) -> Report:
    """Judge vectors by many files, of any layout, and return one table.

    Parameters
    ----------
    kv : KeyedVectors
    sources : str, path, or iterable of these
        Files and folders. A file is recognised by its form:

        - similarity: two words and a score a line (WordSim-353, SimLex-999, MEN, RW, ...), the
          score in the third or fourth field. Measured is Spearman's correlation.
        - analogy: questions-words.txt; four words a line, or a section and four words, or three in
          NAME.questions and the answer in NAME.answers (MSR); pairs of words in a folder of files
          named "I01 [noun - plural_reg].txt", where each two pairs ask a question (BATS; at most
          500 pairs a file). A file has 65,536 sections at most. Answered as by
          `KeyedVectors.evaluate_word_analogies`; measured is the accuracy of 3CosAdd, and for each
          of the `methods` how often the first answer is right, and one of the first five.
        - categorisation: a word and its category a line (AP, Battig, BLESS). The words are
          clustered by k-means, into 1,000 categories at most; measured is the purity, the share of
          words in whose cluster their category is the most frequent.
        - outlier: words of a cluster, a blank line, and words that do not belong to it
          (Camacho-Collados & Navigli 2016). Measured is how often such a word, put among the
          cluster, is the one least like the others.

        Fields have tabs between them, or else semicolons, commas or blanks.
    restrict_vocab : int or None, default 300000
        Use the first so many words only. As in `KeyedVectors.evaluate_word_analogies`.
    case_insensitive : bool, default True
        Compare in upper case; of words that differ in case only, the first counts.
    confidence : float, default 0.95
        Between `low` and `high` is this share of the scores of resampled items (the bootstrap's
        percentile interval, Efron & Tibshirani 1993).
    n_resamples : int, default 1000
    seed : int, default 0
        Of what is resampled and where k-means begins: one seed, one table.
    methods : collection of str, default ("3CosAdd", "3CosMul", "3CosAvg", "LRCos")
        How analogies are answered. The last two where a section's pairs ask several questions each,
        as in BATS and Google's, and are 2,000 at most; once for each pair.

    Returns
    -------
    Report
        With a `Result` for each file, or folder of pairs, in `results`. ``print(report)`` shows a
        table; `to_markdown`, `to_frame` and `as_dict` make others. What has words that are not
        there is left out of the score and counted in `oov`.

    Raises
    ------
    FormatError
        A file that was named has no known form, or more than one may have; in a folder it is left
        out, with a warning.
    ValueError
        A parameter that cannot be, or a word in a file whose vector is not finite.

    Examples
    --------
    >>> from fastsgns import evaluation
    >>> print(evaluation.report(wv, ["questions-words.txt", "BATS_3.0/"]))  # doctest: +SKIP
    """
    from fastsgns.vectors import (
        asked_words,
        evaluation_judges,
        evaluation_report,
        evaluation_sets,
    )

    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}")
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be >= 1, got {n_resamples!r}")
    for method in methods:
        if method not in evaluation_judges.METHODS:
            known = ", ".join(map(repr, evaluation_judges.METHODS))
            raise ValueError(f"methods must be of {known}, got {method!r}")
    asked = asked_words.AskedWords(kv.index_to_key[:restrict_vocab], case_insensitive)
    sets = evaluation_sets.read(sources, asked)
    return evaluation_report.judge(
        sets,
        asked.known(),
        kv.vectors[:restrict_vocab],
        confidence=confidence,
        n_resamples=n_resamples,
        seed=seed,
        workers=_params.available_cores(),
        methods=methods,
    )
