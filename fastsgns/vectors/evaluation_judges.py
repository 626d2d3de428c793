"""Engine room: what one set of questions says of word vectors, and how sure that is."""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors import analogies, compare, relations
from fastsgns.vectors.asked_words import KnownWords
from fastsgns.vectors.evaluation_sets import Analogy, Kind, Outliers

#: k-means begins so many times, and the best is taken.
N_STARTS = 10

#: How analogies may be answered.
METHODS = (*analogies.FORMS, *relations.METHODS)
#: And how many answers are looked at.
TOP = 5

# Items of a batch of resampled rankings: 2 MB of them, and nine such arrays at a time.
_RANKED_AT_ONCE = 1 << 18


class Judged(NamedTuple):
    """What is judged: a matrix, and where words are in it."""

    words: KnownWords
    vectors: NDArray[Any]
    workers: int
    confidence: float
    methods: Collection[str]

    def row(self, word: str) -> int:
        """Return the row of a word by the first of its spellings that is known, or -1."""
        known = map(self.words.rows.get, map(self.words.spelled, spellings(word)))
        return next((row for row in known if row is not None), -1)

    def units(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """Return some rows at unit length."""
        return compare.unit_rows(self.vectors[rows])


def spellings(word: str) -> tuple[str, str]:
    """Return how the keys may have a word: one of several parts also with underscores."""
    return word, word.replace(" ", "_")


class Score(NamedTuple):
    """A measure over items, and how it comes out when they are drawn anew."""

    measure: str
    value: float
    resampled: NDArray[np.float64]
    covered: int
    details: dict[str, Any]


def _similarity(
    judged: Judged, pairs: list[tuple[str, str, float]], rng: np.random.Generator, n: int
) -> Score:
    from scipy import stats

    rows = [(judged.row(a), judged.row(b)) for a, b, _ in pairs]
    known = [place for place, both in enumerate(rows) if min(both) >= 0]
    gold = np.array([pairs[place][2] for place in known])
    first, second = (judged.units([rows[place][side] for place in known]) for side in (0, 1))
    found = np.einsum("ij,ij->i", first, second, dtype=np.float64)
    if len(known) < 2 or len(set(gold.tolist())) < 2 or len(set(found.tolist())) < 2:
        return Score("spearman", float("nan"), np.empty(0), len(known), {})

    def ranked(values: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(stats.rankdata(values, axis=-1))

    resampled = [
        _correlations(ranked(gold[drawn]), ranked(found[drawn]))
        for drawn in _drawn(rng, n, len(known))
    ]
    return Score(
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


def _analogy(judged: Judged, items: list[Analogy], rng: np.random.Generator, n: int) -> Score:
    spelled, rows = judged.words.spelled, judged.words.rows
    questions, expected, sections = [], [], []
    for item in items:
        asked = [rows.get(spelled(word), -1) for word in item.words]
        known = tuple(rows[answer] for answer in map(spelled, item.answers) if answer in rows)
        if known and min(asked) >= 0:
            questions.append(asked)
            expected.append(known)
            sections.append(item.section)
    array = np.array(questions, np.int64).reshape(-1, 3)
    found: dict[str, dict[str, Any]] = {}
    rights: dict[str, NDArray[np.float64]] = {}
    drawn: dict[str, NDArray[np.float64]] = {}
    for method in dict.fromkeys(["3CosAdd", *judged.methods]):
        if method in analogies.FORMS:
            form = analogies.FORMS[method]
            answered = analogies.answers(
                array, judged.words, judged.vectors, form, TOP, judged.workers
            )
            rights[method], of_five = _right(answered, expected)
            total = len(items)
        else:
            rights[method], of_five, total = _by_pairs(judged, items, method)
        drawn[method] = _resampled_means(rights[method], rng, n)
        if total:
            low, high = interval(drawn[method], judged.confidence)
            found[method] = {
                "score": _mean(rights[method]), "low": low, "high": high, "top5": of_five,
                "covered": len(rights[method]), "total": total,
            }  # fmt: skip
    right = rights["3CosAdd"]
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
    methods = {method: found[method] for method in judged.methods if method in found}
    told = {"sections": details, "methods": methods}
    return Score("accuracy", _mean(right), drawn["3CosAdd"], len(right), told)


def _right(
    answered: NDArray[np.int64], expected: Sequence[tuple[int, ...]]
) -> tuple[NDArray[np.float64], float]:
    """Return which first answers are right, and the share of those where one of all is."""
    rows = answered.tolist()
    first = [row[0] in known for row, known in zip(rows, expected, strict=True)]
    any_of = [not set(row).isdisjoint(known) for row, known in zip(rows, expected, strict=True)]
    return np.array(first, np.float64), _mean(any_of)


def _by_pairs(
    judged: Judged, items: list[Analogy], method: str
) -> tuple[NDArray[np.float64], float, int]:
    """Answer each pair of the sections whose pairs ask several questions each.

    Returns
    -------
    right, of_five
        As of `_right`.
    total : int
        Pairs; the others have words that are not there.
    """
    spelled, rows = judged.words.spelled, judged.words.rows
    rights, of_five, total = [np.empty(0)], [np.empty(0)], 0
    for pairs in _pairs_by_section(items):
        total += len(pairs)
        known: list[tuple[int, int]] = []
        expected: list[tuple[int, ...]] = []
        for source, answers in pairs:
            found = [rows[answer] for answer in map(spelled, answers) if answer in rows]
            if found and spelled(source) in rows:
                known.append((rows[spelled(source)], found[0]))
                expected.append(tuple(found))
        answered = analogies.answers_by_pairs(
            method, np.array(known, np.int64).reshape(-1, 2), judged.words, judged.vectors,
            TOP, judged.workers,
        )  # fmt: skip
        right, share = _right(answered, expected)
        rights.append(right)
        of_five.append(np.full(len(right), share))
    return np.concatenate(rights), _mean(np.concatenate(of_five)), total


def _pairs_by_section(items: list[Analogy]) -> list[list[tuple[str, tuple[str, ...]]]]:
    """Return the pairs (word, answers) of each section that has more questions than pairs."""
    sections: dict[str, dict[tuple[str, str], tuple[str, ...]]] = defaultdict(dict)
    for section, (a, b, c), answers in items:
        sections[section].setdefault((a, b), (b,))
        sections[section][c, answers[0]] = answers
    totals = Counter(item.section for item in items)
    return [
        [(word, answers) for (word, _), answers in pairs.items()]
        for section, pairs in sections.items()
        if len(pairs) < totals[section]
    ]


def _categorisation(
    judged: Judged, pairs: list[tuple[str, str]], rng: np.random.Generator, n: int
) -> Score:
    """Cluster words as there are categories: one is right if most of its cluster are of its own."""
    known = [(row, category) for word, category in pairs if (row := judged.row(word)) >= 0]
    n_clusters = len({category for _, category in known})
    if n_clusters < 2:
        return Score("purity", float("nan"), np.empty(0), len(known), {"clusters": n_clusters})
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
    return Score("purity", _mean(right), resampled, len(right), {"clusters": n_clusters})


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


def _outlier(judged: Judged, items: list[Outliers], rng: np.random.Generator, n: int) -> Score:
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
    return Score("accuracy", _mean(right), resampled, len(right), {"opp": _mean(places)})


def interval(resampled: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Return what this share of the scores lies between; NaN if there are none."""
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    return low, high


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


JUDGES: Mapping[Kind, Callable[..., Score]] = {
    "similarity": _similarity,
    "analogy": _analogy,
    "categorisation": _categorisation,
    "outlier": _outlier,
}
