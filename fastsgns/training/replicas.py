"""Engine room: which rows each worker trains in copies of its own (`_kernels/replicas.h`)."""

from __future__ import annotations

from typing import NamedTuple

#: How many of the hottest rows each worker has for itself when there are several (of targets half
#: as many), how many centers all of them together train before they bring these rows together, and
#: how many each of them at least; inputs are brought together every fourth time. English, 73,265
#: words, two workers of a Xeon (model 207): without, they take 24 % more CPU time than one, so 7 %;
#: the output vectors come out 1.7 % longer after an epoch, and with twice the centers 3 %.
MAX_HOT = 64
CENTERS_APART = 512
MIN_CENTERS_APART = 64

#: With fewer words all rows are hot, and what two workers learn apart is too much of the whole: the
#: hierarchical softmax of 20 words diverged at alpha 0.25.
REPLICAS_MIN_WORDS = 1_000


class Replicas(NamedTuple):
    """How many rows each worker has for itself, and after how many centers it merges them."""

    n_hot: int
    merge_every: int


def plan_replicas(n_words: int, workers: int, has_several_jobs: bool, is_sorted: bool) -> Replicas:
    """Return which rows are trained in copies.

    None with one thread, nor for a corpus of one job: what it gives does not depend on `workers`,
    as in gensim.

    Parameters
    ----------
    n_words : int
        Of the vocabulary.
    workers : int
    has_several_jobs : bool
        Whether the corpus is more than one job.
    is_sorted : bool
        Whether the first words are the most frequent ones.
    """
    several = workers > 1 and has_several_jobs
    hot = several and is_sorted and n_words >= REPLICAS_MIN_WORDS
    return Replicas(MAX_HOT if hot else 0, max(MIN_CENTERS_APART, CENTERS_APART // workers))
