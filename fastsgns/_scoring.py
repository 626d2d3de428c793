"""Engine room: the part of Word2Vec that scores sentences and predicts a word from its context."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from operator import index as as_index
from threading import Event
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns import _params, vocabulary
from fastsgns._objective import Objective
from fastsgns.corpus import encode
from fastsgns.pairs import Ids, text_blocks
from fastsgns.vectors.nearest import best_first

if TYPE_CHECKING:
    from fastsgns._scores import Scorer

logger = logging.getLogger("fastsgns.word2vec")


class Scoring(Objective):
    """Base of Word2Vec: what a trained model says of sentences and of words in their context."""

    def score(
        self,
        sentences: Iterable[Any],
        total_sentences: int = 1_000_000,
        chunksize: int = 100,
        queue_factor: int = 2,
        report_delay: float = 1,
    ) -> NDArray[np.float32]:
        """Return the log probability of each sentence; for hierarchical softmax only.

        Every word is predicted from its full window: no subsampling, no shrinking. Unknown words
        are left out first.

        Parameters
        ----------
        sentences : iterable of lists of str
            Consumed once, and as far as they are scored.
        total_sentences : int, default 1,000,000
            Score at most so many sentences, with a warning if there are more.
        chunksize : int, default 100
            Sentences a job; `workers` threads take jobs.
        queue_factor : int, default 2
            Jobs that wait for each worker.
        report_delay : float, default 1
            Seconds between two progress lines in the log.

        Returns
        -------
        float32 (n_sentences,)
            In nats. 0 for a sentence without known words, and with skip-gram for one of one word.

        Raises
        ------
        RuntimeError
            When the model has no hierarchical softmax (hs=0), or no vocabulary.

        Notes
        -----
        Matches gensim, which takes log sigma from word2vec.c's table of 1000 steps on (-6, 6) and
        lets nodes beyond it count nothing: these are scores to compare, and no exact
        probabilities. The method is that of Taddy 2015.

        References
        ----------
        Taddy 2015, Document Classification by Inversion of Distributed Language Representations,
        arXiv:1504.07295.
        """
        limit = max(int(total_sentences), 0)
        chunksize = _params.as_int("chunksize", chunksize, at_least=1)
        n_waiting = self.workers * _params.as_int("queue_factor", queue_factor, at_least=1)
        scorer = self._scorer()
        logger.info(
            "scoring sentences with %i workers on %i vocabulary and %i features, "
            "using sg=%s hs=%s sample=%s and negative=%s",
            self.workers,
            len(self.wv),
            self.layer1_size,
            self.sg,
            self.hs,
            self.sample,
            self.negative,
        )
        began = time.perf_counter()
        next_log = began + report_delay

        def report(n_scored: int) -> None:
            nonlocal next_log
            now = time.perf_counter()
            if now >= next_log:
                next_log = now + report_delay
                logger.info(
                    "PROGRESS: at %i sentences, %.0f sentences/s",
                    n_scored,
                    n_scored / max(now - began, 1e-9),
                )

        # differs from gensim: without any sentence there is an empty array, where it has a
        # NameError; sentences are scored whole, however long, where it takes 10,000 words; and sums
        # are float64, where its float32 costs 1e-6 to 1e-5 of a score.
        rest = iter(sentences)
        texts = self._texts(rest, limit, chunksize)
        scores = _score_texts(scorer, texts, self.workers, n_waiting, report)
        n_scored = len(scores)
        if n_scored == limit and next(rest, None) is not None:
            logger.warning(
                "terminating after %i sentences (set higher total_sentences if you want more).",
                limit,
            )
        seconds = time.perf_counter() - began
        logger.info(
            "scoring %i sentences took %.1fs, %.0f sentences/s",
            n_scored,
            seconds,
            n_scored / max(seconds, 1e-9),
        )
        return scores

    def _scorer(self) -> Scorer:
        from fastsgns._scores import Scorer

        if not self.hs:
            raise RuntimeError(
                "We have currently only implemented score for the hierarchical softmax scheme: "
                f"train with hs=1 and negative=0, got hs={self.hs}"
            )
        if not self.wv.key_to_index:
            raise RuntimeError("you must first build vocabulary before scoring new data")
        if "point" not in self.wv.expandos:
            self.create_binary_tree()
        paths = vocabulary.join_paths(self.wv.expandos["code"], self.wv.expandos["point"])
        if getattr(self, "syn1", None) is None:
            raise RuntimeError("score needs syn1, the node vectors, and the model has none")
        return Scorer(
            input_vectors=np.ascontiguousarray(self.wv.vectors, np.float32),
            node_vectors=np.ascontiguousarray(self.syn1, np.float32),
            path_offsets=paths.offsets,
            path_nodes=paths.nodes,
            path_codes=paths.codes,
            window=self.window,
            skip_gram=bool(self.sg),
            cbow_mean=bool(self.cbow_mean),
        )

    def _texts(
        self, sentences: Iterator[Any], limit: int, chunksize: int
    ) -> Iterator[tuple[Ids, Ids]]:
        """Yield chunks of sentences as word ids and offsets."""
        for start in range(0, limit, chunksize):
            chunk = list(islice(sentences, min(chunksize, limit - start)))
            if not chunk:
                return
            text = encode(chunk, self.wv.key_to_index)
            yield text.read(0, text.n_sentences)

    def predict_output_word(
        self, context_words_list: Iterable[Any], topn: int | None = 10
    ) -> list[tuple[Any, np.float32]] | None:
        """Return the words that a context makes likely, the likeliest first.

        Parameters
        ----------
        context_words_list : iterable of key
            The context words, or their indices. Unknown ones are left out.
        topn : int or None, default 10
            How many words; None: all.

        Returns
        -------
        list of (word, float32) or None
            The probabilities are a softmax, over the vocabulary, of v_c . h with the output vectors
            v_c and h the mean (cbow_mean=0: the sum) of the context's input vectors. None, with a
            warning in the log, when no context word is known.

        Raises
        ------
        RuntimeError
            When the model has no output vectors (negative=0, or no vocabulary yet).

        Notes
        -----
        Negative sampling does not train a softmax: take the order, not the numbers.

        differs from gensim: the largest exponent is taken out first, so that none overflows.
        """
        if not self.negative:
            raise RuntimeError(
                "We have currently only implemented predict_output_word for the negative sampling "
                f"scheme: train with negative > 0, got negative={self.negative}"
            )
        if getattr(self, "syn1neg", None) is None or not len(self.wv.vectors):
            raise RuntimeError(
                "Parameters required for predicting the output words not found: the model has no "
                "vocabulary, or was loaded without syn1neg"
            )
        rows = [self.wv.get_index(word) for word in context_words_list if word in self.wv]
        if not rows:
            logger.warning(
                "All the input context words are out-of-vocabulary for the current model."
            )
            return None
        hidden = np.add.reduce(self.wv.vectors[rows], axis=0)
        if self.cbow_mean:
            hidden /= len(rows)
        scores = (self.syn1neg @ hidden).astype(np.float64)
        likelihoods = np.exp(scores - scores.max())
        n_best = len(scores) if topn is None else as_index(topn)
        if n_best < 1:
            return []
        best = best_first(likelihoods, n_best)
        probabilities = (likelihoods[best] / likelihoods.sum()).astype(np.float32)
        return [
            (self.wv.index_to_key[row], probability)
            for row, probability in zip(best.tolist(), probabilities, strict=True)
        ]


def _score_texts(
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
    pending: deque[Future[NDArray[np.float32]]] = deque()
    stop = Event()

    def take() -> None:
        nonlocal n_scored
        scores.append(pending.popleft().result())
        n_scored += len(scores[-1])
        report(n_scored)

    pool = ThreadPoolExecutor(n_workers, "fastsgns-scorer")
    try:
        for text in texts:
            pending.append(pool.submit(_score_text, scorer, text, stop))
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
