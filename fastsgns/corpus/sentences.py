"""Engine room: readers of text files, as gensim's: lists of tokens, again and again."""

from __future__ import annotations

import glob
import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastsgns._shown import shown
from fastsgns.corpus.refusals import check_file
from fastsgns.io.errors import NoSuchSourceError
from fastsgns.io.files import as_path, expanded, is_path, is_url, open_binary

#: The longest sentence that the readers give by default; longer lines are cut into pieces of this
#: many tokens.
MAX_SENTENCE_LENGTH = 10000

#: How much of a file without line ends is read at a time, in bytes.
READ_BLOCK = 8192


def _decode(raw: bytes, source: Any, place: str) -> str:
    """Decode UTF-8; an error says where it happened."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        error.add_note(f"in {place} of {source}")
        raise


def _chunks(tokens: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(tokens), size):
        yield tokens[start : start + size]


def _files_in(folder: Path) -> list[str]:
    """List the files of a folder, but not of its subfolders, by name."""
    return [str(p) for p in sorted(folder.iterdir()) if p.is_file()]


class LineSentence:
    """Read a text with one sentence a line, tokens separated by white space.

    Parameters
    ----------
    source : str, path or file object
        A file, plain or .gz, .bz2, .xz, .zst, in UTF-8; or an object that iterates over lines
        (bytes or str) and has `seek(0)`.
    max_sentence_length : int, default 10000
        Longer lines are cut into sentences of this many tokens.
    limit : int or None, default None
        Read only the first `limit` lines.

    Raises
    ------
    UnicodeDecodeError
        While iterating, for a line that is not UTF-8; a note names the line.
    """

    def __init__(
        self, source: Any, max_sentence_length: int = MAX_SENTENCE_LENGTH, limit: int | None = None
    ) -> None:
        self.source = source
        self.max_sentence_length = max_sentence_length
        self.limit = limit

    def _open(self) -> AbstractContextManager[Iterable[bytes | str]]:
        if hasattr(self.source, "seek"):
            self.source.seek(0)
            return nullcontext(self.source)
        return open_binary(self.source)

    def __iter__(self) -> Iterator[list[str]]:
        with self._open() as lines:
            for number, line in enumerate(itertools.islice(lines, self.limit), start=1):
                if isinstance(line, str):
                    text = line
                else:
                    text = _decode(line, self.source, f"line {number}")
                yield from _chunks(text.split(), self.max_sentence_length)


class PathLineSentences:
    """Read the files of a folder, but not its subfolders, as `LineSentence`, by name.

    Parameters
    ----------
    source : str or path
        A folder, or one file.
    max_sentence_length, limit
        As in `LineSentence`; the limit counts lines of each file.

    Attributes
    ----------
    input_files : list of str

    Raises
    ------
    FileNotFoundError
        When `source` is neither a file nor a folder. A ValueError too, as in gensim.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        max_sentence_length: int = MAX_SENTENCE_LENGTH,
        limit: int | None = None,
    ) -> None:
        self.source = source
        self.max_sentence_length = max_sentence_length
        self.limit = limit
        folder = Path(expanded(source))
        if folder.is_file():
            self.input_files = [os.fspath(source)]
        elif os.fspath(source) and folder.is_dir():
            self.input_files = _files_in(folder)
        else:
            raise NoSuchSourceError("source is neither a file nor a folder", os.fspath(source))

    def __iter__(self) -> Iterator[list[str]]:
        for name in self.input_files:
            yield from LineSentence(name, self.max_sentence_length, self.limit)


class Text8Corpus:
    """Read a text without line ends, such as text8, as sentences of a fixed number of tokens.

    Parameters
    ----------
    fname : str or path
        A file, plain or compressed, in UTF-8.
    max_sentence_length : int, default 10000
        Tokens a sentence; the last one may be shorter.
    """

    def __init__(
        self, fname: str | os.PathLike[str], max_sentence_length: int = MAX_SENTENCE_LENGTH
    ) -> None:
        self.fname = fname
        self.max_sentence_length = max_sentence_length

    def __iter__(self) -> Iterator[list[str]]:
        sentence: list[str] = []
        rest = b""
        n_read = 0
        with open_binary(self.fname) as source:
            while block := source.read(READ_BLOCK):
                rest += block
                # The last token may go on in the next block: keep what follows the last ASCII space
                # for later.
                cut = max(rest.rfind(space) for space in (b" ", b"\n", b"\t", b"\r")) + 1
                sentence += _decode(
                    rest[:cut], self.fname, f"the block before byte {n_read}"
                ).split()
                rest = rest[cut:]
                n_read += len(block)
                while len(sentence) >= self.max_sentence_length:
                    yield sentence[: self.max_sentence_length]
                    sentence = sentence[self.max_sentence_length :]
        sentence += _decode(rest, self.fname, f"the block before byte {n_read}").split()
        yield from _chunks(sentence, self.max_sentence_length)


