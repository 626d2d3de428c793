"""The benchmark scripts at toy size, so that they cannot rot, and the figures in their tables."""

import importlib
import importlib.util
import itertools
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from processes import run_python

from fastsgns import KeyedVectors
from fastsgns._core import available_kernels

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks are not beside these tests", allow_module_level=True)
sys.path.insert(0, str(BENCHMARKS))

_evaluation = importlib.import_module("_evaluation")
_limits = importlib.import_module("_limits")
_report = importlib.import_module("_report")
_runner = importlib.import_module("_runner")
_sets = importlib.import_module("_sets")
_systems = importlib.import_module("_systems")
quality = importlib.import_module("quality")
speed = importlib.import_module("speed")

HAS_COMPILER = _limits.find_compiler() is not None
HAS_GENSIM = importlib.util.find_spec("gensim") is not None
TOPICS = [[f"{topic}{i}" for i in range(12)] for topic in ("river", "motor", "violin")]


@pytest.fixture
def corpus(tmp_path):
    """Write 300 sentences, each of words of one topic."""
    chance = random.Random(7)
    path = tmp_path / "toy.txt"
    sentences = (" ".join(chance.choices(chance.choice(TOPICS), k=10)) for _ in range(300))
    path.write_text("\n".join(sentences) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def evaluation(tmp_path):
    """Write a similarity set and an analogy set over the words of the corpus, and some it lacks."""
    folder = tmp_path / "evaluation"
    folder.mkdir()
    words = [word for topic in TOPICS for word in topic]
    pairs = [
        (a, b, 10 * (a[:-1].rstrip("1") == b[:-1].rstrip("1")) + i / 100)
        for i, (a, b) in enumerate(zip(words, words[5:], strict=False))
    ]
    lines = [f"{a}\t{b}\t{score}\r" for a, b, score in pairs] + ["absent\tRIVER1\t3"]
    (folder / "toy-WS-353.txt").write_text("# by hand\n" + "\n".join(lines) + "\n", newline="")
    questions = [
        f"River{i} motor{i} RIVER{j} motor{j}" for i in range(8) for j in range(8) if i != j
    ]
    (folder / "questions-words.txt").write_text(
        "\n".join([": topics", *questions, "river1 motor1 absent gone", ": gram1-none", ""])
    )
    return folder


def run_script(name, *arguments, **environment):
    clean = {key: os.environ[key] for key in os.environ if key not in _runner.OPENBLAS_OVERRIDES}
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=clean | {"PYTHONIOENCODING": "utf-8"} | environment,
        check=False,
    )


def test_speed_runs_the_systems_in_turn_and_prints_a_table_for_each_measure(corpus, tmp_path):
    systems = ["fastsgns,workers=1", "gensim" if HAS_GENSIM else "fastsgns"]
    output = tmp_path / "speed"
    done = run_script(
        "speed.py", "--corpus", corpus, "--tokens", 2000, "--systems", *systems, "--repeats", 1,
        "--vector-size", 16, "--output", output,
        "--bar", f"{systems[0]} / {systems[1]} >= 1e-9 wall",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(output.with_suffix(".json").read_text())
    assert [(run["measure"], run["system"]) for run in report["runs"]] == [
        (measure, system) for measure in ("loop", "call") for system in systems
    ]
    assert report["corpus"]["tokens"] == 2000
    for run in report["runs"]:
        assert run["wall_seconds"] > 0
        assert run["cpu_seconds"] > 0
        assert run["vocabulary"] == sum(map(len, TOPICS))
        has_limit = (run["measure"], run["system"]) == ("loop", systems[0])
        assert (run["share_of_limit"] is not None) == (has_limit and HAS_COMPILER)
    assert output.with_suffix(".md").read_text(encoding="utf-8").strip() == done.stdout.strip()
    assert done.stdout.count(f"| `{systems[1]}` |") == 2
    assert f"| `{systems[0]}` over `{systems[1]}`, wall | ≥ 1e-09× |" in done.stdout


def test_quality_trains_stores_and_compares(corpus, evaluation, tmp_path):
    systems = ["gensim" if HAS_GENSIM else "fastsgns,workers=1", "fastsgns"]
    results = tmp_path / "results" / "quality.json"
    command = [
        "quality.py", "--corpus", corpus, "--eval", evaluation, "--systems", *systems,
        "--seeds", 1, 2, "--vector-size", 16, "--epochs", 3, "--results", results,
    ]  # fmt: skip
    done = run_script(*command)
    assert done.returncode == 0, done.stderr
    stored = json.loads(results.read_text())
    assert len(stored) == 4
    for record in stored.values():
        assert record["evaluation"]["WordSim-353"]["used"] == 31
        assert record["evaluation"]["WordSim-353"]["of"] == 32
        assert record["norms"].keys() == {"input", "output"}
    assert f"**`fastsgns` beside `{systems[0]}`**, seeds 1, 2" in done.stdout
    assert "| WordSim-353 (31 of 32) |" in done.stdout
    assert results.with_suffix(".md").read_text(encoding="utf-8").strip() == done.stdout.strip()

    again = run_script(*command)
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout
    assert again.stderr.count(": stored") == 4


@pytest.fixture
def jobs_run(monkeypatch):
    """Stand in for training: note each job, fail the systems called broken."""
    run = []

    def job(task):
        if "broken" in task["system"]:
            raise _runner.JobFailed("as it should")
        run.append((task["system"], task["seed"]))
        return {
            "wall_seconds": 1.0,
            "cpu_seconds": 1.0,
            "vocabulary": 36,
            "norms": {"input": 1.0},
            "environment": {"versions": {}, "blas": None},
            "evaluation": {"MEN": {"score": 50.0 + task["seed"], "used": 5, "of": 6}},
        }

    monkeypatch.setattr(_runner, "run_job", job)
    return run


def test_a_stopped_quality_run_goes_on_where_it_was(corpus, evaluation, tmp_path, jobs_run):
    results = tmp_path / "quality.json"
    command = ["--corpus", str(corpus), "--eval", str(evaluation), "--results", str(results)]
    quality.main([*command, "--seeds", "1"])
    assert jobs_run == [("gensim", 1), ("fastsgns", 1)]
    quality.main([*command, "--seeds", "1", "2"])
    assert jobs_run[2:] == [("gensim", 2), ("fastsgns", 2)]
    quality.main([*command, "--seeds", "1", "--systems", "fastsgns", "--fresh"])
    assert jobs_run[4:] == [("fastsgns", 1)]
    quality.main([*command, "--seeds", "1", "--window", "4"])
    assert jobs_run[5:] == [("gensim", 1), ("fastsgns", 1)]
    assert len(json.loads(results.read_text())) == 6


def test_a_job_that_fails_does_not_stop_the_others(corpus, evaluation, tmp_path, jobs_run, capsys):
    results = tmp_path / "quality.json"
    command = ["--corpus", str(corpus), "--eval", str(evaluation), "--results", str(results)]
    with pytest.raises(SystemExit, match="3 of 9 jobs failed"):
        quality.main([*command, "--systems", "gensim", "fastsgns:broken", "fastsgns"])
    assert len(json.loads(results.read_text())) == 6
    printed = capsys.readouterr().out
    assert "`fastsgns` beside `gensim`" in printed
    assert "broken" not in printed


def test_an_argument_means_the_same_job_from_the_system_or_the_setting():
    def key(text, **setting):
        system = _systems.parse_system(text)
        return quality.job_key(system, _systems.Setting(**setting), 1, "corpus", "evaluation")

    assert key("gensim,workers=2") == key("gensim", workers=2)
    assert key("gensim") != key("fastsgns")
    assert key("fastsgns") != key("fastsgns:blas")
    assert key("gensim") != key("gensim", corpus_form="lists")


@pytest.mark.parametrize("script", ["speed.py", "quality.py"])
def test_what_cannot_be_used_is_refused_before_anything_is_trained(script, corpus, evaluation):
    (evaluation / "EN-MEN.txt").write_text("river1\tmotor1\t5\nriver1 motor1\n")
    wrong = {
        "speed.py": {
            ("--repeats", "0"): "--repeats must be >= 1, got 0",
            ("--systems", "word2vec"): "a system starts with one of fastsgns, gensim",
            ("--systems", "gensim", "gensim"): "names a system twice",
            ("--bar", "gensim is slow"): "expected 'SYSTEM / REFERENCE >= X cpu|wall'",
            ("--bar", "gensim / fastsgns:blas >= 1 cpu"): "is not among gensim fastsgns",
        },
        "quality.py": {
            ("--eval", str(evaluation)): "EN-MEN.txt, line 2: expected word, word, score",
            ("--eval", str(corpus.parent)): "no evaluation set in",
        },
    }[script]
    for arguments, message in wrong.items():
        done = run_script(script, "--corpus", corpus, *arguments)
        assert done.returncode == 2
        assert message in done.stderr


def test_speed_refuses_an_environment_that_changes_the_kernels_of_openblas(corpus):
    done = run_script("speed.py", "--corpus", corpus, OPENBLAS_CORETYPE="Haswell")
    assert done.returncode == 1
    assert "OPENBLAS_CORETYPE=Haswell" in done.stderr
    assert "env -u OPENBLAS_CORETYPE python benchmarks/speed.py" in done.stderr


def test_the_environment_check_can_be_turned_into_a_warning(monkeypatch, capsys):
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1024")
    _runner.check_environment("speed.py", keep=True)
    assert "OPENBLAS_L2_SIZE=1024 is set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "package", "options"),
    [
        ("gensim", "gensim", {}),
        ("fastsgns", "fastsgns", {}),
        ("fastsgns:blas", "fastsgns", {"kernel": "blas"}),
        ("fastsgns:auto:shared", "fastsgns", {"kernel": "auto", "shared_negatives": True}),
        ("fastsgns::fresh", "fastsgns", {"shared_negatives": False}),
        ("gensim,workers=2,alpha=0.05", "gensim", {"workers": 2, "alpha": 0.05}),
        ("fastsgns:blas,comment=try", "fastsgns", {"kernel": "blas", "comment": "try"}),
    ],
)
def test_a_system_is_a_package_with_constructor_arguments(text, package, options):
    system = _systems.parse_system(text)
    assert (system.package, system.options) == (package, options)


@pytest.mark.parametrize(
    "text",
    ["", "word2vec", "gensim:blas", "fastsgns:blas:some", "fastsgns:a:b:c", "gensim,workers"],
)
def test_a_system_that_cannot_be_understood_is_refused(text):
    with pytest.raises(ValueError, match="got"):
        _systems.parse_system(text)


def test_a_slice_holds_the_first_tokens_and_cuts_only_its_last_sentence(tmp_path):
    whole, part = tmp_path / "whole.txt", tmp_path / "part.txt"
    whole.write_text("a b c\n\nd  e f\ng h\n")
    assert _systems.write_slice(whole, 5, part) == 5
    assert part.read_text() == "a b c\nd e\n"
    assert _systems.write_slice(whole, 0, part) == 8
    assert _systems.write_slice(whole, 100, part) == 8
    assert part.read_text() == "a b c\nd e f\ng h\n"


def test_promises_are_made_for_fastsgns_over_gensim_and_for_its_second_worker():
    systems = [
        _systems.parse_system(text)
        for text in ("gensim", "gensim,workers=2", "fastsgns", "fastsgns,workers=2")
    ]
    bars = speed.default_bars(systems, _systems.Setting())
    assert {(bar.system, bar.reference, bar.minimum, bar.clock) for bar in bars} == {
        ("fastsgns", "gensim", 1.2, "cpu"),
        ("fastsgns,workers=2", "gensim,workers=2", 1.2, "cpu"),
        ("fastsgns,workers=2", "fastsgns", 1.8, "wall"),
    }


def test_ratios_are_taken_round_by_round():
    seconds = {"gensim": [10.0, 20.0, 30.0], "fastsgns": [5.0, 4.0, 10.0]}
    runs = [
        {"measure": "loop", "round": turn, "system": system, "cpu_seconds": seconds[system][turn]}
        for turn in range(3)
        for system in seconds
    ]
    ratios = speed.speedup({"runs": runs}, "loop", "fastsgns", "gensim", "cpu")
    assert ratios.values == (2.0, 5.0, 3.0)
    assert ratios.around_median(1) == "3.0 (2.0–5.0)"


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        ((60.0, 61.0), (60.4, 61.4), ("1.0", "yes")),
        ((60.0, 61.0), (63.0, 63.5), ("1.0", "**higher**")),
        ((60.0, 61.0), (58.0, 58.5), ("1.0", "**lower**")),
        ((60.0,), (58.0,), ("one seed", "cannot say")),
    ],
)
def test_a_difference_is_judged_by_the_larger_range_over_the_seeds(theirs, ours, expected):
    assert quality.verdict(_report.Summary(theirs), _report.Summary(ours), 1) == expected


def test_numbers_have_a_true_minus_sign_and_no_negative_zero():
    assert _report.number(-1.25, 1) == "\N{MINUS SIGN}1.2"
    assert _report.number(-0.001, 2, signed=True) == "0.00"
    assert _report.number(0.5, 2, signed=True) == "+0.50"
    summary = _report.Summary((1.0, 3.0))
    assert summary.around_mean(1) == "2.0 ± 1.4 (1.0–3.0)"
    assert _report.Summary((1.0,)).around_mean(1) == "1.0"


def test_files_of_evaluation_sets_are_known_by_their_names(tmp_path):
    names = {
        "EN-WS-353-ALL.txt": "WordSim-353",
        "EN-SIMLEX-999.txt": "SimLex-999",
        "EN-MEN-TR-3k.txt": "MEN",
        "EN-MTurk-771.txt": "MTurk-771",
        "questions-words.txt": "Google analogies",
    }
    for name in [*names, "README.md", "women.txt"]:
        (tmp_path / name).touch()
    assert {path.name: name for name, path in _sets.find_sets(tmp_path).items()} == names
    (tmp_path / "wordsim353.tsv").touch()
    with pytest.raises(ValueError, match="look like WordSim-353: leave one"):
        _sets.find_sets(tmp_path)


def test_an_analogy_before_any_section_is_refused_with_its_line(tmp_path):
    path = tmp_path / "questions-words.txt"
    path.write_text("\nriver1 motor1 river2 motor2\n")
    with pytest.raises(ValueError, match="line 2: expected ': section'"):
        _sets.read_analogies(path)


def test_a_set_that_the_vocabulary_lacks_has_no_score():
    class Vectors:
        index_to_key = ("here", "there")
        vectors = np.eye(2, 4, dtype=np.float32)

    unit = _evaluation.unit_rows(Vectors.vectors)
    rows = _evaluation.first_rows(Vectors.index_to_key)
    pairs = _evaluation.score_pairs(unit, rows, [("here", "gone", 3.0)])
    assert pairs == {"score": None, "used": 0, "of": 1}
    questions = {"gram1": [("here", "there", "here", "gone")]}
    scores = dict(_evaluation.score_analogies(unit, rows, questions, 2))
    assert scores[""] == {"score": None, "used": 0, "of": 1}
    assert scores[", syntactic"] == {"score": None, "used": 0, "of": 1}
    assert scores[", semantic"] == {"score": None, "used": 0, "of": 0}


def test_the_scores_are_those_of_gensims_evaluation(evaluation):
    keyedvectors = pytest.importorskip("gensim.models.keyedvectors")
    words = [word for topic in TOPICS for word in topic]
    # The second case of a word is rarer, and must neither be asked nor be an answer.
    words += [word.upper() for word in words[::3]] + [f"rare{i}" for i in range(50)]
    draw = np.random.default_rng(3)
    topics = np.repeat(draw.standard_normal((3, 20)), 12, axis=0)
    places = np.tile(draw.standard_normal((12, 20)), (3, 1))
    vectors = draw.standard_normal((len(words), 20)).astype(np.float32)
    vectors[: len(topics)] = topics + places + vectors[: len(topics)] * 0.6
    wv = keyedvectors.KeyedVectors(20)
    wv.add_vectors(words, vectors)

    ours = _evaluation.evaluate(wv, evaluation)
    spearman = wv.evaluate_word_pairs(str(evaluation / "toy-WS-353.txt"))[1].statistic
    assert ours["WordSim-353"]["score"] == pytest.approx(100 * spearman, abs=1e-6)
    accuracy, sections = wv.evaluate_word_analogies(str(evaluation / "questions-words.txt"))
    assert ours["Google analogies, all words"]["score"] == pytest.approx(100 * accuracy)
    assert 0.1 < accuracy < 0.95
    assert ours["Google analogies, all words"]["used"] == sum(
        len(sections[-1][kind]) for kind in ("correct", "incorrect")
    )

    def among(limit):
        return wv.evaluate_word_analogies(
            str(evaluation / "questions-words.txt"), restrict_vocab=limit
        )[0]

    unit, rows = _evaluation.unit_rows(wv.vectors), _evaluation.first_rows(wv.index_to_key)
    questions = _sets.read_analogies(evaluation / "questions-words.txt")
    for limit in (20, 30):
        ours_among = dict(_evaluation.score_analogies(unit, rows, questions, limit))[""]["score"]
        assert ours_among == pytest.approx(100 * among(limit))


def test_labels_are_recovered_when_neighbours_share_them():
    draw = np.random.default_rng(1)
    centers = np.repeat(np.eye(3, 8), 20, axis=0)
    vectors = _evaluation.unit_rows(centers + 0.1 * draw.standard_normal((60, 8)))
    words = [f"n{i}" for i in range(60)]
    right = _sets.Labels({f"n{i}": f"c{i // 20}" for i in range(60)} | {"absent": "c1"})
    assert _evaluation.score_labels(vectors, words, right) == {"score": 100, "used": 60, "of": 61}
    random = _sets.Labels({word: f"c{draw.integers(3)}" for word in words})
    assert _evaluation.score_labels(vectors, words, random)["score"] < 60


def test_walks_make_a_text_and_labels_for_quality(tmp_path):
    folder = tmp_path / "graph"
    made = run_script("walks.py", folder, "--nodes", 80, "--communities", 2, "--outside", 1)
    assert made.returncode == 0, made.stderr
    assert len((folder / "walks.txt").read_text().splitlines()) == 80 * 20
    done = run_script(
        "quality.py", "--corpus", folder / "walks.txt", "--eval", folder, "--systems", "fastsgns",
        "--seeds", 1, "--vector-size", 8, "--min-count", 1, "--workers", 1,
        "--results", tmp_path / "quality.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (result,) = json.loads((tmp_path / "quality.json").read_text()).values()
    assert result["evaluation"]["Labels of neighbours"]["score"] > 80


def test_a_line_of_labels_that_is_no_label_is_named(tmp_path):
    (tmp_path / "labels.txt").write_text("a c1\nb\n")
    with pytest.raises(ValueError, match=r"labels.txt, line 2: expected word, label, got 'b'"):
        _sets.read_sets(tmp_path)


def limits_of(folder, *arguments, flags=("-march=native",)):
    if not HAS_COMPILER:
        pytest.skip("no C compiler is installed: the limits cannot be measured")
    program = str(folder / "limits")
    command = [*_limits.find_compiler().split(), "-O3", *flags, str(BENCHMARKS / "limits.c")]
    subprocess.run([*command, "-lm", "-o", program], check=True)
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)


def test_the_limits_are_measured_with_the_widest_vectors_of_the_processor(tmp_path):
    done = limits_of(tmp_path, 20, 2, 3, 500)
    found = re.match(r"\d+ GFLOP/s, vectors of (\d+) floats \((.*)\)\n", done.stdout)
    widths = {"avx512": ("16", "AVX-512"), "avx2": ("8", "AVX2"), "neon": ("4", "NEON")}
    expected = next((widths[name] for name in widths if name in available_kernels()), None)
    assert found and found.groups() == (expected or ("4", "portable C"))


def test_the_least_time_of_a_mode_grows_with_its_arithmetic_and_its_rows(tmp_path):
    done = limits_of(tmp_path, 16, 2, 3, 500, flags=())
    rate = float(done.stdout.split()[0])
    rows = re.findall(r"^([a-z-]+) +([\d.]+) +([\d.]+)", done.stdout, re.MULTILINE)
    arithmetic = {mode: float(ns) for mode, ns, _ in rows}
    memory = {mode: float(ns) for mode, _, ns in rows}
    # Three contexts, four targets: a dot and two moves of each; a Gram matrix; CBOW's sum and move.
    products = {"fresh": 36, "shared": 36 + 3, "cbow-fresh": 12 + 6, "cbow-shared": 12 + 6}
    for mode, n in products.items():
        assert arithmetic[mode] == pytest.approx(n * 2 * 16 / rate, rel=0.1)
    assert memory["fresh"] > memory["shared"] > 0  # 11 rows and 5
    assert arithmetic["hs"] > arithmetic["cbow-hs"]
    found = _limits.parse(done.stdout)
    assert found == {mode: max(arithmetic[mode], memory[mode]) for mode in arithmetic}


@pytest.mark.parametrize(
    "wrong", [("0",), ("100", "0"), ("100", "5", "-1"), ("100", "5", "5", "1")]
)
def test_limits_refuses_what_no_model_has(tmp_path, wrong):
    done = limits_of(tmp_path, *wrong)
    assert done.returncode == 1
    assert "SIZE and WINDOW must be >= 1, NEGATIVE >= 0, WORDS >= 2" in done.stderr


def test_the_least_time_is_that_of_the_modes_that_are_trained(monkeypatch):
    limits = {"shared": 1.0, "fresh": 2.0, "hs": 4.0, "cbow-fresh": 8.0, "cbow-hs": 16.0}
    limits["cbow-shared"] = 32.0
    monkeypatch.setattr(_limits, "measure", lambda *_: limits)
    for used, options, ns in (
        ("avx2, negatives shared", {}, 1.0),
        ("avx2", {}, 2.0),
        ("avx2, negatives shared", {"hs": 1}, 5.0),
        ("scalar", {"sg": 0}, 8.0),
        ("scalar, negatives shared", {"sg": 0}, 32.0),
        ("scalar", {"sg": 0, "hs": 1, "negative": 0}, 16.0),
    ):
        setting = _systems.Setting(**options)
        assert _limits.least_seconds(used, setting, 50, 10**9) == ns


def test_queries_are_measured_beside_gensim():
    command = [sys.executable, str(BENCHMARKS / "queries.py")]
    toy = ["--words=300", "--size=5", "--questions=20", "--keys=12", "--texts=50", "--runs=1"]
    run = subprocess.run([*command, *toy], capture_output=True, text=True, check=True)
    rows = [line.split("|")[1:-1] for line in run.stdout.splitlines() if line.startswith("| ")]
    tasks = {row[0].strip(): row[1:] for row in rows[1:]}
    assert {"most_similar, one key", "12 keys", "350 word pairs", "load text"} <= set(tasks)
    for figures in tasks.values():
        assert all(float(figure) > 0 for figure in figures if figure.strip() != "-")
    assert "times its matrix product" in run.stdout
    assert len(re.findall(r"As \w+, one key takes [\d.]+ ms", run.stdout)) == 2
    assert len(re.findall(r"transform of \d+ texts", run.stdout)) == 4


