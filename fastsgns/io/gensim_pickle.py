"""Engine room: the files of gensim's save(), read without running anything that they hold.

A pickle, and beside it a NumPy file for each large array:

    model                          the pickle; compressed when its name ends in .gz or .bz2
    model.syn1neg.npy              an array of the object, named by its attribute
    model.wv.vectors.npy           one of an object inside it
    model.gz.wv.vectors.npz        compressed, with the one member "val"

An object's lists ``__numpys``, ``__recursive_saveloads`` and ``__ignoreds`` say which attributes
are in files of their own, which are objects with such lists themselves, and which were left out.
"""

from __future__ import annotations

import io
import os
import pickle
import reprlib
import zipfile
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns.io import npy, pickle_opcodes, pickle_rows, places
from fastsgns.io.errors import FormatError, OtherModelError, damage_of, is_of_system
from fastsgns.io.files import compression_of, expanded, is_url, name_of, unpacked
from fastsgns.io.gensim_names import (
    CLASSES,
    NAMES,
    OTHER_CLASSES,
    Array,
    Call,
    Held,
    Identifier,
    Named,
    Stored,
    stored_class,
)
from fastsgns.io.interrupts import pass_on
from fastsgns.io.settable import BOOKKEEPING
from fastsgns.io.zip_members import members_of

#: How a pickle begins: protocols 2 to 5 with \x80, 0 and 1 with a class, a mark, a dict or a list.
FIRST_BYTES = (b"\x80", b"c", b"(", b"}", b"]")

#: The most that the algorithm of zip files can make of a byte.
_MOST_DEFLATED = 1032

#: What has a row for each key, under these names.
_KEYS = ("index_to_key", "index2entity", "index2word")
_MATRICES = ("vectors", "syn0", "syn1neg", "syn1")

_ATOMS: frozenset[type] = frozenset({str, int, float, bool, bytes, complex, type(None)})


def looks_like_pickle(begin: bytes) -> bool:
    """Say whether a file that begins so may be a pickle."""
    return begin[:1] in FIRST_BYTES


def read(
    source: str | os.PathLike[str] | IO[bytes],
    mmap: str | None = None,
    own_classes: Collection[str] = (),
    unwanted: Collection[str] = (),
) -> Stored:
    """Read what gensim's save() or pickle wrote of a Word2Vec or KeyedVectors.

    Parameters
    ----------
    source : str, path or binary file
        A binary file has no other files beside it.
    mmap : {None, "r", "c"}
        Map the arrays that are in files of their own: read-only, or copied where written to.
    own_classes : collection of str
        Names, with their module, of further classes that the file may hold: subclasses of the
        caller's. They too come back as a `Stored`.
    unwanted : collection of str
        Arrays of the outermost object that are not read where they are in files of their own.

    Returns
    -------
    Stored
        With arrays, plain values, and more `Stored` for attributes; nothing of gensim's own
        bookkeeping. What was left out on saving is None.

    Raises
    ------
    FormatError
        It names a function or class that is not on the list of `gensim_names`, or is damaged.
    OtherModelError
        Such a name is that of another model of gensim's, of `OTHER_CLASSES`.
    OSError
        `mmap` of what is compressed, remote or open, or a file that should be beside it is missing.
    """
    if mmap not in (None, "r", "c"):
        raise ValueError(f"mmap must be None, 'r' or 'c', got {mmap!r}")
    if isinstance(source, (str, os.PathLike)):
        path = expanded(source)
        if mmap is not None and (compression_of(path) or is_url(path)):
            raise OSError(f"{path}: what is compressed or remote cannot be mapped; use mmap=None")

        def read_all() -> Stored:
            with damage_of(path), unpacked(path) as file:
                root = _unpickle(file, path, own_classes)
                _complete(root, _Place(path, path, _n_keys(root)), mmap, unwanted)
            return root

        return read_all() if is_url(path) else places.read_as_one(path, read_all)
    if mmap is not None:
        raise OSError("an open file cannot be mapped; give its path, or use mmap=None")
    path = name_of(source)
    with damage_of(path):
        root = _unpickle(source, path, own_classes)
        _complete(root, _Place(path, None, None), mmap, unwanted)
    return root


def check(path: str, own_classes: Collection[str]) -> None:
    """Refuse a pickle that names anything beyond the list and `own_classes`, whatever it holds.

    The files beside it hold arrays, and no names.
    """
    with damage_of(path), unpacked(path) as file:
        _unpickle(file, path, own_classes)


# ---------------------------------------------------------------- the pickle


class _Unpickler(pickle.Unpickler):
    """An unpickler that knows the names of the list, and no other."""

    def __init__(self, file: IO[bytes], path: str, own_classes: Collection[str]) -> None:
        # The arrays of Python 2 are text in latin1, its words Unicode.
        super().__init__(cast(Any, file), encoding="latin1")
        self._path = path
        self._classes = dict.fromkeys(own_classes, "own") | CLASSES
        self._found: dict[str, Any] = dict(NAMES)

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if full not in self._found:
            if full not in self._classes:
                kind = OtherModelError if full in OTHER_CLASSES else FormatError
                raise kind(f"{self._path}: {_refusal(full)}")
            self._found[full] = stored_class(full, self._classes[full])
        return self._found[full]


