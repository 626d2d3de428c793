"""Face: gensim's names made ours, for programs whose source cannot be edited.

gensim's modules keep what they are made of, for its other models (Doc2Vec, FastText) are built on
its own Word2Vec and KeyedVectors. So no name in them is changed. Their places in `sys.modules` are
taken by modules that answer by who asks: gensim's own code gets gensim's, all other code gets ours.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from fastsgns import callbacks, keyedvectors, word2vec
from fastsgns.corpus import refusals
from fastsgns.io import gensim_attributes

#: Where names are replaced, and the modules of ours that have them.
MODULES = {
    "gensim.models.word2vec": word2vec,
    "gensim.models.keyedvectors": keyedvectors,
    "gensim.models.callbacks": callbacks,
}

#: Parts of gensim that use its models as any program does, and so get ours.
USERS_IN_GENSIM = (
    "gensim.downloader",
    "gensim.scripts",
    "gensim.similarities.annoy",
    "gensim.similarities.nmslib",
    "gensim.test",
)

_lock = threading.RLock()
_active: _Patch | None = None


def patch_gensim() -> None:
    """Make gensim.models.Word2Vec and its modules ours, for the rest of the program.

    `gensim.models.Word2Vec` and `KeyedVectors`, all of `gensim.models.word2vec` and `keyedvectors`
    that fastsgns has, and `gensim.models.callbacks.CallbackAny2Vec` are replaced: for imports to
    come, and in all modules that have imported them. Meanwhile `save()` writes gensim's format, so
    that the programs which read the files still can. A second call does nothing.

    Raises
    ------
    ImportError
        gensim is not installed.

    Notes
    -----
    gensim itself keeps its own classes: Doc2Vec, FastText and Phrases work as before, and are
    instances of gensim's own Word2Vec still, which the name no longer means. Models that were made
    before, and subclasses that were defined before, remain gensim's: patch first. Names are
    replaced in modules, not in functions' local variables or attributes of classes.

    Examples
    --------
    >>> import fastsgns
    >>> fastsgns.patch_gensim()  # doctest: +SKIP
    >>> import gensim  # doctest: +SKIP
    >>> gensim.models.Word2Vec is fastsgns.Word2Vec  # doctest: +SKIP
    True
    """
    global _active
    with _lock:
        if _active is None:
            try:
                import gensim
            except ImportError as error:
                raise ImportError(
                    f"patch_gensim() replaces names of gensim, which cannot be imported ({error}): "
                    "install gensim, or let the program import from fastsgns"
                ) from error
            _active = _Patch(gensim)
            _active.apply()


def unpatch_gensim() -> None:
    """Undo `patch_gensim`: each name that it replaced is gensim's again.

    Names that modules have imported from gensim meanwhile are replaced too, unless the module had
    the same thing from fastsgns before. Models that are there remain what they are. Without a patch
    nothing happens.
    """
    global _active
    with _lock:
        if _active is not None:
            _active.undo()
            _active = None


class PatchedModule(ModuleType):
    """Takes the place of a module of gensim: gensim gets what is in it, others get ours."""

    def __init__(self, original: ModuleType, ours: dict[str, Any]) -> None:
        super().__init__(original.__name__, original.__doc__)
        kept = {"_original": original, "_ours": ours, "_replaced": {}, "_handed_out": {}}
        dunders = ("__spec__", "__loader__", "__package__", "__file__", "__path__")
        kept |= {name: getattr(original, name) for name in dunders if hasattr(original, name)}
        vars(self).update(kept)

    def __getattr__(self, name: str) -> Any:
        asking = sys._getframe(1).f_globals
        if name not in self._ours or is_gensim(asking.get("__name__", "")):
            return getattr(self._original, name)
        value = self._replaced.get(name, self._ours[name])
        self._note(asking, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._ours and not is_gensim(sys._getframe(1).f_globals.get("__name__", "")):
            self._replaced[name] = value
        else:
            setattr(self._original, name, value)

    def __delattr__(self, name: str) -> None:
        if name in self._replaced:
            del self._replaced[name]
        else:
            delattr(self._original, name)

    def __dir__(self) -> list[str]:
        return dir(self._original)

    def _note(self, asking: dict[str, Any], value: Any) -> None:
        """Remember who was given what, and the names by which it already had the same thing."""
        place = (id(asking), id(value))
        if place not in self._handed_out and "__name__" in asking:
            had = {name for name, there in list(asking.items()) if there is value}
            self._handed_out[place] = (asking, value, had)


def is_gensim(module: str) -> bool:
    """Say whether a module belongs to gensim, and is built on its own classes."""
    return (module == "gensim" or module.startswith("gensim.")) and not module.startswith(
        USERS_IN_GENSIM
    )


class _Patch:
    """All that is changed, and so can be changed back."""

    def __init__(self, gensim: Any) -> None:
        self.gensim = gensim
        self.modules: dict[str, PatchedModule] = {}
        #: By the id of gensim's thing: gensim's and ours.
        self.pairs: dict[int, tuple[Any, Any]] = {}
        self.bindings: list[tuple[dict[str, Any], str, Any, Any]] = []
        self.save_format = gensim_attributes.default_format
        self.was_lenient = refusals.is_lenient

    def apply(self) -> None:
        models = self.gensim.models
        for name, module in MODULES.items():
            original = sys.modules[name]
            public = getattr(module, "__all__", ["CallbackAny2Vec"])
            ours = {item: getattr(module, item) for item in public if hasattr(original, item)}
            self._replace(original, ours)
            self.pairs |= {
                id(theirs): (theirs, mine)
                for theirs, mine in ((getattr(original, item), ours[item]) for item in ours)
                if callable(theirs) and theirs is not mine
            }
        parts = {name.rpartition(".")[2]: patched for name, patched in self.modules.items()}
        own = {"Word2Vec": word2vec.Word2Vec, "KeyedVectors": keyedvectors.KeyedVectors}
        self._replace(models, own | parts)
        for name, patched in self.modules.items():
            sys.modules[name] = patched
        self.gensim.models = self.modules["gensim.models"]
        for cls in self._classes():
            cls.__reduce_ex__ = _reduce_ex
        for namespace, name, value in _names_of_programs():
            theirs, mine = self.pairs.get(id(value), (None, None))
            if theirs is value:
                self._bind(namespace, name, value, mine)
        gensim_attributes.default_format = "gensim"
        refusals.is_lenient = True

    def undo(self) -> None:
        gensim_attributes.default_format = self.save_format
        refusals.is_lenient = self.was_lenient
        back = {id(mine): theirs for theirs, mine in self.pairs.values()}
        for patched in self.modules.values():
            for namespace, value, had in patched._handed_out.values():
                for name, there in list(namespace.items()):
                    if there is value and name not in had and id(value) in back:
                        namespace[name] = back[id(value)]
        for namespace, name, theirs, mine in self.bindings:
            if namespace.get(name) is mine:
                namespace[name] = theirs
        for namespace, name, value in _names_of_programs():
            if isinstance(value, PatchedModule):
                namespace[name] = value._original
        for cls in self._classes():
            del cls.__reduce_ex__
        for name, patched in self.modules.items():
            sys.modules[name] = patched._original
        self.gensim.models = self.modules["gensim.models"]._original

    def _replace(self, original: ModuleType, ours: dict[str, Any]) -> None:
        patched = PatchedModule(original, ours)
        self.modules[original.__name__] = patched
        self.pairs[id(original)] = (original, patched)

    def _bind(self, namespace: dict[str, Any], name: str, theirs: Any, mine: Any) -> None:
        namespace[name] = mine
        self.bindings.append((namespace, name, theirs, mine))

    def _classes(self) -> list[Any]:
        """List gensim's classes whose names now mean ours."""
        return [
            self.modules["gensim.models.word2vec"]._original.Word2Vec,
            self.modules["gensim.models.keyedvectors"]._original.KeyedVectors,
        ]


