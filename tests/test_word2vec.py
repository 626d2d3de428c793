"""Word2Vec's face: gensim's constructor, and what a model is from outside."""

from __future__ import annotations

import copy
import hashlib
import inspect
import pickle
from collections import defaultdict

import numpy as np
import pytest
from processes import run_python

import fastsgns
from fastsgns import KeyedVectors, Word2Vec, word2vec
from fastsgns._core import available_kernels
from fastsgns.callbacks import CallbackAny2Vec
from fastsgns.io.files import open_binary

SENTENCES = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(30)]
KERNELS = available_kernels()
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1, "sample": 0}


def weights(model: Word2Vec) -> list[bytes]:
    names = ("syn1neg", "syn1")
    return [model.wv.vectors.tobytes()] + [
        getattr(model, name).tobytes() for name in names if hasattr(model, name)
    ]


def parameters(function) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


# ---- gensim's shape ------------------------------------------------------------------------------


def test_the_parameters_are_gensims_in_name_order_and_default():
    gensim_word2vec = pytest.importorskip("gensim.models.word2vec")
    theirs = parameters(gensim_word2vec.Word2Vec)
    ours = parameters(Word2Vec)[: len(theirs)]
    assert [(p.name, p.kind) for p in ours] == [(p.name, p.kind) for p in theirs]
    assert [p.default for p in ours] == [p.default for p in theirs]
    assert len(theirs) == 27


def test_what_gensim_does_not_have_is_keyword_only():
    further = [p for p in parameters(Word2Vec) if p.kind is inspect.Parameter.KEYWORD_ONLY]
    assert [p.name for p in parameters(Word2Vec)[27:]] == [p.name for p in further]
    assert {p.name: p.default for p in further} == {
        "kernel": "auto",
        "shared_negatives": "auto",
        "progress": False,
        "corpus": None,
        "column": None,
        "corpus_cache": "auto",
        "checkpoint": None,
        "checkpoint_every": "epoch",
    }
    assert all(p.default is not inspect.Parameter.empty for p in further)


@pytest.mark.parametrize(
    "name",
    ["build_vocab", "build_vocab_from_freq", "scan_vocab", "prepare_vocab", "train",
     "estimate_memory", "make_cum_table", "create_binary_tree", "add_lifecycle_event",
     "get_latest_training_loss", "prepare_weights", "init_weights", "update_weights"],
)  # fmt: skip
def test_methods_take_gensims_arguments_in_gensims_order(name):
    gensim_word2vec = pytest.importorskip("gensim.models.word2vec")
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    shapes = [
        [(p.name, p.default) for p in parameters(getattr(cls, name)) if p.kind in named]
        for cls in (Word2Vec, gensim_word2vec.Word2Vec)
    ]
    assert shapes[0][: len(shapes[1])] == shapes[1]


def test_a_model_has_gensims_attributes_with_gensims_types():
    gensim_word2vec = pytest.importorskip("gensim.models.word2vec")
    for options in ({}, {"hs": 1, "negative": 0}):
        theirs = gensim_word2vec.Word2Vec(SENTENCES, **OPTIONS | options)
        ours = Word2Vec(SENTENCES, **OPTIONS | options)
        for name, value in vars(theirs).items():
            if name == "load":  # an instance attribute that gensim makes raise
                continue
            assert hasattr(ours, name), name
            mine = getattr(ours, name)
            if name not in ("wv", "lifecycle_events", "running_training_loss", "total_train_time"):
                assert type(mine) is type(value), name
            if isinstance(value, (int, float, str)) and "time" not in name and "loss" not in name:
                assert mine == value, name


def test_a_model_is_described_as_in_gensim():
    class Mine(Word2Vec):
        pass

    assert str(Word2Vec(SENTENCES, **OPTIONS)) == "Word2Vec<vocab=11, vector_size=8, alpha=0.025>"
    assert str(Mine(alpha=0.5)) == "Mine<vocab=0, vector_size=100, alpha=0.5>"


@pytest.mark.parametrize("use", [len, iter, lambda m: m["w0"], lambda m: "w0" in m])
def test_a_model_is_no_container_as_in_gensim(use):
    with pytest.raises(TypeError):
        use(Word2Vec(SENTENCES, **OPTIONS))


def test_the_module_has_what_users_import_from_gensims():
    for name in ("Word2Vec", "LineSentence", "PathLineSentences", "Text8Corpus", "KeyedVectors"):
        assert getattr(word2vec, name) is getattr(fastsgns, name)
    assert word2vec.MAX_WORDS_IN_BATCH == 10_000
    assert (word2vec.RULE_DEFAULT, word2vec.RULE_DISCARD, word2vec.RULE_KEEP) == (0, 1, 2)
    assert all(hasattr(word2vec, name) for name in word2vec.__all__)
    assert all(hasattr(fastsgns, name) for name in fastsgns.__all__)


