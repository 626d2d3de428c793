"""Files that cannot be right, of each kind that a reader has met: what is written, who reads it.

`CASES` has one `Case` for each. tests/test_malformed_files.py runs them all, the harnesses of
tests/fuzz begin with them.
"""

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec, info, verify
from fastsgns.distributed.chunks import Chunk, SourceFile
from fastsgns.distributed.counting import Size
from fastsgns.distributed.state import Options, State, Text
from fastsgns.evaluation import report
from fastsgns.graphs import RandomWalks
from fastsgns.io import gensim_writer, native
from fastsgns.io.gensim_names import KEYED_VECTORS, WORD2VEC, stored_class


class Case(NamedTuple):
    """A file, or several, that a reader must refuse."""

    name: str
    read: Callable[[Path], object]
    files: dict[str, Callable[[], bytes]]  # the first is read, the others are beside it
    error: str = "FormatError"  # the class that is raised, or one of its bases

    def write(self, folder):
        """Write the files; return the path of the one to read, and how long all are."""
        n_bytes = 0
        for name, make in self.files.items():
            n_bytes += (folder / name).write_bytes(make())
        return folder / next(iter(self.files)), n_bytes


# ---- what is good about them ---------------------------------------------------------------------

SENTENCES = [["a", "b", "c", "d"], ["c", "b", "e"]] * 5


def example_model(**options):
    return Word2Vec(SENTENCES, **({"vector_size": 4, "min_count": 1, "workers": 1} | options))


def saved(thing, **options):
    file = io.BytesIO()
    thing.save(file, **options)
    return file.getvalue()


def model_bytes():
    return saved(example_model())


def first_model_bytes():
    return (Path(__file__).parent / "data" / "native-1.model").read_bytes()


def vectors_bytes():
    return saved(example_model().wv)


def corpus_bytes():
    file = io.BytesIO()
    corpus = EncodedCorpus.from_sentences(SENTENCES)
    header = {"class": "EncodedCorpus", "sentences": len(SENTENCES), "tokens": len(corpus.ids)}
    arrays = {"counts": corpus.counts, "offsets": corpus.offsets, "ids": corpus.ids}
    native.write(file, header, corpus.words, arrays)
    return file.getvalue()


def members_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def replaced(data, **changes):
    """Make a native file anew with other members; a function is given the old one."""
    members = members_of(data)
    for name, change in changes.items():
        full = {"header": "header.json", "keys": "keys.json", "table": "keys.table"}.get(
            name, f"{name}.npy"
        )
        made = change(members.get(full)) if callable(change) else change
        if made is None:
            del members[full]
        else:
            members[full] = made
    return zipped(members)


def with_header(make, **changes):
    """Return what makes a native file whose header has other entries; "a__b" is b of a."""

    def made():
        def change(old):
            header = json.loads(old)
            for path, value in changes.items():
                *above, last = path.split("__")
                part = header
                for name in above:
                    part = part[name]
                part[last] = value
            return json.dumps(header).encode()

        return replaced(make(), header=change)

    return made


def with_members(make, **changes):
    return lambda: replaced(make(), **changes)


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
    return file.getvalue()


def npy_of(descr, shape, data=b"", version=b"\x01\x00", fortran=False):
    text = f"{{'descr': {descr!r}, 'fortran_order': {fortran}, 'shape': {shape!r}}}"
    return raw_npy(text, data, version)


def raw_npy(text, data=b"", version=b"\x01\x00"):
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text.encode() + data


def stored(class_name=WORD2VEC, kind="model", **attributes):
    made = stored_class(class_name, kind)()
    vars(made).update(attributes)
    return made


def pickled(thing, protocol=4):
    file = io.BytesIO()
    gensim_writer.write(file, thing, protocol=protocol)
    return file.getvalue()


def gensim_vectors(**attributes):
    """Make the pickle of a KeyedVectors with some attributes changed."""
    whole = {
        "vector_size": 2,
        "index_to_key": ["a", "b"],
        "key_to_index": {"a": 0, "b": 1},
        "vectors": np.ones((2, 2), np.float32),
        "expandos": {},
        "norms": None,
        "next_index": 0,
    }
    return pickled(stored(KEYED_VECTORS, "vectors", **(whole | attributes)))


def in_a_model(value):
    """Make a pickle of a model whose one attribute is made by these opcodes."""
    head = b"\x80\x04cgensim.models.word2vec\nWord2Vec\n)\x81}(X\x04\x00\x00\x00held"
    return head + value + b"ub."


def marked(item, n):
    """Opcodes for a list of n times what `item` makes."""
    return b"](" + item * n + b"e"


def call(name, args):
    module, _, function = name.rpartition(".")
    return b"c" + module.encode() + b"\n" + function.encode() + b"\n" + args + b"R"


