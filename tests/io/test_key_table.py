"""Keys that are looked up in a native file, and the table by which they are found there."""

import contextlib
import io
import json
import pickle
import random
import re
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

import fastsgns
from fastsgns import KeyedVectors, Word2Vec
from fastsgns.io import _keys, json_values, key_table, native
from fastsgns.io.errors import FormatError
from fastsgns.keyedvectors import _attributes_of

sys.path.insert(0, str(Path(__file__).parent.parent))

import malformed

WORDS = [
    "to",
    "be",
    "",
    "or",
    "ü",
    "日本",
    "\ud800",
    'a "quote"',
    "back\\slash",
    "two\nlines",
    "\x00",
]


def vectors(words, size=2):
    kv = KeyedVectors(size)
    kv.add_vectors(words, np.arange(len(words) * size, dtype=np.float32).reshape(-1, size))
    return kv


@pytest.fixture
def mapped(tmp_path):
    vectors(WORDS).save(tmp_path / "kv")
    return KeyedVectors.load(tmp_path / "kv", mmap="r")


def has_read_keys(kv):
    return type(kv) is KeyedVectors


# ---- JSON ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [WORDS, ["a"], [""], ["x" * 1000, "y"], [*map(chr, range(300))]])
def test_a_list_of_texts_is_written_and_read_as_any_json(words):
    data = _keys.written(words)
    assert data == json_values.dumps(words, "words")
    assert _keys.parsed(data) == words == json_values.loads(bytes(data))


@pytest.mark.parametrize("keys", [[], ["a", 1], ["a", None], [("a",)], [np.str_("a")]])
def test_what_is_not_just_texts_is_left_to_others(keys):
    assert _keys.written(keys) is None
    data = json_values.dumps_keys(keys)
    back = json_values.loads_keys(bytes(data))
    assert back == keys


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[", b"]", b"[]]", b"[,]", b'["a"', b'["a",]', b'["a"]]', b'["a" ]', b'[ "a"]',
        b'["a";"b"]', b'["a""b"]', b'["a]', b'["a\\"]', b'["\\x"]', b'["a\nb"]', b'["\xff"]',
        b"[1]", b'{"a":1}', b'["a",1]', b'["a",["b"]]', b'"a"', b'["',
    ],
)  # fmt: skip
def test_json_of_another_form_is_not_taken_for_texts(data):
    assert _keys.parsed(data) is None
    if data not in (b'["\\x"]', b'["\xff"]'):  # what is between quotes is not looked at
        assert not _keys.fill(data, np.empty(1, np.uint64), np.empty(2, np.uint32))


def test_what_is_read_of_damaged_json_is_what_json_says():
    draw = random.Random(1)
    good = bytes(_keys.written(["ab", "c\\d", "é"]))
    for _ in range(20_000):
        data = bytearray(good)
        for _ in range(draw.randint(1, 3)):
            data[draw.randrange(len(data))] = draw.choice(b'[]",\\ab\x00\xff{:')
        data = bytes(data[: draw.choice((None, draw.randrange(len(data))))])
        found = _keys.parsed(data)
        if found is not None:
            assert found == json.loads(data.decode("utf-8", "surrogatepass"))
            assert (key_table.made_of(data, len(found)) is not None) == bool(found)


# ---- the table -----------------------------------------------------------------------------------


def test_the_table_is_as_it_is_documented(tmp_path):
    vectors(WORDS).save(tmp_path / "kv")
    with zipfile.ZipFile(tmp_path / "kv") as archive:
        table, keys = archive.read("keys.table"), archive.read("keys.json")
        at = archive.getinfo("keys.table").header_offset
    n = len(WORDS)
    assert table[:16] == struct.pack("<4sIQ", b"KEYS", 1, n)
    assert len(table) == 16 + 8 * n + 4 * (n + 1)
    begins = struct.unpack(f"<{n + 1}I", table[16 + 8 * n :])
    assert begins[-1] == len(keys)
    texts = [keys[begins[row] + 1 : begins[row + 1] - 2] for row in range(n)]
    expected = sorted(zlib.crc32(text) << 32 | row for row, text in enumerate(texts))
    assert list(struct.unpack(f"<{n}Q", table[16 : 16 + 8 * n])) == expected
    whole = [json.loads((b'"' + text + b'"').decode("utf-8", "surrogatepass")) for text in texts]
    assert whole == WORDS
    data = (tmp_path / "kv").read_bytes()
    assert data.index(table, at) % native.ALIGNMENT == 0


