"""The programs of examples/ run on fastsgns, and, with only their imports changed, on gensim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from processes import run_python

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def with_gensim(text: str) -> str:
    """Change the imports of a program, as docs/migrating-from-gensim.md does, but backwards."""
    return text.replace("from fastsgns.utils", "from gensim.utils").replace(
        "from fastsgns", "from gensim.models"
    )


def run(*command: str) -> list[str]:
    # gensim and its dependencies have warnings of their own, which are none of the programs'.
    return run_python("-W", "ignore", *command).stdout.splitlines()


def shape(lines: list[str]) -> list[str]:
    """Take out what another random stream may change: measured numbers, and words found."""
    number = re.compile(r"-?\d+\.\d+|(?<=loss )\d+|\d+%|\d+ (?=of \d+$)")
    word = re.compile(
        r"'[\w-]+'|(?<=[\[ ])\d+(?=[\],])|(?<=[:,] )[a-z]+(?= N)|(?<=odd one out: )\w+"
    )
    return [word.sub("X", number.sub("N", line)) for line in lines]


def test_there_are_six():
    assert len(EXAMPLES) == 6
    listed = (ROOT / "examples" / "README.md").read_text(encoding="utf8")
    assert all(f"`{path.name}`" in listed for path in EXAMPLES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_the_same_shape_on_fastsgns_and_on_gensim(path, tmp_path):
    ours = run(str(path))
    assert len(ours) >= 3 and not [line for line in ours if "nan" in line.split()]
    assert run(str(path)) == ours, "with one worker and a seed, it prints the same each time"
    pytest.importorskip("gensim", exc_type=ImportError)
    twin = tmp_path / path.name
    twin.write_text(with_gensim(path.read_text(encoding="utf8")), encoding="utf8")
    assert "fastsgns" not in twin.read_text(encoding="utf8").split('"""', 2)[2]
    theirs = run(str(twin))
    assert shape(theirs) == shape(ours)
    assert run("-m", "fastsgns.patched", str(twin)) == ours


def test_what_the_examples_find_is_right():
    """Not only do they print something: the structure that is in their data is found."""
    for name, pattern, least in (
        ("node2vec_walks", r"same community: (\d+)%", 90),
        ("item2vec_sessions", r"same taste: (\d+) of", 50),
    ):
        text = "\n".join(run(str(ROOT / "examples" / f"{name}.py")))
        assert int(re.search(pattern, text)[1]) >= least, text


def test_loss_of_each_epoch_is_printed_and_falls():
    lines = run(str(ROOT / "examples" / "item2vec_sessions.py"))
    losses = [int(line.split()[-1]) for line in lines if line.startswith("epoch ")]
    assert len(losses) == 5 and losses[-1] < losses[0]
