"""The house keeps its rules: who imports whom, what a room may see, what loads when, how large.

docs/architecture.md describes the house. Each rule is a function that lists what breaks it; it is
held against the package, and against a small house in which it is broken.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property
from pathlib import Path

import pytest
from processes import run_python

from fastsgns import KeyedVectors, Word2Vec

ROOT = Path(__file__).resolve().parent.parent

#: What each room may import of the others: rooms that the data has been in before. `io` is below
#: all of them, and so is `_params`, which says what values parameters may take.
ROOMS = {
    "io": set(),
    "corpus": {"io"},
    "graphs": {"io", "corpus"},
    "vocabulary": set(),
    "training": {"io", "corpus", "vocabulary"},
    "vectors": {"corpus", "io"},
    "objective": {"io", "corpus", "vocabulary", "training", "vectors"},
    "display": {"vectors"},
}
BELOW_ALL = {"_params", "_shown", "version"}

#: How a file begins, by its floor and suffix.
FIRST_WORDS = {
    "face": r'r?"""Face: \S',
    "room": r'r?"""Engine room: \S',
    ".pyx": r'r?"""Boundary: \S',
    ".pxd": r"# Floor: boundary\. \S",
    "kernels": r"/\* Floor: kernels\. \S",
}

MAX_LINES = {".py": 400, ".pyx": 500}  # of a room's files and of the boundary's
MAX_PRIVATE_FILES = 8  # at the top of the package
MAX_BODY = 60  # lines of a function without its docstring
MAX_PARAMETERS = 8  # of a room's function, less self and those that each call must name

#: Attributes of a model: what a room that saw one would look at.
OF_A_MODEL = {"wv", "index_to_key", "expandos", "cum_table", "syn1", "syn1neg", "raw_vocab"}
MODEL_NAMES = {"model", "wv", "kv", "keyed_vectors"}
FACE_CLASSES = {"Word2Vec", "KeyedVectors"}

# Loaded when first used, never by `import fastsgns`.
LAZY = {
    "fastsgns._core",
    "fastsgns.display",
    "fastsgns.exports",
    "fastsgns.sklearn",
    "fastsgns.vectors.pooling",
    "fastsgns.objective",
    "fastsgns.objective._scores",
    "fastsgns.corpus._arrow",
    "fastsgns.corpus._ids",
    "fastsgns.corpus._text",
    "fastsgns.corpus._tokens",
    "fastsgns.corpus.changing",
    "fastsgns.corpus.encoded_file",
    "fastsgns.corpus.reading",
    "fastsgns.corpus.streaming",
    "fastsgns.training.progress",
    "fastsgns.graphs",
    "fastsgns.io._checks",
    "fastsgns.io._numbers",
    "fastsgns.io.gensim_attributes",
    "fastsgns.io.gensim_check",
    "fastsgns.io.gensim_pickle",
    "fastsgns.io.gensim_writer",
    "fastsgns.io.json_values",
    "fastsgns.io.keyed_file",
    "fastsgns.io.keyed_word2vec",
    "fastsgns.io.model_file",
    "fastsgns.io.native",
    "fastsgns.io.npy",
    "fastsgns.io.places",
    "fastsgns.io.replacement",
    "fastsgns.io.safetensors",
    "fastsgns.io.word2vec_format",
    "fastsgns.io.word_counts",
    "fastsgns.vectors._search",
    "fastsgns.vectors._characters",
    "fastsgns.neighbours",
    "fastsgns.vectors.analogies",
    "fastsgns.vectors.approximate",
    "fastsgns.vectors.evaluate",
    "fastsgns.vectors.narrow",
    "fastsgns.vectors.reshaping",
    "fastsgns.distributed",
    "fsspec",
    "gensim",
    "igraph",
    "matplotlib",
    "networkx",
    "pyarrow",
    "ray",
    "scipy",
    "sklearn",
    "smart_open",
    "tqdm",
    "usearch",
}

