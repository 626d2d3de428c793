"""Face: what the command lines share: the log on standard error, files in UTF-8."""

from __future__ import annotations

import logging
import sys

logger = logging.getLogger("fastsgns.scripts")


def log_to_stderr() -> None:
    """Log to standard error, so that standard output stays empty, as gensim's scripts do."""
    logging.basicConfig(
        format="%(asctime)s : %(threadName)s : %(levelname)s : %(message)s", level=logging.INFO
    )
    logger.info("running %s", " ".join(sys.argv))
