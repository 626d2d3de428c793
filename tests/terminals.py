"""A program in a terminal: a pseudo-terminal of a given size, and what is typed there."""

from __future__ import annotations

import os
import select
import struct
import subprocess
from collections.abc import Iterable, Sequence

import pytest
from processes import environment

#: Seconds that a program may take until something appears.
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
    fcntl = pytest.importorskip("fcntl", reason="no pseudo-terminals here")
    import termios

    terminal, inside = os.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    process = subprocess.Popen(
        command, stdin=inside, stdout=inside, stderr=inside, env=environment(env)
    )
    os.close(inside)
    screen, seen = "", 0
    waiting = list(typed)
    try:
        while some := _read(terminal):
            screen += some.decode("utf-8", "replace")
            while waiting and waiting[0][0] in screen[seen:]:
                prompt, text = waiting.pop(0)
                seen = screen.index(prompt, seen) + len(prompt)
                os.write(terminal, text.encode())
        return process.wait(PATIENCE), screen
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def _read(terminal: int) -> bytes:
    """Read what has appeared; nothing when nobody writes to the terminal any more, or for long."""
    ready, _, _ = select.select([terminal], [], [], PATIENCE)
    try:
        return os.read(terminal, 1 << 16) if ready else b""
    except OSError:
        return b""
