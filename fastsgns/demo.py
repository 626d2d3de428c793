"""Face: real English that every Python brings along, and a model trained on it in a minute.

``python -m fastsgns.demo`` trains skip-gram with negative sampling on the docstrings of the
standard library, NumPy, SciPy and whatever else is installed, and shows neighbours.
"""

from __future__ import annotations

import argparse
import ast
import pkgutil
import re
import sys
import sysconfig
import time
import warnings
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from fastsgns._params import as_int, available_cores
from fastsgns.io.interrupts import pass_on
from fastsgns.word2vec import Word2Vec

# NumPy and SciPy hand docstrings of compiled functions over in calls of these.
ADD_DOCSTRING = {"add_newdoc", "_add_newdoc", "add_docstring"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = ("body", "orelse", "handlers", "finalbody")
MAX_DEMO_WORDS = 1_000_000  # to parse more files takes longer than to train on their words
DEMO_WORDS = ("eigenvalues", "thread", "polynomial", "sparse", "exception", "month", "socket")
ANALOGY = ("column", "columns", "row", "rows")  # a is to b as c is to d


class DocstringSentences:
    """What `docstring_sentences` returns: sentences that can be iterated over again and again."""

    def __init__(self, files: list[Path], max_words: int | None) -> None:
        self._files = files
        self._max_words = max_words

    def __iter__(self) -> Iterator[list[str]]:
        n_words, seen = 0, set()
        for docstring in (d for path in self._files for d in _docstrings(path)):
            for paragraph in re.split(r"\n\s*\n", docstring.lower()):
                words = tuple(re.findall("[a-z]+", paragraph))
                if words and words not in seen:
                    seen.add(words)
                    n_words += len(words)
                    yield [sys.intern(word) for word in words]
                    if self._max_words is not None and n_words >= self._max_words:
                        return


def docstring_sentences(
    packages: Sequence[str] | None = None, max_words: int | None = None
) -> DocstringSentences:
    """Return the docstrings of installed packages as sentences, a corpus that is always at hand.

    A sentence is a paragraph of a docstring as a list of lower-case words of the letters a to z;
    one that has been seen before is left out. Files are parsed, never imported; those that cannot
    be parsed are passed over, as are folders of tests. The order is always the same.

    Parameters
    ----------
    packages : sequence of str, optional
        Names of top-level packages or modules. By default the standard library, NumPy, SciPy and
        then everything else in site-packages.
    max_words : int, optional
        Stop after the sentence that reaches so many words. By default there is no limit.

    Returns
    -------
    iterable of list of str
        Each iteration reads the files anew; ``list(...)`` keeps the sentences in memory.

    Raises
    ------
    ModuleNotFoundError
        If one of `packages` is not installed as Python source.

    Examples
    --------
    >>> sentences = list(docstring_sentences(["json", "csv"]))
    >>> sum(sentence.count("encoder") for sentence in sentences) > 0
    True
    """
    if packages is None:
        site = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        others = sorted(module.name for module in pkgutil.iter_modules(sorted(site)))
        names = [*sorted(sys.stdlib_module_names), "numpy", "scipy", *others]
    else:
        names = list(packages)
        if missing := [name for name in names if not _sources(name)]:
            raise ModuleNotFoundError(f"no Python source of {missing} is installed")
    files = [path for name in names for path in _sources(name)]
    return DocstringSentences(list(dict.fromkeys(files)), max_words)


def _sources(name: str) -> list[Path]:
    """Return the .py files of a package or module, found without importing it."""
    spec = PathFinder.find_spec(name)
    folders = list(spec.submodule_search_locations or []) if spec else []
    if spec and spec.origin and spec.origin.endswith(".py") and not folders:
        return [Path(spec.origin)]
    paths = [(folder, path) for folder in folders for path in sorted(Path(folder).rglob("*.py"))]
    tests = {"test", "tests"}
    return [path for folder, path in paths if not tests & {*path.relative_to(folder).parts}]


def _docstrings(path: Path) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other people's invalid escapes
            nodes: list[ast.AST] = [ast.parse(path.read_bytes())]
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        pass_on(error)
        return
    while nodes:
        node = nodes.pop()
        if isinstance(node, DOCUMENTED):
            yield ast.get_docstring(node, clean=False) or ""
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if getattr(function, "attr", getattr(function, "id", "")) in ADD_DOCSTRING:
                constants = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant))
                yield from (text for text in constants if isinstance(text, str) and "\n" in text)
        # Statements only: expressions are most of a tree and have no docstrings.
        nodes += reversed([child for block in BLOCKS for child in getattr(node, block, [])])


def main(arguments: Sequence[str] | None = None) -> None:
    """Train word vectors on the docstrings of this Python, show neighbours and save the model."""
    parser = argparse.ArgumentParser(prog="python -m fastsgns.demo", description=main.__doc__)
    add_arguments(parser)
    run(parser.parse_args(arguments))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the demo."""
    parser.add_argument("--output", default="fastsgns-demo.npz", help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=10, help="default: %(default)s")


def run(options: argparse.Namespace) -> None:
    """Read, train, show neighbours and save, saying so."""
    as_int("epochs", options.epochs, at_least=1)
    workers = available_cores()
    print("Reading the docstrings of what is installed ", end="", flush=True)
    start, sentences = time.perf_counter(), []
    for sentence in docstring_sentences(max_words=MAX_DEMO_WORDS):
        sentences.append(sentence)
        if len(sentences) % 5000 == 0:
            print(end=".", flush=True)
    read, n_words = time.perf_counter(), sum(map(len, sentences))
    print(f"\n{n_words:,} words in {len(sentences):,} paragraphs, {read - start:.0f} s\n")

    print(f"Training skip-gram, 100 dimensions, {options.epochs} epochs, {workers} threads ...")
    # So little text learns more from its rarer words than from its commonest: sample is 1e-4.
    settings = {"sg": 1, "sample": 1e-4, "epochs": options.epochs}
    model = Word2Vec(sentences, **settings, seed=1, workers=workers, progress=True)
    seconds = time.perf_counter() - read
    speed = f"{n_words * options.epochs / seconds:,.0f} words/s"
    print(f"{len(model.wv):,} words learnt in {seconds:.0f} s, {speed}\n")

    known = [word for word in DEMO_WORDS if word in model.wv]
    for word in known:
        neighbours = (f"{key} {cosine:.2f}" for key, cosine in model.wv.most_similar(word, topn=5))
        print(f"{word:12} {', '.join(neighbours)}")
    a, b, c, d = ANALOGY
    if model.wv.key_to_index.keys() >= {a, b, c, d}:
        found, cosine = model.wv.most_similar(positive=[b, c], negative=[a], topn=1)[0]
        if found == d:
            print(f"\n{a} is to {b} as {c} is to {found} ({cosine:.2f})")

    path = str(Path(options.output).resolve())
    model.save(path)
    print(f"\nSaved to {path}. To go on with it, in {sys.executable}:")
    print(f"    from fastsgns import Word2Vec\n    model = Word2Vec.load({path!r})")
    print(f"    model.wv.most_similar({(known or model.wv.index_to_key)[0]!r})")


if __name__ == "__main__":
    main()
