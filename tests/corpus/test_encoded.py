"""EncodedCorpus: made in several ways, checked, saved and opened, shared by models."""

from __future__ import annotations

import copy
import errno
import os
import pickle
import threading
from itertools import pairwise

import numpy as np
import pytest

import fastsgns.corpus.encoded
import fastsgns.io.native
from fastsgns import EncodedCorpus, LineSentence, Word2Vec
from fastsgns._core import available_kernels
from fastsgns.io.errors import FormatError

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

tokens = st.sampled_from(["a", "b", "cc", "ü", "", 1, 2, b"a", ("a", 1), None, 2.5])
corpora = st.lists(st.lists(tokens, max_size=12), max_size=15)


def drawn(n_sentences: int = 400, n_words: int = 60, seed: int = 0) -> list[list[str]]:
    """Draw sentences whose words have very different counts."""
    rng = np.random.default_rng(seed)
    return [
        [f"w{min(int(i), n_words)}" for i in rng.pareto(0.6, rng.integers(0, 20))]
        for _ in range(n_sentences)
    ]


SENTENCES = drawn()


def of_ids(sentences) -> EncodedCorpus:
    """Encode in plain Python."""
    index_of: dict[object, int] = {}
    ids = [index_of.setdefault(token, len(index_of)) for s in sentences for token in s]
    offsets = np.cumsum([0, *map(len, sentences)])
    return EncodedCorpus.from_ids(ids, offsets, index_of)


def saved(sentences, path, **options) -> EncodedCorpus:
    EncodedCorpus.from_sentences(sentences).save(path)
    return EncodedCorpus.open(path, **options)


def check_same(one: EncodedCorpus, other: EncodedCorpus) -> None:
    assert list(one.words) == list(other.words)
    assert one.counts.tolist() == other.counts.tolist()
    assert one.ids[:].tolist() == other.ids[:].tolist()
    assert one.offsets[:].tolist() == other.offsets[:].tolist()
    assert (one.n_sentences, one.n_raw_words, one.longest) == (
        other.n_sentences,
        other.n_raw_words,
        other.longest,
    )


# ---- making one ----------------------------------------------------------------------------------


@hypothesis.given(corpora, st.sampled_from(["auto", "memory", "disk"]))
def test_an_encoding_is_its_sentences(sentences, cache):
    corpus = EncodedCorpus.from_sentences(iter(sentences), cache=cache)
    assert list(corpus) == sentences
    assert len(corpus) == corpus.n_sentences == len(sentences)
    assert corpus.longest == max(map(len, sentences), default=0)
    assert corpus.is_on_disk == (cache == "disk" and bool(sentences))
    check_same(corpus, of_ids(sentences))


def test_the_words_of_an_encoding_are_a_list(tmp_path):
    text = tmp_path / "text"
    text.write_text("to be or not\nto be\n")
    words = ["to", "be", "or", "not"]
    for cache in ("memory", "disk"):
        assert EncodedCorpus.from_file(text, cache=cache).words == words
        assert EncodedCorpus.from_sentences([words, words[:2]], cache=cache).words == words
    model = Word2Vec(corpus_file=text, corpus_cache="disk", min_count=1, vector_size=4, workers=1)
    assert model.corpus.encoded.words == words
    model.corpus.encoded.save(tmp_path / "corpus.npz")
    opened = EncodedCorpus.open(tmp_path / "corpus.npz")
    assert [list(sentence) for sentence in opened] == [words, words[:2]]


@pytest.mark.parametrize("workers", [1, 2, -1])
@pytest.mark.parametrize("cache", ["memory", "disk"])
def test_a_file_is_encoded_as_its_lines(tmp_path, workers, cache):
    path = tmp_path / "text"
    path.write_text("a b a\n\nü b\n" * 20 + "c " * 10_001, "utf-8")
    corpus = EncodedCorpus.from_file(path, workers=workers, cache=cache)
    check_same(corpus, EncodedCorpus.from_sentences(list(LineSentence(path))))
    assert corpus.longest == 10_000


def test_a_cache_that_is_none_is_refused():
    with pytest.raises(ValueError, match='cache must be "auto", "memory" or "disk", got \'off\''):
        EncodedCorpus.from_sentences([["a"]], cache="off")


def test_the_ids_of_others_are_taken_as_they_are():
    ids = np.array([0, 1, 1], np.int32)
    corpus = EncodedCorpus.from_ids(ids, [0, 2, 2, 3], ["a", 5])
    assert corpus.ids is ids
    assert list(corpus) == [["a", 5], [], [5]]
    assert corpus.counts.tolist() == [1, 2]
    for dtype in (np.int64, np.uint8, np.uint64):
        check_same(EncodedCorpus.from_ids(ids.astype(dtype), (0, 2, 2, 3), ("a", 5)), corpus)


