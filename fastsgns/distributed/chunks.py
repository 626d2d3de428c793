"""Face: files that all workers can open, cut into chunks at the ends of lines.

A chunk is bytes begin..end of a file; the lines that begin in it belong to it. So no file has to be
read to be cut. What is compressed can only be read from its begin, and is one chunk.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from fastsgns._shown import shown
from fastsgns.corpus.sentences import corpus_files
from fastsgns.io.files import as_path, compression_of, is_path, is_url, open_binary
from fastsgns.io.interrupts import pass_on

#: The size of a chunk of a large corpus, in bytes: two to twenty seconds of training.
CHUNK_NBYTES = 64 << 20

#: Chunks that each worker gets of a smaller corpus in an epoch: rounds must be many, and equally
#: long for all workers, and none is shorter than a chunk.
CHUNKS_A_WORKER = 256

#: No chunk is smaller, since each costs some milliseconds.
MIN_CHUNK_NBYTES = 16 << 10

#: A line that is longer is no sentence.
MAX_LINE_NBYTES = 256 << 20

_READ_NBYTES = 1 << 20


class CorpusChanged(ValueError):  # noqa: N818 -- says what happened, as TrainingDiverged does
    """A file is no longer what it was when its words were counted."""


class SourceFile(NamedTuple):
    """A file of a corpus, and how to tell whether it has changed."""

    path: str
    nbytes: int
    modified: str


class Chunk(NamedTuple):
    """The lines of a file that begin from byte `begin` on and before `end`."""

    path: str
    begin: int
    end: int

    def __str__(self) -> str:
        return f"{self.path}, bytes {self.begin} to {self.end}"


def list_files(corpus: Any) -> list[SourceFile]:
    """Return the files that a corpus is: those of paths, folders, patterns and URLs.

    Parameters
    ----------
    corpus : str, path, or list of them

    Raises
    ------
    FileNotFoundError
        There is none, or a pattern has no match.
    OSError
        A store cannot be read.
    ImportError
        What a URL needs is not installed.
    """
    given = [corpus] if is_path(corpus) else corpus
    if not isinstance(given, (list, tuple)) or not given or not all(map(is_path, given)):
        raise TypeError(
            "corpus must be the path of a file or folder, a pattern, a URL such as"
            f" s3://bucket/*.txt, or a list of these, got {shown(corpus)}"
        )
    found: dict[str, SourceFile] = {}
    for path in given:
        for file in _of_store(str(path)) if _is_remote(path) else _of_disk(path):
            found.setdefault(file.path, file)
    return list(found.values())


def check_unchanged(files: list[SourceFile]) -> None:
    """Raise CorpusChanged when a file is gone, or has another size or time than it had."""
    for file in files:
        try:
            now = _stored_file(file.path) if _is_remote(file.path) else _disk_file(file.path)
        except FileNotFoundError:
            raise CorpusChanged(f"{file.path} is gone, after training on it has begun") from None
        if now != file:
            raise CorpusChanged(
                f"{file.path} has changed while it is trained on: it had {file.nbytes} bytes, of"
                f" {file.modified}, and has {now.nbytes}, of {now.modified}. Begin anew"
            )


def cut(files: list[SourceFile], n_workers: int) -> list[Chunk]:
    """Cut files into chunks of equal size, as many as so many workers need."""
    wanted = sum(file.nbytes for file in files) // (n_workers * CHUNKS_A_WORKER)
    size = min(max(wanted, MIN_CHUNK_NBYTES), CHUNK_NBYTES)
    chunks = []
    for file in files:
        step = file.nbytes if compression_of(file.path) else size
        for begin in range(0, file.nbytes, max(step, 1)):
            chunks.append(Chunk(file.path, begin, min(begin + step, file.nbytes)))
    return chunks


class ChunkText(io.RawIOBase):
    """The text of a chunk, as a stream of bytes; `fingerprint` tells it from others at its end."""

    def __init__(self, chunk: Chunk, stream: BinaryIO) -> None:
        self.name = str(chunk)  # for errors of who reads it
        self._pieces = _pieces(chunk, stream)
        self._rest = b""
        self._digest = hashlib.blake2b(digest_size=16)

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next; return how many bytes that is, 0 at the end."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
            self._digest.update(self._rest)
        n = min(len(buffer), len(self._rest))
        buffer[:n] = self._rest[:n]
        self._rest = self._rest[n:]
        return n

    @property
    def fingerprint(self) -> str:
        """Of what has been read."""
        return self._digest.hexdigest()


@contextmanager
def open_chunk(chunk: Chunk) -> Iterator[ChunkText]:
    """Open the text of a chunk."""
    with _open(chunk.path) as stream:
        yield ChunkText(chunk, stream)


def _pieces(chunk: Chunk, stream: BinaryIO) -> Iterator[bytes]:
    if compression_of(chunk.path):
        yield from iter(lambda: stream.read(_READ_NBYTES), b"")
        return
    at = chunk.begin
    if at:  # a line that begins before the chunk belongs to the one before
        stream.seek(at - 1)
        at += len(_line(chunk, stream)) - 1
    while at < chunk.end:
        piece = stream.read(min(_READ_NBYTES, chunk.end - at))
        if not piece:
            return
        at += len(piece)
        if at >= chunk.end and not piece.endswith(b"\n"):
            piece += _line(chunk, stream)
        yield piece


def _line(chunk: Chunk, stream: BinaryIO) -> bytes:
    line = stream.readline(MAX_LINE_NBYTES)
    if len(line) == MAX_LINE_NBYTES:
        raise ValueError(f"{chunk}: no line ends there within {MAX_LINE_NBYTES} bytes")
    return line


# --- where files are ------------------------------------------------------------------------------


def _is_remote(path: str | os.PathLike[str]) -> bool:
    return is_url(path) and not str(path).startswith("file://")


def _of_disk(path: str | os.PathLike[str]) -> list[SourceFile]:
    found = [_disk_file(os.fspath(each)) for each in corpus_files(path).paths]
    for file in found:
        if not Path(file.path).is_file():
            raise ValueError(f"{file.path} is no plain file, which is what workers can share")
    return found


def _disk_file(path: str) -> SourceFile:
    # The workers may be started in another folder.
    absolute = as_path(path.removeprefix("file://")).absolute()
    found = absolute.stat()
    return SourceFile(str(absolute), found.st_size, str(found.st_mtime_ns))


def _of_store(pattern: str) -> list[SourceFile]:
    store, path = _store_of(pattern)
    try:
        if any(sign in path for sign in "*?["):
            paths = store.glob(path)
        else:
            paths = store.find(path) if store.isdir(path) else [path]
        found = [_stored_file(store.unstrip_protocol(each)) for each in sorted(paths)]
    except FileNotFoundError:
        found = []
    except Exception as error:  # each store has its own
        pass_on(error)
        raise OSError(
            f"{pattern} cannot be read: {type(error).__name__}: {error}. Every worker needs the"
            " address and the rights of the store"
        ) from error
    if not found:
        raise FileNotFoundError(f"there is no {pattern}")
    return found


def _stored_file(url: str) -> SourceFile:
    store, path = _store_of(url)
    info = store.info(path)
    version = next(
        (info[key] for key in ("ETag", "etag", "LastModified", "mtime") if key in info), ""
    )
    return SourceFile(url, int(info["size"]), str(version))


def _open(path: str) -> AbstractContextManager[BinaryIO]:
    if not _is_remote(path):
        return open_binary(path)
    import fsspec

    opened: Any = fsspec.open(path, "rb", compression="infer")
    return cast("AbstractContextManager[BinaryIO]", opened)


def _store_of(url: str) -> tuple[Any, str]:
    try:
        import fsspec

        store, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise ImportError(
            f"{url} is in a store: pip install fastsgns[s3], or what fsspec needs for others"
            f" ({error})"
        ) from error
    return store, str(path)