def _refusal(name: str) -> str:
    refused = f"the pickle names {name}, which is not on the list of what a model may hold"
    if name.startswith("fastsgns."):
        return f"{refused} of gensim's: what pickle.dump wrote, pickle.load reads"
    if name.startswith("gensim.models."):
        return (
            f"{refused}: only Word2Vec and KeyedVectors are read. In gensim, write the vectors with"
            " model.wv.save_word2vec_format(path, binary=True); load_word2vec_format reads them"
        )
    return (
        f"{refused}, for it could run any code; nothing was run. If it is your subclass of Word2Vec"
        " or KeyedVectors, call load() of a class of that name, and of that module, which derives"
        " from fastsgns'. If it belongs to an attribute (hashfxn, comment, one of your own), load"
        " the model in gensim, set the attribute to a plain value and save it again"
    )


def _unpickle(file: IO[bytes], path: str, own_classes: Collection[str]) -> Stored:
    try:
        if (short := pickle_rows.shortened(file)) is not None:
            root = _root_of(short.stream, path, own_classes, short.n_bytes)
            if pickle_rows.complete(vars(vars(root).get("wv", root)), short):
                return root
    except Exception as error:  # is raised again below, with its place in the file
        pass_on(error)
        if is_of_system(error):
            raise
    file.seek(0)
    return _root_of(file, path, own_classes)


def _root_of(
    file: IO[bytes], path: str, own_classes: Collection[str], n_bytes_whole: int = 0
) -> Stored:
    pickle_opcodes.check(file, path, n_bytes_whole)
    root = _settled(_Unpickler(file, path, own_classes).load(), {})
    if not isinstance(root, Stored) or root.kind not in ("model", "vectors", "own"):
        raise FormatError(f"{path}: the pickle holds a {type(root).__name__}, not a model")
    return root


def _settled(value: Any, done: dict[int, Any]) -> Any:
    """Return a value with its arrays, scalars and names in the place of what stood for them.

    `done` has what came of the containers that were met, by their id: what is there many times, or
    within itself, is looked at once. It holds the containers too, so that no id comes twice.
    """
    if type(value) in _ATOMS:
        return value
    if isinstance(value, Named):
        return value.value
    if isinstance(value, Call):
        raise ValueError("a function as a value")
    if isinstance(value, Stored) and _are_atoms(vars(value).values()):
        return value  # a word of gensim 3, of which there may be millions
    if isinstance(value, Array) and not _content(value).dtype.hasobject:
        return value.array  # a Huffman path, of which there are two a word
    content = _content(value) if isinstance(value, Array) else value
    if id(value) not in done:
        done[id(value)] = value, content
        done[id(value)] = value, _settled_container(content, done)
    return done[id(value)][1]


def _content(array: Array) -> NDArray[Any]:
    if array.array is None:
        raise ValueError("an array without content")
    return array.array


def _settled_container(value: Any, done: dict[int, Any]) -> Any:
    match value:
        case np.ndarray() if value.dtype.hasobject:
            flat = value.reshape(-1)
            items = flat.tolist()
            if not _are_atoms(items):
                settled = [i if type(i) in _ATOMS else _settled(i, done) for i in items]
                flat[:] = npy.objects(settled, len(items))
        case Held():
            value.state = _settled(value.state, done)
        case Stored():
            _settle_items(vars(value), done)
        case dict():
            _settle_items(value, done)
        case list() if not _are_atoms(value):
            value[:] = [item if type(item) in _ATOMS else _settled(item, done) for item in value]
        case deque():
            value.extend([_settled(value.popleft(), done) for _ in range(len(value))])
        case tuple() | set() | frozenset():
            return type(value)(_settled(item, done) for item in value)
        case Identifier():
            return value.uuid
    return value


def _are_atoms(values: Iterable[Any]) -> bool:
    """Say whether none of many values can hold another one."""
    from fastsgns.io import _checks

    return _checks.are_of(values, _ATOMS)


def _settle_items(items: dict[Any, Any], done: dict[int, Any]) -> None:
    if not _are_atoms(items) and any(type(key) in (Call, Identifier) for key in items):
        renamed = [(_settled(key, done), item) for key, item in items.items()]
        items.clear()
        items.update(renamed)
    if _are_atoms(items.values()):
        return
    for key, item in items.items():
        if type(item) not in _ATOMS:
            items[key] = _settled(item, done)  # of a key that is there: order and size stay


def read_value(data: bytes) -> Any:
    """Return the value in a pickle, if it is one that an attribute may have.

    Raises FormatError or whatever else unpickling does for what is not.
    """
    return _settled(_Unpickler(io.BytesIO(data), "", ()).load(), {})


# ---------------------------------------------------------------- the files beside it


