"""Face: ``fastsgns demo``: a model of the docstrings of this Python, in a minute."""

from __future__ import annotations

import argparse

from fastsgns import demo
from fastsgns.commands import checks

DESCRIPTION = """\
Train word vectors on the docstrings of this Python and of all that is installed with it, show
neighbours, and save the model."""

USAGE = ""

EXAMPLES = """\
  fastsgns demo
  fastsgns demo --epochs 2 --output demo.fsgns
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `demo`."""
    demo.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Run the demo, if what it makes can be saved."""
    checks.check_writable(options.output)
    demo.run(options)