class BrownCorpus:
    """Read a folder of files in the Brown corpus's form: ``word/tag`` tokens, a sentence a line.

    A token becomes its word in lower case with the first two characters of its tag, ``the/at``.
    Those whose tag does not begin with a letter (punctuation) are left out, and so are lines
    without any token.

    Parameters
    ----------
    dirname : str or path
        A folder of files, plain or compressed, in UTF-8; they are read by name.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        While iterating.
    """

    def __init__(self, dirname: str | os.PathLike[str]) -> None:
        self.dirname = dirname

    def __iter__(self) -> Iterator[list[str]]:
        # differs from gensim: by name, where it takes the order in which the system lists them.
        for name in _files_in(as_path(self.dirname)):
            for tokens in LineSentence(name, sys.maxsize):
                parts = [token.split("/") for token in tokens]
                sentence = [
                    f"{part[0].lower()}/{part[1][:2]}"
                    for part in parts
                    if len(part) == 2 and part[1][:1].isalpha()
                ]
                if sentence:
                    yield sentence


@dataclass(frozen=True)
class TextFiles:
    """Texts with one sentence a line, for the compiled reader, which gives ids and no lists.

    Attributes
    ----------
    paths : tuple of str or path
        Files (plain or compressed), pipes, URLs.
    max_sentence_length : int or None
        Longer lines are cut into sentences of this many tokens; None: no line is cut.
    limit : int or None
        Read only so many lines of each.
    """

    paths: tuple[str | os.PathLike[str], ...]
    max_sentence_length: int | None = None
    limit: int | None = None

    def __iter__(self) -> Iterator[list[str]]:
        for path in self.paths:
            yield from LineSentence(path, self.max_sentence_length or sys.maxsize, self.limit)


def as_text(sentences: Iterable[Any] | TextFiles) -> Iterable[Any] | TextFiles:
    """Return the text files that our own readers over paths stand for; all else as it is.

    A subclass of them may do in `__iter__` what it likes.
    """
    paths: tuple[Any, ...]
    if type(sentences) is LineSentence:
        paths = (sentences.source,)
    elif type(sentences) is PathLineSentences:
        paths = tuple(sentences.input_files)
    else:
        return sentences
    longest, limit = sentences.max_sentence_length, sentences.limit
    is_plain = (
        all(isinstance(path, (str, os.PathLike)) and not hasattr(path, "seek") for path in paths)
        and type(longest) is int
        and longest >= 1
        and (limit is None or (type(limit) is int and limit >= 0))
    )
    # What cannot be right is left to the reader itself, for its own error.
    return TextFiles(paths, longest, limit) if is_plain else sentences


def corpus_files(corpus_file: Any, is_text: bool = True) -> TextFiles:
    """Return the files that `corpus_file` names: one, those of a folder, or those of a pattern.

    Parameters
    ----------
    corpus_file : str or path
    is_text : bool, default True
        Refuse what is no text with a sentence a line.

    Raises
    ------
    TypeError
        When it is no path.
    FileNotFoundError
        There is no file. A TypeError too, which is gensim's error for it.
    ValueError
        A file is no text with a sentence a line: a table, a pickle...
    """
    if not is_path(corpus_file):
        raise TypeError(f"corpus_file must be a path, got {shown(corpus_file)}")
    # differs from gensim: a Path is a path; its train() hangs on one.
    name = expanded(corpus_file)
    is_folder = os.path.isdir(name)  # noqa: PTH112 (a Path has an error for too long names)
    is_there = os.path.exists(name)  # noqa: PTH110
    if is_url(corpus_file) or (is_there and not is_folder):  # also what is no plain file
        if is_text:
            check_file(corpus_file)
        return TextFiles((corpus_file,), MAX_SENTENCE_LENGTH)
    if name and is_folder:
        found = _files_in(Path(name))
    else:
        # A set: with two ** in the pattern, a file may match in several ways.
        matches = set(map(Path, glob.glob(name, recursive=True)))  # noqa: PTH207 (may be absolute)
        found = [str(match) for match in sorted(matches) if match.is_file()]
    if not found:
        raise NoSuchSourceError(
            "corpus_file must be the path of a file, of a folder of files, or a pattern such as"
            " texts/*.gz that some match, got",
            shown(name),
        )
    if is_text:
        for file in found:
            check_file(file)
    return TextFiles(tuple(found), MAX_SENTENCE_LENGTH)


def as_sentences(
    corpus_iterable: Iterable[Any] | None, corpus_file: Any
) -> Iterable[Any] | TextFiles:
    """Return the one source of sentences that is given.

    Raises
    ------
    TypeError
        When none or both are given, `corpus_iterable` can't be iterated, or `corpus_file` is no
        file.
    """
    if (corpus_iterable is None) == (corpus_file is None):
        given = "none" if corpus_file is None else "both"
        raise TypeError(
            f"exactly one of corpus_iterable (sentences) and corpus_file must be given, got {given}"
        )
    if corpus_iterable is None:
        # Lines are cut as LineSentence cuts them, so that both ways give the same model, and a
        # text of one line (text8) has jobs for all threads.
        # differs from gensim: it counts in these pieces too, but trains only the first of a line.
        return corpus_files(corpus_file)
    if not isinstance(corpus_iterable, Iterable) and not any(
        hasattr(corpus_iterable, name) for name in ("__getitem__", "__arrow_c_stream__")
    ):
        kind = type(corpus_iterable).__name__
        raise TypeError(
            "corpus_iterable must be an iterable of lists of tokens,"
            f" got a {kind}: {shown(corpus_iterable, 40)}"
            + (". Perhaps you want corpus_file=" if is_path(corpus_iterable) else "")
        )
    return corpus_iterable
