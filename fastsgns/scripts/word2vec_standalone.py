"""Face: ``python -m fastsgns.scripts.word2vec_standalone``: word2vec.c's command line.

    python -m fastsgns.scripts.word2vec_standalone -train text.txt -output vec.txt -size 200
        -window 5 -sample 1e-4 -negative 5 -hs 0 -binary 0 -cbow 1 -iter 3

Without -output, the model is saved beside the text as text.model, and its vectors as text.model.txt
(or .bin).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fastsgns.scripts._run import log_to_stderr, logger
from fastsgns.word2vec import Word2Vec

#: The learning rates that word2vec.c begins with.
ALPHA_SKIP_GRAM = 0.025
ALPHA_CBOW = 0.05


def parser() -> argparse.ArgumentParser:
    """Return what parses word2vec.c's options."""
    made = argparse.ArgumentParser(prog="python -m fastsgns.scripts.word2vec_standalone")
    add = made.add_argument
    add("-train", required=True, help="the text to train on, one sentence a line")
    add("-output", help="where to write the vectors")
    add("-window", type=int, default=5, help="words to each side; default %(default)s")
    add("-size", type=int, default=100, help="dimensions of the vectors; default %(default)s")
    add(
        "-sample",
        type=float,
        default=1e-3,
        help="the share of the text above which a word is dropped at random; default %(default)s",
    )
    add(
        "-hs", type=int, default=0, choices=[0, 1], help="hierarchical softmax; default %(default)s"
    )
    add("-negative", type=int, default=5, help="negatives for a pair; default %(default)s, 0: none")
    add("-threads", type=int, default=3, help="default %(default)s")
    add("-iter", type=int, default=5, help="epochs; default %(default)s")
    add("-min_count", type=int, default=5, help="drop rarer words; default %(default)s")
    add(
        "-alpha",
        type=float,
        help=f"learning rate; default {ALPHA_SKIP_GRAM} for skip-gram, {ALPHA_CBOW} for CBOW",
    )
    add("-cbow", type=int, default=1, choices=[0, 1], help="1: CBOW (default), 0: skip-gram")
    add("-binary", type=int, default=0, choices=[0, 1], help="1: binary vectors; default 0: text")
    add("-accuracy", help="a file of analogies to answer, such as questions-words.txt")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on a text, write the vectors, and answer analogies if asked to.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.
    """
    options = parser().parse_args(arguments)
    log_to_stderr()
    default_alpha = ALPHA_CBOW if options.cbow else ALPHA_SKIP_GRAM
    model = Word2Vec(
        corpus_file=options.train,
        vector_size=options.size,
        alpha=default_alpha if options.alpha is None else options.alpha,
        window=options.window,
        min_count=options.min_count,
        sample=options.sample,
        workers=options.threads,
        sg=0 if options.cbow else 1,
        hs=options.hs,
        negative=options.negative,
        cbow_mean=1,
        epochs=options.iter,
    )
    if options.output:
        model.wv.save_word2vec_format(options.output, binary=bool(options.binary))
    else:
        # differs from gensim: it cuts the whole path at its first dot, that of a folder too.
        path = Path(options.train)
        output = path.with_name(f"{path.name.partition('.')[0] or path.name}.model")
        model.save(output)
        suffix = "bin" if options.binary else "txt"
        model.wv.save_word2vec_format(f"{output}.{suffix}", binary=bool(options.binary))
    if options.accuracy:
        # differs from gensim: there it calls a method that is no more, and fails.
        score, _ = model.wv.evaluate_word_analogies(options.accuracy)
        logger.info("%.2f%% of the analogies are answered right", 100 * score)
    logger.info("finished running word2vec_standalone")


if __name__ == "__main__":
    main(sys.argv[1:])