@pytest.mark.parametrize("keys", [[], [1, 2], ["a", ("b", 1)], ["a", None, b"c"]])
def test_there_is_no_table_of_keys_that_are_not_all_text(keys, tmp_path):
    native.write(tmp_path / "a", {}, keys, {})
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert "keys.table" not in archive.namelist()
    fastsgns.verify(tmp_path / "a")


def test_places_beyond_32_bits_have_no_table(monkeypatch):
    monkeypatch.setattr(key_table, "_MAX_NBYTES", 10)
    assert key_table.made_of(b'["abcdef"]', 1) is not None
    assert key_table.made_of(b'["abcdefg"]', 1) is None


def test_buffers_that_do_not_fit_are_errors():
    with pytest.raises(ValueError, match="1 sums, 1 places of 5 bytes"):
        _keys.fill(b'["a"]', np.empty(1, np.uint64), np.empty(1, np.uint32))
    with pytest.raises(ValueError, match="3 places of 1 keys"):
        _keys.find(b"a", np.zeros(1, np.uint64), np.zeros(3, np.uint32), b'["a"]')


# ---- lookups -------------------------------------------------------------------------------------


def test_a_word_of_a_mapped_file_is_found_without_reading_all(mapped):
    for row, word in enumerate(WORDS):
        assert mapped[word].tolist() == [2 * row, 2 * row + 1]
        assert word in mapped and mapped.get_index(word) == row
    for other in ("none", b"to", 1.5, ("to",), None, np.float32(1)):
        assert other not in mapped
    assert mapped.get_index(np.str_("be")) == 1
    assert mapped.get_index("none", 7) == 7
    assert len(mapped) == len(WORDS) and mapped.has_index_for(3) and not mapped.has_index_for(99)
    assert mapped[3].tolist() == [6, 7]
    assert mapped[["or", "to"]].tolist() == [[6, 7], [0, 1]]
    assert "11 keys" in str(mapped)
    assert not has_read_keys(mapped)


@pytest.mark.parametrize(
    "ask",
    [
        lambda kv: kv.most_similar("to", topn=3),
        lambda kv: kv.most_similar(["to", "be"], ["or"]),
        lambda kv: kv.most_similar_batch(["to", "be", ("or", "ü")], topn=2),
        lambda kv: kv.most_similar_cosmul(["to", "be"], ["or"]),
        lambda kv: kv.similar_by_vector(kv["be"]),
        lambda kv: kv.similarity("to", "be"),
        lambda kv: kv.n_similarity(["to", "be"], ["or"]),
        lambda kv: kv.distances("to", ["be", "or"]).tolist(),
        lambda kv: kv.distances("to").tolist(),
        lambda kv: kv.rank("to", "or"),
        lambda kv: kv.closer_than("to", "or"),
        lambda kv: kv.doesnt_match(["to", "be", "or"]),
        lambda kv: kv.get_mean_vector(["to", "be", "none"]).tolist(),
        lambda kv: kv.get_vector("be", norm=True).tolist(),
        lambda kv: kv._repr_html_(),
    ],
)
def test_a_small_question_reads_no_more_than_it_needs(mapped, tmp_path, ask):
    assert ask(mapped) == ask(KeyedVectors.load(tmp_path / "kv"))
    assert not has_read_keys(mapped)


def test_a_key_is_found_when_another_thread_has_read_all_meanwhile(mapped):
    stored = _attributes_of(mapped)["stored_keys"]
    stored.all()
    assert not stored.can_look_up
    assert stored.get("be") == 1 and stored.get("none") is None


