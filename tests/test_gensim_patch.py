"""patch_gensim: programs that import gensim get ours, gensim itself keeps its own, undo undoes."""

from __future__ import annotations

import abc
import copy
import importlib
import logging
import multiprocessing
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


def test_gensims_other_models_count_as_instances(patched):
    Word2Vec, KeyedVectors = patched.models.Word2Vec, patched.models.KeyedVectors
    fasttext = patched.models.FastText(SENTENCES, bucket=100, **OPTIONS)
    doc2vec = patched.models.Doc2Vec(tagged(patched), **OPTIONS)
    ours = Word2Vec(SENTENCES, **OPTIONS)
    for model in (fasttext, doc2vec, ours):
        assert isinstance(model, Word2Vec) and not isinstance(model, KeyedVectors)
        assert isinstance(model.wv, KeyedVectors) and not isinstance(model.wv, Word2Vec)
    assert isinstance(doc2vec.dv, KeyedVectors)
    assert issubclass(patched.models.FastText, Word2Vec)

    class Own(Word2Vec):
        pass

    assert issubclass(Own, Word2Vec) and not isinstance(fasttext, Own)
    fastsgns.unpatch_gensim()
    assert not isinstance(fasttext, Word2Vec) and not isinstance(fasttext.wv, KeyedVectors)
    assert isinstance(ours, Word2Vec) and isinstance(fasttext, patched.models.Word2Vec)


def test_our_classes_say_that_they_are_gensims(patched):
    model = patched.models.Word2Vec(SENTENCES, **OPTIONS)
    assert str(type(model)) == "<class 'gensim.models.word2vec.Word2Vec'>"
    assert str(type(model.wv)) == "<class 'gensim.models.keyedvectors.KeyedVectors'>"
    assert "gensim" in str(type(patched.models.word2vec.LineSentence([])))
    fastsgns.unpatch_gensim()
    assert str(type(model)) == "<class 'fastsgns.word2vec.Word2Vec'>"
    assert str(type(model.wv)) == "<class 'fastsgns.keyedvectors.KeyedVectors'>"
    assert patched.models.Word2Vec.__module__ == "gensim.models.word2vec"


def test_subclasses_with_abstract_methods_can_be_defined():
    class Model(fastsgns.Word2Vec, abc.ABC):
        @abc.abstractmethod
        def name(self):
            pass

    with pytest.raises(TypeError, match="abstract"):
        Model()


# Makes, in a program of its own, what another one reads.
WRITE = """
import pickle, sys
from gensim.models import Doc2Vec, FastText, TranslationMatrix, Word2Vec
from gensim.models.doc2vec import TaggedDocument
from gensim.models.word2vec import LineSentence
sentences = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(30)]
options = {"vector_size": 8, "min_count": 1, "workers": 1}
model = Word2Vec(sentences, hs=1, **options)
things = {
    "model": model,
    "vectors": model.wv,
    "sentences": LineSentence("text.txt"),
    "doc2vec": Doc2Vec([TaggedDocument(s, [i]) for i, s in enumerate(sentences)], **options),
    "fasttext": FastText(sentences, bucket=100, **options),
    "matrix": TranslationMatrix(model.wv, model.wv, [("w1", "w1"), ("w2", "w2")]),
}
for protocol in (0, 5):
    with open(f"things{protocol}", "wb") as file:
        pickle.dump(things, file, protocol)
for name in ("model", "vectors", "doc2vec", "fasttext", "matrix"):
    things[name].save(name)
"""
READ = """
import pickle, sys
from gensim.models import Doc2Vec, FastText, KeyedVectors, TranslationMatrix, Word2Vec
from gensim.models.doc2vec import TaggedDocument
from gensim.models.word2vec import LineSentence
sentences = [["w1", "w2", "w3"]] * 9
for protocol in (0, 5):
    with open(f"things{protocol}", "rb") as file:
        things = pickle.load(file)
    model, vectors = things["model"], things["vectors"]
    assert type(model) is Word2Vec and type(vectors) is type(model.wv) is KeyedVectors
    assert model.wv is vectors and "w1" in vectors and type(things["sentences"]) is LineSentence
    model.train(sentences, total_examples=9, epochs=1)
    model.build_vocab([["new"] * 9], update=True)
    model.train([["new", "w1"]] * 9, total_examples=9, epochs=1)
    vectors.add_vector("newer", [0.5] * 8)
    assert vectors.index_to_key[-2:] == ["new", "newer"] and vectors["newer"][0] == 0.5
    things["doc2vec"].train([TaggedDocument(s, [0]) for s in sentences], total_examples=9, epochs=1)
    assert things["doc2vec"].infer_vector(["w1"]).shape == (8,)
    assert things["doc2vec"].dv.most_similar(0) and things["fasttext"].wv.most_similar("unseen")
    assert things["matrix"].translate(["w1"], topn=1)
Word2Vec.load("model").train(sentences, total_examples=9, epochs=1)
assert KeyedVectors.load("vectors").most_similar("w1")
assert Doc2Vec.load("doc2vec").infer_vector(["w1"]).shape == (8,)
assert TranslationMatrix.load("matrix").translate(["w1"], topn=1)
for load in (FastText.load, Word2Vec.load, KeyedVectors.load):
    assert load("fasttext").wv.most_similar("unseen")
"""


