"""Face: in which format vectors are written, by suffix or by option."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from fastsgns.commands.checks import STDOUT
from fastsgns.commands.program import UsageError
from fastsgns.io.files import COMPRESSED_SUFFIXES
from fastsgns.keyedvectors import KeyedVectors
from fastsgns.word2vec import Word2Vec

#: What each format is, for `--help`.
FORMATS = {
    "native": "all that there is, to go on with",
    "vectors": "words and vectors only, native",
    "text": "word2vec's text",
    "binary": "word2vec's binary format",
    "safetensors": "safetensors",
    "gensim": "what gensim loads",
}
BY_SUFFIX = {
    ".bin": "binary",
    ".kv": "vectors",
    ".safetensors": "safetensors",
    ".txt": "text",
    ".vec": "text",
}
#: What a pipe may be given.
STREAMED = ("text", "binary")


def add_format(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the option that says in which format something is written."""
    listed = "; ".join(f"{name}: {what}" for name, what in FORMATS.items())
    suffixes = ", ".join(f"{suffix} {name}" for suffix, name in BY_SUFFIX.items())
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help=f"{listed}. By default by the suffix ({suffixes}), which .gz and its like may follow;"
        " native for any other",
    )


def format_of(path: str, default: str = "native") -> str:
    """Return the format that a suffix asks for."""
    if path == STDOUT:
        return "text"
    known = Path(path)
    if known.suffix.lower() in COMPRESSED_SUFFIXES:
        known = known.with_suffix("")
    return BY_SUFFIX.get(known.suffix.lower(), default)


def check_format(path: str, format: str) -> None:  # noqa: A002
    """Raise UsageError for what cannot go to standard output."""
    if path == STDOUT and format not in STREAMED:
        raise UsageError(f"--format {format} needs a file: to standard output go text and binary")


def write(model: Word2Vec | KeyedVectors, path: str, format: str) -> None:  # noqa: A002
    """Write a model, or its vectors only where the format has no more."""
    vectors: KeyedVectors = model.wv if isinstance(model, Word2Vec) else model
    target: Any = sys.stdout.buffer if path == STDOUT else path
    if format in STREAMED:
        vectors.save_word2vec_format(target, binary=format == "binary")
    elif format == "native":
        model.save(target)
    elif format == "gensim":
        model.save(target, format="gensim")
    else:
        vectors.save(target, format="native" if format == "vectors" else format)
