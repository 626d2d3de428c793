"""What no reader can use is refused: by its name, in little time and memory, and nothing of it run.

See malformed.py for the files.
"""

import gc
import re
import time
from pathlib import Path

import malformed
import pytest
from malformed import CASES
from processes import PATIENCE

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")


def memory(line):
    return int(re.search(rf"^{line}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)[1]) << 10


@pytest.fixture(scope="module", autouse=True)
def what_other_tests_have_left_is_not_looked_through():
    """Have Python collect what these tests make, and not go through all modules each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


class Spent:
    """What a block takes: CPU seconds, and bytes at its peak, beyond those before (Linux only)."""

    def __enter__(self):
        gc.collect()
        self.nbytes = 0
        if STATUS.exists():
            RESET.write_text("5")  # the peak begins anew
            self.before = memory("VmRSS")
        self.began = time.process_time()
        return self

    def __exit__(self, *_):
        self.seconds = time.process_time() - self.began
        if STATUS.exists():
            self.nbytes = memory("VmHWM") - self.before


def test_there_are_many_and_no_two_of_one_name():
    assert len({case.name for case in CASES}) == len(CASES) >= 150


@pytest.mark.parametrize(
    ("read", "make"),
    [
        (malformed.a_model, malformed.model_bytes),
        (malformed.vectors, malformed.vectors_bytes),
        (malformed.corpus, malformed.corpus_bytes),
        (malformed.whatever, malformed.tensors_bytes),
        (malformed.resumed, malformed.checkpoint_bytes),
        (malformed.resumed_run, malformed.cluster_bytes),
    ],
)
def test_what_the_malformed_ones_are_made_of_is_read(read, make, tmp_path):
    (tmp_path / "file").write_bytes(make())
    read(tmp_path / "file")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_malformed_file_is_refused(case, tmp_path):
    """With its error and place, in a second, and in twice its length and 64 MB of memory."""
    path, n_bytes = case.write(tmp_path)
    with Spent() as spent, pytest.raises(Exception) as caught:  # noqa: PT011 (its class is compared)
        case.read(path)
    error = caught.value
    assert case.error in {cls.__name__ for cls in type(error).__mro__}, repr(error)
    named = f"{error} {getattr(error, 'filename', None)}"
    assert len(named) < 2000
    assert any(name in named for name in case.files), f"not named: {error!r}"
    most = PATIENCE * (2 * n_bytes + (64 << 20))
    assert spent.nbytes <= most, f"{spent.nbytes >> 20} MB for {n_bytes} bytes"
    assert spent.seconds < PATIENCE * (1 + n_bytes / 20e6), (
        f"{spent.seconds:.1f} s, {n_bytes} bytes"
    )
    for name in case.files:
        (tmp_path / name).unlink()  # some are large
