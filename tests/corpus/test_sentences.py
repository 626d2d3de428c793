"""Readers of text files."""

from __future__ import annotations

import bz2
import gzip
import inspect
import io
import lzma
import os
import re
import shutil
from pathlib import Path

import pytest

from fastsgns import EncodedCorpus, LineSentence, PathLineSentences, Text8Corpus, Word2Vec
from fastsgns.corpus import sentences
from fastsgns.corpus.sentences import BrownCorpus, TextFiles, as_text, corpus_files

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

WRITERS = {
    ".txt": lambda path, data: path.write_bytes(data),
    ".gz": lambda path, data: path.write_bytes(gzip.compress(data)),
    ".bz2": lambda path, data: path.write_bytes(bz2.compress(data)),
    ".xz": lambda path, data: path.write_bytes(lzma.compress(data)),
}

TEXT = "the cat  sat\n\n\ton the mat \nträumt äöü\n   \nlast one"
TOKENS = [["the", "cat", "sat"], ["on", "the", "mat"], ["träumt", "äöü"], ["last", "one"]]


def written(folder: Path, data: bytes | str, suffix: str = ".txt", stem: str = "text") -> Path:
    path = folder / f"{stem}{suffix}"
    WRITERS[suffix](path, data.encode() if isinstance(data, str) else data)
    return path


# ---- LineSentence --------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("kind", [str, Path])
def test_a_line_is_a_sentence_blank_lines_are_none(tmp_path, suffix, kind):
    reader = LineSentence(kind(written(tmp_path, TEXT, suffix)))
    assert list(reader) == TOKENS
    assert list(reader) == TOKENS  # again and again


def test_two_iterations_do_not_disturb_each_other(tmp_path):
    reader = LineSentence(written(tmp_path, TEXT))
    first, second = iter(reader), iter(reader)
    assert next(first) == TOKENS[0]
    assert next(second) == TOKENS[0]
    assert [*first] == [*second] == TOKENS[1:]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("a b\r\nc\r\n", [["a", "b"], ["c"]]),
        ("a b\nc", [["a", "b"], ["c"]]),
        ("", []),
        ("\n\n", []),
        ("a\vb\fc", [["a", "b", "c"]]),
        ("a\u00a0b\u3000c\u2028d", [["a", "b", "c", "d"]]),  # Unicode's blanks split too
        ("a\0b", [["a\0b"]]),
    ],
    ids=["crlf", "no final newline", "empty", "blank", "ascii blanks", "unicode blanks", "nul"],
)
def test_what_ends_lines_and_tokens(tmp_path, data, expected):
    assert list(LineSentence(written(tmp_path, data))) == expected


@pytest.mark.parametrize(
    ("limit", "n_read"), [(None, 4), (0, 0), (1, 1), (2, 1), (3, 2), (4, 3), (99, 4)]
)
def test_the_limit_counts_lines_blank_ones_too(tmp_path, limit, n_read):
    assert list(LineSentence(written(tmp_path, TEXT), limit=limit)) == TOKENS[:n_read]


def test_long_lines_are_cut_into_pieces(tmp_path):
    path = written(tmp_path, "a b c d e\nf g h\n")
    assert list(LineSentence(path, max_sentence_length=2)) == [
        ["a", "b"],
        ["c", "d"],
        ["e"],
        ["f", "g"],
        ["h"],
    ]


def test_by_default_a_line_is_cut_at_10000_tokens(tmp_path):
    path = written(tmp_path, "a " * 25_000)
    assert [len(s) for s in LineSentence(path)] == [10_000, 10_000, 5000]
    assert sentences.MAX_SENTENCE_LENGTH == 10_000


@pytest.mark.parametrize("suffix", WRITERS)
def test_bytes_that_are_not_utf8_are_an_error_that_names_file_and_line(tmp_path, suffix):
    path = written(tmp_path, b"fine\n\nalso fine\nbr\xffoken\nfine", suffix)
    reader = iter(LineSentence(path))
    assert [next(reader), next(reader)] == [["fine"], ["also", "fine"]]
    with pytest.raises(UnicodeDecodeError) as caught:
        next(reader)
    (note,) = caught.value.__notes__
    assert "line 4" in note and str(path) in note


@pytest.mark.parametrize(
    "stream", [io.BytesIO(TEXT.encode()), io.StringIO(TEXT)], ids=["bytes", "str"]
)
def test_an_open_file_is_read_from_its_start_and_stays_open(stream):
    stream.read(5)
    reader = LineSentence(stream)
    assert list(reader) == TOKENS
    assert list(reader) == TOKENS
    assert not stream.closed


