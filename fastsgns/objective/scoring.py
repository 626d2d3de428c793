"""Engine room: the scores of sentences, and the words that a context makes likely."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus import encode
from fastsgns.io.threads import Task, Threads
from fastsgns.objective.pairs import Ids, Vectors, text_blocks
from fastsgns.training import Settings, Weights
from fastsgns.vectors import search
from fastsgns.vectors.nearest import best_first
from fastsgns.vocabulary import HuffmanPaths

if TYPE_CHECKING:
    from fastsgns.objective._scores import Scorer

logger = logging.getLogger("fastsgns.word2vec")


def make_scorer(settings: Settings, weights: Weights, paths: HuffmanPaths) -> Scorer:
    """Return what scores texts under hierarchical softmax."""
    from fastsgns.objective._scores import Scorer

    return Scorer(
        input_vectors=np.ascontiguousarray(weights.input_vectors, np.float32),
        node_vectors=np.ascontiguousarray(weights.node_vectors, np.float32),
        path_offsets=paths.offsets,
        path_nodes=paths.nodes,
        path_codes=paths.codes,
        window=settings.window,
        skip_gram=settings.skip_gram,
        cbow_mean=settings.cbow_mean,
    )


def encoded_chunks(
    sentences: Iterator[Any], key_to_index: Mapping[Any, int], limit: int, chunksize: int
) -> Iterator[tuple[Ids, Ids]]:
    """Yield the first `limit` sentences, so many at a time, as word ids and offsets."""
    for start in range(0, limit, chunksize):
        chunk = list(islice(sentences, min(chunksize, limit - start)))
        if not chunk:
            return
        text = encode(chunk, key_to_index)
        yield text.read(0, text.n_sentences)


class ScoringReport:
    """Logs how many sentences have been scored, every `delay` seconds, and in the end."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._began = time.perf_counter()
        self._next_line = self._began + delay

    def progress(self, n_scored: int) -> None:
        """Say how far it is, if it is time to."""
        now = time.perf_counter()
        if now >= self._next_line:
            self._next_line = now + self._delay
            speed = n_scored / max(now - self._began, 1e-9)
            logger.info("PROGRESS: at %i sentences, %.0f sentences/s", n_scored, speed)

    def end(self, n_scored: int) -> None:
        """Say how long it took."""
        seconds = time.perf_counter() - self._began
        logger.info(
            "scoring %i sentences took %.1fs, %.0f sentences/s",
            n_scored,
            seconds,
            n_scored / max(seconds, 1e-9),
        )


def likely_outputs(
    context: Vectors, output_vectors: Vectors, cbow_mean: bool, n_best: int | None
) -> tuple[list[int], NDArray[np.float32]]:
    """Return the rows that are likeliest after a context, the best first, with their softmax.

    Parameters
    ----------
    context : float32 (n_context, vector_size)
        Input vectors; at least one.
    output_vectors : float32 (n_words, vector_size)
    cbow_mean : bool
        Take the mean of the context; else its sum.
    n_best : int or None
        How many rows; None: all.

    Returns
    -------
    list of int, ndarray of float32
    """
    hidden = np.add.reduce(context, axis=0)
    if cbow_mean:
        hidden /= len(context)
    scores = (output_vectors @ hidden).astype(np.float32, copy=False)
    if n_best is None:
        best = best_first(scores, len(scores)).tolist()
    else:
        best, _ = search.best(scores, min(n_best, len(scores)))
    scores -= np.maximum.reduce(scores)  # the largest exponent taken out: none overflows
    likelihoods = np.exp(scores)
    total = np.add.reduce(likelihoods, dtype=np.float64)
    return best, (likelihoods[best] / total).astype(np.float32)


def score_texts(
    scorer: Scorer,
    texts: Iterable[tuple[Ids, Ids]],
    n_workers: int,
    n_waiting: int,
    report: Callable[[int], object],
) -> NDArray[np.float32]:
    """Return the scores of all sentences in their order; `report` is told how many there are.

    At most `n_waiting` texts are under way at a time. Whatever ends it, no thread is left.
    """
    scores = [np.zeros(0, np.float32)]
    n_scored = 0
    pending: deque[Task[NDArray[np.float32]]] = deque()
    stop = Event()

    def take() -> None:
        nonlocal n_scored
        scores.append(pending.popleft().result())
        n_scored += len(scores[-1])
        report(n_scored)

    pool = Threads(n_workers, "fastsgns-scorer")
    try:
        for text in texts:
            pending.append(pool.begin(_score_text, scorer, text, stop))
            if len(pending) >= n_waiting:
                take()
        while pending:
            take()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
    return np.concatenate(scores)


def _score_text(scorer: Scorer, text: tuple[Ids, Ids], stop: Event) -> NDArray[np.float32]:
    """Return the scores of a text, a block at a time, so that a Ctrl-C does not wait for long."""
    blocks = [np.zeros(0, np.float32)]
    for ids, offsets in text_blocks(*text):
        if stop.is_set():
            break
        blocks.append(np.empty(len(offsets) - 1, np.float32))
        scorer.score(cast("NDArray[np.int32]", ids), cast("NDArray[np.int64]", offsets), blocks[-1])
    return np.concatenate(blocks)
