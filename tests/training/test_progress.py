"""The progress bar of training."""

from __future__ import annotations

import sys
import threading
import time
import warnings

import pytest
from terminals import run_in_terminal

from fastsgns import Word2Vec
from fastsgns.corpus.progress import Bar, Lines, ReadingBar
from fastsgns.training.progress import TrainingBar


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Every state that the bar was drawn in."""
    return capsys.readouterr().err.replace("\n", "\r").split("\r")


def test_the_bar_shows_epoch_words_alpha_and_loss(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    bar = TrainingBar(total_words=2_000_000, epochs=4)
    bar.update(500_000, 1, 0.0215, 2.34567)
    bar.close()
    line = next(state for state in shown(capsys) if "alpha" in state)
    for part in ("epoch 2/4", " 25%", "500k/2.00M", "words/s", "alpha=0.0215", "loss=2.3457"):
        assert part in line


def test_a_loss_that_is_not_computed_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    with TrainingBar(total_words=100, epochs=1) as bar:
        bar.update(50, 0, 0.025, None)
    states = "".join(shown(capsys))
    assert "alpha=0.0250" in states
    assert "loss" not in states


def test_a_report_is_drawn_though_no_word_was_added(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    with TrainingBar(total_words=100, epochs=1) as bar:
        bar.update(50, 0, 0.025)
        bar.update(50, 0, 0.0125)
    assert "alpha=0.0125" in "".join(shown(capsys))


def test_the_bar_leaves_no_thread_and_may_be_closed_twice() -> None:
    pytest.importorskip("tqdm")
    before = threading.active_count()
    bar = TrainingBar(total_words=100, epochs=1)
    bar.update(100, 0, 0.025)
    assert threading.active_count() == before
    bar.close()
    bar.close()


def test_without_tqdm_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match=r"pip install fastsgns\[progress\]"):
        TrainingBar(total_words=100, epochs=1)


def test_a_bar_is_drawn_ten_times_a_second_at_most_and_in_its_last_state(capsys) -> None:
    pytest.importorskip("tqdm")
    began = time.monotonic()
    with TrainingBar(total_words=1000, epochs=1) as bar:
        for n in range(1001):
            bar.update(n, 0, 0.025 * (1 - n / 1000))
    seconds = time.monotonic() - began
    states = [state for state in shown(capsys) if "alpha" in state]
    assert len(states) <= seconds / 0.1 + 4  # at the begin, and the last twice
    assert "1.00k/1.00k" in states[-1] and "alpha=0.0000" in states[-1]


def test_reading_shows_words_and_of_files_how_much_is_left(capsys) -> None:
    pytest.importorskip("tqdm")
    with ReadingBar(Bar) as bar:
        bar.update(250, 0.25)
    assert "25%" in shown(capsys)[-3]
    with ReadingBar(Bar) as bar:
        bar.update(250)
    assert "reading: 250 words" in "".join(shown(capsys))
    with ReadingBar(Bar):
        pass
    assert shown(capsys) == [""], "what has not begun is not shown"


def test_in_a_log_there_is_a_line_now_and_then_and_one_at_the_end(capsys, monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with TrainingBar(3000, 2, Lines) as bar:
        for second in range(25):
            now[0] = float(second)
            bar.update(100 * second, second // 15, 0.02, 2.5)
        bar.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "epoch 1/2: 33%, 1,000 words, 100 words/s, alpha=0.0200, loss=2.5000, 20 s left",
        "epoch 2/2: 67%, 2,000 words, 100 words/s, alpha=0.0200, loss=2.5000, 10 s left",
        "epoch 2/2: 80%, 2,400 words, 100 words/s, alpha=0.0200, loss=2.5000, 6 s left",
    ]


TRAINING = """
from fastsgns import Word2Vec
Word2Vec([["a", "b", "c"]] * 2000, min_count=1, vector_size=4, workers=1, progress=True)
"""


@pytest.mark.parametrize("size", [(0, 0), (24, 90)])
def test_a_terminal_shows_one_bar_for_reading_and_one_for_training(size) -> None:
    pytest.importorskip("tqdm")
    status, screen = run_in_terminal([sys.executable, "-c", TRAINING], size=size)
    assert status == 0
    lines = [line.rstrip().split("\r")[-1] for line in screen.split("\n")]
    assert [line[:9] for line in lines if line.strip()] == ["reading: ", "epoch 5/5"], screen
    assert "words/s" in lines[0] and "100%" in lines[1] and "alpha=0.0" in lines[1]
    longest = max(map(len, screen.replace("\n", "\r").split("\r")))
    assert longest <= (size[1] or 80)


def test_in_a_notebook_without_ipywidgets_nothing_is_warned_of(monkeypatch, capsys) -> None:
    pytest.importorskip("tqdm")
    monkeypatch.delitem(sys.modules, "tqdm.auto", raising=False)
    monkeypatch.delitem(sys.modules, "tqdm.autonotebook", raising=False)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)

    class Shell:
        def __init__(self) -> None:
            self.get_ipython = lambda: self

    monkeypatch.setitem(sys.modules, "ipykernel", Shell())
    monkeypatch.setitem(sys.modules, "ipykernel.zmqshell", Shell())
    monkeypatch.setitem(sys.modules, "IPython", Shell())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Word2Vec([["a", "b"]] * 50, min_count=1, vector_size=2, workers=1, progress=True)
    assert "epoch 5/5: 100%|" in capsys.readouterr().err
