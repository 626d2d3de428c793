"""Engine room: word vectors judged by many files, with intervals of confidence, as one table."""

from __future__ import annotations

import math
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors import compare, evaluate
from fastsgns.vectors.evaluation_sets import Analogy, EvaluationSet, Kind, Outliers

#: k-means begins so many times, and the best is taken.
N_STARTS = 10

# Words of a batch of resampled rankings: 32 MB of them.
_RANKED_AT_ONCE = 1 << 22

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
        By kind: the sections of analogies with score, covered and total; "pearson"; "clusters"; of
        outliers "opp", how near to the end of its list each stands, 0 to 1.
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
        rows = [["set", "kind", "measure", "score", interval, "covered", "oov"]]
        for result in self.results:
            rows.append(
                [
                    result.name,
                    result.kind,
                    result.measure,
                    f"{result.score:.3f}",
                    f"{result.low:.3f} to {result.high:.3f}",
                    f"{result.covered}/{result.total}",
                    f"{100 * result.oov:.1f} %",
                ]
            )
        return rows


def _without_nan(value: Any) -> Any:
    """Return a value with None in the place of NaN, which JSON lacks."""
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


# ---------------------------------------------------------------- judging


class _Judged(NamedTuple):
    """What is judged: a matrix, and where words are in it."""

    words: evaluate.KnownWords
    vectors: NDArray[Any]
    workers: int

    def row(self, word: str) -> int:
        """Return the row of a word, of several also with underscores between them; or -1."""
        rows, spelled = self.words.rows, self.words.spelled(word)
        return rows.get(spelled, rows.get(spelled.replace(" ", "_"), -1))

    def units(self, rows: Sequence[int]) -> NDArray[np.float32]:
        return compare.unit_rows(self.vectors[rows])


class _Score(NamedTuple):
    """A measure over items, and how it comes out when they are drawn anew."""

    measure: str
    value: float
    resampled: NDArray[np.float64]
    covered: int
    details: dict[str, Any]


def judge(
    sets: Iterable[EvaluationSet],
    words: evaluate.KnownWords,
    vectors: NDArray[Any],
    *,
    confidence: float,
    n_resamples: int,
    seed: int,
    workers: int,
) -> Report:
    """Judge vectors by sets of questions.

    Parameters
    ----------
    sets : iterable of EvaluationSet
    words : KnownWords
    vectors : ndarray, shape (n, d)
        The vectors of these words.
    confidence : float
        The share of resampled scores between `low` and `high`.
    n_resamples : int
    seed : int
        Of what is drawn: each set draws anew from it, whatever sets there are beside it.
    workers : int
    """
    judged = _Judged(words, vectors, workers)
    results = []
    for one in sets:
        rng = np.random.default_rng(seed)
        found = _JUDGES[one.kind](judged, one.items, rng, n_resamples)
        bounds = [(1 - confidence) / 2, (1 + confidence) / 2]
        known = found.resampled[~np.isnan(found.resampled)]
        low, high = np.quantile(known, bounds).tolist() if len(known) else (float("nan"),) * 2
        total = _n_items(one)
        results.append(
            Result(
                one.name, one.kind, found.measure, found.value, low, high,
                found.covered, total, 1 - found.covered / total if total else 0.0, found.details,
            )
        )  # fmt: skip
    return Report(tuple(results), confidence)


def _n_items(one: EvaluationSet) -> int:
    if one.kind == "outlier":
        return sum(len(item.outliers) for item in cast("list[Outliers]", one.items))
    return len(one.items)