def _names_of_programs() -> Iterator[tuple[dict[str, Any], str, Any]]:
    """Go through the names of all modules that are neither gensim's nor ours."""
    for name, module in list(sys.modules.items()):
        namespace = getattr(module, "__dict__", None)
        if (
            not isinstance(namespace, dict)
            or isinstance(module, PatchedModule)
            or is_gensim(name)
            or name.partition(".")[0] == "fastsgns"
        ):
            continue
        for key, value in list(namespace.items()):
            yield namespace, key, value


def _reduce_ex(self: Any, protocol: Any) -> Any:
    """Pickle an object of a class of gensim's, whose name means ours to whoever pickles it.

    gensim's own save() writes the name all the same: to gensim, it still means gensim's.
    """
    if is_gensim(sys._getframe(1).f_globals.get("__name__", "")):
        return object.__reduce_ex__(self, protocol)
    reduced: Any = object.__reduce_ex__(self, 2)
    _, args, state, *_ = reduced
    if args[0].__module__ not in MODULES:  # a subclass, whose name means what it did
        return object.__reduce_ex__(self, protocol)
    return _new_of_gensim, (args[0].__module__, args[0].__qualname__), state


def _new_of_gensim(module: str, name: str) -> Any:
    """Make an empty object of a class of gensim's own, patched or not."""
    if module not in MODULES or name not in ("Word2Vec", "KeyedVectors"):
        raise ValueError(f"{module}.{name} is no class that a patch replaces")
    __import__(module)
    found = sys.modules[module]
    cls = getattr(getattr(found, "_original", found), name)
    return cls.__new__(cls)
