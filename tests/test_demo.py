"""The docstrings of installed packages as a corpus, and the demo that is trained on them."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from fastsgns import Word2Vec, demo
from fastsgns.demo import docstring_sentences

MODULE = '''
"""Module words.

Second   Paragraph: x_1 <= 2.5!
"""
raise RuntimeError("a corpus is parsed, never imported")

class A:
    """Class words."""
    @property
    def method(self):
        """Method words."""
        "not a docstring"
        def inner():
            """Inner words."""
if True:
    async def f():
        """In a branch."""
else:
    def f():
        """In the other branch."""
try:
    pass
except OSError:
    def g():
        """In a handler."""
def h():
    """Module words."""
x = """An assigned string."""
add_newdoc("pkg.compiled", """Given to
add newdoc.""")
other("""An argument,
of another call.""")
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "docstringed_package"
    (folder / "tests").mkdir(parents=True)
    (folder / "__init__.py").write_text('"""First file."""\nimport nowhere_to_be_found\n')
    (folder / "tests" / "test_it.py").write_text('"""Tests are left out."""\n')
    (folder / "broken.py").write_text('"""Cannot be parsed."""\ndef\n')
    (folder / "latin.py").write_bytes(b'"""Not UTF-8: \xe9."""\n')
    (folder / "null.py").write_bytes(b'"""A null byte."""\n\0')
    (folder / "module.py").write_text(MODULE)
    (tmp_path / "docstringed_module.py").write_text('r"""Of a \\d single file."""\n"\\d"\n')
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_sentences_are_the_paragraphs_of_docstrings_in_order(package: Path) -> None:
    got = [" ".join(sentence) for sentence in docstring_sentences(["docstringed_package"])]
    assert got == [
        "first file",
        "module words",
        "second paragraph x",
        "class words",
        "method words",
        "inner words",
        "in a branch",
        "in the other branch",
        "in a handler",
        "given to add newdoc",
    ]


def test_packages_are_not_imported(package: Path) -> None:
    list(docstring_sentences(["docstringed_package"]))
    assert not {name for name in sys.modules if name.startswith("docstringed")}


def test_a_module_of_one_file_is_read_and_its_warnings_kept_quiet(package: Path) -> None:
    got = list(docstring_sentences(["docstringed_module"]))
    assert got == [["of", "a", "d", "single", "file"]]


def test_sentences_can_be_read_again(package: Path) -> None:
    sentences = docstring_sentences(["docstringed_package", "docstringed_module"])
    assert list(sentences) == list(sentences)


def test_a_limit_stops_after_the_sentence_that_reaches_it(package: Path) -> None:
    def read(max_words: int) -> list[list[str]]:
        return list(docstring_sentences(["docstringed_package"], max_words=max_words))

    assert [len(sentence) for sentence in read(4)] == [2, 2]
    assert [len(sentence) for sentence in read(5)] == [2, 2, 3]


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="'no_such_package'"):
        docstring_sentences(["json", "no_such_package"])


def test_by_default_the_standard_library_comes_first_and_all_is_real_english() -> None:
    sentences = list(docstring_sentences(max_words=100_000))
    assert 100_000 <= sum(map(len, sentences)) < 110_000
    words = {word for sentence in sentences for word in sentence}
    assert {"the", "iterator", "raise", "specified", "otherwise"} <= words
    assert len(words) > 4000


def test_numpy_docstrings_that_are_handed_over_in_calls_are_found() -> None:
    sentences = docstring_sentences(["numpy"])
    # np.arange is compiled: its docstring is an argument of add_newdoc.
    wanted = "return evenly spaced values within a given interval"
    assert any(wanted in " ".join(sentence) for sentence in sentences)


def test_the_demo_trains_shows_neighbours_and_saves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = docstring_sentences(["threading", "asyncio", "socket", "calendar", "statistics"])
    monkeypatch.setattr(demo, "docstring_sentences", lambda max_words: small)
    path = tmp_path / "vectors.npz"
    demo.main(["--output", str(path), "--epochs", "2"])
    printed = capsys.readouterr().out
    n_words = sum(map(len, small))
    assert f"{n_words:,} words in" in printed
    neighbours = next(line for line in printed.splitlines() if line.startswith("thread "))
    assert len(neighbours.split(", ")) == 5
    assert "words/s" in printed
    to_go_on = printed.partition(f"Saved to {path}. To go on with it, in {sys.executable}:\n")[2]
    names: dict[str, Any] = {}
    exec(textwrap.dedent(to_go_on), names)
    assert isinstance(names["model"], Word2Vec)
    model = Word2Vec.load(str(path))
    assert (model.sg, model.epochs, model.vector_size) == (1, 2, 100)
    assert f"{len(model.wv):,} words learnt" in printed
