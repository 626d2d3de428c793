"""Weights that are not finite, and memory that is not there: what is said, and what is left."""

import numpy as np
import pytest

from fastsgns import Word2Vec, training
from fastsgns._core import available_kernels
from fastsgns.corpus import free_memory
from fastsgns.training import Checkpoints, TrainingDiverged, memory, snapshot, weights

SENTENCES = [["a", "b", "c", "d"], ["c", "b", "e"]] * 20
MODES = [{"sg": 1}, {"sg": 0}, {"sg": 1, "hs": 1, "negative": 0}]


def made(**options):
    return Word2Vec(SENTENCES, **({"vector_size": 8, "min_count": 1, "workers": 1} | options))


class Remembering:
    """Copies of the weights at the begin of each epoch."""

    def __init__(self):
        self.begins = []

    def on_train_begin(self, model):
        pass

    def on_epoch_begin(self, model):
        self.begins.append([m.copy() for m in model._weights() if m is not None])

    def on_epoch_end(self, model):
        pass

    def on_train_end(self, model):
        pass


@pytest.mark.parametrize("alpha", [1e-4, 0.025, 2.0])
@pytest.mark.parametrize("kernel", available_kernels())
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("most_in_memory", [0, snapshot.SMALL_NBYTES])
def test_divergence_leaves_the_weights_of_the_last_good_epoch(
    kernel, mode, alpha, most_in_memory, monkeypatch
):
    monkeypatch.setattr(snapshot, "SMALL_NBYTES", most_in_memory)
    model = made(kernel=kernel, **mode)
    seen = Remembering()
    model.alpha = alpha
    trained = type(model)._run_epoch

    def diverging(self, run, epoch, *others):
        """Spoil the weights behind the second epoch's begin, as too long steps do."""
        begin = run.begin

        def spoiled(*args):
            if epoch == 1:
                model.wv.vectors[1] = np.nan
            return begin(*args)

        monkeypatch.setattr(run, "begin", spoiled)
        trained(self, run, epoch, *others)

    monkeypatch.setattr(type(model), "_run_epoch", diverging)
    with pytest.raises(TrainingDiverged, match=r"after epoch 2.*those of its begin are back"):
        model.train(SENTENCES, total_examples=40, epochs=3, callbacks=[seen])
    left = [m for m in model._weights() if m is not None]
    assert len(seen.begins) == 2
    for matrix, expected in zip(left, seen.begins[1], strict=True):
        assert np.array_equal(matrix, expected)
    monkeypatch.undo()
    model.train(SENTENCES, total_examples=40, epochs=1, start_alpha=0.025)


@pytest.mark.parametrize("kernel", available_kernels())
def test_weights_that_grow_beyond_all_bounds_in_an_epoch_are_brought_back(kernel):
    """Not by a value that somebody has set: by steps that are too long, at a usual alpha."""
    model = made(kernel=kernel, sample=0, sg=1)
    model.wv.vectors_lockf[:] = 3e38
    model.syn1neg[:] = 30
    before = [model.wv.vectors.copy(), model.syn1neg.copy()]
    with pytest.raises(TrainingDiverged, match=r"alpha=0.025 is too high.*its begin are back"):
        model.train(SENTENCES, total_examples=40, epochs=2)
    assert np.array_equal(model.wv.vectors, before[0])
    assert np.array_equal(model.syn1neg, before[1])


