"""Face: ``fastsgns nn``: the nearest neighbours of words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from fastsgns.commands import questions
from fastsgns.commands.questions import Answer
from fastsgns.keyedvectors import KeyedVectors

DESCRIPTION = """\
Show the words whose vectors are nearest to that of a word, with their cosines.

Words are given as arguments, or a line each on standard input; at a terminal without either there
is a prompt, where Tab completes words."""

USAGE = "VECTORS [WORD ...]"

EXAMPLES = """\
  fastsgns nn vectors.bin moon
  echo moon | fastsgns nn vectors.bin --topn 3 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nn`."""
    parser.add_argument("vectors", metavar="VECTORS", help="a file of vectors, in any format")
    parser.add_argument("words", nargs="*", metavar="WORD", help="each is a question")
    questions.add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Answer each word."""
    vectors = questions.load(options.vectors)

    def answers(words: Sequence[str]) -> Iterator[Answer]:
        return neighbours(vectors, words, options.topn)

    return questions.Asked(answers, options, vectors.index_to_key).run(options.words, "word: ")


def neighbours(vectors: KeyedVectors, words: Sequence[str], topn: int) -> Iterator[Answer]:
    """Yield the neighbours of each word; all that are known are searched together."""
    keys, errors = {}, {}
    for word in words:
        try:
            keys[word] = questions.key_of(word, vectors)
        except KeyError as error:
            errors[word] = error
    batch = vectors.most_similar_batch(list(keys.values()), topn=topn)
    found = dict(zip(keys, batch, strict=True))
    for word in words:
        if word in errors:
            yield questions.failed({"word": word}, errors[word])
        else:
            yield Answer({"word": word}, found[word])
