"""remove and restrict: vectors and models without some of their words."""

import copy
from itertools import pairwise

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.callbacks import CallbackAny2Vec
from fastsgns.vocabulary import huffman_paths, join_paths, pruned

TEXT = [[f"w{i * j % 23}" for j in range(1, 9)] for i in range(1, 120)]
FORMS = [{"negative": 5}, {"hs": 1, "negative": 0}, {"hs": 1, "negative": 5}]
GONE = ["w3", "w7", "w11", "w20"]


def trained(**options):
    return Word2Vec(
        TEXT, **{"vector_size": 12, "min_count": 1, "seed": 3, "sample": 1e-2, **options}
    )


# ---- vectors -------------------------------------------------------------------------------------


@pytest.fixture
def kv():
    made = KeyedVectors(4)
    vectors = np.random.default_rng(1).standard_normal((10, 4))
    made.add_vectors([f"k{i}" for i in range(10)], vectors, {"count": np.arange(10)})
    made.fill_norms()
    return made


def test_remove_takes_keys_with_all_that_is_theirs(kv):
    before = copy.deepcopy(kv)
    kv.remove(["k2", "k5", "k5", "k9"])
    assert kv.index_to_key == ["k0", "k1", "k3", "k4", "k6", "k7", "k8"]
    assert kv.key_to_index == {key: row for row, key in enumerate(kv.index_to_key)}
    for row, key in enumerate(kv.index_to_key):
        assert kv[key].tobytes() == before[key].tobytes()
        assert kv.get_vecattr(key, "count") == before.get_vecattr(key, "count")
        assert kv.norms[row] == before.norms[before.key_to_index[key]]
    assert all(key not in ("k2", "k5", "k9") for key, _ in kv.most_similar("k1", topn=9))


def test_restrict_keeps_keys_in_the_order_of_the_rows_and_does_not_mind_others(kv):
    kv.restrict(key for key in ["k8", "nowhere", "k0", "k8"])
    assert kv.index_to_key == ["k0", "k8"] and len(kv.vectors) == 2
    kv.add_vectors(["new"], np.ones((1, 4)))
    assert kv.get_index("new") == 2


def test_one_str_is_one_key(kv):
    kv.remove("k1")
    assert "k1" not in kv and len(kv) == 9
    kv.restrict("k2")
    assert kv.index_to_key == ["k2"]


def test_a_key_that_is_not_there_is_named_and_nothing_is_removed(kv):
    with pytest.raises(KeyError, match="nowhere"):
        kv.remove(["k1", "nowhere"])
    assert len(kv) == 10


def test_rows_allocated_ahead_stay_free():
    made = KeyedVectors(2, count=4)
    for key in "abc":
        made.add_vector(key, np.ones(2))
    made.remove("b")
    assert made.index_to_key == ["a", "c", None]
    assert made.add_vector("d", np.ones(2)) == 2


# ---- models --------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", FORMS, ids=str)
def test_all_of_a_model_stays_in_step(options):
    model, before = trained(**options), trained(**options)
    model.remove(GONE)
    kept = [word for word in before.wv.index_to_key if word not in GONE]
    assert model.wv.index_to_key == kept
    rows = [before.wv.key_to_index[word] for word in kept]
    assert model.wv.vectors.tobytes() == before.wv.vectors[rows].tobytes()
    counts = before.wv.expandos["count"][rows]
    assert model.wv.expandos["count"].tolist() == counts.tolist()
    built = Word2Vec(vector_size=12, min_count=1, sample=1e-2, **options)
    built.build_vocab_from_freq(dict(zip(kept, counts.tolist(), strict=True)))
    assert dict(zip(kept, model.wv.expandos["sample_int"], strict=True)) == {
        word: built.wv.get_vecattr(word, "sample_int") for word in kept
    }
    if options["negative"]:
        assert model.syn1neg.tobytes() == before.syn1neg[rows].tobytes()
        steps = np.diff(model.cum_table.astype(float), prepend=0)
        expected = np.diff(built.cum_table.astype(float), prepend=0)
        for row, word in enumerate(kept):
            assert steps[row] == pytest.approx(expected[built.wv.key_to_index[word]], abs=1)
        assert len(model.predict_output_word(["w1"], topn=None)) == len(kept)


@pytest.mark.parametrize("form", ["native", "gensim"])
@pytest.mark.parametrize("options", FORMS, ids=str)
def test_a_model_with_fewer_words_is_saved_and_trained_on(options, form, tmp_path):
    model = trained(**options)
    model.restrict([w for w in model.wv.index_to_key if w not in GONE])
    model.save(tmp_path / "m", format=form)
    loaded = Word2Vec.load(tmp_path / "m")
    if options.get("hs"):
        assert loaded.score([["w1", "w2", "w5"]])[0] == model.score([["w1", "w2", "w5"]])[0]
    runs = []
    for each in (model, loaded):
        start = each.wv.vectors.copy()
        each.train(TEXT, total_examples=each.corpus_count, epochs=2, compute_loss=True)
        assert len(each.wv.vectors) == 19 and (each.wv.vectors != start).any(axis=1).all()
        runs.append(each.wv.vectors.tobytes())
    if form == "native":
        assert runs[0] == runs[1]
    model.build_vocab([["w3", "new", "w1"]] * 3, update=True)
    model.train([["w3", "new", "w1"]] * 3, total_examples=3, epochs=1)
    assert "new" in model.wv and "w3" in model.wv


