"""Engine room: checkpoints: how far a run has come, as plain values, and when to write it down."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

from fastsgns.training.run import Run, Unfinished
from fastsgns.training.schedule import Schedule


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a run has come, between two epochs.

    Attributes
    ----------
    schedule : Schedule
    epoch : int
        The number of the next one; that of all when there is none.
    seed : int
        Of what is drawn by the kernels.
    fingerprint : str or None
        Of the corpus; None for one that is read anew in each epoch.
    every : "epoch" or float
        When checkpoints are written.
    """

    schedule: Schedule
    epoch: int
    seed: int
    fingerprint: str | None
    every: Any

    @property
    def unfinished(self) -> Unfinished | None:
        """Where the run goes on; None if it was at its end."""
        if self.epoch >= self.schedule.n_epochs:
            return None
        return Unfinished(self.schedule, self.epoch, None, self.seed)

    def as_plain(self) -> dict[str, Any]:
        """Return what JSON can hold: all but who is asked for learning rates."""
        schedule = dataclasses.replace(self.schedule, next_alpha=None)
        plain = dataclasses.asdict(dataclasses.replace(self, schedule=schedule))
        del plain["schedule"]["next_alpha"]
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Progress:
        """Return what `as_plain` was called on.

        Raises
        ------
        TypeError, ValueError
            This is none.
        """
        found = cls(**{**plain, "schedule": Schedule(**plain["schedule"])})
        numbers = (found.epoch, found.seed, found.schedule.n_epochs, found.schedule.batch_words)
        if not all(type(n) is int and n >= 0 for n in numbers):
            raise ValueError(f"no progress of a run: {plain!r:.200}")
        as_every(found.every)
        return found


def as_every(value: Any) -> Any:
    """Return when checkpoints are written: "epoch", or at least so many seconds apart."""
    if value == "epoch" and isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9:
        return value
    raise ValueError(f"checkpoint_every must be 'epoch' or a number of seconds, got {value!r}")


class Checkpoints:
    """Those of one call of `train()`.

    Parameters
    ----------
    write : callable or None
        Writes a `Progress`, with the model; None: there are to be none.
    fingerprint : str or None
    every : "epoch" or float
    """

    def __init__(
        self, write: Callable[[Progress], None] | None, fingerprint: str | None, every: Any
    ) -> None:
        self._write = write
        self._fingerprint = fingerprint
        self._every = every
        self._written = 0.0

    def look(self, run: Run, epoch: int) -> None:
        """Write a checkpoint before an epoch if it is time; surely the first, and the last."""
        if self._write is None:
            return
        ends = epoch in (run.epochs.start, run.epochs.stop)
        waited = time.monotonic() - self._written
        if ends or self._every == "epoch" or waited >= self._every:
            schedule = run.schedule
            self._write(Progress(schedule, epoch, run.seed, self._fingerprint, self._every))
            self._written = time.monotonic()
