"""Benchmarks, speed: systems side by side in one run, interleaved (A B A B ...), CPU and wall.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE python benchmarks/speed.py --corpus CORPUS

See README.md beside this file for the options, and docs/benchmarks.md for what the figures mean.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import _limits
import _report
import _runner
from _systems import (
    Setting,
    System,
    add_setting_arguments,
    add_systems_argument,
    check_systems,
    fingerprint,
    parse_system,
    setting_from,
    write_slice,
)

MEASURES = {"loop": "Training loop (`train` alone)", "call": "Whole call (the constructor)"}
RESULTS = Path(__file__).resolve().parent / "results" / "speed"

# What the gensim-exact kernel promises; every other kernel is faster, so it is the floor for all.
FLOOR_OVER_GENSIM = 1.2
FLOOR_OF_TWO_WORKERS = 1.8


@dataclass(frozen=True)
class Bar:
    """A promise: `system` trains at least `minimum` times as fast as `reference` by that clock."""

    system: str
    reference: str
    minimum: float
    clock: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for; print Markdown, write it and the figures in JSON."""
    options = parse_arguments(arguments)
    _runner.check_environment("speed.py", options.keep_openblas_environment)
    setting = setting_from(options)
    systems = options.systems
    bars = [*default_bars(systems, setting), *options.bar]
    report: dict[str, Any] = {
        "machine": _runner.machine(),
        "commit": _runner.commit(),
        "setting": asdict(setting),
        "systems": [system.text for system in systems],
        "bars": [asdict(bar) for bar in bars],
        "runs": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.txt"
        n_tokens = write_slice(options.corpus, options.tokens, corpus)
        report["corpus"] = {
            "name": options.corpus.name,
            "tokens": n_tokens,
            "sha256": fingerprint([corpus]),
        }
        try:
            for run in measure(systems, setting, corpus, options.measure, options.repeats):
                report["runs"].append(run)
                _report.write_json(options.output.with_suffix(".json"), report)
        except _runner.JobFailed as error:
            raise SystemExit(str(error)) from None
    text = to_markdown(report)
    _report.write_text(options.output.with_suffix(".md"), text)
    print(text)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Training speed of fastsgns beside gensim.")
    parser.add_argument(
        "--corpus", type=Path, required=True, help="text, one sentence a line, words between spaces"
    )
    parser.add_argument(
        "--tokens",
        type=int,
        default=1_000_000,
        help="take the first N tokens of it, 0 for all (default: %(default)s)",
    )
    add_systems_argument(parser)
    parser.add_argument(
        "--measure",
        nargs="+",
        choices=list(MEASURES),
        default=list(MEASURES),
        help="loop: train() after build_vocab(); call: the constructor (default: both, apart)",
    )
    parser.add_argument("--repeats", type=int, default=5, help="rounds (default: %(default)s)")
    parser.add_argument(
        "--bar",
        type=parse_bar,
        action="append",
        default=[],
        metavar="'SYSTEM / REFERENCE >= X CLOCK'",
        help="a promise about the training loop to check, CLOCK cpu or wall; may be repeated",
    )
    parser.add_argument(
        "--output", type=Path, default=RESULTS, help="write OUTPUT.json and OUTPUT.md"
    )
    parser.add_argument(
        "--keep-openblas-environment", action="store_true", help="run although OPENBLAS_* is set"
    )
    add_setting_arguments(parser, Setting(epochs=1))
    options = parser.parse_args(arguments)
    if options.repeats < 1:
        parser.error(f"--repeats must be >= 1, got {options.repeats}")
    if options.tokens < 0:
        parser.error(f"--tokens must be >= 0, got {options.tokens}")
    check_systems(parser, options.systems)
    texts = [system.text for system in options.systems]
    for bar in options.bar:
        if not {bar.system, bar.reference} <= set(texts):
            parser.error(f"--bar: {bar.system} / {bar.reference} is not among {' '.join(texts)}")
    if not options.corpus.is_file():
        parser.error(f"--corpus: {options.corpus} is not a file")
    return options


def parse_bar(text: str) -> Bar:
    """Read ``SYSTEM / REFERENCE >= X CLOCK``, the parts between spaces."""
    try:
        system, slash, reference, relation, minimum, clock = text.split()
        if slash != "/" or relation != ">=" or clock not in ("cpu", "wall"):
            raise ValueError
        return Bar(parse_system(system).text, parse_system(reference).text, float(minimum), clock)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected 'SYSTEM / REFERENCE >= X cpu|wall', got {text!r}"
        ) from None


def default_bars(systems: Sequence[System], setting: Setting) -> list[Bar]:
    """Return the promises that hold whatever the setting: over gensim, and of a second worker."""

    def workers(system: System) -> int:
        return int(system.options.get("workers", setting.workers))

    def without_workers(system: System) -> tuple[str, dict[str, Any]]:
        return system.package, {
            name: value for name, value in system.options.items() if name != "workers"
        }

    bars = []
    for system in systems:
        for reference in systems:
            if system.package != "fastsgns":
                continue
            if reference.package == "gensim" and workers(system) == workers(reference):
                bars.append(Bar(system.text, reference.text, FLOOR_OVER_GENSIM, "cpu"))
            same = without_workers(system) == without_workers(reference)
            if same and (workers(system), workers(reference)) == (2, 1):
                bars.append(Bar(system.text, reference.text, FLOOR_OF_TWO_WORKERS, "wall"))
    return bars


