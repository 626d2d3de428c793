"""The house keeps its floors: who may import whom, what a file says of itself, how large it gets.

docs/architecture.md describes the floors; this file is what holds them.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fastsgns

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "fastsgns"

FLOORS = ["face", "engine room", "boundary", "kernels"]  # from the top
FACE = {
    "fastsgns",
    "fastsgns.__main__",
    "fastsgns.cli",
    "fastsgns.demo",
    "fastsgns.gensim_patch",
    "fastsgns.patched",
    "fastsgns.scripts",
    "fastsgns.scripts._run",
    "fastsgns.scripts.glove2word2vec",
    "fastsgns.scripts.word2vec2tensor",
    "fastsgns.scripts.word2vec_standalone",
    "fastsgns.sklearn",
    "fastsgns.version",
    "fastsgns.word2vec",
}
MAX_LINES = {".py": 400, ".pyx": 500}

# Loaded when first used, never by `import fastsgns`.
LAZY = {
    "fastsgns._arrow",
    "fastsgns._core",
    "fastsgns._ids",
    "fastsgns._reading",
    "fastsgns._scores",
    "fastsgns._text",
    "fastsgns._tokens",
    "gensim",
    "matplotlib",
    "pyarrow",
    "ray",
    "scipy",
    "sklearn",
    "smart_open",
    "tqdm",
    "usearch",
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
    "stdbool.h",
    "stddef.h",
    "stdint.h",
    "stdlib.h",
    "string.h",
    "sys/mman.h",
}


def files(*suffixes):
    """List the package's files with these suffixes, less what Cython and the build have made."""
    found = [path for suffix in suffixes for path in PACKAGE.rglob(f"*{suffix}")]
    generated = {path.with_suffix(".c") for path in PACKAGE.rglob("*.pyx")}
    return sorted(set(found) - generated)


