"""The command lines of gensim.scripts: the same files, and nothing on standard output."""

from __future__ import annotations

import numpy as np
import pytest
from processes import run_python

from fastsgns import KeyedVectors, Word2Vec
from fastsgns.scripts import glove2word2vec, word2vec2tensor, word2vec_standalone

LINES = [" ".join(f"w{(i * j) % 23}" for j in range(20)) for i in range(40)]
GLOVE = "the 0.1 -2 3e-05\nof 1 2 3.5\n"


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(LINES))
    return path


def run(package, script, *arguments):
    done = run_python("-W", "ignore", "-m", f"{package}.scripts.{script}", *arguments)
    assert done.stdout == ""
    return done.stderr


SETTINGS = [
    ["-cbow", "0"],
    ["-cbow", "1", "-binary", "1", "-hs", "1", "-negative", "0"],
    ["-window", "2", "-sample", "0", "-iter", "2", "-min_count", "1", "-alpha", "0.1"],
]


@pytest.mark.parametrize("settings", SETTINGS, ids=" ".join)
def test_word2vec_standalone_writes_what_gensims_does(text, tmp_path, settings):
    pytest.importorskip("gensim", exc_type=ImportError)
    options = ["-train", str(text), "-size", "8", "-threads", "1", *settings]
    log = run("fastsgns", "word2vec_standalone", *options, "-output", str(tmp_path / "ours"))
    run("gensim", "word2vec_standalone", *options, "-output", str(tmp_path / "theirs"))
    assert "EPOCH" in log and "finished running" in log
    binary = "-binary" in settings
    ours, theirs = (
        KeyedVectors.load_word2vec_format(tmp_path / who, binary=binary)
        for who in ("ours", "theirs")
    )
    assert set(ours.index_to_key) == set(theirs.index_to_key) and len(ours) == 23
    assert ours.vectors.shape == theirs.vectors.shape


def test_word2vec_standalone_passes_each_option_on(text, tmp_path, monkeypatch):
    given = {}

    class Recorded(Word2Vec):
        def __init__(self, **options):
            given.update(options)
            super().__init__(**options)

    monkeypatch.setattr(word2vec_standalone, "Word2Vec", Recorded)
    out = ["-train", str(text), "-output", str(tmp_path / "v")]
    word2vec_standalone.main(out)
    defaults = {
        "corpus_file": str(text), "vector_size": 100, "alpha": 0.05, "window": 5, "min_count": 5,
        "sample": 1e-3, "workers": 3, "sg": 0, "hs": 0, "negative": 5, "cbow_mean": 1, "epochs": 5,
    }  # fmt: skip
    assert given == defaults
    out += ["-size", "4", "-window", "2", "-sample", "0.1", "-hs", "1", "-negative", "2"]
    out += ["-threads", "2", "-iter", "1", "-min_count", "2", "-cbow", "0"]
    word2vec_standalone.main(out)
    assert given == defaults | {
        "vector_size": 4, "alpha": 0.025, "window": 2, "min_count": 2, "sample": 0.1,
        "workers": 2, "sg": 1, "hs": 1, "negative": 2, "epochs": 1,
    }  # fmt: skip


@pytest.mark.parametrize("binary", ["0", "1"])
def test_word2vec_standalone_saves_the_model_beside_the_text(tmp_path, binary):
    folder = tmp_path / "a.folder"
    folder.mkdir()
    (folder / "text.en.txt").write_text("\n".join(LINES))
    word2vec_standalone.main(
        ["-train", str(folder / "text.en.txt"), "-size", "4", "-binary", binary]
    )
    suffix = "bin" if binary == "1" else "txt"
    names = {"text.en.txt", "text.model", f"text.model.{suffix}"}
    assert {path.name for path in folder.iterdir()} == names
    model = Word2Vec.load(folder / "text.model")
    vectors = KeyedVectors.load_word2vec_format(
        folder / f"text.model.{suffix}", binary=binary == "1"
    )
    assert np.array_equal(vectors["w1"], model.wv["w1"])


def test_differs_from_gensim_word2vec_standalone_answers_analogies(text, tmp_path, caplog):
    (tmp_path / "questions").write_text(": section\nw1 w2 w3 w4\n")
    options = ["-train", str(text), "-output", str(tmp_path / "v"), "-size", "4"]
    options += ["-accuracy", str(tmp_path / "questions")]
    with caplog.at_level("INFO"):
        word2vec_standalone.main(options)
    assert "of the analogies are answered right" in caplog.text


