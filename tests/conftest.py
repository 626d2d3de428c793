"""What all tests share: how Hypothesis searches, where gensim is exact, and no thread is left."""

import inspect
import os
import sys
import threading
import time

import exact_process as exact
import pytest

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


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Fail a test that returns, or raises, with a thread of its own still running."""
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + 2
    while left := [thread for thread in threading.enumerate() if thread not in before]:
        if time.monotonic() > until:
            break
        time.sleep(0.01)
    assert not left, f"threads left running: {left}"
