"""What `Word2Vec.train` promises: arguments, returns, resuming, failures, loss and logs."""

from __future__ import annotations

import gc
import json
import logging
import re
import signal
import threading
import weakref

import numpy as np
import pytest
from processes import run_python
from waiting import wait_until

import fastsgns.training.draws
import fastsgns.training.workers
from fastsgns import Word2Vec
from fastsgns._core import available_kernels, resolve_kernel
from fastsgns.callbacks import CallbackAny2Vec

# gensim's own arithmetic, and the fastest.
KERNELS = ["blas", resolve_kernel("auto")]
ALL_KERNELS = available_kernels()
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1, "sample": 0}
NEVER = 1e6  # seconds to a report: whoever waited for it would hang


def zipf(n_sentences: int = 60, n_words: int = 40, seed: int = 0):
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, n_words + 1)
    return [
        [f"w{i}" for i in rng.choice(n_words, rng.integers(0, 15), p=share / share.sum())]
        for _ in range(n_sentences)
    ]


SENTENCES = zipf()
N_WORDS = sum(map(len, SENTENCES))


def built(**options) -> Word2Vec:
    model = Word2Vec(**OPTIONS | options)
    model.build_vocab(SENTENCES)
    return model


def weights(model: Word2Vec) -> list[bytes]:
    names = ("syn1neg", "syn1")
    return [model.wv.vectors.tobytes()] + [
        getattr(model, name).tobytes() for name in names if hasattr(model, name)
    ]


class StopAfter(CallbackAny2Vec):
    """Raise at the end of the nth epoch."""

    def __init__(self, n: int) -> None:
        self.n = n

    def on_epoch_end(self, model):
        self.n -= 1
        if not self.n:
            raise InterruptedError("enough")


def messages(caplog, level: int) -> list[str]:
    return [
        r.getMessage()
        for r in caplog.records
        if r.levelno == level and r.name == "fastsgns.word2vec"
    ]


# ---- what is checked, in gensim's order ----------------------------------------------------------

FAILING_CALLS = {
    "no objective": ({"hs": 0, "negative": 0}, {}, "hs.*negative"),
    "no vocabulary": ({"min_count": 10**6}, {}, "you must first build vocabulary"),
    "no totals": ({}, {"epochs": 3}, "total_examples or total_words"),
    "totals of 0": ({}, {"total_examples": 0, "total_words": 0}, "total_examples or total_words"),
    "no epochs": ({}, {"total_examples": 5}, "epochs"),
    "0 epochs": ({}, {"total_examples": 5, "epochs": 0}, "epochs"),
    "negative epochs": ({}, {"total_words": 5, "epochs": -1}, "epochs"),
    "no corpus": ({}, {"total_words": 5, "epochs": 1, "corpus_iterable": None}, "corpus"),
    "two corpora": ({}, {"total_words": 5, "epochs": 1, "corpus_file": "x.txt"}, "corpus"),
    "a number": ({}, {"total_words": 5, "epochs": 1, "corpus_iterable": 5}, "iterable"),
    "unknown argument": ({}, {"total_words": 5, "epochs": 1, "iter": 3}, "iter"),
}


@pytest.mark.parametrize("case", FAILING_CALLS)
def test_errors_are_gensims(case):
    word2vec = pytest.importorskip("gensim.models.word2vec")
    options, arguments, message = FAILING_CALLS[case]
    arguments = {"corpus_iterable": SENTENCES} | arguments
    kinds = []
    for cls in (word2vec.Word2Vec, Word2Vec):
        model = cls(**OPTIONS | options)
        model.build_vocab(SENTENCES)
        if cls is Word2Vec:
            del model.corpus
        with pytest.raises((TypeError, ValueError, RuntimeError)) as caught:
            model.train(**arguments)
        kinds.append(type(caught.value))
    assert kinds[0] is kinds[1]
    assert re.search(message, str(caught.value), re.DOTALL)


def test_the_first_thing_that_is_wrong_is_named():
    """Each call lacks everything that the later ones are reproached with."""
    model = Word2Vec(hs=0, negative=0)
    with pytest.raises(ValueError, match="hs=0 and negative=0"):
        model.train()
    model = Word2Vec()
    with pytest.raises(RuntimeError, match="you must first build vocabulary"):
        model.train()
    model = built()
    del model.corpus
    vectors, model.wv.vectors = model.wv.vectors, np.zeros((0, 8), np.float32)
    with pytest.raises(RuntimeError, match="you must initialize vectors"):
        model.train()
    model.wv.vectors = vectors
    with pytest.raises(ValueError, match="You must specify either total_examples or total_words"):
        model.train()
    with pytest.raises(ValueError, match="You must specify an explicit epochs count"):
        model.train(total_examples=5)
    with pytest.raises(TypeError, match="corpus"):
        model.train(total_examples=5, epochs=1)


