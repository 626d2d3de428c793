"""A corpus that is read anew in each epoch (corpus_cache="off")."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
from waiting import wait_until

import fastsgns.training.draws
import fastsgns.training.workers
from fastsgns import LineSentence, Word2Vec
from fastsgns._core import available_kernels
from fastsgns.callbacks import CallbackAny2Vec

RNG = np.random.default_rng(0)
SENTENCES = [
    [f"w{int(i)}" for i in np.minimum(RNG.pareto(0.6, RNG.integers(0, 30)), 80)] for _ in range(600)
]
N_WORDS = sum(map(len, SENTENCES))


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr("fastsgns.corpus.streaming.BATCH_WORDS", 50)
    monkeypatch.setattr("fastsgns.corpus.reading.FEED_TOKENS", 30)


def model_of(sentences, cache, **options) -> Word2Vec:
    defaults = {"vector_size": 4, "workers": 1, "epochs": 3, "min_count": 2, "batch_words": 100}
    return Word2Vec(sentences, corpus_cache=cache, **defaults | options)


def check_same(one: Word2Vec, other: Word2Vec) -> None:
    assert one.wv.index_to_key == other.wv.index_to_key
    assert one.wv.vectors.tobytes() == other.wv.vectors.tobytes()
    assert one.min_alpha_yet_reached == other.min_alpha_yet_reached
    for a, b in zip(one.history, other.history, strict=True):
        assert {k: v for k, v in a.items() if "second" not in k} == {
            k: v for k, v in b.items() if "second" not in k
        }


@pytest.mark.parametrize("kernel", available_kernels())
@pytest.mark.parametrize(
    "options",
    [{}, {"sg": 1, "compute_loss": True}, {"batch_words": 7}, {"batch_words": 10**6}, {"hs": 1}],
    ids=str,
)
def test_the_same_sentences_give_the_same_model(kernel, options, small_batches, caplog):
    options = {"kernel": kernel, **options}
    model = model_of(SENTENCES, "off", **options)
    check_same(model, model_of(SENTENCES, "memory", **options))
    assert model.corpus is None
    assert "did not equal" not in caplog.text


@pytest.mark.parametrize("first", [[], [["a"] * 500], [["a"] * 500] * 3, [[], [], ["a"] * 101]])
def test_long_first_sentences_are_cut_as_elsewhere(first, small_batches):
    sentences = [*first, *SENTENCES]
    for kernel in ("auto", "blas"):
        check_same(
            model_of(sentences, "off", kernel=kernel), model_of(sentences, "memory", kernel=kernel)
        )


def test_sentences_may_get_longer_and_longer(small_batches):
    sentences = [["a", "b"] * n for n in (1, 10, 600, 20, 3000, 6000)]
    options = {"sample": 0, "compute_loss": True, "workers": 1}
    check_same(model_of(sentences, "off", **options), model_of(sentences, "memory", **options))


@pytest.mark.parametrize("make", [str, LineSentence])
@pytest.mark.parametrize("workers", [1, 8])
def test_files_are_read_again(tmp_path, make, workers, small_batches):
    path = tmp_path / "text"
    path.write_text("".join(" ".join(s) + "\n" for s in SENTENCES) + "end")
    given = {"corpus_file": path} if make is str else {"sentences": make(path)}
    options = {"workers": workers, "vector_size": 4, "min_count": 2, "batch_words": 10**6}
    model = Word2Vec(corpus_cache="off", **given, **options)
    check_same(model, Word2Vec(**given, **options))
    assert model.corpus_total_words == N_WORDS + 1


def test_a_line_may_be_longer_than_a_batch(tmp_path, small_batches):
    """And than several blocks of text: no sentence has ended when a batch could be made."""
    path = tmp_path / "text"
    words = ["x" * 100, "y" * 200]
    path.write_text(" ".join(words * 10_000) + "\nx y\n")
    lines = LineSentence(path, max_sentence_length=10**20)
    options = {"batch_words": 1000, "min_count": 1, "epochs": 1}
    check_same(model_of(lines, "off", **options), model_of(lines, "memory", **options))


def test_several_workers_train_everything_once(small_batches):
    model = model_of(SENTENCES, "off", workers=4, sample=0, min_count=1, batch_words=30)
    assert [entry["effective_words"] for entry in model.history] == [N_WORDS] * 3


def test_long_sentences_are_trained_by_all_workers(monkeypatch):
    """Although a batch may be a single one, and the first jobs are fewer than the workers."""
    names = set()
    original = fastsgns.training.workers.EpochRun._take_jobs

    def take_jobs(self, n_at_once):
        names.add(threading.current_thread().name)
        return original(self, n_at_once)

    monkeypatch.setattr(fastsgns.training.workers.EpochRun, "_take_jobs", take_jobs)
    monkeypatch.setattr("fastsgns.corpus.streaming.BATCH_WORDS", 50)
    monkeypatch.setattr("fastsgns.corpus.reading.FEED_TOKENS", 30)
    sentences = [["a", "b"] * 1000] * 10
    model_of(sentences, "off", workers=4, min_count=1, epochs=1)
    assert len(names) == 4


class Changing:
    """Sentences that are others each time: n of them in the nth pass."""

    def __init__(self) -> None:
        self.n_passes = 0

    def __iter__(self):
        self.n_passes += 1
        return iter([["a", "b", "new" if self.n_passes > 1 else "a"]] * (100 * self.n_passes))


def test_a_corpus_is_read_once_for_the_words_and_once_an_epoch():
    sentences = Changing()
    model = model_of(sentences, "off", min_count=1, sample=0)
    assert sentences.n_passes == 4
    assert "new" not in model.wv  # the first pass did not have it
    assert [entry["raw_words"] for entry in model.history] == [600, 900, 1200]
    assert [entry["effective_words"] for entry in model.history] == [400, 600, 800]
    sentences = Changing()
    model = model_of(sentences, "auto", min_count=1, sample=0)
    assert sentences.n_passes == 1
    assert [entry["raw_words"] for entry in model.history] == [300] * 3


def test_a_corpus_that_has_changed_is_warned_of_as_in_gensim(caplog):
    model = model_of(Changing(), "off", epochs=1)
    messages = [r.getMessage() for r in caplog.records if "did not equal" in r.getMessage()]
    assert messages == [
        "EPOCH 0: supplied example count (200) did not equal expected count (100)",
        "EPOCH 0: supplied raw word count (600) did not equal expected count (300)",
    ]
    gensim = pytest.importorskip("gensim")
    caplog.clear()
    gensim.models.Word2Vec(Changing(), min_count=2, workers=1, epochs=1, vector_size=4)
    assert [r.getMessage() for r in caplog.records if "did not equal" in r.getMessage()] == messages
    assert model.corpus_count == 100


def test_a_corpus_that_has_become_empty_is_warned_of(caplog):
    passes = iter([SENTENCES, [], []])

    class Emptied:
        def __iter__(self):
            return iter(next(passes))

    model = model_of(Emptied(), "off", epochs=2)
    assert [entry["raw_words"] for entry in model.history] == [0, 0]
    assert "train() called with an empty iterator" in caplog.text
    assert model.history[0]["alpha_first"] == model.alpha


def test_train_reads_what_it_is_given():
    model = Word2Vec(vector_size=4, min_count=1, workers=1, corpus_cache="off", sample=0)
    model.build_vocab(iter(SENTENCES))  # the words may be of something that is read once
    with pytest.raises(TypeError, match="exactly one"):
        model.train(total_examples=600, epochs=1)
    assert model.train(SENTENCES, total_examples=600, epochs=2) == (2 * N_WORDS, 2 * N_WORDS)
    assert model.train(iter(SENTENCES), total_examples=600, epochs=1)[1] == N_WORDS


def read_once(kind, tmp_path):
    if kind == "generator":
        return {"sentences": (s for s in SENTENCES)}, "a generator"
    if kind == "iterator":
        return {"sentences": iter(SENTENCES)}, "a list_iterator"
    if kind == "pipe" and hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        return {"corpus_file": tmp_path / "pipe"}, f"the pipe {tmp_path / 'pipe'}"
    pytest.skip("no named pipes here")


@pytest.mark.parametrize("kind", ["generator", "iterator", "pipe"])
def test_what_can_be_read_once_only_is_refused_before_anything_is_read(kind, tmp_path):
    given, name = read_once(kind, tmp_path)
    with pytest.raises(ValueError, match=f"reads the corpus 4 times, and {name} can be read once"):
        Word2Vec(corpus_cache="off", epochs=3, **given)
    model = Word2Vec(corpus_cache="off", min_count=1)
    model.build_vocab(SENTENCES)
    if kind != "pipe":
        with pytest.raises(ValueError, match=f"the corpus 2 times, and {name} can"):
            model.train(given["sentences"], total_examples=1, epochs=2)
        assert len(list(given["sentences"])) == len(SENTENCES)


class Failing:
    def __init__(self, position: int, error: type[BaseException] = ZeroDivisionError) -> None:
        self.position, self.error, self.n_passes = position, error, 0

    def __iter__(self):
        self.n_passes += 1
        for i, sentence in enumerate(SENTENCES):
            if self.n_passes > 2 and i == self.position:
                raise self.error("in the corpus")
            yield sentence


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("position", [0, 1, 77, 599])
@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_an_iterator_that_raises_does_so_in_the_caller_at_once(
    workers, position, error, small_batches
):
    sentences = Failing(position, error)
    with pytest.raises(error, match="in the corpus"):
        model_of(sentences, "off", workers=workers)
    assert sentences.n_passes == 3


def test_a_model_is_usable_after_its_corpus_has_failed(small_batches):
    model = model_of(None, "off", sample=0, min_count=1)
    sentences = Failing(300)
    model.build_vocab(sentences)
    with pytest.raises(ZeroDivisionError):
        model.train(sentences, total_examples=600, epochs=3)
    assert len(model.history) == 1
    assert model.train(SENTENCES, total_examples=600, epochs=1)[1] == N_WORDS


def test_a_sentence_that_cannot_be_read_is_named(small_batches):
    passes = itertools.count()

    class Bad:
        def __iter__(self):
            return iter([["a"]] * 70 + ([5] if next(passes) else []))

    with pytest.raises(TypeError) as caught:
        model_of(Bad(), "off", min_count=1)
    assert caught.value.__notes__ == ["in sentence 70 of the corpus, a int"]


class StopAfterOne(CallbackAny2Vec):
    def on_epoch_end(self, model):
        raise InterruptedError


def test_a_callback_that_stops_training_leaves_no_thread(small_batches):
    class Endless:
        n_passes = 0

        def __iter__(self):
            self.n_passes += 1
            return itertools.cycle(SENTENCES) if self.n_passes > 2 else iter(SENTENCES)

    with pytest.raises(InterruptedError):
        model_of(Endless(), "off", callbacks=[StopAfterOne()])

    class Stop(CallbackAny2Vec):
        def on_epoch_begin(self, model):
            if model.history:
                raise InterruptedError

    with pytest.raises(InterruptedError):
        model_of(SENTENCES, "off", callbacks=[Stop()])


def test_an_endless_epoch_can_be_interrupted(small_batches):
    class Endless:
        n_passes = 0

        def __iter__(self):
            self.n_passes += 1
            return itertools.cycle(SENTENCES) if self.n_passes > 1 else iter(SENTENCES)

    n_lines = itertools.count()

    class Interrupt(logging.Handler):
        def emit(self, record):
            if "PROGRESS: at" in record.getMessage() and "examples" in record.getMessage():
                next(n_lines)
                raise KeyboardInterrupt

    logger = logging.getLogger("fastsgns.word2vec")
    level, handler = logger.level, Interrupt()
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    model = model_of(None, "off", workers=2)
    sentences = Endless()
    model.build_vocab(sentences)
    try:
        with pytest.raises(KeyboardInterrupt):
            model.train(sentences, total_examples=600, epochs=1, report_delay=0.2)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.mark.skipif(sys.platform == "win32", reason="a signal does not wake the main thread there")
def test_a_reader_that_hangs_does_not_keep_the_caller():
    release, went_on = threading.Event(), []
    main = threading.main_thread().ident

    class Hanging:
        n_passes = 0

        def __iter__(self):
            self.n_passes += 1
            yield from SENTENCES
            if self.n_passes > 1:
                went_on.append(release.wait(60))

    class Interrupt(CallbackAny2Vec):
        def on_epoch_begin(self, model):
            threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT)).start()

    # A shell that starts the tests in the background has Ctrl-C ignored in them.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            model_of(Hanging(), "off", callbacks=[Interrupt()])
        assert not went_on
    finally:
        signal.signal(signal.SIGINT, handler)
        release.set()


def test_training_does_not_wait_for_the_corpus(monkeypatch):
    """While one batch is trained the next ones are made, and no more than these."""
    monkeypatch.setattr("fastsgns.corpus.streaming.BATCH_WORDS", 200)
    monkeypatch.setattr("fastsgns.corpus.reading.FEED_TOKENS", 50)
    given = []

    class Counting:
        def __iter__(self):
            given.append(0)
            for sentence in SENTENCES:
                given[-1] += len(sentence)
                yield sentence

    ahead = []
    original = fastsgns.training.draws.KernelDraws.prepare

    def prepare(self, corpus, job):
        # It comes so far ahead however slow it is, and in time no further.
        wait_until(lambda: given[-1] - corpus.n_raw_words >= 200 or given[-1] == N_WORDS)
        time.sleep(0.002)
        ahead.append(given[-1] - corpus.n_raw_words)
        return original(self, corpus, job)

    monkeypatch.setattr(fastsgns.training.draws.KernelDraws, "prepare", prepare)
    model_of(Counting(), "off", epochs=1, kernel="scalar")
    # Two batches wait, one is being made: at most 200 to 300 words each, and a job held back.
    assert 200 <= max(ahead) <= 3 * 300 + 100


def test_a_file_that_is_not_there_is_no_pipe(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Word2Vec(LineSentence(tmp_path / "nowhere"), corpus_cache="off", min_count=1)
