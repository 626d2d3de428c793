"""Face: callbacks of training: what one looks like, and those that most programs want."""

from __future__ import annotations

import logging
import math
import os
import time
from typing import IO, TYPE_CHECKING, Any, Literal

from fastsgns._params import as_int
from fastsgns.io.files import expanded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = [
    "STOP",
    "CSVLogger",
    "CallbackAny2Vec",
    "EarlyStopping",
    "EpochSaver",
    "TensorBoardLogger",
]

logger = logging.getLogger(__name__)

#: What `on_epoch_end` returns when the training is to end with this epoch. Not in gensim.
STOP: Literal["stop"] = "stop"

#: What the loggers write of each epoch: numbers of `model.history`.
LOGGED = (
    "epoch",
    "loss",
    "alpha_first",
    "alpha_last",
    "pairs",
    "raw_words",
    "effective_words",
    "seconds",
    "words_per_second",
)


class CallbackAny2Vec:
    """Base class of training callbacks, as in gensim: override what you need.

    Every method gets the model, in the thread that called `train()`, while no training is under
    way. An exception that a callback raises ends the training and reaches the caller; what has been
    trained so far stays.
    """

    def on_train_begin(self, model: Any) -> None:
        """Called once, before the first epoch."""

    def on_epoch_begin(self, model: Any) -> None:
        """Called before each epoch."""

    def on_epoch_end(self, model: Any) -> Any:
        """Called after each epoch; `model.history[-1]` describes it.

        Returns
        -------
        STOP or None
            STOP ends the training after this epoch, as if it had been the last: all callbacks of
            the epoch are called, then `on_train_end`. Not in gensim.
        """

    def on_train_end(self, model: Any) -> None:
        """Called once, after the last epoch."""


class EarlyStopping(CallbackAny2Vec):
    """End the training when it makes nothing better any more, and keep the best weights.

    What is watched, after each epoch, is the training loss; or, if they are given, the
    log-likelihood of held-out text or the scores of evaluation files.

    Parameters
    ----------
    held_out : list of lists of str, optional
        Text that is not trained on: `Word2Vec.log_likelihood` of it is watched.
    evaluation : str, path or list of these, optional
        Files and folders for `fastsgns.evaluation.report`: the mean of their scores is watched.
    patience : int, default 1
        After how many epochs in a row without a gain training ends.
    min_gain : float, default 0
        What a value must be better than the best by, to count as a gain.
    keep_best : bool, default True
        Have the weights of the best epoch in the end. They are copied at each gain.

    Attributes
    ----------
    values : list of float
        What was watched, epoch by epoch.
    best_epoch : int
        The index in `values` of the best; -1 before the first epoch.

    Raises
    ------
    ValueError
        In `on_train_begin`, when the loss is watched and not computed.

    Notes
    -----
    The learning rate falls by plan towards the last epoch: vectors of a training that was ended
    early are not those of one that was planned so long.
    """

    def __init__(
        self,
        held_out: Iterable[Any] | None = None,
        evaluation: str | os.PathLike[str] | Iterable[Any] | None = None,
        *,
        patience: int = 1,
        min_gain: float = 0.0,
        keep_best: bool = True,
    ) -> None:
        if held_out is not None and evaluation is not None:
            raise TypeError("give one of held_out and evaluation, got both")
        if not 0 <= min_gain < math.inf:
            raise ValueError(f"min_gain must be >= 0, got {min_gain!r}")
        self.held_out = None if held_out is None else list(held_out)
        self.evaluation = evaluation
        self.patience = as_int("patience", patience, at_least=1)
        self.min_gain = min_gain
        self.keep_best = keep_best
        self.values: list[float] = []
        self.best_epoch = -1
        self._best: list[NDArray[Any]] = []

    def on_train_begin(self, model: Any) -> None:
        """Begin anew."""
        if self.held_out is None and self.evaluation is None and not model.compute_loss:
            raise ValueError("EarlyStopping watches the loss: give the model compute_loss=True")
        self.values, self.best_epoch, self._best = [], -1, []

    def on_epoch_end(self, model: Any) -> Any:
        """Look at the value of this epoch."""
        value = self._value(model)
        self.values.append(value)
        if self._is_gain(value):
            self.best_epoch = len(self.values) - 1
            self._best = [matrix.copy() for matrix in _matrices(model)] if self.keep_best else []
            return None
        n_without = len(self.values) - 1 - self.best_epoch
        if n_without < self.patience:
            return None
        logger.info(
            "training ends: nothing better than %g, after epoch %i, came in %i epochs",
            self.values[self.best_epoch],
            self.best_epoch + 1,
            n_without,
        )
        self._bring_back(model)
        return STOP

    def on_train_end(self, model: Any) -> None:
        """Have the best weights."""
        self._bring_back(model)

    def _is_gain(self, value: float) -> bool:
        """Say whether a value is better than the best so far; NaN is worse than any."""
        best = self.values[self.best_epoch]
        if self.best_epoch < 0 or math.isnan(best) > math.isnan(value):
            return True
        is_loss = self.held_out is None and self.evaluation is None
        return (best - value if is_loss else value - best) > self.min_gain

    def _value(self, model: Any) -> float:
        if self.held_out is not None:
            return float(model.log_likelihood(self.held_out))
        if self.evaluation is None:
            return float(model.history[-1]["loss"])
        from fastsgns.evaluation import report

        results = report(model.wv, self.evaluation, n_resamples=1, methods=[]).results
        return math.fsum(result.score for result in results) / max(len(results), 1)

    def _bring_back(self, model: Any) -> None:
        if self._best and self.best_epoch < len(self.values) - 1:
            for matrix, best in zip(_matrices(model), self._best, strict=True):
                matrix[:] = best
            model.wv.norms = None
        self._best = []


