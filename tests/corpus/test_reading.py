"""Reading a corpus once: files, streams, threads and pruning give what one plain pass gives."""

import bz2
import errno
import gzip
import io
import itertools
import logging
import lzma
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from processes import run_python

from fastsgns import LineSentence
from fastsgns.corpus import text_threads
from fastsgns.corpus.reading import encode_sentences, encode_text

TEXT = (
    b"\xef\xbb\xbffirst words of a file\n\nof the file\r\n \t \n"
    + "naïve\u3000日本語 of\u2028words\u00a0a\x00b ".encode()
    + b"long" * 30
    + b"\nno line end"
)


def sentences_of(text, errors="strict", max_sentence_length=None, limit=None):
    """Read as gensim's LineSentence does, in plain Python."""
    found = []
    for line in io.BytesIO(text).readlines()[:limit]:
        tokens = line.decode("utf-8", errors).split()
        step = max_sentence_length or max(len(tokens), 1)
        found += [tokens[i : i + step] for i in range(0, len(tokens), step)]
    return found


def decode(encoded):
    """Turn ids back into sentences."""
    tokens = [encoded.words[i] for i in encoded.ids]
    bounds = encoded.offsets.tolist()
    return [tokens[a:b] for a, b in itertools.pairwise(bounds)]


def assert_is(encoded, sentences):
    """Check an encoding against the sentences that it stands for: words, order, counts, ids."""
    counts = {}
    for sentence in sentences:
        for token in sentence:
            counts[token] = counts.get(token, 0) + 1
    assert list(encoded.words) == list(counts)
    assert encoded.counts.tolist() == list(counts.values())
    assert encoded.vocabulary.tolist() == list(range(len(counts)))
    assert decode(encoded) == sentences
    assert (encoded.ids.dtype, encoded.offsets.dtype) == (np.int32, np.int64)
    assert (encoded.counts.dtype, encoded.vocabulary.dtype) == (np.int64, np.int32)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "text.txt"
    file.write_bytes(TEXT)
    return file


@pytest.fixture
def zipf():
    """A text of many lines, some without a word, with rare and frequent words."""
    rng = np.random.default_rng(5)
    lines = [
        " ".join(f"w{i}" for i in rng.zipf(1.3, n).clip(0, 10**6))
        for n in rng.integers(0, 30, 3000)
    ]
    return ("\n".join(lines)).encode()


# --- sources --------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("block_nbytes", [1, 7, 64, 1 << 20])
def test_a_file_is_read_as_python_reads_it(path, workers, block_nbytes):
    encoded = encode_text([path], workers=workers, block_nbytes=block_nbytes)
    assert_is(encoded, sentences_of(TEXT))


