"""Engine room: which attributes a file may set on an object of a class."""

from __future__ import annotations

import inspect
from types import MemberDescriptorType

#: Where gensim notes what its save() has put elsewhere. Its load() leaves that among the
#: attributes, and programs compare the keys of `vars`.
BOOKKEEPING = ("__numpys", "__scipys", "__ignoreds", "__recursive_saveloads")


def is_settable(cls: type, name: str) -> bool:
    """Say whether `name` is an attribute for values, and not what makes the class work.

    Methods, properties and Python's own names are not; neither are those whose default the class
    has, unless it is a plain value. Slots are.
    """
    if not name.isidentifier() or (name.startswith("__") and name.endswith("__")):
        return False
    there = inspect.getattr_static(cls, name, None)
    if isinstance(there, MemberDescriptorType):
        return True
    return not (callable(there) or hasattr(there, "__get__") or hasattr(there, "__set__"))
