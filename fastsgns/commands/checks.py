"""Face: what can be wrong before the first word is read."""

from __future__ import annotations

import argparse
import errno
import os
import tempfile
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

from fastsgns import _params
from fastsgns.io.files import as_path, is_url, open_binary

#: What is written to standard output.
STDOUT = "-"


def check_writable(path: str) -> None:
    """Raise OSError unless a file of this name can be written.

    Its folder must be there and take files, and what has the name must not be write-protected.
    """
    if path == STDOUT:
        return
    if is_url(path):
        if not path.startswith("file://"):
            check_installed("smart_open", "urls", path)
        return
    known = Path(os.path.realpath(as_path(path)))
    if known.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if known.exists():
        if not os.access(known, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is write-protected", path)
        if not known.is_file():
            return
    folder = str(as_path(path).parent)
    if not known.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder to write to", folder)
    try:
        with tempfile.TemporaryFile(dir=known.parent):
            pass
    except OSError as error:
        raise type(error)(error.errno, error.strerror, path) from None


def check_not_among(path: str, files: Iterable[str | os.PathLike[str]]) -> None:
    """Raise ValueError if what is to be written is a file that is read."""
    if path != STDOUT and os.path.exists(path):  # noqa: PTH110 (may be a URL)
        for file in files:
            if Path(file).is_file() and Path(path).samefile(file):
                raise ValueError(f"{path} is the text itself, and would be overwritten")


def integer(name: str, at_least: int) -> Callable[[str], int]:
    """Return the argparse type of an integer."""

    def parse(text: str) -> int:
        try:
            return _params.as_int(name, int(text), at_least=at_least)
        except ValueError as error:
            what = str(error) if "must be" in str(error) else f"an integer, got {text!r}"
            raise argparse.ArgumentTypeError(what) from None

    return parse


def check_readable(path: str) -> None:
    """Raise OSError unless a file can be opened for reading."""
    with open_binary(path):
        pass


def check_installed(module: str, extra: str, what: str) -> None:
    """Raise ImportError unless a module is installed that something needs."""
    if find_spec(module) is None:
        raise ImportError(f"{what} needs {module}, which is not installed: {how(extra)}")


def how(extra: str) -> str:
    """Return how an extra is installed."""
    return f"pip install 'fastsgns[{extra}]'"
