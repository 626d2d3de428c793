"""Face: ``python -m fastsgns.scripts.glove2word2vec``: GloVe's text with word2vec's first line.

    python -m fastsgns.scripts.glove2word2vec -i glove.txt -o vectors.txt

`KeyedVectors.load_word2vec_format(path, no_header=True)` reads GloVe's files as they are.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from fastsgns.io.files import open_binary
from fastsgns.keyedvectors import KeyedVectors
from fastsgns.scripts._run import log_to_stderr, logger, script


def get_glove_info(glove_file_name: str | os.PathLike[str]) -> tuple[int, int]:
    """Return how many vectors a GloVe file has, and of how many dimensions.

    Raises
    ------
    ValueError
        The file is empty.
    """
    with open_binary(glove_file_name) as file:
        first = file.readline()
        if not first:
            raise ValueError(f"{glove_file_name}: is empty")
        n_vectors = 1 + sum(1 for _ in file)
    return n_vectors, len(first.split()) - 1


def glove2word2vec(
    glove_input_file: str | os.PathLike[str], word2vec_output_file: str | os.PathLike[str]
) -> tuple[int, int]:
    """Write the vectors of a GloVe file in word2vec's text format.

    Parameters
    ----------
    glove_input_file, word2vec_output_file : str or path

    Returns
    -------
    n_vectors, n_dimensions : int
    """
    vectors = KeyedVectors.load_word2vec_format(glove_input_file, binary=False, no_header=True)
    shape = len(vectors), vectors.vector_size
    logger.info(
        "converting %i vectors from %s to %s", shape[0], glove_input_file, word2vec_output_file
    )
    vectors.save_word2vec_format(word2vec_output_file, binary=False)
    logger.info("Converted model with %i vectors and %i dimensions", *shape)
    return shape


def main(arguments: Sequence[str] | None = None) -> None:
    """Convert the file that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m fastsgns.scripts.glove2word2vec")
    parser.add_argument("-i", "--input", required=True, help="a file in GloVe's format")
    parser.add_argument("-o", "--output", required=True, help="the file to write")
    options = parser.parse_args(arguments)
    log_to_stderr()
    glove2word2vec(options.input, options.output)


if __name__ == "__main__":
    script(main)