@pytest.mark.parametrize(
    ("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
@pytest.mark.parametrize("workers", [1, 3])
def test_compressed_files_are_read_by_their_suffix(tmp_path, zipf, suffix, compress, workers):
    file = tmp_path / f"text{suffix}"
    half = len(zipf) // 2
    file.write_bytes(compress(zipf[:half]) + compress(zipf[half:]))  # as `cat a.gz b.gz` makes
    assert_is(encode_text([file], workers=workers, block_nbytes=999), sentences_of(zipf))


def test_zstandard_files_are_read_by_their_suffix(tmp_path, zipf, zstd):
    file = tmp_path / "text.zst"
    file.write_bytes(zstd.compress(zipf))
    assert_is(encode_text([str(file)], workers=2, block_nbytes=999), sentences_of(zipf))


def test_the_end_of_a_file_ends_its_last_line_and_word(tmp_path):
    for name, text in [("a", b"one two"), ("b", b""), ("c", b"three\n"), ("d", b"four")]:
        (tmp_path / name).write_bytes(text)
    encoded = encode_text(sorted(tmp_path.iterdir()), workers=2)
    assert_is(encoded, [["one", "two"], ["three"], ["four"]])
    # Also where the last block holds nothing but what the one before has left.
    for block_nbytes in range(1, 5):
        sources = [io.BytesIO(b"a b "), io.BytesIO(b"c")]
        encoded = encode_text(sources, block_nbytes=block_nbytes)
        assert_is(encoded, [["a", "b"], ["c"]])


@pytest.mark.parametrize("text", [b"", b"\n", b" \n \n", b"\xc2\xa0"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_corpus_without_words_is_empty(text, workers):
    encoded = encode_text([io.BytesIO(text)], workers=workers)
    assert_is(encoded, [])
    assert encoded.offsets.tolist() == [0]
    assert_is(encode_text([], workers=workers), [])


@pytest.mark.skipif(os.name == "nt", reason="named pipes are POSIX")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_named_pipe_is_read_to_its_end(tmp_path, zipf, workers):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[zipf])
    writer.start()
    encoded = encode_text([pipe], workers=workers, block_nbytes=4096)
    writer.join()
    assert_is(encoded, sentences_of(zipf))


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="/dev/stdin is POSIX")
def test_standard_input_is_read():
    code = (
        "from fastsgns.corpus.reading import encode_text;"
        " e = encode_text(['/dev/stdin'], workers=2);"
        " print(list(e.words), e.ids.tolist(), e.offsets.tolist())"
    )
    printed = run_python("-c", code, input="a b\nb").stdout
    assert printed.strip() == "['a', 'b'] [0, 1, 1] [0, 2, 3]"


class Slow(io.RawIOBase):
    """Gives a few bytes at a time, as a socket may."""

    def __init__(self, text):
        self._text = io.BytesIO(text)

    def readable(self):
        return True

    def readinto(self, buffer):
        with memoryview(buffer) as view:
            return self._text.readinto(view[:3])


def test_file_objects_are_read_from_their_start(path, tmp_path):
    expected = sentences_of(TEXT)
    with path.open("rb") as file:
        file.seek(9)
        assert_is(encode_text([file]), expected)
        assert_is(encode_text([file], workers=2), expected)
        assert not file.closed
    assert_is(encode_text([Slow(TEXT)], block_nbytes=10), expected)
    with gzip.open(tmp_path / "x.gz", "wb") as file:
        file.write(TEXT)
    with gzip.open(tmp_path / "x.gz", "rb") as file:
        assert_is(encode_text([file]), expected)


def test_text_files_and_lists_of_lines_are_read_line_by_line():
    assert_is(encode_text([io.StringIO("a\rb\x0bc\nd é")]), [["a", "b", "c"], ["d", "é"]])
    old = io.StringIO("a\rb\nc\r\nd", newline="")
    assert_is(
        encode_text([old]), [list(line.split()) for line in io.StringIO("a\rb\nc\r\nd", newline="")]
    )
    assert_is(encode_text([["a b", b"c\n", "", "d"]], block_nbytes=2), [["a", "b"], ["c"], ["d"]])


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 4, 5, 6, 100])
@pytest.mark.parametrize("block_nbytes", [5, 1000])
def test_only_so_many_lines_of_each_source_are_read(limit, block_nbytes):
    sources = [io.BytesIO(TEXT), io.BytesIO(b"x\ny\nz\n")]
    encoded = encode_text(sources, limit=limit, block_nbytes=block_nbytes, workers=2)
    assert_is(encoded, sentences_of(TEXT, limit=limit) + sentences_of(b"x\ny\nz\n", limit=limit))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_line_of_a_million_words_is_one_sentence(workers):
    tokens = [str(i * i % 5003) for i in range(1_000_000)]
    text = " ".join(tokens).encode()
    assert_is(encode_text([io.BytesIO(text)], workers=workers), [tokens])
    cut = encode_text([io.BytesIO(text)], workers=workers, max_sentence_length=10000)
    assert np.diff(cut.offsets).tolist() == [10000] * 100


