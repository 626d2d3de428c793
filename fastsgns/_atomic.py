"""Face: calls that change all of an object or nothing."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
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
    copied: the block replaces them. A class may name those that are changed.
    """

    def __init__(self, *objects: Any) -> None:
        self._kept = [_Kept(thing) for thing in objects]

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        for kept in self._kept:
            kept.put_back()


class _Kept:
    """What an object was."""

    def __init__(self, thing: Any) -> None:
        self.thing, self.kind = thing, type(thing)
        self.names = getattr(self.kind, "_changed_together", None)
        self.attributes = dict(vars(thing)) if self.names is None else dict(self._named())
        held = self.attributes.values()
        self.contents = [(of, of.copy()) for of in held if type(of) in (dict, list)]

    def _named(self) -> Iterator[tuple[str, Any]]:
        for name in self.names or ():
            with contextlib.suppress(AttributeError):
                yield name, object.__getattribute__(self.thing, name)

    def put_back(self) -> None:
        there = vars(self.thing)
        there.update(self.attributes)
        for name in self.names or tuple(there):
            if name not in self.attributes:
                there.pop(name, None)
        if type(self.thing) is not self.kind:  # mapped vectors that have read their keys
            self.thing.__class__ = self.kind
        for container, content in self.contents:
            container.clear()
            if isinstance(container, dict):
                container.update(content)
            else:
                container.extend(content)
