"""From sentences to a vocabulary with first weights."""

from __future__ import annotations

import gc
import logging
import os
import pickle
import threading
import weakref
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from processes import run_python

from fastsgns import LineSentence, Word2Vec
from fastsgns.corpus import refusals
from fastsgns.io.files import open_binary
from fastsgns.vocabulary import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP

MATRICES = ("syn1neg", "syn1")


def zipf(n_sentences: int = 80, n_words: int = 60, seed: int = 0, prefix: str = "w"):
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, n_words + 1)
    return [
        [f"{prefix}{i}" for i in rng.choice(n_words, rng.integers(0, 15), p=share / share.sum())]
        for _ in range(n_sentences)
    ]


SENTENCES = zipf()
MORE = [*zipf(30, 40, seed=1), *zipf(30, 20, seed=2, prefix="new")]


def built(sentences=SENTENCES, **options) -> Word2Vec:
    model = Word2Vec(**{"vector_size": 6, "min_count": 2, "workers": 1, **options})
    model.build_vocab(sentences)
    return model


def gensims(**options):
    word2vec = pytest.importorskip("gensim.models.word2vec")
    return word2vec.Word2Vec(**{"vector_size": 6, "min_count": 2, "workers": 1, **options})


def check_same_vocabulary(ours: Word2Vec, theirs) -> None:
    assert ours.wv.index_to_key == theirs.wv.index_to_key
    assert ours.wv.key_to_index == theirs.wv.key_to_index
    for name in ("count", "sample_int"):
        mine, other = ours.wv.expandos[name], theirs.wv.expandos[name]
        assert mine.dtype == other.dtype, name
        assert mine.tolist() == other.tolist(), name
    if ours.negative:
        assert ours.cum_table.dtype == theirs.cum_table.dtype
        assert ours.cum_table.tolist() == theirs.cum_table.tolist()
    if ours.hs:
        for name in ("code", "point"):
            mine, other = ours.wv.expandos[name], theirs.wv.expandos[name]
            assert mine.dtype == other.dtype == object
            for a, b in zip(mine, other, strict=True):
                assert (a.dtype, a.tolist()) == (b.dtype, b.tolist())
    for name in ("corpus_count", "corpus_total_words", "min_count", "sample"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.effective_min_count == theirs.effective_min_count
    assert dict(ours.raw_vocab) == dict(theirs.raw_vocab)


def check_same_weights(ours: Word2Vec, theirs) -> None:
    assert ours.wv.vectors.dtype == theirs.wv.vectors.dtype == np.float32
    assert np.array_equal(ours.wv.vectors, theirs.wv.vectors)
    assert np.array_equal(ours.wv.vectors_lockf, theirs.wv.vectors_lockf)
    for name in MATRICES:
        assert hasattr(ours, name) == hasattr(theirs, name), name
        if hasattr(theirs, name):
            mine, other = getattr(ours, name), getattr(theirs, name)
            assert (mine.dtype, mine.shape) == (other.dtype, other.shape)
            assert np.array_equal(mine, other)


# ---- the same as gensim's ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"min_count": 1},
        {"min_count": 0},
        {"min_count": 5, "sample": 0},
        {"sample": 2, "hs": 1},
        {"sample": 0.05, "hs": 1, "negative": 0},
        {"ns_exponent": -0.5, "seed": 7},
        {"ns_exponent": 0},
        {"sorted_vocab": 0},
        {"null_word": 1, "hs": 1},
        {"null_word": 1, "sorted_vocab": 0, "min_count": 1},
        {"max_final_vocab": 10},
        {"max_final_vocab": 10, "min_count": 9},
        {"max_final_vocab": 10**6},
        {"max_vocab_size": 20},
        {"max_vocab_size": 8, "min_count": 1, "hs": 1},
        {"vector_size": 1},
    ],
    ids=str,
)
def test_vocabulary_and_first_weights_are_gensims(options):
    theirs = gensims(**options)
    theirs.build_vocab(SENTENCES)
    ours = built(**options)
    check_same_vocabulary(ours, theirs)
    check_same_weights(ours, theirs)


@pytest.mark.parametrize("options", [{}, {"hs": 1}, {"hs": 1, "negative": 0}, {"min_count": 1}])
def test_an_update_grows_vocabulary_and_weights_as_gensims(options):
    ours, theirs = built(**options), gensims(**options)
    theirs.build_vocab(SENTENCES)
    for model in (ours, theirs):
        model.build_vocab(MORE, update=True)
    check_same_vocabulary(ours, theirs)
    check_same_weights(ours, theirs)
    assert any(word.startswith("new") for word in ours.wv.index_to_key)