def test_what_a_dict_would_refuse_is_refused(mapped):
    for odd in ([], {}, ("a", [])):
        with pytest.raises(TypeError, match="unhashable"):
            mapped.get_index(odd)
    with pytest.raises(KeyError, match=r"Key 'tu' not present.*'to'"):
        mapped["tu"]
    with pytest.raises(KeyError, match="Key '99' not present"):
        mapped[99]


def test_all_keys_are_read_for_what_needs_all(tmp_path, mapped):
    rows = {word: row for row, word in enumerate(WORDS)}
    assert list(mapped) == WORDS
    for read in (lambda kv: kv.index_to_key == WORDS, lambda kv: kv.key_to_index == rows):
        kv = KeyedVectors.load(tmp_path / "kv", mmap="r")
        assert "to" in kv and not has_read_keys(kv)
        assert read(kv) and has_read_keys(kv)
        assert type(kv) is KeyedVectors
    twin = pickle.loads(pickle.dumps(mapped))
    assert twin.key_to_index == rows and has_read_keys(mapped)


def test_keys_that_are_set_take_the_place_of_those_in_the_file(mapped):
    mapped.index_to_key = [word + "!" for word in WORDS]
    mapped.key_to_index = {word: row for row, word in enumerate(mapped.index_to_key)}
    assert "to!" in mapped and "to" not in mapped


def test_many_lookups_make_the_dict(tmp_path):
    words = [f"w{i}" for i in range(9000)]
    vectors(words, 1).save(tmp_path / "kv")
    kv = KeyedVectors.load(tmp_path / "kv", mmap="r")
    for word in words[:1000]:
        assert word in kv
    assert not has_read_keys(kv)
    for row, word in enumerate(words):
        assert kv.get_index(word) == row
    assert has_read_keys(kv) and type(kv) is KeyedVectors


def test_rows_are_taken_out_of_a_mapped_file(tmp_path):
    words = [f"w{i}" for i in range(9000)]
    vectors(words).save(tmp_path / "kv")
    kv = KeyedVectors.load(tmp_path / "kv", keys=["w8000", "w5", "none"])
    assert kv.index_to_key == ["w5", "w8000"] and kv["w8000"].tolist() == [16000, 16001]
    assert has_read_keys(kv) and type(kv) is KeyedVectors
    keys = KeyedVectors.load(tmp_path / "kv", mmap="r")._keys_by_row
    assert keys[-1] == "w8999" and keys[7:9] == ["w7", "w8"] and keys[::-1] == words[::-1]
    with pytest.raises(IndexError):
        keys[9000]


def test_a_class_with_its_own_lookup_keeps_it(mapped, tmp_path):
    class InLowerCase(KeyedVectors):
        def get_index(self, key, default=None):
            return super().get_index(key.lower(), default)

        def __len__(self):
            return 3

    kv = InLowerCase.load(tmp_path / "kv", mmap="r")
    assert kv["BE"].tolist() == [2, 3]
    assert len(kv) == 3


def test_the_vectors_of_a_models_file_are_looked_up_too(tmp_path):
    model = Word2Vec([["a", "b", "c"]] * 5, vector_size=2, min_count=1, workers=1)
    model.save(tmp_path / "m")
    kv = KeyedVectors.load(tmp_path / "m", mmap="r")
    assert np.array_equal(kv["b"], model.wv["b"]) and not has_read_keys(kv)
    assert Word2Vec.load(tmp_path / "m", mmap="r").wv.key_to_index == model.wv.key_to_index