#: Parts of Python that take long to load (parsers, codecs, what only files or threads need):
#: the names of the package load those only that Python and NumPy have loaded before.
HEAVY = {
    "argparse",
    "asyncio",
    "bz2",
    "concurrent.futures",
    "csv",
    "decimal",
    "difflib",
    "email",
    "fractions",
    "gzip",
    "hashlib",
    "html",
    "http",
    "json",
    "locale",
    "lzma",
    "multiprocessing",
    "numpy.ma",
    "numpy.polynomial",
    "numpy.testing",
    "pickletools",
    "pydoc",
    "secrets",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "statistics",
    "subprocess",
    "tempfile",
    "unittest",
    "urllib.request",
    "uuid",
    "xml",
    "zipfile",
}

# What a kernel may include besides our own headers: the C library and the CPU's own instructions.
SYSTEM_HEADERS = {
    "arm_neon.h",
    "assert.h",
    "cpuid.h",
    "float.h",
    "immintrin.h",
    "intrin.h",
    "limits.h",
    "math.h",
    "sched.h",  # lockstep.h, in builds for tests
    "stdatomic.h",
    "stdbool.h",
    "stddef.h",
    "stdint.h",
    "stdlib.h",
    "string.h",
    "sys/mman.h",
}


class House:
    """The files of a package, and what they import."""

    def __init__(self, package: Path) -> None:
        self.package = package

    def files(self, *suffixes: str) -> list[Path]:
        """List the files with these suffixes, less what Cython and the build have made."""
        found = [path for suffix in suffixes for path in self.package.rglob(f"*{suffix}")]
        generated = {path.with_suffix(".c") for path in self.package.rglob("*.pyx")}
        generated.add(self.package / "_cyutility.c")
        return sorted(set(found) - generated)

    def relative(self, path: Path) -> str:
        return path.relative_to(self.package).as_posix()

    def name_of(self, path: Path) -> str:
        """Name the module of a file: fastsgns/io/files.py is fastsgns.io.files."""
        parts = path.relative_to(self.package.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def modules(self) -> dict[str, Path]:
        return {self.name_of(path): path for path in self.files(".py")}

    @cached_property
    def compiled(self) -> dict[str, Path]:
        return {self.name_of(path): path for path in self.files(".pyx")}

    @cached_property
    def known(self) -> set[str]:
        """All modules, and what is declared for compiled ones only."""
        return {self.name_of(path) for path in self.files(".py", ".pyx", ".pxd")}

    def room_of(self, path: Path) -> str | None:
        """Name the room that a file is in: None for faces, "" for what is below all rooms."""
        folder = path.relative_to(self.package).parts[0]
        if path.stem in BELOW_ALL and path.parent == self.package:
            return ""
        return folder if folder in ROOMS else None

    def imports(self, path: Path) -> set[str]:
        """List the modules of the package that a file imports: anywhere in it, for types too."""
        if path.suffix in (".pyx", ".pxd"):
            names = {module for _, module in cython_imports(path)}
        else:
            names = imported_names(path, self.name_of(path), path.name == "__init__.py")
        found = set()
        for name in names:
            if name.split(".")[0] != self.package.name:
                continue
            while name not in self.known and "." in name:
                name = name.rpartition(".")[0]
            found.add(name)
        return found - {self.name_of(path)}

    @cached_property
    def arrows(self) -> dict[str, set[str]]:
        """Give, for each module, what it imports; that of a compiled one in any of its files."""
        arrows = {name: self.imports(path) for name, path in self.modules.items()}
        for path in self.files(".pyx", ".pxd", ".pyi"):
            arrows.setdefault(self.name_of(path), set()).update(self.imports(path))
        return arrows


def imported_names(path: Path, module: str, is_package: bool = False) -> set[str]:
    """List all that a Python file imports, in full."""
    package = module if is_package else module.rpartition(".")[0]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def cython_imports(path: Path) -> list[tuple[str, str]]:
    """List (word, module) of the imports and cimports of a Cython file."""
    text = path.read_text(encoding="utf-8")
    froms = re.findall(r"^\s*from\s+([\w.]+)\s+(c?import)\b", text, re.MULTILINE)
    plain = re.findall(r"^\s*(c?import)\s+([\w.]+)", text, re.MULTILINE)
    return [(word, module) for module, word in froms] + plain


def functions(path: Path) -> list[ast.FunctionDef]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node for node in nodes if isinstance(node, ast.FunctionDef)]


