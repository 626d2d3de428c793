"""Where the ids of a corpus go while it is read."""

from __future__ import annotations

import numpy as np
import pytest

import fastsgns.corpus.keeping
import fastsgns.corpus.reading
from fastsgns import Word2Vec
from fastsgns.corpus.keeping import Disk, Memory, Passing, keeper_of
from fastsgns.corpus.reading import encode_sentences, encode_text
from fastsgns.corpus.spill import DiskArray

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

tokens = st.sampled_from(["a", "b", "cc", "ü"]) | st.integers(0, 2)


def plain(text):
    """All that was learned, as plain Python."""
    return [list(text.words), *(part[:].tolist() for part in text[1:])]


@hypothesis.given(
    st.lists(st.lists(tokens, max_size=9), max_size=30),
    st.integers(1, 12),
    st.sampled_from([0, 40, 100, 10**6]),
    st.sampled_from([None, 1, 3]),
)
def test_what_is_learned_does_not_depend_on_the_keeper(sentences, feed, budget, max_vocab_size):
    options = {"max_vocab_size": max_vocab_size, "report_every": 2}
    reports: list[list] = [[], []]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastsgns.corpus.reading, "FEED_TOKENS", feed)
        patch.setattr(fastsgns.corpus.keeping, "WRITE_NBYTES", 50)
        texts = [
            encode_sentences(
                sentences, keeper=keeper, report=lambda *at, to=to: to.append(at), **options
            )
            for keeper, to in zip((Memory(), Disk(budget)), reports, strict=True)
        ]
    assert plain(texts[0]) == plain(texts[1])
    assert reports[0] == reports[1]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("longest", [None, 4])
def test_text_is_kept_on_disk_as_in_memory(tmp_path, workers, longest):
    rng = np.random.default_rng(0)
    path = tmp_path / "text"
    path.write_text(
        "".join(f"w{n}" + " \n"[int(rng.random() < 0.1)] for n in rng.integers(0, 99, 5000))
    )
    options = {"workers": workers, "max_sentence_length": longest, "block_nbytes": 300}
    expected = plain(encode_text([path], **options))
    for keeper in (Disk(0), Disk(1000), Disk(10**9)):
        text = encode_text([path], keeper=keeper, **options)
        assert plain(text) == expected
    passed: list[list] = [[], []]
    counting = Passing(lambda _, ids, ends: (passed[0].extend(ids), passed[1].extend(ends)))
    text = encode_text([path], keeper=counting, **options)
    assert passed[0] == expected[3] and [0, *passed[1]] == expected[4]
    assert (len(text.ids), text.offsets.tolist()) == (0, [0])
    lengths = np.diff(expected[4])
    assert (counting.n_sentences, counting.n_raw_words, counting.longest) == (
        len(lengths),
        lengths.sum(),
        lengths.max(),
    )


def test_ids_go_to_disk_when_they_pass_the_budget(monkeypatch):
    sentences = [["a"] * 100] * 2000
    monkeypatch.setattr(fastsgns.corpus.reading, "FEED_TOKENS", 1000)
    small = encode_sentences(sentences, keeper=Disk(900_000))
    large = encode_sentences(sentences, keeper=Disk(700_000))
    assert type(small.ids) is np.ndarray
    assert type(large.ids) is DiskArray and type(large.offsets) is DiskArray
    assert plain(small) == plain(large)


def test_each_cache_has_its_keeper(monkeypatch):
    assert type(keeper_of("memory")) is Memory
    assert type(keeper_of("off")) is Passing
    monkeypatch.setattr(fastsgns.corpus.keeping, "memory_budget", lambda: 123)
    assert keeper_of("auto")._budget == 123
    assert keeper_of("disk")._budget == 0


@pytest.mark.parametrize("cache", ["auto", "memory", "disk"])
@pytest.mark.parametrize("options", [{}, {"max_vocab_size": 3}, {"kernel": "blas"}], ids=str)
def test_the_model_does_not_depend_on_the_cache(cache, options, monkeypatch):
    sentences = [[f"w{i * j % 13}" for j in range(i % 9)] for i in range(500)]
    options = {"vector_size": 4, "workers": 1, "min_count": 2, **options}
    expected = Word2Vec(sentences, **options)
    monkeypatch.setenv("FASTSGNS_CORPUS_MEMORY", "1K")
    model = Word2Vec(sentences, corpus_cache=cache, **options)
    assert model.wv.vectors.tobytes() == expected.wv.vectors.tobytes()
    assert getattr(model.corpus, "encoded", None) is None or model.corpus.encoded.is_on_disk
    assert (cache == "memory") == (not hasattr(model.corpus, "encoded"))
    # Sentences given to train() are kept in the same way, and found to be the same ones.
    corpus = model.corpus
    model.train(sentences, total_examples=500, epochs=2)
    expected.train(sentences, total_examples=500, epochs=2)
    assert model.wv.vectors.tobytes() == expected.wv.vectors.tobytes()
    assert model.corpus is corpus


def test_a_cache_that_is_none_is_refused():
    with pytest.raises(ValueError, match="'auto', 'memory', 'disk', 'off', got 'ram'"):
        Word2Vec(corpus_cache="ram")
