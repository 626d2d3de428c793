"""Calls that change a model change all of it or nothing, whatever line they are interrupted in."""

import functools
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import fastsgns
from fastsgns import KeyedVectors, Word2Vec
from fastsgns._atomic import all_or_nothing

PACKAGE = str(Path(fastsgns.__file__).parent)
MINE = str(Path(fastsgns.__file__).with_name("_atomic.py"))
TIMES = (
    "lifecycle_events",
    "random",
    "corpus",
    "total_train_time",
    "history",
    "raw_vocab",
    "_counted",
    "_scans",
)
SENTENCES = [["a", "b", "c", "d"], ["c", "b", "e"]] * 5
MORE = [["a", "x", "y"], ["x", "z", "e"]] * 5
OPTIONS = {"vector_size": 4, "min_count": 1, "workers": 1, "hs": 1}


def interrupted(call, at, error):
    """Call, and raise in the `at`-th line of ours that is run; say whether it came to that."""
    n_lines = 0

    def trace(frame, event, argument):
        nonlocal n_lines
        name = frame.f_code.co_filename
        if not name.startswith(PACKAGE) or name == MINE:
            return None
        if event == "line":
            n_lines += 1
            if n_lines == at:
                sys.settrace(None)
                raise error
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except error:
        return True
    finally:
        sys.settrace(before)
    return False


def state(thing):
    """Return all that a model or vectors have, less their diary, as values that can be compared."""
    found = {}
    for name, value in vars(thing).items():
        if name in TIMES or callable(value):
            continue
        if isinstance(value, np.ndarray):
            found[name] = value.tolist()
        elif name == "wv":
            found[name] = state(value)
        elif name == "expandos":
            found[name] = {
                attr: [np.asarray(v).tolist() for v in values] for attr, values in value.items()
            }
        else:
            found[name] = repr(value)
    return found


def made_model():
    return Word2Vec(SENTENCES, **OPTIONS)


@functools.cache
def other_model():
    return Word2Vec(MORE, **OPTIONS)


def made_vectors():
    kv = KeyedVectors(3)
    kv.add_vectors(["a", "b"], np.ones((2, 3)))
    kv.set_vecattr("a", "count", 1)
    kv.set_vecattr("b", "count", 5)
    return kv


CALLS = {
    "build_vocab": (made_model, lambda m: m.build_vocab(MORE)),
    "build_vocab, update": (made_model, lambda m: m.build_vocab(MORE, update=True)),
    "build_vocab_from_freq": (made_model, lambda m: m.build_vocab_from_freq({"x": 5, "a": 3})),
    "build_vocab_from_freq, update": (
        made_model,
        lambda m: m.build_vocab_from_freq(Counter("xxya"), update=True),
    ),
    "init_weights": (made_model, lambda m: m.init_weights()),
    "reset_from": (
        made_model,
        lambda m: m.reset_from(other_model()),
    ),
    "add_null_word": (made_model, lambda m: m.add_null_word()),
    "add_vectors": (made_vectors, lambda kv: kv.add_vectors(["c", "d"], np.zeros((2, 3)))),
    "add_vectors, replacing": (
        made_vectors,
        lambda kv: kv.add_vectors(
            ["a", "d"], np.zeros((2, 3)), {"count": [7, 8], "note": ["x", "y"]}, replace=True
        ),
    ),
    "sort_by_descending_frequency": (
        made_vectors,
        lambda kv: kv.sort_by_descending_frequency(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_is_interrupted_in_any_line_changes_nothing_or_all(name, error, tmp_path):
    make, call = CALLS[name]
    thing = make()
    before = state(thing)
    call(thing)
    after = state(thing)
    n_interrupted = 0
    for at in range(1, 2000, 1 if error is KeyboardInterrupt else 7):
        thing = make()
        if not interrupted(lambda thing=thing: call(thing), at, error):
            break
        n_interrupted += 1
        found = state(thing)
        assert found in (before, after), f"line {at}"
    assert n_interrupted >= 2
    if name != "add_null_word":  # weights are prepared by another call
        thing.save(tmp_path / "saved")
        type(thing).load(tmp_path / "saved")
    call(thing)


def test_what_the_block_adds_takes_out_and_replaces_is_undone():
    class Thing:
        pass

    thing = Thing()
    thing.kept, thing.gone, thing.numbers, thing.by_name = 1, 2, [1, 2], {"a": 1}
    numbers = thing.numbers

    def change():
        with all_or_nothing(thing):
            thing.kept, thing.new = 5, 6
            del thing.gone
            thing.numbers.append(3)
            thing.by_name["b"] = 2
            thing.numbers = []
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change()
    assert vars(thing) == {"kept": 1, "gone": 2, "numbers": [1, 2], "by_name": {"a": 1}}
    assert thing.numbers is numbers
