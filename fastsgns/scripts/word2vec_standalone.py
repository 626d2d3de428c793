"""Face: ``python -m fastsgns.scripts.word2vec_standalone``: word2vec.c's command line, as gensim's.

    python -m fastsgns.scripts.word2vec_standalone -train text.txt -output vec.txt -size 200
        -window 5 -sample 1e-4 -negative 5 -hs 0 -binary 0 -cbow 1 -iter 3

Without -output, the model is saved beside the text as text.model, and its vectors as text.model.txt
(or .bin). Spellings are gensim's (-min_count) and word2vec.c's (-min-count); ``fastsgns train`` has
more.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from fastsgns.commands import checks, corpora
from fastsgns.commands.parameters import ALPHA_CBOW, as_option
from fastsgns.scripts._run import log_to_stderr, logger, script
from fastsgns.word2vec import Word2Vec

#: The learning rate that word2vec.c begins with for skip-gram.
ALPHA_SKIP_GRAM = 0.025


def parser() -> argparse.ArgumentParser:
    """Return what parses word2vec.c's options."""
    made = argparse.ArgumentParser(
        prog="python -m fastsgns.scripts.word2vec_standalone", allow_abbrev=False
    )
    add = made.add_argument
    add("-train", required=True, help="the text to train on, one sentence a line")
    add("-output", help="where to write the vectors")
    for spellings, name, default, about in (
        (["-window"], "window", 5, "words to each side"),
        (["-size"], "vector_size", 100, "dimensions of the vectors"),
        (["-sample"], "sample", 1e-3, "the share of the text from which on words are dropped"),
        (["-negative"], "negative", 5, "negatives for a pair; 0: none"),
        (["-threads"], "workers", 3, "threads"),
        (["-iter"], "epochs", 5, "how often to go over the text"),
        (["-min_count", "-min-count"], "min_count", 5, "drop rarer words"),
        (["-alpha"], "alpha", None, f"{ALPHA_SKIP_GRAM} for skip-gram, {ALPHA_CBOW} for CBOW"),
    ):
        shown = about if default is None else f"{about}; default {default}"
        add(*spellings, dest=name, default=default, help=shown, **as_option(name))
    for name, default, about in (
        ("-hs", 0, "hierarchical softmax; default 0"),
        ("-cbow", 1, "1: CBOW (default), 0: skip-gram"),
        ("-binary", 0, "1: binary vectors; default 0: text"),
    ):
        add(name, type=int, default=default, choices=[0, 1], help=about)
    add("-accuracy", help="a file of analogies to answer, such as questions-words.txt")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on a text, write the vectors, and answer analogies if asked to.

    What can be seen to be wrong is an error before the text is read.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.
    """
    options = parser().parse_args(arguments)
    model_path, vectors_path = outputs_of(options)
    for path in filter(None, (model_path, vectors_path)):
        checks.check_writable(path)
    if options.accuracy:
        checks.check_readable(options.accuracy)
    source = corpora.source_of([options.train], None)
    default_alpha = ALPHA_CBOW if options.cbow else ALPHA_SKIP_GRAM
    log_to_stderr()
    model = Word2Vec(
        **source,
        vector_size=options.vector_size,
        alpha=default_alpha if options.alpha is None else options.alpha,
        window=options.window,
        min_count=options.min_count,
        sample=options.sample,
        workers=options.workers,
        sg=0 if options.cbow else 1,
        hs=options.hs,
        negative=options.negative,
        cbow_mean=1,
        epochs=options.epochs,
    )
    if model_path is not None:
        model.save(model_path)
    model.wv.save_word2vec_format(vectors_path, binary=bool(options.binary))
    if options.accuracy:
        # differs from gensim: there it calls a method that is no more, and fails.
        score, _ = model.wv.evaluate_word_analogies(options.accuracy)
        logger.info("%.2f%% of the analogies are answered right", 100 * score)
    logger.info("finished running word2vec_standalone")


def outputs_of(options: argparse.Namespace) -> tuple[str | None, str]:
    """Return where the model goes, if it is saved, and where its vectors go."""
    if options.output:
        return None, options.output
    # differs from gensim: it cuts the whole path at its first dot, that of a folder too. What is
    # no file has no folder of its own to write to.
    path = Path(options.train)
    folder = path.parent if path.is_file() or not path.exists() else Path()
    name = path.name.partition(".")[0] or path.name
    model = os.fspath(folder / f"{name}.model")
    return model, f"{model}.{'bin' if options.binary else 'txt'}"


if __name__ == "__main__":
    script(main)
