"""Everything that the documentation shows as Python runs, as a reader would run it.

The blocks of a page run in order and share their names, in a folder of their own. A block fenced as
``python`` is run, one fenced as ``pycon`` is a doctest whose output has to be as shown. Where a
comment after an expression is a value, that is what has to come out, as nearly as kernels, threads
and the docstrings of Python versions allow.
"""

import ast
import contextlib
import doctest
import importlib.util
import logging
import pkgutil
import re
from pathlib import Path

import pytest

import fastsgns

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What a block or a module may need and an installation need not have.
OPTIONAL = (
    "faiss",
    "matplotlib",
    "model2vec",
    "safetensors",
    "sklearn",
    "spacy",
    "torch",
    "usearch",
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(page):
    """List (kind, code, line) of the blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = FENCE.finditer(text)
    return [(m[1], m[2], text.count("\n", 0, m.start()) + 1) for m in found]


def missing_in(code):
    """List the optional packages that some code imports and that are not installed."""
    names = re.findall(r"^\s*(?:>>> )?(?:from|import) (?:fastsgns\.)?(\w+)", code, re.MULTILINE)
    found = set(names) & set(OPTIONAL)
    return sorted(name for name in found if importlib.util.find_spec(name) is None)


def run_doctest(test):
    failures = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(test, out=failures.append)
    assert not runner.failures, "".join(failures)


def run_code(code, line, page, names):
    """Run a block, a statement at a time, and compare what it shows."""
    # Lines before the block, so that a traceback shows the line of the page.
    code = "\n" * line + code
    for statement in ast.parse(code).body:
        comment = code.splitlines()[statement.end_lineno - 1].partition("  # ")[2]
        shown = None
        with contextlib.suppress(ValueError, SyntaxError):
            shown = ast.literal_eval(comment)
        if shown is not None and isinstance(statement, ast.Expr):
            value = eval(compile(ast.Expression(statement.value), str(page), "eval"), names)
            assert_near(value, shown)
        else:
            exec(compile(ast.Module([statement], []), str(page), "exec"), names)


def assert_near(value, shown):
    """Compare numbers to a tenth; of neighbours, half have to be the same."""
    if isinstance(shown, list):
        assert len(value) == len(shown)
        assert len(dict(value).keys() & dict(shown).keys()) >= len(shown) / 2, value
        value, shown = ([cosine for _, cosine in pairs] for pairs in (value, shown))
    assert value == pytest.approx(shown, rel=0.1, abs=0.1)


def run_page(page):
    """Run the blocks of a page and give the names that they leave."""
    names = {"__name__": "__main__"}
    for kind, code, line in blocks(page):
        if missing_in(code):
            continue
        if kind == "python":
            run_code(code, line, page, names)
        else:
            parser = doctest.DocTestParser()
            test = parser.get_doctest(code, names, page.name, str(page), line)
            runner_names = test.globs
            run_doctest(test)
            names.update(runner_names)
    return names


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name
)
def test_the_snippets_of_a_page_run(page, tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    run_page(page)
    if missing := missing_in("\n".join(code for _, code, _ in blocks(page))):
        pytest.skip(f"some blocks need {', '.join(missing)}")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_the_readme_shows_how_to_use_it():
    assert any("from fastsgns import Word2Vec" in code for _, code, _ in blocks(PAGES[0]))


def test_what_a_page_shows_and_does_not_come_out_is_noticed():
    wrong = [
        "[('a', 0.5), ('b', 0.4)][:1]  # [('c', 0.5)]",
        "0.5  # 0.7",
        "[('a', 1)]  # [('a', 2)]",
    ]
    for code in wrong:
        with pytest.raises(AssertionError):
            run_code(code, 0, "page", {})
    run_code("[('a', 0.5), ('b', 0.4)]  # [('b', 0.45), ('c', 0.42)]\n0.5  # 0.52", 0, "page", {})


def module_names():
    """List the modules of the package, but for what runs when it is imported."""
    found = pkgutil.walk_packages(fastsgns.__path__, "fastsgns.")
    return ["fastsgns", *(module.name for module in found if not module.name.endswith("__main__"))]


@pytest.mark.parametrize("name", module_names())
def test_the_examples_in_docstrings_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = importlib.util.find_spec(name).origin
    if source.endswith(".py") and (missing := missing_in(Path(source).read_text(encoding="utf-8"))):
        pytest.skip(f"{name} needs {', '.join(missing)}")
    module = importlib.import_module(name)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        if test.examples:
            run_doctest(test)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


TEST_NAME = re.compile(r"(tests/[\w/]+\.py|\.\.\.(?=::))(?:::(\w+))?")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tests_that_a_page_names_are_there(page):
    path = ROOT
    for place, name in TEST_NAME.findall(page.read_text(encoding="utf-8")):
        path = path if place == "..." else ROOT / place
        source = path.read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\b", source, re.MULTILINE), f"{page.name}: {place}::{name}"
