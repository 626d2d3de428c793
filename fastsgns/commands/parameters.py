"""Face: the options of training, made of Word2Vec's parameters, with word2vec.c's names as well."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from fastsgns import _params, training
from fastsgns.commands.program import UsageError
from fastsgns.word2vec import Word2Vec

#: Parameters that no command line can give, and those that `train` has an option of its own for.
LEFT_OUT = {
    "callbacks", "column", "corpus", "corpus_file", "hashfxn", "progress", "self", "sentences",
    "trim_rule",
}  # fmt: skip

#: word2vec.c's names of parameters; `-cbow` is the opposite of `sg`.
OF_WORD2VEC_C = {
    "alpha": "-alpha",
    "epochs": "-iter",
    "hs": "-hs",
    "min_count": "-min-count",
    "negative": "-negative",
    "sample": "-sample",
    "vector_size": "-size",
    "window": "-window",
    "workers": "-threads",
}

#: The learning rate that word2vec.c begins with for CBOW; for skip-gram it is Word2Vec's.
ALPHA_CBOW = 0.05

#: Checks that `_params` has not got, because the constructor takes these as they come.
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "epochs": lambda value: _params.as_int("epochs", value, at_least=1),
    "checkpoint_every": training.as_every,
}


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Add an option for each parameter of `Word2Vec`; only those that are given become options."""
    group = parser.add_argument_group(
        "parameters of training", "As of Word2Vec in Python. word2vec.c's names do as well."
    )
    described = descriptions()
    for name, parameter in inspect.signature(Word2Vec.__init__).parameters.items():
        if name in LEFT_OUT:
            continue
        spellings = [f"--{name.replace('_', '-')}", *filter(None, [OF_WORD2VEC_C.get(name)])]
        options: dict[str, Any] = {
            "dest": name,
            "default": argparse.SUPPRESS,
            "help": described[name].replace("%", "%%"),
        }
        if isinstance(parameter.default, bool):
            options["action"] = argparse.BooleanOptionalAction
        else:
            options |= as_option(name)
        group.add_argument(*spellings, **options)
    group.add_argument(
        "-cbow",
        "--cbow",
        type=int,
        choices=[0, 1],
        help=f"word2vec.c's --sg: 1 is CBOW, and the default of --alpha is then {ALPHA_CBOW}, as"
        " there; 0 is skip-gram",
    )


def given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters that were given, for `Word2Vec`.

    Raises
    ------
    UsageError
        They contradict each other, or nothing would be trained.
    """
    names = inspect.signature(Word2Vec.__init__).parameters.keys() - LEFT_OUT
    found = {name: value for name, value in vars(options).items() if name in names}
    if options.cbow is not None:
        if found.get("sg", 1 - options.cbow) != 1 - options.cbow:
            raise UsageError(f"--sg {found['sg']} and -cbow {options.cbow} contradict each other")
        found["sg"] = 1 - options.cbow
        if options.cbow:
            found.setdefault("alpha", ALPHA_CBOW)
    if not found.get("hs", 0) and found.get("negative", 5) == 0:
        raise UsageError("with --negative 0, --hs 1 is needed: else nothing would be trained")
    return found


def descriptions() -> Mapping[str, str]:
    """Return what the docstring of `Word2Vec` says of each parameter, in a line each."""
    text = (Word2Vec.__doc__ or "").partition("Attributes\n")[0]
    found: dict[str, str] = dict.fromkeys(inspect.signature(Word2Vec.__init__).parameters, "")
    for names, kind, body in re.findall(r"^    (\w[\w, ]*) : (.*)\n((?: {8}.*\n)+)", text, re.M):
        about = re.sub(r" Not a\s+parameter of gensim\.", "", " ".join(body.split()))
        for name in names.split(", "):
            found[name] = f"{about.replace('`', '')} ({kind})"
    return found


def as_option(name: str) -> dict[str, Any]:
    """Return what `add_argument` wants to know of a parameter that has a value."""
    return {"type": _parser_of(name), "metavar": "FILE" if name == "checkpoint" else "X"}


def workers(text: str) -> int:
    """Return the number of threads that was typed: the argparse type of it."""
    count: int = _parser_of("workers")(text)
    return count


def _parser_of(name: str) -> Callable[[str], Any]:
    """Return what makes a value of what was typed, or an error that argparse shows."""
    is_text = name in ("checkpoint", "comment")
    check = _CHECKS.get(name) or _params.CHECKS.get(name) or (lambda value: value)

    def parse(text: str) -> Any:
        value: Any = text if is_text else _value(text)
        try:
            return check(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse


def _value(text: str) -> Any:
    """Return a number or a truth value, if text is one."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