def test_an_update_with_a_rule_and_thresholds_is_gensims():
    def rule(word, count, min_count):
        return RULE_KEEP if word == "new19" else RULE_DEFAULT

    ours, theirs = built(), gensims()
    theirs.build_vocab(SENTENCES)
    for model in (ours, theirs):
        model.build_vocab(MORE, update=True, min_count=4, sample=0.01, trim_rule=rule)
    check_same_vocabulary(ours, theirs)
    check_same_weights(ours, theirs)


@pytest.mark.parametrize("keep_raw_vocab", [True, False])
@pytest.mark.parametrize("update", [False, True])
def test_a_vocabulary_from_frequencies_is_gensims(keep_raw_vocab, update):
    frequencies = {"w0": 40, "w1": 40, "rare": 1, "x": 7, "y": 2}
    ours, theirs = Word2Vec(vector_size=6, min_count=2), gensims()
    for model in (ours, theirs):
        if update:
            model.build_vocab(SENTENCES)
        model.build_vocab_from_freq(
            frequencies, keep_raw_vocab=keep_raw_vocab, corpus_count=17, update=update
        )
    check_same_vocabulary(ours, theirs)
    check_same_weights(ours, theirs)
    assert bool(ours.raw_vocab) is keep_raw_vocab


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"min_count": 4},
        {"sample": 0.02},
        {"min_count": 3, "sample": 5},
        {"dry_run": True},
        {"dry_run": True, "min_count": 9, "sample": 1e-5},
        {"dry_run": True, "min_count": 10**6},
        {"keep_raw_vocab": True},
        {"trim_rule": lambda word, count, least: RULE_DISCARD if word == "w1" else RULE_DEFAULT},
        {"min_count": 0, "sample": 0},  # 0 counts as not given
    ],
    ids=lambda options: str(list(options)),
)
@pytest.mark.parametrize("prior", [False, True])
def test_the_report_of_prepare_vocab_is_gensims(options, prior):
    if prior:
        ours, theirs = built(), gensims()
        theirs.build_vocab(SENTENCES)
    else:
        ours, theirs = Word2Vec(vector_size=6, min_count=2), gensims()
    reports = []
    for model in (ours, theirs):
        assert model.scan_vocab(MORE) == (sum(map(len, MORE)), len(MORE))
        reports.append(model.prepare_vocab(update=prior, **options))
    assert reports[0] == reports[1]
    assert dict(ours.raw_vocab) == dict(theirs.raw_vocab)
    assert ours.wv.index_to_key == theirs.wv.index_to_key
    assert (ours.min_count, ours.sample) == (theirs.min_count, theirs.sample)


def test_ties_in_max_vocab_size_pruning_are_gensims_over_many_prunings():
    sentences = [[f"w{(i * i + j) % 97}" for j in range(7)] for i in range(300)]
    for limit in (1, 5, 30, 96, 97):
        ours, theirs = (
            built(sentences, max_vocab_size=limit, min_count=1),
            gensims(max_vocab_size=limit, min_count=1),
        )
        theirs.build_vocab(sentences)
        assert ours.wv.index_to_key == theirs.wv.index_to_key
        if len(ours.wv):
            assert np.array_equal(ours.wv.expandos["count"], theirs.wv.expandos["count"])


def test_a_word_forgotten_by_pruning_still_trains_where_it_was_kept_later():
    """The remembered corpus holds every token of a kept word, as gensim's next pass would see."""
    sentences = [["a", "b", "c"], ["a", "d", "e"], ["b", "b", "b"], ["a"]]
    model = built(sentences, max_vocab_size=3, min_count=1)
    kept = set(model.wv.index_to_key)
    expected = [[w for w in sentence if w in kept] for sentence in sentences]
    ids, bounds = model.corpus.ids.tolist(), model.corpus.offsets.tolist()
    found = [[model.wv.index_to_key[i] for i in ids[a:b]] for a, b in pairwise(bounds)]
    assert found == expected


# ---- trim rules ----------------------------------------------------------------------------------


