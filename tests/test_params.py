"""What values the parameters of training may take."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

from fastsgns import Word2Vec, _params
from fastsgns._core import KERNEL_NAMES, available_kernels, resolve_kernel


@pytest.mark.parametrize("value", [8, 8.0, np.int32(8), np.float64(8), True + 7])
def test_an_integer_may_come_in_any_type_that_is_integral(value):
    number = _params.as_int("vector_size", value, at_least=1)
    assert number == 8 and type(number) is int


@pytest.mark.parametrize("value", [0, -1, 1.5, math.inf, -math.inf, np.float32(2.5)])
def test_an_integer_out_of_range_is_a_value_error_with_name_value_and_range(value):
    with pytest.raises(ValueError, match="window must") as caught:
        _params.as_int("window", value, at_least=1)
    for part in ("window", ">= 1", repr(value)):
        assert part in str(caught.value)


@pytest.mark.parametrize("value", [None, "x", math.nan, [], {}, 1j, object()])
def test_what_is_no_integer_is_a_type_error_with_name_and_value(value):
    with pytest.raises(TypeError) as caught:
        _params.as_int("window", value, at_least=1)
    assert "window" in str(caught.value) and repr(value) in str(caught.value)


@pytest.mark.parametrize("value", [0, 0.025, 1, 100, np.float32(0.5), "0.025"])
def test_a_learning_rate_becomes_a_float(value):
    assert _params.as_alpha("alpha", value) == float(value)
    assert type(_params.as_alpha("alpha", value)) is float


@pytest.mark.parametrize("value", [-1e-9, 100.1, 1e30, math.inf, math.nan])
def test_a_learning_rate_out_of_range_is_a_value_error(value):
    with pytest.raises(ValueError, match="min_alpha must") as caught:
        _params.as_alpha("min_alpha", value)
    for part in ("min_alpha", "0", "100", repr(value)):
        assert part in str(caught.value)


@pytest.mark.parametrize("value", [None, "x", []])
def test_what_is_no_learning_rate_is_a_type_error(value):
    with pytest.raises(TypeError, match="alpha must be a number"):
        _params.as_alpha("alpha", value)


@pytest.mark.parametrize("value", [0, 1e-3, 1, 7.5, np.float64(1e-4), np.int64(3)])
def test_sample_is_kept_as_given(value):
    assert _params.as_sample(value) is value


def test_no_sample_is_0():
    assert _params.as_sample(None) == 0


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf])
def test_sample_out_of_range_is_a_value_error(value):
    with pytest.raises(ValueError, match="sample must") as caught:
        _params.as_sample(value)
    assert "sample" in str(caught.value) and repr(value) in str(caught.value)


@pytest.mark.parametrize("value", ["x", [], object()])
def test_what_is_no_sample_is_a_type_error(value):
    with pytest.raises(TypeError, match="sample must be a number"):
        _params.as_sample(value)


def test_workers_are_taken_as_given_and_minus_one_is_all_cores():
    assert _params.as_workers(3) == 3
    assert _params.as_workers(-1) == _params.available_cores() >= 1


def test_cores_are_those_that_this_process_may_use():
    if hasattr(os, "sched_getaffinity"):
        allowed = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {min(allowed)})
            assert _params.available_cores() == 1
        finally:
            os.sched_setaffinity(0, allowed)
        assert _params.available_cores() == len(allowed)
    else:
        assert _params.available_cores() == (os.cpu_count() or 1)


@pytest.mark.parametrize("value", [0, -2, 1.5])
def test_workers_out_of_range_are_a_value_error(value):
    with pytest.raises(ValueError, match=rf"workers must be .*, got {value}"):
        _params.as_workers(value)


# ---- through the constructor ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("vector_size", 0, ValueError),
        ("vector_size", -5, ValueError),
        ("vector_size", 2.5, ValueError),
        ("vector_size", "big", TypeError),
        ("vector_size", None, TypeError),
        ("window", 0, ValueError),
        ("window", -1, ValueError),
        ("window", None, TypeError),
        ("negative", -1, ValueError),
        ("negative", 1.5, ValueError),
        ("negative", None, TypeError),
        ("workers", 0, ValueError),
        ("workers", -2, ValueError),
        ("workers", "all", TypeError),
        ("batch_words", 0, ValueError),
        ("batch_words", None, TypeError),
        ("alpha", -0.1, ValueError),
        ("alpha", 1e30, ValueError),
        ("alpha", math.nan, ValueError),
        ("alpha", "high", TypeError),
        ("min_alpha", math.inf, ValueError),
        ("min_alpha", None, TypeError),
        ("sample", -1, ValueError),
        ("sample", math.nan, ValueError),
        ("sample", "much", TypeError),
        ("sg", "yes", (TypeError, ValueError)),
        ("hs", None, TypeError),
        ("cbow_mean", "mean", (TypeError, ValueError)),
        ("min_count", "5", TypeError),
        ("ns_exponent", "x", TypeError),
        ("ns_exponent", math.nan, ValueError),
        ("epochs", 2.5, (TypeError, ValueError)),
        ("epochs", "3", TypeError),
        ("epochs", 0, ValueError),
        ("max_final_vocab", -1, ValueError),
        ("max_vocab_size", -3, ValueError),
        ("max_vocab_size", "a", TypeError),
        ("window", 2**40, ValueError),
        ("negative", 2**40, ValueError),
    ],
)
def test_a_bad_parameter_is_an_error_that_names_it_and_its_value(name, value, error):
    options = {"vector_size": 4, "min_count": 1, "workers": 1, name: value}
    with pytest.raises(error) as caught:
        Word2Vec([["a", "b", "c"]] * 5, **options)
    assert name in str(caught.value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("name", ["size", "iter", "corpus_iterable", "kernal"])
def test_an_unknown_parameter_is_a_type_error(name):
    with pytest.raises(TypeError, match=name):
        Word2Vec(**{name: 5})


def test_parameters_have_gensims_types_after_construction():
    model = Word2Vec(
        vector_size=8.0, window=3.0, workers=2.0, negative=4.0, batch_words=50.0, sg=True, hs=False,
        cbow_mean=True, alpha=1, min_alpha=0, shrink_windows=0, compute_loss=1,
    )  # fmt: skip
    for name in ("vector_size", "layer1_size", "window", "workers", "negative", "batch_words"):
        assert type(getattr(model, name)) is int
    for name in ("sg", "hs", "cbow_mean"):
        assert type(getattr(model, name)) is int
    assert (model.alpha, model.min_alpha) == (1.0, 0.0)
    assert type(model.alpha) is type(model.min_alpha) is float
    assert model.shrink_windows is False and model.compute_loss is True
    assert model.vector_size == model.layer1_size == model.wv.vector_size == 8


def test_parameters_that_gensim_keeps_as_given_stay_as_given():
    given = {
        "epochs": 7, "min_count": 2, "sample": 1e-4, "seed": 42, "ns_exponent": 0.5,
        "max_vocab_size": 10**6, "max_final_vocab": 99, "null_word": 1, "sorted_vocab": 0,
        "comment": "mine", "hashfxn": len,
    }  # fmt: skip
    model = Word2Vec(**given)
    assert {name: getattr(model, name) for name in given} == given


def test_all_cores_work_for_minus_one():
    assert Word2Vec(workers=-1).workers == _params.available_cores()


# ---- kernel --------------------------------------------------------------------------------------

MISSING = sorted(set(KERNEL_NAMES) - set(available_kernels()))


@pytest.mark.parametrize("name", ["auto", *available_kernels()])
def test_a_kernel_that_runs_here_is_taken_and_kept_as_given(name, monkeypatch):
    monkeypatch.delenv("FASTSGNS_KERNEL", raising=False)
    model = Word2Vec(kernel=name)
    assert model.kernel == name
    assert model._kernel_name() == resolve_kernel(name)


@pytest.mark.parametrize("name", ["", "simd", "AVX2", "gensim"])
def test_an_unknown_kernel_is_a_value_error_that_lists_what_is_allowed(name):
    with pytest.raises(ValueError, match="kernel must be one of") as caught:
        Word2Vec(kernel=name)
    for allowed in ("auto", *KERNEL_NAMES, name):
        assert repr(allowed) in str(caught.value)


@pytest.mark.parametrize("name", MISSING)
def test_a_kernel_that_does_not_run_here_is_a_runtime_error_that_says_what_lacks_it(name):
    with pytest.raises(RuntimeError, match=f"this (build|processor) lacks the kernel '{name}'"):
        Word2Vec(kernel=name)


@pytest.mark.parametrize("value", [None, 1, b"blas", ["blas"], True])
def test_a_kernel_that_is_no_str_is_a_type_error_with_name_and_value(value):
    with pytest.raises(TypeError, match="kernel must be a str") as caught:
        Word2Vec(kernel=value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("name", available_kernels())
def test_the_environment_takes_the_place_of_auto_only(name, monkeypatch):
    monkeypatch.setenv("FASTSGNS_KERNEL", name)
    model = Word2Vec()
    assert (model.kernel, model._kernel_name()) == ("auto", name)
    for asked in available_kernels():
        assert Word2Vec(kernel=asked)._kernel_name() == asked
    monkeypatch.delenv("FASTSGNS_KERNEL")
    assert model._kernel_name() == resolve_kernel("auto")


@pytest.mark.parametrize("name", ["", "auto"])
def test_an_environment_that_names_no_kernel_leaves_auto(name, monkeypatch):
    monkeypatch.setenv("FASTSGNS_KERNEL", name)
    assert Word2Vec()._kernel_name() == resolve_kernel("auto")


def test_a_wrong_kernel_in_the_environment_is_an_error_for_auto_only(monkeypatch):
    monkeypatch.setenv("FASTSGNS_KERNEL", "simd")
    with pytest.raises(ValueError, match=r"kernel must be one of.*got 'simd'"):
        Word2Vec()
    assert Word2Vec(kernel="blas")._kernel_name() == "blas"
    for name in MISSING:
        monkeypatch.setenv("FASTSGNS_KERNEL", name)
        with pytest.raises(RuntimeError, match=f"lacks the kernel '{name}'"):
            Word2Vec()


def test_the_environment_decides_what_trains(monkeypatch):
    """Equal bytes, and with "blas" other ones than with the fast kernels."""
    sentences = [["a", "b", "c"]] * 20
    options = {"vector_size": 4, "min_count": 1, "workers": 1, "sample": 0}
    for name in available_kernels():
        asked = Word2Vec(sentences, kernel=name, **options).wv.vectors
        monkeypatch.setenv("FASTSGNS_KERNEL", name)
        assert np.array_equal(Word2Vec(sentences, **options).wv.vectors, asked)
        blas = Word2Vec(sentences, kernel="blas", **options).wv.vectors
        assert np.array_equal(blas, asked) == (name == "blas")


# ---- shared_negatives ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kept"),
    [("auto", "auto"), (True, True), (False, False), (1, True), (0, False), (np.True_, True)],
)
def test_shared_negatives_are_kept_as_auto_or_a_bool(value, kept):
    assert Word2Vec(shared_negatives=value).shared_negatives is kept


@pytest.mark.parametrize("value", [None, "yes", "True", "", 2, -1, 0.5, b"auto", []])
def test_other_shared_negatives_are_a_value_error_with_name_and_value(value):
    with pytest.raises(
        ValueError, match="shared_negatives must be True, False or 'auto'"
    ) as caught:
        Word2Vec(shared_negatives=value)
    assert repr(value) in str(caught.value)


def test_an_array_is_no_value_for_shared_negatives():
    with pytest.raises((TypeError, ValueError)):
        Word2Vec(shared_negatives=np.zeros(3))
