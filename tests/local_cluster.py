"""A cluster in this process, for tests of the driver: workers die when they are told to."""

from __future__ import annotations

from collections import Counter

from fastsgns.distributed import counting, trainer
from fastsgns.distributed.cluster import PartLost, Place


class LocalCluster:
    """Does what `fastsgns.distributed.cluster.Cluster` does, one call after the other.

    `dies(worker, number)` is asked at each round whether the worker dies in it, before it returns
    anything; `breaks(number)` whether a machine is lost with what was in it.
    """

    def __init__(self, n_workers, dies=None, breaks=None):
        self.n_workers = n_workers
        self.n_threads = 1
        self.places = {worker: Place("here", worker) for worker in range(n_workers)}
        self._dies = dies or (lambda worker, number: False)
        self._breaks = breaks or (lambda number: False)
        self._calls = []
        self._trainers = {}
        self.n_rounds = 0
        self.n_deaths = 0
        self.works = []  # of rounds whose results came back
        self.forgotten = []

    def ready(self):
        # Who died is back for the next round.
        self.places = {worker: Place("here", worker) for worker in range(self.n_workers)}
        return sorted(self.places.keys() - {worker for worker, *_ in self._calls})

    def start(self, worker, method, n_returns, *args):
        self._calls.append((worker, method, n_returns, args))

    @property
    def is_busy(self):
        return bool(self._calls)

    def finished(self):
        worker, method, n_returns, args = self._calls.pop(0)
        if method == "count":
            parts, sizes = counting.count(*args)
            yield worker, [*map(self.share, parts), sizes]
            return
        self.n_rounds += 1
        if self._breaks(self.n_rounds):
            raise PartLost("the machine with a part of the weights is gone")
        (recipe,), work, *shards = args
        if worker not in self._trainers:
            self._trainers[worker] = trainer.Trainer(self.value(recipe))
        trained, done = self._trainers[worker].round(work, list(map(self.value, shards)))
        if self._dies(worker, self.n_rounds):
            self.n_deaths += 1
            del self._trainers[worker], self.places[worker]
            yield worker, None
            return
        assert len(trained) + 1 == n_returns
        self.works.append((worker, work))
        yield worker, [*(self.share(shard.copy()) for shard in trained), done]

    def give_up(self):
        self._calls.clear()

    def map(self, function, jobs):
        assert not self._calls
        return [
            self.share(
                function(*(arg.value if isinstance(arg, _Reference) else arg for arg in job))
            )
            for job in jobs
        ]

    def share(self, value):
        return _Reference(value)

    def value(self, reference):
        return reference.value

    def forget(self, run):
        trainer.forget(run)
        self.forgotten.append(run)

    def applied(self):
        """Count how often each chunk came back, by the seed of its epoch and its number."""
        return Counter(
            (work.seed[0], number) for _, work in self.works for number, *_ in work.chunks
        )


class _Reference:
    def __init__(self, value):
        self.value = value
