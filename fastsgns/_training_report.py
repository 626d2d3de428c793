"""Engine room: what training says of itself: history, log lines, warnings, loss."""

from __future__ import annotations

import logging

from fastsgns._setup import TrainingSetup
from fastsgns._train import Epoch, Schedule
from fastsgns._training_corpus import TrainingCorpus

logger = logging.getLogger("fastsgns.word2vec")


class TrainingReport(TrainingSetup):
    """Base of Word2Vec: `history`, the lines of the log, and the loss."""

    def _note_epoch(self, done: Epoch, first_alpha: float, last_alpha: float) -> None:
        self.history.append(
            {
                "epoch": len(self.history) + 1,
                "loss": done.loss / done.pairs if self.compute_loss and done.pairs else None,
                "pairs": done.pairs,
                "raw_words": done.raw_words,
                "effective_words": done.effective_words,
                "alpha_first": first_alpha,
                "alpha_last": last_alpha,
                "seconds": done.seconds,
                "words_per_second": done.raw_words / max(done.seconds, 1e-9),
            }
        )

    def _log_progress(self, schedule: Schedule, epoch: int, so_far: Epoch, seconds: float) -> None:
        if schedule.total_examples:
            share, unit = so_far.examples / schedule.total_examples, "examples"
        else:
            share, unit = so_far.raw_words / (schedule.total_words or 1), "words"
        logger.info(
            "EPOCH %i - PROGRESS: at %.2f%% %s, %.0f words/s, in_qsize %i, out_qsize %i",
            epoch,
            100.0 * share,
            unit,
            so_far.effective_words / max(seconds, 1e-9),
            -1,
            0,
        )

    def _log_epoch(
        self, schedule: Schedule, epoch: int, done: Epoch, corpus: TrainingCorpus
    ) -> None:
        if corpus.n_sentences == 0 and self.train_count == 0:
            logger.warning(
                "train() called with an empty iterator: no sentence came from the corpus"
            )
        logger.info(
            "EPOCH %i: training on %i raw words (%i effective words) took %.1fs, "
            "%.0f effective words/s",
            epoch,
            done.raw_words,
            done.effective_words,
            done.seconds,
            done.effective_words / max(done.seconds, 1e-9),
        )
        for what, supplied, expected in (
            ("example", corpus.n_sentences, schedule.total_examples),
            ("raw word", corpus.n_raw_words, schedule.total_words),
        ):
            if expected and supplied != expected:
                logger.warning(
                    "EPOCH %i: supplied %s count (%i) did not equal expected count (%i)",
                    epoch,
                    what,
                    supplied,
                    expected,
                )

    def get_latest_training_loss(self) -> float:
        """Return the loss that the last `train(compute_loss=True)` added up, else 0.0.

        The sum of -log sigma over all scored targets and negatives (and nodes), as gensim defines
        it: cumulative over the epochs of one `train()`, so that a callback sees it grow. `history`
        has the mean a pair, epoch by epoch.

        differs from gensim: added up in float64 by each worker for itself, so it neither sticks at
        2**27 nor loses updates.
        """
        return self.running_training_loss
