"""Names that gensim 4 removed, or calls deprecated."""

import pickle
import re

import numpy as np
import pytest

from fastsgns import KeyedVectors, Word2Vec
from fastsgns._old_names import PARAMETERS, REPLACED
from fastsgns.keyedvectors import pseudorandom_weak_vector

SENTENCES = [["a", "b", "c"]] * 10


def made():
    return Word2Vec(SENTENCES, vector_size=4, min_count=1)


@pytest.mark.parametrize("name", REPLACED)
def test_a_removed_name_is_an_attribute_error_that_says_what_replaced_it(name):
    model = made()
    with pytest.raises(AttributeError, match=f"no attribute '{name}'") as error:
        getattr(model, name)
    assert REPLACED[name] in str(error.value)
    assert not hasattr(model, name)


@pytest.mark.parametrize(
    "replacement",
    sorted({of for name, of in REPLACED.items() if " " not in of and name not in PARAMETERS}),
)
def test_what_replaced_a_removed_name_is_there(replacement):
    model = made()
    found = KeyedVectors if replacement.startswith("KeyedVectors.") else model
    for name in replacement.removeprefix("KeyedVectors.").split("(")[0].split("."):
        assert hasattr(found, name)
        found = getattr(found, name)


def test_any_other_missing_name_is_told_as_python_does():
    with pytest.raises(AttributeError, match=r"^'Word2Vec' object has no attribute 'nonsense'$"):
        made().nonsense  # noqa: B018
    with pytest.raises(AttributeError, match=r"has no attribute 'syn1'$"):
        made().syn1  # noqa: B018


def test_a_model_without_attributes_can_be_asked_for_any():
    """As pickle does before it has restored them."""
    empty = Word2Vec.__new__(Word2Vec)
    with pytest.raises(AttributeError):
        empty.wv  # noqa: B018
    assert pickle.loads(pickle.dumps(empty)).__dict__ == {}


@pytest.mark.parametrize("use", [len, iter, lambda m: m["a"], lambda m: "a" in m])
def test_a_model_is_no_collection_of_vectors(use):
    with pytest.raises(TypeError):
        use(made())


def test_init_sims_warns_and_fills_the_norms():
    model = made()
    with pytest.warns(DeprecationWarning, match="init_sims") as warned:
        model.init_sims()
    assert len(warned) == 2  # the vectors warn too
    assert {w.filename for w in warned} >= {__file__}
    np.testing.assert_allclose(model.wv.norms, np.linalg.norm(model.wv.vectors, axis=1))


def test_init_sims_with_replace_scales_the_vectors_to_unit_length(caplog):
    model = made()
    with pytest.warns(DeprecationWarning, match="init_sims"):
        model.init_sims(replace=True)
    np.testing.assert_allclose(np.linalg.norm(model.wv.vectors, axis=1), 1, rtol=1e-6)
    assert "destructive init_sims(replace=True)" in caplog.text


def test_seeded_vector_depends_on_the_text_and_the_hash_function():
    model = Word2Vec(hashfxn=len)
    with pytest.warns(DeprecationWarning, match="seeded_vector"):
        found = model.seeded_vector("abc", 5)
    np.testing.assert_array_equal(found, pseudorandom_weak_vector(5, "xyz", len))
    assert found.dtype == np.float32
    assert abs(found).max() <= 0.1


OF_VECTORS = ["index2entity", "index2word", "vectors_norm", "vocab"]


@pytest.mark.parametrize("name", OF_VECTORS)
def test_a_name_removed_from_the_vectors_says_what_replaced_it_there(name):
    vectors = made().wv
    instead = REPLACED[name].replace("wv.", "")
    with pytest.raises(AttributeError, match=f"'KeyedVectors' object has no .*'{name}'") as error:
        getattr(vectors, name)
    assert str(error.value).endswith(f"there is {instead} instead")
    assert not hasattr(vectors, name)
    assert hasattr(vectors, re.match(r"\w+", instead)[0])


@pytest.mark.parametrize("name", ["index2entity", "index2word"])
def test_old_names_of_the_keys_can_be_set(name):
    vectors = made().wv
    setattr(vectors, name, ["x", "y", "z"])
    assert vectors.index_to_key == ["x", "y", "z"]


def test_norms_may_be_set_by_the_old_name_and_are_dropped_but_not_a_vocabulary():
    vectors = made().wv
    before = set(vars(vectors))
    vectors.vectors_norm = np.ones(3)
    assert set(vars(vectors)) == before
    with pytest.raises(AttributeError, match="there is key_to_index"):
        vectors.vocab = {}
