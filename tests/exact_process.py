"""A process in which gensim reads its own dot product rightly, for tests of equality to the bit.

gensim takes the double that lies in the register where BLAS's `sdot` returns a float. On most cores
that double passes for the result: its upper half is left over from a sum in double precision, so
the dot is wrong by about 1e-6. With the routines that OpenBLAS has for Prescott it does not pass,
gensim notices, and reads the float (`FAST_VERSION` is 1): there, what it computes is what it says.

OpenBLAS reads the variable when it is loaded, hence a process of its own.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import pickle
import platform
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

import pytest

VARIABLE, VALUE = "OPENBLAS_CORETYPE", "Prescott"


class ExactProcess:
    """Runs functions of test modules, one at a time, in a process where `VARIABLE` is `VALUE`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs,), daemon=True)
        monkeypatch.setenv(VARIABLE, VALUE)
        self._process.start()
        theirs.close()  # so that its death is an end of file here
        self.fast_version: int = self._connection.recv()

    def run(self, function: Any, arguments: dict[str, Any]) -> None:
        """Call a function of a module there, and fail as it fails."""
        module = sys.modules[function.__module__]
        self._connection.send((module.__name__, module.__file__, function.__name__))
        self._connection.send(arguments)
        if failure := self._connection.recv():
            pytest.fail(f"{failure}\nin a process with {VARIABLE}={VALUE}", pytrace=False)

    def close(self) -> None:
        self._connection.close()
        self._process.join()


def _serve(connection: Connection) -> None:
    import gensim.models.word2vec

    connection.send(gensim.models.word2vec.FAST_VERSION)
    while True:
        try:
            module_name, path, name = connection.recv()
            arguments = connection.recv_bytes()
        except EOFError:
            return
        try:
            # The arguments may be functions of the module, so it has to be there first.
            function = getattr(_module(module_name, path), name)
            function(**pickle.loads(arguments))
            failure = None
        except BaseException:  # pytest's own failures are no Exceptions
            failure = traceback.format_exc()
        connection.send(failure)


def _module(name: str, path: str) -> Any:
    """Import a test module by its path, as pytest does."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def start(monkeypatch: pytest.MonkeyPatch) -> ExactProcess:
    """Start the process, or skip where gensim's arithmetic is not known."""
    pytest.importorskip("gensim", exc_type=ImportError)
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip("how gensim computes dot products is known on x86-64")
    process = ExactProcess(monkeypatch)
    if process.fast_version != 1:
        process.close()
        pytest.skip("gensim does not read the float of its BLAS, whatever the core")
    return process
