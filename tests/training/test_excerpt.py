"""A short text is trained on a few rows of a large model: as the whole model would be."""

import contextlib
import copy
import signal

import numpy as np
import pytest

from fastsgns import Word2Vec, training
from fastsgns.callbacks import CallbackAny2Vec
from fastsgns.corpus.training_corpus import RenumberedCorpus
from fastsgns.training import TrainingDiverged, excerpt
from fastsgns.vocabulary import Vocabulary

WORDS = [f"w{n}" for n in range(12_000)]
SHARES = 1 / np.arange(1, len(WORDS) + 1)
KINDS = [
    {"sg": sg, "hs": hs, "negative": negative}
    for sg in (0, 1)
    for hs, negative in ((0, 2), (1, 0), (1, 2))
]


def text(n_sentences, seed=0):
    draw = np.random.RandomState(seed)
    return [
        [WORDS[i] for i in draw.choice(len(WORDS), 12, p=SHARES / SHARES.sum())]
        for _ in range(n_sentences)
    ]


def large_model(**options):
    """Return a model of all words with weights that are not zero."""
    chosen = {"vector_size": 12, "min_count": 1, "window": 2, "seed": 1, "workers": 1} | options
    model = Word2Vec(**chosen, shared_negatives=False)
    sentences = [WORDS[begin : begin + 20] for begin in range(0, len(WORDS), 20)] + text(300)
    model.build_vocab(sentences)
    draw = np.random.RandomState(2)
    for matrix in training_matrices(model).values():
        matrix[:] = draw.uniform(-0.5, 0.5, matrix.shape)
    return model


def training_matrices(model):
    return {name: m for name, m in model._matrices().items() if m is not None}


def train_both_ways(model, sentences, monkeypatch, **options):
    """Return twins of a model: one trained on an excerpt, and one as a whole."""
    twins = copy.deepcopy(model), copy.deepcopy(model)
    options = {"total_examples": len(sentences), "epochs": 2, "compute_loss": True} | options
    of_excerpt = twins[0].train(sentences, **options)
    with monkeypatch.context() as patch:
        patch.setattr(Word2Vec, "_excerpt", lambda *_: None)
        of_whole = twins[1].train(sentences, **options)
    assert of_excerpt[1] == of_whole[1]
    return twins


@pytest.fixture
def made_excerpts(monkeypatch):
    """Return a list of all excerpts that are made."""
    seen = []
    make = Word2Vec._excerpt

    def watching(self, *args):
        seen.append(make(self, *args))
        return seen[-1]

    monkeypatch.setattr(Word2Vec, "_excerpt", watching)
    return seen


@pytest.mark.parametrize("sample", [0, 1e-2])
@pytest.mark.parametrize("locks", [1, 2, len(WORDS)])
@pytest.mark.parametrize("sg", [0, 1])
def test_without_noise_it_is_the_whole_model_to_the_bit(
    sg, locks, sample, made_excerpts, monkeypatch
):
    model = large_model(sg=sg, hs=1, negative=0, sample=sample)
    model.wv.vectors_lockf = (np.arange(locks) % 3 / 2).astype(np.float32) + 0.5
    sentences = [*text(3, seed=5), [], ["not in the vocabulary"], ["w3"]]
    short, whole = train_both_ways(model, sentences, monkeypatch)
    assert made_excerpts[0] is not None
    for name, matrix in training_matrices(whole).items():
        assert np.array_equal(training_matrices(short)[name], matrix), name
        assert not np.array_equal(training_matrices(model)[name], matrix), name
    assert short.running_training_loss == whole.running_training_loss


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_rows_of_the_text_move_as_far_and_no_others(kind, workers, made_excerpts, monkeypatch):
    """With several workers and jobs the hottest rows have copies here as well.

    All rows are alike, so that it does not matter which noise words are drawn, only how often.
    """
    model = large_model(**kind, workers=workers, batch_words=10)
    for matrix in training_matrices(model).values():
        matrix[:] = 0.3
    short, whole = train_both_ways(model, text(4, seed=6), monkeypatch, epochs=3)
    assert made_excerpts[0] is not None
    rows = made_excerpts[0].rows
    for name, before in training_matrices(model).items():
        short_moves, whole_moves = (
            training_matrices(twin)[name] - before for twin in (short, whole)
        )
        moved = np.flatnonzero(short_moves.any(axis=1))
        assert set(moved) <= set(rows[name].tolist()), name
        if name != "syn1neg":
            assert np.array_equal(moved, np.flatnonzero(whole_moves.any(axis=1))), name
        total, expected = short_moves.sum(axis=0), whole_moves.sum(axis=0)
        assert np.linalg.norm(total - expected) < 0.03 * np.linalg.norm(expected), name
    assert short.running_training_loss == pytest.approx(whole.running_training_loss, rel=0.01)


def test_the_public_matrices_stay_the_same_arrays(made_excerpts):
    model = large_model()
    before = training_matrices(model)
    model.train(text(2), total_examples=2, epochs=1)
    assert made_excerpts[0] is not None
    assert all(matrix is before[name] for name, matrix in training_matrices(model).items())