def test_the_file_is_closed_when_an_iteration_is_given_up(tmp_path):
    path = written(tmp_path, TEXT)
    iteration = iter(LineSentence(path))
    next(iteration)
    iteration.close()
    path.unlink()  # Windows would refuse; elsewhere a ResourceWarning is an error


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        list(LineSentence(tmp_path / "nowhere.txt"))


@hypothesis.given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1))
    )
)
def test_what_was_written_is_read(lines):
    data = "\n".join(" ".join(line) for line in lines).encode()
    assert list(LineSentence(io.BytesIO(data))) == [line for line in lines if line]


# ---- PathLineSentences ---------------------------------------------------------------------------


def folder_of_texts(folder: Path) -> Path:
    folder.mkdir()
    written(folder, "second\n", ".gz", "b")
    written(folder, "first one\nfirst two\n", ".txt", "a")
    written(folder, "third\n", ".bz2", "c")
    (folder / "below").mkdir()
    written(folder / "below", "not read\n")
    return folder


@pytest.mark.parametrize("kind", [str, Path])
def test_the_files_of_a_folder_are_read_by_name_and_not_those_below(tmp_path, kind):
    folder = folder_of_texts(tmp_path / "texts")
    reader = PathLineSentences(kind(folder))
    assert list(reader) == [["first", "one"], ["first", "two"], ["second"], ["third"]]
    assert list(reader) == list(reader)
    assert reader.input_files == [str(folder / name) for name in ("a.txt", "b.gz", "c.bz2")]


def test_the_limit_and_the_longest_sentence_hold_for_each_file(tmp_path):
    folder = folder_of_texts(tmp_path / "texts")
    reader = PathLineSentences(folder, max_sentence_length=1, limit=1)
    assert list(reader) == [["first"], ["one"], ["second"], ["third"]]


def test_a_file_alone_is_read_too(tmp_path):
    path = written(tmp_path, TEXT)
    assert list(PathLineSentences(path)) == TOKENS
    assert PathLineSentences(str(path)).input_files == [str(path)]


def test_neither_a_file_nor_a_folder_is_a_value_error_that_names_it(tmp_path):
    with pytest.raises(ValueError, match="nowhere"):
        PathLineSentences(tmp_path / "nowhere")


# ---- Text8Corpus ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_text_without_lines_is_cut_every_n_tokens(tmp_path, suffix):
    words = [f"word{i}" for i in range(5003)]
    reader = Text8Corpus(written(tmp_path, " ".join(words), suffix), max_sentence_length=1000)
    found = list(reader)
    assert [len(s) for s in found] == [1000] * 5 + [3]
    assert [w for s in found for w in s] == words
    assert list(reader) == found


def test_blocks_never_cut_a_token(tmp_path, monkeypatch):
    text = " ä öö\n\nüüü\tb  ccc " * 10 + "ende"
    path = written(tmp_path, text)
    for block in range(1, 40):
        monkeypatch.setattr(sentences, "READ_BLOCK", block)
        assert [w for s in Text8Corpus(path, 3) for w in s] == text.split()
        lengths = [len(s) for s in Text8Corpus(path, 3)]
        assert set(lengths[:-1]) == {3} and 1 <= lengths[-1] <= 3


def test_lines_do_not_end_sentences_there(tmp_path):
    assert list(Text8Corpus(written(tmp_path, "a b\nc\n\nd"), 3)) == [["a", "b", "c"], ["d"]]


def test_an_empty_text_has_no_sentence(tmp_path):
    assert list(Text8Corpus(written(tmp_path, ""))) == []
    assert list(Text8Corpus(written(tmp_path, " \n "))) == []


def test_exactly_full_sentences_leave_no_empty_one(tmp_path):
    assert list(Text8Corpus(written(tmp_path, "a b c d"), 2)) == [["a", "b"], ["c", "d"]]


def test_bytes_that_are_not_utf8_are_an_error_that_names_the_file(tmp_path):
    path = written(tmp_path, b"fine " * 3000 + b"br\xffoken")
    with pytest.raises(UnicodeDecodeError) as caught:
        list(Text8Corpus(path))
    assert str(path) in caught.value.__notes__[0] and "byte" in caught.value.__notes__[0]


