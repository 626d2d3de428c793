"""Tasks are done by threads; who waits for one can be interrupted, and nobody hangs."""

import signal
import threading
import weakref

import pytest

from fastsgns.io.threads import Threads


def test_tasks_are_done_by_threads_and_give_what_they_return_or_raise():
    with Threads(2) as threads:
        tasks = [threads.begin(divmod, 7, by) for by in (2, 0, 3)]
        assert tasks[0].result() == (3, 1)
        with pytest.raises(ZeroDivisionError):
            tasks[1].result()
        assert tasks[2].result() == tasks[2].result() == (2, 1)
        assert tasks[2].is_done
        assert not tasks[2].cancel()


def test_a_task_that_waits_for_its_turn_can_be_cancelled_and_who_waits_for_it_is_told():
    may_go_on = threading.Event()
    with Threads(1) as threads:
        first, second = threads.begin(may_go_on.wait), threads.begin(int)
        assert second.cancel()
        second.wait()
        assert second.is_done
        assert not first.is_done
        may_go_on.set()
        assert first.result()


def test_who_waits_for_a_task_can_be_interrupted_and_wait_again():
    may_go_on = threading.Event()
    with Threads(2) as threads:
        task = threads.begin(may_go_on.wait)

        def wait_for_both():  # wherever the signal comes
            threads.begin(signal.raise_signal, signal.SIGINT)
            task.result()

        with pytest.raises(KeyboardInterrupt):
            wait_for_both()
        may_go_on.set()
        assert task.result()


def test_threads_go_while_handlers_wait_for_what_is_raised_then_is_lost():
    handlers = []

    def note(_):
        handlers.append(signal.getsignal(signal.SIGINT))

    with Threads(1) as threads:
        threads.begin(int).wait()
        watched = [weakref.ref(thread, note) for thread in threads._threads]
    assert len(handlers) == len(watched) == 1
    assert signal.default_int_handler not in handlers