def test_a_trim_rule_keeps_and_discards_against_min_count():
    sentences = [["often"] * 5 + ["drop"] * 5 + ["rare"]]
    verdicts = {"drop": RULE_DISCARD, "rare": RULE_KEEP}
    model = Word2Vec(min_count=3, vector_size=4)
    model.build_vocab(sentences, trim_rule=lambda w, n, m: verdicts.get(w, RULE_DEFAULT))
    assert set(model.wv.index_to_key) == {"often", "rare"}


def test_a_trim_rule_gets_word_count_and_the_effective_min_count():
    asked = []
    model = Word2Vec(min_count=2, vector_size=4, max_final_vocab=1)
    model.build_vocab(
        [["a"] * 5 + ["b"] * 3], trim_rule=lambda *given: asked.append(given) or RULE_DEFAULT
    )
    assert ("a", 5, 4) in asked and ("b", 3, 4) in asked


def test_a_trim_rule_of_the_constructor_holds_for_its_own_corpus_only(caplog):
    def rule(word, count, min_count):
        return RULE_DISCARD if word == "a" else RULE_DEFAULT

    sentences = [["a", "b", "c"]] * 5
    model = Word2Vec(sentences, min_count=1, vector_size=4, workers=1, trim_rule=rule)
    assert sorted(model.wv.index_to_key) == ["b", "c"]
    model.build_vocab(sentences)
    assert sorted(model.wv.index_to_key) == ["a", "b", "c"]
    caplog.clear()
    Word2Vec(trim_rule=rule)
    assert "trim_rule" in caplog.text


# ---- sources -------------------------------------------------------------------------------------


def check_same(first: Word2Vec, second: Word2Vec) -> None:
    assert first.wv.index_to_key == second.wv.index_to_key
    assert first.wv.expandos["count"].tolist() == second.wv.expandos["count"].tolist()
    assert np.array_equal(first.wv.vectors, second.wv.vectors)
    assert first.corpus.equals(second.corpus)


@pytest.mark.parametrize(
    "wrap",
    [
        iter,
        tuple,
        lambda sentences: (sentence for sentence in sentences),
        lambda sentences: [tuple(s) for s in sentences],
        lambda sentences: [np.array(s, dtype=str) for s in sentences],
    ],
)
def test_any_iterable_of_token_lists_is_a_corpus(wrap):
    check_same(built(wrap(SENTENCES)), built(SENTENCES))


def test_a_sequence_without_iter_is_a_corpus():
    class Indexed:
        def __getitem__(self, index):
            return SENTENCES[index]

    check_same(built(Indexed()), built(SENTENCES))


@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_is_a_corpus(tmp_path, kind):
    path = tmp_path / "corpus.txt"
    filled = [s for s in SENTENCES if s]
    path.write_text("\n".join(" ".join(s) for s in filled), encoding="utf-8")
    model = Word2Vec(vector_size=6, min_count=2)
    model.build_vocab(corpus_file=kind(path))
    check_same(model, built(filled))


def filled_file(folder: Path, name: str = "corpus.txt") -> Path:
    path = folder / name
    text = "\n\n".join(" ".join(s) for s in SENTENCES)
    with open_binary(path, "wb") as file:
        file.write(text.encode())
    return path


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"min_count": 1, "hs": 1},
        {"max_vocab_size": 20},
        {"max_vocab_size": 8, "min_count": 1},
        {"max_final_vocab": 10},
        {"sorted_vocab": 0, "null_word": 1},
    ],
    ids=str,
)
def test_a_file_gives_the_model_of_its_sentences_and_of_gensim(tmp_path, options, workers):
    path = filled_file(tmp_path)
    ours = Word2Vec(**{"vector_size": 6, "min_count": 2, "workers": workers, **options})
    ours.build_vocab(corpus_file=path)
    check_same(ours, built([s for s in SENTENCES if s], **options))
    check_same(ours, built(LineSentence(path), **{**options, "workers": workers}))
    theirs = gensims(**options)
    theirs.build_vocab(corpus_file=str(path))
    check_same_vocabulary(ours, theirs)
    check_same_weights(ours, theirs)


