"""Under the patch, sentences that are others in each pass are noticed; the environment helps."""

from __future__ import annotations

import itertools
import logging
import random
import warnings

import pandas as pd
import polars as pl
import pytest

from fastsgns import LineSentence, Text8Corpus, Word2Vec
from fastsgns.corpus import changing

WORDS = [f"w{i}" for i in range(20)]
OPTIONS = {"vector_size": 4, "min_count": 1, "workers": 1}
NOTICED = "the sentences are others in a second pass"


class Walks:
    """Other sentences each time, as the one that is given a random generator makes them."""

    def __init__(self, make, n=40):
        self.make, self.n, self.n_passes = make, n, 0
        self.random = random.Random(5)

    def __iter__(self):
        self.n_passes += 1
        for number in range(self.n):
            yield self.make(self.random, number, self.n_passes)


def walk(random, number, n_passes):
    return [random.choice(WORDS) for _ in range(8)]


def augmented(random, number, n_passes):
    return [word for word in WORDS if random.random() < 0.9]


def negatives(random, number, n_passes):
    return [number, number + n_passes]


def unchanged(random, number, n_passes):
    return WORDS[number % 7 :]


def longer(random, number, n_passes):
    return WORDS[: 5 + n_passes]


@pytest.fixture(autouse=True)
def patched(monkeypatch):
    """Be as under `patch_gensim`, with gensim or without it."""
    monkeypatch.setattr(changing, "looks_again", True)


@pytest.fixture
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("make", [walk, augmented, negatives, longer])
@pytest.mark.parametrize("how", ["constructor", "train"])
def test_other_sentences_in_each_pass_are_noticed(make, how, caplog):
    if how == "constructor":
        with pytest.warns(UserWarning, match=NOTICED) as noticed:
            Word2Vec(Walks(make), epochs=3, **OPTIONS)
    else:
        model = Word2Vec(**OPTIONS)
        model.build_vocab(Walks(make))
        with pytest.warns(UserWarning, match=NOTICED) as noticed:
            model.train(Walks(make), total_examples=40, epochs=3)
    assert len(noticed) == 1
    assert "FASTSGNS_CORPUS_CACHE=off" in str(noticed[0].message)
    assert [r.levelname for r in caplog.records if NOTICED in r.getMessage()] == ["WARNING"]


@pytest.mark.parametrize("make", [unchanged, walk])
def test_one_epoch_or_a_choice_of_the_cache_asks_for_no_second_pass(make, no_warning):
    sentences = Walks(make)
    Word2Vec(sentences, epochs=1, **OPTIONS)
    for cache in ("memory", "disk"):
        Word2Vec(sentences, epochs=3, corpus_cache=cache, **OPTIONS)
    assert sentences.n_passes == 3
    Word2Vec(sentences, epochs=3, corpus_cache="off", **OPTIONS)
    assert sentences.n_passes == 3 + 4


def test_the_same_sentences_are_no_reason_to_warn(no_warning):
    Word2Vec(Walks(unchanged), epochs=3, **OPTIONS)
    # Unknown words are dropped, and of no sentence.
    model = Word2Vec(**OPTIONS | {"min_count": 30})
    sentences = Walks(unchanged)
    model.build_vocab(sentences)
    assert len(model.wv) < len(WORDS)
    model.train(sentences, total_examples=40, epochs=3)
    assert sentences.n_passes == 3


def test_what_is_no_program_is_not_gone_through_again(tmp_path, no_warning):
    rows = [WORDS[i % 7 :] for i in range(20)]
    path = tmp_path / "text.txt"
    path.write_text("\n".join(map(" ".join, rows)))
    reads = [
        rows,
        tuple(rows),
        iter(rows),
        (row for row in rows),
        pd.Series(rows),
        pl.Series(rows),
        LineSentence(path),
        Text8Corpus(path),
    ]
    for sentences in reads:
        Word2Vec(sentences, epochs=3, **OPTIONS)


def test_sentences_that_can_be_had_once_only_are_trained_without_a_word(no_warning):
    class Once:
        def __init__(self, after):
            self.passes = itertools.chain([[WORDS] * 9], itertools.repeat(after))

        def __iter__(self):
            then = next(self.passes)
            if isinstance(then, Exception):
                raise then
            return iter(then)

    for after in (RuntimeError("read already"), []):
        model = Word2Vec(Once(after), epochs=3, **OPTIONS)
        assert model.history[-1]["raw_words"] == 9 * len(WORDS)


def test_the_environment_says_where_a_corpus_is_kept(monkeypatch):
    monkeypatch.setenv("FASTSGNS_CORPUS_CACHE", "off")
    sentences = Walks(walk)
    model = Word2Vec(sentences, epochs=3, **OPTIONS)
    assert model.corpus is None and sentences.n_passes == 4
    assert model.corpus_cache == "auto"
    model.train(sentences, total_examples=40, epochs=2)
    assert sentences.n_passes == 6
    with pytest.raises(ValueError, match="can be read once"):
        Word2Vec(iter([WORDS]), epochs=3, **OPTIONS)
    model = Word2Vec([WORDS] * 9, corpus_cache="memory", **OPTIONS)
    assert model.corpus is not None
    monkeypatch.setenv("FASTSGNS_CORPUS_CACHE", "disk")
    assert Word2Vec([WORDS] * 9, **OPTIONS).corpus.encoded.is_on_disk


def test_an_environment_that_cannot_be_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setenv("FASTSGNS_CORPUS_CACHE", "none")
    allowed = "FASTSGNS_CORPUS_CACHE must be one of auto, memory, disk, off, got 'none'"
    with pytest.raises(ValueError, match=allowed):
        Word2Vec([WORDS], **OPTIONS)


def test_a_log_that_is_off_leaves_the_warning(caplog):
    with caplog.at_level(logging.CRITICAL), pytest.warns(UserWarning, match=NOTICED):
        Word2Vec(Walks(walk), epochs=2, **OPTIONS)
    assert not caplog.records
