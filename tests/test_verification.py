"""fastsgns.verify says of a file whether it is as it was written."""

import os
import sys
from pathlib import Path

import pytest

import fastsgns
from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec
from fastsgns.io import native
from fastsgns.io.errors import FormatError, TruncatedFileError

sys.path.insert(0, str(Path(__file__).parent))

import malformed


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_whole_file_passes_and_a_changed_bit_does_not(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    model = malformed.example_model()
    model.save(path)
    fastsgns.verify(path)
    data = bytearray(path.read_bytes())
    at = len(data) // 2 if suffix else data.index(model.wv.vectors.tobytes()) + 5
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(FormatError, match=str(path)):
        fastsgns.verify(path)


def test_what_is_mapped_is_compared_when_that_is_asked_for(tmp_path):
    path = tmp_path / "model"
    model = malformed.example_model()
    model.save(path)
    for load in (Word2Vec.load, KeyedVectors.load):
        load(path, mmap="r", verify=True)
    data = bytearray(path.read_bytes())
    data[data.index(model.wv.vectors.tobytes()) + 5] ^= 1
    path.write_bytes(data)
    for load in (Word2Vec.load, KeyedVectors.load):
        load(path, mmap="r")
        with pytest.raises(FormatError, match=r"vectors\.npy: damaged, checksum"):
            load(path, mmap="r", verify=True)
        with pytest.raises(FormatError, match=r"vectors\.npy: damaged, checksum"):
            load(path)


def test_files_of_other_formats_are_read_whole(tmp_path):
    model = malformed.example_model()
    model.wv.save(tmp_path / "s", format="safetensors")
    model.save(tmp_path / "g", format="gensim", sep_limit=1)
    EncodedCorpus.from_sentences(malformed.SENTENCES).save(tmp_path / "c")
    for name in "sgc":
        fastsgns.verify(tmp_path / name)
    (tmp_path / "text").write_bytes(b"1 2\na 1 2\n")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "g.wv.vectors.npy").write_bytes(b"")
    for name in ("text", "empty", "g"):
        with pytest.raises(FormatError, match=name):
            fastsgns.verify(tmp_path / name)


def rewritten(path, change):
    """Write a native file anew, its checksums too, with other parts."""
    header, keys, arrays = native.read(path, None)
    arrays = {name: array.copy() for name, array in arrays.items()}
    native.write(path, *change(header, keys, arrays))


@pytest.mark.parametrize(
    ("saved", "load", "change"),
    [
        (lambda m: m.wv, KeyedVectors.load, lambda h, k, a: (h, [k[0], k[0], *k[2:]], a)),
        (lambda m: m.wv, KeyedVectors.load, lambda h, k, a: (h, k[1:], a)),
        (
            lambda m: m.wv,
            KeyedVectors.load,
            lambda h, k, a: (h, k, a | {"most_similar": a["vectors"]}),
        ),
        (lambda m: m, Word2Vec.load, lambda h, k, a: (h, [k[0], k[0], *k[2:]], a)),
        (lambda m: m, Word2Vec.load, lambda h, k, a: (h, k, a | {"syn1neg": a["syn1neg"][1:]})),
        (
            lambda m: m,
            Word2Vec.load,
            lambda h, k, a: (h | {"parameters": h["parameters"] | {"window": "x"}}, k, a),
        ),
        (
            lambda m: EncodedCorpus.from_sentences(malformed.SENTENCES),
            EncodedCorpus.open,
            lambda h, k, a: (h, k, a | {"offsets": a["offsets"][::-1].copy()}),
        ),
    ],
)
def test_what_load_refuses_is_refused_though_all_checksums_are_right(tmp_path, saved, load, change):
    path = tmp_path / "saved"
    saved(malformed.example_model()).save(path)
    rewritten(path, lambda *parts: parts)
    fastsgns.verify(path)
    rewritten(path, change)
    with pytest.raises(FormatError, match="saved"):
        load(path)
    with pytest.raises(FormatError, match="saved"):
        fastsgns.verify(path)


def test_a_mapped_file_that_is_changed_in_place_is_an_error_and_one_that_is_replaced_is_not(
    tmp_path,
):
    path = tmp_path / "kv"
    model = malformed.example_model()
    model.wv.save(path)
    mapped = KeyedVectors.load(path, mmap="r")
    expected = mapped.most_similar("a")
    model.wv.save(path)
    assert mapped.most_similar("a") == expected, "the old file is mapped, whatever has its name"
    mapped = KeyedVectors.load(path, mmap="r")
    assert mapped.most_similar("a") == expected
    with path.open("r+b") as file:
        file.truncate(500)
    with pytest.raises(OSError, match="kv was changed in place since it was mapped"):
        mapped.most_similar("a")


def test_what_is_mapped_stays_when_its_file_is_removed(tmp_path):
    path = tmp_path / "kv"
    model = malformed.example_model()
    model.wv.save(path)
    mapped = KeyedVectors.load(path, mmap="r")
    path.unlink()
    assert mapped.most_similar("a") == model.wv.most_similar("a")


def test_a_file_that_is_cut_while_it_is_compared_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "kv"
    malformed.example_model().wv.save(path)
    compared = native._Reader._crc_at

    def cut(self, start, n_bytes):
        os.truncate(path, start + n_bytes - 1)
        return compared(self, start, n_bytes)

    monkeypatch.setattr(native._Reader, "_crc_at", cut)
    with pytest.raises(TruncatedFileError, match="kv: the file ends early"):
        KeyedVectors.load(path, mmap="r", verify=True)
