"""Asking: `nn` and `analogy`, from arguments, from standard input, and at a prompt."""

import json
import os
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest
from command_line import complains, fastsgns
from processes import environment
from terminals import run_in_terminal

from fastsgns import KeyedVectors
from fastsgns.keyedvectors import FastTextKeyedVectors


@pytest.fixture(scope="module")
def vectors(made):
    return KeyedVectors.load_any(made / "vectors.bin")


def rows(found):
    return [[word, f"{similarity:.4f}"] for word, similarity in found]


def test_a_word_is_answered_by_its_neighbours(made, vectors):
    done = fastsgns("nn", "vectors.bin", "sun", "--topn", 3, cwd=made)
    assert [line.split() for line in done.stdout.splitlines()] == rows(
        vectors.most_similar("sun", topn=3)
    )


def test_many_words_are_answered_in_order_under_either_name(made, vectors):
    done = fastsgns("neighbors", "model.fsgns", "sun", "sea", "--topn", 1, cwd=made)
    expected = []
    for word in ("sun", "sea"):
        ((neighbour, similarity),) = vectors.most_similar(word, topn=1)
        expected += [f"{word}:", f"  {neighbour}  {similarity:.4f}"]
    assert done.stdout.splitlines() == expected


def test_lines_of_standard_input_are_answered_as_json_and_unknown_ones_are_said(made, vectors):
    done = fastsgns(
        "nn", "vectors.bin", "--json", "--topn", 2, cwd=made, input="sun\n\nsum\n sea", expects=1
    )
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first == {
        "word": "sun",
        "neighbors": [
            {"word": word, "similarity": round(float(cosine), 6)}
            for word, cosine in vectors.most_similar("sun", topn=2)
        ],
    }
    assert second["word"] == "sum" and "'sum' not present" in second["error"]
    assert third["word"] == "sea" and len(third["neighbors"]) == 2
    done = fastsgns("nn", "vectors.bin", cwd=made, input="sum\nsea\n", expects=1)
    assert done.stderr.startswith("fastsgns: error: Key 'sum' not present")
    assert done.stdout.startswith("sea:\n")


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
def test_a_closed_output_and_odd_bytes_are_no_traceback(made):
    program = f"{shlex.quote(sys.executable)} -m fastsgns"
    for line, status in (
        (f"{program} nn vectors.bin sun >&-", 0),
        (f"printf '\\377\\n' | {program} nn vectors.bin", 1),
        (f"{program} train - --output v <&-", 1),
    ):
        done = subprocess.run(
            ["sh", "-c", line], cwd=made, env=environment(), capture_output=True, check=False
        )
        assert done.returncode == status and done.stderr.count(b"\n") == status, done.stderr


def test_an_analogy_is_completed_by_either_method(made, vectors):
    done = fastsgns("analogy", "vectors.bin", "sun", "day", "moon", "--json", cwd=made)
    answer = json.loads(done.stdout)
    expected = vectors.most_similar(positive=["day", "moon"], negative=["sun"])
    assert [found["word"] for found in answer["neighbors"]] == [word for word, _ in expected]
    assert (answer["a"], answer["b"], answer["c"]) == ("sun", "day", "moon")
    expected = vectors.most_similar_cosmul(positive=["day", "moon"], negative=["sun"], topn=2)
    done = fastsgns(
        *("analogy", "vectors.bin", "--method", "3cosmul", "--topn", 2), cwd=made,
        input="sun day moon\nsun day\n", expects=1,
    )  # fmt: skip
    title, *lines = done.stdout.splitlines()
    assert title == "sun day moon:" and [line.split() for line in lines] == rows(expected)
    assert done.stderr == "fastsgns: error: three words are needed, A B C, got 'sun day'\n"


def test_words_that_fasttext_knows_by_their_ngrams_are_answered(tmp_path):
    kv = FastTextKeyedVectors(3)
    kv.add_vectors(["paris", "rome"], np.eye(2, 3))
    kv.vectors_ngrams = np.random.default_rng(1).standard_normal((10, 3)).astype(np.float32)
    kv.min_n, kv.max_n = 3, 6
    kv.save(tmp_path / "kv")
    answer = json.loads(fastsgns("nn", str(tmp_path / "kv"), "unheard", "--json").stdout)
    expected = [word for word, _ in kv.most_similar("unheard")]
    assert [near["word"] for near in answer["neighbors"]] == expected


def test_an_unknown_word_and_what_is_no_file_of_vectors_are_errors(made):
    line = complains("nn", "vectors.bin", "sum", cwd=made)
    assert line == "fastsgns: error: Key 'sum' not present. Spelled nearly so: 'sun'"
    assert "text.txt: " in complains("nn", "text.txt", "sun", cwd=made)


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_at_a_prompt_words_are_completed_and_remembered(made, tmp_path, vectors):
    pytest.importorskip("readline")
    command = [sys.executable, "-m", "fastsgns", "nn", str(made / "vectors.bin"), "--topn", "1"]
    env = {"XDG_STATE_HOME": str(tmp_path), "TERM": "dumb", "INPUTRC": os.devnull}
    ((neighbour, similarity),) = vectors.most_similar("moon", topn=1)
    answer = f"{neighbour}  {similarity:.4f}"
    typed = [("word: ", "moo\t\n"), ("word: ", "sum\n"), ("word: ", "\x04")]
    status, screen = run_in_terminal(command, typed, env=env)
    assert status == 0, screen
    assert "moon" in screen and answer in screen
    assert "error: Key 'sum' not present" in screen, "and the prompt comes again"
    assert (tmp_path / "fastsgns" / "history").read_text().split() == ["moon", "sum"]
    # The line before the last one, by the key that goes up.
    status, screen = run_in_terminal(
        command, [("word: ", "\x10\x10\n"), ("word: ", "\x04")], env=env
    )
    assert status == 0 and answer in screen


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_ctrl_c_at_a_prompt_ends_it_with_130(made, tmp_path):
    code = (
        "import builtins, os, signal, sys, time\n"
        "def asked(prompt):\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(9)\n"
        "builtins.input = asked\n"
        "from fastsgns.commands.program import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "analogy", str(made / "vectors.bin")]
    status, screen = run_in_terminal(command, env={"XDG_STATE_HOME": str(tmp_path)})
    assert status == 130 and screen.strip() == "fastsgns: interrupted"