# ---- the same as gensim's ------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".txt", ".gz", ".bz2", ".xz"])
@pytest.mark.parametrize("options", [{}, {"limit": 3}, {"max_sentence_length": 2}])
def test_line_sentence_reads_what_gensims_reads(tmp_path, suffix, options):
    gensim_word2vec = pytest.importorskip("gensim.models.word2vec")
    data = TEXT + "\r\nCR LF\r\n\u00a0nbsp\u00a0x \n" + "w " * 11
    path = str(written(tmp_path, data, suffix))
    expected = [list(s) for s in gensim_word2vec.LineSentence(path, **options)]
    assert list(LineSentence(path, **options)) == expected


def test_path_line_sentences_reads_what_gensims_reads(tmp_path):
    gensim_word2vec = pytest.importorskip("gensim.models.word2vec")
    texts = folder_of_texts(tmp_path / "texts")
    shutil.rmtree(texts / "below")  # gensim lists subfolders, and fails when it reads them
    folder = str(texts)
    ours, theirs = PathLineSentences(folder), gensim_word2vec.PathLineSentences(folder)
    assert ours.input_files == theirs.input_files
    assert list(ours) == list(theirs)


@pytest.mark.parametrize("n_words", [0, 1, 999, 1000, 1001, 20_011])
def test_text8_corpus_reads_what_gensims_reads(tmp_path, n_words):
    gensim_word2vec = pytest.importorskip("gensim.models.word2vec")
    path = str(written(tmp_path, " ".join(f"w{i % 997}" for i in range(n_words))))
    ours, theirs = Text8Corpus(path, 1000), gensim_word2vec.Text8Corpus(path, 1000)
    assert list(ours) == list(theirs)


def test_the_readers_have_gensims_signatures():
    gensim_word2vec = pytest.importorskip("gensim.models.word2vec")
    for ours in (LineSentence, PathLineSentences, Text8Corpus):
        theirs = getattr(gensim_word2vec, ours.__name__)
        shapes = [
            [(p.name, p.default, p.kind) for p in inspect.signature(c).parameters.values()]
            for c in (ours, theirs)
        ]
        assert shapes[0] == shapes[1]


# ---- text files for the compiled reader ----------------------------------------------------------


def test_our_readers_over_paths_stand_for_their_files(tmp_path):
    path = written(tmp_path, TEXT)
    assert as_text(LineSentence(path)) == TextFiles((path,), 10_000, None)
    assert as_text(LineSentence(str(path), 7, limit=3)) == TextFiles((str(path),), 7, 3)
    folder = folder_of_texts(tmp_path / "texts")
    names = tuple(str(folder / name) for name in ("a.txt", "b.gz", "c.bz2"))
    assert as_text(PathLineSentences(folder, 5, 2)) == TextFiles(names, 5, 2)
    files = TextFiles((path,), 10_000)
    assert as_text(files) is files


class Reversed(LineSentence):
    """Reads its lines the other way round."""

    def __iter__(self):
        return iter(list(super().__iter__())[::-1])


def test_what_else_gives_sentences_stays_what_it_is(tmp_path):
    path = written(tmp_path, TEXT)
    for given in (
        Reversed(path),
        Text8Corpus(path),
        LineSentence(io.StringIO(TEXT)),
        LineSentence(path, 0),  # the reader knows its own errors
        LineSentence(path, 2.5),
        LineSentence(path, limit=-1),
        LineSentence(5),
        TOKENS,
        iter(TOKENS),
    ):
        assert as_text(given) is given


def test_a_corpus_file_is_a_file_a_folder_or_a_pattern(tmp_path):
    path = written(tmp_path, TEXT)
    for given in (path, str(path)):
        assert corpus_files(given) == TextFiles((given,), 10_000, None)
    folder = folder_of_texts(tmp_path / "texts")
    names = tuple(str(folder / name) for name in ("a.txt", "b.gz", "c.bz2"))
    for given in (folder, str(folder), f"{folder}/", folder / "*.*", f"{folder}/?.*"):
        assert corpus_files(given) == TextFiles(names, 10_000)
    assert corpus_files(folder / "[bc].*").paths == names[1:]
    below = str(folder / "below" / "text.txt")
    assert corpus_files(folder / "**" / "*.txt").paths == (names[0], below)
    # What several ** match in several ways is one file.
    assert corpus_files(folder / "**" / "**" / "*.txt").paths == (names[0], below)


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    written(tmp_path, "wrong", stem="a")
    path = written(tmp_path, TEXT, stem="[a]")
    assert corpus_files(path).paths == (path,)


