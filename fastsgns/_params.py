"""Engine room: what values the parameters of training may take."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from numbers import Real
from typing import Any

import numpy as np

from fastsgns._shown import shown

#: What a trim rule(word, count, limit) may answer: the count decides, the word goes, or it stays.
RULE_DEFAULT = 0
RULE_DISCARD = 1
RULE_KEEP = 2
TrimRule = Callable[[Any, int, int], int]

#: The largest learning rate that is taken: far beyond any that trains (1 already diverges), it
#: catches slips such as 1e30.
MAX_ALPHA = 100.0

#: No kernel has a longer name: of what has, so much is in the message.
MAX_KERNEL_NAME = 100

#: Where an encoded corpus may be kept.
CORPUS_CACHES = ("auto", "memory", "disk", "off")

#: Threads that a model may ask for: more than any machine has cores, far fewer than 10**9.
MAX_WORKERS = 4096

#: The elements of an array that gets a file of its own in gensim's format, by default: gensim's.
SEP_LIMIT = 10 * 1024**2

#: The largest integer that the kernels take for a size or a count.
MAX_INT = 2**31 - 1

#: The methods of a callback.
_MOMENTS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")


def as_int(name: str, value: Any, *, at_least: int | None, at_most: int = MAX_INT) -> int:
    """Return an integer parameter; integral floats (8.0) are taken, as many programs pass them."""
    try:
        if isinstance(value, (str, bytes)):  # "5" is no integer here, as it is none in arithmetic
            raise TypeError
        number = int(value)
        integral = number == value
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an integer, got {shown(value)}") from None
    except OverflowError:
        integral = False
        number = 0
    if not integral or number > at_most or (at_least is not None and number < at_least):
        allowed = "an integer" if at_least is None else f"an integer >= {at_least}"
        allowed += f" and <= {at_most}" if number > at_most else ""
        raise ValueError(f"{name} must be {allowed}, got {shown(value)}")
    return number


def as_optional_int(name: str, value: Any) -> Any:
    """Return an integer parameter >= 0 as given, or None."""
    if value is not None:
        as_int(name, value, at_least=0)
    return value


def as_count(name: str, value: Any) -> Any:
    """Return an integer parameter as given, of whatever sign: negative ones mean no bound."""
    if as_int(name, value, at_least=None) < -MAX_INT:
        raise ValueError(f"{name} must be >= {-MAX_INT}, got {shown(value)}")
    return value


def as_counts(word_freq: Any) -> dict[Any, Any]:
    """Return words and how often they come, as given: finite numbers >= 0."""
    counts: dict[Any, Any] = dict(word_freq)
    for word, count in counts.items():
        if not isinstance(count, (Real, np.number)):
            raise TypeError(f"the count of {shown(word)} must be a number, got {shown(count)}")
        if not 0 <= float(count) < math.inf:
            raise ValueError(
                f"the count of {shown(word)} must be >= 0 and finite, got {shown(count)}"
            )
    return counts


def as_corpus_cache(value: Any) -> str:
    """Return where an encoded corpus is to be kept."""
    if value not in CORPUS_CACHES:
        allowed = ", ".join(map(repr, CORPUS_CACHES))
        raise ValueError(f"corpus_cache must be one of {allowed}, got {shown(value)}")
    return str(value)


def corpus_cache_wanted(cache: str) -> str:
    """Return where to keep a corpus: FASTSGNS_CORPUS_CACHE, if it is set, in place of "auto".

    Raises
    ------
    ValueError
        The environment has something else than can be.
    """
    if cache != "auto":
        return cache
    wanted = os.environ.get("FASTSGNS_CORPUS_CACHE") or cache
    if wanted not in CORPUS_CACHES:
        allowed = ", ".join(CORPUS_CACHES)
        raise ValueError(
            f"the environment variable FASTSGNS_CORPUS_CACHE must be one of {allowed},"
            f" got {wanted!r}"
        )
    return wanted


def as_alpha(name: str, value: Any) -> float:
    """Return a learning rate: a finite float from 0 to `MAX_ALPHA`."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {shown(value)}") from None
    if not 0 <= number <= MAX_ALPHA:
        raise ValueError(f"{name} must be from 0 to {MAX_ALPHA:g}, got {shown(value)}")
    return number


