"""Compiled reading: words, lines and ids are those of Python's own decode and split."""

import itertools

import numpy as np
import pytest

from fastsgns.corpus._text import TextBlock, TextJoiner, WordTable, find_cut

WHITE_SPACE = [chr(c) for c in range(0x110000) if chr(c).isspace()]

# Neighbours of white space in UTF-8, and characters that look like it but are none.
NO_WHITE_SPACE = [
    "\x08", "\x0e", "\x1b", "!", "\x7f", "\x84", "\x86", "\x9f", "\xa1", "\u1681", "\u167f",
    "\u180e", "\u1fff", "\u200b", "\u200d", "\u2027", "\u202a", "\u202e", "\u2030", "\u205e",
    "\u2060", "\u2fff", "\u3001", "\ufeff", "\U00012000", "\x00", "\uffff", "\U0010ffff",
]  # fmt: skip

INVALID = [
    b"\xff", b"\x80", b"a\x80b", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"a\xc2b", b"\xe0\x80\x80",
    b"\xe0\xa0", b"\xe1\x80", b"\xe2\x80", b"\xe2\x80\xe2\x80\x80", b"\xed\xa0\x80",
    b"\xed\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf0\x90\x80", b"\xf0\x90", b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xc2\xc2\xa0", b"\xe3\x80\xc2\x85",
    b"\xf1\x80\x80\xe3\x80\x80", b"ok\xfeok", b"\xe4\xb8\xff\xad",
]  # fmt: skip


def has_scanner(name):
    try:
        TextBlock().encode(b"", WordTable(), scanner=name)
    except RuntimeError:
        return False
    return True


@pytest.fixture(params=["portable", "avx2"])
def scanner(request):
    if not has_scanner(request.param):
        pytest.skip(f"this machine has no {request.param}")
    return request.param


def encode(text, errors="strict", scanner=None, max_sentence_length=None):
    """Encode a text in one block; return words, counts and sentences as lists of words."""
    table = WordTable(1)
    joiner = TextJoiner(table, max_sentence_length)
    block = TextBlock()
    assert block.encode(text, table, errors, scanner=scanner) is None
    joiner.join(block, last=True)
    words = list(table)
    tokens = [words[i] for i in joiner.ids.array()]
    ends = [0, *joiner.ends.array().tolist()]
    sentences = [tokens[a:b] for a, b in itertools.pairwise(ends)]
    assert ends[-1] == len(tokens)
    return words, table.counts().tolist(), sentences


def expect(text, errors="strict"):
    """Say what `encode` must return, in plain Python."""
    sentences = [line.decode("utf-8", errors).split() for line in text.split(b"\n")]
    sentences = [tokens for tokens in sentences if tokens]
    counts = {}
    for tokens in sentences:
        for token in tokens:
            counts[token] = counts.get(token, 0) + 1
    return list(counts), list(counts.values()), sentences


# --- words and lines ------------------------------------------------------------------------------


def test_python_knows_the_white_space_that_we_look_for():
    """A Python whose str.split() knows other white space shows here first."""
    assert len(WHITE_SPACE) == 29


@pytest.mark.parametrize("space", WHITE_SPACE, ids=ascii)
def test_words_end_at_white_space_wherever_it_stands(space, scanner):
    """At every position in a chunk of 64 bytes, the borders of chunks and segments included."""
    for before in [*range(1, 70), *range(2040, 2052)]:
        text = f"{'a' * before}{space}b{space}{space}c\u00e9".encode()
        assert encode(text, scanner=scanner) == expect(text)


@pytest.mark.parametrize("char", NO_WHITE_SPACE, ids=ascii)
def test_words_do_not_end_at_what_only_looks_like_white_space(char, scanner):
    for before in [*range(1, 70), *range(2040, 2052)]:
        text = f"{'a' * before}{char}b {char} c".encode()
        assert encode(text, scanner=scanner) == expect(text)


def test_every_code_point_is_split_as_python_does(scanner):
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    text = "x".join(points).encode()
    assert encode(text, scanner=scanner) == expect(text)


def test_only_line_feeds_end_lines(scanner):
    text = b"a\rb\x0bc\x0cd\x1ce\xc2\x85f\xe2\x80\xa8g\r\nh\n\r\n \n\ni"
    assert encode(text, scanner=scanner)[2] == [list("abcdefg"), ["h"], ["i"]]


