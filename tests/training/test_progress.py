"""The progress bar of training."""

from __future__ import annotations

import sys
import threading

import pytest

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