class EpochSaver(CallbackAny2Vec):
    """Save the model after each epoch.

    ``Word2Vec(checkpoint=path)`` writes what `Word2Vec.resume` can go on from; this writes models.

    Parameters
    ----------
    path : str or path
        ``{epoch}`` in it becomes the number of the epoch, from 1: a file each. Without it each
        epoch takes the place of the last one.
    **options
        Given to `Word2Vec.save`.
    """

    def __init__(self, path: str | os.PathLike[str], **options: Any) -> None:
        self.path = os.fspath(path)
        self.options = options
        self._n_epochs = 0

    def on_train_begin(self, model: Any) -> None:  # noqa: ARG002
        """Count from 1."""
        self._n_epochs = 0

    def on_epoch_end(self, model: Any) -> None:
        """Save the model."""
        self._n_epochs += 1
        model.save(self.path.replace("{epoch}", str(self._n_epochs)), **self.options)


class CSVLogger(CallbackAny2Vec):
    """Write a line of numbers after each epoch: those of `model.history`.

    Parameters
    ----------
    path : str or path
        Columns are epoch, loss, alpha_first, alpha_last, pairs, raw_words, effective_words,
        seconds and words_per_second. A loss that is not computed is empty.
    append : bool, default False
        Go on in a file that is there; otherwise it is replaced.
    """

    def __init__(self, path: str | os.PathLike[str], append: bool = False) -> None:
        self.path = expanded(path)
        self.append = append

    def on_train_begin(self, model: Any) -> None:  # noqa: ARG002
        """Open the file, and name the columns if it is empty."""
        mode = "a" if self.append else "w"
        with open(self.path, mode, newline="", encoding="utf-8") as file:
            if not file.tell():
                self._write(file, LOGGED)

    def on_epoch_end(self, model: Any) -> None:
        """Write a line."""
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            self._write(file, (model.history[-1][name] for name in LOGGED))

    @staticmethod
    def _write(file: IO[str], fields: Iterable[Any]) -> None:
        import csv  # it loads more than a model needs

        csv.writer(file).writerow(fields)


class TensorBoardLogger(CallbackAny2Vec):
    """Write the numbers of each epoch for TensorBoard, whose package must be installed.

    Parameters
    ----------
    log_dir : str or path
        The folder that ``tensorboard --logdir`` is given, or one in it.
    """

    def __init__(self, log_dir: str | os.PathLike[str]) -> None:
        self.log_dir = expanded(log_dir)
        self._writer: Any = None

    def on_train_begin(self, model: Any) -> None:  # noqa: ARG002
        """Open a file of events."""
        try:
            from tensorboard.summary.writer.event_file_writer import EventFileWriter
        except ImportError as error:
            raise ImportError(
                "TensorBoardLogger needs tensorboard: pip install tensorboard"
            ) from error
        self._writer = EventFileWriter(self.log_dir)

    def on_epoch_end(self, model: Any) -> None:
        """Write the numbers of the epoch, as scalars of the step that it is."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        numbers = model.history[-1]
        values = [
            Summary.Value(tag=f"training/{name}", simple_value=numbers[name])
            for name in LOGGED[1:]
            if numbers[name] is not None
        ]
        step = numbers["epoch"]
        self._writer.add_event(
            Event(wall_time=time.time(), step=step, summary=Summary(value=values))
        )
        self._writer.flush()

    def on_train_end(self, model: Any) -> None:  # noqa: ARG002
        """Close the file."""
        self._writer.close()


def _matrices(model: Any) -> list[NDArray[Any]]:
    """Return the weights of a model."""
    names = [name for name in ("syn1neg", "syn1") if getattr(model, name, None) is not None]
    return [model.wv.vectors, *(getattr(model, name) for name in names)]
