"""Face: ``fastsgns info``: what a file holds, without loading it."""

from __future__ import annotations

import argparse
import json

from fastsgns.io.formats import info

DESCRIPTION = """\
Say what a file holds, without loading it: vectors in any format, models, checkpoints, encoded
text."""

USAGE = "FILE ..."

EXAMPLES = """\
  fastsgns info vectors.bin
  fastsgns info model.fsgns --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `info`."""
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each file")


def run(options: argparse.Namespace) -> None:
    """Print what each file holds."""
    for path in options.files:
        found = info(path)
        print(json.dumps(found.as_dict(), ensure_ascii=False) if options.json else found)