def measure(
    systems: Sequence[System], setting: Setting, corpus: Path, measures: Sequence[str], repeats: int
) -> Iterator[dict[str, Any]]:
    """Run each system once a round, one process a run, and yield each run's figures."""
    for measured in measures:
        for turn in range(repeats):
            for system in systems:
                task = {
                    "system": system.text,
                    "setting": asdict(setting),
                    "corpus": str(corpus),
                    "seed": 1,
                    "measure": measured,
                    "evaluation": None,
                }
                result = _runner.run_job(task)
                print(
                    f"{measured} {turn + 1}/{repeats} {system.text}: "
                    f"{result['cpu_seconds']:.2f} s CPU, {result['wall_seconds']:.2f} s wall",
                    file=sys.stderr,
                )
                found = {"measure": measured, "round": turn, "system": system.text} | result
                yield found | {"share_of_limit": share_of_limit(found, system, setting)}


def share_of_limit(run: dict[str, Any], system: System, setting: Setting) -> float | None:
    """Return the least CPU seconds of a training loop here (limits.c) by those that it took.

    None where there are none: the whole call, gensim, no C compiler.
    """
    if run["effective_words"] is None or run["kernel_used"] is None:
        return None
    known = setting.keywords().keys() & system.options.keys()
    setting = replace(setting, **{name: system.options[name] for name in known})
    least = _limits.least_seconds(
        run["kernel_used"], setting, run["vocabulary"], run["effective_words"]
    )
    return None if least is None else least / run["cpu_seconds"]


def figures(report: dict[str, Any], measured: str, system: str, name: str) -> _report.Summary:
    """Return one quantity of one system over the rounds, in their order."""
    return _report.Summary(
        tuple(
            run[name]
            for run in report["runs"]
            if (run["measure"], run["system"]) == (measured, system)
        )
    )


def speedup(
    report: dict[str, Any], measured: str, system: str, reference: str, clock: str
) -> _report.Summary:
    """Return how many times faster `system` was than `reference`, round by round."""
    name = f"{clock}_seconds"
    pairs = zip(
        figures(report, measured, reference, name).values,
        figures(report, measured, system, name).values,
        strict=True,
    )
    return _report.Summary(tuple(slow / fast for slow, fast in pairs))


def to_markdown(report: dict[str, Any]) -> str:
    """Return the report as Markdown, ready for docs/benchmarks.md."""
    setting = Setting(**report["setting"])
    runs = report["runs"]
    n_rounds = 1 + max(run["round"] for run in runs)
    loads = [run["load_average"] for run in runs if run["load_average"] is not None]
    lines = [
        f"- Corpus: first {report['corpus']['tokens']:,} tokens of {report['corpus']['name']}, "
        f"{runs[0]['vocabulary']:,} words in the vocabulary",
        f"- Setting: {setting.title()}",
        *_report.environment_lines(
            report["machine"], [report["commit"]], [run["environment"] for run in runs]
        ),
        f"- {n_rounds} interleaved round(s), a process a run; median (min{_report.EN_DASH}max); "
        "ratios are taken within a round",
    ]
    if loads:
        lines.append(f"- Load average before a run: {min(loads):.1f} to {max(loads):.1f}")
    for measured, title in MEASURES.items():
        if any(run["measure"] == measured for run in runs):
            lines += ["", f"**{title}**", "", speed_table(report, measured)]
    bars = bar_lines(report)
    return "\n".join([*lines, *bars, ""])


def speed_table(report: dict[str, Any], measured: str) -> str:
    """Return one line a system: seconds, words a second, ratios to the first system, memory."""
    baseline = report["systems"][0]
    raw_words = report["corpus"]["tokens"] * report["setting"]["epochs"]
    rows = []
    for system in report["systems"]:
        cpu = figures(report, measured, system, "cpu_seconds")
        wall = figures(report, measured, system, "wall_seconds")
        peaks = figures(report, measured, system, "peak_rss_mb").values
        shares = figures(report, measured, system, "share_of_limit").values
        ratios = [
            speedup(report, measured, system, baseline, clock).around_median(2)
            for clock in ("cpu", "wall")
        ]
        rows.append(
            [
                f"`{system}`",
                cpu.around_median(2),
                wall.around_median(2),
                f"{raw_words / wall.median / 1e6:.3f} M",
                *(["1"] * 2 if system == baseline else ratios),
                "" if None in shares else f"{_report.Summary(shares).median:.0%}",
                "" if None in peaks else f"{max(peaks):.0f}",
            ]
        )
    header = [
        "system",
        "CPU s",
        "wall s",
        "raw words/s (wall)",
        f"{_report.TIMES} CPU",
        f"{_report.TIMES} wall",
        "of limit",
        "peak MB",
    ]
    return _report.table(header, rows)


def bar_lines(report: dict[str, Any]) -> list[str]:
    """Return the promises beside what was measured, if the training loop was."""
    if not any(run["measure"] == "loop" for run in report["runs"]):
        return []
    rows = []
    for bar in (Bar(**bar) for bar in report["bars"]):
        ratio = speedup(report, "loop", bar.system, bar.reference, bar.clock)
        clock = "CPU" if bar.clock == "cpu" else "wall"
        rows.append(
            [
                f"`{bar.system}` over `{bar.reference}`, {clock}",
                f"≥ {bar.minimum:g}{_report.TIMES}",
                f"{ratio.around_median(2)}{_report.TIMES}",
                "yes" if ratio.median >= bar.minimum else "**no**",
            ]
        )
    return (
        [
            "",
            "**Bars (training loop)**",
            "",
            _report.table(["", "promised", "measured", "kept"], rows),
        ]
        if rows
        else []
    )


if __name__ == "__main__":
    main()