def test_the_tree_gives_the_words_that_stay_what_it_gave_them_among_themselves():
    rng = np.random.default_rng(4)
    counts = rng.integers(1, 1000, 40)
    paths = huffman_paths(counts)
    nodes = rng.standard_normal(39)
    kept = np.flatnonzero(rng.random(40) < 0.6)
    code = [paths.codes[paths.offsets[w] : paths.offsets[w + 1]] for w in kept]
    point = [paths.nodes[paths.offsets[w] : paths.offsets[w + 1]] for w in kept]
    left, numbers = pruned(join_paths(np.array(code, object), np.array(point, object)))
    assert len(numbers) == len(kept) - 1 and left.nodes.max() == len(kept) - 2

    def probabilities(of, at):
        turns = 1 / (1 + np.exp(-(1 - 2.0 * of.codes) * at[of.nodes]))
        return np.array([turns[a:b].prod() for a, b in pairwise(of.offsets)])

    assert probabilities(left, nodes[numbers]).sum() == pytest.approx(1)
    # A node that stays divides the words below it as before, to the bit.
    for word, (a, b) in enumerate(pairwise(left.offsets)):
        old = dict(zip(point[word].tolist(), code[word].tolist(), strict=True))
        new = zip(numbers[left.nodes[a:b]].tolist(), left.codes[a:b].tolist(), strict=True)
        assert all(old[node] == turn for node, turn in new)


def test_one_word_may_be_left_and_none_may_not():
    for options in FORMS:
        model = trained(**options)
        model.restrict("w5")
        model.train([["w5", "w5"]] * 5, total_examples=5, epochs=1)
        with pytest.raises(ValueError, match="no word would be left"):
            model.remove("w5")
        assert model.wv.index_to_key == ["w5"]


def test_the_corpus_that_was_read_is_forgotten_and_a_given_one_is_read():
    model = trained()
    model.remove(GONE)
    with pytest.raises(ValueError, match=r"corpus|sentences"):
        model.train()
    assert model.train(TEXT, total_examples=len(TEXT), epochs=1)[0] > 0


def test_nothing_is_changed_when_a_word_is_not_there():
    model = trained(hs=1)
    before = copy.deepcopy(model)
    with pytest.raises(KeyError, match="nowhere"):
        model.remove(["w3", "nowhere"])
    assert model.wv.index_to_key == before.wv.index_to_key
    assert model.syn1.tobytes() == before.syn1.tobytes()


def test_locks_and_words_of_the_vectors_alone_move_along():
    model = trained()
    model.wv.add_vectors(["alone", "other"], np.ones((2, 12)))
    model.wv.vectors_lockf = np.arange(25, dtype=np.float32)
    model.remove(["w3", "alone"])
    assert len(model.syn1neg) == 22 and model.wv.index_to_key[-1] == "other"
    assert len(model.wv.vectors_lockf) == 23 and model.wv.vectors_lockf[-1] == 24


def test_vectors_that_lost_words_without_their_model_are_refused_by_it():
    model = trained()
    model.wv.remove(GONE)
    with pytest.raises(RuntimeError, match=r"syn1neg must be 19 x 12"):
        model.train(TEXT, total_examples=len(TEXT), epochs=1)


def test_words_of_a_class_derived_from_str_are_found_in_texts_after_some_were_removed():
    sentences = [list(np.array(["a", "b", "ü", "d"])), list(np.array(["b", "d", "ü"]))] * 5
    model = Word2Vec(sentences, min_count=1, vector_size=4, epochs=1, sample=0)
    assert type(model.wv.index_to_key[0]) is np.str_
    model.remove("a")
    before = model.wv.vectors.copy()
    assert model.train(sentences, total_examples=10, epochs=1)[1] == 35  # a is read, not trained
    assert (model.wv.vectors != before).any(axis=1).all() and set(model.wv) == {"b", "d", "ü"}


@pytest.mark.parametrize("keys", [None, 1.5, object()])
def test_what_is_neither_a_key_nor_several_is_named(kv, keys):
    for call in (kv.remove, kv.restrict):
        with pytest.raises(TypeError, match="keys must be a key or several, got"):
            call(keys)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.remove("w1"),
        lambda model: model.restrict(["w1", "w2"]),
        lambda model: model.wv.remove("w1"),
        lambda model: model.wv._take_rows(np.arange(len(model.wv))[::-1]),
    ],
    ids=["remove", "restrict", "remove of vectors", "other order"],
)
@pytest.mark.parametrize("cache", ["auto", "off"])
def test_words_stay_where_they_are_while_a_model_is_trained(change, cache):
    class Changing(CallbackAny2Vec):
        def on_epoch_end(self, model):
            change(model)

    with pytest.raises(RuntimeError, match="a callback has removed or moved words"):
        trained(epochs=2, callbacks=[Changing()], corpus_cache=cache)
    trained(epochs=1, callbacks=[Changing()], corpus_cache=cache)  # nothing is trained after it


def test_words_and_vectors_that_a_callback_gives_are_trained_on():
    class Changing(CallbackAny2Vec):
        def on_epoch_end(self, model):
            model.build_vocab([["new"] * 3], update=True)
            model.wv = model.wv.postprocess()

    model = trained(epochs=3, callbacks=[Changing()])
    assert "new" in model.wv and np.isfinite(model.wv.vectors).all()
