"""Handlers of signals wait until a block has ended, and then are called."""

import signal
import threading

import pytest

from fastsgns.io.interrupts import deferred


class TimeLimitError(Exception):
    pass


def in_block(*steps):
    with deferred():
        for step in steps:
            step()


def interrupt():
    signal.raise_signal(signal.SIGINT)


def test_an_interrupt_comes_after_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt):
        in_block(interrupt, interrupt, lambda: done.append(1))
    assert done == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm on this system")
def test_a_time_limit_of_the_users_waits_as_well():
    def expired(number, frame):
        raise TimeLimitError(number)

    before = signal.signal(signal.SIGALRM, expired)
    done = []
    try:
        with pytest.raises(TimeLimitError):
            in_block(lambda: signal.raise_signal(signal.SIGALRM), lambda: done.append(1))
        assert signal.getsignal(signal.SIGALRM) is expired
    finally:
        signal.signal(signal.SIGALRM, before)
    assert done == [1]


def test_blocks_are_nested():
    done = []
    with pytest.raises(KeyboardInterrupt):
        in_block(lambda: in_block(interrupt, lambda: done.append(1)), lambda: done.append(2))
    assert done == [1, 2]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_exception_of_the_block_is_raised_and_an_interrupt_with_it():
    def fail():
        raise ValueError("of the block")

    with pytest.raises(KeyboardInterrupt) as raised:
        in_block(interrupt, fail)
    assert isinstance(raised.value.__context__, ValueError)
    with pytest.raises(ValueError, match="of the block"):
        in_block(fail)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_stays_so_and_a_handler_that_the_block_sets_stays():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        signal.signal(signal.SIGINT, before)
        with deferred():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_other_threads_nothing_is_changed():
    seen = []

    def block():
        with deferred():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
