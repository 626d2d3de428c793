"""Which fastsgns is tested: the checkout if it is compiled and on the path, else what is installed.

`pytest` finds what is installed, `python -m pytest` puts the working folder first. After `pip
install .` that folder is an uncompiled checkout, in which no test could run.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent


def forget_fastsgns() -> None:
    """Let the next import look for it anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "fastsgns"]:
        del sys.modules[name]


def is_compiled() -> bool:
    """Whether the fastsgns that is found has its compiled modules."""
    return bool(importlib.util.find_spec("fastsgns") and importlib.util.find_spec("fastsgns._core"))


if not is_compiled():
    forget_fastsgns()
    sys.path[:] = [path for path in sys.path if Path(path).resolve() != CHECKOUT]
    importlib.invalidate_caches()


def pytest_configure() -> None:
    """Refuse to run without compiled modules, and tell the tests' own processes which there are."""
    if not is_compiled():
        pytest.exit(
            f"no compiled fastsgns is found: {CHECKOUT} has no compiled modules, and none is "
            f"installed for {sys.executable}. Say `make test`, or `pip install .` and `pytest`",
            returncode=pytest.ExitCode.USAGE_ERROR,
        )
    package = importlib.import_module("fastsgns")
    os.environ["PYTHONPATH"] = str(Path(package.__file__).resolve().parent.parent)


@pytest.fixture(scope="session", autouse=True)
def away_from_the_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run in an empty folder: ``python -c`` and ``-m`` look for modules where they are started."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("working folder"))
    yield
    os.chdir(before)
