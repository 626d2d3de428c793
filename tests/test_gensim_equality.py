"""fastsgns.Word2Vec beside gensim.models.Word2Vec, one worker each: what a drop-in promises.

Vocabulary, tables, schedule, counts and random stream are equal. Weights are equal to the bit where
gensim reads its own dot products rightly: the tests that use `exact_process` run there. Elsewhere a
dot that is wrong by 1e-6 may fall into the next entry of the sigmoid table.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from training_settings import SETTINGS, zipf_sentences

import fastsgns

gensim_models = pytest.importorskip("gensim.models")
gensim_callbacks = pytest.importorskip("gensim.models.callbacks")

#: Marks tests that run where gensim reads its own dot products rightly.
exact = pytest.mark.usefixtures("exact_process")

#: Attributes that must be the same after any sequence of calls.
SAME_ATTRIBUTES = [
    "alpha",
    "batch_words",
    "cbow_mean",
    "comment",
    "compute_loss",
    "corpus_count",
    "corpus_total_words",
    "effective_min_count",
    "epochs",
    "hashfxn",
    "hs",
    "layer1_size",
    "max_final_vocab",
    "max_vocab_size",
    "min_alpha",
    "min_alpha_yet_reached",
    "min_count",
    "negative",
    "ns_exponent",
    "null_word",
    "sample",
    "seed",
    "sg",
    "shrink_windows",
    "sorted_vocab",
    "train_count",
    "vector_size",
    "window",
    "workers",
]


def models(**parameters: Any) -> tuple[Any, Any]:
    """Return an untrained model of each kind."""
    parameters = {"workers": 1, **parameters}
    return fastsgns.Word2Vec(**parameters, kernel="blas"), gensim_models.Word2Vec(**parameters)


def trained_models(sentences: Any, **parameters: Any) -> tuple[Any, Any]:
    return models(sentences=sentences, **parameters)


def assert_same_vocabulary(ours: Any, theirs: Any) -> None:
    assert ours.wv.index_to_key == theirs.wv.index_to_key
    assert ours.wv.key_to_index == theirs.wv.key_to_index
    assert list(ours.wv.key_to_index) == list(theirs.wv.key_to_index)
    assert ours.wv.expandos.keys() == theirs.wv.expandos.keys()
    for name, theirs_of_words in theirs.wv.expandos.items():
        ours_of_words = ours.wv.expandos[name]
        assert ours_of_words.dtype == theirs_of_words.dtype, name
        for mine, yours in zip(ours_of_words, theirs_of_words, strict=True):
            np.testing.assert_array_equal(mine, yours, err_msg=name)
            assert np.asarray(mine).dtype == np.asarray(yours).dtype, name
    if theirs.cum_table is None:
        assert ours.cum_table is None
    else:
        np.testing.assert_array_equal(ours.cum_table, theirs.cum_table)
        assert ours.cum_table.dtype == theirs.cum_table.dtype


def assert_same_state(ours: Any, theirs: Any) -> None:
    """Compare everything but the weights and the loss."""
    assert_same_vocabulary(ours, theirs)
    for name in SAME_ATTRIBUTES:
        mine, yours = getattr(ours, name), getattr(theirs, name)
        assert (mine, type(mine)) == (yours, type(yours)), name
    assert str(ours) == str(theirs)
    for mine, yours in zip(ours.random.get_state(), theirs.random.get_state(), strict=True):
        np.testing.assert_array_equal(mine, yours)


def weights_of(model: Any) -> dict[str, Any]:
    weights = {name: getattr(model, name) for name in ("syn1neg", "syn1") if hasattr(model, name)}
    return {"vectors": model.wv.vectors, **weights}


def assert_same_model(ours: Any, theirs: Any) -> None:
    assert_same_state(ours, theirs)
    mine, yours = weights_of(ours), weights_of(theirs)
    assert list(mine) == list(yours)
    for name, weight in yours.items():
        assert mine[name].dtype == weight.dtype
        np.testing.assert_array_equal(mine[name], weight, err_msg=name)


def loss_of_gensims(loss: float, ours: Any) -> Any:
    """Give a loss of gensim's last call of `train` the error of its float32.

    Each addition rounds a sum that is at most the last one, by half a unit in its last place.
    """
    pairs = sum(entry["pairs"] for entry in ours.history[-ours.epochs :])
    longest_path = max(map(len, ours.wv.expandos["code"])) if ours.hs else 0
    n_terms = pairs * ((1 + ours.negative if ours.negative else 0) + longest_path)
    return pytest.approx(loss, rel=n_terms * 2.0**-24)


def assert_same_loss(ours: Any, theirs: Any) -> None:
    expected = loss_of_gensims(theirs.get_latest_training_loss(), ours)
    assert ours.get_latest_training_loss() == expected


# ---- the 24 settings -----------------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS)
def test_untrained_models_are_equal(setting):
    ours, theirs = models(**SETTINGS[setting])
    for model in (ours, theirs):
        model.build_vocab(zipf_sentences())
    assert_same_model(ours, theirs)


@exact
@pytest.mark.parametrize("setting", SETTINGS)
def test_models_trained_in_the_constructor_are_equal(setting):
    ours, theirs = trained_models(
        zipf_sentences(), **SETTINGS[setting], epochs=3, compute_loss=True
    )
    assert_same_model(ours, theirs)
    assert_same_loss(ours, theirs)


@exact
@pytest.mark.parametrize("setting", SETTINGS)
def test_train_returns_the_same_counts(setting):
    ours, theirs = models(**SETTINGS[setting])
    for model in (ours, theirs):
        model.build_vocab(zipf_sentences())
    calls: list[dict[str, Any]] = [
        {"epochs": 1, "total_examples": ours.corpus_count},
        {"epochs": 2, "total_words": ours.corpus_total_words, "start_alpha": 0.02},
    ]
    for call in calls:
        assert ours.train(zipf_sentences(), **call) == theirs.train(zipf_sentences(), **call)
        assert_same_model(ours, theirs)


@exact
@pytest.mark.parametrize("setting", SETTINGS)
def test_models_of_a_large_learning_rate_are_equal(setting):
    ours, theirs = trained_models(zipf_sentences(), **SETTINGS[setting], epochs=2, alpha=0.2)
    assert_same_model(ours, theirs)


#: Two entries of the sigmoid table that lie side by side differ by at most the slope at 0, a
#: quarter, times their distance: 1000 entries lie between -6 and 6.
TABLE_STEP = 0.25 * 12 / 1000


@pytest.mark.parametrize("setting", SETTINGS)
def test_models_are_near_on_every_core(setting):
    """The error of a dot is far less than the width of an entry, so it costs one entry at most.

    An update is alpha times (label - sigmoid) times a row, and with the entry beside it is off by
    alpha times TABLE_STEP times that row. If each update were, the weights would be off by about
    TABLE_STEP of the way that they have gone; but it takes a dot beside the border of an entry.
    Another draw, rate or order of updates changes them by much more.
    """
    ours, theirs = models(**SETTINGS[setting])
    for model in (ours, theirs):
        model.build_vocab(zipf_sentences())
    before = {name: weight.copy() for name, weight in weights_of(ours).items()}
    call = {"epochs": 3, "total_examples": ours.corpus_count}
    assert ours.train(zipf_sentences(), **call) == theirs.train(zipf_sentences(), **call)
    assert_same_state(ours, theirs)
    after = weights_of(theirs)
    for name, weight in weights_of(ours).items():
        way, difference = (np.linalg.norm(weight - other) for other in (before[name], after[name]))
        assert way > 0
        assert difference <= TABLE_STEP * way, name


# ---- vocabularies --------------------------------------------------------------------------------


def keep_the_odd(word: str, count: int, min_count: int) -> int:
    """Keep w1, w3 and so on however rare, drop w0, leave the others to min_count."""
    number = int(word[1:])
    return 1 if number == 0 else 2 if number % 2 else 0


VOCABULARIES: dict[str, dict[str, Any]] = {
    "all words": {"min_count": 0},
    "few words": {"min_count": 30},
    "at most 10 words": {"min_count": 1, "max_final_vocab": 10},
    "at most 1 word": {"max_final_vocab": 1, "hs": 0},  # with hs gensim hangs
    "no bound that binds": {"min_count": 2, "max_final_vocab": 1000},
    "pruned while counting": {"min_count": 2, "max_vocab_size": 12},
    "trimmed by a rule": {"min_count": 4, "trim_rule": keep_the_odd},
    "pruned by a rule": {"min_count": 3, "trim_rule": keep_the_odd, "max_vocab_size": 15},
    "in order of first sight": {"min_count": 3, "sorted_vocab": 0},
    "null word": {"min_count": 1, "null_word": 1},
    "null word, unsorted": {"min_count": 3, "null_word": 1, "sorted_vocab": 0},
    "subsampled by count": {"min_count": 1, "sample": 3},
    "subsampled strongly": {"min_count": 1, "sample": 1e-6},
    "flat noise": {"min_count": 1, "ns_exponent": 0},
    "steep noise": {"min_count": 1, "ns_exponent": 2.5},
    "inverse noise": {"min_count": 1, "ns_exponent": -1.5},
}


@exact
@pytest.mark.parametrize("case", VOCABULARIES)
@pytest.mark.parametrize("sg", [0, 1])
def test_vocabularies_are_equal_and_train_alike(case, sg):
    parameters = {"hs": 1, "vector_size": 6, "sg": sg, "epochs": 2, **VOCABULARIES[case]}
    ours, theirs = trained_models(zipf_sentences(), **parameters)
    assert_same_model(ours, theirs)


@exact
@pytest.mark.parametrize("tokens", [[b"a", b"b"], [("a", 1), "a", None, 2.5, frozenset("a")]])
def test_tokens_of_any_type_are_words(tokens):
    sentences = [tokens * 3, tokens[:2] * 4, tokens[1:]]
    ours, theirs = trained_models(sentences, min_count=1, vector_size=4)
    assert_same_model(ours, theirs)


def test_integers_are_words_with_their_own_counts():
    # differs from gensim: it takes index i for the word i when it builds its noise table and tree.
    sentences = [[3, 3, 3, 1, 1, 2]]
    ours, theirs = models(min_count=1, vector_size=4)
    for model in (ours, theirs):
        model.build_vocab(sentences)
    named, _ = models(sentences=[list(map(str, sentences[0]))], min_count=1)
    assert ours.wv.index_to_key == theirs.wv.index_to_key == [3, 1, 2]
    np.testing.assert_array_equal(ours.wv.expandos["count"], theirs.wv.expandos["count"])
    np.testing.assert_array_equal(ours.cum_table, named.cum_table)


@exact
def test_vocabulary_from_frequencies_is_equal():
    frequencies = {"rare": 1, "a": 7, "b": 9, "c": 7, "d": 20}
    ours, theirs = models(min_count=2, hs=1, vector_size=5)
    for model in (ours, theirs):
        model.build_vocab_from_freq(frequencies, corpus_count=3)
    assert_same_model(ours, theirs)
    sentences = [list("abcd"), list("dda")]
    call = {"epochs": 2, "total_words": 7}
    assert ours.train(sentences, **call) == theirs.train(sentences, **call)
    assert_same_model(ours, theirs)


@exact
@pytest.mark.parametrize("setting", ["skip-gram-both-sum", "cbow-both-plain", "cbow-tree-sum"])
def test_vocabulary_that_is_extended_is_equal_and_trains_on(setting):
    more = [["new1", "new2", *words, "new1"] for words in zipf_sentences(200, seed=3)]
    ours, theirs = trained_models(zipf_sentences(), **SETTINGS[setting])
    for model in (ours, theirs):
        model.build_vocab(more, update=True)
    assert "new1" in ours.wv
    assert_same_model(ours, theirs)
    call = {"epochs": 2, "total_examples": ours.corpus_count}
    assert ours.train(more, **call) == theirs.train(more, **call)
    assert_same_model(ours, theirs)


def drop_a(word: str, count: int, min_count: int) -> int:
    return 1 if word == "a" else 0


@exact
@pytest.mark.parametrize("trim_rule", [None, drop_a])
@pytest.mark.parametrize("more", ["aannb", "annb", "n", "zzzb", "ddddddd"])
def test_known_words_of_an_extension_count_however_rare_they_are_in_it(trim_rule, more):
    ours, theirs = trained_models(
        [list("aaaabbbbccccdd")], min_count=2, vector_size=3, hs=1, sample=0.1
    )
    for model in (ours, theirs):
        model.build_vocab([list(more)], update=True, trim_rule=trim_rule)
    assert_same_model(ours, theirs)


def test_dry_run_reports_the_same():
    for arguments in ({}, {"min_count": 7}, {"sample": 1e-5}, {"min_count": 3, "sample": 10}):
        ours, theirs = models(min_count=2)
        for model in (ours, theirs):
            model.scan_vocab(zipf_sentences())
        assert ours.raw_vocab == theirs.raw_vocab
        assert ours.prepare_vocab(dry_run=True, **arguments) == theirs.prepare_vocab(
            dry_run=True, **arguments
        )


# ---- schedules -----------------------------------------------------------------------------------


@exact
@pytest.mark.parametrize(
    "sentences",
    [
        [["a", "b"] * 30, ["a"], [], ["b", "a"] * 4],
        [[], [], ["a", "b"] * 5, [], ["b"]],
        [["a", "b", "x"] * 4] * 20,
        [["a", "b"] * 5, ["x"], ["b", "a", "a"] * 3, []],
    ],
    ids=["long sentence first", "empty sentences", "many jobs", "full jobs"],
)
@pytest.mark.parametrize("batch_words", [1, 10, 11, 40])
def test_jobs_are_cut_alike(sentences, batch_words):
    """The random state at the end tells how many jobs there were, and how large."""
    parameters = {"batch_words": batch_words, "vector_size": 4, "epochs": 2, "min_count": 2}
    ours, theirs = trained_models(sentences, **parameters)
    assert_same_model(ours, theirs)


@exact
@pytest.mark.parametrize(
    "totals",
    [
        {"total_examples": 5},
        {"total_examples": 500},
        {"total_words": 100},
        {"total_words": 5000},
        {"total_examples": 100, "total_words": 1},
    ],
    ids=str,
)
def test_learning_rate_falls_alike_whatever_the_totals_say(totals):
    ours, theirs = models(batch_words=50, vector_size=4)
    for model in (ours, theirs):
        model.build_vocab(zipf_sentences())
        model.train(zipf_sentences(), epochs=2, start_alpha=0.05, end_alpha=0.001, **totals)
    assert_same_model(ours, theirs)


@exact
@pytest.mark.parametrize("setting", ["skip-gram-negatives-plain", "cbow-both-plain"])
def test_corpus_of_one_job_is_trained_alike_with_several_workers(setting):
    ours, theirs = trained_models(zipf_sentences(), **{**SETTINGS[setting], "workers": 3})
    assert_same_model(ours, theirs)


@exact
@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("locks", [[0.0], [1.0, 0.0, 0.5]])
def test_lock_factors_act_alike(sg, locks):
    ours, theirs = models(sg=sg, vector_size=6, hs=1)
    for model in (ours, theirs):
        model.build_vocab(zipf_sentences())
        model.wv.vectors_lockf = np.array(locks, dtype=np.float32)
        model.train(zipf_sentences(), epochs=2, total_examples=model.corpus_count)
    assert_same_model(ours, theirs)


@exact
def test_callbacks_see_the_same_model_at_the_same_time():
    def watching(base: type, seen: list[Any]) -> Any:
        class Watcher(base):
            def note(self, when, model):
                loss = model.get_latest_training_loss()
                seen.append((when, model.train_count, model.min_alpha_yet_reached, loss))

            def on_train_begin(self, model):
                self.note("training begins", model)

            def on_epoch_begin(self, model):
                self.note("epoch begins", model)

            def on_epoch_end(self, model):
                self.note("epoch ends", model)

            def on_train_end(self, model):
                self.note("training ends", model)

        return Watcher()

    seen: tuple[list[Any], list[Any]] = [], []
    settings = {**SETTINGS["skip-gram-both-sum"], "epochs": 3, "compute_loss": True, "workers": 1}
    ours = fastsgns.Word2Vec(
        zipf_sentences(),
        callbacks=[watching(fastsgns.callbacks.CallbackAny2Vec, seen[0])],
        kernel="blas",
        **settings,
    )
    gensim_models.Word2Vec(
        zipf_sentences(),
        callbacks=[watching(gensim_callbacks.CallbackAny2Vec, seen[1])],
        **settings,
    )
    assert len(seen[0]) == len(seen[1]) == 8
    for mine, yours in zip(*seen, strict=True):
        assert mine[:-1] == yours[:-1]
        assert mine[-1] == loss_of_gensims(yours[-1], ours)


@exact
def test_loss_is_that_of_the_last_call():
    ours, theirs = trained_models(zipf_sentences(), vector_size=6, compute_loss=True)
    for model in (ours, theirs):
        model.train(zipf_sentences(), epochs=1, total_examples=50, compute_loss=True)
    assert_same_loss(ours, theirs)
    for model in (ours, theirs):
        model.train(zipf_sentences(), epochs=1, total_examples=50)
    # differs from gensim: what the constructor was asked for holds for later calls.
    assert theirs.get_latest_training_loss() == 0 < ours.get_latest_training_loss()
    assert ours.compute_loss is True


@pytest.mark.parametrize(
    ("arguments", "text", "level"),
    [
        (
            {"hs": 1},
            "Both hierarchical softmax and negative sampling are activated.",
            logging.WARNING,
        ),
        # differs from gensim: who has given no alpha of his own is told at INFO.
        (
            {"batch_words": 100},
            "Effective 'alpha' higher than previous training cycles",
            logging.INFO,
        ),
    ],
)
def test_warnings_that_users_look_for_are_given_by_both(arguments, text, level, caplog):
    for model, logger in zip(models(**arguments), ("fastsgns", "gensim"), strict=True):
        model.build_vocab(zipf_sentences())
        caplog.clear()
        with caplog.at_level(level):
            model.train(zipf_sentences(), epochs=1, total_examples=50)
            model.train(zipf_sentences(), epochs=1, total_examples=50)
        assert [
            record
            for record in caplog.records
            if record.name.startswith(logger) and text in record.getMessage()
        ], logger
