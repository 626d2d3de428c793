"""From the counts of a scan to a vocabulary, on plain values."""

from __future__ import annotations

import numpy as np
import pytest

from fastsgns import vocabulary
from fastsgns.vocabulary import RULE_KEEP, Vocabulary, WordCounts

COUNTS = {"rare": 1, "a": 7, "b": 3, "c": 7, "d": 4}


def fresh(counts=None, min_count: int = 2, sample: float = 0.0) -> Vocabulary:
    return vocabulary.fresh(vocabulary.trim(WordCounts.of(counts or COUNTS), min_count, sample))


def counted(words: Vocabulary) -> dict[str, int]:
    return dict(zip(words.words, words.counts.tolist(), strict=True))


def test_what_is_trimmed_keeps_the_order_of_the_scan():
    assert counted(fresh()) == {"a": 7, "b": 3, "c": 7, "d": 4}


def test_a_limit_of_words_raises_min_count_and_says_so():
    trimmed = vocabulary.trim(WordCounts.of(COUNTS), 1, 0, max_final_vocab=3)
    assert (trimmed.min_count, len(trimmed.kept)) == (4, 3)
    said = trimmed.limit_message(1, 3)
    assert "max_final_vocab=3 and min_count=1" in said and said.endswith("effective_min_count=4")


def test_a_rule_is_asked_with_the_raised_min_count():
    asked = set()

    def rule(word, count, min_count):
        asked.add(min_count)
        return RULE_KEEP

    trimmed = vocabulary.trim(WordCounts.of(COUNTS), 1, 0, 3, rule)
    assert asked == {4} and len(trimmed.kept) == len(COUNTS)


def test_the_report_counts_words_and_tokens():
    trimmed = vocabulary.trim(WordCounts.of(COUNTS), 4, 0)
    assert trimmed.report() == {
        "drop_unique": 2,
        "retain_total": 18,
        "downsample_unique": 0,
        "downsample_total": 18,
        "num_retained_words": 3,
    }


def test_by_frequency_takes_counts_and_thresholds_along():
    words = fresh(sample=0.1)
    threshold_of = dict(zip(words.words, words.keep_thresholds.tolist(), strict=True))
    ordered = vocabulary.by_frequency(words)
    assert ordered.words == ["c", "a", "d", "b"]
    assert ordered.counts.tolist() == [7, 7, 4, 3]
    assert ordered.keep_thresholds.tolist() == [threshold_of[word] for word in ordered.words]


def test_a_word_that_is_added_is_last_and_never_kept():
    words = fresh()
    more = vocabulary.with_word(words, "\0", 1)
    assert counted(more) == counted(words) | {"\0": 1}
    assert more.keep_thresholds[-1] == 0
    assert len(words.words) == len(words.counts) == 4, "the old one is as it was"


@pytest.mark.parametrize("has_counts", [True, False])
def test_an_update_appends_new_words_and_adds_up_the_counts_of_all(has_counts):
    old = Vocabulary(["a", "b"], np.array([5, 2]) if has_counts else None, None)
    index_of = {"a": 0, "b": 1}
    text = {"new": 3, "b": 1, "rare": 1, "a": 4}
    trimmed = vocabulary.trim(WordCounts.of(text), 2, 0.1)
    extended = vocabulary.extended(old, index_of, trimmed)
    base = {"a": 5, "b": 2} if has_counts else {"a": 0, "b": 0}
    # Known words are counted however rare they are; new ones have to be frequent enough.
    assert counted(extended) == {"a": base["a"] + 4, "b": base["b"] + 1, "new": 3}
    of_text = dict(zip(trimmed.kept.words(), trimmed.keep.thresholds.tolist(), strict=True))
    assert extended.keep_thresholds.tolist() == [of_text["a"], 0, of_text["new"]]
    assert index_of == {"a": 0, "b": 1} and old.words == ["a", "b"], "nothing given is changed"
    assert "added 1 new unique words" in trimmed.update_message(index_of)
