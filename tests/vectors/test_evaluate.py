"""Judging word vectors: many analogies at once are answered as one by one.

Results, errors and log records beside gensim's are in test_keyedvectors_parity.py.
"""

import itertools
import logging
import tracemalloc
import warnings

import numpy as np
import pytest

from fastsgns import evaluation
from fastsgns.io import short_lines
from fastsgns.io.errors import FormatError
from fastsgns.keyedvectors import KeyedVectors
from fastsgns.vectors import search

CASES = ["w{}", "W{}", "Word{}"]


def one_by_one(kv, path, restrict_vocab, case_insensitive):
    """Answer each question with most_similar, as gensim does; give the right and the wrong ones."""
    keys = kv.index_to_key[:restrict_vocab]
    label = str.upper if case_insensitive else str
    known = {label(key): row for row, key in reversed(list(enumerate(keys)))}
    right, wrong = [], []
    for line in path.read_text(encoding="utf8").splitlines():
        words = tuple(label(line).split())
        if line.startswith(":") or not all(word in known for word in words):
            continue
        a, b, c, expected = words
        rows = known[a], known[b], known[c]
        found = kv.most_similar([rows[1], rows[2]], [rows[0]], 5, restrict_vocab=restrict_vocab)
        predicted = None
        for key, _ in found:
            predicted = label(key)
            if predicted in known and predicted not in (a, b, c):
                break
        (right if predicted == expected else wrong).append(words)
    return right, wrong


