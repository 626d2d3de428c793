"""Face: Ray: workers that may die and come back, and what they return.

What workers return is owned by the driver and lies where they are, or were: a worker that is killed
takes nothing along. A machine does; `PartLost` says so.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from fastsgns.distributed import counting, replica, trainer
from fastsgns.io.interrupts import suppressed

logger = logging.getLogger(__name__)

#: How long the driver waits for something to happen before it looks at all workers again, and how
#: long for the first worker before it says so, in seconds.
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 30.0


class PartLost(RuntimeError):  # noqa: N818 -- says what happened, as TrainingDiverged does
    """A machine is gone that alone had a part of the weights."""


class Place(NamedTuple):
    """Where a worker is."""

    node: str
    process: int


class _Worker:
    """What Ray runs in a process of its own."""

    def __init__(self) -> None:
        self._trainer: trainer.Trainer | None = None
        self._run = ""

    def place(self) -> Place:
        import ray

        return Place(ray.get_runtime_context().get_node_id(), os.getpid())

    def call(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        """Call a function of arrays; what comes second says that it has returned."""
        return [function(*args), True]

    def count(self, *args: Any) -> list[Any]:
        parts, sizes = counting.count(*args)
        return [*parts, sizes]

    def round(self, recipe: list[Any], work: trainer.Work, *shards: replica.Shard) -> list[Any]:
        """Train a round; the recipe is a reference in a list, and read once."""
        import ray

        if self._trainer is None or self._run != recipe[0].hex():
            self._trainer, self._run = trainer.Trainer(ray.get(recipe[0])), recipe[0].hex()
        trained, done = self._trainer.round(work, shards)
        return [*trained, done]


class Cluster:
    """The workers of a run.

    Parameters
    ----------
    n_workers : int
        How many are wanted; each begins when the cluster has room for it.
    n_threads : int
        Of each, and cores that Ray sets apart for it.

    Attributes
    ----------
    n_workers, n_threads : int
    places : dict of int to Place
        Where the workers are that can be called.
    """

    def __init__(self, n_workers: int, n_threads: int) -> None:
        import ray

        self._ray: Any = ray
        self.n_workers = n_workers
        self.n_threads = n_threads
        hire = self._ray.remote(num_cpus=n_threads, max_restarts=-1, max_task_retries=0)
        hired = hire(_Worker)
        self._workers: list[Any] = [hired.remote() for _ in range(n_workers)]
        self.places: dict[int, Place] = {}
        self._calls: dict[int, list[Any]] = {}  # what each worker that is busy will return
        self._asked: dict[Any, int] = {}  # who has been asked where it is, by what it will answer
        for worker in range(n_workers):
            self._ask(worker)

    def ready(self) -> list[int]:
        """Return the workers that can be called and are not busy; wait until any can be called."""
        began = said = time.monotonic()
        while True:
            for answer in self._wait(list(self._asked), 0 if self.places else POLL_SECONDS):
                worker = self._asked.pop(answer)
                try:
                    self.places[worker] = Place(*self._ray.get(answer))
                except self._ray.exceptions.RayActorError:
                    self._ask(worker)
            if self.places:
                return sorted(self.places.keys() - self._calls.keys())
            if time.monotonic() - said > PATIENCE_SECONDS:
                said = time.monotonic()
                logger.warning(
                    "no worker can be called for %.0f s: each takes %i cores; the cluster has %s",
                    said - began,
                    self.n_threads,
                    self._ray.cluster_resources(),
                )

    def start(self, worker: int, method: str, n_returns: int, *args: Any) -> None:
        """Call a worker that is ready; `finished` gives what it returns."""
        function = getattr(self._workers[worker], method)
        self._calls[worker] = function.options(num_returns=n_returns).remote(*args)

    @property
    def is_busy(self) -> bool:
        """Whether there are calls that have not come back."""
        return bool(self._calls)

    def finished(self) -> Iterator[tuple[int, list[Any] | None]]:
        """Wait for calls; give workers, and references to what each returns; None: it is dead.

        In the place of the last reference is its value.

        Raises
        ------
        Exception
            What the worker raised.
        PartLost
        """
        last = {call[-1]: worker for worker, call in self._calls.items()}
        for reference in self._wait(list(last), POLL_SECONDS):
            worker = last[reference]
            *values, _ = self._calls.pop(worker)
            try:
                values.append(self.value(reference))
            except self._ray.exceptions.RayActorError as error:
                process = self.places.pop(worker).process
                logger.warning("worker %i, process %i: %s", worker, process, _first_line(error))
                self._ask(worker)
                yield worker, None
            else:
                yield worker, values

    def map(self, function: Callable[..., Any], jobs: Sequence[Sequence[Any]]) -> list[Any]:
        """Have workers call a function of references; return references to the results.

        What one has died of another one does: such functions are short, and change nothing.
        """
        results: dict[int, Any] = {}
        taken: dict[int, int] = {}
        todo = deque(range(len(jobs)))
        while len(results) < len(jobs):
            for worker in self.ready():
                if todo:
                    taken[worker] = todo.popleft()
                    self.start(worker, "call", 2, function, *jobs[taken[worker]])
            for worker, result in self.finished():
                if result is None:
                    todo.append(taken[worker])
                else:
                    results[taken[worker]] = result[0]
        return [results[number] for number in range(len(jobs))]

    def share(self, value: Any) -> Any:
        """Return a reference to a value of the driver's."""
        return self._ray.put(value)

    def value(self, reference: Any) -> Any:
        """Return what a reference stands for; what a worker raised is raised as it was there."""
        exceptions = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except exceptions.ObjectLostError as error:
            raise PartLost(_first_line(error)) from error
        except exceptions.RayTaskError as error:
            if isinstance(error.cause, exceptions.ObjectLostError):
                raise PartLost(_first_line(error.cause)) from error
            if isinstance(error.cause, Exception):
                error.cause.add_note("in a worker of the cluster")
                raise error.cause from None
            raise

    def give_up(self) -> None:
        """Wait for all calls, whatever comes of them."""
        while self._calls:
            with suppressed(Exception):
                list(self.finished())

    def forget(self, run: str) -> None:
        """Have the machines remove what they keep for a run."""
        calls = [self._workers[worker].call.remote(trainer.forget, run) for worker in self.places]
        self._wait(calls, PATIENCE_SECONDS, len(calls))
        trainer.forget(run)  # of this machine, whose workers may all be dead

    def dismiss(self) -> None:
        """End the workers."""
        for worker in self._workers:
            self._ray.kill(worker)

    def _ask(self, worker: int) -> None:
        """Have a worker say where it is as soon as it is anywhere."""
        self._asked[self._workers[worker].place.options(max_task_retries=-1).remote()] = worker

    def _wait(self, references: list[Any], seconds: float, n_wanted: int = 1) -> list[Any]:
        """Return those that are there, when so many are, or the time is over."""
        if not references:
            return []
        found: list[Any] = self._ray.wait(references, num_returns=n_wanted, timeout=seconds)[0]
        return found


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


@contextmanager
def joined(address: str | None, n_workers: int, n_threads: int) -> Iterator[Cluster]:
    """Join a cluster, or start one on this machine, hire workers, and leave it as it was.

    Raises
    ------
    ImportError
        Ray is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise ImportError(
            "training on many machines needs Ray: pip install fastsgns[ray]"
        ) from error
    is_ours = not ray.is_initialized()
    if is_ours:
        options: dict[str, Any] = {"address": address}
        if address is None:  # which Ray takes for any that runs here
            n_cores = max(os.cpu_count() or 1, n_workers * n_threads)
            options = {"address": "local", "num_cpus": n_cores, "include_dashboard": False}
        ray.init(log_to_driver=False, logging_level=logging.WARNING, **options)
    try:
        cluster = Cluster(n_workers, n_threads)
        try:
            yield cluster
        finally:
            cluster.dismiss()
    finally:
        if is_ours:
            ray.shutdown()