def test_ids_may_be_mapped_from_a_file(tmp_path):
    np.save(tmp_path / "ids.npy", np.array([0, 1, 1], np.int32))
    ids = np.load(tmp_path / "ids.npy", mmap_mode="r")
    corpus = EncodedCorpus.from_ids(ids, [0, 3], ["a", "b"])
    assert np.shares_memory(corpus.ids, ids)
    model = Word2Vec(corpus=corpus, vector_size=2, min_count=2, workers=1)
    assert model.wv.index_to_key == ["b"]


@pytest.mark.parametrize(
    ("ids", "offsets", "words", "counts", "error", "message"),
    [
        ([0, 2], [0, 2], "ab", None, ValueError, r"in 0\.\.1, .*ids\[1\] is 2"),
        ([0, -1], [0, 2], "ab", None, ValueError, r"ids\[1\] is -1"),
        ([0, 2**31], [0, 2], "ab", None, ValueError, r"ids must be in .*, got 2147483648"),
        ([0, 1], [1, 2], "ab", None, ValueError, "run from 0 to 2, the tokens, got 1 to 2"),
        ([0, 1], [0, 3], "ab", None, ValueError, "got 0 to 3"),
        ([0, 1], [], "ab", None, ValueError, "an entry more than there are sentences, got none"),
        ([0, 1], [0, 2, 1, 2], "ab", None, ValueError, r"offsets\[2\] is 1, after 2"),
        ([0.5, 1], [0, 2], "ab", None, TypeError, "ids must be integers, got float64"),
        ([0, 1], [0.0, 2], "ab", None, TypeError, "offsets must be integers, got float64"),
        ([[0, 1]], [0, 2], "ab", None, ValueError, r"flat array, got the shape \(1, 2\)"),
        ([0, 1], [0, 2], ["a", "a"], None, ValueError, "'a' is there twice"),
        ([0, 1], [0, 2], ["a", []], None, TypeError, "unhashable"),
        ([0, 1], [0, 2], "ab", [1], ValueError, "2 integers >= 0, one for each word, got 1"),
        ([0, 1], [0, 2], "ab", [1, -1], ValueError, "got 2, the least -1"),
        ([0, 1], [0, 2], "ab", [1.5, 1], TypeError, "counts must be integers"),
    ],
)
def test_ids_that_do_not_fit_are_refused_with_their_place(
    ids, offsets, words, counts, error, message, monkeypatch
):
    for block in (1 << 20, 1, 2):
        monkeypatch.setattr(fastsgns.corpus.encoded, "BLOCK", block)
        with pytest.raises(error, match=message):
            EncodedCorpus.from_ids(ids, offsets, words, counts)


def test_a_sentence_may_have_so_many_tokens_only():
    ids = np.broadcast_to(np.zeros(1, np.int32), 2**31 + 6)  # takes no memory
    with pytest.raises(ValueError, match=f"sentence 1 of the corpus has {2**31}"):
        fastsgns.corpus.encoded.check_offsets(np.array([0, 5, 2**31 + 5, 2**31 + 6]), len(ids))


# ---- the models of one ---------------------------------------------------------------------------

OPTIONS = [
    {},
    {"sg": 1, "hs": 1, "negative": 0},
    {"min_count": 1, "sample": 0},
    {"max_vocab_size": 20},
    {"max_vocab_size": 20, "trim_rule": lambda word, count, limit: 2 if word == "w9" else 0},
    {"max_final_vocab": 10},
    {"sorted_vocab": 0},
    {"null_word": 1, "batch_words": 77},
    {"trim_rule": lambda word, count, limit: {"w1": 1, "w40": 2}.get(word, 0)},
]


def trained(kernel="auto", **options) -> Word2Vec:
    return Word2Vec(**{"vector_size": 4, "workers": 1, "epochs": 2, "kernel": kernel} | options)


def check_same_model(one: Word2Vec, other: Word2Vec) -> None:
    assert one.wv.index_to_key == other.wv.index_to_key
    assert one.wv.expandos["count"].tolist() == other.wv.expandos["count"].tolist()
    assert one.wv.vectors.tobytes() == other.wv.vectors.tobytes()
    names = ("corpus_count", "corpus_total_words", "effective_min_count", "min_alpha_yet_reached")
    assert [getattr(one, n) for n in names] == [getattr(other, n) for n in names]
    for a, b in zip(one.history, other.history, strict=True):
        assert {k: v for k, v in a.items() if "second" not in k} == {
            k: v for k, v in b.items() if "second" not in k
        }


