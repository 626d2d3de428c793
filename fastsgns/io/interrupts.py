"""Engine room: steps that no signal may come between.

Python calls the handlers of signals between any two steps of the main thread. What they raise,
KeyboardInterrupt or the error of a time limit, would leave half of a change there, or, in the midst
of `threading`'s own code, a lock that nobody gives back, for which others then wait for ever.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable
from typing import Any

_NAMES = ("INT", "BREAK", "TERM", "HUP", "ALRM", "VTALRM", "PROF", "USR1", "USR2")

#: Those of the system's that programs have handlers for.
SIGNALS = [each for each in signal.Signals if each.name.removeprefix("SIG") in _NAMES]


class deferred:  # noqa: N801
    """Have the handlers of signals wait until the block has ended, for so long as that takes.

    In other threads than the main one none is ever called. Blocks can be nested.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[..., Any]] = {}
        self._waiting: list[int] = []
        self._is_on = True

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        try:
            with contextlib.suppress(ValueError):  # an interpreter within another has no handlers
                for number in SIGNALS:
                    handler = signal.getsignal(number)
                    if callable(handler):
                        self._handlers[number] = handler
                        signal.signal(number, self._note)
        except BaseException:
            self._end()
            raise

    def __exit__(self, *_: object) -> None:
        self._end()
        for number in self._waiting:
            signal.raise_signal(number)

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
        if raised is not None:
            raise raised

    def _note(self, number: int, frame: Any) -> None:
        """Remember a signal; one that comes while handlers are put back has its own called."""
        if self._is_on:
            self._waiting.append(number)
        else:
            self._handlers[number](number, frame)
