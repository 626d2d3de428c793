"""Face: which commands there are, and how each of them ends.

Exit status: 0; 1 for an error, which is one line on standard error; 2 for a wrong command line; 130
after Ctrl-C; 141 when nobody reads the output any more, as after SIGPIPE.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from fastsgns.version import __version__

#: Each command is the module of this package that has its name.
COMMANDS = {
    "train": "train word vectors on text",
    "encode": "read text once, for many runs of train",
    "nn": "show the nearest neighbours of words",
    "analogy": "say what is to C as B is to A",
    "eval": "compare vectors with people's judgements: similarities, analogies",
    "convert": "write vectors in another format",
    "info": "say what a file holds, without loading it",
    "bench": "measure how fast this machine trains",
    "demo": "train on the docstrings of this Python, in a minute",
    "completion": "print what completes this command in a shell",
}
ALIASES = {"nn": ("neighbors",)}

EPILOG = """\
try it, in a folder of texts (a sentence a line, words separated by spaces):
  fastsgns train texts --output vectors.bin --sg 1 --min-count 1
  fastsgns nn vectors.bin moon

fastsgns COMMAND --help has the options of a command, and examples.
"""

ERROR, USAGE, INTERRUPTED, NOBODY_READS = 1, 2, 130, 141


class UsageError(ValueError):
    """The options of a command line do not fit together."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the command line asks for; return the exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.
    """
    listed = sys.argv[1:] if arguments is None else list(arguments)
    return ending(lambda: _run(listed), "--traceback" in listed)


def ending(run: Callable[[], int | None], show_traceback: bool = False) -> int:
    """Run something to its end, and say in one line what went wrong; return the exit status.

    Parameters
    ----------
    run : callable
        Returns the exit status; None is 0.
    show_traceback : bool, default False
        Raise errors instead.
    """
    try:
        with _warnings_in_lines():
            try:
                return run() or 0
            finally:
                flush()
    except BrokenPipeError:
        _forget_stdout()
        return NOBODY_READS
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except Exception as error:
        if show_traceback:
            raise
        say(f"error: {message(error)}")
        try:
            flush()
        except OSError:
            _forget_stdout()
        return USAGE if isinstance(error, UsageError) else ERROR


def say(text: str) -> None:
    """Print a line about what happens on standard error."""
    if sys.stderr is not None:
        print(f"fastsgns: {text}", file=sys.stderr, flush=True)


def message(error: BaseException) -> str:
    """Return what an error says, in one line."""
    if isinstance(error, OSError) and error.strerror:
        name = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        text = name + error.strerror
    elif type(error) is KeyError and error.args:  # whose str() is in quotes
        text = str(error.args[0])
    elif isinstance(error, MemoryError):
        text = str(error) or "there is not enough memory"
    else:
        text = str(error) or type(error).__name__
    expected = (OSError, ValueError, TypeError, LookupError, RuntimeError, MemoryError, ImportError)
    if not isinstance(error, expected):
        text = f"{type(error).__name__}: {text} (--traceback shows where)"
    notes = [str(note) for note in getattr(error, "__notes__", ())]
    return " ".join("; ".join([text, *notes]).split())


def _run(arguments: list[str]) -> int | None:
    names = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
    asked = names.get(arguments[0], arguments[0]) if arguments else ""
    if asked == "help":
        return _run([*arguments[1:2], "--help"])
    root, parsers = parsers_of([asked] if asked in COMMANDS else [])
    if asked not in COMMANDS:
        if arguments:
            root.parse_args(arguments)  # --help, --version, or an error
        root.print_help(sys.stderr)
        return USAGE
    # Files may stand before and behind options.
    status: int | None = module_of(asked).run(parsers[asked].parse_intermixed_args(arguments[1:]))
    return status


def module_of(name: str) -> Any:
    """Return the module of a command."""
    return import_module(f"fastsgns.commands.{name}")


def parsers_of(
    filled: Sequence[str],
) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of all commands, and theirs by name; only those `filled` know options."""
    root = argparse.ArgumentParser(
        prog="fastsgns",
        description="Word2Vec, trained fast. A folder, a file or a pipe of text in, vectors out.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    root.add_argument("--version", action="version", version=f"fastsgns {__version__}")
    added = root.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    parsers = {}
    for name, summary in COMMANDS.items():
        parser = added.add_parser(
            name,
            help=summary,
            aliases=ALIASES.get(name, ()),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parsers[name] = parser
        if name in filled:
            module = module_of(name)
            parser.description = module.DESCRIPTION
            parser.epilog = f"examples:\n{module.EXAMPLES}"
            parser.usage = f"fastsgns {name} {module.USAGE} [options]"
            module.add_arguments(parser)
            parser.add_argument(
                "--traceback", action="store_true", help="of an error, show where it came from"
            )
    return root, parsers


@contextlib.contextmanager
def _warnings_in_lines() -> Iterator[None]:
    """Show warnings, Python's and those of the log, as lines on standard error, each once."""
    said = set()

    def show(*warned: Any, **_: Any) -> None:
        line = f"warning: {' '.join(str(warned[0]).split())}"
        if line not in said:
            said.add(line)
            say(line)

    class OneLine(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            show(record.getMessage())

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    log, handler = logging.getLogger("fastsgns"), OneLine(logging.WARNING)
    log.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show
            yield
    finally:
        log.removeHandler(handler)


def flush() -> None:
    """Let what has been printed be seen."""
    if sys.stdout is not None:  # closed before we began
        sys.stdout.flush()


def _forget_stdout() -> None:
    """Let what is left of the output go nowhere, or Python complains on its way out."""
    with contextlib.suppress(Exception):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