def _similarity(
    judged: _Judged, pairs: list[tuple[str, str, float]], rng: np.random.Generator, n: int
) -> _Score:
    from scipy import stats

    rows = [(judged.row(a), judged.row(b)) for a, b, _ in pairs]
    known = [place for place, both in enumerate(rows) if min(both) >= 0]
    gold = np.array([pairs[place][2] for place in known])
    first, second = (judged.units([rows[place][side] for place in known]) for side in (0, 1))
    found = np.einsum("ij,ij->i", first, second, dtype=np.float64)
    if len(known) < 2 or len(set(gold.tolist())) < 2 or len(set(found.tolist())) < 2:
        return _Score("spearman", float("nan"), np.empty(0), len(known), {})

    def ranked(values: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(stats.rankdata(values, axis=-1))

    resampled = [
        _correlations(ranked(gold[drawn]), ranked(found[drawn]))
        for drawn in _drawn(rng, n, len(known))
    ]
    return _Score(
        "spearman",
        float(_correlations(ranked(gold), ranked(found))),
        np.concatenate(resampled),
        len(known),
        {"pearson": float(_correlations(gold, found))},
    )


def _drawn(rng: np.random.Generator, n: int, n_items: int) -> Iterator[NDArray[np.int64]]:
    """Yield (some, n_items) places of items, drawn with replacement, n rows in all."""
    step = max(1, _RANKED_AT_ONCE // n_items)
    for begin in range(0, n, step):
        yield rng.integers(0, n_items, (min(step, n - begin), n_items))


def _correlations(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """Return Pearson's correlation along the last axis; NaN where all values are equal."""
    a, b = (values - values.mean(axis=-1, keepdims=True) for values in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[np.float64] = (a * b).sum(axis=-1) / np.sqrt(
            (a * a).sum(axis=-1) * (b * b).sum(axis=-1)
        )
    return found


def _analogy(judged: _Judged, items: list[Analogy], rng: np.random.Generator, n: int) -> _Score:
    spelled, rows = judged.words.spelled, judged.words.rows
    questions, answers, sections = [], [], []
    for item in items:
        asked = tuple(map(spelled, item.words))
        known = {answer for answer in map(spelled, item.answers) if answer in rows}
        if known and all(word in rows for word in asked):
            questions.append(asked)
            answers.append(known)
            sections.append(item.section)
    predicted = evaluate.answers(questions, judged.words, judged.vectors, "add", judged.workers)
    right = np.array([a in known for a, known in zip(predicted, answers, strict=True)], np.float64)
    by_section: dict[str, list[float]] = defaultdict(list)
    for section, is_right in zip(sections, right.tolist(), strict=True):
        by_section[section].append(is_right)
    totals = Counter(item.section for item in items)
    details = {
        section: {
            "score": _mean(by_section[section]),
            "covered": len(by_section[section]),
            "total": total,
        }
        for section, total in totals.items()
    }
    resampled = _resampled_means(right, rng, n)
    return _Score("accuracy", _mean(right), resampled, len(right), {"sections": details})


def _categorisation(
    judged: _Judged, pairs: list[tuple[str, str]], rng: np.random.Generator, n: int
) -> _Score:
    """Cluster words as there are categories: one is right if most of its cluster are of its own."""
    known = [(row, category) for word, category in pairs if (row := judged.row(word)) >= 0]
    n_clusters = len({category for _, category in known})
    if n_clusters < 2:
        return _Score("purity", float("nan"), np.empty(0), len(known), {"clusters": n_clusters})
    labels = _clusters(judged.units([row for row, _ in known]), n_clusters, rng)
    members: dict[int, list[str]] = defaultdict(list)
    for label, (_, category) in zip(labels, known, strict=True):
        members[label].append(category)
    largest = {label: Counter(held).most_common(1)[0][0] for label, held in members.items()}
    right = np.array(
        [largest[label] == category for label, (_, category) in zip(labels, known, strict=True)],
        np.float64,
    )
    resampled = _resampled_means(right, rng, n)
    return _Score("purity", _mean(right), resampled, len(right), {"clusters": n_clusters})


def _clusters(units: NDArray[np.float32], n: int, rng: np.random.Generator) -> list[int]:
    """Return the cluster of each row by k-means, of some starts that with the least distances."""
    from scipy.cluster import vq

    points, best = units.astype(np.float64), (float("inf"), [0])
    for _ in range(N_STARTS):
        start = points[rng.choice(len(points), n, replace=False)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of clusters that came to be empty: others are best
            centers, labels = vq.kmeans2(points, start, iter=50, minit="matrix", missing="warn")
        distance = float(((points - centers[labels]) ** 2).sum())
        best = min(best, (distance, labels.tolist()), key=lambda found: found[0])
    return best[1]


def _outlier(judged: _Judged, items: list[Outliers], rng: np.random.Generator, n: int) -> _Score:
    """Rank the words of a cluster and one that is not of it by how like they are to the others.

    The most compact rest is left by the word that is least like the others (Camacho-Collados &
    Navigli 2016, whose measures these are).
    """
    places: list[float] = []
    for item in items:
        cluster = [row for row in map(judged.row, item.cluster) if row >= 0]
        for row in map(judged.row, item.outliers):
            if row < 0 or len(cluster) < 2:
                continue
            units = judged.units([*cluster, row]).astype(np.float64)
            likeness = units @ units.sum(axis=0) - (units * units).sum(axis=1)
            places.append(int((likeness[:-1] > likeness[-1]).sum()) / len(cluster))
    right = np.array([place == 1 for place in places], np.float64)
    resampled = _resampled_means(right, rng, n)
    return _Score("accuracy", _mean(right), resampled, len(right), {"opp": _mean(places)})


def _mean(values: Sequence[float] | NDArray[Any]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _resampled_means(
    right: NDArray[np.float64], rng: np.random.Generator, n: int
) -> NDArray[np.float64]:
    """Return the shares of right items among as many, drawn n times with replacement.

    How many are right is binomial: nothing need be drawn one by one.
    """
    if not len(right):
        return np.empty(0)
    return rng.binomial(len(right), right.mean(), n) / len(right)


_JUDGES: Mapping[Kind, Callable[..., _Score]] = {
    "similarity": _similarity,
    "analogy": _analogy,
    "categorisation": _categorisation,
    "outlier": _outlier,
}
