"""Engine room: the progress bar of training."""

from __future__ import annotations

from fastsgns.corpus.progress import Bar, Lines, Shown


class TrainingBar(Shown):
    """One bar for a whole call of ``train()``: words done, words/s, epoch, alpha, loss if known.

    Parameters
    ----------
    total_words : int
        Raw words over all epochs.
    epochs : int
        Epochs of this call.
    drawn_by : {Bar, Lines}

    Attributes
    ----------
    figures : dict of str to str
        What else is shown.
    """

    def __init__(
        self, total_words: int, epochs: int, drawn_by: type[Bar] | type[Lines] = Bar
    ) -> None:
        self._drawn = self._shown = drawn_by(f"epoch 1/{epochs}", total_words)
        self._total_words, self._epochs = total_words, epochs
        self.figures: dict[str, str] = {}

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
        figures = {"alpha": f"{alpha:.4f}", **self.figures}
        if loss is not None:
            figures["loss"] = f"{loss:.4f}"
        what = f"epoch {epoch + 1}/{self._epochs}"
        self._drawn.show(words_done, self._total_words, what, figures)
