"""Files become chunks of whole lines; what is missing, unreadable or changed is said."""

import gzip
import os
import sys
from pathlib import Path

import pytest

from fastsgns.distributed import CorpusChanged, chunks
from fastsgns.distributed.chunks import Chunk, check_unchanged, cut, list_files, open_chunk

LINES = [b"a b c\n", b"\n", b"d\n", b"e f g h i j k l m n o p q r s t u v w x y z\n", b"last"]


def texts(listed):
    found = []
    for chunk in listed:
        with open_chunk(chunk) as text:
            found.append(text.read())
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7, 8, 20, 41, 1000])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_each_line_is_in_one_chunk_and_whole(tmp_path, monkeypatch, size, end):
    path = tmp_path / "text.txt"
    path.write_bytes(b"".join(LINES) + end)
    monkeypatch.setattr(chunks, "MIN_CHUNK_NBYTES", size)
    monkeypatch.setattr(chunks, "CHUNK_NBYTES", size)
    found = texts(cut(list_files(path), 1))
    assert b"".join(found) == path.read_bytes()
    whole = [text for text in found if text]
    assert all(text.endswith(b"\n") for text in whole[:-1])


def test_a_large_corpus_has_chunks_of_64_mb_and_a_small_one_has_many(tmp_path):
    path = str(tmp_path / "text.txt")
    large = cut([chunks.SourceFile(path, 1 << 40, "")], 8)
    assert {chunk.end - chunk.begin for chunk in large} == {64 << 20}
    small = cut([chunks.SourceFile(path, 100 << 20, "")], 2)
    assert len(small) == 2 * chunks.CHUNKS_A_WORKER


def test_a_compressed_file_is_one_chunk(tmp_path):
    path = tmp_path / "text.txt.gz"
    path.write_bytes(gzip.compress(b"".join(LINES)))
    assert texts(cut(list_files(str(path)), 4)) == [b"".join(LINES)]


def test_a_chunk_may_be_read_in_small_pieces(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"".join(LINES))
    with open_chunk(Chunk(str(path), 0, 200)) as text:
        assert b"".join(iter(lambda: text.read(3), b"")) == b"".join(LINES), (
            "and ends with the file"
        )


def test_the_fingerprint_is_that_of_the_text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"one two\nthree four\n")
    before = []
    for chunk in (Chunk(str(path), 0, 8), Chunk(str(path), 8, 19)):
        with open_chunk(chunk) as text:
            text.read()
            before.append(text.fingerprint)
    path.write_bytes(b"one two\nthree five\n")
    for chunk, old, is_same in zip(
        (Chunk(str(path), 0, 8), Chunk(str(path), 8, 19)), before, (True, False), strict=True
    ):
        with open_chunk(chunk) as text:
            text.read()
            assert (text.fingerprint == old) is is_same


def test_a_line_that_never_ends_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "text.txt"
    path.write_bytes(b"x" * 100)
    monkeypatch.setattr(chunks, "MAX_LINE_NBYTES", 50)
    with pytest.raises(ValueError, match=r"text\.txt, bytes 10 to 20: no line ends"):
        texts([Chunk(str(path), 10, 20)])


def test_files_folders_patterns_and_lists_are_found_once(tmp_path):
    for name in ("b.txt", "a.txt", "c.log"):
        (tmp_path / name).write_text("x y\n")
    names = [Path(file.path).name for file in list_files(tmp_path)]
    assert names == ["a.txt", "b.txt", "c.log"]
    found = list_files([str(tmp_path / "*.txt"), tmp_path / "a.txt", str(tmp_path / "c.log")])
    assert [Path(file.path).name for file in found] == ["a.txt", "b.txt", "c.log"]


def test_workers_find_a_file_that_was_given_from_the_folder_of_the_driver(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("x y\n")
    monkeypatch.chdir(tmp_path)
    (file,) = list_files("a.txt")
    assert file.path == str(tmp_path / "a.txt")


@pytest.mark.parametrize("corpus", [None, [], 3, [3], {"a": 1}])
def test_what_is_no_corpus_is_refused(corpus):
    with pytest.raises(TypeError, match="corpus must be the path"):
        list_files(corpus)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        list_files([str(tmp_path / "nowhere.txt")])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_since_every_worker_would_have_to_read_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe is no plain file, which is what workers can share"):
        list_files(tmp_path / "pipe")


def test_a_file_that_changes_or_goes_is_named(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("one two\n")
    files = list_files(path)
    check_unchanged(files)
    os.utime(path, ns=(1, 1))
    with pytest.raises(CorpusChanged, match=r"text\.txt has changed"):
        check_unchanged(files)
    path.unlink()
    with pytest.raises(CorpusChanged, match=r"text\.txt is gone"):
        check_unchanged(files)


# --- stores ---------------------------------------------------------------------------------------


@pytest.fixture
def store():
    """A folder of a store: fsspec's own, in memory."""
    fsspec = pytest.importorskip("fsspec", reason="fsspec, for URLs, is not installed")
    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/b.txt", b"three four\n")
    memory.pipe("/bucket/a.txt", b"one two\n")
    memory.pipe("/bucket/c.gz", gzip.compress(b"five\n"))
    yield memory
    memory.rm("/bucket", recursive=True)


def test_a_store_is_read_by_pattern_folder_and_name(store):
    files = list_files("memory://bucket/*.txt")
    assert [file.path for file in files] == ["memory:///bucket/a.txt", "memory:///bucket/b.txt"]
    assert texts(cut(files, 1)) == [b"one two\n", b"three four\n"]
    assert texts(cut(list_files("memory://bucket"), 1))[-1] == b"five\n"
    assert len(list_files("memory://bucket/a.txt")) == 1


def test_a_store_that_has_nothing_there_is_named(store):
    with pytest.raises(FileNotFoundError, match=r"memory://nobucket/\*\.txt"):
        list_files("memory://nobucket/*.txt")


def test_a_store_that_says_itself_that_nothing_is_there_is_named(store, monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("no such bucket")

    monkeypatch.setattr(type(store), "find", missing)
    with pytest.raises(FileNotFoundError, match="memory://bucket"):
        list_files("memory://bucket")


def test_an_object_that_changes_is_noticed(store):
    files = list_files("memory://bucket/a.txt")
    store.pipe("/bucket/a.txt", b"one two three\n")
    with pytest.raises(CorpusChanged, match=r"a\.txt has changed"):
        check_unchanged(files)


def test_a_bucket_that_may_not_be_read_is_named(store, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError("Access Denied")

    monkeypatch.setattr(type(store), "glob", refuse)
    with pytest.raises(OSError, match=r"memory://bucket/\*\.txt cannot be read.*Access Denied"):
        list_files("memory://bucket/*.txt")


def test_a_url_without_fsspec_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ImportError, match=r"pip install fastsgns\[s3\]"):
        list_files("s3://bucket/*.txt")
