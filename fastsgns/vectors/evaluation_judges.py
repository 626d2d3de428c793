"""Engine room: what one set of questions says of word vectors, and how sure that is."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.vectors import analogies, compare, relations, search
from fastsgns.vectors.asked_words import KnownWords
from fastsgns.vectors.evaluation_items import (
    Categories,
    Outliers,
    Questions,
    Relation,
    Similarities,
)
from fastsgns.vectors.evaluation_sets import Kind
from fastsgns.vectors.ranks import Ranked, correlation, drawn_items, pieces, rank_correlations

#: k-means begins so many times, and the best is taken.
N_STARTS = 10
#: And so many times the centers move, or until they rest.
N_MOVES = 50

#: How analogies may be answered.
METHODS = (*analogies.FORMS, *relations.METHODS)
#: And how many answers are looked at.
TOP = 5

# Numbers of vectors that are worked on at a time, 8 MB.
_AT_ONCE = 1 << 20

Matrix = NDArray[np.float64]


class Judged(NamedTuple):
    """What is judged: a matrix, and where words are in it."""

    words: KnownWords
    vectors: NDArray[Any]
    workers: int
    confidence: float
    methods: Collection[str]

    def units(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return some rows at unit length."""
        taken = self.vectors[rows]
        finite = np.isfinite(taken).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"row {rows[finite.argmin()]} of the vectors has a number that is not finite:"
                " nothing can be judged by it"
            )
        return compare.unit_rows(taken)

    def check(self, rows: NDArray[Any]) -> None:
        """Raise ValueError if some rows cannot be judged."""
        distinct = np.unique(rows)
        for part in self.pieces(len(distinct)):
            self.units(distinct[part])

    def pieces(self, n: int, n_others: int = 0) -> list[slice]:
        """Return pieces of n rows that are not much, nor are their scores with some others."""
        return pieces(n, _AT_ONCE // max(self.vectors.shape[1], n_others, 1))


class Score(NamedTuple):
    """A measure over items, and how it comes out when they are drawn anew."""

    measure: str
    value: float
    resampled: NDArray[np.float64]
    covered: int
    details: dict[str, Any]


def _similarity(
    judged: Judged, items: Sequence[Similarities], rng: np.random.Generator, n: int
) -> Score:
    rows, gold = items[0].handed_over()
    found = np.empty(len(rows))
    for part in judged.pieces(len(rows)):
        first, second = (judged.units(rows[part, side]) for side in (0, 1))
        found[part] = np.einsum("ij,ij->i", first, second, dtype=np.float64)
    del rows
    n_items, pearson = len(found), correlation(gold, found)
    ranked = [Ranked.of(gold)]
    del gold
    ranked.append(Ranked.of(found))
    del found
    if min(of.n for of in ranked) < 2:
        return Score("spearman", float("nan"), np.empty(0), n_items, {})
    all_items = np.arange(n_items, dtype=np.int32)[np.newaxis]
    value = float(rank_correlations(ranked, all_items)[0])
    del all_items
    resampled = [rank_correlations(ranked, drawn) for drawn in drawn_items(rng, n, n_items)]
    return Score("spearman", value, np.concatenate(resampled), n_items, {"pearson": pearson})


# ---------------------------------------------------------------- analogies


class _Answered(NamedTuple):
    """How many of n questions, or pairs, are answered rightly.

    Attributes
    ----------
    n, n_right : int
    of_five : float
        The share of those where one of five answers is right.
    covered, right : Counter
        Questions by section, and how many are right.
    total : int
        With what has unknown words.
    """

    n: int
    n_right: int
    of_five: float
    total: int
    covered: Counter[str]
    right: Counter[str]


def _analogy(
    judged: Judged, items: Sequence[Questions | Relation], rng: np.random.Generator, n: int
) -> Score:
    answered: dict[str, _Answered] = {}
    drawn: dict[str, NDArray[np.float64]] = {}
    for method in dict.fromkeys(["3CosAdd", *judged.methods]):
        if method in analogies.FORMS:
            answered[method] = _by_questions(judged, items, analogies.FORMS[method])
        else:
            answered[method] = _by_pairs(judged, items, method)
        drawn[method] = _resampled_shares(answered[method].n_right, answered[method].n, rng, n)
    methods = {}
    for method in judged.methods:
        if (told := answered[method]).total:
            low, high = interval(drawn[method], judged.confidence)
            methods[method] = {
                "score": _share(told.n_right, told.n), "low": low, "high": high,
                "top5": told.of_five, "covered": told.n, "total": told.total,
            }  # fmt: skip
    told = answered["3CosAdd"]
    sections = {
        name: {
            "score": _share(told.right[name], told.covered[name]),
            "covered": told.covered[name],
            "total": total,
        }
        for name, total in _totals(items).items()
    }
    details = {"sections": sections, "methods": methods}
    return Score("accuracy", _share(told.n_right, told.n), drawn["3CosAdd"], told.n, details)


def _totals(items: Sequence[Questions | Relation]) -> Counter[str]:
    """Return how many questions each section has, with those of unknown words."""
    found: Counter[str] = Counter()
    for of_it in items:
        found.update(dict(zip(of_it.sections, of_it.totals.tolist(), strict=True)))
    return +found


def _by_questions(
    judged: Judged, items: Sequence[Questions | Relation], form: search.Form
) -> _Answered:
    """Answer each question."""
    n_of_five = 0
    covered: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for of_it in items:
        counts = np.zeros((2, len(of_it.sections)), np.int64)
        for block in of_it.blocks():
            judged.check(block.rows)
            found = analogies.answers(
                block.rows, judged.words, judged.vectors, form, TOP, judged.workers
            )
            are_right = block.is_right(found)
            n_of_five += int(are_right.any(axis=1).sum())
            for count, section in zip(
                counts, (block.section, block.section[are_right[:, 0]]), strict=True
            ):
                count += np.bincount(section, minlength=len(count))
        for counter, of_sections in zip((covered, right), counts.tolist(), strict=True):
            counter.update(dict(zip(of_it.sections, of_sections, strict=True)))
    n, total = covered.total(), sum(of_it.total for of_it in items)
    return _Answered(n, right.total(), _share(n_of_five, n), total, covered, right)


def _by_pairs(judged: Judged, items: Sequence[Questions | Relation], method: str) -> _Answered:
    """Answer each pair of the sections whose pairs ask several questions each."""
    n_right = total = 0
    shares, lengths = [], []
    for of_it in items:
        for pairs in of_it.related():
            judged.check(pairs.rows)
            found = analogies.answers_by_pairs(
                method, pairs.rows, judged.words, judged.vectors, TOP, judged.workers
            )
            are_right = pairs.is_right(found)
            n_right += int(are_right[:, 0].sum())
            total += pairs.total
            shares.append(_share(int(are_right.any(axis=1).sum()), len(found)))
            lengths.append(len(found))
    of_five = _mean(np.repeat(shares, lengths))
    return _Answered(sum(lengths), n_right, of_five, total, Counter(), Counter())


# ---------------------------------------------------------------- categories, outliers


def _categorisation(
    judged: Judged, items: Sequence[Categories], rng: np.random.Generator, n: int
) -> Score:
    """Cluster words as there are categories: one is right if most of its cluster are of its own."""
    rows, categories = items[0].known()
    n_clusters = len(np.unique(categories))
    details = {"clusters": n_clusters}
    if n_clusters < 2:
        return Score("purity", float("nan"), np.empty(0), len(rows), details)
    shape = n_clusters, int(categories.max()) + 1
    held = np.zeros(shape, np.int64)
    np.add.at(held, (_clusters(judged, rows, n_clusters, rng), categories), 1)
    n_right = int(held.max(axis=1).sum())
    resampled = _resampled_shares(n_right, len(rows), rng, n)
    return Score("purity", _share(n_right, len(rows)), resampled, len(rows), details)


def _clusters(
    judged: Judged, rows: NDArray[np.int32], n: int, rng: np.random.Generator
) -> NDArray[np.int32]:
    """Return the cluster of each row by k-means, of some starts that with the least distances."""
    parts = judged.pieces(len(rows), n)

    @lru_cache(maxsize=1)  # if there is one piece, it is made once
    def points(number: int) -> Matrix:
        return judged.units(rows[parts[number]]).astype(np.float64)

    least, best = float("inf"), np.zeros(len(rows), np.int32)
    for _ in range(N_STARTS):
        start = judged.units(rows[rng.choice(len(rows), n, replace=False)]).astype(np.float64)
        centers, labels = _k_means(points, parts, start, len(rows))
        distance = sum(
            float(((points(number) - centers[labels[part]]) ** 2).sum())
            for number, part in enumerate(parts)
        )
        if distance < least:
            least, best = distance, labels
    return best


def _k_means(
    points: Callable[[int], Matrix], parts: Sequence[slice], centers: Matrix, n: int
) -> tuple[Matrix, NDArray[np.int32]]:
    """Return the centers (k, d), moved until they rest, and the nearest one of each of n points."""
    from scipy.cluster import vq

    labels = np.full(n, -1, np.int32)
    for _ in range(N_MOVES):
        before = labels.copy()
        total = np.zeros(len(centers), np.int64)
        means = np.zeros_like(centers)
        for number, part in enumerate(parts):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of clusters without points: their centers stay
                of_part, labels[part] = vq.kmeans2(
                    points(number), centers, iter=1, minit="matrix", missing="warn"
                )
            counts = np.bincount(labels[part], minlength=len(centers))
            total += counts
            means += (of_part - means) * (counts / np.maximum(total, 1))[:, np.newaxis]
        if np.array_equal(labels, before):
            break
        centers = np.where(total[:, np.newaxis] > 0, means, centers)
    return centers, labels


def _outlier(judged: Judged, items: Sequence[Outliers], rng: np.random.Generator, n: int) -> Score:
    """Rank the words of a cluster and one that is not of it by how like they are to the others.

    The most compact rest is left by the word that is least like the others (Camacho-Collados &
    Navigli 2016, whose measures these are).
    """
    cluster, outliers = (np.unique(rows, return_counts=True) for rows in items[0].known())
    n_cluster, n_items = int(cluster[1].sum()), int(outliers[1].sum())
    if n_cluster < 2 or not n_items:
        return Score("accuracy", float("nan"), np.empty(0), 0, {"opp": float("nan")})
    places = _places(judged, *cluster, outliers[0])
    n_right = int(outliers[1][places == n_cluster].sum())
    resampled = _resampled_shares(n_right, n_items, rng, n)
    opp = _share(int(outliers[1] @ places), n_cluster * n_items)
    return Score("accuracy", _share(n_right, n_items), resampled, n_items, {"opp": opp})


def _places(
    judged: Judged, cluster: NDArray[Any], times: NDArray[Any], outliers: NDArray[Any]
) -> NDArray[np.int64]:
    """Return how many words of a cluster, each there so many times, are more alike than outliers.

    An outlier, at unit length, changes how like a word is to the others by 1 at most. So it is only
    compared with those that are nearly as like them as it is.
    """
    whole = np.zeros(judged.vectors.shape[1])
    alike = np.empty(len(cluster))
    for part in judged.pieces(len(cluster)):
        whole += times[part] @ judged.units(cluster[part]).astype(np.float64)
    for part in judged.pieces(len(cluster)):
        alike[part] = _likeness(judged, cluster[part], whole)
    order = np.argsort(alike)
    cluster, times, alike = cluster[order], times[order], alike[order]
    n_from = np.append(times[::-1].cumsum()[::-1], 0)
    near = 1 + 1e-6 + 1e-9 * float(np.linalg.norm(whole))  # and what rounding may add
    places = np.empty(len(outliers), np.int64)
    for place, outlier in enumerate(outliers):
        apart = judged.units(outliers[place : place + 1])[0].astype(np.float64)
        low, high = np.searchsorted(alike, apart @ whole + np.array([-near, near])).tolist()
        places[place] = n_from[high]
        for part in judged.pieces(high - low):
            rows = np.append(cluster[low:high][part], outlier)
            likeness = _likeness(judged, rows, whole + apart)
            places[place] += times[low:high][part][likeness[:-1] > likeness[-1]].sum()
    return places


def _likeness(judged: Judged, rows: NDArray[Any], whole: NDArray[np.float64]) -> NDArray[Any]:
    """Return how like each of some words is to the others, whose sum with it is given."""
    units = judged.units(rows).astype(np.float64)
    # Not by BLAS, which adds up otherwise for the last rows: equal vectors are equally like.
    return cast(
        NDArray[Any], np.einsum("ij,j->i", units, whole) - np.einsum("ij,ij->i", units, units)
    )


def interval(resampled: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Return what this share of the scores lies between; NaN if there are none."""
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    return low, high


def _mean(values: NDArray[np.float64]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _share(n_right: int, n: int) -> float:
    return n_right / n if n else float("nan")


def _resampled_shares(
    n_right: int, n_items: int, rng: np.random.Generator, n: int
) -> NDArray[np.float64]:
    """Return the shares of right items among as many, drawn n times with replacement.

    How many are right is binomial: nothing need be drawn one by one.
    """
    if not n_items:
        return np.empty(0)
    return rng.binomial(n_items, n_right / n_items, n) / n_items


JUDGES: Mapping[Kind, Callable[..., Score]] = {
    "similarity": _similarity,
    "analogy": _analogy,
    "categorisation": _categorisation,
    "outlier": _outlier,
}
