"""Engine room: opening files by suffix, and replacing them so that old or new is there, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal, TypeGuard, cast

from fastsgns._shown import shown
from fastsgns.io.errors import FormatError
from fastsgns.io.interrupts import deferred

COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")

Mode = Literal["rb", "wb", "ab"]

#: What can be read: by its path, or open.
Source = str | os.PathLike[str] | IO[bytes]

#: The same, where text that is open will do too.
AnySource = str | os.PathLike[str] | IO[bytes] | IO[str]

_COPY_NBYTES = 1 << 22
_MOST_RATIO = 64
_ALWAYS_UNPACKED = 64 << 20


def is_path(source: object) -> TypeGuard[str | os.PathLike[str]]:
    """Say whether a file is given by its path, and not open."""
    return isinstance(source, (str, os.PathLike))


def name_of(source: AnySource) -> str:
    """Return what errors call a file: its path, or that of an open file if it has one."""
    if is_path(source):
        return os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "the file"


def expanded(path: str | os.PathLike[str]) -> str:
    """Return a path with the home folder in the place of ~ or ~user; a URL as it is."""
    name = os.fspath(path)
    return name if is_url(name) else os.path.expanduser(name)  # noqa: PTH111 ("" stays "")


def check_target(target: object) -> None:
    """Raise TypeError for what is neither a path nor a file that can be written to."""
    if not isinstance(target, (str, os.PathLike)) and not hasattr(target, "write"):
        raise TypeError(
            f"a file must be given by its path, a str or os.PathLike, or open, got {target!r:.100}"
        )


def is_url(path: str | os.PathLike[str]) -> bool:
    """Say whether `path` is a URL such as s3://bucket/name (a Windows drive C:/ is not)."""
    return isinstance(path, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", path) is not None


def compression_of(path: str | os.PathLike[str]) -> str:
    """Return the suffix that says how the file is compressed, or ""."""
    suffix = os.path.splitext(os.fspath(path))[1].lower()  # noqa: PTH122 (a URL is no Path)
    return suffix if suffix in COMPRESSED_SUFFIXES else ""


def open_binary(path: str | os.PathLike[str], mode: Mode = "rb") -> BinaryIO:
    """Open a file of bytes, compressed or not according to its suffix, or a URL.

    Parameters
    ----------
    path : str or path
        The suffixes .gz, .bz2, .xz and .zst (with backports.zstd installed, before Python 3.14) are
        taken at their word.
        URLs need smart_open.
    mode : {"rb", "wb", "ab"}
        Writing in place; `replacing` is the way to replace a file.

    Raises
    ------
    TypeError
        `path` is neither a str nor a path.
    ImportError
        smart_open or backports.zstd is needed and missing.
    """
    if not is_path(path):
        raise TypeError(
            f"a file must be given by its path, a str or os.PathLike, got {shown(path)}"
        )
    if is_url(path):
        return _open_url(str(path), mode)
    return _through_codec(as_path(path).open(mode), compression_of(path), mode)


def as_path(name: str | os.PathLike[str]) -> Path:
    """Return the Path of a name, ~ expanded; "" names no file, where Path("") is this folder.

    Raises
    ------
    FileNotFoundError
    """
    if not os.fspath(name):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    return Path(expanded(name))


def _open_url(url: str, mode: Mode) -> BinaryIO:
    if url.startswith("file://"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return open_binary(url2pathname(urlsplit(url).path), mode)
    try:
        import smart_open
    except ImportError as error:
        raise ImportError(f"{url} is a URL; to open it, install smart_open") from error
    opened: BinaryIO = smart_open.open(url, mode)
    return opened


def _through_codec(raw: BinaryIO, suffix: str, mode: Mode) -> BinaryIO:
    """Put the codec of `suffix` before an open file; closing it closes the file."""
    if not suffix:
        return raw
    coded: Any
    try:
        if suffix == ".gz":
            import gzip

            # mtime 0 and no name: equal content gives equal bytes.
            coded = gzip.GzipFile(filename="", fileobj=raw, mode=mode, compresslevel=6, mtime=0)
        elif suffix == ".bz2":
            import bz2

            coded = bz2.BZ2File(raw, mode)
        elif suffix == ".xz":
            import lzma

            coded = lzma.LZMAFile(raw, mode)  # noqa: SIM115 (closed by _Coded)
        else:
            coded = _zstd(raw, mode)
    except BaseException:
        raw.close()
        raise
    return cast(BinaryIO, _Coded(coded, raw))


def _zstd(raw: BinaryIO, mode: Mode) -> Any:
    # Not zstandard: it takes a file that was cut short for a shorter one.
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        try:
            from backports import zstd  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            raise ImportError("to open a .zst file, install backports.zstd") from error
    return zstd.ZstdFile(raw, mode)


class _Coded:
    """A compressed stream that closes the file beneath it as well (the codecs leave it open)."""

    def __init__(self, coded: IO[bytes], raw: BinaryIO) -> None:
        self._coded = coded
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coded, name)

    def __enter__(self) -> _Coded:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._coded)

    def packed_tell(self) -> int:
        """Return how much of the compressed file has been read, in bytes."""
        return self._raw.tell()

    def close(self) -> None:
        try:
            self._coded.close()
        finally:
            self._raw.close()


