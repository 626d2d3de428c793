"""What becomes of files: `convert`, `info`, `eval`, and what there is beside them."""

import json

import numpy as np
import pytest
from command_line import WORDS, complains, fastsgns, files_in

from fastsgns import KeyedVectors, Word2Vec, info
from fastsgns.commands import program

SIMILAR = "sun\tmoon\t9\nsun\tking\t2\nsea\tearth\t7\nman\twoman\t8\nlight\tday\t6\n"
ANALOGIES = ": sky\nsun day moon night\nman king woman queen\n"


@pytest.fixture(scope="module")
def vectors(made):
    return KeyedVectors.load_any(made / "vectors.bin")


@pytest.mark.parametrize("source", ["vectors.bin", "model.fsgns", "v.txt", "v.safetensors", "v.kv"])
@pytest.mark.parametrize(
    "target", ["o.txt", "o.bin", "o.txt.gz", "o.kv", "o.safetensors", "o --format gensim"]
)
def test_any_format_becomes_any_other(source, target, made, vectors, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if source.startswith("v."):
        assert program.main(["convert", str(made / "vectors.bin"), source, "--quiet"]) == 0
        path = source
    else:
        path = str(made / source)
    name, *options = target.split()
    assert program.main(["convert", path, name, *options]) == 0
    assert capsys.readouterr().err == f"fastsgns: 12 words, 10 dimensions: {name}\n"
    found = KeyedVectors.load_any(name)
    assert found.index_to_key == vectors.index_to_key
    assert np.array_equal(found.vectors, vectors.vectors)


def test_text_and_back_is_the_same_to_the_byte_row_by_row(made, tmp_path, monkeypatch):
    monkeypatch.setattr(KeyedVectors, "load_any", None)  # nothing is loaded as a whole
    assert program.main(["convert", str(made / "vectors.bin"), str(tmp_path / "v.vec")]) == 0
    assert program.main(["convert", str(tmp_path / "v.vec"), str(tmp_path / "v.bin")]) == 0
    assert (tmp_path / "v.bin").read_bytes() == (made / "vectors.bin").read_bytes()


def test_a_word_that_is_there_twice_is_left_out_as_in_loading(tmp_path, capsys):
    (tmp_path / "twice.txt").write_text("3 2\na 1 2\nb 3 4\na 5 6\n")
    assert program.main(["convert", str(tmp_path / "twice.txt"), str(tmp_path / "o.bin")]) == 0
    found = KeyedVectors.load_any(tmp_path / "o.bin")
    assert found.index_to_key == ["a", "b"] and found["a"].tolist() == [1, 2]


def test_a_model_stays_one_where_the_format_holds_it(made, tmp_path):
    fastsgns("convert", made / "model.fsgns", "m.gz", "--quiet", cwd=tmp_path)
    model = Word2Vec.load(tmp_path / "m.gz")
    assert np.array_equal(model.syn1neg, Word2Vec.load(made / "model.fsgns").syn1neg)
    assert "no such folder" in complains("convert", made / "vectors.bin", "a/b", cwd=tmp_path)
    assert files_in(tmp_path) == ["m.gz"]


def test_rows_go_down_a_pipe(made, vectors):
    done = fastsgns("convert", "model.fsgns", "-", "--quiet", cwd=made)
    header, *lines = done.stdout.splitlines()
    assert header == "12 10" and [line.split()[0] for line in lines] == vectors.index_to_key


def test_info_says_what_files_hold(made):
    done = fastsgns("info", "vectors.bin", "model.fsgns", cwd=made)
    assert "vectors.bin: KeyedVectors, word2vec binary" in done.stdout
    assert "model.fsgns: Word2Vec, native" in done.stdout
    done = fastsgns("info", "model.fsgns", "--json", cwd=made)
    found = json.loads(done.stdout)
    assert (found["content"], found["n_keys"]) == ("Word2Vec", len(WORDS))


def test_eval_judges_by_files_and_folders(made, tmp_path):
    folder = tmp_path / "judgements"
    folder.mkdir()
    (folder / "similar.txt").write_text(SIMILAR)
    (folder / "questions.txt").write_text(ANALOGIES)
    done = fastsgns("eval", made / "vectors.bin", folder / "similar.txt")
    assert "similar" in done.stdout and "5" in done.stdout
    done = fastsgns("eval", made / "vectors.bin", folder, "--json")
    text = json.dumps(json.loads(done.stdout))
    assert "similar" in text and "questions" in text
    assert "nowhere" in complains("eval", made / "no vectors", folder / "nowhere")
    done = fastsgns(
        *("train", made / "text.txt", "-min-count", 1, "--output", tmp_path / "v", "--json"),
        *("--quiet", "--eval", folder),
    )
    assert json.loads(done.stdout)["eval"] is not None
    line = complains("train", made / "text.txt", "--output", "v", "--eval", folder / "nowhere")
    assert "nowhere" in line


def test_bench_compares_the_kernels_of_this_machine():
    from fastsgns._core import available_kernels

    done = fastsgns("bench", "--words", 5000, "--rounds", 1, "--vector-size", 8, "--json")
    report = json.loads(done.stdout)
    speeds = report["words_per_second"]
    assert {f"fastsgns, {kernel}" for kernel in available_kernels()} <= speeds.keys()
    assert all(set(of) == {"skip-gram", "CBOW"} and min(of.values()) > 0 for of in speeds.values())
    assert report["machine"]["cores"] >= 1 and report["words"] >= 5000


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell, capsys):
    pytest.importorskip("shtab")
    assert program.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in (*program.COMMANDS, "vector-size", "topn"))


def test_completion_without_shtab_says_what_to_install(monkeypatch, capsys):
    from fastsgns.commands import checks

    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    assert program.main(["completion", "bash"]) == 1
    assert "pip install 'fastsgns[completion]'" in capsys.readouterr().err


def test_what_is_converted_says_its_format(made, tmp_path):
    fastsgns("convert", made / "model.fsgns", tmp_path / "v.safetensors", "--quiet")
    assert info(tmp_path / "v.safetensors").format == "safetensors"