# ---- construction --------------------------------------------------------------------------------


def test_a_model_without_sentences_waits():
    model = Word2Vec()
    assert len(model.wv) == 0 and model.wv.vector_size == 100
    assert model.corpus is None and model.history == []
    assert (model.corpus_count, model.corpus_total_words, model.train_count) == (0, 0, 0)
    assert isinstance(model.wv, KeyedVectors)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("objective", [{}, {"hs": 1, "negative": 0}, {"hs": 1}])
def test_construction_is_build_vocab_and_train(kernel, sg, objective):
    options = OPTIONS | objective | {"kernel": kernel}
    one = Word2Vec(SENTENCES, sg=sg, epochs=3, **options)
    other = Word2Vec(sg=sg, epochs=3, **options)
    other.build_vocab(SENTENCES)
    other.train(SENTENCES, total_examples=other.corpus_count, epochs=3)
    assert weights(one) == weights(other)
    assert one.wv.index_to_key == other.wv.index_to_key
    assert one.train_count == 1 and len(one.history) == 3
    assert hasattr(one, "syn1") == bool(one.hs)
    assert hasattr(one, "syn1neg") == bool(one.negative)


@pytest.mark.parametrize("make", [iter, tuple, lambda s: (x for x in s)])
def test_a_one_shot_iterator_trains_all_epochs(make):
    assert weights(Word2Vec(make(SENTENCES), **OPTIONS)) == weights(Word2Vec(SENTENCES, **OPTIONS))


def test_the_sentences_are_read_once_in_construction():
    class Counting:
        n = 0

        def __iter__(self):
            self.n += 1
            return iter(SENTENCES)

    sentences = Counting()
    Word2Vec(sentences, epochs=4, **OPTIONS)
    assert sentences.n == 1


def test_arrays_of_tokens_train_as_lists():
    arrays = [np.array(s) for s in SENTENCES]
    assert weights(Word2Vec(arrays, **OPTIONS)) == weights(Word2Vec(SENTENCES, **OPTIONS))
    assert weights(Word2Vec(np.array(SENTENCES), **OPTIONS)) == weights(
        Word2Vec(SENTENCES, **OPTIONS)
    )


@pytest.mark.parametrize("suffix", [".txt", ".gz", ".bz2", ".xz"])
def test_a_file_trains_as_its_sentences(tmp_path, suffix):
    path = tmp_path / f"corpus{suffix}"
    with open_binary(path, "wb") as file:
        file.write("\n".join(map(" ".join, SENTENCES)).encode())
    for given in (path, str(path)):
        from_file = Word2Vec(corpus_file=given, **OPTIONS)
        assert weights(from_file) == weights(Word2Vec(SENTENCES, **OPTIONS))


def test_positional_arguments_mean_what_they_mean_in_gensim():
    model = Word2Vec(SENTENCES, None, 12, 0.05, 3, 1, None, 0, 7, 1, 0.001, 1)
    assert model.wv.vectors.shape == (11, 12)
    assert (model.alpha, model.window, model.min_count, model.sample) == (0.05, 3, 1, 0)
    assert (model.seed, model.workers, model.min_alpha, model.sg) == (7, 1, 0.001, 1)


def test_strings_in_place_of_token_lists_are_refused():
    with pytest.raises(TypeError, match=r"got a str: 'abcabc', as sentence 0.*text.split\(\)"):
        Word2Vec(["abcabc", "bcd"] * 5, **OPTIONS)


@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt])
def test_sentences_that_raise_do_so_in_the_caller(error):
    def broken():
        yield from SENTENCES
        raise error("mine")

    with pytest.raises(error, match="mine"):
        Word2Vec(broken(), **OPTIONS)


def test_an_empty_vocabulary_is_gensims_error():
    with pytest.raises(RuntimeError, match="you must first build vocabulary before training"):
        Word2Vec(SENTENCES, min_count=10**6)


def test_a_seed_of_none_differs_from_run_to_run():
    one, other = (Word2Vec(SENTENCES, seed=None, **OPTIONS) for _ in range(2))
    assert not np.array_equal(one.wv.vectors, other.wv.vectors)


# ---- subclasses ----------------------------------------------------------------------------------


def test_overridden_methods_are_called_by_the_constructor():
    calls = []

    class Mine(Word2Vec):
        def build_vocab(self, *args, **kwargs):
            calls.append(("build_vocab", kwargs.get("corpus_iterable")))
            return super().build_vocab(*args, **kwargs)

        def train(self, *args, **kwargs):
            calls.append(("train", kwargs.get("total_examples")))
            return super().train(*args, **kwargs)

    model = Mine(SENTENCES, **OPTIONS)
    assert calls == [("build_vocab", SENTENCES), ("train", 30)]
    assert weights(model) == weights(Word2Vec(SENTENCES, **OPTIONS))


