"""A folder with text and vectors for commands."""

import json

import pytest
from command_line import TEXT, WORDS, fastsgns


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A folder with a text, its vectors and its model, all made by the command; not to change."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "text.txt").write_text(TEXT)
    for output in ("vectors.bin", "model.fsgns"):
        done = fastsgns(
            *("train", "text.txt", "--output", output, "--vector-size", 10, "--min-count", 1),
            *("--workers", 1, "--seed", 7, "--json", "--quiet"),
            cwd=folder,
        )
    summary = json.loads(done.stdout)
    assert (summary["words"], summary["epochs"]) == (len(WORDS), 5)
    return folder
