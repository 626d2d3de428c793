"""Word2VecTransformer keeps scikit-learn's rules, but for a written list, and does what it says."""

import copy
import inspect
import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6", reason="needs scikit-learn")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from fastsgns import EncodedCorpus, Word2Vec
from fastsgns.sklearn import OF_TEXTS, Word2VecTransformer

OPTIONS = {"vector_size": 8, "sg": 1, "sample": 0, "workers": 1, "epochs": 5, "min_count": 1}
TEXTS = [["sun", "sea", "sand"], ["code", "bug", "test"]] * 40
LABELS = [0, 1] * 40

#: Checks of scikit-learn that tokens cannot pass, and why. docs/ecosystem.md has them too.
EXCEPTIONS = {
    "check_n_features_in": "texts have no number of columns",
    "check_n_features_in_after_fitting": "texts have no number of columns",
    "check_transformer_general": "texts may be shorter and longer than those of fit",
    "check_transformer_preserve_dtypes": "vectors are float32, whatever the tokens are",
    "check_complex_data": "a complex number is hashable, and so a token",
    "check_dtype_object": "a dict among the tokens is an error of its own words",
    "check_estimators_nan_inf": "NaN and infinity are hashable, and so tokens",
    "check_estimators_empty_data_messages": "no text at all is a RuntimeError, as of Word2Vec",
    "check_transformer_data_not_an_array": "texts are iterated, and not made an array by __array__",
    "check_fit1d": "a number is no text: a TypeError",
    "check_fit2d_predict1d": "a number is no text: a TypeError",
}


class OfNumbers(Word2VecTransformer):
    """Says that it takes matrices, whose rows are texts of numbers: else little is checked."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.string, tags.no_validation = True, False, False
        return tags


def test_it_passes_the_checks_of_scikit_learn_but_for_a_written_list():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(
            OfNumbers(**OPTIONS), expected_failed_checks=EXCEPTIONS, on_fail="raise"
        )
        check_estimator(Word2VecTransformer(**OPTIONS), on_fail="raise")
    failed = {r["check_name"] for r in results if r["status"] == "xfail"}
    assert failed == set(EXCEPTIONS)  # none that would pass is excused
    assert sum(r["status"] == "passed" for r in results) > 30


def test_it_has_all_parameters_of_word2vec_with_their_defaults():
    theirs = dict(inspect.signature(Word2Vec.__init__).parameters)
    for name in ("sentences", "corpus_file", "corpus", "column"):
        del theirs[name]
    ours = dict(inspect.signature(Word2VecTransformer.__init__).parameters)
    for name in OF_TEXTS:
        del ours[name]
    assert [(p.name, p.default, p.kind) for p in ours.values()] == [
        (p.name, p.default, p.kind) for p in theirs.values()
    ]
    assert set(Word2VecTransformer().get_params()) == {*ours, *OF_TEXTS} - {"self"}


def test_vectors_are_those_of_the_model_that_it_trains():
    fitted = Word2VecTransformer(**OPTIONS).fit(TEXTS)
    assert np.array_equal(fitted.model_.wv.vectors, Word2Vec(TEXTS, **OPTIONS).wv.vectors)
    vectors = fitted.transform(TEXTS)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, fitted.model_.wv.transform(TEXTS))
    assert fitted.get_feature_names_out().tolist() == [f"word2vectransformer{i}" for i in range(8)]
    assert fitted.model_.corpus is None


@pytest.mark.parametrize(
    "options",
    [{"weights": "sif", "remove_common": True}, {"weights": "idf"}, {"weights": "idf", "sg": 0}],
)
def test_what_texts_have_in_common_and_how_rare_words_are_is_learned_in_fit(options):
    fitted = Word2VecTransformer(**OPTIONS | options).fit(TEXTS)
    some = fitted.transform(TEXTS[:1])
    assert np.array_equal(some, fitted.transform(TEXTS)[:1])
    wv = fitted.model_.wv
    if options["weights"] == "idf":
        assert fitted.idf_["sun"] == pytest.approx(np.log(81 / 41) + 1)
        assert np.array_equal(some, wv.transform(TEXTS, "idf")[:1])
    else:
        expected = wv.transform(TEXTS, "sif", remove_common=True)[:1]
        np.testing.assert_allclose(some, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("form", [iter, tuple, EncodedCorpus.from_sentences])
@pytest.mark.parametrize("weights", [None, "idf"])
def test_texts_may_come_in_other_forms_and_once_only(form, weights):
    transformer = Word2VecTransformer(**OPTIONS, weights=weights, remove_common=True)
    expected = clone(transformer).fit(TEXTS).transform(TEXTS)
    assert np.array_equal(transformer.fit(form(TEXTS)).transform(form(TEXTS)), expected)


def test_it_goes_through_pipelines_grids_and_cross_validation():
    pipeline = make_pipeline(Word2VecTransformer(**OPTIONS), LogisticRegression())
    assert cross_val_score(pipeline, TEXTS, LABELS, cv=2).min() == 1
    grid = GridSearchCV(
        pipeline,
        {
            "word2vectransformer__vector_size": [2, 4],
            "word2vectransformer__weights": ["sif", "idf"],
        },
        cv=2,
    ).fit(TEXTS, LABELS)
    assert grid.best_score_ == 1
    size = grid.best_params_["word2vectransformer__vector_size"]
    assert grid.best_estimator_[:-1].transform(TEXTS).shape == (80, size)


def test_clones_are_unfitted_and_copies_are_not():
    transformer = Word2VecTransformer(**OPTIONS, weights="idf", remove_common=True).fit(TEXTS)
    expected = transformer.transform(TEXTS)
    with pytest.raises(NotFittedError):
        clone(transformer).transform(TEXTS)
    for copied in (copy.deepcopy(transformer), pickle.loads(pickle.dumps(transformer))):
        assert np.array_equal(copied.transform(TEXTS), expected)
        assert copied.get_params() == transformer.get_params()


def test_frames_have_the_names_of_the_columns():
    pandas = pytest.importorskip("pandas")
    transformer = Word2VecTransformer(**OPTIONS).set_output(transform="pandas")
    frame = transformer.fit_transform(TEXTS)
    assert isinstance(frame, pandas.DataFrame)
    assert frame.columns[0] == "word2vectransformer0"
    assert frame.shape == (80, 8)


@pytest.mark.parametrize(
    ("error", "options", "texts", "message"),
    [
        (TypeError, {}, "a text", "got a str"),
        (TypeError, {}, ["a text", "another"], "sentence"),
        (ValueError, {"pool": "middle"}, TEXTS, "got 'middle'"),
        (ValueError, {"weights": "tf"}, TEXTS, "got 'tf'"),
        (ValueError, {"vector_size": 0}, TEXTS, "vector_size"),
    ],
)
def test_what_cannot_be_is_refused_in_fit(error, options, texts, message):
    with pytest.raises(error, match=message):
        Word2VecTransformer(**OPTIONS | options).fit(texts)


def test_a_model_itself_is_no_estimator_and_says_what_is():
    with pytest.raises(TypeError, match=r"fastsgns\.sklearn\.Word2VecTransformer"):
        clone(Word2Vec())