@pytest.mark.skipif(os.name == "nt", reason="named pipes are POSIX")
def test_a_pipe_is_a_corpus_file_but_none_of_a_folder(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    path = written(tmp_path, TEXT)
    assert corpus_files(tmp_path / "pipe").paths == (tmp_path / "pipe",)
    assert corpus_files(tmp_path).paths == (str(path),)


# ---- the one source that is given ----------------------------------------------------------------


def test_the_one_source_that_is_given_is_taken(tmp_path):
    tokens = [["a"], ["b"]]
    assert sentences.as_sentences(tokens, None) is tokens
    path = written(tmp_path, TEXT)
    assert sentences.as_sentences(None, path) == TextFiles((path,), 10_000)


@pytest.mark.parametrize("bad", [5, b"corpus.txt", ["corpus.txt"]])
def test_a_corpus_file_that_is_no_path_is_a_type_error_that_names_it(bad):
    with pytest.raises(TypeError, match=re.escape(repr(bad))):
        sentences.as_sentences(None, bad)


def test_a_corpus_file_that_is_no_file_is_not_found_and_gensims_type_error(tmp_path):
    (tmp_path / "empty").mkdir()
    for bad in (tmp_path / "nowhere.txt", tmp_path / "empty", tmp_path / "*.txt"):
        for kind in (FileNotFoundError, TypeError):
            with pytest.raises(kind, match=re.escape(str(bad))):
                sentences.as_sentences(None, bad)


def test_an_empty_name_is_not_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(folder_of_texts(tmp_path / "texts"))
    with pytest.raises(TypeError, match="''"):
        sentences.as_sentences(None, "")
    with pytest.raises(ValueError, match="''"):
        PathLineSentences("")
    for reader in (LineSentence(""), BrownCorpus("")):
        with pytest.raises(FileNotFoundError):
            list(reader)
    assert len(PathLineSentences(".").input_files) == 3


def test_none_or_both_sources_are_a_type_error():
    with pytest.raises(TypeError, match="none"):
        sentences.as_sentences(None, None)
    with pytest.raises(TypeError, match="both"):
        sentences.as_sentences([], "corpus.txt")


def test_an_address_is_opened_only_when_it_is_read():
    assert corpus_files("s3://bucket/corpus.txt").paths == ("s3://bucket/corpus.txt",)


# ---- BrownCorpus ---------------------------------------------------------------------------------


def test_the_brown_corpus_gives_words_in_lower_case_with_two_letters_of_their_tags(tmp_path):
    (tmp_path / "b").write_text(
        "The/at Fulton/np-tl ``/`` no/at 1961/cd ./.\n\n  A/b/c untagged x/ Ünï/NN-x\n,/, ./.\n",
        encoding="utf-8",
    )
    with gzip.open(tmp_path / "a.gz", "wt", encoding="utf-8") as file:
        file.write("Zed/nn\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "c").write_text("Not/np read/vb\n")
    for folder in (tmp_path, str(tmp_path)):
        corpus = BrownCorpus(folder)
        expected = [["zed/nn"], ["the/at", "fulton/np", "no/at", "1961/cd"], ["ünï/NN"]]
        assert list(corpus) == expected
        assert list(corpus) == expected, "it can be read again"


@pytest.mark.parametrize(
    ("name", "error"), [("missing", FileNotFoundError), ("file", NotADirectoryError)]
)
def test_the_brown_corpus_is_a_folder(tmp_path, name, error):
    (tmp_path / "file").write_text("a/nn\n")
    with pytest.raises(error):
        list(BrownCorpus(tmp_path / name))


def test_files_of_text_are_sentences_like_any_and_read_as_text(tmp_path):
    for name in ("b", "a", "c"):
        (tmp_path / name).write_text(f"{name} sun\n" * 50)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "d").write_text("d sea\n" * 50)
    given = [tmp_path / "b", str(tmp_path / "[ac]"), tmp_path / "more"]
    files = TextFiles(tuple(path for one in given for path in corpus_files(one).paths))
    found = list(EncodedCorpus.from_sentences(files))
    assert found == list(files)
    assert [found[n] for n in (0, 50, 100, 150)] == [
        ["b", "sun"], ["a", "sun"], ["c", "sun"], ["d", "sea"],
    ]  # fmt: skip
    for cache in ("auto", "off"):
        options = {"vector_size": 4, "min_count": 1, "workers": 1, "corpus_cache": cache}
        model = Word2Vec(files, **options)
        same = Word2Vec(found, **options)
        assert (model.wv.vectors == same.wv.vectors).all()
