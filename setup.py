"""Build the compiled modules; everything else about the package is in pyproject.toml.

Each ``fastsgns/**/*.pyx`` becomes one extension module; the C files linked into it are named in
`C_SOURCES`.

Environment: ``FASTSGNS_DEBUG=1`` builds with Cython's bounds, initialisation and None checks on,
whatever a file says about itself, and with ``-O1 -g`` and C's assertions. For the test suite, not
for use.
"""

import importlib.util
import os
import re
import sys
from pathlib import Path

import Cython
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
DEBUG = os.environ.get("FASTSGNS_DEBUG", "0") not in ("", "0")
LOCKSTEP = os.environ.get("FASTSGNS_LOCKSTEP", "0") not in ("", "0")

# Glob patterns of the C files that are linked into a module.
C_SOURCES = {
    "fastsgns._core": ["fastsgns/_kernels/*.c"],
    "fastsgns.corpus._ids": ["fastsgns/_kernels/text/ids.c"],
    "fastsgns.corpus._text": ["fastsgns/_kernels/text/[!i]*.c", "fastsgns/_kernels/cpu.c"],
    "fastsgns.corpus._tokens": ["fastsgns/_kernels/text/[et]*.c"],
    "fastsgns.io._numbers": ["fastsgns/_kernels/numbers/*.c"],
    "fastsgns.vectors._search": ["fastsgns/_kernels/search/*.c", "fastsgns/_kernels/cpu.c"],
}

# Global, so only what holds for any Cython file. Which checks are off is said in each file, beside
# the code that has proved them needless.
DIRECTIVES = {"language_level": 3, "nonecheck": DEBUG}

# No -march and no -ffast-math: a wheel has to run on every CPU of its platform, and a kernel with a
# seed has to give the same bytes on each. For the same reason a product and a sum are not
# contracted to a fused operation: a baseline x86-64 has none, an aarch64 would use it.
COMMON_FLAGS = ["-ffp-contract=off", "-fvisibility=hidden"]
FLAGS = {
    ("unix", False): ["-O3", *COMMON_FLAGS],
    ("unix", True): ["-O1", "-g", "-UNDEBUG", *COMMON_FLAGS],
    ("msvc", False): ["/O2", "/fp:precise"],
    ("msvc", True): ["/Od", "/Zi", "/UNDEBUG", "/fp:precise"],
}


def find_blas_int():
    """Find the C type that SciPy's ``cython_blas`` takes integers as.

    It is read from the declaration that Cython compiles against, the first argument of ``sdot`` in
    ``scipy/linalg/cython_blas.pxd`` (the text that both sides compare when the module is imported),
    and not from SciPy's configuration: a SciPy may use 64-bit integers inside and show 32-bit ones
    here. SciPy is not imported.

    Returns
    -------
    str
        "int" (LP64, as in every SciPy wheel so far) or "int64_t" (ILP64).
    """
    spec = importlib.util.find_spec("scipy")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("fastsgns compiles against scipy.linalg.cython_blas: install SciPy first")
    pxd = Path(spec.submodule_search_locations[0], "linalg", "cython_blas.pxd")
    text = pxd.read_text(encoding="utf-8")
    declared = re.search(r"^cdef\s+\w+\s+sdot\s*\(\s*(\w+)\s*\*", text, re.MULTILINE)
    name = declared.group(1) if declared else "no declaration of sdot"
    typedef = re.search(rf"^\s*ctypedef\s+(\w+)\s+{name}\s*$", text, re.MULTILINE)
    name = typedef.group(1) if typedef else name
    if name not in ("int", "int64_t"):
        raise SystemExit(f"{pxd}: sdot's integers must be int or int64_t, got {name}")
    return name


def write_if_changed(path, text):
    """Write a file unless it holds that text: its time stamp says when the build last changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def with_checks(pyx):
    """Copy a .pyx to build/checked/, with the checks on that it switches off.

    A directive in a file wins over one given to cythonize(), so giving it there would do nothing.
    """
    off = r"\b(boundscheck|initializedcheck|nonecheck)(\s*[=(]\s*)False\b"
    copy = Path("build", "checked", pyx)
    write_if_changed(copy, re.sub(off, r"\1\2True", pyx.read_text(encoding="utf-8")))
    return copy


def list_extensions():
    """List the extension modules, one for each .pyx that there is."""
    blas_int = find_blas_int()
    # setuptools and Cython rebuild for newer files only. What else decides the binary is kept in a
    # file, which becomes newer when it changes.
    options = Path("build", "options.txt")
    facts = [
        f"debug={DEBUG}",
        f"lockstep={LOCKSTEP}",
        f"blas_int={blas_int}",
        f"cython={Cython.__version__}",
        f"{FLAGS=}",
    ]
    changed = write_if_changed(options, "\n".join([*facts, f"python={sys.version}", ""]))

    package = Path("fastsgns")
    headers = [path for suffix in ("h", "inc", "pxd") for path in package.rglob(f"*.{suffix}")]
    modules = []
    for pyx in sorted(package.rglob("*.pyx")):
        name = ".".join(pyx.with_suffix("").parts)
        c_files = [
            path for pattern in C_SOURCES.get(name, []) for path in sorted(Path().glob(pattern))
        ]
        module = Extension(
            name,
            sources=[path.as_posix() for path in (with_checks(pyx) if DEBUG else pyx, *c_files)],
            include_dirs=["fastsgns"],
            define_macros=[("FASTSGNS_BLAS_INT", blas_int), *([("SGNS_LOCKSTEP", "1")] * LOCKSTEP)],
            libraries=[] if os.name == "nt" else ["m"],
            depends=[path.as_posix() for path in sorted([options, *headers])],
        )
        modules.append(module)
    return cythonize(modules, compiler_directives=DIRECTIVES, force=changed)


class BuildExt(build_ext):
    """Spell the flags as the compiler at hand does."""

    def build_extensions(self):
        """Build all modules with the flags of `FLAGS`."""
        family = "msvc" if self.compiler.compiler_type == "msvc" else "unix"
        for extension in self.extensions:
            extension.extra_compile_args = FLAGS[family, DEBUG]
        super().build_extensions()


os.chdir(ROOT)
setup(ext_modules=list_extensions(), cmdclass={"build_ext": BuildExt})
