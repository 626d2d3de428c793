"""What is written twice agrees, and the build asks SciPy the right question."""

import ast
import datetime
import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest
from processes import run_python

import fastsgns

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]

# In the repository but not in the sdist, from which the wheels are tested.
IN_CHECKOUT = (ROOT / ".github").is_dir()
checkout_only = pytest.mark.skipif(not IN_CHECKOUT, reason="needs the repository")


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def functions_of_setup(*wanted):
    """Take functions out of setup.py, which would build if it were imported."""
    tree = ast.parse(text_of("setup.py"))
    found = [node for node in tree.body if getattr(node, "name", "") in wanted]
    names = {"importlib": importlib, "re": re, "Path": Path}
    exec(compile(ast.Module(found, []), "setup.py", "exec"), names)
    return [names[name] for name in wanted]


def find_blas_int(monkeypatch, folder, declarations):
    """Run setup.py's probe with a SciPy that declares something."""
    linalg = folder / "scipy" / "linalg"
    linalg.mkdir(parents=True)
    (folder / "scipy" / "__init__.py").write_text("raise AssertionError('SciPy was imported')")
    (linalg / "cython_blas.pxd").write_text(declarations)
    (probe,) = functions_of_setup("find_blas_int")
    monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, name)
    return probe()


SDOT = "cdef s sdot({0} *n, s *sx, {0} *incx, s *sy, {0} *incy) noexcept nogil\n"


@pytest.mark.parametrize(
    ("declarations", "expected"),
    [
        ("ctypedef float s\n" + SDOT.format("int"), "int"),
        ("ctypedef int blas_int\n" + SDOT.format("int"), "int"),
        ("ctypedef int blas_int\n" + SDOT.format("blas_int"), "int"),
        ("ctypedef int64_t blas_int\n" + SDOT.format("int64_t"), "int64_t"),
        ("ctypedef int64_t blas_int\n" + SDOT.format("blas_int"), "int64_t"),
        ("cdef d sdot_other(int64_t *n) nogil\n" + SDOT.format("int"), "int"),
    ],
)
def test_the_integer_of_blas_is_the_one_that_scipy_declares(
    declarations, expected, tmp_path, monkeypatch
):
    assert find_blas_int(monkeypatch, tmp_path, declarations) == expected


@pytest.mark.parametrize("declarations", ["", SDOT.format("long"), SDOT.format("f_int")])
def test_an_unknown_integer_of_blas_stops_the_build(declarations, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match=r"cython_blas\.pxd: sdot's integers must be int or"):
        find_blas_int(monkeypatch, tmp_path, declarations)


def test_scipy_of_this_environment_is_understood(tmp_path, monkeypatch):
    spec = importlib.util.find_spec("scipy")
    pxd = Path(spec.submodule_search_locations[0], "linalg", "cython_blas.pxd")
    declarations = pxd.read_text(encoding="utf-8")
    assert find_blas_int(monkeypatch, tmp_path, declarations) in ("int", "int64_t")


def test_the_version_is_readable_without_importing():
    tree = ast.parse(text_of("fastsgns/version.py"))
    values = [ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign)]
    assert len(values) == 1
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|(a|b|rc)\d+)?", values[0])
    attribute = PYPROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert attribute == "fastsgns.version.__version__"


