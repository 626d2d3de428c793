"""For any text, compiled reading and plain Python agree: words, counts, order, ids, sentences."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastsgns.corpus import text_threads
from fastsgns.corpus._text import TextBlock, WordTable
from fastsgns.corpus.reading import encode_sentences, encode_text

# White space of every kind, its neighbours in UTF-8, and letters of every size.
PIECES = [
    *" \n\n\t\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
]
PIECES += [
    *"ab\x00\x84\u200b\u2027\u3001\ufeffé語😀",
    "a",
    "the",
    "of",
    "word" * 5,
    "x" * 61,
    "é" * 33,
]

texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=120).map(
    lambda pieces: "".join(pieces).encode("utf-8", "ignore")
)

# Starts of characters without their end, ends without a start, and what UTF-8 forbids.
BROKEN = [
    b"\xc2",
    b"\xe2\x80",
    b"\xe3\x80",
    b"\xf0\x9f\x98",
    b"\x80",
    b"\xa0",
    b"\xff",
    b"\xc0\x80",
]
BROKEN += [b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe0\x9f\xbf", b"\xc2\xa0", b" ", b"\n", b"a"]
bytestrings = st.lists(st.sampled_from(BROKEN) | st.binary(max_size=8) | texts, max_size=40).map(
    b"".join
)

hashables = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False)
    | st.text(max_size=3),
    lambda inner: st.tuples(inner, inner) | st.binary(max_size=2),
    max_leaves=3,
)


def in_python(text, errors, max_sentence_length, limit):
    sentences = []
    for line in io.BytesIO(text).readlines()[:limit]:
        tokens = line.decode("utf-8", errors).split()
        step = max_sentence_length or max(len(tokens), 1)
        sentences += [tokens[i : i + step] for i in range(0, len(tokens), step)]
    return sentences


def assert_is(encoded, sentences):
    numbers, ids, offsets = {}, [], [0]
    for sentence in sentences:
        ids += [numbers.setdefault(token, len(numbers)) for token in sentence]
        offsets.append(len(ids))
    assert list(encoded.words) == list(numbers)
    assert encoded.ids.tolist() == ids
    assert encoded.offsets.tolist() == offsets
    assert encoded.counts.tolist() == np.bincount(ids, minlength=len(numbers)).tolist()


@settings(max_examples=300, deadline=None)
@given(
    text=texts,
    workers=st.integers(1, 4),
    block_nbytes=st.integers(1, 300),
    max_sentence_length=st.none() | st.integers(1, 6),
    limit=st.none() | st.integers(0, 9),
)
def test_any_text_is_read_as_python_reads_it(
    text, workers, block_nbytes, max_sentence_length, limit
):
    encoded = encode_text(
        [io.BytesIO(text)],
        workers=workers,
        block_nbytes=block_nbytes,
        max_sentence_length=max_sentence_length,
        limit=limit,
    )
    assert_is(encoded, in_python(text, "strict", max_sentence_length, limit))


@settings(max_examples=300, deadline=None)
@given(
    text=bytestrings,
    errors=st.sampled_from(["ignore", "replace"]),
    workers=st.integers(1, 3),
    block_nbytes=st.integers(1, 300),
)
def test_any_bytes_are_read_as_python_reads_them(text, errors, workers, block_nbytes):
    encoded = encode_text(
        [io.BytesIO(text)], errors=errors, workers=workers, block_nbytes=block_nbytes
    )
    assert_is(encoded, in_python(text, errors, None, None))


@settings(max_examples=200, deadline=None)
@given(text=bytestrings, workers=st.integers(1, 3), block_nbytes=st.integers(1, 300))
def test_strict_reading_fails_where_python_fails(text, workers, block_nbytes):
    try:
        (text + b"\n").decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        expected = f"{error.reason} (line {line}, byte {error.start} of "
    else:
        encode_text([io.BytesIO(text)], workers=workers, block_nbytes=block_nbytes)
        return
    with pytest.raises(UnicodeDecodeError) as found:
        encode_text([io.BytesIO(text)], workers=workers, block_nbytes=block_nbytes)
    assert found.value.reason.startswith(expected)


@settings(max_examples=200, deadline=None)
@given(text=bytestrings)
def test_scanners_agree(text):
    results = []
    for scanner in ("portable", "avx2"):
        table, block = WordTable(1), TextBlock()
        try:
            block.encode(text, table, "replace", scanner=scanner)
        except RuntimeError:
            pytest.skip(f"this machine has no {scanner}")
        results.append((list(table), table.counts().tolist(), len(block), block.n_lines))
    assert results[0] == results[1]


@settings(max_examples=200, deadline=None)
@given(text=texts, asked=st.lists(st.text(max_size=20), max_size=80))
def test_a_table_finds_its_words_and_no_others(text, asked):
    table = WordTable(3)
    TextBlock().encode(text + b" ", table, "replace")
    known = list(table)
    some = [*asked, *known[::2], "\ud800", "a" * 1000, "", 7, None, b"a"]
    number_of = {word: i for i, word in enumerate(some)}
    expected = [number_of.get(word, -1) for word in known]
    assert table.numbers_in(number_of).tolist() == expected
    assert table.numbers_in({}).tolist() == [-1] * len(known)


@settings(max_examples=200, deadline=None)
@given(text=texts, workers=st.integers(1, 4), max_words=st.integers(0, 5))
def test_tables_may_start_anew_at_any_time(text, workers, max_words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_threads, "MAX_WORDS_PER_WORKER", max_words)
        encoded = encode_text([io.BytesIO(text)], workers=workers, block_nbytes=20)
    assert_is(encoded, in_python(text, "strict", None, None))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.text(max_size=20) | st.sampled_from(PIECES))))
def test_any_strings_are_words(sentences):
    assert_is(encode_sentences(sentences), sentences)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(hashables)))
def test_any_hashables_are_words(sentences):
    assert_is(encode_sentences(sentences), sentences)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6)), st.integers(1, 6))
def test_text_and_sentences_are_pruned_alike(sentences, max_vocab_size):
    sentences = [sentence for sentence in sentences if sentence]
    text = "\n".join(map(" ".join, sentences)).encode()
    one = encode_sentences(sentences, max_vocab_size=max_vocab_size)
    two = encode_text([io.BytesIO(text)], max_vocab_size=max_vocab_size, workers=2, block_nbytes=7)
    assert list(one.words) == list(two.words)
    assert all(np.array_equal(a, b) for a, b in zip(one[1:], two[1:], strict=True))


@settings(max_examples=100, deadline=None)
@given(text=texts, data=st.data())
def test_a_table_gives_the_words_that_are_asked_for(text, data):
    table = WordTable(3)
    TextBlock().encode(text + b" ", table, "replace")
    known = list(table)
    ids = data.draw(st.lists(st.integers(0, len(known) - 1)) if known else st.just([]))
    assert table.select(np.array(ids, np.int32)) == [known[i] for i in ids]
    for beyond in (-1, len(known)):
        with pytest.raises(IndexError, match=str(beyond)):
            table.select(np.array([beyond], np.int32))
