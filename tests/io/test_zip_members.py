"""Zip files as they are written, read by Python's zipfile; checksums beside zlib's."""

import io
import zipfile
import zlib

import numpy as np
import pytest

from fastsgns.io import _checks, zip_members

LENGTHS = [*range(200), 1000, 4095, 4096, 65_537]


@pytest.mark.parametrize("begun_with", [0, 1, 0xDEADBEEF, 0xFFFFFFFF])
def test_checksums_are_zlibs_wherever_the_bytes_begin(begun_with):
    data = np.random.default_rng(0).bytes(70_000)
    for n in LENGTHS:
        for begin in (0, 1, 15):
            piece = memoryview(data)[begin : begin + n]
            assert _checks.crc32(piece, begun_with) == zlib.crc32(piece, begun_with)


def test_zipfile_reads_what_is_written():
    members = {"a": b"", "ünï": b"text", "long": np.random.default_rng(1).bytes(100_000)}
    file = io.BytesIO()
    writer = zip_members.Writer(file)
    for i, (name, data) in enumerate(members.items()):

        def write(member, data=data):
            for begin in range(0, len(data), 7777):
                member.write(data[begin : begin + 7777])

        writer.add(name, write, [None, 64, 4096][i])
    writer.close()
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == members
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())
    found = zip_members.members_of(file, "file")
    for name, n in (("ünï", 64), ("long", 4096)):
        assert file.getvalue().index(members[name]) % n == 0
        assert zlib.crc32(members[name]) == found[name].CRC