def run_program(folder, code, *, is_patched):
    (folder / "program.py").write_text(code)
    how = ["-m", "fastsgns.patched"] if is_patched else []
    done = run_python(*how, "program.py", cwd=folder)
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    ("writes", "reads"),
    [("patched", "gensim"), ("gensim", "patched"), ("patched", "patched")],
)
def test_pickles_and_files_are_read_by_the_other(gensim, tmp_path, writes, reads):
    run_program(tmp_path, WRITE, is_patched=writes == "patched")
    assert b"fastsgns." not in (tmp_path / "things5").read_bytes()
    run_program(tmp_path, READ, is_patched=reads == "patched")


def test_a_pickle_of_gensims_model_has_our_parameters(gensim):
    data = pickle.dumps(gensim.models.Word2Vec(SENTENCES, **OPTIONS))
    fastsgns.patch_gensim()
    model = pickle.loads(data)
    assert type(model) is fastsgns.Word2Vec
    assert (model.kernel, model.corpus_cache, model.history) == ("auto", "auto", [])
    model.train(SENTENCES, total_examples=30, epochs=2)
    assert len(model.history) == 2
    with pytest.raises(AttributeError, match="class object"):
        model.load("file")


@pytest.mark.parametrize("cls", ["Word2Vec", "KeyedVectors"])
@pytest.mark.parametrize("of", ["FastText", "Doc2Vec", "FastText.wv"])
def test_files_of_gensims_other_models_are_loaded_by_gensim(patched, tmp_path, cls, of):
    name, _, part = of.partition(".")
    data = tagged(patched) if name == "Doc2Vec" else SENTENCES
    options = {"bucket": 100} if name == "FastText" else {}
    model = getattr(patched.models, name)(data, **options, **OPTIONS)
    saved = getattr(model, part) if part else model
    path = tmp_path / "saved"
    saved.save(str(path), sep_limit=1)
    assert type(getattr(patched.models, cls).load(path)) is type(saved)
    fastsgns.unpatch_gensim()
    with pytest.raises(ValueError, match="only Word2Vec and KeyedVectors are read"):
        getattr(fastsgns, cls).load(path)


def test_vectors_of_documents_are_loaded_as_ours(patched, tmp_path):
    model = patched.models.Doc2Vec(tagged(patched), **OPTIONS)
    model.dv.save(str(tmp_path / "dv"))
    loaded = patched.models.KeyedVectors.load(tmp_path / "dv")
    assert type(loaded) is fastsgns.KeyedVectors
    assert [key for key, _ in loaded.most_similar(0)] == [k for k, _ in model.dv.most_similar(0)]


def test_gensim_loads_nothing_that_could_run_code(patched, tmp_path):
    model = patched.models.FastText(SENTENCES, bucket=100, **OPTIONS)
    model.comment = Exploit()
    model.save(str(tmp_path / "ft"))
    with pytest.raises(ValueError, match=r"names builtins\.print"):
        patched.models.KeyedVectors.load(tmp_path / "ft")


class Exploit:
    def __reduce__(self):
        return print, ("any call",)


def test_lines_go_to_gensims_loggers(patched):
    lines = []

    class Gathering(logging.Handler):
        def emit(self, record):
            lines.append((record.name, record.levelname))

    root, own = logging.getLogger("gensim"), logging.getLogger("gensim.models.word2vec")
    handler = Gathering()
    handler.addFilter(logging.Filter("gensim"))
    try:
        root.addHandler(handler)
        patched.models.Word2Vec(SENTENCES, **OPTIONS)
        assert lines == []
        root.setLevel(logging.INFO)
        patched.models.Word2Vec(SENTENCES, **OPTIONS)
        assert set(lines) == {("gensim.models.word2vec", "INFO")}
        lines.clear()
        own.setLevel(logging.ERROR)
        patched.models.Word2Vec(SENTENCES, **OPTIONS)
        assert lines == []
        own.setLevel(logging.NOTSET)
        fastsgns.unpatch_gensim()
        fastsgns.Word2Vec(SENTENCES, **OPTIONS)
        assert lines == []
    finally:
        root.removeHandler(handler)
        root.setLevel(logging.NOTSET)
        own.setLevel(logging.NOTSET)


