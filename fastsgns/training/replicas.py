"""Engine room: which rows each worker trains in copies of its own, and for how long.

`_kernels/replicas.h` says what the copies are for, and derives for how many moves they may be
trained apart; here that becomes numbers of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastsgns.training.settings import Settings
from fastsgns.vocabulary import Vocabulary

#: The entries of `SgnsHotRows.n_due`.
N_LEVELS = 8

#: How many rows of a matrix have copies at the most: they should stay in a core's own cache.
MAX_HOT = 64

#: How far the other workers may have moved a row before one hears of it, in moves times learning
#: rate: 20 moves of a target at alpha 0.025. Measured with up to 64 workers in lockstep, see
#: docs/how-it-is-fast.md: mean lengths are within 3 % of one worker's.
APART = {"inputs": 2.0, "outputs": 0.5, "nodes": 0.75}

#: Where targets meet the mean of a center's contexts, rows may be apart so many times as long
#: (measured, as above).
APART_OF_MEANS = 2.0

#: The sum of a center's contexts pulls a target harder than their mean: a move counts so many times
#: (measured, as above).
MOVES_OF_A_SUM = 2.0

#: A row that a worker touches less often between two times is brought together more often than it
#: would travel from core to core without copies.
MIN_TOUCHES = 3.0


@dataclass(frozen=True)
class Replicas:
    """The rows that each worker trains in copies of its own.

    Attributes
    ----------
    inputs, outputs, nodes : tuple of int, N_LEVELS long, ascending
        How many of a matrix's hottest rows are brought together every time, every second time,
        every fourth, and so on. The last entry is how many have copies.
    apart : float
        From one time to the next: a worker's steps times the learning rate. A step is a center; a
        pair, where a kernel other than "blas" trains pair by pair.
    """

    inputs: tuple[int, ...] = (0,) * N_LEVELS
    outputs: tuple[int, ...] = (0,) * N_LEVELS
    nodes: tuple[int, ...] = (0,) * N_LEVELS
    apart: float = 0.0

    @property
    def n_rows(self) -> int:
        """Rows that each worker needs room for in every matrix; their bases need as many again."""
        return max(self.inputs[-1], self.outputs[-1], self.nodes[-1])


def plan_replicas(
    settings: Settings, vocabulary: Vocabulary, alphas: tuple[float, float]
) -> Replicas:
    """Return which rows several workers train in copies.

    None of a matrix where they would have to be brought together before they are worth it: many
    workers, a high learning rate.

    Parameters
    ----------
    settings : Settings
    vocabulary : Vocabulary
        In order of frequency, or there are no hot rows where they are looked for.
    alphas : tuple of float
        The learning rates that the run begins and ends with.
    """
    counts, n_others = vocabulary.counts, settings.workers - 1
    if n_others == 0 or counts is None or len(counts) <= MAX_HOT:
        return Replicas()
    moves, n_targets = _moves_a_center(settings, vocabulary, counts)
    n_contexts = settings.n_contexts()
    is_whole = settings.kernel != "blas" and settings.shares_negatives(len(counts), alphas[0])
    is_pairwise = settings.skip_gram and not is_whole
    is_of_means = bool(settings.cbow_mean and not settings.skip_gram)
    moves_a_touch = dict.fromkeys(moves, 1.0 if is_pairwise else _n_moves(settings))
    moves_a_touch["inputs"] = n_targets

    periods = {}  # centers times learning rate
    for name, expected in moves.items():
        apart = APART[name] / n_others * (APART_OF_MEANS if is_of_means else 1.0)
        if apart >= MIN_TOUCHES * moves_a_touch[name] * sum(alphas) / 2:
            periods[name] = apart / expected[:MAX_HOT]
    if not periods:
        return Replicas()
    shortest = min(float(each.min()) for each in periods.values())
    steps_a_center = n_contexts if is_pairwise and settings.kernel != "blas" else 1.0
    due = {name: _due(each / shortest) for name, each in periods.items()}
    return Replicas(**due, apart=shortest * steps_a_center)


def _n_moves(settings: Settings) -> float:
    """Return how many moves a center makes of a target, in all.

    The one move in CBOW counts as many times as it has contexts, whose rows all move with it: so
    counted, CBOW and skip-gram can be apart for as long (measured).
    """
    is_of_sums = not (settings.skip_gram or settings.cbow_mean)
    return settings.n_contexts() * (MOVES_OF_A_SUM if is_of_sums else 1.0)


def _moves_a_center(
    settings: Settings, vocabulary: Vocabulary, counts: NDArray[np.int64]
) -> tuple[dict[str, NDArray[np.float64]], float]:
    """Return how often a center moves each row of each matrix, hottest first, and its targets."""
    kept = counts.astype(np.float64)
    if vocabulary.keep_thresholds is not None:
        kept *= vocabulary.keep_thresholds / 2.0**32
    words = kept / kept.sum()
    n_contexts, n_moves, n_targets = settings.n_contexts(), _n_moves(settings), 0.0
    moves = {}
    if vocabulary.noise_table is not None:
        noise = np.diff(vocabulary.noise_table.astype(np.float64), prepend=0.0)
        moves["outputs"] = n_moves * (words + settings.negative * noise / noise.sum())
        n_targets += 1.0 + settings.negative
    if vocabulary.paths is not None:
        lengths = np.diff(vocabulary.paths.offsets)
        through = np.bincount(vocabulary.paths.nodes, np.repeat(words, lengths), len(counts) - 1)
        moves["nodes"] = n_moves * through[::-1]  # the root is the last one
        n_targets += float(lengths @ words)
    moves["inputs"] = n_contexts * n_targets * words
    return moves, n_targets


def _due(ratios: NDArray[np.float64]) -> tuple[int, ...]:
    """Return how many rows are due at each level; `ratios` are periods by the shortest of all."""
    levels = np.log2(ratios).astype(np.int64).clip(0, N_LEVELS - 1)
    levels = np.minimum.accumulate(levels[::-1])[::-1]  # none later than one that follows it
    return tuple(np.searchsorted(levels, np.arange(N_LEVELS), side="right").tolist())