def test_warnings_come_before_errors_in_gensims_order(caplog):
    model = Word2Vec(hs=1, negative=5)
    model.min_alpha_yet_reached = 0.001
    with pytest.raises(RuntimeError):
        model.train(SENTENCES)
    first, second = messages(caplog, logging.WARNING)
    assert "Both hierarchical softmax and negative sampling are activated." in first
    assert "Effective 'alpha' higher than previous training cycles" in second


def test_a_second_train_warns_of_a_higher_alpha_as_in_gensim(caplog):
    model = built()
    model.train(SENTENCES, total_examples=60, epochs=2)
    assert not messages(caplog, logging.WARNING)
    model.train(SENTENCES, total_examples=60, epochs=2, start_alpha=0.03)
    assert len(messages(caplog, logging.WARNING)) == 1
    assert "Effective 'alpha' higher than previous training cycles" in caplog.text


def test_a_second_train_with_a_lower_alpha_does_not_warn(caplog):
    model = built(min_alpha=0.01)
    model.train(SENTENCES, total_examples=60, epochs=1)
    model.train(
        SENTENCES, total_examples=60, epochs=1, start_alpha=model.min_alpha_yet_reached,
        end_alpha=0.001,
    )  # fmt: skip
    assert not messages(caplog, logging.WARNING)


def test_arguments_are_kept_even_when_the_call_fails():
    """As gensim's: alpha and epochs are set before anything is checked."""
    model = built()
    with pytest.raises(ValueError, match="epochs"):
        model.train(SENTENCES, total_examples=5, start_alpha=0.5, end_alpha=0.25)
    assert (model.alpha, model.min_alpha, model.epochs) == (0.5, 0.25, None)


def test_rates_of_0_count_as_not_given():
    model = built()
    model.train(SENTENCES, total_examples=60, epochs=1, start_alpha=0, end_alpha=0)
    assert (model.alpha, model.min_alpha) == (0.025, 0.0001)


@pytest.mark.parametrize("name", ["start_alpha", "end_alpha"])
@pytest.mark.parametrize("value", [-1, 1e30, float("nan")])
def test_a_rate_out_of_range_is_a_value_error_that_names_it(name, value):
    with pytest.raises(ValueError, match=name):
        built().train(SENTENCES, total_examples=60, epochs=1, **{name: value})


def test_an_unfinished_check_leaves_no_trace_in_history():
    model = built()
    with pytest.raises(ValueError, match="epochs"):
        model.train(SENTENCES, total_examples=60)
    assert model.history == [] and model.train_count == 0


# ---- what is returned and kept -------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"sample": 0.01}, {"sample": 0.01, "sg": 1, "batch_words": 50}, {"min_count": 4}],
    ids=str,
)
@pytest.mark.parametrize("by", ["examples", "words", "too many"])
def test_returns_and_counters_are_gensims(options, by):
    word2vec = pytest.importorskip("gensim.models.word2vec")
    total = {
        "examples": {"total_examples": 60},
        "words": {"total_words": N_WORDS},
        "too many": {"total_words": 3 * N_WORDS},
    }[by]
    returned, kept = [], []
    for cls in (word2vec.Word2Vec, Word2Vec):
        ours = {"kernel": "blas"} if cls is Word2Vec else {}
        model = cls(**OPTIONS | options | ours)
        model.build_vocab(SENTENCES)
        returned.append(model.train(SENTENCES, epochs=3, start_alpha=0.05, **total))
        names = ("min_alpha_yet_reached", "alpha", "min_alpha", "epochs", "train_count")
        kept.append({name: getattr(model, name) for name in names})
        assert model.total_train_time > 0
    assert returned[0] == returned[1]
    assert kept[0] == kept[1]


def test_train_returns_effective_and_raw_words_of_all_epochs():
    sentences = [["a", "b", "rare"], ["a", "b"]]
    model = Word2Vec(**OPTIONS | {"min_count": 2})
    model.build_vocab(sentences)
    assert model.train(sentences, total_examples=2, epochs=3) == (12, 15)


def test_a_sentence_of_any_length_is_trained_whole():
    sentences = [["a", "b"] * 12_500]
    model = Word2Vec(**OPTIONS | {"window": 1, "vector_size": 2})
    model.build_vocab(sentences)
    assert model.train(sentences, total_examples=1, epochs=1) == (25_000, 25_000)


def test_jobs_larger_than_gensims_lose_no_word():
    sentences = [["a"]] * 15_000
    model = Word2Vec(**OPTIONS | {"batch_words": 20_000, "vector_size": 2})
    model.build_vocab(sentences)
    assert model.train(sentences, total_examples=15_000, epochs=1) == (15_000, 15_000)


