"""Face: what a callback of training looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


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

    def on_epoch_end(self, model: Any) -> None:
        """Called after each epoch; `model.history[-1]` describes it."""

    def on_train_end(self, model: Any) -> None:
        """Called once, after the last epoch."""
