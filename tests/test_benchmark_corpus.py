"""The reading benchmark runs, and both systems come to the same vocabulary (it says so itself)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "corpus.py"
if not SCRIPT.is_file():
    pytest.skip("the benchmarks are not beside these tests", allow_module_level=True)


def test_the_reading_benchmark_runs_on_a_toy_text(tmp_path):
    pytest.importorskip("gensim")
    text = tmp_path / "toy.txt"
    text.write_text("one two three four\n\nfive one two\n" * 40 + "rare\n", "utf-8")
    run = subprocess.run(
        [
            *(sys.executable, SCRIPT, text, "--rounds", "1"),
            *("--gil", "--seconds-alone", "0.02"),
            *(["--memory", "--copies", "3"] if sys.platform == "linux" else []),
        ],
        capture_output=True,
        text=True,
        cwd=SCRIPT.parents[1],
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[1])},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("toy.txt: 281 tokens;")
    assert "MISSED" not in run.stdout
    names = ["gensim, file", "file-1", "file-2", "gensim, lists", "lists", "another thread counts"]
    for name in names + ["memory", "disk"] * (sys.platform == "linux"):
        assert any(line.startswith(name) for line in run.stdout.splitlines())
