"""Face: patches gensim in the children of `python -m fastsgns.patched`, if they import it.

Python imports a module of this name when it starts, whoever started it: multiprocessing, its fork
server, joblib, or a shell. Nothing is loaded here but what starting has loaded anyway.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parent


class PatchWhenImported:
    """A finder that lets the others find gensim, and patches it as soon as it has been loaded."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return gensim's spec, of a loader that patches; None for all else."""
        if name != "gensim":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_patch(module: ModuleType) -> None:
                load(module)
                patch()

            spec.loader.exec_module = load_and_patch  # type: ignore[method-assign]
        return spec


def patch() -> None:
    """Call `patch_gensim`, wherever the parent has fastsgns from."""
    if PathFinder.find_spec("_core", [str(PACKAGE)]) is None:
        warnings.warn(
            f"fastsgns in {PACKAGE} is not built for this Python, {sys.executable}: "
            "gensim is not patched here",
            stacklevel=2,
        )
        return
    if importlib.util.find_spec("fastsgns") is None:
        sys.path.append(str(PACKAGE.parent))
    from fastsgns.gensim_patch import patch_gensim

    patch_gensim()


def import_the_next_one() -> None:
    """Import the sitecustomize that Python would have imported without this folder."""
    sys.path[:] = [folder for folder in sys.path if Path(folder) != FOLDER]
    this = sys.modules.pop(__name__)
    try:
        importlib.import_module(__name__)
    except ModuleNotFoundError as error:
        if error.name != __name__:
            raise
    finally:
        sys.modules.setdefault(__name__, this)


if __name__ == "sitecustomize":  # and not read as a part of the package
    sys.meta_path.insert(0, PatchWhenImported())
    import_the_next_one()