def of_one_checksum(n):
    """Return texts of equal length and CRC-32: that of a sum of texts is the sum of theirs."""
    length = 24
    zero = zlib.crc32(b"h" * length)
    found = {}  # by its highest bit, a checksum, and what has it
    kernel = []
    for place in range(length):
        for bit in (1, 2, 4):
            change = bytearray(length)
            change[place] = bit
            text = bytes(a ^ b for a, b in zip(b"h" * length, change, strict=True))
            crc = zlib.crc32(text) ^ zero
            while crc and crc.bit_length() in found:
                other, more = found[crc.bit_length()]
                crc ^= other
                change = bytearray(a ^ b for a, b in zip(change, more, strict=True))
            if crc:
                found[crc.bit_length()] = crc, change
            else:
                kernel.append(int.from_bytes(change, "big"))
    texts = []
    for i in range(n):
        number = int.from_bytes(b"h" * length, "big")
        for k, change in enumerate(kernel):
            number ^= change if i >> k & 1 else 0
        texts.append(number.to_bytes(length, "big").decode())
    return texts


@pytest.mark.parametrize("n", [2, 64, 65, 500])
def test_keys_of_one_checksum_are_told_apart(n, tmp_path):
    words = of_one_checksum(n + 1)
    assert len({zlib.crc32(word.encode()) for word in words}) == 1 < len(set(words))
    vectors([*words[:-1], "other"]).save(tmp_path / "kv")
    kv = KeyedVectors.load(tmp_path / "kv", mmap="r")
    assert "other" in kv and not has_read_keys(kv)
    assert [kv.get_index(word) for word in words[:-1]] == list(range(n))
    assert words[-1] not in kv


# ---- nothing of it is believed -------------------------------------------------------------------


def error_of(ask):
    try:
        ask()
    except (FormatError, KeyError) as error:
        return str(error)
    return "None"


def with_table(data, change):
    """Return a native file with another table; what is changed are its sums and its places."""
    table = malformed.members_of(data)["keys.table"]
    n = struct.unpack("<Q", table[8:16])[0]
    sums = np.frombuffer(table, "<u8", n, 16).copy()
    begins = np.frombuffer(table, "<u4", n + 1, 16 + 8 * n).copy()
    change(sums, begins)
    return malformed.replaced(data, table=table[:16] + sums.tobytes() + begins.tobytes())


def saved(words):
    file = io.BytesIO()
    vectors(words).save(file)
    return file.getvalue()


