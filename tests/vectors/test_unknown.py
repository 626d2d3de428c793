"""Keys that are not there: the error names those that look like it."""

import pickle
import random

import numpy as np
import pytest

from fastsgns.vectors._characters import near_spellings
from fastsgns.vectors.unknown import UnknownKeyError


def edits(a, b):
    """Count insertions, deletions, replacements and swaps of neighbours, case aside."""
    a, b = a.lower(), b.lower()
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


@pytest.mark.parametrize("letters", ["abAB", "aéÉ", "яЯж", "x\U0001f600"])
def test_edits_are_those_of_the_textbook(letters):
    rng = random.Random(0)
    for _ in range(1000):
        word = "".join(rng.choices(letters, k=rng.randint(1, 9)))
        other = "".join(rng.choices(letters, k=rng.randint(0, 9)))
        assert near_spellings(word, [other], 20, 1) == [(edits(word, other), 0)]


@pytest.mark.parametrize("length", [1, 31, 32, 63, 64])
def test_words_of_any_length_up_to_64_are_compared(length):
    word = "ab" * 32
    word = word[:length]
    assert near_spellings(word, [None, word + "c", word], 1, 5) == [(0, 2), (1, 1)]
    assert near_spellings(word + "c" * 64, [word], 64, 5) == []
    assert near_spellings("", ["a"], 1, 5) == []


def test_the_best_come_first_and_of_equal_ones_the_first():
    words = ["kin", "ring", "x", 5, None, "king", "wing", "KING", "sing"]
    assert near_spellings("king", words, 1, 4) == [(0, 5), (0, 7), (1, 0), (1, 1)]
    rng = random.Random(1)
    words = ["".join(rng.choices("abc", k=rng.randint(2, 6))) for _ in range(500)]
    expected = sorted((edits("abcab", word), row) for row, word in enumerate(words))
    assert near_spellings("abcab", words, 9, 7) == expected[:7]


def message(key, *keys):
    return str(UnknownKeyError(key, list(keys), {k: row for row, k in enumerate(keys)}))


def test_an_error_names_what_may_be_meant():
    assert message("kign", "king", "queen") == "Key 'kign' not present. Spelled nearly so: 'king'"
    assert message("paris", "Paris", "PARIS").endswith("In another case there is 'Paris', 'PARIS'")
    assert message("привт", "привет", "мир").endswith("Spelled nearly so: 'привет'")
    assert message("q", "w", "e") == "Key 'q' not present"
    assert message(5, "5", "6").endswith("There is '5', of type str")
    assert message("5", 4, 5).endswith("There is 5, of type int")
    assert message(("a", 1), "a") == "Key '('a', 1)' not present"


def test_no_error_fills_a_screen():
    long = "word " * 100_000
    assert len(message(long, long + "s")) < 500
    assert len(message(list(range(10**6)), "a")) < 500
    assert len(message("a" * 60, *("a" * 60 + end for end in "bcdefg"))) < 500


def test_an_error_can_go_to_another_process_without_the_keys():
    error = UnknownKeyError("kign", ["king"] * 1000, {"king": 0})
    data = pickle.dumps(error)
    assert len(data) < 500
    assert "king" in str(pickle.loads(data))
    assert isinstance(pickle.loads(data), KeyError)


def test_a_key_of_a_class_derived_from_str_is_named_as_well():
    words = ["paris", "london"]
    rows = {word: row for row, word in enumerate(words)}
    error = UnknownKeyError(np.str_("pariss"), words, rows)
    assert "Spelled nearly so: 'paris'" in str(error)
    assert near_spellings(np.str_("Paris"), words, 2, 5) == [(0, 0)]