def parameters(function: ast.FunctionDef) -> list[ast.arg]:
    given = function.args
    listed = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return [arg for arg in listed if arg.arg not in ("self", "cls")]


def n_positional(function: ast.FunctionDef) -> int:
    return len(parameters(function)) - len(function.args.kwonlyargs)


def has_docstring(function: ast.FunctionDef) -> bool:
    return ast.get_docstring(function, clean=False) is not None


# --- the rules: each lists what breaks it ---------------------------------------------------------


def circles(house: House) -> list[str]:
    """Name the circles of imports, those for type checkers and within functions counted too."""
    found, done = [], set()

    def walk(module: str, way: list[str]) -> None:
        if module in way:
            found.append(" -> ".join([*way[way.index(module) :], module]))
            return
        if module in done:
            return
        for imported in sorted(house.arrows.get(module, ())):
            walk(imported, [*way, module])
        done.add(module)

    for module in sorted(house.arrows):
        walk(module, [])
    return found


def arrows_out_of_rooms(house: House) -> list[str]:
    """Name the imports that rooms must not make: of faces, and of rooms that come later."""
    wrong = []
    for module, path in house.modules.items():
        room = house.room_of(path)
        if room is None:
            continue
        for imported in house.arrows[module]:
            if imported in house.compiled and house.room_of(house.compiled[imported]) is None:
                continue  # the boundary at the top is below the rooms
            target = {**house.modules, **house.compiled}.get(imported)
            other = None if target is None else house.room_of(target)
            if other is None or other not in {"", room, *ROOMS.get(room, ())}:
                wrong.append(f"{module} imports {imported}")
    return wrong


def arrows_to_the_front_door(house: House) -> list[str]:
    """Name who imports the package itself, which imports all faces."""
    front = house.package.name
    return [module for module, imported in house.arrows.items() if front in imported]


def rooms_that_see_a_model(house: House) -> list[str]:
    """Name the functions of rooms that take a model, and attributes of one that are looked at."""
    wrong = []
    for path in house.files(".py"):
        if not house.room_of(path):
            continue
        for function in functions(path):
            for arg in parameters(function):
                annotation = ast.unparse(arg.annotation) if arg.annotation else ""
                if arg.arg in MODEL_NAMES or FACE_CLASSES & set(re.findall(r"\w+", annotation)):
                    wrong.append(f"{house.relative(path)}: {function.name}({arg.arg})")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in OF_A_MODEL:
                wrong.append(f"{house.relative(path)}:{node.lineno}: .{node.attr}")
    return wrong


def large_files(house: House) -> list[str]:
    """Name the files that have a second role. Faces may be long, as gensim's are."""
    wrong = []
    for path in house.files(".py", ".pyx"):
        n_lines = len(path.read_text(encoding="utf-8").splitlines())
        if house.room_of(path) is None and path.suffix == ".py":
            continue
        if n_lines > MAX_LINES[path.suffix]:
            wrong.append(f"{house.relative(path)}: {n_lines} lines")
    return wrong


def long_functions(house: House) -> list[str]:
    """Name the functions that do too much: faces may be long because their methods are short."""
    wrong = []
    for path in house.files(".py"):
        for function in functions(path):
            body = function.body[1:] if has_docstring(function) else function.body
            n_lines = function.end_lineno - body[0].lineno + 1 if body else 0
            if n_lines > MAX_BODY and not is_constructor_of_a_face(house, path, function):
                wrong.append(f"{house.relative(path)}: {function.name}, {n_lines} lines")
    return wrong


def is_constructor_of_a_face(house: House, path: Path, function: ast.FunctionDef) -> bool:
    """Say whether it takes over gensim's thirty parameters, a line each."""
    return house.room_of(path) is None and function.name == "__init__"


def wide_functions(house: House) -> list[str]:
    """Name the functions of rooms that are missing a noun: faces have gensim's parameters."""
    return [
        f"{house.relative(path)}: {function.name}, {n_positional(function)} parameters"
        for path in house.files(".py")
        if house.room_of(path) is not None
        for function in functions(path)
        if n_positional(function) > MAX_PARAMETERS
    ]


