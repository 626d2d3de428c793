"""`fastsgns train` and `encode`: every way to give a text, every format, and what goes wrong."""

import csv
import gzip
import importlib.util
import inspect
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from command_line import SENTENCES, TEXT, WORDS, complains, fastsgns, files_in
from processes import UNMEASURED, environment, run_python

from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec, info
from fastsgns.commands import parameters, program
from fastsgns.io import word_counts

SETTING = {"vector_size": 10, "min_count": 1, "workers": 1, "seed": 7}
OPTIONS = ("--vector-size", 10, "--min-count", 1, "--workers", 1, "--seed", 7)
DEMO_LINE = (
    "-train text.txt -output vectors.bin -cbow 1 -size 200 -window 8 -negative 25 -hs 0"
    " -sample 1e-4 -threads 20 -binary 1 -iter 15"
)


@pytest.fixture(scope="module")
def reference():
    return Word2Vec(SENTENCES, **SETTING)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def assert_equal(path, reference):
    vectors = KeyedVectors.load_any(path)
    assert vectors.index_to_key == reference.wv.index_to_key
    assert np.array_equal(vectors.vectors, reference.wv.vectors)


def test_the_demo_line_of_word2vec_c_works_as_it_stands(text, tmp_path):
    done = fastsgns("train", *DEMO_LINE.split(), cwd=tmp_path)
    vectors = KeyedVectors.load_word2vec_format(tmp_path / "vectors.bin", binary=True)
    assert (len(vectors), vectors.vector_size) == (len(WORDS), 200)
    assert "epoch 15/15: 100%" in done.stderr and "alpha=0.0" in done.stderr


def test_the_options_of_word2vec_c_are_those_of_word2vec(monkeypatch):
    given = parameters.given(parsed(*DEMO_LINE.split()))
    assert given == {
        "sg": 0, "alpha": 0.05, "vector_size": 200, "window": 8, "negative": 25, "hs": 0,
        "sample": 1e-4, "workers": 20, "epochs": 15,
    }  # fmt: skip
    assert parameters.given(parsed("-cbow", "0", "-alpha", "0.1", "-min-count", "2")) == {
        "sg": 1, "alpha": 0.1, "min_count": 2,
    }  # fmt: skip
    assert parameters.given(parsed("-cbow", "1", "--alpha", "0.1"))["alpha"] == 0.1


def test_each_parameter_of_word2vec_has_an_option_with_its_description():
    values = {
        "vector_size": 7, "alpha": 0.5, "window": 3, "min_count": 2, "max_vocab_size": 100,
        "sample": 0.5, "seed": 3, "workers": 2, "min_alpha": 0.01, "sg": 1, "hs": 1, "negative": 3,
        "ns_exponent": 0.5, "cbow_mean": 0, "epochs": 2, "null_word": 1, "sorted_vocab": 0,
        "batch_words": 100, "compute_loss": True, "comment": "12", "max_final_vocab": 9,
        "shrink_windows": False, "kernel": "scalar", "shared_negatives": False,
        "corpus_cache": "disk", "checkpoint": "file", "checkpoint_every": 2.5,
    }  # fmt: skip
    names = inspect.signature(Word2Vec.__init__).parameters.keys() - parameters.LEFT_OUT
    assert values.keys() == names
    line = []
    for name, value in values.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool) and name != "shared_negatives":
            line.append(option if value else f"--no-{option[2:]}")
        else:
            line += [option, str(value)]
    assert parameters.given(parsed(*line)) == values
    assert all(parameters.descriptions()[name] for name in names)


def parsed(*arguments):
    _, parsers = program.parsers_of(["train"])
    return parsers["train"].parse_intermixed_args(["text", "--output", "v", *arguments])


