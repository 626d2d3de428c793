"""Engine room: KeyedVectors to and from the formats of word2vec.c."""

from __future__ import annotations

import os
import sys
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastsgns._keyed_files import KeyedFiles
from fastsgns._keyed_store import logger
from fastsgns.io import word2vec_format, word_counts
from fastsgns.io.vector_reader import CHUNK_SIZE

Path = str | os.PathLike[str]


class KeyedFormats(KeyedFiles):
    """What writes and reads the formats that other programs know."""

    def save_word2vec_format(
        self,
        fname: Path,
        fvocab: Path | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",
    ) -> None:
        """Write the vectors in the format of word2vec.c.

        Parameters
        ----------
        fname : str or path
            A suffix .gz, .bz2, .xz or .zst compresses.
        fvocab : str or path, optional
            Write the keys and their `sort_attr` to this file.
        binary : bool, default False
        total_vec : int, optional
            The number of vectors in the header, when more are appended later.
        write_header : bool, default True
        prefix : str
            Put before each key.
        append : bool, default False
            Write behind what `fname` holds.
        sort_attr : str, default "count"
            Write in descending order of this attribute; without it, in the order of the rows.

        Raises
        ------
        TypeError
            A key is neither a str nor an int.
        ValueError
            `fvocab` without the attribute.
        """
        keys = [_key_text(key, row, prefix) for row, key in enumerate(self.index_to_key)]
        n_blank = sum(1 for key in keys if " " in key or "\n" in key)
        if n_blank:
            logger.warning(
                "%d keys hold a space or a newline, so that %s cannot be read back", n_blank, fname
            )
        order = np.arange(len(self))
        if sort_attr in self.expandos:
            order = np.argsort(-self.expandos[sort_attr].astype(np.float64), kind="stable")
        elif fvocab is not None:
            raise ValueError(
                f"Cannot store vocabulary with '{sort_attr}' because that attribute does not exist"
            )
        else:
            logger.warning(
                "attribute %s not present in %s; will store in internal index_to_key order",
                sort_attr,
                self,
            )
        if fvocab is not None:
            logger.info("storing vocabulary in %s", fvocab)
            values = self.expandos[sort_attr]
            word_counts.write(fvocab, ((keys[row], values[row]) for row in order.tolist()))
        count = len(self) if total_vec is None else total_vec
        logger.info("storing %sx%s projection weights into %s", count, self.vector_size, fname)
        # differs from gensim: int keys are written once; there those that begin the list as
        # 0, 1, 2... come twice, and as many of the last vectors are lost on loading.
        word2vec_format.write(
            fname,
            keys,
            self.vectors,
            order,
            binary=binary,
            header_count=count,
            write_header=write_header,
            append=append,
        )

    @classmethod
    def load_word2vec_format(
        cls,
        fname: Path,
        fvocab: Path | None = None,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: DTypeLike = np.float32,
        no_header: bool = False,
    ) -> Self:
        """Load vectors in the format of word2vec.c (with `no_header`, GloVe's).

        Parameters
        ----------
        fname : str or path
            Decompressed by suffix. A URL needs smart_open.
        fvocab : str or path, optional
            The counts of the words, as `save_word2vec_format` writes them. Without it, the counts
            are made up: n, n - 1, ..., 1.
        binary : bool, default False
        encoding, unicode_errors : str
            As for `bytes.decode`.
        limit : int, optional
            Load the first so many words only; None or 0 means all.
        datatype : dtype, default float32
            Type of the vectors in memory.
        no_header : bool, default False
            The file (text only) begins with the first word.

        Raises
        ------
        FormatError
            The file is not what it should be; the message names the place. A
            TruncatedFileError is an EOFError too, an UndecodableTextError a UnicodeDecodeError.
        """
        return load_word2vec_format(
            cls, fname, fvocab, binary, encoding, unicode_errors, limit, datatype, no_header
        )

    def intersect_word2vec_format(
        self,
        fname: Path,
        lockf: float = 0.0,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> None:
        """Replace the vectors of those keys that a file in the format of word2vec.c has, too.

        Parameters
        ----------
        fname : str or path
        lockf : float, default 0.0
            What the steps of training are multiplied by for the vectors that were replaced:
            0 keeps them, 1 lets them be trained on.
        binary : bool, default False
        encoding, unicode_errors : str
            As for `bytes.decode`.

        Raises
        ------
        ValueError
            The vectors of the file have another size. Nothing has been replaced then.
        """
        logger.info("loading projection weights from %s", fname)
        rows: list[int] = []
        found: list[NDArray[Any]] = []
        with word2vec_format.open_reader(
            fname, binary=binary, encoding=encoding, errors=unicode_errors
        ) as reader:
            if reader.vector_size != self.vector_size:
                raise ValueError(
                    f"incompatible vector size {reader.vector_size} in file {fname}, "
                    f"these vectors have {self.vector_size}"
                )
            for words, vectors in reader.blocks():
                known = [i for i, word in enumerate(words) if word in self.key_to_index]
                rows += [self.key_to_index[words[i]] for i in known]
                found.append(vectors[known])
        if rows:
            self.vectors[rows] = np.concatenate(found)
        # differs from gensim: each key has its lock afterwards; there, the one lock that stands for
        # all keys is set, or indexed beyond its end (its issue 3094).
        locks = getattr(self, "vectors_lockf", np.ones(1, np.float32))
        self.vectors_lockf = np.resize(locks, len(self)).astype(np.float32)
        self.vectors_lockf[rows] = lockf
        self.norms = None
        self.add_lifecycle_event(
            "intersect_word2vec_format",
            msg=f"merged {len(rows)} vectors into {self.vectors.shape} matrix from {fname}",
            binary=binary,
            encoding=encoding,
        )


Vectors = TypeVar("Vectors", bound=KeyedFormats)


def load_word2vec_format(
    cls: type[Vectors],
    fname: Path,
    fvocab: Path | None = None,
    binary: bool = False,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    limit: int | None = sys.maxsize,
    datatype: DTypeLike = np.float32,
    no_header: bool = False,
    binary_chunk_size: int = CHUNK_SIZE,
) -> Vectors:
    """Load vectors into a new `cls`; see `KeyedFormats.load_word2vec_format`.

    `binary_chunk_size` is the number of bytes read at a time.
    """
    counts: dict[str, int] | None = None
    if fvocab is not None:
        logger.info("loading word counts from %s", fvocab)
        counts = word_counts.read(fvocab, encoding=encoding, errors=unicode_errors)
    logger.info("loading projection weights from %s", fname)
    words, vectors = word2vec_format.read(
        fname,
        binary=binary,
        encoding=encoding,
        errors=unicode_errors,
        limit=limit,
        datatype=datatype,
        no_header=no_header,
        chunk_size=binary_chunk_size,
    )
    key_to_index = dict(zip(words, range(len(words)), strict=True))
    if len(key_to_index) < len(words):
        # differs from gensim: no rows without a key stay behind.
        words, vectors = _without_repeats(words, vectors)
        key_to_index = dict(zip(words, range(len(words)), strict=True))

    loaded = cls(vectors.shape[1], 0, dtype=datatype)
    loaded.index_to_key = words
    loaded.key_to_index = key_to_index
    loaded.vectors = vectors
    loaded.next_index = len(words)
    loaded.expandos["count"] = np.arange(len(words), 0, -1)
    if counts is not None:
        loaded.expandos["count"] = np.array([_count(counts, w) for w in words], dtype=np.int64)
    loaded.add_lifecycle_event(
        "load_word2vec_format",
        msg=f"loaded {vectors.shape} matrix of type {vectors.dtype} from {fname}",
        binary=binary,
        encoding=encoding,
    )
    return loaded


def _without_repeats(words: list[str], vectors: NDArray[Any]) -> tuple[list[str], NDArray[Any]]:
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        if first.setdefault(word, row) != row:
            logger.warning("duplicate word '%s' in word2vec file, ignoring all but first", word)
    return list(first), vectors[list(first.values())]


def _count(counts: dict[str, int], word: str) -> int:
    if word not in counts:
        # differs from gensim: counted 0; there, TypeError after the warning.
        logger.warning("vocabulary file is incomplete: '%s' is missing", word)
    return counts.get(word, 0)


def _key_text(key: Any, row: int, prefix: str) -> str:
    if not isinstance(key, (str, int, np.integer)):
        raise TypeError(
            f"only str and int keys can be written in word2vec's formats, the key of row {row} "
            f"is {key!r}"
        )
    return f"{prefix}{key}"
