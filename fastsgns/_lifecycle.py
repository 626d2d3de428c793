"""Face: what stays of an object: the diary of what was done to it, and what is in its slots."""

from __future__ import annotations

import contextlib
import logging
import platform
import sys
from collections.abc import Mapping
from datetime import datetime
from types import MemberDescriptorType
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


def slots_of(thing: Any) -> dict[str, Any]:
    """Return what an object of a subclass keeps in slots, less those that are empty.

    A slot of a base that a subclass has again is hidden by it.
    """
    found = {}
    for name, member in _members(type(thing)).items():
        with contextlib.suppress(AttributeError):
            found[name] = member.__get__(thing)
    return found


def put_slots(thing: Any, values: Mapping[str, Any]) -> None:
    """Fill slots; what the class has no slot for any more becomes an attribute like others."""
    members = _members(type(thing))
    for name, value in values.items():
        if name in members:
            members[name].__set__(thing, value)
        else:
            vars(thing)[name] = value


def _members(cls: type) -> dict[str, MemberDescriptorType]:
    found: dict[str, MemberDescriptorType] = {}
    for owner in cls.__mro__:
        for name, member in vars(owner).items():
            if isinstance(member, MemberDescriptorType):
                found.setdefault(name, member)
    return found
