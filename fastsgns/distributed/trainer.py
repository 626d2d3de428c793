"""Face: what a worker does: count chunks, encode them once for its machine, train rounds."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fastsgns.corpus import RenumberedCorpus, known_ids, renumber
from fastsgns.corpus.encoded import taken_over
from fastsgns.corpus.sentences import MAX_SENTENCE_LENGTH
from fastsgns.corpus.spill import spill_folder
from fastsgns.distributed.chunks import Chunk, CorpusChanged, open_chunk
from fastsgns.distributed.replica import Layout, LocalReplica, Shard
from fastsgns.training import Epoch
from fastsgns.word2vec import Word2Vec


class Recipe(NamedTuple):
    """What every worker of a run needs to know.

    Attributes
    ----------
    run : str
        A name that no other run has.
    model : Word2Vec
        With its vocabulary, and no weights.
    layout : Layout
    seed : int
        Of all that is random.
    """

    run: str
    model: Word2Vec
    layout: Layout
    seed: int


class Work(NamedTuple):
    """What a worker does in a round.

    Attributes
    ----------
    chunks : list of (number, Chunk, fingerprint)
    alpha : float
    seed : list of int
        Of the round: epoch and first chunk.
    """

    chunks: list[tuple[int, Chunk, str]]
    alpha: float
    seed: list[int]


class Trainer:
    """A replica, and the encoded chunks of its machine.

    Parameters
    ----------
    recipe : Recipe
    """

    def __init__(self, recipe: Recipe) -> None:
        self._replica = LocalReplica(recipe.model, recipe.layout, recipe.seed)
        self._folder = cache_folder(recipe.run)

    def round(self, work: Work, shards: Sequence[Shard]) -> tuple[list[Shard], Epoch]:
        """Train chunks: see `LocalReplica.round`."""
        corpora = [self._encoded(*chunk) for chunk in work.chunks]
        return self._replica.round(shards, corpora, work.alpha, work.seed)

    def _encoded(self, number: int, chunk: Chunk, fingerprint: str) -> RenumberedCorpus:
        """Return a chunk as ids; from a file, if a worker of this machine has encoded it before."""
        path = self._folder / f"{number}.int32"
        if not path.exists():
            _write(path, encode(self._replica.model, chunk, fingerprint))
        return _read(path)


def encode(model: Word2Vec, chunk: Chunk, fingerprint: str) -> RenumberedCorpus:
    """Return the sentences of a chunk as ids of a model's words.

    Raises
    ------
    CorpusChanged
        The text is not what was counted.
    """
    from fastsgns.corpus.reading import encode_text  # the compiled code comes when first used

    with open_chunk(chunk) as text:
        found = encode_text([text], workers=model.workers, max_sentence_length=MAX_SENTENCE_LENGTH)
        if text.fingerprint != fingerprint:
            raise CorpusChanged(
                f"{chunk}: the text is not what it was when its words were counted. Begin anew"
            )
    encoded = taken_over(found)
    corpus = renumber(encoded, known_ids(encoded.words, model.wv.key_to_index))
    return corpus.in_memory()


def cache_folder(run: str) -> Path:
    """Return where the machine keeps the encoded chunks of a run."""
    return Path(spill_folder() or tempfile.gettempdir()) / f"fastsgns-{run}"


def forget(run: str) -> None:
    """Remove the encoded chunks of a run from this machine."""
    shutil.rmtree(cache_folder(run), ignore_errors=True)


def _read(path: Path) -> RenumberedCorpus:
    # One array, since a round opens many of these files.
    numbers = np.fromfile(path, np.int32)
    n_sentences = int(numbers[0])
    lengths, raw_lengths, ids = np.split(numbers[1:], [n_sentences, 2 * n_sentences])
    offsets = np.zeros(n_sentences + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return RenumberedCorpus(ids, offsets, raw_lengths)


def _write(path: Path, corpus: RenumberedCorpus) -> None:
    parts = [corpus.n_sentences], np.diff(corpus.offsets), corpus.raw_lengths, corpus.ids
    numbers = np.concatenate(parts, dtype=np.int32, casting="unsafe")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                numbers.tofile(file)
            os.replace(name, path)  # another worker may have been as fast
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise
    except OSError as error:
        error.add_note(
            f"while an encoded chunk was written to {path.parent}: the environment variable TMPDIR"
            " of the workers names another folder"
        )
        raise
