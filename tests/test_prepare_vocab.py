"""From counts to a vocabulary, step by step, and what is told of it."""

import logging

import numpy as np
import pytest

from fastsgns import Word2Vec

SENTENCES = [["a", "b", "c", "d"] * 2, ["b", "c", "d"], ["d"]] * 10


def counted(**options):
    model = Word2Vec(vector_size=4, min_count=1, **options)
    model.scan_vocab(SENTENCES)
    return model


def test_the_steps_one_by_one_give_what_build_vocab_gives():
    by_hand, at_once = counted(), Word2Vec(vector_size=4, min_count=1)
    by_hand.prepare_vocab()
    by_hand.prepare_weights()
    at_once.build_vocab(SENTENCES)
    assert by_hand.wv.index_to_key == at_once.wv.index_to_key
    np.testing.assert_array_equal(by_hand.wv.vectors, at_once.wv.vectors)
    np.testing.assert_array_equal(by_hand.cum_table, at_once.cum_table)
    with pytest.raises(TypeError, match="exactly one of corpus_iterable"):
        by_hand.train(total_examples=30, epochs=1)
    assert by_hand.train(SENTENCES, total_examples=30, epochs=1)[1] == 120


def test_a_dry_run_says_which_min_count_it_comes_to():
    model = counted(max_final_vocab=2)
    report = model.prepare_vocab(dry_run=True)
    assert report["num_retained_words"] == 1
    assert model.effective_min_count == 31
    assert model.wv.index_to_key == []
    assert model.raw_vocab["d"] == 40


def test_tables_of_no_vocabulary_are_empty():
    model = Word2Vec(hs=1)
    model.make_cum_table()
    model.create_binary_tree()
    assert model.cum_table.shape == (0,)
    assert "point" not in model.wv.expandos


def test_tables_without_counts_say_what_is_missing():
    model = Word2Vec(SENTENCES, vector_size=4, min_count=1)
    del model.wv.expandos["count"]
    for make in (model.make_cum_table, model.create_binary_tree):
        with pytest.raises(RuntimeError, match="no word counts"):
            make()


def test_the_domain_of_the_noise_table_is_its_last_entry():
    model = counted()
    model.prepare_vocab()
    model.make_cum_table(domain=1000)
    assert model.cum_table[-1] == 1000


def test_the_null_word_comes_last_when_it_is_added_by_hand():
    model = Word2Vec(SENTENCES, vector_size=4, min_count=1)
    before = model.wv.expandos["sample_int"].copy()
    model.add_null_word()
    model.add_null_word()
    assert model.wv.index_to_key[-1] == "\0"
    assert model.wv.key_to_index["\0"] == 4
    assert model.wv.get_vecattr("\0", "count") == 1
    assert model.wv.expandos["sample_int"].tolist() == [*before, 0]
    model.update_weights()
    model.make_cum_table()
    assert model.wv["\0"].shape == (4,)
    assert model.train(SENTENCES, total_examples=30, epochs=1)[1] == 120


@pytest.mark.parametrize(
    "update",
    [
        lambda m: m.build_vocab(SENTENCES, update=True),
        lambda m: m.build_vocab_from_freq({"a": 3}, update=True),
        lambda m: m.update_weights(),
        lambda m: m.prepare_weights(update=True),
    ],
)
def test_an_update_needs_a_vocabulary_and_changes_nothing_without(update):
    model = Word2Vec()
    with pytest.raises(RuntimeError, match="no prior vocabulary"):
        update(model)
    assert model.wv.index_to_key == []
    assert model.corpus_count == 0


LINES = {
    "build": [
        "collecting all words and their counts",
        "PROGRESS: at sentence #0, processed 0 words, keeping 0 word types",
        "collected 4 word types from a corpus of 120 raw words and 30 sentences",
        "Creating a fresh vocabulary",
        "effective_min_count=1 retains 4 unique words (100.00% of original 4, drops 0)",
        "effective_min_count=1 leaves 120 word corpus (100.00% of original 120, drops 0)",
        "deleting the raw counts dictionary of 4 items",
        "sample=0.001 downsamples 4 most-common words",
        "downsampling leaves estimated 8.0",
        "constructing a huffman tree from 4 words",
        "built huffman tree with maximum node depth 2",
        "estimated required memory for 4 words and 4 dimensions: ",
        "resetting layer weights",
    ],
    "update": [
        "Updating model with new vocabulary",
        "added 1 new unique words (50.00% of original 2) and increased the count of 1 pre-existing",
        "updating layer weights",
    ],
}


def test_building_logs_gensims_lines_in_gensims_order(caplog):
    model = Word2Vec(vector_size=4, min_count=1, hs=1, negative=0)
    with caplog.at_level(logging.INFO, "fastsgns"):
        model.build_vocab(SENTENCES)
    rest = caplog.text
    for line in LINES["build"]:
        assert line in rest
        rest = rest[rest.index(line) :]
    caplog.clear()
    with caplog.at_level(logging.INFO, "fastsgns"):
        model.build_vocab([["a", "new"]], update=True)
    for line in LINES["update"]:
        assert line in caplog.text


def test_a_bound_on_the_vocabulary_is_told(caplog):
    model = counted(max_final_vocab=2)
    with caplog.at_level(logging.INFO, "fastsgns"):
        model.prepare_vocab()
    assert (
        "max_final_vocab=2 and min_count=1 resulted in calc_min_count=31, effective_min_count=31"
        in caplog.text
    )
