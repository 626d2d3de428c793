"""Build the compiled modules; everything else about the package is in pyproject.toml.

Each ``fastsgns/**/*.pyx`` becomes one extension module; the C files linked into it are named in
`C_SOURCES`. What Cython would write into each of them, the memoryviews above all, is one module
more, `SHARED`. All of it happens when modules are built, and not when the package is described.

Environment: ``FASTSGNS_DEBUG=1`` builds with Cython's bounds, initialisation and None checks on,
whatever a file says about itself, and with ``-O1 -g`` and C's assertions. For the test suite, not
for use. ``CFLAGS`` come last on the compiler's command line, so they win.
"""

import importlib.util
import os
import re
import shlex
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError
from setuptools.modified import newer_group

ROOT = Path(__file__).resolve().parent
DEBUG = os.environ.get("FASTSGNS_DEBUG", "0") not in ("", "0")
LOCKSTEP = os.environ.get("FASTSGNS_LOCKSTEP", "0") not in ("", "0")

# Glob patterns of the C files that are linked into a module.
C_SOURCES = {
    "fastsgns._core": ["fastsgns/_kernels/*.c"],
    "fastsgns.corpus._ids": ["fastsgns/_kernels/text/ids.c"],
    "fastsgns.corpus._text": ["fastsgns/_kernels/text/[!i]*.c", "fastsgns/_kernels/cpu.c"],
    "fastsgns.corpus._tokens": ["fastsgns/_kernels/text/[et]*.c"],
    "fastsgns.graphs._walks": ["fastsgns/_kernels/walks/*.c"],
    "fastsgns.io._checks": ["fastsgns/_kernels/checks/*.c", "fastsgns/_kernels/cpu.c"],
    "fastsgns.io._numbers": ["fastsgns/_kernels/numbers/*.c"],
    "fastsgns.vectors._rows": ["fastsgns/_kernels/rows/*.c"],
    "fastsgns.vectors._search": ["fastsgns/_kernels/search/*.c", "fastsgns/_kernels/cpu.c"],
}

# The module that has what Cython's modules share.
SHARED = "fastsgns._cyutility"

# Global, so only what holds for any Cython file. Which checks are off is said in each file, beside
# the code that has proved them needless.
# The checked build has functions that tell their parameters, which the stubs are compared with; to
# nobody else are they worth 3 % of a wheel.
DIRECTIVES = {
    "language_level": 3,
    "nonecheck": DEBUG,
    "binding": DEBUG,
    "auto_pickle": False,
    "freethreading_compatible": True,
}

# No -march and no -ffast-math: a wheel has to run on every CPU of its platform, and a kernel with a
# seed has to give the same bytes on each. For the same reason a product and a sum are not
# contracted to a fused operation: a baseline x86-64 has none, an aarch64 would use it.
# Without symbols, and without the folder that it was built in, a module is small and the same bytes
# wherever it was built.
COMMON_FLAGS = [
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fvisibility=hidden",
    "-Wno-unused-function",  # of which Cython writes some
    f"-ffile-prefix-map={ROOT}=.",
]
# What nobody calls is left out by the linker, and other libraries are called without its stubs.
SMALLER = ["-ffunction-sections", "-fdata-sections"]
SMALLER += ["-fno-plt"] if sys.platform == "linux" else []
LINKER = "-Wl,--strip-all,--gc-sections,--build-id=none,--hash-style=gnu,-z,noseparate-code"
FLAGS = {
    ("unix", False): ["-g0", "-fno-asynchronous-unwind-tables", *SMALLER, *COMMON_FLAGS],
    ("unix", True): ["-O1", "-g", "-UNDEBUG", *COMMON_FLAGS],
    ("msvc", False): ["/O2", "/fp:precise"],
    ("msvc", True): ["/Od", "/Zi", "/UNDEBUG", "/fp:precise"],
}

# What Cython writes is large, and its loops are in the kernels, but for those of these modules. The
# kernels are worth -O3; the portable one, which is large, is no faster with it.
LEVELS = {
    "fastsgns/_kernels/kernel_scalar.c": "-O2",
    "fastsgns._blas_kernel": "-O2",
    "fastsgns.corpus._ids": "-O2",
    "fastsgns.corpus._text": "-O2",
    "fastsgns.corpus._tokens": "-O3",
    "fastsgns.io._checks": "-O2",
    "fastsgns.io._keys": "-O2",
    "fastsgns.io._numbers": "-O2",
    "fastsgns.vectors._characters": "-O3",
    "fastsgns.vectors._rows": "-O2",
}

NO_COMPILER = """\
fastsgns is compiled from C where there is no wheel of it, and that did not work for a program of
one line: {error}
It needs a C compiler and the headers of this Python ({version}):
    Debian, Ubuntu   apt install gcc python3-dev
    Fedora           dnf install gcc python3-devel
    macOS            xcode-select --install
    Windows          the Build Tools for Visual Studio, with "Desktop development with C++"
"""


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


def value_of(name, path):
    """Read what a line of a file, ``name = "value"``, says, also with a Python without tomllib."""
    return re.search(rf'^{name} = "(.+)"$', Path(path).read_text(encoding="utf-8"), re.MULTILINE)[1]


def describe(readme):
    """Return README.md for the package index, where its links to files have to be absolute."""
    version = value_of("__version__", "fastsgns/version.py")
    tree = "main" if "dev" in version else f"v{version}"
    base = f"{value_of('Homepage', 'pyproject.toml')}/blob/{tree}/"
    return re.sub(r"\]\((?!\w+:|#)", f"]({base}", readme)


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