@pytest.mark.parametrize("is_patched", [False, True])
def test_without_logging_nothing_is_written_to_stderr(tmp_path, is_patched):
    if is_patched:
        pytest.importorskip("gensim", exc_type=ImportError)
    code = (
        "from {} import Word2Vec\n"
        "model = Word2Vec([['a'] * 9, ['b']], min_count=1, workers=1, hs=1)\n"
    ).format("gensim.models" if is_patched else "fastsgns")
    assert run_program(tmp_path, code, is_patched=is_patched) == ("", "")


def test_sentences_that_change_are_noticed_meanwhile(gensim):
    class Changing:
        n_passes = 0

        def __iter__(self):
            self.n_passes += 1
            return iter([["a", "b"] * self.n_passes] * 9)

    fastsgns.patch_gensim()
    with pytest.warns(UserWarning, match="FASTSGNS_CORPUS_CACHE=off"):
        gensim.models.Word2Vec(Changing(), epochs=3, **OPTIONS)
    fastsgns.unpatch_gensim()
    sentences = Changing()
    fastsgns.Word2Vec(sentences, epochs=3, **OPTIONS)
    assert sentences.n_passes == 1


def test_who_is_gensim():
    assert is_gensim("gensim") and is_gensim("gensim.models.doc2vec")
    assert not is_gensim("gensimple") and not is_gensim("gensim.test.test_word2vec")


def test_without_gensim_the_error_says_so():
    code = "import sys; sys.modules['gensim'] = None; import fastsgns; fastsgns.patch_gensim()"
    done = run_python("-c", code, expects=1)
    assert "ImportError: patch_gensim() replaces names of gensim" in done.stderr
    assert "install gensim" in done.stderr
    fastsgns.unpatch_gensim()  # nothing to undo, nothing to complain of


CHILDREN = """
import multiprocessing, subprocess, sys

def home(_=None):
    from gensim.models import Word2Vec
    return Word2Vec.train.__code__.co_filename

def copy(model):
    model.train([["a", "b"]] * 9, total_examples=9, epochs=1)
    return model

if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(method, pool.apply(home))
            from gensim.models import Word2Vec
            model = Word2Vec([["a", "b"]] * 9, min_count=1, workers=1)
            assert type(pool.apply(copy, (model,))) is Word2Vec
    code = "from gensim.models import Word2Vec; print('shell', Word2Vec.train.__code__.co_filename)"
    sys.stdout.flush()
    subprocess.run([sys.executable, "-c", code], check=True)
    subprocess.run([sys.executable, "-m", "fastsgns.patched", "-m", "again"], check=True)
"""


def test_children_are_patched_however_they_start(gensim, tmp_path):
    code = "from gensim.models import Word2Vec; print('again', Word2Vec.train.__code__.co_filename)"
    (tmp_path / "again.py").write_text(code)
    lines = run_program(tmp_path, CHILDREN, is_patched=True)[0].splitlines()
    methods = multiprocessing.get_all_start_methods()
    assert [line.split()[0] for line in lines] == [*methods, "shell", "again"]
    home = fastsgns.Word2Vec.train.__code__.co_filename
    assert {line.split(maxsplit=1)[1] for line in lines} == {home}


def test_children_keep_their_own_sitecustomize_and_load_nothing_more(gensim, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("NAME = 'their own'")
    child = (
        "import sys, sitecustomize; print(sitecustomize.NAME);"
        "print([name for name in ('numpy', 'gensim', 'fastsgns') if name in sys.modules])"
    )
    code = (
        "import os, subprocess, sys\n"
        "os.environ['PYTHONPATH'] += os.pathsep + 'site'\n"
        f"subprocess.run([sys.executable, '-c', {child!r}], check=True)\n"
    )
    assert run_program(tmp_path, code, is_patched=True) == ("their own\n[]\n", "")


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
    assert done.stdout == "__main__ ['-a', 'b'] gensim.models.word2vec True beside\n"


@pytest.mark.parametrize("arguments", [[], ["-m"], ["--help"]])
def test_running_nothing_says_how(arguments):
    done = run_python("-m", "fastsgns.patched", *arguments, expects=1)
    assert "usage: python -m fastsgns.patched" in done.stderr


def test_a_patched_program_may_ask_with_a_text_for_its_characters(patched):
    vectors = patched.models.KeyedVectors(2)
    vectors.add_vectors(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])
    assert vectors.get_mean_vector("ab d").tolist() == vectors.get_mean_vector(["a", "b"]).tolist()
    fastsgns.unpatch_gensim()
    with pytest.raises(TypeError, match="list of keys"):
        vectors.get_mean_vector("ab d")