def test_a_subclass_may_give_other_sentences_to_build_vocab():
    class Upper(Word2Vec):
        def build_vocab(self, corpus_iterable=None, corpus_file=None, **kwargs):
            upper = [[w.upper() for w in s] for s in corpus_iterable]
            super().build_vocab(upper, corpus_file, **kwargs)

    model = Upper(SENTENCES, **OPTIONS)
    assert "W1" in model.wv.key_to_index
    assert np.isfinite(model.wv.vectors).all()


class Counting(Word2Vec):
    """Counts for itself."""

    def scan_vocab(self, corpus_iterable=None, corpus_file=None, progress_per=10000, **others):
        self.raw_vocab = defaultdict(int, {"red": 7, "blue": 5})
        return 12, 2


class Adding(Word2Vec):
    """Adds a word to what was counted."""

    def scan_vocab(self, *args, **kwargs):
        found = super().scan_vocab(*args, **kwargs)
        self.raw_vocab["extra"] = 3
        return found


def test_a_subclass_may_count_words_itself():
    sentences = [["red", "blue", "green"]] * 2
    model = Counting(sentences, vector_size=4, min_count=1)
    assert model.wv.index_to_key == ["red", "blue"]
    assert (model.corpus_total_words, model.corpus_count) == (12, 2)
    assert model.corpus is None, "nobody has read the sentences"
    assert model.history[0]["raw_words"] == 6


def test_a_subclass_may_add_to_what_was_counted():
    model = Adding([["red", "blue", "green"]] * 2, vector_size=4, min_count=1)
    assert set(model.wv.index_to_key) == {"extra", "red", "blue", "green"}
    assert model.train(epochs=1)[1] == 6
    model.scan_vocab([["other"]])
    assert "_scans" not in vars(model), "outside of build_vocab nothing is kept"


def test_a_subclass_may_train_later_on_its_own():
    class Lazy(Word2Vec):
        def train(self, *args, **kwargs):
            return (0, 0)

    model = Lazy(SENTENCES, **OPTIONS)
    assert model.history == [] and model.syn1neg.any() == np.False_
    assert Word2Vec.train(model)[1] == 5 * 360


# ---- the same again ------------------------------------------------------------------------------

DIGEST = """
import hashlib, sys
from fastsgns import Word2Vec
sentences = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(30)]
model = Word2Vec(
    sentences, vector_size=8, min_count=1, workers=1, sample=0.01, batch_words=50, sg=1,
    kernel=sys.argv[1],
)
print(hashlib.sha256(model.wv.vectors.tobytes() + model.syn1neg.tobytes()).hexdigest())
"""


