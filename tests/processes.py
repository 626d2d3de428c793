"""A Python in a process of its own, which finds the package that these tests run on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import fastsgns

ROOT = Path(fastsgns.__file__).parent.parent

#: How many times the usual time and memory may be taken: sanitizers are slow and large.
PATIENCE = float(os.environ.get("FASTSGNS_TEST_PATIENCE", "1"))

#: The environment of a process that may write no file, and so cannot say what coverage saw of it.
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": ""}


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables in which Python finds the package, and some more."""
    paths = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    return os.environ | {"PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"} | (more or {})


def run_python(
    *arguments: Any, expects: int | None = 0, env: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments; what it prints is text.

    Parameters
    ----------
    *arguments
        Such as "-c" and a program, or "-m" and a module, and what these are given.
    expects : int, default 0
        The exit status; with another one the test fails and shows what was written to stderr. None:
        the test looks at it itself.
    env : dict, optional
        Environment variables beside those that there are.
    **options
        Of `subprocess.run`: input, cwd.
    """
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=environment(env),
        capture_output=True,
        encoding="utf-8",
        timeout=120 * PATIENCE,
        check=False,
        **options,
    )
    assert expects is None or done.returncode == expects, done.stderr
    return done
