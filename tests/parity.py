"""How the parity tests run a case on one of the two packages, and what they compare of it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any


def outcome_of(
    case: str,
    scope: dict[str, Any],
    plain: Callable[[Any], Any],
    package: str,
    records: logging.Handler,
    level: int,
) -> tuple[Any, list[type[Warning]]]:
    """Run statements, the last of them an expression; they are apart by "; ".

    Returns the expression's value, made comparable by `plain`, or the exception, and the categories
    of the warnings. What `package` logs from `level` on goes to `records`.
    """
    logger = logging.getLogger(package)
    level_before = logger.level
    logger.addHandler(records)
    logger.setLevel(level)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                *before, last = case.split("; ")
                for statement in before:
                    exec(statement, scope)
                outcome = plain(eval(last, scope))
            except Exception as error:
                # Without its frames: they hold what the statements opened until some later test.
                outcome = error.with_traceback(None)
    finally:
        logger.removeHandler(records)
        logger.setLevel(level_before)
    # A file that gensim forgets to close is no behaviour to copy.
    return outcome, [w.category for w in caught if not issubclass(w.category, ResourceWarning)]