def name_of(path):
    """Name the module of a file: fastsgns/io/files.py is fastsgns.io.files."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def relative(path):
    return path.relative_to(ROOT).as_posix()


MODULES = {name_of(path): path for path in files(".py")}
COMPILED = {name_of(path): path for path in files(".pyx")}


def floor_of(module):
    """Name the floor that a module belongs on."""
    if module in COMPILED:
        return "boundary"
    return "face" if module in FACE else "engine room"


def is_type_checking(node):
    test = node.test if isinstance(node, ast.If) else None
    return "TYPE_CHECKING" in (getattr(test, "id", None), getattr(test, "attr", None))


def imported_names(path):
    """List all that a Python file imports, in full and wherever in the file, for types excepted."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    names = set()

    def walk(node):
        if is_type_checking(node):
            for child in node.orelse:
                walk(child)
            return
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            names.update(f"{base}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return names


def imported_modules(path):
    """List the modules of ours that a Python file imports."""
    found = set()
    for name in imported_names(path):
        if name.split(".")[0] != "fastsgns":
            continue
        while name not in MODULES and name not in COMPILED and "." in name:
            name = name.rpartition(".")[0]
        found.add(name)
    return found


def pyx_imports(path):
    """List (word, module) of the imports and cimports of a Cython file."""
    text = path.read_text(encoding="utf-8")
    froms = re.findall(r"^\s*from\s+([\w.]+)\s+(c?import)\b", text, re.MULTILINE)
    plain = re.findall(r"^\s*(c?import)\s+([\w.]+)", text, re.MULTILINE)
    return [(word, module) for module, word in froms] + plain


def first_words(path):
    """Give the line in which a file says its floor: the first that is not a directive."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.strip() and not line.startswith("# cython:"))


def test_there_is_a_house_to_look_at():
    assert {"fastsgns", "fastsgns.word2vec", "fastsgns.keyedvectors"} <= set(MODULES)
    assert "fastsgns._core" in COMPILED
    assert "fastsgns._core" in imported_modules(PACKAGE / "_train.py")


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_only_go_down(module):
    floor = FLOORS.index(floor_of(module))
    for imported in imported_modules(MODULES[module]) - {"fastsgns.version"}:  # one constant
        if imported == "fastsgns":
            assert module == "fastsgns.__main__" or floor == 0, f"{module} imports the front door"
        assert FLOORS.index(floor_of(imported)) >= floor, f"{module} imports {imported}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_forbidden_arrows_are_absent(module):
    imported = imported_modules(MODULES[module])
    if module != "fastsgns.__main__":
        assert "fastsgns.cli" not in imported
    if module.startswith("fastsgns.keyedvectors"):
        assert "fastsgns.word2vec" not in imported
    if module == "fastsgns.corpus":
        assert "fastsgns.vocabulary" not in imported


@pytest.mark.parametrize("module", [name for name in sorted(MODULES) if ".io" in name])
def test_readers_and_writers_know_no_class_of_ours(module):
    """Plain words, counts and matrices go in and out of fastsgns.io."""
    for imported in imported_modules(MODULES[module]):
        assert imported == "fastsgns.version" or imported.startswith("fastsgns.io"), imported


@pytest.mark.parametrize("path", files(".pyx", ".pxd"), ids=relative)
def test_the_boundary_imports_no_python_of_ours(path):
    for word, module in pyx_imports(path):
        if module.split(".")[0] == "fastsgns":
            assert word == "cimport", f"{relative(path)} imports {module}"
            assert module not in MODULES, f"{relative(path)} cimports {module}"
        assert not (word == "cimport" and module.split(".")[0] == "numpy"), (
            "typed memoryviews need no NumPy headers"
        )


@pytest.mark.parametrize("path", files(".pyx", ".pxd"), ids=relative)
def test_cython_files_use_nothing_deprecated_or_slow(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"^\s*(DEF\s+\w+\s*=|IF\s+.*:)", text, re.MULTILINE)
    assert not re.search(r"\bfor\s+\w+\s+from\b", text)
    assert "legacy_implicit_noexcept" not in text
    assert "linetrace" not in text, "coverage builds pass it from outside"
    assert "_cpointer" not in text, "BLAS comes through _blas.pxd"


@pytest.mark.parametrize("path", files(".pyx", ".pxd"), ids=relative)
def test_blas_and_number_types_have_one_home(path):
    modules = {module for _, module in pyx_imports(path)}
    if path.name != "_blas.pxd":
        assert not any(module.startswith("scipy") for module in modules)
    if path.name != "_types.pxd":
        assert not re.search(r"^\s*ctypedef\s+\w+\s+blas_int\b", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", files(".c", ".h", ".inc"), ids=relative)
def test_kernels_need_the_c_library_only(path):
    text = path.read_text(encoding="utf-8")
    assert "Python.h" not in re.findall(r'#\s*include\s*[<"]([^>"]+)', text)
    assert set(re.findall(r"#\s*include\s*<([^>]+)>", text)) <= SYSTEM_HEADERS
    for own in re.findall(r'#\s*include\s*"([^"]+)"', text):
        assert (path.parent / own).is_file(), f"{own} is not beside {path.name}"


@pytest.mark.parametrize("path", files(".c", ".h", ".inc"), ids=relative)
def test_one_file_asks_the_processor(path):
    asks = re.search(r"cpuid|xgetbv|__builtin_cpu|getauxval", path.read_text(encoding="utf-8"))
    assert bool(asks) == (path.name == "cpu.c")


@pytest.mark.parametrize("path", files(".py", ".pyx", ".pxd", ".c", ".h", ".inc"), ids=relative)
def test_a_file_says_its_floor_first(path):
    if path.suffix == ".py":
        pattern = rf'r?"""{floor_of(name_of(path)).capitalize()}: \S'
    elif path.suffix == ".pyx":
        pattern = r'r?"""Boundary: \S'
    elif path.suffix == ".pxd":
        pattern = r"# Floor: boundary\. \S"
    else:
        pattern = r"/\* Floor: kernels\. \S"
    assert re.match(pattern, first_words(path)), first_words(path)


@pytest.mark.parametrize("path", files(".py", ".pyx"), ids=relative)
def test_a_file_has_one_role_and_so_few_lines(path):
    if path.name == "keyedvectors.py":
        pytest.skip("a face: as many short methods as gensim has names")
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= MAX_LINES[path.suffix], f"{n_lines} lines: look for a second role in it"


@pytest.mark.parametrize("path", files(".pyx"), ids=relative)
def test_a_compiled_module_has_a_stub(path):
    assert path.with_suffix(".pyi").is_file()


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def test_importing_the_package_loads_numpy_only():
    code = "import sys, fastsgns; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(fastsgns.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(run.stdout.split())
    assert "numpy" in loaded
    assert not loaded & LAZY


def test_the_reference_is_independent_of_what_it_judges():
    names = imported_names(ROOT / "tests" / "reference.py")
    assert names, "the reference imports NumPy at least"
    assert not [name for name in names if name.split(".")[0] in ("fastsgns", "gensim")]


def test_the_description_of_the_house_names_every_room():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for path in files(".py", ".pyx", ".pxd", ".c", ".h", ".inc"):
        if path.suffix == ".pxd" and path.with_suffix(".pyx") in files(".pyx"):
            continue  # told with its .pyx
        name = f"{path.parent.name}/" if path.name == "__init__.py" else path.name
        assert path == PACKAGE / "__init__.py" or name in text, f"{relative(path)} is not in it"


def test_the_description_of_the_house_names_no_room_that_is_gone():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    present = {path.name for path in files(".py", ".pyx", ".pxd", ".c", ".h", ".inc")}
    rooms = text[text.index("## Floors") : text.index("## Arrows")]
    named = set(re.findall(r"`(\w+\.(?:py|pyx|pxd|c|h|inc))`", rooms))
    assert named - {"test_architecture.py", "Python.h"} <= present
