"""Face: what the command lines share: the log on standard error, and how they end."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from fastsgns.commands.program import ending

logger = logging.getLogger("fastsgns.scripts")


def log_to_stderr() -> None:
    """Log to standard error, so that standard output stays empty, as gensim's scripts do."""
    logging.basicConfig(
        format="%(asctime)s : %(threadName)s : %(levelname)s : %(message)s", level=logging.INFO
    )
    logger.info("running %s", " ".join(sys.argv))


def script(main: Callable[[], None]) -> None:
    """Run a script as a program: an error is a line on standard error, and exit status 1."""
    sys.exit(ending(main))
