"""Face: gensim's names made ours, for programs whose source cannot be edited.

gensim's modules keep what they are made of, for its other models (Doc2Vec, FastText) are built on
its own Word2Vec and KeyedVectors. So no name in them is changed. Their places in `sys.modules` are
taken by modules that answer by who asks: gensim's own code gets gensim's, all other code gets ours.
"""

from __future__ import annotations

import copyreg
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

from fastsgns import callbacks, keyedvectors, word2vec
from fastsgns.corpus import refusals
from fastsgns.vectors import query

#: Where names are replaced, and the modules of ours that have them.
MODULES = {
    "gensim.models.word2vec": word2vec,
    "gensim.models.keyedvectors": keyedvectors,
    "gensim.models.callbacks": callbacks,
}

#: Where gensim itself has the classes that Doc2Vec and FastText are built on, under names that no
#: patch changes. Meanwhile they say that they come from there, so that pickles find them.
ELSEWHERE_IN_GENSIM = "gensim.models.doc2vec"

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
    come, and in all modules that have imported them. A second call does nothing. Meanwhile

    - `load()` of a file of Doc2Vec or FastText gives gensim's own object, as gensim's does;
    - `save()` writes gensim's format, and pickles name gensim's classes, so that the programs which
      read them still can;
    - our classes say that they are of gensim's modules, and gensim's own Word2Vec and KeyedVectors
      and what derives from them (Doc2Vec, FastText) count as instances and subclasses of ours;
    - our lines go to gensim's loggers, ``gensim.models.word2vec`` and
      ``gensim.models.keyedvectors``;
    - sentences that are others in a second pass (walks, augmented text) are noticed: all epochs
      train the first pass, unless the environment variable ``FASTSGNS_CORPUS_CACHE=off`` says that
      they are to be read anew in each.

    Raises
    ------
    ImportError
        gensim is not installed.

    Notes
    -----
    gensim itself keeps its own classes: Doc2Vec, FastText and Phrases work as before. Models that
    were made before, and subclasses that were defined before, remain gensim's: patch first. Names
    are replaced in modules, not in functions' local variables or attributes of classes.

    It is this process that is patched. Children that multiprocessing forks are so too; those that
    it spawns import the program's main module anew, and so are if that calls `patch_gensim` when it
    is imported. ``python -m fastsgns.patched`` reaches all of them.

    Examples
    --------
    >>> import fastsgns
    >>> fastsgns.patch_gensim()  # doctest: +SKIP
    >>> import gensim  # doctest: +SKIP
    >>> gensim.models.Word2Vec is fastsgns.Word2Vec  # doctest: +SKIP
    True
    """
    global _active
    try:
        import gensim  # before we look: in children of a patched program this import patches
    except ImportError as error:
        raise ImportError(
            f"patch_gensim() replaces names of gensim, which cannot be imported ({error}): "
            "install gensim, or let the program import from fastsgns"
        ) from error
    with _lock:
        if _active is None:
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
        #: Calls that restore what was there, the last change first.
        self.restoring: list[Callable[[], object]] = []

    def apply(self) -> None:
        from fastsgns.corpus import changing
        from fastsgns.io import gensim_attributes  # comes when first used

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
        self._take_names()
        for name in ("word2vec", "keyedvectors"):
            self._take_loggers(f"fastsgns.{name}", f"gensim.models.{name}")
        for namespace, name, value in _names_of_programs():
            theirs, mine = self.pairs.get(id(value), (None, None))
            if theirs is value:
                self._bind(namespace, name, value, mine)
        self._set(gensim_attributes, "default_format", "gensim")
        self._set(gensim_attributes, "other_loader", self._load_other)
        self._set(changing, "looks_again", True)
        self._set(refusals, "is_lenient", True)
        self._set(query, "is_lenient", True)

    def undo(self) -> None:
        while self.restoring:
            self.restoring.pop()()
        back = {id(mine): theirs for theirs, mine in self.pairs.values()}
        for patched in self.modules.values():
            for namespace, value, had in patched._handed_out.values():
                for name, there in list(namespace.items()):
                    if there is value and name not in had and id(value) in back:
                        namespace[name] = back[id(value)]
        for namespace, name, value in _names_of_programs():
            if isinstance(value, PatchedModule):
                namespace[name] = value._original
        for name, patched in self.modules.items():
            sys.modules[name] = patched._original
        self.gensim.models = self.modules["gensim.models"]._original

    def _replace(self, original: ModuleType, ours: dict[str, Any]) -> None:
        patched = PatchedModule(original, ours)
        self.modules[original.__name__] = patched
        self.pairs[id(original)] = (original, patched)

    def _bind(self, namespace: dict[str, Any], name: str, theirs: Any, mine: Any) -> None:
        def restore() -> None:
            if namespace.get(name) is mine:
                namespace[name] = theirs

        namespace[name] = mine
        self.restoring.append(restore)

    def _set(self, owner: Any, name: str, value: Any) -> None:
        self.restoring.append(partial(setattr, owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def _load_other(self, path: str, mmap: str | None) -> Any:
        """Let gensim load a file of its other models, after a look at all that the file names."""
        from fastsgns.io import gensim_pickle
        from fastsgns.io.gensim_names import OTHER_CLASSES

        gensim_pickle.check(path, OTHER_CLASSES)
        return self.modules["gensim.models.keyedvectors"]._original.KeyedVectors.load(path, mmap)

    def _take_names(self) -> None:
        """Let our classes bear the names of gensim's, and count gensim's among their instances."""
        elsewhere = sys.modules[ELSEWHERE_IN_GENSIM]
        for theirs, mine in list(self.pairs.values()):
            if isinstance(mine, type) and mine.__qualname__ == theirs.__qualname__:
                self._set(mine, "__module__", theirs.__module__)
        for mine in (word2vec.Word2Vec, keyedvectors.KeyedVectors):
            theirs = getattr(elsewhere, mine.__name__)
            self._set(theirs, "__module__", ELSEWHERE_IN_GENSIM)
            mine.register(theirs)
            mine.__reduce_ex__ = _reducer(theirs)  # type: ignore[method-assign]
            self.restoring.append(partial(_forget, mine))

    def _take_loggers(self, ours: str, theirs: str) -> None:
        """Hand our lines to gensim's logger, by its name and from its level on."""

        def rename(record: logging.LogRecord) -> bool:
            record.name = theirs
            return True

        logger = logging.getLogger(ours)
        self.restoring.append(lambda: logger.setLevel(logger.level))
        self._set(logger, "parent", logging.getLogger(theirs))
        self.restoring.append(lambda: logger.removeFilter(rename))
        logger.addFilter(rename)
        logger.setLevel(logger.level)  # loggers forget what they knew of their parents' levels


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


def _reducer(theirs: type) -> Callable[[Any, Any], Any]:
    """Return what pickles objects of a class of ours while its name means gensim's to gensim.

    Programs that pickle one find our class by gensim's name. gensim's own save(), of an object that
    holds one, would find its own class by it: that is what it gets.
    """

    def __reduce_ex__(self: Any, protocol: Any) -> Any:  # noqa: N807
        if type(self).__module__ in MODULES and is_gensim(
            sys._getframe(1).f_globals.get("__name__", "")
        ):
            reduced: Any = object.__reduce_ex__(self, 2)
            _, _, state, *_ = reduced
            return copyreg._reconstructor, (theirs, object, None), state  # type: ignore[attr-defined]
        return object.__reduce_ex__(self, protocol)

    return __reduce_ex__


def _forget(mine: Any) -> None:
    """Take back what `_Patch._take_names` did to a class of ours, its module's name apart."""
    del mine.__reduce_ex__
    mine._abc_registry_clear()
    mine._abc_caches_clear()