def world(n_words, size, seed):
    """Make vectors in which some analogies hold, words that differ in case, and questions."""
    rng = np.random.default_rng(seed)
    base = rng.standard_normal((n_words // 4, size))
    shift = rng.standard_normal((4, size)) * 2
    vectors = (base[:, np.newaxis] + shift + rng.standard_normal((1, 4, size)) * 0.1).reshape(
        -1, size
    )
    words = [CASES[rng.integers(3)].format(i // (1 + (i % 7 == 0))) for i in range(len(vectors))]
    words = list(dict.fromkeys(words))
    kv = KeyedVectors(size)
    kv.add_vectors(words, vectors[: len(words)] + rng.standard_normal((len(words), size)) * 0.3)
    picks = rng.integers(len(words), size=(400, 4))
    near = np.array(
        [[4 * i, 4 * i + 1, 4 * j, 4 * j + 1] for i, j in rng.integers(n_words // 5, size=(400, 2))]
    )
    questions = [
        " ".join(words[i % len(words)] for i in row) for row in np.concatenate([picks, near])
    ]
    return kv, questions


@pytest.mark.parametrize("case_insensitive", [True, False])
@pytest.mark.parametrize("restrict_vocab", [None, 30000, 150, 7])
@pytest.mark.parametrize("seed", [0, 1])
def test_analogies_in_blocks_are_answered_as_one_by_one(
    tmp_path, monkeypatch, case_insensitive, restrict_vocab, seed
):
    kv, questions = world(300, 12, seed)
    path = tmp_path / "questions"
    path.write_text("\n".join([": all", *questions]), encoding="utf8")
    right, wrong = one_by_one(kv, path, restrict_vocab, case_insensitive)
    for n_terms, nbytes in ((6, 1), (50, 1 << 12), (1 << 12, 1 << 21)):
        monkeypatch.setattr(search, "MAX_TERMS", n_terms)
        monkeypatch.setattr(search, "TILE_NBYTES", nbytes)
        score, sections = kv.evaluate_word_analogies(
            path, restrict_vocab=restrict_vocab, case_insensitive=case_insensitive
        )
        assert sections[-1]["correct"] == right
        assert sections[-1]["incorrect"] == wrong
        assert score == (len(right) / len(right + wrong) if right + wrong else 0.0)
    if restrict_vocab != 7:
        assert right
        assert wrong


def test_variants_of_the_words_asked_for_are_no_answers(tmp_path):
    """The nearest words are case variants of the question's, the right one is the fourth."""
    kv = KeyedVectors(3)
    kv.add_vectors(
        ["a", "b", "c", "B", "C", "A", "d", "e"],
        np.array([
            [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 2, 1.9],
            [0, 1.9, 2], [-0.1, 2, 2], [0, 3, 1], [9, 0, 1],
        ]),
    )  # fmt: skip
    (tmp_path / "q").write_text(": s\na b c d\n")
    assert kv.evaluate_word_analogies(tmp_path / "q")[0] == 1.0
    # Told apart by case, the variants are answers like any other.
    (tmp_path / "q").write_text(": s\na b c d\na b c B\na b c C\na b c A\n")
    assert kv.evaluate_word_analogies(tmp_path / "q", case_insensitive=False)[0] == 0.25


@pytest.mark.parametrize("more", [[], [7], ["w1"]], ids=["words", "a number", "a variant"])
@pytest.mark.parametrize(
    "judge",
    [
        lambda kv, q, p: kv.evaluate_word_analogies(q),
        lambda kv, q, p: kv.evaluate_word_analogies(q, similarity_function="3CosAvg"),
        lambda kv, q, p: kv.evaluate_word_analogies(q, case_insensitive=False),
        lambda kv, q, p: kv.evaluate_word_pairs(p),
        lambda kv, q, p: evaluation.report(kv, [q, p]),
    ],
    ids=["analogies", "analogies by pairs", "analogies by case", "pairs", "report"],
)
def test_judging_keeps_nothing_of_the_words_that_are_not_asked_for(tmp_path, judge, more):
    """Beside the vectors it takes less than a pointer and two integers a word."""
    n_words = 50_000
    kv = KeyedVectors(2)
    kv.add_vectors([*(f"W{i}" for i in range(n_words)), *more], np.ones((n_words + len(more), 2)))
    kv.vectors[: n_words // 2, 1] = np.arange(n_words // 2)
    (tmp_path / "questions").write_text(": s\nW1 W2 W3 W4\nW5 W6 W7 W8\nW3 W4 W7 W8\n")
    (tmp_path / "pairs").write_text("W1\tW2\t1\nW5\tW9\t2\nW3\tW9999\t3\n")
    files = tmp_path / "questions", tmp_path / "pairs"
    judge(kv, *files)  # loads what is loaded when it is first used
    tracemalloc.start()
    try:
        judge(kv, *files)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**20 + 24 * n_words


def test_variants_that_no_question_uses_change_nothing(tmp_path):
    rng = np.random.default_rng(3)
    kv = KeyedVectors(3)
    kv.add_vectors([f"w{i}" for i in range(40)], rng.standard_normal((40, 3)))
    lines = [" ".join(f"w{i}" for i in row) for row in rng.integers(20, size=(60, 4)).tolist()]
    (tmp_path / "q").write_text("\n".join([": s", *lines]))
    before = kv.evaluate_word_analogies(tmp_path / "q")
    assert 0 < before[0] < 1
    kv.add_vectors([f"W{i}" for i in range(30, 40)], kv.vectors[30:])
    assert kv.evaluate_word_analogies(tmp_path / "q") == before


def test_fewer_words_than_candidates(tmp_path):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b", "c"], np.eye(3)[:, :2])
    (tmp_path / "q").write_text(": s\na b c a\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert kv.evaluate_word_analogies(tmp_path / "q")[0] == 0.0


def test_vectors_of_zeros_are_never_the_answer(tmp_path):
    rng = np.random.default_rng(0)
    kv = KeyedVectors(4)
    kv.add_vectors(list("abcdef"), rng.standard_normal((6, 4)))
    kv.vectors[3] = 0
    lines = [" ".join(words) for words in itertools.permutations("abcef", 4)]
    (tmp_path / "q").write_text("\n".join([": s", *lines]))
    others = kv.vectors_for_all(list("abcef"))
    right, wrong = one_by_one(others, tmp_path / "q", None, True)
    sections = kv.evaluate_word_analogies(tmp_path / "q")[1]
    assert sections[-1]["correct"] == right
    assert sections[-1]["incorrect"] == wrong
    assert right


def test_keys_that_are_no_text_are_no_words(tmp_path):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b", "c", "d", 5, None, ("x", 1)], np.random.default_rng(0).random((7, 2)))
    (tmp_path / "q").write_text(": s\na b c d\n5 a b c\n")
    _, sections = kv.evaluate_word_analogies(tmp_path / "q")
    assert len(sections[-1]["correct"] + sections[-1]["incorrect"]) == 1
    (tmp_path / "p").write_text("a\tb\t1\n5\ta\t2\nc\td\t3\na\tc\t1\n")
    assert kv.evaluate_word_pairs(tmp_path / "p")[2] == 25.0


def test_keys_that_are_row_numbers_of_others_do_not_stand_in_for_them(tmp_path):
    vectors = np.random.default_rng(0).standard_normal((6, 3))
    (tmp_path / "p").write_text("a\tb\t1\nb\tc\t5\na\tc\t2\n")
    found = []
    for numbers in (["x", "y", "z"], [2, 0, 1]):
        kv = KeyedVectors(3)
        kv.add_vectors(["a", "b", "c", *numbers], vectors)
        found.append(kv.evaluate_word_pairs(tmp_path / "p")[0].statistic)
    assert found[0] == found[1]


def test_compressed_files_of_questions_are_read(tmp_path):
    import gzip

    kv, questions = world(100, 8, 0)
    text = "\n".join([": all", *questions])
    (tmp_path / "q").write_text(text)
    (tmp_path / "q.gz").write_bytes(gzip.compress(text.encode()))
    found = [kv.evaluate_word_analogies(tmp_path / name) for name in ("q", "q.gz")]
    assert found[0] == found[1]


def test_errors_name_the_line(tmp_path):
    kv = world(100, 8, 0)[0]
    (tmp_path / "q").write_bytes(b": s\n\xff b c d\n")
    with pytest.raises(UnicodeDecodeError, match="line 2"):
        kv.evaluate_word_analogies(tmp_path / "q")
    (tmp_path / "q").write_bytes(b"a b c d\n: s\n")
    with pytest.raises(ValueError, match="Missing section header before line #0"):
        kv.evaluate_word_analogies(tmp_path / "q")


def test_a_long_file_of_short_lines_is_read_and_one_with_a_long_line_is_not(tmp_path):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", "b", "c", "d"], [[1, 0], [1, 1], [0, 1], [0, 2]])
    questions = tmp_path / "questions"
    questions.write_text(": section\n" + "a b c d\n" * 300_000)
    assert len(kv.evaluate_word_analogies(questions)[1][0]["correct"]) == 300_000
    questions.write_text(": section\n" + "a b c d " * 300_000)
    with pytest.raises(FormatError, match="line 2 is longer than 1048576 bytes"):
        kv.evaluate_word_analogies(questions)


# ---- files of many lines -------------------------------------------------------------------------

SMALL_PIECE = 1 << 14


@pytest.fixture
def small_pieces(monkeypatch):
    """Files are read in pieces of a 64th of their length, and may take a 64th of 64 MB."""
    monkeypatch.setattr(short_lines, "MAX_LINE_NBYTES", SMALL_PIECE)


@pytest.mark.parametrize(
    ("line", "begin", "end", "options"),
    {
        "unknown pairs": ("no{0}\tnor{0}\t{0}\n", "", "w1\tw2\t1\nw1\tw3\t2\nw2\tw3\t9\n", None),
        "malformed pairs": ("w1\tw2\tw{0}\n", "", "w1\tw2\t1\nw1\tw3\t2\nw2\tw3\t9\n", None),
        "unknown analogies": ("no{0} nor{0} a{0} b{0}\n", ": s\n", "w1 w2 w3 w4\n", {}),
        "malformed analogies": ("w1 w2 w{0}\n", ": s\n", "w1 w2 w3 w4\n", {}),
        "unknown pairs of analogies": (
            "no{0} nor{0} a{0} b{0}\n",
            ": s\n",
            "w1 w2 w3 w4\n",
            {"similarity_function": "3CosAvg"},
        ),
    }.values(),
)
def test_memory_is_in_proportion_to_an_evaluation_file(
    small_pieces, tmp_path, line, begin, end, options
):
    kv = KeyedVectors(3)
    kv.add_vectors([f"w{i}" for i in range(9)], np.random.default_rng(0).random((9, 3)))
    path = tmp_path / "file"

    def judge():
        if options is None:
            return kv.evaluate_word_pairs(path)
        return kv.evaluate_word_analogies(path, **options)

    path.write_text(begin + end)
    expected = judge()  # loads what is loaded when it is first used
    path.write_text(begin + "".join(line.format(i) for i in range(30_000)) + end)
    tracemalloc.start()
    try:
        found = judge()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found[:2] == expected[:2]
    assert peak < 2 * path.stat().st_size + 2**20


def test_it_does_not_matter_where_a_piece_of_an_evaluation_file_ends(tmp_path, monkeypatch, caplog):
    kv, questions = world(60, 8, 0)
    rng = np.random.default_rng(4)
    lines = [": all", *questions]
    for place in rng.integers(1, len(lines), 60).tolist():
        lines.insert(place, ["", ": more", "a b c", "no such words here"][place % 4])
    (tmp_path / "q").write_text("\n".join(lines))
    words = [*(key for key in kv.index_to_key), "unknown", "# c"]
    scored = [
        f"{words[a]}\t{words[b]}\t{b % 7}" for a, b in rng.integers(len(words), size=(300, 2))
    ]
    (tmp_path / "p").write_text("\n".join([*scored, "malformed", "x"]))
    (tmp_path / "p16").write_text("\n".join(scored), "utf-16")

    def judged():
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "fastsgns"):
            return [
                repr(kv.evaluate_word_analogies(tmp_path / "q", similarity_function=by, **options))
                for by in ("3CosAdd", "3CosAvg")
                for options in ({}, {"dummy4unknown": True})
            ] + [
                repr(kv.evaluate_word_pairs(tmp_path / "p")),
                repr(kv.evaluate_word_pairs(tmp_path / "p16", encoding="utf-16")),
            ], sorted(record.getMessage() for record in caplog.records)

    expected = judged()
    assert any("malformed" not in message and "#301" in message for message in expected[1])
    for n_bytes in (97, 1000):
        monkeypatch.setattr(short_lines, "MAX_LINE_NBYTES", n_bytes)
        assert judged() == expected


def test_errors_name_the_line_in_whichever_piece_it_is(small_pieces, tmp_path):
    kv = world(100, 8, 0)[0]
    good = b"a b c d\n" * 5000
    (tmp_path / "q").write_bytes(b": s\n" + good + b"a \xff c d\n" + good)
    with pytest.raises(UnicodeDecodeError, match="line 5002"):
        kv.evaluate_word_analogies(tmp_path / "q")
    (tmp_path / "p").write_bytes(b"a\tb\t1\n" * 5000 + b"x" * 3 * SMALL_PIECE)
    with pytest.raises(FormatError, match="line 5001 is longer than"):
        kv.evaluate_word_pairs(tmp_path / "p")