@contextlib.contextmanager
def unpacked(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file so that a reader can go back and forth in what it holds.

    What is compressed or remote is unpacked into a temporary file, of which memory sees a piece at
    a time; so is what a pipe gives.

    Raises
    ------
    FormatError
        It unpacks to far more than a compressed model does: a bomb.
    """
    if not compression_of(path) and not is_url(path):
        with as_path(path).open("rb") as plain:
            if plain.seekable():
                yield plain
                return
            with spooled(plain) as spool:
                yield cast(BinaryIO, spool)
        return
    most = None if is_url(path) else most_unpacked(as_path(path).stat().st_size)
    with temporary_file() as spool, open_binary(path) as file:
        n_bytes = 0
        for chunk in iter(lambda: file.read(_COPY_NBYTES), b""):
            n_bytes += len(chunk)
            if most is not None and n_bytes > most:
                raise FormatError(
                    f"{path}: unpacks to more than {most} bytes, which no model of its size does."
                    " If it can be trusted, unpack it first"
                )
            spool.write(chunk)
        spool.seek(0)
        yield cast(BinaryIO, spool)


def most_unpacked(n_packed: int) -> int:
    """Return how long the content of a compressed file may be.

    Vectors are compressed to 0.9 of their size, words to 0.3; zeros to 0.001, as bombs are.
    """
    return (_MOST_RATIO * n_packed) + _ALWAYS_UNPACKED


@contextlib.contextmanager
def lines_of(source: AnySource) -> Iterator[Iterable[bytes | str]]:
    """Open a file for reading line by line; one that is open already is left open."""
    if is_path(source):
        with open_binary(source) as file:
            yield file
    elif hasattr(source, "read"):
        yield cast("Iterable[bytes | str]", source)
    else:
        raise not_a_file(source)


def not_a_file(given: object) -> TypeError:
    """Return the error for what is neither a path nor open."""
    return TypeError(f"a file must be given by its path, or open, got {shown(given)}")


def temporary_file(**options: Any) -> Any:
    """Open a file without a name, as `tempfile` does: no signal leaves it open."""
    import tempfile

    with deferred():
        return tempfile.TemporaryFile(**options)


@contextlib.contextmanager
def spooled(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Copy the rest of a binary file to a temporary one, where a reader can go back and forth.

    Yields
    ------
    binary file, at its begin
    """
    if not hasattr(file, "read"):
        raise TypeError(f"a file must be given by its path or as a binary file, got {shown(file)}")
    with temporary_file() as spool:
        for chunk in iter(lambda: file.read(_COPY_NBYTES), b""):
            spool.write(chunk)
        spool.seek(0)
        yield spool


@contextlib.contextmanager
def written_to(target: AnySource, *, append: bool = False) -> Iterator[BinaryIO]:
    """Open a file for writing: a path as `replacing` does, or behind what it holds.

    A file that is open already is written to from where it stands, and left open. Text gets UTF-8
    decoded again.
    """
    if is_path(target):
        with open_binary(target, "ab") if append else replacing(target) as file:
            yield file
    elif not hasattr(target, "write"):
        raise not_a_file(target)
    elif takes_text(target):
        yield cast(BinaryIO, _Decoding(target))
    else:
        yield cast(BinaryIO, target)


def takes_text(target: Any) -> bool:
    """Say whether an open file was opened for text."""
    try:
        target.write(b"")
    except TypeError:
        return True
    return False


def is_decoding(file: Any) -> bool:
    """Say whether what `written_to` opened turns bytes into text."""
    return isinstance(file, _Decoding)


class _Decoding:
    """A text file that takes UTF-8."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        """Write the text that `data` is, which must end with a character."""
        self._file.write(data.decode("utf-8"))

    def writelines(self, lines: Iterable[bytes]) -> None:
        """Write the text of many pieces."""
        for line in lines:
            self.write(line)


def is_replaced(path: str | os.PathLike[str]) -> bool:
    """Say whether what is there stays until all that takes its place is written."""
    return not is_url(path) and (not as_path(path).exists() or as_path(path).is_file())


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for writing, compressed by suffix, and replace the old one when all went well.

    A URL is written through smart_open, whose store decides what a failure leaves; so is what is
    no plain file (a pipe, /dev/stdout), in place.
    """
    with replacing_all([path]) as (file,):
        yield file


@contextlib.contextmanager
def replacing_all(paths: Sequence[str | os.PathLike[str]]) -> Iterator[list[BinaryIO]]:
    """Open files that belong together for writing, and replace the old ones, all or none.

    Parameters
    ----------
    paths : list of str or path
        The last is the one by which they are read; see `replacement.writing`.
    """
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(
                f"a file must be given by its path, a str or os.PathLike, got {shown(path)}"
            )
    from fastsgns.io import replacement

    paths = list(map(expanded, paths))
    with contextlib.ExitStack() as stack:
        if not all(map(is_replaced, paths)):
            yield [stack.enter_context(open_binary(path, "wb")) for path in paths]
            return
        raw_files = stack.enter_context(replacement.writing(paths))
        with contextlib.ExitStack() as codecs:
            yield [
                # A codec ends its stream when closed, and must not close the file, which is synced.
                codecs.enter_context(
                    _through_codec(cast(BinaryIO, _KeptOpen(raw)), compression_of(path), "wb")
                )
                if compression_of(path)
                else raw
                for raw, path in zip(raw_files, paths, strict=True)
            ]


class _KeptOpen:
    """A file whose close() does nothing."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def close(self) -> None:
        """Leave the file open, for its owner to close."""
