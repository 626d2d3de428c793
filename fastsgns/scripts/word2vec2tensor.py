"""Face: ``python -m fastsgns.scripts.word2vec2tensor``: vectors for the Embedding Projector.

    python -m fastsgns.scripts.word2vec2tensor -i vectors.txt -o PREFIX [-b]

writes PREFIX_tensor.tsv (a vector a line) and PREFIX_metadata.tsv (its word), which
https://projector.tensorflow.org/ loads.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from fastsgns.io.files import replacing
from fastsgns.keyedvectors import KeyedVectors
from fastsgns.scripts._run import log_to_stderr, logger, script


def word2vec2tensor(
    word2vec_model_path: str | os.PathLike[str],
    tensor_filename: str | os.PathLike[str],
    binary: bool = False,
) -> None:
    """Write vectors and words of a word2vec file as two tables.

    Parameters
    ----------
    word2vec_model_path : str or path
        In word2vec's text or binary format.
    tensor_filename : str or path
        What the names of both files begin with.
    binary : bool, default False
        The format of `word2vec_model_path`.
    """
    vectors = KeyedVectors.load_word2vec_format(word2vec_model_path, binary=binary)
    prefix = os.fspath(tensor_filename)
    tensor, metadata = f"{prefix}_tensor.tsv", f"{prefix}_metadata.tsv"
    with replacing(tensor) as rows, replacing(metadata) as words:
        for word, vector in zip(vectors.index_to_key, vectors.vectors, strict=True):
            words.write(str(word).encode("utf8") + b"\n")
            rows.write("\t".join(map(str, vector)).encode("ascii") + b"\n")
    logger.info("2D tensor file saved to %s", tensor)
    logger.info("Tensor metadata file saved to %s", metadata)


def main(arguments: Sequence[str] | None = None) -> None:
    """Convert the file that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m fastsgns.scripts.word2vec2tensor")
    parser.add_argument("-i", "--input", required=True, help="a file in word2vec's format")
    parser.add_argument("-o", "--output", required=True, help="what the names written begin with")
    parser.add_argument("-b", "--binary", action="store_true", help="the input is binary")
    options = parser.parse_args(arguments)
    log_to_stderr()
    word2vec2tensor(options.input, options.output, options.binary)
    logger.info("finished running word2vec2tensor")


if __name__ == "__main__":
    script(main)
