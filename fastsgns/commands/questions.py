"""Face: who asks: the command line, lines on standard input, or somebody at a prompt."""

from __future__ import annotations

import argparse
import bisect
import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, cast

from fastsgns.commands.checks import integer
from fastsgns.commands.program import ERROR, flush, message, say
from fastsgns.keyedvectors import KeyedVectors

#: Lines that the prompt remembers.
HISTORY_LENGTH = 1000


class Answer(NamedTuple):
    """A question, and what was found, or why nothing was.

    Attributes
    ----------
    question : dict
        Of words by what they are, as JSON shows them.
    found : list of (key, float)
    error : str
        Empty, if there is an answer.
    """

    question: dict[str, Any]
    found: list[tuple[Any, float]]
    error: str = ""

    def as_json(self) -> str:
        """Return it as a line of JSON."""
        found = [{"word": key, "similarity": round(float(s), 6)} for key, s in self.found]
        result = {"error": self.error} if self.error else {"neighbors": found}
        return json.dumps(self.question | result, ensure_ascii=False)

    def lines(self) -> Iterator[str]:
        """Yield it as lines for people."""
        width = max((len(str(key)) for key, _ in self.found), default=0)
        for key, similarity in self.found:
            yield f"{key!s:{width}}  {similarity:.4f}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what all commands have that are asked about vectors."""
    parser.add_argument(
        "--topn",
        type=integer("topn", 1),
        default=10,
        metavar="N",
        help="how many words to show; default 10",
    )
    parser.add_argument("--json", action="store_true", help="a line of JSON for each question")


def load(path: str) -> KeyedVectors:
    """Load vectors in whatever format they are."""
    return KeyedVectors.load_any(path)


def key_of(text: str, vectors: KeyedVectors) -> Any:
    """Return the key that a word on a command line stands for: it may be an integer.

    Raises
    ------
    KeyError
        There is none; the message has words that are spelt alike.
    """
    if text not in vectors.key_to_index and text.lstrip("-").isdecimal():
        number = int(text)
        if number in vectors.key_to_index:
            return number
    vectors.get_vector(text)  # of words of fastText, n-grams will do
    return text


class Asked:
    """Questions, from wherever they come, and their answers, printed.

    Parameters
    ----------
    answers : callable
        Takes questions, and yields an `Answer` for each.
    options : argparse.Namespace
        Those of `add_options`.
    keys : sequence
        What may be completed at the prompt.
    """

    def __init__(
        self,
        answers: Callable[[Sequence[str]], Iterable[Answer]],
        options: argparse.Namespace,
        keys: Sequence[Any],
    ) -> None:
        self.answers = answers
        self.is_json = options.json
        self.keys = keys

    def run(self, given: Sequence[str], prompt: str) -> int:
        """Answer what is given, or else whoever is at standard input; return the exit status."""
        if given:
            return self.show(given, is_titled=len(given) > 1)
        if sys.stdin is not None and sys.stdin.isatty():
            self.talk(prompt)
            return 0
        status = 0
        for lines in _lines_as_they_come():
            status = self.show(lines, is_titled=True) or status
        return status

    def show(self, questions: Sequence[str], is_titled: bool) -> int:
        """Print the answers; return 1 if there is none to one of the questions."""
        status = 0
        for answer in self.answers(questions):
            status = ERROR if answer.error else status
            if self.is_json:
                print(answer.as_json())
            elif answer.error:
                flush()
                say(f"error: {answer.error}")
            else:
                if is_titled:
                    print(f"{' '.join(map(str, answer.question.values()))}:")
                indent = "  " if is_titled else ""
                for line in answer.lines():
                    print(f"{indent}{line}")
        flush()
        return status

    def talk(self, prompt: str) -> None:
        """Ask for questions at a terminal, with completion and history, until the input ends."""
        with _line_editing(self._completed):
            while True:
                try:
                    line = input(prompt).strip()
                except EOFError:
                    print()
                    return
                if line:
                    self.show([line], is_titled=False)

    @cached_property
    def _sorted_keys(self) -> list[str]:
        return sorted(map(str, self.keys))

    def _completed(self, begin: str, number: int) -> str | None:
        at = bisect.bisect_left(self._sorted_keys, begin) + number
        if at < len(self._sorted_keys) and self._sorted_keys[at].startswith(begin):
            return self._sorted_keys[at]
        return None


def failed(question: dict[str, Any], error: Exception) -> Answer:
    """Return the answer to a question that has none."""
    return Answer(question, [], message(error))


def _lines_as_they_come() -> Iterator[list[str]]:
    """Yield the lines of standard input, as many at a time as there are without waiting."""
    if sys.stdin is None:
        return
    stdin, rest = cast(io.BufferedReader, sys.stdin.buffer), b""
    while some := stdin.read1(1 << 16):
        *lines, rest = (rest + some).split(b"\n")
        if texts := [text for line in lines if (text := line.decode("utf-8", "replace").strip())]:
            yield texts
    if text := rest.decode("utf-8", "replace").strip():
        yield [text]


@contextlib.contextmanager
def _line_editing(complete: Callable[[str, int], str | None]) -> Iterator[None]:
    """Have keys, completion and history of readline, where Python has it."""
    try:
        import readline
    except ImportError:  # Windows
        yield
        return
    history = _state_folder() / "history"
    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n")
    is_editline = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if is_editline else "tab: complete")
    readline.set_history_length(HISTORY_LENGTH)
    with contextlib.suppress(OSError):  # none yet
        readline.read_history_file(history)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # a home that cannot be written to
            history.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(history)


def _state_folder() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "fastsgns"