def test_noise_is_drawn_as_often_as_the_whole_model_draws_it():
    counts = np.array([1000, 500, 0, 200, *[1] * 5000])
    vocabulary = Vocabulary(
        words=list(range(len(counts))),
        counts=counts,
        keep_thresholds=None,
        noise_table=np.cumsum(counts).astype(np.uint32),
    )
    settings = large_settings()
    corpus = RenumberedCorpus(np.array([7, 7], np.int32), np.array([0, 2]), np.array([2], np.int32))
    n_each = np.zeros(len(counts))
    for seed in range(400):
        of_text = excerpt.excerpt_of(settings, vocabulary, None, corpus, 64, 0.025, seed)
        table = of_text.vocabulary.noise_table
        assert table[-1] == 64
        np.add.at(n_each, of_text.rows["syn1neg"], np.diff(table, prepend=0))
    expected = counts / counts.sum() * 400 * 64
    off = np.abs(n_each - expected) / np.sqrt(np.maximum(expected, 1))
    assert off[:4].max() < 4
    assert n_each[2] == 0
    assert n_each[4:].sum() == pytest.approx(expected[4:].sum(), rel=0.02)


def large_settings(**options):
    chosen = {
        "kernel": "scalar", "vector_size": 4, "window": 5, "negative": 5, "workers": 1,
        "skip_gram": True, "hierarchical": False, "cbow_mean": True, "shrink_windows": True,
        "compute_loss": False, "shared_negatives": "auto",
    }  # fmt: skip
    return training.Settings(**(chosen | options))


@pytest.mark.parametrize(
    ("options", "n_words", "n_raw_words", "expected"),
    [
        ({}, 20_000, 100, 64 + 4 * 5 * 100),  # from 10,000 words on a center's pairs share
        ({"shared_negatives": False}, 4000, 100, None),  # 6 contexts have 5 each
        ({"shared_negatives": False}, 60_000, 100, 64 + 4 * 5 * 6 * 100),
        ({"shared_negatives": False, "skip_gram": False}, 20_000, 100, 64 + 4 * 5 * 100),
        ({"kernel": "blas"}, 10**6, 1, None),
        ({}, 100, 1, None),
        ({"negative": 0, "hierarchical": True}, 400, 30, None),
        ({"negative": 0, "hierarchical": True}, 2000, 30, 0),
        ({}, 200_000, 20_000, None),
        ({}, 200_000, 8000, 2 * 200_000 // 3 - 8000),  # as many as there is room for
        ({"vector_size": 300}, 200_000, 4000, None),  # 105 MB and more beside the model's 486
        ({"vector_size": 300}, 3_000_000, 2000, 64 + 4 * 5 * 2000),
    ],
)
def test_a_text_is_short_when_it_may_move_few_rows(options, n_words, n_raw_words, expected):
    settings = large_settings(**options)
    assert training.n_drawn(settings, n_words, n_raw_words, 1, 0.025) == expected
    if expected is not None:
        assert training.n_drawn(settings, n_words, n_raw_words, 1000, 0.025) in (None, 0)


class Watching(CallbackAny2Vec):
    def on_epoch_end(self, model):
        self.seen = model.wv.vectors.copy()


def test_who_looks_at_the_model_meanwhile_sees_it_trained(made_excerpts, tmp_path):
    model, watching = large_model(), Watching()
    model.train(text(1), total_examples=1, epochs=1, callbacks=[watching])
    assert np.array_equal(watching.seen, model.wv.vectors)
    model = large_model(checkpoint=tmp_path / "c", checkpoint_every=0)
    model.train(text(1), total_examples=1, epochs=1)
    assert np.array_equal(Word2Vec.load(tmp_path / "c").wv.vectors, model.wv.vectors)
    assert made_excerpts == [None]


def test_matrices_that_cannot_take_rows_back_are_trained_as_a_whole(made_excerpts, monkeypatch):
    model = large_model()
    model.wv.vectors = model.wv.vectors.astype(np.float64)
    model.syn1neg.flags.writeable = False
    short, whole = train_both_ways(model, text(2), monkeypatch)
    assert made_excerpts == [None]
    assert np.array_equal(short.wv.vectors, whole.wv.vectors)
    model.wv.vectors = model.wv.vectors[:-1]
    with pytest.raises(RuntimeError, match=r"wv\.vectors must be 12000 x 12"):
        model.train(text(2), total_examples=2, epochs=1)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda model: setattr(model.wv, "vectors_lockf", [1.0]), None),
        (lambda model: setattr(model.wv, "vectors_lockf", np.float32(1)), None),
        (lambda model: setattr(model.wv, "vectors_lockf", np.ones(0, np.float32)), ValueError),
        (lambda model: setattr(model, "cum_table", model.cum_table[::-1].copy()), ValueError),
        (lambda model: setattr(model, "cum_table", 0 * model.cum_table), ValueError),
        (lambda model: model.wv.expandos.update(sample_int=np.ones(9, np.uint32)), ValueError),
        (lambda model: model.wv.expandos.update(count=[1, 2]), None),
        (lambda model: model.wv.expandos.update(code=[*model.wv.expandos["code"]]), None),
        (lambda model: setattr(model, "syn1neg", model.wv.vectors), None),
        (lambda model: setattr(model.wv, "vectors", np.asfortranarray(model.wv.vectors)), None),
    ],
)
def test_what_is_not_as_usual_is_as_with_the_whole_model(change, error, monkeypatch):
    model = large_model(hs=1, negative=2, sample=1e-2)
    change(model)
    with contextlib.nullcontext() if error is None else pytest.raises(error, match=r"\d|one"):
        short, whole = train_both_ways(model, text(1), monkeypatch)
        before = training_matrices(model)
        for name, matrix in training_matrices(whole).items():
            moves, expected = (
                np.flatnonzero((m - before[name]).any(axis=1))
                for m in (training_matrices(short)[name], matrix)
            )
            assert np.array_equal(moves, expected) or name == "syn1neg"
            assert abs(len(moves) - len(expected)) < 30


