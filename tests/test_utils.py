"""The helpers of gensim.utils: each gives what gensim's gives."""

from __future__ import annotations

import gzip

import pytest

from fastsgns import utils
from fastsgns.word2vec import LineSentence

TEXTS = [
    "Nic nemůže letět Rychlostí 3000km/s, don't_a x1y 1ab",
    "The quick_brown _fox a bb 12 naïve ABCDEFGHIJKLMNOPQ éé ABCDEFGHIJKLMNO",
    "",
    "__ _ 1",
    "Ελληνικά 中文字 हिन्दी עברית İstanbul ﬁ \u0041\u030a ½ ² \u00aa",
    "tab\tnew\nline\u00a0nbsp\u200bzero",
    b"bytes \xc3\xa9t\xc3\xa9 A",
]


@pytest.fixture(scope="module")
def theirs():
    return pytest.importorskip("gensim.utils", exc_type=ImportError)


@pytest.mark.parametrize("text", TEXTS, ids=repr)
@pytest.mark.parametrize("options", [{}, {"lowercase": True}, {"lower": True}, {"to_lower": True}])
@pytest.mark.parametrize("deacc", [False, True])
def test_tokens_are_gensims(theirs, text, options, deacc):
    options = options | {"deacc": deacc}
    assert list(utils.tokenize(text, **options)) == list(theirs.tokenize(text, **options))
    assert utils.simple_preprocess(text, deacc=deacc) == theirs.simple_preprocess(text, deacc=deacc)
    assert utils.simple_preprocess(text, min_len=1, max_len=3) == theirs.simple_preprocess(
        text, min_len=1, max_len=3
    )
    assert utils.deaccent(text) == theirs.deaccent(text)


def test_text_and_bytes_become_either(theirs):
    for name in ("any2unicode", "to_unicode", "any2utf8", "to_utf8"):
        mine, other = getattr(utils, name), getattr(theirs, name)
        for text in ("é", b"\xc3\xa9"):
            assert mine(text) == other(text) and type(mine(text)) is type(other(text))
        assert mine(b"\xe9", encoding="latin1") == other(b"\xe9", encoding="latin1")
        assert mine(b"a\xff", errors="ignore") == other(b"a\xff", errors="ignore")
        for wrong in (b"\xff", 5, None):
            with pytest.raises((UnicodeDecodeError, TypeError)) as expected:
                other(wrong)
            with pytest.raises(expected.type):
                mine(wrong)
    assert utils.simple_preprocess(b"ab\xffcd") == theirs.simple_preprocess(b"ab\xffcd")


@pytest.mark.parametrize("verdict", [0, 1, 2, 3, None])
def test_vocabularies_are_pruned_as_gensim_does(theirs, verdict):
    def rule(word, count, min_count):
        return verdict if word == "a" else utils.RULE_DEFAULT

    for count in (1, 3, 5):
        for trim_rule in (None, rule):
            arguments = ("a", count, 3, trim_rule)
            assert utils.keep_vocab_item(*arguments) == theirs.keep_vocab_item(*arguments)
            mine = {"a": count, "b": 2, "c": 3}
            other = dict(mine)
            assert utils.prune_vocab(mine, 3, trim_rule) == theirs.prune_vocab(other, 3, trim_rule)
            assert mine == other
    assert (utils.RULE_DEFAULT, utils.RULE_DISCARD, utils.RULE_KEEP) == (0, 1, 2)


def test_sentences_are_written_as_lines(theirs, tmp_path):
    sentences = [["a", "bé"], ["c"], [], iter(["d", "e"])]
    utils.save_as_line_sentence(sentences, tmp_path / "mine")
    theirs.save_as_line_sentence([*sentences[:3], ["d", "e"]], str(tmp_path / "theirs"))
    assert (tmp_path / "mine").read_bytes() == (tmp_path / "theirs").read_bytes()
    utils.save_as_line_sentence([["a", "b"]], tmp_path / "mine.gz")
    assert gzip.decompress((tmp_path / "mine.gz").read_bytes()) == b"a b\n"
    assert list(LineSentence(tmp_path / "mine.gz")) == [["a", "b"]]
    with pytest.raises(TypeError):
        utils.save_as_line_sentence([["a", 1]], tmp_path / "mine")


def test_parts_and_multiples_of_a_corpus_are_gensims(theirs):
    corpus = [["a"], ["b"], ["c"]]
    for name, arguments in (
        ("ClippedCorpus", (2,)),
        ("ClippedCorpus", (5,)),
        ("ClippedCorpus", ()),
        ("RepeatCorpus", (5,)),
        ("RepeatCorpus", (2,)),
        ("RepeatCorpusNTimes", (2,)),
        ("RepeatCorpusNTimes", (0,)),
    ):
        mine, other = (
            getattr(utils, name)(corpus, *arguments),
            getattr(theirs, name)(corpus, *arguments),
        )
        assert list(mine) == list(mine) == list(other)
        assert vars(mine) == vars(other)
    assert len(utils.ClippedCorpus(corpus, 2)) == len(theirs.ClippedCorpus(corpus, 2)) == 2


def test_differs_from_gensim_a_clipped_corpus_without_a_limit_has_a_length():
    assert len(utils.ClippedCorpus([["a"]])) == 1
