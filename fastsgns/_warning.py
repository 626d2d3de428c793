"""Face: warnings that are seen whether or not a program has set up logging."""

from __future__ import annotations

import logging
import sys
import warnings
from types import FrameType


def warn(logger: logging.Logger, message: str) -> None:
    """Log a warning, where programs of gensim's look, and give it as Python's, at the user's line.

    Python shows it once for each line that it comes from; the log has all.
    """
    logger.warning("%s", message)
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame is not None and frame.f_globals.get("__name__", "").startswith("fastsgns."):
        frame = frame.f_back
        level += 1
    warnings.warn(message, UserWarning, stacklevel=level)