def note_options():
    """Note what decides the binaries besides the sources; return the file, and whether it changed.

    setuptools and Cython rebuild for newer files only, so it is kept in a file, which becomes newer
    when any of it changes.
    """
    import Cython

    facts = [
        f"debug={DEBUG}",
        f"lockstep={LOCKSTEP}",
        f"blas_int={find_blas_int()}",
        f"cython={Cython.__version__}",
        f"{DIRECTIVES=}",
        f"{FLAGS=}",
        f"{LEVELS=}",
        f"{LINKER=}",
        f"cflags={os.environ.get('CFLAGS', '')}",
        f"python={sys.version}",
    ]
    path = Path("build", "options.txt")
    return path, write_if_changed(path, "\n".join([*facts, ""]))


def list_extensions():
    """List the extension modules: one for each .pyx that there is, and the one that they share."""
    package = Path("fastsgns")
    headers = [path for suffix in ("h", "inc", "pxd") for path in package.rglob(f"*.{suffix}")]
    sources = {".".join(pyx.with_suffix("").parts): pyx for pyx in sorted(package.rglob("*.pyx"))}
    modules = [Extension(SHARED, [f"{SHARED.replace('.', '/')}.c"])]
    modules[0].kernels = []
    for name, pyx in sources.items():
        patterns = C_SOURCES.get(name, [])
        kernels = sorted(path for pattern in patterns for path in Path().glob(pattern))
        module = Extension(
            name,
            sources=[(with_checks(pyx) if DEBUG else pyx).as_posix()],
            include_dirs=["fastsgns"],
            libraries=[] if os.name == "nt" else ["m"],
            depends=[path.as_posix() for path in sorted([*kernels, *headers])],
        )
        module.kernels = [path.as_posix() for path in kernels]
        modules.append(module)
    return modules


class BuildExt(build_ext):
    """Translate the modules to C and compile them: what is independent, at the same time."""

    def finalize_options(self):
        """Take as many compilers as there are processors, unless `--parallel` says how many."""
        super().finalize_options()
        self.parallel = int(self.parallel or os.cpu_count() or 1)

    def build_extensions(self):
        """Build all modules with the flags of `FLAGS`."""
        self.try_compiler()
        options, changed = note_options()
        self.translate(force=changed)
        family = "msvc" if self.compiler.compiler_type == "msvc" else "unix"
        cflags = shlex.split(os.environ.get("CFLAGS", ""))
        for extension in self.extensions:
            extension.depends.append(options.as_posix())
            extension.extra_compile_args = self.compile_args(family, extension.name, "-Os")
            extension.define_macros = [
                ("FASTSGNS_BLAS_INT", find_blas_int()),
                ("CYTHON_COMPRESS_STRINGS", "0"),  # a wheel is compressed as a whole
            ]
            if LOCKSTEP:
                extension.define_macros.append(("SGNS_LOCKSTEP", "1"))
            if sys.platform == "linux" and not (DEBUG or "-g" in cflags):
                extension.extra_link_args = [LINKER]
        self.compile_kernels(family)
        super().build_extensions()

    def compile_args(self, family, name, usual_level):
        """Return the flags for a module, or for a C file that is linked into one."""
        level = [] if DEBUG or family == "msvc" else [LEVELS.get(name, usual_level)]
        return [*FLAGS[family, DEBUG], *level, *shlex.split(os.environ.get("CFLAGS", ""))]

    def try_compiler(self):
        """Stop with advice where nothing can be compiled: before minutes are spent on the way."""
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, "try.c")
            program.write_text("#include <Python.h>\n")
            try:
                self.compiler.compile([str(program)], output_dir=folder)
            except CompileError as error:
                version = "{}.{}".format(*sys.version_info)
                raise SystemExit(NO_COMPILER.format(error=error, version=version)) from error

    def translate(self, force):
        """Let Cython write the C of each module, without docstrings: all are private."""
        import Cython.Compiler.Options
        from Cython.Build import cythonize

        Cython.Compiler.Options.docstrings = False
        made = cythonize(
            self.extensions,
            compiler_directives=DIRECTIVES,
            force=force,
            shared_utility_qualified_name=SHARED,
        )
        sources = {module.name: module.sources for module in made}
        for extension in self.extensions:
            extension.sources = sources[extension.name]

    def compile_kernels(self, family):
        """Compile each C file once, whoever is linked with it."""
        users = {path: module for module in self.extensions for path in module.kernels}
        with ThreadPoolExecutor(self.parallel) as pool:
            objects = {
                path: pool.submit(
                    self.compile_kernel, path, module, self.compile_args(family, path, "-O3")
                )
                for path, module in users.items()
            }
        for extension in self.extensions:
            extension.extra_objects = [objects[path].result() for path in extension.kernels]

    def compile_kernel(self, path, module, args):
        """Compile a C file as its module says, unless that has been done; return the object."""
        (made,) = self.compiler.object_filenames([path], output_dir=self.build_temp)
        if self.force or newer_group([path, *module.depends], made):
            self.compiler.compile(
                [path],
                output_dir=self.build_temp,
                macros=module.define_macros,
                include_dirs=module.include_dirs,
                extra_postargs=args,
            )
        return made


os.chdir(ROOT)
setup(
    long_description=describe(Path("README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
    ext_modules=list_extensions(),
    cmdclass={"build_ext": BuildExt},
    # `pip install -e .` is a line in a .pth file, which type checkers read, and no import hook.
    options={"editable_wheel": {"mode": "compat"}},
)
