"""A program in a terminal: a pseudo-terminal of a given size, and what is typed there."""

from __future__ import annotations

import contextlib
import os
import struct
import time
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from processes import environment

#: Seconds that a program may take.
PATIENCE = 60


def run_in_terminal(
    command: Sequence[str],
    typed: Iterable[tuple[str, str]] = (),
    size: tuple[int, int] = (24, 80),
    env: dict[str, str] | None = None,
) -> tuple[int, str]:
    """Run a command in a terminal; return its exit status and all that appeared.

    Parameters
    ----------
    command : list of str
    typed : iterable of (prompt, text)
        When the prompt has appeared, the text is typed.
    size : (rows, columns)
    env : dict, optional
        Environment variables beside those that there are.
    """
    pty = pytest.importorskip("pty", reason="no pseudo-terminals here")
    import fcntl
    import termios

    process, terminal = pty.fork()
    if process == 0:
        with contextlib.suppress(BaseException):
            fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            os.execve(command[0], list(command), environment(env))  # noqa: S606
        os._exit(127)
    screen, seen = "", 0
    waiting: list[Any] = list(typed)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            some = os.read(terminal, 1 << 16)
        except OSError:  # how a terminal says that nobody writes to it any more
            some = b""
        if not some:
            break
        screen += some.decode("utf-8", "replace")
        while waiting and waiting[0][0] in screen[seen:]:
            prompt, text = waiting.pop(0)
            seen = screen.index(prompt, seen) + len(prompt)
            os.write(terminal, text.encode())
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status), screen
