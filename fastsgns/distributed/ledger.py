"""Face: which chunks of an epoch are to be done, are under way, and are done: each once."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Sequence

#: How often a chunk may be under way when a worker dies, before it is taken for the reason.
MAX_FAILURES = 5


class ChunkFails(RuntimeError):  # noqa: N818 -- says what happened, as TrainingDiverged does
    """Workers have died again and again while they had a chunk."""


class Ledger:
    """The chunks of a run, epoch by epoch.

    Parameters
    ----------
    sizes : sequence of int
        The raw words of each chunk.
    n_epochs : int
    epoch : int, default 0
        The one that is under way.
    done : iterable of int, default ()
        Its chunks that have been trained.

    Attributes
    ----------
    epoch : int
    done : set of int
    """

    def __init__(
        self, sizes: Sequence[int], n_epochs: int, epoch: int = 0, done: Iterable[int] = ()
    ) -> None:
        self.sizes = sizes
        self.n_epochs = n_epochs
        self.epoch = epoch
        self.done = set(done)
        self._todo = deque(i for i in range(len(sizes)) if i not in self.done)
        self._in_flight: dict[Hashable, list[int]] = {}
        self._failures: Counter[int] = Counter()

    @property
    def n_todo(self) -> int:
        """How many chunks of the epoch nobody has."""
        return len(self._todo)

    @property
    def is_finished(self) -> bool:
        """Whether all epochs are done."""
        return self.epoch >= self.n_epochs

    @property
    def progress(self) -> float:
        """The share of all epochs that is done: chunks under way do not count."""
        if self.is_finished:
            return 1.0
        words = sum(self.sizes[i] for i in self.done)
        return (self.epoch + words / max(sum(self.sizes), 1)) / self.n_epochs

    def take(self, who: Hashable, n_chunks: int) -> list[int]:
        """Give so many chunks, or what is left, to somebody who has none."""
        if who in self._in_flight:
            raise RuntimeError(f"{who} has chunks already")
        taken = [self._todo.popleft() for _ in range(min(n_chunks, len(self._todo)))]
        if taken:
            self._in_flight[who] = taken
        return taken

    def finish(self, who: Hashable) -> list[int]:
        """Note that what somebody has is done, once and for all; return it."""
        chunks = self._in_flight.pop(who)
        for chunk in chunks:
            if chunk in self.done:
                raise RuntimeError(f"chunk {chunk} is done twice in epoch {self.epoch}")
            self.done.add(chunk)
            del self._failures[chunk]
        return chunks

    def fail(self, who: Hashable) -> list[int]:
        """Put back what somebody has, who is dead; return those that have failed too often."""
        chunks = self._in_flight.pop(who)
        self._failures.update(chunks)
        self._todo.extendleft(reversed(chunks))
        return [chunk for chunk in chunks if self._failures[chunk] >= MAX_FAILURES]

    def next_epoch(self) -> None:
        """Begin the next epoch; all chunks must be done."""
        if self._todo or self._in_flight:
            raise RuntimeError(f"epoch {self.epoch} has {len(self._todo)} chunks to be done")
        self.epoch += 1
        self.done.clear()
        self._todo.extend(range(len(self.sizes)))


def put_back(ledger: Ledger, worker: Hashable, chunks: Sequence[object]) -> None:
    """Put back what a worker had that is dead.

    Raises
    ------
    ChunkFails
        One of its chunks has seen too many die.
    """
    for number in ledger.fail(worker):
        raise ChunkFails(
            f"{MAX_FAILURES} workers have died while they had {chunks[number]}: what Ray's log says"
            " of the last one (out of memory?) is the reason of it. A checkpoint, if one was"
            " written, goes on from before"
        )