def private_files_at_the_top(house: House) -> list[str]:
    """Name the private files at the top of the package when there are too many to look through."""
    found = [path.name for path in sorted(house.package.glob("_[!_]*.py"))]
    return found if len(found) > MAX_PRIVATE_FILES else []


def wrong_first_lines(house: House) -> list[str]:
    """Name the files that do not begin with the name of their floor."""
    wrong = []
    for path in house.files(".py", ".pyx", ".pxd", ".c", ".h", ".inc"):
        if path.suffix == ".py":
            kind = "face" if house.room_of(path) is None or path.stem == "version" else "room"
        else:
            kind = path.suffix if path.suffix in FIRST_WORDS else "kernels"
        lines = path.read_text(encoding="utf-8").splitlines()
        first = next((x for x in lines if x.strip() and not x.startswith("# cython:")), "")
        if not re.match(FIRST_WORDS[kind], first):
            wrong.append(f"{house.relative(path)}: {first}")
    return wrong


def rooms_without_an_essay(house: House) -> list[str]:
    """Name the rooms whose __init__.py does not tell which of their files there are."""
    wrong = []
    for room in (*ROOMS, "commands"):
        init = house.package / room / "__init__.py"
        if not init.is_file():
            continue
        essay = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
        files = {path.name for path in init.parent.glob("*.py")} - {"__init__.py"}
        wrong += [f"{room}: {name}" for name in sorted(files) if name[:-3] not in essay]
    return wrong


def who_runs_commands(house: House) -> list[str]:
    """Name the modules that import the command line: what is below it must do without."""
    above = {f"{house.package.name}.__main__"}
    return [
        f"{module} imports {imported}"
        for module, path in house.modules.items()
        if module not in above
        and path.relative_to(house.package).parts[0] not in ("commands", "scripts")
        for imported in house.arrows[module]
        if imported.split(".")[1:2] == ["commands"]
    ]


def python_below_the_boundary(house: House) -> list[str]:
    """Name the compiled modules that import Python of ours, or NumPy's headers."""
    wrong = []
    for path in house.files(".pyx", ".pxd"):
        for word, module in cython_imports(path):
            ours = module.split(".")[0] == house.package.name
            if ours and (word == "import" or module in house.modules):
                wrong.append(f"{house.relative(path)} {word}s {module}")
            if word == "cimport" and module.split(".")[0] == "numpy":
                wrong.append(f"{house.relative(path)}: typed memoryviews need no NumPy headers")
    return wrong


def foreign_includes(house: House) -> list[str]:
    """Name what kernels include that is neither theirs nor the C library's."""
    wrong = []
    for path in house.files(".c", ".h", ".inc"):
        text = path.read_text(encoding="utf-8")
        foreign = set(re.findall(r"#\s*include\s*<([^>]+)>", text)) - SYSTEM_HEADERS
        own = re.findall(r'#\s*include\s*"([^"]+)"', text)
        missing = {name for name in own if not (path.parent / name).is_file()}
        wrong += [f"{house.relative(path)}: {name}" for name in sorted(foreign | missing)]
    return wrong


def who_asks_the_processor(house: House) -> list[str]:
    """Name the C files that ask what the processor can do, but for the one that does."""
    return [
        house.relative(path)
        for path in house.files(".c", ".h", ".inc")
        if re.search(r"cpuid|xgetbv|__builtin_cpu|getauxval", path.read_text(encoding="utf-8"))
        and path.name != "cpu.c"
    ]


def deprecated_cython(house: House) -> list[str]:
    """Name the Cython files that use what is deprecated, slow, or has a home elsewhere."""
    wrong = []
    for path in house.files(".pyx", ".pxd"):
        text = path.read_text(encoding="utf-8")
        patterns = [
            r"^\s*(DEF\s+\w+\s*=|IF\s+.*:)",
            r"\bfor\s+\w+\s+from\b",
            "legacy_implicit_noexcept",
            "linetrace",  # coverage builds pass it from outside
            "_cpointer",
        ]
        if path.name != "_types.pxd":
            patterns.append(r"^\s*ctypedef\s+\w+\s+blas_int\b")
        if path.name != "_blas.pxd":
            patterns.append(r"^\s*(?:from|cimport)\s+scipy\b")
        found = [pattern for pattern in patterns if re.search(pattern, text, re.MULTILINE)]
        wrong += [f"{house.relative(path)}: {pattern}" for pattern in found]
    return wrong