def long4(n):
    data = n.to_bytes(n.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8b" + struct.pack("<i", len(data)) + data


def long1(n):
    data = n.to_bytes(n.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def colliding(n, opcode=long1):
    """Opcodes for n integers that are equal modulo 2**61 - 1."""
    return b"".join(opcode((2**61 - 1) * (i + 100)) for i in range(n))


def compressed_zeros(compress, begin, n_megabytes):
    """Begin well, and go on with zeros, in streams that follow one another."""
    return lambda: compress(begin) + compress(bytes(10**6)) * n_megabytes


# ---- who reads -----------------------------------------------------------------------------------


def a_model(path):
    return Word2Vec.load(path)


def vectors(path):
    return KeyedVectors.load(path)


def mapped(path):
    return KeyedVectors.load(path, mmap="r")


def verified(path):
    return verify(path)


def mapped_and_verified(path):
    return KeyedVectors.load(path, mmap="r", verify=True)


def looked_up(path):
    return KeyedVectors.load(path, mmap="r")["a"]


def corpus(path):
    return EncodedCorpus.open(path, in_memory=True)


def corpus_on_disk(path):
    """Open a corpus that stays in its file, and use all of it."""
    opened = EncodedCorpus.open(path)

    model = Word2Vec(vector_size=4, min_count=1, workers=1)
    model.build_vocab(opened)
    return list(opened)


def pruned_corpus_on_disk(path):
    model = Word2Vec(vector_size=4, min_count=1, workers=1, max_vocab_size=2)
    return model.build_vocab(EncodedCorpus.open(path))


def sentences(path):
    return EncodedCorpus.from_file(path)


def sentences_on_threads(path):
    return EncodedCorpus.from_file(path, workers=2)


def text(path):
    return KeyedVectors.load_word2vec_format(path)


def text_without_header(path):
    return KeyedVectors.load_word2vec_format(path, no_header=True)


def binary(path):
    return KeyedVectors.load_word2vec_format(path, binary=True)


def with_counts(path):
    return KeyedVectors.load_word2vec_format(path, fvocab=path.with_name("counts"))


def whatever(path):
    return KeyedVectors.load_any(path)


def told(path):
    return info(path)


def some_keys(path):
    return KeyedVectors.load_word2vec_format(path, keys=["a"])


def some_keys_binary(path):
    return KeyedVectors.load_word2vec_format(path, keys=["a"], binary=True)


def any_mapped(path):
    return KeyedVectors.load_any(path, mmap="r")


def judged(path):
    return report(example_model().wv, path)


def analogies(path):
    return example_model().wv.evaluate_word_analogies(path)


def scored_pairs(path):
    return example_model().wv.evaluate_word_pairs(path)


def edges(path):
    return RandomWalks(path)


def resumed(path):
    return Word2Vec.resume(path, SENTENCES)


def resumed_run(path):
    return State.read(path)


# ---- the cases -----------------------------------------------------------------------------------

CASES: list[Case] = []


def add(name, read, make, error="FormatError", file="file", beside=None):
    files = {file: make if callable(make) else (lambda: make)}
    CASES.append(Case(name, read, files | (beside or {}), error))


# native files: the header

for n, random in enumerate(
    [
        ["MT19937", 10**9, 0, 0.0], ["MT19937", 2**40, 0, 0.0], ["MT19937", -1, 0, 0.0],
        ["MT19937", 625, 0, 0.0], ["MT19937", 2**70, 0, 0.0], ["MT19937", 1.5, 0, 0.0],
        ["MT19937", "1", 0, 0.0], ["MT19937", 1, 2, 0.0], ["MT19937", 1, 0, "x"],
        ["MT19937", None, 0, 0.0], ["PCG64", 1, 0, 0.0], [1, 1, 0, 0.0], ["MT19937", 1, 0],
        None, "MT19937", {}, [],
    ]
):  # fmt: skip
    add(f"native random state {n}", a_model, with_header(model_bytes, random=random))
add("native random state shape", a_model, with_members(model_bytes, random_state=npy([1, 2])))
add("native random state kind", a_model, with_members(model_bytes, random_state=npy([1.5] * 624)))
add("native random state range", a_model, with_members(model_bytes, random_state=npy([-1] * 624)))
add("native random state missing", a_model, with_members(model_bytes, random_state=None))
for n, (path, value) in enumerate(
    [
        ("parameters__kernel", "evil"), ("parameters__workers", 10**9),
        ("parameters__window", -1), ("parameters__vector_size", 10**12),
        ("parameters__layer1_size", "x"), ("parameters__sg", []), ("parameters__negative", -5),
        ("parameters__alpha", 1e999), ("parameters__epochs", {}), ("parameters__seed", [[]]),
        ("parameters__train", 1), ("parameters__wv", 1), ("parameters", None),
        ("parameters__lifecycle_events", 5), ("parameters__corpus_cache", 7),
        ("parameters__ns_exponent", "a"), ("parameters__history", 1),
        ("parameters__min_count", []),
        ("ignored", ["train"]), ("ignored", 5), ("class", "Doc2Vec"), ("class", None),
        ("class", ["Word2Vec"]), ("version", 3), ("version", "1"), ("version", None),
        ("format", "other"), ("format", []), ("keyed_vectors", []), ("keyed_vectors", None),
        ("comment", {"=tuple": 5}), ("raw_vocab", {"=dict": [5]}), ("keyed_vectors__plain", 3),
        ("keyed_vectors__plain", {"add_vector": "x"}), ("keyed_vectors__plain", {"__class__": "x"}),
        ("keyed_vectors__objects", {"a": ["x"] * 3}), ("keyed_vectors__objects", 1),
        ("keyed_vectors__ignored", ["save"]),
    ]
):  # fmt: skip
    add(f"native header {n} {path}", a_model, with_header(model_bytes, **{path: value}))
for n, header in enumerate(
    [
        b"{", b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 100_000, b"1" * 10_000, b"",
        b'{"format":' * 340 + b"1" + b"}" * 340, b"[" + b"[]," * 10_000_000 + b"1]",
        b"[" + b"{}," * 3_000_000 + b"1]",
        b'{"format":"fastsgns","version":2,"class":"Word2Vec","class":"Word2Vec"}',
        b'{"format":"fastsgns","version":NaN}', b'{"format":"fastsgns","version":1e999}',
    ]
):  # fmt: skip
    add(f"native whole header {n}", a_model, with_members(model_bytes, header=header))

# native files of version 1

FIRST = b'{"format":"fastsgns","version":1,"class":"Word2Vec",%b}'
for n, (path, value) in enumerate(
    [
        ("comment", 5), ("comment", {"list": 5}), ("comment", {"object": 1}), ("comment", None),
        ("comment", {"dict": [5]}), ("comment", {"dict": ["ab"]}),
        ("comment", {"dict": [[{"list": []}, "a"]]}), ("comment", {"dict": ["a"]}),
        ("comment", {"set": [{"list": []}]}), ("comment", {"bool": 1}), ("comment", {"int": True}),
        ("comment", {"float": "0x1p9999"}), ("comment", {"bytes": "xy"}), ("raw_vocab", {}),
        ("comment", {"none": None, "int": 1}), ("keyed_vectors", 5), ("keyed_vectors", {"a": 1}),
        ("keyed_vectors__plain", 3), ("keyed_vectors__plain", {"own": 5}),
        ("keyed_vectors__plain", {"__class__": "x"}), ("keyed_vectors__objects", {"a": "x"}),
        ("keyed_vectors__objects", {"list": {"list": ["x"]}}), ("parameters", {"int": 5}),
        ("random", ["MT19937", 10**9, 0, 0.0]), ("random", {"list": []}), ("parameters", None),
    ]
):  # fmt: skip
    add(f"native 1 header {n} {path}", a_model, with_header(first_model_bytes, **{path: value}))
for n, part in enumerate(
    [
        b'"class":', b"", b'"a":[' + b"[]," * 10_000_000 + b"1]",
        b'"comment":' + b'{"list":[' * 900,
        b'"comment":' + b'{"list":[' * 300 + b"]}" * 300,
        b'"comment":' + b'{"list":[' * 50_000 + b"]}" * 50_000,
        b'"parameters":[' + b'{"int":1},' * 3_000_000 + b"1]",
        b'"parameters":[' + b'{"int":1,"a":1},' * 2_000_000 + b"1]",
        b'"parameters":[' + b'{"a":1},' * 3_000_000 + b"1]",
        b'"parameters":[' + b"{}," * 3_000_000 + b"1]",
        b'"comment":{"list":[' + b'{"set":[]},' * 2_000_000 + b'""]}',
        b'"raw_vocab":{"dict":['
        + b",".join(b'[{"int":%d},""]' % ((2**61 - 1) * i) for i in range(20_000))
        + b"]}",
    ]
):  # fmt: skip
    make = with_members(first_model_bytes, header=FIRST % part)
    add(f"native 1 whole header {n}", a_model, make)
for n, keys in enumerate(
    [
        b"5", b"{", b"[]", b'{"int":1}', b'["a","a","b","c","d"]', b"[[],1,2,3,4]", b"[{}]",
        b'[{"object":1},"b","c","d","e"]', b'[{"set":[]},"b","c","d","e"]',
        b'[{"int":1,"a":1},"b","c","d","e"]', b'[{"tuple":' * 5000 + b"[]" + b"}]" * 5000,
        b'[{"tuple":[{"list":[]}]},"b","c","d","e"]', b'[{"float":"x"},"b","c","d","e"]',
        b"[" + b"[]," * 9_000_000 + b"1]", b"[" + b'{"set":[]},' * 2_000_000 + b"1]",
        b"[" + b'{"int":1,"a":1},' * 2_000_000 + b"1]", b"[" + b"{}," * 3_000_000 + b"1]",
        b"[" + b",".join(b'{"int":%d}' % ((2**61 - 1) * i) for i in range(20_000)) + b"]",
        b'[{"int":' + b"9" * 5000 + b'},"b","c","d","e"]',
    ]
):  # fmt: skip
    add(f"native 1 keys {n}", vectors, with_members(first_model_bytes, keys=keys))

# native files: the keys

for n, keys in enumerate(
    [
        b"5", b"{", b"[]", b'["a"]', b'["a","a","b","c","d"]', b"[[],1,2,3,4]", b"[{}]",
        b'[{"=object":1},"b","c","d","e"]', b'[{"=set":[]},"b","c","d","e"]',
        b'[{"=tuple":' * 5000 + b"[]" + b"}]" * 5000, b'[{"=tuple":5},"b","c","d","e"]',
        b'[{"=float":"x"},"b","c","d","e"]', b'[{"=bytes":"xy"},"b","c","d","e"]',
        b'[1e999,"b","c","d","e"]', b'[NaN,"b","c","d","e"]', b"[" + b"[]," * 9_000_000,
        b"[" + b'{"=set":[]},' * 2_000_000, b'[{"=dict":[1]},"b","c","d","e"]',
        b'[{"=tuple":[[]]},"b","c","d","e"]', b'[{"=tuple":[],"b":1},"b","c","d","e"]',
        b"[" + b",".join(b'{"=tuple":[%d]}' % ((2**61 - 1) * i) for i in range(20_000)) + b"]",
        b"[" + b",".join(b"%d" % ((2**61 - 1) * i) for i in range(20_000)) + b"]",
        b'["' + b"9" * 5000 + b'",' + b"9" * 5000 + b"]",
    ]
):  # fmt: skip
    add(f"native keys {n}", vectors, with_members(vectors_bytes, keys=keys))
add("native keys missing", vectors, with_members(vectors_bytes, keys=None))

# native files: the table of the keys


def with_table(change):
    """Return what makes a native file whose table is changed: `change` is given the old one."""
    return with_members(vectors_bytes, table=change)


for n, change in enumerate(
    [
        lambda old: b"", lambda old: old[:15], lambda old: old[:-1], lambda old: old + b"\0",
        lambda old: b"NONE" + old[4:], lambda old: old[:8] + struct.pack("<Q", 4) + old[16:],
        lambda old: old[:8] + struct.pack("<Q", 2**61) + old[16:],
        lambda old: old[:8] + struct.pack("<Q", 2**64 - 1) + old[16:],
    ]
):  # fmt: skip
    add(f"native table {n}", mapped, with_table(change))
for n, change in enumerate(
    [
        lambda old: old[:16] + bytes(len(old) - 16),
        lambda old: old[:16] + b"\xff" * (len(old) - 16),
        lambda old: old[:16] + old[24:32] + old[16:24] + old[32:],
        lambda old: old[:16] + bytes([old[16] ^ 1]) + old[17:],
        lambda old: old[:-24] + b"\xff" * 24, lambda old: old[:-4] + bytes(4),
        lambda old: old[:-8] + old[-4:] + old[-8:-4],
    ]
):  # fmt: skip
    add(f"native table verified {n}", verified, with_table(change))
    add(f"native table mapped and verified {n}", mapped_and_verified, with_table(change))
for n, change in enumerate(
    [
        lambda old: old[:16]
        + b"".join(b"\xff\xff\xff\x7f" + old[i + 4 : i + 8] for i in range(16, 56, 8))
        + old[56:],
        lambda old: old[:56] + b"\xff" * 24, lambda old: old[:56] + bytes(24),
        lambda old: old[:56] + b"".join(old[i : i + 4] for i in range(76, 52, -4)),
    ]
):  # fmt: skip
    add(f"native table looked up {n}", looked_up, with_table(change))

# native files: the arrays

BAD_ARRAYS = {
    "empty": b"", "magic only": b"\x93NUMPY", "no fields": raw_npy("{}"),
    "code": raw_npy("__import__('os').system('echo hostile')"), "parentheses": raw_npy("(" * 5000),
    "quote": raw_npy("{'descr': '" + "''"), "lines": raw_npy("{'descr'\n: \\"),
    "version 9": npy_of("<f4", (0,), version=b"\x09\x00"), "objects": npy_of("|O", (1,), bytes(8)),
    "structure": npy_of([("a", "<f4")], (5,), bytes(20)), "dates": npy_of("<M8[s]", (1,), bytes(8)),
    "void": npy_of("|V8", (1,), bytes(8)), "short": npy_of("<f4", (5, 4), bytes(20)),
    "long": npy_of("<f4", (1,), bytes(8)), "2**62 squared": npy_of("<f4", (2**62, 2**62)),
    "2**62": npy_of("<f4", (2**62, 4)), "10**12": npy_of("<f4", (10**12,)),
    "negative": npy_of("<f4", (-1, -1), bytes(4)), "shape of text": npy_of("<f4", "x"),
    "shape of floats": npy_of("<f4", (5.0, 4), bytes(80)), "truth": npy_of("|b1", (5,), b"\7" * 5),
    "shape of truth": npy_of("<f4", (True,), bytes(4)), "100 dimensions": npy_of("<f4", (1,) * 100),
    "not Unicode": npy_of("<U1", (5,), b"\xff" * 20), "wide text": npy_of("|S100000000", (0,)),
    "no type": npy_of("", (0,)), "unknown type": npy_of("<q9", (0,)),
    "empty and endless": npy_of("<f4", (0, 2**63)),
}  # fmt: skip
for name, data in BAD_ARRAYS.items():
    add(f"native array: {name}", vectors, with_members(vectors_bytes, vectors=data))
    add(f"native mapped array: {name}", mapped, with_members(vectors_bytes, vectors=data))
for name, array in {
    "one dimension": np.ones(5, np.float32), "three": np.ones((5, 4, 1), np.float32),
    "text": np.full((5, 4), "x"), "complex": np.ones((5, 4), complex), "no rows": np.ones((0, 4)),
    "a row too few": np.ones((4, 4), np.float32), "a row too many": np.ones((6, 4), np.float32),
}.items():  # fmt: skip
    add(f"native vectors: {name}", a_model, with_members(model_bytes, vectors=npy(array)))
add("native vectors missing", vectors, with_members(vectors_bytes, vectors=None))
for name in ("syn1neg", "cum_table", "count", "sample_int"):
    for n, array in enumerate([np.ones((5, 9)), np.ones(3), np.array(["x"] * 5), np.array(1.0)]):
        add(f"native {name} {n}", a_model, with_members(model_bytes, **{name: npy(array)}))
add("native count negative", a_model, with_members(model_bytes, count=npy([-5] * 5)))
add("native array that is a method", vectors, with_members(vectors_bytes, doesnt_match=npy([1])))

# native files: the container


def cut_at(make, fraction, n_out=None):
    """Make a file that ends after a part of it, or lacks `n_out` bytes there."""

    def made():
        data = make()
        at = int(len(data) * fraction)
        return data[:at] + (b"" if n_out is None else data[at + n_out :])

    return made


add("native nothing", vectors, b"")
add("native first bytes only", vectors, b"PK\x03\x04")
add("native begin and zeros", vectors, b"PK\x03\x04" + bytes(10_000))
for fraction in (0.1, 0.3, 0.5, 0.7, 0.9):
    add(f"native cut at {fraction}", a_model, cut_at(model_bytes, fraction))
    add(f"native bytes missing at {fraction}", a_model, cut_at(model_bytes, fraction, 50))


def deflated():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members_of(vectors_bytes()).items():
            archive.writestr(name, data)
        archive.writestr("more.npy", npy(np.zeros(100_000_000, np.int8)))
    return file.getvalue()


def many_members():
    """Give a directory of 400,000 entries for one member."""
    entry = struct.pack("<HHHHHHIIIHHHHHII", *[20, 20, 0, 0, 0, 33, 0, 0, 0, 6] + [0] * 6)
    directory = b"".join(b"PK\x01\x02" + entry + b"%06d" % i for i in range(400_000))
    begin = b"PK\x03\x04" + bytes(26)
    end = struct.pack("<HHHHIIH", 0, 0, 65535, 65535, len(directory), len(begin), 0)
    return begin + directory + b"PK\x05\x06" + end


add("native compressed members", vectors, deflated)
add("native many members", vectors, many_members)

# compressed: bombs, and streams that are cut off or none


def changed_in_the_middle(data):
    middle = len(data) // 2
    return data[:middle] + b"\0\xff" * 9 + data[middle:]


BOMBS = [
    (vectors, b"PK\x03\x04"), (vectors, b"\x80\x04\x8e\0\0\0\0\1\0\0\0"),
    (binary, b"1000000 100\n"), (text, b"1000000 100\n"),
]  # fmt: skip
for suffix, compress in (("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)):
    file = f"file.{suffix}"
    for reader, begin in BOMBS:
        make = compressed_zeros(compress, begin, 300)
        add(f"{suffix} bomb, {reader.__name__} {begin[:2]!r}", reader, make, file=file)
    for reader in (sentences, sentences_on_threads):
        make = compressed_zeros(compress, b"a b\n", 300)
        add(f"{suffix} word of 300 MB, {reader.__name__}", reader, make, file=file)
    for reader in (a_model, corpus, text, binary, sentences):
        for what, make in {
            "none": lambda: b"none",
            **({} if reader is sentences else {"empty": lambda: b""}),  # no sentences
            "cut off": lambda c=compress: c(model_bytes())[:-15],
            "changed": lambda c=compress: changed_in_the_middle(c(model_bytes())),
        }.items():
            add(f"{suffix} is {what}, {reader.__name__}", reader, make, file=file)

# encoded corpora

for name, ids in {
    "far": [2**31 - 1] * 35, "negative": [-1] * 35, "one too high": [5] * 35, "few": [0],
}.items():  # fmt: skip
    for reader in (corpus, corpus_on_disk, pruned_corpus_on_disk):
        make = with_members(corpus_bytes, ids=npy(np.array(ids, np.int32)))
        add(f"ids {name}, {reader.__name__}", reader, make, "ValueError")
for name, offsets in {
    "descend": [0, 20, 10, 35], "begin late": [1, 35], "end early": [0, 34], "none": [],
    "end late": [0, 2**40], "negative": [0, -1, 35],
}.items():  # fmt: skip
    for reader in (corpus, corpus_on_disk):
        make = with_members(corpus_bytes, offsets=npy(np.array(offsets, np.int64)))
        add(f"offsets {name}, {reader.__name__}", reader, make)
add("counts negative", corpus, with_members(corpus_bytes, counts=npy([-1] * 5)))
add("counts few", corpus, with_members(corpus_bytes, counts=npy([1])))
add("counts of floats", corpus, with_members(corpus_bytes, counts=npy([1.5] * 5)))
add("a model as a corpus", corpus, model_bytes)
add("words twice", corpus, with_members(corpus_bytes, keys=b'["a","a","a","a","a"]'))

# gensim's pickles

PICKLES = {
    "system": lambda: in_a_model(call("os.system", b"X\x04\x00\x00\x00true\x85")),
    "eval": lambda: in_a_model(call("builtins.eval", b"X\x01\x00\x00\x001\x85")),
    "lists": lambda: in_a_model(marked(b"]", 20_000_000)),
    "dicts": lambda: in_a_model(marked(b"}", 20_000_000)),
    "sets": lambda: in_a_model(marked(b"\x8f", 10_000_000)),
    "tuples in tuples": lambda: in_a_model(b")" + b"\x85" * 20_000_000),
    "tuples": lambda: in_a_model(marked(b"N\x85", 10_000_000)),
    "lists of one": lambda: in_a_model(marked(b"]Na", 6_000_000)),
    "lists in lists": lambda: in_a_model(b"]" * 200_000 + b"a" * 199_999),
    "nothing": lambda: in_a_model(marked(b"N", 30_000_000)),
    "marks": lambda: b"\x80\x04" + b"(" * 30_000_000,
    "memoized": lambda: in_a_model(b"N" + b"\x94" * 30_000_000),
    "duplicates": lambda: in_a_model(b"](N" + b"2" * 30_000_000 + b"e"),
    "collide in a dict": lambda: in_a_model(
        b"}(" + b"".join(long1((2**61 - 1) * (i + 100)) + b"N" for i in range(20_000)) + b"u"
    ),
    "collide in a set": lambda: in_a_model(b"\x8f(" + colliding(20_000) + b"\x90"),
    "collide, long4": lambda: in_a_model(b"\x8f(" + colliding(20_000, long4) + b"\x90"),
    "collide, as text": lambda: in_a_model(
        b"\x8f(" + b"".join(b"L%dL\n" % ((2**61 - 1) * i * 10**9) for i in range(20_000)) + b"\x90"
    ),
    "long memo": lambda: in_a_model(b"Nr\xff\xff\xff\x7f"),
    "long memo as text": lambda: in_a_model(b"Np99999999999\n"),
    "bytes to come": lambda: b"\x80\x04\x8e" + b"\xff" * 7 + b"\x0f",
    "text to come": lambda: b"\x80\x04\x8d" + b"\xff" * 7 + b"\x0f",
    "frame": lambda: b"\x80\x04\x95" + b"\xff" * 8 + b".",
    "frame of less": lambda: b"\x80\x04\x95\xff\xff\xff\x04\0\0\0\0N.",
    "no opcode": lambda: b"\x80\x04\xff.",
    "protocol": lambda: b"\x80\x7f.",
    "nothing on the stack": lambda: b"\x80\x04.",
    "append to an int": lambda: in_a_model(b"K\x01K\x02a"),
    "items of an int": lambda: in_a_model(b"K\x01(K\x02K\x03u"),
    "build an int": lambda: in_a_model(b"K\x01K\x02b"),
    "unhashable key": lambda: in_a_model(b"}]Ns"),
    "get of nothing": lambda: in_a_model(b"h\x99"),
    "reduce an int": lambda: in_a_model(b"K\x01)R"),
    "new object of an int": lambda: in_a_model(b"K\x01)\x81"),
    "persistent": lambda: in_a_model(b"Pid\n"),
    "extension": lambda: in_a_model(b"\x82\x01"),
    "a list": lambda: b"\x80\x04].",
    "only an int": lambda: b"\x80\x04K\x01.",
    "bytes of a number": lambda: in_a_model(
        call(
            "numpy.core.numeric._frombuffer",
            b"(J\x00\x00\x00\x70" + call("numpy.dtype", b"(X\x02\x00\x00\x00u1t")
            + b"J\x00\x00\x00\x70\x85X\x01\x00\x00\x00Ct",
        )
    ),
    "array of a number": lambda: in_a_model(
        call("numpy.core.multiarray._reconstruct", b"(NNNt") + b"(K\x01K\x05\x85NNNtb"
    ),
    "scalar of a number": lambda: in_a_model(
        call("numpy.core.multiarray.scalar", b"(K\x01K\x05t")
    ),
    "type of a number": lambda: in_a_model(call("numpy.dtype", b"(K\x01t")),
    "wide type": lambda: in_a_model(call("numpy.dtype", b"(X\x0b\x00\x00\x00S9999999999t")),
    "set of a number": lambda: in_a_model(call("builtins.set", b"(K\x01t")),
    "encode a number": lambda: in_a_model(call("_codecs.encode", b"(K\x01t")),
    "recursive": lambda: (
        b"\x80\x02cgensim.models.word2vec\nWord2Vec\n)\x81q\x00}(X\x02\x00\x00\x00wvh\x00"
        b"X\x14\x00\x00\x00__recursive_saveloads](X\x02\x00\x00\x00wveub."
    ),
    "numpys that are no list": lambda: (
        b"\x80\x02cgensim.models.word2vec\nWord2Vec\n)\x81}(X\x08\x00\x00\x00__numpysK\x05ub."
    ),
    "numpys out of the folder": lambda: (
        b"\x80\x02cgensim.models.word2vec\nWord2Vec\n)\x81}(X\x08\x00\x00\x00__numpys"
        b"](X\x07\x00\x00\x00../../xeub."
    ),
    "sparse": lambda: (
        b"\x80\x02cgensim.models.word2vec\nWord2Vec\n)\x81}(X\x08\x00\x00\x00__scipys"
        b"](X\x01\x00\x00\x00xeub."
    ),
    "class of another model": lambda: pickled(stored("gensim.models.doc2vec.Doc2Vec", "model")),
    "cut": lambda: gensim_vectors()[:-40],
    "cut at its end": lambda: gensim_vectors()[:-1],
    "text": lambda: b"cthis is no pickle",
    "no exponent": lambda: saved(example_model(), format="gensim", ignore=["ns_exponent"]),
}  # fmt: skip
for name, make in PICKLES.items():
    add(f"pickle: {name}", a_model, make)
for name, attributes in {
    "keys that are lists": {"index_to_key": [[1], [2]]},
    "keys twice": {"index_to_key": ["a", "a"]},
    "keys that are no list": {"index_to_key": 5},
    "more keys than rows": {"index_to_key": ["a", "b", "c"]},
    "rows out of range": {"key_to_index": {"a": 0, "b": 7}},
    "rows of other keys": {"key_to_index": {"a": 1, "b": 0}},
    "a row of another key": {"key_to_index": {"a": 1, "b": 1}},
    "a row of a key that is none": {"key_to_index": {"a": 0, "b": 1, "c": 1}},
    "negative rows": {"key_to_index": {"a": 0, "b": -1}},
    "rows of text": {"key_to_index": {"a": 0, "b": "x"}},
    "rows that are no dict": {"key_to_index": [1]},
    "vectors that are none": {"vectors": 5},
    "vectors of text": {"vectors": np.array([["a"], ["b"]])},
    "vectors of one dimension": {"vectors": np.ones(2, np.float32)},
    "expandos that are no dict": {"expandos": 5},
    "expandos that are no arrays": {"expandos": {"count": 5}},
    "long expandos": {"expandos": {"count": np.ones(9)}},
    "wide expandos": {
        "index_to_key": [str(i) for i in range(10_000)],
        "key_to_index": {str(i): i for i in range(10_000)},
        "vectors": np.ones((10_000, 1), np.float32),
        "expandos": {"count": np.zeros(0, "S100000000")},
    },
    "a diary that is no list": {"lifecycle_events": 5},
    "a diary of text": {"lifecycle_events": "x"},
    "methods": {"most_similar": 5},
    "class": {"__class__": 5},
    "locks of two dimensions": {"vectors_lockf": np.ones((2, 2))},
    "vocab of lists": {"vocab": {"a": [], "b": []}, "index2word": ["a", "b"]},
}.items():
    add(f"gensim vectors: {name}", vectors, lambda a=attributes: gensim_vectors(**a))


def words_with_attributes(n):
    """Give a file of gensim 3 in which each word has an attribute of another name."""

    def text_of(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    word = b"cgensim.models.keyedvectors\nVocab\n)\x81}"
    words = b"".join(text_of(f"w{i}") + word + text_of(f"a{i}") + b"K\x01sb" for i in range(n))
    rows = (
        call("numpy.core.multiarray._reconstruct", b"(NNNt")
        + (b"(K\x01J" + struct.pack("<i", n) + b"K\x01\x86")
        + call("numpy.dtype", b"(X\x02\x00\x00\x00u1t")
        + (b"\x89B" + struct.pack("<I", n) + bytes(n) + b"tb")
    )
    keys = pickle.dumps([f"w{i}" for i in range(n)], 2)[2:-1]
    return (
        b"\x80\x02cgensim.models.keyedvectors\nWord2VecKeyedVectors\n)\x81}("
        + (text_of("index2word") + keys + text_of("vectors") + rows)
        + (text_of("vocab") + b"}(" + words + b"uub.")
    )


add("gensim 3: attributes of each word", vectors, lambda: words_with_attributes(8000))

# arrays beside a pickle


def apart(file="file"):
    """Give the main file of a KeyedVectors whose vectors are beside it."""

    def make():
        thing = stored(
            KEYED_VECTORS, "vectors", vector_size=2, index_to_key=["a", "b"],
            key_to_index={"a": 0, "b": 1}, vectors=np.ones((2, 2), np.float32), expandos={},
            norms=None, next_index=0,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            gensim_writer.write(Path(folder) / file, thing, sep_limit=1)
            return (Path(folder) / file).read_bytes()

    return make


for name, data in BAD_ARRAYS.items():
    for reader in (vectors, mapped):
        add(
            f"beside a pickle, {reader.__name__}: {name}",
            reader,
            apart(),
            beside={"file.vectors.npy": lambda d=data: d},
        )


def npz(data, lie=None, name="val.npy"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    made = file.getvalue()
    if lie:
        made = made.replace(struct.pack("<I", len(data)), struct.pack("<I", lie))
    return made


for name, make in {
    **{name: (lambda d=data: npz(d)) for name, data in BAD_ARRAYS.items()},
    "a lie": lambda: npz(npy_of("<f4", (250_000_000,)), 1_000_000_100),
    "zeros": lambda: npz(npy_of("<f4", (75_000_000,), bytes(300_000_000))),
    "no val": lambda: npz(npy([1]), name="other.npy"),
    "no zip": lambda: b"none",
    "nothing": lambda: b"",
    "a .npy": lambda: npy(np.ones((2, 2), np.float32)),
}.items():
    beside = {"file.gz.vectors.npz": make}
    add(
        f"compressed beside a pickle: {name}",
        vectors,
        apart("file.gz"),
        "FormatError",
        "file.gz",
        beside,
    )
add("beside a pickle: missing", vectors, apart(), "FileNotFoundError")

# word2vec's formats

for n, data in enumerate(
    [
        b"", b"\n", b"x\n", b"1\n", b"1 2 3\n", b"-1 2\na 1 2\n", b"1 -2\n", b"1.5 2\na 1 2\n",
        b"1e3 2\n", b"1_0 2\na 1 2\n", "١ ٢\na 1 2\n".encode(), b"1000000000 300\na 1 2 3\n",
        b"4611686018427387904 4611686018427387904\n", b"9" * 2000 + b" 2\n", b"1 999999999\na 1\n",
        b"2 2\na 1 2\n", b"1 2\na 1\n", b"1 2\na 1 2 3\n", b"1 2\na x 2\n", b"1 2\na 1 nan\n",
        b"1 2\n\xff 1 2\n", b"1 2\na 0x1 2\n", b"1 2\na 1 2j\n",
        b"1 2\na 1 2\x00\n",
    ]
):  # fmt: skip
    add(f"text {n} {data[:20]!r}", text, data)
for n, data in enumerate(
    [
        b"", b"x", b"1 2\n", b"1000000000 300\na " + bytes(28), b"-1 2\na " + bytes(8),
        b"2 2\na " + bytes(8), b"1 2\na " + bytes(7), b"1 2\nlong" + bytes(2_000_000),
        b"4611686018427387904 4611686018427387904\na " + bytes(8), b"1 2\n\xff " + bytes(8),
        b"1 2\na " + np.array([np.nan, 1], "<f4").tobytes(),
        b"1_0 2\na " + bytes(100),
        b"99999999999999999999 1\na " + bytes(4),
    ]
):  # fmt: skip
    add(f"binary {n} {data[:20]!r}", binary, data)
for n, data in enumerate(
    [
        b"a\nb 1\n", b"a x\n", b"a " + b"9" * 5000 + b"\n", b"\xff 1\n", b"a 1.5\n",
        b"a " + b"9" * 10_000 + b"\n",
    ]
):  # fmt: skip
    counts = {"counts": lambda d=data: d}
    add(f"counts {n} {data[:20]!r}", with_counts, b"1 2\na 1 2\n", beside=counts)

# words and vectors in two files

PAIR_WORDS = {"file.txt": lambda: b"a\nb\n"}
for name, data in BAD_ARRAYS.items():
    add(f"array beside words: {name}", whatever, data, file="file.npy", beside=PAIR_WORDS)
for n, data in enumerate([b"\xff\n", b"a\n", b"a\nb\nc\n", b"", b"a\n\n\n"]):
    good = npy(np.ones((2, 2), np.float32))
    add(f"words {n}", whatever, good, file="file.npy", beside={"file.txt": lambda d=data: d})
for n, data in enumerate([b"[" * 9000, b"{}", b'{"a": 1e999, "b": 0}', b"[1, 2]", b'["a", "b"']):
    good = npy(np.ones((2, 2), np.float32))
    add(
        f"words in JSON {n}",
        whatever,
        good,
        file="file.npy",
        beside={"file.json": lambda d=data: d},
    )
for n, data in enumerate(
    [b"", b"\n", b"1\t2\n3\n", b"1\t2\n1e99\t2\n", b"x\t1\n", b"1\t2\n\xff\t3\n"]
):
    add(
        f"table {n}",
        whatever,
        data,
        file="a_tensor.tsv",
        beside={"a_metadata.tsv": lambda: b"a\nb\n"},
    )

# what is in no format, or damaged where it says what it holds

for n, data in enumerate(
    [
        b"", b"\n", b"text\n", b"\x80", b"\x80\x04.", b"PK\x03\x04", b"\xba\x16O/", b"1 2",
        b"2 2\na 1 2\n", b"\x05" + bytes(7) + b"{nope", b"\xff" * 100,
    ]
):  # fmt: skip
    add(f"told {n}", told, data)

# numbers that are none of ours, in each reader of decimals; a long first line

LONG = b"x" * 60_000_000
NO_NUMBERS = {
    "inf": "inf", "-inf": "-inf", "1e999": "1e999", "nan": "nan", "1_0": "1_0", "Arabic": "١",
    "full width": "１", "hexadecimal": "0x1p3", "complex": "1j", "empty": "", "two": "1 2",
}  # fmt: skip
ARRAY_OF_TWO = npy(np.ones((2, 2), np.float32))

for name, value in NO_NUMBERS.items():
    field = value.encode()
    if name != "two":  # words may end with a number
        add(f"value {name}, text", text, b"2 2\na 1 2\nb " + field + b" 2\n")
        add(f"value {name}, load_any of text", whatever, b"2 2\na 1 2\nb " + field + b" 2\n")
        add(f"value {name}, some keys", some_keys, b"2 2\nb 1 2\na " + field + b" 2\n")
    add(f"value {name}, text without a header", text_without_header, b"a 1 2\nb " + field + b" 2\n")
    table = {"a_metadata.tsv": lambda: b"a\nb\n"}
    add(f"value {name}, table", whatever, b"1\t2\n1\t" + field, file="a_tensor.tsv", beside=table)
    add(f"value {name}, score of a pair", judged, b"a\tb\t" + field + b"\nb\tc\t1\n")
    add(f"value {name}, weight of an edge", edges, b"a b 1\nb c " + field + b"\n", "ValueError")
for name, value in {
    "1_0": "1_0", "Arabic": "١", "negative": "-1", "a fraction": "1.5", "inf": "inf",
    "exponent": "1e3", "20 digits": "9" * 20, "5000 digits": "9" * 5000, "none": "", "plus": "+",
}.items():  # fmt: skip
    field = value.encode()
    for reader in (text, some_keys, whatever):
        add(f"size {name}, {reader.__name__}", reader, field + b" 2\na 1 2\n")
        add(f"width {name}, {reader.__name__}", reader, b"1 " + field + b"\na 1 2\n")
    for reader in (binary, some_keys_binary):
        add(f"size {name}, {reader.__name__}", reader, field + b" 2\na " + bytes(8))
        add(f"width {name}, {reader.__name__}", reader, b"1 " + field + b"\na " + bytes(8))
    counts = {"counts": lambda d=field: b"a " + d + b"\n"}
    add(f"count {name}", with_counts, b"1 2\na 1 2\n", beside=counts)
for reader in (
    text, text_without_header, some_keys, binary, some_keys_binary, whatever, told, judged,
    analogies, scored_pairs, edges, vectors, a_model, corpus, resumed, resumed_run,
):  # fmt: skip
    error = "ValueError" if reader in (analogies, scored_pairs, edges) else "FormatError"
    add(f"a first line of 60 MB, {reader.__name__}", reader, LONG, error)
    two = f"a first line of 60 MB and another, {reader.__name__}"
    add(two, reader, lambda: LONG + b"\na 1\n", error)
for file, beside in {
    "a_tensor.tsv": "a_metadata.tsv", "file.npy": "file.txt",
}.items():  # fmt: skip
    good = ARRAY_OF_TWO if file == "file.npy" else b"1\t2\n3\t4\n"
    add(f"a word of 60 MB, {file}", whatever, good, file=file, beside={beside: lambda: LONG})
    words = {beside: lambda: b"a\nb\n"}
    add(f"a first line of 60 MB, {file}", whatever, LONG, file=file, beside=words)
add("a word of 60 MB, counts", with_counts, b"1 2\na 1 2\n", beside={"counts": lambda: LONG})
add(
    "a value of 60 MB, table",
    whatever,
    b"1\t" + b"2" * 60_000_000,
    file="a_tensor.tsv",
    beside=table,
)
add("a value of 60 MB, text", text, b"1 2\na 1 " + b"2" * 60_000_000)

# files to judge by

for name, data in {
    "empty": b"", "blank": b"\n\n", "comments": b"# a\n", "one word": b"a\n",
    "no UTF-8": b"a b \xff\n",
    "zeros": bytes(1000), "zip": b"PK\x03\x04", "numbers": b"1 2 3\n4 5\n",
    "five": b"a b c d e f\n" * 3,
    "many words": b"x\n" * 5_000_000,     "many blanks": b"\n" * 20_000_000,
    "one line of many words": b"x " * 10_000_000,
    "sections": b": a\n" * 3000,
}.items():  # fmt: skip
    add(f"judged: {name}", judged, data)
add("judged: a bomb", judged, compressed_zeros(gzip.compress, b"a b 1\n", 300), file="file.gz")
add("judged: cut off", judged, lambda: gzip.compress(b"a b 1\n" * 9000)[:-9], file="file.gz")
answers = {"f.answers": lambda: b"d\n"}
add("judged: fewer answers", judged, b"a b c\nb c a\n", file="f.questions", beside=answers)

# safetensors


def tensors_bytes():
    return saved(example_model().wv, format="safetensors")


def tensors(change):
    """Make a file of safetensors whose header a function has changed."""

    def make():
        data = tensors_bytes()
        length = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8 : 8 + length])
        made = change(header)
        new = made if isinstance(made, bytes) else json.dumps(made or header).encode()
        return struct.pack("<Q", len(new)) + new + data[8 + length :]

    return make


def entry(**changes):
    return tensors(lambda header: header["vectors"].update(changes))


SAFETENSORS = {
    "dtype of text": entry(dtype="S8"), "dtype that is none": entry(dtype=None),
    "dtype of a list": entry(dtype=["F32"]), "brain floats": entry(dtype="BF16"),
    "other dtype": entry(dtype="F64"), "truth values": entry(dtype="BOOL"),
    "negative shape": entry(shape=[-5, -4]), "huge shape": entry(shape=[2**62, 2**62]),
    "shape of floats": entry(shape=[5.0, 4.0]), "shape of text": entry(shape="5"),
    "shape of truth": entry(shape=[True, True]), "shape inf": entry(shape=[float("inf"), 1]),
    "flat": entry(shape=[20]), "100 dimensions": entry(shape=[1] * 98 + [5, 4]),
    "no offsets": entry(data_offsets=[]), "offsets of text": entry(data_offsets=["0", "80"]),
    "negative offsets": entry(data_offsets=[-80, 0]),
    "huge offsets": entry(data_offsets=[0, 2**63]),
    "offsets that turn": entry(data_offsets=[80, 0]), "late": entry(data_offsets=[8, 88]),
    "offsets nan": entry(data_offsets=[float("nan"), 80]),
    "offsets of floats": entry(data_offsets=[0.0, 80.0]),
    "no vectors": tensors(lambda h: h.pop("vectors") and None),
    "an entry that is none": tensors(lambda h: h.update(vectors=None)),
    "metadata of a list": tensors(lambda h: h.update(__metadata__=[])),
    "metadata of numbers": tensors(lambda h: h.update(__metadata__={"keys": 5})),
    "no keys": tensors(lambda h: h["__metadata__"].pop("keys") and None),
    "keys that are none": tensors(lambda h: h["__metadata__"].update(keys="5")),
    "few keys": tensors(lambda h: h["__metadata__"].update(keys='["a"]')),
    "keys twice": tensors(lambda h: h["__metadata__"].update(keys='["a","a","b","c","d"]')),
    "keys nested": tensors(lambda h: h["__metadata__"].update(keys="[" * 9000)),
    "keys 1e999": tensors(lambda h: h["__metadata__"].update(keys='[1e999,"b","c","d","e"]')),
    "a list": tensors(lambda h: b"[]"), "a number": tensors(lambda h: b"5"),
    "nothing": tensors(lambda h: b""),
    "nested": tensors(lambda h: b'{"a":' * 9000),
    "names twice": tensors(lambda h: b'{"a":1,"a":2}'),
    "not UTF-8": tensors(lambda h: b'{"\xff":1}'),
    "many lists": tensors(lambda h: b'{"a":[' + b"[]," * 5_000_000 + b"1]}"),
    "many entries": tensors(
        lambda h: b"{" + b",".join(b'"%d":{}' % i for i in range(500_000)) + b"}"
    ),
    "long expandos": tensors(
        lambda h: h.update({"expandos.a": {"dtype": "U8", "shape": [8], "data_offsets": [80, 88]}})
    ),
    "a method": tensors(lambda h: h.update({"expandos.most_similar": h["vectors"]})),
    "a header of 2**63": lambda: struct.pack("<Q", 2**63) + tensors_bytes()[8:],
    "a header of 10**8": lambda: struct.pack("<Q", 10**8) + tensors_bytes()[8:],
    "a header of none": lambda: struct.pack("<Q", 0) + tensors_bytes()[8:],
    "8 bytes": lambda: tensors_bytes()[:8], "9 bytes": lambda: tensors_bytes()[:9],
    "cut in its header": lambda: tensors_bytes()[:50],
    "cut at its end": lambda: tensors_bytes()[:-1],
    "more behind it": lambda: tensors_bytes() + bytes(5),
}  # fmt: skip
#: What info() does not look at: the keys.
NOT_TOLD = {"few keys", "keys twice", "keys nested", "keys 1e999", "keys that are none"}
for name, make in SAFETENSORS.items():
    for reader in (whatever, any_mapped, told):
        if reader is not told or name not in NOT_TOLD:
            add(f"safetensors {name}, {reader.__name__}", reader, make, file="file.safetensors")

# arrays and tables with their words

for name, array in {
    "complex": np.ones((2, 2), complex), "text": np.full((2, 2), "x"), "objects": None,
    "flat": np.ones(4),
    "three dimensions": np.ones((2, 2, 1)), "truth": np.ones((2, 2), bool),
    "dates": np.zeros((2, 2), "M8[s]"),
    "inf": np.array([[np.inf, 1], [1, 1]]), "nan": np.array([[np.nan, 1], [1, 1]], np.float32),
    "no columns": np.ones((2, 0)),
}.items():  # fmt: skip
    data = npy_of("|O", (2, 2), bytes(32)) if array is None else npy(array)
    for reader in (whatever, any_mapped)[: 1 if name in ("inf", "nan") else 2]:
        add(
            f"words and {name}, {reader.__name__}", reader, data, file="file.npy", beside=PAIR_WORDS
        )
for cut in (5, 60, 130):
    add(f"array cut at {cut}", whatever, ARRAY_OF_TWO[:cut], file="file.npy", beside=PAIR_WORDS)
for name, data in {
    "no matrix": b"[[1, 2], [3, 4]]", "rows beyond": b'{"a": 0, "b": 2}',
    "rows of text": b'{"a": "0", "b": "1"}',
    "rows of truth": b'{"a": false, "b": true}', "rows of floats": b'{"a": 0.0, "b": 1.0}',
    "nan": b"[NaN, 1]",
    "nested": b'{"a":' * 9000, "many lists": b"[" + b"[]," * 10_000_000 + b"1]",
    "many dicts": b"[" + b"{}," * 8_000_000 + b"1]",
    "long number": b"[" + b"9" * 10_000 + b"]", "UTF-16": '["a", "b"]'.encode("utf-16"),
}.items():  # fmt: skip
    listed = {"file.json": lambda d=data: d}
    add(f"JSON of words: {name}", whatever, ARRAY_OF_TWO, file="file.npy", beside=listed)
for name, data in {
    "many": b"a\n" * 20_000_000, "UTF-16": "a\nb\n".encode("utf-16"), "negative": b"a -1\nb x\nc\n",
}.items():  # fmt: skip
    listed = {"file.txt": lambda d=data: d}
    add(f"lines of words: {name}", whatever, ARRAY_OF_TWO, file="file.npy", beside=listed)

# checkpoints


def checkpoint_bytes():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        example_model(checkpoint=path, epochs=2)
        return path.read_bytes()


def cluster_bytes():
    """Make the checkpoint of a run on a cluster."""
    text = Text([SourceFile("a", 9, "x")], [Chunk("a", 0, 9)], [Size(5, 1, "f")])
    state = State(example_model(), text, Options(2, 10.0, "linear", "epoch"), "0" * 32, 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        state.write(path)
        return path.read_bytes()


for n, (path, value) in enumerate(
    [
        ("progress", 5), ("progress", []), ("progress", {}), ("progress", "x"),
        ("progress__schedule", None),
        ("progress__schedule", {"n_epochs": 2}), ("progress__schedule__n_epochs", "2"),
        ("progress__schedule__n_epochs", 2**70),
        ("progress__schedule__n_epochs", -2), ("progress__schedule__n_epochs", 2.5),
        ("progress__schedule__batch_words", 0),
        ("progress__schedule__batch_words", 1e9), ("progress__schedule__start_alpha", "x"),
        ("progress__schedule__start_alpha", 1e300),
        ("progress__schedule__start_alpha", None), ("progress__schedule__end_alpha", -1.0),
        ("progress__schedule__total_examples", "x"),
        ("progress__schedule__total_examples", -1), ("progress__schedule__total_words", 1.5),
        ("progress__schedule__n_regions", 10**12),
        ("progress__schedule__n_regions", "x"), ("progress__schedule__n_regions", 0),
        ("progress__epoch", -1), ("progress__epoch", 1.0), ("progress__epoch", True),
        ("progress__epoch", "1"), ("progress__seed", -1), ("progress__seed", 2**64),
        ("progress__seed", None), ("progress__fingerprint", 5),
        ("progress__fingerprint", "other"), ("progress__every", "hour"), ("progress__every", -1),
        ("progress__every", []), ("progress__n_left", -1),
        ("progress__n_left", 10**9), ("progress__n_left", "x"), ("progress__first", [[0, 1]]),
        ("progress__first", [[0, 10**9, 0.025]]),
        ("progress__first", [[-1, 1, 0.025]]), ("progress__first", [[0, 1, "x"]]),
        ("progress__first", [5]), ("progress__first", 5), ("progress__done", 5),
        ("progress__done", {"raw_words": "x"}), ("progress__done", {"raw_words": -1}),
        ("progress__done", {"seconds": []}), ("progress__done", {"left": 5}),
        ("progress__done", {"other": 1}),
        ("progress__other", 1), ("progress__kind", "x"),
    ]
):  # fmt: skip
    error = "ValueError" if value == "other" else "FormatError"  # of another corpus
    add(
        f"checkpoint {n} {path} {value!r:.20}",
        resumed,
        with_header(checkpoint_bytes, **{path: value}),
        error,
    )
for fraction in (0.2, 0.6, 0.95):
    add(f"checkpoint cut at {fraction}", resumed, cut_at(checkpoint_bytes, fraction))
add("a model that is no checkpoint", resumed, model_bytes)
add("vectors that are no checkpoint", resumed, vectors_bytes)
for n, (path, value) in enumerate(
    [
        ("progress", 5), ("progress__kind", "other"), ("progress__kind", None),
        ("progress__text", None), ("progress__text", []), ("progress__text", {}),
        ("progress__text__files", 5), ("progress__text__files", [["a", 9]]),
        ("progress__text__files", [["a", "x", "y"]]), ("progress__text__files", [[5, 9, "y"]]),
        ("progress__text__chunks", [["a", 0]]), ("progress__text__chunks", [["a", -5, 9]]),
        ("progress__text__chunks", [["a", 9, 0]]), ("progress__text__chunks", [["a", "0", 9]]),
        ("progress__text__chunks", [["a", 0, 2**80]]), ("progress__text__chunks", []),
        ("progress__text__chunks", [[5, 0, 9]]), ("progress__text__chunks", [["other", 0, 9]]),
        ("progress__text__sizes", [[5, 1]]), ("progress__text__sizes", []),
        ("progress__text__sizes", [["x", 1, "f"]]), ("progress__text__sizes", [[-5, 1, "f"]]),
        ("progress__text__sizes", [[5, 1, 7]]),
        ("progress__options__num_workers", 0), ("progress__options__num_workers", 1e9),
        ("progress__options__num_workers", "2"), ("progress__options__sync_seconds", "x"),
        ("progress__options__sync_seconds", -1), ("progress__options__lr_scale", "x"),
        ("progress__options__lr_scale", -1), ("progress__options__checkpoint_every", "x"),
        ("progress__options", {}),
        ("progress__run", 5), ("progress__run", "../../x"), ("progress__run", ""),
        ("progress__seed", "x"), ("progress__seed", -1), ("progress__seed", 2**64),
        ("progress__epoch", "x"), ("progress__epoch", -1), ("progress__epoch", 1.5),
        ("progress__epoch", 10**9), ("progress__done", 5), ("progress__done", [7]),
        ("progress__done", [-1]), ("progress__done", ["x"]), ("progress__done", [0, 0]),
        ("progress__done", [0.0]),
        ("progress__so_far", None), ("progress__so_far", {"raw_words": "x"}),
        ("progress__so_far", {"raw_words": -5}), ("progress__so_far", {"loss": "x"}),
        ("progress__n_rounds", "x"), ("progress__n_rounds", -1), ("progress__other", 1),
    ]
):  # fmt: skip
    add(f"run {n} {path} {value!r:.20}", resumed_run, with_header(cluster_bytes, **{path: value}))
add("run cut off", resumed_run, cut_at(cluster_bytes, 0.7))
add("a checkpoint that is no run", resumed_run, checkpoint_bytes)
add("a run that is no checkpoint", resumed, cluster_bytes)

# encoded corpora, again

for name, array in {
    "ids of int64": {"ids": np.zeros(35, np.int64)},
    "ids of floats": {"ids": np.zeros(35, np.float32)},
    "ids of two dimensions": {"ids": np.zeros((35, 1), np.int32)},
    "ids that are not native": {"ids": np.zeros(35, ">i4")},
    "ids of text": {"ids": np.full(35, "0")},
    "offsets of int32": {"offsets": np.zeros(11, np.int32)},
    "offsets of floats": {"offsets": np.linspace(0, 35, 11)},
    "counts of int32": {"counts": np.ones(5, np.int32)},
    "counts nan": {"counts": np.full(5, np.nan)},
    "counts of two dimensions": {"counts": np.ones((5, 1), np.int64)},
    "offsets of 2**62": {"offsets": np.array([0, 2**62, 35])},
    "counts huge": {"counts": np.full(5, -(2**63))},
}.items():  # fmt: skip
    for reader in (corpus, corpus_on_disk):
        make = with_members(corpus_bytes, **{part: npy(data) for part, data in array.items()})
        add(f"corpus: {name}, {reader.__name__}", reader, make)
for name in ("ids", "offsets", "counts", "keys", "header"):
    add(f"corpus without {name}", corpus_on_disk, with_members(corpus_bytes, **{name: None}))
for name, keys in {
    "floats": b"[1e999,1,2,3,4]", "nan": b"[NaN,1,2,3,4]", "few": b'["a"]',
    "lists": b"[[],[],[],[],[]]", "none": b"5",
}.items():  # fmt: skip
    add(f"corpus whose keys are {name}", corpus, with_members(corpus_bytes, keys=keys))
