"""Scores of sentences, and words predicted from their context."""

import logging
import time

import numpy as np
import pytest
from reference import LOG_SIGMOID_TABLE, sigmoid_slot

from fastsgns import Word2Vec
from fastsgns.keyedvectors import KeyedVectors
from fastsgns.objective import scoring
from fastsgns.objective._scores import Scorer

RNG = np.random.default_rng(5)
WORDS = [f"w{i}" for i in range(12)]
SENTENCES = [
    [WORDS[i] for i in RNG.integers(0, len(WORDS), n)] for n in [9, 1, 4, 30, 2, 17, 0, 8] * 5
]


def scoring_model(sg=1, cbow_mean=1, window=3, scale=3.0, **options):
    """Give a model with node vectors large enough to reach the ends of the table of sigmoids."""
    parameters = {"vector_size": 7, "min_count": 1, "hs": 1, "negative": 0, "workers": 1}
    model = Word2Vec(sg=sg, cbow_mean=cbow_mean, window=window, **(parameters | options))
    model.build_vocab(SENTENCES)
    rng = np.random.default_rng(1)
    model.wv.vectors[:] = scale * rng.standard_normal(model.wv.vectors.shape)
    model.syn1[:] = rng.standard_normal(model.syn1.shape)
    return model


def log_probability(model, hidden, word):
    """Walk the path of a word through the tree, a node at a time."""
    total = 0.0
    row = model.wv.key_to_index[word]
    for code, node in zip(
        model.wv.expandos["code"][row], model.wv.expandos["point"][row], strict=True
    ):
        x = np.float32(hidden @ model.syn1[node]) * (1 - 2 * int(code))
        if abs(x) < 6:
            total += float(LOG_SIGMOID_TABLE[sigmoid_slot(np.float32(x))])
    return total


def slow_score(model, sentence):
    words = [word for word in sentence if word in model.wv]
    total = 0.0
    for i, center in enumerate(words):
        context = words[max(0, i - model.window) : i] + words[i + 1 : i + 1 + model.window]
        vectors = [model.wv[word] for word in context]
        if model.sg:
            total += sum(log_probability(model, vector, center) for vector in vectors)
        else:
            hidden = np.sum([np.zeros(model.vector_size, np.float32), *vectors], axis=0)
            if model.cbow_mean and vectors:
                hidden /= np.float32(len(vectors))
            total += log_probability(model, hidden, center)
    return total


@pytest.mark.parametrize("options", [{"sg": 1}, {"sg": 0}, {"sg": 0, "cbow_mean": 0}])
@pytest.mark.parametrize("window", [1, 3, 100])
def test_a_score_is_the_sum_over_windows_of_the_log_probabilities_of_paths(options, window):
    model = scoring_model(**options, window=window)
    expected = [slow_score(model, sentence) for sentence in SENTENCES[:8]]
    found = model.score(SENTENCES[:8])
    assert found.dtype == np.float32
    # An x on the border of two steps of the table may fall to either: a step is at most 0.012.
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_scores_do_not_depend_on_chunks_or_workers():
    model = scoring_model()
    expected = model.score(SENTENCES)
    for workers, chunksize, queue_factor in [(1, 1, 1), (2, 3, 1), (3, 7, 2), (4, 1000, 5)]:
        model.workers = workers
        found = model.score(SENTENCES, chunksize=chunksize, queue_factor=queue_factor)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("chunksize", [1, 5, 1000])
def test_weights_and_paths_are_made_ready_once_however_many_sentences_come(chunksize, monkeypatch):
    model, made = scoring_model(), []
    make_scorer = scoring.make_scorer
    monkeypatch.setattr(
        scoring, "make_scorer", lambda *given: made.append(1) or make_scorer(*given)
    )
    model.score(SENTENCES, chunksize=chunksize)
    assert made == [1]
    assert not len(model.score([]))


def test_scoring_changes_nothing_in_the_model():
    model = scoring_model()
    before = model.wv.vectors.copy(), model.syn1.copy(), model.random.get_state()[1].copy()
    model.score(SENTENCES)
    for old, new in zip(
        before, (model.wv.vectors, model.syn1, model.random.get_state()[1]), strict=True
    ):
        np.testing.assert_array_equal(old, new)


def test_read_only_and_mapped_weights_are_scored(tmp_path):
    model = scoring_model()
    expected = model.score(SENTENCES)
    model.save(tmp_path / "model")
    mapped = Word2Vec.load(str(tmp_path / "model"), mmap="r")
    np.testing.assert_array_equal(mapped.score(SENTENCES), expected)


def test_unknown_words_are_left_out_and_windows_close_over_them():
    model = scoring_model(window=1)
    with_gaps = [[token for word in s for token in ("unknown", word)] for s in SENTENCES]
    np.testing.assert_array_equal(model.score(with_gaps), model.score(SENTENCES))


@pytest.mark.parametrize("sentence", [[], ["unknown"], ["unknown", "other"]])
@pytest.mark.parametrize("sg", [0, 1])
def test_a_sentence_without_known_words_scores_zero(sentence, sg):
    assert scoring_model(sg=sg).score([sentence]).tolist() == [0.0]


