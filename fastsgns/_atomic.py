"""Face: calls that change all of an object or nothing."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from fastsgns.io.interrupts import deferred

Method = TypeVar("Method", bound=Callable[..., Any])

# Models that are within a call that changes all or nothing: what it calls need not see to it again.
# What an interrupted call could not take out goes with it.
_changing: WeakValueDictionary[int, all_or_nothing] = WeakValueDictionary()


def changes_all_or_nothing(method: Method) -> Method:
    """Have a method of a model leave it, and its `wv`, as they were when it raises."""

    @functools.wraps(method)
    def whole(self: Any, *args: Any, **kwargs: Any) -> Any:
        if id(self) in _changing:
            return method(self, *args, **kwargs)
        guard = all_or_nothing(self, self.wv)
        with guard:
            try:
                _changing[id(self)] = guard
                return method(self, *args, **kwargs)
            finally:
                _changing.pop(id(self), None)

    return cast(Method, whole)


class all_or_nothing:  # noqa: N801
    """Have objects as they were when the block raises, KeyboardInterrupt and MemoryError included.

    That is their attributes, and what is in those of them that are dicts and lists. Arrays are not
    copied: the block replaces them. A class may name those that are changed.

    Parameters
    ----------
    *objects
    only : sequence of str, optional
        The names of all that is changed.
    places : sequence of (ndarray, list or dict, index), optional
        And where something is changed in place: in these rows, in this slice, at this key.
    """

    def __init__(
        self,
        *objects: Any,
        only: Sequence[str] | None = None,
        places: Sequence[tuple[Any, Any]] = (),
    ) -> None:
        self._kept: list[_Kept | _Place] = [
            *(_Kept(thing, only) for thing in objects),
            *(_Place(container, at) for container, at in places),
        ]

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        with deferred():
            for kept in self._kept:
                kept.put_back()


class _Kept:
    """What an object was."""

    def __init__(self, thing: Any, only: Sequence[str] | None) -> None:
        self.thing, self.kind = thing, type(thing)
        self.names = only or getattr(self.kind, "_changed_together", None)
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


class _Place:
    """What was somewhere in an array, a list or a dict."""

    def __init__(self, container: Any, at: Any) -> None:
        self.container, self.at = container, at
        self.was_there = not isinstance(container, dict) or at in container
        self.held = copy.copy(container[at]) if self.was_there else None

    def put_back(self) -> None:
        if self.was_there:
            self.container[self.at] = self.held
        else:
            self.container.pop(self.at, None)
