"""Benchmarks, quality: systems trained on one text with several seeds, scored by one code.

    python benchmarks/quality.py --corpus CORPUS --eval FOLDER

Each finished job goes into the results file at once, and a job that is there is not run again:
stop it at any time, and start the same command to go on. See README.md beside this file for the
options, and docs/benchmarks.md for what the figures mean.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import _report
import _runner
from _sets import find_sets, read_sets
from _systems import (
    Setting,
    System,
    add_setting_arguments,
    add_systems_argument,
    check_systems,
    fingerprint,
    key_of,
    setting_from,
    write_slice,
)

RESULTS = Path(__file__).resolve().parent / "results" / "quality.json"


HOW_TO_READ = (
    f"- Mean ± standard deviation (min{_report.EN_DASH}max) over the seeds, in points of 100. "
    "Difference: mean ± standard deviation of the differences, seed by seed. "
    f"Spread: the larger of the two systems' ranges (max {_report.MINUS} min). "
    "Within: the means differ by no more than that"
)


@dataclass(frozen=True)
class Job:
    """One model to train: what is stored with its result, and what its process is told."""

    key: str
    record: dict[str, Any]
    task: dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the jobs that have no result yet; print and write each system beside the first."""
    options = parse_arguments(arguments)
    _runner.check_environment("quality.py", keep=True)
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.corpus
        if options.tokens:
            corpus = Path(folder) / "corpus.txt"
            write_slice(options.corpus, options.tokens, corpus)
        jobs = list(list_jobs(options, corpus))
        failed = run_missing(jobs, options.results, options.fresh)
    stored = _report.read_json(options.results, {})
    records = [stored[job.key] for job in jobs if job.key in stored]
    if records:
        text = to_markdown(records, [system.text for system in options.systems])
        _report.write_text(options.results.with_suffix(".md"), text)
        print(text)
    if failed:
        raise SystemExit(f"{failed} of {len(jobs)} jobs failed")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Quality of the vectors of fastsgns beside gensim's."
    )
    parser.add_argument(
        "--corpus", type=Path, required=True, help="text, one sentence a line, words between spaces"
    )
    parser.add_argument(
        "--eval", type=Path, required=True, metavar="DIR", help="folder with evaluation sets"
    )
    parser.add_argument(
        "--tokens", type=int, default=0, help="take the first N tokens (default: 0, all)"
    )
    add_systems_argument(parser)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], help="default: 1 2 3")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="JSON file; the table goes beside it as .md"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="run the jobs again that have a result"
    )
    add_setting_arguments(parser, Setting(workers=2))
    options = parser.parse_args(arguments)
    if options.tokens < 0:
        parser.error(f"--tokens must be >= 0, got {options.tokens}")
    if not options.corpus.is_file():
        parser.error(f"--corpus: {options.corpus} is not a file")
    check_systems(parser, options.systems)
    try:
        if not options.eval.is_dir() or not read_sets(options.eval):
            parser.error(f"--eval: no evaluation set in {options.eval}, README.md says their names")
    except ValueError as error:
        parser.error(f"--eval: {error}")
    return options


def list_jobs(options: argparse.Namespace, corpus: Path) -> Iterator[Job]:
    """Yield the jobs, all systems of a seed together, so that a stop leaves whole comparisons."""
    setting = setting_from(options)
    text = {
        "name": options.corpus.name,
        "tokens": options.tokens or "all",
        "sha256": fingerprint([corpus]),
    }
    evaluation = fingerprint(sorted(find_sets(options.eval).values()))
    for seed in options.seeds:
        for system in options.systems:
            task = {
                "system": system.text,
                "setting": asdict(setting),
                "corpus": str(corpus),
                "seed": seed,
                "measure": "call",
                "evaluation": str(options.eval),
            }
            record = {
                "system": system.text,
                "setting": asdict(setting),
                "corpus": text,
                "seed": seed,
                "machine": _runner.machine(),
                "commit": _runner.commit(),
            }
            yield Job(job_key(system, setting, seed, text["sha256"], evaluation), record, task)


def job_key(system: System, setting: Setting, seed: int, corpus: Any, evaluation: str) -> str:
    """Return the key of a result: the same whether the system or the setting says an argument."""
    return key_of(
        {
            "package": system.package,
            "keywords": setting.keywords() | system.options | {"seed": seed},
            "corpus_form": setting.corpus_form,
            "corpus": corpus,
            "evaluation": evaluation,
        }
    )


def run_missing(jobs: Sequence[Job], path: Path, fresh: bool) -> int:
    """Run the jobs without a result, store each as it comes; return how many jobs failed."""
    failed = 0
    for position, job in enumerate(jobs, start=1):
        name = f"{position}/{len(jobs)} {job.record['system']}, seed {job.record['seed']}"
        stored = _report.read_json(path, {})
        if job.key in stored and not fresh:
            warn_when_stale(name, stored[job.key], job.record["commit"])
            continue
        try:
            result = _runner.run_job(job.task)
        except _runner.JobFailed as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed += 1
            continue
        # Read again: another process may have stored results during the minutes of this job.
        _report.write_json(path, _report.read_json(path, {}) | {job.key: job.record | result})
        print(
            f"{name}: {result['cpu_seconds']:.1f} s CPU, {result['wall_seconds']:.1f} s wall",
            file=sys.stderr,
        )
    return failed


