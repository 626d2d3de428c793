"""Engine room: the progress bar of ``Word2Vec(..., progress=True)``, drawn by tqdm."""

from __future__ import annotations

from types import TracebackType


class TrainingBar:
    """One bar for a whole call of ``train()``: words done, words/s, epoch, alpha, loss if known.

    Parameters
    ----------
    total_words : int
        Raw words over all epochs.
    epochs : int
        Epochs of this call.

    Raises
    ------
    ImportError
        If tqdm is not installed.
    """

    def __init__(self, total_words: int, epochs: int) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise ImportError(
                "progress=True draws its bar with tqdm, which is not installed: "
                "pip install fastsgns[progress]"
            ) from error

        class Bar(tqdm):  # type: ignore[type-arg,misc,unused-ignore]
            # tqdm starts a thread that wakes bars up and outlives them; this one is never asleep.
            monitor_interval = 0

        self._epochs = epochs
        # mininterval 0: whoever trains reports a few times a second, and each report is to be seen.
        self._bar = Bar(
            total=total_words,
            unit=" words",
            unit_scale=True,
            mininterval=0,
            dynamic_ncols=True,
            desc=f"epoch 1/{epochs}",
        )

    def update(self, words_done: int, epoch: int, alpha: float, loss: float | None = None) -> None:
        """Show how far training is.

        Parameters
        ----------
        words_done : int
            Raw words so far, over all epochs of this call.
        epoch : int
            The epoch under way, from 0.
        alpha : float
            The learning rate of the latest job.
        loss : float, optional
            Mean loss a pair; not shown if None.
        """
        self._bar.set_description_str(f"epoch {epoch + 1}/{self._epochs}", refresh=False)
        figures = {"alpha": f"{alpha:.4f}"}
        if loss is not None:
            figures["loss"] = f"{loss:.4f}"
        self._bar.set_postfix(figures, refresh=False)
        # update() draws only when the count grows; alpha and loss may be all that changed.
        self._bar.n = words_done
        self._bar.refresh()

    def close(self) -> None:
        """Leave the bar as it is and end its line; a second call does nothing."""
        self._bar.close()

    def __enter__(self) -> TrainingBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
