"""What goes wrong in reading is one error with its place; what is not the file's fault stays."""

import errno
import io
import os

import pytest

from fastsgns import KeyedVectors
from fastsgns.io import npy
from fastsgns.io.errors import FormatError


class Failing(io.BytesIO):
    """A file on a disk that fails."""

    error = OSError(errno.EIO, os.strerror(errno.EIO))

    def read(self, *_):
        raise self.error


@pytest.mark.parametrize("read", [KeyedVectors.load, KeyedVectors.load_word2vec_format])
def test_a_disk_that_fails_is_no_format_error(read):
    with pytest.raises(OSError, match="Input/output error") as caught:
        read(Failing())
    assert caught.value is Failing.error and not isinstance(caught.value, FormatError)


def test_memory_that_is_not_there_is_told_with_the_file(tmp_path, monkeypatch):
    KeyedVectors(2).save(tmp_path / "kv")

    def full(*_):
        raise MemoryError

    monkeypatch.setattr(npy, "read_data", full)
    with pytest.raises(MemoryError) as caught:
        KeyedVectors.load(tmp_path / "kv")
    assert caught.value.__notes__ == [f"while {tmp_path / 'kv'} was read"]


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_an_error_that_the_caller_handles_is_not_taken_for_the_cause(tmp_path, share):
    path = tmp_path / "kv"
    KeyedVectors(2).save(path)
    data = path.read_bytes()
    at = int(share * len(data))
    path.write_bytes(data[:at] + data[at + 7 :])
    try:
        raise FileNotFoundError(errno.ENOENT, "the one that was tried before")
    except FileNotFoundError:
        with pytest.raises(FormatError, match=str(path)):
            KeyedVectors.load(path)
