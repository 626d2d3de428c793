"""Engine room: what is random in jobs: drawn under the lock, in the order of the jobs."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.training_corpus import IdSource
from fastsgns.training.schedule import Job

#: The tokens, offsets, window cuts and random state that `Worker.train_job` takes.
Prepared = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32] | None, int]


class Draws(Protocol):
    """What is random in jobs; asked under the lock, in the order of the jobs.

    Attributes
    ----------
    are_repeatable : bool
        A job that was asked for and not trained gets the same numbers when it is asked for again.
    """

    are_repeatable: bool

    def prepare(self, corpus: IdSource, job: Job) -> Prepared:
        """Return what `Worker.train_job` takes."""
        ...


class KernelDraws:
    """One random state a job; all else is drawn in the kernel, as a function of it.

    The state of a job is a function of (seed, epoch, the job's first sentence) and of nothing that
    was drawn before: a run that is resumed goes on with the numbers that it would have had. Within
    an epoch no two sentences have the same state.

    Parameters
    ----------
    seed, epoch : int, >= 0
    """

    are_repeatable = True

    def __init__(self, seed: int, epoch: int) -> None:
        self.key = int(np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0])

    def prepare(self, corpus: IdSource, job: Job) -> Prepared:
        """Return the job's tokens as they are, and its state."""
        ids, offsets = corpus.read(job.start, job.end)
        return ids, offsets, None, mixed(self.key + job.start)


def mixed(number: int) -> int:
    """Return another 64-bit number for each 64-bit number, without a pattern between neighbours.

    The finalizer of Stafford's variant 13 (Steele et al. 2014, 10.1145/2660193.2660195, splitmix).
    """
    number &= 2**64 - 1
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & 2**64 - 1
    number = (number ^ number >> 27) * 0x94D049BB133111EB & 2**64 - 1
    return number ^ number >> 31


class LegacyDraws:
    """The random numbers of jobs for the kernel "blas", as gensim draws them.

    A job takes, from the model's legacy generator, two `randint(0, 2**24)` for the state of its LCG
    (if it needs one), one LCG draw a token for subsampling, and one `randint(0, window, n)` for the
    windows of the n tokens that are left.
    """

    are_repeatable = False

    def __init__(
        self,
        random: np.random.RandomState,
        *,
        needs_lcg: bool,
        keep_thresholds: NDArray[np.uint32] | None,
        window: int,
        shrink_windows: bool,
    ) -> None:
        self.random = random
        self.needs_lcg = needs_lcg
        self.keep_thresholds = keep_thresholds
        self.window = window
        self.shrink_windows = shrink_windows

    def prepare(self, corpus: IdSource, job: Job) -> Prepared:
        """Return the tokens that subsampling leaves, their window cuts and the state of the LCG."""
        from fastsgns._blas_kernel import subsample

        ids, offsets = corpus.read(job.start, job.end)
        rng = 0
        if self.needs_lcg:
            high = int(self.random.randint(0, 2**24))
            rng = 2**24 * high + int(self.random.randint(0, 2**24))
        if self.keep_thresholds is not None:
            kept = np.empty(len(ids), np.int32)
            kept_offsets = np.empty(len(offsets), np.int64)
            n_kept, rng = subsample(ids, offsets, self.keep_thresholds, rng, kept, kept_offsets)
            ids, offsets = kept[:n_kept], kept_offsets
        cuts = None
        if self.shrink_windows:
            cuts = self.random.randint(0, self.window, len(ids)).astype(np.int32)
        return ids, offsets, cuts, rng
