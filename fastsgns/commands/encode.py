"""Face: ``fastsgns encode``: text as integers, read once for many runs of `train`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from fastsgns.commands import checks, corpora, parameters
from fastsgns.commands.program import say
from fastsgns.corpus.encoded import EncodedCorpus

DESCRIPTION = """\
Read text once, for many runs: fastsgns train takes the file that this writes as its text, and is
ready at once. It has all words, rare ones too: --min-count and all else are those of each run."""

USAGE = "CORPUS ... --output FILE"

EXAMPLES = """\
  fastsgns encode text.txt --output text.npz
  fastsgns encode reviews.jsonl --column text --output reviews.npz --workers 2
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `encode`."""
    corpora.add_corpus(parser)
    add = parser.add_argument
    add("--output", required=True, metavar="FILE", help="the file to write, an .npz of NumPy")
    add(
        "--workers",
        default=-1,
        metavar="N",
        help="threads; by default all cores",
        type=parameters.workers,
    )
    add("--quiet", action="store_true", help="show no progress and no summary")
    add("--json", action="store_true", help="print the summary as JSON on standard output")


def run(options: argparse.Namespace) -> None:
    """Encode a corpus and write it."""
    source = corpora.source_of(options.corpus, options.column)
    checks.check_writable(options.output)
    checks.check_not_among(options.output, corpora.files_of(source, options.corpus))
    of_reading: dict[str, Any] = {"workers": options.workers, "progress": not options.quiet}
    if "corpus" in source:
        raise ValueError(f"{options.corpus[0]} is encoded already")
    if "sentences" in source:
        corpus = EncodedCorpus.from_sentences(source["sentences"], **of_reading)
    else:
        corpus = EncodedCorpus.from_file(source["corpus_file"], **of_reading)
    corpus.save(options.output)
    done = {
        "output": options.output,
        "sentences": corpus.n_sentences,
        "raw_words": corpus.n_raw_words,
        "words": len(corpus.words),
    }
    if options.json:
        print(json.dumps(done, ensure_ascii=False))
    elif not options.quiet:
        say(
            f"{done['raw_words']:,} words in {done['sentences']:,} sentences,"
            f" {done['words']:,} different ones: {options.output}"
        )
