"""The callbacks that come along, and how a callback ends the training."""

import csv

import numpy as np
import pytest

from fastsgns import Word2Vec
from fastsgns.callbacks import (
    STOP,
    CallbackAny2Vec,
    CSVLogger,
    EarlyStopping,
    EpochSaver,
    TensorBoardLogger,
)

SENTENCES = [[f"w{(i * j) % 23}" for j in range(12)] for i in range(60)]
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1, "sample": 0, "compute_loss": True}


class StopsAfter(CallbackAny2Vec):
    def __init__(self, n):
        self.n, self.ended = n, 0

    def on_epoch_end(self, model):
        return STOP if len(model.history) == self.n else None

    def on_train_end(self, model):
        self.ended += 1


class Keeper(CallbackAny2Vec):
    """Keeps copies of the weights of each epoch."""

    def __init__(self):
        self.weights = []

    def on_epoch_end(self, model):
        self.weights.append([model.wv.vectors.copy(), model.syn1neg.copy()])
        return np.zeros(3)  # what is not STOP is nothing


class Scripted(EarlyStopping):
    """Watches given values."""

    def __init__(self, script, **options):
        super().__init__(held_out=[["w1", "w2"]], **options)
        self.script = list(script)

    def _value(self, model):
        return self.script[len(self.values)]


def test_a_callback_says_stop_and_the_training_ends_as_if_planned(tmp_path):
    stopper, keeper = StopsAfter(2), Keeper()
    path = tmp_path / "checkpoint"
    model = Word2Vec(SENTENCES, epochs=5, callbacks=[stopper, keeper], checkpoint=path, **OPTIONS)
    assert len(model.history) == len(keeper.weights) == 2
    assert stopper.ended == 1
    assert model.train_count == 1
    assert np.array_equal(model.wv.vectors, keeper.weights[-1][0])
    resumed = Word2Vec.resume(path, SENTENCES)
    assert len(resumed.history) == 2  # there is nothing to go on with
    assert np.array_equal(resumed.wv.vectors, model.wv.vectors)


@pytest.mark.parametrize(
    ("script", "patience", "n_epochs", "best"),
    [
        ([1, 2, 3, 4], 1, 4, 3),
        ([1, 2, 1.5, 9], 1, 3, 1),
        ([1, 2, 1.5, 3], 2, 4, 3),
        ([5, 4, 3, 2], 2, 3, 0),
        ([1, 1, 1, 1], 1, 2, 0),
        ([float("nan"), 1, 2, 3], 1, 4, 3),
    ],
)
def test_training_ends_after_patience_and_the_best_weights_are_kept(
    script, patience, n_epochs, best
):
    for keep_best in (True, False):
        stopping = Scripted(script, patience=patience, keep_best=keep_best)
        keeper = Keeper()
        model = Word2Vec(SENTENCES, epochs=4, callbacks=[keeper, stopping], **OPTIONS)
        assert len(model.history) == n_epochs
        assert stopping.best_epoch == best
        expected = keeper.weights[best if keep_best else -1]
        assert np.array_equal(model.wv.vectors, expected[0])
        assert np.array_equal(model.syn1neg, expected[1])


def test_a_gain_has_to_be_as_large_as_is_wanted():
    stopping = Scripted([1, 1.05, 1.09, 2], min_gain=0.1, patience=2)
    Word2Vec(SENTENCES, epochs=4, callbacks=[stopping], **OPTIONS)
    assert stopping.best_epoch == 0
    assert len(stopping.values) == 3


def test_it_watches_the_loss_held_out_text_or_evaluation_files(tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"w{i}\tw{i + 1}\t{i % 7}\n" for i in range(20)))
    kept = Keeper()
    loss, text = EarlyStopping(patience=9), EarlyStopping(iter(SENTENCES[:5]), patience=9)
    files = [EarlyStopping(evaluation=e, patience=9) for e in (pairs, [pairs])]
    model = Word2Vec(SENTENCES, epochs=3, callbacks=[kept, loss, text, *files], **OPTIONS)
    assert loss.values == [entry["loss"] for entry in model.history]
    assert loss.best_epoch == int(np.argmin(loss.values))
    assert files[0].values == files[1].values
    model.wv.vectors, model.syn1neg = kept.weights[0]
    assert text.values[0] == pytest.approx(model.log_likelihood(SENTENCES[:5]))
    rank_correlation = model.wv.evaluate_word_pairs(str(pairs))[1][0]
    assert files[0].values[0] == pytest.approx(rank_correlation, abs=1e-6)