@pytest.mark.parametrize("wrap", [iter, tuple, lambda s: (x for x in s), lambda s: map(list, s)])
def test_an_iterator_is_read_once_and_trains_all_epochs(wrap):
    one, other = built(), built()
    expected = one.train(SENTENCES, total_examples=60, epochs=4)
    assert other.train(wrap(SENTENCES), total_examples=60, epochs=4) == expected
    assert expected[1] == 4 * N_WORDS
    assert weights(one) == weights(other)


@pytest.mark.parametrize(
    "convert", [np.array, tuple, lambda tokens: dict(enumerate(tokens)).values()]
)
def test_sentences_may_be_any_sized_collections(convert):
    one, other = built(), built()
    filled = [s for s in SENTENCES if s]
    one.train(filled, total_examples=60, epochs=1)
    other.train([convert(s) for s in filled], total_examples=60, epochs=1)
    assert weights(one) == weights(other)


def test_a_file_trains_as_its_lines(tmp_path):
    path = tmp_path / "corpus.txt"
    filled = [s for s in SENTENCES if s]
    path.write_text("\n".join(map(" ".join, filled)), encoding="utf-8")
    one, other = built(), built()
    one.train(filled, total_words=N_WORDS, epochs=2)
    other.train(corpus_file=path, total_words=N_WORDS, epochs=2)
    assert weights(one) == weights(other)


def test_unknown_words_are_ignored():
    model = built()
    n_words = model.train(
        [["unheard", "of"], [], ["w0", "unheard", "w1"]], total_examples=3, epochs=1
    )
    assert n_words == (2, 5)


def test_a_wrong_total_is_warned_of_with_both_figures(caplog):
    model = built()
    model.train(SENTENCES, total_examples=50, epochs=1)
    (warning,) = messages(caplog, logging.WARNING)
    assert "supplied example count (60) did not equal expected count (50)" in warning
    caplog.clear()
    model.alpha = model.min_alpha_yet_reached
    model.train(SENTENCES, total_words=7, epochs=1)
    (warning,) = messages(caplog, logging.WARNING)
    assert f"supplied raw word count ({N_WORDS}) did not equal expected count (7)" in warning


def test_nothing_to_read_is_warned_of_in_the_first_train_only(caplog):
    model = built()
    assert model.train((), total_examples=1, epochs=1) == (0, 0)
    assert "train() called with an empty iterator" in caplog.text
    caplog.clear()
    assert model.train((), total_examples=1, epochs=1) == (0, 0)
    assert "empty iterator" not in caplog.text


@pytest.mark.parametrize("n_workers", [1, 2, 8])
@pytest.mark.parametrize("position", [0, 1, 30, 59])
def test_an_iterator_that_raises_does_so_in_the_caller_at_once(n_workers, position):
    def broken():
        for index, sentence in enumerate(SENTENCES):
            if index == position:
                raise LookupError(f"at {position}")
            yield sentence

    model = built(workers=n_workers)
    before = weights(model)
    n_threads = threading.active_count()
    with pytest.raises(LookupError, match=f"at {position}"):
        model.train(broken(), total_examples=60, epochs=3, report_delay=NEVER)
    with pytest.raises(LookupError, match=f"at {position}"):
        Word2Vec(broken(), **OPTIONS | {"workers": n_workers})
    assert threading.active_count() == n_threads
    assert weights(model) == before
    assert model.train(SENTENCES, total_examples=60, epochs=1)[1] == N_WORDS


@pytest.mark.parametrize("sentences", [[["w0"], 5], [["w0"], ["w1", {}]], [["w0"], None]])
def test_a_sentence_that_cannot_be_read_is_a_type_error_that_names_it(sentences):
    with pytest.raises(TypeError) as caught:
        built().train(sentences, total_examples=2, epochs=1)
    assert any("sentence 1" in note for note in caught.value.__notes__)


# ---- without a corpus: the remembered one --------------------------------------------------------


def test_after_a_finished_construction_there_is_nothing_to_do(caplog):
    model = Word2Vec(SENTENCES, epochs=3, **OPTIONS)
    before, n_entries = weights(model), len(model.history)
    with caplog.at_level(logging.INFO):
        assert model.train() == (0, 0)
    assert any("nothing to train" in m and "3 of 3" in m for m in messages(caplog, logging.INFO))
    assert weights(model) == before
    assert len(model.history) == n_entries == 3


def test_a_built_model_trains_its_epochs_over_the_remembered_corpus():
    one, other = built(epochs=3), built(epochs=3)
    expected = one.train(SENTENCES, total_examples=60, epochs=3)
    assert other.train() == expected
    assert weights(one) == weights(other)
    assert other.train() == (0, 0)


