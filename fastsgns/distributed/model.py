"""Face: DistributedWord2Vec: Word2Vec's parameters, a corpus in files, and a cluster."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fastsgns import _params
from fastsgns.distributed.chunks import check_unchanged, cut, list_files
from fastsgns.distributed.cluster import Cluster, joined
from fastsgns.distributed.driver import Driver, lines_of
from fastsgns.distributed.reading import count_words
from fastsgns.distributed.state import Options, State
from fastsgns.training import Epoch, Report, Schedule
from fastsgns.word2vec import Word2Vec

#: The parameters of `Word2Vec` that have no place here.
_NOT_HERE = {
    "sentences": "the corpus is in files that every worker can open: corpus=",
    "corpus_file": "it is called corpus here",
    "corpus_cache": "every machine keeps the encoded chunks in a temporary folder",
    "callbacks": "the weights are with the workers; checkpoint= writes them down now and then",
}


class DistributedWord2Vec:
    """Trains a `Word2Vec` on a corpus in files, by workers on one machine or many.

    Parameters
    ----------
    corpus : str, path, or list of them
        Text with one sentence a line: files, folders, patterns, or URLs such as
        ``s3://bucket/*.txt``, which need ``fastsgns[s3]``. All workers must be able to open them.
        Compressed files are read by one worker each.
    num_workers : int, default 2
        Worker processes; each begins when the cluster has room for it.
    sync_seconds : float, default 2
        How long the workers train until their replicas are merged. An epoch has three such rounds
        or more, with three or four workers ten, with more thirty, if there are chunks for them.
    merge : {"adasum", "mean"}, optional
        How replicas become one. Default: "adasum"; "mean" where `lr_scale` is "linear", which is
        the rule of means. "adasum" adds up, row by row, what replicas have learned apart, and
        takes the mean of what they all have learned (Maleki et al. 2021, arXiv:2006.02924).
    lr_scale : {"auto", "linear", "none"} or float, default "auto"
        What the learning rate of a replica is multiplied by, since merging N of them makes their
        steps smaller: "linear" is N, up to a learning rate of 0.2; "none" is 1. "auto" is
        "linear" for means, which divide the steps by N, and the cube root of N for "adasum".
    address : str, optional
        Of a Ray cluster to join ("auto": the one that this machine belongs to). None: the one that
        this process has joined already, or one that is started on this machine for the run.
    checkpoint : str or path, optional
        Write the weights and what has been trained to this file, for `resume`.
    checkpoint_every : "epoch" or float, default 600
        After every epoch, or so many seconds apart.
    **parameters
        Those of `Word2Vec`, but for the ones that give it sentences, and callbacks. `workers` are
        the threads of each worker process, and the cores that it takes.

    Raises
    ------
    TypeError, ValueError
        For a parameter that can't be.
    FileNotFoundError, OSError
        The corpus is not there, or cannot be read.

    Notes
    -----
    Local SGD: docs/scale-out.md has the algorithm, what it costs and what it was
    measured to give. Each chunk of the text is applied once an epoch, whoever dies meanwhile.

    Examples
    --------
    >>> DistributedWord2Vec("texts/*.txt", num_workers=8, workers=4, sg=1).train()  # doctest: +SKIP
    """

    def __init__(
        self,
        corpus: Any,
        *,
        num_workers: int = 2,
        sync_seconds: float = 2.0,
        merge: str | None = None,
        lr_scale: str | float = "auto",
        address: str | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: str | float = 600.0,
        **parameters: Any,
    ) -> None:
        for name, why in _NOT_HERE.items():
            if name in parameters:
                raise TypeError(f"DistributedWord2Vec takes no {name}: {why}")
        self._options = Options(
            num_workers, sync_seconds, lr_scale, checkpoint_every, merge
        ).checked()
        self._trim_rule = parameters.pop("trim_rule", None)
        self._model = Word2Vec(**parameters)
        _params.as_int("epochs", self._model.epochs, at_least=1)
        self._files = list_files(corpus)
        self._address = address
        self._checkpoint = checkpoint

    def train(self) -> Word2Vec:
        """Build the vocabulary and train all epochs; return the model.

        Raises
        ------
        CorpusChanged
            A file is no longer what it was when its words were counted.
        ChunkFails
            Workers die whenever they have a certain chunk.
        PartLost
            A machine is gone with a part of the weights, and there is no checkpoint.
        TrainingDiverged
        """
        with joined(self._address, self._options.num_workers, self._model.workers) as cluster:
            return _train(cluster, self._begin(cluster), self._checkpoint)

    @classmethod
    def resume(
        cls,
        checkpoint: str | os.PathLike[str],
        *,
        num_workers: int | None = None,
        address: str | None = None,
    ) -> Word2Vec:
        """Go on with a run whose checkpoint is in a file, to its end; return the model.

        Parameters
        ----------
        checkpoint : str or path
            What ``DistributedWord2Vec(..., checkpoint=path)`` has written. Further ones are written
            there too.
        num_workers : int, optional
            Default: as many as before.
        address : str, optional
            As of the constructor.

        Raises
        ------
        FormatError
            The file is damaged, or no checkpoint of such a run.
        CorpusChanged
            The files are not those of then.
        """
        state = State.read(checkpoint)
        if num_workers is not None:
            state.options = replace(state.options, num_workers=num_workers).checked()
        check_unchanged(state.text.files)
        if state.epoch >= state.model.epochs:
            return state.model
        with joined(address, state.options.num_workers, state.model.workers) as cluster:
            return _train(cluster, state, checkpoint)

    def _begin(self, cluster: Cluster) -> State:
        """Count the words, and draw first weights."""
        model = self._model
        chunks = cut(self._files, cluster.n_workers)
        # A rule of the user's may keep what is rare.
        least = model.min_count if self._trim_rule is None else 0
        text, counts = count_words(cluster, self._files, chunks, model.max_vocab_size, least)
        check_unchanged(self._files)
        model.build_vocab_from_freq(
            counts, corpus_count=text.n_sentences, trim_rule=self._trim_rule
        )
        model.corpus_total_words = text.n_raw_words
        model._check_training_sanity(epochs=model.epochs, total_words=text.n_raw_words)
        seed = int(model.random.randint(2**31))
        return State(model, text, self._options, uuid.uuid4().hex, seed)


def _train(cluster: Cluster, state: State, checkpoint: str | os.PathLike[str] | None) -> Word2Vec:
    """Train a run from where it is to its end."""
    model, n_words = state.model, state.text.n_raw_words
    began, n_before = time.perf_counter(), len(model.history)
    bar = model._bar(n_words * model.epochs, model.epochs)
    schedule = Schedule(
        model.epochs, model.alpha, model.min_alpha, model.batch_words, None, n_words
    )
    report = Report(schedule, 1.0, lines_of(model), bar, model.compute_loss)
    try:
        driver = Driver(cluster, state, checkpoint)
        driver.train(report, bar)
    finally:
        if bar is not None:
            bar.close()
        cluster.forget(state.run)
    model = driver.state.model
    totals = _totals(model.history[n_before:])
    model.total_train_time += time.perf_counter() - began
    model._note_trained(totals, time.perf_counter() - began)
    model._note_kernel(model._settings())
    return model


def _totals(history: Iterable[dict[str, Any]]) -> Epoch:
    """Add up what epochs have done."""
    totals = Epoch()
    for entry in history:
        totals.raw_words += entry["raw_words"]
        totals.effective_words += entry["effective_words"]
        totals.n_jobs += 1
    return totals
