"""Face: ``fastsgns convert``: vectors in one format become vectors in another."""

from __future__ import annotations

import argparse
from pathlib import Path

from fastsgns.commands import checks, outputs
from fastsgns.commands.program import say
from fastsgns.io import formats, word2vec_format
from fastsgns.io.file_info import FileInfo
from fastsgns.io.files import compression_of, is_url
from fastsgns.io.formats import info
from fastsgns.keyedvectors import KeyedVectors
from fastsgns.word2vec import Word2Vec

DESCRIPTION = """\
Write vectors in another format. What they are in is told by the file; where the formats allow it, a
few rows at a time are in memory."""

USAGE = "SOURCE TARGET"

EXAMPLES = """\
  fastsgns convert vectors.bin vectors.txt
  fastsgns convert model.fsgns vectors.safetensors
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `convert`."""
    add = parser.add_argument
    add("source", metavar="SOURCE", help="a file of vectors, in any format")
    add("target", metavar="TARGET", help="the file to write; - is standard output")
    add(
        "--vocabulary",
        metavar="FILE",
        help="the words of an .npy or a table, if their file is not found beside it",
    )
    add("--quiet", action="store_true", help="say nothing")
    outputs.add_format(parser)


def run(options: argparse.Namespace) -> None:
    """Convert one file."""
    source, target = options.source, options.target
    wanted = options.format or outputs.format_of(target)
    outputs.check_format(target, wanted)
    checks.check_readable(source)
    checks.check_writable(target)
    held = info(source, options.vocabulary)
    if held.content == "EncodedCorpus":
        raise ValueError(f"{source}: encoded text, which has no vectors")
    if not (
        held.format in formats.OF_WORD2VEC
        and wanted in outputs.STREAMED
        and target != checks.STDOUT
        and word2vec_format.rewrite(source, target, held.n_keys, binary=wanted == "binary")
    ):
        outputs.write(_loaded(source, held, wanted, options.vocabulary), target, wanted)
    if not options.quiet:
        say(f"{held.n_keys:,} words, {held.vector_size} dimensions: {target}")


def _loaded(
    source: str, held: FileInfo, wanted: str, vocabulary: str | None
) -> Word2Vec | KeyedVectors:
    """Load a model if all of it is wanted, else the vectors: mapped, if only rows are wanted."""
    if held.content != "KeyedVectors" and wanted in ("native", "gensim"):
        return Word2Vec.load(source)
    is_mapped = held.format in (*formats.SAVED, formats.NPY) and not (
        is_url(source) or compression_of(source)
    )
    return KeyedVectors.load_any(
        source,
        mmap="r" if is_mapped and Path(source).is_file() else None,
        vocabulary=vocabulary,
    )