@pytest.mark.parametrize(
    "text", [b"", b"\n", b" ", b"\n\n  \t\n", b"a", b"a\n", b"\na", b" a ", b"a b\n\nb a\n"]
)
def test_empty_lines_are_no_sentences(text, scanner):
    assert encode(text, scanner=scanner) == expect(text)


def test_nul_bytes_and_the_byte_order_mark_are_part_of_words(scanner):
    text = b"\xef\xbb\xbfa a a\x00 a\x00\x00 \x00 \x00\x00 \x00a\n"
    words, _, _ = encode(text, scanner=scanner)
    assert words == ["\ufeffa", "a", "a\x00", "a\x00\x00", "\x00", "\x00\x00", "\x00a"]


@pytest.mark.parametrize("nbytes", [*range(1, 36), 63, 64, 65, 127, 128, 2047, 2048, 2049, 100_000])
def test_words_of_every_length_are_told_apart(nbytes, scanner):
    """Words that differ in one byte, up to the very end of the text."""
    word = bytes(ord("a") + i % 26 for i in range(nbytes))
    variants = [word[:i] + b"-" + word[i + 1 :] for i in sorted({0, nbytes // 2, nbytes - 1})]
    text = b" ".join([word, *variants, word + b"x", word[:-1] + b" " + word])
    assert encode(text, scanner=scanner) == expect(text)


def test_lines_are_cut_into_sentences_of_the_greatest_length():
    text = b"a b c d e f g\nh i j\n k l m n o p"
    assert encode(text, max_sentence_length=3)[2] == [
        list("abc"), list("def"), ["g"], list("hij"), list("klm"), list("nop"),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="max_sentence_length must be >= 1, got 0"):
        TextJoiner(WordTable(), 0)


def test_a_text_can_be_cut_after_ascii_white_space_only():
    assert find_cut(b"") == 0
    assert find_cut(b"word") == 0
    assert find_cut(b"one two") == 4
    assert find_cut(b"one\ntwo\x1f") == 8
    # Cutting after U+00A0 could tear a character of the same last byte apart.
    assert find_cut(b"one two\xc2\xa0three") == 4


# --- what is not UTF-8 ----------------------------------------------------------------------------


@pytest.mark.parametrize("errors", ["ignore", "replace"])
@pytest.mark.parametrize("bad", INVALID, ids=repr)
def test_invalid_bytes_are_treated_as_python_does(bad, errors, scanner):
    text = b"good " + bad + b" " + bad + b"tail\nhead" + bad + b"\n" + bad * 20 + b"\n" + bad
    assert encode(text, errors, scanner) == expect(text, errors)


@pytest.mark.parametrize("bad", INVALID, ids=repr)
def test_strict_decoding_points_at_the_first_bad_word(bad, scanner):
    text = b"good bytes\n" + bad + b" \xff"
    found = TextBlock().encode(text, WordTable(), "strict", scanner=scanner)
    with pytest.raises(UnicodeDecodeError) as error:
        text.decode()
    assert found[0] <= error.value.start < found[1]
    word = text[slice(*found)]
    with pytest.raises(UnicodeDecodeError):
        word.decode()


def test_a_line_of_which_nothing_is_left_is_no_sentence():
    text = b"\xff\n\xff a \xff\n\xfe \xff\nb \xff c\n\xff"
    assert encode(text, "ignore") == expect(text, "ignore")


def test_unknown_options_are_refused():
    with pytest.raises(ValueError, match="errors must be one of strict, ignore, replace, got 'x'"):
        TextBlock().encode(b"", WordTable(), "x")
    with pytest.raises(ValueError, match="scanner must be avx2 or portable, got 'sse9'"):
        TextBlock().encode(b"", WordTable(), scanner="sse9")


# --- tables and joining ---------------------------------------------------------------------------


@pytest.mark.parametrize("n_words", [300_000, pytest.param(5_000_000, marks=pytest.mark.slow)])
def test_a_table_holds_many_words(n_words):
    numbers = np.random.default_rng(1).permutation(n_words)
    text = " ".join(map(str, numbers.tolist())).encode()
    table = WordTable(7)
    block = TextBlock()
    for repeats in (1, 2):
        block.encode(text, table)
        assert len(table) == n_words
        assert (table.counts() == repeats).all()
    assert list(table) == text.decode().split()
    assert table.nbytes < 120 * n_words


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_the_seed_of_the_hash_changes_no_result(seed):
    text = b"to be or not to be " + b"long" * 9 + b" be " + b"long" * 9
    table = WordTable(seed)
    assert table.seed == seed
    TextBlock().encode(text, table)
    assert list(table) == ["to", "be", "or", "not", "long" * 9]
    assert table.counts().tolist() == [2, 3, 1, 1, 2]


def test_words_out_of_range_are_refused():
    with pytest.raises(IndexError, match=r"the word must be in \[0, 0\), got 0"):
        WordTable()[0]


def test_blocks_of_several_tables_join_to_the_sequential_result():
    pieces = [b"a b a\nc ", b"b d ", b"d e a\n\n", b"", b"f " + b"l" * 40, b" " + b"l" * 40 + b" e"]
    expected = expect(b"".join(pieces))
    table = WordTable(3)
    joiner = TextJoiner(table)
    own = [WordTable(3), WordTable(3)]
    for i, piece in enumerate(pieces):
        block = TextBlock()
        block.encode(piece, own[i % 2], is_copy=True)
        joiner.join(block, last=i == len(pieces) - 1)
    stranger = WordTable(3)
    TextBlock().encode(b"x", stranger, is_copy=True)
    with pytest.raises(RuntimeError, match="0 of the table's 1 words were joined"):
        joiner.add_counts(stranger)
    for each in own:
        joiner.add_counts(each)
    joiner.add_counts(table)  # which has them
    words = list(table)
    ends = [0, *joiner.ends.array().tolist()]
    tokens = [words[i] for i in joiner.ids.array()]
    sentences = [tokens[a:b] for a, b in itertools.pairwise(ends)]
    assert (words, table.counts().tolist(), sentences) == expected
    assert joiner.n_words == len(tokens)


def test_blocks_that_do_not_fit_are_refused():
    table, own = WordTable(3), WordTable(3)
    joiner = TextJoiner(table)
    first, second = TextBlock(), TextBlock()
    with pytest.raises(RuntimeError, match="another table, or not at all"):
        joiner.join(first)
    first.encode(b"a b", own, is_copy=True)
    second.encode(b"c a", own, is_copy=True)
    with pytest.raises(RuntimeError, match="0 words joined, 2 came before this block"):
        joiner.join(second)
    joiner.join(first)
    with pytest.raises(RuntimeError, match="2 words joined, 0 came before this block"):
        joiner.join(first)
    joiner.join(second, last=True)
    assert joiner.ids.array().tolist() == [0, 1, 2, 0]
    second.encode(b"d", WordTable(3))
    with pytest.raises(RuntimeError, match="another table, or not at all"):
        joiner.join(second)
    second.encode(b"d", WordTable(4), is_copy=True)
    with pytest.raises(RuntimeError, match="its seed is the joined table's"):
        joiner.join(second)


def test_a_block_that_failed_cannot_be_joined():
    table, own = WordTable(), WordTable()
    block = TextBlock()
    assert block.encode(b"a b \xff", own, is_copy=True) == (4, 5)
    with pytest.raises(RuntimeError, match="another table, or not at all"):
        TextJoiner(table).join(block)


def test_counts_go_to_the_table_that_the_words_were_joined_to():
    own, block = WordTable(), TextBlock()
    block.encode(b"a b", own, is_copy=True)
    TextJoiner(WordTable()).join(block)
    with pytest.raises(RuntimeError, match="joined to another table"):
        TextJoiner(WordTable()).add_counts(own)


def test_what_is_missing_is_refused():
    for call in (
        lambda: TextBlock().encode(None, WordTable()),
        lambda: TextBlock().encode(b"", None),
        lambda: TextBlock().encode(b"", WordTable(), None),
        lambda: TextJoiner(None),
        lambda: TextJoiner(WordTable()).join(None),
        lambda: TextJoiner(WordTable()).add_counts(None),
        lambda: find_cut(None),
    ):
        with pytest.raises(TypeError):
            call()
