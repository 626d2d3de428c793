"""patch_gensim: programs that import gensim get ours, gensim itself keeps its own, undo undoes."""

from __future__ import annotations

import copy
import importlib
import pickle
import sys
import types
import unittest.mock

import pytest
from processes import run_python

import fastsgns
from fastsgns.gensim_patch import is_gensim

SENTENCES = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(30)]
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1}

OLD_PROGRAM = """
import gensim
import gensim.models.word2vec as w2v
from gensim import models
from gensim.models import KeyedVectors, Word2Vec as Model, word2vec
from gensim.models.callbacks import CallbackAny2Vec
from gensim.models.keyedvectors import KeyedVectors as KV, Vocab, REAL, load_word2vec_format
from gensim.models.word2vec import LineSentence, Word2Vec, MAX_WORDS_IN_BATCH
VALUES = [gensim.models, w2v, models, KeyedVectors, Model, word2vec, CallbackAny2Vec, KV, Vocab,
          REAL, load_word2vec_format, LineSentence, Word2Vec, MAX_WORDS_IN_BATCH]
def made():
    return gensim.models.Word2Vec, models.Word2Vec, w2v.Word2Vec, Word2Vec, Model
"""


@pytest.fixture
def gensim():
    return pytest.importorskip("gensim", exc_type=ImportError)


@pytest.fixture
def patched(gensim):
    fastsgns.patch_gensim()
    yield gensim
    fastsgns.unpatch_gensim()


