"""What all tests share: the process where gensim is exact, and that no test leaves a thread."""

import contextlib
import inspect
import os
import signal
import sys
import threading
from collections import Counter

import exact_process as exact
import pytest
from waiting import wait_until

try:
    from hypothesis import settings
except ImportError:  # the wheels are tested without it
    pass
else:
    # A shared machine stalls at times: how long an example takes says nothing about the code.
    settings.register_profile("default", deadline=None)
    # What is looked for must not change from one run of the same commit to the next.
    settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True)
    settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session", autouse=True)
def interrupts_are_seen():
    """Let Ctrl-C interrupt where a shell has started the tests in the background, deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def zstd():
    """The module that .zst files are read with, where there is one."""
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    return pytest.importorskip(name)


@pytest.fixture(scope="session")
def exact_process():
    """Run the test that uses this where gensim equals its own formulas: see exact_process.py."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        process = exact.start(monkeypatch)
    yield process
    process.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    process = pyfuncitem.funcargs.get("exact_process")
    if process is None:
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    process.run(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names})
    return True


def pytest_terminal_summary(terminalreporter):
    """Say why tests were skipped: a line a reason, and not one for each place."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, n_tests in reasons.most_common():
        terminalreporter.line(f"SKIPPED [{n_tests}] {reason}")


@pytest.fixture(autouse=True)
def ctrl_c_does_what_it_did():
    """Fail a test that leaves SIGINT to somebody who only notes it: the next would hang."""
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) == before


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Fail a test that returns, or raises, with a thread of its own still running."""
    before = set(threading.enumerate())
    yield

    def left():
        return [thread for thread in threading.enumerate() if thread not in before]

    with contextlib.suppress(TimeoutError):
        wait_until(lambda: not left())
    assert not left(), f"threads left running: {left()}"