@pytest.mark.parametrize("kernel", available_kernels())
def test_a_model_of_an_encoding_is_that_of_its_sentences(kernel, tmp_path):
    sources = [
        EncodedCorpus.from_sentences(SENTENCES),
        EncodedCorpus.from_sentences(SENTENCES, cache="disk"),
        of_ids(SENTENCES),
        saved(SENTENCES, tmp_path / "corpus"),
        saved(SENTENCES, tmp_path / "corpus.gz", in_memory=True),
    ]
    for options in OPTIONS:
        expected = trained(kernel, sentences=SENTENCES, **options)
        for corpus in sources:
            check_same_model(trained(kernel, corpus=corpus, **options), expected)
    check_same(sources[0], of_ids(SENTENCES))  # unchanged


def test_models_may_be_trained_from_one_encoding_at_the_same_time():
    for cache in ("memory", "disk"):
        corpus = EncodedCorpus.from_sentences(SENTENCES, cache=cache)
        models: list[Word2Vec] = []
        threads = [
            threading.Thread(
                target=lambda to, *args: to.append(trained(corpus=args[0], seed=args[1])),
                args=(models, corpus, seed),
            )
            for seed in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for model in models:
            check_same_model(model, trained(sentences=SENTENCES, seed=model.seed))


def test_an_encoding_stands_for_sentences_wherever_they_are_given():
    corpus = EncodedCorpus.from_sentences(SENTENCES)
    whole = trained(sentences=SENTENCES)
    check_same_model(trained(sentences=corpus), whole)
    model = trained()
    model.build_vocab(corpus)
    model.train(corpus, total_examples=model.corpus_count, epochs=2)
    check_same_model(model, whole)
    assert model.train() == (0, 0)  # these were the epochs of the remembered corpus
    # One that numbers the words otherwise.
    model.train(EncodedCorpus.from_sentences(SENTENCES[::-1]), total_examples=400, epochs=1)
    whole.train(SENTENCES[::-1], total_examples=400, epochs=1)
    check_same_model(model, whole)
    assert model.log_likelihood(corpus) == whole.log_likelihood(SENTENCES)


def test_an_update_takes_an_encoding():
    more = [["w1", "new"] * 3] * 5
    models = [trained(sentences=SENTENCES) for _ in range(2)]
    for model, corpus in zip(models, (more, EncodedCorpus.from_sentences(more)), strict=True):
        model.build_vocab(corpus, update=True)
        model.train()
    check_same_model(*models)
    assert "new" in models[1].wv


def test_given_counts_decide_over_the_vocabulary():
    corpus = EncodedCorpus.from_ids([0, 1, 2, 0], [0, 4], ["a", "b", "c", "d"], [5, 0, 9, 7])
    model = Word2Vec(corpus=corpus, vector_size=2, min_count=1, workers=1)
    assert model.wv.index_to_key == ["c", "d", "a"]
    assert model.wv.get_vecattr("a", "count") == 5
    assert model.corpus_total_words == 4


def test_given_counts_stay_when_words_are_forgotten():
    """What is forgotten is decided by the ids, as if they were read."""
    words = [*"abcdefgh"]
    ids = [*range(8), 0, 0, 1, 1, *range(2, 8), 0, 0, 1, 1]
    offsets = range(0, len(ids) + 1, 2)
    counts = [5, 0, 9, 7, 1, 1, 1, 1]
    kept = {100: ["c", "d", "a", "h", "g", "f", "e"], 2: ["a"]}
    for max_vocab_size, expected in kept.items():
        corpus = EncodedCorpus.from_ids(ids, offsets, words, counts)
        model = Word2Vec(vector_size=2, min_count=1, max_vocab_size=max_vocab_size)
        model.build_vocab(corpus)
        assert model.wv.index_to_key == expected
        assert model.wv.get_vecattr("a", "count") == 5


def test_words_that_never_occur_are_no_words():
    corpus = EncodedCorpus.from_ids([2, 0], [0, 2], ["a", "b", "c"])
    model = Word2Vec(corpus=corpus, vector_size=2, min_count=0, workers=1)
    assert model.wv.index_to_key == ["c", "a"]


def test_an_encoding_is_the_only_source():
    corpus = EncodedCorpus.from_sentences(SENTENCES)
    with pytest.raises(TypeError, match=r"one of .* got corpus and sentences"):
        Word2Vec(SENTENCES, corpus=corpus)
    with pytest.raises(TypeError, match="got corpus and corpus_file"):
        Word2Vec(corpus_file="x", corpus=corpus)
    with pytest.raises(TypeError, match="must be an EncodedCorpus, got list"):
        Word2Vec(corpus=SENTENCES)


def test_an_id_beyond_the_words_is_an_error_of_the_caller(tmp_path):
    corpus = EncodedCorpus(
        np.array([0, 1, 5], np.int32), np.array([0, 3]), ["a", "b"], np.ones(2, int)
    )
    model = trained(min_count=1)
    model.build_vocab(corpus)
    with pytest.raises(ValueError, match=r"ids must be in \[0, 2\)"):
        model.train()


# ---- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["corpus.npz", "corpus", "corpus.gz"])
@pytest.mark.parametrize("cache", ["memory", "disk"])
@pytest.mark.parametrize("sentences", [SENTENCES, [], [[], []], [["a", 1, b"x", ("t", 2.5), None]]])
def test_what_was_saved_is_opened(tmp_path, name, cache, sentences):
    path = tmp_path / name
    corpus = EncodedCorpus.from_sentences(sentences, cache=cache)
    corpus.save(path)
    check_same(EncodedCorpus.open(path, in_memory=True), corpus)
    if name != "corpus.gz":
        opened = EncodedCorpus.open(path)
        check_same(opened, corpus)
        assert opened.is_on_disk == (len(corpus.ids) > 0)
        assert list(opened) == sentences


def test_numpy_can_open_the_file_too(tmp_path):
    corpus = EncodedCorpus.from_sentences(SENTENCES)
    corpus.save(tmp_path / "c.npz")
    with np.load(tmp_path / "c.npz", allow_pickle=False) as arrays:
        assert arrays["ids"].tolist() == corpus.ids.tolist()
        assert arrays["offsets"].tolist() == corpus.offsets.tolist()
        assert arrays["counts"].tolist() == corpus.counts.tolist()


def test_an_old_file_stays_when_saving_fails(tmp_path):
    path = tmp_path / "corpus"
    corpus = EncodedCorpus.from_sentences(SENTENCES)
    corpus.save(path)
    with pytest.raises(TypeError, match="cannot be saved"):
        EncodedCorpus.from_sentences([[frozenset("a"), Word2Vec]]).save(path)
    check_same(EncodedCorpus.open(path), corpus)
    assert [p.name for p in tmp_path.iterdir()] == ["corpus"]


def test_an_opened_file_may_be_replaced_by_itself(tmp_path):
    corpus = saved(SENTENCES, tmp_path / "corpus")
    corpus.save(tmp_path / "corpus")
    check_same(EncodedCorpus.open(tmp_path / "corpus"), corpus)


def test_a_file_that_is_replaced_meanwhile_is_read_whole(tmp_path, monkeypatch):
    """Words and ids are of the same file."""
    path = tmp_path / "corpus"
    old, new = saved([["a", "b"]], path), saved([["c"], ["d", "c"]], tmp_path / "new")
    del new
    read = fastsgns.io.native.read

    def read_slowly(*given):
        found = read(*given)
        if (tmp_path / "new").exists():
            (tmp_path / "new").replace(path)
        return found

    monkeypatch.setattr(fastsgns.io.native, "read", read_slowly)
    assert list(EncodedCorpus.open(path)) == [["c"], ["d", "c"]]
    assert list(old) == [["a", "b"]]


def test_a_compressed_file_must_be_read_into_memory(tmp_path):
    with pytest.raises(OSError, match="compressed") as caught:
        saved(SENTENCES, tmp_path / "corpus.gz")
    assert "in_memory=True" in caught.value.__notes__[0]


def test_what_is_no_encoded_corpus_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"no such thing")
    with pytest.raises(FormatError, match=r"not a file that EncodedCorpus\.save"):
        EncodedCorpus.open(path)
    trained(sentences=SENTENCES).save(path)
    with pytest.raises(FormatError, match="holds a Word2Vec, not an EncodedCorpus"):
        EncodedCorpus.open(path)
    with pytest.raises(FileNotFoundError):
        EncodedCorpus.open(tmp_path / "missing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": np.zeros(3, np.int64)}, "ids must be a flat array of int32, int64"),
        ({"offsets": np.array([0, 2, 1, 3])}, r"must not descend: offsets\[2\] is 1"),
        ({"offsets": np.array([0, 2])}, "run from 0 to 3, the tokens, got 0 to 2"),
        ({"offsets": np.zeros((1, 2), np.int64)}, r"offsets must be a flat array.*\(1, 2\)"),
        ({"counts": np.ones(1, np.int64)}, "2 words must have as many counts"),
        ({"counts": np.array([1, -1])}, "2 words must have as many counts >= 0"),
        ({"ids": None}, "ids must be a flat array of int32, missing"),
        ({"words": ["a", "a"]}, "2 words, but only 1 different"),
    ],
)
def test_a_file_whose_parts_do_not_fit_is_refused(tmp_path, change, message):
    from fastsgns.io import native

    arrays = {
        "ids": np.array([0, 1, 1], np.int32),
        "offsets": np.array([0, 2, 3]),
        "counts": np.array([1, 2]),
    } | {name: value for name, value in change.items() if name != "words"}
    arrays = {name: value for name, value in arrays.items() if value is not None}
    path = tmp_path / "file"
    native.write(path, {"class": "EncodedCorpus"}, change.get("words", ["a", "b"]), arrays)
    for in_memory in (False, True):
        with pytest.raises(FormatError, match=message) as caught:
            EncodedCorpus.open(path, in_memory=in_memory)
        assert str(path) in str(caught.value)


