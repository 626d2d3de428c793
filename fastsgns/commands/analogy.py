"""Face: ``fastsgns analogy``: what is to C as B is to A."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from fastsgns.commands import questions
from fastsgns.commands.program import UsageError
from fastsgns.commands.questions import Answer
from fastsgns.keyedvectors import KeyedVectors

DESCRIPTION = """\
Say what is to C as B is to A: "man king woman" asks for queen, as in word2vec.c's word-analogy.

The three words are arguments, or a line on standard input for each question; at a terminal without
either there is a prompt, where Tab completes words."""

USAGE = "VECTORS [A B C]"

EXAMPLES = """\
  fastsgns analogy vectors.bin sun day moon
  echo sun day moon | fastsgns analogy vectors.bin --method 3cosmul --json
"""

METHODS = ("3cosadd", "3cosmul")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `analogy`."""
    parser.add_argument("vectors", metavar="VECTORS", help="a file of vectors, in any format")
    parser.add_argument("words", nargs="*", metavar="WORD", help="A, B and C")
    parser.add_argument(
        "--method",
        choices=METHODS,
        default=METHODS[0],
        help="3cosadd (default) adds cosines, 3cosmul multiplies them (Levy and Goldberg 2014)",
    )
    questions.add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Answer each question."""
    if len(options.words) not in (0, 3):
        raise UsageError(f"three words are needed, A B C, got {len(options.words)}")
    vectors = questions.load(options.vectors)

    def answers(lines: Sequence[str]) -> Iterator[Answer]:
        for line in lines:
            yield completed(vectors, line, options.topn, options.method)

    given = ["\t".join(options.words)] if options.words else []
    return questions.Asked(answers, options, vectors.index_to_key).run(given, "A B C: ")


def completed(vectors: KeyedVectors, line: str, topn: int, method: str) -> Answer:
    """Return what makes an analogy of three words, which white space or tabs separate."""
    words = line.split("\t") if "\t" in line else line.split()
    question = dict(zip("abc", words, strict=False))
    try:
        if len(words) != 3:
            raise ValueError(f"three words are needed, A B C, got {line!r}")
        a, b, c = (questions.key_of(word, vectors) for word in words)
        ask: Any = vectors.most_similar if method == METHODS[0] else vectors.most_similar_cosmul
        return Answer(question, ask(positive=[b, c], negative=[a], topn=topn))
    except (KeyError, ValueError) as error:
        return questions.failed(question, error)
