"""Handlers of signals wait until a block has ended; what they raise is not taken for an error."""

import functools
import gc
import signal
import threading
import weakref

import pytest

from fastsgns.io import interrupts
from fastsgns.io.interrupts import deferred, pass_on, suppressed


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


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal on this system")
def test_of_signals_that_wait_none_is_lost_whatever_the_others_raise():
    came = []
    before = signal.signal(signal.SIGUSR1, lambda *_: came.append(1))
    try:
        with pytest.raises(KeyboardInterrupt):
            in_block(interrupt, lambda: signal.raise_signal(signal.SIGUSR1))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert came == [1]


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


@pytest.fixture
def time_limit():
    """A handler of the user's that raises, besides that of Ctrl-C."""
    if not hasattr(signal, "SIGALRM"):
        pytest.skip("no alarm on this system")

    def expired(number, frame):
        raise TimeLimitError(number)

    before = signal.signal(signal.SIGALRM, expired)
    yield expired
    signal.signal(signal.SIGALRM, before)


def coming_after(number, handler, came):
    """Return `signal.signal`, after which a signal comes when it sets one of the handlers."""
    set_handler = signal.signal

    def setting(*args):
        before = set_handler(*args)
        if args == (number, handler):
            signal.raise_signal(came)
        return before

    return setting


def test_a_signal_while_handlers_are_taken_leaves_all_where_they_were(time_limit, monkeypatch):
    block = deferred()
    takes_first = coming_after(signal.SIGINT, block._note, signal.SIGALRM)
    monkeypatch.setattr(interrupts.signal, "signal", takes_first)
    with pytest.raises(TimeLimitError):
        block.__enter__()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGALRM) is time_limit


def test_a_signal_while_handlers_are_put_back_is_raised_when_all_are(time_limit, monkeypatch):
    handler = signal.default_int_handler
    gives_first = coming_after(signal.SIGINT, handler, signal.SIGINT)
    monkeypatch.setattr(interrupts.signal, "signal", gives_first)
    with pytest.raises(KeyboardInterrupt):
        in_block()
    assert signal.getsignal(signal.SIGINT) is handler
    assert signal.getsignal(signal.SIGALRM) is time_limit


def test_of_blocks_that_overlap_no_signal_is_lost():
    """Those of threads that take turns within one of the system's: greenlets, as gevent has."""
    one, other = deferred(), deferred()
    before = signal.getsignal(signal.SIGINT)
    try:
        one.__enter__()
        other.__enter__()
        one.__exit__()
        interrupt()
        with pytest.raises(KeyboardInterrupt):
            other.__exit__()
        with pytest.raises(KeyboardInterrupt):
            interrupt()
    finally:
        signal.signal(signal.SIGINT, before)


def test_who_has_much_to_do_sees_that_a_signal_waits_and_ends_early():
    done = []

    def work():
        with deferred() as waiting:
            while not waiting:
                done.append(1)
                if len(done) == 3:
                    interrupt()

    with pytest.raises(KeyboardInterrupt):
        work()
    assert len(done) == 3


class Expired:
    def __call__(self, number, frame):
        raise TimeoutError

    def by_method(self, *arguments):
        raise TimeoutError


def by_function_of_its_own(number, frame):
    def deeper():
        raise TimeoutError

    deeper()


def once(number, frame):
    signal.signal(number, signal.SIG_IGN)
    raise TimeoutError


HANDLERS = {
    "an object": Expired(),
    "a method": Expired().by_method,
    "a function that calls another": by_function_of_its_own,
    "one that is taken back": once,
    "a lambda": lambda *arguments: by_function_of_its_own(1, None),
    "a partial function": functools.partial(lambda _, number, frame: once(number, frame), 1),
}


def suppressing(step):
    with suppressed(OSError, ValueError):
        step()


def passing_on(step):
    try:
        step()
    except (OSError, ValueError) as error:
        pass_on(error)


@pytest.mark.parametrize("catch", [suppressing, passing_on])
@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_what_a_handler_raises_is_not_taken_for_an_error_of_that_kind(handler, catch):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(TimeoutError):
            catch(interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    catch(lambda: open("/no/such/folder/file"))  # noqa: SIM115
    catch(lambda: int("no number"))
    with pytest.raises(ZeroDivisionError):
        catch(lambda: 1 // 0)


@pytest.mark.parametrize("catch", [suppressing, passing_on, in_block])
def test_what_is_raised_goes_with_who_has_caught_it(catch, time_limit):
    """Frames with matrices do not stay until garbage is collected."""

    class Matrix:
        pass

    def step():
        matrices.append(weakref.ref(matrix := Matrix()))
        signal.raise_signal(signal.SIGALRM)
        del matrix

    matrices = []
    gc.disable()
    try:
        with pytest.raises(TimeLimitError) as raised:
            catch(step)
        del raised
        assert matrices[0]() is None
    finally:
        gc.enable()
