"""What usearch is asked to do ends for a signal, and its handler's exception is raised."""

import inspect
import signal

import numpy as np
import pytest

from fastsgns.vectors import approximate


class Graph:
    """Does as usearch's: it asks whether to go on, and a signal is an error of its own."""

    size = 100

    def work(self, progress):
        signature = inspect.signature(progress)
        assert [each.annotation for each in signature.parameters.values()] == [int, int]
        assert signature.return_annotation is bool
        assert progress(1, 2)
        signal.raise_signal(signal.SIGINT)
        if not progress(2, 2):
            raise RuntimeError("Operation has been terminated")

    def add(self, keys, vectors, *, progress, threads):
        self.work(progress)

    def search(self, vectors, count, *, progress, threads):
        self.work(progress)


@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: approximate.add(Graph(), np.arange(3), rows, threads=1),
        lambda rows: approximate.candidates(Graph(), rows, 2, workers=1),
    ],
    ids=["add", "search"],
)
def test_ctrl_c_is_no_error_of_usearch(ask):
    with pytest.raises(KeyboardInterrupt):
        ask(np.ones((3, 4), np.float32))