def test_train_with_epochs_trains_so_many_more():
    model = Word2Vec(SENTENCES, epochs=2, **OPTIONS)
    assert model.train(epochs=3) == (3 * N_WORDS, 3 * N_WORDS)
    assert len(model.history) == 5
    assert model.train() == (0, 0)
    assert model.train(epochs=1)[1] == N_WORDS


def test_the_epochs_trained_with_the_same_sentences_given_count_too():
    model = built(epochs=3)
    model.train(SENTENCES, total_examples=60, epochs=3)
    assert model.train() == (0, 0)


def test_more_epochs_asked_for_later_are_trained():
    model = Word2Vec(SENTENCES, epochs=2, **OPTIONS)
    model.epochs = 5
    assert model.train()[1] == 3 * N_WORDS


def test_the_remembered_corpus_takes_all_arguments_of_train():
    seen = []

    class Look(CallbackAny2Vec):
        def on_epoch_end(self, model):
            seen.append(model.get_latest_training_loss())

    model = built()
    model.train(
        epochs=2, start_alpha=0.5, end_alpha=0.1, compute_loss=True, callbacks=[Look()],
        total_words=2 * N_WORDS,
    )  # fmt: skip
    assert len(seen) == 2 and seen[1] > seen[0] > 0
    assert [e["alpha_first"] for e in model.history] == pytest.approx([0.5, 0.3])
    assert (model.alpha, model.min_alpha, model.epochs) == (0.5, 0.1, 2)


@pytest.mark.parametrize("totals", [{"total_examples": 0}, {"total_words": 0}])
def test_a_total_of_0_for_the_remembered_corpus_is_a_value_error(totals):
    model = built()
    for epochs in (None, 2):
        with pytest.raises(ValueError, match="You must specify either total_examples or"):
            model.train(epochs=epochs, **totals)


def test_the_epochs_of_the_remembered_corpus_may_be_any_whole_number():
    assert built().train(epochs=2.0) == built().train(epochs=2)
    with pytest.raises((TypeError, ValueError), match=r"2\.5"):
        built().train(epochs=2.5)


@pytest.mark.parametrize("epochs", [0, -2])
def test_no_epochs_over_the_remembered_corpus_is_a_value_error(epochs):
    with pytest.raises(ValueError, match="epochs"):
        built().train(epochs=epochs)


def test_a_released_corpus_is_gone_and_its_memory_too():
    model = built()
    watch = weakref.ref(model.corpus)
    del model.corpus
    gc.collect()
    assert watch() is None and model.corpus is None
    with pytest.raises(ValueError, match="total_examples or total_words"):
        model.train()
    with pytest.raises(TypeError, match="corpus"):
        model.train(total_examples=60, epochs=1)
    assert model.train(SENTENCES, total_examples=60, epochs=1)[1] == N_WORDS


def test_other_sentences_do_not_count_as_epochs_of_the_remembered_corpus():
    model = built(epochs=2)
    model.train(SENTENCES[:10], total_examples=10, epochs=2)
    assert model.corpus.n_sentences == 60
    model.epochs = 2
    assert model.train()[1] == 2 * N_WORDS


# ---- interrupted ---------------------------------------------------------------------------------

RESUMED = [{"kernel": kernel, "sample": 0.01, "batch_words": 60} for kernel in ALL_KERNELS]
RESUMED += [options | {"sg": 1, "shared_negatives": True} for options in RESUMED]


@pytest.mark.parametrize("options", RESUMED, ids=str)
@pytest.mark.parametrize("n_done", [1, 2, 3, 4])
@pytest.mark.parametrize("how", ["train()", "train(epochs=4)", "train(sentences)", "constructor"])
def test_training_interrupted_between_epochs_goes_on_to_the_same_bytes(n_done, how, options):
    whole = built(epochs=4, **options)
    whole.train()
    if how == "constructor":
        kept = []

        class Keep(StopAfter):
            def on_train_begin(self, model):
                kept.append(model)

        with pytest.raises(InterruptedError):
            Word2Vec(SENTENCES, epochs=4, callbacks=[Keep(n_done)], **OPTIONS | options)
        (model,) = kept
    else:
        model = built(epochs=4, **options)
        given = {
            "train()": {},
            "train(epochs=4)": {"epochs": 4},
            "train(sentences)": {
                "corpus_iterable": SENTENCES, "total_examples": 60, "epochs": 4,
            },
        }[how]  # fmt: skip
        with pytest.raises(InterruptedError):
            model.train(**given, callbacks=[StopAfter(n_done)])
    assert model.train()[1] == (4 - n_done) * N_WORDS
    assert weights(model) == weights(whole)
    assert model.train() == (0, 0)
    alphas = [(e["alpha_first"], e["alpha_last"]) for e in whole.history]
    assert [(e["alpha_first"], e["alpha_last"]) for e in model.history] == alphas
    assert [e["epoch"] for e in model.history] == [1, 2, 3, 4]


