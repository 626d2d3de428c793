"""Benchmarks, what is trained: systems ("gensim", "fastsgns:blas", ...), settings, corpora.

Imports neither NumPy nor the packages that are compared, so that the process that only starts the
others stays small, and no BLAS is loaded before its environment is set.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# A system's package, and the module that has its Word2Vec.
MODULES = {
    "fastsgns": "fastsgns.word2vec",
    "gensim": "gensim.models.word2vec",
    "fasttext": "_fasttext",
}
DEFAULT_SYSTEMS = ["gensim", "fastsgns"]
CORPUS_FORMS = ("lines", "file", "lists")
NEGATIVES = {"shared": True, "fresh": False, "auto": "auto"}


@dataclass(frozen=True)
class System:
    """One side of a comparison: a package, and constructor arguments that only this side gets."""

    text: str
    package: str
    options: dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """Constructor arguments that all systems get, and the form in which the corpus reaches them."""

    vector_size: int = 100
    sg: int = 1
    hs: int = 0
    negative: int = 5
    window: int = 5
    sample: float = 1e-3
    alpha: float = 0.025
    min_count: int = 5
    epochs: int = 5
    workers: int = 1
    corpus_form: str = "lines"

    def keywords(self) -> dict[str, Any]:
        """Return the constructor arguments."""
        keywords = asdict(self)
        del keywords["corpus_form"]
        return keywords

    def title(self) -> str:
        """Say the setting in one line."""
        parts = ["skip-gram" if self.sg else "CBOW"]
        if self.hs:
            parts.append("hierarchical softmax")
        if self.negative:
            parts.append(f"{self.negative} negatives")
        parts += [
            f"{self.vector_size} dimensions",
            f"window {self.window}",
            f"sample {self.sample:g}",
            f"alpha {self.alpha:g}",
            f"min_count {self.min_count}",
            f"{self.epochs} epoch{'s' if self.epochs != 1 else ''}",
            f"{self.workers} worker{'s' if self.workers != 1 else ''}",
            f"corpus as {self.corpus_form}",
        ]
        return ", ".join(parts)


def parse_system(text: str) -> System:
    """Read ``PACKAGE[:KERNEL[:NEGATIVES]][,name=value...]``.

    ``fastsgns:avx2:shared,workers=2`` is ``Word2Vec(kernel="avx2", shared_negatives=True,
    workers=2)`` of fastsgns. KERNEL and NEGATIVES are for fastsgns only, and an omitted one leaves
    the constructor's default. Values are Python literals; what isn't one is taken as a string.

    Raises
    ------
    ValueError
        If the package is unknown, or a part cannot be understood.
    """
    head, *pairs = text.split(",")
    package, *parts = head.split(":")
    if package not in MODULES:
        raise ValueError(f"a system starts with one of {', '.join(MODULES)}, got {text!r}")
    if len(parts) > 2 or (parts and package != "fastsgns"):
        raise ValueError(
            f"only fastsgns takes :KERNEL and :NEGATIVES, at most one of each, got {text!r}"
        )
    options: dict[str, Any] = {}
    if parts and parts[0]:
        options["kernel"] = parts[0]
    if len(parts) == 2:
        if parts[1] not in NEGATIVES:
            raise ValueError(
                f"NEGATIVES must be one of {', '.join(NEGATIVES)}, got {parts[1]!r} in {text!r}"
            )
        options["shared_negatives"] = NEGATIVES[parts[1]]
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"after a comma a system takes name=value, got {pair!r} in {text!r}")
        options[name] = _literal(value)
    return System(text, package, options)


def add_systems_argument(parser: argparse.ArgumentParser) -> None:
    """Add --systems, the first of which is the one that the others are compared with."""

    def read(text: str) -> System:
        try:
            return parse_system(text)
        except ValueError as error:
            # argparse keeps the message of this exception only.
            raise argparse.ArgumentTypeError(str(error)) from None

    parser.add_argument(
        "--systems",
        nargs="+",
        type=read,
        default=[parse_system(text) for text in DEFAULT_SYSTEMS],
        metavar="SYSTEM",
        help="PACKAGE[:KERNEL[:NEGATIVES]][,name=value...]; the first is the one to compare with "
        f"(default: {' '.join(DEFAULT_SYSTEMS)})",
    )


def check_systems(parser: argparse.ArgumentParser, systems: Sequence[System]) -> None:
    """Exit with a message when a system is named twice: its figures could not be told apart."""
    texts = [system.text for system in systems]
    if len(set(texts)) < len(texts):
        parser.error(f"--systems names a system twice: {' '.join(texts)}")


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def add_setting_arguments(parser: argparse.ArgumentParser, defaults: Setting) -> None:
    """Add one option for each field of `Setting`."""
    group = parser.add_argument_group("setting, the same for all systems")
    for name, value in asdict(defaults).items():
        flag = "--" + name.replace("_", "-")
        if name == "corpus_form":
            group.add_argument(
                flag,
                choices=CORPUS_FORMS,
                default=value,
                help="lines: LineSentence of each package; file: corpus_file=; lists: a list of "
                "lists in memory (default: %(default)s)",
            )
        else:
            group.add_argument(flag, type=type(value), default=value, help="default: %(default)s")


def setting_from(arguments: argparse.Namespace) -> Setting:
    """Return the setting that the command line asks for."""
    return Setting(**{name: getattr(arguments, name) for name in asdict(Setting())})


def key_of(parts: dict[str, Any]) -> str:
    """Return a short name for a result, equal when all that determines it is equal."""
    canonical = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def fingerprint(paths: Iterable[Path]) -> str:
    """Return 16 hexadecimal digits of the SHA-256 over the contents of `paths`."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def write_slice(corpus: Path, n_tokens: int, target: Path) -> int:
    """Write the first `n_tokens` tokens of `corpus` (0: all) to `target`; return their number.

    Sentences stay whole but for the last, and empty lines are left out.
    """
    written = 0
    with corpus.open(encoding="utf-8") as source, target.open("w", encoding="utf-8") as sink:
        for line in source:
            tokens = line.split()
            if n_tokens and written + len(tokens) > n_tokens:
                tokens = tokens[: n_tokens - written]
            if tokens:
                sink.write(" ".join(tokens) + "\n")
                written += len(tokens)
            if n_tokens and written >= n_tokens:
                break
    return written


def corpus_arguments(package: str, corpus: str, form: str) -> dict[str, Any]:
    """Return the corpus as a keyword argument of the constructor."""
    if form == "file":
        return {"corpus_file": corpus}
    if form == "lines":
        module = importlib.import_module(MODULES[package])
        return {"sentences": module.LineSentence(corpus)}
    with Path(corpus).open(encoding="utf-8") as stream:
        return {"sentences": [line.split() for line in stream]}


def word2vec_class(package: str) -> Any:
    """Import `package` and return its Word2Vec class."""
    return importlib.import_module(MODULES[package]).Word2Vec