def program(name):
    """Run a program that uses gensim, as a module of that name."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(OLD_PROGRAM, vars(module))
    return module


@pytest.fixture(autouse=True)
def no_program_is_left():
    yield
    for name in ("before", "after"):
        sys.modules.pop(name, None)
    fastsgns.unpatch_gensim()


@pytest.mark.parametrize("when", ["before", "after"])
def test_programs_get_ours_whenever_they_import(gensim, when):
    if when == "before":
        module = program(when)
        fastsgns.patch_gensim()
    else:
        fastsgns.patch_gensim()
        module = program(when)
    assert {*module.made(), module.Model} == {fastsgns.Word2Vec}
    assert module.KeyedVectors is module.KV is fastsgns.KeyedVectors
    assert module.w2v is module.word2vec is gensim.models.word2vec
    assert module.CallbackAny2Vec is fastsgns.callbacks.CallbackAny2Vec
    assert module.LineSentence is fastsgns.LineSentence
    assert module.Vocab is fastsgns.keyedvectors.Vocab
    kv = module.KeyedVectors(2)
    assert type(kv) is fastsgns.KeyedVectors and isinstance(kv, gensim.models.KeyedVectors)
    model = module.Word2Vec(SENTENCES, **OPTIONS)
    assert isinstance(model, gensim.models.word2vec.Word2Vec)
    assert isinstance(model.wv, gensim.models.keyedvectors.KeyedVectors)


def names_of(module):
    return {name: id(value) for name, value in vars(module).items() if name != "VALUES"}


def test_undo_restores_every_name(gensim):
    before = program("before")
    modules = {name: id(module) for name, module in sys.modules.items()}
    everything = {
        name: names_of(module)
        for name, module in sys.modules.items()
        if name.startswith("gensim") or name == "before"
    }
    fastsgns.patch_gensim()
    fastsgns.patch_gensim()  # once is enough, and so is one undo
    after = program("after")
    assert gensim.models.Word2Vec is fastsgns.Word2Vec
    fastsgns.unpatch_gensim()
    assert before.Word2Vec.__module__ == "gensim.models.word2vec"
    assert gensim.models.Word2Vec is before.Word2Vec is before.Model
    for name, names in everything.items():
        assert names_of(sys.modules[name]) == names, name
    assert {n: id(m) for n, m in sys.modules.items() if n in modules} == modules
    for name in ("Word2Vec", "Model", "KV", "LineSentence", "w2v", "word2vec", "models"):
        assert getattr(after, name) is getattr(before, name), name
    fastsgns.unpatch_gensim()
    assert gensim.models.Word2Vec is before.Word2Vec


def test_undo_leaves_what_comes_from_fastsgns(gensim):
    module = types.ModuleType("after")
    sys.modules["after"] = module
    fastsgns.patch_gensim()
    code = "from fastsgns import Word2Vec\nimport gensim\nTheirs = gensim.models.Word2Vec"
    exec(code, vars(module))
    fastsgns.unpatch_gensim()
    assert module.Word2Vec is fastsgns.Word2Vec
    assert module.Theirs is gensim.models.Word2Vec is not fastsgns.Word2Vec


def test_gensims_own_names_that_we_lack_are_there(patched):
    from gensim.models import doc2vec, word2vec

    assert word2vec.logger.name == "gensim.models.word2vec"
    assert doc2vec.Doc2Vec is patched.models.Doc2Vec
    assert "Word2Vec" in dir(word2vec) and "logger" in dir(word2vec)
    assert word2vec.__file__.endswith("word2vec.py") and word2vec.__spec__ is not None
    with pytest.raises(AttributeError):
        word2vec.nothing  # noqa: B018
    assert importlib.import_module("gensim.models.word2vec") is word2vec


def test_names_can_be_replaced_and_restored_by_tests(patched):
    with unittest.mock.patch("gensim.models.Word2Vec", "fake"):
        assert patched.models.Word2Vec == "fake"
    assert patched.models.Word2Vec is fastsgns.Word2Vec
    patched.models.word2vec.something = 5
    assert patched.models.word2vec.something == 5
    del patched.models.word2vec.something
    assert not hasattr(patched.models.word2vec, "something")


def tagged(gensim):
    return [gensim.models.doc2vec.TaggedDocument(s, [i]) for i, s in enumerate(SENTENCES)]


@pytest.mark.parametrize("made", ["before", "meanwhile"])
def test_doc2vec_stays_gensims(gensim, tmp_path, made):
    if made == "meanwhile":
        fastsgns.patch_gensim()
    model = gensim.models.Doc2Vec(tagged(gensim), **OPTIONS)
    fastsgns.patch_gensim()
    wanted = model.dv.most_similar(0)
    path = str(tmp_path / "d2v")
    model.save(path)
    copies = [
        gensim.models.Doc2Vec.load(path),
        pickle.loads(pickle.dumps(model)),
        pickle.loads(pickle.dumps(model, 0)),
        copy.deepcopy(model),
    ]
    fastsgns.unpatch_gensim()
    copies += [gensim.models.Doc2Vec.load(path), model]
    for one in copies:
        assert type(one.wv).__module__ == type(one.dv).__module__ == "gensim.models.keyedvectors"
        assert one.dv.most_similar(0) == wanted
        assert one.infer_vector(SENTENCES[0]).shape == (8,)


def test_a_pickle_of_gensims_vectors_made_meanwhile_is_read_later(gensim):
    vectors = gensim.models.KeyedVectors(2)
    vectors.add_vectors(["a"], [[1, 2]])
    theirs = type(vectors)
    fastsgns.patch_gensim()
    data = pickle.dumps(vectors)
    again = [pickle.loads(data), copy.deepcopy(vectors)]
    fastsgns.unpatch_gensim()
    again.append(pickle.loads(data))
    for one in again:
        assert type(one) is theirs and one["a"].tolist() == [1, 2]


def test_fasttext_and_phrases_stay_gensims(patched, tmp_path):
    model = patched.models.FastText(SENTENCES, bucket=100, **OPTIONS)
    model.save(str(tmp_path / "ft"))
    loaded = patched.models.FastText.load(str(tmp_path / "ft"))
    assert type(loaded.wv).__name__ == "FastTextKeyedVectors"
    assert loaded.wv.most_similar("unseen") == model.wv.most_similar("unseen")
    loaded.build_vocab([["new", "w1"]] * 5, update=True)
    loaded.train(SENTENCES, total_examples=30, epochs=1)
    phrases = patched.models.Phrases(SENTENCES, min_count=1, threshold=0.1)
    phrases.save(str(tmp_path / "p"))
    assert patched.models.Phrases.load(str(tmp_path / "p"))[SENTENCES[1]] == phrases[SENTENCES[1]]


def test_our_models_work_in_gensims_tools(patched):
    model = patched.models.Word2Vec(SENTENCES, **OPTIONS)
    index = patched.similarities.WordEmbeddingSimilarityIndex(model.wv)
    assert [word for word, _ in index.most_similar("w1", 3)]
    matrix = patched.models.TranslationMatrix(model.wv, model.wv, [("w1", "w1"), ("w2", "w2")])
    vectors = {"source_lang_vec": model.wv, "target_lang_vec": model.wv}
    assert matrix.translate(["w1"], topn=1, **vectors)


def test_a_callback_of_gensims_class_is_called(gensim):
    calls = []

    class Old(gensim.models.callbacks.CallbackAny2Vec):
        def on_epoch_end(self, model):
            calls.append(model)

    fastsgns.patch_gensim()
    model = gensim.models.Word2Vec(SENTENCES, callbacks=[Old()], epochs=3, **OPTIONS)
    assert calls == [model] * 3


def test_files_are_gensims_meanwhile(patched, tmp_path):
    model = patched.models.Word2Vec(SENTENCES, **OPTIONS)
    model.save(str(tmp_path / "m"), sep_limit=1)
    model.wv.save(str(tmp_path / "kv"))
    assert (tmp_path / "m.wv.vectors.npy").exists()
    assert type(patched.models.Word2Vec.load(str(tmp_path / "m"))) is fastsgns.Word2Vec
    model.save(str(tmp_path / "native"), format="native")
    fastsgns.unpatch_gensim()
    assert type(patched.models.Word2Vec.load(str(tmp_path / "m"))) is not fastsgns.Word2Vec
    assert "w1" in patched.models.KeyedVectors.load(str(tmp_path / "kv"))
    model.save(tmp_path / "again")
    for name in ("native", "again"):
        assert (tmp_path / name).read_bytes().startswith(b"PK")


def test_who_is_gensim():
    assert is_gensim("gensim") and is_gensim("gensim.models.doc2vec")
    assert not is_gensim("gensimple") and not is_gensim("gensim.test.test_word2vec")


def test_without_gensim_the_error_says_so():
    code = "import sys; sys.modules['gensim'] = None; import fastsgns; fastsgns.patch_gensim()"
    done = run_python("-c", code, expects=1)
    assert "ImportError: patch_gensim() replaces names of gensim" in done.stderr
    assert "install gensim" in done.stderr
    fastsgns.unpatch_gensim()  # nothing to undo, nothing to complain of


SCRIPT = """
import sys
import gensim
from gensim.models import Word2Vec
from beside import NAME
print(__name__, sys.argv[1:], Word2Vec.__module__, gensim.models.Word2Vec is Word2Vec, NAME)
"""


@pytest.mark.parametrize("how", ["script", "module"])
def test_a_program_is_run_on_fastsgns(gensim, tmp_path, how):
    (tmp_path / "program.py").write_text(SCRIPT)
    (tmp_path / "beside.py").write_text("NAME = 'beside'")
    target = ["-m", "program"] if how == "module" else [str(tmp_path / "program.py")]
    cwd = tmp_path if how == "module" else tmp_path.parent
    done = run_python("-m", "fastsgns.patched", *target, "-a", "b", cwd=cwd)
    assert done.stdout == "__main__ ['-a', 'b'] fastsgns.word2vec True beside\n"


@pytest.mark.parametrize("arguments", [[], ["-m"], ["--help"]])
def test_running_nothing_says_how(arguments):
    done = run_python("-m", "fastsgns.patched", *arguments, expects=1)
    assert "usage: python -m fastsgns.patched" in done.stderr