def before_each_job(monkeypatch, act):
    """Call `act` before anything is drawn for a job."""

    def patch(draws):
        original = draws.prepare

        def prepare(self, corpus, job):
            act()
            return original(self, corpus, job)

        monkeypatch.setattr(draws, "prepare", prepare)

    patch(fastsgns.training.draws.LegacyDraws)
    patch(fastsgns.training.draws.KernelDraws)


def failing_at(monkeypatch, n: int, error: type[BaseException] = ZeroDivisionError):
    """Let the nth job of the run fail, before anything is drawn for it."""
    calls = iter(range(1, 10**9))

    def fail():
        if next(calls) == n:
            raise error(f"job {n}")

    before_each_job(monkeypatch, fail)


@pytest.mark.parametrize("options", RESUMED, ids=str)
@pytest.mark.parametrize("n_job", [1, 2, 5, 9])
def test_after_a_job_failed_train_finishes_the_rest_to_the_same_bytes(n_job, options, monkeypatch):
    options = options | {"epochs": 3}
    whole = built(**options)
    whole.train()
    model = built(**options)
    failing_at(monkeypatch, n_job)
    with pytest.raises(ZeroDivisionError):
        model.train()
    monkeypatch.undo()
    model.train()
    assert weights(model) == weights(whole)
    assert model.train() == (0, 0)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n_workers", [1, 2, 8])
@pytest.mark.parametrize("error", [ZeroDivisionError, MemoryError, KeyboardInterrupt, SystemExit])
def test_what_goes_wrong_in_a_worker_reaches_the_caller_at_once(
    n_workers, error, kernel, monkeypatch
):
    model = built(workers=n_workers, batch_words=40, kernel=kernel)
    failing_at(monkeypatch, 4, error)
    n_threads = threading.active_count()
    with pytest.raises(error):
        model.train(SENTENCES, total_examples=60, epochs=2, report_delay=NEVER)
    assert threading.active_count() == n_threads
    monkeypatch.undo()
    assert model.train(SENTENCES, total_examples=60, epochs=1)[1] == N_WORDS


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_history_of_an_interrupted_epoch_counts_all_of_it(kernel, monkeypatch):
    options = {"batch_words": 40, "kernel": kernel, "epochs": 2}
    whole = built(**options)
    whole.train(compute_loss=True)
    model = built(**options)
    for n_job in (4, 3):
        failing_at(monkeypatch, n_job, KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            model.train(compute_loss=True)
        monkeypatch.undo()
    model.train(compute_loss=True)
    timed = {"seconds", "words_per_second"}
    for found, expected in zip(model.history, whole.history, strict=True):
        for name in expected.keys() - timed:
            assert found[name] == pytest.approx(expected[name]), name


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_interruption_in_a_run_that_goes_on_is_remembered_too(kernel):
    model = built(epochs=5, kernel=kernel)
    for n_done in (1, 1, 2):
        with pytest.raises(InterruptedError):
            model.train(callbacks=[StopAfter(n_done)])
    assert model.train()[1] == N_WORDS
    whole = built(epochs=5, kernel=kernel)
    whole.train()
    assert weights(model) == weights(whole)


def test_epochs_asked_for_after_an_interruption_take_its_place():
    model = built(epochs=5)
    with pytest.raises(InterruptedError):
        model.train(callbacks=[StopAfter(2)])
    assert model.train(epochs=3)[1] == 3 * N_WORDS
    assert model.train() == (0, 0)


def test_an_interruption_over_other_sentences_changes_nothing_for_the_remembered_ones():
    model = built(epochs=2)
    with pytest.raises(InterruptedError):
        model.train(SENTENCES[:9], total_examples=9, epochs=5, callbacks=[StopAfter(1)])
    model.epochs = 2
    assert model.train()[1] == 2 * N_WORDS


def test_a_new_vocabulary_forgets_where_the_old_corpus_was_left(caplog, monkeypatch):
    few = SENTENCES[:7]
    for n_job in (None, 4):
        model = built(epochs=4, batch_words=50)
        if n_job:
            failing_at(monkeypatch, n_job)
            with pytest.raises(ZeroDivisionError):
                model.train()
            monkeypatch.undo()
        else:
            with pytest.raises(InterruptedError):
                model.train(callbacks=[StopAfter(2)])
        caplog.clear()
        model.build_vocab(few)
        assert model.train()[1] == 4 * sum(map(len, few))
        assert "did not equal" not in caplog.text


def test_a_released_corpus_takes_its_interruption_with_it():
    model = built(epochs=4)
    with pytest.raises(InterruptedError):
        model.train(callbacks=[StopAfter(2)])
    del model.corpus
    with pytest.raises(ValueError, match="total_examples"):
        model.train()


INTERRUPTED = r"""
import json, signal, sys, threading, time
import numpy as np
from fastsgns import Word2Vec
from fastsgns.training import EpochRun

# A shell that starts the tests in the background has Ctrl-C ignored in them.
signal.signal(signal.SIGINT, signal.default_int_handler)
rng = np.random.default_rng(0)
delays, n_workers, shape, options = json.loads(sys.argv[1])
n_sentences, length = shape
sentences = [[f"w{i}" for i in rng.integers(0, 50, length)] for _ in range(n_sentences)]
trained = np.zeros(n_sentences, int)
account = EpochRun._account


def counting(self, taken, n_done, *rest):
    with self.lock:
        for (job, *_), n in zip(taken, n_done):
            trained[job.start : job.start + n] += 1
    account(self, taken, n_done, *rest)


EpochRun._account = counting
main = threading.main_thread().ident
Word2Vec([["a", "b"]], vector_size=2, min_count=1, workers=1)  # what is imported late is imported
for delay in delays:
    trained[:] = 0
    model = Word2Vec(
        window=8, sample=0, min_count=1, epochs=2, workers=n_workers, batch_words=2000, **options
    )
    model.build_vocab(sentences)
    sent = []

    def interrupt():
        sent.append(time.process_time())
        signal.pthread_kill(main, signal.SIGINT)

    timer = threading.Timer(delay, interrupt)
    back = None
    try:
        timer.start()
        model.train()
        timer.join()
        time.sleep(0.2)
    except KeyboardInterrupt:
        # What was computed since: other processes do not count.
        back = time.process_time() - sent[0]
    threads = [t.name for t in threading.enumerate() if t.name.startswith("fastsgns")]
    before = model.wv.vectors.copy()
    time.sleep(0.01)
    frozen = np.array_equal(before, model.wv.vectors)
    finite = bool(np.isfinite(before).all())
    n_interrupted = int(trained.sum())
    if length < 10_000:
        model.train()
    print(json.dumps([back, threads, frozen, finite, n_interrupted, sorted(set(trained.tolist())),
                      model.train() if length < 10_000 else [0, 0]]), flush=True)
"""


def interrupted(delays, n_workers, n_sentences, length, **options):
    wanted = json.dumps([delays, n_workers, [n_sentences, length], options])
    run = run_python("-c", INTERRUPTED, wanted)
    return [json.loads(line) for line in run.stdout.splitlines()]


needs_signals = pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="needs signal.pthread_kill"
)


