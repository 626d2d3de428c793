"""Engine room: threads for tasks, which can be waited for in the main thread whatever signal comes.

`concurrent.futures` waits with conditions of Python code: what a signal's handler raises in there
may leave one locked, and the thread that has done the task waits for it for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, ParamSpec, TypeVar

from fastsgns.io.interrupts import deferred

#: How often a thread looks up from waiting, in seconds (on Windows no signal wakes it up).
POLL_SECONDS = 0.1

P = ParamSpec("P")
T = TypeVar("T")


class Threads(ThreadPoolExecutor):
    """A pool of threads whose tasks are begun with `begin`."""

    def begin(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Task[T]:
        """Have a thread call a function."""
        with deferred():
            return Task(self.submit(function, *args, **kwargs))


class Task(Generic[T]):
    """What a thread has been told to do: a Future, for whose lock nobody waits."""

    def __init__(self, future: Future[T]) -> None:
        self.is_done = False
        self._future = future
        self._ended = threading.Lock()
        self._ended.acquire()
        future.add_done_callback(self._end)

    def _end(self, _: Future[T]) -> None:
        self.is_done = True
        self._ended.release()

    def wait(self) -> None:
        """Return when it has been done."""
        while not self.is_done:
            self._ended.acquire(timeout=POLL_SECONDS)

    def result(self) -> T:
        """Return, or raise, what the function has, when it has."""
        self.wait()
        with deferred():
            return self._future.result()

    def cancel(self) -> bool:
        """Have it not be done; False if it has been begun."""
        with deferred():
            return self._future.cancel()
