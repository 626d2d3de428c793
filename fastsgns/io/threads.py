"""Engine room: threads for tasks, which can be waited for in the main thread whatever signal comes.

`concurrent.futures` waits with conditions of Python code: what a signal's handler raises in there
may leave one locked, and the thread that has done the task waits for it for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import partial
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
        task = Task(partial(function, *args, **kwargs))
        with deferred():
            self.submit(task.do)
        return task

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As in `concurrent.futures`."""
        super().shutdown(wait, cancel_futures=cancel_futures)
        with deferred():  # with threads go references to them, and what is raised then is lost
            self._threads = set()


class Task(Generic[T]):
    """What a thread is to do; like a Future, whose lock nobody waits for here."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.is_done = False
        self._call = call
        self._begun, self._ended = threading.Lock(), threading.Lock()
        self._ended.acquire()
        self._result: T
        self._error: BaseException | None = None

    def do(self) -> None:
        """Do it, unless it was cancelled."""
        if self._begun.acquire(blocking=False):
            try:
                self._result = self._call()
            except BaseException as error:  # raised for who asks for the result
                self._error = error
            self._end()

    def _end(self) -> None:
        del self._call  # what it holds may be large
        self.is_done = True
        self._ended.release()

    def wait(self) -> None:
        """Return when it has been done."""
        while not self.is_done:
            self._ended.acquire(timeout=POLL_SECONDS)

    def result(self) -> T:
        """Return, or raise, what the function has, when it has."""
        self.wait()
        try:
            if self._error is not None:
                raise self._error
            return self._result
        finally:
            del self  # else the error holds what was to be done, and is held by it

    def cancel(self) -> bool:
        """Have it not be done; False if it has been begun."""
        with deferred():
            if not self._begun.acquire(blocking=False):
                return False
            self._error = CancelledError()
            self._end()
            return True
