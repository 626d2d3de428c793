"""Engine room: steps that no signal may come between, and what a signal's handler raises.

Python calls the handlers of signals between any two steps of the main thread. What they raise,
KeyboardInterrupt or the error of a time limit, would leave half of a change there, or, in the midst
of `threading`'s own code, a lock that nobody gives back, for which others then wait for ever. And
whoever catches errors of a kind must not take it for one: TimeoutError is an OSError.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import traceback
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

_NAMES = ("INT", "BREAK", "TERM", "HUP", "ALRM", "VTALRM", "PROF", "USR1", "USR2")

#: Those of the system's that programs have handlers for.
SIGNALS = [each for each in signal.Signals if each.name.removeprefix("SIG") in _NAMES]


class deferred:  # noqa: N801
    """Have the handlers of signals wait until the block has ended, for so long as that takes.

    In other threads than the main one none is ever called. Blocks can be nested. What `with` gives
    is a list of the signals that wait: who has much to do may look, and end early.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[..., Any]] = {}
        self._waiting: list[int] = []
        self._is_on = True

    def __enter__(self) -> Sequence[int]:
        if threading.current_thread() is not threading.main_thread():
            return self._waiting
        try:
            with suppressed(ValueError):  # an interpreter within another has no handlers
                for number in SIGNALS:
                    handler = signal.getsignal(number)
                    if callable(handler):
                        self._handlers[number] = handler
                        signal.signal(number, self._note)
        except BaseException:
            self._end()
            raise
        return self._waiting

    def __exit__(self, *_: object) -> None:
        self._end()
        self._call_handlers()

    def _call_handlers(self) -> None:
        """Call the handlers of all signals that have waited, whatever they raise."""
        if self._waiting:
            try:
                signal.raise_signal(self._waiting.pop(0))
            finally:
                self._call_handlers()

    def _end(self) -> None:
        """Put all handlers back; what those that are back already raise waits until all are."""
        raised = None
        while self._is_on:
            try:
                for number, handler in self._handlers.items():
                    if signal.getsignal(number) == self._note:
                        signal.signal(number, handler)
                self._is_on = False
            except BaseException as error:
                raised = error
        try:
            if raised is not None:
                raise raised
        finally:
            del raised  # else it holds this frame, and this frame it, with all that is below

    def _note(self, number: int, frame: Any) -> None:
        """Remember a signal; one that comes while handlers are put back has its own called."""
        if not self._is_on:
            self._handlers[number](number, frame)
        elif number not in self._waiting:
            self._waiting.append(number)


class suppressed(contextlib.suppress):  # noqa: N801
    """Suppress errors of some kinds, but for those that a handler of a signal raises."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        return not _is_of_handler(trace) and bool(super().__exit__(kind, error, trace))


def pass_on(error: BaseException) -> None:
    """Raise an error again if a handler of a signal has raised it."""
    try:
        if _is_of_handler(error.__traceback__):
            raise error
    finally:
        del error  # as above


def _is_of_handler(trace: TracebackType | None) -> bool:
    """Say whether there is a handler in a traceback: it alone is given the frame that it is in."""
    # Not in the first frame: who asks. It goes on, and looking at its variables would keep them.
    for frame, _ in traceback.walk_tb(trace and trace.tb_next):
        for value in frame.f_locals.values() if frame.f_back is not None else ():
            values = value if type(value) is tuple else (value,)  # of a handler(*args)
            if any(each is frame.f_back for each in values):
                return True
    return False
