"""Files are opened by their suffix, and replaced so that the old or the new one is there."""

import bz2
import gzip
import lzma
import os
import stat
import sys

import pytest

from fastsgns.io import files


@pytest.mark.parametrize(
    ("name", "compress"),
    [("a.txt", bytes), ("a.gz", gzip.compress), ("a.bz2", bz2.compress), ("a.xz", lzma.compress)],
)
def test_a_file_is_decompressed_by_its_suffix(tmp_path, name, compress):
    path = tmp_path / name
    path.write_bytes(compress(b"one\ntwo\n"))
    with files.open_binary(path) as file:
        assert list(file) == [b"one\n", b"two\n"]
    with files.open_binary(str(path)) as file:
        assert file.read(3) == b"one"


def test_zst_is_read_across_frames(tmp_path, zstd):
    path = tmp_path / "a.zst"
    frames = [zstd.compress(text) for text in (b"one\ntw", b"o\n")]
    path.write_bytes(b"".join(frames))
    with files.open_binary(path) as file:
        assert list(file) == [b"one\n", b"two\n"]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python has it")
def test_zst_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "backports", None)
    (tmp_path / "a.zst").write_bytes(b"")
    with pytest.raises(ImportError, match=r"install backports\.zstd"):
        files.open_binary(tmp_path / "a.zst")


def test_a_url_without_smart_open_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "smart_open", None)
    with pytest.raises(ImportError, match="install smart_open"):
        files.open_binary("s3://bucket/words.txt")


def test_a_url_is_opened_by_smart_open(monkeypatch):
    import types

    asked = []
    fake = types.SimpleNamespace(open=lambda url, mode: asked.append((url, mode)) or "opened")
    monkeypatch.setitem(sys.modules, "smart_open", fake)
    assert files.open_binary("s3://bucket/words.txt") == "opened"
    assert asked == [("s3://bucket/words.txt", "rb")]


def test_a_file_url_is_a_path(tmp_path):
    (tmp_path / "a b.txt").write_bytes(b"text")
    with files.open_binary((tmp_path / "a b.txt").as_uri()) as file:
        assert file.read() == b"text"


@pytest.mark.parametrize(("path", "is_one"), [("s3://a/b", True), ("C:/a", False), ("a", False)])
def test_urls_are_told_from_paths(path, is_one):
    assert files.is_url(path) is is_one


@pytest.mark.parametrize("path", [None, 5, ["a"]])
def test_what_is_no_path_is_a_type_error(path):
    with pytest.raises(TypeError, match="must be given by its path"):
        files.open_binary(path)
    with pytest.raises(TypeError, match="must be given by its path"), files.replacing(path):
        pass


def test_an_empty_name_is_no_file():
    with pytest.raises(FileNotFoundError, match="''"):
        files.open_binary("")


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_what_is_written_is_read_back(tmp_path, suffix, zstd):
    path = tmp_path / f"a{suffix}"
    for text in (b"first" * 1000, b"second" * 1000):
        with files.replacing(path) as file:
            file.write(text)
        with files.open_binary(path) as file:
            assert file.read() == text
    if suffix:
        assert path.stat().st_size < 1000
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_appending_goes_behind_what_is_there(tmp_path):
    for suffix in ("", ".gz", ".bz2", ".xz"):
        path = tmp_path / f"a{suffix}"
        for text in (b"one\n", b"two\n"):
            with files.open_binary(path, "ab") as file:
                file.write(text)
        with files.open_binary(path) as file:
            assert file.read() == b"one\ntwo\n"


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_after_an_exception_the_old_file_is_intact_and_no_other_is_left(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    with files.replacing(path) as file:
        file.write(b"old")

    def fail():
        with files.replacing(path) as file:
            file.write(b"new" * 100_000)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with files.open_binary(path) as file:
        assert file.read() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with files.replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        assert {p.parent for p in tmp_path.iterdir()} == {tmp_path}
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")
def test_permissions_and_links_survive(tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(target)
    with files.replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_errors_name_the_file_that_was_asked_for(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, files.replacing(tmp_path / "no" / "a"):
        pass
    assert caught.value.filename == str(tmp_path / "no" / "a")
    with pytest.raises(IsADirectoryError), files.replacing(tmp_path):
        pass


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs /dev/null")  # noqa: PTH110
def test_a_device_is_written_in_place():
    with files.replacing("/dev/null") as file:
        file.write(b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116