def as_exponent(value: Any) -> Any:
    """Return the exponent of the noise distribution as given: any finite number."""
    try:
        finite = math.isfinite(value)
    except TypeError:
        raise TypeError(f"ns_exponent must be a number, got {shown(value)}") from None
    if not finite:
        raise ValueError(f"ns_exponent must be finite, got {shown(value)}")
    return value


def as_sample(value: Any) -> Any:
    """Return the subsampling parameter as given: finite and >= 0, or None, which is 0."""
    if value is None:
        return 0
    if not isinstance(value, (int, float)) and not hasattr(value, "__float__"):
        raise TypeError(f"sample must be a number, got {shown(value)}")
    if not 0 <= float(value) < math.inf:
        raise ValueError(f"sample must be >= 0, got {shown(value)}")
    return value


def as_workers(value: Any) -> int:
    """Return the number of threads; -1 stands for all cores that this process may use.

    differs from gensim: 0 or less trains nothing there, without a word.
    """
    number = as_int("workers", value, at_least=-1)
    if number == 0:
        raise ValueError("workers must be >= 1, or -1 for all cores, got 0")
    if number > MAX_WORKERS:
        raise ValueError(f"workers must be <= {MAX_WORKERS}, got {value!r}")
    return number if number > 0 else available_cores()


def checked(name: str, value: Any) -> Any:
    """Return the value of a parameter of `Word2Vec` as it is kept, whenever it was set.

    Raises
    ------
    TypeError, ValueError
        It cannot be, with the name, the value and what is allowed.
    """
    return CHECKS[name](value)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def kernel_wanted(kernel: str) -> str:
    """Return the kernel to take: FASTSGNS_KERNEL, if the environment has it, in place of "auto"."""
    return os.environ.get("FASTSGNS_KERNEL") or "auto" if kernel == "auto" else kernel


def resolved_kernel(kernel: str) -> str:
    """Return the kernel that is taken here: never "auto"."""
    from fastsgns._core import resolve_kernel

    return resolve_kernel(kernel_wanted(kernel)[:MAX_KERNEL_NAME])


def as_random_state(seed: Any) -> np.random.RandomState:
    """Return a random generator that begins with `seed`: all that NumPy's takes."""
    try:
        return np.random.RandomState(seed)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"seed must be an integer from 0 to 2**32 - 1, got {shown(seed)}"
        ) from None


def as_callbacks(callbacks: Any) -> tuple[Any, ...]:
    """Return callbacks, each an object with the methods of `CallbackAny2Vec`."""
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks must be an iterable of callbacks, got {shown(callbacks)}")
    kept = tuple(callbacks)
    for callback in kept:
        if isinstance(callback, type):
            raise TypeError(f"callbacks must be objects, got the class {callback.__qualname__}")
        if not any(hasattr(callback, moment) for moment in _MOMENTS):
            raise AttributeError(  # gensim's, too
                f"callbacks must have the methods {', '.join(_MOMENTS)}, got {shown(callback)}"
            )
    return kept


def as_kernel(value: Any) -> str:
    """Return the name of a kernel, "auto" included, that this build and this processor have.

    Raises ValueError for an unknown name, RuntimeError for a kernel that is not to be had here.
    """
    if not isinstance(value, str):
        raise TypeError(f"kernel must be a str, got {shown(value)}")
    resolved_kernel(value)
    return value


def as_shared_negatives(value: Any) -> bool | str:
    """Return True, False or "auto"."""
    if isinstance(value, str) and value == "auto":
        return value
    if value in (True, False):
        return bool(value)
    raise ValueError(f"shared_negatives must be True, False or 'auto', got {shown(value)}")


