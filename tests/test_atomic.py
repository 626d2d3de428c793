"""Calls that change a model change all of it or nothing, wherever they are interrupted."""

import copy
import functools
import io
import signal
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import fastsgns
from fastsgns import KeyedVectors, Word2Vec
from fastsgns._atomic import all_or_nothing
from fastsgns.io import interrupts

PACKAGE = str(Path(fastsgns.__file__).parent)
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


@pytest.fixture(autouse=True)
def same_errstate():
    """Have NumPy handle errors as before: `errstate` may be interrupted at its end."""
    with np.errstate():
        yield


def handlers_wait():
    handler = signal.getsignal(signal.SIGINT)
    return getattr(handler, "__func__", None) is interrupts.deferred._note


class Tracer:
    """Counts instructions of ours that are run, and raises before the `at`-th.

    Where handlers of signals wait, before the next one where they do not.
    """

    def __init__(self, at, error):
        self.n, self.at, self.error = 0, at, error

    def __call__(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            self.n += 1
            if self.n >= self.at > 0 and not handlers_wait():
                sys.settrace(None)
                raise self.error
        return self


def instructions(call, at=0, error=KeyboardInterrupt):
    """Call, and raise before the `at`-th instruction; return how many were run until the end."""
    before, tracer = sys.gettrace(), Tracer(at, error)
    sys.settrace(tracer)
    try:
        call()
    except error:
        if tracer.n < at:
            raise
    finally:
        sys.settrace(before)
    return tracer.n


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


@functools.cache
def first_model():
    return Word2Vec(SENTENCES, **OPTIONS)


def made_model():
    return copy.deepcopy(first_model())


@functools.cache
def other_model():
    return Word2Vec(MORE, **OPTIONS)


def made_vectors(dtype=np.float32):
    kv = KeyedVectors(3)
    kv.add_vectors(["a", "b"], np.array([[1, 2, 3], [4, 5, 6]]))
    kv = kv.astype(dtype)
    kv.set_vecattr("a", "count", 1)
    kv.set_vecattr("b", "count", 5)
    return kv


def with_lengths(dtype=np.float32):
    kv = made_vectors(dtype)
    kv.fill_norms()
    return kv


def integers():
    kv = KeyedVectors(3, dtype=np.int32)
    kv.add_vectors(["a", "b"], np.array([[1, 2, 3], [4, 5, 6]], np.int32))
    return kv


def with_empty_rows(dtype=np.float32):
    kv = KeyedVectors(3, 4, dtype=dtype)
    kv.add_vector("a", [1, 2, 3])
    kv.fill_norms()
    return kv


def with_keys_by_hand():
    kv = with_lengths()
    kv.index_to_key.append("c")
    kv.key_to_index["c"] = 2
    return kv


TEXT = b"2 3\nb 7 8 9\nz 1 1 1\n"


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
    "scan_vocab": (made_model, lambda m: m.scan_vocab(MORE)),
    "create_binary_tree": (made_model, lambda m: m.create_binary_tree()),
    "make_cum_table": (made_model, lambda m: m.make_cum_table()),
    "update_weights": (made_model, lambda m: m.update_weights()),
    "remove, of a model": (made_model, lambda m: m.remove("d")),
    "restrict, of a model": (made_model, lambda m: m.restrict(["a", "b"])),
    "init_sims, of a model": (made_model, lambda m: m.init_sims(replace=True)),
    "add_vectors, in place": (
        with_lengths,
        lambda kv: kv.add_vectors(["b", "a"], np.zeros((2, 3)), {"count": [7, 8]}, replace=True),
    ),
    "add_vector": (made_vectors, lambda kv: kv.add_vector("c", [7, 8, 9])),
    "add_vector, in a row of its own": (with_empty_rows, lambda kv: kv.add_vector("c", [7, 8, 9])),
    "wv[key]": (with_lengths, lambda kv: kv.__setitem__("b", [7, 8, 9])),
    "wv[key], int8": (lambda: with_lengths("int8"), lambda kv: kv.__setitem__("b", [7, 8, 9])),
    "wv[key], new": (with_lengths, lambda kv: kv.__setitem__("c", [7, 8, 9])),
    "wv[keys]": (with_lengths, lambda kv: kv.__setitem__(["a", "c"], np.zeros((2, 3)))),
    "fill_norms": (made_vectors, lambda kv: kv.fill_norms()),
    "unit_normalize_all": (made_vectors, lambda kv: kv.unit_normalize_all()),
    "unit_normalize_all, float16": (
        lambda: with_lengths("float16"),
        lambda kv: kv.unit_normalize_all(),
    ),
    "unit_normalize_all, int8": (lambda: with_lengths("int8"), lambda kv: kv.unit_normalize_all()),
    "unit_normalize_all, integers": (integers, lambda kv: kv.unit_normalize_all()),
    "init_sims": (made_vectors, lambda kv: kv.init_sims(replace=True)),
    "set_vecattr": (made_vectors, lambda kv: kv.set_vecattr("b", "count", 9)),
    "set_vecattr, new": (made_vectors, lambda kv: kv.set_vecattr("b", "note", "x")),
    "set_vecattr, longer": (with_keys_by_hand, lambda kv: kv.set_vecattr("c", "count", 9)),
    "allocate_vecattrs": (
        with_keys_by_hand,
        lambda kv: kv.allocate_vecattrs(["count", "more"], [int, float]),
    ),
    "resize_vectors": (with_keys_by_hand, lambda kv: kv.resize_vectors()),
    "remove": (with_lengths, lambda kv: kv.remove("a")),
    "restrict": (with_lengths, lambda kv: kv.restrict("b")),
    "intersect_word2vec_format": (
        with_lengths,
        lambda kv: kv.intersect_word2vec_format(io.BytesIO(TEXT), lockf=0.5),
    ),
    "intersect_word2vec_format, int8": (
        lambda: with_lengths("int8"),
        lambda kv: kv.intersect_word2vec_format(io.BytesIO(TEXT), lockf=0.5),
    ),
}  # fmt: skip

