"""Engine room: what cannot be meant as a corpus, and what probably was.

gensim trains on the characters of a str, on the keys of a dict and on the bytes of any file, and
says nothing. Here these are errors that show what came, and the call that would be right.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fastsgns._shown import shown
from fastsgns.io.files import COMPRESSED_SUFFIXES, as_path, is_url

#: Characters of what came that a message shows.
WIDTH = 40

#: Programs that cannot be edited get what gensim does: `patch_gensim` sets it.
is_lenient = False

#: Files that hold no text with a sentence a line, by suffix, and how to read them.
BY_SUFFIX = {
    ".csv": "pandas.read_csv({path})[COLUMN].str.split()",
    ".tsv": "pandas.read_csv({path}, sep='\\t')[COLUMN].str.split()",
    ".json": "[row[COLUMN].split() for row in json.load(open({path}))]",
    ".jsonl": "[json.loads(line)[COLUMN].split() for line in open({path})]",
    ".ndjson": "[json.loads(line)[COLUMN].split() for line in open({path})]",
    ".parquet": "pyarrow.parquet.read_table({path})[COLUMN].to_pylist(), a list of tokens each",
    ".feather": "pyarrow.feather.read_table({path})[COLUMN].to_pylist(), a list of tokens each",
    ".arrow": "pyarrow.ipc.open_file({path}).read_all()[COLUMN].to_pylist()",
    ".pkl": "pickle.load(open({path}, 'rb')), if you trust it",
    ".pickle": "pickle.load(open({path}, 'rb')), if you trust it",
    ".npz": "corpus=EncodedCorpus.open({path}), if EncodedCorpus.save() wrote it",
    ".npy": "numpy.load({path}).tolist()",
    ".h5": "h5py.File({path})[NAME]",
    ".hdf5": "h5py.File({path})[NAME]",
    ".sqlite": "[row[0].split() for row in sqlite3.connect({path}).execute(QUERY)]",
    ".xlsx": "pandas.read_excel({path})[COLUMN].str.split()",
    ".xml": "the text that a parser of XML finds in it",
    ".html": "the text that a parser of HTML finds in it",
    ".pdf": "the text that is extracted from it",
    ".docx": "the text that is extracted from it",
    ".zip": "the text that is unpacked from it",
    ".tar": "the text that is unpacked from it",
}

#: The same by what such files begin with, whatever they are called.
BY_BEGIN = {
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    b"FEA1": ".feather",
    b"PK\x03\x04": ".npz",
    b"\x80\x02": ".pkl",
    b"\x80\x03": ".pkl",
    b"\x80\x04": ".pkl",
    b"\x80\x05": ".pkl",
    b"\x93NUMPY": ".npy",
    b"\x89HDF": ".h5",
    b"%PDF": ".pdf",
    b"SQLite format 3\0": ".sqlite",
}

_HEAD_NBYTES = 1 << 12


def is_scipy_sparse(given: Any) -> bool:
    """Say whether it is a sparse matrix or array of SciPy, which need not be loaded for that."""
    return type(given).__module__.startswith("scipy.sparse")


def check_corpus(sentences: Any) -> None:
    """Raise TypeError for what is iterable, but no corpus: text, a mapping, an open file."""
    if is_lenient:
        return
    what = ""
    if isinstance(sentences, str):
        what = (
            "corpus_file=, if it is a path; of a text, [line.split() for line in text.split('\\n')]"
        )
    elif isinstance(sentences, (bytes, bytearray, memoryview)):
        what = "[line.split() for line in data.decode().split('\\n')]"
    elif is_scipy_sparse(sentences):
        what = (
            "fastsgns.graphs.RandomWalks(matrix), if it is a graph; a sparse matrix of counts no"
            " longer has the order of the tokens"
        )
    elif isinstance(sentences, Mapping):
        what = "build_vocab_from_freq() for words and counts; else a list of lists of tokens"
    elif hasattr(sentences, "read") and hasattr(sentences, "readline"):
        what = "LineSentence(file) for text with a sentence a line"
    if what:
        raise TypeError(
            f"sentences must be an iterable of lists of tokens, got {_described(sentences)}."
            f" Perhaps you want {what}"
        )


def check_texts(texts: Any) -> None:
    """Raise TypeError for what is no iterable of texts, which are lists of tokens."""
    what = ""
    if isinstance(texts, (str, bytes, bytearray, memoryview)):
        what = "[text.split()], or [text.split() for text in texts]"
    elif is_scipy_sparse(texts):
        what = "the tokens themselves; a sparse matrix of counts is multiplied, matrix @ wv.vectors"
    elif isinstance(texts, Mapping):
        what = "its values(), a list of tokens each"
    elif not isinstance(texts, Iterable) and not hasattr(texts, "__arrow_c_stream__"):
        what = "a list of lists of tokens"
    if what:
        raise TypeError(
            f"texts must be an iterable of lists of tokens, got {_described(texts)}."
            f" Perhaps you want {what}"
        )


def check_sentence(sentence: Any, number: int) -> None:
    """Raise TypeError for what comes in the place of a sentence, and is no sequence of tokens."""
    if isinstance(sentence, str):
        what = "[text.split() for text in texts]; one sentence alone is [[token, token]]"
    elif isinstance(sentence, (bytes, bytearray, memoryview)):
        what = "[text.decode().split() for text in texts]"
    elif isinstance(sentence, Mapping):
        names = ", ".join(shown(name, 20) for name in list(sentence)[:5])
        what = f"[row[NAME].split() for row in rows], with a NAME of {names}"
    elif not hasattr(sentence, "__len__"):
        what = "a list for each sentence; one sentence alone is [[token, token]]"
    else:
        return
    if is_lenient and hasattr(sentence, "__len__"):
        return
    raise TypeError(
        f"a sentence must be a list of tokens, got {_described(sentence)}, as sentence {number}."
        f" Perhaps you want {what}"
    )


def check_file(path: str | os.PathLike[str]) -> None:
    """Raise ValueError for a file that is no text with a sentence a line."""
    if is_lenient:
        return
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if suffixes and suffixes[-1] in COMPRESSED_SUFFIXES:
        suffixes.pop()
    suffix = suffixes[-1] if suffixes and suffixes[-1] in BY_SUFFIX else _suffix_by_begin(path)
    if suffix:
        way_out = BY_SUFFIX[suffix].format(path=shown(os.fspath(path), 60))
        raise ValueError(
            f"corpus_file must be text with a sentence a line, {shown(os.fspath(path))} is a"
            f" {suffix} file. Perhaps you want {way_out}. If it is such text,"
            " sentences=LineSentence(path) reads it"
        )


def _suffix_by_begin(path: str | os.PathLike[str]) -> str:
    """Return the suffix that a file should have by its begin, or "" for what may be text."""
    if is_url(path):
        return ""
    known = as_path(path)
    if not stat.S_ISREG(known.stat().st_mode):
        return ""  # of a pipe, what is looked at would be lost
    with known.open("rb") as file:
        head = file.read(_HEAD_NBYTES)
    for begin, suffix in BY_BEGIN.items():
        if head.startswith(begin):
            return suffix
    first, end, _ = head.partition(b"\n")
    if end and first[:1] == b"{" and first.rstrip()[-1:] == b"}":
        import json

        try:
            json.loads(first)
        except ValueError:
            return ""
        return ".jsonl"
    return ""


def _described(given: Any) -> str:
    """Return the type of what came, and its first characters."""
    text = shown(given, WIDTH)
    return f"a {type(given).__name__}: {text}"