# Enough work to be interrupted in: the fast kernels take a twentieth of the time.
INTERRUPTIBLE = [{"kernel": "blas", "vector_size": 60, "sg": 1}]
INTERRUPTIBLE += [
    {"kernel": "auto", "vector_size": 1000, "negative": 20, **options}
    for options in (
        {"sg": 1, "shared_negatives": True},
        {"sg": 1, "shared_negatives": False},
        {"sg": 0},
        {"sg": 1, "hs": 1, "negative": 0},
    )
]


@needs_signals
@pytest.mark.parametrize("n_workers", [1, 3])
@pytest.mark.parametrize("options", INTERRUPTIBLE, ids=str)
def test_ctrl_c_is_back_at_once_and_train_finishes_the_rest(n_workers, options):
    """Of all sentences, none is trained once too often or once too little."""
    delays = [0.001, 0.03, 0.07, 0.12]
    results = interrupted(delays, n_workers, 120, 100, **options)
    assert len(results) == len(delays)
    assert any(result[4] < 240 for result in results)  # else the machine is too fast for the delays
    for back, threads, frozen, finite, n_interrupted, times_trained, again in results:
        assert back is None or back < 0.5
        assert threads == []
        assert frozen and finite
        assert n_interrupted <= 240
        assert times_trained == [2]
        assert again == [0, 0]


@needs_signals
@pytest.mark.parametrize("options", INTERRUPTIBLE, ids=str)
def test_ctrl_c_stops_within_a_long_sentence(options):
    ((back, threads, frozen, finite, *_),) = interrupted([0.3], 1, 1, 400_000, **options)
    assert back is not None and back < 0.5
    assert threads == [] and frozen and finite


# ---- workers -------------------------------------------------------------------------------------

MODES = [
    {"sg": 1},
    {"sg": 1, "shared_negatives": True},
    {},
    {"hs": 1, "negative": 0},
    {"hs": 1, "sg": 1, "shared_negatives": True},
    {"sample": 0.01},
]


@pytest.mark.parametrize("kernel", ALL_KERNELS)
@pytest.mark.parametrize("options", MODES, ids=str)
def test_a_corpus_of_one_job_does_not_depend_on_the_number_of_workers(kernel, options):
    models = [built(workers=n, seed=3, kernel=kernel, **options) for n in (1, 2, 8)]
    for model in models:
        model.train(epochs=3)
    assert weights(models[0]) == weights(models[1]) == weights(models[2])


