"""How much memory can be had, and sizes as people write them."""

from __future__ import annotations

import sys

import pytest

from fastsgns.corpus.free_memory import free_nbytes, nbytes_of

GIB = 1 << 30


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("1000", 1000),
        ("1K", 1024),
        ("1.5 GB", 3 << 29),
        (" 2g ", 2 * GIB),
        ("500MiB", 500 << 20),
        (".5T", 1 << 39),
        ("50%", 400),
        ("12.5 %", 100),
    ],
)
def test_sizes_are_read(text, expected):
    assert nbytes_of(text, lambda: 800) == expected


@pytest.mark.parametrize("text", ["", "G", "-1", "1X", "1e9", "10%G", "ten"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match=f"got {text!r}"):
        nbytes_of(text, lambda: 800)


def test_this_machine_has_some():
    assert 1 << 20 < free_nbytes() < 1 << 60


def system(root, available_kb, cgroup="", **files):
    """Lay out files as Linux shows them."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable:   {available_kb} kB\n")
    (root / "proc/self/cgroup").write_text(cgroup)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


linux = pytest.mark.skipif(sys.platform == "win32", reason="files of Linux")


@linux
def test_available_memory_counts_where_no_group_has_a_limit(tmp_path):
    assert free_nbytes(system(tmp_path, 1000)) == 1_024_000


@linux
def test_an_unlimited_group_is_no_limit(tmp_path):
    root = system(tmp_path, 1000, "0::/a\n", a__memory_dot_max="max\n", a__memory_dot_current="5\n")
    assert free_nbytes(root) == 1_024_000


@linux
def test_what_a_group_above_leaves_is_a_limit(tmp_path):
    root = system(
        tmp_path,
        1000,
        "0::/a/b\n",
        a__memory_dot_max="9000\n",
        a__memory_dot_current="5000\n",
        a__memory_dot_stat="anon 3000\ninactive_file 1500\n",
        a__b__memory_dot_max="max\n",
        a__b__memory_dot_current="10\n",
    )
    assert free_nbytes(root) == 9000 - 5000 + 1500


@linux
def test_groups_of_the_first_version_count_too(tmp_path):
    root = system(
        tmp_path,
        1000,
        "3:cpu:/x\n2:memory:/docker/123\n",
        memory__memory_dot_limit_in_bytes="7000",
        memory__memory_dot_usage_in_bytes="8000",
    )
    assert free_nbytes(root) == 0


@linux
def test_elsewhere_half_of_what_is_built_in_counts(tmp_path):
    assert free_nbytes(tmp_path) > 1 << 20
