"""How an epoch is cut into jobs, and which learning rate each of them has."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from fastsgns.corpus import CorpusView, EncodedCorpus, RenumberedCorpus, encode
from fastsgns.training import Schedule

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")


def corpus_of(lengths) -> RenumberedCorpus:
    return encode([["a"] * n for n in lengths], {"a": 0})


def schedule(**changes) -> Schedule:
    defaults = {
        "n_epochs": 1,
        "start_alpha": 0.5,
        "end_alpha": 0.1,
        "batch_words": 10,
        "total_examples": None,
        "total_words": None,
    }
    return Schedule(**defaults | changes)


@hypothesis.given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 50))
def test_jobs_take_whole_sentences_in_order_up_to_batch_words(lengths, batch_words):
    jobs = schedule(batch_words=batch_words, total_words=max(sum(lengths), 1)).jobs(
        corpus_of(lengths), 0
    )
    assert [job.start for job in jobs] == [0, *(job.end for job in jobs)][: len(jobs)]
    assert (jobs[-1].end if jobs else 0) == len(lengths)
    for job in jobs:
        n_words = sum(lengths[job.start : job.end])
        # One sentence alone may be longer; nothing is ever cut.
        assert n_words <= batch_words or job.end - job.start == 1
    for job, following in pairwise(jobs):
        full = sum(lengths[job.start : job.end]) + lengths[following.start]
        first_is_empty = job.end == job.start
        assert full > batch_words or (first_is_empty and lengths[0] > batch_words)


def test_a_first_sentence_that_is_too_long_comes_after_an_empty_job_as_in_gensim():
    jobs = schedule(total_examples=3).jobs(corpus_of([20, 3, 4]), 0)
    assert [(job.start, job.end) for job in jobs] == [(0, 0), (0, 1), (1, 3)]


def test_an_empty_corpus_has_no_jobs():
    assert schedule(total_words=1).jobs(corpus_of([]), 0) == []


@hypothesis.given(
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    st.integers(1, 4),
    st.booleans(),
)
def test_alpha_falls_linearly_with_what_was_handed_out_before(lengths, n_epochs, by_words):
    corpus = corpus_of(lengths)
    totals = {"total_words": max(sum(lengths), 1)} if by_words else {"total_examples": len(lengths)}
    plan = schedule(n_epochs=n_epochs, **totals)
    for epoch in range(n_epochs):
        for job in plan.jobs(corpus, epoch):
            done = sum(lengths[: job.start]) if by_words else job.start
            progress = (epoch + done / next(iter(totals.values()))) / n_epochs
            assert job.alpha == pytest.approx(0.5 - 0.4 * progress, abs=1e-12)


@hypothesis.given(
    st.lists(st.integers(0, 30), max_size=60), st.integers(1, 5), st.booleans(), st.booleans()
)
def test_several_workers_get_jobs_from_all_over_the_text(lengths, n_regions, by_words, on_disk):
    corpus = corpus_of(lengths)
    if on_disk:
        ids, offsets = np.zeros(sum(lengths), np.int32), np.cumsum([0, *lengths])
        corpus = CorpusView(EncodedCorpus.from_ids(ids, offsets, ["a"]), np.zeros(1, np.int32))
    totals = {"total_words": max(sum(lengths), 1)} if by_words else {"total_examples": len(lengths)}
    in_order = schedule(**totals).jobs(corpus, 0)
    jobs = schedule(n_regions=n_regions, **totals).jobs(corpus, 0)
    assert sorted((job.start, job.end) for job in jobs) == [job[:2] for job in in_order]
    n_each = -(-len(jobs) // n_regions)
    places = [in_order.index(next(j for j in in_order if j[:2] == job[:2])) for job in jobs]
    assert places == [p for first in range(n_each) for p in range(first, len(jobs), n_each)]
    done = 0
    for job in jobs:
        progress = done / next(iter(totals.values()))
        assert job.alpha == pytest.approx(0.5 - 0.4 * progress, abs=1e-12)
        done += sum(lengths[job.start : job.end]) if by_words else job.end - job.start


def test_alpha_never_falls_below_its_end_when_the_total_was_too_small():
    jobs = schedule(total_examples=1, batch_words=1).jobs(corpus_of([1] * 5), 0)
    assert [job.alpha for job in jobs] == pytest.approx([0.5, 0.1, 0.1, 0.1, 0.1])


def test_each_epoch_begins_where_the_one_before_has_ended():
    plan = schedule(n_epochs=4, total_examples=2)
    firsts = [plan.jobs(corpus_of([1, 1]), epoch)[0].alpha for epoch in range(4)]
    assert firsts == pytest.approx([0.5, 0.4, 0.3, 0.2])


def test_examples_count_when_both_totals_are_given():
    plan = schedule(total_examples=2, total_words=1000, batch_words=5)
    assert [job.alpha for job in plan.jobs(corpus_of([5, 5]), 0)] == pytest.approx([0.5, 0.3])


@pytest.mark.parametrize("totals", ["examples", "words", "too few", "too many"])
@pytest.mark.parametrize("batch_words", [1, 7, 40, 10_000])
def test_jobs_and_alphas_are_gensims(totals, batch_words):
    word2vec = pytest.importorskip("gensim.models.word2vec")
    seen: list[tuple[int, float]] = []

    class Spy(word2vec.Word2Vec):
        def _do_train_job(self, sentences, alpha, inits):
            seen.append((len(sentences), alpha))
            return super()._do_train_job(sentences, alpha, inits)

    rng = np.random.default_rng(1)
    lengths = [60, *rng.integers(0, 15, 40), 0, 50, 0, 0, 3]
    sentences = [[f"w{i}" for i in rng.integers(0, 9, n)] for n in lengths]
    n_words = int(sum(lengths))
    given = {
        "examples": {"total_examples": len(sentences)},
        "words": {"total_words": n_words},
        "too few": {"total_words": n_words // 3},
        "too many": {"total_examples": 4 * len(sentences)},
    }[totals]
    theirs = Spy(
        vector_size=3, min_count=1, workers=1, batch_words=batch_words, alpha=0.05, min_alpha=0.01
    )
    theirs.build_vocab(sentences)
    theirs.train(sentences, epochs=3, **given)
    plan = Schedule(
        3, 0.05, 0.01, batch_words, given.get("total_examples"), given.get("total_words")
    )
    corpus = encode(sentences, theirs.wv.key_to_index)
    ours = [
        (job.end - job.start, job.alpha) for epoch in range(3) for job in plan.jobs(corpus, epoch)
    ]
    assert [n for n, _ in ours] == [n for n, _ in seen]
    assert [alpha for _, alpha in ours] == [alpha for _, alpha in seen]