@pytest.mark.parametrize("kernel", ALL_KERNELS)
@pytest.mark.parametrize("options", MODES, ids=str)
def test_one_worker_gives_the_same_bytes_each_time(kernel, options):
    one, other = (built(batch_words=60, kernel=kernel, **options) for _ in range(2))
    for model in (one, other):
        model.train(epochs=2)
    assert weights(one) == weights(other)


@pytest.mark.parametrize("kernel", ALL_KERNELS)
def test_several_workers_count_everything_once(kernel):
    model = built(workers=4, batch_words=20, shrink_windows=False, window=2, sg=1, kernel=kernel)
    n_pairs = sum(min(len(s), i + 3) - max(0, i - 2) - 1 for s in SENTENCES for i in range(len(s)))
    assert model.train(epochs=3) == (3 * N_WORDS, 3 * N_WORDS)
    assert [entry["pairs"] for entry in model.history] == [n_pairs] * 3


def test_no_thread_is_left():
    before = threading.active_count()
    built(workers=8, batch_words=20).train(epochs=2)
    assert threading.active_count() == before


# ---- loss ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", ALL_KERNELS)
@pytest.mark.parametrize("options", MODES, ids=str)
def test_the_loss_does_not_depend_on_the_number_of_workers(kernel, options):
    losses = []
    for n_workers in (1, 4):
        model = built(workers=n_workers, batch_words=30, kernel=kernel, **options)
        model.train(epochs=4, compute_loss=True)
        losses.append(model.get_latest_training_loss())
        by_epoch = [entry["loss"] * entry["pairs"] for entry in model.history]
        assert sum(by_epoch) == pytest.approx(losses[-1])
        assert type(losses[-1]) is float
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


# With more training scores pass 6, where nothing moves: gensim counts their loss as 0, the fast
# kernels as it is, so that theirs then stays where it is.
FALLING = [("blas", 8, 0.1)] + [(kernel, 5, 0.025) for kernel in ALL_KERNELS]


@pytest.mark.parametrize(("kernel", "epochs", "alpha"), FALLING)
def test_the_loss_falls_when_something_is_learned(kernel, epochs, alpha):
    sentences = [["a", "b"], ["c", "d"]] * 200
    model = Word2Vec(
        sentences, epochs=epochs, alpha=alpha, compute_loss=True, sg=1, kernel=kernel, **OPTIONS
    )
    losses = [entry["loss"] for entry in model.history]
    assert losses == sorted(losses, reverse=True)
    # With nothing known each of the 1 + 5 scores costs ln 2, and negatives may hit the target.
    assert losses[-1] < losses[0] / 2 < 3 * np.log(2)


@pytest.mark.parametrize("kernel", ALL_KERNELS)
def test_the_first_loss_is_ln_2_a_score(kernel):
    """With alpha 0 the output vectors stay zero, and each score is sigma(0) = 1/2."""
    model = built(alpha=0.0, min_alpha=0.0, hs=1, negative=0, sg=1, kernel=kernel)
    model.train(epochs=1, compute_loss=True)
    entry = model.history[0]
    lengths = [len(code) for code in model.wv.expandos["code"]]
    assert entry["loss"] / np.log(2) == pytest.approx(
        np.clip(entry["loss"] / np.log(2), min(lengths), max(lengths))
    )
    model = built(alpha=0.0, min_alpha=0.0, shrink_windows=False, negative=1, sg=1, kernel=kernel)
    model.train(epochs=1, compute_loss=True)
    assert np.log(2) < model.history[0]["loss"] <= 2 * np.log(2)


def test_without_compute_loss_there_is_none():
    model = built()
    model.train(epochs=2)
    assert model.get_latest_training_loss() == 0.0
    assert [entry["loss"] for entry in model.history] == [None, None]


def test_the_loss_is_cumulative_in_one_train_and_reset_by_the_next():
    model = built()
    model.train(SENTENCES, total_examples=60, epochs=3, compute_loss=True)
    three = model.get_latest_training_loss()
    assert three == pytest.approx(sum(e["loss"] * e["pairs"] for e in model.history))
    model.train(SENTENCES, total_examples=60, epochs=1, compute_loss=True)
    one = model.get_latest_training_loss()
    assert 0 < one < three
    assert one == pytest.approx(model.history[-1]["loss"] * model.history[-1]["pairs"])
    model.train(SENTENCES, total_examples=60, epochs=1)  # the flag holds for one call, as in gensim
    assert model.get_latest_training_loss() == 0.0
    assert model.compute_loss is False


