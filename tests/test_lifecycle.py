"""The diary of a model."""

from __future__ import annotations

import datetime
import logging
import sys

from fastsgns import Word2Vec, __version__

SENTENCES = [["a", "b", "c"]] * 10


def tiny() -> Word2Vec:
    return Word2Vec(SENTENCES, vector_size=4, min_count=1, workers=1, epochs=1)


def test_a_diary_tells_what_was_done_in_order(tmp_path):
    model = tiny()
    model.save(tmp_path / "model")
    names = [event["event"] for event in Word2Vec.load(tmp_path / "model").lifecycle_events]
    assert names == [
        *["prepare_vocab"] * 3, "build_vocab", "train", "train", "created", "saving", "loaded",
    ]  # fmt: skip


def test_an_event_says_when_and_with_what():
    before = datetime.datetime.now()
    model = tiny()
    model.add_lifecycle_event("mine", figure=3)
    event = model.lifecycle_events[-1]
    assert event["event"] == "mine" and event["figure"] == 3
    assert before <= datetime.datetime.fromisoformat(event["datetime"]) <= datetime.datetime.now()
    assert event["fastsgns"] == __version__
    assert event["python"] == sys.version
    assert event["platform"]


def test_events_are_logged_at_the_level_asked_for(caplog):
    model = Word2Vec()
    with caplog.at_level(logging.DEBUG, "fastsgns.word2vec"):
        model.add_lifecycle_event("usual")
        model.add_lifecycle_event("loud", log_level=logging.WARNING)
        model.add_lifecycle_event("silent", log_level=False)
    logged = [(r.levelno, r.name) for r in caplog.records]
    assert logged == [(logging.INFO, "fastsgns.word2vec"), (logging.WARNING, "fastsgns.word2vec")]
    assert "Word2Vec lifecycle event" in caplog.records[0].getMessage()
    assert [e["event"] for e in model.lifecycle_events[-3:]] == ["usual", "loud", "silent"]


def test_no_diary_is_kept_when_it_is_switched_off(caplog):
    model = Word2Vec()
    model.lifecycle_events = None
    with caplog.at_level(logging.INFO, "fastsgns.word2vec"):
        model.build_vocab(SENTENCES)
    assert model.lifecycle_events is None
    assert any("build_vocab" in r.getMessage() for r in caplog.records)  # logged all the same


def test_two_models_keep_two_diaries():
    first, second = Word2Vec(), Word2Vec()
    first.add_lifecycle_event("mine")
    assert all(event["event"] != "mine" for event in second.lifecycle_events)


def test_the_class_of_a_subclass_is_named(caplog):
    class Mine(Word2Vec):
        pass

    with caplog.at_level(logging.INFO, "fastsgns.word2vec"):
        Mine()
    assert "Mine lifecycle event" in caplog.text
