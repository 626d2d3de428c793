"""Benchmarks, what is written: summaries, Markdown tables, files that survive a stop."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Summary:
    """Repeated measurements of one quantity."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Arithmetic mean."""
        return statistics.fmean(self.values)

    @property
    def median(self) -> float:
        """Median."""
        return statistics.median(self.values)

    @property
    def deviation(self) -> float | None:
        """Sample standard deviation, None for a single value."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    @property
    def reach(self) -> float | None:
        """Largest minus smallest, None for a single value."""
        return max(self.values) - min(self.values) if len(self.values) > 1 else None

    def around_mean(self, digits: int, signed: bool = False, ends: bool = True) -> str:
        """Say ``mean ± deviation (min-max)``, or without the `ends`."""
        text = number(self.mean, digits, signed)
        if self.deviation is not None:
            text += f" ± {number(self.deviation, digits)}"
            text += f" ({self._ends(digits)})" if ends else ""
        return text

    def around_median(self, digits: int) -> str:
        """Say ``median (min-max)``."""
        if len(self.values) == 1:
            return number(self.median, digits)
        return f"{number(self.median, digits)} ({self._ends(digits)})"

    def _ends(self, digits: int) -> str:
        return f"{number(min(self.values), digits)}{EN_DASH}{number(max(self.values), digits)}"


def number(value: float, digits: int, signed: bool = False) -> str:
    """Write `value` with `digits` decimals and a true minus sign, never "-0.00"."""
    value = round(value, digits) + 0.0
    text = f"{value:+.{digits}f}" if signed and value else f"{value:.{digits}f}"
    return text.replace("-", MINUS)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, first column to the left, the others to the right."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_text(path: Path, text: str) -> None:
    """Replace the file at `path` in one step, so that a stop leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Write `content` as JSON, see `write_text`."""
    write_text(path, json.dumps(content, indent=1) + "\n")


def read_json(path: Path, default: Any) -> Any:
    """Return the content of a JSON file, `default` if there is no such file.

    Raises
    ------
    ValueError
        If the file is not JSON; the message names it.
    """
    if not path.exists():
        return default
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error


def environment_lines(
    machine: str, commits: Iterable[str | None], environments: Iterable[dict[str, Any]]
) -> list[str]:
    """Return Markdown list items: machine, versions and BLAS kernels of the measurements."""
    versions: dict[str, set[str]] = {}
    blas: set[str] = set()
    for environment in environments:
        for name, version in environment["versions"].items():
            versions.setdefault(name, set()).add(version)
        blas.update(environment["blas"] or ["not shown (threadpoolctl is not installed)"])
    named = ", ".join(f"{name} {'/'.join(sorted(found))}" for name, found in versions.items())
    lines = [f"- Machine: {machine}", f"- Software: {named}"]
    known = sorted({name for name in commits if name})
    if known:
        lines[-1] += f"; commit {', '.join(known)}"
    return [*lines, f"- BLAS: {'; '.join(sorted(blas))}"]
