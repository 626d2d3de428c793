"""Engine room: how much memory can be had, and sizes as people write them."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastsgns.io.interrupts import suppressed

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}

#: What is assumed where the system does not say.
UNKNOWN_NBYTES = 1 << 30


def nbytes_of(size: str, whole: Callable[[], int]) -> int:
    """Return the bytes of a size such as "2G", "500M", "1.5 GB", or "10%" of what `whole` returns.

    Raises
    ------
    ValueError
        For anything else.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:(%)|([KMGT]?)(?:i?B)?)\s*", size, re.I)
    if match is None:
        raise ValueError(f"a size must be such as '2G', '500M', '1000000' or '10%', got {size!r}")
    number, percent, unit = match.groups()
    scale = whole() / 100 if percent else _UNITS[(unit or "").upper()]
    return int(float(number) * scale)


def refuse_beyond_free(needed: int, what: str, root: Path = Path("/")) -> None:
    """Raise MemoryError when more bytes are needed than can be had; `what` says for what.

    Before anything is allocated: Linux grants memory that it has not got, and ends the process
    when it is used.
    """
    free, left = _free_of_system(root), min(_left_in_groups(root))
    if needed > min(free, left):
        in_group = "no limit" if left == sys.maxsize else f"{left >> 20} MB left"
        raise MemoryError(
            f"{what} take {needed >> 20} MB: {free >> 20} MB of memory are free, and the control"
            f" groups of this process have {in_group}"
        )


def give_back() -> None:
    """Give what was freed back to the system.

    glibc keeps it, in pieces that weights do not fit into: what reading the corpus took (100 bytes
    a word) would be added to what training takes.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def free_nbytes(root: Path = Path("/")) -> int:
    """Return how much memory this process can have without swapping, in bytes.

    On Linux that is MemAvailable or what the control groups leave, whichever is less; elsewhere
    what the system says, or half of what is built in.

    Parameters
    ----------
    root : path
        Where the files of Linux are: for tests.
    """
    return min(_free_of_system(root), *_left_in_groups(root))


def _free_of_system(root: Path) -> int:
    if sys.platform == "win32":
        return _windows_nbytes()
    meminfo = _text(root / "proc/meminfo")
    available = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo, re.MULTILINE)
    if available:
        return int(available[1]) << 10
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError, AttributeError):
        return UNKNOWN_NBYTES


def _left_in_groups(root: Path) -> list[int]:
    """Return what the control groups of this process, and those above them, leave it."""
    left = [sys.maxsize]
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        kinds, _, path = rest.partition(":")
        if kinds not in ("", "memory"):
            continue
        folder = root / ("sys/fs/cgroup/memory" if kinds else "sys/fs/cgroup")
        files = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            if kinds
            else ("memory.max", "memory.current", "inactive_file")
        )
        names = [name for name in path.split("/") if name and name != ".."]
        # In a container the path is often the one outside, and the limit at the top.
        for depth in range(len(names) + 1):
            left.append(_left_in_group(folder.joinpath(*names[:depth]), *files))
    return left


def _left_in_group(folder: Path, limit: str, usage: str, cache: str) -> int:
    most = _text(folder / limit).strip()
    used = _text(folder / usage).strip() if most.isdigit() else ""
    if not used.isdigit():
        return sys.maxsize  # "max", or no such group
    # Pages of files that nobody has used for a while are given up when memory gets short.
    given_up = re.search(rf"^{cache} (\d+)$", _text(folder / "memory.stat"), re.MULTILINE)
    return max(int(most) - int(used) + (int(given_up[1]) if given_up else 0), 0)


def _text(path: Path) -> str:
    with suppressed(OSError):
        return path.read_text("ascii", "replace")
    return ""


def _windows_nbytes() -> int:
    class MemoryStatus(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            ("total", ctypes.c_uint64),
            ("available", ctypes.c_uint64),
            ("others", ctypes.c_uint64 * 5),
        )

    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    windll: Any = getattr(ctypes, "windll")  # noqa: B009 (there on Windows only, to mypy too)
    if not windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return UNKNOWN_NBYTES
    return int(status.available)
