"""Face: ``fastsgns demo``: a model of the docstrings of this Python, in a minute."""

from __future__ import annotations

from fastsgns.demo import add_arguments, run

__all__ = ["DESCRIPTION", "EXAMPLES", "USAGE", "add_arguments", "run"]

DESCRIPTION = """\
Train word vectors on the docstrings of this Python and of all that is installed with it, show
neighbours, and save the model."""

USAGE = ""

EXAMPLES = """\
  fastsgns demo
  fastsgns demo --epochs 2 --output demo.fsgns
"""
