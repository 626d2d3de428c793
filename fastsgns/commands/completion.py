"""Face: ``fastsgns completion``: what completes the command in a shell, made by shtab."""

from __future__ import annotations

import argparse

from fastsgns.commands import program
from fastsgns.commands.checks import check_installed

DESCRIPTION = """\
Print what completes `fastsgns` in a shell: commands, options, files. Made by shtab, which has to be
installed: pip install 'fastsgns[completion]'."""

USAGE = "SHELL"

EXAMPLES = """\
  fastsgns completion bash > fastsgns.bash
  fastsgns completion zsh > _fastsgns
"""

#: What stands for a file in the help of a command.
OF_FILES = ("CORPUS", "FILE", "SOURCE", "TARGET", "VECTORS")

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `completion`."""
    parser.add_argument("shell", choices=SHELLS)


def run(options: argparse.Namespace) -> None:
    """Print the script."""
    check_installed("shtab", "completion", "completion")
    import shtab

    root, parsers = program.parsers_of(list(program.COMMANDS))
    for parser in parsers.values():
        for action in parser._actions:
            if action.metavar in OF_FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(root, options.shell))
