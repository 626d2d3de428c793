"""Engine room: an epoch whose batches go through a function of the user's.

gensim's `_do_train_job` is such a function: a subclass that has one of its own gets each batch of
sentences, and has others trained in its place by calling the one that it overrides.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns._shown import shown
from fastsgns.corpus.batches import SentenceBatches
from fastsgns.corpus.training_corpus import CorpusView, RenumberedCorpus
from fastsgns.training.draws import Draws
from fastsgns.training.schedule import Job
from fastsgns.training.workers import EpochRun

if TYPE_CHECKING:
    from fastsgns import _core


class Hooks(NamedTuple):
    """What is called in the place of training.

    Attributes
    ----------
    do_job : callable
        (sentences, alpha, memory) -> (effective words, raw words). It calls `HookedRun.train`.
    make_memory : callable
        () -> what each thread is given as `memory`.
    """

    do_job: Callable[[list[Any], float, Any], tuple[int, int]]
    make_memory: Callable[[], Any]


def _tally(returned: Any) -> tuple[int, int]:
    """Return the words trained, and those that came, which a hook gives back.

    Raises
    ------
    TypeError
        It gives back something else.
    """
    try:
        n_effective, n_raw = returned
        return int(n_effective), int(n_raw)
    except (TypeError, ValueError):
        raise TypeError(
            "_do_train_job must return what super()._do_train_job() does, the words trained and the"
            f" words that came, got {shown(returned)}"
        ) from None


class HookedRun(EpochRun):
    """One epoch over batches of sentences, each of which one thread hands to the hook."""

    def __init__(
        self,
        batches: SentenceBatches,
        jobs: list[Job],
        task: _core.Task,
        draws: Draws,
        n_workers: int,
        more_jobs: Callable[[], list[Job]],
        *,
        hooks: Hooks,
    ) -> None:
        # As a corpus that is never asked for ids.
        super().__init__(cast(Any, batches), jobs, task, draws, n_workers, more_jobs)
        self._batches = batches
        self._hooks = hooks
        self._of_thread = threading.local()
        self._n_trained = 0

    def _train_jobs(self, index: int) -> None:
        self._of_thread.index = index
        memory = self._hooks.make_memory()
        while (taken := self._take_batch()) is not None:
            n_sentences = len(taken[0])
            n_effective, n_raw = _tally(self._hooks.do_job(*taken, memory))
            with self.lock:
                self.result.effective_words += n_effective
                self.result.raw_words += n_raw
                self.result.examples += n_sentences
                self.result.n_jobs += 1

    def _take_batch(self) -> tuple[list[Any], float] | None:
        with self.lock:
            if not self.jobs and not self.stopped:
                self.jobs.extend(self.more_jobs())
            if not self.jobs or self.stopped:
                return None
            job = self.jobs.popleft()
            self.result.last_alpha = job.alpha
            return self._batches.take(job.start), job.alpha

    def train(self, encoded: RenumberedCorpus | CorpusView, alpha: float) -> tuple[int, int]:
        """Train sentences on the thread that calls; return their effective and raw words.

        Parameters
        ----------
        encoded : RenumberedCorpus or CorpusView
            The sentences, as ids.
        alpha : float
            The learning rate.
        """
        n_sentences = encoded.n_sentences
        with self.lock:
            job = Job(self._n_trained, self._n_trained + n_sentences, alpha)
            self._n_trained = job.end
            prepared = self.draws.prepare(_Numbered(encoded, job.start), job)
        worker = self._worker_of_thread(encoded.longest)
        n_effective, n_pairs = worker.n_effective, worker.n_pairs
        worker.train_job(*prepared, alpha)
        with self.lock:
            self.result.pairs += worker.n_pairs - n_pairs
        return worker.n_effective - n_effective, encoded.n_raw_words

    def _worker_of_thread(self, longest: int) -> _core.Worker:
        mine = self._of_thread
        if longest > getattr(mine, "longest", -1):
            mine.longest = 2 * longest
            mine.worker = self._hire(getattr(mine, "index", 0), mine.longest)
        worker: _core.Worker = mine.worker
        return worker


@dataclass(frozen=True)
class _Numbered:
    """Sentences whose numbers begin at `first`: what is drawn for a job depends on its number."""

    encoded: RenumberedCorpus | CorpusView
    first: int

    def read(self, start: int, end: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        return self.encoded.read(start - self.first, end - self.first)
