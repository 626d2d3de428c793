"""Engine room: how an epoch is cut into jobs, and how the learning rate falls over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.training_corpus import CutCorpus, KnownCorpus


class Job(NamedTuple):
    """Sentences start..end of the corpus, trained with one learning rate."""

    start: int
    end: int
    alpha: float


@dataclass(frozen=True)
class Schedule:
    """How alpha falls: linearly with what has been handed out of `n_epochs`, to `end_alpha`.

    gensim's rule: a job gets the alpha of the progress before it, counted in sentences when
    `total_examples` is given, else in raw words.

    `n_regions`, one for each worker: jobs come from as many parts of the text in turn. What stands
    side by side is often about one subject, and workers that train it at the same time wait for
    each other's rows: two are 3 % faster apart. differs from gensim: there it is so only with
    corpus_file, as in word2vec.c.

    `next_alpha` is asked in the place of the rule: (share of the epoch, epoch) -> alpha of a job.
    """

    n_epochs: int
    start_alpha: float
    end_alpha: float
    batch_words: int
    total_examples: int | None
    total_words: int | None
    n_regions: int = 1
    next_alpha: Callable[[float, int], float] | None = None

    def alpha(self, epoch: int, share_of_epoch: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the learning rate at each share (0..1) of `epoch` (0-based)."""
        progress = (epoch + share_of_epoch) / self.n_epochs
        falling = self.start_alpha - (self.start_alpha - self.end_alpha) * progress
        return np.maximum(self.end_alpha, falling)

    def jobs(self, corpus: CutCorpus, epoch: int) -> list[Job]:
        """Cut an epoch into jobs of at most `batch_words` raw words, or of one longer sentence."""
        # What comes of a stream is on its way in one order only.
        n_regions = self.n_regions if isinstance(corpus, KnownCorpus) else 1
        return self.jobs_at(epoch, *corpus.begin_epoch(self.batch_words), n_regions)

    def more_jobs(self, corpus: CutCorpus, epoch: int) -> list[Job]:
        """Return the jobs that the corpus has next; [] at the end of the epoch."""
        cuts = corpus.more_cuts()
        return [] if cuts is None else self.jobs_at(epoch, *cuts)

    def jobs_at(
        self,
        epoch: int,
        starts: NDArray[np.int64],
        words_before: NDArray[np.int64],
        n_regions: int = 1,
    ) -> list[Job]:
        """Return the jobs that begin at sentences `starts`; the last entry only ends one."""
        order = in_turn(len(starts) - 1, n_regions)
        done = starts if self.total_examples else words_before
        sizes = np.diff(done)[order]
        shares = (done[0] + np.cumsum(sizes) - sizes) / (
            self.total_examples or float(self.total_words or 1)
        )
        if self.next_alpha is None:
            alphas = self.alpha(epoch, shares).tolist()
        else:
            alphas = [float(self.next_alpha(share, epoch)) for share in shares.tolist()]
        return list(map(Job, starts[order].tolist(), starts[order + 1].tolist(), alphas))


def in_turn(n_jobs: int, n_regions: int) -> NDArray[np.intp]:
    """Return the order in which jobs come from each of `n_regions` equal parts of them in turn."""
    n_each = -(-n_jobs // n_regions)
    order = np.arange(n_each * n_regions).reshape(n_regions, n_each).T.ravel()
    return order[order < n_jobs]