def warn_when_stale(name: str, stored: dict[str, Any], commit: str | None) -> None:
    """Say so when a result that is taken from the file was made by another commit of fastsgns."""
    note = ""
    if stored["system"].startswith("fastsgns") and stored["commit"] != commit:
        note = f", made at commit {stored['commit']} while this is {commit}: --fresh runs it again"
    print(f"{name}: stored{note}", file=sys.stderr)


def to_markdown(records: Sequence[dict[str, Any]], systems: Sequence[str]) -> str:
    """Return the comparison of each system with the first, ready for docs/benchmarks.md."""
    setting = Setting(**records[0]["setting"])
    corpus = records[0]["corpus"]
    n_tokens = "all" if corpus["tokens"] == "all" else f"the first {corpus['tokens']:,}"
    lines = [
        f"- Corpus: {n_tokens} tokens of {corpus['name']}, vocabulary {records[0]['vocabulary']:,}",
        f"- Setting: {setting.title()}",
        *_report.environment_lines(
            records[0]["machine"],
            [record["commit"] for record in records],
            [record["environment"] for record in records],
        ),
        HOW_TO_READ,
    ]
    reference, *others = systems
    for other in others:
        pairs = paired(records, reference, other)
        if pairs:
            title = f"**`{other}` beside `{reference}`**, {seeds_named(list(pairs))}"
            lines += ["", title, "", comparison(pairs, reference, other)]
    if not others:
        seeds = [record["seed"] for record in records]
        lines += ["", f"**`{reference}`**, {seeds_named(seeds)}", "", means(records, reference)]
    return "\n".join([*lines, ""])


Pairs = dict[int, tuple[dict[str, Any], dict[str, Any]]]


def paired(records: Sequence[dict[str, Any]], reference: str, other: str) -> Pairs:
    """Return both systems' records by seed, for the seeds that both have."""
    by_system: dict[str, dict[int, dict[str, Any]]] = {reference: {}, other: {}}
    for record in records:
        if record["system"] in by_system:
            by_system[record["system"]][record["seed"]] = record
    common = sorted(by_system[reference].keys() & by_system[other].keys())
    return {seed: (by_system[reference][seed], by_system[other][seed]) for seed in common}


def seeds_named(seeds: Sequence[int]) -> str:
    """Say which seeds a table is made of."""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"


def comparison(pairs: Pairs, reference: str, other: str) -> str:
    """Return a table, a line a quantity: both systems, the difference, the spread, the verdict."""
    left = [pair[0] for pair in pairs.values()]
    right = [pair[1] for pair in pairs.values()]
    rows = []
    for name, digits in quantities(left + right):
        ours, theirs = summarise(right, name), summarise(left, name)
        differences = _report.Summary(
            tuple(b - a for a, b in zip(theirs.values, ours.values, strict=True))
        )
        rows.append(
            [
                label(left[0], name),
                theirs.around_mean(digits),
                ours.around_mean(digits),
                differences.around_mean(digits, signed=True, ends=False),
                *verdict(theirs, ours, digits),
            ]
        )
    header = ["set (used)", f"`{reference}`", f"`{other}`", "difference", "spread", "within"]
    return _report.table(header, rows)


def means(records: Sequence[dict[str, Any]], system: str) -> str:
    """Return a table of one system alone."""
    rows = [
        [label(records[0], name), summarise(records, name).around_mean(digits)]
        for name, digits in quantities(records)
    ]
    return _report.table(["set (used)", f"`{system}`"], rows)


def quantities(records: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    """Return the names that all records have a value for, and how many decimals to show."""
    names = [(name, 2) for name in records[0]["evaluation"]] + [
        (name, 3) for name in records[0]["norms"]
    ]
    return [
        (name, digits)
        for name, digits in names
        if all(value(record, name) is not None for record in records)
    ]


def value(record: dict[str, Any], name: str) -> float | None:
    """Return a score, or the mean length of the rows of a weight matrix."""
    if name in record["evaluation"]:
        score: float | None = record["evaluation"][name]["score"]
        return score
    norm: float | None = record["norms"].get(name)
    return norm


def summarise(records: Sequence[dict[str, Any]], name: str) -> _report.Summary:
    """Return one quantity over the records, in their order."""
    return _report.Summary(
        tuple(found for record in records if (found := value(record, name)) is not None)
    )


def label(record: dict[str, Any], name: str) -> str:
    """Return a line's first cell: the set and how much of it could be used, or the matrix."""
    if name in record["evaluation"]:
        score = record["evaluation"][name]
        return f"{name} ({score['used']:,} of {score['of']:,})"
    return f"mean length of {name} vectors"


def verdict(theirs: _report.Summary, ours: _report.Summary, digits: int) -> tuple[str, str]:
    """Return the spread, and "yes" or the direction in which the means differ by more than it."""
    if theirs.reach is None or ours.reach is None:
        return "one seed", "cannot say"
    spread = max(theirs.reach, ours.reach)
    difference = ours.mean - theirs.mean
    within = "yes" if abs(difference) <= spread else "**higher**" if difference > 0 else "**lower**"
    return _report.number(spread, digits), within


if __name__ == "__main__":
    main()
