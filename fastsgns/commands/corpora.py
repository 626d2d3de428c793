"""Face: what text is given: files, folders, patterns, standard input, columns, encoded corpora."""

from __future__ import annotations

import argparse
import errno
import glob
import itertools
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastsgns.commands.checks import check_readable
from fastsgns.commands.program import UsageError
from fastsgns.corpus.encoded import EncodedCorpus
from fastsgns.corpus.sentences import corpus_files
from fastsgns.corpus.tables import TableColumn, is_table
from fastsgns.io.errors import NoSuchSourceError
from fastsgns.io.files import is_url

#: How a corpus on standard input is written, and what it is for the system.
STDIN, DEVICE = "-", "/dev/stdin"

#: How a zip begins, and so our own files.
_ZIP = b"PK\x03\x04"


def add_corpus(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what the text is."""
    parser.add_argument(
        "corpus",
        nargs="*",
        metavar="CORPUS",
        help="text with a sentence a line, words separated by spaces: files (.gz, .bz2, .xz, .zst"
        " too), folders, patterns such as 'texts/*.gz', - for standard input; or one file of"
        " fastsgns encode",
    )
    parser.add_argument(
        "--column",
        metavar="NAME",
        help="the files are tables (CSV, TSV, JSON lines, Parquet), and the text is in this column:"
        " a sentence, or a list of words, a row",
    )


def source_of(paths: list[str], column: str | None) -> dict[str, Any]:
    """Return a corpus as the argument of `Word2Vec` that takes it.

    What is wrong with it is found without reading it.

    Raises
    ------
    OSError, ValueError
        There is no such file, or it is no text.
    """
    if not paths:
        raise UsageError("no text: give files, folders, patterns, or - for standard input")
    named = [_device() if path == STDIN else path for path in paths]
    if column is not None:
        files = [file for path in named for file in _files(path)]
        return {"sentences": TableColumn(files, column)}
    if len(named) == 1 and _is_zip(named[0]):
        return {"corpus": EncodedCorpus.open(named[0])}
    for file in (file for path in named for file in _files(path)):
        if is_table(file):
            TableColumn([file]).refuse_without_column()
        if not is_url(file) and Path(file).is_file():
            check_readable(file)
    # Text by all that can be seen from outside.
    texts = [corpus_files(path) for path in named]
    if len(texts) == 1:
        return {"corpus_file": named[0]}
    paths_of_all = itertools.chain.from_iterable(text.paths for text in texts)
    return {"sentences": replace(texts[0], paths=tuple(paths_of_all))}


def files_of(source: dict[str, Any], paths: list[str]) -> list[str | os.PathLike[str]]:
    """Return the files that a source of `source_of` is read from."""
    if "corpus_file" in source:
        return list(corpus_files(source["corpus_file"]).paths)
    if "files" in source:  # of a cluster
        return [file for path in source["files"] for file in corpus_files(path).paths]
    return list(source["sentences"].paths) if "sentences" in source else list(paths)


def _device() -> str:
    if not os.path.exists(DEVICE):  # noqa: PTH110 (of a closed pipe, a Path has an error)
        raise FileNotFoundError(errno.ENOENT, "there is nothing to read", "standard input")
    return DEVICE


def _files(path: str) -> list[str]:
    """Return the files that a path, a folder or a pattern names, tables too."""
    try:
        return [os.fspath(file) for file in corpus_files(path, is_text=False).paths]
    except NoSuchSourceError:
        what = "no file matches" if glob.has_magic(path) else os.strerror(errno.ENOENT)
        what = "there is no file in it" if Path(path).is_dir() else what
        raise FileNotFoundError(errno.ENOENT, what, path) from None


def _is_zip(path: str) -> bool:
    known = Path(path)
    if not known.is_file():
        return False
    with known.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP
