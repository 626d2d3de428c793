"""One table of what files of any layout say of word vectors."""

import json
import os
import threading
import tracemalloc
import warnings

import numpy as np
import pytest

from fastsgns import KeyedVectors, evaluation
from fastsgns.io import short_lines
from fastsgns.io.errors import FormatError
from fastsgns.vectors import (
    asked_words,
    evaluation_items,
    evaluation_judges,
    evaluation_lines,
    evaluation_sets,
    ranks,
)

#: Countries and capitals, singular and plural: differences are the same, up to a little.
COUNTRIES = {"france": "paris", "spain": "madrid", "italy": "rome", "japan": "tokyo"}
NOUNS = {"cat": "cats", "dog": "dogs", "cow": "cows", "pig": "pigs", "hen": "hens"}


@pytest.fixture
def kv():
    rng = np.random.default_rng(3)
    base = rng.standard_normal((3, 30)) * 3
    rows = {}
    for group, (pairs, shift) in enumerate([(COUNTRIES, base[0]), (NOUNS, base[1])]):
        kind = rng.standard_normal(30) * 4 * (group + 1)
        for a, b in pairs.items():
            rows[a] = kind + rng.standard_normal(30)
            rows[b] = rows[a] + shift
    made = KeyedVectors(30)
    made.add_vectors(list(rows), np.array(list(rows.values()), np.float32))
    return made


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def quads(pairs):
    items = list(pairs.items())
    return [f"{a} {b} {c} {d}" for a, b in items for c, d in items if a != c]


def google(folder, name="questions.txt"):
    text = "\n".join([": capitals", *quads(COUNTRIES), ": plurals", *quads(NOUNS)])
    return write(folder, name, text)


SIMILARITY = "cat\tdog\t9\ncat\tfrance\t1\nparis\trome\t8.5\nhen\ttokyo\t0.5\ncow\tpig\t7\n"
CATEGORIES = "".join(f"{w} place\n" for w in COUNTRIES) + "".join(f"{w} animal\n" for w in NOUNS)
CLUSTER = "cat\ndog\ncow\npig\n\nfrance\nparis\nrome\n"


def only(report):
    (result,) = report.results
    return result


# ---- what a file is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("tabs.txt", SIMILARITY, "similarity"),
        ("commas.csv", "Word 1,Word 2,Score\n" + SIMILARITY.replace("\t", ","), "similarity"),
        ("semicolons.csv", SIMILARITY.replace("\t", ";"), "similarity"),
        ("blanks.txt", SIMILARITY.replace("\t", " "), "similarity"),
        ("comments.txt", "# pairs\n" + SIMILARITY, "similarity"),
        ("more.txt", SIMILARITY.replace("\n", "\t3\t4\t5\n"), "similarity"),
        ("mark.txt", "\ufeff" + SIMILARITY, "similarity"),
        ("sections.txt", ": s\n" + "\n".join(quads(NOUNS)), "analogy"),
        ("quads.txt", "\n".join(quads(NOUNS)), "analogy"),
        ("five.txt", "\n".join(f"NN_NNS {line}" for line in quads(NOUNS)), "analogy"),
        ("I01 [noun - plural].txt", "\n".join(f"{a}\t{b}" for a, b in NOUNS.items()), "analogy"),
        ("pairs.txt", "\n".join(f"{a}\t{b}" for a, b in NOUNS.items()), "analogy"),
        ("categories.txt", CATEGORIES, "categorisation"),
        ("cluster.txt", CLUSTER, "outlier"),
    ],
)  # fmt: skip
def test_a_file_is_recognised_by_its_form(kv, tmp_path, name, text, kind):
    result = only(evaluation.report(kv, write(tmp_path, name, text)))
    assert result.kind == kind
    assert result.name == name.rpartition(".")[0]
    assert result.covered > 0 and result.low <= result.score <= result.high


def test_a_score_may_stand_behind_a_part_of_speech(kv, tmp_path):
    rows = [line.split("\t") for line in SIMILARITY.splitlines()]
    text = "w1\tw2\tPOS\tscore\n" + "".join(f"{a}\t{b}\tN\t{s}\t77\n" for a, b, s in rows)
    plain = only(evaluation.report(kv, write(tmp_path, "plain", SIMILARITY)))
    assert only(evaluation.report(kv, write(tmp_path, "pos", text)))[3:7] == plain[3:7]


def test_questions_and_answers_in_two_files_belong_together(kv, tmp_path):
    lines = [line.split() for line in quads(NOUNS)]
    write(tmp_path, "msr.answers", "\n".join(f"NN_NNS {line[3]}" for line in lines))
    path = write(tmp_path, "msr.questions", "\n".join(" ".join(line[:3]) for line in lines))
    for source in (path, tmp_path):
        result = only(evaluation.report(kv, source))
        assert result.score == 1 and result.details["sections"]["NN_NNS"]["covered"] == 20
    write(tmp_path, "msr.answers", "NN_NNS cats")
    with pytest.raises(FormatError, match="1 answers to 20 questions"):
        evaluation.report(kv, path)


def test_files_of_pairs_in_a_folder_are_one_set(kv, tmp_path):
    for number, pairs in enumerate([NOUNS, COUNTRIES]):
        text = "\n".join(f"{a}\tnone/{b}/more" for a, b in pairs.items())
        write(tmp_path, f"BATS/1_group/I0{number} [a - b].txt", text)
    write(tmp_path, "BATS/2_other/E01 [a - b].txt", "cat\tcats\ndog\tdogs")
    report = evaluation.report(kv, tmp_path / "BATS")
    assert [(r.name, r.total) for r in report.results] == [("1_group", 32), ("2_other", 2)]
    sections = report.results[0].details["sections"]
    assert {name: part["total"] for name, part in sections.items()} == {
        "I00 [a - b]": 20,
        "I01 [a - b]": 12,
    }


def test_a_file_that_has_only_the_name_of_one_of_pairs_is_a_set_of_its_own(kv, tmp_path):
    write(tmp_path, "I01 [a - b].txt", SIMILARITY)
    write(tmp_path, "I02 [a - b].txt", "cat\tcats\ndog\tdogs\ncow\tcows")
    results = evaluation.report(kv, tmp_path).results
    assert [(r.name, r.kind, r.total) for r in results] == [
        ("I01 [a - b]", "similarity", 5),
        (tmp_path.name, "analogy", 6),
    ]


def test_lines_of_another_form_are_told(kv, tmp_path, caplog):
    lines = ["word1\tword2\tscore", *(f"cat\tdog\t{number}" for number in range(8))]
    path = write(tmp_path, "pairs.txt", "\n".join(lines))
    assert only(evaluation.report(kv, path)).total == 8 and not caplog.text
    write(tmp_path, "pairs.txt", "\n".join([*lines, "cat\tcats\tn/a"]))
    assert only(evaluation.report(kv, path)).total == 8
    assert "pairs.txt: 1 lines left out" in caplog.text


def test_lines_of_another_form_within_sections_are_told(kv, tmp_path, caplog):
    questions = ": nouns\ncat cats dog dogs\ncat cats\n\ncow cows pig pigs\n"
    assert only(evaluation.report(kv, write(tmp_path, "q.txt", questions))).total == 2
    assert "left out: 'cat cats', which is no analogy of four words" in caplog.text


def test_a_dictionary_is_no_relation_whose_pairs_all_ask_each_other(kv, tmp_path):
    text = "\n".join(f"word{number}\tmot{number}" for number in range(501))
    with pytest.raises(FormatError, match=r"en-fr\.txt: 501 pairs .* 250500 analogies"):
        evaluation.report(kv, write(tmp_path, "en-fr.txt", text))
    path = write(tmp_path, "en-fr.txt", text.rsplit("\n", 1)[0])
    assert only(evaluation.report(kv, path)).total == 500 * 499


def test_any_of_several_answers_is_right(kv, tmp_path):
    text = "\n".join(f"{a}\t{b}/nothing" for a, b in NOUNS.items())
    assert only(evaluation.report(kv, write(tmp_path, "I01 [a - b].txt", text))).score == 1


def test_what_has_no_form_is_an_error_where_it_is_named(kv, tmp_path, caplog):
    odd = write(tmp_path, "d/README.txt", "This folder holds some files of words.\nSee there.\n")
    with pytest.raises(FormatError, match=r"README\.txt: no form"):
        evaluation.report(kv, odd)
    with pytest.raises(FormatError, match="no file of a known form"):
        evaluation.report(kv, tmp_path / "d")
    write(tmp_path, "d/pairs.txt", SIMILARITY)
    write(tmp_path, "d/.hidden", "")
    assert only(evaluation.report(kv, tmp_path / "d")).name == "pairs"
    assert "left out" in caplog.text and "README" in caplog.text
    assert ".hidden" not in caplog.text
    with pytest.raises(FileNotFoundError):
        evaluation.report(kv, tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"a b 1\n\xff\n")
    with pytest.raises(FormatError, match="line 2"):
        evaluation.report(kv, tmp_path / "bytes")


# ---- what is measured ----------------------------------------------------------------------------


def test_scores_are_those_of_the_vectors_own_methods(kv, tmp_path):
    analogies, pairs = google(tmp_path), write(tmp_path, "pairs", SIMILARITY)
    report = evaluation.report(kv, [analogies, pairs])
    score, sections = kv.evaluate_word_analogies(analogies)
    found = report.results[0]
    assert found.score == score and found.covered == found.total == 32
    for section in sections[:-1]:
        n = len(section["correct"]) + len(section["incorrect"])
        part = found.details["sections"][section["section"]]
        assert part == {"score": len(section["correct"]) / n, "covered": n, "total": n}
    pearson, spearman, _ = kv.evaluate_word_pairs(pairs)
    assert report.results[1].score == pytest.approx(spearman.statistic, abs=1e-12)
    assert report.results[1].details["pearson"] == pytest.approx(pearson.statistic, abs=1e-6)


def test_groups_far_apart_are_clustered_as_they_are(kv, tmp_path):
    result = only(evaluation.report(kv, write(tmp_path, "c", CATEGORIES)))
    assert (result.measure, result.score, result.details) == ("purity", 1, {"clusters": 2})
    words = [*COUNTRIES, *NOUNS]
    mixed = "".join(f"{word} {'xy'[i % 2]}\n" for i, word in enumerate(words))
    assert 0.5 <= only(evaluation.report(kv, write(tmp_path, "m", mixed))).score < 0.8


def test_words_of_another_group_are_the_outliers(kv, tmp_path):
    result = only(evaluation.report(kv, write(tmp_path, "o", CLUSTER)))
    assert (result.score, result.covered, result.details) == (1, 3, {"opp": 1})
    turned = "cat\ndog\ncow\nfrance\n\npig\nhen\n"
    result = only(evaluation.report(kv, write(tmp_path, "t", turned)))
    assert result.score == 0 and result.details["opp"] < 1


def test_a_word_with_the_vector_of_the_others_is_not_less_like_them(tmp_path):
    kv = KeyedVectors(30)
    words = list("abcdefgh")
    kv.add_vectors(words, np.tile(np.random.default_rng(5).standard_normal(30), (8, 1)))
    path = write(tmp_path, "o", "\n".join([*words[:-1], "", *words]))
    assert only(evaluation.report(kv, path)).details["opp"] == 0


def test_words_of_several_parts_may_have_underscores(tmp_path):
    kv = KeyedVectors(2)
    kv.add_vectors(["New_York", "Rome", "Oslo", "fish"], [[1, 0], [1, 0.1], [1, 0.2], [0, 1]])
    result = only(evaluation.report(kv, write(tmp_path, "o", "New York\nRome\nOslo\n\nfish\n")))
    assert result.score == 1 and result.covered == 1


def test_what_is_not_there_is_counted_and_left_out(kv, tmp_path):
    text = google(tmp_path, "a.txt").read_text(encoding="utf-8")
    write(tmp_path, "a.txt", text + "\ncat cats unicorn unicorns\n")
    write(tmp_path, "b.txt", SIMILARITY + "unicorn\tcat\t3\n")
    write(tmp_path, "c.txt", CATEGORIES + "unicorn animal\n")
    write(tmp_path, "d.txt", CLUSTER + "unicorn\n")
    for result in evaluation.report(kv, tmp_path).results:
        assert result.total == result.covered + 1
        assert result.oov == pytest.approx(1 / result.total)