def write_tables(folder):
    with open(folder / "table.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        rows.writerows(enumerate(TEXT.splitlines()))
    with open(folder / "table.tsv", "w", newline="") as file:
        file.write("text\tid\n" + "".join(f"{line}\t1\n" for line in TEXT.splitlines()))
    with gzip.open(folder / "table.jsonl.gz", "wt") as file:
        for number, sentence in enumerate(SENTENCES):
            value = sentence if number % 2 else " ".join(sentence)
            file.write(json.dumps({"id": number, "text": value}) + "\n")


@pytest.mark.parametrize(
    "given",
    [
        ["text.txt"],
        ["-train", "text.txt"],
        ["halves"],
        ["halves/*.txt*"],
        ["halves/0.txt.gz", "halves/1.txt"],
        ["-"],
        ["--column", "text", "table.csv"],
        ["--column", "text", "table.tsv"],
        ["table.jsonl.gz", "--column", "text"],
        ["--column", "text", "-"],
        ["encoded.npz"],
        ["text.txt", "--corpus-cache", "off"],
    ],
    ids=" ".join,
)
def test_a_text_gives_the_same_vectors_however_it_is_given(given, text, tmp_path, reference):
    (tmp_path / "halves").mkdir()
    lines = TEXT.splitlines(keepends=True)
    (tmp_path / "halves" / "0.txt.gz").write_bytes(gzip.compress("".join(lines[:300]).encode()))
    (tmp_path / "halves" / "1.txt").write_text("".join(lines[300:]))
    write_tables(tmp_path)
    if "encoded.npz" in given:
        EncodedCorpus.from_sentences(SENTENCES).save(tmp_path / "encoded.npz")
    stdin = (tmp_path / ("table.csv" if "--column" in given else "text.txt")).read_text()
    fastsgns(
        "train", *given, *OPTIONS, "--output", "out", "--quiet", cwd=tmp_path,
        input=stdin if "-" in given else None,
    )  # fmt: skip
    assert_equal(tmp_path / "out", reference)


@pytest.mark.parametrize(
    ("output", "form"),
    [
        (["--output", "v.txt"], "word2vec text"),
        (["--output", "v.vec.gz"], "word2vec text"),
        (["--output", "v.bin"], "word2vec binary"),
        (["-output", "vectors"], "word2vec text"),
        (["-output", "vectors", "-binary", "1"], "word2vec binary"),
        (["--output", "v.safetensors"], "safetensors"),
        (["--output", "model"], "native"),
        (["--output", "v.kv"], "native"),
        (["--output", "v.bin", "--format", "gensim"], "gensim"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_the_format_follows_suffix_and_option(output, form, text, tmp_path, reference, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert program.main(["train", "text.txt", *map(str, OPTIONS), *output, "--quiet"]) == 0
    assert info(tmp_path / output[1]).format == form
    assert_equal(tmp_path / output[1], reference)
    if form == "native" and output[1] == "model":
        model = Word2Vec.load(tmp_path / "model")
        assert model.progress is False and np.array_equal(model.syn1neg, reference.syn1neg)


def test_vectors_go_down_a_pipe(text, tmp_path, reference):
    done = fastsgns("train", text, *OPTIONS, "--output", "-", "--quiet")
    (tmp_path / "v").write_text(done.stdout)
    assert_equal(tmp_path / "v", reference)


def test_a_vocabulary_is_written_and_read_again(text, tmp_path):
    fastsgns("train", text, "-save-vocab", "counts", "-min-count", "1", cwd=tmp_path)
    counts = word_counts.read(tmp_path / "counts")
    assert counts == {word: TEXT.split().count(word) for word in WORDS}
    # As word2vec.c writes it, with the ends of lines first; a word less, and its own counts.
    kept = dict(list(counts.items())[:-1])
    lines = [f"</s> {len(SENTENCES)}\n", *(f"{word} {n}\n" for word, n in kept.items())]
    (tmp_path / "counts").write_text("".join(lines))
    fastsgns("train", text, "-read-vocab", "counts", *OPTIONS, "--output", "m", cwd=tmp_path)
    model = Word2Vec.load(tmp_path / "m")
    assert model.wv.index_to_key == list(kept)
    assert model.corpus_total_words == len(TEXT.split()) and len(model.history) == 5
    assert model.history[-1]["alpha_last"] < 0.006
    line = complains("train", text, "--output", "m", "-read-vocab", text, cwd=tmp_path)
    assert "line 1: a word and its count must be there" in line


def test_classes_are_those_of_k_means(text, tmp_path):
    pytest.importorskip("sklearn")
    fastsgns("train", text, *OPTIONS, "-classes", 3, "-output", "classes.txt", cwd=tmp_path)
    lines = [line.split() for line in (tmp_path / "classes.txt").read_text().splitlines()]
    assert {word for word, _ in lines} == set(WORDS)
    assert {number for _, number in lines} <= {"0", "1", "2"}
    assert "there are 12 words only" in complains(
        "train", text, *OPTIONS, "-classes", 13, "--output", "c", "--quiet", cwd=tmp_path
    )


def test_classes_without_scikit_learn_name_the_extra_before_reading(text, tmp_path):
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import importlib.util as u; found = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'sklearn' else found(name, *a)\n"
        "from fastsgns.commands import checks, program; checks.find_spec = u.find_spec\n"
        f"sys.exit(program.main(['train', {str(text)!r}, '-output', 'c', '-classes', '2']))"
    )
    done = run_python("-c", code, expects=1, cwd=tmp_path)
    assert done.stderr == (
        "fastsgns: error: -classes needs sklearn, which is not installed:"
        " pip install 'fastsgns[sklearn]'\n"
    )


def test_a_text_is_encoded_once_for_many_runs(text, tmp_path, reference):
    done = fastsgns("encode", text, "--output", "e.npz", "--json", "--quiet", cwd=tmp_path)
    assert json.loads(done.stdout) == {
        "output": "e.npz", "sentences": 600, "raw_words": 4800, "words": len(WORDS),
    }  # fmt: skip
    line = complains("encode", "e.npz", "--output", "f.npz", cwd=tmp_path)
    assert line.endswith("e.npz is encoded already")
    assert list(EncodedCorpus.open(tmp_path / "e.npz")) == SENTENCES


# --- what goes wrong, and when --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere.txt"], "nowhere.txt: No such file or directory"),
        (["*.xyz"], "*.xyz: no file matches"),
        (["empty"], "empty: there is no file in it"),
        (["text.txt", "nowhere"], "nowhere: No such file or directory"),
        (["table.csv"], "say in which column its text is, --column NAME (id, text)"),
        (["table.csv", "--column", "a"], "table.csv: no column 'a', the columns are id, text"),
        (["text.txt", "--output", "text.txt"], "text.txt is the text itself"),
        (["text.txt", "--resume", "nowhere"], "nowhere: No such file or directory"),
        (["text.txt", "-read-vocab", "nowhere"], "nowhere: No such file or directory"),
        (["text.txt", "--output", "no/folder/v"], "no/folder: no such folder to write to"),
        (["text.txt", "--output", "empty"], "empty: Is a directory"),
        (["text.txt", "--checkpoint", "no/c"], "no: no such folder to write to"),
        (["text.txt", "-save-vocab", "no/c"], "no: no such folder to write to"),
        (["text.txt", "-read-vocab", "many", "-size", str(2**31 - 1)], "10000 words x 2147483647"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)  # fmt: skip
def test_what_cannot_be_is_said_before_a_word_is_read(arguments, complaint, text, tmp_path):
    (tmp_path / "empty").mkdir()
    write_tables(tmp_path)
    (tmp_path / "many").write_text("".join(f"word{n} 9\n" for n in range(10_000)))
    before = files_in(tmp_path)
    if "--output" not in arguments:
        arguments = [*arguments, "--output", "v"]
    line = complains("train", *arguments, cwd=tmp_path)
    assert complaint in line
    assert files_in(tmp_path) == before


def test_text_that_is_not_utf_8_is_named_with_its_line(text, tmp_path):
    text.write_bytes(b"fine\nbad \xff\n")
    line = complains("train", text, "--output", "v", "--quiet", cwd=tmp_path)
    assert "invalid start byte (line 2, byte 9 of" in line
    assert not (tmp_path / "v").exists()


def test_too_small_a_text_says_why_nothing_is_learnt(tmp_path):
    (tmp_path / "text").write_text("few words\n")
    line = complains("train", "text", "--output", "v", "--quiet", cwd=tmp_path)
    assert "you must first build vocabulary" in line and "min_count" in line


def test_a_folder_without_write_permission_is_said_at_once(text, tmp_path):
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("whoever may do anything is refused nothing")
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    line = complains("train", text, "--output", "locked/v", cwd=tmp_path)
    assert line == "fastsgns: error: locked/v: Permission denied"


def test_a_folder_without_write_permission_is_said_to_others_than_root(text, tmp_path):
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    code = (
        "import locale, os, random, sys, fastsgns.word2vec\n"  # while all files can be read
        "from fastsgns.commands import checks, program, train\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(program.main(sys.argv[1:]))"
    )
    for above in [tmp_path, *tmp_path.parents]:
        if not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)
    arguments = "train", text, "--output", folder / "v"
    done = run_python("-c", code, *arguments, expects=1, cwd=tmp_path, env=UNMEASURED)
    assert done.stderr == f"fastsgns: error: {folder / 'v'}: Permission denied\n"


def test_a_full_disk_leaves_the_old_file_and_is_an_error(text, tmp_path):
    resource = pytest.importorskip("resource", reason="no limits here")
    (tmp_path / "v.bin").write_bytes(b"old")

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    done = subprocess.run(
        [sys.executable, "-m", "fastsgns", "train", text, "-min-count", "1", "--output", "v.bin",
         "--quiet"],
        cwd=tmp_path, env=environment(UNMEASURED), preexec_fn=limited, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "fastsgns: error: v.bin: File too large"
    assert files_in(tmp_path) == ["text.txt", "v.bin"]
    assert (tmp_path / "v.bin").read_bytes() == b"old"


# --- Ctrl-C ---------------------------------------------------------------------------------------


def interrupted(arguments, folder):
    """Run `train`, and press Ctrl-C when it trains; return (exit status, what was said)."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", TRAINS_UNTIL_INTERRUPTED, *map(str, arguments)],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "an epoch has ended\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


TRAINS_UNTIL_INTERRUPTED = """
import sys
from fastsgns.commands import program, train

def on_epoch_end(self, model):
    print("an epoch has ended", flush=True)

train._Holder.on_epoch_end = on_epoch_end
sys.exit(program.main(sys.argv[1:]))
"""

posix_only = pytest.mark.skipif(os.name == "nt", reason="Ctrl-C of Windows is another")


@posix_only
def test_ctrl_c_ends_training_with_130_and_leaves_no_file(text, tmp_path):
    arguments = ["train", text, *OPTIONS, "-iter", 10**6, "--output", "v.bin", "--quiet"]
    assert interrupted(arguments, tmp_path) == (130, "fastsgns: interrupted\n")
    assert files_in(tmp_path) == ["text.txt"]


@posix_only
def test_what_was_trained_is_saved_on_ctrl_c_and_gone_on_with(text, tmp_path):
    arguments = ["train", text, *OPTIONS, "-iter", 10**6, "--output", "m", "--quiet"]
    arguments += ["--save-on-interrupt", "--checkpoint", "c", "--checkpoint-every", 0.01]
    status, said = interrupted(arguments, tmp_path)
    assert status == 130
    assert said.splitlines() == [
        "fastsgns: what had been trained is in m",
        "fastsgns: the same text and --resume c go on with it",
        "fastsgns: interrupted",
    ]
    assert len(Word2Vec.load(tmp_path / "m").history) > 0
    status, said = interrupted(
        ["train", text, "--resume", "c", "--output", "m2", "--save-on-interrupt"], tmp_path
    )
    assert status == 130 and "what had been trained is in m2" in said
    assert len(Word2Vec.load(tmp_path / "m2").history) > 0


class Stopping:
    """Interrupts a run before its third epoch."""

    n_begun = 0

    def on_train_begin(self, model): ...
    def on_epoch_end(self, model): ...
    def on_train_end(self, model): ...

    def on_epoch_begin(self, model):
        self.n_begun += 1
        if self.n_begun == 3:
            raise KeyboardInterrupt


def test_a_run_is_resumed_to_the_same_bits(text, tmp_path, reference):
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(SENTENCES, **SETTING, checkpoint=tmp_path / "c", callbacks=[Stopping()])
    fastsgns("train", text, "--resume", "c", "--output", "m", "--quiet", cwd=tmp_path)
    assert_equal(tmp_path / "m", reference)
    line = complains(
        "train", text, "--resume", "c", "--output", "m", "-iter", 3, status=2, cwd=tmp_path
    )
    assert "--resume goes on as the run was begun, and takes no epochs" in line


# --- on a cluster ---------------------------------------------------------------------------------

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="Ray, for training on a cluster, is not installed",
)


@needs_ray
def test_a_cluster_trains_to_the_same_words(text, tmp_path, reference):
    path = tmp_path / "model.fsgns"
    asked = *OPTIONS, "--ray", "--num-workers", 2, "--json"
    done = fastsgns("train", text, "--output", path, "--save-vocab", tmp_path / "words", *asked)
    model = Word2Vec.load(path)
    assert model.wv.index_to_key == reference.wv.index_to_key
    assert json.loads(done.stdout.splitlines()[-1])["epochs"] == 5
    assert word_counts.read(tmp_path / "words") == {
        word: reference.wv.get_vecattr(word, "count") for word in reference.wv.index_to_key
    }


@needs_ray
@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        (["--column", "text"], 2, "takes no --column"),
        (["--read-vocab", "words"], 2, "takes no --read-vocab"),
        (["--ray", "text.txt"], 2, "put the texts before --ray"),
        (["-"], 2, "--ray needs files"),
        (["nowhere.txt"], 1, "nowhere.txt"),
        (["--num-workers", "0"], 2, "num_workers must be an integer >= 1, got 0"),
        (["--corpus-cache", "disk"], 1, "takes no corpus_cache"),
    ],
)
def test_what_a_cluster_cannot_train_is_said(text, tmp_path, more, status, said):
    line = complains("train", text, "--output", "m", "--ray=", *more, cwd=tmp_path, status=status)
    assert said in line


def test_without_ray_the_command_names_the_extra(text, tmp_path):
    program = (
        "import sys; sys.modules['ray'] = None; import fastsgns.__main__ as it; sys.exit(it.main())"
    )
    done = run_python("-c", program, "train", text, "--output", tmp_path / "m", "--ray", expects=1)
    assert "pip install 'fastsgns[ray]'" in done.stderr
