"""Face: calls that change all of an object or nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])

# Models that are within a call that changes all or nothing: what it calls need not see to it again.
_changing: set[int] = set()


def changes_all_or_nothing(method: Method) -> Method:
    """Have a method of a model leave it, and its `wv`, as they were when it raises."""

    @functools.wraps(method)
    def whole(self: Any, *args: Any, **kwargs: Any) -> Any:
        if id(self) in _changing:
            return method(self, *args, **kwargs)
        with all_or_nothing(self, self.wv):
            _changing.add(id(self))
            try:
                return method(self, *args, **kwargs)
            finally:
                _changing.discard(id(self))

    return cast(Method, whole)


class all_or_nothing:  # noqa: N801
    """Have objects as they were when the block raises, KeyboardInterrupt and MemoryError included.

    That is their attributes, and what is in those of them that are dicts and lists. Arrays are not
    copied: the block replaces them.
    """

    def __init__(self, *objects: Any) -> None:
        self._kept = [(vars(thing), dict(vars(thing)), _contents(thing)) for thing in objects]

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        for there, attributes, contents in self._kept:
            there.update(attributes)
            for name in there.keys() - attributes.keys():
                del there[name]
            for container, content in contents:
                container.clear()
                if isinstance(container, dict):
                    container.update(content)
                else:
                    container.extend(content)


def _contents(thing: Any) -> list[tuple[Any, Any]]:
    """Return the dicts and lists of an object, each with a copy of what is in it."""
    return [(value, value.copy()) for value in vars(thing).values() if type(value) in (dict, list)]