def test_of_nothing_known_there_is_no_score(kv, tmp_path):
    write(tmp_path, "a.txt", ": s\nq w e r\n")
    write(tmp_path, "b.txt", "q\tw\t3\ne\tr\t4\n")
    write(tmp_path, "c.txt", "q x\nw x\ne y\nr y\n")
    write(tmp_path, "d.txt", "q\nw\n\ne\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = evaluation.report(kv, tmp_path)
        assert "nan" in str(report)
    for result in report.results:
        assert np.isnan(result.score) and result.covered == 0 and result.oov == 1
    assert json.loads(json.dumps(report.as_dict(), allow_nan=False))["results"][0]["score"] is None


def test_case_counts_when_it_is_wanted(kv, tmp_path):
    path = write(tmp_path, "pairs", SIMILARITY.upper())
    assert only(evaluation.report(kv, path)).covered == 5
    assert only(evaluation.report(kv, path, case_insensitive=False)).covered == 0
    assert only(evaluation.report(kv, path, restrict_vocab=8)).oov > 0.5


# ---- files of many lines -------------------------------------------------------------------------


@pytest.fixture
def small_pieces(monkeypatch):
    """Files are read in small pieces, and may take a 64th of 64 MB beside twice their length."""
    monkeypatch.setattr(evaluation_lines.logger, "disabled", True)  # pytest keeps what is logged
    monkeypatch.setattr(short_lines, "MAX_LINE_NBYTES", 1 << 14)
    monkeypatch.setattr(evaluation_sets, "_AT_ONCE", 1 << 12)
    monkeypatch.setattr(asked_words, "_MOST_CHARACTERS", 1 << 14)
    monkeypatch.setattr(asked_words, "_MOST_WAITING", 1 << 10)
    monkeypatch.setattr(evaluation_items, "_QUESTIONS", 1 << 8)
    monkeypatch.setattr(evaluation_judges, "_AT_ONCE", 1 << 12)
    monkeypatch.setattr(ranks, "_AT_ONCE", 1 << 12)


@pytest.mark.parametrize(
    ("name", "begin", "line", "end"),
    [
        ("unknown pairs", "", "no{0}\tnor{0}\t{1}\n", SIMILARITY),
        ("known pairs", SIMILARITY, "cat\tfrance\t{1}\n", ""),
        ("known pairs with scores of their own", SIMILARITY, "cat\tfrance\t{0}.25\n", ""),
        ("unknown analogies", ": s\n", "no{0} nor{0} a{0} b{0}\n", "cat cats dog dogs\n"),
        ("known analogies", ": s\ncat cats dog dogs\n", "hen hens cow cows\n", ""),
        ("malformed analogies", ": s\n", "cat cats {0}\n", "cat cats dog dogs\n"),
        ("analogies with a section each", "", "s{1} no{0} nor{0} a{0} b{0}\n", "s a b c d\n"),
        ("unknown words of categories", CATEGORIES, "no{0} c{1}\n", ""),
        ("known words of categories", CATEGORIES, "cat animal\n", ""),
        ("unknown outliers", "cat\ndog\n\nfrance\n", "no{0}\n", ""),
        ("known outliers", "cat\ndog\n\nfrance\n", "spain\n", ""),
        ("long words of wide letters", SIMILARITY, "\U0001f600" + "long" * 30 + "{0} b 1\n", ""),
        ("comments", SIMILARITY, "# {0}\n", ""),
    ],
)  # fmt: skip
def test_memory_is_in_proportion_to_a_file(kv, small_pieces, tmp_path, name, begin, line, end):
    evaluation.report(kv, [google(tmp_path), *(write(tmp_path, n, t) for n, t in
                      [("b", SIMILARITY), ("c", CATEGORIES), ("d", CLUSTER)])])  # fmt: skip
    data = (begin + "".join(line.format(i, i % 7) for i in range(6000)) + end).encode()
    path = tmp_path / "file"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        result = only(evaluation.report(kv, path, n_resamples=2, methods=[]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (result.covered > 6000) == name.startswith("known")
    assert (result.total > 6000) == (name not in ("malformed analogies", "comments"))
    assert peak < 2 * len(data) + 2**20


def test_a_file_is_read_the_same_in_pieces_of_any_length(kv, tmp_path, monkeypatch, caplog):
    write(tmp_path, "a.txt", google(tmp_path, "a.txt").read_text() + "\nodd\n\nx y z q")
    write(tmp_path, "b.txt", "\ufeffw1\tw2\ts\r\n" + SIMILARITY + "no such\tcat\t3\n")
    write(tmp_path, "c.txt", "# c\n" + CATEGORIES + "\n\nno thing\n")
    write(tmp_path, "d.txt", "\n\n" + CLUSTER + "\n\nno such\n")
    write(tmp_path, "e.questions", "\n".join(" ".join(q.split()[:3]) for q in quads(NOUNS)))
    write(tmp_path, "e.answers", "\n".join(f"R\t{q.split()[3]}" for q in quads(NOUNS)))
    for number, pairs in enumerate([NOUNS, COUNTRIES]):
        text = "".join(f"{a}\tnone/{b}\n" for a, b in pairs.items())
        write(tmp_path, f"BATS/I0{number} [a - b].txt", text)

    def judged():
        caplog.clear()
        return str(evaluation.report(kv, tmp_path)), caplog.text

    expected = judged()
    assert expected[0].count("\n") == 15 and "odd" in expected[1]
    for n_bytes in (40, 100, 1000):
        monkeypatch.setattr(short_lines, "MAX_LINE_NBYTES", n_bytes)
        monkeypatch.setattr(evaluation_sets, "_AT_ONCE", n_bytes)
        monkeypatch.setattr(asked_words, "_MOST_CHARACTERS", n_bytes)
        monkeypatch.setattr(asked_words, "_MOST_WAITING", 3)
        monkeypatch.setattr(evaluation_items, "_QUESTIONS", n_bytes // 20)
        assert judged() == expected


def test_a_pair_that_is_there_twice_has_the_answers_that_are_asked_for_last(kv, tmp_path):
    lines = [*(f"{a}\t{b}" for a, b in NOUNS.items()), "cat\tcats/none"]
    path = write(tmp_path, "I01 [a - b].txt", "\n".join(lines))
    result = only(evaluation.report(kv, path, methods=["3CosAvg"]))
    assert (result.total, result.details["methods"]["3CosAvg"]["total"]) == (30, 5)


def test_what_no_file_of_its_kind_has_is_an_error(kv, tmp_path, monkeypatch):
    text = "".join(f"no{i}\tc{i % 1001}\n" for i in range(3000))
    with pytest.raises(FormatError, match=r"c\.txt: 3000 pairs .* more than 1000 different"):
        evaluation.report(kv, write(tmp_path, "c.txt", text))
    text = "".join(f"no{i}\tc{i % 1000}\n" for i in range(3000))
    assert only(evaluation.report(kv, write(tmp_path, "c.txt", text))).kind == "categorisation"
    monkeypatch.setattr(evaluation_sets, "_MOST_SECTIONS", 1)
    with pytest.raises(FormatError, match=r"questions\.txt: analogies of more than 1 sections"):
        evaluation.report(kv, google(tmp_path))


def test_pairs_of_a_large_relation_are_not_each_answered_by_all_others(kv, tmp_path, monkeypatch):
    path = google(tmp_path)
    monkeypatch.setattr(evaluation_items, "MOST_RELATED", 4)
    methods = only(evaluation.report(kv, path)).details["methods"]
    assert {name: found["total"] for name, found in methods.items()} == {
        "3CosAdd": 32, "3CosMul": 32, "3CosAvg": 4, "LRCos": 4,
    }  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_read(kv, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writing = threading.Thread(target=(tmp_path / "pipe").write_text, args=[SIMILARITY])
    writing.start()
    assert only(evaluation.report(kv, tmp_path / "pipe")).covered == 5
    writing.join()


# ---- how sure it is ------------------------------------------------------------------------------


def test_one_seed_gives_one_table_whatever_is_beside(kv, tmp_path):
    files = [google(tmp_path), *(write(tmp_path, n, t) for n, t in
             [("b", SIMILARITY), ("c", CATEGORIES), ("d", CLUSTER)])]  # fmt: skip
    first = evaluation.report(kv, files, seed=5)
    assert evaluation.report(kv, files, seed=5) == first
    assert evaluation.report(kv, files[::-1], seed=5).results == first.results[::-1]
    other = evaluation.report(kv, files, seed=6)
    assert [r.score for r in other.results] == [r.score for r in first.results]


def test_intervals_cover_what_a_binomial_interval_does(tmp_path):
    """Half of 400 questions are right: 95 % of samples are within 1.96 sqrt(p (1 - p) / n)."""
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b", "c", "d", "e"], [[1, 0], [1, 0.1], [0, 1], [0.1, 1], [-1, -1]])
    path = write(tmp_path, "q", ": s\n" + "a b c d\na b c e\n" * 200)
    result = only(evaluation.report(kv, path, n_resamples=20_000))
    assert result.score == 0.5
    assert result.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.005)
    assert result.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.005)
    narrow = only(evaluation.report(kv, path, confidence=0.5))
    assert result.low < narrow.low < 0.5 < narrow.high < result.high


def test_the_interval_of_a_correlation_is_scipys_bootstrap(tmp_path):
    from scipy import stats

    rng = np.random.default_rng(1)
    kv = KeyedVectors(8)
    words = [f"w{i}" for i in range(60)]
    kv.add_vectors(words, rng.standard_normal((60, 8)).astype(np.float32))
    pairs = [(words[i], words[i + 30]) for i in range(30)]
    found = [float(kv.similarity(a, b)) for a, b in pairs]
    gold = [round(s + rng.normal() * 0.3, 3) for s in found]
    text = "".join(f"{a}\t{b}\t{g}\n" for (a, b), g in zip(pairs, gold, strict=True))
    result = only(evaluation.report(kv, write(tmp_path, "p", text), n_resamples=5000))
    theirs = stats.bootstrap(
        (gold, found), lambda x, y: stats.spearmanr(x, y).statistic, paired=True,
        vectorized=False, n_resamples=2000, method="percentile", rng=np.random.default_rng(2),
    ).confidence_interval  # fmt: skip
    assert (result.low, result.high) == pytest.approx((theirs.low, theirs.high), abs=0.05)


# ---- the table -----------------------------------------------------------------------------------


def test_the_table_is_text_markdown_a_frame_and_a_dict(kv, tmp_path):
    report = evaluation.report(kv, [google(tmp_path), write(tmp_path, "a|b.txt", SIMILARITY)])
    lines = str(report).splitlines()
    assert lines[0].split() == [
        "set",
        "kind",
        "measure",
        "score",
        *["95", "%", "interval", "top", "5", "covered", "oov"],
    ]
    assert lines[1].startswith("questions  analogy") and "32/32" in lines[1]
    assert [line.split()[2] for line in lines[1:5]] == ["3CosAdd", "3CosMul", "3CosAvg", "LRCos"]
    assert [line.split()[-3] for line in lines[1:5]] == ["32/32", "32/32", "9/9", "9/9"]
    markdown = report.to_markdown().splitlines()
    assert markdown[1] == "|---|---|---|--:|--:|--:|--:|--:|" and "a\\|b" in markdown[6]
    assert json.loads(json.dumps(report.as_dict()))["results"][0]["covered"] == 32
    frame = pytest.importorskip("pandas") and report.to_frame()
    assert frame["name"].tolist() == ["questions", "a|b"]
    assert frame["score"].tolist() == [result.score for result in report.results]


@pytest.mark.parametrize(
    "wrong", [{"confidence": 0}, {"confidence": 1}, {"confidence": 95}, {"n_resamples": 0}]
)
def test_parameters_that_cannot_be_are_errors(kv, tmp_path, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        evaluation.report(kv, google(tmp_path), **wrong)
