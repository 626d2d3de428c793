"""Benchmarks, limits: the least time that a core of this machine needs for a mode (limits.c)."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from _runner import HERE
from _systems import Setting

# What a kernel's instruction set is called by compilers; any other is held against the machine's.
FLAGS = {"avx2": ("-mavx2", "-mfma"), "scalar": ()}
NATIVE = ("-march=native",)

Limits = dict[str, float]


def find_compiler() -> str | None:
    """Return the C compiler to use: $CC, else the first of cc, gcc, clang; None if there is none.

    MSVC does not know the vectors of limits.c.
    """
    names = [] if sys.platform == "win32" else [os.environ.get("CC"), "cc", "gcc", "clang"]
    return next((name for name in names if name and shutil.which(name.split()[0])), None)


@functools.cache
def measure(kernel: str, size: int, window: int, negative: int, n_words: int) -> Limits | None:
    """Return the least nanoseconds a center of each mode, None without a compiler."""
    compiler = find_compiler()
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "limits"
        flags = ["-O3", *FLAGS.get(kernel, NATIVE)]
        source = str(HERE / "limits.c")
        subprocess.run([*compiler.split(), *flags, source, "-lm", "-o", program], check=True)
        numbers = map(str, (size, window, negative, n_words))
        done = subprocess.run([program, *numbers], capture_output=True, text=True, check=True)
    return parse(done.stdout)


def parse(text: str) -> Limits:
    """Read what limits.c prints of each mode: the larger of arithmetic and memory."""
    rows = re.findall(r"^([a-z-]+) +([\d.]+) +([\d.]+)(?:;.*)?$", text, re.MULTILINE)
    return {mode: max(float(arithmetic), float(memory)) for mode, arithmetic, memory in rows}


def least_seconds(
    kernel_used: str, setting: Setting, n_words: int, n_effective: int
) -> float | None:
    """Return the least CPU seconds for so many words that subsampling left, each a center."""
    kernel = kernel_used.split(",")[0]
    limits = measure(kernel, setting.vector_size, setting.window, setting.negative, n_words)
    if limits is None:
        return None
    kind = "" if setting.sg else "cbow-"
    modes = ["hs"] if setting.hs else []
    if setting.negative:
        modes.append("shared" if "shared" in kernel_used else "fresh")
    return sum(limits[kind + mode] for mode in modes) * n_effective * 1e-9