def test_a_generator_is_read_no_further_than_needed():
    taken = []

    def sentences():
        for sentence in SENTENCES:
            taken.append(sentence)
            yield sentence

    assert len(scoring_model().score(sentences(), total_sentences=5, chunksize=2)) == 5
    assert len(taken) == 6  # one more, to know that there are more


def test_more_than_total_sentences_is_a_warning(caplog):
    model = scoring_model()
    with caplog.at_level(logging.WARNING, "fastsgns"):
        assert len(model.score(SENTENCES[:4], total_sentences=4)) == 4
        assert not caplog.records
        assert len(model.score(SENTENCES, total_sentences=4)) == 4
    assert "terminating after 4 sentences" in caplog.text


def test_without_sentences_there_is_an_empty_array():
    found = scoring_model().score([])
    assert found.shape == (0,)
    assert found.dtype == np.float32


def test_sentences_longer_than_10000_words_are_scored_whole():
    model = scoring_model(window=1)
    sentence = WORDS * 1000
    assert model.score([sentence])[0] == pytest.approx(slow_score(model, sentence), rel=1e-4)


def test_an_error_in_the_sentences_reaches_the_caller():
    def sentences():
        yield SENTENCES[0]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        scoring_model().score(sentences(), chunksize=1)


def test_a_ctrl_c_does_not_wait_for_the_texts_that_are_under_way():
    model = scoring_model(window=50)
    model.workers = 2
    long = [WORDS * 1000] * 40  # many seconds of work

    def sentences():
        yield from long
        raise KeyboardInterrupt

    began = time.process_time()
    model.score(long[:1])
    of_one, began = time.process_time() - began, time.process_time()
    with pytest.raises(KeyboardInterrupt):
        model.score(sentences(), chunksize=20, queue_factor=10)
    assert time.process_time() - began < 10 * of_one  # each worker has twenty


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (lambda m: setattr(m, "hs", 0), RuntimeError, "only implemented score for the hierarch"),
        (lambda m: setattr(m, "syn1", None), RuntimeError, "syn1"),
        (lambda m: delattr(m, "syn1"), RuntimeError, "syn1"),
        (lambda m: setattr(m, "syn1", m.syn1[:, :3]), ValueError, "dimensions"),
        (lambda m: setattr(m, "wv", KeyedVectors(7)), RuntimeError, "first build vocabulary"),
    ],
)
def test_a_model_that_cannot_score_says_what_is_missing(change, error, match):
    model = scoring_model()
    change(model)
    with pytest.raises(error, match=match):
        model.score(SENTENCES)


@pytest.mark.parametrize("options", [{"chunksize": 0}, {"queue_factor": 0}])
def test_sizes_below_one_are_refused(options):
    with pytest.raises(ValueError, match="must be an integer >= 1"):
        scoring_model().score(SENTENCES, **options)


def test_a_tree_that_is_missing_is_built():
    model = scoring_model()
    expected = model.score(SENTENCES)
    del model.wv.expandos["code"], model.wv.expandos["point"]
    np.testing.assert_array_equal(model.score(SENTENCES), expected)


def test_scoring_logs_as_gensim_does(caplog):
    with caplog.at_level(logging.INFO, "fastsgns"):
        scoring_model().score(SENTENCES, chunksize=1, report_delay=0)
    assert "scoring sentences with 1 workers on 12 vocabulary and 7 features, using sg=1" in (
        caplog.text
    )
    assert "PROGRESS: at 1 sentences" in caplog.text
    assert "scoring 40 sentences took" in caplog.text


# ---- the boundary --------------------------------------------------------------------------------


def scorer(**changes):
    """Give the scorer of three words on a tree of two nodes."""
    arguments = {
        "input_vectors": np.ones((3, 2), np.float32),
        "node_vectors": np.ones((2, 2), np.float32),
        "path_offsets": np.array([0, 1, 3, 5]),
        "path_nodes": np.array([1, 1, 0, 1, 0], np.int32),
        "path_codes": np.array([0, 1, 0, 1, 1], np.uint8),
        "window": 1,
        "skip_gram": True,
        "cbow_mean": True,
    }
    return Scorer(**(arguments | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"window": 0},
        {"input_vectors": np.ones((0, 2), np.float32)},
        {"input_vectors": np.ones((3, 0), np.float32)},
        {"input_vectors": np.ones((4, 2), np.float32)},
        {"input_vectors": np.ones((3, 2))},
        {"node_vectors": np.ones((2, 3), np.float32)},
        {"node_vectors": np.ones((1, 2), np.float32)},
        {"node_vectors": np.ones((2, 4), np.float32)[:, ::2]},
        {"path_offsets": np.array([0, 1, 3])},
        {"path_offsets": np.array([1, 1, 3, 5])},
        {"path_offsets": np.array([0, 3, 1, 5])},
        {"path_offsets": np.array([0, 1, 3, 6])},
        {"path_codes": np.zeros(4, np.uint8)},
        {"path_nodes": np.array([1, -1, 0, 1, 0], np.int32)},
    ],
)
def test_parts_that_do_not_fit_together_are_refused(changes):
    with pytest.raises(ValueError, match=r"\w"):
        scorer(**changes)