@pytest.mark.parametrize("binary", [False, True])
def test_word2vec2tensor_writes_gensims_tables(text, tmp_path, binary):
    pytest.importorskip("gensim", exc_type=ImportError)
    model = Word2Vec(corpus_file=text, vector_size=5, min_count=1)
    source = str(tmp_path / "vectors")
    model.wv.save_word2vec_format(source, binary=binary)
    options = ["-i", source, *(["-b"] if binary else [])]
    run("fastsgns", "word2vec2tensor", *options, "-o", str(tmp_path / "ours"))
    run("gensim", "word2vec2tensor", *options, "--output", str(tmp_path / "theirs"))
    for table in ("tensor", "metadata"):
        ours, theirs = (
            (tmp_path / f"{who}_{table}.tsv").read_bytes() for who in ("ours", "theirs")
        )
        assert ours == theirs and len(ours) > 50


def test_word2vec2tensor_is_a_function_too(tmp_path):
    (tmp_path / "v").write_text("2 3\n" + GLOVE)
    word2vec2tensor.word2vec2tensor(tmp_path / "v", tmp_path / "out")
    assert (tmp_path / "out_tensor.tsv").read_text() == "0.1\t-2.0\t3e-05\n1.0\t2.0\t3.5\n"
    assert (tmp_path / "out_metadata.tsv").read_text() == "the\nof\n"


def test_glove2word2vec_writes_gensims_file(tmp_path):
    pytest.importorskip("gensim", exc_type=ImportError)
    (tmp_path / "glove").write_text(GLOVE)
    for package in ("fastsgns", "gensim"):
        out = str(tmp_path / package)
        run(package, "glove2word2vec", "--input", str(tmp_path / "glove"), "-o", out)
    assert (tmp_path / "fastsgns").read_bytes() == (tmp_path / "gensim").read_bytes()


def test_glove2word2vec_is_a_function_too(tmp_path):
    (tmp_path / "glove").write_text(GLOVE)
    assert glove2word2vec.get_glove_info(tmp_path / "glove") == (2, 3)
    assert glove2word2vec.glove2word2vec(tmp_path / "glove", tmp_path / "out") == (2, 3)
    assert (tmp_path / "out").read_text() == "2 3\nthe 0.1 -2.0 3e-05\nof 1.0 2.0 3.5\n"
    (tmp_path / "glove").write_text("")
    with pytest.raises(ValueError, match="is empty"):
        glove2word2vec.get_glove_info(tmp_path / "glove")


@pytest.mark.parametrize("script", ["word2vec_standalone", "word2vec2tensor", "glove2word2vec"])
def test_a_script_says_what_is_missing(script):
    done = run_python("-m", f"fastsgns.scripts.{script}", expects=2)
    assert "required: -" in done.stderr


def test_word2vec_standalone_takes_the_names_of_word2vec_c_and_reads_a_pipe(tmp_path):
    options = ["-train", "/dev/stdin", "-size", "4", "-min-count", "1", "-iter", "1"]
    program = ["-m", "fastsgns.scripts.word2vec_standalone"]
    done = run_python(*program, *options, input="\n".join(LINES), cwd=tmp_path)
    assert "finished running" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"stdin.model", "stdin.model.txt"}
    assert len(Word2Vec.load(tmp_path / "stdin.model").wv) == 23


def test_word2vec_standalone_says_what_is_wrong_before_it_trains(text, tmp_path):
    for options, complaint in (
        (["-train", "nowhere"], "nowhere: No such file or directory"),
        (["-train", str(text), "-output", "no/v"], "no: no such folder to write to"),
        (["-train", str(text), "-output", "v", "-accuracy", "no"], "no: No such file or directory"),
    ):
        program = ["-m", "fastsgns.scripts.word2vec_standalone"]
        done = run_python(*program, *options, cwd=tmp_path, expects=1)
        assert done.stderr == f"fastsgns: error: {complaint}\n"
    with pytest.raises(SystemExit):
        word2vec_standalone.main(["-train", str(text), "-size", "0"])