@pytest.mark.parametrize("kernel", KERNELS)
def test_one_worker_and_a_seed_give_the_same_bytes_in_every_process(kernel):
    digests = set()
    for hash_seed in ("0", "12345"):
        run = run_python("-c", DIGEST, kernel, env={"PYTHONHASHSEED": hash_seed})
        digests.add(run.stdout.strip())
    here = Word2Vec(
        SENTENCES, vector_size=8, min_count=1, workers=1, sample=0.01, batch_words=50, sg=1,
        kernel=kernel,
    )  # fmt: skip
    state = here.wv.vectors.tobytes() + here.syn1neg.tobytes()
    digests.add(hashlib.sha256(state).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("kernel", KERNELS)
def test_another_seed_gives_other_vectors(kernel):
    one, other = (Word2Vec(SENTENCES, seed=seed, kernel=kernel, **OPTIONS) for seed in (1, 2))
    assert not np.array_equal(one.wv.vectors, other.wv.vectors)


@pytest.mark.parametrize("kernel", KERNELS)
def test_another_seed_draws_other_negatives(kernel):
    """Not only other first weights."""
    outputs = []
    for seed in (1, 2):
        model = Word2Vec(seed=seed, kernel=kernel, **OPTIONS)
        model.build_vocab(SENTENCES)
        model.wv.vectors[:] = 0.1
        model.train()
        outputs.append(model.syn1neg.tobytes())
    assert outputs[0] != outputs[1]


def test_hashfxn_is_kept_and_changes_nothing():
    one = Word2Vec(SENTENCES, hashfxn=lambda s: 7, **OPTIONS)
    assert one.hashfxn("x") == 7
    assert weights(one) == weights(Word2Vec(SENTENCES, **OPTIONS))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_copy_trains_on_as_the_original_and_apart_from_it(copied, kernel):
    model = Word2Vec(SENTENCES, kernel=kernel, **OPTIONS)
    twin = copied(model)
    assert weights(twin) == weights(model)
    before = weights(model)
    twin.train(SENTENCES, total_examples=len(SENTENCES), epochs=2)
    assert weights(model) == before != weights(twin)
    model.train(SENTENCES, total_examples=len(SENTENCES), epochs=2)
    assert weights(model) == weights(twin)


def test_a_pickle_has_no_corpus_as_a_saved_model_has_none():
    model = Word2Vec(SENTENCES, **OPTIONS)
    assert model.corpus is not None
    assert copy.copy(model).corpus is copy.deepcopy(model).corpus is model.corpus
    twin = pickle.loads(pickle.dumps(model))
    assert twin.corpus is None
    with pytest.raises(TypeError, match="corpus"):
        twin.train(total_examples=1, epochs=1)


# ---- the objective -------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", KERNELS)
def test_training_raises_the_likelihood_of_its_text(kernel):
    model = Word2Vec(sg=1, epochs=10, alpha=0.1, kernel=kernel, **OPTIONS)
    model.build_vocab(SENTENCES)
    before = model.log_likelihood(SENTENCES)
    model.train()
    after = model.log_likelihood(SENTENCES)
    assert before < after < 0


def test_unknown_words_of_a_text_are_dropped_before_its_likelihood():
    model = Word2Vec(SENTENCES, sg=1, **OPTIONS)
    text = [["w1", "w2", "w3"], ["w4", "w5"]]
    with_unknown = [["w1", "??", "w2", "w3"], ["!", "w4", "w5"], ["?"], []]
    assert model.log_likelihood(with_unknown) == model.log_likelihood(text)


def test_a_text_without_pairs_has_no_likelihood():
    model = Word2Vec(SENTENCES, **OPTIONS)
    with pytest.raises(ValueError, match="pair"):
        model.log_likelihood([["w1"], ["?", "w2"]])
    with pytest.raises(ValueError, match="objective"):
        model.log_likelihood(SENTENCES, objective="hinge")


@pytest.mark.parametrize("sg", [1, 0])
def test_the_probability_of_a_pair_is_sigma_of_its_dot_product(sg):
    """In CBOW the context is the input, and the word the target."""
    model = Word2Vec(SENTENCES, sg=sg, **OPTIONS)
    given, predicted = ("w1", "w2") if sg else ("w2", "w1")
    row = model.wv.vectors[model.wv.key_to_index[given]].astype(float)
    other = model.syn1neg[model.wv.key_to_index[predicted]].astype(float)
    expected = 1 / (1 + np.exp(-(row @ other)))
    assert model.pair_probability("w1", "w2") == pytest.approx(expected, abs=1e-6)
    assert model.pair_probability("w1", "w2") != model.pair_probability("w2", "w1")
    assert type(model.pair_probability("w1", "w2")) is float


@pytest.mark.parametrize("pair", [("w1", "??"), ("??", "w1")])
def test_an_unknown_word_has_no_pair_probability(pair):
    with pytest.raises(KeyError, match=r"\?\?"):
        Word2Vec(SENTENCES, **OPTIONS).pair_probability(*pair)


def test_without_output_vectors_there_is_no_likelihood():
    model = Word2Vec(SENTENCES, hs=1, negative=0, **OPTIONS)
    with pytest.raises(RuntimeError, match=r"log_likelihood.*negative=0"):
        model.log_likelihood(SENTENCES)
    with pytest.raises(RuntimeError, match=r"pair_probability.*negative=0"):
        model.pair_probability("w1", "w2")


# ---- progress ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_progress_bar_is_shown_on_request(kernel, capsys):
    pytest.importorskip("tqdm")
    plain = Word2Vec(SENTENCES, kernel=kernel, **OPTIONS)
    assert capsys.readouterr().err == ""
    shown = Word2Vec(SENTENCES, progress=True, compute_loss=True, kernel=kernel, **OPTIONS)
    last = [s for s in capsys.readouterr().err.replace("\n", "\r").split("\r") if s.strip()][-1]
    assert "epoch 5/5" in last and "100%" in last and "loss=" in last
    assert weights(shown) == weights(plain)


def test_a_progress_bar_does_not_outlive_an_exception(capsys):
    pytest.importorskip("tqdm")

    class Stop(CallbackAny2Vec):
        def on_epoch_end(self, model):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        Word2Vec(SENTENCES, progress=True, callbacks=[Stop()], **OPTIONS)
    assert capsys.readouterr().err.endswith("\n")  # closed: its line is ended


def test_a_text_is_no_list_of_context_words():
    model = Word2Vec([["a", "b"]] * 5, min_count=1, vector_size=4)
    with pytest.raises(TypeError, match=r"context_words_list must be a list of keys.*'a b'"):
        model.predict_output_word("a b")
