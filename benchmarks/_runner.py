"""Benchmarks, the process in front: starts jobs in a fair environment, describes the machine."""

from __future__ import annotations

import importlib.machinery
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent

# Variables that make OpenBLAS take other kernels or block sizes than it would choose for this CPU.
# What computes through BLAS (gensim, kernel "blas") would not run at the speed that its users see.
OPENBLAS_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

# Dot products of 100 numbers must not be spread over threads, and `workers` must mean what it says.
ONE_BLAS_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS"), "1"
)


class JobFailed(RuntimeError):
    """A job ended without a result."""


def overridden(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the set variables that would change OpenBLAS' kernels."""
    return [name for name in OPENBLAS_OVERRIDES if name in environment]


def check_environment(script: str, keep: bool) -> None:
    """Exit when OpenBLAS' choice is overridden, or only warn when the caller wants to `keep` it so.

    Raises
    ------
    SystemExit
        With the command that works.
    """
    names = overridden(os.environ)
    if not names:
        return
    listed = " and ".join(f"{name}={os.environ[name]}" for name in names)
    if keep:
        print(
            f"warning: {listed} is set: OpenBLAS does not choose its kernels itself",
            file=sys.stderr,
        )
        return
    unset = " ".join(f"-u {name}" for name in names)
    raise SystemExit(
        f"{listed} is set: OpenBLAS would not choose its kernels itself.\n"
        f"Run: env {unset} python benchmarks/{script} ...\nor pass --keep-openblas-environment."
    )


def run_job(task: Mapping[str, Any]) -> dict[str, Any]:
    """Run `task` in a new process and return its result.

    Raises
    ------
    JobFailed
        If the process ends with an error; its stderr has gone to ours.
    """
    done = subprocess.run(
        [sys.executable, str(HERE / "_job.py")],
        input=json.dumps(task),
        stdout=subprocess.PIPE,
        text=True,
        env=job_environment(),
        check=False,
    )
    if done.returncode:
        raise JobFailed(f"{task['system']}: the job ended with status {done.returncode}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def job_environment() -> dict[str, str]:
    """Return this process's environment with one BLAS thread, and the checkout first on the path.

    A checkout that was not compiled in place is left out: the installed fastsgns is measured.
    """
    environment = os.environ | ONE_BLAS_THREAD
    if checkout_is_built():
        others = [environment["PYTHONPATH"]] if environment.get("PYTHONPATH") else []
        environment["PYTHONPATH"] = os.pathsep.join([str(CHECKOUT), *others])
    return environment


def checkout_is_built() -> bool:
    """Say whether the compiled modules stand beside the sources."""
    return any(
        (CHECKOUT / "fastsgns" / f"_core{suffix}").exists()
        for suffix in importlib.machinery.EXTENSION_SUFFIXES
    )


def commit() -> str | None:
    """Return the commit that is measured, with "+" when fastsgns/ has changes; None if unknown."""
    if not checkout_is_built():
        return None
    try:
        name = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--", "fastsgns")
    except (OSError, subprocess.CalledProcessError):
        return None
    return name + ("+" if changed else "")


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def machine() -> str:
    """Describe this machine in one line: CPU, how many of them, memory, system."""
    parts = [cpu_name(), f"{os.cpu_count()} CPUs visible"]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        parts.append(
            f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.0f} GB of memory"
        )
    parts.append(f"{platform.system()} {platform.machine()}")
    return ", ".join(parts)


def cpu_name() -> str:
    """Return the CPU's name; with family and model on Linux, as virtual machines hide the name."""
    information = Path("/proc/cpuinfo")
    if not information.exists():
        return platform.processor() or "unknown CPU"
    fields: dict[str, str] = {}
    for line in information.read_text().splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    name = fields.get("model name", platform.machine())
    if {"cpu family", "model", "stepping"} <= fields.keys():
        family, model, stepping = (fields[key] for key in ("cpu family", "model", "stepping"))
        name += f" (family {family}, model {model}, stepping {stepping})"
    return name