def test_one_object_serves_several_trainings():
    stopping = EarlyStopping(patience=1)
    for _ in range(2):
        Word2Vec(SENTENCES, epochs=3, callbacks=[stopping], **OPTIONS)
        assert 1 <= len(stopping.values) <= 3


@pytest.mark.parametrize(
    ("error", "options", "message"),
    [
        (TypeError, {"held_out": [["a"]], "evaluation": "file"}, "got both"),
        (ValueError, {"patience": 0}, "patience must be .*>= 1, got 0"),
        (ValueError, {"patience": 1.5}, "patience .*got 1.5"),
        (ValueError, {"min_gain": -1}, "min_gain must be >= 0, got -1"),
        (ValueError, {"min_gain": float("nan")}, "got nan"),
    ],
)
def test_what_cannot_be_is_refused(error, options, message):
    with pytest.raises(error, match=message):
        EarlyStopping(**options)


def test_a_loss_that_is_not_computed_cannot_be_watched():
    with pytest.raises(ValueError, match="compute_loss=True"):
        Word2Vec(SENTENCES, callbacks=[EarlyStopping()], **OPTIONS | {"compute_loss": False})


def lines_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_epoch_is_a_line_of_a_csv_file(tmp_path):
    path = tmp_path / "log.csv"
    model = Word2Vec(SENTENCES, epochs=3, callbacks=[CSVLogger(path)], **OPTIONS)
    rows = lines_of(path)
    assert [float(row["loss"]) for row in rows] == [entry["loss"] for entry in model.history]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    model.train(SENTENCES, total_examples=60, epochs=1, callbacks=[CSVLogger(path, append=True)])
    assert len(lines_of(path)) == 4
    quiet = Word2Vec(
        SENTENCES, epochs=1, callbacks=[CSVLogger(path)], **OPTIONS | {"compute_loss": False}
    )
    rows = lines_of(path)
    assert [row["loss"] for row in rows] == [""]
    assert int(rows[0]["raw_words"]) == quiet.history[0]["raw_words"] == 720


def test_each_epoch_is_a_model_of_its_own_or_the_last_one(tmp_path):
    kept = Keeper()
    savers = [EpochSaver(tmp_path / "of-{epoch}.fsgns"), EpochSaver(tmp_path / "last.fsgns")]
    Word2Vec(SENTENCES, epochs=3, callbacks=[kept, *savers], **OPTIONS)
    for epoch, (vectors, _) in enumerate(kept.weights, 1):
        loaded = Word2Vec.load(tmp_path / f"of-{epoch}.fsgns")
        assert np.array_equal(loaded.wv.vectors, vectors)
    assert np.array_equal(Word2Vec.load(tmp_path / "last.fsgns").wv.vectors, kept.weights[-1][0])


def test_tensorboard_reads_what_is_logged(tmp_path):
    pytest.importorskip("tensorboard", reason="needs tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model = Word2Vec(SENTENCES, epochs=3, callbacks=[TensorBoardLogger(tmp_path)], **OPTIONS)
    found = EventAccumulator(str(tmp_path)).Reload()
    events = found.Scalars("training/loss")
    assert [event.step for event in events] == [1, 2, 3]
    expected = [entry["loss"] for entry in model.history]
    assert [event.value for event in events] == pytest.approx(expected, rel=1e-6)


def test_the_home_folder_is_found_by_its_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    told = [CSVLogger("~/log.csv"), EpochSaver("~/{epoch}.model")]
    Word2Vec(SENTENCES, callbacks=told, epochs=1, **OPTIONS)
    assert {path.name for path in tmp_path.iterdir()} == {"log.csv", "1.model"}
    assert TensorBoardLogger("~/events").log_dir == str(tmp_path / "events")
