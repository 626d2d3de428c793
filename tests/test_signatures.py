"""Whatever gensim's modules and ours both have is called alike, or the page on migrating says not.

The table in docs/migrating-from-gensim.md whose first column is "name" has these names there:
`Word2Vec.train` for a method, `Word2Vec` for a constructor, `word2vec.Heapitem` for anything else
of a module.
"""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import fastsgns

gensim = pytest.importorskip("gensim")

PAGE = Path(__file__).resolve().parent.parent / "docs" / "migrating-from-gensim.md"
MODULES = {
    "fastsgns.word2vec": "gensim.models.word2vec",
    "fastsgns.keyedvectors": "gensim.models.keyedvectors",
    "fastsgns.callbacks": "gensim.models.callbacks",
    "fastsgns.utils": "gensim.utils",
}
# Of gensim.utils only what training uses is ours.
PARTIAL = {"fastsgns.utils"}


def load(name):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def listed():
    """Give the names in the first column of the table of differences in names."""
    text = PAGE.read_text(encoding="utf-8")
    table = re.search(r"^\| name \|.*\n(?:\|.*\n)+", text, re.MULTILINE)
    rows = re.findall(r"^\|([^|]*)\|", table[0], re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([\w.]+)`", row)}


def public(module):
    """Give what a module defines, not what it imports."""
    own = {name: thing for name, thing in vars(module).items() if not name.startswith("_")}
    return {
        name: thing
        for name, thing in own.items()
        if getattr(thing, "__module__", module.__name__) == module.__name__
        and not inspect.ismodule(thing)
        and name != "logger"
    }


def pairs():
    """Yield (name in the page, gensim's, ours) of all that can be called."""
    for ours, theirs in MODULES.items():
        mine, other = load(ours), load(theirs)
        if mine is None:
            continue
        for name, thing in public(other).items():
            twin = getattr(mine, name, None)
            if twin is None or not callable(thing):
                continue
            if not inspect.isclass(thing):
                yield f"{ours.split('.')[-1]}.{name}", thing, twin
                continue
            if issubclass(thing, BaseException) or thing.__name__ != name:  # an alias
                continue
            yield name, thing.__init__, twin.__init__
            for method, function in inspect.getmembers(thing, callable):
                if not method.startswith("_") and hasattr(twin, method):
                    yield f"{name}.{method}", function, getattr(twin, method)


def parameters(function):
    """Give (name, default, kind) of each parameter, however it is decorated."""
    return [
        (parameter.name, parameter.default, parameter.kind)
        for parameter in inspect.signature(function).parameters.values()
    ]


def alike(theirs, ours):
    return len(theirs) == len(ours) and all(
        a[0] == b[0]
        and a[2] == b[2]
        and (a[1] is b[1] or (type(a[1]) is type(b[1]) and a[1] == b[1]))
        for a, b in zip(theirs, ours, strict=True)
    )


PAIRS = {name: (theirs, ours) for name, theirs, ours in pairs()}


def test_there_is_something_to_compare():
    assert {"Word2Vec", "Word2Vec.train", "KeyedVectors.most_similar", "LineSentence"} <= set(PAIRS)
    assert len(PAIRS) > 80


@pytest.mark.parametrize("name", PAIRS)
def test_a_signature_is_gensims_or_the_page_on_migrating_lists_it(name):
    theirs, ours = map(parameters, PAIRS[name])
    assert alike(theirs, ours) or name in listed(), f"gensim's {theirs}\nours     {ours}"


@pytest.mark.parametrize("ours", sorted(set(MODULES) - PARTIAL))
def test_what_a_module_lacks_is_listed(ours):
    mine, other = load(ours), load(MODULES[ours])
    missing = [name for name in public(other) if not hasattr(mine, name)]
    assert [name for name in missing if f"{ours.split('.')[-1]}.{name}" not in listed()] == []


@pytest.mark.parametrize("name", ["Word2Vec", "KeyedVectors"])
def test_what_a_class_lacks_is_listed(name):
    theirs = getattr(gensim.models, name)
    missing = [
        n for n in dir(theirs) if not n.startswith("_") and not hasattr(getattr(fastsgns, name), n)
    ]
    assert [n for n in missing if f"{name}.{n}" not in listed()] == []


@pytest.mark.parametrize("name", sorted(listed()))
def test_a_name_that_the_page_lists_is_there_on_one_side(name):
    """Or it has been renamed, and the row is stale."""
    modules = [module for pair in MODULES.items() for module in map(load, pair) if module]
    first, *rest = name.split(".")
    holders = [module for module in modules if module.__name__.endswith(f".{first}")]
    holders += [getattr(module, first) for module in modules if hasattr(module, first)]
    assert any(all(hasattr(holder, part) for part in rest) for holder in holders)