def check_saved(parameters: Mapping[str, Any]) -> None:
    """Raise ValueError or TypeError for the parameters of a saved model that none can have.

    Names that are not of the constructor, and what belongs to another machine (a kernel that this
    one lacks), pass.
    """
    for name, value in parameters.items():
        check = _OF_SAVED.get(name)
        if check is None or value is None:  # left out on saving
            continue
        try:
            check(name, value)
        except RuntimeError:  # a kernel of another machine
            continue


def _at_least(least: int) -> Callable[[str, Any], Any]:
    return lambda name, value: as_int(name, value, at_least=least)


def _unnamed(check: Callable[[Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, value: check(value)


def _instance(*kinds: type) -> Callable[[str, Any], Any]:
    def check(name: str, value: Any) -> None:
        if not isinstance(value, kinds):
            raise TypeError(f"{name} must be {kinds[0].__name__}, got {shown(value)}")

    return check


_OF_SAVED: dict[str, Callable[[str, Any], Any]] = {
    "vector_size": _at_least(1),
    "layer1_size": _at_least(1),
    "workers": _unnamed(as_workers),
    "epochs": as_count,
    "train_count": _at_least(0),
    "total_train_time": _instance(float, int),
    "batch_words": _at_least(1),
    "sg": _at_least(0),
    "alpha": as_alpha,
    "min_alpha": as_alpha,
    "window": _at_least(1),
    "hs": _at_least(0),
    "negative": _at_least(0),
    "ns_exponent": _unnamed(as_exponent),
    "cbow_mean": _at_least(0),
    "running_training_loss": _instance(float, int),
    "min_alpha_yet_reached": _instance(float, int),
    "corpus_count": _instance(int),
    "max_final_vocab": as_optional_int,
    "max_vocab_size": as_optional_int,
    "min_count": as_count,
    "effective_min_count": _instance(int, float),
    "sample": _unnamed(as_sample),
    "seed": _unnamed(as_random_state),
    "kernel": _unnamed(as_kernel),
    "shared_negatives": _unnamed(as_shared_negatives),
    "corpus_cache": _unnamed(as_corpus_cache),
    "history": _instance(list),
    "lifecycle_events": _instance(list, tuple, type(None)),
}


#: How each parameter of `Word2Vec` is checked that is not taken as it comes.
CHECKS: dict[str, Callable[[Any], Any]] = {
    "alpha": partial(as_alpha, "alpha"),
    "min_alpha": partial(as_alpha, "min_alpha"),
    "workers": as_workers,
    "kernel": as_kernel,
    "shared_negatives": as_shared_negatives,
    "corpus_cache": as_corpus_cache,
    "sample": as_sample,
    "ns_exponent": as_exponent,
    "min_count": partial(as_count, "min_count"),
    "max_final_vocab": partial(as_optional_int, "max_final_vocab"),
    "max_vocab_size": partial(as_optional_int, "max_vocab_size"),
    "vector_size": partial(as_int, "vector_size", at_least=1),
    "batch_words": partial(as_int, "batch_words", at_least=1),
    # differs from gensim: with window <= 0 its workers die and train() hangs.
    "window": partial(as_int, "window", at_least=1),
    "sg": partial(as_int, "sg", at_least=0),
    "hs": partial(as_int, "hs", at_least=0),
    "negative": partial(as_int, "negative", at_least=0),
    "cbow_mean": partial(as_int, "cbow_mean", at_least=0),
}

#: Those that a vocabulary depends on, and those that training does.
OF_VOCABULARY = (
    "corpus_cache", "hs", "max_final_vocab", "max_vocab_size", "min_count", "negative",
    "ns_exponent", "sample", "vector_size", "workers",
)  # fmt: skip
OF_TRAINING = (
    "alpha", "batch_words", "cbow_mean", "corpus_cache", "hs", "kernel", "min_alpha", "negative",
    "ns_exponent", "sample", "sg", "shared_negatives", "vector_size", "window", "workers",
)  # fmt: skip
