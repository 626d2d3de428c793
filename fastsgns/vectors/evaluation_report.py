"""Engine room: word vectors judged by many files, with intervals of confidence, as one table."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors.asked_words import KnownWords
from fastsgns.vectors.evaluation_judges import JUDGES, Judged, interval
from fastsgns.vectors.evaluation_sets import EvaluationSet, Kind

COLUMNS = ("name", "kind", "measure", "score", "low", "high", "covered", "total", "oov")


class Result(NamedTuple):
    """What one set of questions says of the vectors.

    Attributes
    ----------
    name : str
    kind : str
        "similarity", "analogy", "categorisation" or "outlier".
    measure : str
        What `score` is: "spearman", "accuracy" or "purity".
    score : float
        NaN when too little of the set is covered.
    low, high : float
        Between these are so many of the scores of resampled items as `Report.confidence` says.
    covered, total : int
        Items that were used, of how many; the others have words that are not there.
    oov : float
        Their share, 0 to 1.
    details : dict
        By kind: of analogies "sections" with score, covered and total each, and "methods" with
        score, low, high, top5 (how often one of five answers is right), covered and total each;
        "pearson"; "clusters"; of outliers "opp", how near to its list's end each stands, 0 to 1.
    """

    name: str
    kind: Kind
    measure: str
    score: float
    low: float
    high: float
    covered: int
    total: int
    oov: float
    details: dict[str, Any]


class Report(NamedTuple):
    """Results as a table; as text, it is the one for people.

    Attributes
    ----------
    results : tuple of Result
    confidence : float
        Of the intervals.
    """

    results: tuple[Result, ...]
    confidence: float

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, as JSON can hold it."""
        return {
            "confidence": self.confidence,
            "results": [_without_nan(result._asdict()) for result in self.results],
        }

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame with a row for each result, less the details.

        Raises
        ------
        ImportError
            pandas is not installed.
        """
        import pandas as pd  # type: ignore[import-untyped, import-not-found, unused-ignore]

        return pd.DataFrame([result[: len(COLUMNS)] for result in self.results], columns=COLUMNS)

    def __str__(self) -> str:
        """Return the table as lines of text."""
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join(
                text.ljust(width) if i < 3 else text.rjust(width)
                for i, (text, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        )

    def to_markdown(self) -> str:
        """Return the table in Markdown."""
        head, *rows = (
            " | ".join(text.replace("|", "\\|") for text in row) for row in self._cells()
        )
        line = "|".join("---" if i < 3 else "--:" for i in range(head.count(" | ") + 1))
        return "\n".join([f"| {head} |", f"|{line}|", *(f"| {row} |" for row in rows)])

    def _cells(self) -> list[list[str]]:
        interval = f"{100 * self.confidence:g} % interval"
        rows = [["set", "kind", "measure", "score", interval, "top 5", "covered", "oov"]]
        for result in self.results:
            plain = {result.measure: result._asdict()}
            for measure, found in (result.details.get("methods") or plain).items():
                covered, total = found["covered"], found["total"]
                rows.append(
                    [
                        result.name,
                        result.kind,
                        measure,
                        f"{found['score']:.3f}",
                        f"{found['low']:.3f} to {found['high']:.3f}",
                        f"{found['top5']:.3f}" if "top5" in found else "",
                        f"{covered}/{total}",
                        f"{100 * _missing(covered, total):.1f} %",
                    ]
                )
        return rows


def _missing(covered: int, total: int) -> float:
    return 1 - covered / total if total else 0.0


def _without_nan(value: Any) -> Any:
    """Return a value with None in the place of NaN, which JSON lacks."""
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


# ---------------------------------------------------------------- judging


def judge(
    sets: Sequence[EvaluationSet],
    words: KnownWords,
    vectors: NDArray[Any],
    *,
    confidence: float,
    n_resamples: int,
    seed: int,
    workers: int,
    methods: Collection[str],
) -> Report:
    """Judge vectors by sets of questions.

    Parameters
    ----------
    sets : sequence of EvaluationSet
    words : KnownWords
        Those that they ask for.
    vectors : ndarray, shape (n, d)
        The rows that may be used.
    confidence : float
        The share of resampled scores between `low` and `high`.
    n_resamples : int
    seed : int
        Of what is drawn: each set draws anew from it, whatever sets there are beside it.
    workers : int
    methods : collection of str
        By which analogies are answered.
    """
    judged = Judged(words, vectors, workers, confidence, methods)
    results = []
    for one in sets:
        rng = np.random.default_rng(seed)
        found = JUDGES[one.kind](judged, one.items, rng, n_resamples)
        low, high = interval(found.resampled, confidence)
        total = one.total
        results.append(
            Result(
                one.name, one.kind, found.measure, found.value, low, high,
                found.covered, total, _missing(found.covered, total), found.details,
            )
        )  # fmt: skip
    return Report(tuple(results), confidence)