def files_beside(path: str | os.PathLike[str], stored: Stored) -> list[str]:
    """Name the files with arrays of an object that was read from `path`."""
    suffix = ".npz" if compression_of(path) in (".gz", ".bz2") else ".npy"

    def arrays(part: Stored, prefix: str) -> Iterator[str]:
        for name in part.bookkeeping.get("__numpys", ()):
            yield f"{prefix}.{name}{suffix}"
        for name in part.bookkeeping.get("__recursive_saveloads", ()):
            inner = vars(part).get(name)
            if isinstance(inner, Stored):
                yield from arrays(inner, f"{prefix}.{name}")

    return list(arrays(stored, expanded(path)))


class _Place:
    """Where an object is: the file that errors name, and how names of files beside it begin.

    And how many keys there are, if that is known.
    """

    def __init__(self, path: str, prefix: str | None, n_keys: int | None) -> None:
        self.path = path
        self.prefix = prefix
        self.n_keys = n_keys

    def of(self, attribute: str) -> _Place:
        prefix = None if self.prefix is None else f"{self.prefix}.{attribute}"
        return _Place(self.path, prefix, self.n_keys)


def _n_keys(root: Stored) -> int | None:
    """Return how many keys an object of any age has."""
    attributes = vars(root)
    inner = attributes.get("wv")
    if isinstance(inner, Stored):
        attributes = vars(inner)
    found = [attributes[name] for name in _KEYS if isinstance(attributes.get(name), list)]
    return len(found[0]) if found else None


def _complete(
    stored: Stored, place: _Place, mmap: str | None, unwanted: Collection[str] = ()
) -> None:
    """Put the arrays of other files into an object, and take gensim's bookkeeping out."""
    attributes = vars(stored)
    lists = {name: attributes.pop(name, []) for name in list(attributes) if name[:2] == "__"}
    for name, value in lists.items():
        if not isinstance(value, list) or not all(_is_attribute(item) for item in value):
            raise FormatError(
                f"{place.path}: {name} is {reprlib.repr(value)}, not a list of attributes"
            )
    for attribute in lists.get("__recursive_saveloads", ()):
        part = attributes.get(attribute)
        if isinstance(part, Stored):
            _complete(part, place.of(attribute), mmap)
    for attribute in lists.get("__scipys", ()):
        raise FormatError(f"{place.path}: a sparse matrix {attribute!r} is not part of a model")
    for attribute in lists.get("__numpys", ()):
        if attribute not in unwanted:
            attributes[attribute] = _read_array(place.of(attribute), attribute, mmap)
    for attribute in lists.get("__ignoreds", ()):
        attributes.setdefault(attribute, None)
    stored.bookkeeping = {name: lists[name] for name in BOOKKEEPING if name in lists}


def _is_attribute(name: Any) -> bool:
    """Say whether this can name an attribute, and so be part of a file's name."""
    return isinstance(name, str) and name.isidentifier()


def _read_array(place: _Place, attribute: str, mmap: str | None) -> NDArray[Any]:
    n_keys = place.n_keys if attribute in _MATRICES else None
    if place.prefix is None:
        raise FormatError(
            f"{place.path}: its array {attribute!r} is in another file; load it by its path"
        )
    # gensim compresses them when the pickle is compressed by one of the codecs it knows.
    if compression_of(place.path) in (".gz", ".bz2"):
        return _read_compressed(f"{place.prefix}.npz", n_keys)
    path = f"{place.prefix}.npy"
    with damage_of(path), unpacked(path) as file:
        n_bytes = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(npy.MAX_HEADER_NBYTES)
        header = _fitting(npy.header_of(head, path, n_bytes), n_keys, path)
        if mmap is not None:
            mapped = npy.map_data(file, header, header.length, cast(npy.MmapMode, mmap))
            if mapped is not None:
                return mapped
        file.seek(header.length)
        return npy.read_data(file, header, path)


def _fitting(header: npy.Header, n_keys: int | None, place: str) -> npy.Header:
    """Return the header of an array with no more rows than there are keys, before it is read.

    The keys that were added to the vectors only have none in the other matrices.
    """
    if n_keys is not None and not (header.shape and header.shape[0] <= n_keys):
        raise FormatError(f"{place}: an array of {header.shape} for {n_keys} keys")
    return header


def _read_compressed(path: str, n_keys: int | None) -> NDArray[Any]:
    with damage_of(path), unpacked(path) as file:
        info = members_of(file, path)["val.npy"]
        if info.file_size > _MOST_DEFLATED * info.compress_size + npy.MAX_HEADER_NBYTES:
            raise FormatError(
                f"{path}: val.npy: {info.file_size} bytes cannot be in {info.compress_size}"
            )
        place = f"{path}: val.npy"
        archive = zipfile.ZipFile(file)
        with archive, archive.open(info) as member:
            head = member.read(npy.MAX_HEADER_NBYTES)
            header = _fitting(npy.header_of(head, place, info.file_size), n_keys, place)
            member.seek(header.length)
            array = npy.read_data(member, header, place)
            member.read()  # to its end, where the checksum is compared
            return array