@pytest.mark.parametrize(
    ("ids", "offsets", "n_scores"),
    [
        ([0, 3], [0, 2], 1),
        ([0, -1], [0, 2], 1),
        ([0, 1], [0, 1], 1),
        ([0, 1], [1, 2], 1),
        ([0, 1], [0, 3], 1),
        ([0, 1], [0, 2, 1, 2], 3),
        ([0, 1], [0, 2], 2),
        ([0, 1], [], 0),
    ],
)
def test_ids_and_offsets_out_of_range_are_refused_before_anything_is_written(
    ids, offsets, n_scores
):
    scores = np.full(n_scores, 7, np.float32)
    with pytest.raises(ValueError, match=r"ids must be in 0\.\.2"):
        scorer().score(np.array(ids, np.int32), np.array(offsets, np.int64), scores)
    assert (scores == 7).all()


def test_nodes_beyond_the_table_and_nan_count_nothing():
    beyond = scorer(
        input_vectors=np.full((3, 2), 10, np.float32),
        node_vectors=np.array([[1, 1], [np.nan, 1]], np.float32),
    )
    scores = np.full(1, 7, np.float32)
    beyond.score(np.array([0, 1, 2], np.int32), np.array([0, 3]), scores)
    assert scores[0] == 0


def test_a_vocabulary_of_one_word_has_nothing_to_predict():
    alone = scorer(
        input_vectors=np.ones((1, 2), np.float32),
        path_offsets=np.array([0, 0]),
        path_nodes=np.zeros(0, np.int32),
        path_codes=np.zeros(0, np.uint8),
    )
    scores = np.full(2, 7, np.float32)
    alone.score(np.array([0, 0, 0], np.int32), np.array([0, 3, 3]), scores)
    assert scores.tolist() == [0, 0]


# ---- predict_output_word -------------------------------------------------------------------------


def predicting_model(**options):
    model = Word2Vec(
        SENTENCES, vector_size=7, min_count=1, workers=1, kernel="blas", alpha=0.3, **options
    )
    model.syn1neg += np.random.default_rng(2).standard_normal(model.syn1neg.shape) / 4
    return model


@pytest.mark.parametrize("cbow_mean", [0, 1])
def test_predictions_are_a_softmax_of_the_context_against_the_output_vectors(cbow_mean):
    model = predicting_model(cbow_mean=cbow_mean)
    context = ["w3", "unknown", "w5", "w3"]
    hidden = sum(model.wv[word].astype(float) for word in ("w3", "w5", "w3"))
    hidden = hidden / 3 if cbow_mean else hidden
    likelihoods = np.exp(model.syn1neg.astype(float) @ hidden)
    expected = dict(zip(model.wv.index_to_key, likelihoods / likelihoods.sum(), strict=True))
    found = model.predict_output_word(context, topn=None)
    assert [type(value) for _, value in found] == [np.float32] * len(WORDS)
    assert [value for _, value in found] == sorted((v for _, v in found), reverse=True)
    assert dict(found) == pytest.approx(expected, rel=1e-5)
    assert model.predict_output_word(context, topn=4) == found[:4]
    assert model.predict_output_word(context, topn=100) == found


def test_indices_stand_for_words():
    model = predicting_model()
    words = [model.wv.index_to_key[2], model.wv.index_to_key[0]]
    assert model.predict_output_word([2, 0, 99]) == model.predict_output_word(words)


@pytest.mark.parametrize("topn", [0, -1, False])
def test_fewer_than_one_prediction_is_none_at_all(topn):
    assert predicting_model().predict_output_word(["w1"], topn=topn) == []


@pytest.mark.parametrize("context", [[], ["unknown"], [99]])
def test_a_context_without_known_words_predicts_nothing_and_warns(context, caplog):
    assert predicting_model().predict_output_word(context) is None
    assert "All the input context words are out-of-vocabulary" in caplog.text


def test_large_vectors_do_not_overflow_the_softmax():
    model = predicting_model()
    model.syn1neg *= 1e6
    found = model.predict_output_word(["w1", "w2"], topn=None)
    assert sum(value for _, value in found) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda m: setattr(m, "negative", 0), "only implemented predict_output_word"),
        (lambda m: setattr(m, "syn1neg", None), "Parameters required for predicting"),
        (lambda m: delattr(m, "syn1neg"), "Parameters required for predicting"),
        (lambda m: setattr(m, "wv", KeyedVectors(7)), "Parameters required for predicting"),
    ],
)
def test_a_model_that_cannot_predict_says_what_is_missing(change, match):
    model = predicting_model()
    change(model)
    with pytest.raises(RuntimeError, match=match):
        model.predict_output_word(["w1"])


def test_topn_must_be_an_integer():
    with pytest.raises(TypeError):
        predicting_model().predict_output_word(["w1"], topn=2.0)
