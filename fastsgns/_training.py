"""Engine room: what `Word2Vec.train` does around the epochs: corpus, schedule, callbacks."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fastsgns import _params
from fastsgns._streaming import StreamedCorpus, check_repeatable
from fastsgns._train import Epoch, EpochRun, Job, Schedule
from fastsgns._training_corpus import TrainingCorpus
from fastsgns._training_report import TrainingReport
from fastsgns.corpus import EncodedCorpus, encode
from fastsgns.progress import TrainingBar
from fastsgns.sentences import as_sentences

logger = logging.getLogger("fastsgns.word2vec")


@dataclass(frozen=True)
class Unfinished:
    """Where a run over the remembered corpus was interrupted."""

    schedule: Schedule
    epoch: int
    jobs: list[Job] | None  # what is left of the epoch; None: all of it
    seed: int  # of what is drawn by the kernels


class Training(TrainingReport):
    """Base of Word2Vec: `train` and what it keeps."""

    # In the constructor only: what `build_vocab` has just consumed.
    _built_from: Any = None

    def train(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Any = None,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        word_count: int = 0,
        queue_factor: int = 2,
        report_delay: float = 1.0,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
    ) -> tuple[int, int]:
        """Train the model; return (effective words, raw words) over all epochs.

        Parameters
        ----------
        corpus_iterable : iterable of lists of str, optional
            The sentences, consumed once however many epochs there are. Or:
        corpus_file : str or path, optional
            Text with one sentence a line: a file, a folder or a pattern, as in `build_vocab`.
            Without either, the corpus that the vocabulary was built from is trained: `train()`
            brings it to `self.epochs` epochs (finishing an interrupted run where it stopped), and
            `train(epochs=n)` trains n more.
        total_examples, total_words : int, optional
            The number of sentences or of raw words in an epoch, by which the learning rate falls.
            One of them is needed with a given corpus; `model.corpus_count` is the usual choice.
        epochs : int, optional
            How many times to go over the corpus; needed with a given corpus.
        start_alpha, end_alpha : float, optional
            Replace the model's `alpha` and `min_alpha`.
        word_count, queue_factor : int
            Taken for gensim's sake; they change nothing.
        report_delay : float, default 1.0
            Seconds between two progress lines in the log.
        compute_loss : bool, default False
            Add up the training loss of this call: see `get_latest_training_loss` and `history`.
        callbacks : iterable of CallbackAny2Vec

        Raises
        ------
        ValueError
            When there is no corpus, given or remembered, the totals or the epochs are missing, or
            neither hs nor negative is set.
        RuntimeError
            When there is no vocabulary, or the weights do not fit it.
        TrainingDiverged
            When the weights are no longer finite after an epoch.
        TypeError
            When both corpora are given.
        """
        del word_count, queue_factor
        if corpus_iterable is None and corpus_file is None and self.corpus is not None:
            return self._train_remembered(
                self.corpus,
                total_examples,
                total_words,
                epochs,
                start_alpha,
                end_alpha,
                report_delay,
                compute_loss,
                callbacks,
            )
        self._set_alpha(start_alpha, end_alpha)
        self.epochs = epochs  # type: ignore[assignment]
        n_epochs = self._check_ready(total_examples, total_words, epochs)
        corpus = self._encode(corpus_iterable, corpus_file, n_epochs)
        schedule = self._schedule(n_epochs, total_examples, total_words)
        self.compute_loss = bool(compute_loss)
        return self._train_epochs(corpus, schedule, report_delay, callbacks)

    def _train_after_building(
        self, sentences: Any, corpus_file: Any, callbacks: tuple[Any, ...]
    ) -> None:
        """Train, as gensim does, through `self.train`, which a subclass may have overridden.

        The sentences have been consumed; `_encode` gives what `build_vocab` remembered when `train`
        asks for them.
        """
        self._built_from = sentences if sentences is not None else corpus_file
        try:
            self.train(
                corpus_iterable=sentences,
                corpus_file=corpus_file,
                total_examples=self.corpus_count,
                total_words=self.corpus_total_words,
                epochs=self.epochs,
                start_alpha=self.alpha,
                end_alpha=self.min_alpha,
                compute_loss=self.compute_loss,
                callbacks=callbacks,
            )
        finally:
            vars(self).pop("_built_from", None)

    def _train_remembered(
        self,
        corpus: TrainingCorpus,
        total_examples: int | None,
        total_words: int | None,
        epochs: int | None,
        start_alpha: float | None,
        end_alpha: float | None,
        report_delay: float,
        compute_loss: bool,
        callbacks: Iterable[Any],
    ) -> tuple[int, int]:
        self._check_corpus_fits()
        self._set_alpha(start_alpha, end_alpha)
        unfinished = self._unfinished
        if epochs is None and unfinished is not None:
            schedule = replace(
                unfinished.schedule, start_alpha=self.alpha, end_alpha=self.min_alpha
            )
            self._check_ready(1, None, schedule.n_epochs)
        else:
            unfinished = None
            if epochs is None:
                missing = self.epochs - self._trained_epochs
                if missing <= 0:
                    logger.info(
                        "nothing to train: the corpus has been trained for %i of %i epochs",
                        self._trained_epochs,
                        self.epochs,
                    )
                    return 0, 0
                n_epochs = missing
            else:
                n_epochs = self.epochs = epochs
            if total_examples is None and total_words is None:
                total_examples = max(corpus.n_sentences, 1)
            n_epochs = self._check_ready(total_examples, total_words, n_epochs)
            schedule = self._schedule(n_epochs, total_examples, total_words)
        self.compute_loss = bool(compute_loss) or self.compute_loss
        return self._train_epochs(corpus, schedule, report_delay, callbacks, unfinished)

    def _schedule(
        self, n_epochs: int, total_examples: int | None, total_words: int | None
    ) -> Schedule:
        return Schedule(
            n_epochs,
            self.alpha,
            self.min_alpha,
            self.batch_words,
            total_examples,
            total_words,
            self.workers,
        )

    def _check_corpus_fits(self) -> None:
        """Raise RuntimeError when words have other indices than the remembered corpus has."""
        then, now = self._corpus_keys, self.wv.index_to_key
        if then is not None and then is not now and then != now[: len(then)]:
            raise RuntimeError(
                "the vocabulary is no longer the one that the remembered corpus was read with: "
                "give the corpus to train() again"
            )

    def _set_alpha(self, start_alpha: float | None, end_alpha: float | None) -> None:
        if start_alpha:
            self.alpha = _params.as_alpha("start_alpha", start_alpha)
        if end_alpha:
            self.min_alpha = _params.as_alpha("end_alpha", end_alpha)

    def _encode(
        self, corpus_iterable: Iterable[Any] | None, corpus_file: Any, n_epochs: int
    ) -> TrainingCorpus:
        given = corpus_file if corpus_iterable is None else corpus_iterable
        if self.corpus is not None and given is not None and given is self._built_from:
            return self.corpus  # in the constructor: build_vocab has consumed the sentences
        # differs from gensim: sentences are read in the thread of the caller, who gets what they
        # raise; there the thread that reads them dies, and train() hangs.
        sentences = as_sentences(corpus_iterable, corpus_file)
        if self.corpus_cache == "off" and not isinstance(sentences, EncodedCorpus):
            check_repeatable(sentences, n_epochs)
            return StreamedCorpus(sentences, self.wv.key_to_index, self.workers)
        corpus = encode(sentences, self.wv.key_to_index, self.workers, self.corpus_cache)
        # The same sentences again: one copy is enough, and the epochs count as epochs of the
        # remembered corpus.
        return self.corpus if self.corpus is not None and corpus.equals(self.corpus) else corpus

    def _train_epochs(
        self,
        corpus: TrainingCorpus,
        schedule: Schedule,
        report_delay: float,
        callbacks: Iterable[Any],
        resumed: Unfinished | None = None,
    ) -> tuple[int, int]:
        callbacks = list(callbacks)
        seed = self._draw_seed() if resumed is None else resumed.seed
        self.running_training_loss = 0.0
        self.add_lifecycle_event(
            "train",
            msg=(
                f"training model with {self.workers} workers on {len(self.wv)} vocabulary and "
                f"{self.layer1_size} features, using sg={self.sg} hs={self.hs} "
                f"sample={self.sample} negative={self.negative} window={self.window} "
                f"shrink_windows={self.shrink_windows}"
            ),
        )
        began = time.perf_counter()
        totals = Epoch()
        task = None
        first = resumed.epoch if resumed else 0
        n_words = corpus.n_raw_words or self.corpus_total_words
        n_hot = self._count_hot(n_words)
        weights = self._place_weights(n_hot)
        bar = None
        try:
            if self.progress:
                bar = TrainingBar(n_words * (schedule.n_epochs - first), schedule.n_epochs)
            for callback in callbacks:
                callback.on_train_begin(self)
            for epoch in range(first, schedule.n_epochs):
                for callback in callbacks:
                    callback.on_epoch_begin(self)
                if not weights.are_current():  # a callback has assigned others
                    weights.release()
                    weights = self._place_weights(n_hot)
                    task = None
                if task is None:
                    task = self._make_task(weights, schedule.start_alpha, seed)
                left = resumed.jobs if resumed and epoch == first else None
                jobs = schedule.jobs(corpus, epoch) if left is None else left
                draws = self._make_draws(seed, epoch)
                run = EpochRun(corpus, jobs, task, draws, self.workers)
                done = self._train_epoch(
                    run, jobs, schedule, epoch, seed, report_delay, totals, bar
                )
                totals.raw_words += done.raw_words
                totals.effective_words += done.effective_words
                # differs from gensim: vectors that a callback compares are normed by this epoch's
                # lengths.
                self.wv.norms = None
                for callback in callbacks:
                    callback.on_epoch_end(self)
        finally:
            corpus.end_epoch()
            weights.release()
            if bar is not None:
                bar.close()
            self.total_train_time += time.perf_counter() - began
            self.wv.norms = None
        self.train_count += 1
        seconds = time.perf_counter() - began
        self.add_lifecycle_event(
            "train",
            msg=(
                f"training on {totals.raw_words} raw words ({totals.effective_words} effective "
                f"words) took {seconds:.1f}s, "
                f"{totals.effective_words / max(seconds, 1e-9):.0f} effective words/s"
            ),
        )
        for callback in callbacks:
            callback.on_train_end(self)
        return totals.effective_words, totals.raw_words

    def _train_epoch(
        self,
        run: EpochRun,
        jobs: list[Job],
        schedule: Schedule,
        epoch: int,
        seed: int,
        report_delay: float,
        before: Epoch,
        bar: TrainingBar | None,
    ) -> Epoch:
        began = time.perf_counter()
        loss_before = self.running_training_loss
        next_log = began + report_delay

        def on_progress(so_far: Epoch, alpha: float) -> None:
            nonlocal next_log
            if bar is not None:
                loss = so_far.loss / so_far.pairs if self.compute_loss and so_far.pairs else None
                bar.update(before.raw_words + so_far.raw_words, epoch, alpha, loss)
            now = time.perf_counter()
            if now >= next_log:
                next_log = now + report_delay
                self._log_progress(schedule, epoch, so_far, now - began)

        every = min(report_delay, 0.25) if bar is not None else report_delay
        try:
            done = run.run(on_progress, every)
        except BaseException:
            self.running_training_loss = loss_before + run.result.loss
            if run.corpus is self.corpus:
                self._unfinished = Unfinished(schedule, epoch, run.result.left, seed)
            raise
        self.running_training_loss = loss_before + done.loss
        if jobs:
            self.min_alpha_yet_reached = run.alpha
        if run.corpus is self.corpus:
            self._trained_epochs += 1
            rest = epoch + 1 < schedule.n_epochs
            self._unfinished = Unfinished(schedule, epoch + 1, None, seed) if rest else None
        if bar is not None:
            on_progress(done, run.alpha)
        self._log_epoch(schedule, epoch, done, run.corpus)
        alphas = (run.first_alpha, run.alpha) if jobs else (self.alpha, self.alpha)
        self._note_epoch(done, *alphas)
        self._check_finite(epoch)
        return done