def test_the_citation_names_this_version_and_the_places_of_the_project():
    citation = text_of("CITATION.cff")
    said = dict(re.findall(r"^([\w-]+): (\S+)$", citation, re.MULTILINE))
    assert said["version"] == fastsgns.__version__
    assert datetime.date.fromisoformat(said["date-released"])
    assert said["repository-code"] == PROJECT["urls"]["Homepage"]
    assert said["url"] == PROJECT["urls"]["Documentation"]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[a](docs/a.md)", "[a](URL/docs/a.md)"),
        ("[a](docs/a.md#part)", "[a](URL/docs/a.md#part)"),
        ("[a](LICENSE), [b](x/README.md)", "[a](URL/LICENSE), [b](URL/x/README.md)"),
        ("[a](https://b.c/d)", "[a](https://b.c/d)"),
        ("[a](#part)", "[a](#part)"),
        ("[a](mailto:b@c.d)", "[a](mailto:b@c.d)"),
    ],
)
def test_links_of_the_readme_are_absolute_on_the_package_index(link, expected, monkeypatch):
    monkeypatch.chdir(ROOT)
    describe = functions_of_setup("value_of", "describe")[1]
    tree = "main" if "dev" in fastsgns.__version__ else f"v{fastsgns.__version__}"
    url = f"{PROJECT['urls']['Homepage']}/blob/{tree}"
    assert describe(link) == expected.replace("URL", url)


def test_relative_links_of_the_readme_name_files_that_there_are():
    targets = re.findall(r"\]\((?!\w+:|#)([^)#]+)", text_of("README.md"))
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_numpy_and_scipy_are_all_that_is_required():
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert names == {"numpy", "scipy"}


@checkout_only
def test_ci_runs_every_supported_python_and_the_oldest_dependencies():
    workflow = text_of(".github/workflows/ci.yml")
    classifiers = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if ":: Python :: 3." in c]
    matrix = re.search(r"python: \[(.*)\]", workflow)[1]
    assert re.findall(r"[\d.]+", matrix) == classifiers
    assert PROJECT["requires-python"] == f">={classifiers[0]}"
    tags = [f"cp{version.replace('.', '')}-*" for version in classifiers]
    free_threaded = re.findall(r'python: "([\d.]+t)"', workflow)
    tags += [f"cp{version.replace('.', '')}-*" for version in free_threaded]
    assert sorted(PYPROJECT["tool"]["cibuildwheel"]["build"]) == sorted(tags)
    for requirement in PROJECT["dependencies"]:
        name, oldest = requirement.split(">=")
        pinned = re.search(rf"{name}==([\d.]+)", workflow)[1]
        assert pinned == oldest or pinned == f"{oldest}.0"


@checkout_only
def test_actions_are_pinned_by_hash_and_one_action_by_one_hash():
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    used = [
        line for path in workflows for line in re.findall(r"uses: (.+)", path.read_text("utf-8"))
    ]
    assert used
    loose = [use for use in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", use)]
    assert loose == []
    assert len({use.partition("@")[0] for use in used}) == len(set(used))


def test_wheels_are_tested_by_files_that_the_sdist_has():
    command = " ".join(PYPROJECT["tool"]["cibuildwheel"]["test-command"])
    files = re.findall(r"\{package\}/(\S+)", command)
    assert "tests/smoke.py" in files and len(files) > 5
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_a_development_version_is_refused_for_release():
    if not (ROOT / ".ci" / "release-check").exists() or "dev" not in fastsgns.__version__:
        pytest.skip("this is a release, or no checkout")
    done = run_python(ROOT / ".ci" / "release-check", "v9.9.9", expects=1)
    assert f"fastsgns/version.py: {fastsgns.__version__} must be N.N.N" in done.stderr
    assert "the tag is v9.9.9" in done.stderr
    assert f"there is no section ## [{fastsgns.__version__}]" in done.stderr
    assert "[Unreleased] must be there and empty" in done.stderr


@checkout_only
def test_pre_commit_runs_the_linters_of_make_lint():
    hooks = text_of(".pre-commit-config.yaml")
    revisions = re.findall(r"repo: \S*/(\S+)\n\s+rev: v(\S+)", hooks)
    pins = dict(pin.split("==") for pin in PYPROJECT["dependency-groups"]["lint"])
    repositories = {
        "ruff-pre-commit": "ruff",
        "cython-lint": "cython-lint",
        "mirrors-clang-format": "clang-format",
    }
    assert {repositories[name]: revision for name, revision in revisions} == {
        name: version for name, version in pins.items() if name not in {"mypy", "pyright[nodejs]"}
    }