def test_a_trim_rule_and_raw_counts_of_a_file_are_those_of_its_sentences(tmp_path):
    path = filled_file(tmp_path)
    asked: tuple[list, list] = ([], [])
    models = []
    for calls, source in zip(
        asked,
        ({"corpus_file": path}, {"corpus_iterable": [s for s in SENTENCES if s]}),
        strict=True,
    ):

        def rule(word, count, min_count, calls=calls):
            calls.append((word, count, min_count))
            return {"w0": RULE_DISCARD, "w50": RULE_KEEP}.get(word, RULE_DEFAULT)

        model = Word2Vec(vector_size=6, min_count=2, max_vocab_size=15, workers=2)
        model.build_vocab(**source, trim_rule=rule, keep_raw_vocab=True)
        models.append(model)
    check_same(*models)
    assert asked[0] == asked[1]
    assert list(models[0].raw_vocab.items()) == list(models[1].raw_vocab.items())
    assert model.raw_vocab["never seen"] == 0


@pytest.mark.parametrize("how", ["folder", "pattern"])
def test_a_folder_or_a_pattern_is_the_corpus_of_its_files_by_name(tmp_path, how):
    (tmp_path / "below").mkdir()
    for name in ("b.txt", "a.txt.gz", "c.txt.xz", "below/a.txt"):
        filled_file(tmp_path, name)
    model = Word2Vec(vector_size=6, min_count=2)
    model.build_vocab(corpus_file=tmp_path if how == "folder" else f"{tmp_path}/*.txt*")
    check_same(model, built([s for s in SENTENCES if s] * 3))
    assert model.scan_vocab(corpus_file=tmp_path / "?.txt*") == (
        3 * sum(map(len, SENTENCES)),
        3 * sum(map(bool, SENTENCES)),
    )


@pytest.mark.skipif(os.name == "nt", reason="named pipes are POSIX")
def test_a_pipe_is_read_once_and_trains_all_epochs(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = filled_file(tmp_path).read_bytes()
    writer = threading.Thread(target=pipe.write_bytes, args=[text])
    writer.start()
    model = Word2Vec(corpus_file=pipe, vector_size=6, min_count=2, workers=1, epochs=3)
    writer.join()
    expected = Word2Vec(
        [s for s in SENTENCES if s], vector_size=6, min_count=2, workers=1, epochs=3
    )
    check_same(model, expected)
    assert len(model.history) == 3


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="/dev/stdin is POSIX")
def test_standard_input_is_a_corpus():
    code = (
        "from fastsgns import Word2Vec\n"
        "model = Word2Vec(corpus_file='/dev/stdin', vector_size=4, min_count=1, workers=2)\n"
        "print(model.wv.index_to_key, model.corpus_count, len(model.history))\n"
    )
    printed = run_python("-c", code, input="a b a\n\nb a").stdout
    assert printed.strip() == "['a', 'b'] 2 5"


def test_a_line_of_any_length_is_trained_in_the_pieces_that_line_sentence_gives(tmp_path):
    """Differs from gensim: it counts a line of 25,000 tokens as three too, but trains the first."""
    path = tmp_path / "corpus.txt"
    path.write_text("a b c d e " * 5000 + "\n" + "x y\n" * 10, encoding="utf-8")
    model = Word2Vec(vector_size=6, min_count=2, workers=2, sample=0)
    model.build_vocab(corpus_file=path)
    assert model.corpus.raw_lengths.tolist() == [10_000, 10_000, 5_000] + [2] * 10
    assert (model.corpus_count, model.corpus_total_words) == (13, 25_020)
    assert model.train(epochs=1) == (25_020, 25_020)
    theirs = gensims()
    theirs.build_vocab(corpus_file=str(path))
    assert theirs.corpus_count == 13
    as_reader = built(LineSentence(path))
    assert as_reader.corpus_count == 13
    assert model.wv.index_to_key == as_reader.wv.index_to_key == theirs.wv.index_to_key


@pytest.mark.parametrize("workers", [1, 2])
def test_text_that_is_not_utf8_is_an_error_that_names_file_line_and_byte(tmp_path, workers):
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"fine\n\nbr\xffken\n")
    model = built()
    model.workers = workers
    before = dict(vars(model))
    for source in ({"corpus_file": path}, {"corpus_iterable": LineSentence(path)}):
        with pytest.raises(UnicodeDecodeError) as caught:
            model.build_vocab(**source)
        assert f"line 3, byte 8 of {path}" in str(caught.value)
    with pytest.raises(UnicodeDecodeError, match="line 3, byte 8"):
        model.train(corpus_file=path, total_words=3, epochs=1)
    assert model.corpus is before["corpus"] and model.corpus_count == before["corpus_count"]