def compiled_without_a_stub(house: House) -> list[str]:
    """Name the compiled modules whose types nobody knows."""
    return [
        house.relative(path)
        for path in house.files(".pyx")
        if not path.with_suffix(".pyi").is_file()
    ]


#: Each rule, and a house in which it is broken: files and what is in them.
RULES = {
    circles: {
        "corpus/one.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from fastsgns.corpus.two import b",
        "corpus/two.py": "def f():\n    from fastsgns.corpus import one",
    },
    arrows_out_of_rooms: {
        "word2vec.py": "",
        "training/run.py": "def f():\n    from fastsgns import word2vec",
    },
    arrows_to_the_front_door: {"word2vec.py": "import fastsgns"},
    rooms_that_see_a_model: {"training/run.py": "def train(model): ..."},
    large_files: {"training/run.py": "pass\n" * 401},
    long_functions: {"word2vec.py": "def f():\n" + "    pass\n" * 61},
    wide_functions: {"training/run.py": "def f(a, b, c, d, e, f, g, h, i): ..."},
    private_files_at_the_top: {f"_{name}.py": "" for name in "abcdefghi"},
    wrong_first_lines: {"training/run.py": '"""A run."""'},
    rooms_without_an_essay: {"training/__init__.py": '"""Rooms: runs."""', "training/new.py": ""},
    who_runs_commands: {"commands/train.py": "", "demo.py": "from fastsgns.commands import train"},
    python_below_the_boundary: {"word2vec.py": "", "_core.pyx": "from fastsgns import word2vec"},
    foreign_includes: {"_kernels/kernel.c": "#include <Python.h>"},
    who_asks_the_processor: {"_kernels/kernel.c": "__builtin_cpu_supports"},
    deprecated_cython: {"_core.pyx": "from scipy.linalg cimport cython_blas"},
    compiled_without_a_stub: {"_core.pyx": ""},
}

#: More ways to break a rule that is easily kept in the letter only.
OTHER_WAYS = [
    (circles, {"_a.pxd": "from fastsgns._b cimport b", "_b.pxd": "from fastsgns._a cimport a"}),
    (circles, {"corpus/one.py": "from . import two", "corpus/two.py": "from .one import a"}),
    (
        arrows_out_of_rooms,  # against the direction of the data
        {"training/run.py": "", "corpus/one.py": "from fastsgns.training.run import Run"},
    ),
    (
        arrows_out_of_rooms,
        {"training/run.py": "", "io/native.py": "from fastsgns.training.run import Run"},
    ),
    (rooms_that_see_a_model, {"training/run.py": "def train(it: Word2Vec | None): ..."}),
    (rooms_that_see_a_model, {"training/run.py": "def train(it):\n    return it.wv.vectors"}),
    (large_files, {"_core.pyx": "pass\n" * 501}),
    (foreign_includes, {"_kernels/kernel.c": '#include "../../elsewhere.h"'}),
]


@pytest.fixture(scope="module")
def house() -> House:
    return House(ROOT / "fastsgns")


def build(folder: Path, files: dict[str, str]) -> House:
    package = folder / "fastsgns"
    for name, text in {"__init__.py": "", **files}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return House(package)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(house, rule):
    assert rule(house) == []


@pytest.mark.parametrize(
    ("rule", "files"), [*RULES.items(), *OTHER_WAYS], ids=lambda part: getattr(part, "__name__", "")
)
def test_a_broken_rule_is_noticed(tmp_path, rule, files):
    assert rule(build(tmp_path, files))


def test_there_is_a_house_to_look_at(house):
    assert {"fastsgns", "fastsgns.word2vec", "fastsgns.keyedvectors"} <= set(house.modules)
    assert "fastsgns._core" in house.arrows["fastsgns.training.run"]  # for types only
    assert "fastsgns._core" in house.arrows["fastsgns.training.task"]  # within a function
    assert "fastsgns.corpus._ids" in house.arrows["fastsgns.corpus._text"]


