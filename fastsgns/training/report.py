"""Engine room: what training says of itself: progress, log lines, warnings, history."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from fastsgns.corpus.training_corpus import CutCorpus
from fastsgns.training.schedule import Schedule
from fastsgns.training.workers import Epoch

if TYPE_CHECKING:
    from fastsgns.training.progress import TrainingBar

logger = logging.getLogger("fastsgns.word2vec")

#: How often the progress bar is drawn, in seconds.
BAR_SECONDS = 0.25


class Lines(NamedTuple):
    """What writes the lines of the log: functions of gensim's parameters, in its order."""

    progress: Callable[..., Any]
    epoch_end: Callable[..., Any]


def log_progress(
    cur_epoch: int,
    shares: tuple[tuple[str, int, int | None], tuple[str, int, int | None]],
    trained_word_count: int,
    elapsed: float,
) -> None:
    """Say how far an epoch is, in examples if their number is known, else in words.

    Parameters
    ----------
    cur_epoch : int
    shares : two of (name, number so far, number in all or None)
    trained_word_count : int
    elapsed : float
        Seconds.
    """
    unit, so_far, total = shares[0] if shares[0][2] else shares[1]
    logger.info(
        "EPOCH %i - PROGRESS: at %.2f%% %s, %.0f words/s, in_qsize %i, out_qsize %i",
        cur_epoch,
        100.0 * so_far / (total or 1),
        unit,
        trained_word_count / max(elapsed, 1e-9),
        -1,
        0,
    )


def log_epoch_end(
    cur_epoch: int,
    counts: tuple[tuple[str, int, int | None], tuple[str, int, int | None]],
    trained_word_count: int,
    elapsed: float,
) -> None:
    """Say what an epoch has done, and whether the corpus was what had been announced.

    Parameters
    ----------
    cur_epoch : int
    counts : two of (name, number, expected number or None)
        The second is that of raw words.
    trained_word_count : int
    elapsed : float
        Seconds.
    """
    logger.info(
        "EPOCH %i: training on %i raw words (%i effective words) took %.1fs, "
        "%.0f effective words/s",
        cur_epoch,
        counts[1][1],
        trained_word_count,
        elapsed,
        trained_word_count / max(elapsed, 1e-9),
    )
    for what, supplied, expected in counts:
        if expected and supplied != expected:
            logger.warning(
                "EPOCH %i: supplied %s count (%i) did not equal expected count (%i)",
                cur_epoch,
                what,
                supplied,
                expected,
            )


class Report:
    """Tells how far training is: in the log, and by a bar.

    Parameters
    ----------
    schedule : Schedule
    report_delay : float
        Seconds between two lines of the log.
    lines : Lines
        What writes them: hooks of gensim's.
    bar : TrainingBar, optional
    with_loss : bool, default False
        Whether there is a loss to show.

    Attributes
    ----------
    every : float
        How often `progress` wants to be called, in seconds.
    """

    def __init__(
        self,
        schedule: Schedule,
        report_delay: float,
        lines: Lines,
        bar: TrainingBar | None = None,
        with_loss: bool = False,
    ) -> None:
        self._schedule = schedule
        self._report_delay = report_delay
        self._lines = lines
        self._bar = bar
        self._with_loss = with_loss
        self._epoch = 0
        self._words_before = 0
        self._began = self._next_line = 0.0
        self.every = report_delay if bar is None else min(report_delay, BAR_SECONDS)

    def begin_epoch(self, epoch: int, words_before: int) -> None:
        """Begin with an epoch, before which so many raw words have been trained."""
        self._epoch, self._words_before = epoch, words_before
        self._began = time.perf_counter()
        self._next_line = self._began + self._report_delay

    def progress(self, so_far: Epoch) -> None:
        """Show how far the epoch is."""
        if self._bar is not None:
            loss = mean_loss(so_far) if self._with_loss else None
            alpha = so_far.last_alpha or 0.0
            self._bar.update(self._words_before + so_far.raw_words, self._epoch, alpha, loss)
        now = time.perf_counter()
        if now >= self._next_line:
            self._next_line = now + self._report_delay
            self._log_progress(so_far, now - self._began)

    def _log_progress(self, so_far: Epoch, seconds: float) -> None:
        schedule = self._schedule
        self._lines.progress(
            None,  # there are no queues
            None,
            self._epoch,
            so_far.examples,
            schedule.total_examples,
            so_far.raw_words,
            schedule.total_words,
            so_far.effective_words,
            seconds,
        )

    def end_epoch(self, done: Epoch, corpus: CutCorpus, is_first: bool) -> None:
        """Say what the epoch has done, and whether the corpus was what had been announced.

        Parameters
        ----------
        done : Epoch
        corpus : CutCorpus
        is_first : bool
            Whether the model has not been trained before: then an empty corpus is worth a warning.
        """
        if self._bar is not None:
            self.progress(done)
        if corpus.n_sentences == 0 and is_first:
            logger.warning(
                "train() called with an empty iterator: no sentence came from the corpus"
            )
        self._lines.epoch_end(
            self._epoch,
            corpus.n_sentences,
            self._schedule.total_examples,
            corpus.n_raw_words,
            self._schedule.total_words,
            done.effective_words,
            done.seconds,
            False,  # corpus_file is trained here as sentences are
        )


def mean_loss(epoch: Epoch) -> float | None:
    """Return the mean loss a pair, None without pairs."""
    return epoch.loss / epoch.pairs if epoch.pairs else None


def history_entry(number: int, done: Epoch, with_loss: bool) -> dict[str, Any]:
    """Return what `history` says of an epoch."""
    return {
        "epoch": number,
        "loss": mean_loss(done) if with_loss else None,
        "pairs": done.pairs,
        "raw_words": done.raw_words,
        "effective_words": done.effective_words,
        "alpha_first": done.first_alpha,
        "alpha_last": done.last_alpha,
        "seconds": done.seconds,
        "words_per_second": done.raw_words / max(done.seconds, 1e-9),
    }