def test_compute_loss_of_the_constructor_holds_for_its_own_training():
    model = Word2Vec(SENTENCES, compute_loss=True, epochs=2, **OPTIONS)
    assert model.get_latest_training_loss() > 0
    assert all(entry["loss"] > 0 for entry in model.history)


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_interrupted_epoch_counts_in_the_loss(kernel, monkeypatch):
    model = built(batch_words=50, kernel=kernel)
    failing_at(monkeypatch, 5)
    with pytest.raises(ZeroDivisionError):
        model.train(epochs=2, compute_loss=True)
    assert model.get_latest_training_loss() > 0


# ---- history and logs ----------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", KERNELS)
def test_history_has_an_entry_an_epoch_with_what_it_did(kernel):
    model = built(sg=1, shrink_windows=False, window=3, batch_words=100, sample=0.05, kernel=kernel)
    effective, raw = model.train(epochs=3, start_alpha=0.3, end_alpha=0.15, compute_loss=True)
    assert [set(entry) for entry in model.history] == [
        {
            "epoch", "loss", "pairs", "raw_words", "effective_words", "alpha_first", "alpha_last",
            "seconds", "words_per_second",
        }
    ] * 3  # fmt: skip
    assert [entry["epoch"] for entry in model.history] == [1, 2, 3]
    assert [entry["raw_words"] for entry in model.history] == [N_WORDS] * 3
    assert sum(entry["raw_words"] for entry in model.history) == raw
    assert sum(entry["effective_words"] for entry in model.history) == effective < raw
    assert [e["alpha_first"] for e in model.history] == pytest.approx([0.3, 0.25, 0.2])
    for entry, following in zip(model.history, [0.25, 0.2, 0.15], strict=True):
        assert entry["alpha_first"] > entry["alpha_last"] > following
        assert entry["seconds"] > 0
        assert entry["words_per_second"] == pytest.approx(entry["raw_words"] / entry["seconds"])
        assert entry["pairs"] > 0 and entry["loss"] > 0
    json.dumps(model.history)  # plain numbers, so that it can be saved and plotted


def test_history_goes_on_over_several_trains():
    model = built()
    model.train(epochs=2)
    model.train(SENTENCES, total_examples=60, epochs=1)
    assert [entry["epoch"] for entry in model.history] == [1, 2, 3]


@pytest.mark.parametrize("kernel", ALL_KERNELS)
def test_cbow_counts_a_pair_for_each_center(kernel):
    model = built(sg=0, kernel=kernel)
    model.train(epochs=1)
    assert model.history[0]["effective_words"] == N_WORDS
    # differs from gensim: the fast kernels skip a center without any context; it moves nothing.
    n_alone = 0 if kernel == "blas" else sum(len(s) == 1 for s in SENTENCES)
    assert model.history[0]["pairs"] == N_WORDS - n_alone


def test_each_epoch_is_logged_as_in_gensim(caplog):
    model = built()
    with caplog.at_level(logging.INFO):
        model.train(epochs=2)
    logged = [m for m in messages(caplog, logging.INFO) if m.startswith("EPOCH")]
    for epoch, message in enumerate(logged):
        assert re.fullmatch(
            rf"EPOCH {epoch}: training on {N_WORDS} raw words \({N_WORDS} effective words\) took "
            r"\d+\.\ds, \d+ effective words/s",
            message,
        )
    assert len(logged) == 2


@pytest.mark.parametrize(
    ("total", "unit"), [({"total_examples": 60}, "examples"), ({"total_words": N_WORDS}, "words")]
)
def test_progress_is_logged_as_in_gensim(total, unit, caplog, monkeypatch):
    def logged():
        return [m for m in messages(caplog, logging.INFO) if "PROGRESS" in m]

    before_each_job(monkeypatch, lambda: wait_until(lambda: len(logged()) >= 2))
    model = built(batch_words=40)
    with caplog.at_level(logging.INFO):
        model.train(SENTENCES, epochs=1, report_delay=0.01, **total)
    for message in logged():
        found = re.fullmatch(
            r"EPOCH 0 - PROGRESS: at (\d+\.\d\d)% (\w+), \d+ words/s, in_qsize -?\d+, "
            r"out_qsize \d+",
            message,
        )
        assert found and 0 <= float(found[1]) <= 100 and found[2] == unit


def test_nothing_is_logged_above_info_by_a_plain_training(caplog):
    Word2Vec(SENTENCES, **OPTIONS)
    assert not [r for r in caplog.records if r.levelno > logging.INFO]


def test_gensims_further_arguments_are_taken():
    one, other = built(), built()
    one.train(SENTENCES, total_examples=60, epochs=1)
    other.train(SENTENCES, None, 60, None, 1, None, None, 17, 3, 0.5, False, ())
    assert weights(one) == weights(other)