@pytest.mark.parametrize("max_sentence_length", [1, 2, 3, 1000])
@pytest.mark.parametrize("block_nbytes", [3, 50, 1 << 16])
def test_long_lines_are_cut_wherever_blocks_end(zipf, max_sentence_length, block_nbytes):
    text = zipf[:20000]
    encoded = encode_text(
        [io.BytesIO(text)],
        max_sentence_length=max_sentence_length,
        block_nbytes=block_nbytes,
        workers=2,
    )
    assert_is(encoded, sentences_of(text, max_sentence_length=max_sentence_length))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_word_may_be_longer_than_a_block(workers):
    text = b"short " + b"x" * 3_000_000 + b" " + b"y" * 100_000 + b"\n" + "語".encode() * 50_000
    encoded = encode_text([io.BytesIO(text)], block_nbytes=1000, workers=workers)
    assert_is(encoded, sentences_of(text))


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_compressed_file_that_was_cut_short_is_an_error(tmp_path, zipf, workers, suffix, zstd):
    compress = {".gz": gzip, ".bz2": bz2, ".xz": lzma, ".zst": zstd}[suffix].compress
    file = tmp_path / f"text{suffix}"
    whole = compress(zipf)
    for nbytes in (len(whole) - 1, len(whole) // 2, 3):
        file.write_bytes(whole[:nbytes])
        with pytest.raises(EOFError) as caught:
            encode_text([file], workers=workers, block_nbytes=4096)
        assert caught.value.__notes__ == [f"while {file} was read"]


def test_a_missing_file_is_an_error(tmp_path):
    for workers in (1, 3):
        with pytest.raises(FileNotFoundError):
            encode_text([tmp_path / "missing"], workers=workers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers must be >= 1, got 0"),
        ({"errors": "skip"}, "errors must be 'strict', 'ignore' or 'replace', got 'skip'"),
        ({"block_nbytes": 0}, "block_nbytes must be >= 1, got 0"),
        ({"max_sentence_length": 0}, "max_sentence_length must be >= 1, got 0"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        encode_text([], **options)


# --- threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [2, 3, 8])
@pytest.mark.parametrize("max_words", [1, 50, 1 << 20])
def test_the_number_of_threads_changes_nothing(zipf, workers, max_words, monkeypatch):
    """Nor does it matter how often a thread's own table starts anew."""
    monkeypatch.setattr(text_threads, "MAX_WORDS_PER_WORKER", max_words)
    n_threads = threading.active_count()
    encoded = encode_text([io.BytesIO(zipf)], workers=workers, block_nbytes=500)
    assert_is(encoded, sentences_of(zipf))
    assert threading.active_count() == n_threads


class Failing(io.RawIOBase):
    """A stream that breaks after a while."""

    def __init__(self, n_blocks):
        self._n_left = n_blocks
        self.n_failures = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        if self._n_left == 0:
            self.n_failures += 1
            raise OSError("the disk is gone")
        self._n_left -= 1
        buffer[:] = b"ab " * (len(buffer) // 3) + b" " * (len(buffer) % 3)
        return len(buffer)


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("n_blocks", [0, 1, 20])
def test_an_error_of_the_stream_is_raised_at_once_and_leaves_no_thread(workers, n_blocks):
    n_threads = threading.active_count()
    stream = Failing(n_blocks)
    with pytest.raises(OSError, match="the disk is gone"):
        encode_text([stream], workers=workers, block_nbytes=100)
    assert stream.n_failures == 1
    assert threading.active_count() == n_threads


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_what_is_wrong_first_is_raised_first(workers):
    class Broken(Failing):
        def readinto(self, buffer):
            nbytes = super().readinto(buffer)
            buffer[:1] = b"\xff"
            return nbytes

    with pytest.raises(UnicodeDecodeError, match="line 1, byte 0"):
        encode_text([Broken(3)], workers=workers, block_nbytes=100)


@pytest.mark.skipif(os.name == "nt", reason="named pipes are POSIX")
@pytest.mark.parametrize("workers", [1, 3])
def test_ctrl_c_stops_what_waits_for_a_pipe(tmp_path, workers):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    is_over = threading.Event()

    def write():
        with pipe.open("wb") as file:
            file.write(b"a b c d\n" * 100_000)
            file.flush()
            os.kill(os.getpid(), signal.SIGINT)
            is_over.wait(30)

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            encode_text([pipe], workers=workers, block_nbytes=4096)
        assert not is_over.is_set() and writer.is_alive()
    finally:
        is_over.set()
        writer.join()
        signal.signal(signal.SIGINT, handler)


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt])
def test_an_error_of_a_callback_is_raised_at_once_and_leaves_no_thread(zipf, workers, error):
    def report(sentence, n_words, n_types):
        assert threading.current_thread() is threading.main_thread()
        if sentence == 1000:
            raise error("enough")

    n_threads = threading.active_count()
    with pytest.raises(error, match="enough"):
        encode_text(
            [io.BytesIO(zipf)], workers=workers, block_nbytes=500, report=report, report_every=100
        )
    assert threading.active_count() == n_threads


def test_a_source_is_closed_when_reading_fails(tmp_path):
    file = tmp_path / "bad"
    file.write_bytes(b"a\n" * 1000 + b"\xff")
    for workers in (1, 3):  # a file left open would be a ResourceWarning, which is an error here
        with pytest.raises(UnicodeDecodeError):
            encode_text([file], workers=workers, block_nbytes=50)


# --- what is not UTF-8 ----------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("block_nbytes", [9, 1 << 20])
def test_strict_decoding_names_file_line_and_byte(tmp_path, workers, block_nbytes):
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(b"fine\n" * 10)
    before = "zwölf Boxkämpfer\n\n".encode() * 20 + b"jagen "
    bad.write_bytes(before + b"Vi\xe9ktor quer\n\xff\n")
    with pytest.raises(UnicodeDecodeError) as error:
        encode_text([good, bad], workers=workers, block_nbytes=block_nbytes)
    assert str(error.value) == (
        "'utf-8' codec can't decode byte 0xe9 in position 2: invalid continuation byte"
        f" (line 41, byte {len(before) + 2} of {bad})"
    )
    assert error.value.object[error.value.start] == 0xE9


@pytest.mark.parametrize("errors", ["ignore", "replace"])
@pytest.mark.parametrize("workers", [1, 2])
def test_invalid_bytes_may_be_ignored_or_replaced(errors, workers):
    text = b"a\xffb \xff\n\xfe\n\xe2\x80 c\xc2\xa0\xc2 \xf0\x9f\x98\n" * 9 + b"ab \xed\xa0\x80"
    encoded = encode_text([io.BytesIO(text)], errors=errors, workers=workers, block_nbytes=20)
    assert_is(encoded, sentences_of(text, errors))


# --- progress and pruning -------------------------------------------------------------------------


def recorder():
    """Make a list and a callback that adds to it."""
    found = []
    return found, lambda *numbers: found.append(numbers)


def reports_of(sentences, every, max_vocab_size=None):
    """What gensim reports on the way, in plain Python."""
    counts, limit, n_words, found = {}, 1, 0, []
    for i, sentence in enumerate(sentences):
        if i % every == 0:
            found.append((i, n_words, len(counts)))
        for token in sentence:
            counts[token] = counts.get(token, 0) + 1
        n_words += len(sentence)
        if max_vocab_size and len(counts) > max_vocab_size:
            counts = {word: count for word, count in counts.items() if count >= limit}
            limit += 1
    return found, counts


@pytest.mark.parametrize("max_vocab_size", [None, 1, 30, 10**6])
@pytest.mark.parametrize("every", [1, 7, 500, 10**6])
def test_progress_and_forgotten_words_are_those_of_a_plain_pass(zipf, every, max_vocab_size):
    sentences = sentences_of(zipf)
    reports, counts = reports_of(sentences, every, max_vocab_size)
    for options in (
        {"workers": 1},
        {"workers": 1, "block_nbytes": 77},
        {"workers": 3, "block_nbytes": 999},
    ):
        found, report = recorder()
        encoded = encode_text(
            [io.BytesIO(zipf)],
            max_vocab_size=max_vocab_size,
            report=report,
            report_every=every,
            **options,
        )
        assert found == reports
        assert {
            encoded.words[i]: n for i, n in zip(encoded.vocabulary, encoded.counts, strict=True)
        } == counts
        assert [encoded.words[i] for i in encoded.vocabulary] == list(counts)
        assert decode(encoded) == sentences  # forgotten words stay in the encoding
    found, report = recorder()
    encoded = encode_sentences(
        sentences, max_vocab_size=max_vocab_size, report=report, report_every=every
    )
    assert found == reports
    assert [encoded.words[i] for i in encoded.vocabulary] == list(counts)
    assert encoded.counts.tolist() == list(counts.values())


def test_nothing_is_reported_of_an_empty_corpus():
    encode_text([io.BytesIO(b" \n")], report=pytest.fail)
    encode_sentences([], report=pytest.fail)


def test_a_corpus_of_empty_sentences_is_reported_as_one():
    found, report = recorder()
    encode_sentences([[], [], []], report=report, report_every=2)
    assert found == [(0, 0, 0), (2, 0, 0)]


SHAKEN = [
    ["a", "b"],
    [],
    ["c", "a", "d"],
    ["d", "e"],
    ["b", "f", "f"],
    ["a", "z"],
    ["f", "b", "d"],
] * 5


@pytest.mark.parametrize("max_vocab_size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("rule", [None, lambda word, count, limit: {"b": 2, "f": 1}.get(word, 0)])
def test_pruning_is_that_of_gensim(max_vocab_size, rule, tmp_path):
    word2vec = pytest.importorskip("gensim.models.word2vec")
    calls = {"ours": [], "gensim": []}

    def spy(name):
        return rule and (lambda *args: calls[name].append(args) or rule(*args))

    model = word2vec.Word2Vec(vector_size=2, min_count=1, max_vocab_size=max_vocab_size)
    model.scan_vocab(corpus_iterable=SHAKEN, trim_rule=spy("gensim"))
    encoded = encode_sentences(SHAKEN, max_vocab_size=max_vocab_size, trim_rule=spy("ours"))
    words = [encoded.words[i] for i in encoded.vocabulary]
    assert list(zip(words, encoded.counts.tolist(), strict=True)) == list(model.raw_vocab.items())
    assert calls["ours"] == calls["gensim"]

    file = tmp_path / "shaken.txt"
    file.write_text("\n".join(map(" ".join, SHAKEN)))
    model.raw_vocab.clear()
    model.scan_vocab(corpus_iterable=word2vec.LineSentence(str(file)), trim_rule=rule)
    encoded = encode_text([file], max_vocab_size=max_vocab_size, trim_rule=rule, workers=2)
    words = [encoded.words[i] for i in encoded.vocabulary]
    assert list(zip(words, encoded.counts.tolist(), strict=True)) == list(model.raw_vocab.items())


def test_reading_and_progress_are_those_of_gensim(path, caplog):
    word2vec = pytest.importorskip("gensim.models.word2vec")
    encoded = encode_text([path], workers=2, max_sentence_length=10000)
    assert decode(encoded) == list(word2vec.LineSentence(str(path)))
    model = word2vec.Word2Vec(vector_size=2, min_count=1)
    with caplog.at_level(logging.INFO, "gensim.models.word2vec"):
        n_words, n_sentences = model.scan_vocab(corpus_file=str(path), progress_per=2)
    logged = [record.args for record in caplog.records if "PROGRESS" in record.msg]
    found, report = recorder()
    encode_text([path], report=report, report_every=2)
    assert found == logged
    assert (len(encoded.ids), len(encoded.offsets) - 1) == (n_words, n_sentences)
    assert list(zip(encoded.words, encoded.counts, strict=True)) == list(model.raw_vocab.items())


# --- sentences ------------------------------------------------------------------------------------


def test_an_iterable_is_consumed_once(zipf):
    sentences = sentences_of(zipf)
    assert_is(encode_sentences(iter(sentences)), sentences)
    assert_is(encode_sentences(tuple(s) for s in sentences), sentences)
    assert_is(encode_sentences([np.array(s) for s in sentences]), sentences)


def test_tokens_of_any_kind_are_words():
    sentences = [[1, "1", (1, 2)], [], [b"1", 1, None]]
    assert_is(encode_sentences(sentences), sentences)


class Unmovable(io.StringIO):
    """Says that it can be rewound, and fails."""

    def seek(self, *_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize(
    "encoded", [encode_text, lambda files: encode_sentences(LineSentence(*files))]
)
def test_a_file_that_fails_to_be_rewound_is_not_read_from_its_midst(encoded):
    with pytest.raises(OSError, match="Input/output error"):
        encoded([Unmovable("a b\nc d\n")])


def test_how_much_has_been_read_is_known_of_files_that_have_a_length(tmp_path):
    lines = "a b c\n" * 400_000
    (tmp_path / "text").write_text(lines)
    for source in (tmp_path / "text", io.StringIO(lines)):
        shares = []
        encode_text([source], show=lambda n_words, share, to=shares: to.append(share))
        if source == tmp_path / "text":
            assert 0 < shares[0] < 1 and shares == sorted(shares)
        else:
            assert set(shares) == {None}
