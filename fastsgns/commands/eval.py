"""Face: ``fastsgns eval``: vectors beside people's judgements, as a table."""

from __future__ import annotations

import argparse
import json

from fastsgns.commands import questions
from fastsgns.commands.checks import integer
from fastsgns.evaluation import report
from fastsgns.vectors import evaluation_sets

DESCRIPTION = """\
Compare vectors with people's judgements: similarities of words, analogies, categories, outliers.
Files are recognised by their form; of a folder, all that have one are taken. What is no such file
is said before the vectors are loaded."""

USAGE = "VECTORS FILE ..."

EXAMPLES = """\
  fastsgns eval vectors.bin similar.txt questions-words.txt
  fastsgns eval vectors.bin judgements --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `eval`."""
    add = parser.add_argument
    add("vectors", metavar="VECTORS", help="a file of vectors, in any format")
    add("files", nargs="+", metavar="FILE", help="files of judgements, or folders of them")
    add(
        "--restrict-vocab",
        type=integer("restrict_vocab", 0),
        default=300_000,
        metavar="N",
        help="use the first N words only; default 300,000, 0: all",
    )
    add("--json", action="store_true", help="the results as JSON")


def run(options: argparse.Namespace) -> None:
    """Print the table."""
    evaluation_sets.check(options.files)
    found = report(
        questions.load(options.vectors),
        options.files,
        restrict_vocab=options.restrict_vocab or None,
    )
    print(json.dumps(found.as_dict(), ensure_ascii=False) if options.json else found)
