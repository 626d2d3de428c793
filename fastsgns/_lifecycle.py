"""Face: the diary of a model: what was done to it, when, and with which versions."""

from __future__ import annotations

import logging
import platform
import sys
from datetime import datetime
from typing import Any

from fastsgns.version import __version__

logger = logging.getLogger("fastsgns.word2vec")


def noted_event(
    class_name: str, event_name: str, log_level: int | bool, event: dict[str, Any]
) -> dict[str, Any]:
    """Return an event with time, versions and platform; log it, unless `log_level` is False."""
    event = event | {
        "datetime": datetime.now().isoformat(),
        "fastsgns": __version__,
        "python": sys.version,
        "platform": platform.platform(),
        "event": event_name,
    }
    if log_level:
        logger.log(int(log_level), "%s lifecycle event %s", class_name, event)
    return event