def test_a_sentence_that_is_most_of_the_corpus_is_warned_of(tmp_path, caplog):
    path = tmp_path / "corpus.txt"
    path.write_text("a b " * 10_000, encoding="utf-8")
    model = Word2Vec(vector_size=6)
    model.build_vocab([["a", "b"] * 10_000])
    (warning,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warning.startswith("a sentence has 20000 of the 20000 words of the corpus")
    caplog.clear()
    model.build_vocab(LineSentence(path))  # in pieces
    model.build_vocab(corpus_file=path)
    model.build_vocab([["a"] * 10_000])
    model.build_vocab([["a"] * 10_001, *([["b"] * 9_000] * 11)])
    assert not [r for r in caplog.records if r.levelno == logging.WARNING]


def test_the_sentences_are_looked_at_once():
    class Counting:
        n = 0

        def __iter__(self):
            self.n += 1
            return iter(SENTENCES)

    sentences = Counting()
    built(sentences)
    assert sentences.n == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda path: Word2Vec([["a"]], corpus_file=path),
        lambda path: Word2Vec().build_vocab([["a"]], path),
        lambda path: Word2Vec().scan_vocab([["a"]], path),
        lambda path: built().train([["a"]], path, total_examples=1, epochs=1),
    ],
    ids=["constructor", "build_vocab", "scan_vocab", "train"],
)
def test_two_sources_are_a_type_error(call, tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("a b c\n")
    with pytest.raises(TypeError, match="both"):
        call(path)


@pytest.mark.parametrize("how", ["build_vocab", "scan_vocab"])
def test_no_source_is_a_type_error(how):
    with pytest.raises(TypeError, match="none"):
        getattr(Word2Vec(), how)()


@pytest.mark.parametrize("source", [5, 2.5, object()])
def test_what_cannot_be_iterated_is_a_type_error_that_says_what_came(source):
    with pytest.raises(TypeError, match=type(source).__name__):
        Word2Vec(source)


def test_a_missing_corpus_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(TypeError, match="nowhere"):  # gensim's error for it
        Word2Vec(corpus_file=tmp_path / "nowhere.txt")


@pytest.mark.parametrize("max_vocab_size", [None, 10])
def test_an_unhashable_token_is_a_type_error_that_names_its_sentence(max_vocab_size):
    with pytest.raises(TypeError) as caught:
        built([["a"], ["b", ["c"]]], max_vocab_size=max_vocab_size)
    assert any("sentence 1" in note for note in getattr(caught.value, "__notes__", []))


def test_tokens_may_be_any_hashable():
    model = built([[1, "1", b"1", ("1", 1), None, 2.5]] * 3)
    assert set(model.wv.index_to_key) == {1, "1", b"1", ("1", 1), None, 2.5}


# ---- what is remembered --------------------------------------------------------------------------


def test_the_corpus_is_remembered_as_ids_of_the_final_vocabulary():
    model = built()
    known = model.wv.key_to_index
    bounds = model.corpus.offsets.tolist()
    assert [model.corpus.ids[a:b].tolist() for a, b in pairwise(bounds)] == [
        [known[w] for w in s if w in known] for s in SENTENCES
    ]
    assert model.corpus.raw_lengths.tolist() == [len(s) for s in SENTENCES]
    assert model.corpus.n_sentences == model.corpus_count == len(SENTENCES)
    assert model.corpus.n_raw_words == model.corpus_total_words


def test_the_callers_objects_are_not_kept():
    class Corpus(list):
        pass

    sentences = Corpus(SENTENCES)
    watch = weakref.ref(sentences)
    model = built(sentences)
    del sentences
    gc.collect()
    assert watch() is None
    assert model.corpus is not None


def test_an_update_remembers_the_new_corpus():
    model = built()
    model.build_vocab(MORE, update=True)
    assert model.corpus.n_sentences == model.corpus_count == len(MORE)
    assert model.corpus.n_raw_words == sum(map(len, MORE))
    assert model.corpus.ids.max() < len(model.wv)


def test_frequencies_bring_no_corpus():
    model = built()
    model.build_vocab_from_freq({"a": 3, "b": 2})
    assert model.corpus is None
    assert model.corpus_count == 0
    with pytest.raises(ValueError, match="total_examples or total_words"):
        model.train()


def test_raw_counts_are_kept_on_request_only():
    model = built()
    assert dict(model.raw_vocab) == {}
    model = Word2Vec(vector_size=6, min_count=2)
    model.build_vocab(SENTENCES, keep_raw_vocab=True)
    assert sum(model.raw_vocab.values()) == sum(map(len, SENTENCES))
    assert len(model.raw_vocab) > len(model.wv)


def test_scanning_fills_the_raw_counts_and_builds_nothing():
    model = Word2Vec(vector_size=6)
    n_words, n_sentences = model.scan_vocab(SENTENCES)
    assert (n_words, n_sentences) == (sum(map(len, SENTENCES)), len(SENTENCES))
    assert sum(model.raw_vocab.values()) == n_words
    assert len(model.wv) == 0


def test_a_dry_run_changes_nothing():
    model = built()
    model.scan_vocab(MORE)
    before = (dict(model.raw_vocab), list(model.wv.index_to_key), model.min_count, model.sample)
    table = model.cum_table.copy()
    model.prepare_vocab(dry_run=True, min_count=7, sample=0.5)
    assert before == (
        dict(model.raw_vocab), list(model.wv.index_to_key), model.min_count, model.sample,
    )  # fmt: skip
    assert np.array_equal(table, model.cum_table)


@pytest.mark.parametrize("at", [0, 1])
def test_what_was_counted_outlives_a_trim_rule_that_fails(at):
    n_asked = 0

    def rule(word, count, min_count):
        nonlocal n_asked
        n_asked += 1
        if n_asked > at:
            raise LookupError(word)
        return RULE_KEEP

    model, plain = Word2Vec(vector_size=6), Word2Vec(vector_size=6)
    plain.scan_vocab(SENTENCES)
    with pytest.raises(LookupError):
        model.build_vocab(SENTENCES, trim_rule=rule)
    assert list(model.raw_vocab.items()) == list(plain.raw_vocab.items())
    assert pickle.loads(pickle.dumps(model)).raw_vocab == plain.raw_vocab
    model.prepare_vocab()
    plain.prepare_vocab()
    assert model.wv.index_to_key == plain.wv.index_to_key != []
    assert model.raw_vocab == {}


def test_min_count_and_sample_of_build_vocab_replace_the_models():
    model = Word2Vec(vector_size=6)
    model.build_vocab(SENTENCES, min_count=3, sample=0.1)
    assert (model.min_count, model.sample) == (3, 0.1)
    assert model.wv.expandos["count"].min() >= 3


def test_an_unknown_keyword_is_a_type_error():
    with pytest.raises(TypeError, match="max_count"):
        Word2Vec().build_vocab(SENTENCES, max_count=3)


# ---- updates -------------------------------------------------------------------------------------


def test_an_update_keeps_the_trained_rows_and_their_order():
    model = built()
    model.train(epochs=1)
    words = list(model.wv.index_to_key)
    vectors, outputs = model.wv.vectors.copy(), model.syn1neg.copy()
    counts = dict(zip(words, model.wv.expandos["count"].tolist(), strict=True))
    model.build_vocab([["brand", "brand", "w0"]], update=True)
    n = len(words)
    assert model.wv.index_to_key == [*words, "brand"]
    assert np.array_equal(model.wv.vectors[:n], vectors) and model.wv.vectors[n].any()
    assert np.array_equal(model.syn1neg[:n], outputs) and not model.syn1neg[n].any()
    assert model.wv.get_vecattr("brand", "count") == 2
    # "w0" came once, fewer than min_count: a known word counts all the same, as in gensim
    assert model.wv.get_vecattr("w0", "count") == counts["w0"] + 1
    assert len(model.cum_table) == n + 1


def test_an_update_without_a_vocabulary_is_a_runtime_error_before_anything_changes():
    model = Word2Vec(vector_size=6, min_count=1)
    sentences = iter(SENTENCES)
    with pytest.raises(RuntimeError, match="no prior vocabulary"):
        model.build_vocab(sentences, update=True)
    assert len(list(sentences)) == len(SENTENCES)
    assert len(model.wv) == 0 and not model.raw_vocab


def test_an_update_trains_on():
    model = built(sample=0)
    model.train(epochs=2)
    model.build_vocab(MORE, update=True)
    before = model.wv.vectors.copy()
    model.train(epochs=2)
    moved = (model.wv.vectors != before).any(axis=1)
    seen = np.isin(np.arange(len(moved)), model.corpus.ids)
    assert not (moved & ~seen).any()
    assert moved.sum() > 0.9 * seen.sum()  # a word alone in its sentence has nothing to learn from
    assert np.isfinite(model.wv.vectors).all()


def test_building_anew_starts_over():
    model = built()
    model.train(epochs=2)
    model.build_vocab(MORE)
    fresh = built(MORE)
    check_same(model, fresh)
    assert np.array_equal(model.syn1neg, fresh.syn1neg) and not model.syn1neg.any()


# ---- edges ---------------------------------------------------------------------------------------


def test_nothing_left_is_no_error_until_training(caplog):
    model = built(min_count=10**6)
    assert len(model.wv) == 0
    assert model.wv.vectors.shape == (0, 6)
    with pytest.raises(RuntimeError, match="you must first build vocabulary"):
        model.train()


@pytest.mark.parametrize("hs", [0, 1])
def test_a_vocabulary_of_one_word_trains(hs):
    model = Word2Vec([["only"] * 8] * 5, vector_size=4, min_count=1, hs=hs, workers=1, sample=0)
    assert model.wv.index_to_key == ["only"]
    assert np.isfinite(model.wv.vectors).all()


def test_the_null_word_is_not_added_twice():
    model = built([["\0", "a", "a"]] * 3, null_word=1)
    assert model.wv.index_to_key.count("\0") == 1
    assert model.wv.get_vecattr("\0", "count") == 3


def test_first_vectors_depend_on_the_seed_only():
    assert np.array_equal(built(seed=5).wv.vectors, built(seed=5).wv.vectors)
    assert not np.array_equal(built(seed=5).wv.vectors, built(seed=6).wv.vectors)
    vectors = built(vector_size=50, min_count=1).wv.vectors
    assert -1 / 50 <= vectors.min() < -0.9 / 50 and 0.9 / 50 < vectors.max() < 1 / 50


# ---- logs ----------------------------------------------------------------------------------------


def messages(caplog) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == "fastsgns.word2vec"]