def test_ids_are_checked_when_they_are_read(tmp_path):
    from fastsgns.io import native

    path = tmp_path / "file"
    arrays = {
        "ids": np.array([0, 7], np.int32),
        "offsets": np.array([0, 2]),
        "counts": np.ones(1, int),
    }
    native.write(path, {"class": "EncodedCorpus"}, ["a"], arrays)
    with pytest.raises(FormatError, match=r"ids\[1\] is 7"):
        EncodedCorpus.open(path, in_memory=True)
    model = trained(min_count=1)
    model.build_vocab(EncodedCorpus.open(path))
    with pytest.raises(FormatError, match=r"file: .*number 1 is 7"):
        model.train()
    with pytest.raises(FormatError, match="number 1 is 7"):
        list(EncodedCorpus.open(path))


# ---- as an object --------------------------------------------------------------------------------


@pytest.mark.parametrize("cache", ["memory", "disk"])
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))]
)
def test_an_encoding_can_be_copied_and_pickled(cache, copied):
    corpus = EncodedCorpus.from_sentences(SENTENCES, cache=cache)
    check_same(copied(corpus), corpus)


def test_a_model_of_an_encoding_on_disk_can_be_copied(tmp_path):
    model = trained(epochs=4)
    model.build_vocab(saved(SENTENCES, tmp_path / "corpus"))
    twin = copy.deepcopy(model)
    twin.train()
    check_same_model(twin, trained(sentences=SENTENCES, epochs=4))