FORGED = {
    "rows that are none": lambda sums, begins: sums.__ior__(0xFFFFFF),
    "places behind the end": lambda sums, begins: begins.fill(0xFFFFFFFF),
    "places at the begin": lambda sums, begins: begins.fill(0),
    "places that go back": lambda sums, begins: begins.__setitem__(
        slice(None), begins[::-1].copy()
    ),
    "sums in no order": lambda sums, begins: sums.__setitem__(slice(None), sums[::-1].copy()),
    "one sum": lambda sums, begins: sums.fill(sums[0]),
    "zeros": lambda sums, begins: (sums.fill(0), begins.fill(0)),
    "another key's row": lambda sums, begins: sums.__ixor__(1),
    "the middle of keys": lambda sums, begins: begins.__iadd__(1),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_table_gives_an_error_or_another_row_and_verify_tells(forged, tmp_path):
    (tmp_path / "kv").write_bytes(with_table(saved(WORDS), FORGED[forged]))
    kv = KeyedVectors.load(tmp_path / "kv", mmap="r")
    for ask in (
        *(lambda word=word: kv.get_index(word, -1) for word in [*WORDS, "none"]),
        *(lambda row=row: kv._keys_by_row[row] for row in range(len(WORDS))),
        lambda: kv.most_similar("to"),
    ):
        told = error_of(ask)
        assert re.match(r"(.*kv: keys\.table: |None$|Key '.*' not present)", told), told
    with pytest.raises(FormatError, match=r"kv: keys\.table: it is not the table of the keys"):
        fastsgns.verify(tmp_path / "kv")
    for mmap in (None, "r"):
        with pytest.raises(FormatError, match=r"keys\.table"):
            KeyedVectors.load(tmp_path / "kv", mmap=mmap, verify=True)
    assert KeyedVectors.load(tmp_path / "kv").index_to_key == WORDS  # it is not looked at


def test_rows_that_name_one_text_together_are_damage(tmp_path):
    words = [*map(str, range(8)), "long" * 1000]

    def overlap(sums, begins):
        begins[0:8:2], begins[1:8:2] = begins[8], begins[9]

    (tmp_path / "kv").write_bytes(with_table(saved(words), overlap))
    kv = KeyedVectors.load(tmp_path / "kv", mmap="r")
    with pytest.raises(FormatError, match="keys overlap"):
        kv.most_similar(np.ones(2, np.float32))


@pytest.mark.parametrize("inside", ["[" * 5000, "[1,[2]]", "123"])
def test_a_place_inside_a_key_is_not_read_as_json(tmp_path, inside):
    def move(sums, begins):
        begins[0] += 1

    (tmp_path / "kv").write_bytes(with_table(saved([inside, "b"]), move))
    kv = KeyedVectors.load(tmp_path / "kv", mmap="r")
    with pytest.raises(FormatError, match=r"row 0: .* is no text"):
        kv._keys_by_row[0]


def test_keys_with_escapes_that_are_not_looked_for_are_told_by_verify(tmp_path):
    keys_json = json.dumps(["a", "é"], separators=(",", ":")).encode()
    table = key_table.made_of(keys_json, 2).to_bytes()
    members = malformed.members_of(saved(["a", "é"])) | {"keys.json": keys_json}
    (tmp_path / "kv").write_bytes(malformed.zipped(members | {"keys.table": table}))
    with pytest.raises(FormatError, match="escapes"):
        fastsgns.verify(tmp_path / "kv")


def test_an_unknown_key_is_told_without_a_hint_when_the_file_has_changed(tmp_path, mapped):
    with pytest.raises(KeyError) as caught:
        mapped["none"]
    with (tmp_path / "kv").open("r+b") as file:
        file.truncate(400)
    assert str(caught.value) == "Key 'none' not present"
    assert str(pickle.loads(pickle.dumps(caught.value))) == "\"Key 'none' not present\""


def test_damage_anywhere_never_ends_the_process(tmp_path):
    draw = random.Random(2)
    words = [f"w{i}" for i in range(200)]
    good = saved(words)
    members = malformed.members_of(good)
    for _ in range(300):
        changed = dict(members)
        for name in ("keys.table", "keys.json"):
            part = bytearray(members[name])
            for _ in range(draw.randint(0, 5)):
                first = 16 if name == "keys.table" else 0  # behind the head
                part[draw.randrange(first, len(part))] = draw.randrange(256)
            changed[name] = bytes(part)
        (tmp_path / "kv").write_bytes(malformed.zipped(changed))
        kv = KeyedVectors.load(tmp_path / "kv", mmap="r")
        for word in [*words, "none"]:
            with contextlib.suppress(FormatError):
                assert kv.get_index(word, -1) < len(words)
        for row in range(len(words)):
            with contextlib.suppress(FormatError):
                assert isinstance(kv._keys_by_row[row], str)


def test_a_table_of_a_version_to_come_is_not_looked_at(tmp_path):
    data = saved(WORDS)
    table = malformed.members_of(data)["keys.table"]
    later = malformed.replaced(data, table=table[:4] + b"\x02\0\0\0" + b"something else")
    (tmp_path / "kv").write_bytes(later)
    kv = KeyedVectors.load(tmp_path / "kv", mmap="r")
    assert kv.get_index("be") == 1 and has_read_keys(kv)
    fastsgns.verify(tmp_path / "kv")


def test_a_file_that_was_packed_anew_is_looked_up_as_well(tmp_path):
    for n in range(9):
        members = malformed.members_of(saved(WORDS))
        (tmp_path / "kv").write_bytes(malformed.zipped({"x" * (n + 1): b"", **members}))
        kv = KeyedVectors.load(tmp_path / "kv", mmap="r")
        assert kv["be"].tolist() == [2, 3] and not has_read_keys(kv)


def test_a_file_that_was_changed_in_place_is_not_looked_up(tmp_path, mapped):
    with (tmp_path / "kv").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(OSError, match="changed in place"):
        "to" in mapped  # noqa: B015
    with pytest.raises(OSError, match="changed in place"):
        mapped._keys_by_row[0]