#: Of these there is no file: weights are prepared, or attributes made longer, by another call.
NOT_TO_BE_SAVED = {
    "add_null_word",
    "add_vector, in a row of its own",
    "allocate_vecattrs",
    "set_vecattr, longer",
}

#: And these come out as what was there, but for what `state` leaves out.
SAME = {"scan_vocab", "create_binary_tree", "make_cum_table", "update_weights"}

#: As many instants of each call are tried; of most calls on vectors all.
N_INSTANTS = 300


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_is_interrupted_at_any_instruction_changes_nothing_or_all(name, tmp_path):
    make, call = CALLS[name]
    thing = make()
    before = state(thing)
    n = instructions(lambda: call(thing))
    after = state(thing)
    assert n > 2 and (before != after or name in SAME)
    for number, at in enumerate(range(1, n, max(1, n // N_INSTANTS))):
        thing = make()
        error = MemoryError if number % 5 == 3 else KeyboardInterrupt
        instructions(lambda thing=thing: call(thing), at, error)
        assert state(thing) in (before, after), f"instruction {at} of {n}"
    if name not in NOT_TO_BE_SAVED:
        thing.save(tmp_path / "saved")
        type(thing).load(tmp_path / "saved")
    if state(thing) == before:
        call(thing)


def test_lengths_are_those_of_the_vectors_wherever_a_matrix_is_replaced():
    n = instructions(lambda: setattr(with_lengths(), "vectors", np.zeros((2, 3), np.float32)))
    for at in range(1, n):
        kv = with_lengths()
        instructions(lambda kv=kv: setattr(kv, "vectors", np.zeros((2, 3), np.float32)), at)
        assert kv.norms is None or kv.vectors.any()


def test_what_is_changed_in_place_is_put_back_where_it_is_named():
    numbers, words, rows = np.arange(6).reshape(3, 2), ["a", "b"], {"a": 0}
    first = slice(1)
    places = [(numbers, [2, 0]), (numbers, first), (words, first), (rows, "a"), (rows, "b")]

    def change():
        with all_or_nothing(places=places):
            numbers[[0, 2]] = 9
            words[:1] = ["x"]
            rows["a"], rows["b"] = 5, 6
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change()
    assert (numbers.tolist(), words, rows) == ([[0, 1], [2, 3], [4, 5]], ["a", "b"], {"a": 0})


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


def test_a_second_signal_waits_until_all_is_put_back():
    class Rows(list):
        def __setitem__(self, at, value):
            super().__setitem__(at, value)
            signal.raise_signal(signal.SIGINT)

    first, second = Rows([1]), [1]

    def change():
        with all_or_nothing(places=[(first, 0), (second, 0)]):
            list.__setitem__(first, 0, 2)
            second[0] = 2
            raise ValueError

    with pytest.raises(KeyboardInterrupt):
        change()
    assert (first, second) == ([1], [1])