def test_an_encoding_says_how_large_it_is_and_where():
    corpus = EncodedCorpus.from_sentences([["a", "b"], []])
    assert repr(corpus) == "EncodedCorpus<sentences=2, tokens=2, words=2>"
    corpus = EncodedCorpus.from_sentences([["a", "b"], []], cache="disk")
    assert repr(corpus) == "EncodedCorpus<sentences=2, tokens=2, words=2, on disk>"


def test_sentences_are_iterated_in_pieces(monkeypatch):
    monkeypatch.setattr(fastsgns.corpus.encoded, "BLOCK", 7)
    for cache in ("memory", "disk"):
        corpus = EncodedCorpus.from_sentences(SENTENCES, cache=cache)
        assert list(corpus) == SENTENCES
        assert corpus.longest == max(map(len, SENTENCES))
        lengths = [b - a for a, b in pairwise(corpus.offsets[:].tolist())]
        assert lengths == list(map(len, SENTENCES))


def test_a_disk_that_fails_is_told_as_it_is(tmp_path, monkeypatch):
    saved(SENTENCES, tmp_path / "corpus")

    def failing(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fastsgns.io.native, "read", failing)
    with pytest.raises(OSError, match="Input/output error") as caught:
        EncodedCorpus.open(tmp_path / "corpus")
    assert not hasattr(caught.value, "__notes__"), "no way of opening it helps"


def test_ids_on_disk_may_be_those_of_another_corpus(tmp_path):
    corpus = saved(SENTENCES, tmp_path / "corpus")
    assert corpus.is_on_disk
    other = EncodedCorpus.from_ids(corpus.ids, corpus.offsets, corpus.words)
    assert other.is_on_disk and list(other) == list(corpus)


def test_an_encoding_is_its_own_encoding():
    corpus = EncodedCorpus.from_sentences(SENTENCES)
    assert list(EncodedCorpus.from_sentences(corpus)) == list(corpus)