def test_progress_is_logged_every_so_many_sentences(caplog):
    model = Word2Vec(vector_size=4, min_count=1)
    with caplog.at_level(logging.INFO):
        model.build_vocab([["a", "b"], ["a"], ["c"], ["d"]], progress_per=2)
    progress = [m for m in messages(caplog) if m.startswith("PROGRESS")]
    assert progress == [
        "PROGRESS: at sentence #0, processed 0 words, keeping 0 word types",
        "PROGRESS: at sentence #2, processed 3 words, keeping 2 word types",
    ]
    assert any("collected 4 word types from a corpus of 5 raw words and 4 sentences" in m
               for m in messages(caplog))  # fmt: skip


def test_the_progress_over_a_file_is_that_over_its_sentences(caplog, tmp_path):
    path = filled_file(tmp_path)
    logged = []
    for source in ({"corpus_file": path}, {"corpus_iterable": [s for s in SENTENCES if s]}):
        model = Word2Vec(max_vocab_size=30, workers=2)
        caplog.clear()
        with caplog.at_level(logging.INFO):
            model.scan_vocab(**source, progress_per=7)
        logged.append(messages(caplog))
    assert logged[0] == logged[1]
    assert sum(m.startswith("PROGRESS") for m in logged[0]) == -(-sum(map(bool, SENTENCES)) // 7)


@pytest.mark.parametrize("how", ["build_vocab", "scan_vocab"])
def test_progress_is_counted_in_whole_sentences(how):
    with pytest.raises(ValueError, match="progress_per must be an integer >= 1, got 0"):
        getattr(Word2Vec(), how)(SENTENCES, progress_per=0)
    getattr(Word2Vec(), how)(SENTENCES, progress_per=1e3)


def test_trimming_is_logged(caplog):
    with caplog.at_level(logging.INFO):
        built([["a"] * 6 + ["b"] * 2 + ["c"]])
    text = "\n".join(messages(caplog))
    assert "effective_min_count=2 retains 2 unique words (66.67% of original 3, drops 1)" in text
    assert "effective_min_count=2 leaves 8 word corpus (88.89% of original 9, drops 1)" in text
    assert "downsampling leaves estimated" in text


def test_characters_in_place_of_tokens_are_warned_of_as_in_gensim(caplog, monkeypatch):
    monkeypatch.setattr(refusals, "is_lenient", True)  # as `patch_gensim` does
    model = built(["abc", "abd"])
    assert sorted(model.wv.index_to_key) == ["a", "b"]
    assert (
        "Each 'sentences' item should be a list of words (usually unicode strings)." in caplog.text
    )
