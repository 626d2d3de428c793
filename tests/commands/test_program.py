"""What all commands have in common: help, exit status, errors in a line, pipes that close."""

import gzip
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import TEXT, complains, fastsgns, files_in
from processes import environment, run_python

from fastsgns.commands import program
from fastsgns.version import __version__

COMMAND = f"{shlex.quote(sys.executable)} -m fastsgns"


def test_help_lists_all_commands_without_numpy_and_the_version_is_said():
    done = run_python("-X", "importtime", "-m", "fastsgns", "--help")
    assert all(re.search(rf"^    {name}\b", done.stdout, re.M) for name in program.COMMANDS)
    assert "numpy" not in done.stderr
    assert fastsgns("--version").stdout == f"fastsgns {__version__}\n"


def test_help_is_a_command_too():
    assert fastsgns("help").stdout == fastsgns("--help").stdout
    assert fastsgns("help", "nn").stdout == fastsgns("nn", "--help").stdout


def test_no_command_shows_the_help_and_is_a_wrong_command_line():
    done = fastsgns(expects=2)
    assert done.stdout == "" and done.stderr.startswith("usage: fastsgns")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["trian"], "invalid choice: 'trian'"),
        (["train", "text", "--outptu", "x"], "unrecognized arguments: --outptu"),
        (["train", "text", "-otuput", "x"], "unrecognized arguments: -otuput"),
        (
            ["train", "text", "--output", "v", "--vector-size", "0"],
            "vector_size must be an integer",
        ),
        (["train", "text", "--output", "v", "--window", "wide"], "window must be an integer"),
        (["train", "text", "--output", "v", "--kernel", "fast"], "kernel must be"),
        (["train", "text", "--output", "v", "-iter", "0"], "epochs must be an integer >= 1, got 0"),
        (["train", "text", "--output", "v", "-negative", "0"], "--hs 1 is needed"),
        (["train", "text", "--output", "v", "--sg", "1", "-cbow", "1"], "contradict each other"),
        (["train", "text"], "no --output"),
        (["train", "--output", "v"], "no text"),
        (["train", "text", "--output", "-", "--json"], "--json is for standard output"),
        (["train", "text", "--output", "v", "-classes", "-1"], "classes must be an integer >= 0"),
        (["train", "text", "--output", "v", "--num-workers", "2"], "--num-workers is of a cluster"),
        (
            ["train", "text", "--output", "v", "--num-workers", "0"],
            "num_workers must be an integer",
        ),
        (["encode", "text"], "--output"),
        (["encode", "text", "--output", "v", "--workers", "0"], "workers must be >= 1, or -1"),
        (["nn", "v", "--topn", "many"], "argument --topn: an integer, got 'many'"),
        (["bench", "--words", "0"], "words must be an integer >= 1, got 0"),
        (["analogy", "v", "a", "b"], "three words are needed, A B C, got 2"),
        (["convert", "v", "-", "--format", "native"], "--format native needs a file"),
        (["nn"], "the following arguments are required: VECTORS"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_a_wrong_command_line_is_said_in_a_line_with_exit_status_2(arguments, complaint, tmp_path):
    (tmp_path / "text").write_text(TEXT)
    assert complaint in complains(*arguments, status=2, cwd=tmp_path)
    assert files_in(tmp_path) == ["text"]


def test_an_error_is_a_line_and_a_traceback_only_on_demand(tmp_path):
    arguments = ("info", tmp_path / "nothing")
    assert complains(*arguments) == f"fastsgns: error: {arguments[1]}: No such file or directory"
    done = fastsgns(*arguments, "--traceback", expects=1)
    assert "Traceback" in done.stderr and "FileNotFoundError" in done.stderr


def test_errors_of_all_kinds_are_one_line():
    said = program.message
    assert said(FileNotFoundError(2, "No such file", "a")) == "a: No such file"
    assert said(KeyError("Key 'x' not present")) == "Key 'x' not present"
    assert said(MemoryError()) == "there is not enough memory"
    assert said(ValueError("two\nlines")) == "two lines"
    assert said(ZeroDivisionError("x")) == "ZeroDivisionError: x (--traceback shows where)"
    error = ValueError("wrong")
    error.add_note("in line 3")
    assert said(error) == "wrong; in line 3"


@pytest.mark.skipif(os.name == "nt", reason="pipes of Windows end otherwise")
@pytest.mark.parametrize(
    "arguments", ["--help", "train --help", "convert vectors.bin -", "nn vectors.bin sun --topn 99"]
)
def test_a_pipe_that_closes_ends_quietly(arguments, made):
    reads, writes = os.pipe()
    os.close(reads)  # nobody reads, not even the first byte
    done = subprocess.run(
        [sys.executable, "-m", "fastsgns", *arguments.split()],
        cwd=made, env=environment(), stdout=writes, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writes)
    assert done.stderr == ""
    assert done.returncode in (0, program.NOBODY_READS)  # of help, argparse takes no notice


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("arguments", ["nn vectors.bin sun", "convert vectors.bin - --quiet"])
def test_a_full_disk_behind_standard_output_is_an_error(arguments, made):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "fastsgns", *arguments.split()],
            cwd=made, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "fastsgns: error: No space left on device\n"


def examples():
    """List the example lines of all commands."""
    found = []
    for name in program.COMMANDS:
        lines = [line.strip() for line in program.module_of(name).EXAMPLES.splitlines()]
        assert len(lines) >= 2, name
        found += [(name, line) for line in lines]
    return found


SMALL_DEMO = (
    f"{shlex.quote(sys.executable)} -c 'import sys; from fastsgns import demo;"
    " from fastsgns.commands.program import main; demo.MAX_DEMO_WORDS = 20_000;"
    " sys.exit(main(sys.argv[1:]))' "
)

#: What an example needs that is not always there.
NEEDS = {"completion": "shtab"}


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
@pytest.mark.parametrize(("name", "line"), examples(), ids=lambda part: part)
def test_the_examples_of_the_help_run(name, line, made, tmp_path):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    for file in made.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.gz").write_bytes(gzip.compress(TEXT.encode()))
    rows = "".join(f'1,"{line}"\n' for line in TEXT.splitlines())
    (tmp_path / "more.csv.gz").write_bytes(gzip.compress(f"stars,text\n{rows}".encode()))
    (tmp_path / "judgements").mkdir()
    for file in ("similar.txt", "judgements/similar.txt"):
        (tmp_path / file).write_text("sun\tmoon\t9\nsun\tking\t2\nsea\tearth\t7\n")
    (tmp_path / "questions-words.txt").write_text(": sky\nsun day moon night\n")
    (tmp_path / "reviews.jsonl").write_text(
        "".join(f'{{"text": "{line}"}}\n' for line in TEXT.splitlines())
    )
    if name == "demo":  # of less text
        line = line.replace("fastsgns ", SMALL_DEMO, 1)
    done = subprocess.run(
        ["sh", "-ec", line.replace("fastsgns ", f"{COMMAND} ", 1) if line.startswith("fastsgns")
         else line.replace("| fastsgns ", f"| {COMMAND} ")],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for output in re.findall(r"(?:-output|>) (\S+)", line):
        assert (tmp_path / output).stat().st_size > 0
