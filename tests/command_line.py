"""The command `fastsgns` in a process of its own, and text for it."""

import numpy as np
from processes import run_python

RNG = np.random.default_rng(3)
WORDS = ["sun", "moon", "star", "day", "night", "earth", "sea", "light"]
WORDS += ["king", "queen", "man", "woman"]
SENTENCES = [[WORDS[n] for n in row] for row in RNG.integers(0, len(WORDS), (600, 8)).tolist()]
TEXT = "".join(" ".join(sentence) + "\n" for sentence in SENTENCES)


def files_in(folder):
    """List the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def fastsgns(*arguments, **options):
    """Run the command; see `run_python`."""
    return run_python("-m", "fastsgns", *arguments, **options)


def complains(*arguments, status=1, **options):
    """Run a command that has to fail with one line on standard error; return that line."""
    done = fastsgns(*arguments, expects=status, **options)
    lines = done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    if status == 1:
        assert len(lines) == 1 and lines[0].startswith("fastsgns: error: "), done.stderr
    return lines[-1]