def test_analogies_are_measured_beside_gensim_and_by_each_method(tmp_path):
    kv = KeyedVectors(8)
    words = [f"w{i}" for i in range(60)]
    kv.add_vectors(words, np.random.default_rng(1).standard_normal((60, 8), dtype=np.float32))
    kv.save(str(tmp_path / "kv"))
    pairs = zip(words[:20:2], words[1:20:2], strict=True)
    lines = [" ".join((*a, *b)) for a, b in itertools.permutations(pairs, 2)]
    (tmp_path / "questions").write_text("\n".join([": s", *lines]))
    done = run_python(
        BENCHMARKS / "analogies.py", tmp_path / "kv", tmp_path / "questions", "--restrict", 30
    )
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in done.stdout.splitlines()
        if line.startswith("| ")
    ]
    assert [row[0] for row in rows[1:3]] == ["30", "60"]
    assert rows[2][1] == "90" and {row[-1] for row in rows[1:3]} <= {"yes", "-"}
    assert [row[0] for row in rows[4:]] == ["3CosAdd", "3CosMul", "3CosAvg", "LRCos"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak of memory")
def test_memory_of_queries_is_what_they_take_above_the_vectors():
    done = run_python(
        BENCHMARKS / "query_memory.py", "--words", 20_000, "--size", 20, "--questions", 2000,
        "--kinds", "float32", "int8", "--queries", "rank", "analogies, 3CosAdd",
    )  # fmt: skip
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    assert [row[0].strip() for row in rows] == ["rank", "analogies, 3CosAdd"]
    assert all(0 <= float(taken) < 40 for row in rows for taken in row[1:])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak of memory")
def test_memory_of_loading_stands_beside_what_is_loaded():
    done = run_python(BENCHMARKS / "loading.py", "--words", 20_000, "--size", 50)
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    assert [row[0].strip() for row in rows] == [
        "native",
        "gensim",
        "safetensors",
        "text",
        "binary",
        "npy",
    ]
    for _, taken, matrix, keys, ratio in rows:
        assert float(matrix) == 4 and float(keys) > 1 and 0 <= float(taken) < 20
        assert float(ratio) < 4


def test_smaller_vectors_stand_beside_those_that_were_trained(corpus, evaluation):
    sets = [evaluation / "toy-WS-353.txt"]
    done = run_python(BENCHMARKS / "smaller.py", corpus, *sets, "--size", 12, "--seeds", 2)
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 15 and rows[2][1].endswith("(+0.00: +0.00 to +0.00) |")
    before, after = map(float, re.findall(r"-?\d\.\d+", done.stdout.splitlines()[-1]))
    assert after > before


def test_an_index_stands_beside_the_exact_search(tmp_path):
    pytest.importorskip("usearch.index", reason="needs usearch", exc_type=ImportError)
    np.save(tmp_path / "v.npy", np.random.default_rng(1).standard_normal((80, 6), np.float32))
    (tmp_path / "v.vocab").write_text("".join(f"w{i}\n" for i in range(80)))
    toy = ["--words", 50, 120, "--keys", 20, "--runs", 1]
    done = run_python(BENCHMARKS / "neighbours.py", tmp_path / "v.npy", *toy)
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()[2:]]
    assert [row[0] for row in rows] == ["50", "120"]
    assert all(0.9 < float(row[3]) <= 1 and len(row) == 8 for row in rows)


def test_walks_are_timed_and_stand_beside_training():
    toy = ["--nodes", 150, "--degree", 6, "--walks", 2, "--rounds", 1, "--beside", "networkx"]
    done = run_python(BENCHMARKS / "graphs.py", *toy)
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    of_walks = [row for row in rows if row[1] == "fastsgns"]
    assert [row[0] for row in of_walks] == ["| 1, 1", "| 0.5, 2"]
    assert all(float(row[2]) >= 0 for row in of_walks)
    of_training = [row for row in rows if row[1].endswith(" s")]
    assert [row[0] for row in of_training] == ["| 1, 1", "| 0.5, 2"]