def test_large_weights_are_kept_when_training_took_a_hundred_times_as_long(monkeypatch):
    """Epochs that are shorter than that go back together."""
    clock = [0.0]
    monkeypatch.setattr(weights, "SMALL_NBYTES", 0)
    monkeypatch.setattr(weights.time, "perf_counter", lambda: clock[0])
    take = weights.Snapshot.take

    def slow(self, rows):
        clock[0] += 1.0
        take(self, rows)

    monkeypatch.setattr(weights.Snapshot, "take", slow)
    model = made()
    placed = model._place_weights(training.Replicas())
    kept = []
    for epoch, seconds in enumerate([40, 59, 2, 150, 10]):
        placed.keep(epoch)
        kept.append(placed.kept_epoch)
        clock[0] += seconds
    assert kept == [0, 0, 0, 3, 4]
    begin = model.wv.vectors.copy()
    placed.keep(5)
    model.wv.vectors[0] = np.nan
    with pytest.raises(TrainingDiverged, match=r"after epoch 6:.*of the begin of epoch 5 are back"):
        model._check_converges(5, placed)
    assert np.array_equal(model.wv.vectors, begin)
    placed.take_all()


def test_a_checkpoint_never_holds_weights_that_were_kept_earlier(monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "SMALL_NBYTES", 0)
    monkeypatch.setattr(weights, "MIN_RATIO", 1e9)
    path = tmp_path / "checkpoint"
    options = {"epochs": 3, "checkpoint": path, "checkpoint_every": "epoch"}
    seen = Remembering()
    written = []
    capture = Checkpoints._write_later

    def remember(self, progress, kept, placed):
        assert kept is None
        capture(self, progress, kept, placed)
        self._wait()
        written.append(Word2Vec.load(path).wv.vectors)

    monkeypatch.setattr(Checkpoints, "_write_later", remember)
    made(**options, callbacks=[seen])
    assert len(written) == 2
    for matrix, (begin, *_) in zip(written, seen.begins[1:], strict=True):
        assert np.array_equal(matrix, begin)


def test_without_room_for_a_copy_training_goes_on_and_says_so(monkeypatch, tmp_path, caplog):
    import tempfile

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "SMALL_NBYTES", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    model = made()
    assert len(model.history) == 5
    assert caplog.text.count("weights of the last good epoch are not kept: [Errno 28]") == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_before_training_are_named_and_kept(bad):
    model = made()
    model.syn1neg[2, 3] = bad
    before = model.wv.vectors.copy()
    with pytest.raises(TrainingDiverged, match="syn1neg is not finite before training"):
        model.train(SENTENCES, total_examples=40, epochs=1)
    assert np.array_equal(model.wv.vectors, before)


@pytest.mark.parametrize("name", ["alpha", "min_alpha"])
@pytest.mark.parametrize("value", [1000, -1, float("nan"), float("inf"), 1e30])
def test_a_learning_rate_that_was_set_by_hand_is_checked(name, value):
    model = made()
    setattr(model, name, value)
    with pytest.raises(ValueError, match=f"{name} must be from 0 to 100"):
        model.train(SENTENCES, total_examples=40, epochs=1)


def test_what_does_not_fit_is_refused_before_anything_is_made(monkeypatch):
    """With both figures: the free memory, and what the control groups leave."""
    model = made()
    before = dict(vars(model.wv))
    with pytest.raises(MemoryError, match=r"2 matrices of 3 words x 1000000000 dimensions.* MB"):
        Word2Vec(vector_size=10**9, min_count=1).build_vocab_from_freq({"a": 1, "b": 2, "c": 3})
    monkeypatch.setattr(free_memory, "_free_of_system", lambda root: 3 << 20)
    monkeypatch.setattr(free_memory, "_left_in_groups", lambda root: [100])
    with pytest.raises(MemoryError, match=r"3 MB of memory are free, and .* have 0 MB left"):
        model.build_vocab(SENTENCES)
    assert vars(model.wv).keys() == before.keys()
    assert all(vars(model.wv)[name] is value for name, value in before.items())


def test_memory_that_cannot_be_mapped_is_a_memory_error_with_figures():
    with pytest.raises(MemoryError, match="matrix of 1152921504606846976 x 4 floats"):
        memory.padded_zeros(2**60, 4)


def test_too_many_workers_are_refused():
    with pytest.raises(ValueError, match="workers must be <= 4096, got 100000"):
        Word2Vec(workers=100_000)