def test_a_file_that_is_mapped_is_not_written_to(tmp_path, made_excerpts):
    model = large_model()
    model.wv.vectors.tofile(tmp_path / "v")
    mapped = np.memmap(tmp_path / "v", np.float32, "r+", shape=model.wv.vectors.shape)
    model.wv.vectors = np.asarray(mapped)
    before = mapped.copy()
    model.train(text(1), total_examples=1, epochs=1)
    assert made_excerpts == [None]
    assert np.array_equal(mapped, before)


@pytest.mark.parametrize("name", ["_copy_from_model", "_copy_to_model"])
def test_a_signal_while_rows_are_copied_waits_or_changes_nothing(name, monkeypatch):
    copy_rows = getattr(excerpt.PlacedExcerpt, name)
    calls = []

    def interrupted(self, *args):
        calls.append(args)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        copy_rows(self, *args)

    for kind in KINDS:
        model = large_model(**kind)
        before = {name: matrix.copy() for name, matrix in training_matrices(model).items()}
        calls.clear()
        monkeypatch.setattr(excerpt.PlacedExcerpt, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.train(text(1), total_examples=1, epochs=1)
        monkeypatch.setattr(excerpt.PlacedExcerpt, name, copy_rows)
        is_moved = {
            not np.array_equal(matrix, before[name])
            for name, matrix in training_matrices(model).items()
        }
        assert is_moved == {name == "_copy_to_model"}


def test_what_is_not_finite_is_named_and_nothing_moves(made_excerpts, monkeypatch):
    model = large_model()
    before = {name: matrix.copy() for name, matrix in training_matrices(model).items()}
    row = model.wv.key_to_index["w5"]
    model.wv.vectors[row] = np.nan
    with pytest.raises(TrainingDiverged, match=r"wv\.vectors is not finite before training"):
        model.train([["w5", "w6"]], total_examples=1, epochs=1)
    model.wv.vectors[row] = before["wv.vectors"][row]
    run_epoch = Word2Vec._run_epoch

    def spoiled(self, run, epoch, report, placed, checkpoints):
        placed.views["wv.vectors"][0] = np.inf
        run_epoch(self, run, epoch, report, placed, checkpoints)

    monkeypatch.setattr(Word2Vec, "_run_epoch", spoiled)
    with pytest.raises(TrainingDiverged, match="those of its begin are back"):
        model.train([["w5", "w6"]], total_examples=1, epochs=1)
    assert None not in made_excerpts
    for name, matrix in training_matrices(model).items():
        assert np.array_equal(matrix, before[name]), name


def test_of_a_later_epoch_what_it_began_with_is_back(made_excerpts, monkeypatch):
    model = large_model()
    before = {name: matrix.copy() for name, matrix in training_matrices(model).items()}
    begun = {}
    run_epoch = Word2Vec._run_epoch

    def spoiled(self, run, epoch, report, placed, checkpoints):
        if epoch == 1:
            begun.update({name: view.copy() for name, view in placed.views.items()})
            placed.views["wv.vectors"][0] = np.inf
        run_epoch(self, run, epoch, report, placed, checkpoints)

    monkeypatch.setattr(Word2Vec, "_run_epoch", spoiled)
    with pytest.raises(TrainingDiverged, match="those of its begin are back"):
        model.train(text(1), total_examples=1, epochs=3)
    (made,) = made_excerpts
    for name, matrix in training_matrices(model).items():
        rows = made.rows[name]
        assert np.array_equal(matrix[rows], begun[name][made.places(name)]), name
        assert not np.array_equal(matrix[rows], before[name][rows]), name


def test_a_text_of_unknown_words_moves_nothing(made_excerpts, caplog):
    for kind in KINDS:
        model = large_model(**kind)
        before = {name: matrix.copy() for name, matrix in training_matrices(model).items()}
        assert model.train([["x", "y"], []], total_examples=2, epochs=2) == (0, 4)
        assert all(np.array_equal(m, before[n]) for n, m in training_matrices(model).items())
    assert None not in made_excerpts
    assert "nothing was trained" in caplog.text