# --- what shows when it runs ----------------------------------------------------------------------


@pytest.mark.parametrize("face", [Word2Vec, KeyedVectors])
def test_a_face_is_one_class(face):
    assert face.__mro__ == (face, object)


#: `info` reads files of all formats, and is all that needs them at once.
ALL_BUT_INFO = "[getattr(fastsgns, name) for name in fastsgns.__all__ if name != 'info']"


def loaded_by(*lines: str) -> list[set[str]]:
    """List the modules that a new process has after each line of a program."""
    code = "import sys\n" + "\n".join(f"{line}; print(*sys.modules)" for line in lines)
    return [set(line.split()) for line in run_python("-c", code).stdout.splitlines()]


def test_importing_the_package_loads_nothing_and_its_names_load_numpy_only():
    at_first, then = loaded_by("import fastsgns", ALL_BUT_INFO)
    assert "numpy" not in at_first
    assert not {f"fastsgns.{room}" for room in ROOMS} & at_first
    assert {"numpy", "fastsgns.word2vec", "fastsgns.gensim_patch"} <= then
    assert not then & LAZY


def test_what_the_package_shows_is_all_there_and_a_name_that_it_lacks_is_said():
    code = (
        "import fastsgns; print(set(fastsgns.__all__) <= set(dir(fastsgns)))\n"
        "print(fastsgns.io.errors.FormatError, [getattr(fastsgns, n) for n in fastsgns.__all__])\n"
        "print(fastsgns.word_2_vec)"
    )
    done = run_python("-c", code, expects=1)
    assert done.stdout.startswith("True\n<class 'fastsgns.io.errors.FormatError'>")
    assert "AttributeError: module 'fastsgns' has no attribute 'word_2_vec'" in done.stderr


def test_the_names_of_the_package_load_no_heavy_part_of_python():
    at_first, then = loaded_by("import fastsgns, numpy.typing", ALL_BUT_INFO)
    assert not (then - at_first) & HEAVY


def test_the_package_says_that_it_is_typed(house):
    assert (house.package / "py.typed").is_file()


def test_the_reference_is_independent_of_what_it_judges():
    names = imported_names(ROOT / "tests" / "reference.py", "reference")
    assert names, "the reference imports NumPy at least"
    assert not [name for name in names if name.split(".")[0] in ("fastsgns", "gensim")]


# --- what is written about it ---------------------------------------------------------------------


def described() -> str:
    return (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_description_fits_on_two_screens():
    assert len(described().splitlines()) <= 130


def test_the_description_names_every_room_and_no_file_that_is_gone(house):
    text = described()
    assert all(f"`{room}/`" in text or f"{room}/ " in text for room in ROOMS)
    present = {path.name for path in house.files(".py", ".pyx", ".pxd", ".c", ".h", ".inc")}
    named = set(re.findall(r"\b(\w+\.(?:py|pyx|pxd|inc))\b", text))
    assert named - {"test_architecture.py", "setup.py"} <= present


def test_each_step_of_the_walks_is_found_by_its_name(house):
    """`module.function` or `Class.method`: defined where the walk says that it is."""
    text = described()
    walks = text[text.index("## Walks") :]
    walks = walks[: walks.index("\n## ", 5)]
    steps = re.findall(r"^ *(?:→ )?`?([A-Za-z_][\w.]*)\(", walks, re.MULTILINE)
    assert len(steps) > 30
    sources = {
        path: path.read_text(encoding="utf-8") for path in house.files(".py", ".pyx", ".pyi")
    }
    for step in steps:
        owner, _, name = step.rpartition(".")
        defines = rf"^\s*(?:cp?def |class |def )(?:\w+ )?{name}\b"
        owner = owner.rpartition(".")[2]
        places = [
            path
            for path, source in sources.items()
            if re.search(defines, source, re.MULTILINE)
            and (owner in ("", path.stem, path.parent.name) or f"class {owner}" in source)
        ]
        assert places, f"{step} is nowhere"
